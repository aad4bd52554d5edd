"""Sizes of stack effects: a number plus terms in `oparg`, added and subtracted exactly."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINEAR = re.compile(r"([+-]?)\s*([A-Za-z_]\w*(?:\s*\*\s*\d+)?|\d+)")


@dataclass(frozen=True)
class Size:
    """const + sum of count * term.  Terms are C expressions that can stand in a sum unparenthesized."""

    const: int = 0
    terms: tuple[tuple[str, int], ...] = ()  # sorted by term, no zero counts

    @staticmethod
    def parse(text: str) -> Size:
        """The size an expression stands for.

        `a + b - 1` is taken apart; anything else is one opaque term.
        """
        stripped = text.strip()
        pos, total = 0, Size()
        while pos < len(stripped):
            match = _LINEAR.match(stripped, pos)
            if match is None or (pos > 0 and not match.group(1)):
                return Size(0, ((f"({stripped})", 1),))
            word = re.sub(r"\s+", "", match.group(2))
            piece = Size(int(word)) if word.isdigit() else Size(0, ((word, 1),))
            total = total - piece if match.group(1) == "-" else total + piece
            pos = match.end()
            while pos < len(stripped) and stripped[pos].isspace():
                pos += 1
        return total

    @staticmethod
    def conditional(cond: str) -> Size:
        """1 where `cond` holds, 0 where not."""
        if cond.strip() in ("0", "1"):
            return Size(int(cond))
        if re.fullmatch(r"\s*oparg\s*&\s*1\s*", cond):
            return Size(0, (("(oparg & 1)", 1),))
        return Size(0, ((f"(({cond.strip()}) ? 1 : 0)", 1),))

    def __add__(self, other: Size) -> Size:
        counts = dict(self.terms)
        for term, count in other.terms:
            counts[term] = counts.get(term, 0) + count
        return Size(self.const + other.const, tuple(sorted((t, c) for t, c in counts.items() if c)))

    def __neg__(self) -> Size:
        return Size(-self.const, tuple((t, -c) for t, c in self.terms))

    def __sub__(self, other: Size) -> Size:
        return self + -other

    @property
    def is_constant(self) -> bool:
        return not self.terms

    @property
    def is_zero(self) -> bool:
        return self.const == 0 and not self.terms

    def __str__(self) -> str:
        text = str(self.const) if self.const or not self.terms else ""
        for term, count in self.terms:
            times = term if abs(count) == 1 else f"{abs(count)}*{term}"
            if text:
                text += f" {'-' if count < 0 else '+'} {times}"
            else:
                text = f"-{times}" if count < 0 else times
        return text


ONE = Size(1)
ZERO = Size()
