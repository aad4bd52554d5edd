"""Python/opcode_targets.h: the tables of labels tier 1 dispatches through."""

from __future__ import annotations

from .model import Model
from .output import Writer
from .traceable import not_traceable_reason


def opcode_targets(model: Model) -> str:
    w = Writer("dispatch tables")
    by_number = {number: name for name, number in model.numbering.numbers.items() if number < 256}
    labels = [f"&&TARGET_{by_number[n]}" if n in by_number else "&&_unknown_opcode" for n in range(256)]
    recorded = recorded_names(model)
    recording = [
        "&&record_previous_inst" if by_number.get(n) in recorded else "&&stop_tracing" for n in range(256)
    ]
    w.put("#ifdef _Py_TIER2")
    table(w, "opcode_targets_table", labels)
    table(w, "opcode_recording_table", recording)
    # A variable of the function, so that switching tables is one store and the ordinary case one register.
    w.put("void **opcode_targets = opcode_targets_table;")
    w.put("#else")
    table(w, "opcode_targets", labels)
    w.put("#endif")
    return w.text()


def recorded_names(model: Model) -> set[str]:
    """Instructions the recorder is asked about; before all others a trace ends.

    EXTENDED_ARG is folded by the recorder and ENTER_EXECUTOR is what it links to: neither is in a trace, but
    both are seen.
    """
    seen = {i.name for i in model.instructions.values() if not not_traceable_reason(i)}
    return seen | ({"EXTENDED_ARG", "ENTER_EXECUTOR"} & model.instructions.keys())


def table(w: Writer, name: str, labels: list[str]) -> None:
    with w.block(f"static void *{name}[256] = {{", "};"):
        for label in labels:
            w.line(f"{label},")
