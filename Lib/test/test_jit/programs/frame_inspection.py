"""Frames looked at from hot loops: sys._getframe, f_back, f_lineno, f_locals, locals(), vars(), and writes to them."""

import sys


def caller_name():
    return sys._getframe(1).f_code.co_name


def caller_locals():
    return dict(sys._getframe(1).f_locals)


def middle(a):
    b = a + 1
    seen = caller_locals()
    return seen["a"] + seen["b"] + len(seen)


def set_caller(name, value):
    sys._getframe(1).f_locals[name] = value


def lines():
    frame = sys._getframe(1)
    return frame.f_lineno - frame.f_code.co_firstlineno


def depth():
    frame, n = sys._getframe(), 0
    while frame is not None and frame.f_code.co_name != "run":
        frame, n = frame.f_back, n + 1
    return n


def nest(n):
    return depth() if n == 0 else nest(n - 1)


def run():
    names = total = 0
    for i in range(3000):
        names += caller_name() == "run"
        total += middle(i)
        copied = locals()
        total += copied["i"] + ("copied" in copied and 0)
        if i % 5 == 0:
            set_caller("total", total + 1)
        total += lines()
        total -= (lines()
                  + lines())  # fmt: skip
        total += nest(i % 6)
    return names, total


# result: run() == (3000, 13482600)
