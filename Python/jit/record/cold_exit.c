/* Exits that lead to no executor: what becomes of them.
 *
 * Compiled code that leaves looks through the exit's links itself and jumps.  Only when none matches does it call
 * _PyJit_ColdExit, which decides, in this order:
 *  1. Nothing more is compiled or the executor is invalid: tier 1 goes on.
 *  2. An executor begins at the target: link to it, for the next time; tier 1 enters it now.  But if the target is just the jump
 *     back to the head of the loop it leaves, a side trace goes there in registers.
 *  3. The exit is hot: tier 1 goes on, recording; the recorder links the side trace when it is done.
 *
 * Progress.  An exit that is taken before its executor has executed anything must not lead to something that may leave at the
 * same instruction again, or two executors could hand control to each other for ever:
 *  4. Such an exit is never linked to an executor that stands in the bytecode, and tier 1 runs the instruction that the executor
 *     replaced (JIT_STATUS_ORIGINAL).
 *  5. It may be linked to side traces made for it, each one longer in `chain` than its owner, up to JIT_MAX_CHAIN.
 *  6. At the end of such a chain, or where nothing gets through the last trace of one any more, the checks recorded are out of date (a
 *     class was changed), or too many kinds of objects come by.  The whole chain is dropped, to be recorded anew, and who led to it waits
 *     longer each time and at last for ever; tier 1 adapts meanwhile.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_frame.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"
#include "jit/record/record.h"

/* Twice that long after the last trace machine code cannot be written to any more.  To make that so costs half as much as a trace, so
 * it stays while one trace follows another. */
#define REST_NS (100 * 1000 * 1000)

void
_PyJitRecorder_Rest(void)
{
    PyTime_t now = 0;
    (void)PyTime_MonotonicRaw(&now);
    if (now - ENGINE->rested >= REST_NS && ENGINE->available && !ENGINE->interpreter) {
        ENGINE->rested = now;
        _PyJit_BackendRest();
    }
}

/* A loop that is dropped because it is entered with objects of another class each time may have paid, so it has not failed if this is rare. */
#define ANEW_NS (2 * 1000 * 1000)

static bool
is_rare(void)
{
    PyTime_t now = 0;
    (void)PyTime_MonotonicRaw(&now);
    bool rare = now - ENGINE->began_anew >= ANEW_NS;
    if (rare) {
        ENGINE->began_anew = now;
    }
    return rare;
}

/* Drops the executor at the head of the chain that ends in LAST, and with it the links to all of them. */
static void
drop_chain(_PyExecutorObject *last)
{
    _PyExecutorObject *head = last;
    while (head->chain > 0 && head->incoming != NULL) {
        head = _PyJitExit_Owner(head->incoming->exit);
    }
    bool anew = head->incoming != NULL && _PyJitRecorder_IsOfEntries(head->incoming->exit);
    if (anew) {
        head = _PyJitExit_Owner(head->incoming->exit)->anchor;      // nor is there much left that its loop is entered for
    }
    Py_INCREF(head);
    for (_PyJitLink *link = head->incoming; link != NULL; link = link->next_in) {
        _PyJitExit_NoteFailure(link->exit, false);
    }
    PyCodeObject *code = head->kind == JIT_KIND_LOOP ? head->vm_data.code : NULL;
    int index = head->vm_data.index;
    ENGINE->counters.invalidations++;
    _PyJitLog_Drop(head, "its checks fail");
    _PyJitExecutor_Invalidate(head);
    if (code != NULL && anew && is_rare()) {
        _PyJitRecorder_LoopAgain(code, index);
    }
    else if (code != NULL) {
        _PyJitRecorder_LoopFailed(code, index, false);
    }
    Py_DECREF(head);
}

static _PyExecutorObject *
executor_at(PyCodeObject *code, _Py_CODEUNIT *instr)
{
    assert(instr->op.code == ENTER_EXECUTOR);
    return code->co_executors->executors[instr->op.arg];
}

/* Tier 1 says in each frame which instruction runs; who reports a line asks which one that was before.  Compiled code writes it only
 * where something may look, so FRAME gets it here. */
static void
note_ran(_PyInterpreterFrame *frame, const _PyJitSnapshot *snap)
{
    if (snap->before > 0) {
        frame->instr_ptr = _PyCode_CODE(_PyFrame_GetCode(frame)) + snap->before - 1;
    }
}

