/* The lowering rule of calls of classes, of CALL_KW of a Python function, and of CALL_PY_GENERAL of one with parameters that need a name.
 *
 * Which argument goes where is known when the trace is built: the names are a constant, and the function's code says the order of its
 * parameters.  What is missing is a default value of the function.  So there is nothing left to do but moves in the slot map, as
 * for a call without keywords.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_global_objects.h"
#include "pycore_long.h"
#include "pycore_runtime.h"
#include "pycore_pystate.h"
#include "pycore_jit.h"
#include "pycore_jit_frames.h"
#include "pycore_jit_helpers.h"
#include "jit/build/rules.h"

#define MOST_PARAMETERS 32

/* Where each parameter comes from. */
typedef struct {
    uint32_t given;                       // by position, to a parameter of its own
    uint32_t nkeywords;                   // the same by name
    uint32_t rest, extra;                 // positional arguments behind them that become a tuple, and keywords that become a dict
    bool has_rest, has_extra;             // the function has such a parameter
    uint8_t extras[JIT_MOST_ITEMS];       // which keywords those are
    _PyJitRef tuple, dict;                // of these, made for the call; the empty tuple is a constant
    uint32_t parameters;                  // positional ones and those that need a name
    int source[MOST_PARAMETERS];          // argument that it gets, of those with a parameter of their own; -1: its default
    uint32_t defaults;                    // of how many positional parameters, from the last one, some are needed
} Plan;

