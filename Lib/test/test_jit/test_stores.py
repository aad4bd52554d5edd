"""`o.name = v` with a property's setter, `__set__` or `__setattr__`, `a[k] = v` with `__setitem__`, and `object.__setattr__`: the method is in the
trace, and nobody can tell.

`PROGRAM` is run with each check of its traces made to fail in turn.
"""

import unittest

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import run

OFTEN = {"PYTHON_JIT_CALL_THRESHOLD": "30"}

PROGRAM = """
import dataclasses, gc, sys, traceback

class Celsius:
    def __init__(self): self._degrees = 0
    @property
    def degrees(self): return self._degrees
    @degrees.setter
    def degrees(self, value):
        if value % 50 == 49: raise ValueError(value)
        self._degrees = value

class Slot:
    def __set_name__(self, owner, name): self.name = "_" + name
    def __get__(self, o, t): return o.__dict__[self.name]
    def __set__(self, o, value): o.__dict__[self.name] = value + 1

class Slotted:
    slot = Slot()
    other = 3

class Doubles:
    def __setattr__(self, name, value): super().__setattr__(name, value * 2)

class Checks:
    __slots__ = "a", "b"
    def __setattr__(self, name, value):
        if value is None: raise TypeError(name)
        object.__setattr__(self, name, value)

class Grid:
    def __init__(self, w, h): self.w, self.cells = w, [0] * (w * h)
    def __getitem__(self, k): return self.cells[k[0] * self.w + k[1]]
    def __setitem__(self, k, v): self.cells[k[0] * self.w + k[1]] = v

@dataclasses.dataclass(frozen=True)
class Frozen:
    x: int
    y: int = 2

@dataclasses.dataclass(frozen=True, slots=True)
class FrozenSlots:
    x: int
    y: float = 2.5

def setters(n):
    out, c = [], Celsius()
    for i in range(n):
        try:
            c.degrees = i
            c.degrees += 1
        except ValueError as error:
            steps = traceback.extract_tb(error.__traceback__)
            out.append((error.args, [(s.name, s.lineno - setters.__code__.co_firstlineno) for s in steps]))
        out.append(c.degrees)
    return out

def descriptors(n):
    out, s = [], Slotted()
    for i in range(n):
        s.slot = i
        out.append(s.slot)
        s.slot = s.slot * 2 if i % 3 else 0.5
        s.other = i
        out.append((s.slot, s.other))
    return out, s.__dict__

def hooks(n):
    out, d, c = [], Doubles(), Checks()
    for i in range(n):
        d.x = i
        d.y = [i]
        c.a = i
        try:
            c.b = None if i % 7 == 3 else str(i)
        except TypeError as error:
            out.append(error.args)
        out.append((d.x, d.y, c.a, getattr(c, "b", "nothing")))
    return out

def items(n):
    out, g = [], Grid(4, 4)
    for i in range(n):
        g[i % 4, i // 4 % 4] = i
        g[0, 0] += g[1, 2] * 0.5
        try:
            g[i % 5, 1] = "x"
        except IndexError as error:
            out.append(str(error))
    return out, g.cells

def frozen(n):
    out = []
    for i in range(n):
        a, b = Frozen(i), FrozenSlots(i, i / 2)
        out.append((a.x + a.y, b.x + b.y, a == Frozen(i, 2), hash(b) == hash(FrozenSlots(i, i / 2))))
        try:
            a.x = 3
        except dataclasses.FrozenInstanceError as error:
            out.append(str(error))
        if i % 5 == 0: out.append(a)
    return out

def plain(n):
    # object.__setattr__ of what tier 1 would store just so, or not.
    class P: pass
    class Q:
        __slots__ = ("s",)
    class R:
        fixed = property(lambda self: 5)
        late = 7
    class Sub(dict): pass
    out, names = [], ["a", "b", "c"]
    for i in range(n):
        p, q, r, d = P(), Q(), R(), Sub()
        object.__setattr__(p, "a", i)
        object.__setattr__(p, "a", i * 0.5)
        object.__setattr__(q, "s", [i])
        object.__setattr__(r, "late", i)
        object.__setattr__(p, names[i % 3], "by name")
        d.x = i
        for o, name in (r, "fixed"), (q, "t"), (d, "y"), (3, "z"):
            try:
                object.__setattr__(o, name, i)
                out.append("set")
            except (AttributeError, TypeError) as error:
                out.append(str(error))
        if i % 4 == 0: p.__dict__["a"] = "in its dict"
        object.__setattr__(p, "a", (p.a, i))
        out.append((p.__dict__, q.s, r.late, R.late, d.__dict__))
    return out

class Noisy:
    heard = []
    def __init__(self, name): self.name = name
    def __del__(self): Noisy.heard.append(self.name)

def ends(n):
    # When the value that is replaced ends, what the method returns, and the operands.
    class Keeps:
        @property
        def v(self): return self._v
        @v.setter
        def v(self, value):
            self._v = value
            return Noisy("returned")
        def __setitem__(self, k, v):
            Noisy.heard.append("in")
            return Noisy("returned, too")
        def __setattr__(self, name, value): object.__setattr__(self, "_" + name if name == "w" else name, value)
    Noisy.heard.clear()
    out, k = [], Keeps()
    for i in range(n):
        k.v = Noisy(i)
        out.append(len(Noisy.heard))
        k[Noisy(("key", i))] = Noisy(("value", i))
        out.append(len(Noisy.heard))
        k.w = Noisy(("w", i))
        out.append(len(Noisy.heard))
        Keeps().v = Noisy(("gone", i))
        out.append(len(Noisy.heard))
    return out, [str(x) for x in Noisy.heard]

def descriptor_goes(n):
    # The class loses it meanwhile: C gives it up before the operands.
    class D:
        def __set__(self, o, v):
            if self.gone: del P.d
        def __get__(self, o, t):
            if self.gone: del P.d
            return 1
        def __del__(self): heard.append("descriptor")
    class P:
        def __del__(self): heard.append("owner")
    out, heard = [], []
    def store(n, p):
        for i in range(n):
            if i == n - 1: P.__dict__["d"].gone = True
            p.d = Noisy(i)
    def load(n):
        for i in range(n):
            if i == n - 1: P.__dict__["d"].gone = True
            P().d
    for turn in range(n // 10):
        for f in (lambda: store(40, P())), (lambda: load(40)):
            P.d, D.gone = D(), False
            f()
            out.append((heard[-3:], len(heard)))
    return out

def references(n):
    out = []
    class C:
        def __setitem__(self, k, v): seen.append((sys.getrefcount(self), sys.getrefcount(k), sys.getrefcount(v)))
        @property
        def p(self): return 1
        @p.setter
        def p(self, v): seen.append((sys.getrefcount(self), sys.getrefcount(v), [f.f_code.co_name for f in (sys._getframe(), sys._getframe(1))]))
    for i in range(n):
        c, k, v, seen = C(), object(), object(), []
        c[k] = v
        c.p = v
        c.p = object()
        out.append(seen)
    return out

def changed(n):
    # The class becomes another one meanwhile.
    class C:
        def first(self, k, v): self.log = ("first", k, v)
        def second(self, k, v): self.log = ("second", k, v)
        __setitem__ = first
        def one(self, v): self.log = ("one", v)
        def two(self, v): self.log = ("two", v)
        p = property(lambda self: 0, one)
        def swaps(self, v):
            C.q = property(lambda self: 0, C.two)
            self.log = v
        q = property(lambda self: 0, swaps)
    out, c = [], C()
    for i in range(n):
        c[i] = i
        out.append(c.log)
        c.p = i
        out.append(c.log)
        if i == n // 2: C.__setitem__ = C.second
        if i == n // 2 + 5: C.p.__init__(C.p.fget, C.two)
        if i == n // 2 + 9: del C.__setitem__; C.__setitem__ = lambda self, *rest: setattr(self, "log", rest)
        if i > n // 2 + 12: c.q = i
        out.append(c.log)
    return out

def depth(n):
    class Deep:
        def __setitem__(self, k, v): self[k + 1] = v
        @property
        def p(self): return 0
        @p.setter
        def p(self, v): self.p = v + 1
    old, out, d = sys.getrecursionlimit(), [], Deep()
    def item(): d[0] = 1
    def prop(): d.p = 1
    for i in range(n // 20):
        sys.setrecursionlimit(120 + i % 3)
        for f in item, prop:
            try:
                f()
            except RecursionError as error:
                out.append((str(error), len(traceback.extract_tb(error.__traceback__))))
    sys.setrecursionlimit(old)
    return out

print([f(N) for f in (setters, descriptors, hooks, items, frozen, plain, ends, descriptor_goes, references, changed, depth)])
"""


