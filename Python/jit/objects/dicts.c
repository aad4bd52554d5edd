/* Lookups in dicts, sets, lists and tuples, and stores to dicts, that run no code of users.
 *
 * To find a key is to compare it with keys of the same hash, and to compare may run anything.  So the tables are walked here, in the
 * order in which they are filled (Objects/dictobject.c and setobject.c explain the sequences), and only keys are compared whose
 * types are known; where another one has the same hash, the answer is that nobody knows.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include <string.h>
#include "pycore_dict.h"
#include "pycore_freelist.h"
#include "pycore_initconfig.h"     // _Py_GetConfig
#include "pycore_jit_helpers.h"
#include "pycore_object.h"
#include "pycore_pystate.h"
#include "pycore_setobject.h"
#include "jit/objects/leaves.h"

#define PERTURB 5              // bits of the hash that come in with each step
#define NEIGHBOURS 9           // entries of a set that are looked at before the next step
#define MOST_ITEMS 8           // of a tuple as key
#define LEAST_ROOM 5           // keys in the smallest table
#define LOG_SMALLEST 3         // tables of so many entries, as powers of two, are kept when their dicts end
#define UNSURE (-1)
#define ENDS 3                 // a store gives up at most the old value, the key and the dict

/* Room for an int of 64 bits, and for a tuple, which the collector does not know. */
#define INT_SIZE (offsetof(PyLongObject, long_value.ob_digit) + 3 * sizeof(digit))
#define TUPLE_SIZE (sizeof(PyGC_Head) + offsetof(PyTupleObject, ob_item) + JIT_MOST_KEY_ITEMS * sizeof(PyObject *))

/* The tuple that is only looked for (_PyJit_KeyTuple). */
static union {
    PyGC_Head head;
    char room[TUPLE_SIZE];
} looked_for;
#define LOOKED_FOR ((PyObject *)(looked_for.room + sizeof(PyGC_Head)))

/* Objects of TYPE are equal to themselves alone, and their hash is made of the address: classes, functions, most instances. */
static bool
is_identity(PyTypeObject *type)
{
    return type->tp_hash == PyBaseObject_Type.tp_hash && type->tp_richcompare == PyBaseObject_Type.tp_richcompare;
}

/* The same of OTHER, no exact str or int; nor of its items if it is a tuple (not NESTED).  Bytes may warn (-b). */
static bool
is_safe_too(PyObject *other, bool nested)
{
    if (!PyTuple_CheckExact(other)) {
        return PyFloat_CheckExact(other) || PyBool_Check(other) || other == Py_None || is_identity(Py_TYPE(other))
            || (PyBytes_CheckExact(other) && !_Py_GetConfig()->bytes_warning);
    }
    if (nested || PyTuple_GET_SIZE(other) > MOST_ITEMS) {
        return false;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(other); i++) {
        PyObject *item = PyTuple_GET_ITEM(other, i);
        if (!PyUnicode_CheckExact(item) && !PyLong_CheckExact(item) && !is_safe_too(item, true)) {
            return false;
        }
    }
    return true;
}

/* Hashing and comparing KEY runs no code of users. */
static inline bool
is_safe(PyObject *key)
{
    return PyUnicode_CheckExact(key) || PyLong_CheckExact(key) || is_safe_too(key, false);
}

/* The same where KEY may be of a class derived from str or int, which hashes and compares as those do.  The end of such an object may run
 * anything, so in a table it is not safe. */
static inline bool
is_safe_to_look_for(PyObject *key)
{
    if (is_safe(key)) {
        return true;
    }
    PyTypeObject *type = Py_TYPE(key), *base = PyUnicode_Check(key) ? &PyUnicode_Type : PyLong_Check(key) ? &PyLong_Type : NULL;
    return base != NULL && type->tp_hash == base->tp_hash && type->tp_richcompare == base->tp_richcompare;
}

bool
_PyJit_IsSafeKey(PyObject *o)
{
    return is_safe(o);
}

/* Two exact ints, of which ONE is small. */
static inline bool
are_equal_ints(PyObject *one, PyObject *other)
{
    const PyLongObject *x = (const PyLongObject *)one, *y = (const PyLongObject *)other;
    return x->long_value.lv_tag == y->long_value.lv_tag && x->long_value.ob_digit[0] == y->long_value.ob_digit[0];
}

