"""Line numbers in tracebacks and frames, for errors in every place of a hot body, relative to the function."""

import traceback


def body(i):
    a = [1, 2, 3]
    b = a[i]
    c = {1: 1, 2: 2, 3: "x"}
    d = (
        c[b]
        + 1
    )  # fmt: skip
    if d == 2:
        d = 10 // (i - 0)
    return nested(d,
                  b)  # fmt: skip


def nested(d, b):
    return sum(
        [
            x.bit_length() / (3 - b)
            for x in (d, b)
        ]
    )  # fmt: skip


def looped(values):
    total = 0
    for value in values:
        total += 1
        total += value
    return total


def lines(error):
    return [
        (entry.name, entry.lineno - first, entry.colno, entry.end_colno)
        for entry, first in zip(traceback.extract_tb(error.__traceback__), firsts(error))
    ]


def firsts(error):
    step = error.__traceback__
    while step is not None:
        yield step.tb_frame.f_code.co_firstlineno
        step = step.tb_next


def run():
    seen = {}
    for i in range(3000):
        try:
            body(i % 4)
        except Exception as error:
            key = (type(error).__name__, tuple(lines(error)))
            seen[key] = seen.get(key, 0) + 1
    for at in (0, 1, 1500, 2999):
        values = [1] * 3000
        values[at] = None
        try:
            looped(values)
        except TypeError as error:
            key = (type(error).__name__, tuple(lines(error)))
            seen[key] = seen.get(key, 0) + 1
    return seen


# result: digest(run()) == 'a27292ee1315163e'
