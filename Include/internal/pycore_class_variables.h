/* Class variables: attributes of classes whose values are replaced while the program runs (InternalDocs/class_variables.md).
 *
 * A name of a class *varies* when its value was replaced several times and is read.  A store to it then leaves the version of the class as it
 * was, and nobody keeps its value under that version.  Who wants to be quick keeps the place of the value: as long as the class has its
 * version, its dict has the same entries.
 */
#ifndef Py_INTERNAL_CLASS_VARIABLES_H
#define Py_INTERNAL_CLASS_VARIABLES_H

#ifndef Py_BUILD_CORE
#  error "for the interpreter's own sources only: define Py_BUILD_CORE"
#endif

#include "pycore_code.h"           // _Py_CODEUNIT

#include <stdbool.h>

/* What an inline cache has for what a class has under a name: the object, or the place of a value, which is odd.  All are borrowed, and good as
 * long as the class has the version that the cache names. */
static inline bool
_PyClassVar_IsPlace(PyObject *cached)
{
    return ((uintptr_t)cached & 1) != 0;
}

static inline PyObject *
_PyClassVar_OfPlace(PyObject **place)
{
    return (PyObject *)((uintptr_t)place | 1);
}

/* The object that CACHED stands for, borrowed.  NULL: it has become a descriptor, which is to be asked. */
static inline PyObject *
_PyClassVar_Value(PyObject *cached)
{
    if (!_PyClassVar_IsPlace(cached)) {
        return cached;
    }
    PyObject *value = *(PyObject **)((uintptr_t)cached - 1);
    return value != NULL && Py_TYPE(value)->tp_descr_get == NULL ? value : NULL;
}

#if defined(_Py_TIER2) && !defined(Py_GIL_DISABLED)

/* In the dict of TYPE the value of NAME, an exact str, was OLD and is about to be NEW; either may be NULL.  true: the version of TYPE may
 * stay.  Sets no exception. */
bool _PyClassVar_Keeps(PyTypeObject *type, PyObject *name, PyObject *old, PyObject *new);
/* NAME, an exact str, was looked for in TYPE, and FOUND is there, or NULL.  true: it must not be cached under TYPE's version.  May give TYPE and
 * others a new version; sets no exception. */
bool _PyClassVar_NoteRead(PyTypeObject *type, PyObject *name, PyObject *found);
/* Some class in TYPE's mro has a NAME that varies, or may have. */
bool _PyClassVar_Varies(PyTypeObject *type, PyObject *name);
/* What TYPE has under NAME is to be read where it is: it varies, or might become a descriptor.  It is none now. */
bool _PyClassVar_Is(PyTypeObject *type, PyObject *name);
/* Where the value of NAME is, an interned str, that is found in TYPE; *owner: the class that has it, which is borrowed as the place is.
 * NULL: nowhere, or where it cannot be said. */
PyObject **_PyClassVar_Place(PyTypeObject *type, PyObject *name, PyTypeObject **owner);
/* CLASS has a NAME of its own that varies, and to set it is to replace that value.  Whether old and new value allow it is not asked. */
bool _PyClassVar_CanStore(PyTypeObject *class, PyObject *name);
/* TYPE of some class has nothing under NAME that would come first. */
bool _PyClassVar_IsFree(PyTypeObject *type, PyObject *name);
/* The form of LOAD_ATTR for what TYPE has under NAME, of an instance; 0: there is none.  *keys: the version of the keys of instances to check, or
 * 0. */
int _PyClassVar_FormForInstance(PyTypeObject *type, PyObject *name, uint32_t *keys);
/* LOAD_ATTR with its counter triggered: the instruction gets a form that reads NAME of OWNER where it is.  false: it is not for that. */
bool _PyClassVar_Specialize(PyObject *owner, _Py_CODEUNIT *instr, PyObject *name);
/* STORE_ATTR: OWNER, a class, has a NAME that varies, and its value is NEW now.  false: nothing is done, it is to be set in the usual way.  May run
 * code of users, as the old value may end. */
bool _PyClassVar_Store(PyObject *owner, PyObject *name, PyObject *new);
/* Somebody wants to hear of changes of classes: from now on each store changes a version, whatever varies. */
void _PyClassVar_Stop(void);
extern bool _PyClassVar_Stopped;

#else
#  define _PyClassVar_Keeps(TYPE, NAME, OLD, NEW) false
#  define _PyClassVar_NoteRead(TYPE, NAME, FOUND) false
#  define _PyClassVar_Specialize(OWNER, INSTR, NAME) false
#  define _PyClassVar_Store(OWNER, NAME, NEW) false
#  define _PyClassVar_Stop() ((void)0)
#endif

#endif /* !Py_INTERNAL_CLASS_VARIABLES_H */
