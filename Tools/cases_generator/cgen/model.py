"""Definitions with their names resolved: operations, instructions made of them, families, numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

from .lexer import IDENT, Token
from .numbering import Numbering
from .sizes import ZERO, Size
from .statements import Statement
from .syntax import Definition, FamilyDef, OpDef, PseudoDef, StackEffect

# A specialized form the compiler must not take for a member of its family (it needs a certain successor),
# but which has the family's cache and goes back to its generic form.
UNLISTED_MEMBERS = {"BINARY_OP_INPLACE_ADD_UNICODE": "BINARY_OP"}

# Types of values in a trace, and how many operands an operation of the trace IR can have.
TRACE_TYPES = ("object", "int", "float", "bool", "i64", "f64", "ip")
MAX_TRACE_OPERANDS = 3

# Instructions ceval.c defines by hand: they have a number but no definition.
HANDWRITTEN = ("INSTRUMENTED_LINE",)


def effect_size(effect: StackEffect) -> Size:
    if effect.size:
        return Size.parse(effect.size)
    if effect.cond:
        return Size.conditional(effect.cond)
    return Size(1)


@dataclass
class Op:
    """One operation: its effect and body.  `statements` is the body as a tree."""

    definition: OpDef
    statements: tuple[Statement, ...]

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def inputs(self) -> tuple[StackEffect, ...]:
        return self.definition.inputs

    @property
    def outputs(self) -> tuple[StackEffect, ...]:
        return self.definition.outputs

    @property
    def tokens(self) -> tuple[Token, ...]:
        return self.definition.body.tokens

    def has(self, annotation: str) -> bool:
        return self.definition.has(annotation)

    def mentions(self, *names: str) -> bool:
        return any(t.kind == IDENT and t.text in names for t in self.tokens)

    @property
    def kept(self) -> int:
        """How many items, from the bottom, come out as they went in: they are looked at, not popped."""
        count = 0
        for before, after in zip(self.inputs, self.outputs, strict=False):
            if before.name != after.name or before.shape != after.shape:
                break
            count += 1
        return count

    @property
    def popped(self) -> tuple[StackEffect, ...]:
        return self.inputs[self.kept :]

    @property
    def pushed(self) -> tuple[StackEffect, ...]:
        return self.outputs[self.kept :]


@dataclass
class Part:
    """An operation inside an instruction, and the offsets of its cache entries in code units."""

    op: Op
    cache_offsets: tuple[int, ...]


@dataclass
class Instruction:
    name: str
    definition: Definition
    parts: list[Part]
    size: int  # code units, with caches
    layout: list[tuple[str, int]]  # cache entries as written: name, units
    family: Family | None = None
    number: int = -1
    has_arg: bool = False

    @property
    def is_single(self) -> bool:
        return isinstance(self.definition, OpDef)

    @property
    def base(self) -> str:
        """The generic form: where a failed check goes."""
        return self.family.name if self.family else self.name

    @property
    def is_specialized(self) -> bool:
        return self.base != self.name

    @property
    def is_instrumented(self) -> bool:
        return self.name.startswith("INSTRUMENTED_")

    def mentions(self, *names: str) -> bool:
        return any(p.op.mentions(*names) for p in self.parts)

    def net(self) -> tuple[Size, Size]:
        """Items popped and pushed by the whole instruction, items that are only looked at counted in both."""
        popped = current = ZERO
        effects: list[StackEffect] = []  # what is known of the stack above the deepest item reached
        for part in self.parts:
            for effect in reversed(part.op.inputs):
                if effects:
                    current = current - effect_size(effects.pop())
                else:
                    popped = popped + effect_size(effect)
            for effect in part.op.outputs:
                effects.append(effect)
                current = current + effect_size(effect)
        return popped, current


@dataclass
class Family:
    name: str
    size: str  # C expression for the units of cache
    definition: FamilyDef
    members: list[Instruction] = field(default_factory=list)


@dataclass
class Pseudo:
    name: str
    definition: PseudoDef
    targets: list[Instruction]
    number: int = -1


@dataclass
class Model:
    ops: list[Op]
    instructions: dict[str, Instruction]
    families: dict[str, Family]
    pseudos: dict[str, Pseudo]
    trace_ops: list[Op]
    numbering: Numbering

    def sorted_instructions(self) -> list[Instruction]:
        return sorted(self.instructions.values(), key=lambda i: i.name)

    def predicted(self) -> set[str]:
        """Instructions others jump into: generic forms of checking ones, GO_TO_INSTRUCTION targets."""
        found: set[str] = set()
        for instruction in self.instructions.values():
            for part in instruction.parts:
                if instruction.is_specialized and part.op.mentions("DEOPT_IF", "EXIT_IF"):
                    found.add(instruction.base)
                tokens = part.op.tokens
                for i, token in enumerate(tokens):
                    if token.text == "GO_TO_INSTRUCTION":
                        found.add(tokens[i + 2].text)
        return found


def uses_oparg(instruction: Instruction) -> bool:
    """True if the meaning of an instruction depends on its argument."""
    for part in instruction.parts:
        if part.op.mentions("oparg"):
            return True
        for effect in (*part.op.inputs, *part.op.outputs):
            if "oparg" in effect.size or "oparg" in effect.cond:
                return True
    return False
