/* Lowering rules of comparisons, truth tests and the jumps behind them.
 *
 * A test is lowered together with the jump that follows it: a guard, whose exit leads to the other branch.  Where nothing jumps
 * at once the result is 0 or 1 as a number, and BOOL_OF makes the object of it; a jump that comes later finds the number again.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_global_objects.h"
#include "pycore_runtime.h"
#include "pycore_jit_helpers.h"
#include "jit/build/rules.h"

/* A conditional jump: whether the trace goes on where it was taken, and where the other way leads. */
typedef struct {
    bool taken;
    uint16_t code;
    uint32_t next, other;
} Branch;

static bool
branch_at(const _PyJitBuilder *b, uint32_t index, Branch *branch)
{
    if (index >= b->t->nrecords) {
        return false;
    }
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t behind = record->offset + record->size, target = behind + record->oparg, next;
    uint16_t code;
    if (behind == target || !_PyJitLower_Next(b, index, &code, &next) || code != record->code) {
        return false;
    }
    branch->code = code;
    branch->taken = next == target;
    branch->next = next;
    branch->other = branch->taken ? behind : target;
    return next == target || next == behind;
}

/* The jump behind the test at INDEX, and in *holds whether what it tests is true where the trace goes on. */
static bool
test_branch(const _PyJitBuilder *b, uint32_t index, Branch *branch, bool *holds)
{
    if (!branch_at(b, index + 1, branch)) {
        return false;
    }
    const _PyJitRecord *test = &b->t->records[index], *jump = test + 1;
    if (jump->code != test->code || jump->depth != test->depth
        || jump->offset - jump->prefix != test->offset + test->size
        || (jump->opcode != POP_JUMP_IF_TRUE && jump->opcode != POP_JUMP_IF_FALSE)) {
        return false;
    }
    *holds = (jump->opcode == POP_JUMP_IF_TRUE) == branch->taken;
    return true;
}

static _PyJitRef
not_of(_PyJitBuilder *b, _PyJitRef truth)
{
    return _PyJitBuild_Emit(b, JIT_OP_IXOR, truth, konst(b, 1), 0);
}

/* The guard for `x OP y` with OP of enum Py_LT..., which HOLDS or does not; *swap: its operands are y, x. */
static int
compare_guard(uint32_t compare, bool holds, bool floats, bool *swap)
{
    static const uint8_t ints[2][6] = {
        {JIT_OP_GUARD_IGE, JIT_OP_GUARD_IGT, JIT_OP_GUARD_INE, JIT_OP_GUARD_IEQ, JIT_OP_GUARD_ILE, JIT_OP_GUARD_ILT},
        {JIT_OP_GUARD_ILT, JIT_OP_GUARD_ILE, JIT_OP_GUARD_IEQ, JIT_OP_GUARD_INE, JIT_OP_GUARD_IGT, JIT_OP_GUARD_IGE},
    };
    static const uint8_t reals[2][6] = {
        {JIT_OP_GUARD_FNLT, JIT_OP_GUARD_FNLE, JIT_OP_GUARD_FNE, JIT_OP_GUARD_FEQ, JIT_OP_GUARD_FNLT, JIT_OP_GUARD_FNLE},
        {JIT_OP_GUARD_FLT, JIT_OP_GUARD_FLE, JIT_OP_GUARD_FEQ, JIT_OP_GUARD_FNE, JIT_OP_GUARD_FLT, JIT_OP_GUARD_FLE},
    };
    *swap = floats && (compare == Py_GT || compare == Py_GE);
    return floats ? reals[holds][compare] : ints[holds][compare];
}

