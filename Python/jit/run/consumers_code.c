/* The code of consumers (consumers.c), and of each the copy that one place of the program runs.
 *
 * It is written by hand, in code units.  The first locals are the operands of the call; then there is what has come of the items so far.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_backoff.h"
#include "pycore_code.h"
#include "pycore_long.h"
#include "pycore_jit_engine.h"
#include "jit/run/run.h"

/* --- Of a generator's items --------------------------------------------------------------------------------------------- */

#define TEST_CODE(KIND, JUMP, AT_END, WHEN_FOUND) { \
    LOAD_FAST, CONSUMER_GENERATOR, \
    FOR_ITER, 8, CACHE, 0,                    /* 1 */ \
    TO_BOOL, 0, CACHE, 0, CACHE, 0, CACHE, 0, \
    (JUMP), 6, CACHE, 0,                      /* 7: one is found */ \
    JUMP_BACKWARD, 10, CACHE, 0, \
    END_FOR, 0,                               /* 11 */ \
    POP_TOP, 0, \
    LOAD_CONST, (AT_END), \
    JUMP_FORWARD, 2, \
    POP_TOP, 0,                               /* 15 */ \
    LOAD_CONST, (WHEN_FOUND), \
    CALL_INTRINSIC_1, JIT_CONTINUATION + (KIND),      /* 17 */ \
    RETURN_VALUE, 0, \
}

static const uint8_t any_code[] = TEST_CODE(JIT_CONSUMER_ANY, POP_JUMP_IF_TRUE, CONSUMER_FALSE, CONSUMER_TRUE);
static const uint8_t all_code[] = TEST_CODE(JIT_CONSUMER_ALL, POP_JUMP_IF_FALSE, CONSUMER_TRUE, CONSUMER_FALSE);

static const uint8_t sum_code[] = {
    LOAD_FAST, CONSUMER_GENERATOR,
    FOR_ITER, 8, CACHE, 0,                    // 1
    COPY, 1,
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_SUM_TOTAL,
    SWAP, 2,
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_SUM_ERROR,
    STORE_FAST, CONSUMER_ERROR,
    STORE_FAST, CONSUMER_RESULT,
    JUMP_BACKWARD, 10, CACHE, 0,
    END_FOR, 0,                               // 11
    POP_TOP, 0,
    LOAD_FAST, CONSUMER_RESULT,
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_CONSUMER_SUM,
    RETURN_VALUE, 0,
};

/* ORDER: COMPARE_OP's oparg, which asks for a truth. */
#define EXTREME_CODE(KIND, ORDER, RESULT) { \
    LOAD_FAST, CONSUMER_GENERATOR, \
    FOR_ITER, 15, CACHE, 0,                   /* 1 */ \
    STORE_FAST, (RESULT), \
    FOR_ITER, 12, CACHE, 0,                   /* 4 */ \
    COPY, 1, \
    LOAD_FAST, (RESULT), \
    COMPARE_OP, (ORDER), CACHE, 0, \
    POP_JUMP_IF_FALSE, 3, CACHE, 0,           /* 10 */ \
    STORE_FAST, (RESULT), \
    JUMP_BACKWARD, 11, CACHE, 0, \
    POP_TOP, 0,                               /* 15 */ \
    JUMP_BACKWARD, 14, CACHE, 0, \
    END_FOR, 0,                               /* 18 */ \
    POP_TOP, 0, \
    LOAD_CONST, CONSUMER_NONE, \
    CALL_INTRINSIC_1, JIT_CONTINUATION + (KIND), \
    RETURN_VALUE, 0, \
}

#define LESS (Py_LT << 5 | 16 | 2)
#define MORE (Py_GT << 5 | 16 | 4)
static const uint8_t min_code[] = EXTREME_CODE(JIT_CONSUMER_MIN, LESS, CONSUMER_RESULT);
static const uint8_t max_code[] = EXTREME_CODE(JIT_CONSUMER_MAX, MORE, CONSUMER_RESULT);
static const uint8_t min_default_code[] = EXTREME_CODE(JIT_CONSUMER_MIN_DEFAULT, LESS, KEYED_RESULT);
static const uint8_t max_default_code[] = EXTREME_CODE(JIT_CONSUMER_MAX_DEFAULT, MORE, KEYED_RESULT);

