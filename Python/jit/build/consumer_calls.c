/* Lowering rules of builtins that take all items of a generator (run/consumers.c has what is below them).
 *
 * The call begins a frame that does not exist, which owns the operands, and what the items go into.  Its loop is lowered like any other; here
 * are the steps that in tier 1 are done by C.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_jit_helpers.h"
#include "jit/run/run.h"
#include "jit/build/rules.h"

/* What SLOT holds, if that is known; else NULL. */
static PyObject *
known_object(const _PyJitBuilder *b, uint32_t slot)
{
    _PyJitRef known = b->slots[slot].object;
    return known != JIT_REF_NONE && JIT_IS_CONST(known) ? (PyObject *)(uintptr_t)JIT_INS(b->t, known)->bits : NULL;
}

/* The recording went into a generator or coroutine that had not begun. */
static bool
begins(const _PyJitBuilder *b, uint32_t index)
{
    const _PyJitTrace *t = b->t;
    const PyCodeObject *consumer = (const PyCodeObject *)t->records[index].seen;
    for (uint32_t i = index + 1; i + 1 < t->nrecords && t->codes[t->records[i].code] == consumer; i++) {
        if (t->records[i].opcode == SEND_GEN) {
            return t->records[i + 1].opcode == POP_TOP;
        }
    }
    return true;
}

/* What is in slot SENT can be looked at, or the generator or coroutine takes anything. */
static bool
takes_sent(const _PyJitBuilder *b, uint32_t index, uint32_t sent)
{
    return !_PyJitSlot_IsBare(b, sent) || !begins(b, index);
}

/* The operands on the stack, from slot CALLABLE on, are those of KIND: the callable is known, and so are the names; a generator, the items, or a
 * function for keys is an object. */
static bool
is_call_of(const _PyJitBuilder *b, const _PyJitRecord *record, int kind, uint32_t callable)
{
    uint32_t self = callable + 1;
    PyObject *object = known_object(b, callable);
    bool keyed = _PyJitConsumer_IsKeyed(kind);
    if (object == NULL || _PyJitSlot_IsBare(b, self)
        || (_PyJitSlot_IsBare(b, callable + CONSUMER_GENERATOR) && kind != JIT_CONSUMER_SEND)
        || (keyed && _PyJitSlot_IsBare(b, callable + KEYED_KEY))) {
        return false;
    }
    if (record->opcode == CALL_KW) {
        PyObject *names = known_object(b, b->depth - 1), *reverse = known_object(b, callable + KEYED_REVERSE);
        return names != NULL && PyTuple_CheckExact(names) && known_null(b, self) != 0
            && _PyJitConsumer_KindOfNamed(object, (Py_ssize_t)record->oparg, names) == kind
            && (kind != JIT_CONSUMER_SORTED_REVERSE || reverse == Py_True || reverse == Py_False);
    }
    bool method = kind == JIT_CONSUMER_JOIN || kind == JIT_CONSUMER_SEND;
    return _PyJitConsumer_KindOf(object, method, record->opcode, (int)record->oparg) == kind
        && (method ? known_null(b, self) <= 0 : known_null(b, self) != 0);
}

/* The function for keys in SLOT is a new one of this CODE. */
static bool
makes_key(const _PyJitBuilder *b, uint32_t slot, const PyCodeObject *code)
{
    _PyJitRef key = b->slots[slot].object;
    const _PyJitIns *ins = key == JIT_REF_NONE ? NULL : JIT_INS(b->t, key);
    return ins != NULL && ins->op == JIT_OP_NEW_FUNCTION && JIT_INS(b->t, ins->b)->bits == (uint64_t)(uintptr_t)code;
}

/* What SLOT holds is known, and is no function of CODE. */
static bool
is_other_key(const _PyJitBuilder *b, uint32_t slot, const PyCodeObject *code)
{
    PyObject *key = known_object(b, slot);
    return key != NULL && _PyJit_CodeOfKey(key) != code;
}

