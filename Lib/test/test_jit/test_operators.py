"""Operators whose methods are Python functions: a trace goes through the method, in a frame.

Between the operator's frame and the method's is one that finishes the operator, which nobody may see.
"""

import sys
import unittest

from test.test_jit.exits import ForcedExits, in_order, loops
from test.test_jit.test_typed import RUN_AND_COUNT, run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

CLASSES = """
import gc, sys, traceback, weakref
try:
    from _testinternalcapi import get_c_recursion_remaining, get_recursion_depth
except ImportError:
    get_c_recursion_remaining = get_recursion_depth = int

class P:
    def __init__(self, x, y=0):
        self.x = x
        self.y = y
    def __add__(self, o):
        return P(self.x + o.x, self.y + o.y)
    def __sub__(self, o):
        return P(self.x - o.x, self.y - o.y)
    def __mul__(self, k):
        return P(self.x * k, self.y * k)
    def __rmul__(self, k):
        return P(k * self.x, k * self.y)
    def __truediv__(self, k): return self.x / k
    def __floordiv__(self, k): return self.x // k
    def __mod__(self, k): return self.x % k
    def __pow__(self, k): return self.x ** k
    def __matmul__(self, o): return self.x * o.x + self.y * o.y
    def __and__(self, o): return self.x & o.x
    def __or__(self, o): return self.x | o.x
    def __xor__(self, o): return self.x ^ o.x
    def __lshift__(self, k): return self.x << k
    def __rshift__(self, k): return self.x >> k
    def __eq__(self, o): return self.x == o.x
    def __ne__(self, o): return self.x != o.x
    def __lt__(self, o): return self.x < o.x
    def __le__(self, o): return self.x <= o.x
    def __gt__(self, o): return self.x > o.x
    def __ge__(self, o): return self.x >= o.x

class S:
    __slots__ = ("x",)
    def __init__(self, x):
        self.x = x
    def __add__(self, o):
        return S(self.x + o.x)
    def __iadd__(self, o):
        self.x += o.x
        return self
    def __lt__(self, o):
        return self.x < o.x
"""


def program(functions, names):
    """Runs the functions.  What they took of the recursion limits is given back whatever leaves a trace."""
    return f"""{CLASSES}
{functions}
def run():
    out = [repr(f(240)) for f in ({names},)]
    return out + [repr((get_c_recursion_remaining(), get_recursion_depth()))]
{RUN_AND_COUNT}"""


PLAIN = program(
    """
def steps(n):
    p, d = P(0, 0.0), P(1, 0.5)
    for i in range(n):
        p = p + d
    return p.x, p.y

def all_operators(n):
    t, a = 0, P(5, 3)
    for i in range(n):
        b = P(i, 2)
        t += (a + b).x + (a - b).y + (a * 2).x + (2 * a).x + a // 2 + a % 3 + a ** 2 + (a @ b)
        t += (a & b) + (a | b) + (a ^ b) + (a << 1) + (a >> 1) + int(a / 2)
        t += (a == b) + (a != b) + (a < b) + (a <= b) + (a > b) + (a >= b)
        if a < b: t += 1
        if a == b: t += 2
        if not a != b: t += 3
    return t

def in_place(n):
    s, d, q = S(0), S(2), P(1)
    for i in range(n):
        s += d
        q += q
        q -= P(q.x // 2)
        q *= 1
    return s.x, q.x, d.x

def least(n):
    a = [S((i * 7919) % 101) for i in range(n)]
    m, k = a[0], 0
    for s in a:
        if s < m:
            m = s
        elif m < s:
            k += 1
    return m.x, k

def numbers_on_the_right(n):
    t, p = 0.0, P(2.0)
    for i in range(n):
        t += (p * i).x + (p * 0.5).x + (p * True).x
    return t

""",
    "steps, all_operators, in_place, least, numbers_on_the_right",
)

