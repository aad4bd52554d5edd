"""What does not pay gets no trace, or loses it, and is not asked again and again."""

import json
import sys
import textwrap
import unittest

from test.support.script_helper import assert_python_ok

PRELUDE = """
import _opcode, json, sys

def executors(function):
    code, found = function.__code__, 0
    for offset in range(0, len(code.co_code), 2):
        try:
            found += _opcode.get_executor(code, offset) is not None
        except ValueError:
            pass
    return found

def aborts(reason):
    return sys._jit.stats()["aborts"][reason]

# COUNT statements that gain much, after some that gain nothing.
def make(count):
    space = {}
    nothing = "    d = memoryview(m)\\n" * 12
    lines = "".join(f"    n = n + {j}\\n" for j in range(count))
    exec(f"def function(x):\\n    n = 1\\n    m = b'ab'\\n{nothing}{lines}    return n\\n", space)
    return space["function"]
"""


def run(program, **env):
    """Run `program`, and return the value it prints as JSON."""
    settings = {
        "PYTHON_JIT": "1", "PYTHON_JIT_LOOP_THRESHOLD": "20", "PYTHON_JIT_CALL_THRESHOLD": "20",
        "PYTHON_JIT_EXIT_THRESHOLD": "5", "PYTHON_JIT_MIN_RATE": "1", "PYTHON_JIT_BACKEND": "",
    }
    out = assert_python_ok("-c", PRELUDE + textwrap.dedent(program), **(settings | env))[1]
    return json.loads(out)


@unittest.skipUnless(sys._jit.is_available(), "needs machine code, whose size is what is judged")
class WorthTests(unittest.TestCase):
    def setUp(self):
        if run('print(json.dumps(sys._jit.options()["backend"]))') != "native":
            self.skipTest("this python interprets traces, which have no size to be judged by")

    # For each number of statements: the executors at the end, those that were made, and those that were dropped.
    JUDGED = """
    results = []
    for count in range(16):
        function = make(count)
        before = sys._jit.stats()
        for turn in range(30):
            frozenset(map(function, range(1000)))
        after = sys._jit.stats()
        results.append([executors(function), after["traces_function"] - before["traces_function"],
                        after["dropped"] - before["dropped"],
                        after["aborts"]["as much work as without a trace"] - before["aborts"]["as much work as without a trace"]])
    print(json.dumps(results))
    """

    def test_traces_are_judged_by_what_they_save(self):
        results = run(self.JUDGED)
        # Nothing saved: not made, and never asked for again.
        self.assertEqual(results[0][:3], [0, 0, 0])
        self.assertGreater(results[0][3], 0)
        # Enough.
        self.assertEqual(results[-1], [1, 1, 0, 0])

    def test_what_leaves_each_time_is_dropped(self):
        # Less saved than leaving costs, and no side trace: dropped, and never made again.
        results = run("""
    leaves = [False]
    def function(x):
        if leaves[0]:
            return 0
        return (x + 1) * 3
    results = []
    for turn in range(40):
        leaves[0] = turn > 1
        frozenset(map(function, range(1000)))
        results.append([executors(function), sys._jit.stats()["dropped"]])
    print(json.dumps([results[1], results[-1]]))
        """, PYTHON_JIT_EXIT_THRESHOLD="65000")
        self.assertEqual(results, [[1, 0], [0, 1]])

    def test_a_rate_of_zero_keeps_all(self):
        for executors, made, dropped, costly in run(self.JUDGED, PYTHON_JIT_MIN_RATE="0"):
            self.assertEqual([executors, made, dropped, costly], [1, 1, 0, 0])

    def test_crowded_memory_asks_for_more(self):
        # The same functions when there is a lot of machine code already.
        crowd = """
    many = [make(200 + i) for i in range(90)]
    for function in many:
        for turn in range(2):
            frozenset(map(function, range(1000)))
    crowded = sys._jit.stats()["code_bytes"]
    """
        alone, crowded = run(self.JUDGED), run(crowd + self.JUDGED)
        self.assertLess(sum(row[0] for row in crowded), sum(row[0] for row in alone))


class RepeatedRecordings(unittest.TestCase):
    def test_a_loop_that_always_ends(self):
        count = run("""
    def short(items):
        for item in items:
            pass
    for turn in range(100):
        frozenset(map(short, [[1]] * 1000))
    print(json.dumps(aborts("the loop ended")))
        """)
        self.assertGreater(count, 0)
        self.assertLess(count, 500)

    def test_a_loop_that_has_more_to_do_one_day(self):
        # However often it was recorded in vain.
        self.assertEqual(run("""
    def loop(items):
        for item in items:
            pass
    for turn in range(100):
        frozenset(map(loop, [[1]] * 1000))
    none = executors(loop)
    for turn in range(200):
        loop(range(10000))
    print(json.dumps([none, executors(loop)]))
        """), [1, 2])          # the function has one, for C

    def test_a_function_that_is_too_short(self):
        count = run("""
    def small(x):
        return x + 1
    for turn in range(100):
        frozenset(map(small, range(1000)))
    print(json.dumps(aborts("too short to gain by itself")))
        """)
        self.assertGreater(count, 0)
        self.assertLess(count, 60)


if __name__ == "__main__":
    unittest.main()
