/* Attributes and instances, found without running code of users.
 *
 * What `o.name` means may be a call of anything: a property, `__getattr__`, a metaclass.  Mostly it is not, and then the answer is an
 * object that exists already.  These functions go the way that Objects/object.c and Objects/typeobject.c go (PyObject_GenericGetAttr, the
 * attributes of classes and modules), as long as nothing on it can run code of users; else they do not know.  What they find is
 * borrowed from the object, its dict, or its class.
 *
 * A method that is not called at once is made each time, and so is what some descriptors of C give.  Then what is found is the
 * descriptor, to ask it when the value is wanted (_PyJit_MakeAttr).
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
#include "jit/objects/leaves.h"

#define MOST_CLASSES 16        // of a tuple that isinstance is asked for
#define MOST_NESTED 4
#define MOST_ENDS 2            // references that a store gives up: the old value, and the object
#define KNOWN_TYPES 64

/* DESCR is what says of which class an object is, unless the class says otherwise. */
static inline bool
is_class_of_object(PyObject *descr)
{
    return descr != NULL && Py_IS_TYPE(descr, &PyGetSetDescr_Type) && PyDescr_TYPE(descr) == &PyBaseObject_Type
        && PyDescr_NAME(descr) == &_Py_ID(__class__);
}

/* To ask DESCR, which is no data descriptor, makes an object of C, and runs no code of users. */
static inline bool
makes_quietly(PyObject *descr)
{
    PyTypeObject *type = Py_TYPE(descr);
    return type == &PyFunction_Type || type == &PyMethodDescr_Type || type == &PyWrapperDescr_Type || type == &PyClassMethod_Type
        || type == &PyStaticMethod_Type || type == &PyClassMethodDescr_Type;
}

/* What namedtuple() puts into a class for a field.  The layout is not public. */
typedef struct {
    PyObject_HEAD
    Py_ssize_t index;
    PyObject *doc;
} TupleField;

bool
_PyJit_IsTypeOfModule(PyTypeObject *type, const char *name, const char *type_name)
{
    const unsigned long flags = Py_TPFLAGS_HEAPTYPE | Py_TPFLAGS_IMMUTABLETYPE;
    if ((type->tp_flags & flags) != flags || strcmp(type->tp_name, type_name) != 0) {
        return false;
    }
    PyObject *module = ((PyHeapTypeObject *)type)->ht_module;
    const PyModuleDef *definition = module != NULL && PyModule_Check(module) ? PyModule_GetDef(module) : NULL;
    return definition != NULL && strcmp(definition->m_name, name) == 0;
}

/* TYPE is the class of such fields. */
static bool
is_tuple_getter(PyTypeObject *type)
{
    return type->tp_basicsize == sizeof(TupleField) && _PyJit_IsTypeOfModule(type, "_collections", "collections._tuplegetter");
}

Py_ssize_t
_PyJit_TupleField(PyObject *descr)
{
    return is_tuple_getter(Py_TYPE(descr)) ? ((const TupleField *)descr)->index : -1;
}

