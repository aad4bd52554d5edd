/* Keywords that were seen in calls with a dict: one tuple for each set of names, which traces compare a dict with. */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_dict.h"
#include "jit/record/record.h"

#define MOST_KEYWORDS 16

/* (N, (name, ...)) of the keys of DICT, all exact strs of which there is only one; new, or NULL without an exception. */
static PyObject *
names_of(PyObject *dict, Py_ssize_t n)
{
    PyObject *names = PyTuple_New(PyDict_GET_SIZE(dict)), *pair = NULL, *key, *number = PyLong_FromSsize_t(n);
    Py_ssize_t at = 0;
    for (Py_ssize_t i = 0; names != NULL && PyDict_Next(dict, &at, &key, NULL); i++) {
        if (!PyUnicode_CheckExact(key) || !PyUnicode_CHECK_INTERNED(key)) {
            Py_CLEAR(names);
            break;
        }
        PyTuple_SET_ITEM(names, i, Py_NewRef(key));
    }
    if (names != NULL && number != NULL) {
        pair = PyTuple_Pack(2, number, names);
    }
    Py_XDECREF(number);
    Py_XDECREF(names);
    PyErr_Clear();
    return pair;
}

PyObject *
_PyJitNames_Of(PyObject *dict, Py_ssize_t n)
{
    PyObject *pair = PyDict_GET_SIZE(dict) <= MOST_KEYWORDS ? names_of(dict, n) : NULL;
    PyObject *known = pair != NULL ? _PyJitEngine_Keep(pair, pair) : NULL;
    Py_XDECREF(pair);
    return known;
}

#endif /* _Py_TIER2 */
