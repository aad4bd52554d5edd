/* The passes, and what they work on: the trace builder's state.  Operations are optimized as they are emitted (emission.c), so what the
 * builder knows of slots and attributes is theirs too.  InternalDocs/typed_traces.md explains the whole.
 *
 * Errors are sticky: where memory is short `failed` is set, operations come back as JIT_REF_NONE, and the walk ends.
 */
#ifndef Py_JIT_OPTIMIZE_H
#define Py_JIT_OPTIMIZE_H

#include "Python.h"
#include "jit/run/run.h"

/* What the builder knows of one slot of the trace's frame.
 *
 * Clean: memory holds `object`, if that is known; a slot of the stack owns its reference.  Dirty: memory does not have the
 * value.  A dirty local's memory still owns what stood there before, which is plain; a dirty stack slot's memory is nobody's.
 * A frame that is not in memory has dirty slots only (and locals without a value). */
typedef struct {
    _PyJitRef object;          // the value as an object, borrowed from memory or a constant; NONE: not known as an object
    _PyJitRef number;          // the same as a raw number; NONE: not known
    _PyJitRef memory;          // what memory holds, as far as it is known
    uint8_t dirty;
    uint8_t owned : 1;         // dirty, and the trace has a reference to `object` for this slot
    uint8_t plain : 1;         // `object` is plain
    uint8_t memory_plain : 1;  // what memory holds is plain, or NULL
    uint8_t quiet : 1;         // its object may end where the slot is dropped, at the end of the instruction (GuardRelease)
    uint8_t heap : 1;          // dirty, and `object` is borrowed from an attribute, an item or a dict
    uint8_t carried : 1;       // a flush that keeps numbers leaves it dirty
    uint8_t held : 1;          // if clean: nothing has written memory since the head of the loop (build/side_back.c)
    uint16_t identity;         // of a number without an object: slots with the same one get the same box
    _PyJitRef alias;           // the number as a value of its own, where another identity has the same number
} _PyJitSlot;

/* A number without an object. */
static inline bool
is_bare(const _PyJitSlot *slot)
{
    return slot->dirty && slot->object == JIT_REF_NONE;
}

/* A frame as the builder sees it.  Its slots are `base` to `end` of the map: locals up to `stack`, then its evaluation stack. */
typedef struct {
    uint16_t code;             // index into codes
    uint8_t depth;             // as in records
    bool lowered;              // its instructions may be lowered; else it has no slots in the map
    bool unsure;               // arbitrary code has run, and what is known of locals has to be made sure (GUARD_UNSEEN)
    bool owns_function;        // not in memory: the trace has a reference to `function` for it
    bool heap_function;        // not in memory: `function` is borrowed from the heap
    _PyJitRef generator;       // not NONE: its memory is in this generator, and it counts as suspended (build/generators.c)
    _PyJitRef function;        // not in memory: the function object, of which `plain` is never known
    uint32_t base, stack, end;
    uint32_t free;             // the first free slot of its stack, while another frame runs above it
    uint32_t call;             // then: place of the call in its code
    uint16_t call_size;        // and its code units; of one that resumes a generator: how far behind it that returns to
} _PyJitAbstractFrame;

/* What the trace knows of the place of an attribute (forward.c). */
typedef struct {
    _PyJitRef object;          // the place is in this one
    _PyJitRef value;           // the object that is there; NONE: not known, but there is one
    _PyJitRef number;          // the same as a raw number; NONE: not known
    uint8_t loaded;            // the first thing that was done with the place was to load it
    uint8_t held;              // nothing was stored there since the head of the loop: 1 + its index in fields_at_head; 0: not known
    uint16_t identity;         // not 0: `number` is no object, and has this identity, as numbers of slots have (build/carried.c)
    uint32_t place;            // bytes from the address of `object`
    uint32_t version;          // of the type of `object`, which was checked
} _PyJitField;

#define JIT_MOST_FIELDS 48

/* An instance that the trace has made, all of whose attributes are numbers or constants (build/carried.c). */
#define JIT_MOST_VIRTUAL_FIELDS 16
typedef struct {
    _PyJitRef object, class;   // the operation that makes it; a constant
    uint32_t version;          // of the class
    uint32_t n;
    struct {
        uint32_t place;        // bytes from the address of the object
        _PyJitRef number;      // or a constant object
        _PyJitRef value;       // the number as an object; NONE: there is none
    } fields[JIT_MOST_VIRTUAL_FIELDS];     // in the order in which they were set
} _PyJitShape;

