/* Lowering rules of arithmetic, comparisons and tests.
 *
 * Types come from the map where a number is known, else from what the recorder saw; the guard that makes it sure is UNBOX_INT or
 * UNBOX_FLOAT.  A comparison or truth test is lowered together with the jump that follows it.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "jit/lower.h"

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
        default: return JIT_OP_NOP;
    }
}

static uint32_t
binary(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t left = b->depth - 2, right = b->depth - 1;
    int left_type = _PyJitSlot_Kind(b, left, JIT_TAG(record->types, 1));
    int right_type = _PyJitSlot_Kind(b, right, JIT_TAG(record->types, 0));
    if (left_type == JIT_TYPE_NONE || right_type == JIT_TYPE_NONE) {
        return 0;
    }
    bool ints = left_type == JIT_TYPE_I64 && right_type == JIT_TYPE_I64;
    int op = ints ? int_operation(record->oparg) : float_operation(record->oparg);
    unsigned int result = JIT_TAG(record->types, 3);
    if (op == JIT_OP_NOP || (ints && result != JIT_TAG_INT && result != JIT_TAG_WIDE && result != JIT_TAG_FLOAT)) {
        return 0;              // a result of more than 64 bits, or none
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef x = _PyJitSlot_Number(b, left, left_type);
    _PyJitRef y = _PyJitSlot_Number(b, right, right_type);
    if (!ints && left_type == JIT_TYPE_I64) {
        x = _PyJitBuild_Emit(b, JIT_OP_I2F, x, JIT_REF_NONE, 0);
    }
    if (!ints && right_type == JIT_TYPE_I64) {
        y = _PyJitBuild_Emit(b, JIT_OP_I2F, y, JIT_REF_NONE, 0);
    }
    _PyJitRef value = _PyJitBuild_Emit(b, op, x, y, 0);
    _PyJitSlot_DropTop(b);
    _PyJitSlot_DropTop(b);
    _PyJitSlot_PushNumber(b, value);
    return 1;
}

static uint32_t
unary(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    int type = _PyJitSlot_Kind(b, b->depth - 1, JIT_TAG(record->types, 0));
    int op = JIT_OP_NOP;
    if (type == JIT_TYPE_I64) {
        op = record->opcode == UNARY_NEGATIVE ? JIT_OP_INEG : JIT_OP_INOT;
    }
    else if (type == JIT_TYPE_F64 && record->opcode == UNARY_NEGATIVE) {
        op = JIT_OP_FNEG;
    }
    if (op == JIT_OP_NOP) {
        return 0;
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef value = _PyJitSlot_Number(b, b->depth - 1, type);
    value = _PyJitBuild_Emit(b, op, value, JIT_REF_NONE, 0);
    _PyJitSlot_DropTop(b);
    _PyJitSlot_PushNumber(b, value);
    return 1;
}

/* --- Branches ------------------------------------------------------------------------------------------------------- */

/* A conditional jump: whether the trace goes on where it was taken, and where the other way leads. */
typedef struct {
    bool taken;
    uint16_t code;
    uint32_t other;
} Branch;

static bool
branch_at(const _PyJitBuilder *b, uint32_t index, Branch *branch)
{
    if (index >= b->t->nrecords) {
        return false;
    }
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t behind = record->offset + record->size, target = behind + record->oparg, next;
    uint16_t code;
    if (behind == target || !_PyJitLower_Next(b, index, &code, &next) || code != record->code) {
        return false;
    }
    branch->code = code;
    branch->taken = next == target;
    branch->other = branch->taken ? behind : target;
    return next == target || next == behind;
}

/* The jump behind the test at INDEX, and in *holds whether what it tests is true where the trace goes on. */
static bool
test_branch(const _PyJitBuilder *b, uint32_t index, Branch *branch, bool *holds)
{
    if (!branch_at(b, index + 1, branch)) {
        return false;
    }
    const _PyJitRecord *test = &b->t->records[index], *jump = test + 1;
    if (jump->code != test->code || jump->depth != test->depth
        || jump->offset - jump->prefix != test->offset + test->size
        || (jump->opcode != POP_JUMP_IF_TRUE && jump->opcode != POP_JUMP_IF_FALSE)) {
        return false;
    }
    *holds = (jump->opcode == POP_JUMP_IF_TRUE) == branch->taken;
    return true;
}

/* The guard for `x OP y` with OP of enum Py_LT..., which HOLDS or does not; *swap: its operands are y, x. */
static int
compare_guard(uint32_t compare, bool holds, bool floats, bool *swap)
{
    static const uint8_t ints[2][6] = {
        {JIT_OP_GUARD_IGE, JIT_OP_GUARD_IGT, JIT_OP_GUARD_INE, JIT_OP_GUARD_IEQ, JIT_OP_GUARD_ILE, JIT_OP_GUARD_ILT},
        {JIT_OP_GUARD_ILT, JIT_OP_GUARD_ILE, JIT_OP_GUARD_IEQ, JIT_OP_GUARD_INE, JIT_OP_GUARD_IGT, JIT_OP_GUARD_IGE},
    };
    static const uint8_t reals[2][6] = {
        {JIT_OP_GUARD_FNLT, JIT_OP_GUARD_FNLE, JIT_OP_GUARD_FNE, JIT_OP_GUARD_FEQ, JIT_OP_GUARD_FNLT, JIT_OP_GUARD_FNLE},
        {JIT_OP_GUARD_FLT, JIT_OP_GUARD_FLE, JIT_OP_GUARD_FEQ, JIT_OP_GUARD_FNE, JIT_OP_GUARD_FLT, JIT_OP_GUARD_FLE},
    };
    *swap = floats && (compare == Py_GT || compare == Py_GE);
    return floats ? reals[holds][compare] : ints[holds][compare];
}

