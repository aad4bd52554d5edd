/* What side traces need to come back to the head of a loop (side_back.c): noted when the loop's trace is complete, and given to those
 * that begin at an exit of its body.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "jit/build/builder.h"

/* --- The loop --------------------------------------------------------------------------------------------------- */

/* What the slot map said at the head. */
static void
note_slots(_PyJitBuilder *b, const _PyJitSlot *head, uint32_t depth)
{
    for (uint32_t i = 0; i < depth && !b->failed; i++) {
        const _PyJitSlot *slot = &head[i];
        if (!slot->dirty && slot->object == JIT_REF_NONE && slot->number == JIT_REF_NONE && !slot->memory_plain) {
            continue;
        }
        _PyJitHeadSlot known = {
            .slot = (uint16_t)i, .dirty = slot->dirty, .plain = slot->plain, .memory_plain = slot->memory_plain,
            .identity = slot->identity, .object = slot->object, .number = slot->number,
        };
        b->failed |= _PyJitTrace_AddHead(b->t, &known) < 0;
    }
}

/* REF is used in the body. */
static void
mark(_PyJitTrace *t, _PyJitRef ref)
{
    if (!JIT_IS_CONST(ref) && ref < JIT_REF_BIAS + t->head) {
        JIT_INS(t, ref)->spare = 1;
    }
}

static void
mark_snapshot(_PyJitTrace *t, uint16_t index)
{
    if (index == JIT_NO_SNAPSHOT || t->snaps[index].nframes == 0) {
        return;
    }
    const _PyJitSnapSlot *slots;
    uint32_t count = _PyJitTrace_SnapSlots(t, &t->snaps[index], &slots);
    for (uint32_t k = 0; k < count; k++) {
        mark(t, slots[k].value);
    }
}

/* Values from before the head that the body uses. */
static void
note_passed(_PyJitBuilder *b)
{
    _PyJitTrace *t = b->t;
    // The lists of common subexpressions are not needed any more.
    for (uint32_t i = 0; i < t->head; i++) {
        JIT_INS(t, JIT_REF_BIAS + i)->spare = 0;
    }
    for (uint32_t i = t->head; i < t->nins; i++) {
        const _PyJitIns *ins = JIT_INS(t, JIT_REF_BIAS + i);
        if (ins->op == JIT_OP_BYTECODE) {
            continue;
        }
        int nargs = _PyJit_Ops[ins->op].nargs;
        if (nargs > 0 && ins->op != JIT_OP_PHI) {
            mark(t, ins->a);
        }
        if (nargs > 1 || ins->op == JIT_OP_PHI) {
            mark(t, ins->b);
        }
        if (nargs > 2) {
            mark(t, ins->c);
        }
        mark_snapshot(t, ins->snapshot);
    }
    for (uint32_t i = 0; i < t->head && !b->failed; i++) {
        if (JIT_INS(t, JIT_REF_BIAS + i)->spare) {
            b->failed |= _PyJitTrace_AddPassed(t, (_PyJitRef)(JIT_REF_BIAS + i)) < 0;
        }
    }
}

void
_PyJitSide_NoteHead(_PyJitBuilder *b, const _PyJitSlot *head, uint32_t depth, const _PyJitFieldPlan *fields, uint32_t written)
{
    _PyJitTrace *t = b->t;
    if (!pass_is_on(JIT_PASS_SIDE)) {
        t->passed_from = UINT32_MAX;
        return;
    }
    t->head = b->loop_head;
    t->nphis = 0;
    while (JIT_INS(t, JIT_REF_BIAS + t->head + t->nphis)->op == JIT_OP_PHI) {
        t->nphis++;
    }
    t->head_sp = depth;
    t->written = written;
    note_slots(b, head, depth);
    _PyJitForward_NoteHead(b, fields);
    note_passed(b);
    t->has_head = !b->failed && t->npassed + t->nphis <= JIT_MAX_PASSED;
    if (!t->has_head) {
        t->npassed = t->nheads = t->nfields_at_head = 0;
        t->passed_from = UINT32_MAX;
    }
}

/* --- The beginning of a side trace ------------------------------------------------------------------------------ */

bool
_PyJitSide_ComesBack(const _PyJitExit *exit)
{
    const _PyExecutorObject *owner = _PyJitExit_Owner(exit);
    const _PyJitSnapshot *snap = &owner->trace->snaps[exit->snapshot];
    return owner->loop != NULL && owner->anchor->kind == JIT_KIND_LOOP && snap->first_frame_runs && _PyJitSide_TakesValues(exit);
}

bool
_PyJitSide_IsHeld(const _PyJitExit *exit)
{
    return exit->snapshot >= _PyJitExit_Owner(exit)->trace->passed_from && _PyJitSide_ComesBack(exit);
}

_PyJitRef
_PyJitSide_OldValue(_PyJitBuilder *b, const _PyJitTrace *loop, _PyJitRef ref)
{
    if (ref == JIT_REF_NONE) {
        return JIT_REF_NONE;
    }
    if (JIT_IS_CONST(ref)) {
        const _PyJitIns *konst = JIT_INS(loop, ref);
        _PyJitRef here = _PyJitTrace_Const(b->t, konst->type, konst->bits);
        b->failed |= here == JIT_REF_NONE;
        return here;
    }
    assert(b->t->npassed == 0 || b->t->npassed == loop->npassed);
    for (uint32_t i = 0; i < b->t->npassed; i++) {
        if (loop->passed[i] == ref) {
            return b->t->passed[i];
        }
    }
    return JIT_REF_NONE;
}

void
_PyJitSide_BeginHeld(_PyJitBuilder *b)
{
    const _PyJitTrace *loop = b->loop;
    uint64_t held = _PyJitTrace_Held(b->parent, &b->parent->snaps[b->from->snapshot]).slots;
    uint32_t free = free_slot(b, 0);
    b->holds = true;
    for (uint32_t i = 0; i < free && i < 64; i++) {
        assert(!(held >> i & 1) || !b->slots[i].dirty);
        b->slots[i].held = held >> i & 1;
    }
    for (uint32_t i = 0; i < loop->nheads && !b->failed; i++) {
        const _PyJitHeadSlot *head = &loop->heads[i];
        _PyJitSlot *slot = &b->slots[head->slot];
        if (head->slot < free && slot->held && !slot->dirty) {
            slot->object = slot->memory = _PyJitSide_OldValue(b, loop, head->object);
            slot->number = _PyJitSide_OldValue(b, loop, head->number);
            slot->plain = slot->object != JIT_REF_NONE && head->plain;
            slot->memory_plain = head->memory_plain;
        }
    }
}

void
_PyJitSide_BeginFields(_PyJitBuilder *b)
{
    const _PyJitTrace *loop = b->loop;
    b->began_held = _PyJitTrace_Held(b->parent, &b->parent->snaps[b->from->snapshot]).fields;
    for (uint32_t i = 0; i < loop->nfields_at_head && !b->failed; i++) {
        _PyJitHeadField field = loop->fields_at_head[i];
        field.object = _PyJitSide_OldValue(b, loop, field.object);
        field.value = _PyJitSide_OldValue(b, loop, field.value);
        field.number = _PyJitSide_OldValue(b, loop, field.number);
        if (b->began_held >> i & 1 && field.object != JIT_REF_NONE) {
            _PyJitForward_Begin(b, &field, i);
        }
    }
}

#endif /* _Py_TIER2 */
