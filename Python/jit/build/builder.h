/* What the files of the trace builder share: walk.c (the walk over the records), slots*.c (the slot map), frames.c, the rules, loops and
 * side traces.  The state itself is in optimize/optimize.h.  InternalDocs/typed_traces.md explains the whole.
 */
#ifndef Py_JIT_BUILDER_H
#define Py_JIT_BUILDER_H

#include "jit/build/build.h"
#include "jit/optimize/optimize.h"

/* What a rule returns that does not apply: the instruction is opaque, and the place says why (reasons.c). */
#define REFUSE(B) _PyJitReason_Refuse((B), __FILE__, __LINE__, __func__)

static inline uint32_t
_PyJitReason_Refuse(_PyJitBuilder *b, const char *file, int line, const char *rule)
{
    b->refused_file = file;
    b->refused_line = line;
    b->refused_rule = rule;
    return 0;
}

/* reasons.c: the instruction of RECORD becomes opaque. */
void _PyJitReason_Note(_PyJitBuilder *b, const _PyJitRecord *record);

/* slots.c ------------------------------------------------------------------------------------------------------- */

/* Memory of slot INDEX, which has some, now holds OBJECT, whose reference is consumed by the store. */
void _PyJitSlot_Write(_PyJitBuilder *b, uint32_t index, _PyJitRef object, bool plain);
/* What was borrowed from the heap gets references of its own: before an operation that writes the heap. */
void _PyJitSlot_OwnHeap(_PyJitBuilder *b);
_PyJitRef _PyJitSlot_Object(_PyJitBuilder *b, uint32_t slot);    // NONE if only a number is known
_PyJitRef _PyJitSlot_Number(_PyJitBuilder *b, uint32_t slot, int type);   // unboxed; emits the guard
/* JIT_TYPE_I64 or F64 if the slot holds such a number, as is known or as was recorded (a JIT_TAG_); else NONE. */
int _PyJitSlot_Kind(const _PyJitBuilder *b, uint32_t slot, unsigned int tag);
/* TAG: of what is in LOCAL, which a store gives up.  GuardStore is a check: before any change of the map; GuardStores is one for the two
 * stores of RECORD.  StoreTop pops. */
bool _PyJitSlot_CanStore(const _PyJitBuilder *b, uint32_t local, unsigned int tag);
void _PyJitSlot_GuardStore(_PyJitBuilder *b, uint32_t local, unsigned int tag);
void _PyJitSlot_GuardStores(_PyJitBuilder *b, const _PyJitRecord *record, uint32_t first, uint32_t second);
void _PyJitSlot_StoreTop(_PyJitBuilder *b, uint32_t local);
/* The stack slot INDEX can be popped after GuardRelease (a check; at most one object an instruction, as two references could be the
 * last two).  TAG: of what is there.  What the rule takes from the object is safe until the rule ends: EndRecord, after each, gives it
 * up. */
bool _PyJitSlot_CanRelease(const _PyJitBuilder *b, uint32_t index, unsigned int tag);
void _PyJitSlot_GuardRelease(_PyJitBuilder *b, uint32_t index, unsigned int tag);
/* The same for an exact list or tuple of which the rule takes every item: they have references of their own when it is given up, so no check
 * is needed. */
