"""Checks that would fail each time: then a side trace begins with the same check, and the next one, and none of them goes on."""

import sys
import textwrap
import unittest

from test.test_jit.exits import ForcedExits
from test.test_jit.test_typed import RUN_AND_COUNT, run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

# name: a program with a function f(n), and how many side traces f(20000) may have
PROGRAMS = {
    "a bound method that nobody else has": (
        """
        class Stack(list):
            top = None
            def __getattr__(self, name):
                raise AttributeError(name)
            def push_frame(self):
                top = self.top or None
                self.append(top)
                self.top = None
                return top
            def pop_frame(self):
                self.top = self.pop()
        class Context:
            def __init__(self):
                self.stack = Stack()
                self.out = []
            def write(self, text):
                self.out.append(text)
        def cell(context, value):
            caller = context.stack.push_frame()
            try:
                write = context.write
                write("<td>")
                write(value)
                return ""
            finally:
                context.stack.pop_frame()
        def f(n):
            context = Context()
            for i in range(n):
                cell(context, "x")
                if len(context.out) > 8:
                    context.out.clear()
            return len(context.stack), context.out
        """,
        4,
    ),
    "arguments with few references, and None twice": (
        """
        class Mark:
            def __init__(self, name, index, line, buffer, pointer):
                self.name = name
                self.index = index
                self.line = line
                self.buffer = buffer
                self.pointer = pointer
        class Reader:
            def __init__(self):
                self.name, self.index, self.line = ["name"], 5000, 6000
                vars(self)["more"] = 1
            def forward(self):
                self.index += 1
                self.line += 2
            def mark(self):
                return Mark(self.name, self.index, self.line, None, None)
        def f(n):
            reader = Reader()
            def step(i):
                reader.forward()
                first, second = reader.mark(), reader.mark()
                return first.line + second.index
            return sum([*map(step, range(n))]), sys.getrefcount(reader.name)
        """,
        1,
    ),
    "a frame that is looked at": (
        """
        def line():
            return sys._getframe(1).f_lineno
        def where(kept, number):
            number = line()
            return kept
        def f(n):
            kept = []
            for i in range(n):
                kept = where(kept, i)
            return kept
        """,
        0,
    ),
    "an iterator that is a local, too": (
        """
        def f(n):
            rows, total = [list(range(9)), list(range(1, 10))], 0
            columns = [tuple(row) for row in rows]
            for i in range(n):
                total += sum(x for x in rows[i & 1]) + max(x + total % 3 for x in columns[i & 1])
            return total
        """,
        4,
    ),
    "two locals that are replaced, and have two references each": (
        """
        def f(n):
            pairs, total = [([k], {k: 1}) for k in range(50)] * (n // 50), 0
            for key, value in pairs:
                total += len(key) + len(value)
            return total
        """,
        0,
    ),
    "a dict with two references, and a number in it": (
        """
        def f(n):
            counts = {}
            keys = [str(k) for k in range(40)]
            for i in range(n):
                counts[keys[i % 40]] = i
            for i in range(n):
                counts[keys[i % 40]] += 0.5 if i % 3 else 2
            return counts["7"], sys.getrefcount(keys[7]), sys.getrefcount(counts)
        """,
        3,
    ),
    "attributes of many types": (
        """
        class Base:
            __slots__ = ("hash", "args")
            def __init__(self, args):
                self.args = args
                self.hash = None
            def value(self):
                h = self.hash
                if h is None:
                    h = self.hash = len(self.args)
                return h
        kinds = [type(f"Kind{k}", (Base,), {"__slots__": ()}) for k in range(9)]
        def f(n):
            nodes, total = [kinds[k % 9]((k,) * (k % 4)) for k in range(90)], 0
            for i in range(n):
                total += nodes[i * 7 % 90].value()
                nodes[i % 90].hash = None
            return total
        """,
        16,
    ),
}

