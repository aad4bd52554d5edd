/* Steps of builtin iterators that have no form of their own: of dicts and their views, sets, strings, ranges, `reversed`,
 * `enumerate`, `zip`, deques, and of module itertools `chain`, `product`, `combinations`, `permutations`, `count`, `repeat`, `islice`.
 *
 * A step runs no code of users if the iterator is of one of these types, and so are those below it; if nothing has changed what it
 * goes over; and if what the last result held lives on or ends quietly, where the iterator uses the tuple again.  So it is looked at
 * first whether there is another item.
 *
 * The objects have no declaration outside their files.  What is declared here has the same layout; the size of the type is checked.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include <string.h>
#include "pycore_dict.h"
#include "pycore_jit_helpers.h"
#include "pycore_list.h"
#include "pycore_range.h"
#include "pycore_setobject.h"
#include "pycore_tuple.h"
#include "pycore_unicodeobject.h"
#include "jit/objects/leaves.h"

#define MOST_NESTED 4
#define UNSURE (-1)
#define KNOWN_TYPES 32

typedef struct {
    PyObject_HEAD
    PyDictObject *over;
    Py_ssize_t size, at;
    PyObject *tuple;           // of items; else NULL
    Py_ssize_t left;
} DictIterator;

typedef struct {
    PyObject_HEAD
    PySetObject *over;
    Py_ssize_t size, at, left;
} SetIterator;

/* Of a str, of bytes, or backwards. */
typedef struct {
    PyObject_HEAD
    Py_ssize_t at;
    PyObject *over;
} IndexIterator;

typedef struct {
    PyObject_HEAD
    Py_ssize_t count;
    PyObject *below, *tuple;
    int strict;
} Zip;

typedef struct {
    PyObject_HEAD
    PyObject *source, *active;
} Chain;

typedef struct {
    PyObject_HEAD
    PyObject *pools;           // tuples, in a tuple
    Py_ssize_t *at;            // for each of them
    PyObject *tuple;           // the last result; NULL: none was asked for
    int stopped;
} Product;

/* combinations(); permutations() has `cycles` behind `at`. */
typedef struct {
    PyObject_HEAD
    PyObject *pool;            // a tuple
    Py_ssize_t *at;
    PyObject *tuple;           // as above
    Py_ssize_t length;         // of a result
    int stopped;
} Combinations;

typedef struct {
    PyObject_HEAD
    PyObject *pool;
    Py_ssize_t *at, *cycles;
    PyObject *tuple;
    Py_ssize_t length;
    int stopped;
} Permutations;

typedef struct {
    PyObject_HEAD
    Py_ssize_t number;
    PyObject *large, *step;    // NULL, and one, where `number` is all
} Count;

typedef struct {
    PyObject_HEAD
    PyObject *element;
    Py_ssize_t left;           // -1: it goes on for ever
} Repeat;

typedef struct {
    PyObject_HEAD
    PyObject *below;           // NULL: it has stopped
    Py_ssize_t next, stop, step, at;
} Slice;

/* Of a deque, forwards or backwards. */
typedef struct {
    PyObject_HEAD
    void *block;
    Py_ssize_t at;             // in the block
    PyObject *over;
    size_t state;              // of the deque when the iterator was made
    Py_ssize_t left;
} DequeIterator;

#define HAS_LAYOUT(IT, LAYOUT) (Py_TYPE(IT)->tp_basicsize == (Py_ssize_t)sizeof(LAYOUT))

/* An item of a result of N items can be given up, however often it is there. */
static inline bool
is_given_up(PyObject *item, Py_ssize_t n)
{
    return item == NULL || Py_REFCNT(item) > n || _PyJit_IsPlainType(Py_TYPE(item));
}

/* The result TUPLE, which is used again if nobody else has it, can give up its items. */
static inline bool
can_use_again(PyObject *tuple)
{
    if (tuple == NULL || Py_REFCNT(tuple) > 1) {
        return true;
    }
    Py_ssize_t n = PyTuple_GET_SIZE(tuple);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = PyTuple_GET_ITEM(tuple, i);
        if (is_given_up(item, n)) {
            continue;
        }
        uint32_t times = 0;
        for (Py_ssize_t j = 0; j < n; j++) {
            times += PyTuple_GET_ITEM(tuple, j) == item;
        }
        if (Py_REFCNT(item) <= times && !_PyJit_EndsQuietly(item, times)) {
            return false;
        }
    }
    return true;
}

static inline int
dict_has(const DictIterator *it)
{
    const PyDictObject *dict = it->over;
    if (dict == NULL) {
        return 0;
    }
    if (it->size != dict->ma_used || !can_use_again(it->tuple)) {
        return UNSURE;
    }
    if (it->left > 0) {
        return 1;
    }
    PyDictKeysObject *keys = dict->ma_keys;
    for (Py_ssize_t i = it->at; i < (dict->ma_values != NULL ? dict->ma_used : keys->dk_nentries); i++) {
        bool unicode = DK_IS_UNICODE(keys);
        if (dict->ma_values != NULL || (unicode ? DK_UNICODE_ENTRIES(keys)[i].me_value : DK_ENTRIES(keys)[i].me_value) != NULL) {
            return UNSURE;     // there are other keys than before, though as many
        }
    }
    return 0;
}