/* Two exact strings that are not the same object. */
static inline bool
are_equal_strings(PyObject *one, PyObject *other)
{
    size_t n = (size_t)PyUnicode_GET_LENGTH(one), kind = (size_t)PyUnicode_KIND(one);
    return n == (size_t)PyUnicode_GET_LENGTH(other) && kind == (size_t)PyUnicode_KIND(other)
        && !(PyUnicode_CHECK_INTERNED(one) && PyUnicode_CHECK_INTERNED(other))
        && memcmp(PyUnicode_DATA(one), PyUnicode_DATA(other), n * kind) == 0;
}

/* The hash of KEY, which is safe. */
static inline Py_hash_t
hash_of(PyObject *key)
{
    if (PyUnicode_CheckExact(key) && ((PyASCIIObject *)key)->hash != -1) {
        return ((PyASCIIObject *)key)->hash;
    }
    if (_PyJitLeaf_IsSmall(key)) {
        Py_hash_t value = _PyLong_CompactValue((PyLongObject *)key);
        return value == -1 ? -2 : value;         // -1 is an error
    }
    return PyObject_Hash(key);
}

static int is_equal(PyObject *there, PyObject *key);

/* The same of two tuples, up to where they differ. */
static int
are_equal_tuples(PyObject *there, PyObject *key)
{
    Py_ssize_t n = PyTuple_GET_SIZE(there);
    int equal = n == PyTuple_GET_SIZE(key) ? 1 : UNSURE;
    for (Py_ssize_t i = 0; i < n && equal == 1; i++) {
        PyObject *x = PyTuple_GET_ITEM(there, i), *y = PyTuple_GET_ITEM(key, i);
        equal = x == y ? 1 : _PyJitLeaf_IsSmall(x) && PyLong_CheckExact(y) ? are_equal_ints(x, y) : is_equal(x, y);
    }
    return equal;
}

/* Are THERE, which is in a table, and KEY, which is safe, equal?  They have one hash.  1, 0 or UNSURE. */
static int
is_equal(PyObject *there, PyObject *key)
{
    if (there == key) {
        return 1;
    }
    if (PyUnicode_CheckExact(there) && PyUnicode_CheckExact(key)) {
        return are_equal_strings(there, key);
    }
    if (_PyJitLeaf_IsSmall(there) && PyLong_CheckExact(key)) {
        return are_equal_ints(there, key);
    }
    if (PyTuple_CheckExact(there) && PyTuple_CheckExact(key)) {
        return are_equal_tuples(there, key);
    }
    return is_safe(there) ? PyObject_RichCompareBool(there, key, Py_EQ) : UNSURE;
}

static Py_ssize_t
index_at(const PyDictKeysObject *keys, size_t i)
{
    const void *indices = keys->dk_indices;
    int bits = keys->dk_log2_size;
    return bits < 8 ? ((const int8_t *)indices)[i] : bits < 16 ? ((const int16_t *)indices)[i]
#if SIZEOF_VOID_P > 4
        : bits >= 32 ? (Py_ssize_t)((const int64_t *)indices)[i]
#endif
        : ((const int32_t *)indices)[i];
}

static inline void
set_index_at(PyDictKeysObject *keys, size_t i, Py_ssize_t entry)
{
    void *indices = keys->dk_indices;
    int bits = keys->dk_log2_size;
    if (bits < 8) {
        ((int8_t *)indices)[i] = (int8_t)entry;
    }
    else if (bits < 16) {
        ((int16_t *)indices)[i] = (int16_t)entry;
    }
#if SIZEOF_VOID_P > 4
    else if (bits >= 32) {
        ((int64_t *)indices)[i] = entry;
    }
#endif
    else {
        ((int32_t *)indices)[i] = (int32_t)entry;
    }
}

static inline PyObject *
key_at(PyDictKeysObject *keys, Py_ssize_t entry)
{
    return DK_IS_UNICODE(keys) ? DK_UNICODE_ENTRIES(keys)[entry].me_key : DK_ENTRIES(keys)[entry].me_key;
}

