/* sys._jit: is it there, is it on, what did it do. */
#include "Python.h"
#include "pycore_code.h"
#include "pycore_frame.h"
#include "pycore_initconfig.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"
#include "pycore_jit.h"
#include "pycore_jit_options.h"
#include "jit/engine/security_fixes.h"
#ifdef _Py_TIER2
#include "jit/engine/engine.h"
#endif


PyDoc_STRVAR(is_available_doc,
"is_available()\n--\n\nTrue if this python can compile traces here.  unavailable_reason() says why not.");

static PyObject *
jit_is_available(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(args))
{
#ifdef _Py_TIER2
    return PyBool_FromLong(_Py_IsMainInterpreter(_PyInterpreterState_GET()) && _PyJitEngine_Unavailable() == NULL);
#else
    Py_RETURN_FALSE;
#endif
}

PyDoc_STRVAR(is_enabled_doc,
"is_enabled()\n--\n\nTrue if hot code is compiled (PYTHON_JIT, -X jit, set_enabled()).");

static PyObject *
jit_is_enabled(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(args))
{
#ifdef _Py_TIER2
    return PyBool_FromLong(_Py_IsMainInterpreter(_PyInterpreterState_GET()) && ENGINE->enabled
                           && _PyJitEngine_Unavailable() == NULL);
#else
    Py_RETURN_FALSE;
#endif
}

PyDoc_STRVAR(is_active_doc,
"is_active()\n--\n\nTrue if the call itself is made by a compiled trace.\n\n"
"It looks for a trace that is running and holds the calling instruction.  A function that runs in tier 1 while a trace of\n"
"the same function is further up on the stack is taken for compiled.");

#ifdef _Py_TIER2
static bool
holds(const _PyJitTrace *trace, PyCodeObject *code, uint32_t offset)
{
    const _PyJitTrace *whole = _PyJitTrace_Unpack(trace, false);
    bool found = false;
    for (uint32_t i = 0; whole != NULL && i < trace->nrecords && !found; i++) {
        const _PyJitRecord *record = &whole->records[i];
        found = trace->codes[record->code] == code && record->offset == offset;
    }
    _PyJitTrace_FreeUnpacked(whole, trace);
    return found;
}
#endif

static PyObject *
jit_is_active(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(args))
{
#ifdef _Py_TIER2
    _PyInterpreterFrame *frame = _PyThreadState_GetFrame(_PyThreadState_GET());
    if (frame != NULL && _PyJitEngine_IsOurs()) {
        PyCodeObject *code = _PyFrame_GetCode(frame);
        uint32_t offset = (uint32_t)_PyInterpreterFrame_LASTI(frame);
        for (_PyExecutorObject *e = ENGINE->head; e != NULL; e = e->next) {
            if (e->anchor->running > 0 && holds(e->trace, code, offset)) {
                Py_RETURN_TRUE;
            }
        }
        for (_PyExecutorObject *e = ENGINE->zombies; e != NULL; e = e->next) {
            if (holds(e->trace, code, offset)) {
                Py_RETURN_TRUE;
            }
        }
    }
#endif
    Py_RETURN_FALSE;
}

PyDoc_STRVAR(reason_doc,
"unavailable_reason()\n--\n\nWhy is_available() is false, as text; None where it is true.");

static PyObject *
jit_unavailable_reason(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(args))
{
#ifdef _Py_TIER2
    if (!_Py_IsMainInterpreter(_PyInterpreterState_GET())) {
        return PyUnicode_FromString("the JIT serves the main interpreter only");
    }
    const char *why = _PyJitEngine_Unavailable();
    if (why == NULL) {
        Py_RETURN_NONE;
    }
    return PyUnicode_FromString(why);
#else
    return PyUnicode_FromString("this python was built without --enable-experimental-jit");
#endif
}

#ifdef _Py_TIER2
static int
put(PyObject *dict, const char *key, uint64_t value)
{
    PyObject *number = PyLong_FromUnsignedLongLong(value);
    if (number == NULL) {
        return -1;
    }
    int err = PyDict_SetItemString(dict, key, number);
    Py_DECREF(number);
    return err;
}

static int
put_table(PyObject *stats, const char *key, const char *const *names, const uint64_t *values, int count)
{
    PyObject *table = PyDict_New();
    if (table == NULL) {
        return -1;
    }
    int err = 0;
    for (int i = 0; i < count && err == 0; i++) {
        err = put(table, names[i], values[i]);
    }
    if (err == 0) {
        err = PyDict_SetItemString(stats, key, table);
    }
    Py_DECREF(table);
    return err;
}

static const char *const abort_names[] = {
#define X(NAME, TEXT, HELP) TEXT,
    JIT_ABORTS(X)
#undef X
};

