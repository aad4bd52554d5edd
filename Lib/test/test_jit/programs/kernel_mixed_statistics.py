"""Ints and floats mixed: running mean and variance of computed values."""


def statistics(n):
    mean = 0.0
    spread = 0.0
    for count in range(1, n + 1):
        value = (count * 7919 % 1009) / 3
        delta = value - mean
        mean += delta / count
        spread += delta * (value - mean)
    return mean, spread / n


def run():
    return statistics(40_000)


# result: run() == (168.00966666666673, 9426.435023222217)
