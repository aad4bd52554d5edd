"""An object's __class__ is assigned in the middle of the loop that uses it; so is its __dict__."""


class Solid:
    def melt(self):
        self.__class__ = Liquid
        return 1

    def name(self):
        return "solid"


class Liquid:
    def melt(self):
        if self.count % 3 == 0:
            self.__class__ = Solid
        return 2

    def name(self):
        return "liquid"


def describe(thing):
    thing.count += 1
    return thing.melt() * len(thing.name())


def run():
    thing = Solid()
    thing.count = 0
    total = 0
    for i in range(6000):
        total += describe(thing)
        if i == 3000:
            thing.__dict__ = {"count": 1, "later": 5}
        if i == 4000:
            thing.__dict__ = dict(thing.__dict__, count=7)
        if i > 4500:
            thing.__dict__["count"] += 1
    try:
        thing.__class__ = int
    except TypeError:
        total += 1
    return total, thing.count, type(thing).__name__


# result: run() == (56001, 3505, 'Solid')
