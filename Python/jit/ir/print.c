/* Trace IR as text.  InternalDocs/trace_ir.md has the grammar; parse.c reads it back.
 *
 * Any array of operations can be printed, also one the verifier would refuse: that is when one looks.  An index that names
 * nothing is printed as % and the number, and parses.
 *
 * The text is canonical: values are numbered v1, v2 ... in the order they are made, snapshots s1, s2 ... in theirs, codes c0, c1 ...
 * so that a text that was parsed prints the same.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include <stdarg.h>
#include "opcode.h"
#include "pycore_jit_ir.h"

#define NOTE_COLUMN 40      // where "@ c0:12" begins

/* A growing buffer.  Running out of memory is noted, and reported at the end. */
typedef struct {
    char *text;
    size_t length, capacity;
    size_t line_start;
    int failed;
} Text;

static void
reserve_text(Text *out, size_t more)
{
    if (out->failed || more <= out->capacity - out->length) {
        return;
    }
    size_t capacity = out->capacity * 2 + more + 256;
    char *grown = PyMem_RawRealloc(out->text, capacity);
    if (grown == NULL) {
        out->failed = 1;
        return;
    }
    out->text = grown;
    out->capacity = capacity;
}

static void
put(Text *out, const char *text)
{
    size_t n = strlen(text);
    reserve_text(out, n);
    if (!out->failed) {
        memcpy(out->text + out->length, text, n);
        out->length += n;
    }
}

/* For short pieces: at most 120 bytes. */
static void Py_GCC_ATTRIBUTE((format(printf, 2, 3)))
putf(Text *out, const char *format, ...)
{
    char piece[128];
    va_list args;
    va_start(args, format);
    PyOS_vsnprintf(piece, sizeof(piece), format, args);
    va_end(args);
    put(out, piece);
}

static void
newline(Text *out)
{
    put(out, "\n");
    out->line_start = out->length;
}

static void
pad(Text *out, size_t column)
{
    do {
        put(out, " ");
    } while (!out->failed && out->length - out->line_start < column);
}

/* --- Names of things ------------------------------------------------------------------------------------ */

typedef struct {
    const _PyJitTrace *trace;
    uint16_t *number;       // of each instruction's result, from 1; 0: no result
} Names;

static void
put_code(Text *out, const _PyJitTrace *t, unsigned int code)
{
    putf(out, code < t->ncodes ? "c%u" : "%%%u", code);
}

static void
put_place(Text *out, const _PyJitTrace *t, unsigned int code, uint32_t offset)
{
    put_code(out, t, code);
    putf(out, ":%u", offset);
}

/* A constant: 12 is an i64, 1.5 a f64; everything else is its type and its bits. */
static void
put_constant(Text *out, int type, uint64_t bits)
{
    if (type == JIT_TYPE_I64) {
        putf(out, "%lld", (long long)(int64_t)bits);
        return;
    }
    if (type == JIT_TYPE_F64) {
        double value;
        memcpy(&value, &bits, sizeof(value));
        if (isfinite(value)) {
            char *text = PyOS_double_to_string(value, 'r', 0, Py_DTSF_ADD_DOT_0, NULL);
            if (text == NULL) {
                PyErr_Clear();
                out->failed = 1;
                return;
            }
            put(out, text);
            PyMem_Free(text);
            return;
        }
    }
    putf(out, "%s(0x%llx)", _PyJitType_Name(type), (unsigned long long)bits);
}

/* REF as the operation at LIMIT names it: a value that is made later has no name yet. */
static void
put_value(Text *out, const Names *names, _PyJitRef ref, uint32_t limit)
{
    const _PyJitTrace *t = names->trace;
    if (ref == JIT_REF_NONE) {
        put(out, "_");
    }
    else if (JIT_IS_CONST(ref)) {
        if (ref >= JIT_REF_BIAS - t->nk) {
            put_constant(out, JIT_INS(t, ref)->type, JIT_INS(t, ref)->bits);
        }
        else {
            putf(out, "%%%d", (int)ref - JIT_REF_BIAS);
        }
    }
    else {
        uint32_t index = ref - JIT_REF_BIAS;
        if (index < limit && names->number[index] != 0) {
            putf(out, "v%u", names->number[index]);
        }
        else {
            putf(out, "%%%u", index);
        }
    }
}

static void
put_snapshot_name(Text *out, const _PyJitTrace *t, unsigned int index)
{
    if (index < t->nsnaps) {
        putf(out, "s%u", index + 1);
    }
    else {
        putf(out, "%%%u", index);
    }
}

