/* The slot map: which value stands in each slot of the frame, and whether memory has it.
 *
 * Rules:
 *  1. Registers own no reference.  An object in the map is borrowed: from the memory of the slot it was loaded from, or it is
 *     a constant of the code, or a bool that was computed and never dies.  So a dirty stack slot may borrow from a local; before
 *     that local's memory is written the stack slot gets a reference of its own (own_borrowers).
 *  2. A dirty local holds a number, a bool, a constant, or a new object that the trace owns, never a borrowed one: `a = b` of an
 *     object is written at once.
 *  3. A local is dirty only over plain objects: their end, which comes late, is seen by nobody.  Other objects are given up at
 *     once, if they live on.
 *  4. An object goes back as the same object.  A number that came from no object has an *identity*: it is given when the number
 *     is pushed, and moves with it.  One identity gets one box, however many slots name it; two identities get two, also where
 *     common subexpressions made their numbers one value.
 *  5. Between the making of a reference (INCREF, a box) and the store that takes it nothing leaves the trace, but where the
 *     snapshot says that the trace owns it.
 *  6. A dirty stack slot may also borrow from the heap: from an attribute, an item, a dict.  Before anything in the heap is
 *     written it gets a reference of its own (_PyJitSlot_OwnHeap).
 *  7. Slots of frames that are not in memory are dirty.  They borrow as the stack does (rules 1 and 6), or own: what was on the
 *     caller's stack in memory when it made the call belongs to the trace until the callee gives it up or its frame is made.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "jit/build/builder.h"

static inline _PyJitRef
emit0(_PyJitBuilder *b, int op, uint32_t aux)
{
    return _PyJitBuild_Emit(b, op, JIT_REF_NONE, JIT_REF_NONE, aux);
}

static inline _PyJitRef
emit1(_PyJitBuilder *b, int op, _PyJitRef operand, uint32_t aux)
{
    return _PyJitBuild_Emit(b, op, operand, JIT_REF_NONE, aux);
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

/* Slot INDEX can be loaded and stored: it belongs to the machine's frame, or to one that is in a generator. */
static inline bool
has_memory(const _PyJitBuilder *b, uint32_t index)
{
    const _PyJitAbstractFrame *frame = frame_of(b, index);
    return frame == &b->frames[b->machine] || frame->generator != JIT_REF_NONE;
}

_PyJitRef
_PyJitSlot_Object(_PyJitBuilder *b, uint32_t index)
{
    assert(index < b->nslots);
    _PyJitSlot *slot = &b->slots[index];
    if (slot->object == JIT_REF_NONE && !slot->dirty) {
        if (!has_memory(b, index)) {
            b->failed = true;  // cannot be: an instruction reads a local that has no value
            return JIT_REF_NONE;
        }
        _PyJitRef generator = frame_of(b, index)->generator;
        slot->object = slot->memory = generator == JIT_REF_NONE
            ? emit0(b, JIT_OP_LOAD_SLOT, slot_in_frame(b, index))
            : emit1(b, JIT_OP_LOAD_GEN, generator, slot_in_frame(b, index));
        slot->plain = slot->memory_plain;
    }
    return slot->object;
}

/* OBJECT turned out to be plain. */
static void
note_plain(_PyJitBuilder *b, _PyJitRef object)
{
    for (uint32_t i = 0; i < b->nslots; i++) {
        _PyJitSlot *slot = &b->slots[i];
        if (slot->object == object) {
            slot->plain = 1;
        }
        if (slot->memory == object) {
            slot->memory_plain = 1;
        }
    }
}

_PyJitRef
_PyJitSlot_Number(_PyJitBuilder *b, uint32_t index, int type)
{
    _PyJitSlot *slot = &b->slots[index];
    if (slot->number != JIT_REF_NONE && type_of_ref(b, slot->number) == type) {
        return slot->number;
    }
    // A number of another type: two operands were two objects when they were recorded, and are one here.  The check always fails.
    _PyJitRef object = _PyJitSlot_Object(b, index);
    _PyJitRef number = emit1(b, type == JIT_TYPE_F64 ? JIT_OP_UNBOX_FLOAT : JIT_OP_UNBOX_INT, object, 0);
    if (b->failed) {
        return JIT_REF_NONE;
    }
    for (uint32_t i = 0; i < b->nslots; i++) {
        if (b->slots[i].object == object && b->slots[i].number == JIT_REF_NONE) {
            b->slots[i].number = number;
        }
    }
    note_plain(b, object);
    return number;
}

