/* From a trace to machine code: copies the stencil of every operation and patches its holes.
 *
 * A trace in memory:
 *
 *     where indirect jumps land (endbr64)
 *     hot parts, in the order of the steps; each falls into the next
 *     cold parts, in the same order
 *     one stub for each exit; for each exit with values in registers one for every state it is taken in
 *     one stub for errors that are not handled in the trace, one for errors of new frames
 *     the pool: constants, and the records of exits with values
 *
 * The register allocator says which steps there are (regalloc.h).  Sizes are known before anything is copied, so two passes
 * over the steps are enough: the first adds up sizes, the second copies and patches for the final address.
 *
 * Compiled code refers to memory the executor owns (itself, its exits, the frozen caches in trace->units): none of it may move
 * while the code lives.
 */
#include "pycore_jit_bodies.h"
#include "jit/machine/arena.h"
#include "jit/machine/regalloc.h"
#include "jit/machine/stencils.h"
#include "pycore_jit_engine.h"

#ifdef _Py_TIER2

void *_PyJit_ValueExitCode;

#ifdef _PyJit_INTERPRETER

/* A build without machine code. */

int
_PyJit_BackendInit(const char **reason)
{
    *reason = "this python was built to interpret traces";
    return -1;
}

void
_PyJit_BackendFini(void)
{
}

int
_PyJit_Emit(_PyExecutorObject *Py_UNUSED(executor), const _PyJitTrace *Py_UNUSED(trace), const _PyJitExit *Py_UNUSED(from),
            const char **reason)
{
    *reason = "this python was built to interpret traces";
    return -1;
}

void
_PyJit_FreeCode(_PyExecutorObject *executor)
{
    assert(executor->code == NULL);
    (void)executor;
}

void
_PyJit_BackendRest(void)
{
}

size_t
_PyJit_CodeBytes(void)
{
    return 0;
}

#else

#include "jit_stencils.h"

#define TRACE_ALIGNMENT 32
#define DISPATCH_SIZE 24       // bytes of machine code by which tier 1 gets from one instruction to the next
#define EVAL_LOOP_SIZE 800     // the same unit: to begin and to end an evaluation loop
#define UNWIND_SIZE 200        // and from one that raises to its handler

static struct {
    unsigned char *shared;                            // in the arena; NULL: not started
    size_t shared_size;
    uintptr_t reach[Py_ARRAY_LENGTH(jit_symbols)];    // where a symbol is called: itself or a trampoline
    unsigned char *buffer;
    size_t buffer_size;
    _PyJitAllocation plan;                            // of the trace at hand
    uint32_t *stubs;                                  // offsets of the exits' stubs, those with values behind
    size_t stubs_size;
    const char *dump_folder;                          // PYTHON_JIT_DUMP_CODE, or NULL
} backend;

#define NO_STUB UINT32_MAX

/* Where a constant stands in the pool. */
#define KONST_OFFSET(REF) (8 * (size_t)(JIT_REF_BIAS - 1 - (REF)))

#define SYMBOL_ADDRESS(INDEX) (backend.reach[INDEX])
#include "jit/machine/patching.h"

/* --- Traces --------------------------------------------------------------------------------------------------------- */

/* The number of the stencil of STEP of TRACE, or -1. */
static inline int
stencil_of(const _PyJitTrace *trace, const _PyJitStep *step)
{
    if (step->op == JIT_OP_OPAQUE) {
        const _PyJitIns *ins = JIT_INS(trace, JIT_REF_BIAS + step->ins);
        return (int)jit_opaque_stencils[trace->records[ins->aux].opcode] - 1;
    }
    const struct jit_variants *variants = &jit_variants[step->op];
    if (variants->first == 0) {
        return -1;
    }
    const uint8_t *places = step->places;
    for (int i = 0; i < 4; i++) {
        assert(variants->places[i] == 0 || places[i] < variants->places[i]);
    }
    return variants->first - 1 + places[0] * variants->strides[0] + places[1] * variants->strides[1]
        + places[2] * variants->strides[2] + places[3] * variants->strides[3];
}

static int
exit_stub(const _PyJitTrace *trace, const _PyJitExit *exit)
{
    switch (trace->snaps[exit->snapshot].kind) {
        case JIT_EXIT_BRANCH:
            return JIT_STUB_dynamic_exit;
        case JIT_EXIT_RAISED:
            return JIT_STUB_raised_exit;
        default:
            return JIT_STUB_static_exit;
    }
}

