"""Attributes that are more than a place in an object: fields of named tuples, getters of C, `__get__`, properties, `__getattr__`;
and ints of classes derived from int.

Every way in which code of users runs, or something else than before is found, is in a program that is run with each check of its
traces made to fail in turn.
"""

import sys
import unittest

from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")


def program(functions, names, n=240):
    return f"""
import enum, gc, sys, traceback, weakref
from collections import namedtuple
try:
    from _testinternalcapi import get_c_recursion_remaining, get_recursion_depth
except ImportError:
    get_c_recursion_remaining = get_recursion_depth = int
{functions}
def run():
    out = [repr(f({n})) for f in ({names},)]
    return out + [repr((get_c_recursion_remaining(), get_recursion_depth()))]
{RUN_AND_COUNT}"""


# --- Items and numbers -------------------------------------------------------------------------------------------------

FIELDS = program(
    """
Point = namedtuple("Point", "x y")
class Derived(Point):
    __slots__ = ()
    def total(self): return self.x + self.y
class Wide(Point): pass
Other = namedtuple("Other", "y x")

class Noisy:
    ended = 0
    def __del__(self): Noisy.ended += 1

def fields(n):
    p, t = Point(1, 2.5), 0
    for i in range(n):
        q = Derived(i, p)
        t += p.x + q.x + q.y.y
    return t

def totals(n):
    ps, t = [Derived(3, 4), Wide(5, 6), Other(7, 8), Point(9, 1)], 0
    for i in range(n):
        p = ps[i & 3]
        t += p.x * 2 + p.y
        if i % 3 == 0: t += ps[0].total()
    return t

def called(n):
    p, out = Point(len, str), []
    for i in range(n):
        out.append(p.x("abc") + i)
        out.append(p.y(i))
    return out

def temporaries(n):
    out = []
    Noisy.ended = 0
    for i in range(n):
        out.append(Point([i], i).x)
        Point(Noisy(), i).y
        out.append(Noisy.ended)
        out.append(Point(Noisy(), i).x is None)
        out.append(Noisy.ended)
    return out

def short(n):
    # Who makes tuples by himself may make them too short.
    ps = [Point(1, 2)] * 150 + [tuple.__new__(Point, (i,)) for i in range(n - 150)]
    out = []
    for p in ps:
        try:
            out.append(p.x)
            out.append(p.y)
        except IndexError as error:
            out.append(str(error))
    return out

class Changed(namedtuple("Changed", "a b")): pass

def changed(n):
    p, out = Changed(1, 2), []
    for i in range(n):
        out.append(p.a)
        if i == 150: Changed.a = property(lambda self: self.b * 10)
        if i == 200: Changed.a = Changed.b
    del Changed.a
    return out

def other_owners(n):
    # The class says that it is a field, but its instances are no tuples.
    class Odd:
        x = Point.x
    o, out = Odd(), []
    for i in range(n):
        try:
            out.append(o.x)
        except TypeError as error:
            out.append(str(error))
    return out[-3:]

def reads_by_name(n):
    p, t = Point(3, 4), 0
    for i in range(n):
        t += getattr(p, "x") + getattr(p, "z", 1) + hasattr(p, "y")
    return t
""",
    "fields, totals, called, temporaries, short, changed, other_owners, reads_by_name",
)

GETTERS = program(
    """
class Num(int): pass
class Real(float): pass

def numbers(n):
    out, values = [], [1, 2.5, True, Num(7), Real(1.5), 2j, 10 ** 30]
    for i in range(n):
        v = values[i % 7]
        out.append((v.real, v.imag, type(v.real)))
    return out

def wholes(n):
    out, values = [], [1, 300, True, Num(7)]
    for i in range(n):
        v = values[i & 3]
        out.append((v.numerator, v.denominator, type(v.numerator)))
    return out

def functions(n):
    out, values = [], [numbers, len, [].append, functions]
    def inner(): pass
    for i in range(n):
        out.append((values[i & 3].__name__, values[i & 3].__qualname__))
        inner.__name__ = str(i)
        out.append(inner.__name__)
    return out

def arguments(n):
    out = []
    for i in range(n):
        try:
            raise ValueError(i, i & 1)
        except ValueError as error:
            out.append(error.args)
    return out
""",
    "numbers, wholes, functions, arguments",
)

