/* What the last walk of the virtual pass writes: operations, snapshots with their recipes, and all of it in place of the old trace.
 *
 * References in what is written are those of the old trace until all is there: then they are moved, and with them everything that names
 * an operation (heads, passed values, where LOOP goes).
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "jit/optimize/virtual.h"

static bool
grow(_PyJitVirtualPass *p, void **memory, uint32_t *capacity, uint32_t wanted, size_t element)
{
    if (wanted > *capacity) {
        uint32_t enough = Py_MAX(wanted, 2 * *capacity);
        void *grown = PyMem_RawRealloc(*memory, enough * element);
        if (grown == NULL) {
            p->failed = true;
            return false;
        }
        *memory = grown;
        *capacity = enough;
    }
    return true;
}

_PyJitRef
_PyJitVirtual_WriteIns(_PyJitVirtualPass *p, _PyJitIns ins)
{
    if (!p->writes || !grow(p, (void **)&p->ins, &p->ins_cap, p->nins + 1, sizeof(_PyJitIns))) {
        return JIT_REF_NONE;
    }
    p->failed |= p->nins + JIT_REF_BIAS >= UINT16_MAX;
    p->ins[p->nins] = ins;
    return (_PyJitRef)(JIT_REF_BIAS + p->nins++);
}

/* --- Snapshots -------------------------------------------------------------------------------------------------------- */

typedef struct {
    uint32_t n;
    _PyJitVirtualObject *objects[JIT_MAX_RECIPES];
} Named;

/* VALUE is in a snapshot.  false: there are too many. */
static bool
name(_PyJitVirtualPass *p, Named *named, _PyJitRef value)
{
    _PyJitVirtualObject *object = virtual_of(p, resolve(p, value));
    for (uint32_t i = 0; i < named->n && object != NULL; i++) {
        if (named->objects[i] == object) {
            return true;
        }
    }
    if (object == NULL) {
        return true;
    }
    if (named->n == JIT_MAX_RECIPES) {
        _PyJitVirtual_Escapes(p, object);
        return false;
    }
    named->objects[named->n++] = object;
    return true;
}

/* The raw number that stands for REF in a snapshot. */
static _PyJitRef
raw_number(_PyJitVirtualPass *p, _PyJitRef ref)
{
    const _PyJitVirtualNumber *number = number_of(p, ref);
    return number != NULL ? number->number : ref;
}

/* Rule 3. */
static void
tell_apart(_PyJitVirtualPass *p, const _PyJitRef *values, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        _PyJitVirtualNumber *number = number_of(p, values[i]);
        for (uint32_t k = 0; k < n && number != NULL && !number->copied; k++) {
            if (values[k] != values[i] && raw_number(p, values[k]) == number->number) {
                const _PyJitVirtualNumber *other = number_of(p, values[k]);
                number->copied = other == NULL || !other->copied;
            }
        }
    }
}

static void
write_slot(_PyJitVirtualPass *p, uint32_t slot, _PyJitRef value, bool owned)
{
    assert(slot <= JIT_PLACE_FUNCTION);
    if (grow(p, (void **)&p->slots, &p->slots_cap, p->nslots + 1, sizeof(_PyJitSnapSlot))) {
        bool object = number_of(p, value) == NULL && !is_raw(p, value);
        p->slots[p->nslots++] = (_PyJitSnapSlot){.slot = (uint16_t)slot, .value = value, .owned = owned && object};
    }
}

static void
write_frame(_PyJitVirtualPass *p, _PyJitSnapFrame frame)
{
    if (grow(p, (void **)&p->frames, &p->frames_cap, p->nframes + 1, sizeof(_PyJitSnapFrame))) {
        frame.first_slot = (uint16_t)p->nslots;
        p->frames[p->nframes++] = frame;
    }
}

/* Of CONSTANT so many references are missing at operation I: they are for virtuals, which take them later in the instruction. */
static uint32_t
count_missing(_PyJitVirtualPass *p, uint32_t i, _PyJitRef constant)
{
    uint32_t count = 0;
    while (i-- > 0 && ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i))->op != JIT_OP_BYTECODE) {
        count += p->uncounted[i] == UNCOUNTED && resolve(p, ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i))->a) == constant;
    }
    return count;
}

