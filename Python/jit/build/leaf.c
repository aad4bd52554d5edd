/* Lowering rules of calls of builtins that have no rule of their own, but run no code of users (objects/leaf_calls.c), and of instructions that do
 * the same. */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_dict.h"
#include "pycore_global_objects.h"
#include "pycore_long.h"
#include "pycore_jit_helpers.h"
#include "jit/build/rules.h"

#define MOST_ARGUMENTS 4       // `self` or a bound method included
#define MOST_OPERANDS 3        // arguments that the operation has itself
#define MOST_KEYS 32           // of dicts that are copies of one

/* Slot INDEX has a number that is constant, and not negative. */
static bool
constant_is_natural(const _PyJitBuilder *b, uint32_t index)
{
    _PyJitRef number = b->slots[index].number;
    PyObject *object = constant_at(b, index);
    if (number != JIT_REF_NONE) {
        return JIT_IS_CONST(number) && (int64_t)JIT_INS(b->t, number)->bits >= 0;
    }
    return object != NULL && PyLong_CheckExact(object) && !_PyLong_IsNegative((PyLongObject *)object);
}

/* OP, which does leaf NUMBER. */
static _PyJitRef
emit_leaf(_PyJitBuilder *b, int op, int number, const _PyJitRef *args)
{
    _PyJitRef result;
    if (number & JIT_LEAF_FOUR) {
        (void)_PyJitBuild_Emit(b, JIT_OP_LEAF_ARGUMENT, args[MOST_OPERANDS], JIT_REF_NONE, 0);
    }
    result = _PyJitBuild_Emit3(b, op, args[0], args[1], args[2]);
    if (result != JIT_REF_NONE) {
        JIT_INS(b->t, result)->aux = (uint32_t)number;
    }
    return result;
}

/* VALUE, below 256, as an object that lives for ever. */
static _PyJitRef
small_const(_PyJitBuilder *b, uint32_t value)
{
    return object_const(b, &_PyLong_SMALL_INTS[_PY_NSMALLNEGINTS + value]);
}

/* Leaf NUMBER, which changes something, takes ARGS, the top COUNT slots: those are still borrowed if it leaves, and not needed when it has
 * written. */
static _PyJitRef
emit_change(_PyJitBuilder *b, int number, const _PyJitRef *args, uint32_t count)
{
    for (uint32_t i = b->depth - count; i < b->depth; i++) {
        b->slots[i].heap = 0;
    }
    _PyJitSlot_OwnHeap(b);
    return emit_leaf(b, JIT_OP_CHANGE_LEAF, number, args);
}

/* What leaf NUMBER, done with ARGS by the call of NARGS arguments that stands on top of the stack, gives takes its place. */
static void
finish_call(_PyJitBuilder *b, int number, const _PyJitRef *args, uint32_t nargs)
{
    int gives = _PyJitLeaf_Gives(number);
    _PyJitRef result = gives == JIT_LEAF_CHANGE ? emit_change(b, number, args, nargs + 2)
        : emit_leaf(b, gives == JIT_LEAF_NUMBER ? JIT_OP_ASK_LEAF : JIT_OP_CALL_LEAF, number, args);
    drop(b, nargs + 2);
    if (gives == JIT_LEAF_NUMBER) {
        _PyJitSlot_PushNumber(b, result);
    }
    else {
        _PyJitSlot_Push(b, (_PyJitSlot){.object = result, .dirty = 1, .owned = 1, .plain = gives == JIT_LEAF_PLAIN});
    }
}

