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
[7] trace 12   loop   planets.py:41 go       318 ops -> 74   2.1 kB   64 us   links 9
[7] exit  12/3 hot    planets.py:47               guard type(v) is float, saw int   -> trace 15
[7] abort      call   app.py:88 handle            instruction cannot be traced: CALL_FUNCTION_EX
[7] trace 15   side   planets.py:47 go       20 ops -> 9   0.2 kB   6 us   links 0
[7] drop  12          class Body changed (attribute mass)
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
        (15, "side", "planets.py:47", 70),
        (12, "loop", "planets.py:41", 3),
    ]
    assert traces[1].rest.startswith("go 318 ops")


def test_other_output_with_the_jit_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.show(demo.Way([1.0], "a\n"), demo.Way([0.5], "b\n")) == 1
    assert "something else" in capsys.readouterr().out


def test_the_result_is_three_lines_of_best_times(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.show(demo.Way([3.0, 1.0, 1.01]), demo.Way([0.5, 0.5])) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["JIT off    1.00 s of processor time", "JIT on     0.50 s", "2.0 times as fast"]


def test_a_restless_machine_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.show(demo.Way([1.0, 1.5]), demo.Way([0.5, 0.5])) == 0
    assert "the machine is busy" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("times", "settled"), [([], False), ([1.0], False), ([1.0, 1.1], False), ([1.1, 1.0, 1.01], True)]
)
def test_settled_is_when_the_best_two_are_alike(times: list[float], settled: bool) -> None:
    assert demo.Way(times).settled is settled


def test_runs_go_on_until_settled_or_at_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([4.0, 2.0, 3.0, 2.0, 3.0, 2.5])
    monkeypatch.setattr(demo, "run", lambda command, **settings: (settings["PYTHON_JIT"], next(times)))
    off, on = demo.measure("python", 1.0, 10)
    assert (off.times, on.times) == ([4.0, 3.0, 3.0], [2.0, 2.0, 2.5])
    assert (off.output, on.output) == ("0", "1")
    times = iter([4.0, 2.0])
    off, on = demo.measure("python", 1.0, 1)
    assert (off.times, on.times) == ([4.0], [2.0])


def test_details_name_the_hottest_traces(capsys: pytest.CaptureFixture[str]) -> None:
    way = demo.Way([0.5, 0.51], "Earth\n")
    demo.show_details(way, way, {}, demo.read_traces(LOG, DUMP), 1)
    out = capsys.readouterr().out
    assert "Earth\n" in out and "JIT on   2 runs, s: 0.50 0.51\n" in out
    assert "2 traces" in out and "planets.py:47" in out and "planets.py:41" not in out


def test_the_program_runs_and_finds_the_years(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--python", sys.executable, "--years", "13", "--rounds", "1", "--details"]
    assert demo.main(options) == 0
    out = capsys.readouterr().out
    assert len(out.split("\n\n")[0].splitlines()) == 3
    for name, years in ("Earth", "1.000"), ("Mars", "1.881"), ("Jupiter", "11.8"), ("Neptune", "nan"):
        assert any(line.startswith(name) and years in line for line in out.splitlines()), out
    assert "has no sys._jit" in out


def test_a_program_that_fails_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main(["--python", "/no/such/python", "--rounds", "1"]) == 1
    assert "demo:" in capsys.readouterr().err
