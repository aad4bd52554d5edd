inst(NEGATE, (value -- res)) {
    res = PyNumber_Negative(value);
    DECREF_INPUTS();
    ERROR_IF(res == NULL, error);
}

family(NEGATE, 0) = {
    NEGATE_INT,
};
