/* Lowering rules of class variables: attributes of classes that are replaced while the program runs, or that might become descriptors
 * (InternalDocs/class_variables.md).
 *
 * The version of the class says in which dict the value is, and in which of its entries.  So the entry is a field like that of a global
 * (build/globals.c), and counters of classes are numbers in registers.  That the value is no descriptor is checked where it is not
 * known as a number.
 *
 * A store keeps the version of the class: the name varies, so no trace has its value for a constant.  Watchers of classes end all
 * traces when they are added (_PyClassVar_Stop), those of the dict a check is for.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_class_variables.h"
#include "pycore_code.h"
#include "pycore_dict.h"
#include "jit/build/rules.h"

/* A variable of a class: the class that has it, the entry in its dict, and the version of that class. */
typedef struct {
    PyTypeObject *class;
    uint32_t place, version;
} Variable;

static PyObject *
name_of(const _PyJitBuilder *b, const _PyJitRecord *record)
{
    int load = record->opcode != STORE_ATTR;
    return PyTuple_GET_ITEM(b->t->codes[record->code]->co_names, record->oparg >> load);
}

/* The variable NAME of CLASS, which may be NULL.  false: there is none. */
static bool
find(PyObject *class, PyObject *name, Variable *variable)
{
    PyTypeObject *owner;
    if (class == NULL || !PyType_Check(class)) {
        return false;
    }
    PyObject **place = _PyClassVar_Place((PyTypeObject *)class, name, &owner);
    if (place == NULL || !(owner->tp_flags & Py_TPFLAGS_HEAPTYPE) || !is_version(owner->tp_version_tag)) {
        return false;
    }
    PyDictKeysObject *keys = ((PyDictObject *)owner->tp_dict)->ma_keys;
    *variable = (Variable){owner, (uint32_t)((char *)place - (char *)DK_UNICODE_ENTRIES(keys)), owner->tp_version_tag};
    return true;
}

/* Where the entries of the variable's dict are.  A version was checked that says so. */
static _PyJitRef
entries_of(_PyJitBuilder *b, const Variable *variable)
{
    return emit1(b, JIT_OP_DICT_ENTRIES, object_const(b, variable->class->tp_dict));
}

/* What it holds, which is no descriptor. */
static _PyJitField
value_of(_PyJitBuilder *b, const Variable *variable, _PyJitRef entries, bool wanted)
{
    _PyJitField field = _PyJitForward_Load(b, entries, variable->version, variable->place, wanted);
    if (field.number == JIT_REF_NONE) {
        if (field.value == JIT_REF_NONE) {
            field = _PyJitForward_Load(b, entries, variable->version, variable->place, true);
        }
        (void)emit1(b, JIT_OP_GUARD_NO_DESCRIPTOR, field.value);
    }
    return field;
}

/* In place of the top of the stack, which can be dropped: FIELD. */
static void
push_value(_PyJitBuilder *b, const _PyJitRecord *record, const _PyJitField *field)
{
    drop(b, 1);
    _PyJitSlot_PushHeap(b, field->value);
    if (field->number != JIT_REF_NONE) {
        b->slots[b->depth - 1].number = field->number;
        b->slots[b->depth - 1].plain = true;
    }
    if (record->oparg & 1) {
        _PyJitSlot_PushNull(b);
    }
}

/* LOAD_ATTR, LOAD_ATTR_CLASS: of a class. */
static uint32_t
load_of_class(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    const _PyJitSlot *top = &b->slots[b->depth - 1];
    uint32_t version = unit32(b, record, 2), type_version = unit32(b, record, 4);
    Variable variable;
    if (!top->dirty || top->owned || top->object == JIT_REF_NONE || !is_version(version) || !is_version(type_version)
        || !find(record->seen, name_of(b, record), &variable)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef owner = top->object;
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_CLASS_VERSION, owner, JIT_REF_NONE, version);
    if (type_version != PyType_Type.tp_version_tag) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, owner, JIT_REF_NONE, type_version);
    }
    _PyJitField field = value_of(b, &variable, entries_of(b, &variable), true);
    push_value(b, record, &field);
    return 1;
}

/* LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES, LOAD_ATTR_NONDESCRIPTOR_NO_DICT: of an instance, which has nothing of that name itself. */
static uint32_t
load_of_instance(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1, version = unit32(b, record, 2), keys = unit32(b, record, 4);
    bool has_values = record->opcode == LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES;
    Variable variable;
    if (!_PyJitSlot_CanRelease(b, top, JIT_TAG(record->types, 2)) || !is_version(version) || (has_values && !is_version(keys))
        || !find(record->seen, name_of(b, record), &variable)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef owner = _PyJitSlot_Object(b, top);
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, owner, JIT_REF_NONE, version);
    if (has_values) {
        (void)emit1(b, JIT_OP_GUARD_INLINE_VALUES, owner);
        guard_keys(b, owner, keys);
    }
    _PyJitSlot_GuardRelease(b, top, JIT_TAG(record->types, 2));
    _PyJitField field = value_of(b, &variable, entries_of(b, &variable), true);
    push_value(b, record, &field);
    return 1;
}

/* STORE_ATTR to a class, which has the variable itself. */
static uint32_t
store(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    const _PyJitSlot *top = &b->slots[b->depth - 1];
    PyObject *name = name_of(b, record);
    uint32_t version = unit32(b, record, 2), value = b->depth - 2;
    unsigned int old = JIT_TAG(record->types, 2);
    Variable variable;
    if (!top->dirty || top->owned || top->object == JIT_REF_NONE || !is_version(version) || old == JIT_TAG_OTHER || old == JIT_TAG_NULL
        || (old == JIT_TAG_QUIET && top->heap) || !_PyClassVar_CanStore((PyTypeObject *)record->seen, name)
        || !find(record->seen, name, &variable) || variable.version != version || !is_version(Py_TYPE(record->seen)->tp_version_tag)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef owner = top->object, dict = object_const(b, variable.class->tp_dict);
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_CLASS_VERSION, owner, JIT_REF_NONE, version);
    if (Py_TYPE(record->seen) != &PyType_Type) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, owner, JIT_REF_NONE, Py_TYPE(record->seen)->tp_version_tag);
    }
    _PyJitRef entries = entries_of(b, &variable);
    (void)emit1(b, JIT_OP_GUARD_UNHEARD, dict);
    if (!_PyJitSlot_IsBare(b, value)) {
        (void)emit1(b, JIT_OP_GUARD_TRACKED, dict);
        (void)emit1(b, JIT_OP_GUARD_NO_DESCRIPTOR, _PyJitSlot_Object(b, value));
    }
    (void)value_of(b, &variable, entries, false);
    _PyJitAttribute_Replace(b, entries, version, variable.place, old, 1);
    (void)emit1(b, JIT_OP_DICT_CHANGED, dict);
    return 1;
}

bool
_PyJitLower_IsClassVariable(const _PyJitBuilder *b, const _PyJitRecord *record)
{
    switch (record->opcode) {
        case LOAD_ATTR: {
            // A function is no variable: an instance of the class binds it.
            PyObject *name = PyTuple_GET_ITEM(b->t->codes[record->code]->co_names, record->oparg >> 1);
            return record->seen != NULL && PyType_Check(record->seen) && !_PyJitLower_CanBind(record->seen, name);
        }
        case STORE_ATTR:
            return record->seen != NULL && PyType_Check(record->seen);
        case LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES:
        case LOAD_ATTR_NONDESCRIPTOR_NO_DICT:
            return _PyClassVar_IsPlace(read_obj((uint16_t *)&b->t->units[record->units + 6].cache));
        default:
            return false;
    }
}

uint32_t
_PyJitLower_ClassVariable(_PyJitBuilder *b, uint32_t index)
{
    int opcode = b->t->records[index].opcode;
    return opcode == STORE_ATTR ? store(b, index) : opcode == LOAD_ATTR ? load_of_class(b, index) : load_of_instance(b, index);
}

#endif /* _Py_TIER2 */
