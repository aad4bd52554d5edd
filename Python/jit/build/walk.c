/* The trace builder: records become operations.
 *
 * An instruction is lowered to typed operations (moves.c), or becomes one OPAQUE operation.  What follows an opaque one comes from the
 * flags the generator found in its definition:
 *  1. It changes the instruction pointer in a way that depends on data: GUARD_IP, which goes on only where the recording went.
 *     Unconditional jumps and fixed skips need none.
 *  2. It may run arbitrary code: CHECK_VALID, after the guard, because it leaves at a known instruction.
 *  3. It may fail a check: its snapshot says that tier 1 runs the same instruction again, from its first prefix.
 * Before an opaque operation memory is made complete; what the slot map knows afterwards follows from the same flags.
 * A trace that ends where it began ends in LOOP, any other in EXIT, or in EXIT_DYNAMIC where its last instruction computes
 * the target.
 *
 * A loop is walked again if there is something to keep over LOOP (loop.c).
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_opcode_metadata.h"
#include "jit/build/builder.h"

static inline uint32_t
start_of(const _PyJitRecord *record)
{
    return record->offset - record->prefix;
}

/* A structural operation, or one that leaves at a snapshot of KIND where memory is complete (KIND below 0: none). */
static void
emit(_PyJitBuilder *b, int op, _PyJitRef operand, int kind, uint16_t code, uint32_t offset)
{
    uint16_t index = JIT_NO_SNAPSHOT;
    if (kind >= 0) {
        _PyJitSnapshot snap = {
            .kind = (uint8_t)kind, .progress = 1, .code = code, .offset = offset, .before = b->ran,
        };
        int added = _PyJitTrace_AddSnapshot(b->t, &snap);
        if (added < 0) {
            b->failed = true;
            return;
        }
        index = (uint16_t)added;
    }
    b->failed |= _PyJitTrace_Emit(b->t, op, JIT_TYPE_NONE, operand, JIT_REF_NONE, 0, index) == JIT_REF_NONE;
}

void
_PyJitBuild_CheckValid(_PyJitBuilder *b, uint16_t code, uint32_t offset)
{
    emit(b, JIT_OP_CHECK_VALID, JIT_REF_NONE, JIT_EXIT_INVALID, code, offset);
}

void
_PyJitBuild_GuardIP(_PyJitBuilder *b, _PyJitRef ip, uint16_t code, uint32_t offset)
{
    emit(b, JIT_OP_GUARD_IP, ip, JIT_EXIT_BRANCH, code, offset);
}

void
_PyJitBuild_GoTo(_PyJitBuilder *b, _PyJitRef ip)
{
    emit(b, JIT_OP_EXIT_DYNAMIC, ip, JIT_EXIT_BRANCH, 0, 0);
}

/* What was emitted last leaves in the frame it is in: who goes on there may come back to the loop. */
static void
stays_in_frame(_PyJitBuilder *b)
{
    if (b->typed && !b->failed) {
        b->t->snaps[b->t->nsnaps - 1].first_frame_runs = !b->left && b->frames[b->machine].depth == 128;
    }
}

/* The locals an opaque instruction writes itself are not known after it. */
static void
forget_written(_PyJitBuilder *b, const _PyJitRecord *record)
{
    uint32_t oparg = record->oparg;
    switch (record->opcode) {
        case STORE_FAST:
        case DELETE_FAST:
        case LOAD_FAST_AND_CLEAR:
        case MAKE_CELL:
            _PyJitBuild_ForgetSlot(b, local(b, oparg));
            break;
        case STORE_FAST_STORE_FAST:
            _PyJitBuild_ForgetSlot(b, local(b, oparg & 15));
            /* fall through */
        case STORE_FAST_LOAD_FAST:
            _PyJitBuild_ForgetSlot(b, local(b, oparg >> 4));
            break;
        case BINARY_OP_INPLACE_ADD_UNICODE:    // the one the next instruction names
        case COPY_FREE_VARS:
            _PyJitBuild_ForgetAll(b);
            break;
        default:
            break;
    }
}

/* The slot map after the opaque instruction of record INDEX.  Nobody can reach the evaluation stacks but for what it takes from its
 * own.  Others can write locals only through a frame object, so as long as there is none the locals are as they were (GUARD_UNSEEN). */