INTS = program(
    """
class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 300
    HUGE = 2 ** 70
class Num(int): pass
class Odd(int):
    def __add__(self, o): return "odd"
    def __lt__(self, o): return "less"
class Right(int):
    def __radd__(self, o): return "radd"
class Place(int):
    def __iadd__(self, o): return Num(o)

def members(n):
    t = 0
    for i in range(n):
        t += Size.SMALL + 1
        t += i * Size.LARGE - Size.SMALL
        t ^= Size.LARGE & 0xff
        if i < Size.LARGE: t += 1
        if Size.SMALL == i or Size.LARGE != 300: t -= 7
        t += (Size.SMALL < Size.LARGE) + (2.5 > Size.SMALL)
    return t, type(Size.SMALL + 0), type(Size.LARGE << 0)

def all_operators(n):
    out = []
    for i in range(1, n):
        a = Num(i)
        out.append((a + 2, a - 2, a * 2, a // 7, a % 7, a ** 2, a / 4, a & 12, a | 3, a ^ 5, a << 2, a >> 1))
        out.append((2 + a, 2 - a, 2 * a, 700 // a, 700 % a, 1000 / a, 12 & a, 3 | a, 5 ^ a, 1.5 * a, a * 1.5, a + True))
        out.append((a < 100, a <= 100, a == 100, a != 100, a > 100, a >= 100, 1.5 < a))
        out.append([type(x) for x in out[-2][:4]])
    return out

def methods_of_their_own(n):
    out, values = [], [Num(1), Odd(2), Right(3), Place(4), 5, True, Size.HUGE, 2.5]
    for i in range(n):
        v = values[i % 8]
        out.append((v + 1, 1 + v, v < 9, 9 > v, v * 2))
        v += 10
        out.append((v, type(v)))
    return out

def temporaries(n):
    t, ends = 0, []
    class Ends(int):
        def __del__(self): ends.append(1)
    for i in range(n):
        t += Num(i) + Num(i)
        t += Ends(i) * 2
        if Num(i) > 100: t += len(ends)
    return t, len(ends)

def changed(n):
    class C(int): pass
    c, out = C(5), []
    for i in range(n):
        out.append(c + 1)
        if i == 120: C.__add__ = lambda self, o: "added"
        if i == 180: del C.__add__
    return out

def identity(n):
    out = []
    for i in range(n):
        a = Num(i)
        b = a + 0
        out.append((a is b, type(a), type(b), a == b))
    return out
""",
    "members, all_operators, methods_of_their_own, temporaries, changed, identity",
)

# --- Python functions ---------------------------------------------------------------------------------------------------

