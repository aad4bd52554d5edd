"""What can be said of an instruction by looking at its body: flags for the compiler and for the JIT."""

from __future__ import annotations

from .model import Instruction, Op, Pseudo

# `dis`, the compiler and the assembler decide by these; no definition of ours may change them.
COMPILER_FLAGS = ("ARG", "CONST", "NAME", "JUMP", "FREE", "LOCAL", "EVAL_BREAK")
# In the order of their bits.
FLAGS = (*COMPILER_FLAGS, "DEOPT", "EXIT", "ERROR", "PURE")

_CELL_ACCESS = ("PyCell_New", "PyCell_GetRef", "PyCell_SetTakeRef", "PyCell_SwapTakeRef")


def op_flags(op: Op) -> set[str]:
    flags = set()
    if op.mentions("FRAME_CO_CONSTS"):
        flags.add("CONST")
    if op.mentions("FRAME_CO_NAMES"):
        flags.add("NAME")
    if op.mentions("JUMPBY"):
        flags.add("JUMP")
    if op.mentions(*_CELL_ACCESS):
        flags.add("FREE")
    elif op.mentions("GETLOCAL", "SETLOCAL"):
        flags.add("LOCAL")
    if op.mentions("CHECK_EVAL_BREAKER"):
        flags.add("EVAL_BREAK")
    if op.mentions("DEOPT_IF"):
        flags.add("DEOPT")
    if op.mentions("EXIT_IF"):
        flags.add("EXIT")
    if op.mentions("ERROR_IF", "ERROR_NO_POP", "error", "pop_1_error", "exception_unwind"):
        flags.add("ERROR")
    return flags


def instruction_flags(instruction: Instruction) -> set[str]:
    flags = set().union(*(op_flags(p.op) for p in instruction.parts))
    if instruction.has_arg:
        flags.add("ARG")
    if all(p.op.has("pure") for p in instruction.parts):
        flags.add("PURE")
    return flags


def pseudo_flags(pseudo: Pseudo) -> set[str]:
    flags = set().union(*(instruction_flags(t) for t in pseudo.targets))
    flags.update(f.removeprefix("HAS_") for f in pseudo.definition.flags)
    return flags
