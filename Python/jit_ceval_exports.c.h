/* Included at the end of ceval.c: the way to its static functions for compiled code (pycore_jit_ceval.h).
 *
 * They stay static, so that tier 1 goes on inlining them.
 */
#include "pycore_jit.h"

const char *const _PyJit_DispatchForm = JIT_DISPATCH_FORM;

#ifdef _Py_TIER2

#include "pycore_jit_ceval.h"

_Py_CODEUNIT *const _PyJit_Trampoline = (_Py_CODEUNIT *)_Py_INTERPRETER_TRAMPOLINE_INSTRUCTIONS + 1;

PyObject *
_PyJit_import_name(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject *name,
                   PyObject *fromlist, PyObject *level)
{
    return import_name(tstate, frame, name, fromlist, level);
}

PyObject *
_PyJit_import_from(PyThreadState *tstate, PyObject *module, PyObject *name)
{
    return import_from(tstate, module, name);
}

int
_PyJit_check_args_iterable(PyThreadState *tstate, PyObject *func, PyObject *args)
{
    return check_args_iterable(tstate, func, args);
}

_PyInterpreterFrame *
_PyJit_EvalFramePushAndInit_Ex(PyThreadState *tstate, PyFunctionObject *func, PyObject *locals,
                               Py_ssize_t nargs, PyObject *callargs, PyObject *kwargs)
{
    return _PyEvalFramePushAndInit_Ex(tstate, func, locals, nargs, callargs, kwargs);
}

int
_PyJit_do_raise(PyThreadState *tstate, PyObject *exc, PyObject *cause)
{
    return do_raise(tstate, exc, cause);
}

void
_PyJit_monitor_reraise(PyThreadState *tstate, _PyInterpreterFrame *frame, _Py_CODEUNIT *instr)
{
    monitor_reraise(tstate, frame, instr);
}

#endif /* _Py_TIER2 */
