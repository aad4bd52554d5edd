/* Lowering rules of operators whose methods are Python functions (run/operators.c has what is below them).
 *
 * The operator begins two frames that do not exist: the continuation frame, which owns the operands, and that of the method, which borrows
 * them.  When the method has returned, all that the continuation has to do in a trace is to look whether the result is one: where it is
 * NotImplemented, or its truth is asked for and it is no bool, tier 1 goes on in the continuation frame.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"
#include "jit/build/rules.h"

/* The method that was entered at RECORD; borrowed, or NULL: TYPE has another one now. */
static PyFunctionObject *
entered_method(const _PyJitBuilder *b, const _PyJitRecord *record, int callee, int *kind)
{
    if (callee < 0) {
        return NULL;
    }
    PyFunctionObject *method = (PyFunctionObject *)record->seen;
    if (_PyJitLower_IsEndOfWith(record)) {
        *kind = JIT_OPERATOR_EXIT;
    }
    else if (record->entered == JIT_ENTERED_NEW) {
        method = _PyJitOperator_New((PyTypeObject *)record->seen, (int)record->oparg, kind);
    }
    else {
        method = _PyJitOperator_Method((PyTypeObject *)record->seen, b->t->codes[record->code], record->opcode, (int)record->oparg,
                                       record->entered == JIT_ENTERED_REFLECTED, kind);
    }
    return method != NULL && method->func_code == (PyObject *)b->t->codes[callee] && is_version(method->func_version) ? method : NULL;
}

/* SLOT holds a number or a string, or something else that is an instance of no class of users. */
static bool
is_builtin(const _PyJitBuilder *b, uint32_t slot)
{
    const _PyJitSlot *value = &b->slots[slot];
    return value->number != JIT_REF_NONE || value->plain
        || (value->object != JIT_REF_NONE && JIT_IS_CONST(value->object)
            && !(Py_TYPE((PyObject *)(uintptr_t)JIT_INS(b->t, value->object)->bits)->tp_flags & Py_TPFLAGS_HEAPTYPE));
}

/* The right operand's type does not derive from TYPE, the left one's. */
static void
guard_right(_PyJitBuilder *b, uint32_t right, const _PyJitRecord *record, PyTypeObject *type)
{
    if (is_builtin(b, right)) {
        return;
    }
    if (record->entered == JIT_ENTERED_ALIKE) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, _PyJitSlot_Object(b, right), JIT_REF_NONE, type->tp_version_tag);
    }
    else {
        (void)emit2(b, JIT_OP_GUARD_COMES_AFTER, _PyJitSlot_Object(b, right), object_const(b, type));
    }
}

/* The second of the operands from slot FIRST on can be checked to be NULL, if that is what KIND wants; len() and str() are known. */
static bool
is_call_of(const _PyJitBuilder *b, int kind, uint32_t first)
{
    return !_PyJitOperatorForms[kind].is_call
        || (known_null(b, first + 1) != 0
            && (kind != JIT_OPERATOR_LEN || _PyJitLower_Callable(b, 1) == _PyInterpreterState_GET()->callable_cache.len)
            && (kind != JIT_OPERATOR_STR || _PyJitLower_Callable(b, 1) == (PyObject *)&PyUnicode_Type));
}

uint32_t
_PyJitLower_Operator(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    PyTypeObject *type = (PyTypeObject *)record->seen;
    int callee = _PyJitLower_Callee(b, index), kind = 0;
    PyFunctionObject *method = entered_method(b, record, callee, &kind);
    bool bound = kind == JIT_OPERATOR_EXIT;
    if (method == NULL || (!bound && !is_version(type->tp_version_tag))) {
        return REFUSE(b);
    }
    const _PyJitOperatorForm *form = &_PyJitOperatorForms[kind];
    uint32_t first = b->depth - form->operands;
    uint32_t owner = form->operands == 0 ? first - 1 : first + operand_of_method(form);
    unsigned int tag = JIT_TAG(record->types, 1);
    int number = kind == JIT_OPERATOR_REFLECTED ? _PyJitNumber_Kind(b, first, tag) : JIT_TYPE_OBJECT;
    if (_PyJitSlot_IsBare(b, owner) || !is_call_of(b, kind, first) || number == JIT_TYPE_NONE
        || (_PyJitLower_IsAttribute(record) && !_PyJitLower_CanAccess(b, record, kind)) || (bound && known_null(b, first + 1) != 0)) {
        return REFUSE(b);
    }
    PyCodeObject *code = b->t->codes[callee], *below = _PyJitOperator_Code(kind);
    int lower = _PyJitTrace_AddCode(b->t, below);
    if (lower < 0) {
        b->failed = true;
        return REFUSE(b);
    }
    if (!_PyJitLower_Fits(b, code, below)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    if (bound) {
        return _PyJitLower_EndWith(b, index, (uint16_t)lower, (uint16_t)callee, method);
    }
    _PyJitRef known = object_const(b, method), given[JIT_ARGUMENTS] = {JIT_REF_NONE};
    int guard = record->entered == JIT_ENTERED_NEW ? JIT_OP_GUARD_CLASS_VERSION : JIT_OP_GUARD_TYPE_VERSION;
    (void)_PyJitBuild_Emit(b, guard, _PyJitSlot_Object(b, owner), JIT_REF_NONE, type->tp_version_tag);
    given[JIT_ARGUMENT_OWNER] = _PyJitSlot_Object(b, owner);
    if (_PyJitLower_IsAttribute(record)) {
        _PyJitLower_GuardAccess(b, record, kind, method, given);
    }
    if (kind == JIT_OPERATOR_REFLECTED) {
        (void)_PyJitNumber_Get(b, first, tag, number);
    }
    else if (_PyJitOperator_HasReflected(kind)) {
        guard_right(b, first + 1, record, type);
    }
    if (form->is_call && known_null(b, first + 1) < 0) {
        (void)emit1(b, JIT_OP_GUARD_NULL, _PyJitSlot_Object(b, first + 1));
    }
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_FUNCTION, known, JIT_REF_NONE, method->func_version);
    _PyJitFrame_GuardRoom(b, code, below);
    _PyJitRef exit = !form->leaves ? JIT_REF_NONE
        : emit2(b, JIT_OP_NEW_METHOD, object_const(b, _PyJitOperator_ExitOf(type, record->opcode)),
                _PyJitSlot_Object(b, owner));
    _PyJitFrame_CallOperator(b, index, kind, (uint16_t)lower, (uint16_t)callee, known, given);
    if (form->leaves) {
        _PyJitFrame_LeaveExit(b, exit);
    }
    return 1;
}

