// Functions that are made.
//
// Upstream gives up the code object and then, where there is no memory for the function, once more with the rest of the stack.

override inst(MAKE_FUNCTION, (codeobj -- func)) {
    func = PyFunction_New(codeobj, GLOBALS());
    if (func != NULL) {
        _PyFunction_SetVersion((PyFunctionObject *)func, ((PyCodeObject *)codeobj)->co_version);
    }
    DECREF_INPUTS();
    ERROR_IF(func == NULL, error);
}
