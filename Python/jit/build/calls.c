/* Lowering rules of calls.
 *
 * A call of a Python function becomes checks (which function it is, whether there is room for its frame) and moves in the slot
 * map: the arguments become the locals of a frame that does not exist.  What the caller had on its stack in memory, references
 * included, belongs to the trace meanwhile (rule 7 of slots.c).
 *
 * A method is called the same way: LOAD_ATTR_METHOD_... finds a function that is a constant under the checks of its
 * instruction, and leaves `self` below the arguments.  Only the call of a bound method object has to look inside it.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_object.h"
#include "pycore_typeobject.h"
#include "jit/build/rules.h"

/* --- Calls ---------------------------------------------------------------------------------------------------------- */

int
_PyJitLower_Callee(const _PyJitBuilder *b, uint32_t index)
{
    uint16_t code;
    uint32_t offset;
    return _PyJitLower_Next(b, index, &code, &offset) && offset == 0 ? code : -1;
}

bool
_PyJitLower_Fits(const _PyJitBuilder *b, const PyCodeObject *code, const PyCodeObject *shim)
{
    uint32_t words = (uint32_t)(code->co_nlocalsplus + code->co_stacksize), more = shim != NULL;
    if (shim != NULL) {
        words += (uint32_t)(shim->co_nlocalsplus + shim->co_stacksize);
    }
    return b->nframes + more < JIT_MAX_FRAMES && b->nslots + words + JIT_MAX_FRAMES <= JIT_MAX_SLOTS;
}

/* Takes nothing but positional arguments; any number of them, if it has a name for the rest of them. */
static bool
is_positional(const PyCodeObject *code)
{
    return (code->co_flags & (CO_OPTIMIZED | CO_NEWLOCALS | CO_VARKEYWORDS)) == (CO_OPTIMIZED | CO_NEWLOCALS)
        && code->co_kwonlyargcount == 0;
}

static bool
takes_rest(const PyCodeObject *code)
{
    return (code->co_flags & CO_VARARGS) != 0;
}

/* Takes a fixed number of positional arguments. */
static bool
is_simple(const PyCodeObject *code)
{
    return is_positional(code) && !takes_rest(code);
}

bool
_PyJitLower_IsAnother(const _PyJitBuilder *b, uint32_t slot, const PyCodeObject *code, uint32_t version)
{
    _PyJitRef ref = b->slots[slot].object;
    if (ref == JIT_REF_NONE || !JIT_IS_CONST(ref)) {
        return false;
    }
    PyObject *function = (PyObject *)(uintptr_t)JIT_INS(b->t, ref)->bits;
    return function == NULL || !PyFunction_Check(function) || PyFunction_GET_CODE(function) != (PyObject *)code
        || ((PyFunctionObject *)function)->func_version != version;
}

/* The arguments GIVEN to WANTED of the frame that was entered are default values of FUNCTION, which has them. */
static void
load_defaults(_PyJitBuilder *b, _PyJitRef function, uint32_t given, uint32_t wanted)
{
    // They are counted from the last one.
    for (uint32_t i = given; i < wanted; i++) {
        _PyJitRef value = _PyJitBuild_Emit(b, JIT_OP_LOAD_DEFAULT, function, JIT_REF_NONE, wanted - i);
        b->slots[local(b, i)] = (_PyJitSlot){.object = value, .dirty = 1, .heap = 1};
    }
}