void _PyJitSlot_ReleaseLate(_PyJitBuilder *b, uint32_t index);
/* The same for the top COUNT slots, as RECORD says how they end. */
bool _PyJitSlot_CanEnd(const _PyJitBuilder *b, const _PyJitRecord *record, uint32_t count);
void _PyJitSlot_GuardEnds(_PyJitBuilder *b, const _PyJitRecord *record, uint32_t count);
void _PyJitSlot_EndRecord(_PyJitBuilder *b);
void _PyJitSlot_PushLocal(_PyJitBuilder *b, uint32_t local);
void _PyJitSlot_Push(_PyJitBuilder *b, _PyJitSlot value);         // dirty
void _PyJitSlot_PushNumber(_PyJitBuilder *b, _PyJitRef number);
void _PyJitSlot_PushBool(_PyJitBuilder *b, _PyJitRef truth);      // 0 or 1
void _PyJitSlot_PushHeap(_PyJitBuilder *b, _PyJitRef object);    // an object borrowed from the heap
void _PyJitSlot_PushConst(_PyJitBuilder *b, PyObject *value);
void _PyJitSlot_PushNull(_PyJitBuilder *b);
void _PyJitSlot_MoveLocal(_PyJitBuilder *b, uint32_t local);     // pushes it, with its reference; the local, which is bound, is unbound then
void _PyJitSlot_Unbind(_PyJitBuilder *b, uint32_t local);        // which is unbound already
void _PyJitSlot_Copy(_PyJitBuilder *b, uint32_t from);           // pushes
void _PyJitSlot_Swap(_PyJitBuilder *b, uint32_t one, uint32_t other);
/* The number in SLOT, which has no object, gets one that the trace owns, and so do all slots of the same identity. */
void _PyJitSlot_Box(_PyJitBuilder *b, uint32_t slot);
bool _PyJitSlot_IsBare(const _PyJitBuilder *b, uint32_t slot);    // a number without an object
bool _PyJitSlot_IsAlone(const _PyJitBuilder *b, uint32_t slot);   // bare, and no other slot has the same identity
/* A reference to OBJECT for somebody who is about to take it.  false: there is nothing to count. */
bool _PyJitSlot_Incref(_PyJitBuilder *b, _PyJitRef object);
/* Pops an object with a reference to it, which the next operation has to take. */
_PyJitRef _PyJitSlot_TakeTop(_PyJitBuilder *b);
/* Nothing of users runs, and nothing is to be checked, where the slot is popped. */
static inline bool
can_drop(const _PyJitSlot *slot)
{
    return (slot->dirty && !slot->owned) || slot->plain;
}
bool _PyJitSlot_CanDrop(const _PyJitBuilder *b);                 // of the top one
void _PyJitSlot_DropTop(_PyJitBuilder *b);
void _PyJitSlot_Own(_PyJitBuilder *b, uint32_t slot);            // from memory: clean becomes dirty, owned by the trace
void _PyJitSlot_Keep(_PyJitBuilder *b, uint32_t slot);           // dirty becomes an object the trace owns

/* Writes everything dirty to memory, makes the frames that are not there, and moves the stack pointer; carried slots stay as they
 * are. */
void _PyJitBuild_Flush(_PyJitBuilder *b, bool keep_carried);
/* Everything dirty in the last frame, which is a generator's, goes to its memory, but for the top of the stack. */
void _PyJitSlot_WriteGenerator(_PyJitBuilder *b);
void _PyJitBuild_ForgetSlot(_PyJitBuilder *b, uint32_t slot);    // clean, or above the stack
void _PyJitBuild_ForgetAll(_PyJitBuilder *b);

/* frames.c ------------------------------------------------------------------------------------------------------ */

/* A new last frame of CODE (index) at DEPTH, whose slots are unknown. */
void _PyJitFrame_Enter(_PyJitBuilder *b, uint16_t code, int depth, bool in_memory);
/* The call of record INDEX, of the function in slot FUNCTION with the arguments in the slots from FIRST on, begins a frame of
 * CODE (index) that is not in memory. */
void _PyJitFrame_Call(_PyJitBuilder *b, uint32_t index, uint16_t code, uint32_t function, uint32_t first);
/* The instruction of record INDEX, which leaves the slots below FIRST on its stack, goes on with GENERATOR, whose frame runs CODE (index)
 * and has DEPTH slots in use. */
void _PyJitFrame_Resume(_PyJitBuilder *b, uint32_t index, uint32_t first, _PyJitRef generator, uint16_t code, uint32_t depth);
/* Back to the frame below, which goes on behind its call.  What the last frame had is dealt with. */
void _PyJitFrame_Leave(_PyJitBuilder *b);
/* After an opaque instruction: the last frame becomes the one RECORD runs in, whose stack is in memory. */
void _PyJitFrame_Follow(_PyJitBuilder *b, const _PyJitRecord *record);
/* Emits PUSH_FRAME for the frame above the machine's. */
void _PyJitFrame_Push(_PyJitBuilder *b);
/* The call of record INDEX, of the class in slot CLASS with the arguments two slots above it, begins the frames of SHIM and INIT
 * (indexes), which are not in memory.  FUNCTION is `__init__`, INSTANCE a new object that the trace owns. */
