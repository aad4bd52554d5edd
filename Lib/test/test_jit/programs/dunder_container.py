"""Container and call protocols defined in Python: __getitem__, __setitem__, __len__, __contains__, __call__, __iter__."""


class Ring:
    def __init__(self, size):
        self.items = [0] * size

    def __getitem__(self, index):
        if isinstance(index, slice):
            return self.items[index]
        return self.items[index % len(self.items)]

    def __setitem__(self, index, value):
        self.items[index % len(self.items)] = value

    def __delitem__(self, index):
        self.items[index % len(self.items)] = -1

    def __len__(self):
        return len(self.items)

    def __contains__(self, value):
        return value % 2 == 0

    def __iter__(self):
        return RingIterator(self)


class RingIterator:
    def __init__(self, ring):
        self.ring, self.at = ring, 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.at >= len(self.ring):
            raise StopIteration
        self.at += 1
        return self.ring.items[self.at - 1]


class Adder:
    def __init__(self, amount):
        self.amount = amount

    def __call__(self, value, times=1):
        return value + self.amount * times


class OldStyle:
    """Iterated through __getitem__ until IndexError."""

    def __getitem__(self, index):
        if index >= 10:
            raise IndexError(index)
        return index * index


def run():
    ring, adder, old = Ring(13), Adder(3), OldStyle()
    total = 0
    for i in range(5000):
        ring[i] = ring[i - 1] + 1
        total += len(ring) + (i in ring) + len(ring[2:5])
        total = adder(total) - adder(1, times=2)
        if i % 10 == 0:
            del ring[i]
            for value in ring:
                total += value
            for value in old:
                total -= value
    return total, list(ring)


# result: run() == (-55565, [1, 2, 3, 4, 5, 6, 7, 8, 6, 7, 8, -1, 0])