/* The same with a method that is not bound, for which the recorder found a rule: `self` is the second argument. */
static uint32_t
call_method(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t nargs = record->oparg, self = b->depth - nargs - 1, callable = self - 1;
    int number = (((int)record->plain_locals - 1) & ~JIT_LEAF_SELF) | (nargs + 1 == MOST_OPERANDS ? JIT_LEAF_FOUR : 0);
    uint32_t count = nargs + (constant_at(b, callable) == NULL ? 2 : 1);
    if (known_null(b, self) != 0 || _PyJitSlot_IsBare(b, callable) || nargs + 2 > MOST_ARGUMENTS || !_PyJitSlot_CanEnd(b, record, count)
        || (_PyJitLeaf_Gives(number) == JIT_LEAF_CHANGE && ends_with(b, record, nargs))) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef args[MOST_ARGUMENTS] = {_PyJitSlot_Object(b, callable)};
    for (uint32_t i = 1; i < MOST_ARGUMENTS; i++) {
        args[i] = i <= nargs + 1 ? key_of(b, callable + i) : object_const(b, NULL);
    }
    _PyJitSlot_GuardEnds(b, record, count);
    finish_call(b, number, args, nargs);
    return 1;
}

/* The callable is the leaf's first argument, or binds that, as a method of C: whether it is the one that was seen the leaf itself looks. */
static uint32_t
call_bound(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t nargs = record->oparg, self = b->depth - nargs - 1, callable = self - 1;
    int number = ((int)record->plain_locals - 1) | (nargs == MOST_OPERANDS ? JIT_LEAF_FOUR : 0), null = known_null(b, self);
    _PyJitSlot nothing = b->slots[self];
    b->slots[self] = (_PyJitSlot){.object = object_const(b, NULL), .dirty = 1, .plain = 1};
    if (null == 0 || nargs >= MOST_ARGUMENTS || _PyJitSlot_IsBare(b, callable) || !_PyJitSlot_CanEnd(b, record, nargs + 2)
        || (_PyJitLeaf_Gives(number) == JIT_LEAF_CHANGE && ends_with(b, record, nargs + 1))) {
        b->slots[self] = nothing;
        return REFUSE(b);
    }
    b->slots[self] = nothing;
    _PyJitLower_Begin(b, index);
    if (null < 0) {
        (void)emit1(b, JIT_OP_GUARD_NULL, _PyJitSlot_Object(b, self));
    }
    b->slots[self] = (_PyJitSlot){.object = object_const(b, NULL), .dirty = 1, .plain = 1};
    _PyJitRef args[MOST_ARGUMENTS] = {_PyJitSlot_Object(b, callable)};
    for (uint32_t i = 1; i < MOST_ARGUMENTS; i++) {
        args[i] = i <= nargs ? key_of(b, self + i) : object_const(b, NULL);
    }
    _PyJitSlot_GuardEnds(b, record, nargs + 2);
    finish_call(b, number, args, nargs);
    return 1;
}

/* Which view of a dict NUMBER makes, as NEW_DICT_ITER counts them; -1: none, or the next instruction does something else than to go over it. */
static int
view_gone_over(const _PyJitBuilder *b, uint32_t index, int number)
{
    static const char *const names[] = {"keys", "values", "items"};
    PyTypeObject *const types[] = {&PyDictKeys_Type, &PyDictValues_Type, &PyDictItems_Type};
    const _PyJitRecord *record = &b->t->records[index], *next = record + 1;
    if (index + 1 >= b->t->nrecords || record->raised || next->raised || next->opcode != GET_ITER || next->code != record->code
        || next->depth != record->depth || next->offset - next->prefix != record->offset + record->size) {
        return -1;
    }
    for (int i = 0; i < 3; i++) {
        if (next->seen == (PyObject *)types[i] && number == _PyJitLeaf_Named(names[i])) {
            return i;
        }
    }
    return -1;
}

/* The rest of such a call, and GET_ITER behind it: no view is made. */
static uint32_t
iterate_dict(_PyJitBuilder *b, uint32_t index, _PyJitRef dict, int which)
{
    _PyJitRef made = _PyJitBuild_Emit(b, JIT_OP_NEW_DICT_ITER, dict, JIT_REF_NONE, (uint32_t)which);
    drop(b, b->t->records[index].oparg + 2);
    _PyJitSlot_EndRecord(b);
    _PyJitLower_Begin(b, index + 1);
    _PyJitSlot_Push(b, (_PyJitSlot){.object = made, .dirty = 1, .owned = 1});
    return 2;
}

