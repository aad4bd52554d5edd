/* Text of numbers and strings, as format(), `%` and str.format() make it, for the forms that most programs use.
 *
 * C finds and calls the method of the value's type, parses the specification, and writes through several layers.  Here the values are exact
 * ints of a machine word, floats and ASCII strings, and the text is short, so all of it is written into a buffer on the stack.  Whatever
 * is not sure to be the same - another type, form or size, an error - is left to C, which then does all of it.
 *
 * A float with a number of digits behind the point is written exactly: it is a whole number of up to 53 bits times a power of two, so times
 * a power of ten it is still a whole number and a remainder that is compared with one half.  A tie goes to the even digit, as in C.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include <math.h>
#include "pycore_jit_helpers.h"
#include "pycore_unicodeobject.h"
#include "jit/objects/leaves.h"

#define MOST_TEXT 240          // characters of a result
#define MOST_PLACES 9          // digits behind the point
#define MOST_SCALED 9e18       // a float times the power of ten: fits into 64 bits
#define MOST_READ 1000         // characters of a number
#define MOST_READ_AT_ONCE 18   // digits that fit into 63 bits
#define MOST_EXACT ((uint64_t)1 << 53)   // floats have all whole numbers up to it
#define MOST_DIGITS 72         // of a number in any base, with its commas

typedef struct {
    char text[MOST_TEXT];
    Py_ssize_t n;
} Writer;

/* A specification. */
typedef struct {
    char fill, align;          // align: one of <>^=, or 0: as is usual for the type
    char sign;                 // '-', '+' or ' ', or 0
    bool commas;
    int width, places;         // places: -1 if none are said
    char type;                 // 0: none
} Spec;

/* --- Writing ---------------------------------------------------------------------------------------------------------- */

static bool
put(Writer *w, const char *text, Py_ssize_t n)
{
    if (n > MOST_TEXT - w->n) {
        return false;
    }
    memcpy(w->text + w->n, text, (size_t)n);
    w->n += n;
    return true;
}

static bool
put_fill(Writer *w, char fill, Py_ssize_t n)
{
    if (n > MOST_TEXT - w->n) {
        return false;
    }
    memset(w->text + w->n, fill, (size_t)Py_MAX(n, 0));
    w->n += Py_MAX(n, 0);
    return true;
}

/* PREFIX, a sign or nothing, and BODY, in the width of SPEC. */
static bool
put_padded(Writer *w, const Spec *spec, char usual, const char *prefix, Py_ssize_t nprefix, const char *body, Py_ssize_t n)
{
    Py_ssize_t room = Py_MAX(spec->width - nprefix - n, 0);
    char align = spec->align != 0 ? spec->align : usual;
    Py_ssize_t before = align == '>' ? room : align == '^' ? room / 2 : 0, between = align == '=' ? room : 0;
    return put_fill(w, spec->fill, before) && put(w, prefix, nprefix) && put_fill(w, spec->fill, between) && put(w, body, n)
        && put_fill(w, spec->fill, room - before - between);
}

/* The digits of VALUE, which end at END, with commas if COMMAS; where they begin. */
static char *
digits_of(uint64_t value, unsigned int base, bool upper, bool commas, char *end)
{
    const char *names = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    int count = 0;
    do {
        if (commas && count > 0 && count % 3 == 0) {
            *--end = ',';
        }
        *--end = names[value % base];
        value /= base;
        count++;
    } while (value != 0);
    return end;
}

static Py_ssize_t
sign_of(bool negative, char wanted, char *sign)
{
    *sign = negative ? '-' : wanted;
    return negative || wanted == '+' || wanted == ' ';
}

/* Zeros between the sign and the digits get commas, too: C does that. */
static bool
has_commas_in_fill(const Spec *spec)
{
    return spec->commas && spec->align == '=';
}

