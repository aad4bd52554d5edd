/* Attributes that are got or set by a Python function: `__get__` and `__set__` of a descriptor, a property's getter and setter, `__getattr__`
 * and `__setattr__`; and what `with` calls.
 * (operators.c has what becomes of such a function, InternalDocs/operators.md the whole.)
 *
 * What the class of the object has under a name is known by the version of its type, and so is whether the object's own attributes come
 * first.  Where they might, the object must have none of that name.  An attribute that is called at once (`o.name()`) has no continuation:
 * its instruction leaves two values on the stack, a return leaves one.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_class_variables.h"
#include "pycore_code.h"
#include "pycore_descrobject.h"
#include "pycore_interp.h"
#include "pycore_object.h"
#include "pycore_runtime.h"
#include "pycore_typeobject.h"
#include "jit/run/run.h"
#include "pycore_jit_helpers.h"

PyObject *
_PyJitAttribute_Name(const PyCodeObject *code, int oparg, int kind)
{
    bool is_set = kind == JIT_OPERATOR_SETTER || kind == JIT_OPERATOR_SET || kind == JIT_OPERATOR_SETATTR;
    return PyTuple_GET_ITEM(code->co_names, is_set ? oparg : oparg >> 1);
}

/* TYPE looks for attributes as all classes do, and has `__getattr__` for what it does not find. */
static bool
has_hook_only(PyTypeObject *type)
{
    return type->tp_getattro == _Py_slot_tp_getattr_hook
        && _PyType_Lookup(type, &_Py_ID(__getattribute__)) == _PyType_Lookup(&PyBaseObject_Type, &_Py_ID(__getattribute__));
}

PyFunctionObject *
_PyJitAttribute_Method(PyTypeObject *type, const PyCodeObject *code, int oparg, int *kind)
{
    PyObject *name = _PyJitAttribute_Name(code, oparg, JIT_OPERATOR_GET), *descr = _PyType_Lookup(type, name);
    if (oparg & 1) {
        return NULL;
    }
    if (descr == NULL) {
        *kind = JIT_OPERATOR_GETATTR;
        PyObject *hook = has_hook_only(type) ? _PyType_Lookup(type, &_Py_ID(__getattr__)) : NULL;
        return _PyJitOperator_Takes(hook, 2);
    }
    if (type->tp_getattro != PyObject_GenericGetAttr) {
        return NULL;           // where it raises an AttributeError `__getattr__` would be called
    }
    if (Py_IS_TYPE(descr, &PyProperty_Type)) {
        *kind = JIT_OPERATOR_GETTER;
        return _PyJitOperator_Takes(((_PyPropertyObject *)descr)->prop_get, 1);
    }
    *kind = JIT_OPERATOR_GET;
    bool is_class = (Py_TYPE(descr)->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0 && !_PyClassVar_Varies(type, name);
    return _PyJitOperator_Takes(is_class ? _PyType_Lookup(Py_TYPE(descr), &_Py_ID(__get__)) : NULL, 3);
}

PyFunctionObject *
_PyJitAttribute_SetMethod(PyTypeObject *type, const PyCodeObject *code, int oparg, int *kind)
{
    PyObject *name = _PyJitAttribute_Name(code, oparg, JIT_OPERATOR_SETATTR);
    if (type->tp_setattro != PyObject_GenericSetAttr) {
        // A class with such a function for a method has the slot that calls it.
        *kind = JIT_OPERATOR_SETATTR;
        return _PyJitOperator_Takes(_PyType_Lookup(type, &_Py_ID(__setattr__)), 3);
    }
    PyObject *descr = _PyType_Lookup(type, name);
    if (descr == NULL) {
        return NULL;
    }
    if (Py_IS_TYPE(descr, &PyProperty_Type)) {
        *kind = JIT_OPERATOR_SETTER;
        return _PyJitOperator_Takes(((_PyPropertyObject *)descr)->prop_set, 2);
    }
    *kind = JIT_OPERATOR_SET;
    bool is_class = (Py_TYPE(descr)->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0 && !_PyClassVar_Varies(type, name);
    return _PyJitOperator_Takes(is_class ? _PyType_Lookup(Py_TYPE(descr), &_Py_ID(__set__)) : NULL, 3);
}

bool
_PyJitAttribute_MayBeHidden(PyTypeObject *type, PyObject *name)
{
    PyObject *descr = _PyType_Lookup(type, name);
    return descr == NULL || Py_TYPE(descr)->tp_descr_set == NULL;
}

PyFunctionObject *
_PyJitOperator_Bound(PyObject *callable, PyObject *self, int oparg)
{
    bool is_end = oparg == 2 && Py_IS_TYPE(callable, &PyMethod_Type) && self != NULL;
    PyObject *function = is_end ? PyMethod_GET_FUNCTION(callable) : NULL;
    PyFunctionObject *fixed = _PyJitOperator_Takes(function, 4);
    return fixed != NULL ? fixed : _PyJitOperator_TakesRest(function) ? (PyFunctionObject *)function : NULL;
}

PyObject *
_PyJitOperator_ExitOf(PyTypeObject *type, int opcode)
{
    PyObject *found = _PyType_Lookup(type, opcode == BEFORE_WITH ? &_Py_ID(__exit__) : &_Py_ID(__aexit__));
    return found != NULL && PyFunction_Check(found) ? found : NULL;
}

PyObject *
_PyJitOperator_Argument(PyTypeObject *type, const PyCodeObject *code, int oparg, int kind, PyObject **operands, int argument)
{
    switch (argument) {
        case JIT_ARGUMENT_DESCRIPTOR:
            return _PyType_Lookup(type, _PyJitAttribute_Name(code, oparg, kind));
        case JIT_ARGUMENT_TYPE:
            return (PyObject *)type;
        case JIT_ARGUMENT_NAME:
            return _PyJitAttribute_Name(code, oparg, kind);
        case JIT_ARGUMENT_SELF:
            return PyMethod_GET_SELF(operands[0]);
        default:
            return operands[argument];
    }
}

void
_PyJitOperator_NoteError(const _PyInterpreterFrame *frame, int kind)
{
    if (kind == JIT_OPERATOR_GET || kind == JIT_OPERATOR_GETTER || kind == JIT_OPERATOR_GETATTR) {
        PyObject *name = _PyJitAttribute_Name(_PyFrame_GetCode(frame->previous), frame->previous->instr_ptr->op.arg, kind);
        (void)_PyObject_SetAttributeErrorContext(frame->localsplus[0], name);
    }
}

#endif /* _Py_TIER2 */
