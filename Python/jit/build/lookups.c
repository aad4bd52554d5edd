/* Lowering rules of what is asked of objects of any type: attributes where tier 1 has no form for the type, or where many types take
 * turns; getattr, hasattr, isinstance, type, callable, id.
 *
 * The operations look each time (objects/find.c) and run no code of users, so nothing goes to memory for them.  The recorder has tried them
 * (`seen`, `ends`): where it could not be said without code of users, the instruction stays opaque.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"
#include "pycore_jit_helpers.h"
#include "jit/build/rules.h"

/* Before a call: the method that the object on top has, and the object itself. */
static uint32_t
load_method(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1;
    if (_PyJitSlot_IsBare(b, top)) {
        return REFUSE(b);
    }
    PyObject *name = PyTuple_GET_ITEM(b->t->codes[record->code]->co_names, record->oparg >> 1);
    _PyJitLower_Begin(b, index);
    _PyJitRef method = emit2(b, JIT_OP_GET_METHOD, _PyJitSlot_Object(b, top), object_const(b, name));
    _PyJitSlot_Own(b, top);
    _PyJitSlot self = b->slots[top];
    b->slots[top] = (_PyJitSlot){0};
    b->depth = top;
    _PyJitSlot_PushHeap(b, method);
    _PyJitSlot_Push(b, self);
    return 1;
}

/* LOAD_ATTR of a name that the object has. */
static uint32_t
load_attribute(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1;
    bool calls = record->oparg & 1;
    if (calls && record->seen == Py_True) {
        return load_method(b, index);
    }
    if (record->seen != (calls ? Py_False : Py_True) || _PyJitSlot_IsBare(b, top) || !_PyJitSlot_CanEnd(b, record, 1)) {
        return REFUSE(b);
    }
    PyObject *name = PyTuple_GET_ITEM(b->t->codes[record->code]->co_names, record->oparg >> 1);
    _PyJitLower_Begin(b, index);
    _PyJitRef owner = _PyJitSlot_Object(b, top);
    _PyJitSlot_GuardEnds(b, record, 1);
    _PyJitRef value = emit2(b, JIT_OP_GET_ATTR, owner, object_const(b, name));
    drop(b, 1);
    _PyJitSlot_PushHeap(b, value);
    if (calls) {
        _PyJitSlot_PushNull(b);
    }
    return 1;
}

/* Of a call with NARGS arguments: they are objects, and all operands can be given up. */
static bool
can_ask(const _PyJitBuilder *b, const _PyJitRecord *record, uint32_t nargs)
{
    for (uint32_t i = b->depth - nargs; i < b->depth; i++) {
        if (_PyJitSlot_IsBare(b, i)) {
            return false;
        }
    }
    // The callable and its `self` are constants.
    return _PyJitSlot_CanEnd(b, record, nargs);
}

/* getattr, with or without a constant as the default; hasattr. */
static uint32_t
call_attribute(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t nargs = record->oparg, owner = b->depth - nargs, name = owner + 1;
    PyObject *callable = record->seen != NULL ? _PyJitLower_Callable(b, nargs) : NULL;
    const _PyJitSlot *last = &b->slots[b->depth - 1];
    bool has = callable != NULL && nargs == 2 && _PyJit_IsBuiltin(callable, "hasattr");
    if (callable == NULL || !can_ask(b, record, nargs) || (nargs == 3 && !(last->dirty && JIT_IS_CONST(last->object)))
        || (!has && !(_PyJit_IsBuiltin(callable, "getattr") && (nargs == 3 || record->seen == Py_True)))) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, owner), known = _PyJitSlot_Object(b, name);
    _PyJitRef otherwise = nargs == 3 ? _PyJitSlot_Object(b, name + 1) : JIT_REF_NONE;
    _PyJitSlot_GuardEnds(b, record, nargs);
    _PyJitRef value = has ? emit2(b, JIT_OP_HAS_ATTR, object, known)
        : nargs == 3 ? _PyJitBuild_Emit3(b, JIT_OP_GET_ATTR_OR, object, known, otherwise) : emit2(b, JIT_OP_GET_ATTR, object, known);
    drop(b, nargs + 2);
    if (has) {
        _PyJitSlot_PushBool(b, value);
    }
    else {
        _PyJitSlot_PushHeap(b, value);
    }
    return 1;
}

static uint32_t
call_isinstance(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t object = b->depth - 2, class = b->depth - 1;
    const _PyJitSlot *slot = &b->slots[class];
    if (record->seen == NULL || _PyJitLower_Callable(b, 2) != _PyInterpreterState_GET()->callable_cache.isinstance
        || !can_ask(b, record, 2)) {
        return REFUSE(b);
    }
    bool is_type = slot->dirty && JIT_IS_CONST(slot->object)
        && (PyObject *)(uintptr_t)JIT_INS(b->t, slot->object)->bits == record->seen;
    if (!is_type && JIT_TAG(record->types, 2) != JIT_TAG_BOOL) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef owner = _PyJitSlot_Object(b, object), asked = _PyJitSlot_Object(b, class);
    if (is_type) {
        // True by the type of the object, which is known from here on.
        (void)emit2(b, JIT_OP_GUARD_EXACT, owner, asked);
        _PyJitSlot_GuardEnds(b, record, 2);
        drop(b, 4);
        _PyJitSlot_PushConst(b, Py_True);
        return 1;
    }
    _PyJitRef is = emit2(b, JIT_OP_IS_INSTANCE, owner, asked);
    _PyJitSlot_GuardEnds(b, record, 2);
    drop(b, 4);
    _PyJitSlot_PushBool(b, is);
    return 1;
}

/* type(o), id(o), callable(o): with OP. */
static uint32_t
call_one(_PyJitBuilder *b, uint32_t index, int op)
{
    const _PyJitRecord *record = &b->t->records[index];
    if (!can_ask(b, record, 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, b->depth - 1);
    _PyJitSlot_GuardEnds(b, record, 1);
    _PyJitRef value = emit1(b, op, object);
    drop(b, 3);
    if (op == JIT_OP_TYPE_OF) {
        _PyJitSlot_PushHeap(b, value);
    }
    else if (op == JIT_OP_CAN_CALL) {
        _PyJitSlot_PushBool(b, value);
    }
    else {
        _PyJitSlot_PushNumber(b, value);
    }
    return 1;
}

uint32_t
_PyJitLower_Find(_PyJitBuilder *b, uint32_t index)
{
    switch (b->t->records[index].opcode) {
        case LOAD_ATTR:
            return load_attribute(b, index);
        case CALL_ISINSTANCE:
            return call_isinstance(b, index);
        case CALL_TYPE_1:
            return _PyJitLower_Callable(b, 1) == (PyObject *)&PyType_Type ? call_one(b, index, JIT_OP_TYPE_OF) : 0;
        case CALL_BUILTIN_O: {
            PyObject *callable = _PyJitLower_Callable(b, 1);
            return callable == NULL ? 0
                : _PyJit_IsBuiltin(callable, "id") ? call_one(b, index, JIT_OP_ADDRESS_OF)
                : _PyJit_IsBuiltin(callable, "callable") ? call_one(b, index, JIT_OP_CAN_CALL) : 0;
        }
        case CALL_BUILTIN_FAST: {
            uint32_t nargs = b->t->records[index].oparg;
            return nargs == 2 || nargs == 3 ? call_attribute(b, index) : 0;
        }
        default:
            return 0;
    }
}

#endif /* _Py_TIER2 */
