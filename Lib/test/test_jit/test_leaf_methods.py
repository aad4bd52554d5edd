"""Methods that look for items or take some out, classes derived from dict, ordered lists, parts of `match`: C is called directly."""

import textwrap
import unittest

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT

PROGRAM = """
import gc, itertools, math, random, struct, sys, time, zlib
from bisect import bisect_left, bisect_right, insort_left, insort_right
from collections import Counter, OrderedDict, defaultdict, deque
from heapq import heapify, heappop, heappush, heappushpop, heapreplace

class Loud:
    heard = []
    def __init__(self, k): self.k = k
    def __del__(self): Loud.heard.append(self.k)
    def __repr__(self): return "Loud"

class Compared(Loud):
    def __lt__(self, other): Loud.heard.append("lt"); return self.k < getattr(other, "k", other)
    def __gt__(self, other): Loud.heard.append("gt"); return self.k > getattr(other, "k", other)
    def __eq__(self, other): Loud.heard.append("eq"); return isinstance(other, Compared) and self.k == other.k
    def __hash__(self): Loud.heard.append("hash"); return 3
    def __bool__(self): Loud.heard.append("bool"); return self.k > 3
    def __index__(self): Loud.heard.append("index"); return 1
    def __float__(self): Loud.heard.append("float"); return 1.5

def attempt(out, f, *args):
    try:
        out.append(f(*args))
    except Exception as error:
        place = error.__traceback__
        while place.tb_next is not None:
            place = place.tb_next
        out.append((type(error).__name__, str(error), place.tb_lineno))
        place = None               # no cycle, which would end some time

class Zero(int):
    def __new__(cls): Loud.heard.append("zero"); return int.__new__(cls)

class Own(dict): pass
class Missing(dict):
    def __missing__(self, key): Loud.heard.append("missing"); return key
class Stores(dict):
    def __setitem__(self, key, value): Loud.heard.append("set"); dict.__setitem__(self, key, value)
class Loads(dict):
    def __getitem__(self, key): Loud.heard.append("get"); return dict.__getitem__(self, key)
    def __contains__(self, key): Loud.heard.append("in"); return False

def derived(n):
    Loud.heard.clear()
    out = []
    for make in (Own, Missing, Stores, Loads, Counter, OrderedDict, lambda: defaultdict(int), lambda: defaultdict(list),
                 lambda: defaultdict(lambda: Loud.heard.append("made") or 5), lambda: defaultdict(None), lambda: defaultdict(Zero)):
        d = make()
        for i in range(n):
            try:
                d[i % 7] = i
                d[i % 7] += 1
                d["a", i & 3] = [i]
                out.append((d[i % 7], 3 in d, (i & 15) in d, len(d), d.get(i, 5), ("a", i & 7) in d))
                out.append(d[i & 15])
            except (KeyError, TypeError) as error:
                out.append((str(error), error.__traceback__.tb_lineno))
            if i % 9 == 8:
                d[3] = Loud(i)
                d[3] = i
                d[Compared(i)] = 1
                out.append(len(Loud.heard))
        out.append((type(d).__name__, len(d), len(Loud.heard)))
    return out, Loud.heard[:200]

def changing(n):
    class Late(dict): pass
    out, d = [], Late()
    for i in range(n):
        d[i & 7] = i
        out.append((d[i & 7], i in d))
        if i == n // 3: Late.__setitem__ = lambda self, k, v: dict.__setitem__(self, k, -v)
        if i == n // 2: Late.__getitem__ = lambda self, k: "mine"
        if i == n // 2 + 9: Late.__contains__ = lambda self, k: "in"
        if i == n - 9: del Late.__getitem__, Late.__setitem__
    return out

def made(n):
    Loud.heard.clear()
    out = []
    groups, counts, sets, words = defaultdict(list), defaultdict(int), defaultdict(set), defaultdict(str)
    for i in range(n):
        groups[i * 7 % 11].append(i)
        counts[i * 3 % 17, i & 1] += i
        sets[i % 5].add(i % 3)
        words[str(i % 4)] += "x"
        out.append((i in counts, len(groups)))
    grid = defaultdict(dict)
    for i in range(n):
        grid[i % 6][i] = i
    attempt(out, lambda: groups[[1]].append(1))
    return out, groups, counts, sets, words, grid

def items_out(n):
    Loud.heard.clear()
    out = []
    for i in range(n):
        a = [i, i + 1, 2.5, "x", (i, 2), None, [i]]
        out.append((a.pop(0), a.pop(-2), a.pop(1), a.index("x"), a.count(i + 1), a.index((i, 2))))
        a.remove((i, 2))
        a.insert(1, True)
        out.append((a.index(1) if 1 in a else 0, a.count([i]), a))
        attempt(out, a.pop, 20)
        attempt(out, a.pop, -20)
        attempt(out, a.remove, 77.5)
        attempt(out, a.index, "no")
        attempt(out, a.pop, Compared(1))
        a.append(Loud(i))
        a.pop(len(a) - 1)
        out.append(len(Loud.heard))
        a.append(Compared(i))
        out.append(a.count(Compared(i)))
        a.remove(Compared(i))
        out.append(len(Loud.heard))
        b = [Loud(-i), 1, 2]
        b.remove(b[0])
        out.append(len(Loud.heard))
        b.append(Loud(i))
        del b[-1]
        out.append(len(Loud.heard))
        b.clear()
        b.append(Loud(-i))
        b.clear()
        out.append((len(b), len(Loud.heard)))
        b[:] = [3, 1, 2]
        b[1:2] = (7, 8, 9)
        b[5:] = b
        del b[1:3]
        del b[0]
        b[-1:0] = [Loud(i)]
        out.append((len(b), len(Loud.heard), b[0]))
        b[:] = [i]
        out.append((b, len(Loud.heard)))
        attempt(out, lambda: b.__delitem__(9))
        try:
            del b[9]
        except IndexError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        try:
            b[0:1] = 5
        except TypeError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        b += b
        b += (i,)
        c = b
        c += [Loud(i)]
        out.append((c is b, len(b)))
    return out, Loud.heard[:100]

def tables_out(n):
    Loud.heard.clear()
    out, d, s, numbers = [], {}, set(), set()
    for i in range(n):
        d[i % 9] = i
        d["k"] = [i]
        del d["k"]
        d[i, 1] = Loud(i)
        del d[i, 1]
        out.append((len(d), len(Loud.heard)))
        key = Loud(i)
        d[key] = 1
        key = None
        del d[[k for k in d if isinstance(k, Loud)][0]]
        out.append((len(d), len(Loud.heard), d.popitem()))
        try:
            del d["none"]
        except KeyError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        s.add(i % 5)
        s.add((i, 2))
        s.remove((i, 2))
        s.discard((i, 3))
        s.add(Loud(-i))
        s.discard([k for k in s if isinstance(k, Loud)][0])
        out.append((len(s), len(Loud.heard)))
        attempt(out, s.remove, "none")
        numbers.add(i * 5 % 23)
        numbers.add((i, 1))
        out.append(numbers.pop())
        if i % 4 == 3:
            out.append(sorted(s))
            s.remove(i % 5)
        if i % 10 == 9:
            d[1] = Loud(i)
            d.clear()
            s.clear()
            out.append((len(d), len(s), len(Loud.heard)))
        if not i % 20:
            it = iter({1: 2, 3: 4})
            for k in it: out.append(k)
    own = defaultdict(int)
    for i in range(n):
        own[i & 3] = i
        del own[i & 3]
    attempt(out, d.popitem) if not d else 0
    return out, len(own), Loud.heard[:100]

def algebra(n):
    Loud.heard.clear()
    out, names = [], {"a": 1, "b": 2}
    sets = [{1, 2}, frozenset((2, 3)), set("abc"), {(1, 2), None}, {Compared(1), 2}, set(), {1.0, 2**70}]
    for i in range(n):
        x, y = sets[i % 7], sets[i // 7 % 7]
        for f in (lambda: x | y, lambda: x & y, lambda: x - y, lambda: x ^ y, lambda: x <= y, lambda: set(x).union(y, [i])):
            r = f()
            out.append(r if isinstance(r, bool) else (type(r).__name__, len(r), sorted(map(repr, r))))
        z = {i % 3, 1}
        a = z
        z |= {i % 4}
        z -= {2, (i, 1)}
        z ^= {1, i % 3}
        z &= {0, 1, 2, 3}
        out.append((a is z, sorted(z), z.issubset({0, 1, 2, 3}), z.isdisjoint([i % 4]), z.difference((1,)) if i & 1 else 0))
        w = {Loud(i), i}
        w &= {i}
        out.append((w, len(Loud.heard)))
        m = {**names, "b": i, **{"c": [i]}}
        k = names | {"b": i, "z": 3}
        m |= k
        m |= {1: 2}
        out.append((m, k, sorted(map(repr, {*names, i % 3, *(1, 2)})), {j for j in range(i % 4)}))
        try:
            out.append(names | [1])
        except TypeError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        e = {"a": Loud(i)}
        e |= {"a": 1}
        out.append((e, len(Loud.heard)))
    return out, Loud.heard[:100]

def slices(n):
    Loud.heard.clear()
    out, sources = [], [[1, 2, 3, 4, 5], (1, 2, 3, 4), "abcdef", b"abcdef", range(9), [Loud(1), 2]]
    for i in range(n):
        v = sources[i // 6 % 6]
        out.append([len(v[::2]), len(v[::-1]), v[i % 3::3][:1] if v is not sources[5] else 0, len(v[-1:0:-2]), len(v[None:i:1])])
        for step in (0, 2.5, Compared(1)):
            try:
                out.append(len(v[::step]))
            except (TypeError, ValueError) as error:
                out.append((str(error), error.__traceback__.tb_lineno))
        out.append(len([Loud(i), 2][::-1]))
        out.append(len(Loud.heard))
    return out

def ordered(n):
    Loud.heard.clear()
    out, state, nan = [], 12345, float("nan")
    heap, tuples, mixed, floats, loud, many = [], [], [], [], [], []
    for i in range(n):
        state = state * 1103515245 + 12345 & 0x7fffffff
        heappush(heap, state % 50)
        heappush(tuples, (state % 5, i, "x"))
        heappush(mixed, state % 7 if i & 1 else state % 7 + 0.5)
        heappush(floats, nan if state % 6 == 0 else float(state % 6))
        heappush(many, [1, 1.0, True, 0, 0.0, False][state % 6])
        heappush(loud, Compared(state % 9))
        if i % 3 == 2:
            out.append((heappop(heap), heappop(tuples), heappop(mixed), str(heappop(floats)), heappop(many), heappop(loud).k))
            out.append((heappushpop(heap, i), heapreplace(tuples, (i % 4, i, "y")), heappushpop(many, True), heapreplace(many, 1.0)))
        out.append((len(Loud.heard) > 0, bisect_left(heap[:1], i % 9), bisect_right([1, 2, 2.0, 3], i % 4), bisect_left((1, 2), i)))
        insort_left(row := [1, 3, 3.0, 5], i % 5)
        insort_right(row, i % 4 + 0.5)
        out.append((row, bisect_right("abc", "b"), bisect_left([(1, 2), (1, 3)], (1, i % 4)), bisect_left([Compared(1), Compared(5)], 3)))
        a = [state % 9, i % 4 + 0.5, 3]
        a.sort()
        b = [(i % 3, "b"), (1, "a")]
        b.sort()
        out.append((a, b, sorted({3, 1, i}), sorted("hello"), sorted({"b": 1, "a": 2}), min(a), max(a), min(b), max("x", "y")))
        out.append((min([1, True, 1.0]), max((0, False, 0.0)), sorted([1, True, 0.5, False]), min([2.5, nan, 1]) == 1))
        out.append((any(a), all(a), any([0, "", None, (), [i % 2]]), all((1, "x", i % 3)), any([]), all([])))
        for f in (lambda: sorted([1, "a"]), lambda: heappop([]), lambda: min([]), lambda: heappush([1], "a"), lambda: [1, None].sort(),
                  lambda: sorted([Compared(2), Compared(1)])[0].k, lambda: any([Compared(2), Compared(7)]), lambda: heappush((), 1),
                  lambda: heappop([(1, "a"), (1, 2), (1, 3)]), lambda: bisect_left(5, 5), lambda: insort_left([1, "a", 2], 1)):
            attempt(out, f)
    out.append((heap, tuples, mixed, [str(x) for x in floats], many, [x.k for x in loud]))
    return out, len(Loud.heard)

def functions(n):
    Loud.heard.clear()
    out, rng = [], random.Random(5)
    bits, number, scanner = rng.getrandbits, rng.random, struct.Struct("<HB")
    for i in range(n):
        out.append((math.gcd(i, 12), math.lcm(i, 4), math.isqrt(i), math.comb(i, 3), math.factorial(i % 20), math.hypot(i, 2.5), math.ldexp(i, 2)))
        out.append((math.frexp(i / 3), math.modf(i / 4), round(i / 7, 2), round(i, -1), round(i * 0.5), pow(i, 3, 7), pow(2, i), pow(i, 0.5)))
        out.append((hex(i), bin(-i), oct(i), chr(i % 300), abs(-2**70 + i), i.bit_length(), i.bit_count(), (i * 0.5).is_integer()))
        out.append((min(i, 20.5), max(0, i * 0.5), max(3, i, 7.5), min(i, 5, 3), int("7" + "1", 8), int(str(i % 10), 16)))
        out.append((rng.random(), rng.getrandbits(20), bits(7), number(), bits(40), rng.randrange(10), rng.choice("abc")))
        out.append((struct.pack("<I", i), struct.unpack("<HH", b"abcd"), scanner.unpack(b"abc"), scanner.pack(i, 3), struct.calcsize("<q")))
        out.append((zlib.crc32(b"abc" * i), b"abcab".find(b"b"), b"a,b".split(b","), b"ab".decode(), "ab".encode("ascii"), i.to_bytes(3, "big")))
        out.append((list(range(i % 5)), len(range(0, i, 2)), set("abca") == {"a", "b", "c"}, frozenset((1, i)), time.monotonic() > 0))
        out.append((divmod(i, 7), divmod(-i, 7), divmod(i, -7 - i % 3), divmod(i - 2**40, 3), divmod(i * 0.5, 2), divmod(0, 5)))
        quotient, rest = divmod(i - 100, 9 if i % 3 else -9)
        out.append((quotient, rest, (-i).bit_count(), (i << 40).bit_length(), (i - 2**62).bit_count(), (-1 - i).bit_length(), (i << 70).bit_count()))
        out.append((int.from_bytes(b"abcdefgh"[2:2 + i % 5], "big"), bool.from_bytes(b"ab", "little"), b"abc"[-2:], b"abc"[:i % 4], b"abc"[5:1]))
        b, q = bytearray(), deque([1, 2])
        b.append(i % 256)
        q.extend((i, 3))
        q.rotate(1)
        q.rotate()
        out.append((b, list(q), next(iter([i])), next(iter((i, 2))), next(iter({i: 1})), list(iter("ab"))))
        try:
            quotient, rest = divmod(i, i % 10)
        except ZeroDivisionError as error:
            out.append((str(error), quotient, rest))
        for f in (lambda: divmod(i, i - i), lambda: int.from_bytes(b"a", "middle"), lambda: divmod("a", 2), lambda: math.factorial(-1), lambda: math.isqrt(-1), lambda: math.gcd(1.5), lambda: round("a"), lambda: pow(0, -1),
                  lambda: chr(-1), lambda: b.append(300), lambda: struct.unpack("<I", b"a"), lambda: bits(-1), lambda: b"\\xff".decode(),
                  lambda: "\\xe9".encode("ascii"), lambda: math.hypot(Compared(1), 2), lambda: math.gcd(Compared(1), 4), lambda: iter(5),
                  lambda: pow(2, 3, 0), lambda: int("9", 8), lambda: i.to_bytes(0, "big"), lambda: round(Compared(1)), lambda: min(i)):
            attempt(out, f)
    return out, Loud.heard[:50]

class Point:
    __match_args__ = ("x", "y")
    def __init__(self, x, y): self.x, self.y = x, y
class Sub(Point): pass
class Seen:
    __match_args__ = ("x",)
    @property
    def x(self): Loud.heard.append("x"); return 5
class Slots:
    __slots__ = __match_args__ = ("a",)
class Wrong: __match_args__ = ["x"]
class Twice: __match_args__ = ("x", "x"); x = 1
class Meta(type):
    def __instancecheck__(cls, o): Loud.heard.append("instance"); return True
class Odd(metaclass=Meta): pass
class Key: A = "a"; B = "a"

def displays(n):
    # Dicts with the same keys each time share nothing but what they began as.
    out = []
    for i in range(n):
        a, b, c = {"a": i}, {"a": i, "b": [i]}, {"x y": 1, "b": 2, "c": i, "d": 4, "e": 5, "f": 6, "g": i}
        e, f, g = {"a": i, "a": 2, "b": 3}, {"a": i, 1: 2}, {"a": {"b": i}}
        out.append((a, b, c, e, f, g, gc.is_tracked(a), gc.is_tracked(b), gc.is_tracked(g), sys.getsizeof(a), sys.getsizeof(c)))
        a["z"] = 1
        del a["a"]
        b.update(a)
        del b["b"], c["d"]
        c["d"] = b.pop("z")
        for k in range(i % 9): a[k] = str(k)
        while i % 3 and a: a.popitem()
        out.append((list(a), list(b.items()), c, {**b, **c}, {**c, **{"g": 5}}, len({i, 1, -i, "a"})))
    return out

def stored(n):
    Loud.heard.clear()
    out, d, b, a, q = [], OrderedDict(), bytearray(9), [0] * 9, deque([1, 2, 3])
    for i in range(n):
        d[i % 5] = [i]
        d[i % 5] = i
        d["k"] = Loud(i)
        d["k"] = 1
        out.append((d[i % 5], len(d), len(Loud.heard), q[i % 3], q[-1], b[i % 9], b[-1]))
        b[i % 9] = i % 256
        b[-1] = 7
        a[-1 - i % 9] = [i]
        a[-1] = Loud(i)
        a[-1] = 2.5
        out.append((b[1:i % 9], bytes(b)[-3:], a[0], len(Loud.heard), i in range(3, 30, 2), len(range(i)), type(i) is int, type(i * 0.5)))
        if i % 7 == 6:
            d.popitem()
            d.move_to_end(next(iter(d)))
        for f in (lambda: b.__setitem__(0, 300), lambda: q[5], lambda: 2.5 in range(3), lambda: b["a"]):
            attempt(out, f)
        try:
            a[9] = 1
        except IndexError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        try:
            b[i % 9] = 256 + i
        except ValueError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        h = [i % 5, 3, 2.5, 1]
        heapify(h)
        out.append((h, {1, i} == {i, 1}, {i} <= {1, 2, 3}, {Compared(1)} == {Compared(1)}, list(d)))
        for x, y in itertools.combinations([i, 2, 3], 2): out.append(x * y)
        for x in itertools.islice(itertools.chain([i], (2,)), 2): out.append(x)
    return out, Loud.heard[:100]

def matched(n):
    Loud.heard.clear()
    def look(v):
        match v:
            case Point(x, y) if x == y: return "same", x
            case Point(1, y=y): return "one", y
            case Point(x): return "point", x
            case Seen(x): return "seen", x
            case Slots(a=a): return "slots", a
            case {"a": a, "b": b}: return "ab", a, b
            case {"a": a, **rest}: return "a", a, rest
            case {}: return "dict"
            case [a]: return "one", a
            case [a, b]: return a, b
            case (a, *rest): return a, rest
            case int(i) if i > 5: return "int", i
            case bool(): return "bool"
            case str() | bytes() as s: return "text", s
            case float(): return "float"
            case None: return "none"
            case _: return "other", type(v)
    slots = Slots()
    full = Slots()
    full.a = 7
    values = [Point(1, 2), Point(3, 3), Sub(1, 4), Sub(5, 6), Seen(), slots, full, {"a": 1, "b": 2}, {"a": 1, "c": 3}, {"z": 1}, {}, defaultdict(int),
              [1], (1, 2), [1, 2, 3], deque([1]), range(3), 7, 3, True, "s", b"b", 2.5, None, Loud(1), OrderedDict(a=1, b=2), [], 2**80]
    out = []
    for i in range(n * 6):
        out.append(look(values[i * 7 % len(values)]))
    for i in range(n):
        for v in (i, i * 0.5, "a"):
            match v:
                case [a]: out.append("list")
                case {}: out.append("dict")
                case int(): out.append("int")
                case float(x): out.append(x)
        for kind in (Wrong, Twice, Odd, 5):
            try:
                match Twice() if kind is Twice else Wrong():
                    case kind(x, y): out.append((x, y))
                    case kind(): out.append("plain")
            except TypeError as error:
                out.append((str(error), error.__traceback__.tb_lineno))
        try:
            match {"a": i}:
                case {Key.A: x, Key.B: y}: out.append((x, y))
        except ValueError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        p = Point(i, i & 1)
        if i == n // 2: del p.y
        out.append(look(p) if i != n // 2 else 0)
    return out, Loud.heard[:50]

def registered(n):
    import collections.abc
    class Late:
        def __len__(self): return 1
        def __getitem__(self, i): return "item"
        def __iter__(self): return iter(["item"])
    class Other(Late): pass
    out, a, b = [], Late(), Other()
    for i in range(n):
        for v in (a, b):
            match v:
                case {}: out.append("mapping")
                case [x]: out.append(x)
                case _: out.append("none")
        if i == n // 3: collections.abc.Sequence.register(Late)
        if i == n // 2: collections.abc.Mapping.register(Other)
    class Changing(dict): pass
    d = Changing({k: k for k in range(9)})
    for i in range(n):
        out.append(d[i % 9])
        Changing.__getitem__ = lambda self, k: -1
        out.append(d[i % 9])
        del Changing.__getitem__
        d[3] = i
        Changing.__setitem__ = lambda self, k, v: None
        d[3] = 5
        Changing.__contains__ = lambda self, k: True
        out.append((d[3], "x" in d))
        del Changing.__setitem__, Changing.__contains__
        out.append("x" in d)
    return out

def stepped(n):
    Loud.heard.clear()
    out = []
    for turn in range(3):
        for a, b in itertools.combinations([turn, 2, 3, 4, 5, 6, 7], 2): out.append((a, b))
        for c in itertools.combinations(range(5), 0): out.append(c)
        for c in itertools.combinations(range(2), 3): out.append(c)
        for a, b, c in itertools.permutations("abcd", 3): out.append(a + b + c)
        for c in itertools.permutations([1, 2, 3, turn]): out.append(c)
        for k in itertools.count(turn):
            if k > n: break
            out.append(k)
        for k in itertools.count(2.5, 2):
            if k > n: break
        for k in itertools.repeat([turn], n): out.append(k)
        for k in itertools.islice([1, 2, 3] * n, n): out.append(k)
        for k in itertools.islice(range(n), 2, n, 3): out.append(k)
        for k in itertools.islice((x for x in range(n)), 20): out.append(k)
        for k in itertools.islice([Loud(turn), 2], 5): out.append(len(Loud.heard))
        k = None
        out.append(len(Loud.heard))
        for a, b in itertools.combinations([Loud(turn), 1, 2, 3], 2): out.append(b)
        a = None
        out.append(len(Loud.heard))
        below = iter(range(n))
        for k in itertools.islice(below, 9): out.append(k)
        out.append(next(below))
        growing = [1, 2]
        source = iter(growing)
        for k in itertools.islice(source, 9): pass
        growing.append(3)
        out.append(next(source, "end"))
        kept = itertools.combinations(range(6), 2)
        held = [x for x in kept]
        out.append((held, next(kept, "end")))
    return out

def run():
    return [repr(f(40)) for f in (derived, changing, made, items_out, tables_out, algebra, slices, ordered, functions, displays, stored, matched, registered, stepped)]
""" + RUN_AND_COUNT


