// A macro: the first operation checks and leaves its inputs where they are, the second takes them from the variables.
op(_CHECK_BOTH, (left, right -- left, right)) {
    EXIT_IF(!PyLong_CheckExact(left));
    EXIT_IF(!PyLong_CheckExact(right));
}

op(_ADD_CHECKED, (left, right -- sum)) {
    sum = _PyLong_Add((PyLongObject *)left, (PyLongObject *)right);
    DECREF_INPUTS();
    ERROR_IF(sum == NULL, error);
}

override macro(ADD_INT) = unused/1 + _CHECK_BOTH + _ADD_CHECKED;
