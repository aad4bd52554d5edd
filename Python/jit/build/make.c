/* Lowering rules of instructions that make lists, tuples, iterators, functions and strings.
 *
 * What is new belongs to the trace: a slot that owns it.  The items' references move into it, so numbers get their boxes first; a
 * value that is taken out of a new tuple again is known, and so is its size (optimize/fold.c).
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_opcode_utils.h"
#include "pycore_intrinsics.h"
#include "jit/build/rules.h"

static void
push_new(_PyJitBuilder *b, _PyJitRef object, bool plain)
{
    _PyJitSlot_Push(b, (_PyJitSlot){.object = object, .dirty = 1, .owned = 1, .plain = plain});
}

/* A new list or tuple of the top N slots takes their place. */
static void
make_of_top(_PyJitBuilder *b, uint32_t n, bool list)
{
    for (uint32_t i = b->depth - n; i < b->depth; i++) {
        if (_PyJitSlot_IsBare(b, i)) {
            _PyJitSlot_Box(b, i);
        }
    }
    _PyJitRef made = _PyJitBuild_Emit(b, list ? JIT_OP_NEW_LIST : JIT_OP_NEW_TUPLE, JIT_REF_NONE, JIT_REF_NONE, n);
    // Nothing leaves from here on.
    for (uint32_t i = n; i-- > 0;) {
        _PyJitRef item = _PyJitSlot_TakeTop(b);
        (void)_PyJitBuild_Emit(b, list ? JIT_OP_INIT_ITEM : JIT_OP_INIT_TUPLE_ITEM, made, item, i);
    }
    push_new(b, made, false);
}

void
_PyJitLower_MakeTuple(_PyJitBuilder *b, uint32_t n)
{
    assert(n > 0 && n <= JIT_MOST_ITEMS);
    make_of_top(b, n, false);
}

