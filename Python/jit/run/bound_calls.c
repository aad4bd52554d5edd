/* Calls of functions and bound methods with a tuple and a dict (Python/bytecodes/classes.c).  Part of tier 1: there with a JIT or without. */
#include "Python.h"

#include "pycore_call.h"
#include "pycore_ceval.h"
#include "pycore_frame.h"
#include "pycore_interp.h"
#include "pycore_object.h"
#include "pycore_pystate.h"
#include "pycore_jit_frames.h"

#define MOST_ON_STACK 8

/* FUNCTION is a Python function that C need not call. */
static bool
needs_no_c(PyThreadState *tstate, PyObject *function)
{
    return Py_IS_TYPE(function, &PyFunction_Type) && ((PyFunctionObject *)function)->vectorcall == _PyFunction_Vectorcall
        && tstate->interp->eval_frame == NULL;
}

/* The frame of FUNCTION with N of ARGS, borrowed, and what is in NAMED, a dict or NULL. */
static _PyInterpreterFrame *
push(PyThreadState *tstate, PyFunctionObject *function, PyObject **args, Py_ssize_t n, PyObject *named)
{
    PyObject *names = NULL, *const *all = args;
    bool has_names = named != NULL && PyDict_GET_SIZE(named) > 0;
    if (has_names) {
        all = _PyStack_UnpackDict(tstate, args, n, named, &names);
        if (all == NULL) {
            return NULL;
        }
    }
    for (Py_ssize_t i = 0; i < n && !has_names; i++) {
        Py_INCREF(args[i]);
    }
    bool optimized = ((PyCodeObject *)function->func_code)->co_flags & CO_OPTIMIZED;
    PyObject *locals = optimized ? NULL : Py_NewRef(function->func_globals);
    _PyInterpreterFrame *frame = _PyEvalFramePushAndInit(tstate, (PyFunctionObject *)Py_NewRef(function), locals, all, (size_t)n, names);
    if (has_names) {
        _PyStack_UnpackDict_FreeNoDecRef(all, names);
    }
    return frame;
}

bool
_PyJit_PushWithTuple(PyThreadState *tstate, PyObject *callable, PyObject *items, PyObject *named, _PyInterpreterFrame **pushed)
{
    bool binds = Py_IS_TYPE(callable, &PyMethod_Type);
    PyObject *function = binds ? PyMethod_GET_FUNCTION(callable) : callable;
    if (!needs_no_c(tstate, function)) {
        return false;
    }
    PyObject *few[MOST_ON_STACK], **args = ((PyTupleObject *)items)->ob_item, **bound = NULL;
    Py_ssize_t n = PyTuple_GET_SIZE(items) + binds;
    if (binds) {
        bound = n <= MOST_ON_STACK ? few : PyMem_New(PyObject *, (size_t)n);
        if (bound != NULL) {
            bound[0] = PyMethod_GET_SELF(callable);
            memcpy(bound + 1, args, (size_t)(n - 1) * sizeof(PyObject *));
        }
        args = bound;
    }
    *pushed = args != NULL ? push(tstate, (PyFunctionObject *)function, args, n, named) : (_PyInterpreterFrame *)PyErr_NoMemory();
    if (bound != few) {
        PyMem_Free(bound);
    }
    Py_DECREF(items);
    Py_XDECREF(named);
    Py_DECREF(callable);
    return true;
}

PyObject *
_PyJit_CallWithTuple(PyThreadState *tstate, _PyInterpreterFrame *frame, _Py_CODEUNIT *instr, PyObject *callable, PyObject *items, PyObject *named)
{
    PyObject *first = PyTuple_GET_SIZE(items) > 0 ? PyTuple_GET_ITEM(items, 0) : &_PyInstrumentation_MISSING;
    if (_Py_call_instrumentation_2args(tstate, PY_MONITORING_EVENT_CALL, frame, instr, callable, first) != 0) {
        return NULL;
    }
    PyObject *result = PyObject_Call(callable, items, named);
    bool in_python = PyFunction_Check(callable) || PyMethod_Check(callable);
    return in_python ? result : _PyJit_CallHasEnded(tstate, frame, instr, callable, first, result);
}
