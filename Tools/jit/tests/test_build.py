"""The builder from source to header, with small templates of its own."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from Tools.jit.stencils import cli, model, objects, toolchain
from Tools.jit.stencils.errors import BuildError

CLANGS = [name for name in ("clang-19", "clang-22") if shutil.which(name)]
assert CLANGS, "no clang 19 or 22 to test with"

PRELUDE = """
typedef unsigned long u64;
#define ABI __attribute__((preserve_none))
#define STATE u64 *frame, u64 *sp
extern ABI u64 _JIT_CONTINUE(STATE);
extern ABI u64 _JIT_DEOPT(STATE) __attribute__((cold));
#define GOTO(TARGET) __attribute__((musttail)) return TARGET(frame, sp)
#define HOLE32(NAME) ({ u64 hole; __asm__("movl $" #NAME ", %k0" : "=r"(hole)); hole; })
#define HOLE64(NAME) ({ u64 hole; __asm__("movabsq $" #NAME ", %0" : "=r"(hole)); hole; })
#define OP(NAME) ABI u64 _JIT_OP_##NAME(STATE)
"""

GOOD = """
extern u64 add(u64, u64);
extern char table[];
static const char text[] = "some text that is too long for an immediate";
extern void use(const char *);
OP(ADD) {
    if (frame[2] == 0) { GOTO(_JIT_DEOPT); }
    sp[0] = add(sp[0], HOLE32(_JIT_OPARG));
    GOTO(_JIT_CONTINUE);
}
OP(CACHE) { sp[1] = HOLE64(_JIT_CACHE64_3); sp[2] = HOLE32(_JIT_CACHE16_5); GOTO(_JIT_CONTINUE); }
OP(SAY) { use(text); sp[0] = (u64)table; GOTO(_JIT_CONTINUE); }
ABI u64 _JIT_STUB_leave(STATE) { GOTO(_JIT_DEOPT); }
__attribute__((noinline)) static u64 helper(u64 x) { return x * 3 + (u64)table; }
u64 _JIT_SHARED_entry(u64 x) { return helper(x) + helper(x + 1); }
"""

Build = Callable[..., Path]


@pytest.fixture(params=CLANGS)
def clang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Build:
    """Builds a header from C source; raises AssertionError with the builder's message when it fails."""

    def run(source: str, clang: str = CLANGS[0], folder: str = "tree", config: str = "", *more: str) -> Path:
        tree = tmp_path / folder
        tree.mkdir(exist_ok=True)
        (tree / "pyconfig.h").write_text(config)
        template = tree / "template.c"
        template.write_text(PRELUDE + source)
        output = tree / "jit_stencils.h"
        where = ["--tree", str(tree), "--template", str(template), "-o", str(output)]
        code = cli.main([*where, "--clang", clang, "--target", "x86_64-pc-linux-gnu", *more])
        assert code == 0, capsys.readouterr().err
        return output

    return run


def rows(header: str, array: str) -> list[str]:
    match = re.search(rf"\b{array}\[\w*\] = {{\n(.*?)\n}};", header, re.DOTALL)
    assert match is not None, array
    return [line.strip() for line in match[1].splitlines()]


def test_header(build: Build, clang: str) -> None:
    header = build(GOOD, clang).read_text()
    assert rows(header, "jit_opaque_stencils") == ["[ADD] = 1,", "[CACHE] = 2,", "[SAY] = 3,"]
    assert "    JIT_STUB_leave = 3,\n" in header
    assert rows(header, "jit_symbols") == [
        '{(const void *)&add, "add", 0},  // ADD',
        '{(const void *)&table, "table", 1},  // .text.helper, SAY',
        '{(const void *)&use, "use", 0},  // SAY',
    ]
    patches = "\n".join(rows(header, "jit_patches"))
    assert re.search(r"\{\d+, 3, 0, JIT_PATCH_ABS64, JIT_VALUE_CACHE64\}", patches)
    assert re.search(r"\{\d+, 5, 0, JIT_PATCH_ABS32, JIT_VALUE_CACHE16\}", patches)
    assert re.search(r"\{\d+, 0, 0, JIT_PATCH_ABS32, JIT_VALUE_OPARG\}", patches)
    assert re.search(r"\{\d+, 0, -4, JIT_PATCH_REL32, JIT_VALUE_CONSTANT\}", patches)
    assert re.search(r"\{\d+, 2, -4, JIT_PATCH_REL32, JIT_VALUE_SYMBOL\}", patches)
    assert "JIT_VALUE_CONTINUE" not in patches, "the last jump is dropped"
    shared = "\n".join(rows(header, "jit_shared_patches"))
    assert "JIT_VALUE_SHARED" in shared, "shared code calls its helper"
    constants = bytes(int(byte) for line in rows(header, "jit_constants") for byte in line.split(",") if byte)
    assert constants == b"some text that is too long for an immediate\0"


