"""Plain float loops: sums, divisions, square roots by iteration, an escape-time fractal."""


def newton_roots(count):
    total = 0.0
    for n in range(1, count):
        value = float(n)
        guess = value
        for _ in range(12):
            guess = 0.5 * (guess + value / guess)
        total += guess
    return total


def escape_times(width, height, limit):
    inside = 0
    for row in range(height):
        ci = 2.0 * row / height - 1.0
        for column in range(width):
            cr = 3.0 * column / width - 2.0
            zr = zi = 0.0
            for _ in range(limit):
                zr2, zi2 = zr * zr, zi * zi
                if zr2 + zi2 > 4.0:
                    break
                zi = 2.0 * zr * zi + ci
                zr = zr2 - zi2 + cr
            else:
                inside += 1
    return inside


def alternating(count):
    total, sign = 0.0, 1.0
    for k in range(count):
        total += sign / (2.0 * k + 1.0)
        sign = -sign
    return 4.0 * total


def run():
    return repr(newton_roots(3000)), escape_times(60, 40, 50), repr(alternating(80000))


# result: run() == ('109516.91824765874', 643, '3.1415801535897496')
