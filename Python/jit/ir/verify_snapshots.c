/* The verifier's rules of snapshots and exits (verify.c has the others). */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "jit/ir/verify.h"

static int
needs_snapshot(const _PyJitTrace *t, const _PyJitIns *ins)
{
    if (ins->op == JIT_OP_OPAQUE) {
        return (_PyJit_Insts[t->records[ins->aux].opcode].flags & JIT_INST_DEOPTS) != 0;
    }
    return (_PyJit_Ops[ins->op].flags & JIT_OPFLAG_EXITS) != 0;
}

/* Why an operation leaves. */
static int
is_kind_of(int op, int kind)
{
    if (op == JIT_OP_MAY_LEAVE) {
        return kind == JIT_EXIT_SIDE || kind == JIT_EXIT_AGAIN;
    }
    if (kind == JIT_EXIT_SIDE) {
        return op != JIT_OP_OPAQUE && (_PyJit_Ops[op].flags & JIT_OPFLAG_PURE) != 0;
    }
    switch (op) {
        case JIT_OP_GUARD_IP:
        case JIT_OP_EXIT_DYNAMIC:
        case JIT_OP_UNRAISED_DYNAMIC:
            return kind == JIT_EXIT_BRANCH;
        case JIT_OP_ON_ERROR:
            return kind == JIT_EXIT_RAISED;
        case JIT_OP_CHECK_VALID:
            return kind == JIT_EXIT_INVALID;
        case JIT_OP_GUARD_NO_EVENT:
            return kind == JIT_EXIT_EVENT;
        case JIT_OP_GUARD_RESUME:
            return kind == JIT_EXIT_EVENT || kind == JIT_EXIT_AGAIN;
        case JIT_OP_EXIT:
        case JIT_OP_UNRAISED:
            return kind == JIT_EXIT_END;
        case JIT_OP_OPAQUE:
            return kind == JIT_EXIT_DEOPT;
        default:
            return kind == JIT_EXIT_DEOPT || kind == JIT_EXIT_AGAIN;
    }
}

/* SNAP, whose frames exist, has a recipe for VALUE, if that is a virtual. */
static bool
is_made(const _PyJitTrace *t, const _PyJitSnapshot *snap, _PyJitRef value)
{
    const _PyJitSnapFrame *recipes = &t->frames[snap->first_frame + snap->nframes];
    for (uint32_t i = 0; i < snap->nrecipes; i++) {
        if (JIT_REF_BIAS + recipes[i].offset == value) {
            return true;
        }
    }
    return !_PyJitTrace_IsVirtual(t, value);
}

static int
check_recipes(Walk *w, const _PyJitSnapshot *snap)
{
    const _PyJitTrace *t = w->t;
    for (uint32_t i = 0; i < snap->nrecipes; i++) {
        const _PyJitSnapFrame *recipe = &t->frames[snap->first_frame + snap->nframes + i];
        if (recipe->offset >= w->index || !_PyJitTrace_IsVirtual(t, (_PyJitRef)(JIT_REF_BIAS + recipe->offset))) {
            return _PyJitVerify_Broken(w, 16, "recipe %u is of no virtual defined before", i);
        }
        if (snap->nframes == 0 || recipe->first_slot != recipe[-1].first_slot + recipe[-1].nslots
            || recipe->first_slot > t->nslots || recipe->nslots > t->nslots - recipe->first_slot) {
            return _PyJitVerify_Broken(w, 14, "the fields of recipe %u do not follow what stands before it", i);
        }
        for (uint32_t j = 0; j < recipe->nslots; j++) {
            const _PyJitSnapSlot *field = &t->slots[recipe->first_slot + j];
            int type = type_of_value(t, field->value, w->index);
            if (type == JIT_TYPE_NONE || type == JIT_TYPE_IP) {
                return _PyJitVerify_Broken(w, 14, "field x%u of recipe %u holds no value defined before", field->slot, i);
            }
            if (field->owned && !is_subtype(type, JIT_TYPE_OBJECT)) {
                return _PyJitVerify_Broken(w, 20, "field x%u of recipe %u owns a raw number", field->slot, i);
            }
            if (!is_made(t, snap, field->value)) {
                return _PyJitVerify_Broken(w, 16, "field x%u of recipe %u holds a virtual that has no recipe", field->slot, i);
            }
        }
    }
    return 0;
}

