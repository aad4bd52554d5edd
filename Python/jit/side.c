/* Side traces that begin with the values of their exit.
 *
 * An exit whose snapshot has values would write them to memory, only for the side trace to load them, check them and unbox them
 * again.  So a side trace is built for its exit: the slot map begins as the snapshot says, with PARAM operations for the values.
 *
 * Numbers of the snapshot stay numbers; slots with one value there have one identity (slots.c).  Objects are borrowed from where the
 * parent had them, which this trace knows nothing about: they get references of their own at once.  Bools need none.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "jit/lower.h"

bool
_PyJitSide_TakesValues(const _PyJitExit *exit)
{
    const _PyJitTrace *t = exit->owner->trace;
    const _PyJitSnapshot *snap = &t->snaps[exit->snapshot];
    if (!ENGINE->options.typed || !pass_is_on(JIT_PASS_SIDE) || snap->nframes != 1 || exit->target == NULL
        || (exit->places == NULL && !ENGINE->interpreter)) {
        return false;
    }
    return t->frames[snap->first_frame].nslots + t->npassed <= JIT_MAX_PASSED;
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
    b->slots[slot].memory_plain = is_local(b, slot);       // or it would not be dirty
}

void
_PyJitSide_Begin(_PyJitBuilder *b)
{
    const _PyJitTrace *parent = b->from->owner->trace;
    const _PyJitSnapFrame *frame = &parent->frames[parent->snaps[b->from->snapshot].first_frame];
    Map map = {.b = b, .parent = parent};
    for (uint32_t i = 0; i < frame->nslots && !b->failed; i++) {
        const _PyJitSnapSlot *from = &parent->slots[frame->first_slot + i];
        _PyJitRef ref = bring(&map, from->value, i);
        if (!b->failed) {
            begin_slot(b, from->slot, from, ref);
        }
    }
    b->identities += (uint16_t)b->t->nins;
    b->depth = frame->sp;
    b->sp = UINT32_MAX;        // where the machine's is, nobody knows
    for (uint32_t i = 0; i < b->depth; i++) {
        _PyJitSlot *slot = &b->slots[i];
        if (slot->dirty && !slot->owned && slot->object != JIT_REF_NONE && !JIT_IS_CONST(slot->object)
            && type_of_ref(b, slot->object) != JIT_TYPE_BOOL) {
            (void)_PyJitBuild_Emit(b, JIT_OP_INCREF, slot->object, JIT_REF_NONE, 0);
            slot->owned = 1;
        }
    }
}

#endif /* _Py_TIER2 */