/* The number of the parameter NAME of CODE, or -1. */
static int
find_parameter(const PyCodeObject *code, PyObject *name, uint32_t parameters)
{
    for (uint32_t i = (uint32_t)code->co_posonlyargcount; i < parameters; i++) {
        PyObject *parameter = PyTuple_GET_ITEM(code->co_localsplusnames, i);
        if (parameter == name || PyUnicode_Compare(parameter, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* GIVEN arguments, and those of NAMES, to a function of CODE.  false: it is more than moves, a tuple and a dict, or an error. */
static bool
make_plan(const PyCodeObject *code, uint32_t given, const PyObject *names, Plan *plan)
{
    const int needed = CO_OPTIMIZED | CO_NEWLOCALS;
    uint32_t positional = (uint32_t)code->co_argcount, nnames = (uint32_t)PyTuple_GET_SIZE(names);
    plan->given = Py_MIN(given, positional);
    plan->rest = given - plan->given;
    plan->nkeywords = plan->extra = plan->defaults = 0;
    plan->has_rest = code->co_flags & CO_VARARGS;
    plan->has_extra = code->co_flags & CO_VARKEYWORDS;
    plan->parameters = positional + (uint32_t)code->co_kwonlyargcount;
    if ((code->co_flags & needed) != needed || (plan->rest > 0 && !plan->has_rest) || plan->rest > JIT_MOST_ITEMS || nnames > JIT_MOST_ITEMS
        || plan->parameters > MOST_PARAMETERS) {
        return false;
    }
    for (uint32_t i = 0; i < plan->parameters; i++) {
        plan->source[i] = i < plan->given ? (int)i : -1;
    }
    for (uint32_t i = 0; i < nnames; i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        int parameter = PyUnicode_CheckExact(name) ? find_parameter(code, name, plan->parameters) : -1;
        if (parameter < 0 && plan->has_extra && PyUnicode_CheckExact(name)) {
            plan->extras[plan->extra++] = (uint8_t)i;
            continue;
        }
        if (parameter < 0 || plan->source[parameter] >= 0) {
            return false;
        }
        plan->source[parameter] = (int)(plan->given + plan->nkeywords++);
    }
    for (uint32_t i = plan->given; i < positional && plan->defaults == 0; i++) {
        plan->defaults = plan->source[i] < 0 ? positional - i : 0;
    }
    // A dict of some of them is made of pairs.
    return plan->extra == nnames || 2 * plan->extra <= JIT_MOST_ARGUMENTS;
}

/* Makes the dict, of VALUES under NAMES, and the tuple, whose items are to be set, as far as PLAN wants them.  Nothing must leave behind that. */
static void
make_rest(_PyJitBuilder *b, Plan *plan, PyObject *names, const _PyJitRef *values)
{
    plan->dict = plan->has_extra ? _PyJitLower_NewDict(b, names, plan->extras, values, plan->extra) : JIT_REF_NONE;
    if (plan->rest > 0) {
        int op = plan->has_extra ? JIT_OP_NEW_TUPLE_WITH : JIT_OP_NEW_TUPLE;
        plan->tuple = _PyJitBuild_Emit(b, op, plan->dict, JIT_REF_NONE, plan->rest);
    }
    else {
        plan->tuple = object_const(b, &_Py_SINGLETON(tuple_empty));
    }
}

/* Makes a tuple and a dict of the arguments on top of the stack that have no parameter of their own, which stay where they are for now.  NAMED:
 * NAMES stands above them. */
static void
gather(_PyJitBuilder *b, Plan *plan, PyObject *names, bool named)
{
    _PyJitRef values[JIT_MOST_ITEMS];
    uint32_t keywords = b->depth - named - (uint32_t)PyTuple_GET_SIZE(names);
    for (uint32_t i = keywords - plan->rest; i < keywords; i++) {
        if (_PyJitSlot_IsBare(b, i)) {
            _PyJitSlot_Box(b, i);
        }
    }
    for (uint32_t i = 0; i < plan->extra; i++) {
        if (_PyJitSlot_IsBare(b, keywords + plan->extras[i])) {
            _PyJitSlot_Box(b, keywords + plan->extras[i]);
        }
        values[i] = _PyJitSlot_Object(b, keywords + plan->extras[i]);
    }
    make_rest(b, plan, names, values);
}

/* The argument in slot FROM comes to slot TO, those between go down. */
static void
move_up(_PyJitBuilder *b, uint32_t from, uint32_t to)
{
    for (; from < to; from++) {
        _PyJitSlot_Swap(b, from, from + 1);
    }
}

/* What was gathered leaves the stack, and NAMES if NAMED. */
static void
take_gathered(_PyJitBuilder *b, const Plan *plan, PyObject *names, bool named)
{
    drop(b, named);
    uint32_t keywords = b->depth - (uint32_t)PyTuple_GET_SIZE(names);
    for (uint32_t i = plan->extra; i-- > 0;) {
        move_up(b, keywords + plan->extras[i], b->depth - plan->extra + i);
    }
    for (uint32_t i = 0; i < plan->extra; i++) {
        b->slots[b->depth - 1 - i].plain = 1;         // the dict has it
    }
    drop(b, plan->extra);
    for (uint32_t i = plan->rest; i-- > 0;) {
        move_up(b, keywords - plan->rest + i, b->depth - 1);
        _PyJitRef item = _PyJitSlot_TakeTop(b);
        (void)_PyJitBuild_Emit(b, JIT_OP_INIT_TUPLE_ITEM, plan->tuple, item, i);
    }
}

/* Checks that FUNCTION has the defaults that PLAN needs.  Those of parameters that need a name are in a dict, which anybody may
 * change: they are loaded here, to VALUES. */
static void
guard_defaults(_PyJitBuilder *b, _PyJitRef function, const PyCodeObject *code, const Plan *plan, _PyJitRef *values)
{
    if (plan->defaults > 0) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_DEFAULTS, function, JIT_REF_NONE, plan->defaults);
    }
    for (uint32_t i = (uint32_t)code->co_argcount; i < plan->parameters; i++) {
        if (plan->source[i] < 0) {
            _PyJitRef dict = emit1(b, JIT_OP_LOAD_KEYWORD_DEFAULTS, function);
            values[i] = emit2(b, JIT_OP_DICT_GET, dict, object_const(b, PyTuple_GET_ITEM(code->co_localsplusnames, i)));
        }
    }
}

/* The arguments, which are the first locals of the new frame, go to their places. */
static void
sort_arguments(_PyJitBuilder *b, _PyJitRef function, const PyCodeObject *code, const Plan *plan, const _PyJitRef *values)
{
    _PyJitSlot arguments[MOST_PARAMETERS];
    uint32_t n = plan->given + plan->nkeywords, positional = (uint32_t)code->co_argcount;
    for (uint32_t i = 0; i < n; i++) {
        arguments[i] = b->slots[local(b, i)];
    }
    for (uint32_t i = plan->given; i < plan->parameters; i++) {
        _PyJitSlot *slot = &b->slots[local(b, i)];
        if (plan->source[i] >= 0) {
            *slot = arguments[plan->source[i]];
            continue;
        }
        _PyJitRef value = i < positional ? _PyJitBuild_Emit(b, JIT_OP_LOAD_DEFAULT, function, JIT_REF_NONE, positional - i) : values[i];
        *slot = (_PyJitSlot){.object = value, .dirty = 1, .heap = 1};
    }
    if (plan->has_rest) {
        b->slots[local(b, plan->parameters)] = (_PyJitSlot){.object = plan->tuple, .dirty = 1, .owned = plan->rest > 0};
    }
    if (plan->has_extra) {
        b->slots[local(b, plan->parameters + plan->has_rest)] = (_PyJitSlot){.object = plan->dict, .dirty = 1, .owned = 1};
    }
}

/* The names on top of the stack, a tuple; NULL: nobody knows. */
static PyObject *
names_on_top(const _PyJitBuilder *b)
{
    const _PyJitSlot *last = &b->slots[b->depth - 1];
    if (!last->dirty || last->object == JIT_REF_NONE || !JIT_IS_CONST(last->object)) {
        return NULL;
    }
    PyObject *names = (PyObject *)(uintptr_t)JIT_INS(b->t, last->object)->bits;
    return names != NULL && PyTuple_CheckExact(names) ? names : NULL;
}

/* A new instance of CLASS, of VERSION, behind what PLAN has made. */
static _PyJitRef
new_instance(_PyJitBuilder *b, _PyJitRef class, uint32_t version, const Plan *plan)
{
    if (plan->rest == 0 && !plan->has_extra) {
        return _PyJitBuild_Emit(b, JIT_OP_NEW_INSTANCE, class, JIT_REF_NONE, version);
    }
    _PyJitRef null = object_const(b, NULL), dict = plan->has_extra ? plan->dict : null, tuple = plan->rest > 0 ? plan->tuple : null;
    _PyJitRef instance = _PyJitBuild_Emit3(b, JIT_OP_NEW_INSTANCE_WITH, class, dict, tuple);
    if (instance != JIT_REF_NONE) {
        JIT_INS(b->t, instance)->aux = version;
    }
    return instance;
}

/* The call of CLASS, with NAMES, which stands on top of the stack if NAMED: the instance is made, is the first argument, and `__init__` becomes a
 * frame above the shim frame that waits for it. */
static uint32_t
call_class(_PyJitBuilder *b, uint32_t index, PyTypeObject *class, PyObject *names, bool named)
{
    const _PyJitRecord *record = &b->t->records[index];
    uint32_t slot = b->depth - 2 - named - record->oparg;
    int callee = _PyJitLower_Callee(b, index), null = known_null(b, slot + 1);
    // A class that was changed meanwhile may have another `__init__`.
    bool is_same = is_version(class->tp_version_tag) && (named || class->tp_version_tag == unit32(b, record, 2));
    PyTypeObject *meta = Py_TYPE(class);
    PyFunctionObject *init = is_same && PyUnstable_Type_AssignVersionTag(meta) ? _PyJit_InitOf(class) : NULL;
    PyCodeObject *shim_code = _PyJit_ShimCode();
    Plan plan;
    // The instance is the first argument, and needs a parameter of its own.
    if (callee < 0 || init == NULL || init->func_code != (PyObject *)b->t->codes[callee] || !is_version(init->func_version) || null == 0
        || b->t->codes[callee]->co_argcount == 0
        || !_PyJitLower_Fits(b, b->t->codes[callee], shim_code) || _PyJitSlot_IsBare(b, slot)
        || !make_plan(b->t->codes[callee], 1 + record->oparg - (uint32_t)PyTuple_GET_SIZE(names), names, &plan)) {
        return REFUSE(b);
    }
    int shim = _PyJitTrace_AddCode(b->t, shim_code);
    if (shim < 0) {
        b->failed = true;
        return REFUSE(b);
    }
    PyCodeObject *code = b->t->codes[callee];
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, slot), function = object_const(b, (PyObject *)init), values[MOST_PARAMETERS];
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_CLASS_VERSION, object, JIT_REF_NONE, class->tp_version_tag);
    if (meta != &PyType_Type) {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_TYPE_VERSION, object, JIT_REF_NONE, meta->tp_version_tag);    // it has no `__call__`
    }
    if (named || _PyJit_GathersArguments(init)) {
        // Frames that are not made yet will count, too.
        uint32_t kept = (uint32_t)_PyJit_KeptForC(_PyThreadState_GET()) + b->nframes - b->machine - 1;
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_RECURSION, JIT_REF_NONE, JIT_REF_NONE, kept);
    }
    if (null < 0) {
        (void)emit1(b, JIT_OP_GUARD_NULL, _PyJitSlot_Object(b, slot + 1));
    }
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_FUNCTION, function, JIT_REF_NONE, init->func_version);
    guard_defaults(b, function, code, &plan, values);
    _PyJitFrame_GuardRoom(b, code, shim_code);
    gather(b, &plan, names, named);
    _PyJitRef instance = new_instance(b, object, class->tp_version_tag, &plan);
    take_gathered(b, &plan, names, named);
    _PyJitFrame_CallClass(b, index, (uint16_t)shim, (uint16_t)callee, slot, function, instance);
    sort_arguments(b, function, code, &plan, values);
    return 1;
}

