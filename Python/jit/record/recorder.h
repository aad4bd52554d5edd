/* What the steps of a recording (recorder.c) and its end (finish.c) share. */
#ifndef Py_JIT_RECORDER_H
#define Py_JIT_RECORDER_H

#include "jit/record/record.h"

#define JIT_LEAST_DEPTH (-64)   // frames below the one a recording began in, at most

static inline _PyJitRecorder *
recorder(void)
{
    return &ENGINE->recorder;
}

/* There is no recording any more. */
void _PyJitRecorder_Forget(_PyJitRecorder *r);
/* The recording fails for ABORT, at AT (NULL: where it began) with OPCODE.  May run code of users. */
void _PyJitRecorder_Abort(int abort, _Py_CODEUNIT *at, int opcode);
/* An executor for what was recorded, installed and linked.  END_IP is where control goes on after the last
 * instruction, in END_CODE; NULL where only the last instruction knows.  Recording has ended when it returns. */
void _PyJitRecorder_Finish(int end, PyCodeObject *end_code, _Py_CODEUNIT *end_ip, int opcode);

#endif /* !Py_JIT_RECORDER_H */
