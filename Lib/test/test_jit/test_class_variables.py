"""Attributes of classes that change while a program runs: counters, settings, links."""

import sys
import unittest
from typing import ClassVar

# Skips where there is no JIT.
from test.support import import_helper
from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT, run

COUNTERS = """
import gc, sys, weakref
from abc import ABCMeta

class Made:
    n = 0
    last = None
    def __init__(self, x):
        Made.n += 1
        self.x = x
    def get(self): return self.x + self.n

class Tally:
    n, total = 0, 0.5
    @classmethod
    def step(cls):
        cls.n += 1
        return cls.n
    @classmethod
    def add(cls, x):
        cls.total = cls.total * 0.5 + x
        return cls.total
    def own(self): return type(self).n, self.__class__.n, self.n

class Lower(Tally): pass

class Slotted:
    __slots__ = "x",
    n = 0
    def __init__(self, x):
        self.x = x
        type(self).n += x
    def get(self): return self.n - self.x

class Abstract(metaclass=ABCMeta):
    n = 0
    def __init__(self): Abstract.n += 1

class Config:
    level, name, debug = 0, "a", False

def in_init(n):
    Made.n, t = 0, 0
    for i in range(n):
        t += Made(i).get()
    return t, Made.n

def by_class(n):
    Tally.n, Tally.total = 0, 0.5
    return [Tally.step() for i in range(n)][-3:], Tally.n, round(sum(Tally.add(i) for i in range(n)), 6)

def by_subclass(n):
    # The first store gives the subclass one of its own.
    class Sub(Tally): pass
    Tally.n, out = 5, []
    for i in range(n):
        out.append(Sub.step())
        if i % 3 == 0:
            Tally.step()
    return out[:2], out[-2:], Tally.n, Sub.n, Lower.n, "n" in Sub.__dict__

def read_below(n):
    # A store to the base is seen through the subclass, until that has its own.
    class Sub(Lower): pass
    Tally.n, out, one, other = 0, [], Sub(), Lower()
    for i in range(n):
        Tally.n = i
        out.append((Sub.n, Lower.n, one.n, other.n))
        if i == n - 9:
            Sub.n = "mine"
        if i == n - 5:
            one.n = 3.5
        if i == n - 3:
            del Sub.n
    return out[-12:], one.own(), other.own()

def slotted(n):
    Slotted.n = 0
    return sum(Slotted(i).get() for i in range(n)), Slotted.n

def abstract(n):
    Abstract.n = 0
    class Sub(Abstract):
        @property
        def twice(self): return self.n * 2
    t = 0
    for i in range(n):
        t += Sub().twice
        Abstract.n += 1
    return t, Abstract.n, Sub.n

def settings(n):
    out = []
    for level in range(8):
        Config.level, Config.debug = level, level > 4
        Config.name += "b" if level % 2 else ""
        t = 0
        for i in range(n):
            t += Config.level * i
            if Config.debug:
                t -= 1
        out.append((t, len(Config.name)))
    Config.name = "a"
    return out

def names(n):
    # Other ways to say the same.
    class A: n, m = 0, 0
    wrong, names = 0, vars(A)
    for i in range(n):
        A.n += 1
        wrong += getattr(A, "n") != A.n or names["n"] != A.n or A.__dict__["n"] != A().n
        setattr(A, "n", i)
        wrong += A.n != i
        type.__setattr__(A, "n", A.n + 1)
        wrong += A.n != i + 1
        A.m = A
        wrong += A.m.m is not A
    return wrong

def identity(n):
    class A: n = None
    out = []
    for i in range(n):
        A.n = big = i + 100000
        out.append((A.n is big, sys.getrefcount(A.n) - sys.getrefcount(big)))
        A.n = A.n
        A.n = real = i + 0.5
        out.append(A.n is real)
    return out.count((True, 0)), out.count(True)

def objects(n):
    # Values of a class of users.
    class Node:
        head = None
        def __init__(self): self.next, Node.head = Node.head, self
    for i in range(n):
        Node()
    length, node = 0, Node.head
    while node:
        node = node.next
        length += 1
    Node.head = None
    return length

def wide(n):
    class A: n = 2 ** 62
    for i in range(n):
        A.n += 2 ** 57
        A.n ^= i
    return A.n
"""

