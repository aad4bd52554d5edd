/* The pass that takes out objects nobody sees (virtual.c), and what its last walk writes (virtual_write.c). */
#ifndef Py_JIT_VIRTUAL_PASS_H
#define Py_JIT_VIRTUAL_PASS_H

#include "jit/optimize/optimize.h"

#define MOST_OBJECTS 48        // that are looked at; what comes later escapes
#define MOST_WALKS 64
#define NO_INDEX UINT16_MAX

/* An INCREF of a constant that a virtual takes later in the instruction is left out (UNCOUNTED).  TAKEN: the last walk was there. */
enum { COUNTED, UNCOUNTED, TAKEN };

/* An object that the trace makes, and what is in it at the operation the walk is at. */
typedef struct {
    _PyJitRef ref;             // the operation that makes it
    uint16_t op;               // what that is if it is not made: JIT_OP_VIRTUAL...
    bool escapes;
    uint32_t references;
    uint32_t lost;             // of them, where GuardEnd looks what ends
    bool ends;
    uint32_t changed;          // operation that set a field last
    uint32_t n;
    struct {
        uint32_t place;        // aux of VIRTUAL_FIELD
        _PyJitRef value;       // an object, the operation that boxed or stored a number, or a raw number
    } fields[JIT_MOST_VIRTUAL_FIELDS];
} _PyJitVirtualObject;

/* A number that need not be boxed. */
typedef struct {
    bool escapes;              // it is boxed
    bool copied;
    bool merged;               // it has the identity of the raw number
    _PyJitRef number;
    uint16_t owner;            // object it was stored to as a raw number, or NO_INDEX
} _PyJitVirtualNumber;

typedef struct {
    _PyJitBuilder *b;
    _PyJitTrace *t;
    uint32_t head;             // where the loop begins, 0: there is none
    uint32_t nobjects, nnumbers;
    _PyJitVirtualObject objects[MOST_OBJECTS];
    _PyJitVirtualNumber *numbers;
    uint16_t *object_of;       // by operation: index into objects, or NO_INDEX
    uint16_t *number_of;       // index into numbers
    _PyJitRef *stands_for;     // what an attribute that was read is
    uint8_t *is_plain;         // by operation: the trace has made sure that it is a number or a string
    uint8_t *uncounted;        // by operation: COUNTED, or an INCREF that is left out
    uint32_t *first_use;       // by snapshot: 1 + the first operation that has it
    bool again, writes;
    bool hopeless;             // something that must not be made has to be
    // What the last walk writes.
    _PyJitIns *ins;            uint32_t nins, ins_cap;
    _PyJitRef *moved;          // by old operation: what it is now
    uint32_t *position;        // by old operation: where what was there begins now
    uint16_t *snapshot;        // by old snapshot
    _PyJitSnapshot *snaps;     uint32_t nsnaps;
    _PyJitSnapFrame *frames;   uint32_t nframes, frames_cap;
    _PyJitSnapSlot *slots;     uint32_t nslots, slots_cap;
    bool together;             // the references that are given up here are counted together from now on (BEGIN_TOGETHER)
    bool failed;
} _PyJitVirtualPass;

static inline _PyJitIns *
ins_of(const _PyJitVirtualPass *p, _PyJitRef ref)
{
    return JIT_INS(p->t, ref);
}

static inline bool
is_raw(const _PyJitVirtualPass *p, _PyJitRef ref)
{
    return ref != JIT_REF_NONE && (ins_of(p, ref)->type == JIT_TYPE_I64 || ins_of(p, ref)->type == JIT_TYPE_F64);
}

static inline _PyJitRef
resolve(const _PyJitVirtualPass *p, _PyJitRef ref)
{
    return ref == JIT_REF_NONE || JIT_IS_CONST(ref) ? ref : p->stands_for[ref - JIT_REF_BIAS];
}

/* The object that is not made, or NULL. */
static inline _PyJitVirtualObject *
virtual_of(_PyJitVirtualPass *p, _PyJitRef ref)
{
    uint16_t index = ref == JIT_REF_NONE || JIT_IS_CONST(ref) ? NO_INDEX : p->object_of[ref - JIT_REF_BIAS];
    return index == NO_INDEX || p->objects[index].escapes ? NULL : &p->objects[index];
}

/* The number that is not boxed, or NULL. */
static inline _PyJitVirtualNumber *
number_of(_PyJitVirtualPass *p, _PyJitRef ref)
{
    uint16_t index = ref == JIT_REF_NONE || JIT_IS_CONST(ref) ? NO_INDEX : p->number_of[ref - JIT_REF_BIAS];
    return index == NO_INDEX || p->numbers[index].escapes ? NULL : &p->numbers[index];
}

