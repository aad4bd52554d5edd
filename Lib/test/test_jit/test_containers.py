"""Dicts, sets and strings in traces, and the lists, tuples, iterators and strings that traces make."""

import sys
import unittest

from test.test_jit.exits import ForcedExits, loops
from test.test_jit.test_typed import RUN_AND_COUNT

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

PROGRAM = """
import sys, gc

class Key:
    # Equal to an int, with its hash; tells where it is compared.
    def __init__(self, number):
        self.number = number
    def __hash__(self):
        return hash(self.number)
    def __eq__(self, other):
        frame = sys._getframe(1)
        log.append((self.number, frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
        return other == self.number

class Text(str):
    def __eq__(self, other):
        log.append(("text", sys._getframe(1).f_code.co_name))
        return str.__eq__(self, other)
    __hash__ = str.__hash__

log = []

def logged(f):
    def call(n):
        log.clear()
        value = f(n)
        return value, len(log), log[:3], log[-3:]
    return call

def values(n):
    d = {"a": 1, "b": 2.5, 3: "three", 4.0: 4, None: 5, (1, 2): 6, True: 7}
    t = 0
    for i in range(n):
        t += d["a"] + d["b"] + d[4] + d[None] + d[(1, 2)] + d[1 == 1] + len(d[3])
        if i == n // 2:
            d["a"] = 100
        if i == n - 40:
            del d["b"]
            d["b"] = [i][0]
    return t

def many(n):
    # Tables of all widths, with deleted entries, and keys that meet in one place.
    small = {k * 8: k for k in range(5)}
    middle = {k * 64: k for k in range(300)}
    wide = {k: -k for k in range(70000)}
    words = {str(k): k for k in range(500)}
    for k in range(0, 300, 3):
        del middle[k * 64]
    t = 0
    for i in range(n):
        t += small[(i % 5) * 8] + wide[i * 300] + words[str(i % 500)]
        k = i % 300 * 64
        if k in middle:
            t += middle[k]
        if -i not in wide:
            t += 1
        t += 2 * (str(i) in words) + (2**61 - 1 + i in small) + (-1 in small)
    return t

def gets(n):
    d, t = {"a": 1, 2: 3, None: [4]}, 0
    for i in range(n):
        t += d.get("a") + d.get(i & 3, 7) + d.get(None)[0] + (d.get("x") is None) + len(d.get(str(i), "none"))
        t += d.get(i, (1, 2)) != 3
        if i == n // 2:
            d["a"] = 5
        if i == n - 30:
            d = {**d, "x": 1, Key(2): 8}
    return t

def unbound_get(n, get=dict.get):
    # The dict is an argument, not what the method is bound to.
    d, t = {"k": 3}, 0
    for i in range(n):
        t += (dict.get(d, "k") or 0) + get(d, "x", 2) + get(d, "k", i)
    return t

def missing(n):
    d, t = {"a": 1}, 0
    for i in range(n):
        try:
            t += d["a" if i % 20 else "b"]
        except KeyError as error:
            t -= len(error.args[0]) + error.__traceback__.tb_lineno * 0
    return t

@logged
def compares(n):
    # Keys with code of users in the table, and as what is looked for.
    d, s = {5: 1, Key(7): 2, "x": 3}, {1, Key(2), "y"}
    t = 0
    for i in range(n):
        t += d[5] + d["x"]
        if i % 10 == 0:
            t += d[7] + (2 in s)
        if i % 30 == 0:
            t += d[Key(5)] + (Key(1) in s)
        t += (1 in s) + ("y" in s)
    return t

@logged
def subclasses(n):
    d = {Text("a"): 1, "b": 2}
    t = 0
    for i in range(n):
        t += d["b"]
        t += d["a"]
        if i % 40 == 0:
            t += d[Text("b")]
    return t

def unhashable(n):
    d, errors = {1: 1}, 0
    for i in range(n):
        try:
            d[[i] if i % 30 == 0 else 1]
        except TypeError:
            errors += 1
    return errors

def sets(n):
    small, large, frozen = {1, 2, 3}, set(range(0, 3000, 7)), frozenset("abc")
    for k in range(0, 1000, 14):
        large.discard(k)
    t = 0
    for i in range(n):
        t += (i in small) + (i * 7 in large) + ("b" in frozen) + ("bc" in frozen) + (i not in large)
        t += (1.0 in small) + (True in small) + ((1, 2) in small) + (None in small)
    return t

def namespaces(n):
    # The dict of an instance, whose values are in the instance or not.
    class Space:
        pass
    x = Space()
    x.a, x.b = 1, 2
    d, t = vars(x), 0
    for i in range(n):
        t += d["a"] + d["b"] + ("c" in d)
        x.a = i
        if i == n // 2:
            del x.b
            x.b = 7
        if i == n - 30:
            x.c = 1
    return t

def strings(n):
    a, b, t = "abc", "ab" + "cd"[:1], 0
    for i in range(n):
        t += (a == b) + 2 * (a != b) + 4 * (str(i) == "7") + 8 * (str(i) != str(i + i % 2))
        c = a + b
        d = c + str(i)
        if d == "abcabc100":
            t += 1000
        if c is a:
            t = -1
        e = a + ""
        t += (e is a) + ("" + "" is "") + len(c + d)
        if "\\xe9" + a == "\\u20ac" + b:
            t = -2
    return t, c, d

def typed_strings(n):
    class Named(str):
        def __eq__(self, other):
            return "named"
        def __add__(self, other):
            return 3
    out, a = [], "x"
    for i in range(n):
        b = Named("x") if i % 50 == 49 else "x"
        out.append((b == a, a == b, b + a))
    return out[45:55]

def made(n):
    out, t = [], 0
    for i in range(n):
        a = (i, i * 0.5, None)
        b = [a, i, [], [i]]
        c, d, e = a
        f, g = (lambda x, y: (y, x))(c, b)
        out.append((b, f))
        t += len(b) + len(a) + a[0] + b[3][0] + (f is b) + (b[0] is a) + (a[0] is a[0])
        out = out[-2:]
    return out, t

def identity(n):
    hits = 0
    x = 1000
    for i in range(n):
        y = x + i
        a = (y, y)
        b = [y, x]
        hits += (a[0] is a[1]) + 2 * (a[0] is b[0]) + 4 * (b[1] is x)
        u, v = a
        hits += 8 * (u is v)
    return hits

def iterators(n):
    t = 0
    d = {"a": 1, "b": 2}
    for i in range(n // 4):
        for j in (1, 2, i):
            t += j
        for j in [i, 3]:
            t += j
        for j in range(i % 4):
            t += j
        for k in d:
            t += len(k)
        for k, v in d.items():
            t += v
        for c in "xyz":
            t += c == "y"
        for p, q in zip((1, 2), [3, 4]):
            t += p * q
        for p, q in enumerate([5, i]):
            t += p * q
        for g in (m * 2 for m in (1, 2)):
            t += g
        for s in {i}:
            t += s
    return t

def changed(n):
    # An iterator whose list, or dict, changes.
    t = 0
    for i in range(n // 4):
        l = [1, 2, 3]
        for j in l:
            t += j
            if j < 3 and i % 7 == 0:
                l.append(9 if len(l) < 5 else 3)
        d = {1: 2}
        try:
            for k in d:
                t += k
                if i % 9 == 0:
                    d[i + 10] = 1
        except RuntimeError as error:
            t += len(str(error))
    return t

def collected(n):
    # The collector comes as often as without a trace.
    before = sum(s["collections"] for s in gc.get_stats())
    keep = []
    for i in range(n * 40):
        keep.append((i, [i]))
    return sum(s["collections"] for s in gc.get_stats()) - before > 0, len(keep)

def run():
    return [repr(f(200)) for f in (
        values, many, gets, unbound_get, missing, compares, subclasses, unhashable, sets, namespaces, strings,
        typed_strings, made, identity, iterators, changed, collected)]

""" + RUN_AND_COUNT

