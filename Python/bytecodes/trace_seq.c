// Trace operations on lists, tuples and their iterators.
//
// Items are borrowed: from a list until something in the heap is written, from a tuple as long as the tuple is there.  Checks of
// type and index are operations of their own, so each is done once: what is stored in a list does not change its length.
// Iterators are changed at once, like a range's.

trace op(GUARD_LIST, (o: object --)) pure exits {
    EXIT_IF(!PyList_CheckExact(o));
}

// The same, but O may be of a class derived from list, too.
trace op(GUARD_LIST_OR_DERIVED, (o: object --)) pure exits {
    EXIT_IF(!PyList_Check(o));
}

trace op(GUARD_TUPLE, (o: object --)) pure exits {
    EXIT_IF(!PyTuple_CheckExact(o));
}

trace op(LIST_SIZE, (list: object -- r: i64)) pure reads length {
    r = PyList_GET_SIZE(list);
}

trace op(TUPLE_SIZE, (tuple: object -- r: i64)) pure {
    r = PyTuple_GET_SIZE(tuple);
}

// Leave unless I is the index of an item; negative ones count from the end in Python, but not here.
trace op(GUARD_LIST_INDEX, (list: object, i: i64 --)) pure exits reads length {
    EXIT_IF((uint64_t)i >= (uint64_t)PyList_GET_SIZE(list));
}

trace op(GUARD_TUPLE_INDEX, (tuple: object, i: i64 --)) pure exits {
    EXIT_IF((uint64_t)i >= (uint64_t)PyTuple_GET_SIZE(tuple));
}

// An item, borrowed.
trace op(LIST_GET, (list: object, i: i64 -- r: object)) pure reads item {
    r = PyList_GET_ITEM(list, i);
}

trace op(TUPLE_GET, (tuple: object, i: i64 -- r: object)) pure {
    r = PyTuple_GET_ITEM(tuple, i);
}

// Leaves if giving up one reference to V could run code of users: it is the last one, and V is not plain.  Not pure.
trace op(GUARD_RELEASE, (v: object --)) exits {
    EXIT_IF(__builtin_expect(Py_REFCNT(v) == 1, 0) && !JIT_IS_PLAIN(v));
}

// Takes the reference to V; the item that was there is given up (GUARD_RELEASE).  Never leaves.
trace op(LIST_SET, (list: object, i: i64, v: object --)) writes item {
    PyObject *old = PyList_GET_ITEM(list, i);
    PyList_SET_ITEM(list, i, v);
    Py_DECREF(old);
}

// A float that nobody else has a reference to, as item.  Where the same holds for the float that is there, nobody can tell that
// it is used again.  Leaves, with nothing done, if the old item could not be given up silently or memory is short.
trace op(LIST_SET_FLOAT, (list: object, i: i64, v: f64 --)) exits writes item {
    PyObject *old = PyList_GET_ITEM(list, i);
    if (PyFloat_CheckExact(old) && Py_REFCNT(old) == 1) {
        ((PyFloatObject *)old)->ob_fval = v;
    }
    else {
        EXIT_IF(_PyJit_SetFloatItem(list, i, v) < 0);
    }
}

// Appends V with a reference of its own.  Leaves if memory is short (no exception is set then).
trace op(LIST_PUSH, (list: object, v: object --)) exits writes item writes length {
    PyListObject *self = (PyListObject *)list;
    Py_ssize_t size = Py_SIZE(self);
    if (size < self->allocated) {
        PyList_SET_ITEM(list, size, Py_NewRef(v));
        Py_SET_SIZE(self, size + 1);
    }
    else {
        EXIT_IF(_PyJit_AppendItem(list, v) < 0);
    }
}

// The last item, which the list gives up; the trace owns the reference.  Leaves, with nothing done, where there is none, or where the
// list gets smaller by so much that it gives back memory.
trace op(LIST_POP, (list: object -- r: object)) exits writes item writes length {
    PyListObject *self = (PyListObject *)list;
    Py_ssize_t size = Py_SIZE(self) - 1;
    EXIT_IF(size < 0 || size < self->allocated >> 1);
    r = self->ob_item[size];
    Py_SET_SIZE(self, size);
}

trace op(GUARD_LIST_ITER, (it: object --)) pure exits {
    EXIT_IF(Py_TYPE(it) != &PyListIter_Type);
}