# What comes back is not what was hoped for.
RESULTS = program(
    """class Shy:
    def __init__(self, k): self.k = k
    def __add__(self, o): return NotImplemented if self.k > o else self.k
    def __radd__(self, o): return o, "radd"
    def __iadd__(self, o): return NotImplemented if self.k > o else self
    def __lt__(self, o): return NotImplemented if self.k > 150 else self.k < 100
    def __gt__(self, o): return "gt", self.k
    def __eq__(self, o): return NotImplemented
    def __mul__(self, o): return NotImplemented
    def __pow__(self, o): return NotImplemented
    def __rshift__(self, o): return NotImplemented

class Other:
    def __radd__(self, o): return "other", o.k
    def __gt__(self, o): return "other gt"
    def __rmul__(self, o): return NotImplemented

def not_implemented(n):
    out = []
    for i in range(n):
        s = Shy(i)
        out.append(s + 150 if i < 140 else 0)
        out.append(s < Shy(-1))
        out.append(s == 5)
        out.append(s == s)
        if s == s: out.append(i)
        if s < Shy(-1): out.append(-i)
        s += 300
    return out[-40:], len(out)

def errors(n):
    out = []
    def a(i): return Shy(i) + 150
    def b(i): return Shy(i) * 2
    def c(i): return Shy(i) * [1]
    def d(i): return Shy(i) ** 2
    def e(i): return Shy(i) >> None
    def f(i):
        s = Shy(i)
        s += 150
        return type(s).__name__
    def g(i): return Shy(i) < Shy(i)
    def h(i): return Shy(i) > None
    def j(i):
        s = Shy(i)
        s **= 3
    def k(i): return Shy(i) + Other() if i > 100 else Shy(i) + 500
    def l(i): return Shy(i) * Other()
    def m(i): return Shy(i + 150) < Other()
    for i in range(n):
        for function in a, b, c, d, e, f, g, h, j, k, l, m:
            try:
                out.append(function(i))
            except TypeError as error:
                out.append(str(error))
    return out[:12], out[-12:], len(out)

def unequal(n):
    # `!=` where there is only __eq__.
    class C:
        def __init__(self, k): self.k = k
        def __eq__(self, o):
            if self.k % 50 == 49: raise KeyError(self.k)
            return NotImplemented if not isinstance(o, C) else [] if self.k % 7 == 3 else self.k == o.k
    class Child(C):
        def __ne__(self, o): return "child"
    class Other:
        def __ne__(self, o): return ["other"]
    class Below(tuple):
        def __eq__(self, o): return True
    out = []
    for i in range(n):
        a = C(i)
        for b in C(i), C(i + 1), 3, None, Child(i), Other(), a:
            try:
                out.append((a != b, b != a, 1 if a != b else 2, "x" if not b != a else "y", a == b))
            except KeyError as error:
                out.append(error.args)
        out.append((Below((1,)) != (1,), Below((1,)) != (2,), (1,) != Below()))
        if i == n // 2: C.__ne__ = lambda self, o: (self.k, "new")
        if i == n // 2 + 20: del C.__ne__
    return out

def comparisons_of_other_results(n):
    class Truth:
        def __init__(self, k): self.k = k
        def __bool__(self):
            if self.k == 230: raise ValueError("no truth")
            return self.k % 3 == 0
    class C:
        def __init__(self, k): self.k = k
        def __eq__(self, o):
            return Truth(self.k) if self.k > 100 else self.k % 2 if self.k > 50 else self.k % 2 == 1
        def __lt__(self, o): return [] if self.k & 1 else None
    t, r = 0, None
    for i in range(n):
        c = C(i)
        try:
            if c == 1: t += 1
            if c < 1: t += 100
            r = c == 2, c < 2
        except ValueError as error:
            t += 1000
    return t, type(r[0]).__name__, r[1]

""",
    "not_implemented, errors, comparisons_of_other_results, unequal",
)

