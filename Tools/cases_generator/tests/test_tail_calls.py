"""The third form of tier 1: texts, and that it is made of the same bodies as the cases are.

    tail/THEME.c   definitions  ->  tail/THEME.expect   the functions they become

`BLESS=1` as in test_texts.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ..cgen.cli import find_sources, generate, read_model
from ..cgen.diagnostics import Diagnostics
from ..cgen.output import Writer
from ..cgen.tail_calls import SHARED, TailCallDialect, units
from ..cgen.tier1 import case
from .test_cases import cases
from .test_texts import compare, sources

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[2]
TEXTS = sorted((HERE / "tail").glob("*.c"))


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: p.stem)
def test_text(path: Path) -> None:
    diagnostics = Diagnostics()
    model = read_model(sources(path), diagnostics)
    assert not diagnostics, diagnostics.render()
    w = Writer("test")
    w.lines.clear()
    units(w, model)
    names = {path.name}
    for instruction in model.sorted_instructions():
        definitions = [instruction.definition, *(part.op.definition for part in instruction.parts)]
        if names & {definition.span.source.name for definition in definitions}:
            case(w, instruction, False, TailCallDialect(), diagnostics)
    compare(path, w.text())
    assert not diagnostics, diagnostics.render()


def test_every_text_is_expected() -> None:
    assert TEXTS
    assert {p.stem for p in (HERE / "tail").glob("*.expect")} == {p.stem for p in TEXTS}


@pytest.fixture(scope="module")
def both_forms(base: Path) -> tuple[str, str]:
    """The cases and the functions of the definitions we build with."""
    diagnostics = Diagnostics()
    texts = generate(find_sources(base, TOP / "Python/bytecodes"), diagnostics)
    assert not diagnostics, diagnostics.render()
    return texts["Python/generated_cases.c.h"], texts["Python/tail_cases.c.h"]


@pytest.mark.needs_base
def test_functions_do_what_cases_do(both_forms: tuple[str, str]) -> None:
    """Apart from an assertion, and from labels in the middle and what is found again behind them."""
    in_one, functions = (cases(text) for text in both_forms)
    assert len(in_one) > 200
    assert functions.keys() == in_one.keys()
    for name, expected in in_one.items():
        less, more = expected - functions[name], functions[name] - expected
        assert set(more) <= {"TAIL_EXITS();", "frame->instr_ptr=next_instr;"}, name
        assert "TAIL_EXITS();" in more, name
        assert all(
            re.fullmatch(
                r"PREDICTED\(\w+\);|next_instr-\d+;|assert\(throwflag\);|frame->instr_ptr=next_instr;", s
            )
            for s in less
        ), name


def table(text: str, name: str) -> list[str]:
    found = re.search(rf"struct tail_table {name} = \{{\{{(.*?)\}}\}};", text, re.DOTALL)
    assert found is not None
    return re.findall(r"(\w+),", found[1])


@pytest.mark.needs_base
def test_tables(both_forms: tuple[str, str], base: Path) -> None:
    """An entry for every opcode, as in the tables of labels."""
    diagnostics = Diagnostics()
    labels = generate(find_sources(base, TOP / "Python/bytecodes"), diagnostics)["Python/opcode_targets.h"]
    for of_labels, of_functions, renamed in (
        ("opcode_targets_table", "tail_targets", {"_unknown_opcode": "tail_unknown_opcode"}),
        (
            "opcode_recording_table",
            "tail_recording_targets",
            {"record_previous_inst": "tail_record_previous", "stop_tracing": "tail_stop_tracing"},
        ),
    ):
        found = re.search(rf"static void \*{of_labels}\[256\] = \{{(.*?)\}};", labels, re.DOTALL)
        assert found is not None
        expected = [renamed.get(label, label) for label in re.findall(r"&&(\w+)", found[1])]
        assert len(expected) == 256
        assert table(both_forms[1], of_functions) == expected


@pytest.mark.needs_base
def test_every_function_is_defined_once(both_forms: tuple[str, str]) -> None:
    """Those of the tables that are no instructions, and the shared exits, are in our evaluation loop."""
    loop = (TOP / "Python/tail_eval.c.h").read_text()
    text = both_forms[1]
    defined = re.findall(r"^(?:TARGET|TAIL_\w*FUNCTION)\((\w+)\)\s*\{", text + loop, re.MULTILINE)
    assert len(defined) == len(set(defined))
    declared = re.findall(r"^(?:TARGET|TAIL_FUNCTION)\((\w+)\);", text, re.MULTILINE)
    assert len(declared) > 200
    assert set(declared) <= set(defined)
    exits = (TOP / "Include/internal/pycore_tail_calls.h").read_text()
    assert set(re.findall(r"\w+: TAIL_LEAVE_FOR\((\w+)\)", exits)) == set(SHARED)
