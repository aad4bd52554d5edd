"""Builtins that take all items of a generator expression over three or four items."""


def weighted(n):
    total, a, b = 0, 3, 5
    weights = [2, 7, 1]
    for i in range(n):
        k = i & 3
        total += sum(x * k for x in (a, b, i))
        if any(w == k for w in weights):
            total += max(w - k for w in weights)
        total += sum(j * j for j in range(4))
    return total


def run():
    return weighted(20_000)


# result: run() == 300585000
