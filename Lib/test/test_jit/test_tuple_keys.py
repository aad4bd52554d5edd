"""Tuples that are keys of dicts and sets: one that is only looked for is not made."""

import sys
import unittest

from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

PROGRAM = (
    """
def grid(n):
    seen, dist, t = {(0, 0)}, {}, 0
    for i in range(n):
        x, y = i % 11, i % 7
        if (x, y) not in seen:
            seen.add((x, y))
        if (x + 1, y) in dist:
            t += dist[x + 1, y]
        dist[x, y] = dist.get((x, y), 0) + dist.get((x - 1, y - 2), 1)
    return t, len(seen), sorted(dist.items())[:5], sorted(seen)[:5]

def numbers(n):
    # Ints of any size, -1 and -2, which have one hash, and what is equal to an int.
    big, t = {(i * 10**12, -i): i for i in range(40)}, []
    some = {(-1, 0): "a", (-2, 0): "b", (1, 2): "c", (2**62, 0): "d", (-2**63, 1): "e", (0.5, 1): "f"}
    for i in range(n):
        k = i % 50
        t.append(big.get((k * 10**12, -k)))
        t.append((some.get((-1 - i % 3, 0)), (1 + i % 2, 2) in some, some.get((i % 2, 1 + i % 2)), (i / 2, 1) in some))
        t.append((some[2**62, 0], some.get((-2**63, i % 3)), (2**61 - 1 + i, 0) in some))
    return t[:40], t[-40:]

def mixed(n):
    names, t = ["x", "y", "zz"], 0
    d = {(name, i): i for name in names for i in range(5)}
    e = {(None, True, 1.5, i): i for i in range(4)}
    for i in range(n):
        name = names[i % 3]
        t += d[name, i % 5] + ((name, i) in d) + e.get((None, True, 1.5, i % 6), 100) + d.get(("x" + str(i % 2), i % 5), 7)
    return t

def missing(n):
    d, out = {(i, i): i for i in range(0, 20, 2)}, []
    for i in range(n):
        try:
            out.append(d[i % 20, i % 20])
        except KeyError as error:
            out.append(error.args)
    return out[:30]

def objects(n):
    # Items that run code when they are compared, and such as are found by identity.
    ran = []
    class Same:
        def __init__(self, k): self.k = k
        def __hash__(self): return hash(self.k)
        def __eq__(self, other):
            ran.append(1)
            return self.k == other
    class Plain: pass
    o, d, t = Plain(), {(Same(3), 1): "same", (4, Same(1)): "second"}, 0
    d[o, 1] = "o"
    for i in range(n):
        t += ((3, 1) in d) + ((4, i % 3) in d) + ((o, 1) in d) + ((i, 2) in d) + (d[o, 1] == "o")
    return t, len(ran)

def kept(n):
    # A key that is stored is a tuple like others; so is one that is used again.
    d, s, out = {}, set(), []
    for i in range(n):
        key = (i % 9, i % 4)
        if key in s:
            out.append(key)
        else:
            s.add(key)
            d[key] = i
        t = (i, 1)
        out.append((t in s, t))
    return out[-3:], sorted(d.items())[:4], all(type(k) is tuple for k in d), [sys.getrefcount(k) - sys.getrefcount(object()) for k in [(1, n)]]

def of_classes(n):
    class Key(tuple): pass
    class Table(dict):
        def __missing__(self, key): return len(key)
    class Odd(dict):
        def __contains__(self, key): return True
        def __getitem__(self, key): return key
    a, b, c, t = Table({(1, 1): 5}), Odd(), {Key((1, 1)): 3}, []
    for i in range(n):
        k = i % 3
        t.append((a[k, k], (k, 1) in b, b[k, 2], c.get((k, k)), (k, k, k) in frozenset([(1, 1, 1)])))
    return t[:4], t[-4:]

def changes(n):
    # The table changes between two looks.
    d, t = {}, 0
    for i in range(n):
        x, y = i % 5, i % 3
        t += ((x, y) in d) + d.get((x, y), 0)
        d[x, y] = i
        t += d[x, y]
        if i % 4 == 0:
            del d[x, y]
        t += (x, y) in d
    return t, sorted(d.items())

def run():
    return [repr(f(240)) for f in (grid, numbers, mixed, missing, objects, kept, of_classes, changes)]
"""
    + RUN_AND_COUNT
)

LOOPS = {
    name: (
        f"""
        d = {{(x, y): x for x in range(9) for y in range(9)}}
        s = set(d)
        def f(n):
            t = 0
            for i in range(n):
                t += {look}
            return t
        """,
        ["KEY_INT", "KEY_TUPLE"],
        ["OPAQUE", "NEW_TUPLE", "BOX_INT"],
    )
    for name, look in (
        ("in a set", "(i % 9, i & 7) in s"),
        ("in a dict", "(i % 9, i & 7) in d"),
        ("of a dict", "d[i % 9, i & 7]"),
        ("or another value", "d.get((i % 9, i), 5)"),
    )
}


class LoopTests(OptimizedLoops, unittest.TestCase):
    expected_loops = LOOPS


class ExitTests(ForcedExits, unittest.TestCase):
    program = PROGRAM


if __name__ == "__main__":
    unittest.main()
