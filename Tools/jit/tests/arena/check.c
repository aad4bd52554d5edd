/* Runs Python/jit/machine/arena.c through one scenario, named by the first argument.  Exit code 0: it did what it should. */
#include "Python.h"
#include "jit/machine/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(CONDITION) \
    do { \
        if (!(CONDITION)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #CONDITION); \
            exit(1); \
        } \
    } while (0)

#define MDWE 65                   // PR_SET_MDWE of newer headers
#define REFUSE_EXEC_GAIN 1UL

/* A function that returns VALUE, in SIZE bytes of code. */
static void
write_function(unsigned char *code, size_t size, uint32_t value)
{
    memset(code, 0xcc, size);
#if defined(__x86_64__)
    code[0] = 0xb8;               // mov $value, %eax
    memcpy(code + 1, &value, 4);
    code[5] = 0xc3;               // ret
#else
#  error "write a function for this architecture"
#endif
}

static uint32_t
call(void *code)
{
    return ((uint32_t (*)(void))(uintptr_t)code)();
}

/* No mapping of this process is writable and executable. */
static void
check_protection(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(maps != NULL);
    char line[512];
    while (fgets(line, sizeof(line), maps) != NULL) {
        char *flags = strchr(line, ' ');
        CHECK(flags != NULL);
        CHECK(!(flags[2] == 'w' && flags[3] == 'x'));
    }
    fclose(maps);
}

static size_t
mappings(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(maps != NULL);
    size_t count = 0;
    for (int c = getc(maps); c != EOF; c = getc(maps)) {
        count += c == '\n';
    }
    fclose(maps);
    return count;
}

static void
start(void)
{
    const char *reason = NULL;
    if (_PyJitArena_Init((void *)(uintptr_t)&start, &reason) < 0) {
        fprintf(stderr, "cannot start: %s\n", reason);
        exit(1);
    }
}

enum { SLOTS = 3000 };

/* Random blocks come and go; every one alive keeps its code. */
static void
stress(void)
{
    static struct { unsigned char *at; size_t size; uint32_t value; } blocks[SLOTS];
    static unsigned char code[20000];
    uint64_t random = 88172645463325252u;
    const char *reason = NULL;
    start();
    for (uint32_t round = 1; round <= 60000; round++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        size_t slot = random % SLOTS;
        if (blocks[slot].at != NULL) {
            CHECK(call(blocks[slot].at) == blocks[slot].value);
            _PyJitArena_Free(blocks[slot].at, blocks[slot].size);
            blocks[slot].at = NULL;
            continue;
        }
        size_t size = 16 + (random >> 32) % (round % 50 == 0 ? sizeof(code) - 16 : 900);
        unsigned char *at = _PyJitArena_Alloc(size, &reason);
        CHECK(at != NULL);
        CHECK((uintptr_t)at % 32 == 0);
        intptr_t distance = (intptr_t)at - (intptr_t)&start;
        CHECK(-(intptr_t)JIT_ARENA_REACH <= distance && distance <= (intptr_t)JIT_ARENA_REACH);
        write_function(code, size, round);
        CHECK(_PyJitArena_Write(at, code, size, &reason) == 0);
        blocks[slot].at = at;
        blocks[slot].size = size;
        blocks[slot].value = round;
        if (round % 5000 == 0) {
            check_protection();
            CHECK(mappings() < 4000);
        }
    }
    for (size_t slot = 0; slot < SLOTS; slot++) {
        if (blocks[slot].at != NULL) {
            CHECK(call(blocks[slot].at) == blocks[slot].value);
            _PyJitArena_Free(blocks[slot].at, blocks[slot].size);
        }
    }
    CHECK(_PyJitArena_Bytes() == 0);
    _PyJitArena_Fini();
    start();
    _PyJitArena_Fini();
}

/* Blocks that follow each other share pages. */
static void
packed(void)
{
    unsigned char code[100];
    const char *reason = NULL;
    start();
    for (uint32_t i = 0; i < 4096; i++) {
        void *at = _PyJitArena_Alloc(sizeof(code), &reason);
        CHECK(at != NULL);
        write_function(code, sizeof(code), i);
        CHECK(_PyJitArena_Write(at, code, sizeof(code), &reason) == 0);
    }
    CHECK(_PyJitArena_Bytes() <= 4096 * 128 + 4096);
    CHECK(mappings() < 200);
    _PyJitArena_Fini();
    CHECK(_PyJitArena_Bytes() == 0);
}

