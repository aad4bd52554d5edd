/* Exits and links: how control gets from one executor to the next.
 *
 * Compiled code that leaves looks through the exit's links itself and jumps.  Where none matches the recorder decides what becomes of
 * the exit (_PyJit_ColdExit, in record/cold_exit.c).
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_frame.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"
#include "jit/run/run.h"

_Py_CODEUNIT *
_PyJitExit_Target(const _PyJitExit *exit)
{
    const _PyJitTrace *trace = _PyJitExit_Owner(exit)->trace;
    const _PyJitSnapshot *snap = &trace->snaps[exit->snapshot];
    return _PyJitSnapshot_IsDynamic(snap) ? NULL : _PyJitTrace_SnapIP(trace, snap);
}

int
_PyJitExit_Link(_PyJitExit *exit, _Py_CODEUNIT *ip, _PyExecutorObject *executor)
{
    const _Py_CODEUNIT *target = _PyJitExit_Target(exit);
    if (target != NULL && target != ip) {
        return -1;
    }
    // An executor that stands in the bytecode is found without a link, a little later: most links are for side traces.
    int most = target != NULL ? 1 : ip->op.code == ENTER_EXECUTOR ? JIT_MAX_LINKS / 4 : JIT_MAX_LINKS;
    if (exit->nlinks >= most) {
        return -1;
    }
    bool hidden = _PyJitTools_Hide();
    _PyJitLink *link = PyMem_RawMalloc(sizeof(_PyJitLink));
    _PyJitTools_Show(hidden);
    if (link == NULL) {
        return -1;
    }
    link->ip = ip;
    link->code = executor->code;
    link->executor = (_PyExecutorObject *)Py_NewRef(executor);
    link->exit = exit;
    link->prev_in = NULL;
    link->next_in = executor->incoming;
    if (link->next_in != NULL) {
        link->next_in->prev_in = link;
    }
    executor->incoming = link;
    link->next = exit->links;
    exit->links = link;
    exit->nlinks++;
    exit->entry = executor->anchor != executor ? executor->code : _PyJit_ValueExitCode;
    ENGINE->meta_bytes += sizeof(_PyJitLink);
    ENGINE->counters.links++;
    return 0;
}

void
_PyJitExit_Unlink(_PyJitLink *link)
{
    _PyJitExit *exit = link->exit;
    _PyExecutorObject *executor = link->executor;
    _PyJitLink **place = &exit->links;
    while (*place != link) {
        place = &(*place)->next;
    }
    *place = link->next;
    exit->nlinks--;
    exit->entry = _PyJit_ValueExitCode;
    if (link->prev_in != NULL) {
        link->prev_in->next_in = link->next_in;
    }
    else {
        executor->incoming = link->next_in;
    }
    if (link->next_in != NULL) {
        link->next_in->prev_in = link->prev_in;
    }
    PyMem_RawFree(link);
    ENGINE->meta_bytes -= sizeof(_PyJitLink);
    if (executor->anchor != executor && executor->vm_data.valid) {
        _PyJitExecutor_Invalidate(executor);     // nobody else may enter it
    }
    Py_DECREF(executor);
}

void
_PyJitExit_UnlinkAll(_PyJitExit *exit)
{
    while (exit->links != NULL) {
        _PyJitExit_Unlink(exit->links);
    }
}

void
_PyJitExit_NoteFailure(_PyJitExit *exit, bool for_good)
{
    exit->failures += exit->failures < JIT_MAX_FAILURES;
    if (exit->failures >= JIT_MAX_FAILURES || for_good) {
        exit->countdown = JIT_NEVER;
        ENGINE->counters.given_up++;
        return;
    }
    uint32_t wait = ENGINE->options.exit_threshold << exit->failures;
    wait += _PyJitEngine_Random() % (wait + 1);
    exit->countdown = (uint16_t)Py_MIN(wait, JIT_NEVER - 1);
}

#endif /* _Py_TIER2 */
