/* The C from which every stencil is compiled (Tools/jit/build.py; InternalDocs/stencils.md).
 *
 * Each generated body becomes one function that is called with, and tail-calls the next with, the machine state of
 * compiled code in registers.  What is known only when a trace is compiled is a *hole*: a symbol nobody defines, whose
 * relocation the emitter applies.  The body macros are explained in Python/jit/body_macros.h.
 */

/* Declared before any header that calls them, so that the compiler takes every path to them for unlikely: the end of an
 * object, pending signals, the recursion limit. */
struct _object;
struct _ts;
extern void _Py_Dealloc(struct _object *) __attribute__((cold, visibility("default")));
extern int _Py_HandlePending(struct _ts *) __attribute__((cold, visibility("default")));
extern int _Py_CheckRecursiveCallPy(struct _ts *) __attribute__((cold, visibility("default")));

#include "jit/body_macros.h"

#define JIT_ABI __attribute__((preserve_none))
#define JIT_CODE(NAME) JIT_ABI _PyJitResult NAME(JIT_STATE_PARAMS)

typedef JIT_CODE((*jit_code));

/* --- Holes ------------------------------------------------------------------------------------------------ */

/* Read through assembly, because only the assembler can be told the size and the relocation.  The value is 64 bits wide
 * and known to be a small positive one, so that no sign extension follows where it is used as an index. */
