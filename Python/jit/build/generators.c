/* Lowering rules of generators: a loop or `yield from` that resumes one, and the yield that comes back.
 *
 * The frame of a generator exists while it is suspended: it lies in the generator object.  A trace that goes on with it leaves
 * everything as it is, and loads and stores its slots there (LOAD_GEN, STORE_GEN): nothing of tier 1's switch of frames is done, and
 * `frame` is still the one below.  So what the consumer has in registers stays there, and what is yielded goes over as it is.  At
 * YIELD_VALUE the generator's locals are written, and it is suspended as before, or at another place.
 *
 * 1. An exit, or an opaque instruction of the generator, needs the frame to run: run/restore.c or PUSH_GENERATOR enters it.  From then on it
 *    is a frame like others, until an opaque YIELD_VALUE leaves it.
 * 2. Nobody sees that the generator counts as suspended meanwhile: lowered instructions run nothing of users.
 * 3. The generator lives as long as its frame runs: the consumer has it on its stack.
 * 4. What is yielded has a reference of its own: the consumer borrows nothing from the generator.
 * 5. Of a generator that the trace has made, what its slots hold is still known when it is resumed, if no other was meanwhile that may be the
 *    same one by another name.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "jit/build/rules.h"

#define MOST_LOCALS 24         // of a generator that returns

static _PyJitRef
place_of(_PyJitBuilder *b, uint16_t code, uint32_t offset)
{
    return konst(b, (int64_t)(intptr_t)(_PyCode_CODE(b->t->codes[code]) + offset));
}

/* A generator that resumes one of its own kind goes on wherever the data lead: at the place and depth that were recorded the next
 * time too, but hardly ever the time after.  The instruction that resumes it stays opaque, and what follows finds its way by links.
 * A coroutine that the trace has made, in SLOT, and that BEGINS, goes on at its beginning: it is as good as a call. */
static bool
is_recursive(const _PyJitBuilder *b, uint16_t code, uint32_t slot, bool begins)
{
    _PyJitRef generator = b->slots[slot].object;
    bool called = begins && b->t->codes[code]->co_flags & CO_COROUTINE && is_new_object(b, generator);
    for (uint32_t i = 0; i < b->nframes; i++) {
        if (b->frames[i].code == code && (!called || b->frames[i].generator == generator)) {
            return true;
        }
    }
    return false;
}

/* GENERATOR is about to be suspended with the slots of the walk's frame below TOP, all of them clean. */
static void
remember(_PyJitBuilder *b, _PyJitRef generator, uint32_t top)
{
    uint32_t base = this_frame(b)->base, i = 0;
    if (!is_new_object(b, generator) || top - base > JIT_MOST_SUSPENDED_SLOTS) {
        return;
    }
    while (i < b->nsuspended && b->suspended[i].generator != generator) {
        i++;
    }
    if (i == JIT_MOST_SUSPENDED) {
        i = 0;
    }
    b->nsuspended = Py_MAX(b->nsuspended, i + 1);
    b->suspended[i].generator = generator;
    b->suspended[i].n = top - base;
    memcpy(b->suspended[i].slots, b->slots + base, (top - base) * sizeof(_PyJitSlot));
}

/* The walk's frame is that of GENERATOR, which goes on. */
static void
recall(_PyJitBuilder *b, _PyJitRef generator)
{
    for (uint32_t i = 0; i < b->nsuspended; i++) {
        const _PyJitSuspended *known = &b->suspended[i];
        if (known->generator == generator && known->n == b->depth - this_frame(b)->base) {
            memcpy(b->slots + this_frame(b)->base, known->slots, known->n * sizeof(_PyJitSlot));
        }
    }
}