uint32_t
_PyJitLower_CallKeywords(_PyJitBuilder *b, uint32_t index)
{
    const _PyJitRecord *record = &b->t->records[index];
    bool named = record->opcode == CALL_KW;
    PyObject *names = named ? names_on_top(b) : (PyObject *)&_Py_SINGLETON(tuple_empty);
    uint32_t first = b->depth - named - record->oparg, self = first - 1, function = first - 2;
    if (record->opcode == CALL_ALLOC_AND_ENTER_INIT && record->seen == NULL) {
        return REFUSE(b);
    }
    if (names != NULL && record->seen != NULL && PyType_Check(record->seen)) {
        return call_class(b, index, (PyTypeObject *)record->seen, names, named);
    }
    int callee = _PyJitLower_Callee(b, index), null = known_null(b, self);
    if (callee < 0 || names == NULL || (named && record->seen != Py_True) || null < 0 || _PyJitSlot_IsBare(b, function)) {
        return REFUSE(b);
    }
    PyCodeObject *code = b->t->codes[callee];
    uint32_t version = named ? code->co_version : read_u32((uint16_t *)&b->t->units[record->units + 2].cache);
    Plan plan;
    if (PyTuple_GET_SIZE(names) > record->oparg || !is_version(version) || !_PyJitLower_Fits(b, code, NULL)
        || _PyJitLower_IsAnother(b, function, code, version)
        || !make_plan(code, record->oparg + (null == 0) - (uint32_t)PyTuple_GET_SIZE(names), names, &plan)) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, index);
    _PyJitRef object = _PyJitSlot_Object(b, function), values[MOST_PARAMETERS];
    (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_FUNCTION, object, JIT_REF_NONE, version);
    guard_defaults(b, object, code, &plan, values);
    _PyJitFrame_GuardRoom(b, code, NULL);
    gather(b, &plan, names, named);
    take_gathered(b, &plan, names, named);
    _PyJitFrame_Call(b, index, (uint16_t)callee, function, null == 0 ? self : first);
    sort_arguments(b, object, code, &plan, values);
    return 1;
}

