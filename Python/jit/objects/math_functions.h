/* What the builder asks about functions of C modules, of math above all.  What traces call: pycore_jit_helpers.h. */
#ifndef Py_JIT_MATH_FUNCTIONS_H
#define Py_JIT_MATH_FUNCTIONS_H

#include "Python.h"
#include "pycore_moduleobject.h"

/* The module that FUNCTION was made for from its module's own definition, borrowed; NULL: it is none of those.  Names prove
 * nothing: `__module__` of a C function can be set, and whoever makes one chooses what it is bound to. */
static inline PyObject *
_PyJit_ModuleOf(const PyCFunctionObject *function)
{
    PyObject *module = function->m_self;
    if (module == NULL || !PyModule_CheckExact(module) || ((PyModuleObject *)module)->md_def == NULL) {
        return NULL;
    }
    const PyMethodDef *method = ((PyModuleObject *)module)->md_def->m_methods;
    while (method != NULL && method->ml_name != NULL && method != function->m_ml) {
        method++;
    }
    return method != NULL && method->ml_name != NULL ? module : NULL;
}

/* The name of CALLABLE, borrowed from it, if it is a function of module math; else NULL. */
const char *_PyJitMath_Name(PyObject *callable);

/* The number under which FMATH (one argument) or FMATH2 (two) know function NAME of module math, or -1. */
int _PyJitMath_Number(const char *name, int nargs);

#endif /* !Py_JIT_MATH_FUNCTIONS_H */
