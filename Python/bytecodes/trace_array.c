// Trace operations on arrays of numbers (module array): what is in them is raw already.
//
// The version of the type was checked, and so the layout is known (_PyJitArray).  What kind of numbers an array has never changes;
// how many there are does by opaque instructions only.  So does what a buffer of the array's memory changes.

// The code of the kind: 'd', 'i', ...
trace op(ARRAY_KIND, (a: object -- r: i64)) pure {
    r = *((_PyJitArray *)a)->kind;
}

trace op(ARRAY_SIZE, (a: object -- r: i64)) pure reads length {
    r = Py_SIZE(a);
}

// Leaves unless I is the index of a number; negative ones count from the end in Python, but not here.
trace op(GUARD_ARRAY_INDEX, (a: object, i: i64 --)) pure exits reads length {
    EXIT_IF((uint64_t)i >= (uint64_t)Py_SIZE(a));
}

trace op(ARRAY_GET_DOUBLE, (a: object, i: i64 -- r: f64)) pure reads item {
    r = ((double *)((_PyJitArray *)a)->numbers)[i];
}

trace op(ARRAY_GET_INT, (a: object, i: i64 -- r: i64)) pure reads item {
    r = ((int *)((_PyJitArray *)a)->numbers)[i];
}

// 'l' and 'q'.
trace op(ARRAY_GET_LONG, (a: object, i: i64 -- r: i64)) pure reads item {
    r = ((int64_t *)((_PyJitArray *)a)->numbers)[i];
}

trace op(ARRAY_GET_BYTE, (a: object, i: i64 -- r: i64)) pure reads item {
    r = ((unsigned char *)((_PyJitArray *)a)->numbers)[i];
}

trace op(ARRAY_SET_DOUBLE, (a: object, i: i64, v: f64 --)) writes item {
    ((double *)((_PyJitArray *)a)->numbers)[i] = v;
}

// Leave for a number that does not fit: tier 1 raises.
trace op(ARRAY_SET_INT, (a: object, i: i64, v: i64 --)) exits writes item {
    EXIT_IF(v != (int)v);
    ((int *)((_PyJitArray *)a)->numbers)[i] = (int)v;
}

trace op(ARRAY_SET_LONG, (a: object, i: i64, v: i64 --)) writes item {
    ((int64_t *)((_PyJitArray *)a)->numbers)[i] = v;
}

trace op(ARRAY_SET_BYTE, (a: object, i: i64, v: i64 --)) exits writes item {
    EXIT_IF(v != (unsigned char)v);
    ((unsigned char *)((_PyJitArray *)a)->numbers)[i] = (unsigned char)v;
}
