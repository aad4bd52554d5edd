/* Leaf calls on containers (leaf_calls.c has the rules): comparisons, displays of sets, unpacking, deques, `next`, `setattr`. */
#include "Python.h"

#ifdef _Py_TIER2

#include <string.h>
#include "pycore_dict.h"
#include "pycore_interp.h"
#include "pycore_jit_helpers.h"
#include "pycore_global_objects.h"
#include "pycore_list.h"
#include "pycore_object.h"
#include "pycore_setobject.h"
#include "pycore_runtime.h"
#include "pycore_pystate.h"
#include "jit/objects/leaves.h"

#define MOST_UPDATED 32        // keys that are looked at before a dict takes them over

/* --- Comparisons ------------------------------------------------------------------------------------------------------ */

static bool
holds(int op, Py_ssize_t x, Py_ssize_t y)
{
    return op == Py_LT ? x < y : op == Py_LE ? x <= y : op == Py_EQ ? x == y : op == Py_NE ? x != y : op == Py_GT ? x > y : x >= y;
}

/* O is a str, or of a class derived from str that compares as that does. */
static inline bool
is_text(PyObject *o)
{
    return PyUnicode_CheckExact(o) || (PyUnicode_Check(o) && Py_TYPE(o)->tp_richcompare == PyUnicode_Type.tp_richcompare);
}

/* X OP Y; INT64_MIN if that fails, or may run code of users. */
static int64_t
compare_objects(int op, PyObject *x, PyObject *y)
{
    if (PyLong_CheckExact(x) && PyLong_CheckExact(y) && _PyLong_BothAreCompact((PyLongObject *)x, (PyLongObject *)y)) {
        return holds(op, _PyLong_CompactValue((PyLongObject *)x), _PyLong_CompactValue((PyLongObject *)y));
    }
    if (is_text(x) && is_text(y)) {
        return op == Py_EQ || op == Py_NE ? _PyUnicode_Equal(x, y) == (op == Py_EQ) : holds(op, PyUnicode_Compare(x, y), 0);
    }
    if (!_PyJit_IsSafeKey(x) || !_PyJit_IsSafeKey(y)) {
        return _PyJitValue_Compare(op, x, y);
    }
    PyObject *result = _PyJit_New(PyObject_RichCompare(x, y, op));
    if (result == NULL) {
        return INT64_MIN;
    }
    Py_DECREF(result);         // True or False
    return result == Py_True;
}

/* The first two items that differ decide; they alone are looked at. */
static int64_t
compare_sequences(int op, PyObject *x, PyObject *y)
{
    PyObject **items = PySequence_Fast_ITEMS(x), **others = PySequence_Fast_ITEMS(y);
    Py_ssize_t n = PySequence_Fast_GET_SIZE(x), m = PySequence_Fast_GET_SIZE(y);
    for (Py_ssize_t i = 0; i < n && i < m; i++) {
        int64_t equal = items[i] == others[i] ? 1 : compare_objects(Py_EQ, items[i], others[i]);
        if (equal < 0) {
            return INT64_MIN;
        }
        if (!equal) {
            return op == Py_EQ || op == Py_NE ? op == Py_NE : compare_objects(op, items[i], others[i]);
        }
    }
    return holds(op, n, m);
}

int64_t
_PyJitLeaf_Holds(int op, PyObject *x, PyObject *y)
{
    bool sequences = Py_TYPE(x) == Py_TYPE(y) && (PyTuple_CheckExact(x) || PyList_CheckExact(x));
    if (PyAnySet_CheckExact(x) && PyAnySet_CheckExact(y)) {
        return _PyJitLeaf_CompareSets(op, x, y);
    }
    return sequences ? compare_sequences(op, x, y) : compare_objects(op, x, y);
}

int64_t
_PyJitLeaf_AskCompare(PyObject *const *args)
{
    return _PyJitLeaf_Holds(small_int(args[2]), args[0], args[1]);
}

PyObject *
_PyJitLeaf_Compare(PyObject *const *args, bool Py_UNUSED(run))
{
    return _PyJitLeaf_AskCompare(args) >= 0 ? Py_True : NULL;
}

