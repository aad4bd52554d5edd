/* Leaf calls that look for items of containers, or take some out (leaf_calls.c has the rules): methods of lists, sets and dicts, and
 * instructions.  What is taken out may end: then it must do so without code of users, and is looked at before anything changes. */
#include "Python.h"

#ifdef _Py_TIER2

#include <string.h>
#include "opcode.h"
#include "pycore_dict.h"
#include "pycore_jit_helpers.h"
#include "pycore_list.h"
#include "pycore_object.h"
#include "pycore_setobject.h"
#include "jit/objects/leaves.h"

#define ENDS 3                 // references to one object that an instruction gives up, at most
#define MOST_ELEMENTS 1000     // of sets, and keys of dicts, that are looked at one by one

static bool
is_plain(PyObject *o)
{
    return PyLong_CheckExact(o) || PyUnicode_CheckExact(o) || PyFloat_CheckExact(o) || PyBytes_CheckExact(o) || PyBool_Check(o) || o == Py_None;
}

/* ITEM can go from HOLDER, perhaps with other references that the instruction gives up. */
static bool
can_go(PyObject *item, PyObject *holder)
{
    return is_plain(item) || Py_REFCNT(item) > ENDS || _PyJit_EndsQuietlyIn(item, ENDS, holder);
}

bool
_PyJitLeaf_KeyCanGo(PyObject *key)
{
    // One that is equal but not the same object is made of the same things.
    for (Py_ssize_t i = 0; PyTuple_CheckExact(key) && i < PyTuple_GET_SIZE(key); i++) {
        PyObject *item = PyTuple_GET_ITEM(key, i);
        if (!is_plain(item) && Py_REFCNT(item) <= ENDS) {
            return false;
        }
    }
    return is_plain(key) || PyTuple_CheckExact(key) || Py_REFCNT(key) > ENDS || _PyJit_EndsQuietly(key, ENDS);
}

_Py_COMP_DIAG_PUSH
_Py_COMP_DIAG_IGNORE_DEPR_DECLS

static bool
is_watched(PyObject *dict)
{
    return ((PyDictObject *)dict)->ma_version_tag & DICT_WATCHER_MASK;
}

/* O is a dict that nobody watches, and whose class changes no items in its own way. */
static bool
is_plain_dict(PyObject *o)
{
    return PyDict_Check(o) && Py_TYPE(o)->tp_as_mapping->mp_ass_subscript == PyDict_Type.tp_as_mapping->mp_ass_subscript
        && !is_watched(o);
}

_Py_COMP_DIAG_POP

/* The number that O is, an exact int of a machine word; else OTHERWISE (for None), or false. */
static bool
read_index(PyObject *o, Py_ssize_t otherwise, Py_ssize_t *i)
{
    if (o == Py_None) {
        *i = otherwise;
        return true;
    }
    if (!PyLong_CheckExact(o) || !_PyLong_IsCompact((PyLongObject *)o)) {
        return false;
    }
    *i = _PyLong_CompactValue((PyLongObject *)o);
    return true;
}

/* --- Lists ------------------------------------------------------------------------------------------------------------ */

/* LIST without its items FROM to TO, of which nobody wants to know. */
static bool
can_delete(PyObject *list, Py_ssize_t from, Py_ssize_t to)
{
    for (Py_ssize_t i = from; i < to; i++) {
        PyObject *item = PyList_GET_ITEM(list, i);
        // Several may end together, with what they share.
        if (to - from == 1 ? !can_go(item, list) : !is_plain(item) && Py_REFCNT(item) <= to - from + ENDS) {
            return false;
        }
    }
    return true;
}

PyObject *
_PyJitLeaf_TakeItem(PyObject *list, Py_ssize_t i)
{
    PyListObject *self = (PyListObject *)list;
    Py_ssize_t left = Py_SIZE(self) - 1;
    PyObject *item = self->ob_item[i];
    if (left > 0 && left >= self->allocated / 2) {
        memmove(&self->ob_item[i], &self->ob_item[i + 1], (size_t)(left - i) * sizeof(PyObject *));
        Py_SET_SIZE(self, left);
        return item;
    }
    Py_INCREF(item);
    if (PyList_SetSlice(list, i, i + 1, NULL) < 0) {
        Py_CLEAR(item);
    }
    return item;
}

PyObject *
_PyJitLeaf_PopAt(PyObject *const *args, bool run)
{
    Py_ssize_t i;
    if (!PyList_CheckExact(args[0]) || args[1] == Py_None || !read_index(args[1], 0, &i)) {
        return NULL;
    }
    i += i < 0 ? PyList_GET_SIZE(args[0]) : 0;
    COULD(i >= 0 && i < PyList_GET_SIZE(args[0]));
    return _PyJitLeaf_TakeItem(args[0], i);
}

