"""Methods that are bound for later, and methods that are looked for by a name which is put together."""

import sys
import unittest

from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

PROGRAM = (
    """
import weakref

class Num:
    def __init__(self, v): self.v = v
class Neg:
    def __init__(self, x): self.x = x
class Bin:
    def __init__(self, op, left, right): self.op, self.left, self.right = op, left, right
class Odd:
    pass

class Visitor:
    def visit(self, n):
        method = getattr(self, "visit_" + type(n).__name__, self.generic)
        return method(n)
    def visit_by_text(self, n):
        method = getattr(self, f"{n.__class__.__name__}_text", None)
        if method is None:
            return "?"
        return method(n)
    def generic(self, n):
        return -1000
    def visit_Num(self, n):
        return n.v
    def visit_Neg(self, n):
        return -self.visit(n.x)
    def visit_Bin(self, n):
        left, right = self.visit(n.left), self.visit(n.right)
        return left + right if n.op == "+" else left * right
    def Num_text(self, n):
        return str(n.v)
    def Bin_text(self, n):
        return f"({self.visit_by_text(n.left)} {n.op} {self.visit_by_text(n.right)})"

TREE = Bin("+", Num(3), Bin("*", Neg(Num(4)), Bin("+", Odd(), Num(5))))

def visits(n):
    v, t, texts = Visitor(), 0, ""
    for i in range(n):
        t += v.visit(TREE)
        texts = v.visit_by_text(TREE)
    return t, texts

def bound(n):
    class C:
        def __init__(self, x): self.x = x
        def add(self, y, z=1): return self.x + y + z
    c, t, kept = C(3), 0, []
    for i in range(n):
        add = c.add
        t += add(i) + add(i, 2) + add(y=i)
        if i % 40 == 7:
            kept.append(add)
        if i % 50 == 11:
            t += add.__self__.x + (add == c.add) + (add is c.add) + hash(add) - hash(c.add)
    return t, [m(1) for m in kept], len(set(map(id, kept))) == len(kept)

def hidden(n):
    # The object has something of its own under the name, or the class another function.
    class C:
        def step(self, i): return i
    class D(C):
        def step(self, i): return -i
    one, other, t = C(), D(), 0
    for i in range(n):
        c = other if i % 7 == 3 else one
        f = getattr(c, "st" + NAMES[i % 2])
        t += f(i)
        if i == n // 2:
            one.step = lambda i: 100
        if i == n * 2 // 3:
            del one.step
            C.step = lambda self, i: 5
        if i == n * 3 // 4:
            C.__getattribute__ = lambda self, name: lambda i: 1
    return t

NAMES = ["ep", "".join(["e", "p"])]

def renamed(n):
    class K:
        pass
    class V:
        def visit_K(self, o): return 1
        def visit_L(self, o): return 2
    v, k, t = V(), K(), []
    for i in range(n):
        t.append(getattr(v, "visit_" + type(k).__name__)(k))
        if i == n // 2:
            K.__name__ = "L"
    return t.count(1), t.count(2)

def texts(n):
    # The name itself is used, too: each is an object of its own.
    class V:
        def on_a(self): return 1
        def on_b(self): return 2
    v, kinds, names, t, same = V(), ["a", "b"], [], 0, 0
    for i in range(n):
        name = "on_" + kinds[i % 3 == 0]
        t += getattr(v, name)()
        if i % 30 == 4:
            names.append(name)
        if i % 30 == 5:
            same += any(name is other for other in names)
        if i % 44 == 9:
            t += len(name) + hash(name) % 1000 - hash("on_" + kinds[i % 3 == 0]) % 1000
    return t, names, same

def ends(n):
    # A method keeps its object, and what is left of both ends at the same time.
    seen = []
    class C:
        def __init__(self, i): self.i = i
        def get(self): return self.i
        def __del__(self): seen.append(self.i)
    t = 0
    for i in range(n):
        get = C(i).get
        t += get()
        if i % 20 == 3:
            t += len(seen)
    del get
    return t, seen[:5], len(seen)

def raises(n):
    class C:
        def get(self, x): return 10 // x
    c, t = C(), 0
    for i in range(n):
        get = getattr(c, "g" + "et")
        try:
            t += get(i % 5)
        except ZeroDivisionError as error:
            t += error.__traceback__.tb_next.tb_lineno - error.__traceback__.tb_lineno
        try:
            t += getattr(c, "g" + NAMES[0])(1)
        except AttributeError as error:
            t += len(str(error))
    return t

def referred(n):
    class C:
        def get(self): return 1
    c, t = C(), 0
    for i in range(n):
        get = c.get
        if i % 50 == 20:
            w = weakref.ref(get)
            t += w() is get
            w = weakref.WeakMethod(get)
            t += w() == get
        t += get()
    return t

def slots(n):
    class C:
        __slots__ = ("x",)
        def get(self): return self.x
    t = 0
    for i in range(n):
        c = C()
        c.x = i
        get = c.get
        other = getattr(c, "ge" + LAST)
        t += get() + other()
    return t

LAST = "t"

def run():
    return [repr(f(240)) for f in (visits, bound, hidden, renamed, texts, ends, raises, referred, slots)]
"""
    + RUN_AND_COUNT
)

LOOPS = {
    "a method": (
        """
        class A:
            def add(self, x):
                return x + 1
        def called(a, i):
            add = a.add
            return add(i)
        a = A()
        def f(n):
            t = 0
            for i in range(n):
                t += called(a, i)
            return t
        """,
        ["IADD"],
        ["OPAQUE", "MAKE_ATTR", "NEW_METHOD", "GUARD_NO_ATTR"],
    ),
    "by name": (
        """
        class A:
            def visit_A(self, x):
                return x + 1
            def other(self, x):
                return 0
        a = A()
        def f(n):
            t = 0
            for i in range(n):
                t += getattr(a, "visit_" + type(a).__name__, a.other)(i)
            return t
        """,
        ["IADD"],
        ["OPAQUE", "MAKE_ATTR", "MAKE_ATTR_OR", "NEW_METHOD", "STR_CONCAT", "NEW_NAME"],
    ),
    "by a name with an end": (
        """
        class A:
            def A_text(self, x):
                return x + 1
        def called(a, i):
            name = f"{a.__class__.__name__}_text"
            method = getattr(a, name, None)
            if method is not None and method:
                return method(i)
            return 0
        a = A()
        def f(n):
            t = 0
            for i in range(n):
                t += called(a, i)
            return t
        """,
        ["IADD"],
        ["OPAQUE", "MAKE_ATTR", "MAKE_ATTR_OR", "NEW_METHOD", "CALL_LEAF", "NEW_NAME"],
    ),
}


class LoopTests(OptimizedLoops, unittest.TestCase):
    expected_loops = LOOPS


class ExitTests(ForcedExits, unittest.TestCase):
    program = PROGRAM


if __name__ == "__main__":
    unittest.main()