/* --- Sets and unpacking ----------------------------------------------------------------------------------------------- */

/* The size that the type says is not known here, so this calls memset, which is faster than what is made of a constant one. */
PyObject *
_PyJitLeaf_NewSet(PyTypeObject *type)
{
    PySetObject *set = PyObject_GC_New(PySetObject, type);
    if (set == NULL) {
        return NULL;
    }
    memset(&set->fill, 0, (size_t)type->tp_basicsize - offsetof(PySetObject, fill));
    set->mask = PySet_MINSIZE - 1;
    set->table = set->smalltable;
    set->hash = -1;
    _PyObject_GC_TRACK(set);
    return (PyObject *)set;
}

PyObject *
_PyJitLeaf_BuildSet(PyObject *const *args, bool run)
{
    int n = small_int(args[0]);
    for (int i = 0; i < n && !run; i++) {
        if (!_PyJit_IsSafeKey(_PyJit_Arguments[i])) {
            return NULL;
        }
    }
    COULD(true);
    PyObject *set = _PyJitLeaf_NewSet(&PySet_Type);         // which takes no key that is not safe
    for (int i = 0; i < n && set != NULL; i++) {
        if (_PyJit_SetAdd(set, _PyJit_Arguments[i]) < 0) {
            Py_CLEAR(set);
        }
    }
    return set;
}

/* What is left of a list or a tuple without its first and last items: their numbers are in the second argument. */
PyObject *
_PyJitLeaf_Rest(PyObject *const *args, bool run)
{
    PyObject *all = args[0];
    COULD(PyList_CheckExact(all) || PyTuple_CheckExact(all));
    Py_ssize_t before = small_int(args[1]) & 15, n = PySequence_Fast_GET_SIZE(all) - before - (small_int(args[1]) >> 4);
    if (n < 0) {
        return NULL;           // tier 1 raises
    }
    PyObject *rest = PyList_New(n);
    for (Py_ssize_t i = 0; i < n && rest != NULL; i++) {
        PyList_SET_ITEM(rest, i, Py_NewRef(PySequence_Fast_GET_ITEM(all, before + i)));
    }
    return rest;
}

/* --- Deques ----------------------------------------------------------------------------------------------------------- */

/* As Modules/_collectionsmodule.c has it; the size of the type is checked. */
#define BLOCK_ITEMS 64
#define SPARE_BLOCKS 16

typedef struct Block {
    struct Block *left;
    PyObject *items[BLOCK_ITEMS];
    struct Block *right;
} Block;

typedef struct {
    PyObject_VAR_HEAD
    Block *first, *last;
    Py_ssize_t at_first, at_last;
    size_t state;
    Py_ssize_t most;
    Py_ssize_t nspare;
    Block *spare[SPARE_BLOCKS];
    PyObject *weak;
} Deque;

/* What no other type has, and how its methods are called: known when the first deque was seen. */
static destructor dealloc;
static struct {
    const char *name;
    PyCFunction call;
} methods[] = {{"append", NULL}, {"appendleft", NULL}, {"pop", NULL}, {"popleft", NULL}};
enum { APPEND, APPEND_LEFT, POP, POP_LEFT };

static bool
know_deque(PyTypeObject *type)
{
    if (type->tp_basicsize != (Py_ssize_t)sizeof(Deque) || strcmp(type->tp_name, "collections.deque") != 0) {
        return false;
    }
    for (PyMethodDef *method = type->tp_methods; method != NULL && method->ml_name != NULL; method++) {
        for (size_t i = 0; i < Py_ARRAY_LENGTH(methods); i++) {
            if (strcmp(methods[i].name, method->ml_name) == 0) {
                methods[i].call = method->ml_meth;
            }
        }
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(methods); i++) {
        if (methods[i].call == NULL) {
            return false;
        }
    }
    dealloc = type->tp_dealloc;
    return true;
}

bool
_PyJitLeaf_IsOfDeques(PyTypeObject *type)
{
    const unsigned long made = Py_TPFLAGS_HEAPTYPE | Py_TPFLAGS_IMMUTABLETYPE;
    return (type->tp_flags & made) == made && (dealloc != NULL ? type->tp_dealloc == dealloc : know_deque(type));
}