/* What the trace knows of the frame of a generator that it has made, and that is suspended (build/generators.c). */
#define JIT_MOST_SUSPENDED 4
#define JIT_MOST_SUSPENDED_SLOTS 16
typedef struct {
    _PyJitRef generator;
    uint32_t n;                // slots in use
    _PyJitSlot slots[JIT_MOST_SUSPENDED_SLOTS];    // all of them clean
} _PyJitSuspended;

#define JIT_MOST_BOUND 200     // operations that have to become virtual, in one trace

/* An exception that is not made, from where it would be to where nobody has it any more (unmade.c). */
#define JIT_MOST_HANDLED 8
#define JIT_MOST_COUNTS 32
typedef struct {
    bool open;                 // there is one
    bool changed;              // something was written meanwhile: nothing may leave
    int snapshot;              // where all leads that leaves
    uint32_t record;           // with which it began
    uint32_t nhandled;
    _PyJitRef handled[JIT_MOST_HANDLED];     // in handlers that run
    uint32_t ncounts, nends;   // references that are counted when nothing can leave any more; objects among them that may not be plain
    struct { _PyJitRef object; bool up; } counts[JIT_MOST_COUNTS];
} _PyJitUnmade;

/* What of it is known at the head of a loop: that there is an object; it is the same in each iteration; its number is a PHI. */
enum { JIT_FIELD_NOTHING, JIT_FIELD_PRESENT, JIT_FIELD_SAME, JIT_FIELD_CHANGES };

typedef struct {
    uint32_t n;
    _PyJitField mark[JIT_MOST_FIELDS];     // when the peeled iterations were at their end
    _PyJitField head[JIT_MOST_FIELDS];
    uint8_t keep[JIT_MOST_FIELDS];
} _PyJitFieldPlan;

typedef struct {
    _PyJitTrace *t;
    int end;                   // JIT_END_
    int end_code;              // index, -1: only the last instruction knows where the trace goes on
    uint32_t end_offset;
    uint32_t end_sp;           // where the stack pointer points behind the last record, as an index into localsplus
    uint32_t arrived_offset;   // where the last instruction went: there, or where the jump leads that stands there
    bool typed;                // lower at all
    bool exact;                // frames and lines are in memory all the time (option jit-frames)
    uint32_t line, line_frames;    // then: which line of which frame memory names; 0: not known
    bool left;                 // the trace's first frame was left
    bool caught;               // it goes through a handler
    bool failed;
    bool ended;                // a rule has emitted the trace's last operation
    bool observed;             // a frame had a frame object when it was recorded
    bool peeled;               // an iteration of the loop is in the trace already
    const _PyJitExit *from;    // whose values the trace begins with, or NULL
    const _PyJitTrace *parent, *loop;  // then, whole: the trace of that exit, and the one with the loop it may come back to, if any
    bool to_head;              // and it ends where the loop it may come back to begins
    uint32_t first;            // record with which the loop begins
    bool holds;                // there is such a loop, and some slots may be `held`
    int chain;                 // of the executor that will be: above 0, the first instruction failed a check before
    _PyJitAbstractFrame frames[JIT_MAX_FRAMES];    // outermost first
    uint32_t nframes;          // the last one is where the walk is
    uint32_t machine;          // index of the last one that is in memory; all slots below it are clean
    _PyJitSlot *slots;         // of all frames, one after the other
    uint32_t nslots, most_slots;
    uint32_t depth;            // index of the first free slot of the last frame
    _PyJitRef late;            // the object that the instruction gives up at its end, or NONE
    uint32_t sp;               // where the machine's stack pointer points: a slot of the machine's frame
    uint32_t ran;              // 1 + place of the instruction that ran last in the last frame; 0: the frame itself knows
    uint16_t code;             // where a failed check leads now
    uint32_t offset;
    bool progress;
    _PyJitRef latest[JIT_OP_COUNT];   // of each pure operation; `spare` leads to the one before
    _PyJitRef barrier[JIT_CLASS_COUNT];   // by class of memory: the newest operation that may have written it
    uint32_t written;          // classes written in this walk, one bit each; not `attr` where forward.c knows what was stored
    _PyJitField fields[JIT_MOST_FIELDS];   // what is known of attributes
    uint32_t nfields;
    _PyJitSuspended suspended[JIT_MOST_SUSPENDED];
    uint32_t nsuspended;
    bool wrote_fields;         // something was stored to an attribute
    uint64_t began_held;       // held_fields of the exit it begins with: so they are until something is stored to any attribute
    uint16_t identities;       // given so far
    uint32_t loop_head;        // LOOP's aux
    uint32_t shares_from;      // the first snapshot that later operations may have too: none from before the loop's head
    uint32_t latest_snap;      // snapshots there were when the newest one had been made (emission.c), 0: it is gone,
    uint32_t latest_snap_ins;  // the operation it was made for,
    bool latest_holds;         // and whether `held` says something in it
    bool virtuals;             // objects that do not leave the trace need not be made (virtual.c),
    bool carries;              // and loops may have them as numbers (build/carried.c)
    _PyJitRef bound[JIT_MOST_BOUND];   // operations that the trace is wrong with if they make an object
    bool is_merged[JIT_MOST_BOUND];    // of a box: its number has the identity of slots, whose value it was
    uint32_t nbound;
    bool too_bound;            // `failed`, for there are more
    _PyJitUnmade unmade;
    bool has_to_make;          // `failed`, for an exception has to be made
    bool wrong;                // a rule made a mistake: `failed`, but not for want of memory
    const char *refused_file, *refused_rule;   // where the last rule stands that did not apply to the instruction at hand
    int refused_line;          // 0: there is none
} _PyJitBuilder;

