/* The JIT's interface to the rest of the interpreter, and the structures that tier 1, the recorder, the backends and the
 * executors share.  Python/jit/ implements it; InternalDocs/jit.md explains it.
 */
#ifndef Py_INTERNAL_JIT_H
#define Py_INTERNAL_JIT_H
#ifndef Py_BUILD_CORE
#  error "for the interpreter's own sources only: define Py_BUILD_CORE"
#endif

#include <stdbool.h>
#include <stdint.h>

#ifdef _Py_TIER2
#include "pycore_frame.h"         // _PyInterpreterFrame
#include "pycore_optimizer.h"     // _PyExecutorObject

/* What compiled code returns to tier 1: an instruction pointer, and in the top four bits, which no user address has,
 * what tier 1 does with it. */
typedef uintptr_t _PyJitResult;

#define JIT_STATUS_SHIFT 60
#define JIT_RESULT(STATUS, IP) ((_PyJitResult)(uintptr_t)(IP) | ((_PyJitResult)(STATUS) << JIT_STATUS_SHIFT))
#define JIT_RESULT_STATUS(R) ((int)((R) >> JIT_STATUS_SHIFT))
#define JIT_RESULT_IP(R) ((_Py_CODEUNIT *)((R) & (((_PyJitResult)1 << JIT_STATUS_SHIFT) - 1)))

enum {
    JIT_STATUS_DISPATCH,      // go on at IP
    JIT_STATUS_ERROR,         // an exception is set; IP is what next_instr is in tier 1 at `error`
    JIT_STATUS_UNWIND,        // an exception is set before the new frame began; tier 1's `exit_unwind`
    JIT_STATUS_RECORD,        // go on at IP, recording
    JIT_STATUS_ORIGINAL,      // go on at IP; if an executor stands there, run the instruction it replaced instead
    JIT_STATUS_RERAISE,       // as ERROR, but the place is in the traceback already: tier 1's `exception_unwind`
};

/* Compiled code that raises has in next_instr what tier 1 has; an exception that is raised again, and has the place in its traceback, is
 * marked there. */
#define JIT_AS_RERAISE(IP) ((_Py_CODEUNIT *)((uintptr_t)(IP) | 1))
#define JIT_IS_RERAISE(IP) (((uintptr_t)(IP) & 1) != 0)
#define JIT_RAISED_AT(IP) ((_Py_CODEUNIT *)((uintptr_t)(IP) & ~(uintptr_t)1))
#define JIT_ERROR_RESULT(IP) JIT_RESULT(JIT_IS_RERAISE(IP) ? JIT_STATUS_RERAISE : JIT_STATUS_ERROR, JIT_RAISED_AT(IP))

/* The machine state of compiled code.  next_instr is meaningful after an operation that changes the instruction pointer
 * and on the way out; aux is the exit on the way out. */
#define JIT_STATE_PARAMS \
    _PyInterpreterFrame *frame, PyObject **stack_pointer, PyThreadState *tstate, _Py_CODEUNIT *next_instr, void *aux

/* Runs EXECUTOR in FRAME until it leaves; everything is in memory before and after (frame->stacktop holds the stack
 * pointer after).  The function is machine code (the entry shim) or the trace-IR interpreter. */
typedef _PyJitResult (*_PyJitEnterFunc)(_PyInterpreterFrame *frame, PyObject **stack_pointer,
                                        PyThreadState *tstate, _PyExecutorObject *executor);
PyAPI_DATA(_PyJitEnterFunc) _PyJit_Enter;

/* run/classes.c: CALLABLE, called by INSTR with NARGS arguments, is a class whose `__init__` needs no C frame: INSTR becomes
 * CALL_ALLOC_AND_ENTER_INIT. */
bool _PyJit_SpecializeClass(PyObject *callable, _Py_CODEUNIT *instr, int nargs);
/* CALL at INSTR, with OPARG arguments ARGS, of CALLABLE: of a builtin that takes all items of a generator, a map or a filter.  It keeps its
 * generic form, which looks for that each time it runs. */
bool _PyJitConsumer_StaysGeneric(PyObject *callable, _Py_CODEUNIT *instr, int oparg, PyObject **args);
/* CALL or CALL_KW at CALL, with OPARG arguments, whose operands are on top of the stack of FRAME: if it has a generator (map, filter) of many
 * items, or a function for the keys of many, and a builtin that takes them all, a consumer begins in its place: true, and it is the current
 * frame, and is to start.  false: nothing was done, C does it; no exception is set. */
