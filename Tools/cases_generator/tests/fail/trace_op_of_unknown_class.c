trace op(LENGTH, (o: object -- r: i64)) pure reads items {
    r = Py_SIZE(o);
}
