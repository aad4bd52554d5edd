/* Side traces that come back to the head of the loop they left, with numbers in registers.
 *
 * The body of a loop was lowered with what was known at its head: what the slot map said, and what the operations before the head
 * had checked and computed.  That is the loop's *interface*.  A side trace that arrives where the loop begins may jump behind the
 * PHIs (TO_HEAD) if it brings all of the interface about:
 *
 *  1. A slot that is dirty at the head holds a number of the same type here, without an object, or the same constant, or an instance
 *     of the same class that nobody else has (carried.c); slots share an identity here if and only if they do there.
 *  2. Everything else is in memory.
 *  3. What the body takes the old values for is true of what is here now.  An object or number of a slot either is the one the
 *     loop was entered with, or *new*.  Every pure operation before the head with a new operand is done once more for it, and so
 *     is every one that read memory which was written since (effect classes) and which the body itself does not write.
 *  4. Where the body may know that a slot's value is the result of such an operation, doing it again has to give that value.
 *  5. An attribute of which the head knew what it holds (optimize/forward.c) holds that, or something new.
 *
 * A value from before the head that the body uses is *passed*: every exit of the body hands it to its side trace, whose own exits
 * hand it on.  So all of them know it, as a value of their own, whatever happened to the slot it came from; it is the old value,
 * for which everything before the head is still true.  What memory a side trace may take for unchanged the snapshot of its exit
 * says (`held`): slots and attributes that nothing has written since the head, as the slot map saw it at that very place.
 *
 * Traces that begin at an exit of the peeled iteration have no old values: everything is new to them.  They come back for the
 * sake of loops that run a few times: such a loop is left and entered all the time, and memory is slow.
 *
 * Method: the peeled loop as a target of bridges, in PyPy (Ardo, Bolz and Fijalkowski: loop-aware optimizations in PyPy's tracing
 * JIT).  There the operations to be done again are kept as a trace of their own; here they are found in the loop's trace.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "jit/build/builder.h"

#define MOST_ITERATIONS 2

/* --- Its end ---------------------------------------------------------------------------------------------------- */

/* Of an operation before the head. */
enum {
    GIVEN = 1,                 // it is the value of a slot at the head
    NEW = 2,                   // its value, or what it checked, is not what it was when the loop was entered
    REACHED = 4,               // the body may know of it: given, or made of what is reached
    UNCHECKED = 8,             // the body checks it again, and nothing is sure of it before if it is new
};

typedef struct {
    _PyJitBuilder *b;
    const _PyJitTrace *loop;
    uint32_t stale;            // classes of memory of which the body knows more than is true now
    uint64_t held_fields;
    _PyJitRef *here;           // by operation before the head: what it is now, if it is new or given
    uint8_t *state;            // likewise
    _PyJitRef phis[JIT_MAX_PASSED];
    bool anew;                 // nothing from before the head is known
    bool unchecked;            // a check before the head is left to the body
    bool impossible;
} Back;

static inline bool
is_new(const Back *back, _PyJitRef ref)
{
    return ref != JIT_REF_NONE && !JIT_IS_CONST(ref) && (back->state[ref - JIT_REF_BIAS] & NEW) != 0;
}

/* Rule 1, for one slot. */
static bool
is_dirty_as(const _PyJitBuilder *b, const _PyJitTrace *loop, const _PyJitHeadSlot *head)
{
    const _PyJitSlot *slot = &b->slots[head->slot];
    if (head->object != JIT_REF_NONE && _PyJitTrace_IsVirtual(loop, head->object)) {
        _PyJitShape here, there;
        _PyJitVirtual_ShapeOf(loop, head->object, &there);
        return _PyJitVirtual_Describe(b, head->slot, &here) && _PyJitVirtual_IsAlike(b->t, &here, loop, &there);
    }
    if (!slot->dirty || slot->owned || (is_local(b, head->slot) && !slot->memory_plain)) {
        return false;
    }
    if (head->object != JIT_REF_NONE) {
        return slot->object != JIT_REF_NONE && JIT_IS_CONST(slot->object)
            && JIT_INS(b->t, slot->object)->bits == JIT_INS(loop, head->object)->bits;
    }
    return slot->object == JIT_REF_NONE && type_of_ref(b, slot->number) == JIT_INS(loop, head->number)->type;
}

