inst(CHOOSE, (-- res)) {
    switch (oparg) {
    case 0:
        res = Py_False;
        break;
    case 1:
        break;
    default:
        Py_UNREACHABLE();
    }
}
