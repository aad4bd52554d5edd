"""Five heavy points attract each other: attribute reads and writes of floats, the shape of a physics program."""


class Body:
    def __init__(self, x, y, vx, vy, mass):
        self.x, self.y, self.vx, self.vy, self.mass = x, y, vx, vy, mass


def advance(bodies, dt):
    for i, a in enumerate(bodies):
        for j in range(i + 1, len(bodies)):
            b = bodies[j]
            dx, dy = b.x - a.x, b.y - a.y
            square = dx * dx + dy * dy + 0.01
            pull = dt / (square * square**0.5)
            a.vx += dx * b.mass * pull
            a.vy += dy * b.mass * pull
            b.vx -= dx * a.mass * pull
            b.vy -= dy * a.mass * pull
    for body in bodies:
        body.x += body.vx * dt
        body.y += body.vy * dt


def momentum(bodies):
    return sum(b.vx * b.mass for b in bodies), sum(b.vy * b.mass for b in bodies)


def run():
    bodies = [Body(i * 1.5, (i * i) % 4, 0.1 * i, -0.05 * i, 1.0 + i) for i in range(5)]
    for _ in range(2500):
        advance(bodies, 0.01)
    mx, my = momentum(bodies)
    return [(round(b.x, 9), round(b.y, 9)) for b in bodies], round(mx, 9), round(my, 9)


# result: digest(run()) == 'af17008b696bde3b'
