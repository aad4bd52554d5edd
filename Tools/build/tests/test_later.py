"""A later release of the branch: which are taken, and what is said of them."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest

from Tools.build import debian, later, run_tests
from Tools.build.common import BuildError
from Tools.build.config import Base, Config

from .conftest import add_patch, write

PATCH = "--- a/Python/ceval.c\n+++ b/Python/ceval.c\n@@ -{} +{},2 @@\n {}\n+ours\n"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """3.13.9, with a line less in the middle of a file than 3.13.5 has."""
    folder = tmp_path / "Python-3.13.9"
    write(folder / "configure", "#! /bin/sh\n")
    write(folder / "Include/patchlevel.h", '#define PY_VERSION          "3.13.9"\n')
    write(folder / "Python/ceval.c", "one\nthree\nfour\nfive\n")
    return folder


@pytest.fixture(autouse=True)
def checkout(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q"], cwd=top, check=True)
    monkeypatch.setattr(run_tests, "unknown_tests", lambda base: [])


@pytest.fixture
def archive(release: Path, tmp_path: Path) -> Path:
    path = tmp_path / "python3.13_3.13.9.orig.tar.xz"
    with tarfile.open(path, "w:xz") as tar:
        tar.add(release, release.name)
    return path


def test_patches_that_do_not_fit_are_all_named(
    release: Path, tmp_path: Path, top: Path, pin: Base, config: Config, base: Path
) -> None:
    for name, line, text in (("first", 1, "one"), ("gone", 3, "two"), ("moved", 7, "five")):
        add_patch(top, f"{name}.patch", PATCH.format(line, line, text))
    version, problems = later.check(top, pin, base, tmp_path / "build", config, str(release))
    assert version == "3.13.9"
    (text,) = problems
    assert "patches/gone.patch:8: hunk at line 3 of Python/ceval.c: does not apply" in text
    assert "patches/moved.patch:8: hunk at line 7 of Python/ceval.c: its lines stand at line 5 there" in text
    assert "first.patch" not in text
    # Neither the build folder nor the release that was given is changed.
    assert list((tmp_path / "build").iterdir()) == []
    assert sorted(path.name for path in release.iterdir()) == ["Include", "Python", "configure"]


def test_a_release_that_fits(
    archive: Path, tmp_path: Path, top: Path, pin: Base, config: Config, base: Path
) -> None:
    add_patch(top, "first.patch", PATCH.format(1, 1, "one"))
    assert later.check(top, pin, base, tmp_path / "build", config, str(archive)) == ("3.13.9", [])


def test_lines_of_ours_that_upstream_has_by_now_are_named(
    release: Path, tmp_path: Path, top: Path, pin: Base, config: Config, base: Path
) -> None:
    lines = "".join(f"int a_line_that_both_have_{number};\n" for number in range(6))
    write(top / "Python/jit/trace.c", lines)
    write(release / "Python/new.c", lines)
    _, problems = later.check(top, pin, base, tmp_path / "build", config, str(release))
    assert problems == ["Python/jit/trace.c:1: 6 lines equal to upstream's Python/new.c:1"]


@pytest.mark.parametrize("version", ["3.13.5", "3.13.4", "3.14.6", "3.13.9rc1", "unknown"])
def test_only_later_releases_of_the_branch_are_tried(
    version: str, release: Path, tmp_path: Path, top: Path, pin: Base, config: Config, base: Path
) -> None:
    write(release / "Include/patchlevel.h", f'#define PY_VERSION "{version}"\n')
    with pytest.raises(BuildError, match=r"a release of 3\.13 after 3\.13\.5 is wanted"):
        later.check(top, pin, base, tmp_path / "build", config, str(release))


def test_what_is_no_release_is_refused(
    tmp_path: Path, top: Path, pin: Base, config: Config, base: Path
) -> None:
    with pytest.raises(BuildError, match="nothing does not exist"):
        later.check(top, pin, base, tmp_path / "build", config, str(tmp_path / "nothing"))
    with pytest.raises(BuildError, match="is not a release"):
        later.check(top, pin, base, tmp_path / "build", config, str(top))


def test_a_suite_of_debian_is_asked(
    archive: Path,
    tmp_path: Path,
    top: Path,
    pin: Base,
    config: Config,
    base: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def download(asked_for: Base, scratch: Path, pick: debian.Pick, options: tuple[str, ...]) -> Path:
        asked.append((asked_for.debian_suite, options))
        write(archive.parent / f"{archive.name}.asc", "a signature")
        return pick(archive.parent)

    monkeypatch.setattr(debian, "download", download)
    assert later.check(top, pin, base, tmp_path / "build", config, "debian:forky")[0] == "3.13.9"
    assert asked == [("forky", ("--tar-only",))]
    archive.unlink()
    with pytest.raises(BuildError, match=r"forky has no release of python3\.13"):
        later.check(top, pin, base, tmp_path / "build", config, "debian:forky")
