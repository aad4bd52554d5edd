// Jumps: one that is always taken, one that depends, one that skips; and what only tier 1 does.
inst(GO, (unused/1 --)) {
    #ifdef _Py_TIER2
    count_this_round();
    #endif
    JUMPBY(-oparg);
}

inst(GO_IF, (cond --)) {
    #if ENABLE_SPECIALIZATION
    this_instr[1].cache++;
    #endif
    JUMPBY(oparg * Py_IsTrue(cond));
}

inst(SKIP_NEXT, (--)) {
    assert(frame != &entry_frame);
    assert(opcode == SKIP_NEXT);
    SKIP_OVER(1);
}
