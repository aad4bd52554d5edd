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
    if (!run) {
        return Py_True;        // its pieces are strings, which the trace makes sure of
    }
    PyObject *pieces = args[0];
    PyObject *joined = _PyUnicode_JoinArray(&_Py_STR(empty), ((PyTupleObject *)pieces)->ob_item, PyTuple_GET_SIZE(pieces));
    Py_DECREF(pieces);
    return joined;
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

/* Every second item of TUPLE may be a key without code of users. */
static bool
are_pairs(PyObject *tuple)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i += 2) {
        if (!_PyJit_IsSafeKey(PyTuple_GET_ITEM(tuple, i))) {
            return false;
        }
    }
    return true;
}

PyObject *
_PyJitLeaf_BuildMap(PyObject *const *args, bool run)
{
    PyObject *items = args[0], *dict = NULL;
    if (!run) {
        return are_pairs(items) ? Py_True : NULL;
    }
    if (are_pairs(items)) {
        PyObject *const *first = ((PyTupleObject *)items)->ob_item;
        dict = unless_replaced(_PyDict_FromItems(first, 2, first + 1, 2, PyTuple_GET_SIZE(items) / 2), PyTuple_GET_SIZE(items) / 2);
    }
    Py_DECREF(items);
    return dict;
}

PyObject *
_PyJitLeaf_BuildMapOf(PyObject *const *args, bool run)
{
    if (!run) {
        return Py_True;        // its keys are constants
    }
    PyObject *keys = args[0], *values = args[1];
    PyObject *dict = _PyDict_FromItems(((PyTupleObject *)keys)->ob_item, 1, ((PyTupleObject *)values)->ob_item, 1, PyTuple_GET_SIZE(keys));
    dict = unless_replaced(dict, PyTuple_GET_SIZE(keys));
    Py_DECREF(values);
    return dict;
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
