"""A greenlet that never returns from its loop, and a loop that switches to it: both get hot at once."""

from __future__ import annotations

import greenlet

main = greenlet.getcurrent()


def count() -> None:
    i = 0
    while True:
        i += 1
        main.switch(i)


def total(rounds: int) -> int:
    counter = greenlet.greenlet(count)
    s = 0
    for _ in range(rounds):
        s += counter.switch()
    return s


print(total(20_000), total(7))
