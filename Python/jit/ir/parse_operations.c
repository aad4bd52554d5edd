/* Trace IR from text: a line that is an operation, with the instruction it stands for. */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "jit/ir/parse.h"

/* "{0001 2f00}": exactly SIZE - 1 cache units. */
static int
read_units(Parser *p, _Py_CODEUNIT *units, unsigned int size)
{
    const char *start = p->at - 1;
    unsigned int n = 0;
    while (!_PyJitParse_Accept(p, '}')) {
        unsigned int value = 0;
        int digits = 0;
        skip_space(p);
        for (; Py_ISXDIGIT(*p->at); p->at++, digits++) {
            char c = *p->at;
            value = value * 16 + (unsigned int)(is_digit(c) ? c - '0' : Py_TOLOWER(c) - 'a' + 10);
        }
        if (digits != 4) {
            return _PyJitParse_Expected(p, "a cache unit of four hexadecimal digits, or '}'");
        }
        if (++n < size) {
            units[n].cache = (uint16_t)value;
        }
    }
    unsigned int wanted = size ? size - 1 : 0;
    if (n != wanted) {
        return _PyJitParse_FailAt(place_of(p, start), "expected as many cache units as the instruction has (%u), found %u",
                                  wanted, n);
    }
    return 0;
}

int
_PyJitParse_Option(Parser *p, const char *word, uint64_t most, uint64_t *number)
{
    return _PyJitParse_AcceptWord(p, word) ? _PyJitParse_Number(p, most, number, "a number") : 0;
}

/* What follows OPAQUE: the instruction as it ran. */
static int
read_record(Parser *p, uint32_t *index)
{
    _PyJitRecord record = {.depth = 128};
    _Py_CODEUNIT units[256] = {{0}};
    uint64_t n;
    if (_PyJitParse_Accept(p, '%')) {
        if (_PyJitParse_Number(p, UINT32_MAX, &n, "an index") < 0) {
            return -1;
        }
        skip_space(p);
        if (!is_digit(*p->at)) {
            *index = (uint32_t)n;      // a record that is not there
            return 0;
        }
        record.opcode = (uint8_t)n;
    }
    else {
        char name[MAX_WORD];
        skip_space(p);
        const char *start = p->at;
        if (_PyJitParse_Word(p, name, "the name of an instruction") < 0) {
            return -1;
        }
        int opcode = 0;
        while (opcode < 256 && (_PyJit_Insts[opcode].name == NULL || strcmp(_PyJit_Insts[opcode].name, name) != 0)) {
            opcode++;
        }
        if (opcode == 256) {
            p->at = start;
            return _PyJitParse_Expected(p, "the name of an instruction");
        }
        record.opcode = (uint8_t)opcode;
    }
    if (_PyJitParse_Number(p, UINT32_MAX, &n, "the instruction's oparg") < 0) {
        return -1;
    }
    record.oparg = (uint32_t)n;
    n = _PyJit_Insts[record.opcode].size;
    if (_PyJitParse_Option(p, "size", 255, &n) < 0) {
        return -1;
    }
    record.size = (uint8_t)n;
    if (_PyJitParse_Accept(p, '{') && read_units(p, units, record.size) < 0) {
        return -1;
    }
    if (!_PyJitParse_Accept(p, '@')) {
        return _PyJitParse_Expected(p, "'@' and the instruction's place");
    }
    if (_PyJitParse_Place(p, &record.code, &record.offset) < 0) {
        return -1;
    }
    n = 0;
    if (_PyJitParse_Option(p, "prefix", 255, &n) < 0) {
        return -1;
    }
    record.prefix = (uint8_t)n;
    if (_PyJitParse_AcceptWord(p, "depth")) {
        int below = _PyJitParse_Accept(p, '-');
        if (!below) {
            (void)_PyJitParse_Accept(p, '+');
        }
        if (_PyJitParse_Number(p, below ? 128 : 127, &n, "a number of frames") < 0) {
            return -1;
        }
        record.depth = (uint8_t)(below ? 128 - n : 128 + n);
    }
    n = 0;
    if (_PyJitParse_Option(p, "entered", JIT_ENTERED_CONSUMER, &n) < 0) {
        return -1;
    }
    record.entered = (uint8_t)(n & 7);
    int added = _PyJitTrace_AddRecord(p->t, &record, units);
    if (added < 0) {
        return no_memory();
    }
    *index = (uint32_t)added;
    return 0;
}