static bool
put_int(Writer *w, const Spec *spec, int64_t value)
{
    char digits[MOST_DIGITS], *end = digits + sizeof(digits), sign;
    unsigned int base = spec->type == 'x' || spec->type == 'X' ? 16 : spec->type == 'o' ? 8 : spec->type == 'b' ? 2 : 10;
    bool is_decimal = spec->type == 'd' || spec->type == 0;
    if (spec->places >= 0 || (base == 10 && !is_decimal) || (spec->commas && base != 10) || has_commas_in_fill(spec)) {
        return false;
    }
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    char *at = digits_of(size, base, spec->type == 'X', spec->commas, end);
    Py_ssize_t nsign = sign_of(value < 0, spec->sign, &sign);
    return put_padded(w, spec, '>', &sign, nsign, at, end - at);
}

static const uint64_t tens[MOST_PLACES + 1] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};

/* *number: the size of VALUE times ten to the power of PLACES, rounded; false: there are too many places, or it is too large. */
static bool
scale(double value, Py_ssize_t places, uint64_t *number)
{
    int exponent;
    if (places < 0 || places > MOST_PLACES || !(fabs(value) * (double)tens[places] < MOST_SCALED)) {
        return false;          // infinities and NaN, too
    }
    double fraction = frexp(fabs(value), &exponent);
    unsigned __int128 scaled = (unsigned __int128)(uint64_t)ldexp(fraction, 53) * tens[places];
    int shift = 53 - exponent;
    if (shift < 0) {
        scaled <<= -shift;     // less than MOST_SCALED then
    }
    else if (shift >= 100) {
        scaled = 0;            // of which it is less than half
    }
    else if (shift > 0) {
        unsigned __int128 rest = scaled & (((unsigned __int128)1 << shift) - 1), half = (unsigned __int128)1 << (shift - 1);
        scaled >>= shift;
        scaled += rest > half || (rest == half && (scaled & 1));
    }
    *number = (uint64_t)scaled;
    return true;
}

static bool
put_float(Writer *w, const Spec *spec, double value)
{
    int places = spec->places < 0 ? 6 : spec->places;
    bool percent = spec->type == '%';
    uint64_t number;
    value = percent ? value * 100 : value;
    if ((spec->type != 'f' && spec->type != 'F' && !percent) || has_commas_in_fill(spec) || !scale(value, places, &number)) {
        return false;
    }
    char digits[MOST_DIGITS], *end = digits + sizeof(digits), *at = end, sign;
    uint64_t behind = number % tens[places];
    if (percent) {
        *--at = '%';
    }
    for (int i = 0; i < places; i++) {
        *--at = (char)('0' + behind % 10);
        behind /= 10;
    }
    if (places > 0) {
        *--at = '.';
    }
    at = digits_of(number / tens[places], 10, false, spec->commas, at);
    Py_ssize_t nsign = sign_of(signbit(value) != 0, spec->sign, &sign);
    return put_padded(w, spec, '>', &sign, nsign, at, end - at);
}

static bool
put_str(Writer *w, const Spec *spec, PyObject *value)
{
    bool simple = (spec->type == 's' || spec->type == 0) && spec->places < 0 && !spec->commas && spec->sign == 0 && spec->align != '=';
    return simple && PyUnicode_IS_ASCII(value)
        && put_padded(w, spec, '<', NULL, 0, (const char *)PyUnicode_1BYTE_DATA(value), PyUnicode_GET_LENGTH(value));
}

static bool
put_value(Writer *w, const Spec *spec, PyObject *value)
{
    if (PyUnicode_CheckExact(value)) {
        return put_str(w, spec, value);
    }
    if (PyFloat_CheckExact(value)) {
        return put_float(w, spec, PyFloat_AS_DOUBLE(value));
    }
    int overflow;
    int64_t number = PyLong_CheckExact(value) ? PyLong_AsLongLongAndOverflow(value, &overflow) : (overflow = 1);
    if (overflow) {
        return false;
    }
    bool real = spec->type == 'f' || spec->type == 'F' || spec->type == '%';
    const int64_t most = (int64_t)1 << 53;
    return !real ? put_int(w, spec, number) : number >= -most && number <= most && put_float(w, spec, (double)number);
}

