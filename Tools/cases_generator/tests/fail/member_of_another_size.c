inst(NEGATE, (unused/1, value -- res)) {
    res = PyNumber_Negative(value);
    DECREF_INPUTS();
    ERROR_IF(res == NULL, error);
}

inst(NEGATE_INT, (unused/1, unused/1, value -- value)) {
    DEOPT_IF(!PyLong_CheckExact(value));
}

family(NEGATE, 1) = {
    NEGATE_INT,
};
