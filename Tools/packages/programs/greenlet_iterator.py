"""An iterator whose __next__ switches to a greenlet that makes the values, in loops and an expression."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import greenlet


class Counter:
    """The smallest one: both loops count together."""

    def __init__(self) -> None:
        self.main = greenlet.getcurrent()
        self.worker = greenlet.greenlet(self.count)

    def count(self) -> None:
        i = 0
        while True:
            i += 1
            self.main.switch(i)

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        value: int = self.worker.switch()
        if value > 20_000:
            raise StopIteration
        return value


class Produced:
    def __init__(self, function: Callable[[Callable[[object], None]], None]) -> None:
        self.worker = greenlet.greenlet(self.work)
        self.function = function
        self.parent: greenlet.greenlet | None = None

    def work(self) -> None:
        self.function(self.give)

    def give(self, value: object) -> None:
        assert self.parent is not None
        self.parent.switch(value)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self.parent = greenlet.getcurrent()
        value = self.worker.switch()
        if self.worker.dead:
            raise StopIteration
        return value


def squares(give: Callable[[object], None]) -> None:
    for n in range(20_000):
        give(n * n if n % 3 else float(n))


def nested(give: Callable[[object], None]) -> None:
    for number, value in enumerate(Produced(squares)):
        if number % 2:
            give((number, value))


def run() -> list[object]:
    counted = 0
    for value in Counter():
        counted += value
    s = 0.0
    for value in Produced(squares):
        s += value
    pairs = 0
    for number, value in Produced(nested):
        pairs += number + int(value)
    return [counted, s, pairs, sum(value for value in Produced(squares))]


print(run())
