/* Trace IR: the arrays that hold a trace.
 *
 * Everything here is memory management: the recorder and the passes append, the backends read.  A failed call leaves the trace as
 * it was, so a caller may drop the trace or go on with what it has.
 *
 * Two arrays need care.
 *  1. `ins` grows at both ends: constants downwards from the bias, instructions upwards.  `nk_cap` is the distance from the
 *     beginning of the allocation to the bias; growing either end moves everything, references stay what they are.
 *  2. `units` has no length per element; a record knows where its copy begins and how long it is.
 *
 * Constants are interned by type and bits.  The search is linear from the newest: traces have few, and what is asked for is nearly
 * always what was used last.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_jit_ir.h"

#define FIRST_CAPACITY 64
#define MOST_KEPT 4096         // elements of an array that is kept for the next trace
#define MAX_INS (0x10000u - JIT_REF_BIAS)     // references are 16 bits
#define MAX_KONSTS (JIT_REF_BIAS - 1u)        // reference 0 means none

/* --- What the definitions say --------------------------------------------------------------------------- */

const _PyJitOpInfo _PyJit_Ops[JIT_OP_COUNT] = {
    [JIT_OP_NOP] = {"NOP", "", JIT_TYPE_NONE, 0, 0},
    [JIT_OP_KONST] = {"KONST", "", JIT_TYPE_NONE, 0, 0},
    [JIT_OP_OPAQUE] = {"OPAQUE", "", JIT_TYPE_NONE, 0, JIT_OPFLAG_CALLS},
    [JIT_OP_BYTECODE] = {"BYTECODE", "", JIT_TYPE_NONE, 0, 0},
    [JIT_OP_PHI] = {"PHI", "", JIT_TYPE_NONE, 2, 0},
    [JIT_OP_PARAM] = {"PARAM", "", JIT_TYPE_NONE, 0, 0},
    [JIT_OP_PASS] = {"PASS", "", JIT_TYPE_NONE, 1, 0},
    [JIT_OP_VIRTUAL] = {"VIRTUAL", "o", JIT_TYPE_OBJECT, 1, 0},
    [JIT_OP_VIRTUAL_TUPLE] = {"VIRTUAL_TUPLE", "", JIT_TYPE_OBJECT, 0, 0},
    [JIT_OP_VIRTUAL_FUNCTION] = {"VIRTUAL_FUNCTION", "oo", JIT_TYPE_OBJECT, 2, 0},
    [JIT_OP_VIRTUAL_GENERATOR] = {"VIRTUAL_GENERATOR", "o", JIT_TYPE_OBJECT, 1, 0},
    [JIT_OP_VIRTUAL_ITER] = {"VIRTUAL_ITER", "", JIT_TYPE_OBJECT, 0, 0},
    [JIT_OP_VIRTUAL_RANGE] = {"VIRTUAL_RANGE", "", JIT_TYPE_OBJECT, 0, 0},
    [JIT_OP_VIRTUAL_CELL] = {"VIRTUAL_CELL", "", JIT_TYPE_OBJECT, 0, 0},
    [JIT_OP_VIRTUAL_METHOD] = {"VIRTUAL_METHOD", "", JIT_TYPE_OBJECT, 0, 0},
    [JIT_OP_VIRTUAL_NAME] = {"VIRTUAL_NAME", "o", JIT_TYPE_OBJECT, 1, 0},
    [JIT_OP_VIRTUAL_FIELD] = {"VIRTUAL_FIELD", "o*", JIT_TYPE_NONE, 2, 0},
#define X(NAME, RESULT, NARGS, ARGS, FLAGS) [JIT_OP_##NAME] = {#NAME, ARGS, JIT_TYPE_##RESULT, NARGS, FLAGS},
    JIT_TRACE_OPS(X)
#undef X
};

const _PyJitInstInfo _PyJit_Insts[256] = {
#define X(NAME, SIZE, UOPS, FLAGS, BASE) [NAME] = {#NAME, NULL, FLAGS, SIZE, BASE, UOPS},
    JIT_INSTRUCTIONS(X)
#undef X
#define X(NAME, REASON) [NAME] = {#NAME, REASON, 0, 0, NAME, 0},
    JIT_NOT_TRACEABLE(X)
#undef X
};