int
_PyJitSlot_Kind(const _PyJitBuilder *b, uint32_t index, unsigned int tag)
{
    const _PyJitSlot *slot = &b->slots[index];
    if (slot->number != JIT_REF_NONE) {
        return type_of_ref(b, slot->number);
    }
    return tag == JIT_TAG_INT || tag == JIT_TAG_WIDE ? JIT_TYPE_I64 : tag == JIT_TAG_FLOAT ? JIT_TYPE_F64 : JIT_TYPE_NONE;
}

/* --- Writing memory ----------------------------------------------------------------------------------------------- */

static inline bool
is_null(const _PyJitBuilder *b, _PyJitRef object)
{
    return JIT_IS_CONST(object) && object != JIT_REF_NONE && JIT_INS(b->t, object)->bits == 0;
}

/* A reference to OBJECT for somebody who is about to take it.  false: there is nothing to count. */
static bool
incref(_PyJitBuilder *b, _PyJitRef object)
{
    if (object == JIT_REF_NONE) {
        assert(b->failed);
        return false;
    }
    if (JIT_IS_CONST(object)) {
        PyObject *constant = (PyObject *)(uintptr_t)JIT_INS(b->t, object)->bits;
        if (constant == NULL || _Py_IsImmortal(constant)) {
            return false;
        }
    }
    emit1(b, JIT_OP_INCREF, object, 0);
    return true;
}

/* Memory of slot INDEX, which has some, now holds OBJECT, whose reference is consumed by the store. */
static void
write_slot(_PyJitBuilder *b, uint32_t index, _PyJitRef object, bool plain)
{
    _PyJitSlot *slot = &b->slots[index];
    assert(has_memory(b, index));
    bool replaces = is_local(b, index) && !is_null(b, slot->memory);
    _PyJitRef generator = frame_of(b, index)->generator;
    if (generator != JIT_REF_NONE) {
        (void)_PyJitBuild_Emit(b, replaces ? JIT_OP_STORE_GEN : JIT_OP_STORE_GEN_STACK, generator, object,
                               slot_in_frame(b, index));
    }
    else {
        emit1(b, replaces ? JIT_OP_STORE_SLOT : JIT_OP_STORE_STACK, object, slot_in_frame(b, index));
    }
    slot->object = slot->memory = object;
    slot->plain = slot->memory_plain = plain;
    slot->dirty = slot->owned = slot->heap = slot->held = 0;
}

/* The trace gets a reference of its own for the dirty slot INDEX, which is known as an object. */
static void
keep(_PyJitBuilder *b, uint32_t index)
{
    _PyJitSlot *slot = &b->slots[index];
    assert(slot->dirty && (slot->object != JIT_REF_NONE || b->failed));
    if (!slot->owned) {
        slot->owned = incref(b, slot->object);
    }
    slot->heap = 0;
}

/* The same for the function of FRAME. */
static void
keep_function(_PyJitBuilder *b, _PyJitAbstractFrame *frame)
{
    if (!frame->owns_function) {
        frame->owns_function = incref(b, frame->function);
    }
    frame->heap_function = false;
}

/* The dirty slot INDEX, known as an object, gets a reference of its own, and goes to memory if its frame is there. */
static void
own(_PyJitBuilder *b, uint32_t index)
{
    keep(b, index);
    if (has_memory(b, index)) {
        write_slot(b, index, b->slots[index].object, b->slots[index].plain);
    }
}

/* SLOT is a number that the trace has boxed. */
static bool
is_box(const _PyJitBuilder *b, const _PyJitSlot *slot)
{
    int op = slot->object == JIT_REF_NONE || JIT_IS_CONST(slot->object) ? JIT_OP_NOP : JIT_INS(b->t, slot->object)->op;
    return slot->number != JIT_REF_NONE && (op == JIT_OP_BOX_INT || op == JIT_OP_BOX_FLOAT);
}

/* The dirty slot INDEX gets a reference of its own; what may never be made stays out of memory. */
static void
own_or_keep(_PyJitBuilder *b, uint32_t index)
{
    if (b->virtuals && (is_new_object(b, b->slots[index].object) || is_box(b, &b->slots[index]))) {
        keep(b, index);
    }
    else {
        own(b, index);
    }
}

