// Stands for the base's definitions in tests: a few instructions and one family, in no need of being checked.
inst(NOTHING, (--)) {
}

inst(PUSH_LOCAL, (-- value)) {
    value = GETLOCAL(oparg);
    Py_INCREF(value);
}

family(ADD, 1) = {
    ADD_INT,
};

specializing op(_SPECIALIZE_ADD, (counter/1, left, right -- left, right)) {
    if (ADAPTIVE_COUNTER_TRIGGERS(counter)) {
        next_instr = this_instr;
        _Py_Specialize_Add(left, right, next_instr);
        DISPATCH_SAME_OPARG();
    }
}

op(_ADD, (left, right -- sum)) {
    sum = PyNumber_Add(left, right);
    DECREF_INPUTS();
    ERROR_IF(sum == NULL, error);
}

macro(ADD) = _SPECIALIZE_ADD + _ADD;

inst(ADD_INT, (unused/1, left, right -- sum)) {
    DEOPT_IF(!PyLong_CheckExact(left));
    sum = _PyLong_Add((PyLongObject *)left, (PyLongObject *)right);
    DECREF_INPUTS();
    ERROR_IF(sum == NULL, error);
}
