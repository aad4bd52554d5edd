"""Operations with register operands: which variants there are, in which order, and what becomes of them."""

import itertools
import re
import shutil
from pathlib import Path

import pytest

from Tools.jit.stencils import cli, variants
from Tools.jit.stencils.errors import BuildError

CLANGS = [name for name in ("clang-19", "clang-22") if shutil.which(name)]
G, F = variants.GENERAL_REGISTERS, variants.FLOAT_REGISTERS

OPCODES = """
#define JIT_TRACE_OPS(X) \\
    X(START, NONE, 0, "", 0) \\
    X(ADD, I64, 2, "II", JIT_OPFLAG_PURE | JIT_OPFLAG_COMMUTATIVE) \\
    X(HALF, F64, 1, "I", JIT_OPFLAG_PURE) \\
    X(BOX, FLOAT, 1, "F", JIT_OPFLAG_EXITS | JIT_OPFLAG_CALLS) \\
    X(CHECK, NONE, 2, "FF", JIT_OPFLAG_EXITS)

"""

BODIES = """
JIT_TRACE_OP(START)
{
    JIT_NEXT();
}

JIT_TRACE_OP(ADD)
{
    int64_t r = JIT_ARG_I64(0) + JIT_ARG_I64(1);
    if (r == 0) {
        JIT_SIDE_EXIT();
    }
    JIT_RESULT_I64(r);
    JIT_NEXT();
}
"""


def by_name(name: str) -> variants.Operation:
    return next(item for item in variants.operations(OPCODES) if item.name == name)


def test_reads_the_table() -> None:
    assert [item.name for item in variants.operations(OPCODES) if not item.machine] == [
        "START",
        "ADD",
        "HALF",
        "BOX",
        "CHECK",
    ]
    assert by_name("BOX").calls
    assert not by_name("ADD").calls
    assert by_name("MOVE_FLOAT").machine


def test_refuses_what_it_cannot_read() -> None:
    with pytest.raises(BuildError, match="no JIT_TRACE_OPS"):
        variants.operations("")
    with pytest.raises(BuildError, match="cannot read"):
        variants.operations(OPCODES.replace("X(HALF", "Y(HALF"))
    with pytest.raises(BuildError, match="ADD: more operands"):
        variants.operations(OPCODES.replace('2, "II"', '4, "IIII"'))
    with pytest.raises(BuildError, match="ADD: more operands"):
        variants.operations(OPCODES.replace('2, "II"', '3, "II"'))


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("START", [0, 0, 0, 0]),
        ("ADD", [G, G + 1, 0, 0]),  # the result goes where the first operand is
        ("HALF", [G, 0, 0, F]),
        ("BOX", [F, 0, 0, G]),
        ("CHECK", [F, F + 1, 0, 0]),
        ("RELOAD_FLOAT", [0, 0, 0, F]),
    ],
)
def test_places(name: str, places: list[int]) -> None:
    assert by_name(name).places == places


@pytest.mark.parametrize("name", ["START", "ADD", "HALF", "BOX", "CHECK", "MOVE_CELL"])
def test_the_emitter_finds_every_variant_by_arithmetic(name: str) -> None:
    operation = by_name(name)
    names = operation.variants()
    sizes = operation.places
    for places in itertools.product(*(range(max(size, 1)) for size in sizes)):
        # What stencil_of() of machine/emit.c computes.
        number = sum(place * stride for place, stride in zip(places, operation.strides, strict=True))
        shown = [str(place) for size, place in zip(sizes, places, strict=True) if size]
        assert names[number] == "__".join([name, *shown])


