/* SEND to an awaitable of C, or to an object of a class (Python/bytecodes/send.c).  Part of tier 1: there
 * with a JIT or without.
 *
 * An iterator says what it returns by an exception.  A type that has `am_send`, as a future's iterator has,
 * says it without one; so does an item of an asynchronous generator here.  Where tools want to know of
 * exceptions there has to be one.
 *
 * The awaitable of an asynchronous generator's `__anext__` has no declaration outside its file.  What is
 * declared here has the same layout; the size of the types is checked.
 */
#include "Python.h"

#include "pycore_ceval.h"
#include "pycore_frame.h"
#include "pycore_genobject.h"
#include "pycore_interp.h"
#include "pycore_object.h"
#include "pycore_pyerrors.h"
#include "pycore_pystate.h"
#include "pycore_jit_frames.h"

typedef struct {
    PyObject_HEAD
    PyAsyncGenObject *generator;
    PyObject *sent;            // NULL: nothing
    enum { NEW, BEGUN, CLOSED } state;
} Item;

typedef struct {
    PyObject_HEAD
    PyObject *value;
} Yielded;

/* RECEIVER is an item that can go on with nothing sent to it: the awaitable of `__anext__`, or of `asend`. */
static bool
is_item(PyObject *receiver)
{
    if (!PyAsyncGenASend_CheckExact(receiver)
        || _PyAsyncGenASend_Type.tp_basicsize != (Py_ssize_t)sizeof(Item)
        || _PyAsyncGenWrappedValue_Type.tp_basicsize != (Py_ssize_t)sizeof(Yielded)) {
        return false;
    }
    const Item *item = (const Item *)receiver;
    return item->state == BEGUN || (item->state == NEW && !item->generator->ag_running_async);
}

/* ITEM goes on until its generator yields, or waits for something else. */
static PySendResult
go_on(Item *item, PyObject **result)
{
    PyAsyncGenObject *generator = item->generator;
    PyObject *sent = item->state == NEW && item->sent != NULL ? item->sent : Py_None;
    item->state = BEGUN;
    generator->ag_running_async = 1;
    PySendResult what = PyAsyncGen_Type.tp_as_async->am_send((PyObject *)generator, sent, result);
    if (what == PYGEN_NEXT && !Py_IS_TYPE(*result, &_PyAsyncGenWrappedValue_Type)) {
        return PYGEN_NEXT;
    }
    if (what == PYGEN_NEXT) {
        PyObject *yielded = *result;
        *result = Py_NewRef(((Yielded *)yielded)->value);
        Py_DECREF(yielded);
        what = PYGEN_RETURN;
    }
    else {
        if (what == PYGEN_RETURN) {
            Py_CLEAR(*result);           // None
        }
        if (!PyErr_Occurred()) {
            PyErr_SetNone(PyExc_StopAsyncIteration);
        }
        if (PyErr_ExceptionMatches(PyExc_StopAsyncIteration)
            || PyErr_ExceptionMatches(PyExc_GeneratorExit)) {
            generator->ag_closed = 1;
        }
        what = PYGEN_ERROR;
    }
    generator->ag_running_async = 0;
    item->state = CLOSED;
    return what;
}

/* TYPE has am_send of its own, which says the same as its other methods: what a class derives might not. */
static sendfunc
own_send(PyTypeObject *type)
{
    sendfunc send = type->tp_as_async == NULL ? NULL : type->tp_as_async->am_send;
    const PyTypeObject *base = type->tp_base;
    bool inherited = send != NULL && base != NULL && base->tp_as_async != NULL
        && base->tp_as_async->am_send == send;
    return inherited ? NULL : send;
}

PySendResult
_PyJit_SendTo(PyThreadState *tstate, _PyInterpreterFrame *frame, _Py_CODEUNIT *instr, PyObject *receiver,
              PyObject *value, PyObject **result)
{
    *result = NULL;
    if (tstate->interp->monitors.tools[PY_MONITORING_EVENT_RAISE] == 0) {
        sendfunc send = own_send(Py_TYPE(receiver));
        if (send != NULL) {
            return send(receiver, value, result);
        }
        if (Py_IsNone(value) && is_item(receiver)) {
            return go_on((Item *)receiver, result);
        }
    }
    *result = Py_IsNone(value) && PyIter_Check(receiver) ? Py_TYPE(receiver)->tp_iternext(receiver)
        : PyObject_CallMethodOneArg(receiver, &_Py_ID(send), value);
    if (*result != NULL) {
        return PYGEN_NEXT;
    }
    if (_PyErr_ExceptionMatches(tstate, PyExc_StopIteration)) {
        _PyEval_MonitorRaise(tstate, frame, instr);
    }
    return _PyGen_FetchStopIterationValue(result) == 0 ? PYGEN_RETURN : PYGEN_ERROR;
}
