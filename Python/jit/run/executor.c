/* Executors: their life, and the memory they may use.
 *
 * Who holds an executor: the code object in whose bytecode it stands (co_executors), links of exits that lead to it, and the
 * recorder while it records from one of its exits.  Links may form cycles; the collector sees executors and breaks them.
 *
 * Invariants:
 *  1. `running` counts activations inside.  An executor whose last reference goes while it runs is a zombie: it has no
 *     links, is not valid, and its memory is freed when nobody is inside any more.
 *  2. A trace borrows its code objects.  Each one is a dependency: when it dies, all executors that name it are invalid.  So an executor
 *     that is not valid may outlive them.
 *  3. An invalid executor has no incoming links and stands in no bytecode, so it is not entered again; who is inside leaves
 *     at the next CHECK_VALID.
 *  4. A side trace that takes the values of an exit belongs to the tree of that exit's owner.  Its `anchor` is the root of the
 *     tree, whose `running` counts for all of it; the anchor stays in memory as long as a member is (`members`).  It serves its exit
 *     only, so it is invalid as soon as it is unlinked.
 *  5. Nothing scans all executors but eviction, which is about all of them, and InvalidateAll; who depends on an object is
 *     found by the object (depend.c).
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_frame.h"
#include "pycore_interp.h"
#include "pycore_object.h"
#include "pycore_pystate.h"
#include "jit/run/run.h"

#define MAX_EXECUTORS_IN_CODE 256

/* --- Standing in the bytecode ----------------------------------------------------------------------------- */

static int
free_slot(PyCodeObject *code)
{
    _PyExecutorArray *array = code->co_executors;
    int size = array == NULL ? 0 : array->size;
    for (int i = 0; i < size; i++) {
        if (array->executors[i] == NULL) {
            return i;
        }
    }
    if (size == MAX_EXECUTORS_IN_CODE) {
        return -1;
    }
    if (array == NULL || size == array->capacity) {
        int room = size == 0 ? 1 : Py_MIN(size * 2, MAX_EXECUTORS_IN_CODE);
        // Freed by upstream's code objects with PyMem_Free.
        array = PyMem_Realloc(array, offsetof(_PyExecutorArray, executors) + room * sizeof(_PyExecutorObject *));
        if (array == NULL) {
            return -1;
        }
        array->capacity = room;
        array->size = size;
        code->co_executors = array;
    }
    array->executors[size] = NULL;
    array->size = size + 1;
    return size;
}

int
_PyJitExecutor_Install(_PyExecutorObject *executor, PyCodeObject *code, _Py_CODEUNIT *instr)
{
    if (instr->op.code == ENTER_EXECUTOR) {
        _Py_ExecutorDetach(code->co_executors->executors[instr->op.arg]);
    }
    int index = free_slot(code);
    if (index < 0) {
        return -1;
    }
    executor->vm_data.opcode = instr->op.code;
    executor->vm_data.oparg = instr->op.arg;
    executor->vm_data.code = code;
    executor->vm_data.index = (int)(instr - _PyCode_CODE(code));
    code->co_executors->executors[index] = (_PyExecutorObject *)Py_NewRef(executor);
    instr->op.code = ENTER_EXECUTOR;
    instr->op.arg = (uint8_t)index;
    return 0;
}

/* Takes the executor out of the bytecode and drops the code's reference; nothing where it stands in none. */
void
_Py_ExecutorDetach(_PyExecutorObject *executor)
{
    PyCodeObject *code = executor->vm_data.code;
    if (code == NULL) {
        return;
    }
    _Py_CODEUNIT *instr = _PyCode_CODE(code) + executor->vm_data.index;
    assert(instr->op.code == ENTER_EXECUTOR);
    int index = instr->op.arg;
    assert(code->co_executors->executors[index] == executor);
    instr->op.code = executor->vm_data.opcode;
    instr->op.arg = executor->vm_data.oparg;
    executor->vm_data.code = NULL;
    code->co_executors->executors[index] = NULL;
    Py_DECREF(executor);
}

