/* Traces at rest: what an executor keeps.
 *
 * To leave a trace takes its snapshots, their frames and slots, constants, and the operations that make virtuals, which stand behind the
 * constants (`spare`: which operation that is).  Its other operations and its records are read by people, and by side traces that are built
 * for its exits.  They are most of a trace, so all of them are kept as bytes and become a trace again when somebody asks.
 *
 * An element is its kind (opcode, or operation % 256), then for each eight words a byte, with a bit for each of them that differs from what
 * is expected, then these words.  Expected is the last element of that kind, but for what goes on from one element to the next:
 * the latest snapshot, the next record, the place behind the instruction before.  It takes a quarter of the room.
 *
 * The trace-IR interpreter runs operations as they are: for it a trace is kept whole.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_jit_ir.h"

#define MOST_BYTES(SIZE) (1 + (SIZE) + (SIZE) / 16)        // of one element, its kind and what tells its words
#define OPERATIONS 256
#define OPCODES 64
_Static_assert(sizeof(_PyJitRecord) % 16 == 0, "a byte stands for eight words");

typedef struct {
    uint64_t ins[OPERATIONS][2];       // the last one of each kind
    _PyJitRecord records[OPCODES];     // likewise; some share a place
    uint16_t snapshot;                 // the latest one
    uint32_t record;                   // the one behind the latest one that an operation has named
    const _PyJitRecord *before;
} Expected;

/* A bit for each of the four words of WORDS that is not 0. */
static inline unsigned int
which(uint64_t words)
{
    const uint64_t low = 0x7fff7fff7fff7fff;
    words = ((words & low) + low) | words;      // the highest bit of each word that is not 0
    return (unsigned int)((words >> 15 & 0x0001000100010001) * 0x0001000200040008 >> 48 & 15);
}

/* Writes those of four WORDS that DIFFER.  All of them are stored, one over the other: nobody can foretell which ones differ. */
static inline uint8_t *
write_words(uint8_t *at, uint64_t words, unsigned int differ)
{
    for (int i = 0; differ != 0 && i < 4; i++) {
        uint16_t word = (uint16_t)(words >> 16 * i);
        memcpy(at, &word, 2);
        at += 2 * (differ >> i & 1);
    }
    return at;
}

static inline uint8_t *
read_words(uint8_t *at, uint64_t *words, unsigned int differ)
{
    for (int i = 0; i < 4; i++) {
        if (differ >> i & 1) {
            uint16_t word;
            memcpy(&word, at, 2);
            at += 2;
            *words = (*words & ~((uint64_t)0xffff << 16 * i)) | (uint64_t)word << 16 * i;
        }
    }
    return at;
}

/* Writes the eight WORDS, where they differ from what is EXPECTED, or reads them.  Returns the place behind. */
static inline uint8_t *
transfer(uint8_t *at, uint64_t *words, const uint64_t *expected, bool writes)
{
    unsigned int differ = writes ? which(words[0] ^ expected[0]) | which(words[1] ^ expected[1]) << 4 : *at;
    *at++ = (uint8_t)differ;
    if (writes) {
        return write_words(write_words(at, words[0], differ & 15), words[1], differ >> 4);
    }
    words[0] = expected[0];
    words[1] = expected[1];
    return read_words(read_words(at, &words[0], differ & 15), &words[1], differ >> 4);
}

/* `spare` is for passes. */
static inline uint8_t *
transfer_ins(uint8_t *at, _PyJitIns *ins, Expected *expected, bool writes)
{
    uint8_t kind = *at = writes ? ins->op % OPERATIONS : *at;
    bool names_record = kind == JIT_OP_OPAQUE || kind == JIT_OP_BYTECODE;
    uint64_t *last = expected->ins[kind], next[] = {last[0], last[1]}, words[] = {0, 0};
    if (next[0] % OPERATIONS != kind) {
        next[0] = kind;
    }
    if ((next[0] >> 16 & 0xffff) != JIT_NO_SNAPSHOT) {
        next[0] = (next[0] & ~(uint64_t)0xffff0000) | (uint64_t)expected->snapshot << 16;
    }
    if (names_record) {
        next[0] = (next[0] & 0xffffffff) | (uint64_t)expected->record << 32;
    }
    if (writes) {
        words[0] = ins->op | (uint64_t)ins->type << 10 | (uint64_t)ins->snapshot << 16 | (uint64_t)ins->aux << 32;
        words[1] = ins->a | (uint64_t)ins->b << 16 | (uint64_t)ins->c << 32;
    }
    at = transfer(at + 1, words, next, writes);
    if (!writes) {
        *ins = (_PyJitIns){
            .op = words[0] & 0x3ff, .type = words[0] >> 10 & 0x3f, .snapshot = (uint16_t)(words[0] >> 16),
            .aux = (uint32_t)(words[0] >> 32), .a = (_PyJitRef)words[1], .b = (_PyJitRef)(words[1] >> 16), .c = (_PyJitRef)(words[1] >> 32),
        };
    }
    last[0] = words[0];
    last[1] = words[1];
    if (ins->snapshot != JIT_NO_SNAPSHOT) {
        expected->snapshot = ins->snapshot;
    }
    if (names_record) {
        expected->record = ins->aux + 1;
    }
    return at;
}

