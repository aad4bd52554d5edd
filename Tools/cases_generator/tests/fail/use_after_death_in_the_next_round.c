inst(LENGTH, (value --)) {
    for (int i = 0; i < oparg; i++) {
        Py_DECREF(value);
    }
}