/* The same without a specification: as str() has it. */
static bool
put_text(Writer *w, PyObject *value)
{
    const Spec none = {.fill = ' ', .places = -1};
    if (!PyFloat_CheckExact(value)) {
        return put_value(w, &none, value);
    }
    PyObject *text = PyObject_Str(value);
    bool done = text != NULL && put(w, (const char *)PyUnicode_1BYTE_DATA(text), PyUnicode_GET_LENGTH(text));
    Py_XDECREF(text);
    PyErr_Clear();             // C meets it again
    return done;
}

static PyObject *
finish(const Writer *w)
{
    if (w->n <= 1) {
        return PyUnicode_FromStringAndSize(w->text, w->n);      // there is one of each
    }
    PyObject *text = PyUnicode_New(w->n, 127);
    if (text != NULL) {
        memcpy(PyUnicode_1BYTE_DATA(text), w->text, (size_t)w->n);
    }
    return text;
}

/* --- Specifications ------------------------------------------------------------------------------------------------------ */

static bool
is_align(char c)
{
    return c == '<' || c == '>' || c == '^' || c == '=';
}

/* The digits at *AT, before END, as a number; -1 where there are too many. */
static int
number_at(const char **at, const char *end)
{
    int number = 0;
    while (*at < end && **at >= '0' && **at <= '9' && number <= MOST_TEXT) {
        number = 10 * number + (*(*at)++ - '0');
    }
    return number <= MOST_TEXT ? number : -1;
}

/* ".2" at *AT: how many.  -1: nothing of that kind; -2: no number, or a large one. */
static int
places_at(const char **at, const char *end)
{
    if (*at == end || **at != '.') {
        return -1;
    }
    const char *first = ++*at;
    int places = number_at(at, end);
    return *at == first || places < 0 ? -2 : places;
}

/* false: another form, or none at all. */
static bool
parse(const char *at, const char *end, Spec *spec)
{
    *spec = (Spec){.fill = ' '};
    if (end - at >= 2 && is_align(at[1])) {
        spec->fill = at[0];
        spec->align = at[1];
        at += 2;
    }
    else if (at < end && is_align(*at)) {
        spec->align = *at++;
    }
    if (at < end && (*at == '-' || *at == '+' || *at == ' ')) {
        spec->sign = *at++;
    }
    if (at < end && *at == '0') {
        if (spec->align != 0) {
            return false;
        }
        spec->fill = '0';
        spec->align = '=';
        at++;
    }
    spec->width = number_at(&at, end);
    if (at < end && *at == ',') {
        spec->commas = true;
        at++;
    }
    spec->places = places_at(&at, end);
    spec->type = at < end ? *at++ : 0;
    return at == end && spec->width >= 0 && spec->places >= -1;
}

/* PyUnicode_IS_ASCII(TEXT): where it begins and ends. */
static const char *
characters(PyObject *text, const char **end)
{
    const char *at = (const char *)PyUnicode_1BYTE_DATA(text);
    *end = at + PyUnicode_GET_LENGTH(text);
    return at;
}

PyObject *
_PyJitFormat_Value(PyObject *value, PyObject *spec)
{
    Spec parsed;
    if (!PyUnicode_IS_ASCII(spec) || PyUnicode_GET_LENGTH(spec) == 0) {
        return NULL;
    }
    const char *end, *at = characters(spec, &end);
    Writer w;
    w.n = 0;
    if (!parse(at, end, &parsed) || !put_value(&w, &parsed, value)) {
        return NULL;
    }
    // A string that fits already is itself.
    return PyUnicode_CheckExact(value) && w.n == PyUnicode_GET_LENGTH(value) ? Py_NewRef(value) : finish(&w);
}

/* --- `%` ------------------------------------------------------------------------------------------------------------------ */

