// Trace operations of calls.  A frame of a function that was inlined exists in the builder's slot map only; PUSH_FRAME makes it
// before something that can see frames, and Python/jit/run/restore.c makes it where the trace leaves.

// Leaves unless F is a function of version `aux`: its code is then as it was recorded.  Defaults, closure, globals and builtins may be
// those of another function that has the same code.
trace op(GUARD_FUNCTION, (f: object --)) pure reads type exits {
    EXIT_IF(!PyFunction_Check(f) || JIT_IS_NOT_AUX(((PyFunctionObject *)f)->func_version));
}

// Leave unless the function F, and so a frame that runs it, has this very dict for its globals, or for its builtins.  Neither
// ever changes.
trace op(GUARD_GLOBALS_OF, (f: object, dict: object --)) pure exits {
    EXIT_IF(((PyFunctionObject *)f)->func_globals != dict);
}

trace op(GUARD_BUILTINS_OF, (f: object, dict: object --)) pure exits {
    EXIT_IF(((PyFunctionObject *)f)->func_builtins != dict);
}

// Leaves unless V is NULL: a call without `self`.
trace op(GUARD_NULL, (v: object --)) pure exits {
    EXIT_IF(v != NULL);
}

// Leaves where `aux` frames more, one in the other, would be too many.
trace op(GUARD_RECURSION, (--)) pure reads frame exits {
    EXIT_IF(tstate->py_recursion_remaining <= (int)JIT_AUX);
}

// Leaves where the data stack has no room for frames of `aux` words together.
trace op(GUARD_STACK, (--)) pure reads frame exits {
    // Where there is no stack yet both are NULL.
    EXIT_IF(tstate->datastack_limit - tstate->datastack_top <= (Py_ssize_t)JIT_AUX);
}

// What RESUME_CHECK does on entry to code: leaves while something is pending.  An allocation may have made the collector pending.
// The instrumentation of the code is as it should be: whatever raises its version drops all traces.
trace op(GUARD_RESUME, (--)) pure reads event exits {
    EXIT_IF(_Py_atomic_load_uintptr_relaxed(&tstate->eval_breaker) & _PY_EVAL_EVENTS_MASK);
}

// Leaves unless O lives on when `aux` references to it are given up.
trace op(GUARD_SHARED, (o: object --)) exits {
    EXIT_IF(Py_REFCNT(o) <= (Py_ssize_t)JIT_AUX);
}

// The frame of a call of F by the instruction at address CALL, of `aux` code units, whose operands the stack pointer has left
// behind. Its locals are NULL.  Takes a reference to F.  There is room: GUARD_RECURSION and GUARD_STACK have looked.
trace op(PUSH_FRAME, (f: object, call: i64 --)) writes frame {
    frame->instr_ptr = (_Py_CODEUNIT *)(intptr_t)call;
    frame->return_offset = (uint16_t)JIT_AUX;
    JIT_PUSH_FRAME(f);
}

// The same for the frame below `__init__` where a class is called: it checks what `__init__` returns, and returns the instance.
// CODE is that of all such frames.
trace op(PUSH_SHIM, (code: object, call: i64 --)) writes frame {
    frame->instr_ptr = (_Py_CODEUNIT *)(intptr_t)call;
    frame->return_offset = (uint16_t)JIT_AUX;
    JIT_PUSH_SHIM(code);
}

// The frame runs the instruction at address PLACE, as who looks at it from outside will see.
trace op(SET_PLACE, (place: i64 --)) {
    frame->instr_ptr = (_Py_CODEUNIT *)(intptr_t)place;
}

// A new instance of TYPE, a class of version `aux` whose instances `object` makes: with no attribute yet.  Leaves, with nothing done,
// where memory is short.  Calls C.
trace op(NEW_INSTANCE, (type: object -- r: object)) exits calls writes event {
    r = _PyJit_NewInstance((PyTypeObject *)type);
    EXIT_IF(r == NULL);
}

