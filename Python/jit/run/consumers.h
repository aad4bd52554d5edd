/* Builtins that take all items of a generator, as consumers.c begins them and consumers_finish.c goes on with them. */
#ifndef Py_JIT_CONSUMERS_H
#define Py_JIT_CONSUMERS_H

#include "Python.h"
#include "pycore_jit.h"
#include "pycore_jit_engine.h"

/* Locals of a consumer: the operands of the call, which is the callable, its `self`, and the generator; then what the items have made so
 * far, and for sum() what rounding has lost: None while all items are ints, a float as long as there are floats and ints, True behind
 * anything else. */
enum {
    CONSUMER_CALLABLE, CONSUMER_SELF, CONSUMER_GENERATOR, CONSUMER_OPERANDS, CONSUMER_DEFAULT = CONSUMER_OPERANDS,
    CONSUMER_RESULT = CONSUMER_OPERANDS, CONSUMER_ERROR, CONSUMER_SENT = CONSUMER_GENERATOR,
};
/* The same where a function gives the key of each item: the items, the function, if need be whether the order is reversed, and the names of
 * both.  Then the item that is returned, or the list of them; the key of that item, or those of all. */
enum {
    KEYED_ITEMS = CONSUMER_GENERATOR, KEYED_KEY, KEYED_REVERSE, KEYED_NAMES = KEYED_REVERSE, KEYED_OPERANDS, KEYED_RESULT = KEYED_OPERANDS,
    KEYED_KEYS, KEYED_BEST_KEY = KEYED_KEYS,
};
/* The only local of a step: the item. */
enum { STEP_ITEM };
/* Constants of its code. */
enum { CONSUMER_NONE, CONSUMER_FALSE, CONSUMER_TRUE, CONSUMER_CONSUMED };

/* Flags of code that makes a generator or coroutine. */
#define JIT_SUSPENDED_FLAGS (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)

/* What a consumer takes of C recursion that goes through a map or filter: the step counts the evaluation loop, and none is no frame's. */
#define STEPS_UNITS 1

#define FIRST_ROOM 8           // items a list has room for that is made of an iterator

/* The builtin CALLABLE, as it is called by OPCODE with NARGS arguments, and as a METHOD of its type or not:
 * JIT_CONSUMER_; -1: none of them. */
int _PyJitConsumer_KindOf(PyObject *callable, bool method, int opcode, int nargs);
/* The same of a call with NARGS arguments, of which the last ones have NAMES. */
int _PyJitConsumer_KindOfNamed(PyObject *callable, Py_ssize_t nargs, PyObject *names);

/* consumers_code.c.  The name of the builtin that KIND stands for. */
const char *_PyJitConsumer_Name(int kind);
/* The units of C recursion that a consumer's CODE takes, and does it go through a map or filter? */
int _PyJitConsumer_Units(const PyCodeObject *code);
bool _PyJitConsumer_HasSteps(const PyCodeObject *code);
/* Code of KIND for generators, or keys, of CONSUMED, or NULL with an exception set. */
PyCodeObject *_PyJitConsumer_NewCode(PyCodeObject *consumed, int kind, bool unrolled);
/* The code of the generators, or of the keys, that CODE, a consumer's, is for.  Borrowed; it lives as long as such a generator does. */
PyCodeObject *_PyJitConsumer_Consumed(const PyCodeObject *code);

/* consumers_sort.c.  LIST is sorted by KEYS, of which it has as many; they are given up.  -1, with an exception set. */
int _PyJitConsumer_SortByKeys(PyObject *list, PyObject *keys, bool reverse);

/* consumers_step.c.  JIT_STEP_MAP or JIT_STEP_FILTER: what O is; -1: neither. */
int _PyJitStep_Kind(PyObject *o);
/* `__next__` of TYPE, if it is a Python function that such a step can call.  Borrowed, or NULL. */
PyFunctionObject *_PyJitStep_Next(PyTypeObject *type);
/* What CALL_INTRINSIC_1 of WHAT does in FRAME, a step's; VALUE is borrowed.  A new reference, or NULL with an exception set. */
PyObject *_PyJitStep_Finish(PyThreadState *tstate, _PyInterpreterFrame *frame, int what, PyObject *value);
/* How many code units behind the FOR_ITER at FOR_ITER the frame of CODE, which stands at OFFSET, returns to. */
uint16_t _PyJitStep_ReturnsTo(const _Py_CODEUNIT *for_iter, PyCodeObject *code, uint32_t offset);

static inline bool
_PyJitConsumer_IsStep(int kind)
{
    return kind == JIT_STEP_MAP || kind == JIT_STEP_FILTER || kind == JIT_STEP_NEXT;
}

/* KIND resumes the generator once, and has no loop. */
static inline bool
_PyJitConsumer_IsResume(int kind)
{
    return kind == JIT_CONSUMER_NEXT_OF || kind == JIT_CONSUMER_SEND;
}

/* Which operand of KIND, which is not keyed, the generator is: that of send() is its `self`. */
static inline uint32_t
_PyJitConsumer_Generator(int kind)
{
    return kind == JIT_CONSUMER_SEND ? CONSUMER_SELF : CONSUMER_GENERATOR;
}

/* KIND calls a function for the key of each item. */
static inline bool
_PyJitConsumer_IsKeyed(int kind)
{
    return kind >= JIT_CONSUMER_MIN_KEY && kind <= JIT_CONSUMER_SORTED_REVERSE;
}

/* How many operands the call of KIND has on the stack, its callable among them. */
static inline uint32_t
_PyJitConsumer_Operands(int kind)
{
    return kind >= JIT_STEP_MAP ? 0 : kind == JIT_CONSUMER_SORTED_REVERSE ? KEYED_OPERANDS + 1
        : kind == JIT_CONSUMER_NEXT ? CONSUMER_OPERANDS + 1
        : kind > JIT_CONSUMER_NEXT ? KEYED_OPERANDS : CONSUMER_OPERANDS;      // a default, or a key, with its name
}

/* KIND sorts a list of the items by their keys. */
static inline bool
_PyJitConsumer_Sorts(int kind)
{
    return kind >= JIT_CONSUMER_SORTED_KEY && kind <= JIT_CONSUMER_SORTED_REVERSE;
}

/* KIND collects items in a list. */
static inline bool
_PyJitConsumer_Collects(int kind)
{
    return kind >= JIT_CONSUMER_SORTED && kind <= JIT_CONSUMER_SET;
}

#endif /* !Py_JIT_CONSUMERS_H */
