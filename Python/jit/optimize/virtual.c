/* Objects that nobody sees are not made.
 *
 * An object that the trace makes, and that is only stored to, read from and given up, is a *virtual*.  Here is what holds for all of them,
 * and what instances and tuples do; the other kinds are in virtual_kinds.c.  The operation that makes it becomes VIRTUAL (or a
 * VIRTUAL_... of its kind), which has no code; a store becomes VIRTUAL_FIELD; counting its references and checking how it ends is
 * left out.  A number that was boxed for such an object, and for no other, is not boxed.  Where a snapshot names a virtual it gets a
 * *recipe* (pycore_jit_ir.h), and the object is made when the trace leaves there.  An object that anything else is done with *escapes*:
 * it is made as before, and so is whatever is stored in it.
 *
 * The pass walks over the complete trace, from the first operation to the last, with the fields that each virtual has at the moment.  A walk
 * that finds another one that escapes begins again; the last walk writes the new trace.
 *
 * Rules:
 *  1. References that the trace counts for a virtual (INCREF, DECREF_PLAIN) count here.  Where none is left its fields are given up,
 *     as the deallocator would have; where the trace made sure that this is quiet it makes sure of the fields.
 *  2. A field owns its object, as in memory; of a constant the trace does not count references, as constants live as long as it does.  But
 *     those in the frame of a generator are counted: what was put there may be taken out again, with its reference.  An INCREF for a field is
 *     left out with it, so where the trace leaves in between the constant is owned by one slot less.
 *  3. A number that is stored has an identity of its own, the operation that boxes or stores it; one that a VIRTUAL_FIELD of the builder
 *     stores, or that is merged (build/carried.c), has that of the raw number, as in slots.  One identity is one object where the trace leaves.
 *     If a snapshot names two with the same raw number, one of them gets a copy (COPY_INT, COPY_FLOAT).
 *  4. What is carried around a loop as numbers (build/carried.c) must not escape: the trace is built again without.
 *  5. The class of a virtual has no finalizer, and no weak reference can be there: so its end runs nothing but the end of its fields.
 *
 * Method: allocation removal with resume data that makes the objects (Bolz et al., Allocation removal by partial evaluation in a
 * tracing JIT, PEPM 2011; Mike Pall's allocation sinking of LuaJIT is the same for stores).
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_dict.h"
#include "pycore_object.h"
#include "jit/optimize/virtual.h"

uint32_t
_PyJitVirtual_PlaceOf(const _PyJitIns *set)
{
    return set->op != JIT_OP_INIT_VALUE ? set->aux
        : (uint32_t)(sizeof(PyObject) + offsetof(PyDictValues, values) + set->aux * sizeof(PyObject *));
}

void
_PyJitVirtual_Escapes(_PyJitVirtualPass *p, _PyJitVirtualObject *object)
{
    object->escapes = p->again = true;
}

/* Something is done with REF for which it has to be an object in memory. */
void
_PyJitVirtual_Escape(_PyJitVirtualPass *p, _PyJitRef ref)
{
    _PyJitVirtualObject *object = virtual_of(p, ref);
    _PyJitVirtualNumber *number = number_of(p, ref);
    if (object != NULL) {
        _PyJitVirtual_Escapes(p, object);
    }
    if (number != NULL && number->owner != NO_INDEX) {
        _PyJitVirtual_Escapes(p, &p->objects[number->owner]);
    }
    else if (number != NULL) {
        number->escapes = p->again = true;
    }
}

/* --- Objects ---------------------------------------------------------------------------------------------------------- */

