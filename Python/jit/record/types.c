/* What the recorder notes for the builder besides the instructions: types on the stack and of what is given up, the order of numbers.
 * All of it is a hint: the builder emits a check for what it uses.  interest.c has the objects that rules ask about.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_dict.h"
#include "pycore_frame.h"
#include "pycore_global_objects.h"
#include "pycore_interp.h"
#include "pycore_long.h"
#include "pycore_object.h"
#include "pycore_opcode_metadata.h"
#include "pycore_pystate.h"
#include "pycore_runtime.h"
#include "jit/record/record.h"
#include "pycore_jit_helpers.h"

/* The JIT_TAG_ of what a slot holds. */
static unsigned int
tag_of(PyObject *object)
{
    if (object == NULL) {
        return JIT_TAG_NULL;
    }
    if (PyLong_CheckExact(object)) {
        Py_ssize_t digits = _PyLong_DigitCount((PyLongObject *)object);
        int overflow = 1;
        if (digits == 3) {
            (void)PyLong_AsLongLongAndOverflow(object, &overflow);
        }
        return digits <= 2 ? JIT_TAG_INT : overflow ? JIT_TAG_BIG : JIT_TAG_WIDE;
    }
    return PyFloat_CheckExact(object) ? JIT_TAG_FLOAT : PyBool_Check(object) ? JIT_TAG_BOOL
        : object == Py_None ? JIT_TAG_NONE : PyUnicode_CheckExact(object) ? JIT_TAG_STR : JIT_TAG_OTHER;
}

#define MOST_ITEMS 48          // that a trace looks at before they end

/* To look at all items of the container O before it ends takes longer than to have the frame in memory. */
static bool
is_large(PyObject *o)
{
    Py_ssize_t n = PyList_CheckExact(o) || PyTuple_CheckExact(o) ? Py_SIZE(o) : PyDict_CheckExact(o) ? PyDict_GET_SIZE(o)
        : PyAnySet_CheckExact(o) ? PySet_GET_SIZE(o) : 0;
    return n > MOST_ITEMS;
}

/* The same of an object that is about to be given up: SHARED if that is not its end, QUIET if it is one that nobody notices. */
static unsigned int
tag_of_release(PyObject *object)
{
    unsigned int tag = tag_of(object);
    return tag != JIT_TAG_OTHER ? tag : Py_REFCNT(object) > 1 ? JIT_TAG_SHARED
        : !is_large(object) && _PyJit_EndsQuietly(object, 1) ? JIT_TAG_QUIET : JIT_TAG_OTHER;
}

/* Of the item that a store to LIST[INDEX] replaces; both are what the instruction was specialized for before, not surely now. */
static unsigned int
tag_of_item(PyObject *list, PyObject *index)
{
    if (!PyList_CheckExact(list) || !PyLong_CheckExact(index) || !_PyLong_IsNonNegativeCompact((PyLongObject *)index)) {
        return JIT_TAG_OTHER;
    }
    Py_ssize_t i = (Py_ssize_t)((PyLongObject *)index)->long_value.ob_digit[0];
    return i < PyList_GET_SIZE(list) ? tag_of_release(PyList_GET_ITEM(list, i)) : JIT_TAG_OTHER;
}

/* Of all locals of FRAME, which are given up, and of the function if it is a generator's: OTHER if one ends with code of users, else QUIET
 * if one ends that is not plain, else SHARED if one object is in two of them, else NULL.  *plain: a bit for each of the first 32 that is
 * plain, or NULL. */
