inst(CHOOSE, (cond -- res)) {
    if (Py_IsTrue(cond)) {
        res = Py_False;
    }
    else if (Py_IsFalse(cond)) {
        ERROR_IF(true, error);
    }
}
