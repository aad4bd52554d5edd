/* Leaf calls of objects that are called, not named (leaf_calls.c has the rules): weak references, functions with a cache; new objects, and
 * text that is written or grows.  Where the callable is the first argument the leaf looks what it is. */
#include "Python.h"

#ifdef _Py_TIER2

#include <string.h>
#include "pycore_dict.h"
#include "pycore_jit_helpers.h"
#include "pycore_tuple.h"
#include "jit/objects/leaves.h"

/* --- Weak references -------------------------------------------------------------------------------------------------- */

PyObject *
_PyJitLeaf_CallWeakRef(PyObject *const *args, bool run)
{
    COULD(PyWeakref_CheckRefExact(args[0]));
    PyObject *o;
    return PyWeakref_GetRef(args[0], &o) == 0 ? Py_None : o;
}

PyObject *
_PyJitLeaf_NewWeakRef(PyObject *const *args, bool run)
{
    COULD(Py_TYPE(args[0])->tp_weaklistoffset != 0);
    return PyWeakref_NewRef(args[0], NULL);
}

/* --- Caches ----------------------------------------------------------------------------------------------------------- */

/* As Modules/_functoolsmodule.c has it; the size of the type is checked.  Where there is room for some results only, the links are in the order
 * in which these were last asked for, in a ring with the cache itself. */
typedef struct Link {
    PyObject_HEAD
    struct Link *previous, *next;
    Py_hash_t hash;
    PyObject *key, *result;
} Link;

typedef struct {
    Link ring;
    void *wrapper;
    int typed;
    PyObject *cache;
    Py_ssize_t hits;
    PyObject *function;
    Py_ssize_t most, misses;             // most: results; below 0: no limit
    PyObject *mark;
    PyTypeObject *link;
    PyObject *info, *dict, *weak;
} Cached;

static bool
is_cached(PyObject *o)
{
    static destructor dealloc;           // what no other type has, known when the first one was seen
    PyTypeObject *type = Py_TYPE(o);
    if (dealloc == NULL && type->tp_basicsize == (Py_ssize_t)sizeof(Cached)
        && _PyJit_IsTypeOfModule(type, "_functools", "functools._lru_cache_wrapper")) {
        dealloc = type->tp_dealloc;
    }
    return dealloc != NULL && type->tp_dealloc == dealloc;
}

/* LINK of CACHED was asked for last. */
static void
move_to_end(Cached *cached, Link *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
    link->previous = cached->ring.previous;
    link->next = &cached->ring;
    link->previous->next = cached->ring.previous = link;
}

/* The call of a function decorated with lru_cache() whose result is known. */
static PyObject *
call_cached(PyObject *const *args, bool run)
{
    Cached *cached = (Cached *)args[0];
    Py_ssize_t n = count_arguments(args + 1);
    bool simple = n == 1 && (PyUnicode_CheckExact(args[1]) || PyLong_CheckExact(args[1]));
    if (cached->typed || cached->most == 0 || cached->cache == NULL || !PyDict_CheckExact(cached->cache)) {
        return NULL;
    }
    PyObject *key = simple ? Py_NewRef(args[1]) : PyTuple_New(n), *value = NULL;
    for (Py_ssize_t i = 0; i < n && key != NULL && !simple; i++) {
        PyTuple_SET_ITEM(key, i, Py_NewRef(args[1 + i]));
    }
    bool known = key != NULL && _PyJit_DictFind(cached->cache, key, &value) >= 0 && value != NULL;
    Py_XDECREF(key);
    PyErr_Clear();
    COULD(known && (cached->most < 0 || Py_IS_TYPE(value, cached->link)));
    cached->hits++;
    if (cached->most < 0) {
        return Py_NewRef(value);
    }
    move_to_end(cached, (Link *)value);
    return Py_NewRef(((Link *)value)->result);
}

/* --- Getters ---------------------------------------------------------------------------------------------------------- */

/* itemgetter() and attrgetter() as Modules/_operator.c has them, up to what is asked for; the sizes of the types are checked. */
typedef struct {
    PyObject_HEAD
    Py_ssize_t n;
    PyObject *what;            // an item, or a tuple of them if there are several
    Py_ssize_t index;          // of one that is not negative; else -1
    vectorcallfunc call;
} ItemGetter;

typedef struct {
    PyObject_HEAD
    Py_ssize_t n;
    PyObject *what;            // a tuple: names, and tuples of names where there were dots between
    vectorcallfunc call;
} AttrGetter;

