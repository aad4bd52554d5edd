/* Lowering rules of returns.
 *
 * A return from a frame that does not exist moves one value in the slot map.  What the frame owned is given up, which must not
 * end the life of anything but plain objects, or a finalizer would see frames that are not there.
 *
 * A frame in memory goes away by LEAVE_FRAME where its locals and its function are of that kind too; nothing that tier 1 would run is
 * left out then.  Where one of them ended when it was recorded it goes away by LEAVE_FRAME_ENDING, which may run anything: callers are in memory, and
 * what is known of their locals stays so unless somebody has seen them.  The value is on the caller's stack in memory; that it is a number, and which, stays known.
 *
 * A return to C ends the trace, with all that is in memory, so whatever ends then may run code of users.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_opcode_metadata.h"
#include "jit/build/rules.h"

#define MOST_LOCALS 24         // of a frame in memory
#define MOST_DIFFERENT 6       // objects of which each is compared with each

/* --- Frames that do not exist --------------------------------------------------------------------------------------- */

static bool
was_plain(const _PyJitRecord *record, uint32_t local)
{
    return local < 32 && record->plain_locals >> local & 1;
}

void
_PyJitReturn_AddEnd(_PyJitEnds *ends, const _PyJitRecord *record, _PyJitRef object, uint32_t local)
{
    bool plain = was_plain(record, local);
    ends->nplain += plain;
    ends->plain[ends->n] = plain;
    ends->objects[ends->n++] = object;
}

/* The walk's frame is about to end with SLOT being returned, or a constant (SLOT is the end of the stack then): the objects it
 * owns and that may not be plain. */
static void
shared_objects(const _PyJitBuilder *b, uint32_t returned, const _PyJitRecord *record, _PyJitEnds *ends)
{
    const _PyJitAbstractFrame *frame = &b->frames[b->nframes - 1];
    if (frame->owns_function) {
        _PyJitReturn_AddEnd(ends, record, frame->function, UINT32_MAX);
    }
    for (uint32_t i = frame->base; i < b->depth; i++) {
        const _PyJitSlot *slot = &b->slots[i];
        if (i != returned && slot->owned && !slot->plain) {
            _PyJitReturn_AddEnd(ends, record, slot->object, i < frame->stack ? i - frame->base : UINT32_MAX);
        }
    }
}

/* The walk's frame gives up an object that may never be made: in the virtual pass it ends, whatever was recorded. */
static bool
has_new(const _PyJitBuilder *b, uint32_t returned)
{
    const _PyJitAbstractFrame *frame = &b->frames[b->nframes - 1];
    bool found = frame->owns_function && is_new_object(b, frame->function);
    for (uint32_t i = frame->base; i < b->depth; i++) {
        found |= i != returned && b->slots[i].owned && is_new_object(b, b->slots[i].object);
    }
    return found;
}

/* The value to return borrows from a local of this frame that owns it: takes over the local's reference. */
static void
take_over(_PyJitBuilder *b, uint32_t returned)
{
    _PyJitSlot *value = &b->slots[returned];
    for (uint32_t i = this_frame(b)->base; i < returned && value->dirty && !value->owned; i++) {
        if (b->slots[i].owned && b->slots[i].object == value->object) {
            b->slots[i].owned = 0;
            value->owned = 1;
        }
    }
}

/* Ends the walk's frame.  RETURNED: the slot to return, or the end of the stack. */
static void
end_frame(_PyJitBuilder *b, uint32_t returned)
{
    const _PyJitAbstractFrame *frame = this_frame(b);
    for (uint32_t i = frame->base; i < b->depth; i++) {
        const _PyJitSlot *slot = &b->slots[i];
        if (i != returned && slot->owned && known_null(b, i) != 1) {
            (void)_PyJitBuild_Emit(b, JIT_OP_DECREF_PLAIN, slot->object, JIT_REF_NONE, 0);
        }
    }
    if (frame->owns_function) {
        (void)_PyJitBuild_Emit(b, JIT_OP_DECREF_PLAIN, frame->function, JIT_REF_NONE, 0);
    }
    _PyJitFrame_Leave(b);
}

