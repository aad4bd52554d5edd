/* Builtins that traces call directly: functions, classes, and methods of builtin types.
 *
 * With arguments of the right types they run no code of users, so nothing has to be in memory for them.  Each function here looks at
 * the types first; then it does what the builtin does.  One that fails has changed nothing: tier 1 calls the builtin again, which
 * raises.
 *
 * With RUN false a function only says whether it could: it gives anything but NULL then, borrowed.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include <string.h>
#include "opcode.h"
#include "structmember.h"
#include "pycore_descrobject.h"
#include "pycore_ceval.h"
#include "pycore_dict.h"
#include "pycore_interp.h"
#include "pycore_intrinsics.h"
#include "pycore_jit_helpers.h"
#include "pycore_list.h"
#include "pycore_long.h"
#include "pycore_object.h"
#include "pycore_typeobject.h"
#include "jit/objects/leaves.h"
#include "pycore_pystate.h"

#define MOST_ARGUMENTS 4
#define FLAGS (JIT_LEAF_BOUND | JIT_LEAF_FOUR | JIT_LEAF_SELF)

PyObject *_PyJit_Arguments[JIT_MOST_ARGUMENTS];

/* To iterate over O runs no code of users, and making the iterator runs none. */
static bool
is_iterable(PyObject *o)
{
    PyTypeObject *type = Py_TYPE(o);
    return type == &PyList_Type || type == &PyTuple_Type || type == &PyDict_Type || type == &PyUnicode_Type || type == &PyRange_Type
        || type == &PySet_Type || type == &PyFrozenSet_Type || type == &PyDictKeys_Type || type == &PyDictValues_Type
        || type == &PyDictItems_Type || type == &PyBytes_Type;
}

static PyObject *
none(int result)
{
    return result < 0 ? NULL : Py_None;
}

/* --- Classes ---------------------------------------------------------------------------------------------------------- */

static PyObject *
new_str(PyObject *const *args, bool run)
{
    PyObject *o = args[0];
    COULD((PyUnicode_CheckExact(o) || PyLong_CheckExact(o) || PyFloat_CheckExact(o) || PyBool_Check(o) || o == Py_None) && is_moderate(o));
    return _PyJitLeaf_IsSmall(o) ? _PyJitLeaf_Decimal(o) : PyObject_Str(o);
}

static PyObject *
new_int(PyObject *const *args, bool run)
{
    PyObject *o = args[0];
    if (args[1] != NULL) {
        COULD(PyUnicode_CheckExact(o) && PyUnicode_GET_LENGTH(o) <= 1000 && _PyJitLeaf_IsSmall(args[1]));
        return PyObject_Vectorcall((PyObject *)&PyLong_Type, args, 2, NULL);
    }
    if (PyUnicode_CheckExact(o)) {
        return _PyJitLeaf_ReadInt(o, run);
    }
    COULD(PyLong_CheckExact(o) || PyFloat_CheckExact(o) || PyBool_Check(o));
    return PyNumber_Long(o);
}

static PyObject *
new_float(PyObject *const *args, bool run)
{
    PyObject *o = args[0];
    COULD(PyUnicode_CheckExact(o) ? _PyJitLeaf_IsFloatText(o) : PyLong_CheckExact(o) || PyFloat_CheckExact(o) || PyBool_Check(o));
    return PyNumber_Float(o);
}

static PyObject *
new_list(PyObject *const *args, bool run)
{
    COULD(args[0] == NULL || is_iterable(args[0]));
    return args[0] == NULL ? PyList_New(0) : PySequence_List(args[0]);
}

static PyObject *
new_tuple(PyObject *const *args, bool run)
{
    COULD(args[0] == NULL || is_iterable(args[0]));
    return args[0] == NULL ? PyTuple_New(0) : PySequence_Tuple(args[0]);
}

/* To fill a new dict from O, one too, compares no keys but strs. */
static bool
merges_quietly(PyObject *o)
{
    const PyDictObject *dict = (const PyDictObject *)o;
    const PyDictKeysObject *keys = dict->ma_keys;
    // A table without gaps that is the smallest there is, or more than a third full, is copied as it is.
    return DK_IS_UNICODE(keys)
        || (dict->ma_used == keys->dk_nentries && (DK_SIZE(keys) <= 8 || DK_SIZE(keys) / 3 < dict->ma_used));
}

static PyObject *
new_dict(PyObject *const *args, bool run)
{
    COULD(args[0] == NULL || (PyDict_CheckExact(args[0]) && merges_quietly(args[0])));
    // PyDict_Copy would make a table of another size.
    PyObject *made = PyDict_New();
    if (made != NULL && args[0] != NULL && PyDict_Merge(made, args[0], 1) < 0) {
        Py_CLEAR(made);
    }
    return made;
}

