"""Small functions called in a loop, one of them through another."""


def clamp(value, low, high):
    if value < low:
        return low
    if value > high:
        return high
    return value


def step(position, speed):
    return clamp(position + speed, -1000, 1000)


def run_steps(n):
    position = 0
    for i in range(n):
        position = step(position, i % 13 - 6)
    return position


def run():
    return run_steps(40_000)


# result: run() == -6
