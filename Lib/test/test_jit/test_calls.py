"""Inlined calls: frames that exist in a trace's slot map only, and are made where it leaves.

`CALLS` is run with each check of its traces made to fail in turn, in both backends and in stress mode;
results, tracebacks and the references it leaves are compared with tier 1.
"""

import json
import sys
import textwrap
import unittest

from test.support.script_helper import assert_python_ok
from test.test_jit.test_typed import RUN_AND_COUNT, TYPED, forced_exits, operations, run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

CALLS = """
import sys, gc

def add(a, b):
    return a + b

def twice(x, f=add):
    y = x
    x = f(y, y)
    return x

def clamp(x, low, high):
    if x < low:
        return low
    if x > high:
        return high
    return x

def nothing(x):
    x = x + 1

def numbers(n):
    t, u = 0, 0.5
    for i in range(n):
        t = add(t, i)
        u = add(u, 1.5)
        t = clamp(twice(t), -1000, 100000)
        nothing(t)
    return t, u, i

def objects(n):
    # Objects as arguments: from locals, from the stack's memory, fresh ones, returned and dropped.
    def same(x):
        return x
    def drop(x, y):
        x = y
        return None
    def second(x, y):
        z = x
        x = y
        return x
    a, b, out = [1], "text", []
    for i in range(n):
        c = same(a)
        d = same([i])
        drop(a, b)
        drop([i], (i,))
        e = second([i], d)
        f = second(str(i), 2.5 * i)
        g = same(same(b))
        out.append((c is a, d, e is d, f, g is b))
    return out[-3:], len(out), c, d, e

class Finalized:
    def __init__(self, log, number):
        self.log, self.number = log, number
    def __del__(self):
        frame = sys._getframe(1)
        self.log.append((self.number, frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))

def finalizers(n):
    log = []
    def use(x, y):
        y = x.number
        return y + 1
    def forget(x):
        x = 1
        return x
    def give_back(x):
        return x
    for i in range(n):
        t = use(Finalized(log, i), 0)
        t += forget(Finalized(log, -i))
        give_back(Finalized(log, 1000 + i))
        z = give_back(Finalized(log, 2000 + i))
    return log[-8:], len(log), t, z.number

def frames(n):
    # A callee of a callee looks at the frames below it.
    seen = []
    def look(x):
        frame = sys._getframe()
        names = []
        while frame is not None and len(names) < 4:
            names.append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno,
                          sorted((k, v) for k, v in frame.f_locals.items() if isinstance(v, (int, float)))))
            frame = frame.f_back
        seen.append(names[:3])
        return x
    def middle(x, y):
        z = x * 2
        if y % 40 == 39:
            z = look(z + y)
        w = z + 1
        return w
    t = 0
    for i in range(n):
        t = middle(t, i) % 1000
    return seen, t

def raising(n):
    def divide(x, y):
        z = 1
        return (x + z) // y
    def outer(x, y):
        return divide(x, y) + 1
    lines = []
    t = 0
    for i in range(n):
        try:
            t += outer(i, i % 50)
        except ZeroDivisionError as error:
            tb = error.__traceback__
            where = []
            while tb is not None:
                code = tb.tb_frame.f_code
                where.append((code.co_name, tb.tb_lineno - code.co_firstlineno, tb.tb_lasti,
                              sorted((k, v) for k, v in tb.tb_frame.f_locals.items() if isinstance(v, int))))
                tb = tb.tb_next
            lines.append(where[1:])
    return lines, t

def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)

def recursion(n):
    return [fib(k % 12) for k in range(n // 4)]

def deep(n):
    def down(k):
        if k == 0:
            return 0
        return down(k - 1) + 1
    t = 0
    for i in range(n):
        t += down(i % 30)
    return t

def closures(n):
    made = []
    def maker(k):
        def inner(x):
            return x + k
        return inner
    t = 0
    for i in range(n):
        f = maker(i & 3)
        t += f(i)
        made.append(f)
    return t, [f(1) for f in made[-4:]]

def generators(n):
    def numbers(k):
        for i in range(k):
            yield add(i, 1)
    def plain(x):
        return x
    t = 0
    for i in range(n):
        for x in numbers(i % 4):
            t += plain(x)
        t += sum(numbers(2))
    return t

def redefined(n):
    def f(x):
        return x + 1
    def g(x):
        y = x
        return y + 2
    t = 0
    for i in range(n):
        h = f if i % 20 else g
        t += h(i)
        if i == n // 2:
            f.__code__ = g.__code__
        if i == n - 40:
            f.__defaults__ = (3,)
    return t

class Point:
    __slots__ = ("x", "y")
    def __init__(self, x, y):
        self.x, self.y = x, y
    def shifted(self, d):
        return Point(self.x + d, self.y - d)
    def dot(self, other):
        return self.x * other.x + self.y * other.y
    def norm(self):
        return self.dot(self)

class Counter:
    step = 2
    def __init__(self):
        self.count = 0
    def up(self, k):
        self.count += k
        return self.count
    def twice(self, k):
        self.up(k)
        return self.up(k * self.step)

def methods(n):
    p, c = Point(1.5, 2), Counter()
    t = 0
    bound = c.up
    for i in range(n):
        p = p.shifted(0.25 if i & 1 else -0.25)
        t += p.norm() + c.twice(i & 3) + bound(1)
    return t, p.x, p.y, c.count

def keywords(n):
    def f(a, b=2, *, c=3):
        return a + b + c
    def g(a, b=2):
        return a - b
    def h(*args):
        return len(args)
    t = 0
    for i in range(n):
        t += f(i) + f(i, 1) + f(i, b=1) + f(i, c=5) + g(i) + g(i, 7) + h(i, i)
    return t

def unbound(n):
    def f(x):
        if x % 50 == 49:
            del x
        try:
            return x
        except UnboundLocalError as error:
            return -1
    t = 0
    for i in range(n):
        t += f(i)
    return t

def comprehension(n):
    def f(x):
        return [x + k for k in (1, 2)][1]
    t = 0
    for i in range(n):
        t += f(i)
    return t

def identity(n):
    def pair(x):
        y = x + 0.5
        return y, y
    def keep(x, out):
        out.append(x)
        return x
    out = []
    hits = 0
    x = 0.25
    for i in range(n):
        a, b = pair(x)
        hits += a is b
        c = keep(a, out)
        hits += c is out[-1]
        x = c - 0.25
    return hits, x, len(out)

def returns(n):
    # Frames that were made before they return: objects in them die, live on, are returned, keep the frame.
    log, kept = [], []
    def plain(x):
        y = str(x)
        return len(y) + x
    def holds(x):
        y = [x, str(x)]
        return y
    def drops(x):
        y = Finalized(log, x)
        z = str(x)
        return x + 1
    def same(x):
        y = [str(x)]
        z = y
        return 5
    def looked_at(x):
        frame = sys._getframe()
        if x % 30 == 7:
            kept.append(frame)
        del frame
        y = str(x)
        return y
    def constant(x):
        y = str(x)
    def deep(x, k):
        y = str(x)
        if k == 0:
            return x * 0.5
        return deep(x, k - 1) + 1
    t, u = 0, []
    for i in range(n):
        t += plain(i) + drops(i) + same(i) + len(looked_at(i))
        u = holds(i)
        t += len(u) + deep(i, i % 5) + (constant(i) is None)
    frames = [(frame.f_code.co_name, frame.f_locals["x"], frame.f_locals["y"]) for frame in kept]
    return t, u, log[-3:], len(log), frames

def hidden(n):
    class A:
        def get(self, k):
            return k
        def put(self, k, step=2, *, last=None):
            self.value = k + step
            return self.get(self.value)
    class B(A):
        __slots__ = ("value",)
        def get(self, k):
            return self.value - k
    a, b = A(), B()
    t = 0
    for i in range(n):
        t += a.get(i) + a.put(i) + b.put(i, 1) + b.put(i, last=2)
        if i == n // 3:
            a.get = lambda k: -k
        if i == n // 2:
            del a.get
        if i == n - 60:
            A.get = lambda self, k: 2 * k
        if i == n - 40:
            B.__init_subclass__ = None
        if i == n - 20:
            a.__class__ = B if i < 0 else A
    return t

def cells(n):
    count, gone = 0, 1
    def up(k):
        nonlocal count
        count += k
        return count
    def read(k):
        return count + k
    def maybe(k):
        try:
            return gone + k
        except NameError:
            return -1
    def outer(k):
        def inner(m):
            return m * k
        return inner(2) + inner(3)
    t = 0
    for i in range(n):
        t += up(i) + read(1) + maybe(i) + outer(i)
        if i == n - 50:
            del gone
        if i == n - 30:
            gone = 2.5
    return t, count

def defaults(n):
    def f(a, b=10**6, c=[], d=0.5):
        c.append(a)
        return a + b + d
    def g(a, b=1):
        return a - b
    t = 0
    for i in range(n):
        t += f(i) + f(i, 2) + g(i) + g(i, i)
        if i == n // 2:
            g.__defaults__ = (7,)
        if i == n - 30:
            g.__defaults__ = (2.5,)
    return t, len(f.__defaults__[1])

class Rest:
    def count(self, *rest):
        return len(rest)
    def all(*everything):
        return everything

def rest(n):
    out = []
    log = []
    def total(first, *rest):
        t = first
        for x in rest:
            t += x
        return t
    def given(a, b=5, *rest):
        return a, b, rest
    def changes(*rest):
        rest = rest + (1,)
        return rest
    def looks(*rest):
        frame = sys._getframe()
        return sorted(frame.f_locals), frame.f_back.f_lineno - frame.f_back.f_code.co_firstlineno
    def last(*rest):
        return rest[-1]
    r = Rest()
    for i in range(n):
        out.append(total(i) + total(i, 2) + total(i, i, i * 0.5, 10**9))
        out.append((given(i), given(i, 2), given(i, 2, 3, [i])))
        out.append((changes(), changes(i, r) == (i, r, 1), r.count(), r.count(1, 2), r.all(i)[1:], Rest.all(i, i)))
        out.append(looks(i, 2))
        last(1, Finalized(log, i))
        total(*range(i % 4 + 1))
        out.append(last(i, [i])[0])
        if i % 40 == 39:
            try:
                total(1, None)
            except TypeError as error:
                step = error.__traceback__.tb_next
                out.append((str(error), step.tb_lineno - step.tb_frame.f_code.co_firstlineno))
    return out, log

def run():
    return [repr(f(240)) for f in (
        rest, returns, hidden, cells, defaults, numbers, objects, finalizers, frames, raising, recursion, deep,
        closures, generators, redefined, methods, keywords, unbound, comprehension, identity)]

""" + RUN_AND_COUNT

