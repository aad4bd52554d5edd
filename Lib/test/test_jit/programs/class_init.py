"""Objects made in hot loops: __init__ with and without arguments, __new__, inheritance, errors in __init__."""


class Point:
    def __init__(self, x, y=0):
        self.x = x
        self.y = y


class Point3(Point):
    def __init__(self, x, y, z):
        super().__init__(x, y)
        self.z = z


class Empty:
    pass


class Interned:
    cache = {}

    def __new__(cls, key):
        found = cls.cache.get(key)
        if found is None:
            found = super().__new__(cls)
            cls.cache[key] = found
        return found

    def __init__(self, key):
        self.key = key
        self.uses = getattr(self, "uses", 0) + 1


class Picky:
    def __init__(self, value):
        if value % 5 == 0:
            raise ValueError(value)
        self.value = value


class Bad:
    def __init__(self):
        return 1


def run():
    Interned.cache.clear()
    total = refused = 0
    for i in range(6000):
        p = Point(i)
        q = Point3(i, y=2, z=p)
        total += p.x + q.y + q.z.x
        empty = Empty()
        empty.value = i
        total += empty.value
        Interned(i % 10)
        try:
            total += Picky(i).value
        except ValueError as error:
            refused += error.args[0]
        if i % 10 == 0:
            try:
                Bad()
            except TypeError:
                refused += 1
    return total, refused, [item.uses for item in Interned.cache.values()]


# result: run() == (68403000, 3597600, [600, 600, 600, 600, 600, 600, 600, 600, 600, 600])
