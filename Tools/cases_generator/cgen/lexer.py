"""Tokens of the definition language.  Bodies are C, so this is a lexer for C that keeps positions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .diagnostics import Diagnostics, Source, Span

IDENT = "identifier"
NUMBER = "number"
STRING = "string"
PUNCT = "punctuation"
DIRECTIVE = "directive"
END = "end of file"


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int
    end: int
    source: Source

    @property
    def span(self) -> Span:
        return Span(self.source, self.start, self.end)

    def __repr__(self) -> str:
        return f"<{self.text}>"


# Directives come first: a `#` that is the first thing on its line takes the whole logical line.
_TOKEN = re.compile(
    r"""
    (?P<directive> ^[ \t]*\#(?:\\\n|/\*(?:[^*]|\*(?!/))*\*/|[^\n])* )
  | (?P<space> \n+ | [^\S\n]+ )
  | (?P<comment> //[^\n]* | /\*(?:[^*]|\*(?!/))*\*/ )
  | (?P<identifier> [A-Za-z_]\w* )
  | (?P<number> \.?\d(?:[eEpP][+-]|[\w.])* )
  | (?P<string> "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
  | (?P<punctuation>
        -> | \+\+ | -- | <<= | >>= | << | >> | [<>=!&|+\-*/%^]= | && | \|\| | \.\.\.
      | [\[\](){}<>.,;:?=!~&|^+\-*/%] )
    """,
    re.VERBOSE | re.MULTILINE,
)

BEGIN_MARK = "// BEGIN BYTECODES //"
END_MARK = "// END BYTECODES //"


def definition_region(text: str) -> tuple[int, int]:
    """The part of a file that holds definitions: between the marks, or all of it where there are none."""
    begin = text.find(BEGIN_MARK + "\n")
    if begin < 0:
        return 0, len(text)
    end = text.find(END_MARK + "\n", begin)
    return begin + len(BEGIN_MARK), len(text) if end < 0 else end


def tokenize(source: Source, diagnostics: Diagnostics) -> list[Token]:
    """Tokens of the definition region, without white space and comments, an END token last."""
    start, stop = definition_region(source.text)
    return [*_tokens(source, start, stop, diagnostics), Token(END, "", stop, stop, source)]


def _tokens(source: Source, pos: int, stop: int, diagnostics: Diagnostics) -> Iterator[Token]:
    while pos < stop:
        match = _TOKEN.match(source.text, pos, stop)
        if match is None:
            diagnostics.error(Span(source, pos, pos + 1), f"stray character {source.text[pos]!r}")
            pos += 1
            continue
        kind = str(match.lastgroup)
        if kind == DIRECTIVE:
            text = match.group()
            yield Token(
                kind, text.strip(), match.start() + len(text) - len(text.lstrip()), match.end(), source
            )
        elif kind not in ("space", "comment"):
            yield Token(kind, match.group(), match.start(), match.end(), source)
        pos = match.end()
