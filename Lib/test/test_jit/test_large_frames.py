"""Frames with more locals and stack than the builder's map has slots for, and frames that just fit.

The instructions of a frame that is too large stay opaque.  What is called from it is lowered, and comes back
to it.
"""

import sys
import unittest

from test.test_jit.test_typed import run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

PRELUDE = """
import sys

class Converter:
    def __init__(self):
        self.k = 3
    def __getitem__(self, v):
        return v + self.k
    def keyword(self, *, value):
        return value + self.k
    def to_url(self, v):
        return str(self.keyword(value=v))
    def number(self, v):
        return self.add(v, 0.5)
    def add(self, v, w):
        return v + w
    def items(self, v):
        yield v
        yield v + self.k

def make(source, count):
    # Each {i} of SOURCE is the number of a parameter.
    head = "def built(c, " + ", ".join(f"v{i}" for i in range(count)) + "):\\n"
    namespace = {"Converter": Converter}
    exec(head + source(range(count)), namespace)
    return namespace["built"]

def joined(pattern, sep):
    return lambda numbers: "    return " + sep.join(pattern.format(i=i) for i in numbers) + "\\n"

def formatted(numbers):
    return "    return f'" + "/".join("{c.to_url(v%d)}" % i for i in numbers) + "'\\n"

def looped(numbers):
    return ("    t = 0\\n"
            "    while t < 500:\\n"
            "        t += c.add(v0, 1) + c.add(v1, v2) + c[v3] + sum(c.items(v4))\\n"
            "        for x in c.items(v5): t += x\\n"
            "        if t & 1: t += c.add(1, v1)\\n"
            "    return t\\n")

c = Converter()
"""

# Returns into the large frame, from frames in memory and from others; loops in it.
CALLS = (
    PRELUDE
    + """
SOURCES = [formatted, joined("c.number(v{i})", "+"), joined("c[v{i}]", "-"), joined("c.to_url(v{i})", "+"),
           joined("Converter().add(v{i}, 1)", "+"), looped]
for count in (180, 215, 225, 230, 240, 300):
    for source in SOURCES:
        f = make(source, count)
        answers = {repr(f(c, *range(count))) for i in range(60)}
        print(count, *answers)
"""
)

# The stack alone is too large, and there are no locals: at the head of the loop nothing is in use.
NO_LOCALS = """
import sys
def same(x):
    return x
def total(*args):
    return sum(args)
n = t = 0
exec("while n < 400:\\n"
     "    t += total(" + ", ".join(f"same({i})" for i in range(300)) + ")\\n"
     "    n += same(1)\\n")
print(t, n)
"""


class LargeFramesTests(unittest.TestCase):
    def check(self, program, **settings):
        expected = run(program, PYTHON_JIT="0")
        for backend in ("interpreter", "native"):
            with self.subTest(backend=backend, **settings):
                self.assertEqual(run(program, PYTHON_JIT_BACKEND=backend, **settings), expected)

    def test_returns_into_a_frame_without_slots(self):
        self.check(CALLS, PYTHON_JIT_CALL_THRESHOLD="20", PYTHON_JIT_EXIT_THRESHOLD="5")
        self.check(CALLS, PYTHON_JIT_STRESS="1")

    def test_stack_without_slots(self):
        self.check(NO_LOCALS)
        self.check(NO_LOCALS, PYTHON_JIT_STRESS="1")


if __name__ == "__main__":
    unittest.main()
