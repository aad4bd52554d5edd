"""Builtins that take all items of a generator expression: sum, any, max, tuple."""


def totals(n):
    values = list(range(40))
    total = 0
    for i in range(n):
        total += sum(x * i for x in values)
        total += sum(x * 0.5 for x in values) > 100
        total += any(x > 30 + i % 12 for x in values)
        total += max(x ^ i for x in values)
        total += len(tuple(x + i for x in values))
    return total


def run():
    return totals(250)


# result: run() == 24325577