/* What OP, which makes an object, is if that is not made; NOP: it makes none that need not be. */
static int
virtual_op(int op)
{
    switch (op) {
        case JIT_OP_NEW_INSTANCE:
        case JIT_OP_NEW_INSTANCE_WITH: return JIT_OP_VIRTUAL;
        case JIT_OP_NEW_TUPLE:
        case JIT_OP_NEW_TUPLE_WITH: return JIT_OP_VIRTUAL_TUPLE;
        case JIT_OP_NEW_FUNCTION: return JIT_OP_VIRTUAL_FUNCTION;
        case JIT_OP_NEW_GENERATOR: return JIT_OP_VIRTUAL_GENERATOR;
        case JIT_OP_NEW_ITER: return JIT_OP_VIRTUAL_ITER;
        case JIT_OP_RANGE_ITER: return JIT_OP_VIRTUAL_RANGE;
        case JIT_OP_NEW_CELL: return JIT_OP_VIRTUAL_CELL;
        case JIT_OP_NEW_METHOD: return JIT_OP_VIRTUAL_METHOD;
        case JIT_OP_NEW_NAME: return JIT_OP_VIRTUAL_NAME;
        default: return _PyJitOp_IsVirtual(op) ? op : JIT_OP_NOP;
    }
}

/* The object of INS is made of its fields alone, and run/restore.c can make it without memory. */
static bool
can_be_virtual(const _PyJitVirtualPass *p, const _PyJitIns *ins)
{
    switch (virtual_op(ins->op)) {
        case JIT_OP_VIRTUAL:
            return JIT_IS_CONST(ins->a) && _PyJitRestore_CanMake((PyTypeObject *)(uintptr_t)JIT_INS(p->t, ins->a)->bits);
        case JIT_OP_VIRTUAL_TUPLE:
            return ins->aux <= JIT_MOST_VIRTUAL_FIELDS;
        default:
            return _PyJitVirtualKind_CanBe(p, ins);
    }
}

/* Operation I makes an object that OP stands for if it is not made. */
static void
begin_object(_PyJitVirtualPass *p, uint32_t i, int op)
{
    uint16_t index = p->object_of[i];
    const _PyJitIns *ins = ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i));
    if (index == NO_INDEX) {
        if (p->nobjects == MOST_OBJECTS) {
            p->hopeless |= _PyJitOp_IsVirtual(ins->op);
            return;
        }
        index = p->object_of[i] = (uint16_t)p->nobjects++;
        p->objects[index] = (_PyJitVirtualObject){
            .ref = (_PyJitRef)(JIT_REF_BIAS + i), .op = (uint16_t)op, .escapes = !can_be_virtual(p, ins),
        };
    }
    _PyJitVirtualObject *object = &p->objects[index];
    object->references = 1;
    object->n = 0;
    object->changed = i;
    if (object->escapes) {
        return;
    }
    p->moved[i] = _PyJitVirtual_WriteIns(p, _PyJitVirtualKind_Operation(p, ins, op));
    _PyJitVirtualKind_Begin(p, i, object);
}

/* The box that operation I makes must not be made, and its number has the identity of slots. */
static bool
is_merged(const _PyJitBuilder *b, uint32_t i)
{
    for (uint32_t k = 0; k < b->nbound; k++) {
        if (b->is_merged[k] && b->bound[k] == JIT_REF_BIAS + i) {
            return true;
        }
    }
    return false;
}

/* Operation I boxes or stores NUMBER.  OWNER: the object it is stored to, or NULL. */
void
_PyJitVirtual_BeginNumber(_PyJitVirtualPass *p, uint32_t i, _PyJitRef number, const _PyJitVirtualObject *owner)
{
    if (p->number_of[i] == NO_INDEX) {
        p->number_of[i] = (uint16_t)p->nnumbers;
        p->numbers[p->nnumbers++] = (_PyJitVirtualNumber){
            .owner = owner == NULL ? NO_INDEX : (uint16_t)(owner - p->objects), .merged = owner == NULL && is_merged(p->b, i),
        };
    }
    p->numbers[p->number_of[i]].number = resolve(p, number);
}

