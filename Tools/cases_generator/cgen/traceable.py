"""Which instructions a trace may hold, and why not."""

from __future__ import annotations

import itertools

from .model import Instruction

_BY_NAME = {
    "CACHE": "is data, never run",
    "INTERPRETER_EXIT": "leaves the evaluation loop",
    "ENTER_EXECUTOR": "is replaced by a link to its executor",
    "EXTENDED_ARG": "is folded into the instruction after it",
}

# Functions of ceval.c no other file can call and that have no wrapper (see ceval_exports).
_MONITORING = (
    "monitor_stop_iteration",
    "monitor_throw",
    "monitor_handled",
    "monitor_unwind",
)


def not_traceable_reason(instruction: Instruction) -> str:
    """Why no trace may hold the instruction; "" if it may."""
    if instruction.name in _BY_NAME:
        return _BY_NAME[instruction.name]
    if instruction.is_instrumented:
        return "is instrumented"
    labels = goto_labels(instruction)
    known = ("start_frame", "exception_unwind")
    if not all(label in known or label.endswith("error") for label in labels):
        return "jumps inside the evaluation loop"
    if instruction.mentions(*_MONITORING):
        return "reports to monitoring itself"
    return ""


def goto_labels(instruction: Instruction) -> set[str]:
    found = set()
    for part in instruction.parts:
        for token, after in itertools.pairwise(part.op.tokens):
            if token.text == "goto":
                found.add(after.text)
    return found