// The same where DICT and TUPLE (or NULL) were made for the same call, whose references go if it leaves.
trace op(NEW_INSTANCE_WITH, (type: object, dict: object, tuple: object -- r: object)) exits calls writes event {
    r = _PyJit_NewInstanceWith((PyTypeObject *)type, dict, tuple);
    EXIT_IF(r == NULL);
}

// Leaves unless what instances of O's type (of a known version) have in their own dicts is as it was: no instance attribute
// hides a method.
trace op(GUARD_TYPE_KEYS, (o: object --)) pure reads type exits {
    EXIT_IF(JIT_IS_NOT_AUX(((PyHeapTypeObject *)Py_TYPE(o))->ht_cached_keys->dk_version));
}

// The same for instances of the class TYPE.
trace op(GUARD_CLASS_KEYS, (type: object --)) pure reads type exits {
    EXIT_IF(JIT_IS_NOT_AUX(((PyHeapTypeObject *)type)->ht_cached_keys->dk_version));
}

// Leaves unless M is a bound method; where `aux` is 1, one that no weak reference is to, so that its end runs nothing.  What it binds never
// changes.
trace op(GUARD_METHOD, (m: object --)) pure reads attr exits {
    EXIT_IF(Py_TYPE(m) != &PyMethod_Type || (JIT_AUX && ((PyMethodObject *)m)->im_weakreflist != NULL));
}

trace op(LOAD_METHOD_FUNCTION, (m: object -- f: object)) pure {
    f = ((PyMethodObject *)m)->im_func;
}

trace op(LOAD_METHOD_SELF, (m: object -- self: object)) pure {
    self = ((PyMethodObject *)m)->im_self;
}

// Leaves unless function F has defaults for its last `aux` arguments.  Its version does not say so: functions of one code object
// have the same version, and each its own defaults.
trace op(GUARD_DEFAULTS, (f: object --)) pure reads type exits {
    PyObject *defaults = ((PyFunctionObject *)f)->func_defaults;
    EXIT_IF(defaults == NULL || (uint64_t)PyTuple_GET_SIZE(defaults) < JIT_AUX);
}

// The default value of function F, which has one (GUARD_DEFAULTS), for its argument number `aux` from the end (1: the last).
trace op(LOAD_DEFAULT, (f: object -- r: object)) pure reads type {
    PyObject *defaults = ((PyFunctionObject *)f)->func_defaults;
    r = PyTuple_GET_ITEM(defaults, PyTuple_GET_SIZE(defaults) - JIT_AUX);
}

// The dict of function F with default values of parameters that need a name; leaves where it has none.
trace op(LOAD_KEYWORD_DEFAULTS, (f: object -- dict: object)) pure reads type exits {
    dict = ((PyFunctionObject *)f)->func_kwdefaults;
    EXIT_IF(dict == NULL);
}

// Cell number `aux` of the closure of F, a function with one; it never changes.
trace op(LOAD_CLOSURE_CELL, (f: object -- cell: object)) pure {
    cell = PyTuple_GET_ITEM(((PyFunctionObject *)f)->func_closure, JIT_AUX);
}

// What is in a cell.  Leaves where that is nothing: tier 1 raises.
trace op(LOAD_CELL, (cell: object -- r: object)) pure reads attr exits {
    r = ((PyCellObject *)cell)->ob_ref;
    EXIT_IF(r == NULL);
}

// The same; NULL where that is nothing.
trace op(CELL_CONTENT, (cell: object -- r: object)) reads attr {
    r = ((PyCellObject *)cell)->ob_ref;
}

// A cell takes the reference to V; what was in it can be given up.  Calls C.
trace op(CELL_SET, (cell: object, v: object --)) writes attr {
    PyObject *old = ((PyCellObject *)cell)->ob_ref;
    ((PyCellObject *)cell)->ob_ref = v;
    Py_XDECREF(old);
}

