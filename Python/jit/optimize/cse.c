/* Common subexpressions: a pure operation with the same operands has the same value, and its check holds again.
 *
 * All operations of one kind are a list through `spare`, newest first.  A trace is a straight line, so whatever is in the list
 * has been executed.  What reads memory of some class counts only if it is newer than the newest writer of that class.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "jit/optimize/optimize.h"

#define MOST_STEPS 64          // so that a long trace costs no more than in proportion

_PyJitRef
_PyJitCse_Find(const _PyJitBuilder *b, int op, _PyJitRef left, _PyJitRef right, uint32_t aux)
{
    bool commutes = (_PyJit_Ops[op].flags & JIT_OPFLAG_COMMUTATIVE) != 0;
    unsigned int reads = JIT_OPFLAGS_READS(_PyJit_Ops[op].flags);
    _PyJitRef barrier = JIT_REF_NONE;
    for (int i = 0; reads >> i != 0; i++) {
        if (reads >> i & 1 && b->barrier[i] > barrier) {
            barrier = b->barrier[i];
        }
    }
    _PyJitRef ref = b->latest[op];
    for (int steps = 0; ref > barrier && steps < MOST_STEPS; steps++) {
        const _PyJitIns *ins = JIT_INS(b->t, ref);
        if (ins->aux == aux
            && ((ins->a == left && ins->b == right) || (commutes && ins->a == right && ins->b == left))) {
            return ref;
        }
        ref = ins->spare;
    }
    return JIT_REF_NONE;
}

/* A check for room is made to ask for as much as OP would, unless that is rare, and MOST would let all before it leave. */
static _PyJitRef
ask_for_more(const _PyJitBuilder *b, int op, uint32_t aux, uint32_t most)
{
    _PyJitRef ref = b->latest[op];
    if (ref <= b->barrier[JIT_CLASS_FRAME] || (aux > most && aux > JIT_INS(b->t, ref)->aux)) {
        return JIT_REF_NONE;
    }
    JIT_INS(b->t, ref)->aux = Py_MAX(JIT_INS(b->t, ref)->aux, aux);
    return ref;
}

_PyJitRef
_PyJitCse_Implied(const _PyJitBuilder *b, int op, uint32_t aux)
{
    _PyJitRef looked = b->latest[JIT_OP_GUARD_NO_EVENT];
    switch (op) {
        case JIT_OP_GUARD_RECURSION:
            return ask_for_more(b, op, aux, JIT_MAX_FRAMES);
        case JIT_OP_GUARD_C_RECURSION:
        case JIT_OP_GUARD_STACK:
            return ask_for_more(b, op, aux, UINT32_MAX);
        case JIT_OP_GUARD_RESUME:
            return looked > b->barrier[JIT_CLASS_EVENT] ? looked : JIT_REF_NONE;
        default:
            return JIT_REF_NONE;
    }
}

void
_PyJitCse_Note(_PyJitBuilder *b, _PyJitRef ref)
{
    _PyJitIns *ins = JIT_INS(b->t, ref);
    ins->spare = b->latest[ins->op];
    b->latest[ins->op] = ref;
}

void
_PyJitCse_Barrier(_PyJitBuilder *b, unsigned int classes)
{
    for (int i = 0; i < JIT_CLASS_COUNT && classes != 0 && !b->failed; i++) {
        if (classes >> i & 1) {
            b->barrier[i] = (_PyJitRef)(JIT_REF_BIAS + b->t->nins - 1);
        }
    }
    b->written |= classes;
    if (classes >> JIT_CLASS_ATTR & 1) {
        b->nfields = b->nsuspended = 0;
    }
}

#endif /* _Py_TIER2 */
