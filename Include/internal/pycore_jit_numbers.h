/* Arithmetic of trace operations that is too large for a stencil.  Python/jit/numbers.c */
#ifndef Py_INTERNAL_JIT_NUMBERS_H
#define Py_INTERNAL_JIT_NUMBERS_H
#ifdef __cplusplus
extern "C" {
#endif

#ifndef Py_BUILD_CORE
#  error "for the interpreter's own sources only: define Py_BUILD_CORE"
#endif

/* x // y and x % y of Python floats, y not a zero. */
double _PyJit_FloatFloorDivide(double x, double y);
double _PyJit_FloatModulo(double x, double y);
/* x ** y, or not-a-number where the result is an error, complex, or not an ordinary finite number. */
double _PyJit_FloatPower(double x, double y);

#ifdef __cplusplus
}
#endif
#endif /* !Py_INTERNAL_JIT_NUMBERS_H */