/* CALL_PY_EXACT_ARGS, and CALL_PY_GENERAL where defaults are all that is missing, or the rest of the arguments becomes a tuple. */
static uint32_t
call_function(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    int callee = _PyJitLower_Callee(b, index);
    if (callee < 0) {
        return REFUSE(b);
    }
    PyCodeObject *code = b->t->codes[callee];
    if (record->opcode == CALL_PY_GENERAL && (code->co_kwonlyargcount > 0 || code->co_flags & CO_VARKEYWORDS)) {
        return _PyJitLower_CallKeywords(b, index);
    }
    uint32_t wanted = (uint32_t)code->co_argcount, first = b->depth - record->oparg;
    uint32_t self = first - 1, function = first - 2;
    int null = known_null(b, self);
    bool exact = record->opcode == CALL_PY_EXACT_ARGS;
    bool has_self = exact ? wanted == record->oparg + 1 : null == 0;
    uint32_t given = record->oparg + has_self;
    if (!_PyJitLower_Fits(b, code, NULL) || (null >= 0 && (null == 1) == has_self) || (exact && wanted != given) || _PyJitSlot_IsBare(b, function)
        || !is_version(unit32(b, record, 2)) || _PyJitLower_IsAnother(b, function, code, unit32(b, record, 2))) {
        return REFUSE(b);
    }
    bool rest = takes_rest(code);
    uint32_t more = given > wanted ? given - wanted : 0;
    if (!exact && (null < 0 || !is_positional(code) || (more > 0 && !rest) || more > JIT_MOST_ITEMS)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, function);
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_FUNCTION, object, JIT_REF_NONE, unit32(b, record, 2));
    if (given < wanted) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_DEFAULTS, object, JIT_REF_NONE, wanted - given);
    }
    if (null < 0) {
        (void)_PyJitBuild_Emit(b, has_self ? JIT_OP_GUARD_BOUND : JIT_OP_GUARD_NULL, _PyJitSlot_Object(b, self), JIT_REF_NONE, 0);
    }
    _PyJitFrame_GuardRoom(b, code, NULL);
    if (more > 0) {
        _PyJitLower_MakeTuple(b, more);
    }
    _PyJitFrame_Call(b, index, (uint16_t)callee, function, has_self ? self : first);
    if (rest && more == 0) {
        b->slots[local(b, wanted)] = (_PyJitSlot){.object = object_const(b, &_Py_SINGLETON(tuple_empty)), .dirty = 1};
    }
    load_defaults(b, object, given, wanted);
    return 1;
}

_PyJitMethod
_PyJitLower_OpenMethod(_PyJitBuilder *b, uint32_t method, uint32_t version)
{
    _PyJitMethod parts = {.object = _PyJitSlot_Object(b, method), .owned = !b->slots[method].dirty || b->slots[method].owned};
    if (parts.owned) {
        _PyJitSlot_OwnHeap(b);           // from the method, perhaps, which may end here
    }
    const _PyJitIns *made = b->failed ? NULL : JIT_INS(b->t, parts.object);
    bool is_new = made != NULL && made->op == JIT_OP_NEW_METHOD;
    if (is_new) {
        parts.function = made->a;
        parts.self = made->b;
    }
    else {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_METHOD, parts.object, JIT_REF_NONE, parts.owned);
    }
    if (known_null(b, method + 1) < 0) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_NULL, _PyJitSlot_Object(b, method + 1), JIT_REF_NONE, 0);
    }
    if (!is_new) {
        parts.function = _PyJitBuild_Emit(b, JIT_OP_LOAD_METHOD_FUNCTION, parts.object, JIT_REF_NONE, 0);
        parts.self = _PyJitBuild_Emit(b, JIT_OP_LOAD_METHOD_SELF, parts.object, JIT_REF_NONE, 0);
    }
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_FUNCTION, parts.function, JIT_REF_NONE, version);
    return parts;
}

void
_PyJitLower_ReplaceMethod(_PyJitBuilder *b, uint32_t method, const _PyJitMethod *parts)
{
    bool owned = parts->owned, constant = JIT_IS_CONST(parts->function);
    if (owned) {
        // Tier 1 gives it up now, when it has references to what it binds; so nothing but the method object ends.
        if (!constant) {
            (void)emit1(b, JIT_OP_INCREF, parts->function);
        }
        (void)emit1(b, JIT_OP_INCREF, parts->self);
        (void)emit1(b, JIT_OP_DECREF_PLAIN, parts->object);
    }
    b->slots[method] = (_PyJitSlot){.object = parts->function, .dirty = 1, .heap = !owned && !constant, .owned = owned && !constant};
    b->slots[method + 1] = (_PyJitSlot){.object = parts->self, .dirty = 1, .heap = !owned, .owned = owned};
}

