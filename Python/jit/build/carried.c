/* Objects that are not made, as loops and side traces carry them.
 *
 * An instance that the trace has made, that nobody else has seen, and whose attributes are all numbers, need not exist at a loop's
 * head: the head takes its numbers (PHIs) and begins with a *virtual* that has them for its attributes.  That is as if the object were
 * made anew in each iteration, which nobody can tell: the trace has the only reference, and nobody has its address.
 *
 * The numbers are taken to be objects of their own, too: `p.x is k` must not change.  So an instance is not carried if one of its numbers
 * may be somebody else's object as well.  In the body, and in a side trace, such a number has an identity, as a number in a slot has
 * (`identity` in the table of optimize/forward.c): slots get it that read the attribute, and who boxes one of them boxes all.
 *
 * Whether the object is really never needed is seen when the trace is complete (optimize/virtual.c).
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_dict.h"
#include "jit/build/builder.h"

/* VALUE, an attribute of SHAPE's object, is known to somebody else too. */
static bool
is_shared(const _PyJitBuilder *b, const _PyJitShape *shape, _PyJitRef value)
{
    for (uint32_t i = 0; i < b->depth; i++) {
        if (b->slots[i].object == value) {
            return true;
        }
    }
    for (uint32_t i = 0; i < b->nfields; i++) {
        if (b->fields[i].value == value && b->fields[i].object != shape->object) {
            return true;
        }
    }
    for (uint32_t i = 0; i < shape->n; i++) {
        if (shape->fields[i].value == value) {
            return true;
        }
    }
    return false;
}

static void
bind(_PyJitBuilder *b, _PyJitRef ref, bool merged)
{
    if (b->nbound == JIT_MOST_BOUND) {
        b->failed = b->too_bound = true;
        return;
    }
    b->is_merged[b->nbound] = merged;
    b->bound[b->nbound++] = ref;
}

/* NUMBER has another identity than that of BOX, too: in a slot, or as the attribute of a virtual, which may be gone by now. */
static bool
is_ambiguous(const _PyJitBuilder *b, _PyJitRef box, _PyJitRef number)
{
    for (uint32_t i = 0; i < b->depth; i++) {
        if (b->slots[i].number == number && b->slots[i].object != box) {
            return true;
        }
    }
    for (uint32_t i = 0; i < b->t->nins; i++) {
        const _PyJitIns *ins = JIT_INS(b->t, JIT_REF_BIAS + i);
        if (ins->op == JIT_OP_VIRTUAL_FIELD && ins->b == number) {
            return true;
        }
    }
    return false;
}

#define MOST_DEPTH 4           // objects in objects

/* A slot has OBJECT, or an object in a slot does. */
static bool
is_reachable(const _PyJitBuilder *b, _PyJitRef object, int depth)
{
    for (uint32_t i = 0; i < b->depth; i++) {
        if (b->slots[i].object == object) {
            return true;
        }
    }
    for (uint32_t i = 0; i < b->nfields; i++) {
        if (b->fields[i].value == object && (depth == 0 || is_reachable(b, b->fields[i].object, depth - 1))) {
            return true;
        }
    }
    return false;
}

/* An object that is still there holds BOX. */
static bool
is_in_object(const _PyJitBuilder *b, _PyJitRef box)
{
    for (uint32_t i = 0; i < b->nfields; i++) {
        if (b->fields[i].value == box && is_reachable(b, b->fields[i].object, MOST_DEPTH)) {
            return true;
        }
    }
    return false;
}

static bool may_be_virtual(const _PyJitBuilder *b, _PyJitRef ref, int depth);

/* REF is stored in OBJECT, or OBJECT is made of it: another one that may never be made? */
static bool
is_kept_by_virtual(const _PyJitBuilder *b, _PyJitRef object, int depth)
{
    return depth > 0 && is_new_object(b, object) && may_be_virtual(b, object, depth - 1);
}

