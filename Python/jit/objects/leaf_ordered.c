/* Leaf calls on lists in order (leaf_calls.c has the rules): heaps, bisection, sorting.
 *
 * What is compared is looked at first, and nothing moves before all that is compared has been.  So the way through a heap is found before an
 * item goes along it; it is the one that Modules/_heapqmodule.c takes, as the order of equal items can be seen.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_jit_helpers.h"
#include "pycore_list.h"
#include "jit/objects/leaves.h"

#define MOST_DEEP 64           // a heap of more would not fit into memory
#define MOST_COLUMNS 8

/* X < Y: 1, 0, or -1: not known. */
static inline int
is_less(PyObject *x, PyObject *y)
{
    int64_t less = _PyJitLeaf_Holds(Py_LT, x, y);
    return less < 0 ? -1 : (int)less;
}

/* --- Heaps ------------------------------------------------------------------------------------------------------------ */

/* How an item that comes in at the top goes down in a heap of N: `at[0..length]`, of which it takes `at[place]`. */
typedef struct {
    Py_ssize_t at[MOST_DEEP];
    int length, place;
} Way;

static bool
find_way(PyObject **items, Py_ssize_t n, PyObject *item, Way *way)
{
    Py_ssize_t at = 0;
    way->at[0] = 0;
    way->length = 0;
    while (at < n / 2) {
        at = 2 * at + 1;
        if (at + 1 < n) {
            int less = is_less(items[at], items[at + 1]);
            if (less < 0) {
                return false;
            }
            at += !less;
        }
        way->at[++way->length] = at;
    }
    // From the leaf up again.
    way->place = way->length;
    while (way->place > 0) {
        int less = is_less(item, items[way->at[way->place]]);
        if (less < 0) {
            return false;
        }
        if (!less) {
            break;
        }
        way->place--;
    }
    return true;
}

/* ITEM, a reference that the heap takes over, goes its way; what was at the top is given up to the caller. */
static void
go(PyObject **items, const Way *way, PyObject *item)
{
    for (int i = 0; i < way->place; i++) {
        items[way->at[i]] = items[way->at[i + 1]];
    }
    items[way->at[way->place]] = item;
}

PyObject *
_PyJitLeaf_HeapPush(PyObject *const *args, bool run)
{
    if (!PyList_CheckExact(args[0])) {
        return NULL;
    }
    PyObject *item = args[1];
    Py_ssize_t n = PyList_GET_SIZE(args[0]), at = n;
    while (at > 0) {
        int less = is_less(item, PyList_GET_ITEM(args[0], (at - 1) / 2));
        if (less < 0) {
            return NULL;
        }
        if (!less) {
            break;
        }
        at = (at - 1) / 2;
    }
    COULD(true);
    if (PyList_Append(args[0], item) < 0) {
        return NULL;
    }
    PyObject **items = ((PyListObject *)args[0])->ob_item;
    for (Py_ssize_t i = n; i != at; i = (i - 1) / 2) {
        items[i] = items[(i - 1) / 2];
    }
    items[at] = item;
    return Py_None;
}

PyObject *
_PyJitLeaf_HeapPop(PyObject *const *args, bool run)
{
    Way way;
    if (!PyList_CheckExact(args[0]) || PyList_GET_SIZE(args[0]) == 0) {
        return NULL;
    }
    PyListObject *list = (PyListObject *)args[0];
    Py_ssize_t n = Py_SIZE(list);
    PyObject *last = list->ob_item[n - 1];
    if (!find_way(list->ob_item, n - 1, last, &way)) {
        return NULL;
    }
    COULD(true);
    last = _PyJitLeaf_TakeItem(args[0], n - 1);
    if (n == 1 || last == NULL) {
        return last;
    }
    PyObject *top = list->ob_item[0];
    go(list->ob_item, &way, last);
    return top;
}

PyObject *
_PyJitLeaf_HeapReplace(PyObject *const *args, bool run)
{
    Way way;
    if (!PyList_CheckExact(args[0]) || PyList_GET_SIZE(args[0]) == 0) {
        return NULL;
    }
    PyListObject *list = (PyListObject *)args[0];
    COULD(find_way(list->ob_item, Py_SIZE(list), args[1], &way));
    PyObject *top = list->ob_item[0];
    go(list->ob_item, &way, Py_NewRef(args[1]));
    return top;
}

PyObject *
_PyJitLeaf_HeapPushPop(PyObject *const *args, bool run)
{
    if (!PyList_CheckExact(args[0])) {
        return NULL;
    }
    int less = PyList_GET_SIZE(args[0]) == 0 ? 0 : is_less(PyList_GET_ITEM(args[0], 0), args[1]);
    if (less > 0) {
        return _PyJitLeaf_HeapReplace(args, run);
    }
    COULD(less == 0);
    return Py_NewRef(args[1]);
}

/* --- Bisection -------------------------------------------------------------------------------------------------------- */

/* Where X belongs among the items of SEQUENCE: left or RIGHT of those that are equal; -1: not known. */
static Py_ssize_t
bisect(PyObject *sequence, PyObject *x, bool right)
{
    if (!PyList_CheckExact(sequence) && !PyTuple_CheckExact(sequence)) {
        return -1;
    }
    Py_ssize_t low = 0, high = PySequence_Fast_GET_SIZE(sequence);
    while (low < high) {
        Py_ssize_t middle = (low + high) / 2;
        PyObject *item = PySequence_Fast_GET_ITEM(sequence, middle);
        int less = right ? is_less(x, item) : is_less(item, x);
        if (less < 0) {
            return -1;
        }
        if (right ? less : !less) {
            high = middle;
        }
        else {
            low = middle + 1;
        }
    }
    return low;
}