/* `x OP y` as 0 or 1. */
static _PyJitRef
compare_value(_PyJitBuilder *b, uint32_t compare, bool floats, _PyJitRef x, _PyJitRef y)
{
    static const uint8_t ints[6] = {JIT_OP_ILT, JIT_OP_ILE, JIT_OP_IEQ, JIT_OP_IEQ, JIT_OP_ILT, JIT_OP_ILE};
    static const uint8_t reals[6] = {JIT_OP_FLT, JIT_OP_FLE, JIT_OP_FEQ, JIT_OP_FEQ, JIT_OP_FLT, JIT_OP_FLE};
    bool swap = compare == Py_GT || compare == Py_GE;
    _PyJitRef truth = _PyJitBuild_Emit(b, floats ? reals[compare] : ints[compare], swap ? y : x, swap ? x : y, 0);
    if (floats) {
        truth = _PyJitBuild_Emit(b, JIT_OP_FTRUE, truth, JIT_REF_NONE, 0);
    }
    return compare == Py_NE ? not_of(b, truth) : truth;
}

/* The check that leaves to the other branch. */
static void
guard_branch(_PyJitBuilder *b, int guard, _PyJitRef x, _PyJitRef y, const Branch *branch)
{
    (void)_PyJitBuild_EmitTo(b, guard, x, y, JIT_EXIT_SIDE, branch->code, branch->other);
    if (ENGINE->options.force_exit > 0) {
        // That check cannot be made to fail: the other way would be the wrong one.
        (void)_PyJitBuild_EmitTo(b, JIT_OP_MAY_LEAVE, JIT_REF_NONE, JIT_REF_NONE, JIT_EXIT_SIDE, branch->code, branch->next);
    }
}

/* A guard that TRUTH, which is 0 or 1, is as HOLDS says; leaves to the other branch.  If TRUTH is a comparison the guard is. */
static void
guard_truth(_PyJitBuilder *b, _PyJitRef truth, bool holds, const Branch *branch)
{
    _PyJitRef one = konst(b, 1);
    if (b->failed) {
        return;
    }
    while (JIT_INS(b->t, truth)->op == JIT_OP_IXOR && JIT_INS(b->t, truth)->b == one) {
        truth = JIT_INS(b->t, truth)->a;
        holds = !holds;
    }
    const _PyJitIns *ins = JIT_INS(b->t, truth);
    bool floats = ins->op == JIT_OP_FTRUE && !JIT_IS_CONST(ins->a);
    if (floats) {
        ins = JIT_INS(b->t, ins->a);
    }
    _PyJitRef x = ins->a, y = ins->b;
    bool swap = false;
    int guard;
    switch (ins->op) {
        case JIT_OP_ILT:
        case JIT_OP_FLT:
            guard = compare_guard(Py_LT, holds, floats, &swap);
            break;
        case JIT_OP_ILE:
        case JIT_OP_FLE:
            guard = compare_guard(Py_LE, holds, floats, &swap);
            break;
        case JIT_OP_IEQ:
        case JIT_OP_FEQ:
            guard = compare_guard(Py_EQ, holds, floats, &swap);
            break;
        default:
            guard = floats ? (holds ? JIT_OP_GUARD_FNE : JIT_OP_GUARD_FEQ) : holds ? JIT_OP_GUARD_INE : JIT_OP_GUARD_IEQ;
            x = floats ? JIT_INS(b->t, truth)->a : truth;
            y = _PyJitTrace_Const(b->t, floats ? JIT_TYPE_F64 : JIT_TYPE_I64, 0);
            b->failed |= y == JIT_REF_NONE;
            break;
    }
    guard_branch(b, guard, x, y, branch);
}

/* The operands are popped, TRUTH takes their place: as a bool, or for the jump behind the test at INDEX.  Returns the number of
 * records that are done. */
static uint32_t
finish_test(_PyJitBuilder *b, uint32_t index, uint32_t operands, _PyJitRef truth)
{
    Branch branch;
    bool holds;
    while (operands-- > 0) {
        _PyJitSlot_DropTop(b);
    }
    _PyJitSlot_EndRecord(b);
    if (!test_branch(b, index, &branch, &holds)) {
        _PyJitSlot_PushBool(b, truth);
        return 1;
    }
    _PyJitLower_Begin(b, index + 1);
    guard_truth(b, truth, holds, &branch);
    return 2;
}

