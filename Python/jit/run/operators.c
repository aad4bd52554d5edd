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
#include "pycore_tuple.h"
#include "pycore_typeobject.h"
#include "jit/run/run.h"
#include "pycore_jit_frames.h"
#include "pycore_jit_helpers.h"

#define SPARE_UNITS 32         // left for what a method calls; below that C calls it, and raises where it has to

/* --- The code of continuation frames ---------------------------------------------------------------------------------- */

/* What it does with the result: it returns it, or gives nothing back. */
#define RETURNS RETURN_VALUE, 0, RESERVED, 0
#define DROPS POP_TOP, 0, RESERVED, 0

#define CONTINUATION(KIND, LOCALS, ...) \
    [KIND] = { \
        _PyVarObject_HEAD_INIT(&PyCode_Type, 3), \
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
        .co_nlocals = (LOCALS), \
        .co_nlocalsplus = (LOCALS), \
        .co_stacksize = 2, \
        .co_framesize = (LOCALS) + 2 + FRAME_SPECIALS_SIZE, \
        ._co_firsttraceable = 2, \
        .co_code_adaptive = {CALL_INTRINSIC_1, JIT_CONTINUATION + (KIND), __VA_ARGS__}, \
    }

static const struct _PyCode_DEF(6) continuations[JIT_OPERATOR_KINDS] = {
    CONTINUATION(JIT_OPERATOR_BINARY, 2, RETURNS),
    CONTINUATION(JIT_OPERATOR_INPLACE, 2, RETURNS),
    CONTINUATION(JIT_OPERATOR_REFLECTED, 2, RETURNS),
    CONTINUATION(JIT_OPERATOR_COMPARE, 2, RETURNS),
    CONTINUATION(JIT_OPERATOR_TEST, 2, RETURNS),
    CONTINUATION(JIT_OPERATOR_UNEQUAL, 5, RETURNS),
    CONTINUATION(JIT_OPERATOR_UNARY, 1, RETURNS),
    CONTINUATION(JIT_OPERATOR_ITEM, 2, RETURNS),
    CONTINUATION(JIT_OPERATOR_IN, 2, RETURNS),
    CONTINUATION(JIT_OPERATOR_NOT_IN, 2, RETURNS),
    CONTINUATION(JIT_OPERATOR_BOOL, 1, RETURNS),
    CONTINUATION(JIT_OPERATOR_NONEMPTY, 1, RETURNS),
    CONTINUATION(JIT_OPERATOR_LEN, 3, RETURNS),
    CONTINUATION(JIT_OPERATOR_STR, 3, RETURNS),
    CONTINUATION(JIT_OPERATOR_TEXT, 1, RETURNS),
    CONTINUATION(JIT_OPERATOR_FORMAT, 2, RETURNS),
    CONTINUATION(JIT_OPERATOR_ITER, 1, RETURNS),
    CONTINUATION(JIT_OPERATOR_GET, 2, RETURNS),
    CONTINUATION(JIT_OPERATOR_GETTER, 2, RETURNS),
    CONTINUATION(JIT_OPERATOR_GETATTR, 1, RETURNS),
    CONTINUATION(JIT_OPERATOR_ENTER, 1, RETURNS),
    CONTINUATION(JIT_OPERATOR_EXIT, 4, RETURNS),
    CONTINUATION(JIT_OPERATOR_ANEXT, 0, RETURNS),
    CONTINUATION(JIT_OPERATOR_SETITEM, 3, DROPS),
    CONTINUATION(JIT_OPERATOR_SETTER, 3, DROPS),
    CONTINUATION(JIT_OPERATOR_SET, 3, DROPS),
    CONTINUATION(JIT_OPERATOR_SETATTR, 2, DROPS),
    CONTINUATION(JIT_OPERATOR_CALL, 2, RETURNS),
    CONTINUATION(JIT_OPERATOR_CALL + 1, 4, RETURNS),
    CONTINUATION(JIT_OPERATOR_CALL + 2, 6, RETURNS),
    CONTINUATION(JIT_OPERATOR_CALL + 3, 8, RETURNS),
    CONTINUATION(JIT_OPERATOR_NEW, 2, RETURNS),
    CONTINUATION(JIT_OPERATOR_NEW + 1, 4, RETURNS),
    CONTINUATION(JIT_OPERATOR_NEW + 2, 6, RETURNS),
    CONTINUATION(JIT_OPERATOR_NEW + 3, 8, RETURNS),
    CONTINUATION(JIT_OPERATOR_NEW + 4, 10, RETURNS),
    CONTINUATION(JIT_OPERATOR_NEW + 5, 12, RETURNS),
};

