"""What is packed: nothing of the build's folder, everything found from where it is, the same bytes again."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from Tools.build import dist, stage
from Tools.build.common import BuildError

from .conftest import write

PYTHON = """\
#!/bin/sh
echo "python at $0 runs $1"
"""
SYSCONFIG = """\
build_time_vars = {'BINDIR': '/opt/x/bin',
 'CC': 'ccache gcc', 'CONFIG_ARGS': "'CC=ccache gcc' '--prefix=/opt/x'", 'abs_srcdir': '/tree',
 'DESTDIRS': '/opt/x /opt/x/lib', 'INSTALL': '/opt/x/tools/install -c', 'prefix': '/opt/x'}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An installation with one file of each kind that names a folder."""
    place = tmp_path / "stage/opt/x"
    write(place / "bin/python3.13", PYTHON).chmod(0o755)
    write(place / "bin/pydoc3.13", "#!/opt/x/bin/python3.13\nprint()\n").chmod(0o755)
    write(place / "bin/other", "#!/bin/sh\n").chmod(0o755)
    write(place / "lib/pkgconfig/python-3.13.pc", "prefix=/opt/x\nlibdir=${prefix}/lib\n")
    write(
        place / "lib/python3.13/_sysconfigdata__linux.py", SYSCONFIG.replace("/tree", str(tmp_path / "tree"))
    )
    write(place / "lib/python3.13/config-3.13/Makefile", f"CC= ccache gcc\nVPATH= {tmp_path}/tree\n")
    (place / "bin/pydoc3").symlink_to("pydoc3.13")
    return place


@pytest.fixture
def moved(place: Path, tmp_path: Path) -> Path:
    stage.relocate(place, "/opt/x", tmp_path / "tree")
    return place.rename(tmp_path / "another place")


def test_a_compiler_that_make_release_took_is_not_named(place: Path, tmp_path: Path) -> None:
    """Whoever compiles an extension module with the package has the compiler of ./configure, not that one."""
    made = place / "lib/python3.13/_sysconfigdata__linux.py"
    made.write_text(
        "build_time_vars = {'CC': '/usr/bin/clang-19', 'LDSHARED': '/usr/bin/clang-19 -shared',"
        " 'AR': '/usr/bin/llvm-ar-19', 'X': '/usr/bin/clang-19.1 /opt/usr/bin/clang-19',"
        " 'CXX': '/usr/bin/clang-19++'}\n"
    )
    stage.relocate(
        place,
        "/opt/x",
        tmp_path / "tree",
        {"/usr/bin/clang-19": "gcc", "/usr/bin/clang-19++": "c++", "/usr/bin/llvm-ar-19": "ar"},
    )
    assert made.read_text().startswith(
        "build_time_vars = {'CC': 'gcc', 'LDSHARED': 'gcc -shared',"
        " 'AR': 'ar', 'X': '/usr/bin/clang-19.1 /opt/usr/bin/clang-19', 'CXX': 'c++'}\n"
    )


def test_scripts_run_the_python_beside_them(moved: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(moved / "bin/pydoc3")
    for script in (moved / "bin/pydoc3.13", moved / "bin/pydoc3", tmp_path / "link"):
        done = subprocess.run([script], capture_output=True, text=True, check=True, cwd="/")
        assert done.stdout == f"python at {moved}/bin/python3.13 runs {script}\n"
    # To Python the shell's part is a string.
    done = subprocess.run([sys.executable, moved / "bin/pydoc3"], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
    assert (moved / "bin/other").read_text() == "#!/bin/sh\n"


def test_sysconfig_reckons_from_where_it_is(moved: Path) -> None:
    names: dict[str, dict[str, str]] = {}
    exec((moved / "lib/python3.13/_sysconfigdata__linux.py").read_text(), names)
    variables, here = names["build_time_vars"], sys.base_prefix
    assert variables["BINDIR"] == f"{here}/bin" and variables["prefix"] == here
    assert variables["DESTDIRS"] == f"{here} {here}/lib"
    assert variables["INSTALL"] == "/opt/x/tools/install -c", "no folder of the installation"
    assert variables["CC"] == "gcc" and variables["CONFIG_ARGS"] == "'CC=gcc' '--prefix=/opt/x'"
    assert variables["abs_srcdir"] == "/build"


def test_pkg_config_and_the_makefile(moved: Path) -> None:
    assert (moved / "lib/pkgconfig/python-3.13.pc").read_text().startswith("prefix=${pcfiledir}/../..\n")
    assert (moved / "lib/python3.13/config-3.13/Makefile").read_text() == "CC= gcc\nVPATH= /build\n"


def test_a_program_that_names_the_build(place: Path, tmp_path: Path) -> None:
    (place / "bin/python3.13").write_bytes(b"\x7fELF" + os.fsencode(tmp_path / "tree/Python/x.c"))
    with pytest.raises(BuildError, match="names the folder of the build"):
        stage.relocate(place, "/opt/x", tmp_path / "tree")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("prefix=/\n", "no prefix that can be packed"),
        ("CC=gcc\n", "no prefix that can be packed"),
        ("prefix=/usr\nexec_prefix=/elsewhere\n", "--exec-prefix of its own cannot be packed"),
    ],
)
def test_installations_that_cannot_move(tmp_path: Path, lines: str, message: str) -> None:
    write(tmp_path / "Makefile", lines)
    write(tmp_path / "python", PYTHON).chmod(0o755)
    with pytest.raises(BuildError, match=message):
        stage._prefix(tmp_path)


def test_the_date_of_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "upstream.toml", "")
    os.utime(tmp_path / "upstream.toml", (5000, 5000))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1234")
    assert stage.source_date(tmp_path) == 1234
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(BuildError, match="'yesterday' is not a number of seconds"):
        stage.source_date(tmp_path)
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert stage.source_date(tmp_path) == 5000, "no repository: the pin's time"
    git = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e"]
    subprocess.run([*git, "init", "-q"], check=True)
    commit = [*git, "commit", "-q", "--allow-empty", "-m", "m"]
    subprocess.run(commit, check=True, env={**os.environ, "GIT_COMMITTER_DATE": "1700000000 +0000"})
    assert stage.source_date(tmp_path) == 1_700_000_000


def test_nothing_to_pack(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="python is not there: make it first"):
        stage.build(tmp_path / "release", tmp_path / "stage", 0)


def test_same_files_same_bytes(tmp_path: Path) -> None:
    names = ["b/two", "a/one", "c"]
    for folder, order, mode, umask in (("x", names, 0o640, 0o022), ("y", names[::-1], 0o664, 0o077)):
        before = os.umask(umask)
        for name in order:
            write(tmp_path / folder / name, name).chmod(mode)
        os.umask(before)
        (tmp_path / folder / "a/link").symlink_to("one")
        dist.pack(tmp_path / folder, tmp_path / f"{folder}.tar.xz", "top", 1_000_000_000)
    assert (tmp_path / "x.tar.xz").read_bytes() == (tmp_path / "y.tar.xz").read_bytes()
    with tarfile.open(tmp_path / "x.tar.xz") as archive:
        members = archive.getmembers()
        inside = [member.name for member in members]
        assert inside == ["top", "top/a", "top/a/link", "top/a/one", "top/b", "top/b/two", "top/c"]
        assert {(member.uid, member.uname, member.mtime) for member in members} == {
            (0, "root", 1_000_000_000)
        }
        assert archive.getmember("top/c").mode == 0o644
