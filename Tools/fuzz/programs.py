"""Makes random Python programs from a seed.

A program is a tree of statements, so that the shrinker can drop parts of it.  What every program keeps:

 1. It ends: loops run over small ranges or count down, calls go only to functions defined before, recursion
 has a counter. 2. It is deterministic: no addresses, no hash order of text, no time, no input. 3. Errors are
 part of it: an expression may raise; the loop around it notes the type, the text and the line, and goes on.
 4. It is hot: the main loop calls its functions some thousand times, with the kinds of the arguments
 changing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

PRELUDE = '''\
import sys

events = []
kept = {}
members = set()
stack = []


def note(*items):
    """Keeps what happened, in short: many equal events count, their texts do not."""
    if len(events) < 400:
        events.append(items)


def small(value):
    """Keeps numbers from growing without end, and says what kind a value is."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -(2**70) < value < 2**70 else value % 1000003
    if isinstance(value, float):
        return value if -1e15 < value < 1e15 else 0.5
    if isinstance(value, (str, list, tuple)):
        return value if len(value) < 12 else value[:3]
    return value


class Box:
    total = 0

    def __init__(self, value, other=1):
        self.value = value
        self.other = other

    def add(self, amount):
        self.value = small(self.value + amount)
        return self

    @property
    def double(self):
        return self.value + self.value

    def __add__(self, other):
        return Box(small(self.value + (other.value if isinstance(other, Box) else other)))

    def __eq__(self, other):
        return isinstance(other, Box) and self.value == other.value

    def __lt__(self, other):
        return self.value < other.value

    def __getitem__(self, index):
        return self.value if index == 0 else self.other

    def __len__(self):
        return 2

    def __hash__(self):
        return 7

    def __repr__(self):
        return f"{type(self).__name__}({self.value!r}, {self.other!r})"


class Slots:
    __slots__ = ("value", "other")

    def __init__(self, value, other=2):
        self.value = value
        self.other = other

    def add(self, amount):
        self.other = small(self.other + amount)
        return self.value

    @property
    def double(self):
        return self.other

    def __add__(self, other):
        return Slots(small(self.value + getattr(other, "value", other)), self.other)

    def __iadd__(self, other):
        if isinstance(other, float):
            return NotImplemented
        self.other = small(self.other + 1)
        return self

    def __sub__(self, other):
        return small(self.value - other.value) if isinstance(other, Slots) else NotImplemented

    def __mul__(self, other):
        return NotImplemented if isinstance(other, Box) else small(self.value * other)

    def __rsub__(self, other):
        return small(other - self.value) if isinstance(other, (int, float)) else "rsub"

    def __gt__(self, other):
        return self.value > other.value if isinstance(other, (Slots, Box)) else NotImplemented

    def __bool__(self):
        return self.value != 1

    def __neg__(self):
        return Slots(-self.value, self.other)

    def __contains__(self, key):
        return key == self.value or key == self.other

    def __call__(self, x, y):
        return small(x - y)

    def __repr__(self):
        return f"Slots({self.value!r}, {self.other!r})"


class Sub(Box):
    def add(self, amount):
        super().add(amount)
        Sub.total = small(Sub.total + 1)
        return self

    def __call__(self, x):
        return small(x + 1)

    def __radd__(self, other):
        return Sub(small(self.value + 1), other) if isinstance(other, (int, float)) else "radd"

    def __rmul__(self, other):
        return self.value if isinstance(other, Slots) else NotImplemented

    def __gt__(self, other):
        return NotImplemented if self.other == 3 else True


class Shared:
    count, rate, last = 0, 0.5, None

    def __init__(self, value):
        type(self).count += 1
        Shared.last = value

    @classmethod
    def step(cls, amount):
        cls.count = small(cls.count + amount)
        return cls.count

    def read(self):
        return small(self.count), self.rate, self.__class__.last


class Below(Shared):
    pass


class Guard:
    def __init__(self, swallow):
        self.swallow = swallow

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        if kind is not None:
            note("exit", kind.__name__)
        return self.swallow and kind is not None and issubclass(kind, ArithmeticError)

