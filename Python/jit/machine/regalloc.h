/* The register allocator's result: what emit.c copies, in order. */
#ifndef Py_JIT_REGALLOC_H
#define Py_JIT_REGALLOC_H

#include "jit/machine/machine.h"

#define JIT_NO_VALUE_EXIT ((uint32_t)0xffffffff)

/* One stencil.  `places` are those of struct jit_variants (stencils.h). */
typedef struct {
    uint16_t op;              // _PyJitOp, or JIT_MACHINE_
    uint8_t places[4];        // operands, then the result; 0 where the operation has none
    uint16_t ins;             // index of the operation, for its holes; machine operations: of the one they stand before
    uint16_t cell, cell_to;   // cells of machine operations
    _PyJitRef konst;          // the constant operand, or JIT_REF_NONE
    uint32_t exit;            // into value_exits, or JIT_NO_VALUE_EXIT
    uint32_t stencil, at;     // the emitter's: its number; where the hot part stands, from the beginning of the trace
} _PyJitStep;

typedef struct {
    uint32_t exit;            // of the executor
    uint32_t first, count;    // into value_cells, one for each slot of the snapshot and for each value it passes
    bool several;             // the exit has other states, too
} _PyJitValueExitPlan;

/* Scratch memory, kept from one trace to the next. */
typedef struct {
    _PyJitStep *steps;                 uint32_t nsteps, steps_cap;
    _PyJitValueExitPlan *exits;        uint32_t nexits, exits_cap;
    uint8_t *cells;                    uint32_t ncells, cells_cap;
    uint32_t loop;            // step LOOP goes back to
    uint16_t *head;                    uint32_t nhead, head_cap;   // where its values are then: as executor->places
    bool uses_pool;           // some step has a constant
    void *scratch;            size_t scratch_size;
} _PyJitAllocation;

/* Plans the code of TRACE, of EXECUTOR; FROM is the exit whose values it takes, or NULL.  0; -1: out of memory; -2: this trace
 * has too many values; *reason (static string) is set.  RESULT can be used again in any case. */
int _PyJit_AllocateRegisters(const _PyExecutorObject *executor, const _PyJitTrace *trace, const _PyJitExit *from,
                             _PyJitAllocation *result, const char **reason);
void _PyJit_FreeAllocation(_PyJitAllocation *result);

#endif /* !Py_JIT_REGALLOC_H */
