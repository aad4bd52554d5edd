/* Lowering rules of lists, tuples and their iterators.
 *
 * An item is an object borrowed from the heap (slots.c, rule 6).  A container that is a temporary of the evaluation stack owns a
 * reference there; it is given up only if that is not the last one (GUARD_RELEASE), else the instruction stays opaque: the
 * recorder says in a tag whether it was.
 *
 * A store gives up the old item; it must not run anything of users, so the same check is made for it.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_interp.h"
#include "pycore_pystate.h"
#include "jit/build/rules.h"

/* --- Subscripts ---------------------------------------------------------------------------------------------------- */

/* The index in slot INDEX is an int and no bool, as far as is known. */
static bool
is_index(const _PyJitBuilder *b, uint32_t index, unsigned int tag)
{
    return _PyJitSlot_Kind(b, index, tag) == JIT_TYPE_I64;
}

static uint32_t
subscript(_PyJitBuilder *b, uint32_t index, bool list)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t container = b->depth - 2, subscript = b->depth - 1;
    if (!is_index(b, subscript, JIT_TAG(record->types, 0)) || !_PyJitSlot_CanRelease(b, container, JIT_TAG(record->types, 2))) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, container);
    (void)emit1(b, list ? JIT_OP_GUARD_LIST : JIT_OP_GUARD_TUPLE, object);
    _PyJitRef i = _PyJitSlot_Number(b, subscript, JIT_TYPE_I64);
    (void)emit2(b, list ? JIT_OP_GUARD_LIST_INDEX : JIT_OP_GUARD_TUPLE_INDEX, object, i);
    _PyJitSlot_GuardRelease(b, container, JIT_TAG(record->types, 2));
    _PyJitRef item = emit2(b, list ? JIT_OP_LIST_GET : JIT_OP_TUPLE_GET, object, i);
    drop(b, 2);
    _PyJitSlot_PushHeap(b, item);
    return 1;
}

static bool
borrows_from_heap(const _PyJitBuilder *b, uint32_t below)
{
    for (uint32_t i = 0; i < below; i++) {
        if (b->slots[i].heap) {
            return true;
        }
    }
    return false;
}

