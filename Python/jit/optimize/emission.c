/* Operations that the builder emits, and the snapshots of those that may leave.
 *
 * A snapshot says what the slot map has and memory has not.  It is made once for all checks of an instruction, which come before the
 * first change of the map; and one that would say the same as the one before is that one.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "jit/optimize/optimize.h"

/* Numbers without objects in the snapshot that is made: where its slots have them, and in the map. */
typedef struct {
    uint32_t n;
    uint16_t places[JIT_MAX_SLOTS], slots[JIT_MAX_SLOTS];
} Bare;

/* Frames and slots of a snapshot that leads to CODE:OFFSET, behind those the trace has; there is room for them.  *bare: which slots are
 * numbers.  Returns the number of slots; 0 if memory says it all, or knows all but the stack pointer. */
static uint32_t
write_frames(_PyJitBuilder *b, uint16_t code, uint32_t offset, Bare *bare)
{
    _PyJitTrace *t = b->t;
    _PyJitSnapSlot *slots = &t->slots[t->nslots];
    _PyJitSnapFrame *to = &t->frames[t->nframes];
    uint32_t n = 0, ndirty = 0, nbare = 0;
    for (uint32_t number = b->machine; number < b->nframes; number++, to++) {
        const _PyJitAbstractFrame *frame = &b->frames[number];
        uint32_t free = free_slot(b, number), base = frame->base, first = n;
        for (uint32_t i = base; i < free; i++) {
            const _PyJitSlot *slot = &b->slots[i];
            if (!slot->dirty) {
                continue;
            }
            _PyJitRef value = slot->object;
            if (value == JIT_REF_NONE) {
                value = slot->alias != JIT_REF_NONE ? slot->alias : slot->number;
                bare->places[nbare] = (uint16_t)n;
                bare->slots[nbare++] = (uint16_t)i;
            }
            slots[n++] = (_PyJitSnapSlot){.slot = (uint16_t)(i - base), .value = value, .owned = slot->owned};
        }
        to->code = code;
        to->offset = offset;
        if (number + 1 < b->nframes) {
            to->code = frame->code;
            to->offset = frame->call;
        }
        ndirty += n - first;
        if (frame->generator != JIT_REF_NONE) {
            slots[n++] = (_PyJitSnapSlot){.slot = JIT_SLOT_GENERATOR, .value = frame->generator};
        }
        else if (number != b->machine) {
            slots[n++] = (_PyJitSnapSlot){
                .slot = JIT_SLOT_FUNCTION, .value = frame->function, .owned = frame->owns_function,
            };
        }
        to->first_slot = (uint16_t)(t->nslots + first);
        to->nslots = (uint16_t)(n - first);
        to->sp = (uint16_t)(free - base);
    }
    bare->n = nbare;
    return ndirty > 0 || b->sp != b->depth || !in_memory(b) ? n : 0;
}

/* The number in SLOT, which another identity has too, gets a copy for all of its own identity. */
static void
copy_number(_PyJitBuilder *b, const _PyJitSlot *slot)
{
    _PyJitRef number = slot->number;
    uint16_t identity = slot->identity;
    int type = type_of_ref(b, number);
    _PyJitRef copy = _PyJitTrace_Emit(b->t, type == JIT_TYPE_F64 ? JIT_OP_COPY_FLOAT : JIT_OP_COPY_INT, type, number,
                                      JIT_REF_NONE, 0, JIT_NO_SNAPSHOT);
    b->failed |= copy == JIT_REF_NONE;
    for (uint32_t k = 0; k < b->depth; k++) {
        if (is_bare(&b->slots[k]) && b->slots[k].identity == identity) {
            b->slots[k].alias = copy;
        }
    }
}