RECURSION_LIMIT = """
import sys
def leaf(x):
    return x + 1
def step(x):
    y = leaf(x)
    return leaf(y)
def work(n):
    t = 0
    f = step
    for i in range(n):
        t = f(t)
    return t
def depth(n, k):
    return work(n) if k == 0 else depth(n, k - 1)
work(4000)
assert sys._jit.stats()["traces_loop"] > 0
# The trace must raise RecursionError exactly where tier 1 does.
def deepest():
    for k in range(1, 200):
        try:
            depth(3, k)
        except RecursionError as error:
            tb = error.__traceback__
            while tb.tb_next is not None:
                tb = tb.tb_next
            return k, tb.tb_frame.f_code.co_name, tb.tb_lineno
sys.setrecursionlimit(120)
print(deepest())
"""

SMALL_STACK = """
import sys
# Frames so large that the data stack's chunk ends within the inlined calls.
def leaf(x):
    return x + 1
names = ", ".join(f"v{i}" for i in range(60))
source = f"def wide(x):\\n    {' = '.join(f'v{i}' for i in range(60))} = x\\n    return leaf(v1) + v59\\n"
exec(source)
def work(n, f=wide):
    t = 0
    for i in range(n):
        t += f(i)
    return t
def down(k):
    return work(20) + (down(k - 1) if k else 0)
print(work(3000), [down(k) for k in (1, 10, 50, 100, 200, 300)])
"""

