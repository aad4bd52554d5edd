// Trace operations that look into dicts and sets, and at strings.
//
// To look up a key may run code of users: to hash it, to compare it.  These leave where that could be (Python/jit/dicts.c).

// Leaves unless O is an exact str.
trace op(GUARD_STR, (o: object --)) pure exits {
    EXIT_IF(!PyUnicode_CheckExact(o));
}

// 1 if two exact strings are equal, else 0.
trace op(STR_EQ, (a: object, b: object -- r: i64)) pure commutative {
    r = a == b || (PyUnicode_GET_LENGTH(a) == PyUnicode_GET_LENGTH(b) && _PyUnicode_Equal(a, b));
}

// The value of KEY in an exact dict, borrowed.  Leaves where there is none (tier 1 raises), or that is hard to say.
trace op(DICT_GET, (dict: object, key: object -- r: object)) pure reads dict reads attr exits calls {
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

// The same for an exact set or frozenset.
trace op(SET_HAS, (set: object, key: object -- r: i64)) exits calls {
    r = _PyJit_SetHas(set, key);
    EXIT_IF(r < 0);
}