/* A set, or frozenset, of what is in ARGS[0], which may be NULL. */
static PyObject *
make_set(PyTypeObject *type, PyObject *const *args, bool run)
{
    PyObject *o = args[0];
    if (o == NULL || PyUnicode_CheckExact(o) || PyRange_Check(o)) {
        COULD(true);
        return type == &PySet_Type ? PySet_New(o) : PyFrozenSet_New(o);
    }
    PyObject *made = _PyJitLeaf_SetOf(type, o);
    return run ? made : _PyJitLeaf_Could(made);
}

static PyObject *
new_set(PyObject *const *args, bool run)
{
    return make_set(&PySet_Type, args, run);
}

static PyObject *
new_frozen_set(PyObject *const *args, bool run)
{
    if (args[0] != NULL && PyFrozenSet_CheckExact(args[0])) {
        COULD(true);
        return Py_NewRef(args[0]);
    }
    return make_set(&PyFrozenSet_Type, args, run);
}

static PyObject *
new_range(PyObject *const *args, bool run)
{
    Py_ssize_t n = 0;
    while (args[n] != NULL && _PyJitLeaf_IsSmall(args[n])) {
        n++;
    }
    COULD(n > 0 && args[n] == NULL);
    return PyObject_Vectorcall((PyObject *)&PyRange_Type, args, (size_t)n, NULL);
}

static PyObject *
new_reversed(PyObject *const *args, bool run)
{
    PyTypeObject *type = Py_TYPE(args[0]);
    COULD(type == &PyList_Type || type == &PyTuple_Type || type == &PyUnicode_Type || type == &PyRange_Type);
    return PyObject_Vectorcall((PyObject *)&PyReversed_Type, args, 1, NULL);
}

static PyObject *
new_enumerate(PyObject *const *args, bool run)
{
    COULD(is_iterable(args[0]) && (args[1] == NULL || PyLong_CheckExact(args[1])));
    return PyObject_Vectorcall((PyObject *)&PyEnum_Type, args, args[1] == NULL ? 1 : 2, NULL);
}

static PyObject *
new_zip(PyObject *const *args, bool run)
{
    COULD(is_iterable(args[0]) && is_iterable(args[1]) && (args[2] == NULL || is_iterable(args[2])));
    return _PyJitIter_NewZip(args, args[2] == NULL ? 2 : 3);
}

/* --- Functions -------------------------------------------------------------------------------------------------------- */

static PyObject *
call_repr(PyObject *const *args, bool run)
{
    PyObject *o = args[0];
    COULD((PyUnicode_CheckExact(o) || PyLong_CheckExact(o) || PyFloat_CheckExact(o) || PyBool_Check(o) || o == Py_None) && is_moderate(o));
    return _PyJitLeaf_IsSmall(o) ? _PyJitLeaf_Decimal(o) : PyObject_Repr(o);
}

static PyObject *
call_divmod(PyObject *const *args, bool run)
{
    COULD((PyLong_CheckExact(args[0]) || PyFloat_CheckExact(args[0])) && (PyLong_CheckExact(args[1]) || PyFloat_CheckExact(args[1]))
          && is_moderate(args[0]) && is_moderate(args[1]));
    if (!_PyJitLeaf_IsSmall(args[0]) || !_PyJitLeaf_IsSmall(args[1]) || _PyLong_IsZero((PyLongObject *)args[1])) {
        return PyNumber_Divmod(args[0], args[1]);
    }
    Py_ssize_t x = _PyLong_CompactValue((PyLongObject *)args[0]), y = _PyLong_CompactValue((PyLongObject *)args[1]), rest = x % y;
    bool lower = rest != 0 && (rest ^ y) < 0;
    PyObject *both = _PyJit_NewTuple(2), *numbers[] = {PyLong_FromSsize_t(x / y - lower), PyLong_FromSsize_t(rest + (lower ? y : 0))};
    if (both == NULL || numbers[0] == NULL || numbers[1] == NULL) {
        Py_XDECREF(both);
        Py_XDECREF(numbers[0]);
        Py_XDECREF(numbers[1]);
        return NULL;
    }
    PyTuple_SET_ITEM(both, 0, numbers[0]);
    PyTuple_SET_ITEM(both, 1, numbers[1]);
    return both;
}

static int64_t
ask_hash(PyObject *const *args)
{
    return _PyJit_IsSafeKey(args[0]) ? (int64_t)PyObject_Hash(args[0]) : INT64_MIN;
}

static PyObject *
could_hash(PyObject *const *args, bool run)
{
    return _PyJit_IsSafeKey(args[0]) ? Py_True : NULL;
}

/* --- Methods ---------------------------------------------------------------------------------------------------------- */

static int64_t
ask_bit_length(PyObject *const *args)
{
    return PyLong_CheckExact(args[0]) ? (int64_t)_PyLong_NumBits(args[0]) : INT64_MIN;
}

static PyObject *
could_bit_length(PyObject *const *args, bool run)
{
    return PyLong_CheckExact(args[0]) ? Py_True : NULL;
}