/* What the head had in SLOT, if that was a number without an object. */
static const _PyJitHeadSlot *
bare_head(const _PyJitTrace *loop, uint32_t slot)
{
    for (uint32_t i = 0; i < loop->nheads; i++) {
        const _PyJitHeadSlot *head = &loop->heads[i];
        if (head->slot == slot) {
            return head->dirty && head->object == JIT_REF_NONE ? head : NULL;
        }
    }
    return NULL;
}

/* Rule 1. */
static bool
is_dirty_alike(const _PyJitBuilder *b, const _PyJitTrace *loop)
{
    for (uint32_t i = 0; i < loop->nheads; i++) {
        if (loop->heads[i].dirty && !is_dirty_as(b, loop, &loop->heads[i])) {
            return false;
        }
    }
    for (uint32_t i = 0; i < b->depth; i++) {
        const _PyJitHeadSlot *one = bare_head(loop, i);
        for (uint32_t j = 0; j < b->depth && one != NULL; j++) {
            const _PyJitHeadSlot *other = bare_head(loop, j);
            bool shared = other != NULL && one->identity == other->identity;
            if (is_bare(&b->slots[j]) && shared != (b->slots[i].identity == b->slots[j].identity)) {
                return false;
            }
        }
    }
    return true;
}

/* The head's slot I is alike: rule 1 for it alone. */
static bool
is_slot_alike(const _PyJitBuilder *b, const _PyJitTrace *loop, uint32_t i)
{
    const _PyJitHeadSlot *head = &loop->heads[i];
    if (!is_dirty_as(b, loop, head)) {
        return false;
    }
    for (uint32_t j = 0; j < b->depth && head->object == JIT_REF_NONE; j++) {
        const _PyJitHeadSlot *other = bare_head(loop, j);
        bool shared = other != NULL && other->identity == head->identity;
        if (is_bare(&b->slots[j]) && shared != (b->slots[head->slot].identity == b->slots[j].identity)) {
            return false;
        }
    }
    return true;
}

/* Will the head's slot I be alike after another iteration, if those are now that ALIKE says?  Its next number is computed in
 * the body, or it is what another slot has now. */
static bool
will_be_alike(const _PyJitTrace *loop, const bool *alike, uint32_t i)
{
    const _PyJitHeadSlot *head = &loop->heads[i];
    if (head->object != JIT_REF_NONE || JIT_IS_CONST(head->number) || head->number < JIT_REF_BIAS + loop->head) {
        return alike[i];
    }
    _PyJitRef next = JIT_INS(loop, head->number)->b;
    for (uint32_t k = 0; k < loop->nheads; k++) {
        if (loop->heads[k].dirty && loop->heads[k].number == next) {
            return alike[k];
        }
    }
    return JIT_IS_CONST(next) || next >= JIT_REF_BIAS + loop->head;
}

int
_PyJitSide_IterationsToHead(_PyJitBuilder *b)
{
    const _PyJitTrace *loop = b->loop;
    bool alike[JIT_MAX_SLOTS], next[JIT_MAX_SLOTS];
    _PyJitLoop_DropSmallObjects(b, b->depth);
    for (uint32_t i = 0; i < loop->nheads; i++) {
        alike[i] = !loop->heads[i].dirty || is_slot_alike(b, loop, i);
    }
    for (int iterations = 0; iterations <= MOST_ITERATIONS; iterations++) {
        bool all = true;
        for (uint32_t i = 0; i < loop->nheads; i++) {
            all &= alike[i];
            next[i] = !loop->heads[i].dirty || will_be_alike(loop, alike, i);
        }
        if (all) {
            return iterations;
        }
        memcpy(alike, next, sizeof(alike));
    }
    return -1;
}

