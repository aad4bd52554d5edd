/* Functions and generators: what traces call that make them, and in which a generator returns (build/generators.c, build/make.c); where a
 * generator goes on. */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_ceval.h"
#include "pycore_code.h"
#include "pycore_frame.h"
#include "pycore_function.h"
#include "pycore_genobject.h"
#include "pycore_jit.h"
#include "pycore_jit_helpers.h"

PyObject *
_PyJit_NewFunction(PyObject *globals, PyCodeObject *code)
{
    PyObject *made = _PyJit_New(PyFunction_New((PyObject *)code, globals));
    if (made != NULL) {
        _PyFunction_SetVersion((PyFunctionObject *)made, code->co_version);
    }
    return made;
}

PyObject *
_PyJit_NewGenerator(PyThreadState *tstate, PyFunctionObject *function, _Py_CODEUNIT *place)
{
    PyCodeObject *code = (PyCodeObject *)function->func_code;
    if (code->co_flags & CO_COROUTINE && tstate->coroutine_origin_tracking_depth > 0) {
        return NULL;
    }
    PyGenObject *made = (PyGenObject *)_PyJit_New(_Py_MakeCoro(function));
    if (made == NULL) {
        return NULL;
    }
    _PyInterpreterFrame *frame = (_PyInterpreterFrame *)made->gi_iframe;
    _PyFrame_Initialize(frame, function, NULL, code, 0);
    frame->owner = FRAME_OWNED_BY_GENERATOR;
    frame->previous = NULL;
    frame->instr_ptr = place;
    made->gi_frame_state = FRAME_CREATED;
    return (PyObject *)made;
}

void
_PyJit_EndGenerator(PyGenObject *generator, uint32_t nlocals)
{
    _PyInterpreterFrame *frame = (_PyInterpreterFrame *)generator->gi_iframe;
    assert(generator->gi_frame_state < FRAME_EXECUTING && frame->frame_obj == NULL && frame->f_locals == NULL);
    // First: what ends now may look at it.
    generator->gi_frame_state = FRAME_CLEARED;
    for (uint32_t i = 0; i < nlocals; i++) {
        Py_XDECREF(frame->localsplus[i]);
    }
    frame->stacktop = 0;
    Py_DECREF(frame->f_funcobj);
    Py_CLEAR(generator->gi_exc_state.exc_value);
}

_Py_CODEUNIT *
_PyJit_OriginalAt(PyCodeObject *code, _Py_CODEUNIT *place)
{
    if (place->op.code != ENTER_EXECUTOR) {
        return place;
    }
    _PyVMData *data = &code->co_executors->executors[place->op.arg]->vm_data;
    Py_BUILD_ASSERT(offsetof(_PyVMData, oparg) == offsetof(_PyVMData, opcode) + 1 && sizeof(_Py_CODEUNIT) == 2);
    return (_Py_CODEUNIT *)&data->opcode;
}

_Py_CODEUNIT *
_PyJit_ResumeAt(_PyInterpreterFrame *frame)
{
    return _PyJit_OriginalAt(_PyFrame_GetCode(frame), frame->instr_ptr);
}

#endif /* _Py_TIER2 */
