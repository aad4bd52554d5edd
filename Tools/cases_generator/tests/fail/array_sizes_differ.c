op(_TAKE, (args[oparg] -- args[oparg])) {
    (void)args;
}

op(_DROP, (args[oparg + 1] --)) {
    DECREF_INPUTS();
}

macro(TAKE_AND_DROP) = _TAKE + _DROP;
