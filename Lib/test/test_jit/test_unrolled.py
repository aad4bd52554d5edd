"""Generator expressions that are made and consumed in a trace: neither they, nor their functions, closures and iterators are made.

`PROGRAM` looks at everything that could show it, and is run with each check of its traces made to fail in turn.
"""

import textwrap
import unittest

from test.support import import_helper

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits, loops
from test.test_jit.test_typed import RUN_AND_COUNT, run

# What makes an object, or needs one in memory.
OBJECTS = {
    "OPAQUE", "NEW_TUPLE", "NEW_FUNCTION", "NEW_GENERATOR", "NEW_ITER", "NEW_CELL", "BOX_INT", "BOX_FLOAT", "LOAD_GEN", "STORE_GEN",
    "SUSPEND_GEN", "GUARD_GENERATOR", "END_GENERATOR", "LIST_ITER_NEXT", "TUPLE_ITER_NEXT",
}

LOOPS = {
    "sum of a tuple": "sum(x * k for x in (a, i, c))",
    "sum of floats": "sum(x * 0.5 for x in (a, i, c))",
    "a constant": "sum(x + k for x in (1, 2, 3))",
    "a list": "sum(x * k for x in short)",
    "filtered": "sum(x for x in (a, i, c) if x > k)",
    "any": "any(x == k for x in (a, i, c))",
    "all": "all(x != k for x in (a, i, c))",
    "max": "max(x * k for x in (a, i, c))",
    "two at once": "sum(x * k for x in (a, i)) + sum(x - k for x in (c, i, a))",
}

