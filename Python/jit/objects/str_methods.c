/* Methods of exact strs that traces call directly.
 *
 * They make a new object or say yes or no, and change nothing; with exact strs, ints, None, and lists and tuples of strs for arguments they
 * run no code of users.  So one that fails (no memory, `index` of what is not there, an argument of the wrong type) is called again by
 * tier 1, which raises.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include <string.h>
#include "pycore_jit_helpers.h"

static const struct {
    const char *name;
    int gives;                 // JIT_STR_
} methods[] = {
    {"endswith", JIT_STR_TRUTH}, {"isalnum", JIT_STR_TRUTH}, {"isalpha", JIT_STR_TRUTH},
    {"isascii", JIT_STR_TRUTH}, {"isdecimal", JIT_STR_TRUTH}, {"isdigit", JIT_STR_TRUTH},
    {"isidentifier", JIT_STR_TRUTH}, {"islower", JIT_STR_TRUTH}, {"isnumeric", JIT_STR_TRUTH},
    {"isprintable", JIT_STR_TRUTH}, {"isspace", JIT_STR_TRUTH}, {"istitle", JIT_STR_TRUTH},
    {"isupper", JIT_STR_TRUTH}, {"startswith", JIT_STR_TRUTH},
    {"capitalize", JIT_STR_PLAIN}, {"casefold", JIT_STR_PLAIN}, {"center", JIT_STR_PLAIN},
    {"count", JIT_STR_PLAIN}, {"expandtabs", JIT_STR_PLAIN}, {"find", JIT_STR_PLAIN},
    {"index", JIT_STR_PLAIN}, {"join", JIT_STR_PLAIN}, {"ljust", JIT_STR_PLAIN}, {"lower", JIT_STR_PLAIN},
    {"lstrip", JIT_STR_PLAIN}, {"removeprefix", JIT_STR_PLAIN}, {"removesuffix", JIT_STR_PLAIN},
    {"replace", JIT_STR_PLAIN}, {"rfind", JIT_STR_PLAIN}, {"rindex", JIT_STR_PLAIN}, {"rjust", JIT_STR_PLAIN},
    {"rstrip", JIT_STR_PLAIN}, {"strip", JIT_STR_PLAIN}, {"swapcase", JIT_STR_PLAIN},
    {"title", JIT_STR_PLAIN}, {"upper", JIT_STR_PLAIN}, {"zfill", JIT_STR_PLAIN},
    {"partition", JIT_STR_OTHER}, {"rpartition", JIT_STR_OTHER}, {"rsplit", JIT_STR_OTHER},
    {"split", JIT_STR_OTHER}, {"splitlines", JIT_STR_OTHER},
};

#define COUNT Py_ARRAY_LENGTH(methods)

static PyMethodDef *definitions[COUNT];     // of the type; NULL: not looked for yet

int
_PyJitStr_Method(PyObject *callable, int *gives)
{
    if (!Py_IS_TYPE(callable, &PyMethodDescr_Type) || PyDescr_TYPE(callable) != &PyUnicode_Type) {
        return -1;
    }
    PyMethodDef *definition = ((PyMethodDescrObject *)callable)->d_method;
    for (size_t i = 0; i < COUNT; i++) {
        if (strcmp(methods[i].name, definition->ml_name) == 0) {
            definitions[i] = definition;
            *gives = methods[i].gives;
            return (int)i;
        }
    }
    return -1;
}

PyObject *
_PyJit_CallStr(uint32_t method, PyObject *self, PyObject *first, PyObject *second)
{
    const PyMethodDef *definition = definitions[method];
    PyObject *args[] = {first, second};
    Py_ssize_t n = (first != NULL) + (second != NULL);
    void *function = (void *)definition->ml_meth;
    PyObject *result = NULL;
    switch (definition->ml_flags & (METH_VARARGS | METH_FASTCALL | METH_NOARGS | METH_O | METH_KEYWORDS)) {
        case METH_NOARGS:
            result = n == 0 ? ((PyCFunction)function)(self, NULL) : NULL;
            break;
        case METH_O:
            result = n == 1 ? ((PyCFunction)function)(self, first) : NULL;
            break;
        case METH_FASTCALL:
            result = ((PyCFunctionFast)function)(self, args, n);
            break;
        case METH_FASTCALL | METH_KEYWORDS:
            result = ((PyCFunctionFastWithKeywords)function)(self, args, n, NULL);
            break;
        default:
            break;
    }
    return _PyJit_New(result);
}

int64_t
_PyJit_TestStr(uint32_t method, PyObject *self, PyObject *argument)
{
    PyObject *result = _PyJit_CallStr(method, self, argument, NULL);
    return result == Py_True ? 1 : result == Py_False ? 0 : -1;
}

#endif /* _Py_TIER2 */
