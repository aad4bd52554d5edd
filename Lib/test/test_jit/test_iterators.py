"""Loops over dicts and their views, sets, strings, enumerate, zip, reversed.

Their iterators make a step without a boundary.

As in test_find, every way in which code of users could run is in `PROGRAM`, and each check of its traces is
made to fail in turn.
"""

import sys
import unittest

from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT, run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

LOOPS = {
    "views": (
        """
        def f(n):
            d, t = {i: i for i in range(n)}, 0
            for k, v in d.items():
                t += k + v
            return t
        """,
        ["ITER_STEP", "TUPLE_GET", "IADD"],
        ["OPAQUE", "GUARD_TUPLE", "DECREF_PLAIN"],
    ),
    "numbers": (
        """
        def f(n):
            l, t = list(range(n)), 0
            for i, x in enumerate(l, 3):
                t += i * x
            return t
        """,
        ["ITER_STEP", "ENUMERATE_NUMBER", "TUPLE_GET", "IMUL", "IADD"],
        ["OPAQUE", "GUARD_TUPLE", "DECREF_PLAIN"],
    ),
    "pairs": (
        """
        def f(n):
            l, t = list(range(n)), 0
            for i, (a, b) in enumerate(zip(l, l)):
                t += i + a + b
            return t
        """,
        ["ITER_STEP", "ENUMERATE_NUMBER", "TUPLE_GET", "IADD"],
        ["OPAQUE"],
    ),
    "deques": (
        """
        from collections import deque
        def f(n):
            d, t = deque(range(n)), 0
            for x in d:
                t += x
            for x in reversed(d):
                t += x
            return t
        """,
        ["ITER_NEXT", "IADD"],
        ["OPAQUE"],
    ),
}

