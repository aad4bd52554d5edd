"""Twenty greenlets run the same loops by turns, raise into each other and die while their loops are hot."""

from __future__ import annotations

import greenlet


class Stop(Exception):
    pass


def work(number: int, log: list[object]) -> int:
    s = 0
    try:
        while True:
            for k in range(10):
                s += k * number
                if k == number % 10:
                    s ^= greenlet.getcurrent().parent.switch(s)
    except Stop:
        log.append((number, s))
    return s


def run() -> list[object]:
    log: list[object] = []
    workers = [greenlet.greenlet(work) for _ in range(20)]
    s = sum(worker.switch(number, log) for number, worker in enumerate(workers))
    for step in range(3_000):
        for number, worker in enumerate(workers):
            if worker.dead:
                continue
            s = (s + worker.switch(step)) % 1_000_003
            if step == 100 * (number + 1):
                s += worker.throw(Stop) % 1_000_003
    return [s, len(log), log[:3], sum(worker.dead for worker in workers)]


print(run())
