/* The C from which every stencil is compiled (Tools/jit/build.py; InternalDocs/stencils.md).
 *
 * Each generated body becomes one function that is called with, and tail-calls the next with, the machine state of
 * compiled code in registers.  What is known only when a trace is compiled is a *hole*: a symbol nobody defines, whose
 * relocation the emitter applies.  The body macros are explained in Include/internal/pycore_jit_bodies.h.
 */

/* Declared before any header that calls them, so that the compiler takes every path to them for unlikely: the end of an
 * object, pending signals, the recursion limit. */
struct _object;
struct _ts;
extern void _Py_Dealloc(struct _object *) __attribute__((cold, visibility("default")));
extern int _Py_HandlePending(struct _ts *) __attribute__((cold, visibility("default")));
extern int _Py_CheckRecursiveCallPy(struct _ts *) __attribute__((cold, visibility("default")));

#include "pycore_jit_bodies.h"
#include "jit/machine/machine.h"

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
extern JIT_CODE(_JIT_HEAD);
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
#define X(NAME, SIZE, UOPS, FLAGS, BASE) JIT_SETS_IP_##NAME = ((FLAGS) & (JIT_INST_JUMPS | JIT_INST_FRAME)) != 0,
    JIT_INSTRUCTIONS(X)
#undef X
};

