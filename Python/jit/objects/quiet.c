/* Does an object end quietly: would the end of a reference run no code of users, though it is the last one?
 *
 * What was looked at must not be written between the look and the end: then something else may end with it.
 *
 * Tier 1 gives up temporaries all the time: a tuple that was only made to be unpacked, the point that a sum of two points made.  Their
 * end may run anything, so a trace that did not look would have to write its frames to memory first.  Most ends run nothing.
 *
 * An object that ends gives up what it refers to.  What has no other reference ends too, and is looked at in turn.  What has more is
 * counted on a list, and ends when it has lost all of them.  All that end must be of a type whose deallocator is known, have no
 * finalizer and no weak references.  The list is short, and so many references are followed; what is more is taken for loud.
 *
 * One instruction may give up several references.  What several of them end is found where they are looked at together, and counted exactly: the
 * objects of a frame that is left, those of an object that is not made (GUARD_QUIET_TOGETHER), those of a generator's frame.  A rule that looks
 * at one operand only takes an object to end if it loses a share of its references of one in N.
 *
 * Most that end refer to plain objects and to such as live on whatever is lost here, each reference for itself: these are seen to be `thin`
 * before anything is counted.
 *
 * Plain objects end without being looked at, but there may be many of them: a large container is taken for loud, as its end is much work anyway.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_dict.h"
#include "pycore_frame.h"
#include "pycore_genobject.h"
#include "pycore_interp.h"
#include "pycore_jit.h"
#include "pycore_jit_helpers.h"
#include "pycore_list.h"
#include "pycore_object.h"
#include "pycore_opcode_utils.h"
#include "pycore_pystate.h"
#include "pycore_tuple.h"
#include "pycore_unicodeobject.h"
#include "pycore_weakref.h"
#include "jit/objects/leaves.h"

#define MOST_SHARED 16         // objects with other references that lose some
#define MOST_REFERENCES 48     // that are given up to objects which are not plain
#define MOST_LOOKED 1000       // at all
#define MOST_COMPARED 8        // items that are compared with each other
#define MOST_GATHERED 128      // entries of a set
#define MOST_NESTED 2          // lists in lists, in those of a container
#define KNOWN_CLASSES 64

/* What ends, as far as it has been looked at. */
typedef struct {
    PyObject *shared[MOST_SHARED];       // objects with more references than SHARES
    uint32_t lost[MOST_SHARED];          // how many they lose
    uint32_t nshared, references, looked;
    uint32_t shares;                     // each reference that is lost stands for so many
    uint32_t besides;                    // that anything may lose without being looked at
    PyObject *holder;                    // must not lose a reference; or NULL
} Ends;

PyTypeObject *
_PyJit_SomeClass(void)
{
    static PyTypeObject *known;
    if (known == NULL) {
        PyObject *importlib = _PyInterpreterState_GET()->imports.importlib;
        PyObject *class = importlib == NULL ? NULL : _PyJit_ItemNamed(PyModule_GetDict(importlib), "ModuleSpec");
        if (class != NULL && PyType_Check(class) && ((PyTypeObject *)class)->tp_base == &PyBaseObject_Type) {
            known = (PyTypeObject *)class;
        }
    }
    return known;
}

/* The deallocator of classes that were made by `class`; NULL: not known yet.  It has no name outside its file. */
static destructor
class_dealloc(void)
{
    static destructor known;
    if (known == NULL && _PyJit_SomeClass() != NULL) {
        known = _PyJit_SomeClass()->tp_dealloc;
    }
    return known;
}

/* What TYPE, a class without a finalizer, adds to in C; NULL: it has one, or nobody knows. */
static PyTypeObject *
base_in_c(PyTypeObject *type)
{
    destructor dealloc = class_dealloc();
    if (dealloc == NULL || type->tp_finalize != NULL || type->tp_del != NULL) {
        return NULL;
    }
    while (type->tp_dealloc == dealloc) {
        type = type->tp_base;
    }
    return type;
}

bool
_PyJit_IsSimpleClass(PyTypeObject *type)
{
    return base_in_c(type) == &PyBaseObject_Type;
}

bool
_PyJit_IsObjectSetattr(PyObject *o)
{
    return Py_IS_TYPE(o, &PyWrapperDescr_Type) && o == _PyType_Lookup(&PyBaseObject_Type, &_Py_ID(__setattr__));
}