/* Rule 2. */
static void
write_the_rest(Back *back)
{
    _PyJitBuilder *b = back->b;
    _PyJitBuild_MakeSure(b, (uint16_t)b->end_code, b->end_offset);
    _PyJitBuild_AtEnd(b);
    for (uint32_t i = 0; i < back->loop->nheads; i++) {
        b->slots[back->loop->heads[i].slot].carried = back->loop->heads[i].dirty;
    }
    _PyJitBuild_Flush(b, true);
    for (uint32_t i = 0; i < b->depth; i++) {
        b->slots[i].carried = 0;
    }
}

static inline bool
is_phi(const _PyJitTrace *loop, _PyJitRef ref)
{
    return ref != JIT_REF_NONE && !JIT_IS_CONST(ref) && ref >= JIT_REF_BIAS + loop->head;
}

static inline bool
is_null(const _PyJitTrace *t, _PyJitRef ref)
{
    return JIT_IS_CONST(ref) && JIT_INS(t, ref)->type == JIT_TYPE_OBJECT && JIT_INS(t, ref)->bits == 0;
}

/* The head had REF where HERE is now. */
static void
give(Back *back, _PyJitRef ref, _PyJitRef here)
{
    const _PyJitTrace *loop = back->loop;
    if (back->b->failed || here == JIT_REF_NONE) {
        back->impossible = true;
    }
    else if (JIT_IS_CONST(ref)) {
        back->impossible |= _PyJitSide_OldValue(back->b, loop, ref) != here;
    }
    else if (is_null(back->b->t, here)) {
        back->impossible = true;
    }
    else if (is_phi(loop, ref)) {
        _PyJitRef *phi = &back->phis[ref - JIT_REF_BIAS - loop->head];
        back->impossible |= *phi != JIT_REF_NONE && *phi != here;
        *phi = here;
    }
    else {
        uint32_t i = ref - JIT_REF_BIAS;
        uint8_t state = GIVEN | REACHED | (_PyJitSide_OldValue(back->b, loop, ref) != here ? NEW : 0);
        uint8_t before = back->state[i] & ~UNCHECKED;
        back->impossible |= before != 0 && (before != state || back->here[i] != here);
        back->state[i] = state | (back->state[i] & UNCHECKED);
        back->here[i] = here;
    }
}

/* REF, of a slot at the head, is what it was. */
static void
give_old(Back *back, _PyJitRef ref)
{
    if (ref != JIT_REF_NONE && !JIT_IS_CONST(ref)) {
        uint32_t i = ref - JIT_REF_BIAS;
        _PyJitRef here = _PyJitSide_OldValue(back->b, back->loop, ref);
        uint8_t before = back->state[i] & ~UNCHECKED;
        back->impossible |= before & NEW || (before != 0 && back->here[i] != here);
        back->state[i] |= GIVEN | REACHED;
        back->here[i] = here;
    }
}

/* What a box, or the object of a truth value, was made of the body may know too. */
static bool
hides_value(const Back *back, const _PyJitHeadSlot *head)
{
    const _PyJitIns *ins = JIT_INS(back->loop, head->object);
    bool box = ins->op == JIT_OP_BOX_INT || ins->op == JIT_OP_BOX_FLOAT;
    return ins->type != JIT_TYPE_OBJECT && !(box && head->number == ins->a);
}

/* REF of the loop is a PHI that goes around for nothing: no operation and no snapshot has it.  So it is with the number beside a local in
 * memory that each iteration writes before it is read. */
