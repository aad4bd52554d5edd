// Arrays: a pointer into the stack; what is under them stays.
inst(GATHER, (list, items[oparg], unused[oparg - 1] -- list, first)) {
    first = Py_NewRef(items[0]);
    DECREF_INPUTS();
}

inst(SPREAD, (seq -- items[oparg])) {
    for (int i = 0; i < oparg; i++) {
        items[i] = Py_NewRef(PyTuple_GET_ITEM(seq, i));
    }
    DECREF_INPUTS();
}
