// Trace operations that find attributes and classes of any object (Python/jit/objects/find.c).  They leave where to find them could run code of
// users.  What they give is borrowed from the heap, but for what is made.

// The attribute NAME of O; leaves where there is none (tier 1 raises).
trace op(GET_ATTR, (o: object, name: object -- r: object)) exits calls {
    r = _PyJit_GetAttr(o, name, NULL);
    EXIT_IF(r == NULL);
}

// The method that `o.name(...)` calls with O as its first argument.
trace op(GET_METHOD, (o: object, name: object -- r: object)) exits calls {
    r = _PyJit_FindMethod(o, name);
    EXIT_IF(r == NULL);
}

// The same as GET_ATTR, but DEFAULT where there is none.
trace op(GET_ATTR_OR, (o: object, name: object, default_: object -- r: object)) exits calls {
    r = _PyJit_GetAttr(o, name, default_);
    EXIT_IF(r == NULL);
}

// The attribute NAME of O, which may be made each time, as a bound method is; the trace owns the reference.  Leaves where there is none.
trace op(MAKE_ATTR, (o: object, name: object -- r: object)) exits calls writes event {
    r = _PyJit_MakeAttr(o, name, NULL);
    EXIT_IF(r == NULL);
}

// The same, but DEFAULT where there is none.
trace op(MAKE_ATTR_OR, (o: object, name: object, default_: object -- r: object)) exits calls writes event {
    r = _PyJit_MakeAttr(o, name, default_);
    EXIT_IF(r == NULL);
}

// Attribute NAME of O becomes V, with a reference of its own, where O has its attributes itself.  Leaves, with nothing done, where
// that could run code of users.
trace op(SET_ATTR, (o: object, name: object, v: object --)) exits calls writes dict writes attr writes event {
    EXIT_IF(_PyJit_SetAttr(o, name, v) < 0);
}

// The same where O's type, of a known version, has instances with a dict, in which NAME is mostly entry `aux`.
trace op(SET_HINTED, (o: object, name: object, v: object --)) exits calls writes dict writes attr writes event {
    EXIT_IF(_PyJit_SetInDict(o, name, v, (Py_ssize_t)JIT_AUX) < 0);
}

// Leaves where O has something of its own under NAME, which is a method of its type.
trace op(GUARD_NO_ATTR, (o: object, name: object --)) pure reads dict reads attr reads name exits calls {
    EXIT_IF(!_PyJit_HasNone(o, name));
}

// 1 if O has such an attribute, else 0.
trace op(HAS_ATTR, (o: object, name: object -- r: i64)) exits calls {
    r = _PyJit_HasAttr(o, name);
    EXIT_IF(r < 0);
}

// 1 if O is an instance of CLASS, a class or a tuple of classes, else 0.
trace op(IS_INSTANCE, (o: object, class: object -- r: i64)) pure reads type exits calls {
    r = (PyObject *)Py_TYPE(o) == class ? 1 : _PyJit_IsInstance(o, class);
    EXIT_IF(r < 0);
}

// The same of a class O, and whether it is a subclass.
trace op(IS_SUBCLASS, (o: object, class: object -- r: i64)) pure reads type exits calls {
    r = _PyJit_IsSubclass(o, class);
    EXIT_IF(r < 0);
}

trace op(TYPE_OF, (o: object -- r: object)) pure reads type {
    r = (PyObject *)Py_TYPE(o);
}

// 1 if O can be called, else 0.
trace op(CAN_CALL, (o: object -- r: i64)) pure reads type {
    r = Py_TYPE(o)->tp_call != NULL;
}

// What `id` says of O.
trace op(ADDRESS_OF, (o: object -- r: i64)) pure {
    r = (int64_t)(intptr_t)o;
}
