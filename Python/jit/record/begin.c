/* Who begins to record, and when.
 *
 * Tier 1 asks where a count has run out: a loop's, a function's, an exit's.  There is one recording at a time.  Who finds it busy
 * counts again for a while; but a recording that makes no step while others ask gives way.  Its evaluation loop waits inside C (for
 * a lock, or for Python code that C called and that has hot loops of its own), in another greenlet, or it is gone (a thread lost in
 * a fork, a greenlet that is never resumed).  Should it come back, it finds its number out of date and goes on without recording.
 *
 * Interpreters with a GIL of their own come here too.  They touch nothing but their own bytecode and the table of call counts, whose
 * entries are read and written as whole words and only decide when something is hot.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_ceval.h"
#include "pycore_code.h"
#include "pycore_frame.h"
#include "pycore_interp.h"
#include "pycore_opcode_utils.h"
#include "pycore_pystate.h"
#include "pycore_time.h"
#include "jit/record/record.h"

uint64_t _PyJit_RecordingNumber;

/* A recording gives way that has made no step for so long while others asked.  Twice as long as a thread keeps the GIL that others
 * wait for: one that was only interrupted goes on. */
#define GIVE_WAY_NS (10 * 1000 * 1000)

/* Somebody asks while R is busy. */
static bool
gives_way(_PyJitRecorder *r)
{
    PyTime_t now = 0;
    (void)PyTime_MonotonicRaw(&now);
    if (r->asked_at != r->steps) {
        r->asked_at = r->steps;
        r->asked_since = now;
        return false;
    }
    return now - r->asked_since >= GIVE_WAY_NS;
}

/* 1: the recording has begun; 0: not now. */
static int
start(PyThreadState *tstate, _PyInterpreterFrame *frame, _Py_CODEUNIT *root, int kind)
{
    _PyJitRecorder *r = &ENGINE->recorder;
    assert(_Py_IsMainInterpreter(tstate->interp));
    if (!ENGINE->enabled || tstate->tracing || tstate->interp->eval_frame != NULL) {
        return 0;
    }
    if (r->number != 0) {
        if (!gives_way(r)) {
            return 0;
        }
        _PyJitRecorder_Cancel(JIT_ABORT_GAVE_WAY);     // may run code of users, which may be recorded
        if (r->number != 0) {
            return 0;
        }
    }
    _PyJitExecutor_FreeZombies();
    PyCodeObject *code = _PyFrame_GetCode(frame);
    if (_PyJitRecorder_Hold(r, (PyObject *)code) < 0) {
        return 0;
    }
    r->kind = (uint8_t)kind;
    r->chain = 0;
    r->depth = 0;
    r->frame = frame;
    r->root = root;
    r->prefix = r->target = r->arrived = NULL;
    r->anew = 0;
    r->caught = false;
    r->prev.instr = NULL;
    r->root_code = code;
    r->parent = NULL;
    r->exit = NULL;
    r->asked_at = r->steps - 1;
    r->number = ++_PyJit_RecordingNumber;
    return 1;
}

static _Py_CODEUNIT *
first_prefix(_Py_CODEUNIT *instr, int oparg)
{
    for (unsigned rest = (unsigned)oparg >> 8; rest != 0; rest >>= 8) {
        instr--;
    }
    return instr;
}