const char *
_PyJitOp_Name(int op)
{
    return op >= 0 && op < JIT_OP_COUNT ? _PyJit_Ops[op].name : "?";
}

const char *
_PyJitType_Name(int type)
{
    static const char *const names[] = {
#define X(NAME, TEXT, CTYPE) TEXT,
        JIT_TYPES(X)
#undef X
    };
    return type >= 0 && type < JIT_TYPE_COUNT ? names[type] : "?";
}

const char *
_PyJitExitKind_Name(int kind)
{
    static const char *const names[] = {
#define X(NAME, TEXT) TEXT,
        JIT_EXIT_KINDS(X)
#undef X
    };
    return kind >= 0 && kind < JIT_EXIT_KIND_COUNT ? names[kind] : "?";
}

/* --- Growing -------------------------------------------------------------------------------------------- */

/* Makes room for MORE elements of SIZE bytes after N in *ARRAY.  0, or -1 and nothing changed. */
static int
reserve(void *array, uint32_t *cap, uint32_t n, uint32_t more, size_t size)
{
    if (more <= *cap - n) {
        return 0;
    }
    uint64_t wanted = *cap ? (uint64_t)*cap * 2 : FIRST_CAPACITY;
    if (wanted < (uint64_t)n + more) {
        wanted = (uint64_t)n + more;
    }
    if (wanted > UINT32_MAX / size) {
        return -1;
    }
    void **place = (void **)array;
    void *grown = PyMem_RawRealloc(*place, (size_t)wanted * size);
    if (grown == NULL) {
        return -1;
    }
    *place = grown;
    *cap = (uint32_t)wanted;
    return 0;
}

