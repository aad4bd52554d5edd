"""A local trace function is put on a running frame from a called function: line events start in mid-loop."""

import sys


def hot(count, at, start, log):
    total = 0
    i = 0
    while i < count:
        total += i
        if i == at:
            start()
        if i == at + 2:
            sys.settrace(None)
            sys._getframe().f_trace = None
        i += 1
    return total


def attempt(at):
    log = []

    def local(frame, event, arg):
        log.append((event, frame.f_lineno - frame.f_code.co_firstlineno, frame.f_locals["i"]))
        return local

    def start():
        sys.settrace(lambda frame, event, arg: None)
        sys._getframe(1).f_trace = local

    return hot(4000, at, start, log), log


def run():
    return [attempt(at) for at in (1, 1500, 3990)]


# result: digest(run()) == '952b84d54bb9b2dc'
