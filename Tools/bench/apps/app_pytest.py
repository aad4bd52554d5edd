"""pytest: collects and runs a small suite with fixtures, parameters and failures, in this process."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import pytest

SUITE = """
import pytest

@pytest.fixture(scope="module")
def table():
    return {n: n * n for n in range(20)}

@pytest.fixture
def scratch(tmp_path):
    yield tmp_path / "x"

@pytest.mark.parametrize("n", range(15))
def test_squares(table, n):
    assert table[n] == n ** 2

@pytest.mark.parametrize("left, right", [(1, 2), ([1, 2], [1, 3]), ("abc", "abd")])
def test_differ(left, right):
    assert left == right

class TestFiles:
    def test_written(self, scratch):
        scratch.write_text("text")
        assert scratch.read_text() == "text"

    def test_raises(self):
        with pytest.raises(ZeroDivisionError):
            1 / 0

    @pytest.mark.skip(reason="to count")
    def test_skipped(self):
        pass
"""
SCRATCH = tempfile.TemporaryDirectory(prefix="app-pytest-")  # gone when the process ends
FOLDER = Path(SCRATCH.name)
(FOLDER / "test_small.py").write_text(SUITE)
(FOLDER / "pytest.ini").write_text("[pytest]\n")


class Outcomes:
    """A plug-in that notes what each test did."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        text = re.sub(r"0x[0-9a-f]+|\S*app-pytest-\w+", "", report.longreprtext)
        self.seen.append((report.nodeid, report.when or "", f"{report.outcome} {text}"))


def run() -> object:
    outcomes = Outcomes()
    sys.modules.pop("test_small", None)
    options = ["-p", "no:cacheprovider", "-p", "no:terminal", "--rootdir", str(FOLDER)]
    options += ["--basetemp", str(FOLDER / "scratch"), str(FOLDER)]
    code = pytest.main(options, plugins=[outcomes])
    return int(code), outcomes.seen
