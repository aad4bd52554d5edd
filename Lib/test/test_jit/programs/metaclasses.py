"""Metaclass hooks in hot code: __call__, __instancecheck__, __getattr__ on the class, __init_subclass__, abc."""

import abc


class Registry(type):
    made = 0

    def __call__(cls, *args, **kwargs):
        Registry.made += 1
        return super().__call__(*args, **kwargs)

    def __getattr__(cls, name):
        if name == "ghost":
            return 11
        raise AttributeError(name)

    def __instancecheck__(cls, instance):
        return isinstance(instance, int) or type.__instancecheck__(cls, instance)


class Item(metaclass=Registry):
    kinds = []

    def __init_subclass__(cls, weight=1, **rest):
        super().__init_subclass__(**rest)
        cls.weight = weight
        Item.kinds.append(cls.__name__)

    def __init__(self, n):
        self.n = n


class Heavy(Item, weight=5):
    pass


class Shape(abc.ABC):
    @abc.abstractmethod
    def size(self): ...


class Dot(Shape):
    def size(self):
        return 1


@Shape.register
class Line:
    def size(self):
        return 2


def run():
    Registry.made = 0
    total = 0
    for i in range(3000):
        cls = Heavy if i % 3 == 0 else Item
        item = cls(i)
        total += item.n + Item.ghost + isinstance(i, Heavy) + isinstance("s", Heavy)
        total += getattr(cls, "weight", 0)
        shape = Dot() if i % 2 else Line()
        total += shape.size() + isinstance(shape, Shape) + issubclass(Line, Shape)
        if i % 100 == 0:
            try:
                Shape()
            except TypeError:
                total += 1
    return total, Registry.made, Item.kinds


# result: run() == (4550030, 3000, ['Heavy'])