static uint32_t
store_subscript(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t value = b->depth - 3, list = b->depth - 2, subscript = b->depth - 1;
    unsigned int old = JIT_TAG(record->types, 2);
    if (!is_index(b, subscript, JIT_TAG(record->types, 0)) || !b->slots[list].dirty
        || b->slots[list].owned || b->slots[list].object == JIT_REF_NONE || old == JIT_TAG_OTHER
        || (old == JIT_TAG_QUIET && b->slots[list].heap)) {       // the list may end with the item, and with it what is stored
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = b->slots[list].object;
    (void)emit1(b, JIT_OP_GUARD_LIST, object);
    _PyJitRef i = _PyJitSlot_Number(b, subscript, JIT_TYPE_I64);
    (void)emit2(b, JIT_OP_GUARD_LIST_INDEX, object, i);
    const _PyJitSlot *slot = &b->slots[value];
    bool number = slot->dirty && slot->object == JIT_REF_NONE;
    if (number && old == JIT_TAG_FLOAT && !b->failed && type_of_ref(b, slot->number) == JIT_TYPE_F64
        && _PyJitSlot_IsAlone(b, value) && !borrows_from_heap(b, value)) {
        (void)_PyJitBuild_Emit3(b, JIT_OP_LIST_SET_FLOAT, object, i, slot->number);
        drop(b, 3);
        return 1;
    }
    guard_release(b, emit2(b, JIT_OP_LIST_GET, object, i), old);
    if (number) {
        _PyJitSlot_Box(b, value);
    }
    // Nothing leaves from here on.
    drop(b, 2);
    _PyJitRef taken = _PyJitSlot_TakeTop(b);
    _PyJitSlot_OwnHeap(b);
    (void)_PyJitBuild_Emit3(b, JIT_OP_LIST_SET, object, i, taken);
    return 1;
}

/* --- Appending ----------------------------------------------------------------------------------------------------- */

/* The top of the stack is appended to LIST and popped. */
static void
push_item(_PyJitBuilder *b, _PyJitRef list)
{
    uint32_t top = b->depth - 1;
    _PyJitSlot *slot = &b->slots[top];
    if (slot->dirty && slot->object == JIT_REF_NONE) {
        _PyJitSlot_Box(b, top);
    }
    _PyJitRef item = _PyJitSlot_Object(b, top);
    (void)emit2(b, JIT_OP_LIST_PUSH, list, item);
    slot->plain = 1;           // the list has it: what is given up is not the last reference
    _PyJitSlot_DropTop(b);
}

static uint32_t
list_append(_PyJitBuilder *b, uint32_t index)
{
    uint32_t list = b->depth - 1 - b->t->records[index].oparg;
    _PyJitLower_Begin(b, index);
    push_item(b, _PyJitSlot_Object(b, list));
    return 1;
}

/* A call of list.append whose result nobody wants: it skips the POP_TOP behind it. */
static uint32_t
call_list_append(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t callable = b->depth - 3, self = b->depth - 2;
    PyObject *append = _PyInterpreterState_GET()->callable_cache.list_append;
    // The method descriptor belongs to the type; only the list may be a temporary, but not one that ends here with the item.
    if (!_PyJitSlot_CanRelease(b, self, JIT_TAG(record->types, 2))
        || (JIT_TAG(record->types, 2) == JIT_TAG_QUIET && !can_drop(&b->slots[self]))
        || (b->slots[callable].dirty && b->slots[callable].object == JIT_REF_NONE)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef known = _PyJitTrace_Const(b->t, JIT_TYPE_OBJECT, (uint64_t)(uintptr_t)append);
    b->failed |= known == JIT_REF_NONE;
    _PyJitRef method = _PyJitSlot_Object(b, callable);
    if (method != known) {
        (void)emit2(b, JIT_OP_GUARD_INE, emit2(b, JIT_OP_SAME, method, known), konst(b, 0));
    }
    _PyJitRef list = _PyJitSlot_Object(b, self);
    bool derived = record->seen != NULL && record->seen != (PyObject *)&PyList_Type;
    (void)emit1(b, derived ? JIT_OP_GUARD_LIST_OR_DERIVED : JIT_OP_GUARD_LIST, list);
    _PyJitSlot_GuardRelease(b, self, JIT_TAG(record->types, 2));
    push_item(b, list);
    b->slots[callable].plain = 1;
    drop(b, 2);
    return 1;
}

/* --- Iteration and unpacking --------------------------------------------------------------------------------------- */

static uint32_t
for_iter(_PyJitBuilder *b, uint32_t index, int guard, int next, int end)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint16_t code;
    uint32_t offset, top = b->depth - 1;
    if (b->slots[top].dirty && b->slots[top].object == JIT_REF_NONE) {
        return REFUSE(b);
    }
    if (_PyJitRange_IsEnd(b, index)) {
        _PyJitLower_Begin(b, index);
        _PyJitSlot_OwnHeap(b);           // from the list, perhaps
        (void)emit1(b, guard, _PyJitSlot_Object(b, top));
        (void)emit1(b, end, _PyJitSlot_Object(b, top));
        b->slots[top].plain = 1;         // it has nothing any more
        drop(b, 1);
        return 1;
    }
    if (!_PyJitLower_Next(b, index, &code, &offset) || offset != record->offset + record->size) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef iterator = _PyJitSlot_Object(b, top);
    (void)emit1(b, guard, iterator);
    _PyJitSlot_PushHeap(b, emit1(b, next, iterator));
    return 1;
}

/* The tuple that FOR_ITER gives is unpacked at once, and the iterator keeps it. */
static bool
is_unpacked(const _PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index], *next = record + 1;
    return record->seen != Py_True && index + 1 < b->t->nrecords && !next->raised && next->code == record->code && next->depth == record->depth
        && next->prefix == 0 && (next->opcode == UNPACK_SEQUENCE_TWO_TUPLE || next->opcode == UNPACK_SEQUENCE_TUPLE);
}

/* Both: `for i, x in enumerate(...)` and its like.  The items are the iterator's. */
static uint32_t
step_and_unpack(_PyJitBuilder *b, uint32_t index, _PyJitRef iterator)
{
    uint32_t count = b->t->records[index + 1].oparg;
    PyObject *type = b->t->records[index].seen;
    bool numbers = type == (PyObject *)&PyEnum_Type;
    (void)emit2(b, JIT_OP_GUARD_EXACT, iterator, object_const(b, type));
    _PyJitRef tuple = _PyJitBuild_Emit(b, JIT_OP_ITER_STEP, iterator, JIT_REF_NONE, count);
    _PyJitRef number = numbers ? emit1(b, JIT_OP_ENUMERATE_NUMBER, iterator) : JIT_REF_NONE;
    _PyJitLower_Begin(b, index + 1);
    for (uint32_t i = count; i-- > 0;) {
        if (i == 0 && numbers) {
            _PyJitSlot_PushNumber(b, number);
        }
        else {
            _PyJitSlot_PushHeap(b, emit2(b, JIT_OP_TUPLE_GET, tuple, konst(b, i)));
        }
    }
    return 2;
}

