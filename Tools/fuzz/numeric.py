"""Makes random programs of loops on numbers: what the JIT keeps in registers.

Lists and tuples of numbers are indexed, changed, iterated and unpacked.  Locals are ints, floats, bools and
now and then something else, and so are attributes of objects of which two may be one; loops are over ranges
or sequences or count; values leave through calls, containers, exceptions and frames, and locals are asked
whether they are one object.  Every function runs some thousand iterations, so its loops become traces, and
the kinds of the arguments change between calls.

In a debug build a program also counts references: after the functions have run often, running them again must
not leave more of them than before.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from Tools.fuzz.programs import Function, Program, Statement

PRELUDE = """\
import gc
import math
import sys
from array import array
from math import sqrt

seen = []


def small(value):
    if isinstance(value, (str, tuple)):
        return value[:8]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    if isinstance(value, int):
        return value if -(2**66) < value < 2**66 else value % 1000003
    return value if -1e12 < value < 1e12 else 0.5


def look(value):
    if len(seen) < 300:
        seen.append(repr(value))
    return value


def upto(n, step=1):
    i = 0
    while i < n:
        yield i
        i += step


def halves(n, x):
    for i in range(n):
        x = small(x * 0.5 + i)
        if i & 1:
            yield x
        yield i - x


def delegated(n, x):
    yield from upto(n)
    yield from halves(n // 2, x)


async def added(a, b):
    return small(a + b)


async def added_twice(a, b):
    try:
        return small(await added(a, b) + await added(b, 1))
    except TypeError:
        return await added(1, 0.5)


def awaited(a, b):
    try:
        added_twice(a, b).send(None)
    except StopIteration as stop:
        return stop.value


def talk(n):
    x = 1
    for i in range(n):
        x = small(x + (yield i))
    return x


def taken(n, x):
    talker = talk(n)
    x += next(talker)
    while True:
        try:
            x = small(x - talker.send(x))
        except StopIteration as stop:
            return x + stop.value


def locals_of_caller():
    return sorted(repr(item) for item in sys._getframe(1).f_locals.items() if item[0] != "box")


class Box:
    def __init__(self):
        self.count = 0
        self.scale = 0.5

    def up(self, k):
        self.count = (self.count + 1) % 1000
        return k + self.count

    def named(self, a, *, k=1):
        self.note = k
        return a - self.note

    def passed(self, *rest):
        return self.mixed(*rest)

    def mixed(self, a, b=1):
        if a < b:
            return a * self.scale
        return self.up(b) - self.scale


class Point:
    def __init__(self, x, y):
        self.x, self.y, self.near = x, y, self

    def __repr__(self):
        return f"<{self.x} {self.y}>"


class Slotted:
    __slots__ = ("near", "x", "y")
    __init__ = Point.__init__
    __repr__ = Point.__repr__


class Vector:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __repr__(self):
        return f"({self.x} {self.y})"

    def plus(self, other):
        return type(self)(self.x + other.x, self.y + other.y)

    def __add__(self, other):
        return Vector(self.x + other.x, other.y)

    def both(self):
        return self.y, self.x


class Slim(Vector):
    __slots__ = ()


class Line:
    __slots__ = ("a", "b")

    def __init__(self, a, b):
        self.a = a
        self.b = b


box = Box()
bound = box.up
"""

POSTLUDE = """

def run_all():
    results = []
    for function in FUNCTIONS:
        for arguments in ARGUMENTS:
            try:
                results.append(repr(function(*arguments)))
            except Exception as error:
                step = error.__traceback__.tb_next
                results.append((type(error).__name__, str(error), step and step.tb_lineno))
    return results


def leaks():
    count = getattr(sys, "gettotalrefcount", None)
    if count is None:
        return False
    for attempt in range(6):
        gc.collect()
        before = count()
        for turn in range(3):
            run_all()
        gc.collect()
        if count() - before < 60:
            return False
    return True


for turn in range(ROUNDS):
    print(*run_all(), sep="\\n")
print(*seen, sep="\\n")
print("leaks:", leaks())
"""

INTS = ["0", "1", "2", "3", "-1", "-7", "13", "255", "2**30", "-(2**31)", "2**59", "2**62", "2**63 - 1"]
FLOATS = ["0.0", "-0.0", "0.5", "1.5", "-2.25", "1e300", "float('inf')", "float('nan')", "3.0"]
HELPERS = 3
OTHERS = ["True", "False", "None", "'text'", "(1, 2)", "2**70"]

# What may make numbers larger and larger: products and shifts, also those in functions.
GROWS = re.compile(r"\*|<<|\bg\d+\(|\bbox\b|\bbound\b")


@dataclass
class NumericProgram(Program):
    helpers: list[Function] = field(default_factory=list)

    def text(self) -> str:
        """The program's source.  Every run of it prints the same lines."""
        parts = [f"# seed {self.seed}, numeric", PRELUDE]
        for function in [*self.helpers, *self.functions]:
            parts += ["", *function.text()]
        parts += ["", f"FUNCTIONS = [{', '.join(f.name for f in self.functions)}]"]
        parts += [f"ARGUMENTS = [{', '.join(self.arguments)}]", f"ROUNDS = {self.rounds}", POSTLUDE]
        return "\n".join(parts)


class Maker:
    """Draws one program; every choice comes from `self.random`."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.names = ["a", "b", "x", "y", "s", "t"]
        self.fresh = 0
        self.known = 0  # helper functions made so far

    def pick(self, *items: str) -> str:
        return self.random.choice(items)

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def name(self) -> str:
        return self.random.choice(self.names)

    def constant(self) -> str:
        if self.chance(1):
            return self.random.choice(OTHERS)
        return self.random.choice(INTS[:8] if self.chance(80) else INTS if self.chance(50) else FLOATS)

    def value(self, depth: int = 2) -> str:
        if depth <= 0 or self.chance(20):
            return self.name() if self.chance(75) else self.constant()
        a, b = self.value(depth - 1), self.value(depth - 1)
        kind = self.random.randrange(22)
        if kind > 19:
            return self.item(depth)
        if kind > 17:
            return self.call(a, b)
        if kind == 16:
            return f"({self.truth(depth - 1)})"
        if kind == 17:
            power = self.pick("2", "3", "0.5", "-1", "1.5", "0", "x", "7.0")
            return f"small(small({a}) ** {power})" if power != "x" else f"small(({a}) ** ({b} and 5))"
        if kind < 9:
            return f"({a} {self.pick('+', '-', '*')} {b})"
        if kind < 11:
            divisor = b if self.chance(10) else self.pick("3", "7", "-5", "2.5")
            return f"({a} {self.pick('//', '%', '/')} {divisor})"
        if kind < 13:
            return f"(int({a}) {self.pick('&', '|', '^')} {self.pick('255', '1023', '-1', '7')})"
        if kind == 13:
            return (
                f"({a} {self.pick('<<', '>>')} {self.pick('1', '3', '70', 'x', '62')})"
                if self.chance(15)
                else f"(-{a})"
            )
        if kind == 14:
            return f"({a} if {self.condition(0)} else {b})"
        if self.chance(60):
            return self.call(a, b)
        if self.chance(25):
            return self.consumed(a, b)
        if self.chance(25):
            function = self.pick(
                "sqrt", "math.sin", "math.exp", "math.fabs", "math.log", "math.floor", "math.cos", "math.tanh"
            )
            return f"{function}(min(abs({a}) + 0.5, 300))"
        return f"{self.pick('small', 'abs', 'float', 'look', '(lambda v: v)')}({a})"

    def consumed(self, a: str, b: str) -> str:
        """A builtin that takes all items of a generator, or a comprehension."""
        self.fresh += 1
        k = f"k{self.fresh}"
        source = self.pick(f"({a}, {b}, {self.constant()})", "(x, y)", "l", "p", "m")
        item = self.pick(k, f"{k} * 2", f"{k} + {a}", f"small({k})", f"{k} * 0.5")
        where = self.pick("", f" if {k} != {b}")
        items = f"{item} for {k} in {source}{where}"
        comparison = f"{item} {self.pick('<', '>', '==')} {b} for {k} in {source}"
        return self.pick(
            f"sum({items})",
            f"max(({items}), default=0)",
            f"max({item} for {k} in {source})",
            f"min({item} for {k} in {source})",
            f"any({comparison})",
            f"all({comparison})",
            f"len(tuple({items}))",
            f"len(set({items}))",
            f"list({items}).count({a})",
            f"sum([{items}])",
            f"len(','.join(str({k}) for {k} in {source}))",
            f"awaited({a}, {b})",
            f"taken({self.random.randrange(1, 5)}, {self.constant()})",
        )

    def call(self, a: str, b: str) -> str:
        """A call of one of the program's own small functions, however it takes its arguments."""
        form = self.random.randrange(8)
        number = self.random.randrange(self.known or 1)
        if form == 0 or self.known == 0:
            return f"box.up({a})"
        if form > 5:
            return self.special_call(number, a, b)
        if form == 1:
            return f"box.mixed({a}, {b})"
        if form == 2:
            return f"g{number}({a})"
        if form == 3:
            return f"bound({a})"
        return f"g{number}({a}, {b})"

    def special_call(self, number: int, a: str, b: str) -> str:
        """With keywords, a tuple of arguments, or of a builtin that runs no code of users."""
        attribute, key = self.pick("up", "mixed", "none"), self.pick("'k'", "'n'", a)
        return self.pick(
            f"g{number}({a}, b={b})",
            f"g{number}(b={b}, a={a})",
            f"g{number}(*({a}, {b}))",
            f"box.named({a}, k={b})",
            f"box.named({a})",
            f"box.passed({a}, {b})",
            f"getattr(box, '{attribute}', bound)({a})",
            f"{{{key}: {a}}}.get('k', {b})",
            f"[*({a}, {b})].pop()",
            f"len(str(small({a})))",
            f"isinstance({a}, (int, str))",
            f"list(reversed(({a}, {b})))[0]",
            f"hash(small({a})) % 1001",
        )

    def helper(self, number: int) -> Function:
        """A small function without loops; it may call the ones before it."""
        start = [Statement(f"{name} = {self.constant()}") for name in ("x", "y")]
        start += self.sequences("a", "b", "x", "y")
        names, self.names = self.names, ["a", "b", "x", "y"]
        body = [self.statement(1, False) for _ in range(self.random.randint(0, 3))]
        end = Statement(f"return small({self.value(1)})" if self.chance(50) else f"return {self.value(1)}")
        self.names = names
        return Function(f"g{number}", ["a", f"b={self.constant()}"], [*start, *body, end], 1)

    def index(self) -> str:
        """Of a list or tuple; now and then there is no such item."""
        name = self.random.choice(self.names)
        plain = f"{self.pick('0', '1', '2', '3')}"
        return self.pick(plain, plain, f"int({name}) & 3", "-1", f"{name} if {name} in (0, 1, 2) else 3", "5")

    def item(self, depth: int) -> str:
        kind = self.random.randrange(11)
        if kind > 7:
            return self.attribute()
        if kind == 0:
            return f"p[{self.index()}]"
        if kind == 1:
            return f"rows[{self.pick('0', '1')}][{self.pick('0', '1', '-1')}]"
        if kind == 2:
            return "len(l)" if self.chance(30) else f"{self.pick('d', 'w')}[{self.index()}]"
        return f"{self.pick('l', 'm')}[{self.index()}]"

    def attribute(self) -> str:
        """One of a number, in one of three objects, of which two may be one."""
        return f"{self.pick('o', 'q', 'r')}{self.pick('', '', '', '.near')}.{self.pick('x', 'y')}"

    def attribute_statement(self) -> Statement:
        kind = self.random.randrange(10)
        new = self.value(1)
        if GROWS.search(new):
            new = f"small({new})"
        if kind < 5:
            return Statement(f"{self.attribute()} {self.pick('', '', '+', '-')}= {new}")
        if kind == 5:
            return Statement(f"{self.name()} = {self.attribute()} = {new}")
        if kind == 6:
            return Statement(self.pick("o, q = q, o", "o, q, r = q, r, o", "o = q", "q = r", "r = r.near"))
        if kind == 7:
            return Statement(f"{self.pick('o', 'q', 'r')}.near = {self.pick('o', 'q', 'r')}")
        return Statement(
            f"look(({self.attribute()} is {self.attribute()}, {self.attribute()} is {self.name()}))"
        )

    def vector_statement(self) -> Statement:
        """Small objects that are made all the time, and may never be seen."""
        kind = self.random.randrange(10)
        one, other, new = self.pick("u", "v"), self.pick("u", "v"), self.value(1)
        if GROWS.search(new):
            new = f"small({new})"
        if kind < 2:
            return Statement(f"{one} = {self.pick('Vector', 'Vector', 'Slim')}({new}, {self.name()})")
        if kind == 2:
            return Statement(f"{one} = {self.pick('u.plus(v)', 'v.plus(u)', 'v + u', 'u', 'v')}")
        if kind == 3:
            return Statement(f"{one}.{self.pick('x', 'y')} {self.pick('', '+', '-')}= {new}")
        if kind == 4:
            return Statement(f"{self.name()}, {self.name()} = {one}.both()")
        if kind == 5:
            keep = Statement(f"l[0] = {one}.x; rows[1] = ({one}, {other})[0].both()")
            return Statement(clauses=[(f"if {self.condition(0)}:", [keep])])
        if kind == 6:
            return Statement(f"look(({one}, {one}.x is {self.name()}, {one} is {other}, u.x is v.y))")
        if kind == 7:
            return Statement(
                f"{self.name()} = Line({one}, Vector({new}, 1)).{self.pick('a', 'b')}.{self.pick('x', 'y')}"
            )
        if kind == 8:
            return Statement(f"u, v = v, {self.pick('u', 'Vector(u.x, v.x)', 'v.plus(v)')}")
        return Statement(f"{self.name()} = Vector({self.name()}, {new}).plus({one}).{self.pick('x', 'y')}")

    def sequences(self, *names: str) -> list[Statement]:
        """Makes the objects, lists and tuples of a function."""
        numbers = [", ".join(self.constant() for _ in range(4)) for _ in range(3)]
        rows = f"[[{names[0]}, {names[1]}], [{names[2]}, {names[3]}]], ({names[0]}, {names[3]})"
        return [
            Statement(f"l, m, p = [{numbers[0]}], [{numbers[1]}], ({numbers[2]})"),
            Statement(f"rows, pair = {rows}"),
            Statement(
                "d, w = array('d', [0.5, -1.0, 2.25, 3.0]), array("
                + self.pick("'i'", "'q'")
                + ", [1, -2, 3, 4])"
            ),
            Statement(
                f"o, q = {self.pick('Point', 'Slotted')}({names[0]}, {names[1]}), Slotted({names[2]}, 1)"
            ),
            Statement(f"r = {self.pick('o', 'q', 'Point(1, 0.5)', 'Slotted(0.5, 2)')}"),
            Statement(f"u, v = Vector({names[0]}, 0.5), Vector(1, {names[1]})"),
        ]

    def sequence_statement(self, depth: int) -> Statement:
        kind = self.random.randrange(9)
        lists = self.pick("l", "m")
        new = self.value(1)
        if GROWS.search(new):
            new = f"small({new})"
        if kind < 4:
            return Statement(f"{lists}[{self.index()}] {self.pick('', '', '+', '-')}= {new}")
        if kind == 4:
            return Statement(f"{lists}[0], {lists}[2] = {lists}[2], {new}")
        if kind == 5:
            return Statement(clauses=[(f"if len({lists}) < 9:", [Statement(f"{lists}.append({new})")])])
        if kind == 6:
            return Statement(
                f"{self.name()}, {self.name()} = {self.pick('pair', 'rows[0]', 'rows[1]', 'p[:2]')}"
            )
        if kind == 7:
            return Statement(f"rows[{self.pick('0', '1')}] = [{self.value(0)}, {self.value(0)}]")
        if self.chance(50):
            return Statement(f"d[{self.index()}] = w[{self.index()}] * {self.pick('0.5', '2')}")
        if self.chance(50):
            return Statement(
                f"w[{self.index()}] {self.pick('', '+', '-')}= {self.pick('1', 'len(l)', '2**30', '-7')}"
            )
        return Statement(f"pair = {self.value(0)}, {self.value(0)}")

    def truth(self, depth: int) -> str:
        """A bool that is not tested at once."""
        a, b = self.value(depth), self.value(depth)
        kind = self.random.randrange(4)
        if kind == 0:
            return f"not {a}"
        if kind == 1:
            return f"{self.name()} {self.pick('is', 'is not')} {self.pick('None', 'True', 'False')}"
        return f"{a} {self.pick('<', '<=', '==', '!=', '>', '>=')} {b}"

    def condition(self, depth: int = 1) -> str:
        kind = self.random.randrange(8)
        if kind == 0:
            return self.name()
        if kind == 1:
            return f"{self.value(0)} {self.pick('and', 'or')} {self.condition(0)}"
        if kind == 2:
            return f"{self.value(0)} < {self.value(0)} <= {self.value(0)}"
        if kind == 3:
            return f"{self.name()} is {self.pick('None', 'not None')}"
        return f"{self.value(depth)} {self.pick('<', '<=', '==', '!=', '>', '>=')} {self.value(depth)}"

    def sameness(self) -> str:
        """Which locals are one object; not-a-number shows in `in` too."""
        one, other = self.name(), self.name()
        return f"({one} is {other}, {one} in [{other}], {self.name()} is {self.name()})"

    def body(self, depth: int, loop: bool) -> list[Statement]:
        return [self.statement(depth, loop) for _ in range(self.random.randint(1, 5))]

    def statement(self, depth: int, loop: bool) -> Statement:
        kind = self.random.randrange(32)
        if kind > 27:
            return self.vector_statement()
        if kind > 23:
            return self.attribute_statement()
        if kind > 19:
            return self.sequence_statement(depth)
        if kind < 9 or depth <= 0:
            return Statement(f"{self.name()} {self.pick('', '', '+', '-', '*')}= {self.value()}")
        if kind == 9:
            return Statement(f"{self.name()}, {self.name()} = {self.value(1)}, {self.value(1)}")
        if kind == 10:
            return Statement(f"{self.name()} = {self.name()}")
        if kind == 11:
            name = self.name()
            return Statement(f"{name} = small({name})")
        if kind == 12 and loop:
            return Statement(
                clauses=[(f"if {self.condition()}:", [Statement(self.pick("break", "continue"))])]
            )
        if kind == 13:
            return Statement("look(locals_of_caller())" if self.chance(50) else f"look({self.sameness()})")
        if kind < 17:
            clauses = [(f"if {self.condition()}:", self.body(depth - 1, loop))]
            if self.chance(50):
                clauses.append(("else:", self.body(depth - 1, loop)))
            return Statement(clauses=clauses)
        if kind == 17:
            handler = [Statement(f"{self.name()} = {self.constant()}")]
            clauses = [("try:", self.body(depth - 1, loop)), ("except ArithmeticError:", handler)]
            return Statement(clauses=clauses)
        return self.loop(depth, self.pick("4", "9"))

    def loop(self, depth: int, turns: str) -> Statement:
        self.fresh += 1
        counter = f"i{self.fresh}"
        ranges = self.chance(70)
        if ranges:
            self.names.append(counter)
        body = self.body(depth - 1, True)
        if ranges:
            self.names.remove(counter)
        # A product of numbers that were never made smaller takes for ever.
        grows = any(GROWS.search(line) for statement in body for line in statement.text(0))
        if grows or self.chance(50):
            body.append(Statement("o.x, o.y, q.x, q.y = small(o.x), small(o.y), small(q.x), small(q.y)"))
        body.append(Statement("u, v = Vector(small(u.x), small(u.y)), Vector(small(v.x), small(v.y))"))
        tame = [Statement(f"{name} = small({name})") for name in self.names if grows or self.chance(50)]
        if ranges:
            return Statement(clauses=[(f"for {counter} in {self.iterated(turns)}:", [*body, *tame])])
        body = [Statement(f"{counter} -= 1"), *body, *tame]
        start = Statement(f"{counter} = {turns}")
        return Statement(
            clauses=[("if True:", [start, Statement(clauses=[(f"while {counter} > 0:", body)])])]
        )

    def iterated(self, turns: str) -> str:
        if self.chance(75):
            return f"range({turns})"
        times = 1 + int(turns) // 6
        if self.chance(50):
            return self.pick(
                f"upto({turns})",
                f"upto({turns}, 2)",
                f"halves({turns}, {self.constant()})",
                f"delegated({turns}, {self.constant()})",
                f"(small(v * 2 - w) for v, w in zip(halves({turns}, 0.5), upto({turns})))",
            )
        return self.pick(
            f"m[{self.pick('', '1', '-3')}:{self.index()}]",
            f"m[:6] * {times}",
            f"tuple(m[:6]) * {times}",
            f"[w + 1 for v, w in (pair, pair)] * {times}",
        )

    def function(self, number: int) -> Function:
        start = [Statement(f"{name} = {self.constant()}") for name in ("x", "y", "s", "t")]
        start += self.sequences("x", "y", "s", "t")
        main = self.loop(3, self.pick("60", "100", "200"))
        tame = "[[small(v) for v in row] for row in (l, m, p, *rows, pair, (o.x, o.y, q.x, q.y, r.x, r.y))]"
        end = [Statement(f"return a, b, x, y, s, t, {tame}")]
        return Function(f"f{number}", ["a", "b"], [*start, main, *end], 1)

    def program(self) -> NumericProgram:
        helpers: list[Function] = []
        for number in range(HELPERS):
            helpers.append(self.helper(number))
            self.known += 1
        functions = [self.function(number) for number in range(self.random.randint(1, 3))]
        kinds = [INTS[:7], INTS, FLOATS, INTS + FLOATS, INTS + FLOATS + OTHERS]
        kind = self.random.choice(kinds)
        arguments = [f"({self.random.choice(kind)}, {self.random.choice(kind)})" for _ in range(3)]
        return NumericProgram(self.seed, functions, arguments, helpers=helpers)


def make(seed: int) -> NumericProgram:
    return Maker(seed).program()
