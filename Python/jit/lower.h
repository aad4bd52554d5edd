/* The trace builder's state, shared by its parts: build.c (the walk over the records), slots.c (the slot map), lower*.c (the
 * rules), opt_*.c (passes at emission).  InternalDocs/typed_traces.md explains the whole.
 *
 * Errors are sticky: where memory is short `failed` is set, operations come back as JIT_REF_NONE, and the walk ends.
 */
#ifndef Py_JIT_LOWER_H
#define Py_JIT_LOWER_H

#include "Python.h"
#include "pycore_jit_engine.h"

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
    uint8_t held : 1;          // if clean: nothing has written memory since the head of the loop (side_back.c)
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
    _PyJitRef generator;       // not NONE: its memory is in this generator, and it counts as suspended (lower_gen.c)
    _PyJitRef function;        // not in memory: the function object, of which `plain` is never known
    uint32_t base, stack, end;
    uint32_t free;             // the first free slot of its stack, while another frame runs above it
    uint32_t call;             // then: place of the call in its code
    uint16_t call_size;        // and its code units; of one that resumes a generator: how far behind it that returns to
} _PyJitAbstractFrame;

#define JIT_MAX_FRAMES 24

/* What the trace knows of the place of an attribute (opt_forward.c). */
typedef struct {
    _PyJitRef object;          // the place is in this one
    _PyJitRef value;           // the object that is there; NONE: not known, but there is one
    _PyJitRef number;          // the same as a raw number; NONE: not known
    uint8_t loaded;            // the first thing that was done with the place was to load it
    uint8_t held;              // nothing was stored there since the head of the loop: 1 + its index in fields_at_head; 0: not known
    uint16_t identity;         // not 0: `number` is no object, and has this identity, as numbers of slots have (virtual.c)
    uint32_t place;            // bytes from the address of `object`
    uint32_t version;          // of the type of `object`, which was checked
} _PyJitField;

#define JIT_MOST_FIELDS 48

/* An instance that the trace has made, all of whose attributes are numbers or constants (virtual.c). */
#define JIT_MOST_VIRTUAL_FIELDS 12
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

#define JIT_MOST_BOUND 200     // operations that have to become virtual, in one trace

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
    uint32_t arrived_offset;   // where the last instruction went: there, or where the jump leads that stands there
    bool typed;                // lower at all
    bool exact;                // frames and lines are in memory all the time (option jit-frames)
    uint32_t line, line_frames;    // then: which line of which frame memory names; 0: not known
    bool left;                 // the trace's first frame was left
    bool failed;
    bool ended;                // a rule has emitted the trace's last operation
    bool observed;             // a frame had a frame object when it was recorded
    bool peeled;               // an iteration of the loop is in the trace already
    const _PyJitExit *from;    // whose values the trace begins with, or NULL
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
    uint32_t written;          // classes written in this walk, one bit each; not `attr` where opt_forward.c knows what was stored
    _PyJitField fields[JIT_MOST_FIELDS];   // what is known of attributes
    uint32_t nfields;
    bool wrote_fields;         // something was stored to an attribute
    uint64_t began_held;       // held_fields of the exit it begins with: so they are until something is stored to any attribute
    uint16_t identities;       // given so far
    uint32_t loop_head;        // LOOP's aux
    uint32_t shares_from;      // the first snapshot that later operations may have too: none from before the loop's head
    uint32_t latest_snap;      // snapshots there were when the newest one had been made (emission.c), 0: it is gone,
    uint32_t latest_snap_ins;  // the operation it was made for,
    bool latest_holds;         // and whether `held` says something in it
    bool virtuals;             // objects that do not leave the trace need not be made (opt_virtual.c)
    _PyJitRef bound[JIT_MOST_BOUND];   // operations that the trace is wrong with if they make an object
    bool is_merged[JIT_MOST_BOUND];    // of a box: its number has the identity of slots, whose value it was
    uint32_t nbound;
    bool too_bound;            // `failed`, for there are more
    bool wrong;                // a rule made a mistake: `failed`, but not for want of memory
    const char *refused_file, *refused_rule;   // where the last rule stands that did not apply to the instruction at hand
    int refused_line;          // 0: there is none
} _PyJitBuilder;

