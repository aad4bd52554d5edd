inst(STATEMENT, (value --)) {
    Py_DECREF(value)
}
