/* What the builder asks about functions of module math.  What traces call: pycore_jit_helpers.h. */
#ifndef Py_JIT_MATH_FUNCTIONS_H
#define Py_JIT_MATH_FUNCTIONS_H

#include "Python.h"

/* The name of CALLABLE, borrowed from it, if it is a function of module math; else NULL. */
const char *_PyJitMath_Name(PyObject *callable);

/* The number under which FMATH (one argument) or FMATH2 (two) know function NAME of module math, or -1. */
int _PyJitMath_Number(const char *name, int nargs);

#endif /* !Py_JIT_MATH_FUNCTIONS_H */
