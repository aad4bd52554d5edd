"""Runs one program in every mode, and says how the modes differ."""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# The first is the reference: tier 1 alone.
MODES: dict[str, dict[str, str]] = {
    "off": {"PYTHON_JIT": "0"},
    "on": {"PYTHON_JIT": "1"},
    "stress": {"PYTHON_JIT": "1", "PYTHON_JIT_STRESS": "1"},
    "interpreted": {"PYTHON_JIT": "1", "PYTHON_JIT_STRESS": "1", "PYTHON_JIT_BACKEND": "interpreter"},
}
# For programs on numbers: typed traces, in the trace-IR interpreter and as machine code.
PASSES = ("fold", "cse", "forward", "dead", "peel", "side", "virtual", "raise")
NATIVE = {"PYTHON_JIT": "1", "PYTHON_JIT_TYPED": "1"}
TYPED = NATIVE | {"PYTHON_JIT_BACKEND": "interpreter"}
STRESS = {"PYTHON_JIT_STRESS": "1"}
WARM = {"PYTHON_JIT_LOOP_THRESHOLD": "30", "PYTHON_JIT_EXIT_THRESHOLD": "20", "PYTHON_JIT_MIN_RATE": "0"}
TYPED_MODES: dict[str, dict[str, str]] = {
    "off": {"PYTHON_JIT": "0"},
    "typed": TYPED | WARM,
    "typed, stress": TYPED | STRESS,
    "native": NATIVE | WARM,
    "native, stress": NATIVE | STRESS,
    "typed, no passes": TYPED | WARM | {"PYTHON_JIT_PASSES_OFF": ",".join(PASSES)},
    "native, no peeling": NATIVE | WARM | {"PYTHON_JIT_PASSES_OFF": "peel"},
}
# Exits that are forced have numbers up to this; few traces have more.
MOST_EXITS = 90
TIMED_OUT = -1000


def typed_modes(seed: int) -> dict[str, dict[str, str]]:
    """TYPED_MODES, and some in which one exit of every trace is taken: from seed to seed other ones."""
    forced = random.Random(seed).sample(range(1, MOST_EXITS + 1), 8)
    modes = dict(TYPED_MODES)
    for turn, number in enumerate(forced):
        name, backend = ("native", NATIVE) if turn < 5 else ("typed", TYPED)
        modes[f"{name}, forced {number}"] = backend | WARM | {"PYTHON_JIT_FORCE_EXIT": str(number)}
    return modes


@dataclass(frozen=True)
class Outcome:
    """How a process ended.  `code` is negative for a signal, TIMED_OUT when it was killed by us."""

    code: int
    out: str
    err: str

    def describe(self) -> str:
        if self.code == TIMED_OUT:
            return "ran out of time"
        tail = self.err.strip().splitlines()[-3:]
        return f"exit code {self.code}" + "".join(f"\n    {line}" for line in tail)


@dataclass(frozen=True)
class Difference:
    mode: str
    reference: Outcome
    other: Outcome

    def describe(self) -> str:
        if self.reference.code != self.other.code:
            return f"off: {self.reference.describe()}\n{self.mode}: {self.other.describe()}"
        for name in ("out", "err"):
            left, right = getattr(self.reference, name).splitlines(), getattr(self.other, name).splitlines()
            for number in range(max(len(left), len(right))):
                a = left[number] if number < len(left) else "(nothing)"
                b = right[number] if number < len(right) else "(nothing)"
                if a != b:
                    return f"line {number + 1} of std{name}\n  off: {a}\n  {self.mode}: {b}"
        return "no difference"

    @property
    def kind(self) -> tuple[str, object]:
        """What the shrinker keeps: the mode, and whether the process died or computed something else."""
        return self.mode, self.other.code if self.other.code != self.reference.code else "output"


class Runner:
    """Runs program texts with one Python.  time_limit: seconds for one process."""

    def __init__(
        self, python: str, time_limit: float = 60, modes: Mapping[str, Mapping[str, str]] = MODES
    ) -> None:
        self.python = os.path.abspath(python)
        self.time_limit = time_limit
        self.modes = modes

    def run(self, text: str, settings: Mapping[str, str]) -> Outcome:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        environment.update(settings, PYTHONHASHSEED="0")
        with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
            Path(scratch, "program.py").write_text(text)
            command = [self.python, "-W", "ignore", "program.py"]
            try:
                done = subprocess.run(
                    command,
                    cwd=scratch,
                    env=environment,
                    capture_output=True,
                    timeout=self.time_limit,
                    check=False,
                    stdin=subprocess.DEVNULL,
                )
            except subprocess.TimeoutExpired:
                return Outcome(TIMED_OUT, "", "")
            # Tracebacks show the folder, which has another name each time.
            out, err = (
                data.decode(errors="replace").replace(scratch, "") for data in (done.stdout, done.stderr)
            )
            return Outcome(done.returncode, out, err)

    def compare(self, text: str, only: str | None = None) -> Difference | None:
        """The first mode that differs from the reference; None when all agree.

        A program that the reference does not end in time is no finding; the generator keeps programs short.
        """
        names = list(self.modes)
        reference = self.run(text, self.modes[names[0]])
        if reference.code == TIMED_OUT:
            return None
        for name in [only] if only else names[1:]:
            other = self.run(text, self.modes[name])
            if other != reference:
                return Difference(name, reference, other)
        return None
