// A failed check goes back to the beginning of the generic form, over the units of the instruction with its caches.
inst(ADD_FLOAT, (unused/1, left, right -- sum)) {
    DEOPT_IF(!PyFloat_CheckExact(left));
    double both = PyFloat_AS_DOUBLE(left) + PyFloat_AS_DOUBLE(right);
    DECREF_INPUTS();
    sum = PyFloat_FromDouble(both);
    ERROR_IF(sum == NULL, error);
}

override family(ADD, 1) = {
    ADD_INT,
    ADD_FLOAT,
};

// The generic form has no label: its own instruction pointer is needed from the beginning.
override op(_ADD, (left, right -- sum)) {
    sum = add_and_note(left, right, this_instr);
    DECREF_INPUTS();
    ERROR_IF(sum == NULL, error);
}

inst(INSTRUMENTED_ADD, (unused/1 --)) {
    PAUSE_ADAPTIVE_COUNTER(this_instr[1].cache);
    GO_TO_INSTRUCTION(ADD);
}
