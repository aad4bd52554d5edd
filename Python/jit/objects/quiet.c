/* Does an object end quietly: would the end of a reference run no code of users, though it is the last one?
 *
 * What was looked at must not be written between the look and the end: then something else may end with it.
 *
 * Tier 1 gives up temporaries all the time: a tuple that was only made to be unpacked, the point that a sum of two points made.  Their
 * end may run anything, so a trace that did not look would have to write its frames to memory first.  Most ends run nothing.
 *
 * What ends is found as the collector finds it: each object on the list is one that gets no reference from outside; what it refers
 * to (tp_traverse) loses as many as it has from there.  All that end must be of a type whose deallocator is known, have no
 * finalizer and no weak references.  The list is short; what does not fit in is taken for loud.
 *
 * One instruction may give up several references, each of which is looked at by itself.  Whatever ends then is on the list of one of
 * them if each counts for all: an object is taken to end if it loses a share of its references of one in N.  What the frame of a
 * generator has is on one list, which counts exactly.
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

#define MOST_OBJECTS 16        // that are looked at for one that ends
#define MOST_REFERENCES 48     // that they give up

typedef struct {
    PyObject *objects[MOST_OBJECTS];
    uint32_t lost[MOST_OBJECTS];         // references
    uint32_t n, references;
    uint32_t shares;
    PyObject *ends[MOST_OBJECTS];        // those of the objects that end
    uint32_t nends;
} List;

static bool
is_plain(PyTypeObject *type)
{
    return type == &PyFloat_Type || type == &PyLong_Type || type == &PyUnicode_Type || type == &PyBool_Type || type == &PyBytes_Type;
}

PyTypeObject *
_PyJit_SomeClass(void)
{
    static PyTypeObject *known;
    if (known == NULL) {
        PyObject *importlib = _PyInterpreterState_GET()->imports.importlib;
        PyObject *class = importlib == NULL ? NULL : PyDict_GetItemString(PyModule_GetDict(importlib), "ModuleSpec");
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

/* The end of O itself runs nothing.  What it refers to is another matter. */
static bool
is_quiet(PyObject *o)
{
    PyTypeObject *type = Py_TYPE(o);
    if (type == &PyDict_Type) {
        return (((PyDictObject *)o)->ma_version_tag & DICT_WATCHER_MASK) == 0;
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
    PyTypeObject *base = base_in_c(type);
    bool derived = type != base && (base == &PyTuple_Type || base == &PyList_Type || base == &PyUnicode_Type || base == &PyLong_Type);
    if (base != &PyBaseObject_Type && !derived) {
        return is_view(type) || _PyJitIter_IsOfItertools(type);
    }
    return type->tp_weaklistoffset == 0 || *_PyObject_GET_WEAKREFS_LISTPTR(o) == NULL;
}

/* O, to which LIST is known, loses a reference.  Returns 1 where it is too much to look at. */
static int
lose(PyObject *o, void *arg)
{
    List *list = arg;
    if (is_plain(Py_TYPE(o)) || _Py_IsImmortal(o) || PyType_Check(o)) {
        return 0;              // a class is in its own cycle: it does not end here
    }
    if (++list->references > MOST_REFERENCES) {
        return 1;
    }
    uint32_t i = 0;
    while (i < list->n && list->objects[i] != o) {
        i++;
    }
    if (i == MOST_OBJECTS) {
        return 1;
    }
    if (i == list->n) {
        list->objects[i] = o;
        list->lost[i] = 0;
        list->n++;
    }
    bool ended = (Py_ssize_t)list->lost[i] * list->shares >= Py_REFCNT(o);
    list->lost[i]++;
    if (!ended && (Py_ssize_t)list->lost[i] * list->shares >= Py_REFCNT(o)) {
        list->ends[list->nends++] = o;
    }
    return 0;
}

/* N references from ITEMS on are to plain objects. */
static bool
are_plain(PyObject *const *items, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        // Somebody may be filling it.
        if (items[i] != NULL && !is_plain(Py_TYPE(items[i])) && !_Py_IsImmortal(items[i])) {
            return false;
        }
    }
    return true;
}

/* The same for the values in an instance of a class. */
static bool
has_plain_values(PyObject *o)
{
    if (!(Py_TYPE(o)->tp_flags & Py_TPFLAGS_INLINE_VALUES) || _PyObject_GetManagedDict(o) != NULL) {
        return false;
    }
    PyDictValues *values = _PyObject_InlineValues(o);
    const uint8_t *order = get_insertion_order_array(values);
    for (int i = 0; i < values->size; i++) {
        PyObject *value = values->values[order[i]];
        if (value != NULL && !is_plain(Py_TYPE(value)) && !_Py_IsImmortal(value)) {
            return false;
        }
    }
    return values->valid;
}

