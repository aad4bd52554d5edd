/* Register allocation: which register every value of a trace is in, and what must be moved when.
 *
 * A trace is straight code with at most one jump, from its last operation back to its PHIs.  So one walk over the array
 * does it, with the state of all registers in hand (linear scan without intervals; Poletto and Sarkar's idea, with the
 * second chance of Traub and others: a value that lost its register gets another one where it is next used).
 *
 * Before the walk, one pass backwards finds for each operand where its value is used next, and for each value where it is
 * needed last (snapshots count for the second only: an exit takes a value from wherever it is).
 *
 * Rules:
 *  1. A value is in a register, in a cell, or in both.  It is written to a cell at most once, where it first loses its register:
 *     values do not change, so the cell stays right until the value is dead.
 *  2. What loses its register is what is used again last.
 *  3. An operation that leaves sees the registers as they were before it (the stencils write results only on the way on), so
 *     its exit finds operands that die here, and the one the result replaces.
 *  4. Nothing is in a register after an operation that calls C on its likely path (OPAQUE, `calls`); what is needed later, or
 *     by its own exit, is in cells before it.
 *  5. With two operands or more the result replaces the first one, if both belong to one bank; if that is still needed it is
 *     copied first, unless the operands can be exchanged and the other one is not needed.
 *  6. LOOP finds every value that is used in the next round where the PHIs' end left it, and every PHI's next value in the
 *     PHI's place.  These moves happen all at once; a circle is broken through a cell.
 *  7. A side trace that takes values finds each where its exit had it.  What lives around the root's loop stays alive to the end and
 *     in a snapshot of every exit, so that TO_HEAD can bring it where the loop has it, all at once as in rule 6.
 *  8. Constants live in the pool; as a last operand they are read from there, else they get a register for one operation.
 */
#include "Python.h"

#ifdef _Py_TIER2
#ifndef _PyJit_INTERPRETER

#include "jit/machine/regalloc_walk.h"

void
_PyJit_FreeAllocation(_PyJitAllocation *result)
{
    PyMem_RawFree(result->steps);
    PyMem_RawFree(result->exits);
    PyMem_RawFree(result->cells);
    PyMem_RawFree(result->head);
    PyMem_RawFree(result->scratch);
    memset(result, 0, sizeof(*result));
}

/* --- Registers and cells -------------------------------------------------------------------------------------- */

static void
write_cell(Walk *w, uint32_t index)
{
    Value *value = &w->values[index];
    if (value->cell != NO_CELL) {
        return;
    }
    for (int cell = FIRST_CELL; cell < SWAP_CELL; cell++) {
        if (!w->cell_used[cell]) {
            w->cell_used[cell] = 1;
            value->cell = (uint8_t)cell;
            _PyJitWalk_Move(w, cell, value->reg, type_is_float(ins_at(w, index)->type));
            return;
        }
    }
    w->problem = "more values than the machine code has room for";
    w->too_large = true;
}

/* A register of the bank, pinned.  DYING: one whose value is not needed after this operation will do.  What stood there
 * is in a cell if it is needed. */
int
_PyJitWalk_GetRegister(Walk *w, bool floating, bool dying)
{
    uint32_t bank = floating ? FLOAT_BANK : GENERAL_BANK;
    uint32_t free = bank & ~w->occupied & ~w->pinned;
    if (free != 0) {
        int reg = lowest(free);
        w->pinned |= 1u << reg;
        return reg;
    }
    int best = -1;
    int best_next = -1;
    for (uint32_t rest = bank & w->occupied; rest != 0; rest &= rest - 1) {
        int reg = lowest(rest);
        uint16_t index = w->holds[reg];
        if (index == TEMPORARY) {
            if (dying && best_next < NEVER) {
                best = reg;
                best_next = NEVER;
            }
            continue;
        }
        if (dying && w->values[index].last <= w->at) {
            // It stays where it is for the exit, and goes away with the operation.
            best = reg;
            best_next = NEVER + 1;
            break;
        }
        if (!(w->pinned >> reg & 1) && w->values[index].next > best_next) {
            best = reg;
            best_next = w->values[index].next;
        }
    }
    assert(best >= 0);
    uint16_t index = w->holds[best];
    // Not dying: it may be needed by this operation's exit only.
    if (index != TEMPORARY && (w->values[index].last > w->at || !dying)) {
        write_cell(w, index);
        take_away(w, best);
    }
    w->pinned |= 1u << best;
    return best;
}