static void
note_opaque(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    int flags = _PyJit_Insts[record->opcode].flags;
    if (!b->typed) {
        return;
    }
    const _PyJitAbstractFrame *frame = this_frame(b);
    int popped = _PyOpcode_num_popped(_PyOpcode_Deopt[record->opcode], (int)record->oparg);
    if (popped < 0 || (flags & JIT_INST_ESCAPES && (b->observed || record->observed))) {
        _PyJitBuild_ForgetAll(b);
    }
    else if (frame->lowered) {
        assert(frame->code == record->code && frame->depth == record->depth);
        assert(frame->base + record->sp - (uint32_t)popped >= frame->stack);
        for (uint32_t i = frame->base + record->sp - (uint32_t)popped; i < b->nslots; i++) {
            _PyJitBuild_ForgetSlot(b, i);
        }
        forget_written(b, record);
    }
    for (uint32_t i = 0; i < b->nframes && flags & JIT_INST_ESCAPES; i++) {
        b->frames[i].unsure = true;
    }
    // Types change by arbitrary code only; which frame runs, and the room for more, by instructions for that only.
    unsigned int frame_class = 1u << JIT_CLASS_FRAME, type_class = 1u << JIT_CLASS_TYPE;
    _PyJitCse_Barrier(b, flags & JIT_INST_FRAME ? JIT_ALL_CLASSES
                         : JIT_ALL_CLASSES & ~(flags & JIT_INST_ESCAPES ? frame_class : frame_class | type_class));
}

void
_PyJitBuild_MakeSure(_PyJitBuilder *b, uint16_t code, uint32_t offset)
{
    _PyJitAbstractFrame *frame = this_frame(b);
    if (!frame->unsure) {
        return;
    }
    assert(in_memory(b));
    bool known = false;
    for (uint32_t i = frame->base; i < frame->stack; i++) {
        const _PyJitSlot *slot = &b->slots[i];
        known |= slot->object != JIT_REF_NONE || slot->number != JIT_REF_NONE || slot->memory_plain || slot->held;
    }
    if (known) {
        b->code = code;
        b->offset = offset;
        b->progress = true;
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_UNSEEN, JIT_REF_NONE, JIT_REF_NONE, 0);
    }
    frame->unsure = false;     // behind it: where it leaves they may have been written
}

/* The place behind RECORD.  Some always raise, and there is nothing behind them. */
static inline uint32_t
behind(const _PyJitRecord *record)
{
    bool raises = record->opcode == RERAISE || record->opcode == RAISE_VARARGS;
    return raises ? start_of(record) : record->offset + record->size;
}

/* IP, or JIT_REF_NONE, is the opaque operation of record INDEX, which raised when it was recorded: the trace goes on in the handler. */
static void
catch(_PyJitBuilder *b, uint32_t index, _PyJitRef ip)
{
    const _PyJitRecord *record = &b->t->records[index], *next = record + 1;
    uint32_t popped = (uint32_t)(record->depth - next->depth), offset = start_of(next);
    if (_PyJit_OpaqueType(record->opcode) == JIT_TYPE_IP) {
        emit(b, JIT_OP_UNRAISED_DYNAMIC, ip, JIT_EXIT_BRANCH, 0, 0);
    }
    else {
        emit(b, JIT_OP_UNRAISED, JIT_REF_NONE, JIT_EXIT_END, record->code, behind(record));
        stays_in_frame(b);
    }
    PyCodeObject *code = b->t->codes[record->code];
    uint32_t way = _PyJitCatch_Way(code, _PyCode_CODE(code) + record->offset + record->size, popped);
    _PyJitRef target = _PyJitTrace_Emit(b->t, JIT_OP_CATCH, JIT_TYPE_IP, JIT_REF_NONE, JIT_REF_NONE, way, JIT_NO_SNAPSHOT);
    b->failed |= target == JIT_REF_NONE;
    b->ran = 0;                // the frame knows
    b->caught = true;
    if (b->typed) {
        _PyJitBuild_ForgetAll(b);
        _PyJitCse_Barrier(b, JIT_ALL_CLASSES);
    }
    _PyJitBuild_GuardIP(b, target, next->code, offset);
    _PyJitBuild_CheckValid(b, next->code, offset);
}

