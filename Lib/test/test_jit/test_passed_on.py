"""Arguments that are passed on, as decorators do: `f(x, *args, **names)`, and lists in place of tuples."""

import sys
import unittest

from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

PROGRAM = (
    """
import functools, threading, types

def deco(f):
    @functools.wraps(f)
    def wrapper(*args, **names):
        return f(*args, **names)
    return wrapper

def method_deco(f):
    @functools.wraps(f)
    def wrapper(self, *args, **names):
        return f(self, *args, **names)
    return wrapper

@deco
def add(x, y=10, *more, z=0, **rest):
    return x + y + z + sum(more) + len(rest)

class A:
    base = 3
    @method_deco
    def get(self, x, y=2, **rest):
        return self.base + x + y + len(rest)
    @method_deco
    def none(self):
        return self.base

class B(A):
    def __init__(self, *args, **names):
        self.args, self.names = args, names
    def get(self, *args, **names):
        return 1 + super().get(*args, **names)

def passed(n):
    a, b, t = A(), B(1, k=2), 0
    for i in range(n):
        t += add(i) + add(i, 1) + add(i, 1, 2, 3) + add(i, z=4) + add(i, y=5, w=6)
        t += a.get(i) + a.get(i, y=3) + a.get(i, 4, q=i) + a.none() + b.get(i, y=7)
    return t

def changes_the_names(n):
    # Who is called has a dict of its own.
    def changes(**names):
        names["new"] = 1
        names.pop("x", None)
        return names
    def passes(*args, **names):
        got = changes(*args, **names)
        names["late"] = 2
        return got, names
    out = []
    for i in range(n):
        got, names = passes(x=i, y=2)
        out.append((sorted(got.items()), sorted(names.items()), got is names))
    return out[0], out[-1], len(out)

def kept_by_c(n):
    # A class in C that keeps the dict that it is called with.
    class Local(threading.local):
        pass
    def passes(make, *args, **names):
        made = make(*args, **names)
        names["late"] = 1
        return made
    t = []
    for i in range(n):
        make = types.SimpleNamespace if i % 5 else dict
        made = passes(make, x=i)
        t.append(sorted(vars(made)) if i % 5 else sorted(made))
        if i % 50 == 0:
            passes(Local)
    return t[:3], t[-3:]

def wrong(n):
    def one(x, **names):
        return x
    def passes(f, *args, **names):
        return f(1, *args, **names)
    t = []
    for i in range(n):
        try:
            passes(one, *([] if i % 7 else [5]), **({"x": 1} if i % 11 == 0 else {}))
        except TypeError as error:
            t.append(str(error).replace("wrong.<locals>.", ""))
    return len(t), sorted(set(t))

def other_mappings(n):
    class Names:
        def keys(self):
            return ["x", "y"]
        def __getitem__(self, key):
            return 5
    def take(x=1, y=2):
        return x + y
    def passes(f, names):
        return f(*(), **names)
    t = 0
    for i in range(n):
        t += passes(take, Names() if i % 6 == 0 else {"x": i} if i % 2 else {})
    return t

def lists(n):
    def two(x, y):
        return x * y
    def any_number(*args):
        return len(args)
    class Point:
        def __init__(self, x, y):
            self.x, self.y = x, y
    class Own(list): pass
    args, own, t = [1, 2], Own((3, 4)), 0
    for i in range(n):
        args[0] = i
        t += two(*args) + two(*[i, 3]) + any_number(*[i] * (i % 4)) + two(*own) + Point(*args).y + two(*{1: 2, 3: 4})
        if i == n * 2 // 3:
            args.append(9)
            args.pop()
    return t

def kinds(n):
    # The same place calls several functions.
    def f(*a): return len(a)
    def g(x, *a): return x
    def h(x, y, z): return z
    t = 0
    def call(function, *args):
        return function(1, *args)
    for i in range(n):
        t += call((f, g, h)[i % 3], i, 7)
    return t

def recursion(n):
    def walk(k, *args, **names):
        return walk(k - 1, *args, **names) + len(args) if k else names.get("x", 0)
    return [walk(i % 6, i, i, x=i) for i in range(n)][-5:]

def ends(n):
    seen = []
    class Loud:
        def __del__(self):
            seen.append(len(seen))
    def last(*args, **names):
        return len(args) + len(names)
    def passes(*args, **names):
        return last(0, *args, **names)
    t = 0
    for i in range(n):
        t += passes(Loud(), 1) if i % 20 == 0 else passes(i, x=[i])
        if i % 30 == 0:
            t += passes(x=Loud())
    return t, len(seen)

def seen_from_outside(n):
    # The frames between look at their locals.
    def inner(*args, **names):
        return sys._getframe(1).f_locals
    def passes(*args, **names):
        return inner(3, *args, **names)
    out = []
    for i in range(n):
        found = passes(i, k=i)
        if i % 60 == 0:
            out.append((found["args"], found["names"]))
    return out

def with_more(n):
    # Names of the call's own, in front of those that are passed on.
    def leaf(x, y=1, z=2, **rest): return x, y, z, rest
    def few(x, y=1): return x, y
    class C:
        def __init__(self): self.kept = [0.5, "a"]
        def __repr__(self): return "C"
        def visit(self, x, depth=0, **names):
            return self.show(x, depth=depth + 1, **names), leaf(x, y=self.kept[x & 1], **names)
        def show(self, x, depth, **names):
            return leaf(x, z=depth, y=self, **names)[1:3] + leaf(x, a=x, b=names, **names)[3:]
    def passes(f, x, **names):
        try:
            return f(x, y=x * 2, **names)
        except TypeError as error:
            return str(error)
    out, c, t = [], C(), 0
    for i in range(n):
        t += len(c.visit(i, depth=i, k=1)) + len(c.visit(i)) + passes(few, i)[1]
        if i % 40 == 3:
            out.append((c.visit(i, k=2, l=i)[1], c.visit(i, 5)[0][0], passes(leaf, i, z=i), passes(few, i, y=1), passes(few, i, w=2)))
    return out, t

def ends_with_more(n):
    seen = []
    class Noisy:
        def __init__(self, k): self.k = k
        def __del__(self): seen.append(self.k)
    def last(x, **names): return len(seen) + names.get("k", 0)
    def first(x, y, k): return len(seen)
    def passes(f, x, **names):
        return f(x, y=Noisy(x), **names)
    t = 0
    for i in range(n):
        t += passes(last, i, k=i) + passes(first, i, k=Noisy(-i))
    return t, seen[:9], len(seen)

def run():
    return [repr(f(240)) for f in (
        with_more, ends_with_more, passed, changes_the_names, kept_by_c, wrong, other_mappings, lists, kinds, recursion, ends, seen_from_outside)]
"""
    + RUN_AND_COUNT
)

