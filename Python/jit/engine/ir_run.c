/* sys._jit._ir_run: runs a trace given as text, for tests of the backends.
 *
 * The trace runs in a frame of its own, on top of the caller's: the arguments are its locals, and what is in its slots when the
 * trace leaves is the result.  Only traces without OPAQUE operations: a bytecode instruction may look at anything.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_frame.h"
#include "pycore_pystate.h"
#include "jit/engine/engine.h"

static bool
is_opaque(const _PyJitTrace *t)
{
    for (uint32_t i = 0; i < t->nins; i++) {
        if (JIT_INS(t, JIT_REF_BIAS + i)->op == JIT_OP_OPAQUE) {
            return true;
        }
    }
    return false;
}

/* An executor of the trace in TEXT, whose codes are all CODE.  New reference, or NULL with an exception set. */
static _PyExecutorObject *
make_executor(const char *text, PyCodeObject *code)
{
    _PyJitTrace trace;
    char message[200];
    if (_PyJitTrace_Parse(&trace, text) < 0) {
        return NULL;
    }
    for (uint32_t i = 0; i < trace.ncodes; i++) {
        trace.codes[i] = code;
    }
    const char *problem = _PyJitTrace_Verify(&trace, message, sizeof(message)) < 0 ? message
        : JIT_INS(&trace, JIT_REF_BIAS)->op == JIT_OP_START_SIDE ? "the trace takes values from another one"
        : is_opaque(&trace) ? "the trace holds bytecode instructions" : NULL;
    if (problem != NULL) {
        PyErr_SetString(PyExc_ValueError, problem);
        _PyJitTrace_Clear(&trace);
        return NULL;
    }
    int abort;
    _PyExecutorObject *executor = _PyJitExecutor_New(&trace, JIT_KIND_SIDE, 0, NULL, &abort);
    _PyJitTrace_Clear(&trace);
    if (executor == NULL) {
        PyErr_Format(PyExc_RuntimeError, "no executor: %s",
                     ENGINE->unavailable != NULL ? ENGINE->unavailable : "no memory, or too many values");
        return NULL;
    }
    for (uint32_t i = 0; i < executor->nexits; i++) {
        executor->exits[i].countdown = JIT_NEVER;
    }
    return executor;
}

/* _ir_run(text, code, args, backend, rounds=1): runs the trace in a frame of CODE whose first locals are ARGS.
 *
 * BACKEND is "interpreter" or "native".  Returns (number of the exit by which it left, objects in the frame's slots, nanoseconds a
 * round); an unbound slot is shown as None.  With ROUNDS above 1 all is done again that often, with the locals it left.
 * ValueError: a text that is no valid trace, or holds OPAQUE operations; RuntimeError: no such backend here. */
PyObject *
_PyJit_IrRun(PyObject *Py_UNUSED(self), PyObject *arguments)
{
    const char *text, *backend;
    PyCodeObject *code;
    PyObject *args;
    int rounds = 1;
    if (!PyArg_ParseTuple(arguments, "sO!O!s|i:_ir_run", &text, &PyCode_Type, &code, &PyTuple_Type, &args,
                          &backend, &rounds)) {
        return NULL;
    }
    if (PyTuple_GET_SIZE(args) > code->co_nlocalsplus) {
        PyErr_SetString(PyExc_ValueError, "more arguments than the code has locals");
        return NULL;
    }
    _PyJitEnterFunc enter = _PyJit_Interpret;
    if (strcmp(backend, "native") == 0) {
        if (ENGINE->interpreter || !ENGINE->available) {
            PyErr_SetString(PyExc_RuntimeError, "no machine code in this process");
            return NULL;
        }
        enter = _PyJit_Enter;
    }
    else if (strcmp(backend, "interpreter") != 0) {
        PyErr_SetString(PyExc_ValueError, "backend: expected 'interpreter' or 'native'");
        return NULL;
    }
    // An executor is for one of them.
    bool interpreter = ENGINE->interpreter;
    ENGINE->interpreter = enter == _PyJit_Interpret;
    _PyExecutorObject *executor = make_executor(text, code);
    ENGINE->interpreter = interpreter;
    if (executor == NULL) {
        return NULL;
    }
    PyThreadState *tstate = _PyThreadState_GET();
    int nslots = code->co_nlocalsplus + code->co_stacksize;
    _PyInterpreterFrame *frame = PyMem_Calloc(1, sizeof(_PyInterpreterFrame) + (size_t)nslots * sizeof(PyObject *));
    if (frame == NULL) {
        Py_DECREF(executor);
        return PyErr_NoMemory();
    }
    frame->f_executable = (PyObject *)code;
    frame->instr_ptr = _PyCode_CODE(code);
    frame->owner = FRAME_OWNED_BY_CSTACK;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++) {
        frame->localsplus[i] = Py_NewRef(PyTuple_GET_ITEM(args, i));
    }
    frame->stacktop = code->co_nlocalsplus;
    PyTime_t before = 0, after = 0;
    int left = -1;
    frame->previous = tstate->current_frame;
    tstate->current_frame = frame;
    (void)PyTime_PerfCounterRaw(&before);
    for (int round = 0; round < rounds; round++) {
        enter(frame, frame->localsplus + frame->stacktop, tstate, executor);
    }
    (void)PyTime_PerfCounterRaw(&after);
    tstate->current_frame = frame->previous;
    for (uint32_t i = 0; i < executor->nexits; i++) {
        if (executor->exits[i].taken > 0) {
            left = (int)i;
        }
    }
    PyObject *slots = PyList_New(0);
    int err = slots == NULL ? -1 : 0;
    for (int i = 0; i < frame->stacktop; i++) {
        PyObject *object = frame->localsplus[i];
        if (err == 0) {
            err = PyList_Append(slots, object == NULL ? Py_None : object);
        }
        Py_XDECREF(object);
    }
    PyMem_Free(frame);
    Py_DECREF(executor);
    if (err < 0) {
        Py_XDECREF(slots);
        return NULL;
    }
    return Py_BuildValue("iNd", left, slots, (double)(after - before) / rounds);
}

#endif /* _Py_TIER2 */
