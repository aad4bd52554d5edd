"""Weak references die at the right moment inside hot loops; callbacks run Python code there."""

import weakref


class Item:
    def __init__(self, n):
        self.n = n


def run():
    alive = dead = calls = 0

    def callback(reference):
        nonlocal calls
        calls += 1

    kept = []
    for i in range(3000):
        item = Item(i)
        reference = weakref.ref(item, callback)
        alive += reference() is item
        if i % 300 == 0:
            kept.append(item)
        item = None
        dead += reference() is None
    cache = weakref.WeakValueDictionary()
    hits = 0
    for i in range(3000):
        value = cache.get(i % 7)
        if value is None:
            value = Item(i)
            cache[i % 7] = value
            if i < 500:
                kept.append(value)
        else:
            hits += value.n
        if i == 1500:
            kept.clear()
    value = None
    table = weakref.WeakKeyDictionary()
    sizes = 0
    for i in range(1000):
        key = Item(i)
        table[key] = i
        sizes += len(table)
    return alive, dead, calls, hits, sizes, len(cache)


# result: run() == (3000, 2990, 2990, 4476, 1000, 0)
