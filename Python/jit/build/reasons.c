/* Why instructions of traces are opaque: sys._jit.stats()["opaque"], and the log at level 2.
 *
 * A rule that does not apply says REFUSE; where it stands in the source is the reason, as the condition beside it says more than a text
 * could that somebody has to keep true.  Each time a trace is built its opaque instructions are counted by opcode and reason.
 *
 * The table never grows: what finds no place is counted under "others".  It is guarded by the main interpreter's GIL.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_opcode_metadata.h"
#include "jit/build/builder.h"

#define PLACES 1024
#define TRIES 16

typedef struct {
    const char *file;             // NULL: nothing; else of the compiler, as is `rule`
    const char *rule;
    int line;
    uint8_t opcode;
    uint64_t count;
} Reason;

/* Reasons without a rule; told apart by address. */
static const char not_followed[] = "its frame is not followed", not_typed[] = "traces are not typed", no_rule[] = "there is no rule";
static const char nowhere[] = "";

static Reason reasons[PLACES];
static Reason others = {.file = nowhere, .rule = "others"};

static Reason *
find(uint8_t opcode, const char *file, int line, const char *rule)
{
    uintptr_t hash = ((uintptr_t)opcode * 251 + (uintptr_t)line * 31 + ((uintptr_t)file >> 3)) % PLACES;
    for (uintptr_t i = 0; i < TRIES; i++) {
        Reason *reason = &reasons[(hash + i) % PLACES];
        if (reason->file == NULL) {
            *reason = (Reason){.file = file, .rule = rule, .line = line, .opcode = opcode};
            return reason;
        }
        if (reason->opcode == opcode && reason->line == line && reason->file == file && reason->rule == rule) {
            return reason;
        }
    }
    return &others;
}

/* "build/attributes.c:131 load_class", or the rule alone where it is a text. */
static void
describe(const Reason *reason, char *text, size_t size)
{
    const char *file = reason->file + strlen(reason->file);
    for (int names = 0; file > reason->file && !(file[-1] == '/' && ++names == 2); file--) {      // the file's and its folder's
    }
    if (reason->line == 0) {
        PyOS_snprintf(text, size, "%s", reason->rule);
    }
    else {
        PyOS_snprintf(text, size, "%s:%d %s", file, reason->line, reason->rule);
    }
}

void
_PyJitReason_Note(_PyJitBuilder *b, const _PyJitRecord *record)
{
    Reason *reason;
    if (!this_frame(b)->lowered) {
        reason = find(record->opcode, nowhere, 0, b->typed ? not_followed : not_typed);
    }
    else if (b->refused_line == 0) {
        reason = find(record->opcode, nowhere, 0, no_rule);
    }
    else {
        reason = find(record->opcode, b->refused_file, b->refused_line, b->refused_rule);
    }
    reason->count++;
    if (ENGINE->options.log_level >= 2) {
        char text[120];
        describe(reason, text, sizeof(text));
        _PyJitLog_Opaque(b->t->codes[record->code], record->offset, record->opcode, text);
    }
}

/* Adds COUNT at NAME of the dict at KEY of TABLE. */
static int
add(PyObject *table, const char *key, const char *name, uint64_t count)
{
    PyObject *row = PyDict_GetItemString(table, key);       // borrowed
    if (row == NULL) {
        row = PyDict_New();
        if (row == NULL || PyDict_SetItemString(table, key, row) < 0) {
            Py_XDECREF(row);
            return -1;
        }
        Py_DECREF(row);
    }
    PyObject *number = PyLong_FromUnsignedLongLong(count);
    int err = number == NULL ? -1 : PyDict_SetItemString(row, name, number);
    Py_XDECREF(number);
    return err;
}

PyObject *
_PyJitReason_Table(void)
{
    PyObject *table = PyDict_New();
    for (int i = 0; i < PLACES && table != NULL; i++) {
        char text[120];
        if (reasons[i].file != NULL) {
            describe(&reasons[i], text, sizeof(text));
            if (add(table, _PyOpcode_OpName[reasons[i].opcode], text, reasons[i].count) < 0) {
                Py_CLEAR(table);
            }
        }
    }
    if (table != NULL && others.count > 0 && add(table, "others", "others", others.count) < 0) {
        Py_CLEAR(table);
    }
    return table;
}

#endif /* _Py_TIER2 */
