inst(KEEP, (value -- value)) {
    Py_DECREF(value);
}