trace op(GUARD_TUPLE_ITER, (it: object --)) pure exits {
    EXIT_IF(Py_TYPE(it) != &PyTupleIter_Type);
}

// The next item, borrowed.  Leave where there is none, before anything has changed.  Not pure.
trace op(LIST_ITER_NEXT, (it: object -- r: object)) exits {
    _PyListIterObject *iterator = (_PyListIterObject *)it;
    PyListObject *list = iterator->it_seq;
    EXIT_IF(list == NULL || (size_t)iterator->it_index >= (size_t)PyList_GET_SIZE(list));
    r = PyList_GET_ITEM(list, iterator->it_index++);
}

trace op(TUPLE_ITER_NEXT, (it: object -- r: object)) exits {
    _PyTupleIterObject *iterator = (_PyTupleIterObject *)it;
    PyTupleObject *tuple = iterator->it_seq;
    EXIT_IF(tuple == NULL || (size_t)iterator->it_index >= (size_t)PyTuple_GET_SIZE(tuple));
    r = PyTuple_GET_ITEM(tuple, iterator->it_index++);
}

// The iterator lets go of what it iterates over.  Leave if there is another item, or if code of users would run.  Not pure.
trace op(LIST_ITER_END, (it: object --)) exits calls {
    _PyListIterObject *iterator = (_PyListIterObject *)it;
    PyListObject *list = iterator->it_seq;
    if (list != NULL) {
        EXIT_IF((size_t)iterator->it_index < (size_t)PyList_GET_SIZE(list)
                || (Py_REFCNT(list) == 1 && !_PyJit_EndsQuietly((PyObject *)list, 1)));
        iterator->it_index = -1;
        iterator->it_seq = NULL;
        Py_DECREF(list);
    }
}

trace op(TUPLE_ITER_END, (it: object --)) exits calls {
    _PyTupleIterObject *iterator = (_PyTupleIterObject *)it;
    PyTupleObject *tuple = iterator->it_seq;
    if (tuple != NULL) {
        EXIT_IF((size_t)iterator->it_index < (size_t)PyTuple_GET_SIZE(tuple)
                || (Py_REFCNT(tuple) == 1 && !_PyJit_EndsQuietly((PyObject *)tuple, 1)));
        iterator->it_seq = NULL;
        Py_DECREF(tuple);
    }
}

// The next item of a builtin iterator of any type (Python/jit/iterators.c); the trace owns the reference.  Leaves, with nothing done, where
// there is none, or the step could run code of users.  The tuple that it gave before may change.
trace op(ITER_NEXT, (it: object -- r: object)) exits calls writes event {
    r = _PyJit_IterNext(it);
    EXIT_IF(r == NULL);
}

// The next tuple of `aux` items of a zip, an enumerate or the items of a dict, which keeps it and uses it again: borrowed until the next step.
// The number in that of an enumerate is not written: ENUMERATE_NUMBER is it.  Leaves as ITER_NEXT does, and where the tuple is not the
// iterator's alone.
trace op(ITER_STEP, (it: object -- r: object)) exits calls writes event {
    r = _PyJit_IterStep(it, JIT_AUX);
    EXIT_IF(r == NULL);
}

// The number of the last step of an enumerate.  Not pure.
trace op(ENUMERATE_NUMBER, (it: object -- r: i64)) {
    r = ((_PyJitEnumerate *)it)->next - 1;
}

// Leaves, with nothing done, unless such an iterator is at its end.  If somebody else has it, it lets go of what it goes over, as where it is
// asked for another item; leaves if that could run code of users.
trace op(ITER_END, (it: object --)) exits calls {
    EXIT_IF(_PyJit_IterEnd(it) < 0);
}

// 0 for an empty string, else 1; leaves for what is no exact str.
trace op(STR_TRUE, (o: object -- r: i64)) pure exits {
    EXIT_IF(!PyUnicode_CheckExact(o));
    r = PyUnicode_GET_LENGTH(o) != 0;
}

// A new slice of a list, an exact tuple or an exact str from FROM to TO, which count from the end if they are negative; the trace
// owns the reference.  Leaves, with nothing done, where memory is short.  Calls C.
trace op(SLICE, (o: object, from: i64, to: i64 -- r: object)) exits calls writes event {
    r = _PyJit_Slice(o, from, to);
    EXIT_IF(r == NULL);
}
