// Trace operations on truth values: as a number they are 0 or 1, as an object one of the two that never die, so nobody has to own
// the result of BOOL_OF.

// The bool object of a number that is 0 or 1.
trace op(BOOL_OF, (v: i64 -- o: bool)) pure {
    o = v != 0 ? Py_True : Py_False;
}

// 0 or 1; leaves for everything but a bool.
trace op(UNBOX_BOOL, (o: object -- r: i64)) pure exits {
    EXIT_IF(!PyBool_Check(o));
    r = (int64_t)((PyLongObject *)o)->long_value.ob_digit[0];
}

// Leaves unless all objects of the type of O are true; None is not.
trace op(GUARD_ALWAYS_TRUE, (o: object --)) pure reads type exits {
    EXIT_IF(o == Py_None || !_PyJit_IsAlwaysTrue(Py_TYPE(o)));
}

// Leaves unless O is equal to itself only, as `object` has it: its type says so.
trace op(GUARD_IDENTITY, (o: object --)) pure reads type exits {
    EXIT_IF(Py_TYPE(o)->tp_richcompare != PyBaseObject_Type.tp_richcompare);
}

// 1 if both are one object, else 0.
trace op(SAME, (a: object, b: object -- r: i64)) pure commutative {
    r = a == b;
}