/* The operands from slot FIRST on are items to go through, and a function of CODE for their keys. */
static void
guard_keyed(_PyJitBuilder *b, uint32_t first, int kind, PyCodeObject *code)
{
    if (known_object(b, first + KEYED_KEY) == NULL && !makes_key(b, first + KEYED_KEY, code)) {
        (void)emit2(b, JIT_OP_GUARD_KEY, _PyJitSlot_Object(b, first + KEYED_KEY), object_const(b, code));
    }
    // That of the others is checked where their loop begins.
    if (_PyJitConsumer_Sorts(kind)) {
        (void)emit1(b, JIT_OP_GUARD_CONTAINER, _PyJitSlot_Object(b, first + KEYED_ITEMS));
    }
}

/* The operands from slot FIRST on have a generator, or coroutine, of CODE that takes what is sent; or a map or filter with a function of it. */
static void
guard_generator(_PyJitBuilder *b, uint32_t index, uint32_t first, int kind, PyCodeObject *code)
{
    _PyJitRef generator = _PyJitSlot_Object(b, first + _PyJitConsumer_Generator(kind));
    if (!(code->co_flags & JIT_SUSPENDED_FLAGS)) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_STEP, generator, object_const(b, code), JIT_STEP_ANY);
        return;
    }
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_CONSUMED, generator, object_const(b, code),
                           kind == JIT_CONSUMER_SEND);
    if (kind == JIT_CONSUMER_SEND && known_object(b, first + CONSUMER_SENT) != Py_None) {
        if (begins(b, index)) {
            (void)emit1(b, JIT_OP_GUARD_NONE, _PyJitSlot_Object(b, first + CONSUMER_SENT));
        }
        else {
            (void)emit1(b, JIT_OP_GUARD_BEGUN, generator);
        }
    }
}