DESCRIPTORS = program(
    """
class Data:
    def __init__(self, k): self.k = k
    def __get__(self, o, t=None): return self if o is None else o.v + self.k
    def __set__(self, o, v): o.v = v

class Plain:
    def __get__(self, o, t): return o, t, len(vars(o))

class Colour(enum.Enum):
    RED = 1
    BLUE = 2

class A:
    d = Data(5)
    p = Plain()
    def __init__(self, v): self.v = v
    @property
    def double(self): return self.v * 2

class B(A):
    @property
    def double(self): return self.v * 3

class C(A):
    double = Data(7)

def data(n):
    a, t = A(2), 0
    for i in range(n):
        a.d = i
        t += a.d
    return t

def values(n):
    t = 0
    for i in range(n):
        t += Colour.RED.value + len(Colour.BLUE.name)
    return t

def not_data(n):
    a, out = A(1), []
    for i in range(n):
        x = a.p
        out.append((x[0] is a, x[1], x[2]) if type(x) is tuple else x)
        if i == 100: a.p = "own"
        if i == 150: del a.p
    return out

def own_dict(n):
    a, out = A(1), []
    a.__dict__ = {"v": 1}
    for i in range(n):
        x = a.p
        out.append(x[2] if type(x) is tuple else x)
        if i == 100: vars(a)["p"] = "own"
        if i == 150: del vars(a)["p"]
    return out

def getters(n):
    objects, t = [A(1), B(2), C(3), A(4)], 0
    for i in range(n):
        t += objects[i & 3].double
    return t

def getter_is_replaced(n):
    class D:
        @property
        def x(self): return 1
    ds, out = [D(), A(0)], []
    A.x = D.x
    for i in range(n):
        out.append(ds[i & 1].x)
        if i == 180: D.x = 3
    del A.x
    return out

def descriptor_changes(n):
    class Get:
        def __get__(self, o, t): return 1
    class Got:
        def __get__(self, o, t): return 2
    class D: x = Get()
    d, out = D(), []
    for i in range(n):
        out.append(d.x)
        if i == 80: D.__dict__["x"].__class__ = Got
        if i == 120: Got.__get__ = lambda self, o, t: 3
        if i == 160: D.x = Get()
        if i == 200: Get.__get__.__code__ = (lambda self, o, t: 4).__code__
    return out

class Counts:
    def __get__(self, o, t):
        return sys.getrefcount(self), sys.getrefcount(o), o.v
class Counted:
    c = Counts()
    v = 0

def references(n):
    # What the trace has for a constant a recording holds, too.
    o, out, own = Counted(), [], set()
    for i in range(n):
        o.v = i
        out.append(o.c[1:])
        out.append(Counted().c[1])
        own.add(o.c[0])
    return out, min(own)

class Fails:
    def __get__(self, o, t):
        if o.v % 5 == 0: raise AttributeError("no")
        if o.v % 7 == 0: raise ValueError(o.v)
        return sys._getframe().f_back.f_code.co_name, sys._getframe(1).f_lineno
class Failing:
    f = Fails()
    def __init__(self, v): self.v = v

def failures(n):
    out = []
    for i in range(n):
        o = Failing(i)
        try:
            out.append(
                o.f
            )
        except AttributeError as error:
            out.append((error.name, error.obj is o, [t.name for t in traceback.extract_tb(error.__traceback__)]))
        except ValueError as error:
            out.append((str(error), [t.lineno for t in traceback.extract_tb(error.__traceback__)]))
    return out

def nested(n):
    class Deep:
        def __get__(self, o, t): return o.left if o.k else o.k
    class Node:
        left = Deep()
        k = 0
    node, out = Node(), []
    def depth(i):
        try:
            node.k = 1
            return node.left
        except RecursionError:
            node.k = 0
            return node.left
    for i in range(60):
        if i % 20 == 19:
            out.append(depth(i))
        node.k = 0
        out.append(node.left)
    return out

class Ends:
    heard = []
    def __get__(self, o, t): return Ends.heard.append("got")
    def __del__(self): Ends.heard.append("descriptor")

def ends(n):
    Ends.heard.clear()
    class Temporary:
        x = Ends()
        def __del__(self): Ends.heard.append("object")
    for i in range(n):
        Temporary().x
        Ends.heard.append(i)
    return Ends.heard
""",
    "data, values, not_data, own_dict, getters, getter_is_replaced, descriptor_changes, references, failures, nested, ends",
)

HOOKS = program(
    """
class Hook:
    known = 1
    def __init__(self, v): self.v = v
    def __getattr__(self, name): return self.v if name == "value" else len(name)

class Inner: pass
class Proxy:
    def __init__(self, inner): self.inner = inner
    def __getattr__(self, name): return getattr(self.inner, name)

class Slots:
    __slots__ = "a",
    def __getattr__(self, name): return name

class Both:
    def __getattribute__(self, name): return "all " + name
    def __getattr__(self, name): return "none " + name

def values(n):
    h, t = Hook(3), 0
    for i in range(n):
        h.v = i
        t += h.value + h.known + h.other + h.v
    return t

def proxies(n):
    inner = Inner()
    inner.x = 2
    p, t, out = Proxy(Proxy(inner)), 0, []
    for i in range(n):
        t += p.x
        if i == 100: inner.x = 5
        if i == 150: p.x = 7
        if i == 200: del p.x
        if i % 50 == 49:
            try:
                p.y
            except AttributeError as error:
                out.append((str(error), error.name, error.obj is inner))
    return t, out

def comes_and_goes(n):
    h, out = Hook(1), []
    for i in range(n):
        out.append(h.extra)
        if i == 100: Hook.extra = "class"
        if i == 140: del Hook.extra
        if i == 160: h.extra = "own"
        if i == 180: del h.extra
        if i == 200: Hook.__getattr__ = lambda self, name: -1
        if i == 220: h.__class__ = Inner; h.extra = 2
    Hook.__getattr__ = hook
    return out
hook = Hook.__getattr__

def many(n):
    objects, out = [Hook(1), Slots(), Both(), Proxy(Hook(2))], []
    for i in range(n):
        out.append((objects[i & 3].a, objects[i & 3].value))
    return out

def in_dict(n):
    h, out = Hook(1), []
    h.__dict__ = {"v": 4}
    for i in range(n):
        out.append(h.value)
        if i == 150: vars(h)["value"] = "own"
    return out

class Refs:
    def __getattr__(self, name): return sys.getrefcount(self), name

def references(n):
    r, out = Refs(), []
    for i in range(n):
        out.append((r.abc, Refs().abc))
    return out

class Properties:
    @property
    def p(self): raise AttributeError("inside")
    def __getattr__(self, name): return "hook " + name

def property_fails(n):
    p, out = Properties(), []
    for i in range(n):
        out.append(p.p)
    return out
""",
    "values, proxies, comes_and_goes, many, in_dict, references, property_fails",
)

