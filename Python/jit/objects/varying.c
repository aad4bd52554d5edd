/* Class variables: which names of a class vary, and where their values are (InternalDocs/class_variables.md).
 *
 * A heap type has 32 bits for this, which a type has zero when it is made: a filter of the names that vary, and counts of how often values were
 * replaced that somebody may have cached.  Names with the same hash share them: then a name varies that does not, which costs
 * time and nothing else, as whoever asks gets the same answer.
 *
 * Rules:
 *  1. A store keeps the version if the name varies in the class it goes to, and neither the old nor the new value is a descriptor (one of
 *     its type's slots for it is set), now.  A name with two underscores at both ends never varies: slots are made of these.
 *  2. No value of a name that varies is cached under a version, but descriptors of types that cannot change: those stay
 *     descriptors, so that a store in their place changes the version.
 *  3. A name begins to vary with a new version of its class, so nobody has its value any more.  It varies for ever.
 *  4. The version says that the dict of the class has the same entries as when it was given.  All that adds or takes away changes it.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_backoff.h"
#include "pycore_class_variables.h"
#include "pycore_code.h"
#include "pycore_dict.h"
#include "pycore_interp.h"
#include "pycore_moduleobject.h"
#include "pycore_object.h"
#include "pycore_pystate.h"
#include "pycore_runtime.h"
#include "pycore_typeobject.h"
#include "pycore_jit_helpers.h"

#ifndef Py_GIL_DISABLED

#if SIZEOF_VOID_P > 4
static_assert(offsetof(PyHeapTypeObject, _spec_cache.init) == offsetof(PyHeapTypeObject, _spec_cache.getitem) + 16,
              "the bits are where the compiler would leave a gap: types of other builds have the same layout");
#endif

#define NAMES 16               // bits of the filter, above them
#define COUNTS 8               // counts with two bits each
#define MOST_REPLACED 3        // stores, after which a name varies when it is read

bool _PyClassVar_Stopped;

/* The bits of TYPE; NULL: it has none, so nothing of it varies. */
static inline uint32_t *
bits_of(PyTypeObject *type)
{
#if SIZEOF_VOID_P > 4
    return type->tp_flags & Py_TPFLAGS_HEAPTYPE ? &((PyHeapTypeObject *)type)->_spec_cache.variables : NULL;
#else
    (void)type;
    return NULL;
#endif
}

static inline Py_hash_t
hash_of(PyObject *name)
{
    Py_hash_t hash = ((PyASCIIObject *)name)->hash;
    return hash != -1 ? hash : PyObject_Hash(name);
}

static inline uint32_t
bit_of(Py_hash_t hash)
{
    return (uint32_t)1 << (NAMES + ((size_t)hash & (NAMES - 1)));
}

static inline int
shift_of(Py_hash_t hash)
{
    return 2 * (int)((size_t)hash / NAMES & (COUNTS - 1));
}

/* Slots are made of such names. */
static bool
is_special(PyObject *name)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(name);
    const char *text = PyUnicode_IS_ASCII(name) ? PyUnicode_DATA(name) : NULL;
    return text != NULL && n > 4 && text[0] == '_' && text[1] == '_' && text[n - 1] == '_' && text[n - 2] == '_';
}

static inline bool
is_descriptor(PyObject *o)
{
    return Py_TYPE(o)->tp_descr_get != NULL || Py_TYPE(o)->tp_descr_set != NULL;
}

bool
_PyClassVar_Keeps(PyTypeObject *type, PyObject *name, PyObject *old, PyObject *new)
{
    uint32_t *bits = bits_of(type);
    if (old == NULL || new == NULL || bits == NULL || _PyClassVar_Stopped || is_descriptor(old) || is_descriptor(new) || is_special(name)) {
        return false;
    }
    Py_hash_t hash = hash_of(name);
    if (*bits & bit_of(hash)) {
        return true;
    }
    uint32_t one = (uint32_t)1 << shift_of(hash);
    if (type->tp_version_tag != 0 && (*bits & 3 * one) != MOST_REPLACED * one) {
        *bits += one;
    }
    return false;
}

