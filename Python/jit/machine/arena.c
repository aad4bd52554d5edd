/* Executable memory: blocks of code packed into chunks of address space near the interpreter.
 *
 * Why near?  Calls and data references in compiled code are 32-bit relative.
 *
 * Why is nothing ever writable and executable?  Hardened systems refuse it, and a bug that writes into such a page is a way
 * in.  Nor is a page with live code ever made non-executable, not even for a moment: the code on it may be running
 * further up the stack, and if making it executable again were refused, the program could only die.
 *
 * A system call for each trace costs more than the trace.  So a chunk is opened a *unit* (256 KiB) at a time:
 *
 *   1. shared anonymous memory of one unit is mapped, readable and writable, somewhere: the *view*;
 *   2. mremap gives it a second mapping, which becomes readable and executable and then replaces what was at the unit's place,
 *      in one step as seen by every thread;
 *   3. code is written through the view, and is there at once.
 *
 * There is one view at a time: of the unit that is being filled, or was written to last.  It lies at an address nobody else
 * knows, and goes when nothing was written for a while (_PyJitArena_Rest); who writes again makes another.  Whatever the system
 * refuses (memory, protection, the number of mappings) it refuses before the unit's place changes.
 *
 * Shared memory is shared with the other process after a fork.  What either writes then the other would run.  So after a fork
 * nothing is written to the units that were open before it (`forks`); who wants to write in one opens it anew, with a copy of what
 * was there, by the same steps.
 *
 * Invariants:
 *   1. A chunk is reserved with no access; a unit is opened when the first byte is written to it.
 *   2. free lists are sorted by offset, and no two entries touch.
 *   3. A page on which no block stands holds no memory; of units that were open before a fork that is true as a whole only.
 *   4. The books are kept in ordinary memory, never in the chunks.
 *   5. Bytes of live blocks never change.
 */
#include "Python.h"
#include "jit/machine/arena.h"

#if defined(_Py_TIER2) && !defined(_PyJit_INTERPRETER)

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#  define MAP_FIXED_NOREPLACE 0     // then the address is a hint, and the answer is checked
#endif

#define CHUNK_SIZE ((size_t)1 << 20)
#define BLOCK_ALIGNMENT ((size_t)32)

/* Above the image of a program that is not position-independent is the heap, which must have room to grow. */
#define FIRST_ABOVE ((size_t)512 << 20)

/* Opening one costs as much as the first six of its pages, which the system gives as they are written to. */
#define UNIT_SIZE ((size_t)256 << 10)

typedef struct {
    uint32_t offset, size;
} Extent;

typedef struct Chunk {
    struct Chunk *next;
    char *base;
    size_t size;
    uint8_t *committed;           // one a page: something was written there
    unsigned *opened;             // one a unit: `forks` when it was opened, 0: never
    Extent *extents;              // free ones
    uint32_t nextents, extents_cap;
} Chunk;

static struct {
    uintptr_t centre;
    size_t page;
    Chunk *chunks;
    size_t committed_pages;
    unsigned forks;               // this process saw, plus one
    char *view;                   // of one unit, or NULL
    char *viewed;                 // that unit
    bool used;                    // the view was asked for since the last rest
} arena;

static size_t
round_up(size_t value, size_t unit)
{
    return (value + unit - 1) / unit * unit;
}

/* --- Address space ------------------------------------------------------------------------------------------ */

/* SIZE bytes at ADDRESS exactly, with no access; NULL with errno set if they cannot be had. */
static char *
reserve_at(uintptr_t address, size_t size)
{
    void *got = mmap((void *)address, size, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == MAP_FAILED) {
        return NULL;
    }
    if ((uintptr_t)got != address) {
        munmap(got, size);
        errno = EEXIST;
        return NULL;
    }
    return got;
}

/* Looks for room from the centre downwards, then upwards. */
static char *
reserve(size_t size, const char **reason)
{
    uintptr_t centre = arena.centre & ~(uintptr_t)(CHUNK_SIZE - 1);
    for (int upwards = 0; upwards < 2; upwards++) {
        size_t distance = upwards ? FIRST_ABOVE : round_up(size, CHUNK_SIZE);
        for (; distance + size <= JIT_ARENA_REACH; distance += CHUNK_SIZE) {
            if (!upwards && distance >= centre) {
                break;
            }
            uintptr_t address = upwards ? centre + distance : centre - distance;
            char *got = reserve_at(address, size);
            if (got != NULL) {
                return got;
            }
            if (errno == ENOMEM && upwards == 0) {
                // The limit of address space is reached; below the lowest mapping Linux says EPERM instead.
                *reason = "no address space for machine code";
                return NULL;
            }
        }
    }
    *reason = "no room for machine code near the interpreter";
    return NULL;
}

