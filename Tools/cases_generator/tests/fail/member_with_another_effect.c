inst(NEGATE, (value -- res)) {
    res = PyNumber_Negative(value);
    DECREF_INPUTS();
    ERROR_IF(res == NULL, error);
}

inst(NEGATE_INT, (value -- value, value2)) {
    value2 = Py_None;
}

family(NEGATE, 0) = {
    NEGATE_INT,
};
