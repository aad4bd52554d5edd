"""make test-packages: programs and suites of real packages, with the JIT off and on, must come out the same.

    python3 Tools/packages/run.py --python build/tree/python --build build [--quick] [--only NAME...]

The packages are installed from the package index into a virtual environment of the built interpreter, below
build/packages.  --quick runs the programs of Tools/packages/programs alone.  A program has to end with 0 and
to print the same as with the JIT off; of a suite the same tests have to fail, and none may crash.  What
differs is run again, both ways: tests that wait for a time fail by chance, and only what differs each time is
a failure.  Exit code: 0; 1 when something differs; 2 when the set-up is wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DATA = HERE / "packages.toml"
INSIDE = HERE / "inside.py"
TRIES = 3  # of a unit of a suite whose outcome differs
PROGRAM_SECONDS = 120
UNIT_SECONDS = 600
SHOWN = 20  # lines of a failure's output


class SetupError(Exception):
    """Something the user can cure: the message says how."""


@dataclasses.dataclass
class Ran:
    """What one process did.  `outcomes`: test -> passed, failed or skipped."""

    code: int
    printed: str
    outcomes: dict[str, str]
    traces: int

    @property
    def end(self) -> str:
        return "ran too long" if self.code == TOO_LONG else f"ended with {self.code}"

    @property
    def failed(self) -> set[str]:
        """The tests that failed; a process that did not come to its end is one more."""
        failed = {test for test, outcome in self.outcomes.items() if outcome == "failed"}
        return failed if self.code == 0 else failed | {f"({self.end})"}


TOO_LONG = -1000


def modes(data: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The environments to run in: off, which says what is right, on, and each set of thresholds."""
    names = ("PYTHON_JIT_LOOP_THRESHOLD", "PYTHON_JIT_CALL_THRESHOLD", "PYTHON_JIT_EXIT_THRESHOLD")
    result = {"off": {"PYTHON_JIT": "0"}, "on": {"PYTHON_JIT": "1"}}
    for mode, numbers in data["thresholds"].items():
        result[mode] = {"PYTHON_JIT": "1", **dict(zip(names, map(str, numbers), strict=True))}
    return result


