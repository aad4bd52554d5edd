"""gevent: a producer and consumers at one queue, and sleep(0) in hot loops."""

from __future__ import annotations

import gevent
from gevent.event import Event
from gevent.queue import Queue


def produce(queue: Queue, count: int) -> int:
    s = 0
    for n in range(count):
        s += n
        queue.put(n)
        if n % 5 == 0:
            gevent.sleep(0)
    queue.put(None)
    return s


def consume(queue: Queue) -> int:
    s = 0
    for item in iter(queue.get, None):
        s += item * 2
        if item % 7 == 0:
            gevent.sleep(0)
    return s


def spin(stop: Event) -> bool:
    n = 0
    while not stop.is_set():
        n += 1
        gevent.sleep(0)
    return n > 100


def run() -> list[object]:
    queue: Queue = Queue(maxsize=50)
    stop = Event()
    spinners = [gevent.spawn(spin, stop) for _ in range(3)]
    producer, consumer = gevent.spawn(produce, queue, 20_000), gevent.spawn(consume, queue)
    gevent.joinall([producer, consumer], raise_error=True)
    stop.set()
    gevent.joinall(spinners, raise_error=True)
    return [producer.value, consumer.value, [spinner.value for spinner in spinners]]


print(run())
