"""super() in cooperative hierarchies, zero-argument and explicit, in class methods and properties."""


class Base:
    def __init__(self, **rest):
        self.rest = len(rest)

    def cost(self, n):
        return n

    @classmethod
    def title(cls):
        return cls.__name__

    @property
    def level(self):
        return 1


class Left(Base):
    def __init__(self, left=1, **rest):
        super().__init__(**rest)
        self.left = left

    def cost(self, n):
        return super().cost(n) + self.left

    @property
    def level(self):
        return super().level + 1


class Right(Base):
    def __init__(self, right=2, **rest):
        super().__init__(**rest)
        self.right = right

    def cost(self, n):
        return super(Right, self).cost(n) * self.right

    @classmethod
    def title(cls):
        return "right " + super().title()


class Both(Left, Right):
    def cost(self, n):
        return super().cost(n) - 1

    @property
    def level(self):
        return super().level * 10


def run():
    total = 0
    for i in range(4000):
        item = Both(left=i % 5, right=3, other=1)
        total += item.cost(i) + item.level + len(item.title()) + item.rest
        if i % 1000 == 999:
            Right.cost = lambda self, n, k=i: Base.cost(self, n) + k
    Right.cost = original
    return total, [c.__name__ for c in Both.__mro__]


original = Right.cost


# result: run() == (15122000, ['Both', 'Left', 'Right', 'Base', 'object'])
