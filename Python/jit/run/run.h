/* Executors: their life, how they are left, what they depend on; and what of the run of a trace the builder has to know. */
#ifndef Py_JIT_RUN_H
#define Py_JIT_RUN_H

#include "jit/machine/machine.h"
#include "jit/run/consumers.h"
#include "jit/run/operators.h"

/* executor.c */
/* A new executor with a copy of TRACE, or NULL with *abort set.  Not yet reachable from anywhere.  FROM is the exit whose values the
 * trace takes, or NULL.  TRACE is empty afterwards; only if it has more values than the machine code has room for, its records are
 * still there. */
_PyExecutorObject *_PyJitExecutor_New(_PyJitTrace *trace, int kind, int chain, const _PyJitExit *from, int *abort);
int _PyJitExecutor_Install(_PyExecutorObject *executor, PyCodeObject *code, _Py_CODEUNIT *instr);   // -1: no room
void _PyJitExecutor_Invalidate(_PyExecutorObject *executor);
void _PyJitExecutor_AddSide(_PyExecutorObject *executor);
_PyExecutorObject *_PyJitExecutor_FindSide(_Py_CODEUNIT *start);    // borrowed, or NULL
void _PyJitExecutor_FreeZombies(void);
bool _PyJitExecutor_MakeRoom(void);                  // false: over the limit even after eviction

/* exits.c */
_Py_CODEUNIT *_PyJitExit_Target(const _PyJitExit *exit);        // where it leads; NULL: the register says
int _PyJitExit_Link(_PyJitExit *exit, _Py_CODEUNIT *ip, _PyExecutorObject *executor);   // -1: no memory or no room
void _PyJitExit_Unlink(_PyJitLink *link);
void _PyJitExit_UnlinkAll(_PyJitExit *exit);
void _PyJitExit_NoteFailure(_PyJitExit *exit, bool for_good);      // waits longer for the next side trace, at last for ever

/* depend.c */
int _PyJitDepend_Add(_PyExecutorObject *executor);       // on all that its trace names; -1: no memory, and on nothing
bool _PyJitDepend_Has(void *object);                      // some executor depends on it
void _PyJitDepend_Remove(_PyExecutorObject *executor);
void _PyJitExecutor_InvalidateDependents(void *key);     // all that depend on KEY: an object, or a key of watch.c

/* watch.c */
void _PyJitWatch_Start(PyInterpreterState *interp);
/* The value at entry INDEX of DICT, whose keys have VERSION, with the key NAME; borrowed.  NULL: it is no constant (another
 * version, no such key, no exact dict, a key that changes often).  A trace that uses it has to depend on what
 * _PyJitWatch_Depend adds; the value is alive as long as an executor with this dependency is valid. */
PyObject *_PyJitWatch_Constant(PyObject *dict, PyObject *name, uint32_t version, uint32_t index);
/* DICT has no entry NAME: the same way.  1: so it is; 0: it has one, or has changed often. */
bool _PyJitWatch_Absent(PyObject *dict, PyObject *name, uint32_t version);
/* Nobody will depend on NAME of DICT from now on; IsFree: that was said, and nobody does. */
void _PyJitWatch_GiveUp(PyObject *dict, PyObject *name);
bool _PyJitWatch_IsFree(PyObject *dict, PyObject *name);
int _PyJitWatch_Depend(_PyJitTrace *trace, PyObject *dict, PyObject *name);   // -1: no memory

/* shims.c: the code of the frame below `__init__` where a class is called; there is one for all.  CODE is that, or one of operators.c:
 * its frames stand below those of functions C would call, and have no function.  The code units of the instruction at OFFSET of CODE,
 * which makes a frame; 0 in a shim frame, which goes on where it is. */
PyCodeObject *_PyJit_ShimCode(void);
bool _PyJit_IsShim(const PyCodeObject *code);
uint16_t _PyJit_CallSize(PyCodeObject *code, uint32_t offset);

