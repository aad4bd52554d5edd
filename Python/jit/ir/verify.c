/* The verifier: every invariant of the trace IR, as numbered rules.
 *
 * InternalDocs/trace_ir.md lists the rules; Lib/test/test_jit/traces/ has a text for each that breaks only it.  What the backends
 * and the passes rely on without looking stands here, and nowhere else.
 *
 * One walk over the operations, with what is known so far in Walk.  The first broken rule ends it.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_jit_ir.h"

typedef struct {
    const _PyJitTrace *t;
    char *message;
    size_t size;
    uint32_t index;                    // of the operation looked at
    uint32_t begun;                    // OPAQUE and BYTECODE operations before it
    const _PyJitIns *open_ip;          // an instruction pointer that was computed and not looked at
    const _PyJitRecord *first;         // of the first OPAQUE or BYTECODE after LOOP has gone back, NULL: there is no LOOP
    const _PyJitRecord *last;          // of the last OPAQUE or BYTECODE before it
    const _PyJitRecord *next;          // of the first one at or after it, NULL: none
    const _PyJitRecord *lowered;       // of the last BYTECODE, if no OPAQUE came after it
    uint32_t first_phi, phis;          // index of the first PHI, and how many there are
} Walk;

static int Py_GCC_ATTRIBUTE((format(printf, 3, 4)))
broken(const Walk *w, int rule, const char *format, ...)
{
    char what[160];
    va_list args;
    va_start(args, format);
    PyOS_vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    if (w->index < w->t->nins) {
        const _PyJitIns *ins = JIT_INS(w->t, JIT_REF_BIAS + w->index);
        PyOS_snprintf(w->message, w->size, "operation %u (%s): rule %d: %s",
                      w->index, _PyJitOp_Name(ins->op), rule, what);
    }
    else {
        PyOS_snprintf(w->message, w->size, "trace: rule %d: %s", rule, what);
    }
    return -1;
}

static uint32_t
start_of(const _PyJitRecord *record)
{
    return record->offset - record->prefix;
}

/* --- Operands -------------------------------------------------------------------------------------------- */

/* The type letters of the generator (JIT_TRACE_OPS). */
static int
type_of_letter(char letter)
{
    switch (letter) {
        case 'o': return JIT_TYPE_OBJECT;
        case 'i': return JIT_TYPE_INT;
        case 'f': return JIT_TYPE_FLOAT;
        case 'b': return JIT_TYPE_BOOL;
        case 'I': return JIT_TYPE_I64;
        case 'F': return JIT_TYPE_F64;
        default: return JIT_TYPE_NONE;
    }
}

/* An int is an object. */
static int
is_subtype(int type, int wanted)
{
    return type == wanted
        || (wanted == JIT_TYPE_OBJECT
            && (type == JIT_TYPE_INT || type == JIT_TYPE_FLOAT || type == JIT_TYPE_BOOL));
}

/* The type of REF for an operation at index LIMIT; JIT_TYPE_NONE where it names no value defined before. */
static int
type_of_value(const _PyJitTrace *t, _PyJitRef ref, uint32_t limit)
{
    if (JIT_IS_CONST(ref)) {
        return ref >= JIT_REF_BIAS - t->nk ? JIT_INS(t, ref)->type : JIT_TYPE_NONE;
    }
    return ref - JIT_REF_BIAS < (int)limit ? JIT_INS(t, ref)->type : JIT_TYPE_NONE;
}

