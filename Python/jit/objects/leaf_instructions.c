/* Instructions that traces do by a direct call of C (leaf_calls.c has the rules): parts of f-strings, displays of dicts, operators of
 * builtin types. */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_dict.h"
#include "pycore_global_objects.h"
#include "pycore_jit_helpers.h"
#include "pycore_runtime.h"
#include "pycore_unicodeobject.h"
#include "jit/objects/leaves.h"

/* Whatever is done with O as text runs no code of users. */
static bool
is_scalar(PyObject *o)
{
    return PyUnicode_CheckExact(o) || (PyLong_CheckExact(o) && is_moderate(o)) || PyFloat_CheckExact(o) || PyBool_Check(o) || o == Py_None;
}

/* --- f-strings -------------------------------------------------------------------------------------------------------- */

PyObject *
_PyJitLeaf_Format(PyObject *const *args, bool run)
{
    COULD(is_scalar(args[0]) && (args[1] == NULL || PyUnicode_CheckExact(args[1])));
    return PyObject_Format(args[0], args[1]);
}

PyObject *
_PyJitLeaf_JoinStrings(PyObject *const *args, bool run)
{
    COULD(true);               // its pieces are strings, which the trace makes sure of
    return _PyUnicode_JoinArray(&_Py_STR(empty), _PyJit_Arguments, small_int(args[0]));
}

/* --- Displays --------------------------------------------------------------------------------------------------------- */

/* DICT, a new one of N pairs or NULL; NULL if two keys were equal: what was replaced ends with the instruction. */
static PyObject *
unless_replaced(PyObject *dict, Py_ssize_t n)
{
    if (dict != NULL && PyDict_GET_SIZE(dict) != n) {
        Py_CLEAR(dict);
    }
    return dict;
}

PyObject *
_PyJitLeaf_BuildMap(PyObject *const *args, bool run)
{
    int n = small_int(args[0]);
    for (int i = 0; i < n; i += 2) {
        if (!_PyJit_IsSafeKey(_PyJit_Arguments[i])) {
            return NULL;
        }
    }
    COULD(true);
    return unless_replaced(_PyDict_FromItems(_PyJit_Arguments, 2, _PyJit_Arguments + 1, 2, n / 2), n / 2);
}

PyObject *
_PyJitLeaf_BuildMapOf(PyObject *const *args, bool run)
{
    COULD(true);               // its keys are constants
    PyObject *keys = args[0];
    Py_ssize_t n = PyTuple_GET_SIZE(keys);
    return unless_replaced(_PyDict_FromItems(((PyTupleObject *)keys)->ob_item, 1, _PyJit_Arguments, 1, n), n);
}

PyObject *
_PyJitLeaf_MergeDicts(PyObject *const *args, bool run)
{
    PyObject *dict = args[0], *more = args[1];
    COULD(PyDict_CheckExact(dict) && PyDict_GET_SIZE(dict) == 0 && PyDict_CheckExact(more) && dict != more
          && DK_IS_UNICODE(((PyDictObject *)more)->ma_keys));
    if (PyDict_Merge(dict, more, 1) < 0) {
        PyErr_Clear();
        PyDict_Clear(dict);
        return NULL;
    }
    return Py_None;
}

/* --- Operators -------------------------------------------------------------------------------------------------------- */

PyObject *
_PyJitLeaf_ConcatenateInPlace(PyObject *const *args, bool run)
{
    PyTypeObject *type = Py_TYPE(args[0]);
    COULD(type == Py_TYPE(args[1]) && (type == &PyTuple_Type || type == &PyBytes_Type));
    return PyNumber_Add(args[0], args[1]);
}

PyObject *
_PyJitLeaf_Concatenate(PyObject *const *args, bool run)
{
    if (!PyList_CheckExact(args[0])) {
        return _PyJitLeaf_ConcatenateInPlace(args, run);
    }
    COULD(PyList_CheckExact(args[1]));
    return PyNumber_Add(args[0], args[1]);
}

static bool
is_repeatable(PyObject *o)
{
    return PyUnicode_CheckExact(o) || PyTuple_CheckExact(o) || PyBytes_CheckExact(o);
}

PyObject *
_PyJitLeaf_RepeatInPlace(PyObject *const *args, bool run)
{
    COULD((is_repeatable(args[0]) && PyLong_CheckExact(args[1])) || (PyLong_CheckExact(args[0]) && is_repeatable(args[1])));
    return PyNumber_Multiply(args[0], args[1]);
}

PyObject *
_PyJitLeaf_Repeat(PyObject *const *args, bool run)
{
    bool list = (PyList_CheckExact(args[0]) && PyLong_CheckExact(args[1])) || (PyLong_CheckExact(args[0]) && PyList_CheckExact(args[1]));
    if (!list) {
        return _PyJitLeaf_RepeatInPlace(args, run);
    }
    COULD(true);
    return PyNumber_Multiply(args[0], args[1]);
}

PyObject *
_PyJitLeaf_Percent(PyObject *const *args, bool run)
{
    PyObject *values = args[1];
    bool safe = is_scalar(values);
    if (PyTuple_CheckExact(values)) {
        safe = true;
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(values) && safe; i++) {
            safe = is_scalar(PyTuple_GET_ITEM(values, i));
        }
    }
    COULD(PyUnicode_CheckExact(args[0]) && safe);
    return PyUnicode_Format(args[0], values);
}

#endif /* _Py_TIER2 */