static int
check_frames(Walk *w, const _PyJitSnapshot *snap)
{
    const _PyJitTrace *t = w->t;
    uint32_t count = (uint32_t)snap->nframes + snap->nrecipes;
    if (snap->first_frame > t->nframes || count > t->nframes - snap->first_frame) {
        return _PyJitVerify_Broken(w, 14, "frames %u to %u of %u", snap->first_frame, snap->first_frame + count, t->nframes);
    }
    if (check_recipes(w, snap) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < snap->nframes; i++) {
        const _PyJitSnapFrame *frame = &t->frames[snap->first_frame + i];
        if (!is_place(t, frame->code, frame->offset, 1)) {
            return _PyJitVerify_Broken(w, 9, "frame at c%u:%u, which is not in a code of the trace", frame->code, frame->offset);
        }
        if (frame->first_slot > t->nslots || frame->nslots > t->nslots - frame->first_slot) {
            return _PyJitVerify_Broken(w, 14, "slots %u to %u of %u", frame->first_slot,
                                       frame->first_slot + frame->nslots, t->nslots);
        }
        PyCodeObject *object = t->codes[frame->code];
        if (object != NULL && (frame->sp < (uint32_t)object->co_nlocalsplus
                               || frame->sp > (uint32_t)(object->co_nlocalsplus + object->co_stacksize))) {
            return _PyJitVerify_Broken(w, 14, "the stack pointer at slot %u, which is not in the stack", frame->sp);
        }
        for (uint32_t j = 0; j < frame->nslots; j++) {
            const _PyJitSnapSlot *slot = &t->slots[frame->first_slot + j];
            if (j > 0 && slot->slot <= slot[-1].slot) {
                return _PyJitVerify_Broken(w, 14, "slot x%u after x%u", slot->slot, slot[-1].slot);
            }
            if (frame->sp > 0 && slot->slot >= frame->sp && slot->slot < JIT_SLOT_GENERATOR) {
                return _PyJitVerify_Broken(w, 14, "slot x%u above the stack pointer", slot->slot);
            }
            int type = type_of_value(t, slot->value, w->index);
            if (type == JIT_TYPE_NONE || type == JIT_TYPE_IP) {
                return _PyJitVerify_Broken(w, 14, "slot x%u holds no value defined before", slot->slot);
            }
            if (slot->owned && !is_subtype(type, JIT_TYPE_OBJECT)) {
                return _PyJitVerify_Broken(w, 20, "slot x%u owns a raw number", slot->slot);
            }
            if (!is_made(t, snap, slot->value)) {
                return _PyJitVerify_Broken(w, 16, "slot x%u holds a virtual that has no recipe", slot->slot);
            }
        }
        // Slots ascend, so the function or generator is the last one.
        const _PyJitSnapSlot *function = frame->nslots > 0 ? &t->slots[frame->first_slot + frame->nslots - 1u] : NULL;
        bool has_function = function != NULL && function->slot >= JIT_SLOT_GENERATOR;
        if (has_function != (i > 0)) {
            return _PyJitVerify_Broken(w, 20, i > 0 ? "frame %u has no function" : "frame %u exists and has a function", i);
        }
        if (has_function && !is_subtype(type_of_value(t, function->value, w->index), JIT_TYPE_OBJECT)) {
            return _PyJitVerify_Broken(w, 20, "the function of frame %u is a raw number", i);
        }
        if (i > 0 && frame->first_slot != frame[-1].first_slot + frame[-1].nslots) {
            return _PyJitVerify_Broken(w, 14, "the slots of frame %u do not follow those of the one before", i);
        }
    }
    if (snap->nframes > 0) {
        const _PyJitSnapFrame *innermost = &t->frames[snap->first_frame + snap->nframes - 1];
        if (snap->kind != JIT_EXIT_BRANCH
            && (innermost->code != snap->code || innermost->offset != snap->offset)) {
            return _PyJitVerify_Broken(w, 14, "the last frame is not where tier 1 goes on");
        }
    }
    return 0;
}

/* A snapshot leads to NEXT, which the trace goes on with, or to where it came from: a loop's jump stands for all ways to where that
 * leads. */
static bool
leads_to(const _PyJitSnapshot *snap, const _PyJitRecord *next)
{
    return snap->code == next->code
        && (snap->offset == start_of(next)
            || (next->opcode == JUMP_BACKWARD && next->offset + next->size == snap->offset + next->oparg));
}

/* Left by a typed operation, not by one that stands beside an OPAQUE. */
static int
is_lowered_exit(const _PyJitIns *ins, const _PyJitSnapshot *snap)
{
    return ins->op != JIT_OP_OPAQUE && (snap->kind == JIT_EXIT_DEOPT || snap->kind == JIT_EXIT_SIDE || snap->kind == JIT_EXIT_EVENT
                                         || snap->kind == JIT_EXIT_AGAIN);
}

