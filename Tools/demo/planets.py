"""The demo program: the sun, eight planets and a comet, all pulling each other, a step a day.

`python planets.py [YEARS]` prints how long a year is on each of them, found by watching them go round: the
same digits in every interpreter.  It is ordinary Python: a class for each thing, objects that hold objects,
small methods.  In 166 years Neptune goes round once.
"""

from __future__ import annotations

import math
import sys

GRAVITY = 0.01720209895**2  # with masses in suns, distances from sun to earth, and days
DAYS = 365.25

# Name, mass, mean distance from the sun, how far from a circle the orbit is (0: it is one), where its near
# end points (degrees).
PLANETS = [
    ("Mercury", 1.660e-7, 0.3871, 0.2056, 77),
    ("Venus", 2.448e-6, 0.7233, 0.0068, 131),
    ("Earth", 3.003e-6, 1.0000, 0.0167, 103),
    ("Mars", 3.227e-7, 1.5237, 0.0934, 336),
    ("Jupiter", 9.548e-4, 5.2029, 0.0484, 14),
    ("Saturn", 2.859e-4, 9.5367, 0.0539, 93),
    ("Uranus", 4.366e-5, 19.189, 0.0473, 173),
    ("Neptune", 5.151e-5, 30.070, 0.0086, 48),
    ("Halley's comet", 0.0, 17.834, 0.9671, 170),
]


class Vector:
    def __init__(self, x: float, y: float) -> None:
        self.x = x
        self.y = y

    def minus(self, other: Vector) -> Vector:
        return Vector(self.x - other.x, self.y - other.y)

    def length(self) -> float:
        return math.sqrt(self.x * self.x + self.y * self.y)

    def add(self, other: Vector, times: float) -> None:
        self.x += other.x * times
        self.y += other.y * times


class Body:
    def __init__(self, name: str, mass: float, place: Vector, speed: Vector) -> None:
        self.name = name
        self.mass = mass
        self.place = place
        self.speed = speed

    def pull(self, other: Body, days: float) -> None:
        """Each of the two changes the other's speed."""
        way = other.place.minus(self.place)
        distance = way.length()
        force = GRAVITY * days / (distance * distance * distance)
        self.speed.add(way, force * other.mass)
        other.speed.add(way, -force * self.mass)

    def move(self, days: float) -> None:
        self.place.add(self.speed, days)


class Observer:
    """Sees a body go round the sun, and notes when it comes by where it began."""

    def __init__(self, sun: Body, body: Body) -> None:
        self.sun = sun
        self.body = body
        self.start = body.place.minus(sun.place)
        self.aside = 0.0
        self.last = 0.0
        self.turns = 0

    def note(self, day: float) -> None:
        way = self.body.place.minus(self.sun.place)
        aside = self.start.x * way.y - self.start.y * way.x
        if aside * self.aside < 0.0 and self.start.x * way.x + self.start.y * way.y > 0.0:
            self.last = day - aside / (aside - self.aside)
            self.turns += 1
        self.aside = aside

    def year(self) -> float:
        return self.last / self.turns if self.turns > 0 else math.nan


class System:
    def __init__(self) -> None:
        self.sun = Body("Sun", 1.0, Vector(0.0, 0.0), Vector(0.0, 0.0))
        self.bodies = [self.sun]
        for name, mass, distance, flatness, direction in PLANETS:
            near = distance * (1.0 - flatness)
            speed = math.sqrt(GRAVITY * (1.0 + mass) * (1.0 + flatness) / near)
            x, y = math.cos(math.radians(direction)), math.sin(math.radians(direction))
            if distance == 17.834:
                speed = -speed  # Halley's comet goes the other way round
            self.bodies.append(Body(name, mass, Vector(near * x, near * y), Vector(-speed * y, speed * x)))
        self.pairs = [(a, b) for i, a in enumerate(self.bodies) for b in self.bodies[i + 1 :]]
        self.observers = [Observer(self.sun, body) for body in self.bodies[1:]]

    def step(self, day: float, days: float) -> None:
        for body in self.bodies:
            body.move(days / 2.0)
        for one, other in self.pairs:
            one.pull(other, days)
        for body in self.bodies:
            body.move(days / 2.0)
        for observer in self.observers:
            observer.note(day)


def main() -> None:
    years = float(sys.argv[1]) if len(sys.argv) > 1 else 166.0
    system = System()
    for day in range(1, int(years * DAYS) + 1):
        system.step(float(day), 1.0)
    for observer in system.observers:
        year = observer.year()
        print(f"{observer.body.name:15} {year:9.2f} days {year / DAYS:8.3f} years")


if __name__ == "__main__":
    main()
