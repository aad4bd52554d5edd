/* Lowering rules of attributes that are got or set by a Python function, and of the end of `with` (run/attribute_methods.c, operator_calls.c).
 *
 * What the class has under the name is a constant by the version of its type, and the method of a descriptor one by that of the
 * descriptor's type.  A property may get another getter or setter, so that is looked at.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_descrobject.h"
#include "jit/build/rules.h"

/* --- Attributes ----------------------------------------------------------------------------------------------------- */

/* What the class that RECORD has seen has under NAME; borrowed, or NULL. */
static PyObject *
descriptor_of(const _PyJitRecord *record, PyObject *name)
{
    return _PyType_Lookup((PyTypeObject *)record->seen, name);
}

static PyObject *
name_of(const _PyJitBuilder *b, const _PyJitRecord *record, int kind)
{
    return _PyJitAttribute_Name(b->t->codes[record->code], (int)record->oparg, kind);
}

bool
_PyJitLower_IsAttribute(const _PyJitRecord *record)
{
    return record->opcode == LOAD_ATTR || record->opcode == STORE_ATTR;
}

bool
_PyJitLower_CanAccess(const _PyJitBuilder *b, const _PyJitRecord *record, int kind)
{
    return (kind != JIT_OPERATOR_GET && kind != JIT_OPERATOR_SET)
        || is_version(Py_TYPE(descriptor_of(record, name_of(b, record, kind)))->tp_version_tag);
}

/* DESCR, a property, still has METHOD in its field at OFFSET. */
static void
guard_property(_PyJitBuilder *b, _PyJitRef descr, size_t offset, PyFunctionObject *method)
{
    _PyJitRef function = _PyJitBuild_Emit(b, JIT_OP_READ_FIELD, descr, JIT_REF_NONE, (uint32_t)offset);
    (void)emit2(b, JIT_OP_GUARD_INE, emit2(b, JIT_OP_SAME, function, object_const(b, method)), konst(b, 0));
}

void
_PyJitLower_GuardAccess(_PyJitBuilder *b, const _PyJitRecord *record, int kind, PyFunctionObject *method, _PyJitRef *given)
{
    PyTypeObject *type = (PyTypeObject *)record->seen;
    PyObject *name = name_of(b, record, kind), *found = descriptor_of(record, name);
    _PyJitRef owner = _PyJitSlot_Object(b, b->depth - 1), descr = found != NULL ? object_const(b, found) : JIT_REF_NONE;
    given[JIT_ARGUMENT_DESCRIPTOR] = descr;
    given[JIT_ARGUMENT_TYPE] = object_const(b, type);
    given[JIT_ARGUMENT_NAME] = object_const(b, name);
    if (record->opcode == LOAD_ATTR && _PyJitAttribute_MayBeHidden(type, name)) {
        (void)emit2(b, JIT_OP_GUARD_NO_ATTR, owner, object_const(b, name));
    }
    switch (kind) {
        case JIT_OPERATOR_GET:
        case JIT_OPERATOR_SET:
            (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, descr, JIT_REF_NONE, Py_TYPE(found)->tp_version_tag);
            return;
        case JIT_OPERATOR_GETTER:
            guard_property(b, descr, offsetof(_PyPropertyObject, prop_get), method);
            return;
        case JIT_OPERATOR_SETTER:
            guard_property(b, descr, offsetof(_PyPropertyObject, prop_set), method);
            return;
        default:
            return;
    }
}

/* --- The end of `with` ------------------------------------------------------------------------------------------------ */

bool
_PyJitLower_IsEndOfWith(const _PyJitRecord *record)
{
    return record->opcode == CALL && PyFunction_Check(record->seen);
}

/* A new tuple of the top COUNT slots, which stay. */
static _PyJitRef
tuple_of_top(_PyJitBuilder *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        (void)key_of(b, b->depth - count + i);
    }
    _PyJitRef tuple = _PyJitBuild_Emit(b, JIT_OP_NEW_TUPLE, JIT_REF_NONE, JIT_REF_NONE, count);
    for (uint32_t i = 0; i < count; i++) {
        _PyJitRef item = _PyJitSlot_Object(b, b->depth - count + i);
        (void)_PyJitSlot_Incref(b, item);
        (void)_PyJitBuild_Emit(b, JIT_OP_INIT_TUPLE_ITEM, tuple, item, i);
    }
    return tuple;
}

uint32_t
_PyJitLower_EndWith(_PyJitBuilder *b, uint32_t index, uint16_t lower, uint16_t callee, const PyFunctionObject *method)
{
    const _PyJitOperatorForm *form = &_PyJitOperatorForms[JIT_OPERATOR_EXIT];
    _PyJitRef exit = _PyJitSlot_Object(b, b->depth - form->operands), given[JIT_ARGUMENTS] = {JIT_REF_NONE}, function;
    if (b->failed) {
        return 1;
    }
    const _PyJitIns *made = JIT_INS(b->t, exit);
    if (!JIT_IS_CONST(exit) && made->op == JIT_OP_NEW_METHOD) {
        function = made->a;
        given[JIT_ARGUMENT_SELF] = made->b;
    }
    else {
        (void)emit1(b, JIT_OP_GUARD_METHOD, exit);
        function = emit1(b, JIT_OP_LOAD_METHOD_FUNCTION, exit);
        given[JIT_ARGUMENT_SELF] = emit1(b, JIT_OP_LOAD_METHOD_SELF, exit);
    }
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_FUNCTION, function, JIT_REF_NONE, method->func_version);
    _PyJitFrame_GuardRoom(b, b->t->codes[callee], b->t->codes[lower]);
    if (_PyJitOperator_TakesRest((PyObject *)method)) {
        given[JIT_ARGUMENT_REST] = tuple_of_top(b, form->nargs - 1u);
    }
    _PyJitFrame_CallOperator(b, index, JIT_OPERATOR_EXIT, lower, callee, function, given);
    return 1;
}

#endif /* _Py_TIER2 */
