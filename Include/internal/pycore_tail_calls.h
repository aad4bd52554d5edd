/* Tail calls: the form of tier 1 in which every instruction is a function.
 *
 * Configured with --with-tail-call-interp.  An instruction ends by calling the next one, as the last thing it does: the compiler
 * makes that a jump (`musttail`).  What the loop has in local variables is passed from function to function, in registers that
 * nobody saves (`preserve_none`).  So the compiler gives out registers for one instruction at a time, not for a function of ten
 * thousand lines, and a rare path of one cannot cost another one anything.
 *
 * Included by pycore_jit_tier1.h, which is included behind ceval_macros.h: what that says of labels is said anew for functions.
 * The functions are in tail_cases.c.h (generated) and tail_eval.c.h.
 *
 * The order of the parameters matters.  The first four are in registers that calls of ordinary C functions keep; for the fifth there
 * is one more such register, at the price of two moves.  The last ones are dead soon.
 */
#ifndef Py_INTERNAL_TAIL_CALLS_H
#define Py_INTERNAL_TAIL_CALLS_H

#ifndef Py_BUILD_CORE
#  error "for the interpreter's own sources only: define Py_BUILD_CORE"
#endif

#define TAIL_CONVENTION __attribute__((preserve_none))
#define TAIL_RETURN __attribute__((musttail)) return

/* What only some builds pass on: what lltrace prints, and the instruction before for pystats. */
#ifdef LLTRACE
#  define TAIL_LLTRACE_PARAMETER , int lltrace
#  define TAIL_LLTRACE_ARGUMENT , lltrace
#  define TAIL_LLTRACE_FIRST , 0
#else
#  define TAIL_LLTRACE_PARAMETER
#  define TAIL_LLTRACE_ARGUMENT
#  define TAIL_LLTRACE_FIRST
#endif
#ifdef Py_STATS
#  define TAIL_STATS_PARAMETER , int lastopcode
#  define TAIL_STATS_ARGUMENT , lastopcode
#  define TAIL_STATS_FIRST , 0
#else
#  define TAIL_STATS_PARAMETER
#  define TAIL_STATS_ARGUMENT
#  define TAIL_STATS_FIRST
#endif

/* The tables.  With a JIT there are two of them, and the loop hands the one that is in use from instruction to instruction. */
struct tail_table;
#ifdef _Py_TIER2
#  define TAIL_TABLE_PARAMETER , const struct tail_table *targets
#  define TAIL_TABLE_ARGUMENT , targets
#  define TAIL_TABLE_FIRST , &tail_targets
#  define TAIL_TARGET(OPCODE) (targets->at[OPCODE])
#else
#  define TAIL_TABLE_PARAMETER
#  define TAIL_TABLE_ARGUMENT
#  define TAIL_TABLE_FIRST
#  define TAIL_TARGET(OPCODE) (tail_targets.at[OPCODE])
#endif

#define TAIL_PARAMETERS \
    _PyInterpreterFrame *frame, PyObject **stack_pointer, PyThreadState *tstate, _Py_CODEUNIT *next_instr \
    TAIL_TABLE_PARAMETER, int oparg, uint8_t opcode TAIL_LLTRACE_PARAMETER TAIL_STATS_PARAMETER
#define TAIL_ARGUMENTS \
    frame, stack_pointer, tstate, next_instr TAIL_TABLE_ARGUMENT, oparg, opcode \
    TAIL_LLTRACE_ARGUMENT TAIL_STATS_ARGUMENT
/* Those of a function that is no instruction: what would have to be kept over calls for it is not passed. */
#define TAIL_SHARED_ARGUMENTS \
    frame, stack_pointer, tstate, next_instr TAIL_TABLE_ARGUMENT, 0, 0 TAIL_LLTRACE_ARGUMENT TAIL_STATS_ARGUMENT
/* Those of the first function, which finds out itself where it is. */
#define TAIL_FIRST_ARGUMENTS \
    frame, NULL, tstate, NULL TAIL_TABLE_FIRST, 0, 0 TAIL_LLTRACE_FIRST TAIL_STATS_FIRST

