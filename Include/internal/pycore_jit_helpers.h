/* What trace operations call because it is too large or too rare for a stencil.  None sets an exception. */
#ifndef Py_INTERNAL_JIT_HELPERS_H
#define Py_INTERNAL_JIT_HELPERS_H
#include "pycore_dict.h"           // DICT_WATCHER_MASK
#include "pycore_global_objects.h"   // _PY_NSMALLPOSINTS
#include "pycore_long.h"          // NON_SIZE_BITS
#include "pycore_interp.h"
#include "pycore_moduleobject.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef Py_BUILD_CORE
#  error "for the interpreter's own sources only: define Py_BUILD_CORE"
#endif

/* --- numbers.c --- */

/* x // y and x % y of Python floats, y not a zero. */
double _PyJit_FloatFloorDivide(double x, double y);
double _PyJit_FloatModulo(double x, double y);
/* x ** y, or not-a-number where the result is an error, complex, or not an ordinary finite number. */
double _PyJit_FloatPower(double x, double y);
/* S, an exact str, is surely nothing that int takes, or float (REAL). */
bool _PyJit_IsNoNumber(PyObject *s, bool real);

/* --- math_functions.c --- */

/* Function NUMBER of module math; not-a-number where an argument or the result is not finite. */
double _PyJit_MathFunction1(uint32_t number, double x);
double _PyJit_MathFunction2(uint32_t number, double x, double y);

/* What the builder asks: the module that FUNCTION was made for from its module's own definition, borrowed; NULL: it is none of those.  Names prove
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

/* --- items.c --- */

/* A new float of VALUE as item I, which exists, of LIST.  -1, with nothing done: memory is short, or the end of the old item
 * could run code of users. */
int _PyJit_SetFloatItem(PyObject *list, int64_t i, double value);
/* Appends ITEM with a reference of its own.  -1, with nothing done: memory is short. */
int _PyJit_AppendItem(PyObject *list, PyObject *item);
/* A list of N items, which are NULL yet.  NULL, with no exception set: memory is short. */
PyObject *_PyJit_NewList(uint32_t n);
/* The same: a tuple. */
PyObject *_PyJit_NewTuple(uint32_t n);

/* A new object, or NULL without the exception: memory was short. */
static inline PyObject *
_PyJit_New(PyObject *made)
{
    if (made == NULL) {
        PyErr_Clear();
    }
    return made;
}

/* --- dicts.c --- */

/* *value: that of KEY in DICT, whatever a subclass makes of it; borrowed, or NULL if there is none.  -1: to find it may run code of users. */
int _PyJit_DictFind(PyObject *dict, PyObject *key, PyObject **value);
/* The value of KEY in an exact dict, borrowed.  NULL: there is none, or to find it may run code of users. */
PyObject *_PyJit_DictGet(PyObject *dict, PyObject *key);
/* The same, but OTHERWISE where there is none. */
PyObject *_PyJit_DictGetOr(PyObject *dict, PyObject *key, PyObject *otherwise);
/* 1 or 0: KEY is in the exact dict, or the exact set or frozenset; -1: to find out may run code of users. */
int64_t _PyJit_DictHas(PyObject *dict, PyObject *key);
/* A tuple of N items that are to be set, or NULL: memory is short, and OTHER has been given up. */
PyObject *_PyJit_NewTupleWith(PyObject *other, uint32_t n);
/* The exact dict has the keys of NAMES in this order, no others, and no gaps. */
bool _PyJit_HasNames(PyObject *dict, PyObject *names);
int64_t _PyJit_SetHas(PyObject *set, PyObject *key);

/* KEY becomes an element of an exact set.  -1, with nothing done: it may run code of users, or memory is short. */
int _PyJit_SetAdd(PyObject *set, PyObject *key);
/* DICT[KEY] = VALUE for an exact dict.  AGAIN: KEY was looked for just before.  -1, with nothing done: it may run code of users, somebody
 * watches the dict, it is that of an object and has no KEY yet, or memory is short. */
int _PyJit_DictSet(PyObject *dict, PyObject *key, PyObject *value, bool again);
/* Where the exact DICT has a value for NAME: at entry number HINT, if that is its key.  NULL: it has none, somebody watches the dict, it shares
 * values with an instance, or not all keys are strings. */
