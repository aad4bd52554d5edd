/* The slot map: what gives references up.  Slots are popped, taken and stored over, after the checks that nothing of users runs where
 * an object ends.  The rules are those of slots.c.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_jit_helpers.h"
#include "jit/build/slots.h"

bool
_PyJitSlot_CanDrop(const _PyJitBuilder *b)
{
    return can_drop(&b->slots[b->depth - 1]);
}

void
_PyJitSlot_DropTop(_PyJitBuilder *b)
{
    const _PyJitSlot *top = &b->slots[b->depth - 1];
    if (!top->dirty || top->owned) {
        // At the head of a loop only the number may be known of a slot whose object changes.
        _PyJitRef object = _PyJitSlot_Object(b, b->depth - 1);
        assert(b->failed || (top->plain && object != JIT_REF_NONE));
        bool null = !b->failed && JIT_IS_CONST(object) && JIT_INS(b->t, object)->bits == 0;     // below the arguments of a call
        if (top->quiet) {
            assert(b->failed || b->late == JIT_REF_NONE);        // there is one at most
            b->late = object;
        }
        else if (!null) {
            emit1(b, JIT_OP_DECREF_PLAIN, object, 0);
        }
    }
    pop(b);
}

_PyJitRef
_PyJitSlot_TakeTop(_PyJitBuilder *b)
{
    _PyJitRef object = _PyJitSlot_Object(b, b->depth - 1);
    const _PyJitSlot *top = &b->slots[b->depth - 1];
    if (top->dirty && !top->owned) {
        (void)_PyJitSlot_Incref(b, object);
    }
    pop(b);
    return object;
}

bool
_PyJitSlot_CanRelease(const _PyJitBuilder *b, uint32_t index, unsigned int tag)
{
    const _PyJitSlot *slot = &b->slots[index];
    return !is_bare(slot) && (can_drop(slot) || tag != JIT_TAG_OTHER);
}

void
_PyJitSlot_GuardRelease(_PyJitBuilder *b, uint32_t index, unsigned int tag)
{
    _PyJitSlot *slot = &b->slots[index];
    if (!can_drop(slot)) {
        // One that may never be made ends all the same: what the instruction takes from it gets a reference of its own.
        slot->quiet = tag == JIT_TAG_QUIET || is_new_object(b, slot->object);
        emit1(b, slot->quiet ? JIT_OP_GUARD_QUIET : JIT_OP_GUARD_RELEASE, _PyJitSlot_Object(b, index), slot->quiet);
        slot->plain = 1;       // as far as this instruction goes
    }
}

void
_PyJitSlot_ReleaseLate(_PyJitBuilder *b, uint32_t index)
{
    _PyJitSlot *slot = &b->slots[index];
    if (!can_drop(slot)) {
        slot->quiet = slot->plain = 1;   // as far as this instruction goes
    }
}

/* An object that ends runs nothing: a number or a bool the trace has made, or a constant. */
static bool
is_plain_ref(const _PyJitBuilder *b, _PyJitRef ref)
{
    const _PyJitIns *ins = JIT_INS(b->t, ref);
    if (!JIT_IS_CONST(ref)) {
        return ins->op == JIT_OP_BOX_INT || ins->op == JIT_OP_BOX_FLOAT || ins->op == JIT_OP_BOOL_OF;
    }
    PyObject *o = (PyObject *)(uintptr_t)ins->bits;
    return PyLong_CheckExact(o) || PyUnicode_CheckExact(o) || PyFloat_CheckExact(o) || PyBool_Check(o) || o == Py_None;
}

/* SLOT has a tuple that the trace has made, of plain objects: its end needs no look. */
static bool
is_thin(const _PyJitBuilder *b, const _PyJitSlot *slot)
{
    if (slot->object == JIT_REF_NONE || JIT_IS_CONST(slot->object) || JIT_INS(b->t, slot->object)->op != JIT_OP_NEW_TUPLE) {
        return false;
    }
    uint32_t plain = 0;
    for (_PyJitRef ref = slot->object + 1; ref < JIT_REF_BIAS + b->t->nins; ref++) {
        const _PyJitIns *ins = JIT_INS(b->t, ref);
        if (ins->op == JIT_OP_INIT_TUPLE_ITEM && ins->a == slot->object) {
            plain += is_plain_ref(b, ins->b);
        }
        else if (ins->op != JIT_OP_INCREF) {
            break;
        }
    }
    return plain == JIT_INS(b->t, slot->object)->aux;
}

