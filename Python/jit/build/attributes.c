/* Lowering rules of attributes.
 *
 * An attribute of an instance is in the object itself, as an inline value or in a slot of the class: the version of the type
 * says where, and that no descriptor of the class comes first.  What is loaded is borrowed from the heap (slots.c, rule 6).  A
 * store replaces a value, or is the first one.  Attributes in dicts are loaded by their entry; stores to them look
 * for it (build/lookups.c).
 *
 * Attributes of modules and classes are constants: of a module that is one itself, by its watched dict (run/watch.c); of a
 * class, by its version.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_class_variables.h"
#include "pycore_code.h"
#include "pycore_dict.h"
#include "pycore_moduleobject.h"
#include "pycore_typeobject.h"
#include "pycore_jit_helpers.h"
#include "jit/build/rules.h"

static inline uint32_t
version_of(const _Py_CODEUNIT *units)
{
    return read_u32((uint16_t *)&units[2].cache);
}

/* Where the attribute is, counted in bytes from the object's address.  INDEX: from the inline cache. */
static uint32_t
place_of(int opcode, uint32_t index)
{
    bool slot = opcode == LOAD_ATTR_SLOT || opcode == STORE_ATTR_SLOT;
    return slot ? index : (uint32_t)(sizeof(PyObject) + offsetof(PyDictValues, values) + index * sizeof(PyObject *));
}

static inline void
guard(_PyJitBuilder *b, int op, _PyJitRef object, uint32_t aux)
{
    (void)_PyJitBuild_Emit(b, op, object, JIT_REF_NONE, aux);
}

/* The top of the stack can be popped without giving up a reference. */
static bool
top_is_borrowed(const _PyJitBuilder *b)
{
    const _PyJitSlot *top = &b->slots[b->depth - 1];
    return top->dirty && !top->owned && top->object != JIT_REF_NONE;
}

static uint32_t
load_field(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    const _Py_CODEUNIT *units = &b->t->units[record->units];
    uint32_t top = b->depth - 1;
    if (!_PyJitSlot_CanRelease(b, top, JIT_TAG(record->types, 2)) || !is_version(version_of(units))) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef owner = _PyJitSlot_Object(b, top);
    guard(b, JIT_OP_GUARD_TYPE_VERSION, owner, version_of(units));
    _PyJitSlot_GuardRelease(b, top, JIT_TAG(record->types, 2));
    if (record->opcode == LOAD_ATTR_INSTANCE_VALUE) {
        guard(b, JIT_OP_GUARD_INLINE_VALUES, owner, 0);
    }
    _PyJitField field = _PyJitForward_Load(b, owner, version_of(units), place_of(record->opcode, units[4].cache), true);
    _PyJitSlot_DropTop(b);
    _PyJitSlot_PushHeap(b, field.value);
    b->slots[top].number = field.number;
    b->slots[top].plain = field.number != JIT_REF_NONE;
    if (record->oparg & 1) {
        _PyJitSlot_PushNull(b);
    }
    return 1;
}

/* LOAD_ATTR_WITH_HINT: from the dict of an instance. */
static uint32_t
load_hinted(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    const _Py_CODEUNIT *units = &b->t->units[record->units];
    uint32_t top = b->depth - 1;
    if (!_PyJitSlot_CanRelease(b, top, JIT_TAG(record->types, 2)) || !is_version(version_of(units))) {
        return REFUSE(b);
    }
    PyObject *name = PyTuple_GET_ITEM(b->t->codes[record->code]->co_names, record->oparg >> 1);
    _PyJitRef known = _PyJitTrace_Const(b->t, JIT_TYPE_OBJECT, (uint64_t)(uintptr_t)name);
    b->failed |= known == JIT_REF_NONE;
    _PyJitLower_Begin(b, index);
    _PyJitRef owner = _PyJitSlot_Object(b, top);
    guard(b, JIT_OP_GUARD_TYPE_VERSION, owner, version_of(units));
    _PyJitSlot_GuardRelease(b, top, JIT_TAG(record->types, 2));
    _PyJitRef dict = _PyJitBuild_Emit(b, JIT_OP_LOAD_DICT, owner, JIT_REF_NONE, 0);
    _PyJitRef value = _PyJitBuild_Emit(b, JIT_OP_LOAD_NAMED_ENTRY, dict, known, units[4].cache);
    _PyJitSlot_DropTop(b);
    _PyJitSlot_PushHeap(b, value);
    if (record->oparg & 1) {
        _PyJitSlot_PushNull(b);
    }
    return 1;
}

/* The first value of the attribute INDEX of OWNER, whose type was checked to have VERSION: what is below the top ABOVE slots, which can be
 * dropped. */