static PyObject *
dict_items(PyObject *const *args, bool run)
{
    COULD(PyDict_Check(args[0]));
    return _PyDictView_New(args[0], &PyDictItems_Type);
}

static PyObject *
dict_keys(PyObject *const *args, bool run)
{
    COULD(PyDict_Check(args[0]));
    return _PyDictView_New(args[0], &PyDictKeys_Type);
}

static PyObject *
dict_values(PyObject *const *args, bool run)
{
    COULD(PyDict_Check(args[0]));
    return _PyDictView_New(args[0], &PyDictValues_Type);
}

static PyObject *
dict_copy(PyObject *const *args, bool run)
{
    // A class with an iterator of its own is asked for its keys.
    COULD(PyDict_Check(args[0]) && Py_TYPE(args[0])->tp_iter == PyDict_Type.tp_iter);
    return PyDict_Copy(args[0]);
}

static PyObject *
dict_get(PyObject *const *args, bool run)
{
    PyObject *value;
    COULD(PyDict_Check(args[0]) && _PyJit_DictFind(args[0], args[1], &value) >= 0);
    return Py_NewRef(value != NULL ? value : args[2] != NULL ? args[2] : Py_None);
}

_Py_COMP_DIAG_PUSH
_Py_COMP_DIAG_IGNORE_DEPR_DECLS

/* O is an exact dict that nobody watches; whether it has KEY, of HASH, can be said: *place is where the value is, or NULL. */
static bool
is_simple_dict(PyObject *o, PyObject *key, Py_hash_t *hash, PyObject ***place)
{
    if (!PyDict_CheckExact(o) || ((PyDictObject *)o)->ma_version_tag & DICT_WATCHER_MASK || _PyJitLeaf_FindPlace(o, key, hash, place) < 0) {
        return false;
    }
    *place = *place != NULL && **place != NULL ? *place : NULL;
    return true;
}

_Py_COMP_DIAG_POP

static PyObject *
dict_setdefault(PyObject *const *args, bool run)
{
    PyObject **place, *otherwise = args[2] != NULL ? args[2] : Py_None;
    Py_hash_t hash;
    COULD(is_simple_dict(args[0], args[1], &hash, &place));
    if (place != NULL) {
        return Py_NewRef(*place);
    }
    return _PyJit_DictSet(args[0], args[1], otherwise, true) < 0 ? NULL : Py_NewRef(otherwise);
}

static PyObject *
dict_pop(PyObject *const *args, bool run)
{
    PyObject *value, **place;
    Py_hash_t hash;
    COULD(is_simple_dict(args[0], args[1], &hash, &place) && (place == NULL ? args[2] != NULL : _PyJitLeaf_KeyCanGo(args[1])));
    if (place == NULL) {
        return Py_NewRef(args[2]);
    }
    if (((PyDictObject *)args[0])->ma_values == NULL) {
        return _PyJitLeaf_TakeEntry(args[0], hash, place);
    }
    return _PyDict_Pop_KnownHash((PyDictObject *)args[0], args[1], hash, &value) < 0 ? NULL : value;
}

static PyObject *
list_extend(PyObject *const *args, bool run)
{
    // All at once, or nothing.
    COULD(PyList_Check(args[0]) && (PyList_CheckExact(args[1]) || PyTuple_CheckExact(args[1])));
    return _PyList_Extend((PyListObject *)args[0], args[1]);
}

static PyObject *
list_copy(PyObject *const *args, bool run)
{
    COULD(PyList_Check(args[0]));
    return PyList_GetSlice(args[0], 0, PyList_GET_SIZE(args[0]));
}

static PyObject *
list_insert(PyObject *const *args, bool run)
{
    COULD(PyList_Check(args[0]) && _PyJitLeaf_IsSmall(args[1]));
    Py_ssize_t i = _PyLong_CompactValue((PyLongObject *)args[1]);
    return none(PyList_Insert(args[0], i < 0 ? Py_MAX(i + PyList_GET_SIZE(args[0]), 0) : i, args[2]));
}

static PyObject *
list_reverse(PyObject *const *args, bool run)
{
    COULD(PyList_Check(args[0]));
    return none(PyList_Reverse(args[0]));
}

static PyObject *
set_copy(PyObject *const *args, bool run)
{
    COULD(PySet_CheckExact(args[0]));
    return _PyJitLeaf_SetOf(&PySet_Type, args[0]);
}

/* --- The table -------------------------------------------------------------------------------------------------------- */

typedef PyObject *(*Make)(PyObject *const *, bool);
typedef int64_t (*Ask)(PyObject *const *);

