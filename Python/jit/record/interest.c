/* What the recorder notes for the builder besides types (types.c): the object that the rule of an instruction asks about, as the class of
 * a container, the dict of globals, what an attribute of a class is.  A hint, too: the builder emits a check for what it uses.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_class_variables.h"
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

/* To make an iterator of a TYPE, one that lives for ever, runs no code of users, and the iterator keeps what it needs. */
static bool
has_quiet_iter(PyTypeObject *type)
{
    return type->tp_iter == PyObject_SelfIter ? !(type->tp_flags & Py_TPFLAGS_HEAPTYPE) || _PyJitIter_IsOfModule(type)
        : _PyJitIter_IsOfContainer(type) || _PyJitLeaf_IsOfDeques(type);
}

/* True or False: there is such an attribute, or there is none; None: there is one that is made each time; NULL: that cannot be said. */
static PyObject *
has_attribute(PyObject *o, PyObject *name)
{
    PyObject *value;
    int found = _PyJit_FindAttr(o, name, &value);
    return found == JIT_FOUND ? Py_True : found == JIT_ABSENT ? Py_False : found == JIT_MADE ? Py_None : NULL;
}

/* The class of O, if it has a function under NAME which a plain look at O binds, and O has nothing of its own there; else OTHERWISE. */
static PyObject *
class_that_binds(PyObject *o, PyObject *name, PyObject *otherwise)
{
    PyTypeObject *type = Py_TYPE(o);
    PyObject *found = PyUnicode_CheckExact(name) ? _PyType_Lookup(type, name) : NULL;
    uint32_t keys;
    bool binds = found != NULL && PyFunction_Check(found) && PyUnstable_Type_AssignVersionTag(type)
        && _PyClassVar_FormForInstance(type, name, &keys) != 0 && (keys == 0 || _PyObject_InlineValues(o)->valid);
    return binds ? (PyObject *)type : otherwise;
}

/* What getattr, hasattr or issubclass would say of A and B, as has_attribute does; of what function it is, the rule makes sure. */
static PyObject *
answer_of(PyObject *a, PyObject *b)
{
    PyObject *has = PyUnicode_CheckExact(b) ? has_attribute(a, b) : NULL;
    return has == Py_None ? class_that_binds(a, b, has)
        : PyUnicode_CheckExact(b) ? has : a != NULL && _PyJit_IsSubclass(a, b) >= 0 ? Py_True : NULL;
}

/* The type of CONTAINER, if it can be said whether it has KEY; else NULL. */
static PyObject *
type_for_contains(PyObject *container, PyObject *key)
{
    PyTypeObject *type = Py_TYPE(container);
    int64_t has = type == &PyDict_Type || _PyJitLeaf_IsAs(&PyDict_Type, type, &_Py_ID(__contains__)) ? _PyJit_DictHas(container, key)
        : type == &PySet_Type || type == &PyFrozenSet_Type ? _PyJit_SetHas(container, key)
        : type == &PyList_Type || type == &PyTuple_Type ? _PyJit_SequenceHas(container, key)
        : type == &PyUnicode_Type && PyUnicode_CheckExact(key) ? 0 : -1;
    return has >= 0 ? (PyObject *)type : NULL;
}

/* The type of CONTAINER for a subscript, but NULL where CONTAINER[KEY] is nothing that the rule finds. */
static PyObject *
type_for_subscript(PyObject *container, PyObject *key)
{
    PyTypeObject *type = Py_TYPE(container);
    if (PyDict_Check(container)) {
        bool plain = type == &PyDict_Type || _PyJitLeaf_IsAs(&PyDict_Type, type, &_Py_ID(__getitem__));
        bool missing = type == &PyDict_Type && _PyJit_DictHas(container, key) == 0;      // raises (build/raises.c)
        return missing || (plain && _PyJit_DictGet(container, key) != NULL) ? (PyObject *)type : NULL;
    }
    if (type == &PyUnicode_Type) {
        Py_ssize_t length = PyUnicode_GET_LENGTH(container);
        Py_ssize_t i = PyLong_CheckExact(key) && _PyLong_IsCompact((PyLongObject *)key)
            ? _PyLong_CompactValue((PyLongObject *)key) : length;
        i += i < 0 ? length : 0;
        return i >= 0 && i < length && PyUnicode_READ_CHAR(container, i) < 128 ? (PyObject *)type : NULL;
    }
    return (PyObject *)type;
}

