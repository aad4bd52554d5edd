// Leaving with an error: items under the inputs are written first, and the pointer goes to what is left.
op(_GIVE_TWO, (-- low, high)) {
    low = Py_None;
    high = Py_None;
}

op(_FAIL, (high -- res)) {
    res = PyNumber_Negative(high);
    DECREF_INPUTS();
    ERROR_IF(res == NULL, error);
}

macro(GIVE_AND_FAIL) = _GIVE_TWO + _FAIL;

inst(FAIL_IN_PLACE, (value -- value)) {
    if (PyErr_Occurred()) {
        ERROR_NO_POP();
    }
}

inst(FAIL_MANY, (args[oparg] --)) {
    DECREF_INPUTS();
    ERROR_IF(true, error);
}