/* `is` and `is not`, and `==` and `!=` of objects that are equal to themselves only; DIFFER: the second of the two.  A number that has no
 * object can be compared only where the other one is known to be no number. */
static uint32_t
compare_identity(_PyJitBuilder *b, uint32_t index, bool differ)
{
    uint32_t slots[] = {b->depth - 2, b->depth - 1};
    int numbers = 0, others = 0;
    for (int i = 0; i < 2; i++) {
        const _PyJitSlot *slot = &b->slots[slots[i]];
        numbers += slot->dirty && slot->object == JIT_REF_NONE;
        others += slot->number == JIT_REF_NONE && slot->object != JIT_REF_NONE
            && (JIT_IS_CONST(slot->object) || type_of_ref(b, slot->object) == JIT_TYPE_BOOL);
    }
    const _PyJitRecord *record = &b->t->records[index];
    if ((numbers > 0 && others == 0) || !_PyJitSlot_CanEnd(b, record, 2)) {
        return REFUSE(b);
    }
    bool by_type = record->opcode == COMPARE_OP;
    if (by_type && numbers > 0) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    for (int i = 0; by_type && i < 2; i++) {
        (void)emit1(b, JIT_OP_GUARD_IDENTITY, _PyJitSlot_Object(b, slots[i]));
    }
    _PyJitSlot_GuardEnds(b, record, 2);
    _PyJitRef same;
    if (numbers > 0) {
        same = konst(b, 0);
    }
    else {
        _PyJitRef one = _PyJitSlot_Object(b, slots[0]);
        _PyJitRef other = _PyJitSlot_Object(b, slots[1]);
        same = _PyJitBuild_Emit(b, JIT_OP_SAME, one, other, 0);
    }
    return finish_test(b, index, 2, differ ? not_of(b, same) : same);
}

#define MOST_COMPARED 4

/* Item I of the tuple in SLOT as a number, if that is an int that the trace knows; else NONE. */
static _PyJitRef
int_of_tuple(_PyJitBuilder *b, uint32_t slot, uint32_t i)
{
    _PyJitRef tuple = b->slots[slot].object, item;
    if (JIT_IS_CONST(tuple)) {
        item = object_const(b, PyTuple_GET_ITEM((PyObject *)(uintptr_t)JIT_INS(b->t, tuple)->bits, i));
    }
    else {
        item = emit2(b, JIT_OP_TUPLE_GET, tuple, konst(b, i));
    }
    if (b->failed) {
        return JIT_REF_NONE;
    }
    const _PyJitIns *ins = JIT_INS(b->t, item);
    if (!JIT_IS_CONST(item)) {
        return ins->op == JIT_OP_BOX_INT ? ins->a : JIT_REF_NONE;
    }
    PyObject *o = (PyObject *)(uintptr_t)ins->bits;
    bool whole = PyLong_CheckExact(o) && _PyLong_IsCompact((PyLongObject *)o);
    return whole ? konst(b, _PyLong_CompactValue((PyLongObject *)o)) : JIT_REF_NONE;
}

/* The number of items of the tuple in SLOT, if the trace has made it or it is a constant; else 0. */
static uint32_t
known_size(const _PyJitBuilder *b, uint32_t slot)
{
    _PyJitRef tuple = b->slots[slot].object;
    if (tuple == JIT_REF_NONE) {
        return 0;
    }
    const _PyJitIns *ins = JIT_INS(b->t, tuple);
    if (!JIT_IS_CONST(tuple)) {
        return ins->op == JIT_OP_NEW_TUPLE ? ins->aux : 0;
    }
    PyObject *o = (PyObject *)(uintptr_t)ins->bits;
    return o != NULL && PyTuple_CheckExact(o) ? (uint32_t)PyTuple_GET_SIZE(o) : 0;
}

