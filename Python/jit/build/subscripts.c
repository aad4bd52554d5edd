/* Lowering rules of subscripts that tier 1 has no form of its own for: numbers of an array (module array), negative constants as
 * indexes of lists and tuples; and of those that are calls of a method of a class.
 *
 * The recorder says what type the container had (`seen`).  Arrays are known by the definition of their module, and checked by
 * the version of their type, which no other type ever has.  Of dicts and strings the rules are here, too.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_global_objects.h"
#include "pycore_runtime.h"
#include "pycore_jit_helpers.h"
#include "jit/build/rules.h"

static PyTypeObject *
seen_type(const _PyJitBuilder *b, uint32_t index)
{
    return (PyTypeObject *)b->t->records[index].seen;
}

/* The index in slot SUBSCRIPT as one that counts from the beginning; SIZE: the operation that says how many items OBJECT has. */
static _PyJitRef
index_of(_PyJitBuilder *b, uint32_t subscript, int size, _PyJitRef object)
{
    _PyJitRef i = _PyJitSlot_Number(b, subscript, JIT_TYPE_I64);
    bool negative = i != JIT_REF_NONE && JIT_IS_CONST(i) && (int64_t)JIT_INS(b->t, i)->bits < 0;
    return negative ? emit2(b, JIT_OP_IADD, emit1(b, size, object), i) : i;
}

/* --- Arrays ----------------------------------------------------------------------------------------------------------- */

static const struct {
    char kind;
    uint8_t size;              // of a number, in bytes
    uint8_t type;
    uint16_t get, set;
} kinds[] = {
    {'d', sizeof(double), JIT_TYPE_F64, JIT_OP_ARRAY_GET_DOUBLE, JIT_OP_ARRAY_SET_DOUBLE},
    {'i', sizeof(int), JIT_TYPE_I64, JIT_OP_ARRAY_GET_INT, JIT_OP_ARRAY_SET_INT},
    {'l', sizeof(long), JIT_TYPE_I64, JIT_OP_ARRAY_GET_LONG, JIT_OP_ARRAY_SET_LONG},
    {'q', sizeof(long long), JIT_TYPE_I64, JIT_OP_ARRAY_GET_LONG, JIT_OP_ARRAY_SET_LONG},
    {'B', sizeof(unsigned char), JIT_TYPE_I64, JIT_OP_ARRAY_GET_BYTE, JIT_OP_ARRAY_SET_BYTE},
};

/* Index in `kinds` of what KIND (a recorded code) stands for; -1: not lowered. */
static int
find_kind(int kind)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(kinds); i++) {
        if (kinds[i].kind == kind && (kinds[i].get != JIT_OP_ARRAY_GET_LONG || kinds[i].size == sizeof(int64_t))) {
            return (int)i;
        }
    }
    return -1;
}

static void
guard_array(_PyJitBuilder *b, _PyJitRef object, uint32_t version, int kind)
{
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, object, JIT_REF_NONE, version);
    (void)emit2(b, JIT_OP_GUARD_IEQ, emit1(b, JIT_OP_ARRAY_KIND, object), konst(b, kinds[kind].kind));
}

static uint32_t
load_number(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t container = b->depth - 2, subscript = b->depth - 1;
    int kind = find_kind(b->t->units[record->units + 1].cache);
    if (kind < 0 || !is_version(seen_type(b, index)->tp_version_tag)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, container);
    guard_array(b, object, seen_type(b, index)->tp_version_tag, kind);
    _PyJitRef i = index_of(b, subscript, JIT_OP_ARRAY_SIZE, object);
    (void)emit2(b, JIT_OP_GUARD_ARRAY_INDEX, object, i);
    _PyJitSlot_GuardRelease(b, container, JIT_TAG(record->types, 2));
    _PyJitRef number = emit2(b, kinds[kind].get, object, i);
    drop(b, 2);
    _PyJitSlot_PushNumber(b, number);
    return 1;
}