/* What a rule returns that does not apply: the instruction is opaque, and the place says why (reasons.c). */
#define REFUSE(B) _PyJitReason_Refuse((B), __FILE__, __LINE__, __func__)

static inline uint32_t
_PyJitReason_Refuse(_PyJitBuilder *b, const char *file, int line, const char *rule)
{
    b->refused_file = file;
    b->refused_line = line;
    b->refused_rule = rule;
    return 0;
}

/* reasons.c: the instruction of RECORD becomes opaque. */
void _PyJitReason_Note(_PyJitBuilder *b, const _PyJitRecord *record);

/* Passes, and the names PYTHON_JIT_PASSES_OFF has for them. */
#define JIT_PASSES(X) \
    X(FOLD, "fold")      /* constants are computed, identities applied */ \
    X(CSE, "cse")        /* a pure operation with the same operands is done once */ \
    X(FORWARD, "forward")    /* an attribute that was loaded or stored is not loaded again */ \
    X(DEAD, "dead")      /* what nobody uses is not made */ \
    X(PEEL, "peel")      /* the first iteration of a loop is peeled; numbers stay in registers around it */ \
    X(SIDE, "side")      /* side traces begin with the values of their exit */ \
    X(VIRTUAL, "virtual")    /* objects that nobody else sees are not made */

enum {
#define X(NAME, TEXT) JIT_PASS_##NAME,
    JIT_PASSES(X)
#undef X
    JIT_PASS_COUNT
};

static inline bool
pass_is_on(int pass)
{
    return !(ENGINE->passes_off & (1u << pass));
}

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

/* emission.c, slots.c ------------------------------------------------------------------------------------------- */

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

/* What was borrowed from the heap gets references of its own: before an operation that writes the heap. */
void _PyJitSlot_OwnHeap(_PyJitBuilder *b);
_PyJitRef _PyJitSlot_Object(_PyJitBuilder *b, uint32_t slot);    // NONE if only a number is known
_PyJitRef _PyJitSlot_Number(_PyJitBuilder *b, uint32_t slot, int type);   // unboxed; emits the guard
/* JIT_TYPE_I64 or F64 if the slot holds such a number, as is known or as was recorded (a JIT_TAG_); else NONE. */
int _PyJitSlot_Kind(const _PyJitBuilder *b, uint32_t slot, unsigned int tag);
/* TAG: of what is in LOCAL, which a store gives up.  GuardStore is a check: before any change of the map; STORES: how many stores
 * the instruction does.  StoreTop pops. */
bool _PyJitSlot_CanStore(const _PyJitBuilder *b, uint32_t local, unsigned int tag);
void _PyJitSlot_GuardStore(_PyJitBuilder *b, uint32_t local, unsigned int tag, uint32_t stores);
void _PyJitSlot_StoreTop(_PyJitBuilder *b, uint32_t local);
/* The stack slot INDEX can be popped after GuardRelease (a check; at most one object an instruction, as two references could be the
 * last two).  TAG: of what is there.  What the rule takes from the object is safe until the rule ends: EndRecord, after each, gives it
 * up. */
