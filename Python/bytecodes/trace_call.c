// Trace operations of calls.  A frame of a function that was inlined exists in the builder's slot map only; PUSH_FRAME makes it before
// something that can see frames, and Python/jit/restore.c makes it where the trace leaves.

// Leaves unless F is a function of version `aux`: its code, and how it takes arguments, are then as they were recorded.
trace op(GUARD_FUNCTION, (f: object --)) pure reads type exits {
    EXIT_IF(!PyFunction_Check(f) || ((PyFunctionObject *)f)->func_version != JIT_AUX);
}

// Leave unless the function F, and so a frame that runs it, has this very dict for its globals, or for its builtins.  Neither ever
// changes.
trace op(GUARD_GLOBALS_OF, (f: object, dict: object --)) pure exits {
    EXIT_IF(((PyFunctionObject *)f)->func_globals != dict);
}

trace op(GUARD_BUILTINS_OF, (f: object, dict: object --)) pure exits {
    EXIT_IF(((PyFunctionObject *)f)->func_builtins != dict);
}

// Leaves unless V is NULL: a call without `self`.
trace op(GUARD_NULL, (v: object --)) pure exits {
    EXIT_IF(v != NULL);
}

// Leaves where `aux` frames more, one in the other, would be too many.
trace op(GUARD_RECURSION, (--)) pure reads frame exits {
    EXIT_IF(tstate->py_recursion_remaining <= (int)JIT_AUX);
}

// Leaves where the data stack has no room for frames of `aux` words together.
trace op(GUARD_STACK, (--)) pure reads frame exits {
    EXIT_IF(tstate->datastack_top == NULL || (Py_ssize_t)JIT_AUX >= tstate->datastack_limit - tstate->datastack_top);
}

// What RESUME_CHECK does on entry to CODE: leaves while something is pending, or if CODE is not instrumented as it should be.
trace op(GUARD_RESUME, (code: object --)) pure exits {
    EXIT_IF(_Py_atomic_load_uintptr_relaxed(&tstate->eval_breaker)
            != FT_ATOMIC_LOAD_UINTPTR_ACQUIRE(((PyCodeObject *)code)->_co_instrumentation_version));
}

// Leaves unless O lives on when `aux` references to it are given up.
trace op(GUARD_SHARED, (o: object --)) exits {
    EXIT_IF(Py_REFCNT(o) <= (Py_ssize_t)JIT_AUX);
}

// The frame of a call of F by the instruction at address CALL, of `aux` code units, whose operands the stack pointer has left behind.
// Its locals are NULL.  Takes a reference to F.  There is room: GUARD_RECURSION and GUARD_STACK have looked.
trace op(PUSH_FRAME, (f: object, call: i64 --)) writes frame {
    _PyFrame_SetStackPointer(frame, stack_pointer);
    frame->instr_ptr = (_Py_CODEUNIT *)(intptr_t)call;
    frame->return_offset = (uint16_t)JIT_AUX;
    _PyInterpreterFrame *pushed = _PyFrame_PushUnchecked(tstate, (PyFunctionObject *)f, 0);
    pushed->previous = frame;
    tstate->current_frame = pushed;
    tstate->py_recursion_remaining--;
    frame = pushed;
    stack_pointer = _PyFrame_GetStackPointer(pushed);
}