static void
write_snapshot(_PyJitVirtualPass *p, uint32_t at, uint16_t index, const Named *named)
{
    const _PyJitTrace *t = p->t;
    _PyJitSnapshot snap = t->snaps[index];
    uint32_t from = snap.first_frame;
    snap.first_frame = (uint16_t)(snap.nframes == 0 ? 0 : p->nframes);
    for (uint32_t i = 0; i < snap.nframes; i++) {
        const _PyJitSnapFrame *frame = &t->frames[from + i];
        write_frame(p, *frame);
        for (uint32_t k = 0; k < frame->nslots; k++) {
            const _PyJitSnapSlot *slot = &t->slots[frame->first_slot + k];
            _PyJitRef value = resolve(p, slot->value);
            bool owned = slot->owned;
            if (owned && JIT_IS_CONST(value)) {
                uint32_t before = 0;
                for (const _PyJitSnapSlot *other = &t->slots[t->frames[from].first_slot]; other < slot; other++) {
                    before += other->owned && resolve(p, other->value) == value;
                }
                owned = before >= count_missing(p, at, value);
            }
            write_slot(p, slot->slot, value, owned);
        }
    }
    for (uint32_t i = 0; i < named->n; i++) {
        const _PyJitVirtualObject *object = named->objects[i];
        uint32_t before = p->nslots;
        write_frame(p, (_PyJitSnapFrame){.offset = object->ref});
        for (uint32_t k = 0; k < object->n; k++) {
            if (!_PyJitVirtualKind_IsStale(p, &t->snaps[index], object, object->fields[k].place)) {
                uint32_t place = object->fields[k].place;
                _PyJitRef value = object->fields[k].value;
                write_slot(p, place, value, !JIT_IS_CONST(value) || counts_constants(object, place));
            }
        }
        if (!p->failed) {
            p->frames[p->nframes - 1].nslots = (uint16_t)(p->nslots - before);
        }
    }
    snap.nrecipes = (uint8_t)named->n;
    p->snapshot[index] = (uint16_t)p->nsnaps;
    p->snaps[p->nsnaps++] = snap;
}

/* Operation I leaves at snapshot INDEX. */
void
_PyJitVirtual_LookAtSnapshot(_PyJitVirtualPass *p, uint32_t i, uint16_t index)
{
    const _PyJitTrace *t = p->t;
    const _PyJitSnapshot *snap = &t->snaps[index];
    const _PyJitSnapSlot *slots = NULL;
    uint32_t nslots = snap->nframes == 0 ? 0 : _PyJitTrace_SnapSlots(t, snap, &slots);
    bool first = p->first_use[index] == 0;
    Named named = {0};
    _PyJitRef values[JIT_MAX_SLOTS];
    uint32_t n = 0;
    if (first) {
        p->first_use[index] = i + 1;
    }
    for (uint32_t k = 0; k < nslots; k++) {
        values[n++] = resolve(p, slots[k].value);
        if (!name(p, &named, slots[k].value)) {
            return;
        }
    }
    for (uint32_t k = 0; k < named.n; k++) {
        _PyJitVirtualObject *object = named.objects[k];
        bool passes_head = p->head > 0 && i >= p->head && object->ref < JIT_REF_BIAS + p->head;
        if (passes_head || n + object->n > JIT_MAX_SLOTS || object->changed >= p->first_use[index]) {
            // It would have to be carried around the loop, or operations that share the snapshot leave with different fields.
            _PyJitVirtual_Escapes(p, object);
            return;
        }
        for (uint32_t f = 0; f < object->n; f++) {
            if (_PyJitVirtualKind_IsStale(p, snap, object, object->fields[f].place)) {
                continue;
            }
            values[n++] = object->fields[f].value;
            if (!name(p, &named, object->fields[f].value)) {
                return;
            }
        }
    }
    if (named.n > 0 || p->nnumbers > 0) {
        tell_apart(p, values, n);
    }
    if (p->writes && first) {
        write_snapshot(p, i, index, &named);
    }
}

/* --- The new trace ---------------------------------------------------------------------------------------------------- */

/* REF of the old trace in the new one. */
static _PyJitRef
moved(_PyJitVirtualPass *p, _PyJitRef ref)
{
    ref = resolve(p, ref);
    const _PyJitVirtualNumber *number = number_of(p, ref);
    if (number != NULL && !number->copied) {
        ref = number->number;
    }
    return ref == JIT_REF_NONE || JIT_IS_CONST(ref) ? ref : p->moved[ref - JIT_REF_BIAS];
}

