inst(NOTHING_FROM_NOTHING, (-- value)) {
    PyErr_Clear();
}
