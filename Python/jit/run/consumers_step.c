/* One step of a loop over map() or filter() with a Python function, or over an object with `__next__`: FOR_ITER begins a frame in place of the
 * call of C (consumers.c).
 *
 * Its code asks the iterator below for an item, and calls the function.  What map() or filter() has stays there: the object is on the stack of
 * the frame below, on top.  Where no item is left, the frame returns to what stands behind the loop, as a generator does that returns; else it
 * says, last, that it returns to the loop.  An exception is seen first by a handler: StopIteration is the end of the loop.
 *
 * The objects have no declaration outside their file.  What is declared here has the same layout; the size of the type is checked.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_frame.h"
#include "pycore_jit.h"
#include "pycore_jit_helpers.h"
#include "pycore_opcode_metadata.h"
#include "pycore_pyerrors.h"
#include "pycore_pystate.h"
#include "jit/run/run.h"

typedef struct {
    PyObject_HEAD
    PyObject *iterators, *function;
} Map;

typedef struct {
    PyObject_HEAD
    PyObject *function, *iterator;
} Filter;

int
_PyJitStep_Kind(PyObject *o)
{
    return Py_IS_TYPE(o, &PyMap_Type) ? JIT_STEP_MAP : Py_IS_TYPE(o, &PyFilter_Type) ? JIT_STEP_FILTER : -1;
}

PyFunctionObject *
_PyJitStep_Next(PyTypeObject *type)
{
    // A class with such a function for a method has the slot that calls it.
    bool is_class = (type->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0 && type->tp_iternext != NULL;
    return is_class ? _PyJitOperator_Takes(_PyType_Lookup(type, &_Py_ID(__next__)), 1) : NULL;
}

PyObject *
_PyJitStep_Function(PyObject *o)
{
    return Py_IS_TYPE(o, &PyMap_Type) ? ((Map *)o)->function : Py_IS_TYPE(o, &PyFilter_Type) ? ((Filter *)o)->function
        : _PyType_Lookup(Py_TYPE(o), &_Py_ID(__next__));
}

PyObject *
_PyJitStep_Iterator(PyObject *o)
{
    return Py_IS_TYPE(o, &PyMap_Type) ? PyTuple_GET_ITEM(((Map *)o)->iterators, 0) : Py_IS_TYPE(o, &PyFilter_Type) ? ((Filter *)o)->iterator : o;
}

PyObject *
_PyJitStep_Method(_PyInterpreterFrame *frame)
{
    _PyInterpreterFrame *below = frame->previous;
    bool is_next = _PyJitConsumer_Kind(_PyFrame_GetCode(frame)) == JIT_STEP_NEXT;
    return is_next ? (PyObject *)_PyJitStep_Next(Py_TYPE(below->localsplus[below->stacktop - 1])) : NULL;
}

PyCodeObject *
_PyJitStep_Code(PyObject *o, int kind)
{
    if (kind == JIT_STEP_NEXT) {
        PyFunctionObject *next = _PyJitStep_Next(Py_TYPE(o));
        return next != NULL && next->func_version != 0 ? (PyCodeObject *)next->func_code : NULL;
    }
    int found = _PyJitStep_Kind(o);
    if (found < 0 || (kind != JIT_STEP_ANY && found != kind)
        || PyMap_Type.tp_basicsize != (Py_ssize_t)sizeof(Map) || PyFilter_Type.tp_basicsize != (Py_ssize_t)sizeof(Filter)
        || (found == JIT_STEP_MAP && PyTuple_GET_SIZE(((Map *)o)->iterators) != 1)) {
        return NULL;
    }
    return _PyJit_CodeOfKey(_PyJitStep_Function(o));
}

uint16_t
_PyJitStep_ReturnsTo(const _Py_CODEUNIT *for_iter, PyCodeObject *code, uint32_t offset)
{
    const _Py_CODEUNIT *at = _PyCode_CODE(code) + offset;
    int kind = _PyJitConsumer_Kind(code);
    bool item = at->op.code == RETURN_VALUE && at[-1].op.arg == JIT_CONTINUATION + kind;
    return (uint16_t)(1 + INLINE_CACHE_ENTRIES_FOR_ITER + (item ? 0 : for_iter->op.arg));
}

/* An exception was raised in FRAME, which has given back what it took of recursion.  None if it is the end of the loop, else NULL again. */
static PyObject *
end_or_fail(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject *exception)
{
    if (PyErr_GivenExceptionMatches(exception, PyExc_StopIteration)) {
        return Py_NewRef(Py_None);
    }
    tstate->c_recursion_remaining -= _PyJitContinuation_Units(_PyFrame_GetCode(frame));
    tstate->py_recursion_remaining++;
    _PyErr_SetRaisedException(tstate, Py_NewRef(exception));
    return NULL;
}

PyObject *
_PyJitStep_Finish(PyThreadState *tstate, _PyInterpreterFrame *frame, int what, PyObject *value)
{
    _PyInterpreterFrame *below = frame->previous;
    PyObject *o = below->localsplus[below->stacktop - 1];
    switch (what) {
        case JIT_STEP_ITERATOR:
            return Py_NewRef(_PyJitStep_Iterator(o));
        case JIT_STEP_FUNCTION:
            return Py_NewRef(_PyJitStep_Function(o));
        case JIT_STEP_FAILED:
            return end_or_fail(tstate, frame, value);
        default:
            break;
    }
    if (what != JIT_STEP_END) {
        below->return_offset = 1 + INLINE_CACHE_ENTRIES_FOR_ITER;
    }
    tstate->c_recursion_remaining += _PyJitContinuation_Units(_PyFrame_GetCode(frame));
    tstate->py_recursion_remaining--;      // its return gives back what it did not take
    return Py_NewRef(value);
}

#endif /* _Py_TIER2 */
