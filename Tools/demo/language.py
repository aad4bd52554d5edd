"""A toy language: tokenizer, parser, and an evaluator made of closures.

    fn name(a, b) { ... }   let x = e;   x = e;   while e { }   if e { } else { }   return e;   e;

Values are numbers, strings, lists (`[1, 2]`, `x[0]`, `x[0] = e`) and functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Env = dict[str, Any]
Code = Callable[[Env], Any]
KEYWORDS = {"fn", "let", "while", "if", "else", "return"}
OPERATORS = [
    "==",
    "!=",
    "<=",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "<",
    ">",
    "=",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ",",
    ";",
]

NAMES: dict[Code, str] = {}  # which closures load a variable, and which one: what `=` can assign to
PLACES: dict[Code, tuple[Code, Code]] = {}  # the same for items of lists


class ToyError(Exception):
    """A mistake in the toy program, with the line it is on."""


class ReturnValue(Exception):
    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    line: int


def tokenize(source: str) -> Iterator[Token]:
    at, line = 0, 1
    while at < len(source):
        char = source[at]
        if char == "\n":
            line += 1
            at += 1
        elif char.isspace():
            at += 1
        elif char == "#":
            while at < len(source) and source[at] != "\n":
                at += 1
        elif char.isdigit():
            start = at
            while at < len(source) and (source[at].isdigit() or source[at] == "."):
                at += 1
            yield Token("number", source[start:at], line)
        elif char.isalpha() or char == "_":
            start = at
            while at < len(source) and (source[at].isalnum() or source[at] == "_"):
                at += 1
            word = source[start:at]
            yield Token(word if word in KEYWORDS else "name", word, line)
        elif char == '"':
            end = source.index('"', at + 1)
            yield Token("string", source[at + 1 : end], line)
            at = end + 1
        else:
            for operator in OPERATORS:
                if source.startswith(operator, at):
                    yield Token(operator, operator, line)
                    at += len(operator)
                    break
            else:
                raise ToyError(f"line {line}: unexpected {char!r}")
    yield Token("end", "", line)


class Parser:
    """Recursive descent; every rule returns a closure that evaluates what it parsed."""

    LEVELS = (("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))

    def __init__(self, source: str) -> None:
        self.stream = tokenize(source)
        self.token = next(self.stream)

    def take(self, kind: str) -> Token:
        token = self.token
        if token.kind != kind:
            raise ToyError(f"line {token.line}: expected {kind}, found {token.text or 'the end'}")
        if kind != "end":
            self.token = next(self.stream)
        return token

    def at(self, kind: str) -> bool:
        if self.token.kind == kind:
            self.take(kind)
            return True
        return False

    def program(self) -> Code:
        statements = []
        while self.token.kind != "end":
            statements.append(self.statement())
        return sequence(statements)

    def block(self) -> Code:
        self.take("{")
        statements = []
        while not self.at("}"):
            statements.append(self.statement())
        return sequence(statements)

    def statement(self) -> Code:
        if self.at("fn"):
            return self.function()
        if self.at("while"):
            return loop(self.expression(), self.block())
        if self.at("if"):
            condition, then = self.expression(), self.block()
            return choice(condition, then, self.block() if self.at("else") else sequence([]))
        if self.at("return"):
            value = self.expression()
            self.take(";")
            return leave(value)
        if self.at("let"):
            name = self.take("name").text
            self.take("=")
            value = self.expression()
            self.take(";")
            return store(name, value)
        target = self.expression()
        if self.at("="):
            value = self.expression()
            self.take(";")
            return assign(target, value)
        self.take(";")
        return target

    def function(self) -> Code:
        name = self.take("name").text
        self.take("(")
        parameters = []
        while not self.at(")"):
            parameters.append(self.take("name").text)
            self.at(",")
        return store(name, make_function(name, parameters, self.block()))

    def expression(self, level: int = 0) -> Code:
        if level == len(self.LEVELS):
            return self.postfix()
        left = self.expression(level + 1)
        while self.token.kind in self.LEVELS[level]:
            operator = self.take(self.token.kind)
            left = BINARY[operator.kind](left, self.expression(level + 1))
        return left

    def postfix(self) -> Code:
        value = self.atom()
        while True:
            if self.at("("):
                value = call(value, self.items(")"))
            elif self.at("["):
                value = index(value, self.expression())
                self.take("]")
            else:
                return value

    def items(self, end: str) -> list[Code]:
        out = []
        while not self.at(end):
            out.append(self.expression())
            self.at(",")
        return out

    def atom(self) -> Code:
        token = self.token
        if self.at("number"):
            return constant(float(token.text) if "." in token.text else int(token.text))
        if self.at("string"):
            return constant(token.text)
        if self.at("name"):
            return load(token.text)
        if self.at("["):
            items = self.items("]")
            return lambda env: [item(env) for item in items]
        if self.at("("):
            inner = self.expression()
            self.take(")")
            return inner
        raise ToyError(f"line {token.line}: expected a value, found {token.text or 'the end'}")


def constant(value: Any) -> Code:
    return lambda env: value


def load(name: str) -> Code:
    def run(env: Env) -> Any:
        while name not in env:
            if "__outer__" not in env:
                raise ToyError(f"unknown name {name}")
            env = env["__outer__"]
        return env[name]

    NAMES[run] = name
    return run


def store(name: str, value: Code) -> Code:
    def run(env: Env) -> None:
        env[name] = value(env)

    return run


def assign(target: Code, value: Code) -> Code:
    name = NAMES.get(target)
    if name is not None:

        def run(env: Env) -> None:
            result = value(env)
            while name not in env and "__outer__" in env:
                env = env["__outer__"]
            env[name] = result

        return run
    parts = PLACES.get(target)
    if parts is None:
        raise ToyError("this cannot be assigned to")
    items, position = parts

    def run_item(env: Env) -> None:
        items(env)[position(env)] = value(env)

    return run_item


def index(items: Code, position: Code) -> Code:
    def run(env: Env) -> Any:
        return items(env)[position(env)]

    PLACES[run] = items, position
    return run


def sequence(statements: list[Code]) -> Code:
    def run(env: Env) -> None:
        for statement in statements:
            statement(env)

    return run


def loop(condition: Code, body: Code) -> Code:
    def run(env: Env) -> None:
        while condition(env):
            body(env)

    return run


def choice(condition: Code, then: Code, otherwise: Code) -> Code:
    def run(env: Env) -> None:
        if condition(env):
            then(env)
        else:
            otherwise(env)

    return run


def leave(value: Code) -> Code:
    def run(env: Env) -> None:
        raise ReturnValue(value(env))

    return run


def make_function(name: str, parameters: list[str], body: Code) -> Code:
    def define(env: Env) -> Callable[..., Any]:
        def function(*args: Any) -> Any:
            local: Env = {"__outer__": env}
            for parameter, arg in zip(parameters, args, strict=True):
                local[parameter] = arg
            try:
                body(local)
            except ReturnValue as result:
                return result.value
            return None

        function.__name__ = name
        return function

    return define


def call(function: Code, args: list[Code]) -> Code:
    return lambda env: function(env)(*[arg(env) for arg in args])


BINARY: dict[str, Callable[[Code, Code], Code]] = {
    "+": lambda a, b: lambda env: a(env) + b(env),
    "-": lambda a, b: lambda env: a(env) - b(env),
    "*": lambda a, b: lambda env: a(env) * b(env),
    "/": lambda a, b: lambda env: a(env) / b(env),
    "%": lambda a, b: lambda env: a(env) % b(env),
    "<": lambda a, b: lambda env: a(env) < b(env),
    ">": lambda a, b: lambda env: a(env) > b(env),
    "<=": lambda a, b: lambda env: a(env) <= b(env),
    ">=": lambda a, b: lambda env: a(env) >= b(env),
    "==": lambda a, b: lambda env: a(env) == b(env),
    "!=": lambda a, b: lambda env: a(env) != b(env),
}


def evaluate(source: str) -> list[str]:
    """Runs a toy program; returns the lines it printed."""
    out: list[str] = []
    env: Env = {"print": lambda *items: out.append(" ".join(map(str, items))), "len": len}
    env["append"] = lambda items, item: items.append(item)
    Parser(source).program()(env)
    return out