/* A place is next, not a value: c0:12 or %0:12. */
static int
place_is_next(Parser *p)
{
    skip_space(p);
    if (*p->at == 'c') {
        return 1;
    }
    if (*p->at != '%') {
        return 0;
    }
    const char *end = p->at + 1;
    while (is_digit(*end)) {
        end++;
    }
    return *end == ':';
}

/* A value that may be defined below: its label waits in PENDING then. */
static int
read_later_value(Parser *p, _PyJitRef *ref, Pending *pending)
{
    skip_space(p);
    const char *start = p->at;
    uint16_t label;
    if (_PyJitParse_Label(p, 'v', &label) && p->values[label] == JIT_REF_NONE) {
        pending->later = 1;
        pending->label = label;
        pending->place = place_of(p, start);
        return 0;
    }
    p->at = start;
    return _PyJitParse_Value(p, ref);
}

static int
read_operands(Parser *p, int op, _PyJitRef operands[3], Pending *pending)
{
    int n = 0;
    do {
        if (op == JIT_OP_GUARD_IP && place_is_next(p)) {
            pending->has_place = 1;
            return _PyJitParse_Place(p, &pending->code, &pending->offset);
        }
        if (n == 3) {
            return _PyJitParse_Expected(p, "at most three operands");
        }
        if (op == JIT_OP_PHI && n == 1) {
            // Mostly made later: looked up when all is read.
            if (read_later_value(p, &operands[n], pending) < 0) {
                return -1;
            }
        }
        else if (_PyJitParse_Value(p, &operands[n]) < 0) {
            return -1;
        }
        n++;
    } while (_PyJitParse_Accept(p, ','));
    return 0;
}

static int
add_pending(Parser *p, const Pending *pending)
{
    if (p->npending == p->pending_cap) {
        size_t cap = p->pending_cap ? p->pending_cap * 2 : 32;
        Pending *grown = PyMem_RawRealloc(p->pending, cap * sizeof(Pending));
        if (grown == NULL) {
            return no_memory();
        }
        p->pending = grown;
        p->pending_cap = cap;
    }
    p->pending[p->npending++] = *pending;
    return 0;
}

/* "-> s3", if it is there. */
static int
read_snapshot_use(Parser *p, _PyJitRef user, Pending *pending)
{
    const char *what = "a snapshot, as in s1";
    skip_space(p);
    if (strncmp(p->at, "->", 2) != 0) {
        return pending->has_place ? _PyJitParse_Expected(p, "'->' and a snapshot, which holds the place") : 0;
    }
    p->at += 2;
    skip_space(p);
    pending->user = user;
    pending->place = place_of(p, p->at);
    uint64_t n;
    if (_PyJitParse_Accept(p, '%')) {
        if (_PyJitParse_Number(p, JIT_NO_SNAPSHOT - 1, &n, "an index") < 0) {
            return -1;
        }
        pending->raw = 1;
        pending->label = (uint16_t)n;
    }
    else if (!_PyJitParse_Label(p, 's', &pending->label)) {
        return _PyJitParse_Expected(p, what);
    }
    return add_pending(p, pending);
}

