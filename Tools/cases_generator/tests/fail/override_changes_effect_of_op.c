override op(_ADD, (left, right -- sum, extra)) {
    sum = PyNumber_Add(left, right);
    extra = Py_None;
    DECREF_INPUTS();
}
