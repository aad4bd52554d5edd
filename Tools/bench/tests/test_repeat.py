"""Whether a speed would come out again: added rounds, marked rows, rows that are run again."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from Tools.bench import repeat, report, run, suite
from Tools.build import distribution
from Tools.build.common import BuildError


@pytest.mark.parametrize(
    ("ratios", "spread"),
    [
        ([], math.inf),
        ([1.0, 1.0], math.inf),
        ([1.0, 1.1, 1.0], 0.1),
        ([1.0, 1.1, 1.0, 1.0, 1.0, 1.0], 0.1),
        # One on each side no longer counts.
        ([1.0, 1.1, 1.0, 1.0, 1.0, 1.0, 0.5], 0.0),
        ([1.0, 1.1, 1.1, 1.0, 1.0, 1.0, 1.0], 0.1),
        ([1.0, 1.1, 1.1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.2], 0.0),
    ],
)
def test_range_of_the_median(ratios: list[float], spread: float) -> None:
    assert repeat.spread(ratios) == pytest.approx(spread)
    assert repeat.repeatable(ratios) == (spread <= 0.05)


def test_ratios_are_those_of_the_rounds() -> None:
    # The machine got slower by half in the second round, for both.
    assert repeat.ratios([[1.0], [1.5], [1.0]], [[2.0], [3.0], [2.2]]) == [2.0, 2.0, 2.2]
    assert repeat.speed([2.0, 2.0, 2.2]) == 2.0


def test_the_ratio_of_a_round_is_that_of_neighbours() -> None:
    # In the middle of this round the machine got slower, so the medians of the times say 3.
    assert repeat.ratios([[1.0, 1.0, 3.0]], [[2.0, 3.0, 9.0]]) == [3.0]
    assert repeat.ratios([[1.0, 1.0, 3.0, 3.0, 3.0]], [[2.0, 2.0, 6.0, 2.0, 6.0]]) == [2.0]


def results_of(rows: dict[str, dict[str, list[float]]], against: str = "") -> report.Results:
    """A run of suite "own" that found these times, one value in each round."""
    results = report.Results(list(next(iter(rows.values()))), against)
    for name, row in rows.items():
        results.suite_of[name] = "own"
        results.series[name] = {
            key: report.Series([[time] for time in times], times, [1000]) for key, times in row.items()
        }
    return results


def test_what_does_not_repeat_is_marked_and_never_worst_or_best() -> None:
    results = results_of(
        {
            "steady": {"off": [1.0, 1.0, 1.0], "on": [0.5, 0.5, 0.51]},
            "other": {"off": [1.0, 1.0, 1.0], "on": [1.0, 1.0, 1.0]},
            "wild": {"off": [1.0, 1.0, 1.0], "on": [2.0, 4.0, 9.0]},
        }
    )
    assert [results.mark(name, "on", "off") for name in results.series] == ["", "", "~"]
    (entry,) = report.as_json(results)["summary"]
    assert (entry["worst"]["name"], entry["best"]["name"]) == ("other", "steady")
    assert entry["noisy"] == ["wild"] and entry["geomean"] == pytest.approx(0.5 ** (1 / 3))
    assert entry["first"]["worst"]["name"] == entry["fastest"]["worst"]["name"] == "other"
    text = report.table(results)
    assert "over 3; worst other 1.00, best steady 2.00" in text
    assert "1 not quoted (~), as they do not repeat within 5%: wild" in text
    assert [line.split()[3] for line in text.splitlines()[1:4]] == ["2.00", "1.00", "0.25~"]


def test_two_rounds_say_nothing() -> None:
    results = results_of({"x": {"off": [1.0, 1.0], "on": [1.0, 1.0]}})
    assert results.mark("x", "on", "off") == "?" and not results.settled("x")
    text = report.table(results)
    assert "geomean 1.000 over 1; no row is quoted" in text and "1 not quoted (?): fewer than 3" in text


def test_all_are_compared_with_what_is_not_ours() -> None:
    row = {"stock": [4.0] * 3, "off": [3.0] * 3, "on": [1.0] * 3, "debian": [2.0] * 3}
    results = results_of({"x": row}, "debian")
    results.versions["debian"] = "3.13.5 (some day)"
    assert results.pairs() == [
        ("off", "stock"),
        ("on", "stock"),
        ("on", "off"),
        ("stock", "debian"),
        ("off", "debian"),
        ("on", "debian"),
    ]
    lines = report.table(results).splitlines()
    assert lines[0].split()[-4:] == ["off/debian", "on/debian", "memory", "on/debian"]
    assert lines[1].split()[5:] == ["1.33", "4.00", "3.00", "0.50", "0.67", "2.00", "1.00"]
    assert "own: on against debian: geomean 2.000 over 1; worst x 2.00, best x 2.00" in lines
    assert "debian: 3.13.5 (some day)" in lines
    data = report.as_json(results)
    assert data["against"] == "debian" and data["benchmarks"]["x"]["speeds"][-1]["speed"] == 2.0
    # What is compared with is not ours to mend, nor is the release as it was published.
    assert results.below(1.5) == [] and results.below(2.5) == ["x"]


class Machine:
    """Stands for the processes: each value of `on` is the next of those a test gives, of the others 1.0."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: dict[str, list[float]]) -> None:
        self.times: dict[str, Iterator[float]] = {name: iter(found) for name, found in times.items()}
        self.ran: list[str] = []
        monkeypatch.setattr(run, "run_workers", self.run_workers)

    def run_workers(
        self, interpreters: list[run.Interpreter], job: dict[str, Any], limit: float
    ) -> list[dict[str, Any]]:
        return [self.run_worker(interpreter, job) for interpreter in interpreters]

    def run_worker(self, interpreter: run.Interpreter, job: dict[str, Any]) -> dict[str, Any]:
        name = Path(job["script"]).stem
        if not job["loops"]:
            return {"benchmarks": {name: {"loops": 1, "value_time": 1.0}}}
        self.ran.append(f"{name}:{interpreter.name}")
        time = next(self.times[name]) if interpreter.name == "on" else 1.0
        numbers = {"values": [time], "first": time, "digest": "0", "compared": "nothing"}
        return {"benchmarks": {name: numbers}, "peak_kb": 1, "printed": "", "jit": None, "version": "3.13"}


