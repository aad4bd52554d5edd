"""Recursion: direct, mutual, with memory, through methods and closures, and over data structures."""

import functools


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


def is_even(n):
    return True if n == 0 else is_odd(n - 1)


def is_odd(n):
    return False if n == 0 else is_even(n - 1)


@functools.cache
def ways(total, largest):
    if total == 0:
        return 1
    return sum(ways(total - part, min(part, total - part)) for part in range(1, min(total, largest) + 1))


def hanoi(n, source, target, spare, moves):
    if n:
        hanoi(n - 1, source, spare, target, moves)
        moves[source + target] = moves.get(source + target, 0) + 1
        hanoi(n - 1, spare, target, source, moves)
    return moves


def permutations(items):
    if len(items) < 2:
        return [items]
    return [[x] + rest for i, x in enumerate(items) for rest in permutations(items[:i] + items[i + 1 :])]


def run():
    even = sum(is_even(i % 60) for i in range(300))
    moves = hanoi(10, "a", "b", "c", {})
    return (
        fib(19),
        ackermann(2, 30),
        even,
        ways(40, 40),
        sorted(moves.items()),
        len(permutations([1, 2, 3, 4, 5])),
    )


# result: digest(run()) == 'f96c18cc42227f2e'
