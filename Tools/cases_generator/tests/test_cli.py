"""The command line: what is written, when, and how mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..cgen.cli import OUTPUTS, main
from ..cgen.output import write_if_changed

HERE = Path(__file__).resolve().parent


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A base with the test definitions, an empty folder of ours, an empty build tree."""
    (tmp_path / "base" / "Python").mkdir(parents=True)
    upstream = (
        "// BEGIN BYTECODES //\n"
        + (HERE / "upstream.c").read_text()
        + "// END BYTECODES //\nnot a definition\n"
    )
    (tmp_path / "base" / "Python" / "bytecodes.c").write_text(upstream)
    (tmp_path / "defs").mkdir()
    return tmp_path


def run(tree: Path) -> int:
    folders = [f"--{name}={tree / name}" for name in ("base", "defs", "out")]
    return main([*folders, "--verbose"])


def test_writes_every_file_once(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tree) == 0
    assert {line.removeprefix("wrote ") for line in capsys.readouterr().out.splitlines()} == set(OUTPUTS)
    before = {name: (tree / "out" / name).stat().st_mtime_ns for name in OUTPUTS}
    assert run(tree) == 0
    assert capsys.readouterr().out == ""
    assert {name: (tree / "out" / name).stat().st_mtime_ns for name in OUTPUTS} == before


def test_writes_only_what_changed(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tree)
    capsys.readouterr()
    (tree / "defs" / "nothing.c").write_text("override inst(NOTHING, (--)) {\n    count();\n}\n")
    assert run(tree) == 0
    written = {line.removeprefix("wrote ") for line in capsys.readouterr().out.splitlines()}
    assert written == {
        "Python/generated_cases.c.h",
        "Python/tail_cases.c.h",
        "Python/jit_opaque_cases.c.h",
        "Include/internal/pycore_jit_opcodes.h",
    }


def test_same_input_same_bytes(tree: Path) -> None:
    run(tree)
    first = {name: (tree / "out" / name).read_bytes() for name in OUTPUTS}
    (tree / "out").rename(tree / "old")
    run(tree)
    assert {name: (tree / "out" / name).read_bytes() for name in OUTPUTS} == first


def test_mistakes_end_with_1_and_write_nothing(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "defs" / "a.c").write_text("override inst(NO_SUCH_A, (--)) {\n}\n")
    (tree / "defs" / "b.c").write_text("override inst(NO_SUCH_B, (--)) {\n}\n")
    assert run(tree) == 1
    told = capsys.readouterr().err
    assert "a.c:1:15: error: `NO_SUCH_A`" in told
    assert "b.c:1:15: error: `NO_SUCH_B`" in told
    assert not (tree / "out").exists()


def test_missing_base(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "base" / "Python" / "bytecodes.c").unlink()
    assert run(tree) == 1
    assert "bytecodes.c" in capsys.readouterr().err


def test_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.h"
    assert write_if_changed(path, "old\n")

    def interrupt(source: object, target: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_if_changed(path, "new\n")
    assert path.read_text() == "old\n"
