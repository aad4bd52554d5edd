// What SEND does with anything but a generator or coroutine that can run in this evaluation loop.

// Upstream takes what an awaitable returns out of an exception, StopIteration, which is made for that each time.  Most awaitables in C can give
// it as it is (_PyJit_SendTo).
override op(_SEND, (receiver, v -- receiver, retval)) {
    if (_PyJit_CanRunHere(tstate, receiver)) {
        _PyInterpreterFrame *resumed = _PyJit_EnterGenerator(tstate, (PyGenObject *)receiver);
        STACK_SHRINK(1);
        _PyFrame_StackPush(resumed, v);
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
