"""A recursion goes as deep as with the JIT off, whatever calls what: not one level more or less."""

import sys
import unittest

from test.test_jit.test_typed import run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

# Each function recurses N levels.  A class counts twice for the limit where it is called by its specialized form, and once where it
# is called through C, as where a chunk of the data stack ends.  What calls itself with defaults only has no limit in tier 1 of this
# version, and is left out.
PROGRAM = """
import sys

class Node:
    def __init__(self, n):
        self.n = n
        if n > 0:
            self.next = Node(n - 1)
class One:
    def __init__(self, n):
        if n: self.other = Other(n - 1)
class Other:
    def __init__(self, n):
        if n: self.other = One(n - 1)
class Helped:
    def __init__(self, n):
        self.help(n)
    def help(self, n):
        if n > 1: self.next = Helped(n - 2)
class Base:
    def __init__(self, n):
        self.n = n
class Derived(Base):
    def __init__(self, n):
        super().__init__(n)
        if n: self.next = Derived(n - 1)
class Slotted:
    __slots__ = "next"
    def __init__(self, n):
        if n: self.next = Slotted(n - 1)
class Keyword:
    def __init__(self, *, n):
        if n: self.next = Keyword(n=n - 1)
def wide(n):
    for i in range(2):
        Base(i)
    return wide(n - 1) if n else 0
def function(n):
    return 1 + function(n - 1) if n else 0
def even(n):
    return odd(n - 1) if n else 0
def odd(n):
    return even(n - 1) if n else 1
class Called:
    def method(self, n):
        return 1 + self.method(n - 1) if n else 0
    def bound(self, n):
        again = self.bound
        return 1 + again(n - 1) if n else 0
    def __getitem__(self, n):
        return 1 + self[n - 1] if n else 0
    def __call__(self, n):
        return 1 + self(n - 1) if n else 0
    def __add__(self, n):
        return 1 + (self + (n - 1)) if n else 0
    @classmethod
    def of_class(cls, n):
        return 1 + cls.of_class(n - 1) if n else 0
    @property
    def prop(self):
        global left
        left -= 1
        return 1 + self.prop if left > 0 else 0
called = Called()
def prop(n):
    global left
    left = n
    return called.prop
def generator(n):
    if n: yield from generator(n - 1)
    yield n
def looped(n):
    if n:
        for x in looped(n - 1): yield x
    yield n
async def coroutine(n):
    return 1 + await coroutine(n - 1) if n else 0
def awaited(n):
    try:
        coroutine(n).send(None)
    except StopIteration as stop:
        return stop.value
def closure():
    def inner(n):
        return 1 + inner(n - 1) if n else 0
    return inner
def keyword(n, *, k=1):
    return 1 + keyword(n - k, k=k) if n else 0
def star(*args):
    return 1 + star(args[0] - 1, *args[1:]) if args[0] else 0

def deepest(f):
    for i in range(HOT):
        f(30)
    found = []
    for limit in (160, 161, 240):
        sys.setrecursionlimit(limit)
        low = 20
        for n in range(low, 260):
            try:
                f(n)
            except RecursionError as error:
                found.append((n, str(error)))
                if len(found) % 20 == 0:
                    break
    sys.setrecursionlimit(1000)
    return found

for name, f in {
    "Node": lambda n: Node(n), "One": lambda n: One(n), "Helped": lambda n: Helped(n), "Derived": lambda n: Derived(n),
    "Slotted": lambda n: Slotted(n), "Keyword": lambda n: Keyword(n=n), "wide": wide, "function": function, "even": even,
    "method": called.method, "bound": called.bound, "getitem": lambda n: called[n], "call": called, "add": lambda n: called + n,
    "class": Called.of_class, "prop": prop, "generator": lambda n: list(generator(n)), "looped": lambda n: sum(looped(n)),
    "coroutine": awaited, "closure": closure(), "keyword": keyword, "star": star,
}.items():
    print(name, deepest(f))
"""


class RecursionTests(unittest.TestCase):
    maxDiff = 4000

    def check(self, hot, **settings):
        program = PROGRAM.replace("HOT", str(hot))
        expected = run(program, PYTHON_JIT="0")
        with self.subTest(hot=hot, **settings):
            self.assertEqual(run(program, **settings), expected)

    def test_returns_to_many_places(self):
        # What is behind a return is one trace for each place, whoever returned to it.
        program = """
import sys
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def g(n): return n + 0.5
def h(n): return g(n) + g(n + 1) * g(n + 2) - (g(3) if n & 1 else g(4))
class Node:
    def __init__(self, d): self.v, self.kids = d, [Node(d - 1) for _ in range(2)] if d else []
    def total(self):
        t = self.v
        for k in self.kids: t += k.total()
        return t
tree = Node(5)
print([fib(14) for i in range(30)][0], [h(i) for i in range(900)][-1], [tree.total() for i in range(90)][0])
"""
        expected = run(program, PYTHON_JIT="0")
        for settings in {}, {"PYTHON_JIT_BACKEND": "native"}, {"PYTHON_JIT_STRESS": "1"}, {"PYTHON_JIT_CALL_THRESHOLD": "20"}:
            self.assertEqual(run(program, **settings), expected)
        found = run(program + "print({k for k in sys._jit.stats()['opaque'] if k.startswith('RETURN')})", PYTHON_JIT_CALL_THRESHOLD="20")
        self.assertEqual(found, expected + "set()\n")

    def test_depth_of_a_recursion(self):
        for backend in ("interpreter", "native"):
            self.check(
                40, PYTHON_JIT_BACKEND=backend, PYTHON_JIT_CALL_THRESHOLD="100", PYTHON_JIT_EXIT_THRESHOLD="5"
            )
            self.check(300, PYTHON_JIT_BACKEND=backend, PYTHON_JIT_CALL_THRESHOLD="500")
        self.check(40, PYTHON_JIT_STRESS="1")
        self.check(40, PYTHON_JIT_STRESS="1", PYTHON_JIT_TYPED="0")


if __name__ == "__main__":
    unittest.main()