PROGRAM = """
import gc, sys, traceback, weakref

class Noisy:
    heard = []
    def __init__(self, name): self.name = name
    def __del__(self): Noisy.heard.append(self.name)

def numbers(n):
    t, k, a, c = 0, 2, 5, 0.25
    out = []
    short = [3, 1, 4]
    for i in range(n):
        t += sum(x * k for x in (a, i, 3))
        t += sum(x * c for x in (a, i)) + max(x + k for x in short) - min(x for x in (1, i, 2))
        if any(x == i for x in (3, 8, 50)): out.append(i)
        if all(x != i for x in short): a += 1
        if i == 60: k = 2.5
        if i == 80: k, short = 3, [1, 2, 2**70]
        if i == 90: k, short = 2**40, [7.5]
    return t, out, a

def lengths(n):
    # The number of items changes, and which of them is found.
    out = []
    for i in range(n):
        a = list(range(i % 10))
        out.append((sum(x + i for x in a), any(x == i % 7 for x in a), tuple(x for x in a if x & 1), list(x * 0.5 for x in a[:3]),
                    sorted(-x for x in a[2:5]), ",".join(str(x) for x in a[:4]), sum(x for x in range(i % 4))))
        try:
            out.append(max(x for x in a))
        except ValueError as error:
            out.append((str(error), len(traceback.extract_tb(error.__traceback__))))
    return out

def inlined(n):
    # The variables are cells of a function that is called in the trace.
    def total(a, b, c, k):
        return sum(x * k for x in (a, b, c))
    def both(a, k):
        bonus = 0
        def more(x): return x + k + bonus
        bonus = 1
        return sum(more(x) for x in (a, k)) + more(a)
    t = 0
    for i in range(n):
        t += total(i, 2, 3, i & 3) + both(i, 2)
    return t

def twice(n):
    # Two loops in one generator, and one generator in another.
    t = []
    for i in range(n):
        t.append(sum(x * y for x in (1, i) for y in (i, 2)))
        t.append(sum(sum(x + y for x in (1, i)) for y in (i, 2)))
        t.append(sum(x for x in (y + 1 for y in (i, i + 1))))
    return t

def raises(n):
    def divide(x, y): return x // y
    out = []
    for i in range(n):
        try:
            out.append(sum(divide(x, i % 5) for x in (i, 2, 3)))
        except ZeroDivisionError as error:
            steps, tb = [], error.__traceback__
            while tb is not None:
                steps.append((tb.tb_frame.f_code.co_qualname, tb.tb_lineno - tb.tb_frame.f_code.co_firstlineno, sorted(tb.tb_frame.f_locals)))
                tb = tb.tb_next
            out.append((str(error), steps))
    return out

def kept(n):
    # Who keeps the generator, or its function, sees them as they would be.
    gens, out = [], []
    def keep(g):
        gens.append(g)
        return g
    for i in range(n):
        k = i + 1
        g = (x * k for x in (i, 2))
        if i % 30 == 29:
            keep(g)
            out.append((g.__name__, g.__qualname__, g.gi_running, g.gi_suspended, g.gi_frame is not None, g.gi_code.co_name))
        out.append(sum(g))
        f = lambda x, y=i: x + y + k
        out.append(f(1))
        if i % 30 == 7:
            out.append((f.__name__, f.__module__, f.__defaults__, f.__closure__[0].cell_contents, f.__globals__ is globals()))
    return out, [list(g) for g in gens]

def seen(n):
    # The frames, from an item.
    out = []
    def look(x, i):
        if i % 25 == 24:
            f = sys._getframe(1)
            out.append((f.f_code.co_name, f.f_back.f_code.co_name, f.f_lineno - f.f_code.co_firstlineno, sorted(f.f_locals)))
        return x
    t = 0
    for i in range(n):
        t += sum(look(x, i) for x in (i, 1, 2))
    return t, out

def writes(n):
    # The list changes while it is gone through.
    out = []
    for i in range(n):
        a = [i, 1, 2]
        def more(x):
            if x == 1 and i % 10 == 3: a.append(7)
            if x == 1 and i % 10 == 6: a.clear()
            return x
        out.append(sum(more(x) for x in a))
    return out

def ends(n):
    # What ends when.
    Noisy.heard.clear()
    t = 0
    for i in range(n):
        keep = Noisy(i)
        t += sum(x + keep.name for x in (i, 1))
        if any(x.name > 3 for x in (Noisy(-i), keep)): t += 1
        if any(keep.name == x for x in (i, 2)): t += len(Noisy.heard)
        if i % 20 == 19: gc.collect()
        del keep
        t += len(Noisy.heard)
    return t, len(Noisy.heard), Noisy.heard[::9]

def counts(n):
    marks = [object(), object(), object()]
    t = 0
    for i in range(n):
        t += sum(m is not None for m in marks) + any(m is marks[2] for m in marks)
        t += sum(len(repr(type(m))) for m in (marks[0], marks[i % 3]))
    return t, [sys.getrefcount(m) for m in marks]

def weak(n):
    out = []
    class Thing: pass
    for i in range(n):
        thing = Thing()
        r = weakref.ref(thing, lambda _: out.append(i)) if i % 9 == 4 else None
        out.append(any(thing is x for x in (i, thing)))
        del thing
    return out

def identity(n):
    out = []
    for i in range(n):
        x, y = i * 1000.5, i + 10**6
        a = tuple(v for v in (x, y, x))
        out.append((a[0] is a[2], a[0] is x, a[1] is y, a))
    return out

def builtins_of_its_own(n):
    space = {"__builtins__": {"sum": lambda items: [*items], "range": range, "len": lambda x: 7}}
    exec("def f(n):\\n  t = 0\\n  for i in range(n):\\n    t += len(sum(len(x) + i for x in (1, i)))\\n  return t", space)
    return space["f"](n)

def constants(n):
    # An item that is a constant moves through the generator's stack, and lives on elsewhere.
    kept, out = [], []
    def note(*items): kept.append(items)
    def sends(k):
        got = f(2.75, (yield 1.25), "x" + str(k))
        yield got
    def f(*args): return args
    for i in range(n):
        out.append(list((note(x), x)[1] for x in (1, 2.5, "a b", 10**20)))
        out.append(tuple([y for y in (x, 3.5)][i & 1] for x in (0.125, 7.5)))
        out.append(list(sends(i)))
        out.append(any((x, y := 9.25)[0] == 5.5 for x in (4.5, 5.5, 6.5)))
    return out, kept

def ranges(n):
    # Numbers of a range that is not made: each is an object of its own.
    out = []
    def first(a, b):
        for x in range(a, b): return x
    for i in range(n):
        m = max(x for x in range(3))
        a, b = first(1000, 1003), first(1000, 1003)
        c, d = (i, i), sum(x for x in range(1000, 1001))
        e = sum(x for x in range(1000, 1001))
        j, k = c
        out.append((m, a is b, d is e, first(5, 9) is first(5, 9), j + k))
        f, g = [x * 1 for x in (2000, 2000)]
        out.append((f is g, tuple(x for x in range(998, 1001))))
    return out

def other_names(n):
    # The same generator, by another reference, while it is suspended.
    def gen():
        x = [0]
        while True:
            x = [x[0] + 1]
            yield x[0]
    def count():
        x = 0
        while True:
            x += 1
            yield x
    def step(h):
        for b in h: return b
    out = []
    for i in range(n):
        for make in gen, count:
            g = make()
            d = {"g": g}
            for a in g: break
            b = step(d["g"])
            for c in g: break
            out.append((a, b, c))
    return out

def ends_twice(n):
    # What ends through two references that go at once.
    seen = []
    class Heard:
        def __del__(self):
            f = sys._getframe(1)
            seen.append((f.f_code.co_name, f.f_lineno - f.f_code.co_firstlineno, f.f_locals.get("i")))
    class Holder:
        def __init__(self, x): self.x = x
    def pair(source):
        v = w = Holder(source.pop())
        yield v.x is w.x
    def work(source):
        for i in range(len(source) // 3):
            w = sum(pair(source))
            v = Holder(source.pop())
            t = (v, v)
            v = None
            t = None
            f = (lambda k: (lambda: k, lambda: k))(Holder(source.pop()))
            f = None
            w = i
        return w
    out = [work([[] for _ in range(3 * n)])]
    out.append(work([Heard() for _ in range(90)]))
    return out, seen

def nested_calls(n):
    def apply(f, *args): return f(*args)
    t = 0
    for i in range(n):
        t += apply(lambda a, b: a * b + i, i, 3)
        t += (lambda: i + t % 7)()
    return t

FUNCTIONS = [numbers, lengths, inlined, twice, raises, kept, seen, writes, ends, counts, weak, identity, builtins_of_its_own, constants, ranges, other_names, ends_twice, nested_calls]

def run():
    return [repr(f(120)) for f in FUNCTIONS]
""" + RUN_AND_COUNT


