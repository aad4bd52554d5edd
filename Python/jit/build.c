/* The trace builder, first form: records become operations, every instruction opaque.
 *
 * Each record gives one OPAQUE operation.  What follows it comes from the flags the generator found in its definition:
 *  1. It changes the instruction pointer in a way that depends on data: GUARD_IP, which goes on only where the recording went.
 *     Unconditional jumps and fixed skips need none.
 *  2. It may run arbitrary code: CHECK_VALID, after the guard, because it leaves at a known instruction.
 *  3. It may fail a check: its snapshot says that tier 1 runs the same instruction again, from its first prefix.
 * A trace that ends where it began ends in LOOP, any other in EXIT, or in EXIT_DYNAMIC where its last instruction computes
 * the target.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_jit_engine.h"

static int
add_snapshot(_PyJitTrace *t, int kind, bool progress, int code, uint32_t offset)
{
    _PyJitSnapshot snap = {
        .kind = (uint8_t)kind,
        .progress = progress,
        .code = (uint16_t)code,
        .offset = offset,
        .exit = t->nexits,
    };
    int index = _PyJitTrace_AddSnapshot(t, &snap);
    if (index >= 0) {
        t->nexits++;
    }
    return index;
}

static inline uint32_t
start_of(const _PyJitRecord *record)
{
    return record->offset - record->prefix;
}

static _PyJitRef
emit(_PyJitTrace *t, int op, _PyJitRef a, uint32_t aux, int snapshot)
{
    return _PyJitTrace_Emit(t, op, JIT_TYPE_NONE, a, JIT_REF_NONE, aux,
                            snapshot < 0 ? JIT_NO_SNAPSHOT : (uint16_t)snapshot);
}

int
_PyJit_BuildTrace(_PyJitTrace *t, int end, PyCodeObject *end_code, _Py_CODEUNIT *end_ip)
{
    int end_index = -1;
    if (end_code != NULL) {
        end_index = _PyJitTrace_AddCode(t, end_code);
        if (end_index < 0) {
            return -1;
        }
    }
    uint32_t end_offset = end_ip == NULL ? 0 : (uint32_t)(end_ip - _PyCode_CODE(end_code));
    if (emit(t, JIT_OP_START, JIT_REF_NONE, 0, -1) == JIT_REF_NONE) {
        return -1;
    }
    for (uint32_t i = 0; i < t->nrecords; i++) {
        const _PyJitRecord *record = &t->records[i];
        int flags = _PyJit_Insts[record->opcode].flags;
        bool last = i + 1 == t->nrecords;
        int snap = -1;
        if (flags & JIT_INST_DEOPTS) {
            snap = add_snapshot(t, JIT_EXIT_DEOPT, i > 0, record->code, start_of(record));
            if (snap < 0) {
                return -1;
            }
        }
        _PyJitType type = _PyJit_OpaqueType(record->opcode);
        _PyJitRef ip = _PyJitTrace_Emit(t, JIT_OP_OPAQUE, type, JIT_REF_NONE, JIT_REF_NONE, i,
                                        snap < 0 ? JIT_NO_SNAPSHOT : (uint16_t)snap);
        if (ip == JIT_REF_NONE) {
            return -1;
        }
        if (last && (end_ip == NULL || (type == JIT_TYPE_IP && end != JIT_END_LOOP))) {
            snap = add_snapshot(t, JIT_EXIT_BRANCH, true, 0, 0);
            if (snap < 0 || emit(t, JIT_OP_EXIT_DYNAMIC, ip, 0, snap) == JIT_REF_NONE) {
                return -1;
            }
            return 0;
        }
        int next_code = last ? end_index : t->records[i + 1].code;
        uint32_t next_offset = last ? end_offset : start_of(&t->records[i + 1]);
        if (type == JIT_TYPE_IP) {
            snap = add_snapshot(t, JIT_EXIT_BRANCH, true, next_code, next_offset);
            if (snap < 0 || emit(t, JIT_OP_GUARD_IP, ip, 0, snap) == JIT_REF_NONE) {
                return -1;
            }
        }
        if (flags & JIT_INST_ESCAPES) {
            snap = add_snapshot(t, JIT_EXIT_INVALID, true, next_code, next_offset);
            if (snap < 0 || emit(t, JIT_OP_CHECK_VALID, JIT_REF_NONE, 0, snap) == JIT_REF_NONE) {
                return -1;
            }
        }
    }
    if (end == JIT_END_LOOP) {
        return emit(t, JIT_OP_LOOP, JIT_REF_NONE, 0, -1) == JIT_REF_NONE ? -1 : 0;
    }
    int snap = add_snapshot(t, JIT_EXIT_END, true, end_index, end_offset);
    if (snap < 0 || emit(t, JIT_OP_EXIT, JIT_REF_NONE, 0, snap) == JIT_REF_NONE) {
        return -1;
    }
    return 0;
}

#endif /* _Py_TIER2 */
