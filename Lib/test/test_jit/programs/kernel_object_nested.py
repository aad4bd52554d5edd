"""Instances that hold instances, for one step only."""


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


class Segment:
    def __init__(self, start, end):
        self.start = start
        self.end = end

    def middle(self):
        return Point((self.start.x + self.end.x) * 0.5, (self.start.y + self.end.y) * 0.5)


def sweep(n):
    total = 0.0
    for i in range(n):
        middle = Segment(Point(i, 1.0), Point(i + 2, 3.0)).middle()
        total += middle.x + middle.y
    return total


def run():
    return sweep(40_000)


# result: run() == 800100000.0
