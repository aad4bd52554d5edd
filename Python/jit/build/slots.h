/* What the files of the slot map share (slots.c). */
#ifndef Py_JIT_SLOTS_H
#define Py_JIT_SLOTS_H

#include "jit/build/builder.h"

static inline _PyJitRef
emit0(_PyJitBuilder *b, int op, uint32_t aux)
{
    return _PyJitBuild_Emit(b, op, JIT_REF_NONE, JIT_REF_NONE, aux);
}

static inline _PyJitRef
emit1(_PyJitBuilder *b, int op, _PyJitRef operand, uint32_t aux)
{
    return _PyJitBuild_Emit(b, op, operand, JIT_REF_NONE, aux);
}

/* Slot INDEX can be loaded and stored: it belongs to the machine's frame, or to one that is in a generator. */
static inline bool
has_memory(const _PyJitBuilder *b, uint32_t index)
{
    const _PyJitAbstractFrame *frame = frame_of(b, index);
    return frame == &b->frames[b->machine] || frame->generator != JIT_REF_NONE;
}

/* SLOT is a number that the trace has boxed. */
static inline bool
is_box(const _PyJitBuilder *b, const _PyJitSlot *slot)
{
    int op = slot->object == JIT_REF_NONE || JIT_IS_CONST(slot->object) ? JIT_OP_NOP : JIT_INS(b->t, slot->object)->op;
    return slot->number != JIT_REF_NONE && (op == JIT_OP_BOX_INT || op == JIT_OP_BOX_FLOAT);
}

/* A local of a frame in memory holds a new object, or a box, that memory does not have.  It may never be made. */
static inline bool
is_deferred(const _PyJitBuilder *b, uint32_t index)
{
    return b->slots[index].dirty && b->slots[index].owned && is_local(b, index);
}

static inline void
forget(_PyJitSlot *slot)
{
    *slot = (_PyJitSlot){0};
}

/* What was on top, without its reference. */
static inline void
pop(_PyJitBuilder *b)
{
    assert(b->depth > stack_base(b));
    forget(&b->slots[--b->depth]);
}

/* The constant that an unbound local holds. */
static inline _PyJitRef
null_object(_PyJitBuilder *b)
{
    _PyJitRef null = _PyJitTrace_Const(b->t, JIT_TYPE_OBJECT, 0);
    b->failed |= null == JIT_REF_NONE;
    return null;
}

/* OBJECT turned out to be plain. */
void _PyJitSlot_NotePlain(_PyJitBuilder *b, _PyJitRef object);
/* The trace gets a reference of its own for the dirty slot INDEX, which is known as an object; and OwnObject stores it, if its frame is in
 * memory. */
void _PyJitSlot_KeepObject(_PyJitBuilder *b, uint32_t index);
void _PyJitSlot_OwnObject(_PyJitBuilder *b, uint32_t index);
/* OBJECT, which a local of the last frame has, is about to lose the local's reference: slots of the stack that borrow from it get
 * references of their own (rule 1).  All: in any frame. */
void _PyJitSlot_OwnBorrowers(_PyJitBuilder *b, _PyJitRef object);
void _PyJitSlot_OwnAllBorrowers(_PyJitBuilder *b, _PyJitRef object);

#endif /* !Py_JIT_SLOTS_H */
