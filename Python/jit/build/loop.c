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
 *  4. What an iteration writes in the heap (effect classes, opt_cse.c) is not known at the head.
 *  5. An instance that nobody else has is carried as its numbers (virtual.c).  If it turns out that it has to be made after all, the trace
 *     is built anew without (record.c).
 *  6. A loop that has nothing to gain jumps back to its first instruction, with memory complete.
 *
 * Method: loop peeling by re-emission, as in LuaJIT (Mike Pall) and in PyPy (Ardo, Bolz and Fijalkowski: loop-aware optimizations).
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_global_objects.h"   // _PY_NSMALLNEGINTS
#include "jit/build/builder.h"

#define MOST_WALKS 6           // over the body, for one plan
#define MOST_PEELED 3          // iterations
#define MOST_RECORDS 400       // of a loop that is peeled
#define MOST_PEELED_RECORDS 240   // of all peeled iterations, if there are more than one
#define LEAST_GAIN 16          // one operation of so many has to be gone, or a number in a register

/* --- The state at the end of the peeled iterations ----------------------------------------------------------------- */

typedef struct {
    uint32_t nins, nk, nsnaps, nframes, nslots, nexits, nvalues, nbound;
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
    mark->nexits = t->nexits;
    mark->nvalues = t->nvalues;
    mark->nbound = b->nbound;
    mark->sp = b->sp;
    mark->frame = b->frames[0];
    memcpy(mark->latest, b->latest, sizeof(mark->latest));
    memcpy(mark->barrier, b->barrier, sizeof(mark->barrier));
    memcpy(mark->slots, b->slots, b->nslots * sizeof(_PyJitSlot));
    _PyJitForward_Plan(b, &loop->fields, loop->depth);
}

static void
rewind_to_mark(Loop *loop)
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
    t->nexits = mark->nexits;
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

/* --- Slots ------------------------------------------------------------------------------------------------------------ */

void
_PyJitLoop_DropSmallObjects(_PyJitBuilder *b, uint32_t depth)
{
    for (uint32_t i = 0; i < depth; i++) {
        _PyJitSlot *slot = &b->slots[i];
        if (!slot->dirty || slot->object == JIT_REF_NONE || slot->number == JIT_REF_NONE) {
            continue;
        }
        const _PyJitIns *number = JIT_INS(b->t, slot->number);
        if (number->op == JIT_OP_KONST && number->type == JIT_TYPE_I64
            && (int64_t)number->bits >= -_PY_NSMALLNEGINTS && (int64_t)number->bits < _PY_NSMALLPOSINTS) {
            slot->object = JIT_REF_NONE;
            slot->identity = ++b->identities;
        }
    }
    _PyJitVirtual_Unbox(b, depth);
}

/* A dirty slot's memory is plain, or nobody's. */
static bool
may_stay_dirty(const _PyJitBuilder *b, uint32_t index)
{
    const _PyJitSlot *slot = &b->slots[index];
    return slot->dirty && !slot->owned && (!is_local(b, index) || slot->memory_plain)
        && (slot->object == JIT_REF_NONE ? slot->number != JIT_REF_NONE : JIT_IS_CONST(slot->object));
}

/* All slots of one identity go to memory together, or one would get a box of its own.  SLOTS: at the mark or at LOOP. */
static bool
keep_groups_whole(Loop *loop, const _PyJitSlot *slots)
{
    bool changed = false, more = true;
    while (more) {
        more = false;
        for (uint32_t i = 0; i < loop->depth; i++) {
            for (uint32_t j = 0; j < loop->depth && is_bare(&slots[i]); j++) {
                if (is_bare(&slots[j]) && slots[i].identity == slots[j].identity
                    && loop->keep[i].dirty && !loop->keep[j].dirty) {
                    loop->keep[i] = (Keep){.number = CHANGES, .plain = 1};
                    more = changed = true;
                }
            }
        }
    }
    return changed;
}

/* What memory holds is plain once SLOT is written there. */
static bool
leaves_plain(const _PyJitSlot *slot)
{
    return slot->dirty ? slot->plain || slot->number != JIT_REF_NONE : slot->memory_plain;
}

