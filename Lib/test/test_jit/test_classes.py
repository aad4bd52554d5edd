"""Calls of classes: the trace makes the instance, and `__init__` is inlined.

Between the caller's frame and that of `__init__` is one that checks what `__init__` returns.
"""

import sys
import textwrap
import unittest

from test.test_jit.exits import ForcedExits, loops
from test.test_jit.test_typed import RUN_AND_COUNT, run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

PROGRAM = (
    """
import sys, gc, weakref

class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y
    def dot(self, other):
        return self.x * other.x + self.y * other.y

class Solid(Point):
    def __init__(self, x, y, z):
        Point.__init__(self, x, y)
        self.z = z

class Child(Point):
    def __init__(self, x):
        super().__init__(x, x + 1)

class Empty:
    def __init__(self):
        pass

class Holder:
    def __init__(self, item):
        self.item = item

def kept(n):
    out = []
    for i in range(n):
        out.append(Point(i, i * 0.5))
    return [(p.x, p.y) for p in out[-3:]], len(out)

def dropped(n):
    t, a = 0.0, Point(1.0, 2.0)
    for i in range(n):
        t += a.dot(Point(i, 0.25)) + Point(i, 2).dot(a)
    return t

def derived(n):
    t, c = 0, 0
    for i in range(n):
        s, c = Solid(i, 2, 3), Child(i)
        t += s.x + s.z + c.y
    return t, vars(s), vars(c)

def empty(n):
    out = None
    for i in range(n):
        Empty()
        out = Holder(Empty())
    return type(out.item).__name__

def linked(n):
    head = None
    for i in range(n):
        head = Holder(Holder(head) if i % 7 == 0 else None)
    return head.item is None, head.item and head.item.item is None

def variable(n):
    # The class is no constant of the trace.
    t = 0
    for i in range(n):
        cls = Point if i % 3 else Twin
        t += cls(i, 1).dot(cls(2, i))
    return t

class Twin(Point):
    def __init__(self, x, y):
        self.y = x
        self.x = y
        self.more = x + y

def looks(n):
    # __init__ looks at its frames.
    class Looking:
        def __init__(self, x):
            y = x + 1
            if x % 40 == 39:
                frame = sys._getframe()
                seen.append([sorted(frame.f_locals), sys.getrefcount(self)])
                while frame is not None and len(seen[-1]) < 4:
                    seen[-1].append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
                    frame = frame.f_back
            self.x = y
    seen = []
    t = 0
    for i in range(n):
        t += Looking(i).x
    return seen, t

def raises(n):
    class Picky:
        def __init__(self, x, y):
            z = x * 2
            self.x = z // y
    lines, t = [], 0
    for i in range(n):
        try:
            t += Picky(i, i % 50).x
        except ZeroDivisionError as error:
            tb, where = error.__traceback__, []
            while tb is not None:
                code = tb.tb_frame.f_code
                where.append((code.co_name, tb.tb_lineno - code.co_firstlineno, tb.tb_lasti,
                              sorted((k, v) for k, v in tb.tb_frame.f_locals.items() if isinstance(v, int))))
                tb = tb.tb_next
            lines.append(where)
    return lines, t

def returns(n):
    # What __init__ gives back must be None.
    class Wrong:
        def __init__(self, x):
            self.x = x
            return None if x % 30 else x
    errors, t = [], 0
    for i in range(n):
        try:
            t += Wrong(i).x
        except TypeError as error:
            errors.append(str(error))
    return len(errors), errors[-1:], t

def returns_a_value(n):
    class None_:
        def __init__(self, x):
            self.x = x
            return nothing
    nothing, t = None, 0
    for i in range(n):
        if i == n - 10:
            nothing = 0
        try:
            t += None_(i).x
        except TypeError:
            t -= 1
    return t

log = []

class Loud:
    def __init__(self, i, other):
        self.i = i
        other = None
        self.more = log
    def __del__(self):
        frame = sys._getframe(1)
        self.more.append((self.i, frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))

def dies(n):
    # The last reference goes in the loop, in __init__, and in a call.
    log.clear()
    def use(x):
        return x.i
    t = 0
    for i in range(n):
        a = Loud(i, Loud(-i, None))
        t += use(Loud(i + n, None))
        Loud(i + 2 * n, None)
    return log[-9:], len(log), t

def weak(n):
    class Weak:
        def __init__(self, i):
            self.i = i
            refs.append(weakref.ref(self))
    refs, alive = [], 0
    for i in range(n):
        w = Weak(i)
        alive += refs[-1]() is w
        del w
        alive += refs[-1]() is None
    return alive

def changes(n):
    class Changing:
        def __init__(self, x):
            self.x = x
    def other(self, x):
        self.x = -x
    def third(self, x):
        self.y = self.x = 3 * x
    t = 0
    for i in range(n):
        t += Changing(i).x
        if i == n // 3:
            Changing.__init__.__code__ = other.__code__
        if i == n // 2:
            Changing.__init__ = third
        if i == n - 60:
            Changing.__new__ = lambda cls, x: object.__new__(cls)
        if i == n - 30:
            Changing.__slots__ = ()
    return t

def unbound(n):
    # Functions of classes by their names, which `type` has too; descriptors; classes of other kinds.
    class Meta(type):
        def __repr__(cls):
            return "meta"
    class Base:
        def __init__(self, x):
            self.x = x
        def mro(self):
            return self.x
        def __repr__(self):
            return "b"
    class Left(Base):
        def __init__(self, x):
            Base.__init__(self, x)
        def both(self):
            return Base.mro(self) + len(Base.__repr__(self)) + len(Base.__name__) + len(Base.__dict__)
    class Special(metaclass=Meta):
        def __repr__(self):
            return "s"
    t = 0
    for i in range(n):
        t += Left(i).both() + len(Special.__repr__(Special()))
        if i == n // 3:
            Base.mro = lambda self: 2
        if i == n // 2:
            Base.__init__ = lambda self, x: setattr(self, "x", -x)
        if i == n - 40:
            Base.__repr__ = str.__repr__ if False else lambda self: "bbb"
        if i == n - 20:
            Base = Special if False else Left.__base__
    return t

def reclassed(n):
    class Left:
        def __init__(self, x):
            self.x = x
            if x % 20 == 19:
                self.__class__ = Right
            self.y = 1
        def get(self):
            return self.x
    class Right:
        def get(self):
            return -self.x
    t = 0
    for i in range(n):
        t += Left(i).get()
    return t

def dict_made(n):
    # The attributes move to a dict inside __init__.
    class Dicts:
        def __init__(self, x):
            self.x = x
            if x % 25 == 24:
                self.__dict__["z"] = 1
            self.y = x
    t = 0
    for i in range(n):
        d = Dicts(i)
        t += d.x + d.y
    return t, sorted(vars(d))

def deep(n):
    class Tree:
        def __init__(self, depth):
            self.depth = depth
            self.left = Tree(depth - 1) if depth > 0 else None
    t = 0
    for i in range(n // 8):
        tree = Tree(i % 9)
        while tree is not None:
            t += tree.depth
            tree = tree.left
    return t

def supers(n):
    # What super() finds: constant, changed in a class above, replaced in the middle, hidden, no method.
    class Base:
        value = 5
        def __init__(self, x):
            self.x = x
        def get(self, k=1):
            return self.x + k
        @classmethod
        def name(cls):
            return cls.__name__
        @property
        def double(self):
            return 2 * self.x
    class Middle(Base):
        def __init__(self, x):
            super().__init__(x)
            self.y = 1
        def get(self, k=1):
            return super().get(k) - self.y
    class Other(Base):
        def get(self, k=1):
            return 7 * super().get()
    class Last(Middle, Other):
        def get(self, k=1):
            return super().get(k) + super().value + len(super().name()) + super().double
        def __repr__(self):
            return super().__repr__()[:0] + "last"
    class Own(Middle):
        def __getattribute__(self, name):
            return 3 if name == "z" else super().__getattribute__(name)
        def get(self, k=1):
            return super().get(k) + self.z
    t, p = 0, Middle(3)
    for i in range(n):
        q, r, s = Last(i), Middle(i), Own(i)
        for x in p, q, r, s:
            t += x.get(i & 1)
        t += len(repr(q))
        if i == n // 3:
            Base.get = lambda self, k=1: -self.x
        if i == n // 2:
            Middle.__bases__ = (Other,)
        if i == n - 50:
            del Other.get
        if i == n - 20:
            Middle.get.__closure__[0].cell_contents = Other
    return t, [c.__name__ for c in Last.__mro__]

def generic(n):
    # Other ways to make instances, which the trace leaves to tier 1.
    class Defaults:
        def __init__(self, x, y=2, *rest, z=3):
            self.t = x + y + z + len(rest)
    class Slots:
        __slots__ = ("x",)
        def __init__(self, x):
            self.x = x
    class Meta(type):
        def __call__(cls, *args):
            return super().__call__(*args)
    class Made(metaclass=Meta):
        def __init__(self, x):
            self.x = x
    class Named(int):
        def __init__(self, x):
            self.half = x // 2
    t = 0
    for i in range(n):
        t += Defaults(i).t + Defaults(i, 1, 2, z=5).t + Slots(i).x + Made(i).x + Named(i).half
    return t

def metaclasses(n):
    # The metaclass begins to have a say in calls, by itself or above it, or the class gets another one.
    class Upper(type): pass
    class Meta(Upper): pass
    class Other(Meta):
        def __call__(cls, *args, **named): return ("other", *args)
    class A(metaclass=Meta):
        def __init__(self, x, y=2): self.x = x + y
    def says(cls, *args, **named):
        made = type.__call__(cls, *args, **named)
        made.x += 1000
        return made
    out = []
    for i in range(n):
        made = A(i), A(i, y=3)
        out.append([m if type(m) is tuple else m.x for m in made])
        what = i - n + 40
        if what == 0: Meta.__call__ = says
        if what == 5: del Meta.__call__
        if what == 10: Upper.__call__ = says
        if what == 15: del Upper.__call__
        if what == 20: Meta.__bases__ = (type,)
        if what == 25: Meta.__call__ = lambda cls, *args, **named: (cls.__name__, args, named)
        if what == 30: del Meta.__call__
        if what == 35: A.__class__ = Other; Other.__call__ = says
    return out[-45:]

def run():
    return [repr(f(240)) for f in (
        metaclasses,
        kept, dropped, derived, empty, linked, variable, looks, raises, returns, returns_a_value, dies,
        weak, changes, unbound, reclassed, supers, dict_made, deep, generic)]

"""
    + RUN_AND_COUNT
)

