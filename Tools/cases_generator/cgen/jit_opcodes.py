"""Include/internal/pycore_jit_opcodes.h: instructions and trace operations as the JIT sees them."""

from __future__ import annotations

from .jit_properties import JIT_FLAGS, jit_flags, uop_count
from .metadata import record_opcode
from .model import Model, Op
from .output import Writer
from .parser import EFFECT_CLASSES, EFFECTS
from .traceable import not_traceable_reason

# Letters of operand types in JIT_TRACE_OPS.
TYPE_LETTERS = {"object": "o", "int": "i", "float": "f", "bool": "b", "i64": "I", "f64": "F"}

OP_FLAGS = {
    "pure": "no effect but the result; may be moved, merged and dropped",
    "commutative": "operands may be exchanged",
    "exits": "needs a snapshot",
    "calls": "calls C on the likely path: values in registers do not survive it",
    "ends": "the last operation of a trace",
    "reads_ip": "works on the instruction pointer the operation before left",
    **{
        f"{effect}_{name}": f"{effect} {meaning}"
        for effect in EFFECTS
        for name, meaning in EFFECT_CLASSES.items()
    },
}


def jit_opcodes(model: Model) -> str:
    w = Writer("JIT metadata")
    with w.guard("Py_INTERNAL_JIT_OPCODES_H", core=True):
        for bit, (name, meaning) in enumerate(JIT_FLAGS.items()):
            w.line(f"#define JIT_INST_{name:<12} {1 << bit:>4}   /* {meaning} */")
        w.line()
        for bit, (name, meaning) in enumerate(OP_FLAGS.items()):
            w.line(f"#define JIT_OPFLAG_{name.upper():<12} {1 << bit:>5}   /* {meaning} */")
        w.line()
        w.line("/* Classes of memory, and which ones the flags of an operation say it reads or writes. */")
        w.line("enum {")
        for name in EFFECT_CLASSES:
            w.line(f"    JIT_CLASS_{name.upper()},")
        w.line("    JIT_CLASS_COUNT")
        w.line("};")
        first = next(iter(EFFECT_CLASSES)).upper()
        for effect in EFFECTS:
            shift = list(OP_FLAGS).index(f"{effect}_{first.lower()}")
            mask = "((1u << JIT_CLASS_COUNT) - 1)"
            w.line(f"#define JIT_OPFLAGS_{effect.upper()}(FLAGS) ((FLAGS) >> {shift} & {mask})")
        w.line()
        w.line("/* What the switch form of tier 1 dispatches to while recording; no instruction has it. */")
        w.line(f"#define JIT_RECORD_OPCODE {record_opcode(model)}")
        w.line()
        instructions = model.sorted_instructions()
        w.line("/* X(NAME, SIZE, UOPS, FLAGS, BASE): units with caches; micro-operations; generic form. */")
        rows = [
            f"X({i.name}, {i.size}, {uop_count(i)}, {spell(jit_flags(i))}, {i.base})"
            for i in instructions
            if not not_traceable_reason(i)
        ]
        x_macro(w, "JIT_INSTRUCTIONS", rows)
        w.line("/* X(NAME, REASON): reads `NAME REASON`. */")
        reasons = [(i.name, not_traceable_reason(i)) for i in instructions]
        x_macro(w, "JIT_NOT_TRACEABLE", [f'X({name}, "{reason}")' for name, reason in reasons if reason])
        letters = ", ".join(f"{letter} {name}" for name, letter in TYPE_LETTERS.items())
        w.line(
            "/* X(NAME, RESULT_TYPE, NARGS, ARG_TYPES, FLAGS): one letter for each operand that is a value"
        )
        w.line(f"   ({letters}).  An ip operand has none: JIT_OPFLAG_READS_IP says it is there. */")
        x_macro(w, "JIT_TRACE_OPS", [trace_op_row(op) for op in model.trace_ops])
    return w.text()


def spell(flags: set[str]) -> str:
    return " | ".join(f"JIT_INST_{name}" for name in JIT_FLAGS if name in flags) or "0"


def trace_op_row(op: Op) -> str:
    values = [e for e in op.inputs if e.type != "ip"]
    result = op.outputs[0].type.upper() if op.outputs else "NONE"
    letters = "".join(TYPE_LETTERS[e.type] for e in values)
    present = set(op.definition.flags)
    if op.mentions("EXIT_IF", "DEOPT_IF", "JIT_SIDE_EXIT"):
        present.add("exits")
    flags = [name for name in OP_FLAGS if name in present]
    if len(values) != len(op.inputs):
        flags.append("reads_ip")
    spelled = " | ".join(f"JIT_OPFLAG_{name.upper()}" for name in flags) or "0"
    return f'X({op.name}, {result}, {len(values)}, "{letters}", {spelled})'


def x_macro(w: Writer, name: str, rows: list[str]) -> None:
    w.line(f"#define {name}(X) \\" if rows else f"#define {name}(X)")
    for i, row in enumerate(rows):
        w.line(f"    {row}{'' if i == len(rows) - 1 else chr(32) + chr(92)}")
    w.line()