static int
set_has(const SetIterator *it)
{
    const PySetObject *set = it->over;
    if (set == NULL) {
        return 0;
    }
    if (it->size != set->used) {
        return UNSURE;
    }
    if (it->left > 0) {
        return 1;
    }
    for (Py_ssize_t i = it->at; i <= set->mask; i++) {
        if (set->table[i].key != NULL && set->table[i].hash != -1) {
            return UNSURE;
        }
    }
    return 0;
}

static int
index_has(const IndexIterator *it)
{
    PyObject *over = it->over;
    if (over == NULL || it->at < 0) {
        return 0;
    }
    if (PyList_CheckExact(over)) {
        return it->at < PyList_GET_SIZE(over);
    }
    if (PyBytes_CheckExact(over) || PyByteArray_CheckExact(over)) {
        return it->at < Py_SIZE(over);
    }
    return PyUnicode_CheckExact(over) ? it->at < PyUnicode_GET_LENGTH(over)
        : PyTuple_CheckExact(over) ? it->at < PyTuple_GET_SIZE(over) : PyRange_Check(over) ? 1 : UNSURE;
}

static int has(PyObject *it, int nested, bool alone);

/* BELOW is what another iterator takes its items from.  ALONE: that one steps together with others, in a zip.  Each of them is asked before
 * the first one steps, so what one goes on with must not be what another one, or somebody else, goes on with. */
static int
has_below(PyObject *below, int nested, bool alone)
{
    return alone && Py_REFCNT(below) > 1 ? UNSURE : has(below, nested + 1, alone);
}

/* Classes of iterators in C modules.  From COMBINATIONS on there is no other iterator below them. */
typedef enum { OTHER_KIND, CHAIN, PRODUCT, SLICE, DEQUE, COMBINATIONS, PERMUTATIONS, COUNT, REPEAT } Kind;

static Kind
find_kind(const PyTypeObject *type)
{
    static const struct {
        const char *name;
        size_t size;
        Kind kind;
    } kinds[] = {
        {"itertools.chain", sizeof(Chain), CHAIN},
        {"itertools.product", sizeof(Product), PRODUCT},
        {"itertools.islice", sizeof(Slice), SLICE},
        {"itertools.combinations", sizeof(Combinations), COMBINATIONS},
        {"itertools.permutations", sizeof(Permutations), PERMUTATIONS},
        {"itertools.count", sizeof(Count), COUNT},
        {"itertools.repeat", sizeof(Repeat), REPEAT},
        {"collections._deque_iterator", sizeof(DequeIterator), DEQUE},
        {"collections._deque_reverse_iterator", sizeof(DequeIterator), DEQUE},
    };
    for (size_t i = 0; i < Py_ARRAY_LENGTH(kinds); i++) {
        if (type->tp_basicsize == (Py_ssize_t)kinds[i].size && strcmp(type->tp_name, kinds[i].name) == 0) {
            return kinds[i].kind;
        }
    }
    return OTHER_KIND;
}

/* Asked at each step, so it is remembered.  Another type at the address of one that is gone goes on by another function. */
static Kind
kind_of(const PyTypeObject *type)
{
    static struct {
        const PyTypeObject *type;
        iternextfunc next;
        Kind kind;
    } known[KNOWN_TYPES];
    const unsigned long made = Py_TPFLAGS_HEAPTYPE | Py_TPFLAGS_IMMUTABLETYPE;
    if ((type->tp_flags & made) != made || type->tp_iternext == NULL) {
        return OTHER_KIND;
    }
    uint32_t place = (uint32_t)((uintptr_t)type >> 6) % KNOWN_TYPES;
    if (known[place].type != type || known[place].next != type->tp_iternext) {
        known[place].type = type;
        known[place].next = type->tp_iternext;
        known[place].kind = find_kind(type);
    }
    return known[place].kind;
}

bool
_PyJitIter_IsOfItertools(PyTypeObject *type)
{
    Kind kind = kind_of(type);
    return kind != OTHER_KIND && kind != DEQUE;
}

bool
_PyJitIter_IsOfModule(PyTypeObject *type)
{
    return kind_of(type) != OTHER_KIND;
}

/* What the last result held is in the pool too. */
static int
source_has(PyObject *it, Kind kind)
{
    if (kind == COUNT) {
        const Count *count = (const Count *)it;
        return count->large == NULL && count->number != PY_SSIZE_T_MAX ? 1 : UNSURE;
    }
    if (kind == REPEAT) {
        return ((const Repeat *)it)->left != 0;
    }
    if (kind == COMBINATIONS) {
        const Combinations *some = (const Combinations *)it;
        return !some->stopped
            && (some->tuple == NULL || (some->length > 0 && some->at[0] < PyTuple_GET_SIZE(some->pool) - some->length));
    }
    const Permutations *all = (const Permutations *)it;
    bool more = all->tuple == NULL;
    for (Py_ssize_t i = 0; i < all->length && !all->stopped && !more; i++) {
        more = all->cycles[i] > 1;
    }
    return !all->stopped && more;
}