int
_PyJit_StartLoop(PyThreadState *tstate, _PyInterpreterFrame *frame, _Py_CODEUNIT *instr, int oparg)
{
    if (instr->op.code != JUMP_BACKWARD) {
        return 0;              // instrumented: to dispatch it again would report its events twice
    }
    unsigned failures = instr[1].cache >> JIT_LOOP_FAILURE_SHIFT;
    uint16_t tag = (uint16_t)(failures << JIT_LOOP_FAILURE_SHIFT);
    // Counts anew.  The jump is dispatched again where recording begins, and counts once more.
    instr[1].cache = tag | (JIT_LOOP_COUNT_START - 1);
    _Py_CODEUNIT *first = first_prefix(instr, oparg);
    if (first != instr && first->op.code != EXTENDED_ARG) {
        return 0;              // instrumented, too
    }
    if (!_Py_IsMainInterpreter(tstate->interp) || !ENGINE->enabled || failures >= JIT_MAX_FAILURES) {
        return 0;
    }
    if (_PyJitPolicy_IsResumedByC(frame)) {
        _PyJitConsumer_IsHot(_PyFrame_GetCode(frame));
    }
    if (failures > 0 && _PyJitEngine_Random() & ((1u << failures) - 1)) {
        return 0;
    }
    _PyJitRecorder_Rest();
    uint32_t wait = _PyJitRate_Wait(instr, ENGINE->options.loop_threshold, 0);
    if (wait == 0 && !start(tstate, frame, first, JIT_KIND_LOOP)) {
        wait = 16;             // busy: ask again soon
    }
    if (wait > 0) {
        instr[1].cache = (uint16_t)(tag | (_PyJit_LoopLimit > wait ? _PyJit_LoopLimit - wait : 0));
        return 0;
    }
    ENGINE->recorder.target = instr + _PyJit_Insts[JUMP_BACKWARD].size - oparg;
    return 1;
}

int
_PyJit_StartFunction(PyThreadState *tstate, _PyInterpreterFrame *frame, _Py_CODEUNIT *instr)
{
    uint16_t *count = &_PyJit_CallCounts[JIT_CALL_SLOT(instr)];
    // The instruction is dispatched again where recording begins, and counts once more.
    _Py_atomic_store_uint16_relaxed(count, (uint16_t)(_PyJitRate_FirstWait(ENGINE->options.call_threshold) + 1));
    if (!_Py_IsMainInterpreter(tstate->interp) || !ENGINE->enabled || instr->op.code != RESUME_CHECK
        || ((instr->op.arg & RESUME_OPARG_LOCATION_MASK) != RESUME_AT_FUNC_START && !_PyJitPolicy_IsResumedByC(frame))) {
        return 0;
    }
    PyCodeObject *code = _PyFrame_GetCode(frame);
    if (code->co_flags & CO_NO_MONITORING_EVENTS) {
        return 0;              // a static code object: its instructions are shared and constant
    }
    if (!_PyJitWorth_MayTryFunction(code, instr)) {
        return 0;
    }
    _PyJitRecorder_Rest();
    uint32_t wait = _PyJitRate_Wait(instr, ENGINE->options.call_threshold, 0);
    if (wait > 0) {
        _Py_atomic_store_uint16_relaxed(count, (uint16_t)wait);
        return 0;
    }
    return start(tstate, frame, instr, JIT_KIND_FUNCTION);
}

int
_PyJitRecorder_StartSide(PyThreadState *tstate, _PyInterpreterFrame *frame, _Py_CODEUNIT *target, _PyJitExit *exit)
{
    _PyExecutorObject *owner = (_PyExecutorObject *)Py_NewRef(_PyJitExit_Owner(exit));
    if (!start(tstate, frame, target, JIT_KIND_SIDE)) {
        Py_DECREF(owner);      // the exit may be gone with it
        return 0;
    }
    _PyJitRecorder *r = &ENGINE->recorder;
    r->parent = owner;
    r->exit = exit;
    // Memory may have lost them again when the trace is built.
    if (_PyJitSide_EachConstant(exit, _PyJitRecorder_Hold, r) < 0) {
        _PyJitRecorder_Cancel(JIT_ABORT_NO_MEMORY);
        return 0;
    }
    // The trace's first frame is the one the exit's trace ran in.
    uint32_t nframes = _PyJitExit_Owner(exit)->trace->snaps[exit->snapshot].nframes;
    r->depth = nframes > 0 ? (int)nframes - 1 : 0;
    if (_PyJitExit_Owner(exit)->trace->snaps[exit->snapshot].first_frame_runs) {
        r->target = _PyJitExit_Owner(exit)->anchor->jumps_to;
    }
    r->in_memory = _PyJitRecorder_TreeIsFull(exit);
    if (!exit->progress) {
        r->chain = _PyJitExit_Owner(exit)->chain + 1;
    }
    return 1;
}

#endif /* _Py_TIER2 */
