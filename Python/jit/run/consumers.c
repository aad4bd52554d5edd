/* Builtins that take all items of a generator: `sum(x * x for x in a)`, any, all, min, max, list, tuple, set, sorted, str.join; and those
 * that call a function for the key of each item: `max(a, key=f)`, min, sorted.
 *
 * In tier 1 they are C functions, which ask for one item after the other: each is a call of C that runs a generator's frame.  A trace cannot
 * go through that.  So the recorder, or tier 1 where there are many items, begins a frame in place of the call, the *consumer*, which runs
 * code of its own: a loop over the generator in bytecode that does what the C function does with each item.  From there on everything is
 * as for any loop: it gets hot, and the trace goes through it and the generator together.
 *
 * 1. A consumer is a continuation frame (run/operators.c): nobody sees it, it has no events, and it counts for the recursion limits as C would.
 * 2. The operands of the call are its first locals, so they end when it is left.
 * 3. Its code has a copy for each generator function and each builtin: what is specialized, and which traces stand there, is for that one alone.
 *    A copy goes with the code of the generator.
 * 4. What needs C is an instruction of its own, CALL_INTRINSIC_1 with an oparg that nobody else has (run/consumers_finish.c).
 * 5. A generator of few items, made in the trace, gets a consumer whose loop never gets hot: the trace has one item behind the other, and
 *    what is known at its beginning (the items of a tuple, the generator itself) is known all the way.  How many there are its iterator
 *    says; where it does not, or any() and all() may end early, it is tried, and remembered if there were too many.
 * 6. A function for keys is what a generator is to the others: the code has a copy for each of them.  Its loop is over the items, and calls the
 *    function.  Items are of types whose iterators run no code of users, so the order of calls is that of C.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_frame.h"
#include "pycore_genobject.h"
#include "pycore_global_strings.h"
#include "pycore_hashtable.h"
#include "pycore_interp.h"
#include "pycore_long.h"
#include "pycore_opcode_metadata.h"
#include "pycore_range.h"
#include "pycore_runtime.h"
#include "pycore_jit_engine.h"
#include "pycore_jit_frames.h"
#include "pycore_jit_helpers.h"
#include "jit/run/run.h"

#define SPARE_UNITS 32         // left for what the generator calls
#define MANY_ITEMS 64          // that tier 1 has a consumer for
#define NKINDS (JIT_CONTINUATION_KINDS - JIT_CONSUMER_FIRST)

/* --- One for each generator ------------------------------------------------------------------------------------------- */

