/* What tools see that look from inside an allocation, tracemalloc; and from outside the process, perf.
 *
 * It asks for the line of every frame when memory is taken.  Typed traces have frames and lines in the builder's head only, and make
 * boxes when somebody needs them.  So while it runs traces are made of whole instructions: their frames are in memory, and each one that
 * takes memory says first which one it is, as in tier 1 (`saves_ip` in Tools/cases_generator/cgen/opaque.py).
 *
 * 1. Where it starts or stops all traces are dropped; who is inside one leaves behind the call that started it (CHECK_VALID).
 * 2. What the JIT takes for itself is charged to nobody.  Hidden allocations are tracemalloc's own device: it hides its own.
 *
 * With perf support every call of Python goes through a trampoline, which an inlined call would not.  Nothing is compiled then
 * (_PyJitEngine_Unavailable()); what there was when it is switched on is dropped.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_interp.h"
#include "pycore_optimizer.h"
#include "pycore_pystate.h"
#include "pycore_runtime.h"
#include "pycore_tracemalloc.h"
#include "pycore_jit_engine.h"

bool
_PyJitTools_AllocationsAreSeen(void)
{
    return _PyRuntime.tracemalloc.config.tracing != 0;
}

bool
_PyJitTools_Hide(void)
{
#ifdef TRACE_RAW_MALLOC
    Py_tss_t *key = &_PyRuntime.tracemalloc.reentrant_key;
    return _PyJitTools_AllocationsAreSeen() && PyThread_tss_get(key) == NULL && PyThread_tss_set(key, Py_True) == 0;
#else
    return false;
#endif
}

void
_PyJitTools_Show(bool hidden)
{
#ifdef TRACE_RAW_MALLOC
    if (hidden) {
        (void)PyThread_tss_set(&_PyRuntime.tracemalloc.reentrant_key, NULL);
    }
#else
    (void)hidden;
#endif
}

#endif /* _Py_TIER2 */
