op(_MAKE, (-- item: _PyInterpreterFrame *)) {
    item = NULL;
}

op(_USE, (item --)) {
    DECREF_INPUTS();
}

macro(MAKE_AND_USE) = _MAKE + _USE;
