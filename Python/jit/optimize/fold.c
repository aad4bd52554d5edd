/* Folding at emission: operations on constants are computed, arithmetic that changes nothing is left out.
 *
 * Ints: what would leave (overflow, a divisor of 0) is not folded.  Floats: only what holds for every value, signed zeros
 * and not-a-number included; constants are computed with the same operation the trace would run, in the default rounding mode.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "jit/optimize/optimize.h"

static _PyJitRef
whole(_PyJitBuilder *b, int64_t value)
{
    return _PyJitTrace_Const(b->t, JIT_TYPE_I64, (uint64_t)value);
}

static _PyJitRef
real(_PyJitBuilder *b, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return _PyJitTrace_Const(b->t, JIT_TYPE_F64, bits);
}

static _PyJitRef
fold_ints(_PyJitBuilder *b, int op, int64_t x, int64_t y)
{
    static const _PyJitRef always = JIT_REF_BIAS;      // START
    int64_t r;
    switch (op) {
        case JIT_OP_IADD: return __builtin_add_overflow(x, y, &r) ? JIT_REF_NONE : whole(b, r);
        case JIT_OP_ISUB: return __builtin_sub_overflow(x, y, &r) ? JIT_REF_NONE : whole(b, r);
        case JIT_OP_IMUL: return __builtin_mul_overflow(x, y, &r) ? JIT_REF_NONE : whole(b, r);
        case JIT_OP_IAND: return whole(b, x & y);
        case JIT_OP_IOR: return whole(b, x | y);
        case JIT_OP_IXOR: return whole(b, x ^ y);
        case JIT_OP_ILT: return whole(b, x < y);
        case JIT_OP_ILE: return whole(b, x <= y);
        case JIT_OP_IEQ: return whole(b, x == y);
        case JIT_OP_GUARD_ILT: return x < y ? always : JIT_REF_NONE;
        case JIT_OP_GUARD_ILE: return x <= y ? always : JIT_REF_NONE;
        case JIT_OP_GUARD_IGT: return x > y ? always : JIT_REF_NONE;
        case JIT_OP_GUARD_IGE: return x >= y ? always : JIT_REF_NONE;
        case JIT_OP_GUARD_IEQ: return x == y ? always : JIT_REF_NONE;
        case JIT_OP_GUARD_INE: return x != y ? always : JIT_REF_NONE;
        default: return JIT_REF_NONE;
    }
}

static _PyJitRef
fold_reals(_PyJitBuilder *b, int op, double x, double y)
{
    switch (op) {
        case JIT_OP_FADD: return real(b, x + y);
        case JIT_OP_FSUB: return real(b, x - y);
        case JIT_OP_FMUL: return real(b, x * y);
        case JIT_OP_FDIV: return y == 0.0 ? JIT_REF_NONE : real(b, x / y);
        default: return JIT_REF_NONE;
    }
}

/* One operand, a constant. */
static _PyJitRef
fold_unary(_PyJitBuilder *b, int op, int64_t x, double fx)
{
    switch (op) {
        case JIT_OP_INEG: return x == INT64_MIN ? JIT_REF_NONE : whole(b, -x);
        case JIT_OP_INOT: return whole(b, ~x);
        case JIT_OP_I2F: return real(b, (double)x);
        case JIT_OP_I2F_EXACT: return x < -((int64_t)1 << 53) || x > (int64_t)1 << 53 ? JIT_REF_NONE : real(b, (double)x);
        case JIT_OP_FTRUE: return whole(b, fx != 0.0);
        case JIT_OP_BOOL_OF: return _PyJitTrace_Const(b->t, JIT_TYPE_OBJECT, (uint64_t)(uintptr_t)(x ? Py_True : Py_False));
        case JIT_OP_FNEG: return real(b, -fx);
        default: return JIT_REF_NONE;
    }
}

/* `v OP y` with a constant Y. */
static _PyJitRef
identity(_PyJitBuilder *b, int op, _PyJitRef v, int64_t y)
{
    switch (op) {
        case JIT_OP_IADD:
        case JIT_OP_ISUB:
        case JIT_OP_IOR:
        case JIT_OP_IXOR:
        case JIT_OP_ISHL:
        case JIT_OP_ISHR:
            return y == 0 ? v : JIT_REF_NONE;
        case JIT_OP_IMUL:
            return y == 1 ? v : y == 0 ? whole(b, 0) : JIT_REF_NONE;
        case JIT_OP_IFLOORDIV:
            return y == 1 ? v : JIT_REF_NONE;
        case JIT_OP_IMOD:
            return y == 1 ? whole(b, 0) : JIT_REF_NONE;
        case JIT_OP_IAND:
            return y == -1 ? v : y == 0 ? whole(b, 0) : JIT_REF_NONE;
        default:
            return JIT_REF_NONE;
    }
}

/* What the object V was made of, if OP would take it out again. */
static _PyJitRef
unboxed(const _PyJitBuilder *b, int op, _PyJitRef v)
{
    const _PyJitIns *ins = JIT_INS(b->t, v);
    bool same = (op == JIT_OP_UNBOX_INT && ins->op == JIT_OP_BOX_INT) || (op == JIT_OP_UNBOX_FLOAT && ins->op == JIT_OP_BOX_FLOAT)
        || (op == JIT_OP_UNBOX_BOOL && ins->op == JIT_OP_BOOL_OF);
    return same ? ins->a : JIT_REF_NONE;
}