void
_PyJitExecutor_Invalidate(_PyExecutorObject *executor)
{
    Py_INCREF(executor);
    if (executor->vm_data.valid) {
        executor->vm_data.valid = 0;
        _PyJitDepend_Remove(executor);
        if (executor->kind == JIT_KIND_SIDE
            && _Py_hashtable_get(ENGINE->sides, executor->start) == executor) {
            _Py_hashtable_steal(ENGINE->sides, executor->start);
            ENGINE->meta_bytes -= sizeof(_Py_hashtable_entry_t);
        }
    }
    _Py_ExecutorDetach(executor);
    while (executor->incoming != NULL) {
        _PyJitExit_Unlink(executor->incoming);
    }
    for (uint32_t i = 0; i < executor->nexits; i++) {
        _PyJitExit_UnlinkAll(&executor->exits[i]);
    }
    Py_DECREF(executor);
}

/* --- Side traces by their first instruction --------------------------------------------------------------- */

void
_PyJitExecutor_AddSide(_PyExecutorObject *executor)
{
    if (executor->chain > 0 || _Py_hashtable_get_entry(ENGINE->sides, executor->start) != NULL) {
        return;     // the first one serves; no memory: it just is not found
    }
    if (_Py_hashtable_set(ENGINE->sides, executor->start, executor) == 0) {
        ENGINE->meta_bytes += sizeof(_Py_hashtable_entry_t);
    }
}

_PyExecutorObject *
_PyJitExecutor_FindSide(_Py_CODEUNIT *start)
{
    return _Py_hashtable_get(ENGINE->sides, start);
}

/* --- Birth and death ---------------------------------------------------------------------------------------- */

/* With room for NEXITS behind it, all zeros.  Executors are objects of the collector, but the program did not make them: they do not count
 * towards its next run. */
static _PyExecutorObject *
new_uncounted(uint32_t nexits)
{
    struct gc_generation *young = &_PyInterpreterState_GET()->gc.generations[0];
    young->count--;
    _PyExecutorObject *executor = (_PyExecutorObject *)PyUnstable_Object_GC_NewWithExtraData(
        &_PyUOpExecutor_Type, nexits * sizeof(_PyJitExit));
    young->count += executor == NULL;
    return executor;
}

static void
free_uncounted(_PyExecutorObject *executor)
{
    struct gc_generation *young = &_PyInterpreterState_GET()->gc.generations[0];
    int count = young->count;
    PyObject_GC_Del(executor);
    young->count = count;
}

static void
free_memory(_PyExecutorObject *executor)
{
    ENGINE->code_bytes -= executor->code_size;
    if (executor->code != NULL) {
        _PyJit_FreeCode(executor);
    }
    ENGINE->meta_bytes -= executor->meta_size;
    ENGINE->counters.executors--;
    if (executor->anchor != executor) {
        executor->anchor->members--;
    }
    PyMem_RawFree(executor->trace);
    PyMem_RawFree(executor->places);
    free_uncounted(executor);
}

static bool
is_in_use(const _PyExecutorObject *executor)
{
    return executor->anchor->running > 0 || executor->members > 0;
}

static void
executor_dealloc(_PyExecutorObject *executor)
{
    PyObject_GC_UnTrack(executor);
    // Resurrected for the time being: unlinking counts references.
    Py_SET_REFCNT(executor, 1);
    _PyJitExecutor_Invalidate(executor);
    Py_SET_REFCNT(executor, 0);
    if (executor->vm_data.linked) {
        if (executor->prev != NULL) {
            executor->prev->next = executor->next;
        }
        else {
            ENGINE->head = executor->next;
        }
        if (executor->next != NULL) {
            executor->next->prev = executor->prev;
        }
        executor->vm_data.linked = 0;
    }
    if (is_in_use(executor)) {
        executor->next = ENGINE->zombies;
        ENGINE->zombies = executor;
        return;
    }
    free_memory(executor);
}

