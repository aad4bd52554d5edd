/* The log: one line a trace, an abort, a link, a drop (PYTHON_JIT_LOG=FILE, or - for standard error).
 *
 *     trace 12   loop     physics.py:41 advance     318 ops   602 uops   2.1 kB    64 us  20.1 us/100 ops  10.6 us/100 uops
 *                                                                                                           back at its start
 *     exit  12/3          physics.py:47             branch                      -> trace 15
 *     abort      function app.py:88 handle          instruction cannot be traced: CALL_FUNCTION_EX
 *     drop  12   memory limit
 */
#include "Python.h"

#ifdef _Py_TIER2

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

void
_PyJitLog_Trace(_PyExecutorObject *executor, int end, uint32_t length, uint32_t uops, int64_t ns)
{
    if (ENGINE->log == NULL) {
        return;
    }
    char place[200];
    _PyJit_DescribePlace(executor->trace->codes[0], executor->start, place, sizeof(place));
    fprintf(ENGINE->log, "trace %-5u %-8s %-40s %5u ops %5u uops %6.1f kB %6lld us %6.1f us/100 ops %6.1f us/100 uops   %s\n",
            (unsigned)executor->id, _PyJit_KindName(executor->kind), place, (unsigned)length, (unsigned)uops,
            (double)executor->code_size / 1000.0, (long long)(ns / 1000), (double)ns / 10.0 / length,
            (double)ns / 10.0 / Py_MAX(uops, 1), end_texts[end]);
    fflush(ENGINE->log);
}

void
_PyJitLog_Abort(int kind, PyCodeObject *code, _Py_CODEUNIT *instr, int abort, int opcode)
{
    if (ENGINE->log == NULL) {
        return;
    }
    char place[200];
    if (instr < _PyCode_CODE(code) || instr >= _PyCode_CODE(code) + Py_SIZE(code)) {
        instr = _PyCode_CODE(code);       // the place is in another function: name the one the trace began in
    }
    _PyJit_DescribePlace(code, instr, place, sizeof(place));
    fprintf(ENGINE->log, "abort       %-8s %-40s %s%s%s\n", _PyJit_KindName(kind), place, abort_texts[abort],
            opcode != 0 ? ": " : "", opcode != 0 ? _PyOpcode_OpName[opcode] : "");
    fflush(ENGINE->log);
}

void
_PyJitLog_Link(_PyJitExit *exit, _PyExecutorObject *executor)
{
    if (ENGINE->log == NULL) {
        return;
    }
    const _PyJitTrace *t = exit->owner->trace;
    const _PyJitSnapshot *snap = &t->snaps[exit->snapshot];
    char place[200] = "";
    if (exit->target != NULL) {
        _PyJit_DescribePlace(t->codes[snap->code], exit->target, place, sizeof(place));
    }
    char number[32];
    PyOS_snprintf(number, sizeof(number), "%u/%u", (unsigned)exit->owner->id, (unsigned)(exit - exit->owner->exits));
    fprintf(ENGINE->log, "exit  %-14s %-40s %-8s -> trace %u\n", number, place, exit_texts[exit->kind],
            (unsigned)executor->id);
    fflush(ENGINE->log);
}

void
_PyJitLog_Drop(_PyExecutorObject *executor, const char *why)
{
    if (ENGINE->log == NULL) {
        return;
    }
    fprintf(ENGINE->log, "drop  %-5u %s\n", (unsigned)executor->id, why);
    fflush(ENGINE->log);
}

#endif /* _Py_TIER2 */
