/* Leaf calls of functions and methods by rules for their arguments (leaf_calls.c has the rest): numbers, strings and bytes alone run no code
 * of users, whatever a function of module math or a method of int does with them.
 *
 * The callable is the leaf's first argument.  What it is is known by its definition, which is looked up once, when a trace is recorded.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include <string.h>
#include "pycore_jit_helpers.h"
#include "pycore_dict.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"
#include "jit/objects/leaves.h"

#define MOST_KNOWN 512         // a power of two
#define MOST_HELD 4096         // bytes for which C keeps the GIL
#define MOST_DIGITS 1000       // bytes of an int
#define MOST_FACTORIAL 1000
#define MOST_SPREAD 12         // arguments that were in a tuple

/* --- Arguments -------------------------------------------------------------------------------------------------------- */

static bool
is_number(PyObject *o)
{
    return PyFloat_CheckExact(o) || PyBool_Check(o) || (PyLong_CheckExact(o) && is_moderate(o));
}

static bool
are_numbers(PyObject *const *args, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!is_number(args[i])) {
            return false;
        }
    }
    return true;
}

static bool
are_small_ints(PyObject *const *args, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!PyLong_CheckExact(args[i]) || !_PyLong_IsCompact((PyLongObject *)args[i])
            || _PyLong_CompactValue((PyLongObject *)args[i]) > MOST_FACTORIAL) {
            return false;
        }
    }
    return true;
}

static bool
are_scalars(PyObject *const *args, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!is_number(args[i]) && !PyUnicode_CheckExact(args[i]) && !PyBytes_CheckExact(args[i]) && args[i] != Py_None) {
            return false;
        }
    }
    return true;
}

/* int, not a class derived from it, which would be called, and what `from_bytes` takes. */
static bool
are_class_and_bytes(PyObject *const *args, Py_ssize_t n)
{
    return args[0] == (PyObject *)&PyLong_Type && PyBytes_CheckExact(args[1]) && PyBytes_GET_SIZE(args[1]) <= MOST_DIGITS
        && (n == 2 || PyUnicode_CheckExact(args[2]));
}

/* Nobody else could run meanwhile, as there is too little to do. */
static bool
are_short_bytes(PyObject *const *args, Py_ssize_t n)
{
    return PyBytes_CheckExact(args[0]) && PyBytes_GET_SIZE(args[0]) <= MOST_HELD && are_numbers(args + 1, n - 1);
}

/* A format, not of an object of `struct` itself, and what is to be packed or unpacked by it. */
static bool
are_packed(PyObject *const *args, Py_ssize_t n)
{
    return are_scalars(args + 1, n - 1) && (PyUnicode_CheckExact(args[0]) || PyBytes_CheckExact(args[0]));
}

/* A method of `struct.Struct`. */
static bool
are_packed_by(PyObject *const *args, Py_ssize_t n)
{
    return are_scalars(args + 1, n - 1);
}

/* The generator is of a class that may have other methods, but this one is C's. */
static bool
of_generator(PyObject *const *args, Py_ssize_t n)
{
    return are_numbers(args + 1, n - 1);
}

/* What has an absolute value: numbers, complex ones and decimals included. */
static bool
has_absolute(PyObject *const *args, Py_ssize_t n)
{
    return are_numbers(args, n) || _PyJitValue_HasMethods(args, n);
}

static bool
is_decoded(PyObject *const *args, Py_ssize_t n)
{
    static const char *const names[] = {"utf-8", "utf8", "ascii", "latin-1"};
    for (size_t i = 0; n == 2 && i < Py_ARRAY_LENGTH(names); i++) {
        if (PyUnicode_CheckExact(args[1]) && PyUnicode_EqualToUTF8(args[1], names[i])) {
            return PyBytes_CheckExact(args[0]) || PyUnicode_CheckExact(args[0]);
        }
    }
    return n == 1 && PyBytes_CheckExact(args[0]);
}

static bool
are_deque_and_items(PyObject *const *args, Py_ssize_t Py_UNUSED(n))
{
    return _PyJitLeaf_IsDequeWithoutLimit(args[0]) && (PyList_CheckExact(args[1]) || PyTuple_CheckExact(args[1]));
}

