/* Leaving a trace with values in registers: what the snapshot names goes to memory.
 *
 * Order: all boxes are made and references taken, then the slots of the frame that exists are written, then the frames are made
 * that do not exist, outermost first, and last what stood in the locals is given up (it is plain, so nothing of users runs).
 * One value gives one box.  Before that the objects of the recipes are made, and then get their fields: nothing else runs meanwhile.
 *
 * A box or an object is never missing: where the allocator has no memory, they come from a reserve that is filled when an executor is made,
 * and filled up again after an exit that took from it.  If that fails, all executors are dropped.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "pycore_code.h"
#include "pycore_dict.h"
#include "pycore_frame.h"
#include "pycore_interp.h"
#include "pycore_long.h"
#include "pycore_object.h"
#include "pycore_pystate.h"
#include "pycore_jit_frames.h"
#include "pycore_jit_helpers.h"
#include "jit/run/run.h"

/* Blocks for boxes, each large enough for a float and for an int of three digits. */
#define BLOCK_SIZE \
    (offsetof(PyLongObject, long_value.ob_digit) + 3 * sizeof(digit) > sizeof(PyFloatObject) \
         ? offsetof(PyLongObject, long_value.ob_digit) + 3 * sizeof(digit) : sizeof(PyFloatObject))

typedef struct {
    void **blocks;
    uint32_t n, wanted, room;
} Reserve;

static Reserve boxes, objects;

static int
fill(Reserve *reserve, uint32_t wanted, size_t size)
{
    if (wanted > reserve->room) {
        void **grown = PyMem_RawRealloc(reserve->blocks, wanted * sizeof(void *));
        if (grown == NULL) {
            return -1;
        }
        reserve->blocks = grown;
        reserve->room = wanted;
    }
    reserve->wanted = Py_MAX(reserve->wanted, wanted);
    while (reserve->n < reserve->wanted) {
        void *block = PyObject_Malloc(size);
        if (block == NULL) {
            return -1;
        }
        reserve->blocks[reserve->n++] = block;
    }
    return 0;
}

int
_PyJitRestore_Reserve(uint32_t wanted)
{
    return fill(&boxes, wanted, BLOCK_SIZE);
}

int
_PyJitRestore_ReserveObjects(uint32_t wanted)
{
    return fill(&objects, wanted, JIT_OBJECT_SIZE);
}

static void
release(Reserve *reserve)
{
    while (reserve->n > 0) {
        PyObject_Free(reserve->blocks[--reserve->n]);
    }
    PyMem_RawFree(reserve->blocks);
    *reserve = (Reserve){0};
}

void
_PyJitRestore_Release(void)
{
    release(&boxes);
    release(&objects);
}

static void *
take(Reserve *reserve)
{
    if (reserve->n == 0) {
        Py_FatalError("the JIT has no memory to leave a trace");
    }
    return reserve->blocks[--reserve->n];
}

void *
_PyJitRestore_Block(void)
{
    return take(&objects);
}

static PyObject *
box_int(int64_t value)
{
    PyObject *object = PyLong_FromLongLong(value);
    if (object != NULL) {
        return object;
    }
    PyErr_Clear();
    // Small ints need no memory, so this one is not zero.
    PyLongObject *number = take(&boxes);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    Py_ssize_t digits = 0;
    while (rest != 0) {
        number->long_value.ob_digit[digits++] = (digit)(rest & PyLong_MASK);
        rest >>= PyLong_SHIFT;
    }
    _PyLong_SetSignAndDigitCount(number, value < 0 ? -1 : 1, digits);
    _PyObject_Init((PyObject *)number, &PyLong_Type);
    return (PyObject *)number;
}

static PyObject *
box_float(double value)
{
    PyObject *object = PyFloat_FromDouble(value);
    if (object != NULL) {
        return object;
    }
    PyErr_Clear();
    PyFloatObject *number = take(&boxes);
    _PyObject_Init((PyObject *)number, &PyFloat_Type);
    number->ob_fval = value;
    return (PyObject *)number;
}