/* Two tuples of as many ints, all of which the trace knows: no tuple is needed.  NONE: they are something else. */
static _PyJitRef
compare_known_tuples(_PyJitBuilder *b, uint32_t operator)
{
    uint32_t left = b->depth - 2, right = b->depth - 1, n = known_size(b, left);
    _PyJitRef x[MOST_COMPARED], y[MOST_COMPARED], truth = JIT_REF_NONE;
    if (n == 0 || n > MOST_COMPARED || n != known_size(b, right)) {
        return JIT_REF_NONE;
    }
    for (uint32_t i = 0; i < n; i++) {
        x[i] = int_of_tuple(b, left, i);
        y[i] = int_of_tuple(b, right, i);
        if (x[i] == JIT_REF_NONE || y[i] == JIT_REF_NONE) {
            return JIT_REF_NONE;
        }
    }
    bool ordered = operator != Py_EQ && operator != Py_NE;
    for (uint32_t i = n; i-- > 0 && !b->failed;) {
        _PyJitRef here = compare_value(b, ordered ? (i + 1 < n && operator != Py_LT && operator != Py_LE ? Py_GT
                                                     : i + 1 < n ? Py_LT : operator) : Py_EQ, false, x[i], y[i]);
        _PyJitRef same = truth == JIT_REF_NONE ? truth : ordered ? compare_value(b, Py_EQ, false, x[i], y[i]) : here;
        truth = truth == JIT_REF_NONE ? here : emit2(b, JIT_OP_IAND, same, truth);
        if (same != JIT_REF_NONE && ordered) {
            truth = emit2(b, JIT_OP_IOR, here, truth);
        }
    }
    return operator == Py_NE ? not_of(b, truth) : truth;
}

