/* Calls of classes: which ones need no C frame (Python/bytecodes/classes.c). */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_function.h"
#include "pycore_object.h"
#include "pycore_jit.h"
#include "pycore_jit_frames.h"

/* The `__init__` of CLASS, whose instances are made by `object`, if it is a Python function; else NULL. */
static PyFunctionObject *
init_of(PyTypeObject *class)
{
    const unsigned long others = Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_IS_ABSTRACT;
    if (Py_TYPE(class) != &PyType_Type || (class->tp_flags & (Py_TPFLAGS_HEAPTYPE | others)) != Py_TPFLAGS_HEAPTYPE
        || class->tp_new != PyBaseObject_Type.tp_new || class->tp_alloc != PyType_GenericAlloc || class->tp_itemsize != 0) {
        return NULL;
    }
    PyObject *init = _PyType_Lookup(class, &_Py_ID(__init__));
    return init != NULL && PyFunction_Check(init) ? (PyFunctionObject *)init : NULL;
}

bool
_PyJit_SpecializeClass(PyObject *callable, _Py_CODEUNIT *instr, int nargs)
{
    if (!PyType_Check(callable)) {
        return false;
    }
    PyTypeObject *class = (PyTypeObject *)callable;
    PyFunctionObject *init = init_of(class);
    if (init == NULL || !_PyJit_TakesArguments(init, nargs) || !PyUnstable_Type_AssignVersionTag(class)) {
        return false;
    }
    ((PyHeapTypeObject *)class)->_spec_cache.init = (PyObject *)init;
    _PyCallCache *cache = (_PyCallCache *)(instr + 1);
    write_u32(cache->func_version, class->tp_version_tag);
    cache->counter = adaptive_counter_cooldown();
    instr->op.code = CALL_ALLOC_AND_ENTER_INIT;
    return true;
}

#endif /* _Py_TIER2 */
