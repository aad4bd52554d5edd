"""Debian's fixes: which are taken, where the package comes from, what does not fit, what a build tells."""

from __future__ import annotations

import dataclasses
import io
import tarfile
from pathlib import Path

import pytest

from Tools.build import fixes as module
from Tools.build.common import BuildError
from Tools.build.config import Base, Config
from Tools.build.fetch import cache_folder
from Tools.build.fixes import (
    Fix,
    Fixes,
    apply,
    ensure,
    load_list,
    looks_like_fix,
    read_package,
    select,
    touched,
)
from Tools.build.overlay import layers, overlay

from .conftest import add_patch, rules, write

REVISION = "3.13.5-2+deb13u5"
FOUR = "--- old/Python/ceval.c\n+++ new/Python/ceval.c\n@@ -4,2 +4,2 @@\n-four\n+FOUR\n five\n"


def package(path: Path, patches: dict[str, str], revision: str = REVISION, series: str = "") -> Path:
    """Write a debian.tar.xz."""
    files = {f"debian/patches/{name}": text for name, text in patches.items()}
    files["debian/patches/series"] = series or "# a comment\n" + "".join(f"{name}\n" for name in patches)
    files["debian/changelog"] = f"python3.13 ({revision}) trixie; urgency=medium\n"
    with tarfile.open(path, "w:xz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return path


def fix(text: str, name: str = "CVE-2026-1.patch") -> Fixes:
    return Fixes(REVISION, "", (Fix(name, text.encode()),))


@pytest.fixture(autouse=True)
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A list of our own, a cache of our own, and an archive that does not answer."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = write(
        tmp_path / "list.toml", "[taken]\n'a.patch' = 'security: a'\n[left_out]\n'b.diff' = 'layout: b'\n"
    )
    monkeypatch.setattr(module, "LIST", path)
    monkeypatch.setattr(module, "from_archive", offline)
    monkeypatch.setattr(module.select, "__defaults__", (path,))
    return path


def offline(_base: Base, _scratch: Path) -> Path:
    raise BuildError("no route to host")


def answers(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(module, "from_archive", lambda _base, _scratch: path)


# ---- Which are taken


def test_the_list_of_the_tree_says_of_each_what_it_is() -> None:
    taken, left_out = load_list(Path(module.__file__).with_name("security_fixes.toml"))
    assert taken and left_out
    for text in (taken | left_out).values():
        kind, _, rest = text.partition(": ")
        assert rest and kind in (
            "security",
            "crash",
            "leak",
            "regression",
            "layout",
            "build",
            "packaging",
            "feature",
        )
    assert all(not name.startswith("CVE-") for name in left_out)


def test_a_name_in_both_parts_is_refused(known: Path) -> None:
    known.write_text("[taken]\na = 'x'\n[left_out]\na = 'x'\n")
    with pytest.raises(BuildError, match="both taken and left out: a"):
        load_list(known)


def test_selection_follows_the_list_and_names_what_it_does_not_know(
    tmp_path: Path, pin: Base, capsys: pytest.CaptureFixture[str]
) -> None:
    patches = {"b.diff": FOUR, "z.diff": FOUR, "a.patch": FOUR, "CVE-2099-1.patch": FOUR}
    chosen = select(read_package(package(tmp_path / "p.tar.xz", patches), pin), strict=True)
    assert [one.name for one in chosen.fixes] == ["a.patch", "CVE-2099-1.patch"]
    assert chosen.revision == REVISION
    said = capsys.readouterr().out.splitlines()
    assert [line.partition("toml, ")[2] for line in said] == [
        "applied: CVE-2099-1.patch",
        "no fix by its looks, left out: z.diff",
    ]


def test_a_fix_that_is_gone_is_an_error_where_the_newest_was_asked_for(
    tmp_path: Path, pin: Base, capsys: pytest.CaptureFixture[str]
) -> None:
    read = read_package(package(tmp_path / "p.tar.xz", {"b.diff": FOUR}), pin)
    with pytest.raises(BuildError) as caught:
        select(read, strict=True)
    for text in ("a.patch: security: a", REVISION, "security_fixes.toml", "--with-security-fixes=FILE"):
        assert text in str(caught.value)
    assert select(read, strict=False).fixes == ()
    assert "does not have: a.patch" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("CVE-2026-5.patch", "", True),
        ("tar.patch", "Subject: [PATCH] [3.13] gh-123456: mend it\n", True),
        ("tar.patch", "Description: for CVE-2026-1234\n", True),
        ("paths.diff", "Description: Debian's paths\nForwarded: no\n", False),
        ("paths.diff", "Subject: [PATCH] gh-123: a feature of the main branch\n", False),
    ],
)
def test_what_looks_like_a_fix(name: str, head: str, expected: bool) -> None:
    body = "\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+CVE-2026-99999\n"
    assert looks_like_fix(Fix(name, (head + body).encode())) is expected


