"""Numbers held in attributes: particles that bounce between walls."""


class Particle:
    def __init__(self, x, y, dx, dy):
        self.x = x
        self.y = y
        self.dx = dx
        self.dy = dy


def bounce(particles, steps):
    for _ in range(steps):
        for p in particles:
            p.x += p.dx
            p.y += p.dy
            if p.x < 0.0 or p.x > 100.0:
                p.dx = -p.dx
            if p.y < 0.0 or p.y > 100.0:
                p.dy = -p.dy
    return [(p.x, p.y) for p in particles]


def run():
    particles = [Particle(i * 2.0, i * 3.0, 0.25 + i * 0.125, 0.5 - i * 0.0625) for i in range(20)]
    return bounce(particles, 3000)


# result: digest(run()) == '7bb94385a42e2321'