/* Which entry of KEYS has KEY, of HASH.  DKIX_EMPTY: none; DKIX_ERROR: nobody knows. */
static Py_ssize_t
find_entry(PyDictKeysObject *keys, PyObject *key, Py_hash_t hash)
{
    bool general = !DK_IS_UNICODE(keys);
    size_t mask = ((size_t)1 << keys->dk_log2_size) - 1, rest = (size_t)hash;
    for (size_t i = (size_t)hash & mask;; rest >>= PERTURB, i = (5 * i + 1 + rest) & mask) {
        Py_ssize_t entry = index_at(keys, i);
        if (entry == DKIX_EMPTY) {
            return DKIX_EMPTY;
        }
        if (entry < 0) {
            continue;          // deleted
        }
        PyObject *there = key_at(keys, entry);
        Py_hash_t other = general ? DK_ENTRIES(keys)[entry].me_hash : ((PyASCIIObject *)there)->hash;
        int equal = there == key ? 1 : other == hash ? is_equal(there, key) : 0;
        if (equal != 0) {
            return equal > 0 ? entry : DKIX_ERROR;
        }
    }
}

_Py_COMP_DIAG_PUSH
_Py_COMP_DIAG_IGNORE_DEPR_DECLS

/* Where a key was found last whose hash is not at hand: `d[x, y] += 1` looks for it twice.  A hint, for the second one. */
static struct {
    PyDictObject *dict;
    PyObject *key;
    uint64_t version;
    Py_ssize_t entry;
} last;

/* The entry of KEY in DICT, a tuple or so, and its hash.  AGAIN: it was looked for before. */
static Py_ssize_t
find_other(PyDictObject *dict, PyObject *key, bool again, Py_hash_t *hash)
{
    PyDictKeysObject *keys = dict->ma_keys;
    bool general = !DK_IS_UNICODE(keys);
    if (again && general && last.key == key && last.dict == dict && last.version == dict->ma_version_tag && last.entry < keys->dk_nentries) {
        // A table may have got another size though nothing in it has changed.
        const PyDictKeyEntry *there = &DK_ENTRIES(keys)[last.entry];
        if (there->me_key != NULL && is_equal(there->me_key, key) == 1) {
            *hash = there->me_hash;
            return last.entry;
        }
    }
    *hash = hash_of(key);
    Py_ssize_t entry = find_entry(keys, key, *hash);
    if (entry >= 0 && general) {
        last.dict = dict;
        last.key = key;
        last.version = dict->ma_version_tag;
        last.entry = entry;
    }
    return entry;
}

_Py_COMP_DIAG_POP

/* *place: where the value of KEY is, or NULL if there is none; *hash: its hash.  AGAIN: it was looked for before.  0, or UNSURE. */
static inline int
find_place(PyDictObject *dict, PyObject *key, bool again, Py_hash_t *hash, PyObject ***place)
{
    PyDictKeysObject *keys = dict->ma_keys;
    Py_ssize_t entry;
    *place = NULL;
    if (DK_IS_UNICODE(keys) && PyUnicode_CheckExact(key)) {
        entry = _PyDictKeys_StringLookup(keys, key);
        *hash = ((PyASCIIObject *)key)->hash;
    }
    else if (_PyJitLeaf_IsSmall(key) || PyUnicode_CheckExact(key)) {
        *hash = hash_of(key);
        entry = find_entry(keys, key, *hash);
    }
    else if (is_safe_to_look_for(key)) {
        entry = find_other(dict, key, again, hash);
    }
    else {
        return UNSURE;
    }
    if (entry >= 0) {
        *place = dict->ma_values != NULL ? &dict->ma_values->values[entry]
            : DK_IS_UNICODE(keys) ? &DK_UNICODE_ENTRIES(keys)[entry].me_value : &DK_ENTRIES(keys)[entry].me_value;
    }
    return entry == DKIX_ERROR ? UNSURE : 0;
}

int
_PyJitLeaf_FindPlace(PyObject *dict, PyObject *key, Py_hash_t *hash, PyObject ***place)
{
    return find_place((PyDictObject *)dict, key, false, hash, place);
}

