/* Lowering rules of instructions that raise, or handle, an exception that is not made
 * (optimize/unmade.c), and of DELETE_FAST.
 *
 * A class that is raised must have no say in how its instances are made and end.  Those of the
 * interpreter never change; of others the version is checked.  What its arguments were is given up
 * with them.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_opcode_metadata.h"
#include "pycore_jit_helpers.h"
#include "jit/build/rules.h"

/* --- What is raised -------------------------------------------------------------------------- */

static bool
is_class_of_exceptions(PyObject *object)
{
    return object != NULL && Py_IS_TYPE(object, &PyType_Type) && PyExceptionClass_Check(object);
}

/* To make instances of CLASS runs nothing of users, has no effect, and cannot fail, nor can their
 * end be seen. */
static bool
is_simple(PyObject *class)
{
    if (!is_class_of_exceptions(class)) {
        return false;
    }
    PyTypeObject *type = (PyTypeObject *)class, *base = (PyTypeObject *)PyExc_BaseException;
    bool simple = type->tp_init == base->tp_init
        || type->tp_init == ((PyTypeObject *)PyExc_StopIteration)->tp_init
        || type->tp_init == ((PyTypeObject *)PyExc_AttributeError)->tp_init;
    return simple && type->tp_new == base->tp_new && type->tp_alloc == PyType_GenericAlloc
        && type->tp_finalize == NULL && type->tp_del == NULL
        && (type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE
            || (PyUnstable_Type_AssignVersionTag(type) && is_version(type->tp_version_tag)));
}

/* Behind record INDEX, which leaves an exception on the stack, that is raised at once. */
static bool
is_raised(const _PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    for (uint32_t k = 1; k <= 2 && index + k < b->t->nrecords; k++) {
        const _PyJitRecord *next = record + k;
        if (next->opcode == RAISE_VARARGS) {
            return next->raised && next->oparg == k;
        }
        if (next->opcode != LOAD_FAST && next->opcode != LOAD_CONST) {
            break;             // the cause
        }
    }
    return false;
}

/* What is in slot INDEX lives on, or is plain, when it is given up. */
static bool
can_give_up(const _PyJitBuilder *b, uint32_t index)
{
    const _PyJitSlot *slot = &b->slots[index];
    return can_drop(slot) || slot->number != JIT_REF_NONE
        || (slot->object != JIT_REF_NONE && !is_new_object(b, slot->object));
}

static void
guard_slot(_PyJitBuilder *b, uint32_t index)
{
    _PyJitSlot *slot = &b->slots[index];
    if (!can_drop(slot)) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_DROP, _PyJitSlot_Object(b, index), JIT_REF_NONE, 1);
        slot->plain = 1;       // as far as this instruction goes
    }
}

static void
drop_all(_PyJitBuilder *b, uint32_t down_to)
{
    while (b->depth > down_to && !b->failed) {
        guard_slot(b, b->depth - 1);
        _PyJitSlot_DropTop(b);
    }
}

static void
push(_PyJitBuilder *b, _PyJitRef exception)
{
    _PyJitSlot_Push(b, (_PyJitSlot){.object = exception, .dirty = 1, .plain = 1});
}

/* An exception of CLASS takes the place of the slots from FIRST on. */
static void
make(_PyJitBuilder *b, PyObject *class, uint32_t first)
{
    _PyJitRef known = object_const(b, class);
    if (!(((PyTypeObject *)class)->tp_flags & Py_TPFLAGS_IMMUTABLETYPE)) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_CLASS_VERSION, known, JIT_REF_NONE,
                               ((PyTypeObject *)class)->tp_version_tag);
    }
    drop_all(b, first);
    _PyJitRef exception = _PyJitTrace_Emit(b->t, JIT_OP_UNMADE, JIT_TYPE_OBJECT, known,
                                           JIT_REF_NONE, 0, JIT_NO_SNAPSHOT);
    b->failed |= exception == JIT_REF_NONE;
    push(b, exception);
}

static PyObject *
class_of(const _PyJitBuilder *b, _PyJitRef exception)
{
    return (PyObject *)(uintptr_t)JIT_INS(b->t, JIT_INS(b->t, exception)->a)->bits;
}

