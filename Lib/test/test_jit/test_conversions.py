"""Text of objects by `__str__` and `__repr__`, of ints, and of pieces; slices with steps; `super()` of a class."""

import unittest

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT, run

PROGRAM = (
    """
import gc, sys, traceback

class Text(str): pass
class Noisy:
    heard = []
    def __init__(self, k=0): self.k = k
    def __str__(self): Noisy.heard.append(self.k); return "s%d" % self.k
    def __del__(self): Noisy.heard.append(-self.k)
class Repr:
    def __repr__(self): return "repr"
class Sub:
    def __str__(self): return Text("sub")
    def __repr__(self): return Text("rsub")
class Wrong:
    def __init__(self, k): self.k = k
    def __str__(self): return 5 if self.k else "fine"
    def __repr__(self): return None if self.k else "good"
class Raises:
    def __init__(self, k): self.k = k
    def __str__(self):
        if self.k == 3: raise ValueError(self.k)
        return "no"
    __repr__ = __str__
class Count:
    def __str__(self): return str(sys.getrefcount(self))
    __repr__ = __str__
class Formats:
    def __format__(self, spec): return "f" + spec
    def __str__(self): return "not this"
class Error(Exception):
    def __str__(self): return "error %s" % self.args[0]

def texts(n):
    Noisy.heard.clear()
    out, o, r, s, c, f = [], Noisy(1), Repr(), Sub(), Count(), Formats()
    for i in range(n):
        out.append((f"{o}", f"{o!s}", str(o), f"{r}", f"{r!r}", str(r), f"{f}", f"{f!s}", f"{f:>3}"))
        out.append([(x, type(x).__name__) for x in (f"{s}", f"{s!s}", f"{s!r}", str(s))])
        out.append((f"{c}", f"{c!s}", f"{c!r}", str(c)))
        out.append((str(Noisy(i)), f"{Noisy(i)}", f"{Noisy(i)!r}"[:10], f"{Error(i)}", str(Error(i)), len(Noisy.heard)))
    return out, Noisy.heard[-9:]

def wrong(n):
    out = []
    for i in range(n):
        o, k = (Wrong if i // 20 % 2 else Raises)(i // 4 % 5), i % 4
        try:
            out.append(f"{o}" if k == 0 else f"{o!s}" if k == 1 else f"{o!r}" if k == 2 else str(o))
        except (TypeError, ValueError) as error:
            out.append([str(error), *((f.name, f.lineno) for f in traceback.extract_tb(error.__traceback__))])
    return out

def replaced(n):
    class A:
        def __str__(self): return "old"
    class B(A): pass
    a, out, old = B(), [], A.__str__
    for i in range(n):
        out.append((str(a), f"{a}", f"{a!s}"))
        if i == 50: A.__str__ = lambda self: "new"
        if i == 80: B.__format__ = lambda self, spec: "format"
        if i == 100: del B.__format__; A.__str__ = old
        if i == 120: del A.__str__; A.__repr__ = lambda self: "repr"
        if i == 140: B.__str__ = str.__str__ if False else lambda self: Text("text")
    return out

def numbers(n):
    out, big = [], [1 << 29, (1 << 30) - 1, 1 << 30, -(1 << 30) + 1, 1 << 70, True, 0, -1, -10, 7, 10, 999999999]
    for i in range(n):
        k = big[i % len(big)]
        s = str(k)
        out.append((s, f"{k}", f"{i}:{k}", f"{k!r}", repr(k), s is str(k), len(f"{k}{i}{s}")))
    return out

def pieces(n):
    words, out = ["", "a", "bc", "\\xe9", "\\u20ac", "\\U0001f600"], []
    for i in range(n):
        a, b = words[i % 6], words[i // 6 % 6]
        c = f"{a}{b}"
        out.append((c, f"{a}-{b}-{i}", c is a, c is b, c.isascii(), f"{a}{a}{b}" == a + a + b, hash(c) == hash(a + b)))
    return out

def steps(n):
    class Odd:
        def __index__(self): return 2
    text, wide, items, pair, raw = "abcdefgh", "a\\xe9\\u20acd", list(range(9)), tuple(range(9)), b"abcdef"
    out = []
    for i in range(n):
        k, j = [1, 2, -1, -3, 100, -100, None][i % 7], i // 7 % 12 - 3
        out.append((text[::-1], text[j::k], text[:j:k], wide[j::k], items[::k], items[j:7:k], pair[j::k], raw[::k], text[j:5], pair[::1] is pair))
        out.append((str(i)[::-1], [i, 1, 2][::2], (i, i)[::-1], type(text[::2]).__name__, Text("abc")[::-1], items[::Odd()] if i % 9 == 0 else 0))
        try:
            out.append(items[::i // 30 % 3])
        except ValueError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
    return out

def supers(n):
    class Meta(type):
        def __call__(cls, *args): return super().__call__(*args)
        def twice(cls, x): return x * 2
    class A:
        def __new__(cls, *args): return super().__new__(cls)
        @classmethod
        def make(cls, x): return cls.__name__, x
        @staticmethod
        def static(x): return x
        def plain(self, x): return x, type(self).__name__
    class B(A):
        def __new__(cls, *args): return super().__new__(cls)
        @classmethod
        def make(cls, x): return super().make(x) + (1,)
        @classmethod
        def others(cls, o, x): return super().static(x), super().plain(o, x), super(B, cls).make(x)
        def plain(self, x): return super().plain(x)
    class C(B, metaclass=Meta):
        @classmethod
        def make(cls, x): return super().make(x)
        @classmethod
        def up(cls, x): return super().make(x), cls.mro()[1].__name__
    class D(C): pass
    class T(tuple):
        def __new__(cls, *args): return super().__new__(cls, args)
    class S(str):
        def __new__(cls, x): return super().__new__(cls, x)
    out, old = [], A.__dict__["make"]
    for i in range(n):
        out.append((B.make(i), C.make(i), D.make(i), [C, D][i // 3 % 2].up(i), B().plain(i), C(1).plain(i), len(T(i, 2)), S("a%d" % i)))
        out.append((B.others(B(), i), C.twice(i)))
        if i == 60: A.make = classmethod(lambda cls, x: ("other", x))
        if i == 90: A.make = staticmethod(lambda x: ("static", x))
        if i == 100: A.make = old
        if i == 120: B.make.__func__.__defaults__ = (4,)
    return out

def errors(n):
    class Own(ValueError): pass
    class Init(Own):
        def __init__(self, *args): super().__init__(*args, 5)
    class New(Own):
        def __new__(cls, *args): return super().__new__(cls, "new")
    class Slots(Exception): __slots__ = "a",
    out, old = [], None
    for i in range(n):
        for cls in (ValueError, KeyError, Own, Init, New, Slots, OSError, StopIteration, Exception):
            e = cls(i, [i])
            out.append((type(e).__name__, e.args, str(e), sys.getrefcount(e), sys.getrefcount(e.args), e.__context__, gc.is_tracked(e)))
        out.append((KeyError().args, Own(1, 2, 3).args, Own(1, 2, 3, 4).args, Exception(*[i]).args, KeyError(i).args is KeyError(i).args))
        try:
            raise Own("x", i) if i % 3 else KeyError(i)
        except (Own, KeyError) as error:
            out.append((error.args, error.__traceback__.tb_lineno, sys.getrefcount(error)))
        if i == 100: Own.__init__ = lambda self, *args: None
        if i == 130: del Own.__init__
    return out

FUNCTIONS = [errors, texts, wrong, replaced, numbers, pieces, steps, supers]

def run():
    return [str((f.__name__, f(160))) for f in FUNCTIONS]
"""
    + RUN_AND_COUNT
)

