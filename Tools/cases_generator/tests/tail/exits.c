// Ways out of an instruction lead to labels at the end of its function, which go on with functions all instructions share.
inst(FAIL_TWO, (left, right --)) {
    int failed = PyObject_Compare(left, right);
    DECREF_INPUTS();
    ERROR_IF(failed, error);
}

inst(FAIL_WITHOUT_HANDLING, (value --)) {
    assert(throwflag);
    assert(frame != &entry_frame);
    restore_error(tstate, value);
    goto exception_unwind;
}

op(_LEAVE, (retval --)) {
    SYNC_SP();
    _PyFrame_SetStackPointer(frame, stack_pointer);
    frame = tstate->current_frame = frame->previous;
    goto resume_frame;
}

macro(LEAVE_FRAME) = _LEAVE;

inst(ENTER_FRAME, (callable -- unused)) {
    DISPATCH_INLINED(new_frame(tstate, callable));
}

// The only one that leaves the loop: C gets what it returns.
inst(LEAVE_LOOP, (retval --)) {
    return retval;
}

inst(JUMP_CHECKED, (--)) {
    JUMPBY(-oparg);
    CHECK_EVAL_BREAKER();
}
