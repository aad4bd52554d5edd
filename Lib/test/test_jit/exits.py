"""Tests that every family of lowered instructions has: the same results whatever leaves a trace where."""

from typing import ClassVar

from test.test_jit.test_typed import run


class ForcedExits:
    """A mixin for TestCase.  `program` prints what is compared with JIT off."""

    maxDiff = 3000
    program = ""
    settings: ClassVar[dict[str, str]] = {}  # for each run
    passes = "cse", "peel", "fold,cse,forward,dead,peel"  # off in turn
    exits = 40  # so many checks of every trace fail in turn

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
        for number in range(1, self.exits + 1):
            self.check(PYTHON_JIT_FORCE_EXIT=str(number))
