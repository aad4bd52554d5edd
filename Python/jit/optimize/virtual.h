/* The pass that takes out objects nobody sees (virtual.c), and what its last walk writes (virtual_write.c). */
#ifndef Py_JIT_VIRTUAL_PASS_H
#define Py_JIT_VIRTUAL_PASS_H

#include "jit/optimize/optimize.h"

#define MOST_OBJECTS 48        // that are looked at; what comes later escapes
#define MOST_WALKS 64
#define NO_INDEX UINT16_MAX

/* An object that the trace makes, and what is in it at the operation the walk is at. */
typedef struct {
    _PyJitRef ref;             // the operation that makes it
    bool escapes;
    uint32_t references;
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
    uint8_t *uncounted;        // an INCREF of a constant that a virtual takes
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

/* virtual.c: OBJECT has to be made. */
void _PyJitVirtual_Escapes(_PyJitVirtualPass *p, _PyJitVirtualObject *object);
/* virtual_write.c: in the last walk, appends INS to the new trace, and returns its reference there; its operands are those of the old
 * one. */
_PyJitRef _PyJitVirtual_WriteIns(_PyJitVirtualPass *p, _PyJitIns ins);
/* Operation I leaves at snapshot INDEX: what it names; in the last walk, writes it. */
void _PyJitVirtual_LookAtSnapshot(_PyJitVirtualPass *p, uint32_t i, uint16_t index);
/* After the last walk: the trace is what it has written. */
void _PyJitVirtual_ReplaceTrace(_PyJitVirtualPass *p);

#endif