static void
free_books(Chunk *chunk)
{
    PyMem_RawFree(chunk->committed);
    PyMem_RawFree(chunk->opened);
    PyMem_RawFree(chunk->extents);
    PyMem_RawFree(chunk);
}

static Chunk *
new_chunk(size_t size, const char **reason)
{
    Chunk *chunk = PyMem_RawCalloc(1, sizeof(Chunk));
    if (chunk == NULL) {
        *reason = "out of memory";
        return NULL;
    }
    chunk->size = round_up(size, CHUNK_SIZE);
    chunk->committed = PyMem_RawCalloc(chunk->size / arena.page, 1);
    chunk->opened = PyMem_RawCalloc(chunk->size / UNIT_SIZE, sizeof(unsigned));
    chunk->extents_cap = 8;
    chunk->extents = PyMem_RawMalloc(chunk->extents_cap * sizeof(Extent));
    if (chunk->committed == NULL || chunk->opened == NULL || chunk->extents == NULL) {
        *reason = "out of memory";
    }
    else {
        chunk->base = reserve(chunk->size, reason);
    }
    if (chunk->base == NULL) {
        free_books(chunk);
        return NULL;
    }
    chunk->extents[0] = (Extent){0, (uint32_t)chunk->size};
    chunk->nextents = 1;
    // Last in the list, so that older chunks fill up first.
    Chunk **link = &arena.chunks;
    while (*link != NULL) {
        link = &(*link)->next;
    }
    *link = chunk;
    return chunk;
}

static void
close_view(void)
{
    if (arena.view != NULL) {
        munmap(arena.view, UNIT_SIZE);
        arena.view = arena.viewed = NULL;
    }
}

static void
drop_chunk(Chunk *chunk)
{
    if (arena.viewed >= chunk->base && arena.viewed < chunk->base + chunk->size) {
        close_view();
    }
    munmap(chunk->base, chunk->size);
    for (size_t page = 0; page < chunk->size / arena.page; page++) {
        arena.committed_pages -= chunk->committed[page];
    }
    free_books(chunk);
}

static Chunk *
chunk_of(const void *at)
{
    for (Chunk *chunk = arena.chunks; chunk != NULL; chunk = chunk->next) {
        if ((const char *)at >= chunk->base && (const char *)at < chunk->base + chunk->size) {
            return chunk;
        }
    }
    Py_UNREACHABLE();
}

/* --- Views ---------------------------------------------------------------------------------------------------- */

/* A fork shares all units with the other process. */
static void
note_fork(void)
{
    arena.forks++;
}

/* A second mapping of the unit at PLACE, readable and writable, as the view; NULL: refused. */
static char *
view_again(char *place)
{
    close_view();
    char *view = mremap(place, 0, UNIT_SIZE, MREMAP_MAYMOVE);
    if (view == MAP_FAILED) {
        return NULL;
    }
    if (mprotect(view, UNIT_SIZE, PROT_READ | PROT_WRITE) < 0) {
        munmap(view, UNIT_SIZE);
        return NULL;
    }
    arena.viewed = place;
    return arena.view = view;
}

/* Opens the unit at PLACE, number UNIT of CHUNK: fresh memory with what was written there before, executable in its place, writable
 * in the view.  NULL with *reason set: refused, and nothing has changed there. */