_PyJitRef *
_PyJitVirtual_FieldOf(_PyJitVirtualObject *object, uint32_t place)
{
    for (uint32_t i = 0; i < object->n; i++) {
        if (object->fields[i].place == place) {
            return &object->fields[i].value;
        }
    }
    return NULL;
}

/* OBJECT is VALUE, or in it. */
static bool
is_inside(_PyJitVirtualPass *p, const _PyJitVirtualObject *object, _PyJitRef value)
{
    _PyJitVirtualObject *outer = virtual_of(p, value);
    bool inside = outer == object;
    for (uint32_t i = 0; outer != NULL && !inside && i < outer->n; i++) {
        inside = is_inside(p, object, outer->fields[i].value);
    }
    return inside;
}

void
_PyJitVirtual_Release(_PyJitVirtualPass *p, _PyJitRef ref)
{
    _PyJitVirtualObject *object = virtual_of(p, ref);
    if (object != NULL) {
        object->references--;
        for (uint32_t i = 0; i < object->n && object->references == 0; i++) {
            _PyJitVirtual_ReleaseField(p, object, object->fields[i].place, object->fields[i].value);
        }
    }
    else if (!JIT_IS_CONST(ref) && number_of(p, ref) == NULL && !is_raw(p, ref) && ins_of(p, ref)->type != JIT_TYPE_BOOL) {
        (void)_PyJitVirtual_WriteIns(p, (_PyJitIns){.op = JIT_OP_DECREF_PLAIN, .snapshot = JIT_NO_SNAPSHOT, .a = ref});
    }
}

void
_PyJitVirtual_ReleaseField(_PyJitVirtualPass *p, const _PyJitVirtualObject *object, uint32_t place, _PyJitRef value)
{
    if (JIT_IS_CONST(value) && !is_raw(p, value) && counts_constants(object, place)) {
        (void)_PyJitVirtual_WriteIns(p, (_PyJitIns){.op = JIT_OP_DECREF_PLAIN, .snapshot = JIT_NO_SNAPSHOT, .a = value});
    }
    else {
        _PyJitVirtual_Release(p, value);
    }
}

/* VALUE, of a field, is an object whose end may run something. */
static bool
is_loud(_PyJitVirtualPass *p, _PyJitRef value)
{
    return !JIT_IS_CONST(value) && virtual_of(p, value) == NULL && number_of(p, value) == NULL && ins_of(p, value)->type == JIT_TYPE_OBJECT
        && !p->is_plain[value - JIT_REF_BIAS] && ins_of(p, value)->op != JIT_OP_RANGE_ITER;
}

void
_PyJitVirtual_GuardLoss(_PyJitVirtualPass *p, uint32_t i, _PyJitRef value, uint32_t count, uint16_t snapshot)
{
    _PyJitVirtualObject *object = virtual_of(p, value);
    if (object == NULL) {
        if (is_loud(p, value)) {
            _PyJitVirtual_LookAtSnapshot(p, i, snapshot);
            if (!p->together) {
                (void)_PyJitVirtual_WriteIns(p, (_PyJitIns){.op = JIT_OP_BEGIN_TOGETHER, .snapshot = JIT_NO_SNAPSHOT});
            }
            p->together = true;
            (void)_PyJitVirtual_WriteIns(p, (_PyJitIns){
                .op = JIT_OP_GUARD_QUIET_TOGETHER, .snapshot = snapshot, .a = value, .aux = count,
            });
        }
        return;
    }
    if (object->ends || object->references > count - 1 + ++object->lost) {
        return;
    }
    object->ends = true;
    if (!_PyJitVirtualKind_EndsQuietly(p, object)) {
        _PyJitVirtual_Escapes(p, object);
        return;
    }
    for (uint32_t k = 0; k < object->n; k++) {
        _PyJitVirtual_GuardLoss(p, i, object->fields[k].value, count, snapshot);
    }
}

void
_PyJitVirtual_BeginEnds(_PyJitVirtualPass *p)
{
    p->together = false;
    for (uint32_t k = 0; k < p->nobjects; k++) {
        p->objects[k].lost = 0;
        p->objects[k].ends = false;
    }
}

