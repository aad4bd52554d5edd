"""Builtins that take all items of a generator: their loop is in the trace, and nobody can tell.

`PROGRAM` asks for everything that C does with the items and that the frame which is there instead could show, and is run with each
check of its traces made to fail in turn.
"""

import json
import textwrap
import unittest

from test.support import import_helper

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits
from test.test_jit.test_typed import RUN_AND_COUNT, run

OFTEN = {"PYTHON_JIT_CALL_THRESHOLD": "30"}

# A loop, and what its hot loop, the consumer's, is to have.
LOOPS = {
    "sum of ints": ("sum(x * i for x in a)", ["IMUL", "IADD"]),
    "sum of floats": ("sum(x * 0.5 for x in a)", ["FMUL", "FADD", "FSUM_ERROR"]),
    "any": ("any(x > 900 for x in a)", ["GUARD_IGE"]),
    "all": ("all(x < 900 for x in a)", ["GUARD_ILT"]),
    "tuple": ("len(tuple(x + i for x in a))", ["IADD", "LIST_PUSH"]),
    "list": ("len(list(x + i for x in a))", ["IADD", "LIST_PUSH"]),
    "join": ("len(','.join('a' if x else 'b' for x in a))", ["LIST_PUSH"]),
    "max": ("max(-x for x in a)", ["INEG"]),
    "many items of few rows": ("sum(x * y for y in (1, 2, 3) for x in a)", ["IMUL", "IADD"]),
    "max with a default": ("max((-x for x in a), default=0)", ["INEG"]),
    "max with a key": ("max((x for x in a), key=lambda x: -x)", ["INEG"]),
}

