"""Which bodies may run arbitrary code.

Sound by construction: a call escapes unless its name is in the reviewed list below, a call through a pointer
always does, and so does giving up a reference, unless the object is known to be of a type whose deallocation
runs no code of users (no finalizer, no weak reference callback, no contained object).

Two rules make the list short.  Allocating memory does not escape: since 3.12 the collector runs only where
the eval breaker is checked.  And what happens on a path that raises does not count, since no trace goes on
after it: the error path of an allocation, the formatting of an exception.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .lexer import DIRECTIVE, IDENT, Token
from .model import Op
from .statements import Block, If, Loop, Simple, Statement, Switch, call_name, leaves, walk
from .syntax import UNUSED


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Not calls at all, or words of the DSL that are dealt with on their own.
_NOT_CALLS = _words(
    """
    assert static_assert if for while switch return sizeof defined void DEOPT_IF EXIT_IF ERROR_IF
    ERROR_NO_POP GOTO_ERROR SYNC_SP DISPATCH DISPATCH_INLINED JUMPBY LLTRACE_RESUME_FRAME
    SKIP_OVER LOAD_IP LOAD_SP
    STACK_SHRINK STACK_LEVEL EMPTY PEEK INSTR_OFFSET JIT_LOOP_HOT JIT_CALL_HOT
    """
)

# Reviewed.  One group a reason; a name goes to the first reason that holds for all its callers.
_ACCESS = (
    _words(  # a field, a type check, arithmetic: no call behind it, or one that touches no object's code
        """
    BUILTINS CALL_STAT_INC COMPARISON_BIT DK_ENTRIES DK_IS_UNICODE DK_UNICODE_ENTRIES
    EVAL_CALL_STAT_INC_IF_FUNCTION FT_ATOMIC_LOAD_UINTPTR_ACQUIRE FT_ATOMIC_STORE_UINT8_RELAXED
    GETITEM GETLOCAL GLOBALS LOCALS PyAsyncGen_CheckExact PyBool_Check PyCFunction_CheckExact
    PyCFunction_GET_FLAGS PyCFunction_GET_FUNCTION PyCFunction_GET_SELF PyCoro_CheckExact
    PyDict_CheckExact PyExceptionInstance_Check PyExceptionInstance_Class PyFloat_AS_DOUBLE
    PyFloat_CheckExact PyFrozenSet_CheckExact PyFunction_Check PyFunction_GET_CODE
    PyFunction_GET_GLOBALS PyGen_CheckExact PyIter_Check PyList_Check PyList_CheckExact
    PyList_GET_ITEM PyList_GET_SIZE PyList_SET_ITEM PyLong_Check PyLong_CheckExact PyMethod_Check
    PyModule_CheckExact PySet_CheckExact PyTuple_CheckExact PyTuple_GET_ITEM PyTuple_GET_SIZE
    PyType_Check PyType_HasFeature PyUnicode_CheckExact PyUnicode_GET_LENGTH PyUnicode_READ_CHAR
    Py_ARRAY_LENGTH Py_IS_TYPE Py_Is Py_IsFalse Py_IsNone Py_IsTrue Py_REFCNT Py_SIZE Py_TYPE
    STAT_INC _PyClassVar_Value _PyCode_CODE _PyErr_Occurred _PyFrame_GetCode _PyFrame_GetGenerator
    _PyFrame_SetStackPointer _PyFrame_StackPush _PyList_ITEMS _PyLong_CompactValue
    _PyLong_DigitCount _PyLong_IsCompact _PyLong_IsNonNegativeCompact _PyLong_IsZero
    _PyObject_GC_IS_TRACKED _PyObject_GC_MAY_BE_TRACKED _PyObject_GC_TRACK _PyObject_GetManagedDict
    _PyObject_InlineValues _PyThreadState_HasStackSpace _PyTuple_ITEMS _PyType_HasFeature _Py_ID
    _Py_IsImmortalLoose _Py_LeaveRecursiveCallPy _Py_SINGLETON _Py_STR
    _Py_atomic_load_uintptr_relaxed read_u16 read_u32 read_obj Py_UNREACHABLE Py_FatalError
    """
    )
)
_REFERENCES = _words(  # taken; or given up where another is known, or where the object runs nothing
    """
    Py_INCREF Py_NewRef _Py_DECREF_NO_DEALLOC _Py_DECREF_SPECIALIZED DECREF_INPUTS_AND_REUSE_FLOAT
    """
)
_ALLOCATION = _words(  # makes an object and fills it with what it is given
    """
    PyBool_FromLong PyCell_GetRef PyCell_New PyFloat_FromDouble PyLong_FromLong PyLong_FromSsize_t
    PySlice_New _PyBuildSlice_ConsumeRefs _PyDictValues_AddToInsertionOrder _PyList_AppendTakeRef
    _PyList_FromArraySteal _PyTuple_FromArraySteal PyType_GenericAlloc
    """
)
_EXACT_TYPES = _words(  # works on exact ints and strings only
    """
    PyUnicode_Append PyUnicode_Concat _PyLong_Add _PyLong_Multiply _PyLong_Subtract _PyUnicode_Equal
    _PyUnicode_JoinArray
    """
)
_FRAMES = _words(  # memory from the thread's own stack of frames
    """
    _PyFrame_PushUnchecked _PyJit_CanEnterInit _PyJit_CanRunHere _PyJit_EnterGenerator _PyJit_PushInit
    """
)
_WHITELIST = _ACCESS | _REFERENCES | _ALLOCATION | _EXACT_TYPES | _FRAMES

# Operations whose Py_DECREF is of an object that cannot run code when it goes: op -> variables, reviewed.
_SAFE_DECREFS = {
    "TO_BOOL_INT": {"value"},  # an exact int
    "TO_BOOL_STR": {"value"},  # an exact str
    "BINARY_SUBSCR_STR_INT": {"str"},  # an exact str
    "_ITER_JUMP_RANGE": {"r"},  # an iterator over a range: four C longs
    "CALL_ALLOC_AND_ENTER_INIT": {"class"},  # the new object holds its type
}

_DECREFS = ("Py_DECREF", "Py_XDECREF", "Py_CLEAR", "Py_SETREF", "Py_XSETREF", "SETLOCAL", "PyCell_SetTakeRef")


def op_escapes(op: Op, tokens_kept: frozenset[int]) -> str:
    """The first thing in the body that may run arbitrary code; "" if there is none.

    `tokens_kept` holds the starts of the tokens the consumer keeps (directives cut some out).
    """
    for tokens in _reached(op.statements):
        kept = [t for t in tokens if t.start in tokens_kept]
        for i in range(len(kept) - 1):
            what = _escaping_call(op, kept, i) if kept[i + 1].text == "(" else ""
            if what:
                return what
    return ""


def _reached(statements: Sequence[Statement]) -> Iterator[tuple[Token, ...]]:
    """Token groups of everything that is not on its way to an error."""
    for i, statement in enumerate(statements):
        if _raises(statements[i:]):
            return
        if isinstance(statement, Simple):
            yield statement.tokens
        elif isinstance(statement, Block):
            yield from _reached(statement.body)
        elif isinstance(statement, If):
            yield statement.cond
            yield from _reached(_as_list(statement.then))
            if statement.orelse is not None:
                yield from _reached(_as_list(statement.orelse))
        elif isinstance(statement, (Loop, Switch)):
            yield statement.head
            yield from _reached(_as_list(statement.body))


def _as_list(statement: Statement) -> Sequence[Statement]:
    return statement.body if isinstance(statement, Block) else (statement,)


def _raises(statements: Sequence[Statement]) -> bool:
    """True if the statements run straight to an error exit: no label, no loop before it."""
    for statement in statements:
        if not isinstance(statement, (Simple, If)):
            return False
        inside = [s for s in walk([statement]) if isinstance(s, Simple)]
        if any(leaves(s) and not _is_error_exit(s) for s in inside):
            return False
        if leaves(statement):
            return True
    return False


def _is_error_exit(statement: Statement) -> bool:
    if not isinstance(statement, Simple):
        return False
    texts = [t.text for t in statement.tokens]
    if texts[0] == "goto":
        return texts[1].endswith("error")
    return call_name(statement) in ("ERROR_IF", "ERROR_NO_POP", "GOTO_ERROR")


def _escaping_call(op: Op, tokens: Sequence[Token], i: int) -> str:
    token = tokens[i]
    before = tokens[i - 1].text if i else ""
    if token.kind == DIRECTIVE:
        return ""
    if token.kind != IDENT:
        # `(*f)(x)`, `table[i](x)`: through a pointer.  A cast of a parenthesized value looks the same.
        return "a call through a pointer" if token.text in (")", "]") and not _is_cast(tokens, i) else ""
    if token.text == "assert":
        return ""
    if before in (".", "->"):
        return f"`{token.text}`, a call through a pointer"
    if token.text == "DECREF_INPUTS":
        safe = _SAFE_DECREFS.get(op.name, set())
        unsafe = [e.name for e in op.popped if e.name not in (UNUSED, *safe) and e.cond.strip() != "0"]
        return f"giving up `{unsafe[0]}`" if unsafe else ""
    if token.text in _DECREFS:
        if token.text == "Py_DECREF" and tokens[i + 2].text in _SAFE_DECREFS.get(op.name, ()):
            return ""
        return f"`{token.text}({tokens[i + 2].text})`"
    if token.text in _NOT_CALLS or token.text in _WHITELIST:
        return ""
    return f"`{token.text}`"


def _is_number_type(name: str) -> bool:
    return name.endswith("_t") or name in (
        "int",
        "long",
        "char",
        "double",
        "unsigned",
        "size_t",
        "Py_ssize_t",
    )


def _is_cast(tokens: Sequence[Token], close: int) -> bool:
    """True for the `)` of `(T *)` or `(name)`: names and stars only, not after a name."""
    depth, i = 0, close
    if tokens[close].text == "]":
        return False
    while True:
        depth += (tokens[i].text == ")") - (tokens[i].text == "(")
        if depth == 0:
            break
        i -= 1
    inside = tokens[i + 1 : close]
    named_before = i > 0 and tokens[i - 1].kind == IDENT and tokens[i - 1].text not in ("return",)
    words = all(t.kind == IDENT or t.text == "*" for t in inside)
    looks_like_type = bool(inside) and words and (inside[-1].text == "*" or _is_number_type(inside[-1].text))
    after_keyword = i > 0 and tokens[i - 1].text in ("if", "for", "while", "switch")
    return after_keyword or (looks_like_type and not named_before)