void
_PyJitVirtual_GuardEnd(_PyJitVirtualPass *p, uint32_t i, _PyJitRef value, uint32_t count, uint16_t snapshot)
{
    _PyJitVirtual_BeginEnds(p);
    _PyJitVirtual_GuardLoss(p, i, value, count, snapshot);
}

/* A constant that a virtual takes has got a reference right before. */
static bool
is_uncounted(_PyJitVirtualPass *p, uint32_t i, _PyJitRef constant)
{
    PyObject *object = (PyObject *)(uintptr_t)ins_of(p, constant)->bits;
    if (object == NULL || _Py_IsImmortal(object) || ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i))->op == JIT_OP_VIRTUAL_FIELD) {
        return object != NULL;
    }
    while (i-- > 0 && ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i))->op != JIT_OP_BYTECODE) {
        const _PyJitIns *ins = ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i));
        if (ins->op == JIT_OP_INCREF && resolve(p, ins->a) == constant && p->uncounted[i] == (p->writes ? UNCOUNTED : COUNTED)) {
            p->uncounted[i] = p->writes ? TAKEN : UNCOUNTED;
            return true;
        }
    }
    return false;
}

/* Operation I stands for a number that is not boxed, and may need a copy of it (rule 3). */
static void
copy_number(_PyJitVirtualPass *p, uint32_t i)
{
    const _PyJitVirtualNumber *number = number_of(p, (_PyJitRef)(JIT_REF_BIAS + i));
    if (number != NULL && number->copied) {
        int type = ins_of(p, number->number)->type;
        p->moved[i] = _PyJitVirtual_WriteIns(p, (_PyJitIns){
            .op = type == JIT_TYPE_F64 ? JIT_OP_COPY_FLOAT : JIT_OP_COPY_INT, .type = (uint8_t)type, .snapshot = JIT_NO_SNAPSHOT,
            .a = number->number,
        });
    }
}

_PyJitRef
_PyJitVirtual_PutField(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *object, uint32_t place, _PyJitRef value)
{
    _PyJitRef *field = _PyJitVirtual_FieldOf(object, place);
    if (is_inside(p, object, value) || (field == NULL && object->n == JIT_MOST_VIRTUAL_FIELDS)) {
        _PyJitVirtual_Escapes(p, object);
        _PyJitVirtual_Escape(p, value);
        return JIT_REF_NONE;
    }
    _PyJitRef old = field == NULL ? JIT_REF_NONE : *field;
    if (field == NULL) {
        object->fields[object->n].place = place;
        field = &object->fields[object->n++].value;
    }
    *field = value;
    object->changed = i;
    if (value == JIT_REF_BIAS + i) {
        copy_number(p, i);     // the operation stores a number, and stands for it
    }
    (void)_PyJitVirtual_WriteIns(p, (_PyJitIns){
        .op = JIT_OP_VIRTUAL_FIELD, .snapshot = JIT_NO_SNAPSHOT, .a = object->ref, .b = value, .aux = place,
    });
    return old;
}

void
_PyJitVirtual_SetField(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *object, uint32_t place, _PyJitRef value)
{
    if (JIT_IS_CONST(value) && !is_raw(p, value) && !counts_constants(object, place) && !is_uncounted(p, i, value)) {
        _PyJitVirtual_Escapes(p, object);
        return;
    }
    _PyJitRef old = _PyJitVirtual_PutField(p, i, object, place, value);
    if (old != JIT_REF_NONE) {
        _PyJitVirtual_ReleaseField(p, object, place, old);
    }
}

/* --- The walk --------------------------------------------------------------------------------------------------------- */

