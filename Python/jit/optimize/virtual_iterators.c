/* Iterators that are not made (virtual.c has what holds for all virtuals).
 *
 * An iterator of a list or a tuple has what it iterates over, until it is at its end, and the index of the next item, which is a constant:
 * as often as the trace has taken a step.  So a step is a load, or nothing if the tuple is not made either.  In the same way all numbers that
 * the trace takes of a range are constants, if the first one is; where the range ends may be known only when the trace runs.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_global_objects.h"   // _PY_NSMALLNEGINTS
#include "jit/optimize/virtual_kinds.h"

/* --- Lists and tuples ------------------------------------------------------------------------------------------------- */

/* JIT_ITER_. */
static uint32_t
iterator_kind(const _PyJitVirtualPass *p, const _PyJitVirtualObject *iterator)
{
    return ins_of(p, iterator->ref)->aux;
}

/* Operation I takes the next item, at NUMBER, of ITERATOR, which goes through SOURCE. */
static bool
take_item(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *iterator, _PyJitRef source, int64_t number)
{
    const _PyJitIns ins = *ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i));
    bool list = iterator_kind(p, iterator) == JIT_ITER_LIST;
    _PyJitVirtualObject *tuple = virtual_of(p, source);
    if (tuple != NULL) {
        if (!stand_for(p, i, _PyJitVirtual_FieldOf(tuple, (uint32_t)number))) {
            return false;
        }
    }
    else if (JIT_IS_CONST(source) && !list) {
        PyObject *items = (PyObject *)(intptr_t)bits_of(p, source);
        if (number >= PyTuple_GET_SIZE(items)) {
            return false;
        }
        p->stands_for[i] = object_const(p, PyTuple_GET_ITEM(items, number));
    }
    else {
        _PyJitRef index = whole(p, number);
        _PyJitVirtual_LookAtSnapshot(p, i, ins.snapshot);
        (void)_PyJitVirtual_WriteIns(p, (_PyJitIns){
            .op = list ? JIT_OP_GUARD_LIST_INDEX : JIT_OP_GUARD_TUPLE_INDEX, .snapshot = ins.snapshot, .a = source, .b = index,
        });
        p->moved[i] = _PyJitVirtual_WriteIns(p, (_PyJitIns){
            .op = list ? JIT_OP_LIST_GET : JIT_OP_TUPLE_GET, .type = JIT_TYPE_OBJECT, .snapshot = JIT_NO_SNAPSHOT, .a = source, .b = index,
        });
    }
    set_raw(p, i, iterator, JIT_PLACE_INDEX, number + 1);
    return true;
}

/* Operation I finds no item at NUMBER of SOURCE, which ITERATOR gives up. */
static bool
end_iterator(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *iterator, _PyJitRef source, int64_t number)
{
    const _PyJitIns ins = *ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i));
    bool list = iterator_kind(p, iterator) == JIT_ITER_LIST;
    _PyJitVirtualObject *tuple = virtual_of(p, source);
    if (tuple != NULL) {
        if (number < (int64_t)ins_of(p, tuple->ref)->aux) {
            return false;
        }
        _PyJitVirtual_GuardEnd(p, i, source, 1, ins.snapshot);
    }
    else if (JIT_IS_CONST(source) && !list) {
        if (number < PyTuple_GET_SIZE((PyObject *)(intptr_t)bits_of(p, source))) {
            return false;
        }
    }
    else {
        _PyJitRef index = whole(p, number);
        _PyJitVirtual_LookAtSnapshot(p, i, ins.snapshot);
        p->moved[i] = _PyJitVirtual_WriteIns(p, (_PyJitIns){
            .op = list ? JIT_OP_LIST_SIZE : JIT_OP_TUPLE_SIZE, .type = JIT_TYPE_I64, .snapshot = JIT_NO_SNAPSHOT, .a = source,
        });
        (void)_PyJitVirtual_WriteIns(p, (_PyJitIns){
            .op = JIT_OP_GUARD_ILE, .snapshot = ins.snapshot, .a = (_PyJitRef)(JIT_REF_BIAS + i), .b = index,
        });
        if (!JIT_IS_CONST(source)) {
            (void)_PyJitVirtual_WriteIns(p, (_PyJitIns){.op = JIT_OP_GUARD_QUIET, .snapshot = ins.snapshot, .a = source, .aux = 1});
        }
    }
    drop_fields(p, i, iterator, JIT_PLACE_SOURCE, JIT_PLACE_SOURCE + 1, true);
    return true;
}

/* --- Ranges ----------------------------------------------------------------------------------------------------------- */

/* Steps of a range: RANGE_ITER's aux, and that of the virtual. */
static int64_t
step_of(const _PyJitIns *ins)
{
    return (int64_t)ins->aux - JIT_STEP_BIAS;
}

#define LARGEST ((int64_t)1 << 60)     // so that no step overflows

static bool
is_small(const _PyJitVirtualPass *p, _PyJitRef number)
{
    return JIT_IS_CONST(number) && bits_of(p, number) <= LARGEST && bits_of(p, number) >= -LARGEST;
}

bool
_PyJitVirtualIterator_CanBeRange(const _PyJitVirtualPass *p, const _PyJitIns *ins)
{
    // Where the range ends may be known when the trace runs only: that is checked there.
    return is_small(p, ins->a) && (is_small(p, ins->b) || (!JIT_IS_CONST(ins->b) && bits_of(p, ins->a) >= 0 && step_of(ins) > 0));
}