static bool
are_deque_and_number(PyObject *const *args, Py_ssize_t n)
{
    return _PyJitLeaf_IsDequeWithoutLimit(args[0]) && are_numbers(args + 1, n - 1);
}

static bool
is_bytearray(PyObject *const *args, Py_ssize_t n)
{
    return PyByteArray_CheckExact(args[0]) && are_small_ints(args + 1, n - 1);
}

_Py_COMP_DIAG_PUSH
_Py_COMP_DIAG_IGNORE_DEPR_DECLS

static bool
is_filled_dict(PyObject *const *args, Py_ssize_t Py_UNUSED(n))
{
    const PyDictObject *dict = (const PyDictObject *)args[0];
    return PyDict_CheckExact(dict) && dict->ma_used > 0 && !_PyDict_HasSplitTable(dict) && (dict->ma_version_tag & DICT_WATCHER_MASK) == 0;
}

_Py_COMP_DIAG_POP

/* --- What is called --------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *of;            // the module of the function, or of the type that has the method
    PyTypeObject *type;        // instead, a builtin one
    const char *name;          // NULL: whatever it is called
    uint8_t least, most;       // arguments, `self` included
    uint8_t gives;
    bool (*can)(PyObject *const *args, Py_ssize_t n);
    _PyJitLeafMake make;       // in place of the function; it looks at the arguments
} Rule;

static const Rule rules[] = {
    {"math", NULL, "factorial", 1, 1, JIT_LEAF_PLAIN, are_small_ints, NULL},
    {"math", NULL, "comb", 2, 2, JIT_LEAF_PLAIN, are_small_ints, NULL},
    {"math", NULL, "perm", 1, 2, JIT_LEAF_PLAIN, are_small_ints, NULL},
    {"math", NULL, "frexp", 1, 1, JIT_LEAF_OBJECT, are_numbers, NULL},
    {"math", NULL, "modf", 1, 1, JIT_LEAF_OBJECT, are_numbers, NULL},
    {"math", NULL, NULL, 0, 3, JIT_LEAF_PLAIN, are_numbers, NULL},
    {"_random", NULL, "random", 1, 1, JIT_LEAF_PLAIN, of_generator, NULL},
    {"_random", NULL, "getrandbits", 2, 2, JIT_LEAF_PLAIN, of_generator, NULL},
    {"_operator", NULL, "getitem", 2, 2, JIT_LEAF_OBJECT, NULL, _PyJitLeaf_Subscript},
    {"time", NULL, "time", 0, 0, JIT_LEAF_PLAIN, are_numbers, NULL},
    {"time", NULL, "monotonic", 0, 0, JIT_LEAF_PLAIN, are_numbers, NULL},
    {"time", NULL, "perf_counter", 0, 0, JIT_LEAF_PLAIN, are_numbers, NULL},
    {"time", NULL, "process_time", 0, 0, JIT_LEAF_PLAIN, are_numbers, NULL},
    {"time", NULL, "time_ns", 0, 0, JIT_LEAF_PLAIN, are_numbers, NULL},
    {"time", NULL, "monotonic_ns", 0, 0, JIT_LEAF_PLAIN, are_numbers, NULL},
    {"time", NULL, "perf_counter_ns", 0, 0, JIT_LEAF_PLAIN, are_numbers, NULL},
    {"_struct", NULL, "pack", 1, MOST_SPREAD, JIT_LEAF_PLAIN, are_packed, NULL},
    {"_struct", NULL, "unpack", 2, 2, JIT_LEAF_OBJECT, are_packed, NULL},
    {"_struct", NULL, "unpack_from", 2, 3, JIT_LEAF_OBJECT, are_packed, NULL},
    {"_struct", NULL, "calcsize", 1, 1, JIT_LEAF_PLAIN, are_packed, NULL},
    {"_struct.", NULL, "pack", 1, MOST_SPREAD, JIT_LEAF_PLAIN, are_packed_by, NULL},
    {"_struct.", NULL, "unpack", 2, 2, JIT_LEAF_OBJECT, are_packed_by, NULL},
    {"_struct.", NULL, "unpack_from", 2, 3, JIT_LEAF_OBJECT, are_packed_by, NULL},
    {"datetime.", NULL, "isoformat", 1, 2, JIT_LEAF_PLAIN, _PyJitValue_HasMethods, NULL},
    {"datetime.", NULL, "weekday", 1, 1, JIT_LEAF_PLAIN, _PyJitValue_HasMethods, NULL},
    {"datetime.", NULL, "isoweekday", 1, 1, JIT_LEAF_PLAIN, _PyJitValue_HasMethods, NULL},
    {"datetime.", NULL, "toordinal", 1, 1, JIT_LEAF_PLAIN, _PyJitValue_HasMethods, NULL},
    {"datetime.", NULL, "total_seconds", 1, 1, JIT_LEAF_PLAIN, _PyJitValue_HasMethods, NULL},
    {"datetime.", NULL, "date", 1, 1, JIT_LEAF_PLAIN, _PyJitValue_HasMethods, NULL},
    {"datetime.", NULL, "time", 1, 1, JIT_LEAF_PLAIN, _PyJitValue_HasMethods, NULL},
    {"datetime.", NULL, "timestamp", 1, 1, JIT_LEAF_PLAIN, _PyJitValue_HasMethods, NULL},
    {"decimal.", NULL, "quantize", 2, 2, JIT_LEAF_PLAIN, _PyJitValue_HasMethods, NULL},
    {"decimal.", NULL, "sqrt", 1, 1, JIT_LEAF_PLAIN, _PyJitValue_HasMethods, NULL},
    {"decimal.", NULL, "normalize", 1, 1, JIT_LEAF_PLAIN, _PyJitValue_HasMethods, NULL},
    {"decimal.", NULL, "is_zero", 1, 1, JIT_LEAF_PLAIN, _PyJitValue_HasMethods, NULL},
    {"decimal.", NULL, "copy_abs", 1, 1, JIT_LEAF_PLAIN, _PyJitValue_HasMethods, NULL},
    {"zlib", NULL, "crc32", 1, 2, JIT_LEAF_PLAIN, are_short_bytes, NULL},
    {"zlib", NULL, "adler32", 1, 2, JIT_LEAF_PLAIN, are_short_bytes, NULL},
    {"_heapq", NULL, "heappush", 2, 2, JIT_LEAF_CHANGE, NULL, _PyJitLeaf_HeapPush},
    {"_heapq", NULL, "heappop", 1, 1, JIT_LEAF_CHANGE, NULL, _PyJitLeaf_HeapPop},
    {"_heapq", NULL, "heapreplace", 2, 2, JIT_LEAF_CHANGE, NULL, _PyJitLeaf_HeapReplace},
    {"_heapq", NULL, "heappushpop", 2, 2, JIT_LEAF_CHANGE, NULL, _PyJitLeaf_HeapPushPop},
    {"_heapq", NULL, "heapify", 1, 1, JIT_LEAF_CHANGE, _PyJitLeaf_IsSortable, NULL},
    {"_bisect", NULL, "bisect_left", 2, 2, JIT_LEAF_PLAIN, NULL, _PyJitLeaf_BisectLeft},
    {"_bisect", NULL, "bisect_right", 2, 2, JIT_LEAF_PLAIN, NULL, _PyJitLeaf_BisectRight},
    {"_bisect", NULL, "insort_left", 2, 2, JIT_LEAF_CHANGE, NULL, _PyJitLeaf_InsortLeft},
    {"_bisect", NULL, "insort_right", 2, 2, JIT_LEAF_CHANGE, NULL, _PyJitLeaf_InsortRight},
    {"_collections.", NULL, "extend", 2, 2, JIT_LEAF_CHANGE, are_deque_and_items, NULL},
    {"_collections.", NULL, "rotate", 1, 2, JIT_LEAF_CHANGE, are_deque_and_number, NULL},
    {"builtins", NULL, "round", 1, 2, JIT_LEAF_PLAIN, NULL, _PyJitLeaf_Round},
    {"builtins", NULL, "pow", 2, 3, JIT_LEAF_OBJECT, are_numbers, NULL},
    {"builtins", NULL, "abs", 1, 1, JIT_LEAF_PLAIN, has_absolute, NULL},
    {"builtins", NULL, "hex", 1, 1, JIT_LEAF_PLAIN, are_numbers, NULL},
    {"builtins", NULL, "bin", 1, 1, JIT_LEAF_PLAIN, are_numbers, NULL},
    {"builtins", NULL, "oct", 1, 1, JIT_LEAF_PLAIN, are_numbers, NULL},
    {"builtins", NULL, "chr", 1, 1, JIT_LEAF_PLAIN, are_numbers, NULL},
    {"builtins", NULL, "min", 1, 3, JIT_LEAF_PLAIN, NULL, _PyJitLeaf_Min},
    {"builtins", NULL, "max", 1, 3, JIT_LEAF_PLAIN, NULL, _PyJitLeaf_Max},
    {"builtins", NULL, "sorted", 1, 1, JIT_LEAF_OBJECT, NULL, _PyJitLeaf_Sorted},
    {"builtins", NULL, "iter", 1, 1, JIT_LEAF_OBJECT, NULL, _PyJitLeaf_Iter},
    {"builtins", NULL, "any", 1, 1, JIT_LEAF_PLAIN, NULL, _PyJitLeaf_Any},
    {"builtins", NULL, "all", 1, 1, JIT_LEAF_PLAIN, NULL, _PyJitLeaf_All},
    {NULL, &PyLong_Type, "bit_count", 1, 1, JIT_LEAF_PLAIN, are_numbers, NULL},
    {NULL, &PyLong_Type, "from_bytes", 2, 3, JIT_LEAF_PLAIN, are_class_and_bytes, NULL},
    {NULL, &PyLong_Type, "to_bytes", 1, 3, JIT_LEAF_PLAIN, are_scalars, NULL},
    {NULL, &PyFloat_Type, "is_integer", 1, 1, JIT_LEAF_PLAIN, are_numbers, NULL},
    {NULL, &PyFloat_Type, "as_integer_ratio", 1, 1, JIT_LEAF_OBJECT, are_numbers, NULL},
    {NULL, &PyUnicode_Type, "encode", 2, 2, JIT_LEAF_PLAIN, is_decoded, NULL},
    {NULL, &PyBytes_Type, "decode", 1, 2, JIT_LEAF_PLAIN, is_decoded, NULL},
    {NULL, &PyBytes_Type, "find", 2, 3, JIT_LEAF_PLAIN, are_scalars, NULL},
    {NULL, &PyBytes_Type, "count", 2, 3, JIT_LEAF_PLAIN, are_scalars, NULL},
    {NULL, &PyBytes_Type, "startswith", 2, 3, JIT_LEAF_PLAIN, are_scalars, NULL},
    {NULL, &PyBytes_Type, "endswith", 2, 3, JIT_LEAF_PLAIN, are_scalars, NULL},
    {NULL, &PyBytes_Type, "replace", 3, 3, JIT_LEAF_PLAIN, are_scalars, NULL},
    {NULL, &PyBytes_Type, "strip", 1, 2, JIT_LEAF_PLAIN, are_scalars, NULL},
    {NULL, &PyBytes_Type, "hex", 1, 1, JIT_LEAF_PLAIN, are_scalars, NULL},
    {NULL, &PyBytes_Type, "split", 1, 3, JIT_LEAF_OBJECT, are_scalars, NULL},
    {NULL, &PyByteArray_Type, "append", 2, 2, JIT_LEAF_CHANGE, is_bytearray, NULL},
    {NULL, &PyList_Type, "pop", 2, 2, JIT_LEAF_CHANGE, NULL, _PyJitLeaf_PopAt},
    {NULL, &PyList_Type, "remove", 2, 2, JIT_LEAF_CHANGE, NULL, _PyJitLeaf_Remove},
    {NULL, &PyList_Type, "index", 2, 2, JIT_LEAF_PLAIN, NULL, _PyJitLeaf_Index},
    {NULL, &PyList_Type, "count", 2, 2, JIT_LEAF_PLAIN, NULL, _PyJitLeaf_CountItems},
    {NULL, &PyList_Type, "sort", 1, 1, JIT_LEAF_CHANGE, NULL, _PyJitLeaf_Sort},
    {NULL, &PyList_Type, "clear", 1, 1, JIT_LEAF_CHANGE, NULL, _PyJitLeaf_Clear},
    {NULL, &PySet_Type, "clear", 1, 1, JIT_LEAF_CHANGE, NULL, _PyJitLeaf_Clear},
    {NULL, &PyDict_Type, "clear", 1, 1, JIT_LEAF_CHANGE, NULL, _PyJitLeaf_Clear},
    {NULL, &PySet_Type, "remove", 2, 2, JIT_LEAF_CHANGE, NULL, _PyJitLeaf_RemoveElement},
    {NULL, &PySet_Type, "pop", 1, 1, JIT_LEAF_CHANGE, NULL, _PyJitLeaf_PopElement},
    {NULL, &PySet_Type, "union", 2, 2, JIT_LEAF_OBJECT, NULL, _PyJitLeaf_Union},
    {NULL, &PySet_Type, "intersection", 2, 2, JIT_LEAF_OBJECT, NULL, _PyJitLeaf_Intersection},
    {NULL, &PySet_Type, "difference", 2, 2, JIT_LEAF_OBJECT, NULL, _PyJitLeaf_Difference},
    {NULL, &PySet_Type, "symmetric_difference", 2, 2, JIT_LEAF_OBJECT, NULL, _PyJitLeaf_SymmetricDifference},
    {NULL, &PySet_Type, "issubset", 2, 2, JIT_LEAF_PLAIN, NULL, _PyJitLeaf_IsSubset},
    {NULL, &PySet_Type, "issuperset", 2, 2, JIT_LEAF_PLAIN, NULL, _PyJitLeaf_IsSuperset},
    {NULL, &PySet_Type, "isdisjoint", 2, 2, JIT_LEAF_PLAIN, NULL, _PyJitLeaf_IsDisjoint},
    {NULL, &PyFrozenSet_Type, "union", 2, 2, JIT_LEAF_OBJECT, NULL, _PyJitLeaf_Union},
    {NULL, &PyFrozenSet_Type, "intersection", 2, 2, JIT_LEAF_OBJECT, NULL, _PyJitLeaf_Intersection},
    {NULL, &PyFrozenSet_Type, "difference", 2, 2, JIT_LEAF_OBJECT, NULL, _PyJitLeaf_Difference},
    {NULL, &PyFrozenSet_Type, "symmetric_difference", 2, 2, JIT_LEAF_OBJECT, NULL, _PyJitLeaf_SymmetricDifference},
    {NULL, &PyFrozenSet_Type, "issubset", 2, 2, JIT_LEAF_PLAIN, NULL, _PyJitLeaf_IsSubset},
    {NULL, &PyFrozenSet_Type, "issuperset", 2, 2, JIT_LEAF_PLAIN, NULL, _PyJitLeaf_IsSuperset},
    {NULL, &PyFrozenSet_Type, "isdisjoint", 2, 2, JIT_LEAF_PLAIN, NULL, _PyJitLeaf_IsDisjoint},
    {NULL, &PyDict_Type, "popitem", 1, 1, JIT_LEAF_CHANGE, is_filled_dict, NULL},
};

/* How CALLABLE, a function or method of C, is defined; NULL: it is something else. */
static const PyMethodDef *
definition_of(PyObject *callable)
{
    return PyCFunction_CheckExact(callable) ? ((PyCFunctionObject *)callable)->m_ml
        : Py_IS_TYPE(callable, &PyMethodDescr_Type) ? ((PyMethodDescrObject *)callable)->d_method : NULL;
}

