"""The generator's programs are valid, deterministic and varied; the runner and the shrinker see failures."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from Tools.fuzz import __main__ as fuzz
from Tools.fuzz import numeric
from Tools.fuzz.programs import Program, make
from Tools.fuzz.run import MOST_EXITS, PASSES, TIMED_OUT, Runner, typed_modes
from Tools.fuzz.shrink import shrink

SEEDS = range(120)


def test_every_seed_gives_a_valid_program() -> None:
    for seed in SEEDS:
        ast.parse(make(seed).text())


def test_a_seed_gives_the_same_program_again_and_another_seed_another() -> None:
    texts = {make(seed).text() for seed in SEEDS}
    assert len(texts) == len(SEEDS)
    assert make(5).text() == make(5).text()


def test_programs_use_what_a_tracing_jit_finds_hard() -> None:
    text = "".join(make(seed).text().partition("g1 = 0.5")[2] for seed in SEEDS)
    kinds = {type(node).__name__ for node in ast.walk(ast.parse(text))}
    assert kinds >= {
        "For", "While", "Try", "With", "Yield", "Lambda", "ListComp", "GeneratorExp", "Break", "Continue",
        "Raise", "Delete", "Starred", "AugAssign", "IfExp", "JoinedStr", "Subscript", "Attribute", "Dict",
    }  # fmt: skip


def test_programs_run_to_their_end_and_do_not_only_raise() -> None:
    runner = Runner(sys.executable, 60)
    errors = lines = 0
    for seed in range(12):
        outcome = runner.run(make(seed).text(), {})
        assert outcome.code == 0, outcome.err
        lines += outcome.out.count("\n")
        errors += outcome.out.count("Error'")
    assert lines > 100
    assert errors < lines * 0.9


def test_numeric_programs_are_valid_and_mostly_compute() -> None:
    texts = {numeric.make(seed).text() for seed in SEEDS}
    assert len(texts) == len(SEEDS)
    assert numeric.make(5).text() == numeric.make(5).text()
    runner = Runner(sys.executable, 60)
    numbers = 0
    for seed in range(6):
        outcome = runner.run(numeric.make(seed).text(), {})
        assert outcome.code == 0, outcome.err
        assert "leaks: False" in outcome.out
        numbers += outcome.out.count("\n(")
    assert numbers > 20


def two_modes(python: str = sys.executable, time_limit: float = 20) -> Runner:
    """A runner whose second mode can be seen by a program: it stands for a JIT that is wrong."""
    return Runner(python, time_limit, {"off": {}, "on": {"MODE": "on"}})


WRONG = "import os\nprint('start')\nif os.environ.get('MODE'):\n    {}\n"


@pytest.mark.parametrize(
    ("statement", "kind", "text"),
    [
        ("print('more')", ("on", "output"), "line 2 of stdout"),
        ("raise SystemExit(3)", ("on", 3), "exit code 3"),
        ("raise KeyError(5)", ("on", 1), "KeyError: 5"),
        ("os.abort()", ("on", -6), "exit code -6"),
        ("import sys; print('x', file=sys.stderr)", ("on", "output"), "line 1 of stderr"),
    ],
)
def test_a_difference_is_seen_and_described(statement: str, kind: tuple[str, object], text: str) -> None:
    found = two_modes().compare(WRONG.format(statement))
    assert found is not None
    assert found.kind == kind
    assert text in found.describe()


def test_a_mode_that_hangs_is_a_difference() -> None:
    found = two_modes(time_limit=1).compare(WRONG.format("import time; time.sleep(30)"))
    assert found is not None and found.other.code == TIMED_OUT
    assert "ran out of time" in found.describe()


def test_every_exit_has_its_turn() -> None:
    names = [set(typed_modes(seed)) for seed in range(200)]
    assert all(len(modes) == len(names[0]) for modes in names)
    assert names[3] == set(typed_modes(3))
    assert {f"native, forced {n}" for n in range(1, MOST_EXITS + 1)} <= set.union(*names)


def test_equal_modes_are_no_difference() -> None:
    assert two_modes().compare("print(1)") is None


def functions_of(program: Program) -> str:
    return "\n".join(line for function in program.functions for line in function.text())


def test_the_shrinker_keeps_the_failure_and_drops_the_rest() -> None:
    program = next(make(seed) for seed in SEEDS if "while " in functions_of(make(seed)))

    def fails(candidate: Program) -> bool:
        ast.parse(candidate.text())
        return "while " in functions_of(candidate)

    smaller = shrink(program, fails, attempts=2000)
    assert fails(smaller)
    assert len(smaller.functions) == 1
    assert functions_of(smaller).count("\n") <= 4 < functions_of(program).count("\n")


def test_the_number_of_attempts_is_bounded() -> None:
    calls = 0

    def fails(candidate: Program) -> bool:
        nonlocal calls
        calls += 1
        return False

    shrink(make(3), fails, attempts=7)
    assert calls == 7


def test_a_bounded_run_ends_with_its_count(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["--python", sys.executable, "--count", "2", "--seed", "4"]) == 0
    assert "2 programs from seed 4: 0 failures" in capsys.readouterr().out


def test_a_missing_python_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["--python", str(tmp_path / "none")]) == 2
    assert "no Python" in capsys.readouterr().err


def test_a_failure_is_reported_with_seed_and_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\n[ "$PYTHON_JIT" = 1 ] && echo wrong\nexec {sys.executable} "$@"\n')
    script.chmod(0o755)
    save = tmp_path / "found"
    assert fuzz.main(["--python", str(script), "--count", "1", "--no-shrink", "--save", str(save)]) == 1
    out = capsys.readouterr().out
    assert "seed 1: line 1 of stdout" in out and "on: wrong" in out and "FUNCTIONS = [" in out
    assert [path.name for path in save.iterdir()] == ["seed1.py"]


def test_the_passes_are_those_of_the_optimizer() -> None:
    source = Path(__file__).resolve().parents[3] / "Include/internal/pycore_jit_engine.h"
    assert tuple(re.findall(r'^    X\([A-Z]+, "([a-z]+)"\)', source.read_text(), re.MULTILINE)) == PASSES