def test_where_indirect_jumps_land(build: Build, clang: str) -> None:
    """Shared code begins with endbr64; stencils, which are fallen into, have none."""
    header = build(GOOD, clang).read_text()
    landing = bytes.fromhex("f30f1efa")
    code, shared = (
        bytes(int(byte) for line in rows(header, array) for byte in line.split(",") if byte.strip())
        for array in ("jit_code", "jit_shared_code")
    )
    offsets = re.findall(r"JIT_SHARED_\w+ = (\d+),", header)
    assert offsets and all(shared.startswith(landing, int(offset)) for offset in offsets)
    assert landing not in code


def test_shared_code_that_nothing_can_jump_to(build: Build) -> None:
    with pytest.raises(AssertionError, match="shared code bare does not begin where indirect jumps may land"):
        build(GOOD + "__attribute__((nocf_check)) u64 _JIT_SHARED_bare(u64 x) { return x; }")


def test_same_input_same_bytes_wherever_it_is(build: Build, clang: str) -> None:
    source = GOOD + "\nOP(FILE) { use(__FILE__); GOTO(_JIT_CONTINUE); }\n"
    assert build(source, clang, "here").read_bytes() == build(source, clang, "another-place").read_bytes()


def test_nothing_is_built_when_nothing_changed(build: Build) -> None:
    output = build(GOOD)
    inode = output.stat().st_ino
    assert build(GOOD).stat().st_ino == inode
    assert build(GOOD + "OP(NOP) { GOTO(_JIT_CONTINUE); }").stat().st_ino != inode


def test_a_debug_tree_keeps_assertions(build: Build) -> None:
    source = GOOD + "\n#ifdef NDEBUG\nOP(RELEASE) { GOTO(_JIT_CONTINUE); }\n#endif\n"
    assert "[RELEASE]" in build(source).read_text()
    assert "[RELEASE]" not in build(source, config="#define Py_DEBUG 1\n").read_text()
    assert "[RELEASE]" not in build(source, CLANGS[0], "other", "", "--debug").read_text()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "extern __thread u64 local; OP(TLS) { sp[0] = local; GOTO(_JIT_CONTINUE); }",
            r"_JIT_OP_TLS: nobody handles relocation R_X86_64_\w*TPOFF\w* against local at offset \d+",
        ),
        (
            "OP(TYPO) { sp[0] = HOLE64(_JIT_OPARGS); GOTO(_JIT_CONTINUE); }",
            r"stencil _JIT_OP_TYPO: _JIT_OPARGS \(R_X86_64_64\) is not a hole",
        ),
        (
            "u64 counter = 1; OP(COUNT) { counter++; GOTO(_JIT_CONTINUE); }",
            r"stencil _JIT_OP_COUNT: counter is writable data \(\.data\.counter\)",
        ),
        (
            "static u64 counter; OP(COUNT) { counter++; sp[0] = counter; GOTO(_JIT_CONTINUE); }",
            r"stencil _JIT_OP_COUNT: \.bss\.counter is writable data",
        ),
        (
            "extern char a[], b[]; static char *const list[] = {a, b};"
            "OP(LIST) { sp[0] = (u64)list[sp[1]]; GOTO(_JIT_CONTINUE); }",
            r"stencil _JIT_OP_LIST: \.data\.rel\.ro\.list is writable data",
        ),
        ("OP(SYNTAX) { GOTO(_JIT_CONTINUE) }", r"compiling the stencils failed"),
        ('OP(LABEL) { __asm__ volatile(".quad 1"); GOTO(_JIT_CONTINUE); }', r"cannot place the directive"),
    ],
)
def test_mistakes(build: Build, source: str, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        build(source)


def test_a_tree_that_is_not_configured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["--tree", str(tmp_path), "--clang", CLANGS[0], "-o", str(tmp_path / "x.h")])
    assert code == 1
    assert "is not a configured build tree" in capsys.readouterr().err


def test_an_output_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pyconfig.h").write_text("")
    template = tmp_path / "template.c"
    template.write_text(PRELUDE + GOOD)
    where = ["--tree", str(tmp_path), "--template", str(template), "-o", str(tmp_path / "missing" / "x.h")]
    assert cli.main([*where, "--clang", CLANGS[0], "--target", "x86_64-pc-linux-gnu"]) == 1
    assert "No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ("Debian clang version 18.1.8 (1)", "is clang 18; stencils need clang 19 or newer"),
        ("gcc (Debian 12.2.0) 12.2.0", "is not clang"),
    ],
)
def test_wrong_compilers(tmp_path: Path, says: str, message: str) -> None:
    script = tmp_path / "clang"
    script.write_text(f"#!/bin/sh\necho '{says}'\n")
    script.chmod(0o755)
    with pytest.raises(BuildError, match=message):
        toolchain.Toolchain(str(script), "llvm-readobj").version()


def test_a_missing_compiler() -> None:
    with pytest.raises(BuildError, match="cannot run no-such-clang: No such file"):
        toolchain.Toolchain("no-such-clang", "llvm-readobj").version()


