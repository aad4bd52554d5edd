"""asyncio: async for over async generators and iterators, async with, gather, async comprehensions."""

import asyncio


class Ticker:
    def __init__(self, limit):
        self.at, self.limit = 0, limit

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.at >= self.limit:
            raise StopAsyncIteration
        self.at += 1
        return self.at


class Gate:
    entered = 0

    async def __aenter__(self):
        self.entered += 1
        return self.entered

    async def __aexit__(self, kind, value, traceback):
        return kind is KeyError


async def numbers(limit):
    try:
        for i in range(limit):
            if i % 500 == 0:
                await asyncio.sleep(0)
            yield i
    finally:
        await asyncio.sleep(0)


async def consume():
    total = 0
    async for value in Ticker(3000):
        total += value
    async for value in numbers(3000):
        total -= value
        if value == 2500:
            break
    gate = Gate()
    for i in range(1500):
        async with gate as depth:
            total += depth
            if i % 3 == 0:
                raise KeyError(i)
    total += sum([x * 2 async for x in numbers(300) if x % 2])
    return total


async def share(n):
    for _ in range(200):
        if n % 50 == 0:
            await asyncio.sleep(0)
        n += 1
    return n


async def main():
    return await consume(), sum(await asyncio.gather(*(share(i) for i in range(20))))


def run():
    return asyncio.run(main())


# result: run() == (2546000, 4190)
