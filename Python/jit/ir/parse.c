/* Trace IR from text: the inverse of print.c.  InternalDocs/trace_ir.md has the grammar.
 *
 * One pass, line by line, by recursive descent without recursion: every line begins with a word that says what it is.  Numbers of
 * values, snapshots and codes in the text are labels; any will do, and they are defined before they are used, but for
 * snapshots, which stand at the end and are looked up when all is read.
 *
 * The parser takes any trace that can be written down, also one the verifier would refuse; it refuses what has no meaning.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "jit/ir/parse.h"

/* --- Snapshots ------------------------------------------------------------------------------------------- */

/* "c0:34 x0=v3, x7=v9]", after the bracket. */
static int
read_frame(Parser *p)
{
    uint16_t code;
    uint32_t offset;
    if (_PyJitParse_Place(p, &code, &offset) < 0) {
        return -1;
    }
    if (_PyJitTrace_AddFrame(p->t, code, offset) < 0) {
        return no_memory();
    }
    uint64_t sp = 0;
    if (_PyJitParse_Option(p, "sp", UINT16_MAX, &sp) < 0) {
        return -1;
    }
    p->t->frames[p->t->nframes - 1].sp = (uint16_t)sp;
    if (_PyJitParse_Accept(p, ']')) {
        return 0;
    }
    do {
        uint16_t slot;
        _PyJitRef value;
        if (_PyJitParse_AcceptWord(p, "fn")) {
            slot = JIT_SLOT_FUNCTION;
        }
        else if (_PyJitParse_AcceptWord(p, "gen")) {
            slot = JIT_SLOT_GENERATOR;
        }
        else if (!_PyJitParse_Label(p, 'x', &slot) || slot >= JIT_SLOT_GENERATOR) {
            return _PyJitParse_Expected(p, "a slot, as in x3, fn, gen, or ']'");
        }
        if (!_PyJitParse_Accept(p, '=')) {
            return _PyJitParse_Expected(p, "'=' and a value");
        }
        if (_PyJitParse_Value(p, &value) < 0) {
            return -1;
        }
        bool owned = _PyJitParse_AcceptWord(p, "owned");
        if (_PyJitTrace_AddSlot(p->t, slot, value, owned) < 0) {
            return no_memory();
        }
    } while (_PyJitParse_Accept(p, ','));
    return _PyJitParse_Accept(p, ']') ? 0 : _PyJitParse_Expected(p, "',' or ']'");
}

/* "v4 x24=v2, x32=v3]", after the bracket: a virtual and its fields. */
static int
read_recipe(Parser *p)
{
    _PyJitRef made;
    if (_PyJitParse_Value(p, &made) < 0) {
        return -1;
    }
    if (JIT_IS_CONST(made)) {
        return _PyJitParse_Expected(p, "a virtual, as in v4");
    }
    if (_PyJitTrace_AddFrame(p->t, 0, made - JIT_REF_BIAS) < 0) {
        return no_memory();
    }
    if (_PyJitParse_Accept(p, ']')) {
        return 0;
    }
    do {
        uint16_t place;
        _PyJitRef value;
        if (!_PyJitParse_Label(p, 'x', &place) || place > JIT_PLACE_FUNCTION || !_PyJitParse_Accept(p, '=')) {
            return _PyJitParse_Expected(p, "a field, as in x24=v2, or ']'");
        }
        if (_PyJitParse_Value(p, &value) < 0) {
            return -1;
        }
        bool owned = _PyJitParse_AcceptWord(p, "owned");
        if (_PyJitTrace_AddSlot(p->t, place, value, owned) < 0) {
            return no_memory();
        }
    } while (_PyJitParse_Accept(p, ','));
    return _PyJitParse_Accept(p, ']') ? 0 : _PyJitParse_Expected(p, "',' or ']'");
}

/* "s1: deopt c0:34 ...", after "snap". */
static int
read_snapshot(Parser *p)
{
    char name[MAX_WORD];
    uint16_t label;
    skip_space(p);
    const char *start = p->at;
    if (!_PyJitParse_Label(p, 's', &label)) {
        return _PyJitParse_Expected(p, "a snapshot, as in s1");
    }
    if (p->snaps[label] != 0) {
        return _PyJitParse_FailAt(place_of(p, start), "s%u is defined twice: expected a new number", label);
    }
    if (!_PyJitParse_Accept(p, ':')) {
        return _PyJitParse_Expected(p, "':' and why the trace leaves");
    }
    _PyJitSnapshot snap = {.progress = 1, .first_frame = (uint16_t)p->t->nframes};
    skip_space(p);
    start = p->at;
    if (_PyJitParse_Word(p, name, "why the trace leaves (deopt, side, event, branch, invalid, end, raised or again)") < 0) {
        return -1;
    }
    int kind = 0;
    while (kind < JIT_EXIT_KIND_COUNT && strcmp(_PyJitExitKind_Name(kind), name) != 0) {
        kind++;
    }
    snap.kind = (uint8_t)kind;
    if (kind == JIT_EXIT_KIND_COUNT) {
        p->at = start;
        return _PyJitParse_Expected(p, "why the trace leaves (deopt, side, event, branch, invalid, end, raised or again)");
    }
    // A branch goes where the register says; GUARD_IP names the place where it would not leave.
    if (!_PyJitSnapshot_IsDynamic(&snap) && _PyJitParse_Place(p, &snap.code, &snap.offset) < 0) {
        return -1;
    }
    if (_PyJitParse_AcceptWord(p, "first")) {
        snap.progress = 0;
    }
    while (_PyJitParse_Accept(p, '[')) {
        if (snap.nframes == JIT_MAX_FRAMES || snap.nrecipes == JIT_MAX_RECIPES) {
            return _PyJitParse_Expected(p, "fewer frames");
        }
        skip_space(p);
        bool recipe = *p->at == 'v';
        if (snap.nrecipes > 0 && !recipe) {
            return _PyJitParse_Expected(p, "a recipe: frames come before them");
        }
        if ((recipe ? read_recipe(p) : read_frame(p)) < 0) {
            return -1;
        }
        snap.nframes += !recipe;
        snap.nrecipes += recipe;
    }
    if (snap.nframes == 0) {
        if (snap.nrecipes > 0) {
            return _PyJitParse_Expected(p, "a frame before the recipes");
        }
        snap.first_frame = 0;
    }
    int index = _PyJitTrace_AddSnapshot(p->t, &snap);
    if (index < 0) {
        return no_memory();
    }
    p->snaps[label] = (uint32_t)index + 1;
    return _PyJitParse_ExpectLineEnd(p, "'first', '[' or the end of the line");
}

