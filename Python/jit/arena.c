/* Executable memory: blocks of code packed into chunks of address space near the interpreter.
 *
 * Why near?  Calls and data references in compiled code are 32-bit relative.
 *
 * Why is nothing ever writable and executable?  Hardened systems refuse it, and a bug that writes into such a page is a way
 * in.  Nor is a page with live code ever made non-executable, not even for a moment: the code on it may be running
 * further up the stack, and if making it executable again were refused, the program could only die.  So bytes are added
 * like this:
 *
 *   1. fresh pages, readable and writable, somewhere;
 *   2. the old content of the pages is copied there (executable pages are readable), then the new bytes;
 *   3. the fresh pages become readable and executable;
 *   4. mremap moves them over the old ones, in one step as seen by every thread.
 *
 * Whatever the system refuses (memory, protection, the number of mappings) it refuses before step 4 changes anything: Linux
 * checks the number of mappings before it removes what is at the destination.
 *
 * Invariants:
 *   1. A chunk is reserved with no access; a page is committed (readable, executable) when the first byte is written to it.
 *   2. free lists are sorted by offset, and no two entries touch.
 *   3. A page on which no block stands is not committed.
 *   4. The books are kept in ordinary memory, never in the chunks.
 */
#include "Python.h"
#include "jit/arena.h"

#if defined(_Py_TIER2) && !defined(_PyJit_INTERPRETER)

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#  define MAP_FIXED_NOREPLACE 0     // then the address is a hint, and the answer is checked
#endif

#define CHUNK_SIZE ((size_t)1 << 20)
#define BLOCK_ALIGNMENT ((size_t)16)

/* Above the image of a program that is not position-independent is the heap, which must have room to grow. */
#define FIRST_ABOVE ((size_t)512 << 20)

/* Every write leaves a mapping of its own behind.  After so many, neighbours are written again together. */
#define WRITES_BETWEEN_JOINS 64

typedef struct {
    uint32_t offset, size;
} Extent;

typedef struct Chunk {
    struct Chunk *next;
    char *base;
    size_t size;
    uint8_t *committed;           // one a page
    Extent *extents;              // free ones
    uint32_t nextents, extents_cap;
    uint32_t writes;              // since neighbours were joined
} Chunk;

static struct {
    uintptr_t anchor;
    size_t page;
    Chunk *chunks;
    size_t committed_pages;
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

/* Looks for room from the anchor downwards, then upwards. */
static char *
reserve(size_t size, const char **reason)
{
    uintptr_t anchor = arena.anchor & ~(uintptr_t)(CHUNK_SIZE - 1);
    for (int upwards = 0; upwards < 2; upwards++) {
        size_t distance = upwards ? FIRST_ABOVE : round_up(size, CHUNK_SIZE);
        for (; distance + size <= JIT_ARENA_REACH; distance += CHUNK_SIZE) {
            if (!upwards && distance >= anchor) {
                break;
            }
            uintptr_t address = upwards ? anchor + distance : anchor - distance;
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
    chunk->extents_cap = 8;
    chunk->extents = PyMem_RawMalloc(chunk->extents_cap * sizeof(Extent));
    if (chunk->committed == NULL || chunk->extents == NULL) {
        *reason = "out of memory";
    }
    else {
        chunk->base = reserve(chunk->size, reason);
    }
    if (chunk->base == NULL) {
        PyMem_RawFree(chunk->committed);
        PyMem_RawFree(chunk->extents);
        PyMem_RawFree(chunk);
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
drop_chunk(Chunk *chunk)
{
    munmap(chunk->base, chunk->size);
    for (size_t page = 0; page < chunk->size / arena.page; page++) {
        arena.committed_pages -= chunk->committed[page];
    }
    PyMem_RawFree(chunk->committed);
    PyMem_RawFree(chunk->extents);
    PyMem_RawFree(chunk);
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

/* Takes pages on which no block stands any more back from the executable ones (invariant 3). */
static void
decommit(Chunk *chunk, const Extent *extent)
{
    size_t first = round_up(extent->offset, arena.page) / arena.page;
    size_t end = ((size_t)extent->offset + extent->size) / arena.page;
    while (first < end) {
        if (!chunk->committed[first]) {
            first++;
            continue;
        }
        size_t stop = first;
        while (stop < end && chunk->committed[stop]) {
            stop++;
        }
        size_t length = (stop - first) * arena.page;
        void *place = chunk->base + first * arena.page;
        if (mmap(place, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != place) {
            return;     // too many mappings: the pages stay as they are, and are counted
        }
        memset(chunk->committed + first, 0, stop - first);
        arena.committed_pages -= stop - first;
        first = stop;
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

/* Puts the pages from FIRST to before END in place anew, with SIZE bytes of CODE at OFFSET of the chunk. */
static int
replace_pages(Chunk *chunk, size_t first, size_t end, size_t offset, const void *code, size_t size,
              const char **reason)
{
    size_t page = arena.page;
    size_t length = (end - first) * page;
    char *place = chunk->base + first * page;
    char *fresh = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fresh == MAP_FAILED) {
        *reason = "no memory for machine code";
        return -1;
    }
    for (size_t i = first; i < end; i++) {
        if (chunk->committed[i]) {
            memcpy(fresh + (i - first) * page, chunk->base + i * page, page);
        }
    }
    memcpy(fresh + (offset - first * page), code, size);
    if (mprotect(fresh, length, PROT_READ | PROT_EXEC) < 0) {
        *reason = "the system refuses executable memory";
    }
    else if (mremap(fresh, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, place) != place) {
        *reason = "the system refuses to move executable memory";
    }
    else {
        __builtin___clear_cache(place, place + length);
        for (size_t i = first; i < end; i++) {
            arena.committed_pages += !chunk->committed[i];
            chunk->committed[i] = 1;
        }
        return 0;
    }
    munmap(fresh, length);
    return -1;
}

int
_PyJitArena_Write(void *at, const void *code, size_t size, const char **reason)
{
    Chunk *chunk = chunk_of(at);
    size_t offset = (size_t)((char *)at - chunk->base);
    size_t first = offset / arena.page;
    size_t end = round_up(offset + size, arena.page) / arena.page;
    if (++chunk->writes >= WRITES_BETWEEN_JOINS) {
        chunk->writes = 0;
        while (first > 0 && chunk->committed[first - 1]) {
            first--;
        }
        while (end < chunk->size / arena.page && chunk->committed[end]) {
            end++;
        }
    }
    return replace_pages(chunk, first, end, offset, code, size, reason);
}

size_t
_PyJitArena_Bytes(void)
{
    return arena.committed_pages * arena.page;
}

/* --- Life ------------------------------------------------------------------------------------------------------- */

int
_PyJitArena_Init(const void *anchor, const char **reason)
{
    assert(arena.chunks == NULL);
    arena.anchor = (uintptr_t)anchor;
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
