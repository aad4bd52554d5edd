/* Shim frames: what is below the frame of a Python function that C would have called.  They run a code of their own and have no function. */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_opcode_metadata.h"
#include "jit/run/run.h"

extern const struct _PyCode_DEF(8) _Py_InitCleanup;      // specialize.c

PyCodeObject *
_PyJit_ShimCode(void)
{
    return (PyCodeObject *)&_Py_InitCleanup;
}

bool
_PyJit_IsShim(const PyCodeObject *code)
{
    return code == _PyJit_ShimCode() || _PyJitOperator_Kind(code) >= 0;
}

uint16_t
_PyJit_CallSize(PyCodeObject *code, uint32_t offset)
{
    if (_PyJit_IsShim(code)) {
        return 0;
    }
    int opcode = _Py_GetBaseOpcode(code, (int)offset);
    // What resumes a generator says itself how far to go when that returns; build/generators.c takes none with a prefix.
    int oparg = opcode == FOR_ITER || opcode == SEND ? _PyCode_CODE(code)[offset].op.arg : 0;
    return (uint16_t)(1 + _PyOpcode_Caches[opcode] + oparg);
}

#endif /* _Py_TIER2 */