# Who comes first, and what changes.
CHANGES = program(
    """class Child(P):
    def __radd__(self, o): return "child", o.x
    def __gt__(self, o): return "child gt"

class R:
    def __init__(self, k): self.k = k
    def __radd__(self, o): return o + self.k
    def __rsub__(self, o): return R(o - self.k)
    def __rmul__(self, o): return NotImplemented if self.k > 180 else o * 2
    def __rpow__(self, o): return o, self.k
    def __rtruediv__(self, o): return 1 // (self.k - 190) + o
    def __add__(self, o): return "no"
class N(int):
    def __radd__(self, o): return "N"
class F(float):
    def __rmul__(self, o): return "F"
class C(complex):
    def __radd__(self, o): return "C"

def reflected(n):
    t, words, odd = 0, set(), [5, 2.5, True, 1 << 70, -3]
    for i in range(n):
        r = R(i)
        left = odd[i % 5]
        t += (i + r) + (2.5 + r) + (True + r) + (10 - r).k + left + (left + r)
        k = left
        k -= r
        t += k.k + (left ** r)[1]
        words |= {1 + N(i), i + N(2), 2.0 * F(i), 2 * F(i), 1 + C(i), 2.5 + C(i)}
        try:
            t += i * r
            k = 7
            k *= r
            t += k
        except TypeError as error:
            words.add(str(error))
        try:
            t += i / r
        except ZeroDivisionError as error:
            words.add(str([e.name for e in traceback.extract_tb(error.__traceback__)]))
    return t, sorted(map(str, words))

def children(n):
    t, p = [], P(1)
    for i in range(n):
        o = P(i) if i % 5 else Child(i)
        r = p + o
        t.append(r if type(r) is tuple else r.x)
        t.append(p < o)
    return t[-20:]

class First:
    def __add__(self, o): return 1
class Derived(First): pass
class Second:
    def __add__(self, o): return 2 + o
class Calls(Second):
    def __add__(self, o): return super().__add__(o) + 10

def several_classes(n):
    t, objects = 0, [First(), Derived(), Second(), Calls(), 5, 2.5, True]
    for i in range(n):
        t += objects[i % 7] + i
    return t

def replaced(n):
    class A:
        def __add__(self, o): return 1
        def __lt__(self, o): return True
    def two(self, o): return 2
    t, a, b = 0, A(), A()
    for i in range(n):
        t += a + b
        if a < b: t += 100
        if i == n // 3:
            A.__add__ = two
        elif i == n // 2:
            A.__add__ = lambda self, *rest: 3
            A.__lt__ = lambda self, o: False
        elif i == n - 40:
            A.__add__.__code__ = two.__code__
        elif i == n - 20:
            del A.__add__
            A.__radd__ = two
            b = P(1)
            P.__radd__ = lambda self, o: 7
    del P.__radd__
    return t

def replaced_inside(n):
    class A:
        def __add__(self, o):
            if o == 200:
                A.__add__ = lambda self, o: 1000
                return NotImplemented
            return o
    class B(A): pass
    t, a = 0, A()
    for i in range(n):
        try:
            t += a + i
        except TypeError as error:
            t = -t
    return t
""",
    "reflected, children, several_classes, replaced, replaced_inside",
)

TYPES = program(
    """def reclassed(n):
    class A:
        def __init__(self): self.k = 1
        def __add__(self, o): return self.k
        def __lt__(self, o): return o is self
    class B(A):
        def __add__(self, o): return 2
    a, t = A(), 0
    for i in range(n):
        t += a + a
        t += a < a
        if i == 150: a.__class__ = B
    return t

def metaclass(n):
    class M(type):
        def __add__(cls, o): return cls.k + o
        def __lt__(cls, o): return cls.k < o.k
    class A(metaclass=M): k = 1
    class B(metaclass=M): k = 2
    t = 0
    for i in range(n):
        t += A + i
        if A < B: t += B + 1
    return t

def builtins_below(n):
    class I(int):
        def __add__(self, o): return I(int(self) * 2 + o)
        def __lt__(self, o): return not int(self) < o
    class L(list):
        def __mul__(self, o): return NotImplemented
        def __add__(self, o): return NotImplemented
        def __iadd__(self, o): return NotImplemented
    class T(str):
        def __mod__(self, o): return "mod " + o
    class B:
        def __mul__(self, o): return NotImplemented
        def __index__(self): return 2
    t, l, messages = 0, L([1, 2]), set()
    for i in range(n):
        t += (I(i) + 1) + (1 + I(i)) + (I(i) < 5) + len(T("a") % "b") + len(B() * [1, 2]) + len(B() * "abc")
        for f in lambda: l * 3, lambda: l + [1], lambda: l.__iadd__((1,)), lambda: B() * 2.5, lambda: B() * l:
            try:
                messages.add(str(f()))
            except TypeError as error:
                messages.add(str(error))
        try:
            l += (1, 2)
        except TypeError as error:
            messages.add(str(error))
        try:
            k = B()
            k *= (1, 2)
        except TypeError as error:
            messages.add(str(error))
    return t, sorted(messages)

""",
    "reclassed, metaclass, builtins_below",
)

