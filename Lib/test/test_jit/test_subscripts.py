"""Typed traces: numbers of arrays, negative indexes, and calls and constants of classes.

`LOOPS` gives functions with operations of their loops, in this order, and one that is not in them; `PROGRAM`
is run with each check of its traces made to fail in turn, and its results and the references it leaves are
compared with tier 1.
"""

import json
import textwrap
import unittest

from test.test_jit.exits import ForcedExits, in_order
from test.test_jit.test_typed import RUN_AND_COUNT, operations, run

CLASSES = """
from array import array

class Grid:
    scale = 3
    def __init__(self):
        self.rows = [array("d", [k, k + 1, k + 2]) for k in range(4)]
        self.k = 2
    def __getitem__(self, i):
        return self.rows[i]
    @property
    def last(self):
        return self.k
"""

LOOPS = {
    "array of doubles": (
        """
        a = array("d", [0.5]) * 8
        for i in range(n):
            a[i & 7] = a[(i + 1) & 7] * 0.5 + 1
        """,
        "PHI GUARD_ARRAY_INDEX ARRAY_GET_DOUBLE FMUL FADD GUARD_ARRAY_INDEX ARRAY_SET_DOUBLE LOOP",
        "GUARD_TYPE_VERSION",
    ),
    "slices": (
        """
        a, p, s = [1, 2, 3, 4], (5, 6, 7, 8), "abcd"
        t = 0
        for i in range(n):
            t += len(a[1:i & 3]) + len(p[i & 1:]) + len(s[-2:i])
        """,
        "PHI SLICE SLICE SLICE IADD LOOP",
        "BINARY_SLICE",
    ),
    "array of ints": (
        """
        a = array("i", range(8))
        t = 0
        for i in range(n):
            a[i & 7] += 1
            t += a[-1]
        """,
        "PHI GUARD_ARRAY_INDEX ARRAY_GET_INT IADD ARRAY_SET_INT ARRAY_GET_INT IADD LOOP",
        "ARRAY_SIZE",
    ),
    "from the end": (
        """
        a, p = [1, 2, 3], (4, 5, 6)
        t = 0
        for i in range(n):
            a[0] = i
            t += a[-3] + p[-1]
        """,
        "PHI LIST_GET UNBOX_INT IADD IADD LOOP",
        "TUPLE_GET",
    ),
    "methods of the class": (
        """
        g = Grid()
        t = 0.0
        for i in range(n):
            t += g[i & 3][1] * g.last + g.scale
        """,
        "PHI PHI RANGE_NEXT IAND GUARD_LIST_INDEX LIST_GET ARRAY_GET_DOUBLE FMUL FADD FADD LOOP",
        "OPAQUE",
    ),
}

