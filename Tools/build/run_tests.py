"""make test: run the named stages, print one line for each, then the tests that failed and the counts of all.

A stage that cannot run is a failed stage, never a skipped one.  `--only NAME` and `--skip NAME` choose for
work on one part; a skipped stage is named in the closing lines.  Output of a stage goes to
build/test-NAME.log, and to the terminal too when it fails (its end) or with -v (all of it).
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP))

from Tools.build import tally  # noqa: E402

EXPECTATIONS = TOP / "Tools/build/upstream_tests.toml"
COUNTING = tuple(f"test_jit.test_{name}" for name in ("typed", "calls", "objects", "sequences", "ending"))
# What the stage `tail` runs of ours: the form itself, how recordings end, what goes on behind an executor.
TAIL_CALLED = tuple(
    f"test_jit.test_{name}" for name in ("dispatch", "recording", "events", "ending", "generators")
)
REQUIREMENTS = ("pytest", "hypothesis", "mypy", "ruff")
SECTIONS = ("replaced", "fails_on_stock", "fails_on_stock_as_root", "stress", "stress_left_out", "tail")
TAIL = 60  # lines shown of a failed stage
CLOSING = "test-result.txt"  # the closing lines once more, for who runs make and wants them last


class StageError(Exception):
    """A stage failed; the text says how."""


@dataclasses.dataclass
class Context:
    """What the stages share.  `jobs` is the number of processes; `log` is the running stage's log."""

    build: Path
    jobs: int
    verbose: bool
    log: TextIO

    def run(self, *command: str | Path, env: dict[str, str] | None = None) -> None:
        """Run a command into the log; raise StageError unless it ends with 0."""
        words = [str(word) for word in command]
        self.log.write(f"$ {' '.join(words)}\n")
        self.log.flush()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environment |= env or {}
        target = subprocess.PIPE if self.verbose else self.log
        with subprocess.Popen(
            words, cwd=TOP, env=environment, stdin=subprocess.DEVNULL, stdout=target, stderr=subprocess.STDOUT
        ) as process:
            if process.stdout is not None:
                for line in process.stdout:
                    text = line.decode(errors="replace")
                    self.log.write(text)
                    sys.stdout.write(text)
                    sys.stdout.flush()
        if process.returncode:
            raise StageError(
                f"{Path(words[0]).name} {' '.join(words[1:4])} ... ended with {process.returncode}"
            )

    @property
    def python(self) -> Path:
        return self.build / "tree/python"

    @property
    def base(self) -> Path:
        pin = tomllib.loads((TOP / "upstream.toml").read_text())["base"]["version"]
        return self.build / f"base-{pin}"

    def tool(self, name: str) -> Path:
        """A program of the virtual environment of the host's Python, made when it is first needed."""
        venv = self.build / "venv"
        stamp = venv / ".complete"
        wanted = " ".join(REQUIREMENTS)
        if not stamp.exists() or stamp.read_text() != wanted:
            self.run(sys.executable, "-m", "venv", "--clear", venv)
            self.run(venv / "bin/python", "-m", "pip", "install", "-q", *REQUIREMENTS)
            stamp.write_text(wanted)
        return venv / "bin" / name


def python_packages() -> list[str]:
    """Folders with Python of ours that the tools check, the programs that tests run as data left out."""
    roots = sorted(path for path in (TOP / "Tools").iterdir() if any(path.rglob("*.py")))
    return [str(path.relative_to(TOP)) for path in roots]


def load_expectations(path: Path = EXPECTATIONS) -> dict[str, dict[str, str]]:
    """Read the lists of upstream tests: section -> test -> reason.  A test with no reason is an error."""
    data: dict[str, Any] = tomllib.loads(path.read_text())
    result: dict[str, dict[str, str]] = {}
    for section in SECTIONS:
        rows = data.get(section, {})
        for name, reason in rows.items():
            if not isinstance(reason, str) or not reason.strip():
                raise StageError(f"{path.name}: [{section}] {name}: a reason is needed")
        result[section] = rows
    return result


