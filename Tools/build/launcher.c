/* ./python of the build folder: runs the interpreter of the build tree (Tools/build/launcher.py).
 *
 * It is executed in place of a shell script, which costs a millisecond at each start of python; so does most of an
 * ordinary program, because a C library has to be loaded and started for it.  This one is a single system call, made
 * from the first instruction on, and needs no library. */

#ifndef __x86_64__
#  error "the system call is written for x86-64"
#endif

enum { SYS_WRITE = 1, SYS_EXECVE = 59, SYS_EXIT_GROUP = 231 };

static const char program[] = LAUNCHER_PROGRAM;
static const char complaint[] = LAUNCHER_PROGRAM ": cannot be run: make builds it\n";

static long
system_call(long number, long a, long b, long c)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

/* The stack as the kernel leaves it: the number of arguments, the arguments, NULL, the environment, NULL.
 * The interpreter is called by its own path: it looks for its library beside what it was called by. */
__attribute__((noreturn, used)) static void
launch(long *stack)
{
    const char **arguments = (const char **)(stack + 1);
    const char **environment = arguments + stack[0] + 1;
    arguments[0] = program;
    system_call(SYS_EXECVE, (long)program, (long)arguments, (long)environment);
    system_call(SYS_WRITE, 2, (long)complaint, sizeof(complaint) - 1);
    for (;;) {
        system_call(SYS_EXIT_GROUP, 127, 0, 0);
    }
}

__asm__(".globl _start\n"
        ".type _start, @function\n"
        "_start:\n"
        "    endbr64\n"
        "    xorl %ebp, %ebp\n"
        "    movq %rsp, %rdi\n"
        "    andq $-16, %rsp\n"
        "    call launch\n"
        ".size _start, .-_start\n");
