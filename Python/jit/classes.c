/* Calls of classes: which ones need no C frame (Python/bytecodes/classes.c). */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_function.h"
#include "pycore_object.h"
#include "pycore_jit.h"

/* The `__init__` of CLASS, whose instances are made by `object` and are no more than their slots, if it is a Python function that takes
 * a fixed number of positional arguments; else NULL. */
static PyFunctionObject *
init_of(PyTypeObject *class)
{
    const unsigned long others = Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_IS_ABSTRACT | Py_TPFLAGS_INLINE_VALUES;
    if (Py_TYPE(class) != &PyType_Type || (class->tp_flags & (Py_TPFLAGS_HEAPTYPE | others)) != Py_TPFLAGS_HEAPTYPE
        || class->tp_new != PyBaseObject_Type.tp_new || class->tp_alloc != PyType_GenericAlloc || class->tp_itemsize != 0) {
        return NULL;
    }
    PyObject *init = _PyType_Lookup(class, &_Py_ID(__init__));
    if (init == NULL || !PyFunction_Check(init)) {
        return NULL;
    }
    const PyCodeObject *code = (const PyCodeObject *)PyFunction_GET_CODE(init);
    bool simple = (code->co_flags & (CO_OPTIMIZED | CO_VARARGS | CO_VARKEYWORDS)) == CO_OPTIMIZED && code->co_kwonlyargcount == 0;
    return simple ? (PyFunctionObject *)init : NULL;
}

bool
_PyJit_SpecializeClass(PyObject *callable, _Py_CODEUNIT *instr, int nargs)
{
    if (!PyType_Check(callable)) {
        return false;
    }
    PyTypeObject *class = (PyTypeObject *)callable;
    PyFunctionObject *init = init_of(class);
    if (init == NULL || ((const PyCodeObject *)init->func_code)->co_argcount != nargs + 1
        || !PyUnstable_Type_AssignVersionTag(class)) {
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
