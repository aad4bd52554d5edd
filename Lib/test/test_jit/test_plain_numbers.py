"""int() and float() of text, round(), min() and max(), calls of functions with a cache, and iterators of C modules: leaf calls that do the work
themselves, or find at once that it is for tier 1."""

import sys
import unittest

from test.test_jit.exits import ForcedExits
from test.test_jit.test_typed import RUN_AND_COUNT

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

PROGRAM = (
    """
import functools, itertools, random, struct

TEXTS = ["12", " 7 ", "-3", "+4", "x", "", " ", "1_000", "0x10", "\\t5\\n", "9" * 18, "9" * 19, "9" * 40, "-" + "9" * 18, "--1", "1 2", "\\u0665",
         "1.5", ".5", "5.", ".", "1e5", "1e", "e5", "1e+", "-1E-3", "inf", "nan", "1.5x", "1..2", "+ 1", "1\\0", "\\x1c1", "007", "-0", "-0.0"]

def texts(n):
    out = []
    for i in range(n):
        text = TEXTS[i % len(TEXTS)]
        for read in (int, float):
            try:
                out.append(read(text))
            except ValueError as error:
                out.append(str(error))
        try:
            out.append(int(text))
        except ValueError:
            out.append(None)
        try:
            out.append(float(text))
        except ValueError:
            out.append(None)
    return repr(out[:300]), len(out)

def rounds(n):
    rng, out = random.Random(5), []
    special = [0.0, -0.0, 0.5, 1.5, 2.5, -0.5, 0.125, 0.375, 1e15 + 0.5, 2.0**52 + 0.5, 2.0**53 - 1, 1e22, 5e-324, float("inf"), float("nan"), 2.675]
    for i in range(n * 4):
        x = special[i % 16] if i % 3 == 0 else rng.uniform(-1000, 1000) if i % 3 == 1 else rng.randrange(-10**6, 10**6) / 64
        out.append(round(x, i % 12 - 1))
        out.append(round(i * 37 - 500, -1))
        try:
            out.append(round(x))
        except (OverflowError, ValueError) as error:
            out.append(str(error))
    return repr(out)

def extremes(n):
    class Odd(int):
        def __lt__(self, other): return True
        def __gt__(self, other): return False
    a, b, c = [3, 1, 2], (2.5, float("nan"), 1), ["b", "a", "ab"]
    big, same, out = [10**30, -10**30], [1, 1.0, True], []
    for i in range(n):
        a[1] = i % 5
        odd = [Odd(1), Odd(2)] if i % 9 == 0 else [4]
        out += [min(a), max(a), min(b), max(b), min(c), max(c), max(big), min(same), max(same), max(odd), min(odd)]
        out += [max(i, 3), min(i, 2.5, -1), max("a", "b"), min(odd[0], 3)]
        try:
            max([])
        except ValueError as error:
            out.append(str(error))
        try:
            min([1, "a"])
        except TypeError as error:
            out.append(str(error))
    return repr(out)

def cached(n):
    calls = []
    @functools.lru_cache(None)
    def all_of(x, y=0):
        calls.append(x)
        return [x, y]
    @functools.lru_cache(3)
    def some(x, y=0):
        calls.append(x)
        return x * 10 + y
    @functools.lru_cache(2)
    def one(x):
        calls.append(x)
        return [x]
    @functools.lru_cache(0)
    def none(x):
        return x
    @functools.lru_cache(None, typed=True)
    def typed(x):
        return type(x).__name__
    t = []
    for i in range(n):
        t.append((all_of(i % 3), all_of(i % 2, 1)[0], some(i % 2, 5), some(i % 4), one(i % 2), none(i), typed(1.0 if i & 1 else 1)))
        if i % 40 == 0:
            some.cache_clear()
    return repr(t), len(calls), [f.cache_info() for f in (all_of, some, one, none, typed)]

def iterators(n):
    out, s, a = [], "abcde", [1, 2, 3]
    for i in range(n // 4):
        for x, y in zip(s, s): out.append(x + y)
        for k, x in enumerate(s, i): out.append((k, x))
        for x, y in zip(s, a): out.append((x, y))
        for x, y in zip("a\\xe9b", "\\u20acde"): out.append(x + y)
        for x in itertools.islice(a, 1, None): out.append(x)
        for p in itertools.combinations(a, 2): out.append(p)
        for p in itertools.permutations(s, 2): out.append(p)
        for x, y in itertools.product(a, s): out.append((x, y))
        for x in itertools.chain(a, s): out.append(x)
        for x, y in zip(itertools.count(i), s): out.append((x, y))
        for x, y in zip(itertools.repeat(i, 3), s): out.append((x, y))
        it = iter(s)
        for x, y in zip(it, it): out.append(x + y)
        out.append(list(it))
    class Mine(itertools.chain): pass
    for i in range(n):
        for x in Mine(a): out.append(x)
    return repr(out[:400]), len(out)

def large(n):
    # Containers that are large, and what ends with them.
    seen = []
    class Loud:
        def __del__(self):
            seen.append(1)
    a, t = [str(i) for i in range(100)], 0
    for i in range(n):
        x = a[:]
        y = {k: i for k in range(60)}
        if i % 20 == 0:
            x.append(Loud())
        t += len(x) + len(y)
    x = None
    return t, len(seen)

def run():
    return [repr(f(260)) for f in (texts, rounds, extremes, cached, iterators, large)]
"""
    + RUN_AND_COUNT
)


class ExitTests(ForcedExits, unittest.TestCase):
    program = PROGRAM


if __name__ == "__main__":
    unittest.main()