/* An exit whose snapshot names values is left through the stubs of its states only. */
static bool
has_values(const _PyJitTrace *trace, const _PyJitExit *exit)
{
    return trace->snaps[exit->snapshot].nframes > 0;
}

static bool
grow(unsigned char **memory, size_t *has, size_t size)
{
    if (size > *has) {
        size_t enough = Py_MAX(size, 2 * *has);
        unsigned char *grown = PyMem_RawRealloc(*memory, enough);
        if (grown == NULL) {
            return false;
        }
        *memory = grown;
        *has = enough;
    }
    return true;
}

static bool
grow_buffer(size_t size)
{
    return grow(&backend.buffer, &backend.buffer_size, size);
}

static inline size_t
record_size(const _PyJitValueExitPlan *plan)
{
    return _Py_SIZE_ROUND_UP(offsetof(_PyJitValueExit, cells) + plan->count * sizeof(uint8_t), 8);
}

/* So many values fit in the cells behind those of the registers, but for the last one, which breaks circles. */
#define MOST_GATHERED (JIT_CELL_COUNT - JIT_REGS - 1)

/* Says of each planned exit whether it is one of several states. */
static void
find_states(const _PyExecutorObject *executor, _PyJitAllocation *plan)
{
    for (uint32_t i = 0; i < plan->nexits; i++) {
        executor->exits[plan->exits[i].exit].places++;
    }
    for (uint32_t i = 0; i < plan->nexits; i++) {
        plan->exits[i].several = executor->exits[plan->exits[i].exit].places > 1;
    }
}

static inline int
value_stub(const _PyJitValueExitPlan *exit)
{
    return exit->several && exit->count <= MOST_GATHERED ? JIT_STUB_gathered_exit : JIT_STUB_value_exit;
}

typedef struct {
    // Offsets; hot and cold: sizes, hot with the landing before it.
    size_t hot, cold, gap, loop, error, unwind, stubs_end, pool, records, total;
} Layout;

static int
lay_out(const _PyExecutorObject *executor, const _PyJitTrace *trace, Layout *layout, const char **reason)
{
    _PyJitAllocation *plan = &backend.plan;
    size_t nstubs = (size_t)executor->nexits + plan->nexits;
    if (!grow((unsigned char **)&backend.stubs, &backend.stubs_size, nstubs * sizeof(uint32_t))) {
        *reason = "out of memory";
        return -1;
    }
    *layout = (Layout){0};
    find_states(executor, plan);
    bool loops = JIT_INS(trace, JIT_REF_BIAS + trace->nins - 1)->op == JIT_OP_LOOP;
    size_t hot = LANDING_SIZE, cold = 0;
    for (uint32_t i = 0; i < plan->nsteps; i++) {
        _PyJitStep *step = &plan->steps[i];
        if (i == plan->loop) {
            // The processor fetches code in blocks of this size.
            layout->gap = loops ? (size_t)-hot % TRACE_ALIGNMENT : 0;
            layout->loop = hot += layout->gap;
        }
        int number = stencil_of(trace, step);
        if (number < 0) {
            *reason = "no stencil for an operation of the trace";
            return -1;
        }
        step->stencil = (uint32_t)number;
        step->at = (uint32_t)hot;
        hot += jit_stencils[number].hot_size;
        cold += jit_stencils[number].cold_size;
    }
    layout->hot = hot;
    layout->cold = cold;
    size_t at = layout->hot + layout->cold;
    for (uint32_t i = 0; i < executor->nexits; i++) {
        backend.stubs[i] = NO_STUB;
        if (!has_values(trace, &executor->exits[i])) {
            backend.stubs[i] = (uint32_t)at;
            at += jit_stencils[exit_stub(trace, &executor->exits[i])].hot_size;
        }
    }
    for (uint32_t i = 0; i < plan->nexits; i++) {
        backend.stubs[executor->nexits + i] = (uint32_t)at;
        at += jit_stencils[value_stub(&plan->exits[i])].hot_size;
    }
    layout->error = at;
    layout->unwind = layout->error + jit_stencils[JIT_STUB_error].hot_size;
    at = layout->stubs_end = layout->unwind + jit_stencils[JIT_STUB_unwind].hot_size;
    if (plan->uses_pool || plan->nexits > 0) {
        layout->pool = at = _Py_SIZE_ROUND_UP(at, 8);
        at += plan->uses_pool ? trace->nk * sizeof(uint64_t) : 0;
        layout->records = at;
        for (uint32_t i = 0; i < plan->nexits; i++) {
            at += record_size(&plan->exits[i]);
        }
    }
    layout->total = at;
    return 0;
}

