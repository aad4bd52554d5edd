/* Builtins that take all items of a generator: `sum(x * x for x in a)`, any, all, min, max, list, tuple, set, sorted, str.join.
 *
 * In tier 1 they are C functions, which ask for one item after the other: each is a call of C that runs a generator's frame.  A trace cannot
 * go through that.  So the recorder begins a frame in place of the call, the *consumer*, which runs code of its own: a loop over the generator
 * in bytecode that does what the C function does with each item.  From there on everything is as for any loop: it gets hot, and the
 * trace goes through it and the generator together.
 *
 * 1. A consumer is a continuation frame (run/operators.c): nobody sees it, it has no events, and it counts for the recursion limits as C would.
 * 2. The operands of the call are its first locals, so they end when it is left.
 * 3. Its code has a copy for each generator function and each builtin: what is specialized, and which traces stand there, is for that one alone.
 *    A copy goes with the code of the generator.
 * 4. What needs C is an instruction of its own, CALL_INTRINSIC_1 with an oparg that nobody else has (run/consumers_finish.c).
 * 5. A generator of few items, made in the trace, gets a consumer whose loop never gets hot: the trace has one item behind the other, and
 *    what is known at its beginning (the items of a tuple, the generator itself) is known all the way.  How many there are its iterator
 *    says; where it does not, or any() and all() may end early, it is tried, and remembered if there were too many.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_backoff.h"
#include "pycore_code.h"
#include "pycore_frame.h"
#include "pycore_genobject.h"
#include "pycore_hashtable.h"
#include "pycore_interp.h"
#include "pycore_long.h"
#include "pycore_jit_engine.h"
#include "pycore_jit_frames.h"
#include "pycore_jit_helpers.h"
#include "jit/run/run.h"

#define SPARE_UNITS 32         // left for what the generator calls

/* --- The code of consumers -------------------------------------------------------------------------------------------- */

/* The locals: the callable, its `self` or NULL, the generator, and what has come of the items so far. */
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
#define EXTREME_CODE(KIND, ORDER) { \
    LOAD_FAST, CONSUMER_GENERATOR, \
    FOR_ITER, 15, CACHE, 0,                   /* 1 */ \
    STORE_FAST, CONSUMER_RESULT, \
    FOR_ITER, 12, CACHE, 0,                   /* 4 */ \
    COPY, 1, \
    LOAD_FAST, CONSUMER_RESULT, \
    COMPARE_OP, (ORDER), CACHE, 0, \
    POP_JUMP_IF_FALSE, 3, CACHE, 0,           /* 10 */ \
    STORE_FAST, CONSUMER_RESULT, \
    JUMP_BACKWARD, 11, CACHE, 0, \
    POP_TOP, 0,                               /* 15 */ \
    JUMP_BACKWARD, 14, CACHE, 0, \
    END_FOR, 0,                               /* 18 */ \
    POP_TOP, 0, \
    LOAD_CONST, CONSUMER_NONE, \
    CALL_INTRINSIC_1, JIT_CONTINUATION + (KIND), \
    RETURN_VALUE, 0, \
}

static const uint8_t min_code[] = EXTREME_CODE(JIT_CONSUMER_MIN, Py_LT << 5 | 16 | 2);
static const uint8_t max_code[] = EXTREME_CODE(JIT_CONSUMER_MAX, Py_GT << 5 | 16 | 4);

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

#define FORM(NAME, LOCALS) {#NAME, NAME##_code, sizeof(NAME##_code), LOCALS}

typedef struct {
    const char *name;          // of the builtin
    const uint8_t *code;
    size_t size;
    uint32_t nlocals;
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
};

#define NKINDS (JIT_CONTINUATION_KINDS - JIT_CONSUMER_FIRST)
#define FIRST_LINE INT_MIN     // and the kind: no other code has such a line
#define FIRST_UNROLLED_LINE (FIRST_LINE + JIT_CONTINUATION_KINDS)