CHANGES = """
import gc, sys, weakref

class Loud:
    heard = []
    def __init__(self, name): self.name = name
    def __del__(self): Loud.heard.append(self.name)

def new_class(base=object, meta=type):
    return meta("A", (base,), {"n": 0, "get": lambda self: self.n})

def descriptors(n):
    # In the middle the value becomes a function, a property, one with __get__; and a number again.
    class Get:
        def __get__(self, o, cls): return -7 if o is None else -8
    class Both(Get):
        def __set__(self, o, value): o.__dict__["put"] = value
    out = []
    values = lambda self=None: -1, property(lambda self: -2), Get(), Both(), staticmethod(len), classmethod(repr), 3
    for value in values:
        A = new_class()
        a, seen = A(), []
        for i in range(n):
            if i == n - 4:
                A.n = value
            x, y, z = A.n, a.n, a.get()
            seen.append([v if isinstance(v, int) else type(v).__name__ for v in (x, y, z)])
            if i == n - 3:
                A.n = 0
            elif type(A.n) is int:
                A.n += 1
        out.append(seen[-6:])
    return out

def becomes(n):
    # The value does not change, but what it is does.
    class Value: pass
    out = []
    for name, method in ("__get__", lambda self, o, cls: "got"), ("__set__", lambda self, o, x: None):
        A, seen = new_class(), []
        A.n = one = Value()
        a = A()
        for i in range(n):
            seen.append((A.n is one, a.n is one, a.get() is one))
            A.n = one = Value()
            if i == n - 5:
                setattr(Value, name, method)
            if i == n - 3:
                a.__dict__["n"] = 6
                seen.append((A.n is one, a.n == 6))
        delattr(Value, name)
        out.append((seen[-7:], a.n))
    return out

def deleted(n):
    out = []
    for base in object, new_class():
        A = new_class(base)
        a = A()
        for i in range(n):
            A.n += 1
            if i % 30 == 29:
                del A.n
                try:
                    out.append((A.n, a.n))
                except AttributeError as error:
                    out.append((str(error), error.__traceback__.tb_lineno))
                A.n = i
    return out

def hidden(n):
    # The instance gets one of its own; a class between, too; the class changes, and its bases.
    class Low: n = 0
    class Middle(Low): pass
    class Other: n = -1
    class Top(Middle): pass
    one, out = Top(), []
    for i in range(n):
        Low.n += 1
        Other.n -= 1
        out.append((one.n, Top.n))
        if i == n - 20:
            Middle.n = "middle"
        if i == n - 17:
            del Middle.n
        if i == n - 14:
            one.n = "one"
        if i == n - 11:
            del one.n
        if i == n - 8:
            Top.__bases__ = (Other,)
        if i == n - 6:
            Top.__bases__ = (Middle,)
        if i == n - 4:
            one.__class__ = Other
    return out[-24:]

def metaclasses(n):
    class Meta(type):
        log = []
        def __setattr__(cls, name, value):
            Meta.log.append(name)
            super().__setattr__(name, value * 2)
    class Plain(type):
        seen = 0
        def __getattr__(cls, name): return "made"
    A, B, out = new_class(meta=Meta), new_class(meta=Plain), []
    for i in range(n):
        A.n = i
        B.n += 1
        Plain.seen += 1
        out.append((A.n, B.n, B.other, B.seen))
        if i == n - 9:
            Plain.n = property(lambda cls: 5, lambda cls, value: out.append(value))
        if i == n - 6:
            del Plain.n
        if i == n - 5:
            Plain.n = 4
        if i == n - 3:
            Plain.__setattr__ = lambda cls, name, value: out.append((name, value))
    return out[-24:], len(Meta.log)

def ends(n):
    Loud.heard.clear()
    class A: n = None
    out = []
    for i in range(n):
        A.n = Loud(i)
        out.append(len(Loud.heard))
        A.n = [Loud(-i)] if i % 3 else (i, 2)
        out.append(len(Loud.heard))
    A.n = None
    return out, Loud.heard

def at_the_end(n):
    # What is replaced changes the class when it ends.
    class Nasty:
        def __init__(self, i): self.i = i
        def __del__(self):
            A.m += 1
            if self.i == n - 20:
                A.n = 7
            if self.i == n - 10:
                del A.n
            if self.i == n - 5:
                A.n = property(lambda self: "late")
    class A: n, m = None, 0
    a, out = A(), []
    for i in range(n):
        A.n = Nasty(i)
        here = a.n.__class__.__name__ if hasattr(a, "n") else "-"
        out.append((getattr(A, "n", None).__class__.__name__, here, A.m))
    A.n = None
    return out[-30:], A.m

def weak(n):
    # The collector finds what only a class has; a weak reference hears of its end.
    class A: n = None
    class Node: pass
    gone = []
    for i in range(n):
        A.n = node = Node()
        node.ref = weakref.ref(A, gone.append)
        gone.append(weakref.ref(node, lambda ref: gone.append(i)))
        node = None
    ints = [i for i in gone if isinstance(i, int)]
    A.n = None
    return ints[-3:], len(ints)

def added(n):
    # The dict gets other keys meanwhile, and loses them.
    A = new_class()
    for i in range(n):
        A.n += 2
        if i % 20 == 19:
            for k in range(i // 10):
                setattr(A, f"more{i}_{k}", i)
        if i % 40 == 0 and i:
            delattr(A, f"more{i - 1}_0")
    return A.n, len(vars(A))

def many(n):
    # More than there are bits.
    A = type("A", (), {f"n{i}": 0 for i in range(40)} | {"get": lambda self: self.n7})
    for i in range(n):
        A.n0 += 1; A.n1 += A.n0; A.n2 ^= i; A.n3 = str(i); A.n7 += 1
        for k in range(40):
            name = f"n{k}"
            setattr(A, name, getattr(A, name))
        if i % 10 == 9:
            A.get = (lambda self: self.n7) if i % 20 == 9 else (lambda self: -self.n7)
    return A.n0, A.n1, A.n2, A.n3, A.n7, A().get()

def classes(n):
    # Each has its own, and they take turns.
    out, all = [], [new_class() for i in range(5)]
    for i in range(n * 3):
        A = all[i % 5] if i < n * 2 else all[i % 2]
        A.n += i
        out.append(A.n)
    return out[-5:], [A.n for A in all]

def recursive(n):
    class A:
        n = depth = 0
        def down(self, k):
            A.depth += 1
            A.n = max(A.n, A.depth)
            if k:
                self.down(k - 1)
            A.depth -= 1
    for i in range(n):
        A().down(i % 7)
    return A.n, A.depth

def raises(n):
    class A: n = 0
    out = []
    for i in range(n):
        try:
            A.n += 1 if i % 9 else "x"
        except TypeError as error:
            out.append((A.n, error.__traceback__.tb_lineno))
            A.n += 10
    return A.n, out
"""

