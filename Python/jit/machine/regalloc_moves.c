/* Register allocation: the moves between registers and cells, and constants, that stand before an operation. */
#include "Python.h"

#ifdef _Py_TIER2
#ifndef _PyJit_INTERPRETER

#include "jit/machine/regalloc_walk.h"

/* A place is a register, or a cell behind them: just what its index in the cells is. */
void
_PyJitWalk_Move(Walk *w, int to, int from, bool floating)
{
    _PyJitStep *step;
    if (to < JIT_REGS && from < JIT_REGS) {
        step = add_step(w, floating ? JIT_MACHINE_MOVE_FLOAT : JIT_MACHINE_MOVE_GENERAL);
        step->places[0] = place_of(from);
        step->places[3] = place_of(to);
    }
    else if (to < JIT_REGS) {
        step = add_step(w, floating ? JIT_MACHINE_RELOAD_FLOAT : JIT_MACHINE_RELOAD_GENERAL);
        step->cell = (uint16_t)from;
        step->places[3] = place_of(to);
    }
    else if (from < JIT_REGS) {
        step = add_step(w, floating ? JIT_MACHINE_SPILL_FLOAT : JIT_MACHINE_SPILL_GENERAL);
        step->places[0] = place_of(from);
        step->cell = (uint16_t)to;
    }
    else {
        step = add_step(w, JIT_MACHINE_MOVE_CELL);
        step->cell = (uint16_t)from;
        step->cell_to = (uint16_t)to;
    }
}

void
_PyJitWalk_Konst(Walk *w, int to, _PyJitRef konst)
{
    _PyJitStep *step = add_step(w, to >= JIT_REGS ? JIT_MACHINE_KONST_CELL
                                   : is_float(to) ? JIT_MACHINE_KONST_FLOAT : JIT_MACHINE_KONST_GENERAL);
    step->konst = konst;
    if (to < JIT_REGS) {
        step->places[3] = place_of(to);
    }
    else {
        step->cell = (uint16_t)to;
    }
    w->result->uses_pool = true;
}

/* All MOVES at once. */
void
_PyJitWalk_MoveTogether(Walk *w, _PyJitMove *moves, int count)
{
    while (count > 0) {
        int ready = -1;
        for (int i = 0; i < count && ready < 0; i++) {
            ready = i;
            for (int j = 0; j < count; j++) {
                if (j != i && moves[j].from == moves[i].to) {
                    ready = -1;
                    break;
                }
            }
        }
        if (ready < 0) {
            // Circles only: keep one destination's value aside.
            uint8_t saved = moves[0].to;
            bool done = false;
            for (int i = 0; i < count; i++) {
                if (moves[i].from == saved) {
                    if (!done) {
                        _PyJitWalk_Move(w, SWAP_CELL, saved, moves[i].floating);
                        done = true;
                    }
                    moves[i].from = SWAP_CELL;
                }
            }
            continue;
        }
        _PyJitWalk_Move(w, moves[ready].to, moves[ready].from, moves[ready].floating);
        moves[ready] = moves[--count];
    }
}

#endif /* !_PyJit_INTERPRETER */
#endif /* _Py_TIER2 */
