/* Functions, generators, cells, methods and names that are not made (virtual.c has what holds for all virtuals).
 *
 * They come together: a generator expression is a function with a closure of cells, whose call makes a generator that has an iterator for its
 * first local.
 *
 *  - A function has its globals and its code, which are constants, and what INIT_FUNCTION sets.
 *  - A generator has its function, the slots of its frame, and, raw, where it goes on and where its stack pointer points.  A trace that goes
 *    through a generator leaves all that in the generator object (build/generators.c), so it is in the fields here.  Of one that has returned
 *    the function stays, which gives the name; that it ends a little later is seen by nobody, as its end was looked at.
 *  - A method has its function and the object it is bound to.
 *  - A name is a string whose text is known (build/bound_methods.c).
 *  - Iterators: virtual_iterators.c.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include "opcode.h"
#include "pycore_code.h"
#include "pycore_function.h"
#include "pycore_frame.h"
#include "pycore_interp.h"
#include "pycore_opcode_utils.h"
#include "pycore_pystate.h"
#include "pycore_jit_helpers.h"
#include "jit/optimize/virtual_kinds.h"

/* --- Making ----------------------------------------------------------------------------------------------------------- */

/* The code of the trace that has the instruction at ADDRESS, or NULL. */
static PyCodeObject *
code_at(const _PyJitTrace *t, int64_t address)
{
    const _Py_CODEUNIT *instr = (const _Py_CODEUNIT *)(intptr_t)address;
    for (uint32_t i = 0; i < t->ncodes; i++) {
        PyCodeObject *code = t->codes[i];
        if (code != NULL && instr >= _PyCode_CODE(code) && instr < _PyCode_CODE(code) + Py_SIZE(code)) {
            return code;
        }
    }
    return NULL;
}

/* The code of a generator that INS makes, or NULL. */
static PyCodeObject *
code_of_generator(const _PyJitVirtualPass *p, const _PyJitIns *ins)
{
    return ins->op == JIT_OP_VIRTUAL_GENERATOR ? (PyCodeObject *)(uintptr_t)ins_of(p, ins->a)->bits : code_at(p->t, bits_of(p, ins->b));
}

bool
_PyJitVirtualKind_CanBe(const _PyJitVirtualPass *p, const _PyJitIns *ins)
{
    if (ins->op == JIT_OP_NEW_GENERATOR) {
        const PyCodeObject *code = code_of_generator(p, ins);
        return code != NULL && !(code->co_flags & CO_ASYNC_GENERATOR)
            && _PyJitRestore_CanMakeGenerator(code);
    }
    if (ins->op == JIT_OP_NEW_METHOD) {
        return _PyJitRestore_CanMakeMethod();
    }
    return ins->op == JIT_OP_RANGE_ITER ? _PyJitVirtualIterator_CanBeRange(p, ins) : ins->op != JIT_OP_NEW_ITER || ins->aux != JIT_ITER_OTHER;
}

/* Operation I, which makes a generator, has taken the reference to its function that the next operation makes.  false: it took the one that
 * the frame had. */
static bool
uncount_function(_PyJitVirtualPass *p, uint32_t i, _PyJitRef function)
{
    for (uint32_t k = i + 1; k < p->t->nins && ins_of(p, (_PyJitRef)(JIT_REF_BIAS + k))->op != JIT_OP_BYTECODE; k++) {
        const _PyJitIns *ins = ins_of(p, (_PyJitRef)(JIT_REF_BIAS + k));
        if (ins->op == JIT_OP_INCREF && resolve(p, ins->a) == function) {
            p->uncounted[k] = TAKEN;
            return true;
        }
    }
    return false;
}