static const uint8_t next_code[] = {
    LOAD_FAST, CONSUMER_GENERATOR,
    FOR_ITER, 4, CACHE, 0,                    // 1
    SWAP, 2,
    POP_TOP, 0,
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_CONSUMER_NEXT,
    RETURN_VALUE, 0,
    END_FOR, 0,                               // 7
    POP_TOP, 0,
    LOAD_FAST, CONSUMER_DEFAULT,
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_CONSUMER_NEXT,
    RETURN_VALUE, 0,
};

/* Of one that returns the value is StopIteration's. */
#define RESUME_CODE(KIND, GENERATOR, LOAD, SENT) { \
    LOAD_FAST_AND_CLEAR, (GENERATOR),         /* C has one reference to it, too */ \
    (LOAD), (SENT), \
    SEND, 4, CACHE, 0,                        /* 2 */ \
    SWAP, 2, \
    POP_TOP, 0, \
    CALL_INTRINSIC_1, JIT_CONTINUATION + (KIND), \
    RETURN_VALUE, 0, \
    END_SEND, 0,                              /* 8 */ \
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_GENERATOR_RETURNED, \
    RETURN_VALUE, 0, \
}

static const uint8_t next_of_code[] =
    RESUME_CODE(JIT_CONSUMER_NEXT_OF, CONSUMER_GENERATOR, LOAD_CONST, CONSUMER_NONE);
static const uint8_t send_code[] =
    RESUME_CODE(JIT_CONSUMER_SEND, CONSUMER_SELF, LOAD_FAST, CONSUMER_SENT);

#define COLLECT_CODE(KIND, ADD) { \
    LOAD_FAST, CONSUMER_RESULT, \
    LOAD_FAST, CONSUMER_GENERATOR, \
    FOR_ITER, 3, CACHE, 0,                    /* 2 */ \
    (ADD), 2, \
    JUMP_BACKWARD, 5, CACHE, 0, \
    END_FOR, 0,                               /* 7 */ \
    POP_TOP, 0, \
    CALL_INTRINSIC_1, JIT_CONTINUATION + (KIND), \
    RETURN_VALUE, 0, \
}

static const uint8_t list_code[] = COLLECT_CODE(JIT_CONSUMER_LIST, LIST_APPEND);
static const uint8_t tuple_code[] = COLLECT_CODE(JIT_CONSUMER_TUPLE, LIST_APPEND);
static const uint8_t sorted_code[] = COLLECT_CODE(JIT_CONSUMER_SORTED, LIST_APPEND);
static const uint8_t join_code[] = COLLECT_CODE(JIT_CONSUMER_JOIN, LIST_APPEND);
static const uint8_t set_code[] = COLLECT_CODE(JIT_CONSUMER_SET, SET_ADD);

/* --- With a function that says by what items are compared ------------------------------------------------------------------ */

