/* Dead code: a value nobody uses need not be made.
 *
 * A pure operation that cannot leave, and whose result is neither an operand nor in a snapshot, becomes NOP.  One walk backwards,
 * so what only dead operations use is dead too.  A value that is used around the loop is used by a PHI, which is never dead here.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "jit/optimize/optimize.h"

/* By reference, less the bias.  What is no operation has entries too, which nobody reads: so nothing is asked when one is written.
 * One trace is made at a time. */
static uint8_t used[0x10000];

static inline void
use(_PyJitRef ref)
{
    used[(uint16_t)(ref - JIT_REF_BIAS)] = 1;
}

static void
use_snapshot(const _PyJitTrace *t, const _PyJitSnapshot *snap)
{
    const _PyJitSnapSlot *slots;
    uint32_t n = snap->nframes == 0 ? 0 : _PyJitTrace_SnapSlots(t, snap, &slots);
    for (uint32_t i = 0; i < n; i++) {
        use(slots[i].value);
    }
}

void
_PyJitDead_Remove(_PyJitTrace *t)
{
    memset(used, 0, t->nins);
    for (uint32_t i = 0; i < t->nheads; i++) {
        use(t->heads[i].object);
        use(t->heads[i].number);
    }
    for (uint32_t i = 0; i < t->nfields_at_head; i++) {
        use(t->fields_at_head[i].object);
        use(t->fields_at_head[i].value);
        use(t->fields_at_head[i].number);
    }
    for (uint32_t i = 0; i < t->npassed; i++) {
        use(t->passed[i]);
    }
    _PyJitIns *ins = JIT_INS(t, JIT_REF_BIAS);
    // What an operation of the loop uses may be made behind it, but only PHIs use such a value.  They stand where LOOP leads to.
    if (ins[t->nins - 1].op == JIT_OP_LOOP) {
        for (uint32_t i = ins[t->nins - 1].aux; i < t->nins && ins[i].op == JIT_OP_PHI; i++) {
            use(ins[i].b);
        }
    }
    uint16_t seen = JIT_NO_SNAPSHOT;
    for (uint32_t i = t->nins; i-- > 0;) {
        if (ins[i].op == JIT_OP_BYTECODE) {
            continue;
        }
        const _PyJitOpInfo *info = &_PyJit_Ops[ins[i].op];
        bool removable = (info->flags & (JIT_OPFLAG_PURE | JIT_OPFLAG_EXITS)) == JIT_OPFLAG_PURE;
        if (removable && info->result != JIT_TYPE_NONE && !used[i]) {
            ins[i] = (_PyJitIns){.op = JIT_OP_NOP, .snapshot = JIT_NO_SNAPSHOT};
            t->nvalues--;
            continue;
        }
        use(ins[i].a);
        use(ins[i].b);
        use(ins[i].c);
        if (ins[i].snapshot != seen) {
            seen = ins[i].snapshot;
            if (seen != JIT_NO_SNAPSHOT) {
                use_snapshot(t, &t->snaps[seen]);
            }
        }
    }
}

#endif /* _Py_TIER2 */
