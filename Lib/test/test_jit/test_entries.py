"""Loops that are entered with other objects than they were recorded with, of which they assume something in all iterations.

As in test_find, each check of the traces of `PROGRAM` is made to fail in turn.
"""

import json
import sys
import unittest

from test.test_jit.exits import ForcedExits
from test.test_jit.test_typed import RUN_AND_COUNT, run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

PROGRAM = (
    """
import gc, sys

class Base:
    step = 1
    def __init__(self, n): self.n = n; self.at = 0
    def move(self, i): return i + self.step
    def total(self, n):
        t = 0
        for i in range(n):
            t += self.move(i) + self.step
        return t
    def count(self, n):
        while self.at < n:
            self.at += self.step
            if self.at % 5 == 3: continue
            self.n -= 1
        return self.at, self.n

class Two(Base):
    step = 2

class Own(Base):
    def move(self, i): return i * 0.5

class Late(Base):
    def move(self, i):
        if i == 40: Late.step = Late.step + 1
        return i

def methods(n):
    out, Late.step = [], 1
    for k in range(n // 10):
        kind = [Base, Two, Own, Late][k // 3 % 4]
        out.append((kind.__name__, kind(k).total(60), kind(k).count(50 + k)))
    return out

def made_anew(n):
    def look(n):
        class P:
            def __init__(self, v): self._v = v
            @property
            def v(self): return self._v
            def add(self, x): return self._v + x
        p, t = P(2), 0
        for i in range(n):
            t += p.v + p.add(i)
        return t
    return [look(60 + k) for k in range(n // 8)]

def types(n):
    def sums(xs, k):
        t = 0
        for x in xs:
            t += x * k
            if t > 1000: t = 0
        return t
    ks = [2, 2.5, 3, True, 7, 2**70]
    return [sums([1, 2, 3] * 20, ks[k // 4 % 6]) for k in range(n // 4)]

def containers(n):
    def walk(d, n):
        t, i = 0, 0
        while i < n:
            t += d[i % 3]
            i += 1
        return t
    ds = [[1, 2, 3], (4, 5, 6), {0: 7, 1: 8, 2: 9}, [1.5, 2, 3], bytes(5)]
    return [walk(ds[k // 3 % 5], 50) for k in range(n // 4)]

def nested(n):
    out = []
    for k in range(n // 10):
        o = [Base, Two, Own][k // 4 % 3](1)
        for i in range(4):
            t = 0
            for j in range(30):
                t += o.move(j)
            out.append(t)
    return out

def leaves(n):
    # The iteration that is recorded does not come back.
    def find(o, n, end):
        for i in range(n):
            if o.move(i) >= end: return i
            try:
                if i == end - 1 and o.step == 2: raise KeyError(i)
            except KeyError:
                break
        return -1
    return [find([Base, Two, Own][k // 3 % 3](1), 80, k) for k in range(n // 3)]

def generators(n):
    def numbers(o, n):
        for i in range(n): yield o.move(i)
    out = []
    for k in range(n // 8):
        t = 0
        for x in numbers([Base, Two, Own][k // 3 % 3](1), 50): t += x
        out.append(t)
    return out

FUNCTIONS = [methods, made_anew, types, containers, nested, leaves, generators]

def run():
    return [str((f.__name__, f(220))) for f in FUNCTIONS]
"""
    + RUN_AND_COUNT
)

SECOND = """
import json, sys
class A:
    def get(self): return 1
class B(A):
    def get(self): return 2
def f(o, n):
    t = 0
    for i in range(n):
        t += o.get()
    return t
f(A(), 5000)
f(B(), 5000)
exits = sys._jit.stats()["exits_taken"]
f(B(), 5000); f(A(), 5000); f(B(), 5000)
print(json.dumps(sys._jit.stats()["exits_taken"] - exits))
"""


class ExitTests(ForcedExits, unittest.TestCase):
    """Every check fails in turn."""

    program = PROGRAM


class EntryTests(unittest.TestCase):
    def test_own_loop(self):
        # The loop for the second class is one, and it is entered from the first loop's entry.
        self.assertLess(json.loads(run(SECOND, PYTHON_JIT="1", PYTHON_JIT_BACKEND="native")), 50)


if __name__ == "__main__":
    unittest.main()
