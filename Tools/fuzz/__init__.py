"""Random programs, run in every JIT mode and compared: see __main__.py."""