bool _PyJitSlot_CanRelease(const _PyJitBuilder *b, uint32_t index, unsigned int tag);
void _PyJitSlot_GuardRelease(_PyJitBuilder *b, uint32_t index, unsigned int tag);
/* The same for the top COUNT slots, as RECORD says how they end. */
bool _PyJitSlot_CanEnd(const _PyJitBuilder *b, const _PyJitRecord *record, uint32_t count);
void _PyJitSlot_GuardEnds(_PyJitBuilder *b, const _PyJitRecord *record, uint32_t count);
void _PyJitSlot_EndRecord(_PyJitBuilder *b);
void _PyJitSlot_PushLocal(_PyJitBuilder *b, uint32_t local);
void _PyJitSlot_Push(_PyJitBuilder *b, _PyJitSlot value);         // dirty
void _PyJitSlot_PushNumber(_PyJitBuilder *b, _PyJitRef number);
void _PyJitSlot_PushBool(_PyJitBuilder *b, _PyJitRef truth);      // 0 or 1
void _PyJitSlot_PushHeap(_PyJitBuilder *b, _PyJitRef object);    // an object borrowed from the heap
void _PyJitSlot_PushConst(_PyJitBuilder *b, PyObject *value);
void _PyJitSlot_PushNull(_PyJitBuilder *b);
void _PyJitSlot_Copy(_PyJitBuilder *b, uint32_t from);           // pushes
void _PyJitSlot_Swap(_PyJitBuilder *b, uint32_t one, uint32_t other);
/* The number in SLOT, which has no object, gets one that the trace owns, and so do all slots of the same identity. */
void _PyJitSlot_Box(_PyJitBuilder *b, uint32_t slot);
bool _PyJitSlot_IsBare(const _PyJitBuilder *b, uint32_t slot);    // a number without an object
bool _PyJitSlot_IsAlone(const _PyJitBuilder *b, uint32_t slot);   // bare, and no other slot has the same identity
/* Pops an object with a reference to it, which the next operation has to take. */
_PyJitRef _PyJitSlot_TakeTop(_PyJitBuilder *b);
/* Nothing of users runs, and nothing is to be checked, where the slot is popped. */
static inline bool
can_drop(const _PyJitSlot *slot)
{
    return (slot->dirty && !slot->owned) || slot->plain;
}
bool _PyJitSlot_CanDrop(const _PyJitBuilder *b);                 // of the top one
void _PyJitSlot_DropTop(_PyJitBuilder *b);
void _PyJitSlot_Own(_PyJitBuilder *b, uint32_t slot);            // from memory: clean becomes dirty, owned by the trace
void _PyJitSlot_Keep(_PyJitBuilder *b, uint32_t slot);           // dirty becomes an object the trace owns

/* Writes everything dirty to memory, makes the frames that are not there, and moves the stack pointer; carried slots stay as they
 * are. */
void _PyJitBuild_Flush(_PyJitBuilder *b, bool keep_carried);
/* Everything dirty in the last frame, which is a generator's, goes to its memory, but for the top of the stack. */
void _PyJitSlot_WriteGenerator(_PyJitBuilder *b);
void _PyJitBuild_ForgetSlot(_PyJitBuilder *b, uint32_t slot);    // clean, or above the stack
void _PyJitBuild_ForgetAll(_PyJitBuilder *b);

/* frames.c ------------------------------------------------------------------------------------------------------ */

/* A new last frame of CODE (index) at DEPTH, whose slots are unknown. */
void _PyJitFrame_Enter(_PyJitBuilder *b, uint16_t code, int depth, bool in_memory);
/* The call of record INDEX, of the function in slot FUNCTION with the arguments in the slots from FIRST on, begins a frame of
 * CODE (index) that is not in memory. */
void _PyJitFrame_Call(_PyJitBuilder *b, uint32_t index, uint16_t code, uint32_t function, uint32_t first);
/* The instruction of record INDEX, which leaves the slots below FIRST on its stack, goes on with GENERATOR, whose frame runs CODE (index)
 * and has DEPTH slots in use. */
void _PyJitFrame_Resume(_PyJitBuilder *b, uint32_t index, uint32_t first, _PyJitRef generator, uint16_t code, uint32_t depth);
/* Back to the frame below, which goes on behind its call.  What the last frame had is dealt with. */
void _PyJitFrame_Leave(_PyJitBuilder *b);
/* After an opaque instruction: the last frame becomes the one RECORD runs in, whose stack is in memory. */
void _PyJitFrame_Follow(_PyJitBuilder *b, const _PyJitRecord *record);
/* Emits PUSH_FRAME for the frame above the machine's. */
void _PyJitFrame_Push(_PyJitBuilder *b);
/* The call of record INDEX, of the class in slot CLASS with the arguments two slots above it, begins the frames of SHIM and INIT
 * (indexes), which are not in memory.  FUNCTION is `__init__`, INSTANCE a new object that the trace owns. */
void _PyJitFrame_CallClass(_PyJitBuilder *b, uint32_t index, uint16_t shim, uint16_t init, uint32_t class, _PyJitRef function,
                           _PyJitRef instance);