WITH = program(
    """
class Manager:
    def __init__(self, out): self.out, self.k = out, 0
    def __enter__(self):
        self.k += 1
        return self.k
    def __exit__(self, kind, value, trace):
        self.out.append(kind)
        self.k += 2
        return kind is KeyError

class Rest:
    def __init__(self): self.all = []
    def __enter__(self): return self
    def __exit__(self, *rest): self.all.append(rest)

class Quiet:
    def __enter__(self): return self
    def __exit__(self, *rest): return True

def plain(n):
    m, t = Manager([]), 0
    for i in range(n):
        with m as k:
            t += k
        with m: t += 1
    return t, m.k, len(m.out)

def temporaries(n):
    t, out = 0, []
    for i in range(n):
        with Manager(out) as k:
            t += k + i
    return t, out

def rest(n):
    r = Rest()
    for i in range(n):
        with r, Quiet() as q:
            r.all.append(i)
    return r.all

def exceptions(n):
    m, out = Manager([]), []
    for i in range(n):
        try:
            with m as k:
                if i % 3 == 0: raise KeyError(i)
                if i % 7 == 0: raise ValueError(i)
                out.append(k)
        except ValueError as error:
            out.append((str(error), [t.name for t in traceback.extract_tb(error.__traceback__)]))
    return out, m.out, m.k

class Enters:
    def __init__(self, k): self.k = k
    def __enter__(self):
        if self.k % 5 == 0: raise ValueError(self.k)
        return sys._getframe(1).f_lineno, sys._getframe().f_back.f_code.co_name
    def __exit__(self, a, b, c):
        if self.k % 7 == 0: raise LookupError(self.k)

def failures(n):
    out = []
    for i in range(n):
        try:
            with Enters(i) as where:
                out.append(where)
        except ValueError as error:
            out.append((str(error), [t.lineno for t in traceback.extract_tb(error.__traceback__)]))
        except LookupError as error:
            out.append((str(error), [t.lineno for t in traceback.extract_tb(error.__traceback__)]))
    return out

def leaving(n):
    m, out = Manager([]), []
    def f(i):
        with m as k:
            if i & 1: return k
        return -k
    for i in range(n):
        out.append(f(i))
        for j in range(3):
            with m:
                if j == i % 3: break
        with m:
            continue
    return out, m.k

class Ends:
    heard = []
    def __init__(self, k): self.k = k
    def __enter__(self): return sys.getrefcount(self)
    def __exit__(self, a, b, c): Ends.heard.append(sys.getrefcount(self))
    def __del__(self): Ends.heard.append(self.k)

def ends(n):
    Ends.heard.clear()
    for i in range(n):
        with Ends(i) as count:
            Ends.heard.append(count)
        Ends.heard.append("behind")
    return Ends.heard

def changed(n):
    class C:
        def __enter__(self): return 1
        def __exit__(self, *a): pass
    c, out = C(), []
    for i in range(n):
        with c as x:
            out.append(x)
            if i == 60: C.__enter__ = lambda self: 2
            if i == 100: C.__exit__ = lambda self, *a: out.append("exit")
            if i == 150: c.__enter__ = c.__exit__ = None
            if i == 180: C.__exit__ = staticmethod(lambda *a: out.append(a))
    return out

class Back:
    def __init__(self, k): self.k = [k]
    def __enter__(self): return self
    def __exit__(self, *rest): return self

def gives_itself_back(n):
    # The last reference to it is the method's.
    t = 0
    for i in range(n):
        with Back(i) as b: t += b.k[0]
        del b
        with Back(i): t += 1
    return t

def around_loops(n):
    m, t = Manager([]), 0
    for i in range(n // 10):
        with m as k:
            for j in range(30):
                t += j + k
    return t, m.k

def suspended(n):
    m, out = Manager([]), []
    def g(k):
        for i in range(k):
            with m as x:
                yield x
    for x in g(n):
        out.append(x)
    return out
""",
    "gives_itself_back, plain, temporaries, rest, exceptions, failures, leaving, ends, changed, around_loops, suspended",
)