static unsigned int
tag_of_locals(_PyInterpreterFrame *frame, uint32_t *plain)
{
    unsigned int all = JIT_TAG_NULL;
    int nlocals = _PyFrame_GetCode(frame)->co_nlocalsplus;
    for (int i = 0; i < Py_MIN(nlocals, 32); i++) {
        *plain |= (uint32_t)(tag_of(frame->localsplus[i]) != JIT_TAG_OTHER) << i;
    }
    if (frame->owner == FRAME_OWNED_BY_GENERATOR) {
        unsigned int tag = tag_of_release(frame->f_funcobj);
        all = tag == JIT_TAG_SHARED ? all : tag;
    }
    for (int i = 0; i < nlocals && all != JIT_TAG_OTHER; i++) {
        PyObject *object = frame->localsplus[i];
        unsigned int tag = tag_of_release(object);
        all = tag == JIT_TAG_OTHER || tag == JIT_TAG_QUIET ? tag : all;
        for (int k = 0; k < i && tag == JIT_TAG_SHARED && all == JIT_TAG_NULL; k++) {
            all = frame->localsplus[k] == object ? JIT_TAG_SHARED : JIT_TAG_NULL;
        }
    }
    return all;
}

/* Of the value that a store to NAME replaces in DICT. */
static unsigned int
tag_of_entry(PyObject *dict, PyObject *name)
{
    PyObject *value;
    return PyDict_CheckExact(dict) && _PyJit_DictFind(dict, name, &value) >= 0 ? tag_of_release(value) : JIT_TAG_OTHER;
}

/* Of the inline value INDEX of OWNER, or the slot at that offset. */
static unsigned int
tag_of_place(PyObject *owner, bool slot, uint32_t index)
{
    if (slot) {
        return tag_of_release(*(PyObject **)((char *)owner + index));
    }
    const PyDictValues *values = _PyObject_InlineValues(owner);
    return values->valid ? tag_of_release(values->values[index]) : JIT_TAG_OTHER;
}

/* Of the attribute that a store to OWNER with this instruction replaces, if OWNER is what it was specialized for. */
static unsigned int
tag_of_attribute(const _PyJitPending *prev, PyObject *owner)
{
    if (Py_TYPE(owner)->tp_version_tag != read_u32((uint16_t *)&prev->units[2].cache)) {
        return JIT_TAG_OTHER;
    }
    return tag_of_place(owner, prev->opcode == STORE_ATTR_SLOT, prev->units[4].cache);
}

/* How Y, an exact number, is to X, or to 0 if X is NULL (JIT_ORDER_).  Big ints and other objects: OTHER. */
static unsigned int
order_of(PyObject *x, PyObject *y)
{
    if (PyFloat_CheckExact(y) && x != NULL && PyFloat_CheckExact(x)) {
        double difference = PyFloat_AS_DOUBLE(y) - PyFloat_AS_DOUBLE(x);
        return difference < 0 ? JIT_ORDER_LESS : difference > 0 ? JIT_ORDER_MORE : JIT_ORDER_OTHER;
    }
    if (!PyLong_CheckExact(y) || (x != NULL && !PyLong_CheckExact(x))) {
        return JIT_ORDER_OTHER;
    }
    int overflow_x = 0, overflow_y;
    long long left = x == NULL ? 0 : PyLong_AsLongLongAndOverflow(x, &overflow_x);
    long long right = PyLong_AsLongLongAndOverflow(y, &overflow_y);
    return overflow_x || overflow_y || left == right ? JIT_ORDER_OTHER : right < left ? JIT_ORDER_LESS : JIT_ORDER_MORE;
}

/* Which of NUMBERS, three exact floats or ints of a machine word, min and max give. */
static unsigned int
order_of_three(PyObject **numbers)
{
    unsigned int least = 0, most = 0;
    for (unsigned int i = 0; i < 3; i++) {
        int overflow;
        bool whole = PyLong_CheckExact(numbers[i]);
        if (Py_TYPE(numbers[i]) != Py_TYPE(numbers[0]) || (!whole && !PyFloat_CheckExact(numbers[i]))
            || (whole && (PyLong_AsLongLongAndOverflow(numbers[i], &overflow), overflow))) {
            return JIT_ORDER_OTHER;
        }
        least = order_of(numbers[least], numbers[i]) == JIT_ORDER_LESS ? i : least;
        most = order_of(numbers[most], numbers[i]) == JIT_ORDER_MORE ? i : most;
    }
    return JIT_ORDER_OF_THREE(least, most);
}

