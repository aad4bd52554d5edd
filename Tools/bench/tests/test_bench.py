"""The harness: digests, the worker and its shim, ratios, failures, the data file."""

from __future__ import annotations

import array
import json
import re
import sys
import threading
import types
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from Tools.bench import chart, check, report, run, suite, turns
from Tools.bench.digest import digest

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def rebuild(value: object) -> object:
    """The same value made of new objects."""
    if isinstance(value, list):
        return [rebuild(item) for item in value]
    if isinstance(value, dict):
        return {key: rebuild(item) for key, item in value.items()}
    return value


@given(VALUES)
def test_equal_structures_have_equal_digests(value: object) -> None:
    assert digest(value) == digest(rebuild(value))


DIFFERENT = [
    0,
    0.0,
    -0.0,
    False,
    "0",
    b"0",
    None,
    [],
    (),
    {},
    set(),
    [0],
    (0,),
    {0: 0},
    2**70,
    Decimal(0),
    1j,
]


def test_digests_tell_kinds_and_signs_apart() -> None:
    assert len({digest(value) for value in DIFFERENT}) == len(DIFFERENT)


def test_digest_ignores_the_order_of_sets_and_sees_that_of_lists() -> None:
    assert digest({"a", "b", "c", "d"}) == digest({"d", "c", "b", "a"})
    assert digest([1, 2]) != digest([2, 1])
    assert digest(array.array("d", [1.0])) != digest(array.array("d", [2.0]))


class Plain:
    def __init__(self, value: object) -> None:
        self.value = value


class Slotted:
    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


@pytest.mark.parametrize("kind", [Plain, Slotted])
def test_digest_looks_into_objects_and_stands_cycles(kind: type) -> None:
    assert digest(kind(1)) == digest(kind(1)) != digest(kind(2))
    cycle = kind(None)
    cycle.value = [cycle]
    assert digest(cycle) != digest(kind([]))


def test_digest_leaves_out_what_belongs_to_the_system() -> None:
    class Worker(threading.Thread):
        pass

    one, two = threading.Thread(name="one"), threading.Thread(name="two")
    assert digest([one, 1]) == digest([two, 1]) != digest([two, 2])
    assert digest(Worker(name="one")) == digest(Worker(name="two")) != digest(one)


def here(name: str = "here", settings: str = "") -> run.Interpreter:
    return run.parse_interpreter(f"{name}={sys.executable}{settings}")


EFFORT = run.Effort(rounds=2, min_time=0.0005, warmup_time=0.001, values_time=0.002, time_limit=60)


def measured(path: Path, kind: str, interpreters: list[run.Interpreter]) -> report.Results:
    results = report.Results([interpreter.name for interpreter in interpreters])
    run.measure(suite.Script(path.stem, kind, path), interpreters, EFFORT, results)
    results.compare_digests()
    return results


def test_an_own_program_is_measured_in_turn(tmp_path: Path) -> None:
    path = tmp_path / "small.py"
    path.write_text("def run():\n    return sum(range(1000))\n")
    results = measured(path, "own", [here("a"), here("b")])
    assert not results.failures
    series = results.series["small"]["b"]
    assert len(series.first) == 2 and len(series.values) >= 4
    assert 0 < series.median < 0.01
    assert series.compared == "returned value"
    assert len(series.peak_kb) == 2 and series.peak_kb[0] > 5000
    summary = report.as_json(results)["summary"]
    assert [(entry["of"], entry["against"], entry["benchmarks"]) for entry in summary] == [("b", "a", 1)]


def test_another_result_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "differs.py"
    path.write_text("import os\n\n\ndef run():\n    return os.environ.get('ODD', 'even')\n")
    results = measured(path, "own", [here("a"), here("b", ",ODD=1")])
    assert len(results.failures) == 1 and "another result" in results.failures[0]


SCRIPT = """
import asyncio, os, pyperf

def helper(x):
    return x + int(os.environ.get("ODD", 0))

def timed(loops, n):
    start = pyperf.perf_counter()
    for _ in range(loops):
        helper(n)
    return pyperf.perf_counter() - start

async def coroutine():
    await asyncio.sleep(0)
    return 7

if __name__ == "__main__":
    runner = pyperf.Runner(add_cmdline_args=None)
    runner.argparser.add_argument("--n", type=int, default=4)
    options = runner.parse_args()
    runner.bench_time_func("time", timed, options.n, inner_loops=10)
    runner.bench_func("func", helper, options.n)
    runner.bench_async_func("async", coroutine)
    runner.timeit("text", "1 + x", "x = 2")
"""


