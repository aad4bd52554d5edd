"""Several threads run the same hot functions, with different types, and change a shared counter under a lock."""

import sys
import threading


def work(start, count, step):
    total = start
    for _ in range(count):
        total = total + step
    return total


class Shared:
    def __init__(self):
        self.lock = threading.Lock()
        self.value = 0

    def bump(self, times):
        for _ in range(times):
            with self.lock:
                self.value += 1


def numbers(limit):
    for i in range(limit):
        yield i


def run():
    old = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    results = {}
    shared = Shared()
    try:

        def body(index, start, step):
            value = work(start, 12000, step)
            shared.bump(800)
            results[index] = value, sum(numbers(3000))

        inputs = [(0, 1), (0.5, 0.25), (0, 2**62), ("", "a")]
        threads = [
            threading.Thread(target=body, args=(index, start, step))
            for index, (start, step) in enumerate(inputs)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(old)
    texts = len(results[3][0])
    return [results[i] for i in range(3)], texts, shared.value


# result: run() == ([(12000, 4498500), (3000.5, 4498500), (55340232221128654848000, 4498500)], 12000, 3200)
