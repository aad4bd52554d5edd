inst(OPEN, (value --)) {
    if (value) {
        Py_DECREF(value);
}

inst(AFTER, (--)) {
}
