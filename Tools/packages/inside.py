"""Runs inside the tested interpreter: a program or a package's tests; writes what they did, line by line.

    python inside.py program OUT PATH
    python inside.py unittest OUT MODULE...
    python inside.py pytest OUT ARGUMENT...

Each line of OUT is written at once, so that a crash leaves what came before: "OUTCOME TAB TEST", where the
outcome is passed, failed or skipped; at last "traces TAB NUMBER", the traces that the JIT made.
"""

from __future__ import annotations

import importlib
import os
import runpy
import sys
import unittest
from typing import Any, TextIO

SKIPPED = "skipped"


class Recorder:
    """Each test's outcome; a test that failed in one of its parts has failed."""

    def __init__(self, out: TextIO) -> None:
        self.out = out

    def note(self, test: str, outcome: str) -> None:
        self.out.write(f"{outcome}\t{test}\n".encode("ascii", "backslashreplace").decode())
        self.out.flush()


class NotingResult(unittest.TestResult):
    """unittest's result that tells the recorder."""

    recorder: Recorder

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self.outcome = "passed"

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        self.recorder.note(test.id(), self.outcome)

    def failed(self, test: unittest.TestCase, error: Any) -> None:
        self.outcome = "failed"
        sys.stderr.write(f"{test}\n{self._exc_info_to_string(error, test)}\n")  # type: ignore[attr-defined]

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        if isinstance(test, unittest.TestCase):
            self.failed(test, err)
        else:  # what a class or a module sets up
            self.recorder.note(str(test), "failed")

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        self.failed(test, err)

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        self.outcome = "failed"

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        if err is not None:
            self.failed(test, err)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        if isinstance(test, unittest.TestCase):
            self.outcome = SKIPPED


class NotingPlugin:
    """A plug-in of pytest that tells the recorder."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.outcome = ""

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.recorder.note(f"collecting {report.nodeid}", "failed")

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "setup" or self.outcome == "passed":
            self.outcome = report.outcome
        if report.when == "teardown":
            self.recorder.note(report.nodeid, self.outcome)


def run_unittest(recorder: Recorder, modules: list[str]) -> None:
    for module in modules:  # some are scripts that assert, without a test case
        importlib.import_module(module)
        recorder.note(f"importing {module}", "passed")
    result = NotingResult()
    result.recorder = recorder
    unittest.defaultTestLoader.loadTestsFromNames(modules).run(result)


def run_pytest(recorder: Recorder, arguments: list[str]) -> None:
    import pytest

    pytest.main(["-q", "-p", "no:cacheprovider", *arguments], plugins=[NotingPlugin(recorder)])


def main() -> None:
    kind, out_path, *arguments = sys.argv[1:]
    out_path = os.path.abspath(out_path)
    sys.path[0] = os.getcwd()  # as without this file: its neighbours are not found
    with open(out_path, "w", encoding="ascii") as out:
        recorder = Recorder(out)
        if kind == "program":
            sys.argv = arguments
            runpy.run_path(arguments[0], run_name="__main__")
        elif kind == "unittest":
            run_unittest(recorder, arguments)
        else:
            run_pytest(recorder, arguments)
        stats = getattr(getattr(sys, "_jit", None), "stats", None)
        recorder.note(str(stats()["traces"] if stats is not None else 0), "traces")
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    main()