static inline bool
is_null(const _PyJitVirtualPass *p, _PyJitRef ref)
{
    return ref != JIT_REF_NONE && JIT_IS_CONST(ref) && ins_of(p, ref)->type == JIT_TYPE_OBJECT && ins_of(p, ref)->bits == 0;
}

/* References to a constant that OBJECT has at PLACE are counted. */
static inline bool
counts_constants(const _PyJitVirtualObject *object, uint32_t place)
{
    return object->op == JIT_OP_VIRTUAL_GENERATOR && place < JIT_PLACE_STATE;
}

/* virtual.c: OBJECT has to be made; REF has to be an object in memory. */
void _PyJitVirtual_Escapes(_PyJitVirtualPass *p, _PyJitVirtualObject *object);
void _PyJitVirtual_Escape(_PyJitVirtualPass *p, _PyJitRef ref);
/* The field of OBJECT at PLACE, or NULL: there is none. */
_PyJitRef *_PyJitVirtual_FieldOf(_PyJitVirtualObject *object, uint32_t place);
/* Operation I sets the field of OBJECT at PLACE to VALUE, whose reference it takes (if it is a constant, it has got one right before).  What
 * was there is given up.  Put: nothing is counted; returns what was there, or NONE. */
void _PyJitVirtual_SetField(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *object, uint32_t place, _PyJitRef value);
_PyJitRef _PyJitVirtual_PutField(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *object, uint32_t place, _PyJitRef value);
/* Operation I boxes or stores NUMBER.  OWNER: the object it is stored to, or NULL. */
void _PyJitVirtual_BeginNumber(_PyJitVirtualPass *p, uint32_t i, _PyJitRef number, const _PyJitVirtualObject *owner);
/* A reference to the object of REF, which a virtual had, is given up: rule 1. */
void _PyJitVirtual_Release(_PyJitVirtualPass *p, _PyJitRef ref);
/* The same of the field that OBJECT has, or had, at PLACE: VALUE. */
void _PyJitVirtual_ReleaseField(_PyJitVirtualPass *p, const _PyJitVirtualObject *object, uint32_t place, _PyJitRef value);
/* Operation I gives up COUNT references, one of them to VALUE, or to what has it: makes sure, or leaves at SNAPSHOT, that no end runs
 * anything. */
void _PyJitVirtual_GuardEnd(_PyJitVirtualPass *p, uint32_t i, _PyJitRef value, uint32_t count, uint16_t snapshot);
/* The same for several values that go together: Begin, then Loss for each.  What has lost as many references as it has ends. */
void _PyJitVirtual_BeginEnds(_PyJitVirtualPass *p);
void _PyJitVirtual_GuardLoss(_PyJitVirtualPass *p, uint32_t i, _PyJitRef value, uint32_t count, uint16_t snapshot);

/* virtual_kinds.c: functions, generators, cells and iterators.  INS makes one that need not be made. */
bool _PyJitVirtualKind_CanBe(const _PyJitVirtualPass *p, const _PyJitIns *ins);
/* INS as OP, which makes the object that is not made. */
_PyJitIns _PyJitVirtualKind_Operation(_PyJitVirtualPass *p, const _PyJitIns *ins, int op);
/* Operation I has made OBJECT: its first fields. */
void _PyJitVirtualKind_Begin(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *object);
/* Operation I on OBJECT, its first operand.  false: no operation that it can do without being made. */
bool _PyJitVirtualKind_Work(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *object);
/* The end of OBJECT runs nothing by itself. */
bool _PyJitVirtualKind_EndsQuietly(const _PyJitVirtualPass *p, _PyJitVirtualObject *object);
/* The field at PLACE of OBJECT, a generator whose frame runs in SNAP, is a slot of its stack that has been popped, or written since. */
bool _PyJitVirtualKind_IsStale(const _PyJitVirtualPass *p, const _PyJitSnapshot *snap, const _PyJitVirtualObject *object, uint32_t place);
/* virtual_write.c: in the last walk, appends INS to the new trace, and returns its reference there; its operands are those of the old
 * one. */
_PyJitRef _PyJitVirtual_WriteIns(_PyJitVirtualPass *p, _PyJitIns ins);
/* Operation I leaves at snapshot INDEX: what it names; in the last walk, writes it. */
void _PyJitVirtual_LookAtSnapshot(_PyJitVirtualPass *p, uint32_t i, uint16_t index);
/* After the last walk: the trace is what it has written. */
void _PyJitVirtual_ReplaceTrace(_PyJitVirtualPass *p);

#endif