int
_PyJitLeaf_FindValue(PyObject *dict, PyObject *key, Py_hash_t *hash, PyObject **value)
{
    PyObject **place;
    int result = find_place((PyDictObject *)dict, key, false, hash, &place);
    *value = place != NULL ? *place : NULL;
    return result;
}

int
_PyJit_DictFind(PyObject *dict, PyObject *key, PyObject **value)
{
    Py_hash_t hash;
    return _PyJitLeaf_FindValue(dict, key, &hash, value);
}

PyObject *
_PyJit_DictGet(PyObject *dict, PyObject *key)
{
    PyObject *value;
    return _PyJit_DictFind(dict, key, &value) < 0 ? NULL : value;
}

PyObject *
_PyJit_DictGetOr(PyObject *dict, PyObject *key, PyObject *otherwise)
{
    PyObject *value;
    return _PyJit_DictFind(dict, key, &value) < 0 ? NULL : value != NULL ? value : otherwise;
}

int64_t
_PyJit_DictHas(PyObject *dict, PyObject *key)
{
    PyObject *value;
    return _PyJit_DictFind(dict, key, &value) < 0 ? UNSURE : value != NULL;
}

/* *place: where SELF has KEY of HASH, or where it would get it.  1, 0 or UNSURE.  SAFE: the key is known to be safe. */
static inline int64_t
find_hashed(const PySetObject *self, PyObject *key, Py_hash_t hash, bool safe, setentry **place)
{
    size_t mask = (size_t)self->mask, rest = (size_t)hash;
    setentry *deleted = NULL;
    for (size_t i = (size_t)hash & mask;; rest >>= PERTURB, i = (5 * i + 1 + rest) & mask) {
        size_t end = i + NEIGHBOURS <= mask ? i + NEIGHBOURS : i;
        for (size_t k = i; k <= end; k++) {
            setentry *entry = &self->table[k];
            if (entry->key == NULL) {
                *place = deleted != NULL ? deleted : entry;
                return 0;
            }
            // A deleted entry has the hash -1, which no key has.
            int equal = entry->hash != hash ? 0 : entry->key == key ? 1 : safe || is_safe(key) ? is_equal(entry->key, key) : UNSURE;
            if (equal != 0) {
                *place = entry;
                return equal;
            }
            deleted = entry->hash == -1 ? entry : deleted;
        }
    }
}

/* The same of a key whose hash is not at hand. */
static inline int64_t
find_element(PyObject *set, PyObject *key, setentry **place, Py_hash_t *hash)
{
    if (!is_safe_to_look_for(key)) {
        return UNSURE;
    }
    *hash = hash_of(key);
    return find_hashed((const PySetObject *)set, key, *hash, true, place);
}

int64_t
_PyJitLeaf_FindHashed(PySetObject *set, PyObject *key, Py_hash_t hash, setentry **place)
{
    return find_hashed(set, key, hash, false, place);
}

int64_t
_PyJit_SetHas(PyObject *set, PyObject *key)
{
    setentry *place;
    Py_hash_t hash;
    return find_element(set, key, &place, &hash);
}

int64_t
_PyJitLeaf_FindElement(PyObject *set, PyObject *key, setentry **place)
{
    Py_hash_t hash;
    return find_element(set, key, place, &hash);
}

_Py_COMP_DIAG_PUSH
_Py_COMP_DIAG_IGNORE_DEPR_DECLS

bool
_PyJit_DictReplace(PyDictObject *dict, PyObject **place, PyObject *value)
{
    // The collector has to see the dict as soon as there is something for it.
    if (dict->ma_values != NULL || (PyObject_IS_GC(value) && !_PyObject_GC_IS_TRACKED(dict))) {
        return false;
    }
    PyObject *old = *place;
    dict->ma_version_tag = DICT_NEXT_VERSION(_PyInterpreterState_GET()) | (dict->ma_version_tag & DICT_WATCHER_AND_MODIFICATION_MASK);
    *place = Py_NewRef(value);
    Py_DECREF(old);
    return true;
}

