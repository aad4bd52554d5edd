"""Get packages of Debian with apt-get, in private folders: nothing of the system's changes.

A file of a source package (download), or binary packages with all they depend on (download_binaries).

The archive's signature on its lists, checked by apt with the machine's keyring, vouches for what comes back.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from .apt_sources import Source, apt_folders, debian_mirrors, read_sources, security_archives
from .common import BuildError
from .config import Base

_TIMEOUT = 30  # seconds without an answer
_Result = TypeVar("_Result")

# Returns the file that is wanted out of the folder apt-get downloaded to; BuildError if it is not there.
Pick = Callable[[Path], Path]


def _run(command: list[str], cwd: Path) -> None:
    done = subprocess.run(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if line.startswith("E:")]
        # The last line of an update that failed says only that; those before it say why.
        told = [" ".join(line.split()) for line in lines if "Some index files" not in line] or lines
        raise BuildError("; ".join(told) or f"{command[0]} ended with {done.returncode}")


def source_line(source: Source, suite: str, kind: str = "deb-src") -> str:
    """Return a line of sources.list for the main component of one suite; kind "deb": its binary packages."""
    signed = f"[signed-by={source.signed_by}] " if source.signed_by else ""
    return f"{kind} {signed}{source.uri} {suite} main\n"


def _updated(root: Path, sources: str) -> list[str]:
    """Fetch the lists of these sources into folders of our own; return the command that works with them."""
    for folder in ("state/lists/partial", "cache/archives/partial", "out"):
        (root / folder).mkdir(parents=True)
    (root / "sources.list").write_text(sources)
    (root / "status").write_text("")
    apt = ["apt-get", "-q"]
    for name, value in (
        ("Dir::Etc::sourcelist", root / "sources.list"),
        ("Dir::Etc::sourceparts", "/dev/null"),
        ("Dir::State", root / "state"),
        ("Dir::State::lists", root / "state/lists"),
        ("Dir::State::status", root / "status"),
        ("Dir::Cache", root / "cache"),
        ("Acquire::Languages", "none"),
        ("Acquire::Retries", "1"),
        ("Acquire::http::Timeout", str(_TIMEOUT)),
        ("Acquire::https::Timeout", str(_TIMEOUT)),
        # Without a mirror's answer apt-get update only warns; here that is the end of the attempt.
        ("APT::Update::Error-Mode", "any"),
    ):
        apt += ["-o", f"{name}={value}"]
    _run([*apt, "update"], root)
    return apt


def _ask(suite: str, kind: str, scratch: Path, work: Callable[[list[str], Path], _Result]) -> _Result:
    """Do `work` with apt-get and the folder of its files, set up for one suite; mirror after mirror is tried.

    Where the machine's own sources name a security archive, its suite for the release is asked too; if it
    does not answer, the mirror is asked alone.
    """
    if shutil.which("apt-get") is None:
        raise BuildError("apt-get is not here")
    known = read_sources(*apt_folders())
    mirrors = debian_mirrors(known)
    if not mirrors:
        raise BuildError("apt's configuration names no Debian mirror")
    security = "".join(source_line(source, f"{suite}-security", kind) for source in security_archives(known))
    problems: dict[str, str] = {}
    for number, mirror in enumerate(mirrors):
        line = source_line(mirror, suite, kind)
        for sources in dict.fromkeys((line + security, line)):
            root = scratch / f"apt-{number}-{'alone' if sources == line else 'security'}"
            try:
                return work(_updated(root, sources), root)
            except BuildError as error:
                # Of the attempts with one mirror the last, simplest one is told.
                problems[mirror.uri] = str(error)
    raise BuildError("; ".join(problems.values()))


def download(base: Base, scratch: Path, pick: Pick, options: tuple[str, ...] = ()) -> Path:
    """Download (a part of) the newest revision of the source package; `options` are apt-get's."""

    def work(apt: list[str], root: Path) -> Path:
        _run([*apt, "--download-only", *options, "source", base.debian_package], root / "out")
        return pick(root / "out")

    return _ask(base.debian_suite, "deb-src", scratch, work)


def download_binaries(suite: str, packages: tuple[str, ...], scratch: Path) -> list[Path]:
    """Download packages, for this machine's architecture, and all that they depend on: to apt-get, which is
    told that nothing is installed, it is an installation that ends before the first step."""

    def work(apt: list[str], root: Path) -> list[Path]:
        options = ["--yes", "--download-only", "--no-install-recommends"]
        _run([*apt, *options, "install", *packages], root)
        return sorted((root / "cache/archives").glob("*.deb"))

    return _ask(suite, "deb", scratch, work)
