"""How many tests a stage ran, read from its log: pytest's and regrtest's closing lines, and whom they name.

A stage that runs no tests (a formatter, a type checker) counts as one.
"""

from __future__ import annotations

import dataclasses
import re

# pytest: "2 failed, 30 passed, 1 skipped in 4.20s", with or without a frame of "="
PYTEST_COUNTS = re.compile(r"^=*\s?((?:\d+ [a-z]+, )*\d+ [a-z]+) in [\d.]+s\b")
PYTEST_NAME = re.compile(r"^(?:FAILED|ERROR) (\S+::.*?)(?: - .*)?$")
# regrtest: "Total tests: run=43,856 (filtered) failures=2 skipped=2,096"; then the files, with failed=N
REGRTEST_COUNTS = re.compile(r"^Total tests: (run=.*)$")
REGRTEST_FILES = re.compile(r"^Total test files: .*\bfailed=([\d,]+)")
REGRTEST_NAME = re.compile(r"^(?:FAIL|ERROR): (\w+ \([\w.]+\))")
REGRTEST_FAILED_FILES = re.compile(r"^\d+ tests? failed:$")


@dataclasses.dataclass
class Tally:
    """Tests that passed and failed, and the names of those that failed as far as the log tells."""

    passed: int
    failed: int
    names: list[str]


def number(text: str) -> int:
    return int(text.replace(",", ""))


def count_pytest(line: str) -> tuple[int, int]:
    found = {word: int(count) for count, word in re.findall(r"(\d+) ([a-z]+)", line)}
    failed = sum(found.get(word, 0) for word in ("failed", "error", "errors"))
    return sum(found.get(word, 0) for word in ("passed", "xfailed", "xpassed")), failed


def count_regrtest(line: str) -> tuple[int, int]:
    found = {word: number(count) for word, count in re.findall(r"(\w+)=([\d,]+)", line)}
    failed = found.get("failures", 0)
    return found["run"] - failed - found.get("skipped", 0), failed


def read(log: str, stage: str, ok: bool) -> Tally:
    """Count what one stage's log says; `ok` is what the stage's exit codes said, which is always right.

    A stage that passed has no failure: what failed at first passed when run again.  One that failed has
    at least one, named after the stage if the log names none.
    """
    passed = failed = files_failed = 0
    names: list[str] = []
    counted = in_files = False
    for line in log.splitlines():
        if in_files and line.startswith("    "):
            names += line.split()
            continue
        in_files = bool(REGRTEST_FAILED_FILES.match(line))
        if match := PYTEST_COUNTS.match(line):
            more, fewer = count_pytest(match[1])
        elif match := REGRTEST_COUNTS.match(line):
            more, fewer = count_regrtest(match[1])
        else:
            if match := REGRTEST_FILES.match(line):
                files_failed += number(match[1])
            elif match := PYTEST_NAME.match(line) or REGRTEST_NAME.match(line):
                names.append(match[1])
            continue
        counted = True
        passed, failed = passed + more, failed + fewer
    if ok:
        return Tally(passed + failed if counted else 1, 0, [])
    return Tally(passed, max(failed, files_failed, 1), list(dict.fromkeys(names)) or [stage])