PROGRAM = """
import gc, sys, traceback, weakref

ITEMS = [
    [], [5], [3, 1, 4, 1, 5, 9, 2, 6], [0.1] * 10, [0.1, 0.2, 0.3, 1e16, -1e16, 0.7], [1, 2.5, True, 3], [2**62, 2**62, 5, 1.5],
    [2**62, -2**62, 2**62, 2**62, -2**63], [-0.0, -0.0], [float("inf"), 1.0, float("-inf")], [1e308, 1e308, -1e308], [True, False, True],
    [2**70, 1, 2.5], [1.5, 2**70, 0.1], [0.1, 2**40, 0.2], [1 + 2j, 3], [1.5, 1 + 2j, 0.25], [float("nan"), 2.0, 1.0], list(range(40)),
]

def numbers(n):
    out = []
    for i in range(n):
        a = ITEMS[i % len(ITEMS)]
        out.append((repr(sum(x for x in a)), repr(sum(a))))
        b = ITEMS[i // 20 % len(ITEMS)]
        out.append(repr(sum(x for x in b)))
        out.append((any(x for x in a), all(x for x in a), list(x for x in b), tuple(x for x in a)))
        try:
            out.append((repr(min(x for x in a)), repr(max(x for x in a)), sorted(x for x in b)))
        except (TypeError, ValueError) as error:
            out.append((str(error), len(traceback.extract_tb(error.__traceback__))))
    return out

def one_kind(n):
    # One place, which items of one type make hot.
    ints, floats, words = list(range(9)), [x / 8 for x in range(9)], list("abcdefg")
    out = []
    for i in range(n):
        if i == n - 3:
            ints[4], floats[4], words[4] = 2**63 - 5, 3, 5
        if i == n - 1:
            ints[4], floats[4] = 1.5, 2**80
        try:
            out.append((sum(x * i for x in ints), sum(x * i for x in floats)))
            out.append((max(x ^ i for x in ints), min(x - i for x in floats)))
            out.append((len(set(x & i for x in ints)), list(x + i for x in ints), tuple(x for x in floats)))
            out.append("-".join(w for w in words))
        except TypeError as error:
            out.append((str(error), len(traceback.extract_tb(error.__traceback__))))
    return out

def sizes(n):
    out = []
    for i in range(n // 2):
        k = i % 20
        out.append(sys.getsizeof(list(x for x in range(k))))
        out.append(sys.getsizeof(sorted(x for x in range(k))))
        out.append(sys.getsizeof(tuple(x for x in range(k))))
        out.append(sys.getsizeof(set(x for x in range(k))))
        a = list(x for x in range(k))
        a.append(1)
        out.append((sys.getsizeof(a), sys.getrefcount(a), gc.is_tracked(tuple(x for x in range(k)))))
    return out

def frames(n):
    # Who looks from inside sees the generator, and then the function.
    def names():
        frame, found = sys._getframe(1), []
        while frame is not None:
            found.append((frame.f_code.co_name, frame.f_lineno - frames.__code__.co_firstlineno))
            frame = frame.f_back
        return tuple(found[:3])
    out = []
    for i in range(n):
        out.append(any(i == n - 2 and names() == x
                       for x in range(3)))
        if i % 40 == 39:
            out.append(list(names() for _ in range(2)))
            out.append([f[:2] for f in (names() for _ in "a")])
            out.append("".join(str(names()) for _ in "ab"))
    return out

class Noisy:
    heard = []
    def __init__(self, name): self.name = name
    def __del__(self): Noisy.heard.append(self.name)
    def __gt__(self, other): return self.name > other.name
    def __lt__(self, other): return self.name < other.name
    def __add__(self, other): return Noisy((self.name, "+"))
    def __radd__(self, other): return Noisy(self.name)
    def __bool__(self): return self.name % 5 == 4
    def __hash__(self): return self.name
    def __eq__(self, other): return self.name == other.name

def ends(n):
    # When what ends.
    Noisy.heard.clear()
    out = []
    def watched(k):
        try:
            for i in range(k):
                yield Noisy(i)
        finally:
            Noisy.heard.append("closed")
    for i in range(n // 3):
        k = i % 7
        out.append((any(x for x in watched(k)), len(Noisy.heard)))
        out.append((all(not x for x in watched(k)), len(Noisy.heard)))
        out.append((any(watched(k)), len(Noisy.heard)))
        out.append((max(x for x in watched(k + 1)).name, len(Noisy.heard)))
        out.append((min(watched(k + 1)).name, len(Noisy.heard)))
        out.append((type(sum(x for x in watched(k))).__name__, len(Noisy.heard)))
        out.append((len(set(x for x in watched(k))), len(Noisy.heard)))
        held = tuple(x for x in watched(k))
        out.append((len(held), len(Noisy.heard)))
        held = None
        out.append([x.name for x in sorted(x for x in watched(k))])
        out.append(len(Noisy.heard))
    return out, Noisy.heard[:]

class Bad:
    def __bool__(self): raise KeyError("truth")
    def __lt__(self, other): raise KeyError("less")
    def __gt__(self, other): raise KeyError("more")
    def __radd__(self, other): raise KeyError("sum")
    def __hash__(self): raise KeyError("hash")

def failures(n):
    out = []
    def source(k):
        for i in range(10):
            if i == k:
                raise LookupError(k)
            yield Bad() if k == 11 and i == 4 else i
    for i in range(n):
        for take in (sum, any, all, max, min, sorted, list, tuple, set):
            try:
                if take is sum: got = sum(x for x in source(i % 13))
                elif take is any: got = any(x and None for x in source(i % 13))
                elif take is all: got = all(x or 1 for x in source(i % 13))
                elif take is max: got = max(x for x in source(i % 13))
                elif take is min: got = min(x for x in source(i % 13))
                elif take is sorted: got = sorted(x for x in source(i % 13))
                elif take is list: got = len(list(x for x in source(i % 13)))
                elif take is tuple: got = len(tuple(x for x in source(i % 13)))
                else: got = len(set(x for x in source(i % 13)))
                out.append(got)
            except (LookupError, TypeError) as error:
                steps = traceback.extract_tb(error.__traceback__)
                out.append((repr(error), [(f.name, f.lineno - failures.__code__.co_firstlineno) for f in steps]))
    return out

def running(n):
    # A generator that takes itself, one that was begun, and one that is done.
    out = []
    def selfish():
        yield 1
        yield sum(me)
    for i in range(n):
        me = selfish()
        try:
            out.append(sum(x for x in me))
        except ValueError as error:
            out.append(str(error))
        begun = (x for x in range(5))
        next(begun)
        out.append((sum(begun), sum(begun), list(begun), any(begun), all(begun), tuple(begun)))
        seen = (x * 2 for x in range(4))
        if i % 8 == 7:
            seen.gi_frame
        out.append(sum(seen))
    return out

def nested(n):
    rows = [[1, 2, 3], [4, 5], [], [6]]
    out = []
    for i in range(n):
        out.append(sum(sum(x * i for x in row) for row in rows))
        out.append(tuple(tuple(x for x in row if x != i) for row in rows))
        out.append(any(all(x > i for x in row) for row in rows))
        out.append(max(sum(row) + max((x for x in row), default=0) for row in rows))
    return out

def depth(n):
    # The limit is reached at the same depth.
    def down(k):
        return 1 + sum(down(k + 1) for _ in (0,))
    def deep(k):
        try:
            return max(deep(k + 1) for _ in (0,))
        except RecursionError:
            return k
    old = sys.getrecursionlimit()
    out = []
    for i in range(n // 20):
        sys.setrecursionlimit(120 + i % 3)
        try:
            down(0)
        except RecursionError as error:
            out.append(str(error))
        out.append(deep(0))
    sys.setrecursionlimit(old)
    return out

def replaced(n):
    import builtins
    out = []
    def total(a, sum=sum):
        return sum(x for x in a)
    for i in range(n):
        out.append(total([1, 2, i]))
        out.append(sum(x for x in [i, 1]))
        if i == n // 2:
            builtins.sum, old = (lambda items: "mine" + str(list(items))), builtins.sum
        if i == n // 2 + 9:
            builtins.sum = old
        out.append(total([1, 2], max if i % 50 == 49 else any if i % 50 == 48 else old if i > n // 2 else total.__defaults__[0]))
    return out

def suspended(n):
    # Inside of another generator, which is left in the middle.
    def outer(k):
        for i in range(k):
            yield sum(x for x in range(i)), (yield tuple(x for x in range(i)))
    out = []
    for i in range(n):
        g = outer(i % 9)
        out.append([x for x, _ in zip(g, range(5))])
    return out

def defaults(n):
    # What is there where nothing is, and what the generator is left with.
    heard, out, marker = [], [], object()
    def watched(k):
        try:
            for i in range(k):
                yield i * 5 % 7
        finally:
            heard.append("closed")
        return "value"
    def fails(k):
        yield 1
        raise LookupError(k)
    begun = watched(4)
    for i in range(n):
        a = range(i % 5)
        out.append((next((x for x in a if x > 2), None), next((x for x in a), marker) is marker, next((x for x in (i, 2)), 0)))
        out.append((next(watched(i % 3), "none"), len(heard)))
        out.append((max((x * 3 % 4 for x in a), default=-1), min((x for x in a), default=marker) is marker, max(watched(i % 4), default=i)))
        out.append((max((x for x in (3, 1, 2)), key=lambda x: -x), min(watched(3), key=lambda x: x % 3), len(heard)))
        if i % 7 == 6:
            begun = watched(4)
        out.append(next(begun, "end"))
        g = fails(i)
        out.append(next(g, 0))
        for take in (next, max):
            try:
                out.append(next(g, 5) if take is next else max(fails(i), default=1))
            except LookupError as error:
                steps = traceback.extract_tb(error.__traceback__)
                out.append((repr(error), [(f.name, f.lineno - defaults.__code__.co_firstlineno) for f in steps]))
        me = (next(me, 5) for _ in (0,))
        try:
            out.append(next(me, 3))
        except ValueError as error:
            out.append(str(error))
        out.append(next((sys.getrefcount(marker) for _ in (0,)), marker) - sys.getrefcount(marker))
    return out, heard

def searches(n):
    out = []
    for i in range(n):
        out.append(next((x for x in range(i % 60, 100) if x % 50 == 49), None))
        out.append(next((x for x in range(i % 3) if x == 1), None))
    return out

print([f(N) for f in (numbers, one_kind, sizes, frames, ends, failures, running, nested, depth, replaced, suspended, defaults, searches)])
"""