PyObject **_PyJit_DictPlace(PyDictObject *dict, PyObject *name, Py_ssize_t hint);
/* VALUE at PLACE of DICT instead of what is there, whose end runs no code of users.  False, with nothing done: the dict shares its values, or the
 * collector does not know it yet. */
bool _PyJit_DictReplace(PyDictObject *dict, PyObject **place, PyObject *value);
/* The watcher of dicts that is the JIT's own (run/watch.c).  IsHeard: another one wants to hear of changes of the exact DICT. */
#define JIT_DICT_WATCHER 1

_Py_COMP_DIAG_PUSH
_Py_COMP_DIAG_IGNORE_DEPR_DECLS

static inline bool
_PyJit_IsHeard(PyObject *dict)
{
    return (((PyDictObject *)dict)->ma_version_tag & DICT_WATCHER_MASK & ~(uint64_t)(1 << JIT_DICT_WATCHER)) != 0;
}

/* A value of DICT has changed, with nothing else of it. */
static inline void
_PyJit_NoteDictChange(PyInterpreterState *interp, PyObject *dict)
{
    PyDictObject *self = (PyDictObject *)dict;
    self->ma_version_tag = DICT_NEXT_VERSION(interp) | (self->ma_version_tag & DICT_WATCHER_AND_MODIFICATION_MASK);
}

_Py_COMP_DIAG_POP

/* 1 or 0: PART is in the exact str; KEY is in the exact list or tuple; -1: to find out may run code of users. */
int64_t _PyJit_StrHas(PyObject *str, PyObject *part);
int64_t _PyJit_SequenceHas(PyObject *sequence, PyObject *key);
/* To hash O, and to compare it with others, runs no code of users. */
bool _PyJit_IsSafeKey(PyObject *o);

/* --- find.c --- */

/* CALLABLE is the function of module builtins that has this NAME in the module's definition. */
bool _PyJit_IsBuiltin(PyObject *callable, const char *name);
/* What of an attribute can be said without running code of users. */
enum { JIT_UNKNOWN = -1, JIT_ABSENT, JIT_FOUND, JIT_MADE };
/* *value: attribute NAME of O, borrowed, if JIT_FOUND; else NULL.  JIT_MADE: there is one, which is made each time. */
int _PyJit_FindAttr(PyObject *o, PyObject *name, PyObject **value);
/* The same as result; OTHERWISE where it is absent; NULL where that is not known. */
PyObject *_PyJit_GetAttr(PyObject *o, PyObject *name, PyObject *otherwise);
/* The same as a reference of its own, also where it is made. */
PyObject *_PyJit_MakeAttr(PyObject *o, PyObject *name, PyObject *otherwise);
/* 1 or 0: is there one; -1: not known. */
int64_t _PyJit_HasAttr(PyObject *o, PyObject *name);
/* Which item of a named tuple DESCR, which its class has, stands for; -1: it is nothing of that kind. */
Py_ssize_t _PyJit_TupleField(PyObject *descr);
/* The method that `o.name(...)` calls with O as its first argument, borrowed; NULL: there is none, or that is not known. */
PyObject *_PyJit_FindMethod(PyObject *o, PyObject *name);
/* To set attribute NAME of O, to anything, runs no code of users, nor does the end of what it replaces. */
bool _PyJit_CanSetAttr(PyObject *o, PyObject *name);
/* The same of taking away NAME, an attribute that O has. */
bool _PyJit_CanDelAttr(PyObject *o, PyObject *name);
/* TYPE is what the C module NAME of the standard library calls TYPE_NAME. */
bool _PyJit_IsTypeOfModule(PyTypeObject *type, const char *name, const char *type_name);
/* Sets it, if that is so.  -1, with nothing done: it is not, or memory is short. */
int _PyJit_SetAttr(PyObject *o, PyObject *name, PyObject *value);
/* The same where O's type is known to have no NAME that comes first, and O a dict; HINT: the number of the entry, perhaps. */
int _PyJit_SetInDict(PyObject *o, PyObject *name, PyObject *value, Py_ssize_t hint);
/* CLASS was changed so often that what is known by its version does not last. */
static inline bool
_PyJit_ChangesOften(const PyTypeObject *class)
{
    return class->tp_versions_used > 32;
}
/* DESCR, what a type has under a name (NULL: nothing), comes before what an object of it has. */
static inline bool
_PyJit_IsDataDescriptor(const PyObject *descr)
{
    return descr != NULL && Py_TYPE(descr)->tp_descr_get != NULL && Py_TYPE(descr)->tp_descr_set != NULL;
}
/* O has nothing of its own under NAME, which would come before a method of its type. */
bool _PyJit_HasNone(PyObject *o, PyObject *name);
/* isinstance(O, CLASS): 1, 0, or -1: not known. */
int64_t _PyJit_IsInstance(PyObject *o, PyObject *class);
/* The same of issubclass(O, CLASS). */
int64_t _PyJit_IsSubclass(PyObject *o, PyObject *class);