CLASSES = program(
    """
class Meta(type):
    @property
    def p(cls): return cls.v
    @p.setter
    def p(cls, v): cls.v = v
class Hooked(type):
    def __setattr__(cls, name, v): super().__setattr__(name, [v])
class Noisy:
    heard = []
    def __init__(self, k): self.k = k
    def __del__(self): Noisy.heard.append(self.k)

class Counter:
    count = 0
    def __init__(self):
        Counter.count += 1
        self.k = Counter.count
class Sub(Counter): pass

def counts(n):
    if "count" in vars(Sub): del Sub.count
    Counter.count = 0
    for i in range(n):
        Counter.count += 2
    return Counter.count, Sub.count

def instances(n):
    Counter.count, t = 0, 0
    for i in range(n):
        t += Counter().k + Sub().k
    return t, Counter.count

def shadows(n):
    if "count" in vars(Sub): del Sub.count
    Counter.count, out = 0, []
    for i in range(n):
        Counter.count += 1
        if i == 150: Sub.count = "own"
        out.append((Counter.count, Sub.count))
    return out

def values_that_go(n):
    class C: last = None
    out = []
    Noisy.heard.clear()
    for i in range(n):
        before = C.last
        C.last = [i]
        out.append(before)
        C.last = Noisy(i)
        x = C.last
        C.last = (i, "x")
        out.append((x.k, C.last, len(Noisy.heard)))
    return out, len(Noisy.heard)

def methods_that_go(n):
    class C:
        def m(self): C.m = lambda self, i=i: i; return "first"
    c, out, i = C(), [], 0
    for i in range(n):
        out.append(c.m())
        C.m = (lambda self, k=i: (setattr(C, "k", k), k)[1]) if i % 3 else (lambda self: "third")
        c.n = C.m
    return out

def metaclasses(n):
    A, B = Meta("A", (), {}), Hooked("B", (), {})
    A.v, out = 0, []
    for i in range(n):
        A.p = i
        A.v += 1
        B.x = i
        out.append((A.v, A.p, B.x))
    return out

def specials(n):
    class C: pass
    c, out = C(), []
    for i in range(n):
        C.__len__ = (lambda k: lambda self: k)(i)
        out.append(len(c))
        C.__doc__ = str(i)
        out.append(C.__doc__)
    return out

def builtin(n):
    out = []
    for i in range(n):
        try:
            int.x = i
        except TypeError as error:
            out.append(str(error))
    return out[-2:]

def inherited(n):
    class A:
        x = 0
        def f(self): return self.x
    class B(A): pass
    b, t = B(), 0
    for i in range(n):
        A.x = i
        t += b.x + b.f() + B.x
    return t
""",
    "counts, instances, shadows, values_that_go, methods_that_go, metaclasses, specials, builtin, inherited",
)

# A method that raises each time has no trace of its own, but the loop around it has.
RAISES = program(
    """
import contextlib
@contextlib.contextmanager
def manager(out):
    out.append("begin")
    try:
        yield 3
    finally:
        out.append("end")

class Tries:
    def __getattr__(self, name):
        try:
            return {}[name]
        except KeyError:
            return 7

def with_generators(n):
    out, t = [], 0
    for i in range(n):
        with manager(out) as x:
            t += x + i
    return t, len(out)

def tries(n):
    o, t = Tries(), 0
    for i in range(n):
        t += o.x + i
    return t
""",
    "with_generators, tries",
    1500,
)


class TestFields(ForcedExits, unittest.TestCase):
    program = FIELDS


