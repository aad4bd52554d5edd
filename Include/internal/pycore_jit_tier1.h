/* How the tier 1 evaluation loop switches recording on and off.
 *
 * Included by ceval.c right after ceval_macros.h.  With computed gotos the loop dispatches through a local pointer to one of two
 * tables (opcode_targets.h), and switching is one store.  A switch has one table only: there every dispatch keeps the opcode
 * aside and ORs it with a mask; with the mask set that makes JIT_RECORD_OPCODE of any opcode, whose case asks the recorder
 * and goes on to the opcode kept aside.  Both forms reach the same two labels (end of generated_cases.c.h).  With tail calls
 * (pycore_tail_calls.h) the pointer to one of two tables is a parameter of every instruction, and the two labels are functions.
 *
 *   JIT_EVAL_LOCALS            declarations for the evaluation function, before the first statement
 *   JIT_START_RECORDING()      from the next dispatch on, the recorder sees every instruction before it runs
 *   JIT_STOP_RECORDING()       ordinary dispatch again
 *   JIT_IS_RECORDING()         true between the two
 *   JIT_DISPATCH_RECORDED()    runs the instruction in `opcode` without asking the recorder
 *   JIT_BEGIN_FRAME()          the recorder has begun a frame, which is `frame` now: it starts
 *   JIT_ON_UNWIND()            an exception unwinds in this loop: recording ends, or goes on in the handler, and a continuation frame
 *                              gives back what it took
 *   JIT_DISPATCH_FORM          what users are told of the form (sys._jit.dispatch())
 *
 * The loop keeps the number of the recording it feeds.  It may come back to its next instruction when that recording was long given
 * up and another one has begun: in another greenlet, in another thread, or in a loop that C called.
 */
#ifndef Py_INTERNAL_JIT_TIER1_H
#define Py_INTERNAL_JIT_TIER1_H

#ifndef Py_BUILD_CORE
#  error "for the interpreter's own sources only: define Py_BUILD_CORE"
#endif

#ifdef _Py_TAIL_CALLS
#  include "pycore_tail_calls.h"
#  define JIT_DISPATCH_FORM "tail calls"
#elif USE_COMPUTED_GOTOS
#  define JIT_DISPATCH_FORM "computed gotos"
#else
#  define JIT_DISPATCH_FORM "switch"
#endif

#ifdef _Py_TIER2

#include "pycore_jit.h"           // _PyJit_RecordStep()
#include "pycore_jit_opcodes.h"   // JIT_RECORD_OPCODE

#ifdef _Py_TAIL_CALLS
#  define jit_recording_number (tail_loop_of(frame)->recording_number)
#  define JIT_START_RECORDING() ((void)(jit_recording_number = _PyJit_RecordingNumber, targets = &tail_recording_targets))
#  define JIT_STOP_RECORDING() ((void)(targets = &tail_targets))
#  define JIT_IS_RECORDING() (targets == &tail_recording_targets)
#  define JIT_DISPATCH_RECORDED() TAIL_RETURN tail_targets.at[opcode](TAIL_ARGUMENTS)
#  define JIT_BEGIN_FRAME() TAIL_LEAVE_FOR(tail_start_frame)
#elif USE_COMPUTED_GOTOS
#  define JIT_EVAL_LOCALS \
       uint64_t jit_recording_number = 0;
#  define JIT_START_RECORDING() \
       ((void)(jit_recording_number = _PyJit_RecordingNumber, opcode_targets = opcode_recording_table))
#  define JIT_STOP_RECORDING() ((void)(opcode_targets = opcode_targets_table))
#  define JIT_IS_RECORDING() (opcode_targets == opcode_recording_table)
#  define JIT_DISPATCH_RECORDED() goto *opcode_targets_table[opcode]
#else
#  define JIT_EVAL_LOCALS \
       uint64_t jit_recording_number = 0; \
       uint8_t jit_recorded_opcode = 0;    /* what the dispatch before was for */ \
       uint8_t jit_recording = 0;          /* 0, or all bits set */
#  define JIT_START_RECORDING() \
       ((void)(jit_recording_number = _PyJit_RecordingNumber, jit_recording = JIT_RECORD_OPCODE))
#  define JIT_STOP_RECORDING() ((void)(jit_recording = 0))
#  define JIT_IS_RECORDING() (jit_recording != 0)
#  define JIT_DISPATCH_RECORDED() goto dispatch_opcode
#  undef DISPATCH_GOTO
#  define DISPATCH_GOTO() \
       do { \
           jit_recorded_opcode = opcode; \
           opcode |= jit_recording; \
           goto dispatch_opcode; \
       } while (0)
#endif

#ifndef _Py_TAIL_CALLS
#  define JIT_BEGIN_FRAME() goto start_frame
#endif

#define JIT_ON_UNWIND() \
    do { \
        if (JIT_IS_RECORDING() && !_PyJit_RecordUnwind(tstate, jit_recording_number, frame, next_instr)) { \
            JIT_STOP_RECORDING(); \
        } \
        if (_PyFrame_GetCode(frame)->co_flags & CO_NO_MONITORING_EVENTS) { \
            _PyJitOperator_Unwind(tstate, frame); \
        } \
    } while (0)

#else  /* !_Py_TIER2 */

#define JIT_EVAL_LOCALS
#define JIT_START_RECORDING() ((void)0)
#define JIT_STOP_RECORDING() ((void)0)
#define JIT_IS_RECORDING() 0
#define JIT_ON_UNWIND() ((void)0)

#endif /* _Py_TIER2 */

#include "pycore_jit_enter.h"     // JIT_LOOP_HOT() and the other ways into the JIT

#endif /* !Py_INTERNAL_JIT_TIER1_H */
