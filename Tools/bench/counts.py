"""Counts what traces are made of, which no clock can blur: operations, opaque instructions, bytes, entries.

    python3 Tools/bench/counts.py --python ./python [--suite all] [--fast] [--only NAME ...]

Each script runs for a while with the JIT on.  Then, of the traces that are there:

    bytecodes     recorded instructions
    operations    that make machine code, for 100 of them
    opaque        of them, for 100
    code          bytes of machine code for each; metadata: likewise
    entries       through memory, for 1,000 instructions that ran, loops counted once round: an upper bound

Operations, opaque instructions and entries are weighted by how often their trace was entered.  The last
line has the geometric means.  Exit code: 0; 1 when a script failed; 2 when the arguments or the set-up
are wrong.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from Tools.bench import suite

COUNTED = Path(__file__).resolve().parent / "counted.py"
HEAD = re.compile(r"entered (\d+) times, (\d+) instructions, \d+ exits, (\d+) bytes")
ROW = re.compile(r'port="i\d+">(\w+)( \d+)?')  # an opaque instruction has its oparg there
# They are for readers, name values, or say what is not made.
WITHOUT_CODE = frozenset(
    (
        *("START", "START_SIDE", "BYTECODE", "NOP", "PARAM", "PHI", "PASS"),
        *("VIRTUAL", "VIRTUAL_TUPLE", "VIRTUAL_FUNCTION", "VIRTUAL_GENERATOR"),
        *("VIRTUAL_ITER", "VIRTUAL_RANGE", "VIRTUAL_CELL", "VIRTUAL_METHOD", "VIRTUAL_NAME", "VIRTUAL_FIELD"),
    )
)
COLUMNS = ("operations", "opaque", "code", "metadata", "entries")


@dataclass(frozen=True)
class Trace:
    """One of the graph: how often it was entered, its instructions, bytes of code, names of operations."""

    entered: int
    instructions: int
    code: int
    operations: tuple[str, ...]


@dataclass(frozen=True)
class Counts:
    bytecodes: int
    operations: float
    opaque: float
    code: float
    metadata: float
    entries: float


def traces(graph: str) -> list[Trace]:
    """Read what sys._dump_tracelets() has written."""
    found = []
    for node in graph.split("</table>"):
        head = HEAD.search(node)
        if head is not None:
            entered, instructions, code = map(int, head.groups())
            rows = tuple("OPAQUE" if oparg else name for name, oparg in ROW.findall(node))
            found.append(Trace(entered, instructions, code, rows))
    return found


def count(found: Iterable[Trace], metadata: int) -> Counts | None:
    """None: no trace ran."""
    ran = [trace for trace in found if trace.entered]
    instructions = sum(trace.instructions for trace in ran)
    weight = sum(trace.entered * trace.instructions for trace in ran)
    if not weight:
        return None

    def weighted(names: list[int]) -> float:
        return sum(trace.entered * n for trace, n in zip(ran, names, strict=True)) / weight

    made = [sum(name not in WITHOUT_CODE for name in trace.operations) for trace in ran]
    opaque = [trace.operations.count("OPAQUE") for trace in ran]
    by_memory = [int(trace.operations[:1] == ("START",)) for trace in ran]
    return Counts(
        instructions,
        100 * weighted(made),
        100 * weighted(opaque),
        sum(trace.code for trace in ran) / instructions,
        metadata / instructions,
        1000 * weighted(by_memory),
    )


def run(python: Path, script: suite.Script, seconds: float) -> Counts | None:
    """Run one script and count; subprocess.CalledProcessError where it fails."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        job = {
            "script": str(script.path),
            "for_pyperf": script.for_pyperf,
            "args": script.args,
            "library": "" if script.library is None else str(script.library),
            "seconds": seconds,
            "dump": str(folder / "traces.gv"),
        }
        (folder / "job.json").write_text(json.dumps(job))
        command = [str(python), str(COUNTED), str(folder / "job.json"), str(folder / "out.json")]
        environment = suite.clean_environment({"PYTHON_JIT": "1"})
        subprocess.run(command, check=True, env=environment, cwd=folder, capture_output=True, text=True)
        out = json.loads((folder / "out.json").read_text())
        return count(traces((folder / "traces.gv").read_text()), out["metadata"])


def mean(values: Iterable[float]) -> float:
    """Geometric; a count of 0 is taken for a hundredth."""
    logs = [math.log(max(value, 0.01)) for value in values]
    return math.exp(sum(logs) / len(logs))


def line(name: str, bytecodes: str, values: Iterable[float]) -> str:
    return f"{name:<34} {bytecodes:>9} " + " ".join(f"{value:>10.1f}" for value in values)


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", type=Path, required=True)
    parser.add_argument("--suite", choices=suite.SUITES, default="all")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="scripts to run, by name")
    parser.add_argument("--fast", action="store_true", help="leave the slow scripts out")
    parser.add_argument("--seconds", type=float, default=2.0, help="processor time of each benchmark")
    parser.add_argument("--build", type=Path, default=suite.ROOT / "build", help="where downloads go")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    options = arguments(argv)
    try:
        scripts = suite.select(options.suite, options.build, options.only, options.fast)
    except suite.SuiteError as error:
        print(f"counts.py: {error}", file=sys.stderr)
        return 2
    if not options.python.is_file():
        print(f"counts.py: there is no program {options.python}", file=sys.stderr)
        return 2
    print(f"{'':<34} {'bytecodes':>9} " + " ".join(f"{column:>10}" for column in COLUMNS))
    rows: list[list[float]] = []
    failed = []
    for script in scripts:
        try:
            counts = run(options.python.resolve(), script, options.seconds)
        except subprocess.CalledProcessError as error:
            failed.append(f"{script.name}: {error.stderr.strip().splitlines()[-1:]}")
            continue
        if counts is None:
            print(f"{script.name:<34} no trace ran")
            continue
        rows.append([getattr(counts, column) for column in COLUMNS])
        print(line(script.name, str(counts.bytecodes), rows[-1]), flush=True)
    if rows:
        print(line(f"mean of {len(rows)}", "", [mean(column) for column in zip(*rows, strict=True)]))
    for failure in failed:
        print(f"FAILED {failure}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
