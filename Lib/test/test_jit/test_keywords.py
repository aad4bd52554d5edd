"""Calls of Python functions with keywords, with parameters that need a name, and with what is in a tuple.

What is made for such calls is here, too.

As in test_find, each check of the traces of `PROGRAM` is made to fail in turn.
"""

import sys
import unittest

from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

LOOPS = {
    "arguments that are passed on": (
        """
        def g(a, b=1): return a + b
        def h(f, *args, **names): return f(*args, **names)
        def p(f, *args): return f(*args)
        def f(n):
            t = 0
            for i in range(n):
                t += p(g, i, 2) + p(g, i)
            return t
        """,
        ["IADD"],
        ["OPAQUE", "PUSH_FRAME"],
    ),
    "dicts and lists that are made": (
        """
        def f(n):
            t = 0
            class A: pass
            a = A()
            for i in range(n):
                d = {}
                d["a"] = i
                t += len(d) + len({i: 1}) + len({"a": i, "b": i}) + len([1, *(i, i)]) + len((*[i], 1))
                if a:
                    t += 1
            return t
        """,
        ["CALL_LEAF", "DICT_SET", "CALL_LEAF", "CALL_LEAF", "CHANGE_LEAF", "CALL_LEAF"],
        ["OPAQUE"],
    ),
    "keywords": (
        """
        def g(a, b=1, c=2, d=3): return a - b * c + d
        def f(n):
            t = 0
            for i in range(n):
                t += g(i, d=i) + g(a=1, c=i) + g(1, 2, c=3)
            return t
        """,
        ["IADD"],
        ["OPAQUE", "PUSH_FRAME", "BOX_INT"],
    ),
    "parameters that need a name": (
        """
        class A:
            def m(self, a, *, c, d=4): return a + c + d
            def n(self, a, *, d=4): return a + d
        def f(n):
            a, t = A(), 0
            for i in range(n):
                t += a.m(i, c=1) + a.m(1, d=i, c=3) + a.n(i)
            return t
        """,
        ["IADD"],
        ["OPAQUE", "PUSH_FRAME", "BOX_INT"],
    ),
}