/* A local of a frame in memory holds a new object, or a box, that memory does not have.  It may never be made. */
static inline bool
is_deferred(const _PyJitBuilder *b, uint32_t index)
{
    return b->slots[index].dirty && b->slots[index].owned && is_local(b, index);
}

/* OBJECT, which a local of the last frame has, is about to lose the local's reference: slots of the stack that borrow from it get
 * references of their own (rule 1). */
static void
own_borrowers(_PyJitBuilder *b, _PyJitRef object)
{
    if (object == JIT_REF_NONE) {
        return;                // never loaded
    }
    for (uint32_t i = stack_base(b); i < b->depth; i++) {
        if (b->slots[i].dirty && !b->slots[i].owned && b->slots[i].object == object) {
            own_or_keep(b, i);
        }
    }
}

void
_PyJitSlot_OwnHeap(_PyJitBuilder *b)
{
    for (uint32_t i = b->frames[b->machine].base; i < b->depth; i++) {
        if (b->slots[i].heap) {
            own_or_keep(b, i);
        }
    }
    for (uint32_t i = b->machine + 1; i < b->nframes; i++) {
        if (b->frames[i].heap_function) {
            keep_function(b, &b->frames[i]);
        }
    }
}

/* The dirty number of slot INDEX goes to memory, and to all other slots that hold the same one. */
static void
box(_PyJitBuilder *b, uint32_t index, bool keep_carried)
{
    if (b->failed) {
        return;                // the map may not know what is there
    }
    _PyJitRef number = b->slots[index].number;
    uint16_t identity = b->slots[index].identity;
    int op = type_of_ref(b, number) == JIT_TYPE_F64 ? JIT_OP_BOX_FLOAT : JIT_OP_BOX_INT;
    _PyJitRef object = emit1(b, op, number, 0);
    _PyJitVirtual_Box(b, identity, object);
    write_slot(b, index, object, true);
    for (uint32_t i = index + 1; i < b->depth; i++) {
        _PyJitSlot *slot = &b->slots[i];
        if (slot->dirty && slot->object == JIT_REF_NONE && slot->identity == identity && !(keep_carried && slot->carried)) {
            slot->object = object;
            slot->plain = 1;
            own(b, i);
        }
    }
}

/* The same for borrowers in any frame. */
static void
own_all_borrowers(_PyJitBuilder *b, _PyJitRef object)
{
    for (uint32_t i = b->frames[b->machine].base; i < b->depth && object != JIT_REF_NONE; i++) {
        if (b->slots[i].dirty && !b->slots[i].owned && b->slots[i].object == object) {
            own_or_keep(b, i);
        }
    }
}

bool
_PyJitSlot_IsBare(const _PyJitBuilder *b, uint32_t index)
{
    return is_bare(&b->slots[index]);
}

bool
_PyJitSlot_IsAlone(const _PyJitBuilder *b, uint32_t index)
{
    for (uint32_t i = 0; i < b->depth; i++) {
        if (i != index && is_bare(&b->slots[i]) && b->slots[i].identity == b->slots[index].identity) {
            return false;
        }
    }
    return is_bare(&b->slots[index]) && !_PyJitVirtual_HasIdentity(b, b->slots[index].identity);
}

void
_PyJitSlot_Box(_PyJitBuilder *b, uint32_t index)
{
    _PyJitSlot *slot = &b->slots[index];
    assert(is_bare(slot) || b->failed);
    int op = type_of_ref(b, slot->number) == JIT_TYPE_F64 ? JIT_OP_BOX_FLOAT : JIT_OP_BOX_INT;
    _PyJitRef object = emit1(b, op, slot->number, 0);
    _PyJitVirtual_Box(b, slot->identity, object);
    for (uint32_t i = b->frames[b->machine].base; i < b->depth && !b->failed; i++) {
        if (is_bare(&b->slots[i]) && b->slots[i].identity == slot->identity && i != index) {
            b->slots[i].object = object;
            b->slots[i].plain = 1;
            if (b->virtuals) {
                keep(b, i);    // the box may never be made
                continue;
            }
            own_all_borrowers(b, b->slots[i].memory);
            own(b, i);
        }
    }
    slot->object = object;
    slot->plain = slot->owned = 1;
}

