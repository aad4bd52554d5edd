/* Exceptions that are not made.
 *
 * `try: raise KeyError(k)` / `except KeyError: n += 1`: tier 1 makes an instance, a traceback with
 * a frame object, and takes them apart again. Where the handler is in the trace, and nobody looks
 * at the exception, all this is a jump.  What the rules of build/raises.c make of the instructions
 * is in the slot map only; UNMADE stands there for the exception.
 *
 * No exit could make it: it would need tracebacks, and frames that were left.  So the trace goes
 * back instead.  From the instruction that would make the exception, or would raise it, to where
 * no slot has it any more and no handler of it runs, whatever leaves leads to that instruction
 * (snapshots of kind AGAIN, of which there is one), and tier 1 runs everything since then once
 * more.  For that to be right:
 *
 * 1. Nothing has been done when the trace leaves.  Pure operations and checks are nothing.
 *    References are counted when the exception is gone, or right before something is written.  So
 *    no object that the snapshot names ends before.
 * 2. Behind what has written (`changed`) nothing leaves.  Only operations write that run no code
 *    of users and know of no exceptions.
 * 3. A check of how many references an object has counts those that are to be given up as if they
 *    were all to that object.
 * 4. Nothing but slots has UNMADE.  An operation on it, an opaque instruction, the end of the
 *    trace: the exception has to be made.  The record with which it began gets `made`, and the
 *    trace is built again (record/finish.c).
 * 5. The exit makes progress, as an instruction was executed before.  So a side trace from it does
 *    not begin in this way, but makes its exception. That ends the chain of those that leave again
 *    and again.
 *
 * Tools that want to know of exceptions drop all traces, and turn up behind arbitrary code only,
 * of which there is none here.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "jit/optimize/optimize.h"

#define MOST_MADE 4            // exceptions of a trace that had to be made; then all are

bool
_PyJitUnmade_CanBegin(const _PyJitBuilder *b, uint32_t index)
{
    bool progress = index > 0 || b->peeled;
    return b->unmade.open
        || (b->typed && !b->exact && progress && !b->t->records[index].made
            && ENGINE->recorder.makes < MOST_MADE && pass_is_on(JIT_PASS_RAISE));
}

void
_PyJitUnmade_Begin(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    if (b->unmade.open || b->failed) {
        return;
    }
    int snapshot = _PyJitBuild_Snapshot(b, JIT_EXIT_AGAIN, true, record->code,
                                        record->offset - record->prefix);
    b->unmade = (_PyJitUnmade){.open = snapshot >= 0, .snapshot = snapshot, .record = index};
}

void
_PyJitUnmade_GiveUp(_PyJitBuilder *b)
{
    b->t->records[b->unmade.record].made = 1;
    b->failed = b->has_to_make = true;
}

/* References that were to be counted are, in their order. */
static void
count(_PyJitBuilder *b)
{
    _PyJitUnmade *unmade = &b->unmade;
    bool open = unmade->open;
    unmade->open = false;
    for (uint32_t i = 0; i < unmade->ncounts; i++) {
        int op = unmade->counts[i].up ? JIT_OP_INCREF : JIT_OP_DECREF_PLAIN;
        (void)_PyJitBuild_Emit(b, op, unmade->counts[i].object, JIT_REF_NONE, 0);
    }
    unmade->ncounts = unmade->nends = 0;
    unmade->open = open;
}

static bool
is_number(const _PyJitBuilder *b, _PyJitRef object)
{
    int type = type_of_ref(b, object);
    return type == JIT_TYPE_INT || type == JIT_TYPE_FLOAT || type == JIT_TYPE_BOOL;
}

static bool
takes_references(const _PyJitUnmade *unmade)
{
    for (uint32_t i = 0; i < unmade->ncounts; i++) {
        if (unmade->counts[i].up) {
            return true;
        }
    }
    return false;
}

_PyJitUnmadeVerdict
_PyJitUnmade_Look(_PyJitBuilder *b, int op, _PyJitRef object, uint32_t *aux)
{
    _PyJitUnmade *unmade = &b->unmade;
    int flags = _PyJit_Ops[op].flags;
    bool exits = (flags & JIT_OPFLAG_EXITS) != 0;
    if (flags & JIT_OPFLAG_PURE) {
        return exits && unmade->changed ? JIT_UNMADE_NEVER : JIT_UNMADE_EMIT;
    }
    switch (op) {
        case JIT_OP_INCREF:
        case JIT_OP_DECREF_PLAIN:
            if (unmade->changed) {
                return JIT_UNMADE_EMIT;
            }
            if (unmade->ncounts == JIT_MOST_COUNTS) {
                return JIT_UNMADE_NEVER;
            }
            unmade->nends += op == JIT_OP_DECREF_PLAIN && !is_number(b, object);
            unmade->counts[unmade->ncounts].object = object;
            unmade->counts[unmade->ncounts++].up = op == JIT_OP_INCREF;
            return JIT_UNMADE_NOTHING;
        case JIT_OP_MAY_LEAVE:
            return unmade->changed ? JIT_UNMADE_NOTHING : JIT_UNMADE_EMIT;
        case JIT_OP_LOAD_SLOT:
        case JIT_OP_COPY_INT:
        case JIT_OP_COPY_FLOAT:
            return JIT_UNMADE_EMIT;
        case JIT_OP_GUARD_SHARED:
        case JIT_OP_GUARD_DROP:
            *aux += unmade->nends;
            return unmade->changed ? JIT_UNMADE_NEVER : JIT_UNMADE_EMIT;
        case JIT_OP_GUARD_QUIET:
        case JIT_OP_GUARD_RELEASE:
            return unmade->changed || unmade->nends > 0 ? JIT_UNMADE_NEVER : JIT_UNMADE_EMIT;
        case JIT_OP_STORE_SLOT:
        case JIT_OP_STORE_STACK:
        case JIT_OP_STORE_FIELD:
        case JIT_OP_LIST_SET:
        case JIT_OP_CELL_SET:
            // What takes a reference or gives one up finds all counted.
            if (!unmade->changed) {
                count(b);
            }
            return JIT_UNMADE_CHANGE;
        case JIT_OP_BOX_INT:
        case JIT_OP_BOX_FLOAT:
        case JIT_OP_LIST_PUSH:
            // These end nothing, so that what is counted behind them is not late.
            return unmade->changed ? JIT_UNMADE_NEVER : JIT_UNMADE_CHANGE;
        case JIT_OP_STORE_FIELD_INT:
        case JIT_OP_STORE_FIELD_FLOAT:
        case JIT_OP_LIST_SET_FLOAT:
        case JIT_OP_DICT_SET:
            return unmade->changed || takes_references(unmade) ? JIT_UNMADE_NEVER
                : JIT_UNMADE_CHANGE;
        default:
            return JIT_UNMADE_NEVER;
    }
}

void
_PyJitUnmade_NoteChange(_PyJitBuilder *b)
{
    if (!b->unmade.changed) {
        count(b);
        b->unmade.changed = true;
    }
}

void
_PyJitUnmade_EndIfGone(_PyJitBuilder *b)
{
    if (!b->unmade.open || b->failed || b->unmade.nhandled > 0) {
        return;
    }
    for (uint32_t i = 0; i < b->nframes; i++) {
        for (uint32_t k = b->frames[i].base; k < free_slot(b, i); k++) {
            if (is_unmade(b, b->slots[k].object)) {
                return;
            }
        }
    }
    count(b);
    b->unmade.open = false;
    b->latest_snap = 0;        // what leaves from here on leads somewhere else
}

#endif /* _Py_TIER2 */