LOOPS = {
    "a decorated method": (
        """
        def deco(f):
            def wrapper(self, *args, **names):
                return f(self, *args, **names)
            return wrapper
        class A:
            @deco
            def add(self, x, y):
                return x + y
        def f(n):
            a, t = A(), 0
            for i in range(n):
                t += a.add(i, y=1) + a.add(i, 2)
            return t
        """,
        ["IADD"],
        ["OPAQUE", "NEW_TUPLE", "NEW_LIST", "CHANGE_LEAF"],
    ),
    "a name more": (
        """
        def g(x, y, k, z=3):
            return x + y + k
        class A:
            def add(self, x, **names):
                return g(x, y=x + 1, **names)
        def f(n):
            a, t = A(), 0
            for i in range(n):
                t += a.add(i, k=2)
            return t
        """,
        ["IADD"],
        ["OPAQUE", "NEW_TUPLE", "CHANGE_LEAF", "BOX_INT"],
    ),
    "a list of arguments": (
        """
        def g(x, y):
            return x + y
        def f(n):
            args, t = [1, 2], 0
            for i in range(n):
                args[0] = i
                t += g(*args) + i
            return t
        """,
        ["LIST_GET"],
        ["OPAQUE", "CALL_LEAF"],
    ),
}


class LoopTests(OptimizedLoops, unittest.TestCase):
    expected_loops = LOOPS


class ExitTests(ForcedExits, unittest.TestCase):
    program = PROGRAM


if __name__ == "__main__":
    unittest.main()
