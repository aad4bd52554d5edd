"""Runs the demo program, planets.py, with the JIT off and on; prints both times and how much faster it was.

    python3 Tools/demo/run.py --python ./python [--details]

Times are processor time of whole processes, with start and compiling.  The two are run in turn, and the
best time of each counts: what else the machine does only ever adds.  It goes on until the best two of
each are alike, so the same numbers come again.  Both must print the same.  --details also prints that,
all the times, and the hottest traces: what a trace is comes from PYTHON_JIT_LOG, how often it was
entered from _dump_tracelets(), both of a run of their own.  Exit code: 0, or 1 when the output differs
or a run fails.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROGRAM = HERE / "planets.py"
ALIKE = 1.02  # the second best time over the best one
# Runs the program as a script would be, then leaves the statistics and the dump of traces in the folder that
# argument 1 names.
DRIVER = """
import json, os, runpy, sys
out, script = sys.argv[1:3]
del sys.argv[:2]
sys.path.insert(0, os.path.dirname(script))
runpy.run_path(script, run_name="__main__")
stats = getattr(getattr(sys, "_jit", None), "stats", lambda: None)()
with open(os.path.join(out, "stats.json"), "w") as file:
    json.dump(stats, file, default=str)
if stats is not None:
    sys._dump_tracelets(os.path.join(out, "traces.dot"))
"""
TRACE = re.compile(r"^\[\d+\] trace\s+(?P<number>\d+)\s+(?P<kind>\S+)\s+(?P<place>\S+:\d+)\s+(?P<rest>.*)$")
ENTERED = re.compile(r"<b>(?P<number>\d+) .*?</b><br/>entered (?P<times>\d+) times")


class DemoError(Exception):
    pass


@dataclass
class Way:
    """One way to run the program.  Times in seconds of the processor, in the order of the runs."""

    times: list[float] = field(default_factory=list)
    output: str = ""

    @property
    def best(self) -> float:
        return min(self.times)

    @property
    def settled(self) -> bool:
        best = sorted(self.times)[:2]
        return len(best) == 2 and best[1] <= best[0] * ALIKE


@dataclass(frozen=True)
class Trace:
    number: int
    kind: str
    place: str
    rest: str
    entered: int  # times


def run(command: list[str], **settings: str) -> tuple[str, float]:
    """What it prints, and its processor time in seconds.  The caller's settings of Python do not count."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command,
        env={**environment, "PYTHONHASHSEED": "0", **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise DemoError(f"the program ended with exit code {done.returncode}\n{done.stderr}")
    return done.stdout, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure(python: str, years: float, rounds: int) -> tuple[Way, Way]:
    """The program with the JIT off and on, in turn, at most so many rounds."""
    off, on = Way(), Way()
    for _ in range(rounds):
        for way, switch in (off, "0"), (on, "1"):
            way.output, time = run([python, str(PROGRAM), str(years)], PYTHON_JIT=switch)
            way.times.append(time)
        if off.settled and on.settled:
            break
    return off, on


def look(python: str, years: float) -> tuple[Any, list[Trace]]:
    """sys._jit.stats() at the end of a run, and its traces; None where there is no JIT."""
    with tempfile.TemporaryDirectory(prefix="demo-") as scratch:
        log, dump = Path(scratch, "jit.log"), Path(scratch, "traces.dot")
        command = [python, "-c", DRIVER, scratch, str(PROGRAM), str(years)]
        run(command, PYTHON_JIT="1", PYTHON_JIT_LOG=str(log))
        stats = json.loads(Path(scratch, "stats.json").read_text())
        if not log.exists() or not dump.exists():
            return stats, []
        return stats, read_traces(log.read_text(errors="replace"), dump.read_text(errors="replace"))


def read_traces(log: str, dump: str) -> list[Trace]:
    """The traces a log tells of, with the entry counts of the dump, the hottest first.

    A trace that was dropped before the end is in the log alone: it counts as never entered.
    """
    entered = {int(match["number"]): int(match["times"]) for match in ENTERED.finditer(dump)}
    traces = []
    for line in log.splitlines():
        match = TRACE.match(line)
        if match:
            number = int(match["number"])
            rest = " ".join(match["rest"].split())
            traces.append(Trace(number, match["kind"], match["place"], rest, entered.get(number, 0)))
    return sorted(traces, key=lambda trace: -trace.entered)


def show(off: Way, on: Way) -> int:
    if on.output != off.output:
        print("With the JIT on the program printed something else:")
        print(off.output, on.output, sep="\n", end="")
        return 1
    print(f"JIT off  {off.best:6.2f} s of processor time")
    print(f"JIT on   {on.best:6.2f} s")
    restless = "" if off.settled and on.settled else "  (the machine is busy: the best two runs differ)"
    print(f"{off.best / on.best:.1f} times as fast{restless}")
    return 0


def show_details(off: Way, on: Way, stats: Any, traces: list[Trace], top: int) -> None:
    print("\nThe program printed")
    print(on.output, end="")
    for name, way in ("off", off), ("on", on):
        print(f"JIT {name:4} {len(way.times)} runs, s:", *(f"{time:.2f}" for time in way.times))
    if not isinstance(stats, dict):
        print("This Python has no sys._jit: all runs were the plain interpreter.")
        return
    print(f"{len(traces)} traces; the hottest, with how often they were entered:")
    for trace in traces[:top]:
        print(
            f"  {trace.entered:>10}  trace {trace.number:<4} {trace.kind:<8} {trace.place:<18} {trace.rest}"
        )


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", default=sys.executable, help="(default: the one that runs this)")
    parser.add_argument("--years", type=float, default=166.0, help="size of the program's work")
    parser.add_argument("--rounds", type=int, default=10, help="the most (default: 10)")
    parser.add_argument(
        "--details", action="store_true", help="what it printed, all times, the hottest traces"
    )
    parser.add_argument("--top", type=int, default=10, help="traces to print")
    options = parser.parse_args(argv)
    try:
        off, on = measure(options.python, options.years, options.rounds)
        failed = show(off, on)
        if options.details:
            show_details(off, on, *look(options.python, options.years), options.top)
    except (DemoError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