/* OP checks of V, an instance the trace has made, what is so until arbitrary code has run.  AUX: of the check. */
static bool
is_fresh(const _PyJitBuilder *b, int op, _PyJitRef v, uint32_t aux)
{
    const _PyJitIns *ins = JIT_INS(b->t, v);
    if (op == JIT_OP_GUARD_NOT_NONE) {
        return is_new_object(b, v);
    }
    bool is_instance = ins->op == JIT_OP_NEW_INSTANCE || ins->op == JIT_OP_NEW_INSTANCE_WITH || ins->op == JIT_OP_VIRTUAL;
    return is_instance && v > b->barrier[JIT_CLASS_TYPE]
        && (op == JIT_OP_GUARD_TYPE_VERSION ? ins->aux == aux : op == JIT_OP_GUARD_INLINE_VALUES || op == JIT_OP_GUARD_NO_DICT);
}

/* Item NUMBER of the tuple V, which the trace has made; its items were set right behind it. */
static _PyJitRef
item_of_new(const _PyJitBuilder *b, _PyJitRef v, uint64_t number)
{
    for (_PyJitRef ref = v + 1; ref < JIT_REF_BIAS + b->t->nins; ref++) {
        const _PyJitIns *ins = JIT_INS(b->t, ref);
        if (ins->op == JIT_OP_INIT_TUPLE_ITEM && ins->a == v) {
            if (ins->aux == number) {
                return ins->b;
            }
        }
        else if (ins->op != JIT_OP_INCREF) {
            break;
        }
    }
    return JIT_REF_NONE;
}

/* What OP says of V, a list, tuple or string that the trace has made. */
static _PyJitRef
known_of_new(_PyJitBuilder *b, int op, _PyJitRef v, _PyJitRef right)
{
    const _PyJitIns *ins = JIT_INS(b->t, v);
    if (ins->op == JIT_OP_NEW_LIST || ins->op == JIT_OP_STR_CONCAT) {
        return op == (ins->op == JIT_OP_NEW_LIST ? JIT_OP_GUARD_LIST : JIT_OP_GUARD_STR) ? JIT_REF_BIAS : JIT_REF_NONE;
    }
    if (!is_new_tuple(ins)) {
        return JIT_REF_NONE;
    }
    switch (op) {
        case JIT_OP_GUARD_TUPLE: return JIT_REF_BIAS;
        case JIT_OP_TUPLE_SIZE: return whole(b, ins->aux);
        case JIT_OP_TUPLE_GET: return JIT_IS_CONST(right) ? item_of_new(b, v, JIT_INS(b->t, right)->bits) : JIT_REF_NONE;
        case JIT_OP_GUARD_TUPLE_INDEX:
            return JIT_IS_CONST(right) && JIT_INS(b->t, right)->bits < ins->aux ? JIT_REF_BIAS : JIT_REF_NONE;
        default: return JIT_REF_NONE;
    }
}

/* FUNCTION, a constant, has VERSION, and its code is one that the trace depends on: who changes it drops the trace. */
static bool
is_function_of(const _PyJitBuilder *b, uint64_t function, uint32_t version)
{
    PyFunctionObject *f = (PyFunctionObject *)(uintptr_t)function;
    if (f == NULL || !PyFunction_Check(f) || f->func_version != version) {
        return false;
    }
    for (uint32_t i = 0; i < b->t->ncodes; i++) {
        if ((PyObject *)b->t->codes[i] == f->func_code) {
            return true;
        }
    }
    return false;
}

_PyJitRef
_PyJitFold(_PyJitBuilder *b, int op, _PyJitRef left, _PyJitRef right, uint32_t aux)
{
    assert(left != JIT_REF_NONE);
    if (is_fresh(b, op, left, aux)) {
        return JIT_REF_BIAS;   // START
    }
    _PyJitRef known = known_of_new(b, op, left, right);
    if (known != JIT_REF_NONE) {
        return known;
    }
    uint64_t x = 0, y = 0;
    double fx, fy;
    bool left_const = JIT_IS_CONST(left), right_const = right != JIT_REF_NONE && JIT_IS_CONST(right);
    if (left_const) {
        x = JIT_INS(b->t, left)->bits;
    }
    if (right_const) {
        y = JIT_INS(b->t, right)->bits;
    }
    memcpy(&fx, &x, sizeof(fx));
    memcpy(&fy, &y, sizeof(fy));
    if (op == JIT_OP_GUARD_FUNCTION) {
        return left_const && is_function_of(b, x, aux) ? JIT_REF_BIAS : JIT_REF_NONE;
    }
    if (right == JIT_REF_NONE) {
        return left_const ? fold_unary(b, op, (int64_t)x, fx) : unboxed(b, op, left);
    }
    if (left_const && right_const) {
        _PyJitRef folded = fold_ints(b, op, (int64_t)x, (int64_t)y);
        return folded != JIT_REF_NONE ? folded : fold_reals(b, op, fx, fy);
    }
    if (right_const) {
        return identity(b, op, left, (int64_t)y);
    }
    if (left_const && (_PyJit_Ops[op].flags & JIT_OPFLAG_COMMUTATIVE)) {
        return identity(b, op, right, (int64_t)x);
    }
    return JIT_REF_NONE;
}

#endif /* _Py_TIER2 */
