"""Classes change while a loop uses them: methods replaced, attributes added, bases swapped, descriptors put in."""


def make():
    class Base:
        unit = 1

        def value(self):
            return 10

    class Other:
        unit = 5

        def value(self):
            return -10

    class Thing(Base):
        def __init__(self):
            self.own = 2

        def total(self):
            return self.value() * self.unit + self.own

    return Base, Other, Thing


def step(thing):
    return thing.total()


def run():
    base, other, cls = make()
    thing = cls()
    sums = []
    for phase in range(9):
        if phase == 1:
            cls.value = lambda self: 20
        elif phase == 2:
            base.unit = 3
        elif phase == 3:
            thing.unit = 7
        elif phase == 4:
            del cls.value
        elif phase == 5:
            del thing.unit
            cls.__bases__ = (other,)
        elif phase == 6:
            cls.own = property(lambda self: 100)
        elif phase == 7:
            del cls.own
            thing.value = lambda: 33
        elif phase == 8:
            cls.__getattribute__ = lambda self, name: (
                1 if name == "own" else object.__getattribute__(self, name)
            )
        subtotal = 0
        for _ in range(1500):
            subtotal += step(thing)
        sums.append(subtotal)
    return sums


# result: run() == [18000, 33000, 93000, 213000, 108000, -72000, 75000, 250500, 249000]