void
_PyJitExecutor_FreeZombies(void)
{
    bool freed;
    do {
        // Members first; they let go of their anchor.
        freed = false;
        _PyExecutorObject **place = &ENGINE->zombies;
        while (*place != NULL) {
            _PyExecutorObject *zombie = *place;
            if (is_in_use(zombie)) {
                place = &zombie->next;
                continue;
            }
            freed |= zombie->anchor != zombie;
            *place = zombie->next;
            free_memory(zombie);
        }
    } while (freed && ENGINE->zombies != NULL);
}

static int
executor_traverse(_PyExecutorObject *executor, visitproc visit, void *arg)
{
    for (uint32_t i = 0; i < executor->nexits; i++) {
        for (_PyJitLink *link = executor->exits[i].links; link != NULL; link = link->next) {
            Py_VISIT(link->executor);
        }
    }
    return 0;
}

static int
executor_clear(_PyExecutorObject *executor)
{
    _PyJitExecutor_Invalidate(executor);
    return 0;
}

static PyObject *
executor_is_valid(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyBool_FromLong(((_PyExecutorObject *)self)->vm_data.valid);
}

static PyObject *
executor_get_trace(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    const _PyExecutorObject *executor = (_PyExecutorObject *)self;
    return _PyJitTrace_Print(executor->trace, executor->vm_data.valid);
}

static PyObject *
executor_get_code(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    _PyExecutorObject *executor = (_PyExecutorObject *)self;
    if (executor->code == NULL) {
        Py_RETURN_NONE;
    }
    return PyBytes_FromStringAndSize(executor->code, (Py_ssize_t)executor->code_size);
}

static PyObject *
executor_get_opcode(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLong(((_PyExecutorObject *)self)->vm_data.opcode);
}

static PyObject *
executor_get_oparg(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLong(((_PyExecutorObject *)self)->vm_data.oparg);
}

static PyMethodDef executor_methods[] = {
    {"get_opcode", executor_get_opcode, METH_NOARGS, PyDoc_STR("The opcode that ENTER_EXECUTOR replaced.")},
    {"get_oparg", executor_get_oparg, METH_NOARGS, PyDoc_STR("The oparg of the instruction replaced.")},
    {"is_valid", executor_is_valid, METH_NOARGS, PyDoc_STR("True while the executor may be entered.")},
    {"get_trace", executor_get_trace, METH_NOARGS, PyDoc_STR("The trace in its textual form.")},
    {"get_jit_code", executor_get_code, METH_NOARGS, PyDoc_STR("The machine code as bytes, or None.")},
    {NULL, NULL, 0, NULL},
};

PyTypeObject _PyUOpExecutor_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "jit_executor",
    .tp_doc = PyDoc_STR("A compiled trace."),
    .tp_basicsize = sizeof(_PyExecutorObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = (destructor)executor_dealloc,
    .tp_traverse = (traverseproc)executor_traverse,
    .tp_clear = (inquiry)executor_clear,
    .tp_methods = executor_methods,
};

static void
fill_exits(_PyExecutorObject *executor)
{
    const _PyJitTrace *t = executor->trace;
    for (uint32_t i = 0; i < t->nsnaps; i++) {
        const _PyJitSnapshot *snap = &t->snaps[i];
        _PyJitExit *exit = &executor->exits[i];
        exit->from_owner = (uint32_t)((char *)exit - (char *)executor);
        exit->progress = snap->progress;
        exit->snapshot = (uint16_t)i;
        exit->countdown = snap->kind == JIT_EXIT_INVALID || snap->kind == JIT_EXIT_EVENT
            ? JIT_NEVER : (uint16_t)_PyJitRate_FirstWait(ENGINE->options.exit_threshold);
    }
}

