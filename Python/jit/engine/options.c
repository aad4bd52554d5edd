/* Options: -X jit and PYTHON_JIT, which switch it on or off, and all the others (pycore_jit_options.h).
 *
 * 1. -X wins over the environment, and the last -X over those before.  A variable that is empty is not there.
 * 2. What cannot be understood gets one warning and the default: a program does not fail for a wrong word about speed.
 * 3. A switch takes the same words everywhere.  -X NAME without a value is on.
 * 4. Warnings go to standard error without the module warnings, which may not be imported yet.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_initconfig.h"
#include "jit/engine/engine.h"

#define SWITCH_WORDS "on, yes, true, y or 1, off, no, false, n or 0"

/* What was given for one option. */
typedef struct {
    char name[40];
    char text[64];                // cut off; "" for an -X without a value
    bool given;
    bool bare;                    // -X NAME
} given_option;

static void
warn(const given_option *given, const char *expected)
{
    PySys_WriteStderr("python: %s=%s is ignored: expected %s\n", given->name, given->text, expected);
}

/* The length of the name in the -X option TEXT. */
static size_t
name_length(const wchar_t *text)
{
    size_t length = 0;
    while (text[length] != L'\0' && text[length] != L'=') {
        length++;
    }
    return length;
}

static bool
is_named(const wchar_t *text, const char *name)
{
    size_t length = name_length(text);
    for (size_t i = 0; i < length; i++) {
        if (name[i] == '\0' || text[i] != (wchar_t)(unsigned char)name[i]) {
            return false;
        }
    }
    return name[length] == '\0';
}

/* The ASCII of TEXT, cut off to SIZE. */
static void
narrow(char *to, size_t size, const wchar_t *text)
{
    size_t i = 0;
    for (; i + 1 < size && text[i] != L'\0'; i++) {
        to[i] = text[i] >= 32 && text[i] < 127 ? (char)text[i] : '?';
    }
    to[i] = '\0';
}

/* XNAME may be NULL: a variable alone. */
static given_option
look(const PyConfig *config, const char *env, const char *xname)
{
    given_option given = {.given = false};
    for (Py_ssize_t i = config->xoptions.length; xname != NULL && i-- > 0;) {
        const wchar_t *text = config->xoptions.items[i];
        if (is_named(text, xname)) {
            size_t length = name_length(text);
            given.given = true;
            given.bare = text[length] == L'\0';
            PyOS_snprintf(given.name, sizeof(given.name), "-X %s", xname);
            narrow(given.text, sizeof(given.text), text + length + !given.bare);
            return given;
        }
    }
    const char *text = config->use_environment ? Py_GETENV(env) : NULL;
    if (text != NULL && *text != '\0') {
        given.given = true;
        PyOS_snprintf(given.name, sizeof(given.name), "%s", env);
        PyOS_snprintf(given.text, sizeof(given.text), "%s", text);
    }
    return given;
}

/* 1: on; 0: off; -1: no word of a switch. */
static int
switch_word(const given_option *given)
{
    static const char *const words[] = {"off", "on", "no", "yes", "false", "true", "n", "y", "0", "1"};
    if (given->bare) {
        return 1;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(words); i++) {
        if (PyOS_stricmp(given->text, words[i]) == 0) {
            return i % 2;
        }
    }
    return -1;
}

static void
read_switch(const PyConfig *config, const char *env, const char *xname, bool *on)
{
    given_option given = look(config, env, xname);
    if (given.given) {
        int word = switch_word(&given);
        if (word < 0) {
            warn(&given, SWITCH_WORDS);
            return;
        }
        *on = word;
    }
}