static bool
is_deque(PyObject *o)
{
    return _PyJitLeaf_IsOfDeques(Py_TYPE(o));
}

bool
_PyJitLeaf_IsDequeWithoutLimit(PyObject *o)
{
    return is_deque(o) && ((Deque *)o)->most < 0;
}

size_t
_PyJitLeaf_DequeState(PyObject *deque)
{
    return ((Deque *)deque)->state;
}

/* One that is as long as it may be gives up the item at the other end: it must live on, or be plain. */
static bool
can_grow(PyObject *o, bool left)
{
    Deque *deque = (Deque *)o;
    if (deque->most < 0 || Py_SIZE(deque) < deque->most) {
        return true;
    }
    if (deque->most == 0) {
        return false;
    }
    PyObject *last = left ? deque->last->items[deque->at_last] : deque->first->items[deque->at_first];
    return Py_REFCNT(last) > 1 || PyLong_CheckExact(last) || PyFloat_CheckExact(last) || PyUnicode_CheckExact(last);
}

PyObject *
_PyJitLeaf_DequeAppend(PyObject *const *args, bool run)
{
    COULD(is_deque(args[0]) && can_grow(args[0], false));
    return methods[APPEND].call(args[0], args[1]);
}

PyObject *
_PyJitLeaf_DequeAppendLeft(PyObject *const *args, bool run)
{
    COULD(is_deque(args[0]) && can_grow(args[0], true));
    return methods[APPEND_LEFT].call(args[0], args[1]);
}

PyObject *
_PyJitLeaf_DequePop(PyObject *const *args, bool run)
{
    COULD(is_deque(args[0]) && Py_SIZE(args[0]) > 0);
    return methods[POP].call(args[0], NULL);
}

PyObject *
_PyJitLeaf_DequePopLeft(PyObject *const *args, bool run)
{
    COULD(is_deque(args[0]) && Py_SIZE(args[0]) > 0);
    return methods[POP_LEFT].call(args[0], NULL);
}

/* O, of a class derived from TYPE, has NAME from there. */
static bool
is_as_in(PyObject *o, PyTypeObject *type, PyObject *name)
{
    return Py_IS_TYPE(o, type) || _PyType_Lookup(Py_TYPE(o), name) == _PyType_Lookup(type, name);
}

bool
_PyJitLeaf_IsAs(PyTypeObject *base, PyTypeObject *type, PyObject *name)
{
    return type != base && PyType_IsSubtype(type, base) && _PyType_Lookup(type, name) == _PyType_Lookup(base, name)
        && PyUnstable_Type_AssignVersionTag(type);
}

/* --- Sizes ------------------------------------------------------------------------------------------------------------ */

/* TYPE, a class, has no `__bool__`: this is asked for the truth of objects, too. */
static bool
has_size_as_truth(const PyTypeObject *type)
{
    return type->tp_as_number == NULL || type->tp_as_number->nb_bool == NULL;
}

int64_t
_PyJitLeaf_AskLen(PyObject *const *args)
{
    PyObject *o = args[0];
    PyTypeObject *type = Py_TYPE(o);
    if (type == &PySet_Type || type == &PyFrozenSet_Type) {
        return PySet_GET_SIZE(o);
    }
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE && has_size_as_truth(type)) {
        Py_ssize_t size = PyUnicode_Check(o) && is_as_in(o, &PyUnicode_Type, &_Py_ID(__len__)) ? PyUnicode_GET_LENGTH(o)
            : PyDict_Check(o) && is_as_in(o, &PyDict_Type, &_Py_ID(__len__)) ? PyDict_GET_SIZE(o)
            : PyTuple_Check(o) && is_as_in(o, &PyTuple_Type, &_Py_ID(__len__)) ? PyTuple_GET_SIZE(o)
            : PyList_Check(o) && is_as_in(o, &PyList_Type, &_Py_ID(__len__)) ? PyList_GET_SIZE(o) : -1;
        if (size >= 0) {
            return size;
        }
    }
    bool plain = type == &PyBytes_Type || type == &PyByteArray_Type || is_deque(o);
    return plain ? Py_SIZE(o) : INT64_MIN;
}

