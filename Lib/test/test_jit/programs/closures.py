"""Cells: read, written with nonlocal, shared between functions, made anew in each iteration, unbound."""


def counter(start):
    count = start

    def step(by=1):
        nonlocal count
        count += by
        return count

    def read():
        return count

    return step, read


def adders():
    return [lambda x, n=n: x + n + k for n in range(3) for k in [n * 10]]


def late(flag):
    if flag:
        value = 5

    def inner():
        return value

    try:
        return inner()
    except NameError as error:
        return len(error.name)


def loop_cells(count):
    functions = []
    total = 0
    for i in range(count):
        local = i * 2

        def get():
            return local + i

        total += get()
        if i % 500 == 0:
            functions.append(get)
    return total, [f() for f in functions]


def run():
    step, read = counter(10)
    total = 0
    for i in range(6000):
        total += step() + read()
        if i % 10 == 0:
            step(by=i)
    mixed = 0
    parts = adders()
    for i in range(3000):
        mixed += parts[i % 3](i) + late(i % 4)
    return total, mixed, loop_cells(3000)


# result: run() == (7232512000, 4576500, (13495500, [8997, 8997, 8997, 8997, 8997, 8997]))
