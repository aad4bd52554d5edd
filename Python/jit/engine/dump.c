/* sys._dump_tracelets(path): the executors as a Graphviz graph.
 *
 * A node is an executor with its operations; its colour goes from white (never entered) to red (the one entered most).  An
 * edge is a link from an exit.  Exits without a link show how often they were left for tier 1.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_fileutils.h"
#include "pycore_opcode_metadata.h"
#include "jit/engine/engine.h"

/* 0 (never entered) to 9: each step down is a fourth of the one above. */
static int
heat(uint64_t entered, uint64_t most)
{
    if (entered == 0) {
        return 0;
    }
    int level = 9;
    while (level > 1 && entered < most) {
        entered = entered > UINT64_MAX / 4 ? UINT64_MAX : entered * 4;
        level--;
    }
    return level;
}

static void
dump_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
            case '<': fputs("&lt;", out); break;
            case '>': fputs("&gt;", out); break;
            case '&': fputs("&amp;", out); break;
            case '"': fputs("&quot;", out); break;
            default: fputc(*text, out);
        }
    }
}

/* T: its trace, whole. */
static void
dump_executor(FILE *out, const _PyExecutorObject *e, const _PyJitTrace *t, uint64_t most)
{
    static const char *const colours[] = {
        "#ffffff", "#fff3f0", "#ffe4dc", "#ffcdbf", "#fcb499", "#fc9272", "#fb7050", "#ef5038", "#d93025", "#b01818",
    };
    char place[200];
    _PyJit_DescribePlace(t->codes[0], e->start, place, sizeof(place));
    fprintf(out, "  e%u [fillcolor=\"%s\" label=<<table border=\"0\" cellborder=\"1\" cellspacing=\"0\">\n",
            (unsigned)e->id, colours[heat(e->entered, most)]);
    fprintf(out, "    <tr><td port=\"start\"><b>%u %s ", (unsigned)e->id, _PyJit_KindName(e->kind));
    dump_text(out, place);
    fprintf(out, "</b><br/>entered %llu times, %u instructions, %u exits, %zu bytes</td></tr>\n", (unsigned long long)e->entered,
            (unsigned)t->nrecords, (unsigned)e->nexits, e->code_size);
    for (uint32_t i = 0; i < t->nins; i++) {
        const _PyJitIns *ins = JIT_INS(t, JIT_REF_BIAS + i);
        fprintf(out, "    <tr><td align=\"left\" port=\"i%u\">", (unsigned)i);
        if (ins->op == JIT_OP_OPAQUE) {
            const _PyJitRecord *record = &t->records[ins->aux];
            fprintf(out, "%s %u", _PyOpcode_OpName[record->opcode], (unsigned)record->oparg);
        }
        else {
            fputs(_PyJitOp_Name(ins->op), out);
        }
        if (ins->snapshot != JIT_NO_SNAPSHOT) {
            const _PyJitExit *exit = &e->exits[ins->snapshot];
            if (exit->taken > 0) {
                fprintf(out, "   [to tier 1: %u]", (unsigned)exit->taken);
            }
        }
        fputs("</td></tr>\n", out);
    }
    fputs("  </table>>]\n", out);
    for (uint32_t i = 0; i < t->nins; i++) {
        const _PyJitIns *ins = JIT_INS(t, JIT_REF_BIAS + i);
        if (ins->snapshot == JIT_NO_SNAPSHOT) {
            continue;
        }
        const _PyJitExit *exit = &e->exits[ins->snapshot];
        for (const _PyJitLink *link = exit->links; link != NULL; link = link->next) {
            fprintf(out, "  e%u:i%u -> e%u:start\n", (unsigned)e->id, (unsigned)i, (unsigned)link->executor->id);
        }
    }
}

PyObject *
_PyJit_DumpTracelets(PyObject *Py_UNUSED(self), PyObject *path)
{
    FILE *out = _Py_fopen_obj(path, "w");
    if (out == NULL) {
        return NULL;
    }
    uint64_t most = 0;
    for (_PyExecutorObject *e = _PyJitEngine_Executors(); e != NULL; e = e->next) {
        if (e->vm_data.valid && e->entered > most) {
            most = e->entered;
        }
    }
    fputs("digraph tracelets {\n  rankdir = \"LR\"\n  node [shape=none style=filled fontname=\"monospace\"]\n", out);
    bool complete = true;
    for (_PyExecutorObject *e = _PyJitEngine_Executors(); e != NULL && complete; e = e->next) {
        const _PyJitTrace *whole = _PyJitTrace_Unpack(e->trace, true);
        complete = whole != NULL;
        if (complete && e->vm_data.valid) {
            dump_executor(out, e, whole, most);
        }
        _PyJitTrace_FreeUnpacked(whole, e->trace);
    }
    fputs("}\n", out);
    bool failed = ferror(out) != 0;
    if (!complete) {
        (void)fclose(out);
        return PyErr_NoMemory();
    }
    if (fclose(out) != 0 || failed) {
        PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
        return NULL;
    }
    Py_RETURN_NONE;
}

#endif /* _Py_TIER2 */
