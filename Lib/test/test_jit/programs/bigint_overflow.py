"""Integers that grow past one digit, past 64 bits, and come back."""


def factorial(n):
    result = 1
    for i in range(2, n):
        result *= i
    return result


def fib_pair(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def edges(count):
    """Walk over the limits of 30 and 64 bits in both directions."""
    hits = 0
    for base in (2**30, 2**62, 2**63, 2**64, -(2**63), 10**18):
        x = base - count // 2
        for _ in range(count):
            x += 1
            if x == base:
                hits += 1
            if x - 1 < base <= x:
                hits += 10
            hits += (x * 3 - x * 2 == x) + (-x + x == 0) + (x >> 3 << 3 <= x)
    return hits


def multiply_up(count):
    x, total = 3, 0
    for i in range(count):
        x = x * x % 0xFFFFFFFFFFFFFFC5 if i % 5 else x * 1000003
        total ^= x
    return total


def run():
    return factorial(400) % 1000000007, fib_pair(3000) % 10**12, edges(600), multiply_up(8000) % 10**15


# result: run() == (923477502, 656709796000, 10866, 827678340181322)
