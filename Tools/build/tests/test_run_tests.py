"""make test: the lines it prints, their order, the lists of upstream tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from Tools.build import run_tests, tally


def passes(context: run_tests.Context) -> None:
    context.run("true")


def fails(context: run_tests.Context) -> None:
    context.run("sh", "-c", "echo the-reason; exit 3")


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_tests, "STAGES", {"one": fails, "two": passes, "three": fails})


def run(monkeypatch: pytest.MonkeyPatch, build: Path, *options: str) -> int:
    monkeypatch.setattr("sys.argv", ["run_tests", "--build", str(build), *options])
    return run_tests.main()


def test_failed_ones_stand_last_and_the_count_closes(
    stages: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path) == 1
    out = lines(capsys)
    assert "the-reason" in out
    assert out[-6:] == [
        "two: ok (1 passed, 0 failed)",
        "one: FAILED: sh -c echo the-reason; exit 3 ... ended with 3 (0 passed, 1 failed)",
        "three: FAILED: sh -c echo the-reason; exit 3 ... ended with 3 (0 passed, 1 failed)",
        "FAILED one: one",
        "FAILED three: three",
        "1 passed, 2 failed",
    ]
    assert (tmp_path / run_tests.CLOSING).read_text().splitlines() == out[-6:]


def test_counts_of_all_stages_are_added(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def tests(context: run_tests.Context) -> None:
        context.run("echo", "7 passed, 1 skipped in 0.50s")

    def upstream(context: run_tests.Context) -> None:
        context.run("sh", "-c", f"printf '%s\\n' {' '.join(map(repr, REGRTEST))}; exit 2")

    monkeypatch.setattr(run_tests, "STAGES", {"tools": tests, "upstream": upstream, "mypy": passes})
    assert run(monkeypatch, tmp_path) == 1
    assert lines(capsys)[-6:] == [
        "mypy: ok (1 passed, 0 failed)",
        f"upstream: FAILED: sh -c printf '%s\\n' {' '.join(map(repr, REGRTEST))}; exit 2 ... ended with 2 "
        "(41757 passed, 3 failed)",
        "FAILED upstream: test_sum (test.test_a.Sums.test_sum)",
        "FAILED upstream: test_a",
        "FAILED upstream: test_b",
        "41765 passed, 3 failed",
    ]


REGRTEST = [
    "FAIL: test_sum (test.test_a.Sums.test_sum)",
    "2 tests failed:",
    "    test_a test_b",
    "Total tests: run=43,856 (filtered) failures=3 skipped=2,096",
    "Total test files: run=466/477 (filtered) failed=2 skipped=15",
    "Result: FAILURE",
]


@pytest.mark.parametrize(
    ("log", "ok", "expected"),
    [
        ("", True, tally.Tally(1, 0, [])),
        ("", False, tally.Tally(0, 1, ["stage"])),
        ("3 passed in 1.00s\n5 passed, 2 skipped in 61.00s (0:01:01)", True, tally.Tally(8, 0, [])),
        (
            "FAILED Tools/x/test_a.py::test_b[1 2] - assert 0\nERROR Tools/y.py::test_c\n"
            "===== 1 failed, 4 passed, 1 error in 2.10s =====",
            False,
            tally.Tally(4, 2, ["Tools/x/test_a.py::test_b[1 2]", "Tools/y.py::test_c"]),
        ),
        (
            "\n".join(REGRTEST),
            False,
            tally.Tally(41757, 3, ["test_sum (test.test_a.Sums.test_sum)", "test_a", "test_b"]),
        ),
        # It failed, and passed when it was run again.
        ("\n".join(REGRTEST), True, tally.Tally(41760, 0, [])),
        # A file that crashed: no test of it is counted.
        (
            "1 test failed:\n    test_crash\n\nTotal tests: run=5\nTotal test files: run=1/1 failed=1",
            False,
            tally.Tally(5, 1, ["test_crash"]),
        ),
        # Tests passed, and something else of the stage did not.
        ("3 passed in 1.00s", False, tally.Tally(3, 1, ["stage"])),
    ],
)
def test_tally_of_a_log(log: str, ok: bool, expected: tally.Tally) -> None:
    assert tally.read(log, "stage", ok) == expected


def test_what_is_left_out_is_said(
    stages: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path, "--skip", "one", "--skip", "three") == 0
    assert lines(capsys)[-4:] == [
        "one: not run, as asked",
        "three: not run, as asked",
        "two: ok (1 passed, 0 failed)",
        "1 passed, 0 failed",
    ]


def test_missing_program_fails_the_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_tests, "STAGES", {"one": lambda context: context.run("no-such-program")})
    problem, counts = run_tests.run_stage("one", tmp_path, 1, False)
    assert "no-such-program" in problem and counts.failed == 1


def test_lists_have_reasons(tmp_path: Path) -> None:
    path = tmp_path / "list.toml"
    path.write_text('[replaced]\ntest_a = " "\n')
    with pytest.raises(run_tests.StageError, match="test_a: a reason is needed"):
        run_tests.load_expectations(path)


def test_lists_name_tests_of_the_base(tmp_path: Path) -> None:
    (tmp_path / "Lib/test/test_folder").mkdir(parents=True)
    (tmp_path / "Lib/test/test_file.py").write_text("")
    path = tmp_path / "list.toml"
    path.write_text('[stress]\ntest_folder = "r"\n"test_file.Case.test_x" = "r"\ntest_gone = "r"\n')
    assert run_tests.unknown_tests(tmp_path, path) == [
        "list.toml [stress]: test_gone is not a test of the base"
    ]


def test_the_real_lists_can_be_read() -> None:
    assert run_tests.load_expectations()["stress"]


def test_root_is_excused_only_as_root() -> None:
    expectations = {"replaced": {"a": "r"}, "fails_on_stock": {}, "fails_on_stock_as_root": {"b": "r"}}
    assert run_tests.left_out(expectations, root=False) == {"a": "r"}
    assert run_tests.left_out(expectations, root=True) == {"a": "r", "b": "r"}