static void
store_first(_PyJitBuilder *b, _PyJitRef owner, uint32_t version, bool slot, uint32_t index, uint32_t above)
{
    uint32_t value = b->depth - 1 - above, place = place_of(slot ? STORE_ATTR_SLOT : STORE_ATTR_INSTANCE_VALUE, index);
    guard(b, JIT_OP_GUARD_UNSET, owner, place);
    if (_PyJitSlot_IsBare(b, value)) {
        _PyJitSlot_Box(b, value);
    }
    // Nothing leaves from here on.
    _PyJitRef number = b->slots[value].number;
    drop(b, above);
    _PyJitRef taken = _PyJitSlot_TakeTop(b);
    _PyJitSlot_OwnHeap(b);
    (void)_PyJitBuild_Emit(b, slot ? JIT_OP_INIT_SLOT : JIT_OP_INIT_VALUE, owner, taken, index);
    _PyJitForward_Store(b, owner, version, place, taken, number);
}

void
_PyJitAttribute_Replace(_PyJitBuilder *b, _PyJitRef owner, uint32_t version, uint32_t place, unsigned int old_tag, uint32_t above)
{
    uint32_t value = b->depth - 1 - above;
    bool bare = _PyJitSlot_IsBare(b, value), alone = _PyJitSlot_IsAlone(b, value);
    _PyJitField old = _PyJitForward_Load(b, owner, version, place, false);
    _PyJitRef number = b->slots[value].number;
    if (alone) {
        int op = type_of_ref(b, number) == JIT_TYPE_F64 ? JIT_OP_STORE_FIELD_FLOAT : JIT_OP_STORE_FIELD_INT;
        if (above > 0) {
            b->slots[b->depth - 1].heap = 0;     // still borrowed if it leaves, and not needed when it has written
        }
        _PyJitSlot_OwnHeap(b);
        (void)_PyJitBuild_Emit(b, op, owner, number, place);
        _PyJitForward_Store(b, owner, version, place, JIT_REF_NONE, number);
        drop(b, above + 1);
        return;
    }
    if (old.number == JIT_REF_NONE) {
        old = _PyJitForward_Load(b, owner, version, place, true);
        guard_release(b, old.value, old_tag);
    }
    if (bare) {
        _PyJitSlot_Box(b, value);
    }
    // Nothing leaves from here on.
    drop(b, above);
    _PyJitRef taken = _PyJitSlot_TakeTop(b);
    _PyJitSlot_OwnHeap(b);
    (void)_PyJitBuild_Emit(b, JIT_OP_STORE_FIELD, owner, taken, place);
    _PyJitForward_Store(b, owner, version, place, taken, number);
}

/* OWNER, borrowed, can get a value for an attribute that has one now as OLD_TAG says.  HEAP: it may end with that, and so the new one. */
static bool
can_store(const _PyJitSlot *owner, uint32_t version, unsigned int old_tag)
{
    return owner->dirty && !owner->owned && owner->object != JIT_REF_NONE && is_version(version) && old_tag != JIT_TAG_OTHER
        && !(old_tag == JIT_TAG_QUIET && owner->heap);
}

/* The value below the top ABOVE slots goes to the attribute INDEX, or to the slot at that offset, of OWNER. */
static void
store(_PyJitBuilder *b, _PyJitRef owner, uint32_t version, bool slot, uint32_t index, unsigned int old_tag, uint32_t above)
{
    guard(b, JIT_OP_GUARD_TYPE_VERSION, owner, version);
    if (!slot) {
        guard(b, JIT_OP_GUARD_NO_DICT, owner, 0);
    }
    if (old_tag == JIT_TAG_NULL) {
        store_first(b, owner, version, slot, index, above);
        return;
    }
    _PyJitAttribute_Replace(b, owner, version, place_of(slot ? STORE_ATTR_SLOT : STORE_ATTR_INSTANCE_VALUE, index), old_tag, above);
}

