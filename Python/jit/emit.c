/* From a trace to machine code: copies the stencil of every operation and patches its holes.
 *
 * A trace in memory:
 *
 *     hot parts, in the order of the steps; each falls into the next
 *     cold parts, in the same order
 *     one stub for each exit; for each exit with values in registers one for every state it is taken in
 *     one stub for errors, one for errors of new frames
 *     the pool: constants, and the records of exits with values
 *
 * The register allocator says which steps there are (regalloc.h).  Sizes are known before anything is copied, so two passes
 * over the steps are enough: the first adds up sizes, the second copies into a buffer and patches for the final address.
 *
 * Compiled code refers to memory the executor owns (itself, its exits, the frozen caches in trace->units): none of it may move
 * while the code lives.
 */
#include "jit/body_macros.h"
#include "jit/arena.h"
#include "jit/regalloc.h"
#include "jit/stencils.h"

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
_PyJit_Emit(_PyExecutorObject *Py_UNUSED(executor), const _PyJitExit *Py_UNUSED(from), const char **reason)
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

size_t
_PyJit_CodeBytes(void)
{
    return 0;
}

#else

#include "jit_stencils.h"

#define TRACE_ALIGNMENT 16

static struct {
    unsigned char *shared;                            // in the arena; NULL: not started
    size_t shared_size;
    uintptr_t reach[Py_ARRAY_LENGTH(jit_symbols)];    // where a symbol is called: itself or a trampoline
    unsigned char *buffer;
    size_t buffer_size;
    _PyJitAllocation plan;                            // of the trace at hand
    uint32_t *stubs;                                  // offsets of the exits' stubs, those with values behind
    size_t stubs_size;
} backend;

/* Where a constant stands in the pool. */
#define KONST_OFFSET(REF) (8 * (size_t)(JIT_REF_BIAS - 1 - (REF)))

/* What patches of one stencil are made with. */
typedef struct {
    uintptr_t hot, cold, next;                        // addresses of the parts; of the operation after
    uintptr_t loop, side_exit, error, unwind, pool, value_exit;
    const _PyJitStep *step;
    const _PyJitIns *ins;
    const _PyJitRecord *record;                       // OPAQUE; else NULL
    _Py_CODEUNIT *code;                               // of the record's code object
    const _PyJitTrace *trace;
    const _PyExecutorObject *executor;
    const _PyJitExit *exit;
} Context;

/* --- The architecture ------------------------------------------------------------------------------------------ */

#if defined(__x86_64__)

#define TRAMPOLINE_SIZE 16

/* The first cell stands behind the return address. */
#define CELL_DISPLACEMENT(CELL) (8 * ((uintptr_t)(CELL) + 1))

static void
write_trampoline(unsigned char *at, const void *target)
{
    static const unsigned char jump_through_next[] = {0xff, 0x25, 0, 0, 0, 0};     // jmp *0(%rip)
    memcpy(at, jump_through_next, sizeof(jump_through_next));
    memcpy(at + sizeof(jump_through_next), &target, sizeof(target));
}

/* Where a pointer with the address of PATCH's symbol stands, addend included. */
static uintptr_t
symbol_slot(const struct jit_patch *patch)
{
    return (uintptr_t)&jit_symbols[patch->index].address + (uintptr_t)(intptr_t)patch->addend;
}

/* Patches the field at FIELD, which will run at ADDRESS, with VALUE (addend included). */
static void
apply(unsigned char *field, uintptr_t address, const struct jit_patch *patch, uintptr_t value)
{
    switch (patch->method) {
        case JIT_PATCH_ABS64:
            memcpy(field, &value, 8);
            break;
        case JIT_PATCH_GOT32_REX:
            // A mov from the table becomes lea, but the address of a trampoline is not the function's.
            if (field[-2] == 0x8b && backend.reach[patch->index] == (uintptr_t)jit_symbols[patch->index].address) {
                field[-2] = 0x8d;
            }
            else {
                value = symbol_slot(patch);
            }
            value -= address;
            assert((int32_t)value == (intptr_t)value);
            memcpy(field, &value, 4);
            break;
        case JIT_PATCH_GOT32:
            value = symbol_slot(patch);
            /* fall through */
        case JIT_PATCH_REL32:
            value -= address;
            assert((int32_t)value == (intptr_t)value);
            /* fall through */
        case JIT_PATCH_ABS32:
            memcpy(field, &value, 4);
            break;
        default:
            Py_UNREACHABLE();
    }
}

#else
#  error "Python/jit/emit.c does not know this architecture"
#endif

/* --- Patching ----------------------------------------------------------------------------------------------------- */

