/* Calls of classes: which ones need no C frame (Python/bytecodes/classes.c). */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_frame.h"
#include "pycore_function.h"
#include "pycore_object.h"
#include "pycore_jit.h"
#include "pycore_jit_frames.h"
#include "jit/run/run.h"

PyFunctionObject *
_PyJit_InitOf(PyTypeObject *class)
{
    const unsigned long others = Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_IS_ABSTRACT;
    if (!_PyJit_IsCalledAsType(class) || (class->tp_flags & (Py_TPFLAGS_HEAPTYPE | others)) != Py_TPFLAGS_HEAPTYPE
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
    PyFunctionObject *init = _PyJit_InitOf(class);
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

PyFunctionObject *
_PyJitOperator_New(PyTypeObject *class, int nargs, int *kind)
{
    if (Py_TYPE(class) != &PyType_Type || !(class->tp_flags & Py_TPFLAGS_HEAPTYPE) || class->tp_init != PyBaseObject_Type.tp_init
        || nargs >= JIT_OPERATOR_KINDS - JIT_OPERATOR_NEW) {
        return NULL;
    }
    // Where this is a static method C calls it by the slot for `__new__` of classes of users.
    PyObject *found = _PyType_Lookup(class, &_Py_ID(__new__));
    if (found == NULL || !Py_IS_TYPE(found, &PyStaticMethod_Type)) {
        return NULL;
    }
    PyObject *function = PyStaticMethod_Type.tp_descr_get(found, NULL, (PyObject *)class);
    if (function == NULL) {
        PyErr_Clear();
        return NULL;
    }
    Py_DECREF(function);       // the static method has it
    *kind = JIT_OPERATOR_NEW + nargs;
    return _PyJitOperator_Takes(function, 1 + nargs);
}

bool
_PyJit_PushClass(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject *class, PyObject **args, int npositional, PyObject *names,
                 _PyInterpreterFrame **pushed)
{
    PyFunctionObject *init = _PyJit_InitOf((PyTypeObject *)class);
    if (init == NULL || init->vectorcall != _PyFunction_Vectorcall || tstate->py_recursion_remaining <= _PyJit_KeptForC(tstate)) {
        return false;
    }
    const PyCodeObject *code = (const PyCodeObject *)init->func_code;
    if (!(code->co_flags & CO_OPTIMIZED) || !_PyThreadState_HasStackSpace(tstate, code->co_framesize + _PyJit_ShimCode()->co_framesize)) {
        return false;
    }
    PyObject *instance = PyType_GenericAlloc((PyTypeObject *)class, 0);
    for (Py_ssize_t i = 0; instance == NULL && i < npositional + PyTuple_GET_SIZE(names); i++) {
        Py_DECREF(args[i]);
    }
    *pushed = instance == NULL ? NULL
        : _PyJit_PushInit(tstate, frame, _PyJit_ShimCode(), init, instance, args, npositional, names);
    Py_DECREF(class);
    return true;
}

#endif /* _Py_TIER2 */