class Results(ForcedExits, unittest.TestCase):
    program = PROGRAM
    passes = "cse", "peel", "virtual", "fold,cse,forward,dead,peel"


class Loops(OptimizedLoops, unittest.TestCase):
    @staticmethod
    def loop(expression):
        return textwrap.dedent(f"""
            import math, random, struct
            from bisect import bisect_left
            from collections import Counter, defaultdict
            from heapq import heappop, heappush
            class Own(dict): pass
            class P:
                __match_args__ = ("x",)
                def __init__(self): self.x = 3
            def f(n):
                t, xs, d, counts, own, s, h, rng, p = 0, [1, 2, 3], {{}}, defaultdict(int), Own(), set(), [], random.Random(1), P()
                data, counter, names, z = bytearray(4), Counter((1, 2, 3, 0)), {{"a": 1, "b": 2}}, {{2, 3}}
                packed = b"abcdefgh"
                for i in range(n):
                    {expression}
                return t
        """)

    expected_loops = {}


for _name, _expression, _present in (
    ("a counter", "counter[i & 3] += 1", ["DICT_GET", "IADD", "DICT_SET"]),
    ("a default", "counts[i & 7] += 1", ["DICT_GET", "IADD", "DICT_SET"]),
    ("a new value", "counts[i] += 1", ["CHANGE_LEAF", "DICT_SET"]),
    ("a dict of one's own", "own[i & 7] = i; t += own[i & 7] + (i in own)", ["DICT_SET", "DICT_GET", "DICT_HAS"]),
    ("a queue in a list", "xs.append(i); t += xs.pop(0)", ["LIST_PUSH", "CHANGE_LEAF", "IADD"]),
    ("items", "xs.insert(1, i); t += xs.index(i) + xs.count(2); xs.remove(i)", ["CHANGE_LEAF", "CALL_LEAF", "CALL_LEAF", "CHANGE_LEAF"]),
    ("elements", "s.add(i); s.remove(i)", ["SET_ADD", "CHANGE_LEAF"]),
    ("an entry", "d[i] = i; del d[i]", ["DICT_SET", "CHANGE_LEAF"]),
    ("slices", "xs[1:2] = (i,); del xs[5:6]; t += len(xs[::-1])", ["CHANGE_LEAF", "CALL_LEAF", "CHANGE_LEAF", "CALL_LEAF"]),
    ("displays", "t += len({**names, 'c': i}) + len({*xs, i})", ["CHANGE_LEAF", "CHANGE_LEAF"]),
    ("operators", "t += len(names | {'c': i})", ["CALL_LEAF"]),
    ("a heap", "heappush(h, (i, 1)); t += heappop(h)[0]", ["CHANGE_LEAF", "CHANGE_LEAF", "IADD"]),
    ("bisection", "t += bisect_left(xs, i)", ["CALL_LEAF", "IADD"]),
    ("random numbers", "t += rng.getrandbits(3); rng.random()", ["CALL_LEAF", "IADD", "CALL_LEAF"]),
    ("numbers", "t += math.gcd(i, 12) + round(i * 0.3, 2) + max(i, 2.5) + i.bit_length()", ["CALL_LEAF", "CALL_LEAF", "CALL_LEAF", "IBIT_LENGTH"]),
    ("quotient and rest", "q, r = divmod(i, 7); t += q - r + i.bit_count()", ["IFLOORDIV", "IMOD", "IBIT_COUNT", "IADD"]),
    ("part of bytes", "t += int.from_bytes(packed[2:6], 'big')", ["CALL_LEAF", "CALL_LEAF", "IADD"]),
    ("bytes", "t += struct.unpack('<I', b'abcd')[0]", ["CALL_LEAF"]),
    ("bytes of an array", "data[i & 3] = i & 7; t += data[-1]", ["CHANGE_LEAF", "CALL_LEAF"]),
    ("types", "t += type(i) is int", ["IADD"]),
    ("sorting", "t += sorted(xs)[0] + max(xs) + any(xs); xs.sort()", ["CALL_LEAF", "CALL_LEAF", "CALL_LEAF", "CHANGE_LEAF"]),
):
    Loops.expected_loops[_name] = (Loops.loop(_expression), _present, ["OPAQUE"])
for _name, _cases in (
    ("a class", "match p:\n            case P(x): t += x"),
    ("a mapping", "match names:\n            case {'a': 2}: t += 1\n            case {'a': 1, 'b': x}: t += x"),
    ("a sequence", "match xs:\n            case [x]: t += x\n            case [x, _, y]: t += x + y"),
    ("a number", "match i:\n            case str(): t += 2\n            case int(x): t += x"),
):
    Loops.expected_loops["match " + _name] = (Loops.loop("pass").replace("pass\n    return", _cases + "\n    return"), ["IADD"], ["OPAQUE"])
for _name, _iterator in (
    ("combinations", "combinations(range(50), 2)"),
    ("permutations", "permutations(range(30), 2)"),
):
    Loops.expected_loops[_name] = (
        f"""
        import itertools
        def f(n):
            t = 0
            for x, y in itertools.{_iterator}:
                t += x * y
            return t
        """,
        ["ITER_NEXT", "IMUL", "IADD", "LOOP"],
        ["OPAQUE"],
    )


if __name__ == "__main__":
    unittest.main()
