// Operations that change the frame write the stack first (SYNC_SP), and go on in the new one.
op(_LEAVE, (retval --)) {
    SYNC_SP();
    _PyFrame_SetStackPointer(frame, stack_pointer);
    frame = tstate->current_frame = frame->previous;
    _PyFrame_StackPush(frame, retval);
    LOAD_SP();
    LOAD_IP(frame->return_offset);
}

macro(LEAVE_FRAME) = _LEAVE;

inst(ENTER_FRAME, (callable -- unused)) {
    _PyInterpreterFrame *callee = _PyFrame_PushUnchecked(tstate, (PyFunctionObject *)callable, 0);
    STACK_SHRINK(1);
    frame->return_offset = (uint16_t)(next_instr - this_instr);
    DISPATCH_INLINED(callee);
}
