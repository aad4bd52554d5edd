/* LEAVE_FRAME: the frame of a Python function goes away where nothing that goes with it runs code of users.  RETURN_TO_C: it does so in any
 * case, as the last thing a trace does. */
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
_PyJit_ReturnToC(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **stack_pointer)
{
    _PyInterpreterFrame *below = frame->previous;
    PyObject *returned = *--stack_pointer;
    assert(stack_pointer == _PyFrame_Stackbase(frame) && below->owner == FRAME_OWNED_BY_CSTACK);
    _PyFrame_SetStackPointer(frame, stack_pointer);
    tstate->py_recursion_remaining++;
    tstate->current_frame = below;
    _PyEval_FrameClearAndPop(tstate, frame);
    _PyFrame_StackPush(below, returned);
    return below;
}

#endif /* _Py_TIER2 */
