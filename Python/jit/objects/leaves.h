/* What the files of leaf calls share.  With RUN false such a function only says whether it could: it gives anything but NULL then, borrowed. */
#ifndef Py_JIT_LEAVES_H
#define Py_JIT_LEAVES_H

#include "Python.h"
#include "pycore_long.h"

#define COULD(CONDITION) do { if (!(CONDITION)) { return NULL; } if (!run) { return Py_True; } } while (0)

/* The end of objects of TYPE is never noticed, and nothing ends with them. */
static inline bool
_PyJit_IsPlainType(const PyTypeObject *type)
{
    return type == &PyLong_Type || type == &PyUnicode_Type || type == &PyFloat_Type || type == &PyBool_Type || type == &PyBytes_Type;
}

/* O is no int so large that Python code computes its digits, or divides it. */
static inline bool
is_moderate(PyObject *o)
{
    return !PyLong_Check(o) || _PyLong_DigitCount((PyLongObject *)o) <= 100;
}

/* What a leaf says that was run to see if it could: MADE, or NULL, is what came of it, and goes. */
static inline PyObject *
_PyJitLeaf_Could(PyObject *made)
{
    if (made == NULL) {
        PyErr_Clear();
        return NULL;
    }
    Py_DECREF(made);
    return Py_True;
}

/* How many arguments there are: NULL is behind the last one. */
static inline Py_ssize_t
count_arguments(PyObject *const *args)
{
    Py_ssize_t n = 0;
    while (args[n] != NULL) {
        n++;
    }
    return n;
}

/* O is an exact int of one digit of its own. */
static inline bool
_PyJitLeaf_IsSmall(PyObject *o)
{
    return PyLong_CheckExact(o) && _PyLong_IsCompact((PyLongObject *)o);
}

/* What a constant says that the builder made of a small int. */
static inline int
small_int(PyObject *o)
{
    return (int)_PyLong_CompactValue((PyLongObject *)o);
}

/* format.c.  What format() of VALUE, an exact int, float, str or bool, gives by SPEC; TEMPLATE % VALUES, a tuple or one value; the method of
 * str with N values: a new str.  NULL with no exception set: it is for C to do. */
PyObject *_PyJitFormat_Value(PyObject *value, PyObject *spec);
PyObject *_PyJitFormat_Percent(PyObject *template, PyObject *values);
PyObject *_PyJitFormat_Method(PyObject *template, PyObject *const *values, Py_ssize_t n);

