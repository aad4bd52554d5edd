"""Interpreters with a GIL of their own, which run at the same time as the main one and its JIT."""

import textwrap
import unittest

from test.support import import_helper
from test.support.script_helper import assert_python_ok

import_helper.import_module("_interpreters")

LOW = {"PYTHON_JIT_LOOP_THRESHOLD": "4", "PYTHON_JIT_CALL_THRESHOLD": "4", "PYTHON_JIT_EXIT_THRESHOLD": "2"}

# Runs in every interpreter: functions with a hot loop, a call and a branch are made, run and dropped.
WORK = r'''
SOURCE = """
def called(x):
    return x + {n} & 1023

def loop(n):
    total = {n}
    for i in range(n):
        total += called(i) ^ total & 7
        if total % 5 == {n}:
            total += 1
    return total
"""

def work(number, rounds, size):
    total = 0
    for n in range(rounds):
        space = {}
        exec(SOURCE.format(n=n % 5 + number), space)
        total += space["loop"](size) + space["loop"](size // 5)
    return total
'''

PROGRAM = r'''
import sys, threading, _interpreters

ROUNDS, SIZE = ARGUMENTS
exec(WORK)
failures = []

def in_interpreter(number):
    interpreter = _interpreters.create("isolated")
    failure = _interpreters.exec(
        interpreter, f"{WORK}\nassert work({number}, {ROUNDS}, {SIZE}) == {expected[number]}"
    )
    if failure is not None:
        failures.append(failure.formatted)
    _interpreters.destroy(interpreter)

expected = [work(number, ROUNDS, SIZE) for number in range(3)]
threads = [threading.Thread(target=in_interpreter, args=(number,)) for number in (1, 2)]
for thread in threads:
    thread.start()
same = work(0, ROUNDS, SIZE) == expected[0]
for thread in threads:
    thread.join()
print(same, failures, sys._jit.stats()["traces"] > ROUNDS // 2)
'''


class OwnGil(unittest.TestCase):
    def check(self, rounds, size, **env):
        header = f"WORK = {WORK!r}\nARGUMENTS = {rounds}, {size}\n"
        out = assert_python_ok("-c", header + textwrap.dedent(PROGRAM), PYTHON_JIT="1", **env)[1]
        self.assertEqual(out.decode().splitlines(), ["True [] True"])

    def test_hot_functions_are_made_and_dropped_at_the_same_time(self):
        self.check(1500, 150, **LOW)

    def test_the_same_at_the_usual_thresholds(self):
        self.check(300, 6000)

    def test_the_same_where_everything_is_hot(self):
        self.check(400, 50, PYTHON_JIT_STRESS="1")


if __name__ == "__main__":
    unittest.main()
