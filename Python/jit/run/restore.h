/* What restore.c needs to never fail. */
#ifndef Py_JIT_RESTORE_H
#define Py_JIT_RESTORE_H

#include "pycore_jit_engine.h"

/* Sees to it that BOXES blocks for numbers are set aside.  0, or -1: no memory. */
int _PyJitRestore_Reserve(uint32_t boxes);
/* The same for OBJECTS that a trace does not make. */
int _PyJitRestore_ReserveObjects(uint32_t objects);
/* An instance of TYPE can be made of a reserved block, and is nothing but its attributes: it has no finalizer and no code of its own. */
bool _PyJitRestore_CanMake(PyTypeObject *type);
/* Gives them back: no trace runs any more. */
void _PyJitRestore_Release(void);

#endif
