/* Which loop is which: what the recorder asks where it meets an executor, or a jump it has seen. */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "jit/record/record.h"

/* Is the loop of THERE the one that a jump at OWN to TARGET makes?  Two jumps are of one loop if they lead to one place, or if
 * what they jump over overlaps: inner and outer loops lie one in the other. */
static bool
is_loop_of(const _PyExecutorObject *there, const _Py_CODEUNIT *own, const _Py_CODEUNIT *target)
{
    const _Py_CODEUNIT *to = there->jumps_to, *jump = there->start;
    if (target == NULL || to == NULL || there->vm_data.opcode != JUMP_BACKWARD) {
        return false;
    }
    bool overlap = to <= own && target <= jump;
    bool nested = (to >= target && jump <= own) || (to <= target && jump >= own);
    return to == target || (overlap && !nested);
}

/* Does THERE, which stands in the bytecode where the recording is, begin with another jump of the loop at hand, or is it the very
 * first thing that a side trace does to jump back? */
static bool
is_same_loop(const _PyJitRecorder *r, const _PyExecutorObject *there)
{
    const _PyExecutorObject *anchor = r->exit != NULL ? _PyJitExit_Owner(r->exit)->anchor : NULL;
    bool begins = r->trace.nrecords == 0 && r->prev.instr == NULL;
    return r->depth == 0 && (there != anchor || begins)
        && is_loop_of(there, anchor != NULL ? anchor->start : r->root, r->target);
}

int
_PyJitRecorder_TimesSeen(const _PyJitRecorder *r, PyCodeObject *code, _Py_CODEUNIT *instr, bool same_depth)
{
    int count = 0;
    uint32_t offset = (uint32_t)(instr - _PyCode_CODE(code));
    for (uint32_t i = 0; i < r->trace.nrecords; i++) {
        const _PyJitRecord *record = &r->trace.records[i];
        if (record->offset == offset && r->trace.codes[record->code] == code
            && (!same_depth || record->depth == (uint8_t)(r->depth + 128))) {
            count++;
        }
    }
    return count;
}

/* Is THERE a loop around the one whose jump is at OWN and leads to TARGET? */
static bool
is_loop_around(const _PyExecutorObject *there, const _Py_CODEUNIT *own, const _Py_CODEUNIT *target)
{
    const _Py_CODEUNIT *to = there->jumps_to;
    return target != NULL && to != NULL && there->vm_data.opcode == JUMP_BACKWARD && to < target && there->start > own;
}

/* A side trace that may come back to its loop in registers goes once through the loop around that one: the loop's own trace
 * would begin from memory, and reach the inner loop through memory again. */
static bool
goes_around(const _PyJitRecorder *r, const _PyExecutorObject *there, PyCodeObject *code, _Py_CODEUNIT *instr)
{
    return r->exit != NULL && !r->in_memory && r->depth == 0 && is_loop_around(there, _PyJitExit_Owner(r->exit)->anchor->start, r->target)
        && _PyJitSide_ComesBack(r->exit) && _PyJitRecorder_TimesSeen(r, code, instr, true) == 0;
}

bool
_PyJitRecorder_IsOfEntries(const _PyJitExit *exit)
{
    const _PyExecutorObject *owner = _PyJitExit_Owner(exit);
    uint32_t index = (uint32_t)(exit - owner->exits);
    if (index >= owner->once || owner->once == owner->nexits) {
        return false;
    }
    const _PyJitTrace *t = owner->trace;
    const _PyJitSnapshot *snap = &t->snaps[exit->snapshot];
    for (uint32_t i = owner->once; i < owner->nexits; i++) {
        const _PyJitSnapshot *other = &t->snaps[owner->exits[i].snapshot];
        if (other->nframes == snap->nframes && _PyJitTrace_SnapIP(t, other) == _PyJitTrace_SnapIP(t, snap)) {
            return false;
        }
    }
    return true;
}

/* The same of a side trace that has a loop of its own: its iterations may check again what led into it. */
static bool
is_entry(const _PyJitExit *exit)
{
    const _PyExecutorObject *owner = _PyJitExit_Owner(exit);
    return _PyJitRecorder_IsOfEntries(exit) || (owner->kind == JIT_KIND_SIDE && owner->loop == owner && !exit->progress);
}

bool
_PyJitRecorder_BeginsAnew(const _PyJitRecorder *r, const _PyExecutorObject *there)
{
    return r->exit != NULL && !r->in_memory && r->depth == 0 && r->anew == 0 && r->trace.nrecords > 0
        && there == _PyJitExit_Owner(r->exit)->anchor && there->vm_data.opcode == JUMP_BACKWARD
        && is_entry(r->exit) && _PyJitSide_ComesBack(r->exit);
}

bool
_PyJitRecorder_GoesThrough(const _PyJitRecorder *r, const _PyExecutorObject *there, PyCodeObject *code, _Py_CODEUNIT *instr)
{
    return is_same_loop(r, there) || goes_around(r, there, code, instr);
}

bool
_PyJitRecorder_TreeIsFull(const _PyJitExit *exit)
{
    return _PyJitExit_Owner(exit)->anchor->members >= JIT_MAX_TREE;
}

bool
_PyJitRecorder_JumpsBack(const _PyJitExit *exit, const _PyExecutorObject *there)
{
    const _PyExecutorObject *anchor = _PyJitExit_Owner(exit)->anchor;
    const _Py_CODEUNIT *target = anchor->jumps_to;
    const _PyJitSnapshot *snap = &_PyJitExit_Owner(exit)->trace->snaps[exit->snapshot];
    return snap->kind == JIT_EXIT_SIDE && exit->countdown != JIT_NEVER && !_PyJitRecorder_TreeIsFull(exit) && _PyJitSide_ComesBack(exit)
        && snap->nframes == 1
        && (is_loop_of(there, anchor->start, target) || is_loop_around(there, anchor->start, target));
}

#endif /* _Py_TIER2 */
