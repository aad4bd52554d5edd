// What SEND does with anything but a generator or coroutine that can run in this evaluation loop.

// Upstream takes what an awaitable returns out of an exception, StopIteration, which is made for that each time.  Most awaitables in C can give
// it as it is (_PyJit_SendTo).
override op(_SEND, (receiver, v -- receiver, retval)) {
    PyGenObject *generator = (PyGenObject *)receiver;
    if (tstate->interp->eval_frame == NULL && (Py_TYPE(receiver) == &PyGen_Type || Py_TYPE(receiver) == &PyCoro_Type)
        && generator->gi_frame_state < FRAME_EXECUTING) {
        _PyInterpreterFrame *resumed = (_PyInterpreterFrame *)generator->gi_iframe;
        STACK_SHRINK(1);
        _PyFrame_StackPush(resumed, v);
        generator->gi_frame_state = FRAME_EXECUTING;
        generator->gi_exc_state.previous_item = tstate->exc_info;
        tstate->exc_info = &generator->gi_exc_state;
        frame->return_offset = (uint16_t)(next_instr - this_instr + oparg);
        DISPATCH_INLINED(resumed);
    }
    PySendResult sent = _PyJit_SendTo(tstate, frame, this_instr, receiver, v, &retval);
    if (sent == PYGEN_ERROR) {
        ERROR_NO_POP();
    }
    if (sent == PYGEN_RETURN) {
        JUMPBY(oparg);
    }
    Py_DECREF(v);
}
