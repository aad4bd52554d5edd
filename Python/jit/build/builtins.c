/* Lowering rules of calls of builtins: len, abs, min, max, float, int, ord, chr, divmod; of methods of dict, list, set, str and int.  Functions of
 * module math: math.c; what is asked of any object: lookups.c.
 *
 * The callable is a constant of the trace (globals.c), so what it is is known here.  Identity is kept: abs, min, max, float and
 * int may give back their argument, so where that object is known, or another slot has the same number, a check says which one it
 * is and the slot is moved; a number that nobody else has needs no check, and the operation selects.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"
#include "pycore_jit_helpers.h"
#include "jit/build/rules.h"

PyObject *
_PyJitLower_Callable(const _PyJitBuilder *b, uint32_t nargs)
{
    // A decorator's call has its argument in the place of `self`, and no other.
    if (b->depth < stack_base(b) + nargs + 2) {
        return NULL;
    }
    const _PyJitSlot *callable = &b->slots[b->depth - nargs - 2], *self = callable + 1;
    if (!callable->dirty || !can_drop(callable) || !self->dirty || self->object == JIT_REF_NONE || callable->object == JIT_REF_NONE
        || !JIT_IS_CONST(self->object) || !JIT_IS_CONST(callable->object) || JIT_INS(b->t, self->object)->bits != 0) {
        return NULL;
    }
    return (PyObject *)(uintptr_t)JIT_INS(b->t, callable->object)->bits;
}

/* The slots of a call with NARGS arguments can be popped. */
static bool
can_drop_all(const _PyJitBuilder *b, uint32_t nargs)
{
    for (uint32_t i = b->depth - nargs - 2; i < b->depth; i++) {
        if (!can_drop(&b->slots[i])) {
            return false;
        }
    }
    return true;
}

/* The call becomes its argument in slot INDEX. */
static void
give_back(_PyJitBuilder *b, uint32_t index, uint32_t nargs)
{
    _PyJitSlot value = b->slots[index];
    b->slots[index].owned = 0;     // moves with it
    drop(b, nargs + 2);
    _PyJitSlot_Push(b, value);
}

static void
give_number(_PyJitBuilder *b, _PyJitRef number, uint32_t nargs)
{
    drop(b, nargs + 2);
    _PyJitSlot_PushNumber(b, number);
}

/* --- len ------------------------------------------------------------------------------------------------------------ */

