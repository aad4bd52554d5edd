/* Side traces that begin with the values of their exit.
 *
 * An exit whose snapshot has values would write them to memory, only for the side trace to load them, check them and unbox them
 * again.  So a side trace is built for its exit: the slot map begins as the snapshot says, with PARAM operations for the values.
 *
 * An object that the parent has not made is not made here either: its recipe becomes a VIRTUAL.
 *
 * Numbers of the snapshot stay numbers; slots with one value there have one identity (slots.c).  Objects are borrowed from where the
 * parent had them, which this trace knows nothing about: they get references of their own at once.  Bools need none.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_code.h"
#include "jit/build/builder.h"

bool
_PyJitSide_TakesValues(const _PyJitExit *exit)
{
    const _PyJitTrace *t = _PyJitExit_Owner(exit)->trace;
    const _PyJitSnapshot *snap = &t->snaps[exit->snapshot];
    if (!ENGINE->options.typed || !pass_is_on(JIT_PASS_SIDE) || snap->nframes == 0 || snap->kind == JIT_EXIT_BRANCH
        || (exit->places == 0 && !ENGINE->interpreter)) {
        return false;
    }
    const _PyJitSnapSlot *slots;
    return _PyJitTrace_SnapSlots(t, snap, &slots) + t->npassed <= JIT_MAX_PASSED;
}

bool
_PyJitSide_HasFrames(const _PyJitExit *exit)
{
    return _PyJitExit_Owner(exit)->trace->snaps[exit->snapshot].nframes > 1 && _PyJitSide_TakesValues(exit);
}

bool
_PyJitSide_HasVirtuals(const _PyJitExit *exit)
{
    return exit != NULL && _PyJitExit_Owner(exit)->trace->snaps[exit->snapshot].nrecipes > 0;
}

/* The object REF of T stands for, a constant, or NULL. */
static PyObject *
constant_object(const _PyJitTrace *t, _PyJitRef ref)
{
    const _PyJitIns *ins = ref == JIT_REF_NONE || !JIT_IS_CONST(ref) ? NULL : JIT_INS(t, ref);
    return ins != NULL && ins->type == JIT_TYPE_OBJECT ? (PyObject *)(uintptr_t)ins->bits : NULL;
}

int
_PyJitSide_EachConstant(const _PyJitExit *exit, int (*hold)(_PyJitRecorder *, PyObject *), _PyJitRecorder *recorder)
{
    const _PyJitTrace *t = _PyJitExit_Owner(exit)->trace;
    const _PyJitSnapshot *snap = &t->snaps[exit->snapshot];
    const _PyJitSnapSlot *slots = NULL;
    uint32_t count = snap->nframes == 0 ? 0 : _PyJitTrace_SnapSlots(t, snap, &slots);
    for (uint32_t i = 0; i < count; i++) {
        PyObject *object = constant_object(t, slots[i].value);
        if (object != NULL && hold(recorder, object) < 0) {
            return -1;
        }
    }
    if (!_PyJitSide_IsHeld(exit)) {
        return 0;
    }
    const _PyJitTrace *loop = _PyJitExit_Owner(exit)->loop->trace;
    _PyJitHeld held = _PyJitTrace_Held(t, snap);
    for (uint32_t i = 0; i < loop->nheads; i++) {
        const _PyJitHeadSlot *head = &loop->heads[i];
        PyObject *object = head->slot < 64 && held.slots >> head->slot & 1 ? constant_object(loop, head->object) : NULL;
        if (object != NULL && hold(recorder, object) < 0) {
            return -1;
        }
    }
    for (uint32_t i = 0; i < loop->nfields_at_head; i++) {
        PyObject *object = held.fields >> i & 1 ? constant_object(loop, loop->fields_at_head[i].value) : NULL;
        if (object != NULL && hold(recorder, object) < 0) {
            return -1;
        }
    }
    return 0;
}

/* References of the parent and what they are here. */
typedef struct {
    _PyJitBuilder *b;
    const _PyJitTrace *parent;
    _PyJitRef there[JIT_MAX_PASSED], here[JIT_MAX_PASSED];
    uint32_t n;
} Map;

/* What REF of the parent, value number AUX of the exit, is here. */
static _PyJitRef
bring(Map *map, _PyJitRef ref, uint32_t aux)
{
    _PyJitTrace *t = map->b->t;
    const _PyJitIns *ins = JIT_INS(map->parent, ref);
    _PyJitRef here;
    if (JIT_IS_CONST(ref)) {
        here = _PyJitTrace_Const(t, ins->type, ins->bits);
        map->b->failed |= here == JIT_REF_NONE;
        return here;
    }
    for (uint32_t i = 0; i < map->n; i++) {
        if (map->there[i] == ref) {
            return map->here[i];
        }
    }
    here = _PyJitTrace_Emit(t, JIT_OP_PARAM, ins->type, JIT_REF_NONE, JIT_REF_NONE, aux, JIT_NO_SNAPSHOT);
    map->b->failed |= here == JIT_REF_NONE;
    map->there[map->n] = ref;
    map->here[map->n++] = here;
    return here;
}