typedef struct {
    PyCodeObject *codes[2 * NKINDS];     // with a loop, then unrolled
    bool takes_many[NKINDS];   // it was tried, and there were more than a trace has one behind the other
    bool hot;                  // a loop of the generator got hot while C asked for its items
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
        *place = (PyCodeObject *)_PyJit_New((PyObject *)_PyJitConsumer_NewCode(generator, kind, unrolled));
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
_PyJitConsumer_KindOf(PyObject *callable, bool method, int opcode, int nargs)
{
    bool generic = opcode == CALL;
    if (opcode == CALL_METHOD_DESCRIPTOR_O || (generic && method)) {
        if (!method || !Py_IS_TYPE(callable, &PyMethodDescr_Type)) {
            return -1;
        }
        const PyTypeObject *type = ((PyMethodDescrObject *)callable)->d_common.d_type;
        const char *name = ((PyMethodDescrObject *)callable)->d_method->ml_name;
        return type == &PyUnicode_Type && strcmp(name, "join") == 0 ? JIT_CONSUMER_JOIN
            : (type == &PyGen_Type || type == &PyCoro_Type) && strcmp(name, "send") == 0 ? JIT_CONSUMER_SEND : -1;
    }
    if (method) {
        return -1;
    }
    if (opcode == CALL_BUILTIN_CLASS || opcode == CALL_TUPLE_1 || (generic && PyType_Check(callable))) {
        return callable == (PyObject *)&PyList_Type ? JIT_CONSUMER_LIST : callable == (PyObject *)&PyTuple_Type ? JIT_CONSUMER_TUPLE
            : callable == (PyObject *)&PySet_Type ? JIT_CONSUMER_SET : -1;
    }
    if (opcode == CALL_BUILTIN_FAST) {
        return !_PyJit_IsBuiltin(callable, "next") ? -1
            : nargs == 1 ? JIT_CONSUMER_NEXT_OF : JIT_CONSUMER_NEXT;
    }
    for (int kind = JIT_CONSUMER_ANY; kind <= JIT_CONSUMER_SORTED && PyCFunction_CheckExact(callable); kind++) {
        if (_PyJit_IsBuiltin(callable, _PyJitConsumer_Name(kind))) {
            return kind;
        }
    }
    return -1;
}

int
_PyJitConsumer_KindOfNamed(PyObject *callable, Py_ssize_t nargs, PyObject *names)
{
    Py_ssize_t n = PyTuple_GET_SIZE(names);
    PyObject *name = n > 0 ? PyTuple_GET_ITEM(names, 0) : NULL;
    if (!PyCFunction_CheckExact(callable) || nargs != n + 1) {
        return -1;
    }
    if (n == 1 && name == &_Py_ID(default)) {
        return _PyJit_IsBuiltin(callable, "max") ? JIT_CONSUMER_MAX_DEFAULT
            : _PyJit_IsBuiltin(callable, "min") ? JIT_CONSUMER_MIN_DEFAULT : -1;
    }
    if (name != &_Py_ID(key)) {
        return -1;
    }
    if (n == 1) {
        return _PyJit_IsBuiltin(callable, "max") ? JIT_CONSUMER_MAX_KEY
            : _PyJit_IsBuiltin(callable, "min") ? JIT_CONSUMER_MIN_KEY
            : _PyJit_IsBuiltin(callable, "sorted") ? JIT_CONSUMER_SORTED_KEY : -1;
    }
    return n == 2 && PyTuple_GET_ITEM(names, 1) == &_Py_ID(reverse) && _PyJit_IsBuiltin(callable, "sorted") ? JIT_CONSUMER_SORTED_REVERSE : -1;
}

/* OPCODE, with OPARG, may be such a call. */
static bool
may_consume(int opcode, int oparg)
{
    return opcode == CALL_KW ? oparg == 2 || oparg == 3
        : opcode == CALL_BUILTIN_FAST ? oparg == 1 || oparg == 2
        : oparg == 1
            && (opcode == CALL || opcode == CALL_BUILTIN_O || opcode == CALL_BUILTIN_FAST_WITH_KEYWORDS || opcode == CALL_BUILTIN_CLASS
                || opcode == CALL_TUPLE_1 || opcode == CALL_METHOD_DESCRIPTOR_O);
}

/* The kind of the call that is OPCODE, with its operands below STACK_POINTER; -1: none. */
static int
kind_of_call(PyObject **stack_pointer, int opcode, int oparg)
{
    bool named = opcode == CALL_KW;
    PyObject *callable = stack_pointer[-oparg - 2 - named], *self = stack_pointer[-oparg - 1 - named];
    if (callable == NULL || (self != NULL && named)) {
        return -1;
    }
    int kind = named ? _PyJitConsumer_KindOfNamed(callable, oparg, stack_pointer[-1])
        : _PyJitConsumer_KindOf(callable, self != NULL, opcode, oparg);
    bool fits = self == NULL || kind < 0
        || Py_IS_TYPE(self, ((PyMethodDescrObject *)callable)->d_common.d_type);
    return fits ? kind : -1;
}

/* The code that O, a generator, runs; borrowed. */
static PyCodeObject *
code_of(PyObject *o)
{
    return (PyCodeObject *)((_PyInterpreterFrame *)((PyGenObject *)o)->gi_iframe)->f_executable;
}

/* O is a generator, or a coroutine if KIND resumes those, that nobody is in, and of which there is no frame
 * object. */
static bool
is_ready(PyObject *o, int kind)
{
    if (!PyGen_CheckExact(o) && !(kind == JIT_CONSUMER_SEND && PyCoro_CheckExact(o))) {
        return false;
    }
    PyGenObject *generator = (PyGenObject *)o;
    _PyInterpreterFrame *frame = (_PyInterpreterFrame *)generator->gi_iframe;
    return generator->gi_frame_state < FRAME_EXECUTING && frame->frame_obj == NULL;
}

PyCodeObject *
_PyJit_CodeOfKey(PyObject *key)
{
    PyObject *function = PyMethod_Check(key) ? PyMethod_GET_FUNCTION(key) : key;
    return PyFunction_Check(function) ? (PyCodeObject *)PyFunction_GET_CODE(function) : NULL;
}

/* KIND is one that takes all items, in a loop. */
static bool
has_loop(int kind)
{
    return (kind >= JIT_CONSUMER_ANY && kind <= JIT_CONSUMER_SET)
        || (kind >= JIT_CONSUMER_MIN_DEFAULT && kind <= JIT_CONSUMER_SORTED_REVERSE);
}

/* The code of the Python function that O calls with each item, if it is a map or a filter; borrowed, or NULL.  No function of
 * generators: their code has consumers of its own. */
static PyCodeObject *
code_of_step(PyObject *o)
{
    PyCodeObject *code = _PyJitStep_Kind(o) < 0 ? NULL : _PyJitStep_Code(o, JIT_STEP_ANY);
    return code != NULL && !(code->co_flags & JIT_SUSPENDED_FLAGS) ? code : NULL;
}

/* What a consumer of KIND with these OPERANDS is for: the code of the generator, or of the function for keys, or of map() or filter();
 * borrowed, or NULL: C has to do this one. */
static PyCodeObject *
consumed_by(int kind, PyObject **operands)
{
    if (!_PyJitConsumer_IsKeyed(kind)) {
        PyObject *generator = operands[_PyJitConsumer_Generator(kind)];
        if (has_loop(kind) && _PyJitStep_Kind(generator) >= 0) {
            return code_of_step(generator);
        }
        if (!is_ready(generator, kind)) {
            return NULL;
        }
        // What is sent to one that has not begun has to be None.
        bool takes = kind != JIT_CONSUMER_SEND || operands[CONSUMER_SENT] == Py_None
            || ((PyGenObject *)generator)->gi_frame_state != FRAME_CREATED;
        return takes ? code_of(generator) : NULL;
    }
    bool fits = (_PyJitIter_IsOfContainer(Py_TYPE(operands[KEYED_ITEMS]))
                 || (!_PyJitConsumer_Sorts(kind) && is_ready(operands[KEYED_ITEMS], kind)))
        && (kind != JIT_CONSUMER_SORTED_REVERSE || PyBool_Check(operands[KEYED_REVERSE]));
    return fits ? _PyJit_CodeOfKey(operands[KEYED_KEY]) : NULL;
}

/* How many items IT, an iterator, has left, if it is one of a list, a tuple or a range; else -1. */
static Py_ssize_t
items_left(PyObject *it)
{
    if (Py_IS_TYPE(it, &PyListIter_Type) || Py_IS_TYPE(it, &PyTupleIter_Type)) {
        const _PyListIterObject *list = (const _PyListIterObject *)it;       // both have the same layout
        return list->it_seq == NULL ? 0 : Py_MAX(Py_SIZE(list->it_seq) - list->it_index, 0);
    }
    return Py_IS_TYPE(it, &PyRangeIter_Type) ? ((_PyRangeIterObject *)it)->len : -1;
}

/* How many items O gives at most, a map, a filter or a generator; else -1.  It says so if its iterator does, and if a generator is of a
 * generator expression.  One that runs, or has ended, gives none. */
static Py_ssize_t
most_given(PyObject *o)
{
    if (_PyJitStep_Kind(o) >= 0) {
        return items_left(_PyJitStep_Iterator(o));
    }
    if (((PyGenObject *)o)->gi_frame_state >= FRAME_EXECUTING) {
        return 0;
    }
    PyObject *iterator = code_of(o)->co_argcount == 1 ? ((_PyInterpreterFrame *)((PyGenObject *)o)->gi_iframe)->localsplus[0] : NULL;
    return iterator == NULL ? -1 : items_left(iterator);
}

/* How many items a consumer of KIND goes through at most, as far as OPERANDS say so; else -1. */
static Py_ssize_t
most_items(int kind, PyObject **operands)
{
    if (_PyJitConsumer_IsKeyed(kind) && !PyGen_CheckExact(operands[KEYED_ITEMS])) {
        return PyObject_Size(operands[KEYED_ITEMS]);
    }
    return most_given(operands[CONSUMER_GENERATOR]);
}

/* KIND may be done with a generator of many items after few of them. */
static bool
may_end_early(int kind)
{
    return kind == JIT_CONSUMER_ANY || kind == JIT_CONSUMER_ALL || kind == JIT_CONSUMER_NEXT;
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

/* PREV goes to the next item of O, which is on top of the stack. */
static void
note_step(PyThreadState *tstate, _PyJitPending *prev, PyObject *o)
{
    int kind = _PyJitStep_Kind(o);
    PyFunctionObject *next = kind < 0 ? _PyJitStep_Next(Py_TYPE(o)) : NULL;
    if (next != NULL && _PyFunction_GetVersionForCurrentState(next) != 0 && PyUnstable_Type_AssignVersionTag(Py_TYPE(o))) {
        kind = JIT_STEP_NEXT;
    }
    PyCodeObject *consumed = kind < 0 || prev->oparg >= UINT8_MAX - prev->size ? NULL : _PyJitStep_Code(o, kind);
    Copies *copies = consumed == NULL ? NULL : copies_for(consumed);
    PyCodeObject *code = copies == NULL ? NULL : code_for(copies, consumed, kind, false);
    if (code != NULL && has_room(tstate, code)) {
        prev->entered = JIT_ENTERED_CONSUMER;
        prev->opcode = FOR_ITER;
        prev->fits = 1;
        prev->seen = (PyObject *)code;
    }
}

void
_PyJitConsumer_Note(PyThreadState *tstate, _PyJitPending *prev, PyObject **stack_pointer, Py_ssize_t depth)
{
    bool named = prev->opcode == CALL_KW;
    if (ENGINE->options.typed && _PyOpcode_Deopt[prev->opcode] == FOR_ITER && depth > 0) {
        note_step(tstate, prev, stack_pointer[-1]);
        return;
    }
    if (!ENGINE->options.typed || !may_consume(prev->opcode, prev->oparg) || depth < prev->oparg + 2 + named) {
        return;
    }
    PyObject **operands = stack_pointer - prev->oparg - 2 - named;
    int kind = kind_of_call(stack_pointer, prev->opcode, prev->oparg);
    PyCodeObject *consumed = kind < 0 ? NULL : consumed_by(kind, operands);
    Copies *copies = consumed == NULL ? NULL : copies_for(consumed);
    if (copies == NULL) {
        return;
    }
    bool resume = _PyJitConsumer_IsResume(kind);
    Py_ssize_t most = resume ? JIT_FEW_ITEMS : most_items(kind, operands);
    bool few = most >= 0 && most < JIT_FEW_ITEMS;
    bool made = _PyJitConsumer_IsKeyed(kind) || has_made(&ENGINE->recorder.trace, consumed);
    bool steps = _PyJitStep_Kind(operands[CONSUMER_GENERATOR]) >= 0;
    bool unrolled = (made || ENGINE->stress) && !steps && (few || most < 0 || may_end_early(kind))
        && !copies->takes_many[kind - JIT_CONSUMER_FIRST];
    if (!unrolled && ((few && !made) || (kind == JIT_CONSUMER_SET && most < MANY_ITEMS)) && !ENGINE->stress) {
        return;                // C is as good
    }
    PyCodeObject *code = code_for(copies, consumed, kind, unrolled);
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
    if (_PyJitConsumer_IsStep(kind)) {
        if (_PyJitStep_Code(stack_pointer[-1], kind) != _PyJitConsumer_Consumed(code) || !has_room(tstate, code)) {
            return NULL;
        }
        _PyFrame_SetStackPointer(frame, stack_pointer);
        frame->instr_ptr = call;
        frame->return_offset = (uint16_t)(1 + INLINE_CACHE_ENTRIES_FOR_ITER + call->op.arg);
        return _PyJit_PushContinuation(tstate, frame, code, _PyJitConsumer_Units(code));
    }
    PyObject **operands = stack_pointer - _PyJitConsumer_Operands(kind);
    bool same = may_consume(opcode, call->op.arg) && kind_of_call(stack_pointer, opcode, call->op.arg) == kind;
    if (!same || consumed_by(kind, operands) != _PyJitConsumer_Consumed(code) || !has_room(tstate, code)) {
        return NULL;
    }
    PyObject *result = NULL, *keys = NULL;
    if (_PyJitConsumer_Collects(kind)) {
        result = _PyJit_New(_PyJit_NewCollection(kind));
    }
    else if (_PyJitConsumer_Sorts(kind)) {
        result = _PyJit_New(PySequence_List(operands[KEYED_ITEMS]));
        keys = result == NULL ? NULL : _PyJit_New(_PyJit_NewCollection(kind));
        if (keys == NULL) {
            Py_CLEAR(result);
        }
    }
    if (result == NULL && (_PyJitConsumer_Collects(kind) || _PyJitConsumer_Sorts(kind))) {
        return NULL;
    }
    _PyFrame_SetStackPointer(frame, operands);
    frame->instr_ptr = call;
    frame->return_offset = (uint16_t)(1 + _PyOpcode_Caches[_PyOpcode_Deopt[opcode]]);
    _PyInterpreterFrame *pushed = _PyJit_PushContinuation(tstate, frame, code, _PyJitConsumer_Units(code));
    PyObject **locals = pushed->localsplus + _PyJitConsumer_Operands(kind);
    memcpy(pushed->localsplus, operands, _PyJitConsumer_Operands(kind) * sizeof(PyObject *));
    if (kind == JIT_CONSUMER_SUM) {
        pushed->localsplus[CONSUMER_RESULT] = _PyLong_GetZero();
        pushed->localsplus[CONSUMER_ERROR] = Py_None;
    }
    else if (result != NULL) {
        locals[0] = result;
        if (keys != NULL) {
            locals[1] = keys;
        }
    }
    return pushed;
}

/* --- Without a recording --------------------------------------------------------------------------------------------- */

void
_PyJitConsumer_IsHot(PyCodeObject *generator)
{
    Copies *copies = copies_for(generator);
    if (copies != NULL) {
        copies->hot = true;
    }
}

/* O, the first argument of a call, has not enough items for a consumer.  Most calls are of few: nothing else has been looked at. */
static bool
has_few(PyObject *o)
{
    if (PyGen_CheckExact(o)) {
        Py_ssize_t most = most_given(o);
        const Copies *copies = most >= 0 || ENGINE->consumers == NULL ? NULL : _Py_hashtable_get(ENGINE->consumers, code_of(o));
        return most >= 0 ? most < MANY_ITEMS : copies == NULL || !copies->hot;
    }
    return (PyList_CheckExact(o) || PyTuple_CheckExact(o)) && Py_SIZE(o) < MANY_ITEMS;
}

bool
_PyJitConsumer_StaysGeneric(PyObject *callable, _Py_CODEUNIT *instr, int oparg, PyObject **args)
{
    if (oparg != 1 || !ENGINE->enabled) {
        return false;
    }
    bool generator = PyGen_CheckExact(args[0]);
    Py_ssize_t most = generator ? most_given(args[0]) : -1;
    if ((generator ? most >= 0 && most < MANY_ITEMS : code_of_step(args[0]) == NULL)
        || !has_loop(_PyJitConsumer_KindOf(callable, Py_IS_TYPE(callable, &PyMethodDescr_Type), CALL, oparg))) {
        return false;
    }
    _PyCallCache *cache = (_PyCallCache *)(instr + 1);
    cache->counter = adaptive_counter_backoff(cache->counter);
    return true;
}

/* A tool is told of global events: of an exception that comes out of a call it is told where, which is not the same place for C and
 * for frames. */
static bool
is_monitored(const PyInterpreterState *interp)
{
    for (int event = 0; event < _PY_MONITORING_UNGROUPED_EVENTS; event++) {
        if (interp->monitors.tools[event] != 0) {
            return true;
        }
    }
    return false;
}

bool
_PyJit_BeginConsumer(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **stack_pointer, _Py_CODEUNIT *call, int opcode, int oparg)
{
    if (!ENGINE->enabled || !may_consume(opcode, oparg) || has_few(stack_pointer[-oparg - (opcode == CALL_KW)])
        || !_Py_IsMainInterpreter(tstate->interp) || !ENGINE->options.typed || tstate->tracing || is_monitored(tstate->interp)) {
        return false;
    }
    int kind = kind_of_call(stack_pointer, opcode, oparg);
    PyObject **operands = stack_pointer - (kind < 0 ? 0 : _PyJitConsumer_Operands(kind));
    PyCodeObject *consumed = has_loop(kind) ? consumed_by(kind, operands) : NULL;
    if (consumed == NULL) {
        return false;
    }
    Py_ssize_t most = most_items(kind, operands);
    Copies *copies = most >= MANY_ITEMS ? copies_for(consumed)
        : most < 0 && ENGINE->consumers != NULL ? _Py_hashtable_get(ENGINE->consumers, consumed) : NULL;
    if (copies == NULL || (most < 0 && !copies->hot)) {
        return false;
    }
    bool first = copies->codes[kind - JIT_CONSUMER_FIRST] == NULL;
    PyCodeObject *code = code_for(copies, consumed, kind, false);
    if (first) {
        // Traces that go back to C with each item would be entered and left in the loop all the time, and it would never get hot.
        _PyJitExecutor_InvalidateDependents(consumed);
    }
    if (code == NULL || _PyJit_EnterConsumer(tstate, frame, stack_pointer, call, code, opcode) == NULL) {
        return false;
    }
    tstate->py_recursion_remaining++;    // the start of a frame takes one, and this frame none
    return true;
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
