/* Lowering rules of ranges: the call of range in a `for` statement, its iterator's next number, and its end. */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_jit_helpers.h"
#include "jit/build/rules.h"

bool
_PyJitRange_IsEnd(const _PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint16_t code;
    uint32_t next;
    // Behind END_FOR and POP_TOP.
    return _PyJitLower_Next(b, index, &code, &next) && next == record->offset + record->size + record->oparg + 2;
}

static uint32_t
for_iter(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint16_t code;
    uint32_t next, top = b->depth - 1;
    bool ends = _PyJitRange_IsEnd(b, index);
    if (!ends && (!_PyJitLower_Next(b, index, &code, &next) || next != record->offset + record->size)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef iterator = _PyJitSlot_Object(b, top);
    (void)emit1(b, JIT_OP_GUARD_RANGE, iterator);
    if (ends) {
        (void)emit1(b, JIT_OP_RANGE_END, iterator);
        b->slots[top].plain = 1;       // its end runs nothing
        drop(b, 1);
    }
    else {
        _PyJitSlot_PushNumber(b, emit1(b, JIT_OP_RANGE_NEXT, iterator));
    }
    return 1;
}

/* A call of range whose result is only iterated over: nobody sees the range itself. */
static uint32_t
call_range(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index], *iter = record + 1;
    uint32_t nargs = record->oparg, first = b->depth - nargs;
    if (nargs < 1 || nargs > 3 || _PyJitLower_Callable(b, nargs) != (PyObject *)&PyRange_Type || index + 1 >= b->t->nrecords
        || iter->opcode != GET_ITER || iter->raised || iter->code != record->code || iter->depth != record->depth
        || iter->offset - iter->prefix != record->offset + record->size) {
        return REFUSE(b);
    }
    for (uint32_t i = 0; i < nargs; i++) {
        // Of the third argument nothing was recorded.
        unsigned int tag = i + 2 < nargs ? JIT_TAG_OTHER : JIT_TAG(record->types, nargs - 1 - i);
        if (_PyJitSlot_Kind(b, first + i, tag) != JIT_TYPE_I64 || !can_drop(&b->slots[first + i])) {
            return REFUSE(b);
        }
    }
    int64_t step = 1;
    if (nargs == 3) {
        _PyJitRef number = b->slots[first + 2].number;
        step = number != JIT_REF_NONE && JIT_IS_CONST(number) ? (int64_t)JIT_INS(b->t, number)->bits : 0;
    }
    if (step == 0 || step < -JIT_STEP_BIAS || step >= JIT_STEP_BIAS) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef start = nargs == 1 ? konst(b, 0) : _PyJitSlot_Number(b, first, JIT_TYPE_I64);
    _PyJitRef stop = _PyJitSlot_Number(b, first + (nargs > 1), JIT_TYPE_I64);
    _PyJitRef iterator = _PyJitBuild_Emit(b, JIT_OP_RANGE_ITER, start, stop, (uint32_t)(step + JIT_STEP_BIAS));
    drop(b, nargs + 2);
    _PyJitLower_Begin(b, index + 1);
    _PyJitSlot_Push(b, (_PyJitSlot){.object = iterator, .dirty = 1, .owned = 1});
    return 2;
}

uint32_t
_PyJitLower_Range(_PyJitBuilder *b, uint32_t index)
{
    return b->t->records[index].opcode == FOR_ITER_RANGE ? for_iter(b, index) : call_range(b, index);
}

#endif /* _Py_TIER2 */
