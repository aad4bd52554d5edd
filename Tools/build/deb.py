"""make deb: a Debian package that stands beside the distribution's python3.13.

    /usr/lib/python3.13-jit      the installation (stage.py)
    /usr/bin/python3.13-jit      starts it

The program in /usr/bin is the launcher of the build folder.  A link would do until somebody makes a virtual
environment with it: that would look for its library from /usr/bin on, and find the distribution's.

Nothing is shared with the distribution's package.  The .pyc files are made when it is installed and go with
it, as Debian wants it; removing the package leaves nothing.  pip is there for virtual environments only, as
with the distribution's (EXTERNALLY-MANAGED).
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from email.utils import formatdate
from pathlib import Path

from . import launcher, stage
from .common import TOP, BuildError
from .config import load_base, load_config

_CONTROL = """\
Package: {package}
Version: {version}
Architecture: amd64
Maintainer: {maintainer}
Installed-Size: {size}
Depends: {depends}
Suggests: {suggests}
Section: python
Priority: optional
Description: Python 3.13 with a tracing JIT compiler
 A build of CPython {release} that records hot loops and functions while they
 run, and compiles them to machine code.  It behaves as python3.13 does, runs
 the same .pyc files and loads the same extension modules.
 .
 It is installed beside the distribution's python3.13, as {package}.
"""
_CHANGELOG = """\
{package} ({version}) unstable; urgency=medium

  * Built from the sources of {day}.

 -- {maintainer}  {date}
"""
_MANAGED = """\
[externally-managed]
Error=This python belongs to a Debian package, which would not know of what
 pip installs into it.  Make a virtual environment:
 {package} -m venv PATH/TO/VENV, then use PATH/TO/VENV/bin/pip.
"""
_POSTINST = """\
#!/bin/sh
set -e
if [ "$1" = configure ]; then
    # A file that cannot be compiled is read as it is.
    {home}/bin/{program} -s -E -m compileall -q -j0 {home}/lib || true
fi
"""
# All .pyc files, also what somebody with write access made later, with -O.
_PRERM = """\
#!/bin/sh
set -e
find {home} -depth -name __pycache__ -exec rm -rf {{}} +
"""
_OVERRIDES = """\
# One system call, made from the first instruction on: no library is left out that could need a fix.
{package}: statically-linked-binary [usr/bin/{package}]
# They call the interpreter, or another library, only.
{package}: library-not-linked-against-libc *
# The copy that the release brings; ./configure --with-system-expat takes the system's.
{package}: embedded-library expat *
"""
_COPYRIGHT = """\
CPython {release} with a tracing JIT.

The sources are those of CPython, https://www.python.org/downloads/release/, with the security fixes of
Debian's package of it, and a compiler that records and compiles traces laid over them.

Copyright (C) 2001 Python Software Foundation; All Rights Reserved, and as said below.

"""


def package_name(version: str) -> str:
    """python3.13-jit for 3.13.5."""
    return f"python{version.rpartition('.')[0]}-jit"


def maintainer() -> str:
    """Who makes the package: as Debian's own tools ask for it."""
    name = os.environ.get("DEBFULLNAME", "Builder of this package")
    address = os.environ.get("DEBEMAIL") or os.environ.get("EMAIL", "nobody@nowhere.invalid")
    return f"{name} <{address}>"