FUNCTIONS = {
    COUNTERS: "in_init by_class by_subclass read_below slotted abstract settings names identity objects wide",
    CHANGES: """descriptors becomes deleted hidden metaclasses ends at_the_end weak added many classes
             recursive raises""",
}


def program(source, n=90):
    functions = ", ".join(FUNCTIONS[source].split())
    return f"{source}\ndef run():\n    return [repr(f({n})) for f in ({functions})]\n{RUN_AND_COUNT}"


class Counters(ForcedExits, unittest.TestCase):
    program = program(COUNTERS)


class Changes(ForcedExits, unittest.TestCase):
    program = program(CHANGES)


class Loops(OptimizedLoops, unittest.TestCase):
    expected_loops: ClassVar = {
        "of a class": (
            """
            class A: n = 0
            def f(n):
                for i in range(n):
                    A.n += 1
                return A.n
            """,
            ["RANGE_NEXT", "IADD", "STORE_FIELD_INT", "DICT_CHANGED", "LOOP"],
            [
                "OPAQUE",
                "UNBOX_INT",
                "GUARD_CLASS_VERSION",
                "GUARD_UNHEARD",
                "GUARD_NO_DESCRIPTOR",
                "LOAD_FIELD",
            ],
        ),
        "in __init__": (
            """
            class A:
                n = 0
                def __init__(self, x):
                    A.n += 1
                    self.x = x
            def f(n):
                t = 0
                for i in range(9): A(i)      # varies before the loop is specialized
                for i in range(n):
                    t += A(i).x
                return t, A.n
            """,
            ["RANGE_NEXT", "STORE_FIELD_INT", "LOOP"],
            ["OPAQUE", "GUARD_CLASS_VERSION", "NEW_INSTANCE", "PUSH_FRAME"],
        ),
        "by a classmethod": (
            """
            class A:
                n = 0
                @classmethod
                def step(cls):
                    cls.n += 1
                    return cls.n
            def f(n):
                t = 0
                for i in range(n):
                    t += A.step()
                return t
            """,
            ["STORE_FIELD_INT", "LOOP"],
            ["OPAQUE", "PUSH_FRAME"],
        ),
        "by an instance": (
            """
            class A:
                n = 0
                def step(self):
                    type(self).n += 2
                    return self.n
            def f(n):
                t, a = 0, A()
                for i in range(n):
                    t += a.step()
                return t
            """,
            ["STORE_FIELD_INT", "LOOP"],
            ["OPAQUE", "PUSH_FRAME", "GET_ATTR"],
        ),
        "an object": (
            """
            class Node:
                head = None
                def __init__(self, x):
                    self.x = x
                    Node.head = self
            def f(n):
                t = 0
                for i in range(9): Node(i), Node.head      # varies before the loop is specialized
                for i in range(n):
                    Node(i)
                    t += Node.head.x
                return t
            """,
            ["NEW_INSTANCE", "STORE_FIELD", "DICT_CHANGED", "LOOP"],
            ["OPAQUE"],
        ),
        "with a metaclass": (
            """
            import abc
            class A(abc.ABC): n = 0
            def f(n):
                for i in range(n):
                    A.n += 1
                return A.n
            """,
            ["IADD", "STORE_FIELD_INT", "LOOP"],
            ["OPAQUE", "GET_ATTR"],
        ),
    }


