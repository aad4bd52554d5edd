/* Frames of calls that need no C frame: the ones below the frame that is made are the caller's business.
 *
 * For the evaluation loop and for the bodies of operations (Python/bytecodes/classes.c).
 */
#ifndef Py_INTERNAL_JIT_FRAMES_H
#define Py_INTERNAL_JIT_FRAMES_H

#ifndef Py_BUILD_CORE
#  error "for the interpreter's own sources only: define Py_BUILD_CORE"
#endif

#include "pycore_code.h"
#include "pycore_frame.h"

#include <stdbool.h>

/* Can a frame of INIT be entered with an instance and NARGS arguments as they are, and is there room for it and one of LOWER? */
static inline bool
_PyJit_CanEnterInit(PyThreadState *tstate, PyFunctionObject *init, int nargs, const PyCodeObject *lower)
{
    const PyCodeObject *code = (const PyCodeObject *)init->func_code;
    return (code->co_flags & (CO_OPTIMIZED | CO_VARARGS | CO_VARKEYWORDS)) == CO_OPTIMIZED && code->co_kwonlyargcount == 0
        && code->co_argcount == nargs + 1
        && _PyThreadState_HasStackSpace(tstate, code->co_framesize + lower->co_framesize);
}

/* FRAME, whose stack pointer is saved, calls INIT with INSTANCE and NARGS arguments, whose references go to the new frames: one that runs
 * LOWER keeps the instance and checks what INIT returns, the one above it is returned.  Its start is for the caller to count. */
static inline _PyInterpreterFrame *
_PyJit_PushInit(PyThreadState *tstate, _PyInterpreterFrame *frame, PyCodeObject *lower, PyFunctionObject *init,
                PyObject *instance, PyObject **args, int nargs)
{
    _PyInterpreterFrame *below = _PyFrame_PushTrampolineUnchecked(tstate, lower, 1);
    below->localsplus[0] = Py_NewRef(instance);
    below->previous = frame;
    _PyInterpreterFrame *above = _PyFrame_PushUnchecked(tstate, (PyFunctionObject *)Py_NewRef(init), nargs + 1);
    above->localsplus[0] = instance;
    memcpy(above->localsplus + 1, args, (size_t)nargs * sizeof(PyObject *));
    above->previous = below;
    tstate->current_frame = above;
    tstate->py_recursion_remaining--;
    return above;
}

#endif /* !Py_INTERNAL_JIT_FRAMES_H */