# What can be seen.
SEEN = program(
    """def seen(n):
    names = set()
    class A:
        def __init__(self, k): self.k = k
        def __add__(self, o):
            if self.k % 7 == 0:
                f, chain = sys._getframe(), []
                while f is not None:
                    chain.append((f.f_code.co_name, f.f_lineno))
                    f = f.f_back
                names.add(tuple(chain[:3]))
                names.add(len(traceback.extract_stack()))
            names.add((sys.getrefcount(self), sys.getrefcount(o)))
            return o
        def __lt__(self, o):
            if self.k % 7 == 0:
                names.add(sys._getframe(1).f_locals["i"] == self.k)
            return self.k & 1
    a = A(0)
    for i in range(n):
        a.k = i
        o = object()
        a + o
        A(i) + object()
        if a < o: pass
    return sorted(map(str, names))

def raising(n):
    class A:
        def __add__(self, o): return 100 // o
        def __lt__(self, o): return o[0] < 1
        def __iadd__(self, o): return self + o
    t, out, a = 0, [], A()
    for i in range(n):
        try:
            t += a + (i - 200)
            if a < ([] if i == 210 else [i]): t += 1
            b = a
            b += i - 220
        except (ZeroDivisionError, IndexError) as error:
            entries = traceback.extract_tb(error.__traceback__)
            out.append([(f.name, f.lineno, f.colno, f.end_colno) for f in entries])
            f = error.__traceback__.tb_next.tb_frame
            out.append((f.f_code.co_name, sorted(f.f_locals), f.f_back and f.f_back.f_code.co_name))
    return t, out

def ends(n):
    log = []
    class A:
        def __init__(self, k): self.k = k
        def __add__(self, o):
            del self
            log.append(o.k)
            return A(o.k + 1)
        def __del__(self): log.append(-self.k)
    for i in range(n):
        A(i) + A(1000 + i)
    return log[-12:], len(log)

def results(n):
    class A:
        def __init__(self, k): self.k = k
        def __add__(self, o): return self if o & 1 else (o, self.k)
        def __mul__(self, o): return o
        def __sub__(self, o):
            self = o
            return self
        def __lt__(self, o): return self.k
        def __or__(self, o): return [self, o]
    a, t = A(1.5), 0
    for i in range(n):
        r = a + i
        t += r is a
        t += a * i + (a * 2.5) + (a - i) + (a < i)
        t += len((a | i) * 2)
        a = a + 1
    return t

def kept_frames(n):
    frames = []
    class A:
        def __add__(self, o):
            if o % 50 == 0:
                frames.append(sys._getframe())
            return o
    a, t = A(), 0
    for i in range(n):
        t += a + i
    return t, [(f.f_locals["o"], f.f_back.f_code.co_name, f.f_back.f_locals["i"]) for f in frames]

def generators(n):
    class A:
        def __add__(self, o):
            yield o
            yield o + 1
        def __lt__(self, o):
            return sum(self + o) > 5
        async def __sub__(self, o): return o
    def each(n):
        a = A()
        for i in range(n):
            if a < i:
                yield from a + i
            c = a - i
            try:
                c.send(None)
            except StopIteration as stop:
                yield stop.value
    return sum(each(n))

def nested(n):
    class A:
        def __init__(self, k): self.k = k
        def __add__(self, o): return B(self.k) * o + B(1) * o
        def __lt__(self, o): return A(self.k + 1) + 1 > o
    class B:
        def __init__(self, k): self.k = k
        def __mul__(self, o): return A(self.k - 1) + o if self.k > 2 else self.k * o
    t, a = 0, A(5)
    for i in range(n):
        t += a + i
        if a < i: t += 1
    return t

def closures(n):
    def make(k):
        class A:
            def __add__(self, o):
                nonlocal k
                k += 1
                return [k + x for x in (o, 1)]
            def __lt__(self, o): return (lambda: o < k)()
        return A()
    a, b, t = make(1), make(100), 0
    for i in range(n):
        t += sum(a + i) + sum(b + i) + (a < b.__class__.__name__.__len__())
    return t

""",
    "seen, raising, ends, results, kept_frames, generators, nested, closures",
)