/* Values for the holes of STEP. */
static void
give_values(Context *context, const _PyExecutorObject *executor, const _PyJitStep *step, uintptr_t base)
{
    const _PyJitTrace *trace = context->trace;
    const _PyJitIns *ins = JIT_INS(trace, JIT_REF_BIAS + step->ins);
    uintptr_t *values = context->values;
    context->ins = ins;
    context->record = NULL;
    if (step->op == JIT_OP_OPAQUE) {
        context->record = &trace->records[ins->aux];
        values[JIT_VALUE_OPARG] = context->record->oparg;
        values[JIT_VALUE_THIS_INSTR] = (uintptr_t)_PyJitTrace_Instr(trace, context->record);
    }
    values[JIT_VALUE_SIDE_EXIT] = 0;
    if (step->exit != JIT_NO_VALUE_EXIT) {
        values[JIT_VALUE_SIDE_EXIT] = base + backend.stubs[executor->nexits + step->exit];
    }
    else if (ins->snapshot != JIT_NO_SNAPSHOT) {
        values[JIT_VALUE_SIDE_EXIT] = base + backend.stubs[ins->snapshot];
    }
    values[JIT_VALUE_AUX] = ins->aux;
    values[JIT_VALUE_SLOT] = offsetof(_PyInterpreterFrame, localsplus) + ins->aux * sizeof(PyObject *);
    values[JIT_VALUE_CELL] = CELL_DISPLACEMENT(step->cell);
    values[JIT_VALUE_CELL_TO] = CELL_DISPLACEMENT(step->cell_to);
    values[JIT_VALUE_POOL] = context->pool + KONST_OFFSET(step->konst);
}

/* Where STEP, an instruction, goes on if it raises. */
static uintptr_t
error_of(const _PyJitTrace *trace, const _PyJitStep *step, const Layout *layout, uintptr_t base)
{
    const _PyJitIns *ins = JIT_INS(trace, JIT_REF_BIAS + step->ins);
    if (ins[1].op == JIT_OP_UNRAISED || ins[1].op == JIT_OP_UNRAISED_DYNAMIC) {
        assert(step[1].ins == step->ins + 1 && step[2].ins == step->ins + 2);
        return base + step[2].at;
    }
    return base + (ins[-1].op == JIT_OP_ON_ERROR ? backend.stubs[ins[-1].snapshot] : layout->error);
}

/* Copying writes a few bytes too many, where the next part will stand: another hot one, another cold one, or the stubs.  But the cold
 * parts are there before the last hot one, which is copied exactly. */
static void
copy_steps(const _PyExecutorObject *executor, const _PyJitTrace *trace, const Layout *layout, uintptr_t base, unsigned char *buffer)
{
    const _PyJitAllocation *plan = &backend.plan;
    assert(layout->stubs_end - layout->hot - layout->cold >= JIT_COPY_BLOCK - 1);
    Context context = {.trace = trace, .units = executor->trace->units, .pool = base + layout->pool};
    uintptr_t *values = context.values;
    give_common_values(&context, executor);
    values[JIT_VALUE_LOOP] = base + layout->loop;
    values[JIT_VALUE_HEAD] = executor->loop == NULL ? 0 : (uintptr_t)executor->loop->head_code;
    values[JIT_VALUE_ERROR] = base + layout->error;
    values[JIT_VALUE_UNWIND] = base + layout->unwind;
    values[JIT_VALUE_COLD] = base + layout->hot;
    memcpy(buffer, landing, LANDING_SIZE);
    for (const _PyJitStep *step = plan->steps, *end = step + plan->nsteps; step < end; step++) {
        const struct jit_stencil *stencil = &jit_stencils[step->stencil];
        if (step == plan->steps + plan->loop) {
            fill_gap(buffer + layout->loop - layout->gap, layout->gap);
        }
        if (step->at + stencil->hot_size + JIT_COPY_BLOCK <= layout->hot) {
            copy_code(buffer + step->at, jit_code + stencil->code, stencil->hot_size);
        }
        else {
            memcpy(buffer + step->at, jit_code + stencil->code, stencil->hot_size);
        }
        if (stencil->hot_patches + stencil->cold_size == 0) {
            continue;
        }
        values[JIT_VALUE_HOT] = base + step->at;
        values[JIT_VALUE_CONTINUE] = base + step->at + stencil->hot_size;
        if (step->op == JIT_OP_OPAQUE) {
            values[JIT_VALUE_ERROR] = error_of(trace, step, layout, base);
        }
        give_values(&context, executor, step, base);
        patch_hot(buffer, base, stencil, &context);
        if (stencil->cold_size > 0) {
            copy_cold(buffer, base, stencil, &context);
            values[JIT_VALUE_COLD] += stencil->cold_size;
        }
    }
}