/* leaf_instructions.c.  format(): a value and what it is formatted by, or NULL. */
PyObject *_PyJitLeaf_Format(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Round(PyObject *const *args, bool run);
/* int(TEXT), and whether float(TEXT) does not raise, for an exact str. */
PyObject *_PyJitLeaf_ReadInt(PyObject *text, bool run);
bool _PyJitLeaf_IsFloatText(PyObject *text);
/* str() of an int that _PyJitLeaf_IsSmall. */
PyObject *_PyJitLeaf_Decimal(PyObject *o);
/* _PyJit_Arguments has what the instruction has on the stack, as many as the first argument says (MapOf: the values alone; the first argument is
 * a tuple of keys, or a dict with them). */
PyObject *_PyJitLeaf_FormatStr(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Count(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_FindStr(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_StartsWith(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Join(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Encode(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_NewBool(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_NewText(PyObject *const *args, bool run);
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


/* leaf_containers.c.  1, 0, or INT64_MIN: that fails, or may run code of users. */
int64_t _PyJitLeaf_Holds(int op, PyObject *x, PyObject *y);
bool _PyJitLeaf_IsDequeWithoutLimit(PyObject *o);
/* What changes with each item that comes or goes; of an object that is a deque, by its class or one below it. */
size_t _PyJitLeaf_DequeState(PyObject *deque);
/* X OP Y: the third argument is the operator, a Py_LT or so. */
PyObject *_PyJitLeaf_Compare(PyObject *const *args, bool run);
int64_t _PyJitLeaf_AskCompare(PyObject *const *args);
/* An empty set, or frozenset, that nobody has yet. */
PyObject *_PyJitLeaf_NewSet(PyTypeObject *type);
/* As BuildMap. */
PyObject *_PyJitLeaf_BuildSet(PyObject *const *args, bool run);
/* UNPACK_EX: the list of SEQUENCE without its first and last items. */
PyObject *_PyJitLeaf_Rest(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_DequeAppend(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_DequeAppendLeft(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_DequePop(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_DequePopLeft(PyObject *const *args, bool run);
/* Of what no operation knows the size of. */
PyObject *_PyJitLeaf_Len(PyObject *const *args, bool run);
int64_t _PyJitLeaf_AskLen(PyObject *const *args);
PyObject *_PyJitLeaf_Next(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Subscript(PyObject *const *args, bool run);
/* The same of a slice that is not made: its three parts, the last of which may be NULL. */
PyObject *_PyJitLeaf_Steps(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Contains(PyObject *const *args, bool run);
int64_t _PyJitLeaf_AskContains(PyObject *const *args);
PyObject *_PyJitLeaf_UpdateSet(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Append(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Pop(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Add(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_UpdateDict(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_DelAttr(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_NewTuple(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_SetAttr(PyObject *const *args, bool run);

/* dicts.c.  Which item of an exact list or tuple is equal to KEY, from START on; its size: none; -1: not known. */
Py_ssize_t _PyJitLeaf_FindItem(PyObject *sequence, PyObject *key, Py_ssize_t start);
/* *place: where DICT has the value of KEY, or NULL; *hash: that of KEY.  0; -1: not known. */
int _PyJitLeaf_FindPlace(PyObject *dict, PyObject *key, Py_hash_t *hash, PyObject ***place);
/* The value at PLACE, which is not NULL, of a key of HASH.  DICT, which nobody watches and which has a table of its own, gives it up to the caller,
 * and the key, whose end runs nothing. */
PyObject *_PyJitLeaf_TakeEntry(PyObject *dict, Py_hash_t hash, PyObject **place);
/* A new dict with the keys of PATTERN, a dict of strs as _PyDict_FromItems made it, and VALUES.  NULL: memory is short. */
PyObject *_PyJitLeaf_CopyPattern(PyObject *pattern, PyObject *const *values);
/* DICT, which is empty, gets what is in OTHER.  false, and nothing is done: that takes more than a copy of a small table. */
bool _PyJitLeaf_CloneDict(PyObject *dict, PyObject *other);
/* As _PyJit_DictFind; *hash: that of KEY. */
int _PyJitLeaf_FindValue(PyObject *dict, PyObject *key, Py_hash_t *hash, PyObject **value);
/* *place: where SET has KEY, if it has.  1, 0, or -1: not known. */
int64_t _PyJitLeaf_FindElement(PyObject *set, PyObject *key, setentry **place);

/* *place: where SET has KEY, of HASH, or where it would get it.  1, 0, or -1: not known. */
int64_t _PyJitLeaf_FindHashed(PySetObject *set, PyObject *key, Py_hash_t hash, setentry **place);

/* leaf_sets.c.  X OP Y of sets, for an NB_ or a Py_LT and so on; INT64_MIN: that may run code of users. */
PyObject *_PyJitLeaf_OperateSets(int op, PyObject *x, PyObject *y);
/* SET, which is exact, gets what is in OTHER: that runs no code of users; it is done, and None. */
bool _PyJitLeaf_CanMerge(PyObject *set, PyObject *other);
PyObject *_PyJitLeaf_MergeSets(PyObject *set, PyObject *other);
/* One of TYPE, with what is in O, a list, a tuple or a set; NULL: that may run code of users, or memory is short. */
PyObject *_PyJitLeaf_SetOf(PyTypeObject *type, PyObject *o);
int64_t _PyJitLeaf_CompareSets(int op, PyObject *x, PyObject *y);
PyObject *_PyJitLeaf_Union(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Intersection(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Difference(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_SymmetricDifference(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_IsSubset(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_IsSuperset(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_IsDisjoint(PyObject *const *args, bool run);

/* leaf_values.c.  TYPE is of values that refer to nothing: complex, a date or time, Decimal; of O the end runs nothing. */
bool _PyJitValue_IsType(PyTypeObject *type);
bool _PyJitValue_IsQuiet(PyObject *o);
/* A method of the first of ARGS, called with the others, runs no code of users. */
bool _PyJitValue_HasMethods(PyObject *const *args, Py_ssize_t n);
PyObject *_PyJitLeaf_OperateValues(PyObject *const *args, bool run);
int64_t _PyJitValue_Compare(int op, PyObject *x, PyObject *y);
PyObject *_PyJitValue_New(PyObject *class, PyObject *const *args, bool run);

/* leaf_functions.c. */
PyObject *_PyJitLeaf_CallByRule(PyObject *const *args, bool run);
/* The same with arguments from a tuple or list. */
PyObject *_PyJitLeaf_CallSpread(PyObject *const *args, bool run);
/* Calls the function NAME of module builtins, as the interpreter began with it, with ARGS, which NULL ends. */
PyObject *_PyJitLeaf_CallBuiltin(const char *name, PyObject *const *args);
typedef PyObject *(*_PyJitLeafMake)(PyObject *const *args, bool run);

/* leaf_ordered.c.  Lists in order. */
PyObject *_PyJitLeaf_HeapPush(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_HeapPop(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_HeapReplace(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_HeapPushPop(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_BisectLeft(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_BisectRight(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_InsortLeft(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_InsortRight(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Sort(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Sorted(PyObject *const *args, bool run);
/* A list whose items can be compared, whatever the order. */
bool _PyJitLeaf_IsSortable(PyObject *const *args, Py_ssize_t n);
/* Of arguments, or of what is in a list or tuple, that are numbers alone, or strings. */
PyObject *_PyJitLeaf_Min(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Max(PyObject *const *args, bool run);

/* leaf_methods.c.  Methods of lists, sets and dicts, and instructions, that look for items, or take some out. */
PyObject *_PyJitLeaf_Iter(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Any(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_All(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_PopAt(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Remove(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Index(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_CountItems(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Clear(PyObject *const *args, bool run);
/* Item I of LIST, an exact one, which gives up its reference to the caller.  NULL: memory is short. */
PyObject *_PyJitLeaf_TakeItem(PyObject *list, Py_ssize_t i);
PyObject *_PyJitLeaf_DiscardElement(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_RemoveElement(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_PopElement(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_DelItem(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_StoreSlice(PyObject *const *args, bool run);
/* Of lists, bytearrays and OrderedDict. */
PyObject *_PyJitLeaf_StoreItem(PyObject *const *args, bool run);
/* Of bytes and bytearrays. */
PyObject *_PyJitLeaf_Slice(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_SliceBytes(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_NewSlice(PyObject *const *args, bool run);
/* Operators of dicts and lists: the third argument says which. */
PyObject *_PyJitLeaf_Operate(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_OperateInPlace(PyObject *const *args, bool run);
/* D[K] of a defaultdict that has no K, but makes a value for it. */
PyObject *_PyJitLeaf_MissingItem(PyObject *const *args, bool run);
/* KEY, which is in a table, can go from there with what else an instruction gives up. */
bool _PyJitLeaf_KeyCanGo(PyObject *key);

/* leaf_match.c.  Parts of `match`. */
/* Whether the first argument is a sequence (the second one: 0) or a mapping (1). */
int64_t _PyJitLeaf_AskKind(PyObject *const *args);
PyObject *_PyJitLeaf_MatchKeys(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_MatchClass(PyObject *const *args, bool run);

/* leaf_re.c.  Nothing ends with O, a match, if that is one of SHARES references that are given up together, and the last one. */
bool _PyJit_MatchIsThin(PyObject *o, uint32_t shares);
/* Methods of matches and patterns. */
PyObject *_PyJitLeaf_MatchGroup(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_MatchItem(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_MatchStart(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_MatchEnd(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_MatchSpan(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_MatchGroups(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_PatternMatch(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_PatternFullMatch(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_PatternSearch(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_PatternFindAll(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_PatternSplit(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_PatternSub(PyObject *const *args, bool run);

/* leaf_callables.c.  The first argument is called; `write` is a method. */
PyObject *_PyJitLeaf_CallWeakRef(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_CallObject(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_NewWeakRef(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_CallNew(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_CallError(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_CallDerived(PyObject *const *args, bool run);
/* The call of TYPE, a builtin class, with NARGS arguments ARGS runs no code of users. */
bool _PyJitLeaf_CouldMake(PyTypeObject *type, PyObject *const *args, Py_ssize_t nargs);
PyObject *_PyJitLeaf_NewObject(PyObject *const *args, bool run);
PyObject *_PyJitLeaf_Write(PyObject *const *args, bool run);

/* leaf_numbers.c.  X OP Y of exact ints: the third argument is the operator, a NB_ that is not in place. */
PyObject *_PyJitLeaf_Compute(PyObject *const *args, bool run);
int64_t _PyJitLeaf_AskCompute(PyObject *const *args);
PyObject *_PyJitLeaf_Sum(PyObject *const *args, bool run);

#endif /* !Py_JIT_LEAVES_H */