/* The items and their keys are told from each other as C does: of two with equal keys the first one counts. */
#define EXTREME_KEY_CODE(KIND, ORDER) { \
    LOAD_FAST, KEYED_ITEMS, \
    GET_ITER, 0, \
    FOR_ITER, 33, CACHE, 0,                   /* 2 */ \
    LOAD_FAST, KEYED_KEY, \
    PUSH_NULL, 0, \
    COPY, 3, \
    CALL, 1, CACHE, 0, CACHE, 0, CACHE, 0,    /* 7 */ \
    STORE_FAST, KEYED_BEST_KEY, \
    STORE_FAST, KEYED_RESULT, \
    FOR_ITER, 22, CACHE, 0,                   /* 13 */ \
    LOAD_FAST, KEYED_KEY, \
    PUSH_NULL, 0, \
    COPY, 3, \
    CALL, 1, CACHE, 0, CACHE, 0, CACHE, 0,    /* 18 */ \
    COPY, 1, \
    LOAD_FAST, KEYED_BEST_KEY, \
    COMPARE_OP, (ORDER), CACHE, 0, \
    POP_JUMP_IF_FALSE, 4, CACHE, 0,           /* 26 */ \
    STORE_FAST, KEYED_BEST_KEY, \
    STORE_FAST, KEYED_RESULT, \
    JUMP_BACKWARD, 19, CACHE, 0, \
    SWAP, 2,                                  /* 32 */ \
    POP_TOP, 0, \
    POP_TOP, 0, \
    JUMP_BACKWARD, 24, CACHE, 0, \
    END_FOR, 0,                               /* 37 */ \
    POP_TOP, 0, \
    LOAD_CONST, CONSUMER_NONE, \
    STORE_FAST, KEYED_BEST_KEY, \
    LOAD_CONST, CONSUMER_NONE, \
    CALL_INTRINSIC_1, JIT_CONTINUATION + (KIND), \
    RETURN_VALUE, 0, \
}

static const uint8_t min_key_code[] = EXTREME_KEY_CODE(JIT_CONSUMER_MIN_KEY, LESS);
static const uint8_t max_key_code[] = EXTREME_KEY_CODE(JIT_CONSUMER_MAX_KEY, MORE);

/* RESULT is a list of the items already. */
#define SORTED_KEY_CODE(KIND, RESULT, KEYS) { \
    LOAD_FAST, (KEYS), \
    LOAD_FAST, (RESULT), \
    GET_ITER, 0, \
    FOR_ITER, 11, CACHE, 0,                   /* 3 */ \
    LOAD_FAST, KEYED_KEY, \
    SWAP, 2, \
    PUSH_NULL, 0, \
    SWAP, 2, \
    CALL, 1, CACHE, 0, CACHE, 0, CACHE, 0,    /* 9 */ \
    LIST_APPEND, 2, \
    JUMP_BACKWARD, 13, CACHE, 0, \
    END_FOR, 0,                               /* 16 */ \
    POP_TOP, 0, \
    CALL_INTRINSIC_1, JIT_CONTINUATION + (KIND), \
    RETURN_VALUE, 0, \
}

static const uint8_t sorted_key_code[] = SORTED_KEY_CODE(JIT_CONSUMER_SORTED_KEY, KEYED_RESULT, KEYED_KEYS);
static const uint8_t sorted_reverse_code[] = SORTED_KEY_CODE(JIT_CONSUMER_SORTED_REVERSE, KEYED_RESULT + 1, KEYED_KEYS + 1);

/* --- One step of map() and filter(), and of an object with `__next__` ----------------------------------------------------------- */

/* They stand on the stack of the frame below.  Where it is said that nothing is left, or the function raises StopIteration, that goes on
 * behind its loop. */
static const uint8_t map_code[] = {
    LOAD_CONST, CONSUMER_NONE,
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_STEP_ITERATOR,
    FOR_ITER, 12, CACHE, 0,                   // 2
    STORE_FAST, STEP_ITEM,
    POP_TOP, 0,
    LOAD_CONST, CONSUMER_NONE,                // 6
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_STEP_FUNCTION,
    PUSH_NULL, 0,
    LOAD_FAST, STEP_ITEM,
    CALL, 1, CACHE, 0, CACHE, 0, CACHE, 0,    // 10
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_STEP_MAP,
    RETURN_VALUE, 0,
    END_FOR, 0,                               // 16
    POP_TOP, 0,
    LOAD_CONST, CONSUMER_NONE,
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_STEP_END,
    RETURN_VALUE, 0,
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_STEP_FAILED,         // 21
    RETURN_VALUE, 0,
};
/* An exception of the 8 code units from 6 on leads to 21. */
static const uint8_t map_handlers[] = {128 | 6, 8, 21, 0};

