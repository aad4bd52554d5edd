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
 *  5. An exception that unwinds in the recording loop and is handled there is gone through: the record says that it raised, and the
 *     next one is the beginning of the handler.  Any other ends the trace before the instruction that raised.
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
#include "jit/record/recorder.h"

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
    if (prev->raised && prev->adapted) {
        // Tier 1 ran another form, which may raise where this one leaves.
        opcode = _PyOpcode_Deopt[opcode];
    }
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
        .plain_locals = prev->plain_locals,
        .ends = prev->ends,
        .seen = prev->seen,
        .observed = prev->observed,
        .fits = prev->fits,
        .leaf = prev->leaf,
        .callable = prev->callable,
        .raised = prev->raised,
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

/* The consumer without a loop that FRAME, which runs CODE, is, or whose generator it is; else NULL. */
static PyCodeObject *
unrolled_consumer(const _PyInterpreterFrame *frame, PyCodeObject *code)
{
    const _PyInterpreterFrame *below = frame->previous;
    if (code->co_flags & CO_GENERATOR && below != NULL && below->owner != FRAME_OWNED_BY_CSTACK) {
        code = _PyFrame_GetCode((_PyInterpreterFrame *)below);
    }
    return _PyJitConsumer_IsUnrolled(code) ? code : NULL;
}

/* How often the jump at INSTR of CODE is in the trace since CONSUMER was begun. */
static int
jumps_of(const _PyJitRecorder *r, const PyCodeObject *consumer, PyCodeObject *code, const _Py_CODEUNIT *instr)
{
    int count = 0;
    uint32_t offset = (uint32_t)(instr - _PyCode_CODE(code));
    for (uint32_t i = r->trace.nrecords; i-- > 0;) {
        const _PyJitRecord *record = &r->trace.records[i];
        if (record->entered == JIT_ENTERED_CONSUMER && record->seen == (PyObject *)consumer) {
            break;
        }
        count += record->offset == offset && r->trace.codes[record->code] == code;
    }
    return count;
}