void
_PyJitVirtual_ReplaceTrace(_PyJitVirtualPass *p)
{
    _PyJitTrace *t = p->t;
    for (uint32_t i = 0; i < p->nins; i++) {
        _PyJitIns *ins = &p->ins[i];
        if (ins->op != JIT_OP_BYTECODE) {
            ins->a = moved(p, ins->a);
            ins->b = moved(p, ins->b);
            ins->c = moved(p, ins->c);
        }
        if (ins->snapshot != JIT_NO_SNAPSHOT) {
            ins->snapshot = p->snapshot[ins->snapshot];
        }
    }
    for (uint32_t i = 0; i < p->nslots; i++) {
        p->slots[i].value = moved(p, p->slots[i].value);
    }
    for (uint32_t i = 0; i < p->nsnaps; i++) {
        for (uint32_t k = 0; k < p->snaps[i].nrecipes; k++) {
            _PyJitSnapFrame *recipe = &p->frames[p->snaps[i].first_frame + p->snaps[i].nframes + k];
            recipe->offset = (uint32_t)moved(p, (_PyJitRef)recipe->offset) - JIT_REF_BIAS;
        }
    }
    for (uint32_t i = 0; i < t->nheads; i++) {
        t->heads[i].object = moved(p, t->heads[i].object);
        t->heads[i].number = moved(p, t->heads[i].number);
    }
    for (uint32_t i = 0; i < t->nfields_at_head; i++) {
        t->fields_at_head[i].object = moved(p, t->fields_at_head[i].object);
        t->fields_at_head[i].value = moved(p, t->fields_at_head[i].value);
        t->fields_at_head[i].number = moved(p, t->fields_at_head[i].number);
    }
    uint32_t npassed = 0;
    for (uint32_t i = 0; i < t->npassed; i++) {
        _PyJitRef ref = moved(p, t->passed[i]);
        if (!JIT_IS_CONST(ref)) {          // an attribute of a virtual may be
            t->passed[npassed++] = ref;
        }
    }
    t->npassed = npassed;
    _PyJitIns *last = &p->ins[p->nins - 1];
    if (last->op == JIT_OP_LOOP && last->aux > 0) {
        last->aux = p->position[last->aux];
    }
    t->head = t->has_head ? p->position[t->head] : t->head;
    if (t->passed_from != UINT32_MAX) {
        uint32_t before = 0;
        for (uint32_t i = 0; i < t->passed_from && i < t->nsnaps; i++) {
            before += p->first_use[i] > 0;
        }
        t->passed_from = before;
    }
    // The new arrays may be longer: what is counted at the end of a field is read where it is counted in the middle.
    t->nins = 0;
    t->nvalues = 0;
    for (uint32_t i = 0; i < p->nins && !p->failed; i++) {
        const _PyJitIns *ins = &p->ins[i];
        _PyJitRef ref = _PyJitTrace_Emit(t, ins->op, ins->type, ins->a, ins->b, ins->aux, ins->snapshot);
        p->failed |= ref == JIT_REF_NONE;
        if (!p->failed) {
            JIT_INS(t, ref)->c = ins->c;
        }
    }
    t->nsnaps = t->nframes = t->nslots = 0;
    if (p->failed || _PyJitTrace_ReserveSnapshot(t, p->nframes, p->nslots) < 0) {
        p->failed = true;
        return;
    }
    memcpy(t->snaps, p->snaps, p->nsnaps * sizeof(_PyJitSnapshot));      // never more than there were
    memcpy(t->frames, p->frames, p->nframes * sizeof(_PyJitSnapFrame));
    memcpy(t->slots, p->slots, p->nslots * sizeof(_PyJitSnapSlot));
    t->nsnaps = p->nsnaps;
    t->nframes = p->nframes;
    t->nslots = p->nslots;
}

_PyJitRef
_PyJitVirtual_ConstantNumber(_PyJitBuilder *b, _PyJitRef constant)
{
    PyObject *object = (PyObject *)(uintptr_t)JIT_INS(b->t, constant)->bits;
    int overflow;
    if (PyFloat_CheckExact(object)) {
        double real = PyFloat_AS_DOUBLE(object);
        uint64_t bits;
        memcpy(&bits, &real, sizeof(bits));
        return _PyJitTrace_Const(b->t, JIT_TYPE_F64, bits);
    }
    if (!PyLong_CheckExact(object)) {
        return JIT_REF_NONE;
    }
    long long whole = PyLong_AsLongLongAndOverflow(object, &overflow);
    return overflow ? JIT_REF_NONE : _PyJitTrace_Const(b->t, JIT_TYPE_I64, (uint64_t)whole);
}

#endif /* _Py_TIER2 */