void
_PyJitVirtualKind_Begin(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *object)
{
    const _PyJitIns ins = *ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i));     // constants may move the trace's operations
    if (ins.op == JIT_OP_NEW_ITER || ins.op == JIT_OP_RANGE_ITER) {
        _PyJitVirtualIterator_Begin(p, i, object);
    }
    else if (ins.op == JIT_OP_NEW_METHOD) {
        _PyJitRef function = resolve(p, ins.a), self = resolve(p, ins.b);
        take(p, function);
        take(p, self);
        (void)_PyJitVirtual_PutField(p, i, object, offsetof(PyMethodObject, im_func), function);
        (void)_PyJitVirtual_PutField(p, i, object, offsetof(PyMethodObject, im_self), self);
    }
    else if (ins.op == JIT_OP_NEW_GENERATOR) {
        _PyJitRef function = resolve(p, ins.a);
        (void)_PyJitVirtual_PutField(p, i, object, JIT_PLACE_FUNCTION, function);
        (void)_PyJitVirtual_PutField(p, i, object, JIT_PLACE_RESUME, ins.b);
        set_raw(p, i, object, JIT_PLACE_STATE, (int64_t)FRAME_CREATED * 65536);
        if (JIT_IS_CONST(function) && !uncount_function(p, i, function)) {
            // The trace keeps it, so the generator that is not made needs none.
            (void)_PyJitVirtual_WriteIns(p, (_PyJitIns){.op = JIT_OP_DECREF_PLAIN, .snapshot = JIT_NO_SNAPSHOT, .a = function});
        }
    }
}

_PyJitIns
_PyJitVirtualKind_Operation(_PyJitVirtualPass *p, const _PyJitIns *ins, int op)
{
    _PyJitIns made = {.op = (uint16_t)op & 0x3ff, .type = JIT_TYPE_OBJECT, .snapshot = JIT_NO_SNAPSHOT, .a = ins->a, .b = ins->b, .aux = ins->aux};
    if (ins->op == JIT_OP_NEW_ITER || ins->op == JIT_OP_RANGE_ITER || ins->op == JIT_OP_NEW_TUPLE_WITH
        || ins->op == JIT_OP_NEW_METHOD) {
        made.a = made.b = JIT_REF_NONE;
    }
    else if (ins->op == JIT_OP_NEW_INSTANCE_WITH) {
        made.b = JIT_REF_NONE;           // what would end with it if memory were short
    }
    else if (ins->op == JIT_OP_NEW_GENERATOR) {
        made.a = object_const(p, code_of_generator(p, ins));
        made.b = JIT_REF_NONE;
    }
    return made;
}

/* --- Functions and cells ---------------------------------------------------------------------------------------------- */

/* LOAD_CLOSURE_CELL: item AUX of the closure of FUNCTION. */
static bool
load_cell_of(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *function, uint32_t aux)
{
    const _PyJitRef *closure = _PyJitVirtual_FieldOf(function, offsetof(PyFunctionObject, func_closure));
    _PyJitVirtualObject *tuple = closure == NULL ? NULL : virtual_of(p, *closure);
    if (closure == NULL || tuple != NULL) {
        return tuple != NULL && stand_for(p, i, _PyJitVirtual_FieldOf(tuple, aux));
    }
    _PyJitRef number = whole(p, aux);
    p->moved[i] = _PyJitVirtual_WriteIns(p, (_PyJitIns){
        .op = JIT_OP_TUPLE_GET, .type = JIT_TYPE_OBJECT, .snapshot = JIT_NO_SNAPSHOT, .a = *closure, .b = number,
    });
    return true;
}

static bool
work_on_function(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *function)
{
    const _PyJitIns *ins = ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i)), *made = ins_of(p, function->ref);
    switch (ins->op) {
        case JIT_OP_INIT_FUNCTION:
            _PyJitVirtual_SetField(p, i, function, ins->aux, resolve(p, ins->b));
            return true;
        case JIT_OP_GUARD_FUNCTION:
            return ((PyCodeObject *)(uintptr_t)ins_of(p, made->b)->bits)->co_version == ins->aux;
        case JIT_OP_GUARD_GLOBALS_OF:
            return bits_of(p, ins->b) == bits_of(p, made->a);
        case JIT_OP_GUARD_BUILTINS_OF:         // who lowered MAKE_FUNCTION has looked
            return (PyObject *)(intptr_t)bits_of(p, ins->b) == _PyInterpreterState_GET()->builtins;
        case JIT_OP_LOAD_CLOSURE_CELL:
            return load_cell_of(p, i, function, ins->aux);
        default:
            return false;
    }
}