/* All of ENDS are given up by RECORD, each once.  OP: the check where none of them ends and none was plain. */
void
_PyJitReturn_GuardEnds(_PyJitBuilder *b, const _PyJitRecord *record, int op, const _PyJitEnds *ends)
{
    // Two of them may be one object, that loses two references.  What was plain has to be plain again, or to have many; so the others
    // are only compared with each other.
    unsigned int tag = JIT_TAG(record->types, 2);
    const _PyJitRef *objects = ends->objects;
    bool different = tag == JIT_TAG_NULL && ends->n - ends->nplain <= MOST_DIFFERENT;
    for (uint32_t i = 0; i < ends->n && different; i++) {
        for (uint32_t k = 0; k < i && !ends->plain[i]; k++) {
            if (!ends->plain[k] && !is_newer(b, objects[i], objects[k]) && !is_newer(b, objects[k], objects[i])) {
                (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_DIFFERENT, objects[k], objects[i], 0);
            }
        }
    }
    bool together = tag == JIT_TAG_QUIET && ends->n - ends->nplain > 1;
    if (together) {
        (void)_PyJitBuild_Emit(b, JIT_OP_BEGIN_TOGETHER, JIT_REF_NONE, JIT_REF_NONE, 0);
    }
    for (uint32_t i = 0; i < ends->n; i++) {
        int check = together ? JIT_OP_GUARD_QUIET_TOGETHER : ends->plain[i] ? JIT_OP_GUARD_DROP : tag == JIT_TAG_QUIET ? JIT_OP_GUARD_QUIET : op;
        (void)_PyJitBuild_Emit(b, check, objects[i], JIT_REF_NONE, together || (different && !ends->plain[i]) ? 1 : ends->n);
    }
}

/* A return from a frame that does not exist, or its end without one. */
static uint32_t
leave_virtual(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    bool from_stack = record->opcode == RETURN_VALUE;
    uint32_t returned = from_stack ? b->depth - 1 : b->depth;
    if (from_stack) {
        take_over(b, returned);
    }
    _PyJitLower_Begin(b, index);
    if (JIT_TAG(record->types, 2) == JIT_TAG_QUIET || has_new(b, returned)) {
        _PyJitSlot_OwnHeap(b);           // from what ends, perhaps; what is returned, too
    }
    _PyJitEnds ends = {.n = 0};
    shared_objects(b, returned, record, &ends);
    _PyJitReturn_GuardEnds(b, record, JIT_OP_GUARD_SHARED, &ends);
    _PyJitSlot value = {0};
    if (from_stack) {
        value = b->slots[returned];
    }
    end_frame(b, returned);
    if (from_stack) {
        _PyJitSlot_Push(b, value);
    }
    else if (record->opcode == RETURN_CONST) {
        PyCodeObject *code = b->t->codes[record->code];
        _PyJitSlot_PushConst(b, PyTuple_GET_ITEM(code->co_consts, record->oparg));
    }
    return 1;
}

/* --- Frames in memory ------------------------------------------------------------------------------------------------- */

/* The value to return, on top of the stack, as an object the trace owns. */
static _PyJitRef
owned_top(_PyJitBuilder *b)
{
    uint32_t top = b->depth - 1;
    _PyJitSlot_Own(b, top);
    _PyJitSlot_Keep(b, top);
    return b->slots[top].object;
}

/* What goes away with the local SLOT may be anything, and is not RETURNED. */
static bool
is_unknown(const _PyJitSlot *slot, _PyJitRef returned)
{
    if (slot->dirty && slot->owned) {
        return !slot->plain && (returned == JIT_REF_NONE || slot->object != returned);
    }
    return !slot->memory_plain && (returned == JIT_REF_NONE || slot->memory != returned);
}

