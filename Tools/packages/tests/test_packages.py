"""make test-packages: what counts as a difference, what the runner inside writes, the data file."""

from __future__ import annotations

import sys
import time
import tomllib
from pathlib import Path

import pytest

from Tools.packages import run

HERE = Path(sys.executable)
OFF = {"PYTHON_JIT": "0"}


def ran(outcomes: dict[str, str], code: int = 0, printed: str = "x\n", traces: int = 1) -> run.Ran:
    return run.Ran(code, printed, outcomes, traces)


@pytest.mark.parametrize(
    ("expected", "found", "different"),
    [
        ({"a": "passed"}, ran({"a": "passed"}), set()),
        ({"a": "failed"}, ran({"a": "failed"}), set()),
        ({"a": "passed"}, ran({"a": "skipped"}), set()),
        ({"a": "passed", "b": "failed"}, ran({"a": "failed", "b": "failed"}), {"a"}),
        ({"a": "failed"}, ran({"a": "passed"}), {"a"}),
        ({"a": "passed", "b": "passed"}, ran({"a": "passed"}), {"b"}),
        ({"a": "passed"}, ran({"a": "passed"}, code=-11), {"(ended with -11)"}),
        ({"a": "passed"}, ran({"a": "passed"}, code=run.TOO_LONG), {"(ran too long)"}),
    ],
)
def test_which_tests_differ(expected: dict[str, str], found: run.Ran, different: set[str]) -> None:
    assert run.differing(ran(expected), found) == different


def test_only_what_differs_each_time_is_a_failure() -> None:
    chance = iter(
        [{"a": "failed", "b": "failed"}, {"a": "passed", "b": "failed"}, {"a": "failed", "b": "failed"}]
    )
    right = ran({"a": "passed", "b": "passed"})

    def again(mode: str) -> run.Ran:
        return right if mode == "off" else ran(next(chance))

    different, _ = run.compare_unit(again, right, "on")
    assert different == {"b"}


def test_a_crash_is_not_tried_again() -> None:
    calls: list[str] = []

    def crash(mode: str) -> run.Ran:
        calls.append(mode)
        return ran({}, code=-11)

    different, _ = run.compare_unit(crash, ran({}), "on")
    assert different == {"(ended with -11)"} and calls == ["on"]


def test_a_program_has_to_print_the_same_and_to_be_traced() -> None:
    right = ran({})
    assert run.program_problem(right, right) == ""
    assert run.program_problem(right, ran({}, printed="y")) == "printed 'y' instead of 'x'"
    assert run.program_problem(right, ran({}, code=-11)) == "ended with -11"
    assert run.program_problem(right, ran({}, traces=0)) == "no trace was made"


UNITTEST = """
import unittest

class Tests(unittest.TestCase):
    def test_good(self): pass
    def test_bad(self): self.assertEqual(1, 2)
    def test_error(self): raise KeyError
    def test_parts(self):
        for n in range(3):
            with self.subTest(n=n):
                self.assertNotEqual(n, 1)
    @unittest.skip("no")
    def test_skipped(self): pass
    @unittest.expectedFailure
    def test_expected(self): self.fail()
    @unittest.expectedFailure
    def test_unexpected(self): pass

class Broken(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise OSError
    def test_never(self): pass
"""


def test_outcomes_of_unittest(tmp_path: Path) -> None:
    (tmp_path / "given.py").write_text(UNITTEST)
    found = run.run_inside(HERE, "unittest", ["given"], OFF, tmp_path, 60)
    names = {test.rpartition(".")[2]: outcome for test, outcome in found.outcomes.items()}
    assert names == {
        "importing given": "passed",
        "test_good": "passed",
        "test_bad": "failed",
        "test_error": "failed",
        "test_parts": "failed",
        "test_skipped": "skipped",
        "test_expected": "passed",
        "test_unexpected": "failed",
        "Broken)": "failed",
    }
    assert found.code == 0 and "KeyError" in found.printed


PYTEST = """
import pytest

@pytest.fixture
def broken():
    yield 1
    raise OSError

def test_good(): pass
def test_bad(): assert 1 == 2
def test_teardown(broken): pass
@pytest.mark.skip(reason="no")
def test_skipped(): pass
"""