static uint32_t
store_number(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t value = b->depth - 3, container = b->depth - 2, subscript = b->depth - 1;
    int kind = find_kind(b->t->units[record->units + 1].cache);
    int type = _PyJitSlot_Kind(b, value, JIT_TAG(record->types, 2));
    if (kind < 0 || !is_version(seen_type(b, index)->tp_version_tag) || type == JIT_TYPE_NONE
        || (type == JIT_TYPE_F64 && kinds[kind].type == JIT_TYPE_I64)
        || !can_drop(&b->slots[container]) || _PyJitSlot_IsBare(b, container)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, container);
    guard_array(b, object, seen_type(b, index)->tp_version_tag, kind);
    _PyJitRef i = index_of(b, subscript, JIT_OP_ARRAY_SIZE, object);
    (void)emit2(b, JIT_OP_GUARD_ARRAY_INDEX, object, i);
    _PyJitRef number = _PyJitSlot_Number(b, value, type);
    if (type != kinds[kind].type) {
        number = emit1(b, JIT_OP_I2F, number);
    }
    (void)_PyJitBuild_Emit3(b, kinds[kind].set, object, i, number);
    drop(b, 3);
    return 1;
}

/* --- Dicts and strings ------------------------------------------------------------------------------------------------ */

/* OBJECT is an exact dict, or of a class that was seen and looks for items as dict does. */
static void
guard_dict(_PyJitBuilder *b, uint32_t index, _PyJitRef object)
{
    const PyTypeObject *type = seen_type(b, index);
    if (type == &PyDict_Type) {
        (void)emit2(b, JIT_OP_GUARD_EXACT, object, object_const(b, &PyDict_Type));
    }
    else {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, object, JIT_REF_NONE, type->tp_version_tag);
    }
}

/* TYPE, of a container that was seen, is dict or a class derived from it, and has NAME from there: still, as it may have changed meanwhile. */
static bool
is_dict(PyTypeObject *type, PyObject *name)
{
    return type == &PyDict_Type || (type != NULL && _PyJitLeaf_IsAs(&PyDict_Type, type, name) && is_version(type->tp_version_tag));
}

/* The items of the tuple MADE, which the trace has just made of at most so many that fit; 0: it is none. */
static uint32_t
items_of_key(const _PyJitBuilder *b, _PyJitRef made, _PyJitRef *items)
{
    if (made == JIT_REF_NONE || JIT_IS_CONST(made) || JIT_INS(b->t, made)->op != JIT_OP_NEW_TUPLE
        || JIT_INS(b->t, made)->aux > JIT_MOST_KEY_ITEMS) {
        return 0;
    }
    uint32_t n = JIT_INS(b->t, made)->aux, found = 0;
    for (_PyJitRef ref = made + 1; ref < JIT_REF_BIAS + b->t->nins && found < n; ref++) {
        const _PyJitIns *ins = JIT_INS(b->t, ref);
        if (ins->op == JIT_OP_INIT_TUPLE_ITEM && ins->a == made) {
            items[ins->aux] = ins->b;
            found++;
        }
        else if (ins->op != JIT_OP_INCREF) {
            return 0;
        }
    }
    return found;
}

_PyJitRef
_PyJitLower_KeyToFind(_PyJitBuilder *b, uint32_t slot, _PyJitRef known)
{
    _PyJitRef items[JIT_MOST_KEY_ITEMS];
    uint32_t n = b->virtuals ? items_of_key(b, b->slots[slot].object, items) : 0;
    for (uint32_t i = 0; i < n; i++) {
        const _PyJitIns *item = JIT_INS(b->t, items[i]);
        bool number = !JIT_IS_CONST(items[i]) && item->op == JIT_OP_BOX_INT;
        (void)_PyJitBuild_Emit(b, number ? JIT_OP_KEY_INT : JIT_OP_KEY_OBJECT, number ? item->a : items[i], JIT_REF_NONE, i);
    }
    return n > 0 ? _PyJitBuild_Emit(b, JIT_OP_KEY_TUPLE, JIT_REF_NONE, JIT_REF_NONE, n) : known;
}

/* BINARY_SUBSCR_DICT, BINARY_SUBSCR of a dict or of what derives from it. */
static uint32_t
load_value(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t container = b->depth - 2, key = b->depth - 1;
    if (record->seen == NULL || _PyJitSlot_IsBare(b, container) || !_PyJitSlot_CanEnd(b, record, 2)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, container);
    guard_dict(b, index, object);
    _PyJitRef known = key_of(b, key);
    _PyJitSlot_GuardEnds(b, record, 2);
    _PyJitRef value = emit2(b, JIT_OP_DICT_GET, object, _PyJitLower_KeyToFind(b, key, known));
    drop(b, 2);
    _PyJitSlot_PushHeap(b, value);
    return 1;
}

#define MOST_STEPS 32