static int
check_operands(Walk *w, const _PyJitIns *ins)
{
    const _PyJitOpInfo *info = &_PyJit_Ops[ins->op];
    const _PyJitRef operands[] = {ins->a, ins->b, ins->c};
    // Values come first, then the instruction pointer.
    int count = info->nargs + ((info->flags & JIT_OPFLAG_READS_IP) != 0);
    for (int i = 0; i < 3; i++) {
        if (i >= count) {
            if (operands[i] != JIT_REF_NONE) {
                return broken(w, 4, "takes %d operands, has more", count);
            }
            continue;
        }
        if (operands[i] == JIT_REF_NONE) {
            return broken(w, 4, "operand %d is missing", i + 1);
        }
        int type = type_of_value(w->t, operands[i], w->index);
        if (type == JIT_TYPE_NONE) {
            return broken(w, 4, "operand %d is no constant and no value defined before", i + 1);
        }
        bool virtual = _PyJitTrace_IsVirtual(w->t, operands[i]), field = ins->op == JIT_OP_VIRTUAL_FIELD;
        if (virtual ? !field : field && i == 0) {
            return broken(w, 21, virtual ? "operand %d is an object that is not made" : "operand %d is no virtual", i + 1);
        }
        bool any = i < info->nargs && info->args[i] == '*' && type != JIT_TYPE_IP;
        int wanted = i < info->nargs ? type_of_letter(info->args[i]) : JIT_TYPE_IP;
        if (!any && !is_subtype(type, wanted)) {
            return broken(w, 5, "operand %d is %s, not %s", i + 1,
                          _PyJitType_Name(type), _PyJitType_Name(wanted));
        }
        if (type == JIT_TYPE_IP) {
            if (w->open_ip == NULL || w->open_ip != JIT_INS(w->t, operands[i])) {
                return broken(w, 11, "looks at an instruction pointer of another operation than the last one");
            }
            w->open_ip = NULL;
        }
    }
    return 0;
}

/* Both operands are numbers of the type of the result; the second one may be made later. */
static int
check_phi(Walk *w, const _PyJitIns *ins)
{
    if (ins->type != JIT_TYPE_I64 && ins->type != JIT_TYPE_F64) {
        return broken(w, 18, "its result is %s, not a raw number", _PyJitType_Name(ins->type));
    }
    if (type_of_value(w->t, ins->a, w->index) != ins->type || type_of_value(w->t, ins->b, w->t->nins) != ins->type) {
        return broken(w, 18, "an operand is not %s, or the first one is made later", _PyJitType_Name(ins->type));
    }
    if (w->phis > 0 && w->index != w->first_phi + w->phis) {
        return broken(w, 18, "PHIs stand one after the other");
    }
    w->first_phi = w->phis++ ? w->first_phi : w->index;
    return 0;
}

/* Values a side trace takes and gives back. */
static int
check_side(Walk *w, const _PyJitIns *ins)
{
    const _PyJitTrace *t = w->t;
    const _PyJitIns *before = ins - 1;
    if (JIT_INS(t, JIT_REF_BIAS)->op != JIT_OP_START_SIDE) {
        return broken(w, 19, "only where a trace begins with START_SIDE");
    }
    if (ins->snapshot != JIT_NO_SNAPSHOT) {
        return broken(w, 7, "never leaves, but has a snapshot");
    }
    if ((ins->op == JIT_OP_PASS) != (ins->a != JIT_REF_NONE) || ins->b != JIT_REF_NONE || ins->c != JIT_REF_NONE) {
        return broken(w, 4, "PASS takes one operand, PARAM and TO_HEAD none");
    }
    if (ins->op == JIT_OP_PARAM) {
        if (ins->type == JIT_TYPE_NONE || ins->type == JIT_TYPE_IP || ins->aux >= JIT_MAX_PASSED) {
            return broken(w, 19, "number %u of type %s is no value of an exit", ins->aux, _PyJitType_Name(ins->type));
        }
        return before->op == JIT_OP_PARAM || before->op == JIT_OP_START_SIDE ? 0
            : broken(w, 19, "PARAMs stand behind START_SIDE");
    }
    if (ins->type != JIT_TYPE_NONE) {
        return broken(w, 6, "its result is none, not %s", _PyJitType_Name(ins->type));
    }
    if (ins->op == JIT_OP_PASS) {
        int type = type_of_value(t, ins->a, w->index);
        if (type == JIT_TYPE_NONE || type == JIT_TYPE_IP) {
            return broken(w, 4, "operand 1 is no constant and no value defined before");
        }
        if (_PyJitTrace_IsVirtual(t, ins->a)) {
            return broken(w, 21, "operand 1 is an object that is not made");
        }
        if (ins->aux >= JIT_MAX_PASSED || ins->aux != (before->op == JIT_OP_PASS ? before->aux + 1 : 0)) {
            return broken(w, 19, "value number %u, out of turn", ins->aux);
        }
        return ins[1].op == JIT_OP_PASS || ins[1].op == JIT_OP_TO_HEAD ? 0 : broken(w, 19, "PASSes stand before TO_HEAD");
    }
    if (w->open_ip != NULL) {
        return broken(w, 11, "the instruction pointer before it was not looked at");
    }
    return w->begun > 0 ? 0 : broken(w, 17, "a loop without an instruction never ends");
}

