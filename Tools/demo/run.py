"""Runs the demo program with the JIT off and on: both times, the speed-up, and the hottest traces.

    python3 Tools/demo/run.py --python ./python

The two are run in turn, each in fresh processes, and the best time of each counts.  They must print the same.
What a trace is comes from PYTHON_JIT_LOG, how often it was entered from sys._dump_tracelets().  Exit code: 0,
or 1 when the output differs or a run fails.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROGRAM = HERE / "main.py"
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
TRACE = re.compile(r"^trace\s+(?P<number>\d+)\s+(?P<kind>\S+)\s+(?P<place>\S+:\d+)\s+(?P<rest>.*)$")
ENTERED = re.compile(r"<b>(?P<number>\d+) .*?</b><br/>entered (?P<times>\d+) times")


class DemoError(Exception):
    pass


@dataclass
class Run:
    """One way to run the program.  Times in seconds."""

    times: list[float] = field(default_factory=list)
    output: str = ""
    stats: Any = None
    dump: str = ""  # sys._dump_tracelets() at the end of the last run

    @property
    def best(self) -> float:
        return min(self.times)


@dataclass(frozen=True)
class Trace:
    number: int
    kind: str
    place: str
    rest: str
    entered: int  # times


def run_once(python: str, settings: dict[str, str], scale: float, run: Run) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    with tempfile.TemporaryDirectory(prefix="demo-") as scratch:
        command = [python, "-c", DRIVER, scratch, str(PROGRAM), str(scale)]
        start = time.perf_counter()
        done = subprocess.run(
            command, env={**environment, **settings}, capture_output=True, text=True, check=False
        )
        run.times.append(time.perf_counter() - start)
        if done.returncode != 0:
            raise DemoError(f"the program ended with exit code {done.returncode}\n{done.stderr}")
        run.output = done.stdout
        run.stats = json.loads(Path(scratch, "stats.json").read_text())
        dump = Path(scratch, "traces.dot")
        run.dump = dump.read_text(errors="replace") if dump.exists() else ""


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


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", default=sys.executable, help="(default: the one that runs this)")
    parser.add_argument("--scale", type=float, default=3.0, help="size of the program's work")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--top", type=int, default=10, help="traces to print")
    options = parser.parse_args(argv)
    off, on = Run(), Run()
    with tempfile.TemporaryDirectory(prefix="demo-log-") as scratch:
        log = Path(scratch, "jit.log")
        try:
            for _ in range(options.rounds):
                run_once(options.python, {"PYTHON_JIT": "0"}, options.scale, off)
                log.unlink(missing_ok=True)
                run_once(options.python, {"PYTHON_JIT": "1", "PYTHON_JIT_LOG": str(log)}, options.scale, on)
        except (DemoError, OSError) as error:
            print(f"demo: {error}", file=sys.stderr)
            return 1
        traces = read_traces(log.read_text(errors="replace"), on.dump) if log.exists() else []
    return show(off, on, traces, options.top)


def show(off: Run, on: Run, traces: list[Trace], top: int) -> int:
    print(off.output, end="")
    print()
    if on.output != off.output:
        print("With the JIT on the program printed something else:")
        print(on.output, end="")
        return 1
    print(f"JIT off   {off.best:8.3f} s")
    print(f"JIT on    {on.best:8.3f} s")
    print(f"speed-up  {off.best / on.best:8.2f}")
    if not isinstance(on.stats, dict):
        print("\nThis Python has no sys._jit: both runs were the plain interpreter.")
        return 0
    print(f"\n{len(traces)} traces; the hottest, with how often they were entered:")
    for trace in traces[:top]:
        print(
            f"  {trace.entered:>10}  trace {trace.number:<4} {trace.kind:<8} {trace.place:<18} {trace.rest}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
