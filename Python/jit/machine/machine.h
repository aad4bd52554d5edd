/* The machine compiled code runs on: its registers, its cells, and what stands between the operations of a trace.
 *
 * Shared by the register allocator, the emitter and the stencils' template; Tools/jit/stencils/variants.py has the sizes of the
 * banks and the list of machine operations too, and the header it writes checks that both are the same.
 */
#ifndef Py_JIT_MACHINE_H
#define Py_JIT_MACHINE_H

#include "pycore_jit.h"     // _PyJitExit
#include "pycore_jit_ir.h"  // JIT_OP_COUNT

/* The banks, and the cells: 64-bit words on the machine stack.  The first cells are the registers' own, for exits; the others
 * are for values that lost their register. */
#define JIT_GENERAL_REGS 6
#define JIT_FLOAT_REGS 8
#define JIT_REGS (JIT_GENERAL_REGS + JIT_FLOAT_REGS)
#define JIT_CELL_COUNT 128     // at most 256: _PyJitValueExit

/* Bodies: Tools/jit/machine_ops.c.h.  Numbers follow those of operations. */
enum {
    JIT_MACHINE_MOVE_GENERAL = JIT_OP_COUNT,
    JIT_MACHINE_MOVE_FLOAT,
    JIT_MACHINE_SPILL_GENERAL,      // a register to a cell
    JIT_MACHINE_SPILL_FLOAT,
    JIT_MACHINE_RELOAD_GENERAL,     // a cell to a register
    JIT_MACHINE_RELOAD_FLOAT,
    JIT_MACHINE_KONST_GENERAL,      // a constant to a register
    JIT_MACHINE_KONST_FLOAT,
    JIT_MACHINE_MOVE_CELL,          // a cell to another
    JIT_MACHINE_KONST_CELL,         // a constant to a cell
    JIT_MACHINE_LEAVE,              // by the exit of the operation it stands for (tests)
    JIT_MACHINE_END
};

/* An exit that is taken while values are in registers.  Stands behind the trace's code, read-only. */
typedef struct {
    _PyJitExit *exit;
    uint16_t sp;            // JIT_WRITES, or memory lacks nothing but the stack pointer: where that points, as an index into localsplus
    uint16_t count;
    uint8_t cells[1];       // where the value of each slot of the snapshot is (constants: any), then of each value it passes
} _PyJitValueExit;

#define JIT_WRITES 0xffff

#endif /* !Py_JIT_MACHINE_H */
