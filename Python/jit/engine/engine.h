/* The engine as a whole: how it starts, and what sys._jit shows of it. */
#ifndef Py_JIT_ENGINE_H
#define Py_JIT_ENGINE_H

#include "jit/machine/machine.h"
#include "jit/record/record.h"

/* engine.c */
PyStatus _PyJitEngine_Start(PyThreadState *tstate);  // reads options, starts the backend
int _PyJitEngine_SetEnabled(PyInterpreterState *interp, bool on);   // -1: not available

/* options.c: from -X and the environment into the engine; warns of what it does not understand. */
void _PyJitOptions_Read(const PyConfig *config);

/* dump.c */
PyObject *_PyJit_DumpTracelets(PyObject *self, PyObject *path);
/* ir_testing.c */
PyObject *_PyJit_IrRoundtrip(PyObject *self, PyObject *text);
PyObject *_PyJit_IrVerify(PyObject *self, PyObject *text);
PyObject *_PyJit_IrTraces(PyObject *self, PyObject *ignored);
PyObject *_PyJit_IrSpoil(PyObject *self, PyObject *on);
/* ir_run.c */
PyObject *_PyJit_IrRun(PyObject *self, PyObject *arguments);

#endif /* !Py_JIT_ENGINE_H */