static uintptr_t
value_of(const struct jit_patch *patch, const Context *context)
{
    const _PyJitRecord *record = context->record;
    switch (patch->value) {
        case JIT_VALUE_HOT:
            return context->hot;
        case JIT_VALUE_COLD:
            return context->cold;
        case JIT_VALUE_CONTINUE:
            return context->next;
        case JIT_VALUE_LOOP:
            return context->loop;
        case JIT_VALUE_HEAD:
            assert(context->executor->anchor->head_code != NULL);
            return (uintptr_t)context->executor->anchor->head_code;
        case JIT_VALUE_SIDE_EXIT:
            assert(context->side_exit != 0);
            return context->side_exit;
        case JIT_VALUE_ERROR:
            return context->error;
        case JIT_VALUE_UNWIND:
            return context->unwind;
        case JIT_VALUE_OPARG:
            return record->oparg;
        case JIT_VALUE_THIS_INSTR:
            return (uintptr_t)(context->code + record->offset);
        case JIT_VALUE_EXPECTED_IP:
            return (uintptr_t)_PyJitTrace_ExpectedIP(context->trace, context->ins);
        case JIT_VALUE_CACHE16:
        case JIT_VALUE_CACHE32:
        case JIT_VALUE_CACHE64: {
            uint64_t bits = 0;
            size_t size = patch->value == JIT_VALUE_CACHE16 ? 2 : patch->value == JIT_VALUE_CACHE32 ? 4 : 8;
            assert(patch->index + size / sizeof(_Py_CODEUNIT) <= record->size);
            memcpy(&bits, &context->trace->units[record->units + patch->index], size);
            return bits;
        }
        case JIT_VALUE_CACHE_PTR:
            assert(patch->index < record->size);
            return (uintptr_t)&context->trace->units[record->units + patch->index];
        case JIT_VALUE_AUX:
            return context->ins->aux;
        case JIT_VALUE_CELL:
            return CELL_DISPLACEMENT(context->step->cell);
        case JIT_VALUE_CELL_TO:
            return CELL_DISPLACEMENT(context->step->cell_to);
        case JIT_VALUE_POOL:
            return context->pool + KONST_OFFSET(context->step->konst);
        case JIT_VALUE_RECORD:
            return context->value_exit;
        case JIT_VALUE_EXECUTOR:
            return (uintptr_t)context->executor;
        case JIT_VALUE_EXIT:
            return (uintptr_t)context->exit;
        case JIT_VALUE_SHARED:
            return (uintptr_t)backend.shared;
        case JIT_VALUE_CONSTANT:
            return (uintptr_t)jit_constants;
        case JIT_VALUE_SYMBOL:
            return backend.reach[patch->index];
        default:
            Py_UNREACHABLE();
    }
}

/* Patches COUNT holes of a part that stands at CODE and will run at ADDRESS. */
static void
patch_part(unsigned char *code, uintptr_t address, const struct jit_patch *patches, size_t count,
           const Context *context)
{
    for (const struct jit_patch *patch = patches; patch < patches + count; patch++) {
        uintptr_t value = value_of(patch, context) + (uintptr_t)(intptr_t)patch->addend;
        apply(code + patch->offset, address + patch->offset, patch, value);
    }
}

/* Copies STENCIL to BUFFER, whose start will run at BASE; the parts go where CONTEXT says. */
static void
copy_stencil(unsigned char *buffer, uintptr_t base, const struct jit_stencil *stencil, const Context *context)
{
    const unsigned char *code = jit_code + stencil->code;
    const struct jit_patch *patches = jit_patches + stencil->patch;
    unsigned char *hot = buffer + (context->hot - base);
    memcpy(hot, code, stencil->hot_size);
    patch_part(hot, context->hot, patches, stencil->hot_patches, context);
    if (stencil->cold_size > 0) {
        unsigned char *cold = buffer + (context->cold - base);
        memcpy(cold, code + stencil->hot_size, stencil->cold_size);
        patch_part(cold, context->cold, patches + stencil->hot_patches, stencil->cold_patches, context);
    }
}

/* --- Traces --------------------------------------------------------------------------------------------------------- */

/* The stencil of STEP of TRACE, or NULL. */
static inline const struct jit_stencil *
stencil_of(const _PyJitTrace *trace, const _PyJitStep *step)
{
    if (step->op == JIT_OP_OPAQUE) {
        const _PyJitIns *ins = JIT_INS(trace, JIT_REF_BIAS + step->ins);
        unsigned number = jit_opaque_stencils[trace->records[ins->aux].opcode];
        return number == 0 ? NULL : &jit_stencils[number - 1];
    }
    const struct jit_variants *variants = &jit_variants[step->op];
    if (variants->first == 0) {
        return NULL;
    }
    unsigned variant = 0;
    for (int i = 0; i < 4; i++) {
        if (variants->places[i] > 0) {
            assert(step->places[i] < variants->places[i]);
            variant = variant * variants->places[i] + step->places[i];
        }
    }
    return &jit_stencils[variants->first - 1 + variant];
}

