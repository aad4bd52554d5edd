/* Leaf calls of the algebra of sets (leaf_calls.c has the rules): operators, comparisons, methods with one argument.
 *
 * To look at all elements first would take as long as the work itself.  So the tables are walked here, and elements are compared only where
 * they have one hash and are not one object.  Where such a comparison may run code of users the leaf fails: nothing has changed yet, as what
 * it makes is new.
 *
 * The order of a set is seen by whoever iterates over it, its size by sys.getsizeof.  So tables grow here when C lets them grow, and elements
 * come in the order in which C adds them (Objects/setobject.c).
 */
#include "Python.h"

#ifdef _Py_TIER2

#include <string.h>
#include "opcode.h"
#include "pycore_jit_helpers.h"
#include "pycore_object.h"
#include "pycore_setobject.h"
#include "jit/objects/leaves.h"

#define PERTURB 5              // bits of the hash that come in with each step
#define NEIGHBOURS 9           // entries that are looked at before the next step
#define LARGE 50000            // elements: such a table grows to twice as many, not four times

typedef int (*Operation)(PySetObject *set, PySetObject *other);

/* An entry that has an element: deleted ones have the hash -1. */
static inline bool
is_element(const setentry *entry)
{
    return entry->key != NULL && entry->hash != -1;
}

/* The entry for an element of HASH that is not in TABLE, where nothing was deleted. */
static setentry *
free_entry(setentry *table, size_t mask, Py_hash_t hash)
{
    size_t rest = (size_t)hash;
    for (size_t i = rest & mask;; rest >>= PERTURB, i = (5 * i + 1 + rest) & mask) {
        size_t end = i + NEIGHBOURS <= mask ? i + NEIGHBOURS : i;
        for (size_t k = i; k <= end; k++) {
            if (table[k].key == NULL) {
                return &table[k];
            }
        }
    }
}

/* SET gets a table for more than LEAST elements.  -1: memory is short. */
static int
rebuild(PySetObject *set, Py_ssize_t least)
{
    setentry few[PySet_MINSIZE], *old = set->table, *table = set->smalltable;
    size_t size = PySet_MINSIZE, old_mask = (size_t)set->mask;
    bool keeps = old == set->smalltable;
    while (size <= (size_t)least) {
        size *= 2;
    }
    if (size > PySet_MINSIZE) {
        table = PyMem_New(setentry, size);
        if (table == NULL) {
            return -1;
        }
    }
    else if (keeps) {
        if (set->fill == set->used) {
            return 0;
        }
        old = memcpy(few, old, sizeof(few));
    }
    memset(table, 0, size * sizeof(setentry));
    for (size_t i = 0; i <= old_mask; i++) {
        if (is_element(&old[i])) {
            *free_entry(table, size - 1, old[i].hash) = old[i];
        }
    }
    if (!keeps) {
        PyMem_Free(old);
    }
    set->table = table;
    set->mask = (Py_ssize_t)size - 1;
    set->fill = set->used;
    return 0;
}

/* SET gets KEY, unless it has it.  -1: that is not known, or memory is short. */
static int
add(PySetObject *set, PyObject *key, Py_hash_t hash)
{
    setentry *place;
    int64_t has = _PyJitLeaf_FindHashed(set, key, hash, &place);
    if (has != 0) {
        return has < 0 ? -1 : 0;
    }
    bool fresh = place->key == NULL;
    place->key = Py_NewRef(key);
    place->hash = hash;
    set->fill += fresh;
    set->used++;
    return !fresh || (size_t)set->fill * 5 < (size_t)set->mask * 3 ? 0 : rebuild(set, set->used * (set->used > LARGE ? 2 : 4));
}

/* SET, a new one, loses KEY, which lives on.  1: it had that, 0, or -1: that is not known. */
static int
discard(PySetObject *set, PyObject *key, Py_hash_t hash)
{
    setentry *place;
    int has = (int)_PyJitLeaf_FindHashed(set, key, hash, &place);
    if (has == 1) {
        Py_DECREF(place->key);
        place->key = _PySet_Dummy;
        place->hash = -1;
        set->used--;
    }
    return has;
}

