/* Items of lists: the slow ways of trace operations that are stencils otherwise. */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_jit_helpers.h"
#include "pycore_list.h"

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

#endif /* _Py_TIER2 */