static const uint8_t filter_code[] = {
    LOAD_CONST, CONSUMER_NONE,
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_STEP_ITERATOR,
    FOR_ITER, 23, CACHE, 0,                   // 2
    STORE_FAST, STEP_ITEM,
    POP_TOP, 0,
    LOAD_CONST, CONSUMER_NONE,                // 6
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_STEP_FUNCTION,
    PUSH_NULL, 0,
    LOAD_FAST, STEP_ITEM,
    CALL, 1, CACHE, 0, CACHE, 0, CACHE, 0,    // 10
    TO_BOOL, 0, CACHE, 0, CACHE, 0, CACHE, 0, // 14
    POP_JUMP_IF_FALSE, 3, CACHE, 0,           // 18
    LOAD_FAST, STEP_ITEM,
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_STEP_FILTER,
    RETURN_VALUE, 0,
    LOAD_FAST_AND_CLEAR, STEP_ITEM,           // 23
    POP_TOP, 0,
    JUMP_BACKWARD, 27, CACHE, 0,
    END_FOR, 0,                               // 27
    POP_TOP, 0,
    LOAD_CONST, CONSUMER_NONE,
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_STEP_END,
    RETURN_VALUE, 0,
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_STEP_FAILED,         // 32
    RETURN_VALUE, 0,
};
static const uint8_t filter_handlers[] = {128 | 6, 12, 32, 0};

static const uint8_t step_next_code[] = {
    LOAD_CONST, CONSUMER_NONE,
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_STEP_FUNCTION,
    PUSH_NULL, 0,
    LOAD_CONST, CONSUMER_NONE,
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_STEP_ITERATOR,
    CALL, 1, CACHE, 0, CACHE, 0, CACHE, 0,    // 5
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_STEP_NEXT,
    RETURN_VALUE, 0,
    CALL_INTRINSIC_1, JIT_CONTINUATION + JIT_STEP_FAILED,         // 11
    RETURN_VALUE, 0,
};
static const uint8_t step_next_handlers[] = {128 | 0, 9, 11, 0};

/* --- Forms ---------------------------------------------------------------------------------------------------------------- */

#define NAMED_FORM(NAME, CODE, LOCALS, UNITS) {#NAME, CODE##_code, sizeof(CODE##_code), LOCALS, UNITS}
#define FORM(NAME, LOCALS) NAMED_FORM(NAME, NAME, LOCALS, LOOP_UNITS)

typedef struct {
    const char *name;          // of the builtin
    const uint8_t *code;
    size_t size;
    uint8_t nlocals;
    uint8_t units;             // of C recursion, while the function runs that C would call
    const uint8_t *handlers;   // an exception table of one entry
} Form;

