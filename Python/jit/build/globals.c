/* Lowering rules of globals and builtins.
 *
 * The value is a constant of the trace where its key is watched (run/watch.c), which makes it known in every rule that follows: a number
 * is folded, a builtin is recognized, a function is inlined without a check.  Where the key changes often the value is loaded
 * from its entry, as tier 1 does, after a check of the dict's keys.
 *
 * The same code may run with other globals: a check says that the frame has those that were seen.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_ceval.h"
#include "pycore_code.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"
#include "jit/build/rules.h"

/* The walk's frame runs a function, known by now, that has other globals or builtins. */
static bool
has_others(const _PyJitBuilder *b, PyObject *globals, PyObject *builtins)
{
    _PyJitRef ref = b->frames[b->nframes - 1].function;
    if (in_memory(b) || !JIT_IS_CONST(ref) || ref == JIT_REF_NONE) {
        return false;
    }
    const PyFunctionObject *function = (const PyFunctionObject *)(uintptr_t)JIT_INS(b->t, ref)->bits;
    return function->func_globals != globals || (builtins != NULL && function->func_builtins != builtins);
}

static void
check_globals(_PyJitBuilder *b, PyObject *globals, PyObject *builtins)
{
    if (!in_memory(b)) {
        // The frame would have what its function has, which never changes.
        _PyJitRef function = this_frame(b)->function, generator = this_frame(b)->generator;
        if (generator != JIT_REF_NONE) {
            function = _PyJitBuild_Emit(b, JIT_OP_LOAD_GEN_FUNCTION, generator, JIT_REF_NONE, 0);
        }
        if (!JIT_IS_CONST(function)) {
            (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_GLOBALS_OF, function, object_const(b, globals), 0);
            if (builtins != NULL) {
                (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_BUILTINS_OF, function, object_const(b, builtins), 0);
            }
        }
        return;
    }
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_GLOBALS, object_const(b, globals), JIT_REF_NONE, 0);
    if (builtins != NULL) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_BUILTINS, object_const(b, builtins), JIT_REF_NONE, 0);
    }
}

bool
_PyJitGlobals_CanCheck(const _PyJitBuilder *b, PyObject *globals)
{
    return PyDict_CheckExact(globals) && !has_others(b, globals, NULL)
        && _PyEval_BuiltinsFromGlobals(_PyThreadState_GET(), globals) == _PyInterpreterState_GET()->builtins;
}

void
_PyJitGlobals_Check(_PyJitBuilder *b, PyObject *globals)
{
    check_globals(b, globals, NULL);
    b->failed |= _PyJitWatch_Depend(b->t, globals, &_Py_ID(__builtins__)) < 0;
}

uint32_t
_PyJitLower_Global(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    const _Py_CODEUNIT *units = &b->t->units[record->units];
    PyObject *globals = record->seen;
    if (globals == NULL) {
        return REFUSE(b);
    }
    PyObject *name = PyTuple_GET_ITEM(b->t->codes[record->code]->co_names, record->oparg >> 1);
    PyObject *builtins = record->opcode == LOAD_GLOBAL_BUILTIN ? _PyInterpreterState_GET()->builtins : NULL;
    if (has_others(b, globals, builtins)) {
        return REFUSE(b);
    }
    uint32_t version = units[2].cache, builtins_version = units[3].cache, entry = units[4].cache;
    PyObject *value;
    if (builtins != NULL) {
        value = _PyJitWatch_Absent(globals, name, version) ? _PyJitWatch_Constant(builtins, name, builtins_version, entry) : NULL;
        if (value == NULL) {
            return REFUSE(b);
        }
    }
    else {
        value = _PyJitWatch_Constant(globals, name, version, entry);
        if (value == NULL && !PyDict_CheckExact(globals)) {
            return REFUSE(b);
        }
    }
    _PyJitLower_Begin(b, index);
    check_globals(b, globals, builtins);
    if (value != NULL) {
        b->failed |= _PyJitWatch_Depend(b->t, globals, name) < 0
            || (builtins != NULL && _PyJitWatch_Depend(b->t, builtins, name) < 0);
        _PyJitSlot_PushConst(b, value);
    }
    else {
        _PyJitRef dict = object_const(b, globals);
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_KEYS, dict, JIT_REF_NONE, version);
        _PyJitSlot_PushHeap(b, _PyJitBuild_Emit(b, JIT_OP_LOAD_ENTRY, dict, JIT_REF_NONE, entry));
    }
    if (record->oparg & 1) {
        _PyJitSlot_PushNull(b);
    }
    return 1;
}

#endif /* _Py_TIER2 */
