/* A loop that is peeled, while it is made: shared by loop.c, which has the rules, and loop_plan.c. */
#ifndef Py_JIT_LOOP_H
#define Py_JIT_LOOP_H

#include "jit/build/builder.h"

/* The builder's state at the end of the peeled iterations. */
typedef struct {
    uint32_t nins, nk, nsnaps, nframes, nslots, nheld, nvalues, nbound;
    uint32_t sp;
    _PyJitAbstractFrame frame;
    _PyJitRef latest[JIT_OP_COUNT];
    _PyJitRef barrier[JIT_CLASS_COUNT];
    _PyJitSlot slots[JIT_MAX_SLOTS];
} Mark;

/* What is known at the head. */
enum { NOTHING, CHANGES, SAME, VIRTUAL };

#define MOST_VIRTUALS 8        // instances that a loop carries as numbers

typedef struct {
    uint8_t dirty;             // not in memory: a number, or a constant
    uint8_t object;            // NOTHING, SAME or VIRTUAL
    uint8_t number;            // CHANGES: a PHI
    uint8_t plain;             // what memory holds is plain
    uint8_t settled;           // the number was found to be the same; it is not tried again
} Keep;

typedef struct {
    _PyJitBuilder *b;
    uint32_t depth;            // slots at the head
    Mark mark;
    Mark once;                 // the first of the marks, if there is more than one
    Keep keep[JIT_MAX_SLOTS];
    _PyJitSlot head[JIT_MAX_SLOTS];
    uint32_t written;          // classes of memory an iteration writes
    _PyJitFieldPlan fields;    // the same for attributes
    _PyJitFieldPlan fields_once;
    struct {
        uint32_t slot;
        _PyJitShape before, end;     // at the mark; at LOOP
        _PyJitRef head[JIT_MOST_VIRTUAL_FIELDS];     // the numbers at the head: PHIs, or constant objects
    } virtuals[MOST_VIRTUALS];
    uint32_t nvirtuals;
    bool again;                // another peeled iteration would help
} Loop;

/* Back to the mark. */
void _PyJitLoop_Rewind(Loop *loop);
/* The first plan: all that the peeled iterations knew at their end. */
void _PyJitLoop_FirstPlan(Loop *loop);
/* Is there something an iteration need not do again? */
bool _PyJitLoop_IsWorthIt(const Loop *loop);
/* The head as the plan says, before the walk over the body. */
void _PyJitLoop_MakeHead(Loop *loop);
/* Takes out of the plan what does not hold at LOOP.  true: all of it holds. */
bool _PyJitLoop_CheckPlan(Loop *loop);
/* A PHI of twice the same value is no PHI: the body knows more the next time.  true: there are some. */
bool _PyJitLoop_SettleNumbers(Loop *loop);
/* Writes what the plan does not keep, and LOOP. */
void _PyJitLoop_Close(Loop *loop);

#endif /* !Py_JIT_LOOP_H */
