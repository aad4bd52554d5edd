"""What is left of the JIT when Python ends."""

import unittest

from test import support
from test.support import import_helper
from test.support.script_helper import assert_python_ok

import_helper.import_module("_testcapi")

HOT = """
class Point:
    def __init__(self, x):
        self.x = x * 1.5

def hot(n):
    total = 0
    for i in range(n):
        total += Point(i).x + i * 3
        if i % 7 == 0:
            total -= 1
    return total

for turn in range(10):
    hot(500)
"""

# All module globals but `hot` are gone when this finalizer runs.
AT_THE_END = """
import sys

class Last:
    def __del__(self, jit=sys._jit, hot=hot):
        try:
            jit.set_enabled(True)
        except RuntimeError as error:
            print(error)
        print(jit.is_enabled(), hot(500) == self.expected)

last = Last()
last.expected = hot(500)
sys.modules["last"] = last
"""


class Ending(unittest.TestCase):
    @unittest.skipUnless(support.Py_DEBUG, "-X showrefcount is an option of debug builds")
    def test_no_memory_is_left(self):
        for backend in "native", "interpreter":
            for program in "pass", HOT:
                with self.subTest(backend=backend, program=program):
                    err = assert_python_ok(
                        "-X", "showrefcount", "-c", program, PYTHON_JIT_STRESS="1", PYTHON_JIT_BACKEND=backend
                    )[2]
                    self.assertEqual(err.strip(), b"[0 refs, 0 blocks]")

    def test_nothing_is_compiled_at_the_end(self):
        out = assert_python_ok("-c", HOT + AT_THE_END, PYTHON_JIT_STRESS="1")[1].decode()
        self.assertEqual(out.splitlines(), ["the JIT is not available: Python is ending", "False True"])


if __name__ == "__main__":
    unittest.main()
