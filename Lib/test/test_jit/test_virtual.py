"""Objects that are not made, because nobody sees them: in a loop, around it, and where the trace leaves."""

import sys
import unittest

from test.test_jit.exits import ForcedExits, loops
from test.test_jit.test_typed import RUN_AND_COUNT, run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

CLASSES = """
class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y
    def plus(self, other):
        return Point(self.x + other.x, self.y + other.y)
    def times(self, k):
        return Point(self.x * k, self.y * k)
    def move(self, k):
        self.x += k
        return self

class Line:
    def __init__(self, a, b):
        self.a = a
        self.b = b

class Box:
    def __init__(self, value):
        self.value = value
"""

PROGRAM = (
    """
import sys, gc, weakref
"""
    + CLASSES
    + """
def carried(n):
    p, d = Point(0, 0.5), Point(1, 0.25)
    for i in range(n):
        p = p.plus(d)
    return p.x, p.y, vars(p)

def carried_twice(n):
    p, q, d = Point(0, 0.5), Point(3, 1.5), Point(1, 0.25)
    for i in range(n):
        p = p.plus(d)
        q = q.plus(p)
    return p.x, p.y, q.x, q.y

def temporary(n):
    t = 0
    for i in range(n):
        p = Point(i, 2.0).plus(Point(1, i)).times(3)
        t += p.x + p.y
    return t, p.x

def changed(n):
    # Attributes of an object that is not there change, also more than once.
    p = Point(0, 0)
    t = 0
    for i in range(n):
        p = Point(p.x, i).move(2)
        p.y += p.x
        p.x += 1
        t += p.y
    return t, p.x, p.y

def nested(n):
    t = 0
    for i in range(n):
        line = Line(Point(i, i + 1), Point(i + 2, 1.5))
        t += line.a.x + line.b.y
        a = line.b
    return t, a.x, line.a.y, line.b is a

def nested_in_init(n):
    class Inner:
        def __init__(self, k):
            self.k = k
    class Outer:
        def __init__(self, k):
            self.inner = Inner(k)
            self.other = self.inner
    t = 0
    for i in range(n):
        o = Outer(i)
        t += o.other.k
    return t, o.inner is o.other

def escapes_rarely(n):
    p, d, seen = Point(0, 0), Point(1, 2), []
    for i in range(n):
        p = p.plus(d)
        if i % 50 == 7:
            seen.append(p)
    return [q.x for q in seen], p in seen, p.y

def escapes_in_the_middle(n):
    t, box = 0, Box(None)
    for i in range(n):
        p = Point(i, i)
        if i % 3 == 0:
            box.value = p
        p.x += 1
        t += p.x + (box.value is p)
    return t, box.value.x

def branches(n):
    p, d, e = Point(0, 0), Point(1, 2), Point(0.5, 3)
    for i in range(n):
        if i % 3 == 0:
            p = p.plus(d)
        elif i % 7 == 0:
            p = p.plus(e)
        else:
            p = p.times(1)
    return p.x, p.y

def sometimes(n):
    # Some iterations leave the object as it is, or change it.
    p = Point(0, 0)
    for i in range(n):
        if i & 1:
            p = Point(p.x + 1, i)
        elif i & 2:
            p.x += 10
    return p.x, p.y

def becomes_a_number(n):
    p = 0
    for i in range(n):
        p = Point(i, 1) if i % 10 else i
        q = p if i % 10 == 0 else p.x
    return q

def another_class(n):
    p = Point(0, 0)
    for i in range(n):
        p = Box(p.x if i else 0) if i % 8 == 5 else Point(p.value if i % 8 == 6 else p.x, i)
        if i % 8 == 5:
            p.value += 1
    return vars(p)

def other_order(n):
    # The order in which attributes were set is the order of __dict__.
    class Either:
        def __init__(self, first, k):
            if first:
                self.x = k
                self.y = k + 1
            else:
                self.y = k
                self.x = k + 1
    for i in range(n):
        e = Either(i % 5 < 3, i)
        if i % 50 < 5:
            yield_ = list(vars(e).items())
    return yield_, list(vars(e))

def shared_numbers(n):
    # Numbers that are one object stay one, and those that are two stay two.
    same = other = 0
    for i in range(n):
        k = i * 1000 + 0.5
        p = Point(k, k)
        q = Point(i * 1000 + 0.5, k)
        if i % 10 == 9:
            same += (p.x is p.y) + (q.y is k) + (p.x is k)
            other += (q.x is k) + (p.x is q.x)
    return same, other

def kept_numbers(n):
    # The number is also somebody else's object.
    items, same = [], 0
    p = Point(0.5, 0.5)
    for i in range(n):
        p = Point(p.x + 1, i + 0.5)
        items.append(p.x)
        same += items[-1] is p.x
    return same, items[-1] is p.x

def constants(n):
    p = Point(0.5, None)
    for i in range(n):
        p = Point(p.x + 1, None)
        q = Point(1.5, "text")
        r = Point((1, 2), 7)
    return p.x, p.y, q.x, q.y, r.x

def references(n):
    # Objects from outside that only a virtual holds for a while.
    t, items = 0, [[k] for k in range(10)]
    for i in range(n):
        p = Point(items[i % 10], i)
        q = Line(p, p)
        t += q.a.x[0]
        u = Box([i])
        t += u.value[0]
    return t, [sys.getrefcount(item) for item in items]

def replaced(n):
    t = 0
    for i in range(n):
        b = Box([i])
        b.value = (i, b.value)
        b.value = b.value[1]
        t += b.value[0]
    return t

class Loud:
    def __init__(self, k):
        self.k = k
    def __del__(self):
        log.append((self.k, sys._getframe(1).f_lineno - loud.__code__.co_firstlineno))

log = []

def loud(n):
    log.clear()
    for i in range(n):
        b = Box(Loud(i) if i % 9 == 0 else [i])
        c = Point(b, i)
        b = i
        c = None
        d = Loud(-i)
    return len(log), log[:6], log[-6:]

def weak(n):
    alive = 0
    for i in range(n):
        b = Box(i)
        if i % 20 == 3:
            r = weakref.ref(b)
            alive += r() is b
        b = None
    return alive, r() is None

def identity(n):
    same = 0
    for i in range(n):
        a = Box(i)
        b = a
        c = Box(i)
        same += (a is b) + 2 * (a is c) + 4 * (b is None) + (a is not None)
    return same

def equal(n):
    t = 0
    for i in range(n):
        a, b = Box(i), Box(i)
        t += (a == b) + (a == a) * 2
    return t

def tuples(n):
    def pair(i):
        return i, i + 1
    def three(i, *rest):
        return rest
    t = 0
    for i in range(n):
        a, b = pair(i)
        c = pair(b)
        d = (c, (a, b), i)
        t += c[1] + d[1][0] + len(three(i, a, c)) + d[0][0]
    return t, c, d

def swapped(n):
    a, b = Box(0), Box(1)
    for i in range(n):
        a, b = b, Box(a.value + b.value & 0xffff)
    return a.value, b.value

def aliases(n):
    p = Point(0, 0)
    q = p
    for i in range(n):
        q = p = Point(p.x + 1, i)
        q.y += 1
    return p.x, p.y, q is p

def holds_itself(n):
    for i in range(n):
        p = Box(i)
        p.value = p
        q, r = Box(0), Box(1)
        q.value, r.value = r, q
    return p.value is p, q.value.value is q

def lists_of(n):
    head = None
    for i in range(n):
        head = Line(head, i)
    length = 0
    while head is not None:
        length += 1
        head = head.a
    return length

def in_callee(n):
    def norm(p):
        q = Point(p.x, p.y)
        if q.x % 13 == 5:
            raise ValueError(q)
        return q.x + q.y
    t = 0
    for i in range(n):
        try:
            t += norm(Point(i, 1))
        except ValueError as e:
            t += e.args[0].x * 1000
    return t

def seen_by_frames(n):
    def look():
        return sys._getframe(1).f_locals["p"]
    t = 0
    for i in range(n):
        p = Box(i)
        if i % 30 == 4:
            q = look()
            t += q is p
            q.value = -1
        t += p.value
    return t

def collected(n):
    for i in range(n):
        p = Line(Point(i, i), Point(i, 2))
        if i % 40 == 1:
            gc.collect()
            found = [o for o in gc.get_objects() if type(o) is Line]
            assert found[0] is p, found
    return len(found)

def with_keys(n):
    # A class whose instances get another attribute.
    class Open:
        def __init__(self, k):
            self.k = k
        def more(self):
            return self.k
    t = 0
    for i in range(n):
        o = Open(i)
        if i % 31 == 30:
            o.more = lambda: 5
        t += o.more()
    return t

def changes_class(n):
    class Late:
        def __init__(self, k):
            self.k = k
        def get(self):
            return self.k
    t = 0
    for i in range(n):
        o = Late(i)
        if i == n // 2:
            Late.get = lambda self: -self.k
        if i == n - 20:
            Late.k = property(lambda self: 3, lambda self, value: None)
        t += o.get()
    return t

def inner_loops(n):
    p, d = Point(0, 0), Point(1, 0.5)
    for i in range(n // 10):
        for k in range(i % 5):
            p = p.plus(d)
        q = Point(p.x, i)
        while q.x % 7:
            q = Point(q.x + 1, i)
    return p.x, p.y, q.x

def generators(n):
    def points(n):
        p = Point(0, 0)
        for i in range(n):
            p = Point(p.x + i, i)
            yield p
    return sum(p.x + p.y for p in points(n))

def run():
    return [repr(f(200)) for f in (
        carried, carried_twice, temporary, changed, nested, nested_in_init, escapes_rarely, escapes_in_the_middle, branches, sometimes,
        becomes_a_number, another_class, other_order, shared_numbers, kept_numbers, constants, references, replaced, loud, weak,
        identity, equal, tuples, swapped, aliases, holds_itself, lists_of, in_callee, seen_by_frames, collected, with_keys,
        changes_class, inner_loops, generators)]

"""
    + RUN_AND_COUNT
)