/* operators.c */
/* The Python function that the operator OPCODE (the generic form) of CODE with OPARG calls first for an operand of TYPE on the left, which needs
 * nothing but that operand and the other one, if there is one; REFLECTED: for an operand on the right.  Borrowed.  NULL: none.  *kind: JIT_OPERATOR_, what the operator does then. */
PyFunctionObject *_PyJitOperator_Method(PyTypeObject *type, const PyCodeObject *code, int opcode, int oparg, bool reflected, int *kind);
/* FOUND, or NULL if it is no function that takes NARGS positional arguments and no others, and runs at once; the other one: it takes one of
 * them, and any number of others. */
PyFunctionObject *_PyJitOperator_Takes(PyObject *found, int nargs);
bool _PyJitOperator_TakesRest(PyObject *found);
/* OTHER's type comes before TYPE: what derives from TYPE has its methods tried first. */
bool _PyJitOperator_ComesFirst(PyTypeObject *type, PyObject *other);
PyCodeObject *_PyJitOperator_Code(int kind);             // of its continuation frame
int _PyJitOperator_Kind(const PyCodeObject *code);       // -1: that of no operator's continuation frame
/* Units of C recursion that a continuation frame of CODE stands for as long as it works, or before the instruction at OFFSET.  0: CODE is no
 * such code, or nothing is left but to return. */
int _PyJitContinuation_Units(const PyCodeObject *code);
int _PyJitContinuation_UnitsAt(PyCodeObject *code, uint32_t offset);
/* PREV, an operator, is about to run in FRAME: if it calls a Python function first, into `entered`, and `seen`. */
void _PyJitOperator_Note(PyThreadState *tstate, _PyJitPending *prev, PyObject **stack_pointer, Py_ssize_t depth);
/* Then: begins the frames of that function.  They are current afterwards.  -1, with nothing done: memory is short. */
int _PyJitOperator_Begin(PyThreadState *tstate, _PyInterpreterFrame *frame, const _PyJitPending *prev, PyObject **stack_pointer);

/* A recording ends with an exception in FRAME, where DEPTH frames are above the one it began in. */
void _PyJitOperator_Raised(const _PyInterpreterFrame *frame, int depth);

/* attribute_methods.c */
/* What LOAD_ATTR of CODE with OPARG calls for an object of TYPE that has none of its own attributes where those come first: as
 * _PyJitOperator_Method. */
PyFunctionObject *_PyJitAttribute_Method(PyTypeObject *type, const PyCodeObject *code, int oparg, int *kind);
/* What STORE_ATTR calls, likewise; there an object's own attributes never come first. */
PyFunctionObject *_PyJitAttribute_SetMethod(PyTypeObject *type, const PyCodeObject *code, int oparg, int *kind);
/* The name of the attribute that the instruction of CODE with OPARG, an operator of KIND, is about; borrowed. */
PyObject *_PyJitAttribute_Name(const PyCodeObject *code, int oparg, int kind);
/* An object's own attribute NAME comes before what TYPE has under it. */
bool _PyJitAttribute_MayBeHidden(PyTypeObject *type, PyObject *name);
/* The function of CALLABLE, if CALL with OPARG, SELF and two more objects is as at the end of `with`; borrowed, or NULL. */
PyFunctionObject *_PyJitOperator_Bound(PyObject *callable, PyObject *self, int oparg);
/* classes.c: `__new__` of CLASS, a function that a call with NARGS arguments begins with, and behind which there is no `__init__` unless it makes
 * something else; borrowed, or NULL. */
PyFunctionObject *_PyJitOperator_New(PyTypeObject *class, int nargs, int *kind);
/* What `__exit__` of TYPE is, or `__aexit__` for BEFORE_ASYNC_WITH, if it is a function; borrowed, or NULL. */
PyObject *_PyJitOperator_ExitOf(PyTypeObject *type, int opcode);
/* ARGUMENT, an operand or a JIT_ARGUMENT_, of the method that was found for TYPE at the instruction of CODE with OPARG, an operator of KIND;
 * borrowed. */
