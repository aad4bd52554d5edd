"""Returns from frames in memory that end something, calls of bound methods with defaults, and strings that grow.

Finalizers run where they run in tier 1, see the same frames, and may change what traces rely on.  Each check is made to fail in turn.
"""

import sys
import unittest

from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

LOOPS = {
    "a list ends with its frame": (
        """
        import time
        def g(x):
            l = [x, x]
            time.time().hex()
            return l[0]
        def f(n):
            t = 0
            for i in range(n):
                t += g(i)
            return t
        """,
        ["OPAQUE", "LEAVE_FRAME_ENDING", "CHECK_VALID"],
        [],
    ),
    "bound methods": (
        """
        class A:
            def m(self, x, y=2, z=3): return x + y + z
            def r(self, *rest): return rest
        def f(n):
            a, t = A(), 0
            m, r = a.m, a.r
            for i in range(n):
                t += m(i) + m(i, 5) + len(r(i, i)) + len(r())
            return t
        """,
        ["IADD", "IADD", "IADD"],
        ["OPAQUE"],
    ),
    "strings": (
        """
        def f(n):
            s = ""
            for i in range(n):
                s += "ab"
            return len(s)
        """,
        ["STR_APPEND"],
        ["OPAQUE"],
    ),
}

PROGRAM = """
import gc, sys, time, weakref

class Noisy:
    heard, hook = [], None
    def __init__(self, k): self.k = k
    def __del__(self):
        f, names = sys._getframe(1), []
        while f is not None and len(names) < 4:
            names.append((f.f_code.co_name, f.f_lineno))
            f = f.f_back
        Noisy.heard.append((self.k, names))
        if Noisy.hook is not None:
            Noisy.hook()

class Hold: pass

def called():
    return time.time().hex()

def ends(x, kind):
    if kind == 0:
        l = [x, Noisy(x)]
    elif kind == 1:
        l = {x: [x]}
    elif kind == 2:
        l = (i for i in (x, x))
        next(l)
    elif kind == 3:
        l = Hold()
        l.me = l
    elif kind == 4:
        l = Noisy(-x)
    elif kind == 5:
        l = weakref.ref(Hold(), lambda r: Noisy.heard.append(5))
    elif kind == 6:
        l = called.__get__(x)
    else:
        l = x
    called()
    y = l
    return x

def nothing(x, kind):
    l = [Noisy(x)] if kind & 1 else [x]
    called()

def itself(x):
    l = [x, [x]]
    called()
    return l if x & 1 else l[1]

def number(x):
    l = [x]
    y = x * 2.5
    called()
    return y + len(l)

def returns(n):
    Noisy.heard.clear()
    out, t = [], 0.5
    for i in range(n):
        a = i + 1
        t += a
        out.append(ends(i, i // 11 % 8))
        t += ends(i, i % 2 * 7)
        out.append((a, nothing(i, i), itself(i), number(i)))
        t += number(a)
    return out, t, Noisy.heard

def changing(n):
    # What ends changes the caller's locals, a class, a global.
    global factor
    out, t = [], 0
    class A:
        def m(self): return 1
    a, factor, k = A(), 1, 0
    def hook():
        global factor
        nonlocal a
        if k % 17 == 0:
            A.m = (lambda self: 2) if k % 2 else (lambda self: 1.5)
        if k % 23 == 0:
            factor = k
        if k % 29 == 0:
            sys._getframe(2).f_locals["t"] = 1000
        if k % 31 == 0:
            a = A()
    Noisy.hook = hook
    try:
        for k in range(n):
            ends(k, 0)
            t += a.m() * factor
            ends(k, 4)
            t += 1
            out.append(t)
    finally:
        Noisy.hook = None
    return out

def raising(n):
    # An exception in a finalizer is nobody's; one in the caller has its line.
    unraisable, out = [], []
    def hook(): raise ValueError("in hook")
    sys.unraisablehook = lambda info: unraisable.append(str(info.exc_value))
    Noisy.hook = hook
    try:
        for i in range(n):
            try:
                ends(i, 4)
                out.append([i][ends(i % 2, 0)])
            except IndexError as error:
                out.append(error.__traceback__.tb_lineno)
    finally:
        Noisy.hook = None
        sys.unraisablehook = sys.__unraisablehook__
    return out, unraisable

def deep(n):
    def down(k):
        l = [k, Noisy(k)] if k == 0 else [k]
        called()
        return k if k == 0 else down(k - 1) + len(l)
    return [down(i % 6) for i in range(n)]

class A:
    def __init__(self): self.k = 1
    def m(self, x, y=2, *rest): return (x, y, rest, self.k)
    def d(self, x=[], y=None): return (x, y, sys.getrefcount(self))
    def named(self, x, *, z=4, **more): return (x, z, more)

class Loud:
    def __call__(self, *args): return ("loud", args)

def methods(n):
    out = []
    a, b = A(), A()
    b.k = 2
    kinds = [a.m, b.m, a.d, a.named, lambda x, y=5: (x, y), Loud(), A.m.__get__(7.5 and b), len]
    for i in range(n):
        f = kinds[i // 9 % len(kinds)]
        for k in range(2):
            try:
                out.append(f(i))
                out.append(f(i, i))
                out.append(f(i, 1, 2, [i]))
                out.append(f())
            except TypeError as error:
                out.append((str(error), error.__traceback__.tb_lineno))
        # The method is the last to hold what it binds.
        try:
            out.append(A().m(i))
            g = A().m
            out.append((g(i), g(i, 3, 4)))
            g = None
        except TypeError as error:
            out.append(str(error))
        if i == n // 2:
            A.m.__defaults__ = (9,)
        if i == n // 2 + 20:
            A.m.__defaults__ = None
        if i == n // 2 + 40:
            A.m.__defaults__ = (2,)
    return out

class Text(str):
    def __add__(self, other): return Text("added")
    def __radd__(self, other): return "radded"

class Pair:
    def __init__(self, x): self.x = x

def strings(n):
    out, kept = [], []
    def inner(s, x):
        t = s
        s += x
        return s, t
    def argument(s):
        s += "!"
        s += "?"
        return s
    s = t = u = ""
    for i in range(n):
        s += "ab"
        if i % 7 == 0:
            t = s
        s += str(i) if i % 3 else ""
        if i % 11 == 0:
            kept.append(s)
        u = s
        u += "x"
        s += s if len(s) < 100 else ""
        p = Pair(s)
        s += "y"
        q = (s, i)
        s += "é" if i % 13 == 0 else "z"
        out.append((len(s), len(p.x), len(q[0]), len(u), s is t, hash(q[0]) == hash(q[0] + "")))
        out.append(inner(s, "i"))
        out.append(inner("new" + str(i), "j"))
        out.append(argument(str(i)) + argument("c"))
        if len(s) > 300:
            s = "α" if i % 2 else ""
        if i % 19 == 0:
            s = Text("sub")
            s += "x"
            s = str(s)
        if i % 23 == 0:
            try:
                s += i
            except TypeError as error:
                out.append((str(error), error.__traceback__.tb_lineno))
        d = {s: 1}
        s += "k"
        out.append(s in d)
        v = sys.intern("interned")
        v += "x"
        out.append((v, sys.getrefcount(v) if i % 2 else 0))
    return out, kept, t, u

print(returns(220), changing(200), raising(120), deep(150), methods(200), strings(200), sep="\\n")
"""


class FramesEnd(ForcedExits, OptimizedLoops, unittest.TestCase):
    program = PROGRAM
    expected_loops = LOOPS

    def test_strings_grow_in_place(self):
        # A copy each time would take hours.
        program = """if True:
            def f(n):
                s = ""
                for i in range(n):
                    s += "abcdefgh" * 10
                return len(s)
            print(f(200_000))
        """
        for settings in {"PYTHON_JIT_BACKEND": "interpreter"}, {"PYTHON_JIT_BACKEND": "native"}:
            self.assertEqual(run(program, **settings), "16000000\n")


if __name__ == "__main__":
    unittest.main()
