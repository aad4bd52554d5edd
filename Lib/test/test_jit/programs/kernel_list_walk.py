"""Iteration over a list of pairs: unpacking, a dot product and a maximum."""


def walk(pairs, rounds):
    total = 0.0
    largest = 0.0
    for _ in range(rounds):
        for weight, value in pairs:
            product = weight * value
            total += product
            if product > largest:
                largest = product
    return total, largest


def run():
    pairs = [(i % 7 + 0.5, i * 0.25) for i in range(1000)]
    return walk(pairs, 100)


# result: run() == (43731350.0, 1613.625)
