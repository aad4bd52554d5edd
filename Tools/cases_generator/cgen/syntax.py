"""What the parser makes of a file: one object for each definition, names not yet resolved."""

from __future__ import annotations

from dataclasses import dataclass, field

from .diagnostics import Span
from .lexer import Token

UNUSED = "unused"


@dataclass(frozen=True)
class StackEffect:
    """An item of a stack effect: `name: type[size] if (condition)`."""

    name: str
    type: str  # as written; "" where none is given
    size: str  # C expression; "" for a single item
    cond: str  # C expression; "" for an item that is always there
    span: Span

    @property
    def shape(self) -> tuple[str, str]:
        return self.size.replace(" ", ""), self.cond.replace(" ", "")

    @property
    def is_array(self) -> bool:
        return bool(self.size)

    @property
    def ctype(self) -> str:
        """Type of the C variable that holds the item (for an array: that points to the first)."""
        base = self.type or "PyObject *"
        if base[-1] != "*":
            base += " "
        return base + "*" if self.is_array else base


@dataclass(frozen=True)
class CacheEffect:
    """`name/units`: inline cache read by an operation, or skipped if the name is `unused`."""

    name: str
    units: int
    span: Span


@dataclass(frozen=True)
class Body:
    """Tokens between the braces, and the braces themselves."""

    tokens: tuple[Token, ...]
    opening: Token
    closing: Token


@dataclass(frozen=True)
class Definition:
    name: str
    span: Span  # of the name
    annotations: dict[str, Token] = field(hash=False)

    def has(self, annotation: str) -> bool:
        return annotation in self.annotations


@dataclass(frozen=True)
class OpDef(Definition):
    """`inst(...)`, `op(...)` and `trace op(...)`."""

    kind: str  # "inst", "op" or "trace"
    caches: tuple[CacheEffect, ...]
    inputs: tuple[StackEffect, ...]
    outputs: tuple[StackEffect, ...]
    body: Body
    flags: dict[str, Token] = field(hash=False, default_factory=dict)  # words after the effect (trace ops)

    @property
    def shape(self) -> tuple[object, ...]:
        """What an override may not change."""
        return (
            tuple(c.units for c in self.caches),
            tuple(e.shape for e in self.inputs),
            tuple(e.shape for e in self.outputs),
        )


@dataclass(frozen=True)
class PartRef:
    name: str
    units: int | None  # for `name/units`, a skipped cache
    span: Span


@dataclass(frozen=True)
class MacroDef(Definition):
    parts: tuple[PartRef, ...]


@dataclass(frozen=True)
class FamilyDef(Definition):
    size: str
    size_span: Span
    members: tuple[PartRef, ...]


@dataclass(frozen=True)
class PseudoDef(Definition):
    flags: tuple[str, ...]
    targets: tuple[PartRef, ...]
