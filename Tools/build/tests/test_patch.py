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


def test_every_hunk_that_does_not_fit_is_told() -> None:
    body = diff("@@ -1 +1,2 @@\n TWO\n+a\n", "@@ -2 +3 @@\n-three\n+3\n", "@@ -5 +6 @@\n-five\n+5\n")
    with pytest.raises(BuildError) as caught:
        run(body)
    assert str(caught.value).splitlines() == [
        "patches/p.patch:3: hunk at line 1 of f.c: does not apply",
        "  the patch expects: TWO",
        "  the file has:      one",
        "patches/p.patch:6: hunk at line 2 of f.c: its lines stand at line 3 there; write the right line"
        " number",
    ]


def guided(body: str, old: str, new: str) -> tuple[str, list[str]]:
    """Apply what was made for the old text to the new one, as a later release is."""
    (change,) = patch.parse("p.patch", body).files
    guide = patch.Guide()
    guide.compare(change.target, old, new)
    assert patch.try_to_apply("p.patch", change, patch.Text.of(old), made_for=guide.made_for) == []
    text = patch.Text.of(new)
    problems = patch.try_to_apply("p.patch", change, text, guide)
    return str(text), problems


BRACES = "f\n}\ng\n}\nh\n}\n"


def test_a_brace_that_moved_is_not_taken_for_another() -> None:
    # In the new text there is a brace at the old number, and it is that of f.
    body = diff("@@ -3 +3,2 @@\n g\n+G\n", "@@ -4 +5,2 @@\n }\n+after g\n")
    after, problems = guided(body, BRACES, "new\nmore\n" + BRACES)
    assert after == "new\nmore\nf\n}\ng\nG\n}\nafter g\nh\n}\n"
    assert problems == [
        f"patches/p.patch:{at}: hunk at line {line} of f.c: its lines stand at line {line + 2} there;"
        " write the right line number"
        for at, line in ((3, 3), (6, 4))
    ]


def test_lines_that_changed_do_not_fit_though_others_are_like_them() -> None:
    _, problems = guided(diff("@@ -4 +4,2 @@\n }\n+after g\n"), BRACES, BRACES.replace("g\n}\n", "g {}\n"))
    assert "hunk at line 4 of f.c: does not apply" in problems[0]


def test_a_line_that_an_earlier_hunk_wrote_is_no_line_of_the_file() -> None:
    body = diff("@@ -1 +1,2 @@\n f\n+new\n", "@@ -2 +3 @@\n-}\n+{\n")
    assert guided(body, BRACES, BRACES) == ("f\nnew\n{\ng\n}\nh\n}\n", [])


def test_a_patch_on_top_of_a_patch() -> None:
    guide = patch.Guide()
    guide.compare("f.c", "f\n", "f\ng\n")
    bodies = {"a.patch": diff("@@ -1 +1,2 @@\n f\n+new\n"), "b.patch": diff("@@ -2 +2 @@\n-new\n+newer\n")}
    old, new = patch.Text.of("f\n"), patch.Text.of("f\ng\n")
    for name, body in bodies.items():
        (change,) = patch.parse(name, body).files
        assert patch.try_to_apply(name, change, old, made_for=guide.made_for) == []
        assert patch.try_to_apply(name, change, new, guide) == []
    assert str(new) == "f\nnewer\ng\n"


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
