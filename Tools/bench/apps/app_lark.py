"""Lark: an LALR parser for a small language, and a transformer that evaluates it."""

from __future__ import annotations

import lark

GRAMMAR = """
start: statement*
statement: NAME "=" expression ";" -> assign
         | "print" expression ";" -> show
?expression: expression "+" term -> add
           | expression "-" term -> sub
           | term
?term: term "*" factor -> mul
     | factor
?factor: NUMBER -> number
       | NAME -> name
       | "(" expression ")"
       | "-" factor -> negative
NAME: /[a-z][a-z0-9]*/
COMMENT: /#[^\\n]*/
%import common.NUMBER
%import common.WS
%ignore WS
%ignore COMMENT
"""
TEXT = "a0 = 1;\n" + "".join(
    f"a{n} = (a{n - 1} + {n}) * 2 - -{n % 7} * (3 - {n}); # line {n}\nprint a{n} - a{n // 2};\n"
    for n in range(1, 260)
)


class Evaluator(lark.Transformer):
    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, int] = {}
        self.shown: list[int] = []

    def number(self, children: list[lark.Token]) -> int:
        return int(children[0])

    def name(self, children: list[lark.Token]) -> int:
        return self.names[str(children[0])]

    def negative(self, children: list[int]) -> int:
        return -children[0]

    def add(self, children: list[int]) -> int:
        return (children[0] + children[1]) % 1000003

    def sub(self, children: list[int]) -> int:
        return (children[0] - children[1]) % 1000003

    def mul(self, children: list[int]) -> int:
        return (children[0] * children[1]) % 1000003

    def assign(self, children: list[lark.Token]) -> None:
        self.names[str(children[0])] = int(children[1])

    def show(self, children: list[int]) -> None:
        self.shown.append(children[0])


PARSER = lark.Lark(GRAMMAR, parser="lalr")


def run() -> object:
    evaluator = Evaluator()
    evaluator.transform(PARSER.parse(TEXT))
    return evaluator.shown
