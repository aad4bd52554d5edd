/* The log: one line a trace, an abort, a link, a drop (PYTHON_JIT_LOG=FILE, or - for standard error).
 *
 * A line begins with the process that wrote it: children that are forked write on, and other processes append to the same file.  So a
 * line is one write.  With %p in the file's name, which stands for the process, each one has its own file, forked children too.
 *
 *     [4711] trace 12   loop     physics.py:41 advance     318 ops   602 uops   41 exits   2.1 kB    64 us  20.1 us/100 ops
 *                                                                                       10.6 us/100 uops   back at its start
 *     [4711] exit  12/3          physics.py:47             branch                      -> trace 15
 *     [4711] abort      function app.py:88 handle          instruction cannot be traced: CALL_FUNCTION_EX
 *     [4711] drop  12   memory limit
 *     [4711] opaque               physics.py:44 advance    LOAD_ATTR_SLOT: build/attributes.c:131 load_slot at level 2
 */
#include "Python.h"

#ifdef _Py_TIER2

#include <errno.h>
#include <unistd.h>               // getpid()

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_opcode_metadata.h"
#include "pycore_jit_engine.h"

static const char *const abort_texts[] = {
#define X(NAME, TEXT, HELP) TEXT,
    JIT_ABORTS(X)
#undef X
};

static const char *const end_texts[] = {
#define X(NAME, TEXT) TEXT,
    JIT_ENDS(X)
#undef X
};

static const char *const exit_texts[] = {
#define X(NAME, TEXT) TEXT,
    JIT_EXIT_KINDS(X)
#undef X
};

const char *
_PyJit_KindName(int kind)
{
    static const char *const names[] = {"loop", "function", "side"};
    return names[kind];
}

int
_PyJit_LineOf(PyCodeObject *code, int units)
{
    return PyCode_Addr2Line(code, units * (int)sizeof(_Py_CODEUNIT));
}

/* "file.py:41 name" into TEXT; never fails, never leaves an exception. */
void
_PyJit_DescribePlace(PyCodeObject *code, _Py_CODEUNIT *instr, char *text, size_t size)
{
    PyObject *exc = PyErr_GetRaisedException();
    const char *file = PyUnicode_AsUTF8(code->co_filename);
    const char *name = PyUnicode_AsUTF8(code->co_qualname);
    PyErr_Clear();
    PyErr_SetRaisedException(exc);
    const char *base = file == NULL ? NULL : strrchr(file, '/');
    PyOS_snprintf(text, size, "%.80s:%d %.80s", base != NULL ? base + 1 : file != NULL ? file : "?",
                  _PyJit_LineOf(code, (int)(instr - _PyCode_CODE(code))), name != NULL ? name : "?");
}

/* --- The file --------------------------------------------------------------------------------------------- */

/* A new FILE for log_path, whose %p is the process; NULL with errno set. */
static FILE *
open_file(void)
{
    char name[sizeof(ENGINE->log_path) + 24];
    const char *path = ENGINE->log_path;
    const char *mark = strstr(path, "%p");
    if (mark == NULL) {
        return fopen(path, "ae");
    }
    PyOS_snprintf(name, sizeof(name), "%.*s%ld%s", (int)(mark - path), path, ENGINE->log_process, mark + 2);
    return fopen(name, "ae");
}

void
_PyJitLog_Open(const char *path)
{
    _PyJitEngine *e = ENGINE;
    if (path == NULL || *path == '\0' || e->log != NULL) {
        return;
    }
    e->log_process = (long)getpid();
    if (strcmp(path, "-") == 0) {
        e->log = stderr;
        return;
    }
    if (strlen(path) < sizeof(e->log_path)) {
        strcpy(e->log_path, path);
        e->log = open_file();
    }
    else {
        errno = ENAMETOOLONG;
    }
    if (e->log == NULL) {
        PySys_WriteStderr("python: PYTHON_JIT_LOG is ignored: cannot open %.400s: %s\n", path, strerror(errno));
    }
}