PROGRAM = (
    """
import gc, sys

class Noisy:
    heard = []
    def __init__(self, k): self.k = k
    def __del__(self): Noisy.heard.append(self.k)

class Mine:
    def __init__(self, n): self.n = n
    def __iter__(self): return self
    def __next__(self):
        Noisy.heard.append("next")
        self.n -= 1
        if self.n < 0: raise StopIteration
        return self.n

class Dict(dict):
    def __iter__(self): return iter("mine")

def kinds(n):
    Noisy.heard.clear()
    out = []
    d = {"a": 1, 2: "b", 3.5: (4,), None: [5]}
    for i in range(n):
        made = [
            d, d.items(), d.values(), {i}, frozenset((i, i + 1)), "a\u20acb", "abc", b"ab",
            reversed([1, i]), reversed((i, 2)),
            enumerate([i, 2], i), enumerate("xy"), zip((1, 2, 3), [i, i]), zip("ab", d, {7: 8}), range(2),
            Mine(2), Dict(a=1), zip(Mine(3), (1,)),
            enumerate(Mine(1)), reversed(range(3)), reversed("ab"), zip(), zip((1,)),
            enumerate(enumerate(enumerate((i,)))), iter([i]), reversed(d),
            map(str, (1, 2)), zip((1, 2), (3,), strict=True), enumerate((1,), 2 ** 70), iter(lambda: 1, 1),
            {}, (), zip((), ()), [[i]], ((i,),),
        ][i // 2 % 35]
        try:
            for x in made:
                out.append(repr(x))
            for x in made:
                out.append("again")
        except ValueError as error:
            out.append(str(error))
    return out, Noisy.heard

def unpacked(n):
    out, t = [], 0
    d = {i: (i, str(i)) for i in range(7)}
    for i in range(n):
        for k, (a, b) in d.items():
            t += k + a
            out.append(b)
            if k == i % 9:
                break
        for j, (p, q) in enumerate(zip(d, d.values())):
            t += j * p
            out.append(q)
            if j == i % 5:
                continue
            t += 1
        keep = [pair for pair in d.items()]
        held = [pair for pair in enumerate(keep)]
        out.append((len(set(map(id, keep))), len(set(map(id, held)))))
        out = out[-60:]
    return out, t

def changes(n):
    out = []
    for i in range(n):
        d, s, l = {1: 1, 2: 2, 3: 3}, {1, 2, 3}, [1, 2, 3]
        what = i // 5 % 9
        seen = []
        try:
            for k, v in d.items():
                seen.append(k)
                if k == 2:
                    if what == 0: d[9] = 1
                    elif what == 1: del d[3]
                    elif what == 2: del d[1]; d[7] = 7
                    elif what == 3: d[3] = [v]
                    elif what == 4: d.clear()
            for k in s:
                seen.append(k)
                if k == 2:
                    if what == 5: s.add(9)
                    elif what == 6: s.discard(1); s.add(11)
            for k in reversed(l):
                seen.append(k)
                if what == 7 and k == 2: l.clear()
                if what == 8 and len(l) < 6: l.append(k)
        except RuntimeError as error:
            seen.append((str(error), error.__traceback__.tb_lineno))
        out.append(seen)
    return out

def shared(n):
    # Somebody else has the iterator, or one below it, and goes on with it.
    out = []
    for i in range(n):
        l = iter([1, 2, 3, 4, 5])
        for a, b in zip(l, (7, 8)):
            out.append((a, b))
        out.append(list(l))
        l = iter([1, 2, 3, 4, 5])
        for a, b in zip(l, l):
            out.append((a, b))
        out.append(list(l))
        l = iter({1: 2, 3: 4})
        for j, x in enumerate(l):
            out.append((j, x))
        out.append(list(l))
        e = enumerate((1, 2))
        for x in e:
            out.append(x)
        out.append(next(e, "end"))
        grown = [1]
        it = iter(grown)
        for x in it:
            out.append(x)
        grown.append(2)
        out.append(next(it, "end"))
        out = out[-40:]
    return out

def ends(n):
    # What the result held before ends with the step; what is gone over ends with the loop.
    Noisy.heard.clear()
    out = []
    for i in range(n):
        d = {k: Noisy((i, k)) for k in range(3)}
        for k, v in d.items():
            d[k] = 0
            out.append((v.k, len(Noisy.heard)))
        v = None
        out.append(len(Noisy.heard))
        for k, v in enumerate([Noisy(i), Noisy(-i)]):
            out.append((k, len(Noisy.heard)))
        v = None
        out.append(len(Noisy.heard))
        for a, b in zip([Noisy(i)], {1: 2}):
            out.append(len(Noisy.heard))
        a = None
        out.append(len(Noisy.heard))
        for x in {Noisy(i): 1}:
            pass
        out.append(len(Noisy.heard))
        x = None
        out.append(len(Noisy.heard))
    return out, Noisy.heard

def in_functions(n):
    def total(d):
        t = 0
        for k, v in d.items():
            t += v
        return t
    def first(d):
        for k in d:
            return k
    out = []
    d = {i: i * 0.5 for i in range(5)}
    for i in range(n):
        out.append((total(d), first(d), total({}), first(()), total({i: i})))
        d[i % 5] = i
    return out

def stepped(n):
    # One place steps through iterators of several types and lengths, whose tuples are looked into at once.
    def pairs(it):
        t = []
        try:
            for a, b in it:
                t.append((a, b))
        except (ValueError, RuntimeError) as error:
            t.append(str(error))
        return t
    def triples(it):
        return [a + b * c for a, b, c in it]
    class Plain: pass
    plain = Plain()
    plain.x, plain.y = 1, 2
    out = []
    for i in range(n):
        d = {"a": i, (i, 2): [i]}
        e = enumerate([5, 6, 7], i)
        what = i // 3 % 14
        out.append(pairs([
            e, zip("ab", [i, 2]), d.items(), vars(plain).items(), zip((1, 2), (3, 4), (5, 6)), enumerate(d), enumerate([]),
            [(1, 2), (3, 4)], zip([1], {i: 2}.values(), strict=True), {(1, i), (2, 3)}, enumerate([1, 2], 2 ** 63 - 2),
            zip(range(300, 303), range(3)), enumerate(zip((i, 2), (3, 4))), e,
        ][what]))
        out.append(pairs(enumerate([i, "x", None], 3)))
        out.append(triples(zip([i, 2], (3, 4), range(1000, 1003))))
        kept = []
        for a, b in enumerate("xyz"):
            kept.append(a)
        out.append((kept, [x is y for x, y in zip(kept, kept)]))
        out = out[-30:]
    return out

def held(n):
    # The iterator keeps what it gave last until the next step, whoever gives it up before; and others see and use its tuple.
    Noisy.heard.clear()
    out = []
    for i in range(n):
        l = [Noisy((i, 0)), Noisy((i, 1)), Noisy((i, 2))]
        e = enumerate(l)
        for k, x in e:
            l[k] = x = None
            out.append((k, len(Noisy.heard)))
            if k == 1:
                del e
        l = [Noisy((i, 3)), Noisy((i, 4))]
        for x, y in zip(l, "ab"):
            l.clear()
            del x
            out.append((y, len(Noisy.heard)))
        e = enumerate("abcdef")
        for k, x in e:
            pair = next(e, "end")
            out.append((k, x, pair))
            if i % 3:
                del pair
        z = zip("abcd", range(9))
        for a, b in z:
            out += gc.get_referents(z)[:0]
            gc.collect(0) if i % 50 == 0 and b == 1 else None
            out.append((a, b))
        out = out[-40:]
    return out, Noisy.heard[-30:]

def below(n):
    # What the iterators of a zip go on with is that of another one, or of somebody else: each takes its item before the next one is asked.
    import itertools
    Noisy.heard.clear()
    out = []
    for i in range(n):
        it = iter([1, 2, 3, 4, 5])
        for a, b in zip(enumerate(it), "ab"):
            out.append((a, b))
        for pair in zip(itertools.islice(it, 2), "x"):
            out.append(pair)
        out.append(list(it))
        it = iter([1] * (i % 7))
        chained = itertools.chain(it, [5, 6, 7])
        for a, b in zip(enumerate(chained), enumerate(it)):
            out.append((a, b))
        out.append(list(chained))
        it = iter([Noisy(i), Noisy(-i), Noisy(i)])
        for a, b in zip(enumerate(it), enumerate(it)):
            out.append((a[0], b[0], len(Noisy.heard)))
        a = b = it = None
        out.append(len(Noisy.heard))
        out = out[-40:]
    return out, Noisy.heard[-30:]

class Items(dict):
    def items(self): return [("mine", 1)]

def views(n):
    # Views that are gone over at once are not made; others are, and so is what only looks like them.
    class Thing: pass
    thing = Thing()
    thing.x, thing.y = 1, [2]
    numbers, out = {i: str(i) for i in range(12)}, []
    for i in range(n):
        d = [{"a": i, "b": [i]}, {}, Dict(a=1), Items(a=2), thing.__dict__, numbers, {1: i, "x": None}, Mine][i // 3 % 8]
        try:
            for k in d.keys(): out.append(k)
            for v in d.values(): out.append(repr(v))
            for k, v in d.items(): out.append((k, repr(v)))
            for pair in d.items(): out.append(repr(pair))
            for k in dict.keys(d): out.append(k)
            view = d.items()
            out.append(len(view))
            for pair in view: out.append(sys.getrefcount(view) > 1)
        except (AttributeError, TypeError) as error:
            out.append((type(error).__name__, error.__traceback__.tb_lineno))
        if i % 40 == 39:
            numbers.pop(next(iter(numbers)))
        e = {"a": 1, "b": 2, "c": 3}
        try:
            for k, v in e.items():
                if i % 20 == 19: e["d"] = 4
            for k in e.keys():
                if i % 15 == 14: del e[k]
            for v in e.values():
                if i % 7 == 6: e.clear()
        except RuntimeError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
    return out

def characters(n):
    out = []
    for i in range(n):
        text, items = ["abc", "", "a\u20ac", "\xe9"][i // 2 % 4], [i, 2, 3]
        letters = iter(text)
        for c in letters: out.append(c)
        out.append(next(letters, "none"))
        backwards = reversed(items)
        for x in backwards:
            out.append(x)
            if i % 11 == 10:
                items.clear()
        items.append(5)
        out.append(next(backwards, "none"))
        for k in {"a": 1, 5: 2}: out.append(k)
    return out

FUNCTIONS = [kinds, unpacked, changes, shared, ends, in_functions, stepped, held, below, views, characters]

def run():
    return [str((f.__name__, f(220))) for f in FUNCTIONS]
"""
    + RUN_AND_COUNT
)