#if defined(__x86_64__) || defined(_M_X64)
#  define JIT_HOLE32(NAME) \
    __extension__({ \
        uint64_t jit_hole; \
        __asm__("movl $" #NAME ", %k0" : "=r"(jit_hole)); \
        __builtin_assume(jit_hole <= 0xffffffffu); \
        (uint32_t)jit_hole; \
    })
#  define JIT_HOLE31(NAME) \
    __extension__({ \
        uint64_t jit_hole; \
        __asm__("movl $" #NAME ", %k0" : "=r"(jit_hole)); \
        __builtin_assume(jit_hole <= 0x7fffffffu); \
        (int)jit_hole; \
    })
#  define JIT_HOLE64(NAME) \
    __extension__({ \
        uint64_t jit_hole; \
        __asm__("movabsq $" #NAME ", %0" : "=r"(jit_hole)); \
        jit_hole; \
    })
#elif defined(__aarch64__) || defined(_M_ARM64)
#  define JIT_HOLE64(NAME) \
    __extension__({ \
        uint64_t jit_hole; \
        __asm__("movz %0, #:abs_g0_nc:" #NAME "\n\tmovk %0, #:abs_g1_nc:" #NAME "\n\t" \
                "movk %0, #:abs_g2_nc:" #NAME "\n\tmovk %0, #:abs_g3:" #NAME : "=r"(jit_hole)); \
        jit_hole; \
    })
#  define JIT_HOLE32(NAME) \
    __extension__({ \
        uint64_t jit_hole; \
        __asm__("movz %w0, #:abs_g0_nc:" #NAME "\n\tmovk %w0, #:abs_g1:" #NAME : "=r"(jit_hole)); \
        __builtin_assume(jit_hole <= 0xffffffffu); \
        (uint32_t)jit_hole; \
    })
#  define JIT_HOLE31(NAME) ((int)JIT_HOLE32(NAME))
#else
#  error "no holes for this architecture"
#endif

#define JIT_HOLE_PTR(TYPE, NAME) ((TYPE *)(uintptr_t)JIT_HOLE64(NAME))

#define JIT_OPARG JIT_HOLE31(_JIT_OPARG)
#define JIT_THIS_INSTR JIT_HOLE_PTR(_Py_CODEUNIT, _JIT_THIS_INSTR)
#define JIT_CACHE_U16(K) ((uint16_t)JIT_HOLE32(_JIT_CACHE16_##K))
#define JIT_CACHE_U32(K) JIT_HOLE32(_JIT_CACHE32_##K)
#define JIT_CACHE_OBJ(K) JIT_HOLE_PTR(PyObject, _JIT_CACHE64_##K)
#define JIT_CACHE_PTR(K) JIT_HOLE_PTR(_Py_CODEUNIT, _JIT_CACHE_PTR_##K)
#define JIT_EXPECTED_IP JIT_HOLE_PTR(_Py_CODEUNIT, _JIT_EXPECTED_IP)
#define JIT_EXECUTOR JIT_HOLE_PTR(_PyExecutorObject, _JIT_EXECUTOR)

/* --- Ways on ------------------------------------------------------------------------------------------------ */

extern JIT_CODE(_JIT_CONTINUE);
extern JIT_CODE(_JIT_LOOP);
/* Cold, so that the compiler lays out what leads to them after everything else. */
extern JIT_CODE(_JIT_DEOPT) __attribute__((cold));
extern JIT_CODE(_JIT_SIDE_EXIT) __attribute__((cold));
extern JIT_CODE(_JIT_ERROR) __attribute__((cold));
extern JIT_CODE(_JIT_UNWIND) __attribute__((cold));
/* Laid down once; never inlined into the traces' own stubs. */
extern JIT_CODE(_JIT_SHARED_static_exit) __attribute__((noinline));
extern JIT_CODE(_JIT_SHARED_dynamic_exit) __attribute__((noinline));
extern JIT_CODE(_JIT_SHARED_error) __attribute__((noinline));
extern JIT_CODE(_JIT_SHARED_unwind) __attribute__((noinline));

/* A value of no meaning that costs no instruction. */
#define JIT_ANY(TYPE) \
    __extension__({ \
        TYPE jit_any; \
        __asm__ volatile("" : "=r"(jit_any)); \
        jit_any; \
    })

#define JIT_TAIL(TARGET, IP, AUX) \
    do { \
        __attribute__((musttail)) return TARGET(frame, stack_pointer, tstate, (IP), (AUX)); \
    } while (0)

/* Most instructions leave next_instr alone: nobody looks at it after them, and nothing is spent on it. */
enum { jit_sets_ip = 1 };

#define JIT_NEXT() \
    do { \
        if (jit_sets_ip) { \
            JIT_TAIL(_JIT_CONTINUE, next_instr, JIT_ANY(void *)); \
        } \
        JIT_TAIL(_JIT_CONTINUE, JIT_ANY(_Py_CODEUNIT *), JIT_ANY(void *)); \
    } while (0)
#define JIT_LOOP() JIT_TAIL(_JIT_LOOP, JIT_ANY(_Py_CODEUNIT *), JIT_ANY(void *))
#define JIT_DEOPT() JIT_TAIL(_JIT_DEOPT, JIT_ANY(_Py_CODEUNIT *), JIT_ANY(void *))
#define JIT_SIDE_EXIT() JIT_TAIL(_JIT_SIDE_EXIT, next_instr, JIT_ANY(void *))
#define JIT_ERROR() JIT_TAIL(_JIT_ERROR, next_instr, JIT_ANY(void *))
#define JIT_UNWIND() JIT_TAIL(_JIT_UNWIND, JIT_ANY(_Py_CODEUNIT *), JIT_ANY(void *))

enum {
#define X(NAME, SIZE, FLAGS, BASE) JIT_SETS_IP_##NAME = ((FLAGS) & (JIT_INST_JUMPS | JIT_INST_FRAME)) != 0,
    JIT_INSTRUCTIONS(X)
#undef X
};

#define JIT_PROLOGUE(NAME, SIZE, SAVES_IP) \
    enum { jit_sets_ip = JIT_SETS_IP_##NAME }; \
    (void)aux; \
    JIT_BODY_PROLOGUE(SIZE, SAVES_IP)

#define JIT_OPAQUE(NAME, SIZE) JIT_CODE(_JIT_OP_##NAME)
#define JIT_TRACE_OP(NAME) JIT_CODE(_JIT_TRACE_##NAME)

#include "jit_opaque_cases.c.h"

/* --- Code every trace ends with ---------------------------------------------------------------------------- */

/* An exit of a trace: says which one it is and goes to the shared code. */
JIT_CODE(_JIT_STUB_static_exit)
{
    JIT_TAIL(_JIT_SHARED_static_exit, JIT_ANY(_Py_CODEUNIT *), JIT_HOLE_PTR(void, _JIT_EXIT));
}

JIT_CODE(_JIT_STUB_dynamic_exit)
{
    JIT_TAIL(_JIT_SHARED_dynamic_exit, next_instr, JIT_HOLE_PTR(void, _JIT_EXIT));
}

JIT_CODE(_JIT_STUB_error)
{
    JIT_TAIL(_JIT_SHARED_error, next_instr, JIT_HOLE_PTR(void, _JIT_EXECUTOR));
}

JIT_CODE(_JIT_STUB_unwind)
{
    JIT_TAIL(_JIT_SHARED_unwind, next_instr, JIT_HOLE_PTR(void, _JIT_EXECUTOR));
}

/* --- Code there is once -------------------------------------------------------------------------------------- */

/* From C into a trace: _PyJit_Enter. */
_PyJitResult
_JIT_SHARED_entry(_PyInterpreterFrame *frame, PyObject **stack_pointer, PyThreadState *tstate,
                  _PyExecutorObject *executor)
{
    jit_code code = (jit_code)executor->code;
    return code(frame, stack_pointer, tstate, JIT_ANY(_Py_CODEUNIT *), executor);
}

/* The trace that is left does not run any more; where it leads to begins with START, which marks that one. */
JIT_CODE(_JIT_SHARED_static_exit)
{
    _PyJitExit *exit = (_PyJitExit *)aux;
    exit->owner->running--;
    next_instr = exit->target;
    if (__builtin_expect(exit->links != NULL, 1)) {
        JIT_TAIL(((jit_code)exit->links->code), next_instr, JIT_ANY(void *));
    }
    return _PyJit_ColdExit(frame, stack_pointer, tstate, next_instr, exit);
}

JIT_CODE(_JIT_SHARED_dynamic_exit)
{
    _PyJitExit *exit = (_PyJitExit *)aux;
    exit->owner->running--;
    for (_PyJitLink *link = exit->links; link != NULL; link = link->next) {
        if (link->ip == next_instr) {
            JIT_TAIL(((jit_code)link->code), next_instr, JIT_ANY(void *));
        }
    }
    return _PyJit_ColdExit(frame, stack_pointer, tstate, next_instr, exit);
}

JIT_CODE(_JIT_SHARED_error)
{
    (void)tstate;
    ((_PyExecutorObject *)aux)->running--;
    _PyFrame_SetStackPointer(frame, stack_pointer);
    return JIT_RESULT(JIT_STATUS_ERROR, next_instr);
}

/* The new frame's stack pointer is in it already. */
JIT_CODE(_JIT_SHARED_unwind)
{
    (void)tstate;
    (void)stack_pointer;
    (void)next_instr;
    ((_PyExecutorObject *)aux)->running--;
    return JIT_RESULT(JIT_STATUS_UNWIND, frame->instr_ptr);
}