/* Where IT goes over a list, a tuple or an ASCII string and is not at its end: its next item, borrowed; else NULL. */
static inline PyObject *
peek(PyObject *it)
{
    if (Py_TYPE(it) == &PyListIter_Type) {
        const _PyListIterObject *list = (const _PyListIterObject *)it;
        return list->it_seq != NULL && list->it_index < PyList_GET_SIZE(list->it_seq) ? PyList_GET_ITEM(list->it_seq, list->it_index) : NULL;
    }
    if (Py_TYPE(it) == &PyTupleIter_Type) {
        const _PyTupleIterObject *tuple = (const _PyTupleIterObject *)it;
        return tuple->it_seq != NULL && tuple->it_index < PyTuple_GET_SIZE(tuple->it_seq) ? PyTuple_GET_ITEM(tuple->it_seq, tuple->it_index)
            : NULL;
    }
    if (Py_TYPE(it) == &_PyUnicodeASCIIIter_Type && HAS_LAYOUT(it, IndexIterator)) {
        const IndexIterator *text = (const IndexIterator *)it;
        return text->over != NULL && text->at < PyUnicode_GET_LENGTH(text->over)
            ? (PyObject *)&_Py_SINGLETON(strings).ascii[PyUnicode_1BYTE_DATA(text->over)[text->at]] : NULL;
    }
    return NULL;
}

/* IT, which peek() knows, steps over its next item. */
static inline void
step_over(PyObject *it)
{
    static_assert(offsetof(_PyListIterObject, it_index) == offsetof(_PyTupleIterObject, it_index)
                  && offsetof(_PyListIterObject, it_index) == offsetof(IndexIterator, at), "the index is at the same place");
    ((_PyListIterObject *)it)->it_index++;
}

/* How many items IT has yet, where they are those of a list, a tuple or a range; else 0. */
static Py_ssize_t
items_left(PyObject *it)
{
    if (Py_TYPE(it) == &PyListIter_Type) {
        const _PyListIterObject *list = (const _PyListIterObject *)it;
        return list->it_seq == NULL ? 0 : PyList_GET_SIZE(list->it_seq) - list->it_index;
    }
    if (Py_TYPE(it) == &PyTupleIter_Type) {
        const _PyTupleIterObject *tuple = (const _PyTupleIterObject *)it;
        return tuple->it_seq == NULL ? 0 : PyTuple_GET_SIZE(tuple->it_seq) - tuple->it_index;
    }
    return Py_TYPE(it) == &PyRangeIter_Type ? ((_PyRangeIterObject *)it)->len : 0;
}

/* Items that are left out are not looked into: they live on, or are ints. */
static int
slice_has(const Slice *it, int nested, bool alone)
{
    if (it->below == NULL) {
        return 0;
    }
    if (it->at < it->next) {
        // Also behind its stop: they are taken first.
        bool more = (it->stop < 0 || it->next < it->stop) && !(alone && Py_REFCNT(it->below) > 1);
        return more && items_left(it->below) > it->next - it->at ? 1 : UNSURE;
    }
    if (it->stop >= 0 && it->at >= it->stop) {
        return 0;
    }
    int below = has_below(it->below, nested, alone);
    return below == 0 && Py_REFCNT(it->below) > 1 ? UNSURE : below;
}

/* The step from one of what is chained to the next is looked into where that is a builtin container with items. */
static int
chain_has(const Chain *it, int nested, bool alone)
{
    int more = it->active != NULL ? has_below(it->active, nested, alone) : 0;
    if (more != 0 || it->source == NULL) {
        return more;
    }
    if ((it->active != NULL && (Py_REFCNT(it->active) > 1 || !_PyJitIter_IsThin(it->active, 1))) || (alone && Py_REFCNT(it->source) > 1)) {
        return UNSURE;
    }
    PyObject *next = peek(it->source);
    if (next == NULL) {
        bool end = Py_TYPE(it->source) == &PyListIter_Type || Py_TYPE(it->source) == &PyTupleIter_Type;
        return end && Py_REFCNT(it->source) == 1 ? 0 : UNSURE;
    }
    return _PyJitIter_IsOfContainer(Py_TYPE(next)) && PyObject_Size(next) > 0 ? 1 : UNSURE;
}

/* What the last result held is in the pools too. */
static int
product_has(const Product *it)
{
    if (it->stopped) {
        return 0;
    }
    Py_ssize_t n = PyTuple_GET_SIZE(it->pools), more = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t size = PyTuple_GET_SIZE(PyTuple_GET_ITEM(it->pools, i));
        if (size == 0) {
            return 0;
        }
        more += it->tuple == NULL || it->at[i] + 1 < size;
    }
    return it->tuple == NULL || more > 0;
}

