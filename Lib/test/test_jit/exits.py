"""What the tests of each family of lowered instructions share.

The same results whatever leaves a trace where, and the operations of loops.
"""

import json
import textwrap
from typing import ClassVar

from test.test_jit.test_objects import names
from test.test_jit.test_typed import forced_exits, run


def loops(source, iterations=500, **settings):
    """Of each loop that f of SOURCE becomes in f(ITERATIONS): the operations behind the peeled iteration."""
    program = textwrap.dedent(source) + (
        f"import sys, json\nf({iterations})\nprint(json.dumps(sys._jit._ir_traces()))\n"
    )
    traces = [names(text) for text in json.loads(run(program, **settings)) if " f\n" in text]
    return [trace[trace.index("PHI") :] for trace in traces if "LOOP" in trace and "PHI" in trace]


def in_order(wanted, found):
    """Are the names of WANTED in FOUND, in this order, with others between them?"""
    rest = iter(found)
    return all(name in rest for name in wanted)


class ForcedExits:
    """A mixin for TestCase.  `program` prints what is compared with JIT off."""

    maxDiff = 3000
    program = ""
    settings: ClassVar[dict[str, str]] = {}  # for each run
    passes = "cse", "peel", "fold,cse,forward,dead,peel"  # off in turn

    @classmethod
    def setUpClass(cls):
        cls.expected = run(cls.program, PYTHON_JIT="0")

    def check(self, **settings):
        with self.subTest(**settings):
            self.assertEqual(run(self.program, **self.settings, **settings), self.expected)

    def test_machine_code(self):
        self.check(PYTHON_JIT_BACKEND="native")
        self.check(PYTHON_JIT_BACKEND="native", PYTHON_JIT_LOOP_THRESHOLD="12", PYTHON_JIT_EXIT_THRESHOLD="2")

    def test_passes_off(self):
        for passes in self.passes:
            self.check(PYTHON_JIT_PASSES_OFF=passes)

    def test_stress(self):
        self.check(PYTHON_JIT_STRESS="1")
        self.check(PYTHON_JIT_STRESS="1", PYTHON_JIT_BACKEND="native")

    def test_forced_exits(self):
        for settings in forced_exits(self.program, **self.settings):
            self.check(**settings)


class OptimizedLoops:
    """A mixin for TestCase.  `expected_loops`: name -> the source of f, operations its loop has in this order, those it has not."""

    expected_loops: ClassVar[dict[str, tuple[str, list[str], list[str]]]] = {}

    def test_optimized_loops(self):
        for name, (source, present, absent) in self.expected_loops.items():
            with self.subTest(name):
                found = loops(source)
                good = [x for x in found if not set(absent) & set(x) and in_order(present, x)]
                self.assertTrue(good, found)