PyObject **
_PyJit_DictPlace(PyDictObject *dict, PyObject *name, Py_ssize_t hint)
{
    PyDictKeysObject *keys = dict->ma_keys;
    if (!DK_IS_UNICODE(keys) || dict->ma_values != NULL || dict->ma_version_tag & DICT_WATCHER_MASK) {
        return NULL;
    }
    PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
    Py_ssize_t i = hint < keys->dk_nentries && entries[hint].me_key == name ? hint : _PyDictKeys_StringLookup(keys, name);
    return i >= 0 && entries[i].me_value != NULL ? &entries[i].me_value : NULL;
}

/* KEY, of HASH, which DICT lacks, gets VALUE, if there is room.  Nobody watches DICT. */
static bool
insert(PyDictObject *dict, PyObject *key, Py_hash_t hash, PyObject *value)
{
    PyDictKeysObject *keys = dict->ma_keys;
    bool of_strings = DK_IS_UNICODE(keys);
    if (keys->dk_usable <= 0 || (of_strings && !PyUnicode_CheckExact(key))
        || (!_PyObject_GC_IS_TRACKED(dict) && (_PyObject_GC_MAY_BE_TRACKED(key) || _PyObject_GC_MAY_BE_TRACKED(value)))) {
        return false;
    }
    size_t mask = ((size_t)1 << keys->dk_log2_size) - 1, rest = (size_t)hash, i = (size_t)hash & mask;
    while (index_at(keys, i) >= 0) {
        rest >>= PERTURB;
        i = (5 * i + 1 + rest) & mask;
    }
    Py_ssize_t entry = keys->dk_nentries++;
    keys->dk_usable--;
    keys->dk_version = 0;
    set_index_at(keys, i, entry);
    if (of_strings) {
        DK_UNICODE_ENTRIES(keys)[entry] = (PyDictUnicodeEntry){Py_NewRef(key), Py_NewRef(value)};
    }
    else {
        DK_ENTRIES(keys)[entry] = (PyDictKeyEntry){hash, Py_NewRef(key), Py_NewRef(value)};
    }
    dict->ma_used++;
    dict->ma_version_tag = DICT_NEXT_VERSION(_PyInterpreterState_GET()) | (dict->ma_version_tag & DICT_WATCHER_AND_MODIFICATION_MASK);
    return true;
}

PyObject *
_PyJitLeaf_TakeEntry(PyObject *dict, Py_hash_t hash, PyObject **place)
{
    PyDictObject *self = (PyDictObject *)dict;
    PyDictKeysObject *keys = self->ma_keys;
    bool of_strings = DK_IS_UNICODE(keys);
    PyDictUnicodeEntry *string = (PyDictUnicodeEntry *)((char *)place - offsetof(PyDictUnicodeEntry, me_value));
    PyDictKeyEntry *other = (PyDictKeyEntry *)((char *)place - offsetof(PyDictKeyEntry, me_value));
    Py_ssize_t entry = of_strings ? string - DK_UNICODE_ENTRIES(keys) : other - DK_ENTRIES(keys);
    PyObject *value = *place, *key = of_strings ? string->me_key : other->me_key;
    size_t mask = ((size_t)1 << keys->dk_log2_size) - 1, rest = (size_t)hash, i = (size_t)hash & mask;
    while (index_at(keys, i) != entry) {
        rest >>= PERTURB;
        i = (5 * i + 1 + rest) & mask;
    }
    set_index_at(keys, i, DKIX_DUMMY);
    if (of_strings) {
        *string = (PyDictUnicodeEntry){0};
    }
    else {
        *other = (PyDictKeyEntry){0};
    }
    keys->dk_version = 0;
    self->ma_used--;
    self->ma_version_tag = DICT_NEXT_VERSION(_PyInterpreterState_GET()) | (self->ma_version_tag & DICT_WATCHER_AND_MODIFICATION_MASK);
    Py_DECREF(key);
    return value;
}

/* Room for keys of SIZE bytes, in a table as KEYS are. */
static PyDictKeysObject *
room_for_keys(const PyDictKeysObject *keys, size_t size)
{
#ifdef WITH_FREELISTS
    struct _Py_dictkeys_freelist *free = &_Py_object_freelists_GET()->dictkeys;
    if (keys->dk_log2_size == LOG_SMALLEST && keys->dk_kind == DICT_KEYS_UNICODE && free->numfree > 0) {
        return free->items[--free->numfree];
    }
#endif
    return PyMem_Malloc(size);
}