bool
_PyJit_IsOutsideHandlers(PyCodeObject *code, _Py_CODEUNIT *place)
{
    const _Py_CODEUNIT *next = _PyJit_OriginalAt(code, place);
    return (next->op.code == RESUME || next->op.code == RESUME_CHECK) && next->op.arg & RESUME_OPARG_DEPTH1_MASK;
}

/* A generator that ends is closed; nothing runs if it has not begun, has returned, or has yielded where no handler is around.  Of a coroutine
 * that has not begun users are warned. */
static bool
generator_is_quiet(PyGenObject *generator)
{
    _PyInterpreterFrame *frame = (_PyInterpreterFrame *)generator->gi_iframe;
    if (generator->gi_weakreflist != NULL || generator->gi_exc_state.exc_value != NULL) {
        return false;
    }
    if (generator->gi_frame_state == FRAME_CLEARED) {
        return true;
    }
    if (frame->frame_obj != NULL || generator->gi_frame_state >= FRAME_EXECUTING) {
        return false;
    }
    if (generator->gi_frame_state == FRAME_CREATED) {
        return !PyCoro_CheckExact(generator);
    }
    return generator->gi_frame_state == FRAME_SUSPENDED && _PyJit_IsOutsideHandlers(_PyFrame_GetCode(frame), frame->instr_ptr);
}

/* Objects of TYPE look at others, step by step or as a whole; their end gives up the references to those. */
static bool
is_view(PyTypeObject *type)
{
    return type == &PyDictItems_Type || type == &PyDictKeys_Type || type == &PyDictValues_Type || type == &PyDictIterItem_Type
        || type == &PyDictIterKey_Type || type == &PyDictIterValue_Type || type == &PySetIter_Type || type == &PyListRevIter_Type
        || type == &PyUnicodeIter_Type || type == &_PyUnicodeASCIIIter_Type || type == &PyBytesIter_Type || type == &PyByteArrayIter_Type
        || type == &PyReversed_Type || type == &PyEnum_Type || type == &PyZip_Type || type == &PyDictProxy_Type;
}

typedef struct {
    PyTypeObject *type, *base;           // in C
    uint32_t version;
    bool slots;                          // it has members beside its dict
} Class;

/* TYPE, remembered: while a class has its version, it is as it was.  NULL: it has a finalizer, or nobody knows. */
static const Class *
class_of_type(PyTypeObject *type)
{
    static Class known[KNOWN_CLASSES], last;
    uint32_t version = type->tp_version_tag;
    Class *class = version != 0 ? &known[((uintptr_t)type >> 8) % KNOWN_CLASSES] : &last;
    if (version != 0 && class->type == type && class->version == version) {
        return class;
    }
    PyTypeObject *base = base_in_c(type);
    if (base == NULL) {
        return NULL;
    }
    *class = (Class){.type = type, .base = base, .version = version};
    for (const PyTypeObject *t = type; t != base; t = t->tp_base) {
        class->slots |= Py_SIZE(t) > 0;
    }
    return class;
}

static bool
is_simple(PyTypeObject *type)
{
    const Class *class = class_of_type(type);
    return class != NULL && class->base == &PyBaseObject_Type;
}

/* Instances of classes derived from BASE end quietly if they have no weak references. */
static bool
ends_as_plain(const PyTypeObject *base)
{
    return base == &PyTuple_Type || base == &PyList_Type || base == &PyDict_Type || base == &PySet_Type || base == &PyFrozenSet_Type
        || base == &PyUnicode_Type || base == &PyLong_Type || base == &PyFloat_Type || base == &PyBytes_Type;
}

/* Somebody is told when DICT ends. */
static bool
is_watched(const PyDictObject *dict)
{
    _Py_COMP_DIAG_PUSH
    _Py_COMP_DIAG_IGNORE_DEPR_DECLS
    return (dict->ma_version_tag & DICT_WATCHER_MASK) != 0;
    _Py_COMP_DIAG_POP
}

/* O is an instance of a class. */
static bool
has_weak_references(PyObject *o)
{
    return Py_TYPE(o)->tp_weaklistoffset != 0 && *_PyObject_GET_WEAKREFS_LISTPTR(o) != NULL;
}

