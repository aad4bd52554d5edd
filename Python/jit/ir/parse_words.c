/* Trace IR from text: errors, words, numbers and values. */
#include "Python.h"

#ifdef _Py_TIER2

#include <errno.h>
#include "opcode.h"
#include "jit/ir/parse.h"

/* --- Errors ---------------------------------------------------------------------------------------------- */

int
_PyJitParse_FailAt(Place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    PyObject *what = PyUnicode_FromFormatV(format, args);
    va_end(args);
    if (what != NULL) {
        PyErr_Format(PyExc_ValueError, "%d:%d: %U", place.line, place.column, what);
        Py_DECREF(what);
    }
    return -1;
}

int
_PyJitParse_Expected(Parser *p, const char *what)
{
    char found[24];
    size_t n = strcspn(p->at, " \t\r\n#,");
    if (*p->at == ',') {
        n = 1;
    }
    if (n == 0) {
        return _PyJitParse_FailAt(place_of(p, p->at), "expected %s, found the end of the line", what);
    }
    n = Py_MIN(n, sizeof(found) - 1);
    memcpy(found, p->at, n);
    found[n] = 0;
    return _PyJitParse_FailAt(place_of(p, p->at), "expected %s, found '%s'", what, found);
}

/* --- Words and numbers ----------------------------------------------------------------------------------- */

static int
is_word_char(char c)
{
    return Py_ISALNUM(c) || c == '_';
}

int
_PyJitParse_ExpectLineEnd(Parser *p, const char *what)
{
    return at_line_end(p) ? 0 : _PyJitParse_Expected(p, what);
}

int
_PyJitParse_NextLine(Parser *p)
{
    for (;;) {
        if (!at_line_end(p)) {
            return 1;
        }
        p->at += strcspn(p->at, "\n");
        if (*p->at == 0) {
            return 0;
        }
        p->at++;
        p->line++;
        p->line_start = p->at;
    }
}

int
_PyJitParse_Accept(Parser *p, char c)
{
    skip_space(p);
    if (*p->at != c) {
        return 0;
    }
    p->at++;
    return 1;
}

int
_PyJitParse_AcceptWord(Parser *p, const char *word)
{
    skip_space(p);
    size_t n = strlen(word);
    if (strncmp(p->at, word, n) != 0 || is_word_char(p->at[n])) {
        return 0;
    }
    p->at += n;
    return 1;
}

int
_PyJitParse_Word(Parser *p, char *word, const char *what)
{
    skip_space(p);
    size_t n = 0;
    while (is_word_char(p->at[n])) {
        n++;
    }
    if (n == 0 || is_digit(p->at[0]) || n >= MAX_WORD) {
        return _PyJitParse_Expected(p, what);
    }
    memcpy(word, p->at, n);
    word[n] = 0;
    p->at += n;
    return 0;
}

int
_PyJitParse_Number(Parser *p, uint64_t most, uint64_t *number, const char *what)
{
    skip_space(p);
    if (!is_digit(*p->at)) {
        return _PyJitParse_Expected(p, what);
    }
    const char *start = p->at;
    uint64_t n = 0;
    while (is_digit(*p->at)) {
        n = n * 10 + (uint64_t)(*p->at++ - '0');
        if (n > most) {
            return _PyJitParse_FailAt(place_of(p, start), "expected %s of at most %llu", what, (unsigned long long)most);
        }
    }
    *number = n;
    return 0;
}

int
_PyJitParse_Label(Parser *p, char letter, uint16_t *label)
{
    skip_space(p);
    if (*p->at != letter || !is_digit(p->at[1])) {
        return 0;
    }
    const char *end = p->at + 1;
    uint32_t n = 0;
    while (is_digit(*end)) {
        n = n * 10 + (uint32_t)(*end++ - '0');
        if (n > MAX_LABEL) {
            return 0;
        }
    }
    if (is_word_char(*end)) {
        return 0;
    }
    p->at = end;
    *label = (uint16_t)n;
    return 1;
}

int
_PyJitParse_Place(Parser *p, uint16_t *code, uint32_t *offset)
{
    const char *what = "a place, as in c0:12";
    uint64_t n;
    skip_space(p);
    const char *start = p->at;
    if (_PyJitParse_Accept(p, '%')) {
        if (_PyJitParse_Number(p, UINT16_MAX, &n, "a code index") < 0) {
            return -1;
        }
        *code = (uint16_t)n;
    }
    else {
        uint16_t label;
        if (!_PyJitParse_Label(p, 'c', &label)) {
            return _PyJitParse_Expected(p, what);
        }
        if (p->codes[label] == 0) {
            return _PyJitParse_FailAt(place_of(p, start), "c%u is not defined: expected a line 'code c%u' above 'trace:'",
                                      label, label);
        }
        *code = (uint16_t)(p->codes[label] - 1);
    }
    if (*p->at != ':') {
        return _PyJitParse_Expected(p, "':' and an offset in code units");
    }
    p->at++;
    if (_PyJitParse_Number(p, UINT32_MAX, &n, "an offset in code units") < 0) {
        return -1;
    }
    *offset = (uint32_t)n;
    return 0;
}