/* The tuple can be given up, and an empty dict above it, which ends with nothing else. */
static bool
can_end(_PyJitBuilder *b, const _PyJitRecord *record, bool named)
{
    _PyJitSlot dict = b->slots[b->depth - 1];
    b->slots[b->depth - 1].plain |= named;
    bool can = _PyJitSlot_CanEnd(b, record, 1 + named);
    b->slots[b->depth - 1] = dict;
    return can;
}

/* What SEEN, of a CALL_FUNCTION_EX, says (record/interest.c): how many arguments are in the tuple, or list, and whether a method is called;
 * returns the names that are in the dict. */
static PyObject *
arguments_seen(PyObject *seen, uint32_t *n, bool *binds, bool *list)
{
    bool has_names = PyTuple_CheckExact(seen);
    *n = (uint32_t)_PyLong_CompactValue((PyLongObject *)(has_names ? PyTuple_GET_ITEM(seen, 0) : seen));
    *binds = *n >= JIT_BINDS;
    *n -= *binds ? JIT_BINDS : 0;
    *list = *n >= JIT_LIST;
    *n -= *list ? JIT_LIST : 0;
    return has_names ? PyTuple_GET_ITEM(seen, 1) : (PyObject *)&_Py_SINGLETON(tuple_empty);
}

/* Checks that the dict in slot PLACE has values under NAMES, and nothing else, and loads them.  ENDS: the call takes the dict. */
static void
load_named(_PyJitBuilder *b, uint32_t place, PyObject *names, bool ends, _PyJitRef *values)
{
    uint32_t n = (uint32_t)PyTuple_GET_SIZE(names);
    _PyJitRef dict = _PyJitSlot_Object(b, place);
    (void)emit2(b, JIT_OP_GUARD_EXACT, dict, object_const(b, &PyDict_Type));
    if (n == 0) {
        (void)emit2(b, JIT_OP_GUARD_IEQ, emit1(b, JIT_OP_DICT_SIZE, dict), konst(b, 0));
        if (ends) {
            (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_QUIET, dict, JIT_REF_NONE, 2);
        }
    }
    else {
        (void)emit2(b, JIT_OP_GUARD_NAMES, dict, object_const(b, names));
    }
    for (uint32_t i = 0; i < n; i++) {
        values[i] = _PyJitBuild_Emit(b, JIT_OP_LOAD_NAMED, dict, JIT_REF_NONE, i);
    }
    if (ends) {
        b->slots[place].plain = 1;       // its values run on
    }
}