/* The end of O itself runs nothing.  What it refers to is another matter. */
static bool
is_quiet(PyObject *o)
{
    PyTypeObject *type = Py_TYPE(o);
    const Class *class = type->tp_flags & Py_TPFLAGS_HEAPTYPE ? class_of_type(type) : NULL;
    if (class != NULL && class->base != type && (class->base == &PyBaseObject_Type || ends_as_plain(class->base))) {
        return (class->base != &PyDict_Type || !is_watched((PyDictObject *)o)) && !has_weak_references(o);
    }
    if (type == &PyDict_Type) {
        return !is_watched((PyDictObject *)o);
    }
    if (type == &PyTuple_Type || type == &PyList_Type || type == &PyMethod_Type || type == &PyCell_Type || type == &PySlice_Type
        || type == &PyListIter_Type || type == &PyTupleIter_Type || type == &PyMethodDescr_Type) {
        return type != &PyMethod_Type || ((PyMethodObject *)o)->im_weakreflist == NULL;
    }
    if (_PyJit_IsMatch(type)) {
        return true;
    }
    if (type == &PyFunction_Type) {
        return ((PyFunctionObject *)o)->func_weakreflist == NULL && _PyInterpreterState_GET()->active_func_watchers == 0;
    }
    if (type == &PySet_Type || type == &PyFrozenSet_Type) {
        return ((PySetObject *)o)->weakreflist == NULL;
    }
    if (type == &PyCFunction_Type) {
        return ((PyCFunctionObject *)o)->m_weakreflist == NULL;
    }
    if (type == &PyGen_Type || type == &PyCoro_Type) {
        return generator_is_quiet((PyGenObject *)o);
    }
    return is_view(type) || _PyJitIter_IsOfModule(type) || _PyJitValue_IsQuiet(o);
}

/* O may be NULL, and lives on if it loses SHARES references, or is plain. */
static bool
lives_or_is_plain(PyObject *o, uint32_t shares)
{
    return o == NULL || Py_REFCNT(o) > (Py_ssize_t)shares || _PyJit_IsPlainType(Py_TYPE(o));
}

/* Nothing but plain objects ends with the function F, and its closure, as far as that is easily seen.  A cell of it may lose two
 * references for each of SHARES: a generator of the function may have one, too. */
static bool
function_is_thin(PyFunctionObject *f, uint32_t shares)
{
    if (f->func_dict != NULL || f->func_annotations != NULL || f->func_kwdefaults != NULL || f->func_typeparams != NULL
        || !lives_or_is_plain(f->func_code, shares) || !lives_or_is_plain(f->func_globals, shares)
        || !lives_or_is_plain(f->func_builtins, shares) || !lives_or_is_plain(f->func_module, shares)
        || !lives_or_is_plain(f->func_defaults, shares) || !lives_or_is_plain(f->func_doc, shares)) {
        return false;
    }
    if (f->func_closure == NULL || Py_REFCNT(f->func_closure) > (Py_ssize_t)shares) {
        return true;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(f->func_closure); i++) {
        if (Py_REFCNT(PyTuple_GET_ITEM(f->func_closure, i)) <= (Py_ssize_t)(2 * shares)) {
            return false;
        }
    }
    return true;
}

/* With objects of TYPE end ints only. */
static inline bool
is_range(PyTypeObject *type)
{
    return type == &PyRange_Type || type == &PyRangeIter_Type;
}

static bool end(PyObject *o, Ends *ends);

/* O, which is not NULL, loses a reference.  false: not quietly, or it is too much to look at. */
static bool
lose(PyObject *o, Ends *ends)
{
    if (++ends->looked > MOST_LOOKED) {
        return false;
    }
    if (_PyJit_IsPlainType(Py_TYPE(o)) || is_range(Py_TYPE(o)) || _Py_IsImmortal(o) || PyType_Check(o)) {
        return true;           // a class is in its own cycle: it does not end here
    }
    if (o == ends->holder || ++ends->references > MOST_REFERENCES) {
        return false;
    }
    Py_ssize_t most = (Py_ssize_t)ends->shares + ends->besides;
    if (Py_REFCNT(o) <= most) {
        return end(o, ends);
    }
    if (Py_REFCNT(o) > MOST_REFERENCES * most) {
        return true;
    }
    uint32_t i = 0;
    while (i < ends->nshared && ends->shared[i] != o) {
        i++;
    }
    if (i == ends->nshared) {
        if (i == MOST_SHARED) {
            return false;
        }
        ends->shared[ends->nshared++] = o;
        ends->lost[i] = 0;
    }
    Py_ssize_t lost = (Py_ssize_t)++ends->lost[i] * ends->shares + ends->besides;
    // Once: what is beyond has been looked at.
    return lost < Py_REFCNT(o) || lost - (Py_ssize_t)ends->shares >= Py_REFCNT(o) || end(o, ends);
}

