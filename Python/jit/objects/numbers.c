/* Arithmetic of trace operations that is too large for a stencil.
 *
 * Results are those of the float type bit for bit: the same function of the C library on the same values, and the same steps
 * after it.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include "pycore_jit_helpers.h"

double
_PyJit_FloatModulo(double x, double y)
{
    double rest = fmod(x, y);
    if (rest == 0.0) {
        return copysign(0.0, y);
    }
    // Not-a-number is on neither side of 0.
    return (rest < 0.0) == (y < 0.0) ? rest : rest + y;
}

double
_PyJit_FloatFloorDivide(double x, double y)
{
    double rest = fmod(x, y);
    double quotient = (x - rest) / y;      // nearly whole
    if (rest != 0.0 && (rest < 0.0) != (y < 0.0)) {
        quotient -= 1.0;
    }
    if (quotient == 0.0) {
        return copysign(0.0, x / y);
    }
    double whole = floor(quotient);
    return quotient - whole > 0.5 ? whole + 1.0 : whole;
}

double
_PyJit_FloatPower(double x, double y)
{
    if (!isfinite(x) || !isfinite(y)) {
        return Py_NAN;
    }
    if (y == 0.0) {
        return 1.0;
    }
    bool odd = fmod(fabs(y), 2.0) == 1.0;
    if (x == 0.0) {
        return y < 0.0 ? Py_NAN : odd ? x : 0.0;
    }
    if (x < 0.0 && floor(y) != y) {
        return Py_NAN;         // complex
    }
    double size = fabs(x);
    double power = size == 1.0 ? 1.0 : pow(size, y);
    if (!(power >= DBL_MIN && power <= DBL_MAX)) {
        return Py_NAN;
    }
    return x < 0.0 && odd ? -power : power;
}

bool
_PyJit_IsNoNumber(PyObject *s, bool real)
{
    if (!PyUnicode_IS_ASCII(s)) {
        return false;
    }
    const Py_UCS1 *at = PyUnicode_1BYTE_DATA(s), *end = at + PyUnicode_GET_LENGTH(s);
    bool digits = false;
    for (; at < end; at++) {
        if (Py_ISDIGIT(*at)) {
            digits = true;
        }
        else if (!Py_UNICODE_ISSPACE(*at) && (*at == 0 || strchr(real ? "+-_.eEinfatyINFATY" : "+-_", *at) == NULL)) {
            return true;
        }
    }
    return !digits && !real;   // "inf" has none
}

#endif /* _Py_TIER2 */
