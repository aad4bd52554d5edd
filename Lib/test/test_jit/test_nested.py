"""Nested loops whose inner loops run a few times: side traces go through the outer loop and come back.

`FUNCTIONS` are run with each check of their traces made to fail in turn, with passes off, and under stress.
"""

import json
import textwrap
import unittest

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits
from test.test_jit.test_typed import RUN_AND_COUNT, run

FUNCTIONS = (
    """
import gc, sys

def euclid(n):
    # The test of the inner loop stands before it and at its end: an outer iteration arrives behind the jump.
    total = 0
    for a in range(1, n // 6):
        for b in range(1, a, 3):
            x, y = a + 1000, b
            while y:
                x, y = y, x % y
            total += x
    return total, x, y

def collatz(n):
    longest, steps, odd = 0, 0, 0.0
    for i in range(1, n):
        k, x = 0, i
        while x != 1 and k < 7:
            if x & 1:
                x = 3 * x + 1
                odd += 0.5
            else:
                x >>= 1
            k += 1
        steps += k
        if k > longest:
            longest = k
    return longest, steps, odd, x

def short_ranges(n):
    t, x = 0, 1
    for i in range(n):
        x = (x * 75 + 74) % 65537
        for j in range(x & 3):
            t += i - j
        t ^= x
    return t, i, j, x

def short_lists(n):
    t, words = 0.0, [[0.5], [], [1.5, 2.5], [3.5, 4.5, 5.5]]
    for i in range(n):
        for word in words[i & 3]:
            t += word
        t *= 0.5
    return t, word

def same_object(n):
    # The inner loop's numbers are objects of the outer one until they change.
    seen, same = [], 0
    for i in range(n):
        a = i * 1000
        x, y = a, 2
        while y:
            if y == 2 and i % 50 == 49:
                seen.append((x is a, x))
            x, y = x + y, y - 1
        same += x is a
        y = 1
        x = a
        while y:
            y -= 1
            same += x is a
    return seen, same, x

def two_loops(n):
    t, u = 0, 0.5
    for i in range(n):
        j = i & 3
        while j:
            j -= 1
            t += i
        k = i % 3
        while k > 0:
            k -= 1
            u = u * 0.5 + t
    return t, u, j, k

def three_deep(n):
    t = 0
    for i in range(n // 4):
        for j in range(2):
            for k in range(i & 1, 3):
                t += i * j - k
            t -= 1
        t += 2
    return t, i, j, k

def left_early(n):
    found, t, last = [], 0, None
    for i in range(2, n):
        for d in range(2, i):
            if i % d == 0:
                t += d
                break
            if d * d > i:
                found.append(i)
                last = i
                break
        else:
            t -= 1
    return found, t, last, d

def boxed_between(n):
    # Something in the outer loop wants the numbers as objects.
    t, u, out = 1000, 0.5, []
    for i in range(n):
        for j in range(i % 3):
            t += j
            u += 0.25
        out.append(t)
        if len(out) > 9:
            out.clear()
        if i % 40 == 39:
            out += [u, t in out, u]
            out.append(out[-1] is out[-3])
        same = out and t is out[-1]
    return t, u, out, same

def strings(n):
    words, t = ["a", "", "bcd", "ab"], 0
    for i in range(n):
        for c in words[i & 3]:
            if c == "b":
                t += i
        t += 1
    return t, c

def grows(n):
    # The outer loop's numbers do not fit for ever.
    t = 1
    for i in range(n):
        for j in range(1 + (i & 1)):
            t = t * 3 + j
        if i % 100 == 99:
            t = i
    return t

def one_object_of_two_types(n):
    # In the recorded iteration b is an int and a is a float; in the next ones both are k.
    a, b, c, x, t = 0, 1, 0.5, 565, 0
    for i in range(n):
        x = (x * 75 + 74) % 65537
        k = x % 14 + 1000
        j = x % 3
        while j:
            j -= 1
            b = k
            if x & 8:
                c = 2 - x
            a = b + a
            t += a
            a = k
        a = 0.5 + i
    return a, b, c, t

def no_loop_of_its_own(n):
    # A side trace peels the inner loop twice and finds no plan that holds: nothing of either may stay.
    a, c, x, numbers = 0, 0.5, 292, [0, 1.5, 2, 3, 4]
    for i in range(n):
        x = (x * 75 + 74) % 65537
        k = x % 3
        for number in numbers[:x % 4]:
            if type(number) is not int:
                number = 1
            else:
                a = minus(c, k)
    return a, c, x, number

def ranges(n):
    t, u = 0, 0.5
    for i in range(n):
        for j in range(i & 7, -2, -3):
            t += j
        for j in range(3, i % 7):
            u -= j
        for j in range(5, 5 + i % 3, 2):
            t ^= j
        for j in range(-i, 0, 1 << 29):
            t += 1
        for j in range(i, 0, -1 << 30):
            t -= j
        for j in range(i, i):
            t += 100
    return t, u, i, j

def large_ranges(n):
    # Around the numbers that other iterators serve.
    t = 0
    for i in range(n):
        far = 1 << 59 + i % 6
        for j in range(-far, -far + 3):
            t ^= j
        for j in range(far):
            if j > i & 1:
                break
        for j in range(far - 2, far, 2147483647):
            t ^= j
    return t, j

def wrong_ranges(n):
    seen = []
    for i in range(n):
        stop = 2 if i % 60 else 2.5
        step = 1 if i % 50 else 0
        try:
            for j in range(0, stop, 1):
                seen.append(j)
            for j in range(1, 3, step):
                seen.append(j)
        except (TypeError, ValueError) as error:
            seen.append(str(error))
        if len(seen) > 90:
            del seen[:80]
    return seen

def kept_iterators(n):
    # An iterator that was exhausted stays so, whoever has it and whatever comes to what it went over.
    t, seen, kept = 0, [], None
    for i in range(n):
        numbers = [i, i + 1]
        for it in iter(numbers), iter((i,)), iter(range(2)), iter(numbers):
            for x in it:
                t += x
            numbers.append(i)
            seen.append(next(it, "end"))
            kept = it
        if len(seen) > 50:
            seen.clear()
    return t, seen, next(kept, "end")

class Noisy:
    def __init__(self, log, number):
        self.log, self.number = log, number
    def __del__(self):
        self.log.append(-self.number)

def ends_of_lists(n):
    log, t = [], 0
    for i in range(n):
        for x in [Noisy(log, i)] if i % 5 == 4 else [i]:
            t += 1
        log.append(i)
        x = None
        log.append(t)
        for x in (Noisy(log, i + 1000), Noisy(log, i + 2000)) if i % 7 == 6 else (i, t):
            x = None
        log.append(t)
        if len(log) > 100:
            del log[:70]
    return log, t

class Pair:
    def __init__(self):
        self.x, self.y = 0, 0.5

def attributes(n):
    p, q = Pair(), Pair()
    for i in range(n):
        for j in range(i & 3):
            p.x += j
            p.y -= 0.25
        q.x += p.x
        if i % 7 == 6:
            p, q = q, p
    return p.x, p.y, q.x, q.y

TESTED = [thing for thing in list(globals().values()) if type(thing) is type(lambda: 0)]

def minus(p, q):
    return p - q if p > q else q

def run():
    return [repr((f(260), f(45))) for f in TESTED]
"""
    + RUN_AND_COUNT
)


