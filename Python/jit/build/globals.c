/* Lowering rules of globals and builtins.
 *
 * The value is a constant of the trace where its key is watched (run/watch.c), which makes it known in every rule that follows: a number
 * is folded, a builtin is recognized, a function is inlined without a check.  Where the key changes often the value is loaded
 * from its entry, as tier 1 does, after a check of the dict's keys.  Then the entry is a field like an attribute (optimize/forward.c).
 *
 * A trace that stores to a global makes its key one that changes often, before anything is built (_PyJitGlobals_GiveUp).  So no trace
 * takes it for a constant any more, and nobody has to be told of the store but watchers of others, which a check is for.
 *
 * The same code may run with other globals: a check says that the frame has those that were seen.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_ceval.h"
#include "pycore_code.h"
#include "pycore_dict.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"
#include "jit/build/rules.h"

/* The walk's frame runs a function, known by now, that has other globals or builtins. */
static bool
has_others(const _PyJitBuilder *b, PyObject *globals, PyObject *builtins)
{
    _PyJitRef ref = b->frames[b->nframes - 1].function;
    if (in_memory(b) || !JIT_IS_CONST(ref) || ref == JIT_REF_NONE) {
        return false;
    }
    const PyFunctionObject *function = (const PyFunctionObject *)(uintptr_t)JIT_INS(b->t, ref)->bits;
    return function->func_globals != globals || (builtins != NULL && function->func_builtins != builtins);
}

static void
check_globals(_PyJitBuilder *b, PyObject *globals, PyObject *builtins)
{
    if (!in_memory(b)) {
        // The frame would have what its function has, which never changes.
        _PyJitRef function = this_frame(b)->function, generator = this_frame(b)->generator;
        if (generator != JIT_REF_NONE) {
            function = _PyJitBuild_Emit(b, JIT_OP_LOAD_GEN_FUNCTION, generator, JIT_REF_NONE, 0);
        }
        if (!JIT_IS_CONST(function)) {
            (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_GLOBALS_OF, function, object_const(b, globals), 0);
            if (builtins != NULL) {
                (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_BUILTINS_OF, function, object_const(b, builtins), 0);
            }
        }
        return;
    }
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_GLOBALS, object_const(b, globals), JIT_REF_NONE, 0);
    if (builtins != NULL) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_BUILTINS, object_const(b, builtins), JIT_REF_NONE, 0);
    }
}

bool
_PyJitGlobals_CanCheck(const _PyJitBuilder *b, PyObject *globals)
{
    return PyDict_CheckExact(globals) && !has_others(b, globals, NULL)
        && _PyEval_BuiltinsFromGlobals(_PyThreadState_GET(), globals) == _PyInterpreterState_GET()->builtins;
}

void
_PyJitGlobals_Check(_PyJitBuilder *b, PyObject *globals)
{
    check_globals(b, globals, NULL);
    b->failed |= _PyJitWatch_Depend(b->t, globals, &_Py_ID(__builtins__)) < 0;
}

/* Where the value of entry INDEX is, as a place of what DICT_ENTRIES gives. */
static uint32_t
place_of(uint32_t index)
{
    return (uint32_t)(index * sizeof(PyDictUnicodeEntry) + offsetof(PyDictUnicodeEntry, me_value));
}

/* The entries of GLOBALS, a dict that has keys of VERSION. */
static _PyJitRef
entries_of(_PyJitBuilder *b, PyObject *globals, uint32_t version)
{
    _PyJitRef dict = object_const(b, globals);
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_KEYS, dict, JIT_REF_NONE, version);
    return emit1(b, JIT_OP_DICT_ENTRIES, dict);
}

static void
push_entry(_PyJitBuilder *b, PyObject *globals, uint32_t version, uint32_t index)
{
    _PyJitField field = _PyJitForward_Load(b, entries_of(b, globals, version), version, place_of(index), true);
    _PyJitSlot_PushHeap(b, field.value);
    b->slots[b->depth - 1].number = field.number;
    b->slots[b->depth - 1].plain = field.number != JIT_REF_NONE;
}

void
_PyJitGlobals_GiveUp(const _PyJitTrace *t, const _PyJitRecord *record)
{
    if ((record->opcode == STORE_GLOBAL || record->opcode == STORE_NAME) && record->seen != NULL) {
        _PyJitWatch_GiveUp(record->seen, PyTuple_GET_ITEM(t->codes[record->code]->co_names, record->oparg));
    }
}

/* Names of a module's own code: what the record has seen is what the frame has for its locals, too. */
static void
check_namespace(_PyJitBuilder *b, int opcode, PyObject *globals)
{
    check_globals(b, globals, NULL);
    if (opcode != STORE_GLOBAL) {
        (void)emit1(b, JIT_OP_GUARD_LOCALS, object_const(b, globals));
    }
}

#define ABSENT (-1)
#define UNKNOWN (-2)

/* The entry that NAME has in DICT, with keys of *version that can be checked; ABSENT, or UNKNOWN. */
static Py_ssize_t
find_entry(PyObject *dict, PyObject *name, uint32_t *version)
{
    PyDictKeysObject *keys = ((PyDictObject *)dict)->ma_keys;
    *version = _PyDictKeys_GetVersionForCurrentState(_PyInterpreterState_GET(), keys);
    if (!is_version(*version) || !DK_IS_UNICODE(keys) || ((PyDictObject *)dict)->ma_values != NULL) {
        return UNKNOWN;
    }
    Py_ssize_t entry = _PyDictKeys_StringLookup(keys, name);
    return entry == DKIX_EMPTY ? ABSENT : entry >= 0 && entry <= UINT16_MAX ? entry : UNKNOWN;
}

