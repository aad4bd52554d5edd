"""Functions that return a pair, which is taken apart at once."""


def split(value, by):
    return value // by, value % by


def digits(n):
    total = 0
    for i in range(n):
        high, low = split(i, 10)
        middle, low = split(high, 7)
        total += middle - low
    return total


def run():
    return digits(40_000)


# result: run() == 11288640
