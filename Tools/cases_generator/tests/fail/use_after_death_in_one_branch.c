inst(LENGTH, (value -- res)) {
    if (Py_SIZE(value) == 0) {
        Py_DECREF(value);
    }
    res = Py_TYPE(value)->tp_doc ? Py_True : Py_False;
}