/* Where operation number INDEX of T stands among those that PACKED has. */
static uint16_t
place_of(const _PyJitTrace *packed, uint32_t index)
{
    if (packed->npacked == 0) {
        return (uint16_t)index;
    }
    uint16_t place = 0;
    while (JIT_INS(packed, JIT_REF_BIAS + place)->spare != index) {
        place++;
        assert(place < packed->ins_cap);
    }
    return place;
}

/* A number stands in more than one slot of SNAP. */
static bool
shares_numbers(const _PyJitTrace *packed, const _PyJitSnapshot *snap)
{
    const _PyJitSnapSlot *slots;
    uint32_t n = _PyJitTrace_SnapSlots(packed, snap, &slots);
    for (uint32_t i = 1; i < n; i++) {
        for (uint32_t k = 0; k < i && slots[i].what != JIT_WHAT_OBJECT; k++) {
            if (slots[k].value == slots[i].value) {
                return true;
            }
        }
    }
    return false;
}

void
_PyJitRestore_Describe(_PyJitTrace *packed, const _PyJitTrace *t)
{
    for (uint32_t i = 0; i < t->nslots; i++) {
        _PyJitRef value = t->slots[i].value;
        int type = JIT_INS(t, value)->type;
        packed->slots[i].what = type == JIT_TYPE_I64 ? JIT_WHAT_I64 : type == JIT_TYPE_F64 ? JIT_WHAT_F64
            : _PyJitTrace_IsVirtual(t, value) ? JIT_WHAT_VIRTUAL : JIT_WHAT_OBJECT;
    }
    for (uint32_t i = 0; i < t->nsnaps; i++) {
        packed->snaps[i].shares = t->snaps[i].nframes > 0 && shares_numbers(packed, &packed->snaps[i]);
        _PyJitSnapFrame *recipes = &packed->frames[t->snaps[i].first_frame + t->snaps[i].nframes];
        for (uint32_t k = 0; k < t->snaps[i].nrecipes; k++) {
            recipes[k].code = place_of(packed, recipes[k].offset);
        }
    }
}

/* The object SLOT gets: a new reference, or the trace's own. */
static inline PyObject *
object_of(const _PyJitTrace *t, const _PyJitSnapSlot *slot, uint64_t value)
{
    uint64_t bits = JIT_IS_CONST(slot->value) ? JIT_INS(t, slot->value)->bits : value;
    double real;
    switch (slot->what) {
        case JIT_WHAT_I64:
            return box_int((int64_t)bits);
        case JIT_WHAT_F64:
            memcpy(&real, &bits, sizeof(real));
            return box_float(real);
        default: {
            PyObject *object = (PyObject *)(uintptr_t)bits;
            return slot->owned ? object : Py_XNewRef(object);
        }
    }
}

/* The object slot I of SLOTS of SNAP gets, GIVEN having those of the slots before: a number that stands in several slots gets one box. */
static inline PyObject *
object_for(const _PyJitTrace *t, const _PyJitSnapshot *snap, const _PyJitSnapSlot *slots, uint32_t i, uint64_t value, PyObject **given)
{
    if (snap->shares && slots[i].what != JIT_WHAT_OBJECT) {
        for (uint32_t k = 0; k < i; k++) {
            if (slots[k].value == slots[i].value && given[k] != NULL) {      // NULL: the raw field of a virtual
                return Py_NewRef(given[k]);
            }
        }
    }
    return object_of(t, &slots[i], value);
}

/* Fills GIVEN where SNAP has recipes; MADE: what they are for. */
static void
make_objects(const _PyJitTrace *t, const _PyJitSnapshot *snap, const _PyJitSnapSlot *slots, uint32_t n, const uint64_t *values,
             PyObject **made, PyObject **given)
{
    const _PyJitSnapFrame *recipes = &t->frames[snap->first_frame + snap->nframes];
    for (uint32_t i = 0, recipe = 0; i < n; i++) {
        uint32_t place = t->frames[snap->first_frame].first_slot + i;
        while (recipe < snap->nrecipes && place >= (uint32_t)recipes[recipe].first_slot + recipes[recipe].nslots) {
            recipe++;
        }
        if (recipe < snap->nrecipes && place >= recipes[recipe].first_slot
            && _PyJitOp_HasRawField(_PyJitMake_Operation(t, &recipes[recipe])->op, slots[i].slot)) {
            given[i] = NULL;
        }
        else if (slots[i].what == JIT_WHAT_VIRTUAL) {
            uint32_t k = 0;
            while (JIT_REF_BIAS + recipes[k].offset != slots[i].value) {
                k++;
            }
            given[i] = Py_NewRef(made[k]);
        }
        else {
            given[i] = object_for(t, snap, slots, i, values[i], given);
        }
    }
}

