"""Calls of bound methods with a tuple and a dict, `super().name(*args, **names)`, and keywords of which some have no parameter."""

import unittest

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT, run

PROGRAM = (
    """
import gc, sys, traceback, types, weakref

class Noisy:
    heard = []
    def __init__(self, k=0): self.k = k
    def __del__(self): Noisy.heard.append(self.k)
    def get(self, *args, **names): return self.k, len(args), sorted(names)
    def plain(self, a, b=2, *, c=3): return self.k, a, b, c
    def none(): return 5

class Sub(Noisy):
    def __init__(self, *args, **names): super().__init__(*args, **names); self.more = len(names)
    def get(self, *args, **names): return super().get(*args, **names) + (self.more,)
    def plain(self, *args, **names):
        f = super().plain
        return f(*args, **names), super().plain(*args)
    @classmethod
    def make(cls, *args, **names): return cls(*args, **names)

class Mixed:
    def __init__(self, a, b=2, *rest, c=3, **names): self.all = a, b, rest, c, list(names.items())

def mixed(a, b=2, *rest, c=3, **names): return a, b, rest, c, list(names.items())
def named(a, *, c=3, **names): return a, c, names

def bound(n):
    o, s, out = Noisy(7), Sub(8), []
    for i in range(n):
        args, names = (i,) * (i // 40 % 3 + 1), {"c": i}
        try:
            out.append((o.get(*args), o.plain(*args), s.get(*args, **names), s.plain(*args[:1], **names)))
            out.append((o.plain(*args, **names), o.get(*[i, i]), o.get(*"ab", x=1), Sub.make(i).k))
        except TypeError as error:
            out.append((str(error), error.__traceback__.tb_lineno, error.__traceback__.tb_next is None))
    return out

def keywords(n):
    out = []
    for i in range(n):
        d = {"y": i, "c": 2, "z": 3}
        out.append((mixed(i, y=1, b=2, z=i), mixed(1, 2, i, c=i), mixed(1, 2, i, 4, c=i, y=5), mixed(y=1, a=i), mixed(i, **d)))
        out.append((mixed(1, 2, 3, i, y=1, c=i, z=2), mixed(*(1, i, 3), **d), named(i, x=1, c=2, y=3)))
        out.append((Mixed(i, y=1, b=2, z=i).all, Mixed(1, 2, i, c=i).all, Mixed(a=1, y=[i]).all, Mixed(1, 2, 3, 4, y=i, c=1, z=2).all))
    return out

def wrong(n):
    o, out = Noisy(1), []
    calls = [lambda: o.plain(*()), lambda: o.plain(*(1, 2, 3)), lambda: o.plain(*(1,), **{"a": 2}), lambda: o.plain(*(1,), **{"q": 2}),
             lambda: o.get(*5), lambda: o.get(**{1: 2}), lambda: Noisy.none.__get__(o)(*()), lambda: Mixed(1, a=2, x=3), lambda: mixed(x=1)]
    for i in range(n):
        try:
            out.append(str(calls[i // 9 % 9]()))
        except TypeError as error:
            out.append([str(error), *((f.name, f.lineno) for f in traceback.extract_tb(error.__traceback__))])
    return out

def raises(n):
    class R:
        def f(self, *args, **names):
            if len(args) == 2: raise ValueError(args)
            return names
    out, r = [], R()
    for i in range(n):
        try:
            out.append(r.f(*[i] * (i % 4), x=i))
        except ValueError as error:
            out.append([(f.name, f.lineno) for f in traceback.extract_tb(error.__traceback__)])
    return out

def ends(n):
    # What ends when, and how many references there are meanwhile.
    Noisy.heard.clear()
    class R:
        def count(self, *args, **names): return sys.getrefcount(self), sys.getrefcount(args), len(Noisy.heard)
    out, r = [], R()
    for i in range(n):
        out.append((r.count(*(i, 1)), r.count(*[Noisy(i)], x=Noisy(-i)), len(Noisy.heard)))
        out.append(Noisy(i).get(*(1,)))
        f = Sub(i).get
        out.append((f(*(1, 2)), sys.getrefcount(f), len(Noisy.heard)))
        Mixed(Noisy(i), y=Noisy(i), c=2)
        out.append(len(Noisy.heard))
        f = weakref.ref(r.count)
        out.append(f())
    return out, Noisy.heard[-20:]

def others(n):
    # Methods that bind no Python function, or another one each time.
    class C:
        def __call__(self, *args): return args
        k = classmethod(lambda cls, *a: a)
    c, out = C(), []
    methods = [types.MethodType(len, [1, 2]), types.MethodType(C(), 5), c.k, [].append, Noisy(3).get, types.MethodType(Sub(1).get, 2)]
    for i in range(n):
        f = methods[i // 5 % 6]
        args = (i,) if i // 5 % 6 else ()
        out.append(str(f(*args)))
    return out

def replaced(n):
    class B:
        def f(self, *args): return len(args)
    class D(B):
        def f(self, *args): return super().f(*args) + 1
    d, old, out = D(), B.f, []
    for i in range(n):
        out.append(d.f(*(1, i)))
        if i == 60: B.f = lambda self, *a: -1
        if i == 80: B.f = max
        if i == 82: B.f = old
        if i == 100: B.f = classmethod(lambda cls, *a: cls.__name__ and 5)
        if i == 120: B.f = property(lambda self: max)
        if i == 121: B.f = old
    return out

def deep(n):
    class R:
        def f(self, k, *rest): return self.f(*(k - 1, *rest)) if k else len(rest)
        def g(self, k, **names): return self.g(k - 1, **names) if k else len(names)
    r, out = R(), []
    for i in range(n):
        out.append((r.f(i % 9, 1), r.g(i % 9, a=1)))
    for f in r.f, r.g:
        try:
            f(10 ** 6)
        except RecursionError:
            out.append("deep")
    return out

FUNCTIONS = [bound, keywords, wrong, raises, ends, others, replaced, deep]

def run():
    return [str((f.__name__, f(160))) for f in FUNCTIONS]
"""
    + RUN_AND_COUNT
)