/* So few locals of this frame may be anything, and were not plain, that each can be compared with each. */
static bool
can_compare(const _PyJitBuilder *b, const _PyJitRecord *record, _PyJitRef returned)
{
    const _PyJitAbstractFrame *frame = &b->frames[b->nframes - 1];
    uint32_t count = 0;
    for (uint32_t i = frame->base; i < frame->stack; i++) {
        count += is_unknown(&b->slots[i], returned) && !was_plain(record, i - frame->base);
    }
    return count < MOST_DIFFERENT;       // and the function
}

/* The function and all locals but those that RETURNED is in can be given up. */
static void
guard_locals(_PyJitBuilder *b, const _PyJitRecord *record, _PyJitRef returned)
{
    const _PyJitAbstractFrame *frame = this_frame(b);
    _PyJitEnds ends = {.n = 0};
    _PyJitRef function = _PyJitBuild_Emit(b, JIT_OP_LOAD_FUNCTION, JIT_REF_NONE, JIT_REF_NONE, 0);
    _PyJitReturn_AddEnd(&ends, record, function, UINT32_MAX);
    for (uint32_t i = frame->base; i < frame->stack; i++) {
        if (is_unknown(&b->slots[i], returned)) {
            _PyJitReturn_AddEnd(&ends, record, _PyJitSlot_Object(b, i), i - frame->base);
        }
    }
    _PyJitReturn_GuardEnds(b, record, JIT_OP_GUARD_DROP, &ends);
}

/* The frame may have a frame object, which a traceback had.  (A frame that the trace has seen begin has none before that.) */
static bool
may_have_been_in_traceback(const _PyJitBuilder *b)
{
    int first = _PyOpcode_Deopt[b->t->records[0].opcode];
    return b->caught || (b->nframes == 1 && !b->left && first != RESUME);
}

/* A slot of a frame below the walk's one is not in memory. */
static bool
callers_wait(const _PyJitBuilder *b)
{
    for (uint32_t i = 0; i < b->frames[b->nframes - 1].base; i++) {
        if (b->slots[i].dirty) {
            return true;
        }
    }
    return false;
}

/* Who called is looked at behind the return, by where control goes on: all is in memory then, so one trace for each such place serves
 * whatever returns to it. */