def clean_environment(settings: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PYTHONHASHSEED": "0", "PYTHONNOUSERSITE": "1", **settings}


def command(*words: str | Path) -> None:
    """Run a command of the set-up, in which the JIT has no part."""
    done = subprocess.run(
        [str(word) for word in words], check=False, env=clean_environment({"PYTHON_JIT": "0"})
    )
    if done.returncode != 0:
        raise SetupError(f"{' '.join(map(str, words))} ended with {done.returncode}")


def install(python: Path, home: Path, requirements: list[str]) -> Path:
    """The interpreter of a virtual environment of `python` with these requirements and no others."""
    stamp, inner = home / "installed.txt", home / "bin/python"
    version = subprocess.run([python, "-VV"], check=True, capture_output=True, text=True).stdout
    wanted = "\n".join([str(python.resolve()), version, *requirements])
    if not (stamp.exists() and stamp.read_text() == wanted):
        command(python, "-m", "venv", "--clear", home)
        pip: list[str | Path] = [
            inner,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        ]
        command(*pip, "--only-binary=:all:", *requirements)
        stamp.write_text(wanted)
    return inner


def unpack_source(python: Path, build: Path, requirement: str) -> Path:
    """The folder of a source distribution, which has the tests that the wheel has not."""
    folder = build / "sources" / requirement
    if not folder.exists():
        with tempfile.TemporaryDirectory(prefix="packages-") as scratch:
            name = requirement.partition("==")[0]
            pip: list[str | Path] = [
                python,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
            ]
            command(*pip, f"--no-binary={name}", "--dest", scratch, requirement)
            (archive,) = Path(scratch).glob("*.tar.gz")
            with tarfile.open(archive) as tar:
                tar.extractall(Path(scratch, "unpacked"), filter="data")
            (top,) = Path(scratch, "unpacked").iterdir()
            folder.parent.mkdir(parents=True, exist_ok=True)
            command("cp", "-r", top, folder)
    return folder


def run_inside(
    python: Path, kind: str, words: list[str], settings: dict[str, str], cwd: Path | None, seconds: int
) -> Ran:
    with tempfile.TemporaryDirectory(prefix="packages-") as scratch:
        out = Path(scratch, "out.txt")
        process = subprocess.Popen(
            [str(python), str(INSIDE), kind, str(out), *words],
            env=clean_environment(settings),
            cwd=cwd or scratch,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            printed, errors = process.communicate(timeout=seconds)
            code = process.returncode
        except subprocess.TimeoutExpired as late:
            code, printed, errors = TOO_LONG, late.stdout or b"", late.stderr or b""
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and what it started and left
            process.wait()
        traces = 0
        outcomes: dict[str, str] = {}
        for line in out.read_text().splitlines() if out.exists() else ():
            outcome, _, test = line.partition("\t")
            if outcome == "traces":
                traces = int(test)
            elif outcomes.get(test) != "failed":
                outcomes[test] = outcome
    text = printed if kind == "program" and code == 0 else printed + errors
    return Ran(code, text.decode(errors="replace"), outcomes, traces)


@dataclasses.dataclass
class Report:
    """Counts what was compared, and prints each difference when it is found."""

    compared: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)

    def add(self, name: str, mode: str, problem: str, output: str = "") -> None:
        self.compared += 1
        if problem:
            self.failures.append(f"FAILED packages::{name}[{mode}] - {problem}")
            lines = output.splitlines()[-SHOWN:]
            print("\n".join([f"{name}, {mode}: {problem}", *(f"    {line}" for line in lines)]), flush=True)

    def closing(self, seconds: float) -> list[str]:
        passed = self.compared - len(self.failures)
        failed = f"{len(self.failures)} failed, " if self.failures else ""
        return [*self.failures, f"{failed}{passed} passed in {seconds:.2f}s"]


def program_problem(expected: Ran, found: Ran) -> str:
    """Return "" or in what a program with the JIT on differs from the one with the JIT off."""
    if found.code != 0:
        return found.end
    if found.printed != expected.printed:
        return f"printed {found.printed.strip()!r} instead of {expected.printed.strip()!r}"
    return "" if found.traces else "no trace was made"


def check_programs(python: Path, data: dict[str, Any], paths: list[Path], report: Report) -> None:
    for path in paths:
        start = time.monotonic()
        results = {
            mode: run_inside(python, "program", [str(path)], settings, None, PROGRAM_SECONDS)
            for mode, settings in modes(data).items()
        }
        expected = results.pop("off")
        problem = expected.end if expected.code else "nothing was printed" if not expected.printed else ""
        report.add(path.stem, "off", problem, expected.printed)
        for mode, found in results.items():
            report.add(path.stem, mode, program_problem(expected, found), found.printed)
        print(f"{path.stem}: {time.monotonic() - start:.1f} s", flush=True)


def differing(expected: Ran, found: Ran) -> set[str]:
    """The tests that fail in one of the two, and those that only one of them ran."""
    ran = set(expected.outcomes) ^ set(found.outcomes)
    return (expected.failed ^ found.failed) | ran


def compare_unit(run: Callable[[str], Ran], expected: Ran, mode: str) -> tuple[set[str], Ran]:
    """What differs from the JIT off every time."""
    found = run(mode)
    different = differing(expected, found)
    for _ in range(TRIES - 1):
        if not different or found.code != 0:
            break  # a crash needs no second one
        found = run(mode)
        different &= differing(run("off"), found)
    return different, found


def units(suite: dict[str, Any], packages: Path) -> list[list[str]]:
    """The words for the runner, unit by unit; those left out have a reason."""
    out = suite.get("left_out", {})
    if any(not reason.strip() for reason in out.values()):
        raise SetupError(f"{DATA.name}: what is left out needs a reason")
    if "pattern" in suite:
        paths = sorted(path.relative_to(packages) for path in packages.glob(suite["pattern"]))
        missing = set(out) - {path.stem for path in paths}
        if not paths or missing:
            raise SetupError(f"{DATA.name}: {suite['pattern']}: no such tests: {', '.join(sorted(missing))}")
        kept = [path for path in paths if path.stem not in out]
        if suite["kind"] == "unittest":
            return [[".".join(path.with_suffix("").parts)] for path in kept]
        return [[str(packages / path)] for path in kept]
    deselected = [word for name in out for word in ("--deselect", name)]
    return [[*unit.split(), *deselected] for unit in suite["units"]]


def unit_name(words: list[str]) -> str:
    return next(word for word in words if not word.startswith("-")).rpartition("/")[2]


def check_suite(python: Path, build: Path, name: str, data: dict[str, Any], report: Report) -> None:
    suite = data["suites"][name]
    start = time.monotonic()
    packages = next(python.parent.parent.glob("lib/python*/site-packages"))
    cwd = None
    if "source" in suite:
        cwd = unpack_source(python, build, suite["source"]) / suite.get("folder", "")
    environments = modes(data)
    for environment in environments.values():
        environment |= suite.get("environment", {})
    tests = traces = 0
    for words in units(suite, packages):

        def run(mode: str, words: list[str] = words) -> Ran:
            return run_inside(python, suite["kind"], words, environments[mode], cwd, UNIT_SECONDS)

        label = f"{name}::{unit_name(words)}"
        expected = run("off")
        report.add(label, "off", "" if expected.outcomes else "no test ran", expected.printed)
        tests += len(expected.outcomes)
        for mode in suite.get("modes", ("on", "low")):
            different, found = compare_unit(run, expected, mode)
            traces += found.traces
            problem = f"differs: {', '.join(sorted(different))}" if different else ""
            report.add(label, mode, problem, found.printed)
    report.add(name, "traces", "" if traces else "no trace was made")
    print(f"{name}: {tests} tests, {traces} traces, {time.monotonic() - start:.1f} s", flush=True)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", type=Path, required=True, help="the interpreter to test")
    parser.add_argument(
        "--build", type=Path, required=True, help="environments and sources go to packages/ there"
    )
    parser.add_argument("--quick", action="store_true", help="the programs alone")
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[], help="these programs and suites")
    options = parser.parse_args(argv)
    data = tomllib.loads(DATA.read_text())
    start = time.monotonic()
    report = Report()
    programs = sorted((HERE / "programs").glob("*.py"))
    names = [path.stem for path in programs] + ([] if options.quick else list(data["suites"]))
    try:
        if unknown := set(options.only) - set(names):
            raise SetupError(f"no such program or suite: {', '.join(sorted(unknown))}")
        chosen = options.only or names
        requirements = data["environment"]["quick"] + ([] if options.quick else data["environment"]["full"])
        home = options.build.absolute() / "packages"
        python = install(options.python, home / ("quick" if options.quick else "full"), requirements)
        check_programs(python, data, [path for path in programs if path.stem in chosen], report)
        for name in chosen:
            if name in data["suites"]:
                check_suite(python, home, name, data, report)
    except SetupError as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 2
    print("\n".join(report.closing(time.monotonic() - start)))
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
