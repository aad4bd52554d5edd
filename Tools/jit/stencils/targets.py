"""What differs between targets: assembly syntax, compiler flags, relocations."""

import dataclasses
import re

from .errors import BuildError


@dataclasses.dataclass(frozen=True)
class Syntax:
    """The few instructions of an architecture's assembly that change the flow of control."""

    comment: str
    section_type: str
    jump_pattern: re.Pattern[str]
    leave_pattern: re.Pattern[str]
    branch_pattern: re.Pattern[str]
    jump_text: str
    landing: str  # what a function that is reached by indirect jumps begins with
    inverses: dict[str, str]
    call_pattern: re.Pattern[str]
    moves_stack: re.Pattern[str] | None = None  # what stack_growth() knows; None: it is not asked
    aligns_stack: str = ""  # what code has before its calls that does not know how the stack is aligned
    call_depth: int | None = None  # bytes a stencil has on the stack where it calls; None: nobody asks

    def strip_comment(self, line: str) -> str:
        """The instruction alone, white space folded; empty for a comment."""
        quoted = False
        for at, char in enumerate(line):
            if char == '"':
                quoted = not quoted
            elif not quoted and line.startswith(self.comment, at):
                line = line[:at]
                break
        return " ".join(line.split())

    def stack_growth(self, line: str) -> int:
        """By how many bytes an instruction makes the machine stack larger."""
        match = self.moves_stack.match(line) if self.moves_stack else None
        if match is None:
            return 0
        if match["push"]:
            return 8
        if match["pop"]:
            return -8
        if match["by"] is None:
            raise BuildError(f"{line!r} moves the stack pointer to nobody knows where")
        size = int(match["by"], 0)
        return size if match["grow"] else -size

    def jump(self, line: str) -> str | None:
        """Where an unconditional jump goes, or None."""
        match = self.jump_pattern.match(line)
        return match["label"] if match else None

    def called(self, line: str) -> str | None:
        """What an instruction calls: a label or an operand; None if it is no call."""
        match = self.call_pattern.match(line)
        return match["callee"] if match else None

    def leaves(self, line: str) -> bool:
        return self.leave_pattern.match(line) is not None

    def branch(self, line: str) -> tuple[str, str] | None:
        """(condition, label) of a conditional jump.  The condition may carry operands: `cbz x0,`."""
        match = self.branch_pattern.match(line)
        return (match["condition"], match["label"]) if match else None

    def inverse(self, condition: str) -> str:
        mnemonic, _, operands = condition.partition(" ")
        if mnemonic not in self.inverses:
            raise BuildError(f"no inverse known for the branch {mnemonic!r}")
        return f"{self.inverses[mnemonic]} {operands}".strip()

    def emit_branch(self, condition: str, label: str) -> str:
        return f"{condition} {label}"

    def emit_jump(self, label: str) -> str:
        return self.jump_text.format(label)


def _both_ways(pairs: list[tuple[str, str]]) -> dict[str, str]:
    return dict(pairs) | {b: a for a, b in pairs}


_X86_CONDITIONS = [
    ("je", "jne"),
    ("jl", "jge"),
    ("jle", "jg"),
    ("jb", "jae"),
    ("jbe", "ja"),
    ("js", "jns"),
    ("jo", "jno"),
    ("jp", "jnp"),
]
_X86_BRANCH = r"(?P<condition>j(?:n?[eslopcz]|[lgab]e?|n[lgab]e?))\s+(?P<label>[\w.$]+)(?:@PLT)?$"
_A64_CONDITIONS = [
    (f"b.{a}", f"b.{b}")
    for a, b in (
        ("eq", "ne"),
        ("hs", "lo"),
        ("mi", "pl"),
        ("vs", "vc"),
        ("hi", "ls"),
        ("ge", "lt"),
        ("gt", "le"),
    )
]