PyObject *
_PyJitLeaf_Len(PyObject *const *args, bool Py_UNUSED(run))
{
    return _PyJitLeaf_AskLen(args) >= 0 ? Py_True : NULL;
}

static bool
is_bound(PyObject *o)
{
    return o == Py_None || (PyLong_CheckExact(o) && _PyLong_IsCompact((PyLongObject *)o));
}

static bool
is_plain_slice(PyObject *o)
{
    const PySliceObject *slice = (const PySliceObject *)o;
    return PySlice_Check(o) && is_bound(slice->start) && is_bound(slice->stop) && is_bound(slice->step);
}

/* --- Items ------------------------------------------------------------------------------------------------------------ */

PyObject *
_PyJitLeaf_Subscript(PyObject *const *args, bool run)
{
    PyObject *o = args[0];
    bool sequence = PyUnicode_CheckExact(o) || PyList_CheckExact(o) || PyTuple_CheckExact(o) || PyBytes_CheckExact(o)
        || PyByteArray_CheckExact(o) || is_deque(o);
    if (PyDict_Check(o)) {
        PyObject *value;
        COULD(is_as_in(o, &PyDict_Type, &_Py_ID(__getitem__)) && _PyJit_DictFind(o, args[1], &value) >= 0 && value != NULL);
        return Py_NewRef(value);
    }
    if (!sequence) {
        return _PyJitLeaf_MatchItem(args, run);
    }
    COULD(PyLong_CheckExact(args[1]) || is_plain_slice(args[1]));
    return PyObject_GetItem(o, args[1]);
}

/* N items from ITEMS on, STEP from one to the next, of a list or a TUPLE. */
static PyObject *
take_steps(PyObject **items, Py_ssize_t n, Py_ssize_t step, bool tuple)
{
    PyObject *made = tuple ? PyTuple_New(n) : PyList_New(n);
    PyObject **to = made != NULL ? PySequence_Fast_ITEMS(made) : NULL;
    for (Py_ssize_t i = 0; made != NULL && i < n; i++) {
        to[i] = Py_NewRef(items[i * step]);
    }
    return made;
}

static PyObject *
take_characters(const Py_UCS1 *from, Py_ssize_t n, Py_ssize_t step)
{
    PyObject *text = PyUnicode_New(n, 127);
    Py_UCS1 *to = text != NULL ? PyUnicode_1BYTE_DATA(text) : NULL;
    for (Py_ssize_t i = 0; text != NULL && i < n; i++) {
        to[i] = from[i * step];
    }
    return text;
}

PyObject *
_PyJitLeaf_Steps(PyObject *const *args, bool run)
{
    PyObject *o = args[0], *steps = args[3];
    bool plain = (steps == NULL || is_bound(steps)) && is_bound(args[1]) && is_bound(args[2]);
    COULD(plain && (PyUnicode_CheckExact(o) || PyList_CheckExact(o) || PyTuple_CheckExact(o) || PyBytes_CheckExact(o)));
    Py_ssize_t step = steps == NULL || steps == Py_None ? 1 : _PyLong_CompactValue((PyLongObject *)steps);
    bool text = PyUnicode_CheckExact(o) && PyUnicode_IS_ASCII(o);
    if (step != 0 && step != 1 && (text || PyList_CheckExact(o) || PyTuple_CheckExact(o))) {
        Py_ssize_t first = step > 0 ? 0 : PY_SSIZE_T_MAX, last = step > 0 ? PY_SSIZE_T_MAX : PY_SSIZE_T_MIN;
        first = args[1] == Py_None ? first : _PyLong_CompactValue((PyLongObject *)args[1]);
        last = args[2] == Py_None ? last : _PyLong_CompactValue((PyLongObject *)args[2]);
        Py_ssize_t n = PySlice_AdjustIndices(text ? PyUnicode_GET_LENGTH(o) : PySequence_Fast_GET_SIZE(o), &first, &last, step);
        if (n > 0) {
            return text ? take_characters(PyUnicode_1BYTE_DATA(o) + first, n, step)
                : take_steps(PySequence_Fast_ITEMS(o) + first, n, step, PyTuple_CheckExact(o));
        }
    }
    PyObject *slice = PySlice_New(args[1], args[2], steps), *made = slice == NULL ? NULL : PyObject_GetItem(o, slice);
    Py_XDECREF(slice);
    return made;
}