static void
check_still_works(void *at, uint32_t value, size_t bytes)
{
    CHECK(call(at) == value);
    CHECK(_PyJitArena_Bytes() == bytes);
    check_protection();
}

static void
refused_at_start(void)
{
    const char *reason = NULL;
    CHECK(prctl(MDWE, REFUSE_EXEC_GAIN, 0, 0, 0) == 0);
    CHECK(_PyJitArena_Init((void *)(uintptr_t)&start, &reason) == -1);
    puts(reason);
}

/* Something is refused after the first blocks were written: they go on working, also those that found room without asking. */
static void
refused_later(const char *how)
{
    enum { MOST = 4096 };
    static unsigned char *blocks[MOST];
    unsigned char code[64];
    const char *reason = NULL;
    start();
    write_function(code, sizeof(code), 4711);
    void *first = _PyJitArena_Alloc(sizeof(code), &reason);
    CHECK(first != NULL);
    CHECK(_PyJitArena_Write(first, code, sizeof(code), &reason) == 0);
    // Everything stdio and malloc will need is there already.
    check_still_works(first, 4711, _PyJitArena_Bytes());
    if (strcmp(how, "protection") == 0) {
        CHECK(prctl(MDWE, REFUSE_EXEC_GAIN, 0, 0, 0) == 0);
    }
    else {
        struct rlimit limit = {1, 1};
        CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    }
    uint32_t count = 0;
    size_t bytes;
    for (;; count++) {
        CHECK(count < MOST);
        blocks[count] = _PyJitArena_Alloc(sizeof(code), &reason);
        CHECK(blocks[count] != NULL);
        write_function(code, sizeof(code), count);
        bytes = _PyJitArena_Bytes();
        if (_PyJitArena_Write(blocks[count], code, sizeof(code), &reason) < 0) {
            break;
        }
    }
    CHECK(_PyJitArena_Bytes() == bytes);
    _PyJitArena_Free(blocks[count], sizeof(code));
    CHECK(call(first) == 4711);
    for (uint32_t i = 0; i < count; i++) {
        CHECK(call(blocks[i]) == i);
    }
    puts(reason);
    // A chunk of its own is refused too.
    if (strcmp(how, "memory") == 0) {
        CHECK(_PyJitArena_Alloc((size_t)2 << 20, &reason) == NULL);
        puts(reason);
    }
}

static void *
put(uint32_t value)
{
    unsigned char code[64];
    const char *reason = NULL;
    void *at = _PyJitArena_Alloc(sizeof(code), &reason);
    CHECK(at != NULL);
    write_function(code, sizeof(code), value);
    CHECK(_PyJitArena_Write(at, code, sizeof(code), &reason) == 0);
    return at;
}

/* After a fork neither process sees what the other writes, in free room or over what it has given back. */
static void
forked(void)
{
    int there[2], back[2];
    char byte = 0;
    start();
    void *first = put(1), *second = put(2);
    CHECK(pipe(there) == 0 && pipe(back) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        void *mine = put(3);
        CHECK(write(back[1], "x", 1) == 1 && read(there[0], &byte, 1) == 1);
        CHECK(call(first) == 1 && call(second) == 2 && call(mine) == 3);
        check_protection();
        _PyJitArena_Free(first, 64);
        CHECK(put(4) == first && call(first) == 4 && call(second) == 2);
        exit(0);
    }
    CHECK(read(back[0], &byte, 1) == 1);
    _PyJitArena_Free(second, 64);
    CHECK(put(5) == second);
    void *mine = put(6);
    CHECK(call(first) == 1 && call(second) == 5 && call(mine) == 6);
    CHECK(write(there[1], "x", 1) == 1);
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(call(first) == 1 && call(second) == 5 && call(mine) == 6);
    check_protection();
    _PyJitArena_Fini();
    CHECK(_PyJitArena_Bytes() == 0);
}

int
main(int argc, char **argv)
{
    CHECK(argc == 2);
    if (strcmp(argv[1], "stress") == 0) {
        stress();
    }
    else if (strcmp(argv[1], "packed") == 0) {
        packed();
    }
    else if (strcmp(argv[1], "forked") == 0) {
        forked();
    }
    else if (strcmp(argv[1], "refused-at-start") == 0) {
        refused_at_start();
    }
    else {
        CHECK(strncmp(argv[1], "refused-", 8) == 0);
        refused_later(argv[1] + 8);
    }
    return 0;
}
