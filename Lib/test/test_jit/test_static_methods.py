"""Static methods and class methods that are called by way of instances and classes."""

import sys
import unittest

from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

PROGRAM = (
    """

class A:
    @staticmethod
    def add(x, y=1):
        return x + y
    @classmethod
    def named(cls, x):
        return cls.__name__ + str(x)
    size = staticmethod(len)
    def by_self(self, i):
        return self.add(i) + self.add(i, 5) + self.size([i]), self.named(i)

class B(A):
    @staticmethod
    def add(x, y=1):
        return x - y

class Slots:
    __slots__ = ("x",)
    @staticmethod
    def twice(x):
        return 2 * x
    @classmethod
    def made(cls):
        return cls()

def called(n):
    out, a, b, s = 0, A(), B(), Slots()
    for i in range(n):
        out += a.by_self(i)[0] + b.by_self(i)[0] + A.add(i, 2) + B.add(i) + s.twice(i) + Slots.twice(i) + A.size("ab")
        s = Slots.made() if i & 1 else s.made()
    return out, a.by_self(3), b.by_self(4)

def hidden(n):
    # An instance may have something of its own under the name.
    a, t = A(), 0
    others = [A() for _ in range(4)]
    others[2].add = lambda x, y=0: 1000
    for i in range(n):
        t += a.add(i) + others[i % 4].add(i)
        if i == n // 2:
            a.add = lambda x: 7
    return t, a.add(1)

def changed(n):
    class C:
        @staticmethod
        def f(x):
            return x
    method, t = C.__dict__["f"], 0
    for i in range(n):
        t += C.f(i) + C().f(i)
        if i == n // 3:
            C.f = staticmethod(lambda x: 3)
        if i == n // 2:
            C.__dict__["f"].__init__(lambda x: 5)
        if i == n * 3 // 4:
            C.f = lambda x=0: 9
            C.f = staticmethod(C.f)
    return t

def of_metaclass(n):
    class Meta(type):
        @staticmethod
        def f(x):
            return x + 1
    class C(metaclass=Meta):
        @staticmethod
        def g(x):
            return x + 2
    t = 0
    for i in range(n):
        t += C.f(i) + C.g(i)
        if i == n // 2:
            Meta.g = property(lambda self: lambda x: 100)
    return t

def with_getattr(n):
    class C:
        @staticmethod
        def f(x):
            return x
        def __getattr__(self, name):
            return lambda x: len(name)
    c, t = C(), 0
    for i in range(n):
        t += c.f(i) + c.other(i)
    return t

def ends(n):
    seen = []
    class C:
        @staticmethod
        def f(x):
            return x
        def __del__(self):
            seen.append(1)
    t = 0
    for i in range(n):
        t += C().f(i)
    return t, len(seen)

def raises(n):
    class C:
        @staticmethod
        def f(x):
            return 10 // x
    t = 0
    for i in range(n):
        try:
            t += C().f(i % 5)
        except ZeroDivisionError as error:
            t += error.__traceback__.tb_next.tb_lineno - error.__traceback__.tb_lineno
    return t

def run():
    return [repr(f(240)) for f in (called, hidden, changed, of_metaclass, with_getattr, ends, raises)]
"""
    + RUN_AND_COUNT
)

LOOPS = {
    name: (
        f"""
        class A:
            @{kind}
            def add({first}x):
                return x + 1
        a = A()
        def f(n):
            t = 0
            for i in range(n):
                t += {owner}.add(i)
            return t
        """,
        ["IADD"],
        ["OPAQUE", "CALL_LEAF", "MAKE_ATTR", "GUARD_NO_ATTR"],
    )
    for name, kind, first, owner in (
        ("static, of an instance", "staticmethod", "", "a"),
        ("static, of a class", "staticmethod", "", "A"),
        ("of an instance", "classmethod", "cls, ", "a"),
        ("of a class", "classmethod", "cls, ", "A"),
    )
}


class LoopTests(OptimizedLoops, unittest.TestCase):
    expected_loops = LOOPS


class ExitTests(ForcedExits, unittest.TestCase):
    program = PROGRAM


if __name__ == "__main__":
    unittest.main()