/* How many operands from the top of the stack the rule of the instruction PREV gives up, as it wants to know how they end (`ends`). */
static int
operands_that_end(const _PyJitPending *prev)
{
    int base = _PyOpcode_Deopt[prev->opcode];
    if (base == LOAD_ATTR || base == STORE_ATTR || base == TO_BOOL || base == POP_JUMP_IF_NONE || base == POP_JUMP_IF_NOT_NONE) {
        return 1;
    }
    if (base == IS_OP || base == CONTAINS_OP || prev->opcode == COMPARE_OP || prev->opcode == BINARY_OP || base == BINARY_SUBSCR
        || base == DELETE_SUBSCR) {
        return 2;
    }
    if (base == STORE_SUBSCR) {
        return 3;
    }
    switch (prev->opcode) {
        case CALL_LEN:
        case CALL_TYPE_1:
            return 1;
        case CALL_ISINSTANCE:
            return 2;
        case CALL_BUILTIN_CLASS:
            return Py_MIN(prev->oparg, 3);
        case CALL_STR_1:
        case CALL_TUPLE_1:
        case SET_ADD:
        case CALL_INTRINSIC_1:
        case CHECK_EXC_MATCH:
        case LIST_EXTEND:
        case DICT_MERGE:
        case DICT_UPDATE:
        case SET_UPDATE:
        case FORMAT_SIMPLE:
        case CONVERT_VALUE:
        case DELETE_ATTR:
            return 1;
        case MAP_ADD:
        case FORMAT_WITH_SPEC:
            return 2;
        case BUILD_SLICE:
            return prev->oparg;
        case MATCH_CLASS:
        case BINARY_SLICE:
            return 3;
        case STORE_SLICE:
            return 4;
        case CALL_FUNCTION_EX:
            return 1 + (prev->oparg & 1);
        case CALL:
        case CALL_NON_PY_GENERAL:
        case CALL_BUILTIN_O:
        case CALL_BUILTIN_FAST:
        case CALL_BUILTIN_FAST_WITH_KEYWORDS:
            return Py_MIN(prev->oparg + 2, 4);
        case CALL_METHOD_DESCRIPTOR_FAST:
        case CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS:
        case CALL_METHOD_DESCRIPTOR_NOARGS:
        case CALL_METHOD_DESCRIPTOR_O:
            return Py_MIN(prev->oparg + 1, 4);
        default:
            return 0;
    }
}

/* Instructions that check nothing but what they give up. */
static bool
only_stores(int opcode)
{
    return opcode == STORE_FAST || opcode == STORE_FAST_LOAD_FAST || opcode == STORE_FAST_STORE_FAST || opcode == POP_TOP
        || opcode == END_FOR || opcode == RETURN_VALUE || opcode == RETURN_CONST || opcode == RESERVED;
}

/* The instruction is the first one of a side trace, and the trace it leaves had it with something that ends quietly: another check of it has
 * failed. */
static bool
was_quiet(void)
{
    const _PyJitRecorder *r = &ENGINE->recorder;
    if (r->exit == NULL || r->trace.nrecords > 0) {
        return false;
    }
    const _PyJitTrace *t = _PyJitExit_Owner(r->exit)->trace, *whole = _PyJitTrace_Unpack(t, false);
    const _PyJitSnapshot *snap = &t->snaps[r->exit->snapshot];
    bool quiet = false;
    for (uint32_t i = 0; whole != NULL && i < t->nrecords && !quiet; i++) {
        const _PyJitRecord *record = &whole->records[i];
        quiet = record->code == snap->code && record->offset - record->prefix == snap->offset
            && (JIT_TAG(record->types, 2) == JIT_TAG_QUIET || JIT_TAG(record->types, 3) == JIT_TAG_QUIET);
    }
    _PyJitTrace_FreeUnpacked(whole, t);
    return quiet;
}