/* Where lines go; NULL: nowhere.  A forked child comes here first with its parent's file. */
static FILE *
log_file(void)
{
    _PyJitEngine *e = ENGINE;
    long process = e->log != NULL ? (long)getpid() : 0;
    if (process != 0 && process != e->log_process) {
        e->log_process = process;
        if (e->log != stderr && strstr(e->log_path, "%p") != NULL) {
            fclose(e->log);        // nothing is left in its buffer: each line was flushed
            e->log = open_file();
        }
    }
    return e->log;
}

#define WRITE(FILE, FORMAT, ...) \
    do { \
        fprintf((FILE), "[%ld] " FORMAT "\n", ENGINE->log_process, __VA_ARGS__); \
        fflush(FILE); \
    } while (0)

/* --- Lines ------------------------------------------------------------------------------------------------ */

void
_PyJitLog_Off(const char *why)
{
    FILE *log = log_file();
    if (log != NULL) {
        WRITE(log, "off         %s", why);
    }
}

void
_PyJitLog_Trace(_PyExecutorObject *executor, int end, uint32_t length, uint32_t uops, int64_t ns)
{
    FILE *log = log_file();
    if (log == NULL) {
        return;
    }
    char place[200];
    _PyJit_DescribePlace(executor->trace->codes[0], executor->start, place, sizeof(place));
    WRITE(log, "trace %-5u %-8s %-40s %5u ops %5u uops %4u exits %6.1f kB %6lld us %6.1f us/100 ops %6.1f us/100 uops   %s",
          (unsigned)executor->id, _PyJit_KindName(executor->kind), place, (unsigned)length, (unsigned)uops,
          (unsigned)executor->trace->nsnaps, (double)executor->code_size / 1000.0, (long long)(ns / 1000), (double)ns / 10.0 / length,
          (double)ns / 10.0 / Py_MAX(uops, 1), end_texts[end]);
}

void
_PyJitLog_Abort(int kind, PyCodeObject *code, _Py_CODEUNIT *instr, int abort, int opcode)
{
    FILE *log = log_file();
    if (log == NULL) {
        return;
    }
    char place[200];
    if (instr < _PyCode_CODE(code) || instr >= _PyCode_CODE(code) + Py_SIZE(code)) {
        instr = _PyCode_CODE(code);       // the place is in another function: name the one the trace began in
    }
    _PyJit_DescribePlace(code, instr, place, sizeof(place));
    WRITE(log, "abort       %-8s %-40s %s%s%s", _PyJit_KindName(kind), place, abort_texts[abort],
          opcode != 0 ? ": " : "", opcode != 0 ? _PyOpcode_OpName[opcode] : "");
}

void
_PyJitLog_Link(_PyJitExit *exit, _PyExecutorObject *executor)
{
    FILE *log = log_file();
    if (log == NULL) {
        return;
    }
    const _PyJitTrace *t = _PyJitExit_Owner(exit)->trace;
    const _PyJitSnapshot *snap = &t->snaps[exit->snapshot];
    char place[200] = "";
    if (!_PyJitSnapshot_IsDynamic(snap)) {
        _PyJit_DescribePlace(t->codes[snap->code], _PyJitTrace_SnapIP(t, snap), place, sizeof(place));
    }
    char number[32];
    PyOS_snprintf(number, sizeof(number), "%u/%u", (unsigned)_PyJitExit_Owner(exit)->id, (unsigned)(exit - _PyJitExit_Owner(exit)->exits));
    WRITE(log, "exit  %-14s %-40s %-8s -> trace %u", number, place, exit_texts[snap->kind],
          (unsigned)executor->id);
}

void
_PyJitLog_Opaque(PyCodeObject *code, uint32_t offset, int opcode, const char *why)
{
    FILE *log = log_file();
    if (log == NULL) {
        return;
    }
    char place[200];
    _PyJit_DescribePlace(code, _PyCode_CODE(code) + offset, place, sizeof(place));
    WRITE(log, "opaque               %-40s %s: %s", place, _PyOpcode_OpName[opcode], why);
}

void
_PyJitLog_Drop(_PyExecutorObject *executor, const char *why)
{
    FILE *log = log_file();
    if (log == NULL) {
        return;
    }
    WRITE(log, "drop  %-5u %s", (unsigned)executor->id, why);
}

#endif /* _Py_TIER2 */