void
_PyJitLower_EnterOperator(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    int kind = 0;
    PyFunctionObject *method = entered_method(b, record, _PyJitLower_Callee(b, index), &kind);
    // Where it is another one by now the trace leaves here.
    _PyJitRef known = object_const(b, method != NULL ? (PyObject *)method : Py_None);
    _PyJitRef place = konst(b, (int64_t)(intptr_t)_PyJitTrace_Instr(b->t, record));
    _PyJitLower_Begin(b, index);
    _PyJitRef version = konst(b, method != NULL ? method->func_version : 0);
    _PyJitRef entered = _PyJitBuild_Emit3(b, JIT_OP_ENTER_OPERATOR, known, place, version);
    if (entered != JIT_REF_NONE) {
        JIT_INS(b->t, entered)->aux = record->opcode;
    }
    b->ran = 0;
}

/* --- Continuation frames -------------------------------------------------------------------------------------------- */

/* The object in SLOT is not NotImplemented: a new object, or one of another type. */
static bool
is_result(const _PyJitBuilder *b, uint32_t slot)
{
    const _PyJitSlot *value = &b->slots[slot];
    if (value->number != JIT_REF_NONE || value->plain) {
        return true;
    }
    if (value->object == JIT_REF_NONE) {
        return false;
    }
    const _PyJitIns *ins = JIT_INS(b->t, value->object);
    switch (ins->op) {
        case JIT_OP_NEW_INSTANCE:
        case JIT_OP_NEW_INSTANCE_WITH:
        case JIT_OP_NEW_LIST:
        case JIT_OP_NEW_TUPLE:
        case JIT_OP_NEW_TUPLE_WITH:
            return true;
        default:
            return JIT_IS_CONST(value->object) ? (PyObject *)(uintptr_t)ins->bits != Py_NotImplemented
                : ins->type != JIT_TYPE_OBJECT;
    }
}

/* The result is a size, in SLOT. */
static bool
is_size(const _PyJitBuilder *b, uint32_t slot, unsigned int tag)
{
    return _PyJitNumber_Kind(b, slot, tag) == JIT_TYPE_I64 && !_PyJitNumber_IsBool(b, slot, tag);
}

/* The class whose `__new__` has returned to the continuation frame, as long as it has a version; borrowed, or NULL: it is not known. */
static PyTypeObject *
class_called(const _PyJitBuilder *b)
{
    _PyJitRef ref = b->slots[local(b, 0)].object;
    PyTypeObject *class = ref != JIT_REF_NONE && JIT_IS_CONST(ref) ? (PyTypeObject *)(uintptr_t)JIT_INS(b->t, ref)->bits : NULL;
    return class != NULL && is_version(class->tp_version_tag) && class->tp_init == PyBaseObject_Type.tp_init ? class : NULL;
}

