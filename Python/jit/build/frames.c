/* The builder's frames: which there are while the records are walked over, and which of them exist in memory.
 *
 * A call that is lowered (calls.c) enters a frame that is in the slot map only; a lowered return leaves it again, and
 * nothing was written.  Before something that may see frames a flush makes those that do not exist (PUSH_FRAME), and the walk
 * goes on lowering in them.  A frame that an opaque instruction made is entered with all slots unknown, in memory.
 *
 * 1. Frames up to `machine` are in memory; that one is what compiled code calls `frame`.  Below it every slot is clean.
 * 2. A frame is made only where the trace has checked that there is room for it on the data stack and in the recursion limit.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_code.h"
#include "pycore_opcode_metadata.h"
#include "pycore_jit_frames.h"
#include "jit/build/rules.h"

#define SPARE_UNITS 32         // of C recursion, for what is called from a frame

void
_PyJitFrame_Enter(_PyJitBuilder *b, uint16_t code, int depth, bool in_memory)
{
    PyCodeObject *object = b->t->codes[code];
    uint32_t base = b->nframes > 0 ? this_frame(b)->end : 0;
    uint32_t nlocals = (uint32_t)object->co_nlocalsplus, nslots = nlocals + (uint32_t)object->co_stacksize;
    if (in_memory && (b->nframes == JIT_MAX_FRAMES || base + nslots + JIT_MAX_FRAMES > JIT_MAX_SLOTS)) {
        b->nframes = base = 0;      // what is known of the others is given up
        b->left = true;
    }
    bool lowered = nslots + JIT_MAX_FRAMES <= JIT_MAX_SLOTS;
    if (!lowered) {
        nlocals = nslots = 0;
    }
    assert(b->nframes < JIT_MAX_FRAMES && base + nslots + JIT_MAX_FRAMES <= JIT_MAX_SLOTS);
    b->frames[b->nframes++] = (_PyJitAbstractFrame){
        .code = code,
        .depth = (uint8_t)depth,
        .lowered = lowered,
        .base = base,
        .stack = base + nlocals,
        .end = base + nslots,
    };
    b->ran = 0;
    memset(b->slots + base, 0, nslots * sizeof(_PyJitSlot));
    b->nslots = base + nslots;
    b->depth = base + nlocals;
    b->most_slots = Py_MAX(b->most_slots, b->nslots);
    if (in_memory) {
        b->machine = b->nframes - 1;
        b->sp = b->depth;
    }
}

/* What the call of record INDEX has on CALLER's stack, from FIRST on, is the trace's from now on. */
static void
begin_call(_PyJitBuilder *b, uint32_t index, uint32_t first)
{
    for (uint32_t i = first; i < b->depth; i++) {
        _PyJitSlot_Own(b, i);
    }
    _PyJitAbstractFrame *caller = this_frame(b);
    caller->free = first;
    caller->call = b->t->records[index].offset;
    caller->call_size = b->t->records[index].size;
}

/* The NARGS slots from FIRST on become locals of the last frame, from its local number TO on.  All slots of frame CALLER from those of
 * the call on are free then. */
static void
pass_arguments(_PyJitBuilder *b, uint32_t caller, uint32_t first, uint32_t nargs, uint32_t to)
{
    for (uint32_t i = 0; i < nargs; i++) {
        _PyJitSlot *argument = &b->slots[local(b, to + i)];
        *argument = b->slots[first + i];
        argument->memory = JIT_REF_NONE;
        argument->memory_plain = 0;
    }
    for (uint32_t i = b->frames[caller].free; i < b->frames[caller].end; i++) {
        b->slots[i] = (_PyJitSlot){0};
    }
}

void
_PyJitFrame_Call(_PyJitBuilder *b, uint32_t index, uint16_t code, uint32_t function, uint32_t first)
{
    uint32_t caller = b->nframes - 1, nargs = b->depth - first;
    begin_call(b, index, function);
    _PyJitFrame_Enter(b, code, b->frames[caller].depth + 1, false);
    _PyJitAbstractFrame *frame = this_frame(b);
    frame->function = b->slots[function].object;
    frame->owns_function = b->slots[function].owned;
    frame->heap_function = b->slots[function].heap;
    pass_arguments(b, caller, first, nargs, 0);
}

