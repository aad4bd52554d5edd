/* Operators whose methods are Python functions: `a + b`, `a += b`, `a < b`.
 *
 * In tier 1 an operator is a call of C, and C calls an evaluation loop for `__add__`.  A trace cannot go through that.  So the recorder
 * does what C would do: it finds the method and begins a frame for it.  Where that returns to, C has something left to do, for the result
 * may be NotImplemented.  This is done by a *continuation frame* between the two, which runs code of its own: one instruction that
 * finishes the operator, and a return.  InternalDocs/operators.md has the whole.
 *
 * 1. A continuation frame is seen by nobody: it is never past its first traceable instruction, and has no events.
 * 2. The operands are its locals, so they end when the operator has ended, the left one first, as on the stack.
 * 3. It counts for the recursion limits as C would: nothing for Python's, and as much of C's as the functions that are not called.
 * 4. What C does after a method was tried is done here, in the same order.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_abstract.h"
#include "pycore_call.h"
#include "pycore_code.h"
#include "pycore_frame.h"
#include "pycore_function.h"
#include "pycore_global_objects.h"
#include "pycore_interp.h"
#include "pycore_object.h"
#include "pycore_opcode_metadata.h"
#include "pycore_pyerrors.h"
#include "pycore_pystate.h"
#include "pycore_typeobject.h"
#include "pycore_jit_engine.h"
#include "pycore_jit_frames.h"
#include "pycore_jit_helpers.h"

#define LOOP_UNITS 2           // of C recursion an evaluation loop takes
#define SPARE_UNITS 32         // left for what a method calls; below that C calls it, and raises where it has to

/* --- The code of continuation frames ---------------------------------------------------------------------------------- */

#define CONTINUATION(KIND) \
    { \
        _PyVarObject_HEAD_INIT(&PyCode_Type, 2), \
        .co_consts = (PyObject *)&_Py_SINGLETON(tuple_empty), \
        .co_names = (PyObject *)&_Py_SINGLETON(tuple_empty), \
        .co_exceptiontable = (PyObject *)&_Py_SINGLETON(bytes_empty), \
        .co_localsplusnames = (PyObject *)&_Py_SINGLETON(tuple_empty), \
        .co_localspluskinds = (PyObject *)&_Py_SINGLETON(bytes_empty), \
        .co_linetable = (PyObject *)&_Py_SINGLETON(bytes_empty), \
        .co_filename = &_Py_STR(empty), \
        .co_name = &_Py_ID(operation), \
        .co_qualname = &_Py_ID(operation), \
        .co_flags = CO_OPTIMIZED | CO_NO_MONITORING_EVENTS, \
        .co_nlocals = 2, \
        .co_nlocalsplus = 2, \
        .co_stacksize = 2, \
        .co_framesize = 2 + 2 + FRAME_SPECIALS_SIZE, \
        ._co_firsttraceable = 2, \
        .co_code_adaptive = {CALL_INTRINSIC_1, JIT_CONTINUATION + (KIND), RETURN_VALUE, 0}, \
    }

static const struct _PyCode_DEF(4) continuations[JIT_OPERATOR_KINDS] = {
    CONTINUATION(JIT_OPERATOR_BINARY),
    CONTINUATION(JIT_OPERATOR_INPLACE),
    CONTINUATION(JIT_OPERATOR_COMPARE),
    CONTINUATION(JIT_OPERATOR_TEST),
};

PyCodeObject *
_PyJitOperator_Code(int kind)
{
    return (PyCodeObject *)&continuations[kind];
}

int
_PyJitOperator_Kind(const PyCodeObject *code)
{
    for (int kind = 0; kind < JIT_OPERATOR_KINDS; kind++) {
        if (code == (const PyCodeObject *)&continuations[kind]) {
            return kind;
        }
    }
    return -1;
}

uint32_t
_PyJitOperator_Units(int kind)
{
    return LOOP_UNITS + (kind == JIT_OPERATOR_COMPARE || kind == JIT_OPERATOR_TEST);     // PyObject_RichCompare counts, too
}