/* Brings operand REF to a register of its bank and pins it. */
static int
fetch(Walk *w, _PyJitRef ref)
{
    if (JIT_IS_CONST(ref)) {
        int reg = _PyJitWalk_GetRegister(w, type_is_float(JIT_INS(w->trace, ref)->type), false);
        put(w, reg, TEMPORARY);
        _PyJitWalk_Konst(w, reg, ref);
        return reg;
    }
    Value *value = value_of(w, ref);
    if (value->reg == JIT_REGS) {
        bool floating = type_is_float(JIT_INS(w->trace, ref)->type);
        if (value->cell == NO_CELL) {
            w->problem = "a value is used before it is there";
            return floating ? JIT_GENERAL_REGS : 0;
        }
        int reg = _PyJitWalk_GetRegister(w, floating, false);
        _PyJitWalk_Move(w, reg, value->cell, floating);
        value->reg = (uint8_t)reg;
        put(w, reg, (uint16_t)(ref - JIT_REF_BIAS));
    }
    w->pinned |= 1u << value->reg;
    return value->reg;
}

/* --- Exits ------------------------------------------------------------------------------------------------------ */

static const _PyJitSnapshot *
snapshot_with_values(const Walk *w, const _PyJitIns *ins)
{
    if (ins->snapshot == JIT_NO_SNAPSHOT) {
        return NULL;
    }
    const _PyJitSnapshot *snap = &w->trace->snaps[ins->snapshot];
    return snap->nframes > 0 ? snap : NULL;
}

/* Where the exit of the operation at hand finds REF.  Only cells count after a call. */
static uint8_t
place_for_exit(Walk *w, _PyJitRef ref, bool cells_only)
{
    if (JIT_IS_CONST(ref) || _PyJitTrace_IsVirtual(w->trace, ref)) {
        return 0;
    }
    const Value *value = value_of(w, ref);
    bool in_cell = cells_only || value->reg == JIT_REGS;
    if (in_cell && value->cell == NO_CELL) {
        w->problem = "a snapshot names a value that is nowhere";
    }
    return (uint8_t)(in_cell ? value->cell : value->reg);
}

/* The exit of the operation at hand: where the values of its snapshot are, and those it passes to a side trace. */
static uint32_t
plan_exit(Walk *w, const _PyJitSnapshot *snap, bool cells_only)
{
    _PyJitAllocation *result = w->result;
    const _PyJitSnapSlot *slots;
    uint32_t nslots = _PyJitTrace_SnapSlots(w->trace, snap, &slots);
    uint32_t npassed = (uint32_t)(snap - w->trace->snaps) >= w->trace->passed_from ? w->trace->npassed : 0;
    uint32_t count = nslots + npassed;
    if (!reserve((void **)&result->exits, &result->exits_cap, result->nexits + 1, sizeof(_PyJitValueExitPlan))
            || !reserve((void **)&result->cells, &result->cells_cap, result->ncells + count, sizeof(uint8_t))) {
        w->problem = "out of memory";
        return JIT_NO_VALUE_EXIT;
    }
    if (count > MAX_SLOTS) {
        w->problem = "a snapshot too large for the machine code";
        w->too_large = true;
        return JIT_NO_VALUE_EXIT;
    }
    _PyJitValueExitPlan plan = {.exit = (uint32_t)(snap - w->trace->snaps), .first = result->ncells, .count = count};
    uint8_t *places = &result->cells[plan.first];
    for (uint32_t i = 0; i < nslots; i++) {
        places[i] = place_for_exit(w, slots[i].value, cells_only);
    }
    for (uint32_t i = 0; i < npassed; i++) {
        // The cell, if it has one: there it can stay.
        bool in_cell = value_of(w, w->trace->passed[i])->cell != NO_CELL;
        places[nslots + i] = place_for_exit(w, w->trace->passed[i], cells_only || in_cell);
    }
    result->ncells += count;
    // Guards of one instruction share their snapshot; where values are in the same places they share the stub too.
    for (uint32_t i = result->nexits; i > 0 && result->exits[i - 1].exit == plan.exit; i--) {
        const _PyJitValueExitPlan *before = &result->exits[i - 1];
        if (before->count == plan.count && memcmp(&result->cells[before->first], places, plan.count) == 0) {
            result->ncells = plan.first;
            return i - 1;
        }
    }
    result->exits[result->nexits] = plan;
    return result->nexits++;
}