bool
_PyClassVar_Varies(PyTypeObject *type, PyObject *name)
{
    PyObject *mro = type->tp_mro;
    uint32_t bit = bit_of(hash_of(name));
    for (Py_ssize_t i = 0; mro != NULL && i < PyTuple_GET_SIZE(mro); i++) {
        const uint32_t *bits = bits_of((PyTypeObject *)PyTuple_GET_ITEM(mro, i));
        if (bits != NULL && *bits & bit) {
            return !is_special(name);
        }
    }
    return false;
}

/* The value of NAME was replaced often in some class of TYPE's mro. */
static bool
was_replaced(PyTypeObject *type, Py_hash_t hash)
{
    PyObject *mro = type->tp_mro;
    uint32_t one = (uint32_t)1 << shift_of(hash);
    for (Py_ssize_t i = 0; mro != NULL && i < PyTuple_GET_SIZE(mro); i++) {
        const uint32_t *bits = bits_of((PyTypeObject *)PyTuple_GET_ITEM(mro, i));
        if (bits != NULL && (*bits & 3 * one) == MOST_REPLACED * one) {
            return true;
        }
    }
    return false;
}

bool
_PyClassVar_NoteRead(PyTypeObject *type, PyObject *name, PyObject *found)
{
    if (found == NULL || (is_descriptor(found) && Py_TYPE(found)->tp_flags & Py_TPFLAGS_IMMUTABLETYPE)) {
        return false;
    }
    if (_PyClassVar_Varies(type, name)) {
        return true;
    }
    Py_hash_t hash = hash_of(name);
    PyTypeObject *owner;
    if (_PyClassVar_Stopped || !was_replaced(type, hash) || is_special(name) || _PyClassVar_Place(type, name, &owner) == NULL) {
        return false;
    }
    uint32_t *bits = bits_of(owner), one = (uint32_t)1 << shift_of(hash);
    if (bits == NULL || (*bits & 3 * one) != MOST_REPLACED * one) {
        return false;
    }
    *bits = (*bits & ~(3 * one)) | bit_of(hash);
    PyType_Modified(owner);
    (void)PyUnstable_Type_AssignVersionTag(type);
    return true;
}

/* OWNER is TYPE or one of its bases, so its changes change TYPE's version.  A metaclass may put other classes into the mro. */
static bool
inherits(PyTypeObject *type, const PyTypeObject *owner)
{
    PyObject *bases = type->tp_bases;
    bool found = type == owner;
    for (Py_ssize_t i = 0; !found && bases != NULL && i < PyTuple_GET_SIZE(bases); i++) {
        found = inherits((PyTypeObject *)PyTuple_GET_ITEM(bases, i), owner);
    }
    return found;
}

PyObject **
_PyClassVar_Place(PyTypeObject *type, PyObject *name, PyTypeObject **owner)
{
    PyObject *mro = type->tp_mro;
    for (Py_ssize_t i = 0; mro != NULL && i < PyTuple_GET_SIZE(mro); i++) {
        *owner = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
        PyDictObject *dict = (PyDictObject *)_PyType_GetDict(*owner);
        PyDictKeysObject *keys = dict != NULL ? dict->ma_keys : NULL;
        if (keys == NULL || !DK_IS_UNICODE(keys) || dict->ma_values != NULL) {
            return NULL;
        }
        Py_ssize_t index = _PyDictKeys_StringLookup(keys, name);
        if (index >= 0) {
            PyObject **place = &DK_UNICODE_ENTRIES(keys)[index].me_value;
            return *place != NULL && inherits(type, *owner) ? place : NULL;
        }
    }
    return NULL;
}

bool
_PyClassVar_Is(PyTypeObject *type, PyObject *name)
{
    PyObject *found = _PyType_Lookup(type, name);
    return found != NULL && !is_descriptor(found)
        && (!(Py_TYPE(found)->tp_flags & Py_TPFLAGS_IMMUTABLETYPE) || _PyClassVar_Varies(type, name));
}

bool
_PyClassVar_IsFree(PyTypeObject *type, PyObject *name)
{
    return type->tp_getattro == PyType_Type.tp_getattro && _PyType_Lookup(type, name) == NULL;
}

bool
_PyClassVar_CanStore(PyTypeObject *class, PyObject *name)
{
    PyTypeObject *owner, *type = Py_TYPE(class);
    const uint32_t *bits = bits_of(class);
    return bits != NULL && *bits & bit_of(hash_of(name)) && !is_special(name) && !_PyClassVar_Stopped
        && !(class->tp_flags & Py_TPFLAGS_IMMUTABLETYPE) && type->tp_setattro == PyType_Type.tp_setattro
        && _PyType_Lookup(type, name) == NULL && _PyClassVar_Place(class, name, &owner) != NULL && owner == class;
}

