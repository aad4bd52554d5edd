/* Leaf calls of values that are no containers and that no register holds: complex numbers, dates and times, decimals (leaf_calls.c has the
 * rules).  They refer to nothing that could end with them, so they are plain, and what C does with them runs no code of users.  Only a date or
 * time with a time zone asks that, so those are left to tier 1.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include <string.h>
#define _PY_DATETIME_IMPL         // the layout alone, not what its users call
#include "datetime.h"
#include "opcode.h"
#include "pycore_jit_helpers.h"
#include "jit/objects/leaves.h"

#define MOST_ZONES 100         // references that are given up together, and more

typedef enum { NO_VALUE, COMPLEX, DECIMAL, DATE, DATETIME, TIME, DELTA, KINDS } Kind;

static const struct {
    const char *name;
    size_t size;               // 0: it is not said in a header
} kinds[KINDS] = {
    [DECIMAL] = {"decimal.Decimal", 0},
    [DATE] = {"datetime.date", sizeof(PyDateTime_Date)},
    [DATETIME] = {"datetime.datetime", sizeof(PyDateTime_DateTime)},
    [TIME] = {"datetime.time", sizeof(PyDateTime_Time)},
    [DELTA] = {"datetime.timedelta", sizeof(PyDateTime_Delta)},
};

/* What TYPE is, an exact one: remembered, with what no other type at its address has. */
static Kind
kind_of(PyTypeObject *type)
{
    static struct {
        PyTypeObject *type;
        destructor dealloc;
    } known[KINDS];
    if (type == &PyComplex_Type) {
        return COMPLEX;
    }
    for (int kind = DECIMAL; kind < KINDS; kind++) {
        if (known[kind].type == type && known[kind].dealloc == type->tp_dealloc) {
            return (Kind)kind;
        }
    }
    if (strncmp(type->tp_name, "date", 4) != 0 && strncmp(type->tp_name, "deci", 4) != 0) {
        return NO_VALUE;
    }
    for (int kind = DECIMAL; kind < KINDS; kind++) {
        // Those of datetime are no heap types.
        bool fits = kind == DECIMAL ? _PyJit_IsTypeOfModule(type, "decimal", kinds[kind].name)
            : !(type->tp_flags & Py_TPFLAGS_HEAPTYPE) && type->tp_basicsize == (Py_ssize_t)kinds[kind].size
            && strcmp(type->tp_name, kinds[kind].name) == 0;
        if (fits) {
            known[kind].type = type;
            known[kind].dealloc = type->tp_dealloc;
            return (Kind)kind;
        }
    }
    return NO_VALUE;
}

/* The time zone of O, which is of KIND, or NULL. */
static PyObject *
zone_of(PyObject *o, Kind kind)
{
    return (kind != DATETIME && kind != TIME) || !_PyDateTime_HAS_TZINFO(o) ? NULL
        : kind == TIME ? ((PyDateTime_Time *)o)->tzinfo : ((PyDateTime_DateTime *)o)->tzinfo;
}

bool
_PyJitValue_IsType(PyTypeObject *type)
{
    return kind_of(type) != NO_VALUE;
}

bool
_PyJitValue_IsQuiet(PyObject *o)
{
    Kind kind = kind_of(Py_TYPE(o));
    PyObject *zone = kind != NO_VALUE ? zone_of(o, kind) : NULL;
    return kind != NO_VALUE && (zone == NULL || Py_REFCNT(zone) > MOST_ZONES);
}

bool
_PyJitValue_HasMethods(PyObject *const *args, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        Kind kind = kind_of(Py_TYPE(args[i]));
        bool other = PyLong_CheckExact(args[i]) || PyFloat_CheckExact(args[i]) || PyUnicode_CheckExact(args[i]) || args[i] == Py_None;
        if (!is_moderate(args[i]) || (kind == NO_VALUE ? i == 0 || !other : zone_of(args[i], kind) != NULL)) {
            return false;
        }
    }
    return true;
}

/* An operator or a comparison of X and Y, at least one of which is such a value, runs no code of users. */
static bool
can_combine(PyObject *x, PyObject *y)
{
    if (PyComplex_CheckExact(x) && PyComplex_CheckExact(y)) {
        return true;
    }
    Kind left = kind_of(Py_TYPE(x)), right = kind_of(Py_TYPE(y));
    if (left == NO_VALUE && right == NO_VALUE) {
        return false;
    }
    if (left != NO_VALUE && right != NO_VALUE) {
        return (left == right || (left >= DATE && right >= DATE)) && zone_of(x, left) == NULL && zone_of(y, right) == NULL;
    }
    Kind kind = left != NO_VALUE ? left : right;
    PyObject *other = left != NO_VALUE ? y : x;
    return (kind == COMPLEX || kind == DECIMAL || kind == DELTA) && is_moderate(other)
        && (PyLong_CheckExact(other) || (PyFloat_CheckExact(other) && kind != DECIMAL));
}

PyObject *
_PyJitLeaf_OperateValues(PyObject *const *args, bool run)
{
    static const binaryfunc operators[] = {
        [NB_ADD] = PyNumber_Add, [NB_SUBTRACT] = PyNumber_Subtract, [NB_MULTIPLY] = PyNumber_Multiply,
        [NB_TRUE_DIVIDE] = PyNumber_TrueDivide, [NB_FLOOR_DIVIDE] = PyNumber_FloorDivide, [NB_REMAINDER] = PyNumber_Remainder,
    };
    int op = small_int(args[2]);
    op -= op >= NB_INPLACE_ADD ? NB_INPLACE_ADD : 0;         // they do not change
    binaryfunc operator = (size_t)op < Py_ARRAY_LENGTH(operators) ? operators[op] : NULL;
    COULD(operator != NULL && can_combine(args[0], args[1]));
    return operator(args[0], args[1]);
}

int64_t
_PyJitValue_Compare(int op, PyObject *x, PyObject *y)
{
    PyObject *result = can_combine(x, y) ? _PyJit_New(PyObject_RichCompare(x, y, op)) : NULL;
    if (result == NULL) {
        return INT64_MIN;
    }
    Py_DECREF(result);         // True or False
    return result == Py_True;
}

/* CLASS(...), of numbers and strings. */
PyObject *
_PyJitValue_New(PyObject *class, PyObject *const *args, bool run)
{
    Py_ssize_t n = count_arguments(args);
    bool can = PyType_Check(class) && kind_of((PyTypeObject *)class) != NO_VALUE && n > 0;
    for (Py_ssize_t i = 0; i < n && can; i++) {
        can = (PyLong_CheckExact(args[i]) && is_moderate(args[i])) || PyFloat_CheckExact(args[i]) || PyUnicode_CheckExact(args[i]);
    }
    COULD(can);
    return PyObject_Vectorcall(class, args, (size_t)n, NULL);
}

#endif /* _Py_TIER2 */