TRACED = """
import sys
events = []
def tracer(frame, event, arg):
    if frame.f_code.co_filename == __file__ if "__file__" in globals() else True:
        events.append((frame.f_code.co_name, event))
    return tracer
def profiler(frame, event, arg):
    events.append((frame.f_code.co_name, event, getattr(arg, "__name__", None)))
def switch(i):
    if i == 900: sys.settrace(tracer)
    if i == 903: sys.settrace(None)
    if i == 1100: sys.setprofile(profiler)
    if i == 1103: sys.setprofile(None)
    return i
def go():
    return [sum(switch(i + x) for x in range(3)) for i in range(1500)], [any(switch(i) < 0 for _ in "ab") for i in range(1500)]
print(go())
print(events)
"""

# Consumers that no recording begins: of many items, in code that is not hot.
MANY = """
import sys, threading, traceback
N = 3000
log = []
class Boom(Exception): pass
def gen(n, bad=-1, fin=None):
    try:
        for i in range(n):
            if i == bad: raise Boom(i)
            yield i
    finally:
        if fin is not None: fin.append("closed")
def tb(e):
    return [(f.name, f.lineno) for f in traceback.extract_tb(e.__traceback__)]
def frames():
    f = sys._getframe(1); out = []
    while f is not None:
        out.append(f.f_code.co_name); f = f.f_back
    return out
def run_all():
    out = []
    for rep in range(3):
        out.append(sum(x * x for x in range(N)))
        out.append(sum(x / 3 for x in range(N)))
        out.append(sum(2**40 * x for x in range(N)))
        out.append(any(x == N - 5 for x in range(N)))
        out.append(all(x < N - 7 for x in range(N)))
        out.append(max(x % 97 for x in range(N)))
        out.append(min((x * 7919) % 1001 - 5.5 for x in range(N)))
        out.append(sorted((x * 7919) % 101 for x in range(N))[:5])
        out.append(sum(list(x ^ 5 for x in range(N))))
        out.append(len(tuple(str(x) for x in range(N))))
        out.append(len(",".join(str(x) for x in range(N))))
        out.append(max(range(N), key=lambda x: x % 777))
        out.append(min(range(N), key=lambda x: (x * 31) % 777))
        out.append(sorted(range(N), key=lambda x: (x * 31) % 777)[:9])
        out.append(sorted(range(N), key=lambda x: (x * 31) % 777, reverse=True)[:9])
        out.append(max((x for x in range(0)), default=None))
        out.append(max((x % 50 for x in range(N)), default=None))
        for bad in (0, 5, N - 1):
            for f in (sum, any, all, max, min, sorted, list, tuple):
                fin = []
                try:
                    f(x * 0 for x in gen(N, bad, fin))
                except Boom as e:
                    out.append((f.__name__, e.args, tb(e), fin))
                fin = []
                try:
                    f(gen(N, bad, fin))
                except Boom as e:
                    out.append((f.__name__, e.args, tb(e), fin))
        fin = []
        out.append((any(x > 3 for x in gen(N, -1, fin)), fin))
        fin = []
        out.append((any(gen(N, -1, fin)), fin))
        g = gen(N); out.append((any(x == 100 for x in g), next(g)))
        g = gen(N); sum(g); out.append(list(g))
        try:
            sum("a" if x == 2000 else x for x in range(N))
        except TypeError as e:
            out.append((str(e), tb(e)))
        try:
            max(x if x != 2500 else "s" for x in range(N))
        except TypeError as e:
            out.append((str(e), tb(e)))
        try:
            "".join("a" if x != 2500 else 5 for x in range(N))
        except TypeError as e:
            out.append((str(e), tb(e)))
        try:
            sorted(x if x != 2500 else "s" for x in range(N))
        except TypeError as e:
            out.append((str(e), tb(e)))
        try:
            sorted(range(N), key=lambda x: 1 // (x - 2000))
        except ZeroDivisionError as e:
            out.append((str(e), tb(e)))
        try:
            max(range(N), key=lambda x: None if x else 1)
        except TypeError as e:
            out.append((str(e), tb(e)))
        try:
            sum(next(iter(())) for x in range(N))
        except RuntimeError as e:
            out.append((str(e), tb(e)))
        out.append([len(frames()) for x in range(1)])
        out.append(sum(len(frames()) for x in range(N)))
        out.append(list(set(tuple(frames()) for x in range(N))))
        class Noisy:
            def __init__(self, i): self.i = i
            def __del__(self): log.append(self.i)
            def __lt__(self, o): return self.i < o.i
            def __bool__(self): return False
        any(Noisy(i) for i in range(70)); out.append(log[:]); log.clear()
        m = max(Noisy(i % 50) for i in range(70)); out.append((m.i, log[:])); del m; log.clear()
        def rec(n): return 1 + sum(rec(n - 1) if i == 64 else 0 for i in range(65)) if n else 0
        out.append(rec(20))
        try:
            def deep(): return sum(deep() for i in range(100))
            deep()
        except RecursionError as e:
            out.append(str(e))
        # generator running already
        def me():
            return sum(next(g2) for _ in range(100))
        g2 = (me() for _ in range(100))
        try:
            next(g2)
        except ValueError as e:
            out.append((str(e), tb(e)))
        # sums of mixed kinds
        out.append(sum(x if x % 2 else x / 2 for x in range(N)))
        out.append(sum((x > 5) for x in range(N)))
        out.append(sum(complex(x, 1) for x in range(100)))
        out.append(sum(2**62 + x for x in range(100)))
        # replaced builtin
        class S(str): pass
        out.append(S(",").join(str(x) for x in range(100)))
        out.append(sys.getrefcount(list(x for x in range(100))))
        out.append(sys.getsizeof(list(x for x in range(100))))
        out.append(sys.getsizeof(sorted(x for x in range(100))))
        out.append(sys.getsizeof(tuple(x for x in range(100))))
    return out
for o in run_all(): print(o)
def worker(res):
    res.append([sum(x * x for x in range(N)), max(range(N), key=lambda x: x % 77)])
res = []
ts = [threading.Thread(target=worker, args=(res,)) for _ in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]; print(res)
"""

