"""Stencils, made from the sections of an object file: every reference becomes a patch the emitter can apply.

Code can refer to four things: the holes of the trace, the other half of the stencil, what is laid down once
(code in the arena, constants in the interpreter's own read-only data), and the interpreter's symbols.
"""

import dataclasses
import re

from . import variants
from .asm import COLD_SECTION, HOT_SECTION
from .errors import BuildError
from .objects import ObjectFile, Reference, Section
from .targets import Target

# What a hole is patched with: values of enum jit_value in Python/jit/machine/stencils.h, without the prefix.
HOLES = {
    "_JIT_OPARG": "OPARG",
    "_JIT_THIS_INSTR": "THIS_INSTR",
    "_JIT_EXPECTED_IP": "EXPECTED_IP",
    "_JIT_AUX": "AUX",
    "_JIT_SLOT": "SLOT",
    "_JIT_CELL": "CELL",
    "_JIT_CELL_TO": "CELL_TO",
    "_JIT_POOL": "POOL",
    "_JIT_RECORD": "RECORD",
    "_JIT_EXECUTOR": "EXECUTOR",
    "_JIT_EXIT": "EXIT",
    "_JIT_CONTINUE": "CONTINUE",
    "_JIT_LOOP": "LOOP",
    "_JIT_HEAD": "HEAD",
    "_JIT_DEOPT": "SIDE_EXIT",
    "_JIT_SIDE_EXIT": "SIDE_EXIT",
    "_JIT_ERROR": "ERROR",
    "_JIT_UNWIND": "UNWIND",
}
INDEXED_HOLES = re.compile(r"_JIT_(?P<value>CACHE16|CACHE32|CACHE64|CACHE_PTR)_(?P<index>\d+)")

OPAQUE_PREFIX = "_JIT_OP_"
TRACE_PREFIX = "_JIT_TRACE_"
STUB_PREFIX = "_JIT_STUB_"
SHARED_PREFIX = "_JIT_SHARED_"
SHARED_ALIGNMENT = 16
LARGEST_PART = 1 << 16


@dataclasses.dataclass(frozen=True)
class Patch:
    offset: int
    method: str
    value: str
    index: int
    addend: int


@dataclasses.dataclass
class Part:
    data: bytes = b""
    patches: list[Patch] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Stencil:
    name: str
    hot: Part
    cold: Part


@dataclasses.dataclass
class External:
    """A symbol of the interpreter.  `direct`: some code reaches it without a table or a trampoline."""

    name: str
    direct: bool = False
    users: set[str] = dataclasses.field(default_factory=set)


@dataclasses.dataclass
class Stencils:
    target: Target
    operations: list[variants.Operation] = dataclasses.field(default_factory=list)
    opaque: dict[str, Stencil] = dataclasses.field(default_factory=dict)
    trace: dict[str, Stencil] = dataclasses.field(default_factory=dict)
    stubs: dict[str, Stencil] = dataclasses.field(default_factory=dict)
    shared: Part = dataclasses.field(default_factory=Part)
    shared_entries: dict[str, int] = dataclasses.field(default_factory=dict)
    constants: bytes = b""
    externals: list[External] = dataclasses.field(default_factory=list)


def build(obj: ObjectFile, target: Target, operations: list[variants.Operation] | None = None) -> Stencils:
    """All stencils of `obj`; every variant of `operations` must be there."""
    result = _Linker(obj, target).run()
    result.operations = operations or []
    for operation in result.operations:
        for name in operation.variants():
            if name not in result.trace:
                raise BuildError(f"no stencil {name}: was the function dropped?")
    return result