/* The type whose definition has METHOD, among TYPE and its bases; NULL: none.  FLAGS: METH_CLASS where it is a method of classes, else 0. */
static PyTypeObject *
type_with(PyTypeObject *type, const PyMethodDef *method, int flags)
{
    for (; type != NULL; type = type->tp_base) {
        for (const PyMethodDef *own = type->tp_methods; own != NULL && own->ml_name != NULL; own++) {
            if (own == method && (own->ml_flags & (METH_STATIC | METH_CLASS)) == flags) {
                return type;
            }
        }
    }
    return NULL;
}

static bool
is_of(const Rule *rule, PyObject *callable, const PyMethodDef *method)
{
    if (rule->name != NULL && strcmp(rule->name, method->ml_name) != 0) {
        return false;
    }
    PyObject *module = NULL;
    PyTypeObject *type = NULL;
    if (Py_IS_TYPE(callable, &PyMethodDescr_Type)) {
        type = PyDescr_TYPE(callable);
    }
    else {
        module = _PyJit_ModuleOf((PyCFunctionObject *)callable);
        PyObject *self = ((PyCFunctionObject *)callable)->m_self;
        bool of_class = self != NULL && PyType_Check(self) && method->ml_flags & METH_CLASS;
        type = module != NULL || self == NULL ? NULL : of_class ? type_with((PyTypeObject *)self, method, METH_CLASS)
            : type_with(Py_TYPE(self), method, 0);
    }
    if (rule->type != NULL || type == NULL) {
        return rule->type != NULL ? type == rule->type
            : module != NULL && rule->of[strlen(rule->of) - 1] != '.' && strcmp(((PyModuleObject *)module)->md_def->m_name, rule->of) == 0;
    }
    size_t length = strlen(rule->of);
    if (!(type->tp_flags & Py_TPFLAGS_HEAPTYPE)) {
        return rule->of[length - 1] == '.' && strncmp(type->tp_name, rule->of, length) == 0;
    }
    // Of a type without a name in C: its module's name and a dot, but for `random`, which has no functions.
    PyObject *own = ((PyHeapTypeObject *)type)->ht_module;
    const PyModuleDef *definition = own != NULL && PyModule_Check(own) ? PyModule_GetDef(own) : NULL;
    if (definition == NULL) {
        return false;
    }
    length = strlen(definition->m_name);
    return strncmp(rule->of, definition->m_name, length) == 0
        && (strcmp(rule->of + length, ".") == 0 || (rule->of[length] == '\0' && strcmp(rule->of, "_random") == 0));
}

