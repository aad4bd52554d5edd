/* Lowering rules of locals that may not be bound, and of cells.
 *
 * A comprehension's variable is a local of the function around it: what was there before, mostly nothing, waits on the stack until the
 * comprehension is done.  NULL is a value like others in the map; only the checks here, and stores, ever look at it.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "jit/build/rules.h"

/* Whether the local in SLOT is bound (1) or not (0); -1: only memory knows. */
static int
is_bound(const _PyJitBuilder *b, uint32_t slot)
{
    const _PyJitSlot *value = &b->slots[slot];
    if (value->object != JIT_REF_NONE && JIT_IS_CONST(value->object)) {
        return JIT_INS(b->t, value->object)->bits != 0;
    }
    if (value->dirty || value->number != JIT_REF_NONE) {
        return 1;
    }
    return slot_in_memory(b, slot) ? -1 : 0;
}

/* LOAD_FAST_CHECK. */
static uint32_t
load_check(_PyJitBuilder *b, uint32_t index)
{
    uint32_t slot = local(b, b->t->records[index].oparg);
    int bound = is_bound(b, slot);
    if (bound == 0) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    if (bound < 0) {
        (void)emit1(b, JIT_OP_GUARD_BOUND, _PyJitSlot_Object(b, slot));
    }
    _PyJitSlot_PushLocal(b, slot);
    return 1;
}

/* LOAD_FAST_AND_CLEAR: the value and its reference go to the stack. */
static uint32_t
load_and_clear(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t slot = local(b, record->oparg);
    int bound = is_bound(b, slot);
    _PyJitLower_Begin(b, index);
    if (bound < 0) {
        bound = JIT_TAG(record->types, 2) != JIT_TAG_NULL;
        (void)emit1(b, bound ? JIT_OP_GUARD_BOUND : JIT_OP_GUARD_NULL, _PyJitSlot_Object(b, slot));
    }
    if (bound) {
        _PyJitSlot_MoveLocal(b, slot);
    }
    else {
        _PyJitSlot_Unbind(b, slot);
        _PyJitSlot_PushNull(b);
    }
    return 1;
}

/* --- Cells ------------------------------------------------------------------------------------------------------------ */

/* MAKE_CELL, where the frame does not exist: the argument, or nothing, goes into a new cell. */
static uint32_t
make_cell(_PyJitBuilder *b, uint32_t index)
{
    if (in_memory(b) || this_frame(b)->generator != JIT_REF_NONE) {
        return REFUSE(b);
    }
    uint32_t slot = local(b, b->t->records[index].oparg);
    bool bound = is_bound(b, slot) == 1;
    _PyJitLower_Begin(b, index);
    if (bound && _PyJitSlot_IsBare(b, slot)) {
        _PyJitSlot_Box(b, slot);
    }
    _PyJitRef cell = _PyJitBuild_Emit(b, JIT_OP_NEW_CELL, JIT_REF_NONE, JIT_REF_NONE, 0);
    if (bound) {
        _PyJitSlot_Keep(b, slot);
        (void)emit2(b, JIT_OP_INIT_CELL, cell, b->slots[slot].object);
    }
    b->slots[slot] = (_PyJitSlot){.object = cell, .dirty = 1, .owned = 1};
    return 1;
}

/* COPY_FREE_VARS, where the frame does not exist. */
static uint32_t
copy_free_vars(_PyJitBuilder *b, uint32_t index)
{
    if (in_memory(b)) {
        return REFUSE(b);
    }
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t first = this_frame(b)->stack - record->oparg;
    _PyJitLower_Begin(b, index);
    for (uint32_t i = 0; i < record->oparg; i++) {
        _PyJitRef cell = _PyJitBuild_Emit(b, JIT_OP_LOAD_CLOSURE_CELL, this_frame(b)->function, JIT_REF_NONE, i);
        b->slots[first + i] = (_PyJitSlot){.object = cell, .dirty = 1};
    }
    return 1;
}

static uint32_t
load_deref(_PyJitBuilder *b, uint32_t index)
{
    uint32_t cell = local(b, b->t->records[index].oparg);
    if (b->slots[cell].dirty && b->slots[cell].object == JIT_REF_NONE) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitSlot_PushHeap(b, emit1(b, JIT_OP_LOAD_CELL, _PyJitSlot_Object(b, cell)));
    return 1;
}

/* STORE_DEREF. */
static uint32_t
store_deref(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t cell = local(b, record->oparg), top = b->depth - 1;
    unsigned int tag = JIT_TAG(record->types, 2);
    if (_PyJitSlot_IsBare(b, cell) || tag == JIT_TAG_OTHER) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    if (_PyJitSlot_IsBare(b, top)) {
        _PyJitSlot_Box(b, top);
    }
    _PyJitSlot_OwnHeap(b);
    _PyJitRef object = _PyJitSlot_Object(b, cell), old = emit1(b, JIT_OP_CELL_CONTENT, object);
    (void)_PyJitBuild_Emit(b, tag == JIT_TAG_QUIET ? JIT_OP_GUARD_QUIET : JIT_OP_GUARD_DROP, old, JIT_REF_NONE, 1);
    (void)emit2(b, JIT_OP_CELL_SET, object, _PyJitSlot_TakeTop(b));
    return 1;
}

uint32_t
_PyJitLower_Local(_PyJitBuilder *b, uint32_t index)
{
    switch (b->t->records[index].opcode) {
        case LOAD_FAST_CHECK:
            return load_check(b, index);
        case LOAD_FAST_AND_CLEAR:
            return load_and_clear(b, index);
        case MAKE_CELL:
            return make_cell(b, index);
        case COPY_FREE_VARS:
            return copy_free_vars(b, index);
        case LOAD_DEREF:
            return load_deref(b, index);
        case STORE_DEREF:
            return store_deref(b, index);
        default:
            return 0;
    }
}

#endif /* _Py_TIER2 */
