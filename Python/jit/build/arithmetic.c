/* Lowering rules of arithmetic.
 *
 * Types come from the map where a number is known, else from what the recorder saw; the guard that makes it sure is UNBOX_INT,
 * UNBOX_FLOAT or UNBOX_BOOL.  A bool counts as an int, but its number is not kept in the map: there a number is boxed as an int.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "jit/build/builder.h"

bool
_PyJitNumber_IsBool(const _PyJitBuilder *b, uint32_t index, unsigned int tag)
{
    const _PyJitSlot *slot = &b->slots[index];
    if (slot->number != JIT_REF_NONE) {
        return false;
    }
    if (slot->object == JIT_REF_NONE) {
        return !slot->dirty && tag == JIT_TAG_BOOL;
    }
    if (JIT_IS_CONST(slot->object)) {
        return PyBool_Check((PyObject *)(uintptr_t)JIT_INS(b->t, slot->object)->bits);
    }
    return tag == JIT_TAG_BOOL || type_of_ref(b, slot->object) == JIT_TYPE_BOOL;
}

_PyJitRef
_PyJitNumber_Bool(_PyJitBuilder *b, uint32_t index)
{
    _PyJitSlot *slot = &b->slots[index];
    _PyJitRef object = _PyJitSlot_Object(b, index);
    if (b->failed) {
        return JIT_REF_NONE;
    }
    slot->plain = 1;
    const _PyJitIns *ins = JIT_INS(b->t, object);
    if (ins->op == JIT_OP_BOOL_OF) {
        return ins->a;
    }
    if (JIT_IS_CONST(object)) {
        _PyJitRef known = _PyJitTrace_Const(b->t, JIT_TYPE_I64, (PyObject *)(uintptr_t)ins->bits == Py_True);
        b->failed |= known == JIT_REF_NONE;
        return known;
    }
    return _PyJitBuild_Emit(b, JIT_OP_UNBOX_BOOL, object, JIT_REF_NONE, 0);
}

int
_PyJitNumber_Kind(const _PyJitBuilder *b, uint32_t index, unsigned int tag)
{
    int type = _PyJitSlot_Kind(b, index, tag);
    return type == JIT_TYPE_NONE && _PyJitNumber_IsBool(b, index, tag) ? JIT_TYPE_I64 : type;
}

_PyJitRef
_PyJitNumber_Get(_PyJitBuilder *b, uint32_t index, unsigned int tag, int type)
{
    if (_PyJitNumber_IsBool(b, index, tag)) {
        return _PyJitNumber_Bool(b, index);
    }
    return _PyJitSlot_Number(b, index, type);
}

bool
_PyJitNumber_IsDerived(const _PyJitBuilder *b, const _PyJitRecord *record, uint32_t from_top)
{
    const _PyJitSlot *slot = &b->slots[b->depth - 1 - from_top];
    return JIT_TAG(record->types, from_top) == JIT_TAG_DERIVED && slot->number == JIT_REF_NONE;
}

int
_PyJitNumber_OperandKind(const _PyJitBuilder *b, const _PyJitRecord *record, uint32_t from_top)
{
    if (_PyJitNumber_IsDerived(b, record, from_top)) {
        return _PyJitSlot_CanEnd(b, record, 2) ? JIT_TYPE_I64 : JIT_TYPE_NONE;
    }
    return _PyJitNumber_Kind(b, b->depth - 1 - from_top, JIT_TAG(record->types, from_top));
}

_PyJitRef
_PyJitNumber_Operand(_PyJitBuilder *b, const _PyJitRecord *record, uint32_t from_top, int type)
{
    uint32_t index = b->depth - 1 - from_top;
    if (_PyJitNumber_IsDerived(b, record, from_top)) {
        // Its number does not stand for it in the map: there it would be an exact int.
        return _PyJitBuild_Emit(b, JIT_OP_UNBOX_DERIVED, _PyJitSlot_Object(b, index), JIT_REF_NONE, record->opcode | record->oparg << 8);
    }
    return _PyJitNumber_Get(b, index, JIT_TAG(record->types, from_top), type);
}

/* Operation of BINARY_OP's oparg on two numbers of one type; JIT_OP_NOP: none. */
static int
int_operation(uint32_t oparg)
{
    switch (oparg) {
        case NB_ADD: case NB_INPLACE_ADD: return JIT_OP_IADD;
        case NB_SUBTRACT: case NB_INPLACE_SUBTRACT: return JIT_OP_ISUB;
        case NB_MULTIPLY: case NB_INPLACE_MULTIPLY: return JIT_OP_IMUL;
        case NB_FLOOR_DIVIDE: case NB_INPLACE_FLOOR_DIVIDE: return JIT_OP_IFLOORDIV;
        case NB_REMAINDER: case NB_INPLACE_REMAINDER: return JIT_OP_IMOD;
        case NB_TRUE_DIVIDE: case NB_INPLACE_TRUE_DIVIDE: return JIT_OP_ITRUEDIV;
        case NB_AND: case NB_INPLACE_AND: return JIT_OP_IAND;
        case NB_OR: case NB_INPLACE_OR: return JIT_OP_IOR;
        case NB_XOR: case NB_INPLACE_XOR: return JIT_OP_IXOR;
        case NB_LSHIFT: case NB_INPLACE_LSHIFT: return JIT_OP_ISHL;
        case NB_RSHIFT: case NB_INPLACE_RSHIFT: return JIT_OP_ISHR;
        default: return JIT_OP_NOP;
    }
}