# source, operations of the loop from the first PHI on, and some that are not among them
LOOPS = {
    "values of a dict": (
        """
        def f(n):
            d, t = {"a": 1, 2: 3}, 0
            for i in range(n):
                t += d["a"] + d[i & 2 | 2] + d.get("b", 5)
            return t
        """,
        ["DICT_GET", "DICT_GET_OR", "IADD"],
        ["OPAQUE", "GUARD_EXACT"],
    ),
    "membership": (
        """
        def f(n):
            d, s, t = {"a": 1}, {3, 4}, 0
            for i in range(n):
                if "a" in d and i not in s:
                    t += 1
            return t
        """,
        ["SET_HAS"],
        ["OPAQUE", "DICT_HAS"],      # which has left the loop
    ),
    "strings": (
        """
        def f(n):
            a, t = "x", 0
            for i in range(n):
                b = a + "y"
                t += b != "xy"
            return t
        """,
        ["STR_CONCAT", "STR_EQ"],
        ["OPAQUE", "GUARD_STR"],
    ),
    "a tuple that is made to be unpacked": (
        """
        def f(n):
            def swap(x, y):
                return y, x
            t = 0
            for i in range(n):
                a, b = swap(i, t)
                t = a + b
            return t
        """,
        ["VIRTUAL_TUPLE", "IADD"],
        ["OPAQUE", "NEW_TUPLE", "GUARD_TUPLE", "TUPLE_GET", "UNBOX_INT"],
    ),
}


class LoopTests(unittest.TestCase):
    def test_optimized_loops(self):
        for name, (source, present, absent) in LOOPS.items():
            with self.subTest(name):
                found = loops(source)
                self.assertTrue(found)
                self.assertEqual([name for name in present if name not in found[0]], [], found[0])
                self.assertEqual([name for name in absent if name in found[0]], [], found[0])


class ExitTests(ForcedExits, unittest.TestCase):
    program = PROGRAM
    passes = "fold", "cse", "peel", "forward", "fold,cse,forward,dead,peel"


if __name__ == "__main__":
    unittest.main()
