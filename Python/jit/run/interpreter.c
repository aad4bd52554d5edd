/* The trace-IR interpreter: runs a trace without machine code.
 *
 * It is the backend of builds without one, and the second oracle of the others: the same generated bodies as the stencils, with
 * other macros around them.  One function, one switch; an OPAQUE operation selects by the opcode of its record, all others by
 * their operation number.
 *
 * Requires:
 *  1. The trace passed the verifier: indexes are not checked here outside assert builds.
 *  2. A snapshot has no frames (memory is complete), or some, which _PyJit_RestoreExit writes to memory.
 * Guarantees:
 *  3. Every way out has undone what START did to the executor's `running`; an executor may be freed right after.
 *  4. A linked executor runs in the same activation: chains of traces use no C stack.
 *
 * The instruction pointer is the variable next_instr, as it is a register of the stencils; the verifier sees to it that nothing
 * stands between the operation that sets it and the one that reads it.  Other results are raw 64-bit values in an array
 * with one element for each instruction; traces without such results have no array.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_jit_bodies.h"
#include "jit/run/run.h"

uint64_t _PyJit_InterpretedOps;

/* A result as it lies in the array. */
typedef union {
    uint64_t bits;
    int64_t i64;
    double f64;
    PyObject *object;
} jit_value;

/* Operand I (0, 1 or 2) of INS. */
#define ARG_REF(I) ((I) == 0 ? ins->a : (I) == 1 ? ins->b : ins->c)
#define ARG_VALUE(I) \
    (JIT_IS_CONST(ARG_REF(I)) ? (jit_value){.bits = JIT_INS(trace, ARG_REF(I))->bits} \
                              : values[ARG_REF(I) - JIT_REF_BIAS])
#define RESULT_VALUE (values[ins - JIT_INS(trace, JIT_REF_BIAS)])

#define JIT_ARG_OBJECT(I) (ARG_VALUE(I).object)
#define JIT_ARG_INT(I) (ARG_VALUE(I).object)
#define JIT_ARG_FLOAT(I) (ARG_VALUE(I).object)
#define JIT_ARG_BOOL(I) (ARG_VALUE(I).object)
#define JIT_ARG_I64(I) (ARG_VALUE(I).i64)
#define JIT_ARG_F64(I) (ARG_VALUE(I).f64)
#define JIT_RESULT_OBJECT(R) (RESULT_VALUE.object = (R))
#define JIT_RESULT_INT(R) (RESULT_VALUE.object = (R))
#define JIT_RESULT_FLOAT(R) (RESULT_VALUE.object = (R))
#define JIT_RESULT_BOOL(R) (RESULT_VALUE.object = (R))
#define JIT_RESULT_I64(R) (RESULT_VALUE.i64 = (R))
#define JIT_RESULT_F64(R) (RESULT_VALUE.f64 = (R))

/* Cases: opcodes as they are, other operations above them. */
#define CASE_OF_OP(OP) (256 + (OP))
#define JIT_OPAQUE(NAME, SIZE) case NAME:
#define JIT_TRACE_OP(NAME) case CASE_OF_OP(JIT_OP_##NAME):

#define JIT_PROLOGUE(NAME, SIZE, SAVES_IP) JIT_BODY_PROLOGUE(SIZE, SAVES_IP)
#define JIT_OPARG ((int)record->oparg)
#define JIT_THIS_INSTR _PyJitTrace_Instr(trace, record)
#define JIT_CACHE_PTR(K) (&trace->units[record->units + (K)])
#define JIT_CACHE_U16(K) read_u16(&JIT_CACHE_PTR(K)->cache)
#define JIT_CACHE_U32(K) read_u32(&JIT_CACHE_PTR(K)->cache)
#define JIT_CACHE_OBJ(K) read_obj(&JIT_CACHE_PTR(K)->cache)
#define JIT_EXPECTED_IP _PyJitTrace_ExpectedIP(trace, ins)
#define JIT_AUX ins->aux
#define JIT_IS_NOT_AUX(V) ((V) != ins->aux)
#define JIT_READ_SLOT() (frame->localsplus[ins->aux])
#define JIT_WRITE_SLOT(V) ((void)(frame->localsplus[ins->aux] = (V)))
#define JIT_SLOT_ADDRESS() (frame->localsplus + ins->aux)
#define JIT_IS_PLAIN(V) _PyJit_IsPlain(V)
#define JIT_LARGE_VALUE(O, RESULT) _PyJit_LargeValue((O), (RESULT))
#define JIT_IS_UNSEEN() (frame->frame_obj == NULL || _PyJit_DropFrameObject(frame))
#define JIT_CAN_LEAVE() _PyJit_CanLeave(frame)
#define JIT_IS_SUSPENDED_AT(G, PLACE) _PyJit_IsSuspendedAt((PyGenObject *)(G), (PLACE))
#define JIT_PUSH_FRAME(F) JIT_PUSHED(_PyJit_PushFrame(tstate, frame, stack_pointer, (F)))
#define JIT_PUSH_SHIM(CODE) JIT_PUSHED(_PyJit_PushShim(tstate, frame, stack_pointer, (CODE)))
#define JIT_PUSHED(FRAME) \
    do { \
        frame = (FRAME); \
        stack_pointer = _PyFrame_GetStackPointer(frame); \
    } while (0)