OTHERS = program(
    """class Box:
    def __init__(self, items): self.items = items
    def __len__(self): return len(self.items)
    def __getitem__(self, k): return self.items[k]
    def __contains__(self, k): return k in self.items
    def __neg__(self): return -self.items[0]
    def __invert__(self): return [~x for x in self.items]
    def __call__(self, *args): return args

class Adder:
    def __init__(self, k): self.k = k
    def __call__(self, x): return self.k + x
    def __bool__(self): return self.k > 100
    def __neg__(self): return Adder(-self.k)
    def __len__(self): return self.k

class Calls:
    def __call__(self): return 1
class Two:
    def __call__(self, x, y): return x - y
class Three:
    __slots__ = ("k",)
    def __call__(self, x, y, z): return (x, y, z, self.k)
class Four:
    def __call__(self, w, x, y, z): return w * x + y * z

def calls(n):
    t, objects = 0, [Calls(), Adder(3), Two(), Three(), Four()]
    objects[3].k = 5
    a, b = objects[1], objects[4]
    for i in range(n):
        t += objects[0]() + a(i) + objects[2](i, 2) + len(objects[3](i, [i], 2.5)) + b(1, 2, 3, i)
        t += objects[1 if i & 1 else 0](*([i] if i & 1 else []))
    return t

def truths(n):
    t, empty = 0, Box([])
    for i in range(n):
        a, c = Adder(i), Box([i] * (i % 3))
        if a: t += 1
        if not a: t += 10
        t += 100 if c else 200
        if empty or c: t += 1000
        while not empty:
            empty = Box([1])
        if i % 20 == 0: empty = Box([])
        t += bool(c) + (not c)
    return t

def sizes(n):
    t, same, big = 0, set(), Adder(1000)
    for i in range(n):
        t += len(Box(range(i))) + len(Adder(i))
        same.add(len(big) is big.k)
    return t, same

def membership(n):
    t, b = 0, Box([3, "a", 2.5])
    for i in range(n):
        if i in b: t += 1
        if i not in b: t += 10
        t += ("a" in b) + ("b" not in b) + (i in Box({i: 1}))
    return t

def items(n):
    class Two(Box):
        def __getitem__(self, k): return super().__getitem__(k) * 2
    t, boxes = 0, [Box([1, 2, 3]), Two([4, 5, 6]), Box((7, 8, 9)), [10, 11, 12]]
    for i in range(n):
        t += boxes[i & 3][i % 3] - -boxes[i & 1] + len(~boxes[2])
    return t

def odd_results(n):
    class Odd:
        def __init__(self, k): self.k = k
        def __bool__(self): return self.k > 5 if self.k < 180 else 1
        def __len__(self): return self.k - 5 if self.k < 190 else 2.5 if self.k < 200 else Odd(3)
        def __contains__(self, x): return [] if x & 1 else "yes"
        def __index__(self): return self.k
        def __neg__(self): return NotImplemented
        def __getitem__(self, k): return NotImplemented
        def __call__(self, k): return NotImplemented
    class Sized:
        def __init__(self, k): self.k = k
        def __len__(self): return True if self.k & 1 else self.k if self.k < 200 else 1 << 70
    out = []
    def a(o, i): return 1 if o else 2
    def b(o, i): return len(o)
    def c(o, i): return i in o, i not in o
    def d(o, i): return -o, o[i], o(i)
    def e(o, i): return (1 if Sized(i) else 2), len(Sized(i))
    for i in range(n):
        for f in a, b, c, d, e:
            try:
                out.append(f(Odd(i), i))
            except (TypeError, ValueError, OverflowError) as error:
                out.append((type(error).__name__, str(error)))
    return out[:20], out[-20:], len(out)

def counted(n):
    # As many references as where C calls.
    seen = set()
    class A:
        def __call__(self, x, y):
            seen.add(("call", sys.getrefcount(self), sys.getrefcount(x), sys.getrefcount(y)))
        def __neg__(self): seen.add(("neg", sys.getrefcount(self)))
        def __len__(self): return seen.add(("len", sys.getrefcount(self))) or 1
        def __contains__(self, x): seen.add(("in", sys.getrefcount(self), sys.getrefcount(x)))
        def __bool__(self): return seen.add(("bool", sys.getrefcount(self))) is None
        def __eq__(self, o): return seen.add(("eq", sys.getrefcount(self), sys.getrefcount(o))) is None
        def __setitem__(self, k, v): seen.add(("set", sys.getrefcount(self), sys.getrefcount(k), sys.getrefcount(v)))
        def __setattr__(self, k, v): seen.add(("setattr", sys.getrefcount(self), sys.getrefcount(v)))
    a = A()
    for i in range(n):
        x = object()
        for o in a, A():
            o(x, object())
            -o
            o == x, o != x, o != object(), o != o
            o[x] = x
            o[object()] = object()
            o.x = x
            o.x = o
            len(o)
            x in o
            object() in o
            if o: pass
        A()(object(), [])
        len(A())
        if A(): pass
    return sorted(map(str, seen))

def raised(n):
    class A:
        def __call__(self, x): return 1 // (x % 50)
        def __len__(self): return [3][self.k]
        def __bool__(self): return self.k[0] == 1
        def __neg__(self): return self(0)
        def __contains__(self, x): raise KeyError(x) if x == 3 else StopIteration
        def __getitem__(self, k): return (-self)[k]
    out, a = set(), A()
    for i in range(n):
        for f in (
            (lambda: a(i)), (lambda: len(a)), (lambda: 1 if a else 2), (lambda: -a), (lambda: i in a),
            (lambda: a[i]),
        ):
            a.k = (i & 1) if i % 3 else [i & 1]
            try:
                out.add(str(f()))
            except Exception as error:
                entries = traceback.extract_tb(error.__traceback__)
                out.add(str([(e.name, e.lineno, e.colno) for e in entries] + [type(error).__name__]))
    return sorted(out)

def changed(n):
    class A:
        def __len__(self): return 1
        def __call__(self, x): return x
        def __contains__(self, x): return x & 1
    class B(A):
        def __bool__(self): return False
    t, a = 0, A()
    for i in range(n):
        t += len(a) + a(i) + (i in a) + (1 if a else 2)
        if i == n // 3:
            A.__len__ = lambda self: 2
            A.__call__ = lambda self, x, y=5: x + y
        elif i == n // 2:
            a.__class__ = B
        elif i == n // 2 + 30:
            A.__call__ = Box.__call__
            A.__contains__ = None
            break
    for i in range(n):
        t += len(a(i)) + (1 if a else 2)
        try:
            t += i in a
        except TypeError as error:
            t += len(str(error))
    return t
""",
    "calls, truths, sizes, membership, items, odd_results, counted, raised, changed",
)

