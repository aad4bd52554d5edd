// Inline caches: read where they are used, skipped where not.
inst(FETCH_CACHED, (unused/1, version/2, spare/1, descr/4, owner -- attr)) {
    assert(Py_TYPE(owner)->tp_version_tag != version);
    attr = Py_NewRef(descr);
    DECREF_INPUTS();
}
