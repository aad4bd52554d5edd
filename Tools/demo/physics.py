"""A small world of springs and masses: classes, floats, generators.  Deterministic; no library but math."""

from __future__ import annotations

import math
from collections.abc import Iterator


class Vec:
    """Two floats with operators; a new one for each result."""

    __slots__ = ("x", "y")

    def __init__(self, x: float, y: float) -> None:
        self.x = x
        self.y = y

    def __add__(self, other: Vec) -> Vec:
        return Vec(self.x + other.x, self.y + other.y)

    def __sub__(self, other: Vec) -> Vec:
        return Vec(self.x - other.x, self.y - other.y)

    def __mul__(self, factor: float) -> Vec:
        return Vec(self.x * factor, self.y * factor)

    def dot(self, other: Vec) -> float:
        return self.x * other.x + self.y * other.y

    def length(self) -> float:
        return math.sqrt(self.dot(self))


class Particle:
    def __init__(self, place: Vec, mass: float, fixed: bool = False) -> None:
        self.place = place
        self.speed = Vec(0.0, 0.0)
        self.force = Vec(0.0, 0.0)
        self.mass = mass
        self.fixed = fixed

    @property
    def energy(self) -> float:
        return 0.5 * self.mass * self.speed.dot(self.speed)

    def push(self, force: Vec) -> None:
        self.force = self.force + force

    def advance(self, dt: float) -> None:
        if not self.fixed:
            self.speed = self.speed + self.force * (dt / self.mass)
            self.place = self.place + self.speed * dt
        self.force = Vec(0.0, 0.0)


class Spring:
    def __init__(self, a: Particle, b: Particle, stiffness: float, damping: float) -> None:
        self.a = a
        self.b = b
        self.stiffness = stiffness
        self.damping = damping
        self.rest = (a.place - b.place).length()

    def pull(self) -> None:
        along = self.b.place - self.a.place
        length = along.length()
        if length == 0.0:
            return
        unit = along * (1.0 / length)
        closing = (self.b.speed - self.a.speed).dot(unit)
        force = unit * (self.stiffness * (length - self.rest) + self.damping * closing)
        self.a.push(force)
        self.b.push(force * -1.0)


class Cloth:
    """A grid of particles that hangs from its upper edge."""

    gravity = Vec(0.0, -9.81)

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.particles = [
            Particle(Vec(float(x), float(-y)), mass=0.1, fixed=y == 0)
            for y in range(height)
            for x in range(width)
        ]
        self.springs = [Spring(a, b, 400.0, 0.4) for a, b in self.links(width, height)]

    def links(self, width: int, height: int) -> Iterator[tuple[Particle, Particle]]:
        for y in range(height):
            for x in range(width):
                here = self.particles[y * width + x]
                if x + 1 < width:
                    yield here, self.particles[y * width + x + 1]
                if y + 1 < height:
                    yield here, self.particles[(y + 1) * width + x]
                if x + 1 < width and y + 1 < height:
                    yield here, self.particles[(y + 1) * width + x + 1]

    def step(self, dt: float, wind: float) -> None:
        for particle in self.particles:
            particle.push(self.gravity * particle.mass)
            particle.push(Vec(wind * particle.mass, 0.0))
        for spring in self.springs:
            spring.pull()
        for particle in self.particles:
            particle.advance(dt)

    def energy(self) -> float:
        return sum(particle.energy for particle in self.particles)

    def lowest(self) -> float:
        return min(particle.place.y for particle in self.particles)


def simulate(steps: int) -> str:
    """Lets the cloth swing in a gusty wind and says how it ended."""
    cloth = Cloth(12, 8)
    peak = 0.0
    for step in range(steps):
        cloth.step(0.005, wind=6.0 * math.sin(step * 0.02))
        if step % 10 == 0:
            peak = max(peak, cloth.energy())
    return f"cloth: {len(cloth.springs)} springs, lowest point {cloth.lowest():.6f}, peak energy {peak:.6f}"
