"""Ints that do not fit a machine word, and sums: computed without the frame in memory, and nobody can tell."""

import unittest

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT

PROGRAM = """
import gc, random, sys, zlib

def hash(text):
    return zlib.crc32(text.encode())

class Int(int):
    def __add__(self, other): return "sum"
    def __rmul__(self, other): return "product"

EDGES = [0, 1, -1, 2, 7, -7, 2**15, 2**30 - 1, -2**30, 2**31, 2**59, 2**60 - 1, 2**60, -2**60, 2**62, 2**63 - 1, 2**63, -2**63,
         -2**63 - 1, 2**64 - 1, 2**64, -2**64, 2**89, 2**90 - 1, 2**119, 2**120, -2**120, 2**125 - 1, 2**126 - 1, 2**126, -2**126,
         2**127 - 1, 2**127, -2**127, -2**127 - 1, 2**128 - 1, 2**128, -2**128, 2**200, -2**500, 10**18, -10**19, True, Int(2**70)]

def pairs(x, y):
    out = []
    out.append((x + y, x - y, y - x, x * y))
    out.append((x & y, x | y, x ^ y))
    try:
        out.append((x // y, x % y))
    except ZeroDivisionError as error:
        out.append(str(error))
    try:
        out.append((y // x, y % x))
    except ZeroDivisionError as error:
        out.append(str(error))
    return out

def edges(n):
    out = []
    for x in EDGES:
        for y in EDGES:
            out.append(pairs(x, y))
    return hash(repr(out))

def shifts(n):
    out = []
    for x in EDGES:
        for k in (0, 1, 29, 30, 31, 60, 63, 64, 65, 90, 126, 127, 128, 129, 300, 2**70 if x == 0 else 3):
            out.append((x >> k, x << k if k < 2**60 or x == 0 else None))
        try:
            out.append(x >> -1)
        except ValueError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        try:
            out.append((x << (-x if x > -2**16 else 5)) % (2**61 - 1))
        except (ValueError, OverflowError, MemoryError) as error:
            out.append(str(error))
    return hash(repr(out))

def congruences(n):
    x, h, out = 1, 14695981039346656037, []
    for i in range(n):
        x = x * 6364136223846793005 + 1442695040888963407 & 18446744073709551615
        h = (h ^ (i & 255)) * 1099511628211 % (1 << 64)
        out.append((x >> 33, h % 1000, x % (i + 1), h & 0xffff, x & -256, type(x), h // 3))
        out.append(x << 3 ^ h)
        out.append(-x | 5)
    return out

def in_place(n):
    x, out = 2**80, []
    for i in range(n):
        x += i
        x -= 3
        x ^= 2**66
        x |= 1
        x *= 3
        x &= 2**90 - 1
        x >>= 1
        x <<= 1
        x %= 2**89 + 3
        x //= 2 if i % 3 else 1
        x += 2**80
        out.append((x, sys.getrefcount(x)))
    return out

def identity(n):
    out, big = [], 2**70
    for i in range(n):
        x, y = big - (big - 5), (big + i) % 100
        out.append((x is 5 + (i - i), y is (big + i) % 100, (big + i) - big is i))
        z = big + i
        out.append((z is z, z == big + i, z is big))
    return out

def changing(n):
    # Of other types, and of so many bits that tier 1 has them.
    out, x, y = [], 2**70, 3
    for i in range(n):
        if i == n - 30: x = 2.5
        if i == n - 20: x = Int(2**70)
        if i == n - 10: x, y = 3**200, 5**90
        try:
            out.append((x + y, x * y, x - y))
            out.append((x % y, x // y))
            out.append(x & y)
        except TypeError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
    return out

def random_pairs(n):
    r, out = random.Random(5), []
    for i in range(n):
        x, y = r.getrandbits(r.randrange(1, 135)), r.getrandbits(r.randrange(1, 135))
        if i & 1: x = -x
        if i & 2: y = -y
        out.append(hash(repr(pairs(x, y))))
        out.append((x < y, x <= y, x == y, x != y, x > y, x >= y, x == x + 0))
    return out

class Noisy:
    def __init__(self, k): self.k = k
    def __radd__(self, other): return other + self.k

def sums(n):
    out = []
    numbers = [[1, 2, 3], (4, 5), [1.5, 2], [], [2**62, 2**62, 2**70], [True, 2], [0.1] * 10, [1, Noisy(4)], ["a"], (1e100, 1.0, -1e100),
               [2**62] * 8, [float("inf"), 1, float("-inf")], {1: 2}, range(4), [-5, 5, 2**29]]
    for i in range(n):
        v = numbers[i // 4 % len(numbers)]
        for k in range(2):
            try:
                out.append(sum(v))
                out.append(sum([i, k, 0.5]))
                out.append(sum((i, 7)))
            except TypeError as error:
                out.append((str(error), error.__traceback__.tb_lineno))
    return repr(out)

def run():
    return [repr(f(90)) for f in (edges, shifts, congruences, in_place, identity, changing, random_pairs, sums)]
""" + RUN_AND_COUNT


class Results(ForcedExits, unittest.TestCase):
    program = PROGRAM


class Loops(OptimizedLoops, unittest.TestCase):
    expected_loops = {
        "64 bits": (
            """
            def f(n):
                x, mask, least, t = 2**70, 2**80 - 1, 2**70, 0
                for i in range(n):
                    x = (x * 3 + i & mask) | least
                    t += x % 1000 + (x & 255)
                return t
            """,
            ["CALL_LEAF", "CALL_LEAF", "CALL_LEAF", "CALL_LEAF", "ASK_LEAF", "ASK_LEAF", "IADD", "LOOP"],
            ["OPAQUE", "UNBOX_INT"],
        ),
        "comparisons": (
            """
            def f(n):
                x, least, t = 2**70, 2**69, 0
                for i in range(n):
                    x -= 1
                    if x > least:
                        t += 1
                return t
            """,
            ["CALL_LEAF", "ASK_LEAF", "GUARD_INE", "IADD", "LOOP"],
            ["OPAQUE"],
        ),
        "sums": (
            """
            def f(n):
                t, numbers = 0, [1, 2, 3]
                for i in range(n):
                    t += sum(numbers)
                return t
            """,
            ["CALL_LEAF", "UNBOX_INT", "IADD", "LOOP"],
            ["OPAQUE"],
        ),
    }


if __name__ == "__main__":
    unittest.main()