/* FOR_ITER_GEN, SEND_GEN: SENT values lie above the generator on the stack. */
static uint32_t
resume(_PyJitBuilder *b, uint32_t index, uint32_t sent)
{
    const _PyJitRecord *record = &b->t->records[index], *next = record + 1;
    if (index + 1 >= b->t->nrecords || record->prefix > 0 || next->depth != record->depth + 1 || next->observed
        || record->size + record->oparg > UINT8_MAX) {
        return REFUSE(b);
    }
    PyCodeObject *code = b->t->codes[next->code];
    uint32_t words = (uint32_t)(code->co_nlocalsplus + code->co_stacksize);
    uint32_t slot = b->depth - 1 - sent;
    if (b->nframes + 1 >= JIT_MAX_FRAMES || b->nslots + words + JIT_MAX_FRAMES > JIT_MAX_SLOTS
        || next->sp <= (uint32_t)code->co_nlocalsplus
        || is_recursive(b, next->code, slot, next->opcode == POP_TOP)) {
        return REFUSE(b);
    }
    _PyJitRef place = place_of(b, next->code, next->offset - next->prefix);
    _PyJitLower_Begin(b, index);
    _PyJitRef generator = _PyJitSlot_Object(b, slot);
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_GENERATOR, generator, place, sent);
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_RECURSION, JIT_REF_NONE, JIT_REF_NONE, b->nframes - b->machine);
    _PyJitSlot value = {0};
    if (sent) {
        _PyJitSlot_Own(b, b->depth - 1);
        value = b->slots[b->depth - 1];
        b->slots[b->depth - 1] = (_PyJitSlot){0};
    }
    _PyJitFrame_Resume(b, index, slot + 1, generator, next->code, next->sp - 1u);
    if (!is_new_object(b, generator)) {
        b->nsuspended = 0;     // it may be any of them, by another name
    }
    recall(b, generator);
    if (sent) {
        _PyJitSlot_Push(b, value);
    }
    else {
        _PyJitSlot_PushConst(b, Py_None);
    }
    return 1;
}

/* YIELD_VALUE of a frame that was resumed so. */
static uint32_t
yield(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint16_t code;
    uint32_t offset;
    if (b->nframes < 2 || !_PyJitLower_Next(b, index, &code, &offset)) {
        return REFUSE(b);
    }
    const _PyJitAbstractFrame *caller = &b->frames[b->nframes - 2];
    uint32_t behind = caller->call + 1 + INLINE_CACHE_ENTRIES_FOR_ITER;
    if (code != caller->code || offset != behind) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef generator = this_frame(b)->generator;
    _PyJitSlot_WriteGenerator(b);
    _PyJitSlot value = b->slots[b->depth - 1];
    uint32_t sp = b->depth - 1 - this_frame(b)->base;
    _PyJitRef place = place_of(b, record->code, record->offset + record->size);
    (void)_PyJitBuild_Emit(b, JIT_OP_SUSPEND_GEN, generator, place, sp | record->oparg << 16);
    remember(b, generator, b->depth - 1);
    for (uint32_t i = this_frame(b)->base; i < b->depth; i++) {
        b->slots[i] = (_PyJitSlot){0};
    }
    _PyJitFrame_Leave(b);
    _PyJitSlot_Push(b, value);
    return 1;
}

/* YIELD_VALUE of a frame in memory, where C takes what is yielded: the last instruction of an item (run/resume.c). */
static uint32_t
yield_to_c(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    if (!in_memory(b) || index + 1 < b->t->nrecords || b->end != JIT_END_TO_C) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_BELOW_IS_C, JIT_REF_NONE, JIT_REF_NONE, 0);
    _PyJitBuild_Flush(b, false);
    _PyJitRef place = place_of(b, record->code, record->offset + record->size);
    (void)_PyJitBuild_Emit(b, JIT_OP_YIELD_TO_C, place, JIT_REF_NONE, record->oparg);
    b->ended = true;
    return 1;
}

