/* Executors that lose: what they were entered for was worth less than leaving them has cost.
 *
 * base/worth.c says what an entry is worth.  Now and then, when tier 1 was left for often, all executors that stand in the bytecode are
 * looked at, and those that lose are dropped, for good.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "jit/record/record.h"

/* The unit is that of base/worth.c: bytes of machine code. */
#define EXIT_COST 600          // to leave for tier 1, and to enter again
#define EXITS_BETWEEN_LOOKS 4096     // or eight for each executor: they lie far apart in memory
#define EXITS_BETWEEN_RESTS 64   // a look at the clock
#define LEAST_ENTRIES 2000     // before an executor is judged

/* Has what EXECUTOR was entered for been worth less than leaving it has cost?  How often a loop went round is not known, so only those
 * exits count that leave in the first iteration. */
static bool
loses(const _PyExecutorObject *executor)
{
    if (_PyJitWorth_IsResumedByC(executor)) {
        return false;
    }
    int64_t saved = _PyJitWorth_SavedBy(executor), through = (int64_t)executor->entered, balance = 0;
    for (uint32_t i = 0; i < executor->once && through > 0; i++) {
        int64_t taken = (int64_t)Py_MIN(executor->exits[i].taken, (uint64_t)through);
        balance += taken * (saved * i / executor->nexits - EXIT_COST);
        through -= taken;
    }
    return balance + through * saved < 0;
}

static void
drop(_PyExecutorObject *executor)
{
    PyCodeObject *code = executor->vm_data.code;
    int index = executor->vm_data.index;
    ENGINE->counters.dropped++;
    _PyJitLog_Drop(executor, "it does not pay");
    _PyJitExecutor_Invalidate(executor);
    if (executor->kind == JIT_KIND_LOOP) {
        _PyJitRecorder_LoopFailed(code, index, true);
    }
    else {
        _PyJitWorth_FunctionFailed(code, _PyCode_CODE(code) + index, true);
    }
}

void
_PyJitWorth_Look(void)
{
    if (++ENGINE->exits_since_look % EXITS_BETWEEN_RESTS == 0) {
        _PyJitRecorder_Rest();
    }
    if (ENGINE->exits_since_look < Py_MAX(EXITS_BETWEEN_LOOKS, 8 * ENGINE->looked_at) || ENGINE->recorder.number != 0) {
        return;
    }
    ENGINE->exits_since_look = ENGINE->looked_at = 0;
    if (!_PyJitWorth_IsJudged() || ENGINE->interpreter) {
        return;
    }
    _PyExecutorObject *executor = ENGINE->head;
    while (executor != NULL) {
        _PyExecutorObject *next = executor->next;
        ENGINE->looked_at++;
        // Side traces go with what leads to them.
        if (executor->vm_data.code != NULL && executor->running == 0 && executor->entered >= LEAST_ENTRIES && loses(executor)) {
            Py_INCREF(executor);
            drop(executor);
            next = executor->next;
            Py_DECREF(executor);
        }
        executor = next;
    }
    _PyJitExecutor_FreeZombies();
}

#endif /* _Py_TIER2 */