#define MOST_SINCE 24          // operations that are looked at

/* Leaf NUMBER makes a set or a dict of its arguments. */
static bool
is_display(int number)
{
    return number == _PyJitLeaf_Named("{}") || number == _PyJitLeaf_Named("{:}") || number == _PyJitLeaf_Named("{keys:}");
}

/* SLOT has a set or a dict that a leaf call has made of plain objects alone, and nothing has been done to it: its end needs no look. */
static bool
is_thin_display(const _PyJitBuilder *b, const _PyJitSlot *slot)
{
    _PyJitRef made = slot->object, end = (_PyJitRef)(JIT_REF_BIAS + b->t->nins);
    if (made == JIT_REF_NONE || JIT_IS_CONST(made) || !slot->owned || end - made > MOST_SINCE
        || JIT_INS(b->t, made)->op != JIT_OP_CALL_LEAF || !is_display((int)JIT_INS(b->t, made)->aux)) {
        return false;
    }
    for (_PyJitRef ref = made - 1; JIT_INS(b->t, ref)->op == JIT_OP_LEAF_ARGUMENT; ref--) {
        if (!is_plain_ref(b, JIT_INS(b->t, ref)->a)) {
            return false;
        }
    }
    for (_PyJitRef ref = made + 1; ref < end; ref++) {
        const _PyJitIns *ins = JIT_INS(b->t, ref);
        bool used = ins->op != JIT_OP_BYTECODE && (ins->a == made || ins->b == made || ins->c == made);
        if (ins->op == JIT_OP_OPAQUE || ins->op == JIT_OP_LEAVE_FRAME_ENDING || (used && !(_PyJit_Ops[ins->op].flags & JIT_OPFLAG_PURE))) {
            return false;
        }
    }
    return true;
}

bool
_PyJitSlot_CanEnd(const _PyJitBuilder *b, const _PyJitRecord *record, uint32_t count)
{
    uint32_t quiet = 0;
    for (uint32_t i = 0; i < count; i++) {
        unsigned int tag = i < 4 ? JIT_TAG(record->ends, i) : JIT_TAG_OTHER;
        if (can_drop(&b->slots[b->depth - 1 - i]) || is_thin(b, &b->slots[b->depth - 1 - i])) {
            continue;
        }
        quiet += tag == JIT_TAG_QUIET;
        if (tag == JIT_TAG_OTHER || tag == JIT_TAG_NULL || quiet > 1) {
            return false;
        }
    }
    return true;
}

static bool
is_plain_tag(unsigned int tag)
{
    return tag != JIT_TAG_OTHER && tag != JIT_TAG_SHARED && tag != JIT_TAG_QUIET;
}

void
_PyJitSlot_GuardEnds(_PyJitBuilder *b, const _PyJitRecord *record, uint32_t count)
{
    // Those that are given up may be one object, if they are not plain.
    uint32_t shares = 0, loud = 0;
    bool late = false;
    for (uint32_t i = 0; i < count; i++) {
        _PyJitSlot *slot = &b->slots[b->depth - 1 - i];
        if (!late && !can_drop(slot) && JIT_TAG(record->ends, i) == JIT_TAG_QUIET && is_thin_display(b, slot)) {
            slot->plain = slot->quiet = late = true;       // at the end of the instruction, which may take something from it
        }
        slot->plain |= is_thin(b, slot);         // as far as this instruction goes
        bool given_up = !can_drop(&b->slots[b->depth - 1 - i]);
        shares += given_up;
        loud += given_up && !is_plain_tag(JIT_TAG(record->ends, i));
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = b->depth - 1 - i;
        unsigned int tag = JIT_TAG(record->ends, i);
        _PyJitSlot *slot = &b->slots[index];
        if (!can_drop(slot)) {
            slot->quiet = tag == JIT_TAG_QUIET;
            emit1(b, slot->quiet ? JIT_OP_GUARD_QUIET : JIT_OP_GUARD_DROP, _PyJitSlot_Object(b, index),
                  tag == JIT_TAG_SHARED && loud == 1 ? 1 : shares);
            slot->plain = 1;   // as far as this instruction goes
        }
    }
}

void
_PyJitSlot_EndRecord(_PyJitBuilder *b)
{
    if (b->late != JIT_REF_NONE) {
        _PyJitSlot_OwnHeap(b);           // from the object, perhaps
        emit1(b, JIT_OP_DECREF_PLAIN, b->late, 0);
        b->late = JIT_REF_NONE;
    }
}