/* The call of a class of exceptions. */
static uint32_t
call(_PyJitBuilder *b, uint32_t index)
{
    uint32_t nargs = b->t->records[index].oparg, self = b->depth - nargs - 1;
    PyObject *class = constant_at(b, self - 1);
    if (!is_raised(b, index) || !is_simple(class) || known_null(b, self) != 1
        || !_PyJitUnmade_CanBegin(b, index)) {
        return 0;
    }
    for (uint32_t i = self + 1; i < b->depth; i++) {
        if (!can_give_up(b, i)) {
            return 0;
        }
    }
    _PyJitLower_Begin(b, index);
    _PyJitUnmade_Begin(b, index);
    make(b, class, self - 1);
    return 1;
}

/* --- To the handler -------------------------------------------------------------------------- */

/* The frame above one that exists, or two of them, which RECORD leaves, are in the map only, and
 * nobody is told. */
static bool
can_leave(const _PyJitBuilder *b, uint32_t count)
{
    if (count >= b->nframes - b->machine) {
        return false;
    }
    for (uint32_t i = b->nframes - count; i < b->nframes; i++) {
        const _PyJitAbstractFrame *frame = &b->frames[i];
        int flags = b->t->codes[frame->code]->co_flags;
        int odd = CO_NO_MONITORING_EVENTS | CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR;
        if (frame->generator != JIT_REF_NONE || flags & odd
            || (frame->owns_function && is_new_object(b, frame->function))) {
            return false;
        }
        for (uint32_t k = frame->base; k < free_slot(b, i); k++) {
            if (b->slots[k].owned && !can_give_up(b, k)) {
                return false;
            }
        }
    }
    return true;
}

/* Where record INDEX raised to, as far as that is where the next record is. */
static bool
find_handler(const _PyJitBuilder *b, uint32_t index, _PyJitHandler *found)
{
    if (index + 1 >= b->t->nrecords) {
        return false;
    }
    const _PyJitRecord *record = &b->t->records[index], *next = record + 1;
    uint32_t popped = (uint32_t)(record->depth - next->depth);
    if (record->depth < next->depth || !can_leave(b, popped)) {
        return false;
    }
    const _PyJitAbstractFrame *frame = &b->frames[b->nframes - 1 - popped];
    PyCodeObject *code = b->t->codes[frame->code];
    uint32_t place = popped == 0 ? record->offset + record->size : frame->call;
    const _Py_CODEUNIT *behind = _PyCode_CODE(code) + place;
    if (frame->code != next->code || frame->generator != JIT_REF_NONE
        || !_PyJitCatch_LookUp(code, behind, found)) {
        return false;
    }
    found->popped = (int)popped;
    return found->handler == _PyCode_CODE(code) + next->offset - next->prefix;
}

/* Gives up what tier 1 does, up to the handler. */
static void
unwind(_PyJitBuilder *b, const _PyJitHandler *found, _PyJitRef exception)
{
    for (int left = found->popped; left > 0 && !b->failed; left--) {
        const _PyJitAbstractFrame *frame = this_frame(b);
        drop_all(b, frame->stack);
        for (uint32_t i = frame->base; i < frame->stack; i++) {
            if (b->slots[i].owned && known_null(b, i) != 1) {
                guard_slot(b, i);
                (void)emit1(b, JIT_OP_DECREF_PLAIN, b->slots[i].object);
            }
        }
        if (frame->owns_function) {
            (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_SHARED, frame->function, JIT_REF_NONE, 1);
            (void)emit1(b, JIT_OP_DECREF_PLAIN, frame->function);
        }
        _PyJitFrame_Leave(b);
    }
    drop_all(b, stack_base(b) + (uint32_t)found->level);
    if (found->wants_place) {
        _PyJitSlot_PushConst(b, Py_None);      // for RERAISE, which does not look
    }
    push(b, exception);
}

/* The cause in `raise E from C` is another one that is not made, or None. */
static bool
is_cause(const _PyJitBuilder *b, uint32_t index)
{
    return is_unmade(b, b->slots[index].object) || constant_at(b, index) == Py_None;
}

