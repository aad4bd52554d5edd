/* A loop of its own for a side trace that makes numbers the loop it left knows nothing of.
 *
 * `if c: a += 1` / `else: b += 1`: the loop was recorded with the first branch, so it has a in a register; b is an object in
 * memory that it never looks at.  The side trace makes a number of b.  If it came back it would have to box b each time.  Instead the
 * instructions of the loop are lowered once more behind it, as the loop they are (loop.c): the side trace is its peeled
 * iteration, and b is a PHI.  From then on control stays in the new loop, and side traces of it come back to it.
 *
 * A tree has few of them (MOST_LOOPS); what they do not cover is boxed.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_frame.h"
#include "jit/build/builder.h"

#define MOST_LOOPS 4           // in a tree, besides its root
#define MOST_RECORDS 200       // of the loop
#define MOST_ITERATED 40       // records of all iterations before TO_HEAD

/* The map has a number or a new object that memory does not have, and that LOOP does not carry. */
static bool
has_more_numbers(const _PyJitBuilder *b, const _PyJitTrace *loop)
{
    for (uint32_t i = 0; i < b->depth; i++) {
        const _PyJitSlot *slot = &b->slots[i];
        _PyJitShape shape;
        bool virtual = slot->owned && _PyJitVirtual_Describe(b, i, &shape), carried = false;
        for (uint32_t k = 0; k < loop->nheads && virtual && !carried; k++) {
            carried = loop->heads[k].slot == i && _PyJitTrace_IsVirtual(loop, loop->heads[k].object);
        }
        if (virtual && !carried) {
            return true;
        }
        if (!slot->dirty || slot->object != JIT_REF_NONE || (is_local(b, i) && !slot->memory_plain)) {
            continue;
        }
        for (uint32_t k = 0; k < loop->nheads && !carried; k++) {
            const _PyJitHeadSlot *head = &loop->heads[k];
            carried = head->slot == i && head->dirty && head->object == JIT_REF_NONE
                && JIT_INS(loop, head->number)->type == type_of_ref(b, slot->number);
        }
        if (!carried) {
            return true;
        }
    }
    return false;
}

/* OBJECT, which need not be there any more, is one of those the rules ask for by name. */
static bool
lives_for_ever(const void *object)
{
    return object == Py_True || object == Py_False || object == &PyDict_Type || object == &PyList_Type || object == &PyTuple_Type
        || object == &PyUnicode_Type || object == &PySet_Type || object == &PyFrozenSet_Type;
}

/* Is what RECORD, of an older trace, has in `seen` alive?  It was held only while that trace was recorded.  B's trace has OWN
 * records of its own recording, which holds what they name. */
static bool
is_alive(const _PyJitBuilder *b, const _PyJitRecord *record, uint32_t own)
{
    if (record->seen == NULL || record->opcode == CALL_LEN || record->opcode == CALL_ISINSTANCE) {
        return true;           // the rules only compare it
    }
    if (record->opcode == GET_ITER || lives_for_ever(record->seen)) {
        return true;
    }
    if ((record->opcode == LOAD_GLOBAL_MODULE || record->opcode == LOAD_GLOBAL_BUILTIN)
        && ENGINE->recorder.frame != NULL && record->seen == ENGINE->recorder.frame->f_globals) {
        return true;
    }
    for (uint32_t i = 0; i < own; i++) {
        const _PyJitRecord *other = &b->t->records[i];
        if (other->seen == record->seen && other->opcode == record->opcode) {
            return true;
        }
    }
    return false;
}

/* The records of the loop of TRACE, behind those of B's trace.  1: done; 0: not all can be lowered again; -1: no memory. */
static int
add_records(_PyJitBuilder *b, const _PyJitTrace *trace)
{
    _PyJitTrace *t = b->t;
    uint32_t own = t->nrecords;
    for (uint32_t i = trace->loop_first; i < trace->nrecords; i++) {
        _PyJitRecord record = trace->records[i];
        if (!is_alive(b, &record, own)) {
            if (record.opcode != LOAD_ATTR_CLASS) {
                return 0;
            }
            record.seen = NULL;      // the rule asks the class
        }
        int code = _PyJitTrace_AddCode(t, trace->codes[record.code]);
        record.code = (uint16_t)code;
        if (code < 0 || _PyJitTrace_AddRecord(t, &record, &trace->units[record.units]) < 0) {
            return -1;
        }
    }
    return 1;
}