class Results(ForcedExits, unittest.TestCase):
    program = PROGRAM
    passes = "cse", "peel", "forward", "virtual", "side", "fold,cse,forward,dead,peel"


class LoopTests(unittest.TestCase):
    def test_no_object_is_made(self):
        for name, expression in LOOPS.items():
            with self.subTest(name):
                found = loops(f"""
                    def f(n):
                        a, c, k, t = 7, 9, 3, 0
                        short = [3, 4, 5]
                        for i in range(n):
                            t += {expression}
                        return t
                """)
                self.assertTrue(any("VIRTUAL_GENERATOR" in loop and not OBJECTS & set(loop) for loop in found), found)

    def test_of_many_items_there_is_a_loop(self):
        found = loops("""
            def f(n):
                a, t = list(range(40)), 0
                for i in range(n):
                    t += sum(x * i for x in a)
                return t
        """, 500)
        self.assertFalse(any("VIRTUAL_GENERATOR" in loop for loop in found), found)


class LargeLoopTests(unittest.TestCase):
    def test_jump_with_a_prefix(self):
        # The generator's loop has a trace of its own, which stands at the prefix of its jump: nothing goes through that.
        program = (
            "def source(k):\n    for i in (1, 2, k):\n        x = i\n        if i != k:\n"
            + "".join(f"            x = x + {k}\n" for k in range(90))
            + "        elif k == 3:\n            yield x\n    yield 7\n"
            "def f(n):\n    t = 0\n    for i in range(n):\n        t += sum(source(i & 3))\n    return t\n"
            "print(f(3000))\n"
        )
        for settings in {}, {"PYTHON_JIT_BACKEND": "native"}, {"PYTHON_JIT_STRESS": "1"}:
            self.assertEqual(run(program, **settings), run(program, PYTHON_JIT="0"))


class MemoryTests(unittest.TestCase):
    def test_memory_short(self):
        # In the last iteration an item is left for a number that is too large, and there is no memory for what was not made.
        import_helper.import_module("_testcapi")
        program = textwrap.dedent("""
            import _testcapi
            def f(n, values):
                k, t = 3, 0
                for i in range(n):
                    t += sum(x * k + values[i // (n - 1)] for x in (i, 2, 1.5))
                return t
            f(400, (2, 2))
            expected = f(90, (2, 10**30))
            got = []
            # What the first iteration needs, which tier 1 runs, is there.
            for start in range(15, 50):
                try:
                    _testcapi.set_nomemory(start, start + 4)
                    got.append(f(90, (2, 10**30)))
                except MemoryError:
                    pass
                finally:
                    _testcapi.remove_mem_hooks()
            print(set(got) <= {expected}, len(got) > 10)
        """)
        for backend in "interpreter", "native":
            self.assertEqual(run(program, PYTHON_JIT_BACKEND=backend), "True True\n")


class WatcherTests(unittest.TestCase):
    def test_who_watches_functions_sees_them(self):
        import_helper.import_module("_testcapi")
        program = textwrap.dedent("""
            import _testcapi
            def f(n):
                k, t = 3, 0
                for i in range(n):
                    t += sum(x * k for x in (i, 2))
                return t
            f(400)
            seen = []
            watcher = _testcapi.add_func_watcher(lambda event, function, value: seen.append((event, value)))
            f(50)
            _testcapi.clear_func_watcher(watcher)
            f(50)
            print(len(seen), seen[:2])
        """)
        for backend in "interpreter", "native":
            self.assertEqual(run(program, PYTHON_JIT_BACKEND=backend), run(program, PYTHON_JIT="0"))


if __name__ == "__main__":
    unittest.main()
