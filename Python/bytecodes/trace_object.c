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

// Leaves unless the keys of DICT, an exact dict with str keys only, have version `aux`.
trace op(GUARD_KEYS, (dict: object --)) pure reads dict exits {
    EXIT_IF(((PyDictObject *)dict)->ma_keys->dk_version != JIT_AUX);
}

// The value of entry `aux` of a dict whose keys were checked; leaves where the key was deleted.
trace op(LOAD_ENTRY, (dict: object -- r: object)) pure reads dict exits {
    r = DK_UNICODE_ENTRIES(((PyDictObject *)dict)->ma_keys)[JIT_AUX].me_value;
    EXIT_IF(r == NULL);
}

// What the version says: the type, where its instances have which attribute, and that no descriptor comes before it.
trace op(GUARD_TYPE_VERSION, (o: object --)) pure reads type exits {
    EXIT_IF(Py_TYPE(o)->tp_version_tag != JIT_AUX);
}

// O's type has inline values (its version was checked).  Leave where O's attributes are not there any more; where they are also seen
// by a dict.
trace op(GUARD_INLINE_VALUES, (o: object --)) pure reads type exits {
    EXIT_IF(!_PyObject_InlineValues(o)->valid);
}
