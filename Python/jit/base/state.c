/* The engine's state, and whether it compiles: what every other part may ask. */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_backoff.h"
#include "pycore_ceval.h"         // _PyIsPerfTrampolineActive()
#include "pycore_frame.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"
#include "pycore_jit_engine.h"

/* The most the twelve bits of a loop's counter hold: with the JIT off the counter is put back now and then. */
#define LOOP_LIMIT_OFF 0xfff

_PyJitEngine _PyJitEngine_State;
uint32_t _PyJit_LoopLimit = LOOP_LIMIT_OFF;
uint16_t _PyJit_CallCounts[JIT_CALL_COUNTERS];
_PyJitEnterFunc _PyJit_Enter;

void
_PyJitState_Enable(bool on)
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
    _PyJitState_Enable(false);
}

#define MOST_KEPT 2000         // names, sets of keywords, dicts to copy

PyObject *
_PyJitEngine_Keep(PyObject *key, PyObject *value)
{
    if (ENGINE->kept == NULL && (ENGINE->kept = PyDict_New()) == NULL) {
        PyErr_Clear();
        return NULL;
    }
    PyObject *known = PyDict_GetItemWithError(ENGINE->kept, key);
    if (known == NULL && value != NULL && PyDict_GET_SIZE(ENGINE->kept) < MOST_KEPT && PyDict_SetItem(ENGINE->kept, key, value) == 0) {
        known = value;
    }
    PyErr_Clear();
    return known;
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

uint32_t
_PyJit_PassBit(const char *name, size_t length)
{
    static const char *const names[] = {
#define X(NAME, TEXT) TEXT,
        JIT_PASSES(X)
#undef X
    };
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        if (strlen(names[i]) == length && strncmp(names[i], name, length) == 0) {
            return 1u << i;
        }
    }
    return 0;
}

#endif /* _Py_TIER2 */
