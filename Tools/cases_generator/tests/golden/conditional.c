// Items that are there for some arguments only.
inst(FETCH_METHOD, (owner, extra if (oparg == 2) -- attr, null if (oparg & 1))) {
    attr = Py_NewRef(owner);
    null = NULL;
    DECREF_INPUTS();
}
