/* Lowering rules of a loop over map() or filter() with a Python function, or over an object with `__next__` (run/consumers_step.c has what
 * is below them).
 *
 * FOR_ITER begins a frame that does not exist, whose code goes through the iterator below and calls the function.  What it needs of the object
 * it takes from the slot of the frame below.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_jit_helpers.h"
#include "jit/run/run.h"
#include "jit/build/rules.h"

uint32_t
_PyJitLower_Step(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    PyCodeObject *code = (PyCodeObject *)record->seen, *consumed = _PyJitConsumer_Consumed(code);
    uint32_t top = b->depth - 1;
    if (_PyJitSlot_IsBare(b, top) || record->prefix > 0 || record->size + record->oparg > UINT8_MAX || !_PyJitLower_Fits(b, code, NULL)) {
        return REFUSE(b);
    }
    int lower = _PyJitTrace_AddCode(b->t, code);
    if (lower < 0 || _PyJitTrace_AddCode(b->t, consumed) < 0) {
        b->failed = true;
        return REFUSE(b);
    }
    bool is_next = _PyJitConsumer_Kind(code) == JIT_STEP_NEXT;
    if (is_next && !is_version(record->plain_locals)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    if (is_next) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, _PyJitSlot_Object(b, top), JIT_REF_NONE, record->plain_locals);
    }
    else {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_STEP, _PyJitSlot_Object(b, top), object_const(b, consumed), (uint32_t)_PyJitConsumer_Kind(code));
    }
    _PyJitFrame_GuardRoom(b, code, NULL);
    _PyJitFrame_CallConsumer(b, index, (uint16_t)lower, 0);
    b->frames[b->nframes - 2].call_size = (uint16_t)(record->size + record->oparg);
    return 1;
}

/* The iterator or the function takes the place of the None on top of the stack. */
static uint32_t
load(_PyJitBuilder *b, uint32_t index, int op)
{
    if (in_memory(b) || b->nframes < 2) {
        return REFUSE(b);
    }
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t object = b->frames[b->nframes - 2].free - 1;
    bool is_next = _PyJitConsumer_Kind(b->t->codes[record->code]) == JIT_STEP_NEXT;
    if (is_next && op == JIT_OP_STEP_FUNCTION && record->seen == NULL) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    // Of an object with `__next__` the method is a constant by the version of the type, and there is no iterator below it.
    _PyJitRef o = _PyJitSlot_Object(b, object), loaded = !is_next ? emit1(b, op, o) : op == JIT_OP_STEP_FUNCTION ? object_const(b, record->seen) : o;
    drop(b, 1);
    _PyJitSlot_Push(b, (_PyJitSlot){.object = loaded, .dirty = 1});
    return 1;
}

uint32_t
_PyJitLower_EndStep(_PyJitBuilder *b, uint32_t index, int what)
{
    switch (what) {
        case JIT_STEP_ITERATOR:
            return load(b, index, JIT_OP_STEP_ITERATOR);
        case JIT_STEP_FUNCTION:
            return load(b, index, JIT_OP_STEP_FUNCTION);
        case JIT_STEP_FAILED:
            return REFUSE(b);
        default:
            break;
    }
    _PyJitLower_Begin(b, index);
    if (what != JIT_STEP_END && in_memory(b)) {
        (void)_PyJitBuild_Emit(b, JIT_OP_STEP_RETURNS, JIT_REF_NONE, JIT_REF_NONE, 0);
    }
    return 1;
}

#endif /* _Py_TIER2 */
