"""The program ends with an uncaught exception from hot code: stderr and the exit code are part of the result."""

# exit: 1


def divide(a, b):
    return a // b


def level(values, offset):
    total = 0
    for value in values:
        total += divide(1000, value - offset)
    return total


def run():
    values = list(range(1, 4000))
    first = level(values, 5000)
    print("first", first)
    return level(values, 3777)
