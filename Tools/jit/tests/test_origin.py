"""Stencils made elsewhere: taken where everything they were made from is the same, refused with reasons."""

import struct
import subprocess
from pathlib import Path

import pytest

from Tools.jit.stencils import cli, origin
from Tools.jit.stencils.errors import BuildError

from .test_build import CLANGS, GOOD, PRELUDE

SOURCE = '#include "Python.h"\n' + PRELUDE + GOOD


def make_tree(folder: Path, **changes: str) -> Path:
    """A tree with one header that clang reads and one that it does not."""
    texts = {
        "pyconfig.h": "#define Py_PYCONFIG_H\n#define WITH_PYMALLOC 1\n",
        "Include/Python.h": '#include "pyconfig.h"\nenum { ONE = 1 };\n',
        "Include/other.h": "",
    }
    for name, text in (texts | changes).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture
def prebuilt(tmp_path: Path) -> Path:
    tree = make_tree(tmp_path / "there")
    (tree / "template.c").write_text(SOURCE)
    output = tmp_path / "stencils.h"
    where = ["--tree", str(tree), "--template", str(tree / "template.c"), "-o", str(output)]
    assert cli.main([*where, "--clang", CLANGS[0], "--target", "x86_64-pc-linux-gnu"]) == 0
    return output


def take(prebuilt: Path, tree: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Take the file as make does; "" or the error."""
    arguments = ["--tree", str(tree), "--prebuilt", str(prebuilt), "-o", str(tree / "jit_stencils.h")]
    return capsys.readouterr().err if cli.main(arguments) else ""


def test_taken_without_clang(
    prebuilt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    tree = make_tree(tmp_path / "here", **{"Include/other.h": "nobody reads this\n"})
    assert take(prebuilt, tree, capsys) == ""
    output = tree / "jit_stencils.h"
    assert output.read_bytes() == prebuilt.read_bytes()
    inode = output.stat().st_ino
    assert take(prebuilt, tree, capsys) == ""
    assert output.stat().st_ino == inode, "what is there already is only touched"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("Include/Python.h", '#include "pyconfig.h"\nenum { ONE = 2 };\n', "Include/Python.h."),
        ("pyconfig.h", "#define WITH_PYMALLOC 1\n#define Py_DEBUG 1\n", "option Py_DEBUG."),
        ("pyconfig.h", "/* #undef WITH_PYMALLOC */\n", "option WITH_PYMALLOC."),
    ],
)
def test_made_from_something_else(
    prebuilt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, said: str
) -> None:
    tree = make_tree(tmp_path / "here", **{name: text})
    error = take(prebuilt, tree, capsys)
    assert f"{prebuilt} was made from other sources or options than these: {said}" in error
    assert "./configure without --with-jit-stencils" in error
    assert not (tree / "jit_stencils.h").exists()


def test_a_header_that_is_gone(prebuilt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = make_tree(tmp_path / "here")
    (tree / "Include/Python.h").unlink()
    assert "than these: Include/Python.h." in take(prebuilt, tree, capsys)


def test_another_builder(prebuilt: Path, tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "here")
    sources = tmp_path / "jit"
    for path in [*origin.SOURCES.glob("*.[ch]"), *origin.SOURCES.glob("stencils/*.py")]:
        copy = sources / path.relative_to(origin.SOURCES)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    assert origin.check(prebuilt, tree, sources) == prebuilt.read_text()
    (sources / "template.c").write_text("// another one\n")
    with pytest.raises(BuildError, match=r"than these: Tools/jit/template\.c\."):
        origin.check(prebuilt, tree, sources)


def test_no_file_a_damaged_file_another_file(
    prebuilt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = make_tree(tmp_path / "here")
    assert "missing.h: No such file or directory" in take(tmp_path / "missing.h", tree, capsys)
    text = prebuilt.read_text()
    broken = tmp_path / "broken.h"
    for damaged in (text[:-100], text.replace("jit_code[]", "jit_kode[]")):
        broken.write_text(damaged)
        assert "is damaged: its digest is not that of its text" in take(broken, tree, capsys)
    for other in ("", "int x;\n", text.partition("\n")[2]):
        broken.write_text(other)
        assert "is no file that `make stencils` wrote" in take(broken, tree, capsys)
    broken.write_bytes(b"\xff\xfe\x00")
    assert "not text" in take(broken, tree, capsys)


def test_another_layout_does_not_compile(tmp_path: Path) -> None:
    checks = origin.layouts(struct.pack(f"<{len(origin.LAYOUTS)}Q", *range(len(origin.LAYOUTS))))
    assert len(checks) == len(origin.LAYOUTS)
    source = tmp_path / "use.c"
    for size, fits in ((8, True), (4, False)):
        check = checks[0].replace("sizeof(PyThreadState) == 0", f"sizeof(long) == {size}")
        assert check != checks[0]
        source.write_text(check + "\n")
        done = subprocess.run(["gcc", "-fsyntax-only", source], capture_output=True, text=True, check=False)
        assert (done.returncode == 0) == fits
        assert fits or "another layout of structures" in done.stderr