static const char *const end_names[] = {
#define X(NAME, TEXT) TEXT,
    JIT_ENDS(X)
#undef X
};
#endif

PyDoc_STRVAR(stats_doc,
"stats()\n--\n\nCounters since the start of the process, as a dict.\n\n"
"code_bytes and metadata_bytes are what the executors alive hold; compile_time is in nanoseconds; aborts and ends are dicts\n"
"by reason; opaque is one by opcode of dicts by reason: instructions of traces that the optimizer left as they were, each time a trace\n"
"was built; every other value is a count.  units() names the unit of each.");

static PyObject *
jit_stats(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(args))
{
    PyObject *stats = PyDict_New();
    if (stats == NULL) {
        return NULL;
    }
#ifdef _Py_TIER2
    const _PyJitEngine *e = ENGINE;
    int err = put(stats, "traces", e->counters.traces_loop + e->counters.traces_function + e->counters.traces_side);
#define X(FIELD, UNIT, HELP) err = err < 0 ? err : put(stats, #FIELD, e->counters.FIELD);
    JIT_COUNTERS(X)
#undef X
    if (err < 0 || put(stats, "code_bytes", e->code_bytes) < 0
        || put(stats, "code_pages_bytes", e->interpreter ? 0 : _PyJit_CodeBytes()) < 0
        || put(stats, "metadata_bytes", e->meta_bytes) < 0
        || put_table(stats, "aborts", abort_names, e->aborts, JIT_ABORT_COUNT) < 0
        || put_table(stats, "ends", end_names, e->ends, JIT_END_COUNT) < 0) {
        Py_DECREF(stats);
        return NULL;
    }
    PyObject *opaque = _PyJitReason_Table();
    err = opaque == NULL ? -1 : PyDict_SetItemString(stats, "opaque", opaque);
    Py_XDECREF(opaque);
    if (err < 0) {
        Py_DECREF(stats);
        return NULL;
    }
#endif
    return stats;
}

PyDoc_STRVAR(units_doc, "units()\n--\n\nThe unit of each value of stats(), as a dict.");

static PyObject *
jit_units(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(args))
{
#ifdef _Py_TIER2
    return Py_BuildValue("{s:s"
#define X(FIELD, UNIT, HELP) "s:s"
                         JIT_COUNTERS(X)
#undef X
                         "s:s,s:s,s:s,s:s,s:s,s:s}",
                         "traces", "traces",
#define X(FIELD, UNIT, HELP) #FIELD, UNIT,
                         JIT_COUNTERS(X)
#undef X
                         "code_bytes", "bytes", "code_pages_bytes", "bytes", "metadata_bytes", "bytes",
                         "aborts", "traces", "ends", "traces", "opaque", "instructions");
#else
    return PyDict_New();
#endif
}

PyDoc_STRVAR(options_doc, "options()\n--\n\nThe options in force, as a dict (PYTHON_JIT_* and -X jit-*).");

