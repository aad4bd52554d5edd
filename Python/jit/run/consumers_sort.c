/* How consumers sort items by keys that are computed already (consumers.c): by list.sort, or, where few numbers or strings are compared, here.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_long.h"
#include "pycore_jit_helpers.h"
#include "jit/run/run.h"

#define MOST_ITEMS 32
#define MOST_PARTS 8

/* For list.sort: the keys it has, a list, from the last one to the first.  They are handed on, as nobody else has them when they are
 * compared. */
static PyObject *
next_key(PyObject *keys, PyObject *Py_UNUSED(item))
{
    Py_ssize_t n = PyList_GET_SIZE(keys);
    if (n == 0) {
        PyErr_SetString(PyExc_RuntimeError, "list modified during sort");
        return NULL;
    }
    Py_SET_SIZE(keys, n - 1);
    return PyList_GET_ITEM(keys, n - 1);
}

static PyMethodDef next_key_method = {"key", next_key, METH_O, NULL};

int
_PyJitConsumer_SortByKeys(PyObject *list, PyObject *keys, bool reverse)
{
    PyObject *function = PyList_Reverse(keys) < 0 ? NULL : PyCFunction_New(&next_key_method, keys);
    PyObject *name = PyUnicode_InternFromString("sort"), *names = PyTuple_Pack(2, &_Py_ID(key), &_Py_ID(reverse));
    PyObject *result = NULL;
    if (function != NULL && name != NULL && names != NULL) {
        PyObject *args[] = {list, function, reverse ? Py_True : Py_False};
        result = PyObject_VectorcallMethod(name, args, 1, names);
    }
    Py_XDECREF(function);
    Py_XDECREF(name);
    Py_XDECREF(names);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* --- Few numbers or strings --------------------------------------------------------------------------------------------------- */

enum { NOTHING, NUMBER, STRING };

/* NUMBER or STRING: O can be compared with any other one, and there is one order of them all. */
static int
sort_of(PyObject *o)
{
    return PyLong_CheckExact(o) || PyBool_Check(o) ? NUMBER
        : PyFloat_CheckExact(o) ? (PyFloat_AS_DOUBLE(o) == PyFloat_AS_DOUBLE(o) ? NUMBER : NOTHING)
        : PyUnicode_CheckExact(o) ? STRING : NOTHING;
}

/* KEY is like FIRST: both are numbers, or strings, or tuples of them that are alike. */
static bool
is_alike(PyObject *first, PyObject *key)
{
    if (!PyTuple_CheckExact(first)) {
        return sort_of(first) != NOTHING && sort_of(key) == sort_of(first);
    }
    Py_ssize_t n = PyTuple_GET_SIZE(first);
    if (!PyTuple_CheckExact(key) || PyTuple_GET_SIZE(key) != n || n > MOST_PARTS) {
        return false;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        int sort = sort_of(PyTuple_GET_ITEM(first, i));
        if (sort == NOTHING || sort_of(PyTuple_GET_ITEM(key, i)) != sort) {
            return false;
        }
    }
    return true;
}

/* 1: X comes before Y, which is like it; -1, with an exception set: memory is short. */
static int
is_less(PyObject *x, PyObject *y)
{
    if (PyLong_CheckExact(x) && PyLong_CheckExact(y) && _PyLong_BothAreCompact((PyLongObject *)x, (PyLongObject *)y)) {
        return _PyLong_CompactValue((PyLongObject *)x) < _PyLong_CompactValue((PyLongObject *)y);
    }
    return PyObject_RichCompareBool(x, y, Py_LT);
}

bool
_PyJit_SortByKeys(PyObject *list, PyObject *keys, bool reverse)
{
    Py_ssize_t n = PyList_GET_SIZE(keys);
    PyObject **key = ((PyListObject *)keys)->ob_item, **item = ((PyListObject *)list)->ob_item;
    int order[MOST_ITEMS];     // where the keys are that come first, second ...
    if (n > MOST_ITEMS || PyList_GET_SIZE(list) != n) {
        return false;
    }
    for (int i = 0; i < n; i++) {
        if (!is_alike(key[0], key[i])) {
            return false;
        }
        int k = i;
        for (; k > 0; k--) {
            // Equal ones stay in their order, also where the greatest one comes first.
            int before = reverse ? is_less(key[order[k - 1]], key[i]) : is_less(key[i], key[order[k - 1]]);
            if (before < 0) {
                PyErr_Clear();
                return false;
            }
            if (!before) {
                break;
            }
            order[k] = order[k - 1];
        }
        order[k] = i;
    }
    PyObject *sorted[MOST_ITEMS];
    for (int i = 0; i < n; i++) {
        sorted[i] = item[order[i]];
    }
    if (n > 0) {
        memcpy(item, sorted, (size_t)n * sizeof(PyObject *));
    }
    Py_SET_SIZE(keys, 0);
    for (int i = 0; i < n; i++) {
        Py_DECREF(key[i]);
    }
    return true;
}

#endif /* _Py_TIER2 */