static uint32_t
compare(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t left = b->depth - 2, right = b->depth - 1, operator = record->oparg >> 5;
    int type = _PyJitSlot_Kind(b, left, JIT_TAG(record->types, 1));
    Branch branch;
    bool holds, swap;
    if (type == JIT_TYPE_NONE || type != _PyJitSlot_Kind(b, right, JIT_TAG(record->types, 0)) || operator > Py_GE
        || !test_branch(b, index, &branch, &holds)) {
        return 0;              // an int and a float compare exactly, which no conversion does
    }
    int guard = compare_guard(operator, holds, type == JIT_TYPE_F64, &swap);
    _PyJitLower_Begin(b, index);
    _PyJitRef x = _PyJitSlot_Number(b, left, type);
    _PyJitRef y = _PyJitSlot_Number(b, right, type);
    _PyJitSlot_DropTop(b);
    _PyJitSlot_DropTop(b);
    _PyJitLower_Begin(b, index + 1);
    (void)_PyJitBuild_EmitTo(b, guard, swap ? y : x, swap ? x : y, JIT_EXIT_SIDE, branch.code, branch.other);
    return 2;
}

/* TO_BOOL and the jump behind it. */
static uint32_t
truth(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1;
    unsigned int tag = JIT_TAG(record->types, 0);
    int type = _PyJitSlot_Kind(b, top, tag);
    Branch branch;
    bool holds;
    if (!test_branch(b, index, &branch, &holds)) {
        return 0;
    }
    if (type == JIT_TYPE_NONE) {
        if (tag != JIT_TAG_BOOL && !(tag == JIT_TAG_NONE && !holds)) {
            return 0;
        }
        // Another type is possible the next time: the check leads back here, not to the other branch.
        _PyJitLower_Begin(b, index);
        int guard = tag == JIT_TAG_NONE ? JIT_OP_GUARD_NONE : holds ? JIT_OP_GUARD_TRUE : JIT_OP_GUARD_FALSE;
        (void)_PyJitBuild_Emit(b, guard, _PyJitSlot_Object(b, top), JIT_REF_NONE, 0);
        b->slots[top].plain = 1;
        _PyJitSlot_DropTop(b);
        _PyJitLower_Begin(b, index + 1);
        return 2;
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef value = _PyJitSlot_Number(b, top, type);
    _PyJitSlot_DropTop(b);
    _PyJitLower_Begin(b, index + 1);
    // Not-a-number is true.
    bool floats = type == JIT_TYPE_F64;
    _PyJitRef zero = _PyJitTrace_Const(b->t, floats ? JIT_TYPE_F64 : JIT_TYPE_I64, 0);
    b->failed |= zero == JIT_REF_NONE;
    int guard = floats ? (holds ? JIT_OP_GUARD_FNE : JIT_OP_GUARD_FEQ) : holds ? JIT_OP_GUARD_INE : JIT_OP_GUARD_IEQ;
    (void)_PyJitBuild_EmitTo(b, guard, value, zero, JIT_EXIT_SIDE, branch.code, branch.other);
    return 2;
}

/* A jump on a bool or None that is on the stack. */
static uint32_t
jump(_PyJitBuilder *b, uint32_t index)
{
    int opcode = b->t->records[index].opcode;
    uint32_t top = b->depth - 1;
    Branch branch;
    if (!branch_at(b, index, &branch)) {
        return 0;
    }
    bool none = opcode == POP_JUMP_IF_NONE || opcode == POP_JUMP_IF_NOT_NONE;
    bool holds = (opcode == POP_JUMP_IF_TRUE || opcode == POP_JUMP_IF_NONE) == branch.taken;
    if (b->slots[top].object == JIT_REF_NONE && b->slots[top].dirty) {
        return 0;
    }
    if (none && !holds && !_PyJitSlot_CanDrop(b)) {
        return 0;
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef value = _PyJitSlot_Object(b, top);
    int guard = none ? (holds ? JIT_OP_GUARD_NONE : JIT_OP_GUARD_NOT_NONE) : holds ? JIT_OP_GUARD_TRUE : JIT_OP_GUARD_FALSE;
    (void)_PyJitBuild_Emit(b, guard, value, JIT_REF_NONE, 0);
    if (holds || !none) {
        b->slots[top].plain = 1;
    }
    _PyJitSlot_DropTop(b);
    return 1;
}

uint32_t
_PyJitLower_Number(_PyJitBuilder *b, uint32_t index)
{
    switch (b->t->records[index].opcode) {
        case BINARY_OP:
        case BINARY_OP_ADD_INT:
        case BINARY_OP_SUBTRACT_INT:
        case BINARY_OP_MULTIPLY_INT:
        case BINARY_OP_ADD_FLOAT:
        case BINARY_OP_SUBTRACT_FLOAT:
        case BINARY_OP_MULTIPLY_FLOAT:
            return binary(b, index);
        case UNARY_NEGATIVE:
        case UNARY_INVERT:
            return unary(b, index);
        case COMPARE_OP:
        case COMPARE_OP_INT:
        case COMPARE_OP_FLOAT:
            return compare(b, index);
        case TO_BOOL:
        case TO_BOOL_BOOL:
        case TO_BOOL_INT:
        case TO_BOOL_NONE:
            return truth(b, index);
        case POP_JUMP_IF_TRUE:
        case POP_JUMP_IF_FALSE:
        case POP_JUMP_IF_NONE:
        case POP_JUMP_IF_NOT_NONE:
            return jump(b, index);
        default:
            return 0;
    }
}

#endif /* _Py_TIER2 */