/* C calls a class with a tuple of the arguments, which has references of its own to them. */
#define CALL_FORM(N) {2 + (N), 1 + (N), N, {0, 2, 3, 4, 5, 6}, LOOP_UNITS + 1, .is_call = true}

const _PyJitOperatorForm _PyJitOperatorForms[JIT_OPERATOR_KINDS] = {
    [JIT_OPERATOR_BINARY] = {2, 2, 0, {0, 1}, LOOP_UNITS},
    [JIT_OPERATOR_INPLACE] = {2, 2, 0, {0, 1}, LOOP_UNITS},
    [JIT_OPERATOR_REFLECTED] = {2, 2, 0, {1, 0}, LOOP_UNITS},
    [JIT_OPERATOR_COMPARE] = {2, 2, 0, {0, 1}, LOOP_UNITS + 1},       // PyObject_RichCompare counts, too
    [JIT_OPERATOR_TEST] = {2, 2, 0, {0, 1}, LOOP_UNITS + 1},
    // The method of `object`, which calls __eq__, is called with a tuple of both, and then with one of the right operand.
    [JIT_OPERATOR_UNEQUAL] = {2, 2, 2, {0, 1}, LOOP_UNITS + 2, .again = true},
    [JIT_OPERATOR_UNARY] = {1, 1, 0, {0}, LOOP_UNITS},
    [JIT_OPERATOR_ITEM] = {2, 2, 0, {0, 1}, LOOP_UNITS},
    [JIT_OPERATOR_IN] = {2, 2, 0, {1, 0}, LOOP_UNITS},
    [JIT_OPERATOR_NOT_IN] = {2, 2, 0, {1, 0}, LOOP_UNITS},
    [JIT_OPERATOR_BOOL] = {1, 1, 0, {0}, LOOP_UNITS},
    [JIT_OPERATOR_NONEMPTY] = {1, 1, 0, {0}, LOOP_UNITS},
    [JIT_OPERATOR_LEN] = {3, 1, 0, {2}, LOOP_UNITS, .is_call = true},
    [JIT_OPERATOR_STR] = {3, 1, 0, {2}, LOOP_UNITS + 1, .is_call = true},       // PyObject_Str counts, too
    [JIT_OPERATOR_TEXT] = {1, 1, 0, {0}, LOOP_UNITS + 1},
    [JIT_OPERATOR_FORMAT] = {1, 1, 1, {0}, LOOP_UNITS + 2},      // and the method of `object`, which is bound to the value
    [JIT_OPERATOR_ITER] = {1, 1, 0, {0}, LOOP_UNITS},
    [JIT_OPERATOR_GET] = {1, 3, 0, {JIT_ARGUMENT_DESCRIPTOR, 0, JIT_ARGUMENT_TYPE}, LOOP_UNITS, .keeps = true},
    [JIT_OPERATOR_GETTER] = {1, 1, 0, {0}, LOOP_UNITS, .keeps = true},
    [JIT_OPERATOR_GETATTR] = {1, 2, 0, {0, JIT_ARGUMENT_NAME}, LOOP_UNITS},
    [JIT_OPERATOR_ENTER] = {1, 1, 0, {0}, LOOP_UNITS, .leaves = true},
    [JIT_OPERATOR_EXIT] = {4, 4, 0, {JIT_ARGUMENT_SELF, 1, 2, 3}, LOOP_UNITS},
    [JIT_OPERATOR_ANEXT] = {0, 1, 0, {JIT_ARGUMENT_OWNER}, LOOP_UNITS},
    [JIT_OPERATOR_SETITEM] = {3, 3, 0, {1, 2, 0}, LOOP_UNITS},
    [JIT_OPERATOR_SETTER] = {2, 2, 0, {1, 0}, LOOP_UNITS, .keeps = true},
    [JIT_OPERATOR_SET] = {2, 3, 0, {JIT_ARGUMENT_DESCRIPTOR, 1, 0}, LOOP_UNITS, .keeps = true},
    [JIT_OPERATOR_SETATTR] = {2, 3, 0, {1, JIT_ARGUMENT_NAME, 0}, LOOP_UNITS},
    [JIT_OPERATOR_CALL] = CALL_FORM(0),
    [JIT_OPERATOR_CALL + 1] = CALL_FORM(1),
    [JIT_OPERATOR_CALL + 2] = CALL_FORM(2),
    [JIT_OPERATOR_CALL + 3] = CALL_FORM(3),
    [JIT_OPERATOR_NEW] = CALL_FORM(0),
    [JIT_OPERATOR_NEW + 1] = CALL_FORM(1),
    [JIT_OPERATOR_NEW + 2] = CALL_FORM(2),
    [JIT_OPERATOR_NEW + 3] = CALL_FORM(3),
    [JIT_OPERATOR_NEW + 4] = CALL_FORM(4),
    [JIT_OPERATOR_NEW + 5] = CALL_FORM(5),
};

