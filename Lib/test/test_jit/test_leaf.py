"""Calls of builtins that have no rule of their own, and run no code of users with the arguments they get.

As in test_find, every way in which code of users could run is in `PROGRAM`, and each check of its traces is
made to fail in turn.
"""

import sys
import unittest

from test.test_jit.exits import ForcedExits, OptimizedLoops
from test.test_jit.test_typed import RUN_AND_COUNT, run

if not hasattr(sys, "_jit") or not sys._jit.is_available():
    raise unittest.SkipTest("this build has no JIT, or it cannot run")

LOOPS = {
    "classes": (
        """
        def f(n):
            t, d = 0, {1: 2}
            for i in range(n):
                t += len(str(i)) + int("12") + len(list((i, 1)))
                t += len(tuple([i])) + len(dict(d)) + (float("1.5") > 1)
            return t
        """,
        ["CALL_LEAF", "CALL_LEAF", "CALL_LEAF", "CALL_LEAF", "CALL_LEAF", "IADD"],
        ["OPAQUE"],
    ),
    "dicts": (
        """
        def f(n):
            d, missing, t = {"a": 1}, [], 0
            for i in range(n):
                t += d.get("b", missing) is missing
                t += d.setdefault("c", i)
                t += d.pop("c") + d.pop("z", 2)
                t += len(list(d.items()))
            return t
        """,
        ["CALL_LEAF", "CHANGE_LEAF", "CHANGE_LEAF", "CHANGE_LEAF", "CALL_LEAF", "CALL_LEAF"],
        ["OPAQUE"],
    ),
    "lists and sets": (
        """
        def f(n):
            s, t = {1, 2}, 0
            for i in range(n):
                l = [1]
                l.extend((2, 3))
                l.insert(0, i)
                s.discard(1)
                t += len(l) + hash("a") % 2 + i.bit_length()
            return t
        """,
        ["CHANGE_LEAF", "CHANGE_LEAF", "CHANGE_LEAF", "ASK_LEAF", "IBIT_LENGTH", "IADD"],
        ["OPAQUE"],
    ),
    "attributes in dicts": (
        """
        def f(n):
            class A: pass
            class B(A): pass
            a, b, c, t = A(), B(), A(), 0
            for i in range(40):
                setattr(c, f"a{i}", i)
            for o in (a, b, c):
                o.x = 0
            for i in range(n):
                c.x = i
                t += c.x
            return t
        """,
        ["SET_HINTED", "IADD"],
        ["OPAQUE"],
    ),
    "matches": (
        """
        import re
        def f(n):
            m, t = re.match("(a+)(?P<x>b)", "aab"), 0
            for i in range(n):
                t += len(m.group(1)) + len(m.group()) + len(m.group("x")) + m.end() + m.start(2)
            return t
        """,
        ["CALL_LEAF", "CALL_LEAF", "CALL_LEAF", "CALL_LEAF", "CALL_LEAF"],
        ["OPAQUE"],
    ),
}

