"""Several hundred small functions, each hot for a short time."""


def source(count):
    parts = []
    for i in range(count):
        parts.append(
            f"def f{i}(n):\n    t = {i}\n    for k in range(n):\n        t += k ^ {i}\n    return t\n"
        )
    return "".join(parts)


def run():
    space = {}
    exec(source(400), space)
    total = 0
    for i in range(400):
        total += space[f"f{i}"](60)
    for i in range(0, 400, 40):
        total += space[f"f{i}"](1200)
    return total


# result: run() == 12273008
