"""make dist: a tarball of an installation that runs from any folder (stage.py makes it)."""

from __future__ import annotations

import lzma
import tarfile
from pathlib import Path

from . import stage
from .config import load_base

# Levels above this make the file 2 % smaller and take several times as long.
XZ_LEVEL = 6


def name_of(tree: str, version: str) -> str:
    """The tarball's name, and that of the folder in it."""
    kind = {"release": "jit", "tree": "jit-plain", "stock": "stock", "debug": "jit-debug"}[tree]
    return f"python-{version}-{kind}-linux-x86_64"


def pack(place: Path, path: Path, name: str, date: int) -> None:
    """Write everything in `place` as NAME/..., in a fixed order, owned by root, of one date."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        member.mtime = date
        executable = member.isdir() or member.issym() or bool(member.mode & 0o111)
        member.mode = 0o755 if executable else 0o644
        return member

    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    with (
        lzma.open(fresh, "wb", preset=XZ_LEVEL) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        archive.add(place, name, recursive=False, filter=plain)
        for member in sorted(place.rglob("*")):
            inside = f"{name}/{member.relative_to(place).as_posix()}"
            archive.add(member, inside, recursive=False, filter=plain)
    fresh.replace(path)


def make(build: Path, tree: str) -> Path:
    """Pack the build tree of this name; say how large it is."""
    date = stage.source_date()
    place = stage.build(build / tree, build / "dist/stage", date)
    name = name_of(tree, load_base().version)
    path = build / "dist" / f"{name}.tar.xz"
    pack(place, path, name, date)
    size, packed = stage.size_of(place) / 1e6, path.stat().st_size / 1e6
    print(f"{path}: {packed:.1f} MB, {size:.1f} MB unpacked")
    return path