bool
_PyJitSlot_CanStore(const _PyJitBuilder *b, uint32_t local, unsigned int tag)
{
    const _PyJitSlot *slot = &b->slots[local];
    if (!slot_in_memory(b, local) || is_deferred(b, local)) {
        return !slot->owned || slot->plain || tag == JIT_TAG_SHARED || tag == JIT_TAG_QUIET;
    }
    return slot->memory_plain || tag != JIT_TAG_OTHER;
}

#define ALL 0                  // stores

/* OBJECT is about to be given up, one of STORES, and may end; so may all of them where STORES is ALL. */
static void
guard_quiet(_PyJitBuilder *b, _PyJitRef object, uint32_t stores)
{
    _PyJitSlot_OwnHeap(b);     // before the look: tier 1 has these references too, and what they keep does not end
    emit1(b, stores == ALL ? JIT_OP_GUARD_QUIET_TOGETHER : JIT_OP_GUARD_QUIET, object, stores == ALL ? 1 : stores);
}

/* What LOCAL holds can be given up, as one of STORES references. */
static void
guard_store(_PyJitBuilder *b, uint32_t local, unsigned int tag, uint32_t stores)
{
    _PyJitSlot *slot = &b->slots[local];
    if (!slot_in_memory(b, local) || is_deferred(b, local)) {
        if (slot->owned && !slot->plain && (tag == JIT_TAG_QUIET || is_new_object(b, slot->object))) {
            guard_quiet(b, slot->object, stores);
        }
        else if (slot->owned && !slot->plain) {
            emit1(b, JIT_OP_GUARD_SHARED, slot->object, stores);
        }
        return;
    }
    if (slot->memory_plain) {
        return;
    }
    assert(!slot->dirty);
    _PyJitRef object = _PyJitSlot_Object(b, local);
    if (tag == JIT_TAG_QUIET) {
        guard_quiet(b, object, stores);
        return;
    }
    if (tag == JIT_TAG_SHARED) {
        emit1(b, JIT_OP_GUARD_DROP, object, stores);
        return;
    }
    emit1(b, JIT_OP_GUARD_PLAIN, object, 0);
    _PyJitSlot_NotePlain(b, object);
}

void
_PyJitSlot_GuardStore(_PyJitBuilder *b, uint32_t local, unsigned int tag)
{
    guard_store(b, local, tag, 1);
}

/* What a store to LOCAL gives up may live on only because there are other references. */
static bool
may_end(const _PyJitBuilder *b, uint32_t local)
{
    const _PyJitSlot *slot = &b->slots[local];
    return !slot_in_memory(b, local) || is_deferred(b, local) ? slot->owned && !slot->plain : !slot->memory_plain;
}

void
_PyJitSlot_GuardStores(_PyJitBuilder *b, const _PyJitRecord *record, uint32_t first, uint32_t second)
{
    unsigned int one = JIT_TAG(record->types, 2), other = JIT_TAG(record->types, 3);
    bool different = one == JIT_TAG_SHARED && other == JIT_TAG_SHARED && JIT_TAG(record->ends, 0) != JIT_TAG_SHARED;
    if (different && may_end(b, first) && may_end(b, second)) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_DIFFERENT, _PyJitSlot_Object(b, first), _PyJitSlot_Object(b, second), 0);
    }
    if (one == JIT_TAG_QUIET && other == JIT_TAG_QUIET) {
        emit1(b, JIT_OP_BEGIN_TOGETHER, JIT_REF_NONE, 0);
        guard_store(b, first, one, ALL);
        guard_store(b, second, other, ALL);
        return;
    }
    // What was plain has to be plain again, or to live on though it loses two: so the other one is another object.
    guard_store(b, first, one, different || (one == JIT_TAG_SHARED && is_plain_tag(other)) ? 1 : 2);
    guard_store(b, second, other, different || (other == JIT_TAG_SHARED && is_plain_tag(one)) ? 1 : 2);
}

void
_PyJitSlot_Own(_PyJitBuilder *b, uint32_t index)
{
    _PyJitSlot *slot = &b->slots[index];
    if (!slot->dirty) {
        (void)_PyJitSlot_Object(b, index);
        slot->dirty = slot->owned = 1;
    }
}

void
_PyJitSlot_Keep(_PyJitBuilder *b, uint32_t index)
{
    _PyJitSlot *slot = &b->slots[index];
    if (slot->object == JIT_REF_NONE) {
        int op = type_of_ref(b, slot->number) == JIT_TYPE_F64 ? JIT_OP_BOX_FLOAT : JIT_OP_BOX_INT;
        slot->object = emit1(b, op, slot->number, 0);
        slot->plain = slot->owned = 1;
        _PyJitVirtual_Box(b, slot->identity, slot->object);
    }
    _PyJitSlot_KeepObject(b, index);
}

