"""for over every built-in iterator: range with steps, enumerate, zip, reversed, dict views, files, strings, iter(f, x)."""

import io


def run():
    total = 0
    for i in range(5000, -5000, -3):
        total += i
    for i, c in enumerate("abcdefghij" * 200, start=5):
        total += i * (c == "c")
    for a, b, c in zip(range(3000), reversed(range(3000)), "xyz" * 1000):
        total += a * 2 - b + (c == "z")
    table = {i: i * i for i in range(1500)}
    for key in table:
        total += key
    for value in table.values():
        total -= value
    for key, value in table.items():
        total += value - key
    for line in io.StringIO("one\ntwo three\n" * 700):
        total += len(line)
    for byte in bytes(range(256)) * 8:
        total += byte
    feed = iter(range(2000))
    for value in iter(lambda: next(feed), 1800):
        total += value
    for n in range(2**62, 2**62 + 1500):
        total ^= n & 15
    for empty in ((), [], "", range(0), {}):
        for _ in empty:
            total = 0
    for item in map(None.__class__, []):
        total = item
    return total


# result: run() == 6591587