/* Of the arguments OBJECTS the frame that begins borrows none: those without a parameter of their own become a tuple and a dict.  The others are
 * the first ones then; those before FIRST have a place. */
static void
gather_objects(_PyJitBuilder *b, Plan *plan, PyObject *names, _PyJitRef *objects, uint32_t first)
{
    _PyJitRef rest[JIT_MOST_ITEMS], extra[JIT_MOST_ITEMS];
    uint32_t fixed = plan->given, n = plan->given + plan->rest + (uint32_t)PyTuple_GET_SIZE(names), nextra = 0;
    for (uint32_t i = 0; i < plan->rest; i++) {
        rest[i] = objects[plan->given + i];
    }
    for (uint32_t i = plan->given + plan->rest; i < n; i++) {
        if (nextra < plan->extra && plan->extras[nextra] == i - plan->given - plan->rest) {
            extra[nextra++] = objects[i];
        }
        else {
            objects[fixed++] = objects[i];
        }
    }
    make_rest(b, plan, names, extra);
    for (uint32_t i = first; i < fixed; i++) {
        (void)emit1(b, JIT_OP_INCREF, objects[i]);
    }
    for (uint32_t i = 0; i < plan->rest; i++) {
        (void)emit1(b, JIT_OP_INCREF, rest[i]);
        (void)_PyJitBuild_Emit(b, JIT_OP_INIT_TUPLE_ITEM, plan->tuple, rest[i], i);
    }
}

/* The names in front of those of a dict that is copied, with their values: `f(x, name=value, **names)`. */
typedef struct {
    uint32_t n, first, step;    // the value of name I is in slot FIRST + I * STEP
    uint32_t above;             // how many slots all that takes, on top of the stack
} Own;

/* What the instruction of record INDEX, which makes a dict, takes from the stack is OWN; ALL are the names of the call.  false: these are others. */
static bool
find_own(const _PyJitBuilder *b, uint32_t index, PyObject *all, Own *own)
{
    uint32_t n = b->t->records[index].oparg;
    bool pairs = b->t->records[index].opcode == BUILD_MAP;
    *own = (Own){.n = n, .step = 1 + pairs, .above = pairs ? 2 * n : n + 1};
    own->first = b->depth - own->above + pairs;
    PyObject *keys = pairs ? NULL : constant_at(b, b->depth - 1);
    for (uint32_t i = 0; i < n; i++) {
        PyObject *key = pairs ? constant_at(b, own->first + 2 * i - 1) : keys != NULL ? PyTuple_GET_ITEM(keys, i) : NULL;
        if (i >= PyTuple_GET_SIZE(all) || key != PyTuple_GET_ITEM(all, i)) {
            return false;
        }
    }
    return true;
}

/* ALL names but the first N, which live as long as the engine, or NULL. */
static PyObject *
names_behind(PyObject *all, uint32_t n)
{
    PyObject *names = PyTuple_GetSlice(all, n, PyTuple_GET_SIZE(all));
    // A tuple of names alone is the key of a dict to copy.
    PyObject *key = names != NULL ? PyTuple_Pack(1, names) : NULL;
    PyObject *known = key != NULL ? _PyJitEngine_Keep(key, names) : NULL;
    Py_XDECREF(names);
    Py_XDECREF(key);
    PyErr_Clear();
    return known;
}

/* The call of record INDEX, with a tuple, or list, of as many arguments as there were, and with the names of the dict in slot DICT if it is NAMED.
 * That is the top of the stack, or a slot below, which stays as it is; then the instruction at BEGIN begins the call. */
