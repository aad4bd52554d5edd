"""Emitting an instruction: the operations one after the other, their bodies rewritten for a consumer.

What differs between consumers (tier 1, opaque trace operations) is in a `Dialect`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .diagnostics import Diagnostics
from .lexer import DIRECTIVE, IDENT, PUNCT, Token
from .model import Instruction, Op, Part, effect_size
from .parser import CLOSERS
from .sizes import Size
from .stack import Stack
from .statements import Simple, Statement, call_name, control_ends
from .syntax import UNUSED, CacheEffect, StackEffect

CACHE_TYPES = {1: "uint16_t ", 2: "uint32_t ", 4: "PyObject *"}
ALWAYS = ("true", "1")  # conditions of an ERROR_IF that always leaves
MAX_POP_LABEL = 4  # ceval.c has error labels that pop up to this many items


class Dialect:
    """How one consumer wants things written.  The base class is tier 1 as one function."""

    behind: tuple[str, ...] = ()  # what stands at the end of every instruction

    def deopt(self, cond: str, instruction: Instruction) -> str:
        return f"DEOPT_IF({cond}, {instruction.base});"

    def error(self) -> str:
        return "goto error;"

    def error_if(self, cond: str, saves: Sequence[str], pop: Size) -> str:
        """Leaves if `cond` holds; `pop` (zero or negative) is what to add to stack_pointer first."""
        guard = "" if cond in ALWAYS else f"if ({cond}) "
        if pop.is_zero and not saves:
            return f"{guard}goto error;"
        if not saves and pop.is_constant and -MAX_POP_LABEL <= pop.const < 0:
            return f"{guard}goto pop_{-pop.const}_error;"
        before = "".join(s + " " for s in saves)
        move = "" if pop.is_zero else f"stack_pointer += {pop}; "
        return f"{guard}{{ {before}{move}goto error; }}"

    def goto(self, label: str) -> str:
        return f"goto {label};"

    def cache_read(self, cache: CacheEffect, offset: int) -> str:
        reader = {1: "read_u16", 2: "read_u32", 4: "read_obj"}[cache.units]
        return f"{reader}(&this_instr[{offset}].cache)"

    def cache_pointer(self, offset: str) -> str:
        """The address of the inline cache `offset` units after the instruction."""
        return f"&this_instr[{offset}]"

    def name(self, token: Token, instruction: Instruction) -> str:
        """An identifier of the body."""
        return token.text

    def call(self, name: str, instruction: Instruction) -> str | None:
        """Replacement for the statement `name();`, or None."""
        return None

    def keeps(self, statement: Statement) -> bool:
        """False for a statement this consumer leaves out."""
        return True

    def keeps_op(self, op: Op) -> bool:
        return True

    def drops_section(self, directive: str) -> bool:
        """True if this consumer leaves out the lines from this `#if` to its end."""
        return False


def rewrite_body(op: Op, dialect: Dialect, diagnostics: Diagnostics) -> list[str]:
    """The body alone, of an operation that is not part of an instruction."""
    alone = Instruction(op.name, op.definition, [Part(op, ())], 1, [])
    return _Body(_Emitter(alone, dialect, diagnostics), alone.parts[0]).rewrite(op.statements)


@dataclass
class Emitted:
    """The middle of a case: declarations and statements, not indented."""

    declarations: list[str]
    lines: list[str]
    falls_through: bool  # control may come to the end


def emit_instruction(instruction: Instruction, dialect: Dialect, diagnostics: Diagnostics) -> Emitted:
    return _Emitter(instruction, dialect, diagnostics).emit()


class _Emitter:
    def __init__(self, instruction: Instruction, dialect: Dialect, diagnostics: Diagnostics) -> None:
        self.instruction = instruction
        self.dialect = dialect
        self.diagnostics = diagnostics
        self.stack = Stack(diagnostics)
        self.lines: list[str] = []
        self.variables: dict[str, tuple[str, str]] = {}  # name -> C type, initializer

    def emit(self) -> Emitted:
        parts = [p for p in self.instruction.parts if self.dialect.keeps_op(p.op)]
        falls_through = True
        for part in parts:
            falls_through = self.part(part, braces=len(parts) > 1)
        if falls_through:
            self.lines += self.stack.flush()
        declarations = [f"{ctype}{name}{init};" for name, (ctype, init) in self.variables.items()]
        return Emitted(declarations, self.lines, falls_through)

    def declare(self, effect: StackEffect) -> None:
        # A conditional item is NULL where it is not there; without the initializer compilers warn.
        init = " = NULL" if effect.cond and effect.cond.strip() != "1" else ""
        known = self.variables.get(effect.name)
        if known is not None and known[0] != effect.ctype:
            raise self.diagnostics.fatal(
                effect.span,
                f"`{effect.name}` is `{effect.ctype}` here and `{known[0]}` in an operation before it",
            )
        self.variables[effect.name] = (effect.ctype, init or (known[1] if known else ""))

    def part(self, part: Part, braces: bool) -> bool:
        op, stack = part.op, self.stack
        for effect in (*op.inputs, *op.outputs):
            if effect.name != UNUSED:
                self.declare(effect)
        if braces:
            self.lines.append(f"// {op.name}")
        self.lines += stack.load(op.inputs)
        # Outputs are assigned in the body: no item below may live in a variable of that name.
        reached = stack.reach(op.inputs)
        for effect in op.outputs:
            for item in list(stack.items):
                if effect.name != UNUSED and item not in reached and item.variable == effect.name:
                    self.lines += stack.free_variable(effect.name, None)
        popped = stack.pop(len(op.popped))
        offset = stack.top
        for effect in op.pushed:
            if effect.is_array and effect.name != UNUSED and effect.name not in {e.name for e in op.inputs}:
                self.lines.append(stack.place_array(effect, offset))
            offset = offset + effect_size(effect)

        tail = op.statements[-1] if op.statements else None
        check_breaker = tail is not None and call_name(tail) == "CHECK_EVAL_BREAKER"
        body = _Body(self, part)
        lines = [
            *self.cache_reads(part),
            *body.rewrite(op.statements[:-1] if check_breaker else op.statements),
        ]
        if braces:
            if lines:
                self.lines += [
                    "{",
                    *("    " + line if line and line[0] != "#" else line for line in lines),
                    "}",
                ]
        else:
            self.lines += lines

        for effect in op.inputs[: op.kept]:
            if body.assigns(effect.name):
                stack.assigned(effect.name)
                stack.forget(effect.name)
        for effect in op.pushed:
            stack.push(effect, popped)
            if effect.is_array and body.assigns(effect.name):
                stack.forget(effect.name)
        if check_breaker:
            # The check may run arbitrary code (signal handlers, the collector): the stack must be complete.
            self.lines += stack.flush()
            self.lines.append("CHECK_EVAL_BREAKER();")
        return not control_ends(op.statements)

    def cache_reads(self, part: Part) -> list[str]:
        lines = []
        for cache, offset in zip(part.op.definition.caches, part.cache_offsets, strict=True):
            if cache.name != UNUSED and part.op.mentions(cache.name):
                read = self.dialect.cache_read(cache, offset)
                lines.append(f"{CACHE_TYPES[cache.units]}{cache.name} = {read};")
                lines.append(f"(void){cache.name};")
        return lines


class _Body:
    """Rewrites one body: source text with the DSL's words replaced, layout kept."""

    def __init__(self, emitter: _Emitter, part: Part) -> None:
        self.emitter = emitter
        self.dialect = emitter.dialect
        self.instruction = emitter.instruction
        self.op = part.op
        self.stack = emitter.stack
        self.words: dict[str, Callable[[Sequence[Token]], str]] = {
            "DEOPT_IF": self.deopt_if,
            "EXIT_IF": self.deopt_if,
            "ERROR_IF": self.error_if,
            "ERROR_NO_POP": lambda _: self.error_no_pop(),
            "DECREF_INPUTS": lambda _: self.decref_inputs(),
            "SYNC_SP": lambda _: self.sync_sp(),
        }

    def assigns(self, name: str) -> bool:
        """True if the body changes variable `name`."""
        tokens = self.op.tokens
        for i, token in enumerate(tokens):
            if token.text != name or token.kind != IDENT:
                continue
            after = tokens[i + 1].text if i + 1 < len(tokens) else ""
            before = tokens[i - 1].text if i else ""
            if before in (".", "->"):
                continue
            if after in ("=", "++", "--", "+=", "-=") or before in ("++", "--", "&"):
                return True
            if before == "(" and i >= 2 and tokens[i - 2].text in ("Py_SETREF", "Py_XSETREF", "Py_CLEAR"):
                return True
        return False

    def rewrite(self, statements: Sequence[Statement]) -> list[str]:
        tokens = [t for s in statements for t in s.tokens]
        if not tokens:
            return []
        text = self.text(tokens, include_lead=True)
        return _reindent(text)

    def text(self, tokens: Sequence[Token], include_lead: bool = False) -> str:
        """Text of the tokens with everything replaced that this consumer writes differently."""
        source = self.op.definition.span.source.text
        pos = self.op.definition.body.opening.end if include_lead else tokens[0].start
        out: list[str] = []
        i = 0
        while i < len(tokens):
            token = tokens[i]
            out.append(_without_comments(source[pos : token.start]))
            if token.kind == DIRECTIVE and self.dialect.drops_section(token.text):
                i = _end_of_section(tokens, i)
                pos = tokens[i - 1].end
                continue
            used, replacement = self.replace(tokens, i)
            out.append(replacement)
            i += used
            pos = tokens[i - 1].end
        return "".join(out)

    def replace(self, tokens: Sequence[Token], i: int) -> tuple[int, str]:
        """How many tokens from `i` are replaced, and by what."""
        token = tokens[i]
        follow = [t.text for t in tokens[i : i + 6]]
        if follow[:3] == ["&", "this_instr", "["] and follow[4] == "]" and follow[5:] != ["."]:
            return 5, self.dialect.cache_pointer(follow[3])
        if token.kind != IDENT:
            return 1, token.text
        after = tokens[i + 1].text if i + 1 < len(tokens) else ""
        if token.text == "goto" and i + 2 < len(tokens):
            return 3, self.dialect.goto(after)
        if after == "(":
            end = _group_end(tokens, i + 1)
            arguments = tokens[i + 2 : end - 1]
            is_statement = end < len(tokens) and tokens[end].text == ";"
            if is_statement and token.text in self.words:
                return end + 1 - i, self.words[token.text](arguments)
            if is_statement and not self.dialect.keeps(Simple(tuple(tokens[i : end + 1]))):
                return end + 1 - i, ""
            if is_statement and not arguments:
                replacement = self.dialect.call(token.text, self.instruction)
                if replacement is not None:
                    return end + 1 - i, replacement
        if i and tokens[i - 1].text in (".", "->"):
            return 1, token.text
        return 1, self.dialect.name(token, self.instruction)

    def deopt_if(self, arguments: Sequence[Token]) -> str:
        return self.dialect.deopt(self.text(arguments), self.instruction)

    def error_no_pop(self) -> str:
        lost = [item.effect for item in self.stack.items if not item.in_memory]
        if lost and self.op.definition.span.source.checked:
            self.emitter.diagnostics.error(
                self.op.definition.span,
                f"ERROR_NO_POP in `{self.op.name}` would lose `{lost[0].name}`, which is in a variable only",
                f"in `{self.instruction.name}`; use ERROR_IF, which writes it, or SYNC_SP() before",
            )
        return self.dialect.error()

    def error_if(self, arguments: Sequence[Token]) -> str:
        commas = [i for i, t in enumerate(arguments) if t.text == "," and _depth(arguments, i) == 0]
        cond = arguments[: commas[-1]] if commas else arguments
        saves, pop = self.stack.leave(self.stack.top, arguments[0].span)
        return self.dialect.error_if(self.text(cond), saves, pop)

    def decref_inputs(self) -> str:
        lines = []
        for effect in self.op.popped:
            if effect.name == UNUSED or effect.cond.strip() == "0":
                continue
            if effect.is_array:
                size = effect_size(effect)
                lines.append(f"for (int _i = {size}; --_i >= 0;) {{ Py_DECREF({effect.name}[_i]); }}")
            elif effect.cond and effect.cond.strip() != "1":
                lines.append(f"Py_XDECREF({effect.name});")
            else:
                lines.append(f"Py_DECREF({effect.name});")
        return "\n".join(lines)

    def sync_sp(self) -> str:
        return "\n".join(self.stack.flush())


