/* sys._jit._ir_roundtrip, _ir_verify and _ir_traces: trace IR as text, for tests and for looking at it. */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_frame.h"
#include "jit/engine/engine.h"

static int
parse(_PyJitTrace *trace, PyObject *text)
{
    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "expected str, not %T", text);
        return -1;
    }
    Py_ssize_t size;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, &size);
    if (utf8 == NULL) {
        return -1;
    }
    if (strlen(utf8) != (size_t)size) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return -1;
    }
    return _PyJitTrace_Parse(trace, utf8);
}

/* The canonical form of TEXT, which is a trace.  New reference; ValueError where it does not parse. */
PyObject *
_PyJit_IrRoundtrip(PyObject *Py_UNUSED(self), PyObject *text)
{
    _PyJitTrace trace;
    if (parse(&trace, text) < 0) {
        return NULL;
    }
    _PyJitTrace *packed = _PyJitTrace_Pack(&trace, false);
    PyObject *result = packed == NULL ? PyErr_NoMemory() : _PyJitTrace_Print(packed, true);
    PyMem_RawFree(packed);
    _PyJitTrace_Clear(&trace);
    return result;
}

/* None where the trace in TEXT is fine, else the verifier's message.  New reference; ValueError where it does not parse. */
PyObject *
_PyJit_IrVerify(PyObject *Py_UNUSED(self), PyObject *text)
{
    _PyJitTrace trace;
    if (parse(&trace, text) < 0) {
        return NULL;
    }
    char message[256];
    int status = _PyJitTrace_Verify(&trace, message, sizeof(message));
    _PyJitTrace_Clear(&trace);
    return status < 0 ? PyUnicode_FromString(message) : Py_NewRef(Py_None);
}

/* The traces of all executors alive, newest first, as a list of str.  New reference, or NULL with an exception set. */
PyObject *
_PyJit_IrTraces(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    PyObject *texts = PyList_New(0);
    if (texts == NULL) {
        return NULL;
    }
    // Nothing below runs Python code, so the engine's list stands still.
    for (_PyExecutorObject *e = _PyJitEngine_Executors(); e != NULL; e = e->next) {
        PyObject *text = _PyJitTrace_Print(e->trace, e->vm_data.valid);
        if (text == NULL || PyList_Append(texts, text) < 0) {
            Py_XDECREF(text);
            Py_DECREF(texts);
            return NULL;
        }
        Py_DECREF(text);
    }
    return texts;
}

PyObject *
_PyJit_IrSpoil(PyObject *self, PyObject *on)
{
    int spoil = PyObject_IsTrue(on);
    if (spoil < 0) {
        return NULL;
    }
    ENGINE->spoil = spoil;
    Py_RETURN_NONE;
}

#endif /* _Py_TIER2 */
