/* The engine: options, statistics, the recorder's state and the executors of one interpreter.  Private to Python/jit.
 *
 * There is one engine a process, of the main interpreter; other interpreters run in tier 1 (their threads may hold a GIL of
 * their own, and nothing here is locked by anything but the main GIL).
 */
#ifndef Py_INTERNAL_JIT_ENGINE_H
#define Py_INTERNAL_JIT_ENGINE_H
#ifdef __cplusplus
extern "C" {
#endif

#ifndef Py_BUILD_CORE
#  error "for the interpreter's own sources only: define Py_BUILD_CORE"
#endif

#include "pycore_hashtable.h"
#include "pycore_jit.h"
#include "pycore_jit_ir.h"
#include "pycore_jit_options.h"

/* Why recording stopped without a trace.  name, what users read, what helps */
#define JIT_ABORTS(X) \
    X(NOT_TRACEABLE, "instruction cannot be traced",  "the log names the instruction") \
    X(UNWIND,        "an exception was raised",       "nothing was recorded before it") \
    X(TOO_SHORT,     "nothing was recorded",          "") \
    X(NO_GAIN,       "too short to gain by itself",   "a small function is compiled where it is called from a trace") \
    X(COSTLY,        "as much work as without a trace", "most of its instructions are not lowered") \
    X(LAST_ITERATION, "the loop ended",              "it is tried again soon") \
    X(MANY_ITEMS,    "a generator had many items",    "it is tried again, and has a loop then") \
    X(INVALIDATED,   "the code changed meanwhile",    "monitoring was switched on, or the JIT off") \
    X(GAVE_WAY,      "it waited while others asked",  "for a lock, for C, in another greenlet; it is tried again") \
    X(GONE,          "something it had seen is gone", "an object was given up for the last time; it is tried again") \
    X(NO_MEMORY,     "out of memory",                 "") \
    X(MEMORY_LIMIT,  "the JIT's memory limit is reached", "see jit-memory-limit") \
    X(TOO_MANY,      "too many executors in one code object", "256 is the most") \
    X(MISTAKE,       "a rule of the builder is wrong", "a bug of the JIT: please report it with the log") \
    X(BAD_TRACE,     "the trace failed verification", "a bug of the JIT: please report it with the log") \
    X(BACKEND,       "no machine code could be made", "sys._jit.unavailable_reason() says why")

/* Why a trace ended.  name, text in the log */
#define JIT_ENDS(X) \
    X(LOOP,          "back at its start") \
    X(LINK,          "reached an executor") \
    X(TOO_LONG,      "trace too long") \
    X(INNER_LOOP,    "inner loop") \
    X(RECURSION,     "recursion") \
    X(RETURN,        "left its first frame") \
    X(TO_C,          "went back to C") \
    X(UNSUPPORTED,   "instruction cannot be traced") \
    X(EXCEPTION,     "an exception was raised")

/* Counters of sys._jit.stats().  field, unit, what it counts */
#define JIT_COUNTERS(X) \
    X(traces_loop,      "traces", "loops compiled") \
    X(traces_function,  "traces", "functions compiled") \
    X(traces_side,      "traces", "hot exits compiled") \
    X(executors,        "executors", "executors alive") \
    X(exits_taken,      "exits", "times an executor was left for tier 1") \
    X(links,            "links", "links made from an exit to an executor") \
    X(deopts_recorded,  "instructions", "deoptimizations seen while recording") \
    X(invalidations,    "executors", "executors invalidated because what they depend on changed") \
    X(evictions,        "executors", "executors dropped to stay under the memory limit") \
    X(dropped,          "executors", "executors dropped because they did not pay") \
    X(given_up,         "sites", "loops and exits that are not tried again") \
    X(too_rare,         "times", "a site's count was reached, too slowly to be worth a trace") \
    X(instructions,     "instructions", "bytecode instructions recorded in finished traces") \
    X(uops,             "uops", "micro-operations those instructions are made of, without caches and saves of their place") \
    X(compile_time,     "ns", "time in the trace builder and the backend")

enum {
#define X(NAME, TEXT, HELP) JIT_ABORT_##NAME,
    JIT_ABORTS(X)
#undef X
    JIT_ABORT_COUNT
};

enum {
#define X(NAME, TEXT) JIT_END_##NAME,
    JIT_ENDS(X)
#undef X
    JIT_END_COUNT
};

enum { JIT_KIND_LOOP, JIT_KIND_FUNCTION, JIT_KIND_SIDE };

/* Side traces one after the other that begin with a failed check at the same instruction. */
#define JIT_MAX_CHAIN 4
#define JIT_WEAK_CHAIN 2    // from here on an attribute is looked for whatever the type
/* Side traces of one root that take the values of their exits.  Each branch doubles the ways to those behind it. */
#define JIT_MAX_TREE 128
#define JIT_LOOP_FAILURE_SHIFT 12  // of JUMP_BACKWARD's counter: above it, how often the loop failed
#define JIT_MAX_FAILURES 6
#define JIT_SHORT_TRACE 24        // instructions; a shorter function that Python calls, or loop that leaves to C, is not compiled by itself
#define JIT_MAX_RECURSION 2       // times a function is inlined into itself
#define JIT_MAX_INLINED 24        // times a trace calls one function

#define JIT_MAX_UNITS 16          // code units of the longest instruction with its cache

/* What the recorder knows of the instruction that runs now. */
typedef struct {
    _Py_CODEUNIT *instr;          // NULL: none
    _Py_CODEUNIT *start;          // its first EXTENDED_ARG, or instr
    PyCodeObject *code;
    uint8_t opcode;
    uint8_t size;
    int oparg;
    int depth;
    uint16_t sp;
    uint16_t types, ends;
    uint32_t plain_locals;
    PyObject *seen;
    PyObject *generic;            // what a LOAD_ATTR has in `seen` if its generic form runs; immortal
    uint8_t observed;
    uint8_t adapted;              // opcode and units are not those of the bytecode (record/adapt.c)
    uint8_t fits;                 // they are what tier 1 would have for the types of the operands
    PyObject *callable;           // of a call: a builtin that lives as long as the interpreter, or NULL
    uint8_t leaf;                 // of a call: objects/leaf_calls.c can do it
    uint8_t entered;              // JIT_ENTERED_
    uint8_t raised;               // it did, and its exception unwinds
    uint8_t unwinding;            // frames that are still to be left
    _Py_CODEUNIT *handler;        // where that leads
    _Py_CODEUNIT units[JIT_MAX_UNITS];
} _PyJitPending;

typedef struct {
    uint64_t number;              // of the recording at hand, which its evaluation loop knows; 0: there is none
    uint64_t steps;               // made in all recordings
    uint64_t asked_at;            // `steps` when somebody asked for a recording and found it busy
    PyTime_t asked_since;         // when somebody asked first at that step
    uint8_t kind;
    uint8_t chain;
    uint8_t simpler;              // 1: without peeling, 2: whole instructions only
    uint8_t makes;                // how many exceptions had to be made after all
    bool caught;                  // an instruction has raised, and the trace goes on in the handler
    bool in_memory;               // the side trace takes no values: it is to serve all exits that lead where it begins
    int depth;                    // frames above the first one
    _PyInterpreterFrame *frame;   // at the last dispatch
    _Py_CODEUNIT *root;           // where the trace begins
    _Py_CODEUNIT *prefix;         // EXTENDED_ARG seen, its address
    _Py_CODEUNIT *target;         // where the jump leads that the loop at hand begins with; NULL: there is none
    _Py_CODEUNIT *arrived;        // recording ended there instead of at the jump; NULL: it ended where it says
    uint16_t end_sp;              // where the stack pointer points behind the last record, as an index into localsplus
    uint32_t anew;                // records before those of a loop of its own, which a side trace goes through (loops.c); 0: there is none
    PyCodeObject *root_code;      // one of those held
    _PyExecutorObject *parent;    // strong: executor of the exit; NULL for roots
    _PyJitExit *exit;             // of parent
    _PyJitPending prev;
    PyObject **held;              // strong: all code objects met, and what records have in `seen`
    uint32_t nheld, held_room;
    _PyJitTrace trace;
} _PyJitRecorder;

struct _PyOptimizerObject {
    PyObject_HEAD
};

typedef struct {
    bool available;               // the backend can run
    bool enabled;                 // compile and enter
    bool interpreter;             // run traces in the trace-IR interpreter
    bool stress;
    bool spoil;                   // for tests: the builder makes a mistake in each typed trace
    uint32_t passes_off;          // a bit a pass: PYTHON_JIT_PASSES_OFF
    const char *unavailable;      // why not available, or compilation was switched off; static string
#define X(FIELD, DEFAULT, LEAST, MOST, ENV, XNAME, HELP) uint32_t FIELD;
    struct { JIT_OPTIONS(X) } options;
#undef X
#define X(FIELD, UNIT, HELP) uint64_t FIELD;
    struct { JIT_COUNTERS(X) } counters;
#undef X
    uint64_t aborts[JIT_ABORT_COUNT];
    uint64_t ends[JIT_END_COUNT];
    size_t code_bytes;            // of all executors alive
    size_t meta_bytes;
    uint32_t next_id;
    uint32_t random;              // xorshift state, never 0
    bool wanted;                  // by options, or by set_enabled() since
    _PyExecutorObject *head;      // all executors alive, valid or not
    _PyExecutorObject *zombies;   // no reference left, but still running
    _Py_hashtable_t *dependents;  // key -> the list of run/depend.c
    _Py_hashtable_t *sides;       // first instruction -> side executor (borrowed)
    _Py_hashtable_t *consumers;   // code object of generators -> what consumes them (run/consumers.c)
    PyObject *kept;               // dict: what _PyJitEngine_Keep keeps; or NULL
    _Py_hashtable_t *failed;      // code object -> its functions' beginnings that got no trace (base/worth.c)
    uint32_t exits_since_look, looked_at;
    PyTime_t rested;              // when the backend was told last that nothing is compiled
    PyTime_t began_anew;          // when a loop was last dropped because its entries had other objects (cold_exit.c)
    FILE *log;                    // NULL: none
    long log_process;             // that opened it
    char log_path[512];
    _PyJitRecorder recorder;
} _PyJitEngine;

extern _PyJitEngine _PyJitEngine_State;
#define ENGINE (&_PyJitEngine_State)

/* Does INS of TRACE leave because a test asked for it (PYTHON_JIT_FORCE_EXIT)?  So does whatever leads to where control may go on at
 * any time; but not the check of a branch, whose exit leads the other way (there is MAY_LEAVE behind it), nor what only raises. */
static inline bool
_PyJit_IsForced(const _PyJitTrace *trace, const _PyJitIns *ins)
{
    uint32_t forced = ENGINE->options.force_exit;
    return forced > 0 && ins->snapshot == forced - 1
        && (trace->snaps[ins->snapshot].kind != JIT_EXIT_SIDE || ins->op == JIT_OP_MAY_LEAVE) && ins->op != JIT_OP_ON_ERROR;
}

/* What JUMP_BACKWARD's cache holds at first (upstream's _PyCode_Quicken sets it). */
#define JIT_LOOP_COUNT_START ((JUMP_BACKWARD_INITIAL_VALUE << 4) | JUMP_BACKWARD_INITIAL_BACKOFF)

/* Passes, and the names PYTHON_JIT_PASSES_OFF has for them. */
#define JIT_PASSES(X) \
    X(FOLD, "fold")      /* constants are computed, arithmetic that changes nothing is left out */ \
    X(CSE, "cse")        /* a pure operation with the same operands is done once */ \
    X(FORWARD, "forward")    /* an attribute that was loaded or stored is not loaded again */ \
    X(DEAD, "dead")      /* what nobody uses is not made */ \
    X(PEEL, "peel")      /* the first iteration of a loop is peeled; numbers stay in registers around it */ \
    X(SIDE, "side")      /* side traces begin with the values of their exit */ \
    X(VIRTUAL, "virtual")    /* objects that nobody else sees are not made */ \
    X(RAISE, "raise")    /* nor are exceptions */

enum {
#define X(NAME, TEXT) JIT_PASS_##NAME,
    JIT_PASSES(X)
#undef X
    JIT_PASS_COUNT
};

static inline bool
pass_is_on(int pass)
{
    return !(ENGINE->passes_off & (1u << pass));
}

/* state.c */
/* Compiles and enters from now on, or no more. */
void _PyJitState_Enable(bool on);
/* Why nothing is compiled here and now although it was built (a static string), or NULL.  The calling thread is the main
 * interpreter's. */
const char *_PyJitEngine_Unavailable(void);
void _PyJitEngine_SwitchOff(const char *reason);     // static string: no more compilation; what there is still runs
uint32_t _PyJitEngine_Random(void);
/* What is kept under KEY, as long as the engine lives: VALUE, if nothing is yet; borrowed.  VALUE may be NULL: only to look.  NULL: nothing, as
 * memory is short, or too much is kept; no exception is set. */
PyObject *_PyJitEngine_Keep(PyObject *key, PyObject *value);
/* The calling thread holds the main interpreter's GIL, which guards the engine.  It may be one of another interpreter that shares it. */
bool _PyJitEngine_IsOurs(void);
/* The first of all executors alive, for who only looks at them; NULL: there is none, or they are not for the calling thread. */
_PyExecutorObject *_PyJitEngine_Executors(void);
/* The bit of the pass with NAME (LENGTH bytes) in passes_off, or 0. */
uint32_t _PyJit_PassBit(const char *name, size_t length);

/* worth.c */
bool _PyJitWorth_IsJudged(void);                         // traces that do not pay are not made
bool _PyJitWorth_IsRoomy(void);                          // there is little machine code
/* A generator that C resumes saves an evaluation loop for each item, and leaves to C. */
bool _PyJitWorth_IsResumedByC(const _PyExecutorObject *executor);
int64_t _PyJitWorth_SavedBy(const _PyExecutorObject *executor);      // by one pass
/* After the machine code was laid out: false, if it would not pay. */
bool _PyJitWorth_IsWorthMaking(const _PyExecutorObject *executor);
/* The function that begins at INSTR got no trace, or one that did not pay (FOR_GOOD); asked before the next one: may it be tried? */
void _PyJitWorth_FunctionFailed(PyCodeObject *code, const _Py_CODEUNIT *instr, bool for_good);
bool _PyJitWorth_MayTryFunction(PyCodeObject *code, const _Py_CODEUNIT *instr);
void _PyJitWorth_CodeDying(PyCodeObject *code);
/* rate.c */
uint32_t _PyJitRate_FirstWait(uint32_t threshold);   // how often a site with this threshold is reached before it asks the first time
/* A site asks whether to record: 0 if so, else how often it is to be reached before it asks again.  COUNT: of what leads to it. */
uint32_t _PyJitRate_Wait(const void *site, uint32_t threshold, uint64_t count);
/* After it said 0: all or nearly all of what COUNT counted meanwhile came to the site.  False where nothing was timed. */
bool _PyJitRate_AllCame(uint32_t threshold);

/* tools.c */
bool _PyJitTools_AllocationsAreSeen(void);     // tracemalloc runs
/* What this thread allocates from now on is charged to nobody, until _PyJitTools_Show(RESULT).  Pairs may lie one in the other. */
bool _PyJitTools_Hide(void);
void _PyJitTools_Show(bool hidden);

/* log.c: all are silent where no log is asked for, and never fail the program */
void _PyJitLog_Open(const char *path);               // or NULL.  A file that cannot be opened gets a warning
void _PyJitLog_Off(const char *why);
void _PyJitLog_Trace(_PyExecutorObject *executor, int end, uint32_t length, uint32_t uops, int64_t ns);
void _PyJitLog_Abort(int kind, PyCodeObject *code, _Py_CODEUNIT *instr, int abort, int opcode);
void _PyJitLog_Link(_PyJitExit *exit, _PyExecutorObject *executor);
void _PyJitLog_Opaque(PyCodeObject *code, uint32_t offset, int opcode, const char *why);
void _PyJitLog_Drop(_PyExecutorObject *executor, const char *why);
int _PyJit_LineOf(PyCodeObject *code, int units);    // source line of an instruction
const char *_PyJit_KindName(int kind);
void _PyJit_DescribePlace(PyCodeObject *code, _Py_CODEUNIT *instr, char *text, size_t size);   // "file.py:41 name"

#ifdef __cplusplus
}
#endif
#endif /* !Py_INTERNAL_JIT_ENGINE_H */