static inline int
type_of_ref(const _PyJitBuilder *b, _PyJitRef ref)
{
    // Where the builder has failed there may be no value.
    return ref == JIT_REF_NONE ? JIT_TYPE_NONE : JIT_INS(b->t, ref)->type;
}

/* The frame the walk is in. */
static inline _PyJitAbstractFrame *
this_frame(_PyJitBuilder *b)
{
    return &b->frames[b->nframes - 1];
}

/* The slot of the local an instruction names by OPARG.  Rules never use the number itself. */
static inline uint32_t
local(const _PyJitBuilder *b, uint32_t oparg)
{
    const _PyJitAbstractFrame *frame = &b->frames[b->nframes - 1];
    assert(frame->lowered && frame->base + oparg < frame->end);
    return frame->base + oparg;
}

/* The frame SLOT belongs to. */
static inline const _PyJitAbstractFrame *
frame_of(const _PyJitBuilder *b, uint32_t slot)
{
    uint32_t i = b->nframes - 1;
    while (slot < b->frames[i].base) {
        i--;
    }
    return &b->frames[i];
}

static inline bool
is_local(const _PyJitBuilder *b, uint32_t slot)
{
    return slot < frame_of(b, slot)->stack;
}

/* The walk's frame, or the one SLOT belongs to, is in memory. */
static inline bool
in_memory(const _PyJitBuilder *b)
{
    return b->machine + 1 == b->nframes;
}

static inline bool
slot_in_memory(const _PyJitBuilder *b, uint32_t slot)
{
    const _PyJitAbstractFrame *frame = frame_of(b, slot);
    return frame <= &b->frames[b->machine] || frame->generator != JIT_REF_NONE;
}

/* The first free slot of frame INDEX. */
static inline uint32_t
free_slot(const _PyJitBuilder *b, uint32_t index)
{
    return index + 1 == b->nframes ? b->depth : b->frames[index].free;
}

/* Where the stack of the walk's frame begins. */
static inline uint32_t
stack_base(const _PyJitBuilder *b)
{
    return b->frames[b->nframes - 1].stack;
}

/* What LOAD_SLOT and its like have in `aux`: SLOT counted from its own frame. */
static inline uint32_t
slot_in_frame(const _PyJitBuilder *b, uint32_t slot)
{
    return slot - frame_of(b, slot)->base;
}

/* emission.c ---------------------------------------------------------------------------------------------------- */

/* Emits OP; where it may leave, with a snapshot of the state now, at the current place.  Folding and common subexpressions may
 * give an older value instead.  JIT_REF_NONE: failed. */