/* A visitproc. */
static int
visit(PyObject *o, void *arg)
{
    return lose(o, arg) ? 0 : -1;
}

/* N references from ITEMS on are lost; those that somebody has not filled in yet are NULL. */
static bool
lose_items(PyObject *const *items, Py_ssize_t n, Ends *ends)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        if (items[i] != NULL && !lose(items[i], ends)) {
            return false;
        }
    }
    return true;
}

/* The same for what is in DICT, which has a table of its own. */
static bool
lose_entries(const PyDictObject *dict, Ends *ends)
{
    PyDictKeysObject *keys = dict->ma_keys;
    for (Py_ssize_t i = 0; i < keys->dk_nentries; i++) {
        PyObject *key = DK_IS_UNICODE(keys) ? DK_UNICODE_ENTRIES(keys)[i].me_key : DK_ENTRIES(keys)[i].me_key;
        PyObject *value = DK_IS_UNICODE(keys) ? DK_UNICODE_ENTRIES(keys)[i].me_value : DK_ENTRIES(keys)[i].me_value;
        if (value != NULL && (!lose(value, ends) || !lose(key, ends))) {
            return false;
        }
    }
    return true;
}

/* And for the values in O, an instance of a class. */
static bool
lose_values(PyObject *o, Ends *ends)
{
    PyDictValues *values = _PyObject_InlineValues(o);
    const uint8_t *order = get_insertion_order_array(values);
    for (int i = 0; i < values->size; i++) {
        PyObject *value = values->values[order[i]];
        if (value != NULL && !lose(value, ends)) {
            return false;
        }
    }
    return true;
}

/* O ends, and gives up all that it refers to. */
static bool
end(PyObject *o, Ends *ends)
{
    PyTypeObject *type = Py_TYPE(o);
    // Most that end are of these.
    if (type == &PyTuple_Type) {
        return lose_items(((PyTupleObject *)o)->ob_item, PyTuple_GET_SIZE(o), ends);
    }
    if (type == &PyList_Type) {
        return lose_items(((PyListObject *)o)->ob_item, PyList_GET_SIZE(o), ends);
    }
    if (!is_quiet(o)) {
        return false;
    }
    if (type == &PyDict_Type && ((PyDictObject *)o)->ma_values == NULL) {
        return lose_entries((PyDictObject *)o, ends);
    }
    if (type->tp_flags & Py_TPFLAGS_INLINE_VALUES && _PyObject_GetManagedDict(o) == NULL && _PyObject_InlineValues(o)->valid) {
        return lose_values(o, ends);
    }
    traverseproc traverse = type->tp_traverse;
    return traverse == NULL || traverse(o, visit, ends) == 0;
}

/* Nothing has been looked at.  (The arrays need no value yet.) */
static inline void
begin(Ends *ends, uint32_t shares, PyObject *holder)
{
    ends->nshared = ends->references = ends->looked = ends->besides = 0;
    ends->shares = shares;
    ends->holder = holder;
}

/* --- What is seen at a glance ------------------------------------------------------------------------------------------ */

/* How often one of the N ITEMS from ITEMS on is O. */
static Py_NO_INLINE Py_ssize_t
times_in(PyObject *const *items, Py_ssize_t n, const PyObject *o)
{
    Py_ssize_t times = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        times += items[i] == o;
    }
    return times;
}

/* O lives on though it loses MOST references, and is not HOLDER; or it is plain. */
static inline bool
survives(PyObject *o, Py_ssize_t most, const PyObject *holder)
{
    return (Py_REFCNT(o) > most && o != holder) || _PyJit_IsPlainType(Py_TYPE(o));
}

/* O, which is no HOLDER, ends with the container that has the only reference to it: a list or tuple of what is plain, or never ends, or is such
 * a list or tuple itself. */
static Py_NO_INLINE bool
nested_is_thin(PyObject *o, const PyObject *holder, int depth)
{
    PyTypeObject *type = Py_TYPE(o);
    if (Py_REFCNT(o) != 1 || o == holder || depth > MOST_NESTED || (type != &PyTuple_Type && type != &PyList_Type)
        || Py_SIZE(o) > MOST_COMPARED) {
        return false;
    }
    PyObject *const *items = PySequence_Fast_ITEMS(o);
    for (Py_ssize_t i = 0; i < Py_SIZE(o); i++) {
        PyObject *item = items[i];
        if (item != NULL && !_PyJit_IsPlainType(Py_TYPE(item)) && !_Py_IsImmortal(item) && !nested_is_thin(item, holder, depth + 1)) {
            return false;
        }
    }
    return true;
}