/* BUILD_LIST, BUILD_TUPLE. */
static uint32_t
build(_PyJitBuilder *b, uint32_t index, bool list)
{
    uint32_t n = b->t->records[index].oparg;
    if (n > JIT_MOST_ITEMS || (n == 0 && !list)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    make_of_top(b, n, list);
    return 1;
}

/* How many items OBJECT has, a tuple that the trace has made, or a constant; -1: not known. */
static int
size_of_tuple(const _PyJitBuilder *b, _PyJitRef object)
{
    if (object == JIT_REF_NONE) {
        return -1;
    }
    const _PyJitIns *ins = JIT_INS(b->t, object);
    PyObject *constant = JIT_IS_CONST(object) ? (PyObject *)(uintptr_t)ins->bits : NULL;
    return constant != NULL ? (PyTuple_CheckExact(constant) ? (int)PyTuple_GET_SIZE(constant) : -1)
        : !JIT_IS_CONST(object) && is_new_tuple(ins) ? (int)ins->aux : -1;
}

/* Records FIRST to FIRST + N - 1 run one behind the other, in one frame, and are OPCODES; all but the first have OPARGS, or any where that is -1. */
static bool
are_in_a_row(const _PyJitBuilder *b, uint32_t first, const int *opcodes, const int *opargs, uint32_t n)
{
    const _PyJitRecord *records = &b->t->records[first];
    if (first + n > b->t->nrecords) {
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        bool next = i == 0 || (records[i].code == records[0].code && records[i].depth == records[0].depth && !records[i - 1].raised
                               && records[i].offset - records[i].prefix == records[i - 1].offset + records[i - 1].size);
        if (!next || records[i].opcode != opcodes[i] || (opargs[i] >= 0 && records[i].oparg != (uint32_t)opargs[i]) || records[i].raised) {
            return false;
        }
    }
    return true;
}

/* The arguments of `f(x, *args)`, where `args` is a tuple that the trace knows: the list is not made.  BUILD_LIST, LOAD_FAST, LIST_EXTEND, and the
 * list becomes a tuple. */
static uint32_t
gather(_PyJitBuilder *b, uint32_t index)
{
    static const int opcodes[] = {BUILD_LIST, LOAD_FAST, LIST_EXTEND, CALL_INTRINSIC_1}, opargs[] = {-1, -1, 1, INTRINSIC_LIST_TO_TUPLE};
    if (!are_in_a_row(b, index, opcodes, opargs, 4)) {
        return 0;
    }
    uint32_t n = b->t->records[index].oparg, rest = local(b, b->t->records[index + 1].oparg);
    int more = size_of_tuple(b, b->slots[rest].object);
    if (more < 0 || n == 0 || n + (uint32_t)more > JIT_MOST_ITEMS) {
        return 0;
    }
    _PyJitLower_Begin(b, index);
    for (uint32_t i = b->depth - n; i < b->depth; i++) {
        if (_PyJitSlot_IsBare(b, i)) {
            _PyJitSlot_Box(b, i);
        }
    }
    _PyJitRef tuple = b->slots[rest].object, items[JIT_MOST_ITEMS];
    for (uint32_t i = 0; i < (uint32_t)more; i++) {
        items[i] = emit2(b, JIT_OP_TUPLE_GET, tuple, konst(b, i));
    }
    _PyJitRef made = _PyJitBuild_Emit(b, JIT_OP_NEW_TUPLE, JIT_REF_NONE, JIT_REF_NONE, n + (uint32_t)more);
    // Nothing leaves from here on.
    for (uint32_t i = n; i-- > 0;) {
        (void)_PyJitBuild_Emit(b, JIT_OP_INIT_TUPLE_ITEM, made, _PyJitSlot_TakeTop(b), i);
    }
    for (uint32_t i = 0; i < (uint32_t)more; i++) {
        (void)emit1(b, JIT_OP_INCREF, items[i]);
        (void)_PyJitBuild_Emit(b, JIT_OP_INIT_TUPLE_ITEM, made, items[i], n + i);
    }
    push_new(b, made, false);
    for (uint32_t i = 1; i < 4; i++) {
        _PyJitLower_Begin(b, index + i);
    }
    return 4;
}

uint32_t
_PyJitLower_CopiedNames(_PyJitBuilder *b, uint32_t index)
{
    // The first one may be BUILD_CONST_KEY_MAP as well.
    const int opcodes[] = {b->t->records[index].opcode, LOAD_FAST, DICT_MERGE, CALL_FUNCTION_EX}, opargs[] = {-1, -1, 1, 1};
    if (!are_in_a_row(b, index, opcodes, opargs, 4)) {
        return 0;
    }
    uint32_t names = local(b, b->t->records[index + 1].oparg);
    return _PyJitSlot_IsBare(b, names) ? 0 : _PyJitLower_CallWithNamesOf(b, index, names);
}

/* GET_ITER.  The iterator keeps what it runs over; where it does not (a range) nobody sees the end of that. */
static uint32_t
get_iter(_PyJitBuilder *b, uint32_t index)
{
    const PyTypeObject *type = (const PyTypeObject *)b->t->records[index].seen;
    uint32_t top = b->depth - 1;
    if (type == NULL || _PyJitSlot_IsBare(b, top)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, top);
    if (type == &PyList_Type || type == &PyTuple_Type) {
        (void)emit1(b, type == &PyList_Type ? JIT_OP_GUARD_LIST : JIT_OP_GUARD_TUPLE, object);
    }
    else {
        (void)emit2(b, JIT_OP_GUARD_EXACT, object, object_const(b, type));
    }
    if (type->tp_iter == PyObject_SelfIter) {
        return 1;
    }
    uint32_t kind = type == &PyList_Type ? JIT_ITER_LIST : type == &PyTuple_Type ? JIT_ITER_TUPLE : JIT_ITER_OTHER;
    _PyJitRef iterator = _PyJitBuild_Emit(b, JIT_OP_NEW_ITER, object, JIT_REF_NONE, kind);
    b->slots[top].plain = 1;
    drop(b, 1);
    push_new(b, iterator, false);
    return 1;
}

/* MAKE_FUNCTION: the code is a constant, and so are the globals, which the record has. */
static uint32_t
make_function(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitSlot *top = &b->slots[b->depth - 1];
    PyObject *globals = b->t->records[index].seen;
    if (top->object == JIT_REF_NONE || !JIT_IS_CONST(top->object) || !can_drop(top) || globals == NULL
        || !_PyJitGlobals_CanCheck(b, globals)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitGlobals_Check(b, globals);
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_UNWATCHED, JIT_REF_NONE, JIT_REF_NONE, 0);
    _PyJitRef made = emit2(b, JIT_OP_NEW_FUNCTION, object_const(b, globals), top->object);
    drop(b, 1);
    push_new(b, made, false);
    return 1;
}

/* SET_FUNCTION_ATTRIBUTE: below the function, which is new. */
static uint32_t
set_function_attribute(_PyJitBuilder *b, uint32_t index)
{
    uint32_t top = b->depth - 1, attribute = top - 1, oparg = b->t->records[index].oparg;
    const _PyJitSlot function = b->slots[top];
    if (function.object == JIT_REF_NONE || JIT_INS(b->t, function.object)->op != JIT_OP_NEW_FUNCTION || !function.owned
        || _PyJitSlot_IsBare(b, attribute)) {
        return REFUSE(b);
    }
    size_t place = oparg == MAKE_FUNCTION_CLOSURE ? offsetof(PyFunctionObject, func_closure)
        : oparg == MAKE_FUNCTION_DEFAULTS ? offsetof(PyFunctionObject, func_defaults)
        : oparg == MAKE_FUNCTION_KWDEFAULTS ? offsetof(PyFunctionObject, func_kwdefaults) : offsetof(PyFunctionObject, func_annotations);
    _PyJitLower_Begin(b, index);
    b->slots[top] = (_PyJitSlot){0};
    b->depth = top;
    (void)_PyJitBuild_Emit(b, JIT_OP_INIT_FUNCTION, function.object, _PyJitSlot_TakeTop(b), (uint32_t)place);
    _PyJitSlot_Push(b, function);
    return 1;
}

/* BINARY_OP_ADD_UNICODE. */
static uint32_t
concatenate(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t left = b->depth - 2, right = b->depth - 1;
    if (JIT_TAG(record->types, 0) != JIT_TAG_STR || JIT_TAG(record->types, 1) != JIT_TAG_STR || _PyJitSlot_IsBare(b, left)
        || _PyJitSlot_IsBare(b, right)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef made = _PyJitLower_NewName(b, index, left);
    if (made == JIT_REF_NONE) {
        _PyJitRef x = guard_str(b, left), y = guard_str(b, right);
        made = emit2(b, JIT_OP_STR_CONCAT, x, y);
    }
    drop(b, 2);
    push_new(b, made, true);
    return 1;
}

/* OP leaves no trace of the string it is done with. */
static bool
only_looks(int op)
{
    return op == JIT_OP_GUARD_STR || op == JIT_OP_GUARD_PLAIN || op == JIT_OP_STR_SIZE || op == JIT_OP_STR_GET || op == JIT_OP_STR_CONCAT
        || op == JIT_OP_STORE_STACK || op == JIT_OP_STORE_SLOT;
}

/* Something besides slots LOCAL and LEFT may borrow their object: another slot, or an object that is perhaps never made. */
static bool
is_borrowed(const _PyJitBuilder *b, uint32_t local, uint32_t left)
{
    _PyJitRef object = b->slots[local].object;
    for (_PyJitRef ref = object + 1; ref < JIT_REF_BIAS + b->t->nins; ref++) {
        const _PyJitIns *ins = JIT_INS(b->t, ref);
        bool used = ins->op != JIT_OP_BYTECODE && ins->op != JIT_OP_OPAQUE && (ins->a == object || ins->b == object || ins->c == object);
        if (used && !only_looks(ins->op)) {
            return true;
        }
    }
    for (uint32_t i = 0; i < b->nslots; i++) {
        const _PyJitSlot *slot = &b->slots[i];
        if (i != local && i != left && slot->object == object && slot->dirty && !slot->owned) {
            return true;
        }
    }
    return false;
}

/* BINARY_OP_INPLACE_ADD_UNICODE: `s += t` and the STORE_FAST behind it.  If the local alone has the string, that grows. */
static uint32_t
append(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t left = b->depth - 2, right = b->depth - 1;
    const _Py_CODEUNIT *store = _PyCode_CODE(b->t->codes[record->code]) + record->offset + record->size;
    _Py_CODEUNIT next = _PyJit_OriginalAt(b->t->codes[record->code], (_Py_CODEUNIT *)store)[0];
    if (next.op.code != STORE_FAST || JIT_TAG(record->types, 0) != JIT_TAG_STR || JIT_TAG(record->types, 1) != JIT_TAG_STR
        || _PyJitSlot_IsBare(b, left) || _PyJitSlot_IsBare(b, right)) {
        return REFUSE(b);
    }
    uint32_t there = local(b, next.op.arg);
    if (_PyJitSlot_IsBare(b, there) || !b->slots[left].dirty || b->slots[left].owned || b->slots[left].object != b->slots[there].object
        || !_PyJitSlot_CanStore(b, there, JIT_TAG_STR)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef x = guard_str(b, left), y = guard_str(b, right);
    bool grows = (!b->slots[there].dirty || b->slots[there].owned) && !JIT_IS_CONST(x) && !is_borrowed(b, there, left);
    if (!grows) {
        _PyJitSlot_GuardStore(b, there, JIT_TAG_STR);
        _PyJitRef made = emit2(b, JIT_OP_STR_CONCAT, x, y);
        drop(b, 2);
        push_new(b, made, true);
        _PyJitSlot_StoreTop(b, there);
        return 1;
    }
    _PyJitRef longer = emit2(b, JIT_OP_STR_APPEND, x, y);
    drop(b, 2);
    if (b->slots[there].dirty) {
        b->slots[there].object = longer;
        b->slots[there].plain = 1;
        return 1;
    }
    b->slots[there].memory = object_const(b, NULL);      // what memory has is the trace's now
    _PyJitSlot_Write(b, there, longer, true);
    return 1;
}

uint32_t
_PyJitLower_Make(_PyJitBuilder *b, uint32_t index)
{
    switch (b->t->records[index].opcode) {
        case BUILD_LIST: {
            uint32_t done = gather(b, index);
            return done != 0 ? done : build(b, index, true);
        }
        case BUILD_TUPLE:
            return build(b, index, false);
        case GET_ITER:
            return get_iter(b, index);
        case MAKE_FUNCTION:
            return make_function(b, index);
        case SET_FUNCTION_ATTRIBUTE:
            return set_function_attribute(b, index);
        case BINARY_OP_ADD_UNICODE:
            return concatenate(b, index);
        case BINARY_OP_INPLACE_ADD_UNICODE:
            return append(b, index);
        default:
            return 0;
    }
}

#endif /* _Py_TIER2 */
