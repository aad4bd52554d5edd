/* What the generated bodies (jit_opaque_cases.c.h) need, as far as it is the same for the trace-IR interpreter and for the
 * stencils.  Included once per translation unit, before the bodies.
 *
 * The includer has in scope, as variables: frame, stack_pointer, tstate, next_instr (see JIT_STATE_PARAMS).
 * It defines, after including this file:
 *
 *   JIT_OPAQUE(NAME, SIZE)  JIT_TRACE_OP(NAME)   what stands before a body in braces
 *   JIT_OPARG               the instruction's oparg, EXTENDED_ARG folded in (int)
 *   JIT_THIS_INSTR          the instruction, in the live code (_Py_CODEUNIT *)
 *   JIT_CACHE_U16(K)  JIT_CACHE_U32(K)  JIT_CACHE_OBJ(K)   the inline cache at code unit K, as it was recorded
 *   JIT_CACHE_PTR(K)        address of that unit (_Py_CODEUNIT *), readable only
 *   JIT_EXPECTED_IP         where a GUARD_IP lets the trace go on (_Py_CODEUNIT *)
 *   JIT_AUX                 the `aux` of a trace operation (uint32_t)
 *   JIT_IS_NOT_AUX(V)       V, 32 bits, is another number
 *   JIT_READ_SLOT()  JIT_WRITE_SLOT(V)  JIT_SLOT_ADDRESS()   slot `aux` of the frame
 *   JIT_IS_PLAIN(V)  JIT_LARGE_VALUE(O, RESULT)  JIT_CAN_LEAVE()  JIT_IS_SUSPENDED_AT(G, PLACE)
 *   JIT_IS_UNSEEN()         the frame has no frame object; one that nobody knows is dropped
 *   JIT_PUSH_FRAME(F)  JIT_PUSH_SHIM(CODE)     the functions of pycore_jit_shared.h; the last two set frame and stack_pointer
 *   JIT_EXECUTOR            the executor that runs (_PyExecutorObject *)
 *   JIT_NEXT()              on to the next operation
 *   JIT_DEOPT()             leave; the instruction runs again in tier 1.  Nothing of it may have happened yet.
 *   JIT_SIDE_EXIT()         leave through the operation's own exit
 *   JIT_ERROR()             an exception is set; next_instr is what tier 1 has at `error`
 *   JIT_RERAISE()           the same of one that has the place in its traceback already
 *   JIT_UNWIND()            an exception is set before the first instruction of the (new) frame
 *   JIT_LOOP()              back to the operation after START
 *   JIT_TO_HEAD()           on behind the PHIs of the root trace's loop
 *   JIT_LEAVE(RESULT)       back to who entered the executor, which counts as left already
 *
 * JIT_NEXT() and the nine that leave are statements that do not come back.  They are used inside do-while(0), if and
 * switch: `break` or `continue` will not do, `goto` and `return` will.
 */
#ifndef Py_JIT_BODY_MACROS_H
#define Py_JIT_BODY_MACROS_H

#include "Python.h"

#include "pycore_abstract.h"
#include "pycore_backoff.h"
#include "pycore_call.h"
#include "pycore_cell.h"
#include "pycore_ceval.h"
#include "pycore_class_variables.h"
#include "pycore_code.h"
#include "pycore_descrobject.h"
#include "pycore_dict.h"
#include "pycore_emscripten_signal.h"
#include "pycore_frame.h"
#include "pycore_function.h"
#include "pycore_genobject.h"
#include "pycore_global_objects.h"   // _PY_NSMALLPOSINTS
#include "pycore_instruments.h"
#include "pycore_intrinsics.h"
#include "pycore_jit.h"
#include "pycore_jit_ceval.h"
#include "pycore_jit_frames.h"
#include "pycore_jit_ir.h"
#include "pycore_jit_helpers.h"
#include "pycore_jit_shared.h"
#include "pycore_list.h"
#include "pycore_long.h"
#include "pycore_moduleobject.h"
#include "pycore_object.h"
#include "pycore_opcode_metadata.h"
#include "pycore_opcode_utils.h"
#include "pycore_optimizer.h"
#include "pycore_pyatomic_ft_wrappers.h"
#include "pycore_pyerrors.h"
#include "pycore_pystate.h"
#include "pycore_range.h"
#include "pycore_setobject.h"
#include "pycore_sliceobject.h"
#include "pycore_sysmodule.h"
#include "pycore_traceback.h"
#include "pycore_tuple.h"
#include "pycore_typeobject.h"
#include "pycore_unicodeobject.h"