static int
check_loop(Walk *w, const _PyJitIns *ins)
{
    if (w->begun == 0) {
        return broken(w, 17, "a loop without an instruction never ends");
    }
    if (ins->aux >= w->index || (w->phis > 0 && ins->aux != w->first_phi)) {
        return broken(w, 18, "it goes to operation %u, where the PHIs are not", ins->aux);
    }
    return 0;
}

/* --- Records --------------------------------------------------------------------------------------------- */

/* CODE:OFFSET with SIZE units there exists, as far as the trace knows its code objects. */
static int
is_place(const _PyJitTrace *t, uint32_t code, uint32_t offset, uint32_t size)
{
    if (code >= t->ncodes) {
        return 0;
    }
    PyCodeObject *object = t->codes[code];
    return object == NULL || (uint64_t)offset + size <= (uint64_t)Py_SIZE(object);
}

/* JUMP is one back to what stands behind RECORD. */
static bool
leads_behind(const _PyJitRecord *jump, const _PyJitRecord *record)
{
    return jump->opcode == JUMP_BACKWARD && jump->offset + jump->size == jump->oparg + record->offset + record->size;
}

static int
check_record(Walk *w, const _PyJitIns *ins)
{
    const _PyJitTrace *t = w->t;
    if (ins->aux >= t->nrecords) {
        return broken(w, 8, "record %u of %u", ins->aux, t->nrecords);
    }
    const _PyJitRecord *record = &t->records[ins->aux];
    const _PyJitInstInfo *info = &_PyJit_Insts[record->opcode];
    if (!(info->flags & JIT_INST_TRACEABLE)) {
        return broken(w, 8, "%s: no trace may hold it: %s", info->name ? info->name : "unknown opcode",
                      info->reason ? info->reason : "not an instruction");
    }
    if (record->size != info->size || record->units > t->nunits || t->nunits - record->units < record->size) {
        return broken(w, 8, "%s has %u code units, the record %u", info->name, info->size, record->size);
    }
    if (record->prefix > 3 || (record->prefix < 3 && record->oparg >> (8 * (record->prefix + 1)) != 0)) {
        return broken(w, 8, "oparg %u with %u prefixes", record->oparg, record->prefix);
    }
    if (record->prefix > record->offset || !is_place(t, record->code, record->offset, record->size)) {
        return broken(w, 9, "c%u:%u is not in a code of the trace", record->code, record->offset);
    }
    // The one before it goes nowhere else, but to its method if it is an operator that was entered; a side trace may have arrived where a
    // jump leads, and a loop that begins with that jump stands behind it.
    if (w->last != NULL && !w->last->entered) {
        const _PyJitInstInfo *before = &_PyJit_Insts[w->last->opcode];
        if (!(before->flags & (JIT_INST_JUMPS | JIT_INST_FRAME | JIT_INST_GOTO | JIT_INST_SKIPS))
            && (record->code != w->last->code || (start_of(record) != w->last->offset + w->last->size
                                                   && !leads_behind(record, w->last)))) {
            return broken(w, 15, "%s at c%u:%u is not followed by c%u:%u", before->name,
                          w->last->code, w->last->offset, record->code, start_of(record));
        }
    }
    return 0;
}

/* --- Snapshots ------------------------------------------------------------------------------------------- */

