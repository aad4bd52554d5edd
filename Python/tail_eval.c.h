/* The evaluation loop with tail calls (pycore_tail_calls.h): the function C calls, and what instructions go on with that is not an
 * instruction.  Included by ceval.c in place of upstream's function.
 */
#include "tail_cases.c.h"

/* ---- Frames: beginning one, going on in one */

TAIL_FUNCTION(tail_start_frame)
{
    if (_Py_EnterRecursivePy(tstate)) {
        TAIL_LEAVE_FOR(tail_exit_unwind);
    }
    next_instr = frame->instr_ptr;
    TAIL_LEAVE_FOR(tail_resume_frame);
}

TAIL_FUNCTION(tail_resume_frame)
{
    stack_pointer = _PyFrame_GetStackPointer(frame);
#ifdef LLTRACE
    lltrace = maybe_lltrace_resume_frame(frame, &entry_frame, GLOBALS());
    if (lltrace < 0) {
        TAIL_LEAVE_FOR(tail_exit_unwind);
    }
#endif
    /* An exception that is set here would be lost to whoever set it. */
    assert(!_PyErr_Occurred(tstate));
    DISPATCH();
}

/* ---- Exceptions.  Not often come to, and not worth a copy in each instruction. */

/* An instruction has failed: the exception gets this frame into its traceback. */
TAIL_COLD_FUNCTION(tail_error)
{
    assert(frame->owner != FRAME_OWNED_BY_CSTACK);
    if (!_PyErr_Occurred(tstate)) {
        assert(0 && "an instruction failed without an exception");
        _PyErr_SetString(tstate, PyExc_SystemError, "error return without exception set");
    }
    PyFrameObject *object = _PyFrame_IsIncomplete(frame) ? NULL : _PyFrame_GetFrameObject(frame);
    if (object != NULL) {
        PyTraceBack_Here(object);
    }
    _PyEval_MonitorRaise(tstate, frame, next_instr - 1);
    TAIL_LEAVE_FOR(tail_exception_unwind);
}

/* To the handler of the place where it was raised, or out of the frame.  The place is the one of next_instr: RERAISE changes
 * instr_ptr. */
TAIL_COLD_FUNCTION(tail_exception_unwind)
{
    JIT_ON_UNWIND();
    PyCodeObject *code = _PyFrame_GetCode(frame);
    int depth = 0, handler = 0, wants_place = 0;
    bool caught = get_exception_handler(code, INSTR_OFFSET() - 1, &depth, &handler, &wants_place);
    PyObject **keep = _PyFrame_Stackbase(frame) + (caught ? depth : 0);
    assert(stack_pointer >= keep);
    while (stack_pointer > keep) {
        stack_pointer--;
        Py_XDECREF(*stack_pointer);
    }
    if (!caught) {
        assert(_PyErr_Occurred(tstate));
        _PyFrame_SetStackPointer(frame, stack_pointer);
        monitor_unwind(tstate, frame, next_instr - 1);
        TAIL_LEAVE_FOR(tail_exit_unwind);
    }
    if (wants_place) {
        PyObject *place = PyLong_FromLong(_PyInterpreterFrame_LASTI(frame));
        if (place == NULL) {
            TAIL_LEAVE_FOR(tail_exception_unwind);
        }
        PUSH(place);
    }
    PyObject *exception = _PyErr_GetRaisedException(tstate);
    PUSH(exception);
    next_instr = _PyCode_CODE(code) + handler;
    if (monitor_handled(tstate, frame, next_instr, exception) < 0) {
        TAIL_LEAVE_FOR(tail_exception_unwind);
    }
#ifdef LLTRACE
    if (lltrace >= 5) {
        lltrace_resume_frame(frame);
    }
#endif
    DISPATCH();
}

/* Leaves a frame with an exception: on in the one that called it, or out of the loop. */
TAIL_COLD_FUNCTION(tail_exit_unwind)
{
    assert(_PyErr_Occurred(tstate));
    assert(frame->owner != FRAME_OWNED_BY_CSTACK);
    _Py_LeaveRecursiveCallPy(tstate);
    _PyInterpreterFrame *left = frame;
    frame = left->previous;
    /* Before it is cleared: what its objects run when they die must not see it. */
    tstate->current_frame = frame;
    _PyEval_FrameClearAndPop(tstate, left);
    frame->return_offset = 0;
    if (frame->owner == FRAME_OWNED_BY_CSTACK) {
        tstate->current_frame = frame->previous;
        tstate->c_recursion_remaining += PY_EVAL_C_STACK_UNITS;
        return NULL;
    }
    stack_pointer = _PyFrame_GetStackPointer(frame);
    next_instr = frame->instr_ptr;
    TAIL_LEAVE_FOR(tail_error);
}

