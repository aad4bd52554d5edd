/* How a recording ends: it becomes an executor, or it is given up and whoever asked for it waits. */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_frame.h"
#include "pycore_interp.h"
#include "pycore_opcode_metadata.h"
#include "pycore_pystate.h"
#include "pycore_time.h"
#include "jit/record/recorder.h"

void
_PyJitRecorder_Forget(_PyJitRecorder *r)
{
    r->number = 0;
    _PyJitTrace_Empty(&r->trace);
    r->prev.instr = NULL;
    r->exit = NULL;
    r->prefix = NULL;
    _PyExecutorObject *parent = r->parent;
    PyObject **held = r->held;
    uint32_t nheld = r->nheld;
    r->parent = NULL;
    r->root_code = NULL;
    r->held = NULL;
    r->nheld = r->held_room = 0;
    // Last: with one of these references an object may end, and code of users run, which may be recorded.
    Py_XDECREF(parent);
    for (uint32_t i = 0; i < nheld; i++) {
        Py_DECREF(held[i]);
    }
    PyMem_RawFree(held);
}

/* --- Failing, giving up ------------------------------------------------------------------------------- */

/* MORE traces that could not be made from, or did not serve, the loop whose jump's prefixes begin at INSTR; it counts from the beginning. */
static void
note_loop_failures(_Py_CODEUNIT *instr, unsigned more)
{
    while (instr->op.code == EXTENDED_ARG) {
        instr++;
    }
    if (instr->op.code != JUMP_BACKWARD) {
        return;                // instrumented meanwhile
    }
    unsigned failures = instr[1].cache >> JIT_LOOP_FAILURE_SHIFT;
    if (failures < JIT_MAX_FAILURES) {
        failures = Py_MIN(failures + more, JIT_MAX_FAILURES);
        ENGINE->counters.given_up += failures == JIT_MAX_FAILURES;
    }
    instr[1].cache = (uint16_t)(failures << JIT_LOOP_FAILURE_SHIFT | JIT_LOOP_COUNT_START);
}

void
_PyJitRecorder_LoopAgain(PyCodeObject *code, int index)
{
    note_loop_failures(_PyCode_CODE(code) + index, 0);
}

void
_PyJitRecorder_LoopFailed(PyCodeObject *code, int index, bool for_good)
{
    note_loop_failures(_PyCode_CODE(code) + index, for_good ? JIT_MAX_FAILURES : 1);
}

/* The site that asked for the trace is not asked again at once, and after enough failures, or if it would not pay, never. */
static void
note_failure(_PyJitRecorder *r, int abort)
{
    bool for_good = abort == JIT_ABORT_COSTLY;
    if (r->kind == JIT_KIND_LOOP) {
        note_loop_failures(r->root, for_good ? JIT_MAX_FAILURES : 1);
    }
    else if (r->exit != NULL) {
        _PyJitExit_NoteFailure(r->exit, for_good);
    }
    else if (abort == JIT_ABORT_NO_GAIN || for_good) {
        _PyJitWorth_FunctionFailed(r->root_code, r->root, for_good);
    }
}

void
_PyJitRecorder_Abort(int abort, _Py_CODEUNIT *at, int opcode)
{
    _PyJitRecorder *r = recorder();
    ENGINE->aborts[abort]++;
    note_failure(r, abort);
    _PyJitLog_Abort(r->kind, r->root_code, at != NULL ? at : r->root, abort, opcode);
    _PyJitRecorder_Forget(r);
}

void
_PyJitRecorder_Cancel(int abort)
{
    if (recorder()->number != 0) {
        _PyJitRecorder_Abort(abort, NULL, 0);
    }
}

/* --- Finishing ------------------------------------------------------------------------------------------ */

/* The executor of what was recorded, or NULL with *abort set.  A trace with more values than the machine code has room for is built
 * again with less in registers: without its loop's first iteration peeled, then of whole instructions only; so at once where somebody sees
 * allocations (base/tools.c).  One that is wrong if its virtuals have to be made is built again with none that loops carry, then without virtuals; so is one with
 * an exception that has to be made.  *from: the exit whose values
 * it may take; set to the one whose values it takes, or NULL. */
static _PyExecutorObject *
compile(_PyJitRecorder *r, const _PyJitExit **from, bool to_head, int end, PyCodeObject *end_code, _Py_CODEUNIT *end_ip,
        int *abort)
{
    uint32_t nrecords = r->trace.nrecords;
    _PyJitVirtuals virtuals = JIT_VIRTUALS_CARRIED;
    r->makes = 0;
    for (r->simpler = _PyJitTools_AllocationsAreSeen() ? 2 : 0;;) {
        r->trace.nrecords = Py_MIN(r->trace.nrecords, nrecords);     // a loop of its own adds some (build/side_loop.c)
        // An exit that makes objects hands them on in memory.
        const _PyJitExit *takes = r->simpler < 2 && (virtuals != JIT_VIRTUALS_NONE || !_PyJitSide_HasVirtuals(*from)) ? *from : NULL;
        int built = _PyJit_BuildTrace(&r->trace, r->chain, end, end_code, end_ip, takes,
                                      to_head && takes != NULL && r->simpler == 0, virtuals);
        if (built == JIT_BUILT_EXCEPTION) {
            r->makes++;
            _PyJitTrace_DropOperations(&r->trace);
            continue;
        }
        if (built > 0 && virtuals != JIT_VIRTUALS_NONE) {
            virtuals = virtuals == JIT_VIRTUALS_CARRIED && built == JIT_BUILT_CARRIED ? JIT_VIRTUALS_MADE : JIT_VIRTUALS_NONE;
            _PyJitTrace_DropOperations(&r->trace);
            continue;
        }
        if (built != 0) {
            *abort = built == -1 ? JIT_ABORT_NO_MEMORY : JIT_ABORT_MISTAKE;
            return NULL;
        }
        _PyExecutorObject *executor = _PyJitExecutor_New(&r->trace, r->kind, r->chain, takes, abort);
        if (executor != NULL || r->trace.nrecords == 0 || r->simpler == 2) {
            *from = takes;
            return executor;
        }
        r->simpler++;
    }
}

