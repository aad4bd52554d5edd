"""A local that holds an object for some iterations and a number for the others.

The trace of such a loop is made from one iteration, and made again for the next one, in which the same
instruction may find a number in a register where it saw an object.  Every instruction that wants an object
has to ask.
"""

import sys
import unittest

from test.test_jit.test_typed import run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

# what the local holds, and what is done with it
USES = [
    ("function", "v(i)"),
    ("Point(0).method", "v(i)"),
    ("bound", "v(i)"),
    ("Empty", "v()"),
    ("Point", "v(i)"),
    ("Point(3)", "v.a"),
    ("Point(3)", "v.method(i)"),
    ("Point(3)", "v.getter"),
    ("Point(3)", "v[i]"),
    ("Point(3)", "v.constant"),
    ("Point(3)", "store(v, i)"),
    ("Child(1)", "v.method(i)"),
    ("math", "v.pi"),
    ("[1, 2, 3]", "v[1]"),
    ("[1, 2, 3]", "v[-1]"),
    ("[1, 2, 3]", "put(v, i)"),
    ("(1, 2, 3)", "v[1]"),
    ("(1, 2)", "unpack(v)"),
    ("(1, 2)", "{(1, 2): 3}[v]"),
    ("{1: 2}", "v[1]"),
    ("{1: 2}", "1 in v"),
    ("{1, 2}", "1 in v"),
    ("{1: 2}", "v.get(1)"),
    ("{1: 2}", "put(v, i)"),
    ("array.array('d', [1.0, 2.0])", "v[1]"),
    ("array.array('d', [1.0, 2.0])", "put(v, 2.5)"),
    ("[]", "v.append(i)"),
    ("[1, 2]", "[q for q in v]"),
    ("range(3)", "[q for q in v]"),
    ("numbers(0)", "first(v)"),
    ("[1, 2]", "v[0:1]"),
    ("None", "ITEMS[v:2]"),
    ("None", "ITEMS[:v]"),
    ("[1]", "len(v)"),
    ("Point(1)", "isinstance(v, Point)"),
    ("'ab'", "v == 'cd'"),
    ("'ab'", "v + 'cd'"),
    ("'ab'", "1 if v else 2"),
    ("'ab'", "f'{v}'"),
    ("None", "1 if v is None else 2"),
    ("None", "1 if v else 2"),
    ("[1]", "1 if v else 2"),
    ("True", "not v"),
    ("function", "(lambda: v)()"),
]

PRELUDE = """
import array, math
ITEMS = [1, 2, 3]
def function(i):
    return i
class Empty:
    pass
class Point:
    constant = (1,)
    def __init__(self, a):
        self.a = a
    def method(self, i):
        return i
    @property
    def getter(self):
        return self.a
    def __getitem__(self, i):
        return i
class Child(Point):
    def method(self, i):
        return super().method(i)
bound = Point(0).method
def store(o, i):
    o.a = i
def put(o, i):
    o[1] = i
def unpack(v):
    a, b = v
    return b
def numbers(i):
    while True:
        yield i
def first(generator):
    for x in generator:
        return x
"""

FUNCTION = """
def f{name}(n):
    v = {value}
    r, t = None, 0.5
    for i in range(n):
        if {when}:
            r = {use}
            v = {number}
        else:
            v = {value}
        t += 1.0
    return t, type(r).__name__
print({name}, f{name}(200))
"""


class RetypedTests(unittest.TestCase):
    maxDiff = 2000

    def test_an_object_becomes_a_number(self):
        program = PRELUDE
        name = 0
        for value, use in USES:
            for number in "i * 3", "t * 2.0":
                for when in "i & 1", "not i & 1", "i % 3 == 0", "i % 3 == 1", "i % 3 == 2":
                    name += 1
                    program += FUNCTION.format(name=name, value=value, use=use, number=number, when=when)
        expected = run(program, PYTHON_JIT="0")
        for settings in ({}, {"PYTHON_JIT_BACKEND": "native"}, {"PYTHON_JIT_EXIT_THRESHOLD": "5"}):
            with self.subTest(**settings):
                self.assertEqual(run(program, **settings), expected)


if __name__ == "__main__":
    unittest.main()