/* RAISE_VARARGS, RERAISE. */
static uint32_t
raise_top(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    bool again = record->opcode == RERAISE;
    uint32_t nargs = again ? 1 : record->oparg, first = b->depth - nargs;
    PyObject *class = nargs == 1 && !again ? constant_at(b, first) : NULL;
    _PyJitRef exception = nargs > 0 ? b->slots[first].object
        : b->unmade.nhandled > 0 ? b->unmade.handled[b->unmade.nhandled - 1] : JIT_REF_NONE;
    _PyJitHandler found;
    bool known = is_simple(class) || (b->unmade.open && is_unmade(b, exception));
    if (!record->raised || !known || (nargs == 2 && !is_cause(b, first + 1))
        || !_PyJitUnmade_CanBegin(b, index) || !find_handler(b, index, &found)) {
        return 0;
    }
    _PyJitLower_Begin(b, index);
    _PyJitUnmade_Begin(b, index);
    if (class != NULL) {
        make(b, class, first);
        exception = b->slots[first].object;
    }
    unwind(b, &found, exception);
    return 1;
}

/* --- Instructions that raise ----------------------------------------------------------------- */

/* That of record INDEX raises an exception of CLASS, of the interpreter's, as its checks have
 * found, and gives up COUNT operands. */
static uint32_t
raise_instead(_PyJitBuilder *b, uint32_t index, PyObject *class, uint32_t count,
              const _PyJitHandler *found)
{
    _PyJitUnmade_Begin(b, index);
    make(b, class, b->depth - count);
    _PyJitRef exception = b->slots[b->depth - 1].object;
    _PyJitSlot_EndRecord(b);
    if (!b->failed) {
        unwind(b, found, exception);
    }
    return 1;
}

/* BINARY_SUBSCR of a dict without such a key, of a list, tuple or str with less items. */
static uint32_t
subscript(_PyJitBuilder *b, uint32_t index, const _PyJitHandler *found)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t container = b->depth - 2, key = b->depth - 1;
    PyTypeObject *type = (PyTypeObject *)record->seen;
    int size = type == &PyList_Type ? JIT_OP_LIST_SIZE : type == &PyTuple_Type ? JIT_OP_TUPLE_SIZE
        : type == &PyUnicode_Type ? JIT_OP_STR_SIZE : JIT_OP_NOP;
    bool dict = type == &PyDict_Type;
    bool index_fits = _PyJitSlot_Kind(b, key, JIT_TAG(record->types, 0)) == JIT_TYPE_I64;
    if (_PyJitSlot_IsBare(b, container) || !_PyJitSlot_CanEnd(b, record, 2)
        || !(dict || (size != JIT_OP_NOP && index_fits))) {
        return 0;
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, container);
    (void)emit2(b, JIT_OP_GUARD_EXACT, object, object_const(b, type));
    if (dict) {
        _PyJitRef known = key_of(b, key);
        _PyJitSlot_GuardEnds(b, record, 2);
        _PyJitRef has = emit2(b, JIT_OP_DICT_HAS, object, _PyJitLower_KeyToFind(b, key, known));
        (void)emit2(b, JIT_OP_GUARD_IEQ, has, konst(b, 0));
    }
    else {
        _PyJitRef i = _PyJitSlot_Number(b, key, JIT_TYPE_I64);
        (void)emit2(b, JIT_OP_GUARD_IGE, i, emit1(b, size, object));
        _PyJitSlot_GuardEnds(b, record, 2);
    }
    return raise_instead(b, index, dict ? PyExc_KeyError : PyExc_IndexError, 2, found);
}

/* A BINARY_OP that divides by zero. */
static uint32_t
divide(_PyJitBuilder *b, uint32_t index, const _PyJitHandler *found)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t oparg = record->oparg % NB_INPLACE_ADD;
    bool divides = oparg == NB_TRUE_DIVIDE || oparg == NB_FLOOR_DIVIDE || oparg == NB_REMAINDER;
    int left = _PyJitSlot_Kind(b, b->depth - 2, JIT_TAG(record->types, 1));
    int right = _PyJitSlot_Kind(b, b->depth - 1, JIT_TAG(record->types, 0));
    if (!divides || left == JIT_TYPE_NONE || right == JIT_TYPE_NONE) {
        return 0;
    }
    _PyJitLower_Begin(b, index);
    (void)_PyJitSlot_Number(b, b->depth - 2, left);
    _PyJitRef divisor = _PyJitSlot_Number(b, b->depth - 1, right), zero = konst(b, 0);
    if (right == JIT_TYPE_F64) {
        zero = _PyJitTrace_Const(b->t, JIT_TYPE_F64, 0);
    }
    (void)emit2(b, right == JIT_TYPE_F64 ? JIT_OP_GUARD_FEQ : JIT_OP_GUARD_IEQ, divisor, zero);
    return raise_instead(b, index, PyExc_ZeroDivisionError, 2, found);
}

