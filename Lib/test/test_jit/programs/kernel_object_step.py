"""A new instance in each step of a loop, made by a method from the one before."""


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def plus(self, other):
        return Point(self.x + other.x, self.y + other.y)


def walk(n):
    p, d = Point(0.0, 0.0), Point(1.0, 0.5)
    for _ in range(n):
        p = p.plus(d)
    return p.x, p.y


def run():
    return walk(40_000)


# result: run() == (40000.0, 20000.0)