static bool
is_dead_phi(const _PyJitTrace *loop, _PyJitRef ref)
{
    if (!is_phi(loop, ref)) {
        return false;
    }
    for (uint32_t i = loop->head; i < loop->nins; i++) {
        const _PyJitIns *ins = JIT_INS(loop, JIT_REF_BIAS + i);
        if (ins->op != JIT_OP_BYTECODE && JIT_REF_BIAS + i != ref && (ins->a == ref || ins->b == ref || ins->c == ref)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < loop->nslots; i++) {
        if (loop->slots[i].value == ref) {
            return false;
        }
    }
    for (uint32_t i = 0; i < loop->nfields_at_head; i++) {
        if (loop->fields_at_head[i].number == ref) {
            return false;
        }
    }
    return true;
}

/* Any number will do for PHI. */
static void
give_any(Back *back, _PyJitRef phi)
{
    _PyJitRef zero = _PyJitTrace_Const(back->b->t, JIT_INS(back->loop, phi)->type, 0);
    back->b->failed |= zero == JIT_REF_NONE;
    give(back, phi, zero);
}

/* The checks of HEAD would fail now, for what the recording left in that slot.  The next time it may be the same again, and a
 * trace that never comes back is better ended at once. */
static bool
would_fail(const Back *back, const _PyJitHeadSlot *head, _PyJitRef number)
{
    const _PyJitSlot *slot = &back->b->slots[head->slot];
    const _PyInterpreterFrame *frame = ENGINE->recorder.frame;
    if (number == JIT_REF_NONE || slot->number != JIT_REF_NONE || frame == NULL) {
        return false;
    }
    PyObject *now = frame->localsplus[head->slot];
    bool whole = JIT_INS(back->loop, number)->type == JIT_TYPE_I64;
    return now == NULL || (whole ? !PyLong_CheckExact(now) : !PyFloat_CheckExact(now));
}

/* Rule 3, for a slot in memory. */
static void
give_slot(Back *back, const _PyJitHeadSlot *head)
{
    _PyJitBuilder *b = back->b;
    _PyJitSlot *slot = &b->slots[head->slot];
    assert(!slot->dirty);
    if (slot->held && !is_phi(back->loop, head->number)) {
        give_old(back, head->object);
        give_old(back, head->number);
        return;
    }
    _PyJitRef number = is_dead_phi(back->loop, head->number) ? JIT_REF_NONE : head->number;
    if (would_fail(back, head, number)) {
        back->impossible = true;
        return;
    }
    // The body may read a local that has no value here: the compiler saw that one is bound on the way to the loop it knew.
    if (is_local(b, head->slot) && slot->number == JIT_REF_NONE
        && (head->object != JIT_REF_NONE || number != JIT_REF_NONE)) {
        _PyJitRef object = _PyJitSlot_Object(b, head->slot);
        if (!b->failed && JIT_INS(b->t, object)->op == JIT_OP_LOAD_SLOT) {
            (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_BOUND, object, JIT_REF_NONE, 0);
        }
    }
    if ((head->memory_plain || head->plain) && !slot->memory_plain) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_PLAIN, _PyJitSlot_Object(b, head->slot), JIT_REF_NONE, 0);
    }
    if (head->object != JIT_REF_NONE) {
        give(back, head->object, _PyJitSlot_Object(b, head->slot));
        back->impossible |= is_new(back, head->object) && hides_value(back, head);
    }
    if (number != head->number) {
        give_any(back, head->number);
    }
    else if (number != JIT_REF_NONE && !b->failed) {
        int type = JIT_INS(back->loop, number)->type;
        if (slot->number != JIT_REF_NONE && type_of_ref(b, slot->number) != type) {
            back->impossible = true;
            return;
        }
        give(back, number, _PyJitSlot_Number(b, head->slot, type));
    }
}

/* Rule 1: the numbers of an instance that is not made. */
static void
give_virtual(Back *back, const _PyJitHeadSlot *head)
{
    _PyJitBuilder *b = back->b;
    _PyJitShape here, there;
    _PyJitVirtual_ShapeOf(back->loop, head->object, &there);
    if (!_PyJitVirtual_Describe(b, head->slot, &here)) {
        back->impossible = true;
        return;
    }
    _PyJitVirtual_Bind(b, &here);
    for (uint32_t i = 0; i < here.n; i++) {
        if (JIT_INS(back->loop, there.fields[i].number)->type != JIT_TYPE_OBJECT) {
            give(back, there.fields[i].number, here.fields[i].number);
        }
    }
}

