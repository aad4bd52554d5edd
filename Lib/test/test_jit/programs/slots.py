"""Instances with __slots__: reads, writes, unset slots, deletion, inheritance from a class with slots."""


class Vector:
    __slots__ = ("x", "y", "label")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def plus(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def dot(self, other):
        return self.x * other.x + self.y * other.y


class Tagged(Vector):
    __slots__ = ("tag",)


def run():
    step = Vector(1, -2)
    position = Vector(0, 0)
    energy = 0
    for _ in range(8000):
        position = position.plus(step)
        energy += position.dot(step)
    unset = 0
    item = Tagged(1, 2)
    for i in range(4000):
        if i % 4 == 0:
            item.tag = i
        try:
            unset += item.tag
        except AttributeError as error:
            unset += 1 if error.name == "tag" else -1000
        if i % 4 == 2:
            del item.tag
        try:
            item.nowhere = 1
        except AttributeError:
            unset += 1
    return position.x, position.y, energy, unset


# result: run() == (8000, -16000, 160020000, 5999000)
