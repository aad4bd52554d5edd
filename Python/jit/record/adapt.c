/* Recording where several types meet: an instruction gets the form that fits the operands it has now.
 *
 * Tier 1 has one specialized form for an instruction, and where types take turns it has none that fits, or the generic one.  A
 * trace need not put up with that: it was recorded with operands of some type and checks for it.  So the recorder finds the form
 * (and the inline cache) tier 1 would choose for these operands alone.  The bytecode is not touched; the record says what could
 * have run.  For other types the check fails, and a side trace is recorded with theirs.
 *
 * What is found here is what the instruction's own checks in tier 1 assume; a form that is in doubt is not chosen.  A side trace
 * that begins with such an instruction may be the next of a chain (cold_exit.c).  Where a third type comes to an attribute, its trace
 * gets the generic form, if that is one that runs no code of users: it does for all other types.  The last trace of a chain keeps what
 * is in the bytecode.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "structmember.h"
#include "pycore_class_variables.h"
#include "pycore_code.h"
#include "pycore_descrobject.h"
#include "pycore_dict.h"
#include "pycore_function.h"
#include "pycore_object.h"
#include "pycore_opcode_metadata.h"
#include "pycore_pystate.h"
#include "jit/record/record.h"
#include "pycore_jit_helpers.h"

static uint32_t
cached_version(const _PyJitPending *prev)
{
    return read_u32((uint16_t *)&prev->units[2].cache);
}

static void
choose(_PyJitPending *prev, int opcode, uint32_t version)
{
    prev->opcode = (uint8_t)opcode;
    prev->adapted = prev->fits = 1;
    write_u32((uint16_t *)&prev->units[2].cache, version);
}

/* --- Attributes ----------------------------------------------------------------------------------------------------- */

/* The version of TYPE if its attributes are found the ordinary way, else 0. */
static uint32_t
version_of(PyTypeObject *type, bool store)
{
    if (store ? type->tp_setattro != PyObject_GenericSetAttr : type->tp_getattro != PyObject_GenericGetAttr) {
        return 0;
    }
    return PyUnstable_Type_AssignVersionTag(type) ? type->tp_version_tag : 0;
}

/* The index of the inline value NAME of OWNER, which has a value but for a STORE; -1: none. */
static int
inline_index(PyObject *owner, PyObject *name, bool store)
{
    PyTypeObject *type = Py_TYPE(owner);
    if (!(type->tp_flags & Py_TPFLAGS_INLINE_VALUES) || !_PyObject_InlineValues(owner)->valid) {
        return -1;
    }
    Py_ssize_t index = _PyDictKeys_StringLookup(((PyHeapTypeObject *)type)->ht_cached_keys, name);
    if (index < 0 || index > UINT16_MAX || (!store && _PyObject_InlineValues(owner)->values[index] == NULL)) {
        return -1;
    }
    return (int)index;
}

/* Where the slot DESCR is in OWNER, which has a value there; -1: it is no such slot. */
static int
slot_offset(PyObject *owner, PyObject *descr, bool store)
{
    if (!Py_IS_TYPE(descr, &PyMemberDescr_Type)) {
        return -1;
    }
    const PyMemberDescrObject *member = (const PyMemberDescrObject *)descr;
    const PyMemberDef *place = member->d_member;
    if (place->type != Py_T_OBJECT_EX || place->flags != 0 || place->offset <= 0 || place->offset > UINT16_MAX
        || !PyObject_TypeCheck(owner, member->d_common.d_type)) {
        return -1;
    }
    return store || *(PyObject **)((char *)owner + place->offset) != NULL ? (int)place->offset : -1;
}

/* FOUND is what its class gives, without an instance. */
static bool
is_method(PyObject *found)
{
    return PyFunction_Check(found) || Py_IS_TYPE(found, &PyMethodDescr_Type) || Py_IS_TYPE(found, &PyWrapperDescr_Type);
}

/* FOUND is a class method, or a static one. */
static bool
is_class_method(PyObject *found)
{
    return found != NULL && (Py_IS_TYPE(found, &PyClassMethod_Type) || Py_IS_TYPE(found, &PyStaticMethod_Type));
}

/* NAME of CLASS is a variable, which is loaded from its place (build/class_variables.c), or a class method that is called (class_methods.c).
 * The opcode is the generic one, and the cache says which version the type of CLASS has. */