/* A copy of KEYS, a table of strs, whose entries have no references yet.  NULL: memory is short. */
static PyDictKeysObject *
copy_keys(PyDictKeysObject *keys)
{
    size_t size = _PyDict_KeysSize(keys);
    PyDictKeysObject *copy = room_for_keys(keys, size);
    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy, keys, size);
    copy->dk_refcnt = 1;
    copy->dk_version = 0;
#ifdef Py_REF_DEBUG
    _Py_IncRefTotal(_PyThreadState_GET());
#endif
    return copy;
}

/* DICT, which has no keys yet, gets KEYS.  The ones that it had, which all such dicts share, are never given up. */
static void
give_keys(PyObject *dict, PyDictKeysObject *keys, bool tracked)
{
    PyDictObject *self = (PyDictObject *)dict;
    self->ma_keys = keys;
    self->ma_used = keys->dk_nentries;
    if (tracked && !_PyObject_GC_IS_TRACKED(dict)) {
        _PyObject_GC_TRACK(dict);
    }
}

PyObject *
_PyJitLeaf_CopyPattern(PyObject *pattern, PyObject *const *values)
{
    PyObject *dict = PyDict_New();
    PyDictKeysObject *keys = dict == NULL ? NULL : copy_keys(((PyDictObject *)pattern)->ma_keys);
    if (keys == NULL) {
        Py_XDECREF(dict);
        return NULL;
    }
    bool tracked = false;
    PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
    for (Py_ssize_t i = 0; i < keys->dk_nentries; i++) {
        Py_INCREF(entries[i].me_key);
        entries[i].me_value = Py_NewRef(values[i]);
        tracked |= _PyObject_GC_MAY_BE_TRACKED(values[i]);
    }
    give_keys(dict, keys, tracked);
    return dict;
}

bool
_PyJitLeaf_CloneDict(PyObject *dict, PyObject *other)
{
    PyDictObject *self = (PyDictObject *)dict;
    const PyDictObject *from = (const PyDictObject *)other;
    bool fits = self->ma_keys->dk_log2_size == 0 && self->ma_values == NULL && (self->ma_version_tag & DICT_WATCHER_MASK) == 0
        && from->ma_values == NULL && DK_IS_UNICODE(from->ma_keys) && from->ma_keys->dk_log2_size == LOG_SMALLEST
        && from->ma_used == from->ma_keys->dk_nentries && from->ma_used > 0;
    PyDictKeysObject *keys = fits ? copy_keys(from->ma_keys) : NULL;
    if (keys == NULL) {
        return false;
    }
    PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
    for (Py_ssize_t i = 0; i < keys->dk_nentries; i++) {
        Py_INCREF(entries[i].me_key);
        Py_INCREF(entries[i].me_value);
    }
    give_keys(dict, keys, _PyObject_GC_IS_TRACKED(other));
    self->ma_version_tag = DICT_NEXT_VERSION(_PyInterpreterState_GET()) | (self->ma_version_tag & DICT_WATCHER_AND_MODIFICATION_MASK);
    return true;
}

/* DICT, which has had no keys yet, gets KEY, a str of HASH, and VALUE, if a table is at hand.  Nobody watches DICT. */
static bool
insert_first(PyDictObject *dict, PyObject *key, Py_hash_t hash, PyObject *value)
{
#ifdef WITH_FREELISTS
    struct _Py_dictkeys_freelist *free = &_Py_object_freelists_GET()->dictkeys;
    if (free->numfree <= 0) {
        return false;
    }
    PyDictKeysObject *keys = free->items[--free->numfree];
    keys->dk_refcnt = 1;
    keys->dk_log2_size = keys->dk_log2_index_bytes = LOG_SMALLEST;
    keys->dk_kind = DICT_KEYS_UNICODE;
    keys->dk_version = 0;
    keys->dk_nentries = 1;
    keys->dk_usable = LEAST_ROOM - 1;
#ifdef Py_REF_DEBUG
    _Py_IncRefTotal(_PyThreadState_GET());
#endif
    memset(keys->dk_indices, 0xff, (size_t)1 << LOG_SMALLEST);
    set_index_at(keys, (size_t)hash & (((size_t)1 << LOG_SMALLEST) - 1), 0);
    PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
    entries[0] = (PyDictUnicodeEntry){Py_NewRef(key), Py_NewRef(value)};
    memset(entries + 1, 0, (LEAST_ROOM - 1) * sizeof(*entries));
    give_keys((PyObject *)dict, keys, _PyObject_GC_MAY_BE_TRACKED(value));
    dict->ma_version_tag = DICT_NEXT_VERSION(_PyInterpreterState_GET()) | (dict->ma_version_tag & DICT_WATCHER_AND_MODIFICATION_MASK);
    return true;
#else
    return false;
#endif
}

