"""Switches of the interpreter flipped inside hot loops: gc thresholds, switch interval, int digits, audit of warnings."""

import gc
import sys
import warnings


def allocate(n):
    keep = []
    for i in range(n):
        keep.append([i])
        if len(keep) > 40:
            keep.pop(0)
    return len(keep)


def warn_here(i):
    warnings.warn(f"number {i}", UserWarning, stacklevel=2)
    return 1


def run():
    old_threshold, old_interval = gc.get_threshold(), sys.getswitchinterval()
    old_digits = sys.get_int_max_str_digits()
    total = 0
    try:
        for i in range(120):
            gc.set_threshold(1 + i % 50, 2, 2)
            sys.setswitchinterval(1e-5 * (1 + i % 3))
            total += allocate(60)
            if i == 60:
                gc.disable()
            elif i == 90:
                gc.enable()
    finally:
        gc.set_threshold(*old_threshold)
        sys.setswitchinterval(old_interval)
        gc.enable()
    try:
        failed = 0
        sys.set_int_max_str_digits(700)
        for i in range(900):
            try:
                str(10**i)
            except ValueError:
                failed += 1
    finally:
        sys.set_int_max_str_digits(old_digits)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for i in range(1200):
            total += warn_here(i)
    line = {w.lineno - run.__code__.co_firstlineno for w in caught}
    return total, failed, len(caught), line, str(caught[-1].message)


# result: run() == (6000, 200, 1200, {30}, 'number 1199')
