/* The recorder: what tier 1 ran becomes a list of records.
 *
 * While a trace is recorded, tier 1 dispatches through a second table whose entries all lead to `record_previous_inst`, which
 * calls _PyJit_RecordStep and then goes on to the ordinary handler.  At that moment the previous instruction is complete: its
 * specialization, and where it went, are known.  So a step finishes the previous instruction and notes the next one
 * (its code units are copied *before* it runs, because it may rewrite its own inline cache).
 *
 * Rules:
 *  1. The first step of a trace has no previous instruction; there is one path, not two.
 *  2. An instruction dispatched twice in a row (it specialized itself and dispatched again) is noted once, as it ran at last.
 *  3. A specialized instruction whose counter or opcode changed while it ran did not run as such: its check failed, and the
 *     generic form ran.  The generic form is recorded, and its counter is set to trigger, so that tier 1 specializes it anew the
 *     next time.  Specialization that fails for ever costs nothing more: the generic form never deoptimizes.
 *  4. EXTENDED_ARG is folded into the instruction it prefixes; a trace leaves and resumes at the first prefix.
 *  5. An exception that unwinds in the recording loop ends the trace before the instruction that raised.
 *  6. One recording at a time in the process.  Who finds it busy counts again for a while.  It has a number, which its evaluation loop
 *     says at each step: a loop may wait inside C, or in another greenlet, while its recording is given up and another one begins.
 *  7. A recording keeps alive what it has seen, but not longer than the program does: where nobody else has such an object any more, the
 *     recording ends at once, and with it the object.  (Cyclic garbage may wait for the collector's next turn.)
 *
 * Source of the method: dual dispatch as in CPython 3.15's recorder; the end conditions are this project's own.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_backoff.h"
#include "pycore_code.h"
#include "pycore_frame.h"
#include "pycore_interp.h"
#include "pycore_dict.h"
#include "pycore_long.h"
#include "pycore_object.h"
#include "pycore_opcode_metadata.h"
#include "pycore_opcode_utils.h"
#include "pycore_pystate.h"
#include "pycore_time.h"
#include "pycore_jit_engine.h"

static inline _PyJitRecorder *
recorder(void)
{
    return &ENGINE->recorder;
}

/* There is no recording any more. */
static void
forget(_PyJitRecorder *r)
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

/* Keeps OBJECT alive until recording ends: the trace borrows it, and so does the pending instruction, whose frame may be
 * gone when it is finished. */
int
_PyJitRecorder_Hold(_PyJitRecorder *r, PyObject *object)
{
    for (uint32_t i = r->nheld; i-- > 0;) {
        if (r->held[i] == object) {
            return 0;
        }
    }
    if (r->nheld == r->held_room) {
        uint32_t room = r->held_room == 0 ? 8 : r->held_room * 2;
        PyObject **grown = PyMem_RawRealloc(r->held, room * sizeof(PyObject *));
        if (grown == NULL) {
            return -1;
        }
        r->held = grown;
        r->held_room = room;
    }
    r->held[r->nheld++] = Py_NewRef(object);
    return 0;
}

/* Would an object have ended that the recording keeps alive? */
static bool
outlives_others(const _PyJitRecorder *r)
{
    for (uint32_t i = 0; i < r->nheld; i++) {
        if (Py_REFCNT(r->held[i]) == 1) {
            return true;
        }
    }
    return false;
}

/* --- Failing, giving up ------------------------------------------------------------------------------- */

/* One more trace that could not be made from, or did not serve, the loop whose jump's prefixes begin at INSTR. */
static void
note_loop_failure(_Py_CODEUNIT *instr, bool for_good)
{
    while (instr->op.code == EXTENDED_ARG) {
        instr++;
    }
    if (instr->op.code != JUMP_BACKWARD) {
        return;                // instrumented meanwhile
    }
    unsigned failures = instr[1].cache >> JIT_LOOP_FAILURE_SHIFT;
    if (failures < JIT_MAX_FAILURES) {
        failures = for_good ? JIT_MAX_FAILURES : failures + 1;
        ENGINE->counters.given_up += failures == JIT_MAX_FAILURES;
    }
    instr[1].cache = (uint16_t)(failures << JIT_LOOP_FAILURE_SHIFT | JIT_LOOP_COUNT_START);
}