/* LIST without its items FROM to TO, which can go. */
static PyObject *
delete_items(PyObject *list, Py_ssize_t from, Py_ssize_t to)
{
    if (to - from != 1) {
        return PyList_SetSlice(list, from, to, NULL) < 0 ? NULL : Py_None;
    }
    PyObject *item = _PyJitLeaf_TakeItem(list, from);
    Py_XDECREF(item);
    return item == NULL ? NULL : Py_None;
}

PyObject *
_PyJitLeaf_Remove(PyObject *const *args, bool run)
{
    Py_ssize_t i = PyList_CheckExact(args[0]) ? _PyJitLeaf_FindItem(args[0], args[1], 0) : -1;
    COULD(i >= 0 && i < PyList_GET_SIZE(args[0]) && can_delete(args[0], i, i + 1));
    return delete_items(args[0], i, i + 1);
}

PyObject *
_PyJitLeaf_Index(PyObject *const *args, bool run)
{
    Py_ssize_t i = PyList_CheckExact(args[0]) ? _PyJitLeaf_FindItem(args[0], args[1], 0) : -1;
    COULD(i >= 0 && i < PyList_GET_SIZE(args[0]));
    return PyLong_FromSsize_t(i);
}

PyObject *
_PyJitLeaf_CountItems(PyObject *const *args, bool run)
{
    Py_ssize_t count = 0, i = PyList_CheckExact(args[0]) ? _PyJitLeaf_FindItem(args[0], args[1], 0) : -1;
    while (i >= 0 && i < PyList_GET_SIZE(args[0])) {
        count++;
        i = _PyJitLeaf_FindItem(args[0], args[1], i + 1);
    }
    COULD(i >= 0);
    return PyLong_FromSsize_t(count);
}

/* A list, a set or a dict. */
PyObject *
_PyJitLeaf_Clear(PyObject *const *args, bool run)
{
    PyObject *o = args[0];
    COULD((PyList_CheckExact(o) || PySet_CheckExact(o) || PyDict_CheckExact(o)) && _PyJit_EndsQuietly(o, 1));
    if (PyList_CheckExact(o)) {
        return PyList_SetSlice(o, 0, PyList_GET_SIZE(o), NULL) < 0 ? NULL : Py_None;
    }
    if (PySet_CheckExact(o)) {
        return PySet_Clear(o) < 0 ? NULL : Py_None;
    }
    PyDict_Clear(o);
    return Py_None;
}

PyObject *
_PyJitLeaf_StoreSlice(PyObject *const *args, bool run)
{
    PyObject *list = args[1];
    Py_ssize_t from, to;
    if (!PyList_CheckExact(list) || (!PyList_CheckExact(args[0]) && !PyTuple_CheckExact(args[0])) || !read_index(args[2], 0, &from)
        || !read_index(args[3], PY_SSIZE_T_MAX, &to)) {
        return NULL;
    }
    PySlice_AdjustIndices(PyList_GET_SIZE(list), &from, &to, 1);
    to = Py_MAX(from, to);
    COULD(can_delete(list, from, to));
    return PyList_SetSlice(list, from, to, args[0]) < 0 ? NULL : Py_None;
}

/* ARGS[1][ARGS[2]] = ARGS[0]. */
PyObject *
_PyJitLeaf_StoreItem(PyObject *const *args, bool run)
{
    PyObject *o = args[1], *key = args[2], *old;
    Py_ssize_t i, n = PyList_CheckExact(o) || PyByteArray_CheckExact(o) ? Py_SIZE(o) : 0;
    if (PyODict_CheckExact(o)) {
        COULD(!is_watched(o) && _PyJit_DictFind(o, key, &old) >= 0 && (old == NULL || can_go(old, o)));
        return PyODict_SetItem(o, key, args[0]) < 0 ? NULL : Py_None;
    }
    if (key == Py_None || !read_index(key, 0, &i)) {
        return NULL;
    }
    i += i < 0 ? n : 0;
    if (i < 0 || i >= n) {
        return NULL;
    }
    if (PyByteArray_CheckExact(o)) {
        COULD(PyLong_CheckExact(args[0]) && _PyLong_IsNonNegativeCompact((PyLongObject *)args[0])
              && _PyLong_CompactValue((PyLongObject *)args[0]) < 256);
        PyByteArray_AS_STRING(o)[i] = (char)_PyLong_CompactValue((PyLongObject *)args[0]);
        return Py_None;
    }
    COULD(can_go(PyList_GET_ITEM(o, i), o));
    old = PyList_GET_ITEM(o, i);
    PyList_SET_ITEM(o, i, Py_NewRef(args[0]));
    Py_DECREF(old);
    return Py_None;
}

