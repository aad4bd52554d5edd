"""make test: the lines it prints, their order, the lists of upstream tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from Tools.build import run_tests


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
    assert out[-4:] == [
        "two: ok",
        "one: FAILED: sh -c echo the-reason; exit 3 ... ended with 3",
        "three: FAILED: sh -c echo the-reason; exit 3 ... ended with 3",
        "1 passed, 2 failed",
    ]


def test_what_is_left_out_is_said(
    stages: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path, "--skip", "one", "--skip", "three") == 0
    assert lines(capsys)[-4:] == [
        "one: not run, as asked",
        "three: not run, as asked",
        "two: ok",
        "1 passed, 0 failed",
    ]


def test_missing_program_fails_the_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_tests, "STAGES", {"one": lambda context: context.run("no-such-program")})
    assert "no-such-program" in run_tests.run_stage("one", tmp_path, 1, False)


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
