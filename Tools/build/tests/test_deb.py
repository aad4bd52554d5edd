"""The Debian package's tree: everything under its own name, and what each control file says."""

from __future__ import annotations

import gzip
import stat
import subprocess
from pathlib import Path

import pytest

from Tools.build import deb
from Tools.build.common import TOP, BuildError

from .conftest import write

NAME = "python3.13-jit"
DATE = 1_700_000_000  # 2023-11-14


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "stage"
    for name in (
        "bin/python3.13",
        "lib/python3.13/lib-dynload/_tkinter.so",
        "lib/python3.13/lib-dynload/zlib.so",
    ):
        write(place / name, "\x7fELF")
    for name in ("bin/pydoc3.13", "bin/idle3.13"):
        write(place / name, "#!/bin/sh\n")
    write(place / "lib/python3.13/cgi.py", "#! /usr/local/bin/python\nimport os\n").chmod(0o755)
    write(place / "lib/python3.13/__pycache__/cgi.pyc", "")
    write(place / "share/man/man1/python3.13.1", ".TH PYTHON\n")
    packages = {"python3.13": "libc6 (>= 2.36)", "zlib.so": "zlib1g (>= 1:1.2)", "_tkinter.so": "libtk8.6"}
    monkeypatch.setattr(
        deb, "_packages", lambda programs: ", ".join(sorted(packages[Path(path).name] for path in programs))
    )
    monkeypatch.setenv("DEBFULLNAME", "A. Builder")
    monkeypatch.setenv("DEBEMAIL", "a@example.org")
    assert deb.lay(tmp_path / "root", place, "gcc", "The licence.\n", DATE, "3.13.5") == "3.13.5+jit20231114"
    return tmp_path / "root"


def test_files(root: Path) -> None:
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    home = f"usr/lib/{NAME}"
    assert files == {
        *(f"DEBIAN/{name}" for name in ("control", "md5sums", "postinst", "prerm")),
        f"{home}/bin/python3.13",
        *(f"{home}/lib/python3.13/{name}" for name in ("cgi.py", "EXTERNALLY-MANAGED")),
        *(f"{home}/lib/python3.13/lib-dynload/{name}" for name in ("_tkinter.so", "zlib.so")),
        f"usr/bin/{NAME}",
        *(f"usr/share/doc/{NAME}/{name}" for name in ("changelog.gz", "copyright")),
        f"usr/share/man/man1/{NAME}.1.gz",
        f"usr/share/lintian/overrides/{NAME}",
    }
    for path in root.rglob("*"):
        assert path.stat().st_mtime == DATE
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o755 if path.is_dir() or mode & 0o100 else 0o644), path


def test_no_module_names_another_python(root: Path) -> None:
    module = root / f"usr/lib/{NAME}/lib/python3.13/cgi.py"
    assert module.read_text() == "#  /usr/local/bin/python\nimport os\n", "lines keep their numbers"
    assert not module.stat().st_mode & 0o111


def test_control(root: Path) -> None:
    control = (root / "DEBIAN/control").read_text()
    for line in (
        "Package: python3.13-jit",
        "Version: 3.13.5+jit20231114",
        "Architecture: amd64",
        "Maintainer: A. Builder <a@example.org>",
        "Depends: libc6 (>= 2.36), zlib1g (>= 1:1.2)",
        "Suggests: libtk8.6",
    ):
        assert f"{line}\n" in control
    changelog = gzip.decompress((root / f"usr/share/doc/{NAME}/changelog.gz").read_bytes()).decode()
    assert changelog.startswith("python3.13-jit (3.13.5+jit20231114) unstable")
    assert changelog.endswith(" -- A. Builder <a@example.org>  Tue, 14 Nov 2023 22:13:20 +0000\n")
    copyright_text = (root / f"usr/share/doc/{NAME}/copyright").read_text()
    assert "Copyright (C)" in copyright_text and copyright_text.endswith("The licence.\n")
    sums = (root / "DEBIAN/md5sums").read_text().splitlines()
    assert len(sums) == len([path for path in (root / "usr").rglob("*") if path.is_file()])


def test_removal_leaves_nothing(root: Path, tmp_path: Path) -> None:
    """What the script removes is what the interpreter may have written, and nothing else."""
    home = tmp_path / "home"
    write(home / "lib/a/__pycache__/x.opt-2.pyc", "")
    write(home / "lib/a/x.py", "")
    script = (root / "DEBIAN/prerm").read_text()
    assert f"/usr/lib/{NAME} " in script
    subprocess.run(
        ["sh", "-c", script.replace(f"/usr/lib/{NAME}", str(home)), "prerm", "remove"], check=True, cwd="/"
    )
    assert [path.relative_to(home).as_posix() for path in home.rglob("*")] == ["lib", "lib/a", "lib/a/x.py"]


def test_without_dpkg_dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="`make deb` needs the package dpkg-dev"):
        deb._packages([])


def test_dockerfile_has_the_commands_of_the_readme() -> None:
    command = "./configure --enable-experimental-jit --install-deps && make"
    assert f"    {command} && make demo\n" in (TOP / "README.md").read_text()
    assert f"RUN {command}\n" in (TOP / "Dockerfile").read_text()


def test_it_is_a_package(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", root, path], check=True, capture_output=True)
    done = subprocess.run(["dpkg-deb", "-f", path, "Package"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{NAME}\n"
