/* Trace IR from text: the inverse of ir_print.c.  InternalDocs/trace_ir.md has the grammar.
 *
 * One pass, line by line, by recursive descent without recursion: every line begins with a word that says what it is.  Numbers of
 * values, snapshots and codes in the text are labels; any will do, and they are defined before they are used, but for
 * snapshots, which stand at the end and are looked up when all is read.
 *
 * The parser takes any trace that can be written down, also one the verifier would refuse; it refuses what has no meaning.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include <errno.h>
#include "opcode.h"
#include "pycore_jit_ir.h"

#define MAX_LABEL 0xffff
#define MAX_WORD 48

typedef struct {
    int line, column;          // both from 1
} Place;

/* A "-> s3", or the place of a GUARD_IP, waits for the snapshots. */
typedef struct {
    _PyJitRef user;
    uint16_t label;
    uint8_t raw;               // label is an index
    uint8_t has_place;         // GUARD_IP: code and offset are set
    uint8_t later;             // label is that of a PHI's second operand
    uint16_t code;
    uint32_t offset;
    Place place;
} Pending;

typedef struct {
    _PyJitTrace *t;
    const char *at;            // next character
    const char *line_start;
    int line;
    _PyJitRef *values;         // by label; JIT_REF_NONE: not defined
    uint32_t *snaps;           // by label: index + 1
    uint32_t *codes;           // by label: index + 1
    Pending *pending;
    size_t npending, pending_cap;
    uint8_t exits_given;
} Parser;

/* --- Errors ---------------------------------------------------------------------------------------------- */

static Place
place_of(const Parser *p, const char *at)
{
    return (Place){p->line, (int)(at - p->line_start) + 1};
}

static int
fail_at(Place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    PyObject *what = PyUnicode_FromFormatV(format, args);
    va_end(args);
    if (what != NULL) {
        PyErr_Format(PyExc_ValueError, "%d:%d: %U", place.line, place.column, what);
        Py_DECREF(what);
    }
    return -1;
}

static int
no_memory(void)
{
    PyErr_NoMemory();
    return -1;
}

/* "expected X, found 'abc'", at the next character. */
static int
expected(Parser *p, const char *what)
{
    char found[24];
    size_t n = strcspn(p->at, " \t\r\n#,");
    if (*p->at == ',') {
        n = 1;
    }
    if (n == 0) {
        return fail_at(place_of(p, p->at), "expected %s, found the end of the line", what);
    }
    n = Py_MIN(n, sizeof(found) - 1);
    memcpy(found, p->at, n);
    found[n] = 0;
    return fail_at(place_of(p, p->at), "expected %s, found '%s'", what, found);
}

/* --- Words and numbers ----------------------------------------------------------------------------------- */

static int
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int
is_word_char(char c)
{
    return Py_ISALNUM(c) || c == '_';
}

static void
skip_space(Parser *p)
{
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\r') {
        p->at++;
    }
}

/* Nothing but a comment is left on the line. */
static int
at_line_end(Parser *p)
{
    skip_space(p);
    return *p->at == '\n' || *p->at == 0 || *p->at == '#';
}

static int
expect_line_end(Parser *p, const char *what)
{
    return at_line_end(p) ? 0 : expected(p, what);
}

/* Goes to the next line that is not empty.  0: there is none. */
static int
next_line(Parser *p)
{
    for (;;) {
        if (!at_line_end(p)) {
            return 1;
        }
        p->at += strcspn(p->at, "\n");
        if (*p->at == 0) {
            return 0;
        }
        p->at++;
        p->line++;
        p->line_start = p->at;
    }
}

/* Reads the character C if it is next. */
static int
accept(Parser *p, char c)
{
    skip_space(p);
    if (*p->at != c) {
        return 0;
    }
    p->at++;
    return 1;
}

/* Reads the word WORD if it is next. */
static int
accept_word(Parser *p, const char *word)
{
    skip_space(p);
    size_t n = strlen(word);
    if (strncmp(p->at, word, n) != 0 || is_word_char(p->at[n])) {
        return 0;
    }
    p->at += n;
    return 1;
}

