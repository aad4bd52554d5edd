"""Writes jit_stencils.h: the tables of Python/jit/machine/emit.c, whose types are in stencils.h there."""

import itertools
from collections.abc import Iterable, Iterator

from . import variants
from .model import Part, Patch, Stencil, Stencils

# The emitter copies code in blocks of so many bytes, and may read past the last stencil.
COPY_BLOCK = 16


def _bytes(data: bytes) -> Iterator[str]:
    for start in range(0, len(data), 24):
        yield "    " + " ".join(f"{byte}," for byte in data[start : start + 24])


def _patch(patch: Patch) -> str:
    return (
        f"    {{{patch.offset}, {patch.index}, {patch.addend}, "
        f"JIT_PATCH_{patch.method}, JIT_VALUE_{patch.value}}},"
    )


class _Tables:
    """Code bytes and patches of all stencils, one after the other."""

    def __init__(self) -> None:
        self.code = bytearray()
        self.patches: list[Patch] = []
        self.rows: list[str] = []

    def add(self, stencil: Stencil, comment: str) -> int:
        first_byte, first_patch = len(self.code), len(self.patches)
        for part in (stencil.hot, stencil.cold):
            self.code.extend(part.data)
            self.patches.extend(part.patches)
        self.rows.append(
            f"    {{{first_byte}, {first_patch}, {len(stencil.hot.data)}, {len(stencil.cold.data)}, "
            f"{len(stencil.hot.patches)}, {len(stencil.cold.patches)}}},  // {comment}"
        )
        return len(self.rows) - 1


def _array(declaration: str, rows: Iterable[str]) -> Iterator[str]:
    yield f"{declaration} = {{"
    yield from rows
    yield "};"
    yield ""


def render(stencils: Stencils, digest: str, comments: Iterable[str] = (), checks: Iterable[str] = ()) -> str:
    """The header's text.

    `digest` stands for everything the header was made from, `comments` name it (origin.py); `checks` are
    declarations that fail to compile where the header does not fit.
    """
    return "\n".join(_render(stencils, digest, comments, checks))


def _render(stencils: Stencils, digest: str, comments: Iterable[str], checks: Iterable[str]) -> Iterator[str]:
    tables = _Tables()
    opaque = {name: tables.add(item, name) for name, item in sorted(stencils.opaque.items())}
    first = {
        operation: min([tables.add(stencils.trace[name], name) for name in operation.variants()])
        for operation in stencils.operations
    }
    stubs = {name: tables.add(item, name) for name, item in sorted(stencils.stubs.items())}
    shared: Part = stencils.shared
    yield "// Made by Tools/jit/build.py; do not edit."
    yield f"// inputs: {digest}"
    yield from comments
    yield ""
    yield f"#if !({stencils.target.condition})"
    yield f'#  error "these stencils are for {stencils.target.name}"'
    yield "#endif"
    yield ""
    yield from checks
    yield from _array("static const unsigned char jit_code[]", _bytes(bytes(tables.code) + bytes(COPY_BLOCK)))
    yield f'_Static_assert(JIT_COPY_BLOCK == {COPY_BLOCK}, "as Tools/jit/stencils/header.py has it");'
    yield ""
    yield from _array("static const struct jit_patch jit_patches[]", map(_patch, tables.patches))
    yield from _array("static const struct jit_stencil jit_stencils[]", tables.rows)
    yield "// Number of the stencil, plus one; zero: there is none."
    yield from _array(
        "static const uint16_t jit_opaque_stencils[256]",
        (f"    [{name}] = {number + 1}," for name, number in opaque.items()),
    )
    if first:
        yield from _variants(first)
    yield "enum {"
    for name, number in stubs.items():
        yield f"    JIT_STUB_{name} = {number},"
    for name, offset in sorted(stencils.shared_entries.items()):
        yield f"    JIT_SHARED_{name} = {offset},"
    yield "};"
    yield ""
    yield from _array("static const unsigned char jit_shared_code[]", _bytes(shared.data))
    yield from _array("static const struct jit_patch jit_shared_patches[]", map(_patch, shared.patches))
    constants = stencils.constants or b"\0"
    yield from _array("static const _Alignas(64) unsigned char jit_constants[]", _bytes(constants))
    yield "// Symbols of the interpreter.  A row the compiler does not know: the stencils named use it."
    yield from _array(
        "static const struct jit_symbol jit_symbols[]",
        (
            f'    {{(const void *)&{external.name}, "{external.name}", {int(external.direct)}}},'
            f"  // {_some(sorted(external.users))}"
            for external in stencils.externals
        ),
    )


def _variants(first: dict[variants.Operation, int]) -> Iterator[str]:
    """The table of operations; `first` has the number of the first variant of each."""
    yield "// By operation, the machine's own behind the trace's."
    yield from _array(
        "static const struct jit_variants jit_variants[JIT_MACHINE_END]",
        (
            f"    [JIT_{'MACHINE' if operation.machine else 'OP'}_{operation.name}] = "
            f"{{{number + 1}, {{{', '.join(map(str, operation.places))}}}, "
            f"{{{', '.join(map(str, operation.strides))}}}}},"
            for operation, number in first.items()
        ),
    )
    for name, number in (("GENERAL", variants.GENERAL_REGISTERS), ("FLOAT", variants.FLOAT_REGISTERS)):
        yield f'_Static_assert(JIT_{name}_REGS == {number}, "variants.py has another number");'
    yield ""


def _some(names: list[str], limit: int = 3) -> str:
    shown = ", ".join(itertools.islice(names, limit))
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"
