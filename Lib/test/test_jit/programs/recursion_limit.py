"""Runs into the recursion limit again and again: same depth each time, and the program goes on."""

import sys


class Chain:
    def __init__(self, depth):
        self.depth = depth

    def __getattr__(self, name):
        return self.missing

    def walk(self, n):
        return self.walk(n + 1)


def endless(n):
    global deepest
    deepest = n
    return endless(n + 1) + 1


def generator_chain(n):
    yield n
    yield from generator_chain(n + 1)


def limited(function, *args):
    try:
        function(*args)
    except RecursionError as error:
        return type(error).__name__
    return "no error"


def run():
    old = sys.getrecursionlimit()
    depths, results = [], set()
    here = 0
    frame = sys._getframe()
    while frame is not None:
        here += 1
        frame = frame.f_back
    try:
        for limit in (300, 500, 300, 800, 300, 300):
            sys.setrecursionlimit(limit + here)
            results.add(limited(endless, 0))
            depths.append(deepest - limit)
            results.add(limited(Chain(1).walk, 0))
            results.add(limited(lambda: sum(1 for _ in generator_chain(0))))
        for _ in range(20):
            results.add(limited(endless, 0))
            depths.append(deepest - 300)
    finally:
        sys.setrecursionlimit(old)
    return len(set(depths)), sorted(results), Chain(2).walk.__name__


deepest = 0


# result: run() == (1, ['RecursionError'], 'walk')
