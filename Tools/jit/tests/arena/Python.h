/* As much of Python.h as Python/jit/machine/arena.c uses, so that it can be tested alone. */
#ifndef Py_PYTHON_H
#define Py_PYTHON_H
#define _GNU_SOURCE 1
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#define _Py_TIER2 1
#define PyMem_RawMalloc malloc
#define PyMem_RawCalloc calloc
#define PyMem_RawRealloc realloc
#define PyMem_RawFree free
#define Py_UNREACHABLE() abort()
#define Py_MIN(X, Y) ((X) < (Y) ? (X) : (Y))
#endif