RECURSION = """
import sys
class Node:
    def __init__(self, k):
        self.k = k
        self.next = Node(k - 1) if k else None
def work(n, k):
    for i in range(n):
        Node(k)
def deepest(k):
    # How many instances were begun when the limit was met.
    try:
        Node(k)
    except RecursionError as error:
        tb, depth = error.__traceback__, 0
        while tb is not None:
            tb, depth = tb.tb_next, depth + 1
        return depth
sys.setrecursionlimit(300)
print(deepest(1000))
work(400, 3)
assert sys._jit.stats()["traces_loop"] + sys._jit.stats()["traces_function"] > 0 or not sys._jit.is_enabled()
print([deepest(k) for k in range(100, 300, 7)])
"""

LOOPS = {
    "instances that are kept": """
        class Point:
            def __init__(self, x, y):
                self.x = x
                self.y = y
        def f(n):
            t, out = 0, []
            for i in range(n):
                p = Point(i, 2)
                t += p.x * p.y
                out.append(p)
            return t
        """,
    "super": """
        class Base:
            def __init__(self, x):
                self.x = x
            def get(self):
                return self.x
        class Derived(Base):
            def __init__(self, x):
                super().__init__(x)
                self.y = x
            def get(self):
                return super().get() + self.y
        def f(n):
            t, out = 0, []
            for i in range(n):
                d = Derived(i)
                t += d.get()
                out.append(d)
            return t
        """,
    "a class of another metaclass": """
        from abc import ABC, abstractmethod
        class Base(ABC):
            @abstractmethod
            def get(self): ...
        class Derived(Base):
            def __init__(self, x):
                self.x = x
            def get(self):
                return self.x
        def f(n):
            t, out = 0, []
            for i in range(n):
                d = Derived(i)
                t += d.get()
                out.append(d)
            return t
        """,
    "a class of a class": """
        class Base:
            def __init__(self, x):
                self.x = x
        class Derived(Base):
            def __init__(self, x):
                Base.__init__(self, x)
                self.y = x
        def f(n):
            t, out = 0, []
            for i in range(n):
                d = Derived(i)
                t += d.y
                out.append(d)
            return t
        """,
    "a class that makes another": """
        class Item:
            def __init__(self, x):
                self.x = x
        class Pair:
            def __init__(self, x):
                self.first = Item(x)
                self.second = x
        def f(n):
            t, out = 0, []
            for i in range(n):
                d = Pair(i)
                t += d.second + d.first.x
                out.append(d)
            return t
        """,
}


