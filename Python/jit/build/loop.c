/* Loops: the first iteration is peeled.
 *
 * When the walk over the records of a loop is at its end, one iteration has been lowered, from memory.  It stays in the trace and
 * runs once.  The records are then lowered a second time, with the slot map and the common subexpressions as the first time left
 * them: that is the loop.  What the peeled iteration has checked, loaded or computed and what does not change is found again and
 * so is not in the loop; a number that does change becomes a PHI.
 *
 * The *plan* says what is still known of each slot at the head of the loop.  The first plan is: everything the peeled iteration
 * knew at its end.  The walk over the body shows what of it does not hold at LOOP; that is taken out, and the body is walked again,
 * until what is known at LOOP implies what was assumed at the head.
 *
 * Rules:
 *  1. Every slot the plan does not keep dirty is written to memory before the head, and before LOOP.
 *  2. Identity stays exact.  A number that was made from an object is never carried without it: only what the trace computed
 *     itself, or what is the same object again by its value.  Slots with one identity (slots.c) share their PHI; where two slots
 *     share at the head but not at LOOP, or the other way round, both go to memory.
 *  3. Such a number appears in a later iteration only, in `a, b = b, a + b` for a, whose first value is somebody's object.  Then
 *     another iteration is peeled, if the loop is short; also where the body still has something that never changes.
 *  4. What an iteration writes in the heap (effect classes, optimize/cse.c) is not known at the head.
 *  5. An instance that nobody else has is carried as its numbers (carried.c).  If it turns out that it has to be made after all, the trace
 *     is built anew without (record/finish.c).
 *  6. A loop that has nothing to gain jumps back to its first instruction, with memory complete.
 *
 * Method: loop peeling by re-emission, as in LuaJIT (Mike Pall) and in PyPy (Ardo, Bolz and Fijalkowski: loop-aware optimizations).
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "jit/build/loop.h"

#define MOST_WALKS 6           // over the body, for one plan
#define MOST_PEELED 3          // iterations
#define MOST_RECORDS 400       // of a loop that is peeled
#define MOST_PEELED_RECORDS 240   // of all peeled iterations, if there are more than one
#define LEAST_GAIN 16          // one operation of so many has to be gone, or a number in a register

/* --- The state at the end of the peeled iterations ----------------------------------------------------------------- */

static void
set_mark(Loop *loop)
{
    const _PyJitBuilder *b = loop->b;
    const _PyJitTrace *t = b->t;
    Mark *mark = &loop->mark;
    mark->nins = t->nins;
    mark->nk = t->nk;
    mark->nsnaps = t->nsnaps;
    mark->nframes = t->nframes;
    mark->nslots = t->nslots;
    mark->nheld = t->nheld;
    mark->nvalues = t->nvalues;
    mark->nbound = b->nbound;
    mark->sp = b->sp;
    mark->frame = b->frames[0];
    memcpy(mark->latest, b->latest, sizeof(mark->latest));
    memcpy(mark->barrier, b->barrier, sizeof(mark->barrier));
    memcpy(mark->slots, b->slots, b->nslots * sizeof(_PyJitSlot));
    _PyJitForward_Plan(b, &loop->fields, loop->depth);
}

void
_PyJitLoop_Rewind(Loop *loop)
{
    _PyJitBuilder *b = loop->b;
    _PyJitTrace *t = b->t;
    const Mark *mark = &loop->mark;
    t->nins = mark->nins;
    t->nk = mark->nk;
    t->nsnaps = mark->nsnaps;
    b->latest_snap = 0;
    t->nframes = mark->nframes;
    t->nslots = mark->nslots;
    t->nheld = mark->nheld;
    t->nvalues = mark->nvalues;
    b->nbound = mark->nbound;
    b->sp = mark->sp;
    b->frames[0] = mark->frame;
    b->nframes = 1;
    b->depth = loop->depth;
    b->machine = 0;
    b->left = false;
    b->nslots = b->frames[0].end;
    memcpy(b->latest, mark->latest, sizeof(mark->latest));
    memcpy(b->barrier, mark->barrier, sizeof(mark->barrier));
    memcpy(b->slots, mark->slots, b->nslots * sizeof(_PyJitSlot));
    _PyJitForward_Rewind(b, &loop->fields);
}

/* --- The whole ----------------------------------------------------------------------------------------------------- */

/* The walk has come back to where it began, in the first frame. */
static bool
is_back(const _PyJitBuilder *b)
{
    const _PyJitTrace *t = b->t;
    const _PyJitRecord *last = &t->records[t->nrecords - 1];
    bool in_first = last->opcode == RESERVED     // a continuation frame has ended
        || (last->depth == 128 && !(_PyJit_Insts[last->opcode].flags & JIT_INST_FRAME));
    return in_first && !b->left && b->nframes == 1 && b->frames[0].lowered && b->depth == t->records[b->first].sp;
}

/* Operations from FROM up to END that make code. */
static uint32_t
count_code(const _PyJitTrace *t, uint32_t from, uint32_t end)
{
    uint32_t count = 0;
    for (uint32_t i = from; i < end; i++) {
        const _PyJitIns *ins = JIT_INS(t, JIT_REF_BIAS + i);
        count += ins->op != JIT_OP_BYTECODE && ins->op != JIT_OP_PHI;
    }
    return count;
}

