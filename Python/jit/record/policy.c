/* Which recordings are worth a trace.
 *
 * A loop becomes hot in some iteration; if that is the last one, the recording goes from the jump to the end of the loop and away.
 * Inner loops of a few iterations often meet this.  Such a recording is dropped and the loop asked again soon, at a random
 * distance, so that loops of any length come to another iteration.  After some tries it counts anew: loops that hardly ever
 * run twice are left to tier 1 and to the traces around them.
 *
 * A loop in a generator that yields in each iteration is no loop of its own: the trace of the loop that takes the items goes through
 * it, and where C takes them each item is a trace (run/resume.c).
 *
 * Generators of a tree resume each other, and yield through each other, one step of a few instructions after the other, in an order that
 * the data give.  Such a step is no trace: tier 1 does it as fast.  Nor is a generator that goes down to one of its kind: what follows would
 * be such steps.
 *
 * The side trace of a loop's end begins with the FOR_ITER that found nothing more.  When control comes back there, the loop around it
 * has begun the inner loop anew, and FOR_ITER does not find the end again: this is no loop of its own.  The recording goes on to the
 * inner loop's executor.
 *
 * A recursion comes to the same place in another frame.  Most of them go down, or up, a few times only.  If that is a loop, it begins and
 * ends in memory; so the side trace of an exit whose frames are not made yet goes on instead, down as far as functions are inlined into
 * themselves, up to where those frames end.  So does one that is in a builtin that takes few items, and comes to the next one.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_frame.h"
#include "pycore_opcode_metadata.h"
#include "jit/record/record.h"
#include "pycore_jit_enter.h"

#define MOST_TRIES 4
#define SOON 16                // iterations at most until it is tried again
#define ONE_STEP 10            // instructions at most of a step through a recursion
#define SLOTS 64               // loops are told apart by address; a wrong guess costs one try

static uint8_t tries[SLOTS];

/* Where the last jump back to HEAD stands, from the one at FROM on: what comes behind it is not in the loop.  (Code units.) */
static Py_ssize_t
end_of_loop(PyCodeObject *code, Py_ssize_t from, Py_ssize_t head)
{
    Py_ssize_t last = from;
    for (Py_ssize_t i = from; i < Py_SIZE(code);) {
        const _Py_CODEUNIT *unit = _PyCode_CODE(code) + i;
        int opcode = unit->op.code;
        int oparg = unit->op.arg;
        if (opcode == ENTER_EXECUTOR) {
            const _PyExecutorObject *executor = code->co_executors->executors[oparg];
            opcode = executor->vm_data.opcode;
            oparg = executor->vm_data.oparg;
        }
        else if (opcode == EXTENDED_ARG) {
            i++;               // a loop so long is told from its first jump alone
            continue;
        }
        else {
            opcode = _Py_GetBaseOpcode(code, (int)i);
        }
        Py_ssize_t next = i + 1 + _PyOpcode_Caches[_PyOpcode_Deopt[opcode]];
        if (opcode == JUMP_BACKWARD && next - oparg == head) {
            last = i;
        }
        i = next;
    }
    return last;
}

bool
_PyJitPolicy_LeftLoop(const _PyJitRecorder *r, PyCodeObject *code, _Py_CODEUNIT *next)
{
    const _PyJitRecord *jump = &r->trace.records[0];
    if (r->kind != JIT_KIND_LOOP || ENGINE->stress || r->depth > 0 || jump->opcode != JUMP_BACKWARD) {
        return false;
    }
    if (r->depth < 0) {
        // A generator that yields comes back.
        int last = r->trace.records[r->trace.nrecords - 1].opcode;
        return last == RETURN_VALUE || last == RETURN_CONST;
    }
    Py_ssize_t to = next - _PyCode_CODE(r->root_code);
    if (r->caught || code != r->root_code || to <= (Py_ssize_t)jump->offset) {
        return false;          // handlers stand behind the loop, too
    }
    Py_ssize_t head = (Py_ssize_t)(jump->offset + jump->size) - (Py_ssize_t)jump->oparg;
    return to > end_of_loop(code, jump->offset, head);
}

