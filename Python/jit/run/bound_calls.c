/* Calls of bound methods with a tuple and a dict (Python/bytecodes/classes.c).  Part of tier 1: there with a JIT or without. */
#include "Python.h"

#include "pycore_call.h"
#include "pycore_ceval.h"
#include "pycore_frame.h"
#include "pycore_interp.h"
#include "pycore_object.h"
#include "pycore_pystate.h"
#include "pycore_jit_frames.h"

#define MOST_ON_STACK 8

bool
_PyJit_BindsFunction(PyThreadState *tstate, PyObject *callable)
{
    if (!Py_IS_TYPE(callable, &PyMethod_Type) || tstate->interp->eval_frame != NULL) {
        return false;
    }
    PyObject *function = PyMethod_GET_FUNCTION(callable);
    return Py_IS_TYPE(function, &PyFunction_Type) && ((PyFunctionObject *)function)->vectorcall == _PyFunction_Vectorcall;
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

_PyInterpreterFrame *
_PyJit_PushBound(PyThreadState *tstate, PyObject *method, PyObject *items, PyObject *named)
{
    PyObject *few[MOST_ON_STACK];
    Py_ssize_t n = PyTuple_GET_SIZE(items) + 1;
    PyObject **args = n <= MOST_ON_STACK ? few : PyMem_New(PyObject *, (size_t)n);
    _PyInterpreterFrame *frame = NULL;
    if (args == NULL) {
        PyErr_NoMemory();
    }
    else {
        args[0] = PyMethod_GET_SELF(method);
        memcpy(args + 1, ((PyTupleObject *)items)->ob_item, (size_t)(n - 1) * sizeof(PyObject *));
        frame = push(tstate, (PyFunctionObject *)PyMethod_GET_FUNCTION(method), args, n, named);
    }
    if (args != few) {
        PyMem_Free(args);
    }
    Py_DECREF(items);
    Py_XDECREF(named);
    Py_DECREF(method);
    return frame;
}