/* The operator of record INDEX and KIND, with its operands on top, begins the frames of LOWER, its continuation, and of CODE (indexes),
 * which are not in memory.  FUNCTION is the method. */
void _PyJitFrame_CallOperator(_PyJitBuilder *b, uint32_t index, int kind, uint16_t lower, uint16_t code, _PyJitRef function);
/* Checks that there will be room for the frames not in memory, and one of CODE.  SHIM: the same for one below it, if not NULL. */
void _PyJitFrame_GuardRoom(_PyJitBuilder *b, PyCodeObject *code, PyCodeObject *shim);

/* lower.c ------------------------------------------------------------------------------------------------------- */

/* Lowers the instruction of record INDEX.  Returns the number of records that are done; 0: it has to be opaque. */
uint32_t _PyJitLower_Record(_PyJitBuilder *b, uint32_t index);
/* The same for arithmetic (lower_number.c), for comparisons, tests and the jumps behind them (lower_compare.c). */
uint32_t _PyJitLower_Number(_PyJitBuilder *b, uint32_t index);
uint32_t _PyJitLower_Compare(_PyJitBuilder *b, uint32_t index);
/* lower_global.c: LOAD_GLOBAL_MODULE and LOAD_GLOBAL_BUILTIN. */
uint32_t _PyJitLower_Global(_PyJitBuilder *b, uint32_t index);
/* lower_gen.c: FOR_ITER_GEN, SEND_GEN, YIELD_VALUE. */
uint32_t _PyJitLower_Generator(_PyJitBuilder *b, uint32_t index);
/* lower_call.c, lower_return.c: the same for calls, methods and returns. */
uint32_t _PyJitLower_Call(_PyJitBuilder *b, uint32_t index);
uint32_t _PyJitLower_Return(_PyJitBuilder *b, uint32_t index);
/* lower_operator.c: operators that were entered, and the end of their continuation frames. */
uint32_t _PyJitLower_Operator(_PyJitBuilder *b, uint32_t index);
uint32_t _PyJitLower_Continuation(_PyJitBuilder *b, uint32_t index);
/* The same where the rule does not apply: in memory.  The frame's operands are there. */
void _PyJitLower_EnterOperator(_PyJitBuilder *b, uint32_t index);
/* lower_keywords.c: CALL_KW; CALL_FUNCTION_EX. */
uint32_t _PyJitLower_CallKeywords(_PyJitBuilder *b, uint32_t index);
uint32_t _PyJitLower_CallTuple(_PyJitBuilder *b, uint32_t index);
/* lower_call.c: what SLOT holds is known, and is no function of this CODE and VERSION, which was called when this was recorded: a loop is
 * lowered again with what is on the stack at the end of an iteration, and that may be the method of another class. */