/* If RECORD may raise, and there is a handler for it in a frame that the trace knows: an exit for that. */
static void
leave_if_it_raises(_PyJitBuilder *b, const _PyJitRecord *record)
{
    if (!(_PyJit_Insts[record->opcode].flags & JIT_INST_ERRORS)) {
        return;
    }
    PyCodeObject *code = b->t->codes[record->code];
    if (_PyJitCatch_HasHandler(code, _PyCode_CODE(code) + record->offset + record->size)) {
        emit(b, JIT_OP_ON_ERROR, JIT_REF_NONE, JIT_EXIT_RAISED, 0, 0);
        stays_in_frame(b);
        return;
    }
    for (uint32_t i = b->nframes; b->typed && i-- > 1;) {
        const _PyJitAbstractFrame *caller = &b->frames[i - 1];
        code = b->t->codes[caller->code];
        if (_PyJitCatch_HasHandler(code, _PyCode_CODE(code) + caller->call)) {
            emit(b, JIT_OP_ON_ERROR, JIT_REF_NONE, JIT_EXIT_RAISED, 0, 0);
            return;
        }
    }
}

/* The instruction of record INDEX as an opaque operation.  false: the trace has ended with it. */
static bool
opaque(_PyJitBuilder *b, uint32_t index)
{
    _PyJitTrace *t = b->t;
    const _PyJitRecord *record = &t->records[index];
    int flags = _PyJit_Insts[record->opcode].flags;
    uint16_t code = 0;
    uint32_t offset = 0;
    bool known = _PyJitLower_Next(b, index, &code, &offset), last = index + 1 == t->nrecords;
    int snap = -1;
    b->code = record->code;
    b->offset = start_of(record);
    b->progress = index > 0 || b->peeled;
    if (b->typed) {
        _PyJitBuild_Flush(b, false);
    }
    if (record->entered != JIT_ENTERED_NOT) {
        if (record->entered == JIT_ENTERED_CONSUMER) {
            _PyJitLower_EnterConsumer(b, index);
        }
        else {
            _PyJitLower_EnterOperator(b, index);
        }
        note_opaque(b, index);
        return true;
    }
    if (flags & JIT_INST_DEOPTS) {
        snap = _PyJitBuild_Snapshot(b, JIT_EXIT_DEOPT, b->progress, record->code, start_of(record));
    }
    bool raises = record->raised && !last;
    if (!raises) {
        leave_if_it_raises(b, record);
    }
    _PyJitType type = _PyJit_OpaqueType(record->opcode);
    _PyJitRef ip = _PyJitTrace_Emit(t, JIT_OP_OPAQUE, type, JIT_REF_NONE, JIT_REF_NONE, index,
                                    snap < 0 ? JIT_NO_SNAPSHOT : (uint16_t)snap);
    b->failed |= ip == JIT_REF_NONE;
    b->ran = flags & JIT_INST_FRAME ? 0 : record->offset + 1;
    if (b->typed) {
        this_frame(b)->call = record->offset;      // if it is one
    }
    note_opaque(b, index);
    if (raises) {
        catch(b, index, ip);
        return true;
    }
    if (record->raised && type != JIT_TYPE_IP) {
        // The trace ends in the handler, which the exit of ON_ERROR leads to.
        emit(b, JIT_OP_EXIT, JIT_REF_NONE, JIT_EXIT_END, record->code, behind(record));
        return false;
    }
    if (last && (record->raised || !known || (type == JIT_TYPE_IP && b->end != JIT_END_LOOP))) {
        _PyJitBuild_GoTo(b, ip);
        return false;
    }
    if (type == JIT_TYPE_IP) {
        _PyJitBuild_GuardIP(b, ip, code, offset);
    }
    if (flags & JIT_INST_ESCAPES) {
        _PyJitBuild_CheckValid(b, code, offset);
    }
    return true;
}

/* Before record INDEX: its frame is in memory, and says which line runs. */
static void
show_frame(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    if (!in_memory(b)) {
        b->code = record->code;
        b->offset = start_of(record);
        b->progress = index > 0 || b->peeled;
        _PyJitBuild_Flush(b, false);
    }
    uint32_t line = (uint32_t)_PyJit_LineOf(b->t->codes[record->code], (int)record->offset) + 1;
    if (line != b->line || b->nframes != b->line_frames) {
        _PyJitRef place = _PyJitTrace_Const(b->t, JIT_TYPE_I64, (uint64_t)(uintptr_t)_PyJitTrace_Instr(b->t, record));
        b->failed |= place == JIT_REF_NONE;
        (void)_PyJitBuild_Emit(b, JIT_OP_SET_PLACE, place, JIT_REF_NONE, 0);
        b->line = line;
        b->line_frames = b->nframes;
    }
}