/* The keys of the dict that is about to be made, or the elements of the set, may be so without code of users.  Constants may. */
static bool
keys_are_safe(const _PyJitPending *prev, PyObject **stack_pointer)
{
    int step = prev->opcode == BUILD_MAP ? 2 : 1;
    for (int i = step * prev->oparg; i > 0 && prev->opcode != BUILD_CONST_KEY_MAP; i -= step) {
        if (!_PyJit_IsSafeKey(stack_pointer[-i])) {
            return false;
        }
    }
    return true;
}

/* VALUE, below 256, as the object that lives for ever. */
static PyObject *
object_of(int value)
{
    return (PyObject *)&_PyLong_SMALL_INTS[_PY_NSMALLNEGINTS + value];
}

/* The BINARY_OP of two ints can be computed where they do not fit a word. */
static bool
fits_wide_ints(const _PyJitPending *prev, PyObject **stack_pointer)
{
    int op = prev->oparg - (prev->oparg >= NB_INPLACE_ADD ? NB_INPLACE_ADD : 0);
    PyObject *args[] = {stack_pointer[-2], stack_pointer[-1], object_of(op)};
    return _PyJitLeaf_Fits(_PyJitLeaf_Named("int op int"), args, 3);
}

/* The same with another leaf than the instruction's usual one; its number is in `plain_locals`. */
static bool
is_other_leaf(_PyJitPending *prev, PyObject *const *args)
{
    bool in_place = prev->opcode == BINARY_OP && prev->oparg >= NB_INPLACE_ADD;
    const char *name = _PyOpcode_Deopt[prev->opcode] == BINARY_SUBSCR ? "a[missing]" : in_place ? "a op= b" : "a op b";
    int number = prev->opcode == BINARY_OP || _PyOpcode_Deopt[prev->opcode] == BINARY_SUBSCR ? _PyJitLeaf_Named(name) : -1;
    if (number >= 0 && !_PyJitLeaf_Fits(number, args, 3)) {
        number = prev->opcode == BINARY_OP ? _PyJitLeaf_Named("value op value") : -1;
    }
    if (number < 0 || !_PyJitLeaf_Fits(number, args, 3)) {
        return false;
    }
    prev->plain_locals = (uint32_t)number + 1;
    return true;
}

/* The instruction that is about to run does, by itself, what objects/leaf_calls.c can do. */
static bool
is_leaf_instruction(_PyJitPending *prev, PyObject **stack_pointer, Py_ssize_t depth)
{
    int base = _PyOpcode_Deopt[prev->opcode];
    if (base == BINARY_OP && depth >= 2 && PyLong_CheckExact(stack_pointer[-1]) && PyLong_CheckExact(stack_pointer[-2])) {
        return fits_wide_ints(prev, stack_pointer);
    }
    int number = _PyJitLeaf_OfInstruction(prev->opcode, (uint32_t)prev->oparg);
    if ((number < 0 && prev->opcode != BINARY_OP) || prev->opcode == BUILD_STRING || depth < _PyOpcode_num_popped(prev->opcode, prev->oparg)) {
        return false;
    }
    PyObject *top = depth > 0 ? stack_pointer[-1] : NULL, *args[4] = {top, NULL, NULL, NULL};
    if (prev->opcode == LIST_EXTEND || prev->opcode == DICT_MERGE || prev->opcode == DICT_UPDATE || prev->opcode == SET_UPDATE) {
        args[0] = stack_pointer[-1 - prev->oparg];
        args[1] = top;
    }
    else if (prev->opcode == DELETE_ATTR) {
        args[1] = PyTuple_GET_ITEM(prev->code->co_names, prev->oparg);
    }
    else if (prev->opcode == FORMAT_WITH_SPEC || prev->opcode == BINARY_OP || prev->opcode == COMPARE_OP || base == BINARY_SUBSCR
             || prev->opcode == DELETE_SUBSCR || prev->opcode == MATCH_KEYS) {
        args[0] = stack_pointer[-2];
        args[1] = top;
        args[2] = prev->opcode == COMPARE_OP ? object_of(prev->oparg >> 5) : prev->opcode == BINARY_OP ? object_of(prev->oparg) : NULL;
    }
    else if (prev->opcode == STORE_SLICE || prev->opcode == MATCH_CLASS || prev->opcode == BUILD_SLICE || prev->opcode == STORE_SUBSCR
             || prev->opcode == BINARY_SLICE) {
        int n = prev->opcode == STORE_SLICE ? 4 : prev->opcode == BUILD_SLICE ? prev->oparg : 3;
        memcpy(args, stack_pointer - n, (size_t)n * sizeof(PyObject *));
        args[3] = prev->opcode == MATCH_CLASS ? object_of(prev->oparg) : args[3];
        if (prev->opcode == BINARY_SLICE && PyBytes_CheckExact(args[0])) {
            number = _PyJitLeaf_Named("bytes[b:c]");
            prev->plain_locals = (uint32_t)number + 1;
        }
        return _PyJitLeaf_Fits(number, args, 4);
    }
    else if (base == CONTAINS_OP) {
        args[1] = stack_pointer[-2];
    }
    else if (prev->opcode == UNPACK_EX) {
        args[1] = object_of((prev->oparg & 0xff) + (prev->oparg >> 8) * 16);
    }
    else if ((prev->opcode == BUILD_MAP && prev->oparg > 0) || prev->opcode == BUILD_CONST_KEY_MAP || prev->opcode == BUILD_SET) {
        return keys_are_safe(prev, stack_pointer);
    }
    return (number >= 0 && _PyJitLeaf_Fits(number, args, prev->opcode == BUILD_MAP && prev->oparg == 0 ? 0 : 3)) || is_other_leaf(prev, args);
}

