// Trace operations on dicts and attributes.
//
// Objects that are loaded are borrowed from where they are (_PyJitSlot_PushHeap).

// Leave unless the frame has this very dict for its globals, or for its builtins.
trace op(GUARD_GLOBALS, (dict: object --)) pure reads frame exits {
    EXIT_IF(frame->f_globals != dict);
}

trace op(GUARD_BUILTINS, (dict: object --)) pure reads frame exits {
    EXIT_IF(frame->f_builtins != dict);
}

// Leaves unless the frame has this very dict for its locals: it runs a module's own code.
trace op(GUARD_LOCALS, (dict: object --)) pure reads frame exits {
    EXIT_IF(frame->f_locals != dict);
}

// Leaves unless the keys of DICT, an exact dict with str keys only, have version `aux`.
trace op(GUARD_KEYS, (dict: object --)) pure reads dict exits {
    EXIT_IF(JIT_IS_NOT_AUX(((PyDictObject *)dict)->ma_keys->dk_version));
}

// Where the entries of a dict begin whose keys were checked: no object, but fields are loaded and stored by it as by one.
trace op(DICT_ENTRIES, (dict: object -- entries: object)) pure reads dict {
    entries = (PyObject *)DK_UNICODE_ENTRIES(((PyDictObject *)dict)->ma_keys);
}

// Leaves if somebody other than the JIT wants to hear of changes of a dict.
trace op(GUARD_UNHEARD, (dict: object --)) pure reads dict exits {
    EXIT_IF(_PyJit_IsHeard(dict));
}

// Leaves unless the collector knows a dict, which is about to get an object that it has to find there.
trace op(GUARD_TRACKED, (dict: object --)) exits {
    EXIT_IF(!_PyObject_GC_IS_TRACKED(dict));
}

// One of a dict's fields was stored to: it has another version.
trace op(DICT_CHANGED, (dict: object --)) writes entry {
    _PyJit_NoteDictChange(tstate->interp, dict);
}

// What the version says: the type, where its instances have which attribute, and that no descriptor comes before it.
trace op(GUARD_TYPE_VERSION, (o: object --)) pure reads type exits {
    EXIT_IF(JIT_IS_NOT_AUX(Py_TYPE(o)->tp_version_tag));
}

// The same of O itself, which has to be a class.
trace op(GUARD_CLASS_VERSION, (o: object --)) pure reads type exits {
    EXIT_IF(!PyType_Check(o) || JIT_IS_NOT_AUX(((PyTypeObject *)o)->tp_version_tag));
}

// Leaves unless O is an exact module.
trace op(GUARD_MODULE, (o: object --)) pure reads type exits {
    EXIT_IF(!PyModule_CheckExact(o));
}

// O's type has inline values (its version was checked).  Leave where O's attributes are not there any more; where they are also seen
// by a dict.
trace op(GUARD_INLINE_VALUES, (o: object --)) pure reads type exits {
    EXIT_IF(!_PyObject_InlineValues(o)->valid);
}

trace op(GUARD_NO_DICT, (o: object --)) pure reads type exits {
    EXIT_IF(_PyObject_GetManagedDict(o) != NULL || !_PyObject_InlineValues(o)->valid);
}

// Objects of O's type (its version was checked) have a dict, but not from the beginning; its place is `aux` bytes behind that of managed
// dicts.  Leaves where O has one.
trace op(GUARD_LAZY_DICT, (o: object --)) pure reads type exits {
    EXIT_IF(*(PyObject **)((char *)o + MANAGED_DICT_OFFSET + (Py_ssize_t)JIT_AUX) != NULL);
}

// The object `aux` bytes behind the address of O: an inline value or a slot, by the version of the type.  Leaves where there is none.
trace op(LOAD_FIELD, (o: object -- r: object)) pure reads attr exits {
    r = *(PyObject **)((char *)o + JIT_AUX);
    EXIT_IF(r == NULL);
}

// The same where something is known to be there.
trace op(READ_FIELD, (o: object -- r: object)) pure reads attr {
    r = *(PyObject **)((char *)o + JIT_AUX);
}

