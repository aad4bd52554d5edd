"""The base: sums, truncation, interruption, the order of the sources, what an error says."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import shutil
import tarfile
from pathlib import Path

import pytest

from Tools.build import fetch
from Tools.build.common import BuildError
from Tools.build.config import Base


def make_archive(path: Path, pin: Base) -> Base:
    """Write a release at `path`; return the pin with its sum."""
    with tarfile.open(path, "w:xz") as tar:
        for name, text in (
            ("Python-3.13.5/configure", "#! /bin/sh\n"),
            ("Python-3.13.5/Include/patchlevel.h", '#define PY_VERSION "3.13.5"\n'),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            info.mtime = 1_000_000_000
            tar.addfile(info, io.BytesIO(text.encode()))
    data = path.read_bytes()
    return dataclasses.replace(pin, sha256=hashlib.sha256(data).hexdigest(), size=len(data))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return fetch.cache_folder()


def test_cache_is_outside_the_build_and_follows_xdg(cache: Path, tmp_path: Path) -> None:
    assert cache == tmp_path / "cache" / "cpython-tracing-jit"


def test_wrong_sum_names_both(tmp_path: Path, pin: Base) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"x" * pin.size)
    with pytest.raises(BuildError) as caught:
        fetch.check_file(file, pin)
    assert pin.sha256 in str(caught.value)
    assert hashlib.sha256(b"x" * pin.size).hexdigest() in str(caught.value)
    assert "truncated" not in str(caught.value)


def test_truncated_file_is_called_so(tmp_path: Path, pin: Base) -> None:
    archive = tmp_path / "a.tar.xz"
    pin = make_archive(archive, pin)
    archive.write_bytes(archive.read_bytes()[:-20])
    with pytest.raises(BuildError, match=rf"truncated: {pin.size - 20} of {pin.size} bytes"):
        fetch.ensure_base(pin, tmp_path / "build", str(archive))
    assert not (tmp_path / "build" / "base-3.13.5").exists()


def test_given_archive_is_unpacked_with_its_times(tmp_path: Path, pin: Base) -> None:
    archive = tmp_path / "a.tar.xz"
    pin = make_archive(archive, pin)
    base = fetch.ensure_base(pin, tmp_path / "build", str(archive))
    assert (base / "Include/patchlevel.h").stat().st_mtime == 1_000_000_000
    assert [path.name for path in (tmp_path / "build").iterdir()] == ["base-3.13.5"]
    # A second run neither needs the archive nor unpacks again.
    archive.unlink()
    assert fetch.ensure_base(pin, tmp_path / "build", str(archive)) == base


def test_interrupted_unpacking_leaves_nothing_and_the_next_run_succeeds(
    tmp_path: Path, pin: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "a.tar.xz"
    pin = make_archive(archive, pin)
    original = tarfile.TarFile.extractall

    def interrupted(self: tarfile.TarFile, path: Path) -> None:
        original(self, path)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(tarfile.TarFile, "extractall", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch.ensure_base(pin, tmp_path / "build", str(archive))
    assert list((tmp_path / "build").iterdir()) == []
    assert (fetch.ensure_base(pin, tmp_path / "build", str(archive)) / "configure").exists()


def test_half_base_without_its_stamp_is_made_anew(tmp_path: Path, pin: Base) -> None:
    archive = tmp_path / "a.tar.xz"
    pin = make_archive(archive, pin)
    half = tmp_path / "build" / "base-3.13.5"
    half.mkdir(parents=True)
    (half / "junk").write_text("")
    base = fetch.ensure_base(pin, tmp_path / "build", str(archive))
    assert (base / "configure").exists() and not (base / "junk").exists()


def test_sources_are_tried_in_order_and_the_good_file_is_cached(
    tmp_path: Path, pin: Base, cache: Path
) -> None:
    archive = tmp_path / "a.tar.xz"
    pin = make_archive(archive, pin)
    asked = []

    def wrong(_base: Base, scratch: Path) -> Path:
        asked.append("wrong")
        path = scratch / "w"
        path.write_bytes(b"not it")
        return path

    def right(_base: Base, scratch: Path) -> Path:
        asked.append("right")
        return Path(shutil.copy(archive, scratch / "r"))

    path = fetch.fetch(pin, (("first", wrong), ("second", right)))
    assert path == cache / pin.file and asked == ["wrong", "right"]
    assert [item.name for item in cache.iterdir()] == [pin.file]
    assert fetch.fetch(pin, ()) == path


def test_spoiled_cache_is_not_used(tmp_path: Path, pin: Base, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / pin.file).write_bytes(b"spoiled")
    with pytest.raises(BuildError, match=r"cache: .* is not the pinned"):
        fetch.fetch(pin, ())


def test_no_network_names_the_two_ways(pin: Base, cache: Path) -> None:
    def offline(_base: Base, _scratch: Path) -> Path:
        raise BuildError("no route to host")

    with pytest.raises(BuildError) as caught:
        fetch.fetch(pin, (("some place", offline),))
    message = str(caught.value)
    assert "some place: no route to host" in message
    assert "--with-cpython-source=" in message and str(cache / pin.file) in message


def test_folder_of_the_right_release(tmp_path: Path, pin: Base, base: Path) -> None:
    (base / ".base-is-complete").unlink()
    made = fetch.ensure_base(pin, tmp_path / "build", str(base))
    assert (made / "Python/ceval.c").exists()
    assert not (base / ".base-is-complete").exists()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "Include/patchlevel.h",
            '#define PY_VERSION "3.13.4"\n',
            "says 3.13.4, the pinned release is 3.13.5",
        ),
        ("Makefile", "", "has been built in"),
    ],
)
def test_folder_that_will_not_do(
    tmp_path: Path, pin: Base, base: Path, name: str, text: str, message: str
) -> None:
    (base / name).write_text(text)
    with pytest.raises(BuildError, match=message):
        fetch.ensure_base(pin, tmp_path / "build", str(base))


def test_other_source_replaces_the_base(tmp_path: Path, pin: Base, base: Path) -> None:
    first = fetch.ensure_base(pin, tmp_path / "build", str(base))
    archive = tmp_path / "a.tar.xz"
    second = fetch.ensure_base(make_archive(archive, pin), tmp_path / "build", str(archive))
    assert first == second and not (second / "Python").exists()