RECURSION = (
    CLASSES
    + """
class Deep:
    def __init__(self, k): self.k = k
    def __add__(self, o): return 1 + (Deep(self.k - 1) + o) if self.k else o
    def __lt__(self, o): return Deep(self.k - 1) < o if self.k else True
    def __call__(self, o): return Deep(self.k - 1)(o) if self.k else o
    def __len__(self): return len(Deep(self.k - 1)) + 1 if self.k else 0
    def __bool__(self): return (True if Deep(self.k - 1) else False) if self.k else True
    def __eq__(self, o): return Deep(self.k - 1) != o if self.k else True
    def __setitem__(self, k, v):
        if self.k: Deep(self.k - 1)[k] = v
    @property
    def x(self): return 0
    @x.setter
    def x(self, v):
        if self.k: Deep(self.k - 1).x = v
class Endless:
    count = 0
    def __add__(self, o):
        Endless.count += 1
        return self + o
    def __lt__(self, o):
        Endless.count += 1
        return True if self < o else False
    def __call__(self, o):
        Endless.count += 1
        return self(o)
    def __len__(self):
        Endless.count += 1
        return len(self)
    def __bool__(self):
        Endless.count += 1
        return True if self else False
    def __neg__(self):
        Endless.count += 1
        return -self
    def __contains__(self, o):
        Endless.count += 1
        return o in self
    def __eq__(self, o):
        Endless.count += 1
        return self != o
    def __setitem__(self, k, v):
        Endless.count += 1
        self[k] = v
    def __setattr__(self, k, v):
        Endless.count += 1
        self.x = v
def store(o, k): o[k] = k
def set_x(o): o.x = 1
def work(n):
    t, d = 0, Deep(3)
    for i in range(n):
        t += d + i
        t += d != i
        d.x = d[i] = i
        if d < i: t += 1
        t += d(i) + len(d)
        if d: t += 1
    return t
def deepest(k):
    sys.setrecursionlimit(k)
    counts = []
    endless = Endless()
    for test in (
        (lambda: endless + 1), (lambda: endless < 1), (lambda: endless(1)), (lambda: len(endless)),
        (lambda: not endless), (lambda: -endless), (lambda: 1 in endless), (lambda: endless != 1), (lambda: store(endless, 1)),
        (lambda: set_x(endless)),
    ):
        Endless.count = 0
        try:
            test()
        except RecursionError as error:
            counts.append((Endless.count, str(error)))
    return counts
print(work(400))
print([deepest(100 + 35 * i) for i in range(6)])
print(deepest(100_000))
print([deepest(150 + 5 * i) for i in range(6)], get_c_recursion_remaining(), get_recursion_depth())
"""
)