void _PyJitFrame_CallClass(_PyJitBuilder *b, uint32_t index, uint16_t shim, uint16_t init, uint32_t class, _PyJitRef function,
                           _PyJitRef instance);
/* The operator of record INDEX and KIND, with its operands on top, begins the frames of LOWER, its continuation, and of CODE (indexes),
 * which are not in memory.  FUNCTION is the method; GIVEN: what JIT_ARGUMENT_... number i is, at i (of a REST the frame takes the reference,
 * where there is one). */
void _PyJitFrame_CallOperator(_PyJitBuilder *b, uint32_t index, int kind, uint16_t lower, uint16_t code, _PyJitRef function,
                              const _PyJitRef *given);
/* EXIT, a reference, takes the place of the operand that the caller of the operator on top had on its stack. */
void _PyJitFrame_LeaveExit(_PyJitBuilder *b, _PyJitRef exit);
/* The call of record INDEX, with its OPERANDS on top, begins a frame of CODE (an index), a consumer's, which is not in memory. */
void _PyJitFrame_CallConsumer(_PyJitBuilder *b, uint32_t index, uint16_t code, uint32_t operands);
/* Checks that there will be room for the frames not in memory, and one of CODE.  SHIM: the same for one below it, if not NULL. */
void _PyJitFrame_GuardRoom(_PyJitBuilder *b, PyCodeObject *code, PyCodeObject *shim);

/* moves.c ------------------------------------------------------------------------------------------------------- */

/* Lowers the instruction of record INDEX.  Returns the number of records that are done; 0: it has to be opaque. */
uint32_t _PyJitLower_Record(_PyJitBuilder *b, uint32_t index);
/* The same for arithmetic (arithmetic.c), for comparisons, tests and the jumps behind them (compare.c). */
uint32_t _PyJitLower_Number(_PyJitBuilder *b, uint32_t index);
uint32_t _PyJitLower_Compare(_PyJitBuilder *b, uint32_t index);
/* protocol_calls.c: operators that are attributes (the method was found for LOAD_ATTR or STORE_ATTR, of KIND), and `with`.  Is RECORD such an
 * access?  Can the rule check that KIND's method is what is called?  Does so, behind the check of the type's version; GIVEN: what
 * JIT_ARGUMENT_... are. */
bool _PyJitLower_IsAttribute(const _PyJitRecord *record);
bool _PyJitLower_CanAccess(const _PyJitBuilder *b, const _PyJitRecord *record, int kind);
void _PyJitLower_GuardAccess(_PyJitBuilder *b, const _PyJitRecord *record, int kind, PyFunctionObject *method, _PyJitRef *given);
/* RECORD, an operator, is the CALL at the end of `with`.  Its rule, with METHOD; LOWER and CALLEE as for _PyJitFrame_CallOperator. */
bool _PyJitLower_IsEndOfWith(const _PyJitRecord *record);
uint32_t _PyJitLower_EndWith(_PyJitBuilder *b, uint32_t index, uint16_t lower, uint16_t callee, const PyFunctionObject *method);
/* raises.c: what raises or handles an exception that is not made. */
uint32_t _PyJitLower_Raise(_PyJitBuilder *b, uint32_t index);
/* globals.c: LOAD_GLOBAL_MODULE and LOAD_GLOBAL_BUILTIN. */
uint32_t _PyJitLower_Global(_PyJitBuilder *b, uint32_t index);
/* The walk's frame may have GLOBALS, whose builtins are the interpreter's; emits the check that it has, after which both are constants. */
bool _PyJitGlobals_CanCheck(const _PyJitBuilder *b, PyObject *globals);
void _PyJitGlobals_Check(_PyJitBuilder *b, PyObject *globals);
/* Before anything is built of RECORD, a STORE_GLOBAL: what it stores to is no constant. */
void _PyJitGlobals_GiveUp(const _PyJitTrace *t, const _PyJitRecord *record);
/* locals.c: locals that may not be bound, and cells. */
uint32_t _PyJitLower_Local(_PyJitBuilder *b, uint32_t index);
/* generators.c: what makes, resumes and ends generators, and YIELD_VALUE; the return of a generator. */
uint32_t _PyJitLower_Generator(_PyJitBuilder *b, uint32_t index);
uint32_t _PyJitLower_EndGenerator(_PyJitBuilder *b, uint32_t index);
/* consumer_calls.c: calls of builtins that take all items of a generator; in memory where the rule does not apply; and CALL_INTRINSIC_1 in
 * the frame that was begun, with WHAT for its oparg. */
