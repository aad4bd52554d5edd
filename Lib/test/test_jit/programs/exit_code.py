"""sys.exit from the middle of a hot loop inside a called function, with output still in the buffers."""

# exit: 3

import atexit
import sys


def leave(i):
    if i == 2500:
        sys.exit(3)
    return i


def run():
    atexit.register(print, "at exit")
    total = 0
    try:
        for i in range(5000):
            total += leave(i)
    finally:
        print("total", total)
    return total