def unknown_tests(base: Path, path: Path = EXPECTATIONS) -> list[str]:
    """Return a problem for each test in the lists that the base does not have."""
    problems = []
    for section, rows in load_expectations(path).items():
        for name in rows:
            module = base / "Lib/test" / name.partition(".")[0]
            if not module.is_dir() and not module.with_suffix(".py").exists():
                problems.append(f"{path.name} [{section}]: {name} is not a test of the base")
    return problems


def left_out(expectations: dict[str, dict[str, str]], root: bool) -> dict[str, str]:
    """Return the upstream tests that are not run here, with their reasons."""
    out = expectations["replaced"] | expectations["fails_on_stock"]
    return out | expectations["fails_on_stock_as_root"] if root else out


def ignore_options(out: dict[str, str]) -> list[str]:
    """Return regrtest's options that leave out the single tests (names with a dot) among `out`."""
    return [word for name in sorted(out) if "." in name for word in ("--ignore", f"*{name}")]


def stage_ruff(context: Context) -> None:
    """Formatting and lint of our Python."""
    packages = python_packages()
    context.run(context.tool("ruff"), "format", "--check", *packages)
    context.run(context.tool("ruff"), "check", *packages)


def stage_mypy(context: Context) -> None:
    """Types, one package at a time: their modules may have equal names."""
    failures = []
    for package in python_packages():
        try:
            # Scripts that import their neighbours by bare name: their folder is a root of its own.
            scripts = not (TOP / package / "__init__.py").exists()
            context.run(context.tool("mypy"), package, env={"MYPYPATH": package} if scripts else None)
        except StageError as error:
            failures.append(str(error))
    if failures:
        raise StageError("; ".join(failures))


def stage_tools(context: Context) -> None:
    """pytest over Tools/."""
    context.run(context.tool("pytest"), "Tools", env={"CPYTHON_BASE": str(context.base)})


def stage_overlay(context: Context) -> None:
    """The patches' form, every override, and that nothing of upstream is copied."""
    context.run(sys.executable, "-m", "Tools.build", "--build", context.build, "check-overlay")


def stage_jit(context: Context) -> None:
    """Our own tests of the JIT, module by module, so that several run at once."""
    names = [f"test_jit.{path.stem}" for path in sorted((TOP / "Lib/test/test_jit").glob("test_*.py"))]
    if not names:
        raise StageError("there is no test of the JIT in Lib/test")
    if _have_test("test_capi.test_opt"):
        names.append("test_capi.test_opt")
    context.run(context.python, "-m", "test", "-w", f"-j{context.jobs}", *names)


def _have_test(name: str) -> bool:
    path = TOP / "Lib/test" / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").exists()


def stage_packages(context: Context) -> None:
    """Programs on packages from the index, greenlets first of all; `make test-packages` runs suites too."""
    options = ("--python", context.python, "--build", context.build, "--quick")
    context.run(sys.executable, "Tools/packages/run.py", *options)


def stage_packaging(context: Context) -> None:
    """Packages of the plain build, unpacked and tried; the release build takes too long to be made here."""
    for target in ("dist", "deb", "stencils"):
        context.run("make", "-C", context.build.parent, target, "DISTTREE=tree")
    environment = {"PACKAGES_BUILD": str(context.build)}
    context.run(context.tool("pytest"), "Tools/build/check_packages.py", env=environment)


def stage_upstream(context: Context) -> None:
    """Upstream's whole suite with the JIT on; our own tests are another stage."""
    out = left_out(load_expectations(), os.geteuid() == 0)
    for name, reason in sorted(out.items()):
        context.log.write(f"not run: {name}: {reason}\n")
    ignored = ignore_options(out)
    excluded = ["test_jit", *(name for name in sorted(out) if "." not in name)]
    options = [*ignored, "-x", *excluded]
    context.run(context.python, "-m", "test", "-w", f"-j{context.jobs}", *options, env={"PYTHON_JIT": "1"})


def stage_stress(context: Context) -> None:
    """A debug build: our tests that count references, then chosen ones with every threshold at its lowest."""
    chosen = sorted(load_expectations()["stress"])
    if not chosen:
        raise StageError(f"{EXPECTATIONS.name}: [stress] is empty")
    context.run("make", "-C", context.build.parent, "debug")
    environment = {"PYTHON_JIT": "1", "PYTHON_JIT_STRESS": "1"}
    python = str(context.build / "debug/python")
    context.run(python, "-m", "test", f"-j{context.jobs}", "--timeout=1200", *COUNTING)
    command = [python, "-m", "test", "-w", f"-j{context.jobs}", "--timeout=1200"]
    expectations = load_expectations()
    command += ignore_options(left_out(expectations, os.geteuid() == 0) | expectations["stress_left_out"])
    context.run(*command, *chosen, env=environment)


