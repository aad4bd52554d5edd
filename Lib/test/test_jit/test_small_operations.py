"""Small operations of builtin types: the algebra of sets, getters, functions of C, short iterators, entries of tuples."""

import sys
import unittest

from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT, run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

PROGRAM = """
import datetime, itertools, math, operator, random, struct, sys
from collections import deque
from decimal import Decimal

class Loud:
    heard = []
    def __init__(self, k): self.k = k
    def __del__(self): Loud.heard.append(self.k)
    def __repr__(self): return "Loud"

class Key:
    # Keys of few hashes, which are compared.
    def __init__(self, k): self.k = k
    def __hash__(self): return self.k & 1
    def __eq__(self, other):
        Loud.heard.append("eq")
        if self.k == 13: raise LookupError("unlucky")
        return isinstance(other, Key) and self.k == other.k
    def __repr__(self): return "Key"

class OwnSet(set): pass

def attempt(out, f, *args):
    try:
        out.append(f(*args))
    except Exception as error:
        place = error.__traceback__
        while place.tb_next is not None:
            place = place.tb_next
        out.append((type(error).__name__, str(error), place.tb_lineno))
        place = None               # no cycle, which would end some time

def operators(x, y): return x & y, x | y, x - y, x ^ y
def comparisons(x, y): return x == y, x != y, x < y, x <= y, x > y, x >= y
def methods(x, y):
    return (x.union(y), x.intersection(y), x.difference(y), x.symmetric_difference(y), x.issubset(y), x.issuperset(y), x.isdisjoint(y))
def in_place(x, y):
    z = x.copy(); z |= y
    return z, x

def shown(result):
    return [(type(o).__name__, list(o), sys.getsizeof(o)) if isinstance(o, (set, frozenset)) else o for o in result]

def algebra(n):
    # In the order of the tables, which grow, and have holes.
    Loud.heard.clear()
    rng, out = random.Random(5), []
    holes = set(range(40))
    for i in range(0, 40, 3): holes.discard(i)
    some = [set(rng.sample(range(500), size)) for size in (0, 1, 4, 5, 19, 20, 90)]
    some += [holes, frozenset(some[4]), frozenset(), {(3, 4), 7.5, (1, 2), None, 1.5}, {(3, 4), (1, 2), 2**70, True},
             {-1, -2, 2**61 - 2, 2**61 - 3}, {0, 2**61 - 1, 2 * (2**61 - 1)}, OwnSet([1, 2, 3]), [1, 2]]
    for i in range(n):
        x, y = some[i % len(some)], some[i * 7 % len(some)]
        for f in operators, comparisons, methods, in_place:
            before = len(out)
            attempt(out, f, x, y)
            if isinstance(out[-1][0], (set, frozenset)): out[-1] = shown(out[-1])
    return out

def loud_keys(n):
    # What is compared tells, and may fail.
    Loud.heard.clear()
    out, keys = [], [Key(k) for k in (1, 2, 3, 4, 13, 6)]
    sets = [{keys[0], 5, None}, {keys[1], keys[2]}, {keys[4], 7}, {1, 0, None}, {Key(2), 3}, {keys[5], 8}, set()]
    for i in range(n):
        x, y = sets[i % 7], sets[i * 3 % 7]
        for f in operators, comparisons, methods, in_place:
            before = len(Loud.heard)
            attempt(out, f, x, y)
            out[-1] = repr(shown(out[-1]) if isinstance(out[-1], tuple) else out[-1]), len(Loud.heard) - before
    return out[:60], out[-60:], len(Loud.heard)

def ends(n):
    # Elements that end with what is made of them, and containers in containers.
    Loud.heard.clear()
    out = []
    for i in range(n):
        k = {Loud(i), i}
        x = [i, [i], (i, [i])]
        if i % 7 == 3: x[1].append(Loud(-i))
        if i % 7 == 5: x = [x, x, [[[Loud(i)]]]]
        y = {"a": [i], (i, 1): (i,), "b": x if i & 1 else [Loud(i)]}
        z = {(i, 1), (1, (i, 2)), frozenset([i])}
        w = [(i, 1), (i, z if i % 5 == 4 else i)]
        u = len((k | {i}) - {i})
        out.append((len(x), len(y), len(z), len(w), u, len(Loud.heard)))
        k = None
    x = y = w = z = None
    return out, Loud.heard[:50], len(Loud.heard)

class Rec:
    def __init__(self, a, b): self.a, self.b = a, b
    @property
    def p(self): Loud.heard.append("p"); return self.a
    def __getattr__(self, name): Loud.heard.append(name); return 7
    def __repr__(self): return "Rec"
class Items:
    def __getitem__(self, i): Loud.heard.append("get"); return i

def getters(n):
    Loud.heard.clear()
    first, second, name, both = operator.itemgetter(0), operator.itemgetter(-1), operator.itemgetter("a"), operator.itemgetter(1, 0)
    a, ab, deep, p = operator.attrgetter("a"), operator.attrgetter("a", "b"), operator.attrgetter("a.a", "b"), operator.attrgetter("p")
    part, missing = operator.itemgetter(slice(1, 3)), operator.attrgetter("zz")
    out, rec = [], Rec(Rec(1, 2), 3)
    objects = [(1, 2), [3, 4, 5], {"a": 1, 0: 2, 1: 3}, "xyz", Items(), b"ab", deque([7, 8]), (), 5]
    for i in range(n):
        o = objects[i % 9 if i % 3 else 0]
        attempt(out, first, o)
        attempt(out, second, o)
        attempt(out, name, o)
        attempt(out, both, o)
        attempt(out, part, o)
        r = rec if i % 4 else Rec(rec, i)
        attempt(out, a, r)
        attempt(out, ab, r)
        attempt(out, deep, r)
        attempt(out, p, r)
        attempt(out, missing, r)
        t = first((i, 2)) + both([1, i])[0] + a(Rec(i, 2))
        out.append(t)
    return out, len(Loud.heard)

def functions(n):
    # Functions of C that are called without a look at what they are; `self` of another type.
    out, rng = [], random.Random(3)
    s = struct.Struct("<IH")
    for i in range(n):
        o = i if i % 10 else 1.5 if i % 20 else "a"
        attempt(out, int.to_bytes, o, 4, "big")
        attempt(out, int.bit_count, o)
        attempt(out, rng.getrandbits, o)
        attempt(out, s.unpack, s.pack(i, 3))
        attempt(out, struct.pack, "<I", o)
        attempt(out, operator.add, o, 2)
        attempt(out, operator.mod, "%d", o)
        attempt(out, operator.pow, -8, 1 / 3)
        out.append((i.to_bytes(3, "little"), int.from_bytes(b"ab", "big"), operator.lt(i, 3), operator.add("a", "b"), operator.neg(i)))
        if i % 16 == 9:
            attempt(out, operator.floordiv, i, 0)
    return out

def spread(n):
    # Arguments from tuples and lists.
    Loud.heard.clear()
    out, some = [], [(3, 1, 2), [5, 4], (1,), (), ([1, 2],), ("b", "a"), (1, "a"), (1.5, 2, True), (Key(1), Key(2)), range(3), {1: 2}, (1, 2) * 9]
    for i in range(n):
        a = some[i % 12]
        for f in max, min, math.gcd, math.hypot, struct.pack, pow, abs, complex, itertools.chain, datetime.timedelta, "{}".format:
            attempt(out, f, *a)
        b = (i, 2, i % 5)
        c = ["<IHB", i, 3, 4]
        out.append((max(*b), min(*b, i), struct.pack(*c), math.gcd(*b), list(itertools.chain(*[[i], b])), len(Loud.heard)))
    return [str(x) if "object at" not in str(x) else type(x).__name__ for x in out]

def values(n):
    # Complex numbers, dates, decimals; time zones and classes of users are asked.
    Loud.heard.clear()
    class Zone(datetime.tzinfo):
        def __init__(self, k): self.k = k
        def utcoffset(self, when): Loud.heard.append("zone"); return datetime.timedelta(minutes=self.k)
        def dst(self, when): return None
        def __del__(self): Loud.heard.append("end")
    class Own(Decimal):
        def __add__(self, other): Loud.heard.append("add"); return 1
    z, c, d, day = 0j, 0.3 + 0.2j, Decimal("1.10"), datetime.date(2020, 1, 31)
    when, out = datetime.datetime(2020, 1, 1, 12, 30), []
    for i in range(n):
        z = z * z + c if abs(z) < 2 else z / (i + 1) - 1
        d = (d * 3 - i) / 7 if i % 5 else d.quantize(Decimal("0.01"))
        day += datetime.timedelta(1)
        later = when + datetime.timedelta(i, 5)
        out.append((z, d, day, later, (later - when).days, later > when, z == c, d < 5, abs(d), day.year + day.month, day.weekday()))
        out.append((day.isoformat(), datetime.timedelta(i).total_seconds() * 2, complex(i, 1).imag, datetime.date(2020, i % 12 + 1, 3), z.real))
        x, y = (d, when, z, c, 1, 2.5, datetime.timedelta(i), Own(i), day, None)[i % 10], (1, d, 0, Own(1), day, when, None, c, "a", 2**200)[i * 7 % 10]
        for f in operator.add, operator.sub, operator.mul, operator.truediv, operator.lt, operator.eq: attempt(out, f, x, y)
        for op in range(3):
            try:
                out.append(x + y if op == 0 else x * y if op == 1 else x < y)
            except Exception as error: out.append(str(error))
        zoned = datetime.datetime(2020, 1, 1, i % 24, tzinfo=Zone(i) if i % 3 == 0 else datetime.timezone.utc)
        other = zoned + datetime.timedelta(1)
        out.append((zoned < other, (other - zoned).days, zoned.isoformat(), len(Loud.heard)))
        zoned = other = None
        attempt(out, datetime.date, 2020, 13, i)
        attempt(out, lambda: Decimal(1) / (i % 2))
    return list(map(str, out)), Loud.heard[-20:]

def iterators(n):
    Loud.heard.clear()
    out, a, t = [], [1, 2, 3, 4, 5, 6], (7, 8)
    class Own:
        def __iter__(self): Loud.heard.append("iter"); return iter([1, 2])
    for i in range(n):
        got = []
        for x in itertools.islice(a, 2, 5): got.append(x)
        for x in itertools.islice(a, i % 8, None, 2): got.append(x)
        for x in itertools.islice(iter(range(i)), 3, i % 5 + 2): got.append(x)
        for x in itertools.chain(a, t, "xy", {1: 2}, range(2)): got.append(x)
        for x in itertools.chain(t, [], a[:1] if i % 3 else Own()): got.append(x)
        for x in itertools.chain.from_iterable([t, a[:2], (i,)]): got.append(x)
        for x, y in itertools.product(t, [i, Loud(i)] if i % 11 == 3 else t): got.append(x)
        for x, y in itertools.combinations([i, i + 1, i + 2], 2): got.append((x, y))
        for x, y in itertools.permutations(t, 2): got.append(x - y)
        for x in itertools.repeat(Loud(-i) if i % 13 == 4 else i, 2): got.append(1)
        d = deque([i, 2, 3], i % 3 + 1)
        for x in d: got.append(x)
        for x in reversed(d): got.append(x)
        it = iter(a)
        for x in itertools.islice(it, 1, 3): got.append(x)
        got.append(list(it))
        for x in itertools.chain([[Loud(i)]] if i % 9 == 2 else a, a): got.append(len(Loud.heard))
        x = y = None
        out.append((got, len(Loud.heard)))
    return out[:30], out[-30:], Loud.heard[:60]

def entries(n):
    # A value takes the place of another one under a tuple, which is not kept.
    Loud.heard.clear()
    d, e, out = {}, {(x, y): 0 for x in range(5) for y in range(3)}, []
    for i in range(n):
        x, y = i % 5, i % 3
        e[x, y] = i
        e[x, y] = [i]
        e[x, y] = Loud(i) if i % 17 == 8 else (i,)
        d[x, 10**12 + i % 40] = i
        d["a", x] = d.get(("a", x), 0) + y
        key = (x, y)
        e[key] = key
        out.append((len(d), len(e), key is e[key], len(Loud.heard)))
    return out, sorted(map(repr, e.items())), sorted(map(repr, d.items())), all(type(k) is tuple for k in d)
"""