typedef enum { NO_GETTER, ITEMS, ATTRIBUTES } Getter;

/* Of the last two types that were asked about: other types at their addresses are made by another function. */
static Getter
getter_of(PyTypeObject *type)
{
    static struct {
        PyTypeObject *type;
        newfunc make;
    } known[2];
    for (int i = 0; i < 2; i++) {
        if (known[i].type == type && known[i].make == type->tp_new) {
            return i == 0 ? ITEMS : ATTRIBUTES;
        }
    }
    bool items = type->tp_basicsize == (Py_ssize_t)sizeof(ItemGetter) && _PyJit_IsTypeOfModule(type, "_operator", "operator.itemgetter");
    bool attributes = type->tp_basicsize == (Py_ssize_t)sizeof(AttrGetter)
        && _PyJit_IsTypeOfModule(type, "_operator", "operator.attrgetter");
    if (items || attributes) {
        known[attributes].type = type;
        known[attributes].make = type->tp_new;
    }
    return items ? ITEMS : attributes ? ATTRIBUTES : NO_GETTER;
}

/* Attribute NAME of O, or of what one attribute after the other gives if it is a tuple; borrowed, or NULL. */
static PyObject *
attribute_named(PyObject *o, PyObject *name)
{
    Py_ssize_t n = PyTuple_CheckExact(name) ? PyTuple_GET_SIZE(name) : 0;
    PyObject *value = n > 0 ? o : NULL;
    if (n == 0) {
        return _PyJit_FindAttr(o, name, &value) == JIT_FOUND ? value : NULL;
    }
    for (Py_ssize_t i = 0; i < n && value != NULL; i++) {
        value = attribute_named(value, PyTuple_GET_ITEM(name, i));
    }
    return value;
}

/* What GETTER asks for as number I, of O; a new reference, or NULL. */
static PyObject *
get_one(Getter kind, PyObject *getter, PyObject *o, Py_ssize_t i)
{
    if (kind == ATTRIBUTES) {
        return Py_XNewRef(attribute_named(o, PyTuple_GET_ITEM(((const AttrGetter *)getter)->what, i)));
    }
    const ItemGetter *items = (const ItemGetter *)getter;
    PyObject *args[] = {o, items->n == 1 ? items->what : PyTuple_GET_ITEM(items->what, i), NULL};
    if (items->index >= 0 && PyTuple_CheckExact(o)) {
        return items->index < PyTuple_GET_SIZE(o) ? Py_NewRef(PyTuple_GET_ITEM(o, items->index)) : NULL;
    }
    return _PyJitLeaf_Subscript(args, true);
}

static PyObject *
call_getter(Getter kind, PyObject *const *args, bool run)
{
    PyObject *getter = args[0], *o = args[1];
    Py_ssize_t n = ((const ItemGetter *)getter)->n;
    if (o == NULL || args[2] != NULL) {
        return NULL;
    }
    PyObject *made = n == 1 ? get_one(kind, getter, o, 0) : PyTuple_New(n);
    for (Py_ssize_t i = 0; i < n && n > 1 && made != NULL; i++) {
        PyObject *one = get_one(kind, getter, o, i);
        if (one == NULL) {
            Py_CLEAR(made);
        }
        else {
            PyTuple_SET_ITEM(made, i, one);
        }
    }
    return run ? made : _PyJitLeaf_Could(made);
}

PyObject *
_PyJitLeaf_CallObject(PyObject *const *args, bool run)
{
    if (is_cached(args[0])) {
        return call_cached(args, run);
    }
    Getter kind = getter_of(Py_TYPE(args[0]));
    return kind != NO_GETTER ? call_getter(kind, args, run) : NULL;
}

/* --- Objects ---------------------------------------------------------------------------------------------------------- */

/* object.__new__(CLASS): of a class that adds nothing in C. */
PyObject *
_PyJitLeaf_NewObject(PyObject *const *args, bool run)
{
    PyTypeObject *class = PyType_Check(args[0]) ? (PyTypeObject *)args[0] : NULL;
    COULD(class != NULL && _PyJit_IsSimpleClass(class) && class != &PyBaseObject_Type && !(class->tp_flags & Py_TPFLAGS_IS_ABSTRACT)
          && class->tp_alloc == PyType_GenericAlloc);
    PyObject *nothing = PyTuple_New(0), *made = PyBaseObject_Type.tp_new(class, nothing, NULL);
    Py_DECREF(nothing);
    return made;
}