# The same with map() and filter() in place of generators.
MANY_STEPS = """
import sys, traceback
N = 1000
def tb(e):
    return [(f.name, f.lineno) for f in traceback.extract_tb(e.__traceback__)]
log = []
class Noisy:
    def __init__(self, i): self.i = i
    def __del__(self): log.append(self.i)
    def __add__(self, o): return self.i
    def __radd__(self, o): return o + self.i
    def __lt__(self, o): return self.i < o.i
    def __bool__(self): return self.i > 80
    def double(self): return self.i * 2
class Scale:
    def __init__(self, k): self.k = k
    def by(self, x): return x * self.k
    def big(self, x): return x > self.k
def fails(x):
    if x == 700: raise KeyError(x)
    return x
def stops(x):
    if x == 700: raise StopIteration
    return x
def items(x):
    yield x
def names():
    f = sys._getframe(1)
    out = []
    while f is not None:
        out.append(f.f_code.co_name)
        f = f.f_back
    return tuple(out)
def attempt(f, *a):
    try:
        return f(*a)
    except Exception as e:
        return type(e).__name__, str(e), tb(e)
def run():
    out = []
    s = Scale(3)
    for kind in sum, any, all, min, max, sorted, list, tuple, set:
        for function in (lambda x: x + 1, s.by, fails, stops, lambda x: x - 500 or None, str, int, lambda x: x / 3):
            for it in (range(N), list(range(N)), (i for i in range(N)), iter(range(N)), dict.fromkeys(range(N))):
                found = attempt(kind, map(function, it))
                out.append((kind.__name__, sorted(map(str, found)) if kind is set and type(found) is set else found))
                found = attempt(kind, filter(function, it))
                out.append((kind.__name__, sorted(map(str, found)) if kind is set and type(found) is set else found))
    out.append(attempt("".join, map(lambda x: chr(65 + x % 20), range(N))))
    out.append(attempt("".join, map(lambda x: "a" if x < 900 else x, range(N))))
    out.append(len(list(map(items, range(N)))))
    out.append([next(g) for g in map(items, range(N))][-1])
    m = map(lambda x: x, range(N))
    out.append((any(map(lambda x: x == 100, m)), next(m)))
    m = filter(lambda x: x > 5, range(N))
    out.append((all(x < 100 for x in m), next(m)))
    out.append(set(map(lambda x: names(), range(N))))
    out.append(attempt(lambda: max(map(lambda x: x % 77, range(N)), key=lambda x: -x)))
    any(map(Noisy, range(100)))
    out.append(log[:]); log.clear()
    any(map(lambda i: Noisy(i), range(100)))
    out.append(log[:]); log.clear()
    out.append(sum(map(lambda i: Noisy(i), range(100)))); out.append(log[:]); log.clear()
    out.append(list(map(lambda x: x.double(), map(lambda i: Noisy(i), range(100))))); out.append(log[:]); log.clear()
    out.append(len(list(filter(lambda x: x, map(lambda i: Noisy(i), range(100)))))); out.append(log[:]); log.clear()
    out.append(sum(map(s.by, filter(s.big, range(N)))))
    out.append(list(map(lambda a, b: a * b, range(N), range(N)))[-1])
    out.append(list(filter(None, range(100))) == list(range(1, 100)))
    def deep(n): return 1 + sum(map(lambda i: deep(n - 1) if i == 0 else 0, range(70))) if n else 0
    out.append(deep(20))
    def endless(n): return sum(map(endless, range(100)))
    out.append(attempt(endless, 1)[:2])
    a = list(range(200))
    def grows(x):
        if len(a) < 300: a.append(x)
        return x
    out.append(sum(map(grows, a)))
    s.k = 5
    out.append(sys.getsizeof(list(map(s.by, range(N)))))
    f = lambda x: x
    m = map(f, range(N)); out.append(sys.getrefcount(f)); sum(m); out.append(sys.getrefcount(f))
    class M(map): pass
    out.append(sum(M(lambda x: x, range(N))))
    return out
for turn in range(2):
    for line in run(): print(line)
"""
# How deep map() goes until C has no room.
DEEP_STEPS = """
import sys
def endless(n):
    global depth
    depth += 1
    return sum(map(endless, range(100)))
sys.setrecursionlimit(100000)
for turn in range(3):
    depth = 0
    try:
        endless(1)
    except RecursionError:
        print(depth)
"""

