speedy inst(FAST, (--)) {
}