VERSIONS = """
import _testcapi
version = _testcapi.type_get_version
class A:
    n, constant = 0, 1
    def method(self): return self.n
class B(A): pass
def read(cls): return cls.n
def many(n):
    for i in range(n):
        A.n += 1
        read(A), read(B), A().method(), B().method()
many(100)
_testcapi.type_assign_version(B)
before = version(A), version(B)
assert 0 not in before
"""


class Versions(unittest.TestCase):
    """Which stores change the version of a class: the same with and without the JIT."""

    def check(self, source):
        import_helper.import_module("_testcapi")
        for jit in "0", "1":
            # Names whose hashes are alike share what is known of them.
            run(VERSIONS + source, PYTHON_JIT=jit, PYTHONHASHSEED="0")

    def test_counted_for_ever(self):
        self.check("many(3000)\nassert (version(A), version(B)) == before")

    def test_other_stores(self):
        # What is constant has been read as often, and replaced once.
        for store in (
            "A.constant = 2",
            "A.n = lambda self: 0",
            "A.n = property(len)",
            "del A.n",
            "A.more = 5",
            "A.__doc__ = 'x'",
            "A.method = A.method",
        ):
            self.check(f"{store}\nassert version(A) not in before and version(B) not in before\nmany(0)")

    def test_of_a_subclass(self):
        self.check("B.n = 5\nassert version(A) == before[0] and version(B) != before[1]")

    def test_nobody_reads(self):
        self.check(
            """
class C: n = 0
changes = set()
for i in range(50):
    _testcapi.type_assign_version(C)
    changes.add(version(C))
    C.n = i
assert len(changes) == 50
"""
        )

    def test_watchers(self):
        # They hear of each store, also where a trace had made it.
        self.check(
            """
watcher = _testcapi.add_type_watcher(0)
_testcapi.watch_type(watcher, B)
for i in range(100):
    A.n = i
    assert _testcapi.get_type_modified_events() == [B] * (i + 1), i
    assert read(B) == i
    _testcapi.type_assign_version(B)
many(300)
events = _testcapi.get_type_modified_events()
assert len(events) > 200, len(events)
_testcapi.clear_type_watcher(watcher)
"""
        )

    def test_places_after_finalizers_and_strange_mros(self):
        # The dict that has a variable moves, and what is cached for a class does not know it.  Tier 1 reads these places, too.
        program = """
class V: n = 7
def new_read():
    def read(o):
        for i in range(200): r = o.x.n
        return r
    read.__code__ = read.__code__.replace(co_name="r")
    return read
class Reads:
    def __init__(self, box): self.box = box
    def __del__(self): read(self.box[0])
space = {"Reads": Reads, "V": V, "__builtins__": __builtins__}
exec('''def make(k):
    box = []
    names = {"x": V(), **{f"y{i}": i for i in range(k)}, "__firstlineno__": Reads(box)}
    box.append(type("C", (), names))
    return box[0]
''', space)
out = []
for k in range(16):
    read = new_read()
    C = space["make"](k)
    C.__module__ = "m"
    junk = [{f"a{j}": j for j in range(m)} for m in range(40)]
    out.append(read(C))
    class M(type):
        def mro(cls): return [cls, X, object] if cls.__name__ == "Y" else type.mro(cls)
    class X: x = V()
    for i in range(k): setattr(X, f"y{i}", i)
    Y = M("Y", (), {})
    del M.mro
    y, read = Y(), new_read()
    read(y)
    for i in range(40): setattr(X, f"z{i}", i)
    junk = [{f"a{j}": j for j in range(m)} for m in range(60)]
    out.append(read(y))
print(set(out))
"""
        for on in "0", "1":
            with self.subTest(on):
                self.assertEqual(run(program, PYTHON_JIT=on).strip(), "{7}")

    def test_same_layout(self):
        # Wheels know how large a class is.
        if sys.maxsize > 2**32:
            self.assertEqual(type.__basicsize__, 928)


if __name__ == "__main__":
    unittest.main()
