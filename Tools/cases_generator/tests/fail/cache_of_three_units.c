inst(CACHED, (version/3 --)) {
    use(version);
}