/* A virtual from before the loop's head, at operation I in the loop: there it would have to be in registers. */
static void
stay_on_one_side(_PyJitVirtualPass *p, uint32_t i, _PyJitRef ref)
{
    _PyJitVirtualObject *object = virtual_of(p, ref);
    if (object != NULL && p->head > 0 && i >= p->head && object->ref < JIT_REF_BIAS + p->head) {
        _PyJitVirtual_Escapes(p, object);
    }
}

/* Operation I as it is, but for what its operands are now. */
static void
keep(_PyJitVirtualPass *p, uint32_t i)
{
    _PyJitIns ins = *ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i));
    if (ins.op == JIT_OP_NOP) {
        return;
    }
    if (ins.op != JIT_OP_BYTECODE && ins.op != JIT_OP_OPAQUE) {
        _PyJitRef *operands[] = {&ins.a, &ins.b, &ins.c};
        for (int k = 0; k < 3; k++) {
            _PyJitRef ref = resolve(p, *operands[k]);
            p->hopeless |= is_raw(p, ref) && !is_raw(p, *operands[k]);
            *operands[k] = ref;
            _PyJitVirtual_Escape(p, ref);
        }
    }
    if (ins.snapshot != JIT_NO_SNAPSHOT) {
        _PyJitVirtual_LookAtSnapshot(p, i, ins.snapshot);
    }
    if (!JIT_IS_CONST(ins.a) && (ins.op == JIT_OP_UNBOX_INT || ins.op == JIT_OP_UNBOX_FLOAT || ins.op == JIT_OP_GUARD_PLAIN
                                 || ins.op == JIT_OP_GUARD_STR)) {
        p->is_plain[ins.a - JIT_REF_BIAS] = 1;
    }
    p->moved[i] = _PyJitVirtual_WriteIns(p, ins);
}

/* Operation I on OBJECT, its first operand.  false: no operation that a virtual can do without. */
static bool
work_on_virtual(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *object)
{
    const _PyJitIns *ins = ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i));
    _PyJitRef *field;
    switch (ins->op) {
        case JIT_OP_INCREF:
            object->references++;
            return true;
        case JIT_OP_DECREF_PLAIN:
            _PyJitVirtual_Release(p, object->ref);
            return true;
        case JIT_OP_GUARD_QUIET_TOGETHER:
            _PyJitVirtual_GuardLoss(p, i, object->ref, ins->aux, ins->snapshot);
            return true;
        case JIT_OP_GUARD_QUIET:
        case JIT_OP_GUARD_SHARED:
        case JIT_OP_GUARD_DROP:
        case JIT_OP_GUARD_RELEASE:
            _PyJitVirtual_GuardEnd(p, i, object->ref, Py_MAX(ins->aux, 1), ins->snapshot);
            if (object->ends && ins->op != JIT_OP_GUARD_QUIET && (ins->op != JIT_OP_GUARD_SHARED || ins->a != object->ref)) {
                _PyJitVirtual_Escapes(p, object);        // it must live on, so that others may borrow from it
            }
            return true;
        case JIT_OP_GUARD_UNSET:
            return _PyJitVirtual_FieldOf(object, ins->aux) == NULL;
        case JIT_OP_INIT_VALUE:
        case JIT_OP_INIT_SLOT:
            _PyJitVirtual_SetField(p, i, object, _PyJitVirtual_PlaceOf(ins), resolve(p, ins->b));
            return true;
        case JIT_OP_INIT_TUPLE_ITEM:
        case JIT_OP_VIRTUAL_FIELD:
            _PyJitVirtual_SetField(p, i, object, ins->aux, resolve(p, ins->b));
            return true;
        case JIT_OP_STORE_FIELD:
            if (_PyJitVirtual_FieldOf(object, ins->aux) == NULL) {
                return false;
            }
            _PyJitVirtual_SetField(p, i, object, ins->aux, resolve(p, ins->b));
            return true;
        case JIT_OP_STORE_FIELD_FLOAT:
        case JIT_OP_STORE_FIELD_INT:
            if (_PyJitVirtual_FieldOf(object, ins->aux) == NULL) {
                return false;
            }
            _PyJitVirtual_BeginNumber(p, i, ins->b, object);
            _PyJitVirtual_SetField(p, i, object, ins->aux, (_PyJitRef)(JIT_REF_BIAS + i));
            return true;
        case JIT_OP_LOAD_FIELD:
        case JIT_OP_READ_FIELD:
            field = _PyJitVirtual_FieldOf(object, ins->aux);
            if (field == NULL) {
                return false;
            }
            p->stands_for[i] = *field;
            return true;
        default:
            return _PyJitVirtualKind_Work(p, i, object);
    }
}