/* Nothing was done with REF, a box or a new object, so far for which it has to be made. */
static bool
may_be_virtual(const _PyJitBuilder *b, _PyJitRef ref, int depth)
{
    const _PyJitTrace *t = b->t;
    for (_PyJitRef at = ref + 1; at < JIT_REF_BIAS + t->nins; at++) {
        const _PyJitIns *ins = JIT_INS(t, at);
        if (ins->op == JIT_OP_BYTECODE || ins->op == JIT_OP_OPAQUE || (ins->a != ref && ins->b != ref && ins->c != ref)) {
            continue;
        }
        switch (ins->op) {
            case JIT_OP_INIT_VALUE:
            case JIT_OP_INIT_SLOT:
            case JIT_OP_INIT_TUPLE_ITEM:
            case JIT_OP_INIT_FUNCTION:
            case JIT_OP_INIT_CELL:
            case JIT_OP_CELL_SET:
            case JIT_OP_VIRTUAL_FIELD:
            case JIT_OP_STORE_FIELD:
            case JIT_OP_STORE_GEN:
            case JIT_OP_STORE_GEN_STACK:
                if (ins->b == ref && !is_kept_by_virtual(b, ins->a, depth)) {
                    return false;
                }
                break;
            case JIT_OP_NEW_ITER:
            case JIT_OP_NEW_METHOD:
            case JIT_OP_NEW_GENERATOR:
                if (!is_kept_by_virtual(b, at, depth)) {
                    return false;
                }
                break;
            case JIT_OP_INCREF:
            case JIT_OP_DECREF_PLAIN:
            case JIT_OP_GUARD_QUIET:
            case JIT_OP_GUARD_QUIET_TOGETHER:
            case JIT_OP_GUARD_SHARED:
            case JIT_OP_GUARD_DROP:
            case JIT_OP_GUARD_RELEASE:
            case JIT_OP_GUARD_UNSET:
            case JIT_OP_GUARD_PLAIN:
            case JIT_OP_GUARD_DIFFERENT:
            case JIT_OP_LOAD_FIELD:
            case JIT_OP_READ_FIELD:
            case JIT_OP_STORE_FIELD_FLOAT:
            case JIT_OP_STORE_FIELD_INT:
            // Tuples and iterators.
            case JIT_OP_GUARD_TUPLE:
            case JIT_OP_GUARD_EXACT:
            case JIT_OP_GUARD_LIST_ITER:
            case JIT_OP_GUARD_TUPLE_ITER:
            case JIT_OP_LIST_ITER_NEXT:
            case JIT_OP_TUPLE_ITER_NEXT:
            case JIT_OP_LIST_ITER_END:
            case JIT_OP_TUPLE_ITER_END:
            // Functions and cells.
            case JIT_OP_GUARD_FUNCTION:
            case JIT_OP_GUARD_GLOBALS_OF:
            case JIT_OP_GUARD_BUILTINS_OF:
            case JIT_OP_LOAD_CLOSURE_CELL:
            case JIT_OP_LOAD_CELL:
            case JIT_OP_CELL_CONTENT:
            // Methods and names.
            case JIT_OP_GUARD_METHOD:
            case JIT_OP_LOAD_METHOD_FUNCTION:
            case JIT_OP_LOAD_METHOD_SELF:
            case JIT_OP_GUARD_STR:
            // Generators.
            case JIT_OP_GUARD_CONSUMED:
            case JIT_OP_GUARD_GENERATOR:
            case JIT_OP_GUARD_AWAITABLE:
            case JIT_OP_GUARD_BEGUN:
            case JIT_OP_LOAD_GEN:
            case JIT_OP_LOAD_GEN_FUNCTION:
            case JIT_OP_STORE_GEN_INT:
            case JIT_OP_STORE_GEN_FLOAT:
            case JIT_OP_SUSPEND_GEN:
            case JIT_OP_GUARD_GEN_END:
            case JIT_OP_END_GENERATOR:
                break;
            default:
                return false;
        }
    }
    return true;
}

void
_PyJitVirtual_Unbox(_PyJitBuilder *b, uint32_t depth)
{
    for (uint32_t i = 0; i < depth && b->carries; i++) {
        _PyJitSlot *slot = &b->slots[i];
        if (!slot->dirty || !slot->owned || slot->number == JIT_REF_NONE || JIT_IS_CONST(slot->object)) {
            continue;
        }
        _PyJitRef box = slot->object;
        int op = JIT_INS(b->t, box)->op;
        if ((op != JIT_OP_BOX_INT && op != JIT_OP_BOX_FLOAT) || JIT_INS(b->t, box)->a != slot->number
            || is_ambiguous(b, box, slot->number) || is_in_object(b, box) || !may_be_virtual(b, box, MOST_DEPTH)) {
            continue;
        }
        uint16_t identity = ++b->identities;
        bind(b, box, true);
        for (uint32_t k = 0; k < b->depth; k++) {
            if (b->slots[k].object == box) {
                b->slots[k].object = JIT_REF_NONE;
                b->slots[k].owned = b->slots[k].heap = 0;
                b->slots[k].identity = identity;
                b->slots[k].alias = JIT_REF_NONE;
            }
        }
    }
}