# What is left for recursion after consumers of each kind, which end or fail; prints what is lost.
RECURSION_LEFT = """
import _testinternalcapi
def c():
    return _testinternalcapi.get_c_recursion_remaining(), _testinternalcapi.get_recursion_depth()
def fails(x):
    if x == 700: raise KeyError(x)
    return x
def stops(x):
    if x == 700: raise StopIteration
    return x
class N:
    def __init__(self, x): self.x = x
    def __radd__(self, o): return o
cases = {
 "ok": lambda: sum(map(lambda x: x, range(1000))),
 "fails": lambda: sum(map(fails, range(1000))),
 "stops": lambda: sum(map(stops, range(1000))),
 "genstop": lambda: sum(map(stops, (i for i in range(1000)))),
 "genfails": lambda: sum(fails(i) for i in range(1000)),
 "any": lambda: any(map(lambda x: x > 900, range(1000))),
 "type": lambda: sum(map(lambda x: x if x < 900 else "a", range(1000))),
 "cmp": lambda: max(map(lambda x: x if x < 900 else "a", range(1000))),
 "join": lambda: "".join(map(lambda x: "a" if x < 900 else 5, range(1000))),
 "sorted": lambda: sorted(map(lambda x: x if x < 900 else "a", range(1000))),
 "key": lambda: max(range(1000), key=lambda x: x if x < 900 else "a"),
 "keyfails": lambda: sorted(range(1000), key=fails),
 "set": lambda: set(map(lambda x: x if x < 900 else [], range(1000))),
 "setgen": lambda: set(x if x < 900 else [] for x in range(1000)),
 "filter": lambda: list(filter(fails, range(1000))),
 "filterstops": lambda: list(filter(stops, range(1000))),
 "nested": lambda: sum(map(lambda x: x, filter(lambda x: x & 1, map(lambda x: x + 1, range(1000))))),
 "nestedfails": lambda: sum(map(lambda x: x, filter(lambda x: x & 1, map(fails, range(1000))))),
 "radd": lambda: sum(map(N, range(1000))),
}
for name, f in cases.items():
    a = c()
    for i in range(10):
        try:
            f()
        except Exception:
            pass
    if c() != a:
        print(name, a, c())
"""

