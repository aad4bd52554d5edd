/* Forwarding: what an attribute's place in an object holds, as far as the trace knows, so that it is not loaded again.
 *
 * The builder keeps a table of places (object, offset from its address).  A load or a store makes an entry; a load that finds one
 * emits nothing.  A store to another offset changes no entry, as it would if all attributes were one class of memory.
 *
 * Rules:
 *  1. Two values may be one object, so a store forgets the same offset of all others; but not of an object whose type has another
 *     version than the one stored to (both were checked, and nothing between has changed a type), nor of another constant, nor of
 *     one that was there before the trace made the other.
 *  2. What may write any attribute (an opaque instruction) forgets all (_PyJitCse_Barrier).
 *  3. The value of an entry is borrowed from its place.  Who uses it marks its slot so (build/slots.c, rule 6): before any store it
 *     gets a reference of its own.  So a number object that STORE_FIELD_FLOAT changes is no value anybody has.
 *  4. A number stored without a box is known as a number; the object that was made for it is read where it is wanted
 *     (READ_FIELD), and it is that one: identity stays exact.
 *  5. At the head of a loop an entry stays if each iteration leaves it as it was, or, where the first thing an iteration does with
 *     the place is to load it, if its number is known again: then the number is a PHI.  Of others that are known at LOOP only that
 *     there is something is known.
 *
 * The loop's body relies on what the entries at its head say.  A trace that stores to attributes and comes back to that head has
 * to bring it about.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "jit/optimize/optimize.h"

/* --- The table ------------------------------------------------------------------------------------------------------ */

bool
_PyJitForward_Is(int op)
{
    return op == JIT_OP_LOAD_FIELD || op == JIT_OP_READ_FIELD || op == JIT_OP_STORE_FIELD || op == JIT_OP_STORE_FIELD_FLOAT
        || op == JIT_OP_STORE_FIELD_INT || op == JIT_OP_INIT_SLOT || op == JIT_OP_INIT_VALUE;
}

static _PyJitField *
find(_PyJitBuilder *b, _PyJitRef object, uint32_t place)
{
    for (uint32_t i = b->nfields; i-- > 0;) {
        if (b->fields[i].object == object && b->fields[i].place == place) {
            return &b->fields[i];
        }
    }
    return NULL;
}

const _PyJitField *
_PyJitForward_Find(const _PyJitBuilder *b, _PyJitRef object, uint32_t place)
{
    return find((_PyJitBuilder *)b, object, place);
}

static _PyJitField *
add(_PyJitBuilder *b, _PyJitRef object, uint32_t version, uint32_t place)
{
    if (b->nfields == JIT_MOST_FIELDS) {
        b->nfields--;          // the oldest one
        memmove(b->fields, b->fields + 1, b->nfields * sizeof(_PyJitField));
    }
    _PyJitField *field = &b->fields[b->nfields++];
    *field = (_PyJitField){.object = object, .place = place, .version = version};
    return field;
}

_PyJitField
_PyJitForward_Load(_PyJitBuilder *b, _PyJitRef object, uint32_t version, uint32_t place, bool wanted)
{
    _PyJitField *field = pass_is_on(JIT_PASS_FORWARD) ? find(b, object, place) : NULL;
    if (field == NULL) {
        _PyJitRef value = _PyJitBuild_Emit(b, JIT_OP_LOAD_FIELD, object, JIT_REF_NONE, place);
        if (b->failed || !pass_is_on(JIT_PASS_FORWARD)) {
            return (_PyJitField){.value = value};
        }
        field = add(b, object, version, place);
        field->value = value;
        field->loaded = wanted;
    }
    else if (field->value == JIT_REF_NONE && wanted) {
        field->value = _PyJitBuild_Emit(b, JIT_OP_READ_FIELD, object, JIT_REF_NONE, place);
    }
    return *field;
}

static bool
may_be_one(const _PyJitBuilder *b, _PyJitRef one, uint32_t version, const _PyJitField *other)
{
    if (is_newer(b, one, other->object) || is_newer(b, other->object, one)) {
        return false;
    }
    return version == other->version && !(JIT_IS_CONST(one) && JIT_IS_CONST(other->object) && one != other->object);
}

void
_PyJitForward_Store(_PyJitBuilder *b, _PyJitRef object, uint32_t version, uint32_t place, _PyJitRef value, _PyJitRef number)
{
    if (!pass_is_on(JIT_PASS_FORWARD) || b->failed) {
        return;
    }
    uint8_t loaded = 0;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < b->nfields; i++) {
        const _PyJitField *field = &b->fields[i];
        if (field->place == place && may_be_one(b, object, version, field)) {
            loaded |= field->object == object && field->loaded;
            continue;
        }
        b->fields[kept++] = *field;
    }
    b->nfields = kept;
    _PyJitField *field = add(b, object, version, place);
    field->value = value;
    field->number = number;
    field->loaded = loaded;
    b->wrote_fields |= !is_new_object(b, object);
}

/* --- Loops ---------------------------------------------------------------------------------------------------------- */

/* The body has a name for OBJECT: a constant, an object known at the head, what a kept entry holds, or a pure operation that does
 * not look at attributes. */
static bool
is_known_at_head(const _PyJitBuilder *b, const _PyJitFieldPlan *plan, _PyJitRef object, uint32_t depth)
{
    if (JIT_IS_CONST(object)) {
        return true;
    }
    int op = JIT_INS(b->t, object)->op;
    if (op != JIT_OP_LOAD_FIELD && op != JIT_OP_READ_FIELD && _PyJit_Ops[op].flags & JIT_OPFLAG_PURE) {
        return true;
    }
    for (uint32_t i = 0; i < depth; i++) {
        if (b->slots[i].object == object) {
            return true;
        }
    }
    for (uint32_t i = 0; i < plan->n; i++) {
        if (plan->keep[i] != JIT_FIELD_NOTHING && plan->mark[i].value == object) {
            return true;
        }
    }
    return false;
}