#define JIT_EXECUTOR executor

#define JIT_NEXT() goto next
#define JIT_DEOPT() goto leave
#define JIT_SIDE_EXIT() goto leave
#define JIT_ERROR() goto error
#define JIT_UNWIND() goto unwind
#define JIT_LOOP() goto loop
#define JIT_TO_HEAD() goto to_head
#define JIT_LEAVE(RESULT) \
    do { \
        result = (RESULT); \
        goto left; \
    } while (0)

#ifndef NDEBUG
/* The stack pointer is inside the frame's stack.  The frame at the bottom of an evaluation loop has no code. */
static void
check_stack(_PyInterpreterFrame *frame, PyObject **stack_pointer)
{
    if (!PyCode_Check(frame->f_executable)) {
        return;
    }
    PyObject **base = _PyFrame_Stackbase(frame);
    assert(stack_pointer >= base);
    assert(stack_pointer <= base + _PyFrame_GetCode(frame)->co_stacksize);
}
#endif

/* Makes the array fit TRACE.  0, or -1 and the array as it was. */
static int
reserve_values(jit_value **values, uint32_t *size, const _PyJitTrace *trace)
{
    if (trace->nvalues == 0 || trace->nins <= *size) {
        return 0;
    }
    jit_value *grown = PyMem_RawRealloc(*values, trace->nins * sizeof(jit_value));
    if (grown == NULL) {
        return -1;
    }
    *values = grown;
    *size = trace->nins;
    return 0;
}

/* Gives the PHIs at operation HEAD (0: the first one after START) their values of the next iteration, all at once.  Returns the
 * operation behind them. */
static const _PyJitIns *
take_phis(const _PyJitTrace *trace, uint32_t head, jit_value *values)
{
    jit_value taken[JIT_MAX_SLOTS];
    uint32_t first = head == 0 ? 1 : head, n = 0;
    const _PyJitIns *ins = JIT_INS(trace, JIT_REF_BIAS + first);
    for (; ins[n].op == JIT_OP_PHI; n++) {
        assert(n < JIT_MAX_SLOTS);
        _PyJitRef ref = ins[n].b;
        taken[n].bits = JIT_IS_CONST(ref) ? JIT_INS(trace, ref)->bits : values[ref - JIT_REF_BIAS].bits;
    }
    for (uint32_t i = 0; i < n; i++) {
        values[first + i] = taken[i];
    }
    return ins + n;
}

/* What a side trace for EXIT begins with: the values of its snapshot, then the ones it passes. */
static void
give_values(const _PyJitExit *exit, const jit_value *values, uint64_t *params)
{
    const _PyJitTrace *trace = _PyJitExit_Owner(exit)->trace;
    const _PyJitSnapSlot *slots;
    uint32_t nslots = _PyJitTrace_SnapSlots(trace, &trace->snaps[exit->snapshot], &slots);
    uint32_t npassed = exit->snapshot >= trace->passed_from ? trace->npassed : 0;
    for (uint32_t i = 0; i < nslots; i++) {
        params[i] = JIT_IS_CONST(slots[i].value) ? 0 : values[slots[i].value - JIT_REF_BIAS].bits;
    }
    for (uint32_t i = 0; i < npassed; i++) {
        params[nslots + i] = values[trace->passed[i] - JIT_REF_BIAS].bits;
    }
}

