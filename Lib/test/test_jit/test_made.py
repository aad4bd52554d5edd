"""Attributes that are made each time they are looked up: bound methods, class methods, what descriptors of C
give; classes of classes.

As in test_find, every way in which code of users could run is in `PROGRAM`, and each check of its traces is
made to fail in turn.
"""

import sys
import unittest

from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

LOOPS = {
    "bound methods": (
        """
        def f(n):
            class A:
                def m(self, x): return x + 1
                @staticmethod
                def s(x): return x + 2
                @classmethod
                def c(cls, x): return x + 3
            a, t = A(), 0
            for i in range(n):
                m = a.m
                t += m(i) + a.s(i) + a.c(i) + A.c(i)
            return t
        """,
        ["NEW_METHOD", "IADD"],
        ["OPAQUE", "MAKE_ATTR", "GUARD_METHOD"],
    ),
    "methods of an instance that has its dict": (
        """
        def f(n):
            class A:
                def m(self): return self.n()
                def n(self): return 1
            a, t = A(), 0
            for i in range(40):
                setattr(a, f"a{i}", i)
            for i in range(n):
                t += a.m()
            return t
        """,
        ["IADD"],
        ["OPAQUE", "GET_METHOD"],
    ),
    "names that are given": (
        """
        def f(n):
            class A:
                def visit_a(self, x): return x
                def generic(self, x): return x + 1
            a, t = A(), 0
            for i in range(n):
                t += getattr(a, "visit_" + chr(97 + i % 9), a.generic)(i) + hasattr(a, "visit_a")
            return t
        """,
        ["STR_CONCAT", "NEW_METHOD", "MAKE_ATTR_OR", "HAS_ATTR"],
        ["OPAQUE"],
    ),
    "what classes say of themselves": (
        """
        def f(n):
            class A: pass
            class B(A): pass
            t = 0
            for i in range(n):
                t += len(B.__mro__) + len(B.__bases__) + issubclass(B, A) + issubclass(A, (B, int))
            return t
        """,
        ["MAKE_ATTR", "TUPLE_SIZE", "MAKE_ATTR", "TUPLE_SIZE", "IS_SUBCLASS", "IADD"],
        ["OPAQUE"],
    ),
    "classes of a class of one's own": (
        """
        def f(n):
            class Meta(type): pass
            class A(metaclass=Meta): pass
            class B(A): pass
            objects, t = [A(), B(), 1], 0
            for i in range(n):
                t += isinstance(objects[i % 3], A) + isinstance(i, str)
            return t
        """,
        ["IS_INSTANCE", "IADD"],
        ["OPAQUE"],
    ),
}