class NestedTests(ForcedExits, unittest.TestCase):
    program = FUNCTIONS
    passes = ("cse", "peel", "side", "fold,cse,forward,dead,peel")


# A side trace arrives at the loop's jump; another iteration of its own is tried, and taken back.
NO_ITERATION_OF_ITS_OWN = """
SOURCE = '''
def join(items, defaults, first, marked):
    def word(item):
        text = str(item)
        if item in marked:
            text += ": " + kind(marked[item])
        return text
    show = lambda value: "=" + repr(value)
    kind = lambda t: t.__name__
    result = []
    for i, item in enumerate(items):
        text = word(item)
        if defaults and i >= first:
            text = text + show(defaults[i - first])
        result.append(text)
    return result
'''
# Of each call: what the defaults are, how many items there are, and is the first one marked.
PATTERNS = (
    "N4 L7 e7 l3 N7 f7! f7", "l7 f7 L7 t4 f5! N7! N2", "f5! N7 N2 l1 N6 L7 f7! f6", "L6 L6 L6! f7! l4 e5! N7! N4!",
    "T4 l7 e2 T3 N2 t3 L7 N7! N2",
)

def calls(pattern):
    names = {}
    exec(SOURCE, names)
    words = []
    for call in pattern.split():
        n = int(call[1])
        defaults = {
            "N": None, "l": [1] * (n // 2), "L": ["x"] * n, "t": (1,) * (n // 2), "T": (1.5,) * n, "e": [], "f": ()
        }[call[0]]
        marked = {"a0": int, f"a{n - 1}": str} if call.endswith("!") else {}
        words += names["join"]([f"a{j}" for j in range(n)], defaults, n - len(defaults) if defaults else -1, marked)
    return words

print([calls(pattern) for pattern in PATTERNS * 3])
"""

# At the head of a loop a number is known as it was stored, and its object as it was read again.
STORED_AND_READ = """
class A:
    def __init__(self, x, y):
        self.x = x
        self.y = y

def move(o, n):
    for i in range(n):
        for _ in enumerate((1, o)):
            o.x = o.x + o.y
        o.y = o.x - i
    return o.x, o.y

print([move(A(x, y), n) for x, y, n in (
    (0, 2, 3), (0, 2, 3), (1.5, 2, 4), (1.5, 1, 7), (1, 1, 3), (1, 1, 3), (1, 2, 7))])
"""


