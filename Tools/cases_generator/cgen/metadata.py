"""Include/internal/pycore_opcode_metadata.h: what C code asks of opcodes."""

from __future__ import annotations

from collections.abc import Callable

from .model import HANDWRITTEN, Instruction, Model
from .numbering import FIRST_PSEUDO
from .output import Writer
from .properties import FLAGS, instruction_flags, pseudo_flags
from .sizes import Size


def opcode_metadata(model: Model) -> str:
    w = Writer("metadata")
    with w.guard("Py_CORE_OPCODE_METADATA_H", core=True):
        w.put(
            "#include <stdbool.h>",
            "#include <stdint.h>",
            '#include "opcode_ids.h"',
            '#include "pycore_uop_ids.h"',
            "",
        )
        flags(w)
        stack_effects(w, model)
        table(w, model)
        names(w, model)
        caches(w, model)
        deopts(w, model)
        pseudos(w, model)
        extra_cases(w, model)
    return w.text()


def define_or_declare(w: Writer, declaration: str, define: Callable[[], None]) -> None:
    """A table with one definition: in the file that sets NEED_OPCODE_METADATA."""
    w.put(f"extern {declaration};", "#ifdef NEED_OPCODE_METADATA")
    define()
    w.put("#endif", "")


def flags(w: Writer) -> None:
    for bit, name in enumerate(FLAGS):
        w.line(f"#define HAS_{name}_FLAG (1 << {bit})")
    for name in FLAGS:
        w.line(f"#define OPCODE_HAS_{name}(OP) (_PyOpcode_opcode_metadata[(OP)].flags & HAS_{name}_FLAG)")
    w.line()


def stack_effects(w: Writer, model: Model) -> None:
    """num_popped and num_pushed.  Instructions with the same effect share a case."""
    for which, function in enumerate(("_PyOpcode_num_popped", "_PyOpcode_num_pushed")):
        groups: dict[Size, list[str]] = {}
        for instruction in model.sorted_instructions():
            groups.setdefault(instruction.net()[which], []).append(instruction.name)

        def define(function: str = function, groups: dict[Size, list[str]] = groups) -> None:
            with w.block(f"int {function}(int opcode, int oparg) {{"), w.block("switch (opcode) {"):
                for size, members in groups.items():
                    w.put(*(f"case {name}:" for name in members))
                    w.line(f"    return {size};")
                w.put("default:", "    return -1;")

        define_or_declare(w, f"int {function}(int opcode, int oparg)", define)


def table(w: Writer, model: Model) -> None:
    limit = model.numbering.limit
    w.line(
        f"#define IS_VALID_OPCODE(OP) ((OP) >= 0 && (OP) < {limit} && "
        "_PyOpcode_opcode_metadata[(OP)].valid_entry)"
    )
    with w.block("struct opcode_metadata {", "};"):
        w.put("uint8_t valid_entry;", "uint16_t flags;")

    def define() -> None:
        with w.block(f"const struct opcode_metadata _PyOpcode_opcode_metadata[{limit}] = {{", "};"):
            for instruction in model.sorted_instructions():
                w.line(f"[{instruction.name}] = {{1, {spell(instruction_flags(instruction))}}},")
            for pseudo in model.pseudos.values():
                w.line(f"[{pseudo.name}] = {{1, {spell(pseudo_flags(pseudo))}}},")

    define_or_declare(w, f"const struct opcode_metadata _PyOpcode_opcode_metadata[{limit}]", define)


def spell(present: set[str]) -> str:
    return " | ".join(f"HAS_{name}_FLAG" for name in FLAGS if name in present) or "0"


def names(w: Writer, model: Model) -> None:
    limit = model.numbering.limit

    def define() -> None:
        with w.block(f"const char *_PyOpcode_OpName[{limit}] = {{", "};"):
            for name in sorted(model.numbering.numbers):
                w.line(f'[{name}] = "{name}",')

    define_or_declare(w, f"const char *_PyOpcode_OpName[{limit}]", define)


def byte_table(w: Writer, name: str, entries: list[tuple[str, str]]) -> None:
    def define() -> None:
        with w.block(f"const uint8_t {name}[256] = {{", "};"):
            for index, value in entries:
                w.line(f"[{index}] = {value},")

    define_or_declare(w, f"const uint8_t {name}[256]", define)


def caches(w: Writer, model: Model) -> None:
    """Only generic forms have an entry: code is asked for its caches after deoptimizing the opcode."""

    def has_own(instruction: Instruction) -> bool:
        return instruction.size > 1 and not instruction.is_specialized and not instruction.is_instrumented

    w.line("/* Inline cache entries after an instruction, in code units. */")
    byte_table(
        w, "_PyOpcode_Caches", [(i.name, str(i.size - 1)) for i in model.sorted_instructions() if has_own(i)]
    )


def deopts(w: Writer, model: Model) -> None:
    w.line("/* The generic form of every instruction that code can hold. */")
    real = [(i.name, i.base) for i in model.sorted_instructions()]
    byte_table(w, "_PyOpcode_Deopt", real + [(name, name) for name in HANDWRITTEN])


def pseudos(w: Writer, model: Model) -> None:
    count = len(model.pseudos)
    last = FIRST_PSEUDO + count
    width = max((len(p.targets) for p in model.pseudos.values()), default=0) + 1
    checks = " || ".join(f"(OP) == {name}" for name in model.pseudos) or "0"
    w.line("/* Instructions of the intermediate code that become one of several real ones. */")
    w.line(f"#define IS_PSEUDO_INSTR(OP) ({checks})")
    with w.block("struct pseudo_targets {", "};"):
        w.line(f"uint8_t targets[{width}];")

    def define() -> None:
        with w.block(f"const struct pseudo_targets _PyOpcode_PseudoTargets[{count}] = {{", "};"):
            for pseudo in model.pseudos.values():
                targets = ", ".join([*(t.name for t in pseudo.targets), "0"])
                w.line(f"[{pseudo.name} - {FIRST_PSEUDO}] = {{{{{targets}}}}},")

    define_or_declare(w, f"const struct pseudo_targets _PyOpcode_PseudoTargets[{count}]", define)
    w.put("static inline bool", "is_pseudo_target(int pseudo, int target)", "{")
    w.put(f"    if (pseudo >= {FIRST_PSEUDO} && pseudo < {last}) {{")
    w.put(f"        const uint8_t *t = _PyOpcode_PseudoTargets[pseudo - {FIRST_PSEUDO}].targets;")
    w.put("        for (; *t != 0; t++) {", "            if (*t == target) {", "                return true;")
    w.put("            }", "        }", "    }", "    return false;", "}", "")


def extra_cases(w: Writer, model: Model) -> None:
    w.line("/* A switch over opcodes falls into these for numbers no instruction has. */")
    record = record_opcode(model)
    cases = " ".join(f"case {n}:" for n in model.numbering.unused() if n != record)
    w.line(f"/* {record} is the recorder's; met in code it comes here through the label. */")
    w.line("#ifdef _Py_TIER2")
    w.line(f"#define EXTRA_CASES jit_unknown_opcode: {cases}")
    w.line("#else")
    w.line(f"#define EXTRA_CASES {cases} case {record}:")
    w.line("#endif")


def record_opcode(model: Model) -> int:
    """The number the switch form of tier 1 dispatches to while recording.

    All bits set, so that `opcode | 0xff` makes it of any other without a branch.
    """
    assert 255 in model.numbering.unused()
    return 255