/* Has the trace looked for KEY in DICT not long ago?  A hint. */
static bool
was_looked_for(const _PyJitBuilder *b, _PyJitRef dict, _PyJitRef key)
{
    uint32_t steps = Py_MIN(MOST_STEPS, b->t->nins);
    for (uint32_t i = b->t->nins; i-- > b->t->nins - steps;) {
        const _PyJitIns *ins = JIT_INS(b->t, JIT_REF_BIAS + i);
        bool looks = ins->op == JIT_OP_DICT_GET || ins->op == JIT_OP_DICT_HAS || ins->op == JIT_OP_DICT_GET_OR;
        if (looks && ins->a == dict && ins->b == key) {
            return true;
        }
    }
    return false;
}

/* STORE_SUBSCR of a dict or of what derives from it, STORE_SUBSCR_DICT.  The old value may end; what is borrowed from the heap may be from there. */
static uint32_t
store_value(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t value = b->depth - 3, container = b->depth - 2, key = b->depth - 1;
    if (record->seen == NULL || _PyJitSlot_IsBare(b, container) || !_PyJitSlot_CanEnd(b, record, 2)
        || ends_with(b, record, 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, container);
    guard_dict(b, index, object);
    _PyJitRef known = key_of(b, key), stored = key_of(b, value);
    _PyJitSlot_GuardEnds(b, record, 2);
    // Those are still borrowed if it leaves, and not needed when it has written.
    b->slots[container].heap = b->slots[key].heap = b->slots[value].heap = 0;
    _PyJitSlot_OwnHeap(b);
    bool again = was_looked_for(b, object, known);
    if (record->plain_locals) {          // the dict had this tuple
        known = _PyJitLower_KeyToFind(b, key, known);
    }
    _PyJitRef set = _PyJitBuild_Emit3(b, JIT_OP_DICT_SET, object, known, stored);
    if (set != JIT_REF_NONE) {
        JIT_INS(b->t, set)->aux = again;
    }
    b->slots[value].plain = 1;     // the dict has it: this is not its end
    drop(b, 3);
    return 1;
}

/* The key in SLOT, of COUNT operands that are given up, ends there if an equal one is in already. */
static bool
can_drop_key(const _PyJitBuilder *b, const _PyJitRecord *record, uint32_t slot, uint32_t count)
{
    unsigned int tag = JIT_TAG(record->ends, count - 1);
    return can_drop(&b->slots[slot]) || (tag != JIT_TAG_OTHER && tag != JIT_TAG_NULL);
}

static void
guard_key(_PyJitBuilder *b, const _PyJitRecord *record, uint32_t slot, uint32_t count)
{
    if (!can_drop(&b->slots[slot])) {
        bool quiet = JIT_TAG(record->ends, count - 1) == JIT_TAG_QUIET;
        (void)_PyJitBuild_Emit(b, quiet ? JIT_OP_GUARD_QUIET : JIT_OP_GUARD_DROP, _PyJitSlot_Object(b, slot), JIT_REF_NONE, 1);
        b->slots[slot].plain = 1;        // as far as this instruction goes
    }
}

/* SET_ADD, MAP_ADD: what a comprehension makes gets an item, or a key and a value, and stays where it is. */
static uint32_t
add_item(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    bool map = record->opcode == MAP_ADD;
    uint32_t count = map ? 2 : 1, key = b->depth - count, container = key - record->oparg;
    if (record->seen == NULL || _PyJitSlot_IsBare(b, container) || !can_drop_key(b, record, key, count)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, container);
    (void)emit2(b, JIT_OP_GUARD_EXACT, object, object_const(b, record->seen));
    _PyJitRef known = key_of(b, key), stored = map ? key_of(b, key + 1) : JIT_REF_NONE;
    guard_key(b, record, key, count);
    // Those are still borrowed if it leaves, and not needed when it has written.
    for (uint32_t i = key; i < b->depth; i++) {
        b->slots[i].heap = 0;
    }
    _PyJitSlot_OwnHeap(b);
    if (map) {
        (void)_PyJitBuild_Emit3(b, JIT_OP_DICT_SET, object, known, stored);
        b->slots[key + 1].plain = 1;     // the dict has it: this is not its end
    }
    else {
        (void)emit2(b, JIT_OP_SET_ADD, object, known);
    }
    drop(b, count);
    return 1;
}

/* A character of a str: BINARY_SUBSCR_STR_INT, or BINARY_SUBSCR with a negative index. */
static uint32_t
load_character(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t container = b->depth - 2, subscript = b->depth - 1;
    if (record->seen == NULL || _PyJitSlot_IsBare(b, container)
        || _PyJitSlot_Kind(b, subscript, JIT_TAG(record->types, 0)) != JIT_TYPE_I64) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = guard_str(b, container);
    _PyJitRef i = index_of(b, subscript, JIT_OP_STR_SIZE, object);
    _PyJitRef character = emit2(b, JIT_OP_STR_GET, object, i);
    drop(b, 2);
    _PyJitSlot_Push(b, (_PyJitSlot){.object = character, .dirty = 1, .plain = 1});
    return 1;
}

/* --- Lists and tuples ------------------------------------------------------------------------------------------------- */

/* TYPE is BASE, or a class derived from it that has the items BASE gives. */
static bool
is_sequence(PyTypeObject *type, PyTypeObject *base)
{
    return type == base || (_PyJitLeaf_IsAs(base, type, &_Py_ID(__getitem__)) && is_version(type->tp_version_tag));
}

/* What tier 1 has no form for: a negative index, or a class derived from list or tuple. */
static uint32_t
load_item(_PyJitBuilder *b, uint32_t index, bool list)
{
    const _PyJitRecord *record = &b->t->records[index];
    PyTypeObject *type = seen_type(b, index);
    uint32_t container = b->depth - 2, subscript = b->depth - 1;
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, container);
    if (type == &PyList_Type || type == &PyTuple_Type) {
        (void)emit1(b, list ? JIT_OP_GUARD_LIST : JIT_OP_GUARD_TUPLE, object);
    }
    else {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, object, JIT_REF_NONE, type->tp_version_tag);
    }
    _PyJitRef i = index_of(b, subscript, list ? JIT_OP_LIST_SIZE : JIT_OP_TUPLE_SIZE, object);
    (void)emit2(b, list ? JIT_OP_GUARD_LIST_INDEX : JIT_OP_GUARD_TUPLE_INDEX, object, i);
    _PyJitSlot_GuardRelease(b, container, JIT_TAG(record->types, 2));
    _PyJitRef item = emit2(b, list ? JIT_OP_LIST_GET : JIT_OP_TUPLE_GET, object, i);
    drop(b, 2);
    _PyJitSlot_PushHeap(b, item);
    return 1;
}

