/* What consumers do in C: the steps of sum(), and what becomes of the items at their end (run/consumers.c).
 *
 * sum() adds ints as machine words as long as they fit, and floats with the error of each addition kept in a sum of its own, to be added at the
 * end (A. Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen, 1974).  Anything else is added as `+` does.
 * Which it is the local CONSUMER_ERROR says.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_frame.h"
#include "pycore_genobject.h"
#include "pycore_jit.h"
#include "pycore_jit_helpers.h"
#include "pycore_list.h"
#include "pycore_pystate.h"
#include "jit/run/run.h"

/* ITEM is an int, or a bool, that fits a machine word. */
static bool
as_word(PyObject *item, long *value)
{
    int overflow = 0;
    *value = PyLong_AsLongAndOverflow(item, &overflow);
    return !overflow;
}

/* Both ints fit a machine word, and so does their sum. */
static bool
add_words(PyObject *total, PyObject *item, long *sum)
{
    long x, y;
    return (PyLong_CheckExact(item) || PyBool_Check(item)) && as_word(total, &x) && as_word(item, &y)
        && !__builtin_add_overflow(x, y, sum);
}

/* TOTAL and ITEM by `+`, where ERROR is a float: what was lost is added first. */
static PyObject *
add_any(PyObject *total, PyObject *error, PyObject *item)
{
    if (!PyFloat_CheckExact(error)) {
        return PyNumber_Add(total, item);
    }
    PyObject *whole = PyFloat_FromDouble(_PyJit_SumEnd(PyFloat_AS_DOUBLE(total), PyFloat_AS_DOUBLE(error)));
    PyObject *sum = whole == NULL ? NULL : PyNumber_Add(whole, item);
    Py_XDECREF(whole);
    return sum;
}

/* The next total of a sum: a new reference, or NULL with an exception set. */
static PyObject *
next_total(PyObject *total, PyObject *error, PyObject *item)
{
    long word;
    if (error == Py_None) {
        return add_words(total, item, &word) ? PyLong_FromSsize_t(word) : PyNumber_Add(total, item);     // as large as that of C
    }
    if (PyFloat_CheckExact(error) && PyFloat_CheckExact(item)) {
        return PyFloat_FromDouble(PyFloat_AS_DOUBLE(total) + PyFloat_AS_DOUBLE(item));
    }
    if (PyFloat_CheckExact(error) && PyLong_Check(item) && as_word(item, &word)) {
        return PyFloat_FromDouble(PyFloat_AS_DOUBLE(total) + (double)word);
    }
    return add_any(total, error, item);
}

/* What rounding has lost when ITEM was added to TOTAL, and SUM is the next total. */
static PyObject *
next_error(PyObject *total, PyObject *error, PyObject *item, PyObject *sum)
{
    long word;
    if (error == Py_None) {
        return add_words(total, item, &word) ? Py_NewRef(Py_None) : PyFloat_CheckExact(sum) ? PyFloat_FromDouble(0.0) : Py_NewRef(Py_True);
    }
    if (PyFloat_CheckExact(error) && PyFloat_CheckExact(item)) {
        double lost = _PyJit_SumError(PyFloat_AS_DOUBLE(total), PyFloat_AS_DOUBLE(item));
        return PyFloat_FromDouble(PyFloat_AS_DOUBLE(error) + lost);
    }
    if (PyFloat_CheckExact(error) && PyLong_Check(item) && as_word(item, &word)) {
        return Py_NewRef(error);
    }
    return Py_NewRef(Py_True);
}

int
_PyJit_TrimList(PyListObject *list)
{
    Py_ssize_t room = Py_SIZE(list) == 0 ? 0 : Py_SIZE(list) == 1 ? 4 : list->allocated;
    if (room == list->allocated) {
        return 0;
    }
    PyObject **items = NULL;
    if (room == 0) {
        PyMem_Free(list->ob_item);
    }
    else {
        items = PyMem_Realloc(list->ob_item, (size_t)room * sizeof(PyObject *));
        if (items == NULL) {
            PyErr_NoMemory();
            return -1;
        }
    }
    list->ob_item = items;
    list->allocated = room;
    return 0;
}

PyObject *
_PyJit_FinishItems(int kind, PyObject *self, PyObject *list)
{
    switch (kind) {
        case JIT_CONSUMER_JOIN:
            return PyUnicode_Join(self, list);
        case JIT_CONSUMER_TUPLE: {
            Py_ssize_t n = PyList_GET_SIZE(list);
            PyObject *tuple = PyTuple_New(n);
            if (tuple != NULL) {
                // They move: the list ends without any.
                for (Py_ssize_t i = 0; i < n; i++) {
                    PyTuple_SET_ITEM(tuple, i, PyList_GET_ITEM(list, i));
                }
                Py_SET_SIZE(list, 0);
            }
            return tuple;
        }
        default:
            return _PyJit_TrimList((PyListObject *)list) < 0 ? NULL : Py_NewRef(list);
    }
}

