/* Leaf calls on numbers (leaf_calls.c has the rules): ints that do not fit a machine word, and `sum`.
 *
 * Ints of up to 128 bits are computed here: the int type's own functions look for signals while they multiply or divide, and a handler of
 * those is code of users.  What needs more bits is left to tier 1.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_jit_helpers.h"
#include "pycore_long.h"
#include "jit/objects/leaves.h"

/* --- Ints of two words ------------------------------------------------------------------------------------------------ */

#ifdef __SIZEOF_INT128__

#define MOST_BITS 128

typedef unsigned __int128 Size;

typedef struct {
    Size size;
    bool negative;
} Wide;

static bool
read_wide(PyObject *o, Wide *wide)
{
    PyLongObject *number = (PyLongObject *)o;
    Size size = 0;
    wide->negative = _PyLong_IsNegative(number);
    if (_PyLong_IsCompact(number)) {
        wide->size = number->long_value.ob_digit[0];
        return true;
    }
    for (Py_ssize_t i = _PyLong_DigitCount(number); i-- > 0;) {
        if (size >> (MOST_BITS - PyLong_SHIFT) != 0) {
            return false;
        }
        size = size << PyLong_SHIFT | number->long_value.ob_digit[i];
    }
    wide->size = size;
    return true;
}

static int
bits_of(Size size)
{
    uint64_t high = (uint64_t)(size >> 64), low = (uint64_t)size;
    return high != 0 ? 128 - __builtin_clzll(high) : low != 0 ? 64 - __builtin_clzll(low) : 0;
}

static PyObject *
make_int(Wide wide)
{
    if (wide.size >> 63 == 0) {
        return PyLong_FromLongLong(wide.negative ? -(long long)wide.size : (long long)wide.size);
    }
    Py_ssize_t n = (bits_of(wide.size) + PyLong_SHIFT - 1) / PyLong_SHIFT;
    PyLongObject *made = _PyLong_New(n);
    if (made != NULL) {
        for (Py_ssize_t i = 0; i < n; i++, wide.size >>= PyLong_SHIFT) {
            made->long_value.ob_digit[i] = (digit)wide.size & PyLong_MASK;
        }
        _PyLong_SetSignAndDigitCount(made, wide.negative ? -1 : 1, n);
    }
    return (PyObject *)made;
}

static bool
add(Wide a, Wide b, Wide *r)
{
    if (a.negative != b.negative) {
        bool less = a.size < b.size;
        *r = (Wide){less ? b.size - a.size : a.size - b.size, less ? b.negative : a.negative};
        return true;
    }
    *r = (Wide){a.size + b.size, a.negative};
    return r->size >= a.size;
}

/* As numbers of infinitely many bits, of which all but 127 are alike. */
static bool
combine(int op, Wide a, Wide b, Wide *r)
{
    if (a.size >> 126 != 0 || b.size >> 126 != 0) {
        if (a.negative || b.negative) {
            return false;
        }
        *r = (Wide){op == NB_AND ? a.size & b.size : op == NB_OR ? a.size | b.size : a.size ^ b.size, false};
        return true;
    }
    Size x = a.negative ? -a.size : a.size, y = b.negative ? -b.size : b.size;
    Size bits = op == NB_AND ? x & y : op == NB_OR ? x | y : x ^ y;
    bool negative = bits >> 127 != 0;
    *r = (Wide){negative ? -bits : bits, negative};
    return true;
}

static bool
shift(bool left, Wide a, Wide b, Wide *r)
{
    if (b.negative) {
        return false;
    }
    if (left) {
        *r = (Wide){b.size < MOST_BITS ? a.size << (int)b.size : 0, a.negative};
        return a.size == 0 || (b.size < MOST_BITS && bits_of(a.size) + (int)b.size <= MOST_BITS);
    }
    // Rounds down: what a negative number loses makes it smaller.
    Size kept = b.size < MOST_BITS ? a.size >> (int)b.size : 0;
    bool lost = b.size < MOST_BITS ? kept << (int)b.size != a.size : a.size != 0;
    *r = (Wide){kept + (a.negative && lost), a.negative};
    return true;
}