static void
adapt_class_load(_PyJitPending *prev, PyTypeObject *class, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(class), *owner;
    if (!PyUnstable_Type_AssignVersionTag(class) || !PyUnstable_Type_AssignVersionTag(type)) {
        return;
    }
    PyObject *found = _PyType_Lookup(class, name), *cached = NULL;
    if (prev->oparg & 1 && is_class_method(found)) {
        cached = found;
        prev->units[1].cache = 0;
    }
    else if (_PyClassVar_Is(class, name)) {
        PyObject **place = _PyClassVar_Place(class, name, &owner);
        cached = place != NULL ? _PyClassVar_OfPlace(place) : NULL;
    }
    if (cached != NULL && _PyClassVar_IsFree(type, name)) {
        write_u32((uint16_t *)&prev->units[4].cache, type->tp_version_tag);
        write_obj((uint16_t *)&prev->units[6].cache, cached);
        choose(prev, LOAD_ATTR, class->tp_version_tag);
    }
    else if (cached == NULL && found != NULL && type == &PyType_Type && is_method(found) && !_PyJit_ChangesOften(class)
             && !_PyJit_IsDataDescriptor(_PyType_Lookup(type, name))) {
        // Tier 1 has no form where `type` has an attribute of the same name, as for `Base.__init__`.
        write_obj((uint16_t *)&prev->units[6].cache, found);
        choose(prev, LOAD_ATTR_CLASS, class->tp_version_tag);
    }
}

/* The same of an instance, which has nothing of its own under that name. */
static void
adapt_instance_load(_PyJitPending *prev, PyObject *owner, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(owner), *found_in;
    uint32_t keys;
    int form = _PyClassVar_Is(type, name) ? _PyClassVar_FormForInstance(type, name, &keys) : 0;
    PyObject **place = form != 0 && PyUnstable_Type_AssignVersionTag(type) ? _PyClassVar_Place(type, name, &found_in) : NULL;
    if (place != NULL && (keys == 0 || _PyObject_InlineValues(owner)->valid)) {
        write_u32((uint16_t *)&prev->units[4].cache, keys);
        write_obj((uint16_t *)&prev->units[6].cache, _PyClassVar_OfPlace(place));
        choose(prev, form, type->tp_version_tag);
    }
}

/* A store to one: the cache has the version of the class. */
static void
adapt_class_store(_PyJitPending *prev, PyTypeObject *class, PyObject *name)
{
    if (_PyClassVar_CanStore(class, name) && PyUnstable_Type_AssignVersionTag(class)
        && PyUnstable_Type_AssignVersionTag(Py_TYPE(class))) {
        choose(prev, STORE_ATTR, class->tp_version_tag);
    }
}

/* What an instance has under its name comes before DESCR, which its class has: for instance the default of a dataclass's field.  NULL: the class
 * has nothing.  Types that can change might begin to be data descriptors, modules may get another type, and what varies any other value. */
static bool
gives_way(PyTypeObject *type, PyObject *name, PyObject *descr)
{
    return descr == NULL
        || (Py_TYPE(descr)->tp_descr_set == NULL && Py_TYPE(descr)->tp_flags & Py_TPFLAGS_IMMUTABLETYPE && !PyModule_Check(descr)
            && !_PyClassVar_Varies(type, name));
}

/* The version of the keys that OWNER's class has for values in its instances, if NAME is none of them; else 0. */
static uint32_t
keys_without(PyObject *owner, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(owner);
    if (!(type->tp_flags & Py_TPFLAGS_INLINE_VALUES) || !_PyObject_InlineValues(owner)->valid) {
        return 0;
    }
    PyDictKeysObject *keys = ((PyHeapTypeObject *)type)->ht_cached_keys;
    return _PyDictKeys_StringLookup(keys, name) != DKIX_EMPTY ? 0
        : _PyDictKeys_GetVersionForCurrentState(_PyInterpreterState_GET(), keys);
}

/* Where inline values are not valid any more the instance has a dict, and tier 1 has only the generic form for methods.  Then the opcode stays
 * the generic one, and the cache names the method all the same (build/lookups.c). */