/* The machine's frame goes to memory, but for its stack pointer.  A frame above it has references of its own. */
static void
flush_frame(_PyJitBuilder *b, bool keep_carried)
{
    // The stack first: it may borrow from locals.  Nothing here leaves.
    const _PyJitAbstractFrame *frame = &b->frames[b->machine];
    uint32_t free = free_slot(b, b->machine);
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (uint32_t i = pass == 0 ? frame->stack : frame->base; i < (pass == 0 ? free : frame->stack); i++) {
            _PyJitSlot *slot = &b->slots[i];
            if (slot->dirty && slot->object != JIT_REF_NONE && !(keep_carried && slot->carried)) {
                own(b, i);
            }
        }
    }
    for (uint32_t i = frame->base; i < free; i++) {
        if (b->slots[i].dirty && !(keep_carried && b->slots[i].carried)) {
            box(b, i, keep_carried);
        }
    }
    if (b->sp != free) {
        emit0(b, JIT_OP_SET_SP, slot_in_frame(b, free));
        b->sp = free;
    }
}

void
_PyJitBuild_Flush(_PyJitBuilder *b, bool keep_carried)
{
    // Frames above may borrow from slots below them.
    for (uint32_t i = b->machine + 1; i < b->nframes; i++) {
        _PyJitAbstractFrame *frame = &b->frames[i];
        for (uint32_t k = frame->base; k < free_slot(b, i); k++) {
            if (b->slots[k].dirty && b->slots[k].object != JIT_REF_NONE) {
                keep(b, k);
            }
        }
        if (frame->generator == JIT_REF_NONE) {
            keep_function(b, frame);
        }
    }
    flush_frame(b, keep_carried);
    while (b->machine + 1 < b->nframes) {
        _PyJitFrame_Push(b);
        flush_frame(b, false);
    }
}

void
_PyJitSlot_WriteGenerator(_PyJitBuilder *b)
{
    const _PyJitAbstractFrame *frame = this_frame(b);
    uint32_t top = b->depth - 1;
    // The stack first: it may borrow from locals.
    if (!is_bare(&b->slots[top])) {
        _PyJitSlot_Own(b, top);
        keep(b, top);
    }
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (uint32_t i = pass == 0 ? frame->stack : frame->base; i < (pass == 0 ? top : frame->stack); i++) {
            if (b->slots[i].dirty && b->slots[i].object != JIT_REF_NONE) {
                own(b, i);
            }
        }
    }
    for (uint32_t i = frame->base; i < top; i++) {
        _PyJitSlot *slot = &b->slots[i];
        if (slot->dirty && i < frame->stack && _PyJitSlot_IsAlone(b, i)) {
            int op = type_of_ref(b, slot->number) == JIT_TYPE_F64 ? JIT_OP_STORE_GEN_FLOAT : JIT_OP_STORE_GEN_INT;
            (void)_PyJitBuild_Emit(b, op, frame->generator, slot->number, slot_in_frame(b, i));
            *slot = (_PyJitSlot){.number = slot->number, .memory_plain = 1};
        }
        else if (slot->dirty) {
            _PyJitSlot_Box(b, i);
            own(b, i);
        }
    }
    if (!is_bare(&b->slots[top])) {
        _PyJitSlot_Own(b, top);      // a box that a local has too stands in memory
    }
}

static void
forget(_PyJitSlot *slot)
{
    *slot = (_PyJitSlot){0};
}

void
_PyJitBuild_ForgetSlot(_PyJitBuilder *b, uint32_t index)
{
    assert(index >= b->depth || !b->slots[index].dirty);
    forget(&b->slots[index]);
}

void
_PyJitBuild_ForgetAll(_PyJitBuilder *b)
{
    for (uint32_t i = 0; i < b->nslots; i++) {
        assert(i >= b->depth || !b->slots[i].dirty);
        forget(&b->slots[i]);
    }
}

/* --- Moves -------------------------------------------------------------------------------------------------------- */

static _PyJitSlot *
push(_PyJitBuilder *b)
{
    if (b->depth >= b->nslots) {
        b->failed = true;      // cannot be: the recorder saw it fit
        b->depth = b->nslots - 1;
    }
    _PyJitSlot *slot = &b->slots[b->depth++];
    forget(slot);
    slot->dirty = 1;
    return slot;
}

/* What was on top, without its reference. */
static void
pop(_PyJitBuilder *b)
{
    assert(b->depth > stack_base(b));
    forget(&b->slots[--b->depth]);
}

void
_PyJitSlot_Push(_PyJitBuilder *b, _PyJitSlot value)
{
    assert(value.dirty);
    value.memory = JIT_REF_NONE;
    value.memory_plain = 0;
    *push(b) = value;
}

