"""Python/generated_cases.c.h: the cases of the tier 1 evaluation loop, and where recording enters it.

What is common to a case and to the function an instruction is with tail calls (tail_calls.py) is here too.
"""

from __future__ import annotations

from .diagnostics import Diagnostics
from .dispatch import recorded_names
from .emit import Dialect, emit_instruction
from .model import Instruction, Model
from .output import Writer


def tier1_cases(model: Model, diagnostics: Diagnostics) -> str:
    w = Writer("tier 1")
    w.put("#ifdef TIER_TWO", '#  error "these cases are tier 1"', "#endif", "#define TIER_ONE 1", "")
    predicted = model.predicted()
    dialect = Dialect()
    for instruction in model.sorted_instructions():
        with diagnostics.next_on_error():
            case(w, instruction, instruction.name in predicted, dialect, diagnostics)
    recording(w, model)
    w.put("", "#undef TIER_ONE")
    return w.text()


def case(
    w: Writer, instruction: Instruction, predicted: bool, dialect: Dialect, diagnostics: Diagnostics
) -> None:
    emitted = emit_instruction(instruction, dialect, diagnostics)
    name, size = instruction.name, instruction.size
    # The label other instructions jump to comes after the prologue: the instruction has been counted and its
    # pointer stored, and this_instr is found again from next_instr.
    needs_this = (
        predicted or instruction.mentions("this_instr") or any("this_instr" in s for s in emitted.lines)
    )
    with w.block(f"TARGET({name}) {{"):
        if needs_this and not predicted:
            w.put("_Py_CODEUNIT *this_instr = frame->instr_ptr = next_instr;", "(void)this_instr;")
        else:
            w.line("frame->instr_ptr = next_instr;")
        w.line(f"next_instr += {size};")
        w.line(f"INSTRUCTION_STATS({name});")
        if predicted:
            w.put(
                f"PREDICTED({name});", f"_Py_CODEUNIT *this_instr = next_instr - {size};", "(void)this_instr;"
            )
        if instruction.family is not None:
            units = instruction.family.size
            w.line(f'static_assert({units} == {size - 1}, "inline cache of {instruction.base}");')
        w.put(*emitted.declarations, *emitted.lines)
        if emitted.falls_through:
            w.line("DISPATCH();")
        w.put(*dialect.behind)
    w.line()


def recording(w: Writer, model: Model) -> None:
    """Where every dispatch leads while a trace is recorded (pycore_jit_tier1.h has the other half).

    With computed gotos the recording table holds the two labels.  A switch has no second table: there every
    dispatch goes to one more case, which asks a table of bytes.
    """
    w.put("#ifdef _Py_TIER2", "#if !USE_COMPUTED_GOTOS")
    with w.block("case JIT_RECORD_OPCODE: {"):
        with w.block("static const uint8_t may_record[256] = {", "};"):
            w.put(*(f"[{name}] = 1," for name in sorted(recorded_names(model))))
        w.put("opcode = jit_recorded_opcode;")
        w.put("if (!jit_recording) {", "    goto jit_unknown_opcode;", "}")
        w.put("if (!may_record[opcode]) {", "    goto stop_tracing;", "}", "goto record_previous_inst;")
    w.put("#endif", "record_previous_inst:")
    with w.block("{"):
        record_step(w)
    w.line("stop_tracing:")
    with w.block("{"):
        record_unsupported(w)
    w.put("#endif  /* _Py_TIER2 */")


def record_step(w: Writer) -> None:
    """Between two instructions, while a trace is recorded."""
    w.line("/* The recorder notes what the previous instruction did; then this one runs. */")
    w.line("int jit_step = _PyJit_RecordStep(tstate, jit_recording_number, frame, next_instr,")
    w.line("                                 stack_pointer, opcode, oparg);")
    with w.block("if (jit_step == JIT_STEP_THROUGH) {"):
        w.line("_PyExecutorObject *jit_through = JIT_EXECUTOR_AT(next_instr);")
        w.put("opcode = jit_through->vm_data.opcode;", "oparg = jit_through->vm_data.oparg;")
    with w.block("else if (jit_step == JIT_STEP_ENTERED) {"):
        w.put("frame = tstate->current_frame;", "JIT_BEGIN_FRAME();")
    with w.block("else if (jit_step != JIT_STEP_GO_ON) {"):
        w.line("JIT_STOP_RECORDING();")
        w.line("/* Room for the new executor may have been made by dropping the one that stood here. */")
        with w.block("if (opcode == ENTER_EXECUTOR || jit_step == JIT_STEP_STOP_ANEW) {"):
            w.put("opcode = next_instr->op.code;", "oparg = (oparg & ~0xff) | next_instr->op.arg;")
    w.line("JIT_DISPATCH_RECORDED();")


def record_unsupported(w: Writer) -> None:
    """Before an instruction that no trace may hold."""
    w.line("_PyJit_RecordUnsupported(tstate, jit_recording_number, frame, next_instr, stack_pointer,")
    w.line("                         opcode, oparg);")
    w.line("JIT_STOP_RECORDING();")
    w.line("JIT_DISPATCH_RECORDED();")
