inst(CROSSED, (value --)) {
    Py_DECREF(value};
}