void
_PyJitRecorder_Finish(int end, PyCodeObject *end_code, _Py_CODEUNIT *end_ip, int opcode)
{
    _PyJitRecorder *r = recorder();
    if (r->anew > 0) {
        const _PyExecutorObject *anchor = _PyJitExit_Owner(r->exit)->anchor;
        if (end != JIT_END_LINK || end_ip != anchor->start || r->depth != 0) {
            // The iteration did not come back: the trace ends before it.
            r->trace.nrecords = r->anew;
            r->end_sp = r->trace.records[r->anew].sp;
            r->anew = 0;
            r->depth = 0;
            r->frame = NULL;   // it is another one by now
            r->arrived = NULL;
            end = JIT_END_LINK;
            end_code = anchor->vm_data.code;
            end_ip = anchor->start;
        }
    }
    if (r->trace.nrecords == 0) {
        int why = end == JIT_END_UNSUPPORTED ? JIT_ABORT_NOT_TRACEABLE
            : end == JIT_END_EXCEPTION ? JIT_ABORT_UNWIND : JIT_ABORT_TOO_SHORT;
        _PyJitRecorder_Abort(why, end_ip, opcode);
        return;
    }
    if (!ENGINE->enabled || (r->parent != NULL && !r->parent->vm_data.valid)) {
        _PyJitRecorder_Abort(JIT_ABORT_INVALIDATED, end_ip, 0);
        return;
    }
    if (r->trace.nrecords < JIT_SHORT_TRACE && !ENGINE->stress) {
        // Entering and leaving costs more than it gains, but where it saves C an evaluation loop.
        if (r->kind == JIT_KIND_FUNCTION && end == JIT_END_RETURN) {
            _PyJitRecorder_Abort(JIT_ABORT_NO_GAIN, end_ip, 0);
            return;
        }
        if (r->kind == JIT_KIND_LOOP && (end == JIT_END_TO_C || end == JIT_END_EXCEPTION)) {
            _PyJitRecorder_Abort(JIT_ABORT_NO_GAIN, end_ip, 0);
            return;
        }
    }
    if (_PyJitPolicy_IsOneStep(r, end) || _PyJitPolicy_WalksTree(r)) {
        _PyJitRecorder_Abort(JIT_ABORT_NO_GAIN, end_ip, 0);
        return;
    }
    PyTime_t before = 0, after = 0;
    (void)PyTime_PerfCounterRaw(&before);
    int abort;
    // A loop of its own needs a way in that begins with what is in memory.
    bool takes = r->exit != NULL && end != JIT_END_LOOP && !r->in_memory && _PyJitSide_TakesValues(r->exit);
    const _PyJitExit *from = takes ? r->exit : NULL;
    bool to_head = from != NULL && r->depth == 0 && end_ip != NULL && end_ip == _PyJitExit_Owner(from)->anchor->start
        && _PyJitSide_ComesBack(from);
    uint32_t length = r->trace.nrecords, uops = 0;
    for (uint32_t i = 0; i < length; i++) {
        uops += _PyJit_Insts[r->trace.records[i].opcode].uops;
    }
    _PyExecutorObject *executor = compile(r, &from, to_head, end, end_code, end_ip, &abort);
    if (executor == NULL) {
        _PyJitRecorder_Abort(abort, end_ip, 0);
        return;
    }
    executor->start = r->root;
    if (r->kind == JIT_KIND_SIDE) {
        if (_PyJitExit_Link(r->exit, r->root, executor) < 0) {
            Py_DECREF(executor);
            _PyJitRecorder_Abort(JIT_ABORT_NO_MEMORY, end_ip, 0);
            return;
        }
        if (from == NULL) {
            _PyJitExecutor_AddSide(executor);
        }
        ENGINE->counters.traces_side++;
    }
    else {
        if (_PyJitExecutor_Install(executor, r->root_code, r->root) < 0) {
            Py_DECREF(executor);
            _PyJitRecorder_Abort(JIT_ABORT_TOO_MANY, end_ip, 0);
            return;
        }
        if (r->kind == JIT_KIND_LOOP) {
            ENGINE->counters.traces_loop++;
        }
        else {
            ENGINE->counters.traces_function++;
        }
    }
    (void)PyTime_PerfCounterRaw(&after);
    ENGINE->counters.compile_time += (uint64_t)(after - before);
    ENGINE->counters.instructions += length;
    ENGINE->counters.uops += uops;
    ENGINE->ends[end]++;
    _PyJitLog_Trace(executor, end, length, uops, after - before);
    if (r->exit != NULL) {
        _PyJitLog_Link(r->exit, executor);
    }
    Py_DECREF(executor);
    _PyJitRecorder_Forget(r);
}

#endif /* _Py_TIER2 */
