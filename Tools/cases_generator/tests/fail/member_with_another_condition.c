inst(FETCH, (owner -- attr, null if (oparg & 1))) {
    attr = Py_NewRef(owner);
    null = NULL;
    DECREF_INPUTS();
}

inst(FETCH_SLOT, (owner -- attr, null if (oparg & 2))) {
    attr = Py_NewRef(owner);
    null = NULL;
    DECREF_INPUTS();
}

family(FETCH, 0) = {
    FETCH_SLOT,
};