/* What becomes of the result on top of the stack, which RECORD has seen. */
static void
finish(_PyJitBuilder *b, const _PyJitRecord *record, int kind)
{
    uint32_t top = b->depth - 1;
    switch (kind) {
        case JIT_OPERATOR_ITER: {
            PyTypeObject *type = (PyTypeObject *)record->seen;
            bool is_class = (type->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0;      // whose `__next__` may go away
            _PyJitRef iterator = _PyJitSlot_Object(b, top);
            (void)(is_class ? _PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, iterator, JIT_REF_NONE, type->tp_version_tag)
                   : emit2(b, JIT_OP_GUARD_EXACT, iterator, object_const(b, type)));
            return;
        }
        case JIT_OPERATOR_TEST:
        case JIT_OPERATOR_BOOL:
        case JIT_OPERATOR_IN:
            (void)_PyJitNumber_Bool(b, top);
            return;
        case JIT_OPERATOR_UNEQUAL:
        case JIT_OPERATOR_NOT_IN: {
            _PyJitRef truth = _PyJitNumber_Bool(b, top);
            drop(b, 1);
            _PyJitSlot_PushBool(b, emit2(b, JIT_OP_IEQ, truth, konst(b, 0)));
            return;
        }
        case JIT_OPERATOR_LEN:
        case JIT_OPERATOR_NONEMPTY: {
            _PyJitRef size = _PyJitSlot_Number(b, top, JIT_TYPE_I64);
            (void)emit2(b, JIT_OP_GUARD_IGE, size, konst(b, 0));
            drop(b, 1);
            if (kind == JIT_OPERATOR_LEN) {
                _PyJitSlot_PushNumber(b, size);      // another int than the one that was returned
            }
            else {
                _PyJitSlot_PushBool(b, emit2(b, JIT_OP_ILT, konst(b, 0), size));
            }
            return;
        }
        case JIT_OPERATOR_STR:
        case JIT_OPERATOR_TEXT:
        case JIT_OPERATOR_FORMAT:
            (void)guard_str(b, top);
            return;
        case JIT_OPERATOR_ANEXT:
            (void)emit1(b, JIT_OP_GUARD_AWAITABLE, _PyJitSlot_Object(b, top));
            return;
        case JIT_OPERATOR_BINARY:
        case JIT_OPERATOR_INPLACE:
        case JIT_OPERATOR_REFLECTED:
        case JIT_OPERATOR_COMPARE:
            if (!is_result(b, top)) {
                _PyJitRef same = emit2(b, JIT_OP_SAME, _PyJitSlot_Object(b, top), object_const(b, Py_NotImplemented));
                (void)emit2(b, JIT_OP_GUARD_IEQ, same, konst(b, 0));
            }
            return;
        default:
            if (kind >= JIT_OPERATOR_NEW) {
                // An instance of that class, which has no `__init__`.
                (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, _PyJitSlot_Object(b, top), JIT_REF_NONE, class_called(b)->tp_version_tag);
            }
            return;
    }
}

/* CALL_INTRINSIC_1 in a continuation frame, with the method's result on the stack. */
uint32_t
_PyJitLower_Continuation(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    int kind = (int)record->oparg - JIT_CONTINUATION;
    uint32_t top = b->depth - 1;
    unsigned int tag = JIT_TAG(record->types, 0);
    bool truth = kind == JIT_OPERATOR_TEST || kind == JIT_OPERATOR_BOOL || kind == JIT_OPERATOR_IN || kind == JIT_OPERATOR_NOT_IN
        || kind == JIT_OPERATOR_UNEQUAL;
    bool size = kind == JIT_OPERATOR_LEN || kind == JIT_OPERATOR_NONEMPTY;
    bool text = kind == JIT_OPERATOR_STR || kind == JIT_OPERATOR_TEXT || kind == JIT_OPERATOR_FORMAT;
    bool consumer = kind >= JIT_CONSUMER_FIRST;
    bool is_new = kind >= JIT_OPERATOR_NEW && !consumer;
    if (kind == JIT_OPERATOR_ANEXT && (record->seen != Py_True || _PyJitSlot_IsBare(b, top))) {
        return REFUSE(b);
    }
    if (in_memory(b) && kind >= 0 && kind < JIT_OPERATOR_KINDS && _PyJitOperatorForms[kind].keeps) {
        return REFUSE(b);      // what it keeps ends here
    }
    if (kind == JIT_OPERATOR_ITER && (record->seen == NULL || _PyJitSlot_IsBare(b, top)
                                      || !is_version(((PyTypeObject *)record->seen)->tp_version_tag))) {
        return REFUSE(b);
    }
    if (text && (tag != JIT_TAG_STR || _PyJitSlot_IsBare(b, top))) {
        return REFUSE(b);
    }
    if (kind < 0 || (is_new && (class_called(b) == NULL || _PyJitSlot_IsBare(b, top))) || (truth && !_PyJitNumber_IsBool(b, top, tag)) || (size && !is_size(b, top, tag))) {
        return REFUSE(b);
    }
    if (consumer) {
        if (_PyJitLower_ConsumerStep(b, index, kind) == 0) {
            return 0;
        }
    }
    else {
        _PyJitLower_Begin(b, index);
        finish(b, record, kind);
    }
    if (in_memory(b) && kind < JIT_CONTINUATION_KINDS) {
        (void)_PyJitBuild_Emit(b, JIT_OP_LEAVE_OPERATOR, JIT_REF_NONE, JIT_REF_NONE,
                               (uint32_t)_PyJitContinuation_Units(b->t->codes[record->code]));
    }
    return 1;
}

#endif /* _Py_TIER2 */