'''

POSTLUDE = """

def main():
    for round_number in range(ROUNDS):
        for function, count in FUNCTIONS:
            for turn in range(count):
                try:
                    result = function(*ARGUMENTS[(turn * turn + round_number) % len(ARGUMENTS)])
                except Exception as error:
                    step, lines = error.__traceback__, []
                    while step is not None:
                        lines.append((step.tb_frame.f_code.co_name, step.tb_lineno))
                        step = step.tb_next
                    note(function.__name__, type(error).__name__, str(error), lines)
                else:
                    if turn % 97 == 0 or turn < 3:
                        note(function.__name__, repr(small(result)))
        note("globals", repr(small(g0)), repr(small(g1)), Sub.total)
    for event in events:
        print(event)


main()
"""

INDENT = "    "


@dataclass
class Statement:
    """A line, or a compound statement: each clause is a header with its body."""

    line: str = ""
    clauses: list[tuple[str, list[Statement]]] = field(default_factory=list)

    def text(self, depth: int) -> list[str]:
        if not self.clauses:
            return [INDENT * depth + self.line]
        out = []
        for header, body in self.clauses:
            out.append(INDENT * depth + header)
            lines = [line for statement in body for line in statement.text(depth + 1)]
            out += lines or [INDENT * (depth + 1) + "pass"]
        return out


@dataclass
class Function:
    name: str
    parameters: list[str]
    body: list[Statement]
    calls: int
    generator: bool = False

    def text(self) -> list[str]:
        lines = [line for statement in self.body for line in statement.text(1)]
        if self.generator:
            lines.append(INDENT + "yield 0")
        return [f"def {self.name}({', '.join(self.parameters)}):", *(lines or [INDENT + "pass"])]


@dataclass
class Program:
    seed: int
    functions: list[Function]
    arguments: list[str]
    rounds: int = 2

    def text(self) -> str:
        """The program's source.  Every run of it prints the same lines."""
        parts = [f"# seed {self.seed}", PRELUDE, "g0 = 1", "g1 = 0.5"]
        for function in self.functions:
            parts += ["", "", *function.text()]
        called = ", ".join(f"({f.name}, {f.calls})" for f in self.functions if not f.generator)
        parts += ["", "", f"FUNCTIONS = [{called}]", f"ARGUMENTS = [{', '.join(self.arguments)}]"]
        parts += [f"ROUNDS = {self.rounds}", POSTLUDE]
        return "\n".join(parts)


NUMBERS = ["0", "1", "2", "3", "-1", "7", "100", "0.5", "-0.0", "1.5", "2.0", "True", "2**62", "2**63 - 1"]
ODD = ["None", "'a'", "[]", "(1,)", "Box(2)", "float('nan')", "10**25"]
CONTAINERS = ["[1, 2, 3]", "(4, 5, 6)", "[0.5, 1, 2]", "{1: 2, 0: 3, 2: 5}", "(1, 2.5, 3)", "range(5)"]
OBJECTS = ["Box", "Sub", "Slots"]
ARITHMETIC = ["+", "+", "+", "-", "-", "*", "*", "*", "//", "%", "/", "&", "|", "^"]
COMPARE = ["<", "<", "<=", "==", "!=", ">", ">=", "is", "is not"]
# Arguments of the same kinds meet in a program; one program in four gets any of them.
FAMILIES = [
    ["(1, 2)", "(3, 1)", "(10, 7)", "(5, 3)", "(-3, 4)", "(250, 11)"],
    ["(2.5, 2.0)", "(1.0, 0.5)", "(0.25, -0.5)", "(0.0, -0.0)", "(1e10, 3.5)"],
    ["(1, 2)", "(2.5, 2)", "(1, 0.5)", "(True, 3)", "(7, 2)", "(2**62, 2**62)"],
]
ANY = [
    "(1, 2)", "(3, 0)", "(2.5, 2)", "(1, 0.5)", "('ab', 2)", "([1, 2], 1)", "(True, 3)", "(2**62, 2**62)",
    "((1, 2), 0)", "(Box(1), 2)", "(Sub(2), 1)", "(Slots(1), 3)", "(None, 1)",
]  # fmt: skip


class Maker:
    """Draws one program.  Every choice comes from `self.random`.

    Names are kept by what they mostly hold (numbers, containers, objects), so that most expressions are
    valid; now and then one of the wrong kind is drawn, and the program raises there.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.functions: list[Function] = []
        self.pools: dict[str, list[str]] = {}
        self.fresh = 0
        self.in_generator = False

    def pick(self, *items: str) -> str:
        return self.random.choice(items)

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def rarely(self) -> bool:
        return self.random.randrange(300) == 0

    def new_name(self, stem: str) -> str:
        self.fresh += 1
        return f"{stem}{self.fresh}"

    def name(self, kind: str = "number") -> str:
        pool = self.pools[kind] or self.pools["number"]
        if self.chance(1):
            pool = [name for names in self.pools.values() for name in names]
        return self.random.choice(pool)

    def bind(self, kind: str, name: str) -> str:
        """`name` now holds something of this kind."""
        for pool in self.pools.values():
            if name in pool and len(self.pools["number"]) > 1:
                pool.remove(name)
        if name not in self.pools[kind]:
            self.pools[kind].append(name)
        return name

    def saved(self) -> dict[str, list[str]]:
        return {kind: list(names) for kind, names in self.pools.items()}

    # Expressions

    def value(self, depth: int = 2) -> str:
        """An expression that mostly gives a number."""
        if depth <= 0 or self.chance(25):
            return (
                self.name()
                if self.chance(70)
                else self.random.choice(ODD if self.random.randrange(300) == 0 else NUMBERS)
            )
        kind = self.random.randrange(18)
        a = self.value(depth - 1)
        if kind == 14:
            return self.found(a)
        if kind == 15:
            return self.of_text(a)
        if kind > 15:
            return self.operated(a)
        if kind < 5:
            operator = self.random.choice(ARITHMETIC)
            b = self.value(depth - 1)
            if operator in ("//", "%", "/") and self.chance(90):
                b = f"({b} or 1)"
            elif operator in "&|^" and self.chance(98):
                a, b = f"int({a})", f"int({b})"
            return f"({a} {operator} {b})"
        if kind == 5:
            return f"({a} if {self.condition(depth - 1)} else {self.value(depth - 1)})"
        if kind == 6:
            return f"{self.container(depth - 1)}[{self.index()}]"
        if kind == 7:
            attribute = "missing" if self.rarely() else self.pick("value", "other", "double")
            return f"{self.object(depth - 1)}.{attribute}"
        if kind == 8:
            return f"len({self.container(depth - 1)})"
        if kind == 9:
            function = self.pick("abs", "int", "float", "bool")
            if self.rarely():
                function = self.pick("str", "type", "iter")
            return f"{function}({a})"
        if kind == 10:
            return self.pick(f"(-{a})", f"(~int({a}))", f"(not {a})")
        if kind == 11:
            return self.call(depth - 1)
        if kind == 12:
            return self.consumed(a, self.container(depth - 1))
        b = self.value(depth - 1)
        return self.pick("g0", "g1", f"(lambda q: q + {a})({b})", f"len(f'{{{self.name()}}}')")

    def consumed(self, value: str, container: str) -> str:
        """A builtin that takes all items of a generator, or a comprehension."""
        x = self.new_name("x")
        item = self.pick(
            f"{x} * {self.pick('1', '2', '0.5')}", f"{x} + {value}", x, f"small({x})", f"(note({x}), {x})[1]"
        )
        items = f"{item} for {x} in {container}{self.pick('', f' if {x} != {value}')}"
        return self.pick(
            f"sum({items})",
            f"any({x} > {value} for {x} in {container})",
            f"all({x} != {value} for {x} in {container})",
            f"max(({items}), default=1)",
            f"(lambda q: max(q + {x} for {x} in (1, 2, {value})))({value})",
            f"len(list({items}))",
            f"tuple({items})[:1].count({value})",
            f"len({{{items}}})",
            f"sum([{items}])",
            f"len('.'.join(str({x}) for {x} in {container}))",
            f"next(({items}), {value})",
            f"max([*{container}, {value}], key=lambda {x}: {item})",
            f"min((({item}) for {x} in [*{container}, 1]), key=lambda {x}: {item})",
            f"sorted([*{container}, {value}], key=lambda {x}: {item})[0]",
            f"sorted([{value}, *{container}], key=lambda {x}: {item}, reverse=True)[0]",
            f"sum([{x} for {x} in map(lambda {x}: {item}, {container})])",
            f"len([{x} for {x} in filter(lambda {x}: {item}, {container})])",
        )

    def operated(self, value: str) -> str:
        """Operators of objects whose methods are functions of the program."""
        left, right = self.object(0), self.object(0)
        other = self.pick(value, right, left)
        result = self.pick(
            f"({left} + {other})",
            f"({left} - {other})",
            f"({value} - {right})",
            f"({left} * {value})",
            f"(-{left})",
            f"({left} if {right} else {other})",
        )
        return self.pick(
            f"getattr({result}, 'value', 0)",
            f"(1 if {left} {self.random.choice(COMPARE)} {right} else 0)",
            f"({left} {self.random.choice(COMPARE)} {right})",
            f"(3 if {left} else 4)",
            f"({value} in Slots({value}, 2))",
            f"(len({left}) if isinstance({left}, Box) else {left}({value}, 1))",
            f"(Sub({value})({value}) + Box({value})[{self.pick('0', '1')}])",
        )

    def found(self, value: str) -> str:
        """What is asked of any object: attributes by name, its class, a key."""
        thing = self.pick(self.object(0), self.name(), self.container(0))
        attribute = self.pick("value", "other", "total", "real", "missing", "double", "__class__")
        classes = self.pick("Box", "(int, str)", "(Slots, (Box, list))", "object", f"type({value})")
        return self.pick(
            f"(getattr({thing}, {attribute!r}, {value}) or 1)",
            f"hasattr({thing}, {attribute!r})",
            f"(type({thing}) is {self.pick('int', 'float', 'Box', 'list')})",
            f"callable({thing})",
            f"isinstance({thing}, {classes})",
            f"len({thing}.__class__.__name__)",
            f"({thing} is {self.pick('None', self.name(), thing)})",
        )

    def of_text(self, value: str) -> str:
        """A number that is made of a string."""
        text = self.pick("'ab,c'", "' Xy '", "''", f"str({value})", "'\u20ac'")
        return self.pick(
            f"{text}.find('b')",
            f"len({text}.split(','))",
            f"{text}.strip().startswith(('a', 'X'))",
            f"({text}.lower() == 'xy')",
            f"ord(({text} + 'q')[0])",
            f"len({text}.replace('b', {text}))",
            f"len(','.join([{text}, 'k']))",
            f"('b' in {text})",
            f"{text}.isdigit()",
            f"(({text} + 'z')[{self.pick('0', '-1')}] in ('a', 'z'))",
        )

    def index(self) -> str:
        return self.value(0) if self.chance(1) else self.pick("0", "1", "2", f"int({self.name()}) % 3")

    def call(self, depth: int) -> str:
        if not self.functions:
            return f"max({self.value(depth)}, {self.value(depth)})"
        function = self.random.choice(self.functions)
        a, b = self.value(depth), self.value(depth)
        first, second = function.parameters[0], function.parameters[1].partition("=")[0]
        if function.generator:
            return self.pick(f"sum({function.name}({a}, {b}))", f"next({function.name}({a}, {b}), 5)")
        form = self.random.randrange(6)
        if form == 0:
            return f"{function.name}({first}={a}, {second}={b})"
        if form == 1:
            return f"{function.name}(*({a}, {b}))"
        if form == 2:
            return f"{function.name}({a}, **{{'{second}': {b}}})"
        return f"{function.name}({a}, {b})"

    def container(self, depth: int) -> str:
        kind = self.random.randrange(6)
        if kind == 0:
            return f"[{self.value(depth)}, {self.value(depth)}, {self.name()}]"
        if kind == 1:
            x = self.new_name("x")
            return f"[{x} + {self.value(0)} for {x} in {self.random.choice(CONTAINERS)}]"
        if kind < 4 and self.pools["container"]:
            return self.name("container")
        return self.random.choice(CONTAINERS)

    def object(self, depth: int) -> str:
        if self.pools["object"] and self.chance(75):
            return self.name("object")
        return f"{self.random.choice(OBJECTS)}({self.value(depth)})"

    def condition(self, depth: int = 1) -> str:
        kind = self.random.randrange(7)
        if kind == 0:
            return f"isinstance({self.name()}, {self.pick('int', 'float', 'Box', 'str', '(list, tuple)')})"
        if kind == 1:
            return f"{self.value(depth)} in {self.container(depth)}"
        if kind == 2:
            return f"{self.condition(0)} {self.pick('and', 'or')} not {self.name()}"
        return f"{self.value(depth)} {self.random.choice(COMPARE)} {self.value(depth)}"

    # Statements

    def body(self, depth: int, loop: bool, longest: int = 4) -> list[Statement]:
        kept = self.saved()
        out = [self.statement(depth, loop) for _ in range(self.random.randint(1, longest))]
        self.pools = kept
        return out

    def assignment(self) -> Statement:
        kind = self.random.randrange(14)
        if kind == 12:
            return self.change()
        if kind == 13:
            return self.class_variable()
        if kind < 2:
            value = self.container(1) if self.chance(5) else f"[*{self.container(1)}, {self.value(1)}, 4]"
            return Statement(f"{self.bind('container', self.new_name('c'))} = {value}")
        if kind == 2:
            value = f"{self.random.choice(OBJECTS)}({self.value()})"
            return Statement(f"{self.bind('object', self.new_name('o'))} = {value}")
        if kind == 3 and self.pools["object"]:
            return Statement(f"{self.name('object')}.{self.pick('value', 'other')} = small({self.value()})")
        if kind == 4 and self.pools["object"]:
            return Statement(f"{self.name('object')}.add({self.value(1)})")
        if kind == 5 and self.pools["container"]:
            return Statement(f"{self.name('container')}[{self.index()}] = small({self.value(1)})")
        if kind == 6:
            value, other = self.value(1), self.value(1)
            return Statement(f"{self.name()}, {self.name()} = small({value}), {other}")
        if kind == 7:
            return Statement(f"{self.name()} {self.pick('+', '-', '*', '+', '-')}= {self.value()}")
        value = f"small({self.value()})"
        target = self.name() if self.chance(60) else self.bind("number", self.new_name("v"))
        return Statement(f"{target} = {value}")

    def change(self) -> Statement:
        """A dict, a set or a list that grows and shrinks."""
        name, value = self.name(), self.value(1)
        key = self.pick(f"small({value})", f"({value}, {self.pick('1', repr('k'))})", "'k'", "None", "Box")
        return Statement(
            self.pick(
                f"kept[{key}] = small({value})",
                f"{name} = kept.get({key}, {name})",
                f"{name} = {key} in kept",
                f"members.add({key})",
                f"{name} = len(members)",
                f"stack.append(small({value}))",
                f"{name} = stack.pop() if stack else small({value})",
            )
        )

    def class_variable(self) -> Statement:
        """Attributes of a class, which change often; seldom they become something else."""
        name, value, owner = self.name(), self.value(1), self.pick("Shared", "Shared", "Below")
        if self.rarely():
            return Statement(
                self.pick(
                    "Shared.count = property(lambda self: 3)",
                    "Below.count = lambda *args: 4",
                    "if 'count' in vars(Below): del Below.count",
                    "Shared.rate = Slots(1)",
                    "Shared.count = 0",
                )
            )
        return Statement(
            self.pick(
                f"{owner}.count += 1",
                f"{owner}.count = small({value})",
                f"{owner}.last = {self.object(0)}",
                f"{owner}.rate = small({owner}.rate * {self.pick('0.5', '1.5')})",
                f"{name} = small({owner}.count)",
                f"{name} = {owner}.step({value})",
                f"note({owner}({value}).read())",
                f"{name} = {owner}({name}).count",
                f"note(repr({owner}.last))",
            )
        )

    def statement(self, depth: int, loop: bool) -> Statement:
        kind = self.random.randrange(16)
        if depth <= 0 or kind < 6:
            return self.assignment()
        if kind == 6 and loop:
            return Statement(
                clauses=[(f"if {self.condition()}:", [Statement(self.pick("break", "continue"))])]
            )
        if kind <= 8:
            clauses = [(f"if {self.condition()}:", self.body(depth - 1, loop))]
            if self.chance(30):
                clauses.append((f"elif {self.condition()}:", self.body(depth - 1, loop)))
            if self.chance(50):
                clauses.append(("else:", self.body(depth - 1, loop)))
            return Statement(clauses=clauses)
        if kind <= 10:
            return self.for_loop(depth)
        if kind == 11:
            counter = self.new_name("n")
            body = [Statement(f"{counter} -= 1"), *self.body(depth - 1, True)]
            return Statement(
                clauses=[(f"for {counter} in [{self.pick('3', '5', '9')}]:", [
                    Statement(clauses=[(f"while {counter} > 0:", body)])
                ])]
            )  # fmt: skip
        if kind == 12:
            return self.try_statement(depth, loop)
        if kind == 13:
            header = f"with Guard({self.pick('True', 'False')}):"
            return Statement(clauses=[(header, self.body(depth - 1, loop))])
        if kind == 14 and self.in_generator:
            return Statement(f"yield small({self.value()})")
        if kind == 14:
            line = f"return small({self.value()})" if self.chance(80) else f"raise KeyError({self.value(0)})"
            return Statement(clauses=[(f"if {self.condition()}:", [Statement(line)])])
        return self.odd_statement()

    def for_loop(self, depth: int) -> Statement:
        name = self.new_name("i")
        source = self.pick(
            f"range({self.pick('2', '5', '12', '30')})",
            f"range({self.pick('9, 0, -2', '1, 8, 3')})",
            "(1, 2.5, 3)",
            f"{self.container(1)}",
        )
        generators = [function for function in self.functions if function.generator]
        if generators and self.chance(30):
            source = f"{self.random.choice(generators).name}({self.value(0)}, {self.value(0)})"
        kept = self.saved()
        self.bind("number", name)
        header = f"for {name} in {source}:"
        if self.chance(15):
            header = f"for {self.new_name('k')}, {name} in enumerate({source}):"
        clauses = [(header, self.body(depth - 1, True))]
        self.pools = kept
        if self.chance(15):
            clauses.append(("else:", self.body(depth - 1, False, 2)))
        return Statement(clauses=clauses)

    def try_statement(self, depth: int, loop: bool) -> Statement:
        kinds = self.pick("Exception", "(TypeError, ValueError)", "ZeroDivisionError", "LookupError")
        error = self.new_name("e")
        handler = [Statement(f"note({error}.__class__.__name__, str({error}))")]
        handler += self.body(depth - 1, loop, 2)
        clauses = [("try:", self.body(depth - 1, loop)), (f"except {kinds} as {error}:", handler)]
        if self.chance(30):
            clauses.append(("else:", self.body(depth - 1, loop, 2)))
        if self.chance(40):
            clauses.append(("finally:", self.body(0, False, 2)))
        return Statement(clauses=clauses)

    def odd_statement(self) -> Statement:
        """Things that look at frames, change globals and classes, or make closures."""
        name = self.name()
        value = self.value(1)
        kind = self.random.randrange(9)
        if kind == 0:
            return Statement(f"globals()['g0'] = small({value})")
        if kind == 1:
            return Statement(f"globals()['g1'] = {self.pick('0.5', '2', 'small(g1 + 1)', '3', '1.5')}")
        if kind == 2:
            return Statement(f"note(sorted(locals())[:3], sys._getframe().f_lineno, {name!r})")
        if kind == 3:
            return Statement(f"{name} = (lambda: {name})()")
        if kind == 4:
            return Statement(f"{name} = [small({value})][{self.pick('0', '-1')}]")
        if kind == 5:
            rest = self.bind("container", self.new_name("r"))
            return Statement(f"{name}, *{rest} = {self.pick('[1, 2, 3, 4]', '(2.5, 1, 4, 0)')}")
        if kind == 6:
            return Statement(f"{name} = {{{value}: 1, 1: {value}}}.get({self.value(0)}, {name})")
        if kind == 7:
            return Statement(f"Box.total += {self.pick('1', '0.5')}")
        return Statement(f"del {name}" if self.chance(15) else f"{name} = {value} and {name}")

    def function(self, generator: bool) -> Function:
        a, b = self.new_name("a"), self.new_name("b")
        self.pools = {"number": [a, b], "container": [], "object": []}
        self.in_generator = generator
        body = self.body(3, False, 6)
        if not generator:
            body.append(Statement(f"return small({a})"))
        parameters = [a, f"{b}={self.random.choice(NUMBERS[:8])}" if self.chance(40) else b]
        calls = self.random.choice([40, 150, 400])
        return Function(self.new_name("gen" if generator else "f"), parameters, body, calls, generator)

    def program(self) -> Program:
        for _ in range(self.random.randint(2, 5)):
            self.functions.append(self.function(self.chance(25)))
        if all(function.generator for function in self.functions):
            self.functions.append(self.function(False))
        family = ANY if self.chance(25) else self.random.choice(FAMILIES)
        arguments = self.random.sample(family, self.random.randint(1, 5))
        return Program(self.seed, self.functions, arguments)


def make(seed: int) -> Program:
    return Maker(seed).program()