EFFORT = run.Effort(rounds=3, min_time=0.0, warmup_time=0.0, values_time=0.0, most_rounds=7)
PAIR = [run.Interpreter(name, Path(sys.executable), {}) for name in ("off", "on")]


def script(name: str) -> suite.Script:
    return suite.Script(name, "own", Path(f"{name}.py"))


@pytest.mark.parametrize(
    ("times", "rounds", "mark"),
    [
        ([1.0] * 7, 3, ""),
        # With the seventh the one that was disturbed counts no more.
        ([1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0], 7, ""),
        ([1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0], 7, "~"),
    ],
)
def test_rounds_are_added_until_they_agree(
    times: list[float], rounds: int, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(monkeypatch, {"x": times})
    results = report.Results(["off", "on"])
    assert run.measure(script("x"), PAIR, EFFORT, results) == rounds
    assert machine.ran == ["x:off", "x:on"] * rounds
    assert results.mark("x", "on", "off") == mark


def test_what_looks_slow_is_run_again_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    times = {"slow": [2.0] * 8, "fine": [1.0] * 3, "unlucky": [1.25] * 3 + [1.0] * 5}
    machine = Machine(monkeypatch, times)
    results = report.Results(["off", "on"])
    scripts = [script(name) for name in times]
    made = run.measure_all(scripts, PAIR, EFFORT, results)
    below = results.below(run.AGAIN_BELOW)
    assert below == ["slow", "unlucky"]
    run.measure_again(below, made, scripts, PAIR, EFFORT, results)
    assert len(machine.ran) == 2 * (3 * 3 + 2 * 5)
    speeds = {name: (results.speed(name, "on", "off"), results.mark(name, "on", "off")) for name in times}
    # Good values twice, and not the same: no one knows which to believe.
    assert speeds == {"slow": (0.5, ""), "fine": (1.0, ""), "unlucky": (1.0, "~")}
    text = report.table(results)
    assert "    slow: on/off 0.50 -> 0.50\n    unlucky: on/off 0.80 -> 1.00~" in text
    assert report.as_json(results)["benchmarks"]["unlucky"]["speeds"][0]["before"] == 0.8


def test_programs_of_the_same_name_are_two_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(monkeypatch, {"x": [1.0] * 3 + [2.0] * 8})
    results = report.Results(["off", "on"])
    scripts = [script("x"), suite.Script("x", "kernels", Path("x.py"))]
    made = run.measure_all(scripts, PAIR, EFFORT, results)
    assert results.suite_of == {"x": "own", "x (kernels)": "kernels"}
    assert [results.speed(name, "on", "off") for name in results.series] == [1.0, 0.5]
    run.measure_again(["x (kernels)"], made, scripts, PAIR, EFFORT, results)
    assert list(results.again) == ["x (kernels)"]


def test_of_two_runs_the_one_that_repeats_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(monkeypatch, {"x": [2.0, 3.0, 4.0, 2.0, 3.0, 4.0, 2.0] + [1.0] * 5})
    results = report.Results(["off", "on"])
    made = run.measure_all([script("x")], PAIR, EFFORT, results)
    run.measure_again(["x"], made, [script("x")], PAIR, EFFORT, results)
    assert (results.speed("x", "on", "off"), results.mark("x", "on", "off")) == (1.0, "")


def test_what_was_measured_before_an_interruption_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupted(Machine):
        def run_worker(self, interpreter: run.Interpreter, job: dict[str, Any]) -> dict[str, Any]:
            if len(self.ran) == 5:
                raise KeyboardInterrupt
            return super().run_worker(interpreter, job)

    Interrupted(monkeypatch, {"matrix": [1.0] * 3})
    pythons = [f"--python={name}={sys.executable}" for name in ("off", "on")]
    out = tmp_path / "out.json"
    assert run.main([*pythons, "--suite", "own", "--only", "matrix", "--table", "--json", str(out)]) == 1
    text = capsys.readouterr().out
    assert "FAILED interrupted" in text and "own: on against off: geomean 1.000 over 1" in text
    assert len(json.loads(out.read_text())["benchmarks"]["matrix"]["interpreters"]["off"]["rounds"]) == 2


def fake_python(folder: Path, version: str) -> Path:
    path = folder / "python-of-others"
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    return path


def test_any_python_of_the_same_version_can_be_compared_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fake_python(tmp_path, "3.13")
    assert run.parse_against(str(path), tmp_path) == f"python-of-others={path}"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run.parse_against("python-of-others", tmp_path) == f"python-of-others={path}"
    fake_python(tmp_path, "3.12")
    with pytest.raises(suite.SuiteError, match=r"it says 3\.12, not 3\.13"):
        run.parse_against(str(path), tmp_path)
    with pytest.raises(suite.SuiteError, match="there is no"):
        run.parse_against(str(tmp_path / "nothing"), tmp_path)


def test_the_python_of_debian_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribution, "ensure", lambda base, build: build / "debian" / base.debian_package)
    assert run.parse_against("debian", tmp_path) == f"debian={tmp_path}/debian/python3.13"

    def fails(base: object, build: object) -> Path:
        raise BuildError("the archive is away")

    monkeypatch.setattr(distribution, "ensure", fails)
    with pytest.raises(suite.SuiteError, match="--against debian: the archive is away"):
        run.parse_against("debian", tmp_path)
