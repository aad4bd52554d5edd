"""An instance that one of several branches replaces, or changes."""


class State:
    def __init__(self, high, low):
        self.high = high
        self.low = low


def advance(n):
    state = State(0, 1)
    for i in range(n):
        if i % 3 == 0:
            state = State(state.low, state.high + i)
        elif state.high > 1000:
            state.high -= 1000
        else:
            state.low = (state.low + state.high) & 1023
    return state.high, state.low


def run():
    return advance(40_000)


# result: run() == (93, 40705)
