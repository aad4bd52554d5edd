/* The engine: how it starts and ends, on and off, and the names upstream's hooks call.
 *
 * Upstream starts its tier 2 by making an "optimizer" object and storing it in the interpreter.  This fork keeps that seam:
 * there is one immortal engine object, and storing it, or NULL, switches compilation on or off.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_backoff.h"
#include "pycore_ceval.h"         // _PyIsPerfTrampolineActive()
#include "pycore_frame.h"
#include "pycore_initconfig.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"
#include "pycore_jit_engine.h"
#include "jit/run/restore.h"

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
    if (on && _PyJitEngine_Unavailable() != NULL) {
        return -1;
    }
    if (!on && ENGINE->enabled) {
        _Py_Executors_InvalidateAll(interp, 0);
    }
    ENGINE->wanted = on;       // upstream's start switches on again, after site
    set_enabled(on);
    return 0;
}

const char *
_PyJitEngine_Unavailable(void)
{
    if (!ENGINE->available) {
        return ENGINE->unavailable != NULL ? ENGINE->unavailable : "it was not started";
    }
    if (_PyInterpreterState_GET()->eval_frame == NULL) {
        return NULL;
    }
    return _PyIsPerfTrampolineActive() ? "perf support is on: each call of Python goes through a trampoline of its own"
                                       : "an extension evaluates the frames of this interpreter itself";
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

/* Twice that long after the last trace machine code cannot be written to any more.  To make that so costs half as much as a trace, so
 * it stays while one trace follows another. */
#define REST_NS (100 * 1000 * 1000)

void
_PyJitEngine_Rest(void)
{
    PyTime_t now = 0;
    (void)PyTime_MonotonicRaw(&now);
    if (now - ENGINE->rested >= REST_NS && ENGINE->available && !ENGINE->interpreter) {
        ENGINE->rested = now;
        _PyJit_BackendRest();
    }
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

PyStatus
_PyJitEngine_Start(PyThreadState *tstate)
{
    _PyJitEngine *e = ENGINE;
    _PyJitOptions_Read(_PyInterpreterState_GetConfig(tstate->interp));
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
    const char *why = _PyJitEngine_Unavailable();
    if (why != NULL) {
        _PyJitLog_Off(why);
    }
    return PyStatus_Ok();
}

#endif /* _Py_TIER2 */
