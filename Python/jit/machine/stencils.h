/* The types of jit_stencils.h, which Tools/jit/build.py makes (InternalDocs/stencils.md). */
#ifndef Py_JIT_STENCILS_H
#define Py_JIT_STENCILS_H

#include <stdint.h>

/* How a field is patched.  Tools/jit/stencils/targets.py maps relocations to these. */
enum {
    JIT_PATCH_ABS64,        // the value
    JIT_PATCH_ABS32,        // the value, 32 bits of it
    JIT_PATCH_REL32,        // the value relative to the field
    JIT_PATCH_GOT32,        // where a pointer with the value stands, relative to the field
    JIT_PATCH_GOT32_REX,    // the same; the instruction has a REX prefix
};

/* With what.  Up to JIT_VALUE_GIVEN the emitter has them ready in an array; the others depend on `index`. */
enum {
    JIT_VALUE_HOT,          // start of the stencil's hot part
    JIT_VALUE_COLD,         // start of its cold part
    JIT_VALUE_CONTINUE,     // the next operation
    JIT_VALUE_LOOP,         // the operation after START
    JIT_VALUE_HEAD,         // behind the PHIs of the root trace's loop
    JIT_VALUE_SIDE_EXIT,    // the stub of the operation's exit
    JIT_VALUE_ERROR,        // the stub for errors
    JIT_VALUE_UNWIND,       // the stub for errors before a new frame's first instruction
    JIT_VALUE_OPARG,
    JIT_VALUE_THIS_INSTR,   // address of the instruction in the live code
    JIT_VALUE_AUX,          // of the operation
    JIT_VALUE_SLOT,         // slot `aux`, as a displacement from the frame
    JIT_VALUE_CELL,         // of the step, as a displacement from the stack pointer of a trace
    JIT_VALUE_CELL_TO,
    JIT_VALUE_POOL,         // the step's constant
    JIT_VALUE_RECORD,       // the _PyJitValueExit of a stub
    JIT_VALUE_EXECUTOR,
    JIT_VALUE_EXIT,         // the _PyJitExit of a stub
    JIT_VALUE_SHARED,       // code that is laid down once
    JIT_VALUE_CONSTANT,     // jit_constants
    JIT_VALUE_GIVEN,
    JIT_VALUE_EXPECTED_IP,  // address of the instruction where GUARD_IP goes on, before its EXTENDED_ARGs
    JIT_VALUE_CACHE16,      // frozen cache at code unit `index`
    JIT_VALUE_CACHE32,
    JIT_VALUE_CACHE64,
    JIT_VALUE_CACHE_PTR,    // its address
    JIT_VALUE_SYMBOL,       // jit_symbols[index]
};

/* The addend is added to the value. */
struct jit_patch {
    uint16_t offset;        // in its part
    uint16_t index;
    int32_t addend;
    uint8_t method;         // JIT_PATCH_
    uint8_t value;          // JIT_VALUE_
};

/* Behind jit_code there are so many bytes more, so that code can be copied in blocks. */
#define JIT_COPY_BLOCK 16

/* In jit_code from `code` on: the hot part, then the cold one; in jit_patches from `patch` on likewise. */
struct jit_stencil {
    uint32_t code;
    uint32_t patch;
    uint16_t hot_size;
    uint16_t cold_size;
    uint16_t hot_patches;
    uint16_t cold_patches;
};

/* Variants of an operation with operands in registers have consecutive numbers from `first` on.  places: how many choices there
 * are for each operand and, last, for the result; 0 where there is none.  strides: how much the number grows with each.  See
 * Tools/jit/stencils/variants.py. */
struct jit_variants {
    uint16_t first;         // plus one; zero: no stencils
    uint8_t places[4];
    uint16_t strides[4];
};

struct jit_symbol {
    const void *address;    // first, so that a row is a pointer in memory too
    const char *name;
    uint8_t direct;         // 1: must be within reach; 0: a trampoline will do
};

#endif /* !Py_JIT_STENCILS_H */
