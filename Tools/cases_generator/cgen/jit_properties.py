"""What the recorder has to know of an instruction, from the body a trace runs (not from tier 1's)."""

from __future__ import annotations

from collections.abc import Sequence

from .escapes import op_escapes
from .lexer import DIRECTIVE, IDENT, Token
from .model import Instruction, Op
from .statements import Simple, call_name
from .traceable import not_traceable_reason

# Bits of FLAGS in JIT_INSTRUCTIONS, and what they say.
JIT_FLAGS = {
    "TRACEABLE": "a trace may hold it",
    "JUMPS": "changes the instruction pointer within the frame, by a condition or a computed distance",
    "GOTO": "always jumps by its argument: where to is known when it is recorded",
    "FRAME": "pushes, pops or switches frames",
    "ESCAPES": "may run arbitrary code",
    "ERRORS": "may raise",
    "DEOPTS": "checks something and goes back to its generic form",
    "SKIPS": "goes over the instruction after it, which it has done too",
}


# Micro-operations that only save the place of an instruction.
SAVES_PLACE = ("_SET_IP", "_SAVE_RETURN_OFFSET")


def sections_dropped(directive: str) -> bool:
    """Parts of bodies that are tier 1's alone: specializing and the way into the JIT."""
    words = directive.lstrip("# \t").split()
    return words[:2] in (["if", "ENABLE_SPECIALIZATION"], ["ifdef", "_Py_TIER2"])


def kept_tokens(op: Op) -> list[Token]:
    """The body without the sections and statements a trace leaves out."""
    kept: list[Token] = []
    depth = 0
    for token in op.tokens:
        if token.kind == DIRECTIVE:
            word = token.text.lstrip("# \t")
            if depth:
                depth += word.startswith("if") - word.startswith("endif")
            elif sections_dropped(token.text):
                depth = 1
        elif not depth:
            kept.append(token)
    return kept


def traced_ops(instruction: Instruction) -> list[Op]:
    return [p.op for p in instruction.parts if not p.op.has("specializing")]


def uop_count(instruction: Instruction) -> int:
    """How many micro-operations it is made of.

    Cache entries, specializing and saving the instruction pointer are none; an instruction that does the
    work of two others, each with half of its argument (`oparg1`), is two.
    """
    ops = [op for op in traced_ops(instruction) if op.name not in SAVES_PLACE]
    return sum(2 if op.mentions("oparg1") else 1 for op in ops)


def escape_reason(instruction: Instruction) -> str:
    for op in traced_ops(instruction):
        reason = op_escapes(op, frozenset(t.start for t in kept_tokens(op)))
        if reason:
            return reason
    return ""


def jit_flags(instruction: Instruction) -> set[str]:
    if not_traceable_reason(instruction):
        return set()
    flags = {"TRACEABLE"}
    for op in traced_ops(instruction):
        tokens = kept_tokens(op)
        names = {t.text for t in tokens if t.kind == IDENT}
        if _always_jumps(op, tokens):
            flags.add("GOTO")
        elif "JUMPBY" in names or _assigns(tokens, "next_instr"):
            flags.add("JUMPS")
        if names & {"DISPATCH_INLINED", "LOAD_IP", "start_frame"} or _assigns(tokens, "frame"):
            flags.add("FRAME")
        if names & {
            "ERROR_IF",
            "ERROR_NO_POP",
            "GOTO_ERROR",
            "error",
            "exception_unwind",
            "CHECK_EVAL_BREAKER",
        }:
            flags.add("ERRORS")
        # A float may have no memory; a frame that begins may be one too many.
        if names & {"pop_1_error", "DECREF_INPUTS_AND_REUSE_FLOAT", "DISPATCH_INLINED", "start_frame"}:
            flags.add("ERRORS")
        if names & {"DEOPT_IF", "EXIT_IF"}:
            flags.add("DEOPTS")
        if "SKIP_OVER" in names:
            flags.add("SKIPS")
    if escape_reason(instruction):
        flags.add("ESCAPES")
    return flags


def _assigns(tokens: Sequence[Token], name: str) -> bool:
    for i, token in enumerate(tokens[:-1]):
        if (
            token.text == name
            and tokens[i + 1].text == "="
            and (i == 0 or tokens[i - 1].text not in (".", "->"))
        ):
            return True
    return False


def _always_jumps(op: Op, tokens: Sequence[Token]) -> bool:
    """True if every path does JUMPBY(oparg) or JUMPBY(-oparg), and nothing else to the pointer."""
    if sum(t.text == "JUMPBY" for t in tokens) != 1 or _assigns(tokens, "next_instr"):
        return False
    for statement in op.statements:
        if isinstance(statement, Simple) and call_name(statement) == "JUMPBY":
            return [t.text for t in statement.tokens[2:-2]] in (["oparg"], ["-", "oparg"])
    return False