/* Reads a word into WORD (MAX_WORD bytes). */
static int
read_word(Parser *p, char *word, const char *what)
{
    skip_space(p);
    size_t n = 0;
    while (is_word_char(p->at[n])) {
        n++;
    }
    if (n == 0 || is_digit(p->at[0]) || n >= MAX_WORD) {
        return expected(p, what);
    }
    memcpy(word, p->at, n);
    word[n] = 0;
    p->at += n;
    return 0;
}

/* Reads a decimal number of at most MOST. */
static int
read_number(Parser *p, uint64_t most, uint64_t *number, const char *what)
{
    skip_space(p);
    if (!is_digit(*p->at)) {
        return expected(p, what);
    }
    const char *start = p->at;
    uint64_t n = 0;
    while (is_digit(*p->at)) {
        n = n * 10 + (uint64_t)(*p->at++ - '0');
        if (n > most) {
            return fail_at(place_of(p, start), "expected %s of at most %llu", what, (unsigned long long)most);
        }
    }
    *number = n;
    return 0;
}

/* Reads LETTER and a number, as in v12, if that is next. */
static int
accept_label(Parser *p, char letter, uint16_t *label)
{
    skip_space(p);
    if (*p->at != letter || !is_digit(p->at[1])) {
        return 0;
    }
    const char *end = p->at + 1;
    uint32_t n = 0;
    while (is_digit(*end)) {
        n = n * 10 + (uint32_t)(*end++ - '0');
        if (n > MAX_LABEL) {
            return 0;
        }
    }
    if (is_word_char(*end)) {
        return 0;
    }
    p->at = end;
    *label = (uint16_t)n;
    return 1;
}

/* "c0:12" or "%3:12". */
static int
read_place(Parser *p, uint16_t *code, uint32_t *offset)
{
    const char *what = "a place, as in c0:12";
    uint64_t n;
    skip_space(p);
    const char *start = p->at;
    if (accept(p, '%')) {
        if (read_number(p, UINT16_MAX, &n, "a code index") < 0) {
            return -1;
        }
        *code = (uint16_t)n;
    }
    else {
        uint16_t label;
        if (!accept_label(p, 'c', &label)) {
            return expected(p, what);
        }
        if (p->codes[label] == 0) {
            return fail_at(place_of(p, start), "c%u is not defined: expected a line 'code c%u' above 'trace:'",
                           label, label);
        }
        *code = (uint16_t)(p->codes[label] - 1);
    }
    if (*p->at != ':') {
        return expected(p, "':' and an offset in code units");
    }
    p->at++;
    if (read_number(p, UINT32_MAX, &n, "an offset in code units") < 0) {
        return -1;
    }
    *offset = (uint32_t)n;
    return 0;
}

/* --- Values ---------------------------------------------------------------------------------------------- */

static int
type_by_name(const char *name)
{
    for (int i = 0; i < JIT_TYPE_COUNT; i++) {
        if (strcmp(_PyJitType_Name(i), name) == 0) {
            return i;
        }
    }
    return -1;
}

