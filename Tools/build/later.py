"""Would the overlay fit a later release of the same branch?  Nothing is built, and nothing is kept.

The release is a .tar.xz, a folder with it unpacked, or "debian:SUITE", the one that suite of Debian has now.
No sum of it is known, which is why it serves for this only.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from . import debian, fetch, overlap, run_tests
from .common import BuildError, sha256_file, write_atomic
from .config import Base, Config
from .overlay import guide_to, layers

_DEBIAN = "debian:"


def from_suite(base: Base, suite: str, scratch: Path) -> Path:
    """Download the release that a suite of Debian has, without Debian's changes."""

    def pick(out: Path) -> Path:
        found = [path for path in out.glob(f"{base.debian_package}_*.orig.tar.*") if path.suffix != ".asc"]
        if len(found) != 1:
            raise BuildError(f"{suite} has no release of {base.debian_package}")
        return found[0]

    print(f"fetching what {suite} has: Debian source package", flush=True)
    return debian.download(dataclasses.replace(base, debian_suite=suite), scratch, pick, ("--tar-only",))


def _number(version: str) -> tuple[str, int]:
    branch, _, last = version.rpartition(".")
    return branch, int(last) if last.isdecimal() else -1


def lay_out(base: Base, given: str, scratch: Path) -> Path:
    """Return the later release, unpacked in the scratch folder."""
    if given.startswith(_DEBIAN):
        archive = from_suite(base, given.removeprefix(_DEBIAN), scratch / "archive")
        tree = fetch.unpack(archive, scratch / "unpacked")
    elif Path(given).is_dir():
        tree = fetch.copy_folder(Path(given), scratch / "tree")
    elif Path(given).is_file():
        archive = Path(given)
        tree = fetch.unpack(archive, scratch / "unpacked")
    else:
        raise BuildError(f"{given} does not exist")
    try:
        version = fetch.version_of(tree)
    except OSError as error:
        raise BuildError(f"{given} is not a release: {error}") from error
    branch, number = _number(base.version)
    if _number(version)[0] != branch or _number(version)[1] <= number:
        raise BuildError(f"{given} is {version}; a release of {branch} after {base.version} is wanted")
    # What is generated from a base is known by this.
    write_atomic(tree / fetch.STAMP, f"later {sha256_file(tree / 'Include/patchlevel.h')}\n".encode())
    return tree


def check(
    top: Path, base: Base, pinned: Path, build: Path, config: Config, given: str
) -> tuple[str, list[str]]:
    """Return the version of the release, and everything that does not fit it.

    `pinned` is the unpacked base, which everything fits.
    """
    with fetch.scratch_folder(build) as scratch:
        tree = lay_out(base, given, scratch)
        problems = []
        try:
            layers(top, tree, scratch / "build", config, guide=guide_to(top, pinned, tree))
        except BuildError as error:
            problems.append(str(error))
        problems += run_tests.unknown_tests(tree)
        problems += overlap.check(top, tree)
        return fetch.version_of(tree), problems
