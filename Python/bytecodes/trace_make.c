// Trace operations that make objects.  The trace has the only reference to what is new.  All of them leave, with nothing done, where
// memory is short, and may make the collector pending.

// A list or a tuple of `aux` items, which have to be set before anything else can look at it.
trace op(NEW_LIST, (-- r: object)) exits calls writes event {
    r = _PyJit_NewList((uint32_t)JIT_AUX);
    EXIT_IF(r == NULL);
}

trace op(NEW_TUPLE, (-- r: object)) exits calls writes event {
    r = _PyJit_NewTuple((uint32_t)JIT_AUX);
    EXIT_IF(r == NULL);
}

// The same where OTHER was made for the same instruction, whose reference goes if it leaves.
trace op(NEW_TUPLE_WITH, (other: object -- r: object)) exits calls writes event {
    r = _PyJit_NewTupleWith(other, (uint32_t)JIT_AUX);
    EXIT_IF(r == NULL);
}

// Item `aux` of a new list or tuple; takes the reference to V.  Never leave.
trace op(INIT_ITEM, (list: object, v: object --)) {
    PyList_SET_ITEM(list, (Py_ssize_t)JIT_AUX, v);
}

trace op(INIT_TUPLE_ITEM, (tuple: object, v: object --)) {
    PyTuple_SET_ITEM(tuple, (Py_ssize_t)JIT_AUX, v);
}

// A new iterator of O, whose type is a builtin one that has a type of its own for it.  `aux`: JIT_ITER_.
trace op(NEW_ITER, (o: object -- r: object)) exits calls writes event {
    r = _PyJit_New(Py_TYPE(o)->tp_iter(o));
    EXIT_IF(r == NULL);
}

// A new iterator of the keys (`aux` 0), values (1) or items (2) of O, without the view of them; leaves where O is no dict.
trace op(NEW_DICT_ITER, (o: object -- r: object)) exits calls writes event {
    r = _PyJitIter_NewOfDict(o, (uint32_t)JIT_AUX);
    EXIT_IF(r == NULL);
}

// A function of CODE with GLOBALS, and without closure and defaults.
trace op(NEW_FUNCTION, (globals: object, code: object -- r: object)) exits calls writes event {
    r = _PyJit_NewFunction(globals, (PyCodeObject *)code);
    EXIT_IF(r == NULL);
}

// Leaves where somebody watches how functions are made and end: they have to be made then.
trace op(GUARD_UNWATCHED, (--)) pure reads type exits {
    EXIT_IF(tstate->interp->active_func_watchers != 0);
}

// The function of the frame the trace runs in.
trace op(LOAD_FUNCTION, (-- f: object)) pure reads frame {
    f = frame->f_funcobj;
}

// What stands `aux` bytes from the address of F, a new function, and is NULL; takes the reference to V.
trace op(INIT_FUNCTION, (f: object, v: object --)) {
    *(PyObject **)((char *)f + JIT_AUX) = v;
}

// A bound method: function F with SELF.
trace op(NEW_METHOD, (f: object, self: object -- r: object)) exits calls writes event {
    r = _PyJit_New(PyMethod_New(f, self));
    EXIT_IF(r == NULL);
}

// A string that is equal to S.
trace op(NEW_NAME, (s: object -- r: object)) exits calls {
    r = _PyJit_New(_PyUnicode_Copy(s));
    EXIT_IF(r == NULL);
}

// A cell with nothing in it.
trace op(NEW_CELL, (-- r: object)) exits calls writes event {
    r = _PyJit_New(PyCell_New(NULL));
    EXIT_IF(r == NULL);
}

// A new cell takes the reference to V.
trace op(INIT_CELL, (cell: object, v: object --)) {
    ((PyCellObject *)cell)->ob_ref = v;
}

// Two exact strings as one.
trace op(STR_CONCAT, (a: object, b: object -- r: object)) exits calls {
    r = _PyJit_New(PyUnicode_Concat(a, b));
    EXIT_IF(r == NULL);
}