static const struct {
    PyTypeObject *type;        // of which it is a method, or which is called (no name); NULL: a function of module builtins
    const char *name;
    uint8_t least, most;       // arguments
    uint8_t gives;
    Make make;
    Ask ask;                   // instead, if it gives a number
} leaves[] = {
    {&PyUnicode_Type, NULL, 1, 1, JIT_LEAF_PLAIN, new_str, NULL},
    {&PyLong_Type, NULL, 1, 2, JIT_LEAF_PLAIN, new_int, NULL},
    {&PyFloat_Type, NULL, 1, 1, JIT_LEAF_PLAIN, new_float, NULL},
    {&PyList_Type, NULL, 0, 1, JIT_LEAF_OBJECT, new_list, NULL},
    {&PyTuple_Type, NULL, 0, 1, JIT_LEAF_OBJECT, new_tuple, NULL},
    {&PyDict_Type, NULL, 0, 1, JIT_LEAF_OBJECT, new_dict, NULL},
    {&PySet_Type, NULL, 0, 1, JIT_LEAF_OBJECT, new_set, NULL},
    {&PyFrozenSet_Type, NULL, 1, 1, JIT_LEAF_OBJECT, new_frozen_set, NULL},
    {&PyRange_Type, NULL, 1, 3, JIT_LEAF_OBJECT, new_range, NULL},
    {&PyReversed_Type, NULL, 1, 1, JIT_LEAF_OBJECT, new_reversed, NULL},
    {&PyEnum_Type, NULL, 1, 2, JIT_LEAF_OBJECT, new_enumerate, NULL},
    {&PyZip_Type, NULL, 2, 3, JIT_LEAF_OBJECT, new_zip, NULL},
    {NULL, "repr", 1, 1, JIT_LEAF_PLAIN, call_repr, NULL},
    {NULL, "format", 1, 2, JIT_LEAF_PLAIN, _PyJitLeaf_Format, NULL},
    {NULL, "divmod", 2, 2, JIT_LEAF_OBJECT, call_divmod, NULL},
    {NULL, "hash", 1, 1, JIT_LEAF_NUMBER, could_hash, ask_hash},
    {NULL, "len", 1, 1, JIT_LEAF_NUMBER, _PyJitLeaf_Len, _PyJitLeaf_AskLen},
    {&PyTuple_Type, "__new__", 2, 2, JIT_LEAF_OBJECT, _PyJitLeaf_NewTuple, NULL},
    {NULL, "sum", 1, 1, JIT_LEAF_PLAIN, _PyJitLeaf_Sum, NULL},
    {NULL, "next", 1, 2, JIT_LEAF_CHANGE, _PyJitLeaf_Next, NULL},
    {NULL, "setattr", 3, 3, JIT_LEAF_CHANGE, _PyJitLeaf_SetAttr, NULL},
    {&PyLong_Type, "bit_length", 1, 1, JIT_LEAF_NUMBER, could_bit_length, ask_bit_length},
    {&PyBool_Type, NULL, 1, 1, JIT_LEAF_PLAIN, _PyJitLeaf_NewBool, NULL},
    {&PyUnicode_Type, "__new__", 2, 2, JIT_LEAF_OBJECT, _PyJitLeaf_NewText, NULL},
    {&PyUnicode_Type, "format", 2, 3, JIT_LEAF_PLAIN, _PyJitLeaf_FormatStr, NULL},
    {&PyUnicode_Type, "count", 2, 4, JIT_LEAF_PLAIN, _PyJitLeaf_Count, NULL},
    {&PyUnicode_Type, "find", 2, 4, JIT_LEAF_PLAIN, _PyJitLeaf_FindStr, NULL},
    {&PyUnicode_Type, "startswith", 2, 4, JIT_LEAF_PLAIN, _PyJitLeaf_StartsWith, NULL},
    {&PyUnicode_Type, "join", 2, 2, JIT_LEAF_PLAIN, _PyJitLeaf_Join, NULL},
    {&PyUnicode_Type, "encode", 1, 2, JIT_LEAF_PLAIN, _PyJitLeaf_Encode, NULL},
    {&PyDict_Type, "items", 1, 1, JIT_LEAF_OBJECT, dict_items, NULL},
    {&PyDict_Type, "keys", 1, 1, JIT_LEAF_OBJECT, dict_keys, NULL},
    {&PyDict_Type, "values", 1, 1, JIT_LEAF_OBJECT, dict_values, NULL},
    {&PyDict_Type, "copy", 1, 1, JIT_LEAF_OBJECT, dict_copy, NULL},
    {&PyDict_Type, "get", 2, 3, JIT_LEAF_OBJECT, dict_get, NULL},
    {&PyDict_Type, "setdefault", 2, 3, JIT_LEAF_CHANGE, dict_setdefault, NULL},
    {&PyDict_Type, "pop", 2, 3, JIT_LEAF_CHANGE, dict_pop, NULL},
    {&PyDict_Type, "update", 2, 2, JIT_LEAF_CHANGE, _PyJitLeaf_UpdateDict, NULL},
    {&PyList_Type, "append", 2, 2, JIT_LEAF_CHANGE, _PyJitLeaf_Append, NULL},
    {&PyList_Type, "pop", 1, 1, JIT_LEAF_CHANGE, _PyJitLeaf_Pop, NULL},
    {&PySet_Type, "add", 2, 2, JIT_LEAF_CHANGE, _PyJitLeaf_Add, NULL},
    {&PyList_Type, "extend", 2, 2, JIT_LEAF_CHANGE, list_extend, NULL},
    {&PyList_Type, "copy", 1, 1, JIT_LEAF_OBJECT, list_copy, NULL},
    {&PyList_Type, "insert", 3, 3, JIT_LEAF_CHANGE, list_insert, NULL},
    {&PyList_Type, "reverse", 1, 1, JIT_LEAF_CHANGE, list_reverse, NULL},
    {&PySet_Type, "discard", 2, 2, JIT_LEAF_CHANGE, _PyJitLeaf_DiscardElement, NULL},
    {&PySet_Type, "copy", 1, 1, JIT_LEAF_OBJECT, set_copy, NULL},
    // What has no name that a program could use.
    {NULL, "f''", 1, 1, JIT_LEAF_PLAIN, _PyJitLeaf_JoinStrings, NULL},
    {NULL, "{:}", 1, 1, JIT_LEAF_OBJECT, _PyJitLeaf_BuildMap, NULL},
    {NULL, "{}", 1, 1, JIT_LEAF_OBJECT, _PyJitLeaf_BuildSet, NULL},
    {NULL, "a, *b", 2, 2, JIT_LEAF_OBJECT, _PyJitLeaf_Rest, NULL},
    {NULL, "a < b", 3, 3, JIT_LEAF_NUMBER, _PyJitLeaf_Compare, _PyJitLeaf_AskCompare},
    {NULL, "int op int", 3, 3, JIT_LEAF_PLAIN, _PyJitLeaf_Compute, NULL},
    {NULL, "number of int op int", 3, 3, JIT_LEAF_NUMBER, _PyJitLeaf_Compute, _PyJitLeaf_AskCompute},
    {NULL, "{keys:}", 2, 2, JIT_LEAF_OBJECT, _PyJitLeaf_BuildMapOf, NULL},
    {&_PyWeakref_RefType, NULL, 1, 1, JIT_LEAF_OBJECT, _PyJitLeaf_NewWeakRef, NULL},
    {&PyBaseObject_Type, "__new__", 1, 1, JIT_LEAF_OBJECT, _PyJitLeaf_NewObject, NULL},
    {&PySet_Type, "update", 2, 2, JIT_LEAF_CHANGE, _PyJitLeaf_UpdateSet, NULL},
    {NULL, "_io.StringIO.write", 2, 2, JIT_LEAF_CHANGE, _PyJitLeaf_Write, NULL},
    {NULL, "reference()", 1, 1, JIT_LEAF_OBJECT, _PyJitLeaf_CallWeakRef, NULL},
    {NULL, "error()", 1, 4, JIT_LEAF_OBJECT, _PyJitLeaf_CallError, NULL},
    {NULL, "__new__()", 2, 3, JIT_LEAF_OBJECT, _PyJitLeaf_CallNew, NULL},
    {NULL, "cached()", 1, 4, JIT_LEAF_OBJECT, _PyJitLeaf_CallObject, NULL},
    {NULL, "b in a", 2, 2, JIT_LEAF_NUMBER, _PyJitLeaf_Contains, _PyJitLeaf_AskContains},
    {NULL, "class()", 1, 4, JIT_LEAF_OBJECT, _PyJitLeaf_CallDerived, NULL},
    {NULL, "a[b]", 2, 2, JIT_LEAF_OBJECT, _PyJitLeaf_Subscript, NULL},
    {NULL, "plain f()", 1, 4, JIT_LEAF_PLAIN, _PyJitLeaf_CallByRule, NULL},
    {NULL, "f()", 1, 4, JIT_LEAF_OBJECT, _PyJitLeaf_CallByRule, NULL},
    {NULL, "f() of x", 1, 4, JIT_LEAF_CHANGE, _PyJitLeaf_CallByRule, NULL},
    {NULL, "f(*a)", 2, 2, JIT_LEAF_OBJECT, _PyJitLeaf_CallSpread, NULL},
    {NULL, "a[missing]", 2, 2, JIT_LEAF_CHANGE, _PyJitLeaf_MissingItem, NULL},
    {NULL, "a op b", 3, 3, JIT_LEAF_OBJECT, _PyJitLeaf_Operate, NULL},
    {NULL, "value op value", 3, 3, JIT_LEAF_PLAIN, _PyJitLeaf_OperateValues, NULL},
    {NULL, "a op= b", 3, 3, JIT_LEAF_CHANGE, _PyJitLeaf_OperateInPlace, NULL},
    {NULL, "del a[b]", 2, 2, JIT_LEAF_CHANGE, _PyJitLeaf_DelItem, NULL},
    {NULL, "a[b:c] = d", 4, 4, JIT_LEAF_CHANGE, _PyJitLeaf_StoreSlice, NULL},
    {NULL, "a[b] = c", 3, 3, JIT_LEAF_CHANGE, _PyJitLeaf_StoreItem, NULL},
    {NULL, "a[b:c]", 3, 3, JIT_LEAF_OBJECT, _PyJitLeaf_Slice, NULL},
    {NULL, "bytes[b:c]", 3, 3, JIT_LEAF_PLAIN, _PyJitLeaf_SliceBytes, NULL},
    {NULL, "a[b:c:d]", 4, 4, JIT_LEAF_OBJECT, _PyJitLeaf_Steps, NULL},
    {NULL, "a:b", 2, 3, JIT_LEAF_OBJECT, _PyJitLeaf_NewSlice, NULL},
    {NULL, "{*}", 2, 2, JIT_LEAF_CHANGE, _PyJitLeaf_UpdateSet, NULL},
    {NULL, "case {}", 2, 2, JIT_LEAF_OBJECT, _PyJitLeaf_MatchKeys, NULL},
    {NULL, "case []", 2, 2, JIT_LEAF_NUMBER, NULL, _PyJitLeaf_AskKind},
    {NULL, "case class()", 4, 4, JIT_LEAF_OBJECT, _PyJitLeaf_MatchClass, NULL},
    {NULL, "del a.b", 2, 2, JIT_LEAF_CHANGE, _PyJitLeaf_DelAttr, NULL},
    {NULL, "{**}", 2, 2, JIT_LEAF_CHANGE, _PyJitLeaf_MergeDicts, NULL},
    {NULL, "+", 2, 2, JIT_LEAF_OBJECT, _PyJitLeaf_Concatenate, NULL},
    {NULL, "+=", 2, 2, JIT_LEAF_OBJECT, _PyJitLeaf_ConcatenateInPlace, NULL},
    {NULL, "*", 2, 2, JIT_LEAF_OBJECT, _PyJitLeaf_Repeat, NULL},
    {NULL, "*=", 2, 2, JIT_LEAF_OBJECT, _PyJitLeaf_RepeatInPlace, NULL},
    {NULL, "%", 2, 2, JIT_LEAF_PLAIN, _PyJitLeaf_Percent, NULL},
    {NULL, "collections.deque.append", 2, 2, JIT_LEAF_CHANGE, _PyJitLeaf_DequeAppend, NULL},
    {NULL, "collections.deque.appendleft", 2, 2, JIT_LEAF_CHANGE, _PyJitLeaf_DequeAppendLeft, NULL},
    {NULL, "collections.deque.pop", 1, 1, JIT_LEAF_CHANGE, _PyJitLeaf_DequePop, NULL},
    {NULL, "collections.deque.popleft", 1, 1, JIT_LEAF_CHANGE, _PyJitLeaf_DequePopLeft, NULL},
    {NULL, "re.Match.group", 1, 3, JIT_LEAF_OBJECT, _PyJitLeaf_MatchGroup, NULL},
    {NULL, "re.Match.end", 1, 2, JIT_LEAF_PLAIN, _PyJitLeaf_MatchEnd, NULL},
    {NULL, "re.Match.start", 1, 2, JIT_LEAF_PLAIN, _PyJitLeaf_MatchStart, NULL},
    {NULL, "re.Match.span", 1, 2, JIT_LEAF_OBJECT, _PyJitLeaf_MatchSpan, NULL},
    {NULL, "re.Match.groups", 1, 2, JIT_LEAF_OBJECT, _PyJitLeaf_MatchGroups, NULL},
    {NULL, "re.Pattern.match", 2, 4, JIT_LEAF_OBJECT, _PyJitLeaf_PatternMatch, NULL},
    {NULL, "re.Pattern.fullmatch", 2, 4, JIT_LEAF_OBJECT, _PyJitLeaf_PatternFullMatch, NULL},
    {NULL, "re.Pattern.search", 2, 4, JIT_LEAF_OBJECT, _PyJitLeaf_PatternSearch, NULL},
    {NULL, "re.Pattern.findall", 2, 4, JIT_LEAF_OBJECT, _PyJitLeaf_PatternFindAll, NULL},
    {NULL, "re.Pattern.split", 2, 3, JIT_LEAF_OBJECT, _PyJitLeaf_PatternSplit, NULL},
    {NULL, "re.Pattern.sub", 3, 4, JIT_LEAF_OBJECT, _PyJitLeaf_PatternSub, NULL},
};

