"""Methods of one object called in a loop: an accumulator with two of them."""


class Accumulator:
    def __init__(self):
        self.count = 0
        self.total = 0.0

    def add(self, value):
        self.count += 1
        self.total += value

    def mean(self):
        return self.total / self.count


def feed(n):
    accumulator = Accumulator()
    drift = 0.0
    for i in range(n):
        accumulator.add(i * 0.5)
        drift += accumulator.mean()
    return accumulator.total, drift


def run():
    return feed(40_000)


# result: run() == (399990000.0, 199995000.0)
