/* What an operator does when its method has returned: an instruction of its continuation frame asks (operators.c).
 *
 * Each kind does what C does behind its call of the method, in the same order.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_abstract.h"
#include "pycore_code.h"
#include "pycore_frame.h"
#include "pycore_genobject.h"
#include "pycore_long.h"
#include "pycore_object.h"
#include "pycore_pyerrors.h"
#include "pycore_pystate.h"
#include "pycore_tuple.h"
#include "pycore_typeobject.h"
#include "jit/run/run.h"

static const char *const comparison_symbols[] = {
    [Py_LT] = "<", [Py_LE] = "<=", [Py_EQ] = "==", [Py_NE] = "!=", [Py_GT] = ">", [Py_GE] = ">=",
};

/* The result of a method, or NULL where an exception is set; false: it was NotImplemented, and is given up. */
static bool
is_result(PyObject *value)
{
    if (value == Py_NotImplemented) {
        Py_DECREF(value);
        return false;
    }
    return true;
}

static PyObject *
call_slot(binaryfunc slot, size_t offset, PyObject *left, PyObject *right)
{
    bool power = offset == offsetof(PyNumberMethods, nb_power);
    return power ? ((ternaryfunc)(void (*)(void))slot)(left, right, Py_None) : slot(left, right);
}

/* What is tried when the slot of LEFT's type has called the method of LEFT, in vain: NotImplemented, a result, or NULL. */
static PyObject *
try_right(const _PyJitOperator *operator, PyObject *left, PyObject *right)
{
    binaryfunc slot = Py_IS_TYPE(right, Py_TYPE(left)) ? NULL : slot_of(Py_TYPE(right), operator->slot);
    if (slot == NULL) {
        return Py_NewRef(Py_NotImplemented);
    }
    if (slot != slot_of(Py_TYPE(left), operator->slot)) {
        return call_slot(slot, operator->slot, left, right);
    }
    // The slot of a class: it looks at both operands, and has the reflected method left.
    PyObject *method = _PyObject_LookupSpecial(right, operator->reflected);
    if (method == NULL) {
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_NotImplemented);
    }
    PyObject *result = PyObject_CallOneArg(method, left);
    Py_DECREF(method);
    return result;
}

/* The operator without assignment, from the beginning. */
static PyObject *
try_both(const _PyJitOperator *operator, PyObject *left, PyObject *right)
{
    binaryfunc first = slot_of(Py_TYPE(left), operator->slot);
    binaryfunc second = Py_IS_TYPE(right, Py_TYPE(left)) ? NULL : slot_of(Py_TYPE(right), operator->slot);
    if (second == first) {
        second = NULL;
    }
    if (first != NULL && second != NULL && PyType_IsSubtype(Py_TYPE(right), Py_TYPE(left))) {
        PyObject *result = call_slot(second, operator->slot, left, right);
        if (is_result(result)) {
            return result;
        }
        second = NULL;
    }
    binaryfunc slots[] = {first, second};
    for (int i = 0; i < 2; i++) {
        PyObject *result = slots[i] != NULL ? call_slot(slots[i], operator->slot, left, right) : Py_NewRef(Py_NotImplemented);
        if (is_result(result)) {
            return result;
        }
    }
    return Py_NewRef(Py_NotImplemented);
}

static PyObject *
repeat(ssizeargfunc slot, PyObject *sequence, PyObject *times)
{
    if (!_PyIndex_Check(times)) {
        PyErr_Format(PyExc_TypeError, "can't multiply sequence by non-int of type '%.200s'", Py_TYPE(times)->tp_name);
        return NULL;
    }
    Py_ssize_t n = PyNumber_AsSsize_t(times, PyExc_OverflowError);
    return n == -1 && PyErr_Occurred() ? NULL : slot(sequence, n);
}

/* `+` and `*` of sequences, which come last; NotImplemented: there are none. */
static PyObject *
try_sequences(int number, bool inplace, PyObject *left, PyObject *right)
{
    const PySequenceMethods *first = Py_TYPE(left)->tp_as_sequence, *second = Py_TYPE(right)->tp_as_sequence;
    if (number == NB_ADD && first != NULL) {
        binaryfunc slot = inplace && first->sq_inplace_concat != NULL ? first->sq_inplace_concat : first->sq_concat;
        return slot != NULL ? slot(left, right) : Py_NewRef(Py_NotImplemented);
    }
    if (number == NB_MULTIPLY) {
        ssizeargfunc slot = first == NULL ? NULL
            : inplace && first->sq_inplace_repeat != NULL ? first->sq_inplace_repeat : first->sq_repeat;
        if (slot != NULL) {
            return repeat(slot, left, right);
        }
        // `*=` looks at the right operand only if the left one's type has no room for such methods.
        if ((!inplace || first == NULL) && second != NULL && second->sq_repeat != NULL) {
            return repeat(second->sq_repeat, right, left);
        }
    }
    return Py_NewRef(Py_NotImplemented);
}

