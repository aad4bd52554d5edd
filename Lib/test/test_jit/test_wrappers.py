"""Functions that take any arguments and pass them on: decorators, `f(**names)`.

As in test_find, each check of the traces of `PROGRAM` is made to fail in turn.
"""

import sys
import unittest

from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

LOOPS = {
    "a decorator": (
        """
        def wrap(f):
            def w(*args, **names): return f(*args, **names)
            return w
        @wrap
        def g(a, b=1): return a + b
        def f(n):
            t = 0
            for i in range(n):
                t += g(i) + g(i, 2) + g(i, b=3) + g(a=i, b=2)
            return t
        """,
        ["CALL_LEAF", "GUARD_NAMES", "IADD"],
        ["OPAQUE", "PUSH_FRAME"],
    ),
    "no names are given": (
        """
        def g(a, *rest, **names): return a
        def f(n):
            t = 0
            for i in range(n):
                t = g(i)
            return t
        """,
        ["CALL_LEAF"],
        ["OPAQUE", "PUSH_FRAME"],
    ),
    "names of a dict": (
        """
        def g(a, b=1, *, c=2): return a + b + c
        def f(n):
            t, d = 0, {"b": 5, "c": 7}
            for i in range(n):
                t += g(i, **d)
            return t
        """,
        ["IADD"],
        ["OPAQUE", "PUSH_FRAME", "CALL_LEAF", "CHANGE_LEAF"],
    ),
}

PROGRAM = (
    """
import gc, sys
from collections import OrderedDict

class Noisy:
    heard = []
    def __init__(self, k): self.k = k
    def __del__(self): Noisy.heard.append(self.k)

class Names(dict):
    def keys(self): return ["b"]
    def __getitem__(self, key): return 17

def wrap(f):
    def w(*args, **names): return f(*args, **names)
    return w

def adds(f):
    def w(*args, extra=3, **names):
        names["z"] = extra
        return f(*args, **names)
    return w

def looks(f):
    def w(first, /, *args, **names):
        return first, args, sorted(names), f(first, *args, **names), len(names)
    return w

@wrap
def g(a, b=1, *, c=2): return (a, b, c)
@adds
def h(a, b=1, **names): return (a, b, list(names.items()))
@looks
@wrap
def k(a, b=5, first=6): return (a, b, first)
@wrap
@wrap
def all_of(*args, **names): return args, names
def nothing(*, a=1, **names): return a, names
def rest(a, *args, c=0): return a, args, c

class A:
    def __init__(self, *args, **names): self.args, self.names = args, names
    @wrap
    def m(self, x, y=2): return x, y, len(self.args)

def places(n):
    out, a = [], A(1, 2)
    for i in range(n):
        out.append((g(i), g(i, 2), g(i, b=3), g(a=i, c="c"), g(1, 2, c=i)))
        out.append((h(i), h(i, 2, extra=i), h(a=i, q=1), h(i, extra=1, b=2)))
        out.append((k(i), k(i, 2), k(i, b=i), k(i, first=3)))
        out.append((all_of(), all_of(i), all_of(x=i), all_of(i, 2, x=i, y=[i])))
        out.append((nothing(), nothing(a=i), nothing(b=i), rest(i), rest(i, 2, 3), rest(i, c=i)))
        out.append((a.m(i), a.m(i, 3), a.m(x=i), a.m(i, y=i)))
        b = A(i, x=i)
        out.append((b.args, b.names, A(y=i).names, A(i).args))
    return out

def dicts(n):
    out = []
    names = [{"b": 1}, {"b": 2, "c": 3}, {"c": 4, "b": 5}, {}, {"".join(["b"]): 6}, Names(b=1), OrderedDict(c=1, b=2), {"z": 1},
             {"a": 7}, {1: 2}, dict(zip("cb", "xy"))]
    def plain(a, b=1, *, c=2): return (a, b, c)
    for i in range(n):
        d = names[i // 6 % len(names)]
        try:
            out.append(plain(i, **d))
            out.append(g(i, **d))
            out.append(plain(i, **d, **{}))
            out.append(plain(*(i,), **d))
            out.append(plain(**d, a=i))
        except TypeError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        if i == 100: names[0]["c"] = 9
        if i == 130: del names[1]["b"]
        if i == 150: names[1]["b"] = [i]
    return out

def gaps(n):
    def plain(a=0, b=1): return (a, b)
    out = []
    d = {"x": 1, "a": 2, "b": 3}
    del d["x"]
    for i in range(n):
        d["a"] = i
        out.append(plain(**d))
        if i == 60:
            d = {"a": 0, "b": i}
    return out

def wrong(n):
    out = []
    for i in range(n):
        try:
            j = i // 4 % 6
            if j == 0: g()
            elif j == 1: g(i, a=i)
            elif j == 2: g(i, x=1)
            elif j == 3: k(b=1)
            elif j == 4: g(1, 2, 3)
            else: out.append(g(i, **{"b": 1}))
        except TypeError as error:
            tb, lines = error.__traceback__, []
            while tb is not None:
                lines.append((tb.tb_frame.f_code.co_qualname, tb.tb_lineno, sorted(tb.tb_frame.f_locals)))
                tb = tb.tb_next
            out.append((str(error), lines))
    return out

def ends(n):
    Noisy.heard.clear()
    def first(x, *rest, **names): return x.k, len(rest), sorted(names)
    passed = wrap(first)
    out = []
    for i in range(n):
        out.append((passed(Noisy(i)), len(Noisy.heard)))
        out.append((passed(Noisy(i), Noisy(-i), z=Noisy(i + 1)), len(Noisy.heard)))
        x = Noisy(i)
        d = {"x": x}
        out.append((passed(**d), sys.getrefcount(x), sys.getrefcount(d)))
        d = None
        x = None
        out.append(len(Noisy.heard))
    return out, Noisy.heard

def kept(n):
    seen, out = [], []
    def keep(*args, **names):
        seen.append((args, names))
        return names
    passed = wrap(keep)
    for i in range(n):
        d = {"x": i}
        e = passed(i, **d)
        e["y"] = i
        out.append((len(d), e is seen[-1][1], sys.getrefcount(e), sys.getrefcount(seen[-1][0])))
        f = keep(x=i)
        out.append(f)
    return out, seen[::17]

def frames(n):
    out = []
    def look(*args, **names):
        if args[0] % 40 == 39:
            f = sys._getframe(1)
            out.append((f.f_code.co_name, f.f_locals, sys._getframe().f_locals["names"]))
        return len(names)
    w = wrap(look)
    t = 0
    for i in range(n):
        t += w(i, x=i) + w(i)
    return t, [(a, sorted(str(x) for x in b if x != "f"), c) for a, b, c in out]

def bare(n):
    # There is no room on the caller's stack for what is made.
    def names_only(**names): return names
    def both(*rest, **names): return rest, names
    def three(a, *rest, **names): return a, rest, names
    def f(i):
        three(a=i)
        three(i)
        both()
        both(i)
        both(x=i)
        names_only()
        return names_only(x=i)
    for i in range(n):
        x = f(i)
    return x

FUNCTIONS = [bare, places, dicts, gaps, wrong, ends, kept, frames]

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