bool _PyJit_BeginConsumer(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **stack_pointer, _Py_CODEUNIT *call, int opcode,
                          int oparg);

/* The `__init__` of CLASS, whose instances are made by `object`, if it is a Python function; borrowed, else NULL. */
PyFunctionObject *_PyJit_InitOf(PyTypeObject *class);

/* _PyJit_PushCall (pycore_jit_frames.h) of CLASS. */
bool _PyJit_PushClass(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject *class, PyObject **args, int npositional, PyObject *names,
                      _PyInterpreterFrame **pushed);

/* --- Tier 1 -> recorder ------------------------------------------------------------------------------- */

/* Counters that decide when recording starts.  Interpreters with a GIL each read and write them at the same time: with relaxed atomics
 * only. */
PyAPI_DATA(uint32_t) _PyJit_LoopLimit;
#define JIT_CALL_COUNTERS 1024
#define JIT_CALL_SLOT(INSTR) (((uintptr_t)(INSTR) >> 4 ^ (uintptr_t)(INSTR) >> 14) % JIT_CALL_COUNTERS)
PyAPI_DATA(uint16_t) _PyJit_CallCounts[JIT_CALL_COUNTERS];

/* The number of the newest recording, from 1 on; guarded by the main interpreter's GIL.  An evaluation loop that begins to record keeps
 * it, and says it at each step: a loop whose number is not that of the recording at hand has been given up. */
extern uint64_t _PyJit_RecordingNumber;

/* Begins a trace at INSTR of FRAME (the dispatch that follows is its first instruction).  1: recording has begun, tier 1
 * switches its dispatch table and dispatches INSTR again; 0: not now. */
int _PyJit_StartLoop(PyThreadState *tstate, _PyInterpreterFrame *frame, _Py_CODEUNIT *instr, int oparg);
int _PyJit_StartFunction(PyThreadState *tstate, _PyInterpreterFrame *frame, _Py_CODEUNIT *instr);

/* Called at every dispatch while recording NUMBER: NEXT_INSTR, with OPCODE and OPARG, is about to run.  Notes what the previous
 * instruction did, and says how tier 1 goes on. */
enum {
    JIT_STEP_STOP,          // recording has ended, with or without a trace
    JIT_STEP_STOP_ANEW,     // the same, and code of users has run: the instruction may be another one now
    JIT_STEP_GO_ON,
    JIT_STEP_THROUGH,       // OPCODE is ENTER_EXECUTOR: go on recording with the instruction it replaced
    JIT_STEP_ENTERED,       // the instruction has begun a frame, which is the current one and is to start
};
int _PyJit_RecordStep(PyThreadState *tstate, uint64_t number, _PyInterpreterFrame *frame, _Py_CODEUNIT *next_instr,
                      PyObject **stack_pointer, int opcode, int oparg);

/* The same for an instruction no trace may hold: the trace ends before it. */
void _PyJit_RecordUnsupported(PyThreadState *tstate, uint64_t number, _PyInterpreterFrame *frame, _Py_CODEUNIT *next_instr,
                              PyObject **stack_pointer, int opcode, int oparg);

/* run/operators.c: what an operator does when its method has returned to its continuation frame.  In an instruction of that frame only,
 * as oparg of CALL_INTRINSIC_1: */