# ---- The package


def test_series_with_options_and_comments(tmp_path: Path, pin: Base) -> None:
    path = package(tmp_path / "p", {"a.patch": FOUR, "c": ""}, series="#x\n\na.patch -p1 # why\nc#y\n")
    assert [one.name for one in read_package(path, pin).patches] == ["a.patch", "c"]


@pytest.mark.parametrize("revision", ["3.13.6-1", "3.13.50-1", "3.14.0-2"])
def test_package_of_another_release_is_refused(tmp_path: Path, pin: Base, revision: str) -> None:
    path = package(tmp_path / "p", {"a.patch": FOUR}, revision)
    with pytest.raises(
        BuildError, match=rf"holds python3\.13 {revision}; fixes of python3\.13 3\.13\.5 are wanted"
    ):
        read_package(path, pin)


def test_what_is_no_package_is_refused(tmp_path: Path, pin: Base) -> None:
    whole = package(tmp_path / "p", {"a.patch": FOUR}).read_bytes()
    for name, data in (("junk", b"junk"), ("half", whole[: len(whole) // 2])):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BuildError, match=r"is not a debian\.tar\.xz of python3\.13"):
            read_package(tmp_path / name, pin)


# ---- Where it comes from


def test_archive_then_build_folder_then_nothing_more_is_asked(
    tmp_path: Path, pin: Base, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, package(tmp_path / "p", {"a.patch": FOUR}))
    first = ensure(config, pin, tmp_path / "build")
    assert [one.short for one in first.fixes] == ["a"]
    monkeypatch.setattr(module, "from_archive", offline)
    assert ensure(config, pin, tmp_path / "build") == first
    # A newer revision comes in only where it is asked for.
    answers(monkeypatch, package(tmp_path / "q", {"a.patch": FOUR}, "3.13.5-2+deb13u6"))
    assert ensure(config, pin, tmp_path / "build") == first
    assert ensure(config, pin, tmp_path / "build", update=True).revision == "3.13.5-2+deb13u6"
    assert ensure(config, pin, tmp_path / "build").revision == "3.13.5-2+deb13u6"


def test_unreachable_archive_takes_the_cache(
    tmp_path: Path,
    pin: Base,
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers(monkeypatch, package(tmp_path / "p", {"a.patch": FOUR}))
    first = ensure(config, pin, tmp_path / "one")
    monkeypatch.setattr(module, "from_archive", offline)
    assert REVISION in module.outlook(config, pin, tmp_path / "two")
    assert ensure(config, pin, tmp_path / "two") == first
    assert "the archive cannot be asked (no route to host); taking" in capsys.readouterr().out
    with pytest.raises(BuildError, match="no route to host"):
        ensure(config, pin, tmp_path / "two", update=True)
    assert ensure(config, pin, tmp_path / "two") == first


def test_spoiled_cache_is_not_used(
    tmp_path: Path, pin: Base, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, package(tmp_path / "p", {"a.patch": FOUR}))
    ensure(config, pin, tmp_path / "one")
    monkeypatch.setattr(module, "from_archive", offline)
    (cache_folder() / f"python3.13_{REVISION}.debian.tar.xz").write_bytes(b"spoiled")
    assert ensure(config, pin, tmp_path / "two").fixes == ()


def test_nothing_to_be_had_builds_without_and_says_so_each_time(
    tmp_path: Path,
    pin: Base,
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ensure(config, pin, tmp_path / "build").fixes == ()
    assert "security fixes: none (no route to host)" in capsys.readouterr().out

    def unasked(_base: Base, _scratch: Path) -> Path:
        raise AssertionError("asked again")

    monkeypatch.setattr(module, "from_archive", unasked)
    assert ensure(config, pin, tmp_path / "build").fixes == ()
    assert "warning: no security fixes are in (no route to host)" in capsys.readouterr().out
    with pytest.raises(BuildError, match="cannot be had: no route to host"):
        monkeypatch.setattr(module, "from_archive", offline)
        ensure(dataclasses.replace(config, fixes="yes"), pin, tmp_path / "other")


def test_a_build_that_has_fixes_does_not_lose_them(
    tmp_path: Path, pin: Base, config: Config, known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, package(tmp_path / "p", {"a.patch": FOUR}))
    ensure(config, pin, tmp_path / "build")
    monkeypatch.setattr(module, "from_archive", offline)
    module._newest(pin).unlink()
    known.write_text(known.read_text() + "# changed\n")
    with pytest.raises(BuildError, match="have to be found anew"):
        ensure(config, pin, tmp_path / "build")


def test_pinned_file_needs_no_archive_and_may_lack_some(tmp_path: Path, pin: Base, config: Config) -> None:
    path = package(tmp_path / "p", {"CVE-2025-1.patch": FOUR}, "3.13.5-2+deb13u1")
    config = dataclasses.replace(config, fixes=str(path))
    assert "CVE-2025-1" in module.outlook(config, pin, tmp_path / "build")
    assert ensure(config, pin, tmp_path / "build").revision == "3.13.5-2+deb13u1"
    # Another file under the same name is another pin.
    package(path, {"CVE-2025-2.patch": FOUR})
    assert ensure(config, pin, tmp_path / "build").revision == REVISION
    path.unlink()
    with pytest.raises(BuildError, match="No such file"):
        ensure(config, pin, tmp_path / "build")


def test_none_are_looked_for_where_none_are_wanted(tmp_path: Path, pin: Base, config: Config) -> None:
    off = dataclasses.replace(config, fixes="no")
    assert ensure(off, pin, tmp_path / "build") == Fixes(reason="--with-security-fixes=no")
    folder = dataclasses.replace(config, source=str(tmp_path))
    assert "taken as it is" in ensure(folder, pin, tmp_path / "build").reason
    assert not (tmp_path / "build").exists()


# ---- Applying them


def test_hunks_may_move_but_have_to_match(base: Path) -> None:
    moved = {"Python/ceval.c": b"zero\nzero\none\ntwo\nthree\nfour\nfive\n"}
    assert apply(fix(FOUR), base, moved, {}) == {
        "Python/ceval.c": b"zero\nzero\none\ntwo\nthree\nFOUR\nfive\n"
    }
    halves = FOUR.replace(" five", " 5").replace("@@ -4,2 +4,2 @@\n", "@@ -3,3 +3,3 @@\n three\n")
    with pytest.raises(BuildError) as caught:
        apply(fix(halves), base, {}, {})
    for text in ("CVE-2026-1.patch", REVISION, "does not fit", "Python/ceval.c", "[left_out]", "fixes=no"):
        assert text in str(caught.value)


def test_one_that_is_in_already_does_not_fit(base: Path) -> None:
    with pytest.raises(BuildError, match="does not fit"):
        apply(fix(FOUR), base, {"Python/ceval.c": b"one\ntwo\nthree\nFOUR\nfive\n"}, {})


def test_in_their_order_with_new_and_removed_files(base: Path) -> None:
    then = FOUR.replace("-four", "-FOUR").replace("+FOUR", "+4").replace("old/", "a/")
    new = "--- /dev/null\n+++ b/Lib/test/test_new.py\n@@ -0,0 +1 @@\n+pass\n"
    away = "--- a/Python/jit.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-upstream\n"
    texts = [FOUR, then + new, away]
    several = Fixes(REVISION, "", tuple(Fix(f"{n}.patch", text.encode()) for n, text in enumerate(texts)))
    assert apply(several, base, {}, {}) == {
        "Lib/test/test_new.py": b"pass\n",
        "Python/ceval.c": b"one\ntwo\nthree\n4\nfive\n",
        "Python/jit.c": None,
    }
    assert (base / "Python/ceval.c").read_text() == "one\ntwo\nthree\nfour\nfive\n"


def test_names_that_leave_the_tree_are_not_followed(base: Path, tmp_path: Path) -> None:
    victim = write(tmp_path / "victim", "four\nfive\n")
    evil = FOUR.replace("Python/ceval.c", "../victim").replace("-4,2 +4,2", "-1,2 +1,2")
    assert touched(Fix("x", evil.encode())) == []
    with pytest.raises(BuildError, match="does not fit"):
        apply(fix(evil), base, {}, {})
    assert victim.read_text() == "four\nfive\n"


def test_source_without_what_is_made_from_it(base: Path) -> None:
    write(base / "configure.ac", "four\nfive\n")
    text = FOUR.replace("Python/ceval.c", "configure.ac").replace("-4,2 +4,2", "-1,2 +1,2")
    with pytest.raises(BuildError, match=r"changes configure\.ac, and not configure"):
        apply(fix(text), base, {}, {})


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("Python/jit.c", "is removed"),
        ("Python/bytecodes.c", "our generator reads"),
        ("Python/jit/trace.c", "is ours"),
    ],
)
def test_file_that_is_not_upstreams_here(
    config: Config, base: Path, top: Path, tmp_path: Path, name: str, who: str
) -> None:
    rules(top, remove="Python/jit.c")
    write(base / "Python/bytecodes.c", "x\n")
    with pytest.raises(BuildError, match=rf"changes {name}, which {who}.*\n.*by hand"):
        layers(top, base, tmp_path / "build", config, fix(FOUR.replace("Python/ceval.c", name)))


# ---- What a build tree gets


def test_laid_after_our_patches_and_taken_back(config: Config, base: Path, top: Path, tmp_path: Path) -> None:
    write(base / "Makefile.pre.in", "all:\n")
    add_patch(top, "a.patch", "--- a/Python/ceval.c\n+++ b/Python/ceval.c\n@@ -2 +2,2 @@\n two\n+ours\n")
    add_patch(top, "m.patch", "--- a/Makefile.pre.in\n+++ b/Makefile.pre.in\n@@ -1 +1,2 @@\n all:\n+\techo\n")
    tree = tmp_path / "build/tree"

    def lay(applied: Fixes) -> list[str]:
        changed = overlay(config, base, tmp_path / "build", tree, top, applied)
        return [name for name in changed if not name.endswith(".mk")]

    lay(fix(FOUR))
    assert (tree / "Python/ceval.c").read_text() == "one\ntwo\nours\nthree\nFOUR\nfive\n"
    assert 'X("CVE-2026-1")' in (tree / "Python/jit/engine/security_fixes.h").read_text()
    makefile = (tree / "Makefile.pre.in").read_text()
    assert makefile.startswith("all:\n\techo\n")
    assert f"SECURITY_FIXES=\tCVE-2026-1\nSECURITY_FIXES_FROM=\t{REVISION}\n" in makefile
    assert lay(fix(FOUR)) == []
    assert lay(Fixes()) == ["Makefile.pre.in", "Python/ceval.c", "Python/jit/engine/security_fixes.h"]
    assert (tree / "Python/ceval.c").read_text() == "one\ntwo\nours\nthree\nfour\nfive\n"
    assert "X(" not in (tree / "Python/jit/engine/security_fixes.h").read_text().replace("FIXES(X)", "")