static inline uint8_t *
transfer_record(uint8_t *at, _PyJitRecord *record, Expected *expected, bool writes)
{
    uint8_t opcode = *at = writes ? record->opcode : *at;
    const _PyJitRecord *before = expected->before;
    _PyJitRecord *next = &expected->records[opcode % OPCODES];
    next->opcode = opcode;
    next->offset = before->offset + before->size;
    next->units = before->units + before->size;
    next->code = before->code;
    next->depth = before->depth;
    next->sp = before->sp;
    at++;
    for (size_t i = 0; i < sizeof(*record); i += 16) {
        uint64_t words[2], others[2];
        memcpy(words, (char *)record + i, 16);
        memcpy(others, (char *)next + i, 16);
        at = transfer(at, words, others, writes);
        memcpy((char *)(writes ? next : record) + i, words, 16);
    }
    if (!writes) {
        *next = *record;
    }
    expected->before = record;
    return at;
}

/* All records of T, and its operations if it HAS them. */
Py_ALWAYS_INLINE static inline uint8_t *
transfer_all(uint8_t *at, const _PyJitTrace *t, bool has, bool writes)
{
    static const _PyJitRecord none;
    Expected expected = {.before = &none};
    for (uint32_t i = 0; i < t->nrecords; i++) {
        at = transfer_record(at, &t->records[i], &expected, writes);
    }
    for (uint32_t i = 0; has && i < t->nins; i++) {
        at = transfer_ins(at, JIT_INS(t, JIT_REF_BIAS + i), &expected, writes);
    }
    return at;
}

size_t
_PyJitTrace_PackedSize(const _PyJitTrace *t)
{
#define X(ARRAY) + t->ARRAY##_cap * sizeof(*t->ARRAY)
    return sizeof(*t) + ((size_t)t->nk_cap + t->ins_cap) * sizeof(_PyJitIns) JIT_TRACE_ARRAYS(X);
#undef X
}

/* Copies the operations of T that make virtuals to TO, if that is not NULL.  Returns how many there are. */
static uint32_t
copy_virtuals(const _PyJitTrace *t, _PyJitIns *to)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->nins; i++) {
        const _PyJitIns *ins = JIT_INS(t, JIT_REF_BIAS + i);
        if (!_PyJitOp_IsVirtual(ins->op)) {
            continue;
        }
        if (to != NULL) {
            to[n] = *ins;
            to[n].spare = (uint16_t)i;
        }
        n++;
    }
    return n;
}

_PyJitTrace *
_PyJitTrace_Pack(const _PyJitTrace *t, bool whole)
{
    _PyJitTrace kept = *t;
    if (!whole) {
        kept.packed = PyMem_RawMalloc(t->nins * MOST_BYTES(sizeof(_PyJitIns)) + t->nrecords * MOST_BYTES(sizeof(_PyJitRecord)));
        if (kept.packed == NULL) {
            return NULL;
        }
        kept.npacked = (uint32_t)(transfer_all(kept.packed, t, true, true) - kept.packed);
        kept.nins = copy_virtuals(t, NULL);
        kept.nrecords = 0;
    }
    kept.nk_cap = kept.nk;
    kept.ins_cap = kept.nins;
#define X(ARRAY) kept.ARRAY##_cap = kept.n##ARRAY;
    JIT_TRACE_ARRAYS(X)
#undef X
    _PyJitTrace *packed = PyMem_RawMalloc(_PyJitTrace_PackedSize(&kept));
    if (packed != NULL) {
        *packed = kept;
        packed->nins = t->nins;
        packed->nrecords = t->nrecords;
        packed->ins = (_PyJitIns *)(packed + 1);
        size_t size = ((size_t)kept.nk + (whole ? kept.nins : 0)) * sizeof(_PyJitIns);
        if (size > 0) {
            memcpy(packed->ins, t->ins + t->nk_cap - t->nk, size);
        }
        if (!whole) {
            (void)copy_virtuals(t, packed->ins + kept.nk);
        }
        char *at = (char *)(packed->ins + kept.nk + kept.nins);
#define X(ARRAY) \
        size = kept.n##ARRAY * sizeof(*kept.ARRAY); \
        packed->ARRAY = (void *)at; \
        if (size > 0) { \
            memcpy(at, kept.ARRAY, size); \
            at += size; \
        }
        JIT_TRACE_ARRAYS(X)
#undef X
    }
    PyMem_RawFree(kept.packed);
    return packed;
}

const _PyJitTrace *
_PyJitTrace_Unpack(const _PyJitTrace *t, bool operations)
{
    if (t->npacked == 0) {
        return t;
    }
    size_t nins = (size_t)t->nk + (operations ? t->nins : 0);
    _PyJitTrace *whole = PyMem_RawCalloc(1, sizeof(*t) + nins * sizeof(_PyJitIns) + t->nrecords * sizeof(_PyJitRecord));
    if (whole == NULL) {
        return NULL;
    }
    *whole = *t;
    whole->npacked = 0;
    whole->ins = (_PyJitIns *)(whole + 1);
    whole->records = (_PyJitRecord *)(whole->ins + nins);
    if (t->nk > 0) {
        memcpy(whole->ins, t->ins, t->nk * sizeof(_PyJitIns));
    }
    uint8_t *end = transfer_all(t->packed, whole, operations, false);
    assert(!operations || end == t->packed + t->npacked);
    (void)end;
    return whole;
}

void
_PyJitTrace_FreeUnpacked(const _PyJitTrace *whole, const _PyJitTrace *t)
{
    if (whole != t) {
        PyMem_RawFree((void *)whole);
    }
}

#endif /* _Py_TIER2 */