/* CALL_BOUND_METHOD_EXACT_ARGS: the method object on the stack becomes its function and its `self`. */
static uint32_t
call_method(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    int callee = _PyJitLower_Callee(b, index);
    if (callee < 0) {
        return REFUSE(b);
    }
    PyCodeObject *code = b->t->codes[callee];
    uint32_t self = b->depth - record->oparg - 1, method = self - 1;
    if (!_PyJitLower_Fits(b, code, NULL) || known_null(b, self) == 0 || (uint32_t)code->co_argcount != record->oparg + 1 || _PyJitSlot_IsBare(b, method)
        || !is_version(unit32(b, record, 2))) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitMethod parts = _PyJitLower_OpenMethod(b, method, unit32(b, record, 2));
    _PyJitFrame_GuardRoom(b, code, NULL);
    _PyJitLower_ReplaceMethod(b, method, &parts);
    _PyJitFrame_Call(b, index, (uint16_t)callee, method, self);
    return 1;
}

/* CALL_BOUND_METHOD_GENERAL, where defaults are all that is missing, or the rest of the arguments becomes a tuple. */
static uint32_t
call_method_general(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    int callee = _PyJitLower_Callee(b, index);
    if (callee < 0) {
        return REFUSE(b);
    }
    PyCodeObject *code = b->t->codes[callee];
    uint32_t self = b->depth - record->oparg - 1, method = self - 1, wanted = (uint32_t)code->co_argcount, given = record->oparg + 1;
    uint32_t more = given > wanted ? given - wanted : 0;
    if (!_PyJitLower_Fits(b, code, NULL) || known_null(b, self) == 0 || _PyJitSlot_IsBare(b, method) || !is_version(unit32(b, record, 2))
        || !is_positional(code) || wanted == 0 || (more > 0 && !takes_rest(code)) || more > JIT_MOST_ITEMS) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitMethod parts = _PyJitLower_OpenMethod(b, method, unit32(b, record, 2));
    if (given < wanted) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_DEFAULTS, parts.function, JIT_REF_NONE, wanted - given);
    }
    _PyJitFrame_GuardRoom(b, code, NULL);
    if (more > 0) {
        _PyJitLower_MakeTuple(b, more);
    }
    _PyJitLower_ReplaceMethod(b, method, &parts);
    _PyJitFrame_Call(b, index, (uint16_t)callee, method, self);
    if (takes_rest(code) && more == 0) {
        b->slots[local(b, wanted)] = (_PyJitSlot){.object = object_const(b, &_Py_SINGLETON(tuple_empty)), .dirty = 1};
    }
    load_defaults(b, parts.function, given, wanted);
    return 1;
}

/* --- Calls of classes ------------------------------------------------------------------------------------------------- */

/* EXIT_INIT_CHECK, in a shim frame: nothing to do where `__init__` is known to have returned None. */
static uint32_t
check_init(_PyJitBuilder *b, uint32_t index)
{
    _PyJitRef object = b->slots[b->depth - 1].object;
    if (object == JIT_REF_NONE || !JIT_IS_CONST(object) || JIT_INS(b->t, object)->bits != (uint64_t)(uintptr_t)Py_None) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    drop(b, 1);
    return 1;
}

/* --- Calls an instruction makes by itself --------------------------------------------------------------------------- */