static void
give_slots(Back *back)
{
    for (uint32_t i = 0; i < back->loop->nheads && !back->impossible && !back->b->failed; i++) {
        const _PyJitHeadSlot *head = &back->loop->heads[i];
        if (!head->dirty) {
            give_slot(back, head);
        }
        else if (head->object == JIT_REF_NONE) {
            give(back, head->number, back->b->slots[head->slot].number);
        }
        else if (_PyJitTrace_IsVirtual(back->loop, head->object)) {
            give_virtual(back, head);
        }
    }
}

/* Operand K of INS is an object that nothing may look into: before the head it was checked, which here the body does.  A constant
 * is alive only if something else was found to be as it was. */
static inline bool
is_unchecked(const Back *back, const _PyJitIns *ins, int k)
{
    _PyJitRef ref = k == 0 ? ins->a : ins->b;
    if (k >= _PyJit_Ops[ins->op].nargs) {
        return false;
    }
    if (JIT_IS_CONST(ref)) {
        return back->anew && back->unchecked && JIT_INS(back->loop, ref)->type == JIT_TYPE_OBJECT;
    }
    return is_new(back, ref) && (back->state[ref - JIT_REF_BIAS] & UNCHECKED) != 0;
}

static _PyJitRef do_again(Back *back, uint32_t i);

/* What REF of the loop is now. */
static _PyJitRef
value_now(Back *back, _PyJitRef ref)
{
    if (ref == JIT_REF_NONE || JIT_IS_CONST(ref)) {
        return _PyJitSide_OldValue(back->b, back->loop, ref);
    }
    uint32_t i = ref - JIT_REF_BIAS;
    if (back->here[i] != JIT_REF_NONE) {
        return back->here[i];
    }
    _PyJitRef old = back->state[i] & NEW ? JIT_REF_NONE : _PyJitSide_OldValue(back->b, back->loop, ref);
    return back->here[i] = old != JIT_REF_NONE ? old : do_again(back, i);
}

/* Operation I before the head, with its operands as they are now. */
static _PyJitRef
do_again(Back *back, uint32_t i)
{
    const _PyJitTrace *loop = back->loop;
    const _PyJitIns *ins = JIT_INS(loop, JIT_REF_BIAS + i);
    const _PyJitOpInfo *info = &_PyJit_Ops[ins->op];
    for (uint32_t k = 0; k < loop->nheads && !(back->state[i] & NEW); k++) {
        if (loop->heads[k].object == JIT_REF_BIAS + i) {
            return _PyJitSlot_Object(back->b, loop->heads[k].slot);    // it was not passed
        }
    }
    if (!(back->state[i] & REACHED) || !(info->flags & JIT_OPFLAG_PURE) || info->nargs > 2
        || is_unchecked(back, ins, 0) || is_unchecked(back, ins, 1)) {
        back->impossible = true;
        return JIT_REF_NONE;
    }
    _PyJitRef left = info->nargs > 0 ? value_now(back, ins->a) : JIT_REF_NONE;
    _PyJitRef right = info->nargs > 1 ? value_now(back, ins->b) : JIT_REF_NONE;
    if (back->impossible || back->b->failed) {
        back->impossible = true;
        return JIT_REF_NONE;
    }
    return _PyJitBuild_Emit(back->b, ins->op, left, right, ins->aux);
}

static inline bool
is_reached(const Back *back, _PyJitRef ref)
{
    return JIT_IS_CONST(ref) || (back->state[ref - JIT_REF_BIAS] & REACHED) != 0;
}

/* What attribute FIELD of the head is loaded by. */
static bool
is_loaded(const _PyJitTrace *loop, const _PyJitHeadField *field)
{
    if (field->value == JIT_REF_NONE || JIT_IS_CONST(field->value)) {
        return false;
    }
    const _PyJitIns *ins = JIT_INS(loop, field->value);
    return (ins->op == JIT_OP_LOAD_FIELD || ins->op == JIT_OP_READ_FIELD) && ins->a == field->object && ins->aux == field->place;
}

