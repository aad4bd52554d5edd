// Trace operations on unboxed floats.  Those that call C say so.

// The value of an exact float; leaves for everything else.
trace op(UNBOX_FLOAT, (o: object -- r: f64)) pure exits {
    EXIT_IF(!PyFloat_CheckExact(o));
    r = ((PyFloatObject *)o)->ob_fval;
}

// A new reference to a float object.  Leaves if memory is short (no exception is set then).  Calls C.
trace op(BOX_FLOAT, (v: f64 -- o: float)) exits calls {
    o = PyFloat_FromDouble(v);
    if (o == NULL) {
        PyErr_Clear();
        JIT_SIDE_EXIT();
    }
}

trace op(FADD, (a: f64, b: f64 -- r: f64)) pure commutative {
    r = a + b;
}

trace op(FSUB, (a: f64, b: f64 -- r: f64)) pure {
    r = a - b;
}

trace op(FMUL, (a: f64, b: f64 -- r: f64)) pure commutative {
    r = a * b;
}

// Leaves where the divisor is a zero: tier 1 raises.
trace op(FDIV, (a: f64, b: f64 -- r: f64)) pure exits {
    EXIT_IF(b == 0.0);
    r = a / b;
}

trace op(FNEG, (a: f64 -- r: f64)) pure {
    r = -a;
}

// Rounds down, as Python does.  Leaves where the divisor is a zero: tier 1 raises.
trace op(FFLOORDIV, (a: f64, b: f64 -- r: f64)) pure exits calls {
    EXIT_IF(b == 0.0);
    r = _PyJit_FloatFloorDivide(a, b);
}

// Has the sign of the divisor.  Leaves where the divisor is a zero.
trace op(FMOD, (a: f64, b: f64 -- r: f64)) pure exits calls {
    EXIT_IF(b == 0.0);
    r = _PyJit_FloatModulo(a, b);
}

// Leaves where the result is no ordinary number: tier 1 knows infinities, not-a-number, overflow and complex results.
trace op(FPOW, (a: f64, b: f64 -- r: f64)) pure exits calls {
    r = _PyJit_FloatPower(a, b);
    EXIT_IF(r != r);
}

// 1.0 where the comparison holds, else 0.0: a result in the bank of the operands needs few variants.  FTRUE makes an int of it.
trace op(FLT, (a: f64, b: f64 -- r: f64)) pure {
    r = a < b ? 1.0 : 0.0;
}

trace op(FLE, (a: f64, b: f64 -- r: f64)) pure {
    r = a <= b ? 1.0 : 0.0;
}

trace op(FEQ, (a: f64, b: f64 -- r: f64)) pure {
    r = a == b ? 1.0 : 0.0;
}

// 0 for a zero, else 1: not-a-number is true.
trace op(FTRUE, (a: f64 -- r: i64)) pure {
    r = a != 0.0;
}

// Leave unless the comparison holds.  Not-a-number makes FLT, FLE and FEQ false, so the other direction of a branch has
// guards of its own: FNLT is `not a < b`, which is not `a >= b`.
trace op(GUARD_FLT, (a: f64, b: f64 --)) pure exits {
    EXIT_IF(!(a < b));
}

trace op(GUARD_FNLT, (a: f64, b: f64 --)) pure exits {
    EXIT_IF(a < b);
}

trace op(GUARD_FLE, (a: f64, b: f64 --)) pure exits {
    EXIT_IF(!(a <= b));
}

trace op(GUARD_FNLE, (a: f64, b: f64 --)) pure exits {
    EXIT_IF(a <= b);
}

trace op(GUARD_FEQ, (a: f64, b: f64 --)) pure exits {
    EXIT_IF(!(a == b));
}

trace op(GUARD_FNE, (a: f64, b: f64 --)) pure exits {
    EXIT_IF(a == b);
}

// The same number as a value of its own: it will be another object.  Not pure, so that it is never taken for A.
trace op(COPY_FLOAT, (a: f64 -- r: f64)) {
    r = a;
}

trace op(FABS, (a: f64 -- r: f64)) pure {
    r = fabs(a);
}

// What min() and max() take of A, B: B only if it is the smaller, or larger, one.
trace op(FMIN, (a: f64, b: f64 -- r: f64)) pure {
    r = b < a ? b : a;
}

trace op(FMAX, (a: f64, b: f64 -- r: f64)) pure {
    r = b > a ? b : a;
}

// Towards zero; leaves where the result does not fit 64 bits, or is none.
trace op(F2I, (a: f64 -- r: i64)) pure exits {
    EXIT_IF(!(a > -0x1p63 && a < 0x1p63));
    r = (int64_t)a;
}