static uint32_t
call_len(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    const PyTypeObject *type = (const PyTypeObject *)record->seen;
    int op = type == &PyList_Type ? JIT_OP_LIST_SIZE : type == &PyTuple_Type ? JIT_OP_TUPLE_SIZE
        : type == &PyDict_Type ? JIT_OP_DICT_SIZE : type == &PyUnicode_Type ? JIT_OP_STR_SIZE : JIT_OP_NOP;
    if (op == JIT_OP_NOP || _PyJitLower_Callable(b, 1) != _PyInterpreterState_GET()->callable_cache.len || !_PyJitSlot_CanEnd(b, record, 1)
        || _PyJitSlot_IsBare(b, b->depth - 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, b->depth - 1);
    int guard = type == &PyList_Type ? JIT_OP_GUARD_LIST : type == &PyTuple_Type ? JIT_OP_GUARD_TUPLE : JIT_OP_GUARD_EXACT;
    (void)emit2(b, guard, object, guard == JIT_OP_GUARD_EXACT ? object_const(b, type) : JIT_REF_NONE);
    _PyJitSlot_GuardEnds(b, record, 1);
    give_number(b, emit1(b, op, object), 1);
    return 1;
}

/* --- Numbers -------------------------------------------------------------------------------------------------------- */

static uint32_t
call_abs(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t argument = b->depth - 1;
    int type = _PyJitSlot_Kind(b, argument, JIT_TAG(record->types, 0));
    PyObject *callable = _PyJitLower_Callable(b, 1);
    if (type == JIT_TYPE_NONE || callable == NULL || !_PyJit_IsBuiltin(callable, "abs") || !b->slots[argument].dirty
        || !can_drop_all(b, 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef number = _PyJitSlot_Number(b, argument, type);
    if (type == JIT_TYPE_F64 || _PyJitSlot_IsAlone(b, argument)) {
        give_number(b, emit1(b, type == JIT_TYPE_F64 ? JIT_OP_FABS : JIT_OP_IABS, number), 1);
        return 1;
    }
    _PyJitRef zero = _PyJitTrace_Const(b->t, JIT_TYPE_I64, 0);
    b->failed |= zero == JIT_REF_NONE;
    if (JIT_TAG(record->types, 2) == JIT_ORDER_LESS) {
        (void)emit2(b, JIT_OP_GUARD_ILT, number, zero);
        give_number(b, emit1(b, JIT_OP_INEG, number), 1);
    }
    else {
        (void)emit2(b, JIT_OP_GUARD_IGE, number, zero);
        give_back(b, argument, 1);
    }
    return 1;
}

/* The slots FIRST and behind it, NARGS of them, hold numbers of one type, which is returned; else JIT_TYPE_NONE.  Of the third one from the top
 * nothing was noted but that it could be compared with the others. */
static int
kind_of_all(const _PyJitBuilder *b, const _PyJitRecord *record, uint32_t first, uint32_t nargs)
{
    int type = _PyJitSlot_Kind(b, b->depth - 1, JIT_TAG(record->types, 0));
    for (uint32_t i = 0; i + 1 < nargs && type != JIT_TYPE_NONE; i++) {
        bool compared = JIT_TAG(record->types, 2) != JIT_ORDER_OTHER;
        unsigned int tag = first + i == b->depth - 2 ? JIT_TAG(record->types, 1) : compared ? JIT_TAG(record->types, 0) : JIT_TAG_OTHER;
        type = _PyJitSlot_Kind(b, first + i, tag) == type ? type : JIT_TYPE_NONE;
    }
    return type;
}

/* Which argument the recorded call of min or max gave. */
static uint32_t
given(const _PyJitRecord *record, bool least)
{
    unsigned int tag = JIT_TAG(record->types, 2);
    if (record->oparg == 2) {
        return tag == (least ? JIT_ORDER_LESS : JIT_ORDER_MORE);
    }
    return least ? JIT_LEAST_OF_THREE(tag) : JIT_MOST_OF_THREE(tag);
}

/* min and max of two or three numbers of one type. */
static uint32_t
call_min_max(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t nargs = record->oparg;
    PyObject *callable = nargs == 2 || nargs == 3 ? _PyJitLower_Callable(b, nargs) : NULL;
    if (callable == NULL) {
        return REFUSE(b);
    }
    bool least = _PyJit_IsBuiltin(callable, "min"), alone = true;
    uint32_t first = b->depth - nargs;
    int type = kind_of_all(b, record, first, nargs);
    for (uint32_t i = first; i < b->depth; i++) {
        type = b->slots[i].dirty ? type : JIT_TYPE_NONE;
        alone &= _PyJitSlot_IsAlone(b, i);
    }
    if ((!least && !_PyJit_IsBuiltin(callable, "max")) || type == JIT_TYPE_NONE || !can_drop_all(b, nargs)
        || (!alone && nargs == 3 && JIT_TAG(record->types, 2) == JIT_ORDER_OTHER)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    bool floats = type == JIT_TYPE_F64;
    _PyJitRef numbers[3];
    for (uint32_t i = 0; i < nargs; i++) {
        numbers[i] = _PyJitSlot_Number(b, first + i, type);
    }
    if (alone) {
        int op = floats ? (least ? JIT_OP_FMIN : JIT_OP_FMAX) : least ? JIT_OP_IMIN : JIT_OP_IMAX;
        _PyJitRef number = emit2(b, op, numbers[0], numbers[1]);
        give_number(b, nargs == 3 ? emit2(b, op, number, numbers[2]) : number, nargs);
        return 1;
    }
    // One is given only if it is really smaller, or larger, than those before it.
    uint32_t taken = given(record, least);
    for (uint32_t i = 0; i < nargs; i++) {
        if (i != taken) {
            bool before = i < taken;
            _PyJitRef x = numbers[before ? i : taken], y = numbers[before ? taken : i];
            int guard = floats ? (before ? JIT_OP_GUARD_FLT : JIT_OP_GUARD_FNLT) : before ? JIT_OP_GUARD_ILT : JIT_OP_GUARD_IGE;
            (void)emit2(b, guard, least ? y : x, least ? x : y);
        }
    }
    give_back(b, first + taken, nargs);
    return 1;
}

/* float(x) and int(x) of numbers. */
static uint32_t
call_class(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t argument = b->depth - 1;
    PyObject *callable = record->oparg == 1 ? _PyJitLower_Callable(b, 1) : NULL;
    if (callable == NULL || (callable != (PyObject *)&PyFloat_Type && callable != (PyObject *)&PyLong_Type)) {
        return REFUSE(b);
    }
    int type = _PyJitSlot_Kind(b, argument, JIT_TAG(record->types, 0));
    int wanted = callable == (PyObject *)&PyFloat_Type ? JIT_TYPE_F64 : JIT_TYPE_I64;
    if (type == JIT_TYPE_NONE || !b->slots[argument].dirty || !can_drop_all(b, 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef number = _PyJitSlot_Number(b, argument, type);
    if (type == wanted) {
        give_back(b, argument, 1);
        return 1;
    }
    // Any int becomes the nearest double, as in mixed arithmetic.
    give_number(b, emit1(b, wanted == JIT_TYPE_F64 ? JIT_OP_I2F : JIT_OP_F2I, number), 1);
    return 1;
}

/* The tuple that the instruction gives is taken apart at once by the next one, into two. */
static bool
is_unpacked(const _PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index], *next = record + 1;
    return index + 1 < b->t->nrecords && !record->raised && !next->raised && next->code == record->code && next->depth == record->depth
        && next->offset - next->prefix == record->offset + record->size && next->opcode == UNPACK_SEQUENCE_TWO_TUPLE;
}

/* Both: `q, r = divmod(a, b)`. */
static uint32_t
divmod_and_unpack(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t left = b->depth - 2, right = b->depth - 1;
    PyObject *callable = record->oparg == 2 ? _PyJitLower_Callable(b, 2) : NULL;
    if (callable == NULL || !_PyJit_IsBuiltin(callable, "divmod") || !is_unpacked(b, index)
        || _PyJitSlot_Kind(b, left, JIT_TAG(record->types, 1)) != JIT_TYPE_I64
        || _PyJitSlot_Kind(b, right, JIT_TAG(record->types, 0)) != JIT_TYPE_I64 || !can_drop_all(b, 2)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef x = _PyJitSlot_Number(b, left, JIT_TYPE_I64), y = _PyJitSlot_Number(b, right, JIT_TYPE_I64);
    _PyJitRef quotient = emit2(b, JIT_OP_IFLOORDIV, x, y), rest = emit2(b, JIT_OP_IMOD, x, y);
    drop(b, 4);
    _PyJitSlot_EndRecord(b);
    _PyJitLower_Begin(b, index + 1);
    _PyJitSlot_PushNumber(b, rest);
    _PyJitSlot_PushNumber(b, quotient);
    return 2;
}

/* --- Methods -------------------------------------------------------------------------------------------------------- */

/* The method of TYPE that a call with NARGS arguments calls with `self` and nothing bound, by its name in the type's definition;
 * NULL: it is none, or not known. */
static const char *
method_of(const _PyJitBuilder *b, uint32_t nargs, const PyTypeObject *type)
{
    uint32_t callable = b->depth - nargs - 2;
    const _PyJitSlot *slot = &b->slots[callable];
    if (!slot->dirty || slot->object == JIT_REF_NONE || !JIT_IS_CONST(slot->object) || known_null(b, callable + 1) != 0
        || _PyJitSlot_IsBare(b, callable + 1)) {
        return NULL;
    }
    PyObject *method = (PyObject *)(uintptr_t)JIT_INS(b->t, slot->object)->bits;
    return method != NULL && Py_IS_TYPE(method, &PyMethodDescr_Type) && PyDescr_TYPE(method) == type
        ? ((PyMethodDescrObject *)method)->d_method->ml_name : NULL;
}

/* dict.get, with one argument or a constant as the second. */
static uint32_t
call_get(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t nargs = record->oparg, self = b->depth - nargs - 1, key = self + 1;
    const _PyJitSlot *last = &b->slots[b->depth - 1];
    const char *name = method_of(b, nargs, &PyDict_Type);
    if (record->seen == NULL || nargs < 1 || nargs > 2 || name == NULL || strcmp(name, "get") != 0
        || !_PyJitSlot_CanEnd(b, record, nargs + 1)
        || (nargs == 2 && (!last->dirty || last->object == JIT_REF_NONE || !JIT_IS_CONST(last->object)))) {
        return REFUSE(b);
    }
    _PyJitRef otherwise = nargs == 2 ? last->object : object_const(b, Py_None);
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, self);
    (void)emit2(b, JIT_OP_GUARD_EXACT, object, object_const(b, &PyDict_Type));
    _PyJitRef known = key_of(b, key);
    _PyJitSlot_GuardEnds(b, record, nargs + 1);
    known = _PyJitLower_KeyToFind(b, key, known);
    _PyJitRef value = _PyJitBuild_Emit3(b, JIT_OP_DICT_GET_OR, object, known, otherwise);
    drop(b, nargs + 2);
    _PyJitSlot_PushHeap(b, value);
    return 1;
}

/* int.bit_length and int.bit_count. */
static uint32_t
call_bits(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t self = b->depth - 1;
    const char *name = record->oparg == 0 ? method_of(b, 0, &PyLong_Type) : NULL;
    bool length = name != NULL && strcmp(name, "bit_length") == 0;
    if (name == NULL || (!length && strcmp(name, "bit_count") != 0) || _PyJitSlot_Kind(b, self, JIT_TAG(record->types, 0)) != JIT_TYPE_I64
        || !_PyJitSlot_CanEnd(b, record, 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef number = _PyJitSlot_Number(b, self, JIT_TYPE_I64);
    _PyJitSlot_GuardEnds(b, record, 1);
    give_number(b, emit1(b, length ? JIT_OP_IBIT_LENGTH : JIT_OP_IBIT_COUNT, number), 0);
    return 1;
}

/* set.add. */
static uint32_t
call_add(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t set = b->depth - 2, key = b->depth - 1;
    const char *name = method_of(b, 1, &PySet_Type);
    if (record->seen != (PyObject *)&PySet_Type || name == NULL || strcmp(name, "add") != 0 || !_PyJitSlot_CanEnd(b, record, 2)
        || ends_with(b, record, 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, set);
    (void)emit2(b, JIT_OP_GUARD_EXACT, object, object_const(b, &PySet_Type));
    _PyJitRef known = key_of(b, key);
    _PyJitSlot_GuardEnds(b, record, 2);
    (void)emit2(b, JIT_OP_SET_ADD, object, known);
    drop(b, 3);
    _PyJitSlot_PushConst(b, Py_None);
    return 1;
}

/* list.pop of the last item. */
static uint32_t
call_pop(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t list = b->depth - 1;
    const char *name = record->oparg == 0 ? method_of(b, 0, &PyList_Type) : NULL;
    if (name == NULL || strcmp(name, "pop") != 0 || !_PyJitSlot_CanEnd(b, record, 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, list);
    (void)emit1(b, JIT_OP_GUARD_LIST, object);
    _PyJitSlot_GuardEnds(b, record, 1);
    // Still borrowed if it leaves, and not needed when it has popped.
    b->slots[list].heap = 0;
    _PyJitSlot_OwnHeap(b);
    _PyJitRef item = emit1(b, JIT_OP_LIST_POP, object);
    drop(b, 2);
    _PyJitSlot_Push(b, (_PyJitSlot){.object = item, .dirty = 1, .owned = 1});
    return 1;
}

/* ord of a str, chr of an int. */
static uint32_t
call_character(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t argument = b->depth - 1;
    PyObject *callable = _PyJitLower_Callable(b, 1);
    unsigned int tag = JIT_TAG(record->types, 0);
    if (callable == NULL) {
        return REFUSE(b);
    }
    if (_PyJit_IsBuiltin(callable, "ord") && tag == JIT_TAG_STR && !_PyJitSlot_IsBare(b, argument)) {
        _PyJitLower_Begin(b, index);
        give_number(b, emit1(b, JIT_OP_ORD, guard_str(b, argument)), 1);
        return 1;
    }
    if (_PyJit_IsBuiltin(callable, "chr") && _PyJitSlot_Kind(b, argument, tag) == JIT_TYPE_I64
        && JIT_TAG(record->types, 3) == JIT_TAG_STR) {
        _PyJitLower_Begin(b, index);
        _PyJitRef character = emit1(b, JIT_OP_CHR, _PyJitSlot_Number(b, argument, JIT_TYPE_I64));
        drop(b, 3);
        _PyJitSlot_Push(b, (_PyJitSlot){.object = character, .dirty = 1, .plain = 1});
        return 1;
    }
    return REFUSE(b);
}

/* The argument of a method of str in SLOT: exact str, int or None, or a LIST or tuple that join takes. */
static bool
is_argument(const _PyJitBuilder *b, const _PyJitRecord *record, uint32_t slot)
{
    uint32_t from_top = b->depth - 1 - slot;
    unsigned int tag = from_top < 2 ? JIT_TAG(record->types, from_top) : JIT_TAG_OTHER;
    const _PyJitSlot *argument = &b->slots[slot];
    if (argument->dirty && argument->object != JIT_REF_NONE && JIT_IS_CONST(argument->object)) {
        PyObject *value = (PyObject *)(uintptr_t)JIT_INS(b->t, argument->object)->bits;
        return value != NULL && (PyUnicode_CheckExact(value) || PyLong_CheckExact(value) || PyTuple_CheckExact(value) || value == Py_None);
    }
    return tag == JIT_TAG_STR || _PyJitSlot_Kind(b, slot, tag) == JIT_TYPE_I64
        || (from_top == 0 && (record->seen == (PyObject *)&PyList_Type || record->seen == (PyObject *)&PyTuple_Type));
}

/* The object of such an argument, after its check. */
static _PyJitRef
argument_of(_PyJitBuilder *b, const _PyJitRecord *record, uint32_t slot)
{
    uint32_t from_top = b->depth - 1 - slot;
    const _PyJitSlot *argument = &b->slots[slot];
    if (argument->dirty && argument->object != JIT_REF_NONE && JIT_IS_CONST(argument->object)) {
        return argument->object;
    }
    if (JIT_TAG(record->types, from_top) == JIT_TAG_STR) {
        return guard_str(b, slot);
    }
    if (_PyJitSlot_Kind(b, slot, JIT_TAG(record->types, from_top)) == JIT_TYPE_I64) {
        (void)_PyJitSlot_Number(b, slot, JIT_TYPE_I64);
        return key_of(b, slot);
    }
    _PyJitRef object = _PyJitSlot_Object(b, slot);
    (void)emit1(b, record->seen == (PyObject *)&PyList_Type ? JIT_OP_GUARD_LIST : JIT_OP_GUARD_TUPLE, object);
    return object;
}

/* A method of an exact str with up to two arguments. */
static uint32_t
call_str(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t nargs = record->oparg, self = b->depth - nargs - 1;
    if (nargs > 2 || method_of(b, nargs, &PyUnicode_Type) == NULL || !_PyJitSlot_CanEnd(b, record, nargs + 1)) {
        return REFUSE(b);
    }
    int gives = JIT_STR_OTHER;
    int method = _PyJitStr_Method((PyObject *)(uintptr_t)JIT_INS(b->t, b->slots[self - 1].object)->bits, &gives);
    if (method < 0 || (gives == JIT_STR_TRUTH && nargs > 1)) {
        return REFUSE(b);
    }
    for (uint32_t i = self + 1; i < b->depth; i++) {
        if (!is_argument(b, record, i)) {
            return REFUSE(b);
        }
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef string = guard_str(b, self), null = object_const(b, NULL), args[2] = {null, null};
    for (uint32_t i = 0; i < nargs; i++) {
        args[i] = argument_of(b, record, self + 1 + i);
    }
    _PyJitSlot_GuardEnds(b, record, nargs + 1);
    if (gives == JIT_STR_TRUTH) {
        _PyJitRef says = _PyJitBuild_Emit(b, JIT_OP_TEST_STR, string, args[0], (uint32_t)method);
        drop(b, nargs + 2);
        _PyJitSlot_PushBool(b, says);
        return 1;
    }
    _PyJitRef made = _PyJitBuild_Emit3(b, JIT_OP_CALL_STR, string, args[0], args[1]);
    if (made != JIT_REF_NONE) {
        JIT_INS(b->t, made)->aux = (uint32_t)method;
    }
    drop(b, nargs + 2);
    _PyJitSlot_Push(b, (_PyJitSlot){.object = made, .dirty = 1, .owned = 1, .plain = gives == JIT_STR_PLAIN});
    return 1;
}

uint32_t
_PyJitLower_Builtin(_PyJitBuilder *b, uint32_t index)
{
    switch (b->t->records[index].opcode) {
        case CALL_LEN:
            return call_len(b, index);
        case CALL_BUILTIN_O: {
            uint32_t done = call_abs(b, index);
            if (done == 0) {
                done = call_character(b, index);
            }
            if (done == 0) {
                done = _PyJitLower_Math(b, index, _PyJitLower_Callable(b, 1), 1);
            }
            return done != 0 ? done : _PyJitLower_Find(b, index);
        }
        case CALL_BUILTIN_FAST: {
            uint32_t nargs = b->t->records[index].oparg;
            uint32_t done = _PyJitLower_Math(b, index, _PyJitLower_Callable(b, nargs), nargs);
            if (done == 0) {
                done = divmod_and_unpack(b, index);
            }
            return done != 0 ? done : _PyJitLower_Find(b, index);
        }
        case CALL_BUILTIN_FAST_WITH_KEYWORDS:
            return call_min_max(b, index);
        case CALL_BUILTIN_CLASS: {
            uint32_t done = call_class(b, index);
            return done != 0 ? done : _PyJitLower_Range(b, index);
        }
        case CALL_METHOD_DESCRIPTOR_FAST: {
            uint32_t done = call_get(b, index);
            if (done == 0) {
                done = call_pop(b, index);
            }
            return done != 0 ? done : call_str(b, index);
        }
        case CALL_METHOD_DESCRIPTOR_O: {
            uint32_t done = call_add(b, index);
            return done != 0 ? done : call_str(b, index);
        }
        case CALL_METHOD_DESCRIPTOR_NOARGS: {
            uint32_t done = call_bits(b, index);
            return done != 0 ? done : call_str(b, index);
        }
        case CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS:
            return call_str(b, index);
        default:
            return 0;
    }
}

#endif /* _Py_TIER2 */