#define MOST_LEAF_ARGUMENTS 4

/* The call that is about to run is one that objects/leaf_calls.c can do.  Where the callable is the leaf's first argument, as of bound methods,
 * its number is in `plain_locals`. */
static bool
is_leaf_call(_PyJitPending *prev, PyObject **stack_pointer, Py_ssize_t depth)
{
    Py_ssize_t nargs = prev->oparg;
    if (_PyOpcode_Deopt[prev->opcode] != CALL || depth < nargs + 2) {
        return false;
    }
    PyObject *callable = stack_pointer[-nargs - 2], **args = stack_pointer - nargs;
    if (args[-1] != NULL) {
        args--;
        nargs++;
    }
    if (args == stack_pointer - nargs && nargs < MOST_LEAF_ARGUMENTS) {
        PyObject *all[MOST_LEAF_ARGUMENTS] = {callable};
        memcpy(all + 1, args, (size_t)nargs * sizeof(PyObject *));
        int number = PyCFunction_Check(callable) ? _PyJitLeaf_FindBound(callable, nargs)
            : PyExceptionClass_Check(callable) ? _PyJitLeaf_Named("error()")
            : PyType_Check(callable) ? (PyType_HasFeature((PyTypeObject *)callable, Py_TPFLAGS_HEAPTYPE) ? _PyJitLeaf_Named("class()") : -1)
            : PyWeakref_CheckRefExact(callable) ? (nargs == 0 ? _PyJitLeaf_Named("reference()") : -1)
            : PyFunction_Check(callable) ? -1 : _PyJitLeaf_Named("cached()");
        if (number < 0 && PyCFunction_CheckExact(callable) && nargs > 0 && nargs < 3) {
            number = _PyJitLeaf_Named("__new__()");
        }
        if (number >= 0 && _PyJitLeaf_Fits(number, all, nargs + 1)) {
            prev->plain_locals = (uint32_t)number + 1;
            return true;
        }
    }
    if (nargs > MOST_LEAF_ARGUMENTS || !(PyCFunction_CheckExact(callable) || PyType_Check(callable) || Py_IS_TYPE(callable, &PyMethodDescr_Type))) {
        return false;
    }
    int number = _PyJitLeaf_Find(callable, nargs);
    if (number >= 0 && _PyJitLeaf_Fits(number, args, nargs)) {
        return true;
    }
    if (nargs >= MOST_LEAF_ARGUMENTS) {
        return false;
    }
    PyObject *all[MOST_LEAF_ARGUMENTS] = {callable};
    memcpy(all + 1, args, (size_t)nargs * sizeof(PyObject *));
    number = _PyJitLeaf_FindByRule(callable, nargs);
    if (number < 0 || !_PyJitLeaf_Fits(number, all, nargs + 1)) {
        return false;
    }
    prev->plain_locals = (uint32_t)(number | (nargs > prev->oparg ? JIT_LEAF_SELF : 0)) + 1;
    return true;
}

