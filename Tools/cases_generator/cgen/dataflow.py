"""Checks of a body along its paths: nothing is used after its death, and every output is defined at the end.

A *path state* knows which inputs may be dead (given up on some way here) and which outputs are defined on
every way here. Branches are followed separately and joined; ways that leave (ERROR_IF(true), goto, DISPATCH)
do not reach the join.  The body of a loop is followed twice, so that a death in one round is seen by a use
in the next.

Only our definitions are checked.  Upstream's follow looser conventions (an output that is the local copy of
an input's memory, values kept alive by another reference), which are right but not provable here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from .diagnostics import Diagnostics, Span
from .lexer import DIRECTIVE, IDENT, Token
from .model import Op
from .parser import CLOSERS
from .statements import Block, Directive, If, Label, Loop, Statement, Switch, leaves
from .syntax import UNUSED

# Calls that give up the reference their first argument holds.
DEATHS = ("Py_DECREF", "Py_XDECREF", "Py_CLEAR", "_Py_DECREF_SPECIALIZED", "_Py_DECREF_NO_DEALLOC", "DEAD")
# Macros that assign an argument: name -> its position.
ASSIGNING = {"DECREF_INPUTS_AND_REUSE_FLOAT": 3, "Py_SETREF": 0, "Py_XSETREF": 0}


@dataclass(frozen=True)
class State:
    dead: dict[str, Span]  # variable -> where it was given up
    defined: frozenset[str]

    def join(self, other: State | None) -> State:
        if other is None:
            return self
        return State({**other.dead, **self.dead}, self.defined & other.defined)


def _join(states: Sequence[State | None]) -> State | None:
    reaching = [s for s in states if s is not None]
    if not reaching:
        return None
    result = reaching[0]
    for state in reaching[1:]:
        result = result.join(state)
    return result


@dataclass
class _Jumps:
    """States at the `break`s and `continue`s of the statement around."""

    breaks: list[State | None] = field(default_factory=list)
    continues: list[State | None] = field(default_factory=list)


def check_op(op: Op, diagnostics: Diagnostics) -> None:
    _Checker(op, diagnostics).check()


class _Checker:
    def __init__(self, op: Op, diagnostics: Diagnostics) -> None:
        self.op = op
        self.diagnostics = diagnostics
        self.inputs = {e.name for e in op.inputs if e.name != UNUSED}
        self.popped = {e.name for e in op.popped if e.name != UNUSED}
        self.outputs = {e.name for e in op.outputs if e.name != UNUSED}
        self.jumps = [_Jumps()]

    def check(self) -> None:
        # An array is defined by its place; a conditional item starts as NULL; an input that comes out again
        # has a value.
        given = {e.name for e in self.op.outputs if e.is_array or e.cond or e.name in self.inputs}
        end = self.sequence(self.op.statements, State({}, frozenset(given)))
        if end is None:
            return
        closing = self.op.definition.body.closing
        for effect in self.op.outputs:
            if effect.name == UNUSED:
                continue
            if effect.name not in end.defined:
                self.diagnostics.error(
                    effect.span,
                    f"`{effect.name}` is never defined on the path that ends at line {closing.span.line}",
                    "every output must be assigned before the end of the body or an ERROR_IF/EXIT_IF "
                    "that leaves it",
                )
            elif effect.name in end.dead:
                self.diagnostics.error(
                    effect.span,
                    f"output `{effect.name}` may be dead at the end of the body",
                    f"its reference was given up at {end.dead[effect.name]}",
                )

    # --- statements

    def sequence(self, statements: Sequence[Statement], state: State | None) -> State | None:
        for statement in statements:
            if isinstance(statement, Label):
                continue  # reached by falling through; `switch` starts its bodies afresh
            if state is None:
                return None
            state = self.statement(statement, state)
        return state

    def statement(self, statement: Statement, state: State) -> State | None:
        if isinstance(statement, Directive):
            return state
        if isinstance(statement, Block):
            return self.sequence(statement.body, state)
        if isinstance(statement, If):
            state = self.tokens(statement.cond, state)
            then = self.statement(statement.then, state)
            orelse = state if statement.orelse is None else self.statement(statement.orelse, state)
            return _join([then, orelse])
        if isinstance(statement, Loop):
            return self.loop(statement, state)
        if isinstance(statement, Switch):
            return self.switch(statement, state)
        return self.simple(statement, state)

    def simple(self, statement: Statement, state: State) -> State | None:
        first = statement.tokens[0].text
        state = self.tokens(statement.tokens, state)
        if first == "break":
            self.jumps[-1].breaks.append(state)
            return None
        if first == "continue":
            self.jumps[-1].continues.append(state)
            return None
        return None if leaves(statement) else state

    def loop(self, loop: Loop, state: State) -> State | None:
        before = state if loop.at_least_once else self.tokens(loop.head, state)
        entry: State | None = before
        last: State | None = None
        jumps = _Jumps()
        for _ in range(2):
            if entry is None:
                break
            jumps = _Jumps()
            self.jumps.append(jumps)
            end = _join([self.statement(loop.body, entry), *jumps.continues])
            self.jumps.pop()
            entry = None if end is None else before.join(self.tokens(loop.head, end))
            last = end
        # After a `while` the body may not have run at all.
        return _join([last if loop.at_least_once else before.join(last), *jumps.breaks])

    def switch(self, switch: Switch, state: State) -> State | None:
        state = self.tokens(switch.head, state)
        jumps = _Jumps()
        self.jumps.append(jumps)
        current: State | None = None
        body = switch.body.body if isinstance(switch.body, Block) else (switch.body,)
        for statement in body:
            if isinstance(statement, Label):
                current = _join([current, state])  # from the case before, or straight from the head
            elif current is not None:
                current = self.statement(statement, current)
        self.jumps.pop()
        return _join([current, *jumps.breaks, None if switch.has_default else state])

    # --- expressions

    def tokens(self, tokens: Sequence[Token], state: State) -> State:
        """Uses, deaths and assignments in the order of their text; assignments after the right side."""
        assigned: list[str] = []
        i = 0
        while i < len(tokens):
            token = tokens[i]
            after = tokens[i + 1].text if i + 1 < len(tokens) else ""
            before = tokens[i - 1].text if i else ""
            i += 1
            if token.kind != IDENT or token.kind == DIRECTIVE or before in (".", "->"):
                continue
            if after == "(" and token.text == "DECREF_INPUTS":
                state = self.kill(sorted(self.popped), token, state)
            elif after == "(" and token.text in DEATHS and _single_name(tokens, i + 1):
                name = tokens[i + 1]
                self.use(name, state)
                state = self.kill([name.text], token, state)
                i += 2
            elif after == "(" and token.text in ASSIGNING:
                name_token = _argument(tokens, i + 1, ASSIGNING[token.text])
                if name_token is not None:
                    assigned.append(name_token.text)
            elif after == "=" and token.text in self.inputs | self.outputs:
                assigned.append(token.text)
            elif before == "&" and not _is_operand(tokens, i - 2) and token.text in self.outputs:
                state = self.define(token.text, state)
            else:
                self.use(token, state)
        for variable in assigned:
            state = self.define(variable, state)
        return state

    def use(self, token: Token, state: State) -> None:
        if token.text in state.dead and token.text in self.inputs | self.outputs:
            self.diagnostics.error(
                token.span,
                f"`{token.text}` is used after its death",
                f"its reference was given up at {state.dead[token.text]}, on one way here at least",
            )

    def kill(self, names: Sequence[str], token: Token, state: State) -> State:
        tracked = {n: token.span for n in names if n in self.inputs | self.outputs}
        return replace(state, dead={**state.dead, **tracked})

    def define(self, name: str, state: State) -> State:
        dead = {n: s for n, s in state.dead.items() if n != name}
        return State(dead, state.defined | {name})


def _single_name(tokens: Sequence[Token], i: int) -> bool:
    """True if the first argument of the call whose `(` is before `i` is one name."""
    return i + 1 < len(tokens) and tokens[i].kind == IDENT and tokens[i + 1].text in (")", ",")


def _is_operand(tokens: Sequence[Token], i: int) -> bool:
    """True if an operand stands before the `&` at `i`: then it is the operator, not an address."""
    return i > 0 and (tokens[i - 1].kind in (IDENT, "number") or tokens[i - 1].text in (")", "]"))


def _argument(tokens: Sequence[Token], i: int, position: int) -> Token | None:
    """The argument at `position` of the call whose `(` is before `i`, if it is one name."""
    depth = 0
    current: list[Token] = []
    for token in tokens[i:]:
        if depth == 0 and token.text in (",", ")"):
            if position == 0:
                return current[0] if len(current) == 1 and current[0].kind == IDENT else None
            position -= 1
            current = []
            continue
        depth += (token.text in CLOSERS) - (token.text in CLOSERS.values())
        current.append(token)
    return None