/* Where the jump leads that TRACE begins with, or NULL. */
static _Py_CODEUNIT *
target_of(const _PyJitTrace *trace)
{
    const _PyJitRecord *first = &trace->records[0];
    return first->opcode == JUMP_BACKWARD ? _PyJitTrace_Instr(trace, first) + first->size - first->oparg : NULL;
}

/* The verifier is for us: it finds mistakes of the builder in debug builds and in stress mode, and takes as long as a pass. */
static bool
is_sound(const _PyJitTrace *trace)
{
#ifndef Py_DEBUG
    if (!ENGINE->stress) {
        return true;
    }
#endif
    char message[200];
    if (_PyJitTrace_Verify(trace, message, sizeof(message)) == 0) {
        return true;
    }
#ifdef Py_DEBUG
    fprintf(stderr, "JIT: %s\n", message);
    Py_FatalError("the trace builder made a trace that does not verify");
#endif
    return false;
}

_PyExecutorObject *
_PyJitExecutor_New(_PyJitTrace *trace, int kind, int chain, const _PyJitExit *from, int *abort)
{
    if (!is_sound(trace)) {
        _PyJitTrace_Empty(trace);
        *abort = JIT_ABORT_BAD_TRACE;
        return NULL;
    }
    if (!_PyJitExecutor_MakeRoom() || (from != NULL && !_PyJitExit_Owner(from)->vm_data.valid)) {     // FROM may be evicted just now
        _PyJitTrace_Empty(trace);
        *abort = JIT_ABORT_MEMORY_LIMIT;
        return NULL;
    }
    *abort = JIT_ABORT_NO_MEMORY;
    _PyJitTrace *owned = _PyJitTrace_Pack(trace, ENGINE->interpreter);
    _PyExecutorObject *executor = owned == NULL ? NULL : new_uncounted(trace->nsnaps);
    if (executor == NULL) {
        PyErr_Clear();
        PyMem_RawFree(owned);
        _PyJitTrace_Empty(trace);
        return NULL;
    }
    _PyJitRestore_Describe(owned, trace);
    executor->trace = owned;
    executor->exits = (_PyJitExit *)(executor + 1);
    executor->nexits = owned->nsnaps;
    executor->jumps_to = kind == JIT_KIND_LOOP ? target_of(trace) : NULL;
    executor->kind = (uint8_t)kind;
    executor->chain = (uint8_t)chain;
    executor->for_c = kind == JIT_KIND_FUNCTION && trace->nrecords < JIT_SHORT_TRACE && !ENGINE->stress
        && JIT_INS(trace, JIT_REF_BIAS + trace->nins - 1)->op == JIT_OP_RETURN_TO_C;
    executor->id = ++ENGINE->next_id;
    executor->meta_size = sizeof(_PyExecutorObject) + sizeof(PyGC_Head) + _PyJitTrace_PackedSize(owned)
        + executor->nexits * sizeof(_PyJitExit);
    executor->vm_data.index = -1;
    executor->anchor = executor;
    if (from != NULL) {
        executor->anchor = _PyJitExit_Owner(from)->anchor;
        executor->anchor->members++;
    }
    executor->anchor->nloops += owned->has_head && from != NULL;
    executor->loop = owned->has_head ? executor : from != NULL ? _PyJitExit_Owner(from)->loop : NULL;
    ENGINE->counters.executors++;
    ENGINE->meta_bytes += executor->meta_size;
    fill_exits(executor);
    if (_PyJitDepend_Add(executor) < 0) {
        Py_DECREF(executor);
        _PyJitTrace_Empty(trace);
        return NULL;
    }
    executor->vm_data.valid = 1;
    const char *reason = NULL;
    int status = ENGINE->interpreter ? 0 : _PyJit_Emit(executor, trace, from, &reason);
    if (status < 0) {
        executor->code = NULL;
        executor->code_size = 0;
        if (status == -2) {
            _PyJitTrace_DropOperations(trace);
        }
        else {
            _PyJitTrace_Empty(trace);
        }
        Py_DECREF(executor);
        *abort = status == -3 ? JIT_ABORT_COSTLY : JIT_ABORT_BACKEND;
        if (status == -1) {
            _PyJitEngine_SwitchOff(reason);
        }
        return NULL;
    }
    _PyJitTrace_Empty(trace);
    if (executor->places != NULL) {
        size_t size = (executor->nplaces + 1) * sizeof(uint16_t);
        executor->meta_size += size;
        ENGINE->meta_bytes += size;
    }
    ENGINE->code_bytes += executor->code_size;
    executor->next = ENGINE->head;
    if (ENGINE->head != NULL) {
        ENGINE->head->prev = executor;
    }
    ENGINE->head = executor;
    executor->vm_data.linked = 1;
    PyObject_GC_Track(executor);
    return executor;
}

