// Trace operations: what a trace holds besides bytecode instructions.
//
// They are not instructions of tier 1.  The trace-IR interpreter and the stencils are made from these bodies; the macros in
// capitals are defined by Python/jit/run/interpreter.c and by the stencil template of Tools/jit.
//
// Flags: `exits` needs a snapshot; `ends` is the last operation of a trace.

// Where control enters an executor.  A running executor is never freed, whatever happens to the references to it.
trace op(START, (--)) {
    JIT_EXECUTOR->running++;
    JIT_EXECUTOR->entered++;
}

// The instruction before changed the instruction pointer; the trace goes on only where it was recorded.
trace op(GUARD_IP, (target: ip --)) exits {
    if (target != JIT_EXPECTED_IP) {
        JIT_SIDE_EXIT();
    }
}

// The instruction before may have run arbitrary code, which may have switched on monitoring or changed what the trace
// depends on.
trace op(CHECK_VALID, (--)) exits {
    if (!JIT_EXECUTOR->vm_data.valid) {
        JIT_SIDE_EXIT();
    }
}

// Never leaves, but that a test may ask for it (PYTHON_JIT_FORCE_EXIT): it leads on the way the trace goes, behind a branch whose own
// exit leads the other way.
trace op(MAY_LEAVE, (--)) exits {
    EXIT_IF(false);
}

// Back to operation number `aux`; 0: to the first one after START.  The PHIs that stand there take their second operands, all at
// the same time, and control goes on behind them.
trace op(LOOP, (--)) ends {
    JIT_LOOP();
}

// Begins a side trace that takes values from the exit it belongs to.  Whoever entered the root trace of the tree counts as running in
// all of it, but each of them has its own entries.
trace op(START_SIDE, (--)) {
    JIT_EXECUTOR->entered++;
}

// On to the loop of the root trace, behind its PHIs and the GUARD_NO_EVENT it may begin with.  The PASS operations before it say
// what they and the other values that live around that loop are now.
trace op(TO_HEAD, (--)) ends {
    JIT_TO_HEAD();
}

// The trace ends; control goes on at the snapshot's instruction, in another executor or in tier 1.
trace op(EXIT, (--)) exits ends {
    JIT_SIDE_EXIT();
}

// The same where the last instruction decides at run time where control goes on.
trace op(EXIT_DYNAMIC, (target: ip --)) exits ends {
    (void)target;
    JIT_SIDE_EXIT();
}