void
_PyJitSlot_PushNumber(_PyJitBuilder *b, _PyJitRef number)
{
    _PyJitSlot *slot = push(b);
    slot->number = number;
    slot->identity = ++b->identities;
}

void
_PyJitSlot_PushBool(_PyJitBuilder *b, _PyJitRef truth)
{
    _PyJitRef object = emit1(b, JIT_OP_BOOL_OF, truth, 0);
    _PyJitSlot *slot = push(b);
    slot->object = object;
    slot->plain = 1;
}

void
_PyJitSlot_PushHeap(_PyJitBuilder *b, _PyJitRef object)
{
    _PyJitSlot *slot = push(b);
    slot->object = object;
    slot->heap = 1;
    const _PyJitIns *ins = object == JIT_REF_NONE ? NULL : JIT_INS(b->t, object);
    if (ins != NULL && (ins->op == JIT_OP_BOX_INT || ins->op == JIT_OP_BOX_FLOAT)) {
        slot->number = ins->a;           // it was taken out of what the trace has put it in
        slot->plain = 1;
    }
}

void
_PyJitSlot_PushConst(_PyJitBuilder *b, PyObject *value)
{
    _PyJitRef number = JIT_REF_NONE;
    bool plain = value == Py_None || PyBool_Check(value) || PyUnicode_CheckExact(value);
    if (PyFloat_CheckExact(value)) {
        double real = PyFloat_AS_DOUBLE(value);
        uint64_t bits;
        memcpy(&bits, &real, sizeof(bits));
        number = _PyJitTrace_Const(b->t, JIT_TYPE_F64, bits);
        plain = true;
    }
    else if (PyLong_CheckExact(value)) {
        int overflow;
        long long whole = PyLong_AsLongLongAndOverflow(value, &overflow);
        if (!overflow) {
            number = _PyJitTrace_Const(b->t, JIT_TYPE_I64, (uint64_t)whole);
        }
        plain = true;
    }
    _PyJitRef object = _PyJitTrace_Const(b->t, JIT_TYPE_OBJECT, (uint64_t)(uintptr_t)value);
    b->failed |= object == JIT_REF_NONE;
    _PyJitSlot *slot = push(b);
    slot->object = object;
    slot->number = number;
    slot->plain = plain;
}

void
_PyJitSlot_PushNull(_PyJitBuilder *b)
{
    _PyJitRef null = _PyJitTrace_Const(b->t, JIT_TYPE_OBJECT, 0);
    b->failed |= null == JIT_REF_NONE;
    _PyJitSlot *slot = push(b);
    slot->object = null;
    slot->plain = 1;
}

void
_PyJitSlot_PushLocal(_PyJitBuilder *b, uint32_t local)
{
    (void)_PyJitSlot_Object(b, local);
    _PyJitSlot *slot = push(b);
    const _PyJitSlot *from = &b->slots[local];
    slot->object = from->object;
    slot->number = from->number;
    slot->plain = from->plain;
    slot->identity = from->identity;
    slot->alias = from->alias;
    slot->heap = from->heap;
}

void
_PyJitSlot_Copy(_PyJitBuilder *b, uint32_t from)
{
    if (!b->slots[from].dirty) {
        (void)_PyJitSlot_Object(b, from);
    }
    _PyJitSlot *slot = push(b);
    slot->object = b->slots[from].object;
    slot->number = b->slots[from].number;
    slot->plain = b->slots[from].plain;
    slot->heap = b->slots[from].heap;
    slot->identity = b->slots[from].identity;
    slot->alias = b->slots[from].alias;
    if (!b->slots[from].dirty || b->slots[from].owned) {
        own(b, b->depth - 1);  // the first one may go before the copy
    }
}

void
_PyJitSlot_Swap(_PyJitBuilder *b, uint32_t one, uint32_t other)
{
    // A clean slot's reference moves in memory.
    for (int i = 0; i < 2; i++) {
        if (!b->slots[one].dirty) {
            (void)_PyJitSlot_Object(b, one);
        }
        uint32_t swapped = one;
        one = other;
        other = swapped;
    }
    _PyJitSlot held = b->slots[one];
    b->slots[one] = b->slots[other];
    b->slots[other] = held;
    for (int i = 0; i < 2; i++) {
        uint32_t index = i == 0 ? one : other;
        _PyJitSlot *slot = &b->slots[index];
        if (slot->dirty) {
            slot->memory = JIT_REF_NONE;
            slot->memory_plain = 0;
        }
        else {
            write_slot(b, index, slot->object, slot->plain);
        }
    }
}

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
        if (top->quiet) {
            b->late = object;
        }
        else {
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
        (void)incref(b, object);
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
        slot->quiet = tag == JIT_TAG_QUIET;
        emit1(b, slot->quiet ? JIT_OP_GUARD_QUIET : JIT_OP_GUARD_RELEASE, _PyJitSlot_Object(b, index), slot->quiet);
        slot->plain = 1;       // as far as this instruction goes
    }
}