static int
needs_snapshot(const _PyJitTrace *t, const _PyJitIns *ins)
{
    if (ins->op == JIT_OP_OPAQUE) {
        return (_PyJit_Insts[t->records[ins->aux].opcode].flags & JIT_INST_DEOPTS) != 0;
    }
    return (_PyJit_Ops[ins->op].flags & JIT_OPFLAG_EXITS) != 0;
}

/* Why an operation leaves. */
static int
is_kind_of(int op, int kind)
{
    if (op == JIT_OP_MAY_LEAVE) {
        return kind == JIT_EXIT_SIDE;
    }
    if (kind == JIT_EXIT_SIDE) {
        return op != JIT_OP_OPAQUE && (_PyJit_Ops[op].flags & JIT_OPFLAG_PURE) != 0;
    }
    switch (op) {
        case JIT_OP_GUARD_IP:
        case JIT_OP_EXIT_DYNAMIC:
            return kind == JIT_EXIT_BRANCH;
        case JIT_OP_CHECK_VALID:
            return kind == JIT_EXIT_INVALID;
        case JIT_OP_GUARD_NO_EVENT:
        case JIT_OP_GUARD_RESUME:
            return kind == JIT_EXIT_EVENT;
        case JIT_OP_EXIT:
            return kind == JIT_EXIT_END;
        default:
            return kind == JIT_EXIT_DEOPT;
    }
}

/* SNAP, whose frames exist, has a recipe for VALUE, if that is a virtual. */
static bool
is_made(const _PyJitTrace *t, const _PyJitSnapshot *snap, _PyJitRef value)
{
    const _PyJitSnapFrame *recipes = &t->frames[snap->first_frame + snap->nframes];
    for (uint32_t i = 0; i < snap->nrecipes; i++) {
        if (JIT_REF_BIAS + recipes[i].offset == value) {
            return true;
        }
    }
    return !_PyJitTrace_IsVirtual(t, value);
}

static int
check_recipes(Walk *w, const _PyJitSnapshot *snap)
{
    const _PyJitTrace *t = w->t;
    for (uint32_t i = 0; i < snap->nrecipes; i++) {
        const _PyJitSnapFrame *recipe = &t->frames[snap->first_frame + snap->nframes + i];
        if (recipe->offset >= w->index || !_PyJitTrace_IsVirtual(t, (_PyJitRef)(JIT_REF_BIAS + recipe->offset))) {
            return broken(w, 21, "recipe %u is of no virtual defined before", i);
        }
        if (snap->nframes == 0 || recipe->first_slot != recipe[-1].first_slot + recipe[-1].nslots
            || recipe->first_slot > t->nslots || recipe->nslots > t->nslots - recipe->first_slot) {
            return broken(w, 14, "the fields of recipe %u do not follow what stands before it", i);
        }
        for (uint32_t j = 0; j < recipe->nslots; j++) {
            const _PyJitSnapSlot *field = &t->slots[recipe->first_slot + j];
            int type = type_of_value(t, field->value, w->index);
            if (type == JIT_TYPE_NONE || type == JIT_TYPE_IP) {
                return broken(w, 14, "field x%u of recipe %u holds no value defined before", field->slot, i);
            }
            if (field->owned && !is_subtype(type, JIT_TYPE_OBJECT)) {
                return broken(w, 20, "field x%u of recipe %u owns a raw number", field->slot, i);
            }
            if (!is_made(t, snap, field->value)) {
                return broken(w, 21, "field x%u of recipe %u holds a virtual that has no recipe", field->slot, i);
            }
        }
    }
    return 0;
}

