"""Compares what every benchmark computes in several interpreters, with few loops and without regard to time.

    python3 Tools/bench/check.py --python stock=build/stock/python --python on=./python,PYTHON_JIT=1

The first interpreter says what is right.  Of each other one with PYTHON_JIT=1 the statistics must show that
traces were made and left again while the benchmarks ran, as machine code, or with
PYTHON_JIT_BACKEND=interpreter as none; with PYTHON_JIT=0 no trace may be there.  Scripts whose work traces do
not see are named in benchmarks.toml.  Exit code: 0; 1 when a result or a statistic is not as expected; 2 when
the arguments or the set-up are wrong.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from Tools.bench import report, run, suite, turns

# Calls are repeated until they take this long in the first interpreter: enough to get hot.
CHECK = run.Effort(rounds=1, min_time=0.1, warmup_time=0.0, values_time=0.0, time_limit=1800.0)


def trace_problem(settings: Mapping[str, str], stats: Any) -> str:
    """Return "" or what the statistics of a process with these settings should not say."""
    jit = settings.get("PYTHON_JIT")
    if jit is None:
        return ""
    if not isinstance(stats, dict):
        return "there is no sys._jit"
    if jit == "0":
        return "there are traces" if stats["traces"] else ""
    if not stats["timed"]["traces"]:
        return "no trace was made"
    if not stats["timed"]["exits_taken"]:
        return "no trace was left, so none is known to have run"
    if settings.get("PYTHON_JIT_BACKEND") == "interpreter":
        return "traces were to be interpreted, but there is machine code" if stats["code_bytes"] else ""
    return "" if stats["code_bytes"] else "there is no machine code"


def check_script(
    script: suite.Script, interpreters: list[run.Interpreter], no_traces: Mapping[str, str]
) -> report.Results:
    """Run one script; everything that is wrong with it is in the failures of what is returned."""
    results = report.Results([interpreter.name for interpreter in interpreters])
    try:
        run.measure(script, interpreters, CHECK, results)
    except turns.WorkerFailed as error:
        results.failures.append(f"{script.name}: {error}")
    results.compare_digests()
    for interpreter in interpreters:
        if interpreter.name not in results.jit.get(script.name, {}):
            continue
        problem = trace_problem(interpreter.settings, results.jit[script.name][interpreter.name])
        if problem and not (script.name in no_traces and problem.startswith("no ")):
            results.failures.append(f"{script.name}: {interpreter.name}: {problem}")
    return results


def lines(script: suite.Script, results: report.Results) -> list[str]:
    """One line for each benchmark of the script: what was compared, which agree; then the traces of each."""
    first, *others = results.interpreters
    out = []
    for name, row in results.series.items():
        words = [
            f"{other} {'same' if row[other].digest == row[first].digest else 'DIFFERS'}" for other in others
        ]
        out.append(f"{name:<34} {row[first].compared:<32} {', '.join(words)}")
    if not results.series:
        out.append(f"{script.name:<34} FAILED")
    counts = []
    for interpreter in others:
        stats = results.jit.get(script.name, {}).get(interpreter)
        if isinstance(stats, dict):
            timed = stats["timed"]
            counts.append(f"{interpreter} {timed['traces']} made, {timed['exits_taken']} left")
    out.append(f"  traces: {', '.join(counts) or 'none'}")
    return out


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", action="append", required=True, metavar="NAME=PATH[,VAR=VALUE...]")
    parser.add_argument("--suite", choices=suite.SUITES, default="all")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="scripts to run, by name")
    parser.add_argument("--fast", action="store_true", help="leave the slow scripts out")
    parser.add_argument("--build", type=Path, default=suite.ROOT / "build", help="where downloads go")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    options = arguments(argv)
    try:
        interpreters = run.parse_interpreters(options.python)
        scripts = suite.select(options.suite, options.build, options.only, options.fast)
    except suite.SuiteError as error:
        print(f"check.py: {error}", file=sys.stderr)
        return 2
    no_traces = suite.read_data()["check"]["no_traces"]
    failures: list[str] = []
    benchmarks = 0
    for script in scripts:
        start = time.monotonic()
        results = check_script(script, interpreters, no_traces)
        benchmarks += len(results.series)
        failures += results.failures
        print("\n".join(lines(script, results)), f" {time.monotonic() - start:.1f} s", flush=True)
    print(f"\n{len(scripts)} scripts, {benchmarks} benchmarks, interpreters: ", end="")
    print(", ".join(interpreter.name for interpreter in interpreters))
    for failure in failures:
        print(f"FAILED {failure}")
    print(f"{len(failures)} differences or failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
