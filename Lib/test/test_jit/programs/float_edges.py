"""NaN, infinities, signed zeros, subnormal numbers, and the identity of float objects."""

import math

NAN = float("nan")
INF = float("inf")


def signs(count):
    out = []
    zero = -0.0
    for i in range(count):
        zero = zero * 1.0
        plus = zero + 0.0
        if i in (0, count // 2, count - 1):
            out.append((math.copysign(1.0, zero), math.copysign(1.0, plus), math.copysign(1.0, -plus)))
    return out


def nan_compare(count):
    values = [0.0, NAN, 1.5, -INF, INF, -0.0]
    score = 0
    for i in range(count):
        a, b = values[i % 6], values[(i // 6) % 6]
        score = score * 2 + (a < b) + 2 * (a == b) + 4 * (a >= b) + 8 * (a != b)
        score %= 1000003
        if a is b:
            score += 1
    return score


def identity(count):
    x = 1234.5
    kept = x
    same = 0
    for _ in range(count):
        y = kept
        same += y is x
        kept = y
        if y in [NAN]:
            same -= 1
        same += NAN in [NAN]
    return same


def shrink(count):
    x, steps = 1.0, 0
    for _ in range(count):
        x *= 0.5
        if x == 0.0:
            x = 1.0
        steps += x < 2.3e-308
    return steps


def divide(count):
    caught = 0
    for i in range(count):
        try:
            1.0 / (i % 4)
            1 % (i % 3)
        except ZeroDivisionError as error:
            caught += len(str(error))
    return caught


def run():
    return signs(4000), nan_compare(9000), identity(5000), shrink(9000), divide(4000), INF - INF != INF


# result: digest(run()) == '308fad66a2aa0926'