uint32_t
_PyJitLower_Consumer(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    PyCodeObject *code = (PyCodeObject *)record->seen;
    int kind = _PyJitConsumer_Kind(code);
    if (_PyJitConsumer_IsStep(kind)) {
        return _PyJitLower_Step(b, index);
    }
    uint32_t operands = _PyJitConsumer_Operands(kind), first = b->depth - operands, self = first + CONSUMER_SELF;
    PyCodeObject *consumed = _PyJitConsumer_Consumed(code);
    if (!is_call_of(b, record, kind, first)
        || (kind == JIT_CONSUMER_SEND && !takes_sent(b, index, first + CONSUMER_SENT))
        || !_PyJitLower_Fits(b, code, NULL)
        || (_PyJitConsumer_IsKeyed(kind) && is_other_key(b, first + KEYED_KEY, consumed))) {
        return REFUSE(b);
    }
    int lower = _PyJitTrace_AddCode(b->t, code);
    if (lower < 0 || _PyJitTrace_AddCode(b->t, consumed) < 0) {
        b->failed = true;
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    if (kind == JIT_CONSUMER_JOIN) {
        (void)guard_str(b, self);
    }
    else if (kind != JIT_CONSUMER_SEND && known_null(b, self) < 0) {
        (void)emit1(b, JIT_OP_GUARD_NULL, _PyJitSlot_Object(b, self));
    }
    if (_PyJitConsumer_IsKeyed(kind)) {
        guard_keyed(b, first, kind, consumed);
    }
    else {
        guard_generator(b, index, first, kind, consumed);
    }
    _PyJitFrame_GuardRoom(b, code, NULL);
    _PyJitRef collection = JIT_REF_NONE, keys = JIT_REF_NONE;
    if (_PyJitConsumer_Sorts(kind)) {
        collection = emit1(b, JIT_OP_COPY_ITEMS, _PyJitSlot_Object(b, first + KEYED_ITEMS));
        keys = _PyJitBuild_Emit(b, JIT_OP_NEW_COLLECTION, JIT_REF_NONE, JIT_REF_NONE, (uint32_t)kind);
    }
    else if (_PyJitConsumer_Collects(kind)) {
        collection = _PyJitBuild_Emit(b, JIT_OP_NEW_COLLECTION, JIT_REF_NONE, JIT_REF_NONE, (uint32_t)kind);
    }
    _PyJitFrame_CallConsumer(b, index, (uint16_t)lower, operands);
    if (kind == JIT_CONSUMER_SUM) {
        b->slots[local(b, CONSUMER_RESULT)] = (_PyJitSlot){.number = konst(b, 0), .dirty = 1, .identity = ++b->identities};
        b->slots[local(b, CONSUMER_ERROR)] = (_PyJitSlot){.object = object_const(b, Py_None), .dirty = 1, .plain = 1};
    }
    else if (collection != JIT_REF_NONE) {
        b->slots[local(b, operands)] = (_PyJitSlot){.object = collection, .dirty = 1, .owned = 1};
        if (keys != JIT_REF_NONE) {
            b->slots[local(b, operands + 1)] = (_PyJitSlot){.object = keys, .dirty = 1, .owned = 1};
        }
    }
    return 1;
}

void
_PyJitLower_EnterConsumer(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    int lower = _PyJitTrace_AddCode(b->t, (PyCodeObject *)record->seen);
    b->failed |= lower < 0;
    _PyJitRef place = konst(b, (int64_t)(intptr_t)_PyJitTrace_Instr(b->t, record));
    _PyJitLower_Begin(b, index);
    (void)_PyJitBuild_Emit(b, JIT_OP_ENTER_CONSUMER, object_const(b, record->seen), place, record->opcode);
    b->ran = 0;
}

/* --- sum() ------------------------------------------------------------------------------------------------------------ */

/* What the local with the error is, as far as the builder knows: it is, or may be, None (true), or a number (true if REAL). */
static bool
may_be_error(const _PyJitBuilder *b, bool real)
{
    const _PyJitSlot *error = &b->slots[local(b, CONSUMER_ERROR)];
    if (error->number != JIT_REF_NONE) {
        return real && type_of_ref(b, error->number) == JIT_TYPE_F64;
    }
    if (error->object != JIT_REF_NONE && JIT_IS_CONST(error->object)) {
        return !real && (PyObject *)(uintptr_t)JIT_INS(b->t, error->object)->bits == Py_None;
    }
    return true;
}

/* The total of the sum, and the item on top of the stack, if they are numbers that the rules here add. */
typedef struct {
    int total, item;           // JIT_TYPE_
    unsigned int tag;          // of the item
    _PyJitRef x, y, error;     // the numbers; the error as a number, where the total is a float
} Addition;

static bool
can_add(const _PyJitBuilder *b, const _PyJitRecord *record, Addition *a)
{
    a->tag = JIT_TAG(record->types, 0);
    a->total = _PyJitSlot_Kind(b, local(b, CONSUMER_RESULT), JIT_TAG(record->types, 2));
    a->item = _PyJitNumber_Kind(b, b->depth - 1, a->tag);
    return a->total != JIT_TYPE_NONE && a->item != JIT_TYPE_NONE && may_be_error(b, a->total == JIT_TYPE_F64);
}

static void
guard_numbers(_PyJitBuilder *b, Addition *a)
{
    uint32_t error = local(b, CONSUMER_ERROR);
    a->x = _PyJitSlot_Number(b, local(b, CONSUMER_RESULT), a->total);
    a->y = _PyJitNumber_Get(b, b->depth - 1, a->tag, a->item);
    if (a->total == JIT_TYPE_F64) {
        a->error = _PyJitSlot_Number(b, error, JIT_TYPE_F64);
    }
    else if (b->slots[error].object == JIT_REF_NONE || !JIT_IS_CONST(b->slots[error].object)) {
        (void)emit1(b, JIT_OP_GUARD_NONE, _PyJitSlot_Object(b, error));
    }
}

static _PyJitRef
as_real(_PyJitBuilder *b, _PyJitRef number, int type)
{
    return type == JIT_TYPE_F64 ? number : emit1(b, JIT_OP_I2F, number);
}

static uint32_t
next_total(_PyJitBuilder *b, uint32_t index)
{
    Addition a;
    if (!can_add(b, &b->t->records[index], &a)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    guard_numbers(b, &a);
    bool words = a.total == JIT_TYPE_I64 && a.item == JIT_TYPE_I64;
    _PyJitRef sum = words ? emit2(b, JIT_OP_IADD, a.x, a.y)
        : emit2(b, JIT_OP_FADD, as_real(b, a.x, a.total), as_real(b, a.y, a.item));
    drop(b, 1);
    _PyJitSlot_PushNumber(b, sum);
    return 1;
}

static uint32_t
next_error(_PyJitBuilder *b, uint32_t index)
{
    Addition a;
    if (!can_add(b, &b->t->records[index], &a)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    guard_numbers(b, &a);
    if (a.total == JIT_TYPE_I64 && a.item == JIT_TYPE_I64) {
        drop(b, 1);
        _PyJitSlot_PushConst(b, Py_None);
    }
    else if (a.total == JIT_TYPE_I64) {
        _PyJitRef none_lost = _PyJitTrace_Const(b->t, JIT_TYPE_F64, 0);
        b->failed |= none_lost == JIT_REF_NONE;
        drop(b, 1);
        _PyJitSlot_PushNumber(b, none_lost);
    }
    else if (a.item == JIT_TYPE_F64) {
        _PyJitRef lost = emit2(b, JIT_OP_FSUM_ERROR, a.x, a.y);
        drop(b, 1);
        _PyJitSlot_PushNumber(b, emit2(b, JIT_OP_FADD, a.error, lost));
    }
    else {
        drop(b, 1);
        _PyJitSlot_PushLocal(b, local(b, CONSUMER_ERROR));
    }
    return 1;
}

static uint32_t
finish_sum(_PyJitBuilder *b, uint32_t index)
{
    uint32_t top = b->depth - 1, error = local(b, CONSUMER_ERROR);
    int type = _PyJitSlot_Kind(b, top, JIT_TAG(b->t->records[index].types, 0));
    if (type == JIT_TYPE_NONE || !may_be_error(b, type == JIT_TYPE_F64)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef total = _PyJitSlot_Number(b, top, type);
    if (type == JIT_TYPE_F64) {
        _PyJitRef lost = _PyJitSlot_Number(b, error, JIT_TYPE_F64);
        drop(b, 1);
        _PyJitSlot_PushNumber(b, emit2(b, JIT_OP_FSUM_END, total, lost));
    }
    else if (b->slots[error].object == JIT_REF_NONE || !JIT_IS_CONST(b->slots[error].object)) {
        (void)emit1(b, JIT_OP_GUARD_NONE, _PyJitSlot_Object(b, error));
    }
    return 1;
}

/* --- The others ------------------------------------------------------------------------------------------------------- */

/* min and max: what is on the stack is nothing. */
static uint32_t
finish_extreme(_PyJitBuilder *b, uint32_t index, int kind)
{
    uint32_t result = local(b, _PyJitConsumer_Operands(kind));
    const _PyJitSlot *slot = &b->slots[result];
    bool known = slot->dirty || slot->number != JIT_REF_NONE;
    bool null = slot->object != JIT_REF_NONE && JIT_IS_CONST(slot->object) && JIT_INS(b->t, slot->object)->bits == 0;
    if (null && (kind == JIT_CONSUMER_MIN_DEFAULT || kind == JIT_CONSUMER_MAX_DEFAULT)) {
        result = local(b, CONSUMER_DEFAULT);
        known = true;
        null = false;
    }
    if (null || (!known && !slot_in_memory(b, result)) || !_PyJitSlot_CanDrop(b)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    if (!known) {
        (void)emit1(b, JIT_OP_GUARD_BOUND, _PyJitSlot_Object(b, result));
    }
    drop(b, 1);
    _PyJitSlot_PushLocal(b, result);
    return 1;
}

/* The list of items is on top of the stack, and in a local. */
static uint32_t
finish_items(_PyJitBuilder *b, uint32_t index, int kind)
{
    uint32_t top = b->depth - 1, self = local(b, CONSUMER_SELF);
    if (_PyJitSlot_IsBare(b, self)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef list = _PyJitSlot_Object(b, top);
    if (kind == JIT_CONSUMER_LIST) {
        (void)emit1(b, JIT_OP_TRIM_LIST, list);
        return 1;
    }
    bool join = kind == JIT_CONSUMER_JOIN;
    _PyJitRef receiver = join ? _PyJitSlot_Object(b, self) : object_const(b, Py_None);
    _PyJitRef made = _PyJitBuild_Emit(b, JIT_OP_FINISH_ITEMS, receiver, list, (uint32_t)kind);
    b->slots[top].plain = 1;             // the local has it still
    drop(b, 1);
    _PyJitSlot_Push(b, (_PyJitSlot){.object = made, .dirty = 1, .owned = 1, .plain = join});
    return 1;
}

/* The keys are on top of the stack, and in a local, as the items are.  Of many the sort is what takes the time. */
static uint32_t
finish_sorted(_PyJitBuilder *b, uint32_t index, int kind)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1, list = local(b, _PyJitConsumer_Operands(kind)), keys = list + 1;
    PyObject *reverse = kind == JIT_CONSUMER_SORTED_REVERSE ? known_object(b, local(b, KEYED_REVERSE)) : Py_False;
    if (!_PyJitConsumer_IsUnrolled(b->t->codes[record->code]) || (reverse != Py_True && reverse != Py_False)
        || _PyJitSlot_IsBare(b, list)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    (void)_PyJitBuild_Emit(b, JIT_OP_SORT_BY_KEYS, _PyJitSlot_Object(b, list), _PyJitSlot_Object(b, top), reverse == Py_True);
    b->slots[top].plain = b->slots[keys].plain = 1;        // it is empty
    drop(b, 1);
    _PyJitSlot_PushLocal(b, list);
    return 1;
}

uint32_t
_PyJitLower_ConsumerStep(_PyJitBuilder *b, uint32_t index, int what)
{
    switch (what) {
        case JIT_SUM_TOTAL:
            return next_total(b, index);
        case JIT_SUM_ERROR:
            return next_error(b, index);
        case JIT_CONSUMER_SUM:
            return finish_sum(b, index);
        case JIT_CONSUMER_MIN:
        case JIT_CONSUMER_MAX:
        case JIT_CONSUMER_MIN_DEFAULT:
        case JIT_CONSUMER_MAX_DEFAULT:
        case JIT_CONSUMER_MIN_KEY:
        case JIT_CONSUMER_MAX_KEY:
            return finish_extreme(b, index, what);
        case JIT_CONSUMER_SORTED_KEY:
        case JIT_CONSUMER_SORTED_REVERSE:
            return finish_sorted(b, index, what);
        case JIT_CONSUMER_LIST:
        case JIT_CONSUMER_TUPLE:
        case JIT_CONSUMER_JOIN:
            return finish_items(b, index, what);
        case JIT_CONSUMER_SORTED:
        case JIT_GENERATOR_RETURNED:
            return REFUSE(b);
        default:
            if (what >= JIT_STEP_MAP) {
                return _PyJitLower_EndStep(b, index, what);
            }
            _PyJitLower_Begin(b, index);
            return 1;
    }
}

#endif /* _Py_TIER2 */
