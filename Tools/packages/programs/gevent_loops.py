"""gevent: a producer, a consumer and the main greenlet in three hot loops that step together, by sleep(0)."""

from __future__ import annotations

from collections.abc import Callable

import gevent
from gevent.queue import Queue


def produce(queue: Queue, count: int) -> None:
    for n in range(count):
        queue.put(n)
        gevent.sleep(0)
    queue.put(-1)


def consume(queue: Queue) -> int:
    s = 0
    while (n := queue.get()) >= 0:
        s += n
    return s


def consume_slowly(queue: Queue) -> int:
    s = 0
    while (n := queue.get()) >= 0:
        s += n
        gevent.sleep(0)
    return s


def total(consumer: Callable[[Queue], int], size: int | None) -> tuple[int, bool]:
    queue: Queue = Queue(size)
    consuming, producing = gevent.spawn(consumer, queue), gevent.spawn(produce, queue, 3_000)
    steps = 0
    while not consuming.ready():
        steps += 1
        gevent.sleep(0)
    producing.get()
    return consuming.value, steps > 1_000


print([total(consumer, size) for size in (None, 1) for consumer in (consume, consume_slowly)])