/* By their definitions: the rules for what was looked up. */
static struct {
    const PyMethodDef *method;
    const Rule *rule;
} known[MOST_KNOWN];

static size_t
place_of(const PyMethodDef *method)
{
    size_t i = ((uintptr_t)method / sizeof(PyMethodDef)) % MOST_KNOWN;
    while (known[i].method != NULL && known[i].method != method) {
        i = (i + 1) % MOST_KNOWN;
    }
    return i;
}

/* The rule for CALLABLE with N arguments; NULL: none.  NEW: it may not be known yet. */
static const Rule *
rule_of(PyObject *callable, Py_ssize_t n, bool new)
{
    static size_t nknown;
    const PyMethodDef *method = definition_of(callable);
    if (method == NULL) {
        return NULL;
    }
    size_t place = place_of(method);
    if (known[place].method == NULL && new && nknown < MOST_KNOWN / 2) {
        for (size_t i = 0; i < Py_ARRAY_LENGTH(rules) && known[place].method == NULL; i++) {
            if (is_of(&rules[i], callable, method)) {
                known[place].method = method;
                known[place].rule = &rules[i];
                nknown++;
            }
        }
    }
    const Rule *rule = known[place].rule;
    return rule != NULL && rule->least <= n && n <= rule->most ? rule : NULL;
}