# What tools are told while consumers run, how much and of what kind: of all of it, and of some code alone; switched on in between.
HEARD = """
import hashlib, sys
ev = []
def tracer(f, e, a):
    ev.append((f.f_code.co_name, e, f.f_lineno, f.f_back.f_code.co_name if f.f_back else None, type(a).__name__))
    return tracer
def prof(f, e, a):
    ev.append((f.f_code.co_name, e, f.f_lineno, getattr(a, "__name__", None)))
def bad(x):
    if x == 90:
        raise ValueError(x)
    return x
def work():
    out = []
    out.append(sum(x * x for x in range(100)))
    out.append(max(range(100),
                   key=lambda x: -x))
    out.append(len(list(map(lambda x: x + 1, range(100)))))
    out.append(any(x > 80 for x in range(100)))
    out.append(sorted(range(100), key=lambda x: x % 7)[3])
    out.append(len(list(filter(lambda x: x & 1, range(100)))))
    try:
        sum(map(bad, range(100)))
    except ValueError:
        out.append("e")
    try:
        max(bad(x) for x in range(100))
    except ValueError:
        out.append("e")
    out.append(len(",".join(str(x) for x in range(100))))
    out.append(len(set(x % 9 for x in range(100))))
    return out
def dump(tag):
    print(tag, len(ev), hashlib.md5(repr(ev).encode()).hexdigest())
    ev.clear()
for i in range(4):
    work()
sys.settrace(tracer)
work()
sys.settrace(None)
dump("trace")
sys.setprofile(prof)
work()
sys.setprofile(None)
dump("profile")
m = sys.monitoring
m.use_tool_id(3, "t")
E_ = m.events
names = [n for n in dir(E_) if n.isupper() and n not in ("NO_EVENTS", "BRANCH")]
for n in names:
    def cb(code, *a, n=n): ev.append((n, code.co_name, *[x if isinstance(x, int) else type(x).__name__ for x in a]))
    m.register_callback(3, getattr(E_, n), cb)
def go(events, local=None):
    if local is None:
        m.set_events(3, events)
    else:
        for c in local:
            m.set_local_events(3, c, events)
    work()
    if local is None:
        m.set_events(3, 0)
    else:
        for c in local:
            m.set_local_events(3, c, 0)
go(E_.LINE | E_.PY_START | E_.PY_RESUME | E_.PY_YIELD | E_.PY_RETURN | E_.RAISE | E_.PY_UNWIND | E_.STOP_ITERATION)
dump("mon")
go(E_.CALL | E_.INSTRUCTION | E_.JUMP)
dump("mon2")
codes = [work.__code__] + [c for c in work.__code__.co_consts if hasattr(c, "co_code")]
go(E_.LINE | E_.PY_RESUME | E_.PY_YIELD | E_.CALL, codes[1:])
dump("local")
go(E_.LINE | E_.CALL, codes[:1])
dump("local2")
for i in range(3):
    work()
def midway(switch, hook):
    def k(x):
        if x == 50: switch(hook)
        if x == 60: switch(None)
        return x
    max(range(100), key=k); sum(k(x) for x in range(100)); list(map(k, range(100)))
midway(sys.settrace, tracer)
dump("midway, traced")
midway(sys.setprofile, prof)
dump("midway, profiled")
"""