PROGRAM = (
    """
import gc, sys

class Noisy:
    heard = []
    def __init__(self, k): self.k = k
    def __del__(self): Noisy.heard.append(self.k)

class A:
    x = 1
    def m(self, a, b=2, *, c, d=4): return (a, b, c, d, self.x)
    def names(self, **names): return sorted(names.items())
    def rest(self, *rest, k=5): return (rest, k)
    @classmethod
    def of_class(cls, a, *, b=3): return (cls.__name__, a, b)
    @staticmethod
    def static(a=1, b=2): return (a, b)

def g(a, b=1, c=2, d=3): return (a, b, c, d)
def only(a, /, b, *, x=5): return (a, b, x)
def default(a, *, made=[]): return (a, made, sys.getrefcount(made) > 2)
def many(a, b, c, d, e, f, g, h): return (a, b, c, d, e, f, g, h)
def raises(a, *, b): raise ValueError((a, b))
def noisy(x, *, y=None): return (x.k, None if y is None else y.k)

def places(n):
    out, a = [], A()
    for i in range(n):
        out.append((g(i, d=i), g(a=1, c=i), g(c=i, a=2, d="d", b=None), g(1, 2, c=3), g(i, b=2.5)))
        out.append((a.m(i, c=1), a.m(1, d=i, c=3), a.m(c=i, a=1, b=2), A.m(a, i, c=2)))
        out.append((only(i, b=2), only(i, 2, x=i), only(i, x=[i], b=(i,))))
        out.append(many(1, h=i, c=3, b=2, g=7, f=6, e=5, d=4))
        out.append((a.names(z=i, y=1), a.rest(i, k=2), a.rest(k=i), a.rest(1, i)))
        out.append((a.of_class(i), a.of_class(i, b=1), a.static(b=i), A.static(i, b=2), A.of_class(a=i)))
        m = a.m
        out.append((m(i, c=2), m(c=1, a=i)))
    return out

def wrong(n):
    out, a = [], A()
    for i in range(n):
        k = i // 3 % 8
        try:
            if k == 0: g(i, a=1)
            elif k == 1: g(i, z=1)
            elif k == 2: a.m(i)
            elif k == 3: only(a=i, b=1)
            elif k == 4: raises(i, b=1)
            elif k == 5: g(1, 2, 3, 4, b=5)
            elif k == 6: len(obj=[])
            else: out.append(g(b=i))
        except (TypeError, ValueError) as error:
            inner = error.__traceback__.tb_next
            out.append((str(error), error.__traceback__.tb_lineno, inner is None))
    return out

def changed(n):
    out = []
    for i in range(n):
        out.append((g(i, d=1), only(i, b=1), default(i), default(i, made=i)))
        if i == 80:
            g.__defaults__ = (7, 8, 9)
            only.__kwdefaults__["x"] = [i]
        if i == 110:
            only.__kwdefaults__ = {"x": "new"}
            default.__kwdefaults__["made"] = (i,)
        if i == 140:
            only.__code__ = (lambda a, b, *, x=5: (x, b, a)).__code__
            g.__defaults__ = (1, 2, 3)
        if i == 180:
            only.__code__ = ONLY
            only.__kwdefaults__ = {"x": 5}
            default.__kwdefaults__["made"] = MADE
    return out

ONLY, MADE = only.__code__, default.__kwdefaults__["made"]

def gone(n):
    out = []
    for i in range(n):
        try:
            out.append(only(i, b=1))
        except TypeError as error:
            out.append(str(error))
        if i == 100:
            del only.__kwdefaults__["x"]
        if i == 150:
            only.__kwdefaults__["x"] = 5
    return out

def several(n):
    out = []
    functions = [g, lambda a, d: (d, a), lambda *, a, d: [a, d], A().static, only,
                 lambda d, a=5, c=6: (a, d, c)]
    for i in range(n):
        f = functions[i // 4 % 6]
        try:
            out.append(f(a=i, d=2))
            out.append(f(i, d=2))
        except TypeError as error:
            out.append(str(error))
    return [str(x).replace("<lambda>", "") for x in out]

def ends(n):
    Noisy.heard.clear()
    out = []
    for i in range(n):
        out.append((noisy(Noisy(i), y=Noisy(-i)), len(Noisy.heard)))
        out.append((noisy(y=Noisy(i), x=Noisy(i + 1)), len(Noisy.heard)))
        x = Noisy(i)
        out.append((noisy(x=x), len(Noisy.heard)))
        x = None
        out.append(len(Noisy.heard))
    return out, Noisy.heard

def numbers(n):
    def add(a, b=1, *, c=2.5): return a + b + c
    t, out = 0, []
    for i in range(n):
        t += add(i, c=1) + add(b=i, a=1) + add(i)
        out.append(add(t, b=t) is t)
    return out, t

def recursive(n):
    def down(k, *, depth): return depth if k == 0 else down(k=k - 1, depth=depth + 1)
    out = []
    for i in range(n):
        out.append(down(i % 9, depth=0))
    try:
        down(10 ** 6, depth=0)
    except RecursionError:
        out.append("deep")
    return out

def spread(n):
    Noisy.heard.clear()
    out, a = [], A()
    def wrap(f, *args, **names): return f(*args, **names)
    def pass_on(f, *args): return f(*args)
    tuples = [(1, 2), (3,), (), (1, 2, 3, 4), [5, 6], "ab", (1,) * 7]
    dicts = [{}, {"d": 1}, {"a": 2}, {1: 2}]
    for i in range(n):
        t, d = tuples[i // 3 % 7], dicts[i // 21 % 4]
        for k in range(2):
            try:
                out.append(pass_on(g, i))
                out.append(wrap(g, i, k))
                out.append(wrap(a.m, i, c=2))
                out.append(wrap(only, i, i))
                out.append(g(*t))
                out.append(g(*t, **d))
                out.append(g(i, *t, d=5))
                out.append((pass_on(noisy, Noisy(i)), len(Noisy.heard)))
                out.append((wrap(noisy, Noisy(i)), len(Noisy.heard)))
                out.append((noisy(*(Noisy(i),), **{}), len(Noisy.heard)))
            except TypeError as error:
                out.append((str(error), error.__traceback__.tb_lineno))
        x = (i, [i])
        out.append((pass_on(lambda p, q: q is x[1], *x), sys.getrefcount(x[1])))
    return out, Noisy.heard

def maps(n):
    Noisy.heard.clear()
    out = []
    class Key:
        def __hash__(self): Noisy.heard.append("hash"); return 1
        def __eq__(self, other): return True
    for i in range(n):
        k = [i, "a", 2.5, (1, 2), Key(), None][i // 4 % 6]
        d = {}
        d["x"] = i
        e = {k: i}
        f = {"a": d, "b": Noisy(i)}
        h = {"one": i}
        out.append((d, list(e.values()), f["b"].k, h, len(Noisy.heard)))
        {"n": Noisy(i)}
        {"n": Noisy(-i), "m": Noisy(i)}
        d = e = f = h = None
        out.append(len(Noisy.heard))
        l = [*(1, i), *[2], *range(2)]
        out.append((l, (*l, i), {**{"a": 1}}))
        try:
            {[i] if i % 50 == 49 else i: 2}
        except TypeError as error:
            out.append(str(error))
    return [str(x) for x in out], Noisy.heard

class Always: pass
class Sometimes: pass

def truths(n):
    out = []
    things = [Always(), Sometimes(), None, Always(), len]
    for i in range(n):
        o = things[i // 3 % 5]
        out.append((1 if o else 2, not o, bool(Always()) and i))
        if Always():
            out.append(i)
        if i == 100:
            Sometimes.__bool__ = lambda self: False
        if i == 160:
            del Sometimes.__bool__
    return out

FUNCTIONS = [spread, maps, truths, places, wrong, changed, gone, several, ends, numbers, recursive]

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