static void
copy_stub(unsigned char *buffer, uintptr_t base, uintptr_t at, int number, Context *context)
{
    assert(jit_stencils[number].cold_size == 0);
    context->values[JIT_VALUE_HOT] = at;
    memcpy(buffer + (at - base), jit_code + jit_stencils[number].code, jit_stencils[number].hot_size);
    patch_hot(buffer, base, &jit_stencils[number], context);
}

static void
copy_stubs(const _PyExecutorObject *executor, const Layout *layout, uintptr_t base, unsigned char *buffer)
{
    const _PyJitAllocation *plan = &backend.plan;
    Context context = {0};
    give_common_values(&context, executor);
    for (uint32_t i = 0; i < executor->nexits; i++) {
        if (backend.stubs[i] != NO_STUB) {
            const _PyJitExit *exit = &executor->exits[i];
            context.values[JIT_VALUE_EXIT] = (uintptr_t)exit;
            copy_stub(buffer, base, base + backend.stubs[i], exit_stub(executor->trace, exit), &context);
        }
    }
    context.values[JIT_VALUE_RECORD] = base + layout->records;
    for (uint32_t i = 0; i < plan->nexits; i++) {
        copy_stub(buffer, base, base + backend.stubs[executor->nexits + i], value_stub(&plan->exits[i]), &context);
        context.values[JIT_VALUE_RECORD] += record_size(&plan->exits[i]);
    }
    copy_stub(buffer, base, base + layout->error, JIT_STUB_error, &context);
    copy_stub(buffer, base, base + layout->unwind, JIT_STUB_unwind, &context);
}

/* What a record has for `sp` if the exit leaves at snapshot INDEX of TRACE. */
static uint16_t
only_sp(const _PyJitTrace *trace, uint32_t index)
{
    const _PyJitSnapshot *snap = &trace->snaps[index];
    const _PyJitSnapSlot *slots;
    return snap->nframes == 1 && _PyJitTrace_SnapSlots(trace, snap, &slots) == 0 ? trace->frames[snap->first_frame].sp : JIT_WRITES;
}

/* Constants, the newest first as in the trace's array, and what the exits with values have to know. */
static void
copy_pool(const _PyExecutorObject *executor, const Layout *layout, unsigned char *buffer)
{
    const _PyJitTrace *trace = executor->trace;
    const _PyJitAllocation *plan = &backend.plan;
    if (plan->uses_pool) {
        for (uint32_t i = 0; i < trace->nk; i++) {
            _PyJitRef ref = (_PyJitRef)(JIT_REF_BIAS - 1 - i);
            memcpy(buffer + layout->pool + KONST_OFFSET(ref), &JIT_INS(trace, ref)->bits, sizeof(uint64_t));
        }
    }
    unsigned char *at = buffer + layout->records;
    for (uint32_t i = 0; i < plan->nexits; i++) {
        const _PyJitValueExitPlan *exit = &plan->exits[i];
        _PyJitExit *target = &executor->exits[exit->exit];
        _PyJitValueExit record = {.exit = target, .sp = only_sp(trace, exit->exit), .count = (uint16_t)exit->count};
        memcpy(at, &record, offsetof(_PyJitValueExit, cells));
        memcpy(at + offsetof(_PyJitValueExit, cells), &plan->cells[exit->first], exit->count * sizeof(uint8_t));
        target->entry = _PyJit_ValueExitCode;
        size_t place = (size_t)(at - buffer) + offsetof(_PyJitValueExit, cells);
        target->places = value_stub(exit) == JIT_STUB_gathered_exit ? JIT_GATHERED
            : exit->several || place >= 1 << 24 ? 0 : (uint32_t)place;
        at += record_size(exit);
    }
}

/* PYTHON_JIT_DUMP_CODE=FOLDER: every trace's bytes in a file of its own, named by its number and address, for
 * objdump -b binary -m i386:x86-64 --adjust-vma=ADDRESS -D FILE.  Never fails the program. */
