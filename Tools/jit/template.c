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
extern JIT_CODE(_JIT_SHARED_raised_exit) __attribute__((noinline));
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

/* JIT_OPERAND_<I>, JIT_DESTINATION, JIT_EXIT_IP, JIT_NEXT_IP, JIT_CALLS and JIT_CALLS_EXIT are defined before each variant. */
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

/* Compared with what is in memory, and as a displacement, a hole needs no register.  Slots: _JIT_SLOT is their displacement. */
#if defined(__x86_64__) || defined(_M_X64)
#  define JIT_IS_NOT_AUX(V) \
    __extension__({ \
        __label__ jit_differs, jit_compared; \
        bool jit_is_other = false; \
        __asm__ goto("cmpl $_JIT_AUX, %0\n\tjne %l[jit_differs]" : : "m"(V) : "cc" : jit_differs); \
        goto jit_compared; \
    jit_differs: \
        jit_is_other = true; \
    jit_compared: \
        jit_is_other; \
    })
#  define JIT_READ_SLOT() \
    __extension__({ \
        PyObject *jit_slot; \
        __asm__ volatile("movq _JIT_SLOT(%1), %0" : "=r"(jit_slot) : "r"(frame) : "memory"); \
        jit_slot; \
    })
#  define JIT_WRITE_SLOT(V) __asm__ volatile("movq %0, _JIT_SLOT(%1)" : : "r"(V), "r"(frame) : "memory")
#  define JIT_SLOT_ADDRESS() \
    __extension__({ \
        PyObject **jit_slot; \
        __asm__("leaq _JIT_SLOT(%1), %0" : "=r"(jit_slot) : "r"(frame)); \
        jit_slot; \
    })
#else
#  error "no slots for this architecture"
#endif

/* --- Called code --------------------------------------------------------------------------------------------
 *
 * What many operations do in the same words is laid down once, and called.  Such code has the machine state and the banks for parameters and
 * hands them on to _JIT_SHARED_return, so the compiler itself sees to it that all of them are what they were.  Two values more go
 * either way: `aux` (rdi) and the one behind the banks (rax).  What it may change besides are the registers that are left for
 * operations.  asm.py makes returns of the jumps to _JIT_SHARED_return. */
#define JIT_CALLED_AS(NAME) JIT_ABI _PyJitResult NAME(JIT_STATE_PARAMS, JIT_BANK_PARAMS, uint64_t second)
#ifdef NDEBUG
#  define JIT_CALLED_CODE(NAME) JIT_CALLED_AS(_JIT_CALLED_##NAME)
#else
#  define JIT_CALLED_CODE(NAME) __attribute__((force_align_arg_pointer)) JIT_CALLED_AS(_JIT_CALLED_##NAME)
#endif

extern JIT_CALLED_AS(_JIT_SHARED_return);

#define JIT_GO_ON_IN(CODE, FIRST, SECOND) \
    do { \
        __attribute__((musttail)) return CODE(frame, stack_pointer, tstate, next_instr, \
                                              (void *)(uintptr_t)(FIRST), JIT_BANK, (uint64_t)(SECOND)); \
    } while (0)
#define JIT_RETURN(FIRST, SECOND) JIT_GO_ON_IN(_JIT_SHARED_return, FIRST, SECOND)

