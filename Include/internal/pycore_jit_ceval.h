/* Functions of ceval.c that are static there and that bodies of opaque operations call.
 *
 * Python/jit_ceval_exports.c.h, included at the end of ceval.c, defines them; Tools/cases_generator/cgen/ceval_exports.py is
 * the list by which the generator puts these names into the bodies.  Arguments, results, errors and ownership are those of
 * the function wrapped.
 */
#ifndef Py_INTERNAL_JIT_CEVAL_H
#define Py_INTERNAL_JIT_CEVAL_H
#ifndef Py_BUILD_CORE
#  error "for the interpreter's own sources only: define Py_BUILD_CORE"
#endif

#include "pycore_frame.h"         // _PyInterpreterFrame

/* The module an import statement binds: new reference, or NULL with an exception set.  Borrows all arguments. */
extern PyObject *_PyJit_import_name(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject *name,
                                    PyObject *fromlist, PyObject *level);

/* Attribute or submodule NAME of MODULE: new reference, or NULL with ImportError set.  Borrows all arguments. */
extern PyObject *_PyJit_import_from(PyThreadState *tstate, PyObject *module, PyObject *name);

/* 0 if ARGS can be unpacked into a call of FUNC; -1 with TypeError set.  Borrows all arguments. */
extern int _PyJit_check_args_iterable(PyThreadState *tstate, PyObject *func, PyObject *args);

/* A new frame for a call with a tuple and a dict (or NULL) of arguments; NULL with an exception set.  Takes the
 * references to FUNC, LOCALS, CALLARGS and KWARGS, in any case. */
extern _PyInterpreterFrame *_PyJit_EvalFramePushAndInit_Ex(PyThreadState *tstate, PyFunctionObject *func,
                                                           PyObject *locals, Py_ssize_t nargs,
                                                           PyObject *callargs, PyObject *kwargs);

/* Raises EXC, from CAUSE if that is not NULL, and takes both references; where EXC is NULL, the exception that is handled.  1: that one is
 * set, and the place where it was raised is in its traceback already; 0: some exception is set. */
extern int _PyJit_do_raise(PyThreadState *tstate, PyObject *exc, PyObject *cause);

/* The exception that is set is raised again by INSTR of FRAME: tools are told, if they want to know. */
extern void _PyJit_monitor_reraise(PyThreadState *tstate, _PyInterpreterFrame *frame, _Py_CODEUNIT *instr);

#endif /* !Py_INTERNAL_JIT_CEVAL_H */
