/* Objects that a trace has not made (optimize/virtual.c), where it leaves: what the recipes of a snapshot say.
 *
 * First all objects are made, then they get their fields, so that they can refer to each other.  Nothing else runs meanwhile, but the
 * collector may be asked for: none that it could see is half made.  Where there is no memory a block of the reserve is used (restore.c).
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_code.h"
#include "pycore_dict.h"
#include "pycore_frame.h"
#include "pycore_function.h"
#include "pycore_genobject.h"
#include "pycore_interp.h"
#include "pycore_list.h"
#include "pycore_object.h"
#include "pycore_pystate.h"
#include "pycore_range.h"
#include "pycore_tuple.h"
#include "pycore_jit_helpers.h"
#include "jit/run/run.h"

bool
_PyJitRestore_CanMake(PyTypeObject *type)
{
    Py_BUILD_ASSERT(JIT_OBJECT_SIZE <= JIT_PLACE_STATE);       // bytes from its address are told from special places
    size_t size = _PyType_PreHeaderSize(type) + (size_t)type->tp_basicsize;
    if (type->tp_flags & Py_TPFLAGS_INLINE_VALUES) {
        size += _PyInlineValuesSize(type);
    }
    return size <= JIT_OBJECT_SIZE && type->tp_itemsize == 0 && _PyType_IS_GC(type) && _PyJit_IsSimpleClass(type);
}

bool
_PyJitRestore_CanMakeGenerator(const PyCodeObject *code)
{
    size_t nslots = (size_t)_PyFrame_NumSlotsForCodeObject((PyCodeObject *)code);
    return sizeof(PyGC_Head) + offsetof(PyGenObject, gi_iframe) + (nslots + 1) * sizeof(PyObject *) <= JIT_OBJECT_SIZE;
}

/* What a method object has besides its fields, which has no name outside its file; NULL: no method was made yet. */
static vectorcallfunc method_vectorcall;

bool
_PyJitRestore_CanMakeMethod(void)
{
    PyObject *some = method_vectorcall == NULL ? _PyJit_New(PyMethod_New(Py_None, Py_None)) : NULL;
    if (some != NULL) {
        method_vectorcall = ((PyMethodObject *)some)->vectorcall;
        Py_DECREF(some);
    }
    return method_vectorcall != NULL;
}

/* --- New objects ------------------------------------------------------------------------------------------------------ */

/* A block of the reserve as an object of TYPE with N items, all zero; the collector does not know it yet. */
static PyObject *
from_block(PyTypeObject *type, Py_ssize_t n)
{
    char *block = _PyJitRestore_Block();
    memset(block, 0, JIT_OBJECT_SIZE);
    PyObject *made = (PyObject *)(block + _PyType_PreHeaderSize(type));
    return type->tp_itemsize > 0 ? (PyObject *)PyObject_InitVar((PyVarObject *)made, type, n) : PyObject_Init(made, type);
}

/* An instance of TYPE without attributes. */
static PyObject *
new_instance(PyTypeObject *type)
{
    PyObject *made = _PyJit_NewInstance(type);
    if (made == NULL) {
        made = from_block(type, 0);
        if (type->tp_flags & Py_TPFLAGS_INLINE_VALUES) {
            _PyObject_InitInlineValues(made, type);
        }
        PyObject_GC_Track(made);
    }
    return made;
}

/* A tuple of N items, which are NULL. */
static PyObject *
new_tuple(Py_ssize_t n)
{
    PyObject *made = _PyJit_New(PyTuple_New(n));
    if (made == NULL) {
        made = from_block(&PyTuple_Type, n);
        PyObject_GC_Track(made);
    }
    return made;
}

