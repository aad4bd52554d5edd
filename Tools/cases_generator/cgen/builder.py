"""Resolves names: from the definitions of all files, ours over upstream's, to a model.

Every override, macro, family and pseudo instruction is checked here; paths through bodies are in `dataflow`.
"""

from __future__ import annotations

from collections.abc import Iterable

from .diagnostics import Abandon, Diagnostics
from .model import (
    HANDWRITTEN,
    MAX_TRACE_OPERANDS,
    TRACE_TYPES,
    UNLISTED_MEMBERS,
    Family,
    Instruction,
    Model,
    Op,
    Part,
    Pseudo,
    uses_oparg,
)
from .numbering import Numbering, assign_numbers
from .parser import CACHE_UNITS
from .statements import parse_body
from .syntax import UNUSED, Definition, FamilyDef, MacroDef, OpDef, PartRef, PseudoDef, StackEffect


class Builder:
    """Resolves names.  Definitions come file by file, upstream's first."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        self.named: dict[str, OpDef | MacroDef] = {}  # operations and instructions share one name space
        self.trace: dict[str, OpDef] = {}
        self.families: dict[str, FamilyDef] = {}
        self.pseudos: dict[str, PseudoDef] = {}
        self.overridden: list[tuple[OpDef | MacroDef, OpDef | MacroDef]] = []  # old, new
        self.ops: dict[tuple[str, str, int], Op] = {}

    def add(self, definitions: Iterable[Definition]) -> None:
        for definition in definitions:
            if isinstance(definition, FamilyDef):
                if self.may_declare(self.families.get(definition.name), definition, "family"):
                    self.families[definition.name] = definition
            elif isinstance(definition, PseudoDef):
                if self.may_declare(self.pseudos.get(definition.name), definition, "pseudo instruction"):
                    self.pseudos[definition.name] = definition
            elif isinstance(definition, OpDef) and definition.kind == "trace":
                if self.may_declare(self.trace.get(definition.name), definition, "trace operation"):
                    self.trace[definition.name] = definition
            elif isinstance(definition, (OpDef, MacroDef)):
                old = self.named.get(definition.name)
                if self.may_declare(old, definition, "operation or instruction"):
                    self.named[definition.name] = definition
                    if old is not None:
                        self.overridden.append((old, definition))

    def may_declare(self, old: Definition | None, new: Definition, what: str) -> bool:
        if old is None and new.has("override"):
            self.diagnostics.error(
                new.span,
                f"`{new.name}` overrides nothing: no {what} has this name",
                "remove `override`, or correct the name",
            )
            return False
        if old is not None and not new.has("override"):
            self.diagnostics.error(
                new.span,
                f"`{new.name}` is defined twice",
                f"first at {old.span}; write `override` to replace that one",
            )
            return False
        return True

    # --- resolving

    def build(self) -> Model:
        for definition in [*self.named.values(), *self.trace.values()]:
            if isinstance(definition, OpDef):
                self.check_op(definition)
        instructions: dict[str, Instruction] = {}
        for definition in self.named.values():
            if isinstance(definition, MacroDef) or definition.kind == "inst":
                instruction = self.instruction(definition)
                if instruction is not None:
                    instructions[definition.name] = instruction
        for old, new in self.overridden:
            self.check_override(old, new, instructions)
        families = {f.name: self.family(f, instructions) for f in self.families.values()}
        for name, base in UNLISTED_MEMBERS.items():
            if name in instructions and base in families:
                instructions[name].family = families[base]
        for instruction in instructions.values():
            self.check_generic_form(instruction)
        pseudos = {p.name: self.pseudo(p, instructions) for p in self.pseudos.values()}
        numbering = self.number(instructions, pseudos)
        trace_ops = [self.op(d) for d in self.trace.values()]
        definitions = [d for d in self.named.values() if isinstance(d, OpDef)]
        ops = [self.op(d) for d in definitions] + trace_ops
        return Model(ops, instructions, families, pseudos, trace_ops, numbering)

    def op(self, definition: OpDef) -> Op:
        key = (definition.kind, definition.name, id(definition))
        if key not in self.ops:
            try:
                statements = parse_body(definition.body.tokens, self.diagnostics)
            except Abandon:
                statements = ()
            self.ops[key] = Op(definition, statements)
        return self.ops[key]

    def check_op(self, definition: OpDef) -> None:
        for cache in definition.caches:
            if cache.name != UNUSED and cache.units not in CACHE_UNITS:
                self.diagnostics.error(
                    cache.span,
                    f"a cache entry of {cache.units} code units cannot be read",
                    "entries have 1, 2 or 4 units (16 bits, 32 bits, a pointer); skipped ones are `unused/n`",
                )
        for effects, what in ((definition.inputs, "input"), (definition.outputs, "output")):
            seen: dict[str, StackEffect] = {}
            for effect in effects:
                if effect.name in seen and effect.name != UNUSED:
                    self.diagnostics.error(effect.span, f"{what} `{effect.name}` appears twice")
                seen[effect.name] = effect
                if definition.kind == "trace":
                    self.check_trace_effect(effect)
                if effect.cond and effect.size:
                    self.diagnostics.error(effect.span, "an item is an array or conditional, not both")
        outputs = {e.name: e for e in definition.outputs if e.name != UNUSED}
        for effect in definition.inputs:
            other = outputs.get(effect.name)
            if other is not None and other.is_array != effect.is_array:
                self.diagnostics.error(
                    other.span, f"`{effect.name}` is an array on one side of `--` and one item on the other"
                )
        if definition.kind == "trace":
            self.check_trace_op(definition)
        self.op(definition)

    def check_trace_effect(self, effect: StackEffect) -> None:
        if effect.type not in TRACE_TYPES:
            self.diagnostics.error(
                effect.span,
                f"`{effect.name}` of a trace operation has "
                + (f"unknown type `{effect.type}`" if effect.type else "no type"),
                f"types are {', '.join(TRACE_TYPES)}",
            )
        if effect.size or effect.cond:
            self.diagnostics.error(effect.span, "operands of a trace operation are single values")

    def check_trace_op(self, definition: OpDef) -> None:
        for effect in definition.outputs[1:]:
            self.diagnostics.error(effect.span, "a trace operation has one result at most")
        for effect in [e for e in definition.inputs if e.type == "ip"][1:]:
            self.diagnostics.error(
                effect.span, "the instruction pointer is one register: it can be one operand"
            )
        for cache in definition.caches:
            self.diagnostics.error(cache.span, "a trace operation has no inline cache")
        values = [e for e in definition.inputs if e.type != "ip"]
        for effect in values[MAX_TRACE_OPERANDS:]:
            self.diagnostics.error(
                effect.span, f"a trace operation has {MAX_TRACE_OPERANDS} operands at most"
            )

    def instruction(self, definition: OpDef | MacroDef) -> Instruction | None:
        parts: list[Part] = []
        layout: list[tuple[str, int]] = []
        offset = 1
        ok = True
        for ref in self.part_refs(definition):
            if ref.units is not None:
                layout.append((ref.name, ref.units))
                offset += ref.units
                continue
            own = isinstance(definition, OpDef) and ref.name == definition.name
            found = definition if own else self.named.get(ref.name)
            if not isinstance(found, OpDef):
                self.diagnostics.error(
                    ref.span,
                    f"unknown operation `{ref.name}`"
                    if found is None
                    else f"`{ref.name}` is not an operation",
                    "a macro is made of op(...) and inst(...), and of skipped cache entries `name/units`",
                )
                ok = False
                continue
            if found.has("tier2"):
                self.diagnostics.error(
                    ref.span, f"`{ref.name}` is a tier 2 operation; no instruction can hold it"
                )
                ok = False
                continue
            offsets = []
            for cache in found.caches:
                offsets.append(offset)
                layout.append((cache.name, cache.units))
                offset += cache.units
            parts.append(Part(self.op(found), tuple(offsets)))
        if not ok:
            return None
        instruction = Instruction(definition.name, definition, parts, offset, layout)
        instruction.has_arg = uses_oparg(instruction)
        return instruction

    def part_refs(self, definition: OpDef | MacroDef) -> tuple[PartRef, ...]:
        if isinstance(definition, MacroDef):
            return definition.parts
        return (PartRef(definition.name, None, definition.span),)

    def check_override(
        self, old: OpDef | MacroDef, new: OpDef | MacroDef, instructions: dict[str, Instruction]
    ) -> None:
        """An override may change what happens, not what goes in and out: callers were written for that."""
        note = f"the one it replaces is at {old.span}"
        if isinstance(old, OpDef) and isinstance(new, OpDef) and old.kind == new.kind == "op":
            if old.shape != new.shape:
                self.diagnostics.error(
                    new.span, f"override changes the stack or cache effect of `{new.name}`", note
                )
            return
        before, after = self.instruction(old), instructions.get(new.name)
        if before is None or after is None:
            return
        after.has_arg = before.has_arg  # also where the new body does not look at it
        if before.size != after.size:
            self.diagnostics.error(
                new.span,
                f"override changes the size of `{new.name}` from {before.size} to {after.size} code units",
                note,
            )
        if uses_oparg(after) and not uses_oparg(before):
            self.diagnostics.error(
                new.span,
                f"override of `{new.name}` uses `oparg`, but the instruction has no argument",
                "having one decides the opcode's number, which is part of the .pyc format",
            )
        depth = [popped - pushed for popped, pushed in (before.net(), after.net())]
        if depth[0] != depth[1]:
            self.diagnostics.error(
                new.span,
                f"override changes the stack effect of `{new.name}`: "
                f"it took {depth[0]} items more than it gave, now {depth[1]}",
                note,
            )

    def family(self, definition: FamilyDef, instructions: dict[str, Instruction]) -> Family:
        family = Family(definition.name, definition.size, definition)
        head = instructions.get(definition.name)
        if head is None:
            if definition.name not in self.named:
                self.diagnostics.error(
                    definition.span, f"unknown instruction `{definition.name}` at the head of a family"
                )
            return family
        head.family = family
        for ref in definition.members:
            member = instructions.get(ref.name)
            if member is None:
                if ref.name not in self.named:
                    self.diagnostics.error(
                        ref.span, f"unknown member `{ref.name}` of family `{definition.name}`"
                    )
                continue
            if member.family is not None:
                self.diagnostics.error(ref.span, f"`{ref.name}` is already in family `{member.family.name}`")
                continue
            member.family = family
            family.members.append(member)
            self.check_member(ref, member, head)
        literal = definition.size.strip()
        if literal.isdigit() and int(literal) != head.size - 1:
            self.diagnostics.error(
                definition.size_span,
                f"family `{definition.name}` says {literal} units of cache, "
                f"its generic form has {head.size - 1}",
            )
        return family

    def check_member(self, ref: PartRef, member: Instruction, head: Instruction) -> None:
        if member.size != head.size:
            self.diagnostics.error(
                ref.span,
                f"`{member.name}` has {member.size - 1} units of cache, `{head.name}` has {head.size - 1}",
                "specializing replaces an instruction in place: all members have the same layout",
            )
        (popped, pushed), (popped_by_head, pushed_by_head) = member.net(), head.net()
        difference = (popped - pushed) - (popped_by_head - pushed_by_head)
        if not self.is_ours(member) or leaves_frame(member):
            return
        # A member made for one value of oparg has a fixed effect where the generic form has a conditional
        # one; what no oparg can make equal, or what depends on something else than the generic form does, is
        # a mistake.
        by_head = dict((popped_by_head - pushed_by_head).terms)
        strange = [term for term, _ in (popped - pushed).terms if term not in by_head]
        if strange:
            self.diagnostics.error(
                ref.span,
                f"the stack effect of `{member.name}` depends on `{strange[0]}`, "
                f"that of `{head.name}` does not",
                "members of a family have the stack effect of the generic form",
            )
        elif difference.is_constant and not difference.is_zero:
            self.diagnostics.error(
                ref.span,
                f"`{member.name}` leaves the stack {-difference.const:+d} items "
                f"from where `{head.name}` leaves it",
                "members of a family have the stack effect of the generic form",
            )

    def check_generic_form(self, instruction: Instruction) -> None:
        if instruction.is_specialized or not self.is_ours(instruction):
            return
        for part in instruction.parts:
            for token in part.op.tokens:
                if token.text in ("DEOPT_IF", "EXIT_IF"):
                    self.diagnostics.error(
                        token.span,
                        f"{token.text} in `{instruction.name}`, which has no generic form to go back to",
                        "only members of a family can give up; the generic form handles every case",
                    )

    @staticmethod
    def is_ours(instruction: Instruction) -> bool:
        return instruction.definition.span.source.checked

    def pseudo(self, definition: PseudoDef, instructions: dict[str, Instruction]) -> Pseudo:
        targets = []
        for ref in definition.targets:
            if ref.name in instructions:
                targets.append(instructions[ref.name])
            elif ref.name not in self.named:
                self.diagnostics.error(
                    ref.span, f"unknown target `{ref.name}` of pseudo instruction `{definition.name}`"
                )
        return Pseudo(definition.name, definition, targets)

    def number(self, instructions: dict[str, Instruction], pseudos: dict[str, Pseudo]) -> Numbering:
        specialized = {i.name for i in instructions.values() if i.is_specialized}
        with_arg = {i.name for i in instructions.values() if i.has_arg}
        numbering = assign_numbers(list(instructions), with_arg, specialized, list(pseudos), HANDWRITTEN)
        if numbering.problem:
            spans = [i.definition.span for i in instructions.values() if i.definition.span.source.checked]
            spans += [i.definition.span for i in instructions.values()]
            self.diagnostics.error(spans[0], numbering.problem)
        for name, instruction in instructions.items():
            instruction.number = numbering.numbers.get(name, -1)
        for name, pseudo in pseudos.items():
            pseudo.number = numbering.numbers.get(name, -1)
        return numbering


def leaves_frame(instruction: Instruction) -> bool:
    return instruction.mentions("DISPATCH_INLINED", "LOAD_SP", "start_frame", "SKIP_OVER")