PyCodeObject *
_PyJitOperator_Code(int kind)
{
    return (PyCodeObject *)&continuations[kind];
}

int
_PyJitOperator_Kind(const PyCodeObject *code)
{
    const char *at = (const char *)code, *first = (const char *)continuations;
    bool within = at >= first && at < first + sizeof(continuations);
    return within ? (int)((size_t)(at - first) / sizeof(continuations[0])) : -1;
}

int
_PyJitContinuation_Units(const PyCodeObject *code)
{
    int kind = _PyJitOperator_Kind(code);
    return kind >= 0 ? _PyJitOperatorForms[kind].units : _PyJitConsumer_Kind(code) >= 0 ? _PyJitConsumer_Units(code) : 0;
}

int
_PyJitContinuation_UnitsAt(PyCodeObject *code, uint32_t offset)
{
    bool finished = _PyJitOperator_Kind(code) >= 0 ? offset > 0 : _PyCode_CODE(code)[offset].op.code == RETURN_VALUE;
    return finished ? 0 : _PyJitContinuation_Units(code);
}

/* --- Names ---------------------------------------------------------------------------------------------------------- */

#define OPERATOR(SLOT, NAME, SYMBOL, INPLACE_SYMBOL) \
    { \
        offsetof(PyNumberMethods, nb_##SLOT), offsetof(PyNumberMethods, nb_inplace_##SLOT), \
        &_Py_ID(__##NAME##__), &_Py_ID(__r##NAME##__), &_Py_ID(__i##NAME##__), SYMBOL, INPLACE_SYMBOL, \
    }

const _PyJitOperator _PyJitOperators[] = {
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

/* --- Finding the method --------------------------------------------------------------------------------------------- */

/* FOUND is a function that takes NARGS positional arguments, and any number of others or none, as FLAGS say.  It runs at once, or is the
 * function of a coroutine. */
static bool
is_function(PyObject *found, int nargs, int flags)
{
    const int others = CO_OPTIMIZED | CO_NEWLOCALS | CO_VARARGS | CO_VARKEYWORDS | CO_GENERATOR | CO_ASYNC_GENERATOR;
    if (found == NULL || !PyFunction_Check(found) || ((PyFunctionObject *)found)->vectorcall != _PyFunction_Vectorcall) {
        return false;
    }
    const PyCodeObject *code = (const PyCodeObject *)PyFunction_GET_CODE(found);
    return (code->co_flags & others) == flags && code->co_kwonlyargcount == 0 && code->co_argcount == nargs;
}

PyFunctionObject *
_PyJitOperator_Takes(PyObject *found, int nargs)
{
    return is_function(found, nargs, CO_OPTIMIZED | CO_NEWLOCALS) ? (PyFunctionObject *)found : NULL;
}

bool
_PyJitOperator_TakesRest(PyObject *found)
{
    return is_function(found, 1, CO_OPTIMIZED | CO_NEWLOCALS | CO_VARARGS);
}

/* The name of BINARY_OP's method. */
static PyObject *
binary_name(PyTypeObject *type, int oparg, int *kind)
{
    const _PyJitOperator *operator = &_PyJitOperators[oparg % NB_INPLACE_ADD];
    bool inplace = oparg >= NB_INPLACE_ADD && slot_of(type, operator->inplace_slot) != NULL;
    *kind = inplace ? JIT_OPERATOR_INPLACE : JIT_OPERATOR_BINARY;
    return inplace ? operator->inplace : operator->name;
}

/* The name of what str() of an object of TYPE calls. */
static PyObject *
name_of_text(PyTypeObject *type)
{
    return type->tp_str == PyBaseObject_Type.tp_str ? &_Py_ID(__repr__) : &_Py_ID(__str__);
}

/* The name of the method OPCODE calls for an operand of TYPE, or NULL. */
static PyObject *
method_name(PyTypeObject *type, int opcode, int oparg, int *kind)
{
    switch (opcode) {
        case BINARY_OP:
            return oparg <= NB_OPARG_LAST ? binary_name(type, oparg, kind) : NULL;
        case COMPARE_OP:
            if (oparg >> 5 == Py_NE && _PyType_Lookup(type, &_Py_ID(__ne__)) == _PyType_Lookup(&PyBaseObject_Type, &_Py_ID(__ne__))) {
                *kind = JIT_OPERATOR_UNEQUAL;
                return &_Py_ID(__eq__);
            }
            *kind = oparg & 16 ? JIT_OPERATOR_TEST : JIT_OPERATOR_COMPARE;
            return oparg >> 5 <= Py_GE ? comparisons[oparg >> 5] : NULL;
        case UNARY_NEGATIVE:
        case UNARY_INVERT:
            *kind = JIT_OPERATOR_UNARY;
            return opcode == UNARY_INVERT ? &_Py_ID(__invert__) : &_Py_ID(__neg__);
        case BINARY_SUBSCR:
            *kind = JIT_OPERATOR_ITEM;
            return &_Py_ID(__getitem__);
        case STORE_SUBSCR:
            *kind = JIT_OPERATOR_SETITEM;
            return &_Py_ID(__setitem__);
        case CONTAINS_OP:
            *kind = oparg ? JIT_OPERATOR_NOT_IN : JIT_OPERATOR_IN;
            return &_Py_ID(__contains__);
        case TO_BOOL: {
            bool has = slot_of(type, offsetof(PyNumberMethods, nb_bool)) != NULL;
            *kind = has ? JIT_OPERATOR_BOOL : JIT_OPERATOR_NONEMPTY;
            return has ? &_Py_ID(__bool__) : &_Py_ID(__len__);
        }
        case BEFORE_WITH:
        case BEFORE_ASYNC_WITH:
            *kind = JIT_OPERATOR_ENTER;
            return _PyJitOperator_ExitOf(type, opcode) == NULL ? NULL
                : opcode == BEFORE_WITH ? &_Py_ID(__enter__) : &_Py_ID(__aenter__);
        case GET_ITER:
            *kind = JIT_OPERATOR_ITER;
            return &_Py_ID(__iter__);
        case GET_ANEXT:
            *kind = JIT_OPERATOR_ANEXT;
            return &_Py_ID(__anext__);
        case CALL_LEN:
            *kind = JIT_OPERATOR_LEN;
            return oparg == 1 ? &_Py_ID(__len__) : NULL;
        case CALL_STR_1:
            *kind = JIT_OPERATOR_STR;
            return name_of_text(type);
        case CONVERT_VALUE:
            *kind = JIT_OPERATOR_TEXT;
            return oparg == FVC_STR ? name_of_text(type) : oparg == FVC_REPR ? &_Py_ID(__repr__) : NULL;
        case FORMAT_SIMPLE: {
            PyObject *format = _PyType_Lookup(type, &_Py_ID(__format__));
            *kind = JIT_OPERATOR_FORMAT;
            return format == _PyType_Lookup(&PyBaseObject_Type, &_Py_ID(__format__)) ? name_of_text(type) : NULL;
        }
        case CALL:
            *kind = JIT_OPERATOR_CALL + oparg;
            return oparg <= JIT_OPERATOR_MOST_ARGUMENTS && !(type->tp_flags & Py_TPFLAGS_HAVE_VECTORCALL) ? &_Py_ID(__call__) : NULL;
        default:
            return NULL;
    }
}

PyFunctionObject *
_PyJitOperator_Method(PyTypeObject *type, const PyCodeObject *code, int opcode, int oparg, bool reflected, int *kind)
{
    PyObject *name = NULL;
    if (opcode == LOAD_ATTR) {
        return _PyJitAttribute_Method(type, code, oparg, kind);
    }
    if (opcode == STORE_ATTR) {
        return _PyJitAttribute_SetMethod(type, code, oparg, kind);
    }
    if (reflected) {
        *kind = JIT_OPERATOR_REFLECTED;
        name = _PyJitOperators[oparg % NB_INPLACE_ADD].reflected;
    }
    else if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) {
        name = method_name(type, opcode, oparg, kind);
    }
    // A class with such a function for a method has the slot that calls it.
    PyObject *found = name != NULL ? _PyType_Lookup(type, name) : NULL;
    bool generator = opcode == GET_ITER && is_function(found, 1, CO_OPTIMIZED | CO_NEWLOCALS | CO_GENERATOR);
    PyFunctionObject *method = name == NULL ? NULL
        : generator ? (PyFunctionObject *)found : _PyJitOperator_Takes(found, _PyJitOperatorForms[*kind].nargs);
    // What raises in a call belongs to the handler of the unit before the call.  That of GET_ANEXT is another one, so its method must not raise.
    bool may_raise = opcode == GET_ANEXT && method != NULL && !(((PyCodeObject *)method->func_code)->co_flags & CO_COROUTINE);
    return may_raise ? NULL : method;
}

bool
_PyJit_DerivesFrom(PyObject *o, PyTypeObject *type)
{
    return PyType_IsSubtype(Py_TYPE(o), type);
}

bool
_PyJit_IsIntBy(PyObject *o, int opcode, int oparg)
{
    const PyTypeObject *type = Py_TYPE(o);
    if (!PyLong_Check(o) || opcode == COMPARE_OP) {
        return PyLong_Check(o) && type->tp_richcompare == PyLong_Type.tp_richcompare;
    }
    const _PyJitOperator *operator = &_PyJitOperators[oparg % NB_INPLACE_ADD];
    return slot_of(Py_TYPE(o), operator->slot) == slot_of(&PyLong_Type, operator->slot)
        && slot_of(Py_TYPE(o), operator->inplace_slot) == NULL;
}

bool
_PyJitOperator_ComesFirst(PyTypeObject *type, PyObject *other)
{
    return Py_TYPE(other) != type && _PyJit_DerivesFrom(other, type);
}

/* OPCODE has a number on the left, whose own method knows nothing of the object on the right. */
static bool
is_reflected(PyObject **stack_pointer, int opcode, int oparg)
{
    if (opcode != BINARY_OP || oparg > NB_OPARG_LAST) {
        return false;
    }
    PyObject *left = stack_pointer[-2], *right = stack_pointer[-1];
    return (PyLong_CheckExact(left) || PyFloat_CheckExact(left) || PyBool_Check(left)) && !PyLong_Check(right) && !PyFloat_Check(right)
        && Py_TYPE(right)->tp_flags & Py_TPFLAGS_HEAPTYPE;
}

/* The operand below STACK_POINTER whose method OPCODE calls. */
static PyObject *
owner_of(PyObject **stack_pointer, int opcode, int oparg)
{
    return is_reflected(stack_pointer, opcode, oparg) ? stack_pointer[-1]
        : opcode == CALL ? stack_pointer[-oparg - 2]
        : opcode == BINARY_OP || opcode == COMPARE_OP || opcode == BINARY_SUBSCR || opcode == STORE_SUBSCR ? stack_pointer[-2] : stack_pointer[-1];
}

/* The method that OPCODE of CODE calls for the operands below STACK_POINTER; borrowed, or NULL. */
static PyFunctionObject *
method_of(PyObject **stack_pointer, const PyCodeObject *code, int opcode, int oparg, int *kind)
{
    PyObject *owner = owner_of(stack_pointer, opcode, oparg);
    PyFunctionObject *bound = opcode == CALL ? _PyJitOperator_Bound(owner, stack_pointer[-oparg - 1], oparg) : NULL;
    if (bound != NULL) {
        *kind = JIT_OPERATOR_EXIT;
        return bound;
    }
    if (opcode == CALL && PyType_Check(owner)) {
        return _PyJitOperator_New((PyTypeObject *)owner, oparg, kind);
    }
    bool hidden = opcode == LOAD_ATTR && _PyJitAttribute_MayBeHidden(Py_TYPE(owner), PyTuple_GET_ITEM(code->co_names, oparg >> 1))
        && !_PyJit_HasNone(owner, PyTuple_GET_ITEM(code->co_names, oparg >> 1));
    return hidden ? NULL : _PyJitOperator_Method(Py_TYPE(owner), code, opcode, oparg, is_reflected(stack_pointer, opcode, oparg), kind);
}

/* The same, if it can be entered here and now. */
static PyFunctionObject *
method_to_enter(PyThreadState *tstate, PyObject **stack_pointer, const PyCodeObject *code, int opcode, int oparg, int *kind)
{
    PyTypeObject *type = Py_TYPE(owner_of(stack_pointer, opcode, oparg));
    PyFunctionObject *method = method_of(stack_pointer, code, opcode, oparg, kind);
    if (method == NULL) {
        return NULL;
    }
    const _PyJitOperatorForm *form = &_PyJitOperatorForms[*kind];
    PyObject **operands = stack_pointer - form->operands;
    if ((_PyJitOperator_HasReflected(*kind) && _PyJitOperator_ComesFirst(type, operands[1])) || (form->is_call && operands[1] != NULL)
        || (*kind == JIT_OPERATOR_LEN && operands[0] != tstate->interp->callable_cache.len)
        || (*kind == JIT_OPERATOR_STR && operands[0] != (PyObject *)&PyUnicode_Type)) {
        return NULL;
    }
    int words = ((PyCodeObject *)method->func_code)->co_framesize + _PyJitOperator_Code(*kind)->co_framesize;
    bool room = tstate->py_recursion_remaining > 1 && tstate->c_recursion_remaining > SPARE_UNITS
        && _PyThreadState_HasStackSpace(tstate, words);
    return room && tstate->interp->eval_frame == NULL ? method : NULL;
}

/* --- Methods that raise ----------------------------------------------------------------------------------------------- */

/* No trace goes through an exception.  Where a recording that had entered such a method ended with one, twice, C is to call it: then the trace
 * has the whole operator, and what is around it. */
static struct {
    uint32_t version;          // of the method
    uint32_t times;
} raising[64];

static bool
raises(const PyFunctionObject *method)
{
    uint32_t version = method->func_version, place = version % Py_ARRAY_LENGTH(raising);
    return version != 0 && raising[place].version == version && raising[place].times >= 2;
}

void
_PyJitOperator_Raised(const _PyInterpreterFrame *frame, int depth)
{
    for (; depth > 0 && frame->previous != NULL && frame->previous->owner != FRAME_OWNED_BY_CSTACK; depth--, frame = frame->previous) {
        if (_PyJitOperator_Kind(_PyFrame_GetCode(frame->previous)) < 0) {
            continue;
        }
        uint32_t version = ((PyFunctionObject *)frame->f_funcobj)->func_version, place = version % Py_ARRAY_LENGTH(raising);
        raising[place].times = raising[place].version == version ? raising[place].times + 1 : 1;
        raising[place].version = version;
    }
}

/* --- Entering it ------------------------------------------------------------------------------------------------------ */

/* FRAME is at the instruction CALL of SIZE code units, with its operands below STACK_POINTER: they go to a continuation frame of KIND, and
 * METHOD's frame, which is current afterwards, has its arguments from there.  NULL, with nothing done: memory is short. */
static _PyInterpreterFrame *
push_frames(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **stack_pointer, _Py_CODEUNIT *call, int size, int kind,
            PyFunctionObject *method)
{
    const _PyJitOperatorForm *form = &_PyJitOperatorForms[kind];
    const PyCodeObject *code = _PyFrame_GetCode(frame);
    PyObject **operands = stack_pointer - form->operands;
    PyObject *owner = form->operands == 0 ? stack_pointer[-1] : operands[operand_of_method(form)];
    PyTypeObject *type = Py_TYPE(owner);
    bool takes_rest = _PyJitOperator_TakesRest((PyObject *)method);
    PyObject *rest = takes_rest ? _PyJit_New(_PyTuple_FromArray(operands + 1, form->nargs - 1)) : NULL;
    PyObject *exit = form->leaves ? _PyJit_New(PyMethod_New(_PyJitOperator_ExitOf(type, call->op.code), owner)) : NULL;
    if ((takes_rest && rest == NULL) || (form->leaves && exit == NULL)) {
        Py_XDECREF(rest);
        return NULL;
    }
    _PyFrame_SetStackPointer(frame, operands + form->leaves);
    frame->instr_ptr = call;
    frame->return_offset = (uint16_t)size;
    _PyInterpreterFrame *below = _PyJit_PushContinuation(tstate, frame, _PyJitOperator_Code(kind), (int)form->units);
    memcpy(below->localsplus, operands, form->operands * sizeof(PyObject *));
    for (int i = 0; i < form->copies; i++) {
        below->localsplus[form->operands + i] = Py_NewRef(operands[form->operands - form->copies + i]);
    }
    if (form->again) {
        below->localsplus[form->operands + form->copies] = Py_NewRef(operands[form->operands - 1]);
    }
    if (form->keeps) {
        PyObject *kept = _PyJitOperator_Argument(type, code, call->op.arg, kind, operands, JIT_ARGUMENT_DESCRIPTOR);
        below->localsplus[form->operands] = Py_NewRef(kept);
    }
    int nargs = takes_rest ? 2 : form->nargs;
    _PyInterpreterFrame *above = _PyFrame_PushUnchecked(tstate, (PyFunctionObject *)Py_NewRef(method), nargs);
    for (int i = 0; i < nargs; i++) {
        bool is_rest = takes_rest && i == 1;
        above->localsplus[i] = is_rest ? rest
            : Py_NewRef(form->operands == 0 ? owner
                        : _PyJitOperator_Argument(type, code, call->op.arg, kind, below->localsplus, form->arguments[i]));
    }
    if (form->leaves) {
        operands[0] = exit;
    }
    above->previous = below;
    tstate->current_frame = above;
    return above;
}

/* The form of PREV's instruction that says what it calls. */
static int
form_of(int opcode)
{
    return opcode == CALL_LEN || opcode == CALL_STR_1 ? opcode : _PyOpcode_Deopt[opcode];
}

/* Tier 1 leaves the instruction PREV to C, or that may be done otherwise here. */
static bool
can_enter(const _PyJitPending *prev, int opcode, PyObject **stack_pointer)
{
    switch (opcode) {
        case BINARY_OP:
        case COMPARE_OP:
        case UNARY_NEGATIVE:
        case UNARY_INVERT:
        case CONTAINS_OP:
        case TO_BOOL:
        case CALL_LEN:
        case CALL_STR_1:
        case CONVERT_VALUE:
        case FORMAT_SIMPLE:
        case CALL:
        case BEFORE_WITH:
        case BEFORE_ASYNC_WITH:
        case GET_ANEXT:
        case GET_ITER:
        case STORE_SUBSCR:
            return true;
        case STORE_ATTR:
            return !prev->fits && prev->oparg <= UINT8_MAX;
        case BINARY_SUBSCR:
            return prev->opcode != BINARY_SUBSCR_GETITEM;      // has a rule of its own
        case LOAD_ATTR: {
            uint32_t version = read_u32((uint16_t *)&prev->units[2].cache);
            bool has_getter = prev->opcode == LOAD_ATTR_PROPERTY && Py_TYPE(stack_pointer[-1])->tp_version_tag == version;
            // Who finishes it finds the name by the last byte of the oparg.
            return !prev->fits && prev->oparg <= UINT8_MAX && !has_getter;
        }
        default:
            return false;
    }
}

void
_PyJitOperator_Note(PyThreadState *tstate, _PyJitPending *prev, PyObject **stack_pointer, Py_ssize_t depth)
{
    int opcode = form_of(prev->opcode), kind = 0;
    if (!ENGINE->options.typed || depth < _PyOpcode_num_popped(_PyOpcode_Deopt[opcode], prev->oparg)
        || !can_enter(prev, opcode, stack_pointer)) {
        return;
    }
    PyFunctionObject *method = method_to_enter(tstate, stack_pointer, prev->code, opcode, prev->oparg, &kind);
    PyObject *owner = owner_of(stack_pointer, opcode, prev->oparg);
    bool is_new = opcode == CALL && PyType_Check(owner);
    PyTypeObject *type = is_new ? (PyTypeObject *)owner : Py_TYPE(owner);
    if (method == NULL || !PyUnstable_Type_AssignVersionTag(type) || _PyFunction_GetVersionForCurrentState(method) == 0 || raises(method)) {
        return;
    }
    if (kind == JIT_OPERATOR_GET || kind == JIT_OPERATOR_SET) {
        PyObject *descr = _PyJitOperator_Argument(type, prev->code, prev->oparg, kind, NULL, JIT_ARGUMENT_DESCRIPTOR);
        if (!PyUnstable_Type_AssignVersionTag(Py_TYPE(descr))) {
            return;
        }
    }
    prev->opcode = (uint8_t)opcode;
    prev->entered = kind == JIT_OPERATOR_REFLECTED ? JIT_ENTERED_REFLECTED : is_new ? JIT_ENTERED_NEW
        : _PyJitOperator_HasReflected(kind) && Py_IS_TYPE(stack_pointer[-1], type) ? JIT_ENTERED_ALIKE : JIT_ENTERED;
    prev->fits = 1;
    prev->seen = kind == JIT_OPERATOR_EXIT ? (PyObject *)method : (PyObject *)type;
}

int
_PyJitOperator_Begin(PyThreadState *tstate, _PyInterpreterFrame *frame, const _PyJitPending *prev, PyObject **stack_pointer)
{
    int kind = 0;
    PyFunctionObject *method = method_of(stack_pointer, prev->code, prev->opcode, prev->oparg, &kind);
    return push_frames(tstate, frame, stack_pointer, prev->instr, prev->size, kind, method) == NULL ? -1 : 0;
}

_PyInterpreterFrame *
_PyJit_EnterOperator(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **stack_pointer, _Py_CODEUNIT *call,
                     PyFunctionObject *method, uint32_t version, int opcode)
{
    int kind = 0;
    PyFunctionObject *found = method_to_enter(tstate, stack_pointer, _PyFrame_GetCode(frame), opcode, call->op.arg, &kind);
    if (found == NULL || found != method || found->func_version != version) {
        return NULL;
    }
    int size = 1 + _PyOpcode_Caches[_PyOpcode_Deopt[opcode]];
    _PyInterpreterFrame *entered = push_frames(tstate, frame, stack_pointer, call, size, kind, method);
    tstate->py_recursion_remaining -= entered != NULL;
    return entered;
}

#endif /* _Py_TIER2 */