/* Of a dict of a class that looks as dict does, or a range. */
int64_t
_PyJitLeaf_AskContains(PyObject *const *args)
{
    if (PyRange_Check(args[0]) && PyLong_CheckExact(args[1])) {
        int in = PySequence_Contains(args[0], args[1]);
        if (in < 0) {
            PyErr_Clear();
        }
        return in < 0 ? INT64_MIN : in;
    }
    bool plain = PyDict_Check(args[0]) && is_as_in(args[0], &PyDict_Type, &_Py_ID(__contains__));
    int64_t has = plain ? _PyJit_DictHas(args[0], args[1]) : -1;
    return has < 0 ? INT64_MIN : has;
}

PyObject *
_PyJitLeaf_Contains(PyObject *const *args, bool Py_UNUSED(run))
{
    return _PyJitLeaf_AskContains(args) >= 0 ? Py_True : NULL;
}

PyObject *
_PyJitLeaf_UpdateSet(PyObject *const *args, bool run)
{
    PyObject *set = args[0], *more = args[1];
    if (PyAnySet_CheckExact(more)) {
        COULD(PySet_CheckExact(set) && PySet_GET_SIZE(more) <= MOST_UPDATED && _PyJitLeaf_CanMerge(set, more));
        return _PyJitLeaf_MergeSets(set, more);
    }
    bool can = PySet_CheckExact(set) && (PyList_CheckExact(more) || PyTuple_CheckExact(more)) && PySequence_Fast_GET_SIZE(more) <= MOST_UPDATED;
    for (Py_ssize_t i = 0; can && i < PySequence_Fast_GET_SIZE(more); i++) {
        can = _PyJit_SetHas(set, PySequence_Fast_GET_ITEM(more, i)) >= 0;
    }
    COULD(can);
    // If memory is short tier 1 adds them again.
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(more); i++) {
        if (_PyJit_SetAdd(set, PySequence_Fast_GET_ITEM(more, i)) < 0) {
            return NULL;
        }
    }
    return Py_None;
}

PyObject *
_PyJitLeaf_Append(PyObject *const *args, bool run)
{
    COULD(PyList_Check(args[0]));
    return PyList_Append(args[0], args[1]) < 0 ? NULL : Py_None;
}

PyObject *
_PyJitLeaf_Pop(PyObject *const *args, bool run)
{
    Py_ssize_t n = PyList_Check(args[0]) ? PyList_GET_SIZE(args[0]) : 0;
    COULD(n > 0);
    PyObject *last = Py_NewRef(PyList_GET_ITEM(args[0], n - 1));
    if (PyList_SetSlice(args[0], n - 1, n, NULL) < 0) {
        Py_CLEAR(last);
    }
    return last;
}

PyObject *
_PyJitLeaf_Add(PyObject *const *args, bool run)
{
    COULD(PySet_CheckExact(args[0]) && _PyJit_SetHas(args[0], args[1]) >= 0);
    return _PyJit_SetAdd(args[0], args[1]) < 0 ? NULL : Py_None;
}

_Py_COMP_DIAG_PUSH
_Py_COMP_DIAG_IGNORE_DEPR_DECLS

/* Keys are exact strs; what is replaced lives on, or is plain; and it is not the dict of an object, of whose attributes traces know. */
/* DICT has strs as keys, and all its values are plain or live on though N references to each are lost: whichever get others, it is quiet. */
static bool
can_lose_any(PyObject *dict, Py_ssize_t n)
{
    PyDictKeysObject *keys = ((PyDictObject *)dict)->ma_keys;
    if (!DK_IS_UNICODE(keys) || keys->dk_nentries > MOST_UPDATED) {
        return false;
    }
    for (Py_ssize_t i = 0; i < keys->dk_nentries; i++) {
        PyObject *value = DK_UNICODE_ENTRIES(keys)[i].me_value;
        if (value != NULL && Py_REFCNT(value) <= n && !_PyJit_IsPlainType(Py_TYPE(value))) {
            return false;
        }
    }
    return true;
}