enum {
    JIT_OPERATOR_BINARY,    // + - * ...: the reflected method, if the result is NotImplemented
    JIT_OPERATOR_INPLACE,   // += -= *= ...: the operator without assignment, likewise
    JIT_OPERATOR_REFLECTED, // + - * ... of a number and an object, which has the method: what is left, likewise
    JIT_OPERATOR_COMPARE,   // == < ...: the reflected comparison, likewise
    JIT_OPERATOR_TEST,      // the same where a branch follows: the truth of the result
    JIT_OPERATOR_UNEQUAL,   // != where there is only __eq__: the contrary of its truth, or the reflected comparison
    JIT_OPERATOR_UNARY,     // -x ~x: nothing
    JIT_OPERATOR_ITEM,      // a[k]: nothing
    JIT_OPERATOR_IN,        // k in a: the truth of the result
    JIT_OPERATOR_NOT_IN,    // k not in a: the contrary
    JIT_OPERATOR_BOOL,      // a branch on an object with __bool__: the result has to be a bool
    JIT_OPERATOR_NONEMPTY,  // with __len__ only: it has to be a size, which is 0 or not
    JIT_OPERATOR_LEN,       // len(a): it has to be a size
    JIT_OPERATOR_STR,       // str(a): it has to be a string
    JIT_OPERATOR_TEXT,      // !s or !r in an f-string: likewise
    JIT_OPERATOR_FORMAT,    // a value in an f-string, which `object` formats: likewise
    JIT_OPERATOR_ITER,      // the beginning of a loop over an object with __iter__: the result has to be an iterator
    JIT_OPERATOR_GET,       // o.name, where the class of o has a descriptor with __get__: nothing
    JIT_OPERATOR_GETTER,    // with a property: nothing
    JIT_OPERATOR_GETATTR,   // with __getattr__, where there is no such attribute: nothing
    JIT_OPERATOR_ENTER,     // the beginning of `with o`; o.__exit__ has taken the place of o on the stack: nothing
    JIT_OPERATOR_EXIT,      // its end, without an exception: nothing
    JIT_OPERATOR_ANEXT,     // the next item of `async for`: what is to be awaited; the operand stays on the stack
    JIT_OPERATOR_SETITEM,   // a[k] = v, and the next three, leave nothing on the stack: nothing
    JIT_OPERATOR_SETTER,    // o.name = v with a property
    JIT_OPERATOR_SET,       // where the class of o has a descriptor with __set__
    JIT_OPERATOR_SETATTR,   // with __setattr__
    JIT_OPERATOR_CALL,      // a(...), with up to three arguments, a kind for each number of them: nothing
    JIT_OPERATOR_NEW = JIT_OPERATOR_CALL + 4,      // of a class with __new__, up to five: __init__, if what was made has one
    JIT_OPERATOR_KINDS = JIT_OPERATOR_NEW + 6,
    // consumers.c: what a builtin makes of all items of a generator
    JIT_CONSUMER_FIRST = JIT_OPERATOR_KINDS,
    JIT_CONSUMER_ANY = JIT_CONSUMER_FIRST,
    JIT_CONSUMER_ALL,
    JIT_CONSUMER_SUM,
    JIT_CONSUMER_MIN,
    JIT_CONSUMER_MAX,
    JIT_CONSUMER_SORTED,
    JIT_CONSUMER_LIST,
    JIT_CONSUMER_TUPLE,
    JIT_CONSUMER_JOIN,
    JIT_CONSUMER_SET,
    JIT_CONSUMER_NEXT_OF,          // next(): takes one item
    JIT_CONSUMER_SEND,             // a generator's or coroutine's send(): likewise
    JIT_CONSUMER_NEXT,             // next() with a default
    JIT_CONSUMER_MIN_DEFAULT,
    JIT_CONSUMER_MAX_DEFAULT,
    // those with a function for the key of each item
    JIT_CONSUMER_MIN_KEY,
    JIT_CONSUMER_MAX_KEY,
    JIT_CONSUMER_SORTED_KEY,
    JIT_CONSUMER_SORTED_REVERSE,   // with `reverse` behind `key`
    // not a builtin's call, but one step of a loop: the next item of map() or filter(), or of an object with `__next__`; then what such a step
    // does at its end
    JIT_STEP_MAP,
    JIT_STEP_FILTER,
    JIT_STEP_NEXT,
    JIT_STEP_END,           // there is none
    JIT_STEP_FAILED,        // neither, if the function raised StopIteration
    JIT_CONTINUATION_KINDS,
    // what sum() does with one item
    JIT_SUM_TOTAL = JIT_CONTINUATION_KINDS,
    JIT_SUM_ERROR,
    // what map() or filter() has: the iterator below it, and its function; of another object that itself, and `__next__`
    JIT_STEP_ITERATOR,
    JIT_STEP_FUNCTION,
    // next() and send() of a generator that has returned: StopIteration
    JIT_GENERATOR_RETURNED,
};
#define JIT_OPERATOR_MOST_ARGUMENTS 3
#define JIT_STEP_ANY 0         // JIT_STEP_MAP or JIT_STEP_FILTER, where one of them is asked for
#define JIT_CONTINUATION 128
/* VALUE, borrowed, is on top of the stack of FRAME, which has CALL_INTRINSIC_1 with OPARG: a new reference, or NULL with an exception
 * set.  In the frame of an operator its method has returned it. */