CLASS = """
        class A:
            def __init__(self, x=0, **names): self.x = x; self.n = len(names)
            def f(self, a, b=2): return a + b
        class B(A):
            def __init__(self, *args, **names): super().__init__(*args, **names)
            def f(self, *args): return super().f(*args)
"""

LOOPS = {
    "a bound method": (
        CLASS
        + """
        def f(n):
            t, a, args = 0, A(), (1, 2)
            for i in range(n):
                t += a.f(*args)
            return t
        """,
        ["IADD"],
        ["OPAQUE", "PUSH_FRAME"],
    ),
    "super": (
        CLASS
        + """
        def f(n):
            t, b = 0, B()
            for i in range(n):
                t += b.f(i, 1)
            return t
        """,
        ["VIRTUAL_METHOD", "IADD"],
        ["NEW_METHOD", "OPAQUE", "PUSH_FRAME"],
    ),
    "a class with keywords": (
        CLASS
        + """
        def f(n):
            t = 0
            for i in range(n):
                t += A(x=i, y=2).n
            return t
        """,
        ["CALL_LEAF", "VIRTUAL"],
        ["OPAQUE", "PUSH_FRAME"],
    ),
}

EVENTS = """
import sys
class A:
    def f(self, x, **names): return x
class C(A):
    def f(self, *args, **names): return super().f(*args, **names)
def f(n):
    for i in range(n):
        A().f(*(i,)), C().f(*[i], k=1), "".join(*(["a"],))
out = []
E = sys.monitoring.events
sys.monitoring.use_tool_id(2, "t")
f(60)
for event in (E.CALL, E.C_RETURN, E.C_RAISE, E.PY_START, E.PY_RETURN):
    sys.monitoring.register_callback(2, event, lambda *a, event=event: out.append((event, [getattr(x, "__name__", str(x))[:12] for x in a[:3]])))
sys.monitoring.set_events(2, E.CALL | E.PY_START | E.PY_RETURN)
f(2)
try:
    A().f(*(1, 2, 3))
    len(*[5])
except TypeError:
    pass
sys.monitoring.set_events(2, 0)
def refuse(code, offset, callable, first):
    if callable is print: raise ValueError
sys.monitoring.register_callback(2, E.CALL, refuse)
sys.monitoring.set_events(2, E.CALL)
for i in range(3):
    try:
        print(*[1, 2])
    except ValueError:
        out.append((0, ["refused"]))
sys.monitoring.set_events(2, 0)
f(60)
print([[e, *(str(x) for x in a)] for e, a in out])
"""

MEMORY = """
import _testcapi
class A:
    def f(self, *args, **names): return len(args)
class K:
    def __init__(self, a, *rest, **names): self.a = a
def f(n):
    a, t = A(), 0
    for i in range(n):
        t += a.f(*(1,) * 12) + a.f(1, *(2,)) + a.f(*(1,), x=[i]) + K(i, 1, 2, x=3).a
    return t
f(100)
caught = 0
for start in range(60):
    _testcapi.set_nomemory(start, start + 1)
    try:
        f(2)
    except MemoryError:
        caught += 1
    finally:
        _testcapi.remove_mem_hooks()
print(caught > 0, f(100))
"""


class LoopTests(OptimizedLoops, unittest.TestCase):
    expected_loops = LOOPS


class ExitTests(ForcedExits, unittest.TestCase):
    """Every check fails in turn."""

    program = PROGRAM


class ToolTests(unittest.TestCase):
    def test_events(self):
        self.assertEqual(run(EVENTS, PYTHON_JIT="1"), run(EVENTS, PYTHON_JIT="0"))

    def test_memory(self):
        try:
            import _testcapi  # noqa: F401
        except ImportError:
            self.skipTest("needs _testcapi")
        for settings in {"PYTHON_JIT": "1"}, {"PYTHON_JIT": "1", "PYTHON_JIT_STRESS": "1"}:
            self.assertEqual(run(MEMORY, **settings).split()[0], "True")


if __name__ == "__main__":
    unittest.main()