/* Rule 5, for operation I, a load.  The guards of its object come before it. */
static void
renew_load(Back *back, uint32_t i)
{
    const _PyJitTrace *loop = back->loop;
    for (uint32_t k = 0; k < loop->nfields_at_head && !back->impossible; k++) {
        const _PyJitHeadField *field = &loop->fields_at_head[k];
        if (field->value != JIT_REF_BIAS + i || !is_loaded(loop, field) || !is_reached(back, field->object)) {
            continue;
        }
        if (back->held_fields >> k & 1 && !is_new(back, field->object)) {
            give_old(back, field->value);
            continue;
        }
        _PyJitRef object = value_now(back, field->object);
        if (!back->impossible) {
            give(back, field->value, _PyJitForward_Load(back->b, object, field->version, field->place, true).value);
        }
    }
}

/* The number of attribute FIELD of the head is made of the object that was loaded, which has been renewed, and it with it.  It is not where the
 * number was stored, and the object is what that was read as afterwards. */
static bool
is_number_of_load(const _PyJitTrace *loop, const _PyJitHeadField *field)
{
    if (JIT_IS_CONST(field->number)) {
        return false;
    }
    const _PyJitIns *ins = JIT_INS(loop, field->number);
    return (ins->op == JIT_OP_UNBOX_INT || ins->op == JIT_OP_UNBOX_FLOAT) && ins->a == field->value;
}

/* Rule 5, for what was not loaded, or only its number. */
static void
renew_field(Back *back, uint32_t k)
{
    _PyJitBuilder *b = back->b;
    const _PyJitHeadField *field = &back->loop->fields_at_head[k];
    bool changes = is_phi(back->loop, field->number), loaded = is_loaded(back->loop, field);
    bool renewed = loaded && (field->number == JIT_REF_NONE || (!changes && is_number_of_load(back->loop, field)));
    if (!is_reached(back, field->object) || renewed) {
        return;
    }
    if (back->held_fields >> k & 1 && !changes && !is_new(back, field->object)) {
        // It holds what it did.  Where the body has the same value for a slot, that has to be so too.
        back->impossible |= is_new(back, field->value) || is_new(back, field->number);
        return;
    }
    _PyJitRef object = value_now(back, field->object);
    if (back->impossible) {
        return;
    }
    _PyJitField now = _PyJitForward_Load(b, object, field->version, field->place, field->value != JIT_REF_NONE);
    if (field->value != JIT_REF_NONE && !loaded) {
        back->impossible |= now.value != value_now(back, field->value);
    }
    if (field->number == JIT_REF_NONE || b->failed) {
        return;
    }
    int type = JIT_INS(back->loop, field->number)->type;
    if (now.number == JIT_REF_NONE && changes) {
        now = _PyJitForward_Load(b, object, field->version, field->place, true);
        int op = type == JIT_TYPE_F64 ? JIT_OP_UNBOX_FLOAT : JIT_OP_UNBOX_INT;
        now.number = _PyJitBuild_Emit(b, op, now.value, JIT_REF_NONE, 0);
    }
    if (!changes) {
        back->impossible |= now.number != value_now(back, field->number);
    }
    else if (type_of_ref(b, now.number) != type) {
        back->impossible = true;
    }
    else {
        give(back, field->number, now.number);
    }
}

