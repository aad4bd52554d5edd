/* LEAVE_FRAME, LEAVE_FRAME_ENDING, RETURN_TO_C: the frame of a Python function goes away, where nothing that goes with it runs code of users, or
 * as in tier 1. */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_ceval.h"
#include "pycore_frame.h"
#include "pycore_jit.h"
#include "pycore_pystate.h"

_PyInterpreterFrame *
_PyJit_LeaveFrame(PyThreadState *tstate, _PyInterpreterFrame *frame, uint32_t nlocals)
{
    _PyInterpreterFrame *caller = frame->previous;
    assert(frame->owner == FRAME_OWNED_BY_THREAD && frame->frame_obj == NULL && frame->f_locals == NULL);
    tstate->py_recursion_remaining++;
    tstate->current_frame = caller;
    for (uint32_t i = 0; i < nlocals; i++) {
        Py_XDECREF(frame->localsplus[i]);
    }
    Py_DECREF(frame->f_funcobj);
    Py_DECREF(frame->f_executable);
    _PyThreadState_PopFrame(tstate, frame);
    return caller;
}

_PyInterpreterFrame *
_PyJit_LeaveFrameEnding(PyThreadState *tstate, _PyInterpreterFrame *frame)
{
    _PyInterpreterFrame *caller = frame->previous;
    assert(frame->owner != FRAME_OWNED_BY_CSTACK);
    tstate->py_recursion_remaining++;
    tstate->current_frame = caller;
    frame->stacktop = _PyFrame_GetCode(frame)->co_nlocalsplus;      // what is returned is not there any more
    _PyEval_FrameClearAndPop(tstate, frame);
    return caller;
}

#endif /* _Py_TIER2 */
