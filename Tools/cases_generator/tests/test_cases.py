"""What tier 1 and traces are given of the base's definitions, compared with the base's own sources."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from ..cgen.ceval_exports import CEVAL_EXPORTS
from ..cgen.cli import find_sources, generate
from ..cgen.diagnostics import Diagnostics

pytestmark = pytest.mark.needs_base

TOP = Path(__file__).resolve().parents[3]
DEFINITIONS = TOP / "Python" / "bytecodes"

# Where the cases differ from the base's on purpose: what is left over on each side, as it is spelled below.
DIFFERENCES = {
    "CACHE": ({"DISPATCH();"}, set()),  # after a fatal error
    "RESERVED": ({"DISPATCH();"}, set()),
    # An item already in a variable is loaded a second time by the base.
    "CALL_BOUND_METHOD_EXACT_ARGS": ({"self_or_null=stack_pointer[@-1,-3,-6];"}, set()),
    "CALL_PY_EXACT_ARGS": ({"self_or_null=stack_pointer[@-1,-3,-6];"}, set()),
    # `self` is there for every argument these forms exist for.
    "LOAD_ATTR_METHOD_LAZY_DICT": ({"PyObject*self=NULL;"}, {"PyObject*self;"}),
    "LOAD_ATTR_METHOD_NO_DICT": ({"PyObject*self=NULL;"}, {"PyObject*self;"}),
    "LOAD_ATTR_METHOD_WITH_VALUES": ({"PyObject*self=NULL;"}, {"PyObject*self;"}),
}


@pytest.fixture(scope="module")
def upstream_only(base: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    diagnostics = Diagnostics()
    texts = generate(find_sources(base, tmp_path_factory.mktemp("defs")), diagnostics)
    assert not diagnostics, diagnostics.render()
    return texts


def at_some_opargs(expression: str) -> str:
    as_python = re.sub(r"\(\(([^()]*)\)\?1:0\)", r"(1 if (\1) else 0)", expression)
    return "@" + ",".join(str(eval(as_python, {"oparg": oparg})) for oparg in (0, 2, 5))


def statements(body: str) -> Counter[str]:
    """The statements of a case, spelled so that only what they do is compared, not how it is written."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", body, flags=re.DOTALL)
    text = re.sub(r"static_assert\([^;]*;|\(void\)\w+;|_Py_CODEUNIT \*this_instr =", "", text)
    text = re.sub(r"\s+", "", text)
    text = text.replace("if(true)goto", "goto").replace("if(1)goto", "goto")
    text = re.sub(r"if\((?:true|1)\)\{(stack_pointer\+=[^;]*;goto\w+;)\}", r"\1", text)
    text = re.sub(
        r"(stack_pointer\[)([^][]*oparg[^][]*)\]", lambda m: m[1] + at_some_opargs(m[2]) + "]", text
    )
    text = re.sub(r"(stack_pointer\+=)([^;]*oparg[^;]*);", lambda m: m[1] + at_some_opargs(m[2]) + ";", text)
    pieces = re.split(r"(?<=;)|[{}]", text)
    return Counter(p for p in pieces if p)


def cases(text: str) -> dict[str, Counter[str]]:
    heads = list(re.finditer(r"TARGET\((\w+)\) \{", text))
    found = {}
    for head in heads:
        depth, end = 1, head.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        found[head[1]] = statements(text[head.end() : end - 1])
    return found


def test_tier_1_does_what_the_base_does(base: Path, upstream_only: dict[str, str]) -> None:
    theirs = cases((base / "Python" / "generated_cases.c.h").read_text())
    ours = cases(upstream_only["Python/generated_cases.c.h"])
    assert len(theirs) > 200
    assert ours.keys() == theirs.keys()
    differ = {}
    for name, expected in theirs.items():
        less, more = expected - ours[name], ours[name] - expected
        if less or more:
            differ[name] = (set(less), set(more))
    assert differ == DIFFERENCES


def test_opaque_bodies_reach_static_functions_through_wrappers(
    base: Path, upstream_only: dict[str, str]
) -> None:
    ceval = (base / "Python" / "ceval.c").read_text()
    static = set(re.findall(r"^static\s+(?:\w+[\s*]+)+?(\w+)\(", ceval, re.MULTILINE))
    static -= set(re.findall(r"^static inline[^(;]*?(\w+)\(", ceval, re.MULTILINE))
    assert {"import_name", "do_raise", "check_args_iterable"} <= static
    called = set(re.findall(r"\b(\w+)\(", upstream_only["Python/jit_opaque_cases.c.h"]))
    assert not called & static, "needs a wrapper, or must not be traceable"