/* METHOD of TYPE, which has no name in C, is what NAME names. */
static bool
is_method_of_type(const PyTypeObject *type, const char *method, const char *name)
{
    size_t length = strlen(type->tp_name);
    return strncmp(type->tp_name, name, length) == 0 && name[length] == '.' && strcmp(name + length + 1, method) == 0;
}

static bool
is_method_of_module(PyObject *callable, const char *name)
{
    return is_method_of_type(PyDescr_TYPE(callable), ((PyMethodDescrObject *)callable)->d_method->ml_name, name);
}

/* CALLABLE is what C made of the slot for `__new__` of the builtin TYPE. */
static bool
is_new_of(PyObject *callable, PyTypeObject *type)
{
    return ((PyCFunctionObject *)callable)->m_self == (PyObject *)type
        && PyDict_GetItemWithError(_PyType_GetDict(type), &_Py_ID(__new__)) == callable;
}

static bool
is_leaf(size_t i, PyObject *callable)
{
    PyTypeObject *type = Py_TYPE(callable);
    const char *name = leaves[i].name;
    if (type == &PyMethodDescr_Type) {
        return name != NULL && (leaves[i].type == NULL ? is_method_of_module(callable, name)
            : PyDescr_TYPE(callable) == leaves[i].type && strcmp(((PyMethodDescrObject *)callable)->d_method->ml_name, name) == 0);
    }
    if (type == &PyCFunction_Type && leaves[i].type != NULL) {
        return name != NULL && strcmp(name, "__new__") == 0 && is_new_of(callable, leaves[i].type);
    }
    if (type == &PyCFunction_Type) {
        const PyCFunctionObject *function = (const PyCFunctionObject *)callable;
        PyObject *module = _PyJit_ModuleOf(function);
        return name != NULL && leaves[i].type == NULL && module != NULL
            && ((PyModuleObject *)module)->md_dict == _PyInterpreterState_GET()->builtins && strcmp(function->m_ml->ml_name, name) == 0;
    }
    return name == NULL && callable == (PyObject *)leaves[i].type;
}

