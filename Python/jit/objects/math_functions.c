/* Functions of module math that traces call directly, on unboxed floats.
 *
 * A function is known by the module it belongs to: the one made from the definition that math itself registered
 * (_PyJit_MathModule), under the name it has there.  For finite arguments all of them give what the C function gives, as long as that
 * is finite; everything else (not-a-number, infinities, overflow, errors) is left to tier 1.
 */
#include "Python.h"
#include "pycore_jit.h"

struct PyModuleDef *_PyJit_MathModule;       // in every build: module math sets it

#ifdef _Py_TIER2

#include <math.h>
#include <string.h>
#include "pycore_jit_helpers.h"

static double
natural_log(double x)
{
    return x > 0.0 ? log(x) : Py_NAN;
}

static double
binary_log(double x)
{
    return x > 0.0 ? log2(x) : Py_NAN;
}

static double
decimal_log(double x)
{
    return x > 0.0 ? log10(x) : Py_NAN;
}

static const struct {
    const char *name;
    double (*one)(double);
    double (*two)(double, double);
} functions[] = {
    {"acos", acos, NULL}, {"acosh", acosh, NULL}, {"asin", asin, NULL}, {"asinh", asinh, NULL}, {"atan", atan, NULL},
    {"atanh", atanh, NULL}, {"cbrt", cbrt, NULL}, {"cos", cos, NULL}, {"cosh", cosh, NULL}, {"exp", exp, NULL},
    {"expm1", expm1, NULL}, {"sin", sin, NULL}, {"sinh", sinh, NULL}, {"tan", tan, NULL}, {"tanh", tanh, NULL},
    {"log", natural_log, NULL}, {"log2", binary_log, NULL}, {"log10", decimal_log, NULL},
    {"floor", floor, NULL}, {"ceil", ceil, NULL}, {"trunc", trunc, NULL},
    {"atan2", NULL, atan2}, {"copysign", NULL, copysign}, {"fmod", NULL, fmod}, {"pow", NULL, pow},
};

const char *
_PyJitMath_Name(PyObject *callable)
{
    if (!PyCFunction_CheckExact(callable)) {
        return NULL;
    }
    PyObject *module = _PyJit_ModuleOf((PyCFunctionObject *)callable);
    if (module == NULL || _PyJit_MathModule == NULL || ((PyModuleObject *)module)->md_def != _PyJit_MathModule) {
        return NULL;
    }
    return ((PyCFunctionObject *)callable)->m_ml->ml_name;
}

int
_PyJitMath_Number(const char *name, int nargs)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(functions); i++) {
        if ((functions[i].one != NULL) == (nargs == 1) && strcmp(functions[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

double
_PyJit_MathFunction1(uint32_t number, double x)
{
    if (number >= Py_ARRAY_LENGTH(functions) || functions[number].one == NULL || !isfinite(x)) {
        return Py_NAN;
    }
    double result = functions[number].one(x);
    return isfinite(result) ? result : Py_NAN;
}

double
_PyJit_MathFunction2(uint32_t number, double x, double y)
{
    if (number >= Py_ARRAY_LENGTH(functions) || functions[number].two == NULL || !isfinite(x) || !isfinite(y)) {
        return Py_NAN;
    }
    double result = functions[number].two(x, y);
    return isfinite(result) ? result : Py_NAN;
}

#endif /* _Py_TIER2 */