def _write(path: Path, text: str, mode: int = 0o644, *, compress: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    path.write_bytes(gzip.compress(data, 9, mtime=0) if compress else data)
    path.chmod(mode)


def _no_program(path: Path) -> None:
    """Take the first line that names an interpreter from a module: it would name another one than this."""
    data = path.read_bytes()
    if data.startswith(b"#!"):
        path.write_bytes(b"# " + data[2:])
    path.chmod(0o644)


def depends(root: Path) -> tuple[str, str]:
    """The packages with the libraries that programs and modules under `root` are linked with.

    Apart: those of tkinter alone, half of a desktop, which few programs need.
    """
    programs: list[str] = []
    windows: list[str] = []
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as stream:
                if stream.read(4) == b"\x7fELF" and not path.is_relative_to(root / "usr/bin"):
                    (windows if path.name.startswith("_tkinter.") else programs).append(str(path))
    needed = _packages(programs)
    more = _packages([*programs, *windows]).split(", ") if windows else []
    return needed, ", ".join(name for name in more if name not in needed.split(", "))


def _packages(programs: list[str]) -> str:
    with tempfile.TemporaryDirectory(prefix="shlibdeps-") as name:
        _write(Path(name, "debian/control"), "Source: x\n\nPackage: x\nArchitecture: any\n")
        command = ["dpkg-shlibdeps", "-O", *programs]
        try:
            done = subprocess.run(command, cwd=name, capture_output=True, text=True, check=False)
        except OSError as error:
            raise BuildError(
                f"dpkg-shlibdeps: {error.strerror}: `make deb` needs the package dpkg-dev"
            ) from error
    if done.returncode:
        raise BuildError(f"dpkg-shlibdeps failed:\n{done.stderr.strip()[-2000:]}")
    return done.stdout.strip().partition("shlibs:Depends=")[2]


def lay(root: Path, place: Path, cc: str, licences: str, date: int, release: str) -> str:
    """Make the package's tree in `root` from an installation; return its version."""
    package = package_name(release)
    home = root / "usr/lib" / package
    home.parent.mkdir(parents=True)
    shutil.move(place, home)
    day = time.strftime("%Y%m%d", time.gmtime(date))
    names = {
        "package": package,
        "home": f"/usr/lib/{package}",
        "release": release,
        "version": f"{release}+jit{day}",
        "maintainer": maintainer(),
        "day": f"{day[:4]}-{day[4:6]}-{day[6:]}",
        "date": formatdate(date, usegmt=False).replace("-0000", "+0000"),
    }
    names["program"] = stage.program(home).name
    launcher.write(root / "usr/bin" / package, Path(f"/usr/lib/{package}/bin", names["program"]), cc)
    (library,) = home.glob("lib/python3.*")
    for path in [*home.glob("bin/idle3*"), *home.glob("bin/pydoc3*")]:
        path.unlink()
    for path in library.rglob("*.py"):
        _no_program(path)
    for path in sorted(home.rglob("__pycache__")):
        shutil.rmtree(path)
    _write(library / "EXTERNALLY-MANAGED", _MANAGED.format(**names))
    manual = next(home.glob("share/man/man1/python3.*.1"))
    pages = root / "usr/share/man/man1"
    _write(pages / f"{package}.1.gz", manual.read_text(), compress=True)
    shutil.rmtree(home / "share")
    documents = root / "usr/share/doc" / package
    _write(documents / "copyright", _COPYRIGHT.format(**names) + licences)
    _write(documents / "changelog.gz", _CHANGELOG.format(**names), compress=True)
    _write(root / "usr/share/lintian/overrides" / package, _OVERRIDES.format(**names))
    names["size"] = str(sum(-(-path.lstat().st_size // 1024) or 1 for path in root.rglob("*")))
    names["depends"], names["suggests"] = depends(root)
    control = _CONTROL.format(**names).replace("Suggests: \n", "")
    _write(root / "DEBIAN/control", control)
    _write(root / "DEBIAN/postinst", _POSTINST.format(**names), 0o755)
    _write(root / "DEBIAN/prerm", _PRERM.format(**names), 0o755)
    sums = []
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.is_relative_to(root / "DEBIAN"):
            sums.append(f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.relative_to(root)}\n")
    _write(root / "DEBIAN/md5sums", "".join(sums))
    for path in sorted(root.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or bool(path.stat().st_mode & 0o100)
            path.chmod(0o755 if executable else 0o644)
        os.utime(path, (date, date), follow_symlinks=False)
    return names["version"]


def make(build: Path, tree: str) -> Path:
    """Pack the build tree of this name as a .deb; say how large it is."""
    date = stage.source_date()
    release = load_base().version
    place = stage.build(build / tree, build / "dist/stage", date, pip=False, compiled=False)
    root = build / "dist/deb"
    if root.exists():
        shutil.rmtree(root)
    licences = "\n".join((folder / "LICENSE").read_text() for folder in (TOP, build / tree))
    version = lay(root, place, load_config(build).cc, licences, date, release)
    path = build / "dist" / f"{package_name(release)}_{version}_amd64.deb"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(date)}
    command = ["dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(root), str(path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"dpkg-deb failed:\n{done.stderr.strip()}")
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, {stage.size_of(root) / 1e6:.1f} MB installed")
    return path