uint32_t _PyJitLower_Consumer(_PyJitBuilder *b, uint32_t index);
void _PyJitLower_EnterConsumer(_PyJitBuilder *b, uint32_t index);
/* step_calls.c: FOR_ITER of map() or filter(), and CALL_INTRINSIC_1 in its frame. */
uint32_t _PyJitLower_Step(_PyJitBuilder *b, uint32_t index);
uint32_t _PyJitLower_EndStep(_PyJitBuilder *b, uint32_t index, int what);
uint32_t _PyJitLower_ConsumerStep(_PyJitBuilder *b, uint32_t index, int what);
/* calls.c, returns.c: the same for calls, methods and returns. */
uint32_t _PyJitLower_Call(_PyJitBuilder *b, uint32_t index);
uint32_t _PyJitLower_Return(_PyJitBuilder *b, uint32_t index);
/* returns.c: what a return gives up, each once, is checked; OP checks that one does not end. */
typedef struct {
    uint32_t n, nplain;
    bool plain[JIT_MAX_SLOTS + 1];         // when it was recorded
    _PyJitRef objects[JIT_MAX_SLOTS + 1];
} _PyJitEnds;

/* OBJECT is given up by RECORD, too: it was in LOCAL, or in none (UINT32_MAX). */
void _PyJitReturn_AddEnd(_PyJitEnds *ends, const _PyJitRecord *record, _PyJitRef object, uint32_t local);
void _PyJitReturn_GuardEnds(_PyJitBuilder *b, const _PyJitRecord *record, int op, const _PyJitEnds *ends);
/* operator_calls.c: operators that were entered, and the end of their continuation frames. */
uint32_t _PyJitLower_Operator(_PyJitBuilder *b, uint32_t index);
uint32_t _PyJitLower_Continuation(_PyJitBuilder *b, uint32_t index);
/* The same where the rule does not apply: in memory.  The frame's operands are there. */
void _PyJitLower_EnterOperator(_PyJitBuilder *b, uint32_t index);
/* leaf.c: a new dict of N VALUES, of which it gets references of its own, under those NAMES, exact strs, which live as long as the trace,
 * that WHICH has the numbers of. */
_PyJitRef _PyJitLower_NewDict(_PyJitBuilder *b, PyObject *names, const uint8_t *which, const _PyJitRef *values, uint32_t n);
/* keywords.c: CALL_KW; CALL_FUNCTION_EX. */
uint32_t _PyJitLower_CallKeywords(_PyJitBuilder *b, uint32_t index);
uint32_t _PyJitLower_CallTuple(_PyJitBuilder *b, uint32_t index);
/* CALL_FUNCTION_EX, three records behind INDEX, of a copy of the dict in slot NAMES, which is not made; nor is what INDEX makes, in front of it. */
uint32_t _PyJitLower_CallWithNamesOf(_PyJitBuilder *b, uint32_t index, uint32_t names);
/* make.c: the call `f(*a, name=value, **names)`, where `names` is a local, which begins with the dict for what it copies. */
uint32_t _PyJitLower_CopiedNames(_PyJitBuilder *b, uint32_t index);
/* calls.c: what SLOT holds is known, and is no function of this CODE and VERSION, which was called when this was recorded: a loop is
 * lowered again with what is on the stack at the end of an iteration, and that may be the method of another class. */