static void
adapt_method(_PyJitPending *prev, PyObject *owner, PyObject *name, PyObject *method, uint32_t version)
{
    PyTypeObject *type = Py_TYPE(owner);
    int opcode = LOAD_ATTR_METHOD_NO_DICT;
    if (type->tp_flags & Py_TPFLAGS_INLINE_VALUES && !_PyObject_InlineValues(owner)->valid) {
        if (!_PyJit_HasNone(owner, name)) {
            return;
        }
        opcode = LOAD_ATTR;
    }
    else if (type->tp_flags & Py_TPFLAGS_INLINE_VALUES) {
        uint32_t keys_version = keys_without(owner, name);
        if (keys_version == 0) {
            return;
        }
        write_u32((uint16_t *)&prev->units[4].cache, keys_version);
        opcode = LOAD_ATTR_METHOD_WITH_VALUES;
    }
    else if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT || type->tp_dictoffset != 0) {
        return;
    }
    write_obj((uint16_t *)&prev->units[6].cache, method);
    choose(prev, opcode, version);
}

/* OWNER is of the type that the cache of PREV names, and has its attributes where the form of PREV looks for them. */
static bool
has_form(const _PyJitPending *prev, PyObject *owner)
{
    PyTypeObject *type = Py_TYPE(owner);
    if (cached_version(prev) != type->tp_version_tag) {
        return false;
    }
    switch (prev->opcode) {
        case LOAD_ATTR:
        case STORE_ATTR:
            return false;
        case LOAD_ATTR_INSTANCE_VALUE:
        case LOAD_ATTR_METHOD_WITH_VALUES:
        case STORE_ATTR_INSTANCE_VALUE:
            return !(type->tp_flags & Py_TPFLAGS_INLINE_VALUES) || _PyObject_InlineValues(owner)->valid;
        default:
            return true;
    }
}

static void
adapt_load(_PyJitPending *prev, PyObject *owner)
{
    PyTypeObject *type = Py_TYPE(owner);
    if (has_form(prev, owner)) {
        prev->fits = 1;
        return;
    }
    PyObject *name = PyTuple_GET_ITEM(prev->code->co_names, prev->oparg >> 1);
    if (PyType_Check(owner)) {
        adapt_class_load(prev, (PyTypeObject *)owner, name);
        return;
    }
    uint32_t version = version_of(type, false);
    PyObject *descr = version != 0 ? _PyType_Lookup(type, name) : NULL;
    if (version == 0) {
        return;
    }
    bool value = gives_way(type, name, descr);
    int index = value ? inline_index(owner, name, false) : slot_offset(owner, descr, false);
    if (index >= 0) {
        prev->units[4].cache = (uint16_t)index;
        choose(prev, value ? LOAD_ATTR_INSTANCE_VALUE : LOAD_ATTR_SLOT, version);
    }
    else if (descr != NULL && PyTuple_Check(owner) && _PyJit_TupleField(descr) >= 0) {
        // There is no form for it; the cache names the field all the same (build/lookups.c).
        write_obj((uint16_t *)&prev->units[6].cache, descr);
        choose(prev, LOAD_ATTR, version);
    }
    else if (descr != NULL && prev->oparg & 1 && PyFunction_Check(descr)) {
        adapt_method(prev, owner, name, descr, version);
    }
    else if (prev->oparg & 1 && is_class_method(descr) && _PyJit_HasNone(owner, name)) {
        prev->units[1].cache = 1;        // in place of the counter: of an instance
        write_u32((uint16_t *)&prev->units[4].cache, keys_without(owner, name));
        write_obj((uint16_t *)&prev->units[6].cache, descr);
        choose(prev, LOAD_ATTR, version);
    }
    else if (descr != NULL && !(prev->oparg & 1)) {
        adapt_instance_load(prev, owner, name);
    }
}

/* Where OWNER, whose class leaves stores to `object`, takes a value for NAME: the index of an inline value, or the offset of a slot (*VALUE is
 * false); -1: elsewhere. */
static int
index_for_store(PyObject *owner, PyObject *name, bool *value)
{
    PyObject *descr = _PyType_Lookup(Py_TYPE(owner), name);
    *value = gives_way(Py_TYPE(owner), name, descr);
    if (!*value) {
        return slot_offset(owner, descr, true);
    }
    int index = inline_index(owner, name, true);
    return index >= 0 && _PyObject_GetManagedDict(owner) == NULL ? index : -1;
}

