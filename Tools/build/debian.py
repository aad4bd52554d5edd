"""Get a file of the Debian source package with apt-get, in private folders: nothing of the system's changes.

The archive's signature on its lists, checked by apt with the machine's keyring, vouches for what comes back.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from .apt_sources import Source, apt_folders, debian_mirrors, read_sources, security_archives
from .common import BuildError
from .config import Base

_TIMEOUT = 30  # seconds without an answer

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


def source_line(source: Source, suite: str) -> str:
    """Return a line of sources.list for the main component of one suite."""
    signed = f"[signed-by={source.signed_by}] " if source.signed_by else ""
    return f"deb-src {signed}{source.uri} {suite} main\n"


def _download(base: Base, root: Path, sources: str, pick: Pick, options: tuple[str, ...]) -> Path:
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
    _run([*apt, "--download-only", *options, "source", base.debian_package], root / "out")
    return pick(root / "out")


def download(base: Base, scratch: Path, pick: Pick, options: tuple[str, ...] = ()) -> Path:
    """Download (a part of) the newest revision of the package; `options` are apt-get's.

    Where the machine's own sources name a security archive, its suite for the release is asked too; if it
    does not answer, the mirror is asked alone.
    """
    if shutil.which("apt-get") is None:
        raise BuildError("apt-get is not here")
    known = read_sources(*apt_folders())
    mirrors = debian_mirrors(known)
    if not mirrors:
        raise BuildError("apt's configuration names no Debian mirror")
    security = "".join(
        source_line(source, f"{base.debian_suite}-security") for source in security_archives(known)
    )
    problems: dict[str, str] = {}
    for number, mirror in enumerate(mirrors):
        line = source_line(mirror, base.debian_suite)
        for sources in dict.fromkeys((line + security, line)):
            root = scratch / f"apt-{number}-{'alone' if sources == line else 'security'}"
            try:
                return _download(base, root, sources, pick, options)
            except BuildError as error:
                # Of the attempts with one mirror the last, simplest one is told.
                problems[mirror.uri] = str(error)
    raise BuildError("; ".join(problems.values()))
