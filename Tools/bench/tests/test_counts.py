"""Counts of traces: the graph is read, weights are right, failures are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from Tools.bench import counts, suite

GRAPH = """digraph tracelets {
  e1 [fillcolor="#fcb499" label=<<table border="0">
    <tr><td port="start"><b>1 a.py</b><br/>entered 10 times, 4 instructions, 2 exits, 400 bytes</td></tr>
    <tr><td align="left" port="i0">START</td></tr>
    <tr><td align="left" port="i1">BYTECODE</td></tr>
    <tr><td align="left" port="i2">IADD   [to tier 1: 1]</td></tr>
    <tr><td align="left" port="i3">CALL_LEN 1   [to tier 1: 7]</td></tr>
    <tr><td align="left" port="i4">LOOP</td></tr>
  </table>>]
  e2 [fillcolor="#fcb499" label=<<table border="0">
    <tr><td port="start"><b>2 a.py</b><br/>entered 30 times, 2 instructions, 1 exits, 100 bytes</td></tr>
    <tr><td align="left" port="i0">START_SIDE</td></tr>
    <tr><td align="left" port="i1">PARAM</td></tr>
    <tr><td align="left" port="i2">TO_HEAD</td></tr>
  </table>>]
  e3 [fillcolor="#fcb499" label=<<table border="0">
    <tr><td port="start"><b>3 a.py</b><br/>entered 0 times, 9 instructions, 1 exits, 900 bytes</td></tr>
    <tr><td align="left" port="i0">START</td></tr>
  </table>>]
  e1:i2 -> e2:start
}
"""


def test_graph() -> None:
    first, second, third = counts.traces(GRAPH)
    assert first == counts.Trace(10, 4, 400, ("START", "BYTECODE", "IADD", "OPAQUE", "LOOP"))
    assert second.operations == ("START_SIDE", "PARAM", "TO_HEAD")
    assert third.entered == 0


def test_counts() -> None:
    found = counts.count(counts.traces(GRAPH), 1200)
    # 10 * 4 + 30 * 2 instructions ran; 10 * 3 + 30 * 1 operations; 10 opaque; 10 entries through memory.
    assert found == counts.Counts(6, 60.0, 10.0, 500 / 6, 200.0, 100.0)
    assert counts.count([], 0) is None
    assert counts.count(counts.traces(GRAPH)[2:], 100) is None


def test_mean() -> None:
    assert counts.mean([2.0, 8.0]) == pytest.approx(4.0)
    assert counts.mean([0.0, 1.0]) == pytest.approx(0.1)


def test_wrong_arguments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "python"
    assert counts.main(["--python", str(missing), "--suite", "own"]) == 2
    assert f"there is no program {missing}" in capsys.readouterr().err
    assert counts.main(["--python", str(missing), "--suite", "own", "--only", "nothing"]) == 2
    assert "no such benchmark" in capsys.readouterr().err


def test_failing_script_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho it broke >&2\nexit 3\n")
    python.chmod(0o755)
    script = suite.Script("broken", "own", tmp_path / "broken.py")
    monkeypatch.setattr(suite, "select", lambda *_: [script])
    assert counts.main(["--python", str(python)]) == 1
    assert "FAILED broken: ['it broke']" in capsys.readouterr().out