TRACING = """
import sys
def leaf(x):
    return x + 1
def middle(x):
    return leaf(x) + leaf(x)
def work(n):
    t = 0
    for i in range(n):
        t += middle(i)
    return t
work(4000)
seen = []
def tracer(frame, event, arg):
    seen.append((event, frame.f_code.co_name, frame.f_lineno))
    return tracer
def switch(n):
    t = 0
    for i in range(n):
        t += middle(i)
        if i == n - 2:
            sys.settrace(tracer)
    sys.settrace(None)
    return t
print(switch(4000), seen)
"""

INLINED = {
    "a function in a local": (
        """
        def add(a, b):
            return a + b
        def f(n, g=add):
            t = 0
            for i in range(n):
                t = g(t, i)
            return t
        """,
        (500,),
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT IADD LOOP",
    ),
    "a call in a call": (
        """
        def one(x):
            return x * 2.0
        def two(x, g):
            return g(x) + g(x)
        def f(n, g=one, h=two):
            t = 0.5
            for i in range(n):
                t = h(t, g) * 0.25
            return t
        """,
        (500,),
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT FMUL FADD FMUL LOOP",
    ),
    "methods": (
        """
        class P:
            def scale(self, k):
                return k * 2.0
            def both(self, k):
                return self.scale(k) + 1.0
        def f(n):
            p = P()
            t = 0.5
            for i in range(n):
                t = p.both(t) * 0.25
            return t
        """,
        (500,),
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT FMUL FADD FMUL LOOP",
    ),
    "a bound method": (
        """
        class P:
            def scale(self, k):
                return k * 2.0
        def f(n):
            scale = P().scale
            t = 0.5
            for i in range(n):
                t = scale(t) * 0.25
            return t
        """,
        (500,),
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT FMUL FMUL LOOP",
    ),
    "a default": (
        """
        def add(a, b=3):
            return a + b
        def f(n):
            t = 0
            for i in range(n):
                t = add(t)
            return t
        """,
        (500,),
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT IADD LOOP",
    ),
    "the rest of the arguments": (
        """
        def add(a, *rest):
            return a + len(rest)
        def f(n):
            t = 0
            for i in range(n):
                t = add(t, 1, 2.5)
            return t
        """,
        (500,),
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT VIRTUAL_TUPLE VIRTUAL_FIELD VIRTUAL_FIELD GUARD_RESUME IADD LOOP",
    ),
    "a closure": (
        """
        def f(n):
            k = 3
            def add(x):
                return x + k
            t = 0
            for i in range(n):
                t = add(t)
            return t
        """,
        (500,),
        "PHI PHI GUARD_NO_EVENT RANGE_NEXT IADD LOOP",
    ),
}


