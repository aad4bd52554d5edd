"""A strict applier of unified diffs: exact lines at the exact place, or an error.

No fuzz and no offset: a hunk that matches somewhere else is refused, with the line it should name, so a
patch cannot drift to a wrong place when the base moves.  `lint` checks the house rules of a patch file:
the header, at most one line of context on each side of a change, few changed lines, one purpose.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from pathlib import Path

from .common import BuildError

HEADER_FIELDS = ("Subject", "Why", "Guarded-by", "Forwarded")
MAX_CHANGED = 10
MAX_CONTEXT = 1

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_NO_NEWLINE = "\\ No newline at end of file"


@dataclasses.dataclass
class Hunk:
    """One hunk.  `at` is the line of the patch file it starts on; `lines` keep their first character."""

    at: int
    old_start: int
    old_count: int
    new_start: int
    new_count: int
    lines: list[str]

    @property
    def old(self) -> list[str]:
        return [line[1:] for line in self.lines if line[0] != "+"]

    @property
    def new(self) -> list[str]:
        return [line[1:] for line in self.lines if line[0] != "-"]


@dataclasses.dataclass
class FilePatch:
    """The hunks for one upstream file."""

    target: str
    at: int
    hunks: list[Hunk]


@dataclasses.dataclass
class Patch:
    """One file of the series: its name, its header and what it changes."""

    name: str
    header: dict[str, str]
    files: list[FilePatch]


def _strip(name: str) -> str:
    """Drop the a/ or b/ and a timestamp behind a tab."""
    name = name.partition("\t")[0].strip()
    return name[2:] if name.startswith(("a/", "b/")) else name


def parse(name: str, text: str) -> Patch:
    """Parse a patch file; `name` is used in errors."""
    lines = text.removesuffix("\n").split("\n")
    header: dict[str, str] = {}
    files: list[FilePatch] = []
    field = ""
    index = 0

    def fail(message: str) -> BuildError:
        return BuildError(f"patches/{name}:{index + 1}: {message}")

    while index < len(lines):
        line = lines[index]
        if line.startswith("--- "):
            if index + 1 >= len(lines) or not lines[index + 1].startswith("+++ "):
                raise fail("a '---' line with no '+++' line after it")
            target = _strip(lines[index + 1][4:])
            if _strip(line[4:]) != target:
                raise fail(
                    "the '---' and '+++' lines name different files; patches do not add, delete or rename"
                )
            if target.startswith("/") or ".." in target.split("/"):
                raise fail(f"{target}: the path leaves the tree")
            files.append(FilePatch(target, index + 1, []))
            index += 2
        elif line.startswith("@@"):
            match = _HUNK.match(line)
            if match is None or not files:
                raise fail("a hunk header that cannot be read")
            counts = [int(number) if number is not None else 1 for number in match.groups()]
            hunk = Hunk(index + 1, counts[0], counts[1], counts[2], counts[3], [])
            old_left, new_left = hunk.old_count, hunk.new_count
            index += 1
            while old_left > 0 or new_left > 0:
                line = lines[index] if index < len(lines) else ""
                # Some editors strip the blank of an empty context line.
                line = line or " "
                if index >= len(lines) or line[0] not in " +-":
                    raise fail("the hunk is shorter than its header says")
                old_left -= line[0] != "+"
                new_left -= line[0] != "-"
                hunk.lines.append(line)
                index += 1
            if old_left or new_left:
                raise fail("the hunk's lines do not add up to what its header says")
            files[-1].hunks.append(hunk)
        elif line == _NO_NEWLINE:
            raise fail("a last line with no newline is not supported")
        elif files:
            if line.startswith(("+", "-", " ")) and line.strip():
                raise fail("a line outside every hunk: the hunk is longer than its header says")
            index += 1
        else:
            match = re.match(r"([A-Z][A-Za-z-]*):\s*(.*)", line)
            if match is not None:
                field = match[1]
                header[field] = match[2]
            elif field and line[:1] in (" ", "\t"):
                header[field] += " " + line.strip()
            index += 1
    if not files:
        raise BuildError(f"patches/{name}: no change in it")
    for changed in files:
        if not changed.hunks:
            raise BuildError(f"patches/{name}:{changed.at}: no hunk for {changed.target}")
    return Patch(name, header, files)


def lint(patch: Patch) -> list[str]:
    """Return what is wrong with a patch by the house rules."""
    problems = [
        f"patches/{patch.name}: the header has no '{field}:' line"
        for field in HEADER_FIELDS
        if not patch.header.get(field)
    ]
    changed = 0
    for file in patch.files:
        for hunk in file.hunks:
            changed += sum(line[0] != " " for line in hunk.lines)
            kinds = "".join(line[0] for line in hunk.lines)
            if " " * (MAX_CONTEXT + 1) in kinds:
                problems.append(
                    f"patches/{patch.name}:{hunk.at}: more than {MAX_CONTEXT} line of context in a row"
                )
    if changed > MAX_CHANGED:
        problems.append(f"patches/{patch.name}: {changed} changed lines, at most {MAX_CHANGED} are wanted")
    return problems


def _places(lines: list[str], wanted: list[str]) -> list[int]:
    count = len(wanted)
    return [at + 1 for at in range(len(lines) - count + 1) if lines[at : at + count] == wanted]


@dataclasses.dataclass
class Text:
    """A file while patches are applied.  `was` says which line of it each line was; 0: a patch's own."""

    lines: list[str]
    was: list[int]

    @classmethod
    def of(cls, text: str) -> Text:
        lines = text.split("\n")
        return cls(lines, list(range(1, len(lines) + 1)))

    def __str__(self) -> str:
        return "\n".join(self.lines)