/* SET gets what is in OTHER.  Of one that is not new _PyJitLeaf_CanMerge has to be asked before. */
static int
merge(PySetObject *set, PySetObject *other)
{
    if (other->used == 0) {
        return 0;
    }
    if ((set->fill + other->used) * 5 >= set->mask * 3 && rebuild(set, (set->used + other->used) * 2) < 0) {
        return -1;
    }
    bool empty = set->fill == 0, same = empty && set->mask == other->mask && other->fill == other->used;
    for (Py_ssize_t i = 0; i <= other->mask; i++) {
        const setentry *entry = &other->table[i];
        if (!is_element(entry)) {
            continue;
        }
        if (!empty) {
            if (add(set, entry->key, entry->hash) < 0) {
                return -1;
            }
            continue;
        }
        setentry *place = same ? &set->table[i] : free_entry(set->table, (size_t)set->mask, entry->hash);
        Py_INCREF(entry->key);
        *place = *entry;
    }
    if (empty) {
        set->fill = set->used = other->used;
    }
    return 0;
}

bool
_PyJitLeaf_CanMerge(PyObject *set, PyObject *other)
{
    const PySetObject *more = (const PySetObject *)other;
    bool can = set != other;
    for (Py_ssize_t i = 0; i <= more->mask && can; i++) {
        setentry *place;
        can = !is_element(&more->table[i])
            || _PyJitLeaf_FindHashed((PySetObject *)set, more->table[i].key, more->table[i].hash, &place) >= 0;
    }
    return can;
}

PyObject *
_PyJitLeaf_MergeSets(PyObject *set, PyObject *other)
{
    return merge((PySetObject *)set, (PySetObject *)other) < 0 ? NULL : Py_None;
}

/* MADE gets the elements of SET that are in OTHER (WANTED), or are not. */
static int
select_elements(PySetObject *made, PySetObject *set, PySetObject *other, bool wanted)
{
    for (Py_ssize_t i = 0; i <= set->mask; i++) {
        const setentry *entry = &set->table[i];
        setentry *place;
        int64_t has = is_element(entry) ? _PyJitLeaf_FindHashed(other, entry->key, entry->hash, &place) : !wanted;
        if (has < 0 || (has == wanted && add(made, entry->key, entry->hash) < 0)) {
            return -1;
        }
    }
    return 0;
}

static int
intersect(PySetObject *made, PySetObject *x, PySetObject *y)
{
    bool swap = y->used > x->used;
    return x == y ? merge(made, x) : select_elements(made, swap ? x : y, swap ? y : x, true);
}

static int
subtract(PySetObject *made, PySetObject *x, PySetObject *y)
{
    if (x->used >> 2 <= y->used) {
        return select_elements(made, x, y, false);
    }
    if (merge(made, x) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i <= y->mask; i++) {
        if (is_element(&y->table[i]) && discard(made, y->table[i].key, y->table[i].hash) < 0) {
            return -1;
        }
    }
    return made->fill - made->used <= made->mask / 4 ? 0 : rebuild(made, made->used * (made->used > LARGE ? 2 : 4));
}

static int
differ(PySetObject *made, PySetObject *x, PySetObject *y)
{
    if (merge(made, y) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i <= x->mask; i++) {
        const setentry *entry = &x->table[i];
        int has = is_element(entry) ? discard(made, entry->key, entry->hash) : 1;
        if (has < 0 || (has == 0 && add(made, entry->key, entry->hash) < 0)) {
            return -1;
        }
    }
    return 0;
}

/* X OP Y, for an NB_ that is not in place; a new reference.  NULL: that is for tier 1. */
PyObject *
_PyJitLeaf_OperateSets(int op, PyObject *x, PyObject *y)
{
    if (!PyAnySet_CheckExact(x) || !PyAnySet_CheckExact(y)) {
        return NULL;
    }
    PySetObject *left = (PySetObject *)x, *right = (PySetObject *)y, *made = (PySetObject *)_PyJitLeaf_NewSet(Py_TYPE(x));
    int done = made == NULL ? -1 : op == NB_AND ? intersect(made, left, right) : op == NB_SUBTRACT ? subtract(made, left, right)
        : op == NB_XOR ? differ(made, left, right) : op != NB_OR || merge(made, left) < 0 ? -1 : left == right ? 0 : merge(made, right);
    if (done < 0) {
        Py_CLEAR(made);        // its elements live on
    }
    return (PyObject *)made;
}

