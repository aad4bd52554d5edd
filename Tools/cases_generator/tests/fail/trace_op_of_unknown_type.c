trace op(FADD, (a: f32, b: f64 -- r: f64)) pure {
    r = a + b;
}