class LoopTests(unittest.TestCase):
    def test_classes_are_inlined(self):
        # Nothing is checked of the new instance, and its attributes are known.
        absent = {
            "OPAQUE",
            "PUSH_FRAME",
            "PUSH_SHIM",
            "GUARD_TYPE_VERSION",
            "GUARD_NO_DICT",
            "GUARD_INLINE_VALUES",
            "LOAD_FIELD",
        }
        for name, source in LOOPS.items():
            with self.subTest(name):
                found = loops(source)
                self.assertEqual(len(found), 1, found)
                self.assertIn("NEW_INSTANCE", found[0])
                self.assertEqual(absent.intersection(found[0]), set())


class RecursionTests(unittest.TestCase):
    def test_the_limit_is_met_at_the_same_depth(self):
        expected = run(RECURSION, PYTHON_JIT="0")
        for settings in ({}, {"PYTHON_JIT_BACKEND": "native"}, {"PYTHON_JIT_STRESS": "1"}):
            with self.subTest(**settings):
                self.assertEqual(run(RECURSION, **settings), expected)


class ExitTests(ForcedExits, unittest.TestCase):
    program = PROGRAM
    passes = "cse", "peel", "forward", "fold,cse,forward,dead,peel"

class KeptTests(unittest.TestCase):
    def test_stored_again(self):
        # A class that a global has is stored to the local that has it already: nothing gives up a second reference.
        program = """
            import sys
            class Kept:
                pass
            def twice(n):
                for i in range(n):
                    a = Kept
                    a()
                    a = Kept
            def once(n):
                for i in range(n):
                    a = Kept if i % 3 else int
                    str(a)
            def count(f):
                before = sys.getrefcount(Kept)
                f(300)
                return sys.getrefcount(Kept) - before
            print([[count(f) < 40 for turn in range(5)] for f in (twice, once)])
            """
        for settings in {}, {"PYTHON_JIT_BACKEND": "native"}, {"PYTHON_JIT_STRESS": "1"}:
            with self.subTest(**settings):
                self.assertEqual(run(textwrap.dedent(program), **settings), f"{[[True] * 5] * 2}\n")


if __name__ == "__main__":
    unittest.main()