/* ---- Entries of the tables that no definition is behind */

/* The first instruction of a line, while somebody wants to know of lines.  Not a definition: frame->instr_ptr is needed as the
 * instruction before has left it. */
TARGET(INSTRUMENTED_LINE)
{
    _Py_CODEUNIT *from = frame->instr_ptr;
    _Py_CODEUNIT *line = next_instr;
    int original;
    frame->instr_ptr = line;
    if (!tstate->tracing) {
        _PyFrame_SetStackPointer(frame, stack_pointer);
        original = _Py_call_instrumentation_line(tstate, frame, line, from);
        stack_pointer = _PyFrame_GetStackPointer(frame);
        if (original < 0) {
            next_instr = line + 1;
            TAIL_LEAVE_FOR(tail_error);
        }
        next_instr = frame->instr_ptr;
        if (next_instr != line) {
            DISPATCH();  // a trace function has jumped
        }
    }
    else {
        PyCodeObject *code = _PyFrame_GetCode(frame);
        _PyCoLineInstrumentationData *lines = code->_co_monitoring->lines;
        original = lines->data[(line - _PyCode_CODE(code)) * lines->bytes_per_entry];
    }
    if (_PyOpcode_Caches[original] != 0) {
        /* Specialized, it would be another instruction than the one that is kept aside. */
        PAUSE_ADAPTIVE_COUNTER(line[1].counter);
    }
    opcode = (uint8_t)original;
    DISPATCH_GOTO();
}

TAIL_COLD_FUNCTION(tail_unknown_opcode)
{
    PyObject *file = _PyFrame_GetCode(frame)->co_filename;
    _PyErr_Format(tstate, PyExc_SystemError, "%U:%d: unknown opcode %d", file,
                  PyUnstable_InterpreterFrame_GetLine(frame), next_instr->op.code);
    TAIL_LEAVE_FOR(tail_error);
}

/* ---- Ways in */

/* generator.throw(): the RESUME that would have brought the code's instrumentation up to date is not run. */
TAIL_COLD_FUNCTION(tail_throw)
{
    if (_Py_EnterRecursivePy(tstate)) {
        TAIL_LEAVE_FOR(tail_exit_unwind);
    }
    _Py_Instrument(_PyFrame_GetCode(frame), tstate->interp);
    monitor_throw(tstate, frame, frame->instr_ptr);
    next_instr = frame->instr_ptr;
    stack_pointer = _PyFrame_GetStackPointer(frame);
    TAIL_LEAVE_FOR(tail_error);
}

#ifdef _Py_TIER2
/* Behind an executor that C has entered for a generator (Python/jit/run/resume.c). */
TAIL_FUNCTION(tail_resumed)
{
    tstate->current_frame = _PyJit_Resumed.top;
    JIT_GO_ON(_PyJit_Resumed.result);
    TAIL_EXITS();
}
#endif

PyObject *
_PyEval_EvalFrameDefault(PyThreadState *tstate, _PyInterpreterFrame *frame, int throwflag)
{
    _Py_EnsureTstateNotNULL(tstate);
    CALL_STAT_INC(pyeval_calls);

    struct tail_loop loop;
#ifdef Py_DEBUG
    memset(&loop, 0xdb, sizeof(loop));
#endif
    loop.last.f_executable = Py_None;
    loop.last.owner = FRAME_OWNED_BY_CSTACK;
    loop.last.instr_ptr = (_Py_CODEUNIT *)&_Py_INTERPRETER_TRAMPOLINE_INSTRUCTIONS[1];
    loop.last.return_offset = 0;
    loop.last.stacktop = 0;
    loop.last.previous = tstate->current_frame;
#ifdef _Py_TIER2
    loop.recording_number = 0;
#endif
    frame->previous = &loop.last;
    tstate->current_frame = frame;

    tstate->c_recursion_remaining -= PY_EVAL_C_STACK_UNITS - 1;
    if (_Py_EnterRecursiveCallTstate(tstate, "")) {
        /* What leaving gives back was not taken. */
        tstate->c_recursion_remaining--;
        tstate->py_recursion_remaining--;
        return tail_exit_unwind(TAIL_FIRST_ARGUMENTS);
    }
#ifdef _Py_TIER2
    if (throwflag == JIT_RESUMED) {
        return tail_resumed(TAIL_FIRST_ARGUMENTS);
    }
#endif
    if (throwflag) {
        return tail_throw(TAIL_FIRST_ARGUMENTS);
    }
    return tail_start_frame(TAIL_FIRST_ARGUMENTS);
}

#undef entry_frame
