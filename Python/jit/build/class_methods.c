/* Lowering rules of class methods and static methods that are called at once: `C.make()`, `cls.make()`, `self.make()`.
 *
 * LOAD_ATTR binds the method to the class, and the call opens what it has bound.  Here the function and the class take those two places on the
 * stack, as for the method of an instance, so no method object is made.  A call does the same with them, wherever a trace leaves between.
 * The record of the call becomes that of a function.  A static method is its function, and nothing is bound.
 *
 * What the class has under the name is known by its version.  The function in it is looked at: `__init__` of a class method may give it another.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_function.h"
#include "jit/build/rules.h"

/* Of static methods, too.  The layout is not public. */
typedef struct {
    PyObject_HEAD
    PyObject *function;
} ClassMethod;

/* The record of the call of what record INDEX loads in place of its OPERANDS, if it is in the trace; else NULL. */
static _PyJitRecord *
call_of(const _PyJitBuilder *b, uint32_t index, uint32_t operands)
{
    const _PyJitRecord *load = &b->t->records[index];
    uint32_t bottom = load->sp - operands;
    for (uint32_t i = index + 1; i < b->t->nrecords; i++) {
        _PyJitRecord *record = &b->t->records[i];
        if (record->depth > load->depth) {
            continue;
        }
        if (record->depth < load->depth || record->code != load->code || record->sp <= bottom + 1) {
            return NULL;
        }
        bool calls = record->opcode == CALL_BOUND_METHOD_EXACT_ARGS || record->opcode == CALL_PY_EXACT_ARGS;
        if (calls && record->sp == bottom + 2 + record->oparg) {
            return record;
        }
    }
    return NULL;
}

/* The record of the call, if what it calls is FUNCTION, of the class method that record INDEX loads; else NULL. */
static _PyJitRecord *
call_of_function(const _PyJitBuilder *b, uint32_t index, uint32_t operands, PyObject *function)
{
    _PyJitRecord *call = call_of(b, index, operands);
    if (call != NULL) {
        call->opcode = CALL_BOUND_METHOD_EXACT_ARGS;
    }
    return call != NULL && function != NULL && PyFunction_Check(function) && ((PyFunctionObject *)function)->func_version != 0
        && unit32(b, call, 2) == ((PyFunctionObject *)function)->func_version ? call : NULL;
}

/* METHOD, a constant, still has FUNCTION. */
static void
guard_function(_PyJitBuilder *b, PyObject *method, PyObject *function)
{
    _PyJitRef now = _PyJitBuild_Emit(b, JIT_OP_READ_FIELD, object_const(b, method), JIT_REF_NONE, offsetof(ClassMethod, function));
    (void)emit2(b, JIT_OP_GUARD_INE, emit2(b, JIT_OP_SAME, now, object_const(b, function)), konst(b, 0));
}

bool
_PyJitLower_CanOpenClassMethod(_PyJitBuilder *b, uint32_t index, uint32_t operands, PyObject *method)
{
    return call_of_function(b, index, operands, ((ClassMethod *)method)->function) != NULL;
}

PyObject *
_PyJitLower_OpenClassMethod(_PyJitBuilder *b, uint32_t index, uint32_t operands, PyObject *method)
{
    PyObject *function = ((ClassMethod *)method)->function;
    call_of_function(b, index, operands, function)->opcode = CALL_PY_EXACT_ARGS;
    guard_function(b, method, function);
    return function;
}

uint32_t
_PyJitLower_ClassMethod(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    // Of an instance: the version of the keys of its class, or 0.
    uint32_t version = unit32(b, record, 2), type_version = unit32(b, record, 4), top = b->depth - 1;
    PyObject *name = PyTuple_GET_ITEM(b->t->codes[record->code]->co_names, record->oparg >> 1);
    PyObject *function = ((ClassMethod *)record->seen)->function;
    bool of_class = b->t->units[record->units + 1].cache == 0, binds = Py_IS_TYPE(record->seen, &PyClassMethod_Type);
    _PyJitRecord *call = binds ? call_of_function(b, index, 1, function) : NULL;
    if ((binds && call == NULL) || function == NULL || !is_version(version) || (of_class && !is_version(type_version))
        || _PyJitSlot_IsBare(b, top) || !_PyJitSlot_CanEnd(b, record, 1) || ends_with(b, record, 0)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef owner = _PyJitSlot_Object(b, top);
    (void)_PyJitBuild_Emit(b, of_class ? JIT_OP_GUARD_CLASS_VERSION : JIT_OP_GUARD_TYPE_VERSION, owner, JIT_REF_NONE, version);
    if (of_class && type_version != PyType_Type.tp_version_tag) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, owner, JIT_REF_NONE, type_version);
    }
    else if (!of_class && type_version != 0) {
        (void)emit1(b, JIT_OP_GUARD_INLINE_VALUES, owner);
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_KEYS, owner, JIT_REF_NONE, type_version);
    }
    else if (!of_class) {
        (void)emit2(b, JIT_OP_GUARD_NO_ATTR, owner, object_const(b, name));
    }
    guard_function(b, record->seen, function);
    if (!binds) {
        _PyJitSlot_GuardEnds(b, record, 1);
        drop(b, 1);
        _PyJitSlot_PushConst(b, function);
        _PyJitSlot_PushNull(b);
        return 1;
    }
    call->opcode = CALL_PY_EXACT_ARGS;
    if (of_class) {
        // The class stays where it is, above the function.
        _PyJitSlot_Own(b, top);
        _PyJitSlot self = b->slots[top];
        b->slots[top] = (_PyJitSlot){0};
        b->depth = top;
        _PyJitSlot_PushConst(b, function);
        _PyJitSlot_Push(b, self);
        return 1;
    }
    _PyJitSlot_GuardEnds(b, record, 1);
    _PyJitRef class = emit1(b, JIT_OP_TYPE_OF, owner);
    drop(b, 1);
    _PyJitSlot_PushConst(b, function);
    _PyJitSlot_PushHeap(b, class);
    return 1;
}

#endif /* _Py_TIER2 */
