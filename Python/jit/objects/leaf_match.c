/* Leaf calls of `match` statements (leaf_calls.c has the rules): keys of mappings, attributes of classes. */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_global_objects.h"
#include "pycore_jit_helpers.h"
#include "pycore_runtime.h"
#include "jit/objects/leaves.h"

#define MOST_PARTS 8

int64_t
_PyJitLeaf_AskKind(PyObject *const *args)
{
    return (Py_TYPE(args[0])->tp_flags & (small_int(args[1]) ? Py_TPFLAGS_MAPPING : Py_TPFLAGS_SEQUENCE)) != 0;
}

/* PART is none of the COUNT that are before it.  All are exact strs or ints; another one: false. */
static bool
is_new_part(PyObject *const *parts, Py_ssize_t count)
{
    PyObject *part = parts[count];
    for (Py_ssize_t i = 0; i < count; i++) {
        if (part == parts[i] || _PyJitLeaf_Holds(Py_EQ, part, parts[i]) != 0) {
            return false;
        }
    }
    return PyUnicode_CheckExact(part) || PyLong_CheckExact(part);
}

/* The values of an exact dict for a tuple of keys; None: it lacks one. */
PyObject *
_PyJitLeaf_MatchKeys(PyObject *const *args, bool run)
{
    PyObject *dict = args[0], *keys = args[1], *values[MOST_PARTS];
    if (!PyDict_CheckExact(dict) || !PyTuple_CheckExact(keys) || PyTuple_GET_SIZE(keys) > MOST_PARTS) {
        return NULL;
    }
    Py_ssize_t n = PyTuple_GET_SIZE(keys);
    bool all = true;
    for (Py_ssize_t i = 0; i < n && all; i++) {
        if (!is_new_part(((PyTupleObject *)keys)->ob_item, i) || _PyJit_DictFind(dict, PyTuple_GET_ITEM(keys, i), &values[i]) < 0) {
            return NULL;
        }
        all = values[i] != NULL;
    }
    COULD(true);
    if (!all) {
        return Py_None;
    }
    PyObject *found = PyTuple_New(n);
    for (Py_ssize_t i = 0; i < n && found != NULL; i++) {
        PyTuple_SET_ITEM(found, i, Py_NewRef(values[i]));
    }
    return found;
}

/* The names of the first N attributes that a pattern of CLASS means by their places; NULL: it does not say so simply. */
static PyObject *const *
names_by_place(PyObject *class, Py_ssize_t n)
{
    PyObject *names;
    if (_PyJit_FindAttr(class, &_Py_ID(__match_args__), &names) != JIT_FOUND || !PyTuple_CheckExact(names) || PyTuple_GET_SIZE(names) < n) {
        return NULL;
    }
    return ((PyTupleObject *)names)->ob_item;
}

/* The class is one of those that match themselves by their only place. */
static bool
matches_itself(PyObject *class)
{
    PyObject *names;
    return ((PyTypeObject *)class)->tp_flags & _Py_TPFLAGS_MATCH_SELF
        && _PyJit_FindAttr(class, &_Py_ID(__match_args__), &names) == JIT_ABSENT;
}

/* The attributes of SUBJECT, an instance of CLASS, for a pattern with NAMES, a tuple, behind so many places (the last argument); None: it is
 * no instance, or lacks one. */
PyObject *
_PyJitLeaf_MatchClass(PyObject *const *args, bool run)
{
    PyObject *subject = args[0], *class = args[1], *names = args[2], *parts[2 * MOST_PARTS], *values[2 * MOST_PARTS];
    Py_ssize_t places = small_int(args[3]), n = 0;
    if (!PyType_Check(class) || places > MOST_PARTS || PyTuple_GET_SIZE(names) > MOST_PARTS) {
        return NULL;
    }
    int64_t is = _PyJit_IsInstance(subject, class);
    if (is <= 0) {
        COULD(is == 0);
        return Py_None;
    }
    bool itself = places == 1 && matches_itself(class);
    PyObject *const *by_place = places == 0 || itself ? NULL : names_by_place(class, places);
    if (itself) {
        values[n++] = subject;
    }
    else if (places > 0 && by_place == NULL) {
        return NULL;
    }
    Py_ssize_t first = n;
    for (Py_ssize_t i = 0; i < places && !itself; i++) {
        parts[n++] = by_place[i];
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        parts[n++] = PyTuple_GET_ITEM(names, i);
    }
    bool all = true;
    for (Py_ssize_t i = first; i < n && all; i++) {
        if (!PyUnicode_CheckExact(parts[i]) || !is_new_part(parts + first, i - first)) {
            return NULL;
        }
        int found = _PyJit_FindAttr(subject, parts[i], &values[i]);
        if (found != JIT_FOUND && found != JIT_ABSENT) {
            return NULL;
        }
        all = found == JIT_FOUND;
    }
    COULD(true);
    if (!all) {
        return Py_None;
    }
    PyObject *made = PyTuple_New(n);
    for (Py_ssize_t i = 0; i < n && made != NULL; i++) {
        PyTuple_SET_ITEM(made, i, Py_NewRef(values[i]));
    }
    return made;
}

#endif /* _Py_TIER2 */
