/* Virtuals other than instances and tuples: what virtual_kinds.c and virtual_iterators.c share. */
#ifndef Py_JIT_VIRTUAL_KINDS_H
#define Py_JIT_VIRTUAL_KINDS_H

#include "pycore_jit_helpers.h"
#include "jit/optimize/virtual.h"

static inline _PyJitRef
whole(_PyJitVirtualPass *p, int64_t value)
{
    _PyJitRef ref = _PyJitTrace_Const(p->t, JIT_TYPE_I64, (uint64_t)value);
    p->failed |= ref == JIT_REF_NONE;
    return ref;
}

static inline _PyJitRef
object_const(_PyJitVirtualPass *p, const void *object)
{
    _PyJitRef ref = _PyJitTrace_Const(p->t, JIT_TYPE_OBJECT, (uint64_t)(uintptr_t)object);
    p->failed |= ref == JIT_REF_NONE;
    return ref;
}

static inline int64_t
bits_of(const _PyJitVirtualPass *p, _PyJitRef constant)
{
    return (int64_t)ins_of(p, constant)->bits;
}

/* The raw field at PLACE of OBJECT, which has it. */
static inline int64_t
raw_field(const _PyJitVirtualPass *p, _PyJitVirtualObject *object, uint32_t place)
{
    return bits_of(p, *_PyJitVirtual_FieldOf(object, place));
}

static inline void
set_raw(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *object, uint32_t place, int64_t value)
{
    _PyJitRef ref = whole(p, value);
    if (!p->failed) {
        (void)_PyJitVirtual_PutField(p, i, object, place, ref);
    }
}

/* Operation I loads FIELD of a virtual, or NULL: it is not there, and the object has to be. */
static inline bool
stand_for(_PyJitVirtualPass *p, uint32_t i, const _PyJitRef *field)
{
    if (field != NULL) {
        p->stands_for[i] = *field;
    }
    return field != NULL;
}

/* The object of REF gets one more reference, a virtual's. */
static inline void
take(_PyJitVirtualPass *p, _PyJitRef ref)
{
    _PyJitVirtualObject *object = virtual_of(p, ref);
    if (object != NULL) {
        object->references++;
    }
    else if (!JIT_IS_CONST(ref)) {
        (void)_PyJitVirtual_WriteIns(p, (_PyJitIns){.op = JIT_OP_INCREF, .snapshot = JIT_NO_SNAPSHOT, .a = ref});
    }
}

/* Takes out what OBJECT has at the places from FIRST up to END; GIVE_UP: with its reference. */
static inline void
drop_fields(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *object, uint32_t first, uint32_t end, bool give_up)
{
    uint32_t kept = 0;
    for (uint32_t k = 0; k < object->n; k++) {
        if (object->fields[k].place < first || object->fields[k].place >= end) {
            object->fields[kept++] = object->fields[k];
        }
        else if (give_up) {
            _PyJitVirtual_ReleaseField(p, object, object->fields[k].place, object->fields[k].value);
        }
    }
    object->n = kept;
    object->changed = i;
}

/* virtual_iterators.c.  INS, a RANGE_ITER, goes through numbers that are known to be no more than there may be. */
bool _PyJitVirtualIterator_CanBeRange(const _PyJitVirtualPass *p, const _PyJitIns *ins);
/* Operation I has made ITERATOR: its first fields. */
void _PyJitVirtualIterator_Begin(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *iterator);
/* Operation I on ITERATOR.  false: no operation that it can do without being made. */
bool _PyJitVirtualIterator_Work(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *iterator);

#endif