PROGRAM = (
    """
import abc, gc, sys, weakref

class Plain:
    def __init__(self, x): self.x = x
    def method(self, *more): return (self.x, more)
    @classmethod
    def of_class(cls, *more): return (cls.__name__, more)
    @staticmethod
    def static(*more): return more
    def generic(self, *more): return ("generic", self.x)

class Derived(Plain):
    def method(self, *more): return ("derived", self.x)

class Hook(Plain):
    def __getattr__(self, name): return lambda *more: ("hook", name)

class All:
    def __getattribute__(self, name): return lambda *more: ("all", name)

class Slots:
    __slots__ = ("x", "method")
    def __init__(self, x): self.x = x

class Meta(type):
    def of_meta(cls): return cls.__name__
    @property
    def noted(cls): return "noted"
    def __dir__(cls): return []

class Made(Plain, metaclass=Meta): pass

class Checks(type):
    def __instancecheck__(cls, o): return type(o) is int
    def __subclasscheck__(cls, o): return o is float

class Checked(metaclass=Checks): pass
class Abstract(abc.ABC): pass
Abstract.register(Plain)

class MyStatic(staticmethod):
    def __get__(self, o, type=None): return lambda *more: "mine"

class Odd(Plain):
    method = MyStatic(len)

def own_dict():
    p = Plain(2)
    p.__dict__ = {"x": 14, "method": lambda *more: "own"}
    return p

def crowded():
    p = Derived(3)
    for i in range(40):
        setattr(p, f"a{i}", i)
    return p

OBJECTS = [
    Plain(1), Derived(2), Hook(3), All(), Slots(4), Made(5), Made, Plain, Odd(6), own_dict(), crowded(), 5,
    "text", [1], {1: 2}, None, 2.5,
    Plain(7).method, len, Checked, Abstract, Meta, type,
]

def short(value):
    other = type(value).__name__
    return value if isinstance(value, (int, str, float, tuple)) else getattr(value, "__qualname__", other)

def methods(n):
    out = []
    for i in range(n):
        o = OBJECTS[i % len(OBJECTS)]
        for k in range(2):
            try:
                m = o.method
                out.append(short(m))
                out.append(short(m(i)))
                out.append(short(o.method(k, i)))
                out.append(short(o.of_class(i)))
                out.append(short(o.static(i)))
                out.append((o.method is m, o.method == m, o.method is m or sys.getrefcount(m)))
                out.append((short(o.of_meta()), short(o.noted)))
            except (AttributeError, TypeError) as error:
                out.append((str(error), error.__traceback__.tb_lineno))
        if i == 100:
            Plain.method = lambda self, *more: "new"
        if i == 140:
            OBJECTS[0].method = lambda *more: "of its own"
        if i == 150:
            Plain.of_class = property(lambda self: lambda *more: "property")
        if i == 170:
            del OBJECTS[0].method
            Plain.of_class = OF_CLASS
    Plain.method = METHOD
    return out

METHOD, OF_CLASS = Plain.__dict__["method"], Plain.__dict__["of_class"]

def temporaries(n):
    out = []
    for i in range(n):
        m = Plain(i).method
        out.append(m(1))
        out.append((Plain(i).method)(2))
        m = [i, i + 1].pop
        out.append(m())
        out.append(("a" + str(i)).upper())
        w = weakref.ref(m) if i % 20 == 0 else None
        m = Derived(i).of_class
        out.append((m(), sys.getrefcount(m.__self__) > 2))
        del m
    return out

class Noisy(Plain):
    heard = []
    def __del__(self): Noisy.heard.append(self.x)

def noisy(n):
    Noisy.heard.clear()
    out = []
    for i in range(n):
        m = Noisy(i).method
        out.append((m(i), len(Noisy.heard)))
        out.append((Noisy(-i).method(i), len(Noisy.heard)))
        getattr(Noisy(i), "method")
        out.append(len(Noisy.heard))
    return out, Noisy.heard

def seen(n):
    # A method that others have too, and one that is watched.
    out, kept = [], []
    for i in range(n):
        p = Plain(i)
        m = p.method
        kept.append(m)
        r = weakref.ref(m, lambda r: out.append("gone"))
        out.append(m())
        if i % 3 == 0:
            kept.clear()
            m = None
        out.append(r() is None)
    return out

def of_classes(n):
    out = []
    for i in range(n):
        o = OBJECTS[i % len(OBJECTS)]
        c = type(o)
        d = c.__dict__
        out.append((len(c.__mro__), len(c.__bases__), "method" in d, d.get("nothing"), c.__dict__ is d))
        try:
            out.append((o.__dict__.get("x"), o.__dict__ is o.__dict__))
            if i & 1 and type(o) is Plain and o.x < 14:
                o.__dict__["x"] = i
                out.append(o.x)
                o.__dict__["x"] = 1
        except AttributeError as error:
            out.append(str(error))
        p = Plain(i)
        out.append(len(p.__dict__))
        p.y = i
        out.append((p.__dict__, p.y))
    return out

def questions(n):
    out = []
    names = ["method", "x", "of_class", "static", "__mro__", "__dict__", "of_meta", "noted", "nothing",
        "__class__", "append", "method"]
    classes = [int, Plain, (Made, str), Checked, Abstract, Meta, type, (int, (Checked, Plain)), object,
        Made, Derived, int | str, 5]
    for i in range(n):
        o, name = OBJECTS[i % len(OBJECTS)], names[i // 2 % len(names)]
        c = classes[i // 5 % len(classes)]
        out.append(hasattr(o, name))
        out.append(short(getattr(o, name, None)))
        out.append(short(getattr(o, name, [i])))
        out.append(short(getattr(o, name, o)) if i & 1 else i)
        out.append(short(getattr(o, name, i)))
        for k in range(2):
            try:
                out.append(isinstance(o, c))
                out.append(issubclass(type(o), c))
                out.append((isinstance(i, Checked), isinstance(i * 0.5, float)))
                out.append((isinstance(i, Abstract), isinstance(k, slice)))
                out.append(issubclass(o, c))
            except TypeError as error:
                out.append((str(error), error.__traceback__.tb_lineno))
        if i == 120:
            Meta.__instancecheck__ = lambda cls, o: "yes"
            Meta.__subclasscheck__ = lambda cls, o: "yes"
        if i == 180:
            del Meta.__instancecheck__, Meta.__subclasscheck__
    return out

def defaults(n):
    # What is given as the default may end with the call, or with the local.
    out = []
    p = Plain(0)
    for i in range(n):
        d = [i]
        v = getattr(p, "nothing", d)
        d = None
        out.append(v)
        out.append(getattr(p, "nothing", [i, i]))
        out.append(getattr(p, "nothing", p.method)())
        out.append(getattr(p, "generic" if i & 1 else "nothing", p.method)(i))
        v = getattr(p, "x", d)
        out.append((v, sys.getrefcount(out)))
        v = None
    return out

def crowds(n):
    # Where the instance got a dict of its own, the form for the type does not fit.
    out = []
    things = [Derived(1), crowded(), crowded()]
    for i in range(n):
        o = things[i // 8 % 3]
        out.append((o.method(), o.generic(), o.of_class(i), o.x))
        if i == 100:
            o.method = lambda: "own"
        if i == 150:
            del things[100 // 8 % 3].method
    return out

FUNCTIONS = [methods, temporaries, noisy, seen, of_classes, questions, defaults, crowds]

def run():
    return [str((f.__name__, f(220))) for f in FUNCTIONS]
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