#include "dictobject.h"
#include "frameobject.h"
#include "opcode.h"
#include "pydtrace.h"
#include "setobject.h"

#include <stdbool.h>

/* The code of the frame below an __init__ that was called by its class; defined in specialize.c. */
extern const struct _PyCode_DEF(8) _Py_InitCleanup;

/* Stack, frame, locals and tuple access, CHECK_EVAL_BREAKER, LOAD_IP, LOAD_SP and the like are tier 1's own.  What tier 1 does
 * with labels and counters is replaced below. */
#include "ceval_macros.h"

/* A body is the tier-1 body; bodies say `#if TIER_ONE` where upstream's tier 2 differed. */
#undef TIER_ONE
#define TIER_ONE 1
#undef TIER_TWO
#undef ENABLE_SPECIALIZATION
#define ENABLE_SPECIALIZATION 0

/* Tier 1 counts and traces its own instructions only. */
#undef STAT_INC
#define STAT_INC(OPNAME, NAME) ((void)0)
#undef STAT_DEC
#define STAT_DEC(OPNAME, NAME) ((void)0)
#undef UPDATE_MISS_STATS
#define UPDATE_MISS_STATS(OPNAME) ((void)0)
#undef INSTRUCTION_STATS
#define INSTRUCTION_STATS(OP) ((void)0)
#undef PRE_DISPATCH_GOTO
#define PRE_DISPATCH_GOTO() ((void)0)
#undef LLTRACE_RESUME_FRAME
#define LLTRACE_RESUME_FRAME() ((void)0)

/* CHECK_EVAL_BREAKER and other macros of tier 1 name the label. */
#undef GOTO_ERROR
#define GOTO_ERROR(LABEL) JIT_ERROR()

#undef DEOPT_IF
#define DEOPT_IF(CONDITION, ...) \
    do { \
        if (CONDITION) { \
            JIT_DEOPT(); \
        } \
    } while (0)

#define JIT_RERAISE() \
    do { \
        next_instr = JIT_AS_RERAISE(next_instr); \
        JIT_ERROR(); \
    } while (0)

/* A trace does not count towards another trace. */
#undef JIT_LOOP_HOT
#define JIT_LOOP_HOT(INSTR) ((void)(INSTR))
#undef JIT_CALL_HOT
#define JIT_CALL_HOT(INSTR) ((void)(INSTR))

/* First line of every opaque body.  SIZE: code units of the instruction.  SAVES_IP: 1 if anything that may look at the
 * frame's instruction pointer runs inside; a constant, so the store costs nothing elsewhere. */
#define JIT_BODY_PROLOGUE(SIZE, SAVES_IP) \
    int oparg = JIT_OPARG; \
    _Py_CODEUNIT *const this_instr = JIT_THIS_INSTR; \
    next_instr = this_instr + (SIZE); \
    if (SAVES_IP) { \
        frame->instr_ptr = this_instr; \
    } \
    (void)oparg

/* The first steps of a frame that was just pushed or resumed: `frame` is tstate->current_frame already. */
#define JIT_START_FRAME() \
    do { \
        if (_Py_EnterRecursivePy(tstate)) { \
            JIT_UNWIND(); \
        } \
        next_instr = frame->instr_ptr; \
        stack_pointer = _PyFrame_GetStackPointer(frame); \
        JIT_NEXT(); \
    } while (0)

#undef DISPATCH_INLINED
#define DISPATCH_INLINED(NEW_FRAME) \
    do { \
        _PyInterpreterFrame *jit_callee = (NEW_FRAME); \
        assert(tstate->interp->eval_frame == NULL); \
        _PyFrame_SetStackPointer(frame, stack_pointer); \
        jit_callee->previous = frame; \
        tstate->current_frame = jit_callee; \
        frame = jit_callee; \
        JIT_START_FRAME(); \
    } while (0)

/* Leaving by EXIT to NEXT_INSTR, which no link of it names: the executor that stands there in FRAME's bytecode, or NULL.  What tier 1
 * would do next, without going there.  Not for an exit that may come back without having executed anything. */
static inline _PyExecutorObject *
_PyJitExit_ExecutorAt(const _PyJitExit *exit, _PyInterpreterFrame *frame, const _Py_CODEUNIT *next_instr)
{
    if (next_instr->op.code != ENTER_EXECUTOR || !exit->progress) {
        return NULL;
    }
    _PyExecutorObject *there = _PyFrame_GetCode(frame)->co_executors->executors[next_instr->op.arg];
    return there->for_c ? NULL : there;
}

#endif /* !Py_JIT_BODY_MACROS_H */