/* --- Lines ---------------------------------------------------------------------------------------------- */

static void
put_record(Text *out, const _PyJitTrace *t, const _PyJitRecord *record)
{
    const _PyJitInstInfo *info = &_PyJit_Insts[record->opcode];
    if (info->name != NULL) {
        putf(out, " %s %u", info->name, record->oparg);
    }
    else {
        putf(out, " %%%u %u", record->opcode, record->oparg);
    }
    if (record->size != info->size) {
        putf(out, " size %u", record->size);
    }
    uint16_t any = 0;
    for (uint32_t i = 1; i < record->size; i++) {
        any |= t->units[record->units + i].cache;
    }
    if (any) {
        put(out, " {");
        for (uint32_t i = 1; i < record->size; i++) {
            putf(out, i == 1 ? "%04x" : " %04x", t->units[record->units + i].cache);
        }
        put(out, "}");
    }
    pad(out, NOTE_COLUMN);
    put(out, "@ ");
    put_place(out, t, record->code, record->offset);
    if (record->prefix) {
        putf(out, " prefix %u", record->prefix);
    }
    if (record->depth != 128) {
        putf(out, " depth %+d", record->depth - 128);
    }
    if (record->entered) {
        putf(out, " entered %u", record->entered);
    }
}

static void
put_instruction(Text *out, const Names *names, uint32_t index)
{
    const _PyJitTrace *t = names->trace;
    const _PyJitIns *ins = JIT_INS(t, JIT_REF_BIAS + index);
    put(out, "  ");
    if (names->number[index]) {
        putf(out, "v%u:%s = ", names->number[index], _PyJitType_Name(ins->type));
    }
    if (ins->op < JIT_OP_COUNT) {
        put(out, _PyJit_Ops[ins->op].name);
    }
    else {
        putf(out, "%%%u", ins->op);
    }
    if (ins->op == JIT_OP_KONST) {
        put(out, " ");
        put_constant(out, ins->type, ins->bits);
    }
    else if ((ins->op == JIT_OP_OPAQUE || ins->op == JIT_OP_BYTECODE) && ins->aux < t->nrecords) {
        put_record(out, t, &t->records[ins->aux]);
        if (ins->op == JIT_OP_BYTECODE && t->records[ins->aux].raised) {
            put(out, " raised");
        }
    }
    else {
        const _PyJitRef operands[] = {ins->a, ins->b, ins->c};
        int count = 3;
        while (count > 0 && operands[count - 1] == JIT_REF_NONE) {
            count--;
        }
        const char *comma = " ";
        for (int i = 0; i < count; i++) {
            put(out, comma);
            put_value(out, names, operands[i], ins->op == JIT_OP_PHI && i == 1 ? t->nins : index);
            comma = ", ";
        }
        if (ins->op == JIT_OP_GUARD_IP && ins->snapshot < t->nsnaps) {
            put(out, comma);
            put_place(out, t, t->snaps[ins->snapshot].code, t->snaps[ins->snapshot].offset);
        }
        if (ins->op == JIT_OP_OPAQUE || ins->op == JIT_OP_BYTECODE) {
            putf(out, " %%%u", ins->aux);
        }
        else if (ins->aux) {
            putf(out, " aux %u", ins->aux);
        }
    }
    if (ins->snapshot != JIT_NO_SNAPSHOT) {
        put(out, "  -> ");
        put_snapshot_name(out, t, ins->snapshot);
    }
    newline(out);
}

static void
put_frame(Text *out, const Names *names, const _PyJitSnapFrame *frame)
{
    const _PyJitTrace *t = names->trace;
    put(out, " [");
    put_place(out, t, frame->code, frame->offset);
    if (frame->sp > 0) {
        putf(out, " sp %u", frame->sp);
    }
    for (uint32_t i = 0; i < frame->nslots; i++) {
        if (frame->first_slot + i >= t->nslots) {
            put(out, i ? ", ?" : " ?");
            break;
        }
        const _PyJitSnapSlot *slot = &t->slots[frame->first_slot + i];
        put(out, i ? ", " : " ");
        if (slot->slot == JIT_SLOT_FUNCTION) {
            put(out, "fn=");
        }
        else if (slot->slot == JIT_SLOT_GENERATOR) {
            put(out, "gen=");
        }
        else {
            putf(out, "x%u=", slot->slot);
        }
        put_value(out, names, slot->value, t->nins);
        if (slot->owned) {
            put(out, " owned");
        }
    }
    put(out, "]");
}