int
_PyJitLeaf_Find(PyObject *callable, Py_ssize_t nargs)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(leaves); i++) {
        if (leaves[i].least <= nargs && nargs <= leaves[i].most && is_leaf(i, callable)) {
            return (int)i;
        }
    }
    return -1;
}

bool
_PyJitLeaf_CouldMake(PyTypeObject *type, PyObject *const *args, Py_ssize_t nargs)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(leaves); i++) {
        if (leaves[i].type == type && leaves[i].name == NULL) {
            return leaves[i].least <= nargs && nargs <= leaves[i].most && leaves[i].make(args, false) != NULL;
        }
    }
    return false;
}

/* The type of O has METHOD, in C. */
static bool
is_own_method(PyObject *o, const PyMethodDef *method)
{
    const PyMethodDef *own = Py_TYPE(o)->tp_methods;
    while (own != NULL && own->ml_name != NULL && own != method) {
        own++;
    }
    return own == method && method->ml_name != NULL && (method->ml_flags & (METH_STATIC | METH_CLASS)) == 0;
}

/* How the bound methods that were seen are defined. */
static const PyMethodDef *bound[Py_ARRAY_LENGTH(leaves)];

int
_PyJitLeaf_FindBound(PyObject *callable, Py_ssize_t nargs)
{
    PyObject *self = PyCFunction_Check(callable) ? ((PyCFunctionObject *)callable)->m_self : NULL;
    if (self == NULL || !is_own_method(self, ((PyCFunctionObject *)callable)->m_ml)) {
        return -1;
    }
    PyTypeObject *type = Py_TYPE(self);
    const char *method = ((PyCFunctionObject *)callable)->m_ml->ml_name;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(leaves); i++) {
        const char *name = leaves[i].name;
        if (name != NULL && leaves[i].least <= nargs + 1 && nargs < leaves[i].most
            && (leaves[i].type == NULL ? is_method_of_type(type, method, name) : leaves[i].type == type && strcmp(name, method) == 0)) {
            bound[i] = ((PyCFunctionObject *)callable)->m_ml;
            return (int)i | JIT_LEAF_BOUND;
        }
    }
    return -1;
}