PyObject *_PyJitOperator_Finish(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **stack_pointer, int oparg, PyObject *value);
/* The same for consumers; WHAT is OPARG without JIT_CONTINUATION. */
PyObject *_PyJitConsumer_Finish(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **stack_pointer, int what, PyObject *value);
/* An exception leaves FRAME, whose code has no events of monitoring: it may be a continuation frame. */
void _PyJitOperator_Unwind(PyThreadState *tstate, const _PyInterpreterFrame *frame);

/* An exception unwinds in FRAME, in the evaluation loop of recording NUMBER; NEXT_INSTR is behind the place.  True: the recording goes on in
 * the handler, or with the next frame that it leaves. */
bool _PyJit_RecordUnwind(PyThreadState *tstate, uint64_t number, _PyInterpreterFrame *frame, _Py_CODEUNIT *next_instr);

/* --- Python that C calls -> compiled code ----------------------------------------------------------------------- */

/* _PyEval_EvalFrame for the frame of a generator or coroutine (Python/jit/run/resume.c): where an executor begins where it goes on, the
 * machine code is entered with no evaluation loop around it.  Result and errors are those of _PyEval_EvalFrame. */
PyObject *_PyJit_EvalGenerator(PyThreadState *tstate, _PyInterpreterFrame *frame, int throwflag);

/* The same for the new frame of a function that C calls. */
PyObject *_PyJit_EvalFunction(PyThreadState *tstate, _PyInterpreterFrame *frame);

/* The frame of GENERATOR, which is suspended, runs from now on, above FRAME, the current one; nothing is on its stack yet.  Returns it.
 * Never fails: there is room. */
_PyInterpreterFrame *_PyJit_ResumeGenerator(PyThreadState *tstate, _PyInterpreterFrame *frame, PyGenObject *generator);

/* Where FRAME goes on: the instruction there, or the one that an executor replaced, to be read only. */
_Py_CODEUNIT *_PyJit_ResumeAt(_PyInterpreterFrame *frame);
/* The same for the instruction at PLACE of CODE. */
_Py_CODEUNIT *_PyJit_OriginalAt(PyCodeObject *code, _Py_CODEUNIT *place);

/* An evaluation loop that is called with this for `throwflag` goes on where compiled code has left: in frame `top`, with `result`. */
#define JIT_RESUMED 2
typedef struct {
    _PyInterpreterFrame *top;
    _PyJitResult result;
} _PyJitResumed;
extern _PyJitResumed _PyJit_Resumed;       // read at once by the loop it is for; guarded by the main interpreter's GIL

/* Where the frame below an evaluation loop's first one returns to. */
extern _Py_CODEUNIT *const _PyJit_Trampoline;

/* --- Compiled code -> runtime --------------------------------------------------------------------------- */

typedef struct _PyJitExit _PyJitExit;

/* A link of an exit: control goes on at IP in EXECUTOR, whose code begins at CODE (NULL with the trace-IR interpreter).  It
 * is a node of two lists: the exit's own links, and all links that lead to EXECUTOR, so that an executor that becomes
 * invalid takes away every way in without a search. */
typedef struct _PyJitLink {
    _Py_CODEUNIT *ip;
    void *code;
    _PyExecutorObject *executor;        // strong
    struct _PyJitLink *next;            // of the same exit
    _PyJitExit *exit;                   // that owns this link
    struct _PyJitLink *prev_in, *next_in;   // executor->incoming
} _PyJitLink;

#define JIT_MAX_LINKS 8

/* One way out of an executor, in whose memory it stands.  Static exits have at most one link; dynamic ones (JIT_EXIT_BRANCH) take the
 * target from the register and have up to JIT_MAX_LINKS. */
struct _PyJitExit {
    _PyJitLink *links;                  // NULL, or the first link
    void *entry;                        // code of a side trace that takes this exit's values, or _PyJit_ValueExitCode
    uint32_t from_owner;                // bytes from the beginning of the executor to here
    uint32_t taken;                     // times it was left for tier 1 (links are not counted), at most UINT32_MAX
    uint32_t places : 24;               // in the owner's code, where its values are: those of the snapshot, then the passed ones.
                                        // JIT_GATHERED: see there.  0: no machine code, or too many values
    uint32_t nlinks : 4;
    uint32_t failures : 3;              // side traces that could not be made
    uint32_t progress : 1;              // 0: nothing was executed since the executor was entered
    uint16_t countdown;                 // to the recording of a side trace; JIT_NEVER: none will be recorded
    uint16_t snapshot;                  // says why it leaves, and where to
};