def test_a_script_written_for_pyperf_runs_in_the_worker(tmp_path: Path) -> None:
    path = tmp_path / "run_benchmark.py"
    path.write_text(SCRIPT)
    results = measured(path, "pyperformance", [here("a"), here("b")])
    assert not results.failures
    assert list(results.series) == ["time", "func", "async", "text"]
    assert results.series["time"]["a"].compared == "observed calls"
    assert results.series["func"]["a"].compared.startswith("returned value")


def test_what_functions_return_is_compared_where_a_benchmark_returns_a_time(tmp_path: Path) -> None:
    path = tmp_path / "run_benchmark.py"
    path.write_text(SCRIPT)
    results = measured(path, "pyperformance", [here("a"), here("b", ",ODD=1")])
    assert {failure.split(":")[0] for failure in results.failures} >= {"time", "func"}


TWO_BENCHMARKS = """
import pyperf

def first(loops):
    start = pyperf.perf_counter()
    return pyperf.perf_counter() - start

def second(loops):
    start = pyperf.perf_counter()
    return pyperf.perf_counter() - start

if __name__ == "__main__":
    runner = pyperf.Runner()
    runner.bench_time_func("first", first)
    functions = [value for value in globals().values() if hasattr(value, "__wrapped__")]
    assert not functions, functions
    runner.bench_time_func("second", second)
"""


def test_observing_one_benchmark_leaves_the_next_one_alone(tmp_path: Path) -> None:
    path = tmp_path / "run_benchmark.py"
    path.write_text(TWO_BENCHMARKS)
    results = measured(path, "pyperformance", [here("a"), here("b")])
    assert list(results.series) == ["first", "second"] and not results.failures