bool
_PyJitSlot_CanEnd(const _PyJitBuilder *b, const _PyJitRecord *record, uint32_t count)
{
    uint32_t quiet = 0;
    for (uint32_t i = 0; i < count; i++) {
        unsigned int tag = i < 4 ? JIT_TAG(record->ends, i) : JIT_TAG_OTHER;
        if (can_drop(&b->slots[b->depth - 1 - i])) {
            continue;
        }
        quiet += tag == JIT_TAG_QUIET;
        if (tag == JIT_TAG_OTHER || tag == JIT_TAG_NULL || quiet > 1) {
            return false;
        }
    }
    return true;
}

void
_PyJitSlot_GuardEnds(_PyJitBuilder *b, const _PyJitRecord *record, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = b->depth - 1 - i;
        _PyJitSlot *slot = &b->slots[index];
        if (!can_drop(slot)) {
            slot->quiet = JIT_TAG(record->ends, i) == JIT_TAG_QUIET;
            emit1(b, slot->quiet ? JIT_OP_GUARD_QUIET : JIT_OP_GUARD_DROP, _PyJitSlot_Object(b, index), count);
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

/* OBJECT is about to be given up, one of STORES, and may end. */
static void
guard_quiet(_PyJitBuilder *b, _PyJitRef object, uint32_t stores)
{
    _PyJitSlot_OwnHeap(b);     // before the look: tier 1 has these references too, and what they keep does not end
    emit1(b, JIT_OP_GUARD_QUIET, object, stores);
}

void
_PyJitSlot_GuardStore(_PyJitBuilder *b, uint32_t local, unsigned int tag, uint32_t stores)
{
    _PyJitSlot *slot = &b->slots[local];
    if (!slot_in_memory(b, local) || is_deferred(b, local)) {
        if (slot->owned && !slot->plain && tag == JIT_TAG_QUIET) {
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
    note_plain(b, object);
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
    keep(b, index);
}

/* StoreTop where the frame is not in memory. */
static void
store_virtual(_PyJitBuilder *b, uint32_t local)
{
    _PyJitSlot *slot = &b->slots[local];
    _PyJitRef dropped = slot->owned ? slot->object : JIT_REF_NONE;
    own_all_borrowers(b, dropped);      // another local too: `x, y = y, x` of arguments
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
    return !top->owned && (top->object == JIT_REF_NONE || JIT_IS_CONST(top->object) || type_of_ref(b, top->object) == JIT_TYPE_BOOL);
}

/* StoreTop over a new object that memory does not have: it ends, or whoever borrows from the local has it. */
static void
store_over_new(_PyJitBuilder *b, uint32_t local)
{
    _PyJitRef dropped = b->slots[local].object;
    for (uint32_t i = b->frames[b->machine].base; i < b->depth; i++) {
        if (i != local && b->slots[i].dirty && !b->slots[i].owned && b->slots[i].object == dropped) {
            keep(b, i);
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
        store_virtual(b, local);
        return;
    }
    if (is_deferred(b, local)) {
        store_over_new(b, local);
        return;
    }
    if (can_be_dirty(b, local)) {
        if (!top->owned && is_box(b, top)) {
            keep(b, b->depth - 1);
        }
        if (!slot->memory_plain) {
            // It is shared, but goes now all the same: whoever else has it may give it up before memory is written.
            _PyJitRef null = _PyJitTrace_Const(b->t, JIT_TYPE_OBJECT, 0);
            b->failed |= null == JIT_REF_NONE;
            own_borrowers(b, slot->memory);
            write_slot(b, local, null, true);
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
        (void)incref(b, value.object);
    }
    pop(b);
    own_borrowers(b, slot->memory);
    write_slot(b, local, value.object, value.plain);
    slot->number = value.number;
}

#endif /* _Py_TIER2 */
