"""Calls of classes with `__new__`, such as named tuples.

As in test_find, each check of the traces of `PROGRAM` is made to fail in turn.
"""

import sys
import unittest

from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

LOOPS = {
    "a named tuple": (
        """
        from collections import namedtuple
        P = namedtuple("P", "x y")
        def f(n):
            t = 0
            for i in range(n):
                t += P(i, 2).x
            return t
        """,
        ["CALL_LEAF", "GUARD_TYPE_VERSION", "IADD"],
        ["OPAQUE", "PUSH_FRAME"],
    ),
    "an own __new__": (
        """
        class A:
            def __new__(cls, x): return x + 1
        def f(n):
            t = 0
            for i in range(n):
                t += A(i)
            return t
        """,
        [],
        ["PUSH_FRAME"],
    ),
}

PROGRAM = (
    """
import gc, sys, traceback
from collections import namedtuple
from typing import NamedTuple

class Noisy:
    heard = []
    def __init__(self, k): self.k = k
    def __del__(self): Noisy.heard.append(self.k)

P = namedtuple("P", "x y")
D = namedtuple("D", "x y z", defaults=[5])
class T(NamedTuple):
    a: int
    b: str = "b"
class Sub(P):
    def total(self): return self.x + self.y
class Own(tuple):
    def __new__(cls, *items): return tuple.__new__(cls, items)
class Tag(P):
    __slots__ = ()
    def __new__(cls, x, y=3): return super().__new__(cls, x, -y)
class Once:
    made = {}
    def __new__(cls, k):
        found = cls.made.get(k)
        if found is None:
            found = cls.made[k] = object.__new__(cls)
            found.k = k
        return found
class Both:
    def __new__(cls, k): return object.__new__(cls)
    def __init__(self, k): self.k = k
class Other:
    def __new__(cls, k): return Both(k) if k % 3 else [k]
class Under(Once):
    pass
class Late(P):
    def __init__(self, *args): self.seen = args

def places(n):
    out = []
    for i in range(n):
        out.append((P(i, 2), P(i, [i]).y, D(i, 1), T(i), T(i, "x").b, Sub(i, 1).total(), Tag(i), Tag(i, i)))
        out.append((Own(i, 2), Own(), type(Own(1)).__name__, len(P(1, 2)), P(i, 1) == (i, 1), hash(P(i, 1)) == hash((i, 1))))
        out.append((Once(i % 5).k, Once(i % 5) is Once(i % 5), Both(i).k, type(Other(i)).__name__, Late(i, 1).seen))
        x, y = P(i, i + 1)
        out.append((x, y, P(i, 2)._replace(x=7), P._make([i, 3])))
    Once.made.clear()
    return out

def wrong(n):
    out = []
    for i in range(n):
        try:
            j = i // 3 % 5
            if j == 0: P(i)
            elif j == 1: P(i, 2, 3)
            elif j == 2: T()
            elif j == 3: out.append(P(x=i, y=1))
            else: Tag(i, "no")
        except TypeError as error:
            out.append((str(error), [(f.name, f.lineno) for f in traceback.extract_tb(error.__traceback__)]))
    return out

def ends(n):
    Noisy.heard.clear()
    out = []
    for i in range(n):
        p = P(Noisy(i), Noisy(-i))
        out.append((len(Noisy.heard), sys.getrefcount(p), sys.getrefcount(p.x)))
        p = None
        out.append(len(Noisy.heard))
        P(Noisy(i), 1)
        out.append(len(Noisy.heard))
    return out, Noisy.heard

def changed(n):
    class Q(tuple):
        def __new__(cls, x): return tuple.__new__(cls, (x,))
        def get(self): return self[0]
    old, out = Q.__new__, []
    def init(self, x): self.mark = x
    for i in range(n):
        q = Q(i)
        out.append((q.get(), getattr(q, "mark", None), len(q)))
        if i == 60: Q.__new__ = lambda cls, x: tuple.__new__(cls, (x, x))
        if i == 90: Q.__init__ = init
        if i == 120: del Q.__init__
        if i == 150: Q.__new__ = old
        if i == 170: Q.get = lambda self: "new"
    return out

def inits(n):
    # What __new__ makes is of a class with __init__, or gets one meanwhile.
    class Base:
        def __new__(cls, k): return object.__new__([Base, Derived][k // 5 % 2])
    class Derived(Base):
        def __init__(self, k): self.k = k
    class Grows:
        def __new__(cls, k):
            if k == 70: Grows.__init__ = lambda self, k: out.append(("init", k))
            if k == 90: del Grows.__init__
            return object.__new__(cls)
    out = []
    for i in range(n):
        out.append((type(Base(i)).__name__, getattr(Base(i), "k", None), type(Grows(i)).__name__))
    return out

def several(n):
    out = []
    for i in range(n):
        out.append([P, Own, Sub, Both, Late, dict, tuple][i // 4 % 7](*[(i, 2), (1, i), (i, 3), (i,), (4, i), (), ((i,),)][i // 4 % 7]))
    return [x.k if isinstance(x, Both) else x for x in out]

def deep(n):
    class R(tuple):
        def __new__(cls, k): return tuple.__new__(cls, (R(k - 1) if k else None,))
    out = []
    for i in range(n):
        r, k = R(i % 7), 0
        while r is not None:
            r, k = r[0], k + 1
        out.append(k)
    try:
        R(10 ** 6)
    except RecursionError:
        out.append("deep")
    return out

FUNCTIONS = [places, wrong, ends, changed, inits, several, deep]

def run():
    return [str((f.__name__, f(200))) for f in FUNCTIONS]
"""
    + RUN_AND_COUNT
)


class LoopTests(OptimizedLoops, unittest.TestCase):
    expected_loops = LOOPS


class ExitTests(ForcedExits, unittest.TestCase):
    """Every check fails in turn."""

    program = PROGRAM


if __name__ == "__main__":
    unittest.main()
