"""What `make dist`, `make deb` and `make stencils` left in build/dist: the stage `packaging` of `make test`.

    PACKAGES_BUILD=build pytest Tools/build/check_packages.py

It is no part of the tools' own tests, which need no build.  The package is unpacked, not installed: for that
one would have to be root.  InternalDocs/build.md says what was tried by hand.
"""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from Tools.build import deb, dist, stage
from Tools.build.common import TOP
from Tools.build.config import load_base

BUILD = Path(os.environ.get("PACKAGES_BUILD", TOP / "build")).absolute()
VERSION = load_base().version
NAME = dist.name_of("tree", VERSION)
PACKAGE = deb.package_name(VERSION)

EXTENSION = """\
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *unused) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, NULL}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "ext", .m_methods = methods};
PyMODINIT_FUNC PyInit_ext(void) { return PyModule_Create(&module); }
"""
HOT = """\
import sys
def count(n):
    total = 0
    for i in range(n):
        total += i
    return total
count(1_000_000)
assert sys._jit.stats()["traces_loop"] > 0, sys._jit.stats()
"""


def run(*command: str | Path, folder: Path | str = "/", **variables: str) -> str:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP"))
    }
    done = subprocess.run(
        command, cwd=folder, env=environment | variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tarball, unpacked and then moved."""
    folder = tmp_path_factory.mktemp("dist")
    with tarfile.open(BUILD / "dist" / f"{NAME}.tar.xz") as archive:
        archive.extractall(folder)
    return (folder / NAME).rename(folder / "another place")


@pytest.fixture(scope="module")
def venv(moved: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("venv") / "env"
    run(moved / "bin/python3", "-m", "venv", folder)
    return folder


def test_tarball_runs_where_it_is(moved: Path) -> None:
    program = moved / "bin/python3.13"
    code = "import sys; print(sys.prefix, sys.base_exec_prefix, sys.version.split()[0], sep='\\n')"
    assert run(program, "-c", code).split("\n") == [str(moved), str(moved), VERSION]
    run(program, "-c", HOT, PYTHON_JIT="1")


def test_tarball_has_the_same_modules_as_the_build(moved: Path) -> None:
    (folder,) = moved.glob("lib/python3.*/lib-dynload")
    names = {path.name.partition(".")[0] for path in folder.glob("*.so")}
    built = {path.name.partition(".")[0] for path in (BUILD / "tree").glob("build/lib.*/*.so")}
    left_out = {
        name for name in built - names if not name.startswith(("_test", "_ctypes_test", "_xxtest", "xx"))
    }
    assert names and left_out == set()
    run(moved / "bin/python3", "-c", "\n".join(f"import {name}" for name in sorted(names)))


def test_tarball_names_no_folder_of_the_build(moved: Path) -> None:
    for path in moved.rglob("*"):
        if path.is_file():
            assert os.fsencode(BUILD) not in path.read_bytes(), path


def test_tarball_is_stripped_and_compiled(moved: Path) -> None:
    program = moved / "bin/python3.13"
    assert ".debug_info" not in run("readelf", "-S", "-W", program)
    source = next(moved.glob("lib/python3.*/argparse.py"))
    compiled = next(moved.glob("lib/python3.*/__pycache__/argparse.cpython-*.pyc"))
    # The source's time and size are in the .pyc, or it would be compiled anew by each program.
    assert int.from_bytes(compiled.read_bytes()[8:12], "little") == int(source.stat().st_mtime)


def test_scripts(moved: Path) -> None:
    assert f"pip {moved.name}" not in run(moved / "bin/pip3", "--version")
    assert str(moved) in run(moved / "bin/pip3", "--version")
    assert run(moved / "bin/pip3", "check") == "No broken requirements found."
    assert "module" in run(moved / "bin/pydoc3", "sys")


def test_virtual_environment(moved: Path, venv: Path) -> None:
    code = "import sys; print(sys.prefix, sys.base_prefix, sep='\\n')"
    assert run(venv / "bin/python", "-c", code).split("\n") == [str(venv), str(moved)]
    assert str(venv) in run(venv / "bin/pip", "--version")


def test_extension_modules_can_be_built(moved: Path, tmp_path: Path) -> None:
    (tmp_path / "ext.c").write_text(EXTENSION)
    code = (
        "import sysconfig as s; v = s.get_config_var\n"
        "print(v('CC'), v('CCSHARED'), '-shared', '-I', v('INCLUDEPY').replace(' ', chr(92) + ' '))"
    )
    compiler = run(moved / "bin/python3", "-c", code)
    run("sh", "-c", f"{compiler} -o ext.so ext.c", folder=tmp_path)
    program = "import ext; print(ext.answer())"
    assert run(moved / "bin/python3", "-c", program, folder=tmp_path) == "42"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Debian package's files."""
    folder = tmp_path_factory.mktemp("deb")
    (path,) = (BUILD / "dist").glob("*.deb")
    run("dpkg-deb", "--raw-extract", path, folder)
    return folder


def test_package_is_beside_the_distributions(unpacked: Path) -> None:
    files = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if not path.is_dir()}
    ours = (f"usr/lib/{PACKAGE}/", f"usr/share/doc/{PACKAGE}/", "DEBIAN/")
    others = {name for name in files if not name.startswith(ours)}
    assert others == {
        f"usr/bin/{PACKAGE}",
        f"usr/share/man/man1/{PACKAGE}.1.gz",
        f"usr/share/lintian/overrides/{PACKAGE}",
    }
    assert not [name for name in files if name.endswith(".pyc")], "they are made when it is installed"
    # A folder's time is what unpacking made it.
    assert {(unpacked / name).lstat().st_mtime for name in files if name.startswith("usr")} == {
        stage.source_date()
    }