static void
dump_code(const _PyExecutorObject *executor, const unsigned char *code)
{
    const char *folder = backend.dump_folder;
    if (folder == NULL || *folder == '\0') {
        return;
    }
    char path[4096];
    PyOS_snprintf(path, sizeof(path), "%s/trace-%u-%p.bin", folder, (unsigned)executor->id, executor->code);
    FILE *file = fopen(path, "wb");
    if (file != NULL) {
        fwrite(code, 1, executor->code_size, file);
        fclose(file);
    }
}

/* What side traces that come back have to know. */
static int
keep_head(_PyExecutorObject *executor, const Layout *layout, const char **reason)
{
    const _PyJitAllocation *plan = &backend.plan;
    if (!executor->trace->has_head) {
        return 0;
    }
    executor->places = PyMem_RawMalloc((plan->nhead + 1) * sizeof(uint16_t));
    if (executor->places == NULL) {
        *reason = "out of memory";
        return -1;
    }
    memcpy(executor->places, plan->head, plan->nhead * sizeof(uint16_t));
    executor->nplaces = plan->nhead;
    executor->head_code = (char *)executor->code + layout->loop;
    const _PyJitStep *first = &plan->steps[plan->loop];
    if (first->op == JIT_OP_GUARD_NO_EVENT) {
        // Who comes back has looked (_PyJitLower_LookForEvents), and knows better where it is.
        executor->head_code = (char *)executor->head_code + jit_stencils[first->stencil].hot_size;
    }
    return 0;
}

/* How the machine code of one pass, or of one iteration, compares with tier 1 (base/worth.c). */
static void
weigh(_PyExecutorObject *executor, const _PyJitTrace *trace, const Layout *layout)
{
    const _PyJitIns *last = JIT_INS(trace, JIT_REF_BIAS + trace->nins - 1);
    uint32_t from = last->op == JIT_OP_LOOP ? last->aux : 0;
    executor->cost = (uint32_t)(layout->hot - (from > 0 ? layout->loop : LANDING_SIZE));
    executor->worth = last->op == JIT_OP_RETURN_TO_C ? EVAL_LOOP_SIZE : 0;
    executor->once = from > 0 ? 0 : (uint16_t)trace->nsnaps;
    for (uint32_t i = 0; i < trace->nins; i++) {
        const _PyJitIns *ins = JIT_INS(trace, JIT_REF_BIAS + i);
        if (i < from) {
            executor->once = ins->snapshot == JIT_NO_SNAPSHOT ? executor->once : ins->snapshot + 1;
        }
        else if (ins->op == JIT_OP_BYTECODE || ins->op == JIT_OP_OPAQUE) {
            int stencil = (int)jit_opaque_stencils[trace->records[ins->aux].opcode] - 1;
            executor->worth += DISPATCH_SIZE + (stencil < 0 ? 0 : jit_stencils[stencil].hot_size);
        }
        else if (ins->op == JIT_OP_CATCH) {
            executor->worth += UNWIND_SIZE;
        }
    }
}

int
_PyJit_Emit(_PyExecutorObject *executor, const _PyJitTrace *trace, const _PyJitExit *from, const char **reason)
{
    Layout layout;
    assert(backend.shared != NULL);
    int status = _PyJit_AllocateRegisters(executor, trace, from, &backend.plan, reason);
    if (status < 0) {
        return status;
    }
    if (lay_out(executor, trace, &layout, reason) < 0) {
        return -1;
    }
    weigh(executor, trace, &layout);
    if (!_PyJitWorth_IsWorthMaking(executor)) {
        return -3;
    }
    size_t size = _Py_SIZE_ROUND_UP(layout.total, TRACE_ALIGNMENT);
    void *code = _PyJitArena_Alloc(size, reason);
    if (code == NULL) {
        return -1;
    }
    // Where the block lies in two units, or the system refuses, over the buffer.
    unsigned char *view = _PyJitArena_View(code, size), *buffer = view;
    if (view == NULL) {
        if (!grow_buffer(size)) {
            *reason = "out of memory";
            _PyJitArena_Free(code, size);
            return -1;
        }
        buffer = backend.buffer;
    }
    copy_steps(executor, trace, &layout, (uintptr_t)code, buffer);
    copy_stubs(executor, &layout, (uintptr_t)code, buffer);
    // Gaps are filled with zeros.
    memset(buffer + layout.stubs_end, 0, size - layout.stubs_end);
    copy_pool(executor, &layout, buffer);
    if (view != NULL) {
        _PyJitArena_Written(code, size);
    }
    else if (_PyJitArena_Write(code, buffer, size, reason) < 0) {
        _PyJitArena_Free(code, size);
        return -1;
    }
    executor->code = code;
    executor->code_size = size;
    if (keep_head(executor, &layout, reason) < 0) {
        _PyJit_FreeCode(executor);
        return -1;
    }
    dump_code(executor, buffer);
    return 0;
}