class Results(ForcedExits, unittest.TestCase):
    program = PROGRAM.replace("N)", "120)")
    settings = OFTEN

    def test_enough_rounds(self):
        program = PROGRAM.replace("N)", "3000)")
        self.assertEqual(run(program), run(program, PYTHON_JIT="0"))


class Loops(unittest.TestCase):
    def test_the_loop_is_one_trace(self):
        for name, (expression, wanted) in LOOPS.items():
            with self.subTest(name):
                program = textwrap.dedent(f"""
                    import json, sys
                    def f(n):
                        a, t = list(range(50)), 0
                        for i in range(n):
                            t += {expression}
                        return t
                    f(500)
                    print(json.dumps(sys._jit._ir_traces()))
                """)
                bodies = [
                    text[text.index("PHI" if "PHI" in text else "BYTECODE FOR_ITER_GEN") :]
                    for text in json.loads(run(program))
                    if "LOOP" in text and "FOR_ITER_GEN" in text
                ]
                self.assertTrue(bodies)
                self.assertTrue(any(all(op in body for op in wanted) for body in bodies), bodies)
                self.assertFalse([body for body in bodies if "OPAQUE" in body])

    def test_code_goes_with_the_generators(self):
        program = textwrap.dedent("""
            import gc, sys
            def live():
                gc.collect()
                return sys.getallocatedblocks()
            def once(i):
                space = {}
                exec("def f(n):\\n for i in range(n): sum(x for x in (1, 2, i)); any(x for x in (0, 0))\\n", space)
                space["f"](200)
            for i in range(30): once(i)
            before = live()
            for i in range(200): once(i)
            print(live() - before < 4000)
        """)
        self.assertEqual(run(program).strip(), "True")

    def test_tracing_begins_inside(self):
        self.assertEqual(run(TRACED, **OFTEN), run(TRACED, PYTHON_JIT="0"))