RUN = """
def run():
    return [repr(f(n)) for f, n in ({})]
"""

# Tables of this size grow more slowly; to walk one would take long.
LARGE = """
def f(n):
    large, out = set(range(60000)), []
    for i in range(n):
        out.append((len(large & {i, -5}), len({i, -i} - large), {i} <= large, large.isdisjoint({i}), i in large - {i}))
    return out, list(large | {-1, -2})[-3:], list(large ^ {5, -1})[:9]
print(f(60))
"""


def loop(step, before="pass"):
    return f"""
        import datetime, itertools, operator
        from collections import deque
        from decimal import Decimal
        class R: a = 5
        def f(n):
            t, a, b = 0, {{1, 2, 3, 5}}, frozenset([2, 3, 9])
            xs, d, x, y = [1, 2, 3, 4, 5, 6], {{(1, 2): 3}}, 1, 2
            {before}
            for i in range(n):
                {step}
            return t
        """


LOOPS = {
    f"set {name}": (loop(step), wanted, ["OPAQUE"])
    for name, step, wanted in (
        ("&", "t += len(a & b)", ["CALL_LEAF"]),
        ("|", "t += len(a | b)", ["CALL_LEAF"]),
        ("-", "t += len(a - b)", ["CALL_LEAF"]),
        ("^", "t += len(a ^ b)", ["CALL_LEAF"]),
        ("update", "a.update(b)", ["CHANGE_LEAF"]),
        ("<=", "t += a <= b", ["ASK_LEAF"]),
        ("==", "t += a == b", ["ASK_LEAF"]),
        ("truth", "if a & b: t += 1", ["CALL_LEAF"]),
        ("methods", "t += len(a.union(b)) + b.isdisjoint(a) + a.issubset(b)", ["CALL_LEAF", "CALL_LEAF", "CALL_LEAF"]),
    )
}
LOOPS |= {
    name: (loop(step, before), wanted, ["OPAQUE", *absent])
    for name, step, before, wanted, absent in (
        ("item", "t += g(xs)", "g = operator.itemgetter(1)", ["CALL_LEAF"], []),
        ("attribute", "t += g(r)", "g = operator.attrgetter('a'); r = R()", ["CALL_LEAF"], []),
        ("spread", "t += max(*xs) + min(*(i, 2))", "pass", ["CALL_LEAF", "CALL_LEAF"], []),
        ("item by a function", "t += g(xs, 2)", "g = operator.getitem", ["CALL_LEAF"], []),
        ("complex numbers", "z = z * z + c", "z = c = 0.1j", ["CALL_LEAF", "CALL_LEAF"], ["GUARD_QUIET"]),
        ("dates", "t += (later - day).days", "day = datetime.date(2020, 1, 2); later = datetime.date(2021, 1, 2)", ["CALL_LEAF"], []),
        ("decimals", "t += (m + 1) > m", "m = Decimal('1.5')", ["CALL_LEAF", "ASK_LEAF"], []),
        ("known entry", "d[x, y] = i", "pass", ["KEY_TUPLE", "DICT_SET"], ["NEW_TUPLE"]),
    )
}
LOOPS |= {
    name: (loop(step), ["ITER_NEXT", "IADD"], ["OPAQUE"])
    for name, step in (
        ("islice", "for k in itertools.islice(xs, 2, 6): t += k"),
        ("chain", "for k in itertools.chain(xs, xs): t += k"),
    )
}


class Containers(ForcedExits, unittest.TestCase):
    program = PROGRAM + RUN.format("(algebra, 50), (loud_keys, 56), (ends, 60), (entries, 80)") + RUN_AND_COUNT


class Values(ForcedExits, unittest.TestCase):
    program = PROGRAM + RUN.format("(getters, 54), (functions, 50), (spread, 48), (values, 50)") + RUN_AND_COUNT


class Iterators(ForcedExits, unittest.TestCase):
    program = PROGRAM + RUN.format("(iterators, 40),") + RUN_AND_COUNT


class LargeSets(unittest.TestCase):
    def test_large_sets(self):
        self.assertEqual(run(LARGE), run(LARGE, PYTHON_JIT="0"))


class Loops(OptimizedLoops, unittest.TestCase):
    expected_loops = LOOPS


if __name__ == "__main__":
    unittest.main()