PyObject *
_PyJitLeaf_Slice(PyObject *const *args, bool run)
{
    Py_ssize_t from, to;
    COULD((PyBytes_CheckExact(args[0]) || PyByteArray_CheckExact(args[0])) && read_index(args[1], 0, &from)
          && read_index(args[2], PY_SSIZE_T_MAX, &to));
    PySlice_AdjustIndices(Py_SIZE(args[0]), &from, &to, 1);
    return PySequence_GetSlice(args[0], from, Py_MAX(from, to));
}

/* The same of bytes alone, which end as numbers do. */
PyObject *
_PyJitLeaf_SliceBytes(PyObject *const *args, bool run)
{
    Py_ssize_t from, to;
    COULD(PyBytes_CheckExact(args[0]) && read_index(args[1], 0, &from) && read_index(args[2], PY_SSIZE_T_MAX, &to));
    Py_ssize_t n = PySlice_AdjustIndices(PyBytes_GET_SIZE(args[0]), &from, &to, 1);
    return n == PyBytes_GET_SIZE(args[0]) ? Py_NewRef(args[0]) : PyBytes_FromStringAndSize(PyBytes_AS_STRING(args[0]) + from, n);
}

PyObject *
_PyJitLeaf_NewSlice(PyObject *const *args, bool run)
{
    COULD(true);
    return PySlice_New(args[0], args[1], args[2]);
}

static PyObject *
delete_from_list(PyObject *list, PyObject *key, bool run)
{
    Py_ssize_t from, to, n = PyList_GET_SIZE(list);
    if (PySlice_Check(key)) {
        const PySliceObject *slice = (const PySliceObject *)key;
        if (slice->step != Py_None || !read_index(slice->start, 0, &from) || !read_index(slice->stop, PY_SSIZE_T_MAX, &to)) {
            return NULL;
        }
        PySlice_AdjustIndices(n, &from, &to, 1);
        to = Py_MAX(from, to);
    }
    else {
        if (key == Py_None || !read_index(key, 0, &from)) {
            return NULL;
        }
        from += from < 0 ? n : 0;
        if (from < 0 || from >= n) {
            return NULL;
        }
        to = from + 1;
    }
    COULD(can_delete(list, from, to));
    return delete_items(list, from, to);
}

/* DEL O[KEY]. */
PyObject *
_PyJitLeaf_DelItem(PyObject *const *args, bool run)
{
    PyObject *o = args[0], *key = args[1], **place;
    if (PyList_CheckExact(o)) {
        return delete_from_list(o, key, run);
    }
    Py_hash_t hash;
    COULD(is_plain_dict(o) && _PyJitLeaf_FindPlace(o, key, &hash, &place) >= 0 && place != NULL && *place != NULL && can_go(*place, o)
          && _PyJitLeaf_KeyCanGo(key));
    if (((PyDictObject *)o)->ma_values == NULL) {
        Py_DECREF(_PyJitLeaf_TakeEntry(o, hash, place));
        return Py_None;
    }
    return _PyDict_DelItem_KnownHash(o, key, hash) < 0 ? NULL : Py_None;
}

/* --- Sets and dicts --------------------------------------------------------------------------------------------------- */

/* SET without KEY.  MISSING: it may lack that. */
static PyObject *
take_element(PyObject *set, PyObject *key, bool missing, bool run)
{
    setentry *place = NULL;
    int64_t has = PySet_CheckExact(set) ? _PyJitLeaf_FindElement(set, key, &place) : -1;
    COULD(has == 1 ? can_go(place->key, set) : has == 0 && missing);
    if (has == 1) {
        PyObject *element = place->key;
        place->key = _PySet_Dummy;
        place->hash = -1;
        ((PySetObject *)set)->used--;
        Py_DECREF(element);
    }
    return Py_None;
}

PyObject *
_PyJitLeaf_DiscardElement(PyObject *const *args, bool run)
{
    return take_element(args[0], args[1], true, run);
}

PyObject *
_PyJitLeaf_RemoveElement(PyObject *const *args, bool run)
{
    return take_element(args[0], args[1], false, run);
}

PyObject *
_PyJitLeaf_PopElement(PyObject *const *args, bool run)
{
    COULD(PySet_CheckExact(args[0]) && PySet_GET_SIZE(args[0]) > 0);
    return PySet_Pop(args[0]);
}