/* Slot I is an instance that need not be there at the head. */
static bool
plan_virtual(Loop *loop, uint32_t i)
{
    if (loop->nvirtuals == MOST_VIRTUALS || !_PyJitVirtual_Describe(loop->b, i, &loop->virtuals[loop->nvirtuals].before)) {
        return false;
    }
    loop->virtuals[loop->nvirtuals++].slot = i;
    loop->keep[i] = (Keep){.dirty = 1, .object = VIRTUAL, .plain = 1};
    return true;
}

static void
first_plan(Loop *loop)
{
    const _PyJitBuilder *b = loop->b;
    loop->nvirtuals = 0;
    for (uint32_t i = 0; i < loop->depth; i++) {
        const _PyJitSlot *slot = &b->slots[i];
        Keep *keep = &loop->keep[i];
        if (plan_virtual(loop, i)) {
            continue;
        }
        *keep = (Keep){.dirty = may_stay_dirty(b, i)};
        keep->plain = keep->dirty ? slot->memory_plain : leaves_plain(slot);
        keep->object = slot->object != JIT_REF_NONE ? SAME : NOTHING;
        if (slot->number != JIT_REF_NONE) {
            keep->number = is_bare(slot) && !JIT_IS_CONST(slot->number) ? CHANGES : SAME;
        }
    }
    (void)keep_groups_whole(loop, b->slots);
}

/* Is there something an iteration need not do again? */
static bool
is_worth_it(const Loop *loop)
{
    for (uint32_t i = 0; i < loop->depth; i++) {
        const Keep *keep = &loop->keep[i];
        if (keep->dirty || keep->object || keep->number || keep->plain) {
            return true;
        }
    }
    return false;
}

/* --- Head and end of the body ------------------------------------------------------------------------------------------ */

/* Writes what the plan does not keep; checks lead to the first instruction. */
static void
write_the_rest(Loop *loop)
{
    _PyJitBuilder *b = loop->b;
    _PyJitBuild_MakeSure(b, (uint16_t)b->end_code, b->end_offset);
    b->code = (uint16_t)b->end_code;
    b->offset = b->end_offset;
    b->progress = true;
    for (uint32_t i = 0; i < loop->depth; i++) {
        b->slots[i].carried = loop->keep[i].dirty;
    }
    _PyJitBuild_Flush(b, true);
    for (uint32_t i = 0; i < loop->depth; i++) {
        b->slots[i].carried = 0;
    }
}

static _PyJitRef
emit_phi(Loop *loop, uint32_t index)
{
    _PyJitBuilder *b = loop->b;
    const _PyJitSlot *slot = &b->slots[index];
    for (uint32_t i = 0; i < index && is_bare(slot); i++) {
        if (loop->keep[i].number == CHANGES && is_bare(&b->slots[i]) && b->slots[i].identity == slot->identity) {
            return loop->head[i].number;
        }
    }
    _PyJitRef phi = _PyJitTrace_Emit(b->t, JIT_OP_PHI, type_of_ref(b, slot->number), slot->number, JIT_REF_NONE, 0,
                                     JIT_NO_SNAPSHOT);
    b->failed |= phi == JIT_REF_NONE;
    return phi;
}

/* The numbers of the instances that are not made. */
static void
emit_virtual_phis(Loop *loop)
{
    _PyJitBuilder *b = loop->b;
    for (uint32_t i = 0; i < loop->nvirtuals; i++) {
        const _PyJitShape *shape = &loop->virtuals[i].before;
        if (loop->keep[loop->virtuals[i].slot].object != VIRTUAL) {
            continue;
        }
        _PyJitVirtual_Bind(b, shape);
        for (uint32_t k = 0; k < shape->n && !b->failed; k++) {
            _PyJitRef number = shape->fields[k].number;
            if (type_of_ref(b, number) != JIT_TYPE_OBJECT) {
                number = _PyJitTrace_Emit(b->t, JIT_OP_PHI, type_of_ref(b, number), number, JIT_REF_NONE, 0, JIT_NO_SNAPSHOT);
                b->failed |= number == JIT_REF_NONE;
            }
            loop->virtuals[i].head[k] = number;
        }
    }
}

static void
emit_virtuals(Loop *loop)
{
    _PyJitBuilder *b = loop->b;
    for (uint32_t i = 0; i < loop->nvirtuals && !b->failed; i++) {
        uint32_t slot = loop->virtuals[i].slot;
        if (loop->keep[slot].object == VIRTUAL) {
            _PyJitRef object = _PyJitVirtual_Emit(b, &loop->virtuals[i].before, loop->virtuals[i].head);
            loop->head[slot] = (_PyJitSlot){.object = object, .dirty = 1, .owned = 1, .memory_plain = 1};
            b->slots[slot] = loop->head[slot];
        }
    }
}

