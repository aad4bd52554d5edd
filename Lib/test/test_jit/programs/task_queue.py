"""A discrete event simulation of machines and jobs: classes with few methods, polymorphic calls, small lists."""


class Random:
    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 69069 + 1) & 0xFFFFFFFF
        return (self.state >> 8) % limit


class Job:
    def __init__(self, number, work):
        self.number, self.work, self.waited = number, work, 0


class Machine:
    speed = 1

    def __init__(self):
        self.queue = []
        self.done = 0

    def accept(self, job):
        self.queue.append(job)

    def tick(self):
        if not self.queue:
            return None
        job = self.queue[0]
        job.work -= self.power()
        for other in self.queue[1:3]:
            other.waited += 1
        if job.work <= 0:
            self.done += 1
            return self.queue.pop(0)
        return None

    def power(self):
        return self.speed


class Fast(Machine):
    speed = 3


class Unsteady(Machine):
    def __init__(self, random):
        super().__init__()
        self.random = random

    def power(self):
        return self.random.below(4)


def run():
    random = Random(7)
    machines = [Machine(), Fast(), Unsteady(random), Fast(), Machine()]
    finished = waited = 0
    for tick in range(5000):
        if random.below(10) < 7:
            choice = min(machines, key=lambda m: len(m.queue))
            choice.accept(Job(tick, 1 + random.below(12)))
        for machine in machines:
            job = machine.tick()
            if job is not None:
                finished += 1
                waited += job.waited
    return finished, waited, [m.done for m in machines], [len(m.queue) for m in machines]


# result: run() == (3546, 80, [718, 1516, 645, 545, 122], [1, 0, 1, 0, 0])