/* A check leads to its own instruction, a box or a check before the loop to the next one; a branch somewhere else,
 * and so what leads back to before an exception that is not made. */
static int
check_lowered_exit(Walk *w, const _PyJitSnapshot *snap)
{
    const _PyJitTrace *t = w->t;
    if (!is_place(t, snap->code, snap->offset, 1)) {
        return _PyJitVerify_Broken(w, 9, "leaves at c%u:%u, which is not in a code of the trace", snap->code, snap->offset);
    }
    if (snap->kind == JIT_EXIT_SIDE || snap->kind == JIT_EXIT_AGAIN) {
        return snap->progress && w->lowered ? 0 : _PyJitVerify_Broken(w, 12, "a branch comes after an instruction");
    }
    int loops = JIT_INS(t, JIT_REF_BIAS + t->nins - 1)->op == JIT_OP_LOOP;
    const _PyJitRecord *places[] = {w->lowered, w->next ? w->next : loops ? w->first : NULL};
    if (w->next == NULL && !loops && snap->progress) {
        return 0;              // where the trace ends
    }
    int found = 0;
    for (int i = 0; i < 2; i++) {
        const _PyJitRecord *place = places[i];
        if (place != NULL && place->code == snap->code && (start_of(place) == snap->offset || (i == 1 && leads_to(snap, place)))) {
            found = 1;
            if (snap->progress == (w->begun > (i == 0 ? 1u : 0u))) {
                return 0;
            }
        }
    }
    return found ? _PyJitVerify_Broken(w, 12, "its snapshot is wrong about what was executed before it")
                 : _PyJitVerify_Broken(w, 13, "its snapshot names c%u:%u, which is neither its instruction nor the next one",
                                       snap->code, snap->offset);
}

int
_PyJitVerify_Snapshot(Walk *w, const _PyJitIns *ins)
{
    const _PyJitTrace *t = w->t;
    int needed = needs_snapshot(t, ins);
    if (ins->snapshot == JIT_NO_SNAPSHOT) {
        return needed ? _PyJitVerify_Broken(w, 7, "has no snapshot") : 0;
    }
    if (!needed) {
        return _PyJitVerify_Broken(w, 7, "never leaves, but has a snapshot");
    }
    if (ins->snapshot >= t->nsnaps) {
        return _PyJitVerify_Broken(w, 7, "snapshot %u of %u", ins->snapshot, t->nsnaps);
    }
    const _PyJitSnapshot *snap = &t->snaps[ins->snapshot];
    if (!is_kind_of(ins->op, snap->kind)) {
        return _PyJitVerify_Broken(w, 10, "its snapshot is %s", _PyJitExitKind_Name(snap->kind));
    }
    if (is_lowered_exit(ins, snap)) {
        return check_lowered_exit(w, snap) < 0 ? -1 : check_frames(w, snap);
    }
    if (snap->kind == JIT_EXIT_RAISED) {
        return snap->progress ? check_frames(w, snap) : _PyJitVerify_Broken(w, 12, "an instruction that raises was executed");
    }
    if (snap->progress != (w->begun > 0)) {
        return _PyJitVerify_Broken(w, 12, w->begun ? "instructions were executed before it, its snapshot says none were"
                                   : "its snapshot says that instructions were executed before it");
    }
    if (ins->op != JIT_OP_EXIT_DYNAMIC && ins->op != JIT_OP_UNRAISED_DYNAMIC && !is_place(t, snap->code, snap->offset, 1)) {
        return _PyJitVerify_Broken(w, 9, "leaves at c%u:%u, which is not in a code of the trace", snap->code, snap->offset);
    }
    const _PyJitRecord *there = NULL;     // where the snapshot must lead
    if (ins->op == JIT_OP_OPAQUE) {
        there = &t->records[ins->aux];
    }
    else if (ins->op == JIT_OP_GUARD_IP || ins->op == JIT_OP_CHECK_VALID) {
        int loops = JIT_INS(t, JIT_REF_BIAS + t->nins - 1)->op == JIT_OP_LOOP;
        there = w->next ? w->next : loops ? w->first : NULL;
    }
    bool leads = there == NULL || (snap->code == there->code && snap->offset == start_of(there));
    if (!leads && !(ins->op == JIT_OP_CHECK_VALID && leads_to(snap, there))) {
        return _PyJitVerify_Broken(w, 13, "its snapshot names c%u:%u, not c%u:%u",
                                   snap->code, snap->offset, there->code, start_of(there));
    }
    return check_frames(w, snap);
}

#endif /* _Py_TIER2 */