static bool
work_on_cell(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *cell)
{
    const _PyJitIns *ins = ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i));
    const _PyJitRef *content = _PyJitVirtual_FieldOf(cell, JIT_PLACE_CONTENT);
    switch (ins->op) {
        case JIT_OP_INIT_CELL:
        case JIT_OP_CELL_SET:
            _PyJitVirtual_SetField(p, i, cell, JIT_PLACE_CONTENT, resolve(p, ins->b));
            return true;
        case JIT_OP_LOAD_CELL:
            return stand_for(p, i, content);
        case JIT_OP_CELL_CONTENT:
            p->stands_for[i] = content != NULL ? *content : object_const(p, NULL);
            return true;
        default:
            return false;
    }
}

static bool
work_on_method(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *method)
{
    const _PyJitIns *ins = ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i));
    switch (ins->op) {
        case JIT_OP_GUARD_METHOD:
        case JIT_OP_GUARD_ALWAYS_TRUE:
            return true;
        case JIT_OP_GUARD_EXACT:
            return (PyTypeObject *)(intptr_t)bits_of(p, ins->b) == &PyMethod_Type;
        case JIT_OP_LOAD_METHOD_FUNCTION:
            return stand_for(p, i, _PyJitVirtual_FieldOf(method, offsetof(PyMethodObject, im_func)));
        case JIT_OP_LOAD_METHOD_SELF:
            return stand_for(p, i, _PyJitVirtual_FieldOf(method, offsetof(PyMethodObject, im_self)));
        default:
            return false;
    }
}

/* --- Generators ------------------------------------------------------------------------------------------------------- */

/* What operation I stores in slot PLACE of GENERATOR; NULL empties it. */
static void
store_slot(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *generator, uint32_t place, _PyJitRef value)
{
    if (is_null(p, value)) {
        drop_fields(p, i, generator, place, place + 1, true);
    }
    else {
        _PyJitVirtual_SetField(p, i, generator, place, value);
    }
}

static void
suspend(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *generator)
{
    const _PyJitIns ins = *ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i));
    uint32_t sp = ins.aux & 0xffff;
    (void)_PyJitVirtual_PutField(p, i, generator, JIT_PLACE_RESUME, ins.b);
    set_raw(p, i, generator, JIT_PLACE_STATE, (int64_t)(FRAME_SUSPENDED + (int)(ins.aux >> 16)) * 65536 + sp);
    drop_fields(p, i, generator, sp, JIT_PLACE_STATE, false);    // their references are with what took them from the stack
}

static bool
can_be_awaited(_PyJitVirtualPass *p, _PyJitVirtualObject *generator)
{
    const PyCodeObject *code = code_of_generator(p, ins_of(p, generator->ref));
    bool awaited = raw_field(p, generator, JIT_PLACE_STATE) >> 16 == FRAME_SUSPENDED_YIELD_FROM;
    return code->co_flags & CO_COROUTINE ? !awaited : (code->co_flags & CO_ITERABLE_COROUTINE) != 0;
}

static bool
work_on_generator(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *generator)
{
    const _PyJitIns *ins = ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i));
    _PyJitRef *field;
    switch (ins->op) {
        case JIT_OP_GUARD_CONSUMED:
            return (PyCodeObject *)(intptr_t)bits_of(p, ins->b) == code_of_generator(p, ins_of(p, generator->ref));
        case JIT_OP_GUARD_GENERATOR:
            return bits_of(p, ins->b) == raw_field(p, generator, JIT_PLACE_RESUME);
        case JIT_OP_GUARD_BEGUN:
            return raw_field(p, generator, JIT_PLACE_STATE) >> 16 != FRAME_CREATED;
        case JIT_OP_GUARD_AWAITABLE:
            return can_be_awaited(p, generator);
        case JIT_OP_LOAD_GEN_FUNCTION:
            return stand_for(p, i, _PyJitVirtual_FieldOf(generator, JIT_PLACE_FUNCTION));
        case JIT_OP_LOAD_GEN:
            field = _PyJitVirtual_FieldOf(generator, ins->aux);
            p->stands_for[i] = field != NULL ? *field : object_const(p, NULL);
            return true;
        case JIT_OP_STORE_GEN:
            store_slot(p, i, generator, ins->aux, resolve(p, ins->b));
            return true;
        case JIT_OP_STORE_GEN_STACK:
            drop_fields(p, i, generator, ins->aux, ins->aux + 1, false);
            store_slot(p, i, generator, ins->aux, resolve(p, ins->b));
            return true;
        case JIT_OP_STORE_GEN_INT:
        case JIT_OP_STORE_GEN_FLOAT:
            _PyJitVirtual_BeginNumber(p, i, ins->b, generator);
            _PyJitVirtual_SetField(p, i, generator, ins->aux, (_PyJitRef)(JIT_REF_BIAS + i));
            return true;
        case JIT_OP_SUSPEND_GEN:
            suspend(p, i, generator);
            return true;
        case JIT_OP_GUARD_GEN_END:
            _PyJitVirtual_BeginEnds(p);
            for (uint32_t k = 0; k < generator->n; k++) {
                if (generator->fields[k].place < ins->aux || generator->fields[k].place == JIT_PLACE_FUNCTION) {
                    _PyJitVirtual_GuardLoss(p, i, generator->fields[k].value, 1, ins->snapshot);
                }
            }
            return true;
        case JIT_OP_END_GENERATOR:
            drop_fields(p, i, generator, 0, ins->aux, true);
            drop_fields(p, i, generator, ins->aux, JIT_PLACE_STATE, false);
            set_raw(p, i, generator, JIT_PLACE_RESUME, 0);
            set_raw(p, i, generator, JIT_PLACE_STATE, (int64_t)FRAME_CLEARED * 65536);
            return true;
        default:
            return false;
    }
}