static void
begin_range(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *range)
{
    const _PyJitIns ins = *ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i));
    (void)_PyJitVirtual_PutField(p, i, range, JIT_PLACE_START, ins.a);
    _PyJitRef stop = resolve(p, ins.b);
    (void)_PyJitVirtual_PutField(p, i, range, JIT_PLACE_STOP, stop);
    if (JIT_IS_CONST(stop) && !is_small(p, stop)) {
        _PyJitVirtual_Escapes(p, range);
    }
    else if (!JIT_IS_CONST(stop)) {
        _PyJitRef largest = whole(p, LARGEST);
        _PyJitVirtual_LookAtSnapshot(p, i, ins.snapshot);
        (void)_PyJitVirtual_WriteIns(p, (_PyJitIns){.op = JIT_OP_GUARD_ILE, .snapshot = ins.snapshot, .a = stop, .b = largest});
    }
}

/* Operation I makes sure that the next number of RANGE is one (MORE), or that there is none.  The number is in *next then: a constant, or what
 * operation I computes. */
static bool
look_ahead(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *range, bool more, _PyJitRef *next)
{
    const _PyJitIns ins = *ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i));
    const _PyJitRef *last = _PyJitVirtual_FieldOf(range, JIT_PLACE_LAST);
    _PyJitRef start = *_PyJitVirtual_FieldOf(range, JIT_PLACE_START), stop = *_PyJitVirtual_FieldOf(range, JIT_PLACE_STOP);
    int64_t step = step_of(ins_of(p, range->ref));
    *next = last == NULL ? start : whole(p, bits_of(p, *last) + step);
    if (JIT_IS_CONST(stop)) {
        int64_t number = bits_of(p, *next), end = bits_of(p, stop);
        return (step > 0 ? number < end : number > end) == more;
    }
    _PyJitRef number = *next;
    _PyJitVirtual_LookAtSnapshot(p, i, ins.snapshot);
    (void)_PyJitVirtual_WriteIns(p, (_PyJitIns){
        .op = more ? JIT_OP_GUARD_IGT : JIT_OP_GUARD_ILE, .snapshot = ins.snapshot, .a = stop, .b = number,
    });
    return true;
}

static bool
work_on_range(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *range)
{
    const _PyJitIns *ins = ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i));
    _PyJitRef next;
    switch (ins->op) {
        case JIT_OP_GUARD_RANGE:
            return true;
        case JIT_OP_GUARD_EXACT:
            return (PyTypeObject *)(intptr_t)bits_of(p, ins->b) == &PyRangeIter_Type;
        case JIT_OP_RANGE_NEXT:
            if (!look_ahead(p, i, range, true, &next)) {
                return false;
            }
            if (bits_of(p, next) >= -_PY_NSMALLNEGINTS && bits_of(p, next) < _PY_NSMALLPOSINTS) {
                p->stands_for[i] = next;
            }
            else {             // two numbers that are equal are two objects
                p->moved[i] = _PyJitVirtual_WriteIns(p, (_PyJitIns){
                    .op = JIT_OP_COPY_INT, .type = JIT_TYPE_I64, .snapshot = JIT_NO_SNAPSHOT, .a = next,
                });
            }
            (void)_PyJitVirtual_PutField(p, i, range, JIT_PLACE_LAST, next);
            return true;
        case JIT_OP_RANGE_END:
            return look_ahead(p, i, range, false, &next);
        default:
            return false;
    }
}

/* --- Both -------------------------------------------------------------------------------------------------------------- */

void
_PyJitVirtualIterator_Begin(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *iterator)
{
    if (iterator->op == JIT_OP_VIRTUAL_RANGE) {
        begin_range(p, i, iterator);
        return;
    }
    _PyJitRef source = resolve(p, ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i))->a);
    take(p, source);
    (void)_PyJitVirtual_PutField(p, i, iterator, JIT_PLACE_SOURCE, source);
    set_raw(p, i, iterator, JIT_PLACE_INDEX, 0);
}

bool
_PyJitVirtualIterator_Work(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *iterator)
{
    if (iterator->op == JIT_OP_VIRTUAL_RANGE) {
        return work_on_range(p, i, iterator);
    }
    const _PyJitIns *ins = ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i));
    bool list = iterator_kind(p, iterator) == JIT_ITER_LIST;
    const _PyJitRef *field = _PyJitVirtual_FieldOf(iterator, JIT_PLACE_SOURCE);
    switch (ins->op) {
        case JIT_OP_GUARD_LIST_ITER:
            return list;
        case JIT_OP_GUARD_TUPLE_ITER:
            return !list;
        case JIT_OP_GUARD_EXACT:
            return (PyTypeObject *)(intptr_t)bits_of(p, ins->b) == (list ? &PyListIter_Type : &PyTupleIter_Type);
        case JIT_OP_LIST_ITER_NEXT:
        case JIT_OP_TUPLE_ITER_NEXT:
            return field != NULL && take_item(p, i, iterator, *field, raw_field(p, iterator, JIT_PLACE_INDEX));
        case JIT_OP_LIST_ITER_END:
        case JIT_OP_TUPLE_ITER_END:
            return field == NULL || end_iterator(p, i, iterator, *field, raw_field(p, iterator, JIT_PLACE_INDEX));
        default:
            return false;
    }
}

#endif /* _Py_TIER2 */