static int
zip_has(const Zip *it, int nested, bool alone)
{
    if (it->strict || it->count == 0 || !can_use_again(it->tuple)) {
        return UNSURE;
    }
    int all = 1;
    for (Py_ssize_t i = 0; i < it->count && all == 1; i++) {
        // One that somebody else has would be seen to stop, or not to, at the end; one that is there twice makes two steps.
        PyObject *below = PyTuple_GET_ITEM(it->below, i);
        all = Py_REFCNT(below) > 1 ? UNSURE : has(below, nested + 1, alone || it->count > 1);
    }
    return all;
}

/* has() of an iterator of a C module. */
static int
module_has(PyObject *it, int nested, bool alone)
{
    Kind kind = kind_of(Py_TYPE(it));
    switch (kind) {
        case OTHER_KIND:
            return UNSURE;
        case CHAIN:
            return chain_has((const Chain *)it, nested, alone);
        case PRODUCT:
            return product_has((const Product *)it);
        case SLICE:
            return slice_has((const Slice *)it, nested, alone);
        case DEQUE: {
            const DequeIterator *deque = (const DequeIterator *)it;
            return _PyJitLeaf_DequeState(deque->over) == deque->state ? deque->left > 0 : UNSURE;
        }
        default:
            return source_has(it, kind);
    }
}

/* 1: IT has another item, and the step runs no code of users; 0: it is at its end; or UNSURE. */
static int
has(PyObject *it, int nested, bool alone)
{
    PyTypeObject *type = Py_TYPE(it);
    if (nested > MOST_NESTED) {
        return UNSURE;
    }
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) {
        return module_has(it, nested, alone);
    }
    if (type == &PyListIter_Type) {
        const _PyListIterObject *list = (const _PyListIterObject *)it;
        return list->it_seq != NULL && list->it_index < PyList_GET_SIZE(list->it_seq);
    }
    if (type == &PyTupleIter_Type) {
        const _PyTupleIterObject *tuple = (const _PyTupleIterObject *)it;
        return tuple->it_seq != NULL && tuple->it_index < PyTuple_GET_SIZE(tuple->it_seq);
    }
    if (type == &PyRangeIter_Type) {
        return ((_PyRangeIterObject *)it)->len > 0;
    }
    if (type == &_PyUnicodeASCIIIter_Type) {
        return HAS_LAYOUT(it, IndexIterator) ? index_has((const IndexIterator *)it) : UNSURE;
    }
    if (type == &PyDictIterItem_Type || type == &PyDictIterKey_Type || type == &PyDictIterValue_Type) {
        return HAS_LAYOUT(it, DictIterator) ? dict_has((const DictIterator *)it) : UNSURE;
    }
    if (type == &PySetIter_Type) {
        return HAS_LAYOUT(it, SetIterator) ? set_has((const SetIterator *)it) : UNSURE;
    }
    if (type == &PyListRevIter_Type || type == &PyReversed_Type || type == &PyUnicodeIter_Type || type == &PyBytesIter_Type
        || type == &PyByteArrayIter_Type) {
        return HAS_LAYOUT(it, IndexIterator) ? index_has((const IndexIterator *)it) : UNSURE;
    }
    if (type == &PyEnum_Type && HAS_LAYOUT(it, _PyJitEnumerate)) {
        const _PyJitEnumerate *numbers = (const _PyJitEnumerate *)it;
        if (numbers->large != NULL || numbers->next == PY_SSIZE_T_MAX || !can_use_again(numbers->tuple)) {
            return UNSURE;
        }
        int below = has_below(numbers->below, nested, alone);
        return below == 0 && Py_REFCNT(numbers->below) > 1 ? UNSURE : below;
    }
    if (type == &PyZip_Type) {
        return HAS_LAYOUT(it, Zip) ? zip_has((const Zip *)it, nested, alone) : UNSURE;
    }
    return UNSURE;
}

int
_PyJitIter_Has(PyObject *it)
{
    return has(it, 0, false);
}

/* IT, which is at its end, lets go of what it goes over when it is asked for another item: that runs no code of users. */
static bool
lets_go_quietly(PyObject *it)
{
    PyTypeObject *type = Py_TYPE(it);
    Kind kind = kind_of(type);
    if (type == &PyRangeIter_Type || kind == PRODUCT || kind == DEQUE || kind >= COMBINATIONS) {
        return true;
    }
    if (type == &PyEnum_Type) {
        return lets_go_quietly(((const _PyJitEnumerate *)it)->below);
    }
    if (type == &PyZip_Type) {
        const Zip *zip = (const Zip *)it;
        for (Py_ssize_t i = 0; i < zip->count; i++) {
            if (!lets_go_quietly(PyTuple_GET_ITEM(zip->below, i))) {
                return false;
            }
        }
        return true;
    }
    if (kind == CHAIN) {
        return false;
    }
    PyObject *over = kind == SLICE ? ((const Slice *)it)->below : type == &PyListIter_Type ? (PyObject *)((const _PyListIterObject *)it)->it_seq
        : type == &PyTupleIter_Type ? (PyObject *)((const _PyTupleIterObject *)it)->it_seq
        : type == &PySetIter_Type ? (PyObject *)((const SetIterator *)it)->over
        : type == &PyDictIterItem_Type || type == &PyDictIterKey_Type || type == &PyDictIterValue_Type
        ? (PyObject *)((const DictIterator *)it)->over : ((const IndexIterator *)it)->over;
    return over == NULL || Py_REFCNT(over) > 1 || _PyJit_EndsQuietly(over, 1);
}

