inst(LENGTH, (value --)) {
    Py_DECREF(value);
    DEAD(value);
    Py_CLEAR(value);
}