/* Rules 3 and 4, for operation I. */
static void
renew(Back *back, uint32_t i)
{
    const _PyJitTrace *loop = back->loop;
    const _PyJitIns *ins = JIT_INS(loop, JIT_REF_BIAS + i);
    const _PyJitOpInfo *info = &_PyJit_Ops[ins->op];
    if (_PyJitForward_Handles(ins->op)) {
        renew_load(back, i);
        return;
    }
    uint32_t reads = JIT_OPFLAGS_READS(info->flags);
    bool reached = (info->flags & JIT_OPFLAG_PURE) && !(reads & loop->written);
    bool new = back->anew || (reads & back->stale) != 0;
    for (int k = 0; k < info->nargs; k++) {
        _PyJitRef ref = k == 0 ? ins->a : k == 1 ? ins->b : ins->c;
        reached = reached && is_reached(back, ref);
        new |= is_new(back, ref);
    }
    if (!reached) {
        // It says nothing to the body.  What it checked there may be the reason why another operation is safe.
        bool checks = (info->flags & JIT_OPFLAG_PURE) && (info->flags & JIT_OPFLAG_EXITS);
        back->unchecked |= checks;
        for (int k = 0; k < info->nargs && checks; k++) {
            _PyJitRef ref = k == 0 ? ins->a : k == 1 ? ins->b : ins->c;
            if (!JIT_IS_CONST(ref)) {
                back->state[ref - JIT_REF_BIAS] |= UNCHECKED;
            }
        }
        return;
    }
    back->state[i] |= REACHED;
    if (back->state[i] & GIVEN) {
        if (new || back->state[i] & NEW) {
            _PyJitRef given = value_now(back, (_PyJitRef)(JIT_REF_BIAS + i));
            back->impossible |= !new || do_again(back, i) != given;
        }
    }
    else if (new) {
        back->state[i] |= NEW;
        if (info->flags & JIT_OPFLAG_EXITS) {
            (void)value_now(back, (_PyJitRef)(JIT_REF_BIAS + i));
        }
    }
}

static void
pass_all(Back *back)
{
    _PyJitBuilder *b = back->b;
    const _PyJitTrace *loop = back->loop;
    _PyJitRef values[JIT_MAX_PASSED];
    uint32_t count = loop->nphis + loop->npassed;
    for (uint32_t i = 0; i < count && !back->impossible && !b->failed; i++) {
        values[i] = i < loop->nphis ? back->phis[i] : value_now(back, loop->passed[i - loop->nphis]);
        back->impossible |= values[i] == JIT_REF_NONE;
    }
    for (uint32_t i = 0; i < count && !back->impossible && !b->failed; i++) {
        _PyJitRef ref = i < loop->nphis ? (_PyJitRef)(JIT_REF_BIAS + loop->head + i) : loop->passed[i - loop->nphis];
        assert(type_of_ref(b, values[i]) == JIT_INS(loop, ref)->type || type_of_ref(b, values[i]) < JIT_TYPE_I64);
        (void)ref;
        b->failed |= _PyJitTrace_Emit(b->t, JIT_OP_PASS, JIT_TYPE_NONE, values[i], JIT_REF_NONE, i, JIT_NO_SNAPSHOT)
            == JIT_REF_NONE;
    }
    if (!back->impossible && !b->failed) {
        b->failed |= _PyJitTrace_Emit(b->t, JIT_OP_TO_HEAD, JIT_TYPE_NONE, JIT_REF_NONE, JIT_REF_NONE, 0, JIT_NO_SNAPSHOT)
            == JIT_REF_NONE;
    }
}

bool
_PyJitSide_GoBack(_PyJitBuilder *b)
{
    const _PyJitTrace *loop = b->loop, *parent = b->parent;
    if (b->left || b->nframes != 1 || b->depth != loop->head_sp || !this_frame(b)->lowered) {
        return false;
    }
    _PyJitLoop_DropSmallObjects(b, b->depth);
    if (!is_dirty_alike(b, loop)) {
        return false;
    }
    Back back = {.b = b, .loop = loop, .anew = !b->holds};
    back.stale = (b->written | (parent == loop ? 0 : parent->written)) & ~loop->written;
    back.here = PyMem_RawCalloc(loop->head + 1, sizeof(_PyJitRef) + 1);
    if (back.here == NULL) {
        return false;
    }
    back.state = (uint8_t *)(back.here + loop->head + 1);
    write_the_rest(&back);
    back.held_fields = _PyJitForward_Held(b);
    give_slots(&back);
    for (uint32_t i = 0; i < loop->head && !back.impossible && !b->failed; i++) {
        renew(&back, i);
    }
    for (uint32_t i = 0; i < loop->nfields_at_head && !back.impossible && !b->failed; i++) {
        renew_field(&back, i);
    }
    pass_all(&back);
    PyMem_RawFree(back.here);
    b->t->written = b->written | parent->written;
    return !back.impossible && !b->failed;
}

#endif /* _Py_TIER2 */