/* The objects MADE for the recipes of SNAP get their fields from GIVEN, which are those of its slots, and raw ones from VALUES. */
static void
fill_virtuals(const _PyJitTrace *t, const _PyJitSnapshot *snap, const uint64_t *values, PyObject **made, PyObject **given)
{
    const _PyJitSnapFrame *recipes = &t->frames[snap->first_frame + snap->nframes];
    uint32_t first = t->frames[snap->first_frame].first_slot;
    for (uint32_t i = 0; i < snap->nrecipes; i++) {
        uint32_t fields = recipes[i].first_slot - first;
        _PyJitMake_Fill(t, &recipes[i], made[i], given + fields, values + fields);
    }
    for (uint32_t i = 0; i < snap->nrecipes; i++) {
        Py_DECREF(made[i]);    // what names it has references of its own
    }
}

/* The SLOTS of FRAME, which exists, get their OBJECTS; what stood in its locals is there instead afterwards. */
static void
write_slots(_PyInterpreterFrame *frame, const _PyJitSnapSlot *slots, uint32_t n, PyObject **objects)
{
    uint32_t nlocals = (uint32_t)_PyFrame_GetCode(frame)->co_nlocalsplus;
    for (uint32_t i = 0; i < n; i++) {
        PyObject **place = &frame->localsplus[slots[i].slot];
        PyObject *old = slots[i].slot < nlocals ? *place : NULL;
        *place = objects[i];
        objects[i] = old;
    }
}

/* FRAME goes on with a generator, as CALLER of the snapshot says: its frame runs from now on.  What stood in its locals takes the place
 * of the new objects in OBJECTS. */
static _PyInterpreterFrame *
push_generator(PyThreadState *tstate, _PyInterpreterFrame *frame, const _PyJitTrace *t, const _PyJitSnapFrame *callee,
               PyObject **objects)
{
    uint32_t n = callee->nslots - 1u;
    PyGenObject *generator = (PyGenObject *)objects[n];
    _PyInterpreterFrame *made = _PyJit_ResumeGenerator(tstate, frame, generator);
    assert(_PyFrame_GetCode(made) == t->codes[callee->code]);
    write_slots(made, &t->slots[callee->first_slot], n, objects);
    made->instr_ptr = _PyCode_CODE(t->codes[callee->code]) + callee->offset;
    return made;               // the reference to the generator is given up with what stood in the locals
}

/* FRAME runs a call, as CALLER of the snapshot says, that made the frame of CALLEE: makes it now, as tier 1 would have.  There is
 * room: the trace has looked.  OBJECTS are those of its slots, whose references it takes. */
