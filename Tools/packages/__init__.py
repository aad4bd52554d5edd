"""Programs and suites of real packages, compared between the JIT off and on."""