static uint32_t
load_subscript(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t container = b->depth - 2, subscript = b->depth - 1;
    PyTypeObject *type = seen_type(b, index);
    if (is_dict(type, &_Py_ID(__getitem__))) {
        return load_value(b, index);
    }
    if (type == NULL || _PyJitSlot_Kind(b, subscript, JIT_TAG(record->types, 0)) != JIT_TYPE_I64
        || !_PyJitSlot_CanRelease(b, container, JIT_TAG(record->types, 2))) {
        return REFUSE(b);
    }
    if (is_sequence(type, &PyList_Type) || is_sequence(type, &PyTuple_Type)) {
        return load_item(b, index, type->tp_flags & Py_TPFLAGS_LIST_SUBCLASS);
    }
    if (type == &PyUnicode_Type) {
        return load_character(b, index);
    }
    return load_number(b, index);
}

uint32_t
_PyJitLower_Subscript(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    switch (record->opcode) {
        case BINARY_SUBSCR: {
            uint32_t done = load_subscript(b, index);
            return done != 0 || !record->leaf ? done : _PyJitLower_LeafInstruction(b, index);
        }
        case BINARY_SUBSCR_DICT:
            return load_value(b, index);
        case BINARY_SUBSCR_STR_INT: {
            uint32_t done = load_character(b, index);
            return done != 0 || !record->leaf ? done : _PyJitLower_LeafInstruction(b, index);
        }
        case STORE_SUBSCR_DICT:
            return store_value(b, index);
        case STORE_SUBSCR: {
            if (is_dict(seen_type(b, index), &_Py_ID(__setitem__))) {
                return store_value(b, index);
            }
            bool whole = _PyJitSlot_Kind(b, b->depth - 1, JIT_TAG(record->types, 0)) == JIT_TYPE_I64;
            uint32_t done = record->seen != NULL && whole ? store_number(b, index) : 0;
            return done != 0 || !record->leaf ? done : _PyJitLower_LeafInstruction(b, index);
        }
        case SET_ADD:
        case MAP_ADD:
            return add_item(b, index);
        default:
            return 0;
    }
}

#endif /* _Py_TIER2 */
