/* What the definitions of Python/bytecodes/jit_entry.c do in tier 1.  Included by pycore_jit_tier1.h, so inside the
 * evaluation loop's file only; the names used are the loop's locals.
 */
#ifndef Py_INTERNAL_JIT_ENTER_H
#define Py_INTERNAL_JIT_ENTER_H

#include "pycore_class_variables.h"
#include "pycore_jit_frames.h"

#ifdef _Py_TIER2
#include "pycore_jit.h"

/* CALL with its counter triggered; ARGS are the arguments. */
#define JIT_SPECIALIZE_CALL(CALLABLE, INSTR, NARGS, ARGS) \
    do { \
        if (!_PyJit_SpecializeClass((CALLABLE), (INSTR), (NARGS)) \
            && !_PyJitConsumer_StaysGeneric((CALLABLE), (INSTR), oparg, (ARGS))) { \
            _Py_Specialize_Call((CALLABLE), (INSTR), (NARGS)); \
        } \
    } while (0)

/* O may be what a builtin takes all items of: a generator, a map, or a filter. */
#define JIT_MAY_CONSUME(O) (PyGen_CheckExact(O) || Py_IS_TYPE((O), &PyMap_Type) || Py_IS_TYPE((O), &PyFilter_Type))
/* CALL and CALL_KW, of a builtin with such an argument of many items or with a function for keys: its loop is one of bytecode
 * (run/consumers.c).  A recording has asked before. */
#define JIT_BEGIN_CONSUMER(INSTR, OPCODE) \
    do { \
        if (!JIT_IS_RECORDING() && _PyJit_BeginConsumer(tstate, frame, stack_pointer, (INSTR), (OPCODE), oparg)) { \
            frame = tstate->current_frame; \
            JIT_BEGIN_FRAME(); \
        } \
    } while (0)

/* JUMP_BACKWARD: its cache counts iterations.  At the limit the instruction is dispatched again, recording. */
#define JIT_LOOP_HOT(INSTR) \
    do { \
        uint16_t jit_count = ++(INSTR)[1].cache; \
        if ((jit_count & 0x0fffu) >= _Py_atomic_load_uint32_relaxed(&_PyJit_LoopLimit) \
            && _PyJit_StartLoop(tstate, frame, (INSTR), oparg)) { \
            next_instr = (INSTR); \
            JIT_START_RECORDING(); \
            DISPATCH_SAME_OPARG(); \
        } \
    } while (0)

/* RESUME_CHECK: a small table of counters, found by the instruction's address (LuaJIT's hotcount).  Two functions that share a
 * counter are found hot a little early.  So are those of two interpreters with a GIL each: they share the table, without a lock. */
#define JIT_CALL_HOT(INSTR) \
    do { \
        uint16_t *jit_calls = &_PyJit_CallCounts[JIT_CALL_SLOT(INSTR)]; \
        uint16_t jit_count = (uint16_t)(_Py_atomic_load_uint16_relaxed(jit_calls) - 1); \
        _Py_atomic_store_uint16_relaxed(jit_calls, jit_count); \
        if (jit_count == 0 \
            && _PyJit_StartFunction(tstate, frame, (INSTR))) { \
            next_instr = (INSTR); \
            JIT_START_RECORDING(); \
            DISPATCH_SAME_OPARG(); \
        } \
    } while (0)

/* Runs the instruction that EXECUTOR replaced; next_instr is at ENTER_EXECUTOR. */
#define JIT_DISPATCH_ORIGINAL(EXECUTOR) \
    do { \
        opcode = (EXECUTOR)->vm_data.opcode; \
        oparg = (EXECUTOR)->vm_data.oparg; \
        DISPATCH_GOTO(); \
    } while (0)

#define JIT_EXECUTOR_AT(INSTR) \
    (_PyFrame_GetCode(frame)->co_executors->executors[(INSTR)->op.arg])

/* ENTER_EXECUTOR.  While something is pending, tier 1 goes on: the first RESUME_CHECK would leave again.  So it does where the executor is
 * there for calls from C, which do not come this way (Python/jit/run/resume.c). */
#define JIT_ENTER_EXECUTOR(INSTR) \
    do { \
        _PyExecutorObject *jit_executor = JIT_EXECUTOR_AT(INSTR); \
        if ((_Py_atomic_load_uintptr_relaxed(&tstate->eval_breaker) & _PY_EVAL_EVENTS_MASK) || jit_executor->for_c) { \
            next_instr = (INSTR); \
            JIT_DISPATCH_ORIGINAL(jit_executor); \
        } \
        _PyJitResult jit_result = _PyJit_Enter(frame, stack_pointer, tstate, jit_executor); \
        JIT_GO_ON(jit_result); \
    } while (0)

/* Behind an executor: what its RESULT asks for.  The frame is the current one. */
#define JIT_GO_ON(RESULT) \
    do { \
        frame = tstate->current_frame; \
        next_instr = JIT_RESULT_IP(RESULT); \
        int jit_status = JIT_RESULT_STATUS(RESULT); \
        if (jit_status == JIT_STATUS_UNWIND) { \
            goto exit_unwind; \
        } \
        stack_pointer = _PyFrame_GetStackPointer(frame); \
        if (jit_status == JIT_STATUS_ERROR) { \
            goto error; \
        } \
        if (jit_status == JIT_STATUS_RERAISE) { \
            goto exception_unwind; \
        } \
        if (jit_status == JIT_STATUS_RECORD) { \
            JIT_START_RECORDING(); \
        } \
        else if (jit_status == JIT_STATUS_ORIGINAL && next_instr->op.code == ENTER_EXECUTOR) { \
            JIT_DISPATCH_ORIGINAL(JIT_EXECUTOR_AT(next_instr)); \
        } \
        DISPATCH(); \
    } while (0)

/* An evaluation loop that goes on where a generator's executor has left (Python/jit/run/resume.c): the first macro stands behind the
 * loop's entry, the second one behind the declarations of its variables. */
#define JIT_IF_RESUMED() \
    do { \
        if (throwflag == JIT_RESUMED) { \
            goto jit_resumed; \
        } \
    } while (0)

#define JIT_RESUMED_HERE \
    if (0) { \
    jit_resumed: \
        tstate->current_frame = _PyJit_Resumed.top; \
        JIT_GO_ON(_PyJit_Resumed.result); \
    }

#else
#define JIT_SPECIALIZE_CALL(CALLABLE, INSTR, NARGS, ARGS) _Py_Specialize_Call((CALLABLE), (INSTR), (NARGS))
#define JIT_MAY_CONSUME(O) false
#define JIT_BEGIN_CONSUMER(INSTR, OPCODE) ((void)0)
#define JIT_LOOP_HOT(INSTR) ((void)(INSTR))
#define JIT_CALL_HOT(INSTR) ((void)(INSTR))
#define JIT_IF_RESUMED() ((void)0)
#define JIT_RESUMED_HERE
#endif

#endif /* !Py_INTERNAL_JIT_ENTER_H */
