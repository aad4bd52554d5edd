"""Ints: shifts and masks, as in a random number generator."""


def scramble(n):
    state = 0x1234567
    for _ in range(n):
        state ^= (state << 13) & 0xFFFFFFFF
        state ^= state >> 17
        state ^= (state << 5) & 0xFFFFFFFF
    return state


def run():
    return scramble(25_000)


# result: run() == 4020860680
