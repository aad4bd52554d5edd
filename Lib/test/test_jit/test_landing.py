"""Under control-flow enforcement an indirect jump has to land on endbr64: every trace begins with it."""

import sys
import unittest
from pathlib import Path

from test.support import os_helper, script_helper

if not hasattr(sys, "_jit") or not hasattr(sys._jit, "options"):
    raise unittest.SkipTest("this python was built without the JIT")
if sys._jit.options()["backend"] != "native":
    raise unittest.SkipTest("this python was built to interpret traces")

ENDBR64 = bytes.fromhex("f30f1efa")
# Root traces of a loop and of a function, and a side trace of each kind of exit: with values in registers, without.
PROGRAM = """
def callee(value):
    return value + 1 if value else None

def loop(items):
    total = 0
    for item in items:
        if item % 3:
            total += item
        else:
            total = total ^ callee(item + 1)
    return total

for turn in range(20):
    loop(range(5000))
    [*map(callee, range(1000))]
"""


class Landing(unittest.TestCase):
    def test_traces_begin_with_endbr64(self):
        with os_helper.temp_dir() as folder:
            settings = {"PYTHON_JIT": "1", "PYTHON_JIT_MIN_RATE": "0", "PYTHON_JIT_DUMP_CODE": folder}
            script_helper.assert_python_ok("-c", PROGRAM, **settings)
            traces = list(Path(folder).iterdir())
            self.assertGreaterEqual(len(traces), 3)
            for trace in traces:
                self.assertEqual(trace.read_bytes()[:4], ENDBR64, trace.name)


if __name__ == "__main__":
    unittest.main()
