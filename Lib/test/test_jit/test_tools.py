"""What tools see that look at frames from inside an allocation, or take samples."""

import unittest

# Skips where there is no JIT.
from test.test_jit.test_typed import run

ALLOCATIONS = """
import tracemalloc

class Thing:
    __slots__ = "x", "y"
    def __init__(self, x):
        self.x = x + 1000
        self.y = x + 0.5

class Plain:
    def __init__(self, x):
        self.x = (x, x)
    @property
    def twice(self):
        return [self.x[0] * 2000]

def leaf(i):
    return i + 100000

def middle(i):
    x = leaf(i)
    return x * 3

def numbers(n, keep):
    for i in range(n):
        keep.append(middle(i))
        x = i * 1000.5
        y = i + 70000
        if i & 1:
            keep.append(
                [x,
                 y]
            )
        else:
            keep.append((y, x))

def objects(n, keep):
    for i in range(n):
        thing = Thing(i)
        keep.append(thing)
        keep.append(
            Plain(i).twice
        )

def yields(n):
    for i in range(n):
        yield (
            i * 10000
        )

def streams(n, keep):
    for x in yields(n):
        keep.append(x + 1)
    keep.extend([str(i)
                 + "!"
                 for i in range(n)])
    keep.append(sum(x for x in yields(n)))

def blocks(count):
    keep = []
    if early:
        tracemalloc.start(4)
    for function in numbers, objects, streams:
        for turn in range(3):
            function(count, keep)
    if not early:
        tracemalloc.start(4)
        for function in numbers, objects, streams:
            function(count, keep)
    found = tracemalloc.take_snapshot().statistics("traceback")
    tracemalloc.stop()
    return sorted(
        (str([f"{frame.filename}:{frame.lineno}" for frame in entry.traceback]), entry.count, entry.size)
        for entry in found
        # What it makes itself to take the snapshot may come from a free list, whatever was freed before.
        if not entry.traceback[-1].filename.endswith("tracemalloc.py")
    )

for early in False, True, False:
    for entry in blocks(400):
        print(early, *entry)
"""

SETTINGS = (
    {"PYTHON_JIT_BACKEND": "native"},
    {"PYTHON_JIT_BACKEND": "interpreter"},
    {"PYTHON_JIT_BACKEND": "native", "PYTHON_JIT_STRESS": "1"},
)


class TracemallocTests(unittest.TestCase):
    maxDiff = 3000

    def test_lines_and_frames_of_allocations(self):
        expected = run(ALLOCATIONS, PYTHON_JIT="0")
        self.assertIn("<string>", expected)
        for settings in SETTINGS:
            with self.subTest(**settings):
                self.assertEqual(run(ALLOCATIONS, **settings), expected)

    def test_traces_are_made_anew_when_it_has_stopped(self):
        program = """
import sys, tracemalloc
def f(n):
    t = 0
    for i in range(n):
        t += i
    return t
for turn in range(3):
    f(500)
    print(["IADD" in text for text in sys._jit._ir_traces() if " f\\n" in text])
    if turn == 0:
        tracemalloc.start()
    else:
        tracemalloc.stop()
"""
        self.assertEqual(run(program).split("\n")[:3], ["[True]", "[False]", "[True]"])


if __name__ == "__main__":
    unittest.main()