bool _PyJitLower_IsAnother(const _PyJitBuilder *b, uint32_t slot, const PyCodeObject *code, uint32_t version);
/* The code that runs after the call of record INDEX, from its beginning; -1: not known. */
int _PyJitLower_Callee(const _PyJitBuilder *b, uint32_t index);
/* There is room in the map for a frame of CODE, and for one of SHIM below it, if that is not NULL. */
bool _PyJitLower_Fits(const _PyJitBuilder *b, const PyCodeObject *code, const PyCodeObject *shim);
/* lower_builtin.c: calls of builtins. */
uint32_t _PyJitLower_Builtin(_PyJitBuilder *b, uint32_t index);
/* The constant callable of a call with NARGS arguments on the stack and nothing bound; borrowed, or NULL. */
PyObject *_PyJitLower_Callable(const _PyJitBuilder *b, uint32_t nargs);
/* CALLABLE is the function of module builtins that has this name in the module's definition. */
bool _PyJitLower_IsBuiltin(PyObject *callable, const char *name);
/* lower_leaf.c: calls of other builtins that run no code of users. */
uint32_t _PyJitLower_Leaf(_PyJitBuilder *b, uint32_t index);
uint32_t _PyJitLower_LeafInstruction(_PyJitBuilder *b, uint32_t index);
/* lower_math.c: a call of CALLABLE (NULL: not known) with NARGS arguments. */
uint32_t _PyJitLower_Math(_PyJitBuilder *b, uint32_t index, PyObject *callable, uint32_t nargs);
/* lower_attr.c: attributes of instances, modules and classes. */
uint32_t _PyJitLower_Attribute(_PyJitBuilder *b, uint32_t index);
/* lower_range.c: ranges and their iterators. */
uint32_t _PyJitLower_Range(_PyJitBuilder *b, uint32_t index);
/* The FOR_ITER of record INDEX found nothing more, of any iterator. */
bool _PyJitRange_IsEnd(const _PyJitBuilder *b, uint32_t index);
/* lower_seq.c: for lists, tuples and their iterators. */
uint32_t _PyJitLower_Seq(_PyJitBuilder *b, uint32_t index);
/* lower_make.c: for what makes lists, tuples, iterators and strings. */
uint32_t _PyJitLower_Make(_PyJitBuilder *b, uint32_t index);
/* A new tuple of the top N slots, 1 to JIT_MOST_ITEMS, takes their place: boxes are made, and it may leave, before anything changes. */
#define JIT_MOST_ITEMS 16
void _PyJitLower_MakeTuple(_PyJitBuilder *b, uint32_t n);
/* lower_subscr.c: for subscripts whose specialized forms lower_seq.c does not have. */
uint32_t _PyJitLower_Subscript(_PyJitBuilder *b, uint32_t index);
/* lower_slice.c: BINARY_SLICE. */
uint32_t _PyJitLower_Slice(_PyJitBuilder *b, uint32_t index);
/* lower_find.c: attributes and classes of objects of any type: LOAD_ATTR, and calls of getattr, hasattr, isinstance, type, callable, id. */
uint32_t _PyJitLower_Find(_PyJitBuilder *b, uint32_t index);
/* The instruction at INDEX begins: its checks lead to it. */
static inline void
_PyJitLower_Begin(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    b->code = record->code;
    b->offset = record->offset - record->prefix;
    b->ran = record->offset + 1;
    b->progress = index > 0 || b->peeled;
    b->failed |= _PyJitTrace_Emit(b->t, JIT_OP_BYTECODE, JIT_TYPE_NONE, JIT_REF_NONE, JIT_REF_NONE, index,
                                  JIT_NO_SNAPSHOT) == JIT_REF_NONE;
}
/* At the end of a trace that goes on in a loop: leaves while an event is pending, to where control is, which need not be at the loop's
 * jump.  Nothing where the last instruction was a jump, which has looked. */
void _PyJitLower_LookForEvents(_PyJitBuilder *b);
/* Where control went after record INDEX.  false: not known. */
bool _PyJitLower_Next(const _PyJitBuilder *b, uint32_t index, uint16_t *code, uint32_t *offset);

/* lower_number.c ------------------------------------------------------------------------------------------------ */

/* Operands of arithmetic, bools among them: JIT_TYPE_I64, F64 or NONE; the number, of that type, after its check. */
int _PyJitNumber_Kind(const _PyJitBuilder *b, uint32_t slot, unsigned int tag);
_PyJitRef _PyJitNumber_Get(_PyJitBuilder *b, uint32_t slot, unsigned int tag, int type);
/* Is the slot a bool, as is known or as was recorded?  0 or 1, after its check. */
bool _PyJitNumber_IsBool(const _PyJitBuilder *b, uint32_t slot, unsigned int tag);
_PyJitRef _PyJitNumber_Bool(_PyJitBuilder *b, uint32_t slot);

/* build.c ------------------------------------------------------------------------------------------------------- */

/* Lowers all records.  0: done; 1: the last one has ended the trace; -1: no memory. */
int _PyJitBuild_Walk(_PyJitBuilder *b);
/* Before what is known of the frame's locals is used, with memory complete at CODE:OFFSET: leaves if somebody may have written them. */
void _PyJitBuild_MakeSure(_PyJitBuilder *b, uint16_t code, uint32_t offset);

/* lower_loop.c -------------------------------------------------------------------------------------------------- */

/* After the walk over the records of a loop.  1: the trace ends in LOOP; 0: it is as the walk left it; -1: no memory. */
int _PyJitLoop_Peel(_PyJitBuilder *b);
/* In a side trace at the head of the loop it may come back to: lowers that loop's records N times.  1: done, the head is alike now;
 * 0: it is not, and nothing has changed; -1: no memory. */
