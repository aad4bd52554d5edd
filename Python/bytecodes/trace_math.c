// Trace operations for functions of module math.

// The square root.  Leaves where there is none: tier 1 raises, or gives back what is not a number.
trace op(FSQRT, (a: f64 -- r: f64)) pure exits {
    EXIT_IF(!(a >= 0.0));
    r = sqrt(a);
}

// Function number `aux` (Python/jit/objects/math_functions.c).  Leaves where an argument or the result is not finite.  Calls C.
trace op(FMATH, (a: f64 -- r: f64)) pure exits calls {
    r = _PyJit_MathFunction1(JIT_AUX, a);
    EXIT_IF(r != r);
}

// The same of two arguments.
trace op(FMATH2, (a: f64, b: f64 -- r: f64)) pure exits calls {
    r = _PyJit_MathFunction2(JIT_AUX, a, b);
    EXIT_IF(r != r);
}