/* --- The memory limit ------------------------------------------------------------------------------------- */

/* Machine code counts by the pages it holds, which may be more than the bytes that are used of them. */
static size_t
memory_used(void)
{
    return ENGINE->meta_bytes + (ENGINE->interpreter ? 0 : _PyJit_CodeBytes());
}

/* Invalidates executors that were not entered since the last look.  They are freed as their references go. */
static void
evict_cold(bool also_warm)
{
    _PyExecutorObject *executor = ENGINE->head;
    while (executor != NULL) {
        Py_INCREF(executor);
        // Members of a tree go with its root.
        if (executor->vm_data.valid && executor->running == 0 && executor->anchor == executor
            && (also_warm || executor->entered == executor->entered_before)) {
            ENGINE->counters.evictions++;
            _PyJitLog_Drop(executor, "memory limit");
            _PyJitExecutor_Invalidate(executor);
        }
        executor->entered_before = executor->entered;
        _PyExecutorObject *next = executor->next;
        Py_DECREF(executor);
        executor = next;
    }
    _PyJitExecutor_FreeZombies();
}

bool
_PyJitExecutor_MakeRoom(void)
{
    size_t limit = (size_t)ENGINE->options.memory_limit << 20;
    size_t target = limit - limit / 8;
    if (memory_used() < target) {
        return true;
    }
    evict_cold(false);
    if (memory_used() < target) {
        return true;
    }
    evict_cold(true);
    return memory_used() < target;
}

/* --- What the rest of the interpreter tells us ---------------------------------------------------------- */

void
_PyJit_CodeDying(PyCodeObject *code)
{
    // No trace names the code of an interpreter with a GIL of its own.
    if (_PyJitEngine_IsOurs()) {
        _PyJitExecutor_InvalidateDependents(code);
        _PyJitWorth_CodeDying(code);
        _PyJitConsumer_CodeDying(code);
    }
}

/* A new reference to the executor that stands at byte OFFSET of CODE, or NULL with ValueError. */
_PyExecutorObject *
_Py_GetExecutor(PyCodeObject *code, int offset)
{
    int units = (int)Py_SIZE(code);
    if (offset >= 0 && offset % (int)sizeof(_Py_CODEUNIT) == 0 && offset / (int)sizeof(_Py_CODEUNIT) < units) {
        for (int i = 0; i < units;) {
            _Py_CODEUNIT *instr = _PyCode_CODE(code) + i;
            if (instr->op.code == ENTER_EXECUTOR && i * (int)sizeof(_Py_CODEUNIT) == offset) {
                return (_PyExecutorObject *)Py_NewRef(code->co_executors->executors[instr->op.arg]);
            }
            i += _PyInstruction_GetLength(code, i);
        }
    }
    PyErr_Format(PyExc_ValueError, "no executor at byte offset %d of code %R", offset, code->co_name);
    return NULL;
}

#endif /* _Py_TIER2 */