static char *
open_unit(Chunk *chunk, size_t unit, char *place, const char **reason)
{
    size_t page = arena.page, first = unit * UNIT_SIZE / page;
    unsigned forks = arena.forks;
    close_view();
    char *view = mmap(NULL, UNIT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (view == MAP_FAILED) {
        *reason = "no memory for machine code";
        return NULL;
    }
    for (size_t i = 0; i < UNIT_SIZE / page; i++) {
        if (chunk->committed[first + i]) {
            memcpy(view + i * page, place + i * page, page);
        }
    }
    char *code = mremap(view, 0, UNIT_SIZE, MREMAP_MAYMOVE);
    if (code == MAP_FAILED) {
        *reason = "no memory for machine code";
        munmap(view, UNIT_SIZE);
        return NULL;
    }
    if (mprotect(code, UNIT_SIZE, PROT_READ | PROT_EXEC) < 0) {
        *reason = "the system refuses executable memory";
    }
    else if (mremap(code, UNIT_SIZE, UNIT_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, place) != place) {
        *reason = "the system refuses to move executable memory";
    }
    else {
        __builtin___clear_cache(place, place + UNIT_SIZE);
        chunk->opened[unit] = forks;
        arena.viewed = place;
        return arena.view = view;
    }
    munmap(code, UNIT_SIZE);
    munmap(view, UNIT_SIZE);
    return NULL;
}

/* Where to write what stands in UNIT of CHUNK, or NULL with *reason set. */
static char *
view_of(Chunk *chunk, size_t unit, const char **reason)
{
    char *place = chunk->base + unit * UNIT_SIZE;
    arena.used = true;
    if (chunk->opened[unit] != arena.forks) {
        return open_unit(chunk, unit, place, reason);
    }
    if (arena.viewed == place) {
        return arena.view;
    }
    *reason = "no memory for machine code";
    return view_again(place);
}

/* Nothing stands in UNIT of CHUNK, and after a fork its memory may not be touched: this process lets go of it.  false: refused. */
static bool
close_unit(Chunk *chunk, size_t unit)
{
    char *place = chunk->base + unit * UNIT_SIZE;
    if (arena.viewed == place) {
        close_view();
    }
    if (mmap(place, UNIT_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != place) {
        return false;
    }
    chunk->opened[unit] = 0;
    return true;
}

/* --- Blocks --------------------------------------------------------------------------------------------------- */

static void
remove_extent(Chunk *chunk, uint32_t index)
{
    chunk->nextents--;
    memmove(&chunk->extents[index], &chunk->extents[index + 1],
            (chunk->nextents - index) * sizeof(Extent));
}

static void *
take(Chunk *chunk, size_t size)
{
    for (uint32_t i = 0; i < chunk->nextents; i++) {
        Extent *extent = &chunk->extents[i];
        if (extent->size >= size) {
            void *at = chunk->base + extent->offset;
            extent->offset += (uint32_t)size;
            extent->size -= (uint32_t)size;
            if (extent->size == 0) {
                remove_extent(chunk, i);
            }
            return at;
        }
    }
    return NULL;
}

void *
_PyJitArena_Alloc(size_t size, const char **reason)
{
    assert(size > 0);
    if (size > JIT_ARENA_REACH / 2) {
        *reason = "trace too large";
        return NULL;
    }
    size = round_up(size, BLOCK_ALIGNMENT);
    for (Chunk *chunk = arena.chunks; chunk != NULL; chunk = chunk->next) {
        void *at = take(chunk, size);
        if (at != NULL) {
            return at;
        }
    }
    Chunk *chunk = new_chunk(size, reason);
    return chunk != NULL ? take(chunk, size) : NULL;
}

/* Pages of CHUNK from FIRST up to END hold no memory any more. */
static void
forget_pages(Chunk *chunk, size_t first, size_t end)
{
    for (; first < end; first++) {
        arena.committed_pages -= chunk->committed[first];
        chunk->committed[first] = 0;
    }
}

/* Gives back the memory of pages on which no block stands any more (invariant 3). */
static void
decommit(Chunk *chunk, const Extent *extent)
{
    size_t page = arena.page;
    size_t first = round_up(extent->offset, page) / page;
    size_t end = ((size_t)extent->offset + extent->size) / page;
    for (; first < end; first++) {
        if (!chunk->committed[first]) {
            continue;
        }
        size_t unit = first * page / UNIT_SIZE;
        size_t stop = first + 1;
        while (stop < end && chunk->committed[stop] && stop * page / UNIT_SIZE == unit) {
            stop++;
        }
        if (chunk->opened[unit] == arena.forks) {
            size_t length = (stop - first) * page;
            if (madvise(chunk->base + first * page, length, MADV_REMOVE) < 0) {
                // Older kernels do it in writable mappings only.
                const char *reason;
                char *view = view_of(chunk, unit, &reason);
                if (view == NULL || madvise(view + first * page % UNIT_SIZE, length, MADV_REMOVE) < 0) {
                    return;     // the pages stay as they are, and are counted
                }
            }
            forget_pages(chunk, first, stop);
        }
        else if (extent->offset <= unit * UNIT_SIZE && (unit + 1) * UNIT_SIZE <= (size_t)extent->offset + extent->size) {
            if (close_unit(chunk, unit)) {
                forget_pages(chunk, unit * UNIT_SIZE / page, (unit + 1) * UNIT_SIZE / page);
            }
        }
        first = stop - 1;
    }
}

void
_PyJitArena_Free(void *at, size_t size)
{
    Chunk *chunk = chunk_of(at);
    uint32_t offset = (uint32_t)((char *)at - chunk->base);
    uint32_t length = (uint32_t)round_up(size, BLOCK_ALIGNMENT);
    uint32_t low = 0, high = chunk->nextents;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (chunk->extents[middle].offset < offset) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    Extent *extents = chunk->extents;
    bool joins_before = low > 0 && extents[low - 1].offset + extents[low - 1].size == offset;
    bool joins_after = low < chunk->nextents && offset + length == extents[low].offset;
    if (joins_before) {
        extents[low - 1].size += length;
        if (joins_after) {
            extents[low - 1].size += extents[low].size;
            remove_extent(chunk, low);
        }
        low--;
    }
    else if (joins_after) {
        extents[low].offset = offset;
        extents[low].size += length;
    }
    else {
        if (chunk->nextents == chunk->extents_cap) {
            Extent *more = PyMem_RawRealloc(extents, 2 * chunk->extents_cap * sizeof(Extent));
            if (more == NULL) {
                return;     // the block is lost until the arena goes
            }
            chunk->extents = extents = more;
            chunk->extents_cap *= 2;
        }
        memmove(&extents[low + 1], &extents[low], (chunk->nextents - low) * sizeof(Extent));
        extents[low] = (Extent){offset, length};
        chunk->nextents++;
    }
    if (extents[low].size == chunk->size && chunk != arena.chunks) {
        Chunk **link = &arena.chunks;
        while (*link != chunk) {
            link = &(*link)->next;
        }
        *link = chunk->next;
        drop_chunk(chunk);
        return;
    }
    decommit(chunk, &extents[low]);
}

/* --- Code ------------------------------------------------------------------------------------------------------ */

/* What stands in CHUNK from OFFSET to END, in one unit, holds memory from now on. */
static void
commit(Chunk *chunk, size_t offset, size_t end)
{
    for (size_t i = offset / arena.page; i <= (end - 1) / arena.page; i++) {
        arena.committed_pages += !chunk->committed[i];
        chunk->committed[i] = 1;
    }
}

void *
_PyJitArena_View(void *at, size_t size)
{
    Chunk *chunk = chunk_of(at);
    size_t offset = (size_t)((char *)at - chunk->base), unit = offset / UNIT_SIZE;
    const char *reason;
    char *view = (offset + size - 1) / UNIT_SIZE == unit ? view_of(chunk, unit, &reason) : NULL;
    if (view == NULL) {
        return NULL;
    }
    commit(chunk, offset, offset + size);
    return view + offset % UNIT_SIZE;
}

void
_PyJitArena_Written(void *at, size_t size)
{
    __builtin___clear_cache((char *)at, (char *)at + size);
}

int
_PyJitArena_Write(void *at, const void *code, size_t size, const char **reason)
{
    Chunk *chunk = chunk_of(at);
    size_t offset = (size_t)((char *)at - chunk->base), end = offset + size;
    const char *from = code;
    for (size_t next; offset < end; from += next - offset, offset = next) {
        size_t unit = offset / UNIT_SIZE;
        next = Py_MIN(end, (unit + 1) * UNIT_SIZE);
        char *view = view_of(chunk, unit, reason);
        if (view == NULL) {
            return -1;
        }
        memcpy(view + offset % UNIT_SIZE, from, next - offset);
        __builtin___clear_cache(chunk->base + offset, chunk->base + next);
        commit(chunk, offset, next);
    }
    return 0;
}

void
_PyJitArena_Rest(void)
{
    if (!arena.used) {
        close_view();
    }
    arena.used = false;
}

size_t
_PyJitArena_Bytes(void)
{
    return arena.committed_pages * arena.page;
}

/* --- Life ------------------------------------------------------------------------------------------------------- */

int
_PyJitArena_Init(const void *centre, const char **reason)
{
    static bool watches_forks = false;
    assert(arena.chunks == NULL);
    if (!watches_forks) {
        if (pthread_atfork(NULL, note_fork, note_fork) != 0) {
            *reason = "out of memory";
            return -1;
        }
        watches_forks = true;
        arena.forks = 1;
    }
    arena.centre = (uintptr_t)centre;
    arena.page = (size_t)sysconf(_SC_PAGESIZE);
    static const char probe[BLOCK_ALIGNMENT];
    void *at = _PyJitArena_Alloc(sizeof(probe), reason);
    if (at == NULL) {
        return -1;
    }
    int written = _PyJitArena_Write(at, probe, sizeof(probe), reason);
    _PyJitArena_Free(at, sizeof(probe));
    if (written < 0) {
        _PyJitArena_Fini();
    }
    return written;
}

void
_PyJitArena_Fini(void)
{
    while (arena.chunks != NULL) {
        Chunk *chunk = arena.chunks;
        arena.chunks = chunk->next;
        drop_chunk(chunk);
    }
}

#endif /* _Py_TIER2 && !_PyJit_INTERPRETER */
