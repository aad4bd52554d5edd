"""Typed traces where several types meet: each trace has the form of the types it was recorded with.

`PROGRAM` is run with each check of its traces made to fail in turn, and its results and the references it
leaves are compared with tier 1.
"""

import json
import unittest

from test.test_jit.exits import ForcedExits
from test.test_jit.test_typed import RUN_AND_COUNT, run

CLASSES = """
class Base:
    def __init__(self, k):
        self.k, self.t = k, 0
    def up(self, n):
        self.t += n
        return self.k

class First(Base):
    def up(self, n):
        return n

class Second(Base):
    def __init__(self, k):
        self.more = None
        super().__init__(k)
    def up(self, n):
        self.more = n
        return self.k - n

class Third:
    __slots__ = ("t", "k", "call")
    def __init__(self, k):
        self.k, self.t = k, 1
    def up(self, n):
        self.k = n + 1
        return self.t

class Fourth(Base):
    k = property(lambda self: 5, lambda self, value: None)

class Fifth(Base):
    def __getattr__(self, name):
        return len(name)

class Sixth(Base):
    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)

class Seventh(Base):
    def __init__(self, k):
        super().__init__(k)
        self.up = lambda n: n * 2

ALL = [First, Second, Base, Third, Fourth, Fifth, Sixth, Seventh]
"""

PROGRAM = (
    """
import gc, sys
"""
    + CLASSES
    + """
def types_in_turn(n):
    out = []
    for count in range(1, 9):
        things = [cls(3) for cls in ALL[:count]] * 6
        t = 0
        for turn in range(n // 8):
            for thing in things:
                thing.t = t & 7
                t += thing.k + thing.up(turn)
        out.append((count, t, [(x.k, x.t) for x in things[:count]]))
    return out

def functions_in_turn(n):
    def one(x):
        return x + 1
    def two(x, y=2):
        return x * y
    def three(*args):
        return len(args)
    def four(x, *, k=7):
        return k - x
    calls = [one, two, three, four, Base(9).up, abs, int, First, one, two]
    out = []
    for i in range(n):
        value = calls[i % len(calls)](i)
        out.append(value if isinstance(value, int) else value.k)
    return out

def methods_change(n):
    class Here(Base):
        pass
    things = [Here(1), First(2), Here(3)]
    out = []
    for i in range(n):
        for thing in things:
            out.append(thing.up(i))
        if i == 90:
            things[0].up = abs
        if i == 120:
            Here.up = lambda self, n: -n
        if i == 150:
            First.missing = 1
            things[1].__class__ = Base
        if i == 180:
            things[2].__dict__["up"] = str
    return out, [thing.t for thing in things]

def errors(n):
    out = []
    things = [First(1), Third(2), 5, Second(3), None, Third(4)]
    for i in range(n):
        thing = things[i % 6]
        try:
            out.append(thing.k)
            thing.t = i
            out.append(thing.up(1, 2) if i % 12 == 1 else thing.up(1))
        except (AttributeError, TypeError) as error:
            out.append((type(error).__name__, error.__traceback__.tb_lineno))
        if i == 140:
            del things[1].k
        if i == 170:
            del things[0].k
    return out

FUNCTIONS = [types_in_turn, functions_in_turn, methods_change, errors]

def run():
    return [repr(f(240)) for f in FUNCTIONS]

"""
    + RUN_AND_COUNT
)

SHAPES = (
    CLASSES
    + """
def f(things, n):
    t = 0
    for i in range(n):
        for thing in things:
            thing.t = t & 7
            t += thing.k + thing.up(i)
    return t

import sys, json
for turn in range(4):
    f([First(1), Second(2), Base(3), Third(4)] * 5, 60)
print(json.dumps([text for text in sys._jit._ir_traces() if "<string>" in text]))
"""
)


class AdaptTests(ForcedExits, unittest.TestCase):
    program = PROGRAM

    def test_each_type_has_its_form(self):
        text = "\n".join(json.loads(run(SHAPES)))
        lowered = [line.split()[1] for line in text.splitlines() if line.strip().startswith("BYTECODE")]
        opaque = [line.split()[1] for line in text.splitlines() if line.strip().startswith("OPAQUE")]
        for name in "LOAD_ATTR_INSTANCE_VALUE", "LOAD_ATTR_SLOT", "STORE_ATTR_SLOT", "CALL_PY_EXACT_ARGS":
            self.assertIn(name, lowered)
        # Two types have forms of their own; the others share the generic one.
        self.assertIn("STORE_ATTR", lowered)
        for name in "LOAD_ATTR", "STORE_ATTR", "CALL":
            self.assertNotIn(name, opaque)

    def test_opaque(self):
        self.check(PYTHON_JIT_TYPED="0")
        self.check(PYTHON_JIT_TYPED="0", PYTHON_JIT_BACKEND="native")


if __name__ == "__main__":
    unittest.main()
