/* Executable memory near the interpreter's own code.  Not thread-safe: the caller holds the GIL of the one interpreter
 * that runs compiled code. */
#ifndef Py_JIT_ARENA_H
#define Py_JIT_ARENA_H

#include <stddef.h>

/* Every block lies within this many bytes of the centre, so 32-bit displacements lead from any block to any other and to
 * everything that is itself within JIT_ARENA_REACH of the centre. */
#define JIT_ARENA_REACH ((size_t)1 << 30)

/* Prepares an arena around CENTRE (an address in the interpreter's text) and proves that code can be put there.  0, or -1
 * with *reason set to a static string.  May be called again after _PyJitArena_Fini. */
int _PyJitArena_Init(const void *centre, const char **reason);

/* Gives back all memory.  No block may be in use. */
void _PyJitArena_Fini(void);

/* Reserves SIZE bytes (> 0), aligned to 32, that are not readable yet.  NULL with *reason set when there is no room. */
void *_PyJitArena_Alloc(size_t size, const char **reason);

/* Puts SIZE bytes of code at AT, the whole of a block from _PyJitArena_Alloc, and makes them executable.  0, or -1 with *reason
 * set; then the block is as it was (free it), and so is every other one. */
int _PyJitArena_Write(void *at, const void *code, size_t size, const char **reason);

/* The same without a copy: where to write the code, of which the other mapping is at AT; then Written, before it runs.  Until the next
 * call of any other function here.  NULL: not this block; Write can, or says why not. */
void *_PyJitArena_View(void *at, size_t size);
void _PyJitArena_Written(void *at, size_t size);

/* Gives back a block of SIZE bytes, written or not. */
void _PyJitArena_Free(void *at, size_t size);

/* Called now and then, with no view in use: closes the view that nobody asked for since the last call.  No mapping of code can be
 * written to then. */
void _PyJitArena_Rest(void);

/* Executable memory held, in bytes: whole pages. */
size_t _PyJitArena_Bytes(void);

#endif /* !Py_JIT_ARENA_H */