void
_PyJitRecorder_LoopFailed(PyCodeObject *code, int index, bool for_good)
{
    note_loop_failure(_PyCode_CODE(code) + index, for_good);
}

/* The site that asked for the trace is not asked again at once, and after enough failures, or if it would not pay, never. */
static void
note_failure(_PyJitRecorder *r, int abort)
{
    bool for_good = abort == JIT_ABORT_COSTLY;
    if (r->kind == JIT_KIND_LOOP) {
        note_loop_failure(r->root, for_good);
    }
    else if (r->exit != NULL) {
        _PyJitExit_NoteFailure(r->exit, for_good);
    }
    else if (abort == JIT_ABORT_NO_GAIN || for_good) {
        _PyJitWorth_FunctionFailed(r->root_code, r->root, for_good);
    }
}

static void
abort_recording(int abort, _Py_CODEUNIT *at, int opcode)
{
    _PyJitRecorder *r = recorder();
    ENGINE->aborts[abort]++;
    note_failure(r, abort);
    _PyJitLog_Abort(r->kind, r->root_code, at != NULL ? at : r->root, abort, opcode);
    forget(r);
}

void
_PyJitRecorder_Cancel(int abort)
{
    if (recorder()->number != 0) {
        abort_recording(abort, NULL, 0);
    }
}

/* --- Finishing ------------------------------------------------------------------------------------------ */

/* The executor of what was recorded, or NULL with *abort set.  A trace with more values than the machine code has room for is built
 * again with less in registers: without its loop's first iteration peeled, then of whole instructions only; so at once where somebody sees
 * allocations (tools.c).  One that is wrong if its virtuals have to be made is built again without virtuals.  *from: the exit whose values
 * it may take; set to the one whose values it takes, or NULL. */