int
_PyJitParse_Operation(Parser *p)
{
    char name[MAX_WORD];
    uint16_t label = 0;
    int type = JIT_TYPE_NONE;
    skip_space(p);
    const char *start = p->at;
    int defines = _PyJitParse_Label(p, 'v', &label);
    if (defines) {
        if (p->values[label] != JIT_REF_NONE) {
            return _PyJitParse_FailAt(place_of(p, start), "v%u is defined twice: expected a new number", label);
        }
        if (!_PyJitParse_Accept(p, ':')) {
            return _PyJitParse_Expected(p, "':' and a type");
        }
        skip_space(p);
        const char *type_start = p->at;
        if (_PyJitParse_Word(p, name, "a type") < 0) {
            return -1;
        }
        type = _PyJitParse_TypeByName(name);
        if (type <= JIT_TYPE_NONE) {
            p->at = type_start;
            return _PyJitParse_Expected(p, "a type (object, int, float, bool, i64, f64 or ip)");
        }
        if (!_PyJitParse_Accept(p, '=')) {
            return _PyJitParse_Expected(p, "'=' and an operation");
        }
    }
    skip_space(p);
    const char *op_start = p->at;
    uint64_t op = 0;
    if (_PyJitParse_Accept(p, '%')) {
        if (_PyJitParse_Number(p, JIT_MOST_OPS - 1, &op, "an operation number") < 0) {
            return -1;
        }
    }
    else {
        if (_PyJitParse_Word(p, name, "an operation or 'snap'") < 0) {
            return -1;
        }
        while (op < JIT_OP_COUNT && strcmp(_PyJit_Ops[op].name, name) != 0) {
            op++;
        }
        if (op == JIT_OP_COUNT) {
            p->at = op_start;
            return _PyJitParse_Expected(p, "an operation or 'snap'");
        }
    }
    Pending pending = {0};
    _PyJitRef operands[3] = {JIT_REF_NONE, JIT_REF_NONE, JIT_REF_NONE};
    uint32_t aux = 0;
    uint64_t bits = 0, n = 0;
    if (op == JIT_OP_OPAQUE || op == JIT_OP_BYTECODE) {
        if (read_record(p, &aux) < 0) {
            return -1;
        }
        if (op == JIT_OP_BYTECODE && _PyJitParse_AcceptWord(p, "raised") && aux < p->t->nrecords) {
            p->t->records[aux].raised = 1;
        }
    }
    else if (op == JIT_OP_KONST) {
        skip_space(p);
        const char *constant_start = p->at;
        int constant_type;
        if (_PyJitParse_Constant(p, &constant_type, &bits) < 0) {
            return -1;
        }
        if (constant_type != type) {
            p->at = constant_start;
            return _PyJitParse_FailAt(place_of(p, p->at), "expected a constant of type %s", _PyJitType_Name(type));
        }
    }
    else {
        int none = at_line_end(p) || strncmp(p->at, "->", 2) == 0 || strncmp(p->at, "aux ", 4) == 0;
        if (!none && read_operands(p, (int)op, operands, &pending) < 0) {
            return -1;
        }
        if (_PyJitParse_Option(p, "aux", UINT32_MAX, &n) < 0) {
            return -1;
        }
        aux = (uint32_t)n;
    }
    _PyJitRef ref = _PyJitTrace_Emit(p->t, (_PyJitOp)op, (_PyJitType)type, operands[0], operands[1], aux,
                                     JIT_NO_SNAPSHOT);
    if (ref == JIT_REF_NONE) {
        return no_memory();
    }
    if (op == JIT_OP_KONST) {
        JIT_INS(p->t, ref)->bits = bits;
    }
    else {
        JIT_INS(p->t, ref)->c = operands[2];
    }
    if (defines) {
        p->values[label] = ref;
    }
    if (pending.later) {
        pending.user = ref;
        if (add_pending(p, &pending) < 0) {
            return -1;
        }
    }
    else if (read_snapshot_use(p, ref, &pending) < 0) {
        return -1;
    }
    return _PyJitParse_ExpectLineEnd(p, "'->' or the end of the line");
}

#endif /* _Py_TIER2 */
