"""What `make dist` and `make deb` pack: an installation that runs from whatever folder it is put in.

`make install` into a folder, then:

1. What nobody needs who only runs Python goes: the library's own tests, the static library, objects.
2. Programs and modules are stripped.
3. What names the folder of the build or of the installation is rewritten: scripts look for python beside
   themselves, sysconfig and pkg-config reckon from where they are.  Where `make release` has taken a compiler
   by itself, sysconfig names the one of ./configure: who compiles extension modules need not have the other.
4. Every file gets the same time, and is compiled to .pyc after that, in a fixed order, by one process: what
   marshal writes depends on what was compiled before.

The interpreter finds its library by itself (Modules/getpath.py looks for lib/python3.13/os.py above it).

The same sources give the same bytes in any folder, at any time, as long as SOURCE_DATE_EPOCH is the same: it
is the time of all files, and the date of the build that python shows (`make dist` takes that of the last
commit).  Profiles are counts of a run, and differ from one run to the next; so do release builds, therefore.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from .common import TOP, BuildError
from .config import for_release, load_config

# Tests of the library, and what would be linked into other programs.
LEFT_OUT = (
    "lib/python3.*/test",
    "lib/python3.*/idlelib/idle_test",
    "lib/python3.*/**/__pycache__",
    "lib/libpython3.*.a",
    "lib/python3.*/config-*/*.a",
    "lib/python3.*/config-*/*.o",
    "lib/python3.*/lib-dynload/_test*.so",
    "lib/python3.*/lib-dynload/_xxtestfuzz*.so",
    "lib/python3.*/lib-dynload/xxlimited*.so",
    "lib/python3.*/lib-dynload/_ctypes_test*.so",
)
# Variables of sysconfig that are folders of the installation.
FOLDER_VARIABLES = (
    "BINDIR BINLIBDEST CONFINCLUDEDIR CONFINCLUDEPY DESTDIRS DESTLIB DESTSHARED EXENAME INCLDIRSTOMAKE"
    " INCLUDEDIR INCLUDEPY LIBDEST LIBDIR LIBPC LIBPL MACHDESTLIB MANDIR SCRIPTDIR datarootdir exec_prefix"
    " prefix"
)
_SYSCONFIG_TAIL = """
# Folders of the installation are where it is now.
import sys as _sys
for _name in {names!r}.split():
    if _name in build_time_vars:
        build_time_vars[_name] = ' '.join(
            _sys.base_prefix + _word.removeprefix({prefix!r}) for _word in build_time_vars[_name].split())
"""
# A shell runs the second line; to Python it is a string.
_SCRIPT_HEAD = """\
#!/bin/sh
'''exec' "$(dirname -- "$(readlink -f -- "$0")")/{python}" "$0" "$@"
' '''
"""
_BUILD_PLACE = "/build"


def source_date(top: Path = TOP) -> int:
    """SOURCE_DATE_EPOCH, or the time of the last commit, or that of the pin of the release."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given:
        if not given.isdecimal():
            raise BuildError(f"SOURCE_DATE_EPOCH={given!r} is not a number of seconds")
        return int(given)
    try:
        done = subprocess.run(
            ["git", "-C", str(top), "log", "-1", "--format=%ct"], capture_output=True, text=True, check=False
        )
        if done.returncode == 0 and done.stdout.strip().isdecimal():
            return int(done.stdout)
    except OSError:
        pass
    return int((top / "upstream.toml").stat().st_mtime)