EVENTS = (
    CLASSES
    + """
import json
M = sys.monitoring
E = M.events
events = []
names = "PY_START PY_RETURN PY_UNWIND RAISE RERAISE EXCEPTION_HANDLED LINE CALL C_RETURN BRANCH JUMP".split()
def note(name):
    def callback(code, *rest):
        if code.co_filename == "<string>" or code.co_name == "operation":
            where = [r for r in rest if type(r) is int]
            events.append((name, code.co_name, where))
    return callback
M.use_tool_id(3, "test")
for name in names:
    M.register_callback(3, getattr(E, name), note(name))
def on():
    M.set_events(3, sum(getattr(E, name) for name in names if name != "C_RETURN"))
def trace(frame, event, arg):
    events.append((event, frame.f_code.co_name, frame.f_lineno))
    return trace
class A:
    def __init__(self, k, switch): self.k, self.switch, self.size = k, switch, 0
    def __add__(self, o):
        if o == self.k:
            self.switch()
        return o
    def __sub__(self, o):
        if o == self.k:
            self.switch()
            raise ValueError(o)
        return NotImplemented
    def __lt__(self, o):
        if o == self.k:
            self.switch()
        return o & 1
    def __call__(self, o):
        if o == self.k + 1:
            self.switch()
        return o
    def __len__(self):
        self.size += 1
        if self.size == self.k - 2:
            self.switch()
        return 3
    def __contains__(self, o):
        if o == self.k + 2:
            self.switch()
        return o & 2
class Right:
    def __init__(self, k): self.k = k
    def __eq__(self, o): return self.k == o
    def __rsub__(self, o): return self.k
def f(a, n):
    t = 0
    for i in range(n):
        t += a + i
        if a < i:
            t += 1
        try:
            t += a - Right(i)
        except ValueError:
            t += 1000
        t += a(i) + len(a) + (i in a)
        if i not in a:
            t += 1
    return t
def off():
    sys.settrace(None)
    M.set_events(3, 0)
for switch in on, lambda: sys.settrace(trace):
    for k in 5, 250, 299:
        a = A(k, switch)
        del events[:]
        f(a, 300)
        off()
        print(k, len(events), events[:60], events[-20:])
    del events[:]
    switch()
    f(A(-5, switch), 5)
    off()
    print(events)
print(f(A(-5, None), 3000), get_c_recursion_remaining(), get_recursion_depth())
"""
)

LOOPS = {
    "p = p + d": (
        CLASSES
        + """
def f(n):
    p, d, kept = P(0.0, 0.0), P(1.0, 2.0), []
    for i in range(n):
        p = p + d
        kept.append(p)
    return p
""",
        ["NEW_INSTANCE", "INIT_VALUE", "LOOP"],
    ),
    "p = p + d, with slots": (
        CLASSES
        + """
def f(n):
    p, d, kept = S(0.0), S(1.0), []
    for i in range(n):
        p = p + d
        kept.append(p)
    return p
""",
        ["NEW_INSTANCE", "INIT_SLOT", "LOOP"],
    ),
    "p += d": (
        CLASSES
        + """
def f(n):
    p, d = S(0.0), S(1.0)
    for i in range(n):
        p += d
    return p
""",
        ["FADD", "LOOP"],
    ),
    "a < b": (
        CLASSES
        + """
def f(n):
    t, a = 0, [S(i) for i in range(n)]
    m = a[0]
    for s in a:
        if not s < m:
            t += 1
    return t
""",
        ["GUARD_TYPE_VERSION", "LOAD_FIELD", "GUARD_IGE", "LOOP"],
    ),
    "a == b": (
        CLASSES
        + """
def f(n):
    t, a = 0, [P(i) for i in range(n)]
    p = P(-1)
    for q in a:
        t += q == p
    return t
""",
        ["LOAD_FIELD", "IEQ", "IADD", "LOOP"],
    ),
    "a(k), -a, k in a": (
        """
class A:
    def __init__(self, k): self.k = k
    def __call__(self, x): return self.k + x
    def __neg__(self): return -self.k
    def __contains__(self, x): return x > self.k
def f(n):
    t, a = 0, A(5)
    for i in range(n):
        t += a(i) - -a + (i in a)
    return t
""",
        ["IADD", "LOOP"],
    ),
    "2 * a": (
        """
class A:
    def __init__(self, k): self.k = k
    def __rmul__(self, x): return self.k * x
def f(n):
    t, a = 0, A(5)
    for i in range(n):
        t += i * a + 2 * a
    return t
""",
        ["IMUL", "IADD", "LOOP"],
    ),
    "len(a), a[k], if a": (
        """
class A:
    def __init__(self, k): self.k = k
    def __len__(self): return self.k
    def __getitem__(self, k): return self.k + k
class B(A):
    def __bool__(self): return self.k > 3
def f(n):
    t, a, b = 0, A(5), B(4)
    for i in range(n):
        t += len(a) + a[i]
        if a: t += 1
        if not b: t += 2
    return t
""",
        ["IADD", "LOOP"],
    ),
}