int
_PyJitBuild_Walk(_PyJitBuilder *b)
{
    _PyJitTrace *t = b->t;
    b->line = 0;
    bool opaque_before = !b->peeled && b->from == NULL;
    for (uint32_t i = b->first; i < t->nrecords && !b->failed;) {
        uint32_t done = 0;
        const _PyJitRecord *record = &t->records[i];
        b->refused_line = 0;
        if (opaque_before && i > 0) {
            _PyJitFrame_Follow(b, record);
        }
        const _PyJitAbstractFrame *frame = this_frame(b);
        if (frame->lowered) {
            if (ENGINE->spoil) {
                b->wrong = true;
                return -1;
            }
            if (b->depth != frame->base + record->sp || frame->code != record->code || frame->depth != record->depth) {
                assert(!"a rule is wrong about the stack");
                b->wrong = true;
                return -1;
            }
            _PyJitBuild_MakeSure(b, t->records[i].code, start_of(&t->records[i]));
            if (b->exact) {
                show_frame(b, i);
            }
            done = _PyJitLower_Raise(b, i);
            if (done == 0 && !record->raised) {
                done = _PyJitLower_Record(b, i);
            }
            _PyJitSlot_EndRecord(b);
            _PyJitUnmade_EndIfGone(b);
        }
        opaque_before = done == 0;
        if (done == 0) {
            _PyJitReason_Note(b, record);
            if (b->unmade.open) {
                _PyJitUnmade_GiveUp(b);
                return -1;
            }
            if (!opaque(b, i)) {
                return b->failed ? -1 : 1;
            }
            done = 1;
        }
        i += done;
        if (b->ended) {
            return b->failed ? -1 : 1;
        }
    }
    if (b->unmade.open && !b->failed) {
        _PyJitUnmade_GiveUp(b);
    }
    if (opaque_before && !(_PyJit_Insts[t->records[t->nrecords - 1].opcode].flags & JIT_INST_FRAME)) {
        if (b->end == JIT_END_LOOP) {
            _PyJitFrame_Follow(b, &t->records[b->first]);
        }
        else if (b->typed && this_frame(b)->lowered) {
            // What the instruction took from the stack, and put there, no rule has said.
            b->depth = b->sp = this_frame(b)->base + b->end_sp;
        }
    }
    return b->failed ? -1 : 0;
}

static int
build(_PyJitBuilder *b)
{
    emit(b, b->from != NULL ? JIT_OP_START_SIDE : JIT_OP_START, JIT_REF_NONE, -1, 0, 0);
    if (b->from != NULL) {
        _PyJitSide_Begin(b);
    }
    else {
        _PyJitFrame_Follow(b, &b->t->records[0]);
    }
    b->left = false;
    // An iteration behind it is a loop of its own, which is walked when all is known of what comes before.
    uint32_t recorded = b->t->nrecords, arrived = b->arrived_offset;
    if (ENGINE->recorder.anew > 0 && ENGINE->recorder.anew < recorded) {
        b->t->nrecords = ENGINE->recorder.anew;
        b->end_sp = b->t->records[b->t->nrecords].sp;
        b->arrived_offset = b->end_offset;
    }
    int ended = _PyJitBuild_Walk(b);
    if (ended == 0 && b->end == JIT_END_LOOP && b->typed && pass_is_on(JIT_PASS_PEEL) && ENGINE->recorder.simpler == 0) {
        ended = _PyJitLoop_Peel(b);
    }
    if (ended != 0) {
        if (b->from != NULL) {
            b->t->npassed = 0;
            b->t->passed_from = UINT32_MAX;
        }
        return ended < 0 ? -1 : 0;
    }
    _PyJitBuild_AtEnd(b);
    if (b->to_head || b->arrived_offset != b->end_offset) {
        _PyJitLower_LookForEvents(b);
    }
    if (b->to_head) {
        ended = _PyJitSide_OwnLoop(b, recorded, arrived);
        if (ended == 0) {
            ended = _PyJitSide_Iterate(b);
        }
        if (ended != 0 || _PyJitSide_GoBack(b)) {
            return ended < 0 ? -1 : 0;
        }
    }
    assert(b->code == b->end_code && b->offset == b->end_offset);
    b->t->npassed = 0;
    b->t->passed_from = UINT32_MAX;
    if (b->typed) {
        _PyJitBuild_Flush(b, false);
    }
    if (b->end == JIT_END_LOOP) {
        emit(b, JIT_OP_LOOP, JIT_REF_NONE, -1, 0, 0);
    }
    else {
        emit(b, JIT_OP_EXIT, JIT_REF_NONE, JIT_EXIT_END, b->code, b->offset);
    }
    return b->failed ? -1 : 0;
}

