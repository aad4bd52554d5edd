/* Instructions that traces do by a direct call of C (leaf_calls.c has the rules): parts of f-strings, displays of dicts, operators of
 * builtin types. */
#include "Python.h"

#ifdef _Py_TIER2

#include <string.h>
#include "pycore_dict.h"
#include "pycore_global_objects.h"
#include "pycore_jit_helpers.h"
#include "pycore_runtime.h"
#include "pycore_unicodeobject.h"
#include "jit/objects/leaves.h"

#define MOST_CHARACTERS 1000000        // of a string that is joined here: sizes cannot overflow

/* Whatever is done with O as text runs no code of users. */
static bool
is_scalar(PyObject *o)
{
    return PyUnicode_CheckExact(o) || (PyLong_CheckExact(o) && is_moderate(o)) || PyFloat_CheckExact(o) || PyBool_Check(o) || o == Py_None;
}

/* The decimal digits of O, an exact int of one digit of its own. */
PyObject *
_PyJitLeaf_Decimal(PyObject *o)
{
    Py_ssize_t value = _PyLong_CompactValue((PyLongObject *)o);
    uint32_t rest = (uint32_t)(value < 0 ? -value : value);
    char digits[12], *end = digits + sizeof(digits), *at = end;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0) {
        *--at = '-';
    }
    PyObject *text = PyUnicode_New(end - at, 127);
    if (text != NULL) {
        memcpy(PyUnicode_1BYTE_DATA(text), at, (size_t)(end - at));
    }
    return text;
}

/* --- f-strings -------------------------------------------------------------------------------------------------------- */

PyObject *
_PyJitLeaf_Format(PyObject *const *args, bool run)
{
    COULD(is_scalar(args[0]) && (args[1] == NULL || PyUnicode_CheckExact(args[1])));
    if (args[1] == NULL && _PyJitLeaf_IsSmall(args[0])) {
        return _PyJitLeaf_Decimal(args[0]);
    }
    if (args[1] == NULL && (PyLong_CheckExact(args[0]) || PyFloat_CheckExact(args[0]))) {
        return PyObject_Str(args[0]);
    }
    PyObject *text = args[1] != NULL ? _PyJitFormat_Value(args[0], args[1]) : NULL;
    return text != NULL || PyErr_Occurred() ? text : PyObject_Format(args[0], args[1]);
}

PyObject *
_PyJitLeaf_JoinStrings(PyObject *const *args, bool run)
{
    COULD(true);               // its pieces are strings, which the trace makes sure of
    int n = small_int(args[0]), filled = 0;
    size_t size = 0;
    bool ascii = true;
    for (int i = 0; i < n; i++) {
        PyObject *piece = _PyJit_Arguments[i];
        ascii &= PyUnicode_IS_ASCII(piece);
        filled += PyUnicode_GET_LENGTH(piece) > 0;
        size += (size_t)PyUnicode_GET_LENGTH(piece);
    }
    if (!ascii || filled < 2 || size > MOST_CHARACTERS) {
        return _PyUnicode_JoinArray(&_Py_STR(empty), _PyJit_Arguments, n);
    }
    PyObject *text = PyUnicode_New((Py_ssize_t)size, 127);
    Py_UCS1 *to = text != NULL ? PyUnicode_1BYTE_DATA(text) : NULL;
    for (int i = 0; i < n && text != NULL; i++) {
        size = (size_t)PyUnicode_GET_LENGTH(_PyJit_Arguments[i]);
        memcpy(to, PyUnicode_1BYTE_DATA(_PyJit_Arguments[i]), size);
        to += size;
    }
    return text;
}

PyObject *
_PyJitLeaf_FormatStr(PyObject *const *args, bool run)
{
    static const PyMethodDef *method;
    COULD(PyUnicode_CheckExact(args[0]) && is_scalar(args[1]) && (args[2] == NULL || is_scalar(args[2])));
    PyObject *quick = _PyJitFormat_Method(args[0], args + 1, args[2] == NULL ? 1 : 2);
    if (quick != NULL || PyErr_Occurred()) {
        return quick;
    }
    for (const PyMethodDef *one = PyUnicode_Type.tp_methods; method == NULL && one->ml_name != NULL; one++) {
        method = strcmp(one->ml_name, "format") == 0 && one->ml_flags == (METH_VARARGS | METH_KEYWORDS) ? one : NULL;
    }
    if (method == NULL) {
        return NULL;
    }
    PyObject *values = PyTuple_Pack(args[2] == NULL ? 1 : 2, args[1], args[2]), *text = NULL;
    if (values != NULL) {
        text = ((PyCFunctionWithKeywords)(void *)method->ml_meth)(args[0], values, NULL);
        Py_DECREF(values);
    }
    return text;
}

/* Where a method of str looks, from its third argument on.  false: that is not said by small ints. */
static bool
part_of(PyObject *const *args, Py_ssize_t *start, Py_ssize_t *end)
{
    Py_ssize_t *const ends[] = {start, end};
    *start = 0;
    *end = PY_SSIZE_T_MAX;
    for (int i = 0; i < 2 && args[2 + i] != NULL; i++) {
        if (!PyLong_CheckExact(args[2 + i]) || !_PyLong_IsCompact((PyLongObject *)args[2 + i])) {
            return false;
        }
        *ends[i] = _PyLong_CompactValue((PyLongObject *)args[2 + i]);
    }
    return true;
}

