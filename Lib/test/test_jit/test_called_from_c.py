"""Functions that C calls: callbacks, keys, special methods.  Their traces are entered, and go back, with no evaluation loop.

`PROGRAM` asks for everything that the frame, its end and an error in it could show, and is run with each check of its traces made to fail
in turn.
"""

import json
import textwrap
import unittest

# Skips where there is no JIT.
from test.test_jit.exits import ForcedExits
from test.test_jit.test_objects import names
from test.test_jit.test_typed import run

OFTEN = {"PYTHON_JIT_CALL_THRESHOLD": "30"}

PROGRAM = """
import gc, re, sys, traceback, weakref
from functools import reduce

def results(n):
    # Ints, floats, constants, arguments, objects made, defaults, closures; what is left in locals when it returns.
    k = 3
    def number(a, x):
        y = a + x
        z = y * 2
        return z % 1000
    def real(a, x):
        y = a * 0.5
        return y + x
    def nothing(a, x):
        y = x + 1
    def same(a, x):
        return a
    def made(a, x):
        pair = (x, x)
        return [pair, pair]
    def default(a, x, step=5):
        return step - x
    def closed(a, x):
        return x * k
    def loops(a, x):
        t = 0
        for i in range(x % 7): t += i
        return t
    def many(*args, **more): return len(args), more
    return [reduce(f, range(n), 1) for f in (number, real, nothing, same, made, default, closed, loops, many)]

class Key:
    def __init__(self, value): self.value = value
    def __eq__(self, other): return self.value == other.value
    def __hash__(self): return self.value & 7
    def __lt__(self, other): return self.value < other.value
    def __str__(self): return "k" + self._text()
    def _text(self): return str(self.value)
    def __repr__(self): return f"<{self.value}>"
    def __len__(self): return self.value
    def __iter__(self): return iter((self.value,))

def special_methods(n):
    keys = [Key(i * 7 % 40) for i in range(n)]
    table = {key: i for i, key in enumerate(keys)}
    return (sorted(map(repr, set(keys))), len(table), [str(k) for k in sorted(keys)][::9], keys.index(keys[-1]),
            keys.count(keys[3]), f"{keys[2]}", list(map(len, keys))[::11], [*map(tuple, keys)][::11], repr(keys[:4]))

def by_both(n):
    # The same function called by C and by Python.
    def step(a, x): return a ^ x
    t = 0
    for i in range(n):
        t = step(t, i)
        t += reduce(step, range(i % 5), 0)
        t = step(t, reduce(step, (1, 2, 3)))
    return t

def substituted(n):
    def word(match): return match.group().upper() if match.start() % 2 else "-"
    return re.sub("[a-z]+", word, "ab cd e fgh " * (n // 10))

def fails(n):
    out = []
    def check(a, x):
        if x % 9 == 8: raise ValueError(x)
        return a + x
    def tries(a, x):
        try: return reduce(check, range(x % 12), a % 100)
        except ValueError as e:
            if x % 100 == 35:
                out.append((x, traceback.extract_tb(e.__traceback__)[-1].lineno, [f.name for f in traceback.extract_tb(e.__traceback__)]))
            return a
    return reduce(tries, range(n)), out

class Ends:
    heard = []
    def __init__(self, n): self.n = n
    def __del__(self):
        # The frame that it was in is gone.
        Ends.heard.append((self.n, sys._getframe(1).f_code.co_name))

def ends(n):
    def last(a, x):
        mine = Ends(x)
        also = mine, [mine]
        return x
    def kept(a, x):
        mine = Ends(x)
        return mine
    def swaps(a, x):
        mine, a = a, None
        return Ends(x)
    del Ends.heard[:]
    for f in (last, kept, swaps): reduce(f, range(n))
    gc.collect()
    return len(Ends.heard), Ends.heard[::37]

def looked_at(n):
    seen = []
    def looks(a, x):
        y = x + 1
        if x % 50 == 49:
            frame = sys._getframe()
            seen.append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno, sorted(frame.f_locals), frame.f_locals["x"],
                         frame.f_back.f_code.co_name, frame.f_locals["y"]))
        return y
    return reduce(looks, range(n)), seen

def deep(n):
    # Python, C, Python ...: the recursion ends where it does without a JIT.
    def down(a, x):
        if x == 0: return a
        return reduce(down, (x - 1,), a + 1)
    out = [reduce(down, (i % 9,), 0) for i in range(n)]
    def forever(a, x): return reduce(forever, (x + 1,), a)
    try: reduce(forever, (0,), 0)
    except RecursionError as e: out.append(str(e))
    return out[::23], out[-1]

def generators(n):
    # A generator that is over, and one that fails, in C's hands.
    def few(k):
        for i in range(k): yield i
        return k
    def broken(k):
        yield k
        if k % 7 == 6: raise KeyError(k)
    out = []
    for i in range(n):
        out.append(list(few(i % 4)))
        try: out.append(set(broken(i)))
        except KeyError as e: out.append(str(e))
    return out[::13]

def weak(n):
    dead = []
    def makes(a, x):
        key = Key(x)
        ref = weakref.ref(key, lambda r: dead.append(x))
        return x
    reduce(makes, range(n))
    return len(dead)

def bare(a, x):
    return a

def counts(n):
    # No reference is lost or left.
    thing = object()
    before = sys.getrefcount(thing)
    for i in range(n): reduce(bare, [thing] * 5)
    return sys.getrefcount(thing) - before

def kept(n):
    # Who keeps a frame, its object or that of a generator, sees the last line and all locals.
    frames = []
    def seen(a, x):
        if x % 10 == 3: frames.append(sys._getframe())
        for i in range(3): a += i
        i += x
        last = i
        return a
    def caught(a, x):
        try:
            if x % 10 == 4: raise ValueError
        except ValueError as e: frames.append(e.__traceback__.tb_frame)
        for i in range(3): a += i
        i += x
        last = i
        return a
    def items(k):
        for i in range(k):
            yield i
        i += 1
        last = i
        return i
    reduce(seen, range(n), 0)
    reduce(caught, range(n), 0)
    for k in range(n):
        g = items(3)
        frames.append(g.gi_frame)
        sum(g)
    return [(f.f_lineno, f.f_locals.get("i"), f.f_locals.get("last")) for f in frames]

for f in (kept, results, special_methods, by_both, substituted, fails, ends, looked_at, deep, generators, weak, counts):
    print(f.__name__, f(200))
"""