/* --- str_methods.c --- */

/* What a method of str gives: True or False; an exact str or int; another object. */
enum { JIT_STR_TRUTH, JIT_STR_PLAIN, JIT_STR_OTHER };
/* The number of a method of str that runs no code of users, if CALLABLE is its descriptor; -1: it is not. */
int _PyJitStr_Method(PyObject *callable, int *gives);
/* Calls METHOD (a number) of the exact str SELF with up to two arguments, NULL where there is none: exact strs, ints, None, or lists or
 * tuples.  A new reference; NULL, with no exception set: it failed, and nothing has changed. */
PyObject *_PyJit_CallStr(uint32_t method, PyObject *self, PyObject *first, PyObject *second);
/* The same for one that is a test: 1, 0, or -1. */
int64_t _PyJit_TestStr(uint32_t method, PyObject *self, PyObject *argument);

/* --- leaf_calls.c --- */

/* Where arguments of a call are that has more than three; or what an instruction has on the stack. */
#define JIT_MOST_ARGUMENTS 16
extern PyObject *_PyJit_Arguments[JIT_MOST_ARGUMENTS];
/* dicts.c: a tuple that is only looked for is not made.  Its items, borrowed; item I is the int VALUE; and a tuple of the first N, which has no owner. */
#define JIT_MOST_KEY_ITEMS 4
extern PyObject *_PyJit_KeyItems[JIT_MOST_KEY_ITEMS];
void _PyJit_SetKeyInt(uint32_t i, int64_t value);
PyObject *_PyJit_KeyTuple(uint32_t n);

/* What a call gives: a new reference, to something plain, or to anything; the same where it changes its first argument; a number. */
enum { JIT_LEAF_PLAIN, JIT_LEAF_OBJECT, JIT_LEAF_CHANGE, JIT_LEAF_NUMBER };
/* The number of the builtin CALLABLE, if that is one of those with NARGS arguments (`self` included); -1: it is not. */
int _PyJitLeaf_Find(PyObject *callable, Py_ssize_t nargs);
/* The same of a method that binds what its first argument would be: the number with JIT_LEAF_BOUND.  Its first argument is CALLABLE itself. */
#define JIT_LEAF_BOUND 0x100
/* With this its fourth argument is in _PyJit_Arguments[0]. */
#define JIT_LEAF_FOUR 0x200
int _PyJitLeaf_FindBound(PyObject *callable, Py_ssize_t nargs);
/* In the number of a leaf that a record has: the method that is called is its first argument, `self` its second. */
#define JIT_LEAF_SELF 0x400
/* The number of the leaf that calls CALLABLE, its first argument, with NARGS others, if there is a rule for that; or -1. */
int _PyJitLeaf_FindByRule(PyObject *callable, Py_ssize_t nargs);
/* TYPE, a class derived from the builtin class BASE, is like it in what its method NAME does, which is that of BASE. */
bool _PyJitLeaf_IsAs(PyTypeObject *base, PyTypeObject *type, PyObject *name);
/* The same of what an instruction does by itself: LIST_EXTEND, DICT_MERGE, small BUILD_MAP and its kin, parts of f-strings. */
int _PyJitLeaf_OfInstruction(int opcode, uint32_t oparg);
/* The same of what has this name in the table. */
int _PyJitLeaf_Named(const char *name);
int _PyJitLeaf_Gives(int number);
/* It can be called with these arguments without running code of users. */
bool _PyJitLeaf_Fits(int number, PyObject *const *args, Py_ssize_t nargs);
/* Calls it, with NULL for arguments that are not given.  A new reference; NULL, with no exception set and nothing changed: it runs
 * code of users, or fails. */
PyObject *_PyJit_CallLeaf(uint32_t number, PyObject *first, PyObject *second, PyObject *third);
/* The same of one that gives a number; INT64_MIN in place of NULL. */
int64_t _PyJit_AskLeaf(uint32_t number, PyObject *first, PyObject *second, PyObject *third);

