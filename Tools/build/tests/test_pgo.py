"""Profile builds: our task reaches upstream's Makefile, changed sources end the profile, the parts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from Tools.build import pgo, profile_task
from Tools.build.config import tree_options

from .conftest import write


@pytest.mark.parametrize(
    ("options", "mode", "expected"),
    [
        (["--enable-optimizations"], "yes", True),
        (["--enable-optimizations=yes", "--with-lto"], "interpreter", True),
        (["--enable-optimizations", "--disable-optimizations"], "yes", False),
        (["--enable-optimizations=no"], "yes", False),
        ([], "yes", False),
        (["--enable-optimizations"], "no", False),
        (["--enable-optimizations", "PROFILE_TASK=-c 0"], "yes", False),
    ],
)
def test_who_gets_our_task(options: list[str], mode: str, expected: bool) -> None:
    made = pgo.with_task(options, mode)
    assert made[: len(options)] == options
    added = made[len(options) :]
    assert bool(added) == expected
    if expected:
        (word,) = added
        assert word.startswith("PROFILE_TASK=") and Path(word.partition("=")[2].strip("'")).is_file()


def test_release_adds_what_is_not_there() -> None:
    assert tree_options("release", ["--x"]) == ["--x", "--enable-optimizations", "--with-lto"]
    assert tree_options("release", ["--with-lto=thin"]) == ["--with-lto=thin", "--enable-optimizations"]
    assert tree_options("debug", []) == ["--with-pydebug"]
    assert tree_options("tree", ["--x"]) == tree_options("stock", ["--x"]) == ["--x"]


def test_the_programs_of_all_parts_are_there() -> None:
    names = [
        argument for part in profile_task.parts() for argument in part.arguments if argument.endswith(".py")
    ]
    assert len(names) > 80
    assert [name for name in names if not Path(name).is_file()] == []


STAMPS = ("profile-run-stamp", "profile-gen-stamp", "profile-clean-stamp")


@pytest.mark.parametrize(
    ("changed", "kept"), [(["Lib/x.py"], True), ([], True), (["Lib/x.py", "Python/jit/a.h"], False)]
)
def test_a_changed_source_ends_the_profile(tmp_path: Path, changed: list[str], kept: bool) -> None:
    for name in STAMPS:
        write(tmp_path / name, "")
    pgo.forget(tmp_path, changed)
    assert [(tmp_path / name).exists() for name in STAMPS] == [kept] * 3


def test_parts_have_the_jit_off_and_on() -> None:
    parts = profile_task.parts()
    names = [part.name for part in parts]
    assert len(set(names)) == len(names)
    for program in ("upstream's task", "kernel_int_bits", "generators", "sort_keys"):
        settings = [part.settings["PYTHON_JIT"] for part in parts if part.name.startswith(f"{program},")]
        assert {"0", "1"} == set(settings)
    # A program that ends its process itself would leave no counts.
    assert not [name for name in names if name.startswith("exit_code")]


def task(code: str) -> subprocess.CompletedProcess[str]:
    """The task with one part instead of its own, started as a background command of a script is."""
    lines = [
        "import sys",
        "from Tools.build import profile_task as task",
        f"task.parts = lambda: [task.Part('p', ['-c', {code!r}], lenient=True)]",
        "sys.argv[1:] = []",
        "sys.exit(task.main())",
    ]
    return subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=profile_task.TOP,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        capture_output=True,
        text=True,
        check=False,
    )


def test_sigint_is_not_ignored_in_the_parts() -> None:
    done = task("import signal, sys; sys.exit(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)")
    assert done.returncode == 0, done.stderr


def test_a_failed_test_is_named_and_no_error() -> None:
    done = task("import sys; print('test_x failed'); sys.exit(2)")
    assert done.returncode == 0
    assert "a test failed, which does not matter here: test_x failed" in done.stdout


def test_a_crash_is_an_error() -> None:
    done = task("import os; os.abort()")
    assert done.returncode == 1
    assert f"p: ended with {-signal.SIGABRT}" in done.stderr


def test_settings_of_the_caller_do_not_reach_the_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_JIT", "x")
    code = "import os, sys; sys.exit('PYTHON_JIT' in os.environ)"
    assert profile_task.run(profile_task.Part("p", ["-c", code])) == ""
    assert os.environ["PYTHON_JIT"] == "x"
