/* The trace builder, for the floors above: recordings become traces.  What its own files share: builder.h. */
#ifndef Py_JIT_BUILD_H
#define Py_JIT_BUILD_H

#include "pycore_jit_engine.h"

/* Which objects need not be made: none; those that stay in the trace; and what loops carry from one iteration to the next. */
typedef enum { JIT_VIRTUALS_NONE, JIT_VIRTUALS_MADE, JIT_VIRTUALS_CARRIED } _PyJitVirtuals;

/* What a builder says that has to build again: without virtuals that loops carry, without any, or with an exception made (`made` of its
 * record). */
enum { JIT_BUILT_CARRIED = 1, JIT_BUILT_VIRTUALS = 2, JIT_BUILT_EXCEPTION = 3 };

/* walk.c: fills executor->trace's operations and snapshots from its records.  END is a JIT_END_ value, END_IP where control goes
 * on (NULL: the last instruction decides), CHAIN that of the executor to be, FROM the exit whose values it takes, or NULL; TO_HEAD:
 * from there, to the loop of the tree's root.  0; above: JIT_BUILT_; -1: memory is short; -2: the builder is wrong. */
int _PyJit_BuildTrace(_PyJitTrace *trace, int chain, int end, PyCodeObject *end_code, _Py_CODEUNIT *end_ip,
                      const _PyJitExit *from, bool to_head, _PyJitVirtuals virtuals);

/* side.c: a side trace of EXIT would go on in frames that its trace has not made. */
bool _PyJitSide_HasFrames(const _PyJitExit *exit);
/* EXIT (not NULL) makes objects that its trace has not made. */
bool _PyJitSide_HasVirtuals(const _PyJitExit *exit);
/* May a side trace begin with the values of EXIT? */
bool _PyJitSide_TakesValues(const _PyJitExit *exit);
/* Calls HOLD for the objects that a side trace of EXIT would have for constants, as long as that gives 0.  When the exit is taken
 * all of them are in memory. */
int _PyJitSide_EachConstant(const _PyJitExit *exit, int (*hold)(_PyJitRecorder *, PyObject *), _PyJitRecorder *recorder);
/* side_head.c: and may it come back to the head of the loop it leaves, with its values in registers? */
bool _PyJitSide_ComesBack(const _PyJitExit *exit);

/* reasons.c: a dict by opcode of dicts by reason of how many instructions became opaque; NULL with an exception set. */
PyObject *_PyJitReason_Table(void);

#endif /* !Py_JIT_BUILD_H */