// Leaves where the frame cannot be left just so: something else may keep it, or its code might end with it.  Locals and the function,
// which keeps the code, are looked at by themselves.
trace op(GUARD_LEAVE, (--)) exits {
    EXIT_IF(!JIT_CAN_LEAVE());
}

// Leaves unless O, a local that may be NULL, can be given up without running code of users: it is plain, or lives on when `aux`
// references are given up.
trace op(GUARD_DROP, (o: object --)) exits {
    EXIT_IF(o != NULL && __builtin_expect(Py_REFCNT(o) <= (Py_ssize_t)JIT_AUX, 0) && !JIT_IS_PLAIN(o));
}

// Leaves unless O, a local that may be NULL or another object, can be given up `aux` times without running code of users, though
// these may be the last references.  Calls C.
trace op(GUARD_QUIET, (o: object --)) exits calls {
    EXIT_IF(o != NULL && Py_REFCNT(o) <= (Py_ssize_t)JIT_AUX && !_PyJit_EndsQuietly(o, (uint32_t)JIT_AUX));
}

// Before the first GUARD_QUIET_TOGETHER of what gives up several references at once.
trace op(BEGIN_TOGETHER, (--)) {
    _PyJit_EndsSeen = 0;
}

// The same as GUARD_QUIET for one of several references that are given up together, each of which is counted once, by such an operation.  `aux`
// are 1 more than are given up by others besides.  Calls C.
trace op(GUARD_QUIET_TOGETHER, (o: object --)) exits calls {
    EXIT_IF(o != NULL && Py_REFCNT(o) <= (Py_ssize_t)JIT_MOST_ENDS && !JIT_IS_PLAIN(o) && !_PyJit_EndsQuietlyTogether(o, (uint32_t)JIT_AUX));
}

// Back to the frame below, which goes on at `target`, with V, whose reference it takes, on its stack.  All `aux` locals can be given up.
// Calls C.
trace op(LEAVE_FRAME, (v: object -- target: ip)) calls writes frame {
    frame = _PyJit_LeaveFrame(tstate, frame, JIT_AUX);
    stack_pointer = _PyFrame_GetStackPointer(frame);
    *stack_pointer++ = v;
    target = frame->instr_ptr + frame->return_offset;
}

// The same where something may end with the frame, which may run code of users: nothing but the machine's frames is above, and a CHECK_VALID
// follows.  Calls C.
trace op(LEAVE_FRAME_ENDING, (v: object -- target: ip))
        calls writes attr writes item writes length writes dict writes entry writes type writes event writes frame {
    frame = _PyJit_LeaveFrameEnding(tstate, frame);
    stack_pointer = _PyFrame_GetStackPointer(frame);
    *stack_pointer++ = v;
    target = frame->instr_ptr + frame->return_offset;
}

// Argument number `aux` of the next CALL_LEAF, one that takes more than three.  Borrowed.
trace op(LEAF_ARGUMENT, (v: object --)) {
    _PyJit_Arguments[JIT_AUX] = v;
}

// A builtin that runs no code of users with these arguments (Python/jit/objects/leaf_calls.c): number `aux`.  NULL stands for arguments that are
// not given.  What it gives is a new reference that the trace owns.  Leaves, with nothing done, where it would run such code, or fails.
trace op(CALL_LEAF, (first: object, second: object, third: object -- r: object)) exits calls writes event {
    r = _PyJit_CallLeaf((uint32_t)JIT_AUX, first, second, third);
    EXIT_IF(r == NULL);
}

// The same for one that changes its first argument.
trace op(CHANGE_LEAF, (first: object, second: object, third: object -- r: object))
        exits calls writes item writes length writes dict writes attr writes event {
    r = _PyJit_CallLeaf((uint32_t)JIT_AUX, first, second, third);
    EXIT_IF(r == NULL);
}

// The same for one that gives a number.
trace op(ASK_LEAF, (first: object, second: object, third: object -- r: i64)) exits calls {
    r = _PyJit_AskLeaf((uint32_t)JIT_AUX, first, second, third);
    EXIT_IF(r == INT64_MIN);
}