class ComingBackTests(unittest.TestCase):
    def traces(self, source, **settings):
        program = textwrap.dedent(source) + "import sys, json\nprint(json.dumps(sys._jit._ir_traces()))\n"
        return json.loads(run(program, **settings))

    def test_arrives_behind_the_jump(self):
        # The last thing the side trace does is to branch to where the loop's jump leads, not to the jump.
        traces = self.traces(
            """
            def f(limit):
                total = 0
                for a in range(1, limit):
                    for b in range(1, a, 3):
                        x, y = a, b
                        while y:
                            x, y = y, x % y
                        total += x
                return total
            for turn in range(20):
                f(200)
            """,
            PYTHON_JIT_LOOP_THRESHOLD="1000",
            PYTHON_JIT_EXIT_THRESHOLD="100",
        )
        self.assertTrue(any("IMOD" in text for text in traces), traces)
        self.assertFalse(any("OPAQUE POP_JUMP" in text for text in traces), traces)

    def test_stays_in_registers(self):
        # The inner loop often ends in its first or second iteration.  Its side traces go through the outer
        # loop, whose own trace stands in the way, and come back: few executors are entered through memory.
        program = """
import re, sys, tempfile
def f(limit):
    total = count = 0
    for a in range(1, limit):
        for b in range(1, a, 3):
            x, y = a, b
            while y:
                x, y = y, x % y
            total += x
            count += 1
    return count
loops = sum(f(200) for turn in range(40))
with tempfile.NamedTemporaryFile("r") as file:
    sys._dump_tracelets(file.name)
    # START_SIDE begins with values, START with memory.
    entered = sum(int(n) for n in re.findall(r'entered (\\d+) times.*\\n.*port="i0">START<', file.read()))
print(loops, entered)
"""
        settings = {"PYTHON_JIT_LOOP_THRESHOLD": "1000", "PYTHON_JIT_EXIT_THRESHOLD": "100"}
        for backend in "interpreter", "native":
            with self.subTest(backend):
                loops, entered = run(program, PYTHON_JIT_BACKEND=backend, **settings).split()
                self.assertGreater(int(entered), 0)
                self.assertLess(int(entered) * 5, int(loops))

    def test_no_iteration_of_its_own(self):
        # Where the trace ends is where the recording ended, not where what was taken back led to.
        expected = run(NO_ITERATION_OF_ITS_OWN, PYTHON_JIT="0")
        thresholds = {"LOOP": "20", "CALL": "20", "EXIT": "5"}
        settings = {f"PYTHON_JIT_{name}_THRESHOLD": number for name, number in thresholds.items()}
        for backend in "interpreter", "native":
            with self.subTest(backend):
                self.assertEqual(run(NO_ITERATION_OF_ITS_OWN, PYTHON_JIT_BACKEND=backend, **settings), expected)

    def test_stored_and_read(self):
        expected = run(STORED_AND_READ, PYTHON_JIT="0")
        for loop in range(2, 24):
            for exit in range(2, 6):
                settings = {"PYTHON_JIT_LOOP_THRESHOLD": str(loop), "PYTHON_JIT_EXIT_THRESHOLD": str(exit)}
                with self.subTest(loop=loop, exit=exit):
                    self.assertEqual(run(STORED_AND_READ, PYTHON_JIT_BACKEND="native", **settings), expected)

    def test_ranges(self):
        # The iterator of the inner loop is all that is made; the numbers of both loops stay in registers.
        traces = self.traces(
            """
            def f(n):
                t = 0
                for i in range(n):
                    for j in range(i & 3, 5):
                        t += i ^ j
                return t
            for turn in range(20):
                f(300)
            """
        )
        back = [text for text in traces if "RANGE_ITER" in text and "RANGE_END" in text]
        back = [text for text in back if "TO_HEAD" in text or "PHI" in text]
        self.assertTrue(back, traces)
        self.assertFalse(any("OPAQUE" in text for text in back), back)

    def test_traces_verify(self):
        program = FUNCTIONS + "print({sys._jit._ir_verify(text) for text in sys._jit._ir_traces()})\n"
        for backend in "interpreter", "native":
            for loop, exit in (30, 6), (30, 20), (12, 2):
                with self.subTest(backend=backend, loop=loop, exit=exit):
                    out = run(
                        program,
                        PYTHON_JIT_BACKEND=backend,
                        PYTHON_JIT_LOOP_THRESHOLD=str(loop),
                        PYTHON_JIT_EXIT_THRESHOLD=str(exit),
                    )
                    self.assertEqual(out.split("\n")[-2], "{None}")


if __name__ == "__main__":
    unittest.main()
