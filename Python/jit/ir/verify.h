/* The verifier's walk over a trace: shared by verify.c and verify_snapshots.c. */
#ifndef Py_JIT_VERIFY_H
#define Py_JIT_VERIFY_H

#include "pycore_jit_ir.h"

typedef struct {
    const _PyJitTrace *t;
    char *message;
    size_t size;
    uint32_t index;                    // of the operation looked at
    uint32_t begun;                    // OPAQUE and BYTECODE operations before it
    const _PyJitIns *open_ip;          // an instruction pointer that was computed and not looked at
    const _PyJitRecord *first;         // of the first OPAQUE or BYTECODE after LOOP has gone back, NULL: there is no LOOP
    const _PyJitRecord *last;          // of the last OPAQUE or BYTECODE before it
    const _PyJitRecord *next;          // of the first one at or after it, NULL: none
    const _PyJitRecord *lowered;       // of the last BYTECODE, if no OPAQUE came after it
    uint32_t first_phi, phis;          // index of the first PHI, and how many there are
} Walk;

static inline uint32_t
start_of(const _PyJitRecord *record)
{
    return record->offset - record->prefix;
}

/* CODE:OFFSET with SIZE units there exists, as far as the trace knows its code objects. */
static inline int
is_place(const _PyJitTrace *t, uint32_t code, uint32_t offset, uint32_t size)
{
    if (code >= t->ncodes) {
        return 0;
    }
    PyCodeObject *object = t->codes[code];
    return object == NULL || (uint64_t)offset + size <= (uint64_t)Py_SIZE(object);
}

/* An int is an object. */
static inline int
is_subtype(int type, int wanted)
{
    return type == wanted
        || (wanted == JIT_TYPE_OBJECT
            && (type == JIT_TYPE_INT || type == JIT_TYPE_FLOAT || type == JIT_TYPE_BOOL));
}

/* The type of REF for an operation at index LIMIT; JIT_TYPE_NONE where it names no value defined before. */
static inline int
type_of_value(const _PyJitTrace *t, _PyJitRef ref, uint32_t limit)
{
    if (JIT_IS_CONST(ref)) {
        return ref >= JIT_REF_BIAS - t->nk ? JIT_INS(t, ref)->type : JIT_TYPE_NONE;
    }
    return ref - JIT_REF_BIAS < (int)limit ? JIT_INS(t, ref)->type : JIT_TYPE_NONE;
}

/* RULE is broken, at the operation the walk is at; the rest is as for printf.  -1. */
int _PyJitVerify_Broken(const Walk *w, int rule, const char *format, ...) Py_GCC_ATTRIBUTE((format(printf, 3, 4)));
/* Of INS, which the walk is at: its snapshot is there if it needs one, and is right. */
int _PyJitVerify_Snapshot(Walk *w, const _PyJitIns *ins);
/* Every snapshot has an exit of its own.  They ascend, so that this is seen at a glance. */
#endif /* !Py_JIT_VERIFY_H */