bool
_PyJitVirtualKind_IsStale(const _PyJitVirtualPass *p, const _PyJitSnapshot *snap, const _PyJitVirtualObject *object, uint32_t place)
{
    const _PyJitTrace *t = p->t;
    for (uint32_t i = 1; i < snap->nframes && object->op == JIT_OP_VIRTUAL_GENERATOR && place < JIT_PLACE_STATE; i++) {
        const _PyJitSnapFrame *frame = &t->frames[snap->first_frame + i];
        const _PyJitSnapSlot *slots = &t->slots[frame->first_slot], *last = &slots[frame->nslots - 1];
        PyCodeObject *code = t->codes[frame->code];
        if (last->slot != JIT_SLOT_GENERATOR || resolve(p, last->value) != object->ref || place < (uint32_t)code->co_nlocalsplus) {
            continue;
        }
        bool stale = place >= frame->sp;
        for (uint32_t k = 0; k < frame->nslots; k++) {
            stale |= slots[k].slot == place;
        }
        return stale;
    }
    return false;
}

/* --- All of them ------------------------------------------------------------------------------------------------------ */

bool
_PyJitVirtualKind_Work(_PyJitVirtualPass *p, uint32_t i, _PyJitVirtualObject *object)
{
    switch (object->op) {
        case JIT_OP_VIRTUAL_FUNCTION:
            return work_on_function(p, i, object);
        case JIT_OP_VIRTUAL_CELL:
            return work_on_cell(p, i, object);
        case JIT_OP_VIRTUAL_ITER:
        case JIT_OP_VIRTUAL_RANGE:
            return _PyJitVirtualIterator_Work(p, i, object);
        case JIT_OP_VIRTUAL_GENERATOR:
            return work_on_generator(p, i, object);
        case JIT_OP_VIRTUAL_METHOD:
            return work_on_method(p, i, object);
        case JIT_OP_VIRTUAL_NAME:
            return ins_of(p, (_PyJitRef)(JIT_REF_BIAS + i))->op == JIT_OP_GUARD_STR;
        default:
            return false;
    }
}

bool
_PyJitVirtualKind_EndsQuietly(const _PyJitVirtualPass *p, _PyJitVirtualObject *object)
{
    if (object->op != JIT_OP_VIRTUAL_GENERATOR) {
        return true;
    }
    // A generator that ends is closed: as objects/quiet.c has it.
    int64_t state = raw_field(p, object, JIT_PLACE_STATE) >> 16;
    _Py_CODEUNIT *next = (_Py_CODEUNIT *)(intptr_t)raw_field(p, object, JIT_PLACE_RESUME);
    PyCodeObject *code = code_of_generator(p, ins_of(p, object->ref));
    return state == FRAME_CLEARED || (state == FRAME_CREATED && !(code->co_flags & CO_COROUTINE))
        || (state == FRAME_SUSPENDED && _PyJit_IsOutsideHandlers(code, next));
}

#endif /* _Py_TIER2 */