static int
float_operation(uint32_t oparg)
{
    switch (oparg) {
        case NB_ADD: case NB_INPLACE_ADD: return JIT_OP_FADD;
        case NB_SUBTRACT: case NB_INPLACE_SUBTRACT: return JIT_OP_FSUB;
        case NB_MULTIPLY: case NB_INPLACE_MULTIPLY: return JIT_OP_FMUL;
        case NB_TRUE_DIVIDE: case NB_INPLACE_TRUE_DIVIDE: return JIT_OP_FDIV;
        case NB_FLOOR_DIVIDE: case NB_INPLACE_FLOOR_DIVIDE: return JIT_OP_FFLOORDIV;
        case NB_REMAINDER: case NB_INPLACE_REMAINDER: return JIT_OP_FMOD;
        default: return JIT_OP_NOP;
    }
}

static _PyJitRef
constant(_PyJitBuilder *b, int64_t value)
{
    _PyJitRef ref = _PyJitTrace_Const(b->t, JIT_TYPE_I64, (uint64_t)value);
    b->failed |= ref == JIT_REF_NONE;
    return ref;
}

static _PyJitRef
as_float(_PyJitBuilder *b, _PyJitRef number, int type)
{
    return type == JIT_TYPE_I64 ? _PyJitBuild_Emit(b, JIT_OP_I2F, number, JIT_REF_NONE, 0) : number;
}

/* The operation of two numbers whose result had the tag RESULT; *type: what both have to be.  JIT_OP_NOP: none. */
static int
operation(uint32_t oparg, bool ints, unsigned int result, int *type)
{
    bool whole = result == JIT_TAG_INT || result == JIT_TAG_WIDE;
    *type = ints ? JIT_TYPE_I64 : JIT_TYPE_F64;
    if (oparg == NB_POWER || oparg == NB_INPLACE_POWER) {
        if (ints && whole) {
            return JIT_OP_IPOW;
        }
        *type = JIT_TYPE_F64;
        return result == JIT_TAG_FLOAT ? JIT_OP_FPOW : JIT_OP_NOP;
    }
    if (ints && !whole && result != JIT_TAG_FLOAT) {
        return JIT_OP_NOP;     // a result of more than 64 bits, or none
    }
    return ints ? int_operation(oparg) : float_operation(oparg);
}