PyObject *
_PyJitLeaf_UpdateDict(PyObject *const *args, bool run)
{
    PyObject *dict = args[0], *more = args[1], *key, *value, *old;
    bool can = PyDict_CheckExact(dict) && PyDict_CheckExact(more) && dict != more && DK_IS_UNICODE(((PyDictObject *)more)->ma_keys)
        && (((PyDictObject *)dict)->ma_version_tag & DICT_WATCHER_MASK) == 0 && !_PyDict_HasSplitTable((PyDictObject *)dict)
        && (PyDict_GET_SIZE(more) <= MOST_UPDATED || PyDict_GET_SIZE(dict) == 0);
    if (can && PyDict_GET_SIZE(dict) == 0) {
        return _PyJitLeaf_MergeDicts(args, run);
    }
    bool any = can && can_lose_any(dict, PyDict_GET_SIZE(more));
    for (Py_ssize_t i = 0; can && !any && PyDict_Next(more, &i, &key, &value);) {
        can = _PyJit_DictFind(dict, key, &old) >= 0
            && (old == NULL || Py_REFCNT(old) > PyDict_GET_SIZE(more) || PyLong_CheckExact(old) || PyUnicode_CheckExact(old));
    }
    COULD(can);
    return PyDict_Update(dict, more) < 0 ? NULL : Py_None;
}

_Py_COMP_DIAG_POP

PyObject *
_PyJitLeaf_DelAttr(PyObject *const *args, bool run)
{
    PyObject *o = args[0];
    COULD(_PyJit_CanDelAttr(o, args[1]));
    // Which descriptors the class has is known already.
    bool is_inline = Py_TYPE(o)->tp_flags & Py_TPFLAGS_INLINE_VALUES && _PyObject_InlineValues(o)->valid;
    int result = is_inline ? _PyObject_StoreInstanceAttribute(o, args[1], NULL) : PyObject_GenericSetAttr(o, args[1], NULL);
    return result < 0 ? NULL : Py_None;
}

/* --- Functions -------------------------------------------------------------------------------------------------------- */

PyObject *
_PyJitLeaf_Next(PyObject *const *args, bool run)
{
    int has = _PyJitIter_Has(args[0]);
    COULD(has == 1 || (has == 0 && args[1] != NULL && _PyJitIter_LetsGo(args[0])));
    PyObject *item = Py_TYPE(args[0])->tp_iternext(args[0]);
    return item != NULL || has == 1 ? item : Py_NewRef(args[1]);
}

/* tuple.__new__(CLASS, items): of a class that adds nothing in C. */
PyObject *
_PyJitLeaf_NewTuple(PyObject *const *args, bool run)
{
    PyTypeObject *class = PyType_Check(args[0]) ? (PyTypeObject *)args[0] : NULL, *base = class;
    while (base != NULL && base->tp_flags & Py_TPFLAGS_HEAPTYPE && !(base->tp_flags & Py_TPFLAGS_IMMUTABLETYPE)) {
        base = base->tp_base;
    }
    COULD(base == &PyTuple_Type && class != base && class->tp_alloc == PyType_GenericAlloc && PyTuple_CheckExact(args[1]));
    Py_ssize_t n = PyTuple_GET_SIZE(args[1]);
    PyObject *tuple = class->tp_alloc(class, n);
    for (Py_ssize_t i = 0; tuple != NULL && i < n; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(PyTuple_GET_ITEM(args[1], i)));
    }
    return tuple;
}

PyObject *
_PyJitLeaf_SetAttr(PyObject *const *args, bool run)
{
    COULD(PyUnicode_CheckExact(args[1]) && PyUnicode_CHECK_INTERNED(args[1]) && (run || _PyJit_CanSetAttr(args[0], args[1])));
    return _PyJit_SetAttr(args[0], args[1], args[2]) < 0 ? NULL : Py_None;
}

#endif /* _Py_TIER2 */
