/* Lowering rules of calls of functions of module math on floats; ints become floats where the function makes them so itself.
 *
 * Results are new objects in tier 1 too, so only the number counts.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "jit/build/rules.h"
#include "pycore_jit_helpers.h"

/* The number in SLOT, of TYPE, as a float. */
static _PyJitRef
as_float(_PyJitBuilder *b, uint32_t slot, int type)
{
    _PyJitRef number = _PyJitSlot_Number(b, slot, type);
    return type == JIT_TYPE_F64 ? number : emit1(b, JIT_OP_I2F, number);
}

uint32_t
_PyJitLower_Math(_PyJitBuilder *b, uint32_t index, PyObject *callable, uint32_t nargs)
{
    const _PyJitRecord *record = &b->t->records[index];
    const char *name = callable != NULL ? _PyJitMath_Name(callable) : NULL;
    if (name == NULL || nargs < 1 || nargs > 2) {
        return REFUSE(b);
    }
    bool root = nargs == 1 && strcmp(name, "sqrt") == 0, size = nargs == 1 && strcmp(name, "fabs") == 0;
    bool whole = strcmp(name, "floor") == 0 || strcmp(name, "ceil") == 0 || strcmp(name, "trunc") == 0;
    int number = _PyJitMath_Number(name, (int)nargs);
    if (!root && !size && number < 0) {
        return REFUSE(b);
    }
    uint32_t first = b->depth - nargs;
    int types[2];
    for (uint32_t i = 0; i < nargs; i++) {
        types[i] = _PyJitSlot_Kind(b, first + i, JIT_TAG(record->types, nargs - 1 - i));
        // Of an int, floor and its like give back the object; logarithms know ints beyond every float.
        bool ok = types[i] == JIT_TYPE_F64 || (types[i] == JIT_TYPE_I64 && !whole && strncmp(name, "log", 3) != 0);
        if (!ok || !b->slots[first + i].dirty) {
            return REFUSE(b);
        }
    }
    for (uint32_t i = first - 2; i < b->depth; i++) {
        if (!can_drop(&b->slots[i])) {
            return REFUSE(b);
        }
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef x = as_float(b, first, types[0]), y = nargs == 2 ? as_float(b, first + 1, types[1]) : JIT_REF_NONE;
    _PyJitRef result = root ? emit1(b, JIT_OP_FSQRT, x) : size ? emit1(b, JIT_OP_FABS, x)
        : _PyJitBuild_Emit(b, nargs == 2 ? JIT_OP_FMATH2 : JIT_OP_FMATH, x, y, (uint32_t)number);
    if (whole) {
        result = emit1(b, JIT_OP_F2I, result);
    }
    drop(b, nargs + 2);
    _PyJitSlot_PushNumber(b, result);
    return 1;
}

#endif /* _Py_TIER2 */
