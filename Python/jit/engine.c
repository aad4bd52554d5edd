/* The engine: how it starts, its options, and the names upstream's hooks call.
 *
 * Upstream starts its tier 2 by making an "optimizer" object and storing it in the interpreter.  This fork keeps that seam:
 * there is one immortal engine object, and storing it, or NULL, switches compilation on or off.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_backoff.h"
#include "pycore_frame.h"
#include "pycore_initconfig.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"
#include "pycore_jit_engine.h"
#include "jit/lower.h"            // JIT_PASSES
#include "jit/restore.h"

/* The most the twelve bits of a loop's counter hold: with the JIT off the counter is put back now and then. */
#define LOOP_LIMIT_OFF 0xfff

_PyJitEngine _PyJitEngine_State;
uint32_t _PyJit_LoopLimit = LOOP_LIMIT_OFF;
uint16_t _PyJit_CallCounts[JIT_CALL_COUNTERS];
_PyJitEnterFunc _PyJit_Enter = _PyJit_Interpret;

/* --- Objects for upstream's seams ------------------------------------------------------------------------- */

PyTypeObject _PyUOpOptimizer_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "jit_engine",
    .tp_doc = PyDoc_STR("The tracing JIT of this process."),
    .tp_basicsize = sizeof(_PyOptimizerObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
};

/* Upstream's table of static types has these three names; nothing makes instances of them. */
#define UNUSED_TYPE(NAME, TEXT) \
    PyTypeObject NAME = { \
        PyVarObject_HEAD_INIT(&PyType_Type, 0) \
        .tp_name = TEXT, \
        .tp_basicsize = sizeof(PyObject), \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, \
    }
UNUSED_TYPE(_PyDefaultOptimizer_Type, "jit_engine_off");
UNUSED_TYPE(_PyCounterExecutor_Type, "jit_counting_executor");
UNUSED_TYPE(_PyCounterOptimizer_Type, "jit_counting_engine");

static _PyOptimizerObject engine_object = {PyObject_HEAD_INIT(&_PyUOpOptimizer_Type)};

/* --- On and off --------------------------------------------------------------------------------------------- */

static void
set_enabled(bool on)
{
    _PyJitEngine *e = ENGINE;
    e->enabled = on && e->available;
    uint32_t iterations = _PyJitRate_FirstWait(e->options.loop_threshold);
    _Py_atomic_store_uint32_relaxed(&_PyJit_LoopLimit, e->enabled ? JIT_LOOP_COUNT_START + iterations : LOOP_LIMIT_OFF);
    for (int i = 0; i < JIT_CALL_COUNTERS; i++) {
        _Py_atomic_store_uint16_relaxed(&_PyJit_CallCounts[i],
                                        (uint16_t)(e->enabled ? _PyJitRate_FirstWait(e->options.call_threshold) : UINT16_MAX));
    }
}

int
_PyJitEngine_SetEnabled(PyInterpreterState *interp, bool on)
{
    if (on && !ENGINE->available) {
        return -1;
    }
    if (!on && ENGINE->enabled) {
        _Py_Executors_InvalidateAll(interp, 0);
    }
    set_enabled(on);
    return 0;
}

void
_PyJitEngine_SwitchOff(const char *reason)
{
    ENGINE->unavailable = reason;
    ENGINE->available = false;
    set_enabled(false);
}

bool
_PyJitEngine_IsOurs(void)
{
    return _PyInterpreterState_GET()->ceval.gil == _PyInterpreterState_Main()->ceval.gil;
}

_PyExecutorObject *
_PyJitEngine_Executors(void)
{
    return _PyJitEngine_IsOurs() ? ENGINE->head : NULL;
}

uint32_t
_PyJitEngine_Random(void)
{
    uint32_t x = ENGINE->random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    ENGINE->random = x;
    return x;
}

/* The main interpreter ends: nothing is compiled any more, and nothing stays that its allocators made.  The next one may have others. */
static void
end(PyInterpreterState *interp)
{
    _PyJitEngine *e = ENGINE;
    e->available = false;
    e->unavailable = "Python is ending";
    _Py_Executors_InvalidateAll(interp, 0);
    if (e->dependents != NULL) {
        _Py_hashtable_destroy(e->dependents);
        _Py_hashtable_destroy(e->sides);
        _Py_hashtable_destroy(e->failed);
        e->dependents = e->sides = e->failed = NULL;
    }
    _PyJitTrace_Clear(&e->recorder.trace);
    _PyJitRestore_Release();
}

