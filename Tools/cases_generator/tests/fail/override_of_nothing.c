override inst(NO_SUCH_INSTRUCTION, (--)) {
}
