override inst(MISSING_ONE, (--)) {
}

macro(LATER) = _MISSING_TWO;
