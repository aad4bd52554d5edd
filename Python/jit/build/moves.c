/* Lowering rules: what an instruction of the first frame becomes.  Moves, locals and jumps are here, numbers in arithmetic.c.
 *
 * A rule first decides, from the map and from what was recorded, whether it applies; then it begins the instruction, emits all
 * its checks, and only then changes the map.  So every check leads back to the instruction with the state before it.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_jit_helpers.h"
#include "pycore_frame.h"
#include "jit/build/rules.h"

bool
_PyJitLower_Next(const _PyJitBuilder *b, uint32_t index, uint16_t *code, uint32_t *offset)
{
    if (index + 1 < b->t->nrecords) {
        const _PyJitRecord *next = &b->t->records[index + 1];
        *code = next->code;
        *offset = next->offset - next->prefix;
        return true;
    }
    if (b->end_code < 0) {
        return false;
    }
    *code = (uint16_t)b->end_code;
    *offset = b->arrived_offset;
    return true;
}

static bool
plain_locals(const _PyJitBuilder *b, const _PyJitRecord *record, uint32_t one, int other)
{
    return _PyJitSlot_CanStore(b, local(b, one), JIT_TAG(record->types, 2))
        && (other < 0 || _PyJitSlot_CanStore(b, local(b, (uint32_t)other), JIT_TAG(record->types, 3)));
}

/* Every jump back looks for events.  A loop's first instruction is its jump, and stands there too where another jump came back: then that
 * one has looked, and this one does not run. */
static bool
has_looked(const _PyJitBuilder *b, uint32_t index)
{
    uint32_t last = b->t->nrecords - 1;
    return b->peeled && index == b->first && last > index && b->t->records[last].opcode == JUMP_BACKWARD;
}

void
_PyJitLower_LookForEvents(_PyJitBuilder *b)
{
    if (b->t->records[b->t->nrecords - 1].opcode != JUMP_BACKWARD) {
        (void)_PyJitBuild_EmitTo(b, JIT_OP_GUARD_NO_EVENT, JIT_REF_NONE, JIT_REF_NONE, JIT_EXIT_EVENT, (uint16_t)b->end_code,
                                 b->arrived_offset);
    }
}

/* A builtin that was put on the stack before a loop, as by `len([... for ...])`, is known again after a check. */
static void
know_callable(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t callable = b->depth - record->oparg - 2, self = callable + 1;
    _PyJitSlot *slot = &b->slots[callable];
    bool has_self = Py_IS_TYPE(record->callable, &PyMethodDescr_Type) || Py_IS_TYPE(record->callable, &PyWrapperDescr_Type);
    bool is_known = slot->object != JIT_REF_NONE && JIT_IS_CONST(slot->object);
    if (_PyJitSlot_IsBare(b, callable)) {
        return;
    }
    if (slot->dirty && is_known && (has_self || b->slots[self].dirty)) {
        slot->plain |= JIT_INS(b->t, slot->object)->bits == (uint64_t)(uintptr_t)record->callable;      // it does not end
        return;
    }
    // Before the instruction begins: a rule may still refuse it.
    b->code = record->code;
    b->offset = record->offset - record->prefix;
    b->progress = index > 0 || b->peeled;
    _PyJitRef known = object_const(b, record->callable);
    if (!is_known) {
        (void)emit2(b, JIT_OP_GUARD_INE, emit2(b, JIT_OP_SAME, _PyJitSlot_Object(b, callable), known), konst(b, 0));
    }
    _PyJitSlot_Own(b, callable);
    slot->object = is_known ? slot->object : known;
    slot->plain |= slot->object == known;
    if (!has_self && known_null(b, self) < 0) {
        (void)emit1(b, JIT_OP_GUARD_NULL, _PyJitSlot_Object(b, self));
    }
    if (!has_self && !b->slots[self].dirty) {
        b->slots[self] = (_PyJitSlot){.object = object_const(b, NULL), .dirty = 1, .plain = 1};
    }
}