uint32_t
_PyJitOperator_UnitsAt(int kind, uint32_t offset)
{
    return offset == 0 ? _PyJitOperator_Units(kind) : 0;
}

/* --- Names ---------------------------------------------------------------------------------------------------------- */

typedef struct {
    size_t slot, inplace_slot;     // offsets in PyNumberMethods
    PyObject *name, *reflected, *inplace;
    const char *symbol, *inplace_symbol;
} Operator;

#define OPERATOR(SLOT, NAME, SYMBOL, INPLACE_SYMBOL) \
    { \
        offsetof(PyNumberMethods, nb_##SLOT), offsetof(PyNumberMethods, nb_inplace_##SLOT), \
        &_Py_ID(__##NAME##__), &_Py_ID(__r##NAME##__), &_Py_ID(__i##NAME##__), SYMBOL, INPLACE_SYMBOL, \
    }

static const Operator operators[] = {
    [NB_ADD] = OPERATOR(add, add, "+", "+="),
    [NB_AND] = OPERATOR(and, and, "&", "&="),
    [NB_FLOOR_DIVIDE] = OPERATOR(floor_divide, floordiv, "//", "//="),
    [NB_LSHIFT] = OPERATOR(lshift, lshift, "<<", "<<="),
    [NB_MATRIX_MULTIPLY] = OPERATOR(matrix_multiply, matmul, "@", "@="),
    [NB_MULTIPLY] = OPERATOR(multiply, mul, "*", "*="),
    [NB_REMAINDER] = OPERATOR(remainder, mod, "%", "%="),
    [NB_OR] = OPERATOR(or, or, "|", "|="),
    [NB_POWER] = OPERATOR(power, pow, "** or pow()", "**="),
    [NB_RSHIFT] = OPERATOR(rshift, rshift, ">>", ">>="),
    [NB_SUBTRACT] = OPERATOR(subtract, sub, "-", "-="),
    [NB_TRUE_DIVIDE] = OPERATOR(true_divide, truediv, "/", "/="),
    [NB_XOR] = OPERATOR(xor, xor, "^", "^="),
};

static PyObject *const comparisons[] = {
    [Py_LT] = &_Py_ID(__lt__),
    [Py_LE] = &_Py_ID(__le__),
    [Py_EQ] = &_Py_ID(__eq__),
    [Py_NE] = &_Py_ID(__ne__),
    [Py_GT] = &_Py_ID(__gt__),
    [Py_GE] = &_Py_ID(__ge__),
};

static const char *const comparison_symbols[] = {
    [Py_LT] = "<", [Py_LE] = "<=", [Py_EQ] = "==", [Py_NE] = "!=", [Py_GT] = ">", [Py_GE] = ">=",
};

/* What TYPE has in a slot for numbers, at OFFSET; NULL: nothing. */
static binaryfunc
slot_of(PyTypeObject *type, size_t offset)
{
    return type->tp_as_number == NULL ? NULL : *(binaryfunc *)((char *)type->tp_as_number + offset);
}

/* --- Finding the method --------------------------------------------------------------------------------------------- */

/* NAME of TYPE if it is a function that takes NARGS positional arguments and runs at once; borrowed, or NULL.  A class with such a function
 * for a method has the slot that calls it. */
static PyFunctionObject *
function_of(PyTypeObject *type, PyObject *name, int nargs)
{
    const int flags = CO_OPTIMIZED | CO_NEWLOCALS;
    const int others = CO_VARARGS | CO_VARKEYWORDS | CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR;
    PyObject *found = _PyType_Lookup(type, name);
    if (found == NULL || !PyFunction_Check(found) || ((PyFunctionObject *)found)->vectorcall != _PyFunction_Vectorcall) {
        return NULL;
    }
    const PyCodeObject *code = (const PyCodeObject *)PyFunction_GET_CODE(found);
    return (code->co_flags & (flags | others)) == flags && code->co_kwonlyargcount == 0 && code->co_argcount == nargs
        ? (PyFunctionObject *)found : NULL;
}

PyFunctionObject *
_PyJitOperator_Method(PyTypeObject *type, int opcode, int oparg, int *kind)
{
    if (!(type->tp_flags & Py_TPFLAGS_HEAPTYPE)) {
        return NULL;
    }
    if (opcode == COMPARE_OP) {
        *kind = oparg & 16 ? JIT_OPERATOR_TEST : JIT_OPERATOR_COMPARE;
        return function_of(type, comparisons[oparg >> 5], 2);
    }
    const Operator *operator = &operators[oparg % NB_INPLACE_ADD];
    if (oparg >= NB_INPLACE_ADD && slot_of(type, operator->inplace_slot) != NULL) {
        *kind = JIT_OPERATOR_INPLACE;
        return function_of(type, operator->inplace, 2);
    }
    *kind = JIT_OPERATOR_BINARY;
    return function_of(type, operator->name, 2);
}

bool
_PyJit_DerivesFrom(PyObject *o, PyTypeObject *type)
{
    return PyType_IsSubtype(Py_TYPE(o), type);
}

bool
_PyJitOperator_ComesFirst(PyTypeObject *type, PyObject *other)
{
    return Py_TYPE(other) != type && _PyJit_DerivesFrom(other, type);
}

/* The method that runs first for the operands below STACK_POINTER, if it can be entered here and now; borrowed, or NULL. */
static PyFunctionObject *
method_to_enter(PyThreadState *tstate, PyObject **stack_pointer, int opcode, int oparg, int *kind)
{
    PyTypeObject *type = Py_TYPE(stack_pointer[-2]);
    PyFunctionObject *method = _PyJitOperator_Method(type, opcode, oparg, kind);
    if (method == NULL || (*kind != JIT_OPERATOR_INPLACE && _PyJitOperator_ComesFirst(type, stack_pointer[-1]))) {
        return NULL;
    }
    int words = ((PyCodeObject *)method->func_code)->co_framesize + _PyJitOperator_Code(*kind)->co_framesize;
    bool room = tstate->py_recursion_remaining > 1 && tstate->c_recursion_remaining > SPARE_UNITS
        && _PyThreadState_HasStackSpace(tstate, words);
    return room && tstate->interp->eval_frame == NULL ? method : NULL;
}

/* --- Entering it ------------------------------------------------------------------------------------------------------ */

/* FRAME is at the operator CALL, with its operands below STACK_POINTER: they go to a continuation frame of KIND, and METHOD's frame, which
 * is current afterwards, borrows from that for its arguments. */
static _PyInterpreterFrame *
push_frames(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **stack_pointer, _Py_CODEUNIT *call, int kind,
            PyFunctionObject *method)
{
    _PyFrame_SetStackPointer(frame, stack_pointer - 2);
    frame->instr_ptr = call;
    frame->return_offset = JIT_OPERATOR_SIZE;
    _PyInterpreterFrame *below =
        _PyJit_PushContinuation(tstate, frame, _PyJitOperator_Code(kind), (int)_PyJitOperator_Units(kind));
    _PyInterpreterFrame *above = _PyFrame_PushUnchecked(tstate, (PyFunctionObject *)Py_NewRef(method), 2);
    for (int i = 0; i < 2; i++) {
        below->localsplus[i] = stack_pointer[i - 2];
        above->localsplus[i] = Py_NewRef(stack_pointer[i - 2]);
    }
    above->previous = below;
    tstate->current_frame = above;
    return above;
}

void
_PyJitOperator_Note(PyThreadState *tstate, _PyJitPending *prev, PyObject **stack_pointer, Py_ssize_t depth)
{
    int opcode = _PyOpcode_Deopt[prev->opcode], kind = 0;
    bool known = opcode == BINARY_OP ? prev->oparg <= NB_OPARG_LAST : opcode == COMPARE_OP && prev->oparg >> 5 <= Py_GE;
    if (!known || depth < 2 || !ENGINE->options.typed) {
        return;
    }
    PyFunctionObject *method = method_to_enter(tstate, stack_pointer, opcode, prev->oparg, &kind);
    PyTypeObject *type = Py_TYPE(stack_pointer[-2]);
    if (method == NULL || !PyUnstable_Type_AssignVersionTag(type) || _PyFunction_GetVersionForCurrentState(method) == 0) {
        return;
    }
    prev->opcode = (uint8_t)opcode;
    prev->entered = Py_IS_TYPE(stack_pointer[-1], type) ? JIT_ENTERED_ALIKE : JIT_ENTERED;
    prev->fits = 1;
    prev->seen = (PyObject *)type;
}

void
_PyJitOperator_Begin(PyThreadState *tstate, _PyInterpreterFrame *frame, const _PyJitPending *prev, PyObject **stack_pointer)
{
    int kind = 0;
    PyFunctionObject *method = _PyJitOperator_Method((PyTypeObject *)prev->seen, prev->opcode, prev->oparg, &kind);
    (void)push_frames(tstate, frame, stack_pointer, prev->instr, kind, method);
}

_PyInterpreterFrame *
_PyJit_EnterOperator(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **stack_pointer, _Py_CODEUNIT *call,
                     PyFunctionObject *method, uint32_t version)
{
    int kind = 0, opcode = _Py_GetBaseOpcode(_PyFrame_GetCode(frame), (int)(call - _PyCode_CODE(_PyFrame_GetCode(frame))));
    if (!PyFunction_Check(method) || method->func_version != version
        || method_to_enter(tstate, stack_pointer, opcode, call->op.arg, &kind) != method) {
        return NULL;
    }
    tstate->py_recursion_remaining--;
    return push_frames(tstate, frame, stack_pointer, call, kind, method);
}

/* --- Finishing an operator ------------------------------------------------------------------------------------------ */

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
try_right(const Operator *operator, PyObject *left, PyObject *right)
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
try_both(const Operator *operator, PyObject *left, PyObject *right)
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
        // `*=` looks at the right operand only if the left one's type has no room for such methods; a class has.
        if (!inplace && second != NULL && second->sq_repeat != NULL) {
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
    const Operator *operator = &operators[number];
    PyObject *result = kind == JIT_OPERATOR_INPLACE ? try_both(operator, left, right) : try_right(operator, left, right);
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

PyObject *
_PyJitOperator_Finish(PyThreadState *tstate, _PyInterpreterFrame *frame, int oparg, PyObject *value)
{
    int kind = oparg - JIT_CONTINUATION, asked = frame->previous->instr_ptr->op.arg;
    int rest = (int)_PyJitOperator_Units(kind) - LOOP_UNITS;
    PyObject *left = frame->localsplus[0], *right = frame->localsplus[1];
    // The method's evaluation loop would be gone; the function that had it called would not.
    tstate->c_recursion_remaining += LOOP_UNITS;
    PyObject *result = value != Py_NotImplemented ? Py_NewRef(value)
        : rest > 0 ? finish_comparison(asked >> 5, left, right) : finish_binary(asked, kind, left, right);
    tstate->c_recursion_remaining += rest;
    if (kind == JIT_OPERATOR_TEST) {
        result = truth_of(result);
    }
    if (result == NULL) {
        tstate->c_recursion_remaining -= LOOP_UNITS + rest;      // until the frame is left
    }
    else {
        tstate->py_recursion_remaining--;      // its return gives back what it did not take
    }
    return result;
}

void
_PyJitOperator_Unwind(PyThreadState *tstate, const _PyInterpreterFrame *frame)
{
    int kind = _PyJitOperator_Kind(_PyFrame_GetCode((_PyInterpreterFrame *)frame));
    if (kind >= 0) {
        tstate->c_recursion_remaining += (int)_PyJitOperator_Units(kind);
        tstate->py_recursion_remaining--;
    }
}

#endif /* _Py_TIER2 */
