/* Lowering rules of the instructions of `match` statements that ask what the subject is; those that take it apart are leaf calls (leaf.c).  The
 * recorder says of what type it was (`seen`). */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "jit/build/rules.h"

/* The subject in SLOT is of TYPE, which lives for ever.  A number without an object is an int or a float, which is known. */
static void
guard_type(_PyJitBuilder *b, uint32_t slot, const PyTypeObject *type)
{
    if (!_PyJitSlot_IsBare(b, slot)) {
        (void)emit2(b, JIT_OP_GUARD_EXACT, _PyJitSlot_Object(b, slot), object_const(b, type));
    }
}

uint32_t
_PyJitLower_Match(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    const PyTypeObject *type = (const PyTypeObject *)record->seen;
    uint32_t subject = b->depth - 1;
    bool class = type != NULL && type->tp_flags & Py_TPFLAGS_HEAPTYPE;
    if (type == NULL || (_PyJitSlot_IsBare(b, subject) && type != &PyLong_Type && type != &PyFloat_Type)) {
        return REFUSE(b);
    }
    int size = type == &PyList_Type ? JIT_OP_LIST_SIZE : type == &PyTuple_Type ? JIT_OP_TUPLE_SIZE
        : type == &PyDict_Type ? JIT_OP_DICT_SIZE : JIT_OP_NOP;
    if (record->opcode == GET_LEN && size == JIT_OP_NOP) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    if (class) {
        // To register a class gives it no other version.
        _PyJitSlot_PushBool(b, _PyJitLeaf_EmitMatch(b, _PyJitSlot_Object(b, subject), record->opcode == MATCH_MAPPING));
        return 1;
    }
    guard_type(b, subject, type);
    if (record->opcode == GET_LEN) {
        _PyJitSlot_PushNumber(b, emit1(b, size, _PyJitSlot_Object(b, subject)));
    }
    else {
        unsigned long flag = record->opcode == MATCH_MAPPING ? Py_TPFLAGS_MAPPING : Py_TPFLAGS_SEQUENCE;
        _PyJitSlot_PushBool(b, konst(b, (type->tp_flags & flag) != 0));
    }
    return 1;
}

#endif /* _Py_TIER2 */