def stage_tail(context: Context) -> None:
    """A build with tail calls: chosen tests with the JIT on and off."""
    chosen = sorted(load_expectations()["tail"])
    if not chosen:
        raise StageError(f"{EXPECTATIONS.name}: [tail] is empty")
    context.run("make", "-C", context.build.parent, "tail")
    python = str(context.build / "tail/python")
    context.run(python, "-c", "import sys; assert sys._jit.dispatch() == 'tail calls', sys._jit.dispatch()")
    ignored = ignore_options(left_out(load_expectations(), os.geteuid() == 0))
    chosen += TAIL_CALLED
    for on in "1", "0":
        command = [python, "-m", "test", "-w", f"-j{context.jobs}", "--timeout=600", *ignored]
        context.run(*command, *chosen, env={"PYTHON_JIT": on})


STAGES: dict[str, Callable[[Context], None]] = {
    "ruff": stage_ruff,
    "mypy": stage_mypy,
    "tools": stage_tools,
    "overlay": stage_overlay,
    "jit": stage_jit,
    "packages": stage_packages,
    "packaging": stage_packaging,
    "upstream": stage_upstream,
    "tail": stage_tail,
    "stress": stage_stress,
}


def run_stage(name: str, build: Path, jobs: int, verbose: bool) -> tuple[str, tally.Tally]:
    """Run one stage; return "" or what failed, and how many of its tests did."""
    log_path = build / f"test-{name}.log"
    started = time.monotonic()
    problem = ""
    with log_path.open("w") as log:
        try:
            STAGES[name](Context(build, jobs, verbose, log))
        except (StageError, OSError) as error:
            problem = str(error)
    seconds = time.monotonic() - started
    text = log_path.read_text(errors="replace")
    if problem and not verbose:
        sys.stdout.write("".join(text.splitlines(keepends=True)[-TAIL:]))
    print(f"{name}: {'FAILED' if problem else 'ok'} ({seconds:.0f} s)", flush=True)
    return problem, tally.read(text, name, not problem)


def closing_lines(results: dict[str, tuple[str, tally.Tally]]) -> list[str]:
    """The stages, those that failed last; then each test that failed; then one line with the counts alone."""
    lines = [f"{name}: not run, as asked" for name in STAGES if name not in results]
    for name, (problem, counts) in sorted(results.items(), key=lambda item: item[1][0] != ""):
        words = f"FAILED: {problem}" if problem else "ok"
        lines.append(f"{name}: {words} ({counts.passed} passed, {counts.failed} failed)")
    for name, (_, counts) in results.items():
        lines += [f"FAILED {name}: {test}" for test in counts.names]
    passed = sum(counts.passed for _, counts in results.values())
    failed = sum(counts.failed for _, counts in results.values())
    return [*lines, f"{passed} passed, {failed} failed"]


def main() -> int:
    """Run the stages; 1 if one failed."""
    parser = argparse.ArgumentParser(prog="make test TESTOPTS=...", description=__doc__)
    parser.add_argument("--build", type=Path, default=TOP / "build")
    parser.add_argument("--only", action="append", choices=STAGES, default=[], help="run only this stage")
    parser.add_argument("--skip", action="append", choices=STAGES, default=[], help="leave this stage out")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("-v", "--verbose", action="store_true", help="show the output of every stage")
    arguments = parser.parse_args()
    build = arguments.build.absolute()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # So does a shell without job control start background commands; tests that interrupt themselves hang.
        signal.signal(signal.SIGINT, signal.default_int_handler)

    names = [name for name in arguments.only or STAGES if name not in arguments.skip]
    results = {name: run_stage(name, build, max(arguments.jobs, 1), arguments.verbose) for name in names}

    text = "\n".join(closing_lines(results)) + "\n"
    (build / CLOSING).write_text(text)
    print("\n" + text, end="")
    return 1 if any(problem for problem, _ in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
