/* Dead code: a value nobody uses need not be made.
 *
 * A pure operation that cannot leave, and whose result is neither an operand nor in a snapshot, becomes NOP.  One walk backwards,
 * so what only dead operations use is dead too.  A value that is used around the loop is used by a PHI, which is never dead here.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "jit/lower.h"

typedef struct {
    const _PyJitTrace *t;
    uint8_t *used;             // by index of operation
} Walk;

static inline void
use(Walk *w, _PyJitRef ref)
{
    if (ref >= JIT_REF_BIAS) {
        w->used[ref - JIT_REF_BIAS] = 1;
    }
}

static void
use_operands(Walk *w, const _PyJitIns *ins)
{
    use(w, ins->a);
    use(w, ins->b);
    use(w, ins->c);
    if (ins->snapshot == JIT_NO_SNAPSHOT || w->t->snaps[ins->snapshot].nframes == 0) {
        return;
    }
    const _PyJitSnapSlot *slots;
    uint32_t n = _PyJitTrace_SnapSlots(w->t, &w->t->snaps[ins->snapshot], &slots);
    for (uint32_t i = 0; i < n; i++) {
        use(w, slots[i].value);
    }
}

int
_PyJitDead_Remove(_PyJitTrace *t)
{
    Walk w = {.t = t, .used = PyMem_RawCalloc(t->nins, 1)};
    if (w.used == NULL) {
        return -1;
    }
    for (uint32_t i = 0; i < t->nheads; i++) {
        use(&w, t->heads[i].object);
        use(&w, t->heads[i].number);
    }
    for (uint32_t i = 0; i < t->nfields_at_head; i++) {
        use(&w, t->fields_at_head[i].object);
        use(&w, t->fields_at_head[i].value);
        use(&w, t->fields_at_head[i].number);
    }
    for (uint32_t i = 0; i < t->npassed; i++) {
        use(&w, t->passed[i]);
    }
    // What an operation of the loop uses may be made behind it, but only PHIs use such a value.
    for (uint32_t i = t->nins; i-- > 0;) {
        const _PyJitIns *ins = JIT_INS(t, JIT_REF_BIAS + i);
        if (ins->op == JIT_OP_PHI) {
            use(&w, ins->b);
        }
    }
    for (uint32_t i = t->nins; i-- > 0;) {
        _PyJitIns *ins = JIT_INS(t, JIT_REF_BIAS + i);
        const _PyJitOpInfo *info = &_PyJit_Ops[ins->op];
        if (info->flags & JIT_OPFLAG_PURE && !(info->flags & JIT_OPFLAG_EXITS) && info->result != JIT_TYPE_NONE && !w.used[i]) {
            *ins = (_PyJitIns){.op = JIT_OP_NOP, .snapshot = JIT_NO_SNAPSHOT};
            t->nvalues--;
            continue;
        }
        use_operands(&w, ins);
    }
    PyMem_RawFree(w.used);
    return 0;
}

#endif /* _Py_TIER2 */
