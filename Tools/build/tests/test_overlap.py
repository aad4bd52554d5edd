"""The overlap check: planted copies are found in every disguise, honest text is left alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from Tools.build import overlap
from Tools.build.common import BuildError

UPSTREAM = [f"    value_{number} = compute({number});" for number in range(12)]


def found(ours: list[str], theirs: list[str] = UPSTREAM) -> list[str]:
    pairs = [("upstream.c", "\n".join(theirs))]
    return overlap.find_overlaps({"ours.c": "\n".join(ours)}, pairs)


def test_six_lines_are_an_error_and_five_are_not() -> None:
    assert found(["x", *UPSTREAM[3:9], "y"]) == ["ours.c:2: 6 lines equal to upstream's upstream.c:4"]
    assert found(["x", *UPSTREAM[3:8], "y"]) == []


def test_white_space_does_not_hide_a_copy() -> None:
    assert found([line.replace("    ", "\t").replace(" = ", "  =  ") for line in UPSTREAM[:6]]) != []


def test_lines_that_do_not_count_neither_hide_a_copy_nor_make_one() -> None:
    padding = ["", "{", "    }", "#include <x.h>", "/* ------- */", " * Copyright (c) somebody"]
    mixed = [line for pair in zip(UPSTREAM[:6], padding, strict=True) for line in pair]
    assert len(found(mixed)) == 1
    assert found(padding * 3, padding * 3) == []


def test_one_message_for_a_long_run() -> None:
    assert found(UPSTREAM) == ["ours.c:1: 12 lines equal to upstream's upstream.c:1"]


def test_two_separate_copies_are_two_messages() -> None:
    assert len(found([*UPSTREAM[:6], "between", *UPSTREAM[6:]])) == 2


def test_real_check_reads_git_and_the_base(tmp_path: Path) -> None:
    top, base = tmp_path / "top", tmp_path / "base"
    (base / "Python").mkdir(parents=True)
    (base / "Python/a.c").write_text("\n".join(UPSTREAM))
    top.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=top, check=True)
    (top / ".gitignore").write_text("ignored.c\n")
    for name in ("planted.c", "ignored.c", "configure"):
        (top / name).write_text("\n".join(UPSTREAM[2:10]))
    assert overlap.check(top, base) == ["planted.c:1: 8 lines equal to upstream's Python/a.c:3"]


def test_needs_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(BuildError, match="needs git"):
        overlap.check(tmp_path, tmp_path)
