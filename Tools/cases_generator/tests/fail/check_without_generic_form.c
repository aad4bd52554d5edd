inst(ALONE, (value -- value)) {
    DEOPT_IF(!PyLong_CheckExact(value));
}
