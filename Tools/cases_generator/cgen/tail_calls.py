"""Python/tail_cases.c.h: tier 1 with every instruction a function, which ends by calling the next one.

The bodies are the ones of the cases; Include/internal/pycore_tail_calls.h gives their words the meaning they
have here.  What differs: nobody can jump into the middle of a function, so a failed check goes back to the
beginning of the generic form; and labels of the loop are functions too, called where the function of an
instruction ends.
"""

from __future__ import annotations

from .diagnostics import Diagnostics
from .dispatch import recorded_names
from .emit import Dialect
from .model import Model
from .output import Writer
from .statements import Statement, call_name
from .tier1 import case, record_step, record_unsupported

# What the exits of an instruction go on with (Python/tail_eval.c.h).
SHARED = ("tail_error", "tail_exception_unwind", "tail_exit_unwind", "tail_resume_frame", "tail_start_frame")
UNKNOWN = "tail_unknown_opcode"
RECORD, STOP = "tail_record_previous", "tail_stop_tracing"


class TailCallDialect(Dialect):
    behind = ("TAIL_EXITS();",)

    def keeps(self, statement: Statement) -> bool:
        """How the loop was entered is a parameter of the function C calls; instructions are not told."""
        return call_name(statement) != "assert" or not any(t.text == "throwflag" for t in statement.tokens)


def tail_cases(model: Model, diagnostics: Diagnostics) -> str:
    w = Writer("tail calls")
    w.put("#ifdef TIER_TWO", '#  error "these cases are tier 1"', "#endif", "#define TIER_ONE 1", "")
    by_number = {number: name for name, number in model.numbering.numbers.items() if number < 256}
    w.put(*(f"TARGET({name});" for name in sorted(by_number.values())))
    w.put(*(f"TAIL_FUNCTION({name});" for name in (*SHARED, UNKNOWN)), "")
    units(w, model)
    table(w, "tail_targets", [f"TARGET_{by_number[n]}" if n in by_number else UNKNOWN for n in range(256)])
    w.line("#ifdef _Py_TIER2")
    w.put(f"TAIL_FUNCTION({RECORD});", f"TAIL_FUNCTION({STOP});")
    recorded = recorded_names(model)
    entries = [RECORD if by_number.get(n) in recorded else STOP for n in range(256)]
    table(w, "tail_recording_targets", entries)
    w.put("#endif", "")
    dialect = TailCallDialect()
    for instruction in model.sorted_instructions():
        with diagnostics.next_on_error():
            case(w, instruction, False, dialect, diagnostics)
    recording(w)
    w.put("", "#undef TIER_ONE")
    return w.text()


def units(w: Writer, model: Model) -> None:
    """How far back a failed check goes: GO_TO_INSTRUCTION() knows the name only."""
    for name in sorted(model.predicted()):
        w.line(f"#define TAIL_UNITS_{name} {model.instructions[name].size}")
    w.line()


def table(w: Writer, name: str, functions: list[str]) -> None:
    with w.block(f"static const struct tail_table {name} = {{{{", "}};"):
        w.put(*(f"{function}," for function in functions))


def recording(w: Writer) -> None:
    """What the recording table leads to."""
    w.line("#ifdef _Py_TIER2")
    with w.block(f"TAIL_FUNCTION({RECORD}) {{"):
        record_step(w)
    with w.block(f"TAIL_FUNCTION({STOP}) {{"):
        record_unsupported(w)
    w.line("#endif  /* _Py_TIER2 */")
