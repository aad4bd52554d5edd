/* Loops: which numbers stay in registers from one iteration to the next.
 *
 * A first walk over the records lowers one iteration as if memory were complete before and after it.  What is dirty at its end
 * is a number each iteration makes anew: a PHI.  What was loaded and checked but never changed is invariant: it is loaded and checked
 * once, before the loop.  The second walk begins with that knowledge; common subexpressions then find that the body's own
 * checks are done.  Checks before the loop leave to the first instruction, with nothing done.
 *
 * This is less than peeling, which would also move invariant arithmetic and guards out of the loop.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_global_objects.h"   // _PY_NSMALLNEGINTS
#include "jit/lower.h"

/* An operation of kind OP looks at OBJECT somewhere in the trace. */
static bool
is_used_by(const _PyJitBuilder *b, int op, _PyJitRef object)
{
    for (uint32_t i = 0; i < b->t->nins; i++) {
        const _PyJitIns *ins = JIT_INS(b->t, JIT_REF_BIAS + i);
        if (ins->op == op && ins->a == object) {
            return true;
        }
    }
    return false;
}

/* A number without an object, or one whose object is found again by its value. */
static bool
may_carry(const _PyJitBuilder *b, const _PyJitSlot *slot)
{
    if (!slot->dirty || !slot->memory_plain || slot->number == JIT_REF_NONE) {
        return false;
    }
    if (slot->object == JIT_REF_NONE) {
        return true;
    }
    const _PyJitIns *number = JIT_INS(b->t, slot->number);
    return number->op == JIT_OP_KONST && number->type == JIT_TYPE_I64
        && (int64_t)number->bits >= -_PY_NSMALLNEGINTS && (int64_t)number->bits < _PY_NSMALLPOSINTS;
}

void
_PyJitLoop_Plan(_PyJitBuilder *b)
{
    b->nloop = 0;
    for (uint32_t i = 0; i < b->depth; i++) {
        const _PyJitSlot *slot = &b->slots[i];
        _PyJitLoopSlot keep = {.slot = (uint16_t)i};
        if (is_local(b, i) && may_carry(b, slot)) {
            keep.carried = 1;
            keep.type = (uint8_t)type_of_ref(b, slot->number);
        }
        else if (!b->forgot && !slot->touched && !slot->dirty && slot->memory != JIT_REF_NONE) {
            if (slot->number != JIT_REF_NONE) {
                keep.type = (uint8_t)type_of_ref(b, slot->number);
            }
            else if (is_used_by(b, JIT_OP_UNBOX_INT, slot->memory)) {
                keep.type = JIT_TYPE_I64;
            }
            else if (is_used_by(b, JIT_OP_UNBOX_FLOAT, slot->memory)) {
                keep.type = JIT_TYPE_F64;
            }
            else if (!is_used_by(b, JIT_OP_GUARD_RANGE, slot->memory)) {
                continue;
            }
        }
        else {
            continue;
        }
        b->loop[b->nloop++] = keep;
    }
}

void
_PyJitLoop_Header(_PyJitBuilder *b)
{
    const _PyJitRecord *first = &b->t->records[0];
    b->code = first->code;
    b->offset = first->offset - first->prefix;
    b->progress = false;
    for (uint32_t i = 0; i < b->nloop; i++) {
        _PyJitLoopSlot *keep = &b->loop[i];
        keep->object = _PyJitSlot_Object(b, keep->slot);
        if (is_local(b, keep->slot)) {
            (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_BOUND, keep->object, JIT_REF_NONE, 0);
        }
        if (keep->type == JIT_TYPE_NONE) {
            (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_RANGE, keep->object, JIT_REF_NONE, 0);
        }
        else {
            (void)_PyJitSlot_Number(b, keep->slot, keep->type);
        }
    }
    b->loop_head = b->t->nins;
    for (uint32_t i = 0; i < b->nloop && !b->failed; i++) {
        _PyJitLoopSlot *keep = &b->loop[i];
        if (!keep->carried) {
            continue;
        }
        _PyJitSlot *slot = &b->slots[keep->slot];
        keep->phi = _PyJitTrace_Emit(b->t, JIT_OP_PHI, keep->type, slot->number, JIT_REF_NONE, 0, JIT_NO_SNAPSHOT);
        b->failed |= keep->phi == JIT_REF_NONE;
        *slot = (_PyJitSlot){.number = keep->phi, .dirty = 1, .memory_plain = 1, .touched = 1, .carried = 1};
    }
}

bool
_PyJitLoop_Close(_PyJitBuilder *b)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < b->nloop; i++) {
        _PyJitLoopSlot keep = b->loop[i];
        const _PyJitSlot *slot = &b->slots[keep.slot];
        bool holds;
        if (keep.carried) {
            holds = may_carry(b, slot) && type_of_ref(b, slot->number) == keep.type;
            if (holds) {
                JIT_INS(b->t, keep.phi)->b = slot->number;
            }
        }
        else {
            holds = !b->forgot && !slot->touched && !slot->dirty && slot->memory == keep.object;
        }
        if (holds) {
            b->loop[left++] = keep;
        }
    }
    bool all = left == b->nloop;
    b->nloop = left;
    // A local that is a number only because others are, as in `a, b = b, a + b`.
    for (uint32_t i = 0; i < stack_base(b) && b->grow; i++) {
        if (!b->slots[i].carried && may_carry(b, &b->slots[i])) {
            b->loop[b->nloop++] = (_PyJitLoopSlot){
                .slot = (uint16_t)i, .carried = 1, .type = (uint8_t)type_of_ref(b, b->slots[i].number),
            };
            all = false;
        }
    }
    return all;
}

#endif /* _Py_TIER2 */
