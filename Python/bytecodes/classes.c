// Calls of classes, and class variables.
//
// Upstream calls `__init__` without a C frame only where instances have inline values and no argument is missing.  All that is asked for
// here is that `object` makes the instances, as it does for classes with __slots__ too, and that missing arguments have default values
// (JIT_SPECIALIZE_CALL, in Python/jit/run/classes.c).  Calls with keywords have no cache: they look for `__init__` each time.

override specializing op(_SPECIALIZE_CALL, (counter/1, callable, self_or_null, args[oparg] -- callable, self_or_null, args[oparg])) {
    #if ENABLE_SPECIALIZATION
    if (opcode == CALL && oparg == 1 && JIT_MAY_CONSUME(args[0])) {
        JIT_BEGIN_CONSUMER(this_instr, CALL);
    }
    if (ADAPTIVE_COUNTER_TRIGGERS(counter)) {
        next_instr = this_instr;
        JIT_SPECIALIZE_CALL(callable, next_instr, oparg + (self_or_null != NULL), args);
        DISPATCH_SAME_OPARG();
    }
    STAT_INC(CALL, deferred);
    ADVANCE_ADAPTIVE_COUNTER(this_instr[1].counter);
    #endif
}

// The version of the type says that the class makes its instances as `object` does, and what its `__init__` is, but nothing of its metaclass.
override inst(CALL_ALLOC_AND_ENTER_INIT, (unused/1, type_version/2, callable, null, args[oparg] -- unused)) {
    DEOPT_IF(null != NULL);
    DEOPT_IF(!PyType_Check(callable));
    PyTypeObject *class = (PyTypeObject *)callable;
    DEOPT_IF(class->tp_version_tag != type_version);
    DEOPT_IF(!_PyJit_IsCalledAsType(class));
    PyFunctionObject *init = (PyFunctionObject *)((PyHeapTypeObject *)class)->_spec_cache.init;
    PyCodeObject *lower = (PyCodeObject *)&_Py_InitCleanup;
    DEOPT_IF(!_PyJit_CanEnterInit(tstate, init, oparg, lower));
    STAT_INC(CALL, hit);
    PyObject *instance = PyType_GenericAlloc(class, 0);
    if (instance == NULL) {
        ERROR_NO_POP();
    }
    frame->return_offset = (uint16_t)(next_instr - this_instr);
    STACK_SHRINK(oparg + 2);
    _PyFrame_SetStackPointer(frame, stack_pointer);
    _PyInterpreterFrame *pushed = _PyJit_PushInit(tstate, frame, lower, init, instance, args, oparg, NULL);
    Py_DECREF(class);
    if (pushed == NULL) {
        goto error;
    }
    frame = pushed;
    CALL_STAT_INC(inlined_py_calls);
    goto start_frame;
}

// A Python function needs no C frame, nor does a class whose `__init__` is one; tools see a call of a class, so for them it is C that calls.
override inst(CALL_KW, (callable, self_or_null, args[oparg], kwnames -- res)) {
    #ifdef _Py_TIER2
    if (opcode == CALL_KW && PyCFunction_CheckExact(callable)) {
        JIT_BEGIN_CONSUMER(this_instr, CALL_KW);
    }
    #endif
    if (self_or_null == NULL && Py_IS_TYPE(callable, &PyMethod_Type)) {
        // The stack has what it binds in its place.
        PyObject *bound = callable;
        callable = args[-2] = Py_NewRef(PyMethod_GET_FUNCTION(bound));
        self_or_null = args[-1] = Py_NewRef(PyMethod_GET_SELF(bound));
        Py_DECREF(bound);
    }
    int nself = self_or_null != NULL, npositional = oparg + nself - (int)PyTuple_GET_SIZE(kwnames);
    _PyInterpreterFrame *pushed;
    if (_PyJit_PushCall(tstate, frame, callable, args - nself, npositional, kwnames, opcode == CALL_KW, &pushed)) {
        Py_DECREF(kwnames);
        STACK_SHRINK(oparg + 3);
        if (pushed == NULL) {
            goto error;
        }
        frame->return_offset = (uint16_t)(next_instr - this_instr);
        _PyFrame_SetStackPointer(frame, stack_pointer);
        frame = tstate->current_frame = pushed;
        CALL_STAT_INC(inlined_py_calls);
        goto start_frame;
    }
    res = PyObject_Vectorcall(callable, args - nself, (size_t)npositional | PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames);
    if (opcode == INSTRUMENTED_CALL_KW) {
        res = _PyJit_CallHasEnded(tstate, frame, this_instr, callable, oparg + nself == 0 ? &_PyInstrumentation_MISSING : args[-nself], res);
    }
    Py_DECREF(kwnames);
    Py_DECREF(callable);
    Py_XDECREF(self_or_null);
    for (PyObject **end = args + oparg; args < end; args++) {
        Py_DECREF(*args);
    }
    ERROR_IF(res == NULL, error);
    CHECK_EVAL_BREAKER();
}