# What makes an object, or counts it.
OBJECTS = {"OPAQUE", "NEW_INSTANCE", "NEW_TUPLE", "BOX_INT", "BOX_FLOAT", "INCREF", "DECREF_PLAIN", "GUARD_QUIET", "STORE_SLOT"}

LOOPS = {
    "carried": """
        def f(n):
            p, d = Point(0, 0.5), Point(1, 0.25)
            for i in range(n):
                p = p.plus(d)
            return p
        """,
    "temporary": """
        def f(n):
            t = 0
            for i in range(n):
                p = Point(i, 2.0).plus(Point(1, i)).times(3)
                t += p.x + p.y
            return t
        """,
    "changed": """
        def f(n):
            p = Point(0, 0)
            for i in range(n):
                p = Point(p.x, i).move(2)
                p.y += p.x
            return p
        """,
    "nested": """
        def f(n):
            t = 0
            for i in range(n):
                line = Line(Point(i, i + 1), Point(i + 2, 1.5))
                t += line.a.x + line.b.y
                line = None
            return t
        """,
    "a tuple": """
        def pair(i):
            return i, i + 1
        def f(n):
            t = 0
            for i in range(n):
                a, b = pair(i)
                t += a - b
            return t
        """,
}


class LoopTests(unittest.TestCase):
    def test_no_object_is_made(self):
        for name, source in LOOPS.items():
            with self.subTest(name):
                found = loops(CLASSES + source.replace("\n        ", "\n"))
                self.assertTrue(found)
                self.assertEqual([sorted(OBJECTS & set(loop)) for loop in found if "VIRTUAL" in loop or "VIRTUAL_TUPLE" in loop][:1], [[]], found)