/* What the call of KIND returns; VALUE is borrowed. */
static PyObject *
finish(int kind, PyObject **locals, PyObject *value)
{
    switch (kind) {
        case JIT_CONSUMER_MIN:
        case JIT_CONSUMER_MAX:
            if (locals[CONSUMER_RESULT] == NULL) {
                PyErr_Format(PyExc_ValueError, "%s() iterable argument is empty", kind == JIT_CONSUMER_MIN ? "min" : "max");
            }
            return Py_XNewRef(locals[CONSUMER_RESULT]);
        case JIT_CONSUMER_MIN_DEFAULT:
        case JIT_CONSUMER_MAX_DEFAULT:
            return Py_NewRef(locals[KEYED_RESULT] != NULL ? locals[KEYED_RESULT] : locals[CONSUMER_DEFAULT]);
        case JIT_CONSUMER_SUM: {
            PyObject *error = locals[CONSUMER_ERROR];
            return PyFloat_CheckExact(error)
                ? PyFloat_FromDouble(_PyJit_SumEnd(PyFloat_AS_DOUBLE(value), PyFloat_AS_DOUBLE(error))) : Py_NewRef(value);
        }
        case JIT_CONSUMER_SORTED:
            return _PyJit_TrimList((PyListObject *)value) < 0 || PyList_Sort(value) < 0 ? NULL : Py_NewRef(value);
        case JIT_CONSUMER_MIN_KEY:
        case JIT_CONSUMER_MAX_KEY:
            if (locals[KEYED_RESULT] == NULL) {
                PyErr_Format(PyExc_ValueError, "%s() iterable argument is empty", _PyJitConsumer_Name(kind));
            }
            return Py_XNewRef(locals[KEYED_RESULT]);
        case JIT_CONSUMER_SORTED_KEY:
        case JIT_CONSUMER_SORTED_REVERSE: {
            PyObject *list = locals[_PyJitConsumer_Operands(kind)];
            bool reverse = kind == JIT_CONSUMER_SORTED_REVERSE && locals[KEYED_REVERSE] == Py_True;
            return _PyJitConsumer_SortByKeys(list, value, reverse) < 0 ? NULL : Py_NewRef(list);
        }
        case JIT_CONSUMER_LIST:
        case JIT_CONSUMER_TUPLE:
        case JIT_CONSUMER_JOIN:
            return _PyJit_FinishItems(kind, locals[CONSUMER_SELF], value);
        default:
            return Py_NewRef(value);
    }
}

/* A generator that was resumed has returned VALUE. */
static PyObject *
stop(PyObject *value)
{
    if (value == Py_None) {
        PyErr_SetNone(PyExc_StopIteration);
    }
    else {
        (void)_PyGen_SetStopIterationValue(value);
    }
    return NULL;
}

PyObject *
_PyJitConsumer_Finish(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **stack_pointer, int what, PyObject *value)
{
    PyObject **locals = frame->localsplus, *result;
    // C has no evaluation loop of a generator on the stack when it works on an item; and to sort takes a unit by itself.
    const PyCodeObject *code = _PyFrame_GetCode(frame);
    int loop = _PyJitConsumer_HasSteps(code) ? STEPS_UNITS : LOOP_UNITS;
    int units = _PyJitContinuation_Units(code), others = loop + (what < JIT_SUM_TOTAL && _PyJitConsumer_Sorts(what));
    tstate->c_recursion_remaining += others;
    switch (what) {
        case JIT_GENERATOR_RETURNED:
            result = stop(value);
            break;
        case JIT_SUM_TOTAL:
            result = next_total(locals[CONSUMER_RESULT], locals[CONSUMER_ERROR], value);
            break;
        case JIT_SUM_ERROR:
            result = next_error(locals[CONSUMER_RESULT], locals[CONSUMER_ERROR], value, stack_pointer[-2]);
            break;
        default:
            result = finish(what, locals, value);
            if (result != NULL) {
                tstate->c_recursion_remaining += units - others;
                tstate->py_recursion_remaining--;      // its return gives back what it did not take
                return result;
            }
            break;
    }
    tstate->c_recursion_remaining -= others;
    return result;
}

#endif /* _Py_TIER2 */
