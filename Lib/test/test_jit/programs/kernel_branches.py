"""Branches taken both ways without a pattern: a random walk that turns at the walls."""


def random_walk(n):
    seed = 42
    position = 0
    turns = 0
    for _ in range(n):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        if seed & 0x10000:
            position += 1
        else:
            position -= 1
        if position > 50:
            position = 0
            turns += 1
        elif position < -50:
            position = 0
            turns -= 1
    return position, turns


def run():
    return random_walk(30_000)


# result: run() == (-19, 5)
