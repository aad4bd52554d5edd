// Trace operations on unboxed ints: 64 bits, two's complement.  What does not fit leaves, and tier 1 makes the big int.
// None of them calls C but BOX_INT.

// The value of an exact int of at most 63 bits and a sign; leaves for everything else.
trace op(UNBOX_INT, (o: object -- r: i64)) pure exits {
    EXIT_IF(!PyLong_CheckExact(o));
    if (__builtin_expect(!_PyLong_IsCompact((PyLongObject *)o), 0)) {
        EXIT_IF(!JIT_LARGE_VALUE(o, &r));
    }
    else {
        r = (int64_t)_PyLong_CompactValue((PyLongObject *)o);
    }
}

// A new reference to an int object.  Leaves if memory is short (no exception is set then).  Calls C.
trace op(BOX_INT, (v: i64 -- o: int)) exits calls {
    o = PyLong_FromLongLong(v);
    if (o == NULL) {
        PyErr_Clear();
        JIT_SIDE_EXIT();
    }
}

// These leave on overflow.
trace op(IADD, (a: i64, b: i64 -- r: i64)) pure commutative exits {
    EXIT_IF(__builtin_add_overflow(a, b, &r));
}

trace op(ISUB, (a: i64, b: i64 -- r: i64)) pure exits {
    EXIT_IF(__builtin_sub_overflow(a, b, &r));
}

trace op(IMUL, (a: i64, b: i64 -- r: i64)) pure commutative exits {
    EXIT_IF(__builtin_mul_overflow(a, b, &r));
}

trace op(INEG, (a: i64 -- r: i64)) pure exits {
    EXIT_IF(__builtin_sub_overflow((int64_t)0, a, &r));
}

// These never leave.
trace op(INOT, (a: i64 -- r: i64)) pure {
    r = ~a;
}

trace op(IAND, (a: i64, b: i64 -- r: i64)) pure commutative {
    r = a & b;
}

trace op(IOR, (a: i64, b: i64 -- r: i64)) pure commutative {
    r = a | b;
}

trace op(IXOR, (a: i64, b: i64 -- r: i64)) pure commutative {
    r = a ^ b;
}

// Rounds down, as Python does.  Leaves where the divisor is 0 (tier 1 raises) or -1 (the quotient may not fit).
trace op(IFLOORDIV, (a: i64, b: i64 -- r: i64)) pure exits {
    EXIT_IF((uint64_t)b + 1 <= 1);
    r = a / b;
    r -= (a % b != 0) & ((a ^ b) < 0);
}

// Has the sign of the divisor.  Leaves where the divisor is 0 or -1.
trace op(IMOD, (a: i64, b: i64 -- r: i64)) pure exits {
    EXIT_IF((uint64_t)b + 1 <= 1);
    r = a % b;
    r += r != 0 && (r ^ b) < 0 ? b : 0;
}

// int.bit_length() and int.bit_count(), which both ask for the absolute value.
trace op(IBIT_LENGTH, (a: i64 -- r: i64)) pure {
    uint64_t value = a < 0 ? 0 - (uint64_t)a : (uint64_t)a;
    r = value == 0 ? 0 : 64 - __builtin_clzll(value);
}

trace op(IBIT_COUNT, (a: i64 -- r: i64)) pure {
    uint64_t value = a < 0 ? 0 - (uint64_t)a : (uint64_t)a;
    value -= value >> 1 & 0x5555555555555555;
    value = (value & 0x3333333333333333) + (value >> 2 & 0x3333333333333333);
    r = (int64_t)(((value + (value >> 4)) & 0x0f0f0f0f0f0f0f0f) * 0x0101010101010101 >> 56);
}

// Exact only where both fit a double; leaves elsewhere, and where the divisor is 0.
trace op(ITRUEDIV, (a: i64, b: i64 -- r: f64)) pure exits {
    EXIT_IF(b == 0 || (uint64_t)a + ((uint64_t)1 << 53) > (uint64_t)1 << 54
            || (uint64_t)b + ((uint64_t)1 << 53) > (uint64_t)1 << 54);
    r = (double)a / (double)b;
}

// Leaves where the count is not 0..62 or bits would be lost.
trace op(ISHL, (a: i64, b: i64 -- r: i64)) pure exits {
    EXIT_IF((uint64_t)b > 62);
    r = (int64_t)((uint64_t)a << b);
    EXIT_IF(r >> b != a);
}

// Leaves where the count is negative (tier 1 raises).
trace op(ISHR, (a: i64, b: i64 -- r: i64)) pure exits {
    EXIT_IF(b < 0);
    r = a >> (b > 63 ? 63 : b);
}

// Leaves where the exponent is negative (the result is a float) or the result does not fit.
trace op(IPOW, (a: i64, b: i64 -- r: i64)) pure exits {
    EXIT_IF(b < 0);
    int64_t power = a;
    r = 1;
    for (uint64_t left = (uint64_t)b; left != 0;) {
        if (left & 1) {
            EXIT_IF(__builtin_mul_overflow(r, power, &r));
        }
        left >>= 1;
        if (left != 0) {
            EXIT_IF(__builtin_mul_overflow(power, power, &power));
        }
    }
}

// The nearest double, ties to even: what Python's mixed arithmetic makes of an int.
trace op(I2F, (a: i64 -- r: f64)) pure {
    r = (double)a;
}

// The same number as a double; leaves where there might be none.  For comparisons, which are exact.
trace op(I2F_EXACT, (a: i64 -- r: f64)) pure exits {
    EXIT_IF((uint64_t)a + ((uint64_t)1 << 53) > (uint64_t)1 << 54);
    r = (double)a;
}

// 1 where the comparison holds, else 0.
trace op(ILT, (a: i64, b: i64 -- r: i64)) pure {
    r = a < b;
}

trace op(ILE, (a: i64, b: i64 -- r: i64)) pure {
    r = a <= b;
}

trace op(IEQ, (a: i64, b: i64 -- r: i64)) pure commutative {
    r = a == b;
}

// Leave unless the comparison holds.
trace op(GUARD_ILT, (a: i64, b: i64 --)) pure exits {
    EXIT_IF(!(a < b));
}

trace op(GUARD_ILE, (a: i64, b: i64 --)) pure exits {
    EXIT_IF(!(a <= b));
}

trace op(GUARD_IGT, (a: i64, b: i64 --)) pure exits {
    EXIT_IF(!(a > b));
}

trace op(GUARD_IGE, (a: i64, b: i64 --)) pure exits {
    EXIT_IF(!(a >= b));
}

trace op(GUARD_IEQ, (a: i64, b: i64 --)) pure exits {
    EXIT_IF(a != b);
}

trace op(GUARD_INE, (a: i64, b: i64 --)) pure exits {
    EXIT_IF(a == b);
}

// The same number as a value of its own: it will be another object.  Not pure, so that it is never taken for A.
trace op(COPY_INT, (a: i64 -- r: i64)) {
    r = a;
}

trace op(IABS, (a: i64 -- r: i64)) pure exits {
    EXIT_IF(a == INT64_MIN);
    r = a < 0 ? -a : a;
}

trace op(IMIN, (a: i64, b: i64 -- r: i64)) pure {
    r = b < a ? b : a;
}

trace op(IMAX, (a: i64, b: i64 -- r: i64)) pure {
    r = b > a ? b : a;
}
