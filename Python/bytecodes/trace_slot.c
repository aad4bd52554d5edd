// Trace operations on slots of the frame the trace runs in, and checks of object values.
//
// `aux` (JIT_AUX) is an index into localsplus: locals first, then the evaluation stack.  An object in a register is never
// owned by it: LOAD_SLOT borrows from memory, and only INCREF or a box makes a reference that STORE_SLOT or STORE_STACK
// may take.  The builder (Python/jit/build/moves.c) sees to it that nothing can leave between the two.
//
// "Plain" is an object whose end runs nothing of users: an exact int, float, bool, str, or None.

// The object in a slot, borrowed.  NULL if a local is not bound: only GUARD_BOUND and GUARD_PLAIN may look at it then.  Not pure:
// memory changes.
trace op(LOAD_SLOT, (-- r: object)) {
    r = JIT_READ_SLOT();
}

// A local takes a reference to V; what stood there (plain, or NULL) is given up last.  Never leaves.  Calls C.
trace op(STORE_SLOT, (v: object --)) {
    PyObject *old = JIT_READ_SLOT();
    JIT_WRITE_SLOT(v);
    Py_XDECREF(old);
}

// A slot of the evaluation stack takes a reference to V; what stood there is nobody's.  Never leaves, calls nothing.
trace op(STORE_STACK, (v: object --)) {
    JIT_WRITE_SLOT(v);
}

// The stack pointer points to slot `aux`.
trace op(SET_SP, (--)) {
    stack_pointer = JIT_SLOT_ADDRESS();
}

// A new reference to V, for a store that follows.  Never leaves, calls nothing.
trace op(INCREF, (v: object --)) {
    Py_INCREF(v);
}

// Gives up a reference to a plain object.  Never leaves.  Calls C.
trace op(DECREF_PLAIN, (v: object --)) {
    Py_DECREF(v);
}

// Leaves if V, a local that was loaded, is not bound.
trace op(GUARD_BOUND, (v: object --)) pure exits {
    EXIT_IF(v == NULL);
}

// Leaves unless V is NULL or plain.
trace op(GUARD_PLAIN, (v: object --)) pure exits {
    // An int needs no call.
    EXIT_IF(v != NULL && __builtin_expect(!PyLong_CheckExact(v), 0) && !JIT_IS_PLAIN(v));
}

// Leave unless V is this very object.
trace op(GUARD_TRUE, (v: object --)) pure exits {
    EXIT_IF(v != Py_True);
}

trace op(GUARD_FALSE, (v: object --)) pure exits {
    EXIT_IF(v != Py_False);
}

trace op(GUARD_NONE, (v: object --)) pure exits {
    EXIT_IF(v != Py_None);
}

// Leaves if V is None.
trace op(GUARD_NOT_NONE, (v: object --)) pure exits {
    EXIT_IF(v == Py_None);
}

// Leaves if both are one object.
trace op(GUARD_DIFFERENT, (v: object, w: object --)) pure exits {
    EXIT_IF(v == w && v != NULL);
}

// Leaves if an event is pending (signal, other thread, collection): tier 1 handles it.  Each iteration looks.
trace op(GUARD_NO_EVENT, (--)) exits {
    EXIT_IF(_Py_atomic_load_uintptr_relaxed(&tstate->eval_breaker) & _PY_EVAL_EVENTS_MASK);
}

// Leaves if the frame has a frame object: through it anybody may write locals.  One that a traceback had, which nobody knows any more, goes.
trace op(GUARD_UNSEEN, (--)) exits {
    EXIT_IF(!JIT_IS_UNSEEN());
}