/* The body does something that would be the same in each iteration: what was peeled is not an iteration, but a side trace that
 * began somewhere in the loop, or around it. */
static bool
has_invariants(const Loop *loop)
{
    const _PyJitBuilder *b = loop->b;
    for (uint32_t i = b->loop_head; i < b->t->nins && pass_is_on(JIT_PASS_CSE); i++) {
        const _PyJitIns *ins = JIT_INS(b->t, JIT_REF_BIAS + i);
        const _PyJitOpInfo *info = &_PyJit_Ops[ins->op];
        bool same = (info->flags & JIT_OPFLAG_PURE) && info->nargs > 0 && !(JIT_OPFLAGS_READS(info->flags) & loop->written)
            && !_PyJitForward_Handles(ins->op);
        for (int k = 0; k < info->nargs && same; k++) {
            same = (k == 0 ? ins->a : k == 1 ? ins->b : ins->c) < JIT_REF_BIAS + b->loop_head;
        }
        if (same) {
            return true;
        }
    }
    return false;
}

/* 1: the trace ends in LOOP; 0: there is no plan that holds, or another peeled iteration would help (loop->again; only if
 * MORE is true); -1: no memory. */
static int
find_plan(Loop *loop, bool more)
{
    _PyJitBuilder *b = loop->b;
    _PyJitLoop_DropSmallObjects(b, loop->depth);
    _PyJitLoop_FirstPlan(loop);
    loop->again = false;
    for (int walks = 0; walks < MOST_WALKS && _PyJitLoop_IsWorthIt(loop); walks++) {
        _PyJitLoop_MakeHead(loop);
        int ended = b->failed ? -1 : _PyJitBuild_Walk(b);
        if (ended < 0 || b->failed) {
            return -1;
        }
        if (ended > 0 || !is_back(b)) {
            break;
        }
        _PyJitLoop_DropSmallObjects(b, loop->depth);
        bool holds = _PyJitLoop_CheckPlan(loop);
        if (walks == 0 && more && loop->again) {
            return 0;
        }
        if (holds && !_PyJitLoop_SettleNumbers(loop)) {
            loop->again = more && has_invariants(loop);
            if (loop->again) {
                return 0;
            }
            _PyJitLoop_Close(loop);
            return b->failed ? -1 : 1;
        }
    }
    loop->again = false;
    return 0;
}

int
_PyJitLoop_Peel(_PyJitBuilder *b)
{
    _PyJitTrace *t = b->t;
    uint32_t nrecords = t->nrecords - b->first;
    if (!is_back(b) || nrecords > MOST_RECORDS) {
        return 0;
    }
    Loop loop;                 // not cleared: it is large, and the first plan fills what is used of it
    loop.b = b;
    loop.depth = b->depth;
    loop.written = b->written;
    uint32_t walked_once = t->nins;
    int found = 0;
    b->peeled = true;
    uint32_t peeled = 1;
    for (;; peeled++) {
        if (peeled == 2) {
            loop.once = loop.mark;
            loop.fields_once = loop.fields;
        }
        set_mark(&loop);
        found = find_plan(&loop, peeled < MOST_PEELED && nrecords * (peeled + 1) <= MOST_PEELED_RECORDS);
        if (found != 0 || !loop.again) {
            break;
        }
        _PyJitLoop_Rewind(&loop);
        int ended = _PyJitBuild_Walk(b);
        if (ended < 0 || b->failed) {
            return -1;
        }
        if (ended > 0 || !is_back(b)) {
            break;
        }
    }
    if (found > 0 && JIT_INS(t, JIT_REF_BIAS + b->loop_head)->op != JIT_OP_PHI) {
        uint32_t once = count_code(t, 1, walked_once), body = count_code(t, b->loop_head, t->nins) - 1;
        if (body + once / LEAST_GAIN >= once) {
            found = 0;
        }
    }
    if (found == 0) {
        // Nothing of the second iteration stays: its records may go too (side_loop.c).
        if (peeled > 1) {
            loop.mark = loop.once;
            loop.fields = loop.fields_once;
        }
        _PyJitLoop_Rewind(&loop);
        b->loop_head = 0;
        b->holds = false;
        t->passed_from = UINT32_MAX;
    }
    if (found > 0 && !b->failed) {
        _PyJitSide_NoteHead(b, loop.head, loop.depth, &loop.fields, loop.written);
    }
    return b->failed ? -1 : found;
}

int
_PyJitLoop_Unroll(_PyJitBuilder *b, int n)
{
    Loop loop = {.b = b, .depth = b->depth};
    uint32_t written = b->written;
    bool wrote_fields = b->wrote_fields, peeled = b->peeled;
    uint64_t began_held = b->began_held;
    set_mark(&loop);
    b->peeled = true;
    int ended = 0;
    while (n-- > 0 && ended == 0 && !b->failed) {
        ended = _PyJitBuild_Walk(b);
    }
    if (ended < 0 || b->failed) {
        return -1;
    }
    if (ended == 0 && is_back(b) && _PyJitSide_IterationsToHead(b) == 0) {
        return 1;
    }
    _PyJitLoop_Rewind(&loop);
    b->written = written;
    b->wrote_fields = wrote_fields;
    b->began_held = began_held;
    b->peeled = peeled;
    return 0;
}

#endif /* _Py_TIER2 */