_PyOptimizerObject *
_Py_SetOptimizer(PyInterpreterState *interp, _PyOptimizerObject *optimizer)
{
    if (_Py_IsMainInterpreter(interp)) {
        if (optimizer == NULL && ENGINE->enabled) {
            _PyJitRecorder_Cancel(JIT_ABORT_INVALIDATED);
        }
        set_enabled(optimizer != NULL && ENGINE->wanted);
        if (optimizer == NULL && _PyInterpreterState_GetFinalizing(interp) != NULL) {
            end(interp);
        }
    }
    interp->optimizer = &engine_object;
    return &engine_object;
}

int
_Py_SetTier2Optimizer(_PyOptimizerObject *optimizer)
{
    (void)_Py_SetOptimizer(_PyInterpreterState_GET(), optimizer);
    return 0;
}

_PyOptimizerObject *
_Py_GetOptimizer(void)
{
    return ENGINE->enabled ? &engine_object : NULL;     // immortal
}

PyObject *
_PyOptimizer_NewUOpOptimizer(void)
{
    return (PyObject *)&engine_object;                  // immortal
}

PyObject *
_PyOptimizer_NewCounter(void)
{
    PyErr_SetString(PyExc_NotImplementedError, "this JIT has no counting optimizer");
    return NULL;
}

PyObject *
_Py_uop_symbols_test(PyObject *self, PyObject *ignored)
{
    (void)self;
    (void)ignored;
    PyErr_SetString(PyExc_NotImplementedError, "this JIT has no uop symbols");
    return NULL;
}

/* --- Options ------------------------------------------------------------------------------------------------ */

static const wchar_t *
xoption(const PyConfig *config, const char *name)
{
    size_t length = strlen(name);
    for (Py_ssize_t i = config->xoptions.length; i-- > 0;) {
        const wchar_t *text = config->xoptions.items[i];
        size_t j = 0;
        while (j < length && text[j] == (wchar_t)(unsigned char)name[j]) {
            j++;
        }
        if (j == length && text[j] == L'=') {
            return text + j + 1;
        }
        if (j == length && text[j] == L'\0') {
            return text + j;
        }
    }
    return NULL;
}

/* A whole number within LEAST..MOST from TEXT; -1 where it is none. */
static int64_t
whole_number(const char *text, uint32_t least, uint32_t most)
{
    char *end;
    if (text[0] < '0' || text[0] > '9') {
        return -1;
    }
    unsigned long long value = strtoull(text, &end, 10);
    if (*end != '\0' || value < least || value > most) {
        return -1;
    }
    return (int64_t)value;
}

static char error_text[200];     // read by the caller of _PyJit_Start before anything else runs

static PyStatus
bad_option(const char *name, const char *expected)
{
    PyOS_snprintf(error_text, sizeof(error_text), "%s: expected %s", name, expected);
    return PyStatus_Error(error_text);
}

/* One numeric option: -X wins over the environment. */
static PyStatus
read_number(const PyConfig *config, const char *env, const char *xname, uint32_t least, uint32_t most,
            uint32_t *value)
{
    char expected[64], text[32];
    PyOS_snprintf(expected, sizeof(expected), "a whole number from %u to %u", (unsigned)least, (unsigned)most);
    const char *given = config->use_environment ? Py_GETENV(env) : NULL;
    const char *name = env;
    const wchar_t *wide = xoption(config, xname);
    if (wide != NULL) {
        name = xname;
        size_t i = 0;
        for (; i + 1 < sizeof(text) && wide[i] != L'\0'; i++) {
            text[i] = wide[i] < 128 ? (char)wide[i] : '?';
        }
        text[i] = '\0';
        given = text;
    }
    if (given == NULL || *given == '\0') {
        return PyStatus_Ok();
    }
    int64_t number = whole_number(given, least, most);
    if (number < 0) {
        return bad_option(name, expected);
    }
    *value = (uint32_t)number;
    return PyStatus_Ok();
}

static PyStatus
read_wanted(const PyConfig *config, bool *wanted)
{
    const char *env = config->use_environment ? Py_GETENV("PYTHON_JIT") : NULL;
    if (env != NULL && *env != '\0') {
        *wanted = *env != '0';
    }
    const wchar_t *x = xoption(config, "jit");
    if (x != NULL) {
        if (wcscmp(x, L"on") == 0 || wcscmp(x, L"1") == 0 || *x == L'\0') {
            *wanted = true;
        }
        else if (wcscmp(x, L"off") == 0 || wcscmp(x, L"0") == 0) {
            *wanted = false;
        }
        else {
            return bad_option("-X jit", "on or off");
        }
    }
    return PyStatus_Ok();
}

