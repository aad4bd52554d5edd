"""SQLAlchemy's bridge alone: synchronous code that awaits, each call in a greenlet of its own."""

from __future__ import annotations

import asyncio

from sqlalchemy.util import await_only, greenlet_spawn


async def answer(n: int) -> int:
    if n % 4 == 0:
        await asyncio.sleep(0)
    return n * 3


def ask(start: int, count: int) -> int:
    s = 0
    for n in range(start, start + count):
        s += await_only(answer(n))
    return s


async def client(number: int) -> int:
    s = 0
    for k in range(200):
        s += await greenlet_spawn(ask, number + k, 20)
    return s


async def run() -> list[int]:
    return list(await asyncio.gather(*(client(number) for number in range(6))))


print(asyncio.run(run()))