class Results(ForcedExits, unittest.TestCase):
    program = PROGRAM.replace("N)", "120)")
    settings = OFTEN

    def test_enough_rounds(self):
        program = PROGRAM.replace("N)", "3000)")
        self.assertEqual(run(program), run(program, PYTHON_JIT="0"))


class Traces(OptimizedLoops, unittest.TestCase):
    expected_loops = {
        "a setter": (
            """
            class C:
                @property
                def p(self): return self._p
                @p.setter
                def p(self, v): self._p = v
            def f(n):
                c = C()
                c._p = 0
                for i in range(n): c.p += 2
                return c.p
            """,
            ["IADD"],
            ["OPAQUE", "PUSH_FRAME"],
        ),
        "__setitem__": (
            """
            class G:
                def __init__(self): self.cells = [0] * 8
                def __setitem__(self, k, v): self.cells[k] = v
            def f(n):
                g = G()
                for i in range(n): g[i & 7] = i
                return g.cells
            """,
            ["IAND"],
            ["OPAQUE", "PUSH_FRAME"],
        ),
        "a frozen dataclass": (
            """
            import dataclasses
            @dataclasses.dataclass(frozen=True)
            class C:
                x: int
                y: int = 2
            def f(n):
                t = 0
                for i in range(n): t += C(i).x
                return t
            """,
            ["VIRTUAL_FIELD", "IADD"],
            ["OPAQUE", "NEW_INSTANCE", "GET_ATTR"],
        ),
    }


if __name__ == "__main__":
    unittest.main()
