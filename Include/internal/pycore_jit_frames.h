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
#include "pycore_function.h"
#include "pycore_instruments.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"
#ifdef _Py_TIER2
#  include "pycore_jit.h"
#endif

#include <stdbool.h>

/* INIT makes something of its arguments: a tuple, a dict, or what needs a name. */
static inline bool
_PyJit_GathersArguments(const PyFunctionObject *init)
{
    const PyCodeObject *code = (const PyCodeObject *)init->func_code;
    return code->co_flags & (CO_VARARGS | CO_VARKEYWORDS) || code->co_kwonlyargcount > 0;
}

/* INIT takes an instance and NARGS arguments as they are, and all that is missing has a default value; or it gathers them, or says what is wrong. */
static inline bool
_PyJit_TakesArguments(const PyFunctionObject *init, int nargs)
{
    const PyCodeObject *code = (const PyCodeObject *)init->func_code;
    int missing = code->co_argcount - nargs - 1;
    if (_PyJit_GathersArguments(init)) {
        return (code->co_flags & CO_OPTIMIZED) != 0;
    }
    return (code->co_flags & CO_OPTIMIZED) != 0
        && (missing == 0
            || (missing > 0 && init->func_defaults != NULL && missing <= (int)PyTuple_GET_SIZE(init->func_defaults)));
}

/* A call of CLASS is what `type` makes of it: its metaclass, `type` or ABCMeta for example, has no `__call__` of its own (now). */
static inline bool
_PyJit_IsCalledAsType(PyTypeObject *class)
{
    return Py_TYPE(class)->tp_call == PyType_Type.tp_call;
}

/* The two frames of a class call count twice for Python's recursion limit, one of C's only once.  A recursion that goes far is left to C, so it
 * comes about as far as it would. */
static inline int
_PyJit_KeptForC(const PyThreadState *tstate)
{
    return tstate->py_recursion_limit / 8 * 7;
}

/* So a frame of it can be entered, and there is room for it and one of LOWER. */
static inline bool
_PyJit_CanEnterInit(PyThreadState *tstate, PyFunctionObject *init, int nargs, const PyCodeObject *lower)
{
    const PyCodeObject *code = (const PyCodeObject *)init->func_code;
    return _PyJit_TakesArguments(init, nargs) && _PyThreadState_HasStackSpace(tstate, code->co_framesize + lower->co_framesize)
        && (!_PyJit_GathersArguments(init) || tstate->py_recursion_remaining > _PyJit_KeptForC(tstate));
}

/* FRAME, whose stack pointer is saved, calls INIT with INSTANCE and NARGS arguments, whose references go to the new frames: one that runs
 * LOWER keeps the instance and checks what INIT returns, the one above it is returned.  Its start is for the caller to count.  NULL with an
 * exception set: they do not fit, and are gone.  Below ARGS is a place that has no argument. */
static inline _PyInterpreterFrame *
_PyJit_PushInit(PyThreadState *tstate, _PyInterpreterFrame *frame, PyCodeObject *lower, PyFunctionObject *init,
                PyObject *instance, PyObject **args, int nargs, PyObject *names)
{
    _PyInterpreterFrame *below = _PyFrame_PushTrampolineUnchecked(tstate, lower, 1);
    below->localsplus[0] = Py_NewRef(instance);
    below->previous = frame;
    _PyInterpreterFrame *above;
    if (_PyJit_GathersArguments(init) || names != NULL) {
        args[-1] = instance;
        above = _PyEvalFramePushAndInit(tstate, (PyFunctionObject *)Py_NewRef(init), NULL, args - 1, (size_t)nargs + 1, names);
        if (above == NULL) {
            _PyThreadState_PopFrame(tstate, below);
            Py_DECREF(instance);
            return NULL;
        }
    }
    else {
        above = _PyFrame_PushUnchecked(tstate, (PyFunctionObject *)Py_NewRef(init), nargs + 1);
        above->localsplus[0] = instance;
        memcpy(above->localsplus + 1, args, (size_t)nargs * sizeof(PyObject *));
        int wanted = ((PyCodeObject *)init->func_code)->co_argcount;
        for (int i = nargs + 1; i < wanted; i++) {
            above->localsplus[i] = Py_NewRef(PyTuple_GET_ITEM(init->func_defaults, PyTuple_GET_SIZE(init->func_defaults) + i - wanted));
        }
    }
    above->previous = below;
    tstate->current_frame = above;
    tstate->py_recursion_remaining--;
    return above;
}

/* CALLABLE is called in FRAME with NPOSITIONAL of ARGS, and those that NAMES names.  true: not by C, CALLABLE and the arguments are gone
 * to the frame in *PUSHED, which is to start, or with an exception if that is NULL.  CLASSES: classes too.  Below ARGS is a place that
 * has no argument. */
static inline bool
_PyJit_PushCall(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject *callable, PyObject **args, int npositional, PyObject *names,
                bool classes, _PyInterpreterFrame **pushed)
{
    if (tstate->interp->eval_frame != NULL) {
        return false;
    }
    if (Py_IS_TYPE(callable, &PyFunction_Type)) {
        PyFunctionObject *function = (PyFunctionObject *)callable;
        if (function->vectorcall != _PyFunction_Vectorcall) {
            return false;
        }
        bool optimized = ((PyCodeObject *)function->func_code)->co_flags & CO_OPTIMIZED;
        PyObject *locals = optimized ? NULL : Py_NewRef(function->func_globals);
        *pushed = _PyEvalFramePushAndInit(tstate, function, locals, args, (size_t)npositional, names);
        if (*pushed != NULL) {
            (*pushed)->previous = frame;
        }
        return true;
    }
#ifdef _Py_TIER2
    return classes && PyType_Check(callable) && _PyJit_PushClass(tstate, frame, callable, args, npositional, names, pushed);
#else
    return false;
#endif
}