DEPTH = """
import sys
class D:
    def __str__(self): return f"{self}"
class R:
    def __repr__(self): return f"{self!r}"
class S:
    def __str__(self): return str(self)
def depth(traceback):
    n = 0
    while traceback:
        n, traceback = n + 1, traceback.tb_next
    return n
for first, limit in (str, 200), (str, 5000), (repr, 5000):
    sys.setrecursionlimit(limit)
    for cls in D, R, S:
        seen = set()
        for turn in range(20):
            try:
                first(cls())
            except RecursionError as error:
                seen.add((str(error), depth(error.__traceback__)))
        print(cls.__name__, limit, sorted(seen))
"""

LOOPS = {
    "text of an object": (
        """
        class A:
            def __str__(self): return "a"
            def __repr__(self): return "b"
        def f(n):
            t, a = 0, A()
            for i in range(n):
                t += len(f"{a}") + len(str(a)) + len(f"{a!r}")
            return t
        """,
        ["IADD"],
        ["OPAQUE", "CALL_LEAF"],
    ),
    "a slice with steps": (
        """
        def f(n):
            t, s = 0, "abc"
            for i in range(n):
                t += len(s[::-1])
            return t
        """,
        ["CALL_LEAF", "IADD"],
        ["OPAQUE"],
    ),
    "super of a class": (
        """
        class A:
            @classmethod
            def g(cls, x): return x
        class B(A):
            @classmethod
            def g(cls, x): return super().g(x)
        def f(n):
            t = 0
            for i in range(n):
                t += B.g(i)
            return t
        """,
        ["IADD"],
        ["OPAQUE", "NEW_METHOD", "PUSH_FRAME"],
    ),
}


class LoopTests(OptimizedLoops, unittest.TestCase):
    expected_loops = LOOPS


class ExitTests(ForcedExits, unittest.TestCase):
    """Every check fails in turn."""

    program = PROGRAM


class DepthTests(unittest.TestCase):
    def test_depth(self):
        expected = run(DEPTH, PYTHON_JIT="0")
        for settings in {"PYTHON_JIT": "1"}, {"PYTHON_JIT": "1", "PYTHON_JIT_STRESS": "1"}:
            self.assertEqual(run(DEPTH, **settings), expected)


if __name__ == "__main__":
    unittest.main()