/* What the generic form of a LOAD_ATTR would find, as has_attribute says; before a call True stands for a method, False for another
 * attribute. */
static PyObject *
generic_attribute(const _PyJitPending *prev, PyObject *owner)
{
    PyObject *name = PyTuple_GET_ITEM(prev->code->co_names, prev->oparg >> 1);
    if (prev->oparg & 1 && _PyJit_FindMethod(owner, name) != NULL) {
        return Py_True;
    }
    PyObject *has = has_attribute(owner, name);
    return !(prev->oparg & 1) ? has : has == Py_True ? Py_False : has == Py_None ? Py_None : NULL;
}

/* The class that has the variable which the instruction loads from OWNER, a class or an instance; NULL: it is not there any more. */
static PyObject *
owner_of_variable(const _PyJitPending *prev, PyObject *owner)
{
    PyTypeObject *type = PyType_Check(owner) ? (PyTypeObject *)owner : Py_TYPE(owner), *class;
    PyObject *name = PyTuple_GET_ITEM(prev->code->co_names, prev->oparg >> 1);
    return _PyClassVar_Place(type, name, &class) != NULL ? (PyObject *)class : NULL;
}

/* What the cache of a LOAD_ATTR names, if the instruction's check of the type holds: only then it is sure to live.  Else, for the generic
 * form, what that would find; *generic: the same if the other check fails, so that it is the generic form that runs. */
static PyObject *
attribute_of_interest(const _PyJitPending *prev, PyObject *owner, PyObject **generic)
{
    uint16_t *cache = (uint16_t *)&prev->units[2].cache;
    bool holds = false;
    switch (prev->opcode) {
        case LOAD_ATTR_METHOD_WITH_VALUES:
        case LOAD_ATTR_METHOD_NO_DICT:
        case LOAD_ATTR_METHOD_LAZY_DICT:
        case LOAD_ATTR_PROPERTY:
        case LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES:
        case LOAD_ATTR_NONDESCRIPTOR_NO_DICT:
            holds = Py_TYPE(owner)->tp_version_tag == read_u32(cache);
            break;
        case LOAD_ATTR:
            holds = prev->adapted;
            break;
        case LOAD_ATTR_CLASS:
            holds = PyType_Check(owner) && ((PyTypeObject *)owner)->tp_version_tag == read_u32(cache);
            break;
        default:
            break;
    }
    *generic = generic_attribute(prev, owner);
    if (prev->opcode == LOAD_ATTR && !holds && *generic == Py_None && !(prev->oparg & 1)) {
        return class_that_binds(owner, PyTuple_GET_ITEM(prev->code->co_names, prev->oparg >> 1), Py_None);
    }
    PyObject *cached = holds ? read_obj((uint16_t *)&prev->units[6].cache) : *generic;
    return cached != NULL && _PyClassVar_IsPlace(cached) ? owner_of_variable(prev, owner) : cached;
}

/* CALLABLE is a function that has the version of its code, which a trace can check. */
static bool
has_version_of_code(PyObject *callable)
{
    return PyFunction_Check(callable)
        && ((PyFunctionObject *)callable)->func_version == ((PyCodeObject *)PyFunction_GET_CODE(callable))->co_version;
}

/* O is equal to itself only, as `object` has it. */
static bool
compares_by_identity(PyObject *o)
{
    return Py_TYPE(o)->tp_richcompare == PyBaseObject_Type.tp_richcompare;
}

/* O is what is run when it is awaited: a coroutine, or a generator that may be (types.coroutine). */
static bool
is_its_own_awaitable(PyObject *o)
{
    _PyInterpreterFrame *frame = (_PyInterpreterFrame *)((PyGenObject *)o)->gi_iframe;
    return PyCoro_CheckExact(o)
        || (PyGen_CheckExact(o) && _PyFrame_GetCode(frame)->co_flags & CO_ITERABLE_COROUTINE);
}

bool
_PyJitRecorder_IsSuperOfClass(PyObject **stack_pointer)
{
    PyObject *class = stack_pointer[-2], *self = stack_pointer[-1];
    return PyType_Check(self) && PyType_Check(class) && PyType_IsSubtype((PyTypeObject *)self, (PyTypeObject *)class);
}

