// The stack is complete before the check that may run signal handlers.
inst(CALL_AND_CHECK, (func -- res)) {
    res = PyObject_CallNoArgs(func);
    DECREF_INPUTS();
    ERROR_IF(res == NULL, error);
    CHECK_EVAL_BREAKER();
}