def test_package_says_what_it_is(unpacked: Path) -> None:
    control = dict(
        line.split(": ", 1)
        for line in (unpacked / "DEBIAN/control").read_text().splitlines()
        if line[0] != " "
    )
    assert control["Package"] == PACKAGE and control["Version"].startswith(f"{VERSION}+jit")
    assert "libc6 (>= " in control["Depends"] and "libssl3" in control["Depends"]
    assert "libtk" not in control["Depends"]
    assert PACKAGE in (unpacked / "usr/bin" / PACKAGE).read_bytes().decode("latin-1")
    for name in ("postinst", "prerm"):
        assert (unpacked / "DEBIAN" / name).stat().st_mode & 0o111
        run("sh", "-n", unpacked / "DEBIAN" / name)


def test_package_runs(unpacked: Path, tmp_path: Path) -> None:
    program = unpacked / "usr/lib" / PACKAGE / "bin/python3.13"
    run(program, "-B", "-c", HOT, PYTHON_JIT="1")
    run(program, "-B", "-m", "venv", tmp_path / "env")
    assert str(tmp_path / "env") in run(tmp_path / "env/bin/pip", "--version")


def test_python_of_the_build_folder_makes_environments(tmp_path: Path) -> None:
    run(BUILD.parent / "python", "-m", "venv", tmp_path / "env")
    assert run(tmp_path / "env/bin/python", "-c", "import sys, json; print(sys.prefix)") == str(
        tmp_path / "env"
    )
    assert str(tmp_path / "env") in run(tmp_path / "env/bin/pip", "--version")


def test_stencils_can_be_taken_where_there_is_no_clang(tmp_path: Path) -> None:
    shipped = BUILD / "jit_stencils-x86_64-linux.h"
    builder = [str(TOP / "Tools/jit/build.py"), "--tree", str(BUILD / "tree"), "--prebuilt", str(shipped)]
    run(BUILD / "tree/python", *builder, "-o", tmp_path / "jit_stencils.h", PATH="")
    assert (tmp_path / "jit_stencils.h").read_bytes() == (BUILD / "tree/jit_stencils.h").read_bytes()