static _PyExecutorObject *
compile(_PyJitRecorder *r, const _PyJitExit **from, bool to_head, int end, PyCodeObject *end_code, _Py_CODEUNIT *end_ip,
        int *abort)
{
    uint32_t nrecords = r->trace.nrecords;
    bool virtuals = true;
    for (r->simpler = _PyJitTools_AllocationsAreSeen() ? 2 : 0;;) {
        r->trace.nrecords = Py_MIN(r->trace.nrecords, nrecords);     // a loop of its own adds some (side_loop.c)
        // An exit that makes objects hands them on in memory.
        const _PyJitExit *takes = r->simpler < 2 && (virtuals || !_PyJitSide_HasVirtuals(*from)) ? *from : NULL;
        int built = _PyJit_BuildTrace(&r->trace, r->chain, end, end_code, end_ip, takes,
                                      to_head && takes != NULL && r->simpler == 0, virtuals);
        if (built > 0 && virtuals) {
            virtuals = false;
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

/* An executor for what was recorded, installed and linked.  END_IP is where control goes on after the last
 * instruction, in END_CODE; NULL where only the last instruction knows.  Recording has ended when it returns. */
static void
finish(int end, PyCodeObject *end_code, _Py_CODEUNIT *end_ip, int opcode)
{
    _PyJitRecorder *r = recorder();
    if (r->trace.nrecords == 0) {
        int why = end == JIT_END_UNSUPPORTED ? JIT_ABORT_NOT_TRACEABLE
            : end == JIT_END_EXCEPTION ? JIT_ABORT_UNWIND : JIT_ABORT_TOO_SHORT;
        abort_recording(why, end_ip, opcode);
        return;
    }
    if (!ENGINE->enabled || (r->parent != NULL && !r->parent->vm_data.valid)) {
        abort_recording(JIT_ABORT_INVALIDATED, end_ip, 0);
        return;
    }
    bool to_c = end == JIT_END_UNSUPPORTED && end_code == NULL;
    if (r->trace.nrecords < JIT_SHORT_TRACE && !ENGINE->stress) {
        // Entering and leaving costs more than it gains.
        bool item = to_c && r->root_code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR);
        if (r->kind == JIT_KIND_FUNCTION && (end == JIT_END_RETURN || (to_c && !item))) {
            abort_recording(JIT_ABORT_NO_GAIN, end_ip, 0);
            return;
        }
        if (r->kind == JIT_KIND_LOOP && (to_c || end == JIT_END_EXCEPTION)) {
            abort_recording(JIT_ABORT_NO_GAIN, end_ip, 0);
            return;
        }
    }
    if (_PyJitPolicy_IsOneStep(r, end)) {
        abort_recording(JIT_ABORT_NO_GAIN, end_ip, 0);
        return;
    }
    PyTime_t before = 0, after = 0;
    (void)PyTime_PerfCounterRaw(&before);
    int abort;
    // A loop of its own needs a way in that begins with what is in memory.
    const _PyJitExit *from = r->exit != NULL && end != JIT_END_LOOP && _PyJitSide_TakesValues(r->exit) ? r->exit : NULL;
    bool to_head = from != NULL && r->depth == 0 && end_ip != NULL && end_ip == from->owner->anchor->start
        && _PyJitSide_ComesBack(from);
    uint32_t length = r->trace.nrecords;
    _PyExecutorObject *executor = compile(r, &from, to_head, end, end_code, end_ip, &abort);
    if (executor == NULL) {
        abort_recording(abort, end_ip, 0);
        return;
    }
    executor->start = r->root;
    if (r->kind == JIT_KIND_SIDE) {
        if (_PyJitExit_Link(r->exit, r->root, executor) < 0) {
            Py_DECREF(executor);
            abort_recording(JIT_ABORT_NO_MEMORY, end_ip, 0);
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
            abort_recording(JIT_ABORT_TOO_MANY, end_ip, 0);
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
    uint32_t uops = 0;
    for (uint32_t i = 0; i < length; i++) {
        uops += _PyJit_Insts[executor->trace->records[i].opcode].uops;
    }
    ENGINE->counters.uops += uops;
    ENGINE->ends[end]++;
    _PyJitLog_Trace(executor, end, length, uops, after - before);
    if (r->exit != NULL) {
        _PyJitLog_Link(r->exit, executor);
    }
    Py_DECREF(executor);
    forget(r);
}

/* --- One step ------------------------------------------------------------------------------------------- */

/* Did the specialized instruction PREV run its generic form?  Its own counter tells: a hit never touches it. */
static bool
deoptimized(const _PyJitPending *prev)
{
    int base = _PyOpcode_Deopt[prev->opcode];
    if (base == prev->opcode || _PyOpcode_Caches[base] == 0 || prev->adapted) {
        return false;
    }
    return prev->instr->op.code != prev->opcode || prev->instr[1].cache != prev->units[1].cache;
}

/* Did PREV call its class the long way, though it is the one the instruction was specialized for?  So it is where the data stack had no
 * room for two frames.  A call of C counts once for the recursion limit, the specialized form twice: the next time it has to be
 * tier 1 that chooses. */
static bool
called_through_c(const _PyJitPending *prev)
{
    return prev->opcode == CALL_ALLOC_AND_ENTER_INIT && prev->seen != NULL && deoptimized(prev);
}

/* Adds the finished instruction to the trace. -1: no memory. */
static int
add_record(_PyJitRecorder *r)
{
    _PyJitPending *prev = &r->prev;
    int opcode = prev->opcode;
    if (deoptimized(prev)) {
        opcode = _PyOpcode_Deopt[opcode];
        if (opcode == LOAD_ATTR) {
            prev->seen = prev->generic;
            prev->fits |= prev->seen != NULL;
        }
        ENGINE->counters.deopts_recorded++;
        if (prev->instr->op.code == prev->opcode) {
            _Py_BackoffCounter counter = prev->instr[1].counter;
            counter.value = 0;
            prev->instr[1].counter = counter;
        }
    }
    int code = _PyJitTrace_AddCode(&r->trace, prev->code);
    if (code < 0) {
        return -1;
    }
    _PyJitRecord record = {
        .code = (uint16_t)code,
        .opcode = (uint8_t)opcode,
        .size = prev->size,
        .offset = (uint32_t)(prev->instr - _PyCode_CODE(prev->code)),
        .oparg = (uint32_t)prev->oparg,
        .prefix = (uint8_t)(prev->instr - prev->start),
        .depth = (uint8_t)(prev->depth + 128),
        .sp = prev->sp,
        .types = prev->types,
        .ends = prev->ends,
        .seen = prev->seen,
        .observed = prev->observed,
        .fits = prev->fits,
        .leaf = prev->leaf,
        .entered = prev->entered,
    };
    if (_PyJitTrace_AddRecord(&r->trace, &record, prev->units) < 0) {
        return -1;
    }
    prev->instr = NULL;
    return 0;
}

/* Frames above the trace's first one after an instruction that may have pushed or popped some. */
static void
follow_frames(_PyJitRecorder *r, _PyInterpreterFrame *frame)
{
    if (frame == r->frame) {
        return;
    }
    if (frame->previous == r->frame) {
        r->depth++;
    }
    else if (frame->previous != NULL && frame->previous->previous == r->frame) {
        r->depth += 2;         // a class was called: its shim frame and __init__; or an operator: its continuation frame and the method
    }
    else {
        r->depth--;
    }
    r->frame = frame;
}

/* Is there an instruction in the trace that ran at DEPTH? */
static bool
ran_in(const _PyJitRecorder *r, int depth)
{
    for (uint32_t i = 0; i < r->trace.nrecords; i++) {
        if (r->trace.records[i].depth == (uint8_t)(depth + 128)) {
            return true;
        }
    }
    return false;
}

/* Is the function of FRAME, which has just been entered, one too many?  So it is in a recursion, where it runs further down in the trace
 * too, and where the trace has called it very often. */
static bool
is_recursion(const _PyJitRecorder *r, _PyInterpreterFrame *frame, PyCodeObject *code, _Py_CODEUNIT *resume)
{
    int below = 0;
    const _PyInterpreterFrame *caller = frame->previous;
    for (int i = 0; i < r->depth && caller != NULL; i++, caller = caller->previous) {
        below += caller->f_executable == (PyObject *)code;
    }
    return below >= JIT_MAX_RECURSION || _PyJitRecorder_TimesSeen(r, code, resume, false) >= JIT_MAX_INLINED;
}

/* Ends the trace before the instruction at START of FRAME. */
static void
end_here(_PyJitRecorder *r, int end, _PyInterpreterFrame *frame, _Py_CODEUNIT *start, int opcode)
{
    if (frame->owner == FRAME_OWNED_BY_CSTACK) {
        // The trampoline below the first frame: only the last instruction knows where it goes.
        finish(end, NULL, NULL, opcode);
        return;
    }
    finish(end, _PyFrame_GetCode(frame), start, opcode);
}

static int
step(PyThreadState *tstate, _PyInterpreterFrame *frame, _Py_CODEUNIT *next_instr, PyObject **stack_pointer, int opcode, int oparg)
{
    _PyJitRecorder *r = recorder();
    bool fresh = r->prefix == NULL;
    _Py_CODEUNIT *start = fresh ? next_instr : r->prefix;
    if (fresh && r->kind == JIT_KIND_LOOP && r->trace.nrecords == 0 && r->prev.instr == NULL) {
        start = r->root;       // tier 1 dispatches the jump again without its prefixes
    }
    if (r->prev.instr == next_instr && frame == r->frame && r->prev.opcode != JUMP_BACKWARD) {
        // It specialized itself and is dispatched again.
        r->prev.instr = NULL;
        fresh = false;
        start = r->prev.start;
    }
    int last = r->prev.instr != NULL ? r->prev.opcode : NOP;
    if (r->prev.instr != NULL) {
        if (frame == r->frame && frame->owner != FRAME_OWNED_BY_CSTACK) {
            _PyJitRecorder_NoteResult(&r->prev, frame, stack_pointer);
        }
        if (called_through_c(&r->prev)) {
            r->prev.instr = NULL;
            finish(JIT_END_UNSUPPORTED, r->prev.code, r->prev.start, r->prev.opcode);
            return JIT_STEP_STOP;
        }
        if (add_record(r) < 0) {
            abort_recording(JIT_ABORT_NO_MEMORY, next_instr, 0);
            return JIT_STEP_STOP;
        }
        follow_frames(r, frame);
    }
    PyCodeObject *code = frame->owner == FRAME_OWNED_BY_CSTACK ? NULL : _PyFrame_GetCode(frame);
    if (fresh && r->trace.nrecords > 0) {
        if (next_instr == r->root && !_PyJitPolicy_BeginsBesideLoop(r)) {
            finish(JIT_END_LOOP, code, next_instr, 0);
            return JIT_STEP_STOP;
        }
        if (_PyJitPolicy_YieldsEachTime(r)) {
            abort_recording(JIT_ABORT_NO_GAIN, next_instr, 0);
            return JIT_STEP_STOP;
        }
        if (_PyJitPolicy_LeftLoop(r, code, next_instr)) {
            ENGINE->aborts[JIT_ABORT_LAST_ITERATION]++;
            _PyJitLog_Abort(r->kind, r->root_code, r->root, JIT_ABORT_LAST_ITERATION, 0);
            _PyJitPolicy_TryAgain(_PyCode_CODE(r->root_code) + r->trace.records[0].offset);
            forget(r);
            return JIT_STEP_STOP;
        }
        bool jumped = last == JUMP_BACKWARD && r->trace.nrecords > 1;
        if (r->target == next_instr && r->depth == 0 && (r->kind == JIT_KIND_SIDE || jumped)) {
            // By another way than the jump that the loop begins with, whose place is as good.  A loop's own trace must come by a jump: what
            // it does next is its first one.
            r->arrived = next_instr;
            if (r->kind == JIT_KIND_LOOP) {
                finish(JIT_END_LOOP, code, r->root, 0);
            }
            else {
                finish(JIT_END_LINK, code, r->exit->owner->anchor->start, 0);
            }
            return JIT_STEP_STOP;
        }
        if (r->trace.nrecords >= ENGINE->options.trace_limit) {
            end_here(r, JIT_END_TOO_LONG, frame, next_instr, opcode);
            return JIT_STEP_STOP;
        }
        if (r->depth < 0 && r->kind != JIT_KIND_SIDE
            && (last == RETURN_VALUE || last == RETURN_CONST || last == RETURN_GENERATOR)) {
            // A generator that yields comes back; a function that returns does not.  But it may return to one that took what was yielded.
            if (ran_in(r, r->depth)) {
                end_here(r, JIT_END_RETURN, frame, next_instr, opcode);
            }
            else {
                finish(JIT_END_RETURN, NULL, NULL, 0);
            }
            return JIT_STEP_STOP;
        }
        if (r->depth < -64 || r->depth > 120) {
            end_here(r, JIT_END_TOO_LONG, frame, next_instr, opcode);
            return JIT_STEP_STOP;
        }
    }
    int how = JIT_STEP_GO_ON;
    if (opcode == ENTER_EXECUTOR && code != NULL) {
        // A function that is compiled by itself is inlined all the same; at a loop the trace ends.
        const _PyExecutorObject *there = code->co_executors->executors[oparg];
        if (there->kind != JIT_KIND_FUNCTION && !_PyJitRecorder_GoesThrough(r, there, code, next_instr)) {
            end_here(r, JIT_END_LINK, frame, start, opcode);
            return JIT_STEP_STOP;
        }
        how = JIT_STEP_THROUGH;
        opcode = there->vm_data.opcode;
        oparg = there->vm_data.oparg;
    }
    if (opcode == EXTENDED_ARG) {
        if (fresh) {
            r->prefix = next_instr;
        }
        return JIT_STEP_GO_ON;
    }
    r->prefix = NULL;
    const _PyJitInstInfo *info = &_PyJit_Insts[opcode];
    if (code == NULL || !(info->flags & JIT_INST_TRACEABLE)) {
        end_here(r, JIT_END_UNSUPPORTED, frame, start, opcode);
        return JIT_STEP_STOP;
    }
    if ((opcode == JUMP_BACKWARD || opcode == JUMP_BACKWARD_NO_INTERRUPT)
        && _PyJitRecorder_TimesSeen(r, code, next_instr, true) > 0) {
        end_here(r, JIT_END_INNER_LOOP, frame, start, opcode);
        return JIT_STEP_STOP;
    }
    if (opcode == RESUME_CHECK && is_recursion(r, frame, code, next_instr)) {
        end_here(r, JIT_END_RECURSION, frame, start, opcode);
        return JIT_STEP_STOP;
    }
    // Nothing is pending (instr is NULL) until all is known of it.
    _PyJitPending *prev = &r->prev;
    prev->start = start;
    prev->code = code;
    prev->opcode = (uint8_t)opcode;
    prev->size = info->size;
    prev->oparg = oparg;
    prev->depth = r->depth;
    memcpy(prev->units, next_instr, info->size * sizeof(_Py_CODEUNIT));
    prev->adapted = prev->fits = prev->leaf = prev->entered = 0;
    prev->seen = prev->generic = NULL;
    if (r->trace.nrecords > 0 || r->chain < JIT_MAX_CHAIN - 1) {
        Py_ssize_t depth = stack_pointer - _PyFrame_Stackbase(frame);
        _PyJitAdapt(prev, stack_pointer, depth);
        _PyJitOperator_Note(tstate, prev, stack_pointer, depth);
    }
    if (prev->entered == JIT_ENTERED_NOT) {
        prev->seen = _PyJitRecorder_ObjectOfInterest(prev, frame, stack_pointer);
    }
    if (_PyJitRecorder_Hold(r, (PyObject *)code) < 0 || (prev->seen != NULL && _PyJitRecorder_Hold(r, prev->seen) < 0)) {
        abort_recording(JIT_ABORT_NO_MEMORY, start, opcode);
        return JIT_STEP_STOP;
    }
    _PyJitRecorder_NoteTypes(prev, frame, stack_pointer);
    prev->instr = next_instr;
    if (prev->entered != JIT_ENTERED_NOT) {
        _PyJitOperator_Begin(tstate, frame, prev, stack_pointer);
        return JIT_STEP_ENTERED;
    }
    return how;
}

int
_PyJit_RecordStep(PyThreadState *tstate, uint64_t number, _PyInterpreterFrame *frame, _Py_CODEUNIT *next_instr,
                  PyObject **stack_pointer, int opcode, int oparg)
{
    _PyJitRecorder *r = recorder();
    if (r->number != number) {
        return JIT_STEP_STOP;              // given up meanwhile
    }
    r->steps++;
    if (outlives_others(r)) {
        abort_recording(JIT_ABORT_GONE, next_instr, 0);      // may run code of users
        return JIT_STEP_STOP_ANEW;
    }
    bool hidden = _PyJitTools_Hide();
    int next = step(tstate, frame, next_instr, stack_pointer, opcode, oparg);
    _PyJitTools_Show(hidden);
    return next;
}

void
_PyJit_RecordUnsupported(PyThreadState *tstate, uint64_t number, _PyInterpreterFrame *frame, _Py_CODEUNIT *next_instr,
                         PyObject **stack_pointer, int opcode, int oparg)
{
    // The step finds no record for this opcode and ends the trace.
    if (_PyJit_RecordStep(tstate, number, frame, next_instr, stack_pointer, opcode, oparg)) {
        abort_recording(JIT_ABORT_NOT_TRACEABLE, next_instr, opcode);
    }
}

void
_PyJit_RecordUnwind(PyThreadState *tstate, uint64_t number)
{
    _PyJitRecorder *r = recorder();
    if (r->number != number) {
        return;
    }
    // The exception is set; building a trace must not touch it, nor may code of users.
    PyObject *exc = _PyErr_GetRaisedException(tstate);
    if (r->prev.instr == NULL) {
        abort_recording(JIT_ABORT_UNWIND, r->root, 0);
    }
    else if (outlives_others(r)) {
        // Not hidden: code of users may run.
        abort_recording(JIT_ABORT_GONE, r->prev.start, 0);
    }
    else {
        PyCodeObject *code = r->prev.code;
        _Py_CODEUNIT *start = r->prev.start;
        r->prev.instr = NULL;
        bool hidden = _PyJitTools_Hide();
        finish(JIT_END_EXCEPTION, code, start, start->op.code);
        _PyJitTools_Show(hidden);
    }
    _PyErr_SetRaisedException(tstate, exc);
}

#endif /* _Py_TIER2 */