static const Form forms[] = {
    [JIT_CONSUMER_ANY - JIT_CONSUMER_FIRST] = FORM(any, 3),
    [JIT_CONSUMER_ALL - JIT_CONSUMER_FIRST] = FORM(all, 3),
    [JIT_CONSUMER_SUM - JIT_CONSUMER_FIRST] = FORM(sum, 5),
    [JIT_CONSUMER_MIN - JIT_CONSUMER_FIRST] = FORM(min, 4),
    [JIT_CONSUMER_MAX - JIT_CONSUMER_FIRST] = FORM(max, 4),
    [JIT_CONSUMER_SORTED - JIT_CONSUMER_FIRST] = FORM(sorted, 4),
    [JIT_CONSUMER_LIST - JIT_CONSUMER_FIRST] = FORM(list, 4),
    [JIT_CONSUMER_TUPLE - JIT_CONSUMER_FIRST] = FORM(tuple, 4),
    [JIT_CONSUMER_JOIN - JIT_CONSUMER_FIRST] = FORM(join, 4),
    [JIT_CONSUMER_SET - JIT_CONSUMER_FIRST] = FORM(set, 4),
    [JIT_CONSUMER_NEXT_OF - JIT_CONSUMER_FIRST] = NAMED_FORM(next, next_of, 3, LOOP_UNITS),
    [JIT_CONSUMER_SEND - JIT_CONSUMER_FIRST] = NAMED_FORM(send, send, 3, LOOP_UNITS + 1),
    [JIT_CONSUMER_NEXT - JIT_CONSUMER_FIRST] = FORM(next, 4),
    [JIT_CONSUMER_MIN_DEFAULT - JIT_CONSUMER_FIRST] = NAMED_FORM(min, min_default, 6, LOOP_UNITS + 1),
    [JIT_CONSUMER_MAX_DEFAULT - JIT_CONSUMER_FIRST] = NAMED_FORM(max, max_default, 6, LOOP_UNITS + 1),
    // A call with names counts, and so does that of list.sort.
    [JIT_CONSUMER_MIN_KEY - JIT_CONSUMER_FIRST] = NAMED_FORM(min, min_key, 7, LOOP_UNITS + 1),
    [JIT_CONSUMER_MAX_KEY - JIT_CONSUMER_FIRST] = NAMED_FORM(max, max_key, 7, LOOP_UNITS + 1),
    [JIT_CONSUMER_SORTED_KEY - JIT_CONSUMER_FIRST] = NAMED_FORM(sorted, sorted_key, 7, LOOP_UNITS + 2),
    [JIT_CONSUMER_SORTED_REVERSE - JIT_CONSUMER_FIRST] = NAMED_FORM(sorted, sorted_reverse, 8, LOOP_UNITS + 2),
    [JIT_STEP_MAP - JIT_CONSUMER_FIRST] = {"map", map_code, sizeof(map_code), 1, LOOP_UNITS, map_handlers},
    [JIT_STEP_FILTER - JIT_CONSUMER_FIRST] = {"filter", filter_code, sizeof(filter_code), 1, LOOP_UNITS, filter_handlers},
    [JIT_STEP_NEXT - JIT_CONSUMER_FIRST] = {"__next__", step_next_code, sizeof(step_next_code), 0, LOOP_UNITS, step_next_handlers},
};

#define MOST_STACK 5
#define FIRST_LINE INT_MIN     // and the kind: no other code has such a line
#define HAS_STEPS CO_NESTED    // in the flags of code of a consumer: it goes through a map or filter
#define FIRST_UNROLLED_LINE (FIRST_LINE + JIT_CONTINUATION_KINDS)

int
_PyJitConsumer_Kind(const PyCodeObject *code)
{
    if (!(code->co_flags & CO_NO_MONITORING_EVENTS) || code->co_firstlineno >= FIRST_UNROLLED_LINE + JIT_CONTINUATION_KINDS) {
        return -1;
    }
    return code->co_firstlineno - (code->co_firstlineno < FIRST_UNROLLED_LINE ? FIRST_LINE : FIRST_UNROLLED_LINE);
}

const char *
_PyJitConsumer_Name(int kind)
{
    return forms[kind - JIT_CONSUMER_FIRST].name;
}

bool
_PyJitConsumer_HasSteps(const PyCodeObject *code)
{
    return (code->co_flags & HAS_STEPS) != 0;
}

int
_PyJitConsumer_Units(const PyCodeObject *code)
{
    int units = forms[_PyJitConsumer_Kind(code) - JIT_CONSUMER_FIRST].units;
    return _PyJitConsumer_HasSteps(code) ? units - LOOP_UNITS + STEPS_UNITS : units;
}

bool
_PyJitConsumer_IsUnrolled(const PyCodeObject *code)
{
    return _PyJitConsumer_Kind(code) >= 0 && code->co_firstlineno >= FIRST_UNROLLED_LINE;
}