/* The name, in the table, of what an instruction does; NULL: it is none of them. */
static const char *
name_of_instruction(int opcode, uint32_t oparg)
{
    switch (opcode) {
        case LIST_EXTEND: return "extend";
        case DICT_MERGE: return "{**}";
        case BUILD_MAP: return oparg > 0 ? "{:}" : NULL;
        case BUILD_CONST_KEY_MAP: return "{keys:}";
        case BUILD_SET: return "{}";
        case DICT_UPDATE: return "update";
        case SET_UPDATE: return "{*}";
        case BUILD_SLICE: return "a:b";
        case STORE_SLICE: return "a[b:c] = d";
        case BINARY_SLICE: return "a[b:c]";
        case STORE_SUBSCR: return "a[b] = c";
        case DELETE_SUBSCR: return "del a[b]";
        case MATCH_KEYS: return "case {}";
        case MATCH_CLASS: return "case class()";
        case UNPACK_EX: return (oparg & 0xff) < 16 && oparg >> 8 < 16 ? "a, *b" : NULL;
        case COMPARE_OP: return "a < b";
        case TO_BOOL: return "len";
        case BINARY_SUBSCR_STR_INT:
        case BINARY_SUBSCR: return "a[b]";
        case CONTAINS_OP_DICT:
        case CONTAINS_OP_SET:
        case CONTAINS_OP: return "b in a";
        case DELETE_ATTR: return "del a.b";
        case BUILD_STRING: return "f''";
        case FORMAT_WITH_SPEC: return "format";
        case CONVERT_VALUE: return oparg == FVC_REPR ? "repr" : NULL;
        case BINARY_OP: return oparg == NB_ADD ? "+" : oparg == NB_INPLACE_ADD ? "+=" : oparg == NB_MULTIPLY ? "*" : oparg == NB_INPLACE_MULTIPLY ? "*="
            : oparg == NB_REMAINDER || oparg == NB_INPLACE_REMAINDER ? "%" : NULL;
        default: return NULL;
    }
}