/* Objects that are compared without code of users: tuples, lists, strings, ints that are no numbers here. */
static uint32_t
compare_leaf(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    if (record->opcode != COMPARE_OP || !record->leaf || !_PyJitSlot_CanEnd(b, record, 2)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef truth = compare_known_tuples(b, record->oparg >> 5);
    if (truth == JIT_REF_NONE) {
        truth = _PyJitLeaf_EmitCompare(b, record->oparg >> 5);
    }
    _PyJitSlot_GuardEnds(b, record, 2);
    return finish_test(b, index, 2, truth);
}

static uint32_t
compare(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t operator = record->oparg >> 5;
    int left_type = _PyJitNumber_OperandKind(b, record, 1), right_type = _PyJitNumber_OperandKind(b, record, 0);
    if (record->opcode == COMPARE_OP && record->seen == Py_True) {
        return compare_identity(b, index, operator == Py_NE);
    }
    if (left_type == JIT_TYPE_NONE || right_type == JIT_TYPE_NONE || operator > Py_GE) {
        return compare_leaf(b, index);
    }
    bool floats = left_type == JIT_TYPE_F64 || right_type == JIT_TYPE_F64;
    _PyJitLower_Begin(b, index);
    bool derived = _PyJitNumber_IsDerived(b, record, 0) || _PyJitNumber_IsDerived(b, record, 1);
    _PyJitRef x = _PyJitNumber_Operand(b, record, 1, left_type);
    _PyJitRef y = _PyJitNumber_Operand(b, record, 0, right_type);
    if (derived) {
        _PyJitSlot_GuardEnds(b, record, 2);
    }
    // An int and a float compare exactly.
    if (floats && left_type == JIT_TYPE_I64) {
        x = _PyJitBuild_Emit(b, JIT_OP_I2F_EXACT, x, JIT_REF_NONE, 0);
    }
    if (floats && right_type == JIT_TYPE_I64) {
        y = _PyJitBuild_Emit(b, JIT_OP_I2F_EXACT, y, JIT_REF_NONE, 0);
    }
    Branch branch;
    bool holds, swap;
    if (!test_branch(b, index, &branch, &holds)) {
        return finish_test(b, index, 2, compare_value(b, operator, floats, x, y));
    }
    int guard = compare_guard(operator, holds, floats, &swap);
    drop(b, 2);
    _PyJitSlot_EndRecord(b);
    _PyJitLower_Begin(b, index + 1);
    guard_branch(b, guard, swap ? y : x, swap ? x : y, &branch);
    return 2;
}

/* TO_BOOL of a number, a bool or None. */
static uint32_t
truth(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1;
    unsigned int tag = JIT_TAG(record->types, 0);
    int type = _PyJitNumber_Kind(b, top, tag);
    if (type == JIT_TYPE_NONE) {
        if (tag != JIT_TAG_NONE || (b->slots[top].dirty && b->slots[top].object == JIT_REF_NONE)) {
            return REFUSE(b);
        }
        _PyJitLower_Begin(b, index);
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_NONE, _PyJitSlot_Object(b, top), JIT_REF_NONE, 0);
        b->slots[top].plain = 1;
        return finish_test(b, index, 1, konst(b, 0));
    }
    _PyJitLower_Begin(b, index);
    bool is_bool = _PyJitNumber_IsBool(b, top, tag);
    _PyJitRef value = _PyJitNumber_Get(b, top, tag, type);
    if (is_bool) {
        return finish_test(b, index, 1, value);
    }
    bool floats = type == JIT_TYPE_F64, holds;
    Branch branch;
    if (!test_branch(b, index, &branch, &holds)) {
        value = floats ? _PyJitBuild_Emit(b, JIT_OP_FTRUE, value, JIT_REF_NONE, 0)
            : not_of(b, _PyJitBuild_Emit(b, JIT_OP_IEQ, value, konst(b, 0), 0));
        return finish_test(b, index, 1, value);
    }
    _PyJitSlot_DropTop(b);
    _PyJitLower_Begin(b, index + 1);
    // Not-a-number is true.
    _PyJitRef zero = floats ? _PyJitTrace_Const(b->t, JIT_TYPE_F64, 0) : konst(b, 0);
    b->failed |= zero == JIT_REF_NONE;
    int guard = floats ? (holds ? JIT_OP_GUARD_FNE : JIT_OP_GUARD_FEQ) : holds ? JIT_OP_GUARD_INE : JIT_OP_GUARD_IEQ;
    guard_branch(b, guard, value, zero, &branch);
    return 2;
}

