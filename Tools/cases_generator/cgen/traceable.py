"""Which instructions a trace may hold, and why not."""

from __future__ import annotations

from .model import Instruction

_BY_NAME = {
    "CACHE": "is data, never run",
    "RESERVED": "is never run",
    "INTERPRETER_EXIT": "leaves the evaluation loop",
    "ENTER_EXECUTOR": "is replaced by a link to its executor",
    "EXTENDED_ARG": "is folded into the instruction after it",
}

# Functions of ceval.c no other file can call and that have no wrapper (see ceval_exports).
_MONITORING = (
    "monitor_reraise",
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
    if instruction.mentions("exception_unwind"):
        return "raises into a handler"
    if instruction.mentions("do_raise"):
        return "always raises"
    if instruction.mentions(*_MONITORING):
        return "reports to monitoring itself"
    return ""