PROGRAM = "import sys, gc\n" + "".join(
    textwrap.dedent(source).replace("def f(", f"def f{number}(")
    for number, (source, _) in enumerate(PROGRAMS.values())
)
PROGRAM += f"""
class Loud:
    def __init__(self, k): self.k = k
    def __del__(self): heard.append((self.k, sys._getframe(1).f_code.co_name))
heard = []

def one(a, b, c):
    d = a
    return b

def both(n):
    # What ends where a function returns, and what is there twice.
    heard.clear()
    kept = Loud(-1)
    for i in range(n):
        x = one(Loud(i) if i % 50 == 3 else [i], kept, kept)
        y = one(kept, None, None), one(None, [i], x)
        a, b = kept, kept
        b, a = Loud(i) if i % 60 == 7 else a, (i,)
        a, b = b, [a]
    a = b = None
    return x is kept, heard[:4], heard[-3:], len(heard), sys.getrefcount(kept)

def methods(n):
    # The last reference to what a method binds, and a weak one to a method.
    import weakref
    class Node(list):
        def __getattr__(self, name): raise AttributeError(name)
        def __del__(self): heard.append(("node", sys._getframe(1).f_code.co_name))
        def size(self): return len(self)
    heard.clear()
    total, node = 0, Node()
    for i in range(n):
        total += (Node([i, i]) if i % 40 == 5 else node).size()
        if i > n - 5:
            method = node.size
            reference = weakref.ref(method, lambda r: heard.append("method"))
            total += method()
            del method
    return total, len(heard), heard[-6:]

def ends(n):
    # Iterators that live on, over what ends with them.
    heard.clear()
    total = 0
    for i in range(n):
        items = iter([Loud(i), i]) if i % 40 == 9 else iter([i, 1.5, 2])
        for item in items:
            total += not isinstance(item, Loud) and item
        for item in items:
            total += 1000
        total += next(items, 5)
        pair = iter((i, [i]))
        for item in pair:
            pass
        total += next(pair, 7) + len(list(pair))
    return total, heard[:2], len(heard), item

def borrowed(n):
    # The method ends with its call, and what was borrowed from it before lives on.
    import operator, types
    get, one, out = operator.itemgetter(0), [1], []
    def choose(self, a, b, c):
        return b if a else self
    for i in range(n):
        box = [types.MethodType(choose, 10.0 + i)]
        first = get(box)
        second = get(box)
        box.clear()
        out.append(second(get(one), first(0, 0, 0), (first := (second := None))))
        new = [i + 0.5]
    return [x for i, x in enumerate(out) if x != 10.0 + i], new

def functions(n):
    # The last two references to a function are a local of its own frame and the frame.
    import operator, types
    get, one, kept = operator.itemgetter(0), [1], [0]
    heard.clear()
    def body(me, other):
        get(one)
        return 0
    for i in range(n):
        function = types.FunctionType(body.__code__, globals(), "body", None, body.__closure__)
        if i % 30 == 11:
            function.loud = Loud(i)
        box = [function, function]
        function = None
        box.pop()(box.pop(), kept)
        if len(heard) > 5:
            return i, heard

def small_numbers(n):
    # A small int on its way around a loop.
    def double(k): return k * 2
    out = []
    for i in range(n):
        x = double(3)
        out.append(x)
    return sum(out), x

def decorated(n):
    # The call of a decorator: a builtin without arguments, but for the one that stands in the place of `self`.
    for i in range(n):
        class Class:
            @property
            def value(self): return i
            @value.setter
            def value(self, new): pass
    return Class().value

def run():
    return [repr(f(500)) for f in (both, methods, ends, borrowed, functions, small_numbers, decorated, {", ".join(f"f{k}" for k in range(len(PROGRAMS)))})]
""" + RUN_AND_COUNT


class ChainTests(unittest.TestCase):
    def test_side_traces(self):
        for name, (source, limit) in PROGRAMS.items():
            with self.subTest(name):
                program = f"import sys\n{textwrap.dedent(source)}\nbefore = sys._jit.stats()['traces_side']\n"
                program += "f(20000)\nprint(sys._jit.stats()['traces_side'] - before)"
                self.assertLessEqual(int(run(program)), limit)


    def test_checks_out_of_date(self):
        # A class that changes has a new version each time; traces for the old ones go, and do not stand before the one that is right.
        program = """
        import sys
        class Account:
            opened = 0
            def __init__(self):
                self.balance = 0
            def deposit(self, amount):
                self.balance += amount
                return self
        def f(n):
            account = Account()
            for turn in range(8):
                Account.opened += 1
                for i in range(n):
                    account.deposit(i).deposit(1)
            return account.balance
        assert f(1000) == 8 * (999 * 500 + 1000)
        print(sys._jit.stats()["invalidations"])
        """
        timed = {"PYTHON_JIT_MIN_RATE": "1", "PYTHON_JIT_LOOP_THRESHOLD": "40", "PYTHON_JIT_EXIT_THRESHOLD": "40"}
        self.assertGreater(int(run(textwrap.dedent(program), **timed)), 0)

    def test_branches_in_a_row(self):
        # There are 2 ** 14 ways through f.  Not each of them gets traces of its own: in a large tree those that begin in memory are shared.
        program = """
        import random, sys
        lines = [f"    s += {k + 1} if x & {1 << k} else -{k}" for k in range(14)]
        exec("def f(x):\\n    s = 0\\n" + "\\n".join(lines) + "\\n    return s")
        def g(x):
            a = x * 3 + 1
            b = a - x
            return f(x) + a + b
        random.seed(1)
        total = 0
        for turn in range(10):
            total += sum([*map(g, [random.getrandbits(14) for i in range(20_000)])])
        print(sys._jit.stats()["traces_side"] if sys._jit.is_enabled() else 0, total)
        """
        program = textwrap.dedent(program)
        _, expected = run(program, PYTHON_JIT="0").split()
        traces, total = run(program, PYTHON_JIT_MIN_RATE="0", PYTHON_JIT_EXIT_THRESHOLD="20").split()
        self.assertEqual(total, expected)
        self.assertGreater(int(traces), 20)
        self.assertLess(int(traces), 600)


class ExitTests(ForcedExits, unittest.TestCase):
    program = PROGRAM


if __name__ == "__main__":
    unittest.main()