class InlinedTests(unittest.TestCase):
    def test_optimized_loops(self):
        for name, (source, arguments, expected) in INLINED.items():
            with self.subTest(name):
                program = textwrap.dedent(source)
                program += f"import sys, json\nf(*{arguments})\nprint(json.dumps(sys._jit._ir_traces()))\n"
                loops = [" ".join(operations(text)) for text in json.loads(run(program))]
                self.assertIn(expected, loops)

    def test_traces_verify_and_parse(self):
        program = CALLS + (
            "for text in sys._jit._ir_traces():\n"
            "    print(sys._jit._ir_verify(text))\n"
            "    plain = '\\n'.join(x.split(' ')[0] + ' ' + x.split(' ')[1] if x.startswith('code') else x\n"
            "                      for x in text.splitlines()) + '\\n'\n"
            "    print(sys._jit._ir_roundtrip(text) == plain)\n"
        )
        answers = run(program).split("leaks", 1)[1].split()[1:]
        self.assertGreater(len(answers), 20)
        self.assertEqual(set(answers), {"None", "True"})


class SameAsTierOneTests(unittest.TestCase):
    """Everything as with the JIT off."""

    maxDiff = 3000

    def check(self, program, **settings):
        expected = run(program, PYTHON_JIT="0")
        for backend in ("interpreter", ""):
            with self.subTest(backend or "native", **settings):
                _, out, _ = assert_python_ok(
                    "-c", program, **{**TYPED, "PYTHON_JIT_BACKEND": backend, **settings}, __isolated=False
                )
                self.assertEqual(out.decode(), expected)

    def test_results(self):
        self.check(CALLS)

    def test_stress(self):
        self.check(CALLS, PYTHON_JIT_STRESS="1")

    def test_recursion_limit(self):
        program = RECURSION_LIMIT.replace('assert sys._jit.stats()["traces_loop"] > 0\n', "")
        self.check(program)
        self.assertIn("(", run(RECURSION_LIMIT))

    def test_small_stack(self):
        self.check(SMALL_STACK)

    def test_tracing_begins_in_a_hot_loop(self):
        self.check(TRACING)

    def test_forced_exits(self):
        expected = run(CALLS, PYTHON_JIT="0")
        for settings in forced_exits(CALLS):
            with self.subTest(**settings):
                self.assertEqual(run(CALLS, **settings), expected)


if __name__ == "__main__":
    unittest.main()