/* --- What ends with them ----------------------------------------------------------------------------------------------- */

#define MOST_LOST 8

/* The objects, but plain ones and those that never end, that lose a reference with an iterator. */
typedef struct {
    PyObject *to[MOST_LOST];
    uint32_t n;
} Lost;

/* false: there are too many. */
static inline bool
lose(PyObject *o, Lost *lost)
{
    if (o == NULL || _PyJit_IsPlainType(Py_TYPE(o)) || _Py_IsImmortal(o)) {
        return true;
    }
    if (lost->n == MOST_LOST) {
        return false;
    }
    lost->to[lost->n++] = o;
    return true;
}

/* The TUPLE that an iterator keeps: one of SHARES references to it that are given up together. */
static bool
lose_tuple(PyObject *tuple, uint32_t shares, Lost *lost)
{
    if (tuple == NULL || Py_REFCNT(tuple) > (Py_ssize_t)shares) {
        return true;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
        if (!lose(PyTuple_GET_ITEM(tuple, i), lost)) {
            return false;
        }
    }
    return true;
}

/* The same of TUPLE, or NULL, which mostly nobody else has. */
static bool
lose_pool(PyObject *tuple, Lost *lost)
{
    return tuple != NULL && Py_REFCNT(tuple) > 1 ? lose(tuple, lost) : lose_tuple(tuple, 1, lost);
}

static bool lose_iterator(PyObject *it, uint32_t shares, Lost *lost, int nested);

/* IT ends, an iterator of a C module. */
static bool
lose_of_module(PyObject *it, uint32_t shares, Lost *lost, int nested)
{
    switch (kind_of(Py_TYPE(it))) {
        case SLICE: {
            PyObject *below = ((const Slice *)it)->below;
            return below == NULL || (Py_REFCNT(below) == 1 && lose_iterator(below, shares, lost, nested + 1));
        }
        case CHAIN: {
            const Chain *chain = (const Chain *)it;
            PyObject *source = chain->source, *active = chain->active;
            if (active != NULL && (Py_REFCNT(active) > 1 || !lose_iterator(active, shares, lost, nested + 1))) {
                return false;
            }
            if (source == NULL || Py_REFCNT(source) > 1 || Py_TYPE(source) != &PyTupleIter_Type) {
                return source == NULL || (Py_REFCNT(source) == 1 && lose_iterator(source, shares, lost, nested + 1));
            }
            return lose_pool((PyObject *)((const _PyTupleIterObject *)source)->it_seq, lost);
        }
        case PRODUCT: {
            const Product *product = (const Product *)it;
            bool fit = Py_REFCNT(product->pools) == 1 && lose_tuple(product->tuple, shares, lost);
            for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(product->pools) && fit; i++) {
                fit = lose_pool(PyTuple_GET_ITEM(product->pools, i), lost);
            }
            return fit;
        }
        case COMBINATIONS:
            return lose_pool(((const Combinations *)it)->pool, lost) && lose_tuple(((const Combinations *)it)->tuple, shares, lost);
        case PERMUTATIONS:
            return lose_pool(((const Permutations *)it)->pool, lost) && lose_tuple(((const Permutations *)it)->tuple, shares, lost);
        case COUNT:
            return lose(((const Count *)it)->large, lost) && lose(((const Count *)it)->step, lost);
        case REPEAT:
            return lose(((const Repeat *)it)->element, lost);
        case DEQUE:
            return lose(((const DequeIterator *)it)->over, lost);
        default:
            return false;
    }
}

