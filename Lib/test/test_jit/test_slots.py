"""Calls of classes that upstream has no form for: with __slots__, with default values of `__init__`.

`__init__` is entered without a C frame, and traces make the instance.
"""

import sys
import unittest

from test.test_jit.exits import ForcedExits, in_order, loops
from test.test_jit.test_typed import RUN_AND_COUNT, run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

PROGRAM = (
    """
import gc, sys, weakref

class Point:
    __slots__ = ("x", "y")
    def __init__(self, x, y):
        self.x = x
        self.y = y
    def plus(self, other):
        return Point(self.x + other.x, self.y + other.y)

class Solid(Point):
    __slots__ = ("z",)
    def __init__(self, x, y, z):
        Point.__init__(self, x, y)
        self.z = z

class Half(Point):
    # A dict comes with it, and a place for weak references.
    def __init__(self, x):
        super().__init__(x, x + 1)
        self.extra = x

class Weak:
    __slots__ = ("x", "__weakref__")
    def __init__(self, x):
        self.x = x

class Nothing:
    __slots__ = ()
    def __init__(self):
        pass

class Partly:
    __slots__ = ("x", "y")
    def __init__(self, x):
        if x & 1:
            self.x = x

class Ends:
    __slots__ = ("log",)
    def __init__(self, log):
        self.log = log
    def __del__(self):
        self.log.append(len(self.log))

def stepped(n):
    p, d = Point(0, 0.0), Point(1, 0.5)
    for i in range(n):
        p = p.plus(d)
    return p.x, p.y

def kept(n):
    out = []
    for i in range(n):
        out.append(Solid(i, i * 0.5, [i]))
    return [(s.x, s.y, s.z) for s in out[-3:]], len({id(s) for s in out})

def with_dict(n):
    t, h = 0, None
    for i in range(n):
        h = Half(i)
        t += h.y + h.extra
    return t, vars(h)

def weak(n):
    live = 0
    for i in range(n):
        w = Weak(i)
        r = weakref.ref(w)
        live += r() is w
        del w
        live += r() is None
    return live

def nothing(n):
    t = 0
    for i in range(n):
        t += type(Nothing()) is Nothing
    return t

def unset(n):
    t = 0
    for i in range(n):
        p = Partly(i)
        try:
            t += p.x
        except AttributeError as e:
            t -= 1
        p.y = i
        t += p.y
        del p.y
        t += hasattr(p, "y")
    return t

def ends(n):
    log = []
    for i in range(n):
        Ends(log)
    return len(log), log[-1]

def returns_a_value(n):
    class Odd:
        __slots__ = ("x",)
        def __init__(self, x):
            self.x = x
            return x if x == 200 else None
    t = 0
    for i in range(n):
        try:
            t += Odd(i).x
        except TypeError as e:
            t = t, str(e)
            break
    return t

def raises(n):
    class Strict:
        __slots__ = ("x",)
        def __init__(self, x):
            self.x = 1000 // (x - 210)
    t = 0
    for i in range(n):
        try:
            t += Strict(i).x
        except ZeroDivisionError as e:
            place = e.__traceback__
            t += place.tb_lineno - place.tb_next.tb_lineno
    return t

def changes(n):
    class Changing:
        __slots__ = ("x",)
        def __init__(self, x):
            self.x = x
    def other(self, x):
        self.x = -x
    t = 0
    for i in range(n):
        t += Changing(i).x
        if i == n // 2:
            Changing.__init__ = other
        elif i == n - 20:
            Changing.__abstractmethods__ = {"m"}
            try:
                Changing(i)
            except TypeError as e:
                t = t, str(e)
            break
    return t

def not_taken(n):
    # `object` does not make these, or does not make them alone.
    class New:
        __slots__ = ("x",)
        def __new__(cls, x):
            self = super().__new__(cls)
            self.x = x + 1
            return self
        def __init__(self, x):
            self.x += x
    class Items(tuple):
        __slots__ = ()
        def __init__(self, x):
            pass
    class Meta(type):
        def __call__(cls, *args):
            return super().__call__(*args)
    class Made(metaclass=Meta):
        __slots__ = ("x",)
        def __init__(self, x):
            self.x = x
    class Defaults:
        __slots__ = ("x",)
        def __init__(self, x, y=2):
            self.x = x + y
    t = 0
    for i in range(n):
        t += New(i).x + len(Items((i, i))) + Made(i).x + Defaults(i).x + Defaults(i, 1).x + Defaults(x=i).x
    return t

def defaults(n):
    class Node:
        def __init__(self, k, next=None, *, tag="t"):
            self.k, self.next = k, next
    class Cell:
        __slots__ = ("k", "next", "items")
        def __init__(self, k, next=None, items=()):
            self.k = k
            self.next = next
            self.items = items
    class Plain:
        def __init__(self, k=1, l=2.5):
            self.k = k
            self.l = l
    class Twin(Plain):
        def __init__(self, k=5, l=7):
            self.l = k
            self.k = l
    t, head = 0, None
    for i in range(n):
        head = Cell(i, head) if i % 9 else Cell(i)
        t += Plain().k + Plain(i).l + Plain(2, 3).l + len(Cell(i, None, (i, i)).items) + Node(i).k
        t += (Twin if i & 1 else Plain)(i).k
        if i == n // 3:
            Plain.__init__.__defaults__ = 10, 20
        elif i == n // 2:
            Plain.__init__.__defaults__ = (30,)
            try:
                Plain()
            except TypeError as e:
                t += len(str(e))
            Plain.__init__.__defaults__ = 40, 50.0, 60
        elif i == n - 40:
            Plain.__init__ = lambda self, k=3: setattr(self, "k", k) or setattr(self, "l", k)
            break
    for i in range(n):
        t += Plain().k + Plain(i).l
    return t, head.next is None

def seen(n):
    class Looks:
        __slots__ = ("names", "counts")
        def __init__(self, k):
            f = sys._getframe() if k % 7 == 0 else None
            self.names = f and (f.f_code.co_name, f.f_back.f_code.co_name)
            self.counts = sys.getrefcount(self)
    out = set()
    for i in range(n):
        l = Looks(i)
        out.add((l.names, l.counts))
    return sorted(map(str, out))

def run():
    return [repr(f(240)) for f in (
        stepped, kept, with_dict, weak, nothing, unset, ends, returns_a_value, raises, changes, not_taken,
        defaults, seen)]

"""
    + RUN_AND_COUNT
)