// The dict of O, whose type has one by its checked version.  Leaves where O has none now, or one of a type of its own.
trace op(LOAD_DICT, (o: object -- dict: object)) pure reads attr exits {
    dict = (PyObject *)_PyObject_GetManagedDict(o);
    EXIT_IF(dict == NULL || !PyDict_CheckExact(dict));
}

// The value of NAME in DICT, at entry `aux`; leaves where it is not there.
trace op(LOAD_NAMED_ENTRY, (dict: object, name: object -- r: object)) pure reads dict reads entry reads attr exits {
    PyDictKeysObject *keys = ((PyDictObject *)dict)->ma_keys;
    EXIT_IF(JIT_AUX >= (uint64_t)keys->dk_nentries || !DK_IS_UNICODE(keys)
            || DK_UNICODE_ENTRIES(keys)[JIT_AUX].me_key != name);
    r = DK_UNICODE_ENTRIES(keys)[JIT_AUX].me_value;
    EXIT_IF(r == NULL);
}

// Leaves unless there is nothing yet `aux` bytes behind O.
trace op(GUARD_UNSET, (o: object --)) exits {
    EXIT_IF(*(PyObject **)((char *)o + JIT_AUX) != NULL);
}

// The first value of an attribute; takes the reference to V.  A slot of O, `aux` bytes behind it; or inline value number `aux`,
// which has to be the next one in the order in which they were set.  Never leave.
trace op(INIT_SLOT, (o: object, v: object --)) writes attr {
    *(PyObject **)((char *)o + JIT_AUX) = v;
}

trace op(INIT_VALUE, (o: object, v: object --)) writes attr writes name {
    PyDictValues *values = _PyObject_InlineValues(o);
    values->values[JIT_AUX] = v;
    _PyDictValues_AddToInsertionOrder(values, (Py_ssize_t)JIT_AUX);
}

// Takes the reference to V; the object that was there, which is not NULL, is given up (GUARD_RELEASE).  Never leaves.
trace op(STORE_FIELD, (o: object, v: object --)) writes attr {
    PyObject **place = (PyObject **)((char *)o + JIT_AUX);
    PyObject *old = *place;
    *place = v;
    Py_DECREF(old);
}

// A number that nobody else has a reference to, as attribute.  Where the same holds for the one that is there, nobody can tell that it
// is used again.  Leave, with nothing done, if what is there could not be given up silently or memory is short.
trace op(STORE_FIELD_FLOAT, (o: object, v: f64 --)) exits writes attr {
    PyObject **place = (PyObject **)((char *)o + JIT_AUX);
    if (PyFloat_CheckExact(*place) && Py_REFCNT(*place) == 1) {
        ((PyFloatObject *)*place)->ob_fval = v;
    }
    else {
        EXIT_IF(_PyJit_SetFloatField(place, v) < 0);
    }
}

trace op(STORE_FIELD_INT, (o: object, v: i64 --)) exits writes attr {
    PyObject **place = (PyObject **)((char *)o + JIT_AUX);
    if (!_PyJit_RewriteInt(*place, v)) {
        EXIT_IF(_PyJit_SetIntField(place, v) < 0);
    }
}

// Leaves where O is a descriptor: its type says so now.
trace op(GUARD_NO_DESCRIPTOR, (o: object --)) pure reads type exits {
    EXIT_IF(Py_TYPE(o)->tp_descr_get != NULL || Py_TYPE(o)->tp_descr_set != NULL);
}

// Leaves unless O's type is this very one.
trace op(GUARD_EXACT, (o: object, type: object --)) pure reads type exits {
    EXIT_IF((PyObject *)Py_TYPE(o) != type);
}

trace op(DICT_SIZE, (dict: object -- r: i64)) pure reads dict reads attr {
    r = ((PyDictObject *)dict)->ma_used;
}

trace op(STR_SIZE, (s: object -- r: i64)) pure {
    r = ((PyASCIIObject *)s)->length;
}
