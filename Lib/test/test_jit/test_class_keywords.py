"""Calls of classes with keywords, and attributes that have a default in the class.

As in test_find, each check of the traces of `PROGRAM` is made to fail in turn.
"""

import sys
import unittest

from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT, run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

CLASS = """
        class A:
            y = 7
            def __init__(self, x, y=1, *, z=2): self.x = x; self.y = y; self.z = z
"""

LOOPS = {
    "keywords": (
        CLASS
        + """
        def f(n):
            t = 0
            for i in range(n):
                t += A(i, y=2).x + A(y=i, x=1).y + A(1, z=i).z
            return t
        """,
        ["IADD"],
        ["OPAQUE", "NEW_INSTANCE", "BOX_INT", "SET_ATTR"],
    ),
    "a default in the class": (
        CLASS
        + """
        def f(n):
            t, a = 0, A(1)
            for i in range(n):
                a.y = i
                t += a.y
            return t
        """,
        ["IADD"],
        ["OPAQUE", "SET_ATTR"],
    ),
}

PROGRAM = (
    """
import gc, sys, traceback
from dataclasses import dataclass, field

class Noisy:
    heard = []
    def __init__(self, k=0): self.k = k
    def __del__(self): Noisy.heard.append(self.k)

class A:
    def __init__(self, x, y=1, *, z=2): self.x = x; self.y = y; self.z = z
    def __repr__(self): return str((self.x, self.y, self.z))

class B(A):
    def __init__(self, *rest, k=3, **names): super().__init__(len(rest), **names); self.k = k, rest, sorted(names)
    def __repr__(self): return A.__repr__(self) + str(self.k)

class S:
    __slots__ = "a", "b"
    def __init__(self, a=1, *, b=2): self.a = a; self.b = b

class Late:
    def __new__(cls, *args, **names): return super().__new__(cls)
    def __init__(self, x=4): self.x = x

class Wrong:
    def __init__(self, x): return x

class None_:
    pass

@dataclass
class D:
    x: int
    y: int = 5
    z: list = field(default_factory=list)

def places(n):
    out = []
    for i in range(n):
        out.append(str((A(i, y=i), A(y=i, x=1), A(1, 2, z=i), A(x=i), A(i, z=2.5, y="y"))))
        out.append(str((B(i, k=1), B(y=i), B(1, i, z=2), B(k=i))))
        s = S(a=i)
        out.append((s.a, s.b, S(b=i).b, S(1, b=i).a, Late(x=i).x))
        d = D(x=i, y=2)
        out.append((d.y, d == D(y=2, x=i), D(i, z=[i]).z, D(x=i).y))
    return out

def wrong(n):
    out = []
    for i in range(n):
        k = i // 3 % 7
        try:
            if k == 0: A(y=i)
            elif k == 1: A(i, x=i)
            elif k == 2: A(i, w=i)
            elif k == 3: out.append(str(A(x=i)))
            elif k == 4: Wrong(x=i)
            elif k == 5: None_(x=i)
            else: Wrong(x=None)
        except TypeError as error:
            inner = error.__traceback__.tb_next
            out.append((str(error), error.__traceback__.tb_lineno, inner is None))
    return out

def raises(n):
    class R:
        def __init__(self, x, *, k):
            if k == 3: raise ValueError(x)
            self.x = x
    out = []
    for i in range(n):
        try:
            out.append(R(i, k=i % 7).x)
        except ValueError as error:
            out.append([(f.name, f.lineno, f.end_colno) for f in traceback.extract_tb(error.__traceback__)])
    return out

def ends(n):
    Noisy.heard.clear()
    out = []
    for i in range(n):
        A(Noisy(k=i), y=Noisy(k=-i))
        out.append(len(Noisy.heard))
        Noisy(k=i)
        a = A(y=Noisy(k=i), x=1)
        out.append((len(Noisy.heard), sys.getrefcount(a), sys.getrefcount(a.y)))
        a = None
        try:
            A(Noisy(k=i), q=1)
        except TypeError:
            pass
        out.append(len(Noisy.heard))
    return out, Noisy.heard

def changed(n):
    class C:
        def __init__(self, x, y=1): self.x = x + y
    def other(self, x, z=8, y=2): self.x = (x, y)
    old, out = C.__init__, []
    for i in range(n):
        out.append((C(x=i).x, C(1, y=i).x))
        if i == 60: C.__init__ = other
        if i == 110: C.__init__ = old
        if i == 140: old.__defaults__ = (100,)
        if i == 170:
            C.__new__ = lambda cls, *a, **k: object.__new__(cls)
        if i == 190: C.x = property(lambda self: 5, lambda self, v: out.append(v))
    return out

def several(n):
    class P:
        def __init__(self, v): self.v = v
    class Q:
        def __init__(self, *, v): self.v = -v
    def r(v): return P(v=v + 1)
    out = []
    for i in range(n):
        out.append([P, Q, r, P][i // 5 % 4](v=i).v)
    return out

def defaults(n):
    class C:
        x = 1
        y = None
        def m(self): return "class"
    class G:
        def __get__(self, o, t): return "get"
    out, things = [], [C() for _ in range(5)]
    for i in range(n):
        c = things[i % 5]
        out.append((c.x, c.y, c.m if i % 5 == 2 else c.m()))
        if i % 7 == 3: c.x = i
        if i % 11 == 5: c.y = [i]
        if i % 13 == 6 and "x" in vars(c) and i < 130: del c.x
        if i == 60: things[2].m = "own"
        if i == 100: C.y = G()
        if i == 130: C.x = property(lambda self: "property", lambda self, v: out.append(v))
        if i == 150: C.x = 2
        if i == 170: G.__set__ = lambda self, o, v: out.append(v)
    return [str(x).split(" at ")[0] for x in out]

def deep(n):
    class R:
        def __init__(self, k, *, depth): self.k = R(k - 1, depth=depth + 1) if k else depth
    out = []
    for i in range(n):
        r = R(i % 9, depth=0)
        while isinstance(r, R): r = r.k
        out.append(r)
    try:
        R(10 ** 6, depth=0)
    except RecursionError:
        out.append("deep")
    return out

def module_in_class(n):
    import types
    class M(types.ModuleType):
        def __get__(self, o, t): return "get"
        def __set__(self, o, v): pass
    class C: m = types.ModuleType("x")
    o, out = C(), []
    o.m = 5
    for i in range(n):
        out.append(o.m)
        if i == 150: C.__dict__["m"].__class__ = M
    return out

def gathered(n):
    # What a call without names gives to *args, and to a class that takes even itself so.
    class A:
        def __init__(self, *a): self.a = a
    class K:
        def __init__(self, x=1, *, y=2, **k): self.x, self.y, self.k = x, y, k
    class R:
        def __init__(self, x, *rest, z): self.x = x
    class G:
        def __init__(*a): a[0].v = a[1:]
    class N:
        def __init__(*a): pass
    class H:
        def __init__(*a, **k): a[0].v = a[1:], k
    class F:
        def __init__(self, *a):
            if a[0] % 7 == 3: raise ValueError(a)
            self.a = a
            if a[0] % 50 == 5: return 5
    class Loud:
        def __init__(self, *a): self.a = a
        def __del__(self): heard.append(len(self.a))
    class Seen:
        def __init__(self, *a): seen.append((sys.getrefcount(a), sys.getrefcount(self), sys._getframe(1).f_code.co_name))
    out, heard = [], []
    for i in range(n):
        seen = []
        out.append((A(i, 2).a, A().a, A(i, [i], "x").a, K().k, K(i).x, K(i).y, G(1, i).v, G().v, H(i, q=3).v, H(i).v, type(N()).__name__))
        Loud(i, Loud())
        Seen(object())
        Seen()
        for make in (lambda: R(i)), (lambda: R()), (lambda: F(i)), (lambda: K(1, 2)), (lambda: Loud(*[1] * (i % 3))):
            try:
                out.append(type(make()).__name__)
            except (TypeError, ValueError) as error:
                out.append(str(error))
        out.append((seen, len(heard)))
        if i == n // 2: A.__init__ = lambda self, *a: setattr(self, "a", ("new",) + a)
    return out

FUNCTIONS = [gathered, module_in_class, places, wrong, raises, ends, changed, several, defaults, deep]

def run():
    return [str((f.__name__, f(220))) for f in FUNCTIONS]
"""
    + RUN_AND_COUNT
)