/* The trace begins with the values of B's exit: builds it with what that comes from. */
static int
build_side(_PyJitBuilder *b)
{
    const _PyExecutorObject *owner = _PyJitExit_Owner(b->from), *head = owner->loop;
    b->parent = _PyJitTrace_Unpack(owner->trace, true);
    b->loop = head == NULL || head == owner ? b->parent : _PyJitTrace_Unpack(head->trace, true);
    int built = b->parent == NULL || b->loop == NULL ? -1 : build(b);
    if (b->loop != b->parent) {
        _PyJitTrace_FreeUnpacked(b->loop, head->trace);
    }
    _PyJitTrace_FreeUnpacked(b->parent, owner->trace);
    return built;
}

/* A frame had a frame object when T was recorded, and not only for the traceback of an exception that was handled then. */
static bool
is_observed(const _PyJitTrace *t)
{
    int caught = -1;           // depth of the frame that handles it
    for (uint32_t i = 0; i < t->nrecords; i++) {
        const _PyJitRecord *record = &t->records[i];
        if (i > 0 && record[-1].raised) {
            caught = record->depth;
        }
        if (!record->observed && caught == record->depth) {
            caught = -1;
        }
        if (record->observed && caught < 0) {
            return true;
        }
    }
    return false;
}

int
_PyJit_BuildTrace(_PyJitTrace *t, int chain, int end, PyCodeObject *end_code, _Py_CODEUNIT *end_ip,
                  const _PyJitExit *from, bool to_head, _PyJitVirtuals virtuals)
{
    _PyJitBuilder b = {.t = t, .end = end, .end_code = -1, .chain = chain, .from = from, .to_head = to_head};
    t->npassed = t->nheads = t->nfields_at_head = 0;
    t->passed_from = UINT32_MAX;
    t->has_head = false;
    if (end_ip != NULL) {
        b.end_code = _PyJitTrace_AddCode(t, end_code);
        if (b.end_code < 0) {
            return -1;
        }
        b.end_offset = (uint32_t)(end_ip - _PyCode_CODE(end_code));
        b.end_sp = ENGINE->recorder.end_sp;
        const _Py_CODEUNIT *arrived = ENGINE->recorder.arrived;
        b.arrived_offset = arrived == NULL ? b.end_offset : (uint32_t)(arrived - _PyCode_CODE(end_code));
    }
    b.typed = ENGINE->options.typed && ENGINE->recorder.simpler < 2;
    b.exact = ENGINE->options.frames != 0;
    b.virtuals = virtuals != JIT_VIRTUALS_NONE && b.typed && !b.exact && pass_is_on(JIT_PASS_VIRTUAL);
    b.carries = b.virtuals && virtuals == JIT_VIRTUALS_CARRIED;
    b.observed = is_observed(t);
    for (uint32_t i = 0; i < t->nrecords; i++) {
        _PyJitGlobals_GiveUp(t, &t->records[i]);
    }
    if (!b.typed) {
        b.nframes = 1;         // nothing is known of it
        return build(&b);
    }
    _PyJitSlot slots[JIT_MAX_SLOTS];   // a frame that is entered clears its own
    b.slots = slots;
    if ((from != NULL ? build_side(&b) : build(&b)) < 0) {
        return b.has_to_make ? JIT_BUILT_EXCEPTION : b.too_bound ? JIT_BUILT_CARRIED : b.wrong ? -2 : -1;
    }
    int removed = _PyJitVirtual_Remove(&b);
    if (removed != 0) {
        return removed < 0 ? -1 : b.nbound > 0 ? JIT_BUILT_CARRIED : JIT_BUILT_VIRTUALS;
    }
    if (pass_is_on(JIT_PASS_DEAD)) {
        _PyJitDead_Remove(t);
    }
    uint32_t objects = 0;
    for (uint32_t i = 0; i < t->nsnaps; i++) {
        objects = Py_MAX(objects, t->snaps[i].nrecipes);
    }
    if (objects > 0 && _PyJitRestore_ReserveObjects(objects) < 0) {
        return -1;
    }
    return _PyJitRestore_Reserve(b.most_slots + objects * JIT_MOST_VIRTUAL_FIELDS);
}

#endif /* _Py_TIER2 */