/* A slot, an attribute of SHAPE, or of an object in a slot, has NUMBER too: it may be one object with another one that has it, or not. */
static bool
has_number(const _PyJitBuilder *b, const _PyJitShape *shape, _PyJitRef number)
{
    for (uint32_t i = 0; i < b->depth; i++) {
        if (b->slots[i].number == number) {
            return true;
        }
    }
    for (uint32_t i = 0; i < shape->n; i++) {
        if (shape->fields[i].number == number) {
            return true;
        }
    }
    for (uint32_t i = 0; i < b->nfields; i++) {
        bool other = b->fields[i].number == number && b->fields[i].object != shape->object;
        for (uint32_t k = 0; k < b->depth && other; k++) {
            if (b->slots[k].object == b->fields[i].object) {
                return true;
            }
        }
    }
    return false;
}

/* The attribute at PLACE of SHAPE's object is the next one of SHAPE. */
static bool
add_field(const _PyJitBuilder *b, _PyJitShape *shape, uint32_t place)
{
    const _PyJitField *field = _PyJitForward_Find(b, shape->object, place);
    if (field == NULL || shape->n == JIT_MOST_VIRTUAL_FIELDS) {
        return false;
    }
    bool constant = field->value != JIT_REF_NONE && JIT_IS_CONST(field->value);
    if (!constant && (field->number == JIT_REF_NONE
                      || (!JIT_IS_CONST(field->number) && has_number(b, shape, field->number)))) {
        return false;
    }
    if (!constant && field->value != JIT_REF_NONE) {
        // A box that was made for it, or what was read of it.
        int op = JIT_INS(b->t, field->value)->op;
        if (is_shared(b, shape, field->value) || (op != JIT_OP_BOX_INT && op != JIT_OP_BOX_FLOAT && op != JIT_OP_READ_FIELD)) {
            return false;
        }
    }
    shape->fields[shape->n].place = place;
    shape->fields[shape->n].number = constant ? field->value : field->number;
    shape->fields[shape->n++].value = constant ? JIT_REF_NONE : field->value;
    return true;
}

bool
_PyJitVirtual_Describe(const _PyJitBuilder *b, uint32_t local, _PyJitShape *shape)
{
    const _PyJitTrace *t = b->t;
    const _PyJitSlot *slot = &b->slots[local];
    if (!b->carries || !slot->dirty || !slot->owned || !slot->memory_plain || !is_local(b, local) || JIT_IS_CONST(slot->object)) {
        return false;
    }
    const _PyJitIns *ins = JIT_INS(t, slot->object);
    if ((ins->op != JIT_OP_NEW_INSTANCE && ins->op != JIT_OP_VIRTUAL) || !JIT_IS_CONST(ins->a)) {
        return false;
    }
    for (uint32_t i = 0; i < b->depth; i++) {
        if (i != local && b->slots[i].object == slot->object) {
            return false;
        }
    }
    *shape = (_PyJitShape){.object = slot->object, .class = ins->a, .version = ins->aux};
    for (_PyJitRef ref = slot->object + 1; ref < JIT_REF_BIAS + t->nins; ref++) {
        const _PyJitIns *set = JIT_INS(t, ref);
        bool inits = set->op == JIT_OP_INIT_VALUE || set->op == JIT_OP_INIT_SLOT || set->op == JIT_OP_VIRTUAL_FIELD;
        if (inits && set->a == slot->object && !add_field(b, shape, _PyJitVirtual_PlaceOf(set))) {
            return false;
        }
    }
    return true;
}

bool
_PyJitVirtual_IsAlike(const _PyJitTrace *t, const _PyJitShape *one, const _PyJitTrace *other_trace, const _PyJitShape *other)
{
    if (JIT_INS(t, one->class)->bits != JIT_INS(other_trace, other->class)->bits || one->version != other->version || one->n != other->n) {
        return false;
    }
    for (uint32_t i = 0; i < one->n; i++) {
        const _PyJitIns *number = JIT_INS(t, one->fields[i].number), *with = JIT_INS(other_trace, other->fields[i].number);
        if (one->fields[i].place != other->fields[i].place || number->type != with->type
            || (number->type == JIT_TYPE_OBJECT && number->bits != with->bits)) {
            return false;
        }
    }
    return true;
}