/* The values of a side trace, which ends with TO_HEAD at INS, become those of the loop of TRACE, the root.  Returns where it goes on. */
static const _PyJitIns *
take_back(const _PyJitTrace *side, const _PyJitIns *ins, const _PyJitTrace *trace, jit_value *values)
{
    uint64_t passed[JIT_MAX_PASSED];
    for (const _PyJitIns *pass = ins - 1; pass->op == JIT_OP_PASS; pass--) {
        passed[pass->aux] = JIT_IS_CONST(pass->a) ? JIT_INS(side, pass->a)->bits : values[pass->a - JIT_REF_BIAS].bits;
    }
    for (uint32_t i = 0; i < trace->nphis; i++) {
        values[trace->head + i].bits = passed[i];
    }
    for (uint32_t i = 0; i < trace->npassed; i++) {
        values[trace->passed[i] - JIT_REF_BIAS].bits = passed[trace->nphis + i];
    }
    const _PyJitIns *first = JIT_INS(trace, JIT_REF_BIAS + trace->head + trace->nphis);
    while (_PyJitOp_IsVirtual(first->op) || first->op == JIT_OP_VIRTUAL_FIELD) {
        first++;
    }
    // Who comes back has looked for events, and knows better where it is.
    return first[0].op == JIT_OP_BYTECODE && first[1].op == JIT_OP_GUARD_NO_EVENT ? first + 2 : first;
}

