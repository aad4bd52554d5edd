/* Builtins that take all items of a generator, as consumers.c begins them and consumers_finish.c goes on with them. */
#ifndef Py_JIT_CONSUMERS_H
#define Py_JIT_CONSUMERS_H

#include "Python.h"
#include "pycore_jit.h"
#include "pycore_jit_engine.h"

/* Locals of a consumer: the operands of the call, which is the callable, its `self`, and the generator; then what the items have made so
 * far, and for sum() what rounding has lost: None while all items are ints, a float as long as there are floats and ints, True behind
 * anything else. */
enum { CONSUMER_CALLABLE, CONSUMER_SELF, CONSUMER_GENERATOR, CONSUMER_OPERANDS, CONSUMER_RESULT = CONSUMER_OPERANDS, CONSUMER_ERROR };
/* Constants of its code. */
enum { CONSUMER_NONE, CONSUMER_FALSE, CONSUMER_TRUE, CONSUMER_CONSUMED };

#define FIRST_ROOM 8           // items a list has room for that is made of an iterator

/* The builtin CALLABLE, as it is called by OPCODE with one argument, and as a METHOD of a string or not: JIT_CONSUMER_; -1: none of them. */
int _PyJitConsumer_KindOf(PyObject *callable, bool method, int opcode);
/* The code of the generators that CODE, a consumer's, is for.  Borrowed; it lives as long as such a generator does. */
PyCodeObject *_PyJitConsumer_Consumed(const PyCodeObject *code);

/* KIND collects items in a list. */
static inline bool
_PyJitConsumer_Collects(int kind)
{
    return kind >= JIT_CONSUMER_SORTED;
}

#endif /* !Py_JIT_CONSUMERS_H */
