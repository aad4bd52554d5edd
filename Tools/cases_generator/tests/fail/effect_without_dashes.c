inst(EFFECT, (value)) {
}