PyObject *
_PyJitLeaf_Count(PyObject *const *args, bool run)
{
    Py_ssize_t start, end;
    COULD(PyUnicode_CheckExact(args[0]) && PyUnicode_CheckExact(args[1]) && part_of(args, &start, &end));
    Py_ssize_t n = PyUnicode_Count(args[0], args[1], start, end);
    return n < 0 ? NULL : PyLong_FromSsize_t(n);
}

PyObject *
_PyJitLeaf_FindStr(PyObject *const *args, bool run)
{
    Py_ssize_t start, end;
    COULD(PyUnicode_CheckExact(args[0]) && PyUnicode_CheckExact(args[1]) && part_of(args, &start, &end));
    Py_ssize_t i = PyUnicode_Find(args[0], args[1], start, end, 1);
    return i == -2 ? NULL : PyLong_FromSsize_t(i);
}

PyObject *
_PyJitLeaf_StartsWith(PyObject *const *args, bool run)
{
    Py_ssize_t start, end;
    COULD(PyUnicode_CheckExact(args[0]) && PyUnicode_CheckExact(args[1]) && part_of(args, &start, &end));
    Py_ssize_t starts = PyUnicode_Tailmatch(args[0], args[1], start, end, -1);
    return starts < 0 ? NULL : starts ? Py_True : Py_False;
}

PyObject *
_PyJitLeaf_Join(PyObject *const *args, bool run)
{
    COULD(PyUnicode_CheckExact(args[0]) && (PyList_CheckExact(args[1]) || PyTuple_CheckExact(args[1])));
    return PyUnicode_Join(args[0], args[1]);
}

/* In UTF-8, which needs no codec. */
PyObject *
_PyJitLeaf_Encode(PyObject *const *args, bool run)
{
    COULD(PyUnicode_CheckExact(args[0]) && (args[1] == NULL || (PyUnicode_CheckExact(args[1])
          && (PyUnicode_EqualToUTF8(args[1], "utf-8") || PyUnicode_EqualToUTF8(args[1], "utf8")))));
    return PyUnicode_AsUTF8String(args[0]);
}

PyObject *
_PyJitLeaf_NewBool(PyObject *const *args, bool run)
{
    PyTypeObject *type = Py_TYPE(args[0]);
    COULD(type == &PyUnicode_Type || type == &PyLong_Type || type == &PyFloat_Type || type == &PyBool_Type || args[0] == Py_None
          || type == &PyList_Type || type == &PyTuple_Type || type == &PyDict_Type || type == &PySet_Type || type == &PyFrozenSet_Type
          || type == &PyBytes_Type || _PyJit_IsAlwaysTrue(type));
    return PyObject_IsTrue(args[0]) ? Py_True : Py_False;
}

/* str.__new__(CLASS, text): of a class that adds nothing in C. */
PyObject *
_PyJitLeaf_NewText(PyObject *const *args, bool run)
{
    PyTypeObject *class = PyType_Check(args[0]) ? (PyTypeObject *)args[0] : NULL, *base = class;
    while (base != NULL && base->tp_flags & Py_TPFLAGS_HEAPTYPE && !(base->tp_flags & Py_TPFLAGS_IMMUTABLETYPE)) {
        base = base->tp_base;
    }
    COULD(base == &PyUnicode_Type && class != base && class->tp_alloc == PyType_GenericAlloc && PyUnicode_CheckExact(args[1]));
    PyObject *text = PyTuple_Pack(1, args[1]), *made = text == NULL ? NULL : PyUnicode_Type.tp_new(class, text, NULL);
    Py_XDECREF(text);
    return made;
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
    if (PyDict_CheckExact(keys)) {
        return _PyJitLeaf_CopyPattern(keys, _PyJit_Arguments);
    }
    Py_ssize_t n = PyTuple_GET_SIZE(keys);
    return unless_replaced(_PyDict_FromItems(((PyTupleObject *)keys)->ob_item, 1, _PyJit_Arguments, 1, n), n);
}

PyObject *
_PyJitLeaf_MergeDicts(PyObject *const *args, bool run)
{
    PyObject *dict = args[0], *more = args[1];
    COULD(PyDict_CheckExact(dict) && PyDict_GET_SIZE(dict) == 0 && PyDict_CheckExact(more) && dict != more
          && !_PyDict_HasSplitTable((PyDictObject *)dict) && DK_IS_UNICODE(((PyDictObject *)more)->ma_keys));
    if (!_PyJitLeaf_CloneDict(dict, more) && PyDict_Merge(dict, more, 1) < 0) {
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
    PyObject *text = _PyJitFormat_Percent(args[0], values);
    return text != NULL || PyErr_Occurred() ? text : PyUnicode_Format(args[0], values);
}

#endif /* _Py_TIER2 */