/* "12", "-1.5" or "object(0x7f00)". */
static int
read_constant(Parser *p, int *type, uint64_t *bits)
{
    const char *what = "a value, as in v1, 12, 1.5 or object(0x7f00)";
    skip_space(p);
    const char *start = p->at;
    if (is_digit(*start) || *start == '-') {
        const char *end = start + 1;
        int real = 0;
        while (is_digit(*end) || *end == '.' || *end == 'e' || (*end == '-' && end[-1] == 'e')
               || (*end == '+' && end[-1] == 'e')) {
            real |= !is_digit(*end);
            end++;
        }
        char text[64];
        if ((size_t)(end - start) >= sizeof(text) || is_word_char(*end)) {
            return expected(p, what);
        }
        memcpy(text, start, (size_t)(end - start));
        text[end - start] = 0;
        if (real) {
            double value = PyOS_string_to_double(text, NULL, NULL);
            if (value == -1.0 && PyErr_Occurred()) {
                PyErr_Clear();
                return expected(p, "a number");
            }
            *type = JIT_TYPE_F64;
            memcpy(bits, &value, sizeof(value));
        }
        else {
            char *stop;
            errno = 0;
            long long value = strtoll(text, &stop, 10);
            if (errno || *stop || stop == text) {
                return expected(p, "a number that fits 64 bits");
            }
            *type = JIT_TYPE_I64;
            *bits = (uint64_t)value;
        }
        p->at = end;
        return 0;
    }
    char name[MAX_WORD];
    if (read_word(p, name, what) < 0) {
        return -1;
    }
    *type = type_by_name(name);
    if (*type < 0 || *p->at != '(') {
        p->at = start;
        return expected(p, what);
    }
    p->at++;
    errno = 0;
    char *stop = NULL;
    if (strncmp(p->at, "0x", 2) == 0 && Py_ISXDIGIT(p->at[2])) {
        *bits = strtoull(p->at, &stop, 16);
    }
    if (stop == NULL || errno) {
        return expected(p, "the bits of the constant, as in 0x7f00");
    }
    p->at = stop;
    if (*p->at != ')') {
        return expected(p, "')'");
    }
    p->at++;
    return 0;
}

static int
read_value(Parser *p, _PyJitRef *ref)
{
    skip_space(p);
    const char *start = p->at;
    uint16_t label;
    uint64_t n;
    if (accept_word(p, "_")) {
        *ref = JIT_REF_NONE;
        return 0;
    }
    if (accept(p, '%')) {
        int negative = accept(p, '-');
        if (read_number(p, negative ? JIT_REF_BIAS : UINT16_MAX - JIT_REF_BIAS, &n, "an index") < 0) {
            return -1;
        }
        *ref = (_PyJitRef)(negative ? JIT_REF_BIAS - n : JIT_REF_BIAS + n);
        return 0;
    }
    if (accept_label(p, 'v', &label)) {
        if (p->values[label] == JIT_REF_NONE) {
            return fail_at(place_of(p, start), "v%u is not defined: expected a value of a line above", label);
        }
        *ref = p->values[label];
        return 0;
    }
    int type;
    uint64_t bits;
    if (read_constant(p, &type, &bits) < 0) {
        return -1;
    }
    *ref = _PyJitTrace_Const(p->t, type, bits);
    return *ref == JIT_REF_NONE ? no_memory() : 0;
}

/* --- Operations ------------------------------------------------------------------------------------------ */

/* "{0001 2f00}": exactly SIZE - 1 cache units. */
static int
read_units(Parser *p, _Py_CODEUNIT *units, unsigned int size)
{
    const char *start = p->at - 1;
    unsigned int n = 0;
    while (!accept(p, '}')) {
        unsigned int value = 0;
        int digits = 0;
        skip_space(p);
        for (; Py_ISXDIGIT(*p->at); p->at++, digits++) {
            char c = *p->at;
            value = value * 16 + (unsigned int)(is_digit(c) ? c - '0' : Py_TOLOWER(c) - 'a' + 10);
        }
        if (digits != 4) {
            return expected(p, "a cache unit of four hexadecimal digits, or '}'");
        }
        if (++n < size) {
            units[n].cache = (uint16_t)value;
        }
    }
    unsigned int wanted = size ? size - 1 : 0;
    if (n != wanted) {
        return fail_at(place_of(p, start), "expected as many cache units as the instruction has (%u), found %u",
                       wanted, n);
    }
    return 0;
}

/* A number after WORD, if WORD is next. */
static int
read_option(Parser *p, const char *word, uint64_t most, uint64_t *number)
{
    return accept_word(p, word) ? read_number(p, most, number, "a number") : 0;
}

