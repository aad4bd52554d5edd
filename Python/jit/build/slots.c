/* The slot map: which value stands in each slot of the frame, and whether memory has it.
 *
 * slots_memory.c writes the map to memory, slots_ends.c has what gives references up: pops and stores.  The rules are those of all three:
 *  1. Registers own no reference.  An object in the map is borrowed: from the memory of the slot it was loaded from, or it is
 *     a constant of the code, or a bool that was computed and never dies.  So a dirty stack slot may borrow from a local; before
 *     that local's memory is written the stack slot gets a reference of its own (_PyJitSlot_OwnBorrowers).
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

#include "jit/build/slots.h"

/* --- Reading ------------------------------------------------------------------------------------------------------ */

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

void
_PyJitSlot_NotePlain(_PyJitBuilder *b, _PyJitRef object)
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
    _PyJitSlot_NotePlain(b, object);
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
    _PyJitRef null = null_object(b);
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
_PyJitSlot_Unbind(_PyJitBuilder *b, uint32_t local)
{
    _PyJitSlot *slot = &b->slots[local];
    if (slot->dirty) {
        return;                // a constant
    }
    _PyJitRef null = null_object(b);
    *slot = slot_in_memory(b, local)
        ? (_PyJitSlot){.object = null, .memory = null, .plain = 1, .memory_plain = 1, .held = slot->held}
        : (_PyJitSlot){.object = null, .dirty = 1, .plain = 1};
}

void
_PyJitSlot_MoveLocal(_PyJitBuilder *b, uint32_t local)
{
    _PyJitSlot *slot = &b->slots[local];
    _PyJitRef null = null_object(b);
    if (!slot->dirty) {
        // The reference that memory has goes to the stack.
        _PyJitSlot value = {.object = _PyJitSlot_Object(b, local), .dirty = 1, .owned = 1};
        value.number = slot->number;
        value.plain = slot->plain;
        _PyJitSlot_OwnBorrowers(b, value.object);
        slot->memory = null;
        _PyJitSlot_Write(b, local, null, true);
        slot->number = JIT_REF_NONE;
        _PyJitSlot_Push(b, value);
        return;
    }
    _PyJitSlot value = *slot;
    if (value.owned) {
        _PyJitSlot_OwnAllBorrowers(b, value.object);
    }
    *slot = (_PyJitSlot){.object = null, .memory = value.memory, .memory_plain = value.memory_plain, .dirty = 1, .plain = 1};
    _PyJitSlot_Push(b, value);
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
        _PyJitSlot_OwnObject(b, b->depth - 1);  // the first one may go before the copy
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
            _PyJitSlot_Write(b, index, slot->object, slot->plain);
        }
    }
}

#endif /* _Py_TIER2 */