/* --- Values ---------------------------------------------------------------------------------------------- */

int
_PyJitParse_TypeByName(const char *name)
{
    for (int i = 0; i < JIT_TYPE_COUNT; i++) {
        if (strcmp(_PyJitType_Name(i), name) == 0) {
            return i;
        }
    }
    return -1;
}

int
_PyJitParse_Constant(Parser *p, int *type, uint64_t *bits)
{
    const char *what = "a value, as in v1, 12, 1.5 or object(0x7f00)";
    skip_space(p);
    const char *start = p->at;
    if (is_digit(*start) || *start == '-') {
        const char *end = start + 1;
        int real = 0;
        while (is_digit(*end) || *end == '.' || *end == 'e' || (*end == '-' && end[-1] == 'e')
               || (*end == '+' && end[-1] == 'e')) {
            real |= !is_digit(*end);
            end++;
        }
        char text[64];
        if ((size_t)(end - start) >= sizeof(text) || is_word_char(*end)) {
            return _PyJitParse_Expected(p, what);
        }
        memcpy(text, start, (size_t)(end - start));
        text[end - start] = 0;
        if (real) {
            double value = PyOS_string_to_double(text, NULL, NULL);
            if (value == -1.0 && PyErr_Occurred()) {
                PyErr_Clear();
                return _PyJitParse_Expected(p, "a number");
            }
            *type = JIT_TYPE_F64;
            memcpy(bits, &value, sizeof(value));
        }
        else {
            char *stop;
            errno = 0;
            long long value = strtoll(text, &stop, 10);
            if (errno || *stop || stop == text) {
                return _PyJitParse_Expected(p, "a number that fits 64 bits");
            }
            *type = JIT_TYPE_I64;
            *bits = (uint64_t)value;
        }
        p->at = end;
        return 0;
    }
    char name[MAX_WORD];
    if (_PyJitParse_Word(p, name, what) < 0) {
        return -1;
    }
    *type = _PyJitParse_TypeByName(name);
    if (*type < 0 || *p->at != '(') {
        p->at = start;
        return _PyJitParse_Expected(p, what);
    }
    p->at++;
    errno = 0;
    char *stop = NULL;
    if (strncmp(p->at, "0x", 2) == 0 && Py_ISXDIGIT(p->at[2])) {
        *bits = strtoull(p->at, &stop, 16);
    }
    if (stop == NULL || errno) {
        return _PyJitParse_Expected(p, "the bits of the constant, as in 0x7f00");
    }
    p->at = stop;
    if (*p->at != ')') {
        return _PyJitParse_Expected(p, "')'");
    }
    p->at++;
    return 0;
}

int
_PyJitParse_Value(Parser *p, _PyJitRef *ref)
{
    skip_space(p);
    const char *start = p->at;
    uint16_t label;
    uint64_t n;
    if (_PyJitParse_AcceptWord(p, "_")) {
        *ref = JIT_REF_NONE;
        return 0;
    }
    if (_PyJitParse_Accept(p, '%')) {
        int negative = _PyJitParse_Accept(p, '-');
        if (_PyJitParse_Number(p, negative ? JIT_REF_BIAS : UINT16_MAX - JIT_REF_BIAS, &n, "an index") < 0) {
            return -1;
        }
        *ref = (_PyJitRef)(negative ? JIT_REF_BIAS - n : JIT_REF_BIAS + n);
        return 0;
    }
    if (_PyJitParse_Label(p, 'v', &label)) {
        if (p->values[label] == JIT_REF_NONE) {
            return _PyJitParse_FailAt(place_of(p, start), "v%u is not defined: expected a value of a line above", label);
        }
        *ref = p->values[label];
        return 0;
    }
    int type;
    uint64_t bits;
    if (_PyJitParse_Constant(p, &type, &bits) < 0) {
        return -1;
    }
    *ref = _PyJitTrace_Const(p->t, type, bits);
    return *ref == JIT_REF_NONE ? no_memory() : 0;
}

#endif /* _Py_TIER2 */
