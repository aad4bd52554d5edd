"""Operations with register operands: one function for every combination of registers.

A trace operation's body names its operands `JIT_ARG_I64(0)` and its result `JIT_RESULT_I64(r)`.  The builder
copies the body once for every combination and defines, before each copy, which parameter of the function an
operand is.

What keeps the number small (InternalDocs/stencils.md has the figures):

1. With two operands or more, the result goes where the first one is, if both belong to one bank.
2. Only the last of two operands or more may be a constant; it is read from the pool behind the trace.

The emitter finds a combination by arithmetic, so variants of an operation have consecutive numbers: the last
place counts fastest, the result after the operands, a constant after the registers of the bank.
"""

import dataclasses
import itertools
import re

from .errors import BuildError

GENERAL_REGISTERS = 6
FLOAT_REGISTERS = 8
MOST_OPERANDS = 3

# Letters of JIT_TRACE_OPS whose values are in floating-point registers; all others are in general ones.
FLOAT_LETTER = "F"
_FLOAT_TYPE = "F64"

_TABLE = re.compile(r"#define JIT_TRACE_OPS\(X\)(?P<rows>(?:.*\\\n)*.*)")
_ROW = re.compile(
    r'\s*X\((?P<name>\w+), (?P<result>\w+), (?P<count>\d+), "(?P<letters>\w*)", (?P<flags>[\w |]+)\)'
)
_BODY = re.compile(r"^JIT_TRACE_OP\((?P<name>\w+)\)\n(?P<body>\{\n.*?^\}\n)", re.DOTALL | re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Operation:
    """A row of JIT_TRACE_OPS, or one of the emitter's own moves (`machine`)."""

    name: str
    result: str
    letters: str
    calls: bool = False
    machine: bool = False

    @property
    def places(self) -> list[int]:
        """How many choices there are for each operand and for the result; 0 where there is none."""
        sizes = [_bank_size(letter == FLOAT_LETTER) for letter in self.letters]
        if len(sizes) > 1:
            sizes[-1] += 1  # a constant
        sizes += [0] * (MOST_OPERANDS - len(sizes))
        own = self.has_result and not self.two_address
        return [*sizes, _bank_size(self.float_result) if own else 0]

    @property
    def strides(self) -> list[int]:
        """How many variants further the next choice for each of `places` is; 0 where there is none."""
        result = []
        step = 1
        for size in reversed(self.places):
            result.append(step if size else 0)
            step *= size or 1
        return result[::-1]

    @property
    def has_result(self) -> bool:
        """It yields a value; an instruction pointer is none."""
        return self.result not in ("NONE", "IP")

    @property
    def float_result(self) -> bool:
        return self.result == _FLOAT_TYPE

    @property
    def two_address(self) -> bool:
        if not self.has_result or len(self.letters) < 2:
            return False
        return (self.letters[0] == FLOAT_LETTER) == self.float_result

    def combinations(self) -> list[tuple[int, ...]]:
        """Places of the operands, and of the result if it has its own, in the order of the variants."""
        return list(itertools.product(*(range(size) for size in self.places if size)))

    def variants(self) -> list[str]:
        """Names of the stencils, in order."""
        return ["__".join([self.name, *map(str, places)]) for places in self.combinations()]


# What the register allocator puts between operations.
MACHINE_OPERATIONS = (
    Operation("MOVE_GENERAL", "I64", "I", machine=True),
    Operation("MOVE_FLOAT", "F64", "F", machine=True),
    Operation("SPILL_GENERAL", "NONE", "I", machine=True),
    Operation("SPILL_FLOAT", "NONE", "F", machine=True),
    Operation("RELOAD_GENERAL", "I64", "", machine=True),
    Operation("RELOAD_FLOAT", "F64", "", machine=True),
    Operation("KONST_GENERAL", "I64", "", machine=True),
    Operation("KONST_FLOAT", "F64", "", machine=True),
    Operation("MOVE_CELL", "NONE", "", machine=True),
    Operation("KONST_CELL", "NONE", "", machine=True),
    Operation("LEAVE", "NONE", "", machine=True),
)


def _bank_size(is_float: bool) -> int:
    return FLOAT_REGISTERS if is_float else GENERAL_REGISTERS


def operations(opcodes: str) -> list[Operation]:
    """The operations that the text of pycore_jit_opcodes.h lists, and the machine operations."""
    table = _TABLE.search(opcodes)
    if table is None:
        raise BuildError("pycore_jit_opcodes.h: no JIT_TRACE_OPS")
    found = []
    for line in table["rows"].splitlines()[1:]:
        row = _ROW.match(line)
        if row is None:
            raise BuildError(f"pycore_jit_opcodes.h: cannot read {line.strip()!r}")
        if len(row["letters"]) != int(row["count"]) or int(row["count"]) > MOST_OPERANDS:
            raise BuildError(f"{row['name']}: more operands than a stencil can have")
        calls = "JIT_OPFLAG_CALLS" in row["flags"]
        found.append(Operation(row["name"], row["result"], row["letters"], calls))
    return [*found, *MACHINE_OPERATIONS]


def bodies(*texts: str) -> dict[str, str]:
    """The bodies of trace operations in generated C, by name, braces included."""
    return {match["name"]: match["body"] for text in texts for match in _BODY.finditer(text)}


def render(listed: list[Operation], body_of: dict[str, str]) -> str:
    """C for every variant; Tools/jit/template.c includes it."""
    parts = []
    for operation in listed:
        if operation.name not in body_of:
            raise BuildError(f"{operation.name}: no body for this operation")
        for name, places in zip(operation.variants(), operation.combinations(), strict=True):
            parts.append(_variant(operation, name, places, body_of[operation.name]))
    return "".join(parts)


def _variant(operation: Operation, name: str, places: tuple[int, ...], body: str) -> str:
    names = []
    for index, letter in enumerate(operation.letters):
        is_float = letter == FLOAT_LETTER
        if places[index] == _bank_size(is_float):
            names.append((f"OPERAND_{index}", "JIT_POOL_FLOAT" if is_float else "JIT_POOL_GENERAL"))
        else:
            names.append((f"OPERAND_{index}", _register(is_float, places[index])))
    if operation.has_result:
        place = places[0] if operation.two_address else places[-1]
        names.append(("DESTINATION", _register(operation.float_result, place)))
    names.append(("EXIT_IP", "next_instr" if "next_instr" in body else "JIT_ANY(_Py_CODEUNIT *)"))
    names.append(("NEXT_IP", "next_instr" if operation.result == "IP" else "JIT_ANY(_Py_CODEUNIT *)"))
    names.append(("CALLS", _after(operation)))
    names.append(("CALLS_EXIT", "JIT_AFTER_CALL" if operation.calls else "JIT_NO_CALL"))
    before = "".join(f"#define JIT_{key} {text}\n" for key, text in names)
    after = "".join(f"#undef JIT_{key}\n" for key, _ in names)
    return f"{before}JIT_VARIANT({name})\n{body}{after}\n"


def _register(is_float: bool, number: int) -> str:
    return f"{'f' if is_float else 'g'}{number}"


def _after(operation: Operation) -> str:
    """What an operation does before it goes on (macros of the template)."""
    if not operation.calls:
        return "JIT_NO_CALL"
    if not operation.has_result:
        return "JIT_AFTER_CALL"
    return f"JIT_AFTER_CALL_KEEP({'double' if operation.float_result else 'uint64_t'})"
