// Trace operations of operators whose methods are Python functions (Python/jit/run/operators.c).

// Leaves if O's type derives from TYPE, and so has its methods tried first.  Calls C.
trace op(GUARD_COMES_AFTER, (o: object, type: object --)) pure reads type exits calls {
    EXIT_IF(Py_TYPE(o) != (PyTypeObject *)type && _PyJit_DerivesFrom(o, (PyTypeObject *)type));
}

// The value of an int of a class that may be derived from int, if it has int's own method for the operator `aux` (the opcode, and from its
// ninth bit on the oparg) and is not too large.  Calls C.
trace op(UNBOX_DERIVED, (o: object -- r: i64)) pure reads type exits calls {
    EXIT_IF(!_PyJit_IsIntBy(o, (int)(JIT_AUX & 0xff), (int)(JIT_AUX >> 8)));
    if (__builtin_expect(!_PyLong_IsCompact((PyLongObject *)o), 0)) {
        EXIT_IF(!JIT_LARGE_VALUE(o, &r));
    }
    else {
        r = (int64_t)_PyLong_CompactValue((PyLongObject *)o);
    }
}

// Leaves where `aux` units of C recursion more could be too many, as they are counted by the operators of a trace.
trace op(GUARD_C_RECURSION, (--)) pure reads frame exits {
    EXIT_IF(tstate->c_recursion_remaining <= (int)JIT_AUX);
}

// The continuation frame of an operator, the instruction at address CALL, whose operands the stack pointer has left behind.  CODE is the
// frame's; its locals are NULL.  `aux`: the units of C recursion it stands for, and from its ninth bit on CALL's code units.
trace op(PUSH_CONTINUATION, (code: object, call: i64 --)) writes frame {
    _PyFrame_SetStackPointer(frame, stack_pointer);
    frame->instr_ptr = (_Py_CODEUNIT *)(intptr_t)call;
    frame->return_offset = (uint16_t)(JIT_AUX >> 8);
    frame = _PyJit_PushContinuation(tstate, frame, (PyCodeObject *)code, (int)(JIT_AUX & 0xff));
    stack_pointer = _PyFrame_GetStackPointer(frame);
}

// The operator has its result, and the continuation frame gives back its `aux` units.
trace op(LEAVE_OPERATOR, (--)) writes frame {
    tstate->c_recursion_remaining += (int)JIT_AUX;
    tstate->py_recursion_remaining--;
}

// Begins the method F, which has VERSION, of the operator at address CALL, whose opcode is `aux`, as the recorder did.  Leaves, with nothing
// done, if that calls another method first (F need not be any more) or there is no room.  Calls C.
trace op(ENTER_OPERATOR, (f: object, call: i64, version: i64 --)) exits calls writes frame {
    _PyInterpreterFrame *method = _PyJit_EnterOperator(tstate, frame, stack_pointer, (_Py_CODEUNIT *)(intptr_t)call,
                                                       (PyFunctionObject *)f, (uint32_t)version, (int)JIT_AUX);
    EXIT_IF(method == NULL);
    frame = method;
    stack_pointer = _PyFrame_GetStackPointer(frame);
}
