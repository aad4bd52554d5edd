/* Lowering rules of what is asked of objects of any type: attributes where tier 1 has no form for the type, or where many types take
 * turns; getattr, hasattr, isinstance, issubclass, type, callable, id.
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

/* Before a call: the method that the object on top has, and the object itself.  A function is seen where it is a method of the type, whose
 * version is in the cache, and the object has a dict. */
static uint32_t
load_method(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1;
    bool looks = record->seen == Py_True;
    if (_PyJitSlot_IsBare(b, top) || (!looks && !is_version(unit32(b, record, 2)))) {
        return REFUSE(b);
    }
    PyObject *name = PyTuple_GET_ITEM(b->t->codes[record->code]->co_names, record->oparg >> 1);
    _PyJitLower_Begin(b, index);
    _PyJitRef owner = _PyJitSlot_Object(b, top), method = JIT_REF_NONE;
    if (looks) {
        method = emit2(b, JIT_OP_GET_METHOD, owner, object_const(b, name));
    }
    else {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, owner, JIT_REF_NONE, unit32(b, record, 2));
        (void)emit2(b, JIT_OP_GUARD_NO_ATTR, owner, object_const(b, name));
    }
    _PyJitSlot_Own(b, top);
    _PyJitSlot self = b->slots[top];
    b->slots[top] = (_PyJitSlot){0};
    b->depth = top;
    if (method != JIT_REF_NONE) {
        _PyJitSlot_PushHeap(b, method);
    }
    else {
        _PyJitSlot_PushConst(b, record->seen);
    }
    _PyJitSlot_Push(b, self);
    return 1;
}

/* The object on top is a named tuple, and its class has FIELD under the name: an item. */
static uint32_t
load_tuple_field(_PyJitBuilder *b, uint32_t index, Py_ssize_t field)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1;
    if (_PyJitSlot_IsBare(b, top) || !_PyJitSlot_CanEnd(b, record, 1) || !is_version(unit32(b, record, 2))) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef owner = _PyJitSlot_Object(b, top), i = konst(b, field);
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, owner, JIT_REF_NONE, unit32(b, record, 2));
    (void)emit2(b, JIT_OP_GUARD_TUPLE_INDEX, owner, i);
    _PyJitSlot_GuardEnds(b, record, 1);
    _PyJitRef item = emit2(b, JIT_OP_TUPLE_GET, owner, i);
    drop(b, 1);
    _PyJitSlot_PushHeap(b, item);
    if (record->oparg & 1) {
        _PyJitSlot_PushNull(b);
    }
    return 1;
}

/* VALUE, a reference the trace owns, is pushed. */
static void
push_made(_PyJitBuilder *b, _PyJitRef value)
{
    _PyJitSlot_Push(b, (_PyJitSlot){.object = value, .dirty = 1, .owned = 1});
}