/* All N items, some of which may be NULL, lose SHARES references for each time that they are there: they are plain or live on, and HOLDER is
 * none of them. */
static inline bool
items_are_thin(PyObject *const *items, Py_ssize_t n, uint32_t shares, const PyObject *holder)
{
    if (n > MOST_LOOKED) {
        return false;
    }
    Py_ssize_t most = n * (Py_ssize_t)shares;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = items[i];
        if (item == NULL || survives(item, most, holder) || nested_is_thin(item, holder, 0)) {
            continue;
        }
        if (n > MOST_COMPARED || item == holder || Py_REFCNT(item) <= times_in(items, n, item) * (Py_ssize_t)shares) {
            return false;
        }
    }
    return true;
}

/* The same of what is in DICT, which nobody watches. */
static Py_NO_INLINE bool
dict_is_thin(const PyDictObject *dict, uint32_t shares, const PyObject *holder)
{
    PyDictKeysObject *keys = dict->ma_keys;
    Py_ssize_t n = keys->dk_nentries, most = 2 * n * (Py_ssize_t)shares;
    if (dict->ma_values != NULL || is_watched(dict) || n > MOST_LOOKED / 2) {
        return false;
    }
    bool unicode = DK_IS_UNICODE(keys);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *key = unicode ? NULL : DK_ENTRIES(keys)[i].me_key;
        PyObject *value = unicode ? DK_UNICODE_ENTRIES(keys)[i].me_value : DK_ENTRIES(keys)[i].me_value;
        if ((value != NULL && !survives(value, most, holder) && !nested_is_thin(value, holder, 0))
            || (key != NULL && !survives(key, most, holder) && !nested_is_thin(key, holder, 0))) {
            return false;
        }
    }
    return true;
}

/* Where in the table the keys are cannot be foretold: they are gathered without branches, and then looked at. */
static Py_NO_INLINE bool
set_is_thin(const PySetObject *set, uint32_t shares, const PyObject *holder)
{
    PyObject *keys[MOST_GATHERED];
    Py_ssize_t n = 0, most = set->used * (Py_ssize_t)shares;
    if (set->weakreflist != NULL || set->mask >= MOST_GATHERED) {
        return false;
    }
    for (Py_ssize_t i = 0; i <= set->mask; i++) {
        keys[n] = set->table[i].key;
        n += set->table[i].key != NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!survives(keys[i], most, holder) && !nested_is_thin(keys[i], holder, 0)) {
            return false;
        }
    }
    return true;
}

/* O is an instance of a simple class with all it has in itself. */
static Py_NO_INLINE bool
instance_is_thin(PyObject *o, PyTypeObject *type, uint32_t shares, const PyObject *holder)
{
    PyDictValues *values = _PyObject_InlineValues(o);
    return values->valid && _PyObject_GetManagedDict(o) == NULL && is_simple(type)
        && !has_weak_references(o) && items_are_thin(values->values, values->capacity, shares, holder);
}

/* O is an instance of a class derived from a builtin one, and has nothing but what that has. */
static Py_NO_INLINE bool
derived_is_thin(PyObject *o, PyTypeObject *type, uint32_t shares, const PyObject *holder)
{
    const Class *class = class_of_type(type);
    bool managed = type->tp_flags & Py_TPFLAGS_MANAGED_DICT;
    if (class == NULL || class->slots || class->base == type || has_weak_references(o)
        || (managed ? _PyObject_GetManagedDict(o) != NULL : type->tp_dictoffset != 0)) {
        return false;
    }
    if (class->base == &PyDict_Type) {
        return dict_is_thin((PyDictObject *)o, shares, holder);
    }
    if (class->base == &PySet_Type || class->base == &PyFrozenSet_Type) {
        return set_is_thin((PySetObject *)o, shares, holder);
    }
    if (class->base == &PyList_Type || class->base == &PyTuple_Type) {
        return items_are_thin(PySequence_Fast_ITEMS(o), Py_SIZE(o), shares, holder);
    }
    return ends_as_plain(class->base);   // it has no references
}

/* What ends with O, a container or an instance, is plain, as far as that is easily seen: one of SHARES references to O that are given up
 * together, and HOLDER is not O. */