static bool
divide(bool remainder, Wide a, Wide b, Wide *r)
{
    if (b.size == 0) {
        return false;
    }
    bool fits = (a.size | b.size) >> 64 == 0;          // in the processor's own division
    Size quotient = fits ? (uint64_t)a.size / (uint64_t)b.size : a.size / b.size, rest = a.size - quotient * b.size;
    bool apart = a.negative != b.negative && rest != 0;
    *r = remainder ? (Wide){apart ? b.size - rest : rest, b.negative} : (Wide){quotient + apart, a.negative != b.negative};
    return true;
}

/* X OP Y (an NB_ that is not in place), exact ints.  false: that fails, is another operation, or has too many bits. */
static bool
compute(int op, PyObject *x, PyObject *y, Wide *r)
{
    Wide a, b;
    *r = (Wide){0};
    if (!read_wide(x, &a) || !read_wide(y, &b)) {
        return false;
    }
    bool done = false;
    switch (op) {
        case NB_SUBTRACT:
            b.negative = !b.negative;
            /* fall through */
        case NB_ADD:
            done = add(a, b, r);
            break;
        case NB_MULTIPLY:
            *r = (Wide){a.size * b.size, a.negative != b.negative};
            done = bits_of(a.size) + bits_of(b.size) <= MOST_BITS;
            break;
        case NB_AND:
        case NB_OR:
        case NB_XOR:
            done = combine(op, a, b, r);
            break;
        case NB_LSHIFT:
        case NB_RSHIFT:
            done = shift(op == NB_LSHIFT, a, b, r);
            break;
        case NB_REMAINDER:
        case NB_FLOOR_DIVIDE:
            done = divide(op == NB_REMAINDER, a, b, r);
            break;
        default:
            break;
    }
    r->negative &= done && r->size != 0;
    return done;
}

#else

typedef struct {
    uint64_t size;
    bool negative;
} Wide;

static bool
compute(int Py_UNUSED(op), PyObject *Py_UNUSED(x), PyObject *Py_UNUSED(y), Wide *Py_UNUSED(r))
{
    return false;
}

static PyObject *
make_int(Wide Py_UNUSED(wide))
{
    return NULL;
}

#endif

PyObject *
_PyJitLeaf_Compute(PyObject *const *args, bool run)
{
    Wide wide;
    COULD(PyLong_CheckExact(args[0]) && PyLong_CheckExact(args[1]) && compute(small_int(args[2]), args[0], args[1], &wide));
    return make_int(wide);
}

int64_t
_PyJitLeaf_AskCompute(PyObject *const *args)
{
    Wide wide;
    if (!PyLong_CheckExact(args[0]) || !PyLong_CheckExact(args[1]) || !compute(small_int(args[2]), args[0], args[1], &wide)
        || wide.size >> 63 != 0) {
        return INT64_MIN;
    }
    return wide.negative ? -(int64_t)wide.size : (int64_t)wide.size;
}

/* --- Sums ------------------------------------------------------------------------------------------------------------- */

/* *all: the sum of N ints from ITEMS on.  false: one is no exact int, or it has too many bits. */
static bool
sum_ints(PyObject *const *items, Py_ssize_t n, int64_t *all)
{
    *all = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!PyLong_CheckExact(items[i]) || !_PyLong_IsCompact((PyLongObject *)items[i])) {
            return false;
        }
        *all += _PyLong_CompactValue((PyLongObject *)items[i]);        // that so many take 64 bits needs more memory than there is
    }
    return true;
}

static bool
are_numbers(PyObject *const *items, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!PyFloat_CheckExact(items[i]) && !PyLong_CheckExact(items[i])) {
            return false;
        }
    }
    return true;
}

/* sum of a list or a tuple of numbers. */
PyObject *
_PyJitLeaf_Sum(PyObject *const *args, bool run)
{
    PyObject *all = args[0];
    if (!PyList_CheckExact(all) && !PyTuple_CheckExact(all)) {
        return NULL;
    }
    PyObject **items = PySequence_Fast_ITEMS(all);
    Py_ssize_t n = PySequence_Fast_GET_SIZE(all);
    int64_t total;
    if (run && sum_ints(items, n, &total)) {
        return PyLong_FromLongLong(total);
    }
    COULD(are_numbers(items, n));
    return _PyJitLeaf_CallBuiltin("sum", args);
}

#endif /* _Py_TIER2 */