/* --- Tier 1 --------------------------------------------------------------------------------------------------------- */

_Py_COMP_DIAG_PUSH
_Py_COMP_DIAG_IGNORE_DEPR_DECLS

bool
_PyClassVar_Store(PyObject *owner, PyObject *name, PyObject *new)
{
    PyTypeObject *class = (PyTypeObject *)owner;
    const uint32_t *bits = bits_of(class);
    // `type` itself has only special names, and one that is no data descriptor.
    if (bits == NULL || !(*bits & bit_of(hash_of(name))) || Py_TYPE(owner) != &PyType_Type || class->tp_flags & Py_TPFLAGS_IMMUTABLETYPE
        || _PyClassVar_Stopped || is_special(name)) {
        return false;
    }
    PyDictObject *dict = (PyDictObject *)class->tp_dict;
    PyObject **place = _PyJit_DictPlace(dict, name, 0);
    return place != NULL && !is_descriptor(*place) && !is_descriptor(new) && _PyJit_DictReplace(dict, place, new);
}

_Py_COMP_DIAG_POP

/* Instances of TYPE look for attributes in the ordinary way; what is not found may be made. */
static bool
looks_plainly(PyTypeObject *type)
{
    return type->tp_getattro == PyObject_GenericGetAttr
        || (type->tp_getattro == _Py_slot_tp_getattr_hook
            && _PyType_Lookup(type, &_Py_ID(__getattribute__)) == _PyInterpreterState_GET()->callable_cache.object__getattribute__);
}

int
_PyClassVar_FormForInstance(PyTypeObject *type, PyObject *name, uint32_t *keys)
{
    *keys = 0;
    if (!looks_plainly(type)) {
        return 0;
    }
    if (type->tp_flags & Py_TPFLAGS_INLINE_VALUES) {
        PyDictKeysObject *shared = ((PyHeapTypeObject *)type)->ht_cached_keys;
        *keys = _PyDictKeys_StringLookup(shared, name) != DKIX_EMPTY ? 0
            : _PyDictKeys_GetVersionForCurrentState(_PyInterpreterState_GET(), shared);
        return *keys != 0 ? LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES : 0;
    }
    return type->tp_dictoffset == 0 && !(type->tp_flags & Py_TPFLAGS_MANAGED_DICT) ? LOAD_ATTR_NONDESCRIPTOR_NO_DICT : 0;
}

/* The form for the class OWNER itself. */
static int
form_for_class(PyObject *owner, PyObject *name)
{
    return PyType_CheckExact(owner) && _PyType_Lookup(&PyType_Type, name) == NULL ? LOAD_ATTR_CLASS : 0;
}

bool
_PyClassVar_Specialize(PyObject *owner, _Py_CODEUNIT *instr, PyObject *name)
{
    bool is_class = PyType_Check(owner), calls = instr->op.arg & 1;
    PyTypeObject *type = is_class ? (PyTypeObject *)owner : Py_TYPE(owner), *found_in;
    if (!_PyType_IsReady(type) || PyModule_CheckExact(owner)) {
        return false;
    }
    if (!_PyClassVar_Is(type, name)) {
        return false;
    }
    _PyLoadMethodCache *cache = (_PyLoadMethodCache *)(instr + 1);
    uint32_t keys = 0;
    int form = is_class ? form_for_class(owner, name) : calls ? 0 : _PyClassVar_FormForInstance(type, name, &keys);
    PyObject **place = form != 0 && PyUnstable_Type_AssignVersionTag(type) ? _PyClassVar_Place(type, name, &found_in) : NULL;
    if (place == NULL) {
        instr->op.code = LOAD_ATTR;
        cache->counter = adaptive_counter_backoff(cache->counter);
        return true;
    }
    write_u32(cache->type_version, type->tp_version_tag);
    write_u32(cache->keys_version, keys);
    write_obj(cache->descr, _PyClassVar_OfPlace(place));
    cache->counter = adaptive_counter_cooldown();
    instr->op.code = (uint8_t)form;
    return true;
}

#endif

#endif /* _Py_TIER2 */
