override inst(NOTHING, (unused/1 --)) {
}
