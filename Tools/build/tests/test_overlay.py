"""The overlay: what is laid, what is taken back, what is refused, and that nothing is written in vain."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from Tools.build import overlay as module
from Tools.build.common import BuildError
from Tools.build.config import Config
from Tools.build.overlay import overlay

from .conftest import add_patch, rules, write

PATCH = "--- a/Python/ceval.c\n+++ b/Python/ceval.c\n@@ -2 +2,2 @@\n two\n+ours\n"


class Tree:
    """Runs the overlay again and again over one tree."""

    def __init__(self, config: Config, base: Path, top: Path) -> None:
        self.config, self.base, self.top = config, base, top
        self.build = top.parent / "build"
        self.path = self.build / "tree"

    def run(self) -> list[str]:
        changed = overlay(self.config, self.base, self.build, self.path, self.top)
        return [name for name in changed if not name.endswith((".mk", "security_fixes.h"))]

    def text(self, name: str) -> str:
        return (self.path / name).read_text()


@pytest.fixture
def tree(config: Config, base: Path, top: Path) -> Tree:
    return Tree(config, base, top)


def test_lays_files_and_patches_and_then_has_nothing_to_do(tree: Tree) -> None:
    add_patch(tree.top, "a.patch", PATCH)
    assert tree.run() == ["Python/ceval.c", "Python/jit/trace.c"]
    assert tree.text("Python/ceval.c") == "one\ntwo\nours\nthree\nfour\nfive\n"
    assert (tree.base / "Python/ceval.c").read_text() == "one\ntwo\nthree\nfour\nfive\n"
    assert tree.run() == []


def test_only_what_changed_is_written(tree: Tree) -> None:
    write(tree.top / "Python/jit/other.c", "int other;\n")
    tree.run()
    before = (tree.path / "Python/jit/trace.c").stat().st_mtime_ns
    write(tree.top / "Python/jit/other.c", "int changed;\n")
    os.utime(tree.top / "Python/jit/trace.c")
    assert tree.run() == ["Python/jit/other.c"]
    assert (tree.path / "Python/jit/trace.c").stat().st_mtime_ns == before


def test_upstream_times_are_kept(tree: Tree) -> None:
    os.utime(tree.base / "Python/jit.c", (1_000_000_000, 1_000_000_000))
    tree.run()
    assert (tree.path / "Python/jit.c").stat().st_mtime == 1_000_000_000


def test_removed_file_of_ours_goes_with_its_object(tree: Tree) -> None:
    tree.run()
    write(tree.path / "Python/jit/trace.o", "")
    (tree.top / "Python/jit/trace.c").unlink()
    assert tree.run() == ["Python/jit/trace.c"]
    assert not (tree.path / "Python/jit/trace.c").exists()
    assert not (tree.path / "Python/jit/trace.o").exists()
    assert tree.run() == []


def test_replacement_and_its_end(tree: Tree) -> None:
    write(tree.top / "Python/jit.c", "ours\n")
    rules(tree.top, replace="Python/jit.c")
    tree.run()
    assert tree.text("Python/jit.c") == "ours\n"
    (tree.top / "Python/jit.c").unlink()
    rules(tree.top)
    os.utime(tree.base / "Python/jit.c", (1, 1))
    assert tree.run() == ["Python/jit.c"]
    assert tree.text("Python/jit.c") == "upstream\n"
    # make has to see that it is another file now.
    assert (tree.path / "Python/jit.c").stat().st_mtime > 1


def test_dropped_patch_gives_the_upstream_file_back(tree: Tree) -> None:
    add_patch(tree.top, "a.patch", PATCH)
    tree.run()
    (tree.top / "patches/a.patch").unlink()
    (tree.top / "patches/series").write_text("")
    assert tree.run() == ["Python/ceval.c"]
    assert "ours" not in tree.text("Python/ceval.c")


def test_removed_upstream_file(tree: Tree) -> None:
    rules(tree.top, remove="Python/jit.c")
    assert "Python/jit.c" in tree.run()
    assert not (tree.path / "Python/jit.c").exists()
    rules(tree.top)
    assert tree.run() == ["Python/jit.c"]


def test_edited_laid_file_is_put_right(tree: Tree) -> None:
    tree.run()
    (tree.path / "Python/jit/trace.c").write_text("edited\n")
    assert tree.run() == ["Python/jit/trace.c"]


def test_interrupted_run_is_taken_up(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tree.top / "Python/jit/zz.c", "int z;\n")
    written = []

    def stops(path: Path, data: bytes, mode: int) -> bool:
        if path.name == "zz.c":
            raise KeyboardInterrupt
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        written.append(path.name)
        return True

    with monkeypatch.context() as patched:
        patched.setattr(module, "write_if_changed", stops)
        with pytest.raises(KeyboardInterrupt):
            tree.run()
    assert "trace.c" in written
    # The file that was laid before the interruption is known, so its removal is seen.
    (tree.top / "Python/jit/trace.c").unlink()
    assert sorted(tree.run()) == ["Python/jit/trace.c", "Python/jit/zz.c"]
    assert not (tree.path / "Python/jit/trace.c").exists()


def test_interrupted_copy_leaves_no_tree(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def stops(_source: Path, target: Path, symlinks: bool) -> None:
        write(target / "half", "")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("shutil.copytree", stops)
        with pytest.raises(KeyboardInterrupt):
            tree.run()
    assert not tree.path.exists()
    assert "Python/jit/trace.c" in tree.run()


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (
            lambda top: write(top / "Python/jit.c", ""),
            r"Python/jit\.c: stands over an upstream file; name it in",
        ),
        (
            lambda top: (write(top / "Python/gone.c", ""), rules(top, replace="Python/gone.c")),
            r"\[replace\]: Python/gone\.c does not exist in the base: removed or renamed upstream",
        ),
        (lambda top: rules(top, replace="Python/jit.c"), r"Python/jit\.c is not among our files"),
        (lambda top: rules(top, remove="Python/gone.c"), r"\[remove\]: Python/gone\.c does not exist"),
        (
            lambda top: add_patch(top, "a.patch", PATCH.replace("ceval.c", "gone.c")),
            r"patches/a\.patch:6: Python/gone\.c: No such file",
        ),
        (
            lambda top: add_patch(top, "a.patch", PATCH.replace(" two", " TWO")),
            r"patches/a\.patch:8: hunk at line 2 of Python/ceval\.c: does not apply",
        ),
        (
            lambda top: (
                write(top / "Python/ceval.c", ""),
                rules(top, replace="Python/ceval.c"),
                add_patch(top, "a.patch", PATCH),
            ),
            r"Python/ceval\.c: is patched, and replaced by Python/ceval\.c",
        ),
    ],
)
def test_what_is_refused(tree: Tree, prepare: object, message: str) -> None:
    assert callable(prepare)
    prepare(tree.top)
    with pytest.raises(BuildError, match=message):
        tree.run()


GENERATOR = """\
import argparse, pathlib
parser = argparse.ArgumentParser()
for name in ("--base", "--defs", "--out"):
    parser.add_argument(name, type=pathlib.Path)
