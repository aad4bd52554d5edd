"""Debian's python3.13 in the build folder: unpacked, given its loader, kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from Tools.build import debian, distribution, elf
from Tools.build.common import BuildError
from Tools.build.config import Base

from .conftest import write

DPKG_DEB = '#!/bin/sh\nmkdir -p "$3" && exec tar -xf "$2" -C "$3"\n'
PROGRAM = "usr/bin/python3.13"


def package(path: Path, folder: Path) -> Path:
    with tarfile.open(path, "w") as tar:
        tar.add(folder, ".")
    return path


class Archive:
    """Stands for the archive: a package whose python3.13 is `true`, and one with its loader."""

    def __init__(self, folder: Path) -> None:
        self.asked = 0
        true = shutil.which("true")
        assert true is not None
        loader = Path(elf.loader_of(Path(true).read_bytes()))
        one, two = folder / "one", folder / "two"
        write(one / PROGRAM, "")
        shutil.copy(true, one / PROGRAM)
        (one / "usr/lib").mkdir()
        (one / "usr/lib/site.py").symlink_to("/etc/site.py")
        write(two / "etc/site.py", "of the package")
        # As the package has it: the loader is among the libraries, and a link leads there.
        libraries = two / "usr/lib/some-linux"
        libraries.mkdir(parents=True)
        shutil.copy(loader, libraries / "loader.so")
        text = subprocess.run([loader, "--list", true], capture_output=True, text=True, check=True).stdout
        for word in text.split():
            if word.startswith("/") and word != str(loader):
                shutil.copy(word, libraries)
        link = two / "usr" / str(loader).lstrip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(libraries / "loader.so", link.parent))
        self.packages = [
            package(folder / "python3.13_3.13.5-2_any.deb", one),
            package(folder / "libc6_1%3a2.41-12_any.deb", two),
        ]

    def download(self, suite: str, packages: tuple[str, ...], scratch: Path) -> list[Path]:
        assert (suite, packages) == ("trixie", ("python3.13",)) and scratch.is_dir()
        self.asked += 1
        return self.packages


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    write(tmp_path / "bin/dpkg-deb", DPKG_DEB).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    made = Archive(tmp_path / "archive")
    monkeypatch.setattr(debian, "download_binaries", made.download)
    return made


def test_the_program_runs_with_the_loader_and_libraries_of_the_archive(
    archive: Archive, tmp_path: Path, pin: Base, capsys: pytest.CaptureFixture[str]
) -> None:
    program = distribution.ensure(pin, tmp_path / "build")
    assert program == tmp_path / "build/debian" / PROGRAM
    assert elf.loader_of(program.read_bytes()) == str(tmp_path / "build/debian/usr/lib/some-linux/loader.so")
    environment = {**os.environ, "LD_TRACE_LOADED_OBJECTS": "1"}
    text = subprocess.run([program], env=environment, capture_output=True, text=True, check=True).stdout
    used = [word for word in text.split() if word.startswith("/")]
    assert used and all(word.startswith(f"{tmp_path / 'build/debian'}/") for word in used), text
    assert (tmp_path / "build/debian/usr/lib/site.py").read_text() == "of the package"
    assert "Debian's python3.13 3.13.5-2: " in capsys.readouterr().out


def test_what_is_there_is_kept_until_it_is_moved(archive: Archive, tmp_path: Path, pin: Base) -> None:
    distribution.ensure(pin, tmp_path / "build")
    distribution.ensure(pin, tmp_path / "build")
    assert archive.asked == 1
    (tmp_path / "build").rename(tmp_path / "moved")
    program = distribution.ensure(pin, tmp_path / "moved")
    assert archive.asked == 2
    assert elf.loader_of(program.read_bytes()).startswith(f"{tmp_path / 'moved'}/")


def test_a_program_that_does_not_run_is_not_kept(archive: Archive, tmp_path: Path, pin: Base) -> None:
    false = shutil.which("false")
    assert false is not None
    shutil.copy(false, tmp_path / "archive/one" / PROGRAM)
    package(archive.packages[0], tmp_path / "archive/one")
    for asked in (1, 2):
        with pytest.raises(BuildError, match=r"python3\.13 ended with 1"):
            distribution.ensure(pin, tmp_path / "build")
        assert archive.asked == asked


def test_a_package_that_is_not_there_is_an_error(archive: Archive, tmp_path: Path, pin: Base) -> None:
    del archive.packages[0]
    with pytest.raises(BuildError, match=r"Debian's python3\.13 cannot be had: the archive sent no python3"):
        distribution.ensure(pin, tmp_path / "build")
    assert not (tmp_path / "build/debian").exists()


def test_versions_are_read_from_names() -> None:
    packages = [Path("zlib1g_1%3a1.3-1_amd64.deb"), Path("a_2_all.deb")]
    assert distribution.revision_of(packages, "zlib1g") == "1:1.3-1"
