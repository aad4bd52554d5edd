override inst(NOTHING, (--)) {
    use(oparg);
}
