"""Ints: a sum of products and remainders over a range."""


def total(n):
    result = 0
    for i in range(n):
        result += i * 3 % 11
    return result


def run():
    return total(100_000)


# result: run() == 499997
