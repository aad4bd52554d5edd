/* Copying stencils and filling in their holes: a part of emit.c, which says what SYMBOL_ADDRESS and `jit_...` are. */
#ifndef Py_JIT_PATCHING_H
#define Py_JIT_PATCHING_H

/* What the patches of one stencil are made with. */
typedef struct {
    uintptr_t values[JIT_VALUE_GIVEN];                // by JIT_VALUE_
    uintptr_t pool;
    const _PyJitIns *ins;
    const _PyJitRecord *record;                       // OPAQUE; else NULL
    const _PyJitTrace *trace;
    _Py_CODEUNIT *units;                              // where they stay
} Context;

/* --- The architecture ------------------------------------------------------------------------------------------ */

#if defined(__x86_64__)

#define TRAMPOLINE_SIZE 16

/* A trace begins with endbr64: entries, links and exits come by indirect jumps, and where the processor enforces that such a
 * jump lands on this instruction, any other one would end the program.  Elsewhere it does nothing. */
#define LANDING_SIZE 4
static const unsigned char landing[LANDING_SIZE] = {0xf3, 0x0f, 0x1e, 0xfa};

/* SIZE bytes of instructions that do nothing, each as long as the processor likes them at most. */
static void
fill_gap(unsigned char *at, size_t size)
{
    static const unsigned char nops[][9] = {
        {0x90}, {0x66, 0x90}, {0x0f, 0x1f, 0x00}, {0x0f, 0x1f, 0x40, 0x00}, {0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00}, {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
        {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00}, {0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
    };
    while (size > 0) {
        size_t length = Py_MIN(size, sizeof(nops[0]));
        memcpy(at, nops[length - 1], length);
        at += length;
        size -= length;
    }
}

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
static inline void
apply(unsigned char *field, uintptr_t address, const struct jit_patch *patch, uintptr_t value)
{
    if (patch->method == JIT_PATCH_REL32) {           // nearly all
        value -= address;
        assert((int32_t)value == (intptr_t)value);
        memcpy(field, &value, 4);
        return;
    }
    switch (patch->method) {
        case JIT_PATCH_ABS64:
            memcpy(field, &value, 8);
            break;
        case JIT_PATCH_GOT32_REX:
            // A mov from the table becomes lea, but the address of a trampoline is not the function's.
            if (field[-2] == 0x8b && SYMBOL_ADDRESS(patch->index) == (uintptr_t)jit_symbols[patch->index].address) {
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
            value = symbol_slot(patch) - address;
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
#  error "Python/jit/machine/emit.c does not know this architecture"
#endif

/* --- Patching ----------------------------------------------------------------------------------------------------- */

static uintptr_t
other_value(const struct jit_patch *patch, const Context *context)
{
    const _PyJitRecord *record = context->record;
    switch (patch->value) {
        case JIT_VALUE_EXPECTED_IP:
            return (uintptr_t)_PyJitTrace_ExpectedIP(context->trace, context->ins);
        case JIT_VALUE_CACHE16:
        case JIT_VALUE_CACHE32:
        case JIT_VALUE_CACHE64: {
            uint64_t bits = 0;
            size_t size = patch->value == JIT_VALUE_CACHE16 ? 2 : patch->value == JIT_VALUE_CACHE32 ? 4 : 8;
            assert(patch->index + size / sizeof(_Py_CODEUNIT) <= record->size);
            memcpy(&bits, &context->units[record->units + patch->index], size);
            return bits;
        }
        case JIT_VALUE_CACHE_PTR:
            assert(patch->index < record->size);
            return (uintptr_t)&context->units[record->units + patch->index];
        case JIT_VALUE_SYMBOL:
            return SYMBOL_ADDRESS(patch->index);
        default:
            Py_UNREACHABLE();
    }
}

/* Patches COUNT holes of a part that stands at CODE and will run at ADDRESS. */
static inline void
patch_part(unsigned char *code, uintptr_t address, const struct jit_patch *patches, size_t count,
           const Context *context)
{
    for (const struct jit_patch *patch = patches, *end = patches + count; patch < end; patch++) {
        uintptr_t value = patch->value < JIT_VALUE_GIVEN ? context->values[patch->value] : other_value(patch, context);
        assert(value != 0 || (patch->value != JIT_VALUE_SIDE_EXIT && patch->value != JIT_VALUE_HEAD));
        apply(code + patch->offset, address + patch->offset, patch, value + (uintptr_t)(intptr_t)patch->addend);
    }
}

/* Copies SIZE bytes, and up to JIT_COPY_BLOCK - 1 more. */
static inline void
copy_code(unsigned char *to, const unsigned char *from, size_t size)
{
    for (size_t i = 0; i < size; i += JIT_COPY_BLOCK) {
        memcpy(to + i, from + i, JIT_COPY_BLOCK);
    }
}

/* The parts of STENCIL in BUFFER, whose start will run at BASE, where CONTEXT's values say: the hot one, which is there already, is
 * patched; the cold one is copied too. */
static inline void
patch_hot(unsigned char *buffer, uintptr_t base, const struct jit_stencil *stencil, const Context *context)
{
    uintptr_t address = context->values[JIT_VALUE_HOT];
    patch_part(buffer + (address - base), address, jit_patches + stencil->patch, stencil->hot_patches, context);
}

static inline void
copy_cold(unsigned char *buffer, uintptr_t base, const struct jit_stencil *stencil, const Context *context)
{
    uintptr_t address = context->values[JIT_VALUE_COLD];
    unsigned char *cold = buffer + (address - base);
    copy_code(cold, jit_code + stencil->code + stencil->hot_size, stencil->cold_size);
    patch_part(cold, address, jit_patches + stencil->patch + stencil->hot_patches, stencil->cold_patches, context);
}

/* Values that are the same everywhere in a trace of EXECUTOR. */
static void
give_common_values(Context *context, const _PyExecutorObject *executor)
{
    context->values[JIT_VALUE_EXECUTOR] = (uintptr_t)executor;
    context->values[JIT_VALUE_SHARED] = (uintptr_t)backend.shared;
    context->values[JIT_VALUE_CONSTANT] = (uintptr_t)jit_constants;
}

#endif /* !Py_JIT_PATCHING_H */
