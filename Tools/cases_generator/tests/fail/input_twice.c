inst(SAME, (a, a --)) {
    DECREF_INPUTS();
}