// The same with a tuple and a dict of arguments, of functions and bound methods.
override inst(CALL_FUNCTION_EX, (func, unused, callargs, kwargs if (oparg & 1) -- result)) {
    if (!PyTuple_CheckExact(callargs)) {
        PyObject *all = check_args_iterable(tstate, func, callargs) == 0 ? PySequence_Tuple(callargs) : NULL;
        if (all == NULL) {
            ERROR_NO_POP();
        }
        stack_pointer[-1 - (oparg & 1)] = all;
        Py_DECREF(callargs);
        callargs = all;
    }
    _PyInterpreterFrame *pushed;
    if (opcode == CALL_FUNCTION_EX && _PyJit_PushWithTuple(tstate, func, callargs, kwargs, &pushed)) {
        STACK_SHRINK(oparg + 3);
        if (pushed == NULL) {
            goto error;
        }
        frame->return_offset = (uint16_t)(next_instr - this_instr);
        DISPATCH_INLINED(pushed);
    }
    result = opcode == INSTRUMENTED_CALL_FUNCTION_EX ? _PyJit_CallWithTuple(tstate, frame, this_instr, func, callargs, kwargs)
        : PyObject_Call(func, callargs, kwargs);
    DECREF_INPUTS();
    ERROR_IF(result == NULL, error);
    CHECK_EVAL_BREAKER();
}

// Class variables.  Where a cache names what a class has, it may name the place of a value (pycore_class_variables.h), which is read each time.

override op(_STORE_ATTR, (v, owner --)) {
    PyObject *name = GETITEM(FRAME_CO_NAMES, oparg);
    int err = PyType_Check(owner) && _PyClassVar_Store(owner, name, v) ? 0 : PyObject_SetAttr(owner, name, v);
    DECREF_INPUTS();
    ERROR_IF(err, error);
}

override op(_LOAD_ATTR_CLASS, (descr/4, owner -- attr, null if (oparg & 1))) {
    attr = _PyClassVar_Value(descr);
    DEOPT_IF(attr == NULL);
    STAT_INC(LOAD_ATTR, hit);
    Py_INCREF(attr);
    null = NULL;
    DECREF_INPUTS();
}

override op(_LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES, (descr/4, owner -- attr, unused if (0))) {
    assert(!(oparg & 1));      // no method is asked for
    attr = _PyClassVar_Value(descr);
    DEOPT_IF(attr == NULL);
    STAT_INC(LOAD_ATTR, hit);
    Py_INCREF(attr);
    DECREF_INPUTS();
}

override op(_LOAD_ATTR_NONDESCRIPTOR_NO_DICT, (descr/4, owner -- attr, unused if (0))) {
    assert(!(oparg & 1));      // no method is asked for
    attr = _PyClassVar_Value(descr);
    DEOPT_IF(attr == NULL);
    STAT_INC(LOAD_ATTR, hit);
    Py_INCREF(attr);
    DECREF_INPUTS();
}