def _make(tree: Path, *words: str, date: int) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS")}
    environment["SOURCE_DATE_EPOCH"] = str(date)
    done = subprocess.run(
        ["make", "-s", "-C", str(tree), *words], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BuildError(f"make {' '.join(words)} failed in {tree}:\n{(done.stdout + done.stderr)[-2000:]}")


def _date_build(tree: Path, date: int) -> None:
    """Have the tree's python say this date; it says SOURCE_DATE_EPOCH, or the time, of its compilation."""
    python = tree / "python"
    if not python.exists():
        raise BuildError(f"{python} is not there: make it first")
    code = "import platform; print(platform.python_build()[1])"
    told = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    moment = time.gmtime(date)
    if told != time.strftime(f"%b {moment.tm_mday:2d} %Y %H:%M:%S", moment):
        print("linking with the date of the sources", flush=True)
        (tree / "Modules/getbuildinfo.o").unlink(missing_ok=True)
        _make(tree, date=date)


def install(tree: Path, folder: Path, date: int) -> Path:
    """`make install` under `folder`, tidied; return the installation's own folder there."""
    _date_build(tree, date)
    prefix = _prefix(tree)
    if folder.exists():
        shutil.rmtree(folder)
    # Compiled files are made later; --help is compileall doing nothing.
    _make(tree, "install", f"DESTDIR={folder}", "ENSUREPIP=no", "COMPILEALL_OPTS=--help", date=date)
    place = folder / prefix.lstrip("/")
    for pattern in LEFT_OUT:
        for path in sorted(place.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return place


def _prefix(tree: Path) -> str:
    text = (tree / "Makefile").read_text()
    match = re.search(r"^prefix=\s*(\S.*)$", text, re.MULTILINE)
    if match is None or not match[1].startswith("/") or match[1] == "/":
        raise BuildError(f"{tree / 'Makefile'}: no prefix that can be packed")
    exec_prefix = re.search(r"^exec_prefix=\s*(\S.*)$", text, re.MULTILINE)
    if exec_prefix is not None and exec_prefix[1] not in ("${prefix}", "$(prefix)", match[1]):
        raise BuildError("an --exec-prefix of its own cannot be packed: it would not move with --prefix")
    return match[1]


def strip(place: Path) -> None:
    """Take from programs and modules what only a debugger wants; the build-id too, a digest of that."""
    for path in sorted(place.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as stream:
                is_elf = stream.read(4) == b"\x7fELF"
            if is_elf:
                path.chmod(0o755)
                remove = ("--remove-section=.note.gnu.build-id", "--remove-section=.comment")
                done = subprocess.run(
                    ["strip", "--strip-unneeded", *remove, str(path)], capture_output=True, check=False
                )
                if done.returncode:
                    raise BuildError(f"strip {path}: {done.stderr.decode(errors='replace').strip()}")


def relocate(place: Path, prefix: str, tree: Path, tools: Mapping[str, str] = MappingProxyType({})) -> None:
    """Rewrite what names the build or the installation; `tools`: programs, and those to name instead."""
    relocate_scripts(place, prefix)
    for path in place.glob("lib/pkgconfig/*.pc"):
        if not path.is_symlink():
            text = path.read_text().replace(f"prefix={prefix}\n", "prefix=${pcfiledir}/../..\n", 1)
            path.write_text(text)
    for path in place.glob("lib/python3.*/_sysconfigdata_*.py"):
        tail = _SYSCONFIG_TAIL.format(names=" ".join(sorted(FOLDER_VARIABLES.split())), prefix=prefix)
        path.write_text(path.read_text() + tail)
    for path in sorted(place.rglob("*")):
        if path.is_file() and not path.is_symlink():
            _forget_build(path, tree, tools)


def _replaced_tools(tree: Path) -> dict[str, str]:
    """What compiled `tree`, where ./configure had named others; and those."""
    config = load_config(tree.parent)
    used = for_release(config) if tree.name == "release" else config
    # Of a clang without a number upstream's configure takes the C++ compiler too.
    return {} if used.cc == config.cc else {used.cc: config.cc, f"{used.cc}++": "c++", config.llvm_ar: "ar"}


def program(place: Path) -> Path:
    """The interpreter of an installation."""
    return next(path for path in sorted(place.glob("bin/python3.*")) if "-" not in path.name)


def relocate_scripts(place: Path, prefix: str) -> None:
    """Have scripts that name the python under `prefix` look for it beside themselves."""
    for path in sorted(place.glob("bin/*")):
        if not path.is_symlink() and path.read_bytes()[:2] == b"#!":
            head, _, rest = path.read_text().partition("\n")
            if head.startswith(f"#!{prefix}/bin/python"):
                path.write_text(_SCRIPT_HEAD.format(python=program(place).name) + rest)


def add_pip(place: Path) -> None:
    """Install pip from the wheel in the library, its scripts rewritten as the others."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_"))
    }
    # ensurepip says where it would put scripts that are not on PATH, and asks the network for nothing.
    environment |= {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_WARN_SCRIPT_LOCATION": "1"}
    command = [str(program(place)), "-I", "-m", "ensurepip"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"pip could not be installed:\n{(done.stdout + done.stderr)[-2000:]}")
    relocate_scripts(place, str(place))
    (record,) = place.glob("lib/python3.*/site-packages/pip-*.dist-info/RECORD")
    lines = []
    for line in record.read_text().splitlines():
        name = line.partition(",")[0]
        # A script's digest is not what it was; compiled files are made again.
        if not name.endswith(".pyc"):
            lines.append(f"{name},," if name.startswith("../") else line)
    record.write_text("\n".join(lines) + "\n")


def _forget_build(path: Path, tree: Path, tools: Mapping[str, str]) -> None:
    """Replace the build's folder, and ccache and `tools`, which a user of the package need not have."""
    data = path.read_bytes()
    if data[:4] == b"\x7fELF":
        if str(tree).encode() in data:
            raise BuildError(f"{path} names the folder of the build")
        return
    fresh = data.replace(str(tree).encode(), _BUILD_PLACE.encode())
    if path.name.startswith(("_sysconfigdata_", "Makefile", "python3", "config")):
        fresh = re.sub(rb"\bccache (?=\S)", b"", fresh)
        for name, other in tools.items():
            fresh = re.sub(
                rb"(?<![\w./-])" + re.escape(name.encode()) + rb"(?![\w./+-])", other.encode(), fresh
            )
    if fresh != data:
        path.write_bytes(fresh)


def compile_library(place: Path, date: int) -> None:
    """Give every file the date, and write the .pyc files, which note the date of their source."""
    # What was imported until now was compiled under the name of this folder.
    for path in sorted(place.rglob("__pycache__")):
        shutil.rmtree(path)
    for path in sorted(place.rglob("*")):
        os.utime(path, (date, date), follow_symlinks=False)
    (library,) = place.glob("lib/python3.*")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= {"PYTHONHASHSEED": "0", "PYTHON_JIT": "0"}
    # With it set, the default would be to look at the source's text at each import.
    environment.pop("SOURCE_DATE_EPOCH", None)
    command = [
        str(program(place)),
        "-s",
        "-B",
        "-m",
        "compileall",
        "-q",
        "-j1",
        "--invalidation-mode",
        "timestamp",
    ]
    command += ["-s", str(place), "-p", "/", "-x", "bad_coding|badsyntax"]
    done = subprocess.run([*command, str(library)], env=environment, capture_output=True, check=False)
    if done.returncode:
        raise BuildError(
            f"the library could not be compiled:\n{done.stdout.decode(errors='replace')[-2000:]}"
        )
    for path in sorted(place.rglob("*")):
        os.utime(path, (date, date), follow_symlinks=False)


def build(tree: Path, folder: Path, date: int, *, pip: bool = True, compiled: bool = True) -> Path:
    """Make the whole installation under `folder`; return its top."""
    print(f"installing {tree.name} to pack it", flush=True)
    place = install(tree, folder, date)
    strip(place)
    relocate(place, _prefix(tree), tree, _replaced_tools(tree))
    if pip:
        add_pip(place)
    if compiled:
        compile_library(place, date)
    return place


def size_of(place: Path) -> int:
    """Bytes of all files."""
    return sum(path.lstat().st_size for path in place.rglob("*") if not path.is_dir())