int
_PyJitConsumer_Kind(const PyCodeObject *code)
{
    if (!(code->co_flags & CO_NO_MONITORING_EVENTS) || code->co_firstlineno >= FIRST_UNROLLED_LINE + JIT_CONTINUATION_KINDS) {
        return -1;
    }
    return code->co_firstlineno - (code->co_firstlineno < FIRST_UNROLLED_LINE ? FIRST_LINE : FIRST_UNROLLED_LINE);
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

/* In tier 1 the loop is specialized from the beginning, and other instructions are the first time they run.  The jumps of one that is
 * UNROLLED do not count. */
static void
specialize(PyCodeObject *code, bool unrolled)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(code); i += _PyInstruction_GetLength(code, (int)i)) {
        _Py_CODEUNIT *instr = _PyCode_CODE(code) + i;
        if (instr->op.code == FOR_ITER) {
            instr->op.code = FOR_ITER_GEN;
            instr[1].counter = adaptive_counter_cooldown();
        }
        else if (instr->op.code == TO_BOOL || instr->op.code == COMPARE_OP) {
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

/* Code of KIND for generators of CONSUMED, or NULL with an exception set. */
static PyCodeObject *
new_code(PyCodeObject *consumed, int kind, bool unrolled)
{
    const Form *form = &forms[kind - JIT_CONSUMER_FIRST];
    PyObject *units = PyBytes_FromStringAndSize((const char *)form->code, (Py_ssize_t)form->size);
    PyObject *place = PyLong_FromVoidPtr(consumed);
    PyObject *constants = place == NULL ? NULL : PyTuple_Pack(4, Py_None, Py_False, Py_True, place);
    PyObject *locals = local_names(form->nlocals);
    PyObject *none = PyTuple_New(0), *nothing = PyBytes_FromStringAndSize(NULL, 0);
    PyObject *file = PyUnicode_FromString(""), *title = PyUnicode_FromString(form->name);
    PyCodeObject *made = NULL;
    if (units != NULL && constants != NULL && locals != NULL && none != NULL && nothing != NULL && file != NULL && title != NULL) {
        made = PyUnstable_Code_New(0, 0, (int)form->nlocals, 4, CO_OPTIMIZED | CO_NO_MONITORING_EVENTS, units,
                                   constants, none, locals, none, none, file, title, title, 1, nothing, nothing);
    }
    if (made != NULL) {
        made->co_firstlineno = (unrolled ? FIRST_UNROLLED_LINE : FIRST_LINE) + kind;
        specialize(made, unrolled);
    }
    PyObject *parts[] = {units, place, constants, locals, none, nothing, file, title};
    for (size_t i = 0; i < Py_ARRAY_LENGTH(parts); i++) {
        Py_XDECREF(parts[i]);
    }
    return made;
}

/* --- One for each generator ------------------------------------------------------------------------------------------- */

typedef struct {
    PyCodeObject *codes[2 * NKINDS];     // with a loop, then unrolled
    bool takes_many[NKINDS];   // it was tried, and there were more than a trace has one behind the other
} Copies;

static void
free_copies(void *value)
{
    Copies *copies = value;
    for (int i = 0; i < 2 * NKINDS; i++) {
        Py_XDECREF(copies->codes[i]);
    }
    PyMem_RawFree(copies);
}

/* What there is for generators that run GENERATOR, or NULL: memory is short. */
static Copies *
copies_for(PyCodeObject *generator)
{
    if (ENGINE->consumers == NULL) {
        ENGINE->consumers = _Py_hashtable_new_full(_Py_hashtable_hash_ptr, _Py_hashtable_compare_direct, NULL, free_copies, NULL);
        if (ENGINE->consumers == NULL) {
            return NULL;
        }
    }
    Copies *copies = _Py_hashtable_get(ENGINE->consumers, generator);
    if (copies == NULL) {
        copies = PyMem_RawCalloc(1, sizeof(*copies));
        if (copies == NULL || _Py_hashtable_set(ENGINE->consumers, generator, copies) < 0) {
            PyMem_RawFree(copies);
            return NULL;
        }
    }
    return copies;
}

/* The code of KIND for generators that run GENERATOR, of which there are COPIES; borrowed, or NULL: memory is short. */
static PyCodeObject *
code_for(Copies *copies, PyCodeObject *generator, int kind, bool unrolled)
{
    PyCodeObject **place = &copies->codes[kind - JIT_CONSUMER_FIRST + (unrolled ? NKINDS : 0)];
    if (*place == NULL) {
        *place = (PyCodeObject *)_PyJit_New((PyObject *)new_code(generator, kind, unrolled));
    }
    return *place;
}

void
_PyJitConsumer_TakesMany(const PyCodeObject *code)
{
    Copies *copies = _Py_hashtable_get(ENGINE->consumers, _PyJitConsumer_Consumed(code));
    copies->takes_many[_PyJitConsumer_Kind(code) - JIT_CONSUMER_FIRST] = true;
    // Traces that had few items would leave in the middle each time, and go on without a loop.
    _PyJitExecutor_InvalidateDependents((void *)code);
}

void
_PyJitConsumer_CodeDying(PyCodeObject *code)
{
    Copies *copies = ENGINE->consumers == NULL ? NULL : _Py_hashtable_steal(ENGINE->consumers, code);
    if (copies != NULL) {
        free_copies(copies);
    }
}

void
_PyJitConsumer_Release(void)
{
    if (ENGINE->consumers != NULL) {
        _Py_hashtable_t *consumers = ENGINE->consumers;
        ENGINE->consumers = NULL;
        _Py_hashtable_destroy(consumers);
    }
}

/* --- The call --------------------------------------------------------------------------------------------------------- */

int
_PyJitConsumer_KindOf(PyObject *callable, bool method, int opcode)
{
    if (opcode == CALL_METHOD_DESCRIPTOR_O) {
        bool is_join = method && Py_IS_TYPE(callable, &PyMethodDescr_Type)
            && ((PyMethodDescrObject *)callable)->d_common.d_type == &PyUnicode_Type
            && strcmp(((PyMethodDescrObject *)callable)->d_method->ml_name, "join") == 0;
        return is_join ? JIT_CONSUMER_JOIN : -1;
    }
    if (method) {
        return -1;
    }
    if (opcode == CALL_BUILTIN_CLASS || opcode == CALL_TUPLE_1) {
        return callable == (PyObject *)&PyList_Type ? JIT_CONSUMER_LIST : callable == (PyObject *)&PyTuple_Type ? JIT_CONSUMER_TUPLE
            : callable == (PyObject *)&PySet_Type ? JIT_CONSUMER_SET : -1;
    }
    for (int kind = JIT_CONSUMER_ANY; kind <= JIT_CONSUMER_SORTED && PyCFunction_CheckExact(callable); kind++) {
        if (_PyJit_IsBuiltin(callable, forms[kind - JIT_CONSUMER_FIRST].name)) {
            return kind;
        }
    }
    return -1;
}

/* OPCODE may be such a call. */
static bool
may_consume(int opcode)
{
    return opcode == CALL_BUILTIN_O || opcode == CALL_BUILTIN_FAST_WITH_KEYWORDS || opcode == CALL_BUILTIN_CLASS || opcode == CALL_TUPLE_1
        || opcode == CALL_METHOD_DESCRIPTOR_O;
}

/* The kind of the call that is OPCODE, with its operands below STACK_POINTER; -1: none. */
static int
kind_of_call(PyObject **stack_pointer, int opcode)
{
    PyObject *callable = stack_pointer[-3], *self = stack_pointer[-2];
    return callable != NULL && (self == NULL || PyUnicode_CheckExact(self)) ? _PyJitConsumer_KindOf(callable, self != NULL, opcode) : -1;
}

/* The code that O, a generator, runs; borrowed. */
static PyCodeObject *
code_of(PyObject *o)
{
    return (PyCodeObject *)((_PyInterpreterFrame *)((PyGenObject *)o)->gi_iframe)->f_executable;
}

/* O is a generator that nobody is in, and of which there is no frame object. */
static bool
is_ready(PyObject *o)
{
    if (!PyGen_CheckExact(o)) {
        return false;
    }
    PyGenObject *generator = (PyGenObject *)o;
    _PyInterpreterFrame *frame = (_PyInterpreterFrame *)generator->gi_iframe;
    return generator->gi_frame_state < FRAME_EXECUTING && frame->frame_obj == NULL;
}

/* How many items O, a generator that is ready, has at most, if it is a generator expression and its iterator says so; else -1. */
static Py_ssize_t
most_items(PyObject *o)
{
    PyObject *iterator = code_of(o)->co_argcount == 1 ? ((_PyInterpreterFrame *)((PyGenObject *)o)->gi_iframe)->localsplus[0] : NULL;
    if (iterator == NULL || (!Py_IS_TYPE(iterator, &PyListIter_Type) && !Py_IS_TYPE(iterator, &PyTupleIter_Type)
                             && !Py_IS_TYPE(iterator, &PyRangeIter_Type))) {
        return -1;
    }
    Py_ssize_t left = PyObject_LengthHint(iterator, PY_SSIZE_T_MAX);
    if (left < 0) {
        PyErr_Clear();
    }
    return left;
}

/* KIND may be done with a generator of many items after few of them. */
static bool
may_end_early(int kind)
{
    return kind == JIT_CONSUMER_ANY || kind == JIT_CONSUMER_ALL;
}

/* There is room for a frame of CODE and one above it. */
static bool
has_room(PyThreadState *tstate, const PyCodeObject *code)
{
    return tstate->py_recursion_remaining > 1 && tstate->c_recursion_remaining > SPARE_UNITS
        && _PyThreadState_HasStackSpace(tstate, code->co_framesize) && tstate->interp->eval_frame == NULL;
}

/* The recording has made a generator of CODE. */
static bool
has_made(const _PyJitTrace *t, const PyCodeObject *code)
{
    for (uint32_t i = t->nrecords; i-- > 0;) {
        if (t->records[i].opcode == RETURN_GENERATOR && t->codes[t->records[i].code] == code) {
            return true;
        }
    }
    return false;
}

void
_PyJitConsumer_Note(PyThreadState *tstate, _PyJitPending *prev, PyObject **stack_pointer, Py_ssize_t depth)
{
    if (!ENGINE->options.typed || !may_consume(prev->opcode) || prev->oparg != 1 || depth < CONSUMER_OPERANDS
        || !is_ready(stack_pointer[-1])) {
        return;
    }
    PyCodeObject *generator = code_of(stack_pointer[-1]);
    int kind = kind_of_call(stack_pointer, prev->opcode);
    Copies *copies = kind < 0 ? NULL : copies_for(generator);
    if (copies == NULL) {
        return;
    }
    Py_ssize_t most = most_items(stack_pointer[-1]);
    bool few = most >= 0 && most < JIT_FEW_ITEMS, made = has_made(&ENGINE->recorder.trace, generator);
    bool unrolled = (made || ENGINE->stress) && (few || most < 0 || may_end_early(kind)) && !copies->takes_many[kind - JIT_CONSUMER_FIRST];
    if (!unrolled && (few || kind == JIT_CONSUMER_SET) && !ENGINE->stress) {
        return;                // C is as good
    }
    PyCodeObject *code = code_for(copies, generator, kind, unrolled);
    if (code != NULL && has_room(tstate, code)) {
        prev->entered = JIT_ENTERED_CONSUMER;
        prev->fits = 1;
        prev->seen = (PyObject *)code;
    }
}

PyObject *
_PyJit_NewCollection(int kind)
{
    if (kind == JIT_CONSUMER_SET) {
        return PySet_New(NULL);
    }
    // C makes room for eight items where it cannot know how many there will be.
    PyObject *list = PyList_New(FIRST_ROOM);
    if (list != NULL) {
        Py_SET_SIZE(list, 0);
    }
    return list;
}

_PyInterpreterFrame *
_PyJit_EnterConsumer(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **stack_pointer, _Py_CODEUNIT *call, PyCodeObject *code,
                     int opcode)
{
    int kind = _PyJitConsumer_Kind(code);
    if (!is_ready(stack_pointer[-1]) || code_of(stack_pointer[-1]) != _PyJitConsumer_Consumed(code)
        || kind_of_call(stack_pointer, opcode) != kind || !has_room(tstate, code)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (_PyJitConsumer_Collects(kind)) {
        result = _PyJit_New(_PyJit_NewCollection(kind));
        if (result == NULL) {
            return NULL;
        }
    }
    PyObject **operands = stack_pointer - CONSUMER_OPERANDS;
    _PyFrame_SetStackPointer(frame, operands);
    frame->instr_ptr = call;
    frame->return_offset = (uint16_t)(1 + INLINE_CACHE_ENTRIES_CALL);
    _PyInterpreterFrame *pushed = _PyJit_PushContinuation(tstate, frame, code, LOOP_UNITS);
    memcpy(pushed->localsplus, operands, CONSUMER_OPERANDS * sizeof(PyObject *));
    if (kind == JIT_CONSUMER_SUM) {
        pushed->localsplus[CONSUMER_RESULT] = _PyLong_GetZero();
        pushed->localsplus[CONSUMER_ERROR] = Py_None;
    }
    else if (result != NULL) {
        pushed->localsplus[CONSUMER_RESULT] = result;
    }
    return pushed;
}

int
_PyJitConsumer_Begin(PyThreadState *tstate, _PyInterpreterFrame *frame, const _PyJitPending *prev, PyObject **stack_pointer)
{
    if (_PyJit_EnterConsumer(tstate, frame, stack_pointer, prev->instr, (PyCodeObject *)prev->seen, prev->opcode) == NULL) {
        return -1;
    }
    tstate->py_recursion_remaining++;    // the start of a frame takes one, and this frame none
    return 0;
}

#endif /* _Py_TIER2 */
