"""Text in, text out.

    golden/THEME.c   definitions  ->  golden/THEME.expect   what each consumer gets of them
    fail/MISTAKE.c   one mistake  ->  fail/MISTAKE.expect   what the user is told

`BLESS=1 pytest Tools/cases_generator` writes the expected texts anew; read the difference before you
commit it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ..cgen.cli import generate, read_model
from ..cgen.diagnostics import Diagnostics, Source
from ..cgen.emit import Dialect
from ..cgen.jit_opcodes import spell, trace_op_row
from ..cgen.jit_properties import escape_reason, jit_flags
from ..cgen.model import Model
from ..cgen.opaque import OpaqueDialect, opaque_case, trace_op
from ..cgen.output import Writer
from ..cgen.tier1 import case
from ..cgen.traceable import not_traceable_reason

HERE = Path(__file__).resolve().parent
FAIL = sorted((HERE / "fail").glob("*.c"))
GOLDEN = sorted((HERE / "golden").glob("*.c"))


def sources(path: Path) -> list[Source]:
    upstream = Source("upstream.c", (HERE / "upstream.c").read_text(), checked=False)
    return [upstream, Source(path.name, path.read_text())]


def compare(path: Path, text: str) -> None:
    expected = path.with_suffix(".expect")
    if os.environ.get("BLESS") == "1":
        expected.write_text(text)
    assert expected.exists(), f"{expected.name} is missing; BLESS=1 writes it"
    assert text == expected.read_text()


@pytest.mark.parametrize("path", FAIL, ids=lambda p: p.stem)
def test_mistake(path: Path) -> None:
    diagnostics = Diagnostics()
    generate(sources(path), diagnostics)
    text = diagnostics.render()
    assert f"{path.name}:" in text, "the mistake was not seen"
    compare(path, text)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda p: p.stem)
def test_golden(path: Path) -> None:
    diagnostics = Diagnostics()
    model = read_model(sources(path), diagnostics)
    assert not diagnostics, diagnostics.render()
    compare(path, describe(model, path, diagnostics))
    assert not diagnostics, diagnostics.render()


def describe(model: Model, path: Path, diagnostics: Diagnostics) -> str:
    """Everything generated for the definitions of one file."""
    w = Writer("test")
    w.lines.clear()
    for instruction in model.sorted_instructions():
        if instruction.definition.span.source.name != path.name:
            continue
        w.line(f"/* {instruction.name}: tier 1 */")
        case(w, instruction, instruction.name in model.predicted(), Dialect(), diagnostics)
        reason = not_traceable_reason(instruction)
        if reason:
            w.line(f"/* not in a trace: {reason} */")
            continue
        w.line(f"/* {instruction.name}: in a trace, {spell(jit_flags(instruction))} */")
        if escape := escape_reason(instruction):
            w.line(f"/* escapes: {escape} */")
        opaque_case(w, instruction, OpaqueDialect(), diagnostics)
    for op in model.trace_ops:
        w.line(f"/* {trace_op_row(op)} */")
        trace_op(w, op, diagnostics)
    return w.text()


def test_every_expectation_has_its_input() -> None:
    for folder in ("fail", "golden"):
        inputs = {p.stem for p in (HERE / folder).glob("*.c")}
        assert {p.stem for p in (HERE / folder).glob("*.expect")} == inputs
        assert inputs
