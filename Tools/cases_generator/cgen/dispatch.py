"""Python/opcode_targets.h: the tables of labels tier 1 dispatches through."""

from __future__ import annotations

from .model import HANDWRITTEN, Model
from .output import Writer
from .traceable import not_traceable_reason


def opcode_targets(model: Model) -> str:
    w = Writer("dispatch tables")
    by_number = {number: name for name, number in model.numbering.numbers.items() if number < 256}
    labels = [f"&&TARGET_{by_number[n]}" if n in by_number else "&&_unknown_opcode" for n in range(256)]
    recording = []
    for n in range(256):
        name = by_number.get(n)
        stop = name is None or name in HANDWRITTEN or stops_recording(model, name)
        recording.append("&&stop_tracing" if stop else "&&record_previous_inst")
    w.put("#ifdef _Py_TIER2")
    table(w, "opcode_targets_table", labels)
    table(w, "opcode_recording_table", recording)
    # A variable of the function, so that switching tables is one store and the ordinary case one register.
    w.put("void **opcode_targets = opcode_targets_table;")
    w.put("#else")
    table(w, "opcode_targets", labels)
    w.put("#endif")
    return w.text()


def stops_recording(model: Model, name: str) -> bool:
    """True if a trace ends before the instruction.

    EXTENDED_ARG is folded by the recorder and ENTER_EXECUTOR is what it links to: neither is in a trace, but
    both are seen.
    """
    if name in ("EXTENDED_ARG", "ENTER_EXECUTOR"):
        return False
    return bool(not_traceable_reason(model.instructions[name]))


def table(w: Writer, name: str, labels: list[str]) -> None:
    with w.block(f"static void *{name}[256] = {{", "};"):
        for label in labels:
            w.line(f"{label},")
