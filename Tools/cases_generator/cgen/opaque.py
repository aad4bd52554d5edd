"""Python/jit_opaque_cases.c.h: bodies of the operations a trace is made of.

Bytecode instructions work on the evaluation stack in memory, like tier 1, but without what only tier 1 does:
specializing, counters, entering the JIT.  Trace operations have operands.  The trace-IR interpreter and the
stencils include this file and give the macros in capitals their meaning; InternalDocs/cases_generator.md
lists them.
"""

from __future__ import annotations

from collections.abc import Sequence

from .ceval_exports import CEVAL_EXPORTS
from .diagnostics import Diagnostics
from .emit import ALWAYS, Dialect, emit_instruction, rewrite_body
from .jit_properties import jit_flags, sections_dropped
from .lexer import Token
from .model import Instruction, Model, Op
from .output import Writer
from .sizes import Size
from .statements import Statement, call_name, control_ends
from .syntax import CacheEffect, StackEffect
from .traceable import not_traceable_reason

CTYPES = {
    "object": "PyObject *",
    "int": "PyObject *",
    "float": "PyObject *",
    "bool": "PyObject *",
    "i64": "int64_t ",
    "f64": "double ",
    "ip": "_Py_CODEUNIT *",
}


class OpaqueDialect(Dialect):
    def deopt(self, cond: str, instruction: Instruction) -> str:
        return f"if ({cond}) {{ JIT_DEOPT(); }}"

    def error(self) -> str:
        return "JIT_ERROR();"

    def error_if(self, cond: str, saves: Sequence[str], pop: Size) -> str:
        before = "".join(s + " " for s in saves)
        move = "" if pop.is_zero else f"stack_pointer += {pop}; "
        guard = "" if cond in ALWAYS else f"if ({cond}) "
        return f"{guard}{{ {before}{move}JIT_ERROR(); }}"

    def goto(self, label: str) -> str:
        if label == "error":
            return self.error()
        if label.startswith("pop_") and label.endswith("_error"):
            return f"{{ stack_pointer += -{label.split('_')[1]}; JIT_ERROR(); }}"
        if label == "start_frame":
            return "JIT_START_FRAME();"
        if label == "exception_unwind":
            return "JIT_RERAISE();"
        return super().goto(label)

    def cache_read(self, cache: CacheEffect, offset: int) -> str:
        return f"JIT_CACHE_{ {1: 'U16', 2: 'U32', 4: 'OBJ'}[cache.units] }({offset})"

    def cache_pointer(self, offset: str) -> str:
        return f"JIT_CACHE_PTR({offset})"

    def name(self, token: Token, instruction: Instruction) -> str:
        if token.text == "opcode":
            return instruction.name  # there is no variable: the code is for this one
        return CEVAL_EXPORTS.get(token.text, token.text)

    def call(self, name: str, instruction: Instruction) -> str | None:
        return "JIT_NEXT();" if name == "DISPATCH" else None

    def keeps(self, statement: Statement) -> bool:
        """entry_frame and throwflag are variables of the evaluation loop; its low-level trace is tier 1's."""
        name = call_name(statement)
        if name == "assert":
            return not any(t.text in ("entry_frame", "throwflag") for t in statement.tokens)
        return name != "LLTRACE_RESUME_FRAME"

    def keeps_op(self, op: Op) -> bool:
        return not op.has("specializing")

    def drops_section(self, directive: str) -> bool:
        return sections_dropped(directive)


class TraceDialect(OpaqueDialect):
    """Bodies of trace operations: a failed check leaves by the operation's own exit."""

    def deopt(self, cond: str, instruction: Instruction) -> str:
        return f"if ({cond}) {{ JIT_SIDE_EXIT(); }}"


def opaque_cases(model: Model, diagnostics: Diagnostics) -> str:
    w = Writer("opaque operations")
    dialect = OpaqueDialect()
    for instruction in model.sorted_instructions():
        if not_traceable_reason(instruction):
            continue
        with diagnostics.next_on_error():
            opaque_case(w, instruction, dialect, diagnostics)
    w.line("/* Trace operations.  The stencil builder copies them, once for each choice of registers. */")
    w.line("#ifndef JIT_OPAQUE_ONLY")
    w.line()
    for op in model.trace_ops:
        trace_op(w, op, diagnostics)
    w.line("#endif /* !JIT_OPAQUE_ONLY */")
    return w.text()


def opaque_case(w: Writer, instruction: Instruction, dialect: Dialect, diagnostics: Diagnostics) -> None:
    emitted = emit_instruction(instruction, dialect, diagnostics)
    flags = jit_flags(instruction)
    saves_ip = bool(flags & {"ERRORS", "ESCAPES", "FRAME"}) or instruction.mentions("instr_ptr")
    w.line(f"JIT_OPAQUE({instruction.name}, {instruction.size})")
    with w.block("{"):
        w.line(f"JIT_PROLOGUE({instruction.name}, {instruction.size}, {int(saves_ip)});")
        w.put(*emitted.declarations, *emitted.lines)
        if emitted.falls_through:
            w.line("JIT_NEXT();")
    w.line()


def result_of(effect: StackEffect) -> str:
    if effect.type == "ip":
        return f"next_instr = {effect.name};"
    return f"JIT_RESULT_{effect.type.upper()}({effect.name});"


def trace_op(w: Writer, op: Op, diagnostics: Diagnostics) -> None:
    w.line(f"JIT_TRACE_OP({op.name})")
    with w.block("{"):
        index = 0
        for effect in op.inputs:
            ctype = CTYPES[effect.type]
            if effect.type == "ip":
                w.line(f"{ctype}{effect.name} = next_instr;")
            else:
                w.line(f"{ctype}{effect.name} = JIT_ARG_{effect.type.upper()}({index});")
                index += 1
        for effect in op.outputs:
            w.line(f"{CTYPES[effect.type]}{effect.name};")
        w.put(*rewrite_body(op, TraceDialect(), diagnostics))
        if not control_ends(op.statements):
            for effect in op.outputs:
                w.line(result_of(effect))
            w.line("JIT_NEXT();")
    w.line()