static PyObject *
place_in(PyObject *const *args, bool run, bool right)
{
    Py_ssize_t place = bisect(args[0], args[1], right);
    COULD(place >= 0);
    return PyLong_FromSsize_t(place);
}

static PyObject *
insert_in(PyObject *const *args, bool run, bool right)
{
    Py_ssize_t place = PyList_CheckExact(args[0]) ? bisect(args[0], args[1], right) : -1;
    COULD(place >= 0);
    return PyList_Insert(args[0], place, args[1]) < 0 ? NULL : Py_None;
}

PyObject *
_PyJitLeaf_BisectLeft(PyObject *const *args, bool run)
{
    return place_in(args, run, false);
}

PyObject *
_PyJitLeaf_BisectRight(PyObject *const *args, bool run)
{
    return place_in(args, run, true);
}

PyObject *
_PyJitLeaf_InsortLeft(PyObject *const *args, bool run)
{
    return insert_in(args, run, false);
}

PyObject *
_PyJitLeaf_InsortRight(PyObject *const *args, bool run)
{
    return insert_in(args, run, true);
}

/* --- Sorting ---------------------------------------------------------------------------------------------------------- */

/* What an item is, as far as comparisons go: such are compared with one another, and that does not fail. */
enum { OTHER, NUMBER, STRING };

static int
kind_of(PyObject *o)
{
    return PyLong_CheckExact(o) || PyFloat_CheckExact(o) || PyBool_Check(o) ? NUMBER : PyUnicode_CheckExact(o) ? STRING : OTHER;
}

/* All N are numbers, or strings, or tuples of as many items with one kind in each place. */
static bool
can_be_sorted(PyObject *const *items, Py_ssize_t n)
{
    int kind = n == 0 ? NUMBER : kind_of(items[0]);
    if (kind != OTHER) {
        Py_ssize_t i = 1;
        while (i < n && kind_of(items[i]) == kind) {
            i++;
        }
        return i >= n;
    }
    Py_ssize_t columns = PyTuple_CheckExact(items[0]) ? PyTuple_GET_SIZE(items[0]) : 0;
    int kinds[MOST_COLUMNS];
    if (columns == 0 || columns > MOST_COLUMNS) {
        return false;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!PyTuple_CheckExact(items[i]) || PyTuple_GET_SIZE(items[i]) != columns) {
            return false;
        }
        for (Py_ssize_t k = 0; k < columns; k++) {
            kind = kind_of(PyTuple_GET_ITEM(items[i], k));
            kinds[k] = i == 0 ? kind : kinds[k];
            if (kind == OTHER || kind != kinds[k]) {
                return false;
            }
        }
    }
    return true;
}

bool
_PyJitLeaf_IsSortable(PyObject *const *args, Py_ssize_t Py_UNUSED(n))
{
    return PyList_CheckExact(args[0]) && can_be_sorted(((PyListObject *)args[0])->ob_item, PyList_GET_SIZE(args[0]));
}

PyObject *
_PyJitLeaf_Sort(PyObject *const *args, bool run)
{
    COULD(_PyJitLeaf_IsSortable(args, 1));
    return PyList_Sort(args[0]) < 0 ? NULL : Py_None;
}

PyObject *
_PyJitLeaf_Sorted(PyObject *const *args, bool run)
{
    PyObject *list = _PyJitIter_IsOfContainer(Py_TYPE(args[0])) ? PySequence_List(args[0]) : NULL;
    if (list == NULL || !can_be_sorted(((PyListObject *)list)->ob_item, PyList_GET_SIZE(list)) || (run && PyList_Sort(list) < 0)) {
        Py_XDECREF(list);
        PyErr_Clear();
        return NULL;
    }
    if (!run) {
        Py_DECREF(list);
        return Py_True;
    }
    return list;
}

/* The first of all ITEMS for which OPERATOR, Py_LT or Py_GT, holds with each other, if that is plain. */
static PyObject *
extreme(PyObject *const *items, Py_ssize_t n, int operator)
{
    PyObject *best = n > 0 ? items[0] : NULL;
    for (Py_ssize_t i = 1; i < n; i++) {
        int64_t holds = _PyJitLeaf_Holds(operator, items[i], best);
        if (holds < 0) {
            return NULL;
        }
        best = holds ? items[i] : best;
    }
    return best != NULL && _PyJit_IsPlainType(Py_TYPE(best)) ? best : NULL;
}

/* min() or max() of several arguments, or of a list or tuple. */
static PyObject *
extreme_of(PyObject *const *args, bool run, int operator)
{
    bool sequence = args[1] == NULL;
    if (sequence && !PyList_CheckExact(args[0]) && !PyTuple_CheckExact(args[0])) {
        return NULL;
    }
    Py_ssize_t n = sequence ? PySequence_Fast_GET_SIZE(args[0]) : args[2] == NULL ? 2 : 3;
    PyObject *found = extreme(sequence ? PySequence_Fast_ITEMS(args[0]) : args, n, operator);
    return run ? Py_XNewRef(found) : found;
}

PyObject *
_PyJitLeaf_Min(PyObject *const *args, bool run)
{
    return extreme_of(args, run, Py_LT);
}

PyObject *
_PyJitLeaf_Max(PyObject *const *args, bool run)
{
    return extreme_of(args, run, Py_GT);
}

#endif /* _Py_TIER2 */