/* Lets go of what the snapshot of the operation at hand used last. */
static inline void
end_snapshot(Walk *w, const _PyJitSnapshot *snap)
{
    const _PyJitSnapSlot *slots;
    uint32_t count = _PyJitTrace_SnapSlots(w->trace, snap, &slots);
    for (uint32_t i = 0; i < count; i++) {
        _PyJitRef ref = slots[i].value;
        if (!JIT_IS_CONST(ref) && value_of(w, ref)->last <= w->at) {
            let_go(w, value_of(w, ref));
        }
    }
}

/* --- Before the walk ---------------------------------------------------------------------------------------------- */

/* Operation I needs REF.  IN_LOOP: it is in the loop, to whose end a value from before the head is needed. */
static inline Value *
note_use(Walk *w, _PyJitRef ref, uint32_t i, bool in_loop)
{
    Value *value = value_of(w, ref);
    bool held = in_loop && ref < JIT_REF_BIAS + w->head;
    value->last = Py_MAX(value->last, (uint16_t)(held ? w->trace->nins - 1 : i));
    return value;
}

static void
find_uses(Walk *w)
{
    const _PyJitTrace *t = w->trace;
    uint16_t last = (uint16_t)(t->nins - 1);
    for (uint32_t i = 0; i < t->nins; i++) {
        w->values[i] = (Value){.last = 0, .next = NEVER, .reg = JIT_REGS, .cell = NO_CELL};
    }
    for (uint32_t i = 0; i < t->npassed; i++) {
        value_of(w, t->passed[i])->last = last;      // exits hand them on, even if what used one in the loop is dead
    }
    for (uint32_t i = w->head; i < w->body; i++) {
        const _PyJitIns *phi = ins_at(w, i);
        if (phi->op == JIT_OP_PHI && !JIT_IS_CONST(phi->b)) {
            value_of(w, phi->b)->last = value_of(w, phi->b)->next = last;
        }
    }
    uint16_t seen = JIT_NO_SNAPSHOT;
    for (uint32_t i = t->nins; i-- > 0;) {
        const _PyJitIns *ins = ins_at(w, i);
        if (ins->op == JIT_OP_BYTECODE || (ins->op >= JIT_OP_VIRTUAL && ins->op <= JIT_OP_VIRTUAL_FIELD)) {
            continue;          // what stands in a field is needed where a recipe says so
        }
        bool in_loop = w->body > 0 && i >= w->body;
        int nargs = _PyJit_Ops[ins->op].nargs;
        if (ins->op == JIT_OP_PHI) {
            nargs = 1;
        }
        else if (ins->op == JIT_OP_PASS) {
            nargs = 0;         // TO_HEAD takes it from wherever it is
            if (!JIT_IS_CONST(ins->a)) {
                value_of(w, ins->a)->last = last;
            }
        }
        if (ins->snapshot != seen && ins->snapshot != JIT_NO_SNAPSHOT) {
            seen = ins->snapshot;      // of those that share it the last one counts
            const _PyJitSnapshot *snap = &t->snaps[seen];
            const _PyJitSnapSlot *slots;
            uint32_t count = snap->nframes == 0 ? 0 : _PyJitTrace_SnapSlots(t, snap, &slots);
            for (uint32_t k = 0; k < count; k++) {
                if (!JIT_IS_CONST(slots[k].value)) {
                    (void)note_use(w, slots[k].value, i, in_loop);
                }
            }
        }
        for (int k = nargs; k-- > 0;) {
            _PyJitRef ref = operand(ins, k);
            if (JIT_IS_CONST(ref)) {
                continue;
            }
            Value *value = note_use(w, ref, i, in_loop);
            if (in_loop && ref < JIT_REF_BIAS + w->head && value->next == NEVER) {
                value->next = last;
            }
            w->next_uses[i][k] = value->next;
            value->next = (uint16_t)i;
        }
    }
}

/* --- The walk --------------------------------------------------------------------------------------------------- */

/* What is needed after the call at hand goes to cells; SNAP: so does what its exit needs. */
static void
save_before_call(Walk *w, const _PyJitSnapshot *snap)
{
    for (uint32_t rest = w->occupied & ~w->temporary; rest != 0; rest &= rest - 1) {
        uint16_t index = w->holds[lowest(rest)];
        if (w->values[index].last > w->at || snap != NULL) {
            write_cell(w, index);
        }
    }
}

static inline _PyJitStep *
add_operation(Walk *w, const _PyJitIns *ins, uint32_t exit)
{
    _PyJitStep *step = add_step(w, _PyJit_IsForced(w->trace, ins) ? JIT_MACHINE_LEAVE : ins->op);
    step->exit = exit;
    return step;
}