static uint32_t
leave_frame(_PyJitBuilder *b, uint32_t index)
{
    _PyJitTrace *t = b->t;
    const _PyJitRecord *record = &t->records[index];
    uint16_t code = 0;
    uint32_t offset = 0;
    const _PyJitAbstractFrame *frame = this_frame(b);
    uint32_t nlocals = frame->stack - frame->base;
    int flags = t->codes[record->code]->co_flags;
    // Of what is returned a reference is left.
    _PyJitRef returned = record->opcode == RETURN_CONST ? JIT_REF_NONE : b->slots[b->depth - 1].object;
    bool ending = JIT_TAG(record->types, 2) != JIT_TAG_NULL || nlocals > MOST_LOCALS || !can_compare(b, record, returned);
    bool last = index + 1 >= t->nrecords;
    if (record->observed || (ending && b->observed) || flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)
        || (!last && t->records[index + 1].depth + 1 != record->depth) || callers_wait(b)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    if (may_have_been_in_traceback(b)) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_UNSEEN, JIT_REF_NONE, JIT_REF_NONE, 0);
    }
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_LEAVE, JIT_REF_NONE, JIT_REF_NONE, 0);
    if (!ending) {
        guard_locals(b, record, returned);
    }
    if (record->opcode == RETURN_CONST) {
        _PyJitSlot_PushConst(b, PyTuple_GET_ITEM(t->codes[record->code]->co_consts, record->oparg));
    }
    _PyJitRef object = owned_top(b);
    _PyJitSlot value = b->slots[b->depth - 1];
    for (uint32_t i = frame->base; i < frame->stack; i++) {
        const _PyJitSlot *slot = &b->slots[i];
        if (slot->dirty && slot->owned && ending && !slot->plain) {
            _PyJitSlot_Write(b, i, slot->object, false);       // ends with the frame
        }
        else if (slot->dirty && slot->owned) {
            (void)_PyJitBuild_Emit(b, JIT_OP_DECREF_PLAIN, slot->object, JIT_REF_NONE, 0);
        }
    }
    _PyJitRef ip = _PyJitBuild_Emit(b, ending ? JIT_OP_LEAVE_FRAME_ENDING : JIT_OP_LEAVE_FRAME, object, JIT_REF_NONE, ending ? 0 : nlocals);
    // Dirty locals go away unwritten: what they stand for is in memory nowhere.
    for (uint32_t i = frame->base; i < frame->end; i++) {
        b->slots[i] = (_PyJitSlot){0};
    }
    b->ran = 0;
    if (!_PyJitLower_Next(b, index, &code, &offset) || (last && b->end != JIT_END_LOOP)) {
        _PyJitBuild_GoTo(b, ip);
        b->ended = true;
        return 1;
    }
    if (last) {
        _PyJitBuild_ForgetAll(b);
        b->sp = b->depth;
    }
    else {
        _PyJitFrame_Follow(b, &t->records[index + 1]);
    }
    _PyJitBuild_GuardIP(b, ip, code, offset);
    if (ending) {
        for (uint32_t i = 0; i < b->nframes; i++) {
            b->frames[i].unsure = true;
        }
        _PyJitCse_Barrier(b, JIT_ALL_CLASSES);
        _PyJitBuild_CheckValid(b, code, offset);
    }
    if (last || !this_frame(b)->lowered) {
        return 1;              // back at the start of the trace, or in a frame too large for the map: nothing of it is known
    }
    assert(b->depth > stack_base(b));
    _PyJitSlot *top = &b->slots[b->depth - 1];
    *top = (_PyJitSlot){.object = object, .number = value.number, .memory = object, .plain = value.plain,
                        .memory_plain = value.plain};
    return 1;
}

/* --- Back to C ---------------------------------------------------------------------------------------------------------- */

/* The last instruction of a call from C (run/resume.c). */
static uint32_t
return_to_c(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    const _PyJitAbstractFrame *frame = this_frame(b);
    _PyJitLower_Begin(b, index);
    // Who has the frame object, of a traceback or a generator, sees the locals and the line, which are not written any more.
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_UNSEEN, JIT_REF_NONE, JIT_REF_NONE, 0);
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_BELOW_IS_C, JIT_REF_NONE, JIT_REF_NONE, 0);
    if (record->opcode == RETURN_CONST) {
        _PyJitSlot_PushConst(b, PyTuple_GET_ITEM(b->t->codes[record->code]->co_consts, record->oparg));
    }
    else {
        (void)owned_top(b);
    }
    // What a dirty local borrows, or is as a number, ends with it unwritten.  What memory has instead is plain.
    for (uint32_t i = frame->base; i < frame->stack; i++) {
        if (b->slots[i].dirty && !b->slots[i].owned) {
            b->slots[i] = (_PyJitSlot){0};
        }
    }
    _PyJitBuild_Flush(b, false);
    (void)_PyJitBuild_Emit(b, JIT_OP_RETURN_TO_C, JIT_REF_NONE, JIT_REF_NONE, 0);
    b->ended = true;
    return 1;
}

/* RETURN_VALUE, RETURN_CONST; RESERVED, by which a continuation frame ends without a result. */
uint32_t
_PyJitLower_Return(_PyJitBuilder *b, uint32_t index)
{
    if (this_frame(b)->generator != JIT_REF_NONE) {
        return _PyJitLower_EndGenerator(b, index);
    }
    if (!in_memory(b)) {
        return leave_virtual(b, index);
    }
    if (b->t->records[index].opcode == RESERVED) {
        return REFUSE(b);
    }
    return index + 1 == b->t->nrecords && b->end == JIT_END_TO_C ? return_to_c(b, index) : leave_frame(b, index);
}

#endif /* _Py_TIER2 */
