"""Classes derived from builtin ones: what they are asked for, how they are made, and how they end."""

import sys
import unittest

from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

PROGRAM = (
    """
import sys, weakref, collections

class Stack(list):
    def push(self, item):
        self.append(item)
    def top(self):
        return self[-1]

class Table(dict): pass
class Group(set): pass
class Text(str): pass
class Whole(int): pass
class Real(float): pass
class Row(tuple): pass
class Slotted(list):
    __slots__ = ("more",)
Pair = collections.namedtuple("Pair", "a b")
class Abstract(list, metaclass=__import__("abc").ABCMeta): pass

def pushed(n):
    s, t = Stack(), 0
    for i in range(n):
        s.push(i)
        t += s.top() + s[0] + s[i // 2]
        if i % 7 == 0:
            t += s.pop()
    return t, len(s), s[3:5]

def others(n):
    s = Stack([3, 1, 2])
    for i in range(n):
        s.extend([i, i])
        s.insert(1, i)
        s.reverse()
        t = s.copy()
        s.pop(); s.pop()
    return len(s), type(t).__name__, s[:3]

def out_of_range(n):
    s, missed = Stack(range(n // 2)), 0
    for i in range(n):
        try:
            missed += s[i] * 0
        except IndexError as error:
            missed += len(str(error))
    return missed

def pairs(n):
    t, r = 0, Row((1, 2.5, "x"))
    for i in range(n):
        p = Pair(i, 2)
        t += p[0] + p[1] + p[-1] + r[1]
    return t, r[0:2]

def made(n):
    out = None
    t = 0
    for i in range(n):
        l, d, g = Stack(), Table(), Group()
        l.append(i); d[i] = i; g.add(i)
        w, x, y, r = Whole(i), Text(i), Real(0.5), Row([i, 2])
        t += len(l) + d[i] + len(g) + w + len(x) + y + r[0] + Whole("7") + len(Abstract((1, 2)))
        out = l, d, g, w, x, y, r
    return t, out, [type(o).__name__ for o in out]

def with_attributes(n):
    t = 0
    for i in range(n):
        l, s = Stack((i,)), Slotted()
        l.name = i
        s.more = [i]
        t += l.name + s.more[0] + l[0]
    return t, vars(l), s.more

def changed(n):
    class Own(list): pass
    class Ours(list): pass
    t = []
    for i in range(n):
        o = Own((1, 2))
        t.append(o[0])
        p = Ours()
        t.append(len(p))
        if i == n * 2 // 3:
            Own.__getitem__ = lambda self, i: 100
            Ours.__init__ = lambda self: self.append(7)
    return t[::9], sum(t)

def says_how(n):
    class New(tuple):
        def __new__(cls, *args):
            return super().__new__(cls, args)
    class Init(dict):
        def __init__(self, x):
            super().__init__()
            self["x"] = x
    class Meta(type):
        def __call__(cls, *args):
            return len(args)
    class Called(list, metaclass=Meta): pass
    t = 0
    for i in range(n):
        t += len(New(1, 2)) + Init(i)["x"] + Called(1, 2)
    return t

def raises(n):
    t = 0
    for i in range(n):
        try:
            t += Whole("x" if i % 3 == 0 else 5)
        except ValueError as error:
            t += len(str(error))
        try:
            Stack(5) if i % 5 == 0 else Stack([5])
        except TypeError as error:
            t += len(str(error))
    return t

def ends(n):
    # What has a finalizer, or is known by a weak reference, ends as ever.
    seen = []
    class Loud(list):
        def __del__(self):
            seen.append(len(self))
    class Inner:
        def __del__(self):
            seen.append("inner")
    t = 0
    for i in range(n):
        a = Loud((i, i))
        b = Stack()
        r = weakref.ref(b, lambda r: seen.append("gone"))
        c = Table()
        c["x"] = Inner() if i % 40 == 0 else 1
        d = Group((i,))
        e = Stack()
        if i % 50 == 0:
            e.inner = Inner()
        t += len(a) + len(b) + len(c) + len(d)
    a = b = c = d = e = None
    return t, len(seen), seen[:30], seen[-5:], r() is None

def itself(n):
    # An object that is in itself.
    t = 0
    for i in range(n):
        s = Stack()
        s.append(s)
        t += len(s[0][0])
        s.pop()
    return t

def run():
    return [repr(f(260)) for f in (
        pushed, others, out_of_range, pairs, made, with_attributes, changed, says_how, raises, ends, itself)]
"""
    + RUN_AND_COUNT
)

LOOPS = {
    "items of a class derived from list": (
        """
        class Stack(list): pass
        s = Stack(range(100))
        def f(n):
            t = 0
            for i in range(n):
                t += s[i % 100] + s[-1]
            return t
        """,
        ["LIST_GET"],
        ["OPAQUE", "CALL_LEAF", "GUARD_LIST"],
    ),
    "fields of named tuples by number": (
        """
        from collections import namedtuple
        p = namedtuple("Pair", "a b")(3, 4)
        def f(n):
            t = 0
            for i in range(n):
                t += p[0] + p[1] + i
            return t
        """,
        ["IADD"],
        ["OPAQUE", "CALL_LEAF", "GUARD_TUPLE"],
    ),
    "a class derived from list grows": (
        """
        class Stack(list):
            def push(self, item):
                self.append(item)
        def f(n):
            s = Stack()
            for i in range(n):
                s.push(i)
            return len(s)
        """,
        ["LIST_PUSH"],
        ["OPAQUE", "CHANGE_LEAF"],
    ),
    "one is made": (
        """
        class Table(dict): pass
        def f(n):
            t = 0
            for i in range(n):
                t += len(Table())
            return t
        """,
        ["CALL_LEAF"],
        ["OPAQUE"],
    ),
}


class LoopTests(OptimizedLoops, unittest.TestCase):
    expected_loops = LOOPS


class ExitTests(ForcedExits, unittest.TestCase):
    program = PROGRAM


if __name__ == "__main__":
    unittest.main()
