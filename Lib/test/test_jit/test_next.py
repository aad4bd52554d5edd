"""Loops over objects with a `__next__` in Python: the method is in the trace, and nobody can tell.

`PROGRAM` is run with each check of its traces made to fail in turn.
"""

import unittest

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import run

OFTEN = {"PYTHON_JIT_CALL_THRESHOLD": "30"}

PROGRAM = """
import gc, sys, traceback

class Count:
    def __init__(self, n): self.n, self.i = n, 0
    def __iter__(self): return self
    def __next__(self):
        if self.i >= self.n: raise StopIteration
        self.i += 1
        return self.i

class Fib:
    def __init__(self, most): self.a, self.b, self.most = 0, 1, most
    def __iter__(self): return self
    def __next__(self):
        self.a, self.b = self.b, self.a + self.b
        if self.a > self.most: raise StopIteration(self.a)
        return self.a

def sums(n):
    out = []
    for i in range(n):
        t = 0
        for x in Count(i % 20): t += x
        for x in Fib(i * 10): t += x * 0.5
        for x in Count(0): t += 1000
        else: t += 1
        for x in Count(9):
            if x == i % 11: break
            t += x ^ 1
        out.append((t, [x for x in Count(i % 7)], sum(x for x in Count(4)), list(Fib(9))))
    return out

def kinds(n):
    # One loop, whatever it goes over.
    class Other:
        def __init__(self): self.left = 3
        def __iter__(self): return self
        def __next__(self):
            if not self.left: raise StopIteration
            self.left -= 1
            return str(self.left)
    class Default(Count):
        def __next__(self, more=2):
            return super().__next__() + more
    class Method:
        def __init__(self): self.items = [1, 2, 3]
        def __iter__(self): return self
        @property
        def __next__(self): return self.items.pop
    class Static:
        k = 0
        def __iter__(self): return self
        @staticmethod
        def __next__():
            Static.k += 1
            if Static.k % 4 == 0: raise StopIteration
            return Static.k
    class Generator:
        def __iter__(self):
            yield 1
            yield 2
    out = []
    for i in range(n):
        for make in lambda: Count(3), Other, lambda: Default(2), Static, Generator, lambda: [4, 5], lambda: map(str, Count(2)):
            for x in make(): out.append(x)
        try:
            for x in Method(): out.append(x)
        except IndexError as error:
            out.append(str(error))
    return out

def failures(n):
    out = []
    class Fails:
        def __init__(self, k): self.k = k
        def __iter__(self): return self
        def __next__(self):
            self.k -= 1
            if self.k == 2: raise LookupError(self.k)
            if self.k < 0: raise StopIteration(self.k)
            if self.k == 5: return next(iter(()))
            return self.k
    for i in range(n):
        it = Fails(i % 9)
        try:
            for x in it: out.append(x)
            else: out.append("end")
        except LookupError as error:
            steps = traceback.extract_tb(error.__traceback__)
            out.append((repr(error), [(s.name, s.lineno - failures.__code__.co_firstlineno) for s in steps]))
            for x in it: out.append(("again", x))
        try:
            next(it)
        except StopIteration as error:
            out.append((error.value, error.__context__))
        out.append(sys.exc_info())
    return out

class Noisy:
    heard = []
    def __init__(self, name): self.name = name
    def __del__(self): Noisy.heard.append(self.name)

def ends(n):
    class Gives(Noisy):
        def __init__(self, k):
            super().__init__(("iterator", k))
            self.k = k
        def __iter__(self): return self
        def __next__(self):
            here = Noisy(("local", self.k))
            if self.k == 0: raise StopIteration
            self.k -= 1
            return Noisy(self.k)
    Noisy.heard.clear()
    out = []
    for i in range(n):
        for x in Gives(i % 4): out.append((x.name, len(Noisy.heard)))
        out.append(len(Noisy.heard))
        for x in Gives(3):
            if x.name == i % 3: break
        x = None
        out.append(len(Noisy.heard))
    return out, [str(x) for x in Noisy.heard]

def seen(n):
    class Looks:
        def __init__(self): self.k = 2
        def __iter__(self): return self
        def __next__(self):
            if not self.k: raise StopIteration
            self.k -= 1
            frame = sys._getframe(1)
            return sys.getrefcount(self), frame.f_code.co_name, sorted(frame.f_locals), frame.f_lineno - seen.__code__.co_firstlineno
    out = []
    for i in range(n):
        it = Looks()
        for x in it: out.append(x)
        for x in Looks(): out.append(x)
    return out

def begins(n):
    # What __iter__ gives.
    class Gives:
        def __init__(self, what): self.what = what
        def __iter__(self):
            seen.append((sys.getrefcount(self), sys._getframe(1).f_code.co_name))
            return self.what() if callable(self.what) else self.what
        def __del__(self): seen.append("gone")
    class Yields:
        def __init__(self, items): self.items = items
        def __iter__(self):
            for x in self.items: yield x
            seen.append(sys.getrefcount(self))
    class Never:
        __iter__ = None
    class Forgets:
        def __iter__(self):
            it = Count(3)
            it.__class__ = Loses
            return it
    class Loses(Count):
        def __next__(self):
            if hasattr(Loses, "__next__"): del Loses.__next__
            return 7
    def fails(): raise LookupError("no iterator")
    out, kept = [], list(range(5))
    for i in range(n):
        seen = []
        for x in Yields(kept): out.append(x)
        for x in Yields((i, "x")): out.append(x)
        for what in lambda: iter(kept), lambda: Count(i % 3), lambda: [1], lambda: None, fails, kept, 5, lambda: (y for y in kept), lambda: {1: 2}.items():
            try:
                for x in Gives(what): out.append(x)
                else: out.append("end")
            except (TypeError, LookupError) as error:
                steps = traceback.extract_tb(error.__traceback__)
                out.append((str(error), [(s.name, s.lineno - begins.__code__.co_firstlineno) for s in steps]))
        try:
            for x in Never(): pass
        except TypeError as error:
            out.append(str(error))
        if i == n - 3:
            try:
                for x in Forgets(): out.append(x)
            except TypeError as error:
                out.append(str(error))
        if i == n // 2: Yields.__iter__ = lambda self: iter(["new"])
        out.append([x for x in Yields(kept)] + list(Yields(kept)) + [x for y in [Yields((1,))] for x in y])
        out.append(seen)
    return out

def changed(n):
    class C:
        def __init__(self): self.k = 0
        def __iter__(self): return self
        def one(self):
            self.k += 1
            if self.k == 4: C.__next__ = C.two
            if self.k > 6: raise StopIteration
            return ("one", self.k)
        def two(self):
            self.k += 1
            if self.k == 6: C.__next__ = C.one
            if self.k == 5 and turn > n // 2: self.__class__ = Count; self.n, self.i = 3, 0
            return ("two", self.k)
        __next__ = one
    out = []
    for turn in range(n):
        for x in C(): out.append(x)
        C.__next__ = C.one
    return out

def depth(n):
    class Deep:
        def __iter__(self): return self
        def __next__(self):
            for x in self: return x
    class Inner:
        def __iter__(self):
            for x in self: pass
    class Yielder:
        def __iter__(self):
            for x in Yielder(): yield x
    old, out = sys.getrecursionlimit(), []
    for i in range(n // 20):
        sys.setrecursionlimit(120 + i % 3)
        for make in Deep, Inner, Yielder:
            try:
                for x in make(): pass
            except RecursionError as error:
                out.append((str(error), len(traceback.extract_tb(error.__traceback__))))
    sys.setrecursionlimit(old)
    return out

print([f(N) for f in (sums, kinds, failures, ends, seen, begins, changed, depth)])
"""


class Results(ForcedExits, unittest.TestCase):
    program = PROGRAM.replace("N)", "120)")
    settings = OFTEN

    def test_enough_rounds(self):
        program = PROGRAM.replace("N)", "3000)")
        self.assertEqual(run(program), run(program, PYTHON_JIT="0"))


class Traces(OptimizedLoops, unittest.TestCase):
    expected_loops = {
        "__next__": (
            """
            class Count:
                def __init__(self, n): self.n, self.i = n, 0
                def __iter__(self): return self
                def __next__(self):
                    if self.i >= self.n: raise StopIteration
                    self.i += 1
                    return self.i
            def f(n):
                t = 0
                for x in Count(n): t += x
                return t
            """,
            ["IADD", "IADD"],
            ["OPAQUE", "PUSH_FRAME"],
        ),
    }


if __name__ == "__main__":
    unittest.main()