class Plain(ForcedExits, unittest.TestCase):
    program = PLAIN
    passes = "cse", "peel", "fold,cse,forward,dead,peel", "side"


class Results(ForcedExits, unittest.TestCase):
    program = RESULTS


class Changes(ForcedExits, unittest.TestCase):
    program = CHANGES


class Types(ForcedExits, unittest.TestCase):
    program = TYPES


class Seen(ForcedExits, unittest.TestCase):
    program = SEEN


class Others(ForcedExits, unittest.TestCase):
    program = OTHERS
    passes = "cse", "peel", "fold,cse,forward,dead,peel", "side"


class Depths(ForcedExits, unittest.TestCase):
    program = RECURSION
    passes = ("peel",)


class Events(ForcedExits, unittest.TestCase):
    program = EVENTS
    passes = ("peel",)

    def test_frames_made_at_once(self):
        self.check(PYTHON_JIT_FRAMES="1")


class Traces(unittest.TestCase):
    def test_methods_are_in_the_loop(self):
        for name, (source, wanted) in LOOPS.items():
            with self.subTest(name):
                for loop in loops(source)[:1]:
                    self.assertTrue(in_order(wanted, loop), loop)
                    self.assertNotIn("OPAQUE", loop)
                self.assertTrue(loops(source))

    def test_dumped_tracebacks(self):
        # faulthandler shows functions only.
        program = """
import faulthandler, sys
class A:
    __slots__ = ("x",)
    def __init__(self, x):
        self.x = x
        if x == 270: faulthandler.dump_traceback(sys.stdout)
    def __add__(self, o):
        if o == 280: faulthandler.dump_traceback(sys.stdout)
        return A(o).x
def f(n):
    t, a = 0, A(0)
    for i in range(n):
        t += a + i
f(300)
"""
        for settings in {"PYTHON_JIT": "0"}, {}, {"PYTHON_JIT_STRESS": "1"}:
            lines = run(program, **settings).splitlines()
            functions = [line.split()[-1] for line in lines if line.startswith("  File")]
            self.assertEqual(functions, ["__init__", "__add__", "f", "<module>", "__add__", "f", "<module>"])

    def test_too_many_frames(self):
        # More frames than the builder keeps: the method is begun in memory.
        program = (
            CLASSES
            + """
class A:
    def __init__(self, k): self.k = k
    def __add__(self, o): return (self.next + o) + 1 if self.k else o
def f(n):
    a = A(0)
    for k in range(1, 20):
        space = {}
        exec("def add(self, o): return (self.next + o) + 1", space)
        b = type("A%d" % k, (), {"__add__": space["add"]})()
        b.next, a = a, b
    t = 0
    for i in range(n):
        t += a + i
    return t
print(f(300), get_c_recursion_remaining(), get_recursion_depth())
"""
        )
        expected = run(program, PYTHON_JIT="0")
        for settings in {}, {"PYTHON_JIT_STRESS": "1"}, {"PYTHON_JIT_BACKEND": "interpreter"}:
            self.assertEqual(run(program, **settings), expected)
        operations = run(program + "print(any('ENTER_OPERATOR' in t for t in sys._jit._ir_traces()))")
        self.assertIn("True", operations.splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