/* LOAD_ATTR of a name that the object does not have. */
static uint32_t
load_attribute(_PyJitBuilder *b, uint32_t index, const _PyJitHandler *found)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1;
    if (_PyJitSlot_IsBare(b, top) || !can_give_up(b, top)) {
        return 0;
    }
    PyObject *name = PyTuple_GET_ITEM(b->t->codes[record->code]->co_names, record->oparg >> 1);
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, top);
    _PyJitRef has = emit2(b, JIT_OP_HAS_ATTR, object, object_const(b, name));
    (void)emit2(b, JIT_OP_GUARD_IEQ, has, konst(b, 0));
    return raise_instead(b, index, PyExc_AttributeError, 1, found);
}

static bool
is_list_pop(PyObject *callable)
{
    return callable != NULL && Py_IS_TYPE(callable, &PyMethodDescr_Type)
        && PyDescr_TYPE(callable) == &PyList_Type
        && strcmp(((PyMethodDescrObject *)callable)->d_method->ml_name, "pop") == 0;
}

/* `int(s)`, `float(s)` of a str that is no number; `pop()` of an empty list. */
static uint32_t
call_builtin(_PyJitBuilder *b, uint32_t index, const _PyJitHandler *found)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1, self = top - record->oparg;
    PyObject *callable = constant_at(b, self - 1);
    int null = known_null(b, self);
    bool pop = record->oparg == 0 && null == 0 && is_list_pop(callable);
    bool real = callable == (PyObject *)&PyFloat_Type;
    bool number = record->oparg == 1 && null == 1
        && (real || callable == (PyObject *)&PyLong_Type);
    if ((!pop && !number) || _PyJitSlot_IsBare(b, top) || !can_give_up(b, top)) {
        return 0;
    }
    _PyJitLower_Begin(b, index);
    if (pop) {
        _PyJitRef list = _PyJitSlot_Object(b, top);
        (void)emit1(b, JIT_OP_GUARD_LIST, list);
        (void)emit2(b, JIT_OP_GUARD_IEQ, emit1(b, JIT_OP_LIST_SIZE, list), konst(b, 0));
    }
    else {
        _PyJitRef s = guard_str(b, top);
        _PyJitRef is_none = _PyJitBuild_Emit(b, JIT_OP_IS_NO_NUMBER, s, JIT_REF_NONE, real);
        (void)emit2(b, JIT_OP_GUARD_INE, is_none, konst(b, 0));
    }
    PyObject *class = pop ? PyExc_IndexError : PyExc_ValueError;
    return raise_instead(b, index, class, record->oparg + 2, found);
}

/* Record INDEX is of an instruction that raised. */
static uint32_t
raise_by_itself(_PyJitBuilder *b, uint32_t index)
{
    _PyJitHandler found;
    if (!_PyJitUnmade_CanBegin(b, index) || !find_handler(b, index, &found)) {
        return 0;
    }
    switch (_PyOpcode_Deopt[b->t->records[index].opcode]) {
        case BINARY_SUBSCR:
            return subscript(b, index, &found);
        case BINARY_OP:
            return divide(b, index, &found);
        case LOAD_ATTR:
            return load_attribute(b, index, &found);
        case CALL:
            return call_builtin(b, index, &found);
        default:
            return 0;
    }
}

/* --- Handlers -------------------------------------------------------------------------------- */

