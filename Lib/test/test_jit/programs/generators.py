"""Generators: consumed by for, by next, by C functions; send, throw, return values, early ends."""


def count(limit):
    n = 0
    while n < limit:
        yield n
        n += 1


def pairs(source):
    last = None
    for value in source:
        if last is not None:
            yield last, value
        last = value


def averager():
    total = number = 0
    average = None
    while True:
        try:
            value = yield average
        except ValueError:
            total = number = 0
            continue
        if value is None:
            return total
        total += value
        number += 1
        average = total // number


def expand(limit):
    for i in range(limit):
        yield i
        yield -i
        if i % 3 == 0:
            yield i * i


def run():
    a = sum(count(9000))
    b = 0
    for low, high in pairs(count(4000)):
        b += high * 2 - low
    keeper = averager()
    next(keeper)
    c = 0
    for i in range(4000):
        c += keeper.send(i)
        if i % 1000 == 999:
            keeper.throw(ValueError)
    try:
        keeper.send(None)
    except StopIteration as stop:
        c += stop.value
    d = 0
    stream = expand(2000)
    while (value := next(stream, None)) is not None:
        d += value
    e = max(x for x in expand(500) if x % 2)
    return a, b, c, d, e


# result: run() == (40495500, 8001999, 6998000, 888221889, 245025)