/* A virtual that LOOP does not bring back alike goes to memory. */
static bool
check_virtuals(Loop *loop)
{
    _PyJitBuilder *b = loop->b;
    bool holds = true;
    for (uint32_t i = 0; i < loop->nvirtuals; i++) {
        _PyJitShape *end = &loop->virtuals[i].end, *before = &loop->virtuals[i].before;
        Keep *keep = &loop->keep[loop->virtuals[i].slot];
        if (keep->object != VIRTUAL) {
            continue;
        }
        if (!_PyJitVirtual_Describe(b, loop->virtuals[i].slot, end) || !_PyJitVirtual_IsAlike(b->t, before, b->t, end)) {
            *keep = (Keep){0};
            holds = false;
        }
    }
    return holds;
}

static void
make_head(Loop *loop)
{
    _PyJitBuilder *b = loop->b;
    rewind_to_mark(loop);
    _PyJitLoop_DropSmallObjects(b, loop->depth);
    write_the_rest(loop);
    b->loop_head = b->t->nins;
    b->shares_from = b->t->passed_from = b->t->nsnaps;
    b->holds = pass_is_on(JIT_PASS_SIDE);
    b->began_held = 0;
    for (uint32_t i = 0; i < loop->depth && !b->failed; i++) {
        const _PyJitSlot *slot = &b->slots[i];
        Keep *keep = &loop->keep[i];
        _PyJitSlot *head = &loop->head[i];
        *head = (_PyJitSlot){.dirty = keep->dirty, .memory_plain = keep->plain, .identity = slot->identity,
                              .held = !keep->dirty};
        if (keep->object == VIRTUAL) {
            continue;          // behind the PHIs
        }
        if (keep->object == SAME) {
            head->object = slot->object;
            head->plain = slot->plain;
            head->memory = keep->dirty ? JIT_REF_NONE : slot->memory;
        }
        if (keep->number == CHANGES) {
            head->number = emit_phi(loop, i);
        }
        else if (keep->number == SAME) {
            head->number = slot->number;
        }
    }
    emit_virtual_phis(loop);
    memset(b->slots, 0, b->nslots * sizeof(_PyJitSlot));
    memcpy(b->slots, loop->head, loop->depth * sizeof(_PyJitSlot));
    _PyJitCse_Barrier(b, loop->written);
    b->written = 0;
    _PyJitForward_MakeHead(b, &loop->fields, loop->written >> JIT_CLASS_ATTR & 1);
    emit_virtuals(loop);
}

/* Takes out of the plan what does not hold at LOOP.  true: all of it holds. */
static bool
check_plan(Loop *loop)
{
    _PyJitBuilder *b = loop->b;
    bool holds = (b->written & ~loop->written) == 0;
    holds &= _PyJitForward_CheckPlan(b, &loop->fields);
    holds &= check_virtuals(loop);
    loop->written |= b->written;
    loop->again = false;
    for (uint32_t i = 0; i < loop->depth; i++) {
        const _PyJitSlot *slot = &b->slots[i], *head = &loop->head[i];
        Keep *keep = &loop->keep[i];
        if (keep->object == VIRTUAL) {
            continue;
        }
        bool number = slot->number != JIT_REF_NONE && head->number != JIT_REF_NONE
            && type_of_ref(b, slot->number) == type_of_ref(b, head->number);
        if (keep->dirty && !(may_stay_dirty(b, i) && slot->object == head->object
                             && (slot->object != JIT_REF_NONE || number))) {
            *keep = (Keep){.number = number ? CHANGES : NOTHING, .plain = leaves_plain(head) && leaves_plain(slot)};
            holds = false;
            loop->again |= head->object != JIT_REF_NONE && is_bare(slot) && may_stay_dirty(b, i);
            continue;
        }
        if (keep->number != NOTHING && !number) {
            keep->number = NOTHING;
            holds = false;
        }
        if (keep->number == SAME && slot->number != head->number) {
            keep->number = CHANGES;
            keep->settled = 1;
            holds = false;
        }
        if (keep->dirty) {
            continue;
        }
        if (keep->object == SAME && (slot->dirty || slot->memory != head->memory)) {
            keep->object = NOTHING;
            holds = false;
        }
        if (keep->plain && !leaves_plain(slot)) {
            keep->plain = 0;
            holds = false;
        }
        loop->again |= is_bare(slot) && may_stay_dirty(b, i);
    }
    // Identity: who is one at the head is one at LOOP, and nobody else.
    for (uint32_t i = 0; i < loop->depth; i++) {
        for (uint32_t j = i + 1; loop->keep[i].dirty && j < loop->depth; j++) {
            if (loop->keep[j].dirty && is_bare(&loop->head[i]) && is_bare(&loop->head[j])
                && (loop->head[i].identity == loop->head[j].identity) != (b->slots[i].identity == b->slots[j].identity)) {
                loop->keep[i] = loop->keep[j] = (Keep){.number = CHANGES, .plain = 1};
                holds = false;
            }
        }
    }
    bool split = keep_groups_whole(loop, b->slots);
    split |= keep_groups_whole(loop, loop->mark.slots);
    return holds && !split;
}