/* RETURN_GENERATOR, where the frame does not exist: the generator gets what the frame has. */
static uint32_t
make(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    const _PyJitAbstractFrame *frame = this_frame(b);
    if (in_memory(b) || frame->generator != JIT_REF_NONE || b->t->codes[record->code]->co_flags & CO_ASYNC_GENERATOR) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    for (uint32_t i = frame->base; i < frame->stack; i++) {
        if (_PyJitSlot_IsBare(b, i)) {
            _PyJitSlot_Box(b, i);
        }
    }
    if (b->t->codes[record->code]->co_flags & CO_COROUTINE) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_NO_ORIGIN, JIT_REF_NONE, JIT_REF_NONE, 0);
    }
    _PyJitRef place = place_of(b, record->code, record->offset + 1);
    _PyJitRef made = emit2(b, JIT_OP_NEW_GENERATOR, frame->function, place);
    // Nothing leaves from here on.
    if (!frame->owns_function) {
        (void)emit1(b, JIT_OP_INCREF, frame->function);
    }
    for (uint32_t i = frame->base; i < frame->stack; i++) {
        if (b->slots[i].dirty) {
            _PyJitSlot_Keep(b, i);
            (void)_PyJitBuild_Emit(b, JIT_OP_STORE_GEN_STACK, made, b->slots[i].object, i - frame->base);
        }
        const _PyJitSlot *slot = &b->slots[i];
        _PyJitRef object = slot->dirty ? slot->object : object_const(b, NULL);
        bool plain = !slot->dirty || slot->plain;
        b->slots[i] = (_PyJitSlot){.object = object, .number = slot->number, .memory = object, .plain = plain, .memory_plain = plain};
    }
    remember(b, made, frame->stack);
    _PyJitFrame_Leave(b);
    _PyJitSlot_Push(b, (_PyJitSlot){.object = made, .dirty = 1, .owned = 1});
    return 1;
}

/* What SLOT of a generator's frame has may be anything, and ends with the frame. */
static bool
is_unknown(const _PyJitSlot *slot)
{
    // What is dirty without a reference goes away unwritten; what memory holds is plain then.
    return slot->dirty ? slot->owned && !slot->plain : !slot->memory_plain;
}

/* The frame of a generator that returns can be given up with RECORD; of the object RETURNED, or NONE, a reference is left. */
static void
guard_end(_PyJitBuilder *b, const _PyJitRecord *record, _PyJitRef returned)
{
    const _PyJitAbstractFrame *frame = this_frame(b);
    bool in_memory = true;
    for (uint32_t i = frame->base; i < frame->stack; i++) {
        in_memory = in_memory && !(b->slots[i].dirty && is_unknown(&b->slots[i]));
    }
    if (in_memory && JIT_TAG(record->types, 2) == JIT_TAG_QUIET) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_GEN_END, frame->generator, JIT_REF_NONE, frame->stack - frame->base);
        return;
    }
    _PyJitEnds ends = {.n = 0};
    _PyJitReturn_AddEnd(&ends, record, emit1(b, JIT_OP_LOAD_GEN_FUNCTION, frame->generator), UINT32_MAX);
    for (uint32_t i = frame->base; i < frame->stack; i++) {
        _PyJitRef object = is_unknown(&b->slots[i]) ? _PyJitSlot_Object(b, i) : JIT_REF_NONE;
        if (object != JIT_REF_NONE && object != returned) {
            _PyJitReturn_AddEnd(&ends, record, object, i - frame->base);
        }
    }
    _PyJitReturn_GuardEnds(b, record, JIT_OP_GUARD_DROP, &ends);
}

