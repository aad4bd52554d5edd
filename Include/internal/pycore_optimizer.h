/* Executors, and what upstream's sources expect under the names of this header.
 *
 * Upstream calls its tier-2 hooks through these names (start-up, code objects, instrumentation, sys, test modules).  This fork
 * keeps the names as seams and puts its own structures and functions behind them.
 */
#ifndef Py_INTERNAL_OPTIMIZER_H
#define Py_INTERNAL_OPTIMIZER_H
#ifndef Py_BUILD_CORE
#  error "for the interpreter's own sources only: define Py_BUILD_CORE"
#endif

#include <stdbool.h>
#include <stdint.h>

struct _PyJitExit;
typedef struct _PyUOpInstruction _PyUOpInstruction;   // named by a declaration in debug builds of ceval.c
struct _PyInterpreterFrame;

/* What the bytecode needs to know of the executor that stands in it. */
typedef struct {
    uint8_t opcode;          // the instruction ENTER_EXECUTOR replaced
    uint8_t oparg;
    uint8_t valid;           // 0: leave at the next check, never enter again
    uint8_t linked;          // 1: in the engine's list
    int index;               // of ENTER_EXECUTOR, in code units; -1 for a side trace
    PyCodeObject *code;      // borrowed; NULL where no ENTER_EXECUTOR leads here
} _PyVMData;

typedef struct _PyExecutorObject {
    PyObject_HEAD
    _PyVMData vm_data;
    uint32_t running;              // activations inside; not freed while > 0
    uint32_t nexits;
    uint64_t entered;              // times entered: from tier 1, over a link, or with the values of an exit; not by TO_HEAD
    struct _PyExecutorObject *next, *prev;   // the engine's list, which is looked through now and then
    void *code;                    // machine code, or NULL
    size_t code_size;              // bytes
    struct _PyJitTrace_s *trace;   // owned; packed, but whole for the trace-IR interpreter
    struct _PyJitExit *exits;      // nexits, behind this
    _Py_CODEUNIT *start;           // first instruction (in codes[0] of the trace)
    _Py_CODEUNIT *jumps_to;        // of a loop that begins with JUMP_BACKWARD, or NULL
    uint32_t id;                   // number in logs and dumps, from 1
    uint8_t kind;                  // loop, function, side
    uint8_t chain;                 // exits without progress that lead here one after the other
    uint8_t for_c;                 // a short function that goes back to C: only there it pays to enter it
    uint16_t once;                 // so many snapshots are of what an entry runs once; those behind them, of its loop
    uint32_t cost, worth;          // of one pass, or of one iteration: bytes of machine code; those of its instructions in tier 1 (base/worth.c)
    uint64_t entered_before;       // `entered` at the last ageing
    size_t meta_size;              // bytes of metadata charged to the cap
    struct _PyJitLink *incoming;   // links of other exits that lead here
    struct _PyExecutorObject *anchor;   // the root of the tree this is part of, borrowed; itself.  Its `running` counts for all
    struct _PyExecutorObject *loop;     // where its side traces may come back to: itself, a parent of the tree, or NULL; borrowed
    uint32_t members;              // other executors in memory whose anchor this is
    uint32_t nloops;               // members so far with a loop of their own
    uint32_t nplaces;
    void *head_code;               // where TO_HEAD goes; NULL: nothing comes back
    uint16_t *places;              // owned; for TO_HEAD, two a value: register and cell (JIT_NO_PLACE: none)
} _PyExecutorObject;

/* The engine: what interp->optimizer points to. */
typedef struct _PyOptimizerObject _PyOptimizerObject;

PyAPI_FUNC(_PyOptimizerObject *) _Py_GetOptimizer(void);                  // new reference
PyAPI_FUNC(int) _Py_SetTier2Optimizer(_PyOptimizerObject *optimizer);     // NULL: off
_PyOptimizerObject *_Py_SetOptimizer(PyInterpreterState *interp, _PyOptimizerObject *optimizer);  // returns the old one
PyAPI_FUNC(PyObject *) _PyOptimizer_NewUOpOptimizer(void);
PyAPI_FUNC(PyObject *) _PyOptimizer_NewCounter(void);
PyAPI_FUNC(_PyExecutorObject *) _Py_GetExecutor(PyCodeObject *code, int offset);   // new reference, byte offset
PyAPI_FUNC(void) _Py_Executor_DependsOn(_PyExecutorObject *executor, void *obj);
PyAPI_FUNC(PyObject *) _Py_uop_symbols_test(PyObject *self, PyObject *ignored);
void _Py_ExecutorDetach(_PyExecutorObject *executor);

/* Changes of __builtins__ upstream tells us about before it stops counting. */
#define _Py_MAX_ALLOWED_BUILTINS_MODIFICATIONS 3

#ifdef _Py_TIER2
/* Executors that depend on OBJECT, or all of them, are not entered again.  The last argument is
 * for upstream's statistics. */
PyAPI_FUNC(void) _Py_Executors_InvalidateAll(PyInterpreterState *interp, int is_invalidation);
PyAPI_FUNC(void) _Py_Executors_InvalidateDependency(PyInterpreterState *interp, void *object, int is_invalidation);
#else
#  define _Py_Executors_InvalidateAll(INTERP, IS_INVALIDATION) ((void)0)
#  define _Py_Executors_InvalidateDependency(INTERP, OBJECT, IS_INVALIDATION) ((void)0)
#endif

/* Slots of upstream's table of static types. */
extern PyTypeObject _PyUOpExecutor_Type;         // executors
extern PyTypeObject _PyUOpOptimizer_Type;        // the engine
extern PyTypeObject _PyDefaultOptimizer_Type;    // the engine that is off
extern PyTypeObject _PyCounterExecutor_Type;
extern PyTypeObject _PyCounterOptimizer_Type;

#endif /* !Py_INTERNAL_OPTIMIZER_H */
