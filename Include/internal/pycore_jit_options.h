/* What can be chosen when Python starts, what --help-xoptions and --help-env say of it, and the name this Python has.
 *
 * One row of JIT_OPTIONS is a field of the engine, its -X name, its variable and its line in both help texts, in the order they are
 * printed.  Python/initconfig.c and Python/getversion.c put the texts below into theirs; they are empty where there is no JIT.
 */
#ifndef Py_INTERNAL_JIT_OPTIONS_H
#define Py_INTERNAL_JIT_OPTIONS_H
#ifndef Py_BUILD_CORE
#  error "for the interpreter's own sources only: define Py_BUILD_CORE"
#endif

/* Of the fork; sys._jit.version.  The base's version is Python's own. */
#define JIT_VERSION "0.9"

/* Options.  field, default, least, most, environment name, -X name, what users read (55 characters at most, no percent sign).
 * Those from 0 to 1 take the words of the switch `jit` too. */
#define JIT_OPTIONS(X) \
    X(call_threshold, 2000, 1, 65000, "PYTHON_JIT_CALL_THRESHOLD", "jit-call-threshold", \
      "calls of a function before it is recorded") \
    X(exit_threshold, 500, 1, 65000, "PYTHON_JIT_EXIT_THRESHOLD", "jit-exit-threshold", \
      "times an exit is taken before it is recorded") \
    X(force_exit, 0, 0, 60000, "PYTHON_JIT_FORCE_EXIT", "jit-force-exit", \
      "for tests: this check of every trace fails") \
    X(frames, 0, 0, 1, "PYTHON_JIT_FRAMES", "jit-frames", \
      "1: sampling profilers see every call and line") \
    X(log_level, 1, 1, 2, "PYTHON_JIT_LOG_LEVEL", "jit-log-level", \
      "2: the log names what is opaque, and why") \
    X(loop_threshold, 1000, 1, 3800, "PYTHON_JIT_LOOP_THRESHOLD", "jit-loop-threshold", \
      "iterations of a loop before it is recorded") \
    X(memory_limit, 64, 1, 1024, "PYTHON_JIT_MEMORY_LIMIT", "jit-memory-limit", \
      "MiB of machine code and metadata together") \
    X(min_rate, 1000, 0, 1000000, "PYTHON_JIT_MIN_RATE", "jit-min-rate", \
      "times a second code must run to be recorded") \
    X(trace_limit, 800, 4, 4000, "PYTHON_JIT_TRACE_LIMIT", "jit-trace-limit", \
      "bytecode instructions in one trace") \
    X(typed, 1, 0, 1, "PYTHON_JIT_TYPED", "jit-typed", \
      "0: traces only do what the interpreter does")

#ifdef _Py_TIER2
#  define JIT_IN_VERSION " with tracing JIT " JIT_VERSION
#  define JIT_HELP_ROW(FIELD, DEFAULT, LEAST, MOST, ENV, XNAME, HELP) \
    "-X " XNAME "=N: " HELP ";\n" \
    "         " #LEAST " to " #MOST ", default " #DEFAULT "; also " ENV "\n"
#  define JIT_HELP_XOPTIONS \
    "-X jit=[on|off]: compile hot loops and functions to machine code;\n" \
    "         also PYTHON_JIT\n" \
    JIT_OPTIONS(JIT_HELP_ROW)
/* Variables without an -X option, then those with one. */
#  define JIT_HELP_ENV_ALONE \
    "PYTHON_JIT_BACKEND: native or interpreter: how compiled traces run\n" \
    "PYTHON_JIT_LOG  : append a line for each trace to this file (-: stderr); a\n" \
    "                  %%p in its name stands for the process id\n" \
    "PYTHON_JIT_PASSES_OFF: for tests: names of passes of the JIT to leave out\n" \
    "PYTHON_JIT_STRESS: for tests: compile everything the first time it runs\n"
#  define JIT_HELP_ENV_ROW(FIELD, DEFAULT, LEAST, MOST, ENV, XNAME, HELP) \
    ENV ": " HELP "\n" \
    "                  (-X " XNAME ")\n"
#  define JIT_HELP_ENV \
    "PYTHON_JIT      : compile hot loops and functions to machine code (-X jit)\n" \
    JIT_OPTIONS(JIT_HELP_ENV_ROW)
#else
#  define JIT_IN_VERSION ""
#  define JIT_HELP_XOPTIONS ""
#  define JIT_HELP_ENV_ALONE ""
#  define JIT_HELP_ENV ""
#endif

#endif /* !Py_INTERNAL_JIT_OPTIONS_H */
