// Trace operations that look into dicts and sets, and at strings.
//
// To look up a key may run code of users: to hash it, to compare it.  These leave where that could be (Python/jit/objects/dicts.c).

// Leaves unless O is an exact str.
trace op(GUARD_STR, (o: object --)) pure exits {
    EXIT_IF(!PyUnicode_CheckExact(o));
}

// 1 if two exact strings are equal, else 0.  Of strings that are interned there is only one.
trace op(STR_EQ, (a: object, b: object -- r: i64)) pure commutative {
    r = a == b;
    if (!r && PyUnicode_GET_LENGTH(a) == PyUnicode_GET_LENGTH(b)
        && !(PyUnicode_CHECK_INTERNED(a) && PyUnicode_CHECK_INTERNED(b))) {
        r = _PyUnicode_Equal(a, b);
    }
}

// Item `aux` of a tuple that is only looked for, an int or an object, which is borrowed; and the tuple of `aux` such items, which is there until
// the next one.  Nobody may keep it.
trace op(KEY_INT, (v: i64 --)) calls {
    _PyJit_SetKeyInt(JIT_AUX, v);
}

trace op(KEY_OBJECT, (v: object --)) {
    _PyJit_KeyItems[JIT_AUX] = v;
}

trace op(KEY_TUPLE, (-- key: object)) calls {
    key = _PyJit_KeyTuple(JIT_AUX);
}

// The value of KEY in an exact dict, borrowed.  Leaves where there is none (tier 1 raises), or that is hard to say.
trace op(DICT_GET, (dict: object, key: object -- r: object)) pure reads dict reads entry reads attr exits calls {
    r = _PyJit_DictGet(dict, key);
    EXIT_IF(r == NULL);
}

// The same, but DEFAULT where there is none.
trace op(DICT_GET_OR, (dict: object, key: object, default_: object -- r: object)) exits calls {
    r = _PyJit_DictGetOr(dict, key, default_);
    EXIT_IF(r == NULL);
}

// 1 if KEY is in the exact dict, else 0; leaves where that is hard to say.
trace op(DICT_HAS, (dict: object, key: object -- r: i64)) pure reads dict reads attr exits calls {
    r = _PyJit_DictHas(dict, key);
    EXIT_IF(r < 0);
}

// DICT[KEY] = V, with references of its own.  `aux`: the trace has looked for KEY before.  Leaves, with nothing done, where that may run code
// of users or memory is short.
trace op(DICT_SET, (dict: object, key: object, v: object --)) exits calls writes dict writes attr {
    EXIT_IF(_PyJit_DictSet(dict, key, v, JIT_AUX != 0) < 0);
}

// Leaves unless the exact dict has the keys of NAMES, a tuple, in this order and no others, with no gaps.
trace op(GUARD_NAMES, (dict: object, names: object --)) pure reads dict reads attr exits calls {
    EXIT_IF(!_PyJit_HasNames(dict, names));
}

// The value of its key number AUX, borrowed.
trace op(LOAD_NAMED, (dict: object -- r: object)) pure reads dict reads entry reads attr {
    r = DK_UNICODE_ENTRIES(((PyDictObject *)dict)->ma_keys)[JIT_AUX].me_value;
}

// 1 if PART is in S, both exact strs, else 0; leaves where memory is short.
trace op(STR_HAS, (s: object, part: object -- r: i64)) pure exits calls {
    r = _PyJit_StrHas(s, part);
    EXIT_IF(r < 0);
}

// Character I of an exact str, if it is one of those that are made once and for all; else leaves.
trace op(STR_GET, (s: object, i: i64 -- r: object)) pure exits {
    EXIT_IF((uint64_t)i >= (uint64_t)PyUnicode_GET_LENGTH(s));
    Py_UCS4 c = PyUnicode_READ_CHAR(s, i);
    EXIT_IF(c >= 128);
    r = (PyObject *)&_Py_SINGLETON(strings).ascii[c];
}

// The number of the only character of an exact str; leaves where it has another number of them.
trace op(ORD, (s: object -- r: i64)) pure exits {
    EXIT_IF(PyUnicode_GET_LENGTH(s) != 1);
    r = (int64_t)PyUnicode_READ_CHAR(s, 0);
}

// Character number I, if it is one of those that are made once and for all; else leaves.
trace op(CHR, (i: i64 -- r: object)) pure exits {
    EXIT_IF((uint64_t)i >= 128);
    r = (PyObject *)&_Py_SINGLETON(strings).ascii[i];
}

// KEY becomes an element of an exact set, which takes a reference of its own, if it is none.  Leaves, with nothing done, where that is
// hard to say or memory is short.
trace op(SET_ADD, (set: object, key: object --)) exits calls writes dict {
    EXIT_IF(_PyJit_SetAdd(set, key) < 0);
}

// 1 if KEY is in the exact list or tuple, else 0; leaves where that is hard to say.
trace op(SEQUENCE_HAS, (sequence: object, key: object -- r: i64)) exits calls {
    r = _PyJit_SequenceHas(sequence, key);
    EXIT_IF(r < 0);
}

// The same for an exact set or frozenset.
trace op(SET_HAS, (set: object, key: object -- r: i64)) exits calls {
    r = _PyJit_SetHas(set, key);
    EXIT_IF(r < 0);
}