typedef TAIL_CONVENTION PyObject *tail_function(TAIL_PARAMETERS);
struct tail_table {
    tail_function *at[256];
};

/* A function of the loop, to declare or define it; and going on with one: with an instruction, with another one. */
#define TAIL_FUNCTION(NAME) static TAIL_CONVENTION PyObject *NAME(TAIL_PARAMETERS)
#define TAIL_COLD_FUNCTION(NAME) static TAIL_CONVENTION __attribute__((cold, noinline)) PyObject *NAME(TAIL_PARAMETERS)
#define TAIL_GO_TO(NAME) do { TAIL_RETURN NAME(TAIL_ARGUMENTS); } while (0)
#define TAIL_LEAVE_FOR(NAME) do { TAIL_RETURN NAME(TAIL_SHARED_ARGUMENTS); } while (0)

#undef TARGET
#define TARGET(OP) TAIL_FUNCTION(TARGET_##OP)
#undef DISPATCH_GOTO
#define DISPATCH_GOTO() do { TAIL_RETURN TAIL_TARGET(opcode)(TAIL_ARGUMENTS); } while (0)

/* From one instruction to the beginning of another one that has the same place and size.  `opcode` stays what was dispatched.
 * Names are pasted at once: given on to another macro, they would become numbers. */
#undef GO_TO_INSTRUCTION
#define GO_TO_INSTRUCTION(OP) \
    do { \
        next_instr -= TAIL_UNITS_##OP; \
        TAIL_GO_TO(TARGET_##OP); \
    } while (0)
#undef DEOPT_IF
#define DEOPT_IF(COND, OP) \
    do { \
        if (COND) { \
            UPDATE_MISS_STATS(OP); \
            assert(_PyOpcode_Deopt[opcode] == OP); \
            next_instr -= TAIL_UNITS_##OP; \
            TAIL_GO_TO(TARGET_##OP); \
        } \
    } while (0)

#ifdef Py_STATS
/* An instruction that was come to from another one is not counted. */
#  undef INSTRUCTION_STATS
#  define INSTRUCTION_STATS(OP) \
    do { \
        if (opcode == OP) { \
            OPCODE_EXE_INC(OP); \
            if (_Py_stats) { \
                _Py_stats->opcode_stats[lastopcode].pair_count[OP]++; \
            } \
            lastopcode = OP; \
        } \
    } while (0)
#endif

/* The end of every instruction: the labels of the loop, each of which goes on with a function that all instructions share.
 * Those that one does not use are nothing. */
#define TAIL_EXITS() \
    Py_UNREACHABLE(); \
    pop_4_error: stack_pointer--; \
    pop_3_error: stack_pointer--; \
    pop_2_error: stack_pointer--; \
    pop_1_error: stack_pointer--; \
    error: TAIL_LEAVE_FOR(tail_error); \
    exception_unwind: TAIL_LEAVE_FOR(tail_exception_unwind); \
    exit_unwind: TAIL_LEAVE_FOR(tail_exit_unwind); \
    resume_frame: TAIL_LEAVE_FOR(tail_resume_frame); \
    start_frame: TAIL_LEAVE_FOR(tail_start_frame)

/* What the function that C calls keeps on the stack below all these calls.  The frame is the last of the loop's frames, and how it
 * is found from the others: who needs it is either recording or an assertion. */
struct tail_loop {
    _PyInterpreterFrame last;
#ifdef _Py_TIER2
    uint64_t recording_number;
#endif
};

static inline struct tail_loop *
tail_loop_of(_PyInterpreterFrame *frame)
{
    while (frame->owner != FRAME_OWNED_BY_CSTACK) {
        frame = frame->previous;
    }
    return (struct tail_loop *)((char *)frame - offsetof(struct tail_loop, last));
}

/* What the definitions call the frame of the loop itself. */
#define entry_frame (tail_loop_of(frame)->last)

#endif /* !Py_INTERNAL_TAIL_CALLS_H */
