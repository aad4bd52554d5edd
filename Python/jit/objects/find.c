/* Attributes and instances, found without running code of users.
 *
 * What `o.name` means may be a call of anything: a property, `__getattr__`, a metaclass.  Mostly it is not, and then the answer is an
 * object that exists already.  These functions go the way that Objects/object.c and Objects/typeobject.c go (PyObject_GenericGetAttr, the
 * attributes of classes and modules), as long as nothing on it can run code of users or make an object; else they do not know.
 *
 * All results are borrowed from the object, its dict, or its class.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "structmember.h"
#include "pycore_descrobject.h"
#include "pycore_dict.h"
#include "pycore_jit_helpers.h"
#include "pycore_object.h"
#include "pycore_runtime.h"
#include "pycore_typeobject.h"

#define MOST_CLASSES 16        // of a tuple that isinstance is asked for
#define MOST_NESTED 4

static inline bool
is_data_descriptor(PyObject *descr)
{
    return descr != NULL && Py_TYPE(descr)->tp_descr_get != NULL && Py_TYPE(descr)->tp_descr_set != NULL;
}

/* DESCR is what says of which class an object is, unless the class says otherwise. */
static inline bool
is_class_of_object(PyObject *descr)
{
    return descr == _PyType_Lookup(&PyBaseObject_Type, &_Py_ID(__class__));
}

/* TYPE has `__getattr__` of its own, perhaps, but not `__getattribute__`. */
static bool
has_plain_getattribute(PyTypeObject *type)
{
    PyObject *plain = _PyType_Lookup(&PyBaseObject_Type, &_Py_ID(__getattribute__));
    return _PyType_Lookup(type, &_Py_ID(__getattribute__)) == plain;
}

/* NAME in what O has of its own: inline values or a dict. */
static int
find_in_instance(PyObject *o, PyObject *name, PyObject **value)
{
    PyTypeObject *type = Py_TYPE(o);
    PyObject *dict = NULL;
    if (type->tp_flags & Py_TPFLAGS_INLINE_VALUES && _PyObject_InlineValues(o)->valid) {
        Py_ssize_t index = _PyDictKeys_StringLookup(((PyHeapTypeObject *)type)->ht_cached_keys, name);
        *value = index >= 0 ? _PyObject_InlineValues(o)->values[index] : NULL;
        return *value != NULL ? JIT_FOUND : JIT_ABSENT;
    }
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        dict = (PyObject *)_PyObject_GetManagedDict(o);
    }
    else if (type->tp_dictoffset != 0) {
        dict = *_PyObject_ComputedDictPointer(o);
    }
    if (dict == NULL) {
        return JIT_ABSENT;
    }
    if (!PyDict_Check(dict) || _PyJit_DictFind(dict, name, value) < 0) {
        return JIT_UNKNOWN;
    }
    return *value != NULL ? JIT_FOUND : JIT_ABSENT;
}

/* What the data descriptor DESCR of O's class says of O: its class, or a slot. */
static int
find_in_slot(PyObject *o, PyObject *descr, PyObject **value)
{
    if (is_class_of_object(descr)) {
        *value = (PyObject *)Py_TYPE(o);
        return JIT_FOUND;
    }
    if (!Py_IS_TYPE(descr, &PyMemberDescr_Type)) {
        return JIT_UNKNOWN;
    }
    const PyMemberDescrObject *member = (const PyMemberDescrObject *)descr;
    const PyMemberDef *place = member->d_member;
    if (place->type != Py_T_OBJECT_EX || (place->flags & ~Py_READONLY) != 0 || !PyObject_TypeCheck(o, member->d_common.d_type)) {
        return JIT_UNKNOWN;
    }
    *value = *(PyObject **)((char *)o + place->offset);
    return *value != NULL ? JIT_FOUND : JIT_ABSENT;
}

/* What DESCR, of the class of all classes, says of CLASS. */
static int
find_of_class(PyTypeObject *class, PyObject *descr, PyObject *name, PyObject **value)
{
    if (is_class_of_object(descr)) {
        *value = (PyObject *)Py_TYPE(class);
        return JIT_FOUND;
    }
    // The names of other classes are made each time.
    if (!Py_IS_TYPE(descr, &PyGetSetDescr_Type) || PyDescr_TYPE(descr) != &PyType_Type
        || !(class->tp_flags & Py_TPFLAGS_HEAPTYPE)) {
        return JIT_UNKNOWN;
    }
    const PyHeapTypeObject *made = (const PyHeapTypeObject *)class;
    if (name == &_Py_ID(__name__)) {
        *value = made->ht_name;
    }
    else if (name == &_Py_ID(__qualname__)) {
        *value = made->ht_qualname;
    }
    else if (name == &_Py_ID(__module__) && _PyJit_DictFind(class->tp_dict, name, value) < 0) {
        return JIT_UNKNOWN;
    }
    return *value != NULL ? JIT_FOUND : JIT_UNKNOWN;
}