#define JIT_PROLOGUE(NAME, SIZE, SAVES_IP) \
    enum { jit_sets_ip = JIT_SETS_IP_##NAME }; \
    (void)aux; \
    JIT_BODY_PROLOGUE(SIZE, SAVES_IP)

#define JIT_OPAQUE(NAME, SIZE) JIT_CODE(_JIT_OP_##NAME)

#define JIT_OPAQUE_ONLY
#include "jit_opaque_cases.c.h"

/* --- Operations with operands in registers ---------------------------------------------------------------- */

/* The banks follow the machine state.  With clang's preserve_none on x86-64: rsi, rdx, rcx, r8, r9, r11; xmm0 to xmm7.  What
 * is left for the operations themselves: rax, rbx, rdi, r10, xmm8 and up. */
#define JIT_BANK_PARAMS \
    uint64_t g0, uint64_t g1, uint64_t g2, uint64_t g3, uint64_t g4, uint64_t g5, \
    double f0, double f1, double f2, double f3, double f4, double f5, double f6, double f7
#define JIT_BANK g0, g1, g2, g3, g4, g5, f0, f1, f2, f3, f4, f5, f6, f7
#define JIT_BANK_CODE(NAME) JIT_ABI _PyJitResult NAME(JIT_STATE_PARAMS, JIT_BANK_PARAMS)

typedef JIT_BANK_CODE((*jit_bank_code));

#define JIT_BANK_TAIL(TARGET, IP, AUX) \
    do { \
        __attribute__((musttail)) return ((jit_bank_code)(void *)TARGET)(frame, stack_pointer, tstate, (IP), (AUX), JIT_BANK); \
    } while (0)

#define JIT_ANY_FLOAT \
    __extension__({ \
        double jit_any; \
        __asm__ volatile("" : "=x"(jit_any)); \
        jit_any; \
    })

/* Cells: 64-bit words on the machine stack, made by the entry shim.  A stencil that names one has no frame of its own, so the
 * stack pointer is what it was when the trace was entered, and the first cell stands behind the return address. */
#if defined(__x86_64__) || defined(_M_X64)
#  define JIT_LOAD_CELL(V, CELL) __asm__ volatile("movq " #CELL "(%%rsp), %0" : "=r"(V) : : "memory")
#  define JIT_STORE_CELL(CELL, V) __asm__ volatile("movq %0, " #CELL "(%%rsp)" : : "r"(V) : "memory")
#  define JIT_LOAD_CELL_FLOAT(V, CELL) __asm__ volatile("movsd " #CELL "(%%rsp), %0" : "=x"(V) : : "memory")
#  define JIT_STORE_CELL_FLOAT(CELL, V) __asm__ volatile("movsd %0, " #CELL "(%%rsp)" : : "x"(V) : "memory")
/* The cells in a function that has a frame: its address, the saved frame pointer, the return address. */
#  define JIT_CELLS ((uint64_t *)__builtin_frame_address(0) + 2)
#else
#  error "no cells for this architecture"
#endif

/* A constant operand stands in the pool behind the trace. */
extern const uint64_t _JIT_POOL __attribute__((visibility("hidden")));
#define JIT_POOL_GENERAL _JIT_POOL
#define JIT_POOL_FLOAT (*(const double *)&_JIT_POOL)

/* JIT_OPERAND_<I>, JIT_DESTINATION, JIT_EXIT_IP, JIT_CALLS and JIT_CALLS_EXIT are defined before each variant. */
#define JIT_ARG_OBJECT(I) ((PyObject *)(uintptr_t)JIT_OPERAND_##I)
#define JIT_ARG_INT(I) JIT_ARG_OBJECT(I)
#define JIT_ARG_FLOAT(I) JIT_ARG_OBJECT(I)
#define JIT_ARG_BOOL(I) JIT_ARG_OBJECT(I)
#define JIT_ARG_I64(I) ((int64_t)JIT_OPERAND_##I)
#define JIT_ARG_F64(I) JIT_OPERAND_##I
#define JIT_RESULT_OBJECT(R) (JIT_DESTINATION = (uint64_t)(uintptr_t)(R))
#define JIT_RESULT_INT(R) JIT_RESULT_OBJECT(R)
#define JIT_RESULT_FLOAT(R) JIT_RESULT_OBJECT(R)
#define JIT_RESULT_BOOL(R) JIT_RESULT_OBJECT(R)
#define JIT_RESULT_I64(R) (JIT_DESTINATION = (uint64_t)(R))
#define JIT_RESULT_F64(R) (JIT_DESTINATION = (R))
#define JIT_AUX ((uint32_t)JIT_HOLE31(_JIT_AUX))

/* JIT_CALLS: after a call nothing is in registers but the result, and nothing is spent on keeping it there. */
#define JIT_NO_CALL ((void)0)
#define JIT_AFTER_CALL \
    do { \
        g0 = JIT_ANY(uint64_t); \
        g1 = JIT_ANY(uint64_t); \
        g2 = JIT_ANY(uint64_t); \
        g3 = JIT_ANY(uint64_t); \
        g4 = JIT_ANY(uint64_t); \
        g5 = JIT_ANY(uint64_t); \
        f0 = JIT_ANY_FLOAT; \
        f1 = JIT_ANY_FLOAT; \
        f2 = JIT_ANY_FLOAT; \
        f3 = JIT_ANY_FLOAT; \
        f4 = JIT_ANY_FLOAT; \
        f5 = JIT_ANY_FLOAT; \
        f6 = JIT_ANY_FLOAT; \
        f7 = JIT_ANY_FLOAT; \
    } while (0)
#define JIT_AFTER_CALL_KEEP(TYPE) \
    do { \
        TYPE jit_kept = JIT_DESTINATION; \
        JIT_AFTER_CALL; \
        JIT_DESTINATION = jit_kept; \
    } while (0)

#undef JIT_NEXT
#undef JIT_LOOP
#undef JIT_DEOPT
#undef JIT_SIDE_EXIT
#undef JIT_ERROR
#undef JIT_UNWIND
#define JIT_VARIANT(NAME) JIT_BANK_CODE(_JIT_TRACE_##NAME)
#define JIT_NEXT() \
    do { \
        JIT_CALLS; \
        JIT_BANK_TAIL(_JIT_CONTINUE, JIT_ANY(_Py_CODEUNIT *), JIT_ANY(void *)); \
    } while (0)
#define JIT_LOOP() JIT_BANK_TAIL(_JIT_LOOP, JIT_ANY(_Py_CODEUNIT *), JIT_ANY(void *))
#define JIT_LEAVE(RESULT) return (RESULT)
#define JIT_TO_HEAD() JIT_BANK_TAIL(_JIT_HEAD, JIT_ANY(_Py_CODEUNIT *), JIT_ANY(void *))
#define JIT_SIDE_EXIT() \
    do { \
        JIT_CALLS_EXIT; \
        JIT_BANK_TAIL(_JIT_SIDE_EXIT, JIT_EXIT_IP, JIT_ANY(void *)); \
    } while (0)

/* Written by Tools/jit/stencils/variants.py. */
#include "jit_variants.c.h"

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

/* An exit with values in registers: `aux` is its record, in the pool behind the trace.  `entry` is a side trace made for it,
 * which finds them where they are, or the shared code. */
extern const _PyJitValueExit _JIT_RECORD __attribute__((visibility("hidden")));

JIT_BANK_CODE(_JIT_STUB_value_exit)
{
    const _PyJitValueExit *record = &_JIT_RECORD;
    __asm__("" : "+r"(record));       // one address, not two
    JIT_BANK_TAIL(record->exit->entry, JIT_ANY(_Py_CODEUNIT *), (void *)record);
}

/* --- Code there is once -------------------------------------------------------------------------------------- */

/* The cells are arguments nobody gives a value: more than fit in registers, so the ABI says where they are. */
#define JIT_8_TIMES(X) X, X, X, X, X, X, X, X
#define JIT_CELL_TYPES JIT_8_TIMES(JIT_8_TIMES(uint64_t)), JIT_8_TIMES(JIT_8_TIMES(uint64_t))
#define JIT_NO_VALUES JIT_8_TIMES(JIT_8_TIMES(jit_none)), JIT_8_TIMES(JIT_8_TIMES(jit_none))
_Static_assert(JIT_CELL_COUNT == 128, "as many cells as JIT_CELL_TYPES has types");

typedef JIT_ABI _PyJitResult (*jit_entry_code)(
    JIT_STATE_PARAMS, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, JIT_CELL_TYPES);

/* From C into a trace: _PyJit_Enter. */
_PyJitResult
_JIT_SHARED_entry(_PyInterpreterFrame *frame, PyObject **stack_pointer, PyThreadState *tstate,
                  _PyExecutorObject *executor)
{
    jit_entry_code code = (jit_entry_code)executor->code;
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wuninitialized"
    uint64_t jit_none;
    return code(frame, stack_pointer, tstate, JIT_ANY(_Py_CODEUNIT *), executor,
                jit_none, jit_none, jit_none, jit_none, jit_none, jit_none, jit_none, JIT_NO_VALUES);
#pragma clang diagnostic pop
}

/* The trace that is left does not run any more; where it leads to begins with START, which marks that one. */
JIT_CODE(_JIT_SHARED_static_exit)
{
    _PyJitExit *exit = (_PyJitExit *)aux;
    exit->owner->anchor->running--;
    next_instr = exit->target;
    if (__builtin_expect(exit->links != NULL, 1)) {
        JIT_TAIL(((jit_code)exit->links->code), next_instr, JIT_ANY(void *));
    }
    return _PyJit_ColdExit(frame, stack_pointer, tstate, next_instr, exit);
}

/* Registers go to the first cells, each to its own; where a value of the snapshot is, the record says. */
JIT_BANK_CODE(_JIT_SHARED_value_exit)
{
    const _PyJitValueExit *record = (const _PyJitValueExit *)aux;
    uint64_t *cells = JIT_CELLS;
    uint64_t general[] = {g0, g1, g2, g3, g4, g5};
    double floats[] = {f0, f1, f2, f3, f4, f5, f6, f7};
    _Static_assert(sizeof(general) / 8 == JIT_GENERAL_REGS && sizeof(floats) / 8 == JIT_FLOAT_REGS, "the banks");
    memcpy(cells, general, sizeof(general));
    memcpy(cells + JIT_GENERAL_REGS, floats, sizeof(floats));
    stack_pointer = _PyJit_LeaveValues(tstate, frame, record, cells);
    frame = tstate->current_frame;
    _PyJitExit *exit = record->exit;
    exit->owner->anchor->running--;
    next_instr = exit->target;
    if (__builtin_expect(exit->links != NULL, 1)) {
        JIT_AFTER_CALL;
        JIT_BANK_TAIL(exit->links->code, next_instr, JIT_ANY(void *));
    }
    return _PyJit_ColdExit(frame, stack_pointer, tstate, next_instr, exit);
}

JIT_CODE(_JIT_SHARED_dynamic_exit)
{
    _PyJitExit *exit = (_PyJitExit *)aux;
    exit->owner->anchor->running--;
    for (_PyJitLink *link = exit->links; link != NULL; link = link->next) {
        if (link->ip == next_instr) {
            JIT_TAIL(((jit_code)link->code), next_instr, JIT_ANY(void *));
        }
    }
    _PyExecutorObject *there = _PyJitExit_ExecutorAt(exit, frame, next_instr);
    if (there != NULL) {
        JIT_TAIL(((jit_code)there->code), next_instr, JIT_ANY(void *));
    }
    return _PyJit_ColdExit(frame, stack_pointer, tstate, next_instr, exit);
}

JIT_CODE(_JIT_SHARED_error)
{
    (void)tstate;
    ((_PyExecutorObject *)aux)->anchor->running--;
    _PyFrame_SetStackPointer(frame, stack_pointer);
    return JIT_RESULT(JIT_STATUS_ERROR, next_instr);
}

/* The new frame's stack pointer is in it already. */
JIT_CODE(_JIT_SHARED_unwind)
{
    (void)tstate;
    (void)stack_pointer;
    (void)next_instr;
    ((_PyExecutorObject *)aux)->anchor->running--;
    return JIT_RESULT(JIT_STATUS_UNWIND, frame->instr_ptr);
}
