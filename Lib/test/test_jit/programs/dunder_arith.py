"""Operators defined in Python: arithmetic, reflected, in-place, comparison, unary, NotImplemented."""


class Money:
    def __init__(self, cents):
        self.cents = cents

    def __add__(self, other):
        if isinstance(other, Money):
            return Money(self.cents + other.cents)
        if isinstance(other, int):
            return Money(self.cents + other)
        return NotImplemented

    __radd__ = __add__

    def __sub__(self, other):
        return Money(self.cents - other.cents)

    def __mul__(self, factor):
        return Money(self.cents * factor)

    def __rmul__(self, factor):
        return Money(self.cents * factor + 1)

    def __imul__(self, factor):
        self.cents = self.cents * factor % 1000003
        return self

    def __neg__(self):
        return Money(-self.cents)

    def __invert__(self):
        return Money(~self.cents)

    def __eq__(self, other):
        return isinstance(other, Money) and self.cents == other.cents

    def __lt__(self, other):
        return self.cents < other.cents

    def __hash__(self):
        return hash(self.cents)

    def __bool__(self):
        return self.cents != 0

    def __matmul__(self, other):
        return self.cents % (other + 1)


def run():
    total, less, equal, errors = Money(0), 0, 0, 0
    for i in range(4000):
        item = Money(i % 300)
        total = total + item + 5
        total = 3 + total - item * 2
        total += 2 * item
        item *= 3
        less += item < total
        equal += item == Money(i % 300 * 3)
        if not item:
            equal += 1000
        total = -(-total)
        less += (~item).cents + (item @ 7)
        try:
            item + "text"
        except TypeError:
            errors += 1
    return total.cents, less, equal, errors


# result: run() == (624000, -1750056, 18000, 4000)