/* FUNCTION, which the version of a type stands for, is called with the top COUNT slots. */
static uint32_t
call_hidden(_PyJitBuilder *b, uint32_t index, PyObject *function, uint32_t count, uint32_t type_version, uint32_t version)
{
    int callee = _PyJitLower_Callee(b, index);
    uint32_t first = b->depth - count;
    if (callee < 0 || !PyFunction_Check(function) || PyFunction_GET_CODE(function) != (PyObject *)b->t->codes[callee]
        || !is_simple(b->t->codes[callee]) || (uint32_t)b->t->codes[callee]->co_argcount != count
        || !_PyJitLower_Fits(b, b->t->codes[callee], NULL) || _PyJitSlot_IsBare(b, first) || !is_version(type_version) || !is_version(version)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef known = object_const(b, function);
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, _PyJitSlot_Object(b, first), JIT_REF_NONE, type_version);
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_FUNCTION, known, JIT_REF_NONE, version);
    _PyJitFrame_GuardRoom(b, b->t->codes[callee], NULL);
    _PyJitFrame_Call(b, index, (uint16_t)callee, first, first);
    _PyJitAbstractFrame *frame = &b->frames[b->nframes - 1];
    frame->function = known;
    frame->owns_function = false;
    frame->heap_function = false;
    return 1;
}

/* BINARY_SUBSCR_GETITEM: `__getitem__` of the container's class. */
static uint32_t
call_getitem(_PyJitBuilder *b, uint32_t index)
{
    const PyTypeObject *type = (const PyTypeObject *)b->t->records[index].seen;
    // A class without a version does not tell its cache that its methods change.
    if (type == NULL || !(type->tp_flags & Py_TPFLAGS_HEAPTYPE) || type->tp_version_tag == 0) {
        return REFUSE(b);
    }
    PyObject *function = ((const PyHeapTypeObject *)type)->_spec_cache.getitem;
    uint32_t version = ((const PyHeapTypeObject *)type)->_spec_cache.getitem_version;
    return function != NULL ? call_hidden(b, index, function, 2, type->tp_version_tag, version) : 0;
}

/* LOAD_ATTR_PROPERTY. */
static uint32_t
call_getter(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    return record->seen != NULL ? call_hidden(b, index, record->seen, 1, unit32(b, record, 2), unit32(b, record, 4)) : 0;
}

/* --- Methods ---------------------------------------------------------------------------------------------------------- */

/* METHOD, a constant, and the object in slot SELF, which is on top, take the place of what is on the stack from slot TO on. */
static void
bind(_PyJitBuilder *b, PyObject *method, uint32_t self, uint32_t to)
{
    _PyJitSlot_Own(b, self);
    _PyJitSlot bound = b->slots[self];
    b->slots[self] = (_PyJitSlot){0};
    b->depth = self;
    drop(b, self - to);
    _PyJitSlot_PushConst(b, method);
    _PyJitSlot_Push(b, bound);
}

/* LOAD_ATTR_METHOD_WITH_VALUES, LOAD_ATTR_METHOD_NO_DICT, LOAD_ATTR_METHOD_LAZY_DICT. */
static uint32_t
load_method(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t top = b->depth - 1;
    bool has_values = record->opcode == LOAD_ATTR_METHOD_WITH_VALUES;
    if (record->seen == NULL || !is_version(unit32(b, record, 2)) || (has_values && !is_version(unit32(b, record, 4)))) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef owner = key_of(b, top);            // a number has methods, too
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, owner, JIT_REF_NONE, unit32(b, record, 2));
    if (has_values) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_INLINE_VALUES, owner, JIT_REF_NONE, 0);
        guard_keys(b, owner, unit32(b, record, 4));
    }
    else if (record->opcode == LOAD_ATTR_METHOD_LAZY_DICT) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_LAZY_DICT, owner, JIT_REF_NONE, b->t->units[record->units + 4].cache);
    }
    bind(b, record->seen, top, top);
    return 1;
}