def test_a_program_that_raises_fails_with_its_traceback(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text("def run():\n    raise KeyError('no such thing')\n")
    with pytest.raises(turns.WorkerFailed, match="no such thing"):
        measured(path, "own", [here()])


CLOCK = """
import pyperf

def which():
    return pyperf.perf_counter.__name__

if __name__ == "__main__":
    pyperf.Runner().bench_func(which(), which)
"""


@pytest.mark.parametrize(("clock", "name"), [("wall", "perf_counter"), ("processor", "processor_time")])
def test_the_clock_is_that_of_the_job(clock: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "run_benchmark.py"
    path.write_text(CLOCK)
    script = suite.Script("clock", "pyperformance", path)
    job = run.plan(script, here(), EFFORT)
    job |= {"clock": clock, "loops": {name: 1}, "warmups": {name: 0}, "values": {name: 1}}
    assert list(run.run_workers([here()], job, 60)[0]["benchmarks"]) == [name]


def test_processor_time_is_that_of_the_process_and_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    # As a program of its own the worker changes these while it is imported.
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    monkeypatch.setitem(sys.modules, "pyperf", types.ModuleType("pyperf"))
    from Tools.bench import worker

    usage = types.SimpleNamespace(ru_utime=2.0, ru_stime=0.25)
    monkeypatch.setattr(
        worker, "resource", types.SimpleNamespace(RUSAGE_CHILDREN=7, getrusage={7: usage}.get)
    )
    monkeypatch.setattr(worker, "time", types.SimpleNamespace(process_time=lambda: 1.0))
    assert worker.processor_time() == 3.25


WATCHED = """
import os, sys, time

def run():
    folder = os.environ["FOLDER"]
    path = os.path.join(folder, str(os.getpid()))
    open(path, "x").close()
    time.sleep(0.002)
    at_work = os.listdir(folder)
    os.unlink(path)
    return len(at_work), len(os.sched_getaffinity(0))
"""


def test_one_process_at_a_time_runs_and_all_on_one_processor(tmp_path: Path) -> None:
    path, folder = tmp_path / "watched.py", tmp_path / "running"
    path.write_text(WATCHED + "\nassert run() == (1, 1), run()\n")
    folder.mkdir()
    results = measured(path, "own", [here(name, f",FOLDER={folder}") for name in "abc"])
    assert not results.failures and len(results.series["watched"]["c"].values) >= 4


def test_values_are_taken_in_turn(tmp_path: Path) -> None:
    path, log = tmp_path / "logged.py", tmp_path / "log"
    path.write_text(
        "import os\n\n\ndef run():\n"
        "    with open(os.environ['LOG'], 'a') as log:\n        log.write(os.environ['WHO'])\n"
    )
    programs = [
        turns.Program(who, Path(sys.executable), {"LOG": str(log), "WHO": who}) for who in ("a", "b", "c")
    ]
    job = {"script": str(path), "for_pyperf": False, "library": "", "clock": "wall", "check": False}
    job |= {"loops": {"logged": 2}, "warmups": {"logged": 1}, "values": {"logged": 3}}
    reports = turns.run(programs, job, 60)
    assert log.read_text() == "aabbcc" * 5
    assert [len(found["benchmarks"]["logged"]["values"]) for found in reports] == [3, 3, 3]


def test_a_process_that_never_ends_its_turn_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "endless.py"
    path.write_text("def run():\n    while True:\n        pass\n")
    job = {"script": str(path), "for_pyperf": False, "library": "", "clock": "wall", "min_time": 0.1}
    with pytest.raises(turns.WorkerFailed, match="slow: ran longer than 1 s"):
        turns.run([turns.Program("slow", Path(sys.executable), {})], job | {"loops": {}}, 1)


def test_a_process_that_dies_is_noticed_though_a_child_of_it_lives(tmp_path: Path) -> None:
    path = tmp_path / "dies.py"
    path.write_text(
        "import os, time\n\n\ndef run():\n    if os.fork() == 0:\n        time.sleep(5)\n    os.abort()\n"
    )
    job = {"script": str(path), "for_pyperf": False, "library": "", "clock": "wall", "min_time": 0.1}
    with pytest.raises(turns.WorkerFailed, match="dies: exit code -6"):
        turns.run([turns.Program("dies", Path(sys.executable), {})], job | {"loops": {}}, 60)


def test_an_interpreter_that_does_not_start_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "small.py"
    path.write_text("def run():\n    return 1\n")
    results = report.Results(["a"])
    run.measure_all([suite.Script("small", "own", path)], [run.Interpreter("a", path, {})], EFFORT, results)
    assert len(results.failures) == 1 and "small: a: cannot be started" in results.failures[0]


def test_speed_is_the_ratio_of_medians() -> None:
    results = report.Results(["stock", "off", "on"])
    for name, times in {"x": (4.0, 4.0, 1.0), "y": (1.0, 2.0, 4.0)}.items():
        results.suite_of[name] = "own"
        results.series[name] = {
            key: report.Series(
                [[time, time, 99.0], [time], [time]], [2 * time, 50.0, time], [1000, 3000, 100 * number]
            )
            for number, (key, time) in enumerate(zip(results.interpreters, times, strict=True), start=9)
        }
    assert results.speed("x", "on", "stock") == 4.0
    summary = {(e["of"], e["against"]): e for e in report.as_json(results)["summary"]}
    assert summary["on", "stock"]["geomean"] == pytest.approx(1.0)
    assert summary["on", "off"]["worst"] == {"name": "y", "speed": 0.5}
    assert "worst y 0.25, best x 4.00" in report.table(results)


def test_first_values_and_peak_memory_are_compared_too() -> None:
    results = report.Results(["off", "on"])
    for name, peak in {"x": 1500, "y": 900}.items():
        results.suite_of[name] = "applications"
        results.series[name] = {
            "off": report.Series([[9.0, 1.0, 9.0]] * 3, [1.0, 9.0, 3.0], [1000, 1000, 5000]),
            "on": report.Series([[1.0, peak / 1000, 1.0]] * 3, [peak / 100], [peak]),
        }
    (entry,) = report.as_json(results)["summary"]
    assert entry["first"]["worst"] == {"name": "x", "speed": 0.2}
    assert entry["fastest"]["worst"] == {"name": "x", "speed": 1.0}
    assert entry["fastest"]["geomean"] == pytest.approx((1 / 0.9) ** 0.5)
    assert entry["memory"]["worst"] == {"name": "x", "ratio": 1.5}
    assert entry["memory"]["geomean"] == pytest.approx((1.5 * 0.9) ** 0.5)
    lines = report.table(results).splitlines()
    assert lines[0].endswith("memory on/off") and [line.split()[-1] for line in lines[1:3]] == [
        "1.50",
        "0.90",
    ]
    assert "peak memory: 1.16 times as much; most x 1.50" in report.table(results)
    assert "first values of processes: geomean 0.258; worst x 0.20" in report.table(results)


def test_machine_code_is_claimed_only_with_code() -> None:
    assert not report.jit_summary(None)["machine_code"]
    assert not report.jit_summary({"traces": 5, "code_bytes": 0})["machine_code"]
    assert report.jit_summary({"traces": 5, "code_bytes": 900})["machine_code"]


def test_compile_cost() -> None:
    one = {"instructions": 300, "uops": 600, "compile_time": 90_000}
    two = {"instructions": 100, "uops": 200, "compile_time": 110_000}
    assert report.compile_cost([one, None, two]) == 50.0
    assert report.compile_cost([one, None, two], "uops") == 25.0
    older = {"instructions": 1, "compile_time": 1}
    assert report.compile_cost([older], "uops") is None
    assert report.compile_cost([None, {"instructions": 0, "compile_time": 0}]) is None
    assert report.jit_summary(one)["compile_us_per_100"] == 30.0
    assert report.jit_summary(one)["compile_us_per_100_uops"] == 15.0
    assert report.jit_summary(None)["compile_us_per_100"] is None


RAN = {"traces": 3, "code_bytes": 900, "timed": {"traces": 2, "exits_taken": 5}}
INTERPRETED = RAN | {"code_bytes": 0}
NONE = {"traces": 3, "code_bytes": 900, "timed": {"traces": 0, "exits_taken": 0}}
NEVER_LEFT = RAN | {"timed": {"traces": 2, "exits_taken": 0}}
EMPTY = {"traces": 0, "code_bytes": 0, "timed": {"traces": 0, "exits_taken": 0}}
ON = {"PYTHON_JIT": "1"}
INTERPRETER = ON | {"PYTHON_JIT_BACKEND": "interpreter"}


@pytest.mark.parametrize(
    ("settings", "stats", "problem"),
    [
        ({}, None, ""),
        (ON, RAN, ""),
        (INTERPRETER, INTERPRETED, ""),
        ({"PYTHON_JIT": "0"}, EMPTY, ""),
        (ON, None, "there is no sys._jit"),
        (ON, NONE, "no trace was made"),
        (ON, NEVER_LEFT, "no trace was left, so none is known to have run"),
        (ON, INTERPRETED, "there is no machine code"),
        (INTERPRETER, RAN, "traces were to be interpreted, but there is machine code"),
        ({"PYTHON_JIT": "0"}, RAN, "there are traces"),
    ],
)
def test_check_knows_what_the_statistics_must_say(
    settings: dict[str, str], stats: object, problem: str
) -> None:
    assert check.trace_problem(settings, stats) == problem


def test_check_finds_another_result_and_missing_traces(tmp_path: Path) -> None:
    path = tmp_path / "differs.py"
    path.write_text("import os\n\n\ndef run():\n    return os.environ.get('ODD', 'even')\n")
    script = suite.Script("differs", "own", path)
    interpreters = [here("a"), here("b", ",ODD=1"), here("c", ",PYTHON_JIT=1")]
    results = check.check_script(script, interpreters, {})
    assert [failure.split(" (")[0] for failure in results.failures] == [
        "differs: b computed another result than a",
        "differs: c: there is no sys._jit",
    ]
    assert "b DIFFERS, c same" in check.lines(script, results)[0]


def test_check_reports_a_program_that_fails(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text("import os\n\n\ndef run():\n    assert 'ODD' not in os.environ\n")
    script = suite.Script("broken", "own", path)
    results = check.check_script(script, [here("a"), here("b", ",ODD=1")], {})
    assert len(results.failures) == 1 and "AssertionError" in results.failures[0]
    assert results.failures[0].startswith("broken: b: exit code 1")
    assert check.lines(script, results)[0].split() == ["broken", "FAILED"]


def test_scripts_excused_from_traces_exist() -> None:
    data = suite.read_data()
    named = {*data["own"]["programs"], *data["pyperformance"]["scripts"]}
    assert set(data["check"]["no_traces"]) <= named and all(data["check"]["no_traces"].values())


@pytest.mark.parametrize("text", ["python", "=x", "a=", "a=/no/such/file", f"a={sys.executable},NOVALUE"])
def test_wrong_interpreter_arguments_are_refused(text: str) -> None:
    assert run.main(["--python", text, "--suite", "own"]) == 2


def test_every_own_program_named_exists_and_no_name_is_unknown() -> None:
    assert len(suite.own_scripts(suite.read_data())) >= 30
    kernels = suite.kernel_scripts(suite.read_data())
    assert len(kernels) >= 10 and all(kernel.kind == "kernels" for kernel in kernels)
    assert [script.name for script in suite.select("kernels", Path("unused"), ["kernel_branches"])] == [
        "kernel_branches"
    ]
    with pytest.raises(suite.SuiteError, match="nonsense"):
        suite.select("own", Path("unused"), ["nonsense"])


def test_an_application_finds_its_packages(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "wanted.py").write_text("VALUE = 7\n")
    path = tmp_path / "app_one.py"
    path.write_text("import wanted\n\n\ndef run():\n    return wanted.VALUE\n")
    results = report.Results(["a"])
    run.measure(suite.Script("app_one", "applications", path, library=library), [here("a")], EFFORT, results)
    assert results.series["app_one"]["a"].compared == "returned value"
    with pytest.raises(turns.WorkerFailed, match="wanted"):
        measured(path, "own", [here()])


def test_benchmarks_of_pyperformance_that_need_packages_are_applications(tmp_path: Path) -> None:
    path = tmp_path / "bm_one" / "run_benchmark.py"
    path.parent.mkdir()
    path.write_text(
        "import pyperf\nimport wanted\n\npyperf.Runner().bench_func('one', lambda: wanted.VALUE)\n"
    )
    (tmp_path / "wanted.py").write_text("VALUE = 7\n")
    data: dict[str, Any] = {"applications": {"scripts": {"one": []}}}
    (script,) = suite.pyperformance_scripts(data, tmp_path, "applications", tmp_path)
    results = report.Results(["a", "b"])
    run.measure(script, [here("a"), here("b")], EFFORT, results)
    assert results.suite_of == {"one": "applications"} and results.complete() == ["one"]


def test_applications_are_pinned() -> None:
    lists = suite.read_data()["applications"]
    scripts = suite.application_scripts(suite.read_data(), Path("library"))
    assert len(scripts) >= 20 and all(script.library == Path("library") for script in scripts)
    assert set(lists["slow"]) <= {*lists["scripts"], *(script.name for script in scripts)}
    for requirement in [*lists["pure"], *lists["compiled_left_out"]]:
        assert re.fullmatch(r"[a-z0-9-]+==[0-9.]+", requirement)


def test_chart_orders_by_speed() -> None:
    pair = {"of": "b", "against": "a"}
    rows = {
        name: {"suite": "own", "speeds": [pair | {"speed": speed, "mark": "~" if name == "q" else ""}]}
        for name, speed in {"p": 0.5, "q": 2.0}.items()
    }
    data = json.loads(json.dumps({"benchmarks": rows}))
    assert chart.speeds(data, "b", "a", "own") == [("p", 0.5, True), ("q", 2.0, False)]
    assert chart.speeds(data, "b", "a", "pyperformance") == []
    assert chart.speeds(data, "a", "b", "own") == []


def test_chart_shows_the_last_of_ours_against_what_is_not_ours() -> None:
    names = ["stock", "off", "on", "debian"]
    assert chart.shown({"interpreters": names, "against": "debian"}, None, None) == ("on", "debian")
    assert chart.shown({"interpreters": names[:3], "against": ""}, None, None) == ("on", "stock")
    assert chart.shown({"interpreters": names, "against": "debian"}, "off", "stock") == ("off", "stock")
