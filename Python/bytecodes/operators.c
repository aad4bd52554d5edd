// The instructions of continuation frames (Python/jit/run/operators.c).

// An operator goes on with what its method has returned.  Other code has no such oparg.

override inst(CALL_INTRINSIC_1, (value -- res)) {
    res = JIT_CALL_INTRINSIC_1(oparg, value);
    DECREF_INPUTS();
    ERROR_IF(res == NULL, error);
}

// An operator that leaves nothing on its caller's stack, a store, has ended: its frame goes away, and nothing is returned.  No other code has
// this instruction, whose number upstream keeps free.
override inst(RESERVED, (--)) {
    _PyFrame_SetStackPointer(frame, stack_pointer);
    frame = JIT_END_CONTINUATION();
    LOAD_SP();
    LOAD_IP(frame->return_offset);
}