/* What a virtual is made of. */
static void
put_recipe(Text *out, const Names *names, const _PyJitSnapFrame *recipe)
{
    const _PyJitTrace *t = names->trace;
    put(out, " [");
    put_value(out, names, (_PyJitRef)(JIT_REF_BIAS + recipe->offset), t->nins);
    for (uint32_t i = 0; i < recipe->nslots && recipe->first_slot + i < t->nslots; i++) {
        const _PyJitSnapSlot *slot = &t->slots[recipe->first_slot + i];
        putf(out, i ? ", x%u=" : " x%u=", slot->slot);
        put_value(out, names, slot->value, t->nins);
        put(out, slot->owned ? " owned" : "");
    }
    put(out, "]");
}

static void
put_snapshot(Text *out, const Names *names, uint32_t index)
{
    const _PyJitTrace *t = names->trace;
    const _PyJitSnapshot *snap = &t->snaps[index];
    putf(out, "  snap s%u: %s", index + 1, _PyJitExitKind_Name(snap->kind));
    if (!_PyJitSnapshot_IsDynamic(snap)) {
        put(out, " ");
        put_place(out, t, snap->code, snap->offset);
    }
    if (!snap->progress) {
        put(out, " first");
    }
    for (uint32_t i = 0; i < snap->nframes; i++) {
        if (snap->first_frame + i >= t->nframes) {
            put(out, " [?]");
            break;
        }
        put_frame(out, names, &t->frames[snap->first_frame + i]);
    }
    for (uint32_t i = 0; i < snap->nrecipes && snap->first_frame + snap->nframes + i < t->nframes; i++) {
        put_recipe(out, names, &t->frames[snap->first_frame + snap->nframes + i]);
    }
    newline(out);
}

/* "c0 physics.py:41 advance": the last part of the path, the first line, the name; ALIVE: there is such a code object. */
static void
put_code_line(Text *out, const _PyJitTrace *t, uint32_t index, bool alive)
{
    putf(out, "code c%u", index);
    PyCodeObject *code = t->codes[index];
    if (alive && code != NULL) {
        const char *path = PyUnicode_AsUTF8(code->co_filename);
        const char *name = PyUnicode_AsUTF8(code->co_qualname);
        if (path == NULL || name == NULL) {
            PyErr_Clear();      // a name that is no UTF-8 is left out
        }
        if (path != NULL && name != NULL && strpbrk(path, "\r\n#") == NULL && strpbrk(name, "\r\n#") == NULL) {
            const char *base = strrchr(path, '/');
            put(out, " ");
            put(out, base ? base + 1 : path);
            putf(out, ":%d ", code->co_firstlineno);
            put(out, name);
        }
    }
    newline(out);
}

static PyObject *
print_whole(const _PyJitTrace *t, bool alive)
{
    uint16_t *number = PyMem_RawCalloc(t->nins + 1, sizeof(*number));
    if (number == NULL) {
        return PyErr_NoMemory();
    }
    uint16_t last = 0;
    for (uint32_t i = 0; i < t->nins; i++) {
        if (JIT_INS(t, JIT_REF_BIAS + i)->type != JIT_TYPE_NONE) {
            number[i] = ++last;
        }
    }
    Names names = {t, number};
    Text out = {0};
    for (uint32_t i = 0; i < t->ncodes; i++) {
        put_code_line(&out, t, i, alive);
    }
    put(&out, "trace:");
    newline(&out);
    for (uint32_t i = 0; i < t->nins; i++) {
        put_instruction(&out, &names, i);
    }
    for (uint32_t i = 0; i < t->nsnaps; i++) {
        put_snapshot(&out, &names, i);
    }
    PyMem_RawFree(number);
    PyObject *result = out.failed ? PyErr_NoMemory()
                                  : PyUnicode_DecodeUTF8(out.text, (Py_ssize_t)out.length, "replace");
    PyMem_RawFree(out.text);
    return result;
}

PyObject *
_PyJitTrace_Print(const _PyJitTrace *t, bool alive)
{
    const _PyJitTrace *whole = _PyJitTrace_Unpack(t, true);
    PyObject *text = whole == NULL ? PyErr_NoMemory() : print_whole(whole, alive);
    _PyJitTrace_FreeUnpacked(whole, t);
    return text;
}

#endif /* _Py_TIER2 */