bool _PyJitLower_IsAnother(const _PyJitBuilder *b, uint32_t slot, const PyCodeObject *code, uint32_t version);
/* A method object on the stack, and what it binds. */
typedef struct {
    _PyJitRef object, function, self;
    bool owned;                // the stack has a reference to it
} _PyJitMethod;

/* What is in slot METHOD, below NULL, is a method of a function of VERSION: checks that, and opens it. */
_PyJitMethod _PyJitLower_OpenMethod(_PyJitBuilder *b, uint32_t method, uint32_t version);
/* The function and its `self` take the place of the method.  Nothing must leave behind that. */
void _PyJitLower_ReplaceMethod(_PyJitBuilder *b, uint32_t method, const _PyJitMethod *parts);
/* The code that runs after the call of record INDEX, from its beginning; -1: not known. */
int _PyJitLower_Callee(const _PyJitBuilder *b, uint32_t index);
/* There is room in the map for a frame of CODE, and for one of SHIM below it, if that is not NULL. */
bool _PyJitLower_Fits(const _PyJitBuilder *b, const PyCodeObject *code, const PyCodeObject *shim);
/* builtins.c: calls of builtins. */
uint32_t _PyJitLower_Builtin(_PyJitBuilder *b, uint32_t index);
/* The constant callable of a call with NARGS arguments on the stack and nothing bound; borrowed, or NULL. */
PyObject *_PyJitLower_Callable(const _PyJitBuilder *b, uint32_t nargs);
/* leaf.c: calls of other builtins that run no code of users. */
uint32_t _PyJitLower_Leaf(_PyJitBuilder *b, uint32_t index);
uint32_t _PyJitLower_LeafSpread(_PyJitBuilder *b, uint32_t index);
uint32_t _PyJitLower_LeafInstruction(_PyJitBuilder *b, uint32_t index);
uint32_t _PyJitLower_WideInts(_PyJitBuilder *b, uint32_t index);
/* The top two slots compared by OPERATOR (Py_LT...), 0 or 1; leaves where that may run code of users, or fails. */
_PyJitRef _PyJitLeaf_EmitCompare(_PyJitBuilder *b, uint32_t operator);
_PyJitRef _PyJitLeaf_EmitSize(_PyJitBuilder *b, _PyJitRef object);
/* Whether OBJECT is a MAPPING, or a sequence, as `match` has it: 0 or 1. */
_PyJitRef _PyJitLeaf_EmitMatch(_PyJitBuilder *b, _PyJitRef object, bool mapping);
_PyJitRef _PyJitLeaf_EmitContains(_PyJitBuilder *b, _PyJitRef object, _PyJitRef key);
/* math.c: a call of CALLABLE (NULL: not known) with NARGS arguments. */
uint32_t _PyJitLower_Math(_PyJitBuilder *b, uint32_t index, PyObject *callable, uint32_t nargs);
/* attributes.c: attributes of instances, modules and classes. */
uint32_t _PyJitLower_Attribute(_PyJitBuilder *b, uint32_t index);
/* A call of `object.__setattr__`. */
uint32_t _PyJitLower_SetAttribute(_PyJitBuilder *b, uint32_t index);
/* The top of the stack but ABOVE slots, which are dropped too, replaces what stands at PLACE of OWNER, which has VERSION.  OLD_TAG: of what
 * is replaced, neither NULL nor OTHER. */