/* The same of a call with a tuple or list of arguments. */
static bool
is_leaf_spread(_PyJitPending *prev, PyObject **stack_pointer, Py_ssize_t depth)
{
    if (prev->opcode != CALL_FUNCTION_EX || prev->oparg & 1 || depth < 3 || stack_pointer[-2] != NULL
        || !(PyCFunction_CheckExact(stack_pointer[-3]) || PyType_Check(stack_pointer[-3]))) {
        return false;
    }
    PyObject *args[] = {stack_pointer[-3], stack_pointer[-1]};
    int number = _PyJitLeaf_Named("f(*a)");
    if (!_PyJitLeaf_Fits(number, args, 2)) {
        return false;
    }
    prev->plain_locals = (uint32_t)number + 1;
    return true;
}

/* A method of a type in C, which takes its `self` as an argument. */
static bool
is_descriptor(PyObject *o)
{
    return Py_IS_TYPE(o, &PyMethodDescr_Type) || Py_IS_TYPE(o, &PyWrapperDescr_Type);
}

/* O is a builtin that lives as long as the interpreter, whatever becomes of its names. */
static bool
lives_on(PyObject *o)
{
    if (PyType_Check(o)) {
        return !(((PyTypeObject *)o)->tp_flags & Py_TPFLAGS_HEAPTYPE);
    }
    if (is_descriptor(o)) {
        return !(((PyDescrObject *)o)->d_type->tp_flags & Py_TPFLAGS_HEAPTYPE);
    }
    PyObject *builtins = _PyInterpreterState_GET()->builtins_copy;
    return PyCFunction_CheckExact(o) && builtins != NULL
        && _PyJit_ItemNamed(builtins, ((PyCFunctionObject *)o)->m_ml->ml_name) == o;
}

/* What the instruction calls, if that lives on. */
static PyObject *
callable_of(const _PyJitPending *prev, PyObject **stack_pointer, Py_ssize_t depth)
{
    PyObject *callable = _PyOpcode_Deopt[prev->opcode] == CALL && depth >= prev->oparg + 2 ? stack_pointer[-prev->oparg - 2] : NULL;
    bool fits = callable != NULL && (is_descriptor(callable) || stack_pointer[-prev->oparg - 1] == NULL);
    return fits && lives_on(callable) ? callable : NULL;
}

/* KEY is a tuple, and CONTAINER a dict that has it. */
static bool
has_tuple(PyObject *container, PyObject *key)
{
    return PyDict_Check(container) && PyTuple_CheckExact(key) && _PyJit_DictHas(container, key) == 1;
}

