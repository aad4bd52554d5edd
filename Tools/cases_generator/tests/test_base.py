"""What is generated from the base release agrees with the base's own generated files.

Numbers, stack effects, caches and the flags the compiler reads are part of the .pyc format and of `dis`;
they may not move.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ..cgen.cli import find_sources, generate
from ..cgen.diagnostics import Diagnostics
from ..cgen.properties import COMPILER_FLAGS, FLAGS

pytestmark = pytest.mark.needs_base

DEFINITIONS = Path(__file__).resolve().parents[3] / "Python" / "bytecodes"
IDS = "Include/opcode_ids.h"
METADATA = "Include/internal/pycore_opcode_metadata.h"
PYTHON = "Lib/_opcode_metadata.py"


@pytest.fixture(scope="module")
def ours(base: Path) -> dict[str, str]:
    diagnostics = Diagnostics()
    texts = generate(find_sources(base, DEFINITIONS), diagnostics)
    assert not diagnostics, diagnostics.render()
    return texts


def constants(text: str) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r"^#define (\w+)\s+(\d+)$", text, re.MULTILINE)}


def flags(text: str) -> dict[str, set[str]]:
    rows = re.findall(r"\[(\w+)\] = \{ ?(?:true|1), ?(?:INSTR_FMT_\w+, |-1, )?([^}]*)\}", text)
    return {name: set(re.findall(r"HAS_(\w+)_FLAG", spelled)) for name, spelled in rows}


def effects(text: str, function: str) -> dict[str, str]:
    match = re.search(rf"int {function}\(int opcode, int oparg\)\s*\{{(.*?)\n\}}", text, re.DOTALL)
    assert match is not None
    found: dict[str, str] = {}
    waiting: list[str] = []
    for line in match.group(1).splitlines():
        if case := re.match(r"\s*case (\w+):", line):
            waiting.append(case.group(1))
        elif value := re.match(r"\s*return (.*);", line):
            found.update(dict.fromkeys(waiting, value.group(1)))
            waiting = []
    return found


def value_of(expression: str, oparg: int) -> object:
    as_python = re.sub(r"\(\((.*?)\) \? 1 : 0\)", r"(1 if (\1) else 0)", expression)
    return eval(as_python, {"oparg": oparg})


def byte_table(text: str, name: str) -> dict[str, str]:
    match = re.search(rf"const uint8_t {name}\[256\] = \{{(.*?)\}};", text, re.DOTALL)
    assert match is not None
    return dict(re.findall(r"\[(\w+)\] = (\w+)", match.group(1)))


def test_opcode_numbers(base: Path, ours: dict[str, str]) -> None:
    theirs = constants((base / IDS).read_text())
    assert len(theirs) > 200
    assert constants(ours[IDS]) == theirs


def test_python_metadata(base: Path, ours: dict[str, str]) -> None:
    theirs_names: dict[str, object] = {}
    our_names: dict[str, object] = {}
    exec((base / PYTHON).read_text(), theirs_names)
    exec(ours[PYTHON], our_names)
    assert our_names == theirs_names
    # Order is seen by whoever iterates over it.
    for table in ("_specializations", "_specialized_opmap"):
        assert list(our_names[table]) == list(theirs_names[table])  # type: ignore[call-overload]


@pytest.mark.parametrize("function", ["_PyOpcode_num_popped", "_PyOpcode_num_pushed"])
def test_stack_effects(base: Path, ours: dict[str, str], function: str) -> None:
    theirs = effects((base / METADATA).read_text(), function)
    mine = effects(ours[METADATA], function)
    assert len(theirs) > 200
    assert mine.keys() == theirs.keys()
    for oparg in (0, 1, 2, 3, 4, 7, 255, 256, 0x1234):
        differ = [n for n in theirs if value_of(theirs[n], oparg) != value_of(mine[n], oparg)]
        assert not differ, f"oparg {oparg}"


def test_compiler_flags(base: Path, ours: dict[str, str]) -> None:
    compare_flags((base / METADATA).read_text(), ours[METADATA], COMPILER_FLAGS)


def test_all_flags_without_our_definitions(base: Path, tmp_path: Path) -> None:
    diagnostics = Diagnostics()
    texts = generate(find_sources(base, tmp_path), diagnostics)
    assert not diagnostics
    compare_flags((base / METADATA).read_text(), texts[METADATA], FLAGS)


def compare_flags(theirs_text: str, ours_text: str, which: tuple[str, ...]) -> None:
    theirs, mine, wanted = flags(theirs_text), flags(ours_text), set(which)
    assert len(theirs) > 200
    assert mine.keys() == theirs.keys()
    assert {n: wrong for n in theirs if (wrong := (theirs[n] ^ mine[n]) & wanted)} == {}


@pytest.mark.parametrize("table", ["_PyOpcode_Caches", "_PyOpcode_Deopt"])
def test_byte_tables(base: Path, ours: dict[str, str], table: str) -> None:
    theirs = byte_table((base / METADATA).read_text(), table)
    assert len(theirs) > 10
    assert byte_table(ours[METADATA], table) == theirs


def test_unused_numbers(base: Path, ours: dict[str, str]) -> None:
    theirs = set(re.findall(r"case (\d+):", (base / METADATA).read_text()))
    plain = ours[METADATA].split("#ifdef _Py_TIER2")[1].split("#else")[1]
    assert set(re.findall(r"case (\d+):", plain)) == theirs
