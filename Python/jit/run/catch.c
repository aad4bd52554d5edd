/* From an instruction that has raised to its handler, as tier 1 goes there.
 *
 * A traceback entry for each frame, the values on its stack are given up, frames without a handler go away; then the exception
 * is on the stack of the last one.  Code of users may run in between, when objects end, and may ask for events.  So before each
 * step somebody looks whether tools want to be told, and what is left to do is tier 1's if they do: it can go on at every step.
 *
 * Frames of C are tier 1's from the beginning.  A generator that is left is done, and whoever resumed it has the exception.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_ceval.h"
#include "pycore_code.h"
#include "pycore_frame.h"
#include "pycore_interp.h"
#include "pycore_jit.h"
#include "pycore_pyerrors.h"
#include "pycore_pystate.h"
#include "pycore_traceback.h"

#define MOST_FRAMES 100

/* --- The table of handlers --------------------------------------------------------------------------------------- */

/* A number of the table: six bits a byte, the highest first; bit 6 says that another byte follows, bit 7 begins an entry. */
static const uint8_t *
read_number(const uint8_t *at, int *number)
{
    int value = *at & 63;
    while (*at++ & 64) {
        value = value << 6 | (*at & 63);
    }
    *number = value;
    return at;
}

/* Entries ascend, and do not overlap. */
bool
_PyJitCatch_LookUp(PyCodeObject *code, const _Py_CODEUNIT *next_instr, _PyJitHandler *found)
{
    int place = (int)(next_instr - _PyCode_CODE(code)) - 1;
    const uint8_t *at = (const uint8_t *)PyBytes_AS_STRING(code->co_exceptiontable);
    const uint8_t *end = at + PyBytes_GET_SIZE(code->co_exceptiontable);
    while (at < end) {
        int start, length, handler, rest;
        at = read_number(at, &start);
        if (start > place) {
            return false;
        }
        at = read_number(at, &length);
        at = read_number(at, &handler);
        at = read_number(at, &rest);
        if (place < start + length) {
            found->handler = _PyCode_CODE(code) + handler;
            found->level = rest >> 1;
            found->wants_place = rest & 1;
            return true;
        }
    }
    return false;
}

bool
_PyJitCatch_HasHandler(PyCodeObject *code, const _Py_CODEUNIT *next_instr)
{
    _PyJitHandler found;
    return _PyJitCatch_LookUp(code, next_instr, &found);
}

uint32_t
_PyJitCatch_Way(PyCodeObject *code, const _Py_CODEUNIT *next_instr, uint32_t popped)
{
    _PyJitHandler found;
    if (popped > 0 || !_PyJitCatch_LookUp(code, next_instr, &found)) {
        return popped;
    }
    uint32_t offset = (uint32_t)(found.handler - _PyCode_CODE(code));
    if (offset > JIT_WAY_HANDLER(UINT32_MAX) || (uint32_t)found.level > JIT_WAY_LEVEL(UINT32_MAX)) {
        return popped;
    }
    return JIT_WAY_IS_KNOWN | offset << 16 | (uint32_t)found.wants_place << 15 | (uint32_t)found.level << 8;
}

/* --- Unwinding ----------------------------------------------------------------------------------------------------- */

/* A tool is to be told of exceptions. */
static inline bool
is_watched(const PyThreadState *tstate)
{
    const uint8_t *tools = tstate->interp->monitors.tools;
    return tools[PY_MONITORING_EVENT_RAISE] | tools[PY_MONITORING_EVENT_RERAISE] | tools[PY_MONITORING_EVENT_EXCEPTION_HANDLED]
        | tools[PY_MONITORING_EVENT_PY_UNWIND];
}

bool
_PyJitCatch_Find(PyThreadState *tstate, _PyInterpreterFrame *frame, _Py_CODEUNIT *next_instr, _PyJitHandler *found)
{
    if (is_watched(tstate)) {
        return false;
    }
    for (found->popped = 0; found->popped < MOST_FRAMES; found->popped++) {
        if (_PyJitCatch_LookUp(_PyFrame_GetCode(frame), next_instr, found)) {
            return true;
        }
        if (frame->owner == FRAME_OWNED_BY_CSTACK || frame->previous->owner == FRAME_OWNED_BY_CSTACK) {
            return false;
        }
        frame = frame->previous;
        next_instr = frame->instr_ptr;
    }
    return false;
}

static void
add_to_traceback(_PyInterpreterFrame *frame)
{
    PyFrameObject *object = _PyFrame_IsIncomplete(frame) ? NULL : _PyFrame_GetFrameObject(frame);
    if (object != NULL) {
        PyTraceBack_Here(object);
    }
}

/* A continuation frame gives back what it took, also if it has a handler of its own.  Tier 1 does it wherever an exception unwinds. */
static void
give_back(PyThreadState *tstate, _PyInterpreterFrame *frame)
{
    if (_PyFrame_GetCode(frame)->co_flags & CO_NO_MONITORING_EVENTS) {
        _PyJitOperator_Unwind(tstate, frame);
    }
}