void
_PyJitVirtual_Know(_PyJitBuilder *b, _PyJitRef object, uint32_t version, uint32_t place, _PyJitRef value, uint16_t identity)
{
    int type = type_of_ref(b, value);
    if (type == JIT_TYPE_I64 || type == JIT_TYPE_F64) {
        _PyJitForward_Store(b, object, version, place, JIT_REF_NONE, value);
        for (uint32_t i = 0; i < b->nfields; i++) {
            if (b->fields[i].object == object && b->fields[i].place == place) {
                b->fields[i].identity = identity;
            }
        }
    }
    else {
        _PyJitForward_Store(b, object, version, place, value, JIT_IS_CONST(value) ? _PyJitVirtual_ConstantNumber(b, value) : JIT_REF_NONE);
    }
}

bool
_PyJitVirtual_HasIdentity(const _PyJitBuilder *b, uint16_t identity)
{
    for (uint32_t i = 0; i < b->nfields; i++) {
        if (b->fields[i].identity == identity && identity != 0) {
            return true;
        }
    }
    return false;
}

/* OBJECT, a virtual, was given up: no slot has it, and nothing has got it. */
static bool
has_ended(const _PyJitBuilder *b, _PyJitRef object)
{
    for (uint32_t i = 0; i < b->nslots; i++) {
        if (b->slots[i].object == object || b->slots[i].memory == object) {
            return false;
        }
    }
    for (_PyJitRef ref = object + 1; ref < JIT_REF_BIAS + b->t->nins; ref++) {
        if (JIT_INS(b->t, ref)->b == object || JIT_INS(b->t, ref)->c == object) {
            return false;
        }
    }
    return b->late != object;
}

void
_PyJitVirtual_Box(_PyJitBuilder *b, uint16_t identity, _PyJitRef box)
{
    for (uint32_t i = 0; i < b->nfields && identity != 0 && !b->failed; i++) {
        _PyJitField *field = &b->fields[i];
        if (field->identity == identity && has_ended(b, field->object)) {
            field->identity = 0;         // nobody would give up its reference
        }
        else if (field->identity == identity) {
            field->identity = 0;
            field->value = box;
            (void)_PyJitBuild_Emit(b, JIT_OP_INCREF, box, JIT_REF_NONE, 0);
            b->failed |= _PyJitTrace_Emit(b->t, JIT_OP_VIRTUAL_FIELD, JIT_TYPE_NONE, field->object, box, field->place,
                                          JIT_NO_SNAPSHOT) == JIT_REF_NONE;
        }
    }
}

_PyJitRef
_PyJitVirtual_Emit(_PyJitBuilder *b, const _PyJitShape *shape, const _PyJitRef *numbers)
{
    _PyJitRef object = _PyJitTrace_Emit(b->t, JIT_OP_VIRTUAL, JIT_TYPE_OBJECT, shape->class, JIT_REF_NONE, shape->version,
                                        JIT_NO_SNAPSHOT);
    b->failed |= object == JIT_REF_NONE;
    for (uint32_t i = 0; i < shape->n && !b->failed; i++) {
        uint32_t place = shape->fields[i].place;
        b->failed |= _PyJitTrace_Emit(b->t, JIT_OP_VIRTUAL_FIELD, JIT_TYPE_NONE, object, numbers[i], place,
                                      JIT_NO_SNAPSHOT) == JIT_REF_NONE;
        _PyJitVirtual_Know(b, object, shape->version, place, numbers[i], ++b->identities);
    }
    return object;
}

void
_PyJitVirtual_Bind(_PyJitBuilder *b, const _PyJitShape *shape)
{
    bind(b, shape->object, false);
    for (uint32_t i = 0; i < shape->n; i++) {
        if (shape->fields[i].value != JIT_REF_NONE) {
            bind(b, shape->fields[i].value, false);
        }
    }
}

void
_PyJitVirtual_ShapeOf(const _PyJitTrace *t, _PyJitRef object, _PyJitShape *shape)
{
    const _PyJitIns *ins = JIT_INS(t, object);
    *shape = (_PyJitShape){.object = object, .class = ins->a, .version = ins->aux};
    for (ins++; ins->op == JIT_OP_VIRTUAL_FIELD && ins->a == object; ins++) {
        shape->fields[shape->n].place = ins->aux;
        shape->fields[shape->n++].number = ins->b;
    }
}

#endif /* _Py_TIER2 */