/* --- iterators.c --- */

/* 1: the iterator IT has another item, and the step to it runs no code of users; 0: it is at its end, and can just be given up; -1: nobody
 * knows. */
int _PyJitIter_Has(PyObject *it);
/* TYPE is that of a builtin container: to make an iterator of it, and to go through that, runs no code of users. */
bool _PyJitIter_IsOfContainer(const PyTypeObject *type);
/* The same of deques. */
bool _PyJitLeaf_IsOfDeques(PyTypeObject *type);
/* IT, which is at its end, lets go of what it goes over when it is asked for another item: that runs no code of users. */
bool _PyJitIter_LetsGo(PyObject *it);
/* TYPE is an iterator of module itertools. */
bool _PyJitIter_IsOfItertools(PyTypeObject *type);
/* That, or an iterator of a deque: they end as others do, and what they refer to is told to the collector. */
bool _PyJitIter_IsOfModule(PyTypeObject *type);
/* IT, one of SHARES references to which are given up together, is an iterator or a view of a builtin type, and what ends with it is plain, as far
 * as that is easily seen. */
bool _PyJitIter_IsThin(PyObject *it, uint32_t shares);
/* An iterator of what a view of DICT shows: its keys (0), values (1) or items (2).  A new reference; NULL, with no exception set: it is no dict,
 * or memory is short. */
PyObject *_PyJitIter_NewOfDict(PyObject *dict, uint32_t which);
/* zip() of N ITEMS, builtin containers: a new reference.  NULL: memory is short. */
PyObject *_PyJitIter_NewZip(PyObject *const *items, Py_ssize_t n);
/* IT is asked for another item, and has none, without code of users.  -1: it has one, or it would run some; nothing is done then. */
int _PyJit_IterEnd(PyObject *it);
/* That item, a new reference.  NULL, with no exception set: there is none, or nobody knows, or memory is short. */
PyObject *_PyJit_IterNext(PyObject *it);
/* The types whose steps give a tuple that is used again where nobody else has it: enumerate, zip, the iterator of a dict's items. */
bool _PyJitIter_KeepsTuple(const PyTypeObject *type);
/* The next tuple of IT, if it has COUNT items: borrowed from IT.  The number that an enumerate puts there is left out.  NULL: as above, or the
 * tuple is not IT's alone, or IT is of another type. */
PyObject *_PyJit_IterStep(PyObject *it, uint32_t count);
/* How an enumerate begins. */
typedef struct {
    PyObject_HEAD
    Py_ssize_t next;           // number
    PyObject *below, *tuple, *large, *one;
} _PyJitEnumerate;

/* --- ranges.c --- */

/* A new iterator of range(START, STOP, STEP), a new reference; STEP is not 0.  NULL, with no exception set: memory is short, or the
 * numbers are so large that it may have to be one of Python ints. */
#define JIT_STEP_BIAS ((int64_t)1 << 30)     // machine code has 31 bits for a step
PyObject *_PyJit_NewRangeIterator(int64_t start, int64_t stop, int64_t step);

/* --- leaf_re.c --- */

/* TYPE is that of matches of module re. */
bool _PyJit_IsMatch(PyTypeObject *type);

/* --- leaf_callables.c --- */

/* S and T, exact strs, one behind the other: takes over the reference to S, and is S if that can grow.  NULL, with no exception set and nothing
 * done: memory is short. */
PyObject *_PyJit_AppendStr(PyObject *s, PyObject *t);

/* What DICT has under NAME, borrowed.  NULL with no exception set, and nobody told: nothing, or memory is short. */
static inline PyObject *
_PyJit_ItemNamed(PyObject *dict, const char *name)
{
    PyObject *found;
    if (PyDict_GetItemStringRef(dict, name, &found) < 0) {
        PyErr_Clear();
    }
    Py_XDECREF(found);
    return found;
}

/* --- quiet.c --- */

/* Would the end of O run no code of users, if it is one of SHARES references that are given up together, and the last one?  0 or 1;
 * 0 also where that is hard to say. */
int _PyJit_EndsQuietly(PyObject *o, uint32_t shares);
/* The same where something else takes the place of O in HOLDER: HOLDER must lose no reference with O, or it could end, and with it what is
 * there now. */