/* STORE_GLOBAL, STORE_NAME: the key has a value, and keeps its entry. */
static uint32_t
store(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    PyObject *globals = record->seen, *name = PyTuple_GET_ITEM(b->t->codes[record->code]->co_names, record->oparg);
    unsigned int old = JIT_TAG(record->types, 2);
    if (globals == NULL || has_others(b, globals, NULL) || old == JIT_TAG_OTHER || old == JIT_TAG_NULL
        || (record->opcode == STORE_NAME && !in_memory(b)) || !_PyJitWatch_IsFree(globals, name)) {
        return REFUSE(b);
    }
    uint32_t version;
    Py_ssize_t entry = find_entry(globals, name, &version);
    if (entry < 0) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    check_namespace(b, record->opcode, globals);
    _PyJitRef entries = entries_of(b, globals, version), dict = object_const(b, globals);
    (void)emit1(b, JIT_OP_GUARD_UNHEARD, dict);
    if (!_PyJitSlot_IsBare(b, b->depth - 1)) {
        (void)emit1(b, JIT_OP_GUARD_TRACKED, dict);
    }
    _PyJitAttribute_Replace(b, entries, version, place_of((uint32_t)entry), old, 0);
    (void)emit1(b, JIT_OP_DICT_CHANGED, dict);
    return 1;
}

/* LOAD_NAME: from the module, or else a builtin. */
static uint32_t
load_name(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    PyObject *globals = record->seen, *builtins = _PyInterpreterState_GET()->builtins;
    PyObject *name = PyTuple_GET_ITEM(b->t->codes[record->code]->co_names, record->oparg), *value;
    if (globals == NULL || !in_memory(b)) {
        return REFUSE(b);
    }
    uint32_t version, builtins_version;
    Py_ssize_t entry = find_entry(globals, name, &version);
    bool here = entry >= 0;
    if (here) {
        value = _PyJitWatch_Constant(globals, name, version, (uint32_t)entry);
    }
    else {
        bool absent = entry == ABSENT && _PyJitWatch_Absent(globals, name, version);
        entry = absent ? find_entry(builtins, name, &builtins_version) : UNKNOWN;
        value = entry >= 0 ? _PyJitWatch_Constant(builtins, name, builtins_version, (uint32_t)entry) : NULL;
        if (value == NULL) {
            return REFUSE(b);
        }
    }
    _PyJitLower_Begin(b, index);
    check_namespace(b, LOAD_NAME, globals);
    if (value == NULL) {
        push_entry(b, globals, version, (uint32_t)entry);
        return 1;
    }
    b->failed |= _PyJitWatch_Depend(b->t, globals, name) < 0;
    if (!here) {
        (void)emit1(b, JIT_OP_GUARD_BUILTINS, object_const(b, builtins));
        b->failed |= _PyJitWatch_Depend(b->t, builtins, name) < 0;
    }
    _PyJitSlot_PushConst(b, value);
    return 1;
}

static uint32_t
load(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    const _Py_CODEUNIT *units = &b->t->units[record->units];
    PyObject *globals = record->seen;
    if (globals == NULL) {
        return REFUSE(b);
    }
    PyObject *name = PyTuple_GET_ITEM(b->t->codes[record->code]->co_names, record->oparg >> 1);
    PyObject *builtins = record->opcode == LOAD_GLOBAL_BUILTIN ? _PyInterpreterState_GET()->builtins : NULL;
    if (has_others(b, globals, builtins)) {
        return REFUSE(b);
    }
    uint32_t version = units[2].cache, builtins_version = units[3].cache, entry = units[4].cache;
    PyObject *value;
    if (builtins != NULL) {
        value = _PyJitWatch_Absent(globals, name, version) ? _PyJitWatch_Constant(builtins, name, builtins_version, entry) : NULL;
        if (value == NULL) {
            return REFUSE(b);
        }
    }
    else {
        value = _PyJitWatch_Constant(globals, name, version, entry);
        if (value == NULL && (!PyDict_CheckExact(globals) || !is_version(version))) {
            return REFUSE(b);
        }
    }
    _PyJitLower_Begin(b, index);
    check_globals(b, globals, builtins);
    if (value != NULL) {
        b->failed |= _PyJitWatch_Depend(b->t, globals, name) < 0
            || (builtins != NULL && _PyJitWatch_Depend(b->t, builtins, name) < 0);
        _PyJitSlot_PushConst(b, value);
    }
    else {
        push_entry(b, globals, version, entry);
    }
    if (record->oparg & 1) {
        _PyJitSlot_PushNull(b);
    }
    return 1;
}

uint32_t
_PyJitLower_Global(_PyJitBuilder *b, uint32_t index)
{
    switch (b->t->records[index].opcode) {
        case STORE_GLOBAL:
        case STORE_NAME:
            return store(b, index);
        case LOAD_NAME:
            return load_name(b, index);
        default:
            return load(b, index);
    }
}

#endif /* _Py_TIER2 */
