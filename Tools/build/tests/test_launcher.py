"""./python of the build folder: everything reaches the interpreter, and nothing else is started."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from Tools.build import launcher

from .conftest import write

PROGRAM = """\
#!/bin/sh
printf '%s\\n' "$0" "$#" "$@" "$VARIABLE"
exit 7
"""


@pytest.fixture(params=["python", "a 'b\" $c\\ dé1"])
def program(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    folder = str(request.param)
    write(tmp_path / folder / "python", PROGRAM).chmod(0o755)
    return tmp_path / folder / "python"


def make(tmp_path: Path, program: Path, how: str) -> Path:
    """The launcher, compiled as on x86-64 Linux or the script of other systems."""
    path = tmp_path / "launcher"
    if how == "script":
        path.write_bytes(launcher.script(program))
        path.chmod(0o755)
    else:
        assert launcher.write(path, program, how)
        assert not launcher.write(path, program, how), "an unchanged launcher is left alone"
    return path


@pytest.mark.parametrize("how", ["gcc", "clang-19", "script"])
def test_arguments_environment_and_exit_code(tmp_path: Path, program: Path, how: str) -> None:
    path = make(tmp_path, program, how)
    arguments = ["", "a b", "*", "-c", "é"]
    environment = {**os.environ, "VARIABLE": "of the caller"}
    done = subprocess.run([path, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 7
    assert done.stdout.splitlines() == [str(program), "5", *arguments, "of the caller"]


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="a script there, as README.md says"
)
def test_no_shell_and_no_library_are_started(tmp_path: Path, program: Path) -> None:
    data = make(tmp_path, program, "gcc").read_bytes()
    assert data.startswith(b"\x7fELF")
    assert b"ld-linux" not in data and b"GLIBC" not in data
    assert len(data) < 16384


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    path = make(tmp_path, tmp_path / "no/python", "gcc")
    done = subprocess.run([path], capture_output=True, text=True, check=False)
    assert done.returncode == 127
    assert done.stderr == f"{tmp_path}/no/python: cannot be run: make builds it\n"
