// Trace operations of generators and coroutines that a trace goes through (InternalDocs/generators.md).  G is the generator object.
// Its frame lies in it and is used from outside while it counts as suspended: nobody looks at it in between.

// Leaves unless G is a generator (`aux` 1: or a coroutine) that is suspended, goes on at address PLACE, and has no frame object, through
// which anybody may write its locals.
trace op(GUARD_GENERATOR, (g: object, place: i64 --)) exits {
    EXIT_IF(Py_TYPE(g) != &PyGen_Type && !(JIT_AUX && Py_TYPE(g) == &PyCoro_Type));
    EXIT_IF(!JIT_IS_SUSPENDED_AT(g, (_Py_CODEUNIT *)(intptr_t)place));
}

// Leaves unless to await G is to run G itself: a coroutine that nobody awaits, or a generator that may be awaited (types.coroutine).
trace op(GUARD_AWAITABLE, (g: object --)) exits {
    if (Py_TYPE(g) == &PyCoro_Type) {
        EXIT_IF(((PyGenObject *)g)->gi_frame_state == FRAME_SUSPENDED_YIELD_FROM);
    }
    else {
        EXIT_IF(Py_TYPE(g) != &PyGen_Type);
        EXIT_IF(!(_PyFrame_GetCode((_PyInterpreterFrame *)((PyGenObject *)g)->gi_iframe)->co_flags & CO_ITERABLE_COROUTINE));
    }
}

// Leaves where somebody wants to know where coroutines are made.
trace op(GUARD_NO_ORIGIN, (--)) pure reads type exits {
    EXIT_IF(tstate->coroutine_origin_tracking_depth > 0);
}

// The object in slot `aux` of the frame of G, borrowed, as by LOAD_SLOT.
trace op(LOAD_GEN, (g: object -- r: object)) {
    r = ((_PyInterpreterFrame *)((PyGenObject *)g)->gi_iframe)->localsplus[JIT_AUX];
}

// A local of G takes a reference to V, as by STORE_SLOT.  Never leaves.  Calls C.
trace op(STORE_GEN, (g: object, v: object --)) {
    PyObject **place = &((_PyInterpreterFrame *)((PyGenObject *)g)->gi_iframe)->localsplus[JIT_AUX];
    PyObject *old = *place;
    *place = v;
    Py_XDECREF(old);
}

// A local of G, which is plain or NULL, becomes a number that nobody else has.  Leave, with nothing done, if memory is short.
trace op(STORE_GEN_FLOAT, (g: object, v: f64 --)) exits {
    PyObject **place = &((_PyInterpreterFrame *)((PyGenObject *)g)->gi_iframe)->localsplus[JIT_AUX];
    if (*place != NULL && PyFloat_CheckExact(*place) && Py_REFCNT(*place) == 1) {
        ((PyFloatObject *)*place)->ob_fval = v;
    }
    else {
        EXIT_IF(_PyJit_SetFloatField(place, v) < 0);
    }
}

trace op(STORE_GEN_INT, (g: object, v: i64 --)) exits {
    PyObject **place = &((_PyInterpreterFrame *)((PyGenObject *)g)->gi_iframe)->localsplus[JIT_AUX];
    if (v >= -_PY_NSMALLNEGINTS && v < _PY_NSMALLPOSINTS) {
        PyObject *old = *place;
        *place = (PyObject *)&_PyLong_SMALL_INTS[_PY_NSMALLNEGINTS + v];
        Py_XDECREF(old);
    }
    else if (*place == NULL || !_PyJit_RewriteInt(*place, v)) {
        EXIT_IF(_PyJit_SetIntField(place, v) < 0);
    }
}

// A slot of G's evaluation stack takes a reference to V, as by STORE_STACK.
trace op(STORE_GEN_STACK, (g: object, v: object --)) {
    ((_PyInterpreterFrame *)((PyGenObject *)g)->gi_iframe)->localsplus[JIT_AUX] = v;
}

// The function whose call made G.
trace op(LOAD_GEN_FUNCTION, (g: object -- f: object)) pure {
    f = ((_PyInterpreterFrame *)((PyGenObject *)g)->gi_iframe)->f_funcobj;
}