PROGRAM = (
    """
import gc, sys
"""
    + CLASSES
    + """
KINDS = "bBhHiIlLqQfd"

def all_kinds(n):
    out = []
    for kind in KINDS:
        a = array(kind, range(20))
        t = 0
        for i in range(n // 2):
            t += a[i % 20] + a[-3]
            a[i % 19] = i % 100
            a[-1] = 3
        out.append((t, list(a)))
    return out

def limits(n):
    out = []
    for kind, top in ("B", 256), ("i", 2**31), ("q", 2**63), ("d", 2**63), ("l", 2**62):
        a = array(kind, [0]) * 3
        k = top - 100
        for i in range(n):
            try:
                a[i % 3] = k
                a[1] = -k
            except (OverflowError, TypeError) as error:
                out.append((kind, i, str(error), error.__traceback__.tb_lineno))
            k += 1
            if i % 90 == 80:
                k = 0.5 if i < 100 else top - 50
        out.append(list(a))
    return out

def indexes(n):
    out = []
    a, l, t = array("d", [1, 2, 3]), [4, 5, 6], (7, 8, 9)
    for i in range(n):
        k = i % 7 - 3
        try:
            out.append(a[k])
            out.append(l[k] + t[k])
            a[k] = i
            l[-2] = k
            out.append(l[-1] + t[-3])
        except IndexError as error:
            out.append((i, str(error), error.__traceback__.tb_lineno))
        if i == 150:
            l.append(5)
            a.append(0.5)
        if i == 180:
            del l[1:], a[1:]
    return out, a.tolist(), l

def others(n):
    a, m, s, d = array("i", [1, 2, 3]), bytearray(b"abc"), "xyz", {0: 5, 1: 6, 2: 7}
    view = memoryview(a)
    things = [a, array("d", [0.5, 1.5, 2.5]), m, d, [4, 5, 6], view]
    out = []
    for i in range(n):
        thing = things[i % 6]
        out.append(thing[i % 3])
        thing[i % 3] = i % 100
        a[1] += 1
        out.append((view[1], a[1], s[i % 3]))
    return out, a, m

class Mine(array):
    def __getitem__(self, i):
        return -1
    pass

class Yours(array):
    pass

def subclasses(n):
    out = []
    things = [array("d", [1, 2]), Mine("d", [3, 4]), Yours("d", [5, 6])]
    for i in range(n):
        thing = things[i % 3]
        out.append(thing[0])
        thing[0] = i
        out.append(thing[-1])
    return out

def identities(n):
    a = array("d", [1e9, 2.5])
    b = array("q", [2**40, 5])
    same = 0
    for i in range(n):
        x = a[0]
        y = a[0]
        z = b[0]
        same += (x is y) + 2 * (z is b[0]) + 4 * (x is x)
        a[1] = x
        same += 8 * (a[1] is x)
    return same

def grids(n):
    g = Grid()
    t = 0
    for i in range(n):
        t += g[i & 3][1] * g.last + g.scale
        g[i & 3][2] += g[-1][0]
        g.k = i & 7
        if i == 90:
            Grid.scale = 0.5
        if i == 120:
            g.scale = 7
        if i == 150:
            Grid.__getitem__ = lambda self, i: self.rows[0]
        if i == 170:
            Grid.last = property(lambda self: 1.5)
        if i == 190:
            Grid.__getitem__.__code__ = (lambda self, i: self.rows[1]).__code__
    Grid.scale = 3
    Grid.__getitem__ = GETITEM
    Grid.last = LAST
    return t, g.rows

GETITEM, LAST = Grid.__getitem__, Grid.last

def slices(n):
    a, p, s = [1, 2.5, 3, [4]], (7, "b", 9.5, ()), "abc\u20acd"
    out = []
    bounds = [None, 0, 1, -1, 3, -3, 9, -9, 2**40, -(2**62), 2**70]
    for i in range(n):
        x, y = bounds[i % 11], bounds[i // 7 % 11]
        b, q = a[x:y], p[x:y]
        out.append((b, b is a, q, q is p, s[x:y], s[x:y] is s, a[1:3][0], p[:][1:][0], s[2:][1:]))
        out.append(([][x:y], ()[x:y]))
        if i % 60 == 59:
            a.append(i)
    for other in bytearray(b"abcd"), range(9), Sliced(), [1, 2, 3]:
        for i in range(n // 4):
            out.append(other[1:i % 4])
    return out

def slices_raise(n):
    out = []
    for i in range(n):
        try:
            out.append([1, 2, 3][i % 3:0.5 if i % 50 == 49 else 3])
        except TypeError as error:
            out.append(str(error))
    return out

class Sliced:
    def __getitem__(self, i): return i

class Fails:
    def __getitem__(self, i):
        if i % 40 == 39:
            raise KeyError(i)
        return i + 1
    @property
    def value(self):
        frame = sys._getframe(1)
        return frame.f_lineno - frame.f_code.co_firstlineno

def errors(n):
    f = Fails()
    out = []
    for i in range(n):
        try:
            out.append(f[i] + f.value)
        except KeyError as error:
            step = error.__traceback__
            out.append((step.tb_lineno, step.tb_next.tb_lineno, error.args))
    return out

FUNCTIONS = [all_kinds, limits, indexes, others, subclasses, identities, grids, slices, slices_raise, errors]

def run():
    return [repr(f(240)) for f in FUNCTIONS]

"""
    + RUN_AND_COUNT
)


class LoopTests(unittest.TestCase):
    def test_loops(self):
        for name, (body, expected, absent) in LOOPS.items():
            with self.subTest(name):
                program = CLASSES + "\ndef f(n):\n" + textwrap.indent(textwrap.dedent(body), "    ")
                program += "\nimport sys, json\nf(500)\nprint(json.dumps(sys._jit._ir_traces()))\n"
                loops = [operations(text) for text in json.loads(run(program)) if "<string>" in text]
                good = [x for x in loops if x[-1] == "LOOP" and absent not in x]
                self.assertTrue(any(in_order(expected.split(), loop) for loop in good), loops)


class ExitTests(ForcedExits, unittest.TestCase):
    """Every check fails in turn."""

    program = PROGRAM


if __name__ == "__main__":
    unittest.main()
