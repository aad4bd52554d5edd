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
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "jit/build/rules.h"

static _PyJitRef
place_of(_PyJitBuilder *b, uint16_t code, uint32_t offset)
{
    return konst(b, (int64_t)(intptr_t)(_PyCode_CODE(b->t->codes[code]) + offset));
}

/* A generator that resumes one of its own kind goes on wherever the data lead: at the place and depth that were recorded the next
 * time too, but hardly ever the time after.  The instruction that resumes it stays opaque, and what follows finds its way by links. */
static bool
is_recursive(const _PyJitBuilder *b, uint16_t code)
{
    for (uint32_t i = 0; i < b->nframes; i++) {
        if (b->frames[i].code == code) {
            return true;
        }
    }
    return false;
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
    if (b->nframes + 1 >= JIT_MAX_FRAMES || b->nslots + words + JIT_MAX_FRAMES > JIT_MAX_SLOTS
        || next->sp <= (uint32_t)code->co_nlocalsplus || is_recursive(b, next->code)) {
        return REFUSE(b);
    }
    uint32_t slot = b->depth - 1 - sent;
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
    if (!in_memory(b) || index + 1 < b->t->nrecords || b->end != JIT_END_UNSUPPORTED || b->end_code >= 0) {
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

uint32_t
_PyJitLower_Generator(_PyJitBuilder *b, uint32_t index)
{
    switch (b->t->records[index].opcode) {
        case FOR_ITER_GEN:
            return resume(b, index, 0);
        case SEND_GEN:
            return resume(b, index, 1);
        default:
            return this_frame(b)->generator != JIT_REF_NONE ? yield(b, index) : yield_to_c(b, index);
    }
}

#endif /* _Py_TIER2 */