static _PyInterpreterFrame *
push_frame(PyThreadState *tstate, _PyInterpreterFrame *frame, const _PyJitTrace *t,
           const _PyJitSnapFrame *caller, const _PyJitSnapFrame *callee, PyObject **objects)
{
    const _PyJitSnapSlot *slots = &t->slots[callee->first_slot];
    PyCodeObject *code = _PyFrame_GetCode(frame);
    assert(code == t->codes[caller->code]);
    frame->stacktop = (int)caller->sp;
    frame->instr_ptr = _PyCode_CODE(code) + caller->offset;
    frame->return_offset = _PyJit_CallSize(code, caller->offset);
    uint32_t n = callee->nslots - 1u;
    if (slots[n].slot == JIT_SLOT_GENERATOR) {
        return push_generator(tstate, frame, t, callee, objects);
    }
    assert(slots[n].slot == JIT_SLOT_FUNCTION);
    PyCodeObject *called = t->codes[callee->code];
    bool continuation = _PyJitContinuation_Units(called) > 0;
    if (_PyJitConsumer_IsStep(_PyJitConsumer_Kind(called))) {
        frame->return_offset = _PyJitStep_ReturnsTo(frame->instr_ptr, called, callee->offset);
    }
    _PyInterpreterFrame *made = continuation
        ? _PyJit_PushContinuation(tstate, frame, called, _PyJitContinuation_UnitsAt(called, callee->offset))
        : called == _PyJit_ShimCode() ? _PyFrame_PushTrampolineUnchecked(tstate, called, 0)
        : _PyFrame_PushUnchecked(tstate, (PyFunctionObject *)objects[n], 0);
    assert(_PyFrame_GetCode(made) == called);
    for (uint32_t i = 0; i < n; i++) {
        made->localsplus[slots[i].slot] = objects[i];
        objects[i] = NULL;
    }
    objects[n] = NULL;
    made->instr_ptr = _PyCode_CODE(called) + callee->offset;
    made->previous = frame;
    tstate->current_frame = made;
    tstate->py_recursion_remaining -= !continuation;
    return made;
}

/* Where SNAP has recipes: makes their objects, and fills GIVEN. */
static void
make_with_recipes(const _PyJitTrace *t, const _PyJitSnapshot *snap, const _PyJitSnapSlot *slots, uint32_t n, const uint64_t *cells,
                  const uint8_t *places, PyObject **given)
{
    PyObject *made[JIT_MAX_RECIPES];
    uint64_t values[JIT_MAX_SLOTS];
    assert(snap->nrecipes <= JIT_MAX_RECIPES);
    for (uint32_t i = 0; i < n; i++) {
        values[i] = cells[places[i]];
    }
    for (uint32_t i = 0; i < snap->nrecipes; i++) {
        made[i] = _PyJitMake_New(t, &t->frames[snap->first_frame + snap->nframes + i]);
    }
    make_objects(t, snap, slots, n, values, made, given);
    fill_virtuals(t, snap, values, made, given);
}

PyObject **
_PyJit_RestoreExit(PyThreadState *tstate, _PyInterpreterFrame *frame, _PyJitExit *exit, const uint64_t *cells, const uint8_t *places)
{
    const _PyJitTrace *t = _PyJitExit_Owner(exit)->trace;
    const _PyJitSnapshot *snap = &t->snaps[exit->snapshot];
    assert(snap->nframes > 0);
    assert(tstate->current_frame == frame);
    const _PyJitSnapFrame *frames = &t->frames[snap->first_frame], *last = frames + snap->nframes - 1;
    const _PyJitSnapSlot *slots = &t->slots[frames->first_slot];
    uint32_t count = (uint32_t)last->first_slot + last->nslots - frames->first_slot;
    PyObject *given[JIT_MAX_SLOTS];
    if (snap->nrecipes == 0) {
        assert(count <= JIT_MAX_SLOTS);
        for (uint32_t i = 0; i < count; i++) {
            given[i] = object_for(t, snap, slots, i, cells[places[i]], given);
        }
    }
    else {
        count = _PyJitTrace_SnapSlots(t, snap, &slots);
        assert(count <= JIT_MAX_SLOTS);
        make_with_recipes(t, snap, slots, count, cells, places, given);
    }
    write_slots(frame, slots, frames->nslots, given);
    for (const _PyJitSnapFrame *callee = frames + 1; callee <= last; callee++) {
        frame = push_frame(tstate, frame, t, callee - 1, callee, given + (callee->first_slot - frames->first_slot));
    }
    PyObject **stack_pointer = frame->localsplus + last->sp;
    for (uint32_t i = 0; i < count; i++) {
        Py_XDECREF(given[i]);
    }
    if ((boxes.n < boxes.wanted && _PyJitRestore_Reserve(boxes.wanted) < 0)
        || (objects.n < objects.wanted && _PyJitRestore_ReserveObjects(objects.wanted) < 0)) {
        // No trace may need it again.  Traces further down the C stack are inside an opaque operation: their memory is complete.
        _Py_Executors_InvalidateAll(_PyInterpreterState_GET(), 0);
    }
    return stack_pointer;
}

#endif /* _Py_TIER2 */
