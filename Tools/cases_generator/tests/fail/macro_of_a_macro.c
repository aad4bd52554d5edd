macro(INDIRECT) = ADD;