def test_every_wrapper_is_defined_declared_and_used(upstream_only: dict[str, str]) -> None:
    definitions = (TOP / "Python" / "jit_ceval_exports.c.h").read_text()
    header = (TOP / "Include" / "internal" / "pycore_jit_ceval.h").read_text()
    for original, wrapper in CEVAL_EXPORTS.items():
        assert f"\n{wrapper}(" in definitions
        assert re.search(rf"^    (return )?{original}\(", definitions, re.MULTILINE)
        assert f"{wrapper}(" in header
        assert f"{wrapper}(" in upstream_only["Python/jit_opaque_cases.c.h"]


def tables(text: str) -> dict[str, list[str]]:
    found = {}
    for name, body in re.findall(r"static void \*(\w+)\[256\] = \{(.*?)\};", text, re.DOTALL):
        found[name] = re.findall(r"&&(\w+)", body)
    return found


def test_dispatch_tables(base: Path, upstream_only: dict[str, str]) -> None:
    ours = tables(upstream_only["Python/opcode_targets.h"])
    theirs = tables((base / "Python" / "opcode_targets.h").read_text())["opcode_targets"]
    assert ours["opcode_targets"] == theirs
    assert ours["opcode_targets_table"] == theirs
    recording = ours["opcode_recording_table"]
    assert len(recording) == 256
    for label, when_recording in zip(theirs, recording, strict=True):
        name = label.removeprefix("TARGET_")
        stops = name.startswith("INSTRUMENTED_") or name in (
            "_unknown_opcode",
            "CACHE",
            "INTERPRETER_EXIT",
        )
        assert when_recording == ("stop_tracing" if stops else "record_previous_inst"), name


def test_every_instruction_is_traceable_or_has_a_reason(upstream_only: dict[str, str]) -> None:
    header = upstream_only["Include/internal/pycore_jit_opcodes.h"]
    traceable = re.search(r"#define JIT_INSTRUCTIONS\(X\)(.*?)\n\n", header, re.DOTALL)
    others = re.search(r"#define JIT_NOT_TRACEABLE\(X\)(.*?)\n\n", header, re.DOTALL)
    assert traceable is not None and others is not None
    names = re.findall(r"X\((\w+),", traceable[1]) + re.findall(r"X\((\w+),", others[1])
    assert len(names) == len(set(names))
    assert set(names) == set(cases(upstream_only["Python/generated_cases.c.h"]))
    bodies = re.findall(
        r"^JIT_OPAQUE\((\w+), \d+\)$", upstream_only["Python/jit_opaque_cases.c.h"], re.MULTILINE
    )
    assert set(bodies) == set(re.findall(r"X\((\w+),", traceable[1]))


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("LOAD_FAST", ""),
        ("LOAD_FAST_CHECK", "ERRORS"),
        ("STORE_FAST", "ESCAPES"),
        ("POP_TOP", "ESCAPES"),
        ("POP_JUMP_IF_FALSE", "JUMPS"),
        ("JUMP_FORWARD", "GOTO"),
        ("JUMP_BACKWARD", "GOTO ESCAPES ERRORS"),
        ("FOR_ITER_RANGE", "JUMPS ERRORS DEOPTS"),
        ("BINARY_OP_ADD_INT", "ERRORS DEOPTS"),
        ("BINARY_OP_ADD_FLOAT", "ERRORS DEOPTS"),
        ("BINARY_OP_INPLACE_ADD_UNICODE", "ERRORS DEOPTS SKIPS"),
        ("COMPARE_OP_INT", "DEOPTS"),
        ("CALL", "FRAME ESCAPES ERRORS"),
        ("CALL_PY_EXACT_ARGS", "FRAME DEOPTS"),
        ("RETURN_VALUE", "FRAME ESCAPES"),
        ("YIELD_VALUE", "FRAME"),
        ("SEND", "JUMPS FRAME ESCAPES ERRORS"),
    ],
)
def test_jit_flags(upstream_only: dict[str, str], name: str, flags: str) -> None:
    header = upstream_only["Include/internal/pycore_jit_opcodes.h"]
    row = re.search(rf"X\({name}, \d+, \d+, ([^,]*),", header)
    assert row is not None
    assert set(re.findall(r"JIT_INST_(\w+)", row[1])) == {"TRACEABLE", *flags.split()}


@pytest.mark.parametrize(
    ("name", "uops"),
    [
        ("LOAD_FAST", 1),
        ("LOAD_FAST_LOAD_FAST", 2),
        ("STORE_FAST_LOAD_FAST", 2),
        ("BINARY_OP_ADD_INT", 2),
        ("LOAD_ATTR_INSTANCE_VALUE", 3),  # two cache entries more
        ("CALL_PY_EXACT_ARGS", 5),  # and _SAVE_RETURN_OFFSET
    ],
)
def test_uops_of_an_instruction(upstream_only: dict[str, str], name: str, uops: int) -> None:
    header = upstream_only["Include/internal/pycore_jit_opcodes.h"]
    row = re.search(rf"X\({name}, \d+, (\d+),", header)
    assert row is not None
    assert int(row[1]) == uops
