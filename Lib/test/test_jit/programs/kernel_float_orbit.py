"""Floats: one body around a fixed one, small steps, all state in locals."""


def orbit(steps, dt):
    x, y, vx, vy = 1.0, 0.0, 0.0, 1.0
    for _ in range(steps):
        r2 = x * x + y * y
        pull = dt / (r2 * r2**0.5)
        vx -= x * pull
        vy -= y * pull
        x += vx * dt
        y += vy * dt
    return x, y, vx, vy


def run():
    return orbit(25_000, 0.001)


# result: run() == (0.9912672186659393, -0.13236945697528946, 0.132356198975581, 0.9911354509801398)