int
_PyJit_DictSet(PyObject *dict, PyObject *key, PyObject *value, bool again)
{
    PyDictObject *self = (PyDictObject *)dict;
    PyObject **place;
    Py_hash_t hash;
    if (self->ma_version_tag & DICT_WATCHER_MASK) {
        return UNSURE;
    }
    if (self->ma_keys->dk_log2_size == 0 && is_safe(key)) {
        place = NULL;          // it has nothing yet
        hash = hash_of(key);
        if (PyUnicode_CheckExact(key) && insert_first(self, key, hash, value)) {
            return 0;
        }
    }
    else if (find_place(self, key, again, &hash, &place) < 0) {
        return UNSURE;
    }
    PyObject *old = place != NULL ? *place : NULL;
    if (old == NULL && key == LOOKED_FOR) {
        return UNSURE;         // a dict would keep that tuple
    }
    if (old != NULL) {
        bool ends = Py_REFCNT(old) <= ENDS && !PyLong_CheckExact(old) && !PyUnicode_CheckExact(old) && !PyFloat_CheckExact(old);
        if (ends && !_PyJit_EndsQuietlyIn(old, ENDS, dict)) {
            return UNSURE;
        }
        if (_PyJit_DictReplace(self, place, value)) {
            return 0;
        }
    }
    else if (_PyDict_HasSplitTable(self)) {
        return UNSURE;         // a new attribute of an object: traces know which there are
    }
    else if (insert(self, key, hash, value)) {
        return 0;
    }
    int result = _PyDict_SetItem_KnownHash(dict, key, value, hash);
    if (result < 0) {
        PyErr_Clear();
    }
    return result;
}

_Py_COMP_DIAG_POP

int
_PyJit_SetAdd(PyObject *set, PyObject *key)
{
    PySetObject *self = (PySetObject *)set;
    setentry *place;
    Py_hash_t hash;
    int64_t has = find_element(set, key, &place, &hash);
    if (has != 0) {
        return has < 0 ? UNSURE : 0;
    }
    bool fresh = place->key == NULL;
    if (!fresh || (size_t)(self->fill + 1) * 5 < (size_t)self->mask * 3) {
        place->key = Py_NewRef(key);
        place->hash = hash;
        self->fill += fresh;
        self->used++;
        return 0;
    }
    int result = PySet_Add(set, key);      // the table grows
    if (result < 0) {
        PyErr_Clear();
    }
    return result;
}

int64_t
_PyJit_StrHas(PyObject *str, PyObject *part)
{
    int has = PyUnicode_Contains(str, part);
    if (has < 0) {
        PyErr_Clear();         // memory is short
    }
    return has;
}

/* Are ITEM of a list or a tuple and KEY equal, which are not the same object?  SAFE: KEY is.  1, 0 or UNSURE. */
static int
is_equal_item(PyObject *item, PyObject *key, bool safe)
{
    return safe && is_safe(item) ? PyObject_RichCompareBool(item, key, Py_EQ) : UNSURE;
}

