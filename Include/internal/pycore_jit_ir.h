/* Trace IR: the form a recorded trace has between the recorder and the backends.
 *
 * One array holds a whole trace.  An instruction is 16 bytes and names its operands by index (a *reference*), never by
 * pointer, so the array can grow and can be copied.  References at or above JIT_REF_BIAS are instructions, in the
 * order they run; references below it are constants, which grow downwards from the bias (LuaJIT's layout).
 *
 * An OPAQUE instruction is one bytecode instruction that works on the evaluation stack in memory; `aux` is the index
 * of its record.  All other operations are defined with `trace op` in Python/bytecodes/.
 *
 * A *snapshot* says how to get back to tier 1 at one point of the trace: which frames there are, from which value each
 * slot that differs from memory comes, and at which instruction tier 1 goes on.  A snapshot with no frame means: the
 * frames in memory are complete, only the instruction pointer is needed.
 *
 * A *record* is what the recorder saw: a bytecode instruction with its oparg, its inline cache frozen at the time it
 * ran, and where control went next.
 */
#ifndef Py_INTERNAL_JIT_IR_H
#define Py_INTERNAL_JIT_IR_H
#ifdef __cplusplus
extern "C" {
#endif

#ifndef Py_BUILD_CORE
#  error "for the interpreter's own sources only: define Py_BUILD_CORE"
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "pycore_code.h"          // _Py_CODEUNIT
#include "pycore_jit_opcodes.h"   // generated: JIT_TRACE_OPS, JIT_INSTRUCTIONS

/* Types of values.  name, letter in the textual form, C type of the raw value */
#define JIT_TYPES(X) \
    X(NONE,   "none",   void)              /* no result */ \
    X(OBJECT, "object", PyObject *)        /* a reference to some object */ \
    X(INT,    "int",    PyObject *)        /* an exact int object */ \
    X(FLOAT,  "float",  PyObject *)        /* an exact float object */ \
    X(BOOL,   "bool",   PyObject *)        /* True or False */ \
    X(I64,    "i64",    int64_t)           /* unboxed int that fits 64 bits */ \
    X(F64,    "f64",    double)            /* unboxed float */ \
    X(IP,     "ip",     _Py_CODEUNIT *)    /* an instruction pointer */

typedef enum {
#define X(NAME, TEXT, CTYPE) JIT_TYPE_##NAME,
    JIT_TYPES(X)
#undef X
    JIT_TYPE_COUNT
} _PyJitType;

/* Operation numbers.  Structural operations first, then one for each `trace op` of the definitions. */
typedef enum {
    JIT_OP_NOP,          // nothing; what a pass leaves behind
    JIT_OP_KONST,        // a constant: raw bits in `bits`
    JIT_OP_OPAQUE,       // a bytecode instruction; aux: record index
    JIT_OP_BYTECODE,     // no code: what follows is the lowered instruction of record aux
    JIT_OP_PHI,          // a number: operand a when the trace is entered, b after LOOP (b may be defined later);
                         // PHIs stand one after the other where LOOP's aux points, and nowhere else
    JIT_OP_PARAM,        // a value that the exit a side trace belongs to has in registers; aux: which one.  Behind START_SIDE only
    JIT_OP_PASS,         // operand a is what the root's loop finds as value number aux.  Before TO_HEAD only
    // Objects that are not made (optimize/virtual.c); no code.  Only VIRTUAL_FIELD and snapshots name them.
    JIT_OP_VIRTUAL,      // an instance of class a, a constant, which has version aux
    JIT_OP_VIRTUAL_TUPLE,    // a tuple of aux items
    JIT_OP_VIRTUAL_FUNCTION, // a function with globals a, of code b: constants
    JIT_OP_VIRTUAL_GENERATOR,    // a generator of code a, a constant
    JIT_OP_VIRTUAL_ITER, // an iterator of a list or a tuple (aux: JIT_ITER_)
    JIT_OP_VIRTUAL_RANGE,    // an iterator of a range (aux: as RANGE_ITER's)
    JIT_OP_VIRTUAL_CELL,
    JIT_OP_VIRTUAL_METHOD,   // a bound method
    JIT_OP_VIRTUAL_NAME, // a string that is equal to a, a constant
    JIT_OP_VIRTUAL_FIELD,    // from here on b is in a; aux: where, see JIT_PLACE_FUNCTION
#define X(NAME, RESULT, NARGS, ARGS, FLAGS) JIT_OP_##NAME,
    JIT_TRACE_OPS(X)
#undef X
    JIT_OP_COUNT
} _PyJitOp;

#define JIT_MOST_OPS 1024
_Static_assert(JIT_OP_COUNT <= JIT_MOST_OPS && JIT_TYPE_COUNT <= 64, "_PyJitIns has ten bits for an operation, and six for a type");

/* Which iterator NEW_ITER and VIRTUAL_ITER make. */
enum { JIT_ITER_OTHER, JIT_ITER_LIST, JIT_ITER_TUPLE };

/* Where a field of a virtual is (VIRTUAL_FIELD's aux): of an instance, a function or a method, bytes from its
 * address; of a tuple, the number of the
 * item; of a generator, the slot of its frame.  And: */
enum {
    JIT_PLACE_CONTENT = 0,         // of a cell
    JIT_PLACE_SOURCE = 0,          // of an iterator: what it iterates over, if it is not at its end
    JIT_PLACE_INDEX = 1,           // of an iterator, raw: of the next item
    JIT_PLACE_START = 0,           // of a range, all of them raw
    JIT_PLACE_STOP = 1,
    JIT_PLACE_LAST = 2,            // the number that was taken last, if one was
    JIT_PLACE_STATE = 0x1ffd,      // of a generator, raw: its gi_frame_state * 65536 + where its stack pointer points, a slot
    JIT_PLACE_RESUME = 0x1ffe,     // of a generator, raw: the address where it goes on
    JIT_PLACE_FUNCTION = 0x1fff,   // of a generator
};

typedef uint16_t _PyJitRef;
#define JIT_REF_BIAS ((_PyJitRef)0x4000)
#define JIT_REF_NONE ((_PyJitRef)0)
#define JIT_NO_SNAPSHOT ((uint16_t)0xffff)

typedef struct {
    uint16_t op : 10;     // _PyJitOp
    uint16_t type : 6;    // _PyJitType of the result
    uint16_t snapshot;    // index, or JIT_NO_SNAPSHOT
    uint32_t aux;         // OPAQUE: record index
    union {
        struct {
            _PyJitRef a, b, c;   // operands; JIT_REF_NONE where there is none
            uint16_t spare;
        };
        uint64_t bits;    // JIT_OP_KONST: the value, as raw bits
    };
} _PyJitIns;

/* Why a trace leaves at a snapshot.  name, text */
#define JIT_EXIT_KINDS(X) \
    X(DEOPT,   "deopt")      /* a check of the instruction failed: it runs again in tier 1 */ \
    X(SIDE,    "side")       /* a lowered branch went the other way (static target: where it went) */ \
    X(EVENT,   "event")      /* an event is pending: tier 1 runs the instruction; never recorded from */ \
    X(BRANCH,  "branch")     /* the instruction pointer is not the recorded one (dynamic target) */ \
    X(INVALID, "invalid")    /* the executor was invalidated while it ran */ \
    X(END,     "end")        /* the trace ends here (static target) */ \
    X(RAISED,  "raised")     /* an instruction raised (dynamic target: the handler) */ \
    X(AGAIN,   "again")      /* an exception was not made: tier 1 runs what makes it, and all since then, once more */

typedef enum {
#define X(NAME, TEXT) JIT_EXIT_##NAME,
    JIT_EXIT_KINDS(X)
#undef X
    JIT_EXIT_KIND_COUNT
} _PyJitExitKind;

typedef struct {
    uint32_t offset;       // code units from the start of the code: of the last frame, where tier 1 goes on, at the first
                           // prefix; of the others, of the instruction proper that called the next one
    uint16_t code;         // index into codes
    uint16_t sp;           // where the stack pointer points, as an index into localsplus
    uint16_t first_slot;   // index into slots
    uint16_t nslots;
} _PyJitSnapFrame;

/* Behind the frames of a snapshot stand its *recipes*, one for each virtual that is made where the trace leaves.  They have the form of
 * frames: `offset` is the operation (VIRTUAL or another that makes one), the slots are its fields, in the order in which they were set;
 * `slot` is the field's `aux`.  Recipes name each other, and slots name recipes, by the operation.  In a packed trace `code` is where
 * that operation stands among those it has kept (pack.c). */

/* What a slot of a packed trace holds. */
enum { JIT_WHAT_OBJECT, JIT_WHAT_I64, JIT_WHAT_F64, JIT_WHAT_VIRTUAL };

typedef struct {
    uint16_t slot : 13;    // index into localsplus (locals first, then the stack), or JIT_SLOT_FUNCTION or _GENERATOR
    uint16_t owned : 1;    // the trace has a reference to this object, which the slot takes
    uint16_t what : 2;     // JIT_WHAT_, in packed traces
    _PyJitRef value;
} _PyJitSnapSlot;

/* Every frame of a snapshot but the first one has one of these for its last slot: the function of a frame that does not exist yet, or
 * the generator whose frame it is, which exists and has all slots that are not named. */
#define JIT_SLOT_FUNCTION 0x1fff
#define JIT_SLOT_GENERATOR 0x1ffe

/* What memory has as it was at the head of the loop, a bit each; not part of the text. */
typedef struct {
    uint64_t slots;
    uint64_t fields;       // attributes, by index in the loop's fields_at_head
} _PyJitHeld;

typedef struct {
    uint8_t kind : 3;      // _PyJitExitKind
    uint8_t nrecipes : 5;  // behind the frames
    uint8_t progress : 1;  // 1: at least one OPAQUE was executed before it leaves here, whatever way it came in
    uint8_t first_frame_runs : 1;  // the frame in memory that it leaves from is the trace's first one; not part of the text
    uint8_t nframes : 6;   // 0: the frames in memory are complete.  The first one is the one the trace runs in, the others are
                           // to be made.  The last one is where tier 1 goes on.
    uint16_t code;         // index into codes: where tier 1 goes on.  BRANCH: where GUARD_IP lets the trace go on
    uint32_t offset;       // code units from the start of that code, at the first prefix
    uint32_t before : 31;  // 1 + place of the instruction that ran last in the frame where tier 1 goes on, in code units; 0: that
                           // frame knows, or nobody asks.  Events of lines need it (record/cold_exit.c); not part of the text
    uint32_t shares : 1;   // in packed traces: a number stands in more than one slot
    uint16_t first_frame;  // index into frames
    uint16_t held;         // 1 + index into held; 0: nothing is
} _PyJitSnapshot;

/* Where SNAP leads is only known when the trace is left. */
static inline bool
_PyJitSnapshot_IsDynamic(const _PyJitSnapshot *snap)
{
    return snap->kind == JIT_EXIT_BRANCH || snap->kind == JIT_EXIT_RAISED;
}

typedef struct {
    uint32_t offset;       // of the instruction proper, in code units
    uint32_t oparg;        // with EXTENDED_ARG folded in
    uint32_t units;        // index into units of its frozen copy: `size` code units
    uint16_t code;         // index into codes
    uint8_t opcode;        // as it ran: the specialized form, or the generic one after a deopt
    uint8_t size;          // code units, with caches, without EXTENDED_ARG prefixes
    uint8_t depth;         // frames above the trace's first one, biased by 128
    uint8_t prefix : 4;    // number of EXTENDED_ARG units before it
    uint8_t observed : 1;  // for the builder, as what follows: the frame had a frame object before it ran
    uint8_t fits : 1;      // its form is the one for the types it was recorded with (record/adapt.c)
    uint8_t leaf : 1;      // a builtin is called with arguments that it needs no code of users for (objects/leaf_calls.c)
    uint8_t raised : 1;    // it did, and the next record is the beginning of the handler
    uint8_t made : 1;      // if an exception begins here it has to be made (optimize/unmade.c)
    uint8_t entered : 3;   // JIT_ENTERED_: an operator whose method, a Python function, runs next, or a consumer (run/operators.c)
    uint16_t ends;         // JIT_TAG_ of what happens to the operands it gives up: 0: the top of the stack, 1: the one below ...
                           // STORE_FAST_STORE_FAST: SHARED if both locals had one object, or nothing
    uint16_t sp;           // where the stack pointer pointed before it ran, as an index into localsplus
    uint16_t types;        // JIT_TAG_ values, four bits each: see JIT_TAG
    uint32_t plain_locals; // of a return: a bit for each of the first 32 locals that are plain, or nothing; of a call with `leaf`: 1 + its
                           // number, where the callable is its first argument; of a step of an object with `__next__`: its type's version
    PyObject *callable;    // a builtin that is called, and lives as long as the interpreter; or NULL
    PyObject *seen;        // an object the rule of this instruction asks for, alive until the trace is built; or NULL:
                           // LOAD_GLOBAL_MODULE, LOAD_GLOBAL_BUILTIN, MAKE_FUNCTION: the globals of its frame;
                           // LOAD_ATTR_METHOD_..., _PROPERTY, _NONDESCRIPTOR_...: what is in its cache;
                           // CALL_LEN, CALL_ISINSTANCE: the type of the (first) argument; LOAD_SUPER_ATTR_METHOD: the type of `self`, or, with
                           // BOOL for tag 2, `self`, a class;
                           // LOAD_ATTR, CALL_BUILTIN_FAST of a name: True or False, whether there is such an attribute, or None (objects/find.c);
                           // STORE_ATTR, COMPARE_OP, CALL_KW: True, if the rule fits; TO_BOOL_ALWAYS_TRUE: True, if several types meet there; CALL_FUNCTION_EX: the number of
                           // arguments, if it does, plus JIT_BINDS if a method is called; or that and names in a tuple;
                           // BINARY_SUBSCR, BINARY_SUBSCR_GETITEM, STORE_SUBSCR, BINARY_SLICE, CALL_LIST_APPEND: the type of the container;
                           // operators that were entered: the type whose method it is, or the class that is called; consumers: their code
} _PyJitRecord;

#define JIT_BINDS 128
#define JIT_LIST 64            // added, too, where a list has the arguments

/* What a call of `object.__setattr__` stores to, in its cache in place of the counter: an inline value, by its index, or a slot, by its offset; 0:
 * something else. */
#define JIT_MOST_SET 4096
#define JIT_SETS_VALUE(INDEX) (2 * (INDEX) + 2)
#define JIT_SETS_SLOT(OFFSET) (2 * (OFFSET) + 3)
#define JIT_IS_SET_SLOT(SETS) (((SETS) & 1) != 0)
#define JIT_SET_INDEX(SETS) (((SETS) - 2) / 2)

/* ALIKE: both operands have the same type.  REFLECTED: it is the method of the right one, the left one is a number.  CONSUMER: a builtin that
 * takes all items of a generator (run/consumers.c). */
enum { JIT_ENTERED_NOT, JIT_ENTERED, JIT_ENTERED_ALIKE, JIT_ENTERED_REFLECTED, JIT_ENTERED_NEW, JIT_ENTERED_CONSUMER };

/* What kind of object the recorder saw.  OTHER and SHARED need not be plain (exact int, float, bool, str, None). */
enum {
    JIT_TAG_OTHER,
    JIT_TAG_NULL,
    JIT_TAG_INT,           // at most two digits
    JIT_TAG_WIDE,          // more, but fits 64 bits (UNBOX_INT takes all but the least)
    JIT_TAG_BIG,
    JIT_TAG_FLOAT,
    JIT_TAG_BOOL,
    JIT_TAG_NONE,
    JIT_TAG_STR,
    JIT_TAG_SHARED,        // of what an instruction gives up: not plain, but there are other references
    JIT_TAG_DERIVED,       // of an operand: no exact int, but of a class that has int's own method for the operator
    JIT_TAG_QUIET,         // the same: there are none, but its end runs no code of users (objects/quiet.c)
};

/* I: 0, 1: the top of the stack and the one below; 2: what stood in the (first) local a STORE_FAST... writes, the item or attribute
 * a store replaces, what STORE_SUBSCR stores, or what a subscript, append, unpacking, LOAD_ATTR... or POP_TOP pops; 3: in the
 * second local, for all other
 * instructions the top of the stack after it ran. */
/* The same field of a call of abs, min or max: how the last of two arguments is to the first; of one, how it is to 0; of three, which one
 * min and which one max gives. */
enum { JIT_ORDER_OTHER, JIT_ORDER_LESS, JIT_ORDER_MORE };
#define JIT_ORDER_OF_THREE(LEAST, MOST) (1 + 3 * (LEAST) + (MOST))
#define JIT_LEAST_OF_THREE(TAG) (((TAG) - 1) / 3)
#define JIT_MOST_OF_THREE(TAG) (((TAG) - 1) % 3)

#define JIT_TAG(TYPES, I) ((unsigned int)(TYPES) >> (4 * (I)) & 15)

#define JIT_MAX_RECIPES 16  // of one snapshot
#define JIT_MAX_FRAMES 24
#define JIT_MAX_PASSED 120 // values a side trace begins with, or brings back to a loop
#define JIT_NO_PLACE ((uint16_t)0xffff)
#define JIT_MAX_SLOTS 256  // frames with more locals and stack are not lowered
_Static_assert(JIT_MAX_SLOTS < JIT_PLACE_STATE && JIT_MAX_SLOTS < JIT_SLOT_GENERATOR, "slots of frames are told from special ones");

/* What the slot map said of a slot at the head of a trace's loop, behind its PHIs. */
typedef struct {
    uint16_t slot;
    uint8_t dirty, plain, memory_plain;    // as in the slot map
    uint16_t identity;
    _PyJitRef object, number;
} _PyJitHeadSlot;

/* What was known there of an attribute (optimize/forward.c). */
typedef struct {
    _PyJitRef object, value, number;       // the place is in `object`; NONE: the value, or its number, is not known
    uint32_t place;                        // bytes from the address of `object`
    uint32_t version;                      // of its type
} _PyJitHeadField;

/* Owns all its arrays and one strong reference to no object: code objects are borrowed; whoever keeps a trace registers
 * a dependency on each of them (run/executor.c), so that a trace never outlives the code it names. */
typedef struct _PyJitTrace_s {
    _PyJitIns *ins;            // allocation; instruction i (from 0) is ins[nk_cap + i]; see JIT_INS
    uint32_t nins, nk;         // instructions, constants
    uint32_t ins_cap, nk_cap;
    _PyJitSnapshot *snaps;     uint32_t nsnaps, snaps_cap;
    _PyJitSnapFrame *frames;   uint32_t nframes, frames_cap;
    _PyJitSnapSlot *slots;     uint32_t nslots, slots_cap;
    _PyJitRecord *records;     uint32_t nrecords, records_cap;
    _Py_CODEUNIT *units;       uint32_t nunits, units_cap;
    PyCodeObject **codes;      uint32_t ncodes, codes_cap;   // borrowed
    void **watched;            uint32_t nwatched, watched_cap;   // what it depends on besides: keys of the dependents' table
    uint8_t *packed;           uint32_t npacked, packed_cap; // instead of operations and records; 0: the trace is whole
    // For side traces that come back; not part of the text (typed_traces.md).
    _PyJitHeld *held;          uint32_t nheld, held_cap;
    _PyJitHeadSlot *heads;     uint32_t nheads, heads_cap;   // what is known at the loop's head, by slot
    _PyJitHeadField *fields_at_head;   uint32_t nfields_at_head, fields_at_head_cap;   // likewise, of attributes
    _PyJitRef *passed;         uint32_t npassed, passed_cap; // values that live around the loop without changing in it
    uint32_t passed_from;      // snapshots from this one on hand them to side traces
    bool has_head;             // side traces may come back to the loop
    uint32_t head, nphis;      // its first PHI; how many there are
    uint32_t head_sp;          // where the stack pointer points there, as an index into localsplus
    uint32_t loop_first;       // record it begins with
    uint32_t written;          // classes of memory written since the head, in an iteration or at an exit of a side trace
    uint32_t nvalues;          // instructions emitted with a result other than IP
} _PyJitTrace;

/* All arrays but `ins`, in the order in which a packed trace has them: what needs the strictest alignment comes first. */
#define JIT_TRACE_ARRAYS(X) \
    X(records) X(codes) X(watched) X(held) X(fields_at_head) X(snaps) X(frames) X(heads) X(slots) X(passed) X(units) X(packed)

/* Instruction or constant REF of trace T. */
#define JIT_INS(T, REF) (&(T)->ins[(T)->nk_cap + (uint32_t)(REF) - JIT_REF_BIAS])
#define JIT_IS_CONST(REF) ((REF) < JIT_REF_BIAS)

/* What the definitions say of an operation, and of a bytecode instruction.  Rows of opcodes that are no instruction have
 * no name; rows of instructions no trace may hold have a name, no size, and the reason. */
typedef struct {
    const char *name;
    const char *args;      // one letter for each operand that is a value; JIT_OPFLAG_READS_IP: an ip follows them
    uint8_t result;        // _PyJitType
    uint8_t nargs;         // letters in args
    uint32_t flags;        // JIT_OPFLAG_...
} _PyJitOpInfo;

typedef struct {
    const char *name;
    const char *reason;    // why no trace may hold it; NULL where one may
    uint16_t flags;        // JIT_INST_...
    uint8_t size;          // code units with caches
    uint8_t base;          // head of the family, or itself
    uint8_t uops;          // micro-operations it is made of
} _PyJitInstInfo;

extern const _PyJitOpInfo _PyJit_Ops[JIT_OP_COUNT];
extern const _PyJitInstInfo _PyJit_Insts[256];

/* OP makes an object that is not made. */
static inline bool
_PyJitOp_IsVirtual(int op)
{
    return op >= JIT_OP_VIRTUAL && op < JIT_OP_VIRTUAL_FIELD;
}

/* REF of T is an object that is not made. */
static inline bool
_PyJitTrace_IsVirtual(const _PyJitTrace *t, _PyJitRef ref)
{
    return !JIT_IS_CONST(ref) && _PyJitOp_IsVirtual(JIT_INS(t, ref)->op);
}

/* The field at PLACE of a virtual that OP makes is a raw number. */
static inline bool
_PyJitOp_HasRawField(int op, uint32_t place)
{
    return (op == JIT_OP_VIRTUAL_GENERATOR && (place == JIT_PLACE_STATE || place == JIT_PLACE_RESUME))
        || (op == JIT_OP_VIRTUAL_ITER && place == JIT_PLACE_INDEX) || op == JIT_OP_VIRTUAL_RANGE;
}

/* The result type of OPAQUE with OPCODE: IP for what changes the instruction pointer in a way the trace cannot know. */
static inline _PyJitType
_PyJit_OpaqueType(int opcode)
{
    return _PyJit_Insts[opcode].flags & (JIT_INST_JUMPS | JIT_INST_FRAME) ? JIT_TYPE_IP : JIT_TYPE_NONE;
}

/* All return 0 (or a valid index/reference) on success, -1 (JIT_REF_NONE) when memory is short or an index would not fit;
 * none sets a Python exception. */
void _PyJitTrace_Init(_PyJitTrace *t);
void _PyJitTrace_Clear(_PyJitTrace *t);
/* T has no elements any more, but room for the next trace's. */
void _PyJitTrace_Empty(_PyJitTrace *t);
void _PyJitTrace_DropOperations(_PyJitTrace *t);      // all but records, units and codes
/* A copy of T in one block of memory, which PyMem_RawFree frees (never _PyJitTrace_Clear), or NULL.  Nothing can be added to it.  If it is
 * not WHOLE it has no `records`, and of `ins` only constants and what makes virtuals: see pack.c. */
_PyJitTrace *_PyJitTrace_Pack(const _PyJitTrace *t, bool whole);
/* T with its records and, if asked for, its operations, as long as T lives and until it is freed; NULL: no memory. */
const _PyJitTrace *_PyJitTrace_Unpack(const _PyJitTrace *t, bool operations);
void _PyJitTrace_FreeUnpacked(const _PyJitTrace *whole, const _PyJitTrace *t);
size_t _PyJitTrace_PackedSize(const _PyJitTrace *t);  // bytes of such a copy
int _PyJitTrace_GrowOperations(_PyJitTrace *t);       // room for one more

/* Called several times for each recorded instruction, so it is inlined. */
static inline _PyJitRef
_PyJitTrace_Emit(_PyJitTrace *t, _PyJitOp op, _PyJitType type, _PyJitRef a, _PyJitRef b, uint32_t aux, uint16_t snapshot)
{
    if (t->nins == t->ins_cap && _PyJitTrace_GrowOperations(t) < 0) {
        return JIT_REF_NONE;
    }
    t->nvalues += type != JIT_TYPE_NONE && type != JIT_TYPE_IP;
    t->ins[t->nk_cap + t->nins] = (_PyJitIns){
        .op = (uint16_t)op & 0x3ff, .type = (uint16_t)type & 0x3f, .snapshot = snapshot, .a = a, .b = b, .aux = aux,
    };
    return (_PyJitRef)(JIT_REF_BIAS + t->nins++);
}

_PyJitRef _PyJitTrace_Const(_PyJitTrace *t, _PyJitType type, uint64_t bits);
int _PyJitTrace_AddCode(_PyJitTrace *t, PyCodeObject *code);      // index; the same code twice gives the same index
/* Index.  Copies record->size units from UNITS, but writes the first one from the record; sets `units` of the copy. */
int _PyJitTrace_AddRecord(_PyJitTrace *t, const _PyJitRecord *record, const _Py_CODEUNIT *units);
int _PyJitTrace_AddWatched(_PyJitTrace *t, void *key);            // index; the same key twice gives the same index
int _PyJitTrace_AddSnapshot(_PyJitTrace *t, const _PyJitSnapshot *snap);   // index; frames are added before it
int _PyJitTrace_AddFrame(_PyJitTrace *t, uint16_t code, uint32_t offset);  // index; outermost first
/* To the frame added last; slots ascend. */
int _PyJitTrace_AddSlot(_PyJitTrace *t, uint16_t slot, _PyJitRef value, bool owned);

/* Room for one more snapshot with NFRAMES frames and NSLOTS slots: who fills them in by himself need not ask again. */
int _PyJitTrace_ReserveSnapshot(_PyJitTrace *t, uint32_t nframes, uint32_t nslots);

/* The slots of all frames and recipes of SNAP, which lie one after the other: how many, and in *first where they begin. */
static inline uint32_t
_PyJitTrace_SnapSlots(const _PyJitTrace *t, const _PyJitSnapshot *snap, const _PyJitSnapSlot **first)
{
    const _PyJitSnapFrame *frames = &t->frames[snap->first_frame], *last = &frames[snap->nframes + snap->nrecipes - 1];
    *first = &t->slots[frames->first_slot];
    return last->first_slot + last->nslots - frames->first_slot;
}
/* What `held` of a snapshot is for HELD; the last one's if that is the same.  0 also where there is no memory: then less is known. */
uint16_t _PyJitTrace_AddHeld(_PyJitTrace *t, _PyJitHeld held);
static inline _PyJitHeld
_PyJitTrace_Held(const _PyJitTrace *t, const _PyJitSnapshot *snap)
{
    return snap->held > 0 ? t->held[snap->held - 1] : (_PyJitHeld){0};
}
int _PyJitTrace_AddHead(_PyJitTrace *t, const _PyJitHeadSlot *slot);
int _PyJitTrace_AddHeadField(_PyJitTrace *t, const _PyJitHeadField *field);
int _PyJitTrace_AddPassed(_PyJitTrace *t, _PyJitRef value);

/* Live addresses: the instruction of RECORD itself; where SNAP goes on; where GUARD goes on in the trace (the place its
 * snapshot names).  Only for traces with code objects. */
_Py_CODEUNIT *_PyJitTrace_Instr(const _PyJitTrace *t, const _PyJitRecord *record);
_Py_CODEUNIT *_PyJitTrace_SnapIP(const _PyJitTrace *t, const _PyJitSnapshot *snap);
_Py_CODEUNIT *_PyJitTrace_ExpectedIP(const _PyJitTrace *t, const _PyJitIns *guard);

/* Checks every invariant of the form: operands defined before use and of the right type, snapshots in range and present where an
 * operation needs one, progress flags, an end at the end and only there.  0: fine.  -1: a message, at most
 * `size` bytes with the final NUL, names the instruction and the rule. */
int _PyJitTrace_Verify(const _PyJitTrace *t, char *message, size_t size);

/* The textual form (InternalDocs/trace_ir.md).  Print returns a new str, or NULL with an exception set.  Parse fills `t`
 * (initialized by it) and returns 0; on a mistake -1 with ValueError "line:column: what is wrong" and nothing to clear.
 * ALIVE: the code objects are, and are named.  A parsed trace has no code objects: `codes` holds NULLs, names live only in the text. */
PyObject *_PyJitTrace_Print(const _PyJitTrace *t, bool alive);
int _PyJitTrace_Parse(_PyJitTrace *t, const char *text);

const char *_PyJitOp_Name(int op);
const char *_PyJitType_Name(int type);
const char *_PyJitExitKind_Name(int kind);

/* Operations the trace-IR interpreter has run since the process began; shows that it really runs. */
extern uint64_t _PyJit_InterpretedOps;

#ifdef __cplusplus
}
#endif
#endif /* !Py_INTERNAL_JIT_IR_H */
