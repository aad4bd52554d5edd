/* The parser's state, and what its files share: parse.c (snapshots, the whole), parse_operations.c, parse_words.c.  What returns an int
 * gives -1 with an exception set where the text is wrong or memory is short; what accepts something gives 1, or 0 where it is not next.
 */
#ifndef Py_JIT_PARSE_H
#define Py_JIT_PARSE_H

#include "pycore_jit_ir.h"

#define MAX_LABEL 0xffff
#define MAX_WORD 48

typedef struct {
    int line, column;          // both from 1
} Place;

/* A "-> s3", or the place of a GUARD_IP, waits for the snapshots. */
typedef struct {
    _PyJitRef user;
    uint16_t label;
    uint8_t raw;               // label is an index
    uint8_t has_place;         // GUARD_IP: code and offset are set
    uint8_t later;             // label is that of a PHI's second operand
    uint16_t code;
    uint32_t offset;
    Place place;
} Pending;

typedef struct {
    _PyJitTrace *t;
    const char *at;            // next character
    const char *line_start;
    int line;
    _PyJitRef *values;         // by label; JIT_REF_NONE: not defined
    uint32_t *snaps;           // by label: index + 1
    uint32_t *codes;           // by label: index + 1
    Pending *pending;
    size_t npending, pending_cap;
} Parser;

static inline Place
place_of(const Parser *p, const char *at)
{
    return (Place){p->line, (int)(at - p->line_start) + 1};
}

static inline int
no_memory(void)
{
    PyErr_NoMemory();
    return -1;
}

static inline int
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline void
skip_space(Parser *p)
{
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\r') {
        p->at++;
    }
}

/* Nothing but a comment is left on the line. */
static inline int
at_line_end(Parser *p)
{
    skip_space(p);
    return *p->at == '\n' || *p->at == 0 || *p->at == '#';
}

int _PyJitParse_FailAt(Place place, const char *format, ...);
/* "expected X, found 'abc'", at the next character. */
int _PyJitParse_Expected(Parser *p, const char *what);
int _PyJitParse_ExpectLineEnd(Parser *p, const char *what);
/* Goes to the next line that is not empty.  0: there is none. */
int _PyJitParse_NextLine(Parser *p);
/* Reads the character C if it is next. */
int _PyJitParse_Accept(Parser *p, char c);
/* Reads the word WORD if it is next. */
int _PyJitParse_AcceptWord(Parser *p, const char *word);
/* Reads a word into WORD (MAX_WORD bytes). */
int _PyJitParse_Word(Parser *p, char *word, const char *what);
/* Reads a decimal number of at most MOST. */
int _PyJitParse_Number(Parser *p, uint64_t most, uint64_t *number, const char *what);
/* Reads LETTER and a number, as in v12, if that is next. */
int _PyJitParse_Label(Parser *p, char letter, uint16_t *label);
/* "c0:12" or "%3:12". */
int _PyJitParse_Place(Parser *p, uint16_t *code, uint32_t *offset);
int _PyJitParse_TypeByName(const char *name);
/* "12", "-1.5" or "object(0x7f00)". */
int _PyJitParse_Constant(Parser *p, int *type, uint64_t *bits);
int _PyJitParse_Value(Parser *p, _PyJitRef *ref);
/* [v1:ip =] NAME ... */
int _PyJitParse_Operation(Parser *p);
/* A number after WORD, if WORD is next. */
int _PyJitParse_Option(Parser *p, const char *word, uint64_t most, uint64_t *number);

#endif /* !Py_JIT_PARSE_H */