TRACED = """
import sys
from functools import reduce
lines = []
def trace(frame, event, arg):
    lines.append((event, frame.f_lineno))
    return trace
def f(a, x):
    y = a + x
    if x == 150: sys.settrace(trace)
    y += 1
    return y
for k in range(3):
    print(reduce(f, range(200)))
    sys.settrace(None)
    print(len(lines), lines[:40])
"""


class Results(ForcedExits, unittest.TestCase):
    program = PROGRAM
    settings = OFTEN

    def test_tracing_begins_inside(self):
        self.assertEqual(run(TRACED, **OFTEN), run(TRACED, PYTHON_JIT="0"))


class Traces(unittest.TestCase):
    def test_it_returns_to_c(self):
        """A short function gets a trace: it saves an evaluation loop.  No number is boxed that ends with the frame."""
        program = textwrap.dedent("""
            import json, sys
            from functools import reduce
            def f(a, x):
                y = x + 70000
                z = y - x
                return a
            reduce(f, range(500))
            print(json.dumps(sys._jit._ir_traces()))
        """)
        found = [names(text) for text in json.loads(run(program, **OFTEN)) if " f\n" in text]
        self.assertEqual([trace[-1] for trace in found], ["RETURN_TO_C"])
        self.assertNotIn("BOX_INT", found[0])
        self.assertNotIn("OPAQUE", found[0])

    def test_no_evaluation_loop(self):
        """Once there is a trace nothing of it leads to tier 1."""
        program = textwrap.dedent("""
            import sys
            from functools import reduce
            def f(a, x): return a + x
            for i in range(20): reduce(f, range(100))
            before = sys._jit.stats()["exits_taken"]
            for i in range(20): reduce(f, range(100))
            print(sys._jit.stats()["exits_taken"] - before)
        """)
        self.assertLess(int(run(program, **OFTEN)), 50)

    def test_called_by_python(self):
        """There it goes on in the caller."""
        program = textwrap.dedent("""
            import json, sys
            from functools import reduce
            def f(a, x): return a + x
            reduce(f, range(500))
            def g(n):
                t = 0
                for i in range(n): t = f(t, i)
                return t
            g(500)
            print(json.dumps(sys._jit._ir_traces()))
        """)
        found = [names(text) for text in json.loads(run(program, **OFTEN)) if " g\n" in text]
        self.assertTrue(any(trace[-1] == "LOOP" and "OPAQUE" not in trace for trace in found), found)


if __name__ == "__main__":
    unittest.main()
