"""C code calls back into hot Python functions: map, filter, reduce, itertools, re.sub, lru_cache, partial."""

import functools
import itertools
import operator
import re


def square(x):
    return x * x


def odd(x):
    return x & 1


def plus(a, b):
    return a + b


@functools.lru_cache(maxsize=64)
def cached(n):
    return n * 3


@functools.singledispatch
def kind(value):
    return 1


@kind.register
def _(value: int):
    return 2


@kind.register
def _(value: str):
    return 3


def run():
    total = 0
    add_five = functools.partial(plus, 5)
    for i in range(60):
        numbers = range(i, i + 80)
        total += sum(map(square, numbers)) + sum(filter(odd, numbers))
        total += functools.reduce(plus, numbers)
        total += sum(itertools.starmap(plus, zip(numbers, numbers)))
        for key, group in itertools.groupby(numbers, key=lambda x: x // 10):
            total += key * len(list(group))
        total += max(itertools.accumulate(numbers, lambda a, b: (a * 3 + b) % 1009))
        total += len(list(itertools.takewhile(lambda x: x % 37, numbers)))
        for x in numbers:
            total += add_five(x) + cached(x % 100)
            total += kind(x) + kind("s") + kind(1.0)
    text = re.sub(r"\d+", lambda m: str(int(m[0]) * 2), "a1b22c333 " * 150)
    info = cached.cache_info()
    table = dict(zip("abc", map(operator.itemgetter(1), [(1, 2), (3, 4), (5, 6)])))
    cached.cache_clear()
    return total, text[:16], info.hits, table


# result: run() == (29246635, 'a2b44c666 a2b44c', 0, {'a': 2, 'b': 4, 'c': 6})
