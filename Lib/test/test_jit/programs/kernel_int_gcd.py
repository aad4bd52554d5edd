"""Ints: Euclid's algorithm, short inner loops with a parallel assignment."""


def gcd_sum(limit):
    total = 0
    for a in range(1, limit):
        for b in range(1, a, 3):
            x, y = a, b
            while y:
                x, y = y, x % y
            total += x
    return total


def run():
    return gcd_sum(350)


# result: run() == 57327
