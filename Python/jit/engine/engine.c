/* The engine: how it starts and ends, on and off, and the names upstream's hooks call.
 *
 * Upstream starts its tier 2 by making an "optimizer" object and storing it in the interpreter.  This fork keeps that seam:
 * there is one immortal engine object, and storing it, or NULL, switches compilation on or off.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_class_variables.h"
#include "pycore_initconfig.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"
#include "jit/engine/engine.h"

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
    _PyJitState_Enable(on);
    return 0;
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
    _PyJitConsumer_Release();
    Py_CLEAR(ENGINE->kept);
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
        _PyJitState_Enable(optimizer != NULL && ENGINE->wanted);
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
    _PyJit_Enter = _PyJit_Interpret;
#ifndef _PyJit_INTERPRETER
    if (!e->interpreter) {
        const char *reason = NULL;
        if (_PyJit_BackendInit(&reason) < 0) {
            e->available = false;
            e->unavailable = reason;
        }
    }
#endif
    _PyJitState_Enable(e->wanted);
    const char *why = _PyJitEngine_Unavailable();
    if (why != NULL) {
        _PyJitLog_Off(why);
    }
    return PyStatus_Ok();
}

/* --- What makes traces wrong ------------------------------------------------------------------------------ */

void
_Py_Executors_InvalidateDependency(PyInterpreterState *interp, void *object, int is_invalidation)
{
    (void)is_invalidation;
    if (_Py_IsMainInterpreter(interp)) {
        _PyJitExecutor_InvalidateDependents(object);
        _PyJitRecorder_Cancel(JIT_ABORT_INVALIDATED);
    }
}

void
_Py_Executors_InvalidateAll(PyInterpreterState *interp, int is_invalidation)
{
    if (!_Py_IsMainInterpreter(interp)) {
        return;
    }
    _PyJitRecorder_Cancel(JIT_ABORT_INVALIDATED);
    _PyExecutorObject *executor = ENGINE->head;
    while (executor != NULL) {
        Py_INCREF(executor);
        if (executor->vm_data.valid) {
            if (is_invalidation) {
                ENGINE->counters.invalidations++;
            }
            _PyJitExecutor_Invalidate(executor);
        }
        _PyExecutorObject *next = executor->next;
        Py_DECREF(executor);
        executor = next;
    }
    _PyJitExecutor_FreeZombies();
}

void
_PyJit_FunctionChanging(PyFunctionObject *function)
{
    // A trace with a function in it depends on its code.
    _Py_Executors_InvalidateDependency(_PyInterpreterState_GET(), function->func_code, 1);
}

void
_PyJit_TraceMallocSwitches(void)
{
    _Py_Executors_InvalidateAll(_PyInterpreterState_GET(), 1);
}

void
_PyJit_TrampolineSwitches(void)
{
    _Py_Executors_InvalidateAll(_PyInterpreterState_GET(), 1);
}

#ifndef _PyClassVar_Stop
void
_PyClassVar_Stop(void)
{
    // Traces store to class variables, and nobody would hear of it.
    if (!_PyClassVar_Stopped) {
        _PyClassVar_Stopped = true;
        _Py_Executors_InvalidateAll(_PyInterpreterState_Main(), 1);
    }
}
#endif

#endif /* _Py_TIER2 */
