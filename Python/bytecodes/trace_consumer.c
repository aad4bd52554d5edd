// Trace operations of builtins that take all items of a generator (Python/jit/consumers.c).

// Leaves unless G is a generator (`aux` 1: or a coroutine) of CODE that nobody is in, and of which there is no frame object.
trace op(GUARD_CONSUMED, (g: object, code: object --)) exits {
    PyGenObject *gen = (PyGenObject *)g;
    EXIT_IF(Py_TYPE(g) != &PyGen_Type && !(JIT_AUX && Py_TYPE(g) == &PyCoro_Type));
    EXIT_IF(gen->gi_frame_state >= FRAME_EXECUTING);
    _PyInterpreterFrame *suspended = (_PyInterpreterFrame *)gen->gi_iframe;
    EXIT_IF(suspended->f_executable != code || suspended->frame_obj != NULL);
}

// Leaves if nothing of G, a generator or coroutine, has run.
trace op(GUARD_BEGUN, (g: object --)) exits {
    EXIT_IF(((PyGenObject *)g)->gi_frame_state == FRAME_CREATED);
}

// A list, or a set, in which a builtin of kind `aux` collects items.  Leaves, with nothing done, where memory is short.
trace op(NEW_COLLECTION, (-- r: object)) exits calls writes event {
    r = _PyJit_New(_PyJit_NewCollection((int)JIT_AUX));
    EXIT_IF(r == NULL);
}

// Leaves unless KEY, which is called with an item, is a function of CODE, or a method.
trace op(GUARD_KEY, (key: object, code: object --)) exits {
    EXIT_IF((PyObject *)_PyJit_CodeOfKey(key) != code);
}

// Leaves unless O is a builtin container, to go through which runs no code of users.
trace op(GUARD_CONTAINER, (o: object --)) pure exits calls {
    EXIT_IF(!_PyJitIter_IsOfContainer(Py_TYPE(o)));
}

// A list of the items of such a container.  Leaves, with nothing done, where memory is short.
trace op(COPY_ITEMS, (o: object -- r: object)) exits calls writes event {
    r = _PyJit_New(PySequence_List(o));
    EXIT_IF(r == NULL);
}

// LIST is sorted by KEYS, a list that is empty then; with `aux` 1 the greatest comes first.  Leaves, with nothing done, where they are many, or
// no numbers or strings.
trace op(SORT_BY_KEYS, (list: object, keys: object --)) exits calls writes item writes length {
    EXIT_IF(!_PyJit_SortByKeys(list, keys, JIT_AUX != 0));
}

// Leaves unless O is a map object, or a filter (`aux`: JIT_STEP_), that calls a function of CODE.
trace op(GUARD_STEP, (o: object, code: object --)) pure reads type exits calls {
    EXIT_IF((PyObject *)_PyJitStep_Code(o, (int)JIT_AUX) != code);
}

// What such an object has, borrowed: an iterator, and the function it calls with each item.
trace op(STEP_ITERATOR, (o: object -- r: object)) pure calls {
    r = _PyJitStep_Iterator(o);
}

trace op(STEP_FUNCTION, (o: object -- r: object)) pure calls {
    r = _PyJitStep_Function(o);
}

// The frame below goes on in its loop.
trace op(STEP_RETURNS, (--)) writes frame {
    frame->previous->return_offset = 1 + INLINE_CACHE_ENTRIES_FOR_ITER;
}

// What rounding loses where sum() adds ITEM to TOTAL, and what the sum is with all that was lost.
trace op(FSUM_ERROR, (total: f64, item: f64 -- r: f64)) pure {
    r = _PyJit_SumError(total, item);
}

trace op(FSUM_END, (total: f64, error: f64 -- r: f64)) pure {
    r = _PyJit_SumEnd(total, error);
}

// What a builtin of kind `aux` makes of LIST, the items: a tuple, which takes them, or the string that SELF.join() makes.  Leaves, with
// nothing done, where memory is short or an item is no string.
trace op(FINISH_ITEMS, (self: object, list: object -- r: object)) exits calls writes event writes item writes length {
    r = _PyJit_New(_PyJit_FinishItems((int)JIT_AUX, self, list));
    EXIT_IF(r == NULL);
}

// LIST, which was made of a generator, has no more room than C would leave it.  Leaves where memory is short.
trace op(TRIM_LIST, (list: object --)) exits calls {
    EXIT_IF(_PyJit_TrimList((PyListObject *)list) < 0);
}

// Begins the consumer of CODE in place of the call at address CALL, whose opcode is `aux`, as the recorder did.  Leaves, with nothing done,
// if it is a call of something else, or of another generator, or if there is no room.  Calls C.
trace op(ENTER_CONSUMER, (code: object, call: i64 --)) exits calls writes frame {
    _PyInterpreterFrame *consumer = _PyJit_EnterConsumer(tstate, frame, stack_pointer, (_Py_CODEUNIT *)(intptr_t)call, (PyCodeObject *)code,
                                                         (int)JIT_AUX);
    EXIT_IF(consumer == NULL);
    frame = consumer;
    stack_pointer = _PyFrame_GetStackPointer(frame);
}