# Deques, and what changes them on the way.
DEQUES = (
    """
import gc, sys
from collections import deque
class Noisy:
    heard = 0
    def __del__(self): Noisy.heard += 1
class Mine(deque):
    def append(self, x): deque.append(self, -x)
def run():
    Noisy.heard, out = 0, []
    for i in range(160):
        d = (deque, Mine)[i & 1]([1, 2, Noisy()], 4)
        it = reversed(d) if i % 5 == 4 else iter(d)
        try:
            for x in it:
                out.append(x if type(x) is int else Noisy.heard)
                if x == 2:
                    what = i // 10 % 5
                    if what == 1: d.append(5)
                    elif what == 2: d.pop()
                    elif what == 3: d[1] = [x]
                    elif what == 4: d = None
        except RuntimeError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
            it = iter((3, 4))
        for k, x in zip("ab", enumerate(it)):
            out.append((k, x))
        d = x = it = None
        out.append(Noisy.heard)
    return [str(out)]
"""
    + RUN_AND_COUNT
)


# What stands before the start is taken, also where the start is behind the stop.
SLICES = """
from itertools import islice
def f(n):
    out = []
    for i in range(n):
        rest = iter(range(9))
        for x in islice(rest, 5, i % 3): out.append(x)
        out.append(next(rest))
        for x in islice(rest, i % 4, i % 7, i % 2 + 1): out.append(x)
        out.append(next(rest, None))
    return out
print(f(300))
"""


class SliceTests(unittest.TestCase):
    def test_starts_behind_the_stop(self):
        expected = run(SLICES, PYTHON_JIT="0")
        for backend in "native", "interpreter":
            with self.subTest(backend):
                self.assertEqual(run(SLICES, PYTHON_JIT_BACKEND=backend), expected)


class LoopTests(OptimizedLoops, unittest.TestCase):
    expected_loops = LOOPS


class ExitTests(ForcedExits, unittest.TestCase):
    """Every check fails in turn."""

    program = PROGRAM


class DequeTests(ForcedExits, unittest.TestCase):
    program = DEQUES


if __name__ == "__main__":
    unittest.main()
