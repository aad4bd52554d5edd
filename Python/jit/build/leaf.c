/* The lowering rule of calls of builtins that have no rule of their own, but run no code of users (objects/leaf_calls.c). */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_jit_helpers.h"
#include "jit/build/rules.h"

#define MOST_ARGUMENTS 3

/* The object that slot INDEX is known to hold, a constant; NULL: it is none, or NULL. */
static PyObject *
constant_at(const _PyJitBuilder *b, uint32_t index)
{
    const _PyJitSlot *slot = &b->slots[index];
    return slot->dirty && slot->object != JIT_REF_NONE && JIT_IS_CONST(slot->object)
        ? (PyObject *)(uintptr_t)JIT_INS(b->t, slot->object)->bits : NULL;
}

uint32_t
_PyJitLower_Leaf(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t self = b->depth - record->oparg - 1;
    int null = known_null(b, self);
    if (!record->leaf || null < 0) {
        return REFUSE(b);
    }
    uint32_t first = null ? self + 1 : self, nargs = b->depth - first;
    PyObject *callable = constant_at(b, self - 1);
    int number = callable == NULL || nargs > MOST_ARGUMENTS ? -1 : _PyJitLeaf_Find(callable, nargs);
    if (number < 0 || !_PyJitSlot_CanEnd(b, record, nargs)) {
        return REFUSE(b);
    }
    int gives = _PyJitLeaf_Gives(number);
    if (gives == JIT_LEAF_CHANGE && ends_with(b, record, nargs - 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef args[MOST_ARGUMENTS];
    for (uint32_t i = 0; i < MOST_ARGUMENTS; i++) {
        args[i] = i < nargs ? key_of(b, first + i) : object_const(b, NULL);
    }
    _PyJitSlot_GuardEnds(b, record, nargs);
    if (gives == JIT_LEAF_CHANGE) {
        // Those are still borrowed if it leaves, and not needed when it has written.
        for (uint32_t i = first; i < b->depth; i++) {
            b->slots[i].heap = 0;
        }
        _PyJitSlot_OwnHeap(b);
    }
    int op = gives == JIT_LEAF_NUMBER ? JIT_OP_ASK_LEAF : gives == JIT_LEAF_CHANGE ? JIT_OP_CHANGE_LEAF : JIT_OP_CALL_LEAF;
    _PyJitRef result = _PyJitBuild_Emit3(b, op, args[0], args[1], args[2]);
    if (result != JIT_REF_NONE) {
        JIT_INS(b->t, result)->aux = (uint32_t)number;
    }
    drop(b, record->oparg + 2);
    if (gives == JIT_LEAF_NUMBER) {
        _PyJitSlot_PushNumber(b, result);
    }
    else {
        _PyJitSlot_Push(b, (_PyJitSlot){.object = result, .dirty = 1, .owned = 1, .plain = gives == JIT_LEAF_PLAIN});
    }
    return 1;
}

#endif /* _Py_TIER2 */