/* The trace has the records and passed values it had BEFORE. */
static void
take_back(_PyJitTrace *t, const _PyJitTrace *before)
{
    t->nrecords = before->nrecords;
    t->nunits = before->nunits;
    t->ncodes = before->ncodes;
    t->npassed = before->npassed;
    t->passed_from = before->passed_from;
    t->loop_first = 0;
}

int
_PyJitSide_OwnLoop(_PyJitBuilder *b, uint32_t recorded, uint32_t arrived)
{
    _PyJitTrace *t = b->t;
    const _PyExecutorObject *owner = _PyJitExit_Owner(b->from);
    const _PyJitTrace *loop = b->loop;
    bool anew = recorded > t->nrecords;
    if (owner->anchor->nloops >= MOST_LOOPS || (!anew && loop->nrecords - loop->loop_first > MOST_RECORDS) || !pass_is_on(JIT_PASS_PEEL)
        || b->left || b->nframes != 1 || b->depth != loop->head_sp || (!anew && !has_more_numbers(b, loop))) {
        return 0;
    }
    _PyJitTrace before = *t;
    uint64_t began_held = b->began_held;
    uint32_t written = b->written;
    bool wrote_fields = b->wrote_fields, holds = b->holds;
    if (anew) {
        t->nrecords = recorded;
    }
    else {
        int added = add_records(b, loop);
        if (added <= 0) {
            take_back(t, &before);
            return added;
        }
    }
    int end = b->end;
    uint32_t was = b->arrived_offset, ran = b->ran;
    b->end = JIT_END_LOOP;
    // The last instruction of an older recording leads to the loop's jump.
    b->arrived_offset = anew ? arrived : b->end_offset;
    b->first = before.nrecords;
    t->npassed = 0;
    int found = _PyJitLoop_Peel(b);
    t->loop_first = b->first;
    if (found == 0) {
        take_back(t, &before);
        b->began_held = began_held;
        b->written = written;
        b->wrote_fields = wrote_fields;
        b->holds = holds;
        b->peeled = false;
        b->end = end;
        b->arrived_offset = was;
        b->ran = ran;
        b->first = 0;
        _PyJitBuild_AtEnd(b);
    }
    return found;
}

int
_PyJitSide_Iterate(_PyJitBuilder *b)
{
    _PyJitTrace *t = b->t;
    const _PyJitTrace *loop = b->loop;
    uint32_t nrecords = loop->nrecords - loop->loop_first;
    if (!pass_is_on(JIT_PASS_PEEL) || nrecords > MOST_ITERATED || b->left || b->nframes != 1 || b->depth != loop->head_sp) {
        return 0;
    }
    int iterations = _PyJitSide_IterationsToHead(b);
    if (iterations <= 0 || (uint32_t)iterations * nrecords > MOST_ITERATED) {
        return 0;
    }
    _PyJitTrace before = *t;
    int added = add_records(b, loop);
    if (added <= 0) {
        take_back(t, &before);
        return added;
    }
    int end = b->end;
    uint32_t arrived = b->arrived_offset, ran = b->ran;
    b->end = JIT_END_LOOP;
    b->arrived_offset = b->end_offset;
    b->first = before.nrecords;
    int done = _PyJitLoop_Unroll(b, iterations);
    if (done == 0) {
        take_back(t, &before);
        b->arrived_offset = arrived;
        b->ran = ran;
    }
    if (done > 0) {
        _PyJitLower_LookForEvents(b);
    }
    b->end = end;
    b->first = 0;
    _PyJitBuild_AtEnd(b);
    return done < 0 ? -1 : 0;
}

#endif /* _Py_TIER2 */
