/* sys._jit._ir_roundtrip and sys._jit._ir_verify: trace IR for tests that are text. */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_frame.h"
#include "pycore_jit_engine.h"

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
    PyObject *result = _PyJitTrace_Shrink(&trace) < 0 ? PyErr_NoMemory() : _PyJitTrace_Print(&trace);
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

#endif /* _Py_TIER2 */