/* What follows OPAQUE: the instruction as it ran. */
static int
read_record(Parser *p, uint32_t *index)
{
    _PyJitRecord record = {.depth = 128};
    _Py_CODEUNIT units[256] = {{0}};
    uint64_t n;
    if (accept(p, '%')) {
        if (read_number(p, UINT32_MAX, &n, "an index") < 0) {
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
        if (read_word(p, name, "the name of an instruction") < 0) {
            return -1;
        }
        int opcode = 0;
        while (opcode < 256 && (_PyJit_Insts[opcode].name == NULL || strcmp(_PyJit_Insts[opcode].name, name) != 0)) {
            opcode++;
        }
        if (opcode == 256) {
            p->at = start;
            return expected(p, "the name of an instruction");
        }
        record.opcode = (uint8_t)opcode;
    }
    if (read_number(p, UINT32_MAX, &n, "the instruction's oparg") < 0) {
        return -1;
    }
    record.oparg = (uint32_t)n;
    n = _PyJit_Insts[record.opcode].size;
    if (read_option(p, "size", 255, &n) < 0) {
        return -1;
    }
    record.size = (uint8_t)n;
    if (accept(p, '{') && read_units(p, units, record.size) < 0) {
        return -1;
    }
    if (!accept(p, '@')) {
        return expected(p, "'@' and the instruction's place");
    }
    if (read_place(p, &record.code, &record.offset) < 0) {
        return -1;
    }
    n = 0;
    if (read_option(p, "prefix", 255, &n) < 0) {
        return -1;
    }
    record.prefix = (uint8_t)n;
    if (accept_word(p, "depth")) {
        int below = accept(p, '-');
        if (!below) {
            (void)accept(p, '+');
        }
        if (read_number(p, below ? 128 : 127, &n, "a number of frames") < 0) {
            return -1;
        }
        record.depth = (uint8_t)(below ? 128 - n : 128 + n);
    }
    n = 0;
    if (read_option(p, "entered", JIT_ENTERED_REFLECTED, &n) < 0) {
        return -1;
    }
    record.entered = (uint8_t)(n & 3);
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
    if (accept_label(p, 'v', &label) && p->values[label] == JIT_REF_NONE) {
        pending->later = 1;
        pending->label = label;
        pending->place = place_of(p, start);
        return 0;
    }
    p->at = start;
    return read_value(p, ref);
}

static int
read_operands(Parser *p, int op, _PyJitRef operands[3], Pending *pending)
{
    int n = 0;
    do {
        if (op == JIT_OP_GUARD_IP && place_is_next(p)) {
            pending->has_place = 1;
            return read_place(p, &pending->code, &pending->offset);
        }
        if (n == 3) {
            return expected(p, "at most three operands");
        }
        if (op == JIT_OP_PHI && n == 1) {
            // Mostly made later: looked up when all is read.
            if (read_later_value(p, &operands[n], pending) < 0) {
                return -1;
            }
        }
        else if (read_value(p, &operands[n]) < 0) {
            return -1;
        }
        n++;
    } while (accept(p, ','));
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
        return pending->has_place ? expected(p, "'->' and a snapshot, which holds the place") : 0;
    }
    p->at += 2;
    skip_space(p);
    pending->user = user;
    pending->place = place_of(p, p->at);
    uint64_t n;
    if (accept(p, '%')) {
        if (read_number(p, JIT_NO_SNAPSHOT - 1, &n, "an index") < 0) {
            return -1;
        }
        pending->raw = 1;
        pending->label = (uint16_t)n;
    }
    else if (!accept_label(p, 's', &pending->label)) {
        return expected(p, what);
    }
    return add_pending(p, pending);
}

