/* Operators that call Python functions, as operators.c begins them and operators_finish.c ends them. */
#ifndef Py_JIT_OPERATORS_H
#define Py_JIT_OPERATORS_H

#include "Python.h"
#include "opcode.h"
#include "pycore_jit_engine.h"

#define LOOP_UNITS 2           // of C recursion an evaluation loop takes

/* What BINARY_OP's oparg stands for, without assignment. */
typedef struct {
    size_t slot, inplace_slot;     // offsets in PyNumberMethods
    PyObject *name, *reflected, *inplace;
    const char *symbol, *inplace_symbol;
} _PyJitOperator;

extern const _PyJitOperator _PyJitOperators[NB_INPLACE_ADD];

/* What is on the stack for an operator, and what its method gets of it. */
typedef struct {
    uint8_t operands;          // on the caller's stack; then the locals of the continuation frame
    uint8_t nargs;             // of the method
    uint8_t copies;            // of the last operands, behind them: references that C would have besides those on the stack
    uint8_t arguments[6];      // which operands they are, or JIT_ARGUMENT_; the first operand among them is the one whose method it is
    uint8_t units;             // of C recursion
    bool again;                // behind those: one reference more to the last operand
    bool is_call;              // the second operand is NULL
    bool keeps;                // behind the operands: the descriptor that was found, to which C has a reference
    bool leaves;               // __exit__ stays on the caller's stack in place of the operand
} _PyJitOperatorForm;

/* Arguments that are no operands. */
enum {
    JIT_ARGUMENT_DESCRIPTOR = 8,   // what the class has under the name
    JIT_ARGUMENT_TYPE,             // the class
    JIT_ARGUMENT_NAME,
    JIT_ARGUMENT_SELF,             // what the operand, a bound method, binds
    JIT_ARGUMENT_OWNER,            // what is on top of the caller's stack, where there are no operands
    JIT_ARGUMENT_REST,             // in place of all arguments behind it: a tuple of them
    JIT_ARGUMENTS,
};

/* Which operand of FORM is the one whose method it is, or whose class has the descriptor. */
static inline uint32_t
operand_of_method(const _PyJitOperatorForm *form)
{
    int first = form->arguments[0];
    return first < JIT_ARGUMENT_DESCRIPTOR ? (uint32_t)first : first == JIT_ARGUMENT_DESCRIPTOR ? form->arguments[1] : 0;
}

/* Has the right operand a reflected method, which is tried first if its type derives from the left one's? */
static inline bool
_PyJitOperator_HasReflected(int kind)
{
    return kind == JIT_OPERATOR_BINARY || kind == JIT_OPERATOR_COMPARE || kind == JIT_OPERATOR_TEST || kind == JIT_OPERATOR_UNEQUAL;
}

extern const _PyJitOperatorForm _PyJitOperatorForms[JIT_OPERATOR_KINDS];

/* What TYPE has in a slot for numbers, at OFFSET; NULL: nothing. */
static inline binaryfunc
slot_of(PyTypeObject *type, size_t offset)
{
    return type->tp_as_number == NULL ? NULL : *(binaryfunc *)((char *)type->tp_as_number + offset);
}

#endif /* !Py_JIT_OPERATORS_H */
