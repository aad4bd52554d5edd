"""apt-get as it is called: which suites it is given, what happens if one does not answer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from Tools.build import debian, fetch, fixes
from Tools.build.common import BuildError
from Tools.build.config import Base

from .conftest import write

# Notes the lists it was given; fails where one of them names the host "down"; makes the files FILES names.
APT_GET = """\
#!/bin/sh
for argument; do
  case $argument in
    Dir::Etc::sourcelist=*) list=${argument#*=} ;;
    update) cat "$list" >> "$FAKE/lists"; echo -- >> "$FAKE/lists"
      if grep -q down "$list"; then echo "E: no answer from down"; exit 100; fi ;;
    source) echo "$@" >> "$FAKE/options"; for file in $FILES; do echo data > "$file"; done ;;
    install) echo "$@" >> "$FAKE/options"; for file in $FILES; do echo data > "cache/archives/$file"; done ;;
  esac
done
"""

MAIN = "deb [signed-by=/k.gpg] http://deb.example/debian bookworm main\n"
SECURITY = "deb http://sec.example/debian-security bookworm-security main\n"


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of notes; apt-get is a script, and apt's sources.list is FAKE/sources.list."""
    write(tmp_path / "bin/apt-get", APT_GET).chmod(0o755)
    write(tmp_path / "fake/sources.list", MAIN + SECURITY)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAKE", str(tmp_path / "fake"))
    monkeypatch.setattr(
        debian, "apt_folders", lambda: (tmp_path / "fake/sources.list", tmp_path / "fake/none.d")
    )
    return tmp_path / "fake"


def test_release_and_security_suite_are_asked_together(
    fake: Path, tmp_path: Path, pin: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FILES", "python3.13_3.13.5-2.debian.tar.xz")
    found = fixes.from_archive(pin, tmp_path)
    assert found.name == "python3.13_3.13.5-2.debian.tar.xz"
    assert (fake / "lists").read_text().splitlines() == [
        "deb-src [signed-by=/k.gpg] http://deb.example/debian trixie main",
        "deb-src http://sec.example/debian-security trixie-security main",
        "--",
    ]
    assert "--download-only --diff-only source python3.13" in (fake / "options").read_text()


def test_security_archive_that_does_not_answer_is_left_out(
    fake: Path, tmp_path: Path, pin: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(fake / "sources.list", MAIN + SECURITY.replace("sec.", "down."))
    monkeypatch.setenv("FILES", pin.debian_file)
    assert fetch.from_debian(pin, tmp_path).name == pin.debian_file
    assert (
        (fake / "lists")
        .read_text()
        .endswith(
            "trixie-security main\n--\ndeb-src [signed-by=/k.gpg] http://deb.example/debian trixie main\n--\n"
        )
    )


def test_errors_of_apt_are_told_once(fake: Path, tmp_path: Path, pin: Base) -> None:
    write(fake / "sources.list", MAIN.replace("deb.", "down."))
    with pytest.raises(BuildError, match=r"^E: no answer from down$"):
        fixes.from_archive(pin, tmp_path)


def test_package_of_another_release(
    fake: Path, tmp_path: Path, pin: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FILES", "python3.13_3.13.12-1.debian.tar.xz")
    with pytest.raises(
        BuildError, match=r"has python3\.13_3\.13\.12-1\.debian\.tar\.xz, no package of 3\.13\.5"
    ):
        fixes.from_archive(pin, tmp_path)


def test_binary_packages_come_with_what_they_depend_on(
    fake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FILES", "python3.13_3.13.5-2_amd64.deb libc6_2.41-12_amd64.deb")
    found = debian.download_binaries("trixie", ("python3.13",), tmp_path)
    assert [path.name for path in found] == ["libc6_2.41-12_amd64.deb", "python3.13_3.13.5-2_amd64.deb"]
    assert (fake / "lists").read_text().splitlines() == [
        "deb [signed-by=/k.gpg] http://deb.example/debian trixie main",
        "deb http://sec.example/debian-security trixie-security main",
        "--",
    ]
    words = (fake / "options").read_text().split()
    assert words[-5:] == ["--yes", "--download-only", "--no-install-recommends", "install", "python3.13"]
    # Nothing is installed, by what apt-get is told, so it leaves nothing out.
    (status,) = [word.partition("=")[2] for word in words if word.startswith("Dir::State::status=")]
    assert Path(status).read_text() == "" and Path(status).is_relative_to(tmp_path)
