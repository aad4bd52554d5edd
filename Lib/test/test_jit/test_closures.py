"""Functions, generators and cells that a trace makes; comprehensions, whose variable is unbound before and after; generators that return.

`PROGRAM` is run with each check of its traces made to fail in turn.
"""

import json
import textwrap
import unittest

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits, in_order
from test.test_jit.test_objects import names
from test.test_jit.test_typed import RUN_AND_COUNT, run

# Loops of f, and what some trace of it is to have.
LOOPS = {
    "a comprehension": ("t += len([x + i for x in a])", ["LIST_ITER_END", "LIST_SIZE", "NEW_LIST"]),
    "a function with a closure": ("t += (lambda x: x + i)(1)", ["VIRTUAL_FUNCTION", "VIRTUAL_FIELD"]),
    "a generator": (
        """
            def g(k):
                for j in (1, 2):
                    yield j + k
            for x in g(i):
                t += x
        """,
        ["NEW_FUNCTION", "NEW_GENERATOR"],
    ),
    "a generator that returns": (
        """
            for x in (j + i for j in a):
                t += x
        """,
        ["END_GENERATOR"],
    ),
}

PROGRAM = """
import gc, sys, types, weakref

def comprehensions(n):
    out = []
    a = [3, 1, 4]
    for i in range(n):
        out.append([x + i for x in a])
        out.append(len([x for x in a if x != i]))
        out.append({x: i for x in a})
        out.append(sorted({x + i for x in a}))
        x = i
        out.append([x * 2 for x in a])
        out.append(x)
        out.append([[y + x for y in a] for x in a])
        x = [i]
        out.append([x for x in a])
        out.append(x)
        x = str(i)
        try:
            out.append([x[0] for x in ("ab", "c", i % 30 < 28 and "d")])
        except TypeError as error:
            out.append((str(error), x))
        del x
        try:
            out.append([y for y in a if y < 5])
            x
        except UnboundLocalError as error:
            out.append(str(error))
    return out

class Noisy:
    heard = []
    def __init__(self, name): self.name = name
    def __del__(self): Noisy.heard.append(self.name)

def noisy_comprehensions(n):
    Noisy.heard.clear()
    out = []
    for i in range(n):
        x = Noisy(i)
        out.append([x.name for x in (Noisy("a"), Noisy("b"))])
        out.append((x.name, len(Noisy.heard)))
        out.append([x for x in ()])
        out.append(sys.getrefcount(x))
    return out, Noisy.heard

def checked(n):
    out = []
    for i in range(n):
        if i % 50 < 48:
            value = i
        try:
            out.append(value)
        except UnboundLocalError as error:
            out.append(str(error))
        if i % 3 == 0:
            del value
    return out

def functions(n):
    out = []
    def make(k, j=3):
        def inner(x, y=k, *, z=j):
            return x + y + k + z
        return inner
    for i in range(n):
        f = make(i)
        out.append(f(1))
        out.append((f.__name__, f.__qualname__, f.__defaults__, f.__kwdefaults__, f.__closure__[0].cell_contents, f.__module__))
        g = lambda a, b=i: (a, b)
        out.append(g(1))
        def annotated(x: int = i) -> str: return x
        out.append((annotated(), annotated.__annotations__))
        out.append(sys.getrefcount(f))
        f.extra = i
        out.append(f.__dict__)
        r = weakref.ref(f)
        del f
        out.append(r() is None)
    return out

def cells(n):
    out = []
    def counter():
        count = 0
        kept = None
        def step(value):
            nonlocal count, kept
            count += 1
            kept = value
            return count
        def get():
            return count, kept
        return step, get
    for i in range(n):
        step, get = counter()
        for k in range(4):
            step([k] if k & 1 else k * 1.5)
        out.append(get())
        def argument(x):
            def read(): return x
            x = x + 1
            y = read()
            x = [x]
            return y, read()
        out.append(argument(i))
        out.append(argument(i + 0.5))
        def unset():
            if i % 40 == 39:
                v = 1
            def read(): return v
            try:
                return read()
            except NameError as error:
                return str(error)
        out.append(unset())
    return out

def noisy_cells(n):
    Noisy.heard.clear()
    out = []
    def keep():
        x = Noisy("first")
        def read(): return x.name
        x = Noisy("second")
        a = read()
        x = None
        return a, len(Noisy.heard)
    for i in range(n):
        out.append(keep())
    return out, Noisy.heard

def generators(n):
    def count(k, step=1):
        i = 0
        while i < k:
            yield i
            i += step
        return k
    def returns(k):
        got = yield from count(k)
        yield got
        return [got]
    def walk(k):
        result = yield from returns(k)
        yield result[0]
    out = []
    for i in range(n):
        t = 0
        for x in count(i % 7):
            t += x
        for x in count(i % 7, 2):
            t += x
        for x in (y * 2 for y in count(4)):
            t += x
        for x in walk(i % 5):
            t += x
        out.append(t)
        g = count(3)
        out.append((next(g), g.gi_frame.f_locals, g.gi_running, g.gi_suspended, g.__name__, g.__qualname__))
        out.append(list(g))
        out.append((g.gi_frame, g.gi_suspended, next(g, "done")))
        kept = count(3)
        for x in kept:
            pass
        out.append((kept.gi_frame, next(kept, None)))
        r = weakref.ref(kept)
        del kept
        out.append(r())
    return out

def ends_of_generators(n):
    Noisy.heard.clear()
    out = []
    def holds(k):
        a = Noisy(k)
        b = [Noisy("b")]
        for i in range(3):
            yield i
    def tries(k):
        try:
            yield 1
            yield 2
        finally:
            Noisy.heard.append("finally")
    for i in range(n):
        t = 0
        for x in holds(i):
            t += x
        out.append((t, len(Noisy.heard)))
        for x in holds(i):
            if x == 1:
                break
        out.append(len(Noisy.heard))
        for x in tries(i):
            break
        out.append(len(Noisy.heard))
        for x in tries(i):
            t += x
        out.append((t, len(Noisy.heard)))
    return out, Noisy.heard

def coroutines(n):
    async def leaf(x):
        return x + 1
    async def add(a, b):
        return await leaf(a) + await leaf(b)
    def drive(coro):
        try:
            coro.send(None)
        except StopIteration as stop:
            return stop.value
    async def many(k):
        t = 0
        for i in range(k):
            t += await add(i, 1)
        return t
    out = [drive(many(i % 30)) for i in range(n)]
    sys.set_coroutine_origin_tracking_depth(2)
    async def origin():
        c = leaf(1)
        found = [(f[0] == __name__, f[2]) for f in c.cr_origin or ()]
        await c
        return found
    async def origins():
        return [await origin() for _ in range(n)]
    out.append(drive(origins()))
    sys.set_coroutine_origin_tracking_depth(0)
    return out

def classes(n):
    out = []
    for i in range(n // 4):
        class Local:
            k = i
            def get(self): return __class__, i
            squares = [x * x for x in range(3)]
        out.append((Local.k, Local().get()[1], Local.squares))
    return out

def returned(n):
    # What a closure gives back lives on when the closure, its cell and its function do not.
    def keeps(x):
        return lambda: x
    def keeps_both(x, y):
        def both():
            return (y, x) if x else y
        return both
    out, t = [], 0
    for i in range(n):
        out.append(keeps(keeps([i]))()())
        out[-1] = keeps(out[-1])()
        t += len(keeps_both([i], {i})()) + len(keeps({i: [i]})()[i])
    return [type(x).__name__ for x in out[::n // 3]], sum(x[0] for x in out), t

def not_begun(n):
    # The generator's frame takes the reference to its function that the call has, or one of its own.
    def made(x):
        yield x
    t = 0
    for i in range(n):
        made(sys.getrecursionlimit())
        t += next(made(sys.getrecursionlimit())) + sum(made(i)) + len(list(made(abs(i))))
    return t

def run():
    return [repr(f(N)) for f in (comprehensions, noisy_comprehensions, checked, functions, cells, noisy_cells, generators, ends_of_generators,
                           coroutines, classes, returned, not_begun)]
""" + RUN_AND_COUNT


class Results(ForcedExits, unittest.TestCase):
    program = PROGRAM.replace("N)", "120)")

    def test_enough_rounds(self):
        program = PROGRAM.replace("N)", "2500)")
        self.assertEqual(run(program), run(program, PYTHON_JIT="0"))


class Loops(unittest.TestCase):
    def test_nothing_is_opaque(self):
        for name, (body, wanted) in LOOPS.items():
            with self.subTest(name):
                program = "import json, sys\ndef f(n):\n    a, t = list(range(9)), 0\n    for i in range(n):\n"
                program += textwrap.indent(textwrap.dedent(body.strip("\n").rstrip()), " " * 8)
                program += "\n    return t\nf(900)\nprint(json.dumps(sys._jit._ir_traces()))\n"
                traces = [names(text) for text in json.loads(run(program))]
                self.assertTrue(any(in_order(wanted, trace) for trace in traces), traces)


if __name__ == "__main__":
    unittest.main()