class TestGetters(ForcedExits, unittest.TestCase):
    program = GETTERS


class TestInts(ForcedExits, unittest.TestCase):
    program = INTS


class TestDescriptors(ForcedExits, unittest.TestCase):
    program = DESCRIPTORS


class TestHooks(ForcedExits, unittest.TestCase):
    program = HOOKS


class TestWith(ForcedExits, unittest.TestCase):
    program = WITH


class TestClasses(ForcedExits, unittest.TestCase):
    program = CLASSES


class TestRaises(ForcedExits, unittest.TestCase):
    program = RAISES


class TestWholeInstructions(ForcedExits, unittest.TestCase):
    """Attributes and `with` where frames are in memory."""

    program = WITH + DESCRIPTORS.split("# ---")[0]
    settings = {"PYTHON_JIT_FRAMES": "1"}


class TestLoops(OptimizedLoops, unittest.TestCase):
    expected_loops = {
        "fields of a named tuple": (
            """
            from collections import namedtuple
            P = namedtuple("P", "x y")
            def f(n):
                ps, t = [P(1, 2), P(3, 4)], 0
                for i in range(n):
                    p = ps[i & 1]
                    t += p.x + p.y
                return t
            """,
            ["GUARD_TUPLE_INDEX", "TUPLE_GET", "TUPLE_GET"],
            ["OPAQUE", "GET_ATTR"],
        ),
        "getters of builtin types": (
            """
            def f(n):
                g, t = len, 0
                for i in range(n):
                    t += len(g.__name__) + len(f.__qualname__)
                return t
            """,
            ["MAKE_ATTR", "MAKE_ATTR"],
            ["OPAQUE"],
        ),
        "members of an IntEnum": (
            """
            import enum
            class S(enum.IntEnum):
                A = 1
                B = 2
            def f(n):
                t = 0
                for i in range(n):
                    t += S.A + i
                    if t > S.B: t -= S.B * 2
                return t
            """,
            ["IADD", "GUARD_IGT"],
            ["OPAQUE", "CALL_LEAF"],
        ),
        "a descriptor": (
            """
            class D:
                def __get__(self, o, t): return o.v + 1
            class A: d = D()
            def f(n):
                a, t = A(), 0
                a.v = 1
                for i in range(n):
                    t += a.d
                return t
            """,
            ["IADD"],
            ["OPAQUE", "PUSH_FRAME", "CALL_LEAF"],
        ),
        "the value of a member": (
            """
            import enum
            class E(enum.Enum): A = 1
            def f(n):
                t = 0
                for i in range(n):
                    t += E.A.value
                return t
            """,
            ["IADD"],
            ["OPAQUE", "PUSH_FRAME"],
        ),
        "getters of two types": (
            """
            class A:
                v = 1
                @property
                def x(self): return self.v
            class B(A):
                @property
                def x(self): return self.v + 1
            def f(n):
                objects, t = [A(), B()], 0
                for i in range(n):
                    t += objects[i & 1].x
                return t
            """,
            ["IADD"],
            ["OPAQUE", "PUSH_FRAME"],
        ),
        "__getattr__": (
            """
            class G:
                def __getattr__(self, name): return len(name)
            def f(n):
                g, t = G(), 0
                for i in range(n):
                    t += g.foo
                return t
            """,
            ["IADD"],
            ["OPAQUE", "PUSH_FRAME"],
        ),
        "a method that raises inside": (
            """
            class Tries:
                def __getattr__(self, name):
                    try: return {}[name]
                    except KeyError: return 7
            def f(n):
                o, t = Tries(), 0
                for i in range(n):
                    t += o.x + i
                return t
            f(5000)
            """,
            ["DICT_HAS", "IADD"],
            ["ENTER_OPERATOR", "CATCH", "EXC_MATCH", "OPAQUE"],
        ),
        "with": (
            """
            class M:
                k = 0
                def __enter__(self): self.k += 1
                def __exit__(self, *rest): self.k -= 2
            def f(n):
                m, t = M(), 0
                m.k = 1
                for i in range(n):
                    with m: t += i
                return t
            """,
            ["IADD"],
            ["OPAQUE", "PUSH_FRAME"],
        ),
    }


if __name__ == "__main__":
    unittest.main()