void _PyJitAttribute_Replace(_PyJitBuilder *b, _PyJitRef owner, uint32_t version, uint32_t place, unsigned int old_tag, uint32_t above);
/* range_loops.c: ranges and their iterators. */
uint32_t _PyJitLower_Range(_PyJitBuilder *b, uint32_t index);
/* The FOR_ITER of record INDEX found nothing more, of any iterator. */
bool _PyJitRange_IsEnd(const _PyJitBuilder *b, uint32_t index);
/* sequences.c: for lists, tuples and their iterators. */
uint32_t _PyJitLower_Seq(_PyJitBuilder *b, uint32_t index);
/* make.c: for what makes lists, tuples, iterators and strings. */
uint32_t _PyJitLower_Make(_PyJitBuilder *b, uint32_t index);
/* A new tuple of the top N slots, 1 to JIT_MOST_ITEMS, takes their place: boxes are made, and it may leave, before anything changes. */
#define JIT_MOST_ITEMS 16
void _PyJitLower_MakeTuple(_PyJitBuilder *b, uint32_t n);
/* subscripts.c: for subscripts whose specialized forms sequences.c does not have. */
uint32_t _PyJitLower_Subscript(_PyJitBuilder *b, uint32_t index);
/* slices.c: BINARY_SLICE. */
uint32_t _PyJitLower_Slice(_PyJitBuilder *b, uint32_t index);
uint32_t _PyJitLower_Match(_PyJitBuilder *b, uint32_t index);
/* lookups.c: attributes and classes of objects of any type: LOAD_ATTR, and calls of getattr, hasattr, isinstance, type, callable, id. */
uint32_t _PyJitLower_Find(_PyJitBuilder *b, uint32_t index);
/* Is RECORD about a class variable, which is read and written where it is (class_variables.c)? */
bool _PyJitLower_IsClassVariable(const _PyJitBuilder *b, const _PyJitRecord *record);
uint32_t _PyJitLower_ClassVariable(_PyJitBuilder *b, uint32_t index);
/* subscripts.c: what is looked for, right behind this, in place of KNOWN, the key in SLOT, which nobody keeps: a tuple that the trace has just made
 * need not be made for that. */
_PyJitRef _PyJitLower_KeyToFind(_PyJitBuilder *b, uint32_t slot, _PyJitRef known);
/* bound_methods.c: can the class SEEN give its instances a method NAME, of a function that its version says?  Bind checks OWNER, and makes the
 * method object, of which the trace has the reference. */
bool _PyJitLower_CanBind(PyObject *seen, PyObject *name);
_PyJitRef _PyJitLower_Bind(_PyJitBuilder *b, PyTypeObject *type, PyObject *name, _PyJitRef owner);
/* The string that record INDEX makes of those in slots LEFT and LEFT + 1, of which one is a constant, where a method is looked for with it; else
 * NONE.  NameAt: the text of what is in SLOT, if that is known, or NULL. */
_PyJitRef _PyJitLower_NewName(_PyJitBuilder *b, uint32_t index, uint32_t left);
PyObject *_PyJitLower_NameAt(const _PyJitBuilder *b, uint32_t slot);
/* LOAD_ATTR of a class method, or a static one, that is called: the record has it in `seen`. */
static inline bool
_PyJitLower_IsClassMethod(const PyObject *seen)
{
    return seen != NULL && (Py_IS_TYPE(seen, &PyClassMethod_Type) || Py_IS_TYPE(seen, &PyStaticMethod_Type));
}
uint32_t _PyJitLower_ClassMethod(_PyJitBuilder *b, uint32_t index);
/* The same where record INDEX loads METHOD, a class method, in place of OPERANDS.  Open checks what it has, which is the function to be called. */
bool _PyJitLower_CanOpenClassMethod(_PyJitBuilder *b, uint32_t index, uint32_t operands, PyObject *method);
PyObject *_PyJitLower_OpenClassMethod(_PyJitBuilder *b, uint32_t index, uint32_t operands, PyObject *method);
/* The instruction at INDEX begins: its checks lead to it. */
static inline void
_PyJitLower_Begin(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    b->code = record->code;
    b->offset = record->offset - record->prefix;
    b->ran = record->offset + 1;
    b->progress = index > 0 || b->peeled;
    b->failed |= _PyJitTrace_Emit(b->t, JIT_OP_BYTECODE, JIT_TYPE_NONE, JIT_REF_NONE, JIT_REF_NONE, index,
                                  JIT_NO_SNAPSHOT) == JIT_REF_NONE;
}
/* What was recorded has been walked: what is checked or written from here on leads to where the recording ended. */
static inline void
_PyJitBuild_AtEnd(_PyJitBuilder *b)
{
    b->code = (uint16_t)b->end_code;
    b->offset = b->end_offset;
    b->progress = true;
}
/* At the end of a trace that goes on in a loop: leaves while an event is pending, to where control is, which need not be at the loop's
 * jump.  Nothing where the last instruction was a jump, which has looked. */
