trace op(CLEAR, (o: object --)) writes {
    Py_SET_SIZE(o, 0);
}
