"""What tools see that look at frames from inside an allocation, or take samples."""

import json
import unittest
from typing import ClassVar

# Skips where there is no JIT.
from test.test_jit import test_calls, test_classes, test_generators
from test.test_jit.exits import ForcedExits
from test.test_jit.test_objects import names
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

    def test_a_finalizer_that_an_exception_brings_is_seen(self):
        # With the call that raises, a recorded function loses its last reference but the recording's.
        program = """
import tracemalloc, weakref
def leaf(i):
    return i + 1
def drop(item):
    box.clear()
    raise ValueError
def loop(n):
    for i in range(n):
        code = leaf.__code__.replace()
        box.append(type(leaf)(code, {}))
        refs.append(weakref.ref(code, lambda ref: made.append(bytearray(1000))))
        del code
        try:
            box[0](i)
            sorted([1], key=drop)
        except ValueError:
            pass
box, refs, made = [], [], []
tracemalloc.start(2)
loop(200)
print(len(made), sum(tracemalloc.get_object_traceback(x) is None for x in made))
"""
        for settings in SETTINGS:
            with self.subTest(**settings):
                self.assertEqual(run(program, **settings), "200 0\n")


SAMPLED = """
import signal

def leaf(i):
    t = i + 1
    t *= 3
    return t & 0xffff

def middle(i):
    return (
        leaf(i)
        + 1
    )

def f(n):
    t = 0
    for i in range(n):
        t += middle(i)
    return t

class Thing:
    def __init__(self, x):
        self.x = x

def objects(n):
    t = 0
    for i in range(n):
        t += Thing(i).x
    return t
"""

HANDLER = """
seen = set()
def note(number, frame):
    seen.add(frame.f_code.co_name)
f(1000)
objects(1000)
signal.signal(signal.SIGPROF, note)
signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
wanted = {"leaf", "middle", "f", "__init__", "objects"}
for turn in range(20000):
    f(1000)
    objects(1000)
    if wanted <= seen:
        break
signal.setitimer(signal.ITIMER_PROF, 0)
print(sorted(wanted - seen))
"""


class FramesTests(unittest.TestCase):
    """With PYTHON_JIT_FRAMES=1 who takes samples finds each function, and each line."""

    def operations(self, function, **settings):
        program = f"import sys, json\n{SAMPLED}\n{function}(500)\nprint(json.dumps(sys._jit._ir_traces()))\n"
        texts = [text for text in json.loads(run(program, **settings)) if f" {function}\n" in text]
        return [names(text) for text in texts if " LOOP" in text]

    def test_a_frame_is_there_before_its_function_runs(self):
        (before,) = self.operations("f")
        self.assertNotIn("PUSH_FRAME", before)
        self.assertNotIn("SET_PLACE", before)
        (after,) = self.operations("f", PYTHON_JIT_FRAMES="1")
        loop = after[len(after) // 2 :]  # the first half may be peeled
        self.assertEqual(loop.count("PUSH_FRAME"), 2)
        self.assertEqual(loop.count("LEAVE_FRAME"), 2)
        self.assertEqual(loop.count("GUARD_RESUME"), 2)
        # Two lines of f, leaf() with three, one of middle() before and two behind the call.
        self.assertGreaterEqual(loop.count("SET_PLACE"), 7)

    def test_a_class_is_called(self):
        (after,) = self.operations("objects", PYTHON_JIT_FRAMES="1")
        self.assertIn("PUSH_SHIM", after)
        self.assertIn("PUSH_FRAME", after)

    def test_a_handler_sees_every_function(self):
        settings = {"PYTHON_JIT_BACKEND": "native", "PYTHON_JIT_FRAMES": "1"}
        self.assertEqual(run(SAMPLED + HANDLER, **settings).strip(), "[]")


class FramesExitTests(ForcedExits, unittest.TestCase):
    program = test_calls.CALLS
    settings: ClassVar = {"PYTHON_JIT_FRAMES": "1"}
    exits = 20

    def test_classes_and_generators(self):
        for program in test_classes.PROGRAM, test_generators.PROGRAM:
            expected = run(program, PYTHON_JIT="0")
            for settings in SETTINGS:
                with self.subTest(**settings):
                    self.assertEqual(run(program, **settings, PYTHON_JIT_FRAMES="1"), expected)


if __name__ == "__main__":
    unittest.main()