MONITORED = """
import sys
class A:
    def __init__(self, x, *, y): self.x = x
def f(n):
    for i in range(n): A(i, y=1)
out = []
E = sys.monitoring.events
sys.monitoring.use_tool_id(2, "t")
for event in (E.CALL, E.C_RETURN, E.C_RAISE, E.PY_START):
    sys.monitoring.register_callback(2, event, lambda *a, event=event: out.append((event, [getattr(x, "__name__", str(x))[:12] for x in a[:3]])))
f(60)
sys.monitoring.set_events(2, E.CALL | E.PY_START)
f(2)
try:
    A(1, z=1)
except TypeError:
    pass
sys.monitoring.set_events(2, 0)
print([[e, *(str(x) for x in a)] for e, a in out])
"""

MEMORY = """
import _testcapi
class A:
    def __init__(self, x, *, y=1): self.x = x
def f(n):
    out = []
    for i in range(n):
        out.append(A(i, y=2).x)
    return len(out)
f(100)
caught = 0
for start in range(40):
    _testcapi.set_nomemory(start, start + 1)
    try:
        A([], y=3.5)
    except MemoryError:
        caught += 1
    finally:
        _testcapi.remove_mem_hooks()
print(caught > 0, f(100))
"""


DEPTH = """
import sys
class A:
    def __init__(self, *, k):
        self.k = k
        A.deepest = k
        A(k=k + 1)
def deepest_function():
    k = 0
    def down(n):
        nonlocal k
        k = n
        down(n + 1)
    try:
        down(1)
    except RecursionError:
        return k
def deepest_class():
    try:
        A(k=1)
    except RecursionError:
        return A.deepest
sys.setrecursionlimit(1000)
pairs = {(deepest_class() > 0.9 * deepest_function()) for _ in range(60)}
print(pairs)
"""


class LoopTests(OptimizedLoops, unittest.TestCase):
    expected_loops = LOOPS


class ExitTests(ForcedExits, unittest.TestCase):
    """Every check fails in turn."""

    program = PROGRAM


class ToolTests(unittest.TestCase):
    def test_events(self):
        # A call of a class is one of C for tools.
        self.assertEqual(run(MONITORED, PYTHON_JIT="1"), run(MONITORED, PYTHON_JIT="0"))

    def test_depth(self):
        # Two frames for a call do not halve how deep a recursion may go.
        for settings in {"PYTHON_JIT": "0"}, {"PYTHON_JIT": "1"}, {"PYTHON_JIT_BACKEND": "native"}:
            self.assertEqual(run(DEPTH, **settings).strip(), "{True}")

    def test_memory(self):
        try:
            import _testcapi  # noqa: F401
        except ImportError:
            self.skipTest("needs _testcapi")
        self.assertEqual(run(MEMORY, PYTHON_JIT="1").split()[0], "True")


if __name__ == "__main__":
    unittest.main()
