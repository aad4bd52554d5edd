/* Python that C calls: a generator that set(), sum(), str.join() or an event loop resumes, a function that is a callback, a key, a
 * special method.
 *
 * Each item, each call enters Python, runs a handful of instructions, and is back.  An evaluation loop around them costs more than they do.
 * So the executor of a function is entered from here, and where it ends by returning to the frame below, C has the result at once.  The
 * instruction behind a yield counts like a function's first one, if C resumes there.
 *
 * Every other way out of the executor needs an evaluation loop.  It begins with the same frame as any other does, but goes on in the last
 * frame there is, with what the executor has returned (JIT_RESUMED).
 *
 * 1. The frame below is like the one an evaluation loop has on its C stack, with the same place to return to: who looks
 *    at frames meanwhile sees no difference.
 * 2. The limits of both kinds of recursion hold as in an evaluation loop.  Where one is reached, or an event is pending, there is one.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_ceval.h"
#include "pycore_code.h"
#include "pycore_frame.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"
#include "pycore_jit_frames.h"
#include "jit/run/run.h"

#define C_STACK_UNITS 2        // what an evaluation loop takes of the C recursion limit (ceval.c)

_PyJitResumed _PyJit_Resumed;

_PyInterpreterFrame *
_PyJit_ResumeGenerator(PyThreadState *tstate, _PyInterpreterFrame *frame, PyGenObject *generator)
{
    _PyInterpreterFrame *resumed = _PyJit_EnterGenerator(tstate, generator);
    resumed->previous = frame;
    tstate->current_frame = resumed;
    tstate->py_recursion_remaining--;
    return resumed;
}

/* What the first instruction of FRAME does, where that is COPY_FREE_VARS. */
static void
take_closure(_PyInterpreterFrame *frame)
{
    PyObject *closure = ((PyFunctionObject *)frame->f_funcobj)->func_closure;
    PyObject **cells = frame->localsplus + _PyFrame_GetCode(frame)->co_nlocalsplus - PyTuple_GET_SIZE(closure);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(closure); i++) {
        cells[i] = Py_NewRef(PyTuple_GET_ITEM(closure, i));
    }
}

/* Runs FRAME, which C calls or resumes: the one before the instruction at NEXT, if that is where it stands, and from there on its executor, if
 * one begins there. */
static PyObject *
eval(PyThreadState *tstate, _PyInterpreterFrame *frame, _Py_CODEUNIT *next)
{
    if (next->op.code != ENTER_EXECUTOR || tstate->interp->eval_frame != NULL
        || tstate->py_recursion_remaining <= 1 || tstate->c_recursion_remaining <= C_STACK_UNITS
        || _Py_atomic_load_uintptr_relaxed(&tstate->eval_breaker) & _PY_EVAL_EVENTS_MASK) {
        return _PyEval_EvalFrame(tstate, frame, 0);
    }
    _PyExecutorObject *executor = _PyFrame_GetCode(frame)->co_executors->executors[next->op.arg];
    _PyInterpreterFrame below;
    below.previous = tstate->current_frame;
    below.f_executable = Py_None;
    below.instr_ptr = _PyJit_Trampoline;
    below.stacktop = 0;
    below.return_offset = 0;
    below.owner = FRAME_OWNED_BY_CSTACK;
    if (frame->instr_ptr != next && next[-1].op.code == POP_TOP) {
        assert(frame->localsplus[frame->stacktop - 1] == Py_None);
        frame->stacktop--;
    }
    else if (frame->instr_ptr != next) {
        take_closure(frame);
    }
    frame->instr_ptr = next;
    frame->previous = &below;
    tstate->current_frame = frame;
    tstate->py_recursion_remaining--;
    tstate->c_recursion_remaining -= C_STACK_UNITS;
    _PyJitResult result = _PyJit_Enter(frame, _PyFrame_GetStackPointer(frame), tstate, executor);
    tstate->c_recursion_remaining += C_STACK_UNITS;
    _PyInterpreterFrame *top = tstate->current_frame;
    tstate->current_frame = below.previous;
    if (top == &below) {
        // It has yielded or returned.
        assert(JIT_RESULT_STATUS(result) == JIT_STATUS_DISPATCH && below.stacktop == 1);
        assert(!_PyErr_Occurred(tstate));
        return below.localsplus[0];
    }
    _PyJit_Resumed = (_PyJitResumed){.top = top, .result = result};
    return _PyEval_EvalFrameDefault(tstate, frame, JIT_RESUMED);
}

PyObject *
_PyJit_EvalGenerator(PyThreadState *tstate, _PyInterpreterFrame *frame, int throwflag)
{
    if (throwflag) {
        return _PyEval_EvalFrame(tstate, frame, throwflag);
    }
    // The first item: what is sent is always None, and dropped before the function begins.
    _Py_CODEUNIT *next = frame->instr_ptr;
    return eval(tstate, frame, next + (next->op.code == POP_TOP));
}

PyObject *
_PyJit_EvalFunction(PyThreadState *tstate, _PyInterpreterFrame *frame)
{
    _Py_CODEUNIT *next = frame->instr_ptr;
    return eval(tstate, frame, next + (next->op.code == COPY_FREE_VARS));
}

#endif /* _Py_TIER2 */
