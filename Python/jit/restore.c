/* Leaving a trace with values in registers: what the snapshot names goes to memory.
 *
 * Order: all boxes are made, then stack slots are written and references taken, then locals, and last what stood in the locals is
 * given up (it is plain, so nothing of users runs).  One value gives one box.
 *
 * A box is never missing: where the allocator has no memory, boxes come from a reserve that is filled when an executor is made,
 * and filled up again after an exit that took from it.  If that fails, all executors are dropped.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_frame.h"
#include "pycore_interp.h"
#include "pycore_long.h"
#include "pycore_object.h"
#include "pycore_pystate.h"
#include "jit/restore.h"

/* Blocks for boxes, each large enough for a float and for an int of three digits. */
#define BLOCK_SIZE \
    (offsetof(PyLongObject, long_value.ob_digit) + 3 * sizeof(digit) > sizeof(PyFloatObject) \
         ? offsetof(PyLongObject, long_value.ob_digit) + 3 * sizeof(digit) : sizeof(PyFloatObject))

static struct {
    void **blocks;
    uint32_t n, wanted, room;
} reserve;

int
_PyJitRestore_Reserve(uint32_t boxes)
{
    if (boxes > reserve.room) {
        void **grown = PyMem_RawRealloc(reserve.blocks, boxes * sizeof(void *));
        if (grown == NULL) {
            return -1;
        }
        reserve.blocks = grown;
        reserve.room = boxes;
    }
    reserve.wanted = Py_MAX(reserve.wanted, boxes);
    while (reserve.n < reserve.wanted) {
        void *block = PyObject_Malloc(BLOCK_SIZE);
        if (block == NULL) {
            return -1;
        }
        reserve.blocks[reserve.n++] = block;
    }
    return 0;
}

static void *
from_reserve(void)
{
    if (reserve.n == 0) {
        Py_FatalError("the JIT has no memory to leave a trace");
    }
    return reserve.blocks[--reserve.n];
}

static PyObject *
box_int(int64_t value)
{
    PyObject *object = PyLong_FromLongLong(value);
    if (object != NULL) {
        return object;
    }
    PyErr_Clear();
    // Small ints need no memory, so this one is not zero.
    PyLongObject *number = from_reserve();
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    Py_ssize_t digits = 0;
    while (rest != 0) {
        number->long_value.ob_digit[digits++] = (digit)(rest & PyLong_MASK);
        rest >>= PyLong_SHIFT;
    }
    _PyLong_SetSignAndDigitCount(number, value < 0 ? -1 : 1, digits);
    _PyObject_Init((PyObject *)number, &PyLong_Type);
    return (PyObject *)number;
}

static PyObject *
box_float(double value)
{
    PyObject *object = PyFloat_FromDouble(value);
    if (object != NULL) {
        return object;
    }
    PyErr_Clear();
    PyFloatObject *number = from_reserve();
    _PyObject_Init((PyObject *)number, &PyFloat_Type);
    number->ob_fval = value;
    return (PyObject *)number;
}

/* The object of slot number I of FRAME: a new reference. */
static PyObject *
object_of(const _PyJitTrace *t, const _PyJitSnapFrame *frame, uint32_t i, const uint64_t *values)
{
    _PyJitRef ref = t->slots[frame->first_slot + i].value;
    const _PyJitIns *ins = JIT_INS(t, ref);
    uint64_t bits = JIT_IS_CONST(ref) ? ins->bits : values[i];
    double real;
    switch (ins->type) {
        case JIT_TYPE_I64:
            return box_int((int64_t)bits);
        case JIT_TYPE_F64:
            memcpy(&real, &bits, sizeof(real));
            return box_float(real);
        default:
            return Py_XNewRef((PyObject *)(uintptr_t)bits);
    }
}

PyObject **
_PyJit_RestoreExit(_PyInterpreterFrame *frame, _PyJitExit *exit, const uint64_t *values)
{
    const _PyJitTrace *t = exit->owner->trace;
    const _PyJitSnapshot *snap = &t->snaps[exit->snapshot];
    assert(snap->nframes == 1);
    const _PyJitSnapFrame *rebuilt = &t->frames[snap->first_frame];
    const _PyJitSnapSlot *slots = &t->slots[rebuilt->first_slot];
    uint32_t n = rebuilt->nslots;
    PyObject *objects[JIT_MAX_SLOTS];
    assert(n <= JIT_MAX_SLOTS);
    for (uint32_t i = 0; i < n; i++) {
        objects[i] = NULL;
        for (uint32_t j = 0; j < i; j++) {
            if (slots[j].value == slots[i].value) {
                objects[i] = Py_XNewRef(objects[j]);
                break;
            }
        }
        if (objects[i] == NULL) {
            objects[i] = object_of(t, rebuilt, i, values);
        }
    }
    uint32_t nlocals = (uint32_t)_PyFrame_GetCode(frame)->co_nlocalsplus;
    for (uint32_t i = 0; i < n; i++) {
        // A local's old object is held where the new one was.
        PyObject **place = &frame->localsplus[slots[i].slot];
        PyObject *old = slots[i].slot < nlocals ? *place : NULL;
        *place = objects[i];
        objects[i] = old;
    }
    PyObject **stack_pointer = frame->localsplus + rebuilt->sp;
    for (uint32_t i = 0; i < n; i++) {
        Py_XDECREF(objects[i]);
    }
    if (reserve.n < reserve.wanted && _PyJitRestore_Reserve(reserve.wanted) < 0) {
        // No trace may need it again.  Traces further down the C stack are inside an opaque operation: their memory is complete.
        _Py_Executors_InvalidateAll(_PyInterpreterState_GET(), 0);
    }
    return stack_pointer;
}

#endif /* _Py_TIER2 */