/* CALLABLE is a Python function that C need not call, or a method of one (Python/jit/run/bound_calls.c): *pushed is its frame, which is not
 * linked yet, with ITEMS, a tuple, and what is in NAMED, a dict or NULL; NULL: an exception.  All three are given up.  false: C has to call
 * it, and nothing was done. */
bool _PyJit_PushWithTuple(PyThreadState *tstate, PyObject *callable, PyObject *items, PyObject *named, _PyInterpreterFrame **pushed);
/* Calls CALLABLE at INSTR of FRAME by C, and tells tools.  NULL: an exception. */
PyObject *_PyJit_CallWithTuple(PyThreadState *tstate, _PyInterpreterFrame *frame, _Py_CODEUNIT *instr, PyObject *callable, PyObject *items,
                               PyObject *named);

/* RECEIVER is a generator or coroutine that nobody is in, and an evaluation loop can go on in its frame. */
static inline bool
_PyJit_CanRunHere(PyThreadState *tstate, PyObject *receiver)
{
    bool has_frame = Py_IS_TYPE(receiver, &PyCoro_Type) || Py_IS_TYPE(receiver, &PyGen_Type);
    return has_frame && ((PyGenObject *)receiver)->gi_frame_state < FRAME_EXECUTING && tstate->interp->eval_frame == NULL;
}

/* GENERATOR, or coroutine, which nobody is in, runs from now on, and has its own exception.  Its frame, which is not linked yet. */
static inline _PyInterpreterFrame *
_PyJit_EnterGenerator(PyThreadState *tstate, PyGenObject *generator)
{
    assert(generator->gi_frame_state < FRAME_EXECUTING);
    _PyErr_StackItem *own = &generator->gi_exc_state;
    own->previous_item = tstate->exc_info;
    tstate->exc_info = own;
    generator->gi_frame_state = FRAME_EXECUTING;
    return (_PyInterpreterFrame *)generator->gi_iframe;
}

/* SEND, the instruction INSTR of FRAME, of VALUE to RECEIVER (Python/jit/run/send.c).  *result: a new reference to what that yields or returns. */
PySendResult _PyJit_SendTo(PyThreadState *tstate, _PyInterpreterFrame *frame, _Py_CODEUNIT *instr, PyObject *receiver, PyObject *value,
                           PyObject **result);

/* C has called CALLABLE, whose first argument was ARGUMENT, for the instruction INSTR, and tools want to know; RES is what came of it, NULL:
 * an exception.  Returns RES, or NULL where a tool has raised another. */
static inline PyObject *
_PyJit_CallHasEnded(PyThreadState *tstate, _PyInterpreterFrame *frame, _Py_CODEUNIT *instr, PyObject *callable, PyObject *argument,
                    PyObject *res)
{
    if (res == NULL) {
        _Py_call_instrumentation_exc2(tstate, PY_MONITORING_EVENT_C_RAISE, frame, instr, callable, argument);
        return NULL;
    }
    if (_Py_call_instrumentation_2args(tstate, PY_MONITORING_EVENT_C_RETURN, frame, instr, callable, argument) < 0) {
        Py_DECREF(res);
        return NULL;
    }
    return res;
}

/* A continuation frame (Python/jit/run/operators.c) of CODE, above FRAME, whose stack pointer and place are saved.  Its locals are NULL.  It takes UNITS of C recursion, which
 * C would, and none of Python's.  UNITS is 0 where it has only its return before it, which gives back one of Python's. */
static inline _PyInterpreterFrame *
_PyJit_PushContinuation(PyThreadState *tstate, _PyInterpreterFrame *frame, PyCodeObject *code, int units)
{
    _PyInterpreterFrame *pushed = _PyFrame_PushTrampolineUnchecked(tstate, code, 0);
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        pushed->localsplus[i] = NULL;
    }
    pushed->previous = frame;
    tstate->current_frame = pushed;
    tstate->c_recursion_remaining -= units;
    tstate->py_recursion_remaining -= units == 0;
    return pushed;
}

#ifdef _Py_TIER2
#  include "pycore_jit.h"
#  define JIT_CALL_INTRINSIC_1(OPARG, VALUE) \
       ((OPARG) >= JIT_CONTINUATION ? _PyJitOperator_Finish(tstate, frame, stack_pointer, (OPARG), (VALUE)) \
                                    : _PyIntrinsics_UnaryFunctions[OPARG].func(tstate, (VALUE)))
#  define JIT_END_CONTINUATION() _PyJit_LeaveFrameEnding(tstate, frame)
#else
#  define JIT_END_CONTINUATION() (Py_FatalError("RESERVED is an instruction of the JIT's own frames"), frame)
#  define JIT_CALL_INTRINSIC_1(OPARG, VALUE) _PyIntrinsics_UnaryFunctions[OPARG].func(tstate, (VALUE))
#endif

#endif /* !Py_INTERNAL_JIT_FRAMES_H */
