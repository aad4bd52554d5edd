"""Check that the repository holds nothing copied from upstream.

Every tracked text file is compared with every text file of the unpacked base: a run of six or more equal
lines anywhere is an error.  White space is folded.  Lines that prove nothing do not count and do not end a
run either: blank lines, lines without a letter or digit (lone braces, rules of dashes), #include lines, and
lines of licence headers.

How: all windows of six counting lines of the base are hashed into one set; the windows of our files are
looked up, and only where one is found is the base searched for the place to name.
"""

from __future__ import annotations

import itertools
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from .common import BuildError

RUN = 6

# So many messages for one file are printed; a copied file would give hundreds.
SHOWN = 5

# configure is autoconf's output.  Upstream's configure is too, so the two share autoconf's own text; what is
# ours in it is in configure.ac, which is checked.
EXCLUDED = frozenset(("configure",))

_IGNORED = re.compile(
    r"[^A-Za-z0-9]*|\s*#\s*include\b.*|.*\b(?:copyright|licen[cs]ed?|all rights reserved|spdx)\b.*",
    re.IGNORECASE,
)
_LICENCE_FILES = frozenset(("LICENSE",))
_BINARY_SUFFIXES = (
    *(".png", ".ico", ".icns", ".bmp", ".gif", ".jpg", ".pdf", ".au", ".aiff", ".aifc", ".wav"),
    *(".whl", ".exe", ".zip", ".gz", ".bz2", ".xz", ".pyc"),
)

Line = tuple[int, str]


def counting_lines(text: str) -> list[Line]:
    """Return (line number, folded text) of the lines that count."""
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        if _IGNORED.fullmatch(line) is None:
            lines.append((number, " ".join(line.split())))
    return lines


def _windows(lines: list[Line]) -> Iterator[tuple[int, int]]:
    """Yield (index, hash) of every run of RUN counting lines."""
    hashes = [hash(text) for _number, text in lines]
    for index in range(len(hashes) - RUN + 1):
        yield index, hash(tuple(hashes[index : index + RUN]))


def _read(path: Path) -> str:
    if path.suffix in _BINARY_SUFFIXES:
        return ""
    try:
        data = path.read_bytes()
    except OSError:
        return ""
    return "" if b"\0" in data[:4096] else data.decode("utf-8", "replace")


def tracked_files(top: Path) -> list[str]:
    """Return what git tracks, and what it would if asked (new files, not ignored)."""
    try:
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        done = subprocess.run(command, cwd=top, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise BuildError(f"the overlap check needs git and a checkout: {error}") from error
    return sorted({name for name in done.stdout.split("\0") if name and (top / name).is_file()})


def _base_files(base: Path) -> Iterator[Path]:
    return (path for path in sorted(base.rglob("*")) if path.is_file() and not path.is_symlink())


def find_overlaps(ours: dict[str, str], theirs: Iterable[tuple[str, str]]) -> list[str]:
    """Return one message for each run of equal lines; both sides are given as (name, text)."""
    lines = {name: counting_lines(text) for name, text in ours.items()}
    places: dict[int, list[tuple[str, int]]] = {}
    for name, counted in lines.items():
        for index, value in _windows(counted):
            places.setdefault(value, []).append((name, index))
    reached: dict[tuple[str, str], tuple[int, int]] = {}
    problems: dict[str, list[str]] = {}
    for their_name, text in theirs:
        counted = counting_lines(text)
        for their_index, value in _windows(counted):
            for name, index in places.get(value, ()):
                last_ours, last_theirs = reached.get((name, their_name), (-1, -1))
                if index <= last_ours and their_index <= last_theirs:
                    continue
                length = 0
                mine = lines[name]
                while (
                    index + length < len(mine)
                    and their_index + length < len(counted)
                    and mine[index + length][1] == counted[their_index + length][1]
                ):
                    length += 1
                if length < RUN:
                    continue  # two different runs with one hash
                reached[name, their_name] = (index + length - RUN, their_index + length - RUN)
                problems.setdefault(name, []).append(
                    f"{name}:{mine[index][0]}: {length} lines equal to upstream's"
                    f" {their_name}:{counted[their_index][0]}"
                )
    result = []
    for name, messages in sorted(problems.items()):
        result += messages[:SHOWN]
        if len(messages) > SHOWN:
            result.append(f"{name}: and {len(messages) - SHOWN} more runs")
    return result


def check(top: Path, base: Path, others: Iterable[tuple[str, str]] = ()) -> list[str]:
    """Compare every tracked file with the base, and with `others` (name, text); return the problems."""
    names = [name for name in tracked_files(top) if name not in EXCLUDED | _LICENCE_FILES]
    ours = {name: _read(top / name) for name in names}
    theirs = ((path.relative_to(base).as_posix(), _read(path)) for path in _base_files(base))
    return find_overlaps(ours, itertools.chain(theirs, others))