static void
adapt_store(_PyJitPending *prev, PyObject *owner)
{
    PyTypeObject *type = Py_TYPE(owner);
    if (has_form(prev, owner)) {
        prev->fits = 1;
        return;
    }
    PyObject *name = PyTuple_GET_ITEM(prev->code->co_names, prev->oparg);
    if (PyType_Check(owner)) {
        adapt_class_store(prev, (PyTypeObject *)owner, name);
        return;
    }
    uint32_t version = version_of(type, true);
    bool value;
    int index = version != 0 ? index_for_store(owner, name, &value) : -1;
    if (index >= 0) {
        prev->units[4].cache = (uint16_t)index;
        choose(prev, value ? STORE_ATTR_INSTANCE_VALUE : STORE_ATTR_SLOT, version);
    }
}

/* OWNER, NAME and a value are the arguments of `object.__setattr__`, which stores as classes without a `__setattr__` of their own do.  There is no
 * form for it; the cache says in place of the counter which attribute it is. */
static void
adapt_set_attribute(_PyJitPending *prev, PyObject *owner, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(owner);
    bool value;
    prev->units[1].cache = 0;
    if (!PyUnicode_CheckExact(name) || !PyUnicode_CHECK_INTERNED(name) || !_PyJit_IsSimpleClass(type)
        || !PyUnstable_Type_AssignVersionTag(type)) {
        return;
    }
    int index = index_for_store(owner, name, &value);
    if (index >= 0 && index < JIT_MOST_SET) {
        prev->units[1].cache = (uint16_t)(value ? JIT_SETS_VALUE(index) : JIT_SETS_SLOT(index));
        choose(prev, CALL, type->tp_version_tag);
    }
}

/* --- Calls ---------------------------------------------------------------------------------------------------------- */

/* The version of FUNCTION; 0: it has none.  types.coroutine gives a function another code, by which it loses
 * its version: it gets that of the code, as if it had been made with it. */
static uint32_t
version_of_function(PyFunctionObject *function)
{
    const PyCodeObject *code = (const PyCodeObject *)function->func_code;
    if (function->func_version == 0 && code->co_flags & CO_ITERABLE_COROUTINE) {
        _PyFunction_SetVersion(function, code->co_version);
    }
    return _PyFunction_GetVersionForCurrentState(function);
}

/* The operands of a call: CALLABLE, SELF or NULL below the arguments. */
static void
adapt_call(_PyJitPending *prev, PyObject *callable, PyObject *self)
{
    bool bound = Py_IS_TYPE(callable, &PyMethod_Type);
    PyObject *function = bound ? PyMethod_GET_FUNCTION(callable) : callable;
    if (!PyFunction_Check(function) || ((PyFunctionObject *)function)->vectorcall != _PyFunction_Vectorcall
        || (bound && self != NULL)) {
        return;
    }
    const PyCodeObject *code = (const PyCodeObject *)PyFunction_GET_CODE(function);
    int given = prev->oparg + (bound || self != NULL);
    if ((code->co_flags & (CO_OPTIMIZED | CO_VARARGS | CO_VARKEYWORDS)) != CO_OPTIMIZED || code->co_kwonlyargcount != 0
        || code->co_argcount != given) {
        return;
    }
    uint32_t version = version_of_function((PyFunctionObject *)function);
    int opcode = bound ? CALL_BOUND_METHOD_EXACT_ARGS : CALL_PY_EXACT_ARGS;
    if (version != 0 && prev->opcode == opcode && cached_version(prev) == version) {
        prev->fits = 1;
    }
    else if (version != 0) {
        choose(prev, opcode, version);
    }
}

/* --- Tests ---------------------------------------------------------------------------------------------------------- */

/* TO_BOOL: for numbers and None the generic form is as good.  Where several types are always true the trace looks at that, not at the version
 * (`seen` of the record). */
static void
adapt_test(_PyJitPending *prev, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);
    if (type == &PyUnicode_Type || type == &PyList_Type) {
        choose(prev, type == &PyUnicode_Type ? TO_BOOL_STR : TO_BOOL_LIST, 0);
    }
    else if (prev->opcode == TO_BOOL_ALWAYS_TRUE && cached_version(prev) == type->tp_version_tag && type->tp_version_tag != 0) {
        prev->fits = 1;
    }
    else if (value != Py_None && _PyJit_IsAlwaysTrue(type) && PyUnstable_Type_AssignVersionTag(type)) {
        choose(prev, TO_BOOL_ALWAYS_TRUE, type->tp_version_tag);
    }
}

/* --- Arrays --------------------------------------------------------------------------------------------------------- */