class Guide:
    """Tells for each hunk where the lines it was made for stand in a later release of the file.

    The one line that a hunk has for context is often a lone brace, so that the text does not say which is
    meant; and one that fits at the old number may be another brace by now.
    """

    def __init__(self) -> None:
        # By patch and line in it: the lines of the pinned release's file that the hunk names.
        self.made_for: dict[tuple[str, int], list[int]] = {}
        # By file: lines of the pinned release that a later one has too, and their numbers there.
        self.now: dict[str, dict[int, int]] = {}

    def compare(self, target: str, old: str, new: str) -> None:
        matcher = difflib.SequenceMatcher(None, old.split("\n"), new.split("\n"))
        self.now[target] = {
            block.a + step + 1: block.b + step + 1
            for block in matcher.get_matching_blocks()
            for step in range(block.size)
        }

    def place(self, name: str, hunk: Hunk, target: str, text: Text, named: int) -> int | None:
        """Return the index in the lines of the later file, patched so far; None: those lines are gone.

        It is `named`, the one by the hunk's number, if the lines are those of an earlier patch.
        """
        if not any(self.made_for.get((name, hunk.at), ())):
            return named
        for step, line in enumerate(self.made_for[name, hunk.at]):
            now = self.now[target].get(line)
            if now in text.was:
                return text.was.index(now) - step
        return None


def apply(name: str, change: FilePatch, text: str) -> str:
    """Return `text` with the hunks applied exactly; BuildError names patch, hunk, file and the cure."""
    after = Text.of(text)
    problems = try_to_apply(name, change, after)
    if problems:
        raise BuildError("\n".join(problems))
    return str(after)


def try_to_apply(
    name: str,
    change: FilePatch,
    text: Text,
    guide: Guide | None = None,
    made_for: dict[tuple[str, int], list[int]] | None = None,
) -> list[str]:
    """As apply(), but go on after a hunk that does not fit; return what is wrong with each.

    With a guide the file is one of a later release: a hunk has to fit where the lines it was made for are
    now.  If only the number is wrong it is applied there all the same, so that later numbers mean what they
    say.  `made_for` is filled with the lines that the hunks name.
    """
    problems = []
    shift = 0
    for hunk in change.hunks:
        where = f"patches/{name}:{hunk.at}: hunk at line {hunk.old_start} of {change.target}"
        if hunk.old_count == 0:
            problems.append(f"{where}: needs one line of context, or its place cannot be checked")
            continue
        named = hunk.old_start + shift - 1
        start: int | None = named if guide is None else guide.place(name, hunk, change.target, text, named)
        if start is None or text.lines[start : start + hunk.old_count] != hunk.old:
            places = [] if guide else [place - shift for place in _places(text.lines, hunk.old)]
            if places:
                found = ", ".join(map(str, places))
                problems.append(
                    f"{where}: its lines stand at line {found} there; write the right line number"
                )
                continue
            at = named if start is None else start
            line = text.lines[at] if 0 <= at < len(text.lines) else "(end of file)"
            problems.append(
                f"{where}: does not apply\n  the patch expects: {hunk.old[0]}\n  the file has:      {line}"
            )
            continue
        if start != named:
            problems.append(
                f"{where}: its lines stand at line {start + 1 - shift} there; write the right line number"
            )
        end = start + hunk.old_count
        if made_for is not None:
            made_for[name, hunk.at] = text.was[start:end]
        # A line that a hunk keeps stays what it was.
        kept = iter(text.was[start:end])
        was = []
        for line in hunk.lines:
            number = 0 if line[0] == "+" else next(kept)
            if line[0] != "-":
                was.append(number)
        text.lines[start:end] = hunk.new
        text.was[start:end] = was
        shift += hunk.new_count - hunk.old_count
    return problems


def load_series(folder: Path) -> list[Patch]:
    """Read patches/series and the patches it names.

    A patch file it does not name is an error; a patch that waits for something is named in a comment.
    """
    series = folder / "series"
    if not series.exists():
        return []
    text = series.read_text()
    names = [line.partition("#")[0].strip() for line in text.splitlines()]
    names = [name for name in names if name]
    if len(names) != len(set(names)):
        raise BuildError(f"{series}: a patch is named twice")
    extra = sorted({path.name for path in folder.glob("*.patch")} - set(text.split()))
    if extra:
        raise BuildError(f"{series}: not in the series: {', '.join(extra)}")
    patches = []
    for name in names:
        try:
            patches.append(parse(name, (folder / name).read_text()))
        except OSError as error:
            raise BuildError(f"{series}: {name}: {error.strerror}") from error
    return patches