/* FIRST and SECOND: variables of 64 bits, read and written.  Code that calls C aligns the stack for itself; with assertions all of it may. */
#if defined(__x86_64__) || defined(_M_X64)
#  define JIT_CALL(NAME, FIRST, SECOND) \
    do { \
        register _PyInterpreterFrame *jit_frame __asm__("r12") = frame; \
        register PyObject **jit_sp __asm__("r13") = stack_pointer; \
        register PyThreadState *jit_tstate __asm__("r14") = tstate; \
        __asm__ volatile("call _JIT_CALLED_" #NAME : "+r"(jit_frame), "+r"(jit_sp), "+D"(FIRST), "+a"(SECOND) : "r"(jit_tstate) \
                         : "rbx", "r10", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc", "memory"); \
        frame = jit_frame; \
        stack_pointer = jit_sp; \
    } while (0)
#else
#  error "no calls for this architecture"
#endif

/* One question or step with one operand. */
#define JIT_ASK(NAME, OPERAND) \
    __extension__({ \
        uint64_t jit_first = (uint64_t)(uintptr_t)(OPERAND), jit_second = JIT_ANY(uint64_t); \
        JIT_CALL(NAME, jit_first, jit_second); \
        jit_first; \
    })

JIT_CALLED_CODE(is_plain)
{
    JIT_RETURN(_PyJit_IsPlain((PyObject *)aux), second);
}

JIT_CALLED_CODE(large_value)
{
    int64_t value = 0;
    bool fits = _PyJit_LargeValue((PyObject *)aux, &value);
    JIT_RETURN(value, fits);
}

JIT_CALLED_CODE(can_leave)
{
    JIT_RETURN(_PyJit_CanLeave(frame), second);
}

JIT_CALLED_CODE(is_suspended_at)
{
    JIT_RETURN(_PyJit_IsSuspendedAt((PyGenObject *)aux, (_Py_CODEUNIT *)second), second);
}

JIT_CALLED_CODE(push_frame)
{
    frame = _PyJit_PushFrame(tstate, frame, stack_pointer, (PyObject *)aux);
    stack_pointer = _PyFrame_GetStackPointer(frame);
    JIT_RETURN(aux, second);
}

JIT_CALLED_CODE(push_shim)
{
    frame = _PyJit_PushShim(tstate, frame, stack_pointer, (PyObject *)aux);
    stack_pointer = _PyFrame_GetStackPointer(frame);
    JIT_RETURN(aux, second);
}

/* The banks are saved around the call. */
__attribute__((noinline, force_align_arg_pointer)) JIT_CALLED_AS(_JIT_CALLED_dealloc_in_c)
{
    _Py_Dealloc((PyObject *)aux);
    JIT_RETURN(aux, second);
}

__attribute__((noinline, force_align_arg_pointer)) JIT_CALLED_AS(_JIT_CALLED_drop_frame_object)
{
    JIT_RETURN(_PyJit_DropFrameObject(frame), second);
}

/* What _Py_Dealloc does; for a float that goes to the free list no register is needed. */
JIT_CALLED_CODE(dealloc)
{
#ifdef WITH_FREELISTS
    // The list is linked through the field of the type.  A negative length says that it is closed.
    PyObject *ended = (PyObject *)aux;
    struct _Py_float_freelist *list = &tstate->interp->object_state.freelists.floats;
    bool has_room = (unsigned int)list->numfree < PyFloat_MAXFREELIST;
    if (PyFloat_CheckExact(ended) && has_room && _PyRuntime.ref_tracer.tracer_func == NULL) {
        PyFloatObject *next = list->items;
        list->items = (PyFloatObject *)ended;
        ended->ob_type = (PyTypeObject *)next;
        list->numfree += 1;
        JIT_RETURN(aux, second);
    }
#endif
    JIT_GO_ON_IN(_JIT_CALLED_dealloc_in_c, aux, second);
}

#define JIT_IS_PLAIN(V) ((uint8_t)JIT_ASK(is_plain, (V)) != 0)
#define JIT_LARGE_VALUE(O, RESULT) \
    __extension__({ \
        uint64_t jit_first = (uint64_t)(uintptr_t)(O), jit_second = JIT_ANY(uint64_t); \
        JIT_CALL(large_value, jit_first, jit_second); \
        *(RESULT) = (int64_t)jit_first; \
        (uint8_t)jit_second != 0; \
    })
#define JIT_IS_UNSEEN() (__builtin_expect(frame->frame_obj == NULL, 1) || (uint8_t)JIT_ASK(drop_frame_object, frame) != 0)
#define JIT_CAN_LEAVE() ((uint8_t)JIT_ASK(can_leave, frame) != 0)
#define JIT_IS_SUSPENDED_AT(G, PLACE) \
    __extension__({ \
        uint64_t jit_first = (uint64_t)(uintptr_t)(G), jit_second = (uint64_t)(uintptr_t)(PLACE); \
        JIT_CALL(is_suspended_at, jit_first, jit_second); \
        (uint8_t)jit_first != 0; \
    })
#define JIT_PUSH_FRAME(F) ((void)JIT_ASK(push_frame, (F)))
#define JIT_PUSH_SHIM(CODE) ((void)JIT_ASK(push_shim, (CODE)))

#ifndef Py_REF_DEBUG
#  undef Py_DECREF
#  undef Py_XDECREF
#  define Py_DECREF(O) \
    do { \
        PyObject *jit_ended = (PyObject *)(O); \
        if (!_Py_IsImmortal(jit_ended) && __builtin_expect(--jit_ended->ob_refcnt == 0, 0)) { \
            uint64_t jit_first = (uint64_t)(uintptr_t)jit_ended, jit_second = JIT_ANY(uint64_t); \
            JIT_CALL(dealloc, jit_first, jit_second); \
        } \
    } while (0)
#  define Py_XDECREF(O) \
    do { \
        PyObject *jit_dropped = (PyObject *)(O); \
        if (jit_dropped != NULL) { \
            Py_DECREF(jit_dropped); \
        } \
    } while (0)
#endif

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
        JIT_BANK_TAIL(_JIT_CONTINUE, JIT_NEXT_IP, JIT_ANY(void *)); \
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

JIT_CODE(_JIT_STUB_raised_exit)
{
    JIT_TAIL(_JIT_SHARED_raised_exit, next_instr, JIT_HOLE_PTR(void, _JIT_EXIT));
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

/* One of the states of an exit that has several. */
extern JIT_BANK_CODE(_JIT_SHARED_gathered_exit) __attribute__((noinline));

JIT_BANK_CODE(_JIT_STUB_gathered_exit)
{
    const _PyJitValueExit *record = &_JIT_RECORD;
    __asm__("" : "+r"(record));
    JIT_BANK_TAIL(_JIT_SHARED_gathered_exit, JIT_ANY(_Py_CODEUNIT *), (void *)record);
}

/* --- Code there is once -------------------------------------------------------------------------------------- */

/* Where called code goes back by a conditional jump. */
__asm__(".section .text._JIT_SHARED_return,\"ax\",@progbits\n\t.hidden _JIT_SHARED_return\n\t.globl _JIT_SHARED_return\n"
        "_JIT_SHARED_return:\n\tendbr64\n\tretq\n\t.text");

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
    _PyJitExit_Owner(exit)->anchor->running--;
    if (__builtin_expect(exit->links != NULL, 1)) {
        JIT_TAIL(((jit_code)exit->links->code), next_instr, JIT_ANY(void *));
    }
    return _PyJit_ColdExit(frame, stack_pointer, tstate, next_instr, exit);
}

/* Registers go to the first cells, each to its own; where a value of the snapshot is, the record says. */
#define JIT_SAVE_REGISTERS(CELLS) \
    do { \
        uint64_t general[] = {g0, g1, g2, g3, g4, g5}; \
        double floats[] = {f0, f1, f2, f3, f4, f5, f6, f7}; \
        _Static_assert(sizeof(general) / 8 == JIT_GENERAL_REGS && sizeof(floats) / 8 == JIT_FLOAT_REGS, "the banks"); \
        memcpy((CELLS), general, sizeof(general)); \
        memcpy((CELLS) + JIT_GENERAL_REGS, floats, sizeof(floats)); \
    } while (0)

JIT_BANK_CODE(_JIT_SHARED_value_exit)
{
    const _PyJitValueExit *record = (const _PyJitValueExit *)aux;
    _PyJitExit *exit = record->exit;
    if (record->sp != JIT_WRITES) {
        stack_pointer = frame->localsplus + record->sp;
    }
    else {
        uint64_t *cells = JIT_CELLS;
        JIT_SAVE_REGISTERS(cells);
        stack_pointer = _PyJit_RestoreExit(tstate, frame, exit, cells, record->cells);
        frame = tstate->current_frame;
    }
    _PyJitExit_Owner(exit)->anchor->running--;
    if (__builtin_expect(exit->links != NULL, 1)) {
        JIT_AFTER_CALL;
        JIT_BANK_TAIL(exit->links->code, next_instr, JIT_ANY(void *));
    }
    return _PyJit_ColdExit(frame, stack_pointer, tstate, next_instr, exit);
}

/* The same for an exit in one of several states: a side trace that takes its values finds them all in cells, one behind the other. */
JIT_BANK_CODE(_JIT_SHARED_gathered_exit)
{
    const _PyJitValueExit *record = (const _PyJitValueExit *)aux;
    const _PyJitExit *exit = record->exit;
    if (exit->links == NULL || exit->links->code != exit->entry) {
        JIT_BANK_TAIL(_JIT_SHARED_value_exit, JIT_ANY(_Py_CODEUNIT *), aux);
    }
    uint64_t *cells = JIT_CELLS, values[JIT_CELL_COUNT];
    JIT_SAVE_REGISTERS(cells);
    unsigned int count = record->count;
    for (unsigned int i = 0; i < count; i++) {
        values[i] = cells[record->cells[i]];
        __asm__ volatile("" : : : "memory");      // no call of memcpy
    }
    for (unsigned int i = 0; i < count; i++) {
        cells[JIT_REGS + i] = values[i];
        __asm__ volatile("" : : : "memory");
    }
    JIT_BANK_TAIL(exit->entry, JIT_ANY(_Py_CODEUNIT *), JIT_ANY(void *));
}

JIT_CODE(_JIT_SHARED_dynamic_exit)
{
    _PyJitExit *exit = (_PyJitExit *)aux;
    _PyJitExit_Owner(exit)->anchor->running--;
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

/* An instruction raised: the trace is left where it is handled. */
JIT_CODE(_JIT_SHARED_raised_exit)
{
    _PyJitResult caught = _PyJit_Catch(tstate, frame, stack_pointer, next_instr, JIT_ANY_WAY);
    if (JIT_RESULT_STATUS(caught) != JIT_STATUS_DISPATCH) {
        _PyJitExit_Owner((_PyJitExit *)aux)->anchor->running--;
        return caught;
    }
    frame = tstate->current_frame;
    stack_pointer = _PyFrame_GetStackPointer(frame);
    JIT_TAIL(_JIT_SHARED_dynamic_exit, JIT_RESULT_IP(caught), aux);
}

JIT_CODE(_JIT_SHARED_error)
{
    (void)tstate;
    ((_PyExecutorObject *)aux)->anchor->running--;
    _PyFrame_SetStackPointer(frame, stack_pointer);
    return JIT_ERROR_RESULT(next_instr);
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