/* An operation without operands and result. */
static void
bare_operation(Walk *w, const _PyJitIns *ins, bool calls)
{
    const _PyJitSnapshot *snap = snapshot_with_values(w, ins);
    if (calls) {
        save_before_call(w, snap);
    }
    uint32_t exit = snap != NULL ? plan_exit(w, snap, calls) : JIT_NO_VALUE_EXIT;
    if (ins->op == JIT_OP_LOOP && w->body > 0) {
        _PyJitWalk_CloseLoop(w);
    }
    else if (ins->op == JIT_OP_TO_HEAD) {
        _PyJitWalk_GoToHead(w);
    }
    (void)add_operation(w, ins, exit);
    if (snap != NULL) {
        end_snapshot(w, snap);
    }
    while (calls && w->occupied != 0) {
        take_away(w, lowest(w->occupied));
    }
}

static void
operation(Walk *w, const _PyJitIns *ins)
{
    const _PyJitOpInfo *info = &_PyJit_Ops[ins->op];
    uint32_t i = w->at;
    int nargs = info->nargs;
    bool has_result = info->result != JIT_TYPE_NONE && info->result != JIT_TYPE_IP;
    bool calls = (info->flags & JIT_OPFLAG_CALLS) != 0;
    if (nargs == 0 && !has_result) {
        bare_operation(w, ins, calls);
        return;
    }
    _PyJitRef refs[3] = {ins->a, ins->b, ins->c};
    Value *values[3] = {NULL, NULL, NULL};       // of operands that are no constants
    for (int k = 0; k < nargs; k++) {
        if (!JIT_IS_CONST(refs[k])) {
            values[k] = value_of(w, refs[k]);
        }
    }
    if (has_result && w->values[i].last <= i && (info->flags & (JIT_OPFLAG_PURE | JIT_OPFLAG_EXITS)) == JIT_OPFLAG_PURE) {
        for (int k = 0; k < nargs; k++) {
            if (values[k] != NULL) {
                values[k]->next = w->next_uses[i][k];
                if (values[k]->last <= i) {
                    let_go(w, values[k]);
                }
            }
        }
        return;
    }
    const _PyJitSnapshot *snap = snapshot_with_values(w, ins);
    // Operands that are in registers already must not lose them to those that are not.
    for (int k = 0; k < nargs; k++) {
        if (values[k] != NULL && values[k]->reg < JIT_REGS) {
            w->pinned |= 1u << values[k]->reg;
        }
    }
    bool floating = type_is_float(info->result);
    bool replaces = has_result && nargs >= 2 && (info->args[0] == 'F') == floating;
    int order = 0;             // 1: the operands are exchanged
    if (replaces && info->flags & JIT_OPFLAG_COMMUTATIVE && nargs == 2 && values[1] != NULL) {
        bool first_stays = values[0] == NULL || values[0]->last > i;
        bool second_stays = values[1]->last > i;
        if (first_stays && (!second_stays || values[0] == NULL)) {
            order = 1;
        }
    }
    int regs[3] = {0, 0, 0};
    uint8_t places[4] = {0, 0, 0, 0};
    _PyJitRef konst = JIT_REF_NONE;
    for (int k = 0; k < nargs; k++) {
        _PyJitRef ref = refs[k ^ order];
        if (k > 0 && k == nargs - 1 && JIT_IS_CONST(ref)) {
            konst = ref;
            w->result->uses_pool = true;
            places[k] = info->args[k] == 'F' ? JIT_FLOAT_REGS : JIT_GENERAL_REGS;
            continue;
        }
        regs[k] = fetch(w, ref);
        places[k] = place_of(regs[k]);
    }
    for (int k = 0; k < nargs; k++) {
        if (values[k] != NULL) {
            values[k]->next = w->next_uses[i][k];
        }
    }
    int to = -1;
    if (replaces) {
        to = regs[0];
        if (values[order] != NULL && values[order]->last > i) {
            to = _PyJitWalk_GetRegister(w, floating, false);
            put(w, to, TEMPORARY);
            _PyJitWalk_Move(w, to, regs[0], floating);
            places[0] = place_of(to);
        }
    }
    else if (has_result) {
        to = !calls ? _PyJitWalk_GetRegister(w, floating, true) : floating ? JIT_GENERAL_REGS : 0;
        places[3] = place_of(to);
    }
    if (calls) {
        save_before_call(w, snap);
    }
    uint32_t exit = snap != NULL ? plan_exit(w, snap, calls) : JIT_NO_VALUE_EXIT;
    _PyJitStep *step = add_operation(w, ins, exit);
    memcpy(step->places, places, sizeof(places));
    step->konst = konst;
    // What it used last goes, and so do temporaries.
    for (int k = 0; k < nargs; k++) {
        if (values[k] != NULL && values[k]->last <= i) {
            let_go(w, values[k]);
        }
    }
    while (w->temporary != 0) {
        vacate(w, lowest(w->temporary));
    }
    if (snap != NULL) {
        end_snapshot(w, snap);
    }
    w->pinned = 0;
    while (calls && w->occupied != 0) {
        take_away(w, lowest(w->occupied));
    }
    if (to >= 0 && w->values[i].last > i) {
        put(w, to, (uint16_t)i);
        w->values[i].reg = (uint8_t)to;
    }
}