static const struct jit_stencil *
exit_stub(const _PyJitExit *exit)
{
    return &jit_stencils[exit->target == NULL ? JIT_STUB_dynamic_exit : JIT_STUB_static_exit];
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
    return _Py_SIZE_ROUND_UP(offsetof(_PyJitValueExit, cells) + plan->count * sizeof(uint16_t), 8);
}

typedef struct {
    size_t hot, cold, loop, exits, error, unwind, pool, records, total;     // offsets; hot and cold: sizes
} Layout;

static int
lay_out(const _PyExecutorObject *executor, Layout *layout, const char **reason)
{
    const _PyJitTrace *trace = executor->trace;
    const _PyJitAllocation *plan = &backend.plan;
    size_t nstubs = (size_t)executor->nexits + plan->nexits;
    if (!grow((unsigned char **)&backend.stubs, &backend.stubs_size, nstubs * sizeof(uint32_t))) {
        *reason = "out of memory";
        return -1;
    }
    *layout = (Layout){0};
    for (uint32_t i = 0; i < plan->nsteps; i++) {
        if (i == plan->loop) {
            layout->loop = layout->hot;
        }
        const struct jit_stencil *stencil = stencil_of(trace, &plan->steps[i]);
        if (stencil == NULL) {
            *reason = "no stencil for an operation of the trace";
            return -1;
        }
        layout->hot += stencil->hot_size;
        layout->cold += stencil->cold_size;
    }
    size_t at = layout->exits = layout->hot + layout->cold;
    for (uint32_t i = 0; i < executor->nexits; i++) {
        backend.stubs[i] = (uint32_t)at;
        at += has_values(trace, &executor->exits[i]) ? 0 : exit_stub(&executor->exits[i])->hot_size;
    }
    for (uint32_t i = 0; i < plan->nexits; i++) {
        backend.stubs[executor->nexits + i] = (uint32_t)at;
        at += jit_stencils[JIT_STUB_value_exit].hot_size + jit_stencils[JIT_STUB_value_exit].cold_size;
    }
    layout->error = at;
    layout->unwind = layout->error + jit_stencils[JIT_STUB_error].hot_size;
    at = layout->unwind + jit_stencils[JIT_STUB_unwind].hot_size;
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

static void
copy_steps(const _PyExecutorObject *executor, const Layout *layout, uintptr_t base, unsigned char *buffer)
{
    const _PyJitTrace *trace = executor->trace;
    const _PyJitAllocation *plan = &backend.plan;
    Context context = {
        .next = base,
        .cold = base + layout->hot,
        .loop = base + layout->loop,
        .error = base + layout->error,
        .unwind = base + layout->unwind,
        .pool = base + layout->pool,
        .trace = trace,
        .executor = executor,
    };
    for (const _PyJitStep *step = plan->steps; step < plan->steps + plan->nsteps; step++) {
        const _PyJitIns *ins = JIT_INS(trace, JIT_REF_BIAS + step->ins);
        const struct jit_stencil *stencil = stencil_of(trace, step);
        context.step = step;
        context.ins = ins;
        context.record = NULL;
        if (step->op == JIT_OP_OPAQUE) {
            context.record = &trace->records[ins->aux];
            context.code = _PyCode_CODE(trace->codes[context.record->code]);
        }
        context.side_exit = 0;
        if (step->exit != JIT_NO_VALUE_EXIT) {
            context.side_exit = base + backend.stubs[executor->nexits + step->exit];
        }
        else if (ins->snapshot != JIT_NO_SNAPSHOT) {
            context.side_exit = base + backend.stubs[trace->snaps[ins->snapshot].exit];
        }
        context.hot = context.next;
        context.next += stencil->hot_size;
        copy_stencil(buffer, base, stencil, &context);
        context.cold += stencil->cold_size;
    }
}

static void
copy_stubs(const _PyExecutorObject *executor, const Layout *layout, uintptr_t base, unsigned char *buffer)
{
    const _PyJitAllocation *plan = &backend.plan;
    Context context = {.executor = executor, .trace = executor->trace};
    for (uint32_t i = 0; i < executor->nexits; i++) {
        context.exit = &executor->exits[i];
        if (!has_values(executor->trace, context.exit)) {
            context.hot = base + backend.stubs[i];
            copy_stencil(buffer, base, exit_stub(context.exit), &context);
        }
    }
    context.value_exit = base + layout->records;
    for (uint32_t i = 0; i < plan->nexits; i++) {
        context.hot = base + backend.stubs[executor->nexits + i];
        context.cold = context.hot + jit_stencils[JIT_STUB_value_exit].hot_size;
        context.exit = &executor->exits[plan->exits[i].exit];
        copy_stencil(buffer, base, &jit_stencils[JIT_STUB_value_exit], &context);
        context.value_exit += record_size(&plan->exits[i]);
    }
    context.hot = base + layout->error;
    copy_stencil(buffer, base, &jit_stencils[JIT_STUB_error], &context);
    context.hot = base + layout->unwind;
    copy_stencil(buffer, base, &jit_stencils[JIT_STUB_unwind], &context);
}

/* Constants, the newest first as in the trace's array, and what the exits with values have to know. */
static void
copy_pool(const _PyExecutorObject *executor, const Layout *layout, uintptr_t base, unsigned char *buffer)
{
    static const uint16_t several[1];
    const _PyJitTrace *trace = executor->trace;
    const _PyJitAllocation *plan = &backend.plan;
    if (plan->uses_pool) {
        for (uint32_t i = 0; i < trace->nk; i++) {
            _PyJitRef ref = (_PyJitRef)(JIT_REF_BIAS - 1 - i);
            memcpy(buffer + layout->pool + KONST_OFFSET(ref), &JIT_INS(trace, ref)->bits, sizeof(uint64_t));
        }
    }
    unsigned char *at = buffer + layout->records;
    for (const _PyJitValueExitPlan *exit = plan->exits; exit < plan->exits + plan->nexits; exit++) {
        _PyJitExit *target = &executor->exits[exit->exit];
        memcpy(at, &target, sizeof(target));
        memcpy(at + offsetof(_PyJitValueExit, cells), &plan->cells[exit->first], exit->count * sizeof(uint16_t));
        target->entry = _PyJit_ValueExitCode;
        uintptr_t address = base + (uintptr_t)(at - buffer) + offsetof(_PyJitValueExit, cells);
        target->places = target->places == NULL ? (const uint16_t *)address : several;
        at += record_size(exit);
    }
    // Only where there is one answer can a side trace take the values.
    for (uint32_t i = 0; i < plan->nexits; i++) {
        _PyJitExit *exit = &executor->exits[plan->exits[i].exit];
        exit->places = exit->places == several ? NULL : exit->places;
    }
}

/* PYTHON_JIT_DUMP_CODE=FOLDER: every trace's bytes in a file of its own, named by its number and address, for
 * objdump -b binary -m i386:x86-64 --adjust-vma=ADDRESS -D FILE.  Never fails the program. */
static void
dump_code(const _PyExecutorObject *executor, const unsigned char *code)
{
    const char *folder = Py_GETENV("PYTHON_JIT_DUMP_CODE");
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
    if (executor->trace->nheads == 0) {
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
    return 0;
}

int
_PyJit_Emit(_PyExecutorObject *executor, const _PyJitExit *from, const char **reason)
{
    Layout layout;
    assert(backend.shared != NULL);
    int status = _PyJit_AllocateRegisters(executor, from, &backend.plan, reason);
    if (status < 0) {
        return status;
    }
    if (lay_out(executor, &layout, reason) < 0) {
        return -1;
    }
    size_t size = _Py_SIZE_ROUND_UP(layout.total, TRACE_ALIGNMENT);
    if (!grow_buffer(size)) {
        *reason = "out of memory";
        return -1;
    }
    void *code = _PyJitArena_Alloc(size, reason);
    if (code == NULL) {
        return -1;
    }
    // Gaps are filled with zeros.
    memset(backend.buffer + layout.exits, 0, size - layout.exits);
    copy_steps(executor, &layout, (uintptr_t)code, backend.buffer);
    copy_stubs(executor, &layout, (uintptr_t)code, backend.buffer);
    copy_pool(executor, &layout, (uintptr_t)code, backend.buffer);
    if (_PyJitArena_Write(code, backend.buffer, size, reason) < 0) {
        _PyJitArena_Free(code, size);
        return -1;
    }
    executor->code = code;
    executor->code_size = size;
    if (keep_head(executor, &layout, reason) < 0) {
        _PyJit_FreeCode(executor);
        return -1;
    }
    dump_code(executor, backend.buffer);
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

size_t
_PyJit_CodeBytes(void)
{
    return backend.shared != NULL ? _PyJitArena_Bytes() : 0;
}

#endif /* _PyJit_INTERPRETER */
#endif /* _Py_TIER2 */
