"""Another loader and other libraries for a program: tried with a program of this machine."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from Tools.build import elf
from Tools.build.common import BuildError


@pytest.fixture
def cat() -> Path:
    found = shutil.which("cat")
    assert found is not None
    return Path(found)


def maps_of(program: Path) -> set[str]:
    """The files that a program which prints its input has mapped, by what it says itself."""
    text = subprocess.run([program, "/proc/self/maps"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r" (/\S+)$", text, re.MULTILINE))


def test_a_program_takes_the_loader_and_the_libraries_it_is_given(cat: Path, tmp_path: Path) -> None:
    root = tmp_path.resolve()
    loader = Path(elf.loader_of(cat.read_bytes()))
    libraries = root / "libraries"
    libraries.mkdir()
    for path in maps_of(cat):
        if ".so" in path:
            shutil.copy(path, libraries)
    shutil.copy(loader, root / "loader")
    program = root / "program"
    program.write_bytes(elf.with_loader(cat.read_bytes(), str(root / "loader"), str(libraries)))
    program.chmod(0o755)

    assert elf.loader_of(program.read_bytes()) == str(root / "loader")
    assert program.stat().st_size == cat.stat().st_size
    shared = {path for path in maps_of(program) if ".so" in path or path.endswith("/loader")}
    assert str(root / "loader") in shared and len(shared) > 1
    assert all(path.startswith(f"{root}/") for path in shared), shared


def test_what_is_no_program_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="not an ELF program"):
        elf.with_loader(b"#!/bin/sh\n", "/loader", "/libraries")


def test_a_path_that_finds_no_room_is_refused(cat: Path) -> None:
    with pytest.raises(BuildError, match="no room for 5010 bytes"):
        elf.with_loader(cat.read_bytes(), "/" + "x" * 4999, "/library")


def test_a_program_with_a_folder_of_libraries_is_refused(cat: Path) -> None:
    once = elf.with_loader(cat.read_bytes(), "/loader", "/libraries")
    with pytest.raises(BuildError, match="names a folder of libraries already"):
        elf.with_loader(once, "/loader", "/libraries")


def test_a_program_without_a_spare_entry_is_refused(cat: Path) -> None:
    program = bytearray(cat.read_bytes())
    for header, (kind, flags, offset, address, physical, size, *_) in elf._segments(bytes(program)):
        if kind == 2:
            tags = [struct.unpack_from("<q", program, at)[0] for at in range(offset, offset + size, 16)]
            short = 16 * (tags.index(0) + 1)
            fields = (kind, flags, offset, address, physical, short, short, 8)
            struct.pack_into(elf._HEADER, program, header, *fields)
    with pytest.raises(BuildError, match="no entry to spare"):
        elf.with_loader(bytes(program), "/loader", "/libraries")
