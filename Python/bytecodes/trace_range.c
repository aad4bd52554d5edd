// Trace operations on range iterators.  The iterator's own fields are changed at once, so it is exact whenever anything looks
// at it.

// Leaves unless IT is an exact iterator of a range of machine-size numbers.
trace op(GUARD_RANGE, (it: object --)) pure exits {
    EXIT_IF(Py_TYPE(it) != &PyRangeIter_Type);
}

// The next number.  Leaves where there is none, before anything has changed.  Not pure.
trace op(RANGE_NEXT, (it: object -- r: i64)) exits {
    _PyRangeIterObject *range = (_PyRangeIterObject *)it;
    EXIT_IF(range->len <= 0);
    long value = range->start;
    range->start = (long)((unsigned long)value + (unsigned long)range->step);
    range->len--;
    r = value;
}

// Leaves if there is another number.  Not pure.
trace op(RANGE_END, (it: object --)) exits {
    EXIT_IF(((_PyRangeIterObject *)it)->len > 0);
}

// A new iterator of range(START, STOP, aux - JIT_STEP_BIAS); the step is not 0.  Leaves if memory is short, or the numbers are
// so large that another kind of iterator may be needed.  Calls C.
trace op(RANGE_ITER, (start: i64, stop: i64 -- it: object)) exits calls {
    it = _PyJit_NewRangeIterator(start, stop, (int64_t)JIT_AUX - JIT_STEP_BIAS);
    EXIT_IF(it == NULL);
}
