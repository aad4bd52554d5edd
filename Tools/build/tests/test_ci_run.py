""".ci/run: whatever happens, its last line is "N passed, N failed", and its exit code tells the same."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[3]


def program(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


TESTS_FAIL = """
test $# = 0 && exit
printf 'FAILED jit: test_x\\n7 passed, 1 failed\\n' >build/test-result.txt
exit 2
"""


@pytest.mark.parametrize(
    ("configure", "make", "code", "last"),
    [
        ("exit 0", "echo '7 passed, 0 failed' >build/test-result.txt", 0, ["7 passed, 0 failed"]),
        ("exit 0", TESTS_FAIL, 2, ["FAILED jit: test_x", "7 passed, 1 failed"]),
        ("exit 0", "exit 2", 2, ["FAILED in step: make", "0 passed, 1 failed"]),
        ("exit 1", "exit 0", 1, ["FAILED in step: configure", "0 passed, 1 failed"]),
        # Tests that never ran are not tests that passed.
        ("exit 0", "exit 0", 1, ["FAILED in step: make test", "0 passed, 1 failed"]),
    ],
)
def test_last_lines(tmp_path: Path, configure: str, make: str, code: int, last: list[str]) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(TOP / ".ci/run", tmp_path / ".ci/run")
    (tmp_path / "build").mkdir()
    (tmp_path / "build/test-result.txt").write_text("left by an earlier run\n9 passed, 9 failed\n")
    program(tmp_path / "configure", configure)
    program(tmp_path / "bin/make", make)
    program(tmp_path / "bin/clang-22", "exit 0")
    environment = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    done = subprocess.run(
        [tmp_path / ".ci/run"], env=environment, capture_output=True, text=True, check=False, cwd="/"
    )
    assert done.returncode == code, done.stderr
    assert done.stdout.splitlines()[-len(last) :] == last
