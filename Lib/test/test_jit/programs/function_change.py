"""A function's code, defaults, keyword defaults and closure change while it is hot."""


def make(k):
    def inner(x):
        return x + k

    return inner


def target(x, y=1, *, z=2):
    return x + y + z


def replacement(x, y=1, *, z=2):
    return x * y - z


def caller(i):
    return target(i)


def run():
    saved = target.__code__, target.__defaults__, target.__kwdefaults__
    sums = []
    try:
        for phase in range(7):
            if phase == 1:
                target.__defaults__ = (10,)
            elif phase == 2:
                target.__kwdefaults__ = {"z": 100}
            elif phase == 3:
                target.__code__ = replacement.__code__
            elif phase == 4:
                target.__defaults__ = None
            elif phase == 5:
                target.__code__, target.__defaults__ = saved[0], (0.5,)
            elif phase == 6:
                target.__kwdefaults__ = {"z": "s"}
            total = 0
            for i in range(1500):
                try:
                    total += caller(i)
                except TypeError as error:
                    total += len(str(error))
            sums.append(total)
    finally:
        target.__code__, target.__defaults__, target.__kwdefaults__ = saved
    first, second = make(1), make(1000)
    total = 0
    for i in range(3000):
        total += first(i)
        if i == 1500:
            first.__code__ = second.__code__
            first.__closure__[0].cell_contents = 7
    return sums, total


# result: run() == ([1128750, 1142250, 1289250, 11092500, 78000, 1275000.0, 78000], 4510494)