/* The exit is left in several states.  A side trace finds its values in cells, one behind the other. */
#define JIT_GATHERED 1

static inline _PyExecutorObject *
_PyJitExit_Owner(const _PyJitExit *exit)
{
    return (_PyExecutorObject *)((char *)exit - exit->from_owner);
}

#define JIT_NEVER 0xffff

/* The slow part of leaving: no link matched.  Stores the stack pointer, counts, links or asks for a side trace.
 * `running` of the owner was decremented before. */
_PyJitResult _PyJit_ColdExit(_PyInterpreterFrame *frame, PyObject **stack_pointer, PyThreadState *tstate,
                             _Py_CODEUNIT *next_instr, _PyJitExit *exit);

/* Writes to memory what the snapshot of EXIT (of the executor that runs in FRAME) has in registers: boxes numbers, takes
 * references, gives up what stood there, makes the frames that did not exist, so that a snapshot with frames becomes one without.
 * PLACES has one element a slot of the snapshot's frames, in their order: where among CELLS the raw bits of its value are; elements of
 * constants are not read.  Returns the new stack pointer; the frame is tstate->current_frame.  Never fails and runs no code of users;
 * the caller goes on as for any exit. */
PyObject **_PyJit_RestoreExit(PyThreadState *tstate, _PyInterpreterFrame *frame, _PyJitExit *exit, const uint64_t *cells,
                              const uint8_t *places);

/* run/catch.c: where an exception that unwinds in FRAME, behind NEXT_INSTR, is handled. */
typedef struct {
    _Py_CODEUNIT *handler;
    int level;                // what stays on the stack
    int popped;               // frames that are left
    bool wants_place;         // the place goes to the stack, too
} _PyJitHandler;

/* False: in none of the frames that this evaluation loop would leave, or something has to be told to tools, or a generator is left. */
bool _PyJitCatch_Find(PyThreadState *tstate, _PyInterpreterFrame *frame, _Py_CODEUNIT *next_instr, _PyJitHandler *found);
/* The place behind which NEXT_INSTR is, in CODE, has a handler, FOUND (but for the number of frames). */
bool _PyJitCatch_LookUp(PyCodeObject *code, const _Py_CODEUNIT *next_instr, _PyJitHandler *found);
bool _PyJitCatch_HasHandler(PyCodeObject *code, const _Py_CODEUNIT *next_instr);

/* An exception was raised in FRAME, the current one: does what tier 1 does until the handler runs.  NEXT_INSTR may be marked
 * (JIT_AS_RERAISE).  WAY: CATCH's `aux`, as _PyJitCatch_Way gives it, or JIT_ANY_WAY.  DISPATCH: the handler, where the current frame,
 * whose stack pointer is saved, goes on.  Any other result is for tier 1; if it is not caught as it must be nothing was done. */
_PyJitResult _PyJit_Catch(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **stack_pointer, _Py_CODEUNIT *next_instr, uint32_t way);
/* The number of frames that are left, in the low bits.  If it is 0, what the table says of the place, as far as there is room for it. */
#define JIT_WAY_FRAMES 0xff
#define JIT_WAY_LEVEL(WAY) ((WAY) >> 8 & 0x7f)
#define JIT_WAY_WANTS_PLACE(WAY) ((WAY) >> 15 & 1)
#define JIT_WAY_HANDLER(WAY) ((WAY) >> 16 & 0x3fff)      // in code units
#define JIT_WAY_IS_KNOWN 0x40000000u       // `aux` has 31 bits in machine code
#define JIT_ANY_WAY JIT_WAY_FRAMES
uint32_t _PyJitCatch_Way(PyCodeObject *code, const _Py_CODEUNIT *next_instr, uint32_t popped);

/* The exception is of a class CLASSES says, one or a tuple: 1 or 0; -1: those are no classes of exceptions. */
int _PyJit_ExceptionMatches(PyObject *exception, PyObject *classes);

