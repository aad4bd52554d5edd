"""A body as a tree of C statements: enough structure for the questions the generator asks.

Expressions stay token lists.  Directives are statements of their own; both sides of an `#if` are seen one
after the other, which is right for every analysis here that asks "may this happen", and documented where it
is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .diagnostics import Diagnostics
from .lexer import DIRECTIVE, IDENT, Token
from .parser import CLOSERS


@dataclass(frozen=True)
class Statement:
    tokens: tuple[Token, ...]  # all of it


@dataclass(frozen=True)
class Simple(Statement):
    """An expression, a declaration, a jump, or nothing; its tokens end with `;`."""


@dataclass(frozen=True)
class Label(Statement):
    """`case x:`, `default:` or `name:`."""


@dataclass(frozen=True)
class Directive(Statement):
    pass


@dataclass(frozen=True)
class Block(Statement):
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class If(Statement):
    cond: tuple[Token, ...]
    then: Statement
    orelse: Statement | None


@dataclass(frozen=True)
class Loop(Statement):
    head: tuple[Token, ...]
    body: Statement
    at_least_once: bool


@dataclass(frozen=True)
class Switch(Statement):
    head: tuple[Token, ...]
    body: Statement

    @property
    def has_default(self) -> bool:
        return any(t.text == "default" for t in self.body.tokens)


def parse_body(tokens: Sequence[Token], diagnostics: Diagnostics) -> tuple[Statement, ...]:
    parser = _Statements(tuple(tokens), diagnostics)
    found = []
    while parser.pos < len(tokens):
        found.append(parser.statement())
    return tuple(found)


class _Statements:
    def __init__(self, tokens: tuple[Token, ...], diagnostics: Diagnostics) -> None:
        self.tokens = tokens
        self.diagnostics = diagnostics
        self.pos = 0

    def text(self) -> str:
        return self.tokens[self.pos].text if self.pos < len(self.tokens) else ""

    def since(self, start: int) -> tuple[Token, ...]:
        return self.tokens[start : self.pos]

    def statement(self) -> Statement:
        start, text = self.pos, self.text()
        if not text:
            raise self.diagnostics.fatal(self.tokens[-1].span, "expected a statement after this")
        if self.tokens[start].kind == DIRECTIVE:
            self.pos += 1
            return Directive(self.since(start))
        if text == "{":
            return self.block()
        if text == "if":
            self.pos += 1
            cond = self.parenthesized()
            then = self.statement()
            orelse = None
            if self.text() == "else":
                self.pos += 1
                orelse = self.statement()
            return If(self.since(start), cond, then, orelse)
        if text in ("for", "while"):
            self.pos += 1
            head = self.parenthesized()
            body = self.statement()
            return Loop(self.since(start), head, body, False)
        if text == "switch":
            self.pos += 1
            head = self.parenthesized()
            body = self.statement()
            return Switch(self.since(start), head, body)
        if text == "do":
            self.pos += 1
            body = self.statement()
            self.pos += 1  # while
            head = self.parenthesized()
            self.pos += 1  # ;
            return Loop(self.since(start), head, body, True)
        if text in ("case", "default") or self.is_label():
            while self.text() != ":":
                self.pos += 1
            self.pos += 1
            return Label(self.since(start))
        return self.simple()

    def is_label(self) -> bool:
        after = self.tokens[self.pos + 1].text if self.pos + 1 < len(self.tokens) else ""
        return self.tokens[self.pos].kind == IDENT and after == ":"

    def block(self) -> Block:
        start = self.pos
        self.pos += 1
        body = []
        while self.text() != "}":
            body.append(self.statement())
        self.pos += 1
        return Block(self.since(start), tuple(body))

    def parenthesized(self) -> tuple[Token, ...]:
        start = self.pos
        if self.text() != "(":
            raise self.diagnostics.fatal(self.tokens[min(start, len(self.tokens) - 1)].span, "expected `(`")
        self.skip_group()
        return self.tokens[start + 1 : self.pos - 1]

    def skip_group(self) -> None:
        depth = 0
        while True:
            if self.text() in CLOSERS:
                depth += 1
            elif self.text() in CLOSERS.values():
                depth -= 1
            self.pos += 1
            if depth == 0:
                return

    def simple(self) -> Statement:
        start = self.pos
        while self.pos < len(self.tokens) and self.text() != ";":
            if self.text() in CLOSERS:
                self.skip_group()
            elif self.text() == "}":
                break
            else:
                self.pos += 1
        if self.text() != ";":
            raise self.diagnostics.fatal(self.tokens[self.pos - 1].span, "expected `;` after this")
        self.pos += 1
        return Simple(self.since(start))


def walk(statements: Sequence[Statement]) -> Iterator[Statement]:
    """All statements, outer ones first."""
    for statement in statements:
        yield statement
        if isinstance(statement, Block):
            yield from walk(statement.body)
        elif isinstance(statement, If):
            yield from walk([statement.then])
            if statement.orelse is not None:
                yield from walk([statement.orelse])
        elif isinstance(statement, (Loop, Switch)):
            yield from walk([statement.body])


def call_name(statement: Statement) -> str:
    """The function of a statement that is one call and nothing else; "" for all others."""
    texts = [t.text for t in statement.tokens]
    if isinstance(statement, Simple) and len(texts) > 3 and texts[1] == "(" and texts[-2:] == [")", ";"]:
        return texts[0]
    return ""


LEAVING_CALLS = frozenset(
    [
        "DISPATCH",
        "DISPATCH_GOTO",
        "DISPATCH_INLINED",
        "DISPATCH_SAME_OPARG",
        "ERROR_NO_POP",
        "GOTO_ERROR",
        "GOTO_TIER_TWO",
        "GO_TO_INSTRUCTION",
        "JIT_LOOP",
        "JIT_TO_HEAD",
        "JIT_SIDE_EXIT",
        "Py_FatalError",
        "Py_UNREACHABLE",
    ]
)


def leaves(statement: Statement) -> bool:
    """True if control never comes out at the end of the statement."""
    if isinstance(statement, Simple):
        first = statement.tokens[0].text
        if first in ("goto", "return", "break", "continue") or call_name(statement) in LEAVING_CALLS:
            return True
        return call_name(statement) == "ERROR_IF" and statement.tokens[2].text in ("true", "1")
    if isinstance(statement, Block):
        return any(leaves(s) for s in statement.body)
    if isinstance(statement, If):
        return statement.orelse is not None and leaves(statement.then) and leaves(statement.orelse)
    return False


def control_ends(statements: Sequence[Statement]) -> bool:
    """True if a body has no way to its end."""
    return bool(statements) and leaves(statements[-1])