arguments = parser.parse_args()
text = (arguments.defs / "d.c").read_text()
(arguments.out / "Python/cases.c.h").write_text(text)
(arguments.out / "Python/jit.c").write_text(text)
(arguments.defs.parents[1] / "runs").open("a").write("x")
raise SystemExit("bad" in text)
"""


def test_generator_runs_when_its_inputs_change(tree: Tree) -> None:
    write(tree.top / "Tools/cases_generator/generate.py", GENERATOR)
    definitions = write(tree.top / "Python/bytecodes/d.c", "v1\n")
    with pytest.raises(BuildError, match=r"the generator writes an upstream file; name it in"):
        tree.run()
    rules(tree.top, generated="Python/jit.c")
    assert {"Python/cases.c.h", "Python/jit.c"} <= set(tree.run())
    assert tree.run() == [] and (tree.top / "runs").read_text() == "x"
    definitions.write_text("v2\n")
    assert set(tree.run()) == {"Python/bytecodes/d.c", "Python/cases.c.h", "Python/jit.c"}
    assert (tree.top / "runs").read_text() == "xx"
    definitions.write_text("bad\n")
    with pytest.raises(BuildError, match="failed"):
        tree.run()
    assert tree.text("Python/jit.c") == "v2\n"
    rules(tree.top, generated="Python/jit.c Python/ceval.c")
    definitions.write_text("v2\n")
    with pytest.raises(BuildError, match=r"Python/ceval\.c is not written by the generator"):
        tree.run()


def test_state_lists_what_is_laid(tree: Tree) -> None:
    tree.run()
    state = json.loads((tree.build / "tree.laid.json").read_text())
    assert "Python/jit/trace.c" in state and "Python/ceval.c" not in state


def test_everything_that_does_not_fit_is_named(tree: Tree) -> None:
    add_patch(tree.top, "a.patch", PATCH.replace(" two", " TWO"))
    add_patch(tree.top, "b.patch", PATCH.replace("ceval.c", "gone.c"))
    add_patch(tree.top, "c.patch", PATCH.replace("@@ -2 +2,2", "@@ -3 +3,2"))
    write(tree.top / "Tools/cases_generator/generate.py", "raise SystemExit(1)\n")
    rules(tree.top, remove="Python/gone.c")
    with pytest.raises(BuildError) as caught:
        tree.run()
    for told in (
        "generate.py failed",
        "patches/a.patch:8: hunk at line 2 of Python/ceval.c: does not apply",
        "patches/b.patch:6: Python/gone.c: No such file or directory in the base",
        "patches/c.patch:8: hunk at line 3 of Python/ceval.c: its lines stand at line 2 there",
        "[remove]: Python/gone.c does not exist",
    ):
        assert told in str(caught.value), told