static PyObject *
finish_binary(int oparg, int kind, PyObject *left, PyObject *right)
{
    int number = oparg % NB_INPLACE_ADD;
    bool inplace = oparg >= NB_INPLACE_ADD;
    const _PyJitOperator *operator = &_PyJitOperators[number];
    PyObject *result = kind == JIT_OPERATOR_INPLACE ? try_both(operator, left, right)
        : kind == JIT_OPERATOR_BINARY ? try_right(operator, left, right) : Py_NewRef(Py_NotImplemented);
    if (!is_result(result)) {
        result = try_sequences(number, inplace, left, right);
        if (!is_result(result)) {
            PyErr_Format(PyExc_TypeError, "unsupported operand type(s) for %.100s: '%.100s' and '%.100s'",
                         inplace ? operator->inplace_symbol : operator->symbol, Py_TYPE(left)->tp_name, Py_TYPE(right)->tp_name);
            return NULL;
        }
    }
    return result;
}

static PyObject *
finish_comparison(int op, PyObject *left, PyObject *right)
{
    richcmpfunc compare = Py_TYPE(right)->tp_richcompare;
    PyObject *result = compare != NULL ? compare(right, left, _Py_SwappedOp[op]) : Py_NewRef(Py_NotImplemented);
    if (is_result(result)) {
        return result;
    }
    if (op == Py_EQ || op == Py_NE) {
        return Py_NewRef((left == right) == (op == Py_EQ) ? Py_True : Py_False);
    }
    PyErr_Format(PyExc_TypeError, "'%s' not supported between instances of '%.100s' and '%.100s'", comparison_symbols[op],
                 Py_TYPE(left)->tp_name, Py_TYPE(right)->tp_name);
    return NULL;
}

/* VALUE, a reference, as a bool; NULL: there is an exception, or it was NULL. */
static PyObject *
truth_of(PyObject *value)
{
    int truth = value == NULL ? -1 : PyObject_IsTrue(value);
    Py_XDECREF(value);
    return truth < 0 ? NULL : Py_NewRef(truth ? Py_True : Py_False);
}

/* What __bool__ has returned, borrowed, as the truth of an object; NULL: it is none. */
static PyObject *
checked_bool(PyObject *value)
{
    if (!PyBool_Check(value)) {
        PyErr_Format(PyExc_TypeError, "__bool__ should return bool, returned %s", Py_TYPE(value)->tp_name);
        return NULL;
    }
    return Py_NewRef(value);
}

/* What __len__ has returned, borrowed, as a size; -1: it is none. */
static Py_ssize_t
checked_size(PyObject *value)
{
    PyObject *index = _PyNumber_Index(value);
    if (index == NULL) {
        return -1;
    }
    Py_ssize_t size = -1;
    if (_PyLong_IsNegative((PyLongObject *)index)) {
        PyErr_SetString(PyExc_ValueError, "__len__() should return >= 0");
    }
    else {
        size = PyNumber_AsSsize_t(index, PyExc_OverflowError);
    }
    Py_DECREF(index);
    return size;
}

/* VALUE is to be the text that KIND asks for. */
static PyObject *
checked_text(int kind, int asked, PyObject *value)
{
    if (!PyUnicode_Check(value)) {
        const char *method = kind == JIT_OPERATOR_TEXT && asked == FVC_REPR ? "__repr__" : "__str__";
        return PyErr_Format(PyExc_TypeError, "%s returned non-string (type %.200s)", method, Py_TYPE(value)->tp_name);
    }
    return Py_NewRef(value);
}

/* TRUTH, a reference or NULL, is a bool: the contrary. */
static PyObject *
contrary(PyObject *truth)
{
    return truth == NULL ? NULL : Py_NewRef(truth == Py_True ? Py_False : Py_True);
}

/* What is to be awaited for VALUE, which `__anext__` has returned. */
static PyObject *
awaitable_of(PyObject *value)
{
    PyObject *awaitable = _PyCoro_GetAwaitableIter(value);
    if (awaitable == NULL) {
        _PyErr_FormatFromCause(PyExc_TypeError, "'async for' received an invalid object from __anext__: %.100s",
                               Py_TYPE(value)->tp_name);
    }
    return awaitable;
}

/* VALUE is what `__new__` of the class among OPERANDS, which was called with N arguments, has made. */
static PyObject *
finish_new(int n, PyObject **operands, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);
    bool has_init = PyObject_TypeCheck(value, (PyTypeObject *)operands[0]) && type->tp_init != NULL
        && (type->tp_init != PyBaseObject_Type.tp_init || type->tp_new == PyBaseObject_Type.tp_new);
    if (has_init) {
        PyObject *arguments = _PyTuple_FromArray(operands + 2, n);
        int failed = arguments == NULL ? -1 : type->tp_init(value, arguments, NULL);
        Py_XDECREF(arguments);
        if (failed < 0) {
            return NULL;
        }
    }
    return Py_NewRef(value);
}