static int
check_frames(Walk *w, const _PyJitSnapshot *snap)
{
    const _PyJitTrace *t = w->t;
    uint32_t count = (uint32_t)snap->nframes + snap->nrecipes;
    if (snap->first_frame > t->nframes || count > t->nframes - snap->first_frame) {
        return broken(w, 14, "frames %u to %u of %u", snap->first_frame, snap->first_frame + count, t->nframes);
    }
    if (check_recipes(w, snap) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < snap->nframes; i++) {
        const _PyJitSnapFrame *frame = &t->frames[snap->first_frame + i];
        if (!is_place(t, frame->code, frame->offset, 1)) {
            return broken(w, 9, "frame at c%u:%u, which is not in a code of the trace", frame->code, frame->offset);
        }
        if (frame->first_slot > t->nslots || frame->nslots > t->nslots - frame->first_slot) {
            return broken(w, 14, "slots %u to %u of %u", frame->first_slot,
                          frame->first_slot + frame->nslots, t->nslots);
        }
        PyCodeObject *object = t->codes[frame->code];
        if (object != NULL && (frame->sp < (uint32_t)object->co_nlocalsplus
                               || frame->sp > (uint32_t)(object->co_nlocalsplus + object->co_stacksize))) {
            return broken(w, 14, "the stack pointer at slot %u, which is not in the stack", frame->sp);
        }
        for (uint32_t j = 0; j < frame->nslots; j++) {
            const _PyJitSnapSlot *slot = &t->slots[frame->first_slot + j];
            if (j > 0 && slot->slot <= slot[-1].slot) {
                return broken(w, 14, "slot x%u after x%u", slot->slot, slot[-1].slot);
            }
            if (frame->sp > 0 && slot->slot >= frame->sp && slot->slot < JIT_SLOT_GENERATOR) {
                return broken(w, 14, "slot x%u above the stack pointer", slot->slot);
            }
            int type = type_of_value(t, slot->value, w->index);
            if (type == JIT_TYPE_NONE || type == JIT_TYPE_IP) {
                return broken(w, 14, "slot x%u holds no value defined before", slot->slot);
            }
            if (slot->owned && !is_subtype(type, JIT_TYPE_OBJECT)) {
                return broken(w, 20, "slot x%u owns a raw number", slot->slot);
            }
            if (!is_made(t, snap, slot->value)) {
                return broken(w, 21, "slot x%u holds a virtual that has no recipe", slot->slot);
            }
        }
        // Slots ascend, so the function or generator is the last one.
        const _PyJitSnapSlot *function = frame->nslots > 0 ? &t->slots[frame->first_slot + frame->nslots - 1u] : NULL;
        bool has_function = function != NULL && function->slot >= JIT_SLOT_GENERATOR;
        if (has_function != (i > 0)) {
            return broken(w, 20, i > 0 ? "frame %u has no function" : "frame %u exists and has a function", i);
        }
        if (has_function && !is_subtype(type_of_value(t, function->value, w->index), JIT_TYPE_OBJECT)) {
            return broken(w, 20, "the function of frame %u is a raw number", i);
        }
        if (i > 0 && frame->first_slot != frame[-1].first_slot + frame[-1].nslots) {
            return broken(w, 14, "the slots of frame %u do not follow those of the one before", i);
        }
    }
    if (snap->nframes > 0) {
        const _PyJitSnapFrame *innermost = &t->frames[snap->first_frame + snap->nframes - 1];
        if (snap->kind != JIT_EXIT_BRANCH
            && (innermost->code != snap->code || innermost->offset != snap->offset)) {
            return broken(w, 14, "the last frame is not where tier 1 goes on");
        }
    }
    return 0;
}

/* A snapshot leads to NEXT, which the trace goes on with, or to where it came from: a loop's jump stands for all ways to where that
 * leads. */
static bool
leads_to(const _PyJitSnapshot *snap, const _PyJitRecord *next)
{
    return snap->code == next->code
        && (snap->offset == start_of(next)
            || (next->opcode == JUMP_BACKWARD && next->offset + next->size == snap->offset + next->oparg));
}

/* Left by a typed operation, not by one that stands beside an OPAQUE. */
static int
is_lowered_exit(const _PyJitIns *ins, const _PyJitSnapshot *snap)
{
    return ins->op != JIT_OP_OPAQUE && (snap->kind == JIT_EXIT_DEOPT || snap->kind == JIT_EXIT_SIDE || snap->kind == JIT_EXIT_EVENT);
}