void
_PyJitFrame_CallClass(_PyJitBuilder *b, uint32_t index, uint16_t shim, uint16_t init, uint32_t class, _PyJitRef function,
                      _PyJitRef instance)
{
    uint32_t caller = b->nframes - 1, nargs = b->depth - class - 2;
    int depth = b->frames[caller].depth;
    begin_call(b, index, class);
    if (b->slots[class].owned) {
        // The instance has one too.
        (void)_PyJitBuild_Emit(b, JIT_OP_DECREF_PLAIN, b->slots[class].object, JIT_REF_NONE, 0);
    }
    // Shim frames have None for their function, and begin with the instance on the stack.
    _PyJitFrame_Enter(b, shim, depth + 1, false);
    this_frame(b)->function = object_const(b, Py_None);
    this_frame(b)->free = this_frame(b)->stack + 1;
    b->slots[this_frame(b)->stack] = (_PyJitSlot){.object = instance, .dirty = 1, .owned = 1};
    b->depth++;
    // It stands there as long as `__init__` runs, which borrows from it.
    _PyJitFrame_Enter(b, init, depth + 2, false);
    this_frame(b)->function = function;
    b->slots[this_frame(b)->base] = (_PyJitSlot){.object = instance, .dirty = 1};
    pass_arguments(b, caller, class + 2, nargs, 1);
}

void
_PyJitFrame_CallOperator(_PyJitBuilder *b, uint32_t index, int kind, uint16_t lower, uint16_t code, _PyJitRef function,
                         const _PyJitRef *given)
{
    const _PyJitOperatorForm *form = &_PyJitOperatorForms[kind];
    uint32_t caller = b->nframes - 1, first = b->depth - form->operands;
    int depth = b->frames[caller].depth;
    begin_call(b, index, first);
    _PyJitFrame_Enter(b, lower, depth + 1, false);
    this_frame(b)->function = object_const(b, Py_None);
    this_frame(b)->free = this_frame(b)->stack;
    pass_arguments(b, caller, first, form->operands, 0);
    // They stand there as long as the method runs, which borrows from them.
    uint32_t operands = this_frame(b)->base, copies = operands + form->operands;
    if (form->is_call) {
        b->slots[operands + 1] = (_PyJitSlot){.object = object_const(b, NULL), .dirty = 1, .plain = 1};
    }
    for (uint32_t i = 0; i < form->copies; i++) {
        b->slots[copies + i] = b->slots[copies - form->copies + i];
        b->slots[copies + i].owned = 0;
    }
    if (form->again) {
        b->slots[copies + form->copies] = b->slots[copies - 1];
        b->slots[copies + form->copies].owned = 0;
    }
    if (form->keeps) {
        b->slots[copies] = (_PyJitSlot){.object = given[JIT_ARGUMENT_DESCRIPTOR], .dirty = 1};
    }
    _PyJitFrame_Enter(b, code, depth + 2, false);
    this_frame(b)->function = function;
    _PyJitRef rest = given != NULL ? given[JIT_ARGUMENT_REST] : JIT_REF_NONE;
    for (uint32_t i = 0; i < form->nargs; i++) {
        _PyJitSlot *argument = &b->slots[local(b, i)];
        if (i == 1 && rest != JIT_REF_NONE) {
            *argument = (_PyJitSlot){.object = rest, .dirty = 1, .owned = 1};
            break;
        }
        if (form->arguments[i] >= JIT_ARGUMENT_DESCRIPTOR) {
            // What a method binds may end with it, after it was returned.
            *argument = (_PyJitSlot){.object = given[form->arguments[i]], .dirty = 1, .heap = form->arguments[i] == JIT_ARGUMENT_SELF};
            continue;
        }
        *argument = b->slots[operands + form->arguments[i]];
        argument->owned = 0;
    }
}

void
_PyJitFrame_LeaveExit(_PyJitBuilder *b, _PyJitRef exit)
{
    _PyJitAbstractFrame *caller = &b->frames[b->nframes - 3];
    b->slots[caller->free++] = (_PyJitSlot){.object = exit, .dirty = 1, .owned = 1};
}

void
_PyJitFrame_CallConsumer(_PyJitBuilder *b, uint32_t index, uint16_t code, uint32_t operands)
{
    uint32_t caller = b->nframes - 1, first = b->depth - operands;
    begin_call(b, index, first);
    _PyJitFrame_Enter(b, code, b->frames[caller].depth + 1, false);
    this_frame(b)->function = object_const(b, Py_None);
    pass_arguments(b, caller, first, operands, 0);
}

void
_PyJitFrame_Resume(_PyJitBuilder *b, uint32_t index, uint32_t first, _PyJitRef generator, uint16_t code, uint32_t depth)
{
    const _PyJitRecord *record = &b->t->records[index];
    _PyJitAbstractFrame *caller = this_frame(b);
    caller->free = first;
    caller->call = record->offset;
    caller->call_size = (uint16_t)(record->size + record->oparg);
    _PyJitFrame_Enter(b, code, caller->depth + 1, false);
    this_frame(b)->generator = generator;
    b->depth = this_frame(b)->base + depth;
}

