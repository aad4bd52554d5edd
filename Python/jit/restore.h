/* What restore.c needs to never fail. */
#ifndef Py_JIT_RESTORE_H
#define Py_JIT_RESTORE_H

#include "pycore_jit_engine.h"

/* Sees to it that BOXES blocks for numbers are set aside.  0, or -1: no memory. */
int _PyJitRestore_Reserve(uint32_t boxes);
/* Gives them back: no trace runs any more. */
void _PyJitRestore_Release(void);

#endif