/* What an operation that makes a virtual has for an operand: a constant, or nothing. */
static _PyJitRef
bring_constant(Map *map, _PyJitRef ref)
{
    assert(ref == JIT_REF_NONE || JIT_IS_CONST(ref));
    return ref == JIT_REF_NONE ? ref : bring(map, ref, 0);
}

/* The map's SLOT, of which the snapshot of the exit says FROM; REF is its value here. */
static void
begin_slot(_PyJitBuilder *b, uint32_t slot, const _PyJitSnapSlot *from, _PyJitRef ref)
{
    int type = type_of_ref(b, ref);
    if (type == JIT_TYPE_I64 || type == JIT_TYPE_F64) {
        b->slots[slot] = (_PyJitSlot){.number = ref, .dirty = 1, .identity = (uint16_t)(ref - JIT_REF_BIAS)};
    }
    else if (JIT_IS_CONST(ref) && JIT_INS(b->t, ref)->bits != 0) {
        b->depth = slot;
        _PyJitSlot_PushConst(b, (PyObject *)(uintptr_t)JIT_INS(b->t, ref)->bits);
        b->slots[slot].owned = (uint8_t)from->owned;
    }
    else {
        b->slots[slot] = (_PyJitSlot){.object = ref, .dirty = 1, .owned = (uint8_t)from->owned};
        b->slots[slot].plain = JIT_IS_CONST(ref) || type == JIT_TYPE_BOOL;
    }
    b->slots[slot].memory_plain = is_local(b, slot) && slot_in_memory(b, slot);      // or it would not be dirty
}

/* The trace gets a reference to OBJECT, if there is one to be had. */
static bool
take_reference(_PyJitBuilder *b, _PyJitRef object)
{
    if (object == JIT_REF_NONE || JIT_IS_CONST(object) || type_of_ref(b, object) == JIT_TYPE_BOOL) {
        return false;
    }
    (void)_PyJitBuild_Emit(b, JIT_OP_INCREF, object, JIT_REF_NONE, 0);
    return true;
}

/* The frames of SNAP: the first one is in memory. */
static void
begin_frames(_PyJitBuilder *b, const _PyJitTrace *parent, const _PyJitSnapshot *snap)
{
    for (uint32_t i = 0; i < snap->nframes && !b->failed; i++) {
        const _PyJitSnapFrame *frame = &parent->frames[snap->first_frame + i];
        PyCodeObject *object = parent->codes[frame->code];
        int code = _PyJitTrace_AddCode(b->t, object);
        if (code < 0) {
            b->failed = true;
            return;
        }
        _PyJitFrame_Enter(b, (uint16_t)code, 128 + (int)i, i == 0);
        _PyJitAbstractFrame *entered = this_frame(b);
        entered->free = entered->base + frame->sp;
        if (i + 1 < snap->nframes) {
            entered->call = frame->offset;
            entered->call_size = _PyJit_CallSize(object, frame->offset);
        }
    }
}

/* Objects that the parent has not made: all values their recipes name, then the objects.  FIRST: number of the first field's value of the
 * exit. */
static void
begin_virtuals(Map *map, const _PyJitSnapshot *snap, uint32_t first)
{
    _PyJitBuilder *b = map->b;
    const _PyJitTrace *parent = map->parent;
    const _PyJitSnapFrame *recipes = &parent->frames[snap->first_frame + snap->nframes];
    uint32_t aux = first;
    for (uint32_t i = 0; i < snap->nrecipes; i++) {
        const _PyJitIns *ins = JIT_INS(parent, JIT_REF_BIAS + recipes[i].offset);
        _PyJitRef here = _PyJitTrace_Emit(b->t, ins->op, JIT_TYPE_OBJECT, bring_constant(map, ins->a), bring_constant(map, ins->b), ins->aux,
                                          JIT_NO_SNAPSHOT);
        b->failed |= here == JIT_REF_NONE;
        map->there[map->n] = (_PyJitRef)(JIT_REF_BIAS + recipes[i].offset);
        map->here[map->n++] = here;
    }
    for (uint32_t i = 0; i < snap->nrecipes && !b->failed; i++) {
        const _PyJitIns *ins = JIT_INS(parent, JIT_REF_BIAS + recipes[i].offset);
        for (uint32_t k = 0; k < recipes[i].nslots && !b->failed; k++, aux++) {
            const _PyJitSnapSlot *field = &parent->slots[recipes[i].first_slot + k];
            _PyJitRef object = bring(map, (_PyJitRef)(JIT_REF_BIAS + recipes[i].offset), 0), value = bring(map, field->value, aux);
            b->failed |= _PyJitTrace_Emit(b->t, JIT_OP_VIRTUAL_FIELD, JIT_TYPE_NONE, object, value, field->slot,
                                          JIT_NO_SNAPSHOT) == JIT_REF_NONE;
            if (ins->op == JIT_OP_VIRTUAL && !b->failed) {
                _PyJitVirtual_Know(b, object, ins->aux, field->slot, value, (uint16_t)(value - JIT_REF_BIAS));
            }
        }
    }
}