class _Linker:
    def __init__(self, obj: ObjectFile, target: Target) -> None:
        self.obj = obj
        self.target = target
        self.result = Stencils(target)
        self.externals: dict[str, External] = {}
        self.constants = bytearray()
        self.constant_at: dict[str, int] = {}
        self.by_content: dict[tuple[bytes, int], int] = {}
        self.shared_at: dict[str, int] = {}
        self.shared_data = bytearray()
        self.shared_order: list[Section] = []

    def run(self) -> Stencils:
        wanted: list[tuple[dict[str, Stencil], str, str]] = []
        kinds = (
            (self.result.opaque, OPAQUE_PREFIX),
            (self.result.trace, TRACE_PREFIX),
            (self.result.stubs, STUB_PREFIX),
        )
        for symbol in sorted(self.obj.symbols):
            for table, prefix in kinds:
                if symbol.startswith(prefix) and self.obj.symbols[symbol].section == HOT_SECTION + symbol:
                    wanted.append((table, symbol, symbol.removeprefix(prefix)))
            if symbol.startswith(SHARED_PREFIX):
                self._place_shared(self.obj.sections[self.obj.symbols[symbol].section])
        for table, symbol, name in wanted:
            table[name] = Stencil(
                name,
                self._part(self.obj.sections[HOT_SECTION + symbol], symbol),
                self._part(self.obj.sections.get(COLD_SECTION + symbol), symbol),
            )
        # Shared code may call more shared code: the list grows while it is walked.
        position = 0
        while position < len(self.shared_order):
            section = self.shared_order[position]
            base = self.shared_at[section.name]
            part = self._part(section, section.name)
            self.result.shared.patches.extend(
                dataclasses.replace(patch, offset=patch.offset + base) for patch in part.patches
            )
            position += 1
        self.result.shared.data = bytes(self.shared_data)
        self.result.shared.patches.sort(key=lambda patch: patch.offset)
        for symbol, definition in self.obj.symbols.items():
            if symbol.startswith(SHARED_PREFIX):
                name = symbol.removeprefix(SHARED_PREFIX)
                self.result.shared_entries[name] = self.shared_at[definition.section] + definition.offset
        self._check_landings()
        self._check_sizes()
        self._number_externals()
        self.result.constants = bytes(self.constants)
        return self.result

    def _check_landings(self) -> None:
        """Shared code may be entered by indirect jumps; stencils never are (the emitter's traces are)."""
        landing = self.target.landing
        for name, offset in self.result.shared_entries.items():
            if not self.result.shared.data.startswith(landing, offset):
                raise BuildError(f"shared code {name} does not begin where indirect jumps may land")
        for stencil in (
            *self.result.opaque.values(),
            *self.result.trace.values(),
            *self.result.stubs.values(),
        ):
            if landing and stencil.hot.data.startswith(landing):
                raise BuildError(f"stencil {stencil.name}: begins as if indirect jumps could land there")

    def _check_sizes(self) -> None:
        """The tables hold sizes and offsets in 16 bits."""
        tables = (self.result.opaque, self.result.trace, self.result.stubs)
        parts = [("shared code", self.result.shared)]
        for stencil in (item for table in tables for item in table.values()):
            parts += [(f"stencil {stencil.name}", stencil.hot), (f"stencil {stencil.name}", stencil.cold)]
        for name, part in parts:
            if len(part.data) >= LARGEST_PART:
                raise BuildError(f"{name}: {len(part.data)} bytes, {LARGEST_PART} is the limit")

    def _number_externals(self) -> None:
        self.result.externals = [self.externals[name] for name in sorted(self.externals)]
        number = {external.name: index for index, external in enumerate(self.result.externals)}
        order = {-1 - first: name for first, name in enumerate(self.externals)}

        def renumber(part: Part) -> None:
            part.patches = [
                dataclasses.replace(patch, index=number[order[patch.index]])
                if patch.value == "SYMBOL"
                else patch
                for patch in part.patches
            ]

        renumber(self.result.shared)
        for table in (self.result.opaque, self.result.trace, self.result.stubs):
            for stencil in table.values():
                renumber(stencil.hot)
                renumber(stencil.cold)

    def _part(self, section: Section | None, owner: str) -> Part:
        if section is None:
            return Part()
        return Part(section.data, [self._patch(reference, owner) for reference in section.references])

    def _patch(self, reference: Reference, owner: str) -> Patch:
        relocation = self.target.relocations.get(reference.kind)
        if relocation is None:
            raise BuildError(
                f"stencil {owner}: nobody handles relocation {reference.kind} "
                f"against {reference.symbol} at offset {reference.offset}"
            )

        def patch(value: str, index: int = 0, extra: int = 0) -> Patch:
            addend = reference.addend + extra + relocation.bias
            if not -(1 << 31) <= addend < 1 << 31:
                raise BuildError(f"stencil {owner}: addend {addend} of {reference.symbol} does not fit")
            if relocation.table and value != "SYMBOL":
                raise BuildError(
                    f"stencil {owner}: {reference.kind} against {reference.symbol}, which has no table entry"
                )
            return Patch(reference.offset, relocation.method, value, index, addend)

        name = reference.symbol
        if name in HOLES:
            return patch(HOLES[name])
        if match := INDEXED_HOLES.fullmatch(name):
            return patch(match["value"], int(match["index"]))
        definition = self.obj.symbols.get(name)
        if definition is not None:
            section = self.obj.sections.get(definition.section)
            if section is None:
                raise BuildError(f"stencil {owner}: {name} is in {definition.section}, which is not loaded")
            if section.name == HOT_SECTION + owner:
                return patch("HOT", extra=definition.offset)
            if section.name == COLD_SECTION + owner:
                return patch("COLD", extra=definition.offset)
            if section.executable:
                if section.name.startswith((HOT_SECTION, COLD_SECTION)):
                    raise BuildError(f"stencil {owner}: refers to the inside of another stencil ({name})")
                return patch("SHARED", extra=self._place_shared(section) + definition.offset)
            return patch("CONSTANT", extra=self._place_constant(section, owner, name) + definition.offset)
        if name.startswith("_JIT_"):
            raise BuildError(f"stencil {owner}: {name} ({reference.kind}) is not a hole")
        if not re.fullmatch(r"\w+", name):
            raise BuildError(f"stencil {owner}: {name} ({reference.kind}) cannot be named in C")
        external = self.externals.setdefault(name, External(name))
        external.users.add(owner.removeprefix(OPAQUE_PREFIX))
        if relocation.near and not relocation.call:
            external.direct = True
        # The final number is known when all are; until then the order of appearance, below zero.
        return patch("SYMBOL", -1 - list(self.externals).index(name))

    def _place_shared(self, section: Section) -> int:
        if section.name not in self.shared_at:
            self.shared_data.extend(b"\xcc" * (-len(self.shared_data) % SHARED_ALIGNMENT))
            self.shared_at[section.name] = len(self.shared_data)
            self.shared_data.extend(section.data)
            self.shared_order.append(section)
        return self.shared_at[section.name]

    def _place_constant(self, section: Section, owner: str, name: str) -> int:
        if section.writable:
            raise BuildError(f"stencil {owner}: {name} is writable data ({section.name})")
        if section.references:
            raise BuildError(f"stencil {owner}: {name} is data with addresses in it ({section.name})")
        if section.name not in self.constant_at:
            key = (section.data, section.alignment)
            if key not in self.by_content:
                self.constants.extend(b"\0" * (-len(self.constants) % section.alignment))
                self.by_content[key] = len(self.constants)
                self.constants.extend(section.data)
            self.constant_at[section.name] = self.by_content[key]
        return self.constant_at[section.name]
