/* The plan of a loop that is peeled: what is kept of each slot, the head with its PHIs, and LOOP.  The rules are those of loop.c. */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_global_objects.h"   // _PY_NSMALLNEGINTS
#include "jit/build/loop.h"

/* --- Slots ------------------------------------------------------------------------------------------------------------ */

void
_PyJitLoop_DropSmallObjects(_PyJitBuilder *b, uint32_t depth)
{
    for (uint32_t i = 0; i < depth; i++) {
        _PyJitSlot *slot = &b->slots[i];
        if (!slot->dirty || slot->object == JIT_REF_NONE || slot->number == JIT_REF_NONE) {
            continue;
        }
        const _PyJitIns *number = JIT_INS(b->t, slot->number);
        if (number->op == JIT_OP_KONST && number->type == JIT_TYPE_I64
            && (int64_t)number->bits >= -_PY_NSMALLNEGINTS && (int64_t)number->bits < _PY_NSMALLPOSINTS) {
            slot->object = JIT_REF_NONE;
            slot->owned = 0;
            slot->identity = ++b->identities;
        }
    }
    _PyJitVirtual_Unbox(b, depth);
}

/* A dirty slot's memory is plain, or nobody's. */
static bool
may_stay_dirty(const _PyJitBuilder *b, uint32_t index)
{
    const _PyJitSlot *slot = &b->slots[index];
    return slot->dirty && !slot->owned && (!is_local(b, index) || slot->memory_plain)
        && (slot->object == JIT_REF_NONE ? slot->number != JIT_REF_NONE : JIT_IS_CONST(slot->object));
}

/* All slots of one identity go to memory together, or one would get a box of its own.  SLOTS: at the mark or at LOOP. */
static bool
keep_groups_whole(Loop *loop, const _PyJitSlot *slots)
{
    bool changed = false, more = true;
    while (more) {
        more = false;
        for (uint32_t i = 0; i < loop->depth; i++) {
            for (uint32_t j = 0; j < loop->depth && is_bare(&slots[i]); j++) {
                if (is_bare(&slots[j]) && slots[i].identity == slots[j].identity
                    && loop->keep[i].dirty && !loop->keep[j].dirty) {
                    loop->keep[i] = (Keep){.number = CHANGES, .plain = 1};
                    more = changed = true;
                }
            }
        }
    }
    return changed;
}

/* What memory holds is plain once SLOT is written there. */
static bool
leaves_plain(const _PyJitSlot *slot)
{
    return slot->dirty ? slot->plain || slot->number != JIT_REF_NONE : slot->memory_plain;
}

/* Slot I is an instance that need not be there at the head. */
static bool
plan_virtual(Loop *loop, uint32_t i)
{
    if (loop->nvirtuals == MOST_VIRTUALS || !_PyJitVirtual_Describe(loop->b, i, &loop->virtuals[loop->nvirtuals].before)) {
        return false;
    }
    loop->virtuals[loop->nvirtuals++].slot = i;
    loop->keep[i] = (Keep){.dirty = 1, .object = VIRTUAL, .plain = 1};
    return true;
}

void
_PyJitLoop_FirstPlan(Loop *loop)
{
    const _PyJitBuilder *b = loop->b;
    loop->nvirtuals = 0;
    for (uint32_t i = 0; i < loop->depth; i++) {
        const _PyJitSlot *slot = &b->slots[i];
        Keep *keep = &loop->keep[i];
        if (plan_virtual(loop, i)) {
            continue;
        }
        *keep = (Keep){.dirty = may_stay_dirty(b, i)};
        keep->plain = keep->dirty ? slot->memory_plain : leaves_plain(slot);
        keep->object = slot->object != JIT_REF_NONE ? SAME : NOTHING;
        if (slot->number != JIT_REF_NONE) {
            keep->number = is_bare(slot) && !JIT_IS_CONST(slot->number) ? CHANGES : SAME;
        }
    }
    (void)keep_groups_whole(loop, b->slots);
}

bool
_PyJitLoop_IsWorthIt(const Loop *loop)
{
    for (uint32_t i = 0; i < loop->depth; i++) {
        const Keep *keep = &loop->keep[i];
        if (keep->dirty || keep->object || keep->number || keep->plain) {
            return true;
        }
    }
    return false;
}

/* --- Head and end of the body ------------------------------------------------------------------------------------------ */

/* Writes what the plan does not keep; checks lead to the first instruction. */
static void
write_the_rest(Loop *loop)
{
    _PyJitBuilder *b = loop->b;
    _PyJitBuild_MakeSure(b, (uint16_t)b->end_code, b->end_offset);
    _PyJitBuild_AtEnd(b);
    for (uint32_t i = 0; i < loop->depth; i++) {
        b->slots[i].carried = loop->keep[i].dirty;
    }
    _PyJitBuild_Flush(b, true);
    for (uint32_t i = 0; i < loop->depth; i++) {
        b->slots[i].carried = 0;
    }
}

