"""Globals read in a hot loop change: values, functions, deleted names, a builtin hidden and shown again."""

import builtins

FACTOR = 2
BIAS = 0.5


def weight(x):
    return x * FACTOR


def use_len(items):
    return len(items)


def loop(count, change):
    global FACTOR, BIAS
    total = 0
    for i in range(count):
        total += weight(i) + BIAS
        if i == change:
            FACTOR = 3
        elif i == change * 2:
            BIAS = 1
        elif i == change * 3:
            globals()["FACTOR"] = 2.5
    return total


def hidden(count):
    total = 0
    for i in range(count):
        if i == count // 4:
            globals()["len"] = lambda items: 100
        if i == count // 2:
            del globals()["len"]
        total += use_len((1, 2, 3))
    return total


def builtin_swapped(count):
    original = builtins.abs
    total = 0
    try:
        for i in range(count):
            total += abs(-i)
            if i == count // 2:
                builtins.abs = lambda x: 1
    finally:
        builtins.abs = original
    return total


def deleted(count):
    global extra
    extra = 1
    errors = 0
    for i in range(count):
        try:
            errors += extra
        except NameError:
            errors += 1000
            extra = 2
        if i % 900 == 899:
            del extra
    return errors


def function_swapped(count):
    global helper
    total = 0
    for i in range(count):
        if i % 700 == 0:
            helper = (lambda x: x + 1) if i % 1400 == 0 else (lambda x: x * 2)
        total += helper(i)
    return total


def run():
    global FACTOR, BIAS
    FACTOR, BIAS = 2, 0.5
    return loop(5000, 1200), hidden(4000), builtin_swapped(3000), deleted(4000), function_swapped(4000)


# result: run() == (33767849.5, 109000, 1127249, 11092, 12324150)
