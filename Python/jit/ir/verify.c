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
#include "jit/ir/verify.h"

int
_PyJitVerify_Broken(const Walk *w, int rule, const char *format, ...)
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
                return _PyJitVerify_Broken(w, 4, "takes %d operands, has more", count);
            }
            continue;
        }
        if (operands[i] == JIT_REF_NONE) {
            return _PyJitVerify_Broken(w, 4, "operand %d is missing", i + 1);
        }
        int type = type_of_value(w->t, operands[i], w->index);
        if (type == JIT_TYPE_NONE) {
            return _PyJitVerify_Broken(w, 4, "operand %d is no constant and no value defined before", i + 1);
        }
        bool virtual = _PyJitTrace_IsVirtual(w->t, operands[i]), field = ins->op == JIT_OP_VIRTUAL_FIELD;
        if (virtual ? !field : field && i == 0) {
            return _PyJitVerify_Broken(w, 16, virtual ? "operand %d is an object that is not made" : "operand %d is no virtual", i + 1);
        }
        bool any = i < info->nargs && info->args[i] == '*' && type != JIT_TYPE_IP;
        int wanted = i < info->nargs ? type_of_letter(info->args[i]) : JIT_TYPE_IP;
        if (!any && !is_subtype(type, wanted)) {
            return _PyJitVerify_Broken(w, 5, "operand %d is %s, not %s", i + 1,
                                       _PyJitType_Name(type), _PyJitType_Name(wanted));
        }
        if (type == JIT_TYPE_IP) {
            if (w->open_ip == NULL || w->open_ip != JIT_INS(w->t, operands[i])) {
                return _PyJitVerify_Broken(w, 11, "looks at an instruction pointer of another operation than the last one");
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
        return _PyJitVerify_Broken(w, 18, "its result is %s, not a raw number", _PyJitType_Name(ins->type));
    }
    if (type_of_value(w->t, ins->a, w->index) != ins->type || type_of_value(w->t, ins->b, w->t->nins) != ins->type) {
        return _PyJitVerify_Broken(w, 18, "an operand is not %s, or the first one is made later", _PyJitType_Name(ins->type));
    }
    if (w->phis > 0 && w->index != w->first_phi + w->phis) {
        return _PyJitVerify_Broken(w, 18, "PHIs stand one after the other");
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
        return _PyJitVerify_Broken(w, 19, "only where a trace begins with START_SIDE");
    }
    if (ins->snapshot != JIT_NO_SNAPSHOT) {
        return _PyJitVerify_Broken(w, 7, "never leaves, but has a snapshot");
    }
    if ((ins->op == JIT_OP_PASS) != (ins->a != JIT_REF_NONE) || ins->b != JIT_REF_NONE || ins->c != JIT_REF_NONE) {
        return _PyJitVerify_Broken(w, 4, "PASS takes one operand, PARAM and TO_HEAD none");
    }
    if (ins->op == JIT_OP_PARAM) {
        if (ins->type == JIT_TYPE_NONE || ins->type == JIT_TYPE_IP || ins->aux >= JIT_MAX_PASSED) {
            return _PyJitVerify_Broken(w, 19, "number %u of type %s is no value of an exit", ins->aux, _PyJitType_Name(ins->type));
        }
        return before->op == JIT_OP_PARAM || before->op == JIT_OP_START_SIDE ? 0
            : _PyJitVerify_Broken(w, 19, "PARAMs stand behind START_SIDE");
    }
    if (ins->type != JIT_TYPE_NONE) {
        return _PyJitVerify_Broken(w, 6, "its result is none, not %s", _PyJitType_Name(ins->type));
    }
    if (ins->op == JIT_OP_PASS) {
        int type = type_of_value(t, ins->a, w->index);
        if (type == JIT_TYPE_NONE || type == JIT_TYPE_IP) {
            return _PyJitVerify_Broken(w, 4, "operand 1 is no constant and no value defined before");
        }
        if (_PyJitTrace_IsVirtual(t, ins->a)) {
            return _PyJitVerify_Broken(w, 16, "operand 1 is an object that is not made");
        }
        if (ins->aux >= JIT_MAX_PASSED || ins->aux != (before->op == JIT_OP_PASS ? before->aux + 1 : 0)) {
            return _PyJitVerify_Broken(w, 19, "value number %u, out of turn", ins->aux);
        }
        return ins[1].op == JIT_OP_PASS || ins[1].op == JIT_OP_TO_HEAD ? 0 : _PyJitVerify_Broken(w, 19, "PASSes stand before TO_HEAD");
    }
    if (w->open_ip != NULL) {
        return _PyJitVerify_Broken(w, 11, "the instruction pointer before it was not looked at");
    }
    return w->begun > 0 ? 0 : _PyJitVerify_Broken(w, 17, "a loop without an instruction never ends");
}

static int
check_loop(Walk *w, const _PyJitIns *ins)
{
    if (w->begun == 0) {
        return _PyJitVerify_Broken(w, 17, "a loop without an instruction never ends");
    }
    if (ins->aux >= w->index || (w->phis > 0 && ins->aux != w->first_phi)) {
        return _PyJitVerify_Broken(w, 18, "it goes to operation %u, where the PHIs are not", ins->aux);
    }
    return 0;
}