static _PyJitRef
emit_phi(Loop *loop, uint32_t index)
{
    _PyJitBuilder *b = loop->b;
    const _PyJitSlot *slot = &b->slots[index];
    for (uint32_t i = 0; i < index && is_bare(slot); i++) {
        if (loop->keep[i].number == CHANGES && is_bare(&b->slots[i]) && b->slots[i].identity == slot->identity) {
            return loop->head[i].number;
        }
    }
    _PyJitRef phi = _PyJitTrace_Emit(b->t, JIT_OP_PHI, type_of_ref(b, slot->number), slot->number, JIT_REF_NONE, 0,
                                     JIT_NO_SNAPSHOT);
    b->failed |= phi == JIT_REF_NONE;
    return phi;
}

/* The numbers of the instances that are not made. */
static void
emit_virtual_phis(Loop *loop)
{
    _PyJitBuilder *b = loop->b;
    for (uint32_t i = 0; i < loop->nvirtuals; i++) {
        const _PyJitShape *shape = &loop->virtuals[i].before;
        if (loop->keep[loop->virtuals[i].slot].object != VIRTUAL) {
            continue;
        }
        _PyJitVirtual_Bind(b, shape);
        for (uint32_t k = 0; k < shape->n && !b->failed; k++) {
            _PyJitRef number = shape->fields[k].number;
            if (type_of_ref(b, number) != JIT_TYPE_OBJECT) {
                number = _PyJitTrace_Emit(b->t, JIT_OP_PHI, type_of_ref(b, number), number, JIT_REF_NONE, 0, JIT_NO_SNAPSHOT);
                b->failed |= number == JIT_REF_NONE;
            }
            loop->virtuals[i].head[k] = number;
        }
    }
}

static void
emit_virtuals(Loop *loop)
{
    _PyJitBuilder *b = loop->b;
    for (uint32_t i = 0; i < loop->nvirtuals && !b->failed; i++) {
        uint32_t slot = loop->virtuals[i].slot;
        if (loop->keep[slot].object == VIRTUAL) {
            _PyJitRef object = _PyJitVirtual_Emit(b, &loop->virtuals[i].before, loop->virtuals[i].head);
            loop->head[slot] = (_PyJitSlot){.object = object, .dirty = 1, .owned = 1, .memory_plain = 1};
            b->slots[slot] = loop->head[slot];
        }
    }
}

/* A virtual that LOOP does not bring back alike goes to memory. */
static bool
check_virtuals(Loop *loop)
{
    _PyJitBuilder *b = loop->b;
    bool holds = true;
    for (uint32_t i = 0; i < loop->nvirtuals; i++) {
        _PyJitShape *end = &loop->virtuals[i].end, *before = &loop->virtuals[i].before;
        Keep *keep = &loop->keep[loop->virtuals[i].slot];
        if (keep->object != VIRTUAL) {
            continue;
        }
        if (!_PyJitVirtual_Describe(b, loop->virtuals[i].slot, end) || !_PyJitVirtual_IsAlike(b->t, before, b->t, end)) {
            *keep = (Keep){0};
            holds = false;
        }
    }
    return holds;
}

void
_PyJitLoop_MakeHead(Loop *loop)
{
    _PyJitBuilder *b = loop->b;
    _PyJitLoop_Rewind(loop);
    _PyJitLoop_DropSmallObjects(b, loop->depth);
    write_the_rest(loop);
    b->loop_head = b->t->nins;
    b->shares_from = b->t->passed_from = b->t->nsnaps;
    b->holds = pass_is_on(JIT_PASS_SIDE);
    b->began_held = 0;
    for (uint32_t i = 0; i < loop->depth && !b->failed; i++) {
        const _PyJitSlot *slot = &b->slots[i];
        Keep *keep = &loop->keep[i];
        _PyJitSlot *head = &loop->head[i];
        *head = (_PyJitSlot){.dirty = keep->dirty, .memory_plain = keep->plain, .identity = slot->identity,
                              .held = !keep->dirty};
        if (keep->object == VIRTUAL) {
            continue;          // behind the PHIs
        }
        if (keep->object == SAME) {
            head->object = slot->object;
            head->plain = slot->plain;
            head->memory = keep->dirty ? JIT_REF_NONE : slot->memory;
        }
        if (keep->number == CHANGES) {
            head->number = emit_phi(loop, i);
        }
        else if (keep->number == SAME) {
            head->number = slot->number;
        }
    }
    emit_virtual_phis(loop);
    memset(b->slots, 0, b->nslots * sizeof(_PyJitSlot));
    memcpy(b->slots, loop->head, loop->depth * sizeof(_PyJitSlot));
    _PyJitCse_Barrier(b, loop->written);
    b->written = 0;
    _PyJitForward_MakeHead(b, &loop->fields, loop->written >> JIT_CLASS_ATTR & 1);
    emit_virtuals(loop);
}