PROGRAM = (
    """
import gc, re, sys, weakref

class Noisy:
    heard = []
    def __init__(self, k): self.k = k
    def __del__(self): Noisy.heard.append(self.k)

class Key:
    def __init__(self, k): self.k = k
    def __hash__(self): Noisy.heard.append("hash"); return hash(self.k)
    def __eq__(self, other): Noisy.heard.append("eq"); return isinstance(other, Key) and self.k == other.k

class Loud:
    def __str__(self): Noisy.heard.append("str"); return "loud"
    def __repr__(self): return "repr"
    def __int__(self): return 77
    def __float__(self): return 7.5
    def __len__(self): return 2
    def __getitem__(self, i): Noisy.heard.append("item"); return (i, i + 1)[i // 1] if i < 2 else [][0]

class Str(str):
    def __str__(self): return "mine"
class Int(int):
    def __str__(self): return "int"
    def bit_length(self): return "bits"
class List(list):
    def __iter__(self): Noisy.heard.append("iter"); return iter((1, 2))
    def extend(self, more): Noisy.heard.append("extend")
class Dict(dict):
    def get(self, k, d=None): return "got"
    def items(self): return [(1, 2)]
    def pop(self, k, d=None): return ("popped", k)
    def setdefault(self, k, d=None): return (k, d)
class Set(set):
    def discard(self, k): return "none"

VALUES = [5, -3, 2 ** 70, 2.5, True, None, "12", "x", "", Str("s"), Int(4), Loud(), [1, 2], (1, 2), {1: 2},
          {3}, List([4]), Dict(a=1), range(3), frozenset("a"), b"12", float("nan"), "1e5", [[1], [2]], Key(5),
          (1, Key(6)), len, Noisy, {"a": 1}.items(), Noisy.heard.append]

def short(value):
    known = (int, str, tuple, list, dict, set, bytes)
    return value if isinstance(value, known) and "at 0x" not in repr(value) else type(value).__name__

def classes(n):
    Noisy.heard.clear()
    out = []
    for i in range(n):
        v = VALUES[i // 3 % len(VALUES)]
        try:
            out.append(short(str(v)))
            out.append(short(float(v)))
        except (TypeError, ValueError, OverflowError) as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        try:
            out.append(short(int(v)))
        except (TypeError, ValueError, OverflowError) as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        try:
            if type(v).__name__ != "list_iterator":
                out.append(list(v))
                out.append(tuple(v))
                out.append(sorted(set(v), key=repr))
        except (TypeError, IndexError) as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        try:
            out.append((dict(v), list(), dict(), set(), tuple(), str(i), str("a"), str(None)))
        except (TypeError, ValueError) as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        try:
            h = hash(v)
            out.append((h == hash(v), v.bit_length()))
        except (TypeError, AttributeError) as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        x = [i, i]
        out.append((list(x) is x, tuple(x), repr(i), sys.getrefcount(list(x))))
    return [repr(x) for x in out if "at 0x" not in repr(x)], list(Noisy.heard)

def digits(n):
    out = []
    for i in range(n):
        text = "7" * (5000 if i % 60 == 59 else i)
        try:
            out.append(int(text or "0") % 1000)
            out.append(len(str(10 ** (i if i % 50 else 5000))))
        except ValueError as error:
            out.append((str(error)[:20], error.__traceback__.tb_lineno))
    return out

def iterators(n):
    out, Noisy.heard[:] = [], []
    d = {"a": 1, "b": 2}
    for i in range(n):
        v = VALUES[i // 3 % len(VALUES)]
        try:
            out.append([(a, b) for a, b in enumerate([i, 2])])
            out.append(list(zip((1, 2), d)))
            out.append([a for a in reversed((i, 2, 3))])
            out.append((list(d.items()), list(d.values()), list(d.keys())))
            e, z = enumerate(v, i), zip(v, v, (1, 2))
            out.append((type(e).__name__, type(z).__name__, type(reversed(v)).__name__))
            if type(v).__name__ != "list_iterator":
                out.append((list(e), list(z)))
        except (TypeError, IndexError) as error:
            out.append((str(error), error.__traceback__.tb_lineno))
    return [repr(x) for x in out if "at 0x" not in repr(x)], list(Noisy.heard)

def dicts(n):
    Noisy.heard.clear()
    out = []
    dicts = [{}, {"a": 1}, {1: 2, Key(3): 4}, Dict(a=5), {"a": [1], (1, 2): 3}]
    keys = ["a", 1, 1.0, True, Key(3), (1, 2), "zz", None, [1], Noisy]
    nil = []
    for i in range(n):
        d, k = dicts[i // 4 % len(dicts)], keys[i % len(keys)]
        try:
            out.append((d.get(k, nil), d.get(k, [i]), d.get(k), d.get(k, i)))
            out.append(d.setdefault(k, [i]))
            out.append(d.setdefault("s", i))
            out.append(d.setdefault("none"))
            out.append(len(d.copy()))
            out.append(d.pop(k, nil))
            d["noisy"] = Noisy(i)
            d.pop("noisy").k
            out.append(len(Noisy.heard))
            d.pop("noisy", Noisy(-i))
            out.append(len(Noisy.heard))
            out.append(len(d.items()) if type(d) is dict else 0)
            d["k"] = 1
            out.append(d.pop("k"))
            out.append(d.pop("k"))
        except (TypeError, KeyError, AttributeError) as error:
            out.append((str(error), error.__traceback__.tb_lineno))
    heard = [x for x in Noisy.heard if x != "eq" and x != "hash"]
    return [repr(x) for x in out if "at 0x" not in repr(x)], heard

def keys_that_end(n):
    Noisy.heard.clear()
    out = []
    for i in range(n):
        d = {Noisy(i): i, "a": 1}
        k = next(iter(d))
        out.append(d.pop(k))
        k = None
        out.append(len(Noisy.heard))
        s = {Noisy(i)}
        k = next(iter(s))
        s.discard(k)
        out.append((len(s), len(Noisy.heard)))
        k = None
        out.append(len(Noisy.heard))
        v = {"a": Noisy(i)}.get("a", None)
        out.append((v.k, len(Noisy.heard)))
        v = {"b": 1}.get("a", Noisy(i))
        out.append((v.k, len(Noisy.heard)))
        v = None
        out.append(len(Noisy.heard))
    return out

def lists(n):
    Noisy.heard.clear()
    out = []
    sources = [(1, 2), [3], (), range(2), "ab", {5: 6}, List([7]), 8, None, iter((9,))]
    class Own:
        def __init__(self): self.items = []
    own = Own()
    for i in range(n):
        l, more = List([0]) if i % 17 == 16 else [i], sources[i // 5 % len(sources)]
        try:
            l.insert(0, [i])
            l.insert(-1, i)
            l.insert(i, "end")
            l.insert(2 ** 70 if i % 40 == 39 else 1, "x")
            l.reverse()
            l.extend((i, i))
            l.extend(l)
            own.items.extend([i])
            own.items.insert(0, own.items[-1])
            out.append((l.copy() == l, own.items[0]))
            own.items = own.items[:5]
            if type(more).__name__ != "tuple_iterator":
                l.extend(more)
        except (TypeError, OverflowError) as error:
            out.append((str(error), error.__traceback__.tb_lineno))
        out.append(repr(l))
        [i].extend([i])
        s = Set([i]) if i % 23 == 22 else {i, 1, "a"}
        try:
            out.append((s.discard(i), s.discard("b"), len(s), len(s.copy())))
            s.discard(Key(i))
            s.discard([i] if i % 30 == 29 else i)
        except TypeError as error:
            out.append((str(error), error.__traceback__.tb_lineno))
    return out, [x for x in Noisy.heard if x != "hash"]

class Sub(str):
    def __getitem__(self, i): return "sub"

def matches(n):
    out = []
    found = [re.match("(a+)(?P<x>b)?", s) for s in ("aab", "a", Sub("aaab"))]
    found += [re.match(b"(a)", b"ab"), re.match(b"(a)", bytearray(b"ab"))]
    groups = [0, 1, 2, "x", "y", 5, -1, True, 2 ** 70]
    for i in range(n):
        m, g = found[i // 9 % len(found)], groups[i % len(groups)]
        for k in range(2):
            try:
                out.append((m.group(), m.start(), m.end(), m.span()))
                out.append((m.group(1), type(m.group(1)).__name__, m.group(1, 1)))
                out.append((m.end(1), m.start(1), m.span(1)))
                out.append((m.group(g), m.start(g), m.end(g), m.span(g)))
            except IndexError as error:
                out.append((str(error), error.__traceback__.tb_lineno))
    return out

def replaced(n):
    # The builtin has another name's meaning for a while.
    global str, repr
    out = []
    for i in range(n):
        out.append((str(i), repr(i)))
        if i == 100:
            str, repr = (lambda x: "other"), hash
        if i == 150:
            del str, repr
    return out

def made_for_nothing(n):
    # What is put into a container that ends then ends with it.
    Noisy.heard.clear()
    out = []
    def heard():
        out.append((len(Noisy.heard), Noisy.heard[-1:]))
    for i in range(n):
        dict()["a"] = Noisy(i)
        heard()
        set().add(Noisy(i))
        heard()
        dict().setdefault("a", Noisy(i)).k
        heard()
        list().insert(0, Noisy(i))
        heard()
        list().extend((Noisy(i),))
        heard()
        Hold().x = Noisy(i)
        heard()
        around().inner.x = Noisy(i)
        heard()
    return out

class Hold: pass

def around():
    # The old value of `inner.x` is the last to hold `inner`.
    a = Hold()
    a.inner = Hold()
    a.inner.x = a
    return a

class Prop:
    def __init__(self): self.y = 0
    @property
    def x(self): return self.y
    @x.setter
    def x(self, value): self.y = value; Noisy.heard.append(("set", value))

class Watch:
    def __setattr__(self, name, value):
        Noisy.heard.append(name)
        object.__setattr__(self, name, value)

class Slotted:
    __slots__ = ("x", "y", "z")

class Derived(Hold): x = 5
class Lists(list): pass

def attributes(n):
    Noisy.heard.clear()
    out = []
    things = [Hold(), Prop(), Watch(), Slotted(), Derived(), Lists(), Hold(), Hold(), Hold, len, Hold()]
    for k in range(40):
        setattr(things[6], f"k{k}", k)
    things[7].__dict__
    things[10].__dict__ = {"x": 1, 5: 6}
    for i in range(n):
        o = things[i // 2 % len(things)]
        for k in range(2):
            try:
                o.x = i
                out.append(o.x)
                o.y = [i]
                o.y = Noisy(i)
                out.append((o.y.k, len(Noisy.heard)))
                o.z = o.x = (i,)
                o.y = o.z
                out.append((o.x is o.z, o is Hold or sys.getrefcount(o.y)))
                o.x = o
                o.x = None
            except AttributeError as error:
                out.append((str(error), error.__traceback__.tb_lineno))
            out.append(len(Noisy.heard))
        if i % 50 == 49:
            things[0] = Hold()
        if i == 100:
            Hold.z = property(lambda self: "z", lambda self, value: Noisy.heard.append("z"))
        if i == 150:
            Hold.z = None
    things[0].__dict__.clear()
    for name in ("x", "y", "z"):
        if name in Hold.__dict__:
            delattr(Hold, name)
    return out, [repr(x) for x in Noisy.heard if "at 0x" not in repr(x)]

FUNCTIONS = [made_for_nothing, attributes, classes, digits, iterators, dicts, keys_that_end, lists,
    matches, replaced]

def run():
    return [str((f.__name__, f(220))) for f in FUNCTIONS]
"""
    + RUN_AND_COUNT
)