/* REF is a constant that needs no counting: NULL, or an immortal object. */
static bool
is_eternal(const _PyJitVirtualPass *p, _PyJitRef ref)
{
    return is_null(p, ref) || (ref != JIT_REF_NONE && JIT_IS_CONST(ref) && ins_of(p, ref)->type == JIT_TYPE_OBJECT
                               && _Py_IsImmortal((PyObject *)(uintptr_t)ins_of(p, ref)->bits));
}

/* Operation I on a number that is not boxed, its first operand. */
static bool
works_on_number(const _PyJitIns *ins)
{
    switch (ins->op) {
        case JIT_OP_INCREF:
        case JIT_OP_DECREF_PLAIN:
        case JIT_OP_GUARD_QUIET:
        case JIT_OP_GUARD_QUIET_TOGETHER:
        case JIT_OP_GUARD_SHARED:
        case JIT_OP_GUARD_DROP:
        case JIT_OP_GUARD_RELEASE:
        case JIT_OP_GUARD_PLAIN:
            return true;
        default:
            return false;
    }
}

/* REF is the function of a generator that is not made, and a constant, to which such a generator has no
 * reference. */
static bool
is_function_of_virtual(const _PyJitVirtualPass *p, _PyJitRef ref)
{
    return ref != JIT_REF_NONE && !JIT_IS_CONST(ref) && ins_of(p, ref)->op == JIT_OP_LOAD_GEN_FUNCTION
        && JIT_IS_CONST(resolve(p, ref));
}

/* INS looks whether such a function can be given up, which it is not. */
static bool
guards_function(const _PyJitVirtualPass *p, const _PyJitIns *ins)
{
    bool looks = ins->op == JIT_OP_GUARD_QUIET || ins->op == JIT_OP_GUARD_QUIET_TOGETHER || ins->op == JIT_OP_GUARD_SHARED
        || ins->op == JIT_OP_GUARD_DROP;
    bool compares = ins->op == JIT_OP_GUARD_DIFFERENT;
    return ((looks || compares) && is_function_of_virtual(p, ins->a))
        || (compares && is_function_of_virtual(p, ins->b));
}

/* REF is a constant int of which there is only one: other constants that are equal may be two objects, and so may what is made of them. */
static bool
is_small_int(const _PyJitVirtualPass *p, _PyJitRef ref)
{
    return is_eternal(p, ref) && !is_null(p, ref) && PyLong_CheckExact((PyObject *)(uintptr_t)ins_of(p, ref)->bits);
}

/* The raw number of TYPE that the object of REF is made of, or NONE: the trace does not know it. */
static _PyJitRef
raw_number(_PyJitVirtualPass *p, _PyJitRef ref, int type)
{
    _PyJitRef object = resolve(p, ref);
    const _PyJitVirtualNumber *number = number_of(p, object);
    _PyJitRef raw = number != NULL ? number->number : is_raw(p, object) ? object
        : is_small_int(p, object) ? _PyJitVirtual_ConstantNumber(p->b, object) : JIT_REF_NONE;
    return raw != JIT_REF_NONE && ins_of(p, raw)->type == type ? raw : JIT_REF_NONE;
}

