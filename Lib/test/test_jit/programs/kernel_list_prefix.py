"""Lists by index: prefix sums and a moving difference, loads and stores."""


def smooth(values, rounds):
    size = len(values)
    for _ in range(rounds):
        for i in range(1, size):
            values[i] = (values[i] + values[i - 1]) % 1009
    return values


def run():
    return sum(smooth(list(range(2000)), 25))


# result: run() == 1011018