static PyObject *
jit_options(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(args))
{
    PyObject *options = PyDict_New();
#ifdef _Py_TIER2
#define X(FIELD, DEFAULT, LEAST, MOST, ENV, XNAME, HELP) \
    if (options != NULL && put(options, #FIELD, ENGINE->options.FIELD) < 0) { \
        Py_CLEAR(options); \
    }
    JIT_OPTIONS(X)
#undef X
    if (options != NULL) {
        PyObject *backend = PyUnicode_FromString(ENGINE->interpreter ? "interpreter" : "native");
        if (backend == NULL || PyDict_SetItemString(options, "backend", backend) < 0) {
            Py_CLEAR(options);
        }
        Py_XDECREF(backend);
    }
#endif
    return options;
}

PyDoc_STRVAR(set_enabled_doc,
"set_enabled(on, /)\n--\n\nSwitches compilation on or off from here on.\n\n"
"Off drops everything that was compiled.  RuntimeError where the JIT is not available.");

static PyObject *
jit_set_enabled(PyObject *Py_UNUSED(self), PyObject *arg)
{
    int on = PyObject_IsTrue(arg);
    if (on < 0) {
        return NULL;
    }
#ifdef _Py_TIER2
    PyInterpreterState *interp = _PyInterpreterState_GET();
    if (!_Py_IsMainInterpreter(interp)) {
        PyErr_SetString(PyExc_RuntimeError, "the JIT serves the main interpreter only");
        return NULL;
    }
    if (_PyJitEngine_SetEnabled(interp, on) < 0) {
        PyErr_Format(PyExc_RuntimeError, "the JIT is not available: %s", _PyJitEngine_Unavailable());
        return NULL;
    }
    Py_RETURN_NONE;
#else
    if (on) {
        PyErr_SetString(PyExc_RuntimeError,
                        "the JIT is not available: this python was built without --enable-experimental-jit");
        return NULL;
    }
    Py_RETURN_NONE;
#endif
}

PyDoc_STRVAR(fixes_doc,
"security_fixes()\n--\n\nThe fixes over the upstream release that are built in, as a tuple of names in the order they were applied.\n\n"
"sysconfig's variable SECURITY_FIXES_FROM names the revision of the package they come from.");

static PyObject *
jit_security_fixes(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(args))
{
    static const char *const names[] = {
#define X(NAME) NAME,
        JIT_SECURITY_FIXES(X)
#undef X
        NULL,
    };
    Py_ssize_t count = (Py_ssize_t)Py_ARRAY_LENGTH(names) - 1;
    PyObject *fixes = PyTuple_New(count);
    for (Py_ssize_t i = 0; fixes != NULL && i < count; i++) {
        PyObject *name = PyUnicode_FromString(names[i]);
        if (name == NULL) {
            Py_CLEAR(fixes);
            break;
        }
        PyTuple_SET_ITEM(fixes, i, name);
    }
    return fixes;
}

PyDoc_STRVAR(dispatch_doc,
"dispatch()\n--\n\nHow the interpreter goes from one instruction to the next: 'tail calls' (--with-tail-call-interp),\n"
"'computed gotos' or 'switch'.");

static PyObject *
jit_dispatch(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(args))
{
    return PyUnicode_FromString(_PyJit_DispatchForm);
}

static PyMethodDef jit_methods[] = {
    {"is_available", jit_is_available, METH_NOARGS, is_available_doc},
    {"is_enabled", jit_is_enabled, METH_NOARGS, is_enabled_doc},
    {"is_active", jit_is_active, METH_NOARGS, is_active_doc},
    {"unavailable_reason", jit_unavailable_reason, METH_NOARGS, reason_doc},
    {"stats", jit_stats, METH_NOARGS, stats_doc},
    {"units", jit_units, METH_NOARGS, units_doc},
    {"options", jit_options, METH_NOARGS, options_doc},
    {"dispatch", jit_dispatch, METH_NOARGS, dispatch_doc},
    {"security_fixes", jit_security_fixes, METH_NOARGS, fixes_doc},
    {"set_enabled", jit_set_enabled, METH_O, set_enabled_doc},
#ifdef _Py_TIER2
    {"_ir_roundtrip", _PyJit_IrRoundtrip, METH_O, PyDoc_STR("Parses and prints a trace in its textual form.")},
    {"_ir_verify", _PyJit_IrVerify, METH_O, PyDoc_STR("What the verifier says of a trace in its textual form.")},
    {"_ir_run", _PyJit_IrRun, METH_VARARGS, PyDoc_STR("Runs a trace in its textual form, without bytecode.")},
    {"_ir_spoil", _PyJit_IrSpoil, METH_O, PyDoc_STR("Whether the builder is to make a mistake in each typed trace.")},
    {"_ir_traces", _PyJit_IrTraces, METH_NOARGS, PyDoc_STR("The traces of all executors, in their textual form.")},
#endif
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef jit_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "sys._jit",
    .m_doc = PyDoc_STR("The tracing JIT: is it there, is it on, what did it do."),
    .m_size = 0,
    .m_methods = jit_methods,
};

#ifdef _Py_TIER2
PyDoc_STRVAR(dump_doc,
"_dump_tracelets(path, /)\n--\n\nWrites all executors as a Graphviz graph to the file PATH.");

static PyMethodDef dump_method = {"_dump_tracelets", _PyJit_DumpTracelets, METH_O, dump_doc};
#endif

static int
add_to_sys(PyThreadState *tstate)
{
    PyObject *module = PyModule_Create(&jit_module);
    if (module == NULL) {
        return -1;
    }
    int err = PyModule_AddStringConstant(module, "version", JIT_VERSION);
    if (err == 0) {
        err = PyDict_SetItemString(tstate->interp->sysdict, "_jit", module);
    }
    Py_DECREF(module);
#ifdef _Py_TIER2
    if (err == 0) {
        PyObject *dump = PyCFunction_New(&dump_method, NULL);
        err = dump == NULL ? -1 : PyDict_SetItemString(tstate->interp->sysdict, "_dump_tracelets", dump);
        Py_XDECREF(dump);
    }
#endif
    return err;
}

PyStatus
_PyJit_Start(PyThreadState *tstate)
{
    if (add_to_sys(tstate) < 0) {
        return PyStatus_Error("can't initialize sys._jit");
    }
#ifdef _Py_TIER2
    if (_Py_IsMainInterpreter(tstate->interp)) {
        return _PyJitEngine_Start(tstate);
    }
#endif
    return PyStatus_Ok();
}