/* As PyFunction_New makes it. */
static PyObject *
function_from_block(PyObject *globals, PyCodeObject *code)
{
    PyFunctionObject *made = (PyFunctionObject *)from_block(&PyFunction_Type, 0);
    PyObject *doc = PyTuple_GET_SIZE(code->co_consts) > 0 ? PyTuple_GET_ITEM(code->co_consts, 0) : Py_None;
    PyObject *module = PyDict_GetItemWithError(globals, &_Py_ID(__name__));
    made->func_globals = Py_NewRef(globals);
    made->func_builtins = Py_NewRef(_PyInterpreterState_GET()->builtins);
    made->func_name = Py_NewRef(code->co_name);
    made->func_qualname = Py_NewRef(code->co_qualname);
    made->func_code = Py_NewRef(code);
    made->func_doc = Py_NewRef(PyUnicode_Check(doc) ? doc : Py_None);
    made->func_module = Py_XNewRef(module);
    made->vectorcall = _PyFunction_Vectorcall;
    _PyFunction_SetVersion(made, code->co_version);
    PyObject_GC_Track(made);
    return (PyObject *)made;
}

static PyObject *
new_function(PyObject *globals, PyCodeObject *code)
{
    PyObject *made = _PyJit_NewFunction(globals, code);
    return made != NULL ? made : function_from_block(globals, code);
}

/* A generator or coroutine that runs CODE, without its function and its name, which its fields give. */
static PyObject *
new_generator(PyCodeObject *code)
{
    Py_ssize_t nslots = _PyFrame_NumSlotsForCodeObject(code);
    PyTypeObject *type = code->co_flags & CO_COROUTINE ? &PyCoro_Type : &PyGen_Type;
    PyGenObject *made = (PyGenObject *)_PyJit_New((PyObject *)PyObject_GC_NewVar(PyGenObject, type, nslots));
    if (made == NULL) {
        made = (PyGenObject *)from_block(type, nslots);
    }
    memset((char *)made + sizeof(PyObject), 0, offsetof(PyGenObject, gi_iframe) - sizeof(PyObject));
    made->gi_frame_state = FRAME_CLEARED;
    return (PyObject *)made;
}

static PyObject *
new_iterator(uint32_t kind)
{
    PyTypeObject *type = kind == JIT_ITER_LIST ? &PyListIter_Type : &PyTupleIter_Type;
    PyObject *made = _PyJit_New(_PyObject_GC_New(type));
    if (made == NULL) {
        made = from_block(type, 0);
    }
    memset((char *)made + sizeof(PyObject), 0, (size_t)type->tp_basicsize - sizeof(PyObject));
    PyObject_GC_Track(made);
    return made;
}

static PyObject *
new_range_iterator(void)
{
    PyObject *made = _PyJit_New((PyObject *)PyObject_New(_PyRangeIterObject, &PyRangeIter_Type));
    return made != NULL ? made : from_block(&PyRangeIter_Type, 0);
}

static PyObject *
new_cell(void)
{
    PyObject *made = _PyJit_New(PyCell_New(NULL));
    if (made == NULL) {
        made = from_block(&PyCell_Type, 0);
        PyObject_GC_Track(made);
    }
    return made;
}

/* A method that has its function and its object from its fields. */
static PyObject *
new_method(void)
{
    PyObject *made = _PyJit_New(PyMethod_New(Py_None, Py_None));
    if (made == NULL) {
        made = from_block(&PyMethod_Type, 0);
        ((PyMethodObject *)made)->vectorcall = method_vectorcall;
        PyObject_GC_Track(made);
    }
    return made;
}

/* A string like NAME; that one itself if memory is short. */
static PyObject *
new_name(PyObject *name)
{
    PyObject *made = _PyJit_New(_PyUnicode_Copy(name));
    return made != NULL ? made : Py_NewRef(name);
}

static void *
address_of(const _PyJitTrace *t, _PyJitRef ref)
{
    return (void *)(uintptr_t)JIT_INS(t, ref)->bits;
}

