"""Measures interpreters against each other, taking turns, and compares what they compute.

    python3 Tools/bench/run.py --python stock=build/stock/python \\
        --python off=./python,PYTHON_JIT=0 --python on=./python,PYTHON_JIT=1 --table --json bench.json

Each round of each benchmark starts one process of every interpreter; they take turns on one processor, a
value each (A B C A B C, turns.py), so that what the machine does meanwhile hits all alike.  Loop counts
come from one calibration with the first interpreter and are the same for all.  Rounds are added to a
benchmark until its speeds would come out again within 5 % (repeat.py), up to --most-rounds; a speed that
would not is marked, and never named as best or worst.  In the end, benchmarks that look slower with the
last --python are measured again, by themselves.

--against=PROGRAM is one more column, and ratios against it: any python3.13, or "debian", the package of that
distribution, which is unpacked into the build folder.

Exit code: 0; 1 when a benchmark failed or a result differs; 2 when the arguments or the set-up are wrong.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from Tools.bench import report, suite, turns
from Tools.build import distribution
from Tools.build.common import BuildError
from Tools.build.config import load_base


@dataclass(frozen=True)
class Interpreter:
    name: str
    path: Path
    settings: dict[str, str]


@dataclass(frozen=True)
class Effort:
    """How long to measure.  Seconds: of one value, of the warm-up, of the values of one process.

    `rounds` are run always; further ones, up to `most_rounds`, while speeds do not repeat.
    """

    rounds: int
    min_time: float
    warmup_time: float
    values_time: float
    time_limit: float = 600.0
    most_rounds: int = 0
    clock: str = "wall"


FULL = Effort(rounds=3, min_time=0.05, warmup_time=0.5, values_time=0.5, most_rounds=12)
FAST = Effort(rounds=1, min_time=0.01, warmup_time=0.15, values_time=0.1)
AGAIN = {"rounds": 5, "most_rounds": 12}  # what is measured again
AGAIN_BELOW = 0.97


def parse_interpreter(text: str) -> Interpreter:
    """NAME=PATH[,VARIABLE=VALUE...]"""
    first, *rest = text.split(",")
    name, separator, path = first.partition("=")
    settings = dict(item.partition("=")[::2] for item in rest)
    if not (name and separator and path) or not all("=" in item for item in rest):
        raise suite.SuiteError(f"--python {text}: expected NAME=PATH[,VARIABLE=VALUE...]")
    if not Path(path).exists():
        raise suite.SuiteError(f"--python {text}: there is no {path}; build it first (make, make stock)")
    return Interpreter(name, Path(path).absolute(), settings)


def parse_interpreters(texts: list[str]) -> list[Interpreter]:
    interpreters = [parse_interpreter(text) for text in texts]
    if len({interpreter.name for interpreter in interpreters}) != len(interpreters):
        raise suite.SuiteError("two interpreters have the same name")
    return interpreters


def parse_against(program: str, build: Path) -> str:
    """--against as a --python argument: it is called debian, or as its file is."""
    if program == "debian":
        try:
            return f"debian={distribution.ensure(load_base(), build)}"
        except BuildError as error:
            raise suite.SuiteError(f"--against debian: {error}") from error
    path = Path(shutil.which(program) or program)
    parse_interpreter(f"{path.name}={path}")
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([path, "-I", "-c", code], capture_output=True, text=True, check=False)
    except OSError as error:
        raise suite.SuiteError(f"--against {program}: {error.strerror}") from error
    if done.stdout.strip() != "3.13":
        raise suite.SuiteError(f"--against {program}: it says {done.stdout.strip() or 'nothing'}, not 3.13")
    return f"{path.name}={path}"


def run_workers(
    interpreters: list[Interpreter], job: dict[str, Any], time_limit: float
) -> list[dict[str, Any]]:
    """The reports of one worker for each interpreter; they take turns, value by value."""
    programs = [
        turns.Program(interpreter.name, interpreter.path, suite.clean_environment(interpreter.settings))
        for interpreter in interpreters
    ]
    return turns.run(programs, job, time_limit)


def plan(script: suite.Script, first: Interpreter, effort: Effort) -> dict[str, Any]:
    """The job for all interpreters: calibrated loops and counts for each benchmark that the script names."""
    job: dict[str, Any] = {
        "for_pyperf": script.for_pyperf,
        "script": str(script.path),
        "args": list(script.args),
        "library": "" if script.library is None else str(script.library),
        "loops": {},
        "min_time": effort.min_time,
        "clock": "wall",
        "warmups": {},
        "values": {},
        "check": False,
    }
    # By the wall: what sleeps would be repeated without end.
    calibration = run_workers([first], job, effort.time_limit)[0]["benchmarks"]
    job["clock"] = effort.clock
    for name, found in calibration.items():
        job["loops"][name] = found["loops"]
        job["warmups"][name] = min(20, math.ceil(effort.warmup_time / found["value_time"]))
        fewest = 2 if found["value_time"] < 1.0 and effort.values_time else 1
        job["values"][name] = min(20, max(fewest, math.ceil(effort.values_time / found["value_time"])))
    return job


def row_name(name: str, script: suite.Script, results: report.Results) -> str:
    """The name of a benchmark in the results; suites may have programs of the same name."""
    return name if results.suite_of.get(name, script.kind) == script.kind else f"{name} ({script.kind})"


def measure(
    script: suite.Script, interpreters: list[Interpreter], effort: Effort, results: report.Results
) -> int:
    """Measure the benchmarks of a script; return how many rounds that took."""
    job = plan(script, interpreters[0], effort)
    rows = {name: row_name(name, script, results) for name in job["loops"]}
    done = 0
    while done < effort.rounds or (
        done < effort.most_rounds and not all(results.settled(row) for row in rows.values())
    ):
        job["check"] = done == 0
        reports = run_workers(interpreters, job, effort.time_limit)
        for interpreter, found in zip(interpreters, reports, strict=True):
            results.jit.setdefault(script.name, {})[interpreter.name] = found["jit"]
            results.versions[interpreter.name] = found["version"]
            for name, numbers in found["benchmarks"].items():
                results.suite_of[rows[name]] = script.kind
                row = results.series.setdefault(rows[name], {})
                series = row.setdefault(interpreter.name, report.Series())
                series.rounds.append(numbers["values"])
                series.first.append(numbers["first"])
                series.peak_kb.append(found["peak_kb"])
                if job["check"]:
                    series.digest = f"{numbers['digest']}-{found['printed']}"
                    series.compared = numbers["compared"]
        done += 1
    return done


def measure_all(
    scripts: list[suite.Script],
    interpreters: list[Interpreter],
    effort: Effort,
    results: report.Results,
) -> dict[suite.Script, list[str]]:
    """Measure one script after the other; return which benchmarks came from each."""
    made: dict[suite.Script, list[str]] = {}
    for number, script in enumerate(scripts, start=1):
        print(f"[{number}/{len(scripts)}] {script.name}", end="", file=sys.stderr, flush=True)
        start = time.monotonic()
        before = set(results.series)
        try:
            rounds = f"{measure(script, interpreters, effort, results)} rounds"
        except turns.WorkerFailed as error:
            results.failures.append(f"{script.name}: {error}")
            rounds = f"failed: {error}"
        made[script] = [name for name in results.series if name not in before]
        print(f"  {time.monotonic() - start:.1f} s, {rounds}", file=sys.stderr, flush=True)
    return made


def measure_again(
    below: list[str],
    made: dict[suite.Script, list[str]],
    scripts: list[suite.Script],
    interpreters: list[Interpreter],
    effort: Effort,
    results: report.Results,
) -> None:
    """Measure benchmarks anew, with nothing else in between, and put that in the place of what was found."""
    wanted = [script for script in scripts if not set(below).isdisjoint(made[script])]
    newer = report.Results(results.interpreters, results.against, results.clock, dict(results.suite_of))
    effort = dataclasses.replace(
        effort,
        rounds=max(effort.rounds, AGAIN["rounds"]),
        most_rounds=max(effort.most_rounds, AGAIN["most_rounds"]),
    )
    print(f"again, as they look slow: {', '.join(below)}", file=sys.stderr, flush=True)
    measure_all(wanted, interpreters, effort, newer)
    results.failures += newer.failures
    complete = set(newer.complete())
    results.replace([name for name in below if name in complete], newer)


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", action="append", required=True, metavar="NAME=PATH[,VAR=VALUE...]")
    parser.add_argument("--suite", choices=suite.SUITES, default="all")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="scripts to run, by name")
    parser.add_argument(
        "--fast", action="store_true", help="one round, short values, slow ones left out: a look only"
    )
    parser.add_argument("--against", metavar="PROGRAM", help="one more, not ours: a python3.13, or debian")
    parser.add_argument(
        "--clock",
        choices=("wall", "processor"),
        default="wall",
        help="what is timed: processor time where others work on the machine too; it knows no waiting",
    )
    parser.add_argument("--rounds", type=int, help="processes for each interpreter and benchmark, at least")
    parser.add_argument("--most-rounds", type=int, help="and at most, where speeds do not repeat")
    parser.add_argument(
        "--again-below",
        type=float,
        default=AGAIN_BELOW,
        metavar="SPEED",
        help=f"measure again what is slower than this (default {AGAIN_BELOW}; 0: nothing)",
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="write every value and the summary")
    parser.add_argument("--table", action="store_true", help="print the table (default without --json)")
    parser.add_argument("--build", type=Path, default=suite.ROOT / "build", help="where downloads go")
    options = parser.parse_args(argv)
    options.build = options.build.resolve()  # apt wants whole paths
    return options


def main(argv: list[str] | None = None) -> int:
    options = arguments(argv)
    try:
        texts = options.python + ([parse_against(options.against, options.build)] if options.against else [])
        interpreters = parse_interpreters(texts)
        scripts = suite.select(options.suite, options.build, options.only, options.fast)
    except suite.SuiteError as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 2
    effort = FAST if options.fast else FULL
    rounds = options.rounds or effort.rounds
    most = options.most_rounds or max(rounds, effort.most_rounds)
    effort = dataclasses.replace(effort, rounds=rounds, most_rounds=most, clock=options.clock)
    against = interpreters[-1].name if options.against else ""
    results = report.Results([interpreter.name for interpreter in interpreters], against, options.clock)
    try:
        made = measure_all(scripts, interpreters, effort, results)
        if below := results.below(options.again_below):
            measure_again(below, made, scripts, interpreters, effort, results)
    except KeyboardInterrupt:
        # A run takes hours: what there is by now is worth having.
        results.failures.append("interrupted: some benchmarks are missing, or have fewer rounds")
    results.compare_digests()
    if options.json:
        options.json.write_text(json.dumps(report.as_json(results), indent=1) + "\n")
    if options.table or not options.json:
        print(report.table(results))
    for failure in results.failures:
        print(f"FAILED {failure}")
    return 1 if results.failures else 0


if __name__ == "__main__":
    # What a time limit sends is an interruption too; SIGINT itself is ignored in a background shell.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