static uint32_t
binary(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    int left_type = _PyJitNumber_OperandKind(b, record, 1), right_type = _PyJitNumber_OperandKind(b, record, 0);
    if (left_type == JIT_TYPE_NONE || right_type == JIT_TYPE_NONE) {
        return REFUSE(b);
    }
    bool ints = left_type == JIT_TYPE_I64 && right_type == JIT_TYPE_I64;
    int type;
    int op = operation(record->oparg, ints, JIT_TAG(record->types, 3), &type);
    if (op == JIT_OP_NOP) {
        return REFUSE(b);              // or a bool: `&`, `|`, `^` of two of them
    }
    _PyJitLower_Begin(b, index);
    bool derived = _PyJitNumber_IsDerived(b, record, 0) || _PyJitNumber_IsDerived(b, record, 1);
    _PyJitRef x = _PyJitNumber_Operand(b, record, 1, left_type);
    _PyJitRef y = _PyJitNumber_Operand(b, record, 0, right_type);
    _PyJitRef value;
    if (derived) {
        _PyJitSlot_GuardEnds(b, record, 2);
    }
    if (op == JIT_OP_IPOW && y == constant(b, 2)) {
        value = _PyJitBuild_Emit(b, JIT_OP_IMUL, x, x, 0);
    }
    else {
        if (op == JIT_OP_FPOW && ints) {
            // Two ints have a float as power only if the exponent is negative.
            (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_ILT, y, constant(b, 0), 0);
        }
        if (type == JIT_TYPE_F64) {
            x = as_float(b, x, left_type);
            y = as_float(b, y, right_type);
        }
        value = _PyJitBuild_Emit(b, op, x, y, 0);
    }
    _PyJitSlot_DropTop(b);
    _PyJitSlot_DropTop(b);
    _PyJitSlot_PushNumber(b, value);
    return 1;
}

static uint32_t
unary(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    unsigned int tag = JIT_TAG(record->types, 0);
    uint32_t top = b->depth - 1;
    int type = _PyJitNumber_Kind(b, top, tag);
    int op = JIT_OP_NOP;
    if (type == JIT_TYPE_I64) {
        op = record->opcode == UNARY_NEGATIVE ? JIT_OP_INEG
            : _PyJitNumber_IsBool(b, top, tag) ? JIT_OP_NOP : JIT_OP_INOT;      // ~True warns
    }
    else if (type == JIT_TYPE_F64 && record->opcode == UNARY_NEGATIVE) {
        op = JIT_OP_FNEG;
    }
    if (op == JIT_OP_NOP) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef value = _PyJitNumber_Get(b, top, tag, type);
    value = _PyJitBuild_Emit(b, op, value, JIT_REF_NONE, 0);
    _PyJitSlot_DropTop(b);
    _PyJitSlot_PushNumber(b, value);
    return 1;
}

static bool
is_int_tag(unsigned int tag)
{
    return tag == JIT_TAG_INT || tag == JIT_TAG_WIDE || tag == JIT_TAG_BIG;
}

uint32_t
_PyJitLower_Number(_PyJitBuilder *b, uint32_t index)
{
    switch (b->t->records[index].opcode) {
        case BINARY_OP:
        case BINARY_OP_ADD_INT:
        case BINARY_OP_SUBTRACT_INT:
        case BINARY_OP_MULTIPLY_INT: {
            const _PyJitRecord *record = &b->t->records[index];
            uint32_t done = binary(b, index);
            if (done != 0 || !record->leaf) {
                return done;
            }
            bool ints = is_int_tag(JIT_TAG(record->types, 0)) && is_int_tag(JIT_TAG(record->types, 1));
            return ints ? _PyJitLower_WideInts(b, index) : _PyJitLower_LeafInstruction(b, index);
        }
        case BINARY_OP_ADD_FLOAT:
        case BINARY_OP_SUBTRACT_FLOAT:
        case BINARY_OP_MULTIPLY_FLOAT:
            return binary(b, index);
        case UNARY_NEGATIVE:
        case UNARY_INVERT:
            return unary(b, index);
        default:
            return 0;
    }
}

#endif /* _Py_TIER2 */
