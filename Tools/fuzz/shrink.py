"""Makes a failing program smaller: drops functions, arguments, statements and clauses as long as it still
fails.

Greedy, in passes from large parts to small ones, until a whole pass changes nothing (the core of delta
debugging, Zeller and Hildebrandt 2002, on a tree in place of a list).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

from Tools.fuzz.programs import Program, Statement

Edit = Callable[[Program], None]


def bodies(program: Program) -> Iterator[list[Statement]]:
    """Every list of statements, outer ones first."""
    waiting = [function.body for function in program.functions]
    while waiting:
        body = waiting.pop(0)
        yield body
        waiting += [inner for statement in body for _, inner in statement.clauses]


def edits(program: Program) -> Iterator[Edit]:
    """Ways to make the program smaller; each is for a fresh copy."""
    if program.rounds > 1:
        yield lambda p: setattr(p, "rounds", 1)
    for n in range(len(program.functions)):
        yield lambda p, n=n: p.functions.pop(n)  # type: ignore[misc]
    for n in range(len(program.arguments)):
        if len(program.arguments) > 1:
            yield lambda p, n=n: p.arguments.pop(n)  # type: ignore[misc]
    for b, body in enumerate(bodies(program)):
        size = len(body)
        while size >= 1:
            for start in range(0, len(body), size):
                yield lambda p, b=b, start=start, size=size: remove(p, b, start, size)  # type: ignore[misc]
            size //= 2
    for b, body in enumerate(bodies(program)):
        for n, statement in enumerate(body):
            for clause in range(len(statement.clauses)):
                yield lambda p, b=b, n=n, c=clause: unwrap(p, b, n, c)  # type: ignore[misc]


def remove(program: Program, body: int, start: int, size: int) -> None:
    del list(bodies(program))[body][start : start + size]


def unwrap(program: Program, body: int, at: int, clause: int) -> None:
    """A compound statement gives way to what one of its clauses holds."""
    statements = list(bodies(program))[body]
    statements[at : at + 1] = statements[at].clauses[clause][1]


def shrink(program: Program, fails: Callable[[Program], bool], attempts: int = 300) -> Program:
    """The smallest program found that still fails.  `attempts` bounds the calls of `fails`."""
    best = program
    changed = True
    while changed and attempts > 0:
        changed = False
        for edit in edits(best):
            candidate = copy.deepcopy(best)
            try:
                edit(candidate)
            except IndexError:
                continue
            if attempts <= 0:
                break
            if candidate.text() == best.text():
                continue
            attempts -= 1
            if fails(candidate):
                best, changed = candidate, True
                break
    return best
