"""The same with an operator and slots."""


class Point:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Point(self.x + other.x, self.y + other.y)


def walk(n):
    p, d = Point(0, 0), Point(3, 1)
    for _ in range(n):
        p = p + d
    return p.x, p.y


def run():
    return walk(40_000)


# result: run() == (120000, 40000)