int _PyJitLoop_Unroll(_PyJitBuilder *b, int n);
/* A constant whose object is found again by its value is as good as a number without one. */
void _PyJitLoop_DropSmallObjects(_PyJitBuilder *b, uint32_t depth);

/* side.c -------------------------------------------------------------------------------------------------------- */

/* After START_SIDE: the map begins with the values of b->from. */
void _PyJitSide_Begin(_PyJitBuilder *b);

/* side_head.c, side_back.c --------------------------------------------------------------------------------------------------- */

/* When a trace is complete that ends in LOOP: what side traces need to come back.  HEAD is the map at its head, FIELDS what was
 * known of attributes, WRITTEN the classes of memory its body writes. */
void _PyJitSide_NoteHead(_PyJitBuilder *b, const _PyJitSlot *head, uint32_t depth, const _PyJitFieldPlan *fields,
                         uint32_t written);
/* The exit is one of the loop's body, or of a side trace from there: it hands on what the loop's head knew. */
bool _PyJitSide_IsHeld(const _PyJitExit *exit);
/* What REF of LOOP is here: the value it had when the loop was entered.  JIT_REF_NONE: that is not known. */
_PyJitRef _PyJitSide_OldValue(_PyJitBuilder *b, const _PyJitTrace *loop, _PyJitRef ref);
/* After the snapshot's values and the passed ones: slots that nothing has written since the head. */
void _PyJitSide_BeginHeld(_PyJitBuilder *b);
/* The same for attributes. */
void _PyJitSide_BeginFields(_PyJitBuilder *b);
/* side_loop.c: ends the trace with a loop of its own, if it has numbers that the loop it comes back to would not keep.  1: done; 0: it
 * would gain nothing, or cannot be; -1: no memory. */
int _PyJitSide_OwnLoop(_PyJitBuilder *b);
/* How many more iterations of the loop would bring about at its end what its head has in registers: 0 to 2; -1: no number would. */
int _PyJitSide_IterationsToHead(_PyJitBuilder *b);
/* side_loop.c: lowers them, if they do.  0: done, or nothing has changed; -1: no memory. */
int _PyJitSide_Iterate(_PyJitBuilder *b);
/* Ends the trace with TO_HEAD.  false: it cannot be; the map is right, and the trace is to be ended in another way. */
bool _PyJitSide_GoBack(_PyJitBuilder *b);

/* opt_fold.c (LEFT is not NONE), opt_cse.c: the value OP would have, or JIT_REF_NONE.  A guard that always holds is START, or an
 * older guard. */
_PyJitRef _PyJitFold(_PyJitBuilder *b, int op, _PyJitRef left, _PyJitRef right, uint32_t aux);
_PyJitRef _PyJitCse_Find(const _PyJitBuilder *b, int op, _PyJitRef left, _PyJitRef right, uint32_t aux);
void _PyJitCse_Note(_PyJitBuilder *b, _PyJitRef ref);
/* The newest operation writes CLASSES (one bit each) of memory: what was read from them before is not known any more. */
void _PyJitCse_Barrier(_PyJitBuilder *b, unsigned int classes);
/* opt_dead.c: on the whole trace. */
void _PyJitDead_Remove(_PyJitTrace *t);

/* virtual.c, opt_virtual.c -------------------------------------------------------------------------------------- */

/* REF makes an object that need not be made if nobody sees it. */
static inline bool
is_new_object(const _PyJitBuilder *b, _PyJitRef ref)
{
    if (ref == JIT_REF_NONE || JIT_IS_CONST(ref)) {
        return false;
    }
    int op = JIT_INS(b->t, ref)->op;
    return op == JIT_OP_NEW_INSTANCE || op == JIT_OP_NEW_TUPLE || op == JIT_OP_VIRTUAL || op == JIT_OP_VIRTUAL_TUPLE;
}
/* Where an instance gets an attribute by SET, an INIT_VALUE, INIT_SLOT or VIRTUAL_FIELD: bytes from its address. */
uint32_t _PyJitVirtual_PlaceOf(const _PyJitIns *set);
/* ONE was made by the trace when OTHER was there already, or both were made: they are two objects. */
static inline bool
is_newer(const _PyJitBuilder *b, _PyJitRef one, _PyJitRef other)
{
    return one != other && is_new_object(b, one) && (other < one || is_new_object(b, other));
}
/* What a local that stands before a loop's head, or at its end, holds: an instance that nobody else has, of numbers that nobody else has as
 * objects.  false: it does not. */