# Each number that becomes digits looks for signals in C.
SIGNALS = """
import signal
heard = caught = 0
def handler(*args):
    global heard
    heard += 1
    raise InterruptedError
def digits(n):
    t = 0
    for i in range(n):
        t += len(str(i)) + len(str(i + 7)) + len(str(i * 3)) + divmod(i << 80, 7 << 70)[0]
    return t
def wait(k):
    # A function of its own: the jump of a loop is outside of the `try` around it, and handlers run there, too.
    while heard == k:
        digits(2000)
signal.signal(signal.SIGALRM, handler)
for k in range(150):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.001 + k % 7 * 0.0002)
        wait(k)
    except InterruptedError:
        caught += 1
print(heard, caught)
"""


class LoopTests(OptimizedLoops, unittest.TestCase):
    expected_loops = LOOPS


class ExitTests(ForcedExits, unittest.TestCase):
    """Every check fails in turn."""

    program = PROGRAM


# The places below the arguments of str() are written to memory, with the int that it is called with; what stands there is no object.
NOTHING = """
def small(value):
    if isinstance(value, int):
        return value if value < 2**70 else value % 1000003
def f(a, b):
    v = small(len(f"{b}"))
    for i in range(1, 8, 3):
        if (b - a) == len(str(i).replace("b", str(i))):
            pass
    return v
arguments = [(250, 11)]
def main():
    for turn in range(40):
        if True:
            result = f(*arguments[(turn * turn) % len(arguments)])
    return result
print(main())
"""