void
_PyJit_FreeCode(_PyExecutorObject *executor)
{
    if (executor->code != NULL) {
        _PyJitArena_Free(executor->code, executor->code_size);
        executor->code = NULL;
        executor->code_size = 0;
    }
}

/* --- Start and end -------------------------------------------------------------------------------------------------- */

static bool
within_reach(const void *address, uintptr_t anchor)
{
    intptr_t distance = (intptr_t)((uintptr_t)address - anchor);
    // Blocks lie up to JIT_ARENA_REACH away on either side; what is left of 31 bits is for the symbol, with room for addends.
    const intptr_t most = (intptr_t)(((uintptr_t)1 << 31) - JIT_ARENA_REACH - ((uintptr_t)1 << 24));
    return -most < distance && distance < most;
}

/* Lays down the shared code and the trampolines to functions that are too far away. */
static int
place_shared(uintptr_t anchor, const char **reason)
{
    size_t start = _Py_SIZE_ROUND_UP(sizeof(jit_shared_code), TRAMPOLINE_SIZE);
    size_t size = start;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(jit_symbols); i++) {
        if (!within_reach(jit_symbols[i].address, anchor)) {
            if (jit_symbols[i].direct) {
                *reason = "data of the interpreter is too far from its code";
                return -1;
            }
            size += TRAMPOLINE_SIZE;
        }
    }
    if (!within_reach(jit_constants, anchor)) {
        *reason = "data of the interpreter is too far from its code";
        return -1;
    }
    size = _Py_SIZE_ROUND_UP(size, TRACE_ALIGNMENT);
    if (!grow_buffer(size)) {
        *reason = "out of memory";
        return -1;
    }
    unsigned char *place = _PyJitArena_Alloc(size, reason);
    if (place == NULL) {
        return -1;
    }
    memset(backend.buffer, 0, size);
    memcpy(backend.buffer, jit_shared_code, sizeof(jit_shared_code));
    size_t at = start;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(jit_symbols); i++) {
        backend.reach[i] = (uintptr_t)jit_symbols[i].address;
        if (!within_reach(jit_symbols[i].address, anchor)) {
            write_trampoline(backend.buffer + at, jit_symbols[i].address);
            backend.reach[i] = (uintptr_t)place + at;
            at += TRAMPOLINE_SIZE;
        }
    }
    backend.shared = place;
    backend.shared_size = size;
    Context context = {0};
    give_common_values(&context, NULL);
    patch_part(backend.buffer, (uintptr_t)place, jit_shared_patches, Py_ARRAY_LENGTH(jit_shared_patches), &context);
    if (_PyJitArena_Write(place, backend.buffer, size, reason) < 0) {
        backend.shared = NULL;
        _PyJitArena_Free(place, size);
        return -1;
    }
    return 0;
}

int
_PyJit_BackendInit(const char **reason)
{
    if (backend.shared == NULL) {
        const void *anchor = (const void *)&_PyEval_EvalFrameDefault;
        if (_PyJitArena_Init(anchor, reason) < 0) {
            return -1;
        }
        if (place_shared((uintptr_t)anchor, reason) < 0) {
            _PyJitArena_Fini();
            return -1;
        }
    }
    backend.dump_folder = Py_GETENV("PYTHON_JIT_DUMP_CODE");
    _PyJit_Enter = (_PyJitEnterFunc)(uintptr_t)(backend.shared + JIT_SHARED_entry);
    _PyJit_ValueExitCode = backend.shared + JIT_SHARED_value_exit;
    return 0;
}

void
_PyJit_BackendFini(void)
{
    if (backend.shared != NULL) {
        _PyJitArena_Fini();
        PyMem_RawFree(backend.buffer);
        PyMem_RawFree(backend.stubs);
        _PyJit_FreeAllocation(&backend.plan);
        memset(&backend, 0, sizeof(backend));
    }
}

void
_PyJit_BackendRest(void)
{
    _PyJitArena_Rest();
}

size_t
_PyJit_CodeBytes(void)
{
    return backend.shared != NULL ? _PyJitArena_Bytes() : 0;
}

#endif /* _PyJit_INTERPRETER */
#endif /* _Py_TIER2 */