PyObject *
_PyJitMake_New(const _PyJitTrace *t, const _PyJitSnapFrame *recipe)
{
    const _PyJitIns *ins = _PyJitMake_Operation(t, recipe);
    switch (ins->op) {
        case JIT_OP_VIRTUAL_TUPLE:
            return new_tuple((Py_ssize_t)ins->aux);
        case JIT_OP_VIRTUAL_FUNCTION:
            return new_function(address_of(t, ins->a), address_of(t, ins->b));
        case JIT_OP_VIRTUAL_GENERATOR:
            return new_generator(address_of(t, ins->a));
        case JIT_OP_VIRTUAL_ITER:
            return new_iterator(ins->aux);
        case JIT_OP_VIRTUAL_RANGE:
            return new_range_iterator();
        case JIT_OP_VIRTUAL_CELL:
            return new_cell();
        case JIT_OP_VIRTUAL_METHOD:
            return new_method();
        case JIT_OP_VIRTUAL_NAME:
            return new_name(address_of(t, ins->a));
        default:
            assert(ins->op == JIT_OP_VIRTUAL);
            return new_instance(address_of(t, ins->a));
    }
}

/* --- Their fields ----------------------------------------------------------------------------------------------------- */

static void
set_attribute(PyObject *object, uint32_t place, PyObject *value)
{
    *(PyObject **)((char *)object + place) = value;
    if (Py_TYPE(object)->tp_flags & Py_TPFLAGS_INLINE_VALUES) {
        uint32_t first = (uint32_t)(sizeof(PyObject) + offsetof(PyDictValues, values));
        _PyDictValues_AddToInsertionOrder(_PyObject_InlineValues(object), (place - first) / sizeof(PyObject *));
    }
}

static void
set_item_of_iterator(PyObject *iterator, uint32_t place, PyObject *value, int64_t raw)
{
    _PyListIterObject *list = (_PyListIterObject *)iterator;
    Py_BUILD_ASSERT(offsetof(_PyListIterObject, it_seq) == offsetof(_PyTupleIterObject, it_seq)
                    && offsetof(_PyListIterObject, it_index) == offsetof(_PyTupleIterObject, it_index));
    if (place == JIT_PLACE_INDEX) {
        list->it_index = (Py_ssize_t)raw;
    }
    else {
        list->it_seq = (PyListObject *)value;
    }
}

/* The raw number that SLOT of T has: a constant, or VALUE. */
static int64_t
raw_number(const _PyJitTrace *t, const _PyJitSnapSlot *slot, uint64_t value)
{
    return (int64_t)(JIT_IS_CONST(slot->value) ? JIT_INS(t, slot->value)->bits : value);
}

static void
fill_range(const _PyJitTrace *t, const _PyJitSnapFrame *recipe, _PyRangeIterObject *range, const uint64_t *values)
{
    int64_t step = (int64_t)_PyJitMake_Operation(t, recipe)->aux - JIT_STEP_BIAS, next = 0, stop = 0;
    for (uint32_t i = 0; i < recipe->nslots; i++) {
        const _PyJitSnapSlot *slot = &t->slots[recipe->first_slot + i];
        int64_t raw = raw_number(t, slot, values[i]);
        if (slot->slot == JIT_PLACE_STOP) {
            stop = raw;
        }
        else {
            next = slot->slot == JIT_PLACE_LAST ? raw + step : raw;    // the first number, then the last one that was taken
        }
    }
    bool more = step > 0 ? next < stop : next > stop;
    range->start = (long)next;
    range->step = (long)step;
    range->len = !more ? 0 : (long)((step > 0 ? stop - next - 1 : next - stop - 1) / (step > 0 ? step : -step) + 1);
}