_PyJitRef _PyJitBuild_Emit(_PyJitBuilder *b, int op, _PyJitRef left, _PyJitRef right, uint32_t aux);
/* The same with three operands, for what is not pure. */
_PyJitRef _PyJitBuild_Emit3(_PyJitBuilder *b, int op, _PyJitRef left, _PyJitRef middle, _PyJitRef right);
/* The same where the snapshot is of KIND and leads to CODE:OFFSET, after progress. */
_PyJitRef _PyJitBuild_EmitTo(_PyJitBuilder *b, int op, _PyJitRef left, _PyJitRef right,
                             int kind, uint16_t code, uint32_t offset);
/* Index of a snapshot with the dirty slots, or -1.  It is the one before if nothing has changed since. */
int _PyJitBuild_Snapshot(_PyJitBuilder *b, int kind, bool progress, uint16_t code, uint32_t offset);

/* unmade.c ------------------------------------------------------------------------------------------------------ */

/* From here on, before the instruction of RECORD (an index) has changed anything, exceptions are not made.  May that be? */
bool _PyJitUnmade_CanBegin(const _PyJitBuilder *b, uint32_t record);
void _PyJitUnmade_Begin(_PyJitBuilder *b, uint32_t record);
/* It has to be made after all: the trace is to be built again. */
void _PyJitUnmade_GiveUp(_PyJitBuilder *b);
/* Behind each instruction: if nobody has the exception any more that is its end. */
void _PyJitUnmade_EndIfGone(_PyJitBuilder *b);
/* What becomes of OP while there is one: it is emitted; or nothing is to be done now; or the exception has to be made. */
typedef enum { JIT_UNMADE_EMIT, JIT_UNMADE_CHANGE, JIT_UNMADE_NOTHING, JIT_UNMADE_NEVER } _PyJitUnmadeVerdict;
_PyJitUnmadeVerdict _PyJitUnmade_Look(_PyJitBuilder *b, int op, _PyJitRef object, uint32_t *aux);
/* Behind a CHANGE. */
void _PyJitUnmade_NoteChange(_PyJitBuilder *b);

static inline bool
is_unmade(const _PyJitBuilder *b, _PyJitRef ref)
{
    return ref != JIT_REF_NONE && !JIT_IS_CONST(ref) && JIT_INS(b->t, ref)->op == JIT_OP_UNMADE;
}

/* fold.c (LEFT is not NONE), cse.c: the value OP would have, or JIT_REF_NONE.  A guard that always holds is START, or an
 * older guard. */
_PyJitRef _PyJitFold(_PyJitBuilder *b, int op, _PyJitRef left, _PyJitRef right, uint32_t aux);
_PyJitRef _PyJitCse_Find(const _PyJitBuilder *b, int op, _PyJitRef left, _PyJitRef right, uint32_t aux);
/* The older check, of the same kind or another, that says what OP would, or JIT_REF_NONE.  One for room may ask for more from now on. */
_PyJitRef _PyJitCse_Implied(const _PyJitBuilder *b, int op, uint32_t aux);
void _PyJitCse_Note(_PyJitBuilder *b, _PyJitRef ref);
/* The newest operation writes CLASSES (one bit each) of memory: what was read from them before is not known any more. */
void _PyJitCse_Barrier(_PyJitBuilder *b, unsigned int classes);
/* dead.c: on the whole trace. */
void _PyJitDead_Remove(_PyJitTrace *t);

/* virtual.c ------------------------------------------------------------------------------------------------------------ */

static inline bool
is_new_tuple(const _PyJitIns *ins)
{
    return ins->op == JIT_OP_NEW_TUPLE || ins->op == JIT_OP_NEW_TUPLE_WITH;
}

