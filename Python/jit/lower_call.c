/* Lowering rules of calls and returns.
 *
 * A call of a Python function becomes checks (which function it is, whether there is room for its frame) and moves in the slot map: the
 * arguments become the locals of a frame that does not exist.  A return moves one value back.  What the caller had on its stack
 * in memory, references included, belongs to the trace meanwhile (rule 6 of slots.c); a return gives it up, which must not end the
 * life of anything but plain objects, or a finalizer would see frames that are not there.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "jit/lower.h"

/* --- Calls ---------------------------------------------------------------------------------------------------------- */

/* The record at INDEX begins a function one frame above DEPTH. */
static bool
begins_callee(const _PyJitBuilder *b, uint32_t index, int depth)
{
    if (index >= b->t->nrecords) {
        return false;
    }
    const _PyJitRecord *first = &b->t->records[index];
    return first->depth == depth + 1 && first->offset == first->prefix;
}

/* There is room in the map for a frame of CODE. */
static bool
fits(const _PyJitBuilder *b, const PyCodeObject *code)
{
    return b->nframes < JIT_MAX_FRAMES
        && b->nslots + (uint32_t)(code->co_nlocalsplus + code->co_stacksize) + JIT_MAX_FRAMES <= JIT_MAX_SLOTS;
}

/* The version of the function that CALL_PY_EXACT_ARGS has in its cache. */
static uint32_t
cached_version(const _PyJitBuilder *b, const _PyJitRecord *record)
{
    uint32_t version;
    memcpy(&version, &b->t->units[record->units + 2], sizeof(version));
    return version;
}

/* Whether slot INDEX, the `self` of a call, is known to be NULL (1) or not (0); -1: only memory knows. */
static int
known_null(const _PyJitBuilder *b, uint32_t index)
{
    const _PyJitSlot *slot = &b->slots[index];
    if (slot->object != JIT_REF_NONE && JIT_IS_CONST(slot->object)) {
        return JIT_INS(b->t, slot->object)->bits == 0;
    }
    return slot->dirty || slot->number != JIT_REF_NONE ? 0 : -1;
}

/* CALL_PY_EXACT_ARGS. */
static uint32_t
call_function(_PyJitBuilder *b, uint32_t index)
{
    _PyJitTrace *t = b->t;
    const _PyJitRecord *record = &t->records[index];
    if (!begins_callee(b, index + 1, record->depth)) {
        return 0;
    }
    uint16_t callee = t->records[index + 1].code;
    PyCodeObject *code = t->codes[callee];
    uint32_t nargs = (uint32_t)code->co_argcount, first = b->depth - record->oparg;
    uint32_t self = first - 1, function = first - 2;
    bool has_self = nargs == record->oparg + 1;
    int null = known_null(b, self);
    if (!fits(b, code) || (!has_self && nargs != record->oparg) || (null >= 0 && (null == 1) == has_self)) {
        return 0;
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, function);
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_FUNCTION, object, JIT_REF_NONE, cached_version(b, record));
    if (null < 0) {
        (void)_PyJitBuild_Emit(b, has_self ? JIT_OP_GUARD_BOUND : JIT_OP_GUARD_NULL, _PyJitSlot_Object(b, self), JIT_REF_NONE, 0);
    }
    _PyJitFrame_GuardRoom(b, code);
    _PyJitFrame_Call(b, index, callee, function, has_self ? self : first);
    return 1;
}

/* --- Returns -------------------------------------------------------------------------------------------------------- */

/* The walk's frame is about to end with SLOT being returned, or a constant (SLOT is the end of the stack then): the objects it owns
 * and that may not be plain.  Returns their number; 0 or more. */
static uint32_t
shared_objects(const _PyJitBuilder *b, uint32_t returned, _PyJitRef *objects)
{
    const _PyJitAbstractFrame *frame = &b->frames[b->nframes - 1];
    uint32_t n = 0;
    if (frame->owns_function) {
        objects[n++] = frame->function;
    }
    for (uint32_t i = frame->base; i < b->depth; i++) {
        const _PyJitSlot *slot = &b->slots[i];
        if (i != returned && slot->owned && !slot->plain) {
            objects[n++] = slot->object;
        }
    }
    return n;
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
        if (i != returned && slot->owned) {
            (void)_PyJitBuild_Emit(b, JIT_OP_DECREF_PLAIN, slot->object, JIT_REF_NONE, 0);
        }
    }
    if (frame->owns_function) {
        (void)_PyJitBuild_Emit(b, JIT_OP_DECREF_PLAIN, frame->function, JIT_REF_NONE, 0);
    }
    _PyJitFrame_Leave(b);
}

/* RETURN_VALUE, RETURN_CONST. */
static uint32_t
leave_function(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    if (in_memory(b) || index + 1 >= b->t->nrecords) {
        return 0;
    }
    bool constant = record->opcode == RETURN_CONST;
    uint32_t returned = constant ? b->depth : b->depth - 1;
    if (!constant) {
        take_over(b, returned);
    }
    _PyJitRef shared[JIT_MAX_SLOTS];
    uint32_t n = shared_objects(b, returned, shared);
    _PyJitLower_Begin(b, index);
    for (uint32_t i = 0; i < n; i++) {
        // Two of them may be the same object.
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_SHARED, shared[i], JIT_REF_NONE, n);
    }
    _PyJitSlot value = {0};
    if (!constant) {
        value = b->slots[returned];
    }
    end_frame(b, returned);
    if (constant) {
        PyCodeObject *code = b->t->codes[record->code];
        _PyJitSlot_PushConst(b, PyTuple_GET_ITEM(code->co_consts, record->oparg));
    }
    else {
        _PyJitSlot_Push(b, value);
    }
    return 1;
}

/* --- Entry ---------------------------------------------------------------------------------------------------------- */

static uint32_t
resume(_PyJitBuilder *b, uint32_t index)
{
    PyCodeObject *code = b->t->codes[b->t->records[index].code];
    _PyJitRef object = _PyJitTrace_Const(b->t, JIT_TYPE_OBJECT, (uint64_t)(uintptr_t)code);
    b->failed |= object == JIT_REF_NONE;
    _PyJitLower_Begin(b, index);
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_RESUME, object, JIT_REF_NONE, 0);
    return 1;
}

uint32_t
_PyJitLower_Call(_PyJitBuilder *b, uint32_t index)
{
    switch (b->t->records[index].opcode) {
        case PUSH_NULL:
            _PyJitLower_Begin(b, index);
            _PyJitSlot_PushNull(b);
            return 1;
        case CALL_PY_EXACT_ARGS:
            return call_function(b, index);
        case RETURN_VALUE:
        case RETURN_CONST:
            return leave_function(b, index);
        case RESUME_CHECK:
            return resume(b, index);
        default:
            return 0;
    }
}

#endif /* _Py_TIER2 */
