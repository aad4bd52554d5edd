/* What executors depend on.
 *
 * A trace is right as long as its code objects live, and as long as what it watches (watch.c) is as it was.  A table leads from each such
 * key to the executors that depend on it.
 *
 * Invariants:
 *  1. A valid executor stands in the list of each of its keys; one that is not valid stands in none.  A key may be named twice, and
 *     then it stands there twice.
 *  2. No list is empty.
 *  3. Lists and their entries count for the memory limit.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "jit/run/run.h"

typedef struct {
    uint32_t used, allocated;
    _PyExecutorObject *executors[1];     // borrowed
} Dependents;

/* Bytes of a list with ROOM for so many, and of its entry in the table. */
static size_t
list_size(uint32_t room)
{
    return offsetof(Dependents, executors) + room * sizeof(_PyExecutorObject *) + sizeof(_Py_hashtable_entry_t);
}

static int
depend_on(_PyExecutorObject *executor, void *object)
{
    _Py_hashtable_entry_t *entry = _Py_hashtable_get_entry(ENGINE->dependents, object);
    Dependents *list = entry == NULL ? NULL : entry->value;
    if (list == NULL || list->used == list->allocated) {
        uint32_t room = list == NULL ? 1 : list->allocated * 2;
        Dependents *grown = PyMem_RawRealloc(
            list, offsetof(Dependents, executors) + room * sizeof(_PyExecutorObject *));
        if (grown == NULL) {
            return -1;
        }
        if (list == NULL) {
            grown->used = 0;
            if (_Py_hashtable_set(ENGINE->dependents, object, grown) < 0) {
                PyMem_RawFree(grown);
                return -1;
            }
        }
        else {
            entry->value = grown;
        }
        ENGINE->meta_bytes += list_size(room) - (list == NULL ? 0 : list_size(grown->allocated));
        grown->allocated = room;
        list = grown;
    }
    list->executors[list->used++] = executor;
    return 0;
}

static void
depend_no_more(_PyExecutorObject *executor, void *object)
{
    Dependents *list = _Py_hashtable_get(ENGINE->dependents, object);
    if (list == NULL) {
        return;
    }
    for (uint32_t i = 0; i < list->used; i++) {
        if (list->executors[i] == executor) {
            list->executors[i] = list->executors[--list->used];
            break;
        }
    }
    if (list->used == 0) {
        _Py_hashtable_steal(ENGINE->dependents, object);
        ENGINE->meta_bytes -= list_size(list->allocated);
        PyMem_RawFree(list);
    }
}

int
_PyJitDepend_Add(_PyExecutorObject *executor)
{
    const _PyJitTrace *t = executor->trace;
    for (uint32_t i = 0; i < t->ncodes + t->nwatched; i++) {
        if (depend_on(executor, i < t->ncodes ? t->codes[i] : t->watched[i - t->ncodes]) < 0) {
            _PyJitDepend_Remove(executor);
            return -1;
        }
    }
    return 0;
}

void
_PyJitDepend_Remove(_PyExecutorObject *executor)
{
    const _PyJitTrace *t = executor->trace;
    for (uint32_t i = 0; i < t->ncodes; i++) {
        depend_no_more(executor, t->codes[i]);
    }
    for (uint32_t i = 0; i < t->nwatched; i++) {
        depend_no_more(executor, t->watched[i]);
    }
}

bool
_PyJitDepend_Has(void *object)
{
    return _Py_hashtable_get(ENGINE->dependents, object) != NULL;
}

void
_PyJitExecutor_InvalidateDependents(void *object)
{
    if (ENGINE->dependents == NULL) {
        return;
    }
    Dependents *list;
    while ((list = _Py_hashtable_get(ENGINE->dependents, object)) != NULL && list->used > 0) {
        _PyExecutorObject *executor = list->executors[list->used - 1];
        // Takes the executor out of this list.
        ENGINE->counters.invalidations++;
        _PyJitLog_Drop(executor, "what it depends on changed or went away");
        _PyJitExecutor_Invalidate(executor);
    }
}

void
_Py_Executor_DependsOn(_PyExecutorObject *executor, void *object)
{
    (void)depend_on(executor, object);
}

#endif /* _Py_TIER2 */
