/* The state of register allocation while it walks over a trace: shared by regalloc.c, which has the rules, regalloc_loop.c and
 * regalloc_moves.c. */
#ifndef Py_JIT_REGALLOC_WALK_H
#define Py_JIT_REGALLOC_WALK_H

#include "pycore_bitutils.h"      // _Py_bit_length
#include "pycore_jit_engine.h"
#include "jit/machine/regalloc.h"

#define NEVER 0xffff
#define NO_CELL 0
#define FIRST_CELL JIT_REGS
#define SWAP_CELL (JIT_CELL_COUNT - 1)      // breaks circles
#define NOBODY 0xffff
#define TEMPORARY 0xfffe                    // a constant or a copy, for one operation
#define MAX_SLOTS JIT_MAX_SLOTS
#define GENERAL_BANK ((1u << JIT_GENERAL_REGS) - 1)
#define FLOAT_BANK (((1u << JIT_REGS) - 1) & ~GENERAL_BANK)

typedef struct {
    uint16_t last;       // operation that needs it last, exits included; up to its own index: nobody does
    uint16_t next;       // operation that uses it next in a register, or NEVER
    uint8_t reg;         // or JIT_REGS: in none
    uint8_t cell;        // or NO_CELL
    uint16_t spare;
} Value;

typedef struct {
    const _PyJitTrace *trace;
    const _PyJitIns *ins;           // the first operation; constants lie before it
    _PyJitAllocation *result;
    Value *values;                  // by index of operation
    uint16_t (*next_uses)[3];       // by operation and operand
    uint16_t holds[JIT_REGS];       // index of the value in a register, NOBODY or TEMPORARY
    uint8_t cell_used[JIT_CELL_COUNT];
    // Registers, one bit each:
    uint32_t occupied;              // by anything
    uint32_t temporary;             // by TEMPORARY
    uint32_t pinned;                // the operation at hand needs them
    uint32_t at;                    // that operation
    const char *problem;
    bool too_large;                 // the problem is this trace's alone
    // Where LOOP leads to, after the last PHI.
    uint32_t head, body;            // first PHI; first operation after the PHIs
    uint16_t head_holds[JIT_REGS];
    uint8_t phi_place[JIT_REGS + JIT_CELL_COUNT];   // by PHI, counted from head: register or cell; 0xff: nowhere
    const _PyJitExit *from;                         // whose values the trace takes, or NULL
    const _PyExecutorObject *back;                  // where TO_HEAD goes
} Walk;

static inline bool
reserve(void **memory, uint32_t *capacity, uint32_t wanted, size_t element)
{
    if (wanted <= *capacity) {
        return true;
    }
    uint32_t enough = Py_MAX(wanted, 2 * *capacity);
    void *grown = PyMem_RawRealloc(*memory, enough * element);
    if (grown == NULL) {
        return false;
    }
    *memory = grown;
    *capacity = enough;
    return true;
}

static inline _PyJitStep *
add_step(Walk *w, int op)
{
    _PyJitAllocation *result = w->result;
    if (!reserve((void **)&result->steps, &result->steps_cap, result->nsteps + 1, sizeof(_PyJitStep))) {
        w->problem = "out of memory";
        static _PyJitStep nowhere;
        return &nowhere;
    }
    _PyJitStep *step = &result->steps[result->nsteps++];
    *step = (_PyJitStep){.op = (uint16_t)op, .ins = (uint16_t)w->at, .exit = JIT_NO_VALUE_EXIT};
    return step;
}

static inline bool
is_float(int reg)
{
    return reg >= JIT_GENERAL_REGS;
}

static inline uint8_t
place_of(int reg)
{
    return (uint8_t)(is_float(reg) ? reg - JIT_GENERAL_REGS : reg);
}

static inline const _PyJitIns *
ins_at(const Walk *w, uint32_t index)
{
    return &w->ins[index];
}

static inline _PyJitRef
operand(const _PyJitIns *ins, int k)
{
    return k == 0 ? ins->a : k == 1 ? ins->b : ins->c;
}

static inline bool
type_is_float(int type)
{
    return type == JIT_TYPE_F64;
}

static inline Value *
value_of(const Walk *w, _PyJitRef ref)
{
    assert(!JIT_IS_CONST(ref));
    return &w->values[ref - JIT_REF_BIAS];
}

/* REG holds the value of operation INDEX, or TEMPORARY. */
static inline void
put(Walk *w, int reg, uint16_t index)
{
    w->holds[reg] = index;
    w->occupied |= 1u << reg;
    w->temporary |= (uint32_t)(index == TEMPORARY) << reg;
}

static inline void
vacate(Walk *w, int reg)
{
    w->holds[reg] = NOBODY;
    w->occupied &= ~(1u << reg);
    w->temporary &= ~(1u << reg);
}

static inline void
take_away(Walk *w, int reg)
{
    uint16_t index = w->holds[reg];
    if (index != NOBODY && index != TEMPORARY) {
        w->values[index].reg = JIT_REGS;
    }
    vacate(w, reg);
}

/* The lowest register of SET, which is not empty. */
static inline int
lowest(uint32_t set)
{
    return _Py_bit_length(set & (0u - set)) - 1;
}

/* The value is not needed any more. */
static inline void
let_go(Walk *w, Value *value)
{
    if (value->reg < JIT_REGS) {
        vacate(w, value->reg);
        value->reg = JIT_REGS;
    }
    if (value->cell != NO_CELL) {
        w->cell_used[value->cell] = 0;
        value->cell = NO_CELL;
    }
}

/* regalloc.c: a register of the bank, pinned.  DYING: one whose value is not needed after this operation will do.  What stood there
 * is in a cell if it is needed. */
int _PyJitWalk_GetRegister(Walk *w, bool floating, bool dying);

/* regalloc_moves.c: a place is a register, or a cell behind them: just what its index in the cells is. */
typedef struct {
    uint8_t to, from;
    bool floating;
} _PyJitMove;

void _PyJitWalk_Move(Walk *w, int to, int from, bool floating);
void _PyJitWalk_MoveTogether(Walk *w, _PyJitMove *moves, int count);    // all at once; MOVES is used up
void _PyJitWalk_Konst(Walk *w, int to, _PyJitRef konst);

/* regalloc_loop.c: a PHI, a PARAM; after the last PHI; before LOOP and TO_HEAD. */
void _PyJitWalk_EnterPhi(Walk *w, const _PyJitIns *ins);
void _PyJitWalk_EnterParam(Walk *w, const _PyJitIns *ins);
void _PyJitWalk_NoteHead(Walk *w);
void _PyJitWalk_CloseLoop(Walk *w);
void _PyJitWalk_GoToHead(Walk *w);

#endif /* !Py_JIT_REGALLOC_WALK_H */