/* A slot has a box of the NUMBER of IDENTITY, which may never be made, or an attribute of a virtual has it, with an identity of its own. */
static bool
is_boxed_elsewhere(const _PyJitBuilder *b, _PyJitRef number, uint16_t identity)
{
    for (uint32_t i = 0; i < b->nfields; i++) {
        if (b->fields[i].number == number && b->fields[i].identity != 0 && b->fields[i].identity != identity) {
            return true;
        }
    }
    for (uint32_t i = 0; i < b->depth; i++) {
        const _PyJitSlot *slot = &b->slots[i];
        if (slot->number == number && slot->dirty && slot->owned && !JIT_IS_CONST(slot->object)
            && (JIT_INS(b->t, slot->object)->op == JIT_OP_BOX_INT || JIT_INS(b->t, slot->object)->op == JIT_OP_BOX_FLOAT)) {
            return true;
        }
    }
    return false;
}

/* Slots of a snapshot with one value get one box.  So where two identities have the same number, one of them gets a copy.  true: there
 * is one now, and the snapshot has to be written again. */
static bool
tell_apart(_PyJitBuilder *b, const Bare *bare)
{
    const _PyJitSnapSlot *slots = &b->t->slots[b->t->nslots];
    for (uint32_t x = 0; x < bare->n && b->virtuals; x++) {
        if (is_boxed_elsewhere(b, slots[bare->places[x]].value, b->slots[bare->slots[x]].identity)) {
            copy_number(b, &b->slots[bare->slots[x]]);
            return !b->failed;
        }
    }
    for (uint32_t x = 1; x < bare->n; x++) {
        for (uint32_t y = 0; y < x; y++) {
            if (slots[bare->places[x]].value == slots[bare->places[y]].value
                && b->slots[bare->slots[x]].identity != b->slots[bare->slots[y]].identity) {
                copy_number(b, &b->slots[bare->slots[x]]);
                return !b->failed;
            }
        }
    }
    return false;
}

/* SNAP, with HELD, and its frames and NSLOTS slots behind those the trace has, says the same as the snapshot before it. */
static bool
is_as_before(const _PyJitBuilder *b, const _PyJitSnapshot *snap, _PyJitHeld held, uint32_t nslots)
{
    const _PyJitTrace *t = b->t;
    if (t->nsnaps <= b->shares_from) {
        return false;
    }
    const _PyJitSnapshot *before = &t->snaps[t->nsnaps - 1];
    if (before->kind != snap->kind || before->progress != snap->progress || before->code != snap->code
        || before->offset != snap->offset || before->nframes != snap->nframes || before->before != snap->before) {
        return false;
    }
    _PyJitHeld held_before = _PyJitTrace_Held(t, before);
    if (held_before.slots != held.slots || held_before.fields != held.fields) {
        return false;
    }
    for (uint32_t i = 0; i < snap->nframes; i++) {
        const _PyJitSnapFrame *frame = &t->frames[snap->first_frame + i], *other = &t->frames[before->first_frame + i];
        if (frame->code != other->code || frame->offset != other->offset || frame->sp != other->sp
            || frame->nslots != other->nslots) {
            return false;
        }
    }
    if (nslots == 0) {
        return true;
    }
    const _PyJitSnapSlot *slots = &t->slots[t->frames[before->first_frame].first_slot];
    return memcmp(slots, &t->slots[t->nslots], nslots * sizeof(*slots)) == 0;
}

/* Slots of the first frame that memory has as it was at the head of the loop. */
static uint64_t
held_slots(const _PyJitBuilder *b)
{
    uint64_t held = 0;
    uint32_t free = Py_MIN(free_slot(b, 0), 64);
    for (uint32_t i = free; i-- > 0;) {
        held = held << 1 | (b->slots[i].held && !b->slots[i].dirty);
    }
    return held;
}

static inline bool
knows_held(const _PyJitBuilder *b)
{
    return b->holds && !b->left && !b->frames[0].unsure;
}

/* Only pure operations were emitted since the newest snapshot was made, and it leads to the same place: so it is the one that is wanted.
 * What the map says may have changed without an operation, but an exit back to the beginning of an instruction has the state the
 * instruction began with. */