/* One conversion of `%`, at *AT behind the percent sign, of VALUE. */
static bool
put_conversion(Writer *w, const char **at, const char *end, PyObject *value)
{
    Spec spec = {.fill = ' ', .align = '>'};
    for (; *at < end; ++*at) {
        if (**at == '-') {
            spec.align = '<';
        }
        else if (**at == '0') {
            spec.fill = '0';
        }
        else if (**at == '+') {
            spec.sign = '+';
        }
        else {
            break;
        }
    }
    spec.width = number_at(at, end);
    spec.places = places_at(at, end);
    if (*at == end || spec.width < 0 || spec.places < -1) {
        return false;
    }
    spec.type = *(*at)++;
    bool zeros = spec.fill == '0' && spec.align == '>' && spec.type != 's';
    spec.fill = zeros ? '0' : ' ';
    spec.align = zeros ? '=' : spec.align;
    switch (spec.type) {
        case 's':
            return spec.places < 0 && (spec.width == 0 ? put_text(w, value) : PyUnicode_CheckExact(value) && spec.sign == 0
                                       && put_str(w, &spec, value));
        case 'd':
        case 'x':
        case 'X':
        case 'o':
            return PyLong_CheckExact(value) && put_value(w, &spec, value);
        case 'f':
        case 'F':
            return !PyUnicode_CheckExact(value) && put_value(w, &spec, value);
        default:
            return false;
    }
}

PyObject *
_PyJitFormat_Percent(PyObject *template, PyObject *values)
{
    PyObject *const *items = PyTuple_CheckExact(values) ? ((PyTupleObject *)values)->ob_item : &values;
    Py_ssize_t n = PyTuple_CheckExact(values) ? PyTuple_GET_SIZE(values) : 1, used = 0;
    if (!PyUnicode_IS_ASCII(template)) {
        return NULL;
    }
    const char *end, *at = characters(template, &end);
    Writer w;
    w.n = 0;
    bool done = true, literal = false;
    while (at < end && done) {
        if (*at != '%') {
            done = put(&w, at++, 1);
            literal = true;
        }
        else if (at + 1 < end && at[1] == '%') {
            done = put(&w, at, 1);
            at += 2;
            literal = true;
        }
        else {
            at++;
            done = used < n && put_conversion(&w, &at, end, items[used]);
            used++;
        }
    }
    if (!done || used != n || used == 0) {
        return NULL;
    }
    // What is the whole result, the template or a string, is the result itself: that is for C to know.  The text of a number is new.
    bool is_new = literal || used > 1 || PyLong_CheckExact(items[0]) || PyFloat_CheckExact(items[0]);
    return is_new ? finish(&w) : NULL;
}

/* --- str.format() ------------------------------------------------------------------------------------------------------- */

/* One field of str.format(), at *AT behind the brace; *NEXT: which of the N VALUES a field without a number means. */
static bool
put_field(Writer *w, const char **at, const char *end, PyObject *const *values, Py_ssize_t n, Py_ssize_t *next)
{
    const char *first = *at;
    Py_ssize_t index = number_at(at, end);
    bool numbered = *at > first;
    // Who numbers one field must number all of them.
    if (index < 0 || (numbered && *next > 0) || (!numbered && *next < 0)) {
        return false;
    }
    index = numbered ? index : *next;
    *next = numbered ? -1 : *next + 1;
    if (*at == end || index >= n) {
        return false;
    }
    const char *spec = *at + (**at == ':'), *close = spec;
    while (close < end && *close != '}' && *close != '{') {
        close++;
    }
    if (close == end || *close == '{' || (**at != ':' && close != *at)) {
        return false;
    }
    *at = close + 1;
    Spec parsed;
    return spec == close ? put_text(w, values[index]) : parse(spec, close, &parsed) && put_value(w, &parsed, values[index]);
}