def test_outcomes_of_pytest(tmp_path: Path) -> None:
    (tmp_path / "test_given.py").write_text(PYTEST)
    (tmp_path / "test_no_import.py").write_text("import no_such_module_at_all\n")
    words = ["--continue-on-collection-errors", "--rootdir", str(tmp_path)]
    found = run.run_inside(HERE, "pytest", words, OFF, tmp_path, 60)
    assert found.outcomes == {
        "collecting test_no_import.py": "failed",
        "test_given.py::test_good": "passed",
        "test_given.py::test_bad": "failed",
        "test_given.py::test_teardown": "failed",
        "test_given.py::test_skipped": "skipped",
    }


def test_what_came_before_a_crash_is_kept(tmp_path: Path) -> None:
    lines = "    def test_a(self): pass\n    def test_b(self):\n        import os\n        os.abort()\n"
    (tmp_path / "given.py").write_text(f"import unittest\nclass T(unittest.TestCase):\n{lines}")
    found = run.run_inside(HERE, "unittest", ["given"], OFF, tmp_path, 60)
    assert found.code < 0 and found.outcomes == {"importing given": "passed", "given.T.test_a": "passed"}
    (tmp_path / "slow.py").write_text("import time\nprint('begun', flush=True)\ntime.sleep(60)\n")
    late = run.run_inside(HERE, "program", [str(tmp_path / "slow.py")], OFF, None, 1)
    assert late.end == "ran too long" and late.printed == "begun\n"


def test_what_a_process_leaves_behind_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "parent.py"
    start = "subprocess.Popen(['sleep', '60'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)"
    path.write_text(f"import subprocess\nprint({start}.pid)\n")
    child = int(run.run_inside(HERE, "program", [str(path)], OFF, None, 60).printed)
    status = Path(f"/proc/{child}/status")
    for _ in range(100):  # until whoever adopted it has looked
        if not status.exists() or "\nState:\tZ" in status.read_text():
            return
        time.sleep(0.1)
    pytest.fail("it still runs")


def test_the_closing_lines_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    report = run.Report()
    report.add("one", "on", "")
    assert report.closing(1.5) == ["1 passed in 1.50s"]
    report.add("two", "low", "ended with -11", "the last words\n")
    assert report.closing(2) == [
        "FAILED packages::two[low] - ended with -11",
        "1 failed, 1 passed in 2.00s",
    ]
    assert "the last words" in capsys.readouterr().out


def test_the_data_file_is_whole() -> None:
    data = tomllib.loads(run.DATA.read_text())
    assert all("==" in text for text in data["environment"]["quick"] + data["environment"]["full"])
    assert list(run.modes(data))[:3] == ["off", "on", "low"]
    for suite in data["suites"].values():
        assert suite["kind"] in ("unittest", "pytest") and ("pattern" in suite) != ("units" in suite)
        assert all(reason.strip() for reason in suite.get("left_out", {}).values())


def test_units_have_names() -> None:
    named = [["/a/b/test_x.py"], ["--pyargs", "one.two"], ["tests/x", "--db", "y"], ["."], ["gevent.tests.z"]]
    assert list(map(run.unit_name, named)) == ["test_x.py", "one.two", "x", ".", "gevent.tests.z"]


def test_units_leave_out_what_has_a_reason(tmp_path: Path) -> None:
    for name in ("test_a", "test_b"):
        (tmp_path / f"{name}.py").touch()
    suite = {"kind": "unittest", "pattern": "test_*.py", "left_out": {"test_b": "it needs a network"}}
    assert run.units(suite, tmp_path) == [["test_a"]]
    with pytest.raises(run.SetupError, match="no such tests: test_c"):
        run.units({**suite, "left_out": {"test_c": "gone"}}, tmp_path)
    with pytest.raises(run.SetupError, match="reason"):
        run.units({**suite, "left_out": {"test_b": ""}}, tmp_path)
    suite = {"kind": "pytest", "units": ["tests -k x"], "left_out": {"tests/a.py::b": "slow"}}
    assert run.units(suite, tmp_path) == [["tests", "-k", "x", "--deselect", "tests/a.py::b"]]
