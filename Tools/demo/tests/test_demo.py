"""The demo's parts: log lines, output that differs, the program itself."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def load() -> ModuleType:
    """Tools/demo/run.py, under a name of its own: other tools have a run.py too."""
    path = Path(__file__).resolve().parents[1] / "run.py"
    spec = importlib.util.spec_from_file_location("demo_run", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


demo = load()

LOG = """\
trace 12   loop   physics.py:41 go       318 ops -> 74   2.1 kB   64 us   links 9
exit  12/3 hot    physics.py:47               guard type(v) is float, saw int   -> trace 15
abort      call   app.py:88 handle            instruction cannot be traced: CALL_FUNCTION_EX
trace 15   side   physics.py:47 go       20 ops -> 9   0.2 kB   6 us   links 0
drop  12          class Body changed (attribute mass)
"""


DUMP = """\
digraph {
    <tr><td port="start"><b>12 loop go</b><br/>entered 3 times, 18 instructions, 9 exits, 2100 bytes</td></tr>
    <tr><td port="start"><b>15 side go</b><br/>entered 70 times, 4 instructions, 2 exits, 200 bytes</td></tr>
}
"""


def test_log_lines_become_traces_sorted_by_heat() -> None:
    traces = demo.read_traces(LOG, DUMP)
    assert [(t.number, t.kind, t.place, t.entered) for t in traces] == [
        (15, "side", "physics.py:47", 70),
        (12, "loop", "physics.py:41", 3),
    ]
    assert traces[1].rest.startswith("go 318 ops")


def test_other_output_with_the_jit_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    off, on = demo.Run([1.0], "a\n"), demo.Run([0.5], "b\n", {})
    assert demo.show(off, on, [], 3) == 1
    assert "something else" in capsys.readouterr().out


def test_speed_up_is_off_over_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.show(demo.Run([3.0, 1.0]), demo.Run([0.5], "", {}), demo.read_traces(LOG, DUMP), 1) == 0
    out = capsys.readouterr().out
    assert "speed-up      2.00" in out
    assert "2 traces" in out and "physics.py:47" in out and "physics.py:41" not in out


def test_the_program_runs_and_prints_its_results(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main(["--python", sys.executable, "--scale", "0.1", "--rounds", "1"]) == 0
    out = capsys.readouterr().out
    assert "primes 303" in out and "fib 1597" in out and "has no sys._jit" in out


def test_a_program_that_fails_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main(["--python", "/no/such/python", "--rounds", "1"]) == 1
    assert "demo:" in capsys.readouterr().err