/* Type.__new__(CLASS, ...), where the first argument is that function. */
PyObject *
_PyJitLeaf_CallNew(PyObject *const *args, bool run)
{
    const PyCFunctionObject *function = (const PyCFunctionObject *)args[0];
    if (!PyCFunction_CheckExact(args[0]) || args[1] == NULL || strcmp(function->m_ml->ml_name, "__new__") != 0) {
        return NULL;
    }
    return function->m_self == (PyObject *)&PyBaseObject_Type && args[2] == NULL ? _PyJitLeaf_NewObject(args + 1, run)
        : function->m_self == (PyObject *)&PyUnicode_Type && args[2] != NULL ? _PyJitLeaf_NewText(args + 1, run)
        : function->m_self == (PyObject *)&PyTuple_Type && args[2] != NULL ? _PyJitLeaf_NewTuple(args + 1, run) : NULL;
}

/* A new instance of CLASS, which makes them in C, of the arguments ARGS. */
static PyObject *
make_instance(PyTypeObject *class, PyObject *const *args)
{
    PyObject *arguments = _PyTuple_FromArray(args, count_arguments(args)), *made = arguments == NULL ? NULL : class->tp_new(class, arguments, NULL);
    if (made != NULL && class->tp_init(made, arguments, NULL) < 0) {
        Py_CLEAR(made);
    }
    Py_XDECREF(arguments);
    return made;
}

/* CLASS(...), a class derived from a builtin one, which makes its instances as that does. */
PyObject *
_PyJitLeaf_CallDerived(PyObject *const *args, bool run)
{
    PyTypeObject *class = (PyTypeObject *)args[0], *base = class;
    if (!PyType_Check(args[0]) || Py_TYPE(class)->tp_call != PyType_Type.tp_call) {
        return NULL;
    }
    while (base->tp_flags & Py_TPFLAGS_HEAPTYPE && base->tp_base != NULL) {
        base = base->tp_base;
    }
    COULD(base != class && class->tp_new == base->tp_new && class->tp_init == base->tp_init && class->tp_alloc == PyType_GenericAlloc
          && _PyJitLeaf_CouldMake(base, args + 1, count_arguments(args + 1)));
    return make_instance(class, args + 1);
}

/* CLASS(...), an exception class that makes its instances as `BaseException` does. */
PyObject *
_PyJitLeaf_CallError(PyObject *const *args, bool run)
{
    PyTypeObject *class = (PyTypeObject *)args[0], *base = (PyTypeObject *)PyExc_BaseException;
    COULD(PyExceptionClass_Check(args[0]) && Py_IS_TYPE(class, &PyType_Type) && class->tp_new == base->tp_new
          && class->tp_init == base->tp_init);
    return make_instance(class, args + 1);
}

/* --- Text ------------------------------------------------------------------------------------------------------------- */

PyObject *
_PyJitLeaf_Write(PyObject *const *args, bool run)
{
    static destructor dealloc;
    static PyCFunction write;
    PyTypeObject *type = Py_TYPE(args[0]);
    if (dealloc == NULL && _PyJit_IsTypeOfModule(type, "io", "_io.StringIO")) {
        for (const PyMethodDef *method = type->tp_methods; method != NULL && method->ml_name != NULL; method++) {
            if (strcmp(method->ml_name, "write") == 0 && method->ml_flags == METH_O) {
                write = method->ml_meth;
                dealloc = type->tp_dealloc;
            }
        }
    }
    COULD(dealloc != NULL && type->tp_dealloc == dealloc && PyUnicode_CheckExact(args[1]));
    return write(args[0], args[1]);
}

PyObject *
_PyJit_AppendStr(PyObject *s, PyObject *t)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(s), m = PyUnicode_GET_LENGTH(t);
    if (m == 0) {
        return s;
    }
    bool grows = Py_REFCNT(s) == 1 && ((PyASCIIObject *)s)->hash == -1 && !PyUnicode_CHECK_INTERNED(s)
        && PyUnicode_KIND(t) <= PyUnicode_KIND(s) && (PyUnicode_IS_ASCII(t) || !PyUnicode_IS_ASCII(s)) && n <= PY_SSIZE_T_MAX - m;
    if (grows) {
        if (PyUnicode_Resize(&s, n + m) < 0) {
            PyErr_Clear();
            return NULL;
        }
        _PyUnicode_FastCopyCharacters(s, n, t, 0, m);
        return s;
    }
    PyObject *made = _PyJit_New(PyUnicode_Concat(s, t));
    if (made != NULL) {
        Py_DECREF(s);
    }
    return made;
}

#endif /* _Py_TIER2 */
