trace op(FADD, (a: f64, b: f64 -- r: f64)) pure {
    (void)(a + b);
}