_PyJitResult
_PyJit_Interpret(_PyInterpreterFrame *frame, PyObject **stack_pointer, PyThreadState *tstate,
                 _PyExecutorObject *executor)
{
    jit_value *values = NULL;
    uint32_t values_size = 0;
    _Py_CODEUNIT *next_instr = executor->start;
    const _PyJitTrace *trace = executor->trace;
    const _PyJitIns *ins;
    const _PyJitRecord *record;
    _PyJitExit *exit;
    _PyJitResult result;
    unsigned int selector;
    uint64_t params[JIT_MAX_PASSED];

    if (reserve_values(&values, &values_size, trace) < 0) {
        // Nothing has happened yet: tier 1 runs the instruction this executor stands for.
        _PyFrame_SetStackPointer(frame, stack_pointer);
        return JIT_RESULT(JIT_STATUS_ORIGINAL, executor->start);
    }

enter:
    ins = JIT_INS(trace, JIT_REF_BIAS);
    goto run;
to_head:
    // The values of that loop have been in this array before.
    ins = take_back(trace, ins, executor->loop->trace, values);
    executor = executor->loop;
    trace = executor->trace;
    goto run;
loop:
    ins = take_phis(trace, ins->aux, values);
    goto run;
next:
    ins++;
run:
    assert(ins < JIT_INS(trace, JIT_REF_BIAS) + trace->nins);
#ifndef NDEBUG
    check_stack(frame, stack_pointer);
#endif
    _PyJit_InterpretedOps++;
    if (ENGINE->options.force_exit > 0 && _PyJit_IsForced(trace, ins)) {
        goto leave;
    }
    // Only OPAQUE has a record, but the compiler cannot know which cases read it.
    record = &trace->records[ins->op == JIT_OP_OPAQUE ? ins->aux : 0];
    selector = ins->op == JIT_OP_OPAQUE ? record->opcode : CASE_OF_OP((unsigned int)ins->op);
    switch (selector) {
        case CASE_OF_OP(JIT_OP_NOP):
        case CASE_OF_OP(JIT_OP_BYTECODE):
        case CASE_OF_OP(JIT_OP_PASS):
        case CASE_OF_OP(JIT_OP_VIRTUAL):
        case CASE_OF_OP(JIT_OP_VIRTUAL_TUPLE):
        case CASE_OF_OP(JIT_OP_VIRTUAL_FUNCTION):
        case CASE_OF_OP(JIT_OP_VIRTUAL_GENERATOR):
        case CASE_OF_OP(JIT_OP_VIRTUAL_ITER):
        case CASE_OF_OP(JIT_OP_VIRTUAL_RANGE):
        case CASE_OF_OP(JIT_OP_VIRTUAL_CELL):
        case CASE_OF_OP(JIT_OP_VIRTUAL_METHOD):
        case CASE_OF_OP(JIT_OP_VIRTUAL_NAME):
        case CASE_OF_OP(JIT_OP_VIRTUAL_FIELD):
            JIT_NEXT();

        case CASE_OF_OP(JIT_OP_PARAM):
            RESULT_VALUE.bits = params[ins->aux];
            JIT_NEXT();

        case CASE_OF_OP(JIT_OP_PHI):
            // Control comes from above only when the trace is entered: LOOP goes on behind the PHIs.
            RESULT_VALUE = ARG_VALUE(0);
            JIT_NEXT();

#include "jit_opaque_cases.c.h"

        default:
            // The verifier lets nothing else through.
            Py_UNREACHABLE();
    }

leave:
    assert(ins->snapshot < trace->nsnaps);
    exit = &executor->exits[ins->snapshot];
    if (exit->links != NULL && exit->links->executor->anchor != exit->links->executor) {
        give_values(exit, values, params);
        if (reserve_values(&values, &values_size, exit->links->executor->trace) == 0) {
            executor = exit->links->executor;
            trace = executor->trace;
            goto enter;
        }
    }
    if (trace->snaps[ins->snapshot].nframes > 0) {
        uint64_t bits[JIT_MAX_SLOTS];
        uint8_t places[JIT_MAX_SLOTS];
        const _PyJitSnapSlot *slots;
        uint32_t count = _PyJitTrace_SnapSlots(trace, &trace->snaps[ins->snapshot], &slots);
        assert(count <= JIT_MAX_SLOTS);
        for (uint32_t i = 0; i < count; i++) {
            bits[i] = JIT_IS_CONST(slots[i].value) ? 0 : values[slots[i].value - JIT_REF_BIAS].bits;
            places[i] = (uint8_t)i;
        }
        stack_pointer = _PyJit_RestoreExit(tstate, frame, exit, bits, places);
        frame = tstate->current_frame;
    }
    assert(executor->anchor->running > 0);
    executor->anchor->running--;
    _Py_CODEUNIT *target = _PyJitExit_Target(exit);
    if (target != NULL) {
        next_instr = target;
    }
    for (_PyJitLink *link = exit->links; link != NULL; link = link->next) {
        // Short of memory for the values of the next one: tier 1 goes on.
        if (link->ip == next_instr && link->executor->anchor == link->executor
            && reserve_values(&values, &values_size, link->executor->trace) == 0) {
            executor = link->executor;
            trace = executor->trace;
            goto enter;
        }
    }
    _PyExecutorObject *there = target == NULL ? _PyJitExit_ExecutorAt(exit, frame, next_instr) : NULL;
    if (there != NULL && reserve_values(&values, &values_size, there->trace) == 0) {
        executor = there;
        trace = executor->trace;
        goto enter;
    }
    PyMem_RawFree(values);
    return _PyJit_ColdExit(frame, stack_pointer, tstate, next_instr, exit);

error:
    if (ins[1].op == JIT_OP_UNRAISED || ins[1].op == JIT_OP_UNRAISED_DYNAMIC) {
        ins += 2;
        goto run;
    }
    if (ins[-1].op == JIT_OP_ON_ERROR) {
        result = _PyJit_Catch(tstate, frame, stack_pointer, next_instr, JIT_ANY_WAY);
        if (JIT_RESULT_STATUS(result) != JIT_STATUS_DISPATCH) {
            goto failed;
        }
        frame = tstate->current_frame;
        stack_pointer = _PyFrame_GetStackPointer(frame);
        next_instr = JIT_RESULT_IP(result);
        ins--;
        goto leave;
    }
    _PyFrame_SetStackPointer(frame, stack_pointer);
    result = JIT_ERROR_RESULT(next_instr);
    goto failed;
unwind:
    // The stack pointer of the new frame is in memory already.
    result = JIT_RESULT(JIT_STATUS_UNWIND, next_instr);
failed:
    assert(executor->anchor->running > 0);
    executor->anchor->running--;
left:
    PyMem_RawFree(values);
    return result;
}

#endif /* _Py_TIER2 */
