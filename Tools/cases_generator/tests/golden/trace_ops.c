// Operations of traces.
trace op(FADD, (a: f64, b: f64 -- r: f64)) pure commutative {
    r = a + b;
}

trace op(IADD, (a: i64, b: i64 -- r: i64)) pure commutative {
    EXIT_IF(__builtin_add_overflow(a, b, &r));
}

trace op(BOX_FLOAT, (value: f64 -- box: float)) {
    box = PyFloat_FromDouble(value);
    ERROR_IF(box == NULL, error);
}

trace op(AT, (where: ip, expected: object --)) exits {
    EXIT_IF(where != JIT_EXPECTED_IP || expected == NULL);
}

trace op(STOP, (--)) exits ends {
    JIT_SIDE_EXIT();
}

trace op(FIELD, (o: object -- r: object)) pure reads attr reads type {
    r = ((PyObject **)o)[JIT_AUX];
}

trace op(SET_FIELD, (o: object, v: object --)) writes attr {
    ((PyObject **)o)[JIT_AUX] = v;
}