// G is suspended, goes on at address PLACE, and its stack pointer points to slot `aux` % 65536; `aux` / 65536 is YIELD_VALUE's oparg.
trace op(SUSPEND_GEN, (g: object, place: i64 --)) {
    PyGenObject *gen = (PyGenObject *)g;
    _PyInterpreterFrame *suspended = (_PyInterpreterFrame *)gen->gi_iframe;
    suspended->instr_ptr = (_Py_CODEUNIT *)(intptr_t)place;
    suspended->stacktop = (int)(JIT_AUX & 0xffff);
    gen->gi_frame_state = (int8_t)(FRAME_SUSPENDED + (JIT_AUX >> 16));
}

// The frame of G runs from now on, entered by the instruction at address CALL; where it returns to is `aux` code units behind that.
trace op(PUSH_GENERATOR, (g: object, call: i64 --)) writes frame {
    _PyFrame_SetStackPointer(frame, stack_pointer);
    frame->instr_ptr = (_Py_CODEUNIT *)(intptr_t)call;
    frame->return_offset = (uint16_t)JIT_AUX;
    frame = _PyJit_ResumeGenerator(tstate, frame, (PyGenObject *)g);
    stack_pointer = _PyFrame_GetStackPointer(frame);
}

// Leaves unless C takes what this frame yields or returns.
trace op(GUARD_BELOW_IS_C, (--)) exits {
    EXIT_IF(frame->previous->owner != FRAME_OWNED_BY_CSTACK);
}

// The running generator, whose frame this is, gives the top of the stack to C and will go on at address PLACE; `aux` is YIELD_VALUE's
// oparg.  Memory is complete.
trace op(YIELD_TO_C, (place: i64 --)) ends {
    PyGenObject *gen = _PyFrame_GetGenerator(frame);
    _PyInterpreterFrame *below = frame->previous;
    PyObject *yielded = *--stack_pointer;
    frame->instr_ptr = (_Py_CODEUNIT *)(intptr_t)place;
    _PyFrame_SetStackPointer(frame, stack_pointer);
    frame->previous = NULL;
    gen->gi_frame_state = (int8_t)(FRAME_SUSPENDED + JIT_AUX);
    tstate->exc_info = gen->gi_exc_state.previous_item;
    gen->gi_exc_state.previous_item = NULL;
    tstate->py_recursion_remaining++;
    tstate->current_frame = below;
    _PyFrame_StackPush(below, yielded);
    JIT_EXECUTOR->anchor->running--;
    JIT_LEAVE(JIT_RESULT(JIT_STATUS_DISPATCH, below->instr_ptr + 1 + INLINE_CACHE_ENTRIES_SEND));
}

// The frame ends, and gives the top of the stack to C.  Memory is complete.  Its locals end with it, and may run code of users, as in tier 1.
trace op(RETURN_TO_C, (--)) ends {
    PyObject *returned = *--stack_pointer;
    _PyInterpreterFrame *below = _PyJit_LeaveFrameEnding(tstate, frame);
    _PyFrame_StackPush(below, returned);
    JIT_EXECUTOR->anchor->running--;
    JIT_LEAVE(JIT_RESULT(JIT_STATUS_DISPATCH, below->instr_ptr + below->return_offset));
}

// A generator or coroutine that a call of function F has made, and that goes on at address PLACE.  Its locals are NULL, and it takes the
// reference to F.  Leaves, with nothing done, where memory is short, or where somebody wants to know where coroutines are made.
trace op(NEW_GENERATOR, (f: object, place: i64 -- r: object)) exits calls writes event {
    r = _PyJit_NewGenerator(tstate, (PyFunctionObject *)f, (_Py_CODEUNIT *)(intptr_t)place);
    EXIT_IF(r == NULL);
}

// Leaves unless all `aux` locals of the frame of G, and its function, can be given up together without running code of users.  Calls C.
trace op(GUARD_GEN_END, (g: object --)) exits calls {
    EXIT_IF(!_PyJit_FrameEndsQuietly((PyGenObject *)g, JIT_AUX));
}

// G, which counts as suspended, has returned.  All `aux` locals can be given up, and so can its function.  Calls C.
trace op(END_GENERATOR, (g: object --)) calls {
    _PyJit_EndGenerator((PyGenObject *)g, JIT_AUX);
}