/* A check leads to its own instruction, a box or a check before the loop to the next one; a branch somewhere else. */
static int
check_lowered_exit(Walk *w, const _PyJitSnapshot *snap)
{
    const _PyJitTrace *t = w->t;
    if (!is_place(t, snap->code, snap->offset, 1)) {
        return broken(w, 9, "leaves at c%u:%u, which is not in a code of the trace", snap->code, snap->offset);
    }
    if (snap->kind == JIT_EXIT_SIDE) {
        return snap->progress && w->lowered ? 0 : broken(w, 12, "a branch comes after an instruction");
    }
    int loops = JIT_INS(t, JIT_REF_BIAS + t->nins - 1)->op == JIT_OP_LOOP;
    const _PyJitRecord *places[] = {w->lowered, w->next ? w->next : loops ? w->first : NULL};
    if (w->next == NULL && !loops && snap->progress) {
        return 0;              // where the trace ends
    }
    int found = 0;
    for (int i = 0; i < 2; i++) {
        const _PyJitRecord *place = places[i];
        if (place != NULL && place->code == snap->code && (start_of(place) == snap->offset || (i == 1 && leads_to(snap, place)))) {
            found = 1;
            if (snap->progress == (w->begun > (i == 0 ? 1u : 0u))) {
                return 0;
            }
        }
    }
    return found ? broken(w, 12, "its snapshot is wrong about what was executed before it")
                 : broken(w, 13, "its snapshot names c%u:%u, which is neither its instruction nor the next one",
                          snap->code, snap->offset);
}

static int
check_snapshot(Walk *w, const _PyJitIns *ins)
{
    const _PyJitTrace *t = w->t;
    int needed = needs_snapshot(t, ins);
    if (ins->snapshot == JIT_NO_SNAPSHOT) {
        return needed ? broken(w, 7, "has no snapshot") : 0;
    }
    if (!needed) {
        return broken(w, 7, "never leaves, but has a snapshot");
    }
    if (ins->snapshot >= t->nsnaps) {
        return broken(w, 7, "snapshot %u of %u", ins->snapshot, t->nsnaps);
    }
    const _PyJitSnapshot *snap = &t->snaps[ins->snapshot];
    if (!is_kind_of(ins->op, snap->kind)) {
        return broken(w, 10, "its snapshot is %s", _PyJitExitKind_Name(snap->kind));
    }
    if (is_lowered_exit(ins, snap)) {
        return check_lowered_exit(w, snap) < 0 ? -1 : check_frames(w, snap);
    }
    if (snap->progress != (w->begun > 0)) {
        return broken(w, 12, w->begun ? "instructions were executed before it, its snapshot says none were"
                                        : "its snapshot says that instructions were executed before it");
    }
    if (ins->op != JIT_OP_EXIT_DYNAMIC && !is_place(t, snap->code, snap->offset, 1)) {
        return broken(w, 9, "leaves at c%u:%u, which is not in a code of the trace", snap->code, snap->offset);
    }
    const _PyJitRecord *there = NULL;     // where the snapshot must lead
    if (ins->op == JIT_OP_OPAQUE) {
        there = &t->records[ins->aux];
    }
    else if (ins->op == JIT_OP_GUARD_IP || ins->op == JIT_OP_CHECK_VALID) {
        int loops = JIT_INS(t, JIT_REF_BIAS + t->nins - 1)->op == JIT_OP_LOOP;
        there = w->next ? w->next : loops ? w->first : NULL;
    }
    bool leads = there == NULL || (snap->code == there->code && snap->offset == start_of(there));
    if (!leads && !(ins->op == JIT_OP_CHECK_VALID && leads_to(snap, there))) {
        return broken(w, 13, "its snapshot names c%u:%u, not c%u:%u",
                      snap->code, snap->offset, there->code, start_of(there));
    }
    return check_frames(w, snap);
}

/* Every snapshot has an exit of its own.  They ascend, so that this is seen at a glance. */
static int
check_exits(Walk *w)
{
    const _PyJitTrace *t = w->t;
    for (uint32_t i = 0; i < t->nsnaps; i++) {
        uint32_t exit = t->snaps[i].exit;
        if (exit >= t->nexits) {
            return broken(w, 16, "snapshot %u leaves through exit %u of %u", i, exit, t->nexits);
        }
        if (i > 0 && exit <= t->snaps[i - 1].exit) {
            return broken(w, 16, "snapshot %u leaves through exit %u, the one before through %u",
                          i, exit, t->snaps[i - 1].exit);
        }
    }
    return 0;
}

