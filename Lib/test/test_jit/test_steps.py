"""Loops over `map` and `filter` with a Python function: the function is in the trace, and nobody can tell.

`PROGRAM` asks for everything that C does with the items and that the frame which is there instead could show, and is run with each
check of its traces made to fail in turn.
"""

import json
import textwrap
import unittest

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits
from test.test_jit.test_typed import run

OFTEN = {"PYTHON_JIT_CALL_THRESHOLD": "30"}

PROGRAM = """
import gc, sys, traceback

def sums(n):
    out, floats = [], [x / 4 for x in range(9)]
    for i in range(n):
        t = 0
        for y in map(lambda x: x * i, range(i % 30)): t += y
        for y in map(lambda x: x + 0.5, floats): t += y
        for y in filter(lambda x: x & 1, range(i % 30)): t += y
        for y in filter(lambda x: x > 20, range(i % 40)): t += y
        for y in filter(lambda s: s, ("a", "", "b")): t += len(y)
        for y in map(str, range(3)): t += int(y)
        for y in filter(None, (0, 1, 2)): t += y
        out.append(t)
    return out

def kinds(n):
    # One loop, whatever it goes over.
    class Scale:
        factor = 3
        def by(self, x): return x * self.factor
        def __call__(self, x): return x + 1
    scale = Scale()
    def double(x): return x + x
    def second(x, y=5): return y
    def rest(*args): return len(args)
    def pairs(x, y): return x * y
    def numbers(k):
        for i in range(k): yield i
    class Numbers:
        def __init__(self): self.n = 0
        def __iter__(self): return self
        def __next__(self):
            self.n += 1
            if self.n > 3: raise StopIteration
            return self.n
    def go(items):
        t = []
        for y in items: t.append(y)
        return t
    out = []
    for i in range(n):
        makers = [lambda: map(double, [1, 2, 3]), lambda: map(second, (1, 2)), lambda: map(rest, "abc"), lambda: map(pairs, [1, 2], [3, 4]),
                  lambda: map(scale.by, range(4)), lambda: map(scale, range(4)), lambda: map(double, map(double, range(3))),
                  lambda: filter(second, map(double, range(5))), lambda: map(double, filter(scale.by, range(5))),
                  lambda: map(double, numbers(3)), lambda: map(double, {1: 2, 3: 4}), lambda: [1, 2], lambda: iter([1]), lambda: numbers(2),
                  lambda: map(double, Numbers()), lambda: filter(double, Numbers()), lambda: map(double, zip("ab", "cd")), lambda: filter(double, [])]
        out.append(go(makers[i % len(makers)]()))
        out.append(go(makers[i // 20 % len(makers)]()))
    return out

def frames(n):
    def names(x=0):
        frame, found = sys._getframe(1), []
        while frame is not None:
            found.append((frame.f_code.co_name, frame.f_lineno - frames.__code__.co_firstlineno))
            frame = frame.f_back
        return tuple(found[:3])
    out = []
    for i in range(n):
        for y in map(lambda x:
                     names() if i % 40 == 39 else x, range(4)):
            out.append(y)
        for y in filter(lambda x: out.append(names() if i % 40 == 39 else x) or x % 2,
                        range(4)):
            out.append(y)
        if i % 40 == 39:
            for y in map(names, range(2)): out.append(y)
    return out

def failures(n):
    out = []
    class Bad:
        def __bool__(self): raise StopIteration if bad == 3 else KeyError("truth")
    def f(x):
        if x == bad: raise StopIteration(x) if x % 2 else LookupError(x)
        return x if bad < 5 or x else Bad()
    def nothing(): pass
    for i in range(n):
        bad = i % 7
        for make in (map, filter):
            for g in (f, nothing):
                try:
                    for y in make(g, range(5)):
                        out.append(type(y).__name__)
                    else:
                        out.append("end")
                except (LookupError, TypeError) as error:
                    steps = traceback.extract_tb(error.__traceback__)
                    out.append((repr(error), [(s.name, s.lineno - failures.__code__.co_firstlineno) for s in steps]))
        it = map(f, [1, 2, 3, 4, 5, 6])
        for _ in range(3):
            try:
                for y in it: out.append(y)
            except LookupError as error: out.append(str(error))
    return out

class Noisy:
    heard = []
    def __init__(self, name): self.name = name
    def __del__(self): Noisy.heard.append(self.name)
    def __bool__(self): return self.name % 2 == 0

def ends(n):
    # When what ends.
    Noisy.heard.clear()
    out = []
    def make(k):
        for i in range(k): yield Noisy(i)
    for i in range(n):
        for y in map(lambda x: Noisy(x.name + 10), make(i % 5)): out.append((y.name, len(Noisy.heard)))
        for y in filter(lambda x: x, make(i % 5)): out.append((y.name, len(Noisy.heard)))
        for y in filter(lambda x: x.name % 3, [Noisy(k) for k in range(i % 5)]): out.append((y.name, len(Noisy.heard)))
        for y in map(lambda x: x.name, [Noisy(k) for k in range(i % 5)]):
            out.append((y, len(Noisy.heard)))
            if i % 3 == y: break
        y = None
        out.append(len(Noisy.heard))
    return out, Noisy.heard[:]

def references(n):
    out, item = [], object()
    def count(x):
        seen.append((sys.getrefcount(x), sys.getrefcount(count), sys.getrefcount(a), sys.getrefcount(it)))
        return x
    for i in range(n):
        a, seen = [item, item], []
        it = map(count, a)
        for y in it: seen.append(sys.getrefcount(y))
        it = filter(count, a)
        for y in it: seen.append(sys.getrefcount(y))
        out.append(seen)
    return out

def changed(n):
    out = []
    def grows(x):
        if len(a) < 9: a.append(x + 1)
        return x
    def shrinks(x):
        if a: a.pop()
        return x
    def takes(x):
        # From the iterator that is gone through.
        return x, next(it, None) if x < 3 else None
    for i in range(n):
        a = [i, i + 1]
        for y in map(grows, a): out.append(y)
        for y in filter(shrinks, a): out.append(y)
        it = map(takes, range(6))
        for y in it: out.append(y)
        it = map(lambda x: sum(1 for _ in it), range(4))
        for y in it: out.append(y)
        if i == n - 20:
            grows.__code__ = (lambda x: a and x + 1).__code__
    return out

def inside(n):
    # In a generator that is left in the middle, and where the loop's frame is seen.
    def outer(k):
        for y in map(lambda x: x * k, range(k)):
            yield y
    out = []
    for i in range(n):
        g = outer(i % 9)
        out.append([x for x, _ in zip(g, range(5))])
        out.append([y for y in map(lambda x: x ^ i, range(i % 20))])
        out.append({y: 1 for y in filter(lambda x: x % 3, range(i % 20))})
        for y in map(lambda x: locals(), range(2)): out.append(sorted(y))
        for x in map(lambda x: [y for y in map(lambda z: z * x, range(3))], range(3)): out.append(x)
    return out

def depth(n):
    def down(k):
        for y in map(down, (k + 1,)): return y
    def deep(k):
        try:
            for y in filter(deep, (k + 1,)): return y
        except RecursionError:
            return k
    old = sys.getrecursionlimit()
    out = []
    for i in range(n // 20):
        sys.setrecursionlimit(120 + i % 3)
        try:
            down(0)
        except RecursionError as error:
            out.append(str(error))
        out.append(deep(0))
    sys.setrecursionlimit(old)
    return out

print([f(N) for f in (sums, kinds, frames, failures, ends, references, changed, inside, depth)])
"""

