override inst(NOTHING, (-- value)) {
    value = Py_None;
}
