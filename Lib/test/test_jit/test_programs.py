"""Every program of programs/ behaves the same in tier 1, as machine code, under stress and in the trace-IR
interpreter.

Each program runs in fresh interpreters, one for each mode; its output, its stderr and its exit code are
compared, and run_program.py checks the result that stock CPython gave.  A new program needs no entry here:
put it into programs/ and write its `# result:` line with `run_program.py --bless` under stock CPython.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "programs")
RUNNER = os.path.join(HERE, "run_program.py")
TIME_LIMIT = 300  # seconds for one run of one program; a debug build in stress mode needs a few

# name, environment, runs of the program.  Loops are long enough to get hot in the first run; the second
# starts hot.
OFF = ("off", {"PYTHON_JIT": "0"}, 2)
JIT_MODES = [
    ("on", {"PYTHON_JIT": "1"}, 2),
    ("stress", {"PYTHON_JIT": "1", "PYTHON_JIT_STRESS": "1"}, 2),
    ("interpreted", {"PYTHON_JIT": "1", "PYTHON_JIT_BACKEND": "interpreter"}, 2),
    ("opaque", {"PYTHON_JIT": "1", "PYTHON_JIT_TYPED": "0"}, 2),
    ("opaque stress", {"PYTHON_JIT": "1", "PYTHON_JIT_TYPED": "0", "PYTHON_JIT_STRESS": "1"}, 2),
    (
        "opaque interpreted",
        {"PYTHON_JIT": "1", "PYTHON_JIT_BACKEND": "interpreter", "PYTHON_JIT_TYPED": "0"},
        2,
    ),
]


MOST_EXITS = 60  # of those forced; few traces of these programs have more


def forced_modes(name):
    """One exit of each trace is taken: other ones for each program."""
    first, second = random.Random(name).sample(range(1, MOST_EXITS + 1), 2)
    warm = {"PYTHON_JIT_LOOP_THRESHOLD": "30", "PYTHON_JIT_EXIT_THRESHOLD": "10", "PYTHON_JIT_MIN_RATE": "0"}
    forced = {"PYTHON_JIT": "1", "PYTHON_JIT_FORCE_EXIT": str(first)}
    stress = {"PYTHON_JIT": "1", "PYTHON_JIT_FORCE_EXIT": str(second), "PYTHON_JIT_STRESS": "1"}
    return [(f"forced {first}", {**forced, **warm}, 2), (f"forced {second}, stress", stress, 2)]


TRACES: dict[str, int] = {}  # mode -> traces compiled, over all programs that ran


def jit_available():
    jit = getattr(sys, "_jit", None)
    return jit is not None and jit.is_available()


MODES = [OFF, *(JIT_MODES if jit_available() else [])]


def program_names():
    return sorted(name[:-3] for name in os.listdir(PROGRAMS) if name.endswith(".py"))


def expected_exit(path):
    with open(path, encoding="utf-8") as source:
        for line in source:
            if line.startswith("# exit: "):
                return int(line.removeprefix("# exit: "))
    return 0


def start(path, mode, stats):
    _, settings, repeat = mode
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON_JIT")}
    environment.update(settings, PYTHONHASHSEED="0", PYTHON_COLORS="0")
    command = [sys.executable, RUNNER, "--repeat", str(repeat), "--stats", stats, path]
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finish(process):
    try:
        out, err = process.communicate(timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        err += b"\nkilled: it ran longer than %d s" % TIME_LIMIT
    return process.returncode, out.decode(errors="replace"), err.decode(errors="replace")


class ProgramTests(unittest.TestCase):
    """One method for each program, added below."""

    maxDiff = 4000

    def check_program(self, name):
        path = os.path.join(PROGRAMS, name + ".py")
        outcomes = {}
        with tempfile.TemporaryDirectory() as scratch:
            for mode in [*MODES, *(forced_modes(name) if jit_available() else [])]:
                stats = os.path.join(scratch, mode[0] + ".json")
                outcomes[mode[0]] = finish(start(path, mode, stats))
                self.note_stats(mode[0], stats)
        reference = outcomes["off"]
        self.assertEqual(reference[0], expected_exit(path), reference)
        for mode, outcome in outcomes.items():
            with self.subTest(program=name, mode=mode):
                self.assertEqual(outcome[0], reference[0], f"exit code; stderr:\n{outcome[2]}")
                self.assertEqual(outcome[1], reference[1], "stdout")
                self.assertEqual(outcome[2], reference[2], "stderr")

    def note_stats(self, mode, path):
        if os.path.exists(path):
            with open(path, encoding="utf-8") as source:
                stats = json.load(source)
            if stats is not None:
                TRACES[mode] = TRACES.get(mode, 0) + stats.get("traces", 0)


class ZZReachTests(unittest.TestCase):
    """Runs after the programs: the modes compared were really different ones."""

    @unittest.skipUnless(jit_available(), "this build has no JIT: only tier 1 was checked")
    def test_traces_were_compiled(self):
        if not TRACES:
            self.skipTest("no program ran before this test")
        self.assertEqual(TRACES.get("off", 0), 0)
        for mode, _, _ in JIT_MODES:
            with self.subTest(mode=mode):
                self.assertGreater(TRACES.get(mode, 0), 0)

    def test_programs_are_found(self):
        self.assertGreaterEqual(len(program_names()), 70)


def add_methods():
    for name in program_names():

        def method(self, name=name):
            self.check_program(name)

        method.__name__ = "test_" + name
        method.__qualname__ = f"ProgramTests.{method.__name__}"
        setattr(ProgramTests, method.__name__, method)


add_methods()

if __name__ == "__main__":
    unittest.main()
