/* Lowering rules of methods that are bound to an object for later: `step = self.step`, `getattr(self, "visit_" + kind)`.
 *
 * The function is known by the class of the object, whose version is checked, so the call that follows is that of a function.  The method
 * object is mostly not made (optimize/virtual.c).
 *
 * A name that the program puts together of a constant and of another string, for such a getattr, is a constant as well: the trace checks that the
 * other part is the very object that was recorded.  It is a string that is interned, as names are, so mostly there is only one that is equal.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_class_variables.h"
#include "pycore_interp.h"
#include "pycore_jit_helpers.h"
#include "jit/build/rules.h"

#define MOST_RECORDS 40        // from where a name is made to the call that looks for it

/* What the class TYPE has under NAME, if its instances bind that and have nothing of their own there; else NULL.  *keys: the version their keys
 * have then, or 0, where they have no attributes of their own. */
static PyObject *
function_of(PyTypeObject *type, PyObject *name, uint32_t *keys)
{
    PyObject *found = is_version(type->tp_version_tag) && _PyClassVar_FormForInstance(type, name, keys) != 0
        ? _PyType_Lookup(type, name) : NULL;
    return found != NULL && PyFunction_Check(found) && (*keys == 0 || is_version(*keys)) ? found : NULL;
}

bool
_PyJitLower_CanBind(PyObject *seen, PyObject *name)
{
    uint32_t keys;
    return seen != NULL && PyType_Check(seen) && function_of((PyTypeObject *)seen, name, &keys) != NULL;
}

_PyJitRef
_PyJitLower_Bind(_PyJitBuilder *b, PyTypeObject *type, PyObject *name, _PyJitRef owner)
{
    uint32_t keys;
    PyObject *function = function_of(type, name, &keys);
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, owner, JIT_REF_NONE, type->tp_version_tag);
    if (keys != 0) {
        (void)emit1(b, JIT_OP_GUARD_INLINE_VALUES, owner);
        guard_keys(b, owner, keys);
    }
    return emit2(b, JIT_OP_NEW_METHOD, object_const(b, function), owner);
}

/* --- Their names ------------------------------------------------------------------------------------------------------ */

/* Soon behind record INDEX, in the same frame, a method is looked for by its name. */
static bool
is_name_of_method(const _PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *made = &b->t->records[index];
    uint32_t end = Py_MIN(b->t->nrecords, index + MOST_RECORDS);
    for (uint32_t i = index + 1; i < end; i++) {
        const _PyJitRecord *record = &b->t->records[i];
        if (record->depth < made->depth) {
            return false;
        }
        if (record->depth == made->depth && record->opcode == CALL_BUILTIN_FAST && record->callable != NULL
            && _PyJit_IsBuiltin(record->callable, "getattr")) {
            return record->seen != NULL && PyType_Check(record->seen);
        }
    }
    return false;
}

/* LEFT and RIGHT as one, interned, which lives as long as the engine, and PART with it; NULL: that cannot be kept, or it was made of another part
 * before. */
static PyObject *
name_of(PyObject *left, PyObject *right, PyObject *part)
{
    PyObject *name = PyUnicode_Concat(left, right), *constant = NULL;
    if (name != NULL) {
        PyUnicode_InternInPlace(&name);
        constant = _PyJitEngine_Keep(name, part) == part ? name : NULL;
        Py_DECREF(name);
    }
    PyErr_Clear();
    return constant;
}

_PyJitRef
_PyJitLower_NewName(_PyJitBuilder *b, uint32_t index, uint32_t left)
{
    PyObject *part = b->t->records[index].seen, *first = constant_at(b, left), *second = constant_at(b, left + 1);
    PyObject *constant = first != NULL ? first : second;
    if (part == NULL || (first != NULL) == (second != NULL) || !PyUnicode_CheckExact(constant) || PyUnicode_GET_LENGTH(constant) == 0
        || !is_name_of_method(b, index)) {
        return JIT_REF_NONE;
    }
    PyObject *name = first != NULL ? name_of(first, part, part) : name_of(part, second, part);
    if (name == NULL) {
        return JIT_REF_NONE;
    }
    _PyJitRef object = _PyJitSlot_Object(b, first != NULL ? left + 1 : left);
    (void)emit2(b, JIT_OP_GUARD_INE, emit2(b, JIT_OP_SAME, object, object_const(b, part)), konst(b, 0));
    b->slots[left].plain = b->slots[left + 1].plain = 1;     // two strs
    return emit1(b, JIT_OP_NEW_NAME, object_const(b, name));
}

PyObject *
_PyJitLower_NameAt(const _PyJitBuilder *b, uint32_t slot)
{
    PyObject *constant = constant_at(b, slot);
    _PyJitRef object = b->slots[slot].object;
    if (constant == NULL && object != JIT_REF_NONE && !JIT_IS_CONST(object) && JIT_INS(b->t, object)->op == JIT_OP_NEW_NAME) {
        constant = (PyObject *)(uintptr_t)JIT_INS(b->t, JIT_INS(b->t, object)->a)->bits;
    }
    return constant != NULL && PyUnicode_CheckExact(constant) ? constant : NULL;
}

#endif /* _Py_TIER2 */
