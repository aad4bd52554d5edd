/* The slot map: what goes to memory, and which references the trace takes for it.  The rules are those of slots.c. */
#include "Python.h"

#ifdef _Py_TIER2

#include "jit/build/slots.h"

static inline bool
is_null(const _PyJitBuilder *b, _PyJitRef object)
{
    return JIT_IS_CONST(object) && object != JIT_REF_NONE && JIT_INS(b->t, object)->bits == 0;
}

bool
_PyJitSlot_Incref(_PyJitBuilder *b, _PyJitRef object)
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
    if (type_of_ref(b, object) == JIT_TYPE_BOOL) {
        return false;
    }
    emit1(b, JIT_OP_INCREF, object, 0);
    return true;
}

void
_PyJitSlot_Write(_PyJitBuilder *b, uint32_t index, _PyJitRef object, bool plain)
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

void
_PyJitSlot_KeepObject(_PyJitBuilder *b, uint32_t index)
{
    _PyJitSlot *slot = &b->slots[index];
    assert(slot->dirty && (slot->object != JIT_REF_NONE || b->failed));
    if (!slot->owned) {
        slot->owned = _PyJitSlot_Incref(b, slot->object);
    }
    slot->heap = 0;
}

/* The same for the function of FRAME. */
static void
keep_function(_PyJitBuilder *b, _PyJitAbstractFrame *frame)
{
    if (!frame->owns_function) {
        frame->owns_function = _PyJitSlot_Incref(b, frame->function);
    }
    frame->heap_function = false;
}

void
_PyJitSlot_OwnObject(_PyJitBuilder *b, uint32_t index)
{
    _PyJitSlot_KeepObject(b, index);
    if (has_memory(b, index)) {
        _PyJitSlot_Write(b, index, b->slots[index].object, b->slots[index].plain);
    }
}

/* The dirty slot INDEX gets a reference of its own; what may never be made stays out of memory. */
static void
own_or_keep(_PyJitBuilder *b, uint32_t index)
{
    if (b->virtuals && (is_new_object(b, b->slots[index].object) || is_box(b, &b->slots[index]))) {
        _PyJitSlot_KeepObject(b, index);
    }
    else {
        _PyJitSlot_OwnObject(b, index);
    }
}

/* OBJECT was never loaded, or is the NULL of a local without a value, or below the arguments of a call: nobody borrows it. */
static bool
is_nothing(const _PyJitBuilder *b, _PyJitRef object)
{
    return object == JIT_REF_NONE || (JIT_IS_CONST(object) && JIT_INS(b->t, object)->bits == 0);
}

void
_PyJitSlot_OwnBorrowers(_PyJitBuilder *b, _PyJitRef object)
{
    if (is_nothing(b, object)) {
        return;
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
    _PyJitSlot_Write(b, index, object, true);
    for (uint32_t i = index + 1; i < b->depth; i++) {
        _PyJitSlot *slot = &b->slots[i];
        if (slot->dirty && slot->object == JIT_REF_NONE && slot->identity == identity && !(keep_carried && slot->carried)) {
            slot->object = object;
            slot->plain = 1;
            _PyJitSlot_OwnObject(b, i);
        }
    }
}

void
_PyJitSlot_OwnAllBorrowers(_PyJitBuilder *b, _PyJitRef object)
{
    for (uint32_t i = b->frames[b->machine].base; i < b->depth && !is_nothing(b, object); i++) {
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
                _PyJitSlot_KeepObject(b, i);    // the box may never be made
                continue;
            }
            _PyJitSlot_OwnAllBorrowers(b, b->slots[i].memory);
            _PyJitSlot_OwnObject(b, i);
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
                _PyJitSlot_OwnObject(b, i);
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
    if (b->unmade.open) {
        _PyJitUnmade_GiveUp(b);
        return;
    }
    // Frames above may borrow from slots below them.
    for (uint32_t i = b->machine + 1; i < b->nframes; i++) {
        _PyJitAbstractFrame *frame = &b->frames[i];
        for (uint32_t k = frame->base; k < free_slot(b, i); k++) {
            if (b->slots[k].dirty && b->slots[k].object != JIT_REF_NONE) {
                _PyJitSlot_KeepObject(b, k);
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
        _PyJitSlot_KeepObject(b, top);
    }
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (uint32_t i = pass == 0 ? frame->stack : frame->base; i < (pass == 0 ? top : frame->stack); i++) {
            if (b->slots[i].dirty && b->slots[i].object != JIT_REF_NONE) {
                _PyJitSlot_OwnObject(b, i);
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
            if (is_bare(slot)) {         // else it has got the box of a slot before
                _PyJitSlot_Box(b, i);
            }
            _PyJitSlot_OwnObject(b, i);
        }
    }
    if (!is_bare(&b->slots[top])) {
        _PyJitSlot_Own(b, top);      // a box that a local has too stands in memory
    }
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

#endif /* _Py_TIER2 */