static bool
is_unchanged(const _PyJitBuilder *b, int kind, bool progress, uint16_t code, uint32_t offset)
{
    const _PyJitTrace *t = b->t;
    if (t->nsnaps != b->latest_snap || t->nsnaps <= b->shares_from || knows_held(b) != b->latest_holds) {
        return false;
    }
    const _PyJitSnapshot *before = &t->snaps[t->nsnaps - 1];
    if (before->kind != kind || before->progress != progress || before->code != code || before->offset != offset
        || (kind == JIT_EXIT_SIDE && before->before != b->ran)) {
        return false;
    }
    for (uint32_t i = b->latest_snap_ins; i < t->nins; i++) {
        if (!(_PyJit_Ops[JIT_INS(t, JIT_REF_BIAS + i)->op].flags & JIT_OPFLAG_PURE)) {
            return false;
        }
    }
    return true;
}

int
_PyJitBuild_Snapshot(_PyJitBuilder *b, int kind, bool progress, uint16_t code, uint32_t offset)
{
    _PyJitTrace *t = b->t;
    if (b->unmade.open) {
        return b->unmade.snapshot;
    }
    bool unchanged = is_unchanged(b, kind, progress, code, offset);
#ifdef NDEBUG
    if (unchanged) {
        return (int)t->nsnaps - 1;
    }
#endif
    _PyJitSnapshot snap = {
        .kind = (uint8_t)kind, .progress = progress, .code = code, .offset = offset,
        .before = kind == JIT_EXIT_SIDE ? b->ran : 0,
    };
    assert(b->late == JIT_REF_NONE || b->failed);
    snap.first_frame_runs = !b->left && b->frames[b->machine].depth == 128;
    _PyJitHeld held = {.fields = b->holds ? _PyJitForward_Held(b) : 0};
    if (_PyJitTrace_ReserveSnapshot(t, b->nframes, b->depth + b->nframes) < 0) {
        b->failed = true;
        return -1;
    }
    Bare bare;
    uint32_t nslots;
    do {
        nslots = write_frames(b, code, offset, &bare);
    } while (bare.n > (b->virtuals ? 0u : 1u) && tell_apart(b, &bare));
    if (knows_held(b)) {
        held.slots = held_slots(b);
    }
    if (nslots > 0 || b->holds || b->sp != b->depth || !in_memory(b)) {
        snap.nframes = (uint8_t)(b->nframes - b->machine);
        snap.first_frame = (uint16_t)t->nframes;
    }
    if (is_as_before(b, &snap, held, nslots)) {
        return (int)t->nsnaps - 1;
    }
    if (unchanged) {
        // All builds number their exits alike: what was learned of attributes since is not in the snapshot.
        assert(held.fields != _PyJitTrace_Held(t, &t->snaps[t->nsnaps - 1]).fields);
        return (int)t->nsnaps - 1;
    }
    snap.held = _PyJitTrace_AddHeld(t, held);
    t->nframes += snap.nframes;
    t->nslots += nslots;
    t->snaps[t->nsnaps] = snap;
    b->latest_snap = ++t->nsnaps;
    b->latest_snap_ins = t->nins;
    b->latest_holds = knows_held(b);
    return (int)t->nsnaps - 1;
}

/* The value of the pure operation OP that is known, or JIT_REF_NONE. */
static _PyJitRef
optimize(_PyJitBuilder *b, int op, _PyJitRef left, _PyJitRef right, uint32_t aux)
{
    if (left != JIT_REF_NONE && pass_is_on(JIT_PASS_FOLD)) {
        _PyJitRef folded = _PyJitFold(b, op, left, right, aux);
        if (folded != JIT_REF_NONE) {
            return folded;
        }
    }
    if (!pass_is_on(JIT_PASS_CSE)) {
        return JIT_REF_NONE;
    }
    _PyJitRef known = _PyJitCse_Implied(b, op, aux);
    return known != JIT_REF_NONE ? known : _PyJitCse_Find(b, op, left, right, aux);
}