/* IT ends, an iterator of a builtin type, and with it those below.  false: it is another object, or there is too much. */
static bool
lose_iterator(PyObject *it, uint32_t shares, Lost *lost, int nested)
{
    PyTypeObject *type = Py_TYPE(it);
    if (type == &PyListIter_Type) {
        return lose((PyObject *)((const _PyListIterObject *)it)->it_seq, lost);
    }
    if (type == &PyTupleIter_Type) {
        return lose((PyObject *)((const _PyTupleIterObject *)it)->it_seq, lost);
    }
    if (type == &PyDictIterItem_Type || type == &PyDictIterKey_Type || type == &PyDictIterValue_Type) {
        const DictIterator *dict = (const DictIterator *)it;
        return HAS_LAYOUT(it, DictIterator) && lose((PyObject *)dict->over, lost) && lose_tuple(dict->tuple, shares, lost);
    }
    if (type == &PyDictItems_Type || type == &PyDictKeys_Type || type == &PyDictValues_Type) {
        return lose((PyObject *)((const _PyDictViewObject *)it)->dv_dict, lost);
    }
    if (type == &_PyUnicodeASCIIIter_Type || type == &PyUnicodeIter_Type || type == &PyListRevIter_Type || type == &PyReversed_Type
        || type == &PyBytesIter_Type || type == &PyByteArrayIter_Type) {
        return HAS_LAYOUT(it, IndexIterator) && lose(((const IndexIterator *)it)->over, lost);
    }
    if (type == &PySetIter_Type) {
        return HAS_LAYOUT(it, SetIterator) && lose((PyObject *)((const SetIterator *)it)->over, lost);
    }
    if (type == &PyRangeIter_Type) {
        return true;
    }
    if (nested > MOST_NESTED) {
        return false;
    }
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) {
        return lose_of_module(it, shares, lost, nested);
    }
    if (type == &PyEnum_Type && HAS_LAYOUT(it, _PyJitEnumerate)) {
        const _PyJitEnumerate *numbers = (const _PyJitEnumerate *)it;
        return Py_REFCNT(numbers->below) == 1 && lose_tuple(numbers->tuple, shares, lost)
            && lose_iterator(numbers->below, shares, lost, nested + 1);
    }
    if (type == &PyZip_Type && HAS_LAYOUT(it, Zip)) {
        const Zip *zip = (const Zip *)it;
        bool fit = Py_REFCNT(zip->below) == 1 && lose_tuple(zip->tuple, shares, lost);
        for (Py_ssize_t i = 0; i < zip->count && fit; i++) {
            PyObject *below = PyTuple_GET_ITEM(zip->below, i);
            fit = Py_REFCNT(below) == 1 && lose_iterator(below, shares, lost, nested + 1);
        }
        return fit;
    }
    return false;
}

bool
_PyJitIter_IsThin(PyObject *it, uint32_t shares)
{
    Lost lost;
    lost.n = 0;
    if (!lose_iterator(it, shares, &lost, 0)) {
        return false;
    }
    for (uint32_t i = 0; i < lost.n; i++) {
        Py_ssize_t times = 0;
        for (uint32_t j = 0; j < lost.n; j++) {
            times += lost.to[j] == lost.to[i];
        }
        if (Py_REFCNT(lost.to[i]) <= times * (Py_ssize_t)shares) {
            return false;
        }
    }
    return true;
}

bool
_PyJitIter_IsOfContainer(const PyTypeObject *type)
{
    return type == &PyList_Type || type == &PyTuple_Type || type == &PyRange_Type || type == &PyUnicode_Type
        || type == &PyDict_Type || type == &PyDictKeys_Type || type == &PyDictValues_Type || type == &PyDictItems_Type
        || type == &PySet_Type || type == &PyFrozenSet_Type || type == &PyBytes_Type || type == &PyByteArray_Type;
}

bool
_PyJitIter_LetsGo(PyObject *it)
{
    return lets_go_quietly(it);
}

int
_PyJit_IterEnd(PyObject *it)
{
    if (has(it, 0, false) != 0) {
        return -1;
    }
    if (Py_REFCNT(it) == 1) {
        return 0;              // it ends now
    }
    if (!lets_go_quietly(it)) {
        return -1;
    }
    PyObject *item = Py_TYPE(it)->tp_iternext(it);
    assert(item == NULL && !PyErr_Occurred());
    Py_XDECREF(item);
    return 0;
}

/* The next key or value of a dict, borrowed; NULL: there is none, or that is looked at more closely. */
static inline PyObject *
next_of_dict(DictIterator *it, bool key)
{
    const PyDictObject *dict = it->over;
    if (dict == NULL || dict->ma_values != NULL || it->size != dict->ma_used || it->left <= 0) {
        return NULL;
    }
    PyDictKeysObject *keys = dict->ma_keys;
    bool unicode = DK_IS_UNICODE(keys);
    Py_ssize_t i = it->at;
    PyObject *value = NULL;
    for (; i < keys->dk_nentries && value == NULL; i++) {
        value = unicode ? DK_UNICODE_ENTRIES(keys)[i].me_value : DK_ENTRIES(keys)[i].me_value;
    }
    if (value == NULL) {
        return NULL;
    }
    it->at = i;
    it->left--;
    return !key ? value : unicode ? DK_UNICODE_ENTRIES(keys)[i - 1].me_key : DK_ENTRIES(keys)[i - 1].me_key;
}

/* The next item of IT, an iterator of a C module that takes it from a list or so, borrowed; NULL: that is looked at more closely. */
static PyObject *
next_of_module(PyObject *it)
{
    Kind kind = kind_of(Py_TYPE(it));
    Slice *slice = (Slice *)it;
    PyObject *below = kind == CHAIN ? ((const Chain *)it)->active : kind == SLICE && slice->at == slice->next
        && (slice->stop < 0 || slice->at < slice->stop) ? slice->below : NULL;
    PyObject *item = below != NULL ? peek(below) : NULL;
    if (item == NULL) {
        return NULL;
    }
    step_over(below);
    if (kind == SLICE) {
        Py_ssize_t room = (slice->stop < 0 ? PY_SSIZE_T_MAX : slice->stop) - slice->next;
        slice->next = slice->step > room ? slice->stop : slice->next + slice->step;
        slice->at++;
    }
    return item;
}

