"""The strict applier: what fits is applied, everything else is an error that names the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from Tools.build import patch
from Tools.build.common import BuildError

from .conftest import add_patch

TEXT = "one\ntwo\nthree\nfour\nfive\n"


def run(body: str, text: str = TEXT) -> str:
    one = patch.parse("p.patch", body)
    return patch.apply("p.patch", one.files[0], text)


def diff(*hunks: str) -> str:
    return "--- a/f.c\n+++ b/f.c\n" + "".join(hunks)


def test_insert_delete_replace_in_two_hunks() -> None:
    body = diff("@@ -1 +1,2 @@\n one\n+one and a half\n", "@@ -4,2 +5 @@\n four\n-five\n")
    assert run(body) == "one\none and a half\ntwo\nthree\nfour\n"


def test_only_deletions() -> None:
    assert run(diff("@@ -2,2 +1,0 @@\n-two\n-three\n")) == "one\nfour\nfive\n"


def test_wrong_text_is_refused_with_both_lines() -> None:
    with pytest.raises(BuildError, match=r"p\.patch:3: hunk at line 2 of f\.c: does not apply") as caught:
        run(diff("@@ -2 +2 @@\n-TWO\n+2\n"))
    assert "expects: TWO" in str(caught.value) and "has:      two" in str(caught.value)


def test_offset_is_refused_and_the_right_line_is_told() -> None:
    with pytest.raises(BuildError, match="its lines stand at line 4 there"):
        run(diff("@@ -3 +3 @@\n-four\n+4\n"))


def test_offset_is_told_in_lines_of_the_unpatched_file() -> None:
    with pytest.raises(BuildError, match="its lines stand at line 4 there"):
        run(diff("@@ -1 +1,3 @@\n one\n+a\n+b\n", "@@ -3 +5 @@\n-four\n+4\n"))


def test_hunk_with_nothing_to_check_is_refused() -> None:
    with pytest.raises(BuildError, match="needs one line of context"):
        run(diff("@@ -1,0 +2 @@\n+x\n"))


def test_beyond_the_end_is_refused() -> None:
    with pytest.raises(BuildError, match="end of file"):
        run(diff("@@ -50 +50 @@\n-x\n+y\n"))


def test_already_applied_is_refused() -> None:
    body = diff("@@ -2 +2 @@\n-two\n+2\n")
    with pytest.raises(BuildError, match="does not apply"):
        run(body, run(body))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (diff("@@ -1,2 +1,2 @@\n one\n"), "shorter than its header"),
        (diff("@@ -1 +1 @@\n-one\n+1\n+2\n"), "longer than its header"),
        (diff("@@ broken @@\n"), "cannot be read"),
        ("--- a/f.c\n", "no '\\+\\+\\+' line"),
        ("--- a/f.c\n+++ b/g.c\n@@ -1 +1 @@\n-a\n+b\n", "different files"),
        ("--- /dev/null\n+++ b/g.c\n@@ -0,0 +1 @@\n+b\n", "different files"),
        ("--- a/../f\n+++ b/../f\n@@ -1 +1 @@\n-a\n+b\n", "leaves the tree"),
        ("Subject: x\n", "no change in it"),
        (diff(), "no hunk"),
        (diff("@@ -1 +1 @@\n-one\n+1\n\\ No newline at end of file\n"), "not supported"),
    ],
)
def test_malformed(body: str, message: str) -> None:
    with pytest.raises(BuildError, match=message):
        patch.parse("p.patch", body)


def test_lint() -> None:
    added = "".join(f"+{number}\n" for number in range(11))
    body = "Subject: s\nWhy:\n two lines\n" + diff(f"@@ -1,2 +1,13 @@\n one\n two\n{added}")
    assert patch.lint(patch.parse("p.patch", body)) == [
        "patches/p.patch: the header has no 'Guarded-by:' line",
        "patches/p.patch: the header has no 'Forwarded:' line",
        "patches/p.patch:6: more than 1 line of context in a row",
        "patches/p.patch: 11 changed lines, at most 10 are wanted",
    ]


def test_series(top: Path) -> None:
    add_patch(top, "a.patch", diff("@@ -1 +1 @@\n-one\n+1\n"))
    assert [one.name for one in patch.load_series(top / "patches")] == ["a.patch"]
    (top / "patches/stray.patch").write_text("")
    with pytest.raises(BuildError, match=r"not in the series: stray\.patch"):
        patch.load_series(top / "patches")
    (top / "patches/series").write_text("a.patch\n# stray.patch waits for a header\n")
    assert len(patch.load_series(top / "patches")) == 1
    (top / "patches/series").write_text("a.patch\nstray.patch\ngone.patch\na.patch\n")
    with pytest.raises(BuildError, match="named twice"):
        patch.load_series(top / "patches")


def test_the_real_series_keeps_the_house_rules() -> None:
    folder = Path(__file__).resolve().parents[3] / "patches"
    series = patch.load_series(folder)
    assert series
    assert [problem for one in series for problem in patch.lint(one)] == []