/* The names of N locals, which nobody asks for. */
static PyObject *
local_names(uint32_t n)
{
    PyObject *names = PyTuple_New(n);
    for (uint32_t i = 0; names != NULL && i < n; i++) {
        PyObject *name = PyUnicode_FromFormat(".%u", i);
        if (name == NULL) {
            Py_CLEAR(names);
            break;
        }
        PyTuple_SET_ITEM(names, i, name);
    }
    return names;
}

/* In tier 1 the loop over a GENERATOR (and no map or filter) is specialized from the beginning, and other instructions are the first time they
 * run.  The jumps of one that is UNROLLED do not count. */
static void
specialize(PyCodeObject *code, bool generator, bool unrolled)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(code); i += _PyInstruction_GetLength(code, (int)i)) {
        _Py_CODEUNIT *instr = _PyCode_CODE(code) + i;
        if (instr->op.code == FOR_ITER && generator) {
            instr->op.code = FOR_ITER_GEN;
            instr[1].counter = adaptive_counter_cooldown();
        }
        else if (instr->op.code == SEND) {
            instr->op.code = SEND_GEN;
            instr[1].counter = adaptive_counter_cooldown();
        }
        else if (instr->op.code == FOR_ITER || instr->op.code == TO_BOOL || instr->op.code == COMPARE_OP || instr->op.code == CALL) {
            instr[1].counter.value = 0;
        }
        else if (instr->op.code == JUMP_BACKWARD && unrolled) {
            instr[1].op.code = JUMP_BACKWARD_NO_INTERRUPT;       // in place of the cache; its oparg counts from the same place
            instr[1].op.arg = instr->op.arg;
            instr->op.code = NOP;
            instr->op.arg = 0;
            i++;
        }
    }
}

PyCodeObject *
_PyJitConsumer_Consumed(const PyCodeObject *code)
{
    return PyLong_AsVoidPtr(PyTuple_GET_ITEM(code->co_consts, CONSUMER_CONSUMED));
}

PyCodeObject *
_PyJitConsumer_NewCode(PyCodeObject *consumed, int kind, bool unrolled)
{
    const Form *form = &forms[kind - JIT_CONSUMER_FIRST];
    PyObject *units = PyBytes_FromStringAndSize((const char *)form->code, (Py_ssize_t)form->size);
    PyObject *place = PyLong_FromVoidPtr(consumed);
    PyObject *constants = place == NULL ? NULL : PyTuple_Pack(4, Py_None, Py_False, Py_True, place);
    PyObject *locals = local_names(form->nlocals);
    PyObject *none = PyTuple_New(0), *nothing = PyBytes_FromStringAndSize(NULL, 0);
    PyObject *handlers = PyBytes_FromStringAndSize((const char *)form->handlers, form->handlers != NULL ? 4 : 0);
    PyObject *file = PyUnicode_FromString(""), *title = PyUnicode_FromString(form->name);
    PyCodeObject *made = NULL;
    if (units != NULL && constants != NULL && locals != NULL && none != NULL && nothing != NULL && handlers != NULL && file != NULL && title != NULL) {
        made = PyUnstable_Code_New(0, 0, (int)form->nlocals, MOST_STACK, CO_OPTIMIZED | CO_NO_MONITORING_EVENTS, units,
                                   constants, none, locals, none, none, file, title, title, 1, nothing, handlers);
    }
    if (made != NULL) {
        bool keyed = _PyJitConsumer_IsKeyed(kind), generator = !keyed && (consumed->co_flags & JIT_SUSPENDED_FLAGS) != 0;
        made->co_firstlineno = (unrolled ? FIRST_UNROLLED_LINE : FIRST_LINE) + kind;
        made->co_flags |= !keyed && !generator && !_PyJitConsumer_IsStep(kind) ? HAS_STEPS : 0;
        specialize(made, generator, unrolled);
    }
    PyObject *parts[] = {units, place, constants, locals, none, nothing, handlers, file, title};
    for (size_t i = 0; i < Py_ARRAY_LENGTH(parts); i++) {
        Py_XDECREF(parts[i]);
    }
    return made;
}

#endif /* _Py_TIER2 */
