"""The python3.13 that Debian's users have: its package, unpacked into the build folder and made to run there.

No root is needed, and nothing of the system is changed.  The package is of the release this tree is laid over
(upstream.toml), so this machine's C library may be older than the one it was built with: the program is given
the loader and the libraries of the same archive (elf.py), on every machine alike.

Invariants: 1. build/debian is used only when it is whole, which its last file says, and only in the place it
was made for; 2. what is there stays until it is removed: the archive is not asked again.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from . import debian, elf
from .common import BuildError, write_atomic
from .config import Base
from .fetch import scratch_folder

_STAMP = ".complete"


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        last = done.stdout.strip().splitlines()[-3:]
        raise BuildError(f"{command[0]} ended with {done.returncode}: {'; '.join(last)}")


def unpack(packages: list[Path], root: Path) -> None:
    """Unpack into one folder.  Links with whole paths would lead into the machine's own: they are bent."""
    for package in packages:
        _run(["dpkg-deb", "--extract", package, root])
    for path in root.rglob("*"):
        if path.is_symlink() and os.path.isabs(goal := os.readlink(path)):
            path.unlink()
            path.symlink_to(os.path.relpath(root / goal.lstrip("/"), path.parent))


def equip(root: Path, home: Path, program: Path) -> None:
    """Give a program under `root` the loader and libraries that are there; `home` is where root will be."""
    try:
        loader = root / elf.loader_of(program.read_bytes()).lstrip("/")
        if not loader.exists():
            # /lib64 is a link into /usr on an installed system, and there is none among the packages.
            loader = root / "usr" / loader.relative_to(root)
        loader = loader.resolve(strict=True)
        libraries = loader.parent
        paths = [str(home / path.relative_to(root)) for path in (loader, libraries)]
        write_atomic(program, elf.with_loader(program.read_bytes(), *paths), 0o755)
    except (OSError, ValueError, BuildError) as error:
        raise BuildError(f"{program.name} of the package cannot be made to run here: {error}") from error


def revision_of(packages: list[Path], package: str) -> str:
    """Return the version of a package among the files apt-get had, which escapes the colon of an epoch."""
    for path in packages:
        name, version, *_ = path.stem.split("_")
        if name == package:
            return version.replace("%3a", ":")
    raise BuildError(f"the archive sent no {package}")


def ensure(base: Base, build: Path) -> Path:
    """Return the program, unpacking the package if need be."""
    # Not resolved: the paths that are written into the program are those the user sees.
    target = build.absolute() / "debian"
    program = f"usr/bin/{base.debian_package}"
    stamp = target / _STAMP
    place, _, revision = stamp.read_text().partition("\n") if stamp.exists() else ("", "", "")
    if place != str(target):
        print(
            f"fetching Debian's {base.debian_package}: {base.debian_suite}, packages and libraries",
            flush=True,
        )
        with scratch_folder(build) as scratch:
            try:
                packages = debian.download_binaries(base.debian_suite, (base.debian_package,), scratch)
                revision = revision_of(packages, base.debian_package)
            except BuildError as error:
                raise BuildError(f"Debian's {base.debian_package} cannot be had: {error}") from error
            root = scratch.resolve() / "root"
            unpack(packages, root)
            equip(root, target, root / program)
            if target.exists():
                os.replace(target, scratch / "old")
            os.replace(root, target)
            # Now it can run.  Debian compiles the library when the package is installed.
            library = target / f"usr/lib/{base.debian_package}"
            _run([target / program, "-I", "-m", "compileall", "-q", library])
            write_atomic(stamp, f"{target}\n{revision}".encode())
    print(f"Debian's {base.debian_package} {revision}: {target / program}", flush=True)
    return target / program