Py_ssize_t
_PyJitLeaf_FindItem(PyObject *sequence, PyObject *key, Py_ssize_t start)
{
    PyObject **items = PySequence_Fast_ITEMS(sequence);
    Py_ssize_t n = PySequence_Fast_GET_SIZE(sequence), i = start;
    int equal = 0;
    if (_PyJitLeaf_IsSmall(key)) {
        for (; i < n && equal == 0; i++) {
            PyObject *item = items[i];
            equal = item == key ? 1 : PyLong_CheckExact(item) ? are_equal_ints(key, item)
                : PyUnicode_CheckExact(item) ? 0 : is_equal_item(item, key, true);
        }
    }
    else if (PyUnicode_CheckExact(key)) {
        for (; i < n && equal == 0; i++) {
            PyObject *item = items[i];
            equal = item == key ? 1 : PyUnicode_CheckExact(item) ? are_equal_strings(item, key)
                : PyLong_CheckExact(item) ? 0 : is_equal_item(item, key, true);
        }
    }
    else {
        bool safe = is_safe_to_look_for(key), real = PyFloat_CheckExact(key);
        for (; i < n && equal == 0; i++) {
            PyObject *item = items[i];
            equal = item == key ? 1 : real && PyFloat_CheckExact(item) ? PyFloat_AS_DOUBLE(item) == PyFloat_AS_DOUBLE(key)
                : is_equal_item(item, key, safe);
        }
    }
    return equal == 0 ? n : equal < 0 ? UNSURE : i - 1;
}

int64_t
_PyJit_SequenceHas(PyObject *sequence, PyObject *key)
{
    Py_ssize_t i = _PyJitLeaf_FindItem(sequence, key, 0);
    return i < 0 ? UNSURE : i < PySequence_Fast_GET_SIZE(sequence);
}

/* --- Tuples that are only looked for ---------------------------------------------------------------------------------- */

PyObject *_PyJit_KeyItems[JIT_MOST_KEY_ITEMS];

static void
begin_static(PyObject *o, PyTypeObject *type)
{
    Py_SET_REFCNT(o, _Py_IMMORTAL_REFCNT);
    Py_SET_TYPE(o, type);
}

void
_PyJit_SetKeyInt(uint32_t i, int64_t value)
{
    static union {
        PyLongObject number;
        char room[INT_SIZE];
    } numbers[JIT_MOST_KEY_ITEMS];
    if (-_PY_NSMALLNEGINTS <= value && value < _PY_NSMALLPOSINTS) {
        _PyJit_KeyItems[i] = (PyObject *)&_PyLong_SMALL_INTS[_PY_NSMALLNEGINTS + value];
        return;
    }
    PyLongObject *number = (PyLongObject *)numbers[i].room;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    Py_ssize_t digits = 0;
    for (digit *at = number->long_value.ob_digit; rest != 0; rest >>= PyLong_SHIFT) {
        at[digits++] = (digit)(rest & PyLong_MASK);
    }
    begin_static((PyObject *)number, &PyLong_Type);
    _PyLong_SetSignAndDigitCount(number, value < 0 ? -1 : 1, digits);
    _PyJit_KeyItems[i] = (PyObject *)number;
}

PyObject *
_PyJit_KeyTuple(uint32_t n)
{
    PyTupleObject *tuple = (PyTupleObject *)LOOKED_FOR;
    begin_static((PyObject *)tuple, &PyTuple_Type);
    tuple->ob_base.ob_size = (Py_ssize_t)n;
    PyObject **items = tuple->ob_item;
    for (uint32_t i = 0; i < n; i++) {
        items[i] = _PyJit_KeyItems[i];
        __asm__ volatile("" : : : "memory");      // no call of memcpy
    }
    return (PyObject *)tuple;
}

/* --- Keywords --------------------------------------------------------------------------------------------------------- */

bool
_PyJit_HasNames(PyObject *dict, PyObject *names)
{
    const PyDictObject *d = (const PyDictObject *)dict;
    PyDictKeysObject *keys = d->ma_keys;
    Py_ssize_t n = PyTuple_GET_SIZE(names);
    if (d->ma_used != n || keys->dk_nentries != n || d->ma_values != NULL || !DK_IS_UNICODE(keys)) {
        return false;
    }
    const PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
    for (Py_ssize_t i = 0; i < n; i++) {
        if (entries[i].me_key != PyTuple_GET_ITEM(names, i)) {
            return false;
        }
    }
    return true;
}

PyObject *
_PyJit_NewTupleWith(PyObject *other, uint32_t n)
{
    PyObject *tuple = _PyJit_NewTuple(n);
    if (tuple == NULL) {
        Py_DECREF(other);
    }
    return tuple;
}

#endif /* _Py_TIER2 */
