/* Does a trace pay?
 *
 * A trace pays where its machine code does less than tier 1 does for the same instructions.  Where most of them are opaque, or lowered to
 * many checks and stores, it does not: it does the same work, leaves and comes back through memory, and has to be fetched, fifty times
 * the size of the bytecode.  Three things are known without a clock:
 *
 *  1. What one pass through the trace costs and what it is worth: the bytes of machine code on its straight way, against those of the
 *     same instructions as opaque operations with a dispatch each (_PyJit_Emit counts both).
 *  2. How much machine code there is.  Less than the processor's fast caches hold is there when it is needed again.  With more, each
 *     trace has to be fetched, so it must save more, and be reached more often (rate.c).
 *  3. How often a trace was entered, how often each of its exits was left for tier 1, and how far from the beginning that is.
 *
 * By the first two a trace that would not pay is not made.  By all three those that stand in the bytecode are looked at now and then, when
 * tier 1 was left for often, and one whose entries were worth less than its exits have cost is dropped (record/losers.c).  Both is for
 * good: a loop remembers it in its counter, an exit in itself, a function in a table of code objects.
 *
 * In that table stand also functions whose recordings failed.  They are tried again after twice as long each time.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_jit_engine.h"

/* Bytes of machine code are the unit: four of them are about one instruction of the processor.  The values were found by measuring
 * applications against small programs (InternalDocs/jit.md). */
#define CROWDED (1 << 20)      // so much machine code is more than the processor's fast caches hold
#define PERCENT 66             // of the bytes of the opaque operations and their dispatch is what tier 1 takes
#define PERCENT_CROWDED 50     // the same where machine code has to be fetched from slow memory
#define SIDE_CREDIT 1500       // what a side trace may cost more, because its exit costs too
#define SIDE_CREDIT_CROWDED 500

/* Between NONE, where there is no machine code yet, and FULL, where there is more than the processor's fast caches hold. */
static int64_t
where_crowded(int64_t none, int64_t full)
{
    int64_t bytes = (int64_t)Py_MIN(ENGINE->code_bytes, CROWDED);
    return none + (full - none) * bytes / CROWDED;
}

bool
_PyJitWorth_IsRoomy(void)
{
    return ENGINE->code_bytes < CROWDED;
}

bool
_PyJitWorth_IsJudged(void)
{
    return ENGINE->options.min_rate > 0 && !ENGINE->stress;
}

bool
_PyJitWorth_IsResumedByC(const _PyExecutorObject *executor)
{
    return executor->kind == JIT_KIND_FUNCTION
        && executor->trace->codes[0]->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR);
}

int64_t
_PyJitWorth_SavedBy(const _PyExecutorObject *executor)
{
    return (int64_t)executor->worth * where_crowded(PERCENT, PERCENT_CROWDED) / 100 - (int64_t)executor->cost;
}

bool
_PyJitWorth_IsWorthMaking(const _PyExecutorObject *executor)
{
    // Without a recording it is a trace that a test gives as text.
    if (!_PyJitWorth_IsJudged() || ENGINE->recorder.number == 0 || _PyJitWorth_IsResumedByC(executor)) {
        return true;
    }
    bool side = executor->kind == JIT_KIND_SIDE;
    return _PyJitWorth_SavedBy(executor) + (side ? where_crowded(SIDE_CREDIT, SIDE_CREDIT_CROWDED) : 0) >= 0;
}

/* --- Functions that are not worth a trace --------------------------------------------------------------------------- */

#define MOST_DOUBLINGS 10
#define FIRST_WAIT 32          // times that the counter runs out

typedef struct {
    uint32_t offset;           // of the instruction, in code units
    uint16_t failures;         // UINT16_MAX: never again
    uint16_t waits;            // times that the counter still runs out before it is tried again
} Site;

typedef struct {
    uint32_t used;
    Site sites[1];
} Sites;

static Site *
find_site(PyCodeObject *code, const _Py_CODEUNIT *instr)
{
    Sites *sites = ENGINE->failed == NULL ? NULL : _Py_hashtable_get(ENGINE->failed, code);
    uint32_t offset = (uint32_t)(instr - _PyCode_CODE(code));
    for (uint32_t i = 0; sites != NULL && i < sites->used; i++) {
        if (sites->sites[i].offset == offset) {
            return &sites->sites[i];
        }
    }
    return NULL;
}

static size_t
sites_size(uint32_t used)
{
    return offsetof(Sites, sites) + used * sizeof(Site);
}

/* A new site, with no failures; NULL: no memory. */
static Site *
add_site(PyCodeObject *code, const _Py_CODEUNIT *instr)
{
    _Py_hashtable_entry_t *entry = _Py_hashtable_get_entry(ENGINE->failed, code);
    Sites *sites = entry == NULL ? NULL : entry->value;
    uint32_t used = sites == NULL ? 0 : sites->used;
    Sites *grown = PyMem_RawRealloc(sites, sites_size(used + 1));
    if (grown == NULL) {
        return NULL;
    }
    grown->used = used;
    if (entry != NULL) {
        entry->value = grown;
    }
    else if (_Py_hashtable_set(ENGINE->failed, code, grown) < 0) {
        PyMem_RawFree(grown);
        return NULL;
    }
    else {
        ENGINE->meta_bytes += sites_size(0) + sizeof(_Py_hashtable_entry_t);
    }
    ENGINE->meta_bytes += sizeof(Site);
    grown->used++;
    grown->sites[used] = (Site){.offset = (uint32_t)(instr - _PyCode_CODE(code))};
    return &grown->sites[used];
}

void
_PyJitWorth_FunctionFailed(PyCodeObject *code, const _Py_CODEUNIT *instr, bool for_good)
{
    Site *site = find_site(code, instr);
    if (site == NULL && (site = add_site(code, instr)) == NULL) {
        return;
    }
    site->waits = (uint16_t)(FIRST_WAIT << Py_MIN(site->failures, MOST_DOUBLINGS));
    site->failures = for_good ? UINT16_MAX : (uint16_t)Py_MIN(site->failures + 1, MOST_DOUBLINGS);
    ENGINE->counters.given_up += for_good;
}

bool
_PyJitWorth_MayTryFunction(PyCodeObject *code, const _Py_CODEUNIT *instr)
{
    Site *site = find_site(code, instr);
    if (site == NULL) {
        return true;
    }
    if (site->failures == UINT16_MAX) {
        return false;
    }
    if (site->waits > 0) {
        site->waits--;
        return false;
    }
    return true;
}

void
_PyJitWorth_CodeDying(PyCodeObject *code)
{
    Sites *sites = ENGINE->failed == NULL ? NULL : _Py_hashtable_steal(ENGINE->failed, code);
    if (sites != NULL) {
        ENGINE->meta_bytes -= sites_size(sites->used) + sizeof(_Py_hashtable_entry_t);
        PyMem_RawFree(sites);
    }
}

#endif /* _Py_TIER2 */
