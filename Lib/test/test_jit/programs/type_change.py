"""The types a hot loop sees change: once, in turn, and at random; polymorphic calls and operators."""


class Circle:
    def __init__(self, r):
        self.r = r

    def area(self):
        return 3 * self.r * self.r


class Square:
    def __init__(self, side):
        self.side = side

    def area(self):
        return self.side * self.side


class Box(Square):
    def area(self):
        return 6 * super().area()


class Strange:
    def __init__(self, r):
        self.__dict__.update(area=lambda: r)


def total_area(shapes):
    total = 0
    for shape in shapes:
        total += shape.area()
    return total


def double(x):
    return x + x


def run():
    shapes = [Circle(i % 9) for i in range(2000)]
    shapes += [(Circle, Square, Box, Strange)[i * i % 4](i % 7) for i in range(3000)]
    shapes += [Strange(1)] * 1500
    kinds = [1, 1.5, "s", [2], (3,), True, 2**70, 1j, b"b"]
    lengths = 0
    for i in range(6000):
        kind = kinds[0] if i < 2000 else kinds[i * 7 % 9] if i < 4000 else kinds[1]
        value = double(kind)
        lengths += len(repr(value)) + isinstance(value, int)
    mixed = 0
    for i in range(4000):
        other = i if i % 2 else i * 1.0
        mixed += other - 1 if other > 100 else -other
    return total_area(shapes), lengths, mixed


# result: run() == (215285, 21774, 7984001.0)