/* The name and the frame of a new GENERATOR, which takes the reference to FUNCTION. */
static void
begin_generator(PyGenObject *generator, PyFunctionObject *function)
{
    _PyInterpreterFrame *frame = (_PyInterpreterFrame *)generator->gi_iframe;
    generator->gi_name = Py_NewRef(function->func_name);
    generator->gi_qualname = Py_NewRef(function->func_qualname);
    _PyFrame_Initialize(frame, function, NULL, (PyCodeObject *)function->func_code, 0);
    frame->owner = FRAME_OWNED_BY_GENERATOR;
    frame->previous = NULL;
    // The locals are NULL; of its stack a field says only what is something.
    const PyCodeObject *code = (const PyCodeObject *)function->func_code;
    memset(frame->localsplus + code->co_nlocalsplus, 0, (size_t)code->co_stacksize * sizeof(PyObject *));
}

static void
fill_generator(const _PyJitTrace *t, const _PyJitSnapFrame *recipe, PyGenObject *generator, PyObject **given, const uint64_t *values)
{
    const _PyJitSnapSlot *slots = &t->slots[recipe->first_slot];
    _PyInterpreterFrame *frame = (_PyInterpreterFrame *)generator->gi_iframe;
    for (uint32_t i = 0; i < recipe->nslots; i++) {
        if (slots[i].slot == JIT_PLACE_FUNCTION) {
            begin_generator(generator, (PyFunctionObject *)given[i]);
        }
    }
    int64_t state = 0;
    for (uint32_t i = 0; i < recipe->nslots; i++) {
        if (slots[i].slot == JIT_PLACE_RESUME) {
            frame->instr_ptr = (_Py_CODEUNIT *)(intptr_t)raw_number(t, &slots[i], values[i]);
        }
        else if (slots[i].slot == JIT_PLACE_STATE) {
            state = raw_number(t, &slots[i], values[i]);
        }
        else if (slots[i].slot != JIT_PLACE_FUNCTION) {
            frame->localsplus[slots[i].slot] = given[i];
        }
    }
    generator->gi_frame_state = FRAME_SUSPENDED;
    PyObject_GC_Track(generator);
    if (state >> 16 == FRAME_CLEARED) {
        _PyJit_EndGenerator(generator, 0);
        return;
    }
    frame->stacktop = (int)(state & 0xffff);
    generator->gi_frame_state = (int8_t)(state >> 16);
    if (generator->gi_frame_state == FRAME_CREATED) {
        frame->stacktop = (int)_PyFrame_GetCode(frame)->co_nlocalsplus;
    }
}

void
_PyJitMake_Fill(const _PyJitTrace *t, const _PyJitSnapFrame *recipe, PyObject *made, PyObject **given,
                const uint64_t *values)
{
    int op = _PyJitMake_Operation(t, recipe)->op;
    const _PyJitSnapSlot *slots = &t->slots[recipe->first_slot];
    if (op == JIT_OP_VIRTUAL_GENERATOR) {
        fill_generator(t, recipe, (PyGenObject *)made, given, values);
    }
    else if (op == JIT_OP_VIRTUAL_RANGE) {
        fill_range(t, recipe, (_PyRangeIterObject *)made, values);
    }
    for (uint32_t i = 0; i < recipe->nslots; i++) {
        switch (op) {
            case JIT_OP_VIRTUAL:
                set_attribute(made, slots[i].slot, given[i]);
                break;
            case JIT_OP_VIRTUAL_TUPLE:
                PyTuple_SET_ITEM(made, slots[i].slot, given[i]);
                break;
            case JIT_OP_VIRTUAL_FUNCTION:
            case JIT_OP_VIRTUAL_METHOD:
                *(PyObject **)((char *)made + slots[i].slot) = given[i];
                break;
            case JIT_OP_VIRTUAL_ITER:
                set_item_of_iterator(made, slots[i].slot, given[i], raw_number(t, &slots[i], values[i]));
                break;
            case JIT_OP_VIRTUAL_CELL:
                PyCell_SET(made, given[i]);
                break;
            default:
                break;
        }
        given[i] = NULL;
    }
}

#endif /* _Py_TIER2 */