#define RESERVE(T, ARRAY, MORE) \
    reserve(&(T)->ARRAY, &(T)->ARRAY##_cap, (T)->n##ARRAY, (MORE), sizeof(*(T)->ARRAY))

/* Moves the instructions to an allocation with room for exactly NK_CAP constants and INS_CAP instructions. */
static int
resize_ins(_PyJitTrace *t, uint32_t nk_cap, uint32_t ins_cap)
{
    assert(nk_cap >= t->nk && ins_cap >= t->nins);
    _PyJitIns *moved = PyMem_RawMalloc(((size_t)nk_cap + ins_cap) * sizeof(_PyJitIns));
    if (moved == NULL) {
        return -1;
    }
    if (t->ins != NULL) {
        memcpy(moved + nk_cap - t->nk, t->ins + t->nk_cap - t->nk, ((size_t)t->nk + t->nins) * sizeof(_PyJitIns));
        PyMem_RawFree(t->ins);
    }
    t->ins = moved;
    t->nk_cap = nk_cap;
    t->ins_cap = ins_cap;
    return 0;
}

void
_PyJitTrace_Init(_PyJitTrace *t)
{
    memset(t, 0, sizeof(*t));
}

void
_PyJitTrace_Clear(_PyJitTrace *t)
{
    PyMem_RawFree(t->ins);
#define X(ARRAY) PyMem_RawFree(t->ARRAY);
    JIT_TRACE_ARRAYS(X)
#undef X
    _PyJitTrace_Init(t);
}

void
_PyJitTrace_Empty(_PyJitTrace *t)
{
    if (t->ins_cap > MOST_KEPT || t->records_cap > MOST_KEPT || t->slots_cap > MOST_KEPT) {
        _PyJitTrace_Clear(t);
        return;
    }
    _PyJitTrace_DropOperations(t);
    t->nrecords = t->nunits = t->ncodes = 0;
}

void
_PyJitTrace_DropOperations(_PyJitTrace *t)
{
#define KEEP(ARRAY) .ARRAY = t->ARRAY, .ARRAY##_cap = t->ARRAY##_cap
#define KEEP_ALL(ARRAY) KEEP(ARRAY), .n##ARRAY = t->n##ARRAY
    *t = (_PyJitTrace){
        KEEP(ins), .nk_cap = t->nk_cap, KEEP(snaps), KEEP(frames), KEEP(slots), KEEP(watched), KEEP(held),
        KEEP(heads), KEEP(fields_at_head), KEEP(passed),
        KEEP_ALL(records), KEEP_ALL(units), KEEP_ALL(codes),
    };
#undef KEEP_ALL
#undef KEEP
}

/* --- Appending ------------------------------------------------------------------------------------------ */

int
_PyJitTrace_GrowOperations(_PyJitTrace *t)
{
    if (t->nins == MAX_INS) {
        return -1;
    }
    return resize_ins(t, t->nk_cap, t->ins_cap ? Py_MIN(t->ins_cap * 2, MAX_INS) : FIRST_CAPACITY);
}

_PyJitRef
_PyJitTrace_Const(_PyJitTrace *t, _PyJitType type, uint64_t bits)
{
    const _PyJitIns *end = t->ins + t->nk_cap;
    for (const _PyJitIns *k = end - t->nk; k < end; k++) {
        if (k->bits == bits && k->type == type) {
            return (_PyJitRef)(JIT_REF_BIAS - (end - k));
        }
    }
    if (t->nk == MAX_KONSTS) {
        return JIT_REF_NONE;
    }
    if (t->nk == t->nk_cap) {
        uint32_t nk_cap = t->nk_cap ? Py_MIN(t->nk_cap * 2, MAX_KONSTS) : FIRST_CAPACITY;
        if (resize_ins(t, nk_cap, t->ins_cap) < 0) {
            return JIT_REF_NONE;
        }
    }
    _PyJitRef ref = (_PyJitRef)(JIT_REF_BIAS - ++t->nk);
    *JIT_INS(t, ref) = (_PyJitIns){
        .op = JIT_OP_KONST, .type = (uint8_t)type, .snapshot = JIT_NO_SNAPSHOT, .bits = bits,
    };
    return ref;
}

int
_PyJitTrace_AddCode(_PyJitTrace *t, PyCodeObject *code)
{
    // A parsed trace has no code objects; its NULLs are all different codes.
    for (uint32_t i = t->ncodes; code != NULL && i-- > 0; ) {
        if (t->codes[i] == code) {
            return (int)i;
        }
    }
    if (t->ncodes > UINT16_MAX || RESERVE(t, codes, 1) < 0) {
        return -1;
    }
    t->codes[t->ncodes] = code;
    return (int)t->ncodes++;
}

int
_PyJitTrace_AddWatched(_PyJitTrace *t, void *key)
{
    for (uint32_t i = t->nwatched; i-- > 0;) {
        if (t->watched[i] == key) {
            return (int)i;
        }
    }
    if (t->nwatched > UINT16_MAX || RESERVE(t, watched, 1) < 0) {
        return -1;
    }
    t->watched[t->nwatched] = key;
    return (int)t->nwatched++;
}

int
_PyJitTrace_AddRecord(_PyJitTrace *t, const _PyJitRecord *record, const _Py_CODEUNIT *units)
{
    if (t->nrecords > INT32_MAX || RESERVE(t, records, 1) < 0 || RESERVE(t, units, record->size) < 0) {
        return -1;
    }
    _PyJitRecord *copy = &t->records[t->nrecords];
    *copy = *record;
    copy->units = t->nunits;
    if (record->size > 0) {
        // The live unit may have changed since it ran; the record says what ran.
        t->units[t->nunits].op.code = record->opcode;
        t->units[t->nunits].op.arg = (uint8_t)record->oparg;
        memcpy(&t->units[t->nunits + 1], units + 1, (record->size - 1u) * sizeof(*units));
    }
    t->nunits += record->size;
    return (int)t->nrecords++;
}

int
_PyJitTrace_AddSnapshot(_PyJitTrace *t, const _PyJitSnapshot *snap)
{
    if (t->nsnaps == JIT_NO_SNAPSHOT || RESERVE(t, snaps, 1) < 0) {
        return -1;
    }
    t->snaps[t->nsnaps] = *snap;
    return (int)t->nsnaps++;
}

uint16_t
_PyJitTrace_AddHeld(_PyJitTrace *t, _PyJitHeld held)
{
    const _PyJitHeld *last = t->nheld > 0 ? &t->held[t->nheld - 1] : NULL;
    if (last == NULL || held.slots != last->slots || held.fields != last->fields) {
        if ((held.slots | held.fields) == 0 || t->nheld == UINT16_MAX || RESERVE(t, held, 1) < 0) {
            return 0;
        }
        t->held[t->nheld++] = held;
    }
    return (uint16_t)t->nheld;
}

int
_PyJitTrace_ReserveSnapshot(_PyJitTrace *t, uint32_t nframes, uint32_t nslots)
{
    if (t->nsnaps == JIT_NO_SNAPSHOT || t->nslots + nslots > UINT16_MAX || t->nframes + nframes > UINT16_MAX) {
        return -1;
    }
    return RESERVE(t, snaps, 1) < 0 || RESERVE(t, frames, nframes) < 0 || RESERVE(t, slots, nslots) < 0 ? -1 : 0;
}

int
_PyJitTrace_AddFrame(_PyJitTrace *t, uint16_t code, uint32_t offset)
{
    if (t->nframes == UINT16_MAX || RESERVE(t, frames, 1) < 0) {
        return -1;
    }
    t->frames[t->nframes] = (_PyJitSnapFrame){.code = code, .offset = offset, .first_slot = (uint16_t)t->nslots};
    return (int)t->nframes++;
}

int
_PyJitTrace_AddSlot(_PyJitTrace *t, uint16_t slot, _PyJitRef value, bool owned)
{
    assert(t->nframes > 0);
    _PyJitSnapFrame *frame = &t->frames[t->nframes - 1];
    assert(frame->first_slot + frame->nslots == t->nslots);
    assert(slot <= JIT_SLOT_FUNCTION);
    if (t->nslots == UINT16_MAX || RESERVE(t, slots, 1) < 0) {
        return -1;
    }
    t->slots[t->nslots] = (_PyJitSnapSlot){.slot = slot, .value = value, .owned = owned};
    frame->nslots++;
    return (int)t->nslots++;
}

int
_PyJitTrace_AddHead(_PyJitTrace *t, const _PyJitHeadSlot *slot)
{
    if (RESERVE(t, heads, 1) < 0) {
        return -1;
    }
    t->heads[t->nheads] = *slot;
    return (int)t->nheads++;
}

int
_PyJitTrace_AddHeadField(_PyJitTrace *t, const _PyJitHeadField *field)
{
    if (RESERVE(t, fields_at_head, 1) < 0) {
        return -1;
    }
    t->fields_at_head[t->nfields_at_head] = *field;
    return (int)t->nfields_at_head++;
}

int
_PyJitTrace_AddPassed(_PyJitTrace *t, _PyJitRef value)
{
    if (RESERVE(t, passed, 1) < 0) {
        return -1;
    }
    t->passed[t->npassed] = value;
    return (int)t->npassed++;
}

/* --- Places --------------------------------------------------------------------------------------------- */

static _Py_CODEUNIT *
address(const _PyJitTrace *t, uint16_t code, uint32_t offset)
{
    assert(code < t->ncodes && t->codes[code] != NULL);
    return _PyCode_CODE(t->codes[code]) + offset;
}

_Py_CODEUNIT *
_PyJitTrace_Instr(const _PyJitTrace *t, const _PyJitRecord *record)
{
    return address(t, record->code, record->offset);
}

_Py_CODEUNIT *
_PyJitTrace_SnapIP(const _PyJitTrace *t, const _PyJitSnapshot *snap)
{
    return address(t, snap->code, snap->offset);
}

_Py_CODEUNIT *
_PyJitTrace_ExpectedIP(const _PyJitTrace *t, const _PyJitIns *guard)
{
    assert(guard->op == JIT_OP_GUARD_IP && guard->snapshot < t->nsnaps);
    return _PyJitTrace_SnapIP(t, &t->snaps[guard->snapshot]);
}

#endif /* _Py_TIER2 */