/* The frame object of FRAME goes, if there is one that nobody knows, as those that tracebacks had; true: there is none. */
bool _PyJit_DropFrameObject(_PyInterpreterFrame *frame);

/* FRAME, the current one, of a function with NLOCALS locals, is left: gives up what is in it and makes its caller the current one,
 * which is returned.  The checks of GUARD_LEAVE and GUARD_DROP hold, so no code of users runs.  Never fails. */
_PyInterpreterFrame *_PyJit_LeaveFrame(PyThreadState *tstate, _PyInterpreterFrame *frame, uint32_t nlocals);
/* The same as tier 1 does it: may run code of users. */
_PyInterpreterFrame *_PyJit_LeaveFrameEnding(PyThreadState *tstate, _PyInterpreterFrame *frame);

/* --- Backends ------------------------------------------------------------------------------------------- */

/* Makes EXECUTOR runnable from TRACE, of which its own was packed, and its exits; FROM is the exit whose values it takes, or NULL.
 * 0: done, executor->code and code_size are set; -1: could not, -2: could not because of what this trace is, -3: it would not pay
 * (base/worth.c); *reason says why (static string), but for -3; no exception is set. */
int _PyJit_Emit(_PyExecutorObject *executor, const struct _PyJitTrace_s *trace, const _PyJitExit *from, const char **reason);
void _PyJit_FreeCode(_PyExecutorObject *executor);

/* Starts the backend once per process.  0: it can run; -1: not available, *reason says why (static string). */
int _PyJit_BackendInit(const char **reason);
void _PyJit_BackendFini(void);
void _PyJit_BackendRest(void);          // now and then while nothing is compiled: code cannot be written to any more
extern void *_PyJit_ValueExitCode;      // where an exit with values goes that nothing is made for; NULL without machine code
size_t _PyJit_CodeBytes(void);          // bytes of executable memory held, whole pages

#endif /* _Py_TIER2 */

/* --- Start and options (every build) ---------------------------------------------------------------------- */

/* Adds sys._jit to every interpreter; in the main one reads the options and starts the engine.  Before site: what
 * that runs may ask.  Fails for want of memory only. */
PyStatus _PyJit_Start(PyThreadState *tstate);

/* How tier 1 goes from one instruction to the next, in words. */
extern const char *const _PyJit_DispatchForm;

/* The definition of module math, once it was imported; NULL before.  Who has it may call its functions without the module. */
PyAPI_DATA(struct PyModuleDef *) _PyJit_MathModule;

#ifdef _Py_TIER2
/* A code object is about to be freed. */
void _PyJit_CodeDying(PyCodeObject *code);
/* The code, defaults, closure or entry of FUNCTION are about to be replaced. */
void _PyJit_FunctionChanging(PyFunctionObject *function);
/* tracemalloc is about to be started or stopped. */
void _PyJit_TraceMallocSwitches(void);
/* The thread that a builtin runs in for a trace, which has its frames in registers; or NULL.  Is that TSTATE?  Then what PyErr_CheckSignals() gives,
 * which must run no handler and no collector: 0, or -1 with some exception set, so that the builtin fails. */
extern PyThreadState *_PyJit_LeafThread;
int _PyJit_SignalsHeld(PyThreadState *tstate);
#  define _PyJit_HoldsSignals(TSTATE) (_PyJit_LeafThread == (TSTATE))
/* perf's trampoline is about to be switched on. */
void _PyJit_TrampolineSwitches(void);
#else
#  define _PyJit_HoldsSignals(TSTATE) 0
#  define _PyJit_SignalsHeld(TSTATE) 0
#  define _PyJit_TraceMallocSwitches() ((void)0)
#  define _PyJit_TrampolineSwitches() ((void)0)
#  define _PyJit_CodeDying(CODE) ((void)0)
#  define _PyJit_FunctionChanging(FUNCTION) ((void)0)
#  define _PyJit_ResumeAt(FRAME) ((FRAME)->instr_ptr)
#  define _PyJit_EvalFunction(TSTATE, FRAME) _PyEval_EvalFrame((TSTATE), (FRAME), 0)
#  define _PyJit_EvalGenerator(TSTATE, FRAME, THROWFLAG) _PyEval_EvalFrame((TSTATE), (FRAME), (THROWFLAG))
#endif

#endif /* !Py_INTERNAL_JIT_H */
