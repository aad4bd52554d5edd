/* Lists, tuples and their items: the slow ways of trace operations that are stencils otherwise. */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_freelist.h"
#include "pycore_jit_helpers.h"
#include "pycore_list.h"
#include "pycore_object.h"
#include "pycore_pystate.h"

int
_PyJit_SetFloatItem(PyObject *list, int64_t i, double value)
{
    PyObject *old = PyList_GET_ITEM(list, i);
    if (Py_REFCNT(old) == 1 && !PyFloat_CheckExact(old) && !PyLong_CheckExact(old) && !PyUnicode_CheckExact(old)) {
        return -1;
    }
    PyObject *item = PyFloat_FromDouble(value);
    if (item == NULL) {
        PyErr_Clear();
        return -1;
    }
    PyList_SET_ITEM(list, i, item);
    Py_DECREF(old);
    return 0;
}

int
_PyJit_AppendItem(PyObject *list, PyObject *item)
{
    // Takes the reference even if it fails; there is another one.
    if (_PyList_AppendTakeRefListResize((PyListObject *)list, Py_NewRef(item)) < 0) {
        PyErr_Clear();
        return -1;
    }
    return 0;
}

/* N items are NULL.  Mostly there are few; without `volatile` compilers make one instruction of the loop that takes longer to begin. */
static inline void
clear(PyObject **items, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        ((PyObject *volatile *)items)[i] = NULL;
    }
}

PyObject *
_PyJit_NewList(uint32_t n)
{
    PyListObject *list = (PyListObject *)_PyJit_New(PyList_New(0));
    if (list == NULL || n == 0) {
        return (PyObject *)list;
    }
    list->ob_item = PyMem_New(PyObject *, n);
    if (list->ob_item == NULL) {
        Py_DECREF(list);
        return NULL;
    }
    clear(list->ob_item, n);
    list->allocated = (Py_ssize_t)n;
    Py_SET_SIZE(list, (Py_ssize_t)n);
    return (PyObject *)list;
}

PyObject *
_PyJit_NewTuple(uint32_t n)
{
#ifdef WITH_FREELISTS
    struct _Py_tuple_freelist *free = &_Py_object_freelists_GET()->tuples;
    PyTupleObject *tuple = n > 0 && n <= PyTuple_NFREELISTS ? free->items[n - 1] : NULL;
    if (tuple != NULL) {
        free->items[n - 1] = (PyTupleObject *)tuple->ob_item[0];
        free->numfree[n - 1]--;
        _Py_NewReference((PyObject *)tuple);
        clear(tuple->ob_item, n);
        _PyObject_GC_TRACK(tuple);
        return (PyObject *)tuple;
    }
#endif
    return _PyJit_New(PyTuple_New((Py_ssize_t)n));
}

/* Where a bound of a slice falls in a sequence of SIZE items. */
static inline Py_ssize_t
place_of_bound(int64_t bound, Py_ssize_t size)
{
    if (bound < 0) {
        bound += size;
    }
    return bound < 0 ? 0 : bound > size ? size : (Py_ssize_t)bound;
}

PyObject *
_PyJit_Slice(PyObject *sequence, int64_t from, int64_t to)
{
    Py_ssize_t size = PyUnicode_Check(sequence) ? PyUnicode_GET_LENGTH(sequence) : Py_SIZE(sequence);
    Py_ssize_t first = place_of_bound(from, size), end = Py_MAX(first, place_of_bound(to, size));
    PyObject *slice = PyList_Check(sequence) ? PyList_GetSlice(sequence, first, end)
        : PyTuple_Check(sequence) ? PyTuple_GetSlice(sequence, first, end) : PyUnicode_Substring(sequence, first, end);
    if (slice == NULL) {
        PyErr_Clear();
    }
    return slice;
}

#endif /* _Py_TIER2 */