/* A virtual begins with one reference.  It has one from each of the SLOTS that owns it, and from each field: all are in the snapshot. */
static void
count_references(Map *map, const _PyJitSnapshot *snap, const _PyJitSnapSlot *slots, uint32_t n)
{
    for (uint32_t i = 0; i < snap->nrecipes; i++) {
        _PyJitRef object = (_PyJitRef)(JIT_REF_BIAS + map->parent->frames[snap->first_frame + snap->nframes + i].offset);
        uint32_t references = 0;
        for (uint32_t k = 0; k < n; k++) {
            references += slots[k].value == object && slots[k].owned;
        }
        assert(references > 0);
        object = bring(map, object, 0);
        while (references-- > 1) {
            (void)_PyJitBuild_Emit(map->b, JIT_OP_INCREF, object, JIT_REF_NONE, 0);
        }
    }
}

/* Rule 19: everything that is a PARAM stands before the first virtual. */
static void
bring_all(Map *map, const _PyJitSnapSlot *slots, uint32_t n)
{
    for (uint32_t i = 0; i < n && !map->b->failed; i++) {
        if (!_PyJitTrace_IsVirtual(map->parent, slots[i].value)) {
            (void)bring(map, slots[i].value, i);
        }
    }
}

void
_PyJitSide_Begin(_PyJitBuilder *b)
{
    const _PyJitTrace *parent = b->parent;
    const _PyJitSnapshot *snap = &parent->snaps[b->from->snapshot];
    Map map = {.b = b, .parent = parent};
    bool held = _PyJitSide_IsHeld(b->from);
    const _PyJitSnapSlot *slots;
    uint32_t nslots = _PyJitTrace_SnapSlots(parent, snap, &slots);
    for (uint32_t i = 0; held && i < parent->npassed && !b->failed; i++) {
        b->failed |= _PyJitTrace_AddPassed(b->t, bring(&map, parent->passed[i], nslots + i)) < 0;
    }
    b->t->passed_from = held ? 0 : UINT32_MAX;
    if (snap->nrecipes > 0) {
        const _PyJitSnapFrame *recipe = &parent->frames[snap->first_frame + snap->nframes];
        bring_all(&map, slots, nslots);
        begin_virtuals(&map, snap, recipe->first_slot - (uint32_t)(slots - parent->slots));
        count_references(&map, snap, slots, nslots);
    }
    begin_frames(b, parent, snap);
    for (uint32_t k = 0, aux = 0; k < snap->nframes && !b->failed; k++) {
        const _PyJitSnapFrame *frame = &parent->frames[snap->first_frame + k];
        const _PyJitSnapSlot *last = &parent->slots[frame->first_slot + frame->nslots - 1];
        if (k > 0 && last->slot == JIT_SLOT_GENERATOR) {
            b->frames[k].generator = bring(&map, last->value, aux + frame->nslots - 1u);
        }
        for (uint32_t i = 0; i < frame->nslots && !b->failed; i++, aux++) {
            const _PyJitSnapSlot *from = &parent->slots[frame->first_slot + i];
            _PyJitRef ref = bring(&map, from->value, aux);
            if (b->failed) {
                return;
            }
            if (from->slot == JIT_SLOT_FUNCTION) {
                b->frames[k].function = ref;
                b->frames[k].owns_function = from->owned;
            }
            else if (from->slot != JIT_SLOT_GENERATOR) {
                begin_slot(b, b->frames[k].base + from->slot, from, ref);
            }
        }
    }
    if (b->failed) {
        return;
    }
    b->identities += (uint16_t)b->t->nins;
    b->depth = this_frame(b)->free;
    b->sp = UINT32_MAX;        // where the machine's is, nobody knows
    if (held) {
        _PyJitSide_BeginHeld(b);
        _PyJitSide_BeginFields(b);
    }
    for (uint32_t i = 0; i < b->depth; i++) {
        _PyJitSlot *slot = &b->slots[i];
        if (slot->dirty && !slot->owned) {
            slot->owned = take_reference(b, slot->object);
        }
    }
    for (uint32_t k = 1; k < b->nframes; k++) {
        if (!b->frames[k].owns_function) {
            b->frames[k].owns_function = take_reference(b, b->frames[k].function);
        }
    }
}

#endif /* _Py_TIER2 */
