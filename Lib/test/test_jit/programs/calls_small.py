"""Small Python functions called in a loop: positions, defaults, nested calls, callables kept in variables."""


def add(a, b):
    return a + b


def scale(x, factor=3, offset=1):
    return x * factor + offset


def clamp(x, low, high):
    if x < low:
        return low
    if x > high:
        return high
    return x


def chained(x):
    return add(scale(x), clamp(x, 10, 50))


def nothing():
    pass


def many(a, b, c, d, e, f, g, h):
    return a - b + c - d + e - f + g - h


def run():
    total = 0
    operation = add
    for i in range(9000):
        total = operation(total, i)
        total += scale(i) - scale(i, 2) + scale(i, 1, 5)
        total += chained(i % 100)
        if nothing() is not None:
            total = -1
        total += many(i, 1, 2, 3, i, 5, 6, 7)
        operation = add if i % 100 else lambda a, b: a - b
    return total


# result: run() == 203335020
