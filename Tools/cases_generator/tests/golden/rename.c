// Two operations call the same items by other names, crosswise: what lives in a variable only goes to memory first.
op(_MAKE_PAIR, (-- a, b)) {
    a = Py_None;
    b = Py_True;
}

op(_CROSS, (b, a -- res)) {
    res = Py_Is(a, b) ? Py_True : Py_False;
    DECREF_INPUTS();
}

macro(MAKE_AND_CROSS) = _MAKE_PAIR + _CROSS;