static void
step(_PyJitVirtualPass *p, uint32_t i)
{
    const _PyJitIns *ins = ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i));
    p->position[i] = p->nins;
    p->stands_for[i] = (_PyJitRef)(JIT_REF_BIAS + i);
    switch (ins->op) {
        case JIT_OP_BYTECODE:
        case JIT_OP_OPAQUE:
        case JIT_OP_NOP:
            keep(p, i);
            return;
        case JIT_OP_BEGIN_TOGETHER:
            _PyJitVirtual_BeginEnds(p);
            p->together = true;
            keep(p, i);
            return;
        case JIT_OP_UNBOX_INT:
        case JIT_OP_UNBOX_FLOAT: {
            _PyJitRef raw = raw_number(p, ins->a, ins->type);
            if (raw != JIT_REF_NONE) {
                p->stands_for[i] = raw;
                return;
            }
            ins = ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i));      // a constant may have moved it
            break;
        }
        case JIT_OP_BOX_FLOAT:
        case JIT_OP_BOX_INT: {
            _PyJitVirtual_BeginNumber(p, i, ins->a, NULL);
            const _PyJitVirtualNumber *number = number_of(p, (_PyJitRef)(JIT_REF_BIAS + i));
            if (number != NULL && number->merged) {
                p->stands_for[i] = resolve(p, ins->a);
                return;
            }
            if (number != NULL) {
                copy_number(p, i);
                return;
            }
            break;
        }
        default: {
            int op = virtual_op(ins->op);
            if (op != JIT_OP_NOP) {
                begin_object(p, i, op);
                if (virtual_of(p, (_PyJitRef)(JIT_REF_BIAS + i)) != NULL) {
                    return;
                }
                ins = ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i));
            }
            break;
        }
    }
    if (p->uncounted[i]) {
        return;
    }
    _PyJitRef first = resolve(p, ins->a);
    stay_on_one_side(p, i, first);
    stay_on_one_side(p, i, resolve(p, ins->b));
    _PyJitVirtualObject *object = virtual_of(p, first);
    if (ins->op == JIT_OP_GUARD_DIFFERENT && !guards_function(p, ins)) {
        const _PyJitVirtualObject *other = virtual_of(p, resolve(p, ins->b));
        if (object != other) {
            return;            // what is not made is no other object
        }
    }
    if ((works_on_number(ins) && is_eternal(p, first)) || guards_function(p, ins)) {
        return;
    }
    bool number = number_of(p, first) != NULL || (is_raw(p, first) && !is_raw(p, ins->a));
    if ((object != NULL && work_on_virtual(p, i, object)) || (number && works_on_number(ins))) {
        return;
    }
    keep(p, i);
}

static void
keep_object(_PyJitVirtualPass *p, _PyJitRef ref)
{
    p->hopeless |= is_raw(p, resolve(p, ref)) && !is_raw(p, ref);
    _PyJitVirtual_Escape(p, resolve(p, ref));
}

/* What side traces need to know of the trace is named elsewhere. */
static void
keep_named(_PyJitVirtualPass *p)
{
    const _PyJitTrace *t = p->t;
    for (uint32_t i = 0; i < t->nheads; i++) {
        if (!_PyJitTrace_IsVirtual(t, t->heads[i].object)) {
            keep_object(p, t->heads[i].object);
        }
    }
    for (uint32_t i = 0; i < t->nfields_at_head; i++) {
        keep_object(p, t->fields_at_head[i].object);
        keep_object(p, t->fields_at_head[i].value);
    }
    for (uint32_t i = 0; i < t->npassed; i++) {
        keep_object(p, t->passed[i]);
    }
}

static void
walk(_PyJitVirtualPass *p)
{
    p->again = false;
    if (!p->writes) {
        memset(p->uncounted, 0, p->t->nins);   // the last walk finds what the one before has found
    }
    memset(p->is_plain, 0, p->t->nins);
    memset(p->first_use, 0, p->t->nsnaps * sizeof(uint32_t));
    for (uint32_t i = 0; i < p->t->nins && !p->failed; i++) {
        step(p, i);
    }
    keep_named(p);
}