static inline bool
makes_code(const _PyJitIns *ins)
{
    if (ins->op == JIT_OP_BYTECODE) {      // half of a trace
        return false;
    }
    return ins->op != JIT_OP_NOP && ins->op != JIT_OP_KONST && !(ins->op >= JIT_OP_PASS && ins->op <= JIT_OP_VIRTUAL_FIELD);
}

static void
walk_over(Walk *w, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to && w->problem == NULL; i++) {
        const _PyJitIns *ins = ins_at(w, i);
        if (!makes_code(ins)) {
            continue;
        }
        w->at = i;
        if (ins->op == JIT_OP_PHI) {
            _PyJitWalk_EnterPhi(w, ins);
        }
        else if (ins->op == JIT_OP_PARAM) {
            _PyJitWalk_EnterParam(w, ins);
        }
        else {
            operation(w, ins);
        }
    }
}

/* Steps of a trace that holds no value: one an operation. */
static void
plain_steps(Walk *w)
{
    for (uint32_t i = 0; i < w->trace->nins; i++) {
        const _PyJitIns *ins = ins_at(w, i);
        if (makes_code(ins)) {
            w->at = i;
            (void)add_operation(w, ins, JIT_NO_VALUE_EXIT);
        }
        if (i == 0) {
            w->result->loop = w->result->nsteps;
        }
    }
}

int
_PyJit_AllocateRegisters(const _PyExecutorObject *executor, const _PyJitTrace *trace, const _PyJitExit *from,
                         _PyJitAllocation *result, const char **reason)
{
    Walk w = {.trace = trace, .ins = JIT_INS(trace, JIT_REF_BIAS), .result = result, .from = from, .back = executor->loop};
    result->nsteps = result->nexits = result->ncells = result->nhead = 0;
    result->uses_pool = false;
    if (trace->nvalues == 0 && trace->nframes == 0 && trace->nk == 0) {
        plain_steps(&w);
        *reason = w.problem;
        return w.problem == NULL ? 0 : -1;
    }
    const _PyJitIns *end = ins_at(&w, trace->nins - 1);
    if (end->op == JIT_OP_LOOP) {
        w.head = w.body = end->aux;
        while (w.body < trace->nins && ins_at(&w, w.body)->op == JIT_OP_PHI) {
            w.body++;
        }
        if (w.head == 0) {
            w.head = w.body = 1;
        }
        if (w.body - w.head > sizeof(w.phi_place)) {
            *reason = "more values around the loop than the machine code has room for";
            return -2;
        }
    }
    size_t size = trace->nins * (sizeof(Value) + sizeof(*w.next_uses));
    if (size > result->scratch_size) {
        void *grown = PyMem_RawRealloc(result->scratch, size);
        if (grown == NULL) {
            *reason = "out of memory";
            return -1;
        }
        result->scratch = grown;
        result->scratch_size = size;
    }
    w.values = result->scratch;
    w.next_uses = (uint16_t (*)[3])(w.values + trace->nins);
    memset(w.holds, 0xff, sizeof(w.holds));
    find_uses(&w);
    if (w.body > 0) {
        walk_over(&w, 0, w.body);
        w.at = w.body;
        _PyJitWalk_NoteHead(&w);
    }
    walk_over(&w, w.body, trace->nins);
    *reason = w.problem;
    return w.problem == NULL ? 0 : w.too_large ? -2 : -1;
}

#endif /* !_PyJit_INTERPRETER */
#endif /* _Py_TIER2 */