/* Names of passes, with commas between them. */
static PyStatus
read_passes(const char *text, uint32_t *off)
{
    *off = 0;
    while (text != NULL && *text != '\0') {
        size_t length = strcspn(text, ",");
        uint32_t bit = _PyJit_PassBit(text, length);
        if (bit == 0) {
#define X(NAME, TEXT) " " TEXT
            return bad_option("PYTHON_JIT_PASSES_OFF", "names of passes with commas between them:" JIT_PASSES(X));
#undef X
        }
        *off |= bit;
        text += length + (text[length] == ',');
    }
    return PyStatus_Ok();
}

static PyStatus
read_options(const PyConfig *config)
{
    _PyJitEngine *e = ENGINE;
    const char *stress = config->use_environment ? Py_GETENV("PYTHON_JIT_STRESS") : NULL;
    e->stress = stress != NULL && *stress != '\0' && *stress != '0';
#define X(FIELD, DEFAULT, LEAST, MOST, ENV, XNAME, HELP) \
    e->options.FIELD = (DEFAULT);
    JIT_OPTIONS(X)
#undef X
    if (e->stress) {
        e->options.loop_threshold = e->options.call_threshold = e->options.exit_threshold = 1;
    }
#define X(FIELD, DEFAULT, LEAST, MOST, ENV, XNAME, HELP) \
    { \
        PyStatus status = read_number(config, ENV, XNAME, (LEAST), (MOST), &e->options.FIELD); \
        if (PyStatus_Exception(status)) { \
            return status; \
        } \
    }
    JIT_OPTIONS(X)
#undef X
#if _Py_TIER2 & 2
    e->wanted = false;
#else
    e->wanted = true;
#endif
    PyStatus status = read_wanted(config, &e->wanted);
    if (PyStatus_Exception(status)) {
        return status;
    }
    status = read_passes(config->use_environment ? Py_GETENV("PYTHON_JIT_PASSES_OFF") : NULL, &e->passes_off);
    if (PyStatus_Exception(status)) {
        return status;
    }
    const char *backend = config->use_environment ? Py_GETENV("PYTHON_JIT_BACKEND") : NULL;
#ifdef _PyJit_INTERPRETER
    e->interpreter = true;
    if (backend != NULL && strcmp(backend, "native") == 0) {
        return bad_option("PYTHON_JIT_BACKEND", "interpreter (this python was built without machine code)");
    }
#else
    e->interpreter = backend != NULL && strcmp(backend, "interpreter") == 0;
#endif
    if (backend != NULL && *backend != '\0' && strcmp(backend, "interpreter") != 0 && strcmp(backend, "native") != 0) {
        return bad_option("PYTHON_JIT_BACKEND", "native or interpreter");
    }
    if (config->use_environment && !e->log_open) {
        const char *path = Py_GETENV("PYTHON_JIT_LOG");
        if (path != NULL && *path != '\0') {
            e->log = strcmp(path, "-") == 0 ? stderr : fopen(path, "a");
            if (e->log == NULL) {
                PyOS_snprintf(error_text, sizeof(error_text), "PYTHON_JIT_LOG: cannot open the file: %s", strerror(errno));
                return PyStatus_Error(error_text);
            }
            e->log_open = true;
        }
    }
    return PyStatus_Ok();
}

PyStatus
_PyJitEngine_Start(PyThreadState *tstate)
{
    _PyJitEngine *e = ENGINE;
    PyStatus status = read_options(_PyInterpreterState_GetConfig(tstate->interp));
    if (PyStatus_Exception(status)) {
        return status;
    }
    if (e->random == 0) {
        e->random = 0x9e3779b9;
    }
    if (e->dependents == NULL) {
        e->dependents = _Py_hashtable_new(_Py_hashtable_hash_ptr, _Py_hashtable_compare_direct);
        e->sides = _Py_hashtable_new(_Py_hashtable_hash_ptr, _Py_hashtable_compare_direct);
        e->failed = _Py_hashtable_new_full(_Py_hashtable_hash_ptr, _Py_hashtable_compare_direct, NULL, PyMem_RawFree, NULL);
        if (e->dependents == NULL || e->sides == NULL || e->failed == NULL) {
            return PyStatus_NoMemory();
        }
    }
    _PyJitWatch_Start(tstate->interp);
    e->available = true;
    e->unavailable = NULL;
    if (e->interpreter) {
        _PyJit_Enter = _PyJit_Interpret;
    }
#ifndef _PyJit_INTERPRETER
    else {
        const char *reason = NULL;
        if (_PyJit_BackendInit(&reason) < 0) {
            e->available = false;
            e->unavailable = reason;
        }
    }
#endif
    set_enabled(e->wanted);
    return PyStatus_Ok();
}

#endif /* _Py_TIER2 */