static uint32_t
call_with(_PyJitBuilder *b, uint32_t begin, uint32_t index, bool named, uint32_t dict)
{
    const _PyJitRecord *record = &b->t->records[index];
    bool takes = named && begin == index, binds, list;
    uint32_t n;
    PyObject *names = record->seen != NULL ? arguments_seen(record->seen, &n, &binds, &list) : NULL, *behind = names;
    Own own = {0};
    if (names == NULL || (begin < index && !find_own(b, begin, names, &own)) || (own.n > 0 && (behind = names_behind(names, own.n)) == NULL)) {
        return REFUSE(b);
    }
    uint32_t tuple = b->depth - 1 - takes - own.above, function = tuple - 2;
    int callee = _PyJitLower_Callee(b, index);
    if (callee < 0 || _PyJitSlot_IsBare(b, function) || _PyJitSlot_IsBare(b, tuple)
        || !(begin == index ? can_end(b, record, named) : _PyJitSlot_CanRelease(b, tuple, JIT_TAG(record->ends, 1)))
        || known_null(b, tuple - 1) != 1) {
        return REFUSE(b);
    }
    PyCodeObject *code = b->t->codes[callee];
    Plan plan;
    if (!is_version(code->co_version) || !_PyJitLower_Fits(b, code, NULL)
        || (binds ? code->co_argcount == 0 : _PyJitLower_IsAnother(b, function, code, code->co_version))
        || !make_plan(code, n + binds, names, &plan) || n >= MOST_PARAMETERS) {
        return REFUSE(b);
    }
    _PyJitLower_Begin(b, begin);
    for (uint32_t i = 0; i < own.n; i++) {
        if (_PyJitSlot_IsBare(b, own.first + i * own.step)) {
            _PyJitSlot_Box(b, own.first + i * own.step);
        }
    }
    _PyJitRef object = _PyJitSlot_Object(b, function), arguments = _PyJitSlot_Object(b, tuple), values[MOST_PARAMETERS];
    _PyJitRef objects[MOST_PARAMETERS + JIT_MOST_ITEMS];
    _PyJitMethod method = {0};
    if (binds) {
        method = _PyJitLower_OpenMethod(b, function, code->co_version);
        object = method.function;
        objects[0] = method.self;
    }
    else {
        (void)_PyJitBuild_Emit(b, JIT_OP_GUARD_FUNCTION, object, JIT_REF_NONE, code->co_version);
    }
    (void)emit1(b, list ? JIT_OP_GUARD_LIST : JIT_OP_GUARD_TUPLE, arguments);
    (void)emit2(b, JIT_OP_GUARD_IEQ, emit1(b, list ? JIT_OP_LIST_SIZE : JIT_OP_TUPLE_SIZE, arguments), konst(b, n));
    for (uint32_t i = 0; i < n; i++) {
        objects[binds + i] = emit2(b, list ? JIT_OP_LIST_GET : JIT_OP_TUPLE_GET, arguments, konst(b, i));
    }
    for (uint32_t i = 0; i < own.n; i++) {
        objects[binds + n + i] = _PyJitSlot_Object(b, own.first + i * own.step);
    }
    if (named) {
        load_named(b, dict, behind, takes, objects + binds + n + own.n);
    }
    guard_defaults(b, object, code, &plan, values);
    _PyJitFrame_GuardRoom(b, code, NULL);
    if (begin == index) {
        _PyJitSlot_GuardEnds(b, record, 1 + named);
    }
    else {
        _PyJitSlot_GuardRelease(b, tuple, JIT_TAG(record->ends, 1));
    }
    // The tuple and the dict may end here, while the arguments run on.
    gather_objects(b, &plan, names, objects, binds);
    for (uint32_t i = begin + 1; i <= index; i++) {
        _PyJitLower_Begin(b, i);
    }
    for (uint32_t i = 0; i < own.n; i++) {
        b->slots[own.first + i * own.step].plain = 1;       // a parameter has it
    }
    drop(b, own.above + 1 + takes);
    if (binds) {
        _PyJitLower_ReplaceMethod(b, function, &method);
    }
    _PyJitFrame_Call(b, index, (uint16_t)callee, function, binds ? tuple - 1 : b->depth);
    for (uint32_t i = binds; i < plan.given + plan.nkeywords; i++) {
        b->slots[local(b, i)] = (_PyJitSlot){.object = objects[i], .dirty = 1, .owned = 1};
    }
    sort_arguments(b, object, code, &plan, values);
    return index - begin + 1;
}

uint32_t
_PyJitLower_CallTuple(_PyJitBuilder *b, uint32_t index)
{
    return call_with(b, index, index, b->t->records[index].oparg & 1, b->depth - 1);
}

uint32_t
_PyJitLower_CallWithNamesOf(_PyJitBuilder *b, uint32_t index, uint32_t names)
{
    return call_with(b, index, index + 3, true, names);
}

#endif /* _Py_TIER2 */