void
_PyJitForward_Plan(const _PyJitBuilder *b, _PyJitFieldPlan *plan, uint32_t depth)
{
    plan->n = b->nfields;
    memcpy(plan->mark, b->fields, b->nfields * sizeof(_PyJitField));
    memset(plan->keep, JIT_FIELD_NOTHING, sizeof(plan->keep));
    for (bool more = true; more;) {
        more = false;
        for (uint32_t i = 0; i < plan->n; i++) {
            if (plan->keep[i] == JIT_FIELD_NOTHING && is_known_at_head(b, plan, plan->mark[i].object, depth)) {
                plan->keep[i] = JIT_FIELD_SAME;
                more = true;
            }
        }
    }
}

void
_PyJitForward_Rewind(_PyJitBuilder *b, const _PyJitFieldPlan *plan)
{
    b->nfields = plan->n;
    b->nsuspended = 0;
    memcpy(b->fields, plan->mark, plan->n * sizeof(_PyJitField));
}

void
_PyJitForward_MakeHead(_PyJitBuilder *b, _PyJitFieldPlan *plan, bool forgotten)
{
    b->nfields = b->nsuspended = 0;
    if (forgotten) {
        memset(plan->keep, JIT_FIELD_NOTHING, sizeof(plan->keep));
    }
    for (uint32_t i = 0; i < plan->n; i++) {
        if (is_new_object(b, plan->mark[i].object) && !forgotten) {
            plan->keep[i] = JIT_FIELD_NOTHING;     // it is another one in each iteration, or nobody has it any more
        }
    }
    for (uint32_t i = 0; i < plan->n && !b->failed; i++) {
        _PyJitField *head = &plan->head[i];
        *head = plan->mark[i];
        if (plan->keep[i] == JIT_FIELD_PRESENT) {
            head->value = head->number = JIT_REF_NONE;
        }
        else if (plan->keep[i] == JIT_FIELD_CHANGES) {
            head->value = JIT_REF_NONE;
            head->number = _PyJitTrace_Emit(b->t, JIT_OP_PHI, type_of_ref(b, head->number), head->number, JIT_REF_NONE, 0,
                                            JIT_NO_SNAPSHOT);
            b->failed |= head->number == JIT_REF_NONE;
        }
        if (plan->keep[i] != JIT_FIELD_NOTHING) {
            b->fields[b->nfields++] = *head;
            b->fields[b->nfields - 1].held = (uint8_t)b->nfields;
        }
    }
}

bool
_PyJitForward_CheckPlan(_PyJitBuilder *b, _PyJitFieldPlan *plan)
{
    bool holds = true;
    for (uint32_t i = 0; i < plan->n; i++) {
        const _PyJitField *head = &plan->head[i], *now = find(b, head->object, head->place);
        bool same = now != NULL && (head->value == JIT_REF_NONE || now->value == head->value)
            && (head->number == JIT_REF_NONE || now->number == head->number);
        if (plan->keep[i] == JIT_FIELD_NOTHING || (plan->keep[i] == JIT_FIELD_SAME && same)
            || (plan->keep[i] == JIT_FIELD_PRESENT && now != NULL)) {
            continue;
        }
        bool number = now != NULL && plan->keep[i] != JIT_FIELD_PRESENT && head->loaded
            && head->number != JIT_REF_NONE && now->number != JIT_REF_NONE
            && type_of_ref(b, now->number) == type_of_ref(b, head->number);
        uint8_t keep = number ? JIT_FIELD_CHANGES : now != NULL ? JIT_FIELD_PRESENT : JIT_FIELD_NOTHING;
        holds &= keep == plan->keep[i];
        plan->keep[i] = keep;
    }
    return holds;
}

void
_PyJitForward_NoteHead(_PyJitBuilder *b, const _PyJitFieldPlan *plan)
{
    for (uint32_t i = 0; i < plan->n && !b->failed; i++) {
        const _PyJitField *head = &plan->head[i];
        _PyJitHeadField field = {
            .object = head->object, .value = head->value, .number = head->number, .place = head->place, .version = head->version,
        };
        b->failed |= plan->keep[i] != JIT_FIELD_NOTHING && _PyJitTrace_AddHeadField(b->t, &field) < 0;
    }
}

uint64_t
_PyJitForward_Held(const _PyJitBuilder *b)
{
    uint64_t held = b->wrote_fields || b->written >> JIT_CLASS_ATTR & 1 ? 0 : b->began_held;
    for (uint32_t i = 0; i < b->nfields; i++) {
        held |= b->fields[i].held > 0 ? (uint64_t)1 << (b->fields[i].held - 1) : 0;
    }
    return held;
}

void
_PyJitForward_Begin(_PyJitBuilder *b, const _PyJitHeadField *field, uint32_t index)
{
    _PyJitField *entry = add(b, field->object, field->version, field->place);
    entry->value = field->value;
    entry->number = field->number;
    entry->held = (uint8_t)(index + 1);
}

void
_PyJitForward_Close(_PyJitBuilder *b, const _PyJitFieldPlan *plan)
{
    for (uint32_t i = 0; i < plan->n && !b->failed; i++) {
        if (plan->keep[i] == JIT_FIELD_CHANGES) {
            JIT_INS(b->t, plan->head[i].number)->b = find(b, plan->head[i].object, plan->head[i].place)->number;
        }
    }
}

#endif /* _Py_TIER2 */
