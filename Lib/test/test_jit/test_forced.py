"""PYTHON_JIT_FORCE_EXIT takes exits of every kind, in machine code and in the trace-IR interpreter alike."""

import json
import os
import re
import sys
import unittest

from test.support.script_helper import assert_python_ok
from test.test_jit.test_programs import PROGRAMS, RUNNER
from test.test_jit.test_typed import run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

# A branch, opaque instructions with and without a place of their own (so many keywords), numbers in registers.
KEYWORDS = ", ".join(f"k{i}=1" for i in range(40))
PROGRAM = f"""
import json, sys
def called(x, **rest):
    return x
def f(n):
    t = 0
    for i in range(n):
        if i % 7 != 8:
            t += len(str(i))
        t += called(x=i, {KEYWORDS})
    return t
print(f(1000))
print(json.dumps([sys._jit._ir_traces(), sys._jit.stats()["exits_taken"]]))
"""


class ForcedTests(unittest.TestCase):
    def run_forced(self, number, backend):
        # No side traces: each exit that is taken is counted.
        out = run(
            PROGRAM,
            PYTHON_JIT_FORCE_EXIT=str(number),
            PYTHON_JIT_BACKEND=backend,
            PYTHON_JIT_EXIT_THRESHOLD="60000",
        )
        answer, rest = out.splitlines()
        self.assertEqual(int(answer), sum(i + len(str(i)) for i in range(1000)))
        return json.loads(rest)

    def test_every_kind_is_taken(self):
        traces, few = self.run_forced(60000, "native")
        text = max((text for text in traces if " f\n" in text), key=len)
        kinds = dict(re.findall(r"^  snap s(\d+): (\w+)", text, re.MULTILINE))
        # The way a branch does not go cannot be taken.
        taken = {n: kind for n, kind in kinds.items() if kind != "side" or f"MAY_LEAVE  -> s{n}\n" in text}
        self.assertEqual(set(taken.values()), {"deopt", "side", "branch", "invalid", "event"})
        self.assertEqual(len(kinds) - len(taken), list(taken.values()).count("side"))
        for number in kinds:
            counts = [self.run_forced(number, backend)[1] for backend in ("native", "interpreter")]
            with self.subTest(number=number, kind=kinds[number], counts=counts, few=few):
                self.assertEqual(counts[0], counts[1])
                if number in taken:
                    self.assertGreater(counts[0], few)


class LoopAtACallTests(unittest.TestCase):
    def test_a_loop_begins_with_the_call_of_another_method(self):
        # With one of these exits a trace begins with a call, and comes back to it with the method of another class on the
        # stack: `super()` has no cell there.
        arguments = (RUNNER, "--repeat", "2", os.path.join(PROGRAMS, "methods.py"))
        _, expected, _ = assert_python_ok(*arguments, PYTHON_JIT="0", PYTHONHASHSEED="0", __isolated=False)
        for number in range(1, 41):
            forced = {"PYTHON_JIT_FORCE_EXIT": str(number), "PYTHON_JIT_STRESS": "1", "PYTHONHASHSEED": "0"}
            with self.subTest(number):
                _, out, _ = assert_python_ok(*arguments, PYTHON_JIT="1", **forced, __isolated=False)
                self.assertEqual(out, expected)


if __name__ == "__main__":
    unittest.main()
