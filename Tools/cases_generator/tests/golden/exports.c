// Static functions of ceval.c are reached through their wrappers.
inst(BRING, (level, fromlist -- module)) {
    module = import_name(tstate, frame, GETITEM(FRAME_CO_NAMES, oparg), fromlist, level);
    DECREF_INPUTS();
    ERROR_IF(module == NULL, error);
}