/* LOAD_ATTR of a name that the object has.  What is made each time is recorded as None. */
static uint32_t
load_attribute(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1;
    bool calls = record->oparg & 1;
    if (calls && record->seen != NULL && (record->seen == Py_True || PyFunction_Check(record->seen))) {
        return load_method(b, index);
    }
    if (record->seen != NULL && _PyJit_TupleField(record->seen) >= 0) {
        return load_tuple_field(b, index, _PyJit_TupleField(record->seen));
    }
    PyObject *name = PyTuple_GET_ITEM(b->t->codes[record->code]->co_names, record->oparg >> 1);
    bool binds = !calls && _PyJitLower_CanBind(record->seen, name);
    bool made = record->seen == Py_None || _PyJitLower_IsClassMethod(record->seen) || binds;
    if ((record->seen != (calls ? Py_False : Py_True) && !made) || _PyJitSlot_IsBare(b, top) || !_PyJitSlot_CanEnd(b, record, 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef owner = _PyJitSlot_Object(b, top);
    _PyJitSlot_GuardEnds(b, record, 1);
    _PyJitRef value = binds ? _PyJitLower_Bind(b, (PyTypeObject *)record->seen, name, owner)
        : emit2(b, made ? JIT_OP_MAKE_ATTR : JIT_OP_GET_ATTR, owner, object_const(b, name));
    drop(b, 1);
    if (made) {
        push_made(b, value);
    }
    else {
        _PyJitSlot_PushHeap(b, value);
    }
    if (calls) {
        _PyJitSlot_PushNull(b);
    }
    return 1;
}

/* IMPORT_FROM of a name that the module has; the module stays. */
static uint32_t
import_from(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1;
    if (record->seen != Py_True || _PyJitSlot_IsBare(b, top)) {
        return REFUSE(b);
    }
    PyObject *name = PyTuple_GET_ITEM(b->t->codes[record->code]->co_names, record->oparg);
    _PyJitLower_Begin(b, index);
    _PyJitSlot_PushHeap(b, emit2(b, JIT_OP_GET_ATTR, _PyJitSlot_Object(b, top), object_const(b, name)));
    return 1;
}

/* STORE_ATTR to what tier 1 has no form for that is lowered: to a dict, or where several types take turns.  Where a form has a rule that does
 * not apply, as what is replaced may end, this would leave as often, and what it writes has all that is borrowed from the heap owned. */
static uint32_t
store_attribute(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t value = b->depth - 2, owner = b->depth - 1;
    if (record->seen != Py_True || _PyJitSlot_IsBare(b, owner) || !_PyJitSlot_CanEnd(b, record, 1)
        || ends_with(b, record, 0)) {
        return REFUSE(b);
    }
    PyObject *name = PyTuple_GET_ITEM(b->t->codes[record->code]->co_names, record->oparg);
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, owner), stored = key_of(b, value);
    bool hinted = record->opcode == STORE_ATTR_WITH_HINT && is_version(unit32(b, record, 2));
    if (hinted) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, object, JIT_REF_NONE, unit32(b, record, 2));
    }
    _PyJitSlot_GuardEnds(b, record, 1);
    // Those are still borrowed if it leaves, and not needed when it has written.
    b->slots[owner].heap = b->slots[value].heap = 0;
    _PyJitSlot_OwnHeap(b);
    _PyJitRef set = _PyJitBuild_Emit3(b, hinted ? JIT_OP_SET_HINTED : JIT_OP_SET_ATTR, object, object_const(b, name), stored);
    if (hinted && set != JIT_REF_NONE) {
        JIT_INS(b->t, set)->aux = b->t->units[record->units + 4].cache;
    }
    b->slots[value].plain = 1;     // the object has it: this is not its end
    drop(b, 2);
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

/* getattr, with or without a default. */
static uint32_t
call_getattr(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t nargs = record->oparg, owner = b->depth - nargs, name = owner + 1;
    PyObject *text = _PyJitLower_NameAt(b, name);
    bool binds = text != NULL && _PyJitLower_CanBind(record->seen, text);
    bool made = record->seen == Py_None || (record->seen != NULL && PyType_Check(record->seen));
    if (record->seen == NULL || !can_ask(b, record, nargs) || (nargs == 2 && record->seen == Py_False)) {
        return REFUSE(b);
    }
    // A default that ends when the trace goes on needs a reference.
    const _PyJitSlot *last = &b->slots[b->depth - 1];
    made |= nargs == 3 && !(last->dirty && JIT_IS_CONST(last->object));
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, owner), known = _PyJitSlot_Object(b, name);
    _PyJitRef otherwise = nargs == 3 ? _PyJitSlot_Object(b, name + 1) : JIT_REF_NONE;
    _PyJitSlot_GuardEnds(b, record, nargs);
    _PyJitRef value = binds ? _PyJitLower_Bind(b, (PyTypeObject *)record->seen, text, object)
        : nargs == 2 ? emit2(b, made ? JIT_OP_MAKE_ATTR : JIT_OP_GET_ATTR, object, known)
        : _PyJitBuild_Emit3(b, made ? JIT_OP_MAKE_ATTR_OR : JIT_OP_GET_ATTR_OR, object, known, otherwise);
    drop(b, nargs + 2);
    if (made) {
        push_made(b, value);
    }
    else {
        _PyJitSlot_PushHeap(b, value);
    }
    return 1;
}