void
_PyJitFrame_Leave(_PyJitBuilder *b)
{
    assert(!in_memory(b));
    b->nframes--;
    b->nslots = this_frame(b)->end;
    b->depth = this_frame(b)->free;
    b->ran = this_frame(b)->call + 1;
}

void
_PyJitFrame_Follow(_PyJitBuilder *b, const _PyJitRecord *record)
{
    if (!b->typed) {
        return;
    }
    uint32_t before = b->nframes;
    while (b->nframes > 0
           && (this_frame(b)->depth > record->depth
               || (this_frame(b)->depth == record->depth && this_frame(b)->code != record->code))) {
        b->nframes--;
    }
    if (b->nframes == 0 && before > 0) {
        b->left = true;
    }
    if (b->nframes == 0 || this_frame(b)->depth < record->depth) {
        _PyJitFrame_Enter(b, record->code, record->depth, true);
    }
    b->machine = b->nframes - 1;
    b->nslots = this_frame(b)->end;
    b->depth = b->sp = this_frame(b)->base + (this_frame(b)->lowered ? record->sp : 0);
}

void
_PyJitFrame_Push(_PyJitBuilder *b)
{
    _PyJitTrace *t = b->t;
    const _PyJitAbstractFrame *caller = &b->frames[b->machine];
    _PyJitAbstractFrame *callee = &b->frames[b->machine + 1];
    assert(b->sp == caller->free);
    _PyJitRef place = _PyJitTrace_Const(t, JIT_TYPE_I64, 
                                         (uint64_t)(uintptr_t)(_PyCode_CODE(t->codes[caller->code]) + caller->call));
    _PyJitRef null = _PyJitTrace_Const(t, JIT_TYPE_OBJECT, 0);
    b->failed |= place == JIT_REF_NONE || null == JIT_REF_NONE;
    if (callee->generator != JIT_REF_NONE) {
        (void)_PyJitBuild_Emit(b, JIT_OP_PUSH_GENERATOR, callee->generator, place, caller->call_size);
        callee->generator = JIT_REF_NONE;
        b->machine++;
        b->sp = UINT32_MAX;    // behind what it was suspended with
        return;
    }
    if (_PyJitContinuation_Units(t->codes[callee->code]) > 0) {
        uint32_t at = b->machine + 2 == b->nframes ? b->offset : callee->call, size = caller->call_size;
        if (_PyJitConsumer_IsStep(_PyJitConsumer_Kind(t->codes[callee->code]))) {
            size = _PyJitStep_ReturnsTo(_PyCode_CODE(t->codes[caller->code]) + caller->call, t->codes[callee->code], at);
        }
        (void)_PyJitBuild_Emit(b, JIT_OP_PUSH_CONTINUATION, object_const(b, t->codes[callee->code]), place,
                               (uint32_t)_PyJitContinuation_UnitsAt(t->codes[callee->code], at) | size << 8);
    }
    else if (_PyJit_IsShim(t->codes[callee->code])) {
        (void)_PyJitBuild_Emit(b, JIT_OP_PUSH_SHIM, object_const(b, t->codes[callee->code]), place, caller->call_size);
    }
    else {
        (void)_PyJitBuild_Emit(b, JIT_OP_PUSH_FRAME, callee->function, place, caller->call_size);
    }
    b->machine++;
    b->sp = callee->stack;
    callee->function = JIT_REF_NONE;
    callee->owns_function = callee->heap_function = false;
    for (uint32_t i = callee->base; i < callee->stack; i++) {
        b->slots[i].memory = null;
        b->slots[i].memory_plain = 1;
    }
}

void
_PyJitFrame_GuardRoom(_PyJitBuilder *b, PyCodeObject *code, PyCodeObject *shim)
{
    uint32_t frames = b->nframes - b->machine, words = (uint32_t)code->co_framesize;
    uint32_t units = (uint32_t)_PyJitContinuation_Units(code);
    if (shim != NULL) {
        frames++;
        words += (uint32_t)shim->co_framesize;
        units += (uint32_t)_PyJitContinuation_Units(shim);
    }
    for (uint32_t i = b->machine + 1; i < b->nframes; i++) {
        words += (uint32_t)b->t->codes[b->frames[i].code]->co_framesize;
        units += (uint32_t)_PyJitContinuation_Units(b->t->codes[b->frames[i].code]);
    }
    if (units > 0) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_C_RECURSION, JIT_REF_NONE, JIT_REF_NONE, units + SPARE_UNITS);
    }
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_RECURSION, JIT_REF_NONE, JIT_REF_NONE, frames);
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_STACK, JIT_REF_NONE, JIT_REF_NONE, words);
}

#endif /* _Py_TIER2 */