X86_64 = Syntax(
    comment="#",
    section_type="@progbits",
    jump_pattern=re.compile(r"jmpq?\s+(?P<label>[A-Za-z_.$][\w.$]*)(?:@PLT)?$"),
    leave_pattern=re.compile(r"(?:retq?|ud2|jmpq?\s+\*.*)$"),
    branch_pattern=re.compile(_X86_BRANCH),
    jump_text="jmp {}",
    landing="endbr64",
    inverses=_both_ways(_X86_CONDITIONS),
    call_pattern=re.compile(r"callq?\s+(?P<callee>\S+)$"),
    moves_stack=re.compile(
        r"(?P<push>pushq?\b)|(?P<pop>popq?\b(?!.*%rsp))"
        r"|(?:(?P<grow>subq?)\s+\$|addq?\s+\$|leaq?\s+)(?P<by>-?\w+)(?:\(%rsp\))?,\s*%rsp$"
        r"|(?!cmp|test).*,\s*%[re]sp$|popq?\s+%rsp$|(?:enter|leave)q?\b"
    ),
    aligns_stack="andq $-16, %rsp",
    call_depth=8,
)

AARCH64 = Syntax(
    comment="//",
    section_type="@progbits",
    jump_pattern=re.compile(r"b\s+(?P<label>[A-Za-z_.$][\w.$]*)$"),
    leave_pattern=re.compile(r"(?:ret|br\s|brk\s|udf\s)"),
    branch_pattern=re.compile(r"(?P<condition>b\.\w\w|cbn?z \w+,|tbn?z \w+, #\d+,)\s+(?P<label>[\w.$]+)$"),
    jump_text="b {}",
    landing="bti c",
    inverses=_both_ways([*_A64_CONDITIONS, ("cbz", "cbnz"), ("tbz", "tbnz")]),
    call_pattern=re.compile(r"blr?\s+(?P<callee>\S+)$"),
)


@dataclasses.dataclass(frozen=True)
class Relocation:
    """How the emitter applies a relocation.

    `method` is a JIT_PATCH_ constant of machine/stencils.h without the prefix.  `near`: the target must be
    within reach of a 32-bit displacement; `call`: a trampoline will do.  `table`: the field leads to a
    pointer with the target.  `bias` is added to the addend, where the object's format counts from elsewhere
    than the field.
    """

    method: str
    size: int
    near: bool = False
    call: bool = False
    table: bool = False
    bias: int = 0


@dataclasses.dataclass(frozen=True)
class Target:
    """One platform.  `triple_pattern` matches the names compilers give it."""

    name: str
    triple_pattern: str
    condition: str  # preprocessor condition under which the header may be included
    syntax: Syntax
    flags: tuple[str, ...]
    relocations: dict[str, Relocation]
    landing: bytes  # what indirect jumps must lead to where the processor enforces it
    underscore: bool = False  # C names have a leading underscore in the object
    supported: bool = True


_X86_ELF = {
    "R_X86_64_64": Relocation("ABS64", 8),
    "R_X86_64_32": Relocation("ABS32", 4),
    "R_X86_64_32S": Relocation("ABS32", 4),
    "R_X86_64_PC32": Relocation("REL32", 4, near=True),
    "R_X86_64_PLT32": Relocation("REL32", 4, near=True, call=True),
    "R_X86_64_GOTPCREL": Relocation("GOT32", 4, table=True),
    "R_X86_64_GOTPCRELX": Relocation("GOT32", 4, table=True),
    "R_X86_64_REX_GOTPCRELX": Relocation("GOT32_REX", 4, table=True),
}

TARGETS = (
    Target(
        name="x86_64-linux",
        triple_pattern=r"x86_64-.*linux.*",
        condition="defined(__x86_64__) && defined(__linux__)",
        syntax=X86_64,
        # Code lies within 2 GiB of the interpreter: data is reached directly, pc-relative.
        # Called code has its return address where a red zone would be.
        # What an indirect jump may lead to begins with endbr64; asm.py takes it from stencils: one falls into
        # the next.
        flags=("-fPIE", "-fdirect-access-external-data", "-mno-red-zone", "-fcf-protection=full"),
        relocations=_X86_ELF,
        landing=bytes.fromhex("f30f1efa"),  # endbr64
    ),
)


def find(triple: str) -> Target:
    """The target a compiler's triple names."""
    for target in TARGETS:
        if re.fullmatch(target.triple_pattern, triple):
            return target
    known = ", ".join(target.name for target in TARGETS)
    raise BuildError(f"no stencils for {triple!r} (known: {known})")
