"""What a profile build is trained with: PROFILE_TASK of upstream's Makefile, for the instrumented python.

    ./python Tools/build/profile_task.py [--jobs N] [--only PART]

Upstream's own task knows nothing of the JIT.  Its tests run here twice, with the JIT off and on; then come
programs that are hot for longer than a test, again both ways: with the JIT off they show the compiler the
interpreter's loop, with it on the recorder, the optimizer, the allocator, the emitter and what happens at
exits.  A function of the JIT that none of this calls is compiled for size, so each stage of it has a part.

The parts run side by side; gcc and clang add up the counters of all processes.  A test that fails is named
and no error, as with the packages of distributions: a profile needs work, not passing tests.  An interpreter
that dies is one.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
TESTS = TOP / "Lib/test/test_jit"
OFF, ON = {"PYTHON_JIT": "0"}, {"PYTHON_JIT": "1"}
# Paths that programs rarely take: every exit made hot soon, side traces and all; traces without types.
OTHER_WAYS = (
    {"PYTHON_JIT": "1", "PYTHON_JIT_LOOP_THRESHOLD": "30", "PYTHON_JIT_EXIT_THRESHOLD": "10"},
    {"PYTHON_JIT": "1", "PYTHON_JIT_TYPED": "0"},
)
BAD_TESTS = 2  # regrtest's exit code: it ran to its end, and a test failed
TIME_LIMIT = 3600  # seconds for one part; instrumented code is slow


@dataclass(frozen=True)
class Part:
    """One process.  `lenient`: exit code 2 means that a test failed, which is told and nothing more."""

    name: str
    arguments: list[str]
    settings: dict[str, str] = field(default_factory=dict)
    lenient: bool = False


def programs() -> list[Path]:
    """The programs of the tests that come to an end by themselves and say how fast they are to nobody."""
    found = sorted((TESTS / "programs").glob("*.py"))
    return [path for path in found if not any(line.startswith("# exit:") for line in path.open())]


def parts() -> list[Part]:
    """All parts, the longest first."""
    tests = ["-m", "test", "--pgo", "--timeout=1200"]
    result = [
        Part("upstream's task, JIT off", tests, OFF, True),
        Part("upstream's task, JIT on", tests, ON, True),
    ]
    runner = str(TESTS / "run_program.py")
    for path in programs():
        for word, settings, repeat in (("off", OFF, 4), ("on", ON, 12)):
            result.append(
                Part(f"{path.stem}, JIT {word}", [runner, "--repeat", str(repeat), str(path)], settings)
            )
        for settings in OTHER_WAYS:
            result.append(Part(f"{path.stem}, {settings}", [runner, str(path)], settings))
    demo = str(TOP / "Tools/demo/planets.py")
    result += [Part(f"demo, {settings}", [demo], settings) for settings in (OFF, ON)]
    return result


def run(part: Part) -> str:
    """Run one part; return "" or what went wrong."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= {"PYTHONHASHSEED": "0", **part.settings}
    command = [sys.executable, *part.arguments]
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
        check=False, timeout=TIME_LIMIT,
    )  # fmt: skip
    if done.returncode == 0:
        return ""
    output = (done.stdout + done.stderr).strip().splitlines()
    if part.lenient and done.returncode == BAD_TESTS:
        failed = [line for line in output if " failed" in line]
        print(
            f"profile: {part.name}: a test failed, which does not matter here: {'; '.join(failed[-3:])}",
            flush=True,
        )
        return ""
    return f"{part.name}: ended with {done.returncode}\n" + "\n".join(output[-20:])


def main() -> int:
    """Run the parts; 1 if one could not be run to its end."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="run only parts with this in their names")
    parser.add_argument("--list", action="store_true", help="name the parts and do nothing")
    options = parser.parse_args()
    # A shell without job control starts background commands with SIGINT ignored: tests of it would fail.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chosen = [part for part in parts() if options.only in part.name]
    if options.list:
        print("\n".join(part.name for part in chosen))
        return 0
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        problems = [problem for problem in pool.map(run, chosen) if problem]
    print(f"profile: {len(chosen)} parts in {time.monotonic() - start:.0f} s", flush=True)
    for problem in problems:
        print(f"profile: error: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
