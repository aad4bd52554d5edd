// The places where tier 1 meets the JIT: a loop's back-edge and a function's first instruction count, and an executor is entered.
//
// JIT_LOOP_HOT and JIT_CALL_HOT are defined in pycore_jit_tier1.h; inside traces and without the JIT they are nothing.

// The cache word counts iterations upwards in its low twelve bits; the high four bits count the traces that could not be
// made from here (Python/jit/record/finish.c).
override tier1 inst(JUMP_BACKWARD, (unused/1 --)) {
    JIT_LOOP_HOT(this_instr);
    CHECK_EVAL_BREAKER();
    JUMPBY(-oparg);
}

// Signals, pending calls and monitoring all show in one word that must equal the version this code was instrumented for.
override inst(RESUME_CHECK, (--)) {
    uintptr_t events = _Py_atomic_load_uintptr_relaxed(&tstate->eval_breaker);
    PyCodeObject *running = _PyFrame_GetCode(frame);
    DEOPT_IF(events != FT_ATOMIC_LOAD_UINTPTR_ACQUIRE(running->_co_instrumentation_version));
    JIT_CALL_HOT(this_instr);
}

// The evaluation loop stays in tier 1 while something is pending: RESUME_CHECK would leave the executor at once.
override tier1 inst(ENTER_EXECUTOR, (--)) {
    #ifdef _Py_TIER2
    JIT_ENTER_EXECUTOR(this_instr);
    #else
    Py_FatalError("bytecode holds ENTER_EXECUTOR, but this python was built without a JIT");
    #endif
}