void _PyJitLower_LookForEvents(_PyJitBuilder *b);
/* Where control went after record INDEX.  false: not known. */
bool _PyJitLower_Next(const _PyJitBuilder *b, uint32_t index, uint16_t *code, uint32_t *offset);

/* arithmetic.c ------------------------------------------------------------------------------------------------ */

/* Operands of arithmetic, bools among them: JIT_TYPE_I64, F64 or NONE; the number, of that type, after its check. */
int _PyJitNumber_Kind(const _PyJitBuilder *b, uint32_t slot, unsigned int tag);
_PyJitRef _PyJitNumber_Get(_PyJitBuilder *b, uint32_t slot, unsigned int tag, int type);
/* Is the slot a bool, as is known or as was recorded?  0 or 1, after its check. */
bool _PyJitNumber_IsBool(const _PyJitBuilder *b, uint32_t slot, unsigned int tag);
_PyJitRef _PyJitNumber_Bool(_PyJitBuilder *b, uint32_t slot);
/* The same for operand number FROM_TOP (0: the top of the stack) of RECORD, a BINARY_OP or COMPARE_OP: it may be of a class derived from int. */
int _PyJitNumber_OperandKind(const _PyJitBuilder *b, const _PyJitRecord *record, uint32_t from_top);
_PyJitRef _PyJitNumber_Operand(_PyJitBuilder *b, const _PyJitRecord *record, uint32_t from_top, int type);
/* It is: then its end has to be checked. */
bool _PyJitNumber_IsDerived(const _PyJitBuilder *b, const _PyJitRecord *record, uint32_t from_top);

/* walk.c ------------------------------------------------------------------------------------------------------- */

/* Lowers all records.  0: done; 1: the last one has ended the trace; -1: no memory. */
int _PyJitBuild_Walk(_PyJitBuilder *b);
/* Before what is known of the frame's locals is used, with memory complete at CODE:OFFSET: leaves if somebody may have written them. */
void _PyJitBuild_MakeSure(_PyJitBuilder *b, uint16_t code, uint32_t offset);
/* Behind what may have run code of users, with memory complete at CODE:OFFSET: leaves if that has made the trace invalid. */
void _PyJitBuild_CheckValid(_PyJitBuilder *b, uint16_t code, uint32_t offset);
/* With memory complete: leaves unless IP, the newest value, is where the trace goes on, CODE:OFFSET. */
void _PyJitBuild_GuardIP(_PyJitBuilder *b, _PyJitRef ip, uint16_t code, uint32_t offset);
/* With memory complete: the trace ends, and control goes on at IP. */
void _PyJitBuild_GoTo(_PyJitBuilder *b, _PyJitRef ip);

/* loop.c -------------------------------------------------------------------------------------------------- */

/* After the walk over the records of a loop.  1: the trace ends in LOOP; 0: it is as the walk left it; -1: no memory. */
int _PyJitLoop_Peel(_PyJitBuilder *b);
/* In a side trace at the head of the loop it may come back to: lowers that loop's records N times.  1: done, the head is alike now;
 * 0: it is not, and nothing has changed; -1: no memory. */
int _PyJitLoop_Unroll(_PyJitBuilder *b, int n);
/* A constant whose object is found again by its value is as good as a number without one. */
void _PyJitLoop_DropSmallObjects(_PyJitBuilder *b, uint32_t depth);

/* side.c -------------------------------------------------------------------------------------------------------- */

/* After START_SIDE: the map begins with the values of b->from. */
void _PyJitSide_Begin(_PyJitBuilder *b);