/* What C does behind the method's call with VALUE, before it returns to the instruction with ASKED for its oparg. */
static PyObject *
finish(int kind, int asked, PyObject **operands, PyObject *value)
{
    switch (kind) {
        case JIT_OPERATOR_BINARY:
        case JIT_OPERATOR_INPLACE:
        case JIT_OPERATOR_REFLECTED:
            return value == Py_NotImplemented ? finish_binary(asked, kind, operands[0], operands[1]) : Py_NewRef(value);
        case JIT_OPERATOR_COMPARE:
        case JIT_OPERATOR_TEST:
            return value == Py_NotImplemented ? finish_comparison(asked >> 5, operands[0], operands[1]) : Py_NewRef(value);
        case JIT_OPERATOR_UNEQUAL: {
            if (value != Py_NotImplemented) {
                return contrary(truth_of(Py_NewRef(value)));
            }
            PyObject *result = finish_comparison(Py_NE, operands[0], operands[1]);
            return asked & 16 ? truth_of(result) : result;      // a branch follows
        }
        case JIT_OPERATOR_IN:
            return truth_of(Py_NewRef(value));
        case JIT_OPERATOR_NOT_IN:
            return contrary(truth_of(Py_NewRef(value)));
        case JIT_OPERATOR_BOOL:
            return checked_bool(value);
        case JIT_OPERATOR_STR:
        case JIT_OPERATOR_TEXT:
        case JIT_OPERATOR_FORMAT:
            return checked_text(kind, asked, value);
        case JIT_OPERATOR_ITER:
            if (!PyIter_Check(value)) {
                return PyErr_Format(PyExc_TypeError, "iter() returned non-iterator of type '%.100s'", Py_TYPE(value)->tp_name);
            }
            return Py_NewRef(value);
        case JIT_OPERATOR_ANEXT:
            return awaitable_of(value);
        case JIT_OPERATOR_LEN:
        case JIT_OPERATOR_NONEMPTY: {
            Py_ssize_t size = checked_size(value);
            return size < 0 ? NULL : kind == JIT_OPERATOR_LEN ? PyLong_FromSsize_t(size) : Py_NewRef(size > 0 ? Py_True : Py_False);
        }
        default:
            return kind >= JIT_OPERATOR_NEW ? finish_new(kind - JIT_OPERATOR_NEW, operands, value) : Py_NewRef(value);
    }
}

/* C gives the descriptor up before the operands end, which are the other locals of FRAME. */
static void
let_go(int kind, _PyInterpreterFrame *frame)
{
    if (kind >= 0 && _PyJitOperatorForms[kind].keeps) {
        Py_CLEAR(frame->localsplus[_PyJitOperatorForms[kind].operands]);
    }
}

PyObject *
_PyJitOperator_Finish(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **stack_pointer, int oparg, PyObject *value)
{
    int kind = oparg - JIT_CONTINUATION;
    if (kind == JIT_STEP_ITERATOR || kind == JIT_STEP_FUNCTION || (kind >= JIT_STEP_MAP && kind <= JIT_STEP_FAILED)) {
        return _PyJitStep_Finish(tstate, frame, kind, value);
    }
    if (kind >= JIT_CONSUMER_FIRST) {
        return _PyJitConsumer_Finish(tstate, frame, stack_pointer, kind, value);
    }
    int units = _PyJitContinuation_Units(_PyFrame_GetCode(frame));
    // The method's evaluation loop would be gone; the function that had it called would not.
    tstate->c_recursion_remaining += LOOP_UNITS;
    PyObject *result = finish(kind, frame->previous->instr_ptr->op.arg, frame->localsplus, value);
    tstate->c_recursion_remaining += units - LOOP_UNITS;
    let_go(kind, frame);
    if (kind == JIT_OPERATOR_TEST) {
        result = truth_of(result);
    }
    if (result == NULL) {
        tstate->c_recursion_remaining -= units;      // until the frame is left
    }
    else {
        tstate->py_recursion_remaining--;      // its return gives back what it did not take
    }
    return result;
}

void
_PyJitOperator_Unwind(PyThreadState *tstate, const _PyInterpreterFrame *frame)
{
    PyCodeObject *code = _PyFrame_GetCode((_PyInterpreterFrame *)frame);
    int units = _PyJitContinuation_Units(code);
    if (units > 0) {
        int kind = _PyJitOperator_Kind(code);
        _PyJitOperator_NoteError(frame, kind);
        let_go(kind, (_PyInterpreterFrame *)frame);
        tstate->c_recursion_remaining += units;
        tstate->py_recursion_remaining--;
    }
}

#endif /* _Py_TIER2 */