static inline bool
is_thin(PyObject *o, PyTypeObject *type, uint32_t shares, const PyObject *holder)
{
    if (type == &PyTuple_Type) {
        return items_are_thin(((PyTupleObject *)o)->ob_item, PyTuple_GET_SIZE(o), shares, holder);
    }
    if (type == &PyList_Type) {
        return items_are_thin(((PyListObject *)o)->ob_item, PyList_GET_SIZE(o), shares, holder);
    }
    if (type->tp_flags & Py_TPFLAGS_INLINE_VALUES) {
        return instance_is_thin(o, type, shares, holder);
    }
    if (type == &PyDict_Type) {
        return dict_is_thin((PyDictObject *)o, shares, holder);
    }
    if (type == &PySet_Type || type == &PyFrozenSet_Type) {
        return set_is_thin((PySetObject *)o, shares, holder);
    }
    return type->tp_flags & Py_TPFLAGS_HEAPTYPE && derived_is_thin(o, type, shares, holder);
}

/* The same of what else is seen at a glance; what is not is counted. */
static Py_NO_INLINE int
ends_quietly(PyObject *o, PyTypeObject *type, uint32_t shares, PyObject *holder)
{
    if (is_range(type)) {
        return 1;
    }
    if (type == &PyMethod_Type) {
        PyMethodObject *method = (PyMethodObject *)o;
        if (method->im_weakreflist == NULL && Py_REFCNT(method->im_self) > (Py_ssize_t)(2 * shares)
            && Py_REFCNT(method->im_func) > (Py_ssize_t)(2 * shares)) {
            return 1;
        }
    }
    else if (type == &PyFunction_Type) {
        if (is_quiet(o) && function_is_thin((PyFunctionObject *)o, shares)) {
            return 1;
        }
    }
    else if ((type == &PyGen_Type || type == &PyCoro_Type)
             && ((PyGenObject *)o)->gi_frame_state == FRAME_CLEARED) {
        return ((PyGenObject *)o)->gi_weakreflist == NULL;
    }
    else if (_PyJit_IsMatch(type) && _PyJit_MatchIsThin(o, shares)) {
        return 1;
    }
    Ends ends;
    begin(&ends, shares, holder);
    return o != holder && end(o, &ends);
}

int
_PyJit_EndsQuietly(PyObject *o, uint32_t shares)
{
    PyTypeObject *type = Py_TYPE(o);
    return is_thin(o, type, shares, NULL) || _PyJit_IsPlainType(type) || _PyJitValue_IsQuiet(o) || _PyJitIter_IsThin(o, shares)
        || ends_quietly(o, type, shares, NULL);
}

int
_PyJit_EndsQuietlyIn(PyObject *o, uint32_t shares, PyObject *holder)
{
    PyTypeObject *type = Py_TYPE(o);
    return (o != holder && is_thin(o, type, shares, holder)) || _PyJit_IsPlainType(type) || ends_quietly(o, type, shares, holder);
}

uint32_t _PyJit_EndsSeen;

int
_PyJit_EndsQuietlyTogether(PyObject *o, uint32_t shares)
{
    static Ends together;
    if (_PyJit_EndsSeen++ == 0) {
        begin(&together, 1, NULL);
    }
    together.besides = shares - 1;
    return lose(o, &together);
}

/* O, an iterator that ends, has let go of what it iterates over. */
static bool
is_done(PyObject *o)
{
    return Py_REFCNT(o) == 1 && ((Py_TYPE(o) == &PyListIter_Type && ((_PyListIterObject *)o)->it_seq == NULL)
                                 || (Py_TYPE(o) == &PyTupleIter_Type && ((_PyTupleIterObject *)o)->it_seq == NULL));
}

int
_PyJit_FrameEndsQuietly(PyGenObject *generator, uint32_t nlocals)
{
    _PyInterpreterFrame *frame = (_PyInterpreterFrame *)generator->gi_iframe;
    PyFunctionObject *function = (PyFunctionObject *)frame->f_funcobj;
    bool thin = Py_REFCNT(function) > 1 || (is_quiet((PyObject *)function) && function_is_thin(function, nlocals + 1));
    for (uint32_t i = 0; i < nlocals && thin; i++) {
        PyObject *local = frame->localsplus[i];
        thin = lives_or_is_plain(local, nlocals + 1) || is_done(local);
    }
    if (thin) {
        return 1;              // as most that end
    }
    Ends ends;
    begin(&ends, 1, NULL);
    return lose(frame->f_funcobj, &ends) && lose_items(frame->localsplus, nlocals, &ends);
}

#endif /* _Py_TIER2 */