/* side_head.c, side_back.c --------------------------------------------------------------------------------------------------- */

/* When a trace is complete that ends in LOOP: what side traces need to come back.  HEAD is the map at its head, FIELDS what was
 * known of attributes, WRITTEN the classes of memory its body writes. */
void _PyJitSide_NoteHead(_PyJitBuilder *b, const _PyJitSlot *head, uint32_t depth, const _PyJitFieldPlan *fields,
                         uint32_t written);
/* The exit is one of the loop's body, or of a side trace from there: it hands on what the loop's head knew. */
bool _PyJitSide_IsHeld(const _PyJitExit *exit);
/* What REF of LOOP is here: the value it had when the loop was entered.  JIT_REF_NONE: that is not known. */
_PyJitRef _PyJitSide_OldValue(_PyJitBuilder *b, const _PyJitTrace *loop, _PyJitRef ref);
/* After the snapshot's values and the passed ones: slots that nothing has written since the head. */
void _PyJitSide_BeginHeld(_PyJitBuilder *b);
/* The same for attributes. */
void _PyJitSide_BeginFields(_PyJitBuilder *b);
/* side_loop.c: ends the trace with a loop of its own, if it has numbers that the loop it comes back to would not keep, or has RECORDED more
 * records: those of an iteration that is not the other loop's, whose last instruction led to ARRIVED.  1: done; 0: it would gain nothing,
 * or cannot be; -1: no memory. */
int _PyJitSide_OwnLoop(_PyJitBuilder *b, uint32_t recorded, uint32_t arrived);
/* How many more iterations of the loop would bring about at its end what its head has in registers: 0 to 2; -1: no number would. */
int _PyJitSide_IterationsToHead(_PyJitBuilder *b);
/* side_loop.c: lowers them, if they do.  0: done, or nothing has changed; -1: no memory. */
int _PyJitSide_Iterate(_PyJitBuilder *b);
/* Ends the trace with TO_HEAD.  false: it cannot be; the map is right, and the trace is to be ended in another way. */
bool _PyJitSide_GoBack(_PyJitBuilder *b);

/* carried.c ----------------------------------------------------------------------------------------------------- */

/* What a local that stands before a loop's head, or at its end, holds: an instance that nobody else has, of numbers that nobody else has as
 * objects.  false: it does not. */
bool _PyJitVirtual_Describe(const _PyJitBuilder *b, uint32_t local, _PyJitShape *shape);
/* Both are of one class, and have numbers of the same types in the same places. */
bool _PyJitVirtual_IsAlike(const _PyJitTrace *t, const _PyJitShape *one, const _PyJitTrace *other_trace, const _PyJitShape *other);
/* A virtual of SHAPE, with NUMBERS for its fields. */
_PyJitRef _PyJitVirtual_Emit(_PyJitBuilder *b, const _PyJitShape *shape, const _PyJitRef *numbers);
/* VALUE, a number of IDENTITY or an object, stands at PLACE of OBJECT, a VIRTUAL of a class of VERSION. */
void _PyJitVirtual_Know(_PyJitBuilder *b, _PyJitRef object, uint32_t version, uint32_t place, _PyJitRef value, uint16_t identity);
/* An attribute of a virtual has a number of IDENTITY. */
bool _PyJitVirtual_HasIdentity(const _PyJitBuilder *b, uint16_t identity);
/* Numbers of IDENTITY have got a BOX: so do attributes of virtuals. */
void _PyJitVirtual_Box(_PyJitBuilder *b, uint16_t identity, _PyJitRef box);
/* Numbers of slots that were boxed for objects which are not made are numbers without objects again.  Before a loop's head, and at its
 * end. */
void _PyJitVirtual_Unbox(_PyJitBuilder *b, uint32_t depth);
/* SHAPE's object is carried around a loop as numbers: the trace is right only if it is never made. */
void _PyJitVirtual_Bind(_PyJitBuilder *b, const _PyJitShape *shape);

#endif /* !Py_JIT_BUILDER_H */
