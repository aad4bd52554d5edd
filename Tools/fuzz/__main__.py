"""Random programs, run with the JIT off, on, under stress and interpreted; outputs must be equal.

    python3 Tools/fuzz --python ./python --seconds 60 [--seed 1]     bounded; the seed goes up from there
    python3 Tools/fuzz --python ./python --endless                   until a failure or an interrupt
    python3 Tools/fuzz --python ./python --seed 17 --count 1         one program again
    python3 Tools/fuzz --seed 17 --show                              print it

A failure prints the seed, how the modes differ, and the program, made smaller.  Exit code: 0, 1 after a
failure, 2 for wrong arguments.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from Tools.fuzz import numeric
from Tools.fuzz.programs import Program, make
from Tools.fuzz.run import MODES, TIMED_OUT, Difference, Runner, typed_modes
from Tools.fuzz.shrink import shrink


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60.0, help="stop after this time")
    parser.add_argument("--count", type=int, help="stop after this many programs")
    parser.add_argument("--endless", action="store_true")
    parser.add_argument("--keep-going", action="store_true", help="go on after a failure")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds for one process")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="write failing programs there too")
    parser.add_argument("--show", action="store_true", help="print the program of --seed and stop")
    parser.add_argument("--numeric", action="store_true", help="programs on numbers, typed traces")
    parser.add_argument("--typed", action="store_true", help="any programs, typed traces and forced exits")
    return parser.parse_args(argv)


def report(runner: Runner, program: Program, found: Difference, options: argparse.Namespace) -> None:
    print(f"seed {program.seed}: {found.describe()}", flush=True)
    if not options.no_shrink:
        # Dropping statements makes endless loops; no use in waiting long for them.
        if found.other.code != TIMED_OUT:
            runner = Runner(options.python, min(options.time_limit, 10), runner.modes)

        def fails(candidate: Program) -> bool:
            again = runner.compare(candidate.text(), only=found.mode)
            return again is not None and again.kind == found.kind

        program = shrink(program, fails)
        smaller = runner.compare(program.text(), only=found.mode)
        if smaller is None:
            print("the failure comes and goes; the program below failed at least once")
        else:
            print(f"made smaller: {smaller.describe()}")
    print("-" * 60)
    print(program.text())
    print("-" * 60, flush=True)
    if options.save:
        options.save.mkdir(parents=True, exist_ok=True)
        (options.save / f"seed{program.seed}.py").write_text(program.text())


def main(argv: list[str] | None = None) -> int:
    options = arguments(argv)
    if options.show:
        print((numeric.make if options.numeric else make)(options.seed).text())
        return 0
    if not os.access(options.python, os.X_OK):
        print(f"fuzz: there is no Python at {options.python}", file=sys.stderr)
        return 2
    runner = Runner(options.python, options.time_limit, MODES)
    end = time.monotonic() + options.seconds
    failures = programs = 0
    try:
        for seed in itertools.count(options.seed):
            if options.count is not None and programs >= options.count:
                break
            if options.count is None and not options.endless and time.monotonic() >= end:
                break
            program: Program = numeric.make(seed) if options.numeric else make(seed)
            programs += 1
            if options.numeric or options.typed:
                runner.modes = typed_modes(seed)
            found = runner.compare(program.text())
            if found is not None:
                failures += 1
                report(runner, program, found, options)
                if not options.keep_going:
                    break
    except KeyboardInterrupt:
        print()
    print(f"{programs} programs from seed {options.seed}: {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