bool
_PyJitPolicy_BeginsBesideLoop(const _PyJitRecorder *r)
{
    if (r->kind != JIT_KIND_SIDE || r->trace.nrecords < 2) {
        return false;
    }
    const _PyJitRecord *first = &r->trace.records[0], *second = first + 1;
    return _PyOpcode_Deopt[first->opcode] == FOR_ITER
        && second->offset - second->prefix != first->offset + first->size;
}

bool
_PyJitPolicy_HasFrames(const _PyJitRecorder *r)
{
    return r->exit != NULL && !r->in_memory && _PyJitSide_HasFrames(r->exit);
}

bool
_PyJitPolicy_IsRecursion(const _PyJitRecorder *r)
{
    return _PyJitPolicy_HasFrames(r) && r->depth != (int)_PyJitExit_Owner(r->exit)->trace->snaps[r->exit->snapshot].nframes - 1;
}

bool
_PyJitPolicy_HasLeftFrames(const _PyJitRecorder *r)
{
    for (uint32_t i = 0; i < r->trace.nrecords && _PyJitPolicy_HasFrames(r); i++) {
        if (r->trace.records[i].depth < 128) {
            return true;
        }
    }
    return false;
}

bool
_PyJitPolicy_YieldsEachTime(const _PyJitRecorder *r)
{
    const _PyJitRecord *last = &r->trace.records[r->trace.nrecords - 1];
    return r->kind == JIT_KIND_LOOP && r->depth == -1 && last->depth == 128 && last->opcode == YIELD_VALUE
        && last->code == r->trace.records[0].code && !ENGINE->stress;
}

bool
_PyJitPolicy_IsOneStep(const _PyJitRecorder *r, int end)
{
    // Whoever jumps from function to function anew each time gets nothing from a trace between two jumps.
    return r->kind == JIT_KIND_SIDE && _PyJitExit_Target(r->exit) == NULL && r->trace.nrecords < ONE_STEP
        && r->root_code->co_flags & CO_GENERATOR && (end == JIT_END_RECURSION || (end == JIT_END_LOOP && r->depth != 0)) && !ENGINE->stress;
}

bool
_PyJitPolicy_WalksTree(const _PyJitRecorder *r)
{
    for (uint32_t i = 0; i + 1 < r->trace.nrecords && r->kind == JIT_KIND_FUNCTION && !ENGINE->stress; i++) {
        const _PyJitRecord *record = &r->trace.records[i], *next = record + 1;
        if ((record->opcode == SEND_GEN || record->opcode == FOR_ITER_GEN) && r->trace.codes[record->code] == r->root_code
            && next->code == record->code && next->depth == record->depth + 1
            && !(r->root_code->co_flags & CO_COROUTINE && next->opcode == POP_TOP)) {
            return true;
        }
    }
    return false;
}

bool
_PyJitPolicy_IsResumedByC(const _PyInterpreterFrame *frame)
{
    return frame->owner == FRAME_OWNED_BY_GENERATOR && frame->previous->owner == FRAME_OWNED_BY_CSTACK
        && !(_PyFrame_GetCode((_PyInterpreterFrame *)frame)->co_flags & CO_ASYNC_GENERATOR);
}

void
_PyJitPolicy_TryAgain(_Py_CODEUNIT *instr)
{
    unsigned failures = instr[1].cache >> JIT_LOOP_FAILURE_SHIFT;
    uint8_t *tried = &tries[((uintptr_t)instr >> 1) % SLOTS];
    if (*tried >= MOST_TRIES) {
        *tried = 0;
        // As after a failure, but never for ever: it may have more to do one day.
        failures = Py_MIN(failures + 1, JIT_MAX_FAILURES - 1);
        instr[1].cache = (uint16_t)(failures << JIT_LOOP_FAILURE_SHIFT | JIT_LOOP_COUNT_START);
        return;
    }
    uint16_t tag = (uint16_t)(failures << JIT_LOOP_FAILURE_SHIFT);
    ++*tried;
    uint32_t distance = 1 + _PyJitEngine_Random() % SOON;
    instr[1].cache = (uint16_t)(tag | (_PyJit_LoopLimit > distance ? _PyJit_LoopLimit - distance : 0));
}

#endif /* _Py_TIER2 */