/* What the builder wants to know of an instruction that is about to run: stack depth and types (JIT_TAG). */
void
_PyJitRecorder_NoteTypes(_PyJitPending *prev, _PyInterpreterFrame *frame, PyObject **stack_pointer)
{
    PyObject **base = frame->localsplus;
    Py_ssize_t depth = stack_pointer - _PyFrame_Stackbase(frame);
    Py_ssize_t sp = stack_pointer - base;
    uint32_t oparg = (uint32_t)prev->oparg;
    unsigned int types = 0;
    prev->plain_locals = 0;
    if (depth > 0) {
        types |= tag_of(stack_pointer[-1]);
    }
    if (depth > 1) {
        types |= tag_of(stack_pointer[-2]) << 4;
    }
    switch (prev->opcode) {
        case STORE_FAST:
        case LOAD_FAST_AND_CLEAR:
            types |= tag_of_release(base[oparg]) << 8;
            break;
        case RETURN_VALUE:
        case RETURN_CONST:
        case RESERVED:
            // In place of a local that is written.
            types |= tag_of_locals(frame, &prev->plain_locals) << 8;
            break;
        case STORE_FAST_STORE_FAST:
            types |= tag_of_release(base[oparg & 15]) << 12;
            /* fall through */
        case STORE_FAST_LOAD_FAST:
            types |= tag_of_release(base[oparg >> 4]) << 8;
            break;
        case BINARY_OP:
        case COMPARE_OP:
            for (int i = 0; i < 2 && depth > i; i++) {
                bool derived = JIT_TAG(types, i) == JIT_TAG_OTHER && _PyJit_IsIntBy(stack_pointer[-1 - i], prev->opcode, prev->oparg);
                types |= derived ? (unsigned int)JIT_TAG_DERIVED << (4 * i) : 0;
            }
            break;
        case STORE_SUBSCR:
            types |= depth > 2 ? tag_of(stack_pointer[-3]) << 8 : 0;
            /* fall through */
        case STORE_SUBSCR_DICT:
            // In place of locals.
            prev->plain_locals = depth > 2 && has_tuple(stack_pointer[-2], stack_pointer[-1]);
            break;
        case BINARY_SUBSCR_DICT:
            // Of the key if that may be the last reference to something, else of the dict.
            types |= tag_of_release(stack_pointer[tag_of(stack_pointer[-1]) == JIT_TAG_OTHER ? -1 : -2]) << 8;
            break;
        case STORE_GLOBAL:
        case STORE_NAME:
            types |= tag_of_entry(prev->opcode == STORE_NAME ? frame->f_locals : frame->f_globals, PyTuple_GET_ITEM(prev->code->co_names, oparg)) << 8;
            break;
        case STORE_DEREF:
            types |= tag_of_release(((PyCellObject *)base[oparg])->ob_ref) << 8;
            break;
        case END_SEND:
        case BINARY_SUBSCR:
            types |= depth > 1 ? tag_of_release(stack_pointer[-2]) << 8 : 0;
            break;
        case BINARY_SLICE:
            types |= depth > 2 ? tag_of_release(stack_pointer[-3]) << 8 : 0;
            break;
        case BINARY_SUBSCR_LIST_INT:
        case BINARY_SUBSCR_TUPLE_INT:
        case CALL_LIST_APPEND:
            types |= tag_of_release(stack_pointer[-2]) << 8;
            break;
        case UNPACK_SEQUENCE_TWO_TUPLE:
        case UNPACK_SEQUENCE_TUPLE:
        case UNPACK_SEQUENCE_LIST:
        case UNPACK_SEQUENCE:
        case UNPACK_EX:
        case LOAD_ATTR_INSTANCE_VALUE:
        case LOAD_ATTR_SLOT:
        case LOAD_ATTR_WITH_HINT:
        case LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES:
        case LOAD_ATTR_NONDESCRIPTOR_NO_DICT:
        case POP_TOP:
        case END_FOR:
            types |= tag_of_release(stack_pointer[-1]) << 8;
            break;
        case STORE_SUBSCR_LIST_INT:
            types |= tag_of_item(stack_pointer[-2], stack_pointer[-1]) << 8;
            break;
        case CALL_ISINSTANCE:
            if (depth >= 2 && stack_pointer[-2] != NULL && _PyJit_IsInstance(stack_pointer[-2], stack_pointer[-1]) >= 0) {
                types |= JIT_TAG_BOOL << 8;
            }
            break;
        case FOR_ITER:
            if (prev->entered == JIT_ENTERED_CONSUMER) {
                prev->plain_locals = Py_TYPE(stack_pointer[-1])->tp_version_tag;
            }
            break;
        case CALL_INTRINSIC_1:
            if (oparg == JIT_CONTINUATION + JIT_SUM_TOTAL || oparg == JIT_CONTINUATION + JIT_SUM_ERROR) {
                types |= tag_of(base[CONSUMER_RESULT]) << 8;
            }
            break;
        case CALL_BUILTIN_O:
            types |= order_of(NULL, stack_pointer[-1]) << 8;
            break;
        case CALL_BUILTIN_FAST_WITH_KEYWORDS:
            types |= oparg == 2 ? order_of(stack_pointer[-2], stack_pointer[-1]) << 8 : oparg == 3 ? order_of_three(stack_pointer - 3) << 8 : 0;
            break;
        case LOAD_SUPER_ATTR_METHOD:
        case LOAD_SUPER_ATTR_ATTR:
            types |= depth >= 3 && _PyJitRecorder_IsSuperOfClass(stack_pointer) ? JIT_TAG_BOOL << 8 : 0;
            break;
        case STORE_ATTR:
            if (prev->adapted && PyType_Check(stack_pointer[-1])) {
                types |= tag_of_entry(((PyTypeObject *)stack_pointer[-1])->tp_dict, PyTuple_GET_ITEM(prev->code->co_names, oparg)) << 8;
            }
            break;
        case STORE_ATTR_INSTANCE_VALUE:
        case STORE_ATTR_SLOT:
            types |= tag_of_attribute(prev, stack_pointer[-1]) << 8;
            break;
        case CALL:
            if (prev->adapted && _PyJit_IsObjectSetattr(stack_pointer[-prev->oparg - 2])) {
                uint32_t sets = prev->units[1].cache;
                types |= tag_of_place(stack_pointer[-3], JIT_IS_SET_SLOT(sets), JIT_SET_INDEX(sets)) << 8;
            }
            break;
        default:
            break;
    }
    if (only_stores(prev->opcode) && ((types >> 8 & 15) == JIT_TAG_QUIET || types >> 12 == JIT_TAG_QUIET) && !was_quiet()) {
        prev->fits = 1;        // the check that failed was for something else (GUARD_DROP, GUARD_SHARED)
    }
    if (_PyOpcode_Deopt[prev->opcode] == LOAD_ATTR && (prev->seen == Py_True || prev->seen == Py_False || prev->seen == Py_None)) {
        prev->fits = 1;        // whatever the type
    }
    if (((prev->opcode == STORE_ATTR || prev->opcode == STORE_ATTR_WITH_HINT) && prev->seen == Py_True)
        || (prev->opcode == FOR_ITER && prev->seen != NULL)) {
        prev->fits = 1;
    }
    unsigned int ends = 0;
    int count = operands_that_end(prev);
    for (int i = 0; i < count && i < depth; i++) {
        ends |= tag_of_release(stack_pointer[-1 - i]) << (4 * i);
    }
    if (prev->opcode == STORE_FAST_STORE_FAST && base[oparg >> 4] == base[oparg & 15]) {
        ends = JIT_TAG_SHARED;
    }
    prev->callable = callable_of(prev, stack_pointer, depth);
    prev->ends = (uint16_t)ends;
    prev->leaf = is_leaf_call(prev, stack_pointer, depth) || is_leaf_spread(prev, stack_pointer, depth)
        || is_leaf_instruction(prev, stack_pointer, depth);
    prev->sp = (uint16_t)Py_MIN(sp, UINT16_MAX);
    prev->types = (uint16_t)types;
    prev->observed = !_PyJit_DropFrameObject(frame);
}

/* The same when it has run, in the same frame. */
void
_PyJitRecorder_NoteResult(_PyJitPending *prev, _PyInterpreterFrame *frame, PyObject **stack_pointer)
{
    if (prev->opcode != STORE_FAST_STORE_FAST && stack_pointer > _PyFrame_Stackbase(frame)) {
        prev->types = (uint16_t)(prev->types | tag_of(stack_pointer[-1]) << 12);
    }
}

#endif /* _Py_TIER2 */