bool _PyJitVirtual_Describe(const _PyJitBuilder *b, uint32_t local, _PyJitShape *shape);
/* Both are of one class, and have numbers of the same types in the same places. */
bool _PyJitVirtual_IsAlike(const _PyJitTrace *t, const _PyJitShape *one, const _PyJitTrace *other_trace, const _PyJitShape *other);
/* A virtual of SHAPE, with NUMBERS for its fields. */
_PyJitRef _PyJitVirtual_Emit(_PyJitBuilder *b, const _PyJitShape *shape, const _PyJitRef *numbers);
/* VALUE, a number of IDENTITY or an object, stands at PLACE of OBJECT, a VIRTUAL of a class of VERSION. */
void _PyJitVirtual_Know(_PyJitBuilder *b, _PyJitRef object, uint32_t version, uint32_t place, _PyJitRef value, uint16_t identity);
/* An attribute of a virtual has a number of IDENTITY. */
bool _PyJitVirtual_HasIdentity(const _PyJitBuilder *b, uint16_t identity);
/* Numbers of IDENTITY have got a BOX: so do attributes of virtuals. */
void _PyJitVirtual_Box(_PyJitBuilder *b, uint16_t identity, _PyJitRef box);
/* Numbers of slots that were boxed for objects which are not made are numbers without objects again.  Before a loop's head, and at its
 * end. */
void _PyJitVirtual_Unbox(_PyJitBuilder *b, uint32_t depth);
/* SHAPE's object is carried around a loop as numbers: the trace is right only if it is never made. */
void _PyJitVirtual_Bind(_PyJitBuilder *b, const _PyJitShape *shape);
/* The shape of OBJECT of T, which is a VIRTUAL with its fields right behind. */
void _PyJitVirtual_ShapeOf(const _PyJitTrace *t, _PyJitRef object, _PyJitShape *shape);
/* On the whole trace: takes out what makes objects that nobody sees; snapshots get recipes for them.  0: done; 1: an object has to be made
 * that must not; -1: no memory. */
int _PyJitVirtual_Remove(_PyJitBuilder *b);

/* opt_forward.c ------------------------------------------------------------------------------------------------- */

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
/* For lower_loop.c.  The first plan, with what is known after the peeled iterations in slots up to DEPTH and in the table; back
 * to the state then; PHIs and the table at the head (FORGOTTEN: an opaque instruction of the loop writes attributes); takes out of
 * the plan what does not hold at LOOP (true: all of it holds); LOOP. */
void _PyJitForward_Plan(const _PyJitBuilder *b, _PyJitFieldPlan *plan, uint32_t depth);
void _PyJitForward_Rewind(_PyJitBuilder *b, const _PyJitFieldPlan *plan);
void _PyJitForward_MakeHead(_PyJitBuilder *b, _PyJitFieldPlan *plan, bool forgotten);
bool _PyJitForward_CheckPlan(_PyJitBuilder *b, _PyJitFieldPlan *plan);
void _PyJitForward_Close(_PyJitBuilder *b, const _PyJitFieldPlan *plan);
/* For side_back.c.  Fills the trace's fields_at_head; which of them are held now, a bit each; an entry of the table for one of them,
 * FIELD, whose references are of this trace. */
void _PyJitForward_NoteHead(_PyJitBuilder *b, const _PyJitFieldPlan *plan);
uint64_t _PyJitForward_Held(const _PyJitBuilder *b);
void _PyJitForward_Begin(_PyJitBuilder *b, const _PyJitHeadField *field, uint32_t index);

#define JIT_ALL_CLASSES ((1u << JIT_CLASS_COUNT) - 1)

#endif
