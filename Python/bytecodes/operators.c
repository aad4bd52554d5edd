// The instruction of continuation frames (Python/jit/run/operators.c): an operator goes on with what its method has returned.  Other code
// has no such oparg.

override inst(CALL_INTRINSIC_1, (value -- res)) {
    res = JIT_CALL_INTRINSIC_1(oparg, value);
    DECREF_INPUTS();
    ERROR_IF(res == NULL, error);
}
