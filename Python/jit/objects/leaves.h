/* What the files of leaf calls share.  With RUN false such a function only says whether it could: it gives anything but NULL then, borrowed. */
#ifndef Py_JIT_LEAVES_H
#define Py_JIT_LEAVES_H

#include "Python.h"
#include "pycore_long.h"

#define COULD(CONDITION) do { if (!(CONDITION)) { return NULL; } if (!run) { return Py_True; } } while (0)

/* O is no int so large that Python code computes its digits, or divides it. */
static inline bool
is_moderate(PyObject *o)
{
    return !PyLong_Check(o) || _PyLong_DigitCount((PyLongObject *)o) <= 100;
}

/* leaf_instructions.c.  format(): a value and what it is formatted by, or NULL. */
PyObject *_PyJitLeaf_Format(PyObject *const *args, bool run);
/* One argument, a tuple of what the instruction has on the stack (MapOf: the second one, behind a tuple of keys).  They give it up whether
 * they fail or not, if RUN. */
PyObject *_PyJitLeaf_JoinStrings(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_BuildMap(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_BuildMapOf(PyObject *const *args, bool run);
/* f(..., **more): into a dict that is empty yet. */
PyObject *_PyJitLeaf_MergeDicts(PyObject *const *args, bool run);
/* Operators of builtin types. */
PyObject *_PyJitLeaf_Concatenate(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_ConcatenateInPlace(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Repeat(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_RepeatInPlace(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Percent(PyObject *const *args, bool run);

#endif /* !Py_JIT_LEAVES_H */