/* ATTRIBUTE, found in a class, is what the class gives for it. */
static bool
stands_for_itself(PyObject *attribute)
{
    PyTypeObject *type = Py_TYPE(attribute);
    return type->tp_descr_get == NULL || type == &PyFunction_Type || type == &PyMethodDescr_Type || type == &PyWrapperDescr_Type
        || type == &PyMemberDescr_Type || type == &PyGetSetDescr_Type || type == &PyProperty_Type;
}

static int
find_in_class(PyTypeObject *class, PyObject *name, PyObject **value)
{
    if (!(class->tp_flags & Py_TPFLAGS_READY)) {
        return JIT_UNKNOWN;
    }
    PyObject *above = _PyType_Lookup(Py_TYPE(class), name);
    if (is_data_descriptor(above)) {
        return find_of_class(class, above, name, value);
    }
    PyObject *attribute = _PyType_Lookup(class, name);
    if (attribute == NULL && above == NULL) {
        return JIT_ABSENT;
    }
    if (attribute != NULL ? !stands_for_itself(attribute) : Py_TYPE(above)->tp_descr_get != NULL) {
        return JIT_UNKNOWN;
    }
    *value = attribute != NULL ? attribute : above;
    return JIT_FOUND;
}

int
_PyJit_FindAttr(PyObject *o, PyObject *name, PyObject **value)
{
    *value = NULL;
    PyTypeObject *type = Py_TYPE(o);
    getattrofunc get = type->tp_getattro;
    if (!PyUnicode_CheckExact(name)) {
        return JIT_UNKNOWN;
    }
    if (get == PyType_Type.tp_getattro) {
        return find_in_class((PyTypeObject *)o, name, value);
    }
    bool plain = get == PyObject_GenericGetAttr;
    if (!plain && get != PyModule_Type.tp_getattro && !has_plain_getattribute(type)) {
        return JIT_UNKNOWN;
    }
    // What is not there may still be made, by `__getattr__` of the class or the module.
    int absent = plain ? JIT_ABSENT : JIT_UNKNOWN;
    PyObject *descr = _PyType_Lookup(type, name);
    int found = is_data_descriptor(descr) ? find_in_slot(o, descr, value) : find_in_instance(o, name, value);
    if (found != JIT_ABSENT) {
        return found;
    }
    if (descr == NULL || is_data_descriptor(descr)) {
        return absent;
    }
    if (Py_TYPE(descr)->tp_descr_get != NULL) {
        return JIT_UNKNOWN;
    }
    *value = descr;
    return JIT_FOUND;
}

PyObject *
_PyJit_FindMethod(PyObject *o, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(o);
    PyObject *value, *descr;
    if (type->tp_getattro != PyObject_GenericGetAttr || !PyUnicode_CheckExact(name)) {
        return NULL;
    }
    descr = _PyType_Lookup(type, name);
    bool is_method = descr != NULL && PyType_HasFeature(Py_TYPE(descr), Py_TPFLAGS_METHOD_DESCRIPTOR);
    return is_method && find_in_instance(o, name, &value) == JIT_ABSENT ? descr : NULL;
}

PyObject *
_PyJit_GetAttr(PyObject *o, PyObject *name, PyObject *otherwise)
{
    PyObject *value;
    int found = _PyJit_FindAttr(o, name, &value);
    return found == JIT_ABSENT ? otherwise : value;
}

int64_t
_PyJit_HasAttr(PyObject *o, PyObject *name)
{
    PyObject *value;
    return _PyJit_FindAttr(o, name, &value);
}

static int64_t
is_instance(PyObject *o, PyObject *class, int nested)
{
    if ((PyObject *)Py_TYPE(o) == class) {
        return 1;
    }
    if (PyTuple_CheckExact(class)) {
        if (nested > MOST_NESTED || PyTuple_GET_SIZE(class) > MOST_CLASSES) {
            return JIT_UNKNOWN;
        }
        int64_t is = 0;
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(class) && is == 0; i++) {
            is = is_instance(o, PyTuple_GET_ITEM(class, i), nested + 1);
        }
        return is;
    }
    if (!PyType_CheckExact(class)) {
        return JIT_UNKNOWN;    // `__instancecheck__`
    }
    if (PyType_IsSubtype(Py_TYPE(o), (PyTypeObject *)class)) {
        return 1;
    }
    PyObject *said;
    if (_PyJit_FindAttr(o, &_Py_ID(__class__), &said) != JIT_FOUND || !PyType_Check(said)) {
        return JIT_UNKNOWN;
    }
    return PyType_IsSubtype((PyTypeObject *)said, (PyTypeObject *)class);
}

int64_t
_PyJit_IsInstance(PyObject *o, PyObject *class)
{
    return is_instance(o, class, 0);
}

bool
_PyJit_IsBuiltin(PyObject *callable, const char *name)
{
    if (!PyCFunction_CheckExact(callable)) {
        return false;
    }
    const PyCFunctionObject *function = (const PyCFunctionObject *)callable;
    PyObject *module = _PyJit_ModuleOf(function);
    return module != NULL && ((PyModuleObject *)module)->md_dict == _PyInterpreterState_GET()->builtins
        && strcmp(function->m_ml->ml_name, name) == 0;
}

#endif /* _Py_TIER2 */
