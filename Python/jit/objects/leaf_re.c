/* Leaf calls of module re (leaf_calls.c has the rules): methods of patterns and of matches.
 *
 * On an exact str or bytes they run no code of users; another thing that is searched may give its buffer to the module by such code.  A search
 * that takes long looks for signals: if there is one the leaf fails, and tier 1, which searches again,
 * is interrupted.
 *
 * The types have no name in C.  What they have in common with no other type is their deallocator, known when the first one was seen.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include <string.h>
#include "structmember.h"
#include "pycore_jit_helpers.h"
#include "jit/objects/leaves.h"

static const unsigned long made_in_c = Py_TPFLAGS_HEAPTYPE | Py_TPFLAGS_IMMUTABLETYPE;

static bool
is_text(PyObject *o)
{
    return PyUnicode_CheckExact(o) || PyBytes_CheckExact(o);
}

/* Where objects of TYPE have their member NAME, an object; 0: they have none. */
static Py_ssize_t
offset_of(const PyTypeObject *type, const char *name)
{
    for (const PyMemberDef *member = type->tp_members; member != NULL && member->name != NULL; member++) {
        if (strcmp(member->name, name) == 0) {
            return member->type == _Py_T_OBJECT ? member->offset : 0;
        }
    }
    return 0;
}

static const PyMethodDef *
method_of(const PyTypeObject *type, const char *name)
{
    for (const PyMethodDef *method = type->tp_methods; method != NULL && method->ml_name != NULL; method++) {
        if (strcmp(method->ml_name, name) == 0) {
            return method;
        }
    }
    return NULL;
}

/* --- Matches ---------------------------------------------------------------------------------------------------------- */

static struct {
    destructor dealloc;
    Py_ssize_t string, pattern;          // offsets
    binaryfunc item;
    const PyMethodDef *methods[4];
} match;
enum { START, END, SPAN, GROUPS };

static bool
know_match(PyTypeObject *type)
{
    static const char *const names[] = {"start", "end", "span", "groups"};
    if (!_PyJit_IsTypeOfModule(type, "_sre", "re.Match") || type->tp_as_mapping == NULL || type->tp_as_mapping->mp_subscript == NULL) {
        return false;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        match.methods[i] = method_of(type, names[i]);
        int flags = match.methods[i] == NULL ? 0 : match.methods[i]->ml_flags;
        if (flags != (i == GROUPS ? METH_FASTCALL | METH_KEYWORDS : METH_FASTCALL)) {
            return false;
        }
    }
    match.string = offset_of(type, "string");
    match.item = type->tp_as_mapping->mp_subscript;
    match.pattern = offset_of(type, "re");
    // What it keeps for `regs` is between them.
    bool known = match.string > 0 && match.pattern == match.string + 2 * (Py_ssize_t)sizeof(PyObject *);
    match.dealloc = known ? type->tp_dealloc : NULL;
    return match.dealloc != NULL;
}

bool
_PyJit_IsMatch(PyTypeObject *type)
{
    return (type->tp_flags & made_in_c) == made_in_c && (match.dealloc != NULL ? type->tp_dealloc == match.dealloc : know_match(type));
}

bool
_PyJit_MatchIsThin(PyObject *o, uint32_t shares)
{
    PyObject *const *members = (PyObject *const *)((char *)o + match.string);
    return is_text(members[0]) && members[1] == NULL && Py_REFCNT(members[2]) > (Py_ssize_t)shares;
}

static bool
is_match_of_text(PyObject *o)
{
    if (!_PyJit_IsMatch(Py_TYPE(o))) {
        return false;
    }
    PyObject *string = *(PyObject **)((char *)o + match.string);
    return string != NULL && is_text(string);
}

static bool
is_group(PyObject *o)
{
    return o == NULL || PyLong_CheckExact(o) || PyUnicode_CheckExact(o);
}

PyObject *
_PyJitLeaf_MatchItem(PyObject *const *args, bool run)
{
    COULD(is_match_of_text(args[0]) && args[1] != NULL && is_group(args[1]));
    return match.item(args[0], args[1]);
}

PyObject *
_PyJitLeaf_MatchGroup(PyObject *const *args, bool run)
{
    COULD(is_match_of_text(args[0]) && is_group(args[1]) && is_group(args[2]));
    PyObject *zero = _PyLong_GetZero(), *one = match.item(args[0], args[1] == NULL ? zero : args[1]);
    if (one == NULL || args[2] == NULL) {
        return one;
    }
    PyObject *other = match.item(args[0], args[2]), *both = other == NULL ? NULL : PyTuple_Pack(2, one, other);
    Py_DECREF(one);
    Py_XDECREF(other);
    return both;
}