/* O may be NULL, and lives on if it loses SHARES references, or is plain. */
static bool
lives_or_is_plain(PyObject *o, uint32_t shares)
{
    return o == NULL || Py_REFCNT(o) > (Py_ssize_t)shares || is_plain(Py_TYPE(o));
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

static bool
is_plain_object(PyObject *o)
{
    return is_plain(Py_TYPE(o)) || _Py_IsImmortal(o);
}

/* The same for a dict with a table of its own, of few strings or other keys. */
static bool
dict_holds_plain(PyDictObject *dict)
{
    PyDictKeysObject *keys = dict->ma_keys;
    if (dict->ma_values != NULL || keys->dk_nentries > MOST_REFERENCES) {
        return false;
    }
    for (Py_ssize_t i = 0; i < keys->dk_nentries; i++) {
        PyObject *key = DK_IS_UNICODE(keys) ? DK_UNICODE_ENTRIES(keys)[i].me_key : DK_ENTRIES(keys)[i].me_key;
        PyObject *value = DK_IS_UNICODE(keys) ? DK_UNICODE_ENTRIES(keys)[i].me_value : DK_ENTRIES(keys)[i].me_value;
        if (value != NULL && (!is_plain_object(value) || !is_plain_object(key))) {
            return false;
        }
    }
    return true;
}

static bool
set_holds_plain(const PySetObject *set)
{
    for (Py_ssize_t i = 0; i <= set->mask && set->mask < MOST_REFERENCES; i++) {
        if (set->table[i].key != NULL && !is_plain_object(set->table[i].key)) {
            return false;
        }
    }
    return set->mask < MOST_REFERENCES;
}

/* All that O refers to, but for its type, is plain, as far as that is easily seen. */
static bool
holds_plain(PyObject *o)
{
    PyTypeObject *type = Py_TYPE(o);
    if (type == &PyDict_Type || type == &PySet_Type) {
        return type == &PyDict_Type ? dict_holds_plain((PyDictObject *)o) : set_holds_plain((PySetObject *)o);
    }
    // A named tuple has nothing but its items.
    return type == &PyTuple_Type || (PyTuple_Check(o) && type->tp_basicsize == PyTuple_Type.tp_basicsize && type->tp_dictoffset == 0)
        ? are_plain(((PyTupleObject *)o)->ob_item, PyTuple_GET_SIZE(o))
        : type == &PyList_Type ? are_plain(((PyListObject *)o)->ob_item, PyList_GET_SIZE(o)) : has_plain_values(o);
}

/* END is a match, the first object on LIST, and nothing ends with it. */
static bool
is_lone_match(const List *list, PyObject *end)
{
    return list->n == 1 && _PyJit_IsMatch(Py_TYPE(end)) && _PyJit_MatchIsThin(end, list->shares);
}

/* All on LIST that end do it quietly, and what ends with them, which is put on it. */
static bool
all_are_quiet(List *list)
{
    for (uint32_t i = 0; i < list->nends; i++) {
        PyObject *end = list->ends[i];
        traverseproc traverse = Py_TYPE(end)->tp_traverse;
        if (!is_quiet(end) || (traverse != NULL && !holds_plain(end) && !is_lone_match(list, end) && traverse(end, lose, list) != 0)) {
            return false;
        }
    }
    return true;
}

/* The end of O, with a list of all that ends with it, which HOLDER, if not NULL, must not be on. */
static bool
ends_quietly(PyObject *o, uint32_t shares, PyObject *holder)
{
    List list;
    list.references = 0;
    list.shares = shares;
    list.objects[0] = list.ends[0] = o;
    list.lost[0] = shares;
    list.n = list.nends = 1;
    if (!all_are_quiet(&list)) {
        return false;
    }
    for (uint32_t i = 0; i < list.n && holder != NULL; i++) {
        if (list.objects[i] == holder) {
            return false;
        }
    }
    return true;
}

int
_PyJit_EndsQuietly(PyObject *o, uint32_t shares)
{
    return _PyJit_EndsQuietlyIn(o, shares, NULL);
}

int
_PyJit_EndsQuietlyIn(PyObject *o, uint32_t shares, PyObject *holder)
{
    PyTypeObject *type = Py_TYPE(o);
    if (is_plain(type) || type == &PyRange_Type || type == &PyRangeIter_Type) {
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
    else if (is_quiet(o) && holds_plain(o)) {
        return 1;              // as most that end
    }
    return ends_quietly(o, shares, holder);
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
    List list;
    list.references = list.n = list.nends = 0;
    list.shares = 1;
    bool fits = lose(frame->f_funcobj, &list) == 0;
    for (uint32_t i = 0; i < nlocals && fits; i++) {
        fits = frame->localsplus[i] == NULL || lose(frame->localsplus[i], &list) == 0;
    }
    return fits && all_are_quiet(&list);
}

#endif /* _Py_TIER2 */