TRACED = """
import sys
events = []
def tracer(frame, event, arg):
    events.append((frame.f_code.co_name, event))
    return tracer
def profiler(frame, event, arg):
    events.append((frame.f_code.co_name, event, getattr(arg, "__name__", None)))
def switch(i):
    if i == 900: sys.settrace(tracer)
    if i == 903: sys.settrace(None)
    if i == 1100: sys.setprofile(profiler)
    if i == 1103: sys.setprofile(None)
    return i
def go():
    out = []
    for i in range(1500):
        for y in map(switch, range(i, i + 3)): out.append(y)
    return out
print(go())
print(events)
"""


class Results(ForcedExits, unittest.TestCase):
    program = PROGRAM.replace("N)", "120)")
    settings = OFTEN

    def test_enough_rounds(self):
        program = PROGRAM.replace("N)", "3000)")
        self.assertEqual(run(program), run(program, PYTHON_JIT="0"))

    def test_tracing_begins_inside(self):
        self.assertEqual(run(TRACED, **OFTEN), run(TRACED, PYTHON_JIT="0"))


# A loop, and the operations of its hot trace.
LOOPS = {
    "map": ("for y in map(lambda x: x ^ 5, many): t += y", ["IXOR", "LIST_ITER_NEXT", "IADD"]),
    "filter": ("for y in filter(lambda x: x & 1, many): t += y", ["IAND", "LIST_ITER_NEXT", "IADD"]),
    "floats": ("for y in map(lambda x: x * 0.5, many): t += y", ["FMUL", "FADD"]),
    "a method": ("for y in map(scale.by, many): t += y", ["IMUL", "IADD"]),
    "a map of a map": ("for y in map(lambda x: x ^ 5, map(lambda x: x * 3, many)): t += y", ["IMUL", "IXOR", "IADD"]),
}


class Traces(unittest.TestCase):
    def test_the_function_is_in_the_trace(self):
        for name, (loop, wanted) in LOOPS.items():
            with self.subTest(name):
                program = textwrap.dedent(f"""
                    import json, sys
                    class Scale:
                        def by(self, x):
                            return x * 3
                    def f(n):
                        many, t, scale = list(range(50)), 0, Scale()
                        for i in range(n):
                            {loop}
                        return t
                    f(1000)
                    print(json.dumps(sys._jit._ir_traces()))
                """)
                texts = [text for text in json.loads(run(program)) if "LOOP" in text]
                bodies = [text[text.index("PHI") :] for text in texts if "PHI" in text]
                self.assertTrue(any(all(op in text for op in wanted) and "OPAQUE" not in text for text in bodies), texts)

    def test_code_goes_with_the_function(self):
        program = textwrap.dedent("""
            import gc, sys
            def live():
                gc.collect()
                return sys.getallocatedblocks()
            def once(i):
                space = {}
                exec("def f(n):\\n for i in range(n):\\n  for y in map(lambda x: -x, (1, 2)): pass\\n", space)
                space["f"](200)
            for i in range(30): once(i)
            before = live()
            for i in range(200): once(i)
            print(live() - before < 4000)
        """)
        self.assertEqual(run(program).strip(), "True")


if __name__ == "__main__":
    unittest.main()
