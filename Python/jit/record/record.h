/* The recorder: when a recording begins, what it notes, and what becomes of it. */
#ifndef Py_JIT_RECORD_H
#define Py_JIT_RECORD_H

#include "jit/build/build.h"
#include "jit/run/run.h"

/* adapt.c.  PREV, with opcode, oparg, code and units, is about to run with DEPTH operands below STACK_POINTER: its opcode and units
 * become those of the form that fits them, if tier 1 has another one there. */
void _PyJitAdapt(_PyJitPending *prev, PyObject **stack_pointer, Py_ssize_t depth);
/* PREV, of which the objects of interest are known, gets its generic form instead, if that is one for all types. */
void _PyJitAdapt_Weaken(_PyJitPending *prev);

/* names.c */
/* (N, (name, ...)) of the keys of DICT, always the same tuple, which lives as long as the engine; borrowed.  NULL: keys are no interned
 * strs, or there are too many of them. */
PyObject *_PyJitNames_Of(PyObject *dict, Py_ssize_t n);

/* begin.c */
/* The exit is hot: as _PyJit_StartLoop. */
int _PyJitRecorder_StartSide(PyThreadState *tstate, _PyInterpreterFrame *frame, _Py_CODEUNIT *target,
                             _PyJitExit *exit);
/* recorder.c */
/* Keeps OBJECT alive until recording ends: the trace borrows it, and so does the pending instruction, whose frame may be gone when
 * it is finished.  -1: no memory. */
int _PyJitRecorder_Hold(_PyJitRecorder *r, PyObject *object);
/* Ends the recording, if there is one.  May run code of users, with what it held. */
void _PyJitRecorder_Cancel(int abort);
/* The loop at that code unit did not serve; FOR_GOOD: it is never recorded again. */
void _PyJitRecorder_LoopFailed(PyCodeObject *code, int index, bool for_good);
/* The same where nothing was wrong with it: it is recorded again when it is hot, and that is no failure. */
void _PyJitRecorder_LoopAgain(PyCodeObject *code, int index);

/* loops.c */
/* How often INSTR is in the trace already, at this depth or at any: an inner loop or a recursion is being unrolled. */
int _PyJitRecorder_TimesSeen(const _PyJitRecorder *r, PyCodeObject *code, _Py_CODEUNIT *instr, bool same_depth);
/* Only an entry of the loop checks what EXIT checks; its iterations rely on that. */
bool _PyJitRecorder_IsOfEntries(const _PyJitExit *exit);
/* A side trace for objects of which the loop it leaves, THERE, assumes something else in all iterations: if it went back it would leave there
 * again at once.  So it goes through the jump, and has an iteration of its own behind it. */
bool _PyJitRecorder_BeginsAnew(const _PyJitRecorder *r, const _PyExecutorObject *there);
/* The recording has come to INSTR, where the loop THERE stands, and goes on with the instruction it replaced. */
bool _PyJitRecorder_GoesThrough(const _PyJitRecorder *r, const _PyExecutorObject *there, PyCodeObject *code, _Py_CODEUNIT *instr);
/* The tree of EXIT's trace has as many members as it may: a side trace begins in memory, and all exits that lead there share it. */
bool _PyJitRecorder_TreeIsFull(const _PyJitExit *exit);
/* Does EXIT, which leads to THERE in the bytecode, do no more than jump back to the head of the loop it leaves, or of
 * one around that? */
bool _PyJitRecorder_JumpsBack(const _PyJitExit *exit, const _PyExecutorObject *there);

/* types.c: what the builder wants to know of PREV, which is about to run, into `sp`, `types` and `observed`; and of its result, when it
 * has run in the same frame.  interest.c: what a record has in `seen` (borrowed, or NULL). */
void _PyJitRecorder_NoteTypes(_PyJitPending *prev, _PyInterpreterFrame *frame, PyObject **stack_pointer);
void _PyJitRecorder_NoteResult(_PyJitPending *prev, _PyInterpreterFrame *frame, PyObject **stack_pointer);
/* `super().name` of CLASS and SELF, the top two, is about SELF, which is a class, and not about its type. */
bool _PyJitRecorder_IsSuperOfClass(PyObject **stack_pointer);
PyObject *_PyJitRecorder_ObjectOfInterest(_PyJitPending *prev, _PyInterpreterFrame *frame, PyObject **stack_pointer);

/* policy.c */
/* After at least one record: control has left the loop that is recorded, to NEXT in CODE (NULL: not Python), and the recording
 * is to be dropped. */
bool _PyJitPolicy_LeftLoop(const _PyJitRecorder *r, PyCodeObject *code, _Py_CODEUNIT *next);
/* The side trace that is recorded began where a loop ended: coming back there is no loop. */
bool _PyJitPolicy_BeginsBesideLoop(const _PyJitRecorder *r);
/* It begins with frames that are not made yet.  And: it is back where it began, but in another frame. */
bool _PyJitPolicy_HasFrames(const _PyJitRecorder *r);
bool _PyJitPolicy_IsRecursion(const _PyJitRecorder *r);
/* And: it has left all of them since, so where it is back is in frames of others. */
bool _PyJitPolicy_HasLeftFrames(const _PyJitRecorder *r);
/* The loop that is recorded has left its generator by yielding. */
bool _PyJitPolicy_YieldsEachTime(const _PyJitRecorder *r);
/* What is recorded, which ended for END, is a short way from one jump to another in a recursion. */
bool _PyJitPolicy_IsOneStep(const _PyJitRecorder *r, int end);
/* The recording is of a generator's function, which has resumed another generator of it. */
bool _PyJitPolicy_WalksTree(const _PyJitRecorder *r);
/* The instruction behind a yield, in FRAME, is where C goes on with a generator. */
bool _PyJitPolicy_IsResumedByC(const _PyInterpreterFrame *frame);
/* When the JUMP_BACKWARD at INSTR asks again whose recording met the loop's end: soon, a few times; then it counts anew. */
void _PyJitPolicy_TryAgain(_Py_CODEUNIT *instr);

/* cold_exit.c; see also _PyJit_ColdExit() */
void _PyJitRecorder_Rest(void);                      // nothing is being compiled now; looks at the clock

/* losers.c */
/* After each exit to tier 1: now and then drops what does not pay. */
void _PyJitWorth_Look(void);

#endif /* !Py_JIT_RECORD_H */