/* --- The whole ------------------------------------------------------------------------------------------- */

static const _PyJitRecord *
find_next(const _PyJitTrace *t, uint32_t index)
{
    for (; index < t->nins; index++) {
        const _PyJitIns *ins = JIT_INS(t, JIT_REF_BIAS + index);
        if (ins->op == JIT_OP_OPAQUE || ins->op == JIT_OP_BYTECODE) {
            return ins->aux < t->nrecords ? &t->records[ins->aux] : NULL;
        }
    }
    return NULL;
}

static int
check_operation(Walk *w, const _PyJitIns *ins)
{
    if (ins->op >= JIT_OP_COUNT || ins->op == JIT_OP_KONST) {
        return broken(w, 3, "not an operation of a trace");
    }
    if ((ins->op == JIT_OP_START || ins->op == JIT_OP_START_SIDE) != (w->index == 0)) {
        return broken(w, 1, "a trace begins with START or START_SIDE, and only there");
    }
    int ends = (_PyJit_Ops[ins->op].flags & JIT_OPFLAG_ENDS) != 0;
    if (ends != (w->index + 1 == w->t->nins)) {
        return broken(w, 2, ends ? "ends a trace, but is not the last one" : "the last one does not end a trace");
    }
    if (ins->op == JIT_OP_NOP) {
        return 0;
    }
    if (ins->op == JIT_OP_PARAM || ins->op == JIT_OP_PASS || ins->op == JIT_OP_TO_HEAD) {
        return check_side(w, ins);
    }
    if (ins->op == JIT_OP_PHI) {
        return check_phi(w, ins);
    }
    const _PyJitIns *open_ip = w->open_ip;
    if (check_operands(w, ins) < 0) {
        return -1;
    }
    if (open_ip != NULL && w->open_ip != NULL) {
        return broken(w, 11, "the instruction pointer before it was not looked at");
    }
    if ((ins->op == JIT_OP_OPAQUE || ins->op == JIT_OP_BYTECODE) && check_record(w, ins) < 0) {
        return -1;
    }
    int result = ins->op == JIT_OP_OPAQUE ? (int)_PyJit_OpaqueType(w->t->records[ins->aux].opcode)
                                          : (int)_PyJit_Ops[ins->op].result;
    if (ins->type != result) {
        return broken(w, 6, "its result is %s, not %s", _PyJitType_Name(result), _PyJitType_Name(ins->type));
    }
    if (check_snapshot(w, ins) < 0) {
        return -1;
    }
    return ins->op == JIT_OP_LOOP ? check_loop(w, ins) : 0;
}

int
_PyJitTrace_Verify(const _PyJitTrace *t, char *message, size_t size)
{
    Walk w = {.t = t, .message = message, .size = size};
    if (t->nins == 0) {
        return broken(&w, 1, "a trace begins with START");
    }
    w.next = find_next(t, 0);
    const _PyJitIns *end = JIT_INS(t, JIT_REF_BIAS + t->nins - 1);
    w.first = end->op == JIT_OP_LOOP ? find_next(t, end->aux) : NULL;
    for (; w.index < t->nins; w.index++) {
        const _PyJitIns *ins = JIT_INS(t, JIT_REF_BIAS + w.index);
        int begins = ins->op == JIT_OP_OPAQUE || ins->op == JIT_OP_BYTECODE;
        if (begins) {
            w.next = find_next(t, w.index + 1);
        }
        if (check_operation(&w, ins) < 0) {
            return -1;
        }
        if (begins) {
            w.last = &t->records[ins->aux];
            w.lowered = ins->op == JIT_OP_BYTECODE ? w.last : NULL;
            w.begun++;
        }
        if (ins->type == JIT_TYPE_IP) {
            w.open_ip = ins;
        }
    }
    return check_exits(&w);
}

#endif /* _Py_TIER2 */