def _depth(tokens: Sequence[Token], index: int) -> int:
    depth = 0
    for token in tokens[:index]:
        depth += (token.text in CLOSERS) - (token.text in CLOSERS.values() and token.kind == PUNCT)
    return depth


def _group_end(tokens: Sequence[Token], i: int) -> int:
    """One past the bracket that closes the one at `i`."""
    depth = 0
    while True:
        depth += (tokens[i].text in CLOSERS) - (tokens[i].text in CLOSERS.values())
        i += 1
        if depth == 0:
            return i


def _end_of_section(tokens: Sequence[Token], i: int) -> int:
    """One past the `#endif` of the `#if` at `i`."""
    depth = 0
    while True:
        if tokens[i].kind == DIRECTIVE:
            word = tokens[i].text.lstrip("# \t")
            depth += word.startswith("if") - word.startswith("endif")
        i += 1
        if depth == 0:
            return i


_COMMENT = re.compile(r"//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/")


def _without_comments(gap: str) -> str:
    """White space between two tokens.  Comments stay in the definitions; only what compilers read is kept."""
    return _COMMENT.sub(lambda m: "/* fall through */" if "fall through" in m.group() else "", gap)


def _reindent(text: str) -> list[str]:
    """Lines with a common margin removed, blank ones dropped, and replacements that span lines lined up."""
    lines = [line.rstrip() for line in text.split("\n")]
    lines = [line for line in lines if line.strip()]
    margins = [len(line) - len(line.lstrip()) for line in lines if line[:1] == " "]
    margin = min(margins, default=0)
    out = []
    last = margin
    for line in lines:
        if line.lstrip().startswith("#"):
            out.append(line.lstrip())
        elif line[0] != " ":
            out.append(" " * (last - margin) + line)  # continuation of a replacement
        else:
            last = len(line) - len(line.lstrip())
            out.append(line[margin:])
    return out