class ExitTests(ForcedExits, unittest.TestCase):
    program = PROGRAM
    passes = "cse", "peel", "forward", "virtual", "side", "fold,cse,forward,dead,peel"


class MemoryTests(unittest.TestCase):
    def test_memory_short(self):
        # Where there is none an exit takes what it needs from the reserve.
        program = CLASSES + (
            "import _testcapi\n"
            "def f(n):\n"
            "    p, d = Point(0, 0.5), Point(1, 0.25)\n"
            "    for i in range(n):\n"
            "        p = Line(p.a.plus(d) if i else p.plus(d), (p, i)) if False else p.plus(d)\n"
            "        if i == n - 1:\n"
            "            return p.x, p.y\n"
            "for k in range(40):\n"
            "    f(400)\n"
            "out = []\n"
            "for start in range(1, 30):\n"
            "    try:\n"
            "        _testcapi.set_nomemory(start, start + 3)\n"
            "        out.append(f(400))\n"
            "    except MemoryError:\n"
            "        out.append(None)\n"
            "    finally:\n"
            "        _testcapi.remove_mem_hooks()\n"
            "print({x for x in out if x is not None})\n"
        )
        self.assertEqual(run(program).strip(), "{(400, 100.5)}")


class HandedOnTests(unittest.TestCase):
    def test_value_only_a_virtual_used(self):
        # The exits of a loop hand on what it knows of before, also where nothing of the loop needs it once its objects are not made.
        program = (
            "import sys\n"
            "class Vector:\n"
            "    def __init__(self, x, y):\n"
            "        self.x, self.y = x, y\n"
            "    def dot(self, other):\n"
            "        return self.x * other.x + self.y * other.y\n"
            "    def normalized(self):\n"
            "        factor = 1.0 / self.dot(self) ** 0.5\n"
            "        return Vector(factor * self.x, factor * self.y)\n"
            "class Point:\n"
            "    def __init__(self, x, y):\n"
            "        self.x, self.y = x, y\n"
            "    def is_vector(self):\n"
            "        return False\n"
            "    def __sub__(self, other):\n"
            "        if other.is_vector():\n"
            "            return Point(self.x - other.x, self.y - other.y)\n"
            "        return Vector(self.x - other.x, self.y - other.y)\n"
            "def f(lights, p, normal):\n"
            "    amount = 0\n"
            "    for light in lights:\n"
            "        contribution = (light - p).normalized().dot(normal)\n"
            "        if contribution > 0:\n"
            "            amount = amount + contribution\n"
            "    return amount\n"
            "lights = [Point(1.0 + i, 2.0) for i in range(3)]\n"
            "for i in range(20000):\n"
            "    f(lights, Point(0.5, i / 10), Vector(0.0, 1.0) if i % 3 else Vector(0.0, -1.0))\n"
            "print(sys._jit.unavailable_reason())\n"
        )
        self.assertEqual(run(program).strip(), "None")


