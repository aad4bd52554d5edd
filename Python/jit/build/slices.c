/* Lowering rule of slices of exact lists, tuples and strings with ints or None for bounds.  The recorder says what type the container
 * had (`seen`).
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "jit/build/rules.h"

static bool
is_bound_of_slice(const _PyJitBuilder *b, uint32_t slot, unsigned int tag)
{
    return tag == JIT_TAG_NONE ? !_PyJitSlot_IsBare(b, slot) : _PyJitSlot_Kind(b, slot, tag) == JIT_TYPE_I64;
}

/* The bound in SLOT as a number; MISSING if it is None. */
static _PyJitRef
bound_of_slice(_PyJitBuilder *b, uint32_t slot, unsigned int tag, int64_t missing)
{
    if (tag != JIT_TAG_NONE) {
        return _PyJitSlot_Number(b, slot, JIT_TYPE_I64);
    }
    (void)emit1(b, JIT_OP_GUARD_NONE, _PyJitSlot_Object(b, slot));
    b->slots[slot].plain = 1;
    return konst(b, missing);
}

uint32_t
_PyJitLower_Slice(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    const PyTypeObject *type = (PyTypeObject *)record->seen;
    uint32_t container = b->depth - 3, start = b->depth - 2, stop = b->depth - 1;
    unsigned int start_tag = JIT_TAG(record->types, 1), stop_tag = JIT_TAG(record->types, 0);
    int guard = type == &PyList_Type ? JIT_OP_GUARD_LIST : type == &PyTuple_Type ? JIT_OP_GUARD_TUPLE : JIT_OP_GUARD_STR;
    if ((guard == JIT_OP_GUARD_STR && type != &PyUnicode_Type) || _PyJitSlot_IsBare(b, container)
        || !is_bound_of_slice(b, start, start_tag) || !is_bound_of_slice(b, stop, stop_tag)
        || !_PyJitSlot_CanRelease(b, container, JIT_TAG(record->types, 2))) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, container);
    (void)emit1(b, guard, object);
    _PyJitRef from = bound_of_slice(b, start, start_tag, 0), to = bound_of_slice(b, stop, stop_tag, INT64_MAX);
    _PyJitSlot_GuardRelease(b, container, JIT_TAG(record->types, 2));
    _PyJitRef slice = _PyJitBuild_Emit3(b, JIT_OP_SLICE, object, from, to);
    drop(b, 3);
    _PyJitSlot_Push(b, (_PyJitSlot){.object = slice, .dirty = 1, .owned = 1, .plain = guard == JIT_OP_GUARD_STR});
    return 1;
}

#endif /* _Py_TIER2 */