/* StoreTop where the frame is not in memory. */
static void
store_in_map(_PyJitBuilder *b, uint32_t local)
{
    _PyJitSlot *slot = &b->slots[local];
    _PyJitRef dropped = slot->owned ? slot->object : JIT_REF_NONE;
    _PyJitSlot_OwnAllBorrowers(b, dropped);      // another local too: `x, y = y, x` of arguments
    *slot = b->slots[b->depth - 1];
    pop(b);
    if (dropped != JIT_REF_NONE) {
        emit1(b, JIT_OP_DECREF_PLAIN, dropped, 0);
    }
}

/* The top of the stack may stay out of memory when the local takes it. */
static bool
can_be_dirty(const _PyJitBuilder *b, uint32_t local)
{
    const _PyJitSlot *top = &b->slots[b->depth - 1];
    if (!top->dirty) {
        return false;
    }
    if (b->virtuals && frame_of(b, local)->generator == JIT_REF_NONE
        && (top->owned ? is_new_object(b, top->object) || is_box(b, top) : is_box(b, top))) {
        return true;
    }
    return !top->owned && (is_unmade(b, top->object) || top->object == JIT_REF_NONE || JIT_IS_CONST(top->object)
                           || type_of_ref(b, top->object) == JIT_TYPE_BOOL);
}

/* StoreTop over a new object that memory does not have: it ends, or whoever borrows from the local has it. */
static void
store_over_new(_PyJitBuilder *b, uint32_t local)
{
    _PyJitRef dropped = b->slots[local].object;
    for (uint32_t i = b->frames[b->machine].base; i < b->depth; i++) {
        if (i != local && b->slots[i].dirty && !b->slots[i].owned && b->slots[i].object == dropped) {
            _PyJitSlot_KeepObject(b, i);
        }
    }
    b->slots[local] = (_PyJitSlot){.memory = b->slots[local].memory, .memory_plain = 1, .dirty = 1};
    _PyJitSlot_StoreTop(b, local);
    emit1(b, JIT_OP_DECREF_PLAIN, dropped, 0);
}

void
_PyJitSlot_StoreTop(_PyJitBuilder *b, uint32_t local)
{
    _PyJitSlot *top = &b->slots[b->depth - 1];
    _PyJitSlot *slot = &b->slots[local];
    if (!slot_in_memory(b, local)) {
        store_in_map(b, local);
        return;
    }
    if (is_deferred(b, local)) {
        store_over_new(b, local);
        return;
    }
    if (top->dirty && !top->owned && top->object != JIT_REF_NONE && top->object == slot->memory) {
        // Memory has it.  As a borrower the top would get a reference that nobody gives up.
        slot->object = slot->memory;
        slot->number = top->number;
        slot->identity = top->identity;
        slot->alias = top->alias;
        slot->plain = slot->memory_plain = slot->memory_plain | top->plain;
        slot->dirty = slot->heap = 0;
        pop(b);
        return;
    }
    if (can_be_dirty(b, local)) {
        if (!top->owned && is_box(b, top)) {
            _PyJitSlot_KeepObject(b, b->depth - 1);
        }
        if (!slot->memory_plain) {
            // It is shared, but goes now all the same: whoever else has it may give it up before memory is written.
            _PyJitSlot_OwnBorrowers(b, slot->memory);
            _PyJitSlot_Write(b, local, null_object(b), true);
        }
        slot->object = top->object;
        slot->number = top->number;
        slot->plain = top->plain;
        slot->identity = top->identity;
        slot->alias = top->alias;
        slot->owned = top->owned;
        slot->heap = 0;
        slot->dirty = 1;
        pop(b);
        return;
    }
    _PyJitSlot value = *top;
    if (!value.dirty) {
        value.object = _PyJitSlot_Object(b, b->depth - 1);   // the stack's reference moves
        value.plain = top->plain;
        value.number = top->number;
    }
    else if (!value.owned) {
        (void)_PyJitSlot_Incref(b, value.object);
    }
    pop(b);
    _PyJitSlot_OwnBorrowers(b, slot->memory);
    _PyJitSlot_Write(b, local, value.object, value.plain);
    slot->number = value.number;
}

#endif /* _Py_TIER2 */
