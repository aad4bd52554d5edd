"""A timer signal arrives in loops that never leave hot code: the handler runs, and can end the loop by raising."""

import signal
import time


class Stop(Exception):
    pass


def spin_flag(state):
    n = 0
    while not state["hit"]:
        n += 1
        if n > 10**9:
            return False
    return True


def bump(n):
    return n + 1


def spin_calls(state):
    n = 0
    while True:
        n = bump(n)
        if state["hit"]:
            return n > 0


def spin_raise():
    n = 0
    try:
        while True:
            n = bump(n) if n % 2 else n + 1
    except Stop:
        return n > 0


def run():
    state = {"hit": 0}
    answers = []

    def set_flag(number, frame):
        state["hit"] += 1
        state["frame"] = frame is not None

    def stop(number, frame):
        raise Stop

    old = signal.getsignal(signal.SIGALRM)
    try:
        signal.signal(signal.SIGALRM, set_flag)
        for function in (spin_flag, spin_calls):
            state["hit"] = 0
            signal.setitimer(signal.ITIMER_REAL, 0.03)
            answers.append(function(state))
            answers.append(state["hit"])
        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, 0.03)
        answers.append(spin_raise())
        signal.signal(signal.SIGALRM, set_flag)
        state["hit"] = 0
        signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
        deadline = time.monotonic() + 30
        while state["hit"] < 10 and time.monotonic() < deadline:
            bump(1)
        answers.append(state["hit"] >= 10)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    return answers, state["frame"]


# result: run() == ([True, 1, True, 1, True, True], True)