uint32_t
_PyJitLower_Leaf(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    if (record->leaf && record->plain_locals != 0) {
        return (record->plain_locals - 1) & JIT_LEAF_SELF ? call_method(b, index) : call_bound(b, index);
    }
    uint32_t self = b->depth - record->oparg - 1;
    int null = known_null(b, self);
    if (!record->leaf || null < 0) {
        return REFUSE(b);
    }
    uint32_t first = null ? self + 1 : self, nargs = b->depth - first;
    PyObject *callable = constant_at(b, self - 1);
    int number = callable == NULL || nargs > MOST_ARGUMENTS ? -1 : _PyJitLeaf_Find(callable, nargs);
    if (number < 0 || !_PyJitSlot_CanEnd(b, record, nargs)) {
        return REFUSE(b);
    }
    if (_PyJitLeaf_Gives(number) == JIT_LEAF_CHANGE && ends_with(b, record, nargs - 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef args[MOST_ARGUMENTS];
    for (uint32_t i = 0; i < MOST_ARGUMENTS; i++) {
        args[i] = i < nargs ? key_of(b, first + i) : object_const(b, NULL);
    }
    _PyJitSlot_GuardEnds(b, record, nargs);
    int which = view_gone_over(b, index, number);
    if (which >= 0) {
        return iterate_dict(b, index, args[0], which);
    }
    finish_call(b, number | (nargs == MOST_ARGUMENTS ? JIT_LEAF_FOUR : 0), args, record->oparg);
    return 1;
}

/* CALL_FUNCTION_EX of a function of C, or of a class of such: what it is the leaf looks. */
uint32_t
_PyJitLower_LeafSpread(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1, callable = top - 2;
    if (known_null(b, top - 1) != 1 || _PyJitSlot_IsBare(b, top) || _PyJitSlot_IsBare(b, callable) || !can_drop(&b->slots[callable])
        || !_PyJitSlot_CanEnd(b, record, 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef args[MOST_ARGUMENTS] = {_PyJitSlot_Object(b, callable), _PyJitSlot_Object(b, top), object_const(b, NULL)};
    _PyJitSlot_GuardEnds(b, record, 1);
    _PyJitRef made = emit_leaf(b, JIT_OP_CALL_LEAF, (int)record->plain_locals - 1, args);
    drop(b, 3);
    _PyJitSlot_Push(b, (_PyJitSlot){.object = made, .dirty = 1, .owned = 1});
    return 1;
}

/* DELETE_SUBSCR, STORE_SUBSCR and STORE_SLICE: COUNT operands, the container is FROM_TOP. */
static uint32_t
change_item(_PyJitBuilder *b, uint32_t index, uint32_t count, uint32_t from_top)
{
    const _PyJitRecord *record = &b->t->records[index];
    int number = _PyJitLeaf_OfInstruction(record->opcode, record->oparg) | (count == MOST_ARGUMENTS ? JIT_LEAF_FOUR : 0);
    if (!record->leaf || _PyJitSlot_IsBare(b, b->depth - 1 - from_top) || !_PyJitSlot_CanEnd(b, record, count)
        || ends_with(b, record, from_top)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef args[MOST_ARGUMENTS];
    for (uint32_t i = 0; i < MOST_ARGUMENTS; i++) {
        args[i] = i < count ? key_of(b, b->depth - count + i) : object_const(b, NULL);
    }
    _PyJitSlot_GuardEnds(b, record, count);
    (void)emit_change(b, number, args, count);
    drop(b, count);
    return 1;
}

/* MATCH_KEYS leaves the top two slots where they are, MATCH_CLASS takes three. */
static uint32_t
match(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    bool class = record->opcode == MATCH_CLASS;
    uint32_t count = class ? 3 : 2;
    int number = _PyJitLeaf_OfInstruction(record->opcode, record->oparg) | (class ? JIT_LEAF_FOUR : 0);
    if (!record->leaf || (class && (record->oparg > 255 || !_PyJitSlot_CanEnd(b, record, count)))) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef args[MOST_ARGUMENTS];
    for (uint32_t i = 0; i < MOST_ARGUMENTS; i++) {
        args[i] = i < count ? key_of(b, b->depth - count + i) : object_const(b, NULL);
    }
    if (class) {
        args[MOST_OPERANDS] = small_const(b, record->oparg);
        _PyJitSlot_GuardEnds(b, record, count);
    }
    _PyJitRef found = emit_leaf(b, JIT_OP_CALL_LEAF, number, args);
    drop(b, class ? count : 0);
    _PyJitSlot_Push(b, (_PyJitSlot){.object = found, .dirty = 1, .owned = 1});
    return 1;
}

/* DELETE_ATTR of an attribute that the object has of its own. */
static uint32_t
delete_attribute(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1;
    if (!record->leaf || _PyJitSlot_IsBare(b, top) || !_PyJitSlot_CanEnd(b, record, 1) || ends_with(b, record, 0)) {
        return REFUSE(b);
    }
    PyObject *name = PyTuple_GET_ITEM(b->t->codes[record->code]->co_names, record->oparg);
    _PyJitLower_Begin(b, index);
    _PyJitRef args[MOST_ARGUMENTS] = {_PyJitSlot_Object(b, top), object_const(b, name), object_const(b, NULL)};
    _PyJitSlot_GuardEnds(b, record, 1);
    (void)emit_change(b, _PyJitLeaf_OfInstruction(DELETE_ATTR, 0), args, 1);
    drop(b, 1);
    return 1;
}

/* LIST_EXTEND, SET_UPDATE, DICT_UPDATE, DICT_MERGE: the object below gets what is in the one on top. */
static uint32_t
extend(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1, object = top - record->oparg;
    int number = _PyJitLeaf_OfInstruction(record->opcode, record->oparg);
    if (!record->leaf || _PyJitSlot_IsBare(b, top) || _PyJitSlot_IsBare(b, object) || !_PyJitSlot_CanEnd(b, record, 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef args[MOST_ARGUMENTS] = {_PyJitSlot_Object(b, object), _PyJitSlot_Object(b, top), object_const(b, NULL)};
    _PyJitSlot_GuardEnds(b, record, 1);
    (void)emit_change(b, number, args, 1);
    drop(b, 1);
    return 1;
}

/* An instruction that makes something of the top NARGS slots: what it makes takes their place. */
static uint32_t
make_of_top(_PyJitBuilder *b, uint32_t index, uint32_t nargs)
{
    const _PyJitRecord *record = &b->t->records[index];
    bool other = record->leaf && record->plain_locals != 0;      // than the instruction's usual one
    int number = other ? (int)record->plain_locals - 1 : _PyJitLeaf_OfInstruction(record->opcode, record->oparg);
    bool change = number >= 0 && _PyJitLeaf_Gives(number) == JIT_LEAF_CHANGE;
    if (number < 0 || !record->leaf || !_PyJitSlot_CanEnd(b, record, nargs) || (change && ends_with(b, record, nargs - 1))) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef args[MOST_ARGUMENTS];
    for (uint32_t i = 0; i < MOST_ARGUMENTS; i++) {
        args[i] = i < nargs ? key_of(b, b->depth - nargs + i) : object_const(b, NULL);
    }
    if (record->opcode == BINARY_OP) {
        args[2] = small_const(b, record->oparg);
    }
    _PyJitSlot_GuardEnds(b, record, nargs);
    _PyJitRef made = change ? emit_change(b, number, args, nargs) : emit_leaf(b, JIT_OP_CALL_LEAF, number, args);
    drop(b, nargs);
    _PyJitSlot_Push(b, (_PyJitSlot){.object = made, .dirty = 1, .owned = 1, .plain = _PyJitLeaf_Gives(number) == JIT_LEAF_PLAIN});
    return 1;
}

/* BUILD_SLICE, and BINARY_SUBSCR behind it: no slice is made. */
static uint32_t
build_slice(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index], *next = record + 1;
    uint32_t count = record->oparg, container = b->depth - count - 1;
    bool used = index + 1 < b->t->nrecords && next->opcode == BINARY_SUBSCR && next->leaf && next->plain_locals == 0
        && next->entered == JIT_ENTERED_NOT && !next->raised && next->code == record->code && next->depth == record->depth
        && next->offset - next->prefix == record->offset + record->size;
    if (!used || _PyJitSlot_IsBare(b, container) || !can_drop(&b->slots[container]) || !_PyJitSlot_CanEnd(b, record, count)) {
        return make_of_top(b, index, count);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef args[MOST_ARGUMENTS];
    for (uint32_t i = 0; i < MOST_ARGUMENTS; i++) {
        args[i] = i <= count ? key_of(b, container + i) : object_const(b, NULL);
    }
    _PyJitSlot_GuardEnds(b, record, count);
    _PyJitRef made = emit_leaf(b, JIT_OP_CALL_LEAF, _PyJitLeaf_Named("a[b:c:d]") | JIT_LEAF_FOUR, args);
    drop(b, count + 1);
    _PyJitSlot_EndRecord(b);
    _PyJitLower_Begin(b, index + 1);
    _PyJitSlot_Push(b, (_PyJitSlot){.object = made, .dirty = 1, .owned = 1});
    return 2;
}

/* FORMAT_SIMPLE: a string is what it is formatted as. */
static uint32_t
format(_PyJitBuilder *b, uint32_t index)
{
    uint32_t top = b->depth - 1;
    if (JIT_TAG(b->t->records[index].types, 0) != JIT_TAG_STR || _PyJitSlot_IsBare(b, top)) {
        return make_of_top(b, index, 1);
    }
    _PyJitLower_Begin(b, index);
    (void)guard_str(b, top);
    return 1;
}

/* A dict with KEYS, a tuple, that lives as long as the engine: what is made is a copy of it.  NULL: it would not be a dict of so many, or keys
 * are no interned strs, so that others which are equal are other objects. */
static PyObject *
pattern_of(PyObject *keys)
{
    Py_ssize_t n = PyTuple_GET_SIZE(keys);
    PyObject *nones[MOST_KEYS], *pattern = NULL;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (n > MOST_KEYS || !PyUnicode_CheckExact(PyTuple_GET_ITEM(keys, i)) || !PyUnicode_CHECK_INTERNED(PyTuple_GET_ITEM(keys, i))) {
            return NULL;
        }
        nones[i] = Py_None;
    }
    pattern = n > 0 ? _PyJitEngine_Keep(keys, NULL) : NULL;
    if (pattern == NULL && n > 0) {
        PyObject *made = _PyDict_FromItems(((PyTupleObject *)keys)->ob_item, 1, nones, 1, n);
        bool fits = made != NULL && PyDict_GET_SIZE(made) == n && ((PyDictObject *)made)->ma_values == NULL;
        pattern = fits ? _PyJitEngine_Keep(keys, made) : NULL;
        Py_XDECREF(made);
    }
    PyErr_Clear();
    return pattern;
}

_PyJitRef
_PyJitLower_NewDict(_PyJitBuilder *b, PyObject *names, const uint8_t *which, const _PyJitRef *values, uint32_t n)
{
    _PyJitRef null = object_const(b, NULL), args[MOST_ARGUMENTS] = {null, null, null};
    if (n == 0) {
        return emit_leaf(b, JIT_OP_CALL_LEAF, _PyJitLeaf_OfInstruction(BUILD_MAP, 0), args);
    }
    if (n < (uint32_t)PyTuple_GET_SIZE(names)) {
        for (uint32_t i = 0; i < n; i++) {
            _PyJitRef name = object_const(b, PyTuple_GET_ITEM(names, which[i]));
            (void)_PyJitBuild_Emit(b, JIT_OP_LEAF_ARGUMENT, name, JIT_REF_NONE, 2 * i);
            (void)_PyJitBuild_Emit(b, JIT_OP_LEAF_ARGUMENT, values[i], JIT_REF_NONE, 2 * i + 1);
        }
        args[0] = small_const(b, 2 * n);
        return emit_leaf(b, JIT_OP_CALL_LEAF, _PyJitLeaf_OfInstruction(BUILD_MAP, n), args);
    }
    for (uint32_t i = 0; i < n; i++) {
        (void)_PyJitBuild_Emit(b, JIT_OP_LEAF_ARGUMENT, values[i], JIT_REF_NONE, i);
    }
    PyObject *pattern = pattern_of(names);
    args[0] = object_const(b, pattern != NULL ? pattern : names);
    return emit_leaf(b, JIT_OP_CALL_LEAF, _PyJitLeaf_OfInstruction(BUILD_CONST_KEY_MAP, n), args);
}

/* The pattern for BUILD_MAP of N pairs from slot FIRST on, if all keys are constants; else NULL. */
static PyObject *
pattern_of_pairs(const _PyJitBuilder *b, uint32_t first, uint32_t n)
{
    PyObject *keys = PyTuple_New((Py_ssize_t)n), *pattern = NULL;
    for (uint32_t i = 0; i < n && keys != NULL; i++) {
        PyObject *key = constant_at(b, first + 2 * i);
        if (key == NULL || !PyUnicode_CheckExact(key)) {
            Py_CLEAR(keys);
        }
        else {
            PyTuple_SET_ITEM(keys, i, Py_NewRef(key));
        }
    }
    if (keys != NULL) {
        pattern = pattern_of(keys);
        Py_DECREF(keys);
    }
    PyErr_Clear();
    return pattern;
}

/* BUILD_MAP, BUILD_CONST_KEY_MAP, BUILD_SET, BUILD_STRING: what is on the stack goes over in _PyJit_Arguments.  COUNT slots, from FIRST on;
 * KEYS: a tuple of keys stands above them. */
static uint32_t
make_of_many(_PyJitBuilder *b, uint32_t index, uint32_t first, uint32_t count, bool keys)
{
    const _PyJitRecord *record = &b->t->records[index];
    int number = _PyJitLeaf_OfInstruction(record->opcode, record->oparg);
    bool strings = record->opcode == BUILD_STRING;
    if (number < 0 || (!record->leaf && !strings) || count > JIT_MOST_ARGUMENTS) {
        return REFUSE(b);
    }
    for (uint32_t i = first; i < b->depth && strings; i++) {
        if (_PyJitSlot_IsBare(b, i)) {
            return REFUSE(b);
        }
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef name = strings && count == 2 ? _PyJitLower_NewName(b, index, first) : JIT_REF_NONE;
    if (name != JIT_REF_NONE) {
        drop(b, 2);
        _PyJitSlot_Push(b, (_PyJitSlot){.object = name, .dirty = 1, .owned = 1, .plain = 1});
        return 1;
    }
    for (uint32_t i = first; i < first + count; i++) {
        (void)(strings ? guard_str(b, i) : key_of(b, i));
    }
    PyObject *names = keys ? constant_at(b, b->depth - 1) : NULL;
    PyObject *pattern = names != NULL ? pattern_of(names) : record->opcode == BUILD_MAP ? pattern_of_pairs(b, first, record->oparg) : NULL;
    bool values_only = pattern != NULL && !keys;
    for (uint32_t i = values_only; i < count; i += 1 + values_only) {
        (void)_PyJitBuild_Emit(b, JIT_OP_LEAF_ARGUMENT, _PyJitSlot_Object(b, first + i), JIT_REF_NONE, values_only ? i / 2 : i);
    }
    _PyJitRef null = object_const(b, NULL), args[MOST_ARGUMENTS] = {small_const(b, count), null, null};
    if (pattern != NULL) {
        args[0] = object_const(b, pattern);
        number = _PyJitLeaf_OfInstruction(BUILD_CONST_KEY_MAP, record->oparg);
    }
    else if (keys) {
        args[0] = _PyJitSlot_Object(b, b->depth - 1);
    }
    _PyJitRef made = emit_leaf(b, JIT_OP_CALL_LEAF, number, args);
    for (uint32_t i = first; i < b->depth; i++) {
        b->slots[i].plain = 1;           // what was made has it: this is not its end
    }
    drop(b, b->depth - first);
    _PyJitSlot_Push(b, (_PyJitSlot){.object = made, .dirty = 1, .owned = 1, .plain = strings});
    return 1;
}

/* The size of a container, OBJECT; leaves where it is none of those `len` is a leaf for. */
_PyJitRef
_PyJitLeaf_EmitSize(_PyJitBuilder *b, _PyJitRef object)
{
    _PyJitRef null = object_const(b, NULL), args[MOST_ARGUMENTS] = {object, null, null};
    return emit_leaf(b, JIT_OP_ASK_LEAF, _PyJitLeaf_Named("len"), args);
}

_PyJitRef
_PyJitLeaf_EmitMatch(_PyJitBuilder *b, _PyJitRef object, bool mapping)
{
    _PyJitRef args[MOST_ARGUMENTS] = {object, small_const(b, mapping), object_const(b, NULL)};
    return emit_leaf(b, JIT_OP_ASK_LEAF, _PyJitLeaf_Named("case []"), args);
}

/* Whether OBJECT, a dict of a class of its own, has KEY. */
_PyJitRef
_PyJitLeaf_EmitContains(_PyJitBuilder *b, _PyJitRef object, _PyJitRef key)
{
    _PyJitRef args[MOST_ARGUMENTS] = {object, key, object_const(b, NULL)};
    return emit_leaf(b, JIT_OP_ASK_LEAF, _PyJitLeaf_Named("b in a"), args);
}

/* A comparison of objects: 0 or 1. */
_PyJitRef
_PyJitLeaf_EmitCompare(_PyJitBuilder *b, uint32_t operator)
{
    _PyJitRef args[MOST_ARGUMENTS] = {key_of(b, b->depth - 2), key_of(b, b->depth - 1), small_const(b, operator)};
    return emit_leaf(b, JIT_OP_ASK_LEAF, _PyJitLeaf_Named("a < b"), args);
}

/* BINARY_OP of two ints, where an operand or the result has more than 64 bits.  What surely has not is a number. */
uint32_t
_PyJitLower_WideInts(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t left = b->depth - 2, right = b->depth - 1, op = record->oparg;
    if (!record->leaf) {
        return REFUSE(b);
    }
    op -= op >= NB_INPLACE_ADD ? NB_INPLACE_ADD : 0;
    bool fits_right = _PyJitSlot_Kind(b, right, JIT_TAG(record->types, 0)) == JIT_TYPE_I64;
    bool fits = fits_right && (op == NB_REMAINDER || (op == NB_AND && constant_is_natural(b, right)));
    _PyJitLower_Begin(b, index);
    _PyJitRef args[MOST_ARGUMENTS] = {key_of(b, left), key_of(b, right), small_const(b, op)};
    int number = _PyJitLeaf_Named(fits ? "number of int op int" : "int op int");
    _PyJitRef value = emit_leaf(b, fits ? JIT_OP_ASK_LEAF : JIT_OP_CALL_LEAF, number, args);
    b->slots[left].plain = b->slots[right].plain = 1;    // if they are ints
    drop(b, 2);
    if (fits) {
        _PyJitSlot_PushNumber(b, value);
    }
    else {
        _PyJitSlot_Push(b, (_PyJitSlot){.object = value, .dirty = 1, .owned = 1, .plain = 1});
    }
    return 1;
}

/* UNPACK_EX: the list in the middle is new. */
static uint32_t
unpack(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1, before = record->oparg & 0xff, after = record->oparg >> 8;
    bool list = record->seen == (PyObject *)&PyList_Type;
    if (!record->leaf || record->seen == NULL || _PyJitSlot_IsBare(b, top) || before > 15 || after > 15
        || !_PyJitSlot_CanRelease(b, top, JIT_TAG(record->types, 2))) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, top), args[MOST_ARGUMENTS] = {object, small_const(b, before + 16 * after), object_const(b, NULL)};
    (void)emit1(b, list ? JIT_OP_GUARD_LIST : JIT_OP_GUARD_TUPLE, object);
    _PyJitSlot_GuardRelease(b, top, JIT_TAG(record->types, 2));
    // An addition may leave: all indexes are there before anything changes.
    _PyJitRef size = emit1(b, list ? JIT_OP_LIST_SIZE : JIT_OP_TUPLE_SIZE, object), at[15];
    for (uint32_t i = 0; i < after; i++) {
        at[i] = emit2(b, JIT_OP_IADD, size, konst(b, -1 - (int64_t)i));
    }
    _PyJitRef rest = emit_leaf(b, JIT_OP_CALL_LEAF, _PyJitLeaf_Named("a, *b"), args);
    drop(b, 1);
    int get = list ? JIT_OP_LIST_GET : JIT_OP_TUPLE_GET;
    for (uint32_t i = 0; i < after; i++) {
        _PyJitSlot_PushHeap(b, emit2(b, get, object, at[i]));
    }
    _PyJitSlot_Push(b, (_PyJitSlot){.object = rest, .dirty = 1, .owned = 1});
    for (uint32_t i = before; i-- > 0;) {
        _PyJitSlot_PushHeap(b, emit2(b, get, object, konst(b, i)));
    }
    return 1;
}

uint32_t
_PyJitLower_LeafInstruction(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t oparg = record->oparg;
    switch (record->opcode) {
        case FORMAT_SIMPLE:
            return format(b, index);
        case CALL_INTRINSIC_1:
        case CONVERT_VALUE:
            return make_of_top(b, index, 1);
        case FORMAT_WITH_SPEC:
        case BINARY_OP:
        case BINARY_SUBSCR:
        case BINARY_SUBSCR_STR_INT:
            return make_of_top(b, index, 2);
        case BUILD_SLICE:
            return build_slice(b, index);
        case DELETE_ATTR:
            return delete_attribute(b, index);
        case DELETE_SUBSCR:
            return change_item(b, index, 2, 1);
        case STORE_SUBSCR:
            return change_item(b, index, 3, 1);
        case BINARY_SLICE:
            return make_of_top(b, index, 3);
        case STORE_SLICE:
            return change_item(b, index, 4, 2);
        case MATCH_KEYS:
        case MATCH_CLASS:
            return match(b, index);
        case LIST_EXTEND:
        case SET_UPDATE:
        case DICT_UPDATE:
        case DICT_MERGE:
            return extend(b, index);
        case BUILD_MAP:
            return oparg == 0 ? make_of_top(b, index, 0) : make_of_many(b, index, b->depth - 2 * oparg, 2 * oparg, false);
        case UNPACK_EX:
            return unpack(b, index);
        case BUILD_CONST_KEY_MAP:
            return make_of_many(b, index, b->depth - oparg - 1, oparg, true);
        default:
            return make_of_many(b, index, b->depth - oparg, oparg, false);
    }
}

#endif /* _Py_TIER2 */