static void
read_number(const PyConfig *config, const char *env, const char *xname, uint32_t least, uint32_t most, uint32_t *value)
{
    given_option given = look(config, env, xname);
    if (!given.given) {
        return;
    }
    bool is_switch = least == 0 && most == 1;
    if (is_switch && switch_word(&given) >= 0) {
        *value = (uint32_t)switch_word(&given);
        return;
    }
    char *end = given.text;
    unsigned long long number = Py_ISDIGIT(given.text[0]) ? strtoull(given.text, &end, 10) : 0;
    if (end == given.text || *end != '\0' || number < least || number > most) {
        char expected[64];
        PyOS_snprintf(expected, sizeof(expected), "a whole number from %u to %u", (unsigned)least, (unsigned)most);
        warn(&given, is_switch ? SWITCH_WORDS : expected);
        return;
    }
    *value = (uint32_t)number;
}

/* Names of passes, with commas between them. */
static uint32_t
read_passes(const PyConfig *config)
{
    uint32_t off = 0;
    const char *text = config->use_environment ? Py_GETENV("PYTHON_JIT_PASSES_OFF") : NULL;
    while (text != NULL && *text != '\0') {
        size_t length = strcspn(text, ",");
        uint32_t bit = _PyJit_PassBit(text, length);
        if (bit == 0) {
            given_option given = look(config, "PYTHON_JIT_PASSES_OFF", NULL);
#define X(NAME, TEXT) " " TEXT
            warn(&given, "names of passes with commas between them:" JIT_PASSES(X));
#undef X
            return 0;
        }
        off |= bit;
        text += length + (text[length] == ',');
    }
    return off;
}

/* True: traces are interpreted. */
static bool
read_backend(const PyConfig *config)
{
    given_option given = look(config, "PYTHON_JIT_BACKEND", NULL);
    bool interpreter = strcmp(given.text, "interpreter") == 0;
#ifdef _PyJit_INTERPRETER
    if (given.given && !interpreter) {
        warn(&given, "interpreter (this python was built without machine code)");
    }
    return true;
#else
    if (given.given && !interpreter && strcmp(given.text, "native") != 0) {
        warn(&given, "native or interpreter");
    }
    return interpreter;
#endif
}

static bool
is_option(const wchar_t *text)
{
#define X(FIELD, DEFAULT, LEAST, MOST, ENV, XNAME, HELP) is_named(text, XNAME) ||
    return JIT_OPTIONS(X) is_named(text, "jit");
#undef X
}

/* A misspelt -X jit-... would do nothing, silently. */
static void
name_unknown(const PyConfig *config)
{
    for (Py_ssize_t i = 0; i < config->xoptions.length; i++) {
        const wchar_t *text = config->xoptions.items[i];
        if (wcsncmp(text, L"jit-", 4) == 0 && !is_option(text)) {
            char name[40];
            narrow(name, sizeof(name), text);
            PySys_WriteStderr("python: -X %s is ignored: there is no such option (--help-xoptions lists them)\n", name);
        }
    }
}

void
_PyJitOptions_Read(const PyConfig *config)
{
    _PyJitEngine *e = ENGINE;
    name_unknown(config);
    e->stress = false;
    read_switch(config, "PYTHON_JIT_STRESS", NULL, &e->stress);
#define X(FIELD, DEFAULT, LEAST, MOST, ENV, XNAME, HELP) \
    e->options.FIELD = (DEFAULT);
    JIT_OPTIONS(X)
#undef X
    if (e->stress) {
        e->options.loop_threshold = e->options.call_threshold = e->options.exit_threshold = 1;
    }
#define X(FIELD, DEFAULT, LEAST, MOST, ENV, XNAME, HELP) \
    read_number(config, ENV, XNAME, (LEAST), (MOST), &e->options.FIELD);
    JIT_OPTIONS(X)
#undef X
#if _Py_TIER2 & 2
    e->wanted = false;
#else
    e->wanted = true;
#endif
    read_switch(config, "PYTHON_JIT", "jit", &e->wanted);
    e->passes_off = read_passes(config);
    e->interpreter = read_backend(config);
    if (config->use_environment) {
        _PyJitLog_Open(Py_GETENV("PYTHON_JIT_LOG"));
    }
}

#endif /* _Py_TIER2 */