/* [v1:ip =] NAME ... */
static int
read_operation(Parser *p)
{
    char name[MAX_WORD];
    uint16_t label = 0;
    int type = JIT_TYPE_NONE;
    skip_space(p);
    const char *start = p->at;
    int defines = accept_label(p, 'v', &label);
    if (defines) {
        if (p->values[label] != JIT_REF_NONE) {
            return fail_at(place_of(p, start), "v%u is defined twice: expected a new number", label);
        }
        if (!accept(p, ':')) {
            return expected(p, "':' and a type");
        }
        skip_space(p);
        const char *type_start = p->at;
        if (read_word(p, name, "a type") < 0) {
            return -1;
        }
        type = type_by_name(name);
        if (type <= JIT_TYPE_NONE) {
            p->at = type_start;
            return expected(p, "a type (object, int, float, bool, i64, f64 or ip)");
        }
        if (!accept(p, '=')) {
            return expected(p, "'=' and an operation");
        }
    }
    skip_space(p);
    const char *op_start = p->at;
    uint64_t op = 0;
    if (accept(p, '%')) {
        if (read_number(p, UINT8_MAX, &op, "an operation number") < 0) {
            return -1;
        }
    }
    else {
        if (read_word(p, name, "an operation, 'snap' or 'exits'") < 0) {
            return -1;
        }
        while (op < JIT_OP_COUNT && strcmp(_PyJit_Ops[op].name, name) != 0) {
            op++;
        }
        if (op == JIT_OP_COUNT) {
            p->at = op_start;
            return expected(p, "an operation, 'snap' or 'exits'");
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
    }
    else if (op == JIT_OP_KONST) {
        skip_space(p);
        const char *constant_start = p->at;
        int constant_type;
        if (read_constant(p, &constant_type, &bits) < 0) {
            return -1;
        }
        if (constant_type != type) {
            p->at = constant_start;
            return fail_at(place_of(p, p->at), "expected a constant of type %s", _PyJitType_Name(type));
        }
    }
    else {
        int none = at_line_end(p) || strncmp(p->at, "->", 2) == 0 || strncmp(p->at, "aux ", 4) == 0;
        if (!none && read_operands(p, (int)op, operands, &pending) < 0) {
            return -1;
        }
        if (read_option(p, "aux", UINT32_MAX, &n) < 0) {
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
    return expect_line_end(p, "'->' or the end of the line");
}

/* --- Snapshots ------------------------------------------------------------------------------------------- */

/* "c0:34 x0=v3, x7=v9]", after the bracket. */
static int
read_frame(Parser *p)
{
    uint16_t code;
    uint32_t offset;
    if (read_place(p, &code, &offset) < 0) {
        return -1;
    }
    if (_PyJitTrace_AddFrame(p->t, code, offset) < 0) {
        return no_memory();
    }
    uint64_t sp = 0;
    if (read_option(p, "sp", UINT32_MAX, &sp) < 0) {
        return -1;
    }
    p->t->frames[p->t->nframes - 1].sp = (uint32_t)sp;
    if (accept(p, ']')) {
        return 0;
    }
    do {
        uint16_t slot;
        _PyJitRef value;
        if (accept_word(p, "fn")) {
            slot = JIT_SLOT_FUNCTION;
        }
        else if (accept_word(p, "gen")) {
            slot = JIT_SLOT_GENERATOR;
        }
        else if (!accept_label(p, 'x', &slot)) {
            return expected(p, "a slot, as in x3, fn, gen, or ']'");
        }
        if (!accept(p, '=')) {
            return expected(p, "'=' and a value");
        }
        if (read_value(p, &value) < 0) {
            return -1;
        }
        bool owned = accept_word(p, "owned");
        if (_PyJitTrace_AddSlot(p->t, slot, value, owned) < 0) {
            return no_memory();
        }
    } while (accept(p, ','));
    return accept(p, ']') ? 0 : expected(p, "',' or ']'");
}

/* "v4 x24=v2, x32=v3]", after the bracket: a virtual and its fields. */
static int
read_recipe(Parser *p)
{
    _PyJitRef made;
    if (read_value(p, &made) < 0) {
        return -1;
    }
    if (JIT_IS_CONST(made)) {
        return expected(p, "a virtual, as in v4");
    }
    if (_PyJitTrace_AddFrame(p->t, 0, made - JIT_REF_BIAS) < 0) {
        return no_memory();
    }
    if (accept(p, ']')) {
        return 0;
    }
    do {
        uint16_t place;
        _PyJitRef value;
        if (!accept_label(p, 'x', &place) || !accept(p, '=')) {
            return expected(p, "a field, as in x24=v2, or ']'");
        }
        if (read_value(p, &value) < 0) {
            return -1;
        }
        bool owned = accept_word(p, "owned");
        if (_PyJitTrace_AddSlot(p->t, place, value, owned) < 0) {
            return no_memory();
        }
    } while (accept(p, ','));
    return accept(p, ']') ? 0 : expected(p, "',' or ']'");
}

/* "s1: deopt c0:34 ...", after "snap". */
static int
read_snapshot(Parser *p)
{
    char name[MAX_WORD];
    uint16_t label;
    skip_space(p);
    const char *start = p->at;
    if (!accept_label(p, 's', &label)) {
        return expected(p, "a snapshot, as in s1");
    }
    if (p->snaps[label] != 0) {
        return fail_at(place_of(p, start), "s%u is defined twice: expected a new number", label);
    }
    if (!accept(p, ':')) {
        return expected(p, "':' and why the trace leaves");
    }
    _PyJitSnapshot snap = {.progress = 1, .exit = p->t->nsnaps, .first_frame = p->t->nframes};
    skip_space(p);
    start = p->at;
    if (read_word(p, name, "why the trace leaves (deopt, side, event, branch, invalid or end)") < 0) {
        return -1;
    }
    while (snap.kind < JIT_EXIT_KIND_COUNT && strcmp(_PyJitExitKind_Name(snap.kind), name) != 0) {
        snap.kind++;
    }
    if (snap.kind == JIT_EXIT_KIND_COUNT) {
        p->at = start;
        return expected(p, "why the trace leaves (deopt, side, event, branch, invalid or end)");
    }
    // A branch goes where the register says; GUARD_IP names the place where it would not leave.
    if (snap.kind != JIT_EXIT_BRANCH && read_place(p, &snap.code, &snap.offset) < 0) {
        return -1;
    }
    if (accept_word(p, "first")) {
        snap.progress = 0;
    }
    uint64_t n = snap.exit;
    if (read_option(p, "exit", JIT_NO_EXIT - 1, &n) < 0) {
        return -1;
    }
    snap.exit = (uint32_t)n;
    while (accept(p, '[')) {
        if (snap.nframes == UINT16_MAX || snap.nrecipes == UINT16_MAX) {
            return expected(p, "fewer frames");
        }
        skip_space(p);
        bool recipe = *p->at == 'v';
        if (snap.nrecipes > 0 && !recipe) {
            return expected(p, "a recipe: frames come before them");
        }
        if ((recipe ? read_recipe(p) : read_frame(p)) < 0) {
            return -1;
        }
        snap.nframes += !recipe;
        snap.nrecipes += recipe;
    }
    if (snap.nframes == 0) {
        if (snap.nrecipes > 0) {
            return expected(p, "a frame before the recipes");
        }
        snap.first_frame = 0;
    }
    int index = _PyJitTrace_AddSnapshot(p->t, &snap);
    if (index < 0) {
        return no_memory();
    }
    p->snaps[label] = (uint32_t)index + 1;
    return expect_line_end(p, "'first', 'exit', '[' or the end of the line");
}

/* All is read: gives operations their snapshots, and snapshots the places of their GUARD_IP. */
static int
resolve(Parser *p)
{
    _PyJitTrace *t = p->t;
    for (size_t i = 0; i < p->npending; i++) {
        const Pending *pending = &p->pending[i];
        if (pending->later) {
            if (p->values[pending->label] == JIT_REF_NONE) {
                return fail_at(pending->place, "v%u is not defined anywhere", pending->label);
            }
            JIT_INS(t, pending->user)->b = p->values[pending->label];
            continue;
        }
        uint32_t index = pending->label;
        if (!pending->raw) {
            if (p->snaps[pending->label] == 0) {
                return fail_at(pending->place, "s%u is not defined: expected a line 'snap s%u: ...'",
                               pending->label, pending->label);
            }
            index = p->snaps[pending->label] - 1;
        }
        JIT_INS(t, pending->user)->snapshot = (uint16_t)index;
        if (JIT_INS(t, pending->user)->op != JIT_OP_GUARD_IP || index >= t->nsnaps) {
            continue;
        }
        if (!pending->has_place) {
            return fail_at(pending->place, "expected the place where GUARD_IP goes on, as in 'GUARD_IP v1, c0:12 -> s1'");
        }
        _PyJitSnapshot *snap = &t->snaps[index];
        if (snap->kind == JIT_EXIT_BRANCH && snap->code == 0 && snap->offset == 0) {
            snap->code = pending->code;
            snap->offset = pending->offset;
        }
        else if (snap->code != pending->code || snap->offset != pending->offset) {
            return fail_at(pending->place, "expected a snapshot of its own: this one names another place");
        }
    }
    return 0;
}

/* --- The whole ------------------------------------------------------------------------------------------- */

static int
read_code(Parser *p)
{
    uint16_t label;
    skip_space(p);
    const char *start = p->at;
    if (!accept_label(p, 'c', &label)) {
        return expected(p, "a code, as in c0");
    }
    if (p->codes[label] != 0) {
        return fail_at(place_of(p, start), "c%u is defined twice: expected a new number", label);
    }
    int index = _PyJitTrace_AddCode(p->t, NULL);
    if (index < 0) {
        return no_memory();
    }
    p->codes[label] = (uint32_t)index + 1;
    p->at += strcspn(p->at, "\n");      // the name is for readers
    return 0;
}

static int
read_trace(Parser *p)
{
    for (;;) {
        if (!next_line(p)) {
            return expected(p, "'code' or 'trace:'");
        }
        if (accept_word(p, "code")) {
            if (read_code(p) < 0) {
                return -1;
            }
        }
        else if (accept_word(p, "trace")) {
            if (*p->at != ':') {
                return expected(p, "':'");
            }
            p->at++;
            if (expect_line_end(p, "the end of the line") < 0) {
                return -1;
            }
            break;
        }
        else {
            return expected(p, "'code' or 'trace:'");
        }
    }
    while (next_line(p)) {
        int failed;
        if (accept_word(p, "snap")) {
            failed = read_snapshot(p);
        }
        else if (accept_word(p, "exits")) {
            uint64_t n;
            failed = read_number(p, JIT_NO_EXIT, &n, "a number of exits")
                     || expect_line_end(p, "the end of the line");
            if (!failed) {
                p->t->nexits = (uint32_t)n;
                p->exits_given = 1;
            }
        }
        else {
            failed = read_operation(p);
        }
        if (failed) {
            return -1;
        }
    }
    if (!p->exits_given) {
        for (uint32_t i = 0; i < p->t->nsnaps; i++) {
            p->t->nexits = Py_MAX(p->t->nexits, p->t->snaps[i].exit + 1);
        }
    }
    return resolve(p);
}

int
_PyJitTrace_Parse(_PyJitTrace *t, const char *text)
{
    Parser p = {.t = t, .at = text, .line_start = text, .line = 1};
    _PyJitTrace_Init(t);
    p.values = PyMem_RawCalloc(MAX_LABEL + 1, sizeof(*p.values));
    p.snaps = PyMem_RawCalloc(MAX_LABEL + 1, sizeof(*p.snaps));
    p.codes = PyMem_RawCalloc(MAX_LABEL + 1, sizeof(*p.codes));
    int result = p.values && p.snaps && p.codes ? read_trace(&p) : no_memory();
    PyMem_RawFree(p.values);
    PyMem_RawFree(p.snaps);
    PyMem_RawFree(p.codes);
    PyMem_RawFree(p.pending);
    if (result < 0) {
        _PyJitTrace_Clear(t);
    }
    return result;
}

#endif /* _Py_TIER2 */