int
_PyJitLeaf_Named(const char *name)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(leaves); i++) {
        if (leaves[i].name != NULL && strcmp(leaves[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

int
_PyJitLeaf_OfInstruction(int opcode, uint32_t oparg)
{
    if (opcode == FORMAT_SIMPLE || (opcode == CONVERT_VALUE && oparg == FVC_STR)) {
        return _PyJitLeaf_Find((PyObject *)&PyUnicode_Type, 1);
    }
    if (opcode == BUILD_MAP && oparg == 0) {
        return _PyJitLeaf_Find((PyObject *)&PyDict_Type, 0);
    }
    if (opcode == CALL_INTRINSIC_1) {
        return oparg == INTRINSIC_LIST_TO_TUPLE ? _PyJitLeaf_Find((PyObject *)&PyTuple_Type, 1) : -1;
    }
    const char *name = name_of_instruction(opcode, oparg);
    return name == NULL ? -1 : _PyJitLeaf_Named(name);
}

int
_PyJitLeaf_Gives(int number)
{
    return leaves[number & ~FLAGS].gives;
}

/* The arguments of leaf NUMBER, in ARGS: of a bound method the first one is what it binds.  false: it is another callable. */
static inline bool
unbind(uint32_t number, PyObject **args)
{
    if (number & JIT_LEAF_BOUND) {
        const PyCFunctionObject *method = (const PyCFunctionObject *)args[0];
        if (!PyCFunction_Check(args[0]) || method->m_ml != bound[number & ~FLAGS] || method->m_self == NULL) {
            return false;
        }
        args[0] = method->m_self;
    }
    return true;
}

bool
_PyJitLeaf_Fits(int number, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *all[MOST_ARGUMENTS + 1] = {NULL};
    for (Py_ssize_t i = 0; i < nargs; i++) {
        all[i] = args[i];
    }
    return unbind((uint32_t)number, all) && leaves[number & ~FLAGS].make(all, false) != NULL;
}

/* What takes long looks for signals, and for the collector, which run code of users.  Nobody may in a leaf: the collector waits; if there is a
 * signal the leaf fails, and tier 1, which runs it again, handles it.  (A thread that is not the main one has no signals to look for.) */
PyThreadState *_PyJit_LeafThread;

int
_PyJit_SignalsHeld(PyThreadState *tstate)
{
    if (!_Py_eval_breaker_bit_is_set(tstate, _PY_SIGNALS_PENDING_BIT) || !_Py_ThreadCanHandleSignals(tstate->interp)) {
        return 0;
    }
    PyErr_SetNone(PyExc_KeyboardInterrupt);      // seen by nobody
    return -1;
}

PyObject *
_PyJit_CallLeaf(uint32_t number, PyObject *first, PyObject *second, PyObject *third)
{
    PyObject *args[] = {first, second, third, number & JIT_LEAF_FOUR ? _PyJit_Arguments[0] : NULL, NULL};
    if (!unbind(number, args)) {
        return NULL;
    }
    _PyJit_LeafThread = _PyThreadState_GET();
    PyObject *made = leaves[number & ~FLAGS].make(args, true);
    _PyJit_LeafThread = NULL;
    return _PyJit_New(made);
}

int64_t
_PyJit_AskLeaf(uint32_t number, PyObject *first, PyObject *second, PyObject *third)
{
    PyObject *args[] = {first, second, third, number & JIT_LEAF_FOUR ? _PyJit_Arguments[0] : NULL, NULL};
    if (!unbind(number, args)) {
        return INT64_MIN;
    }
    _PyJit_LeafThread = _PyThreadState_GET();
    int64_t answer = leaves[number & ~FLAGS].ask(args);
    _PyJit_LeafThread = NULL;
    return answer;
}

#endif /* _Py_TIER2 */