/* The next item of IT, borrowed, where that is found without more ado; else NULL, and nothing is done.  *none: there is none. */
static inline PyObject *
next_at_once(PyObject *it, bool *none)
{
    PyTypeObject *type = Py_TYPE(it);
    *none = false;
    if (type == &PyDictIterKey_Type || type == &PyDictIterValue_Type) {
        return HAS_LAYOUT(it, DictIterator) ? next_of_dict((DictIterator *)it, type == &PyDictIterKey_Type) : NULL;
    }
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) {
        return next_of_module(it);
    }
    IndexIterator *index = (IndexIterator *)it;
    if (type == &_PyUnicodeASCIIIter_Type && HAS_LAYOUT(it, IndexIterator)) {
        *none = index->over == NULL || index->at >= PyUnicode_GET_LENGTH(index->over);
        return *none ? NULL : (PyObject *)&_Py_SINGLETON(strings).ascii[PyUnicode_1BYTE_DATA(index->over)[index->at++]];
    }
    if (type == &PyListRevIter_Type && HAS_LAYOUT(it, IndexIterator)) {
        *none = index->over == NULL || index->at < 0 || index->at >= PyList_GET_SIZE(index->over);
        return *none ? NULL : PyList_GET_ITEM(index->over, index->at--);
    }
    return NULL;
}

PyObject *
_PyJit_IterNext(PyObject *it)
{
    bool none;
    PyObject *item = next_at_once(it, &none);
    if (item != NULL || none) {
        return Py_XNewRef(item);
    }
    return has(it, 0, false) == 1 ? _PyJit_New(Py_TYPE(it)->tp_iternext(it)) : NULL;
}

/* --- Steps whose tuple is looked into at once ------------------------------------------------------------------------ */

bool
_PyJitIter_KeepsTuple(const PyTypeObject *type)
{
    return type == &PyEnum_Type || type == &PyZip_Type || type == &PyDictIterItem_Type;
}

/* The next item of IT, which has one: a new reference, or NULL with no exception set. */
static PyObject *
next_item(PyObject *it)
{
    PyObject *item = peek(it);
    if (item != NULL) {
        step_over(it);
        return Py_NewRef(item);
    }
    return _PyJit_New(Py_TYPE(it)->tp_iternext(it));
}

/* ITEM, whose reference is taken over, takes the place of an item of TUPLE that can be given up. */
static void
put(PyObject *tuple, Py_ssize_t i, PyObject *item)
{
    PyObject *old = PyTuple_GET_ITEM(tuple, i);
    PyTuple_SET_ITEM(tuple, i, item);
    Py_XDECREF(old);
}

/* TUPLE, which an iterator gave last, is its own, and has COUNT items. */
static inline bool
is_own(PyObject *tuple, uint32_t count)
{
    return tuple != NULL && Py_REFCNT(tuple) == 1 && PyTuple_GET_SIZE(tuple) == (Py_ssize_t)count;
}

#define MOST_AT_ONCE 4

/* What step_zip() does, where peek() knows all that IT goes over and none is at its end; else false, and nothing is done. */
static bool
step_zip_at_once(Zip *it)
{
    PyObject *items[MOST_AT_ONCE];
    Py_ssize_t n = it->count;
    if (n > MOST_AT_ONCE) {
        return false;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *below = PyTuple_GET_ITEM(it->below, i), *old = PyTuple_GET_ITEM(it->tuple, i);
        items[i] = Py_REFCNT(below) == 1 ? peek(below) : NULL;
        if (items[i] == NULL || (!is_given_up(old, n) && !can_use_again(it->tuple))) {
            return false;
        }
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_INCREF(items[i]);
        step_over(PyTuple_GET_ITEM(it->below, i));
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        put(it->tuple, i, items[i]);
    }
    return true;
}

/* The steps; IT has another item.  false: memory is short, and what has been stepped over is lost, as in tier 1. */
static bool
step_zip(Zip *it)
{
    for (Py_ssize_t i = 0; i < it->count; i++) {
        PyObject *item = next_item(PyTuple_GET_ITEM(it->below, i));
        if (item == NULL) {
            return false;
        }
        put(it->tuple, i, item);
    }
    return true;
}

/* IT, an enumerate, goes over what peek() knows and is not at its end; its step runs no code of users. */
static bool
is_before_item(const _PyJitEnumerate *it)
{
    return it->large == NULL && it->next < PY_SSIZE_T_MAX && peek(it->below) != NULL && can_use_again(it->tuple);
}

static bool
step_enumerate(_PyJitEnumerate *it)
{
    PyObject *item = next_item(it->below);
    if (item == NULL) {
        return false;
    }
    it->next++;
    put(it->tuple, 1, item);
    return true;
}

