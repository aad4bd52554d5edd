trace op(FADD, (a: f64, b: f64 -- r: f64)) swift {
    r = a + b;
}