/* RETURN_VALUE, RETURN_CONST of a frame that was resumed. */
uint32_t
_PyJitLower_EndGenerator(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    const _PyJitAbstractFrame *frame = this_frame(b), *caller = frame - 1;
    bool constant = record->opcode == RETURN_CONST;
    uint32_t nlocals = frame->stack - frame->base, above = b->depth - frame->stack - !constant;
    uint16_t code;
    uint32_t offset;
    if (JIT_TAG(record->types, 2) == JIT_TAG_OTHER || nlocals > MOST_LOCALS || above > 0 || !_PyJitLower_Next(b, index, &code, &offset)
        || code != caller->code || offset != caller->call + caller->call_size) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    if (JIT_TAG(record->types, 2) == JIT_TAG_QUIET) {
        _PyJitSlot_OwnHeap(b);           // from what ends, perhaps
    }
    _PyJitSlot value = {0};
    if (!constant) {
        if (!_PyJitSlot_IsBare(b, b->depth - 1)) {
            _PyJitSlot_Own(b, b->depth - 1);
            _PyJitSlot_Keep(b, b->depth - 1);      // from a local, perhaps
        }
        value = b->slots[b->depth - 1];
    }
    guard_end(b, record, constant ? JIT_REF_NONE : value.object);
    for (uint32_t i = frame->base; i < frame->stack; i++) {
        if (b->slots[i].dirty && b->slots[i].owned) {
            (void)emit1(b, JIT_OP_DECREF_PLAIN, b->slots[i].object);
        }
    }
    (void)_PyJitBuild_Emit(b, JIT_OP_END_GENERATOR, frame->generator, JIT_REF_NONE, nlocals);
    for (uint32_t i = frame->base; i < b->depth; i++) {
        b->slots[i] = (_PyJitSlot){0};
    }
    _PyJitFrame_Leave(b);
    if (constant) {
        _PyJitSlot_PushConst(b, PyTuple_GET_ITEM(b->t->codes[record->code]->co_consts, record->oparg));
    }
    else {
        _PyJitSlot_Push(b, value);
    }
    return 1;
}

/* END_SEND: the value stays, what it came from goes. */
static uint32_t
end_send(_PyJitBuilder *b, uint32_t index)
{
    uint32_t top = b->depth - 1, receiver = top - 1;
    unsigned int tag = JIT_TAG(b->t->records[index].types, 2);
    if (!_PyJitSlot_CanRelease(b, receiver, tag)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitSlot_GuardRelease(b, receiver, tag);
    _PyJitSlot_Own(b, top);
    _PyJitSlot value = b->slots[top];
    b->slots[top] = (_PyJitSlot){0};
    b->depth = top;
    drop(b, 1);
    _PyJitSlot_Push(b, value);
    return 1;
}

/* GET_YIELD_FROM_ITER of a generator, which is its own iterator. */
static uint32_t
get_yield_from_iter(_PyJitBuilder *b, uint32_t index)
{
    if (b->t->records[index].seen != (PyObject *)&PyGen_Type || _PyJitSlot_IsBare(b, b->depth - 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    (void)emit2(b, JIT_OP_GUARD_EXACT, _PyJitSlot_Object(b, b->depth - 1), object_const(b, &PyGen_Type));
    return 1;
}

/* GET_AWAITABLE of a coroutine, or of a generator that may be awaited: each is its own iterator. */
static uint32_t
get_awaitable(_PyJitBuilder *b, uint32_t index)
{
    if (b->t->records[index].seen != Py_True || _PyJitSlot_IsBare(b, b->depth - 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    (void)emit1(b, JIT_OP_GUARD_AWAITABLE, _PyJitSlot_Object(b, b->depth - 1));
    return 1;
}

uint32_t
_PyJitLower_Generator(_PyJitBuilder *b, uint32_t index)
{
    switch (b->t->records[index].opcode) {
        case FOR_ITER_GEN:
            return resume(b, index, 0);
        case SEND_GEN:
            return resume(b, index, 1);
        case RETURN_GENERATOR:
            return make(b, index);
        case END_SEND:
            return end_send(b, index);
        case GET_AWAITABLE:
            return get_awaitable(b, index);
        case GET_YIELD_FROM_ITER:
            return get_yield_from_iter(b, index);
        default:
            return this_frame(b)->generator != JIT_REF_NONE ? yield(b, index) : yield_to_c(b, index);
    }
}

#endif /* _Py_TIER2 */