/* The class that OBJECT, a value of the trace, is now: what is in a cell of a constant function.  Borrowed, or NULL. */
static PyTypeObject *
class_in_cell(const _PyJitBuilder *b, _PyJitRef object)
{
    const _PyJitIns *load = JIT_INS(b->t, object);
    if (load->op != JIT_OP_LOAD_CELL || JIT_INS(b->t, load->a)->op != JIT_OP_LOAD_CLOSURE_CELL) {
        return NULL;
    }
    const _PyJitIns *closure = JIT_INS(b->t, load->a);
    if (!JIT_IS_CONST(closure->a)) {
        return NULL;
    }
    const PyFunctionObject *function = (const PyFunctionObject *)(uintptr_t)JIT_INS(b->t, closure->a)->bits;
    PyObject *value = PyCell_GET(PyTuple_GET_ITEM(function->func_closure, closure->aux));
    return value != NULL && PyType_Check(value) ? (PyTypeObject *)value : NULL;
}

/* The class among the bases of TYPE whose function, under its own name, has CODE: so it is most likely what `super()` in CODE is about.
 * Borrowed, or NULL. */
static PyTypeObject *
class_of_code(const PyTypeObject *type, const PyCodeObject *code)
{
    for (Py_ssize_t i = 0; type->tp_mro != NULL && i < PyTuple_GET_SIZE(type->tp_mro); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(type->tp_mro, i);
        PyObject *found = PyDict_GetItemWithError(_PyType_GetDict(base), code->co_name);
        if (found != NULL && PyFunction_Check(found) && PyFunction_GET_CODE(found) == (PyObject *)code) {
            return base;
        }
    }
    return NULL;
}