/* TO_BOOL_ALWAYS_TRUE: of an object of a type that neither has `__bool__` nor `__len__`. */
static uint32_t
always_true(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1, version = read_u32((uint16_t *)&b->t->units[record->units + 2].cache);
    bool any = record->seen == Py_True;          // of whatever type it is
    if (_PyJitSlot_IsBare(b, top) || !is_version(version) || !_PyJitSlot_CanEnd(b, record, 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    (void)_PyJitBuild_Emit(b, any ? JIT_OP_GUARD_ALWAYS_TRUE : JIT_OP_GUARD_TYPE_VERSION, _PyJitSlot_Object(b, top), JIT_REF_NONE,
                           any ? 0 : version);
    _PyJitSlot_GuardEnds(b, record, 1);
    return finish_test(b, index, 1, konst(b, 1));
}

/* TO_BOOL of an exact list, str, dict or tuple, or of another container whose size C knows. */
static uint32_t
truth_of_size(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1;
    if (_PyJitSlot_IsBare(b, top) || !_PyJitSlot_CanEnd(b, record, 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, top);
    if (record->opcode == TO_BOOL_STR) {
        _PyJitRef filled = emit1(b, JIT_OP_STR_TRUE, object);
        _PyJitSlot_GuardEnds(b, record, 1);
        return finish_test(b, index, 1, filled);
    }
    _PyJitRef size;
    if (record->opcode == TO_BOOL_LIST) {
        (void)emit1(b, JIT_OP_GUARD_LIST, object);
        size = emit1(b, JIT_OP_LIST_SIZE, object);
    }
    else if (record->seen == NULL) {
        size = _PyJitLeaf_EmitSize(b, object);
    }
    else {
        (void)emit2(b, JIT_OP_GUARD_EXACT, object, object_const(b, record->seen));
        size = emit1(b, record->seen == (PyObject *)&PyDict_Type ? JIT_OP_DICT_SIZE : JIT_OP_TUPLE_SIZE, object);
    }
    _PyJitSlot_GuardEnds(b, record, 1);
    return finish_test(b, index, 1, not_of(b, _PyJitBuild_Emit(b, JIT_OP_IEQ, size, konst(b, 0), 0)));
}

static uint32_t
unary_not(_PyJitBuilder *b, uint32_t index)
{
    uint32_t top = b->depth - 1;
    if (!_PyJitNumber_IsBool(b, top, JIT_TAG(b->t->records[index].types, 0))) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    return finish_test(b, index, 1, not_of(b, _PyJitNumber_Bool(b, top)));
}

/* COMPARE_OP_STR: == and != of strings. */
static uint32_t
compare_strings(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t left = b->depth - 2, right = b->depth - 1, operator = record->oparg >> 5;
    if (JIT_TAG(record->types, 0) != JIT_TAG_STR || JIT_TAG(record->types, 1) != JIT_TAG_STR
        || (operator != Py_EQ && operator != Py_NE) || _PyJitSlot_IsBare(b, left) || _PyJitSlot_IsBare(b, right)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef x = guard_str(b, left), y = guard_str(b, right), equal = emit2(b, JIT_OP_STR_EQ, x, y);
    return finish_test(b, index, 2, operator == Py_NE ? not_of(b, equal) : equal);
}

/* `in` of an exact dict, set, frozenset, str, list or tuple, which is what the recorder saw. */
static uint32_t
contains(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t key = b->depth - 2, container = b->depth - 1;
    PyTypeObject *type = (PyTypeObject *)record->seen;
    bool dict = type != NULL && type->tp_flags & Py_TPFLAGS_DICT_SUBCLASS;
    if (dict && type != &PyDict_Type && (!_PyJitLeaf_IsAs(&PyDict_Type, type, &_Py_ID(__contains__)) || !is_version(type->tp_version_tag))) {
        type = NULL;           // it has changed meanwhile
    }
    if (_PyJitSlot_IsBare(b, container) || (type == NULL && !record->leaf) || !_PyJitSlot_CanEnd(b, record, 2)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, container);
    if (type == NULL) {
        _PyJitRef known = key_of(b, key);
        _PyJitSlot_GuardEnds(b, record, 2);
        _PyJitRef has = _PyJitLeaf_EmitContains(b, object, known);
        return finish_test(b, index, 2, record->oparg ? not_of(b, has) : has);
    }
    if (dict && type != &PyDict_Type) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, object, JIT_REF_NONE, type->tp_version_tag);
    }
    else {
        (void)emit2(b, JIT_OP_GUARD_EXACT, object, object_const(b, type));
    }
    _PyJitRef known = type == &PyUnicode_Type ? guard_str(b, key) : key_of(b, key);
    _PyJitSlot_GuardEnds(b, record, 2);
    int op = dict ? JIT_OP_DICT_HAS : type == &PyUnicode_Type ? JIT_OP_STR_HAS
        : type == &PyList_Type || type == &PyTuple_Type ? JIT_OP_SEQUENCE_HAS : JIT_OP_SET_HAS;
    if (op == JIT_OP_DICT_HAS || op == JIT_OP_SET_HAS) {
        known = _PyJitLower_KeyToFind(b, key, known);
    }
    _PyJitRef has = emit2(b, op, object, known);
    return finish_test(b, index, 2, record->oparg ? not_of(b, has) : has);
}

/* A jump on a bool or None that is on the stack. */
static uint32_t
jump(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    int opcode = record->opcode;
    uint32_t top = b->depth - 1;
    const _PyJitSlot *slot = &b->slots[top];
    Branch branch;
    if (!branch_at(b, index, &branch)) {
        return REFUSE(b);
    }
    if (opcode == POP_JUMP_IF_TRUE || opcode == POP_JUMP_IF_FALSE) {
        if (!_PyJitNumber_IsBool(b, top, JIT_TAG_BOOL)) {
            return REFUSE(b);
        }
        _PyJitLower_Begin(b, index);
        _PyJitRef truth = _PyJitNumber_Bool(b, top);
        _PyJitSlot_DropTop(b);
        guard_truth(b, truth, (opcode == POP_JUMP_IF_TRUE) == branch.taken, &branch);
        return 1;
    }
    bool holds = (opcode == POP_JUMP_IF_NONE) == branch.taken;
    if (slot->dirty && slot->object == JIT_REF_NONE) {
        if (holds) {
            return REFUSE(b);          // a number is not None, but the recorder saw it
        }
        _PyJitLower_Begin(b, index);
        _PyJitSlot_DropTop(b);
        return 1;
    }
    if (!holds && !_PyJitSlot_CanEnd(b, record, 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef value = _PyJitSlot_Object(b, top);
    (void)_PyJitBuild_Emit(b, holds ? JIT_OP_GUARD_NONE : JIT_OP_GUARD_NOT_NONE, value, JIT_REF_NONE, 0);
    if (holds) {
        b->slots[top].plain = 1;
    }
    else {
        _PyJitSlot_GuardEnds(b, record, 1);
    }
    _PyJitSlot_DropTop(b);
    return 1;
}

/* The test of `except E`; the exception stays. */
static uint32_t
match_exception(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t class = b->depth - 1, exception = b->depth - 2;
    if (_PyJitSlot_IsBare(b, class) || _PyJitSlot_IsBare(b, exception) || !_PyJitSlot_CanEnd(b, record, 1)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef e = _PyJitSlot_Object(b, exception), c = _PyJitSlot_Object(b, class);
    _PyJitRef matches = _PyJitBuild_Emit(b, JIT_OP_EXC_MATCH, e, c, 0);
    _PyJitSlot_GuardEnds(b, record, 1);
    return finish_test(b, index, 1, matches);
}

uint32_t
_PyJitLower_Compare(_PyJitBuilder *b, uint32_t index)
{
    switch (b->t->records[index].opcode) {
        case COMPARE_OP:
        case COMPARE_OP_INT:
        case COMPARE_OP_FLOAT:
            return compare(b, index);
        case TO_BOOL:
            return b->t->records[index].seen != NULL || b->t->records[index].leaf ? truth_of_size(b, index) : truth(b, index);
        case TO_BOOL_BOOL:
        case TO_BOOL_INT:
        case TO_BOOL_NONE:
            return truth(b, index);
        case TO_BOOL_ALWAYS_TRUE:
            return always_true(b, index);
        case TO_BOOL_LIST:
        case TO_BOOL_STR:
            return truth_of_size(b, index);
        case UNARY_NOT:
            return unary_not(b, index);
        case CHECK_EXC_MATCH:
            return match_exception(b, index);
        case IS_OP:
            return compare_identity(b, index, b->t->records[index].oparg != 0);
        case COMPARE_OP_STR:
            return compare_strings(b, index);
        case CONTAINS_OP:
        case CONTAINS_OP_DICT:
        case CONTAINS_OP_SET:
            return contains(b, index);
        case POP_JUMP_IF_TRUE:
        case POP_JUMP_IF_FALSE:
        case POP_JUMP_IF_NONE:
        case POP_JUMP_IF_NOT_NONE:
            return jump(b, index);
        default:
            return _PyJitLower_Seq(b, index);
    }
}

#endif /* _Py_TIER2 */