PyObject *
_PyJitLeaf_SetOf(PyTypeObject *type, PyObject *o)
{
    bool sequence = PyList_CheckExact(o) || PyTuple_CheckExact(o);
    PyObject *made = sequence || PyAnySet_CheckExact(o) ? _PyJitLeaf_NewSet(type) : NULL;
    int done = made != NULL && !sequence ? merge((PySetObject *)made, (PySetObject *)o) : 0;
    for (Py_ssize_t i = 0; made != NULL && sequence && done >= 0 && i < PySequence_Fast_GET_SIZE(o); i++) {
        done = _PyJit_SetAdd(made, PySequence_Fast_GET_ITEM(o, i));
    }
    if (done < 0) {
        Py_CLEAR(made);
    }
    return made;
}

/* All elements of X are in Y (WANTED), or none is.  1, 0, or INT64_MIN: that is not known. */
static int64_t
all_are(PySetObject *x, PySetObject *y, bool wanted)
{
    for (Py_ssize_t i = 0; i <= x->mask; i++) {
        setentry *place;
        int64_t has = is_element(&x->table[i]) ? _PyJitLeaf_FindHashed(y, x->table[i].key, x->table[i].hash, &place) : wanted;
        if (has != wanted) {
            return has < 0 ? INT64_MIN : 0;
        }
    }
    return 1;
}

int64_t
_PyJitLeaf_CompareSets(int op, PyObject *x, PyObject *y)
{
    PySetObject *left = (PySetObject *)x, *right = (PySetObject *)y;
    if (op == Py_EQ || op == Py_NE) {
        bool other = left->used != right->used || (left->hash != -1 && right->hash != -1 && left->hash != right->hash);
        int64_t equal = other ? 0 : all_are(left, right, true);
        return equal < 0 ? equal : equal == (op == Py_EQ);
    }
    if (op == Py_GT || op == Py_GE) {
        left = (PySetObject *)y;
        right = (PySetObject *)x;
    }
    bool strict = op == Py_LT || op == Py_GT;
    return left->used + strict > right->used ? 0 : all_are(left, right, true);
}

/* --- Methods ---------------------------------------------------------------------------------------------------------- */

/* The same as an operator, of two sets. */
static PyObject *
by_operator(PyObject *const *args, bool run, int op)
{
    PyObject *made = _PyJitLeaf_OperateSets(op, args[0], args[1]);
    return run ? made : _PyJitLeaf_Could(made);
}

PyObject *
_PyJitLeaf_Union(PyObject *const *args, bool run)
{
    return by_operator(args, run, NB_OR);
}

PyObject *
_PyJitLeaf_Intersection(PyObject *const *args, bool run)
{
    return by_operator(args, run, NB_AND);
}

PyObject *
_PyJitLeaf_Difference(PyObject *const *args, bool run)
{
    return by_operator(args, run, NB_SUBTRACT);
}

PyObject *
_PyJitLeaf_SymmetricDifference(PyObject *const *args, bool run)
{
    return by_operator(args, run, NB_XOR);
}

static PyObject *
truth(int64_t answer)
{
    return answer < 0 ? NULL : answer ? Py_True : Py_False;
}

static bool
are_sets(PyObject *const *args)
{
    return PyAnySet_CheckExact(args[0]) && PyAnySet_CheckExact(args[1]);
}

PyObject *
_PyJitLeaf_IsSubset(PyObject *const *args, bool Py_UNUSED(run))
{
    return are_sets(args) ? truth(_PyJitLeaf_CompareSets(Py_LE, args[0], args[1])) : NULL;
}

PyObject *
_PyJitLeaf_IsSuperset(PyObject *const *args, bool Py_UNUSED(run))
{
    return are_sets(args) ? truth(_PyJitLeaf_CompareSets(Py_GE, args[0], args[1])) : NULL;
}

PyObject *
_PyJitLeaf_IsDisjoint(PyObject *const *args, bool Py_UNUSED(run))
{
    if (!are_sets(args)) {
        return NULL;
    }
    PySetObject *x = (PySetObject *)args[0], *y = (PySetObject *)args[1];
    bool swap = y->used > x->used;
    return x == y ? truth(x->used == 0) : truth(all_are(swap ? x : y, swap ? y : x, false));
}

#endif /* _Py_TIER2 */