/* TYPE is array.array of the standard library, or a subclass made in C, which has the same layout. */
static bool
is_array(PyTypeObject *type)
{
    if (!(type->tp_flags & Py_TPFLAGS_HEAPTYPE) || !(type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE)
        || type->tp_basicsize != sizeof(_PyJitArray)) {
        return false;
    }
    PyObject *module = ((PyHeapTypeObject *)type)->ht_module;
    const PyModuleDef *definition = module != NULL && PyModule_Check(module) ? PyModule_GetDef(module) : NULL;
    return definition != NULL && strcmp(definition->m_name, "array") == 0 && strcmp(type->tp_name, "array.array") == 0;
}

/* Subscripts of arrays have no specialized form: the frozen cache says in place of the counter what kind of numbers there are. */
static void
adapt_subscript(_PyJitPending *prev, PyObject *container)
{
    prev->units[1].cache = is_array(Py_TYPE(container)) && PyUnstable_Type_AssignVersionTag(Py_TYPE(container))
        ? (uint16_t)*((_PyJitArray *)container)->kind : 0;
}

void
_PyJitAdapt(_PyJitPending *prev, PyObject **stack_pointer, Py_ssize_t depth)
{
    prev->adapted = prev->fits = 0;
    switch (prev->opcode) {
        case LOAD_ATTR:
        case LOAD_ATTR_INSTANCE_VALUE:
        case LOAD_ATTR_SLOT:
        case LOAD_ATTR_WITH_HINT:
        case LOAD_ATTR_METHOD_WITH_VALUES:
        case LOAD_ATTR_METHOD_NO_DICT:
        case LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES:
        case LOAD_ATTR_NONDESCRIPTOR_NO_DICT:
            if (depth >= 1) {
                adapt_load(prev, stack_pointer[-1]);
            }
            break;
        case LOAD_ATTR_CLASS:
            if (depth >= 1 && PyType_Check(stack_pointer[-1])) {
                PyTypeObject *class = (PyTypeObject *)stack_pointer[-1];
                adapt_class_load(prev, class, PyTuple_GET_ITEM(prev->code->co_names, prev->oparg >> 1));
                if (!prev->adapted && _PyJit_ChangesOften(class)) {
                    prev->opcode = LOAD_ATTR;
                }
            }
            break;
        case STORE_ATTR:
        case STORE_ATTR_INSTANCE_VALUE:
        case STORE_ATTR_SLOT:
            if (depth >= 2) {
                adapt_store(prev, stack_pointer[-1]);
            }
            break;
        case CALL:
        case CALL_PY_EXACT_ARGS:
        case CALL_BOUND_METHOD_EXACT_ARGS:
            if (depth >= prev->oparg + 2) {
                adapt_call(prev, stack_pointer[-prev->oparg - 2], stack_pointer[-prev->oparg - 1]);
            }
            /* fall through */
        case CALL_NON_PY_GENERAL:
            if (depth >= prev->oparg + 2 && _PyJit_IsObjectSetattr(stack_pointer[-prev->oparg - 2])
                && prev->oparg + (stack_pointer[-prev->oparg - 1] != NULL) == 3) {
                adapt_set_attribute(prev, stack_pointer[-3], stack_pointer[-2]);
            }
            break;
        case TO_BOOL:
        case TO_BOOL_ALWAYS_TRUE:
        case TO_BOOL_LIST:
        case TO_BOOL_NONE:
        case TO_BOOL_STR:
            if (depth >= 1) {
                adapt_test(prev, stack_pointer[-1]);
            }
            break;
        case BINARY_SUBSCR:
            if (depth >= 2) {
                adapt_subscript(prev, stack_pointer[-2]);
            }
            break;
        case STORE_SUBSCR:
            if (depth >= 3) {
                adapt_subscript(prev, stack_pointer[-2]);
            }
            break;
        default:
            break;
    }
}

void
_PyJitAdapt_Weaken(_PyJitPending *prev)
{
    int base = _PyOpcode_Deopt[prev->opcode];
    if (base == LOAD_ATTR && prev->generic != NULL) {
        prev->opcode = LOAD_ATTR;
        prev->seen = prev->generic;
    }
    else if (base == STORE_ATTR && prev->seen == Py_True) {
        prev->opcode = STORE_ATTR;
    }
}

#endif /* _Py_TIER2 */