/* Emits OP; where it may leave, to the instruction at CODE:OFFSET for the reason KIND. */
static inline _PyJitRef
emit(_PyJitBuilder *b, int op, _PyJitRef left, _PyJitRef right, uint32_t aux, int kind, bool progress, uint16_t code,
     uint32_t offset)
{
    if (b->failed) {
        return JIT_REF_NONE;
    }
    const _PyJitOpInfo *info = &_PyJit_Ops[op];
    assert(aux <= INT32_MAX);  // machine code has 31 bits for it
    if (left == JIT_REF_NONE && info->nargs > 0) {
        assert(!"a rule takes a number without an object for an object");
        b->failed = b->wrong = true;           // the trace is lost, no more
        return JIT_REF_NONE;
    }
    if (b->unmade.open && (is_unmade(b, left) || is_unmade(b, right))) {
        _PyJitUnmade_GiveUp(b);
        return JIT_REF_NONE;
    }
    bool forwarded = _PyJitForward_Handles(op);
    bool optimized = info->flags & JIT_OPFLAG_PURE && !forwarded;
    if (optimized) {
        _PyJitRef known = optimize(b, op, left, right, aux);
        if (known != JIT_REF_NONE || b->failed) {
            return known;
        }
    }
    bool changes = false;
    if (b->unmade.open) {
        _PyJitUnmadeVerdict verdict = _PyJitUnmade_Look(b, op, left, &aux);
        if (verdict == JIT_UNMADE_NEVER) {
            _PyJitUnmade_GiveUp(b);
        }
        if (verdict >= JIT_UNMADE_NOTHING) {
            return verdict == JIT_UNMADE_NOTHING ? JIT_REF_BIAS : JIT_REF_NONE;
        }
        changes = verdict == JIT_UNMADE_CHANGE;
    }
    uint16_t snapshot = JIT_NO_SNAPSHOT;
    if (info->flags & JIT_OPFLAG_EXITS) {
        int index = _PyJitBuild_Snapshot(b, kind, progress, code, offset);
        if (index < 0) {
            return JIT_REF_NONE;
        }
        snapshot = (uint16_t)index;
    }
    _PyJitRef ref = _PyJitTrace_Emit(b->t, op, info->result, left, right, aux, snapshot);
    if (ref == JIT_REF_NONE || b->failed) {
        b->failed = true;
        return JIT_REF_NONE;
    }
    if (optimized || op == JIT_OP_GUARD_NO_EVENT) {
        _PyJitCse_Note(b, ref);
    }
    unsigned int writes = JIT_OPFLAGS_WRITES(info->flags) & ~(forwarded ? 1u << JIT_CLASS_ATTR : 0);
    if (writes != 0) {
        _PyJitCse_Barrier(b, writes);
    }
    if (changes) {
        _PyJitUnmade_NoteChange(b);
    }
    return ref;
}

_PyJitRef
_PyJitBuild_Emit(_PyJitBuilder *b, int op, _PyJitRef left, _PyJitRef right, uint32_t aux)
{
    int kind = op == JIT_OP_GUARD_NO_EVENT || op == JIT_OP_GUARD_RESUME ? JIT_EXIT_EVENT : JIT_EXIT_DEOPT;
    return emit(b, op, left, right, aux, kind, b->progress, b->code, b->offset);
}

_PyJitRef
_PyJitBuild_Emit3(_PyJitBuilder *b, int op, _PyJitRef left, _PyJitRef middle, _PyJitRef right)
{
    assert(!(_PyJit_Ops[op].flags & JIT_OPFLAG_PURE));
    if (b->unmade.open && is_unmade(b, right)) {
        _PyJitUnmade_GiveUp(b);
    }
    _PyJitRef ref = _PyJitBuild_Emit(b, op, left, middle, 0);
    if (ref != JIT_REF_NONE) {
        JIT_INS(b->t, ref)->c = right;
    }
    return ref;
}

_PyJitRef
_PyJitBuild_EmitTo(_PyJitBuilder *b, int op, _PyJitRef left, _PyJitRef right,
                   int kind, uint16_t code, uint32_t offset)
{
    assert(_PyJit_Ops[op].flags & JIT_OPFLAG_EXITS);
    return emit(b, op, left, right, 0, kind, true, code, offset);
}

#endif /* _Py_TIER2 */