/* CALLABLE is a class of iterators of module itertools, and ARGS are builtin containers or small numbers. */
static bool
makes_iterator(PyObject *callable, PyObject *const *args)
{
    if (!PyType_Check(callable) || !_PyJitIter_IsOfItertools((PyTypeObject *)callable)) {
        return false;
    }
    for (; *args != NULL; args++) {
        if (!_PyJitIter_IsOfContainer(Py_TYPE(*args)) && (!PyLong_CheckExact(*args) || !is_moderate(*args))) {
            return false;
        }
    }
    return true;
}

int
_PyJitLeaf_FindByRule(PyObject *callable, Py_ssize_t nargs)
{
    if (PyType_Check(callable)) {
        return _PyJitValue_IsType((PyTypeObject *)callable) ? _PyJitLeaf_Named("plain f()")
            : _PyJitIter_IsOfItertools((PyTypeObject *)callable) ? _PyJitLeaf_Named("f()") : -1;
    }
    const Rule *rule = rule_of(callable, nargs + (PyCFunction_Check(callable) && _PyJit_ModuleOf((PyCFunctionObject *)callable) == NULL), true);
    return rule == NULL ? -1 : _PyJitLeaf_Named(rule->gives == JIT_LEAF_PLAIN ? "plain f()" : rule->gives == JIT_LEAF_OBJECT ? "f()" : "f() of x");
}