class WithoutRecording(unittest.TestCase):
    def test_results(self):
        expected = run(MANY, PYTHON_JIT="0")
        for backend in "interpreter", "native":
            for settings in ({}, OFTEN, {"PYTHON_JIT_LOOP_THRESHOLD": "3000", "PYTHON_JIT_EXIT_THRESHOLD": "5"}):
                with self.subTest(backend, **settings):
                    self.assertEqual(run(MANY, PYTHON_JIT_BACKEND=backend, **settings), expected)

    def test_steps(self):
        expected = run(MANY_STEPS, PYTHON_JIT="0")
        for backend in "interpreter", "native":
            for settings in (OFTEN, {"PYTHON_JIT_LOOP_THRESHOLD": "3000", "PYTHON_JIT_EXIT_THRESHOLD": "5"}):
                with self.subTest(backend, **settings):
                    self.assertEqual(run(MANY_STEPS, PYTHON_JIT_BACKEND=backend, **settings).splitlines(), expected.splitlines())

    def test_tools(self):
        expected = run(HEARD, PYTHON_JIT="0").splitlines()
        for settings in ({"PYTHON_JIT_LOOP_THRESHOLD": "3000"}, OFTEN, {"PYTHON_JIT_BACKEND": "native"}):
            with self.subTest(**settings):
                self.assertEqual(run(HEARD, **settings).splitlines(), expected)

    def test_steps_count_for_recursion(self):
        # C counts two units a level, and traces three.
        wanted = int(run(DEEP_STEPS, PYTHON_JIT="0").split()[-1])
        for found in map(int, run(DEEP_STEPS, PYTHON_JIT_BACKEND="native").split()):
            self.assertLessEqual(found, wanted)
            self.assertGreater(found, wanted * 0.6)

    def test_no_recursion_is_lost(self):
        import_helper.import_module("_testinternalcapi")
        for settings in ({}, OFTEN, {"PYTHON_JIT_BACKEND": "native"}, {"PYTHON_JIT_STRESS": "1"}):
            with self.subTest(**settings):
                self.assertEqual(run(RECURSION_LEFT, **settings), "")

    def loops(self, source):
        """The loops of consumers after SOURCE, run with the thresholds that users have."""
        program = textwrap.dedent(source) + "\nimport sys, json\nprint(json.dumps(sys._jit._ir_traces()))\n"
        defaults = {"PYTHON_JIT_LOOP_THRESHOLD": "1000", "PYTHON_JIT_EXIT_THRESHOLD": "300"}
        return [text for text in json.loads(run(program, **defaults).splitlines()[-1]) if "LOOP" in text and " sum\n" in text]

    def test_many_items(self):
        # The number of items is known, and a loop of bytecode is begun at once.
        self.assertTrue(self.loops("print(sum(x * x for x in range(5000)))"))

    def test_unknown_number(self):
        # C asks for the items until the generator is hot.
        source = """
            a = list(range(4000))
            def f():
                return sum(x * y for x, y in zip(a, a))
            for turn in range(4):
                print(f())
        """
        self.assertTrue(self.loops(source))

    def test_few_items(self):
        source = """
            def f():
                return sum(x * x for x in range(20))
            for turn in range(20):
                f()
        """
        self.assertFalse(self.loops(source))


class Memory(unittest.TestCase):
    def test_no_memory_for_a_consumer(self):
        import_helper.import_module("_testcapi")
        # Generator functions: tier 1 ends a code object too often where it has no memory for a function that it makes.
        program = textwrap.dedent("""
            import _testcapi
            def numbers(i):
                yield i
                yield 1
            def words():
                yield "a"
                yield "b"
            def f(n):
                for i in range(n):
                    try:
                        sum(numbers(i)), list(numbers(i)), tuple(numbers(i)), ",".join(words())
                    except MemoryError:
                        pass
            for start in range(1, 120):
                _testcapi.set_nomemory(start, start + 2)
                try:
                    f(12)
                except MemoryError:
                    pass
                finally:
                    _testcapi.remove_mem_hooks()
            f(2000)
            print("done")
        """)
        self.assertEqual(run(program, PYTHON_JIT_STRESS="1").strip(), "done")


if __name__ == "__main__":
    unittest.main()
