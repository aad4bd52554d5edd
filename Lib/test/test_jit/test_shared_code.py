"""Functions that share a code object, and so their version, but not all else: defaults, closures, globals, builtins.

Without column numbers the compiler makes one code object of functions that look the same.
"""

import sys
import unittest

from test.test_jit.test_typed import run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

# A loop calls one function after the other; the traces were recorded with the first one.
PROGRAM = """
import sys

LOOP = '''
def loop(functions, x=5, y=7):
    t, seen = 0, []
    for turn in range(4):
        for i in range(600):
            g = functions[i >= 400]
            try:
                t += CALL
            except TypeError as error:
                t += 1
                if str(error) not in seen:
                    seen.append(str(error))
        functions.reverse()
    return t, seen
'''

def variant(call):
    namespace = {}
    exec(LOOP.replace("CALL", call), namespace)
    return namespace["loop"]

none, one, two = variant("g()"), variant("g(x)"), variant("g(x, y)")

# Both lambdas on one line are one code object.
def lambdas():
    return [(lambda x=1: x), (lambda x: x)]
def last_defaults():
    return [(lambda x=2, y=3: x * y), (lambda x, y=4: x * y)]
def keywords():
    return [(lambda x=1, *, y=2: x + y), (lambda x=1, *, y: x + y)]
def longer():
    return [(lambda x, y=4: x * y), (lambda x=2, y=3: x * y)]

for make in (lambdas, last_defaults, keywords, longer):
    a, b = make()
    assert a.__code__ is b.__code__, make
    for loop in (none, one, two):
        print(make.__name__, *loop([a, b]), *loop([b, a]))

# Methods, found by the class and by instances.
def classes():
    class A: m = (lambda self, x=1: x); n = (lambda self, x: x); assert m.__code__ is n.__code__
    return A
A = classes()
class B(A):
    m = A.n
for loop in (variant("g.m()"), variant("g.m(x)"), variant("A.m(g)")):
    loop.__globals__["A"] = A
    print("methods", *loop([A(), B()]), *loop([B(), A()]), *loop([A, B]))
print("bound", *none([A().m, A().n]), *one([A().m, A().n]))

# One def that ran twice: closures and defaults of its own each time.
def closures(k):
    def inner(x=k):
        return x + k
    return inner
print("closures", *none([closures(3), closures(1000)]), *one([closures(3), closures(1000)]))

# One code object in several namespaces, with builtins of their own.
code = compile("def f(x=3): return K + len('abc') + x", "f.py", "exec")
spaces = [{"K": 1}, {"K": 50}, {"K": 7, "__builtins__": {"len": lambda s: 100}}]
for space in spaces:
    exec(code, space)
functions = [space["f"] for space in spaces]
assert functions[0].__code__ is functions[1].__code__
print("namespaces", *none(functions[:2]), *none(functions[1:]), *one(functions[::2]), *none(functions[::-2]))

# Defaults that go, come and change while the loop is hot.
def changing(x=1):
    return x
t, seen = 0, set()
for i in range(3000):
    if i % 500 == 0:
        changing.__defaults__ = [None, (2,), (3,)][i // 500 % 3]
    try:
        t += changing()
    except TypeError as error:
        seen.add(str(error))
print("changing", t, seen)
"""


class SharedCodeTests(unittest.TestCase):
    maxDiff = 4000

    def check(self, **settings):
        expected = run(PROGRAM, PYTHON_JIT="0", PYTHONNODEBUGRANGES="1")
        with self.subTest(**settings):
            self.assertEqual(run(PROGRAM, PYTHONNODEBUGRANGES="1", **settings), expected)

    def test_functions_with_other_defaults(self):
        for backend in ("interpreter", "native"):
            self.check(PYTHON_JIT_BACKEND=backend)
            self.check(PYTHON_JIT_BACKEND=backend, PYTHON_JIT_EXIT_THRESHOLD="3")
        self.check(PYTHON_JIT_STRESS="1")


if __name__ == "__main__":
    unittest.main()
