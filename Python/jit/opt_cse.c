/* Common subexpressions: a pure operation with the same operands has the same value, and its check holds again.
 *
 * All operations of one kind are a list through `spare`, newest first.  A trace is a straight line, so whatever is in the list
 * has been executed.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "jit/lower.h"

#define MOST_STEPS 64          // so that a long trace costs no more than in proportion

_PyJitRef
_PyJitCse_Find(const _PyJitBuilder *b, int op, _PyJitRef left, _PyJitRef right)
{
    bool commutes = (_PyJit_Ops[op].flags & JIT_OPFLAG_COMMUTATIVE) != 0;
    _PyJitRef ref = b->latest[op];
    for (int steps = 0; ref != JIT_REF_NONE && steps < MOST_STEPS; steps++) {
        const _PyJitIns *ins = JIT_INS(b->t, ref);
        if ((ins->a == left && ins->b == right) || (commutes && ins->a == right && ins->b == left)) {
            return ref;
        }
        ref = ins->spare;
    }
    return JIT_REF_NONE;
}

void
_PyJitCse_Note(_PyJitBuilder *b, _PyJitRef ref)
{
    _PyJitIns *ins = JIT_INS(b->t, ref);
    ins->spare = b->latest[ins->op];
    b->latest[ins->op] = ref;
}

#endif /* _Py_TIER2 */
