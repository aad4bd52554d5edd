/* What lowering rules write again and again.  All of it belongs to the builder B; a failure is noted there. */
#ifndef Py_JIT_RULES_H
#define Py_JIT_RULES_H

#include "jit/build/builder.h"

static inline _PyJitRef
emit1(_PyJitBuilder *b, int op, _PyJitRef operand)
{
    return _PyJitBuild_Emit(b, op, operand, JIT_REF_NONE, 0);
}

static inline _PyJitRef
emit2(_PyJitBuilder *b, int op, _PyJitRef left, _PyJitRef right)
{
    return _PyJitBuild_Emit(b, op, left, right, 0);
}

static inline _PyJitRef
konst(_PyJitBuilder *b, int64_t value)
{
    _PyJitRef ref = _PyJitTrace_Const(b->t, JIT_TYPE_I64, (uint64_t)value);
    b->failed |= ref == JIT_REF_NONE;
    return ref;
}

/* VERSION, of a type, of keys or of a function, can be checked: there is one, and machine code has 31 bits for it. */
static inline bool
is_version(uint32_t version)
{
    return version != 0 && version <= INT32_MAX;
}

/* The 32 bits of the cache of RECORD from code unit INDEX on. */
static inline uint32_t
unit32(const _PyJitBuilder *b, const _PyJitRecord *record, int index)
{
    uint32_t value;
    memcpy(&value, &b->t->units[record->units + (uint32_t)index], sizeof(value));
    return value;
}

/* OBJECT is borrowed: the trace depends on it, or it lives for ever. */
static inline _PyJitRef
object_const(_PyJitBuilder *b, const void *object)
{
    _PyJitRef ref = _PyJitTrace_Const(b->t, JIT_TYPE_OBJECT, (uint64_t)(uintptr_t)object);
    b->failed |= ref == JIT_REF_NONE;
    return ref;
}

/* The object in SLOT, which has one, after the check that it is an exact str. */
static inline _PyJitRef
guard_str(_PyJitBuilder *b, uint32_t slot)
{
    _PyJitRef object = _PyJitSlot_Object(b, slot);
    if (!b->failed && !(JIT_IS_CONST(object) && PyUnicode_CheckExact((PyObject *)(uintptr_t)JIT_INS(b->t, object)->bits))) {
        (void)emit1(b, JIT_OP_GUARD_STR, object);
    }
    b->slots[slot].plain = 1;
    return object;
}

/* The key of a lookup, in SLOT, as an object. */
static inline _PyJitRef
key_of(_PyJitBuilder *b, uint32_t slot)
{
    if (_PyJitSlot_IsBare(b, slot)) {
        _PyJitSlot_Box(b, slot);
    }
    return _PyJitSlot_Object(b, slot);
}

/* OBJECT, which is somewhere in the heap, can be given up.  TAG: what was recorded of it. */
static inline void
guard_release(_PyJitBuilder *b, _PyJitRef object, unsigned int tag)
{
    bool quiet = tag == JIT_TAG_QUIET;
    if (quiet) {
        _PyJitSlot_OwnHeap(b);           // as tier 1 does
    }
    (void)_PyJitBuild_Emit(b, quiet ? JIT_OP_GUARD_QUIET : JIT_OP_GUARD_RELEASE, object, JIT_REF_NONE, quiet);
}

/* No instance attribute hides a method of OWNER, whose type was checked: the keys of such instances have VERSION. */
static inline void
guard_keys(_PyJitBuilder *b, _PyJitRef owner, uint32_t version)
{
    // A new object may never be made, but its class is known.
    const _PyJitIns *ins = owner == JIT_REF_NONE ? NULL : JIT_INS(b->t, owner);
    bool known = ins != NULL && (ins->op == JIT_OP_NEW_INSTANCE || ins->op == JIT_OP_NEW_INSTANCE_WITH || ins->op == JIT_OP_VIRTUAL);
    (void)_PyJitBuild_Emit(b, known ? JIT_OP_GUARD_CLASS_KEYS : JIT_OP_GUARD_TYPE_KEYS, known ? ins->a : owner, JIT_REF_NONE, version);
}

/* Whether slot INDEX, the `self` of a call, is known to be NULL (1) or not (0); -1: only memory knows. */
static inline int
known_null(const _PyJitBuilder *b, uint32_t index)
{
    const _PyJitSlot *slot = &b->slots[index];
    if (slot->object != JIT_REF_NONE && JIT_IS_CONST(slot->object)) {
        return JIT_INS(b->t, slot->object)->bits == 0;
    }
    return slot->dirty || slot->number != JIT_REF_NONE ? 0 : -1;
}

/* The object that slot INDEX is known to hold, a constant; NULL: it is none, or NULL. */
static inline PyObject *
constant_at(const _PyJitBuilder *b, uint32_t index)
{
    const _PyJitSlot *slot = &b->slots[index];
    return slot->dirty && can_drop(slot) && slot->object != JIT_REF_NONE && JIT_IS_CONST(slot->object)
        ? (PyObject *)(uintptr_t)JIT_INS(b->t, slot->object)->bits : NULL;
}

/* Operand number FROM_TOP (0: the top of the stack) ends with the instruction of RECORD, and with it what the instruction puts into it. */
static inline bool
ends_with(const _PyJitBuilder *b, const _PyJitRecord *record, uint32_t from_top)
{
    return !can_drop(&b->slots[b->depth - 1 - from_top]) && JIT_TAG(record->ends, from_top) == JIT_TAG_QUIET;
}

/* Pops COUNT slots, which can be dropped. */
static inline void
drop(_PyJitBuilder *b, uint32_t count)
{
    while (count-- > 0) {
        _PyJitSlot_DropTop(b);
    }
}

#endif /* !Py_JIT_RULES_H */