/* Ends the trace before the instruction at START of FRAME. */
static void
end_here(_PyJitRecorder *r, int end, _PyInterpreterFrame *frame, _Py_CODEUNIT *start, int opcode)
{
    if (frame->owner == FRAME_OWNED_BY_CSTACK) {
        // The trampoline below the first frame: only the last instruction knows where it goes.
        _PyJitRecorder_Finish(JIT_END_TO_C, NULL, NULL, opcode);
        return;
    }
    _PyJitRecorder_Finish(end, _PyFrame_GetCode(frame), start, opcode);
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
    bool raised = r->prev.instr != NULL && r->prev.raised;
    if (!raised && r->prev.instr == next_instr && frame == r->frame && r->prev.opcode != JUMP_BACKWARD) {
        // It specialized itself and is dispatched again.
        r->prev.instr = NULL;
        fresh = false;
        start = r->prev.start;
    }
    int last = r->prev.instr != NULL ? r->prev.opcode : NOP;
    if (raised && (r->prev.unwinding > 0 || next_instr != r->prev.handler)) {
        r->prev.instr = NULL;
        _PyJitRecorder_Abort(JIT_ABORT_UNWIND, next_instr, 0);      // it went another way
        return JIT_STEP_STOP_ANEW;
    }
    if (r->prev.instr != NULL) {
        if (!raised && frame == r->frame && frame->owner != FRAME_OWNED_BY_CSTACK) {
            _PyJitRecorder_NoteResult(&r->prev, frame, stack_pointer);
        }
        if (called_through_c(&r->prev)) {
            r->prev.instr = NULL;
            _PyJitRecorder_Finish(JIT_END_UNSUPPORTED, r->prev.code, r->prev.start, r->prev.opcode);
            return JIT_STEP_STOP;
        }
        if (add_record(r) < 0) {
            _PyJitRecorder_Abort(JIT_ABORT_NO_MEMORY, next_instr, 0);
            return JIT_STEP_STOP;
        }
        if (raised) {
            r->frame = frame;
            r->caught = true;
        }
        follow_frames(r, frame);
    }
    PyCodeObject *code = frame->owner == FRAME_OWNED_BY_CSTACK ? NULL : _PyFrame_GetCode(frame);
    r->end_sp = code == NULL ? 0 : (uint16_t)(stack_pointer - frame->localsplus);
    if (fresh && r->trace.nrecords > 0) {
        if (next_instr == r->root && r->anew == 0 && !_PyJitPolicy_BeginsBesideLoop(r)) {
            bool through = _PyJitPolicy_IsRecursion(r)
                || (code != NULL && _PyJitPolicy_HasFrames(r) && unrolled_consumer(frame, code) != NULL);
            bool left = _PyJitPolicy_HasLeftFrames(r);
            if (!through && !left) {
                _PyJitRecorder_Finish(JIT_END_LOOP, code, next_instr, 0);
                return JIT_STEP_STOP;
            }
            if (r->depth < 0 || left) {
                end_here(r, JIT_END_RECURSION, frame, next_instr, opcode);
                return JIT_STEP_STOP;
            }
        }
        if (_PyJitPolicy_YieldsEachTime(r)) {
            _PyJitRecorder_Abort(JIT_ABORT_NO_GAIN, next_instr, 0);
            return JIT_STEP_STOP;
        }
        if (_PyJitPolicy_LeftLoop(r, code, next_instr)) {
            ENGINE->aborts[JIT_ABORT_LAST_ITERATION]++;
            _PyJitLog_Abort(r->kind, r->root_code, r->root, JIT_ABORT_LAST_ITERATION, 0);
            _PyJitPolicy_TryAgain(_PyCode_CODE(r->root_code) + r->trace.records[0].offset);
            _PyJitRecorder_Forget(r);
            return JIT_STEP_STOP;
        }
        bool jumped = last == JUMP_BACKWARD && r->trace.nrecords > 1;
        // A side trace with a loop of its own comes here first by the jump.
        bool comes = r->anew > 0 ? r->trace.nrecords > r->anew + 1 : r->kind == JIT_KIND_SIDE || jumped;
        if (r->target == next_instr && r->depth == 0 && comes) {
            // By another way than the jump that the loop begins with, whose place is as good.  A loop's own trace must come by a jump: what
            // it does next is its first one.
            r->arrived = next_instr;
            if (r->kind == JIT_KIND_LOOP) {
                _PyJitRecorder_Finish(JIT_END_LOOP, code, r->root, 0);
            }
            else {
                _PyJitRecorder_Finish(JIT_END_LINK, code, _PyJitExit_Owner(r->exit)->anchor->start, 0);
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
            if (code == NULL || ran_in(r, r->depth)) {
                end_here(r, JIT_END_RETURN, frame, next_instr, opcode);
            }
            else {
                _PyJitRecorder_Finish(JIT_END_RETURN, NULL, NULL, 0);
            }
            return JIT_STEP_STOP;
        }
        if (r->depth < JIT_LEAST_DEPTH || r->depth > 120) {
            end_here(r, JIT_END_TOO_LONG, frame, next_instr, opcode);
            return JIT_STEP_STOP;
        }
    }
    int how = JIT_STEP_GO_ON;
    if (opcode == ENTER_EXECUTOR && code != NULL) {
        // A function that is compiled by itself is inlined all the same; at a loop the trace ends, if its items are not few.  (Where the executor
        // stands at the prefix of a jump, what it replaced is the prefix alone.)
        const _PyExecutorObject *there = code->co_executors->executors[oparg];
        bool few = there->vm_data.opcode == JUMP_BACKWARD && unrolled_consumer(frame, code) != NULL;
        if (_PyJitRecorder_BeginsAnew(r, there)) {
            r->anew = r->trace.nrecords;
        }
        else if (there->kind != JIT_KIND_FUNCTION && !_PyJitRecorder_GoesThrough(r, there, code, next_instr) && !few) {
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
    if (opcode == JUMP_BACKWARD || opcode == JUMP_BACKWARD_NO_INTERRUPT) {
        PyCodeObject *consumer = unrolled_consumer(frame, code);
        if (consumer != NULL && jumps_of(r, consumer, code, next_instr) >= JIT_FEW_ITEMS) {
            _PyJitRecorder_Abort(JIT_ABORT_MANY_ITEMS, next_instr, opcode);
            _PyJitConsumer_TakesMany(consumer);
            return JIT_STEP_STOP;
        }
        if (consumer == NULL && _PyJitRecorder_TimesSeen(r, code, next_instr, true) > 0) {
            end_here(r, JIT_END_INNER_LOOP, frame, start, opcode);
            return JIT_STEP_STOP;
        }
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
    prev->adapted = prev->fits = prev->leaf = prev->entered = prev->raised = prev->unwinding = 0;
    prev->seen = prev->generic = prev->callable = NULL;
    if (r->trace.nrecords > 0 || r->chain < JIT_MAX_CHAIN - 1) {
        Py_ssize_t depth = stack_pointer - _PyFrame_Stackbase(frame);
        _PyJitAdapt(prev, stack_pointer, depth);
        _PyJitOperator_Note(tstate, prev, stack_pointer, depth);
        if (prev->entered == JIT_ENTERED_NOT) {
            _PyJitConsumer_Note(tstate, prev, stack_pointer, depth);
        }
    }
    if (prev->entered == JIT_ENTERED_NOT) {
        prev->seen = _PyJitRecorder_ObjectOfInterest(prev, frame, stack_pointer);
        if (r->trace.nrecords == 0 && r->chain >= JIT_WEAK_CHAIN) {
            _PyJitAdapt_Weaken(prev);
        }
    }
    if (_PyJitRecorder_Hold(r, (PyObject *)code) < 0 || (prev->seen != NULL && _PyJitRecorder_Hold(r, prev->seen) < 0)) {
        _PyJitRecorder_Abort(JIT_ABORT_NO_MEMORY, start, opcode);
        return JIT_STEP_STOP;
    }
    _PyJitRecorder_NoteTypes(prev, frame, stack_pointer);
    prev->instr = next_instr;
    if (prev->entered == JIT_ENTERED_CONSUMER) {
        if (_PyJitConsumer_Begin(tstate, frame, prev, stack_pointer) == 0) {
            return JIT_STEP_ENTERED;
        }
        prev->entered = JIT_ENTERED_NOT;         // C has no memory either
        prev->seen = NULL;
    }
    else if (prev->entered != JIT_ENTERED_NOT) {
        if (_PyJitOperator_Begin(tstate, frame, prev, stack_pointer) == 0) {
            return JIT_STEP_ENTERED;
        }
        prev->entered = JIT_ENTERED_NOT;
        prev->seen = NULL;
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
        _PyJitRecorder_Abort(JIT_ABORT_GONE, next_instr, 0);      // may run code of users
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
        _PyJitRecorder_Abort(JIT_ABORT_NOT_TRACEABLE, next_instr, opcode);
    }
}

/* The pending instruction, in FRAME, has raised.  True: the recording goes on where that is handled, as far as its side traces may go below
 * its first frame. */
static bool
goes_on(PyThreadState *tstate, _PyJitRecorder *r, _PyInterpreterFrame *frame, _Py_CODEUNIT *next_instr)
{
    _PyJitPending *prev = &r->prev;
    _PyJitHandler found;
    int flags = _PyJit_Insts[prev->opcode].flags;
    if (prev->opcode != CALL && _PyOpcode_Deopt[prev->opcode] == CALL && deoptimized(prev)) {
        return false;          // at the recursion limit tier 1 calls through C, which counts otherwise
    }
    if (frame != r->frame || tstate->current_frame != frame || prev->entered != JIT_ENTERED_NOT || next_instr != prev->instr + prev->size
        || flags & (JIT_INST_GOTO | JIT_INST_SKIPS) || !_PyJitCatch_Find(tstate, frame, next_instr, &found)) {
        return false;
    }
    if (r->depth - found.popped < (r->kind == JIT_KIND_SIDE ? JIT_LEAST_DEPTH : 0)) {
        return false;
    }
    prev->raised = 1;
    prev->unwinding = (uint8_t)found.popped;
    prev->handler = found.handler;
    prev->seen = _PyOpcode_Deopt[prev->opcode] == BINARY_SUBSCR ? prev->seen : NULL;
    prev->generic = prev->callable = NULL;
    prev->fits = prev->leaf = 0;
    return true;
}

bool
_PyJit_RecordUnwind(PyThreadState *tstate, uint64_t number, _PyInterpreterFrame *frame, _Py_CODEUNIT *next_instr)
{
    _PyJitRecorder *r = recorder();
    if (r->number != number) {
        return false;
    }
    if (r->prev.instr != NULL && r->prev.raised && r->prev.unwinding > 0) {
        r->prev.unwinding--;
        r->depth--;
        return true;
    }
    if (r->prev.instr != NULL && r->prev.raised) {
        r->prev.instr = NULL;              // it has become another one on the way to the handler
    }
    // The exception is set; building a trace must not touch it, nor may code of users.
    PyObject *exc = _PyErr_GetRaisedException(tstate);
    if (r->prev.instr == NULL) {
        _PyJitRecorder_Abort(JIT_ABORT_UNWIND, r->root, 0);
    }
    else if (outlives_others(r)) {
        // Not hidden: code of users may run.
        _PyJitRecorder_Abort(JIT_ABORT_GONE, r->prev.start, 0);
    }
    else if (!goes_on(tstate, r, frame, next_instr)) {
        PyCodeObject *code = r->prev.code;
        _Py_CODEUNIT *start = r->prev.start;
        r->prev.instr = NULL;
        if (tstate->current_frame == r->frame) {
            _PyJitOperator_Raised(r->frame, r->depth);
        }
        bool hidden = _PyJitTools_Hide();
        _PyJitRecorder_Finish(JIT_END_EXCEPTION, code, start, start->op.code);
        _PyJitTools_Show(hidden);
    }
    _PyErr_SetRaisedException(tstate, exc);
    return r->number == number;
}

#endif /* _Py_TIER2 */