PyObject *
_PyJitLeaf_CallBuiltin(const char *name, PyObject *const *args)
{
    PyObject *builtins = _PyInterpreterState_GET()->builtins_copy, *function = builtins == NULL ? NULL : _PyJit_ItemNamed(builtins, name);
    return function == NULL ? NULL : PyObject_Vectorcall(function, args, (size_t)count_arguments(args), NULL);
}

/* Calls METHOD, as CALLABLE has it, with ALL, N arguments that begin with `self` unless it is a function: as the call of a constant would in
 * tier 1, without looking again what is called. */
static PyObject *
call_directly(PyObject *callable, const PyMethodDef *method, PyObject *const *all, Py_ssize_t n, bool has_self)
{
    PyObject *self = has_self ? all[0] : ((PyCFunctionObject *)callable)->m_self;
    PyObject *const *args = all + has_self;
    PyCFunction function = method->ml_meth;
    n -= has_self;
    if (Py_IS_TYPE(callable, &PyMethodDescr_Type) && !PyObject_TypeCheck(self, PyDescr_TYPE(callable))) {
        return NULL;
    }
    switch (method->ml_flags & (METH_VARARGS | METH_KEYWORDS | METH_NOARGS | METH_O | METH_FASTCALL | METH_METHOD)) {
        case METH_NOARGS:
            return n == 0 ? function(self, NULL) : NULL;
        case METH_O:
            return n == 1 ? function(self, args[0]) : NULL;
        case METH_FASTCALL:
            return ((PyCFunctionFast)(void (*)(void))function)(self, args, n);
        case METH_FASTCALL | METH_KEYWORDS:
            return ((PyCFunctionFastWithKeywords)(void (*)(void))function)(self, args, n, NULL);
        default:
            return PyCFunction_CheckExact(callable) ? PyObject_Vectorcall(callable, args, (size_t)n, NULL)
                : PyObject_Vectorcall(callable, all, (size_t)n + 1, NULL);
    }
}