static inline bool
step_dict(DictIterator *it)
{
    PyDictKeysObject *keys = it->over->ma_keys;
    PyObject *key = NULL, *value = NULL;
    while (value == NULL) {
        if (it->at >= keys->dk_nentries) {
            return false;      // there are other keys than before: tier 1 says so
        }
        if (DK_IS_UNICODE(keys)) {
            const PyDictUnicodeEntry *entry = &DK_UNICODE_ENTRIES(keys)[it->at++];
            key = entry->me_key;
            value = entry->me_value;
        }
        else {
            const PyDictKeyEntry *entry = &DK_ENTRIES(keys)[it->at++];
            key = entry->me_key;
            value = entry->me_value;
        }
    }
    it->left--;
    put(it->tuple, 0, Py_NewRef(key));
    put(it->tuple, 1, Py_NewRef(value));
    return true;
}

/* IT steps, and puts what it comes to into the tuple it keeps, which has COUNT items.  NULL: it has no other item, or tier 1 has to do it. */
static inline PyObject *
step(PyObject *it, uint32_t count)
{
    PyTypeObject *type = Py_TYPE(it);
    if (type == &PyDictIterItem_Type && HAS_LAYOUT(it, DictIterator)) {
        DictIterator *items = (DictIterator *)it;
        bool can = is_own(items->tuple, count) && dict_has(items) == 1 && items->over->ma_values == NULL;
        return can && step_dict(items) ? items->tuple : NULL;
    }
    if (type == &PyZip_Type && HAS_LAYOUT(it, Zip)) {
        Zip *zip = (Zip *)it;
        bool can = is_own(zip->tuple, count) && (step_zip_at_once(zip) || (has(it, 0, false) == 1 && step_zip(zip)));
        return can ? zip->tuple : NULL;
    }
    if (type == &PyEnum_Type && HAS_LAYOUT(it, _PyJitEnumerate)) {
        _PyJitEnumerate *numbers = (_PyJitEnumerate *)it;
        bool can = is_own(numbers->tuple, count) && (is_before_item(numbers) || has(it, 0, false) == 1);
        return can && step_enumerate(numbers) ? numbers->tuple : NULL;
    }
    return NULL;
}

PyObject *
_PyJit_IterStep(PyObject *it, uint32_t count)
{
    PyObject *tuple = step(it, count);
    if (tuple != NULL && !_PyObject_GC_IS_TRACKED(tuple)) {
        _PyObject_GC_TRACK(tuple);       // the collector may have found it to hold nothing that it looks for
    }
    return tuple;
}

/* --- Making them ------------------------------------------------------------------------------------------------------ */

PyObject *
_PyJitIter_NewOfDict(PyObject *dict, uint32_t which)
{
    PyTypeObject *type = which == 0 ? &PyDictIterKey_Type : which == 1 ? &PyDictIterValue_Type : &PyDictIterItem_Type;
    if (!PyDict_Check(dict) || type->tp_basicsize != (Py_ssize_t)sizeof(DictIterator)) {
        return NULL;
    }
    PyObject *tuple = which == 2 ? _PyJit_NewTuple(2) : NULL;
    DictIterator *it = which == 2 && tuple == NULL ? NULL : PyObject_GC_New(DictIterator, type);
    if (it == NULL) {
        PyErr_Clear();
        Py_XDECREF(tuple);
        return NULL;
    }
    for (int i = 0; i < 2 && tuple != NULL; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_None);
    }
    it->over = (PyDictObject *)Py_NewRef(dict);
    it->size = it->left = it->over->ma_used;
    it->at = 0;
    it->tuple = tuple;
    _PyObject_GC_TRACK(it);
    return (PyObject *)it;
}

PyObject *
_PyJitIter_NewZip(PyObject *const *items, Py_ssize_t n)
{
    if (PyZip_Type.tp_basicsize != (Py_ssize_t)sizeof(Zip)) {
        return PyObject_Vectorcall((PyObject *)&PyZip_Type, items, (size_t)n, NULL);
    }
    PyObject *below = _PyJit_NewTuple((uint32_t)n), *tuple = _PyJit_NewTuple((uint32_t)n);
    Zip *zip = below != NULL && tuple != NULL ? (Zip *)PyZip_Type.tp_alloc(&PyZip_Type, 0) : NULL;
    for (Py_ssize_t i = 0; i < n && zip != NULL; i++) {
        PyObject *it = Py_TYPE(items[i])->tp_iter(items[i]);
        if (it == NULL) {
            Py_CLEAR(zip);
        }
        else {
            PyTuple_SET_ITEM(below, i, it);
            PyTuple_SET_ITEM(tuple, i, Py_None);
        }
    }
    if (zip == NULL) {
        Py_XDECREF(below);
        Py_XDECREF(tuple);
        return NULL;
    }
    zip->below = below;
    zip->tuple = tuple;
    zip->count = n;
    return (PyObject *)zip;
}

#endif /* _Py_TIER2 */