/* A question that is answered with yes or no by OP: hasattr, issubclass. */
static uint32_t
call_question(_PyJitBuilder *b, uint32_t index, int op)
{
    const _PyJitRecord *record = &b->t->records[index];
    if (record->seen == NULL || record->oparg != 2 || !can_ask(b, record, 2)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, b->depth - 2), asked = _PyJitSlot_Object(b, b->depth - 1);
    _PyJitSlot_GuardEnds(b, record, 2);
    _PyJitRef value = emit2(b, op, object, asked);
    drop(b, 4);
    _PyJitSlot_PushBool(b, value);
    return 1;
}

/* isinstance of a number that has no object: 1, 0, or -1 where that depends on more than the class, which is in SLOT. */
static int
is_number_of(const _PyJitBuilder *b, uint32_t number, uint32_t slot)
{
    _PyJitRef class = b->slots[slot].object;
    PyObject *known = class != JIT_REF_NONE && JIT_IS_CONST(class) ? (PyObject *)(uintptr_t)JIT_INS(b->t, class)->bits : NULL;
    PyTypeObject *type = type_of_ref(b, b->slots[number].number) == JIT_TYPE_F64 ? &PyFloat_Type : &PyLong_Type;
    return known != NULL && PyType_CheckExact(known) ? PyType_IsSubtype(type, (PyTypeObject *)known) : -1;
}

static uint32_t
call_isinstance(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t object = b->depth - 2, class = b->depth - 1;
    const _PyJitSlot *slot = &b->slots[class];
    if (record->seen == NULL || _PyJitLower_Callable(b, 2) != _PyInterpreterState_GET()->callable_cache.isinstance) {
        return REFUSE(b);
    }
    if (_PyJitSlot_IsBare(b, object) && is_number_of(b, object, class) >= 0 && can_drop(slot)) {
        PyObject *is = is_number_of(b, object, class) ? Py_True : Py_False;
        _PyJitLower_Begin(b, index);
        drop(b, 4);
        _PyJitSlot_PushConst(b, is);
        return 1;
    }
    bool is_type = slot->dirty && JIT_IS_CONST(slot->object)
        && (PyObject *)(uintptr_t)JIT_INS(b->t, slot->object)->bits == record->seen;
    if (!can_ask(b, record, 2) || (!is_type && JIT_TAG(record->types, 2) != JIT_TAG_BOOL)) {
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
    uint32_t argument = b->depth - 1;
    if (op == JIT_OP_TYPE_OF && _PyJitSlot_IsBare(b, argument)) {
        bool real = type_of_ref(b, b->slots[argument].number) == JIT_TYPE_F64;
        _PyJitLower_Begin(b, index);
        drop(b, 3);
        _PyJitSlot_PushConst(b, (PyObject *)(real ? &PyFloat_Type : &PyLong_Type));
        return 1;
    }
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
        case IMPORT_FROM:
            return import_from(b, index);
        case STORE_ATTR:
        case STORE_ATTR_WITH_HINT:
            return store_attribute(b, index);
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
            PyObject *callable = nargs == 2 || nargs == 3 ? _PyJitLower_Callable(b, nargs) : NULL;
            return callable == NULL ? 0
                : _PyJit_IsBuiltin(callable, "getattr") ? call_getattr(b, index)
                : _PyJit_IsBuiltin(callable, "hasattr") ? call_question(b, index, JIT_OP_HAS_ATTR)
                : _PyJit_IsBuiltin(callable, "issubclass") ? call_question(b, index, JIT_OP_IS_SUBCLASS) : 0;
        }
        default:
            return 0;
    }
}

#endif /* _Py_TIER2 */