static PyObject *
call_match(PyObject *const *args, int method, bool run)
{
    COULD(is_match_of_text(args[0]) && is_group(args[1]));
    return ((PyCFunctionFast)(void *)match.methods[method]->ml_meth)(args[0], args + 1, args[1] != NULL);
}

PyObject *
_PyJitLeaf_MatchStart(PyObject *const *args, bool run)
{
    return call_match(args, START, run);
}

PyObject *
_PyJitLeaf_MatchEnd(PyObject *const *args, bool run)
{
    return call_match(args, END, run);
}

PyObject *
_PyJitLeaf_MatchSpan(PyObject *const *args, bool run)
{
    return call_match(args, SPAN, run);
}

PyObject *
_PyJitLeaf_MatchGroups(PyObject *const *args, bool run)
{
    COULD(is_match_of_text(args[0]));
    return ((PyCFunctionFastWithKeywords)(void *)match.methods[GROUPS]->ml_meth)(args[0], args + 1, args[1] != NULL, NULL);
}

/* --- Patterns --------------------------------------------------------------------------------------------------------- */

static struct {
    destructor dealloc;
    const PyMethodDef *methods[6];
} pattern;
enum { MATCH, FULL_MATCH, SEARCH, SUB, FIND_ALL, SPLIT };

static bool
know_pattern(PyTypeObject *type)
{
    static const char *const names[] = {"match", "fullmatch", "search", "sub", "findall", "split"};
    if (!_PyJit_IsTypeOfModule(type, "_sre", "re.Pattern")) {
        return false;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        pattern.methods[i] = method_of(type, names[i]);
        int flags = pattern.methods[i] == NULL ? 0 : pattern.methods[i]->ml_flags & ~METH_METHOD;
        if (flags != (METH_FASTCALL | METH_KEYWORDS)) {
            return false;
        }
    }
    pattern.dealloc = type->tp_dealloc;
    return true;
}

static bool
is_pattern(PyObject *o)
{
    PyTypeObject *type = Py_TYPE(o);
    return (type->tp_flags & made_in_c) == made_in_c && (pattern.dealloc != NULL ? type->tp_dealloc == pattern.dealloc : know_pattern(type));
}

static PyObject *
call_method(int method, PyObject *const *args)
{
    const PyMethodDef *definition = pattern.methods[method];
    Py_ssize_t n = 0;
    while (args[1 + n] != NULL) {
        n++;
    }
    void *call = (void *)definition->ml_meth;
    return definition->ml_flags & METH_METHOD ? ((PyCMethod)call)(args[0], Py_TYPE(args[0]), args + 1, (size_t)n, NULL)
        : ((PyCFunctionFastWithKeywords)call)(args[0], args + 1, n, NULL);
}

static bool
is_place(PyObject *o)
{
    return o == NULL || PyLong_CheckExact(o);
}

static PyObject *
search(int method, PyObject *const *args, bool run)
{
    COULD(is_pattern(args[0]) && is_text(args[1]) && is_place(args[2]) && is_place(args[3]));
    return call_method(method, args);
}

PyObject *
_PyJitLeaf_PatternMatch(PyObject *const *args, bool run)
{
    return search(MATCH, args, run);
}

PyObject *
_PyJitLeaf_PatternFullMatch(PyObject *const *args, bool run)
{
    return search(FULL_MATCH, args, run);
}

PyObject *
_PyJitLeaf_PatternSearch(PyObject *const *args, bool run)
{
    return search(SEARCH, args, run);
}

PyObject *
_PyJitLeaf_PatternFindAll(PyObject *const *args, bool run)
{
    return search(FIND_ALL, args, run);
}

PyObject *
_PyJitLeaf_PatternSplit(PyObject *const *args, bool run)
{
    return search(SPLIT, args, run);
}

/* What takes the place of a match is neither called nor a template, which code in Python reads. */
PyObject *
_PyJitLeaf_PatternSub(PyObject *const *args, bool run)
{
    COULD(is_pattern(args[0]) && PyUnicode_CheckExact(args[1]) && PyUnicode_CheckExact(args[2])
          && is_place(args[3])
          && PyUnicode_FindChar(args[1], '\\', 0, PyUnicode_GET_LENGTH(args[1]), 1) == -1);
    return call_method(SUB, args);
}

#endif /* _Py_TIER2 */
