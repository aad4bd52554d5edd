/* Attributes in the object itself: the slow ways of trace operations that are stencils otherwise. */
#include "Python.h"

#ifdef _Py_TIER2

#include <stdbool.h>

#include "pycore_jit_helpers.h"
#include "pycore_object.h"

/* PLACE takes the reference to NUMBER, which is NULL if memory was short. */
static int
replace(PyObject **place, PyObject *number)
{
    if (number == NULL) {
        PyErr_Clear();
        return -1;
    }
    PyObject *old = *place;
    *place = number;
    Py_XDECREF(old);
    return 0;
}

/* The end of OLD may run code of users. */
static bool
ends_loudly(PyObject *old)
{
    return old != NULL && Py_REFCNT(old) == 1 && !PyFloat_CheckExact(old) && !PyLong_CheckExact(old) && !PyUnicode_CheckExact(old);
}

int
_PyJit_SetFloatField(PyObject **place, double value)
{
    return ends_loudly(*place) ? -1 : replace(place, PyFloat_FromDouble(value));
}

int
_PyJit_SetIntField(PyObject **place, int64_t value)
{
    return ends_loudly(*place) ? -1 : replace(place, PyLong_FromLongLong(value));
}

PyObject *
_PyJit_NewInstance(PyTypeObject *type)
{
    return _PyJit_New(PyType_GenericAlloc(type, 0));
}

PyObject *
_PyJit_NewInstanceWith(PyTypeObject *type, PyObject *dict, PyObject *tuple)
{
    PyObject *made = _PyJit_NewInstance(type);
    if (made == NULL) {
        Py_XDECREF(dict);
        Py_XDECREF(tuple);
    }
    return made;
}

#endif /* _Py_TIER2 */
