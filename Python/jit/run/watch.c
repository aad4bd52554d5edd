/* Values of dicts as constants: globals and builtins.
 *
 * A trace that uses a dict's value as a constant depends on the dict and on the key.  The dict is watched: the dict
 * implementation calls on_change before anything changes, and whoever depends on the key (or on the whole dict, where all of it
 * changes) is invalid before the old value is given up.  A trace that runs at that moment is inside an opaque operation and leaves
 * at the CHECK_VALID behind it.
 *
 * Rules:
 *  1. What a trace depends on is named by one word, a key of the dependents' table (depend.c): the address of the dict, or
 *     an odd number made from that address and the hash of a str.  Two keys with the same number cost an invalidation too many.
 *  2. A key that is no exact str may be equal to any str: its change is a change of the whole dict.
 *  3. A key that changed often while it was watched, or that a trace stores to, is not taken for a constant any more.  Counts are kept by
 *     that number modulo the size of a table; strangers in the same place lose a constant, nothing else.  They never go down, so whoever
 *     finds a key without dependents after that (_PyJitWatch_IsFree) may change its value and tell nobody.
 *  4. Nothing is ever unwatched: a bit in the dict says that it is, and a watched dict nobody depends on costs one search a change.
 *
 * The watcher (JIT_DICT_WATCHER) is one of those upstream keeps for the interpreter's own use.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_dict.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"
#include "pycore_jit_helpers.h"
#include "jit/run/run.h"

#define COUNTS 4096
#define MOST_CHANGES 3

static uint8_t changes[COUNTS];

/* The hash of NAME, or -1 where it is no exact str, or not hashed yet. */
static Py_hash_t
hash_of(PyObject *name)
{
    return PyUnicode_CheckExact(name) ? ((PyASCIIObject *)name)->hash : -1;
}

static uintptr_t
key_of(PyObject *dict, Py_hash_t hash)
{
    return ((uintptr_t)dict ^ ((uintptr_t)hash * 0x9e3779b97f4a7c15u >> 16)) | 1;
}

static uint8_t *
count_of(uintptr_t key)
{
    return &changes[(key >> 1) * 0x9e3779b97f4a7c15u >> 20 & (COUNTS - 1)];
}

/* A PyDict_WatchCallback. */
static int
on_change(PyDict_WatchEvent event, PyObject *dict, PyObject *name, PyObject *Py_UNUSED(value))
{
    Py_hash_t hash = -1;
    if (event == PyDict_EVENT_ADDED || event == PyDict_EVENT_MODIFIED || event == PyDict_EVENT_DELETED) {
        hash = hash_of(name);
    }
    if (hash == -1) {
        _PyJitExecutor_InvalidateDependents(dict);
        return 0;
    }
    uintptr_t key = key_of(dict, hash);
    uint8_t *count = count_of(key);
    *count += *count < UINT8_MAX;
    _PyJitExecutor_InvalidateDependents((void *)key);
    return 0;
}

void
_PyJitWatch_Start(PyInterpreterState *interp)
{
    interp->dict_state.watchers[JIT_DICT_WATCHER] = on_change;
}

/* Is DICT what the instruction was specialized for, and NAME's value in it steady?  It is watched then. */
static bool
is_watchable(PyObject *dict, PyObject *name, uint32_t version)
{
    if (!PyDict_CheckExact(dict) || version == 0 || hash_of(name) == -1) {
        return false;
    }
    const PyDictKeysObject *keys = ((PyDictObject *)dict)->ma_keys;
    return keys->dk_version == version && DK_IS_UNICODE(keys) && *count_of(key_of(dict, hash_of(name))) < MOST_CHANGES;
}

PyObject *
_PyJitWatch_Constant(PyObject *dict, PyObject *name, uint32_t version, uint32_t index)
{
    if (!is_watchable(dict, name, version)) {
        return NULL;
    }
    PyDictKeysObject *keys = ((PyDictObject *)dict)->ma_keys;
    const PyDictUnicodeEntry *entry = &DK_UNICODE_ENTRIES(keys)[index];
    return (Py_ssize_t)index < keys->dk_nentries && entry->me_key == name ? entry->me_value : NULL;
}

bool
_PyJitWatch_Absent(PyObject *dict, PyObject *name, uint32_t version)
{
    // Keys with this version were searched in vain when the instruction was specialized.
    return is_watchable(dict, name, version);
}

void
_PyJitWatch_GiveUp(PyObject *dict, PyObject *name)
{
    if (hash_of(name) != -1) {
        *count_of(key_of(dict, hash_of(name))) = UINT8_MAX;
    }
}

bool
_PyJitWatch_IsFree(PyObject *dict, PyObject *name)
{
    if (!PyDict_CheckExact(dict) || hash_of(name) == -1) {
        return false;
    }
    uintptr_t key = key_of(dict, hash_of(name));
    return *count_of(key) >= MOST_CHANGES && (ENGINE->dependents == NULL || !_PyJitDepend_Has((void *)key));
}

int
_PyJitWatch_Depend(_PyJitTrace *trace, PyObject *dict, PyObject *name)
{
    if (PyDict_Watch(JIT_DICT_WATCHER, dict) < 0) {
        PyErr_Clear();
        return -1;
    }
    return _PyJitTrace_AddWatched(trace, dict) < 0
        || _PyJitTrace_AddWatched(trace, (void *)key_of(dict, hash_of(name))) < 0 ? -1 : 0;
}

#endif /* _Py_TIER2 */
