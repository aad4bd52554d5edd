"""A small base to lay things over: enough files for every rule, and no network."""

from __future__ import annotations

from pathlib import Path

import pytest

from Tools.build.config import Base, Config


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def pin() -> Base:
    return Base(
        "3.13.5", "Python-3.13.5.tar.xz", "0" * 64, 100, "trixie", "python3.13", "orig.tar.xz", "x/y.tar.xz"
    )


@pytest.fixture
def config() -> Config:
    return Config("yes", "/usr/bin/clang-19", "/usr/bin/llvm-readobj-19", "gcc", False, "", ())


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "base"
    write(folder / ".base-is-complete", "sha256 1\n")
    write(folder / "configure", "#! /bin/sh\n").chmod(0o755)
    write(folder / "Include/patchlevel.h", '#define PY_VERSION          "3.13.5"\n')
    write(folder / "Python/ceval.c", "one\ntwo\nthree\nfour\nfive\n")
    write(folder / "Python/jit.c", "upstream\n")
    return folder


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A repository of ours with one new file and no override."""
    folder = tmp_path / "top"
    write(folder / "Python/jit/trace.c", "int trace;\n")
    write(folder / "patches/series", "")
    rules(folder)
    return folder


def rules(top: Path, replace: str = "", remove: str = "", generated: str = "") -> Path:
    parts = {"replace": replace, "remove": remove, "generated": generated}
    text = "".join(f"[{name}]\nfiles = {value.split()!r}\n" for name, value in parts.items())
    return write(top / "Tools/build/overlay.toml", text)


def add_patch(top: Path, name: str, body: str) -> Path:
    header = "Subject: s\nWhy: w\nGuarded-by: g\nForwarded: no\n\n"
    series = top / "patches/series"
    series.write_text(series.read_text() + name + "\n")
    return write(top / "patches" / name, header + body)