@pytest.mark.parametrize(
    ("clang_name", "readobj"),
    [
        ("clang", "llvm-readobj"),
        ("clang-22", "llvm-readobj-22"),
        ("/opt/x/bin/clang-19", "/opt/x/bin/llvm-readobj-19"),
    ],
)
def test_readobj_beside_clang(clang_name: str, readobj: str) -> None:
    assert toolchain.find_readobj(clang_name) == readobj


@pytest.mark.parametrize(
    "triple", ["aarch64-unknown-linux-gnu", "x86_64-pc-windows-msvc", "x86_64-apple-darwin"]
)
def test_targets_without_stencils(triple: str) -> None:
    with pytest.raises(BuildError, match=f"no stencils for '{triple}'"):
        toolchain.Toolchain("clang", "llvm-readobj", triple).target()


def test_bytes_of_a_stencil(build: Build, clang: str, tmp_path: Path) -> None:
    """What stands in the header is what the disassembler shows for the object."""
    source = "OP(NOP) { GOTO(_JIT_CONTINUE); } OP(SET) { sp[0] = 7; GOTO(_JIT_CONTINUE); }"
    source += "u64 _JIT_SHARED_entry(void) { return 1; } extern char t[];"
    source += "OP(T) { sp[0] = (u64)t; GOTO(_JIT_CONTINUE); }"
    header = build(source, clang).read_text()
    code = bytes(int(byte) for line in rows(header, "jit_code") for byte in line.split(",") if byte.strip())
    stencils = rows(header, "jit_stencils")
    assert stencils[0].startswith("{0, 0, 0, 0, 0, 0}"), "NOP has no code at all"
    first, _, size, cold, *_ = map(int, re.findall(r"\d+", stencils[1]))
    assert cold == 0
    # movq $7, 0(%r13): the second argument of preserve_none
    assert code[first : first + size] == bytes.fromhex("49c7450007000000")


def test_json_that_is_not_an_object() -> None:
    with pytest.raises(BuildError, match="did not print JSON"):
        objects.parse("oops")
    with pytest.raises(BuildError, match="more or less than one object"):
        objects.parse("[]")
    with pytest.raises(BuildError, match="no parser for object files of format coff"):
        objects.parse(json.dumps([{"FileSummary": {"Format": "coff-x86-64"}, "Sections": []}]))


def test_an_addend_that_does_not_fit() -> None:
    section = objects.Section(
        ".text.jit_hot._JIT_OP_X",
        b"\0" * 8,
        1,
        executable=True,
        writable=False,
        loaded=True,
        references=[objects.Reference(0, "R_X86_64_64", "thing", 1 << 31)],
    )
    symbol = objects.Symbol("_JIT_OP_X", section.name, 0)
    obj = objects.ObjectFile({section.name: section}, {symbol.name: symbol})
    target = toolchain.Toolchain("clang", "llvm-readobj", "x86_64-pc-linux-gnu").target()
    with pytest.raises(BuildError, match="addend 2147483648 of thing does not fit"):
        model.build(obj, target)


def test_a_stencil_that_is_too_large() -> None:
    section = objects.Section(
        ".text.jit_hot._JIT_OP_X", b"\0" * (1 << 16), 1, executable=True, writable=False, loaded=True
    )
    symbol = objects.Symbol("_JIT_OP_X", section.name, 0)
    obj = objects.ObjectFile({section.name: section}, {symbol.name: symbol})
    target = toolchain.Toolchain("clang", "llvm-readobj", "x86_64-pc-linux-gnu").target()
    with pytest.raises(BuildError, match="stencil X: 65536 bytes, 65536 is the limit"):
        model.build(obj, target)


def test_the_header_compiles(build: Build, clang: str, tmp_path: Path) -> None:
    """As C, with the types of Python/jit/machine/stencils.h, without a warning."""
    header = build(GOOD, clang)
    top = Path(__file__).resolve().parents[3]
    source = tmp_path / "use.c"
    source.write_text(
        '#include <stdint.h>\n#include <stdio.h>\n#include "jit/machine/stencils.h"\n'
        "enum { ADD = 3, CACHE = 4, SAY = 5, JIT_OP_COUNT = 9 };\n"
        "extern char add[], table[], use[];\n"
        f'#include "{header}"\n'
        "int main(void) { return jit_stencils[jit_opaque_stencils[SAY] - 1].hot_size == 0\n"
        "    || jit_code[0] + jit_shared_code[0] + jit_constants[0] + jit_patches[0].method == 0\n"
        "    || jit_shared_patches[0].offset == 0 || jit_symbols[0].address == 0\n"
        "    || JIT_SHARED_entry == 1; }\n"
    )
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{top / 'Python'}", "-c", "-o"]
    subprocess.run([clang, *flags, str(tmp_path / "use.o"), str(source)], check=True)