bool
_PyJitLoop_CheckPlan(Loop *loop)
{
    _PyJitBuilder *b = loop->b;
    bool holds = (b->written & ~loop->written) == 0;
    holds &= _PyJitForward_CheckPlan(b, &loop->fields);
    holds &= check_virtuals(loop);
    loop->written |= b->written;
    loop->again = false;
    for (uint32_t i = 0; i < loop->depth; i++) {
        const _PyJitSlot *slot = &b->slots[i], *head = &loop->head[i];
        Keep *keep = &loop->keep[i];
        if (keep->object == VIRTUAL) {
            continue;
        }
        bool number = slot->number != JIT_REF_NONE && head->number != JIT_REF_NONE
            && type_of_ref(b, slot->number) == type_of_ref(b, head->number);
        if (keep->dirty && !(may_stay_dirty(b, i) && slot->object == head->object
                             && (slot->object != JIT_REF_NONE || number))) {
            *keep = (Keep){.number = number ? CHANGES : NOTHING, .plain = leaves_plain(head) && leaves_plain(slot)};
            holds = false;
            loop->again |= head->object != JIT_REF_NONE && is_bare(slot) && may_stay_dirty(b, i);
            continue;
        }
        if (keep->number != NOTHING && !number) {
            keep->number = NOTHING;
            holds = false;
        }
        if (keep->number == SAME && slot->number != head->number) {
            keep->number = CHANGES;
            keep->settled = 1;
            holds = false;
        }
        if (keep->dirty) {
            continue;
        }
        if (keep->object == SAME && (slot->dirty || slot->memory != head->memory)) {
            keep->object = NOTHING;
            holds = false;
        }
        if (keep->plain && !leaves_plain(slot)) {
            keep->plain = 0;
            holds = false;
        }
        loop->again |= is_bare(slot) && may_stay_dirty(b, i);
    }
    // Identity: who is one at the head is one at LOOP, and nobody else.
    for (uint32_t i = 0; i < loop->depth; i++) {
        for (uint32_t j = i + 1; loop->keep[i].dirty && j < loop->depth; j++) {
            if (loop->keep[j].dirty && is_bare(&loop->head[i]) && is_bare(&loop->head[j])
                && (loop->head[i].identity == loop->head[j].identity) != (b->slots[i].identity == b->slots[j].identity)) {
                loop->keep[i] = loop->keep[j] = (Keep){.number = CHANGES, .plain = 1};
                holds = false;
            }
        }
    }
    bool split = keep_groups_whole(loop, b->slots);
    split |= keep_groups_whole(loop, loop->mark.slots);
    return holds && !split;
}

bool
_PyJitLoop_SettleNumbers(Loop *loop)
{
    bool found = false;
    for (uint32_t i = 0; i < loop->depth; i++) {
        Keep *keep = &loop->keep[i];
        if (keep->number == CHANGES && !keep->settled
            && JIT_INS(loop->b->t, loop->head[i].number)->a == loop->b->slots[i].number) {
            keep->number = SAME;
            keep->settled = 1;
            found = true;
        }
    }
    return found;
}

void
_PyJitLoop_Close(Loop *loop)
{
    _PyJitBuilder *b = loop->b;
    write_the_rest(loop);
    for (uint32_t i = 0; i < loop->depth; i++) {
        if (loop->keep[i].number == CHANGES) {
            JIT_INS(b->t, loop->head[i].number)->b = b->slots[i].number;
        }
    }
    for (uint32_t i = 0; i < loop->nvirtuals; i++) {
        const _PyJitShape *end = &loop->virtuals[i].end;
        if (loop->keep[loop->virtuals[i].slot].object != VIRTUAL) {
            continue;
        }
        _PyJitVirtual_Bind(b, end);
        for (uint32_t k = 0; k < end->n; k++) {
            if (type_of_ref(b, end->fields[k].number) != JIT_TYPE_OBJECT) {
                JIT_INS(b->t, loop->virtuals[i].head[k])->b = end->fields[k].number;
            }
        }
    }
    _PyJitForward_Close(b, &loop->fields);
    b->failed |= _PyJitTrace_Emit(b->t, JIT_OP_LOOP, JIT_TYPE_NONE, JIT_REF_NONE, JIT_REF_NONE, b->loop_head,
                                  JIT_NO_SNAPSHOT) == JIT_REF_NONE;
}

#endif /* _Py_TIER2 */
