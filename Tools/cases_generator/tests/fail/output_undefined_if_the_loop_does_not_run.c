inst(CHOOSE, (-- res)) {
    for (int i = 0; i < oparg; i++) {
        res = Py_None;
    }
}
