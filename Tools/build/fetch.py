"""Get the base release, check it, unpack it.

Order: the file or folder the user named; the cache; the Debian source package through the machine's own apt
sources; a download from python.org.  A file is used only if its SHA-256 is the pinned one.

Invariants: 1. the cache and the build folder only ever get whole files and whole trees (temporary name,
then rename); 2. the unpacked base is never written to after that; 3. apt's own state is not touched.
"""

from __future__ import annotations

import contextlib
import lzma
import os
import re
import shutil
import tarfile
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from . import debian
from .common import BuildError, sha256_file, write_atomic
from .config import Base

_PYTHON_ORG = "https://www.python.org/"
STAMP = ".base-is-complete"
_PATCHLEVEL = "Include/patchlevel.h"
_TIMEOUT = 30  # seconds without an answer


def cache_folder() -> Path:
    """Return the folder where verified downloads are kept, outside every build tree."""
    root = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG rules say that a relative value is to be ignored.
    base = Path(root) if os.path.isabs(root) else Path.home() / ".cache"
    return base / "cpython-tracing-jit"


def check_file(path: Path, base: Base) -> None:
    """Raise BuildError, with both sums, unless the file is the pinned one."""
    size = path.stat().st_size
    found = sha256_file(path)
    if found == base.sha256:
        return
    hint = f"; it is truncated: {size} of {base.size} bytes" if size < base.size else ""
    raise BuildError(
        f"{path} is not the pinned {base.file}{hint}\n"
        f"  SHA-256 expected: {base.sha256}\n  SHA-256 found:    {found}"
    )


@contextlib.contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Give a folder inside `parent`, which is made if need be; it goes away with all that is left in it."""
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".tmp-", dir=parent) as name:
        yield Path(name)


def from_debian(base: Base, scratch: Path) -> Path:
    """Download the Debian source package and return its orig file."""

    def pick(out: Path) -> Path:
        path = out / base.debian_file
        if not path.exists():
            there = ", ".join(sorted(item.name for item in out.iterdir())) or "nothing"
            raise BuildError(f"the package holds {there}, not {base.debian_file}")
        return path

    return debian.download(base, scratch, pick)


def from_python_org(base: Base, scratch: Path) -> Path:
    """Download the release from python.org."""
    path = scratch / base.file
    try:
        address = _PYTHON_ORG + base.python_org_path
        with urllib.request.urlopen(address, timeout=_TIMEOUT) as answer, path.open("wb") as stream:
            shutil.copyfileobj(answer, stream)
    except OSError as error:
        raise BuildError(str(error)) from error
    return path


Getter = Callable[[Base, Path], Path]
_GETTERS: tuple[tuple[str, Getter], ...] = (
    ("Debian source package", from_debian),
    ("python.org", from_python_org),
)


def fetch(base: Base, getters: tuple[tuple[str, Getter], ...] = _GETTERS) -> Path:
    """Return a verified release file from the cache, filling the cache first if need be."""
    cache = cache_folder()
    target = cache / base.file
    problems = []
    if target.exists():
        try:
            check_file(target, base)
            return target
        except BuildError as error:
            problems.append(f"cache: {error}")
    else:
        problems.append(f"cache: {target} is not there")
    for name, getter in getters:
        print(f"fetching {base.file}: {name}", flush=True)
        with scratch_folder(cache) as scratch:
            try:
                path = getter(base, scratch)
                check_file(path, base)
            except BuildError as error:
                problems.append(f"{name}: {error}")
                continue
            os.replace(path, target)
            return target
    raise BuildError(
        f"{base.file} cannot be had:\n  - "
        + "\n  - ".join(problems)
        + "\nSupply the file in one of two ways:\n"
        + f"  1. ./configure --with-cpython-source=/path/to/{base.file} ...  (or its unpacked folder)\n"
        + f"  2. copy it to {target}"
    )


def version_of(folder: Path) -> str:
    """Return the version of an unpacked release; OSError if it is none."""
    text = (folder / _PATCHLEVEL).read_text()
    match = re.search(r'^#define\s+PY_VERSION\s+"([^"]*)"', text, re.MULTILINE)
    return match[1] if match else "unknown"


def _check_folder(folder: Path, base: Base) -> None:
    """A folder has no sum to compare: its version must be right and it must look like an unpacked release."""
    try:
        version = version_of(folder)
    except OSError as error:
        raise BuildError(f"--with-cpython-source: {folder} is not an unpacked release: {error}") from error
    if version != base.version:
        raise BuildError(
            f"--with-cpython-source: {folder / _PATCHLEVEL} says {version},"
            f" the pinned release is {base.version}"
        )
    if (folder / "pyconfig.h").exists() or (folder / "Makefile").exists():
        raise BuildError(
            f"--with-cpython-source: {folder} has been built in; a clean unpacked release is needed"
        )


def check_source(path: Path, base: Base) -> None:
    """Raise BuildError if what --with-cpython-source names is not the pinned release."""
    if path.is_dir():
        _check_folder(path, base)
    else:
        check_file(path, base)


def unpack(archive: Path, into: Path) -> Path:
    """Unpack a release into a new folder; return the folder it holds."""
    print(f"unpacking {archive}", flush=True)
    try:
        with tarfile.open(archive) as tar:
            if hasattr(tarfile, "data_filter"):
                tar.extraction_filter = tarfile.data_filter
            tar.extractall(into)
    except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
        raise BuildError(f"{archive} cannot be unpacked: {error}") from error
    tops = list(into.iterdir())
    if len(tops) != 1 or not (tops[0] / "configure").is_file():
        raise BuildError(f"{archive} does not hold one folder with a configure in it")
    return tops[0]


def copy_folder(given: Path, tree: Path) -> Path:
    """Copy an unpacked release, without what a use of it may have left there."""
    shutil.copytree(given, tree, symlinks=True, ignore=shutil.ignore_patterns("__pycache__", ".git"))
    return tree


def ensure_base(base: Base, build: Path, source: str) -> Path:
    """Return the unpacked base, build/base-VERSION, making it if it is not there or is of another source.

    `source` is the path given to --with-cpython-source, or "".
    """
    target = build / f"base-{base.version}"
    given = Path(source) if source else None
    identity = f"folder {given}\n" if given is not None and given.is_dir() else f"sha256 {base.sha256}\n"
    stamp = target / STAMP
    if stamp.exists() and stamp.read_text() == identity:
        return target
    with scratch_folder(build) as scratch:
        if given is not None and given.is_dir():
            _check_folder(given, base)
            tree = copy_folder(given, scratch / "tree")
        else:
            if given is not None:
                if not given.is_file():
                    raise BuildError(f"--with-cpython-source: {given} does not exist")
                check_file(given, base)
                archive = given
            else:
                archive = fetch(base)
            tree = unpack(archive, scratch / "unpacked")
        write_atomic(tree / STAMP, identity.encode())
        if target.exists():
            os.replace(target, scratch / "old")
        os.replace(tree, target)
    return target
