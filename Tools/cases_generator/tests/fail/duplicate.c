inst(NOTHING, (--)) {
}