/* DESCR is an attribute of a builtin type whose getter only says what the object has. */
static bool
is_quiet_getter(PyObject *descr)
{
    const struct {
        PyTypeObject *type;
        const char *names[4];
    } getters[] = {
        {&PyLong_Type, {"real", "imag", "numerator", "denominator"}},
        {&PyFloat_Type, {"real", "imag"}},
        {&PyFunction_Type, {"__name__", "__qualname__"}},
        {&PyCFunction_Type, {"__name__", "__qualname__"}},
        {(PyTypeObject *)PyExc_BaseException, {"args"}},
    };
    // The same of types that have no name in C.
    const struct {
        const char *module, *type, *name;
    } others[] = {
        {"_sre", "re.Match", "lastgroup"}, {"_sre", "re.Match", "lastindex"}, {"_elementtree", "xml.etree.ElementTree.Element", "tag"},
    };
    if (!Py_IS_TYPE(descr, &PyGetSetDescr_Type)) {
        return false;
    }
    const char *name = ((PyGetSetDescrObject *)descr)->d_getset->name;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(others); i++) {
        if (strcmp(others[i].name, name) == 0 && _PyJit_IsTypeOfModule(PyDescr_TYPE(descr), others[i].module, others[i].type)) {
            return true;
        }
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(getters); i++) {
        for (int k = 0; k < 4 && PyDescr_TYPE(descr) == getters[i].type && getters[i].names[k] != NULL; k++) {
            if (strcmp(((PyGetSetDescrObject *)descr)->d_getset->name, getters[i].names[k]) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* CLASS has no NAME but what all classes have: its class does not define it anew. */
static bool
is_as_in_type(PyTypeObject *class, PyObject *name)
{
    return Py_IS_TYPE(class, &PyType_Type) || _PyType_Lookup(Py_TYPE(class), name) == _PyType_Lookup(&PyType_Type, name);
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

/* DESCR is the `__dict__` that `class` gives to classes.  Its getter has no name outside its file. */
static bool
is_dict_of_instance(PyObject *descr)
{
    static getter known;
    if (known == NULL && _PyJit_SomeClass() != NULL) {
        PyObject *own = _PyType_Lookup(_PyJit_SomeClass(), &_Py_ID(__dict__));
        known = own != NULL && Py_IS_TYPE(own, &PyGetSetDescr_Type) ? ((PyGetSetDescrObject *)own)->d_getset->get : NULL;
    }
    return known != NULL && Py_IS_TYPE(descr, &PyGetSetDescr_Type) && ((PyGetSetDescrObject *)descr)->d_getset->get == known;
}

/* What the data descriptor DESCR of O's class says of O: its class, a slot, or what getters of C say. */
static int
find_in_slot(PyObject *o, PyObject *descr, PyObject **value)
{
    if (is_class_of_object(descr)) {
        *value = (PyObject *)Py_TYPE(o);
        return JIT_FOUND;
    }
    if (is_dict_of_instance(descr) && Py_TYPE(o)->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        *value = (PyObject *)_PyObject_GetManagedDict(o);
        return *value != NULL ? JIT_FOUND : JIT_UNKNOWN;      // made once
    }
    if (_PyJit_TupleField(descr) >= 0 && PyTuple_Check(o) && _PyJit_TupleField(descr) < PyTuple_GET_SIZE(o)) {
        *value = PyTuple_GET_ITEM(o, _PyJit_TupleField(descr));
        return JIT_FOUND;
    }
    bool of_value = Py_IS_TYPE(descr, &PyGetSetDescr_Type) && _PyJitValue_IsType(PyDescr_TYPE(descr));
    if ((of_value || is_quiet_getter(descr)) && PyObject_TypeCheck(o, PyDescr_TYPE(descr))) {
        *value = descr;
        return JIT_MADE;
    }
    if (!Py_IS_TYPE(descr, &PyMemberDescr_Type)) {
        return JIT_UNKNOWN;
    }
    const PyMemberDescrObject *member = (const PyMemberDescrObject *)descr;
    const PyMemberDef *place = member->d_member;
    if ((place->flags & ~Py_READONLY) != 0 || !PyObject_TypeCheck(o, member->d_common.d_type)) {
        return JIT_UNKNOWN;
    }
    if (place->type != Py_T_OBJECT_EX) {
        *value = descr;
        return JIT_MADE;
    }
    *value = *(PyObject **)((char *)o + place->offset);
    return *value != NULL ? JIT_FOUND : JIT_ABSENT;
}

/* What DESCR, of the class of all classes, says of CLASS. */
static int
find_of_class(PyTypeObject *class, PyObject *descr, PyObject *name, PyObject **value)
{
    if (!Py_IS_TYPE(descr, &PyGetSetDescr_Type) || PyDescr_TYPE(descr) != &PyType_Type) {
        return find_in_slot((PyObject *)class, descr, value);
    }
    bool is_class = (class->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0, is_name = name == &_Py_ID(__name__) || name == &_Py_ID(__qualname__);
    // The names of other classes are made each time.
    if (name == &_Py_ID(__dict__) || name == &_Py_ID(__bases__) || PyUnicode_CompareWithASCIIString(name, "__mro__") == 0
        || (!is_class && is_name)) {
        *value = descr;
        return JIT_MADE;
    }
    if (!is_class) {
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

/* JIT_MADE: *value is asked for SELF, or for the class alone where that is NULL. */
static int
find_in_class(PyTypeObject *class, PyObject *name, PyObject **value, PyObject **self)
{
    if (!(class->tp_flags & Py_TPFLAGS_READY)) {
        return JIT_UNKNOWN;
    }
    PyObject *above = _PyType_Lookup(Py_TYPE(class), name);
    if (_PyJit_IsDataDescriptor(above)) {
        return find_of_class(class, above, name, value);
    }
    PyObject *attribute = _PyType_Lookup(class, name);
    if (attribute == NULL && above == NULL) {
        return JIT_ABSENT;
    }
    *value = attribute != NULL ? attribute : above;
    *self = attribute != NULL ? NULL : (PyObject *)class;
    if (attribute != NULL ? stands_for_itself(attribute) : Py_TYPE(above)->tp_descr_get == NULL) {
        return JIT_FOUND;
    }
    return makes_quietly(*value) ? JIT_MADE : JIT_UNKNOWN;
}

/* The attribute NAME of O.  JIT_MADE: *value is the descriptor that is asked, for *self. */
static int
find(PyObject *o, PyObject *name, PyObject **value, PyObject **self)
{
    *value = NULL;
    *self = o;
    PyTypeObject *type = Py_TYPE(o);
    getattrofunc get = type->tp_getattro;
    if (!PyUnicode_CheckExact(name)) {
        return JIT_UNKNOWN;
    }
    if (get == PyType_Type.tp_getattro) {
        return find_in_class((PyTypeObject *)o, name, value, self);
    }
    bool plain = get == PyObject_GenericGetAttr;
    if (!plain && get != PyModule_Type.tp_getattro && !has_plain_getattribute(type)) {
        return JIT_UNKNOWN;
    }
    // What is not there may still be made, by `__getattr__` of the class or the module.
    int absent = plain ? JIT_ABSENT : JIT_UNKNOWN;
    PyObject *descr = _PyType_Lookup(type, name);
    int found = _PyJit_IsDataDescriptor(descr) ? find_in_slot(o, descr, value) : find_in_instance(o, name, value);
    if (found != JIT_ABSENT) {
        return found;
    }
    if (descr == NULL || _PyJit_IsDataDescriptor(descr)) {
        return absent;
    }
    *value = descr;
    return Py_TYPE(descr)->tp_descr_get == NULL ? JIT_FOUND : makes_quietly(descr) ? JIT_MADE : JIT_UNKNOWN;
}

int
_PyJit_FindAttr(PyObject *o, PyObject *name, PyObject **value)
{
    PyObject *self;
    int found = find(o, name, value, &self);
    if (found != JIT_FOUND) {
        *value = NULL;
    }
    return found;
}

PyObject *
_PyJit_MakeAttr(PyObject *o, PyObject *name, PyObject *otherwise)
{
    PyObject *value, *self;
    int found = find(o, name, &value, &self);
    if (found == JIT_MADE) {
        return _PyJit_New(Py_TYPE(value)->tp_descr_get(value, self, self == NULL ? o : (PyObject *)Py_TYPE(o)));
    }
    return Py_XNewRef(found == JIT_FOUND ? value : found == JIT_ABSENT ? otherwise : NULL);
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
    return _PyJit_FindAttr(o, name, &value) == JIT_ABSENT ? otherwise : value;
}

int64_t
_PyJit_HasAttr(PyObject *o, PyObject *name)
{
    PyObject *value;
    int found = _PyJit_FindAttr(o, name, &value);
    return found == JIT_MADE ? JIT_FOUND : found;
}

_Py_COMP_DIAG_PUSH
_Py_COMP_DIAG_IGNORE_DEPR_DECLS

bool
_PyJit_HasNone(PyObject *o, PyObject *name)
{
    PyObject *value;
    return find_in_instance(o, name, &value) == JIT_ABSENT;
}

/* Another attribute can take the place of OLD in O. */
static inline bool
can_end_in(PyObject *old, PyObject *o)
{
    return Py_REFCNT(old) > MOST_ENDS || PyLong_CheckExact(old) || PyUnicode_CheckExact(old) || _PyJit_EndsQuietlyIn(old, MOST_ENDS, o);
}

/* An attribute NAME can be set in what O has of its own: nobody watches, and it is no new key of what instances of the type share.
 * *old: what it replaces, or NULL. */
static bool
has_place(PyObject *o, PyObject *name, PyObject **old)
{
    PyTypeObject *type = Py_TYPE(o);
    if (type->tp_flags & Py_TPFLAGS_INLINE_VALUES && _PyObject_InlineValues(o)->valid) {
        Py_ssize_t index = _PyDictKeys_StringLookup(((PyHeapTypeObject *)type)->ht_cached_keys, name);
        PyDictObject *dict = _PyObject_GetManagedDict(o);
        *old = index >= 0 ? _PyObject_InlineValues(o)->values[index] : NULL;
        return index >= 0 && (dict == NULL || (dict->ma_version_tag & DICT_WATCHER_MASK) == 0);
    }
    PyObject *dict = type->tp_flags & Py_TPFLAGS_MANAGED_DICT ? (PyObject *)_PyObject_GetManagedDict(o)
        : type->tp_dictoffset != 0 ? *_PyObject_ComputedDictPointer(o) : NULL;
    if (dict == NULL || !PyDict_CheckExact(dict) || ((PyDictObject *)dict)->ma_version_tag & DICT_WATCHER_MASK) {
        return false;
    }
    return _PyJit_DictFind(dict, name, old) >= 0 && (*old != NULL || ((PyDictObject *)dict)->ma_values == NULL);
}

_Py_COMP_DIAG_POP

/* Where O itself has the value of NAME, which no dict of its own shows; NULL: it has none there. */
static PyObject **
inline_place(PyObject *o, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(o);
    if (!(type->tp_flags & Py_TPFLAGS_INLINE_VALUES) || !_PyObject_InlineValues(o)->valid || _PyObject_GetManagedDict(o) != NULL) {
        return NULL;
    }
    Py_ssize_t index = _PyDictKeys_StringLookup(((PyHeapTypeObject *)type)->ht_cached_keys, name);
    PyObject **place = index >= 0 ? &_PyObject_InlineValues(o)->values[index] : NULL;
    return place != NULL && *place != NULL ? place : NULL;
}

/* An attribute NAME of an object of TYPE is set the ordinary way: a descriptor that can be set comes first, also if it cannot be asked. */
static bool
is_set_as_usual(PyTypeObject *type, PyObject *name)
{
    if (type->tp_setattro != PyObject_GenericSetAttr || !PyUnicode_CheckExact(name)) {
        return false;
    }
    PyObject *descr = _PyType_Lookup(type, name);
    return descr == NULL || Py_TYPE(descr)->tp_descr_set == NULL;
}

bool
_PyJit_CanSetAttr(PyObject *o, PyObject *name)
{
    PyObject *old;
    return is_set_as_usual(Py_TYPE(o), name) && has_place(o, name, &old) && (old == NULL || can_end_in(old, o));
}

int
_PyJit_SetAttr(PyObject *o, PyObject *name, PyObject *value)
{
    if (!is_set_as_usual(Py_TYPE(o), name)) {
        return -1;
    }
    PyObject *old, **place = inline_place(o, name);
    if (place != NULL) {
        old = *place;
        if (!can_end_in(old, o)) {
            return -1;
        }
        *place = Py_NewRef(value);
        Py_DECREF(old);
        return 0;
    }
    if (!has_place(o, name, &old) || (old != NULL && !can_end_in(old, o))) {
        return -1;
    }
    int result = PyObject_GenericSetAttr(o, name, value);
    if (result < 0) {
        PyErr_Clear();         // memory is short
    }
    return result;
}

bool
_PyJit_CanDelAttr(PyObject *o, PyObject *name)
{
    PyObject *old;
    return is_set_as_usual(Py_TYPE(o), name) && has_place(o, name, &old) && old != NULL && can_end_in(old, o);
}

int
_PyJit_SetInDict(PyObject *o, PyObject *name, PyObject *value, Py_ssize_t hint)
{
    PyDictObject *dict = _PyObject_GetManagedDict(o);
    PyObject **place = dict != NULL && PyDict_CheckExact(dict) ? _PyJit_DictPlace(dict, name, hint) : NULL;
    if (place != NULL && can_end_in(*place, o) && _PyJit_DictReplace(dict, place, value)) {
        return 0;
    }
    return _PyJit_SetAttr(o, name, value);
}

/* O is asked what its class is, too, and says that of its type.  What has a `__class__` of its own, or of its class, may say something else the
 * next time.  Of types whose objects say so it is remembered while they have their version. */
static bool
says_its_type(PyObject *o)
{
    static struct {
        PyTypeObject *type;
        uint32_t version;
    } known[KNOWN_TYPES];
    PyTypeObject *type = Py_TYPE(o);
    uint32_t place = (uint32_t)((uintptr_t)type >> 8) % KNOWN_TYPES, version = type->tp_version_tag;
    if (version != 0 && known[place].type == type && known[place].version == version) {
        return true;
    }
    PyObject *said;
    if (!is_class_of_object(_PyType_Lookup(type, &_Py_ID(__class__))) || _PyJit_FindAttr(o, &_Py_ID(__class__), &said) != JIT_FOUND) {
        return false;
    }
    if (!PyType_Check(o)) {
        known[place].type = type;
        known[place].version = type->tp_version_tag;
    }
    return true;
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
    if (!PyType_Check(class) || !is_as_in_type((PyTypeObject *)class, &_Py_ID(__instancecheck__))) {
        return JIT_UNKNOWN;
    }
    return PyType_IsSubtype(Py_TYPE(o), (PyTypeObject *)class) ? 1 : says_its_type(o) ? 0 : JIT_UNKNOWN;
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

static int64_t
is_subclass(PyObject *o, PyObject *class, int nested)
{
    if (PyTuple_CheckExact(class)) {
        if (nested > MOST_NESTED || PyTuple_GET_SIZE(class) > MOST_CLASSES) {
            return JIT_UNKNOWN;
        }
        int64_t is = 0;
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(class) && is == 0; i++) {
            is = is_subclass(o, PyTuple_GET_ITEM(class, i), nested + 1);
        }
        return is;
    }
    if (!PyType_Check(o) || !PyType_Check(class) || !is_as_in_type((PyTypeObject *)class, &_Py_ID(__subclasscheck__))) {
        return JIT_UNKNOWN;
    }
    return PyType_IsSubtype((PyTypeObject *)o, (PyTypeObject *)class);
}

int64_t
_PyJit_IsSubclass(PyObject *o, PyObject *class)
{
    return is_subclass(o, class, 0);
}

#endif /* _Py_TIER2 */