# In `x = y` the cell, which is not made, takes a constant.  The trace leaves between what gets the reference and what takes it.
CONSTANTS = """
import sys
class Loud:
    def __del__(self): pass
def g(x, y, w=None):
    def h(): return x, y
    x = y
    return 1
def run(items):
    t = 0
    while items:
        t += g(items.pop(), 2.94)
        t += g(items.pop(), 2.94, 2.94)
    return t
constant = [x for x in run.__code__.co_consts if x == 2.94][0]
before = sys.getrefcount(constant)
kept = [Loud() for _ in range(300)]
run(list(kept))
counts = {sys.getrefcount(constant) - before}
for k in range(8):
    run([Loud() for _ in range(60)])
    counts.add(sys.getrefcount(constant) - before)
print(counts)
"""


class ConstantTests(unittest.TestCase):
    def test_constants_keep_their_references_at_exits(self):
        for backend in "native", "interpreter":
            for more in {}, {"PYTHON_JIT_LOOP_THRESHOLD": "200", "PYTHON_JIT_EXIT_THRESHOLD": "60000"}:
                with self.subTest(backend, **more):
                    self.assertEqual(run(CONSTANTS, PYTHON_JIT_BACKEND=backend, **more).strip(), "{0}")


if __name__ == "__main__":
    unittest.main()