class NothingTests(unittest.TestCase):
    def test_nothing_below_arguments(self):
        for backend in ("native", "interpreter"):
            with self.subTest(backend):
                settings = {"PYTHON_JIT_PASSES_OFF": "virtual", "PYTHON_JIT_BACKEND": backend, "PYTHON_JIT_EXIT_THRESHOLD": "20"}
                self.assertEqual(run(NOTHING, **settings).strip(), "2")


COPIES = """
asked = 0
class Own(dict):
    def __iter__(self): return iter("ab")
    def keys(self):
        global asked
        asked += 1
        return ["a", "b"]
    def __getitem__(self, key): return key * 2
def f(n):
    own, out = Own(c=1), []
    for i in range(n):
        out.append((own.copy(), asked))
    return out
print(f(200))
"""


class CopyTests(unittest.TestCase):
    def test_a_frozenset_of_a_frozenset_is_the_same(self):
        program = """
def f(n):
    same, sets = 0, [frozenset((1, 2)), frozenset(), frozenset("ab")]
    for i in range(n):
        one = sets[i % 3]
        same += (frozenset(one) is one) + (type(one)(one) is one) + (frozenset([i]) == {i}) + (frozenset(one | {i}) is one)
    return same
print(f(300))
"""
        for backend in "native", "interpreter":
            with self.subTest(backend):
                self.assertEqual(run(program, PYTHON_JIT_BACKEND=backend), run(program, PYTHON_JIT="0"))

    def test_a_new_dict_of_a_dict_has_the_size_of_its_own(self):
        program = """
import sys
def f(n):
    d, sizes = {}, []
    strs, few = dict.fromkeys("abcdef"), dict.fromkeys(range(6))
    class C: pass
    c = C()
    c.x = c.y = 1
    for i in range(n):
        d[i] = 1
        sizes.append([sys.getsizeof(dict(x)) for x in (d, strs, few, c.__dict__)])
    del d[5]
    for i in range(n):
        sizes.append(sys.getsizeof(dict(d)))
    return sizes
print(f(1000))
"""
        for backend in "native", "interpreter":
            with self.subTest(backend):
                self.assertEqual(run(program, PYTHON_JIT_BACKEND=backend), run(program, PYTHON_JIT="0"))

    def test_a_dict_with_keys_of_its_own_is_asked_for_them(self):
        expected = run(COPIES, PYTHON_JIT="0")
        for backend in "native", "interpreter":
            with self.subTest(backend):
                self.assertEqual(run(COPIES, PYTHON_JIT_BACKEND=backend), expected)


class SignalTests(unittest.TestCase):
    def test_what_a_handler_raises_is_raised(self):
        for backend in "native", "interpreter":
            with self.subTest(backend):
                self.assertEqual(run(SIGNALS, PYTHON_JIT_BACKEND=backend).split(), ["150", "150"])


if __name__ == "__main__":
    unittest.main()