int _PyJit_EndsQuietlyIn(PyObject *o, uint32_t shares, PyObject *holder);
/* The same of one of several references that are given up together, SHARES - 1 of them without being looked at: each of the others is looked at by
 * another call.  _PyJit_EndsSeen is 0 before the first of them. */
int _PyJit_EndsQuietlyTogether(PyObject *o, uint32_t shares);
extern uint32_t _PyJit_EndsSeen;
/* Who has more references does not end, whatever is looked at. */
#define JIT_MOST_ENDS 64
/* The same of all NLOCALS locals of the frame of GENERATOR, and its function. */
int _PyJit_FrameEndsQuietly(PyGenObject *generator, uint32_t nlocals);

/* SEQUENCE[FROM:TO] of an exact list, tuple or str: a new reference.  NULL: memory is short. */
PyObject *_PyJit_Slice(PyObject *sequence, int64_t from, int64_t to);

/* --- Arrays --- */

/* The layout of array.array, which its module keeps to itself (Modules/arraymodule.c); record/adapt.c says what may be taken for one. */
typedef struct {
    PyObject_VAR_HEAD
    void *numbers;
    Py_ssize_t room;
    const char *kind;          // begins with the type code
    PyObject *weak;
    Py_ssize_t buffers;
} _PyJitArray;

/* --- Numbers that are used again --- */

/* Writes VALUE into NUMBER, if that is an exact int with room for it and whoever asks has the only reference: nobody can tell then that
 * it is used again.  Small ints are shared.  What has more digits may not fit in the old one. */
static inline bool
_PyJit_RewriteInt(PyObject *number, int64_t value)
{
    PyLongObject *old = (PyLongObject *)number;
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    uintptr_t digits = 1 + (size >> PyLong_SHIFT != 0);
    if (!PyLong_CheckExact(number) || Py_REFCNT(number) != 1 || digits > old->long_value.lv_tag >> NON_SIZE_BITS
        || size - _PY_NSMALLPOSINTS >= ((uint64_t)1 << 2 * PyLong_SHIFT) - _PY_NSMALLPOSINTS) {
        return false;
    }
    old->long_value.lv_tag = digits << NON_SIZE_BITS | (value < 0 ? 2 : 0);
    old->long_value.ob_digit[0] = (digit)(size & PyLong_MASK);
    if (digits > 1) {
        old->long_value.ob_digit[1] = (digit)(size >> PyLong_SHIFT);
    }
    return true;
}

/* --- run/operators.c --- */

/* O's type derives from TYPE. */
bool _PyJit_DerivesFrom(PyObject *o, PyTypeObject *type);
/* O is an int, or of a class derived from int that has int's own method for the operator OPCODE with OPARG: BINARY_OP or COMPARE_OP. */
bool _PyJit_IsIntBy(PyObject *o, int opcode, int oparg);
/* Begins METHOD for the instruction CALL, which is OPCODE, with its operands below STACK_POINTER: the method's frame, which is current.
 * NULL, with nothing done: it would call another one first (METHOD need not exist any more) or one of another VERSION, or there is no room. */
struct _PyInterpreterFrame *_PyJit_EnterOperator(PyThreadState *tstate, struct _PyInterpreterFrame *frame, PyObject **stack_pointer,
                                                 _Py_CODEUNIT *call, PyFunctionObject *method, uint32_t version, int opcode);

/* --- consumers_finish.c --- */

/* What rounding loses where sum() adds ITEM to TOTAL (Neumaier), and what the sum is with all that was lost. */
static inline double
_PyJit_SumError(double total, double item)
{
    double sum = total + item;
    return __builtin_fabs(total) >= __builtin_fabs(item) ? (total - sum) + item : (item - sum) + total;
}

static inline double
_PyJit_SumEnd(double total, double error)
{
    return error != 0.0 && error - error == 0.0 ? total + error : total;
}

/* What a builtin of KIND (JIT_CONSUMER_) makes of the items in LIST, and its SELF, if it has one: a new reference, or NULL with an exception
 * set.  A tuple takes the items. */
PyObject *_PyJit_FinishItems(int kind, PyObject *self, PyObject *list);
/* LIST, made of a generator, has no more room than C would leave it.  -1, with an exception set: memory is short. */
int _PyJit_TrimList(PyListObject *list);