/* Of two strings that become one, the one that is no constant of the code, if it is interned (build/bound_methods.c); else NULL. */
static PyObject *
part_of_name(const _PyJitPending *prev, PyObject **stack_pointer)
{
    // The word before is that of the instruction before, or of its cache: a hint, the builder looks which of the two is a constant.
    bool last = prev->start > _PyCode_CODE(prev->code) && prev->start[-1].op.code == LOAD_CONST;
    PyObject *part = stack_pointer[last ? -2 : -1];
    return PyUnicode_CheckExact(part) && PyUnicode_CHECK_INTERNED(part) && PyUnicode_GET_LENGTH(part) > 0 ? part : NULL;
}

/* What a record has in `seen`: borrowed, or NULL. */
PyObject *
_PyJitRecorder_ObjectOfInterest(_PyJitPending *prev, _PyInterpreterFrame *frame, PyObject **stack_pointer)
{
    int opcode = prev->opcode, base = _PyOpcode_Deopt[opcode];
    if (opcode == LOAD_GLOBAL_MODULE || opcode == MAKE_FUNCTION) {
        return frame->f_globals;
    }
    if (opcode == STORE_GLOBAL || ((opcode == LOAD_NAME || opcode == STORE_NAME) && frame->f_locals == frame->f_globals)) {
        return PyDict_CheckExact(frame->f_globals) ? frame->f_globals : NULL;
    }
    // Builtins of one's own are not watched.
    if (opcode == LOAD_GLOBAL_BUILTIN) {
        return frame->f_builtins == _PyInterpreterState_GET()->builtins ? frame->f_globals : NULL;
    }
    // The generic form may have run with fewer operands; then the rule is not asked.
    Py_ssize_t depth = stack_pointer - _PyFrame_Stackbase(frame);
    if (base == LOAD_ATTR) {
        return depth >= 1 ? attribute_of_interest(prev, stack_pointer[-1], &prev->generic) : NULL;
    }
    if (base == FOR_ITER && opcode != FOR_ITER_GEN) {
        int has = depth >= 1 ? _PyJitIter_Has(stack_pointer[-1]) : -1;
        if (has > 0 && _PyJitIter_KeepsTuple(Py_TYPE(stack_pointer[-1]))) {
            return (PyObject *)Py_TYPE(stack_pointer[-1]);
        }
        return has > 0 || (has == 0 && _PyJit_EndsQuietly(stack_pointer[-1], 1)) ? Py_True : NULL;
    }
    if (base == STORE_ATTR) {
        PyObject *name = PyTuple_GET_ITEM(prev->code->co_names, prev->oparg);
        if (depth >= 2 && prev->adapted && PyType_Check(stack_pointer[-1])) {
            return stack_pointer[-1];
        }
        return depth >= 2 && _PyJit_CanSetAttr(stack_pointer[-1], name) ? Py_True : NULL;
    }
    if (base == BINARY_SUBSCR) {
        return depth >= 2 ? type_for_subscript(stack_pointer[-2], stack_pointer[-1]) : NULL;
    }
    if (base == STORE_SUBSCR) {
        PyObject *container = depth >= 2 ? stack_pointer[-2] : NULL;
        bool plain = container == NULL || !PyDict_Check(container)
            || ((PyDict_CheckExact(container) || _PyJitLeaf_IsAs(&PyDict_Type, Py_TYPE(container), &_Py_ID(__setitem__)))
                && _PyJit_DictHas(container, stack_pointer[-1]) >= 0);
        return container != NULL && plain ? (PyObject *)Py_TYPE(container) : NULL;
    }
    if (opcode == BINARY_OP_ADD_UNICODE || (opcode == BUILD_STRING && prev->oparg == 2)) {
        return depth >= 2 ? part_of_name(prev, stack_pointer) : NULL;
    }
    if (opcode == CALL_BUILTIN_FAST) {
        int nargs = prev->oparg;
        return depth >= nargs && (nargs == 2 || nargs == 3) ? answer_of(stack_pointer[-nargs], stack_pointer[1 - nargs]) : NULL;
    }
    if (opcode == CALL_METHOD_DESCRIPTOR_O) {
        // Where the attribute was no method this time, NULL stands in the place of `self`.
        if (depth >= 2 && stack_pointer[-2] != NULL && PySet_CheckExact(stack_pointer[-2])) {
            return _PyJit_SetHas(stack_pointer[-2], stack_pointer[-1]) >= 0 ? (PyObject *)&PySet_Type : NULL;
        }
        return depth >= 1 && (PyList_CheckExact(stack_pointer[-1]) || PyTuple_CheckExact(stack_pointer[-1]))
            ? (PyObject *)Py_TYPE(stack_pointer[-1]) : NULL;
    }
    if (opcode == CALL_METHOD_DESCRIPTOR_FAST) {
        // dict.get
        PyObject *self = depth > prev->oparg ? stack_pointer[-prev->oparg - 1] : NULL;
        return prev->oparg > 0 && self != NULL && PyDict_CheckExact(self) && _PyJit_DictHas(self, stack_pointer[-prev->oparg]) >= 0
            ? (PyObject *)&PyDict_Type : NULL;
    }
    if (opcode == CALL_LIST_APPEND) {
        return depth >= 2 && stack_pointer[-2] != NULL ? (PyObject *)Py_TYPE(stack_pointer[-2]) : NULL;
    }
    if (opcode == UNPACK_EX) {
        PyTypeObject *type = depth >= 1 ? Py_TYPE(stack_pointer[-1]) : NULL;
        return type == &PyList_Type || type == &PyTuple_Type ? (PyObject *)type : NULL;
    }
    if (opcode == UNPACK_SEQUENCE) {
        PyTypeObject *type = depth >= 1 ? Py_TYPE(stack_pointer[-1]) : NULL;
        bool tuple = type != NULL && PyTuple_Check(stack_pointer[-1]) && type->tp_iter == PyTuple_Type.tp_iter
            && PyUnstable_Type_AssignVersionTag(type);
        return tuple || type == &PyList_Type ? (PyObject *)type : NULL;
    }
    if (opcode == GET_LEN || opcode == MATCH_MAPPING || opcode == MATCH_SEQUENCE) {
        return depth >= 1 ? (PyObject *)Py_TYPE(stack_pointer[-1]) : NULL;
    }
    if (opcode == IMPORT_FROM) {
        return depth >= 1 ? has_attribute(stack_pointer[-1], PyTuple_GET_ITEM(prev->code->co_names, prev->oparg)) : NULL;
    }
    if (opcode == TO_BOOL_ALWAYS_TRUE) {
        return prev->adapted ? Py_True : NULL;
    }
    if (base == TO_BOOL) {
        PyTypeObject *type = depth >= 1 ? Py_TYPE(stack_pointer[-1]) : NULL;
        return type == &PyDict_Type || type == &PyTuple_Type ? (PyObject *)type : NULL;
    }
    if (opcode == BINARY_SLICE) {
        return depth >= 3 ? (PyObject *)Py_TYPE(stack_pointer[-3]) : NULL;
    }
    if (opcode == LOAD_SUPER_ATTR_METHOD || opcode == LOAD_SUPER_ATTR_ATTR) {
        if (depth >= 3 && _PyJitRecorder_IsSuperOfClass(stack_pointer)) {
            return stack_pointer[-1];
        }
        return depth >= 3 ? (PyObject *)Py_TYPE(stack_pointer[-1]) : NULL;
    }
    if (opcode == GET_ITER) {
        return depth >= 1 && has_quiet_iter(Py_TYPE(stack_pointer[-1])) ? (PyObject *)Py_TYPE(stack_pointer[-1]) : NULL;
    }
    if (opcode == SET_ADD && depth > prev->oparg) {
        PyObject *set = stack_pointer[-1 - prev->oparg];
        return PySet_CheckExact(set) && _PyJit_SetHas(set, stack_pointer[-1]) >= 0 ? (PyObject *)&PySet_Type : NULL;
    }
    if (opcode == MAP_ADD && depth > prev->oparg + 1) {
        PyObject *dict = stack_pointer[-2 - prev->oparg];
        return PyDict_CheckExact(dict) && _PyJit_DictHas(dict, stack_pointer[-2]) >= 0 ? (PyObject *)&PyDict_Type : NULL;
    }
    if (opcode == GET_AWAITABLE
        || (opcode == CALL_INTRINSIC_1 && prev->oparg == JIT_CONTINUATION + JIT_OPERATOR_ANEXT)) {
        return depth >= 1 && is_its_own_awaitable(stack_pointer[-1]) ? Py_True : NULL;
    }
    if (opcode == CALL_INTRINSIC_1 && prev->oparg == JIT_CONTINUATION + JIT_OPERATOR_ITER) {
        PyTypeObject *type = depth >= 1 ? Py_TYPE(stack_pointer[-1]) : NULL;
        return type != NULL && type->tp_iternext != NULL && PyUnstable_Type_AssignVersionTag(type) ? (PyObject *)type : NULL;
    }
    if (opcode == CALL_INTRINSIC_1 && prev->oparg == JIT_CONTINUATION + JIT_STEP_FUNCTION) {
        return _PyJitStep_Method(frame);
    }
    if (opcode == GET_YIELD_FROM_ITER) {
        return depth >= 1 && PyGen_CheckExact(stack_pointer[-1]) ? (PyObject *)&PyGen_Type : NULL;
    }
    if (opcode == COMPARE_OP) {
        bool same = depth >= 2 && prev->oparg >> 5 <= Py_NE && prev->oparg >> 5 >= Py_EQ && compares_by_identity(stack_pointer[-1])
            && compares_by_identity(stack_pointer[-2]);
        return same ? Py_True : NULL;
    }
    if (base == CONTAINS_OP) {
        return depth >= 2 ? type_for_contains(stack_pointer[-1], stack_pointer[-2]) : NULL;
    }
    if (opcode == CALL_FUNCTION_EX) {
        // How many arguments there are for such a function: the tuple itself must not live longer than without a recording.
        int named = prev->oparg & 1;
        PyObject *callable = depth >= 3 + named ? stack_pointer[-3 - named] : NULL, *args = depth >= 3 ? stack_pointer[-1 - named] : NULL;
        bool binds = callable != NULL && Py_IS_TYPE(callable, &PyMethod_Type);
        callable = binds ? PyMethod_GET_FUNCTION(callable) : callable;
        bool list = callable != NULL && PyList_CheckExact(args);
        if (callable == NULL || (!list && !PyTuple_CheckExact(args)) || !has_version_of_code(callable) || Py_SIZE(args) >= JIT_LIST) {
            return NULL;
        }
        Py_ssize_t n = Py_SIZE(args) + (binds ? JIT_BINDS : 0) + (list ? JIT_LIST : 0);
        if (named && PyDict_CheckExact(stack_pointer[-1]) && PyDict_GET_SIZE(stack_pointer[-1]) > 0) {
            return _PyJitNames_Of(stack_pointer[-1], n);
        }
        return (PyObject *)&_PyLong_SMALL_INTS[_PY_NSMALLNEGINTS + n];
    }
    if (opcode == CALL_KW) {
        PyObject *callable = depth >= prev->oparg + 3 ? stack_pointer[-prev->oparg - 3] : NULL;
        bool class = callable != NULL && PyType_Check(callable) && _PyJit_InitOf((PyTypeObject *)callable) != NULL
            && PyUnstable_Type_AssignVersionTag((PyTypeObject *)callable);
        return class ? callable : callable != NULL && has_version_of_code(callable) ? Py_True : NULL;
    }
    if (opcode == CALL_ALLOC_AND_ENTER_INIT) {
        // The class, if it is the one the instruction was specialized for.
        PyObject *class = depth >= prev->oparg + 2 ? stack_pointer[-prev->oparg - 2] : NULL;
        uint32_t version = read_u32((uint16_t *)&prev->units[2].cache);
        return class != NULL && PyType_Check(class) && ((PyTypeObject *)class)->tp_version_tag == version ? class : NULL;
    }
    return opcode == CALL_LEN && depth >= 1 ? (PyObject *)Py_TYPE(stack_pointer[-1])
        : opcode == CALL_ISINSTANCE && depth >= 2 && stack_pointer[-2] != NULL ? (PyObject *)Py_TYPE(stack_pointer[-2]) : NULL;
}

#endif /* _Py_TIER2 */
