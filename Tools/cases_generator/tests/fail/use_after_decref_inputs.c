inst(LENGTH, (value -- res)) {
    DECREF_INPUTS();
    res = PyLong_FromSsize_t(Py_SIZE(value));
    ERROR_IF(res == NULL, error);
}