/* Leaves FRAME, whose stack is empty. */
static _PyInterpreterFrame *
leave(PyThreadState *tstate, _PyInterpreterFrame *frame)
{
    _PyInterpreterFrame *caller = frame->previous;
    give_back(tstate, frame);
    tstate->py_recursion_remaining++;
    tstate->current_frame = caller;
    _PyEval_FrameClearAndPop(tstate, frame);
    caller->return_offset = 0;
    return caller;
}

static _PyJitResult
for_tier_1(_PyInterpreterFrame *frame, PyObject **stack_pointer, _PyJitResult result)
{
    _PyFrame_SetStackPointer(frame, stack_pointer);
    return result;
}

_PyJitResult
_PyJit_Catch(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **stack_pointer, _Py_CODEUNIT *next_instr, uint32_t way)
{
    _PyJitHandler found = {
        .handler = _PyCode_CODE(_PyFrame_GetCode(frame)) + JIT_WAY_HANDLER(way), .level = JIT_WAY_LEVEL(way),
        .wants_place = JIT_WAY_WANTS_PLACE(way),
    };
    bool is_found = _PyErr_Occurred(tstate)
        && (way & JIT_WAY_IS_KNOWN ? !is_watched(tstate) : _PyJitCatch_Find(tstate, frame, JIT_RAISED_AT(next_instr), &found));
    if (!is_found || (way != JIT_ANY_WAY && (int)(way & JIT_WAY_FRAMES) != found.popped)) {
        return for_tier_1(frame, stack_pointer, JIT_ERROR_RESULT(next_instr));
    }
    assert(_PyJitCatch_LookUp(_PyFrame_GetCode(frame), JIT_RAISED_AT(next_instr), &(_PyJitHandler){0}) == (found.popped == 0));
    for (int left = found.popped;; left--) {
        if (!JIT_IS_RERAISE(next_instr)) {
            add_to_traceback(frame);
        }
        next_instr = JIT_RAISED_AT(next_instr);
        PyObject **keep = _PyFrame_Stackbase(frame) + (left == 0 ? found.level : 0);
        assert(stack_pointer >= keep);
        while (stack_pointer > keep) {
            stack_pointer--;
            Py_XDECREF(*stack_pointer);
        }
        if (is_watched(tstate)) {
            return for_tier_1(frame, stack_pointer, JIT_RESULT(JIT_STATUS_RERAISE, next_instr));
        }
        if (left == 0) {
            break;
        }
        _PyFrame_SetStackPointer(frame, stack_pointer);
        frame = leave(tstate, frame);
        next_instr = frame->instr_ptr;
        stack_pointer = _PyFrame_GetStackPointer(frame);
        if (is_watched(tstate) || !_PyErr_Occurred(tstate)) {      // without memory for a frame object that was lost
            return for_tier_1(frame, stack_pointer, JIT_RESULT(JIT_STATUS_ERROR, next_instr));
        }
    }
    if (found.wants_place) {
        PyObject *place = PyLong_FromLong(_PyInterpreterFrame_LASTI(frame));
        if (place == NULL) {
            return for_tier_1(frame, stack_pointer, JIT_RESULT(JIT_STATUS_RERAISE, next_instr));
        }
        *stack_pointer++ = place;
    }
    give_back(tstate, frame);
    *stack_pointer++ = _PyErr_GetRaisedException(tstate);
    return for_tier_1(frame, stack_pointer, JIT_RESULT(JIT_STATUS_DISPATCH, found.handler));
}

int
_PyJit_ExceptionMatches(PyObject *exception, PyObject *classes)
{
    if (PyExceptionClass_Check(classes)) {
        return PyType_IsSubtype(Py_TYPE(exception), (PyTypeObject *)classes);
    }
    if (!PyTuple_Check(classes)) {
        return -1;
    }
    int matches = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(classes); i++) {
        PyObject *class = PyTuple_GET_ITEM(classes, i);
        if (!PyExceptionClass_Check(class)) {
            return -1;
        }
        matches |= PyType_IsSubtype(Py_TYPE(exception), (PyTypeObject *)class);
    }
    return matches;
}

/* --- Behind it ------------------------------------------------------------------------------------------------------- */

bool
_PyJit_DropFrameObject(_PyInterpreterFrame *frame)
{
    PyFrameObject *object = frame->frame_obj;
    if (object == NULL) {
        return true;
    }
    if (Py_REFCNT(object) != 1 || object->f_trace != NULL || !object->f_trace_lines || object->f_trace_opcodes || object->f_lineno != 0
        || object->f_extra_locals != NULL || object->f_locals_cache != NULL || object->f_back != NULL) {
        return false;
    }
    frame->frame_obj = NULL;
    Py_DECREF(object);
    return true;
}

#endif /* _Py_TIER2 */
