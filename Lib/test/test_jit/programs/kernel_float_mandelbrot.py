"""Floats: escape times, a while loop of differing length in two for loops."""


def mandelbrot(width, height, limit):
    total = 0
    for row in range(height):
        b = 2.0 * row / height - 1.0
        for column in range(width):
            a = 3.0 * column / width - 2.0
            x = y = 0.0
            n = 0
            while n < limit and x * x + y * y <= 4.0:
                x, y = x * x - y * y + a, 2.0 * x * y + b
                n += 1
            total += n
    return total


def run():
    return mandelbrot(60, 40, 80)


# result: run() == 60925