STEP = """
class P:
    __slots__ = ("x", "y")
    def __init__(self, x, y):
        self.x = x
        self.y = y
    def plus(self, other):
        return P(self.x + other.x, self.y + other.y)
def f(n):
    p, d, kept = P(0.0, 0.0), P(1.0, 2.0), []
    for i in range(n):
        p = p.plus(d)
        kept.append(p)
    return p
"""

RECURSION = """
import sys
class Node:
    __slots__ = ("next",)
    def __init__(self, k):
        self.next = Node(k - 1) if k else None
def work(n, k):
    for i in range(n):
        Node(k)
def deepest(k):
    sys.setrecursionlimit(k)
    count = 0
    class Endless:
        __slots__ = ("next",)
        def __init__(self):
            nonlocal count
            count += 1
            self.next = Endless()
    try:
        Endless()
    except RecursionError:
        return count
work(300, 4)
print([deepest(100 + 7 * i) for i in range(30)])
"""


class Slots(ForcedExits, unittest.TestCase):
    program = PROGRAM


class Traces(unittest.TestCase):
    def test_instance_is_made_in_line(self):
        (loop,) = loops(STEP, PYTHON_JIT_PASSES_OFF="virtual")
        self.assertTrue(in_order(["NEW_INSTANCE", "INIT_SLOT", "INIT_SLOT", "LOOP"], loop), loop)
        self.assertNotIn("OPAQUE", loop)

    def test_default_values(self):
        (loop,) = loops(
            """
            class Node:
                def __init__(self, k, next=None):
                    self.k = k
                    self.next = next
            def f(n):
                nodes = []
                for i in range(n):
                    nodes.append(Node(i))
                return nodes
            """
        )
        self.assertTrue(in_order(["NEW_INSTANCE", "INIT_VALUE", "INIT_VALUE", "LOOP"], loop), loop)
        self.assertNotIn("OPAQUE", loop)

    def test_without_a_trace_too(self):
        program = (
            STEP
            + "import dis; f(100); print([i.opname for i in dis.get_instructions(P.plus, adaptive=True)])"
        )
        self.assertIn("CALL_ALLOC_AND_ENTER_INIT", run(program, PYTHON_JIT="0"))

    def test_recursion_limit(self):
        expected = run(RECURSION, PYTHON_JIT="0")
        self.assertEqual(run(RECURSION), expected)
        self.assertEqual(run(RECURSION, PYTHON_JIT_STRESS="1"), expected)


if __name__ == "__main__":
    unittest.main()
