/* What many operations do in the same words.  The bodies name it by macros (pycore_jit_bodies.h): the trace-IR interpreter calls the functions
 * here, in machine code each is laid down once and called (Tools/jit/template.c).  None runs code of users or raises. */
#ifndef Py_INTERNAL_JIT_SHARED_H
#define Py_INTERNAL_JIT_SHARED_H

#ifndef Py_BUILD_CORE
#  error "for the interpreter's own sources only: define Py_BUILD_CORE"
#endif

#include "pycore_frame.h"
#include "pycore_genobject.h"
#include "pycore_long.h"
#include "pycore_pystate.h"

#include <stdbool.h>

/* V is plain: its end runs nothing of users.  It may be NULL. */
static inline bool
_PyJit_IsPlain(PyObject *v)
{
    if (v == NULL || v == Py_None) {
        return true;
    }
    PyTypeObject *type = Py_TYPE(v);
    return type == &PyUnicode_Type || type == &PyLong_Type || type == &PyFloat_Type || type == &PyBool_Type;
}

/* *value: that of O, an int of more than one digit.  False: it has more than 63 bits and a sign. */
static inline bool
_PyJit_LargeValue(PyObject *o, int64_t *value)
{
    const _PyLongValue *number = &((PyLongObject *)o)->long_value;
    int64_t found = (int64_t)number->ob_digit[0] | (int64_t)number->ob_digit[1] << PyLong_SHIFT;
    if (number->lv_tag >= (uintptr_t)3 << NON_SIZE_BITS) {
        if (number->lv_tag >= (uintptr_t)4 << NON_SIZE_BITS || number->ob_digit[2] > 7) {
            return false;
        }
        found |= (int64_t)number->ob_digit[2] << (2 * PyLong_SHIFT);
    }
    *value = found * (1 - (int64_t)(number->lv_tag & SIGN_MASK));
    return true;
}

/* PUSHED, a new frame, runs above FRAME, whose stack pointer is SP. */
static inline _PyInterpreterFrame *
_PyJit_Push(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **sp, _PyInterpreterFrame *pushed)
{
    _PyFrame_SetStackPointer(frame, sp);
    pushed->previous = frame;
    tstate->current_frame = pushed;
    tstate->py_recursion_remaining--;
    return pushed;
}

/* A frame of function F, to which it takes a reference, or the one below `__init__` where a class is called, of CODE.  There is room. */
static inline _PyInterpreterFrame *
_PyJit_PushFrame(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **sp, PyObject *f)
{
    return _PyJit_Push(tstate, frame, sp, _PyFrame_PushUnchecked(tstate, (PyFunctionObject *)f, 0));
}

static inline _PyInterpreterFrame *
_PyJit_PushShim(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **sp, PyObject *code)
{
    return _PyJit_Push(tstate, frame, sp, _PyFrame_PushTrampolineUnchecked(tstate, (PyCodeObject *)code, 0));
}

/* FRAME can be left just so: nothing else keeps it, and its code does not end with it. */
static inline bool
_PyJit_CanLeave(_PyInterpreterFrame *frame)
{
    return frame->owner == FRAME_OWNED_BY_THREAD && frame->frame_obj == NULL && frame->f_locals == NULL
        && (PyFunction_Check(frame->f_funcobj) ? ((PyFunctionObject *)frame->f_funcobj)->func_code == frame->f_executable
                                               : Py_REFCNT(frame->f_executable) > 1);
}

/* GEN, a generator or coroutine, is suspended, goes on at PLACE, and has no frame object, through which anybody may write its locals. */
static inline bool
_PyJit_IsSuspendedAt(PyGenObject *gen, _Py_CODEUNIT *place)
{
    const _PyInterpreterFrame *frame = (_PyInterpreterFrame *)gen->gi_iframe;
    return gen->gi_frame_state < FRAME_EXECUTING && frame->instr_ptr == place && frame->frame_obj == NULL;
}

#endif /* !Py_INTERNAL_JIT_SHARED_H */
