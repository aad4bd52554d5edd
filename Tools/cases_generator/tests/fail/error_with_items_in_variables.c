op(_GIVE, (-- low, high)) {
    low = Py_NewRef(Py_None);
    high = Py_NewRef(Py_None);
}

op(_FAIL, (high --)) {
    Py_DECREF(high);
    if (PyErr_Occurred()) {
        ERROR_NO_POP();
    }
}

macro(GIVE_AND_FAIL) = _GIVE + _FAIL;