/* A PHI of twice the same value is no PHI: the body knows more the next time.  true: there are some. */
static bool
settle_numbers(Loop *loop)
{
    bool found = false;
    for (uint32_t i = 0; i < loop->depth; i++) {
        Keep *keep = &loop->keep[i];
        if (keep->number == CHANGES && !keep->settled
            && JIT_INS(loop->b->t, loop->head[i].number)->a == loop->b->slots[i].number) {
            keep->number = SAME;
            keep->settled = 1;
            found = true;
        }
    }
    return found;
}

static void
close_loop(Loop *loop)
{
    _PyJitBuilder *b = loop->b;
    write_the_rest(loop);
    for (uint32_t i = 0; i < loop->depth; i++) {
        if (loop->keep[i].number == CHANGES) {
            JIT_INS(b->t, loop->head[i].number)->b = b->slots[i].number;
        }
    }
    for (uint32_t i = 0; i < loop->nvirtuals; i++) {
        const _PyJitShape *end = &loop->virtuals[i].end;
        if (loop->keep[loop->virtuals[i].slot].object != VIRTUAL) {
            continue;
        }
        _PyJitVirtual_Bind(b, end);
        for (uint32_t k = 0; k < end->n; k++) {
            if (type_of_ref(b, end->fields[k].number) != JIT_TYPE_OBJECT) {
                JIT_INS(b->t, loop->virtuals[i].head[k])->b = end->fields[k].number;
            }
        }
    }
    _PyJitForward_Close(b, &loop->fields);
    b->failed |= _PyJitTrace_Emit(b->t, JIT_OP_LOOP, JIT_TYPE_NONE, JIT_REF_NONE, JIT_REF_NONE, b->loop_head,
                                  JIT_NO_SNAPSHOT) == JIT_REF_NONE;
}

/* --- The whole ----------------------------------------------------------------------------------------------------- */

/* The walk has come back to where it began, in the first frame. */
static bool
is_back(const _PyJitBuilder *b)
{
    const _PyJitTrace *t = b->t;
    const _PyJitRecord *last = &t->records[t->nrecords - 1];
    return !b->left && b->nframes == 1 && b->frames[0].lowered && last->depth == 128
        && !(_PyJit_Insts[last->opcode].flags & JIT_INST_FRAME) && b->depth == t->records[b->first].sp;
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
    first_plan(loop);
    loop->again = false;
    for (int walks = 0; walks < MOST_WALKS && is_worth_it(loop); walks++) {
        make_head(loop);
        int ended = b->failed ? -1 : _PyJitBuild_Walk(b);
        if (ended < 0 || b->failed) {
            return -1;
        }
        if (ended > 0 || !is_back(b)) {
            break;
        }
        _PyJitLoop_DropSmallObjects(b, loop->depth);
        bool holds = check_plan(loop);
        if (walks == 0 && more && loop->again) {
            return 0;
        }
        if (holds && !settle_numbers(loop)) {
            loop->again = more && has_invariants(loop);
            if (loop->again) {
                return 0;
            }
            close_loop(loop);
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
        rewind_to_mark(&loop);
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
        rewind_to_mark(&loop);
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
    rewind_to_mark(&loop);
    b->written = written;
    b->wrote_fields = wrote_fields;
    b->began_held = began_held;
    b->peeled = peeled;
    return 0;
}

#endif /* _Py_TIER2 */