/* REF makes an object that need not be made if nobody sees it. */
static inline bool
is_new_object(const _PyJitBuilder *b, _PyJitRef ref)
{
    if (ref == JIT_REF_NONE || JIT_IS_CONST(ref)) {
        return false;
    }
    const _PyJitIns *ins = JIT_INS(b->t, ref);
    return ins->op == JIT_OP_NEW_INSTANCE || ins->op == JIT_OP_NEW_INSTANCE_WITH || is_new_tuple(ins) || ins->op == JIT_OP_NEW_FUNCTION
        || ins->op == JIT_OP_NEW_METHOD || ins->op == JIT_OP_NEW_NAME || ins->op == JIT_OP_NEW_GENERATOR || ins->op == JIT_OP_NEW_CELL
        || (ins->op == JIT_OP_NEW_ITER && ins->aux != JIT_ITER_OTHER)
        || _PyJitOp_IsVirtual(ins->op);
}
/* The number that CONSTANT, an object, is, or NONE. */
_PyJitRef _PyJitVirtual_ConstantNumber(_PyJitBuilder *b, _PyJitRef constant);
/* Where an instance gets an attribute by SET, an INIT_VALUE, INIT_SLOT or VIRTUAL_FIELD: bytes from its address. */
uint32_t _PyJitVirtual_PlaceOf(const _PyJitIns *set);
/* ONE was made by the trace when OTHER was there already, or both were made: they are two objects. */
static inline bool
is_newer(const _PyJitBuilder *b, _PyJitRef one, _PyJitRef other)
{
    return one != other && is_new_object(b, one) && (other < one || is_new_object(b, other));
}
/* The shape of OBJECT of T, which is a VIRTUAL with its fields right behind. */
void _PyJitVirtual_ShapeOf(const _PyJitTrace *t, _PyJitRef object, _PyJitShape *shape);
/* On the whole trace: takes out what makes objects that nobody sees; snapshots get recipes for them.  0: done; 1: an object has to be made
 * that must not; -1: no memory. */
int _PyJitVirtual_Remove(_PyJitBuilder *b);

/* forward.c ------------------------------------------------------------------------------------------------- */

bool _PyJitForward_Is(int op);
/* The rules for attributes call these; OP is one of theirs, of which common subexpressions know nothing. */
static inline bool
_PyJitForward_Handles(int op)
{
    const uint32_t attributes = JIT_OPFLAG_READS_ATTR | JIT_OPFLAG_WRITES_ATTR;
    return _PyJit_Ops[op].flags & attributes && _PyJitForward_Is(op) && pass_is_on(JIT_PASS_FORWARD);
}
/* What is PLACE bytes behind OBJECT, whose type was checked to have VERSION: emits a load, or finds it known.  WANTED: `value` is
 * set, else it is enough to know that there is one (the place is about to be stored to). */
_PyJitField _PyJitForward_Load(_PyJitBuilder *b, _PyJitRef object, uint32_t version, uint32_t place, bool wanted);
/* VALUE or NUMBER (one of them may be NONE) was stored there. */
const _PyJitField *_PyJitForward_Find(const _PyJitBuilder *b, _PyJitRef object, uint32_t place);     // or NULL
void _PyJitForward_Store(_PyJitBuilder *b, _PyJitRef object, uint32_t version, uint32_t place, _PyJitRef value,
                         _PyJitRef number);
/* For build/loop.c.  The first plan, with what is known after the peeled iterations in slots up to DEPTH and in the table; back
 * to the state then; PHIs and the table at the head (FORGOTTEN: an opaque instruction of the loop writes attributes); takes out of
 * the plan what does not hold at LOOP (true: all of it holds); LOOP. */
void _PyJitForward_Plan(const _PyJitBuilder *b, _PyJitFieldPlan *plan, uint32_t depth);
void _PyJitForward_Rewind(_PyJitBuilder *b, const _PyJitFieldPlan *plan);
void _PyJitForward_MakeHead(_PyJitBuilder *b, _PyJitFieldPlan *plan, bool forgotten);
bool _PyJitForward_CheckPlan(_PyJitBuilder *b, _PyJitFieldPlan *plan);
void _PyJitForward_Close(_PyJitBuilder *b, const _PyJitFieldPlan *plan);
/* For build/side_back.c.  Fills the trace's fields_at_head; which of them are held now, a bit each; an entry of the table for one of them,
 * FIELD, whose references are of this trace. */
void _PyJitForward_NoteHead(_PyJitBuilder *b, const _PyJitFieldPlan *plan);
uint64_t _PyJitForward_Held(const _PyJitBuilder *b);
void _PyJitForward_Begin(_PyJitBuilder *b, const _PyJitHeadField *field, uint32_t index);

#define JIT_ALL_CLASSES ((1u << JIT_CLASS_COUNT) - 1)

#endif /* !Py_JIT_OPTIMIZE_H */
