"""Where a trace is left with values in registers: which side traces begin with these values, and not with memory."""

import json
import sys
import unittest

from test.test_jit.test_typed import run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

SHOW = """
import json, sys
print(json.dumps([result, sys._jit._ir_traces()]))
"""

SEVERAL_STATES = """
class Quiet:
    pass
class Loud:
    def __del__(self):
        pass
kinds = [Quiet, Quiet, Quiet, Loud]
def store(r, new, t):
    r.x = new
    return t + 1
def f(n):
    r = Quiet()
    r.x = None
    t = u = 0
    for i in range(n):
        new = kinds[i & 3]()
        u ^= t
        t = store(r, new, t)
    return t, u
for k in range(40):
    f(1000)
result = f(1000)
"""

RECURSION = """
class Node:
    def __init__(self, number, up):
        self.number = number
        self.up = up or self
    def find(self, change):
        up = self.up
        if up.number != self.number:
            up = up.find(change)
            if change:
                self.up = up
        return up
def f(nodes):
    t = 0
    for node in nodes:
        t += node.find(False).number
    return t
nodes = [Node(i, None) for i in range(4)]
for i in range(60):
    nodes.append(Node(i + 4, nodes[i * 7 % len(nodes)]))
for k in range(400):
    f(nodes)
result = f(nodes)
"""

FEW_ITEMS = """
class Item:
    def __init__(self, good):
        self.good = good
def f(lists):
    t = 0
    for items in lists:
        if any(item.good for item in items):
            t += 1
    return t
lists = [[Item((i >> k) & 1) for k in range(4)] for i in range(16)]
for k in range(400):
    f(lists)
result = f(lists)
"""


class SideTests(unittest.TestCase):
    def begun_in_memory(self, program, function, result):
        """The traces of FUNCTION that begin with what is in memory, after PROGRAM, which has RESULT."""
        found, traces = json.loads(run(program + SHOW, PYTHON_JIT_BACKEND="native"))
        self.assertEqual(found, result)
        # START_SIDE begins with values.
        return [t for t in traces if t.splitlines()[0].endswith(function) and "START\n" in t]

    def test_exit_in_several_states(self):
        # The check that fails comes behind a call of C, and others of the instruction before it: values have moved between them.
        self.assertEqual(self.begun_in_memory(SEVERAL_STATES, " store", [1000, 0]), [])

    def test_recursion_ends_in_frames_that_are_not_made(self):
        # No loop of the way up begins in a frame its exit has not made.
        found = self.begun_in_memory(RECURSION, " Node.find", 54)
        self.assertEqual([t for t in found if " depth +" in t.partition("BYTECODE")[2].splitlines()[0]], [])

    def test_next_item_of_a_consumer(self):
        self.assertEqual(self.begun_in_memory(FEW_ITEMS, " any", 15), [])


if __name__ == "__main__":
    unittest.main()