/* --- The whole -------------------------------------------------------------------------------------------------------- */

/* There may be some.  An iterator alone is not worth the walks: mostly a loop begins with it. */
static bool
has_new_objects(const _PyJitTrace *t)
{
    for (uint32_t i = 0; i < t->nins; i++) {
        int op = JIT_INS(t, JIT_REF_BIAS + i)->op;
        if (virtual_op(op) != JIT_OP_NOP && op != JIT_OP_NEW_ITER && op != JIT_OP_RANGE_ITER) {
            return true;
        }
    }
    return false;
}

/* Rule 4, and whether anything need not be made.  1: what must not be made has to be; 0: something is virtual; -1: nothing is. */
static int
judge(_PyJitVirtualPass *p)
{
    bool any = false;
    for (uint32_t i = 0; i < p->b->nbound; i++) {
        _PyJitRef ref = resolve(p, p->b->bound[i]);
        if (virtual_of(p, ref) == NULL && number_of(p, ref) == NULL && !is_raw(p, ref)) {
            return 1;
        }
    }
    for (uint32_t i = 0; i < p->nobjects; i++) {
        if (p->objects[i].escapes && _PyJitOp_IsVirtual(ins_of(p, p->objects[i].ref)->op)) {
            return 1;
        }
        any |= !p->objects[i].escapes;
    }
    return any ? 0 : -1;
}

static int
remove_all(_PyJitVirtualPass *p)
{
    for (int walks = 0;; walks++) {
        if (walks == MOST_WALKS) {
            return 1;
        }
        walk(p);
        if (p->failed) {
            return -1;
        }
        if (p->hopeless) {
            return 1;
        }
        if (!p->again) {
            break;
        }
    }
    int found = judge(p);
    if (found != 0) {
        return found > 0;
    }
    p->writes = true;
    walk(p);
    assert(!p->again);
    if (!p->failed) {
        _PyJitVirtual_ReplaceTrace(p);
    }
    return p->failed ? -1 : 0;
}

int
_PyJitVirtual_Remove(_PyJitBuilder *b)
{
    _PyJitTrace *t = b->t;
    if (!b->virtuals || !has_new_objects(t)) {
        return 0;
    }
    size_t n = t->nins, nsnaps = t->nsnaps + 1;
    _PyJitVirtualPass p = {.b = b, .t = t};
    const _PyJitIns *last = JIT_INS(t, JIT_REF_BIAS + t->nins - 1);
    p.head = last->op == JIT_OP_LOOP ? last->aux : 0;
    size_t size = n * (sizeof(_PyJitVirtualNumber) + sizeof(uint32_t) + 4 * sizeof(uint16_t) + 2)
        + nsnaps * (sizeof(_PyJitSnapshot) + sizeof(uint32_t) + sizeof(uint16_t));
    char *memory = PyMem_RawCalloc(1, size);
    if (memory == NULL) {
        return -1;
    }
    p.snaps = (_PyJitSnapshot *)memory;
    p.position = (uint32_t *)(p.snaps + nsnaps);
    p.first_use = p.position + n;
    p.numbers = (_PyJitVirtualNumber *)(p.first_use + nsnaps);
    p.object_of = (uint16_t *)(p.numbers + n);
    p.number_of = p.object_of + n;
    p.stands_for = p.number_of + n;
    p.moved = p.stands_for + n;
    p.snapshot = p.moved + n;
    p.uncounted = (uint8_t *)(p.snapshot + nsnaps);
    p.is_plain = p.uncounted + n;
    memset(p.object_of, 0xff, 2 * n * sizeof(uint16_t));
    int result = remove_all(&p);
    PyMem_RawFree(memory);
    PyMem_RawFree(p.ins);
    PyMem_RawFree(p.frames);
    PyMem_RawFree(p.slots);
    return result;
}

#endif /* _Py_TIER2 */