/* PUSH_EXC_INFO: below the exception goes the one that was handled before. */
static uint32_t
begin_handler(_PyJitBuilder *b, uint32_t index)
{
    _PyJitRef exception = b->slots[b->depth - 1].object;
    if (!is_unmade(b, exception) || b->unmade.nhandled == JIT_MOST_HANDLED) {
        return 0;
    }
    _PyJitLower_Begin(b, index);
    b->unmade.handled[b->unmade.nhandled++] = exception;
    _PyJitSlot_DropTop(b);
    _PyJitSlot_PushConst(b, Py_None);
    push(b, exception);
    return 1;
}

/* POP_EXCEPT. */
static uint32_t
end_handler(_PyJitBuilder *b, uint32_t index)
{
    if (b->unmade.nhandled == 0) {
        return 0;
    }
    _PyJitLower_Begin(b, index);
    b->unmade.nhandled--;
    _PyJitSlot_DropTop(b);
    return 1;
}

/* The COUNT classes on top are known: does one of them match EXCEPTION (1) or not (0)?  -1: they
 * are not. */
static int
matches(const _PyJitBuilder *b, _PyJitRef exception, uint32_t count)
{
    int found = 0;
    for (uint32_t i = b->depth - count; i < b->depth; i++) {
        PyObject *class = constant_at(b, i);
        if (!is_class_of_exceptions(class)) {
            return -1;
        }
        found |= PyType_IsSubtype((PyTypeObject *)class_of(b, exception), (PyTypeObject *)class);
    }
    return found;
}

/* CHECK_EXC_MATCH and the jump behind it; the exception stays.  COUNT: BUILD_TUPLE of so many
 * classes stands before them, or 0. */
static uint32_t
match(_PyJitBuilder *b, uint32_t index, uint32_t count)
{
    uint32_t check = index + (count > 0), classes = Py_MAX(count, 1);
    uint32_t exception = b->depth - classes - 1;
    const _PyJitRecord *test = &b->t->records[check];
    uint16_t code = 0;
    uint32_t offset = 0;
    if (check + 1 >= b->t->nrecords || test->opcode != CHECK_EXC_MATCH
        || test[1].opcode != POP_JUMP_IF_FALSE || exception < stack_base(b)
        || !is_unmade(b, b->slots[exception].object)
        || !_PyJitLower_Next(b, check + 1, &code, &offset)) {
        return 0;
    }
    bool jumped = offset != test[1].offset + test[1].size;
    if (matches(b, b->slots[exception].object, classes) != !jumped) {
        return 0;
    }
    for (uint32_t i = index; i <= check + 1; i++) {
        _PyJitLower_Begin(b, i);
    }
    drop(b, classes);
    return check + 2 - index;
}

/* DELETE_FAST of a local that is bound, to nothing whose end is seen. */
static uint32_t
delete(_PyJitBuilder *b, uint32_t index)
{
    uint32_t slot = local(b, b->t->records[index].oparg);
    const _PyJitSlot *value = &b->slots[slot];
    bool bound = value->dirty && known_null(b, slot) == 0
        && (value->object != JIT_REF_NONE || value->number != JIT_REF_NONE);
    if (!bound || (value->owned && !value->plain) || !slot_in_memory(b, slot)
        || !value->memory_plain) {
        return 0;
    }
    _PyJitLower_Begin(b, index);
    _PyJitSlot_PushNull(b);
    _PyJitSlot_StoreTop(b, slot);
    return 1;
}

uint32_t
_PyJitLower_Raise(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    switch (record->opcode) {
        case RAISE_VARARGS:
        case RERAISE:
            return raise_top(b, index);
        case PUSH_EXC_INFO:
            return b->unmade.open ? begin_handler(b, index) : 0;
        case POP_EXCEPT:
            return b->unmade.open ? end_handler(b, index) : 0;
        case CHECK_EXC_MATCH:
            return b->unmade.open ? match(b, index, 0) : 0;
        case BUILD_TUPLE:
            return b->unmade.open && record->oparg > 0 ? match(b, index, record->oparg) : 0;
        case DELETE_FAST:
            return record->raised ? 0 : delete(b, index);
        default:
            if (record->raised) {
                return record->entered == JIT_ENTERED_NOT ? raise_by_itself(b, index) : 0;
            }
            return _PyOpcode_Deopt[record->opcode] == CALL && record->entered == JIT_ENTERED_NOT
                ? call(b, index) : 0;
    }
}

#endif /* _Py_TIER2 */