/* CALLABLE with N arguments ARGS, behind which is NULL. */
static PyObject *
call_by_rule(PyObject *callable, PyObject *const *args, Py_ssize_t n, bool run)
{
    PyObject *all[MOST_SPREAD + 2];
    Py_ssize_t bound = 0;
    if (PyType_Check(callable)) {
        if (_PyJitValue_IsType((PyTypeObject *)callable)) {
            return _PyJitValue_New(callable, args, run);
        }
        COULD(makes_iterator(callable, args));
        return PyObject_Vectorcall(callable, args, (size_t)n, NULL);
    }
    if (PyCFunction_CheckExact(callable)) {
        PyObject *self = ((PyCFunctionObject *)callable)->m_self;
        bound = self != NULL && !PyModule_CheckExact(self);
        all[0] = self;
    }
    memcpy(all + bound, args, (size_t)n * sizeof(PyObject *));
    n += bound;
    all[n] = NULL;
    const Rule *rule = rule_of(callable, n, !run);
    if (rule == NULL) {
        return NULL;
    }
    if (rule->make != NULL) {
        return rule->make(all, run);
    }
    COULD(rule->can(all, n));
    return call_directly(callable, definition_of(callable), all, n, bound || !PyCFunction_CheckExact(callable));
}

PyObject *
_PyJitLeaf_CallByRule(PyObject *const *args, bool run)
{
    return call_by_rule(args[0], args + 1, count_arguments(args + 1), run);
}

PyObject *
_PyJitLeaf_CallSpread(PyObject *const *args, bool run)
{
    PyObject *callable = args[0], *values[MOST_SPREAD + 1];
    Py_ssize_t n = PyList_CheckExact(args[1]) || PyTuple_CheckExact(args[1]) ? PySequence_Fast_GET_SIZE(args[1]) : -1;
    const Rule *rule = n >= 2 ? rule_of(callable, 1, !run) : NULL;
    if (rule != NULL && (rule->make == _PyJitLeaf_Min || rule->make == _PyJitLeaf_Max)) {
        return rule->make(args + 1, run);        // the same of all items
    }
    if (n < 0 || n > MOST_SPREAD) {
        return NULL;
    }
    memcpy(values, PySequence_Fast_ITEMS(args[1]), (size_t)n * sizeof(PyObject *));
    values[n] = NULL;
    return call_by_rule(callable, values, n, run);
}

#endif /* _Py_TIER2 */
