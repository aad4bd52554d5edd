"""Sizes are sums: taken apart, added and spelled without changing their value."""

from __future__ import annotations

import pytest

from ..cgen.sizes import Size

EXPRESSIONS = [
    "0",
    "3",
    "oparg",
    "oparg - 1",
    "oparg-2",
    "1 + oparg",
    "oparg*2",
    "oparg + oparg",
    "3 - oparg",
]
OPAQUE = ["oparg & 0xFF", "oparg >> 8", "(oparg + 1) * 2"]


def value(text: str, oparg: int) -> int:
    result = eval(text, {"oparg": oparg})
    assert isinstance(result, int)
    return result


@pytest.mark.parametrize("text", EXPRESSIONS + OPAQUE)
@pytest.mark.parametrize("oparg", [0, 1, 2, 7, 300])
def test_value_survives(text: str, oparg: int) -> None:
    assert value(str(Size.parse(text)), oparg) == value(text, oparg)


@pytest.mark.parametrize("left", EXPRESSIONS + OPAQUE)
@pytest.mark.parametrize("right", EXPRESSIONS + OPAQUE)
def test_sums(left: str, right: str) -> None:
    for oparg in (0, 1, 5):
        total = Size.parse(left) + Size.parse(right)
        difference = Size.parse(left) - Size.parse(right)
        assert value(str(total), oparg) == value(left, oparg) + value(right, oparg)
        assert value(str(difference), oparg) == value(left, oparg) - value(right, oparg)


def test_equal_sums_are_equal() -> None:
    assert Size.parse("oparg - 1") + Size(1) == Size.parse("oparg")
    assert (Size.parse("oparg & 1") - Size.parse("oparg & 1")).is_zero


@pytest.mark.parametrize(
    ("cond", "text"),
    [("0", "0"), ("1", "1"), ("oparg & 1", "(oparg & 1)"), ("oparg == 3", "((oparg == 3) ? 1 : 0)")],
)
def test_conditional(cond: str, text: str) -> None:
    assert str(Size.conditional(cond)) == text
