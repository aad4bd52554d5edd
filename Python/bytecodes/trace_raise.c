// Trace operations: instructions that raise (InternalDocs/typed_traces.md, Exceptions).
//
// An OPAQUE operation goes on at one of two places.  Behind one that raised when it was recorded stands UNRAISED, and behind that CATCH:
// that is where it goes if it raises.  One that did not raise may have ON_ERROR before it.

// The instruction before did not raise this time, and the trace is left behind it.
trace op(UNRAISED, (--)) exits {
    JIT_SIDE_EXIT();
}

// The same where that instruction decides at run time where control goes on.
trace op(UNRAISED_DYNAMIC, (target: ip --)) exits {
    (void)target;
    JIT_SIDE_EXIT();
}

// The instruction before UNRAISED has raised: on in the handler, which is at `target`.  `aux` says how to get there (_PyJitCatch_Way).
trace op(CATCH, (-- target: ip)) calls {
    _PyJitResult caught = _PyJit_Catch(tstate, frame, stack_pointer, next_instr, JIT_AUX);
    if (JIT_RESULT_STATUS(caught) != JIT_STATUS_DISPATCH) {
        JIT_EXECUTOR->anchor->running--;
        JIT_LEAVE(caught);
    }
    frame = tstate->current_frame;
    stack_pointer = _PyFrame_GetStackPointer(frame);
    target = JIT_RESULT_IP(caught);
}

// If the next instruction raises, the trace is left where that is handled.  No code.
trace op(ON_ERROR, (--)) exits {
    EXIT_IF(false);
}

// 1 if exception E is handled by `except C`, else 0.  Leaves unless C is a class of exceptions, or a tuple of some.  Runs no code of users.
trace op(EXC_MATCH, (e: object, c: object -- r: i64)) pure reads type exits calls {
    r = _PyJit_ExceptionMatches(e, c);
    EXIT_IF(r < 0);
}

// Stands for an exception of class C that is not made, where the trace is built (optimize/unmade.c).  Nothing uses it: no code is left of it.
trace op(UNMADE, (c: object -- e: object)) pure {
    e = c;
}

// 1 if S, an exact str, is surely nothing that int (float, if `aux` is 1) takes, else 0.
trace op(IS_NO_NUMBER, (s: object -- r: i64)) pure calls {
    r = _PyJit_IsNoNumber(s, JIT_AUX != 0);
}