/* FOR_ITER of other builtin iterators. */
static uint32_t
iterate(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint16_t code;
    uint32_t offset, top = b->depth - 1;
    if (record->seen == NULL || _PyJitSlot_IsBare(b, top)) {
        return REFUSE(b);
    }
    if (_PyJitRange_IsEnd(b, index) && (!b->slots[top].dirty || b->slots[top].owned)) {
        _PyJitLower_Begin(b, index);
        _PyJitSlot_OwnHeap(b);           // from what it goes over, perhaps
        _PyJitSlot_GuardRelease(b, top, JIT_TAG_QUIET);
        (void)emit1(b, JIT_OP_ITER_END, _PyJitSlot_Object(b, top));
        drop(b, 1);
        return 1;
    }
    if (!_PyJitLower_Next(b, index, &code, &offset) || offset != record->offset + record->size) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef iterator = _PyJitSlot_Object(b, top);
    _PyJitSlot_OwnHeap(b);               // from the tuple that it gave before, perhaps
    if (is_unpacked(b, index)) {
        return step_and_unpack(b, index, iterator);
    }
    _PyJitSlot_Push(b, (_PyJitSlot){.object = emit1(b, JIT_OP_ITER_NEXT, iterator), .dirty = 1, .owned = 1});
    return 1;
}

static uint32_t
unpack(_PyJitBuilder *b, uint32_t index, bool list)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1, count = record->oparg;
    if (_PyJitSlot_IsBare(b, top)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, top);
    (void)emit1(b, list ? JIT_OP_GUARD_LIST : JIT_OP_GUARD_TUPLE, object);
    _PyJitRef size = emit1(b, list ? JIT_OP_LIST_SIZE : JIT_OP_TUPLE_SIZE, object);
    (void)emit2(b, JIT_OP_GUARD_IEQ, size, konst(b, count));
    _PyJitSlot_ReleaseLate(b, top);      // nothing ends with it: by then all items have another reference
    drop(b, 1);
    for (uint32_t i = count; i-- > 0;) {
        _PyJitSlot_PushHeap(b, emit2(b, list ? JIT_OP_LIST_GET : JIT_OP_TUPLE_GET, object, konst(b, i)));
    }
    return 1;
}

/* UNPACK_SEQUENCE, which has no form for what it was given: a list or a tuple of another length than the first one, or a tuple of a class that
 * iterates as tuples do. */
static uint32_t
unpack_any(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    const PyTypeObject *type = (const PyTypeObject *)record->seen;
    uint32_t top = b->depth - 1, count = record->oparg;
    if (type == &PyList_Type || type == &PyTuple_Type) {
        return unpack(b, index, type == &PyList_Type);
    }
    if (type == NULL || !is_version(type->tp_version_tag) || !_PyJitSlot_CanRelease(b, top, JIT_TAG(record->types, 2))) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, top);
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, object, JIT_REF_NONE, type->tp_version_tag);
    (void)emit2(b, JIT_OP_GUARD_IEQ, emit1(b, JIT_OP_TUPLE_SIZE, object), konst(b, count));
    _PyJitSlot_GuardRelease(b, top, JIT_TAG(record->types, 2));
    drop(b, 1);
    for (uint32_t i = count; i-- > 0;) {
        _PyJitSlot_PushHeap(b, emit2(b, JIT_OP_TUPLE_GET, object, konst(b, i)));
    }
    return 1;
}

uint32_t
_PyJitLower_Seq(_PyJitBuilder *b, uint32_t index)
{
    switch (b->t->records[index].opcode) {
        case BINARY_SUBSCR_LIST_INT:
            return subscript(b, index, true);
        case BINARY_SUBSCR_TUPLE_INT:
            return subscript(b, index, false);
        case STORE_SUBSCR_LIST_INT:
            return store_subscript(b, index);
        case LIST_APPEND:
            return list_append(b, index);
        case UNPACK_SEQUENCE:
            return unpack_any(b, index);
        case CALL_LIST_APPEND:
            return call_list_append(b, index);
        case FOR_ITER_LIST:
            return for_iter(b, index, JIT_OP_GUARD_LIST_ITER, JIT_OP_LIST_ITER_NEXT, JIT_OP_LIST_ITER_END);
        case FOR_ITER_TUPLE:
            return for_iter(b, index, JIT_OP_GUARD_TUPLE_ITER, JIT_OP_TUPLE_ITER_NEXT, JIT_OP_TUPLE_ITER_END);
        case FOR_ITER:
            return iterate(b, index);
        case UNPACK_SEQUENCE_TWO_TUPLE:
        case UNPACK_SEQUENCE_TUPLE:
            return unpack(b, index, false);
        case UNPACK_SEQUENCE_LIST:
            return unpack(b, index, true);
        default:
            return 0;
    }
}

#endif /* _Py_TIER2 */