/* A side trace of its own would come back in registers, or go on in frames that are not made yet, which pays as long as there is little
 * machine code.  Where none came about, and in a full tree, a trace that begins in memory there serves. */
static bool
wants_its_own(const _PyJitExit *exit)
{
    return exit->failures == 0 && !_PyJitRecorder_TreeIsFull(exit)
        && (_PyJitSide_ComesBack(exit) || (_PyJitSide_HasFrames(exit) && _PyJitWorth_IsRoomy()));
}

static _PyJitResult
leave(_PyInterpreterFrame *frame, PyObject **stack_pointer, PyThreadState *tstate, _Py_CODEUNIT *next_instr, _PyJitExit *exit)
{
    _PyFrame_SetStackPointer(frame, stack_pointer);
    assert(tstate->current_frame == frame);
    const _PyExecutorObject *owner = _PyJitExit_Owner(exit);
    const _PyJitTrace *trace = owner->trace;
    const _PyJitSnapshot *snap = &trace->snaps[exit->snapshot];
    bool dynamic = _PyJitSnapshot_IsDynamic(snap);
    _Py_CODEUNIT *target = dynamic ? next_instr : _PyJitTrace_SnapIP(trace, snap);
    exit->taken += exit->taken < UINT32_MAX;
    ENGINE->counters.exits_taken++;
    if (frame->owner == FRAME_OWNED_BY_CSTACK) {
        return JIT_RESULT(JIT_STATUS_DISPATCH, target);
    }
    note_ran(frame, snap);
    int status = exit->progress ? JIT_STATUS_DISPATCH : JIT_STATUS_ORIGINAL;
    if (!ENGINE->enabled || !owner->vm_data.valid || snap->kind == JIT_EXIT_INVALID || snap->kind == JIT_EXIT_EVENT
        || !_Py_IsMainInterpreter(tstate->interp)) {
        return JIT_RESULT(status, target);
    }
    _PyExecutorObject *executor = target->op.code == ENTER_EXECUTOR ? executor_at(_PyFrame_GetCode(frame), target) : NULL;
    if (executor != NULL && !executor->for_c && !_PyJitRecorder_JumpsBack(exit, executor)) {
        if (exit->progress) {
            if (_PyJitExit_Link(exit, target, executor) == 0) {
                _PyJitLog_Link(exit, executor);
            }
        }
        return JIT_RESULT(status, target);
    }
    if (exit->countdown == JIT_NEVER || --exit->countdown > 0) {
        return JIT_RESULT(status, target);
    }
    _PyJitRecorder_Rest();
    uint32_t wait = _PyJitRate_Wait(exit, ENGINE->options.exit_threshold, owner->entered);
    if (wait > 0) {
        exit->countdown = (uint16_t)wait;
        return JIT_RESULT(status, target);
    }
    exit->countdown = (uint16_t)ENGINE->options.exit_threshold;
    if (exit->nlinks >= (dynamic ? JIT_MAX_LINKS : 1)) {
        exit->countdown = JIT_NEVER;
        return JIT_RESULT(status, target);
    }
    if (!exit->progress && (owner->chain + 1 >= JIT_MAX_CHAIN
                            || (owner->chain > 0 && _PyJitRate_AllCame(ENGINE->options.exit_threshold)))) {
        exit->countdown = JIT_NEVER;
        drop_chain(_PyJitExit_Owner(exit));       // the exit may be gone
        return JIT_RESULT(JIT_STATUS_ORIGINAL, target);
    }
    if (exit->progress && !wants_its_own(exit)) {
        _PyExecutorObject *side = _PyJitExecutor_FindSide(target);
        if (side != NULL) {
            if (_PyJitExit_Link(exit, target, side) == 0) {
                _PyJitLog_Link(exit, side);
            }
            return JIT_RESULT(status, target);
        }
    }
    if (_PyJitRecorder_StartSide(tstate, frame, target, exit)) {
        return JIT_RESULT(JIT_STATUS_RECORD, target);
    }
    return JIT_RESULT(status, target);
}

_PyJitResult
_PyJit_ColdExit(_PyInterpreterFrame *frame, PyObject **stack_pointer, PyThreadState *tstate,
                _Py_CODEUNIT *next_instr, _PyJitExit *exit)
{
    _PyJitResult result = leave(frame, stack_pointer, tstate, next_instr, exit);
    _PyJitWorth_Look();        // the exit may be gone
    return result;
}

#endif /* _Py_TIER2 */
