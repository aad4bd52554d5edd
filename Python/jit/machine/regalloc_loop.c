/* Register allocation at both ends of a loop: PHIs, values that come in from an exit, and what LOOP and TO_HEAD bring back
 * (rules 6 and 7 of regalloc.c). */
#include "Python.h"

#ifdef _Py_TIER2
#ifndef _PyJit_INTERPRETER

#include "jit/machine/regalloc_walk.h"

void
_PyJitWalk_EnterPhi(Walk *w, const _PyJitIns *ins)
{
    uint32_t i = w->at;
    Value *phi = &w->values[i];
    if (phi->last <= i) {
        return;          // nobody wants it
    }
    bool floating = type_is_float(ins->type);
    int reg;
    if (JIT_IS_CONST(ins->a)) {
        reg = _PyJitWalk_GetRegister(w, floating, false);
        _PyJitWalk_Konst(w, reg, ins->a);
    }
    else {
        Value *from = value_of(w, ins->a);
        from->next = w->next_uses[i][0];
        if (from->last <= i && from->reg < JIT_REGS) {
            reg = from->reg;
        }
        else {
            if (from->reg < JIT_REGS) {
                w->pinned |= 1u << from->reg;
            }
            reg = _PyJitWalk_GetRegister(w, floating, false);
            _PyJitWalk_Move(w, reg, from->reg < JIT_REGS ? from->reg : from->cell, floating);
        }
        if (from->last <= i) {
            let_go(w, from);
        }
    }
    put(w, reg, (uint16_t)i);
    phi->reg = (uint8_t)reg;
    w->pinned = 0;
}

/* A value a side trace begins with: it is where the exit had it. */
void
_PyJitWalk_EnterParam(Walk *w, const _PyJitIns *ins)
{
    Value *value = &w->values[w->at];
    if (value->last <= w->at) {
        return;
    }
    uint32_t places = w->from->places;
    uint32_t place = places == JIT_GATHERED ? FIRST_CELL + ins->aux
        : ((const uint8_t *)_PyJitExit_Owner(w->from)->code)[places + ins->aux];
    if (place < JIT_REGS) {
        value->reg = (uint8_t)place;
        put(w, (int)place, (uint16_t)w->at);
    }
    else {
        value->cell = (uint8_t)place;
        w->cell_used[place] = 1;
    }
}

/* Where side traces that come back have to bring the value of operation INDEX. */
static void
note_head_place(Walk *w, uint32_t index)
{
    _PyJitAllocation *result = w->result;
    if (!reserve((void **)&result->head, &result->head_cap, result->nhead + 2, sizeof(uint16_t))) {
        w->problem = "out of memory";
        return;
    }
    const Value *value = &w->values[index];
    result->head[result->nhead++] = value->reg < JIT_REGS ? value->reg : JIT_NO_PLACE;
    result->head[result->nhead++] = value->cell != NO_CELL ? value->cell : JIT_NO_PLACE;
}

/* After the last PHI: what LOOP has to bring back. */
void
_PyJitWalk_NoteHead(Walk *w)
{
    const _PyJitTrace *t = w->trace;
    for (uint32_t i = 0; i < t->nphis && t->has_head; i++) {
        note_head_place(w, t->head + i);
    }
    for (uint32_t i = 0; i < t->npassed && t->has_head; i++) {
        note_head_place(w, t->passed[i] - JIT_REF_BIAS);
    }
    memcpy(w->head_holds, w->holds, sizeof(w->holds));
    for (uint32_t i = w->head; i < w->body; i++) {
        const Value *phi = &w->values[i];
        w->phi_place[i - w->head] = phi->reg < JIT_REGS ? phi->reg : phi->cell != NO_CELL ? phi->cell : 0xff;
    }
    w->result->loop = w->result->nsteps;
}

void
_PyJitWalk_CloseLoop(Walk *w)
{
    _PyJitMove moves[2 * JIT_REGS + JIT_CELL_COUNT];
    int count = 0;
    for (int reg = 0; reg < JIT_REGS; reg++) {
        uint16_t index = w->head_holds[reg];
        if (index == NOBODY || index >= w->head || w->values[index].last < w->at) {
            continue;       // empty, or a PHI, or not needed any more
        }
        const Value *value = &w->values[index];
        int from = value->reg < JIT_REGS ? value->reg : value->cell;
        if (from != reg) {
            moves[count++] = (_PyJitMove){(uint8_t)reg, (uint8_t)from, is_float(reg)};
        }
    }
    for (uint32_t i = w->head; i < w->body; i++) {
        uint8_t to = w->phi_place[i - w->head];
        const _PyJitIns *phi = ins_at(w, i);
        if (to == 0xff || JIT_IS_CONST(phi->b)) {
            continue;
        }
        const Value *value = value_of(w, phi->b);
        int from = value->reg < JIT_REGS ? value->reg : value->cell;
        if (value->reg == JIT_REGS && value->cell == NO_CELL) {
            w->problem = "the next value of a PHI is nowhere";
            return;
        }
        if (from != to) {
            moves[count++] = (_PyJitMove){to, (uint8_t)from, type_is_float(phi->type)};
        }
    }
    _PyJitWalk_MoveTogether(w, moves, count);
    for (uint32_t i = w->head; i < w->body; i++) {
        uint8_t to = w->phi_place[i - w->head];
        const _PyJitIns *phi = ins_at(w, i);
        if (to != 0xff && JIT_IS_CONST(phi->b)) {
            _PyJitWalk_Konst(w, to, phi->b);
        }
    }
}

/* Before TO_HEAD: everything to where the root's loop has it. */
void
_PyJitWalk_GoToHead(Walk *w)
{
    const _PyExecutorObject *loop = w->back;
    _PyJitMove moves[2 * JIT_MAX_PASSED];
    _PyJitRef konsts[JIT_MAX_PASSED];
    uint32_t konst_of[JIT_MAX_PASSED];
    int count = 0, nkonsts = 0;
    for (uint32_t i = w->at; i-- > 0 && ins_at(w, i)->op == JIT_OP_PASS;) {
        const _PyJitIns *pass = ins_at(w, i);
        assert(2 * pass->aux + 1 < loop->nplaces);
        if (JIT_IS_CONST(pass->a)) {
            konsts[nkonsts] = pass->a;
            konst_of[nkonsts++] = pass->aux;
            continue;
        }
        const Value *value = value_of(w, pass->a);
        int from = value->reg < JIT_REGS ? value->reg : value->cell;
        if (value->reg == JIT_REGS && value->cell == NO_CELL) {
            w->problem = "a value that is passed to a loop is nowhere";
            return;
        }
        for (uint32_t k = 0; k < 2; k++) {
            uint16_t to = loop->places[2 * pass->aux + k];
            if (to != JIT_NO_PLACE && to != from && !(k == 1 && to == value->cell)) {
                moves[count++] = (_PyJitMove){(uint8_t)to, (uint8_t)from, type_is_float(JIT_INS(w->trace, pass->a)->type)};
            }
        }
    }
    _PyJitWalk_MoveTogether(w, moves, count);
    for (int i = 0; i < nkonsts; i++) {
        for (uint32_t k = 0; k < 2; k++) {
            uint16_t to = loop->places[2 * konst_of[i] + k];
            if (to != JIT_NO_PLACE) {
                _PyJitWalk_Konst(w, to, konsts[i]);
            }
        }
    }
}

#endif /* !_PyJit_INTERPRETER */
#endif /* _Py_TIER2 */
