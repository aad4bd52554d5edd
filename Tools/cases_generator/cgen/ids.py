"""Include/opcode_ids.h and Lib/_opcode_metadata.py: names and numbers."""

from __future__ import annotations

from .model import HANDWRITTEN, Model
from .numbering import FIRST_PSEUDO
from .output import Writer


def opcode_ids(model: Model) -> str:
    w = Writer("ids")
    numbers = sorted(model.numbering.numbers.items(), key=lambda item: item[1])
    with w.guard("Py_OPCODE_IDS_H", core=False):
        w.line("/* Opcodes of compiled code; from 256 on, of the compiler's intermediate code only. */")
        for name, number in numbers:
            w.line(f"#define {name:<39} {number:>3}")
        w.line()
        w.line(f"#define {'HAVE_ARGUMENT':<39} {model.numbering.have_argument:>3}")
        w.line(f"#define {'MIN_INSTRUMENTED_OPCODE':<39} {model.numbering.min_instrumented:>3}")
    return w.text()


def python_metadata(model: Model) -> str:
    w = Writer("ids", comment="#")
    # The order of families is that of their definitions, and of members the order in the family: tests and
    # tools iterate over it.
    families: dict[str, list[str]] = {name: [m.name for m in f.members] for name, f in model.families.items()}
    for instruction in model.sorted_instructions():
        if instruction.is_specialized and instruction.name not in families[instruction.base]:
            families[instruction.base].append(instruction.name)
    with w.block("_specializations = {"):
        for name, members in families.items():
            with w.block(f'"{name}": [', "],"):
                for member in members:
                    w.line(f'"{member}",')
    w.line()
    numbers = model.numbering.numbers
    specialized = sorted(m for members in families.values() for m in members)
    with w.block("_specialized_opmap = {"):
        for name in specialized:
            w.line(f"'{name}': {numbers[name]},")
    w.line()
    # Fixed numbers first, then by number; pseudo instructions last.
    with w.block("opmap = {"):
        for name, number in sorted(numbers.items(), key=lambda item: item[1]):
            if name not in specialized and (number < FIRST_PSEUDO or name in model.pseudos):
                w.line(f"'{name}': {number},")
    w.line()
    w.line(f"HAVE_ARGUMENT = {model.numbering.have_argument}")
    w.line(f"MIN_INSTRUMENTED_OPCODE = {model.numbering.min_instrumented}")
    assert all(name in numbers for name in HANDWRITTEN)
    return w.text()