/* --- Records --------------------------------------------------------------------------------------------- */

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
        return _PyJitVerify_Broken(w, 8, "record %u of %u", ins->aux, t->nrecords);
    }
    const _PyJitRecord *record = &t->records[ins->aux];
    const _PyJitInstInfo *info = &_PyJit_Insts[record->opcode];
    if (!(info->flags & JIT_INST_TRACEABLE)) {
        return _PyJitVerify_Broken(w, 8, "%s: no trace may hold it: %s", info->name ? info->name : "unknown opcode",
                                   info->reason ? info->reason : "not an instruction");
    }
    if (record->size != info->size || record->units > t->nunits || t->nunits - record->units < record->size) {
        return _PyJitVerify_Broken(w, 8, "%s has %u code units, the record %u", info->name, info->size, record->size);
    }
    if (record->prefix > 3 || (record->prefix < 3 && record->oparg >> (8 * (record->prefix + 1)) != 0)) {
        return _PyJitVerify_Broken(w, 8, "oparg %u with %u prefixes", record->oparg, record->prefix);
    }
    if (record->prefix > record->offset || !is_place(t, record->code, record->offset, record->size)) {
        return _PyJitVerify_Broken(w, 9, "c%u:%u is not in a code of the trace", record->code, record->offset);
    }
    // The one before it goes nowhere else, but to its method if it is an operator that was entered; a side trace may have arrived where a
    // jump leads, and a loop that begins with that jump stands behind it.  A lowered one that raised goes on in the handler.
    if (w->last != NULL && !w->last->entered) {
        const _PyJitInstInfo *before = &_PyJit_Insts[w->last->opcode];
        bool raised = w->last == w->lowered && w->last->raised && before->flags & JIT_INST_ERRORS;
        if (!raised && !(before->flags & (JIT_INST_JUMPS | JIT_INST_FRAME | JIT_INST_GOTO | JIT_INST_SKIPS))
            && (record->code != w->last->code || (start_of(record) != w->last->offset + w->last->size
                                                   && !leads_behind(record, w->last)))) {
            return _PyJitVerify_Broken(w, 15, "%s at c%u:%u is not followed by c%u:%u", before->name,
                                       w->last->code, w->last->offset, record->code, start_of(record));
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

/* What says where an OPAQUE goes on if it raises stands beside it. */
static int
check_raising(const Walk *w, const _PyJitIns *ins)
{
    switch (ins->op) {
        case JIT_OP_UNRAISED:
        case JIT_OP_UNRAISED_DYNAMIC:
            return ins[-1].op == JIT_OP_OPAQUE && ins[1].op == JIT_OP_CATCH ? 0
                : _PyJitVerify_Broken(w, 21, "stands between OPAQUE and CATCH");
        case JIT_OP_CATCH:
            return ins[-1].op == JIT_OP_UNRAISED || ins[-1].op == JIT_OP_UNRAISED_DYNAMIC ? 0
                : _PyJitVerify_Broken(w, 21, "stands behind UNRAISED or UNRAISED_DYNAMIC");
        case JIT_OP_ON_ERROR:
            return ins[1].op == JIT_OP_OPAQUE ? 0 : _PyJitVerify_Broken(w, 21, "stands before OPAQUE");
        default:
            return 0;
    }
}

static int
check_operation(Walk *w, const _PyJitIns *ins)
{
    if (ins->op >= JIT_OP_COUNT || ins->op == JIT_OP_KONST) {
        return _PyJitVerify_Broken(w, 3, "not an operation of a trace");
    }
    if ((ins->op == JIT_OP_START || ins->op == JIT_OP_START_SIDE) != (w->index == 0)) {
        return _PyJitVerify_Broken(w, 1, "a trace begins with START or START_SIDE, and only there");
    }
    int ends = (_PyJit_Ops[ins->op].flags & JIT_OPFLAG_ENDS) != 0;
    if (ends != (w->index + 1 == w->t->nins)) {
        return _PyJitVerify_Broken(w, 2, ends ? "ends a trace, but is not the last one" : "the last one does not end a trace");
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
    if (check_operands(w, ins) < 0 || check_raising(w, ins) < 0) {
        return -1;
    }
    if (open_ip != NULL && w->open_ip != NULL) {
        return _PyJitVerify_Broken(w, 11, "the instruction pointer before it was not looked at");
    }
    if ((ins->op == JIT_OP_OPAQUE || ins->op == JIT_OP_BYTECODE) && check_record(w, ins) < 0) {
        return -1;
    }
    int result = ins->op == JIT_OP_OPAQUE ? (int)_PyJit_OpaqueType(w->t->records[ins->aux].opcode)
                                          : (int)_PyJit_Ops[ins->op].result;
    if (ins->type != result) {
        return _PyJitVerify_Broken(w, 6, "its result is %s, not %s", _PyJitType_Name(result), _PyJitType_Name(ins->type));
    }
    if (_PyJitVerify_Snapshot(w, ins) < 0) {
        return -1;
    }
    return ins->op == JIT_OP_LOOP ? check_loop(w, ins) : 0;
}

int
_PyJitTrace_Verify(const _PyJitTrace *t, char *message, size_t size)
{
    Walk w = {.t = t, .message = message, .size = size};
    if (t->nins == 0) {
        return _PyJitVerify_Broken(&w, 1, "a trace begins with START");
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
        if (ins->op == JIT_OP_CATCH) {
            w.last = NULL;     // a handler may be anywhere
        }
    }
    return 0;
}

#endif /* _Py_TIER2 */
