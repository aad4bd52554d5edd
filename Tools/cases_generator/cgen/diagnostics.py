"""Errors a definition can contain, shown with file, line, column and a caret under the place.

A mistake is *reported* and the run goes on where it can, so that one run shows several mistakes.  Only a
place from which nothing sensible can follow raises `Abandon`, which the nearest loop over definitions
catches.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Source:
    """One file of definitions: the name users see, and its text."""

    name: str
    text: str
    checked: bool = True  # False for upstream's file: its bodies do not follow the stricter rules of ours

    def line_col(self, offset: int) -> tuple[int, int]:
        """Line and column of `offset`, both from 1."""
        start = self.text.rfind("\n", 0, offset) + 1
        return self.text.count("\n", 0, offset) + 1, offset - start + 1

    def line_text(self, offset: int) -> str:
        start = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", offset)
        return self.text[start : len(self.text) if end < 0 else end]


@dataclass(frozen=True)
class Span:
    """A piece of a source: what the caret points to."""

    source: Source
    start: int
    end: int

    def __str__(self) -> str:
        line, col = self.source.line_col(self.start)
        return f"{self.source.name}:{line}:{col}"

    @property
    def line(self) -> int:
        return self.source.line_col(self.start)[0]


@dataclass(frozen=True)
class Diagnostic:
    span: Span
    message: str
    note: str

    def render(self) -> str:
        line = self.span.source.line_text(self.span.start)
        _, col = self.span.source.line_col(self.span.start)
        width = max(1, min(self.span.end - self.span.start, len(line) - col + 1))
        # Keep tabs of the source line, so that the caret stands right however wide a tab is shown.
        blank = "".join(c if c == "\t" else " " for c in line[: col - 1])
        text = f"{self.span}: error: {self.message}\n{line}\n{blank}^{'~' * (width - 1)}\n"
        if self.note:
            text += f"note: {self.note}\n"
        return text


class Abandon(Exception):
    """Raised after a report, where the current definition cannot be used any further."""


@dataclass
class Diagnostics:
    """All mistakes found so far, in the order of discovery."""

    found: list[Diagnostic] = field(default_factory=list)

    def error(self, span: Span, message: str, note: str = "") -> None:
        diagnostic = Diagnostic(span, message, note)
        if diagnostic not in self.found:
            self.found.append(diagnostic)

    def fatal(self, span: Span, message: str, note: str = "") -> Abandon:
        """Reports, and gives what the caller should raise."""
        self.error(span, message, note)
        return Abandon(message)

    @contextmanager
    def next_on_error(self) -> Iterator[None]:
        """Around the work on one definition: after a fatal mistake in it, the next one is looked at."""
        with suppress(Abandon):
            yield

    def render(self) -> str:
        ordered = sorted(self.found, key=lambda d: (d.span.source.name, d.span.start))
        return "".join(d.render() for d in ordered)

    def __bool__(self) -> bool:
        return bool(self.found)
