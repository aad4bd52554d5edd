"""Looking for keys and items that are ints, strings, floats and tuples: in lists, tuples, sets and dicts, and putting them there.

C compares them by itself, and leaves where it meets anything else.
"""

import unittest

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT

PROGRAM = (
    """
import gc, sys

class Loud:
    heard = []
    def __init__(self, k): self.k = k
    def __eq__(self, other): Loud.heard.append((self.k, str(other))); return self.k == other
    def __hash__(self): return hash(self.k)
    def __del__(self): Loud.heard.append(self.k)
    def __repr__(self): return "Loud"

class Int(int): pass
class Str(str):
    def __eq__(self, other): Loud.heard.append("str"); return str.__eq__(self, other)
    __hash__ = str.__hash__

NAN = float("nan")
TEXT = "".join(["a", "b"])
ITEMS = [1, 0, -1, -2, 300, 1 << 40, -(1 << 70), True, 1.0, -0.0, NAN, 2.5, "a", "ab", TEXT, "\\xe9", "\\u20ac", "", None, b"a", (1, 2), (1.0, 2), Int(300), Str("ab")]
KEYS = [1, 300, int("300"), 1 << 40, -1, -2, 1.0, 0, 0.0, NAN, float("nan"), 2.5, False, "ab", "".join(["a", "b"]), "\\xe9", "\\u20ac", "zz", "", None, (1, 2), (1, 2.0), (1,), Int(1),
        1 << 70, Str("a")]

def in_lists(n):
    out, items, pair = [], list(ITEMS), tuple(ITEMS)
    for i in range(n):
        k = KEYS[i % len(KEYS)]
        out.append((k in items, k in pair, k not in items, items.count(k)))
        try:
            out.append(items.index(k))
        except ValueError as error:
            out.append(error.__traceback__.tb_lineno)
    return out

def loud_lists(n):
    Loud.heard.clear()
    items, out = [5, Loud(7), "x", Loud("y"), 2.5], []
    for i in range(n):
        k = [5, 7, "y", "x", 2.5, 8][i // 7 % 6]
        out.append((k in items, items.count(k), len(Loud.heard)))
    return out, Loud.heard

def changing(n):
    # A comparison that takes items away.
    class Thief:
        def __eq__(self, other): items.clear(); return False
    out = []
    for i in range(n):
        items = [1, 2, Thief() if i % 9 == 8 else 3, 4, "a"]
        out.append((4 in items, len(items), items.count(1)))
    return out

def removing(n):
    Loud.heard.clear()
    items, out = [], []
    for i in range(n):
        items += [i * 1000, str(i), i * 0.5, (i, 1)]
        if i > 3:
            for k in ((i - 3) * 1000, str(i - 3), (i - 3) * 0.5, (i - 3, 1)):
                items.remove(k)
        if i % 8 == 5:
            items.append(Loud(i))
            items.remove(i)
        out.append((len(items), len(Loud.heard)))
    return out

def counts(n):
    grid, words, out = {}, {}, []
    for i in range(n):
        k = i % 5, i % 3
        if k not in grid:
            grid[k] = 0
        grid[k] += i
        grid[i % 5, i % 3] += 1
        words["w%d" % (i % 7)] = words.get("w%d" % (i % 7), 0) + 1
        if i % 11 == 10:
            # The dict changes between the two looks.
            grid[k] += grid.pop((i % 5, i % 3)) if i % 2 else (grid.clear() or 5)
    return sorted(grid.items()), words, list(grid)

def between(n):
    # What is looked for twice goes, moves or is replaced in between.
    d, out = {}, []
    def shake(i):
        if i % 5 == 1: del d[1, 2]; d[1, 2] = 0
        elif i % 5 == 2: d.update({(j, i): j for j in range(20)})
        elif i % 5 == 3:
            for j in range(20): d.pop((j, i - 1), None)
        return 1
    for i in range(n):
        d.setdefault((1, 2), 5)
        d[1, 2] += shake(i)
        out.append((d[1, 2], len(d)))
    return out, list(d)[:9]

def filled(n):
    # Dicts of each kind of key, with gaps, which keep their order; refused keys in between.
    Loud.heard.clear()
    d, s, out = {}, set(), []
    for i in range(n):
        k = [i, str(i), (i, "x"), i * 0.5, -i, i << 65][i % 6]
        d[k] = i
        s.add(k)
        if i % 4 == 3:
            d.pop(k)
            s.discard(k)
            s.add(k)
        if i % 13 == 12:
            s.remove(k)
            del d[list(d)[0]]
        if i % 40 == 39:
            out.append((list(d.items()), sorted(map(str, s)), sys.getsizeof(d), sys.getsizeof(s)))
            d, s = ({}, set()) if i % 80 == 79 else ({"a": 1}, {Loud(0)})
    return out, len(Loud.heard)

def tracked(n):
    # The collector sees a dict as soon as there is something for it.
    out = []
    for i in range(n):
        d = {i: 1}
        d[i + 1] = 2
        a = gc.is_tracked(d)
        d[(i, 2)] = 3
        b = gc.is_tracked(d)
        d[i + 2] = [i]
        out.append((a, b, gc.is_tracked(d), len(d)))
    return out

def same_hash(n):
    # -1 and -2, ints that differ by the modulus, a key of users in front of an equal one.
    Loud.heard.clear()
    m, out = sys.hash_info.modulus, []
    d = {-1: 0, -2: 0, 5: 0, 5 + m: 0}
    for i in range(n):
        d[[-1, -2, 5, 5 + m][i % 4]] += 1
        out.append((-1 in d, 5 + 2 * m in d))
        if i == n - 30:
            d[Loud(9)] = 0
        if i > n - 30:
            d[9] = d.get(9, 0) + 1
    return list(d.values()), out[-1], len(Loud.heard)

def ordered(n):
    out, words = [], ["a", "b", "ab", "\\xe9", "\\u20ac", ""]
    for i in range(n):
        x, y = [words[i % 6], i], [words[i // 6 % 6], 5]
        out.append((x < y, x == y, x >= y, x != y, (x[0], 1) > (y[0], 2)))
    return out

FUNCTIONS = [in_lists, loud_lists, changing, removing, counts, between, filled, tracked, same_hash, ordered]

def run():
    return [str((f.__name__, f(160))) for f in FUNCTIONS]
"""
    + RUN_AND_COUNT
)

LOOPS = {
    "a tuple as key": (
        """
        def f(n):
            d = {(0, 1): 0, (1, 1): 0}
            for i in range(n):
                d[i & 1, 1] += i
            return d
        """,
        ["DICT_GET", "DICT_SET"],
        ["OPAQUE"],
    ),
}


class LoopTests(OptimizedLoops, unittest.TestCase):
    expected_loops = LOOPS


class ExitTests(ForcedExits, unittest.TestCase):
    """Every check fails in turn."""

    program = PROGRAM


if __name__ == "__main__":
    unittest.main()
