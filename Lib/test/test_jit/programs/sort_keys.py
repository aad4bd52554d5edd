"""sort, min, max and bisect calling back Python keys and comparisons, also keys that raise or change the list."""

import bisect
import functools


class Card:
    def __init__(self, rank, suit):
        self.rank, self.suit = rank, suit

    def __lt__(self, other):
        return (self.suit, self.rank) < (other.suit, other.rank)


def by_distance(a, b):
    return (abs(a - 50) > abs(b - 50)) - (abs(a - 50) < abs(b - 50))


def run():
    numbers = [(i * 7919) % 1009 for i in range(1500)]
    out = []
    for _ in range(3):
        out.append(sorted(numbers, key=lambda x: (x % 10, -x))[700])
        cards = [Card(n % 13, n % 4) for n in numbers]
        cards.sort()
        out.append((cards[3].rank, cards[-3].suit))
        out.append(sorted(numbers, key=functools.cmp_to_key(by_distance))[10])
        out.append(max(numbers, key=lambda x: x % 97))
    bad = list(numbers)
    try:
        bad.sort(key=lambda x: 1 // (x - numbers[1200]))
    except ZeroDivisionError:
        out.append(bad == numbers)
    changing = [3, 1, 2] * 400

    def key(x):
        changing.append(1)
        return x

    try:
        changing.sort(key=key)
    except ValueError as error:
        out.append(str(error))
    ordered = []
    for n in numbers[:600]:
        bisect.insort(ordered, n, key=lambda x: -x)
    out.append(ordered[:3])
    return out


# result: digest(run()) == '9a7cbdfbb390d99a'