static uint32_t
store_field(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    const _Py_CODEUNIT *units = &b->t->units[record->units];
    const _PyJitSlot *owner = &b->slots[b->depth - 1];
    unsigned int old_tag = JIT_TAG(record->types, 2);
    if (!can_store(owner, version_of(units), old_tag)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    store(b, owner->object, version_of(units), record->opcode == STORE_ATTR_SLOT, units[4].cache, old_tag, 1);
    return 1;
}

uint32_t
_PyJitLower_SetAttribute(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    const _Py_CODEUNIT *units = &b->t->units[record->units];
    uint32_t sets = units[1].cache, callable = b->depth - record->oparg - 2;
    const _PyJitSlot *owner = &b->slots[b->depth - 3];
    unsigned int old_tag = JIT_TAG(record->types, 2);
    // That the name is the one that was seen is known where it is a constant.
    bool known = sets != 0 && constant_at(b, callable) == record->callable && constant_at(b, b->depth - 2) != NULL;
    int null = record->oparg == 3 ? known_null(b, callable + 1) : 1;
    if (!known || null == 0 || !can_store(owner, version_of(units), old_tag)) {
        return REFUSE(b);
    }
    bool slot = JIT_IS_SET_SLOT(sets);
    _PyJitLower_Begin(b, index);
    if (null < 0) {
        (void)emit1(b, JIT_OP_GUARD_NULL, _PyJitSlot_Object(b, callable + 1));
        b->slots[callable + 1].object = object_const(b, NULL);
        b->slots[callable + 1].plain = 1;
    }
    b->slots[b->depth - 3].heap = 0;             // still borrowed if it leaves, and not needed when it has written
    store(b, owner->object, version_of(units), slot, JIT_SET_INDEX(sets), old_tag, 0);
    drop(b, record->oparg + 1);
    _PyJitSlot_PushConst(b, Py_None);
    return 1;
}

/* Instead of the top of the stack, which was checked: VALUE, a constant as long as the trace is valid. */
static void
replace_by_const(_PyJitBuilder *b, PyObject *value, uint32_t oparg)
{
    _PyJitSlot_DropTop(b);
    _PyJitSlot_PushConst(b, value);
    if (oparg & 1) {
        _PyJitSlot_PushNull(b);
    }
}

static uint32_t
load_module(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    const _Py_CODEUNIT *units = &b->t->units[record->units];
    if (!top_is_borrowed(b) || !JIT_IS_CONST(b->slots[b->depth - 1].object)) {
        return REFUSE(b);
    }
    _PyJitRef owner = b->slots[b->depth - 1].object;
    PyObject *module = (PyObject *)(uintptr_t)JIT_INS(b->t, owner)->bits;
    if (module == NULL || !PyModule_CheckExact(module)) {
        return REFUSE(b);
    }
    PyObject *dict = ((PyModuleObject *)module)->md_dict;
    PyObject *name = PyTuple_GET_ITEM(b->t->codes[record->code]->co_names, record->oparg >> 1);
    PyObject *value = _PyJitWatch_Constant(dict, name, version_of(units), units[4].cache);
    if (value == NULL) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    guard(b, JIT_OP_GUARD_MODULE, owner, 0);
    b->failed |= _PyJitWatch_Depend(b->t, dict, name) < 0;
    replace_by_const(b, value, record->oparg);
    return 1;
}

/* What the cache in UNITS names, if OWNER is a class that has it now: borrowed, or NULL. */
static PyObject *
value_of_class(const _PyJitBuilder *b, _PyJitRef owner, const _Py_CODEUNIT *units)
{
    PyObject *class = JIT_IS_CONST(owner) ? (PyObject *)(uintptr_t)JIT_INS(b->t, owner)->bits : NULL;
    PyObject *cached = class != NULL && PyType_Check(class) && ((PyTypeObject *)class)->tp_version_tag == version_of(units)
        ? read_obj((uint16_t *)&units[6].cache) : NULL;
    return cached != NULL && !_PyClassVar_IsPlace(cached) ? cached : NULL;
}

static uint32_t
load_class(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    const _Py_CODEUNIT *units = &b->t->units[record->units];
    if (!top_is_borrowed(b) || !is_version(version_of(units))) {
        return REFUSE(b);
    }
    _PyJitRef owner = b->slots[b->depth - 1].object;
    PyObject *value = record->seen != NULL ? record->seen : value_of_class(b, owner, units);
    if (value == NULL) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    guard(b, JIT_OP_GUARD_CLASS_VERSION, owner, version_of(units));
    replace_by_const(b, value, record->oparg);
    return 1;
}

/* LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES, LOAD_ATTR_NONDESCRIPTOR_NO_DICT: what the class of an instance has, as long as its version
 * is the same and no instance hides it. */
static uint32_t
load_class_value(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    const _Py_CODEUNIT *units = &b->t->units[record->units];
    uint32_t top = b->depth - 1;
    bool has_values = record->opcode == LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES;
    if (record->seen == NULL || !_PyJitSlot_CanRelease(b, top, JIT_TAG(record->types, 2)) || !is_version(version_of(units))
        || (has_values && !is_version(read_u32((uint16_t *)&units[4].cache)))) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef owner = _PyJitSlot_Object(b, top);
    guard(b, JIT_OP_GUARD_TYPE_VERSION, owner, version_of(units));
    if (has_values) {
        guard(b, JIT_OP_GUARD_INLINE_VALUES, owner, 0);
        guard_keys(b, owner, read_u32((uint16_t *)&units[4].cache));
    }
    _PyJitSlot_GuardRelease(b, top, JIT_TAG(record->types, 2));
    replace_by_const(b, record->seen, 0);
    return 1;
}

uint32_t
_PyJitLower_Attribute(_PyJitBuilder *b, uint32_t index)
{
    switch (b->t->records[index].opcode) {
        case LOAD_ATTR_INSTANCE_VALUE:
        case LOAD_ATTR_SLOT:
            return load_field(b, index);
        case LOAD_ATTR_WITH_HINT:
            return load_hinted(b, index);
        case STORE_ATTR_INSTANCE_VALUE:
        case STORE_ATTR_SLOT:
            return store_field(b, index);
        case LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES:
        case LOAD_ATTR_NONDESCRIPTOR_NO_DICT:
            return load_class_value(b, index);
        case LOAD_ATTR_MODULE:
            return load_module(b, index);
        case LOAD_ATTR_CLASS:
            return load_class(b, index);
        default:
            return 0;
    }
}

#endif /* _Py_TIER2 */