uint32_t
_PyJitLower_Record(_PyJitBuilder *b, uint32_t index)
{
    _PyJitTrace *t = b->t;
    const _PyJitRecord *record = &t->records[index];
    uint32_t oparg = record->oparg;
    assert(this_frame(b)->lowered);
    if (b->chain > 0 && index == 0 && !b->peeled && !record->fits) {
        return REFUSE(b);              // this instruction failed a check before, and not for its types
    }
    if (record->callable != NULL) {
        know_callable(b, index);
    }
    if (record->entered != JIT_ENTERED_NOT) {
        return record->entered == JIT_ENTERED_CONSUMER ? _PyJitLower_Consumer(b, index) : _PyJitLower_Operator(b, index);
    }
    switch (record->opcode) {
        case NOP:
        case JUMP_FORWARD:
        case JUMP_BACKWARD_NO_INTERRUPT:
            _PyJitLower_Begin(b, index);
            return 1;
        case JUMP_BACKWARD:
            _PyJitLower_Begin(b, index);
            if (!has_looked(b, index)) {
                (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_NO_EVENT, JIT_REF_NONE, JIT_REF_NONE, 0);
            }
            return 1;
        case LOAD_FAST:
            _PyJitLower_Begin(b, index);
            _PyJitSlot_PushLocal(b, local(b, oparg));
            return 1;
        case LOAD_FAST_CHECK:
        case LOAD_FAST_AND_CLEAR:
        case MAKE_CELL:
        case COPY_FREE_VARS:
        case LOAD_DEREF:
        case STORE_DEREF:
            return _PyJitLower_Local(b, index);
        case LOAD_FAST_LOAD_FAST:
            _PyJitLower_Begin(b, index);
            _PyJitSlot_PushLocal(b, local(b, oparg >> 4));
            _PyJitSlot_PushLocal(b, local(b, oparg & 15));
            return 1;
        case LOAD_CONST:
            _PyJitLower_Begin(b, index);
            _PyJitSlot_PushConst(b, PyTuple_GET_ITEM(t->codes[record->code]->co_consts, oparg));
            return 1;
        case STORE_FAST:
            if (!plain_locals(b, record, oparg, -1)) {
                return REFUSE(b);
            }
            _PyJitLower_Begin(b, index);
            _PyJitSlot_GuardStore(b, local(b, oparg), JIT_TAG(record->types, 2));
            _PyJitSlot_StoreTop(b, local(b, oparg));
            return 1;
        case STORE_FAST_LOAD_FAST:
            if (!plain_locals(b, record, oparg >> 4, -1)) {
                return REFUSE(b);
            }
            _PyJitLower_Begin(b, index);
            _PyJitSlot_GuardStore(b, local(b, oparg >> 4), JIT_TAG(record->types, 2));
            _PyJitSlot_StoreTop(b, local(b, oparg >> 4));
            _PyJitSlot_PushLocal(b, local(b, oparg & 15));
            return 1;
        case STORE_FAST_STORE_FAST:
            // The same local twice: what the first store puts there need not be plain.
            if (oparg >> 4 == (oparg & 15) || !plain_locals(b, record, oparg >> 4, (int)(oparg & 15))) {
                return REFUSE(b);
            }
            _PyJitLower_Begin(b, index);
            _PyJitSlot_GuardStores(b, record, local(b, oparg >> 4), local(b, oparg & 15));
            _PyJitSlot_StoreTop(b, local(b, oparg >> 4));
            _PyJitSlot_StoreTop(b, local(b, oparg & 15));
            return 1;
        case POP_TOP:
        case END_FOR:
            if (!_PyJitSlot_CanDrop(b) && !_PyJitSlot_CanRelease(b, b->depth - 1, JIT_TAG(record->types, 2))) {
                return REFUSE(b);
            }
            _PyJitLower_Begin(b, index);
            _PyJitSlot_GuardRelease(b, b->depth - 1, JIT_TAG(record->types, 2));
            _PyJitSlot_DropTop(b);
            return 1;
        case COPY:
            _PyJitLower_Begin(b, index);
            _PyJitSlot_Copy(b, b->depth - oparg);
            return 1;
        case SWAP:
            _PyJitLower_Begin(b, index);
            _PyJitSlot_Swap(b, b->depth - 1, b->depth - oparg);
            return 1;
        case FOR_ITER_RANGE:
            return _PyJitLower_Range(b, index);
        case FOR_ITER_GEN:
        case SEND_GEN:
        case YIELD_VALUE:
        case RETURN_GENERATOR:
        case END_SEND:
        case GET_YIELD_FROM_ITER:
        case GET_AWAITABLE:
            return _PyJitLower_Generator(b, index);
        case LOAD_GLOBAL_MODULE:
        case LOAD_GLOBAL_BUILTIN:
        case STORE_GLOBAL:
        case LOAD_NAME:
        case STORE_NAME:
            return _PyJitLower_Global(b, index);
        case LOAD_ATTR: {
            uint32_t done = _PyJitLower_IsClassMethod(record->seen) ? _PyJitLower_ClassMethod(b, index)
                : _PyJitLower_IsClassVariable(b, record) ? _PyJitLower_ClassVariable(b, index) : 0;
            if (done == 0) {
                done = _PyJitLower_Attribute(b, index);
            }
            return done != 0 ? done : _PyJitLower_Find(b, index);
        }
        case CALL_ISINSTANCE:
        case CALL_TYPE_1:
            return _PyJitLower_Find(b, index);
        case LOAD_ATTR_INSTANCE_VALUE:
        case LOAD_ATTR_SLOT:
        case LOAD_ATTR_MODULE:
        case LOAD_ATTR_CLASS:
        case LOAD_ATTR_WITH_HINT:
            return _PyJitLower_Attribute(b, index);
        case LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES:
        case LOAD_ATTR_NONDESCRIPTOR_NO_DICT:
            return _PyJitLower_IsClassVariable(b, record) ? _PyJitLower_ClassVariable(b, index) : _PyJitLower_Attribute(b, index);
        case STORE_ATTR_INSTANCE_VALUE:
        case STORE_ATTR_SLOT:
            return _PyJitLower_Attribute(b, index);
        case IMPORT_FROM:
        case STORE_ATTR:
        case STORE_ATTR_WITH_HINT:
            return _PyJitLower_IsClassVariable(b, record) ? _PyJitLower_ClassVariable(b, index) : _PyJitLower_Find(b, index);
        case BINARY_SUBSCR:
        case BINARY_SUBSCR_DICT:
        case BINARY_SUBSCR_STR_INT:
        case STORE_SUBSCR_DICT:
        case STORE_SUBSCR:
        case SET_ADD:
        case MAP_ADD:
            return _PyJitLower_Subscript(b, index);
        case BINARY_SLICE: {
            uint32_t done = _PyJitLower_Slice(b, index);
            return done != 0 || !record->leaf ? done : _PyJitLower_LeafInstruction(b, index);
        }
        case CALL_INTRINSIC_1: {
            uint32_t done = record->leaf ? _PyJitLower_LeafInstruction(b, index) : 0;
            return done != 0 ? done : _PyJitLower_Continuation(b, index);
        }
        case BUILD_MAP:
        case BUILD_CONST_KEY_MAP: {
            uint32_t done = _PyJitLower_CopiedNames(b, index);
            return done != 0 ? done : _PyJitLower_LeafInstruction(b, index);
        }
        case FORMAT_SIMPLE:
        case FORMAT_WITH_SPEC:
        case CONVERT_VALUE:
        case BUILD_STRING:
        case BUILD_SET:
        case UNPACK_EX:
        case LIST_EXTEND:
        case DICT_MERGE:
        case DICT_UPDATE:
        case SET_UPDATE:
        case BUILD_SLICE:
        case STORE_SLICE:
        case DELETE_ATTR:
        case DELETE_SUBSCR:
        case MATCH_KEYS:
        case MATCH_CLASS:
            return _PyJitLower_LeafInstruction(b, index);
        case GET_LEN:
        case MATCH_MAPPING:
        case MATCH_SEQUENCE:
            return _PyJitLower_Match(b, index);
        case BUILD_LIST:
        case BUILD_TUPLE:
        case GET_ITER:
        case MAKE_FUNCTION:
        case SET_FUNCTION_ATTRIBUTE:
        case BINARY_OP_ADD_UNICODE:
        case BINARY_OP_INPLACE_ADD_UNICODE:
            return _PyJitLower_Make(b, index);
        case CALL_LEN:
        case CALL_BUILTIN_O:
        case CALL_BUILTIN_FAST:
        case CALL_BUILTIN_FAST_WITH_KEYWORDS:
        case CALL_BUILTIN_CLASS:
        case CALL_METHOD_DESCRIPTOR_FAST:
        case CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS:
        case CALL_METHOD_DESCRIPTOR_NOARGS:
        case CALL_METHOD_DESCRIPTOR_O: {
            uint32_t done = _PyJitLower_Builtin(b, index);
            return done != 0 ? done : _PyJitLower_Leaf(b, index);
        }
        case CALL:
            if (record->callable != NULL && _PyJit_IsObjectSetattr(record->callable)) {
                return _PyJitLower_SetAttribute(b, index);
            }
            return _PyJitLower_Leaf(b, index);
        case CALL_STR_1:
        case CALL_TUPLE_1:
        case CALL_NON_PY_GENERAL:
            return _PyJitLower_Leaf(b, index);
        // What is frequent goes to its rules at once.
        case COMPARE_OP_INT:
        case COMPARE_OP_FLOAT:
        case TO_BOOL_BOOL:
        case POP_JUMP_IF_TRUE:
        case POP_JUMP_IF_FALSE:
        case POP_JUMP_IF_NONE:
        case POP_JUMP_IF_NOT_NONE:
            return _PyJitLower_Compare(b, index);
        case CALL_PY_EXACT_ARGS:
        case CALL_BOUND_METHOD_EXACT_ARGS:
        case LOAD_ATTR_METHOD_WITH_VALUES:
        case LOAD_ATTR_METHOD_NO_DICT:
        case LOAD_ATTR_METHOD_LAZY_DICT:
        case PUSH_NULL:
        case RESUME_CHECK:
        case RETURN_VALUE:
        case RETURN_CONST:
        case RESERVED:
            return _PyJitLower_Call(b, index);
        default: {
            uint32_t done = _PyJitLower_Number(b, index);
            if (done == 0) {
                done = _PyJitLower_Compare(b, index);
            }
            return done != 0 ? done : _PyJitLower_Call(b, index);
        }
    }
}

#endif /* _Py_TIER2 */
