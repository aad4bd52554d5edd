// Trace operations that call methods of exact strs (Python/jit/objects/str_methods.c).  `aux` is the number of the method; arguments that are
// not given are NULL.

// What the method gives, a new object; the trace owns the reference.  Leaves, with nothing done, where it fails.
trace op(CALL_STR, (s: object, first: object, second: object -- r: object)) exits calls writes event {
    r = _PyJit_CallStr((uint32_t)JIT_AUX, s, first, second);
    EXIT_IF(r == NULL);
}

// S and T, exact strs, one behind the other.  The reference to S goes over to R: that is S itself, grown, if nobody else has it.  Leaves, with
// nothing done, where memory is short.
trace op(STR_APPEND, (s: object, t: object -- r: object)) exits calls writes event {
    r = _PyJit_AppendStr(s, t);
    EXIT_IF(r == NULL);
}

// The same for a method that says True (1) or False (0).
trace op(TEST_STR, (s: object, argument: object -- r: i64)) pure exits calls {
    r = _PyJit_TestStr((uint32_t)JIT_AUX, s, argument);
    EXIT_IF(r < 0);
}