/* What super(CLASS, TYPE or an instance of it) finds under NAME: a constant as long as TYPE has its version.  Borrowed, or NULL. */
static PyObject *
find_above(const PyTypeObject *class, PyTypeObject *type, PyObject *name)
{
    PyObject *mro = type->tp_mro;
    if (mro == NULL || PyUnicode_CompareWithASCIIString(name, "__class__") == 0) {
        return NULL;
    }
    Py_ssize_t i = 0, n = PyTuple_GET_SIZE(mro);
    while (i < n && PyTuple_GET_ITEM(mro, i) != (PyObject *)class) {
        i++;
    }
    for (i++; i < n; i++) {
        PyObject *found = PyDict_GetItemWithError(_PyType_GetDict((PyTypeObject *)PyTuple_GET_ITEM(mro, i)), name);
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

/* FOUND is what the rule below knows to load, from an instance of TYPE or from TYPE (OF_CLASS). */
static bool
is_lowered_above(_PyJitBuilder *b, uint32_t index, const PyTypeObject *type, PyObject *found, bool of_class)
{
    bool is_object = b->t->records[index].opcode == LOAD_SUPER_ATTR_ATTR;
    if (of_class) {
        return !is_object && (PyCFunction_CheckExact(found)
                              || (Py_IS_TYPE(found, &PyClassMethod_Type) && _PyJitLower_CanOpenClassMethod(b, index, 3, found)));
    }
    return type->tp_getattro == PyObject_GenericGetAttr && _PyType_HasFeature(Py_TYPE(found), Py_TPFLAGS_METHOD_DESCRIPTOR)
        && (!is_object || PyFunction_Check(found));
}

/* LOAD_SUPER_ATTR_METHOD: `super().name` that is called at once; LOAD_SUPER_ATTR_ATTR: the method object, which has a call with a tuple. */
static uint32_t
load_super_method(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    PyTypeObject *type = (PyTypeObject *)record->seen;
    uint32_t top = b->depth - 1, class = top - 1, super = top - 2;
    bool of_class = JIT_TAG(record->types, 2) == JIT_TAG_BOOL;
    _PyJitRef super_object = b->slots[super].object;
    if (type == NULL || !is_version(type->tp_version_tag) || super_object == JIT_REF_NONE
        || super_object != object_const(b, &PySuper_Type) || !can_drop(&b->slots[super]) || !can_drop(&b->slots[class])
        || b->slots[class].object == JIT_REF_NONE || _PyJitSlot_IsBare(b, top)) {
        return REFUSE(b);
    }
    PyTypeObject *known = class_in_cell(b, b->slots[class].object);
    if (known == NULL) {
        known = class_of_code(type, b->t->codes[record->code]);
    }
    PyObject *name = PyTuple_GET_ITEM(b->t->codes[record->code]->co_names, record->oparg >> 2);
    PyObject *found = known != NULL ? find_above(known, type, name) : NULL;
    bool is_function = found != NULL && PyCFunction_CheckExact(found);
    if (found == NULL || !is_lowered_above(b, index, type, found, of_class) || (is_function && !can_drop(&b->slots[top]))) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    // The version says that TYPE is as it was, and keeps its bases.
    (void)_PyJitBuild_Emit(b, of_class ? JIT_OP_GUARD_CLASS_VERSION : JIT_OP_GUARD_TYPE_VERSION, _PyJitSlot_Object(b, top), JIT_REF_NONE,
                           type->tp_version_tag);
    _PyJitRef same = emit2(b, JIT_OP_SAME, b->slots[class].object, object_const(b, known));
    (void)emit2(b, JIT_OP_GUARD_INE, same, konst(b, 0));
    if (is_function) {
        drop(b, 3);
        _PyJitSlot_PushConst(b, found);
        _PyJitSlot_PushNull(b);
    }
    else if (of_class) {
        bind(b, _PyJitLower_OpenClassMethod(b, index, 3, found), top, super);
    }
    else if (record->opcode == LOAD_SUPER_ATTR_METHOD) {
        bind(b, found, top, super);
    }
    else {
        _PyJitRef made = emit2(b, JIT_OP_NEW_METHOD, object_const(b, found), _PyJitSlot_Object(b, top));
        b->slots[top].plain = 1;         // the method has it: this is not its end
        drop(b, 3);
        _PyJitSlot_Push(b, (_PyJitSlot){.object = made, .dirty = 1, .owned = 1});
    }
    return 1;
}

/* --- Entry ---------------------------------------------------------------------------------------------------------- */

static uint32_t
resume(_PyJitBuilder *b, uint32_t index)
{
    _PyJitLower_Begin(b, index);
    if (b->exact) {
        _PyJitCse_Barrier(b, 1u << JIT_CLASS_EVENT);      // each entry looks for itself
    }
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_RESUME, JIT_REF_NONE, JIT_REF_NONE, 0);
    return 1;
}

uint32_t
_PyJitLower_Call(_PyJitBuilder *b, uint32_t index)
{
    switch (b->t->records[index].opcode) {
        case PUSH_NULL:
            _PyJitLower_Begin(b, index);
            _PyJitSlot_PushNull(b);
            return 1;
        case CALL_PY_EXACT_ARGS:
        case CALL_PY_GENERAL:
            return call_function(b, index);
        case CALL_KW:
            return _PyJitLower_CallKeywords(b, index);
        case CALL_FUNCTION_EX:
            return b->t->records[index].leaf ? _PyJitLower_LeafSpread(b, index) : _PyJitLower_CallTuple(b, index);
        case CALL_BOUND_METHOD_EXACT_ARGS:
            return call_method(b, index);
        case CALL_BOUND_METHOD_GENERAL:
            return call_method_general(b, index);
        case CALL_ALLOC_AND_ENTER_INIT:
            return _PyJitLower_CallKeywords(b, index);
        case EXIT_INIT_CHECK:
            return check_init(b, index);
        case BINARY_SUBSCR_GETITEM:
            return call_getitem(b, index);
        case LOAD_ATTR_PROPERTY:
            return call_getter(b, index);
        case LOAD_ATTR_METHOD_WITH_VALUES:
        case LOAD_ATTR_METHOD_NO_DICT:
        case LOAD_ATTR_METHOD_LAZY_DICT:
            return load_method(b, index);
        case LOAD_SUPER_ATTR_METHOD:
        case LOAD_SUPER_ATTR_ATTR:
            return load_super_method(b, index);
        case RESUME_CHECK:
            return resume(b, index);
        case RESERVED:
        case RETURN_VALUE:
        case RETURN_CONST:
            return _PyJitLower_Return(b, index);
        default:
            return 0;
    }
}

#endif /* _Py_TIER2 */
