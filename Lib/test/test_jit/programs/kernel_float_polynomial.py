"""Floats: a polynomial by Horner's rule, and its integral by rectangles."""


def integral(n):
    step = 1.0 / n
    x = 0.5 * step
    area = 0.0
    for _ in range(n):
        area += ((((1.5 * x - 0.25) * x + 2.0) * x - 1.0) * x + 0.125) * step
        x += step
    return area


def run():
    return integral(40_000)


# result: run() == 0.5291666664271052
