"""Unpacking assignments: pairs, lists, starred, nested, from iterators, with wrong lengths; star displays and calls."""


class Three:
    def __iter__(self):
        yield 1
        yield 2
        yield 3


def wrong(i):
    try:
        if i % 2:
            a, b = [1, 2, 3]
        else:
            a, b, c, d = (1, 2, 3)
    except ValueError as error:
        return len(str(error))


def run():
    total = 0
    a, b = 0, 1
    for i in range(5000):
        a, b = b, (a + b) % 1000
        first, *middle, last = [i, 1, 2, 3, b]
        (x, y), [z, w] = (i, 2), [3, a]
        p, q, r = Three()
        head, *tail = "text"
        *front, end = range(i % 4 + 1)
        total += first + sum(middle) + last + x * y - z + w + p + q + r + len(tail) + end + len(front)
        joined = [*middle, *(x, y), *front]
        merged = {**{"a": i}, "b": 2, **{"a": 3}}
        total += len(joined) + merged["a"] + len({*joined}) + max(*joined, 0)
        total += wrong(i) + (head == "t")
        for j, (k, m) in enumerate([(1, 2), (3, 4)]):
            total += j * k - m
    return total


# result: run() == 55310878
