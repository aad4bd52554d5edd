inst(NEGATE, (unused/1, value -- value)) {
}

family(NEGATE, 2) = {
};
