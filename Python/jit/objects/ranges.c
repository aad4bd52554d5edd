/* Range iterators, made without their range. */
#include "Python.h"

#ifdef _Py_TIER2

#include <stdbool.h>
#include "pycore_jit_helpers.h"
#include "pycore_range.h"

#define MOST ((int64_t)1 << 61)      // no sum or difference of numbers below it, and a step, overflows

static inline bool
is_small(int64_t number)
{
    return -MOST < number && number < MOST;
}

PyObject *
_PyJit_NewRangeIterator(int64_t start, int64_t stop, int64_t step)
{
    if (!is_small(start) || !is_small(stop)) {
        return NULL;
    }
    _PyRangeIterObject *it = PyObject_New(_PyRangeIterObject, &PyRangeIter_Type);
    if (it == NULL) {
        PyErr_Clear();
        return NULL;
    }
    // Steps to reach or pass STOP: the distance, rounded up.
    int64_t distance = step > 0 ? stop - start : start - stop, stride = step > 0 ? step : -step;
    it->start = (long)start;
    it->step = (long)step;
    it->len = distance > 0 ? (long)((distance - 1) / stride + 1) : 0;
    return (PyObject *)it;
}

#endif /* _Py_TIER2 */