PyObject *
_PyJitFormat_Method(PyObject *template, PyObject *const *values, Py_ssize_t n)
{
    if (!PyUnicode_IS_ASCII(template)) {
        return NULL;
    }
    const char *end, *at = characters(template, &end);
    Py_ssize_t next = 0, fields = 0;
    Writer w;
    w.n = 0;
    bool done = true;
    while (at < end && done) {
        bool brace = *at == '{' || *at == '}', twice = brace && at + 1 < end && at[1] == *at;
        if (brace && !twice) {
            Py_ssize_t before = w.n;
            done = *at++ == '{' && put_field(&w, &at, end, values, n, &next);
            fields++;
            // Of what is the whole result, the template or a string, it is the object itself: that is for C to know.
            done = done && (at < end || before > 0);
        }
        else {
            done = put(&w, at, 1);
            at += twice ? 2 : 1;
        }
    }
    return done && fields > 0 ? finish(&w) : NULL;
}

/* --- Numbers that are read -------------------------------------------------------------------------------------------- */

/* What is no number in a frequent form is for tier 1: it raises, and does so once.  TEXT ends with a NUL. */
static const char *
ascii_of(PyObject *text)
{
    return PyUnicode_IS_ASCII(text) && PyUnicode_GET_LENGTH(text) <= MOST_READ ? (const char *)PyUnicode_1BYTE_DATA(text) : "";
}

static const char *
skip_spaces(const char *at)
{
    while (Py_ISSPACE(*at)) {
        at++;
    }
    return at;
}

static const char *
skip_digits(const char *at)
{
    while (Py_ISDIGIT(*at)) {
        at++;
    }
    return at;
}

static bool
is_end_of(const char *at, PyObject *text)
{
    at = skip_spaces(at);
    return *at == '\0' && at == (const char *)PyUnicode_1BYTE_DATA(text) + PyUnicode_GET_LENGTH(text);
}

PyObject *
_PyJitLeaf_ReadInt(PyObject *text, bool run)
{
    const char *at = skip_spaces(ascii_of(text)), *first = at + (*at == '-' || *at == '+'), *end = skip_digits(first);
    COULD(end > first && is_end_of(end, text));
    if (end - first > MOST_READ_AT_ONCE) {
        return PyNumber_Long(text);
    }
    long long value = 0;
    for (const char *digit = first; digit < end; digit++) {
        value = value * 10 + (*digit - '0');
    }
    return PyLong_FromLongLong(*at == '-' ? -value : value);
}

bool
_PyJitLeaf_IsFloatText(PyObject *text)
{
    const char *at = skip_spaces(ascii_of(text)), *first = at + (*at == '-' || *at == '+'), *end = skip_digits(first);
    Py_ssize_t digits = end - first;
    if (*end == '.') {
        const char *behind = skip_digits(end + 1);
        digits += behind - (end + 1);
        end = behind;
    }
    if (digits > 0 && (*end == 'e' || *end == 'E')) {
        const char *exponent = end + 1 + (end[1] == '-' || end[1] == '+');
        end = skip_digits(exponent);
        digits = end - exponent;
    }
    return digits > 0 && is_end_of(end, text);
}

/* --- round() ---------------------------------------------------------------------------------------------------------- */

/* round(NUMBER), or round(NUMBER, PLACES).  The quotient of two whole numbers that floats can hold is the float next to the decimal fraction. */
PyObject *
_PyJitLeaf_Round(PyObject *const *args, bool run)
{
    bool plain = PyFloat_CheckExact(args[0]) || (PyLong_CheckExact(args[0]) && is_moderate(args[0]));
    COULD(plain && (args[1] == NULL || _PyJitLeaf_IsSmall(args[1])));
    uint64_t number;
    Py_ssize_t places = args[1] == NULL ? 0 : _PyLong_CompactValue((PyLongObject *)args[1]);
    if (!PyFloat_CheckExact(args[0]) || !scale(PyFloat_AS_DOUBLE(args[0]), places, &number) || number > MOST_EXACT) {
        return _PyJitLeaf_CallBuiltin("round", args);
    }
    bool negative = signbit(PyFloat_AS_DOUBLE(args[0]));
    if (args[1] == NULL) {
        return PyLong_FromLongLong(negative ? -(long long)number : (long long)number);
    }
    double rounded = (double)number / (double)tens[places];
    return PyFloat_FromDouble(negative ? -rounded : rounded);
}

#endif /* _Py_TIER2 */