/* LIST is sorted by KEYS, of which it has as many, as list.sort does, and KEYS is empty then.  false, with nothing done: to compare the keys, or
 * to give them up, may run code of users, or they have no order. */
bool _PyJit_SortByKeys(PyObject *list, PyObject *keys, bool reverse);

/* --- consumers_step.c --- */

/* O, a map object or a filter, calls this function with an item of this iterator.  Borrowed. */
PyObject *_PyJitStep_Function(PyObject *o);
PyObject *_PyJitStep_Iterator(PyObject *o);
/* `__next__` of what is gone through, where FRAME is that of a step of it.  Borrowed; NULL: it is another frame. */
PyObject *_PyJitStep_Method(_PyInterpreterFrame *frame);
/* The code of that function, if O is one of KIND (JIT_STEP_), with one iterator.  Borrowed; NULL: it is anything else. */
PyCodeObject *_PyJitStep_Code(PyObject *o, int kind);

/* --- consumers.c --- */

/* The code of the function that KEY, called with an item, runs: a function or a method.  Borrowed; NULL: it is anything else. */
PyCodeObject *_PyJit_CodeOfKey(PyObject *key);

/* A list to collect items in: a new reference, or NULL with an exception set. */
PyObject *_PyJit_NewCollection(int kind);
/* Begins the frame of CODE, a consumer's, in place of CALL, which is OPCODE with its operands below STACK_POINTER: it is current then.  NULL,
 * with nothing done: it is a call of something else, or there is no room. */
struct _PyInterpreterFrame *_PyJit_EnterConsumer(PyThreadState *tstate, struct _PyInterpreterFrame *frame, PyObject **stack_pointer,
                                                 _Py_CODEUNIT *call, PyCodeObject *code, int opcode);

/* --- functions.c --- */

/* A function of CODE with GLOBALS, a dict, or NULL: memory is short. */
PyObject *_PyJit_NewFunction(PyObject *globals, PyCodeObject *code);
/* A generator or coroutine that a call of FUNCTION has made, whose reference it takes.  Its locals are NULL, and it goes on at PLACE.  NULL,
 * with nothing done: memory is short, or somebody asks where coroutines are made. */
PyObject *_PyJit_NewGenerator(PyThreadState *tstate, PyFunctionObject *function, _Py_CODEUNIT *place);
/* GENERATOR, with NLOCALS locals, counts as suspended, and has returned. */
void _PyJit_EndGenerator(PyGenObject *generator, uint32_t nlocals);

/* --- fields.c --- */

/* A new number in PLACE instead of what is there, if anything.  -1, with nothing done: memory is short, or the end of the old
 * object could run code of users. */
int _PyJit_SetFloatField(PyObject **place, double value);
int _PyJit_SetIntField(PyObject **place, int64_t value);
/* A new instance of TYPE, made as `object` makes its instances.  NULL: memory is short. */
PyObject *_PyJit_NewInstance(PyTypeObject *type);
/* The same; if that fails DICT and TUPLE, which may be NULL, are given up. */
PyObject *_PyJit_NewInstanceWith(PyTypeObject *type, PyObject *dict, PyObject *tuple);
/* Instances of TYPE are made of nothing but what classes written in Python say, and have no finalizer (quiet.c). */
bool _PyJit_IsSimpleClass(PyTypeObject *type);
/* O is `object.__setattr__`, which stores an attribute whatever the class has for that. */
bool _PyJit_IsObjectSetattr(PyObject *o);
/* What runs at PLACE of CODE, where a generator of CODE goes on after a yield, is in no handler: to close it there runs nothing (quiet.c). */
bool _PyJit_IsOutsideHandlers(PyCodeObject *code, _Py_CODEUNIT *place);
/* TYPE has no method that says whether an object of it is true: all are. */
static inline bool
_PyJit_IsAlwaysTrue(const PyTypeObject *type)
{
    return (type->tp_as_number == NULL || type->tp_as_number->nb_bool == NULL)
        && (type->tp_as_mapping == NULL || type->tp_as_mapping->mp_length == NULL)
        && (type->tp_as_sequence == NULL || type->tp_as_sequence->sq_length == NULL);
}
/* A class that was made by `class`, derived from `object` and nothing else; borrowed, or NULL: there is none yet. */
PyTypeObject *_PyJit_SomeClass(void);

#ifdef __cplusplus
}
#endif
#endif /* !Py_INTERNAL_JIT_HELPERS_H */