/* To compare the keys of DICT with the like runs no code of users. */
static bool
has_safe_keys(PyObject *dict)
{
    PyObject *key, *value;
    bool safe = DK_IS_UNICODE(((PyDictObject *)dict)->ma_keys);
    if (!safe && PyDict_GET_SIZE(dict) <= MOST_ELEMENTS) {
        safe = true;
        for (Py_ssize_t i = 0; safe && PyDict_Next(dict, &i, &key, &value);) {
            safe = _PyJit_IsSafeKey(key);
        }
    }
    return safe;
}

/* X OP Y of sets, X | Y of dicts: the third argument is an NB_ that is not in place. */
PyObject *
_PyJitLeaf_Operate(PyObject *const *args, bool run)
{
    PyObject *x = args[0], *y = args[1];
    if (PyAnySet_CheckExact(x)) {
        PyObject *made = _PyJitLeaf_OperateSets(small_int(args[2]), x, y);
        return run ? made : _PyJitLeaf_Could(made);
    }
    COULD(PyDict_CheckExact(x) && PyDict_CheckExact(y) && small_int(args[2]) == NB_OR && has_safe_keys(x) && has_safe_keys(y));
    return PyNumber_Or(x, y);
}

/* X += Y of lists, X |= Y of dicts: the third argument says which, an NB_ that is in place. */
PyObject *
_PyJitLeaf_OperateInPlace(PyObject *const *args, bool run)
{
    PyObject *x = args[0], *y = args[1];
    int op = small_int(args[2]);
    if (PyList_CheckExact(x) && op == NB_INPLACE_ADD) {
        COULD(PyList_CheckExact(y) || PyTuple_CheckExact(y));
        return _PyList_Extend((PyListObject *)x, y) == NULL ? NULL : Py_NewRef(x);
    }
    COULD(PyDict_CheckExact(x) && op == NB_INPLACE_OR);
    PyObject *done = _PyJitLeaf_UpdateDict(args, run);
    return done == NULL || !run ? done : Py_NewRef(x);
}

/* As Modules/_collectionsmodule.c has it; the size of the type is checked. */
typedef struct {
    PyDictObject dict;
    PyObject *factory;
} DefaultDict;

static bool
is_default_dict(PyTypeObject *type)
{
    static destructor dealloc;           // what no other type has, known when the first one was seen
    if (dealloc == NULL && type->tp_basicsize == (Py_ssize_t)sizeof(DefaultDict)
        && _PyJit_IsTypeOfModule(type, "_collections", "collections.defaultdict")) {
        dealloc = type->tp_dealloc;
    }
    return dealloc != NULL && type->tp_dealloc == dealloc;
}

PyObject *
_PyJitLeaf_MissingItem(PyObject *const *args, bool run)
{
    PyObject *o = args[0], *key = args[1], *value;
    if (!is_default_dict(Py_TYPE(o)) || _PyJit_DictFind(o, key, &value) < 0) {
        return NULL;
    }
    PyTypeObject *factory = (PyTypeObject *)((const DefaultDict *)o)->factory;
    COULD(value != NULL || factory == &PyLong_Type || factory == &PyList_Type || factory == &PySet_Type || factory == &PyDict_Type
          || factory == &PyFloat_Type || factory == &PyUnicode_Type || factory == &PyTuple_Type || factory == &PyBool_Type);
    if (value != NULL) {
        return Py_NewRef(value);
    }
    value = PyObject_CallNoArgs((PyObject *)factory);
    if (value != NULL && _PyJit_DictSet(o, key, value, true) < 0) {
        Py_CLEAR(value);
    }
    return value;
}

/* --- Functions -------------------------------------------------------------------------------------------------------- */

PyObject *
_PyJitLeaf_Iter(PyObject *const *args, bool run)
{
    COULD(_PyJitIter_IsOfContainer(Py_TYPE(args[0])));
    return PyObject_GetIter(args[0]);
}

/* Is one of the items of a list or a tuple, or are all, true?  STOP: what decides. */
static PyObject *
look_at_truth(PyObject *all, bool stop, bool run)
{
    if (!PyList_CheckExact(all) && !PyTuple_CheckExact(all)) {
        return NULL;
    }
    bool decided = false;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(all) && !decided; i++) {
        PyObject *item[] = {PySequence_Fast_GET_ITEM(all, i), NULL}, *truth = _PyJitLeaf_NewBool(item, true);
        if (truth == NULL) {
            return NULL;
        }
        decided = (truth == Py_True) == stop;
    }
    COULD(true);
    return decided == stop ? Py_True : Py_False;
}

PyObject *
_PyJitLeaf_Any(PyObject *const *args, bool run)
{
    return look_at_truth(args[0], true, run);
}

PyObject *
_PyJitLeaf_All(PyObject *const *args, bool run)
{
    return look_at_truth(args[0], false, run);
}

#endif /* _Py_TIER2 */