def test_a_body_is_copied_for_every_variant() -> None:
    add = by_name("ADD")
    text = variants.render([add], variants.bodies(BODIES))
    assert text.count("JIT_VARIANT(") == G * (G + 1)
    first = text.split("JIT_VARIANT(ADD__1__2)")[0].rsplit("\n\n", 1)[1]
    assert "#define JIT_OPERAND_0 g1\n" in first
    assert "#define JIT_OPERAND_1 g2\n" in first
    assert "#define JIT_DESTINATION g1\n" in first
    assert f"#define JIT_OPERAND_1 JIT_POOL_GENERAL\n#define JIT_DESTINATION g{G - 1}\n" in text
    assert text.count("#define JIT_") == text.count("#undef JIT_")


def test_an_operation_without_a_body_is_an_error() -> None:
    with pytest.raises(BuildError, match="HALF: no body"):
        variants.render([by_name("HALF")], variants.bodies(BODIES))


TEMPLATE = """
typedef unsigned long uint64_t;
typedef long int64_t;
typedef unsigned char _Py_CODEUNIT;
#define BANK uint64_t g0, uint64_t g1, uint64_t g2, uint64_t g3, uint64_t g4, uint64_t g5
#define ABI __attribute__((preserve_none))
extern ABI uint64_t _JIT_CONTINUE(BANK);
extern ABI uint64_t _JIT_SIDE_EXIT(BANK) __attribute__((cold));
extern const uint64_t _JIT_POOL __attribute__((visibility("hidden")));
#define GO(TARGET) __attribute__((musttail)) return TARGET(g0, g1, g2, g3, g4, g5)
#define JIT_VARIANT(NAME) ABI uint64_t _JIT_TRACE_##NAME(BANK)
#define JIT_NEXT() GO(_JIT_CONTINUE)
#define JIT_SIDE_EXIT() GO(_JIT_SIDE_EXIT)
#define JIT_POOL_GENERAL _JIT_POOL
#define JIT_ARG_I64(I) ((int64_t)JIT_OPERAND_##I)
#define JIT_RESULT_I64(R) (JIT_DESTINATION = (uint64_t)(R))
#define JIT_ANY(TYPE) ((TYPE)0)
#include "jit_variants.c.h"
"""


@pytest.mark.parametrize("clang", CLANGS)
def test_from_definitions_to_the_table(
    clang: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(variants, "MACHINE_OPERATIONS", ())
    tree = tmp_path / "tree"
    (tree / "Include" / "internal").mkdir(parents=True)
    (tree / "Python").mkdir()
    rows = [line for line in OPCODES.splitlines() if "(START" not in line and "X(ADD" not in line]
    kept = OPCODES
    for line in rows:
        if line.strip().startswith("X("):
            kept = kept.replace(line + "\n", "")
    kept = kept.replace("COMMUTATIVE) \\", "COMMUTATIVE)")
    (tree / "Include" / "internal" / "pycore_jit_opcodes.h").write_text(kept)
    (tree / "Python" / "jit_opaque_cases.c.h").write_text(BODIES)
    (tree / "pyconfig.h").write_text("")
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "template.c").write_text(TEMPLATE)
    (ours / "machine_ops.c.h").write_text("")
    output = tmp_path / "jit_stencils.h"
    where = ["--tree", str(tree), "--template", str(ours / "template.c"), "-o", str(output)]
    code = cli.main([*where, "--clang", clang, "--target", "x86_64-pc-linux-gnu"])
    assert code == 0, capsys.readouterr().err
    header = output.read_text()
    start = re.search(r"\[JIT_OP_START\] = \{(\d+), \{0, 0, 0, 0\}, \{0, 0, 0, 0\}\},", header)
    add = re.search(
        rf"\[JIT_OP_ADD\] = \{{(\d+), \{{{G}, {G + 1}, 0, 0\}}, \{{{G + 1}, 1, 0, 0\}}\}},", header
    )
    assert start is not None
    assert add is not None
    names = re.findall(r"\},  // (\w+)$", header, re.MULTILINE)
    assert names[int(start[1]) - 1] == "START"
    assert names[int(add[1]) - 1 :][: G * (G + 1)] == by_name("ADD").variants()
    assert "JIT_VALUE_POOL" in header