PyObject *_PyJitOperator_Argument(PyTypeObject *type, const PyCodeObject *code, int oparg, int kind, PyObject **operands, int argument);
/* An exception leaves FRAME, a continuation frame of KIND: what C notes in it. */
void _PyJitOperator_NoteError(const _PyInterpreterFrame *frame, int kind);

/* consumers.c */
int _PyJitConsumer_Kind(const PyCodeObject *code);       // JIT_CONSUMER_; -1: it is no consumer's
#define JIT_FEW_ITEMS 12       // so many, or more, have a loop in the trace
/* CODE is a consumer's whose loop is no loop in a trace, but one item behind the other. */
bool _PyJitConsumer_IsUnrolled(const PyCodeObject *code);
/* The generator that CODE, of one that is unrolled, consumes had too many items for that. */
void _PyJitConsumer_TakesMany(const PyCodeObject *code);
/* PREV is about to run: if it calls a builtin that takes all items of a generator, into `entered`, and `seen` (the consumer's code). */
void _PyJitConsumer_Note(PyThreadState *tstate, _PyJitPending *prev, PyObject **stack_pointer, Py_ssize_t depth);
/* Then: begins the consumer, which is current afterwards.  -1, with nothing done: memory is short. */
int _PyJitConsumer_Begin(PyThreadState *tstate, _PyInterpreterFrame *frame, const _PyJitPending *prev, PyObject **stack_pointer);
/* A loop of GENERATOR, which is the code of some, is hot, and it is C that asks for their items. */
void _PyJitConsumer_IsHot(PyCodeObject *generator);
/* Generators of CODE are no more, or none of any code (the engine ends). */
void _PyJitConsumer_CodeDying(PyCodeObject *code);
void _PyJitConsumer_Release(void);

/* restore.c: what it needs to never fail. */
/* Sees to it that BOXES blocks for numbers are set aside.  0, or -1: no memory. */
int _PyJitRestore_Reserve(uint32_t boxes);
/* The same for OBJECTS that a trace does not make. */
int _PyJitRestore_ReserveObjects(uint32_t objects);
#define JIT_OBJECT_SIZE 512    // bytes of a block for such an object
void *_PyJitRestore_Block(void);
/* make_virtual.c.  The operation of RECIPE, which is of a trace at rest. */
static inline const _PyJitIns *
_PyJitMake_Operation(const _PyJitTrace *t, const _PyJitSnapFrame *recipe)
{
    return JIT_INS(t, JIT_REF_BIAS + recipe->code);
}
/* The object of RECIPE of T without its fields, a new reference; and its fields from GIVEN, whose references it takes; raw ones from VALUES. */
PyObject *_PyJitMake_New(const _PyJitTrace *t, const _PyJitSnapFrame *recipe);
void _PyJitMake_Fill(const _PyJitTrace *t, const _PyJitSnapFrame *recipe, PyObject *made, PyObject **given, const uint64_t *values);
/* An instance of TYPE can be made of a reserved block, and is nothing but its attributes: it has no finalizer and no code of its own. */
bool _PyJitRestore_CanMake(PyTypeObject *type);
/* The same for generators of CODE. */
bool _PyJitRestore_CanMakeGenerator(const PyCodeObject *code);
/* The same of method objects. */
bool _PyJitRestore_CanMakeMethod(void);
/* Notes in PACKED, which was made of T, what its slots and recipes are: leaving asks them, and not the operations. */
void _PyJitRestore_Describe(_PyJitTrace *packed, const _PyJitTrace *t);
/* Gives them back: no trace runs any more. */
void _PyJitRestore_Release(void);

/* interpreter.c */
_PyJitResult _PyJit_Interpret(_PyInterpreterFrame *frame, PyObject **stack_pointer, PyThreadState *tstate,
                              _PyExecutorObject *executor);

#endif /* !Py_JIT_RUN_H */