/* All is read: gives operations their snapshots, and snapshots the places of their GUARD_IP. */
static int
resolve(Parser *p)
{
    _PyJitTrace *t = p->t;
    for (size_t i = 0; i < p->npending; i++) {
        const Pending *pending = &p->pending[i];
        if (pending->later) {
            if (p->values[pending->label] == JIT_REF_NONE) {
                return _PyJitParse_FailAt(pending->place, "v%u is not defined anywhere", pending->label);
            }
            JIT_INS(t, pending->user)->b = p->values[pending->label];
            continue;
        }
        uint32_t index = pending->label;
        if (!pending->raw) {
            if (p->snaps[pending->label] == 0) {
                return _PyJitParse_FailAt(pending->place, "s%u is not defined: expected a line 'snap s%u: ...'",
                                          pending->label, pending->label);
            }
            index = p->snaps[pending->label] - 1;
        }
        JIT_INS(t, pending->user)->snapshot = (uint16_t)index;
        if (JIT_INS(t, pending->user)->op != JIT_OP_GUARD_IP || index >= t->nsnaps) {
            continue;
        }
        if (!pending->has_place) {
            return _PyJitParse_FailAt(pending->place, "expected the place where GUARD_IP goes on, as in 'GUARD_IP v1, c0:12 -> s1'");
        }
        _PyJitSnapshot *snap = &t->snaps[index];
        if (snap->kind == JIT_EXIT_BRANCH && snap->code == 0 && snap->offset == 0) {
            snap->code = pending->code;
            snap->offset = pending->offset;
        }
        else if (snap->code != pending->code || snap->offset != pending->offset) {
            return _PyJitParse_FailAt(pending->place, "expected a snapshot of its own: this one names another place");
        }
    }
    return 0;
}

/* --- The whole ------------------------------------------------------------------------------------------- */

static int
read_code(Parser *p)
{
    uint16_t label;
    skip_space(p);
    const char *start = p->at;
    if (!_PyJitParse_Label(p, 'c', &label)) {
        return _PyJitParse_Expected(p, "a code, as in c0");
    }
    if (p->codes[label] != 0) {
        return _PyJitParse_FailAt(place_of(p, start), "c%u is defined twice: expected a new number", label);
    }
    int index = _PyJitTrace_AddCode(p->t, NULL);
    if (index < 0) {
        return no_memory();
    }
    p->codes[label] = (uint32_t)index + 1;
    p->at += strcspn(p->at, "\n");      // the name is for readers
    return 0;
}

static int
read_trace(Parser *p)
{
    for (;;) {
        if (!_PyJitParse_NextLine(p)) {
            return _PyJitParse_Expected(p, "'code' or 'trace:'");
        }
        if (_PyJitParse_AcceptWord(p, "code")) {
            if (read_code(p) < 0) {
                return -1;
            }
        }
        else if (_PyJitParse_AcceptWord(p, "trace")) {
            if (*p->at != ':') {
                return _PyJitParse_Expected(p, "':'");
            }
            p->at++;
            if (_PyJitParse_ExpectLineEnd(p, "the end of the line") < 0) {
                return -1;
            }
            break;
        }
        else {
            return _PyJitParse_Expected(p, "'code' or 'trace:'");
        }
    }
    while (_PyJitParse_NextLine(p)) {
        int failed;
        if (_PyJitParse_AcceptWord(p, "snap")) {
            failed = read_snapshot(p);
        }
        else {
            failed = _PyJitParse_Operation(p);
        }
        if (failed) {
            return -1;
        }
    }
    return resolve(p);
}

int
_PyJitTrace_Parse(_PyJitTrace *t, const char *text)
{
    Parser p = {.t = t, .at = text, .line_start = text, .line = 1};
    _PyJitTrace_Init(t);
    p.values = PyMem_RawCalloc(MAX_LABEL + 1, sizeof(*p.values));
    p.snaps = PyMem_RawCalloc(MAX_LABEL + 1, sizeof(*p.snaps));
    p.codes = PyMem_RawCalloc(MAX_LABEL + 1, sizeof(*p.codes));
    int result = p.values && p.snaps && p.codes ? read_trace(&p) : no_memory();
    PyMem_RawFree(p.values);
    PyMem_RawFree(p.snaps);
    PyMem_RawFree(p.codes);
    PyMem_RawFree(p.pending);
    if (result < 0) {
        _PyJitTrace_Clear(t);
    }
    return result;
}

#endif /* _Py_TIER2 */
